"""Write src/trialbook/pages/drawing/world.json from `countries-50m.json` of the npm package world-atlas (2.0.2).

    npm pack world-atlas@2.0.2 && tar xzf world-atlas-2.0.2.tgz
    python -m tools.world_map package/countries-50m.json

Natural Earth's data are in the public domain. The same file gives the same bytes. Lines between two countries are
one in the source and stay one, so that neighbours still meet after their lines were made simpler.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

TARGET = Path(__file__).parents[2] / "src" / "trialbook" / "pages" / "drawing" / "world.json"
# A step of the grid in degrees, and how far a line may lie beside its original.
GRID = 0.02
TOLERANCE = 0.04
# Islands smaller than this in both directions (degrees) are left out, unless they are all that a country has.
LEAST_SIZE = 0.12

Point = tuple[float, float]


def decode_arcs(topology: dict[str, Any]) -> list[list[Point]]:
    """The lines of a TopoJSON, in degrees: each point is the step from the one before."""
    (scale_x, scale_y), (left, bottom) = topology["transform"]["scale"], topology["transform"]["translate"]
    lines = []
    for arc in topology["arcs"]:
        x = y = 0
        line = []
        for step_x, step_y in arc:
            x, y = x + step_x, y + step_y
            line.append((x * scale_x + left, y * scale_y + bottom))
        lines.append(line)
    return lines


def simplify(line: list[Point], tolerance: float) -> list[Point]:
    """A line with the points alone that lie further than `tolerance` from it (Douglas and Peucker, 1973)."""
    kept, stack = {0, len(line) - 1}, [(0, len(line) - 1)]
    while stack:
        first, last = stack.pop()
        if last - first < 2:
            continue
        distance, at = max(
            (compute_gap(line[at], line[first], line[last]), at) for at in range(first + 1, last)
        )
        if distance > tolerance:
            kept.add(at)
            stack += [(first, at), (at, last)]
    return [line[at] for at in sorted(kept)]


def compute_gap(point: Point, start: Point, end: Point) -> float:
    """How far a point lies from the line between two others."""
    width, height = end[0] - start[0], end[1] - start[1]
    square = width * width + height * height
    along = ((point[0] - start[0]) * width + (point[1] - start[1]) * height) / square if square else 0.0
    along = min(1.0, max(0.0, along))
    gap_x, gap_y = point[0] - start[0] - along * width, point[1] - start[1] - along * height
    return float((gap_x * gap_x + gap_y * gap_y) ** 0.5)


def list_rings(geometry: dict[str, Any]) -> list[list[int]]:
    """The outer lines of a country, each as numbers of arcs (negative: backwards, as in TopoJSON)."""
    polygons = {"Polygon": [geometry.get("arcs")], "MultiPolygon": geometry.get("arcs")}
    return [polygon[0] for polygon in polygons.get(geometry.get("type", ""), []) or [] if polygon]


def make_world(topology: dict[str, Any]) -> dict[str, Any]:
    """What the file holds: steps on a grid for each line, and each country's rings."""
    lines = decode_arcs(topology)
    countries = []
    for geometry in topology["objects"]["countries"]["geometries"]:
        rings = sorted(list_rings(geometry), key=lambda ring: -measure(ring, lines))
        kept = [ring for at, ring in enumerate(rings) if at == 0 or measure(ring, lines) >= LEAST_SIZE]
        if kept and geometry["properties"]["name"] != "Antarctica":
            countries.append([geometry["properties"]["name"], kept])
    countries.sort(key=lambda country: str(country[0]))
    used = sorted({arc if arc >= 0 else ~arc for _, rings in countries for ring in rings for arc in ring})
    place = {arc: at for at, arc in enumerate(used)}
    return {
        "source": "Natural Earth, public domain, by way of world-atlas 2.0.2 (ISC)",
        "grid": GRID,
        "arcs": [encode(simplify(lines[arc], TOLERANCE)) for arc in used],
        "countries": [
            [name, [[place[arc] if arc >= 0 else ~place[~arc] for arc in ring] for ring in rings]]
            for name, rings in countries
        ],
    }


def measure(ring: list[int], lines: list[list[Point]]) -> float:
    """The greater of a ring's width and height in degrees."""
    points = [point for arc in ring for point in lines[arc if arc >= 0 else ~arc]]
    across, down = [x for x, _ in points], [y for _, y in points]
    return max(max(across) - min(across), max(down) - min(down))


def encode(line: list[Point]) -> list[int]:
    """A line on the grid: its first point, then steps; steps of nothing are left out."""
    x, y = (round(value / GRID) for value in line[0])
    numbers = [x, y]
    for point in line[1:]:
        next_x, next_y = (round(value / GRID) for value in point)
        if (next_x, next_y) != (x, y):
            numbers += [next_x - x, next_y - y]
            x, y = next_x, next_y
    return numbers


if __name__ == "__main__":
    world = make_world(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
    TARGET.write_text(json.dumps(world, separators=(",", ":"), ensure_ascii=False) + "\n", encoding="utf-8")
    points = sum(len(arc) // 2 for arc in world["arcs"])
    print(
        f"{len(world['countries'])} countries, {points:,} points, {TARGET.stat().st_size:,} bytes: {TARGET}"
    )
