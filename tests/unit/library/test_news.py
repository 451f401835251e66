"""Is what is new or changed found in either way, and only that?"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.library import open_engine

from trialbook.library import Library, news
from trialbook.library.build import import_paths
from trialbook.library.news import find_news
from trialbook.search.engine.engine import SearchEngine, SearchRequest
from trialbook.search.language.parse import parse_query
from trialbook.store import Store
from trialbook.store.arrivals import (
    find_arrivals,
    find_last_arrival,
    find_last_before,
    find_last_receipts,
    find_receipts,
)

EVERYTHING = SearchRequest()


def make_record(nct_id: str, day: str, status: str = "RECRUITING") -> dict[str, Any]:
    return {
        "protocolSection": {
            "identificationModule": {"nctId": nct_id, "briefTitle": f"Study {nct_id}"},
            "statusModule": {"overallStatus": status, "lastUpdateSubmitDate": day},
            "conditionsModule": {"conditions": ["Asthma" if nct_id.endswith("1") else "Gout"]},
        }
    }


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A library of three runs.

    1: two studies, one of them in two versions. 2: a version that changes the first, and an older one
    of the second. 3: a third study.
    """
    runs = [
        [
            make_record("NCT00000001", "2021-01-01"),
            make_record("NCT00000001", "2022-01-01", "SUSPENDED"),
            make_record("NCT00000002", "2022-01-01"),
        ],
        [make_record("NCT00000001", "2023-01-01", "COMPLETED"), make_record("NCT00000002", "2020-01-01")],
        [make_record("NCT00000003", "2019-01-01")],
    ]
    for number, records in enumerate(runs):
        path = tmp_path / f"{number}.jsonl"
        path.write_text("\n".join(map(json.dumps, records)))
        import_paths(tmp_path / "library", [path])
    return tmp_path / "library"


@pytest.fixture
def store(home: Path) -> Iterator[Store]:
    """The same, opened."""
    with Store(home) as store:
        yield store


@pytest.fixture
def engine(home: Path) -> SearchEngine:
    """The search over it."""
    return open_engine(home)


def tell(found: tuple[news.News, ...]) -> list[tuple[str, str | None, bool]]:
    return [(each.nct_id, each.version_date, each.is_new) for each in found]


ALL_NEWS = [
    ("NCT00000003", "2019-01-01", True),
    ("NCT00000001", "2023-01-01", False),
    ("NCT00000002", "2022-01-01", True),
    ("NCT00000001", "2022-01-01", True),
]


def test_each_run_tells_what_it_left_in_force(store: Store) -> None:
    def find(nct_id: str) -> list[tuple[str | None, str | None]]:
        return [
            (each.version.version_date, each.before and each.before.version_date)
            for each in find_arrivals(store, nct_id)
        ]

    assert find("NCT00000001") == [("2022-01-01", None), ("2023-01-01", "2022-01-01")]
    assert find("NCT00000002") == [("2022-01-01", None)]
    assert find("NCT00000404") == []


def test_news_come_in_the_order_of_their_arrival_the_last_first(store: Store, engine: SearchEngine) -> None:
    found = find_news(store, engine, EVERYTHING)
    assert tell(found) == ALL_NEWS
    assert [each.number for each in found] == sorted((each.number for each in found), reverse=True)
    (status,) = (each for each in found[1].changes if each.label == "Overall status")
    assert (status.before, status.after) == ("Suspended", "Completed")


def test_walking_and_asking_find_the_same(
    store: Store, engine: SearchEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    asthma = SearchRequest(queries=(parse_query("asthma"),))
    asked = [find_news(store, engine, request) for request in (EVERYTHING, asthma)]
    monkeypatch.setattr(news, "MOST_ASKED", 0)
    monkeypatch.setattr(news, "WALKED_AT_ONCE", 2)
    assert [find_news(store, engine, request) for request in (EVERYTHING, asthma)] == asked
    assert tell(asked[1]) == [each for each in ALL_NEWS if each[0] == "NCT00000001"]
    monkeypatch.setattr(news, "MOST_WALKED", 1)
    assert tell(find_news(store, engine, EVERYTHING)) == ALL_NEWS[:1]


def test_only_studies_that_are_found_now_are_told_of(store: Store, engine: SearchEngine) -> None:
    suspended = SearchRequest(filters=(parse_query("AREA[OverallStatus]SUSPENDED"),))
    assert find_news(store, engine, suspended) == ()
    completed = SearchRequest(filters=(parse_query("AREA[OverallStatus]COMPLETED"),))
    assert tell(find_news(store, engine, completed, limit=1)) == ALL_NEWS[1:2]


def test_limits(store: Store, engine: SearchEngine) -> None:
    assert tell(find_news(store, engine, EVERYTHING, limit=2)) == ALL_NEWS[:2]
    assert find_news(store, engine, EVERYTHING, limit=0) == ()
    last = find_last_arrival(store)
    assert find_news(store, engine, EVERYTHING, after=last) == ()
    assert tell(find_news(store, engine, EVERYTHING, after=last - 1)) == ALL_NEWS[:1]


def test_the_last_receipts_are_found(store: Store) -> None:
    everything = find_last_receipts(store, after=0, most=100)
    assert [(each.number, each.nct_id[-1]) for each in everything] == [
        (6, "3"),
        (5, "2"),
        (4, "1"),
        (3, "2"),
        (2, "1"),
    ]
    assert find_last_receipts(store, after=4, most=1) == everything[:1]
    ids = ["NCT00000001", *(f"NCT1{number:07}" for number in range(2_000)), "NCT00000003"]
    of_these = [each for each in everything if each.nct_id in ids]
    assert find_receipts(store, ids, after=0, most=100) == of_these
    assert find_receipts(store, ids, after=2, most=2) == of_these[:2]
    assert find_receipts(store, ids, after=0, most=1) == of_these[:1]
    assert find_receipts(store, [], after=0, most=5) == []


def test_a_long_history_that_comes_at_once_hides_no_other_study(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    days = [f"2010-01-{day:02}" for day in range(1, 31)]
    records = [make_record("NCT00000009", day, f"S{day}") for day in days]
    (tmp_path / "long.jsonl").write_text("\n".join(map(json.dumps, records)))
    import_paths(home, [tmp_path / "long.jsonl"])
    monkeypatch.setattr(news, "LOOKED_AT_FOR_EACH", 1)
    with Store(home) as store:
        told = tell(find_news(store, open_engine(home), EVERYTHING, limit=2))
    assert told == [("NCT00000009", "2010-01-30", True), ALL_NEWS[0]]


def test_a_day_is_a_place_in_the_order_of_arrival(store: Store) -> None:
    days = {4: "2026-01-02", 5: "2026-01-02", 6: "2026-01-05"}
    for number in range(1, 7):
        learnt_at = f"{days.get(number, '2026-01-01')}T10:00:00+00:00"
        store.connection.execute("UPDATE version SET learnt_at = ? WHERE version_id = ?", (learnt_at, number))
    expected = {"2026-01-01": 0, "2026-01-02": 3, "2026-01-03": 5, "2026-01-05": 5, "2026-01-06": 6}
    assert {day: find_last_before(store, day) for day in expected} == expected


def test_an_empty_library_has_no_news(tmp_path: Path) -> None:
    with Library.create(tmp_path) as library:
        store = library.store
        assert (find_last_arrival(store), find_last_before(store, "2026-01-01")) == (0, 0)
        assert find_news(store, open_engine(tmp_path), EVERYTHING) == ()
