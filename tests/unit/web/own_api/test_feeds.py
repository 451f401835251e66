"""Does a feed hold what is new or changed, in a form that feed readers accept?"""

from __future__ import annotations

import html
import json
import re
import xml.etree.ElementTree as ET
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from starlette.testclient import TestClient
from tests.unit.web.own_api.conftest import (
    HOSTILE_TITLE,
    SAVED_AFTER_FIRST_RUN,
    count_versions,
    make_version,
    write_records,
)

from trialbook.library.build import import_paths
from trialbook.web.app import make_app

ATOM = "{http://www.w3.org/2005/Atom}"
URN = re.compile(r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
SAVED = f"/saved/{SAVED_AFTER_FIRST_RUN}/feed"


def find_items(own: TestClient, address: str) -> list[dict[str, Any]]:
    answer = own.get(address)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def find_news(own: TestClient, address: str) -> list[tuple[str, bool]]:
    return [(each["_trialbook"]["nctId"], each["_trialbook"]["isNew"]) for each in find_items(own, address)]


def check_time(text: str | None) -> None:
    assert text is not None
    assert datetime.fromisoformat(text).tzinfo is not None


def check_atom(body: bytes) -> ET.Element:
    """Hold a document to what RFC 4287 demands of a feed and of its entries."""
    root = ET.fromstring(body)
    assert root.tag == f"{ATOM}feed"
    for element in (root, *root.iter(f"{ATOM}entry")):
        for name in ("id", "title", "updated"):
            assert len(element.findall(ATOM + name)) == 1, name
        assert URN.fullmatch(element.findtext(f"{ATOM}id") or "")
        check_time(element.findtext(f"{ATOM}updated"))
        relations = [(link.get("rel"), link.get("type")) for link in element.findall(f"{ATOM}link")]
        assert len(set(relations)) == len(relations)
        for link in element.findall(f"{ATOM}link"):
            assert urlsplit(link.get("href") or "").scheme == "http"
    assert root.findtext(f"{ATOM}author/{ATOM}name")
    assert [link.get("rel") for link in root.findall(f"{ATOM}link")] == ["self", "alternate"]
    for entry in root.iter(f"{ATOM}entry"):
        check_time(entry.findtext(f"{ATOM}published"))
        content = entry.find(f"{ATOM}content")
        assert content is not None
        assert content.get("type") == "html"
    ids = [entry.findtext(f"{ATOM}id") for entry in root.iter(f"{ATOM}entry")]
    assert len(set(ids)) == len(ids)
    return root


def test_a_saved_search_tells_what_came_since_it_was_saved(own: TestClient) -> None:
    assert find_news(own, f"{SAVED}?format=json") == [("NCT98000004", True), ("NCT98000001", False)]


def test_an_older_version_that_came_later_is_no_news(own: TestClient) -> None:
    told = find_news(own, "/feed?format=json&filter.ids=NCT98000002")
    assert told == [("NCT98000002", True)]


def test_a_change_tells_its_elements(own: TestClient) -> None:
    (item,) = (
        each
        for each in find_items(own, f"{SAVED}?format=json")
        if each["_trialbook"]["nctId"] == "NCT98000001"
    )
    changes = {each["label"]: (each["before"], each["after"]) for each in item["_trialbook"]["changes"]}
    assert changes["Overall status"] == ("Recruiting", "Completed")
    assert changes["Participants"] == ("26 (actual)", "30 (actual)")
    assert item["title"] == "NCT98000001 changed (status, dates, enrolment): Sugar, and the heart"
    assert item["tags"] == ["Status", "Dates", "Enrolment"]
    assert "Status: Overall status: Recruiting → Completed" in item["content_text"].split("\n")


def test_atom_says_the_same_as_the_json_feed(own: TestClient) -> None:
    answer = own.get(SAVED)
    assert answer.headers["content-type"] == "application/atom+xml"
    root = check_atom(answer.content)
    items = find_items(own, f"{SAVED}?format=json")
    entries = list(root.iter(f"{ATOM}entry"))
    assert [entry.findtext(f"{ATOM}id") for entry in entries] == [item["id"] for item in items]
    assert [entry.findtext(f"{ATOM}content") for entry in entries] == [item["content_html"] for item in items]
    categories = [[each.get("term") for each in entry.findall(f"{ATOM}category")] for entry in entries]
    assert categories == [item["tags"] for item in items]


def test_the_json_feed_has_what_its_specification_demands(own: TestClient) -> None:
    feed = own.get(f"{SAVED}?format=json")
    assert feed.headers["content-type"] == "application/feed+json"
    document = feed.json()
    assert document["version"] == "https://jsonfeed.org/version/1.1"
    assert document["title"] == f"Trialbook: {SAVED_AFTER_FIRST_RUN}"
    assert document["feed_url"] == f"http://localhost/api/trialbook{SAVED}?format=json"
    for item in document["items"]:
        assert URN.fullmatch(item["id"])
        assert item["content_html"]
        assert item["content_text"]
        assert item["url"] == f"http://localhost/study/{item['_trialbook']['nctId']}"
        check_time(item["date_published"])
        check_time(item["date_modified"])
        assert all(isinstance(tag, str) for tag in item["tags"])


def test_texts_of_records_are_no_markup(own: TestClient) -> None:
    root = check_atom(own.get(f"{SAVED}?limit=1").content)
    title = root.findtext(f"{ATOM}entry/{ATOM}title")
    # XML cannot hold the control character, in any way of writing.
    assert title == f"NCT98000004 new: {HOSTILE_TITLE.replace(chr(11), '')}"
    assert b"<script" not in own.get(SAVED).content
    (item,) = find_items(own, f"{SAVED}?limit=1&format=json")
    assert item["title"] == f"NCT98000004 new: {HOSTILE_TITLE}"


def test_ids_stay_the_same_in_every_feed_and_after_a_restart(own: TestClient, own_home: Path) -> None:
    first = [each["id"] for each in find_items(own, f"{SAVED}?format=json")]
    again = TestClient(make_app(own_home), base_url="http://localhost/api/trialbook")
    query = "/feed?format=json&filter.ids=NCT98000001|NCT98000004&query.term=sugar+OR+alert"
    assert set(first) <= {each["id"] for each in find_items(again, query)}
    one, other = (own.get(f"/feed?{query}").content for query in ("query.cond=a", "query.cond=b"))
    assert ET.fromstring(one).findtext(f"{ATOM}id") != ET.fromstring(other).findtext(f"{ATOM}id")


def test_only_what_came_later_is_asked_for(own: TestClient, own_home: Path) -> None:
    ids = "filter.ids=NCT98000001|NCT98000003"
    everything = find_items(own, f"/feed?format=json&{ids}")
    assert [each["_trialbook"]["nctId"] for each in everything] == [
        "NCT98000001",
        "NCT98000003",
        "NCT98000001",
    ]
    last = own.get(f"/feed?format=json&{ids}").json()["_trialbook"]["last"]
    assert last == count_versions(own_home)
    assert find_items(own, f"/feed?format=json&{ids}&after={last}") == []
    newest = everything[0]["_trialbook"]["number"]
    assert find_items(own, f"/feed?format=json&{ids}&after={newest - 1}") == everything[:1]
    assert find_items(own, f"/feed?format=json&{ids}&since=2020-01-01") == everything
    assert find_items(own, f"/feed?format=json&{ids}&since=2999-01-01") == []
    assert find_items(own, f"/feed?format=json&{ids}&limit=1") == everything[:1]


def test_an_unchanged_feed_is_not_sent_again(own: TestClient) -> None:
    tag = own.get(SAVED).headers["etag"]
    assert own.get(SAVED, headers={"if-none-match": tag}).status_code == 304
    assert own.get(f"{SAVED}?limit=1", headers={"if-none-match": tag}).status_code == 200


def test_a_feed_of_nothing_is_a_feed(own: TestClient) -> None:
    root = check_atom(own.get("/feed?filter.ids=NCT00000404").content)
    assert list(root.iter(f"{ATOM}entry")) == []


def test_a_change_enters_the_feed_when_it_is_imported(tmp_path: Path) -> None:
    home = tmp_path / "library"
    import_paths(home, [write_records(tmp_path / "a.jsonl", [make_version("NCT98000001", "2024-05-01")])])
    own = TestClient(make_app(home), base_url="http://localhost/api/trialbook")
    query = "/feed?format=json&query.cond=diabetes"
    before = find_items(own, query)
    changed = make_version("NCT98000001", "2024-07-01", status="SUSPENDED")
    changed["protocolSection"]["conditionsModule"]["keywords"] = ["<img src=x onerror=alert(1)>"]
    import_paths(home, [write_records(tmp_path / "b.jsonl", [changed])])
    after = find_items(own, query)
    assert after[1:] == before
    assert after[0]["_trialbook"]["isNew"] is False
    assert "&lt;img src=x onerror=alert(1)&gt;" in after[0]["content_html"]
    assert "<img" not in after[0]["content_html"]
    # What differs only in what the registry derives is another version and no news.
    derived = {**changed, "derivedSection": {"conditionBrowseModule": {"meshes": [{"id": "D003920"}]}}}
    import_paths(home, [write_records(tmp_path / "c.jsonl", [derived])])
    assert find_items(own, query) == after


@pytest.mark.parametrize(
    ("address", "status", "message"),
    [
        ("/saved/nothing/feed", 404, "there is no saved search called nothing"),
        (f"{SAVED}?query.cond=x", 400, "Invalid prefix in parameter name: query.cond"),
        ("/feed?format=rss", 400, "Invalid value in parameter `format`: `rss`"),
        ("/feed?limit=201", 400, "Parameter `limit` must be between 1 and 200"),
        ("/feed?since=x", 400, "is no date"),
        ("/feed?query.cond=(", 400, "Conditions or disease"),
        ("/feed?as_of=2020-01-01", 400, "`as_of` is unknown parameter"),
    ],
)
def test_what_makes_no_sense_is_declined(own: TestClient, address: str, status: int, message: str) -> None:
    answer = own.get(address)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "text/plain; charset=utf-8")
    assert message in answer.text


def test_the_saved_searches_are_listed_with_their_feeds(own: TestClient, site: TestClient) -> None:
    (saved,) = own.get("/saved").json()["saved"]
    assert (saved["name"], saved["query"]) == (SAVED_AFTER_FIRST_RUN, "query.cond=Diabetes")
    for name in ("searchUrl", "atomUrl", "jsonFeedUrl"):
        assert site.get(saved[name]).status_code == 200
    page = html.unescape(site.get("/saved").text)
    found = re.search(rf'<a href="([^"]+)">{saved["name"]}</a>', page)
    assert found is not None
    total = site.get(saved["searchUrl"]).json()["total"]
    assert f"<strong>{total} studies</strong>" in site.get(found[1]).text
    for name in ("searchUrl", "atomUrl", "jsonFeedUrl"):
        assert f'href="{saved[name]}"' in page
    assert f'<link rel="alternate" type="application/atom+xml" title="{saved["name"]}"' in page
    assert json.dumps(saved)


SITE_SEARCHES = (
    "q=heart+failure+OR+stroke",
    "q=AREA[Phase]PHASE2+AND+heart&status=RECRUITING&status=COMPLETED",
    "q=&phase=PHASE3&type=INTERVENTIONAL&sex=ALL&results=false",
    "q=sugar&country=France&age=44.5&start_from=2019&start_to=2024-06",
    "q=&sort=id",
    "q=heart+NOT+attack&sort=updated&age=0",
)


@pytest.mark.parametrize("query", SITE_SEARCHES)
def test_what_the_search_page_shows_can_be_followed(site: TestClient, query: str) -> None:
    page = site.get(f"/?{query}").text
    found = re.search('<link rel="alternate" type="application/atom.xml" title="[^"]+" href="([^"]+)">', page)
    total = re.search(r"<strong>([\d,]+) stud", page)
    assert found is not None
    assert total is not None
    address = html.unescape(found[1])
    assert f'<a href="{found[1]}">Follow as a feed</a>' in page
    assert site.get(address).status_code == 200
    asked = address.replace("/feed", "/search")
    assert site.get(asked).json()["total"] == int(total[1].replace(",", "")) > 0


def test_the_past_cannot_be_followed(site: TestClient) -> None:
    assert "/feed" not in site.get("/?q=heart&as_of=2020-01-01").text


@pytest.mark.parametrize("host", ['"><script>', "a b", "[::1", "x:99999999", "ä", "a" * 3_000])
def test_a_hostile_host_does_no_harm_where_any_is_allowed(own_home: Path, host: str) -> None:
    own = TestClient(make_app(own_home, hosts=["*"]), base_url="http://localhost/api/trialbook")
    answer = own.get(SAVED, headers={"host": host.encode()})
    assert answer.status_code in (200, 400)
    assert b"<script" not in answer.content
    if answer.status_code == 200:
        ET.fromstring(answer.content)
