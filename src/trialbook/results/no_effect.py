"""What number means "no effect" for a kind of estimate? Read from the words of its name, else not known."""

from __future__ import annotations

import re
from typing import Literal

Family = Literal["ratio", "difference", "other"]
RATIO = re.compile(
    r"\b(?:ratios?|gmr|relative risks?|cox proportional hazards?)\b|\((?:or|hr|rr|gmr|irr)\)", re.I
)
# A ratio of these has no meaning by itself, or is no comparison.
NO_RATIO = re.compile(r"\b(?:likelihood|log|signal|ln)\b|standardi[sz]ed ratio", re.I)
DIFFERENCE = re.compile(r"\b(?:\w*differences?|diff|ls ?mean ?difference)\b", re.I)
PERCENT = re.compile(r"%|\bper ?cent|\bpercent", re.I)


def find_family(name: str | None) -> Family:
    """Whether an estimate is a ratio, a difference, or something else by its name.

    >>> find_family("Hazard Ratio (HR)"), find_family("LS Mean Difference"), find_family("Slope")
    ('ratio', 'difference', 'other')
    >>> find_family("FBF ratio difference"), find_family("Log odds ratio"), find_family(None)
    ('other', 'other', 'other')
    """
    words = name or ""
    is_ratio, is_difference = bool(RATIO.search(words)), bool(DIFFERENCE.search(words))
    if is_ratio == is_difference or (is_ratio and NO_RATIO.search(words)):
        return "other"
    return "ratio" if is_ratio else "difference"


def find_no_effect(name: str | None, numbers: tuple[float, ...]) -> float | None:
    """The value of an estimate that means no effect: 1 for a ratio, 0 for a difference, None where it is not sure.

    A ratio may be given in per cent; where its name says so, or where every number is 20 or more, it is not known
    whether 1 or 100 means no effect.

    >>> find_no_effect("Odds Ratio (OR)", (0.8, 1.2)), find_no_effect("Geometric mean ratio", (92.1, 104.0))
    (1.0, None)
    >>> find_no_effect("Difference in Percent", (-3.0, 8.0))
    0.0
    """
    family = find_family(name)
    if family == "difference":
        return 0.0
    if family == "other" or PERCENT.search(name or "") or (numbers and min(numbers) >= 20):
        return None
    return 1.0
