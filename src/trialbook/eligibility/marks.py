"""Which words of a criterion were understood, and as what? Marks over the original text.

A mark stands on words that a tree's node came from: the name of a thing, a value, a time, what turns it. Words
that nothing here understands have none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Literal, NamedTuple, TypeAlias

from trialbook.eligibility.describe import REASONS, describe_atom
from trialbook.eligibility.joints import ASSERTIONS, JOINT, UNABLE
from trialbook.eligibility.parse import ENTITIES, ESCAPES
from trialbook.eligibility.times import Timed, lex_times
from trialbook.eligibility.tree import (
    Atom,
    Except,
    IfThen,
    Interval,
    Not,
    Opaque,
    ParsedCriterion,
    Tree,
    Window,
    iter_nodes,
)

# What marked words are: the thing that is asked for, a value of it, when or how long, how it stands (a history,
# planned, an allergy), what turns or narrows it; words that leave the threshold out, or a person to judge.
MarkKind: TypeAlias = Literal[
    "thing", "value", "time", "standing", "turn", "narrows", "judgement", "elsewhere"
]
KINDS: dict[MarkKind, str] = {
    "thing": "what is asked for",
    "value": "a value",
    "time": "when, or how long",
    "standing": "a history, a plan, an allergy …",
    "turn": "turns it: not, except, if",
    "narrows": "narrows it: for a person to judge",
    "judgement": "an investigator decides",
    "elsewhere": "its threshold is not in the registry",
}
_CUES = {kind: re.compile(rf"(?<![\w-])(?:{form})(?!\w)", re.IGNORECASE) for kind, form in ASSERTIONS}
_LONGEST_THING = 60


class Mark(NamedTuple):
    """`text[start:end]` of the eligibility text, what it is, and what was understood, in words."""

    start: int
    end: int
    kind: MarkKind
    says: str


def find_marks(criterion: ParsedCriterion, text: str) -> tuple[Mark, ...]:
    """The marks of a criterion over the eligibility text, in their order; none overlap.

    Examples
    --------
    >>> from trialbook.eligibility.parse import parse_criteria
    >>> text = "Exclusion Criteria:\\n\\n* HbA1c > 9 % within 3 months"
    >>> [(text[each.start : each.end], each.kind) for each in find_marks(parse_criteria(text)[0], text)]
    [('HbA1c', 'thing'), ('> 9 %', 'value'), ('within 3 months', 'time')]
    """
    if isinstance(criterion.tree, Opaque) and criterion.tree.reason == "unparsed":
        return ()
    # As the parser reads it: with blanks for the registry's escapes, so that places stay.
    words = text[criterion.start : criterion.end]
    plain = ESCAPES.sub(lambda found: ENTITIES.get(found[0], " " * len(found[0])), words)
    marker = _Marker(criterion.start, plain)
    for node in iter_nodes(criterion.tree):
        marker.take(node)
    return marker.finish()


class _Marker:
    """Walks over the nodes of one criterion; places are those of its own words."""

    def __init__(self, start: int, plain: str) -> None:
        self._start, self._plain = start, plain
        self._found: list[Mark] = []

    def take(self, node: Tree) -> None:
        """Add the marks of one node."""
        if isinstance(node, Atom):
            self._take_atom(node)
        elif isinstance(node, Opaque):
            if node.reason in ("judgement", "elsewhere"):
                self._add(*self._place(node), node.reason, REASONS[node.reason])
        elif isinstance(node, Not):
            start, (inner, end) = self._place(node)[0], self._place(node.part)
            # Where the part has the words that turn it within its own, they come first there.
            self._take_turn(start, inner if inner > start else end, ("not",))
        elif isinstance(node, Except):
            low, high = sorted((self._place(node.base), self._place(node.carve_out)))
            self._take_turn(low[1], high[0], ("except", "permits", "if", "not"))
        elif isinstance(node, IfThen):
            low, high = sorted((self._place(node.condition), self._place(node.then)))
            self._take_turn(self._place(node)[0], low[0], ("if",))
            self._take_turn(low[1], high[0], ("if",))

    def finish(self) -> tuple[Mark, ...]:
        """All marks; where two would overlap, the one that was found first stays, and says what both do."""
        kept: list[Mark] = []
        for each in sorted(self._found, key=lambda one: _ORDER[one.kind]):
            over = [one for one in kept if one.start < each.end and each.start < one.end]
            if not over:
                kept.append(each)
            elif len(over) == 1 and over[0][:3] == each[:3] and each.says not in over[0].says:
                kept[kept.index(over[0])] = over[0]._replace(says=f"{over[0].says}; {each.says}")
        return tuple(
            each._replace(start=each.start + self._start, end=each.end + self._start) for each in sorted(kept)
        )

    def _place(self, node: Tree) -> tuple[int, int]:
        return node.span.start - self._start, node.span.end - self._start

    def _add(self, start: int, end: int, kind: MarkKind, says: str) -> None:
        piece = self._plain[start:end]
        start, end = start + len(piece) - len(piece.lstrip()), end - len(piece) + len(piece.rstrip())
        if 0 <= start < end:
            self._found.append(Mark(start, end, kind, says))

    def _take_atom(self, atom: Atom) -> None:
        start, end = self._place(atom)
        says = describe_atom(atom)
        first = end
        for concept in atom.concepts:
            at = self._plain.find(concept.words, start, end) if concept.words else -1
            if at >= 0:
                self._add(at, at + len(concept.words), "thing", says)
                first = min(first, at)
        cue = self._find_cue(atom, max(first, start))
        if first == end and atom.interval is None and end - start <= _LONGEST_THING:
            # A name that was put together from words that stand apart: "drug or alcohol abuse".
            self._add(max(start, cue.end()) if cue else start, end, "thing", says)
        if cue:
            self._add(cue.start(), cue.end(), "standing", says)
        for asked, kind in ((atom.interval, "value"), (atom.count, "value"), (atom.lasting, "time")):
            if asked is not None:
                self._take_timed(atom, _has_interval(asked), "value" if kind == "value" else "time", says)
        if atom.window is not None:
            self._take_timed(atom, _has_window(atom.window), "time", says)
        for qualifier in atom.qualifiers:
            at = self._plain.find(qualifier, start, end)
            if at >= 0:
                self._add(at, at + len(qualifier), "narrows", f"{says}: {' '.join(qualifier.split())}")

    def _find_cue(self, atom: Atom, before: int) -> re.Match[str] | None:
        """The words that say how a thing stands, the last before it or at the start of its own."""
        if atom.assertion not in _CUES:
            return None
        cues = [*_CUES[atom.assertion].finditer(self._plain, 0, before)]
        if atom.assertion == "able":
            cues += UNABLE.finditer(self._plain, 0, before)
        own = _CUES[atom.assertion].match(self._plain, before) if not cues else None
        return max(cues, key=lambda each: each.end()) if cues else own

    def _take_timed(self, atom: Atom, fits: Callable[[Timed], bool], kind: MarkKind, says: str) -> None:
        """The comparison that an atom's value or time came from: one within it, else any of the criterion."""
        start, end = self._place(atom)
        fitting = [each for each in lex_times(self._plain) if fits(each)]
        for each in [one for one in fitting if start <= one.start and one.end <= end] or fitting:
            self._add(each.start, each.end, kind, says)

    def _take_turn(self, start: int, end: int, types: tuple[str, ...]) -> None:
        for found in self._find_joints(start, end):
            if any(found.groupdict().get(f"j_{each}") is not None for each in types):
                self._add(found.start(), found.end(), "turn", found[0].strip().lower())
                return
        unable = UNABLE.search(self._plain, start, end) if "not" in types and start < end else None
        if unable:
            self._add(unable.start(), unable.end(), "turn", "not")

    def _find_joints(self, start: int, end: int) -> Iterator[re.Match[str]]:
        return JOINT.finditer(self._plain, max(0, start), end) if start < end else iter(())


_ORDER: dict[MarkKind, int] = {
    "value": 0,
    "time": 1,
    "thing": 2,
    "turn": 3,
    "standing": 4,
    "narrows": 5,
    "judgement": 6,
    "elsewhere": 7,
}


def _has_interval(asked: Interval) -> Callable[[Timed], bool]:
    bounds = (asked.low, asked.high, asked.limit)

    def fits(timed: Timed) -> bool:
        told = timed.interval
        is_window = timed.role == "window"
        return not is_window and (told.low, told.high, told.limit) == bounds

    return fits


def _has_window(asked: Window) -> Callable[[Timed], bool]:
    bounds = (asked.earliest, asked.latest, asked.unit)

    def fits(timed: Timed) -> bool:
        told = timed.window
        return told is not None and (told.earliest, told.latest, told.unit) == bounds

    return fits
