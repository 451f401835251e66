"""The plainest evaluation of criteria: all that can be, tried out one by one.

A person who is known in part is every person who fits what is known. Here what is known of each of a few things
is the set of answers that it can have; a tree is met where it holds for every choice of answers, not met where
for none. Nothing but Python's own `and`, `or` and `not` is used.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product

from trialbook.eligibility.tree import All, Any, AtLeast, Atom, IfThen, Not, Tree, iter_nodes


def holds(tree: Tree, answers: Mapping[str, bool]) -> bool:
    """Whether a tree holds where each thing is so or not."""
    if isinstance(tree, All):
        return all(holds(each, answers) for each in tree.parts)
    if isinstance(tree, Any):
        return any(holds(each, answers) for each in tree.parts)
    if isinstance(tree, AtLeast):
        return sum(holds(each, answers) for each in tree.parts) >= tree.count
    if isinstance(tree, Not):
        return not holds(tree.part, answers)
    if isinstance(tree, IfThen):
        return not holds(tree.condition, answers) or holds(tree.then, answers)
    assert isinstance(tree, Atom)
    return answers[tree.concepts[0].words]


def list_outcomes(tree: Tree, known: Mapping[str, frozenset[bool]]) -> set[bool]:
    """What a tree can come to, over all that the things in it can be."""
    names = sorted({each.concepts[0].words for each in iter_nodes(tree) if isinstance(each, Atom)})
    choices = product(*(sorted(known[name]) for name in names))
    return {holds(tree, dict(zip(names, choice, strict=True))) for choice in choices}


def evaluate_kleene(tree: Tree, known: Mapping[str, bool | None]) -> bool | None:
    """The verdict by Kleene's tables, None for undecided, written out by the smallest and the largest."""
    rank = {False: 0, None: 1, True: 2}
    back = [False, None, True]
    if isinstance(tree, All):
        return back[min((rank[evaluate_kleene(each, known)] for each in tree.parts), default=2)]
    if isinstance(tree, Any):
        return back[max((rank[evaluate_kleene(each, known)] for each in tree.parts), default=0)]
    if isinstance(tree, AtLeast):
        ranks = sorted((rank[evaluate_kleene(each, known)] for each in tree.parts), reverse=True)
        return True if tree.count <= 0 else back[ranks[tree.count - 1]] if tree.count <= len(ranks) else False
    if isinstance(tree, Not):
        return back[2 - rank[evaluate_kleene(tree.part, known)]]
    if isinstance(tree, IfThen):
        return back[
            max(2 - rank[evaluate_kleene(tree.condition, known)], rank[evaluate_kleene(tree.then, known)])
        ]
    assert isinstance(tree, Atom)
    return known[tree.concepts[0].words]


def read_value(
    low: float | None, high: float | None, wanted_low: float | None, wanted_high: float | None
) -> bool | None:
    """Whether a value between two bounds lies between two others, closed at all ends, by trying values."""
    tried = [
        value
        for value in (x / 4 for x in range(-40, 81))
        if (low is None or value >= low) and (high is None or value <= high)
    ]
    found = {
        (wanted_low is None or value >= wanted_low) and (wanted_high is None or value <= wanted_high)
        for value in tried
    }
    return found.pop() if len(found) == 1 else None
