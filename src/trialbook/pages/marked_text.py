"""How are criteria shown with what was understood of them? Marks over their own words, and a reading below."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec
from markupsafe import Markup

from trialbook.eligibility.describe import Line, iter_lines
from trialbook.eligibility.marks import KINDS, Mark, MarkKind
from trialbook.eligibility.tree import Opaque, ParsedCriterion
from trialbook.model.criteria import Kind
from trialbook.record.markup import INLINE, quote_text, render_inline

LEADS: dict[Kind, str] = {"inclusion": "Asks for", "exclusion": "Excludes", "other": "Says"}


class ReadLine(msgspec.Struct, frozen=True):
    """A line of what was understood, with those below it.

    `opaque` says why nothing was: "unparsed", "elsewhere" (the registry does not give the threshold),
    "judgement", "empty", or "".
    """

    words: str
    below: tuple[ReadLine, ...] = ()
    opaque: str = ""


def list_legend(marks: Iterable[Mark]) -> tuple[tuple[MarkKind, str], ...]:
    """The kinds of marks that are there, each with what it means."""
    there = {each.kind for each in marks}
    return tuple((kind, meaning) for kind, meaning in KINDS.items() if kind in there)


def read_criterion(criterion: ParsedCriterion, text: str) -> tuple[ReadLine, ...]:
    """What was understood of a criterion of an eligibility text, in words."""
    lines = [*iter_lines(criterion.tree, text)]
    return _nest(lines, 0, len(lines))


def _nest(lines: Sequence[Line], start: int, end: int) -> tuple[ReadLine, ...]:
    """Lines of one depth, each with the deeper ones that follow it."""
    nested = []
    at = start
    while at < end:
        after = at + 1
        while after < end and lines[after].depth > lines[at].depth:
            after += 1
        node = lines[at].node
        opaque = node.reason if isinstance(node, Opaque) else ""
        nested.append(ReadLine(lines[at].words, _nest(lines, at + 1, after), opaque))
        at = after
    return tuple(nested)


def render_marked(text: str, start: int, marks: Iterable[Mark]) -> Markup:
    """One criterion as HTML, with marks; `start` is its place in the text that the marks are of."""
    parts: list[str] = []
    position = 0
    whole = [each.span() for each in INLINE.finditer(text)]
    for mark in marks:
        low, high = _widen(max(0, mark.start - start), min(len(text), mark.end - start), whole)
        low = max(low, position)
        if low >= high:
            continue
        parts.append(str(render_inline(text[position:low])))
        words = render_inline(text[low:high])
        parts.append(f'<mark class="as-{mark.kind}" title="{quote_text(mark.says)}">{words}</mark>')
        position = high
    parts.append(str(render_inline(text[position:])))
    return Markup("".join(parts))  # noqa: S704 - every part was quoted


def _widen(low: int, high: int, whole: Iterable[tuple[int, int]]) -> tuple[int, int]:
    """A stretch that cuts no link and no escape of the registry in two."""
    for start, end in whole:
        if start < low < end:
            low = start
        if start < high < end:
            high = end
    return low, high
