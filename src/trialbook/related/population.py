"""Which part of whom two studies take is the same, in words?"""

from __future__ import annotations

from trialbook.related.traits import Population

_SEXES = {"ALL": "all sexes", "FEMALE": "women", "MALE": "men"}
_HEALTHY = {"true": "healthy volunteers too", "false": "no healthy volunteers"}
DAYS_A_YEAR = 365.25


def describe_shared_population(own: Population, other: Population) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The parts in which both agree, on our side and on the other; ages where they overlap."""
    pairs = [
        (table.get(mine, mine), table.get(their, their))
        for table, mine, their in ((_SEXES, own.sex, other.sex), (_HEALTHY, own.healthy, other.healthy))
        if mine and mine == their
    ]
    if _overlap(own, other):
        pairs.insert(0, (_describe_ages(own), _describe_ages(other)))
    return tuple(mine for mine, _ in pairs), tuple(their for _, their in pairs)


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
