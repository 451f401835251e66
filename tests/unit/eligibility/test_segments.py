"""Every character of an eligibility text lies in exactly one segment."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialbook.eligibility.parse import parse_criteria
from trialbook.eligibility.segments import cut_segments


def check_whole(text: str) -> None:
    position = 0
    for each in cut_segments(text):
        assert each.start == position < each.end
        assert (each.kind == "criterion") == (each.criterion is not None)
        if each.kind == "blank":
            assert (
                not text[each.start : each.end].replace("<", " <").split()
                or "<" in text[each.start : each.end]
            )
        position = each.end
    assert position == len(text)


def iterate_texts(folder: Path) -> Iterator[str]:
    for name in ("records.jsonl.gz", "records_stem_cells_2022.jsonl.gz"):
        with gzip.open(folder / "ctgov" / name) as file:
            for line in file:
                record = msgspec.json.decode(line)
                text = record["protocolSection"].get("eligibilityModule", {}).get("eligibilityCriteria")
                if text:
                    yield text


def test_a_sample_of_real_records(shared_data: Path) -> None:
    checked = 0
    for text in islice(iterate_texts(shared_data), 0, None, 20):
        check_whole(text)
        checked += 1
    assert checked > 100


@pytest.mark.slow
def test_all_real_records(shared_data: Path) -> None:
    for text in iterate_texts(shared_data):
        check_whole(text)


@given(st.text(alphabet="abAB 12.)(*-•\n\r\t:\\<>/pulibr", max_size=300))
def test_any_text(text: str) -> None:
    check_whole(text)


def test_marks_headings_and_blanks_are_told_apart() -> None:
    text = "Inclusion Criteria:\n\n1. Adult\n2. Able\n\nExclusion Criteria:\n\n* Pregnant\n"
    told = [(each.kind, text[each.start : each.end]) for each in cut_segments(text) if each.kind != "blank"]
    assert told == [
        ("heading", "Inclusion Criteria:"),
        ("mark", "1."),
        ("criterion", "Adult"),
        ("mark", "2."),
        ("criterion", "Able"),
        ("heading", "Exclusion Criteria:"),
        ("mark", "*"),
        ("criterion", "Pregnant"),
    ]


# What only introduces, and what asks something with the same words.
LEADS = [
    ("Inclusion", "All subjects must meet the following:", True),
    (
        "Inclusion",
        "Participants must meet all inclusion criteria to be eligible for trial participation.",
        True,
    ),
    ("Inclusion", "At least one of the following:", False),
    ("Inclusion", "Patient meets the entry requirements of the ward", False),
    ("Exclusion", "Patients who meet any of the following criteria will not be included in the study", True),
    ("Exclusion", "All of the following:", False),
    ("Exclusion", "Does not meet all of the inclusion criteria", False),
    ("Exclusion", "Any of the following cardiac conditions:", False),
]


@pytest.mark.parametrize(("kind", "words", "is_lead"), LEADS)
def test_what_only_introduces_is_a_lead_and_no_criterion(kind: str, words: str, is_lead: bool) -> None:
    text = f"{kind} Criteria:\n\n* {words}\n* Asthma\n* Gout\n"
    check_whole(text)
    kinds = [each.kind for each in cut_segments(text) if text[each.start : each.end] == words]
    assert kinds == ["lead" if is_lead else "criterion"]
    assert ("Asthma" in [each.text for each in parse_criteria(text)]) is True
    assert (words in [each.text for each in parse_criteria(text)]) is not is_lead


def test_points_below_a_lead_are_criteria_of_their_own() -> None:
    below = "   * Asthma\n   * Gout\n"
    text = f"Exclusion Criteria:\n\n1. Any of the following:\n\n{below}2. All of the following:\n\n{below}"
    assert [each.text for each in parse_criteria(text)] == [
        "Asthma",
        "Gout",
        "All of the following:\n\n   * Asthma\n   * Gout",
    ]


def test_a_remark_before_the_first_heading_is_no_criterion() -> None:
    text = "(Told anew.)\n\nInclusion Criteria:\n\n* Asthma"
    check_whole(text)
    assert [each.text for each in parse_criteria(text)] == ["Asthma"]
    assert [each.text for each in parse_criteria("(Told anew.)\n\nAsthma")] == ["(Told anew.)", "Asthma"]
