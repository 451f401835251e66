"""Dates on one axis, a row for each: what was planned is hollow, a month or a year as long as it is.

How many rows and earlier plans are drawn is bounded; dates that lie a lifetime away are left to the table.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import msgspec
from markupsafe import Markup

from trialbook.model import PartialDate
from trialbook.model.sentences import write_day
from trialbook.pages.drawing.days import LABELS, WIDTH, DayAxis, draw_years
from trialbook.pages.drawing.svg import drawing, element, text_element

MOST_ROWS, MOST_GHOSTS = 16, 12
MOST_YEARS_AWAY = 60
ROW, HEAD, FOOT = 27.0, 8.0, 40.0
# A mark is drawn as long as its month or year where that can be seen.
SHORTEST_BAR = 9.0
# Room that a date takes beside its mark.
WORDS = 205.0


class Ghost(msgspec.Struct, frozen=True):
    """What an older version said of a date, and the words that tell which."""

    value: PartialDate
    words: str


class Moment(msgspec.Struct, frozen=True):
    """A row: its label (two or three words), its date, the kind of date in words, and what stood there before.

    `shape` is "dot", "due" or "record".
    """

    label: str
    value: PartialDate
    kind: str = ""
    is_planned: bool = False
    shape: str = "dot"
    ghosts: tuple[Ghost, ...] = ()


def is_drawn(value: PartialDate, today: date) -> bool:
    """Whether a date is one, and near enough to be drawn on one axis with the others."""
    return value.earliest is not None and abs(value.earliest.year - today.year) <= MOST_YEARS_AWAY


def draw_timebar(
    name: str, moments: Sequence[Moment], *, today: date, span: tuple[str, str], title: str, meaning: str
) -> Markup:
    """Draw dates; raises ValueError where none can be drawn.

    Parameters
    ----------
    name
        Begins the ids on the page.
    today
        Drawn as a line through all rows.
    span
        The labels of two moments; what lies between them is shaded.
    title, meaning
        What the drawing shows, in a sentence each.
    """
    drawn = [each for each in moments[:MOST_ROWS] if is_drawn(each.value, today)]
    if not drawn:
        raise ValueError("there is no date to draw")
    axis = DayAxis([day for each in drawn for day in _list_days(each, today)], today)
    bottom = HEAD + ROW * len(drawn)
    inside = [
        *_draw_span(drawn, axis, span, bottom),
        *draw_years(axis, bottom),
        *(_draw_row(each, axis, HEAD + ROW * at) for at, each in enumerate(drawn)),
        *_draw_today(axis, today, bottom),
    ]
    return drawing(
        name,
        *inside,
        width=WIDTH,
        height=bottom + FOOT,
        title=title,
        meaning=meaning,
        class_="drawing timebar",
    )


def _list_days(moment: Moment, today: date) -> list[date]:
    values = [
        moment.value,
        *(each.value for each in moment.ghosts[:MOST_GHOSTS] if is_drawn(each.value, today)),
    ]
    return [day for value in values for day in (value.earliest, value.latest) if day]


def _draw_span(drawn: Sequence[Moment], axis: DayAxis, span: tuple[str, str], bottom: float) -> list[str]:
    by_label = {each.label: each.value for each in drawn}
    first, last = (by_label.get(label) for label in span)
    if first is None or last is None or not first.earliest or not last.latest or first.earliest > last.latest:
        return []
    left, right = axis.place(first.earliest), axis.place(last.latest, is_end=True)
    return [element("rect", class_="span", x=left, y=2.0, width=max(2.0, right - left), height=bottom - 2)]


def _draw_today(axis: DayAxis, today: date, bottom: float) -> list[str]:
    x = axis.place(today)
    side = "end" if x > WIDTH - 90 else "start" if x < LABELS + 60 else "middle"
    words = f"today, {write_day(PartialDate(today.isoformat()))}"
    return [
        # It ends above the years, which it would cross.
        element("path", class_="today", d=f"M{x:.1f} 2V{bottom + 5:.1f}"),
        text_element("text", words, class_="small now", x=x, y=bottom + 35, text_anchor=side),
    ]


def _draw_row(moment: Moment, axis: DayAxis, top: float) -> str:
    y = top + ROW / 2
    first, last = _find_bounds(moment.value)
    left, right = axis.place(first), axis.place(last, is_end=True)
    words = ", ".join(filter(None, (write_day(moment.value), moment.kind)))
    ghosts = [each for each in moment.ghosts[:MOST_GHOSTS] if _is_apart(each.value, moment.value)]
    places = [(axis.place(_find_bounds(each.value)[0]), each) for each in ghosts]
    before = min([left, *(x for x, _ in places)])
    after = max([right, *(x for x, _ in places)])
    pieces = [text_element("text", moment.label, x=0.0, y=y + 4.5)]
    if places:
        pieces.append(element("path", class_="moved", d=f"M{before:.1f} {y:.1f}H{after:.1f}"))
    for x, each in places:
        told = text_element("title", f"{write_day(each.value)}, {each.words}")
        d = f"M{x - 4.5:.1f} {y:.1f}l4.5 -4.5 4.5 4.5 -4.5 4.5z"
        pieces.append(element("path", told, class_="ghost", d=d))
    pieces.append(_draw_mark(moment, left, right, y, f"{moment.label}: {words}"))
    is_right = after + WORDS > WIDTH
    x = before - 10 if is_right else after + 10
    side = "end" if is_right else "start"
    pieces.append(text_element("text", words, class_="small", x=x, y=y + 4.5, text_anchor=side))
    return element("g", *pieces)


def _draw_mark(moment: Moment, left: float, right: float, y: float, words: str) -> str:
    told = text_element("title", words)
    kind = "mark planned" if moment.is_planned else "mark"
    if right - left >= SHORTEST_BAR:
        return element("rect", told, class_=kind, x=left, y=y - 4.5, width=right - left, height=9.0, rx=4.5)
    middle = (left + right) / 2
    if moment.shape == "due":
        d = f"M{middle - 6:.1f} {y + 5:.1f}h12l-6 -11z"
        return element("path", told, class_=kind, d=d)
    if moment.shape == "record":
        return element("rect", told, class_=f"{kind} record", x=middle - 4, y=y - 4, width=8.0, height=8.0)
    return element("circle", told, class_=kind, cx=middle, cy=y, r=5.0)


def _find_bounds(value: PartialDate) -> tuple[date, date]:
    # What is no date is not drawn.
    return value.earliest or date.min, value.latest or date.max


def _is_apart(value: PartialDate, other: PartialDate) -> bool:
    """Whether two dates can be told apart: neither lies within the other."""
    first, last = _find_bounds(value)
    return last < _find_bounds(other)[0] or first > _find_bounds(other)[1]
