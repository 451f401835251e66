"""Whom do two studies both take? Where their ages are the same or overlap, and what else agrees, in words."""

from __future__ import annotations

from trialbook.related.traits import Population

_SEXES = {"ALL": "all sexes", "FEMALE": "women", "MALE": "men"}
_HEALTHY = {"true": "healthy volunteers too", "false": "no healthy volunteers"}
DAYS_A_YEAR = 365.25

Shared = tuple[str, tuple[str, ...], tuple[str, ...]]
"""What is alike, in a short label; on our side; on the other."""


def describe_shared_ages(own: Population, other: Population) -> Shared:
    """Whether ages are the same or only overlap, and which they are.

    >>> describe_shared_ages(Population(least_days=6574.5), Population(least_days=6574.5, most_days=10957.5))
    ('overlapping ages', ('18 years or older',), ('18 years to 30 years',))
    """
    if not _overlap(own, other):
        return "overlapping ages", (), ()
    ours, theirs = _describe_ages(own), _describe_ages(other)
    return "same ages" if ours == theirs else "overlapping ages", (ours,), (theirs,)


def describe_shared_limits(own: Population, other: Population) -> Shared:
    """Whether they take the same sex, and both or neither healthy volunteers.

    >>> describe_shared_limits(Population(sex="FEMALE", healthy="true"), Population(sex="FEMALE"))
    ('same limits', ('women',), ('women',))
    """
    said = tuple(
        table.get(mine, mine)
        for table, mine, their in ((_SEXES, own.sex, other.sex), (_HEALTHY, own.healthy, other.healthy))
        if mine and mine == their
    )
    return "same limits", said, said


def _overlap(own: Population, other: Population) -> bool:
    if any(each.least_days is None and each.most_days is None for each in (own, other)):
        return False
    low = max(own.least_days or 0.0, other.least_days or 0.0)
    ends = [each.most_days for each in (own, other) if each.most_days is not None]
    return not ends or low < min(ends)


def _describe_ages(population: Population) -> str:
    least, most = population.least_days, population.most_days
    if least is not None and most is not None:
        return f"{_describe_age(least)} to {_describe_age(most)}"
    return f"{_describe_age(least)} or older" if least is not None else f"up to {_describe_age(most or 0.0)}"


def _describe_age(days: float) -> str:
    if days >= DAYS_A_YEAR:
        return f"{days / DAYS_A_YEAR:.3g} years"
    if days >= 60:
        return f"{days / DAYS_A_YEAR * 12:.3g} months"
    return f"{days:.3g} days"
