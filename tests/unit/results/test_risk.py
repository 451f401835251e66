"""Intervals for shares and differences: the values that were published."""

from __future__ import annotations

import pytest

from trialbook.results.risk import compute_difference, compute_share

# Newcombe (1998), Stat Med 17:857-872, Table I: method 3 (Wilson without continuity correction).
SHARES = (
    (81, 263, 0.2553, 0.3662),
    (15, 148, 0.0624, 0.1605),
    (0, 20, 0.0, 0.1611),
    (1, 29, 0.0061, 0.1718),
)
# Newcombe (1998), Stat Med 17:873-890, Table II: method 10, its examples (a) to (h).
DIFFERENCES = (
    ((56, 70), (48, 80), 0.0524, 0.3339),
    ((9, 10), (3, 10), 0.1705, 0.8090),
    ((10, 10), (0, 20), 0.6791, 1.0),
    ((10, 10), (0, 10), 0.6075, 1.0),
    ((5, 56), (0, 29), -0.0381, 0.1926),
)


@pytest.mark.parametrize(("affected", "at_risk", "lower", "upper"), SHARES)
def test_a_share_has_the_published_limits(affected: int, at_risk: int, lower: float, upper: float) -> None:
    share = compute_share(affected, at_risk)
    # Four decimals were published.
    assert (share.lower, share.upper) == pytest.approx((lower, upper), abs=6e-5)


@pytest.mark.parametrize(("first", "second", "lower", "upper"), DIFFERENCES)
def test_a_difference_has_the_published_limits(
    first: tuple[int, int], second: tuple[int, int], lower: float, upper: float
) -> None:
    found = compute_difference(first, second)
    assert (found.lower, found.upper) == pytest.approx((lower, upper), abs=6e-5)
    turned = compute_difference(second, first)
    assert (turned.value, turned.lower, turned.upper) == pytest.approx(
        (-found.value, -found.upper, -found.lower)
    )


@pytest.mark.parametrize(("affected", "at_risk"), [(-1, 5), (6, 5), (0, 0)])
def test_counts_that_make_no_share_are_refused(affected: int, at_risk: int) -> None:
    with pytest.raises(ValueError, match=f"{affected} of {at_risk} participants is no share"):
        compute_share(affected, at_risk)
