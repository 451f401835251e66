"""Where does the land lie on a map? The outlines of countries, as one path for a window of the world.

The data are Natural Earth's (public domain), made smaller by `tools/world_map`. A window is one of a few sizes at
one of a few places, so that the path of one serves many maps.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache, lru_cache
from importlib import resources
from typing import Any

import msgspec

WIDTH, HEIGHT = 800.0, 400.0
# Windows are so many degrees wide, and begin at multiples of this part of their width.
WIDEST, NARROWEST, STEP = 360.0, 7.0, 8
NORTHMOST, SOUTHMOST = 84.0, -58.0
# Points of an outline stand this far apart, and islands have this size, in units of the drawing.
APART, LEAST = 1.6, 1.5
_MARGIN = 0.02


class Window(msgspec.Struct, frozen=True):
    """A part of the world: its west and north edges in degrees, and how wide a degree is in units of the drawing."""

    west: float
    north: float
    across: float
    down: float

    def place(self, latitude: float, longitude: float) -> tuple[float, float]:
        """Where a point (degrees) lies on the drawing."""
        return (longitude - self.west) * self.across, (self.north - latitude) * self.down

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east and north in degrees."""
        return self.west, self.north - HEIGHT / self.down, self.west + WIDTH / self.across, self.north


def choose_window(points: list[tuple[float, float]]) -> Window:
    """The window in which all points (latitude, longitude) lie with room around them.

    >>> choose_window([(25.8, -80.2)]).bounds[1] < 25.8 < choose_window([(25.8, -80.2)]).bounds[3]
    True
    """
    south, north = min(point[0] for point in points), max(point[0] for point in points)
    west, east = min(point[1] for point in points), max(point[1] for point in points)
    width = NARROWEST
    while width < WIDEST:
        window = _make_window((south + north) / 2, (west + east) / 2, width)
        left, bottom, right, top = window.bounds
        room_x, room_y = _MARGIN * (right - left), 2 * _MARGIN * (top - bottom)
        is_inside = left + room_x <= west and east <= right - room_x
        if is_inside and bottom + room_y <= south and north <= top - room_y:
            return window
        width *= math.sqrt(2)
    return Window(-180.0, NORTHMOST, WIDTH / 360.0, HEIGHT / (NORTHMOST - SOUTHMOST))


def _make_window(latitude: float, longitude: float, width: float) -> Window:
    """A window around a point, moved to where others of its size begin."""
    step = width / STEP
    middle = round(latitude / step) * step
    stretch = max(0.35, math.cos(math.radians(min(75.0, abs(middle)))))
    across = WIDTH / width
    down = across / stretch
    west = max(-185.0, min(round((longitude - width / 2) / step) * step, 185.0 - width))
    return Window(round(west, 6), round(middle + HEIGHT / down / 2, 6), round(across, 6), round(down, 6))


@lru_cache(maxsize=512)
def draw_land(window: Window) -> str:
    """The path data of all land in a window."""
    west, south, east, north = window.bounds
    parts = []
    for box, ring in _get_rings():
        is_seen = max((box[2] - box[0]) * window.across, (box[3] - box[1]) * window.down) >= LEAST
        if is_seen and box[0] < east and box[2] > west and box[1] < north and box[3] > south:
            placed = _place(ring, window)
            is_inside = west < box[0] and box[2] < east and south < box[1] and box[3] < north
            if placed := placed if is_inside else _clip(placed):
                parts.append(_write(placed))
    return "".join(parts)


_Point = tuple[float, float]
_Box = tuple[float, float, float, float]


@cache
def _get_rings() -> tuple[tuple[_Box, tuple[_Point, ...]], ...]:
    """Each ring (longitude, latitude) with west, south, east and north of it."""
    data = (resources.files("trialbook.pages.drawing") / "world.json").read_bytes()
    world: dict[str, Any] = msgspec.json.decode(data)
    lines = [_decode(arc, world["grid"]) for arc in world["arcs"]]
    rings = []
    for _, outlines in world["countries"]:
        for outline in outlines:
            ring: list[_Point] = []
            for arc in outline:
                line = lines[arc] if arc >= 0 else lines[~arc][::-1]
                ring += line[1:] if ring else line
            ring = _unwrap(ring)
            across, down = [point[0] for point in ring], [point[1] for point in ring]
            for turn in (-360.0, 0.0, 360.0):
                if min(across) + turn < 180 and max(across) + turn > -180:
                    box = (min(across) + turn, min(down), max(across) + turn, max(down))
                    rings.append((box, tuple((longitude + turn, latitude) for longitude, latitude in ring)))
    return tuple(rings)


def _decode(arc: list[int], grid: float) -> list[_Point]:
    x = y = 0
    line = []
    for at in range(0, len(arc), 2):
        x, y = x + arc[at], y + arc[at + 1]
        line.append((x * grid, y * grid))
    return line


def _unwrap(ring: list[_Point]) -> list[_Point]:
    """A ring that goes on beyond the 180th meridian where it would have leapt to the other end of the map."""
    unwrapped, turn, before = [], 0.0, ring[0][0]
    for longitude, latitude in ring:
        if abs(longitude - before) > 180:
            turn += 360.0 if longitude < before else -360.0
        unwrapped.append((longitude + turn, latitude))
        before = longitude
    return unwrapped


def _place(ring: Sequence[_Point], window: Window) -> list[_Point]:
    """The points of a ring that stand apart on the drawing; none of a ring that has hardly any."""
    west, north, across, down = window.west, window.north, window.across, window.down
    last_x = last_y = math.inf
    kept = []
    for longitude, latitude in ring:
        x, y = (longitude - west) * across, (north - latitude) * down
        if abs(x - last_x) + abs(y - last_y) >= APART:
            kept.append((x, y))
            last_x, last_y = x, y
    return kept if len(kept) > 2 else []


def _clip(points: list[_Point]) -> list[_Point]:
    """What of a ring lies on the drawing, with its own edge outside of it (Sutherland and Hodgman, 1974)."""
    for axis, bound, sign in ((0, -4.0, 1), (0, WIDTH + 4, -1), (1, -4.0, 1), (1, HEIGHT + 4, -1)):
        if not points:
            return []
        values = [point[axis] for point in points]
        if sign * ((min(values) if sign > 0 else max(values)) - bound) >= 0:
            continue
        kept: list[_Point] = []
        before = points[-1]
        was_in = sign * (before[axis] - bound) >= 0
        for point in points:
            is_in = sign * (point[axis] - bound) >= 0
            if is_in != was_in:
                part = (bound - before[axis]) / (point[axis] - before[axis])
                kept.append(
                    (before[0] + part * (point[0] - before[0]), before[1] + part * (point[1] - before[1]))
                )
            if is_in:
                kept.append(point)
            before, was_in = point, is_in
        points = kept
    return points


def _write(points: list[_Point]) -> str:
    """A ring in whole units, as steps."""
    x, y = round(points[0][0]), round(points[0][1])
    steps = [f"M{x} {y}l"]
    for point in points[1:]:
        next_x, next_y = round(point[0]), round(point[1])
        if (next_x, next_y) != (x, y):
            steps.append(f"{next_x - x} {next_y - y} ")
            x, y = next_x, next_y
    return "".join(steps).rstrip() + "z"
