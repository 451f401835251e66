"""What can be asked of a stretch of items: what stands in it, where it parts, what it names."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from trialbook.eligibility.items import Item
from trialbook.eligibility.joints import Type
from trialbook.eligibility.leaves import CONSENT, PEOPLE
from trialbook.eligibility.tree import Span, Tree

MEASURED = "measurement"

# Words that name no thing by themselves: people, and "drugs" in "abuse of alcohol or drugs".
NO_THING = re.compile(
    rf"(?:{PEOPLE.pattern})|drugs?|medications?|medicines?|diseases?|conditions?|disorders?|agents?|products?|history|symptoms?|abuse"
    r"|tests?|therapy|treatments?|study|trial",
    re.IGNORECASE,
)


class Stretches:
    """The stretches of one criterion's text, and whether it excludes."""

    def __init__(self, text: str, kind: str) -> None:
        self.text = text
        self.kind = kind

    def level(self, items: Sequence[Item], types: Sequence[Type]) -> list[int]:
        """Where items of these types stand outside all brackets."""
        found, depth = [], 0
        for at, each in enumerate(items):
            if each.type == "open":
                depth += 1
            elif each.type == "close":
                depth -= 1
            elif depth == 0 and each.type in types:
                found.append(at)
        return found

    def says_something(self, items: Sequence[Item]) -> bool:
        """Whether a stretch names a thing, a value or an age by itself."""
        return any(
            (each.type == "concept" and not (each.concept and NO_THING.fullmatch(each.concept.words)))
            or (each.type == "not" and each.assertion == "able")
            or (each.type == "timed" and each.timed is not None and each.timed.role in ("value", "age"))
            or each.type == "judgement"
            or (each.type == "word" and CONSENT.fullmatch(self.text, each.start, each.end))
            for each in items
        )


def find_close(items: Sequence[Item], at: int) -> int | None:
    """The bracket that closes the one at a place."""
    depth = 0
    for place in range(at, len(items)):
        depth += (items[place].type == "open") - (items[place].type == "close")
        if depth == 0:
            return place
    return None


def cut(items: list[Item], cuts: Sequence[int]) -> list[list[Item]]:
    pieces, last = [], 0
    for at in (*cuts, len(items)):
        piece = items[last:at]
        while piece and piece[0].type in ("comma",):
            piece = piece[1:]
        if last and piece and piece[0].type in ("or", "and") and len(piece) > 1:
            piece = piece[1:]
        while len(piece) > 1 and piece[-1].type in ("comma", "or", "and"):
            piece = piece[:-1]
        pieces.append(piece)
        last = at + 1
    return [each for each in pieces if each]


def strip_joints(piece: list[Item]) -> list[Item]:
    """A part of a list without the words that join it to the others."""
    low, high = 0, len(piece)
    while low < high and piece[low].type in ("or", "and", "comma"):
        low += 1
    while high > low and piece[high - 1].type in ("or", "and", "comma"):
        high -= 1
    return piece[low:high]


def over(tree: Tree, span: Span) -> Tree:
    return msgspec.structs.replace(tree, span=span) if tree.span != span else tree


def is_measure(items: Sequence[Item]) -> bool:
    return any(each.concept is not None and each.concept.domain == MEASURED for each in items) and any(
        each.timed is not None and each.timed.role == "value" for each in items
    )
