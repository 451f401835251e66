"""Are saved searches kept, and is nonsense declined?"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from urllib.parse import unquote_plus

import pytest

from trialbook.ask.query_string import describe_query, normalise_query, write_site_url
from trialbook.errors import NotFoundError, QueryError, StoreDamagedError, StoreError, UsageError
from trialbook.library import kept, saved
from trialbook.library.saved import find_searches, get_search, remove_search, save_search


def test_what_was_saved_is_found_until_it_is_removed(tmp_path: Path) -> None:
    assert find_searches(tmp_path) == ()
    assert list(tmp_path.iterdir()) == []
    second = save_search(tmp_path, "stroke-2", "query.cond=stroke", after=7)
    first = save_search(tmp_path, "a", "query.term='; DROP TABLE saved_search; --", after=0)
    assert find_searches(tmp_path) == (first, second)
    assert get_search(tmp_path, "stroke-2") == second
    assert (second.after, second.query) == (7, "query.cond=stroke")
    remove_search(tmp_path, "a")
    assert find_searches(tmp_path) == (second,)


@pytest.mark.parametrize("name", ["", "A", "-a", "a-", "a b", "../a", "ä", "a" * 61, "a\n", "a/b", "1" * 100])
def test_names_of_another_form_are_declined(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="cannot be a name"):
        save_search(tmp_path, name, "query.term=x", after=0)


def test_a_name_is_given_once(tmp_path: Path) -> None:
    save_search(tmp_path, "a", "query.term=x", after=0)
    with pytest.raises(UsageError, match="called a already"):
        save_search(tmp_path, "a", "query.term=y", after=0)
    assert get_search(tmp_path, "a").query == "query.term=x"


def test_bounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="8,000 characters"):
        save_search(tmp_path, "a", "x" * 8_001, after=0)
    monkeypatch.setattr(saved, "MOST_SAVED", 1)
    save_search(tmp_path, "a", "x", after=0)
    with pytest.raises(UsageError, match="saved searches already"):
        save_search(tmp_path, "b", "x", after=0)


def test_what_was_never_saved_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        get_search(tmp_path, "a")
    with pytest.raises(NotFoundError):
        remove_search(tmp_path, "a")


def test_a_file_of_a_newer_trialbook_or_of_none_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / kept.FILE_NAME
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(StoreError, match="newer Trialbook"):
        find_searches(tmp_path)
    path.write_bytes(b"nothing that SQLite reads" * 100)
    with pytest.raises(StoreError, match="cannot use the saved searches"):
        find_searches(tmp_path)


def test_a_search_near_a_place_is_kept_by_the_place_and_stays_readable_without_it() -> None:
    asked = "near=Miami&within=30km"
    kept = normalise_query(asked)
    assert kept == asked
    assert describe_query(kept) == "Near: Miami; Within: 30km"
    assert "DISTANCE" in unquote_plus(write_site_url(kept))
    with pytest.raises(QueryError, match="no place is called"):
        normalise_query("near=Xyzzyplugh")
    assert write_site_url("near=Xyzzyplugh") == "/?near=Xyzzyplugh"


def test_a_search_that_was_altered_is_named_and_never_shown(tmp_path: Path) -> None:
    save_search(tmp_path, "a", "query.term=cough", after=7)
    with sqlite3.connect(tmp_path / kept.FILE_NAME) as connection:
        sums = connection.execute("SELECT * FROM row_sum").fetchall()
        connection.execute("UPDATE saved_search SET query = 'query.term=couch'")
        connection.executemany("INSERT OR REPLACE INTO row_sum VALUES (?, ?, ?)", sums)
    connection.close()

    with pytest.raises(StoreDamagedError, match="the saved search a is not what was kept"):
        get_search(tmp_path, "a")
    with pytest.raises(StoreError, match="saved search a"):
        kept.check_kept(tmp_path)
