"""Which items of two lists are the same thing: by key, then by likeness of their wording."""

from __future__ import annotations

import marshal
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec
from rapidfuzz import process
from rapidfuzz.distance import Indel, LCSseq

from trialbook.changes.groups import normalise

Item = dict[str, Any]

_MAX_PAIRS = 250_000
_MAX_COMPARED_CHARACTERS = 300
_MAX_COMPARED_WORDS = 20_000
_SHORT_KEY = 12
_LEAST_SHARED = 0.3
_LIKE_KEYS = 0.76

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
    _, removed, added = pair_by(*drop_identical(before, after), _freeze)
    return removed, added


def drop_identical(before: list[Item], after: list[Item]) -> tuple[list[Item], list[Item]]:
    """Leave out the items that both lists hold to the letter: most of a long list, at little cost."""
    start, most = 0, min(len(before), len(after))
    while start < most and before[start] == after[start]:
        start += 1
    end, most = 0, most - start
    while end < most and before[-1 - end] == after[-1 - end]:
        end += 1
    _, removed, added = pair_by(
        before[start : len(before) - end], after[start : len(after) - end], _write_exactly
    )
    return removed, added


def _write_exactly(item: Item) -> bytes:
    """Write an item so that equal bytes prove equal items; version 2 tells nothing of shared objects."""
    return marshal.dumps(item, 2)


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
    scored = _find_alike([key(item) for item in before], [key(item) for item in after], at_least=at_least)
    taken_before: dict[int, int] = {}
    taken_after: set[int] = set()
    for _, _, i, j in sorted(scored):
        if i not in taken_before and j not in taken_after:
            taken_before[i] = j
            taken_after.add(j)
    pairs = [(before[i], after[j]) for i, j in sorted(taken_before.items())]
    removed = [item for i, item in enumerate(before) if i not in taken_before]
    return pairs, removed, [item for j, item in enumerate(after) if j not in taken_after]


def _find_alike(before: list[str], after: list[str], *, at_least: float) -> list[tuple[float, int, int, int]]:
    """Find the pairs of keys that are alike by letters and share words: (-likeness, distance, i, j).

    Likeness is twice the letters of the longest common subsequence, through the letters of both. Short
    keys such as `Arm 1` and `Arm 2` are alike by their letters and still different things: below 12
    characters only the same text in other letter case counts.
    """
    old_texts, new_texts = (
        [text[:_MAX_COMPARED_CHARACTERS].casefold() for text in side] for side in (before, after)
    )
    old_words, new_words = ([frozenset(text.split()) for text in side] for side in (old_texts, new_texts))
    found = []
    for i, text in enumerate(old_texts):
        for other, likeness, j in process.extract(
            text, new_texts, scorer=Indel.normalized_similarity, score_cutoff=at_least, limit=None
        ):
            shared = 2 * len(old_words[i] & new_words[j]) / (len(old_words[i]) + len(new_words[j]) or 1)
            is_long = min(len(text), len(other)) >= _SHORT_KEY
            if shared >= _LEAST_SHARED and (is_long or text == other):
                found.append((-likeness, abs(i - j), i, j))
    return found


def is_rewording(old: str, new: str) -> bool:
    """Tell whether two longer texts share at least 60 % of their words, in the same order.

    Of texts of more than 20,000 words the order is not looked at.
    """
    words = old.casefold().split(), new.casefold().split()
    least = -(-3 * sum(map(len, words)) // 10)  # 60 % of half of both, rounded up
    if max(map(len, words)) > _MAX_COMPARED_WORDS:
        return (Counter(words[0]) & Counter(words[1])).total() >= least
    return LCSseq.similarity(*words, score_cutoff=least) >= least


def match_items(name: str, before: list[Item], after: list[Item]) -> Matched:
    """Match the items of the list `name`: the same ones are left out, others paired by key or likeness."""
    removed, added = drop_equal(before, after)
    pairs, removed, added = pair_by(removed, added, lambda item: get_key(name, item).casefold())
    reworded: list[tuple[Item, Item]] = []
    if name in ("armGroups", "interventions", "locations"):
        reworded, removed, added = match_alike(
            removed, added, lambda item: get_key(name, item), at_least=_LIKE_KEYS
        )
    return Matched(tuple(pairs), tuple(reworded), tuple(removed), tuple(added))
