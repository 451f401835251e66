"""Boxes one below the other for each group, below one box for all: who is in a study, and what became of them."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from markupsafe import Markup

from trialbook.pages.drawing.svg import cut_lines, drawing, element, text_element

MOST_LANES, IN_A_ROW = 24, 4
WIDE, NARROW = 900.0, 380.0
EDGE, GAP, PAD, LINE, DOWN = 3.0, 18.0, 11.0, 18.0, 24.0
INDENT = 22.0
# How much of a line a style needs: bold letters are wider, small ones narrower.
WIDTHS = {"strong": 0.88, "count": 0.9, "small": 1.1}


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a box: its words, their style ("strong", "", "small"), in how many lines they may stand."""

    words: str
    style: str = ""
    most: int = 1


class Station(msgspec.Struct, frozen=True, kw_only=True):
    """A box: its lines, its kind (a class of the style), and what a program reads of it."""

    lines: tuple[Line, ...]
    kind: str = "plain"
    data: tuple[tuple[str, str], ...] = ()


class _Set(msgspec.Struct, frozen=True):
    """A box with its lines broken for a width."""

    station: Station
    lines: tuple[tuple[str, str], ...]

    @property
    def height(self) -> float:
        return LINE * len(self.lines) + 2 * PAD - 4


def draw_lanes(
    name: str, first: Station | None, lanes: Sequence[Sequence[Station]], *, title: str, meaning: str
) -> Markup:
    """Draw it twice, wide and narrow; the style shows the one that fits. At most 24 lanes; the wide one carries the data.

    Parameters
    ----------
    name
        Begins the ids on the page.
    first
        The box above all, or None.
    lanes
        The boxes of each group from the top. In the wide drawing boxes of the same place stand side by side.
    title, meaning
        What the drawing shows, in a sentence each.
    """
    shown = [tuple(lane) for lane in lanes[:MOST_LANES]]
    parts, height = _lay_wide(first, shown)
    wide = drawing(
        f"{name}-wide", *parts, width=WIDE, height=height, title=title, meaning=meaning, class_="lanes wide"
    )
    parts, height = _lay_narrow(first, shown)
    narrow = drawing(
        f"{name}-narrow",
        *parts,
        width=NARROW,
        height=height,
        title=title,
        meaning=meaning,
        class_="lanes narrow",
    )
    return wide + narrow


def _lay_wide(first: Station | None, lanes: Sequence[Sequence[Station]]) -> tuple[list[str], float]:
    parts: list[str] = []
    paths: list[str] = []
    y, middle = EDGE, WIDE / 2
    is_wrapped = len(lanes) > IN_A_ROW
    trunk_from = y
    if first:
        width = min(WIDE - 2 * EDGE, 560.0)
        top = _set(first, width)
        parts.append(_draw(top, middle - width / 2, y, width))
        y += top.height
        trunk_from = y
        middle = EDGE + 8 if is_wrapped else middle
        if is_wrapped:
            paths.append(f"M{WIDE / 2 - width / 2:.1f} {y - top.height / 2:.1f}H{middle:.1f}")
            trunk_from = y - top.height / 2
        y += DOWN
    left = EDGE + (INDENT if is_wrapped else 0)
    per_row = min(len(lanes), IN_A_ROW) or 1
    width = min((WIDE - EDGE - left - GAP * (per_row - 1)) / per_row, 440.0)
    begin = left if is_wrapped else (WIDE - per_row * width - GAP * (per_row - 1)) / 2
    for start in range(0, len(lanes), IN_A_ROW):
        row = lanes[start : start + IN_A_ROW]
        places = [begin + at * (width + GAP) for at in range(len(row))]
        if first:
            bus = y - DOWN / 2
            paths.append(f"M{middle:.1f} {trunk_from:.1f}V{bus:.1f}")
            if is_wrapped:
                paths.append(f"M{middle:.1f} {bus:.1f}H{places[-1] + width / 2:.1f}")
            else:
                paths.append(f"M{places[0] + width / 2:.1f} {bus:.1f}H{places[-1] + width / 2:.1f}")
            paths += [_lead(x + width / 2, bus, y) for x in places]
        y = _lay_row(row, places, width, y, parts, paths) + DOWN
    return [_join(paths), *parts], y - DOWN + EDGE


def _lay_row(
    row: Sequence[Sequence[Station]],
    places: Sequence[float],
    width: float,
    y: float,
    parts: list[str],
    paths: list[str],
) -> float:
    """Lay lanes side by side, boxes of the same place at the same height; gives where they end."""
    sets = [[_set(station, width) for station in lane] for lane in row]
    tiers = max(map(len, sets), default=0)
    for tier in range(tiers):
        height = max(lane[tier].height for lane in sets if len(lane) > tier)
        if tier:
            paths += [
                _lead(x + width / 2, y - DOWN + 6, y)
                for x, lane in zip(places, sets, strict=True)
                if len(lane) > tier
            ]
        for x, lane in zip(places, sets, strict=True):
            if len(lane) > tier:
                parts.append(_draw(lane[tier], x, y, width, height))
                if tier + 1 < len(lane):
                    paths.append(f"M{x + width / 2:.1f} {y + height:.1f}V{y + height + 8:.1f}")
        y += height + DOWN
    return y - DOWN


def _lay_narrow(first: Station | None, lanes: Sequence[Sequence[Station]]) -> tuple[list[str], float]:
    parts: list[str] = []
    paths: list[str] = []
    y, trunk = EDGE, EDGE + 9
    last_bus = trunk_from = y
    if first:
        top = _set(first, NARROW - 2 * EDGE)
        parts.append(_draw(top, EDGE, y, NARROW - 2 * EDGE, is_told=False))
        y += top.height
        trunk_from = y
        y += GAP
    left = EDGE + INDENT if first else EDGE
    for lane in lanes:
        branch_from = y
        for tier, station in enumerate(lane):
            x = left + (INDENT if tier else 0)
            width = NARROW - EDGE - x
            laid = _set(station, width)
            if tier == 0 and first:
                last_bus = y + laid.height / 2
                paths.append(f"M{trunk:.1f} {last_bus:.1f}H{x:.1f}")
            elif tier:
                at = left + 10
                paths.append(f"M{at:.1f} {branch_from:.1f}V{y + laid.height / 2:.1f}H{x:.1f}")
            parts.append(_draw(laid, x, y, width, is_told=False))
            branch_from = y + laid.height if tier == 0 else branch_from
            y += laid.height + (8 if tier + 1 < len(lane) else GAP)
    if first and lanes:
        paths.append(f"M{trunk:.1f} {trunk_from:.1f}V{last_bus:.1f}")
    return [_join(paths), *parts], y - GAP + EDGE


def _set(station: Station, width: float) -> _Set:
    lines = [
        (cut, line.style)
        for line in station.lines
        if line.words
        for cut in cut_lines(line.words, (width - 2 * PAD) * WIDTHS.get(line.style, 1.0), most=line.most)
    ]
    return _Set(station, tuple(lines))


def _draw(
    laid: _Set, x: float, y: float, width: float, height: float | None = None, *, is_told: bool = True
) -> str:
    texts = [
        text_element("text", words, x=x + PAD, y=y + PAD + 8 + at * LINE, class_=style or "usual")
        for at, (words, style) in enumerate(laid.lines)
    ]
    whole = " · ".join(line.words for line in laid.station.lines if line.words)
    is_cut = any(words.endswith("…") for words, _ in laid.lines)
    data = {f"data_{name}": value for name, value in laid.station.data} if is_told else {}
    return element(
        "g",
        *([text_element("title", whole)] if is_cut else []),
        element("rect", x=x, y=y, width=width, height=height or laid.height, rx=7.0),
        *texts,
        class_=f"station {laid.station.kind}",
        **data,
    )


def _lead(x: float, top: float, bottom: float) -> str:
    """A line downwards that ends in an arrow."""
    return f"M{x:.1f} {top:.1f}V{bottom:.1f}M{x - 4:.1f} {bottom - 5:.1f}L{x:.1f} {bottom:.1f}L{x + 4:.1f} {bottom - 5:.1f}"


def _join(paths: Sequence[str]) -> str:
    return element("g", element("path", d="".join(paths), class_="lead"), aria_hidden="true")
