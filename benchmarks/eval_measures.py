"""How good is a ranked list, and how sure are we? Measures of one list, and intervals over many."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence

RESAMPLES = 2_000


def compute_ndcg(ranked: Sequence[str], gains: Mapping[str, int], *, depth: int = 10) -> float:
    """Discounted cumulative gain down to `depth`, over that of the best possible order; in [0, 1].

    What is not in `gains` counts as not relevant. 0 where nothing is relevant.
    """
    ideal = _discount(sorted(gains.values(), reverse=True)[:depth])
    return _discount([gains.get(name, 0) for name in ranked[:depth]]) / ideal if ideal else 0.0


def _discount(gains: Sequence[int]) -> float:
    return sum(gain / math.log2(place + 2) for place, gain in enumerate(gains))


def compute_precision(ranked: Sequence[str], relevant: set[str], *, depth: int = 10) -> float:
    """Share of the first `depth` places that hold something relevant; empty places count as misses."""
    return sum(name in relevant for name in ranked[:depth]) / depth


def compute_reciprocal_rank(ranked: Sequence[str], relevant: set[str]) -> float:
    """One over the place of the first relevant entry; 0 where none is found."""
    return next((1 / place for place, name in enumerate(ranked, 1) if name in relevant), 0.0)


def compute_recall(ranked: Sequence[str], relevant: set[str], *, depth: int | None = None) -> float:
    """Share of what is relevant that stands in the first `depth` places (in all by default)."""
    return len(relevant.intersection(ranked[:depth])) / len(relevant) if relevant else 1.0


def compute_overlap(ranked: Sequence[str], wanted: Sequence[str], *, depth: int = 10) -> float:
    """Share of the first `depth` of one list that also stand in the first `depth` of the other."""
    return len(set(ranked[:depth]) & set(wanted[:depth])) / min(depth, len(wanted)) if wanted else 1.0


def compute_spearman(first: Sequence[float], second: Sequence[float]) -> float | None:
    """Spearman's rank correlation of paired values, ties at their mean rank.

    None where it is not defined: fewer than three pairs, or one side all the same.
    """
    if len(first) < 3:
        return None
    left, right = _rank(first), _rank(second)
    middle = (len(left) + 1) / 2
    spread = math.sqrt(
        sum((rank - middle) ** 2 for rank in left) * sum((rank - middle) ** 2 for rank in right)
    )
    if not spread:
        return None
    return sum((one - middle) * (other - middle) for one, other in zip(left, right, strict=True)) / spread


def _rank(values: Sequence[float]) -> list[float]:
    order = sorted(range(len(values)), key=values.__getitem__)
    ranks = [0.0] * len(values)
    start = 0
    while start < len(order):
        end = start
        while end < len(order) and values[order[end]] == values[order[start]]:
            end += 1
        for place in order[start:end]:
            ranks[place] = (start + 1 + end) / 2
        start = end
    return ranks


def compute_interval(values: Sequence[float], *, seed: int = 0) -> tuple[float, float, float]:
    """The mean with its 95 % bootstrap interval over the values (percentiles of 2,000 resamples)."""
    if not values:
        return math.nan, math.nan, math.nan
    chance = random.Random(seed)
    means = sorted(sum(chance.choices(values, k=len(values))) / len(values) for _ in range(RESAMPLES))
    return (
        sum(values) / len(values),
        means[int(0.025 * RESAMPLES)],
        means[int(0.975 * RESAMPLES) - 1],
    )


def compute_gain_interval(
    ours: Sequence[float], theirs: Sequence[float], *, seed: int = 0
) -> tuple[float, float, float]:
    """How much larger the mean of `ours` is than that of `theirs`, as a share, over paired resamples."""
    chance = random.Random(seed)
    pairs = list(zip(ours, theirs, strict=True))

    def gain(sample: Sequence[tuple[float, float]]) -> float:
        base = sum(other for _, other in sample)
        return sum(own for own, _ in sample) / base - 1 if base else 0.0

    gains = sorted(gain(chance.choices(pairs, k=len(pairs))) for _ in range(RESAMPLES))
    return gain(pairs), gains[int(0.025 * RESAMPLES)], gains[int(0.975 * RESAMPLES) - 1]
