"""Where in an eligibility text do headings, marks and criteria stand? Every character in exactly one place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple, TypeAlias

from trialbook.eligibility.leads import is_lead
from trialbook.model.criteria import Criterion, split_criteria

SegmentKind: TypeAlias = Literal["criterion", "heading", "lead", "mark", "blank"]
BLANK = re.compile(r"(?:\s|</?(?:p|ul|ol|li|br)\s*/?>)+", re.IGNORECASE)


class Segment(NamedTuple):
    """`text[start:end]`; of a criterion, the criterion."""

    start: int
    end: int
    kind: SegmentKind
    criterion: Criterion | None = None


def cut_segments(text: str) -> tuple[Segment, ...]:
    """A text without gaps and overlaps: the segments joined are the text.

    Examples
    --------
    >>> [(each.kind, each.start, each.end) for each in cut_segments("Inclusion:\\n\\n1. Adult")]
    [('heading', 0, 10), ('blank', 10, 12), ('mark', 12, 14), ('blank', 14, 15), ('criterion', 15, 20)]
    """
    found: list[Segment] = []
    position = 0
    criteria = split_criteria(text)
    for at, criterion in enumerate(criteria):
        found += _cut_between(text, position, criterion.start, criterion)
        kind: SegmentKind = "criterion" if criterion.text else "heading"
        if is_lead(criteria, at):
            kind = "lead"
        if criterion.start < criterion.end:
            asks = criterion if kind == "criterion" else None
            found.append(Segment(criterion.start, criterion.end, kind, asks))
        position = criterion.end
    found += _cut_between(text, position, len(text), None)
    return tuple(found)


def _cut_between(text: str, start: int, end: int, following: Criterion | None) -> Iterator[Segment]:
    """What stands before a criterion: blanks, headings, and last its own mark."""
    position = start
    mark = following.number if following else ""
    while position < end:
        blank = BLANK.match(text, position, end)
        if blank:
            yield Segment(position, blank.end(), "blank")
            position = blank.end()
            continue
        following_blank = BLANK.search(text, position, end)
        stop = following_blank.start() if following_blank else end
        line = re.compile(r"[^\n\r<]*").match(text, position, end)
        if mark and text[position:stop].replace("\\", "") == mark and not text[stop:end].strip():
            yield Segment(position, stop, "mark")
            position = stop
            continue
        stop = max(stop, line.end() if line else stop)
        words = text[position:stop].rstrip()
        stop = position + max(1, len(words))
        yield Segment(position, stop, "heading")
        position = stop
