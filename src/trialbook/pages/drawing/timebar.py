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
from trialbook.pages.drawing.days import DayAxis, Frame, draw_days, draw_years
from trialbook.pages.drawing.svg import element, text_element

MOST_ROWS, MOST_GHOSTS = 16, 12
MOST_YEARS_AWAY = 60
ROW, HEAD, FOOT = 27.0, 8.0, 40.0
# A line of words, and how wide a letter of a label and a small one is at most on average.
LINE, LETTER, SMALL = 16.0, 7.4, 6.6
# A mark is drawn as long as its month or year where that can be seen.
SHORTEST_BAR = 9.0
# What lies between a mark and its words.
GAP = 10.0


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
    """Draw dates, wide and narrow; raises ValueError where none can be drawn.

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
    days = [day for each in drawn for day in _list_days(each, today)]

    def lay(frame: Frame) -> tuple[list[str], float]:
        axis = DayAxis(frame, days, today)
        rows, lanes, bottom = [], [], HEAD
        for each in drawn:
            row = _lay_row(each, axis, bottom, today)
            rows.append(row.drawn)
            lanes.append(row.lane)
            bottom = row.bottom
        inside = [
            *_draw_span(drawn, axis, span, bottom),
            *draw_years(axis, bottom),
            *rows,
            *_draw_today(axis, today, lanes, bottom),
        ]
        return inside, bottom + FOOT

    return draw_days(name, lay, title=title, meaning=meaning, class_="drawing timebar")


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


def _draw_today(axis: DayAxis, today: date, lanes: Sequence[tuple[float, float]], bottom: float) -> list[str]:
    x = axis.place(today)
    words = f"today, {write_day(PartialDate(today.isoformat()))}"
    # It ends above the years, which it would cross, and on a phone leaves the words between its rows alone.
    stretches = [*lanes, (bottom, bottom + 5)] if axis.frame.is_narrow else [(2.0, bottom + 5)]
    d = "".join(f"M{x:.1f} {top:g}V{end:.1f}" for top, end in stretches)
    return [
        element("path", class_="today", d=d),
        _write_inside(words, axis.frame, x, bottom + 35, class_="small now"),
    ]


class _LaidRow(msgspec.Struct, frozen=True):
    """A row as it is drawn, from where to where its marks stand, and where it ends."""

    drawn: str
    lane: tuple[float, float]
    bottom: float


def _lay_row(moment: Moment, axis: DayAxis, top: float, today: date) -> _LaidRow:
    frame = axis.frame
    words = ", ".join(filter(None, (write_day(moment.value), moment.kind)))
    first, last = _find_bounds(moment.value)
    left, right = axis.place(first), axis.place(last, is_end=True)
    places = [
        (axis.place(_find_bounds(each.value)[0]), each)
        for each in moment.ghosts[:MOST_GHOSTS]
        if _is_apart(each.value, moment.value)
    ]
    before = min([left, *(x for x, _ in places)]) - GAP
    after = max([right, *(x for x, _ in places)]) + GAP
    room = len(words) * SMALL
    if frame.is_narrow:
        # The words stand above the marks, beside the label or below it.
        is_beside = len(moment.label) * LETTER + GAP + room <= frame.width
        lines = top + LINE * (1 if is_beside else 2)
        middle = lines + LINE / 2
        told = text_element(
            "text",
            words,
            class_="small",
            x=frame.width if is_beside else 0.0,
            y=lines - 3,
            text_anchor="end" if is_beside else "start",
        )
        label, bottom = top + LINE - 3, middle + LINE
    else:
        middle = top + ROW / 2
        label, bottom = middle + 4.5, top + ROW
        fits_before, now = before - room >= frame.left, axis.place(today)
        # Before the marks where the words would cross today's line behind them.
        is_crossed = fits_before and after < now < after + room
        if after + room <= frame.width and not is_crossed:
            told = text_element("text", words, class_="small", x=after, y=label, text_anchor="start")
        elif fits_before:
            told = text_element("text", words, class_="small", x=before, y=label, text_anchor="end")
        else:
            told = _write_inside(words, frame, (left + right) / 2, label + LINE, class_="small")
            bottom += LINE
    pieces = [text_element("text", moment.label, x=0.0, y=label)]
    if places:
        pieces.append(
            element("path", class_="moved", d=f"M{before + GAP:.1f} {middle:.1f}H{after - GAP:.1f}")
        )
    for x, each in places:
        ghost = text_element("title", f"{write_day(each.value)}, {each.words}")
        d = f"M{x - 4.5:.1f} {middle:.1f}l4.5 -4.5 4.5 4.5 -4.5 4.5z"
        pieces.append(element("path", ghost, class_="ghost", d=d))
    pieces.append(_draw_mark(moment, left, right, middle, f"{moment.label}: {words}"))
    return _LaidRow(element("g", *pieces, told), (middle - 6, middle + 6), bottom)


def _write_inside(words: str, frame: Frame, x: float, y: float, *, class_: str) -> str:
    """Words below a place, moved as far as they need to stand inside the drawing."""
    half = len(words) * SMALL / 2
    if x + half > frame.width:
        return text_element("text", words, class_=class_, x=frame.width, y=y, text_anchor="end")
    least = 0.0 if frame.is_narrow else frame.left
    if x - half < least:
        return text_element("text", words, class_=class_, x=least, y=y, text_anchor="start")
    return text_element("text", words, class_=class_, x=x, y=y, text_anchor="middle")


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
