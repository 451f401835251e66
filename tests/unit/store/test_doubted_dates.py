"""A date that lies after the day on which a version came is not believed: by arrival it takes its place."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from trialbook.changes.history import describe_history, find_history
from trialbook.library import Library
from trialbook.library.build import import_paths
from trialbook.store import NewVersion, Store, Writer
from trialbook.store.check import find_damage

MakeVersion = Callable[..., NewVersion]


def save(store: Store, *versions: NewVersion) -> None:
    for version in versions:
        with Writer(store, "test") as writer:
            writer.save([version])


def find_title(store: Store, *, as_of: str | None = None) -> str:
    record = json.loads(store.get_body("NCT00000001", as_of=as_of))
    return str(record["protocolSection"]["identificationModule"]["briefTitle"])


@pytest.mark.parametrize("day", ["9999-12-31", "9999", "2999-01"])
def test_a_date_far_ahead_does_not_stay_in_force(
    empty_store: Store, make_version: MakeVersion, day: str
) -> None:
    save(empty_store, make_version(title="first", day="2024-01-01"), make_version(title="ahead", day=day))
    assert find_title(empty_store) == "ahead"
    assert find_title(empty_store, as_of="2024-06-01") == "first"

    save(empty_store, make_version(title="next", day="2024-02-01"))
    assert find_title(empty_store) == "next"
    versions = empty_store.find_versions("NCT00000001")
    assert [version.version_date for version in versions] == ["2024-01-01", day, "2024-02-01"]
    assert [bool(version.doubt) for version in versions] == [False, True, False]
    assert versions[1].known_from == versions[1].learnt_at[:10]
    assert list(find_damage(empty_store)) == []

    text = describe_history("NCT00000001", find_history(empty_store, "NCT00000001"), ())
    assert f"! its date, {day}, is later than the day on which it came: it is not believed" in text


def test_an_older_version_that_comes_later_stays_behind(
    empty_store: Store, make_version: MakeVersion
) -> None:
    save(
        empty_store,
        make_version(title="first", day="2024-01-01"),
        make_version(title="ahead", day="9999-12-31"),
        make_version(title="before", day="2023-01-01"),
    )
    assert find_title(empty_store) == "ahead"


def test_a_date_some_days_ahead_is_believed(empty_store: Store, make_version: MakeVersion) -> None:
    save(empty_store, make_version(title="first"))
    (version,) = empty_store.find_versions("NCT00000001")
    year, month, day = map(int, version.learnt_at[:10].split("-"))
    ahead = f"{year}-{month:02}-{day + 1:02}" if day < 28 else f"{year}-{month:02}-{day:02}"
    save(empty_store, make_version(title="ahead", day=ahead), make_version(title="next", day="2024-02-01"))
    assert find_title(empty_store) == "ahead"
    assert not any(version.doubt for version in empty_store.find_versions("NCT00000001"))


def test_a_library_of_before_is_put_in_order_by_its_next_writer(
    empty_store: Store, make_version: MakeVersion
) -> None:
    save(
        empty_store,
        make_version(title="ahead", day="9999-12-31"),
        make_version(title="next", day="2024-02-01"),
        make_version(2),
    )
    empty_store.connection.execute("UPDATE study SET current_version_id = 1 WHERE study_id = 1")
    empty_store.connection.execute("DELETE FROM library WHERE key = 'order'")
    assert find_title(empty_store) == "ahead"
    seq = empty_store.seq
    with Writer(empty_store, "test"):
        pass
    assert find_title(empty_store) == "next"
    assert empty_store.seq == seq + 1
    assert [nct_id for _, nct_id in empty_store.iter_changed_ids(seq)] == ["NCT00000001"]


def test_search_and_history_follow(tmp_path: Path, make_version: MakeVersion) -> None:
    home = tmp_path / "library"
    for number, version in enumerate(
        (
            make_version(title="first", day="2024-01-01"),
            make_version(title="ahead", day="9999-12-31"),
            make_version(title="next", day="2024-02-01"),
        )
    ):
        path = tmp_path / f"{number}.json"
        path.write_bytes(version.body)
        import_paths(home, [path])
    with Library(home) as library:
        assert [library.search(word).total for word in ("first", "ahead", "next")] == [0, 0, 1]
        day = "2024-01-15"
        assert [library.search(word, as_of=day).total for word in ("first", "ahead", "next")] == [1, 0, 0]
        assert library.search(as_of="2024-03-01").total == 1
        library.rebuild("index")
        assert [library.search(word).total for word in ("first", "ahead", "next")] == [0, 0, 1]
