"""What does a criterion say twice? Short forms behind names, and values once more in brackets."""

from __future__ import annotations

from trialbook.eligibility.items import Item
from trialbook.eligibility.units import find_unit


def drop_abbreviations(text: str, items: list[Item]) -> list[Item]:
    """Leave out "(IHD)" after a name, the same name once more, and the brackets around a value."""
    kept: list[Item] = []
    at = 0
    while at < len(items):
        close = at + 2
        if items[at].type == "open" and close < len(items) and items[close].type == "close" and kept:
            inner = items[at + 1]
            words = text[inner.start : inner.end]
            if (
                inner.type in ("concept", "word")
                and len(words) <= 12
                and all(each[:1].isupper() for each in words.split()[:-1])
                and sum(map(str.isupper, words)) >= 2
            ):
                at = close + 1
                continue
            if _is_same_thing(items[at - 1], inner):
                at = close + 1
                continue
            is_unit = items[at - 1].type == "timed" and find_unit(words, 0) is not None
            if is_unit and inner.type == "word":
                at = close + 1
                continue
            if inner.type == "timed":
                if not _says_again(items[at - 1], inner):
                    kept.append(inner)
                at = close + 1
                continue
        kept.append(items[at])
        at += 1
    return kept


def _is_same_thing(one: Item, two: Item) -> bool:
    """Whether two names have one code: "hemoglobin (Hb)"."""
    return (
        one.concept is not None
        and two.concept is not None
        and bool(set(one.concept.ids) & set(two.concept.ids))
    )


def _says_again(value: Item, inner: Item) -> bool:
    """Whether a value in brackets, without a sign of its own, is the one before it in another unit."""
    if value.timed is None or inner.timed is None or value.timed.role != "value":
        return False
    first, second = value.timed.interval, inner.timed.interval
    is_range = None not in (first.low, first.high, second.low, second.high)
    return (second.low == second.high or is_range) and bool(second.unit) and first.unit != second.unit
