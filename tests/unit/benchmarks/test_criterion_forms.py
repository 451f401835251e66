"""Do comparisons agree where value, operator and unit of time are the same, and only there?"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[3] / "benchmarks"))

from criterion_forms import (
    Bound,
    are_same,
    count_agreeing,
    read_gold_bounds,
    read_gold_shape,
    read_our_bounds,
    read_our_shape,
)
from trialbook.eligibility.parse import parse_criteria

YEARS = frozenset(["a"])


def test_bounds_of_a_form() -> None:
    form = "age().num_filter(eq().op(BETWEEN).val('18').val('65').temporal_unit(YEAR))"
    assert read_gold_bounds(form) == {Bound("ge", 18, YEARS), Bound("le", 65, YEARS)}


@pytest.mark.parametrize(
    ("words", "form", "agreeing"),
    [
        (
            "Age 18 to 65 years",
            "age().num_filter(eq().op(BETWEEN).val('18').val('65').temporal_unit(YEAR))",
            2,
        ),
        (
            "Age 18 to 64 years",
            "age().num_filter(eq().op(BETWEEN).val('18').val('65').temporal_unit(YEAR))",
            1,
        ),
        ("Stroke within 3 months", "cond().temporal_filter(eq().val('3').temporal_unit(MONTH))", 1),
        ("Stroke within 3 weeks", "cond().temporal_filter(eq().val('3').temporal_unit(MONTH))", 0),
        ("BMI < 30 kg/m2", "vital().num_filter(eq().op(GT).val('30').unit())", 0),
    ],
)
def test_what_agrees(words: str, form: str, agreeing: int) -> None:
    (found,) = parse_criteria(f"Exclusion Criteria:\n\n* {words}")
    assert count_agreeing(read_gold_bounds(form), read_our_bounds(found.tree)) == agreeing


@pytest.mark.parametrize(
    ("words", "same"), [("Asthma or stroke", True), ("Asthma and stroke", False), ("Asthma", False)]
)
def test_same_trees(words: str, same: bool) -> None:
    (found,) = parse_criteria(f"Exclusion Criteria:\n\n* {words}")
    form = "union(cond().name('asthma'), cond().name('stroke'))"
    assert are_same(read_gold_shape(form), read_our_shape(found.tree)) is same
