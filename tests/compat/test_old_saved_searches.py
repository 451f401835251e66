"""Saved searches that an earlier schema version kept are still there, and can be added to.

Each file was written once, by `save_search` of its version; it is never made again.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from trialbook.library.saved import FILE_NAME, SCHEMA_VERSION, SavedSearch, find_searches, save_search

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
