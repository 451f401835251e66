"""The page in the terminal says what the page on the screen says, within its width."""

from __future__ import annotations

import json
from datetime import date

import pytest

from trialbook.model import parse_record
from trialbook.pages import render_study_text
from trialbook.pages.record import compose_record
from trialbook.pages.text_table import table_lines
from trialbook.pages.tree import Row, Table
from trialbook.samples import sample_paths

TODAY = date(2026, 1, 15)


@pytest.mark.parametrize("width", [40, 80, 120])
def test_lines_keep_to_the_width_unless_a_single_word_is_longer(width: int) -> None:
    for line in sample_paths()[0].read_text(encoding="utf-8").splitlines()[:20]:
        text = render_study_text(parse_record(json.loads(line)), width=width, today=TODAY)
        too_long = [
            row for row in text.splitlines() if len(row) > width and max(map(len, row.split())) < width / 2
        ]
        assert too_long == []


def test_every_section_is_there_in_the_same_order() -> None:
    study = parse_record(json.loads(sample_paths()[0].read_text(encoding="utf-8").splitlines()[0]))
    lines = render_study_text(study, today=TODAY, width=100).splitlines()
    titles = [
        section.title.upper() for part in compose_record(study, today=TODAY) for section in part.sections
    ]
    positions = [lines.index(title) for title in titles]
    assert positions == sorted(positions)


def test_a_record_cannot_steer_the_terminal() -> None:
    module = {"briefTitle": "a\x1b[31mb\u202ec", "nctId": "NCT99000099"}
    record = {
        "protocolSection": {"identificationModule": module, "descriptionModule": {"briefSummary": "\x07\x9b"}}
    }
    text = render_study_text(parse_record(record), today=TODAY)
    assert not set(text) & {"\x1b", "\x07", "\x9b", "\u202e"}


def test_a_table_stands_side_by_side_while_it_fits_and_row_by_row_when_not() -> None:
    table = Table("Flow", "Milestone", ("Drug", "Placebo"), (Row("Started", ("13", "12")),))
    assert [line.rstrip() for line in table_lines(table, 60)] == [
        "Milestone  | Drug    | Placebo",
        "-----------+---------+--------",
        "Started    | 13      | 12",
    ]
    wide = Table("Flow", "Milestone", tuple("ABCDEFGH"), (Row("Started", tuple("12345678")),))
    assert list(table_lines(wide, 60))[:3] == ["- Started", "    A: 1", "    B: 2"]
