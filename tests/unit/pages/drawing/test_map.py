"""A map shows every place it is given, within its frame and in bounded size, and tells open from not by form."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from trialbook.pages.drawing.map import MapPoint, draw_map
from trialbook.pages.drawing.outlines import HEIGHT, WIDTH, choose_window, draw_land

CITIES = {
    "Miami": (25.77, -80.19),
    "Honolulu": (21.31, -157.86),
    "Auckland": (-36.85, 174.76),
    "Suva": (-18.14, 178.44),
    "Reykjavik": (64.15, -21.94),
    "Ushuaia": (-54.8, -68.3),
    "Singapore": (1.29, 103.85),
}


def draw(*points: MapPoint) -> str:
    drawn = draw_map("map", points, title="Map", meaning="Where")
    assert drawn is not None
    ElementTree.fromstring(drawn)
    return str(drawn)


def mark(city: str, **more: object) -> MapPoint:
    return MapPoint(latitude=CITIES[city][0], longitude=CITIES[city][1], label=city, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "cities", [["Miami"], ["Miami", "Honolulu"], ["Auckland", "Reykjavik"], list(CITIES)]
)
def test_every_place_lies_in_the_frame(cities: list[str]) -> None:
    window = choose_window([CITIES[city] for city in cities])
    for city in cities:
        x, y = window.place(*CITIES[city])
        assert 0 < x < WIDTH
        assert 0 < y < HEIGHT


def test_open_and_other_differ_in_form_and_are_counted_in_words() -> None:
    svg = draw(
        mark("Miami", count=3), mark("Honolulu", kind="other", count=2), mark("Singapore", kind="here")
    )
    assert svg.count("<circle") == 1
    assert svg.count('class="other"') == 1
    assert svg.count('class="here"') == 1
    assert "Miami: 3 sites, 3 open" in svg
    assert "Honolulu: 2 sites, 0 open" in svg
    assert "<title" in svg
    assert "<desc" in svg


def test_places_that_lie_close_are_one_mark() -> None:
    near = [MapPoint(latitude=25.77 + at / 1_000, longitude=-80.19, label=f"Town {at}") for at in range(6)]
    svg = draw(*near, mark("Honolulu"))
    assert svg.count("<circle") == 2
    assert "Town 0; Town 1; Town 2 and 3 more places: 6 sites, 6 open" in svg


def test_a_map_of_very_many_places_is_bounded() -> None:
    many = (
        MapPoint(latitude=at % 140 - 55.0, longitude=at % 359 - 179.0, label=f"Town {at}" * 50)
        for at in range(30_000)
    )
    assert len(draw(*many)) < 1_500_000


def test_words_of_records_are_text_and_addresses_of_elsewhere_no_links() -> None:
    hostile = '"><script>alert(1)</script>'
    svg = draw(mark("Miami", url="javascript:alert(1)"), MapPoint(latitude=1, longitude=1, label=hostile))
    assert "<script" not in svg
    assert "javascript" not in svg


def test_what_is_not_on_the_earth_is_left_out() -> None:
    nowhere = [
        MapPoint(latitude=91, longitude=0),
        MapPoint(latitude=0, longitude=181),
        MapPoint(latitude=float("nan"), longitude=0),
        MapPoint(latitude=float("inf"), longitude=0),
    ]
    assert draw_map("map", nowhere, title="Map", meaning="Where") is None
    assert draw_map("map", [], title="Map", meaning="Where") is None


def test_land_is_drawn_in_small_numbers_without_lines_across_the_map() -> None:
    window = choose_window(list(CITIES.values()))
    steps = re.findall(r"-?\d+", draw_land(window))
    assert len(draw_land(window)) < 80_000
    # A ring that leapt over the 180th meridian would have steps as wide as the map.
    assert max(abs(int(step)) for step in re.findall(r"(?<=[l ])-?\d+(?= )", draw_land(window))) < WIDTH / 2
    assert len(steps) > 1_000
