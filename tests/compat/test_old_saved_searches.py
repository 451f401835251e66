"""Saved searches and lists that an earlier schema version kept are still there, and can be added to.

Each file was written once, by `save_search`, `add_studies` and `see_list` of its version; it is never made again.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from trialbook.library.kept import FILE_NAME, SCHEMA_VERSION, Look
from trialbook.library.lists import KeptList, ListEntry, add_studies, find_lists, get_list
from trialbook.library.saved import SavedSearch, find_searches, save_search

FILES = sorted(Path(__file__).parent.glob("saved-*.sqlite"))


def test_each_schema_version_has_a_file_here() -> None:
    numbers = [int(re.sub(r"\D", "", path.stem)) for path in FILES]
    assert numbers == list(range(1, SCHEMA_VERSION + 1))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_old_searches_are_found_and_others_join_them(path: Path, tmp_path: Path) -> None:
    shutil.copy(path, tmp_path / FILE_NAME)
    query, saved_at = "filter.overallStatus=RECRUITING&query.cond=heart+failure", "2026-11-26T12:00:00+00:00"
    old = (
        SavedSearch("heart-failure", query, saved_at, 5),
        SavedSearch("stroke", "query.term=stroke", saved_at, 0),
    )
    assert find_searches(tmp_path) == old
    new = save_search(tmp_path, "zoster", "query.cond=zoster", after=9)
    assert find_searches(tmp_path) == (*old, new)


@pytest.mark.parametrize("path", FILES[1:], ids=lambda path: path.stem)
def test_old_lists_are_found_with_their_notes(path: Path, tmp_path: Path) -> None:
    shutil.copy(path, tmp_path / FILE_NAME)
    made_at = "2026-11-26T12:00:00+00:00"
    entries = (
        ListEntry("NCT04776239", "Ask about Miami", made_at, 5),
        ListEntry("NCT99000001", "", made_at, 5),
    )
    assert get_list(tmp_path, "to-read") == KeptList("to-read", made_at, entries, Look(6, made_at))
    add_studies(tmp_path, "to-read", {"NCT99000002": ""}, after=9)
    assert get_list(tmp_path, "to-read").nct_ids == ("NCT04776239", "NCT99000001", "NCT99000002")


def test_a_file_without_lists_takes_them(tmp_path: Path) -> None:
    shutil.copy(FILES[0], tmp_path / FILE_NAME)
    assert find_lists(tmp_path) == ()
    add_studies(tmp_path, "first", {"NCT04776239": ""}, after=9)
    assert get_list(tmp_path, "first").nct_ids == ("NCT04776239",)
    assert [each.name for each in find_searches(tmp_path)] == ["heart-failure", "stroke"]
