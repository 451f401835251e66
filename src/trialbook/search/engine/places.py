"""Which of the places where studies have sites lie within a circle?"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right

import tantivy

EARTH_RADIUS_KM = 6371.0088
KM_PER_DEGREE = math.pi * EARTH_RADIUS_KM / 180


class Places:
    """All places of an index, by latitude. The registry places a site at its city: they are not many."""

    def __init__(self, searcher: tantivy.Searcher) -> None:
        found = []
        for key, _ in searcher.terms_with_prefix("point", ""):
            latitude, _, longitude = key.partition(",")
            found.append((float(latitude), float(longitude), key))
        found.sort()
        self._rows = found
        self._latitudes = [row[0] for row in found]

    def find_within(self, latitude: float, longitude: float, radius_km: float) -> list[tuple[float, str]]:
        """The places within a circle, as (distance in km, key of the place), the nearest first."""
        reach = radius_km / KM_PER_DEGREE * 1.0001
        low = bisect_left(self._latitudes, latitude - reach)
        high = bisect_right(self._latitudes, latitude + reach)
        near = []
        for other_latitude, other_longitude, key in self._rows[low:high]:
            distance = compute_distance_km(latitude, longitude, other_latitude, other_longitude)
            if distance <= radius_km:
                near.append((distance, key))
        near.sort()
        return near


def compute_distance_km(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """The great-circle distance between two points in degrees, on a sphere of the earth's mean radius.

    >>> round(compute_distance_km(48.8566, 2.3522, 51.5074, -0.1278), 1)
    343.6
    """
    phi1, phi2 = math.radians(lat1), math.radians(lat2)
    half = (
        math.sin((phi2 - phi1) / 2) ** 2
        + math.cos(phi1) * math.cos(phi2) * math.sin(math.radians(lon2 - lon1) / 2) ** 2
    )
    return 2 * EARTH_RADIUS_KM * math.asin(math.sqrt(min(1.0, half)))
