"""A text that means a place is understood, one that may mean several says so, and one that means none is refused."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.conftest import find_shared
from tests.naive.evaluate import evaluate

from trialbook.ask.filters import find_near, make_request
from trialbook.errors import QueryError
from trialbook.library import Library
from trialbook.library.build import import_paths
from trialbook.model.present import decode_present
from trialbook.search.engine.gazetteer import find_known_place
from trialbook.search.engine.places import compute_distance_km
from trialbook.terms.place_names import fold_place

MIAMI, MIAMI_TEXAS = (25.77427, -80.19366), (35.69, -100.64)
MUNICH, HAMLET = (48.13743, 11.57549), (51.61, 13.31)
PARIS, PARIS_TEXAS = (48.85341, 2.3488), (33.66094, -95.55551)
# Town, state, postal code, country, point, and how many studies have a site there.
SITES = (
    ("Miami", "Florida", "33136", "United States", MIAMI, 5),
    ("Miami", "Texas", "79059", "United States", MIAMI_TEXAS, 1),
    ("Hialeah", "Florida", "33012", "United States", (25.8576, -80.27811), 1),
    ("Munich", "Bavaria", "80331", "Germany", MUNICH, 2),
    ("München", "", "80331", "Germany", HAMLET, 3),
    ("Nuremberg", "Bavaria", "90402", "Germany", (49.45421, 11.07752), 1),
    ("Paris", "", "75013", "France", PARIS, 4),
    ("Paris", "Texas", "75460", "United States", PARIS_TEXAS, 2),
    ("Washington", "District of Columbia", "20010", "United States", (38.89511, -77.03637), 3),
    ("Seattle", "Washington", "98101", "United States", (47.60621, -122.33207), 4),
    ("Munich", "Germany", "80331", "Germany", HAMLET, 1),
    ("Munich", "Ringstrasse 15", "80331", "Germany", (47.6, 9.2), 1),
    ("København", "", "2100", "Denmark", (55.67594, 12.56553), 1),
    ("São Paulo", "", "", "Brazil", (-23.5475, -46.63611), 1),
)


def write_study(
    number: int, city: str, state: str, postcode: str, country: str, point: tuple[float, float]
) -> bytes:
    site: dict[str, Any] = {
        "facility": f"Hospital {number}",
        "status": "RECRUITING" if number % 2 else "COMPLETED",
        "city": city,
        "country": country,
        "geoPoint": {"lat": point[0], "lon": point[1]},
    }
    site |= {name: value for name, value in (("state", state), ("zip", postcode)) if value}
    module = {
        "identificationModule": {"nctId": f"NCT{number:08}", "briefTitle": f"Study {number}"},
        "statusModule": {"overallStatus": "RECRUITING", "lastUpdateSubmitDate": "2025-01-01"},
        "contactsLocationsModule": {"locations": [site]},
    }
    return msgspec.json.encode({"protocolSection": module})


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    folder: Path = tmp_path_factory.mktemp("gazetteer")
    rows = [row[:5] for row in SITES for _ in range(row[5])]
    lines = (write_study(number, *row) for number, row in enumerate(rows, 1))
    (folder / "records.jsonl").write_bytes(b"\n".join(lines))
    import_paths(folder / "library", [folder / "records.jsonl"])
    return Library(folder / "library")


@pytest.mark.parametrize(
    ("text", "kind", "label", "point"),
    [
        ("Miami", "town", "Miami, Florida, United States", MIAMI),
        ("  mIaMi ", "town", "Miami, Florida, United States", MIAMI),
        ("near Miami", "town", "Miami, Florida, United States", MIAMI),
        ("Miami, FL", "town", "Miami, Florida, United States", MIAMI),
        ("Miami FL", "town", "Miami, Florida, United States", MIAMI),
        ("Miami, Florida, USA", "town", "Miami, Florida, United States", MIAMI),
        ("Miami, Texas", "town", "Miami, Texas, United States", MIAMI_TEXAS),
        ("33136", "postcode", "33136 Miami, Florida, United States", (25.7864, -80.2042)),
        ("Miami FL 33136", "town", "Miami, Florida, United States", MIAMI),
        ("Miami, FL 33136", "town", "Miami, Florida, United States", MIAMI),
        ("FL 33136", "postcode", "33136 Miami, Florida, United States", (25.7864, -80.2042)),
        ("33136-1002", "postcode", "33136 Miami, Florida, United States", (25.7864, -80.2042)),
        ("Munich", "town", "Munich, Bavaria, Germany", MUNICH),
        ("München", "town", "Munich, Bavaria, Germany", MUNICH),
        ("MUENCHEN, Deutschland", "town", "Munich, Bavaria, Germany", MUNICH),
        ("80331", "postcode", "80331 München, Germany", MUNICH),
        ("80331 München", "postcode", "80331 München, Germany", MUNICH),
        ("Bavaria", "region", "Bavaria, Germany", None),
        ("Paris", "town", "Paris, France", PARIS),
        ("Paris, Texas", "town", "Paris, Texas, United States", PARIS_TEXAS),
        ("Paris, TX", "town", "Paris, Texas, United States", PARIS_TEXAS),
        ("Kobenhavn", "town", "København, Denmark", (55.67594, 12.56553)),
        ("Sao Paulo", "town", "São Paulo, Brazil", (-23.5475, -46.63611)),
        ("25.76,-80.19", "point", "25.76, -80.19", (25.76, -80.19)),
        (" 25.76 , -80.19 ", "point", "25.76, -80.19", (25.76, -80.19)),
        ("Deutschland", "country", "Germany", None),
        # No study has a site there: offline packages know it.
        ("Coral Gables", "town", "Coral Gables, Florida, United States", (25.7, -80.3)),
        ("10001", "postcode", "10001 New York, New York, United States", (40.75, -74.0)),
    ],
)
def test_a_place_is_understood(
    library: Library, text: str, kind: str, label: str, point: tuple[float, float] | None
) -> None:
    place = library.find_place(text)
    assert (place.kind, place.label) == (kind, label)
    if point:
        assert compute_distance_km(place.latitude, place.longitude, *point) < 15


def test_the_middle_of_a_region_lies_among_its_sites(library: Library) -> None:
    place = library.find_place("Bavaria")
    assert 48 < place.latitude < 49.5
    assert 11 < place.longitude < 11.7


def test_what_a_name_may_mean_as_well_is_told_and_can_be_asked_for(library: Library) -> None:
    assert library.find_place("Miami").others == ("Miami, Texas, United States",)
    assert library.find_place("Paris").others == ("Paris, Texas, United States",)
    # What a record gives for a state that is the country or a street tells nothing apart.
    assert library.find_place("Munich").others == ()
    assert library.find_place("Washington").others == ("Washington, United States",)
    for text in ("Miami", "Paris"):
        for other in library.find_place(text).others:
            assert library.find_place(other).label == other


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("Miamy", "did you mean Miami?"),
        ("Germny", "did you mean Germany?"),
        ("me", "write a town"),
        ("near me", "write a town"),
        ("91,0", "latitude is -90 to 90"),
        ("25.76,-200", "longitude -180 to 180"),
        ("Xyzzyplugh", "write a town"),
        ("", "write a town"),
        ("\t\n", "write a town"),
        (",,,", "write a town"),
        ("x" * 201, "write a town"),
        ("'; DROP TABLE places --", "write a town"),
        ("AREA[LocationCity]Miami OR x", "write a town"),
        ("town\tmiami\t", "write a town"),
        ("💉", "write a town"),
        ("٣٣١٣٦", "write a town"),
    ],
)
def test_what_names_no_place_is_refused_with_what_would_be_right(
    library: Library, text: str, hint: str
) -> None:
    with pytest.raises(QueryError) as caught:
        library.find_place(text)
    assert hint in str(caught.value)


def test_an_empty_library_knows_what_packages_know(tmp_path: Path) -> None:
    import_paths(tmp_path / "library", [])
    empty = Library(tmp_path / "library")
    assert empty.find_place("33136").label == "33136 Miami, Florida, United States"
    assert empty.find_place("Coral Gables, FL").state == "Florida"
    assert find_known_place("1.5, 2").kind == "point"
    assert empty.search("", near="33136").total == 0
    with pytest.raises(QueryError, match="no place is called"):
        empty.find_place("Xyzzyplugh")


@pytest.mark.parametrize("radius", ["", "5km", "20km", "805km"])
@pytest.mark.parametrize("text", ["Miami", "Munich", "Bavaria", "33136", "Washington, DC", "48.1,11.5"])
def test_a_search_near_a_place_finds_what_the_plain_evaluation_finds(
    library: Library, text: str, radius: str
) -> None:
    given = {"near": text, "within": radius}
    near_area = library.find_place(text).is_area
    if near_area and radius:
        with pytest.raises(QueryError, match="is an area"):
            library.search("", **given)
        return
    near = find_near(given, library.find_place)
    assert near is not None
    records = [decode_present(body) for body in library.iter_bodies()]
    found = library.search("", limit=100, **given)
    assert sorted(found.nct_ids) == sorted(evaluate(near.query, records))
    assert found.total > 0 or radius == "5km"


def test_an_area_is_what_its_sites_say(library: Library) -> None:
    assert library.search("", near="Bavaria").total == 3
    assert library.search("", near="Texas").total == 3
    assert library.search("", near="Deutschland").total == 8


def test_the_order_by_distance_is_by_the_nearest_open_site_and_then_by_any(library: Library) -> None:
    found = library.search("", near="Miami", within="805km", sort="distance", limit=100)
    rows = []
    for study in found:
        (site,) = study.locations
        assert site.geo_point is not None
        km = compute_distance_km(*MIAMI, site.geo_point.lat or 0.0, site.geo_point.lon or 0.0)
        rows.append((str(site.status) != "RECRUITING", round(km)))
    assert rows == sorted(rows)
    assert Counter(is_closed for is_closed, _ in rows) == {False: 4, True: 2}
    with pytest.raises(QueryError, match="no place to sort by distance"):
        library.search("", sort="distance")


@pytest.mark.parametrize("given", [{"within": "5km"}, {"near": "Miami", "within": "-5km"}, {"near": 5}])
@pytest.mark.parametrize("text", ["", "heart"])
def test_a_distance_needs_a_place_and_must_be_one(library: Library, given: dict[str, Any], text: str) -> None:
    with pytest.raises(QueryError):
        make_request(text, given, find_place=library.find_place)


@pytest.mark.parametrize(
    ("given", "radius"),
    [
        ("30km", "30km"),
        ("30 mi", "30mi"),
        ("30", "30km"),
        (30, "30km"),
        ("12.5 Miles", "12.5mi"),
        ("500mi", "500mi"),
    ],
)
def test_a_distance_has_a_unit_or_is_in_km(library: Library, given: Any, radius: str) -> None:
    near = find_near({"near": "Miami", "within": given}, library.find_place)
    assert near is not None
    assert near.radius == radius


@pytest.mark.slow
def test_the_towns_of_real_records_lie_where_their_sites_do(tmp_path: Path) -> None:
    """Of the towns in real records, 99 in 100 are found, by name and country, within 50 km of their sites."""
    data = find_shared("data/ctgov/records_stem_cells_2022.jsonl.gz")
    import_paths(tmp_path / "library", [data])
    library = Library(tmp_path / "library")
    places: dict[tuple[str, str, str], tuple[float, float]] = {}
    for body in library.iter_bodies():
        module = decode_present(body)["protocolSection"].get("contactsLocationsModule", {})
        for site in module.get("locations", []):
            point = site.get("geoPoint")
            if point and fold_place(site.get("city", "")):
                key = (site["city"], site.get("state", ""), site.get("country", ""))
                places[key] = (point["lat"], point["lon"])
    assert len(places) > 500
    far = []
    for (city, state, country), point in places.items():
        asked = ", ".join(part.replace(",", " ") for part in (city, state, country) if part)
        try:
            place = library.find_place(asked)
            km = compute_distance_km(place.latitude, place.longitude, *point)
        except QueryError:
            km = math.inf
        if km > 50:
            far.append((asked, km))
    assert len(far) <= len(places) / 100, far[:20]
