"""Who follows the tokens meets each study once, whatever another process imports meanwhile."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from trialbook.library.build import import_paths
from trialbook.web.app import make_app

STUDIES, CHANGED, NEW = 3_000, 1_500, 600
PAGE_SIZE = 150
# By id; by a date that the import changes; by relevance, which it changes too; by two keys; by distance.
WALKS = {
    "by id": "",
    "by id, filtered": "filter.overallStatus=RECRUITING|COMPLETED",
    "by date": "sort=LastUpdatePostDate",
    "by relevance": "query.term=heart",
    "by two keys": "query.cond=heart&sort=EnrollmentCount:desc,@relevance",
    "by distance": "filter.geo=distance(10,10,500mi)",
}


def make_study(number: int, *, is_changed: bool = False) -> dict[str, Any]:
    day = f"2025-{number % 12 + 1:02}-{number % 28 + 1:02}"
    return {
        "protocolSection": {
            "identificationModule": {
                "nctId": f"NCT{90_000_000 + number * 7}",
                "briefTitle": f"The heart, part {number}" + (" and the heart" if is_changed else ""),
            },
            "statusModule": {
                "overallStatus": "COMPLETED" if is_changed else "RECRUITING",
                "lastUpdateSubmitDate": "2026-10-01" if is_changed else day,
                "lastUpdatePostDateStruct": {"date": "2026-10-02" if is_changed else day},
            },
            "conditionsModule": {"conditions": ["Heart Failure"] if number % 3 else ["Heart Attack"]},
            "designModule": {"enrollmentInfo": {"count": (number * 7919) % 500 + is_changed}},
            "contactsLocationsModule": {
                "locations": [{"city": "X", "geoPoint": {"lat": 10 + number % 90 / 30, "lon": 10.0}}]
            },
        },
        "hasResults": False,
    }


def get_id(study: dict[str, Any]) -> str:
    nct_id: str = study["protocolSection"]["identificationModule"]["nctId"]
    return nct_id


def write(path: Path, studies: list[dict[str, Any]]) -> Path:
    path.write_text("\n".join(map(json.dumps, studies)), encoding="utf-8")
    return path


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A library of 3,000 studies."""
    import_paths(
        tmp_path / "library", [write(tmp_path / "first.jsonl", [make_study(n) for n in range(STUDIES)])]
    )
    return tmp_path / "library"


def iter_pages(api: TestClient, query: str) -> Iterator[list[str]]:
    token = ""
    while True:
        answer = api.get(f"/studies?pageSize={PAGE_SIZE}&fields=NCTId&{query}{token}")
        assert answer.status_code == 200, answer.text
        page = answer.json()
        yield [get_id(study) for study in page["studies"]]
        if "nextPageToken" not in page:
            return
        assert len(page["nextPageToken"]) <= 20
        token = f"&pageToken={page['nextPageToken']}"


def walk_all(api: TestClient, between: Callable[[], None] = lambda: None) -> dict[str, list[str]]:
    """Walk in all ways at once, a page of each in turn."""
    met: dict[str, list[str]] = {name: [] for name in WALKS}
    walks = {name: iter_pages(api, query) for name, query in WALKS.items()}
    while walks:
        for name, pages in list(walks.items()):
            page = next(pages, None)
            if page is None:
                del walks[name]
            else:
                met[name] += page
        between()
    return met


def test_a_walk_meets_each_study_once_while_another_process_imports(home: Path, tmp_path: Path) -> None:
    changed = [make_study(number, is_changed=True) for number in range(0, 2 * CHANGED, 2)]
    new = [make_study(STUDIES + number) for number in range(NEW)]
    path = write(tmp_path / "second.jsonl", changed + new)
    command = [sys.executable, "-m", "trialbook", "--home", str(home), "import", str(path)]
    api = TestClient(make_app(home), base_url="http://localhost/api/v2")
    originals = {get_id(make_study(number)) for number in range(STUDIES)}
    newcomers = {get_id(study) for study in new}
    before = walk_all(api)
    walks = []
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as importing:
        while importing.poll() is None:
            walks.append(walk_all(api))
    assert importing.returncode == 0
    # One walk begins before the next import and ends after it.
    walks.append(walk_all(api, between=import_once(home, tmp_path)))
    for met in [before, *walks]:
        for name, ids in met.items():
            assert len(ids) == len(set(ids)), name
            assert originals <= set(ids) <= originals | newcomers, name
    assert set(walks[-1]["by id"]) == originals | newcomers


def import_once(home: Path, folder: Path) -> Callable[[], None]:
    """Import other changes in another process after a few pages, and wait until they are searchable."""
    turns = iter(range(1_000))

    def between() -> None:
        if next(turns) == 3:
            studies = [make_study(number, is_changed=True) for number in range(1, STUDIES, 2)]
            path = write(folder / "third.jsonl", studies)
            command = [sys.executable, "-m", "trialbook", "--home", str(home), "import", str(path)]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)

    return between
