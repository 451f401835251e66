"""Which places lie within a distance? Squares for a quick look, great circles for the answer."""

from __future__ import annotations

import math
from collections.abc import Iterator

EARTH_RADIUS_KM = 6371.0088
KM_PER_DEGREE = math.pi * EARTH_RADIUS_KM / 180

# The sides of the squares in degrees; a circle is covered by squares of the largest size that is
# still fine enough, so that a query names some dozens of them, whatever its radius.
SIDES = (0.25, 1.0, 4.0)


def find_cells(lat: float, lon: float) -> Iterator[str]:
    """The square that holds a point, one of each size.

    >>> list(find_cells(25.77, -80.19))
    ['0:103:-321', '1:25:-81', '2:6:-21']
    """
    for level, side in enumerate(SIDES):
        yield f"{level}:{math.floor(lat / side)}:{math.floor(lon / side)}"


def cover_circle(lat: float, lon: float, radius_km: float) -> tuple[list[str], list[str]]:
    """The squares that lie wholly inside a circle, and those that it only touches.

    Parameters
    ----------
    lat, lon
        The centre in degrees.
    radius_km
        Great-circle distance in kilometres, up to 805.
    """
    lat_reach = radius_km / KM_PER_DEGREE
    level = next((n for n, side in enumerate(SIDES) if lat_reach / side <= 8), len(SIDES) - 1)
    side = SIDES[level]
    widest = max(abs(lat - lat_reach), abs(lat + lat_reach))
    whole_circle = widest >= 89.9
    sine = math.sin(radius_km / EARTH_RADIUS_KM) / max(math.cos(math.radians(lat)), 1e-9)
    lon_reach = 180.0 if whole_circle or sine >= 1 else math.degrees(math.asin(sine))
    inside: list[str] = []
    touched: list[str] = []
    rows = range(
        math.floor(max(lat - lat_reach, -90) / side), math.floor(min(lat + lat_reach, 90) / side) + 1
    )
    columns = _columns(lon, lon_reach, side)
    for row in rows:
        for column in columns:
            cell = f"{level}:{row}:{column}"
            corners = [
                compute_distance_km(lat, lon, corner_lat, corner_lon)
                for corner_lat in (row * side, (row + 1) * side)
                for corner_lon in (column * side, (column + 1) * side)
            ]
            # A square is small against the earth, so with all corners inside, all of it is; the
            # margin of one per mille covers the bulge of a parallel between two corners.
            (inside if max(corners) < radius_km * 0.999 - side else touched).append(cell)
    return inside, touched


def _columns(lon: float, reach: float, side: float) -> list[int]:
    first, last = math.floor((lon - reach) / side), math.floor((lon + reach) / side)
    around = round(360 / side)
    lowest = -around // 2
    count = min(last - first + 1, around)
    return sorted(
        {(first + step - lowest) % around + lowest for step in range(count)} | _edge(lon, reach, around)
    )


def _edge(lon: float, reach: float, around: int) -> set[int]:
    """A site at exactly 180 degrees east has a column of its own."""
    return {around // 2} if lon + reach >= 180 or lon - reach <= -180 else set()


def compute_distance_km(lat: float, lon: float, other_lat: float, other_lon: float) -> float:
    """Great-circle distance in kilometres between two points given in degrees (haversine).

    >>> round(compute_distance_km(25.77, -80.19, 40.71, -74.01))
    1757
    """
    phi, other_phi = math.radians(lat), math.radians(other_lat)
    half_lat = math.sin((other_phi - phi) / 2) ** 2
    half_lon = math.sin(math.radians(other_lon - lon) / 2) ** 2
    chord = half_lat + math.cos(phi) * math.cos(other_phi) * half_lon
    return 2 * EARTH_RADIUS_KM * math.asin(math.sqrt(min(1.0, chord)))
