"""Which items of two lists are the same thing: by key, then by likeness of their wording."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from difflib import SequenceMatcher
from typing import Any

import msgspec

from trialbook.changes.groups import normalise

Item = dict[str, Any]

_MAX_COMPARISONS = 2_500
_MAX_PAIRS = 250_000
_MAX_COMPARED_CHARACTERS = 300
_MAX_COMPARED_WORDS = 400
_SHORT_KEY = 12
_LEAST_SHARED = 0.3

KEYS: Mapping[str, tuple[str, ...]] = {
    "secondaryIdInfos": ("id",),
    "collaborators": ("name",),
    "armGroups": ("label",),
    "interventions": ("name",),
    "primaryOutcomes": ("measure",),
    "secondaryOutcomes": ("measure",),
    "otherOutcomes": ("measure",),
    "locations": ("facility", "city"),
    "overallOfficials": ("name",),
    "centralContacts": ("name",),
    "references": ("pmid", "citation"),
    "seeAlsoLinks": ("url", "label"),
    "availIpds": ("id", "url"),
    "largeDocs": ("filename", "label"),
}
"""The fields of a list's items that say which thing an item is. Of a reference, link, data set or
document the first that is there is enough."""

_FIRST_KEY_ONLY = frozenset({"references", "seeAlsoLinks", "availIpds", "largeDocs"})


class Matched(msgspec.Struct, frozen=True):
    """Items of two lists: `pairs` differ under the same key, `reworded` have keys that are only alike."""

    pairs: tuple[tuple[Item, Item], ...] = ()
    reworded: tuple[tuple[Item, Item], ...] = ()
    removed: tuple[Item, ...] = ()
    added: tuple[Item, ...] = ()


def get_key(name: str, item: Item) -> str:
    """Read what an item of the list `name` is known by, "" where it has none of the key's fields."""
    texts = [normalise(str(item[field])) for field in KEYS[name] if item.get(field)]
    return (texts[0] if name in _FIRST_KEY_ONLY else ", ".join(texts)) if texts else ""


def pair_by(
    before: Iterable[Item], after: Iterable[Item], key: Callable[[Item], Any]
) -> tuple[list[tuple[Item, Item]], list[Item], list[Item]]:
    """Pair the items with the same key, in order, and return the pairs and what is left of each list."""
    waiting: dict[Any, list[Item]] = defaultdict(list)
    for item in after:
        waiting[key(item)].append(item)
    for queue in waiting.values():
        queue.reverse()
    pairs, removed = [], []
    for item in before:
        queue = waiting.get(key(item), [])
        if queue:
            pairs.append((item, queue.pop()))
        else:
            removed.append(item)
    left = {id(item) for queue in waiting.values() for item in queue}
    return pairs, removed, [item for item in after if id(item) in left]


def drop_equal(before: list[Item], after: list[Item]) -> tuple[list[Item], list[Item]]:
    """Leave out the items that both lists hold unchanged, as many times as both hold them."""
    _, removed, added = pair_by(before, after, _freeze)
    return removed, added


def _freeze(value: Any) -> Any:
    if isinstance(value, dict):
        return frozenset((name, _freeze(part)) for name, part in value.items())
    if isinstance(value, list):
        return tuple(_freeze(part) for part in value)
    return normalise(value) if isinstance(value, str) else value


def match_alike(
    before: list[Item], after: list[Item], key: Callable[[Item], str], *, at_least: float
) -> tuple[list[tuple[Item, Item]], list[Item], list[Item]]:
    """Pair the items whose keys are most alike, best first; lists too long to compare stay unpaired."""
    if not before or not after or len(before) * len(after) > _MAX_PAIRS:
        return [], before, after
    scored = []
    for i, j in _find_candidates([key(item) for item in before], [key(item) for item in after]):
        ratio = compute_likeness(key(before[i]), key(after[j]), at_least=at_least)
        if ratio >= at_least:
            scored.append((-ratio, abs(i - j), i, j))
    taken_before: dict[int, int] = {}
    taken_after: set[int] = set()
    for _, _, i, j in sorted(scored):
        if i not in taken_before and j not in taken_after:
            taken_before[i] = j
            taken_after.add(j)
    pairs = [(before[i], after[j]) for i, j in sorted(taken_before.items())]
    removed = [item for i, item in enumerate(before) if i not in taken_before]
    return pairs, removed, [item for j, item in enumerate(after) if j not in taken_after]


def _find_candidates(before: list[str], after: list[str]) -> list[tuple[int, int]]:
    """Choose the pairs that are worth a slow comparison: those that share words, most shared first."""
    old_words = [frozenset(text.casefold().split()) for text in before]
    new_words = [frozenset(text.casefold().split()) for text in after]
    shared = []
    for i, old in enumerate(old_words):
        for j, new in enumerate(new_words):
            overlap = 2 * len(old & new) / (len(old) + len(new) or 1)
            if overlap >= _LEAST_SHARED:
                shared.append((-overlap, abs(i - j), i, j))
    return [(i, j) for _, _, i, j in heapq.nsmallest(_MAX_COMPARISONS, shared)]


def compute_likeness(old: str, new: str, *, at_least: float = 0.0) -> float:
    """Measure how alike two short texts are, 0 to 1; 0 where they cannot reach `at_least`.

    Short keys such as `Arm 1` and `Arm 2` are alike by their letters and still different things: below
    12 characters only the same text in other letter case counts.
    """
    old, new = old[:_MAX_COMPARED_CHARACTERS].casefold(), new[:_MAX_COMPARED_CHARACTERS].casefold()
    if old == new:
        return 1.0
    if min(len(old), len(new)) < _SHORT_KEY:
        return 0.0
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    if matcher.real_quick_ratio() < at_least or matcher.quick_ratio() < at_least:
        return 0.0
    return matcher.ratio()


def is_rewording(old: str, new: str) -> bool:
    """Tell whether two longer texts share at least 60 % of their words."""
    words = old.casefold().split(), new.casefold().split()
    matcher = SequenceMatcher(None, *words, autojunk=False)
    if max(map(len, words)) > _MAX_COMPARED_WORDS:
        return matcher.quick_ratio() >= 0.6
    return matcher.quick_ratio() >= 0.6 and matcher.ratio() >= 0.6


def match_items(name: str, before: list[Item], after: list[Item]) -> Matched:
    """Match the items of the list `name`: the same ones are left out, others paired by key or likeness."""
    removed, added = drop_equal(before, after)
    pairs, removed, added = pair_by(removed, added, lambda item: get_key(name, item).casefold())
    reworded: list[tuple[Item, Item]] = []
    if name in ("armGroups", "interventions", "locations"):
        reworded, removed, added = match_alike(
            removed, added, lambda item: get_key(name, item), at_least=0.75
        )
    return Matched(tuple(pairs), tuple(reworded), tuple(removed), tuple(added))
