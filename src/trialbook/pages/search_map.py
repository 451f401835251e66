"""Where are the studies of an answer done? Their towns on a map, those with an open site marked."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from trialbook.model.sentences import count_of
from trialbook.pages.answer import ChartView, Counted
from trialbook.pages.drawing.map import MapPoint, draw_map
from trialbook.search.engine.order import Origin
from trialbook.search.engine.places import compute_distance_km
from trialbook.search.engine.towns import Town, TownCounts

# So many towns are drawn, and so many listed.
MOST_DRAWN, MOST_LISTED = 8_000, 100
# How far around a town its link looks, and how much further than the farthest town a mark of several does.
TOWN_KM, ROUNDING_KM = 10, 2

WriteNear = Callable[[str, int], str]


def draw_towns(
    counted: TownCounts, total: int, *, write_near: WriteNear, origin: Origin | None = None
) -> ChartView | None:
    """Draw where `total` studies are done; None where no place is known.

    Parameters
    ----------
    write_near
        The address that narrows the answer to a place, and so many km around it.
    origin
        The point that was asked for.
    """
    towns = counted.towns[:MOST_DRAWN]
    points = [point for town in towns for point in _make_points(town, write_near)]
    if origin is not None:
        points.append(
            MapPoint(
                latitude=origin.latitude, longitude=origin.longitude, kind="here", label="The place asked for"
            )
        )
    meaning = _tell(counted, total)
    drawn = draw_map(
        "answer-map",
        points,
        title="Map of the towns with a site",
        meaning=meaning,
        noun=("study (town by town)", "studies (town by town)"),
        join_url=lambda several: _write_circle(several, write_near),
    )
    if drawn is None or not towns:
        return None
    left = len(counted.towns) - MOST_LISTED
    return ChartView(
        heading="Where the studies are done",
        drawing=drawn,
        meaning=meaning,
        unit="Town",
        rows=tuple(
            Counted(
                label=town.label,
                count=town.studies,
                note=f"{town.open:,} open" if town.open else "none open",
                url=write_near(town.label, TOWN_KM),
            )
            for town in towns[:MOST_LISTED]
        ),
        more=f"{count_of(left, 'more town')} on the map" if left > 0 else "",
    )


def _make_points(town: Town, write_near: WriteNear) -> list[MapPoint]:
    url = write_near(town.label, TOWN_KM)
    made = []
    if town.open:
        made.append(_mark(town, "open", town.open, url))
    if town.studies > town.open:
        made.append(_mark(town, "other", town.studies - town.open, url))
    return made


def _mark(town: Town, kind: str, count: int, url: str) -> MapPoint:
    return MapPoint(
        latitude=town.latitude,
        longitude=town.longitude,
        kind="open" if kind == "open" else "other",
        label=town.label,
        count=count,
        url=url,
    )


def _write_circle(points: Sequence[MapPoint], write_near: WriteNear) -> str:
    """The address of a circle that holds the towns of one mark."""
    latitude = sum(each.latitude for each in points) / len(points)
    longitude = sum(each.longitude for each in points) / len(points)
    reach = max(compute_distance_km(latitude, longitude, each.latitude, each.longitude) for each in points)
    return write_near(f"{latitude:.4f}, {longitude:.4f}", int(reach) + ROUNDING_KM)


def _tell(counted: TownCounts, total: int) -> str:
    towns = len(counted.towns)
    words = [
        f"{count_of(total - counted.unplaced, 'study', 'studies')} with a site in {count_of(towns, 'town')}; "
        "a study counts in each of its towns. A filled disc has an open site, a hollow square none; marks that lie "
        "close are one. Each leads to the studies there."
    ]
    if counted.unplaced:
        named = "1 study has" if counted.unplaced == 1 else f"{counted.unplaced:,} studies have"
        words.append(f"{named} no site whose place is known, so the map leaves them out.")
    if (hidden := towns - MOST_DRAWN + counted.left) > 0 and (towns > MOST_DRAWN or counted.left):
        words.append(f"The {hidden:,} towns with the fewest studies are left out.")
    return " ".join(words)
