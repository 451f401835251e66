"""Where the tests find real records: `../shared` beside the repository, or they skip and say so."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

# How long an example takes says more of the machine than of what is tested.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

SHARED = Path(os.environ.get("TRIALBOOK_SHARED", Path(__file__).parents[2] / "shared"))


def find_shared(part: str) -> Path:
    folder = SHARED / part
    if not folder.is_dir():
        pytest.skip(f"needs the real records of {part}/ in {SHARED} (set TRIALBOOK_SHARED to where they are)")
    return folder


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real registry records; the test is skipped where they are missing."""
    return find_shared("data")


@pytest.fixture(scope="session")
def shared_spec() -> Path:
    """The registry's own specification files; the test is skipped where they are missing."""
    return find_shared("spec")


@pytest.fixture(scope="session")
def shared_seed() -> Path:
    """The reference record page; the test is skipped where it is missing."""
    return find_shared("seed")
