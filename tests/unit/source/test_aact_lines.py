"""The lines of an AACT text end where the registry's do, and a tilde of the text stays."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.conftest import find_shared

from trialbook.source.aact.lines import restore_lines
from trialbook.source.files import read_path
from trialbook.source.incoming import Incoming


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("First.~~Second.", "First.\n\nSecond."),
        ("Criteria:~~* Adult~* BMI \\> 30~~No:~~1. Ill~2. Old", "Criteria:\n\n* Adult\n* BMI \\> 30\n\nNo:\n\n1. Ill\n2. Old"),
        ("takes ~5 mg, (~ 3 doses) of \\~7", "takes ~5 mg, (~ 3 doses) of \\~7"),
        ("aged 20~30, 500g~1250g, 1~6ml, grade II~IV", "aged 20~30, 500g~1250g, 1~6ml, grade II~IV"),
        ("from 2 ~ 10 points", "from 2 ~ 10 points"),
        ("at https://a.example/~doe/trial", "at https://a.example/~doe/trial"),
        ("Older than 18~2. Ill", "Older than 18\n2. Ill"),
        ("one~\n two", "one~\n two"),
    ],
)  # fmt: skip
def test_a_tilde_is_a_line_break_where_it_is_not_the_text_s_own(cell: str, expected: str) -> None:
    assert restore_lines(cell) == expected


def test_an_indented_block_of_old_exports_is_unwrapped() -> None:
    cell = (
        "~      Inclusion Criteria:~~        -  Adults who have had the disease for at least as long as~"
        "           two years~~        -  BMI < 30~    "
    )
    assert restore_lines(cell) == (
        "Inclusion Criteria:\n\n"
        "* Adults who have had the disease for at least as long as two years\n"
        "* BMI \\< 30"
    )  # fmt: skip


def test_lines_broken_at_80_columns_are_joined_and_those_of_a_list_are_not() -> None:
    wrapped = (
        "The purpose of this study is to determine whether the tablets are as good as the\n"
        "drops that have been given so far, and whether those who take them sleep for as\n"
        "long as before.\n\nA second paragraph."
    )
    assert (
        restore_lines(wrapped.replace("\n", "~"))
        == " ".join(wrapped.split("\n")[:3]) + "\n\nA second paragraph."
    )
    items = "Severe insufficiency of the heart, as classed by those who classify it, or of li\nMalignancy"
    assert restore_lines(items.replace("\n", "~")) == items


def iter_markup(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, each in value.items():
            if isinstance(each, str) and key in ("description", "eligibilityCriteria", "detailedDescription"):
                yield each
            else:
                yield from iter_markup(each)
    elif isinstance(value, list):
        for each in value:
            yield from iter_markup(each)


def test_the_texts_of_real_records_come_back_from_their_tildes(shared_data: Path) -> None:
    with gzip.open(shared_data / "ctgov" / "records.jsonl.gz") as file:
        texts = [text for line in file for text in iter_markup(msgspec.json.decode(line)) if "\n" in text]
    other = [text for text in texts if restore_lines(text.replace("\n", "~")) != text]
    # Ten in ten thousand: "day 0~1 million cells" can be read both ways.
    assert len(texts) > 8_000
    assert len(other) <= len(texts) / 1_000


def test_the_shared_cases_of_aact_are_read_right() -> None:
    cases = find_shared("cases")
    (found,) = read_path(cases / "02a_aact_line_breaks_as_tilde.zip")
    assert isinstance(found, Incoming)
    protocol = msgspec.json.decode(found.body)["protocolSection"]
    same = msgspec.json.decode((cases / "02b_same_study_api_v2.json").read_bytes())["protocolSection"]
    same["statusModule"]["lastUpdateSubmitDate"] = "2021-05-06"
    assert protocol == same
    quoted = list(read_path(cases / "02d_aact_cell_begins_with_a_quote.zip"))
    assert all(isinstance(each, Incoming) for each in quoted)
    titles = [
        msgspec.json.decode(each.body)["protocolSection"]["identificationModule"]["briefTitle"]
        for each in quoted
        if isinstance(each, Incoming)
    ]
    assert titles[1:3] == ['"Time is Muscle" trial', '"Never closed title']
    (unpacked,) = read_path(cases / "02e_aact_unpacked_folder")
    assert isinstance(unpacked, Incoming)
    assert b'"NCT99900030"' in unpacked.body


def test_an_unpacked_export_below_other_folders_is_read_as_one(tmp_path: Path) -> None:
    tables = Path(__file__).parents[2] / "fixtures" / "aact"
    folder = tmp_path / "2025" / "export"
    folder.mkdir(parents=True)
    for table in tables.glob("*.txt"):
        (folder / table.name).write_bytes(table.read_bytes())
    (folder / "schema.png").write_bytes(b"\x89PNG\r\n")
    (tmp_path / "2025" / "one.json").write_bytes(
        b'{"protocolSection":{"identificationModule":{"nctId":"NCT00000001"}}}'
    )
    places = [each.place for each in read_path(tmp_path) if isinstance(each, Incoming)]
    assert places == [
        *(f"{folder}!NCT9000002{n}" for n in (1, 2, 3)),
        f"{tmp_path / '2025' / 'one.json'}",
    ]
