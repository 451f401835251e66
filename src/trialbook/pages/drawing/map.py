"""How are places drawn on a map? Marks on the outlines of countries, those that lie close as one.

Nothing is fetched: the outlines come with the program. What is open differs from what is not by its form too.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Literal, TypeAlias

import msgspec
from markupsafe import Markup

from trialbook.pages.drawing.outlines import HEIGHT, WIDTH, Window, choose_window, draw_land
from trialbook.pages.drawing.svg import cut_lines, drawing, element, link, text_element

Kind: TypeAlias = Literal["open", "other", "here"]
# Marks that lie in one field of this size are one; so a map has at most some 800.
FIELD = 20.0
MOST_POINTS = 20_000
MOST_NAMED = 3
LEAST_RADIUS, MOST_RADIUS = 6.5, 13.0


class MapPoint(msgspec.Struct, frozen=True, kw_only=True):
    """A place to be marked, in degrees.

    `kind` says how: "open" (filled disc), "other" (hollow square), "here" (a cross, where the reader asked from).
    `count` is how many things lie there, `label` names them, `url` is a page of our own or a place on this one.
    """

    latitude: float
    longitude: float
    kind: Kind = "open"
    label: str = ""
    count: int = 1
    url: str = ""


class _Mark(msgspec.Struct):
    """The points of one field of the drawing."""

    x: float
    y: float
    points: list[MapPoint]


def draw_map(
    name: str,
    points: Iterable[MapPoint],
    *,
    title: str,
    meaning: str,
    noun: tuple[str, str] = ("site", "sites"),
    join_url: Callable[[Sequence[MapPoint]], str] | None = None,
) -> Markup | None:
    """A map on which all points lie; None where there is none on the earth.

    Parameters
    ----------
    name
        Begins the ids on the page: letters and hyphens.
    points
        The first 20,000 are drawn, and of those that lie close together one mark.
    title, meaning
        For those who do not see it.
    noun
        What the points count, one and several.
    join_url
        Gives the address of a mark that stands for points with several; without it such a mark leads nowhere.
    """
    kept = [
        point
        for _, point in zip(range(MOST_POINTS), points, strict=False)
        if abs(point.latitude) <= 90 and abs(point.longitude) <= 180
    ]
    if not kept:
        return None
    window = choose_window([(point.latitude, point.longitude) for point in kept])
    here = [point for point in kept if point.kind == "here"]
    marks = _gather([point for point in kept if point.kind != "here"], window)
    land = element("path", d=draw_land(window), class_="land")
    return drawing(
        name,
        element("rect", class_="sea", x=0.0, y=0.0, width=WIDTH, height=HEIGHT),
        land,
        *(_draw_mark(mark, noun, join_url) for mark in sorted(marks, key=_has_open)),
        *(_draw_here(point, window) for point in here),
        width=WIDTH,
        height=HEIGHT,
        title=title,
        meaning=meaning,
        class_="drawing map",
    )


def _has_open(mark: _Mark) -> bool:
    return any(point.kind == "open" for point in mark.points)


def _gather(points: Sequence[MapPoint], window: Window) -> list[_Mark]:
    """Points by the fields of the drawing in which they lie, each at the middle of its points."""
    fields: dict[tuple[int, int], list[tuple[float, float, MapPoint]]] = {}
    for point in points:
        x, y = window.place(point.latitude, point.longitude)
        fields.setdefault((int(x // FIELD), int(y // FIELD)), []).append((x, y, point))
    marks = []
    for placed in fields.values():
        weight = sum(max(1, point.count) for _, _, point in placed)
        x = sum(x * max(1, point.count) for x, _, point in placed) / weight
        y = sum(y * max(1, point.count) for _, y, point in placed) / weight
        marks.append(_Mark(x, y, [point for _, _, point in placed]))
    return marks


def _draw_mark(
    mark: _Mark, noun: tuple[str, str], join_url: Callable[[Sequence[MapPoint]], str] | None
) -> str:
    total = sum(point.count for point in mark.points)
    number_open = sum(point.count for point in mark.points if point.kind == "open")
    radius = min(MOST_RADIUS, LEAST_RADIUS + 1.6 * math.log2(max(1, total)))
    names = [label for label in dict.fromkeys(point.label for point in mark.points) if label]
    more = f" and {len(names) - MOST_NAMED} more places" if len(names) > MOST_NAMED else ""
    shown = "; ".join(cut_lines(each, 400, most=1)[0] for each in names[:MOST_NAMED]) + more
    words = f"{shown}: {total:,} {noun[total != 1]}, {number_open:,} open"
    if number_open:
        shape = element("circle", cx=mark.x, cy=mark.y, r=radius, class_="open")
    else:
        side = radius * 1.5
        shape = element(
            "rect", x=mark.x - side / 2, y=mark.y - side / 2, width=side, height=side, class_="other"
        )
    is_one = len({point.url for point in mark.points}) == 1
    url = mark.points[0].url if is_one else join_url(mark.points) if join_url else ""
    inside = (text_element("title", words), shape)
    return link(url, *inside, class_="mark") if url else element("g", *inside, class_="mark")


def _draw_here(point: MapPoint, window: Window) -> str:
    x, y = window.place(point.latitude, point.longitude)
    cross = f"M{x - 8:.0f} {y:.0f}h16M{x:.0f} {y - 8:.0f}v16"
    return element(
        "g",
        text_element("title", point.label),
        element("path", d=cross, class_="halo"),
        element("path", d=cross, class_="here"),
    )
