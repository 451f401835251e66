"""The plainest ranking of matches: verdicts as words, sums by hand, studies sorted one key at a time."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

# A study: its id, how much it is about what the person has, and of each criterion the kind and the verdict.
Judged = tuple[str, float, Sequence[tuple[str, str]]]


def says(kind: str, verdict: str) -> str:
    """Whether a criterion speaks for a person, against, or neither."""
    if kind == "inclusion" and verdict in ("met", "not_met"):
        return "for" if verdict == "met" else "against"
    if kind == "exclusion" and verdict in ("met", "not_met"):
        return "against" if verdict == "met" else "for"
    return "open"


def rank(studies: Sequence[Judged]) -> tuple[list[str], list[str]]:
    """The ids of the studies that may take the person, the best first, and of those that exclude the person."""
    taking: list[tuple[float, str]] = []
    excluding: list[tuple[float, str]] = []
    for nct_id, relevance, criteria in studies:
        said = [says(kind, verdict) for kind, verdict in criteria]
        if "against" in said:
            excluding.append((round(relevance, 4), nct_id))
            continue
        half_points = 2 * said.count("for") + said.count("open")
        fit = Fraction(half_points, 2 * len(said)) if said else Fraction(1, 2)
        taking.append((round(relevance * float(fit), 4), nct_id))
    return order(taking), order(excluding)


def order(scored: list[tuple[float, str]]) -> list[str]:
    """By score from the top; of equals the highest NCT number first, those of other registers last."""
    numbered = [each for each in scored if each[1].startswith("NCT")]
    others = [each for each in scored if not each[1].startswith("NCT")]
    newest = sorted(numbered, key=lambda each: int(each[1][3:]), reverse=True) + others
    return [nct_id for _, nct_id in sorted(newest, key=lambda each: each[0], reverse=True)]
