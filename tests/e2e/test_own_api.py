"""Does our own API hold over a real connection, on real records, and in bounded memory?"""

from __future__ import annotations

import gzip
import itertools
import json
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.e2e.conftest import run_trialbook, serve

from trialbook.record.pieces import get_pieces, get_values
from trialbook.terms.countries import find_country

COUNT = 300
FACETS = ("Phase", "OverallStatus", "LocationCountry", "Condition")
ENTRY = "{http://www.w3.org/2005/Atom}entry"


@pytest.fixture(scope="module")
def real_records(shared_data: Path) -> list[dict[str, Any]]:
    """Real records."""
    with gzip.open(shared_data / "ctgov" / "records.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in itertools.islice(lines, COUNT)]


@pytest.fixture(scope="module")
def own(
    real_records: list[dict[str, Any]], shared_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[httpx.Client]:
    """A client of a server over these records, with a saved search and a trial that changed after that."""
    folder: Path = tmp_path_factory.mktemp("own-e2e")
    home = folder / "library"
    first = folder / "records.jsonl"
    older = json.loads((shared_data / "ctgov" / "NCT04776239.json").read_text())
    older["protocolSection"]["statusModule"] |= {
        "overallStatus": "NOT_YET_RECRUITING",
        "lastUpdateSubmitDate": "2021-01-01",
    }
    first.write_text("\n".join(map(json.dumps, [*real_records, older])), encoding="utf-8")
    run_trialbook(home, "import", first)
    run_trialbook(home, "saved", "add", "heart", "--ask", "query.cond=ischemic heart disease")
    run_trialbook(home, "import", shared_data / "ctgov" / "NCT04776239.json")
    with serve(home) as address, httpx.Client(base_url=f"{address}api/trialbook", timeout=60) as client:
        yield client


def find_id(record: dict[str, Any]) -> str:
    return str(record["protocolSection"]["identificationModule"]["nctId"])


def test_facets_are_those_of_a_count_by_hand(own: httpx.Client, real_records: list[dict[str, Any]]) -> None:
    ids = [find_id(record) for record in real_records]
    found = own.get(
        "/search", params={"filter.ids": "|".join(ids), "facets": "|".join(FACETS), "facetSize": 1_000}
    ).json()
    assert found["total"] == len(set(ids)) == COUNT
    for name in FACETS:
        expected: Counter[str] = Counter()
        for record in real_records:
            values = get_values(record, get_pieces()[name])
            # A country is counted by the name that the registry writes now.
            if name == "LocationCountry":
                values = [country.name if (country := find_country(each)) else each for each in values]
            expected.update(set(values))
        counted = {each["value"]: each["count"] for each in found["facets"][name]}
        if len(expected) <= 1_000:
            assert counted == expected, name
        else:
            assert counted.items() <= expected.items(), name


def test_an_export_gives_every_record_back(own: httpx.Client, real_records: list[dict[str, Any]]) -> None:
    lines = own.get("/export").text.splitlines()
    exported = {find_id(record): record for record in map(json.loads, lines)}
    assert len(lines) == len(exported) == COUNT + 1
    assert all(exported[find_id(record)] == record for record in real_records)


def test_the_feed_of_a_saved_search_tells_what_changed(own: httpx.Client) -> None:
    (item,) = own.get("/saved/heart/feed?format=json").json()["items"]
    changes = {each["label"]: each for each in item["_trialbook"]["changes"]}
    assert item["_trialbook"]["nctId"] == "NCT04776239"
    assert changes["Overall status"]["before"] == "Not yet recruiting"
    atom = ET.fromstring(own.get("/saved/heart/feed").content)
    assert len(atom.findall(ENTRY)) == 1


def test_the_past_of_a_record(own: httpx.Client) -> None:
    versions = own.get("/studies/NCT04776239/versions").json()["versions"]
    assert [each["isCurrent"] for each in versions] == [False, True]
    then = own.get("/studies/NCT04776239?as_of=2021-06-01").json()
    assert then["protocolSection"]["statusModule"]["overallStatus"] == "NOT_YET_RECRUITING"


def test_a_broken_request_is_answered_in_plain_text(own: httpx.Client) -> None:
    answer = own.get("/search?facets=Nothing")
    assert (answer.status_code, answer.headers["content-type"]) == (400, "text/plain; charset=utf-8")


def read_peak(pid: int) -> int:
    """The most memory that a process ever held, in bytes."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found is not None
    return int(found[1]) * 1024


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads memory from /proc")
@pytest.mark.parametrize("form", ["jsonl", "csv", "parquet"])
def test_a_server_does_not_grow_with_what_it_sends(tmp_path: Path, form: str) -> None:
    words = " ".join(f"word{number * 7919 % 10_007}" for number in range(4_000))
    with (tmp_path / "records.jsonl").open("w") as out:
        for number in range(1, 4_001):
            identification = {"nctId": f"NCT{number:08}", "briefTitle": f"Study {number}"}
            description = {"briefSummary": f"{number} {words[number:]}"}
            protocol = {"identificationModule": identification, "descriptionModule": description}
            out.write(json.dumps({"protocolSection": protocol}) + "\n")
    run_trialbook(tmp_path / "library", "import", tmp_path / "records.jsonl")
    command = [sys.executable, "-m", "trialbook", "--home", str(tmp_path / "library"), "serve"]
    with subprocess.Popen([*command, "--port", "0"], stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            address = server.stdout.readline().removeprefix("Trialbook is at ").strip()
            with httpx.Client(base_url=f"{address}api/trialbook", timeout=120) as client:
                client.get("/export?format=parquet&filter.ids=NCT00000001").raise_for_status()
                client.get("/export?filter.ids=NCT00000001").raise_for_status()
                before = read_peak(server.pid)
                with client.stream("GET", f"/export?format={form}") as answer:
                    sent = sum(map(len, answer.iter_raw()))
                grown = read_peak(server.pid) - before
        finally:
            server.terminate()
            server.wait(20)
    print(f"{form}: {sent / 1e6:.0f} MB sent, {grown / 1e6:.0f} MB grown")
    assert sent > (100_000 if form == "parquet" else 120_000_000)
    assert grown < 100_000_000
