"""`AREA[Refuses]` and `AREA[Accepts]`: studies by what a person has, as screening would say it."""

from __future__ import annotations

import gzip
import shutil
import sqlite3
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.naive.records import make_record

from trialbook.derived import criteria
from trialbook.eligibility.days import one_day
from trialbook.eligibility.facts import Fact, Person
from trialbook.errors import QueryError, StoreDamagedError
from trialbook.library import Library
from trialbook.library.build import import_paths
from trialbook.library.rebuild import rebuild
from trialbook.library.refusing import read_facts
from trialbook.library.screening import make_screener
from trialbook.model.dates import find_asked_day
from trialbook.search.engine import engine
from trialbook.search.engine.engine import SearchRequest
from trialbook.search.language.parse import parse_query
from trialbook.store.file import FILE_NAME

TEXTS = {
    1: "Exclusion Criteria:\n\n* HbA1c > 8.0 %",
    2: "Inclusion Criteria:\n\n* HbA1c between 7.0 % and 9.0 %",
    3: "Exclusion Criteria:\n\n* Myocardial infarction within 6 months before screening",
    4: "Exclusion Criteria:\n\n* History of myocardial infarction",
    5: "Exclusion Criteria:\n\n* Pregnant or breastfeeding women",
    6: "Inclusion Criteria:\n\n* Diagnosis of heart failure",
    7: "Inclusion Criteria:\n\n* Adults\n\nCohort A Inclusion Criteria:\n\n* Asthma\n\nCohort A Exclusion Criteria:\n\n"
    "* HIV infection\n\nCohort B Inclusion Criteria:\n\n* COPD",
    8: "Exclusion Criteria:\n\n* Diabetes mellitus with HbA1c > 9 %",
    9: "",
    10: "Exclusion Criteria:\n\n* Uncontrolled hypertension\n* ALT > 3 x ULN\n* Platelets < 100,000/uL",
    11: "Exclusion Criteria:\n\n* History of any cardiovascular disease",
}


def name(number: int) -> str:
    return f"NCT{number:08}"


def make_library(home: Path, texts: dict[int, str] = TEXTS) -> Library:
    records = [
        make_record(
            name(number),
            {"eligibilityModule.eligibilityCriteria": text, "statusModule.lastUpdateSubmitDate": "2026-01-02"}
            if text
            else {},
        )
        for number, text in texts.items()
    ]
    bring_in(home, records)
    rebuild(home, ["criteria"])
    return Library(home)


def bring_in(home: Path, records: list[dict[str, Any]]) -> None:
    path = home.parent / "records.jsonl"
    path.write_bytes(b"\n".join(map(msgspec.json.encode, records)))
    assert import_paths(home, [path]).problems == []


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    return make_library(tmp_path_factory.mktemp("refusing") / "home")


def find(library: Library, text: str) -> set[int]:
    return {int(each[3:]) for each in library.search(text, limit=50).nct_ids}


@pytest.mark.parametrize(
    ("told", "refusing"),
    [
        ("HbA1c 8.0 %", set()),
        ("HbA1c 8.2 %", {1}),
        ("HbA1c 66 mmol/mol", {1}),
        ("HbA1c 9.5 %", {1, 2}),
        ("HbA1c 6.5 %", {2}),
        ("prior myocardial infarction", {4, 11}),
        ("history of heart attack", {4, 11}),
        ("myocardial infarction 2 months ago", {3, 4, 11}),
        ("myocardial infarction 3 years ago", {4, 11}),
        ("pregnant", {5}),
        ("no heart failure", {6}),
        ("no heart disease", {6}),
        ("no systolic heart failure", set()),
        ("HIV infection", set()),
        ("ALT 4 x ULN", {10}),
        ("ALT 2 x ULN, platelets 90,000/uL", {10}),
        ("ALT 2 x ULN; platelets 150,000/uL", set()),
        ("dandruff", set()),
    ],
)
def test_a_study_refuses_whom_screening_would(library: Library, told: str, refusing: set[int]) -> None:
    assert find(library, f'AREA[Refuses]"{told}"') == refusing
    assert find(library, f'AREA[Accepts]"{told}"') == set(TEXTS) - refusing - {9}
    assert find(library, f'NOT AREA[Refuses]"{told}"') == set(TEXTS) - refusing


def test_words_are_joined_as_everywhere(library: Library) -> None:
    assert find(library, 'AREA[Refuses]("HbA1c 9.5 %" AND NOT "HbA1c 8.5 %")') == {2}
    assert find(library, 'AREA[Refuses](pregnant OR "ALT 4 x ULN") AND NOT AREA[NCTId]NCT00000010') == {5}
    assert find(library, "AREA[Refuses]prior myocardial infarction") == {4, 11}


@pytest.mark.parametrize(
    "text",
    [
        "AREA[Refuses]MISSING",
        "AREA[Accepts]RANGE[1, 2]",
        "AREA[Refuses:size]3",
        "AREA[Refuses]ALL",
        'AREA[Refuses]"70 years old"',
        "AREA[Refuses]woman",
        'AREA[Refuses]"flurb 3"',
        'AREA[Accepts]","',
        'AREA[Refuses]"HbA1c 9.5 % in 2019"',
        f'AREA[Accepts]"{"pregnant, " * 200}"',
        "SEARCH[Location](AREA[Accepts]pregnant)",
        "TILT[Refuses]asthma",
    ],
)
def test_what_says_nothing_of_a_person_is_refused_in_a_sentence(library: Library, text: str) -> None:
    with pytest.raises(QueryError):
        library.search(text)


def test_of_another_day_nothing_is_claimed(library: Library) -> None:
    with pytest.raises(QueryError, match="today's versions"):
        library.search("AREA[Refuses]pregnant", as_of="2026-02-01")


def test_what_was_not_read_is_said_and_what_changes_is_followed(tmp_path: Path) -> None:
    home = tmp_path / "home"
    bring_in(home, [make_record(name(1), {"eligibilityModule.eligibilityCriteria": TEXTS[5]})])
    with Library(home) as library:
        with pytest.raises(QueryError, match="not known of all studies") as found:
            library.search("AREA[Refuses]pregnant")
        assert "rebuild criteria" in str(found.value.hint)
        rebuild(home, ["criteria"])
        assert find(library, "AREA[Refuses]pregnant") == {1}
        values = {
            "eligibilityModule.eligibilityCriteria": TEXTS[1],
            "statusModule.lastUpdateSubmitDate": "2026-05-01",
        }
        bring_in(home, [make_record(name(1), values), make_record(name(2), {})])
    with Library(home) as library:
        assert find(library, "AREA[Refuses]pregnant") == set()
        assert find(library, 'AREA[Refuses]"HbA1c 9 %"') == {1}
        assert find(library, "AREA[Accepts]pregnant") == {1}


def test_what_an_import_has_just_brought_is_neither_until_it_is_read(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with make_library(home, {1: TEXTS[5], 2: TEXTS[1], 3: TEXTS[5]}) as library:
        trees = (home / criteria.FILE_NAME).read_bytes()
        values = {
            "eligibilityModule.eligibilityCriteria": TEXTS[1],
            "statusModule.lastUpdateSubmitDate": "2026-05-01",
        }
        bring_in(home, [make_record(name(1), values)])
        assert find(library, "AREA[Accepts]pregnant") == {1, 2}
        (home / criteria.FILE_NAME).write_bytes(trees)
        assert find(library, "AREA[Accepts]pregnant") == {2}
        assert find(library, "AREA[Refuses]pregnant") == {3}
        counted = library.engine.search(SearchRequest(facets=("Refuses",), limit=0))
        assert counted.total == 3
        assert counted.facets["Refuses"]["Pregnant"] == counted.missing["Refuses"] == 1


def test_of_a_library_that_was_set_back_nothing_of_the_other_past_is_claimed(tmp_path: Path) -> None:
    home, kept = tmp_path / "home", tmp_path / "kept.sqlite"
    make_library(home, {1: TEXTS[5]}).close()
    with closing(sqlite3.connect(home / FILE_NAME)) as connection, closing(sqlite3.connect(kept)) as copy:
        connection.backup(copy)
    bring_in(home, [make_record(name(2), {"eligibilityModule.eligibilityCriteria": TEXTS[1]})])
    trees = (home / criteria.FILE_NAME).read_bytes()
    with closing(sqlite3.connect(home / FILE_NAME)) as connection, closing(sqlite3.connect(kept)) as copy:
        copy.backup(connection)
    bring_in(home, [make_record(name(3), {"eligibilityModule.eligibilityCriteria": TEXTS[1]})])
    with Library(home) as library:
        assert find(library, "AREA[Accepts]pregnant") == {3}
        (home / criteria.FILE_NAME).write_bytes(trees)
        with pytest.raises(QueryError, match="not known of all studies"):
            library.search("AREA[Accepts]pregnant")


def test_the_trees_of_another_library_are_none_of_this_one(tmp_path: Path) -> None:
    home = tmp_path / "home"
    make_library(home, {1: TEXTS[5]}).close()
    trees = (home / criteria.FILE_NAME).read_bytes()
    other = tmp_path / "other" / "home"
    other.parent.mkdir()
    make_library(other, {1: TEXTS[1]}).close()
    (other / criteria.FILE_NAME).write_bytes(trees)
    with Library(other) as library, pytest.raises(QueryError, match="not known of all studies"):
        library.search("AREA[Refuses]pregnant")


def test_of_a_damaged_record_nobody_knows_whom_it_takes(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with make_library(home, {1: TEXTS[5], 2: TEXTS[1]}) as library:
        with closing(sqlite3.connect(home / FILE_NAME)) as connection:
            connection.execute("UPDATE version SET body = zeroblob(20)")
            connection.commit()
        damaged: list[Exception] = []
        rebuild(home, ["criteria"], on_damage=damaged.append)
        assert len(damaged) == 2
        assert find(library, "AREA[Accepts]pregnant") == set()


def test_on_real_records_who_is_refused_is_ineligible(shared_data: Path, tmp_path: Path) -> None:
    with gzip.open(shared_data / "ctgov" / "records.jsonl.gz") as file:
        records = [msgspec.json.decode(line) for line in islice(file, 120)]
    bring_in(tmp_path / "home", records)
    rebuild(tmp_path / "home", ["criteria"])
    refused = 0
    with Library(tmp_path / "home") as library:
        for told in (
            "HbA1c 9.5 %",
            "eGFR 25",
            "platelets 60,000/uL",
            "prior stroke",
            "HIV",
            "no heart failure",
        ):
            facts = tuple(_date(each) for each in read_facts(told, find_asked_day(None)))
            for nct_id in library.search(f'AREA[Refuses]"{told}"', limit=200).nct_ids:
                screener = make_screener(library.get_study(nct_id))
                assert screener.screen(Person(facts=facts), find_asked_day(None)).overall == "ineligible", (
                    told,
                    nct_id,
                )
                refused += 1
    assert refused > 10


def _date(fact: Fact) -> Fact:
    """A value of today: a search means it so, a note leaves the day open."""
    day = one_day(find_asked_day(None))
    return msgspec.structs.replace(fact, start=day, end=day) if fact.value is not None else fact


def test_what_studies_refuse_is_counted_as_it_is_found(library: Library) -> None:
    request = SearchRequest(facets=("Refuses", "Phase"), facet_size=50, limit=0)
    found = library.engine.search(request)
    counts = found.facets["Refuses"]
    assert {"Pregnant", "breastfeeding"} <= counts.keys()
    refusing: set[str] = set()
    for value, count in counts.items():
        asked = parse_query(f'AREA[Refuses]"{value}"')
        ids = library.engine.search(SearchRequest(filters=(asked,), limit=50)).nct_ids
        assert len(ids) == count, value
        refusing.update(ids)
    assert found.missing["Refuses"] == len(TEXTS) - len(refusing) > 0
    narrowed = msgspec.structs.replace(request, filters=(parse_query(f"AREA[NCTId]{name(5)}"),))
    assert set(library.engine.search(narrowed).facets["Refuses"]) == {"Pregnant", "breastfeeding"}
    # Others refuse it too, and are not among those asked for.
    alone = msgspec.structs.replace(request, filters=(parse_query(f"AREA[NCTId]{name(4)}"),))
    counts = library.engine.search(alone).facets["Refuses"]
    assert counts.keys() == {"Myocardial infarction"}
    assert set(counts.values()) == {1}


def test_what_studies_refuse_is_not_counted_where_nobody_knows_it(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = SearchRequest(facets=("Refuses",))
    with pytest.raises(QueryError, match="today"):
        library.engine.search(msgspec.structs.replace(request, as_of="2026-02-01"))
    bring_in(tmp_path / "home", [make_record(name(1), {"eligibilityModule.eligibilityCriteria": TEXTS[1]})])
    with pytest.raises(QueryError, match="not known") as refused:
        Library(tmp_path / "home").engine.search(request)
    assert "rebuild criteria" in refused.value.hint
    monkeypatch.setattr(engine, "MOST_REFUSING", 10)
    with pytest.raises(QueryError, match=r"at most 10 studies, and 11 match"):
        library.engine.search(request)


@pytest.mark.parametrize(
    ("statement", "asked"),
    [
        ("UPDATE refused SET tree = tree + 100 WHERE rowid_of", 'AREA[Refuses]"pregnant"'),
        ("DELETE FROM refused WHERE rowid_of", 'AREA[Accepts]"pregnant"'),
        (
            "UPDATE thing SET name = name || 'z' WHERE id IN (SELECT thing FROM refused WHERE rowid_of)",
            'AREA[Refuses]"pregnant"',
        ),
        ("UPDATE refused_value SET low = 8.25 WHERE low = 8.0", 'AREA[Refuses]"HbA1c 8.2 %"'),
        ("UPDATE refused_value SET unit = 'g/L' WHERE unit = '%'", 'AREA[Refuses]"HbA1c 8.2 %"'),
        ("UPDATE study SET text = x'00' WHERE nct_id = 'NCT00000005'", 'AREA[Refuses]"pregnant"'),
        ("UPDATE study SET nct_id = 'NCT00000009' WHERE nct_id = 'NCT00000005'", 'AREA[Refuses]"pregnant"'),
        (
            "UPDATE tree SET text = x'00' WHERE id IN (SELECT tree FROM refused WHERE rowid_of)",
            'AREA[Refuses]"pregnant"',
        ),
    ],
)
def test_what_was_read_of_criteria_and_altered_is_never_an_answer(
    library: Library, tmp_path: Path, statement: str, asked: str
) -> None:
    home = tmp_path / "home"
    shutil.copytree(library.home, home)
    path = home / criteria.FILE_NAME
    of_pregnancy = "tree = (SELECT tree.id FROM tree JOIN study USING (text) WHERE nct_id = 'NCT00000005')"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(statement.replace("rowid_of", of_pregnancy))
        connection.commit()
    with Library(home) as altered:
        with pytest.raises(StoreDamagedError, match="rebuild criteria"):
            altered.search(asked)
        assert [each for each in altered.check() if each.startswith("the criteria: ")]
    rebuild(home, ["criteria"])
    with Library(home) as made_anew:
        assert find(made_anew, asked) == find(library, asked)
        assert made_anew.check() == ()


def test_a_state_of_the_criteria_that_was_altered_claims_nothing(library: Library, tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(library.home, home)
    with closing(sqlite3.connect(home / criteria.FILE_NAME)) as connection:
        connection.execute("UPDATE state SET value = '1' WHERE key = 'seq'")
        connection.commit()
    with Library(home) as altered, pytest.raises(QueryError, match="not known of all studies"):
        altered.search('AREA[Refuses]"pregnant"')


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE thing SET words = 'Prognant' WHERE words = 'Pregnant'",
        "UPDATE study SET text = x'00' WHERE nct_id = 'NCT00000005'",
        "DELETE FROM study WHERE nct_id = 'NCT00000005'",
        "DELETE FROM refused WHERE tree = (SELECT tree.id FROM tree JOIN study USING (text) WHERE nct_id = 'NCT00000005')",
        "UPDATE tree SET text = x'00' WHERE text = (SELECT text FROM study WHERE nct_id = 'NCT00000005')",
    ],
)
def test_what_most_studies_refuse_is_not_counted_where_it_was_altered(
    library: Library, tmp_path: Path, statement: str
) -> None:
    home = tmp_path / "home"
    shutil.copytree(library.home, home)
    with closing(sqlite3.connect(home / criteria.FILE_NAME)) as connection:
        connection.execute(statement)
        connection.commit()
    with Library(home) as altered, pytest.raises(StoreDamagedError):
        altered.engine.search(SearchRequest(facets=("Refuses",), limit=0))
