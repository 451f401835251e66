"""Do marks stand on the words that were understood, and on no others?"""

from __future__ import annotations

import gzip
import json
from itertools import islice
from pathlib import Path

import pytest

from trialbook.eligibility.describe import describe_tree
from trialbook.eligibility.marks import find_marks
from trialbook.eligibility.parse import parse_criteria


def mark(words: str, kind: str = "Exclusion") -> list[tuple[str, str]]:
    text = f"{kind} Criteria:\n\n* {words}"
    (criterion,) = parse_criteria(text)
    return [(text[each.start : each.end], each.kind) for each in find_marks(criterion, text)]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (
            "HbA1c > 8.5% in the previous 3 months",
            [("HbA1c", "thing"), ("> 8.5%", "value"), ("in the previous 3 months", "time")],
        ),
        ("History of myocardial infarction", [("History of", "standing"), ("myocardial infarction", "thing")]),
        ("Platelets \\< 100,000/uL", [("Platelets", "thing"), ("< 100,000/uL", "value")]),
        ("Hypertension unless controlled", [("Hypertension", "thing"), ("unless", "turn")]),
        ("AST or ALT > 3 x ULN", [("AST", "thing"), ("ALT", "thing"), ("> 3 x ULN", "value")]),
        ("History of drug or alcohol abuse", [("History of", "standing"), ("drug", "thing"), ("alcohol abuse", "thing")]),
    ],
)  # fmt: skip
def test_each_word_is_marked_as_what_it_was_taken_for(words: str, expected: list[tuple[str, str]]) -> None:
    assert [(each.strip("\\"), kind) for each, kind in mark(words)] == expected


def test_what_was_not_understood_has_no_mark() -> None:
    assert mark("Blorgs the wibble quite zoggily") == []
    assert mark("In the opinion of the investigator unsuitable") == [
        ("In the opinion of the investigator unsuitable", "judgement")
    ]


def test_marks_say_what_was_understood_in_plain_words() -> None:
    text = "Inclusion Criteria:\n\n* Age 18 years or older\n* eGFR >= 30 mL/min/1.73m2 within 6 months before screening"
    age, gfr = parse_criteria(text)
    assert [each.says for each in find_marks(age, text)] == ["age ≥ 18 years"] * len(find_marks(age, text))
    told = {each.says for each in find_marks(gfr, text)}
    assert told == {"eGFR ≥ 30 mL/min/1.73 m² within 6 months before screening"}
    assert list(describe_tree(gfr.tree, text)) == [*told]


def test_marks_of_real_criteria_lie_within_them_and_never_overlap(shared_data: Path) -> None:
    path = shared_data / "ctgov" / "records.jsonl.gz"
    if not path.is_file():
        pytest.skip(f"needs the real records of {path}")
    marked = 0
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in islice(file, 0, 400, 10):
            module = json.loads(line)["protocolSection"].get("eligibilityModule", {})
            text = module.get("eligibilityCriteria", "")
            for criterion in parse_criteria(text) if text else ():
                position = criterion.start
                for each in find_marks(criterion, text):
                    assert position <= each.start < each.end <= criterion.end
                    assert text[each.start : each.end].strip() == text[each.start : each.end]
                    assert each.says
                    position = each.end
                    marked += 1
    assert marked > 500
