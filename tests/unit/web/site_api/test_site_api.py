"""Do scripts that were written for the registry's own site get from a library what they read there?"""

from __future__ import annotations

import csv
import html
import io
import re
import xml.etree.ElementTree as ET
import zipfile
from typing import Any
from urllib.parse import parse_qs

import pytest
from starlette.testclient import TestClient
from tests.library import make_library
from tests.unit.web.api_v2.conftest import make_record

from trialbook.errors import ApiError
from trialbook.web.api_v2.answers import Turns
from trialbook.web.app import make_app
from trialbook.web.site_api import routes

HOSTILE = "<b>\x0b&]]> =1+1"


def make_posted(nct_id: str, posted: str, **changes: Any) -> dict[str, Any]:
    """A record with the day on which it was first posted."""
    record = make_record(nct_id, **changes)
    record["protocolSection"]["statusModule"]["studyFirstPostDateStruct"] = {"date": posted}
    return record


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    """Four studies: one in Oslo alone, one completed with a hostile title, one of another condition."""
    records = [
        make_posted("NCT97000001", "2024-01-01"),
        make_posted(
            "NCT97000002",
            "2024-03-01",
            contactsLocationsModule={
                "locations": [
                    {
                        "city": "Oslo",
                        "state": "Oslo",
                        "country": "Norway",
                        "geoPoint": {"lat": 59.9, "lon": 10.7},
                    }
                ]
            },
        ),
        make_posted(
            "NCT97000003", "2024-02-01", conditionsModule={"conditions": ["Asthma", "asthma", "Asthenia"]}
        ),
        make_posted("NCT97000004", "2023-02-01"),
    ]
    records[3]["protocolSection"]["identificationModule"]["briefTitle"] = HOSTILE
    records[3]["protocolSection"]["statusModule"]["overallStatus"] = "COMPLETED"
    records[3]["hasResults"] = True
    home = make_library(tmp_path_factory.mktemp("site") / "library", records)
    return TestClient(make_app(home), base_url="http://localhost")


def find(site: TestClient, query: str) -> list[str]:
    """The ids that an address of the site's search finds, sorted."""
    answer = site.get(f"/api/int/studies?{query}")
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert found["total"] == len(found["hits"])
    return sorted(hit["id"][-1] for hit in found["hits"])


def test_the_search_answers_ids_with_their_studies(site: TestClient) -> None:
    answer = site.get(
        "/api/int/studies?cond=Diabetes&agg.synonyms=true&aggFilters=&checkSpell=true&from=1&limit=1"
        "&fields=NCTId%2CBriefTitle%2CGender&columns=conditions%2Cinterventions&highlight=true&sort=%40relevance"
    ).json()
    assert {name: answer[name] for name in ("from", "limit", "total")} == {"from": 1, "limit": 1, "total": 3}
    (hit,) = answer["hits"]
    protocol = hit["study"]["protocolSection"]
    assert protocol["identificationModule"]["nctId"] == hit["id"]
    assert set(protocol) == {"identificationModule", "eligibilityModule"}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", "1234"),
        ("cond=asthma", "3"),
        ("query.cond=asthma", "3"),
        ("aggFilters=results:with", "4"),
        ("aggFilters=status%3Acom", "4"),
        ("firstPost=2024-01-15_2024-02-15", "3"),
        ("firstPost=2024-02-15_", "2"),
        ("firstPost=_2023-12-31", "4"),
        ("lastUpdPost=2025-09-02_2025-09-02", "1234"),
        ("country=Norway", "2"),
        ("city=Miami&state=Florida", "134"),
        ("city=Paris&state=Florida", ""),
        ("locStr=Oslo%2C+Norway", "2"),
        ("locStr=Norway&country=Norway", "2"),
        ("lat=59.9&lng=10.7&distance=50", "2"),
        ("lat=25.77&lng=-80.19&distance=10mi", "134"),
        ("filter.geo=distance(59.9,10.7,10km)", "2"),
        ("ageRange=20y_30y", ""),
        ("ageRange=18y_", "1234"),
        ("filter.advanced=AREA[Condition]asthma OR AREA[LocationCity]Oslo&firstPost=2024-02-15_", "2"),
        ("rank=3&viewType=Table&page=2&hl=true", "1234"),
    ],
)
def test_the_sites_own_names_say_which_studies(site: TestClient, query: str, expected: str) -> None:
    assert find(site, query) == list(expected)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("recr=Open", "`recr` is unknown parameter"),
        ("start=2020", "Parameter `start` has incorrect format"),
        ("ageRange=old", "Parameter `ageRange` has incorrect format"),
        ("lat=north&lng=1", "Parameter `lat` has incorrect format"),
        ("city=%22)%20OR%20ALL", None),
        ("fields=nctid", "Did you mean NCTId?"),
        ("limit=-1", "Parameter `limit` has incorrect format"),
        ("from=99999999", "results can be read up to number"),
    ],
)
def test_what_is_not_understood_is_said(site: TestClient, query: str, said: str | None) -> None:
    answer = site.get(f"/api/int/studies?{query}")
    if said is None:
        assert answer.json()["total"] == 0
    else:
        assert answer.status_code == 400
        assert said in answer.text


def test_a_download_is_an_array_of_all_that_match(site: TestClient) -> None:
    answer = site.get("/api/int/studies/download?format=json&cond=Diabetes&aggFilters=results:with")
    assert answer.headers["content-disposition"] == 'attachment; filename="ctg-studies.json"'
    assert [study["protocolSection"]["identificationModule"]["nctId"] for study in answer.json()] == [
        "NCT97000004"
    ]
    assert site.get("/api/int/studies/download?format=json&cond=nothing").json() == []


def test_a_download_as_a_table_and_as_an_archive(site: TestClient) -> None:
    table = site.get(
        "/api/int/studies/download?format=csv&query.cond=Diabetes&filter.geo=distance(59.9,10.7,9mi)"
    )
    assert [row["NCT Number"] for row in csv.DictReader(io.StringIO(table.text))] == ["NCT97000002"]
    archive = site.get("/api/int/studies/download?format=json.zip&cond=asthma").content
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        assert opened.namelist() == ["NCT97000003.json"]


def test_the_api_packs_one_searchs_studies_too(site: TestClient) -> None:
    archive = site.get("/api/v2/studies/download?query.cond=asthma").content
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        assert opened.namelist() == ["NCT97000003.json"]
    assert site.get("/api/v2/studies/download?format=csv&query.cond=asthma").status_code == 400


def test_a_word_is_completed_by_what_studies_have(site: TestClient) -> None:
    def ask(text: str, dictionary: str = "Condition") -> Any:
        return site.get("/api/int/suggest", params={"input": text, "dictionary": dictionary}).json()

    assert ask("Asth") == ["Asthenia", "Asthma"]
    assert ask("asthm") == ["Asthma"]
    assert ask("heart f") == ["Heart Failure"]
    assert ask("xyz") == []
    assert ask('")(') == []
    assert ask("Gl", "InterventionName") == ["Glucose"]
    assert ask("Nor", "LocationCountry") == ["Norway"]
    assert site.get("/api/int/suggest?input=A&dictionary=Condition").status_code == 400
    assert site.get("/api/int/suggest?input=Asth&dictionary=Title").status_code == 400


def test_rss_tells_the_last_posted_first(site: TestClient) -> None:
    answer = site.get("/api/rss?cond=&locStr=&dateField=StudyFirstPostDate")
    assert answer.headers["content-type"] == "application/rss+xml; charset=utf-8"
    root = ET.fromstring(answer.content)
    assert (root.tag, root.attrib["version"]) == ("rss", "2.0")
    items = root.findall("channel/item")
    assert [item.findtext("guid") for item in items] == [f"NCT9700000{n}" for n in (2, 3, 1, 4)]
    assert items[0].findtext("link") == "http://localhost/study/NCT97000002"
    assert items[0].findtext("pubDate") == "Fri, 01 Mar 2024 00:00:00 GMT"
    assert items[3].findtext("title") == "<b>&]]> =1+1"
    assert "<b>Conditions</b>: Diabetes; Heart Failure" in (items[0].findtext("description") or "")
    again = site.get(
        "/api/rss?dateField=StudyFirstPostDate", headers={"if-none-match": answer.headers["etag"]}
    )
    assert again.status_code in (200, 304)
    assert site.get("/api/rss?dateField=StartDate").status_code == 400


def test_rss_of_one_search(site: TestClient) -> None:
    root = ET.fromstring(site.get("/api/rss?cond=asthma&aggFilters=status%3Arec").content)
    assert [item.findtext("guid") for item in root.findall("channel/item")] == ["NCT97000003"]


def test_a_long_answer_is_one_of_a_few_that_leave_at_once(
    site: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert site.get("/api/int/studies?limit=99999").json()["limit"] == 10_000
    monkeypatch.setattr(routes, "LONG_ANSWER", 3)
    monkeypatch.setattr(Turns, "take", refuse)
    assert site.get("/api/int/studies?limit=4").status_code == 503
    assert site.get("/api/int/studies?limit=3").status_code == 200


def refuse(self: Turns, blocks: Any) -> Any:
    raise ApiError("ask again in a minute", 503)


def test_the_search_page_offers_all_that_it_found_as_files(site: TestClient) -> None:
    page = site.get("/?q=sugar&status=RECRUITING&country=Norway").text
    links = [html.unescape(link) for link in re.findall(r'href="(/api/trialbook/export[^"]+)"', page)]
    forms = [parse_qs(link.partition("?")[2])["format"][0] for link in links]
    assert forms == ["csv", "excel.csv", "xlsx", "ris", "json", "json.zip"]
    found = site.get(links[4]).json()
    assert [study["protocolSection"]["identificationModule"]["nctId"] for study in found] == ["NCT97000002"]
    assert all(site.get(link).status_code == 200 for link in links)
    assert "/api/trialbook/export" not in site.get("/?q=nothinglikethis").text
