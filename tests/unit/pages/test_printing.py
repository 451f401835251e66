"""Does a page print the first part of what is long, say what is left out and how to print it, and lose nothing?"""

from __future__ import annotations

import re
from datetime import date

import pytest

from trialbook.model import parse_record
from trialbook.pages import render_study_page, render_study_text
from trialbook.pages.contents import VersionLine
from trialbook.pages.printing import find_unprinted
from trialbook.pages.tree import (
    Card,
    Criteria,
    Entry,
    Fold,
    Part,
    Plain,
    Prose,
    Row,
    Section,
    Sub,
    Table,
    Versions,
)
from trialbook.pages.write_html import render_blocks, render_parts

TODAY = date(2026, 1, 15)
TOLD = re.compile(r'<p class="in-print">(\d[\d,]*) of ([\d,]+) are not printed here\. To print all, choose')


def make_page(publications: int, chosen: tuple[str, ...] = ()) -> str:
    record = {
        "protocolSection": {
            "identificationModule": {"nctId": "NCT00000001", "briefTitle": "Cells"},
            "eligibilityModule": {"eligibilityCriteria": "\n".join(f"* Criterion {n}" for n in range(80))},
            "referencesModule": {
                "references": [{"citation": f"Citation {n}.", "type": "RESULT"} for n in range(publications)]
            },
        }
    }
    return render_study_page(parse_record(record), today=TODAY, chosen=chosen)


def test_boxes_beyond_their_room_are_left_out_of_print_and_told() -> None:
    page = make_page(30)
    rest = page.split('<div class="unprinted">')[1]
    left, total = map(int, TOLD.findall(page)[0])
    assert total == 30
    assert 10 <= left < 30
    assert [f"Citation {n}." in page for n in range(30)] == [True] * 30
    assert "Citation 29." in rest
    assert "Citation 1." not in rest
    assert rest.split("</section>")[0].count('class="card"') == left
    assert not TOLD.search(make_page(3))


@pytest.mark.parametrize("chosen", [("references",), ("folds",), ("references", "folds")])
def test_what_is_chosen_is_printed_whole(chosen: tuple[str, ...]) -> None:
    assert re.search(r'<main id="main" class="record[^"]* whole"', make_page(30, chosen))
    assert " whole" not in make_page(30).split("<main")[1].split(">")[0]


def test_criteria_are_always_printed() -> None:
    criteria = Criteria("Inclusion", "inclusion", tuple(Entry(f"c{n}", "", 0, "Words") for n in range(300)))
    assert "in-print" not in render_blocks((criteria,))
    assert 'class="long"' not in make_page(0).split('id="eligibility"')[1].split("</section>")[0]


@pytest.mark.parametrize(("rows", "left"), [(10, 0), (12, 0), (13, 3), (1_500, 1_490)])
def test_a_long_table_says_how_many_rows_are_left_out(rows: int, left: int) -> None:
    table = Table("Events", "Event", ("A",), tuple(Row(f"Row {n}", ("1",)) for n in range(rows)))
    versions = Versions(tuple(VersionLine(number=n) for n in range(rows)))
    for html in (render_blocks((table,)), render_blocks((versions,))):
        assert TOLD.findall(html) == ([(f"{left:,}", f"{rows:,}")] if left else [])
        assert (" long" in html or '"long"' in html) == bool(left)


def test_one_box_is_printed_however_long_and_folded_ones_take_a_line() -> None:
    long = Card("Long", blocks=(Prose("word " * 5_000),))
    assert find_unprinted((long,)) is None
    assert find_unprinted((long, long, long)) == (1, 2, 3)
    folds = tuple(Fold(f"Country {n}", (long,)) for n in range(48))
    assert find_unprinted((Plain(("Lead",)), *folds[:16])) is None
    assert find_unprinted((Plain(("Lead",)), *folds)) == (17, 32, 48)
    assert find_unprinted((Sub("A", folds[:20]), Sub("B", ()))) == (1, 1, 2)


def test_what_is_not_the_sponsors_is_left_out_and_told() -> None:
    part = render_parts((Part("About", (Section("versions", "Versions", "", (Plain(("One",)),)),)),))
    assert '<div class="unprinted"><p>One</p></div><p class="in-print">Not printed here. To print all' in part
    part = render_parts((Part("About", (Section("sponsors", "Sponsors", "", (Plain(("One",)),)),)),))
    assert "print" not in part


def test_a_long_raw_value_is_folded_and_whole() -> None:
    record = {
        "protocolSection": {
            "identificationModule": {"nctId": "NCT00000001"},
            "contactsLocationsModule": {"locations_nested": [{"facility": f"Site {n}"} for n in range(500)]},
        }
    }
    study = parse_record(record)
    raw = render_study_page(study, today=TODAY).split('class="facts raw"')[1]
    assert re.search(r"<details><summary>[\d,]+ characters</summary>", raw)
    assert "Site 499" in raw
    assert "Site 499" in render_study_text(study, today=TODAY)
