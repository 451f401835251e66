"""What we say of a patient's note and a criterion, in experts' words, and how often it is theirs."""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec
import pytest

sys.path.insert(0, str(Path(__file__).parents[3] / "benchmarks"))

from criterion_verdicts import Pair, is_set_aside, judge, measure, score_verdicts

NOTE = "A 58-year-old man with type 2 diabetes, HbA1c 8.2%. No history of stroke. He will provide informed consent."


@pytest.mark.parametrize(
    ("kind", "text", "as_told", "ours"),
    [
        ("inclusion", "Age 18 years or older", "included", "included"),
        ("inclusion", "HbA1c < 8 %", "not included", "not included"),
        ("inclusion", "Written informed consent", "included", "included"),
        ("inclusion", "Chronic kidney disease", "not enough information", "not enough information"),
        ("exclusion", "HbA1c > 8 %", "excluded", "excluded"),
        ("exclusion", "History of stroke", "not excluded", "not excluded"),
        ("exclusion", "Cirrhosis", "not enough information", "not excluded"),
        ("exclusion", "Platelets < 100,000/uL", "not enough information", "not enough information"),
        ("exclusion", "Pregnant or nursing", "not applicable", "not applicable"),
    ],
)
def test_a_verdict_in_experts_words(kind: str, text: str, as_told: str, ours: str) -> None:
    (judged,) = judge([Pair("p1", NOTE, kind, text, "included")])
    assert (judged.as_told, judged.ours) == (as_told, ours)


def test_macro_f1_is_the_mean_over_the_experts_labels() -> None:
    pairs = [("included", "included"), ("included", "excluded"), ("excluded", "excluded")]
    found = measure(pairs)
    assert (found.accuracy, found.macro_f1) == (0.6667, 0.6667)
    assert measure([("included", "excluded")]).macro_f1 == 0.0


def test_a_file_is_scored_with_its_baseline_and_what_was_set_aside(tmp_path: Path) -> None:
    ids = [f"p{number}" for number in range(20)]
    pairs = [Pair(each, NOTE, "exclusion", "History of stroke", "not excluded") for each in ids]
    pairs.append(Pair(ids[0], NOTE, "inclusion", "HbA1c < 8 %", "not included"))
    path = tmp_path / "criterion_labels.json"
    path.write_bytes(msgspec.json.encode(pairs))
    numbers = score_verdicts(path)
    assert (numbers["verdict_pairs"], numbers["verdict_accuracy"]) == (21, 1.0)
    assert numbers["verdict_baseline_accuracy"] == round(20 / 21, 4)
    assert numbers["verdict_patients_set_aside"] == sum(map(is_set_aside, ids))
    assert numbers["verdict_open_as_told"] == 0.0
