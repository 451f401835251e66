"""Do the site's forms change what is kept, and only when a page of this site sends them?"""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import urlencode

import pytest
from starlette.testclient import TestClient
from tests.unit.web.own_api.conftest import HOSTILE_TITLE, make_version, write_records

from trialbook.library import Library
from trialbook.library.build import import_paths
from trialbook.web.app import make_app

IDS = ("NCT98000001", "NCT98000002", "NCT98000003")
OWN = {"sec-fetch-site": "same-origin"}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A library of three studies, one with a hostile title."""
    records = [make_version(nct_id, "2024-05-01") for nct_id in IDS]
    records[2]["protocolSection"]["identificationModule"]["briefTitle"] = HOSTILE_TITLE
    import_paths(tmp_path / "library", [write_records(tmp_path / "records.jsonl", records)])
    return tmp_path / "library"


@pytest.fixture
def site(home: Path) -> TestClient:
    return TestClient(make_app(home), base_url="http://localhost", follow_redirects=False)


def post(site: TestClient, path: str, **fields: str) -> str:
    """Send a form of this site; where it leads."""
    answer = site.post(path, data=fields, headers=OWN)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def test_studies_come_onto_a_list_with_a_note_and_leave_it(site: TestClient, home: Path) -> None:
    assert post(site, "/lists", do="add", ids=",".join(IDS), new="Mother's trials!", note="Ask\nthem") == (
        "/lists/mother-s-trials"
    )
    page = site.get("/lists/mother-s-trials").text
    assert page.count("Ask\nthem</p>") == 3
    assert "<script>alert" not in page
    assert (
        post(site, "/lists/mother-s-trials", do="note", id=IDS[0], note="")
        == f"/lists/mother-s-trials#{IDS[0]}"
    )
    post(site, "/lists/mother-s-trials", do="remove", id=IDS[1])
    post(site, "/lists", do="add", ids=IDS[1], list="mother-s-trials")
    assert post(site, "/lists/mother-s-trials", do="rename", new="Other") == "/lists/other"
    with Library(home) as library:
        assert [(each.nct_id, each.note) for each in library.get_list("other").entries] == [
            (IDS[0], ""),
            (IDS[2], "Ask\nthem"),
            (IDS[1], ""),
        ]
    assert post(site, "/lists/other", do="delete") == "/lists"
    assert site.get("/lists/other").status_code == 404


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "null"},
        {"origin": "http://evil.example"},
        {"origin": "http://localhost:9000"},
        {"origin": "http://localhost", "sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "none"},
    ],
)
def test_what_another_page_or_nobody_sends_changes_nothing(
    site: TestClient, home: Path, headers: dict[str, str]
) -> None:
    with Library(home) as library:
        library.add_to_list("a", IDS[0])
        library.save_search("s", "query.cond=heart")
    for path, fields in (
        ("/lists", {"do": "add", "ids": IDS[1], "new": "b"}),
        ("/lists/a", {"do": "delete"}),
        ("/saved", {"do": "remove", "name": "s"}),
    ):
        assert site.post(path, data=fields, headers=headers).status_code == 403
    with Library(home) as library:
        assert [(each.name, each.studies) for each in library.find_lists()] == [("a", 1)]
        assert [each.name for each in library.find_saved()] == ["s"]


def test_a_browser_that_names_its_page_alone_may_change_something(site: TestClient) -> None:
    fields = {"do": "add", "ids": IDS[1], "new": "b"}
    assert site.post("/lists", data=fields, headers={"origin": "http://localhost"}).status_code == 303


def test_no_address_that_is_opened_changes_anything(site: TestClient, home: Path) -> None:
    with Library(home) as library:
        library.add_to_list("a", IDS[0])
        library.save_search("s", "query.cond=Diabetes")
    before = (home / "saved.sqlite").read_bytes()
    for path in ("/lists", "/lists/a", "/saved", "/news", "/news?list=a", f"/add-to-list?ids={IDS[0]}"):
        for query in ({}, {"do": "delete"}, {"do": "seen", "name": "s", "number": "1"}):
            answer = site.get(path, params=query if "?" not in path else None, headers=OWN)
            assert answer.status_code == 200, path
    assert (home / "saved.sqlite").read_bytes() == before


def test_a_site_that_is_served_for_reading_says_so_and_offers_no_form(home: Path) -> None:
    with Library(home) as library:
        library.add_to_list("a", IDS[0])
    site = TestClient(make_app(home, is_read_only=True), base_url="http://localhost", follow_redirects=False)
    for path in (
        "/lists",
        "/lists/a",
        f"/add-to-list?ids={IDS[0]}",
        "/saved",
        "/saved/new?asked=query.cond%3Dheart",
    ):
        page = site.get(path).text
        assert "served for reading alone" in page, path
        assert 'method="post"' not in page, path
    refused = site.post("/lists/a", data={"do": "delete"}, headers=OWN)
    assert refused.status_code == 403
    assert "served for reading alone" in refused.text


def test_what_a_form_gets_wrong_is_said_in_a_sentence(site: TestClient, home: Path) -> None:
    for path, fields, words in (
        ("/lists", {"do": "add", "ids": IDS[0]}, "choose a list"),
        ("/lists", {"do": "add", "ids": IDS[0], "new": "!!"}, "a name needs letters"),
        ("/lists", {"do": "add", "ids": "NCT00000777", "new": "a"}, "not in this library"),
        ("/lists", {"do": "take"}, "no list of Trialbook"),
        ("/lists", {"do": "explode"}, "means nothing here"),
        ("/lists/none", {"do": "delete"}, "no list called none"),
        ("/saved", {"do": "save", "name": "x", "asked": "query.cond=("}, "query"),
    ):
        answer = site.post(path, data=fields, headers=OWN)
        assert answer.status_code in (400, 404), path
        assert words in answer.text, answer.text
    with Library(home) as library:
        assert library.find_lists() == library.find_saved() == ()


def test_a_list_goes_to_another_library_as_a_file_and_as_a_link(site: TestClient, home: Path) -> None:
    post(site, "/lists", do="add", ids=" ".join(IDS[:2]), new="a", note="Ask")
    file = site.get("/lists/a.list.json")
    assert file.headers["content-disposition"] == 'attachment; filename="a.list.json"'
    answer = site.post(
        "/lists", data={"do": "take", "name": "b"}, files={"file": ("a.list.json", file.content)}, headers=OWN
    )
    assert answer.headers["location"] == "/lists/b"
    with Library(home) as library:
        assert [(each.nct_id, each.note) for each in library.get_list("b").entries] == [
            (IDS[0], "Ask"),
            (IDS[1], "Ask"),
        ]
    (link,) = re.findall(r'href="(/list\?ids=[^"]*)"', site.get("/lists/a").text)
    shared = site.get(link).text
    assert IDS[0] in shared
    assert IDS[1] in shared
    assert "Ask" not in shared
    assert "Not in this library" in site.get("/list?ids=NCT00000777").text


def test_a_search_is_saved_from_its_results_renamed_and_forgotten(site: TestClient, home: Path) -> None:
    results = site.get("/", params={"q": "diabetes", "status": "RECRUITING"}).text
    (link,) = re.findall(r'href="(/saved/new\?[^"]*)"', results)
    form = site.get(link).text
    assert "trialbook saved add" in form
    (asked,) = re.findall(r'name="asked" value="([^"]*)"', form)
    assert post(site, "/saved", do="save", name="My Search", asked=asked) == "/saved"
    post(site, "/saved", do="rename", name="my-search", new="other")
    page = site.get("/saved").text
    assert "/api/trialbook/saved/other/feed?format=atom" in page
    post(site, "/saved", do="remove", name="other")
    with Library(home) as library:
        assert library.find_saved() == ()


def test_news_are_there_until_seen_is_said(site: TestClient, home: Path, tmp_path: Path) -> None:
    post(site, "/lists", do="add", ids=" ".join(IDS), new="a")
    assert "Nothing new" in site.get("/news").text
    newer = make_version(IDS[0], "2025-05-01", status="COMPLETED", count=30)
    import_paths(home, [write_records(tmp_path / "newer.jsonl", [newer])])
    for _ in range(2):
        page = site.get("/news?list=a").text
        assert "1 new or changed" in page
        assert f"{IDS[0]} changed" in page
    (number,) = re.findall(r'name="number" value="(\d+)"', page)
    assert post(site, "/lists/a", do="seen", name="a", number=number) == "/news"
    assert "Nothing new" in site.get("/news?list=a").text
    feed = site.get("/api/trialbook/lists/a/feed?format=json").json()
    assert [item["_trialbook"]["nctId"] for item in feed["items"]] == [IDS[0]]


def test_studies_stand_side_by_side_on_the_page_and_in_the_api(site: TestClient) -> None:
    page = site.get("/compare", params={"ids": IDS}).text
    assert page.count('scope="col"') == 3
    assert "the same in all" in page
    assert "<script>alert" not in page
    told = site.get("/api/trialbook/compare", params={"ids": "|".join(IDS)}).json()
    assert [each["nctId"] for each in told["studies"]] == list(IDS)
    rows = {row["name"]: row["sameness"] for row in told["rows"]}
    assert rows["overall_status"] == "same"
    short = site.get("/compare", params={"ids": IDS, "only": "different"}).text
    assert "the same in all" not in short
    assert site.get("/compare").status_code == 200
    assert site.get("/compare", params={"ids": IDS[0]}).status_code == 200
    assert site.get("/compare", params={"ids": [f"NCT9800000{n}" for n in range(1, 9)]}).status_code == 400


def test_the_api_reads_lists_and_takes_them_away(site: TestClient) -> None:
    post(site, "/lists", do="add", ids=" ".join(IDS[1::-1]), new="a", note="Ask")
    (line,) = site.get("/api/trialbook/lists").json()["lists"]
    assert (line["name"], line["studies"]) == ("a", 2)
    told = site.get(line["url"]).json()
    assert [(each["nctId"], each["note"], each["isHere"]) for each in told["studies"]] == [
        (IDS[1], "Ask", True),
        (IDS[0], "Ask", True),
    ]
    lines = site.get(line["exportUrl"] + "?" + urlencode({"format": "jsonl"})).text.splitlines()
    assert [json.loads(each)["protocolSection"]["identificationModule"]["nctId"] for each in lines] == [
        IDS[1],
        IDS[0],
    ]
    assert site.get("/api/trialbook/lists/none").status_code == 404
    assert site.post("/api/trialbook/lists", headers=OWN).status_code == 405
