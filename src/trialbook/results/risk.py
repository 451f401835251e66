"""How far apart are two shares, and how sure is that? Wilson's and Newcombe's intervals."""

from __future__ import annotations

import math

import msgspec

Z_95 = 1.959963984540054


class Risk(msgspec.Struct, frozen=True):
    """A share, or a difference of two, with its 95 % limits; all as fractions of 1."""

    value: float
    lower: float
    upper: float


def compute_share(affected: int, at_risk: int) -> Risk:
    """The share of those affected, with Wilson's score interval of 95 %.

    Parameters
    ----------
    affected, at_risk
        Participants, 0 <= affected <= at_risk, at_risk > 0.

    Raises
    ------
    ValueError
        The counts are not of that kind.

    References
    ----------
    Wilson (1927), J Am Stat Assoc 22:209-212.

    Examples
    --------
    >>> share = compute_share(81, 263)
    >>> round(share.lower, 4), round(share.upper, 4)
    (0.2553, 0.3662)
    """
    if not 0 <= affected <= at_risk or at_risk == 0:
        raise ValueError(f"{affected} of {at_risk} participants is no share")
    share = affected / at_risk
    square = Z_95 * Z_95
    middle = (share + square / (2 * at_risk)) / (1 + square / at_risk)
    half = (
        Z_95
        * math.sqrt(share * (1 - share) / at_risk + square / (4 * at_risk * at_risk))
        / (1 + square / at_risk)
    )
    lower = 0.0 if affected == 0 else middle - half
    upper = 1.0 if affected == at_risk else middle + half
    return Risk(share, lower, upper)


def compute_difference(first: tuple[int, int], second: tuple[int, int]) -> Risk:
    """The first share minus the second, with Newcombe's hybrid score interval of 95 %.

    Parameters
    ----------
    first, second
        Participants affected, and at risk, of two groups without common members.

    Raises
    ------
    ValueError
        As of `compute_share`.

    References
    ----------
    Newcombe (1998), Stat Med 17:873-890, method 10; its example (a) is the one below.

    Examples
    --------
    >>> difference = compute_difference((56, 70), (48, 80))
    >>> round(difference.value, 4), round(difference.lower, 4), round(difference.upper, 4)
    (0.2, 0.0524, 0.3339)
    """
    one, other = compute_share(*first), compute_share(*second)
    value = one.value - other.value
    below = math.hypot(one.value - one.lower, other.upper - other.value)
    above = math.hypot(one.upper - one.value, other.value - other.lower)
    return Risk(value, max(-1.0, value - below), min(1.0, value + above))
