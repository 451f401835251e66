"""A pull loses nothing, says what did not come, and can be searched while it goes on."""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from trialbook.ask.filters import make_request
from trialbook.cli.main import main
from trialbook.derived.index import SearchIndex
from trialbook.errors import UsageError
from trialbook.library import Library, pull
from trialbook.library.build import ImportCounts
from trialbook.library.pull import pull_histories, pull_records
from trialbook.samples import sample_paths
from trialbook.search.index.writable import WritableIndex
from trialbook.source.live.api import PullRequest, RegistryClient
from trialbook.store import Store
from trialbook.terms import get_thesaurus

sys.path.insert(0, str(Path(__file__).parents[3]))
from tests.stand_in.registry import StandInRegistry, refuse, send

ASTHMA = PullRequest(condition="asthma")
THREE = 3  # samples about asthma
NCT_ID = "NCT99000031"


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> Iterator[StandInRegistry]:
    """The samples behind real HTTP; the client does not wait between its requests."""
    hurried = functools.partial(RegistryClient, sleep=lambda seconds: None)
    monkeypatch.setattr(pull, "RegistryClient", hurried)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with StandInRegistry(sample_paths()[0].read_bytes().splitlines()) as server:
        yield server


def count_findable(home: Path) -> int:
    """What another process would find now."""
    return Library(home).engine.search(make_request()).total


def run(home: Path, registry: StandInRegistry, *words: str) -> Result:
    return CliRunner().invoke(main, ["--home", str(home), "pull", "--registry", registry.address, *words])


def test_a_damaged_state_costs_a_new_walk_and_no_record(tmp_path: Path, registry: StandInRegistry) -> None:
    first = pull_records(tmp_path, ASTHMA, registry=registry.address)
    with Store(tmp_path) as store:
        assert store.connection.execute("UPDATE sync_state SET state = '{\"half'").rowcount == 1
    again = pull_records(tmp_path, ASTHMA, registry=registry.address)
    whole = pull_records(tmp_path, ASTHMA, registry=registry.address)
    assert first.stored == THREE
    assert (again.stored, again.unchanged) == (0, first.stored)
    assert "starts anew" in again.problems[0]
    assert whole.problems == []


@pytest.mark.parametrize(("every_s", "expected"), [(0.0, [1, 2, 3]), (3_600.0, [1, 1, 1])])
def test_what_a_pull_brought_is_findable_while_it_goes_on(
    tmp_path: Path,
    registry: StandInRegistry,
    monkeypatch: pytest.MonkeyPatch,
    every_s: float,
    expected: list[int],
) -> None:
    monkeypatch.setattr(pull, "SHOWN_EVERY_S", every_s)
    seen: list[int] = []

    def look(counts: ImportCounts) -> None:
        seen.append(count_findable(tmp_path))

    pull_records(tmp_path, ASTHMA, registry=registry.address, page_size=1, on_page=look)
    assert seen == expected
    assert count_findable(tmp_path) == THREE
    with Store(tmp_path) as store:
        state = SearchIndex(tmp_path).open(store.library_id).state
        assert (state.seq, state.is_dirty) == (store.seq, False)


def test_before_a_pull_waits_for_a_registry_that_stumbles_it_shows_what_came(
    tmp_path: Path, registry: StandInRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pull, "SHOWN_EVERY_S", 3_600.0)
    seen: list[int] = []

    def wait(seconds: float) -> None:
        if seconds >= 30:  # the pause between two requests is shorter
            seen.append(count_findable(tmp_path))

    monkeypatch.setattr(pull, "RegistryClient", functools.partial(RegistryClient, sleep=wait))
    registry.faults = [None, None, refuse(503, "", {"Retry-After": "60"})]
    pull_records(tmp_path, ASTHMA, registry=registry.address, page_size=1)
    assert seen == [2]


def test_a_library_whose_index_lags_behind_is_whole_after_a_pull(
    tmp_path: Path, registry: StandInRegistry
) -> None:
    pull_records(tmp_path, ASTHMA, registry=registry.address)
    with Store(tmp_path) as store:
        WritableIndex(tmp_path / "index", store.library_id, names=get_thesaurus().known_names).save_state(
            seq=1, is_dirty=True
        )
    pull_records(tmp_path, PullRequest(ids=("NCT99000001",)), registry=registry.address)
    assert count_findable(tmp_path) == THREE + 1


def announce_five(handler: BaseHTTPRequestHandler, body: bytes) -> None:
    assert b'"totalCount": 3' in body
    send(handler, 200, body.replace(b'"totalCount": 3', b'"totalCount": 5'), {})


def test_records_that_were_announced_and_not_sent_are_told(tmp_path: Path, registry: StandInRegistry) -> None:
    registry.faults = [announce_five]
    done = run(tmp_path, registry, "--condition", "asthma")
    assert "2 records that the registry announced were not sent" in done.stderr
    assert done.stdout.startswith("3 read = 3 stored")
    registry.faults = [announce_five]
    counts = json.loads(run(tmp_path / "other", registry, "--condition", "asthma", "--json").stdout)
    assert (counts["read"], counts["not_sent"]) == (3, 2)
    whole = run(tmp_path / "third", registry, "--condition", "asthma")
    assert (whole.exit_code, whole.stderr) == (0, "")


def make_version(registry: StandInRegistry, day: str, title: str) -> bytes:
    (body,) = (body for body in registry.bodies if f'"nctId":"{NCT_ID}"'.encode() in body)
    record: dict[str, Any] = json.loads(body)
    protocol = record["protocolSection"]
    protocol["statusModule"]["lastUpdateSubmitDate"] = day
    protocol["identificationModule"]["briefTitle"] = title
    return json.dumps(record).encode()


def serve_history(registry: StandInRegistry) -> str:
    """Three versions at the registry's own site; the text of the newest one is rendered for the browser."""
    (body,) = (body for body in registry.bodies if f'"nctId":"{NCT_ID}"'.encode() in body)
    newest = json.loads(body)["protocolSection"]["statusModule"]["lastUpdateSubmitDate"]
    root = f"/api/int/studies/{NCT_ID}"
    days = ["2019-01-01", "2020-02-02", newest]
    texts = [make_version(registry, day, f"<p>Title of {day}</p>" * 9) for day in days]
    changes = [{"version": n, "date": day, "status": "RECRUITING"} for n, day in enumerate(days)]
    registry.other_pages[root] = b'{"study":%b,"history":{"changes":%b}}' % (
        texts[-1],
        json.dumps(changes).encode(),
    )
    for n, text in enumerate(texts):
        registry.other_pages[f"{root}/history/{n}"] = b'{"studyVersion":%d,"study":%b}' % (n, text)
    return newest


def test_the_past_of_a_record_comes_from_the_registrys_site(
    tmp_path: Path, registry: StandInRegistry
) -> None:
    newest = serve_history(registry)
    run(tmp_path, registry, "--ids", NCT_ID)
    with Store(tmp_path) as store:
        before = store.get_body(NCT_ID)
    done = run(tmp_path, registry, "--history", NCT_ID.lower(), "--json")
    assert done.exit_code == 0, done.stderr
    counts = json.loads(done.stdout)
    # The newest text comes twice: with the list, and by its number.
    assert (counts["read"], counts["stored"], counts["new_versions"], counts["unchanged"]) == (4, 3, 3, 1)
    assert (counts["announced"], counts["problems"]) == (3, [])
    with Store(tmp_path) as store:
        versions = store.find_versions(NCT_ID)
        assert [(each.version_date, each.format) for each in versions] == [
            ("2019-01-01", "history"),
            ("2020-02-02", "history"),
            (newest, "api_v2"),
        ]
        assert store.get_body(NCT_ID) == before, "a text rendered for the browser stands before the record"
        assert b"Title of 2020-02-02" in store.get_body(NCT_ID, as_of="2020-02-02")
        assert [each.number for each in store.find_announced(NCT_ID)] == [0, 1, 2]
    found = Library(tmp_path).engine.search(make_request('"title of 2019"', as_of="2019-06-01"))
    assert found.nct_ids == (NCT_ID,)


def test_versions_that_are_held_are_not_asked_for_again(tmp_path: Path, registry: StandInRegistry) -> None:
    serve_history(registry)
    pull_histories(tmp_path, [NCT_ID], registry=registry.address)
    for n in (0, 1):
        del registry.other_pages[f"/api/int/studies/{NCT_ID}/history/{n}"]
    again = pull_histories(tmp_path, [NCT_ID], registry=registry.address)
    assert (again.stored, again.rejected, again.problems) == (0, 0, [])
    assert again.read == again.unchanged


def test_an_unknown_record_does_not_keep_the_others_from_coming(
    tmp_path: Path, registry: StandInRegistry
) -> None:
    serve_history(registry)
    done = run(tmp_path, registry, "--history", f"NCT00000404,{NCT_ID}")
    assert done.exit_code == 1
    assert "NCT00000404" in done.stderr
    assert "the registry answered 404" in done.stderr
    assert done.stdout.startswith("4 read = 3 stored")


def test_a_registry_that_turns_us_away_is_asked_no_further(tmp_path: Path, registry: StandInRegistry) -> None:
    serve_history(registry)
    registry.site_faults = [refuse(403, "Forbidden")]
    counts = pull_histories(tmp_path, ["NCT00000001", NCT_ID], registry=registry.address)
    assert counts.read == 0
    (problem,) = counts.problems
    assert "answered 403: Forbidden" in problem


def test_a_history_stands_alone_and_names_records(tmp_path: Path, registry: StandInRegistry) -> None:
    mixed = run(tmp_path, registry, "--history", NCT_ID, "--condition", "asthma")
    assert mixed.exit_code == 2
    assert "--history names the records itself" in mixed.stderr
    for words in ("heart", ""):
        done = run(tmp_path, registry, "--history", words)
        assert done.exit_code == 1
        assert done.stderr.startswith("trialbook: ")
    assert not tmp_path.joinpath("library.sqlite").exists()
    with pytest.raises(UsageError, match="ends in /api/v2"):
        pull_histories(tmp_path, [NCT_ID], registry="http://127.0.0.1:9/somewhere")
