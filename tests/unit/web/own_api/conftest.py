"""A library that learnt its records in three runs, served."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from tests.unit.web.api_v2.conftest import make_record

from trialbook.library.build import import_paths
from trialbook.library.lists import add_studies
from trialbook.library.rebuild import rebuild
from trialbook.library.saved import save_search
from trialbook.samples import sample_paths
from trialbook.web.app import make_app

HOSTILE_TITLE = "<script>alert('1')</script> & \"tails\" \u000b]]> =1+1"
SAVED_AFTER_FIRST_RUN = "diabetes"


def make_version(nct_id: str, day: str, *, status: str = "RECRUITING", count: int = 26) -> dict[str, Any]:
    """A record of a day with a status and a number of participants."""
    record = deepcopy(make_record(nct_id))
    record["protocolSection"]["statusModule"] |= {"overallStatus": status, "lastUpdateSubmitDate": day}
    record["protocolSection"]["designModule"]["enrollmentInfo"]["count"] = count
    return record


def write_records(path: Path, records: list[dict[str, Any]]) -> Path:
    """A file of JSON lines."""
    path.write_text("\n".join(json.dumps(record) for record in records), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def own_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The library's folder.

    Its first run brought three studies and the samples, its second a new version of one of them and a
    study with a hostile title, its third an old version of another.
    """
    folder: Path = tmp_path_factory.mktemp("own")
    home = folder / "library"
    first = [make_version(f"NCT9800000{number}", "2024-05-01") for number in (1, 2, 3)]
    import_paths(home, [write_records(folder / "first.jsonl", first), *sample_paths()])
    save_search(home, SAVED_AFTER_FIRST_RUN, "query.cond=Diabetes", after=count_versions(home))
    add_studies(home, "kept", {"NCT98000001": "Ask", "NCT98000002": ""}, after=count_versions(home))
    hostile = make_version("NCT98000004", "2024-06-01")
    hostile["protocolSection"]["identificationModule"]["briefTitle"] = HOSTILE_TITLE
    second = [make_version("NCT98000001", "2025-06-01", status="COMPLETED", count=30), hostile]
    import_paths(home, [write_records(folder / "second.jsonl", second)])
    third = [make_version("NCT98000002", "2020-01-01", count=99)]
    import_paths(home, [write_records(folder / "third.jsonl", third)])
    rebuild(home, ["criteria"])
    return home


def count_versions(home: Path) -> int:
    """The number of the version that came last."""
    from trialbook.store import Store
    from trialbook.store.arrivals import find_last_arrival

    with Store.create(home) as store:
        return find_last_arrival(store)


@pytest.fixture(scope="session")
def site(own_home: Path) -> TestClient:
    """The site over that library."""
    return TestClient(make_app(own_home), base_url="http://localhost", follow_redirects=False)


@pytest.fixture(scope="session")
def own(own_home: Path) -> TestClient:
    """Its own API."""
    return TestClient(make_app(own_home), base_url="http://localhost/api/trialbook", follow_redirects=False)
