"""How well does a study fit a person, as far as its criteria tell? The rule by which matches are ranked.

A criterion that speaks for the person counts one, one against none, and one that is open one half: dropping
what is open would put studies that say little before those that say much.
"""

from __future__ import annotations

from collections.abc import Sequence

from trialbook.eligibility.verdicts import CriterionVerdict

OPEN_SHARE = 0.5
_SHARES = {"for": 1.0, "open": OPEN_SHARE, "against": 0.0}
# So many places of a score tell studies apart: sums of an index may differ behind them.
PLACES = 4


def compute_fit(criteria: Sequence[CriterionVerdict]) -> float:
    """The share of the criteria of a text that speak for a person, from 0 to 1; one half where there are none.

    What the record's fields ask does not count: who is too old for a study is left out, and all others are alike.

    >>> said = [CriterionVerdict("inclusion", "", 0, 1, each) for each in ("met", "unknown", "unknown")]
    >>> round(compute_fit(said), 3)
    0.667
    """
    shares = [_SHARES[each.speaks] for each in criteria if each.start >= 0]
    return sum(shares) / len(shares) if shares else OPEN_SHARE


def compute_score(relevance: float, fit: float) -> float:
    """What a match is ranked by, from 0 to 1: how much a study is about what the person has, times how it fits.

    >>> compute_score(0.8, 0.75)
    0.6
    """
    return round(relevance * fit, PLACES)
