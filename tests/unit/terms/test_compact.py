"""Tables are the same for the same input, survive a damaged cache, and read no code from a pickle."""

from __future__ import annotations

import bz2
import os
import pickle
from pathlib import Path

import msgspec
import pytest

from trialbook.errors import SourceFormatError, SourceReadError
from trialbook.terms import Thesaurus, load_thesaurus
from trialbook.terms import vocabularies as sources
from trialbook.terms.compact import build_tables
from trialbook.terms.vocabularies import LayRow, iterate_rows, load_lay_rows, read_dictionary

TABLES = {
    "disease_variant_to_canonical": {"miller's ague": ["ague"]},
    "disease_canonical_to_data": {"ague": {"name": "Ague", "mesh_tree": ["C90"]}},
    "disease_variant_to_variant_data": {},
}


@pytest.fixture
def no_vocabularies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "find_data_file", lambda distribution, file_name: None)


def save(path: Path, value: object) -> Path:
    path.write_bytes(bz2.compress(pickle.dumps(value)))
    return path


def test_a_dictionary_of_plain_containers_is_read(tmp_path: Path) -> None:
    dictionary = read_dictionary(save(tmp_path / "d", TABLES), prefix="disease")
    assert dictionary.forms == {"miller's ague": ["ague"]}
    assert dictionary.headings["ague"]["name"] == "Ague"


class _Trap:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.putenv, ("TRIALBOOK_TRAP=1",)


def test_a_pickle_that_names_code_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceReadError, match="only plain containers"):
        read_dictionary(save(tmp_path / "d", {**TABLES, "more": _Trap()}), prefix="disease")


@pytest.mark.parametrize(
    "body", [b"", b"not bz2", bz2.compress(b"not a pickle"), bz2.compress(b"x" * 99)[:-9]]
)
def test_a_damaged_dictionary_is_refused(tmp_path: Path, body: bytes) -> None:
    path = tmp_path / "d"
    path.write_bytes(body)
    with pytest.raises(SourceReadError):
        read_dictionary(path, prefix="disease")


@pytest.mark.parametrize("value", [[], {}, {**TABLES, "disease_canonical_to_data": []}])
def test_a_dictionary_of_another_shape_is_refused(tmp_path: Path, value: object) -> None:
    with pytest.raises(SourceFormatError):
        read_dictionary(save(tmp_path / "d", value), prefix="disease")


def test_a_dictionary_that_unpacks_too_large_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "_MAX_UNPACKED_BYTES", 1000)
    with pytest.raises(SourceReadError, match="unpacks to more"):
        read_dictionary(save(tmp_path / "d", "x" * 100_000), prefix="disease")


def test_the_same_input_gives_the_same_bytes() -> None:
    made = [
        msgspec.msgpack.encode(
            build_tables(
                conditions=None,
                drugs=None,
                lay_rows=load_lay_rows(),
                held_back={"aids": "capitals"},
                version="v",
            )
        )
        for _ in range(2)
    ]
    assert made[0] == made[1]


@pytest.mark.usefixtures("no_vocabularies")
def test_without_the_vocabularies_our_own_table_still_answers(tmp_path: Path) -> None:
    thesaurus = load_thesaurus(tmp_path)
    assert "disease-none+drug-none" in thesaurus.version
    assert [concept.name for concept in thesaurus.find_concepts("water pills")] == ["Diuretics"]


@pytest.mark.usefixtures("no_vocabularies")
def test_tables_are_kept_and_a_damaged_file_is_built_again(tmp_path: Path) -> None:
    load_thesaurus(tmp_path)
    (kept,) = tmp_path.iterdir()
    body = kept.read_bytes()
    kept.write_bytes(body[: len(body) // 2])
    assert load_thesaurus(tmp_path).find_concepts("heart bypass")
    assert kept.read_bytes() == body


@pytest.mark.usefixtures("no_vocabularies")
def test_a_kept_table_is_used_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    load_thesaurus(tmp_path)
    monkeypatch.setattr("trialbook.terms.compact.build_tables", lambda **_: pytest.fail("built again"))
    load_thesaurus(tmp_path)


@pytest.mark.usefixtures("no_vocabularies")
def test_a_folder_that_cannot_be_made_only_costs_the_build(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    assert load_thesaurus(tmp_path / "file" / "cache").find_concepts("COPD")


@pytest.mark.usefixtures("no_vocabularies")
def test_tables_of_a_month_ago_are_removed_and_newer_ones_kept(tmp_path: Path) -> None:
    old, new = tmp_path / "terms+old.msgpack", tmp_path / "terms+new.msgpack"
    old.write_bytes(b"")
    new.write_bytes(b"")
    os.utime(old, (0, 0))
    load_thesaurus(tmp_path)
    assert new.exists()
    assert not old.exists()


def test_our_rows_are_well_formed() -> None:
    rows = load_lay_rows()
    assert len(rows) > 200
    assert {row.kind for row in rows} == {"lay", "abbreviation", "name"}
    assert {row.direction for row in rows} == {"both", "in"}
    assert {row.concept_kind for row in rows} == {"condition", "drug", "other"}
    assert len({(row.form.casefold(), row.heading) for row in rows}) == len(rows)


def test_no_form_of_ours_has_two_headings() -> None:
    headings: dict[str, set[str]] = {}
    for row in load_lay_rows():
        headings.setdefault(row.form.casefold(), set()).add(row.heading)
    assert {form: names for form, names in headings.items() if len(names) > 1} == {}


def test_held_back_words_have_a_known_policy() -> None:
    rows = list(iterate_rows("held_back.tsv"))
    assert {policy for _, policy in rows} == {"capitals", "spot", "in", "drop", "keep"}
    assert len({word for word, _ in rows}) == len(rows)


def test_our_reading_wins_over_a_vocabulary() -> None:
    rows = (LayRow("miller's ague", "Rust Lung", "name", "both", "condition"),)
    conditions = sources.Dictionary(*TABLES.values())
    tables = build_tables(conditions=conditions, drugs=None, lay_rows=rows, held_back={}, version="v")
    assert tables.shared == []
    assert tables.keys["ague miller"] == 1


def test_a_compound_is_known_without_its_hyphen_unless_that_is_another_name() -> None:
    rows = [
        LayRow("WQ-Cells", "Willow Cells", "name", "both", "condition"),
        LayRow("f-lips", "Fever Lips", "name", "both", "condition"),
        LayRow("car-pet", "Carpetosis", "name", "both", "condition"),
        LayRow("carpet", "Rug Disease", "name", "both", "condition"),
    ]
    thesaurus = Thesaurus(
        build_tables(conditions=None, drugs=None, lay_rows=rows, held_back={}, version="test")
    )
    found = {
        phrase: [concept.name for concept in thesaurus.find_concepts(phrase)]
        for phrase in ("WQ-cell", "wqcells", "WQcell", "flips", "carpet", "car-pet")
    }
    assert found == {
        "WQ-cell": ["Willow Cells"],
        "wqcells": ["Willow Cells"],
        "WQcell": ["Willow Cells"],
        "flips": [],
        "carpet": ["Rug Disease"],
        "car-pet": ["Carpetosis"],
    }
