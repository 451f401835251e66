"""What is worked out for a state of the index is right for each day and study, and goes when the state goes."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.library import make_library, open_engine
from tests.naive.records import make_located, make_record, make_titled

from trialbook.errors import QueryError
from trialbook.library.build import import_paths
from trialbook.search.engine.engine import SearchEngine, SearchRequest
from trialbook.search.engine.reader import Recent
from trialbook.search.index.document import compute_order
from trialbook.search.language.parse import parse_query

# Their CRC-32 is the same.
SAME_CHECKSUM = ("EUCTR2016-000370-90-DE", "ISRCTN10041098")
OTHERS = tuple(f"ISRCTN0000000{number}" for number in range(9))


def walk(engine: SearchEngine, page_size: int) -> list[str]:
    met: list[str] = []
    token: str | None = None
    while True:
        page = engine.search_page(SearchRequest(), page_size=page_size, page_token=token)
        met += page.nct_ids
        token = page.next_page_token
        assert len(met) < 100, "the walk does not end"
        if token is None:
            return met


def ask(engine: SearchEngine, text: str, as_of: str | None = None) -> list[str]:
    found = engine.search(SearchRequest(queries=(parse_query(text),), as_of=as_of, limit=100))
    return sorted(found.nct_ids)


@pytest.fixture
def registers(tmp_path: Path) -> SearchEngine:
    heart, stroke = SAME_CHECKSUM
    records = [
        make_titled(heart, "Heart failure"),
        make_titled(stroke, "After a stroke"),
        *(make_titled(nct_id, "Asthma") for nct_id in OTHERS),
        make_titled("NCT00000002", "Asthma"),
        make_titled("NCT00000001", "Asthma"),
    ]
    return open_engine(make_library(tmp_path, records))


def test_ids_of_any_register_are_each_met_once_in_a_walk(registers: SearchEngine) -> None:
    for page_size in (1, 2, 10):
        met = walk(registers, page_size)
        assert met[:2] == ["NCT00000001", "NCT00000002"]
        assert sorted(met[2:]) == sorted([*SAME_CHECKSUM, *OTHERS])


def test_what_was_looked_up_in_records_is_the_study_itself(registers: SearchEngine) -> None:
    assert ask(registers, "EXPANSION[None]stroke") == [SAME_CHECKSUM[1]]
    assert ask(registers, "EXPANSION[None]Heart") == [SAME_CHECKSUM[0]]


def test_a_study_is_found_by_its_id_even_where_two_have_one_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heart, stroke = SAME_CHECKSUM
    monkeypatch.setattr("trialbook.search.index.document.compute_order", lambda nct_id: 1 << 63)
    records = [make_titled(heart, "Heart failure"), make_titled(stroke, "After a stroke")]
    assert ask(open_engine(make_library(tmp_path, records)), "EXPANSION[None]stroke") == [stroke]


def test_numbers_of_the_registry_come_first_in_the_order_of_its_ids() -> None:
    ids = ["NCT00000000", "NCT00000007", "NCT99999999"]
    assert [compute_order(nct_id) for nct_id in ids] == [0, 7, 99_999_999]
    others = ["NCT7", "NCT000000070", "nct00000007", "EUCTR2016-000370-90-DE", "ISRCTN10041098", ""]
    numbers = {compute_order(nct_id) for nct_id in others}
    assert len(numbers) == len(others)
    assert all(1 << 63 <= number < 1 << 64 for number in numbers)


def test_realistic_ids_of_other_registers_do_not_share_a_number() -> None:
    ids = [f"EUCTR2016-{number:06}-90-{country}" for number in range(60_000) for country in ("DE", "GB")]
    ids += [f"ISRCTN{number}" for number in range(10_000_000, 10_080_000)]
    assert len(set(map(compute_order, ids))) == len(ids)


# As of a day


def make_dated(title: str, day: str) -> dict[str, Any]:
    values = {"identificationModule.briefTitle": title, "statusModule.lastUpdateSubmitDate": day}
    return make_record("NCT00000001", values)


def test_what_was_looked_up_for_one_day_does_not_answer_for_another(tmp_path: Path) -> None:
    versions = [make_dated("Asthma in SMOKERS", "2020-01-01"), make_dated("Asthma in smokers", "2022-01-01")]
    engine = open_engine(make_library(tmp_path, versions))
    lower, upper = "EXPANSION[None]smokers", "EXPANSION[None]\\SMOKERS"
    days = (None, "2021", None, "2023", "2021", "2019")
    assert [len(ask(engine, lower, day)) for day in days] == [1, 0, 1, 1, 0, 0]
    assert [len(ask(engine, upper, day)) for day in days] == [0, 1, 0, 0, 1, 0]


def test_a_partial_date_is_asked_at_its_end_also_in_records(tmp_path: Path) -> None:
    versions = [make_dated("Asthma in SMOKERS", "2020-01-01"), make_dated("Asthma in smokers", "2021-06-15")]
    engine = open_engine(make_library(tmp_path, versions))
    found = [
        len(ask(engine, "EXPANSION[None]smokers", day)) for day in ("2020", "2021-05", "2021-06", "2021")
    ]
    assert found == [0, 0, 1, 1]


def test_a_search_as_of_a_month_or_a_year_is_one_as_of_its_end(tmp_path: Path) -> None:
    versions = [make_dated("Asthma", "2020-01-01"), make_dated("Gout", "2021-06-15")]
    engine = open_engine(make_library(tmp_path, versions))
    days = ("2019", "2020", "2021-05", "2021-06", "2021")
    assert [len(ask(engine, "asthma", day)) for day in days] == [0, 1, 1, 0, 0]
    assert [len(ask(engine, "gout", day)) for day in days] == [0, 0, 0, 1, 1]


# What a state holds


def test_records_are_looked_up_once_in_a_state_of_the_index(registers: SearchEngine) -> None:
    read, asked = registers._read_record, []

    def read_and_count(nct_id: str, day: str | None) -> bytes:
        asked.append(nct_id)
        return read(nct_id, day)

    registers._read_record = read_and_count
    for _ in range(3):
        assert ask(registers, "EXPANSION[None]stroke") == [SAME_CHECKSUM[1]]
    assert asked == [SAME_CHECKSUM[1]]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("AREA[Condition]EXPANSION[None]asthma", [2]),
        ("AREA[Condition]EXPANSION[None]Asthma", [1]),
        ("AREA[Condition]EXPANSION[None]COVERAGE[StartsWith]Severe", [2]),
        ("AREA[Condition]EXPANSION[None]COVERAGE[EndsWith]asthma", [2]),
        ("AREA[Condition]EXPANSION[None]COVERAGE[FullMatch]Asthma", [1]),
        ("AREA[Condition]EXPANSION[None]severe", []),
        ("AREA[OverallStatus]EXPANSION[None]COMPLETED", [2]),
        ("AREA[StatusModule]EXPANSION[None]Completed", [2]),
        ("AREA[StatusModule]EXPANSION[None]completed", []),
        ("NOT AREA[LocationCity]EXPANSION[None]lyon", [1, 2]),
        ("SEARCH[Location](AREA[LocationCity]COVERAGE[StartsWith]new)", [2]),
        ("SEARCH[Location](AREA[LocationCity]COVERAGE[EndsWith]york)", [2]),
        ("SEARCH[Location](AREA[LocationCity]COVERAGE[StartsWith]ew york)", []),
        ("SEARCH[Location](EXPANSION[Lossy]lyon nowhere)", [1]),
        ("SEARCH[Location](lyon AND SEARCH[Study](AREA[Condition]asthma))", [1]),
        ("SEARCH[Location](SEARCH[Study](AREA[OverallStatus]COMPLETED))", [2]),
        ("SEARCH[Location](lyon AND SEARCH[Study](AREA[OverallStatus]COMPLETED))", []),
        ("AREA[BriefTitle:size]1", [1, 2]),
        ("AREA[BriefTitle:size]RANGE[2, MAX]", []),
        ("AREA[OfficialTitle:size]0", [1, 2]),
    ],
)
def test_what_the_index_decides_is_looked_up_in_no_record(
    tmp_path: Path, text: str, expected: list[int]
) -> None:
    records = [
        make_located("NCT00000001", {"city": "Lyon"}, title="A"),
        make_located("NCT00000002", {"city": "New York"}, title="B"),
    ]
    conditions = (["Asthma"], ["Severe asthma"])
    for record, names in zip(records, conditions, strict=True):
        record["protocolSection"]["conditionsModule"] = {"conditions": names}
    records[1]["protocolSection"]["statusModule"] = {"overallStatus": "COMPLETED"}
    engine = open_engine(make_library(tmp_path, records))
    asked: list[str] = []

    def read(nct_id: str, day: str | None) -> bytes:
        asked.append(nct_id)
        return msgspec.json.encode(next(each for each in records if nct_id in str(each)))

    engine._read_record = read
    assert ask(engine, text) == [f"NCT0000000{number}" for number in expected]
    assert asked == []


@contextmanager
def uncollected() -> Iterator[None]:
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def test_an_old_state_is_freed_when_its_last_holder_lets_go(tmp_path: Path) -> None:
    site = {"city": "Lyon", "geoPoint": {"lat": 45.75, "lon": 4.85}}
    records = [make_located(f"NCT0000000{number}", site, title="Asthma") for number in (1, 2)]
    home = make_library(tmp_path / "home", records)
    engine = open_engine(home)
    more = tmp_path / "more.jsonl"
    with uncollected():
        for text in (
            "asthma",
            "EXPANSION[None]Asthma",
            "TILT[StudyFirstPostDate]asthma",
            "AREA[LocationGeoPoint]DISTANCE[45.75, 4.85, 10km]",
            "SEARCH[Location](NOT lyon)",
        ):
            ask(engine, text)
        old = weakref.ref(engine._open_reader())
        assert old() is not None
        more.write_text('{"protocolSection": {"identificationModule": {"nctId": "NCT00000003"}}}')
        import_paths(home, [more])
        engine._index._checked_at = 0.0
        assert engine.search(SearchRequest()).total == 3
        assert old() is None


def test_only_the_last_values_are_kept_and_each_is_made_once() -> None:
    made: list[int] = []
    recent: Recent[int, int] = Recent(2)

    def get(key: int) -> int:
        def make() -> int:
            made.append(key)
            return key * 10

        return recent.get(key, make)

    assert [get(key) for key in (1, 2, 1, 3, 1, 2)] == [10, 20, 10, 30, 10, 20]
    assert made == [1, 2, 3, 2]


# What a search inside one site asks of the index


def test_what_is_asked_of_one_site_is_charged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = open_engine(make_library(tmp_path, [make_located("NCT00000001", {"city": "Lyon"})]))
    query = "SEARCH[Location](AREA[LocationCity](lyon OR paris OR rome))"
    monkeypatch.setattr("trialbook.search.engine.targets.MOST_ATOMS", 2)
    with pytest.raises(QueryError, match="too much at once"):
        ask(engine, query)
    monkeypatch.setattr("trialbook.search.engine.targets.MOST_ATOMS", 3)
    assert ask(engine, query) == ["NCT00000001"]


@pytest.mark.parametrize("asked", ['"--"', "--", "EXPANSION[Term]--", 'COVERAGE[FullMatch]"--"'])
def test_no_site_is_in_a_city_without_a_name(tmp_path: Path, asked: str) -> None:
    engine = open_engine(make_library(tmp_path, [make_located("NCT00000001", {"city": "Lyon"})]))
    assert ask(engine, f"SEARCH[Location](AREA[LocationCity]{asked})") == []


def test_cities_within_two_circles_are_charged_what_is_asked(tmp_path: Path) -> None:
    """Two circles of 60 and 59 places: asked of the index are 12 cities at 59 places, the rest of the records."""
    cities = [f"city{number}" for number in range(12)]
    # A place each 111 m on the way north.
    records = [
        make_located(
            f"NCT{number:08}",
            {"city": cities[number % 12], "geoPoint": {"lat": round(48.85 + number / 1000, 3), "lon": 2.35}},
        )
        for number in range(60)
    ]
    engine = open_engine(make_library(tmp_path, records))
    circles = " AND ".join(f"AREA[LocationGeoPoint]DISTANCE[48.85, 2.35, {km}km]" for km in ("6.5", "100"))
    query = f"SEARCH[Location](AREA[LocationCity]({' OR '.join(cities)}) AND {circles})"
    assert ask(engine, query) == [f"NCT{number:08}" for number in range(59)]
    fewer = query.replace("city7 OR", "")
    assert ask(engine, fewer) == [f"NCT{number:08}" for number in range(59) if number % 12 != 7]
