"""While the index is made anew, or a run is killed, every answer is of all that there is, or says what it lacks."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.e2e.conftest import run_trialbook, serve
from tests.e2e.kill_points import Kind, kill, make_kinds, write_records
from tests.stand_in.registry import StandInRegistry

REBUILDS, KILLS_OF_A_KIND = 2, 4
QUERIES = ("", "query.cond=heart", "query.term=%22study%22&sort=LastUpdatePostDate", "query.titles=trial")


def count(client: httpx.Client) -> list[int]:
    found = []
    for query in QUERIES:
        answer = client.get(f"/api/v2/studies?countTotal=true&pageSize=1&{query}")
        found.append(int(answer.raise_for_status().json()["totalCount"]))
    return found


def test_no_answer_lacks_a_study_while_the_index_is_made_anew_under_a_server(tmp_path: Path) -> None:
    home = tmp_path / "library"
    run_trialbook(home, "import", write_records(tmp_path / "records.jsonl"))
    command = [sys.executable, "-m", "trialbook", "--home", str(home), "rebuild", "index"]
    with serve(home) as address, httpx.Client(base_url=address, timeout=60, trust_env=False) as client:
        whole = count(client)
        assert whole[0] > 100
        assert all(whole[1:])
        seen = []
        for _ in range(REBUILDS):
            with subprocess.Popen(command, stdout=subprocess.DEVNULL) as rebuilding:
                while rebuilding.poll() is None:
                    seen.append(count(client))
            assert rebuilding.returncode == 0
            seen.append(count(client))
        assert len(seen) > 10
        assert [each for each in seen if each != whole] == []


def test_a_server_goes_over_to_the_library_that_takes_the_place_of_its_own(tmp_path: Path) -> None:
    """Searches and records are of the same library in every answer; whoever asked in between is told."""
    home, other = tmp_path / "library", tmp_path / "other"
    run_trialbook(home, "import", write_records(tmp_path / "records.jsonl"))
    shutil.copytree(home, other)
    run_trialbook(other, "import", write_records(tmp_path / "changed.jsonl", is_changed=True))
    changed = "/api/v2/studies?query.titles=%22changed+since%22&fields=BriefTitle&pageSize=5"
    with serve(home) as address, httpx.Client(base_url=address, timeout=60, trust_env=False) as client:
        assert client.get(changed).json()["studies"] == []
        home.rename(tmp_path / "old")
        other.rename(home)
        answers = [client.get(changed) for _ in range(60)]
    said = {answer.status_code: answer.text for answer in answers}
    assert set(said) <= {200, 503}
    assert "was replaced by another" in said.get(503, "was replaced by another")
    titles = [
        [study["protocolSection"]["identificationModule"]["briefTitle"] for study in answer.json()["studies"]]
        for answer in answers
        if answer.status_code == 200
    ]
    assert titles
    assert titles == [["Changed since"] * 5] * len(titles)


@pytest.fixture(scope="module")
def kinds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Kind]]:
    folder = tmp_path_factory.mktemp("kinds")
    bodies = write_records(folder / "pulled", is_changed=True).read_bytes().splitlines()
    with StandInRegistry(bodies) as registry:
        yield make_kinds(folder, registry)


# A pull waits between its pages, so that its kills take the longest.
@pytest.mark.parametrize(
    "name", ["import", "update", "rebuild", pytest.param("pull", marks=pytest.mark.slow), "upgrade"]
)
def test_whatever_is_killed_nothing_is_lost_and_nothing_unsaid(
    kinds: dict[str, Kind], name: str, tmp_path: Path
) -> None:
    seen = kill({name: kinds[name]}, KILLS_OF_A_KIND, random.Random(20211116), tmp_path)[name]

    assert (seen["SILENT"], seen["wrong"], seen["lost"]) == (0, 0, 0)
    assert sum(seen[state] for state in ("whole", "said", "refused")) == KILLS_OF_A_KIND
