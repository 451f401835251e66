"""One place is one set of studies, under whatever name it is asked for."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from tests.conftest import find_shared
from tests.library import make_library, open_engine
from tests.naive.records import make_located

from trialbook.ask.filters import make_request
from trialbook.search.engine.engine import SearchEngine, SearchRequest
from trialbook.search.language.parse import parse_query

SITES = (
    ("NCT00000001", {"city": "Boston", "state": "Massachusetts", "country": "United States"}),
    ("NCT00000002", {"city": "Miami", "state": "FL", "country": "United States"}),
    ("NCT00000003", {"city": "Ankara", "country": "Turkey"}),
    ("NCT00000004", {"city": "Izmir", "country": "Turkey (Türkiye)"}),
    ("NCT00000005", {"city": "Seoul", "country": "Korea, Republic of"}),
    ("NCT00000006", {"city": "Busan", "country": "South Korea"}),
    ("NCT00000007", {"city": "Pyongyang", "country": "Korea, Democratic People's Republic of"}),
    ("NCT00000008", {"city": "Portland", "state": "Oregon", "country": "United States"}),
    ("NCT00000009", {"city": "Leeds", "country": "United Kingdom"}),
    ("NCT00000010", {"city": "Rio de Janeiro", "country": "Brazil"}),
    ("NCT00000011", {"city": "Tampa", "state": "Florida", "country": "United States"}),
    ("NCT00000012", {"city": "Kyiv", "country": "Ukraine"}),
    ("NCT00000013", {"city": "Sarajevo", "country": "Bosnia and Herzegovina"}),
)
TURKISH, AMERICAN, KOREAN = {3, 4}, {1, 2, 8, 11}, {5, 6}


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> SearchEngine:
    records = [make_located(nct_id, site, title="A study") for nct_id, site in SITES]
    return open_engine(make_library(tmp_path_factory.mktemp("places"), records))


def find(engine: SearchEngine, request: SearchRequest) -> set[int]:
    return {int(nct_id[3:]) for nct_id in engine.search(request).nct_ids}


def ask(engine: SearchEngine, text: str, area: str | None = None) -> set[int]:
    query = parse_query(text, default_area=area)
    ranked = find(engine, SearchRequest(queries=(query,), limit=100))
    assert find(engine, SearchRequest(filters=(query,), limit=100)) == ranked
    return ranked


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Turkey", TURKISH), ("Türkiye", TURKISH), ("Turkey (Türkiye)", TURKISH), ("turkiye", TURKISH),
        ("TR", TURKISH), ("USA", AMERICAN), ("United States of America", AMERICAN), ("U.S.", AMERICAN),
        ("South Korea", KOREAN), ("Korea, Republic of", KOREAN), ("Republic of Korea", KOREAN),
        ("North Korea", {7}), ("UK", {9}), ("England", {9}), ("Brasil", {10}), ("Germany", set()),
        ("The Ukraine", {12}), ("Ukraine", {12}), ("Bosnia & Herzegovina", {13}),
    ],
)  # fmt: skip
def test_a_country_is_found_under_each_of_its_names_at_every_door(
    engine: SearchEngine, name: str, expected: set[int]
) -> None:
    assert find(engine, make_request("", {"country": [name]}, limit=100)) == expected
    assert ask(engine, f'AREA[LocationCountry]"{name}"') == expected
    assert ask(engine, f'AREA[LocationCountry]COVERAGE[FullMatch]"{name}"') == expected
    assert ask(engine, f'SEARCH[Location](AREA[LocationCountry]"{name}")') == expected
    assert ask(engine, f'"{name}"', "LocationSearch") == expected
    assert ask(engine, f'NOT AREA[LocationCountry]"{name}"') == set(range(1, 14)) - expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("FL", {2, 11}), ("fl", {2, 11}), ("Florida", {2, 11}), ("MA", {1}), ("Boston, MA", {1}),
        ("Boston MA USA", {1}), ("Boston, Massachusetts, United States", {1}), ("Miami Florida", {2}),
        ("Ankara Türkiye", {3}), ("Ankara, Turkey", {3}), ("Seoul, South Korea", {5}), ("Seoul Korea", {5}),
        ("Portland, OR", {8}), ("Portland OR", {8}), ("Boston Turkey", set()), ("Rio de Janeiro", {10}),
        ("Leeds, UK", {9}), ("Leeds, United Kingdom", {9}), ("USA Boston", {1}),
    ],
)  # fmt: skip
def test_places_are_searched_as_people_write_them(
    engine: SearchEngine, text: str, expected: set[int]
) -> None:
    assert ask(engine, text, "LocationSearch") == expected


COUNTRY_OR_FACILITY = (
    {"city": "Ankara", "country": "Turkey"},
    {"city": "Izmir", "country": "Turkey (Türkiye)"},
    {"facility": "Turkey Creek Hospital", "city": "Austin", "state": "Texas", "country": "United States"},
    {"facility": "Klinik Türkei", "city": "Berlin", "country": "Germany"},
    {"facility": "Hospital de Sao Joao", "city": "Porto", "country": "Portugal"},
    {"city": "Lebanon", "state": "New Hampshire", "country": "United States"},
    {"city": "Beirut", "country": "Lebanon"},
    {"city": "Milano", "country": "Italy"},
    {"city": "Milan", "country": "Italy"},
    {"city": "Istanbul", "country": "Turkey"},
)


@pytest.fixture(scope="module")
def ambiguous(tmp_path_factory: pytest.TempPathFactory) -> SearchEngine:
    records = [
        make_located(f"NCT000000{number:02}", site, title="A study")
        for number, site in enumerate(COUNTRY_OR_FACILITY, 1)
    ]
    return open_engine(make_library(tmp_path_factory.mktemp("ambiguous"), records))


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("Turkey", "Türkiye", "Turkey (Türkiye)", "Republic of Turkey", "Türkei", "TUR"), {1, 2, 3, 10}),
        (("United States", "USA", "U.S.A.", "US", "Vereinigte Staaten", "États-Unis"), {3, 6}),
        (("Lebanon", "Libanon", "Liban"), {6, 7}),
        (("Milan", "Milano", "Mailand"), {8, 9}),
        (("Istanbul", "İstanbul", "ISTANBUL"), {10}),
        (("Lebanon, NH", "Lebanon New Hampshire"), {6}),
    ],
)
def test_a_country_has_one_set_of_studies_wherever_its_name_stands_too(
    ambiguous: SearchEngine, names: tuple[str, ...], expected: set[int]
) -> None:
    assert {name: ask(ambiguous, name, "LocationSearch") for name in names} == dict.fromkeys(names, expected)


def test_words_asked_as_they_are_written_stay_so(engine: SearchEngine) -> None:
    assert ask(engine, "AREA[LocationCountry]EXPANSION[None]Turkey") == TURKISH
    assert ask(engine, "AREA[LocationCountry]EXPANSION[None]Türkiye") == {4}
    assert ask(engine, 'AREA[LocationCountry]EXPANSION[None]"Korea, Republic of"') == {5}


def test_a_country_is_counted_under_one_name(engine: SearchEngine) -> None:
    counts = engine.search(SearchRequest(facets=("LocationCountry",))).facets["LocationCountry"]
    assert counts["Turkey (Türkiye)"] == 2
    assert counts["South Korea"] == 2
    assert set(counts) == {
        "United States", "Turkey (Türkiye)", "South Korea", "North Korea", "United Kingdom", "Brazil", "Ukraine",
        "Bosnia and Herzegovina",
    }  # fmt: skip


def test_a_place_that_there_is_not_gets_a_suggestion(engine: SearchEngine) -> None:
    assert engine.suggest_places("Untied States") == ("United States",)
    assert engine.suggest_places("Bostn, MA") == ("Boston, MA",)
    assert engine.suggest_places("Germany") == ()
    assert engine.suggest_places("") == ()


def test_the_shared_case_of_country_names(tmp_path: Path) -> None:
    body = (find_shared("cases") / "07a_country_names.json").read_bytes()
    records = msgspec.json.decode(body)["studies"]
    engine = open_engine(make_library(tmp_path, records))
    pairs = (
        ("Turkey", "Turkey (Türkiye)", "Türkiye"),
        ("Russia", "Russian Federation"),
        ("South Korea", "Korea, Republic of"),
        ("Iran", "Iran, Islamic Republic of"),
    )
    for at, names in enumerate(pairs):
        expected = {99900700 + 2 * at, 99900701 + 2 * at}
        for name in names:
            assert find(engine, make_request("", {"country": [name]}, limit=100)) == expected, name
            assert ask(engine, f"AREA[LocationCountry]({name!r})".replace("'", '"')) == expected
            assert ask(engine, f'"{name}"', "LocationSearch") == expected


@pytest.fixture(scope="module")
def towns(tmp_path_factory: pytest.TempPathFactory) -> SearchEngine:
    sites = (
        {"city": "Munich", "country": "Germany"},
        {"city": "Bayern", "facility": "Klinikum München", "country": "Germany"},
        {"city": "Muenchen", "country": "Germany"},
        {"city": "Wien", "country": "Austria"},
    )
    records = [
        make_located(f"NCT0000000{number}", site, title="A study") for number, site in enumerate(sites, 1)
    ]
    return open_engine(make_library(tmp_path_factory.mktemp("towns"), records))


@pytest.mark.parametrize("name", ["Munich", "München", "muenchen", "Munchen"])
def test_a_town_is_found_by_each_of_its_names(towns: SearchEngine, name: str) -> None:
    found = {1, 2, 3}
    assert ask(towns, name, "LocationSearch") == found
    assert ask(towns, f"AREA[LocationSearch]{name}") == found
    assert ask(towns, f"{name} Germany", "LocationSearch") == found
    assert ask(towns, f"{name} Brazil", "LocationSearch") == set()
    # A piece of a record is asked for the words that stand in it.
    assert ask(towns, f"AREA[LocationCity]{name}") < found
