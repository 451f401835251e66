"""Are the statistics of a library those of its records, and of its last change?"""

from __future__ import annotations

import json
import queue
import threading
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from tests.unit.web.api_v2.conftest import RECORDS, make_record

from trialbook.derived.statistics import FILE_NAME, load_statistics
from trialbook.errors import ApiError
from trialbook.library.build import import_paths
from trialbook.store import Store
from trialbook.web.api_v2 import statistics as keeping
from trialbook.web.app import make_app


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A library of the three records alone."""
    (tmp_path / "records.json").write_text(json.dumps(RECORDS))
    import_paths(tmp_path / "library", [tmp_path / "records.json"])
    return tmp_path / "library"


def ask(home: Path, path: str) -> Any:
    answer = TestClient(make_app(home), base_url="http://localhost").get(f"/api/v2/stats/{path}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_values_of_an_enumeration(home: Path) -> None:
    assert ask(home, "field/values?fields=Phase") == [
        {
            "type": "ENUM",
            "piece": "Phase",
            "field": "protocolSection.designModule.phases",
            "missingStudiesCount": 2,
            "uniqueValuesCount": 2,
            "topValues": [{"value": "PHASE1", "studiesCount": 1}, {"value": "PHASE2", "studiesCount": 1}],
        }
    ]


@pytest.mark.parametrize(
    ("piece", "expected"),
    [
        ("HasResults", {"type": "BOOLEAN", "trueCount": 0, "falseCount": 3, "missingStudiesCount": 0}),
        ("EnrollmentCount", {"type": "INTEGER", "min": 26, "max": 26, "avg": 26.0, "missingStudiesCount": 2}),
        ("LocationGeoPoint", None),
        ("StartDate", {"type": "DATE", "formats": ["yyyy-MM"], "min": "2021-08", "max": "2021-08"}),
        ("MinimumAge", {"type": "STRING", "uniqueValuesCount": 1}),
        (
            "Condition",
            {
                "longest": {"length": 13, "nctId": "NCT98000001", "value": "Heart Failure"},
                "uniqueValuesCount": 2,
            },
        ),
    ],
)
def test_values_by_type(home: Path, piece: str, expected: dict[str, Any] | None) -> None:
    rows = ask(home, f"field/values?fields={piece}")
    if expected is None:
        assert rows == []
    else:
        assert {key: rows[0][key] for key in expected} == expected


def test_a_changed_digit_in_what_is_kept_is_never_answered(home: Path) -> None:
    told = ask(home, "size")["averageSizeBytes"]
    kept = (home / FILE_NAME).read_bytes()
    (home / FILE_NAME).write_bytes(
        kept.replace(b'"averageSizeBytes":%d' % told, b'"averageSizeBytes":9%d' % told)
    )
    assert (home / FILE_NAME).read_bytes() != kept
    with Store(home) as store:
        assert load_statistics(home, store) is None
    assert ask(home, "size")["averageSizeBytes"] == told


def test_lengths_of_lists(home: Path) -> None:
    assert ask(home, "field/sizes?fields=protocolSection.contactsLocationsModule.locations") == [
        {
            "piece": "Location",
            "field": "protocolSection.contactsLocationsModule.locations",
            "uniqueSizesCount": 1,
            "minSize": 2,
            "maxSize": 2,
            "topSizes": [{"size": 2, "studiesCount": 2}],
        }
    ]


def test_types_choose_among_the_fields(home: Path) -> None:
    assert {row["type"] for row in ask(home, "field/values?types=DATE|BOOLEAN")} == {"DATE", "BOOLEAN"}
    assert {row["type"] for row in ask(home, "field/values")} == set(keeping.TYPES)


def test_sizes_are_those_of_the_received_bytes(home: Path) -> None:
    with Store(home) as store:
        sizes = sorted(len(body) for _, body in store.iter_current())
    shown = ask(home, "size")
    assert shown["totalStudies"] == 3
    assert shown["averageSizeBytes"] == round(sum(sizes) / 3)
    assert shown["largestStudies"][0]["sizeBytes"] == sizes[-1]
    assert sum(each["studiesCount"] for each in shown["ranges"]) == 3


def test_an_empty_library_has_statistics(tmp_path: Path) -> None:
    Store.create(tmp_path).close()
    assert ask(tmp_path, "size")["totalStudies"] == 0
    assert ask(tmp_path, "field/sizes?fields=Phase")[0]["uniqueSizesCount"] == 0


@pytest.mark.parametrize(
    ("path", "status", "text"),
    [
        ("field/values?fields=Foo|Bar", 404, "Unknown piece name of field path: Foo"),
        ("field/sizes?fields=Foo", 404, "Unknown piece name of field path: Foo"),
        ("field/values?types=WORD", 400, "Invalid value in parameter `types`: `WORD`"),
        ("field/values?query.cond=x", 400, "Invalid prefix in parameter name: query.cond"),
    ],
)
def test_what_is_unknown_is_declined(api: TestClient, path: str, status: int, text: str) -> None:
    answer = api.get(f"/stats/{path}")
    assert (answer.status_code, answer.text) == (status, text)


def test_a_change_is_counted_in(home: Path) -> None:
    assert ask(home, "size")["totalStudies"] == 3
    (home / "more.json").write_text(json.dumps(make_record("NCT98000004")))
    import_paths(home, [home / "more.json"])
    assert ask(home, "size")["totalStudies"] == 4


def test_a_large_library_is_counted_by_another_process(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "COUNTED_AT_ONCE", 0)
    with Store(home) as store:
        keeper = keeping.StatisticsKeeper(home)
        first = keeper.get(store)
        (home / "more.json").write_text(json.dumps(make_record("NCT98000004")))
        import_paths(home, [home / "more.json"])
        assert keeper.get(store) == first  # no second count so soon: the last one is answered
        assert (first.sizes.total_studies, first.seq) == (3, store.seq - 1)


def test_a_first_count_that_takes_long_is_said(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "COUNTED_AT_ONCE", 0)
    monkeypatch.setattr(keeping, "LONGEST_WAIT_S", 0.0)
    with Store(home) as store:
        keeper = keeping.StatisticsKeeper(home)
        with pytest.raises(ApiError) as raised:
            keeper.get(store)
        assert raised.value.status == 503
        keeper.wait()
        assert keeper.get(store).sizes.total_studies == 3


def test_few_requests_wait_for_a_first_count(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "COUNTED_AT_ONCE", 0)
    is_over = threading.Event()
    monkeypatch.setattr(keeping, "_wait_for", lambda process: is_over.wait(60))
    keeper = keeping.StatisticsKeeper(home)
    declined: queue.Queue[int] = queue.Queue()

    def get() -> None:
        with Store(home) as store:
            try:
                keeper.get(store)
            except ApiError as error:
                declined.put(error.status)

    threads = [threading.Thread(target=get) for _ in range(keeping.MOST_WAITING + 3)]
    for thread in threads:
        thread.start()
    assert [declined.get(timeout=30) for _ in range(3)] == [503] * 3
    keeper.wait()
    is_over.set()
    for thread in threads:
        thread.join(60)
    assert declined.empty(), "who waited was answered"


def test_statistics_of_another_library_or_a_torn_file_do_not_count(home: Path, tmp_path: Path) -> None:
    ask(home, "size")
    with Store.create(tmp_path / "another") as another:
        assert load_statistics(home, another) is None
    with Store(home) as store:
        assert load_statistics(home, store) is not None
        (home / FILE_NAME).write_bytes((home / FILE_NAME).read_bytes()[:100])
        assert load_statistics(home, store) is None
