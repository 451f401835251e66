"""Does the report of a search say what PRISMA-S asks for, the same at every door, and does what it says run again?"""

from __future__ import annotations

import html
import json
import re
import shlex
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from click.testing import CliRunner
from starlette.testclient import TestClient

from trialbook.ask.filters import make_request
from trialbook.cli import main
from trialbook.library import Library
from trialbook.library.build import import_paths
from trialbook.library.search_report import PRISMA_S, make_search_report
from trialbook.samples import sample_paths
from trialbook.settings import VERSION
from trialbook.web.app import make_app

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
LEFT = {2, 4, 5, 6, 7, 10, 11, 14}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report") / "library"
    import_paths(folder, sample_paths())
    return folder


def run(home: Path, *words: str) -> str:
    done = CliRunner().invoke(main, ["--home", str(home), *words])
    assert done.exit_code == 0, done.output
    return done.stdout


def test_it_says_what_was_asked_how_it_ran_when_on_what_and_how_many(home: Path) -> None:
    with Library(home) as library:
        request = make_request("heart attack", {"status": "COMPLETED"}, find_place=library.find_place)
        report = make_search_report(
            library, request, asked=(("Query", "heart attack"), ("Status", "COMPLETED")), now=NOW
        )
        counts, learnt = library.store.count(), library.store.find_last_learnt()
    assert report.query == "heart attack AND AREA[OverallStatus]COMPLETED"
    assert "myocardial infarction" in {name.lower() for name in report.also_searched}
    assert report.searched_at == "2026-03-04T05:06:07+00:00"
    assert (report.library.studies, report.library.versions) == (counts.studies, counts.versions)
    assert report.library.last_arrival == learnt
    # Names of files alone: where they lay is nobody's business.
    assert [run.names for run in report.library.runs] == [tuple(path.name for path in sample_paths())]
    text = report.write()
    for words in (
        "heart attack",
        "COMPLETED",
        report.query,
        f"Trialbook {VERSION}",
        "2026-03-04 05:06:07 UTC",
    ):
        assert words in text
    assert str(home) not in text
    assert sample_paths()[0].name in text


def test_the_items_are_those_of_prisma_s_and_what_the_search_cannot_answer_is_left_to_the_author(
    home: Path,
) -> None:
    with Library(home) as library:
        items = library.report_search("heart").items
    assert [(each.number, each.name) for each in items] == list(enumerate(PRISMA_S, 1))
    assert len(items) == 16
    assert {each.number for each in items if each.is_left} == LEFT


@pytest.mark.parametrize(
    "asked", [(), ("heart attack",), ("heart failure", "--status", "COMPLETED", "--near", "Miami")]
)
def test_what_it_says_to_run_again_finds_the_same(home: Path, asked: tuple[str, ...]) -> None:
    report = json.loads(run(home, "report", *asked, "--json"))
    total = json.loads(run(home, "search", *asked, "--json"))["total"]
    assert report["total"] == total
    program, *words = shlex.split(report["command"])
    assert program == "trialbook"
    assert json.loads(run(home, *words, "--json"))["total"] == total
    site = TestClient(make_app(home), base_url="http://localhost")
    assert site.get(report["api_url"]).json()["total"] == total
    if asked:
        assert f"<strong>{total:,} stud" in site.get(report["site_url"]).text


def test_every_door_reports_the_same(home: Path) -> None:
    told = json.loads(run(home, "report", "heart", "--phase", "PHASE2", "--as-of", "2024", "--json"))
    site = TestClient(make_app(home), base_url="http://localhost")
    page = site.get("/", params={"q": "heart", "phase": "PHASE2", "as_of": "2024", "view": "table"}).text
    (address,) = {html.unescape(each) for each in re.findall(r'href="(/report\?[^"]*)"', page)}
    assert parse_qs(urlsplit(address).query) == {"q": ["heart"], "phase": ["PHASE2"], "as_of": ["2024"]}
    by_site = site.get(address.replace("/report?", "/report.json?")).json()
    by_api = site.get(
        "/api/trialbook/report", params={"query.term": "heart", "phase": "PHASE2", "as_of": "2024"}
    ).json()
    with Library(home) as library:
        by_python = json.loads(library.report_search("heart", phase="PHASE2", as_of="2024").to_json())
    for other in (by_site, by_api, by_python):
        for name in ("query", "total", "as_of", "also_searched", "library"):
            assert other[name] == told[name]
    assert told["as_of"] == "2024-12-31"
    shown = html.unescape(site.get(address).text)
    assert all(words in shown for _, words in (("", told["query"]), ("", f"{told['total']:,} stud")))
    text = site.get(address.replace("/report?", "/report.txt?"))
    assert text.headers["content-type"].startswith("text/plain")
    assert text.text.startswith("Search report\n")


def test_what_is_typed_is_text_on_the_page(home: Path) -> None:
    site = TestClient(make_app(home), base_url="http://localhost")
    page = site.get("/report", params={"q": '"<img src=x onerror=alert(1)>"'}).text
    assert "<img" not in page
    assert "&lt;img" in page
    assert site.get("/report", params={"q": "AND AND"}).status_code == 400
