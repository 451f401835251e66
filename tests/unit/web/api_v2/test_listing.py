"""Does a page of studies hold what was asked for, in the registry's forms?"""

from __future__ import annotations

import csv
import gc
import io
import json
import math
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from tests.unit.web.api_v2.conftest import make_record

from trialbook.errors import StoreError
from trialbook.library.build import import_paths
from trialbook.web.api_v2.listing import PageBodies, Room
from trialbook.web.app import make_app

OURS = "filter.ids=NCT98000001|NCT98000002|NCT98000003"


def find_ids(api: TestClient, query: str) -> list[str]:
    answer = api.get(f"/studies?fields=NCTId&pageSize=1000&{query}")
    assert answer.status_code == 200, answer.text
    return [study["protocolSection"]["identificationModule"]["nctId"] for study in answer.json()["studies"]]


def test_a_page_holds_studies_each_in_a_line_as_received(api: TestClient) -> None:
    answer = api.get(f"/studies?{OURS}&countTotal=true")
    assert answer.headers["content-type"] == "application/json"
    page = answer.json()
    assert list(page) == ["totalCount", "studies"]
    assert page["totalCount"] == 3
    first, *lines, last = answer.text.split("\n")
    assert (first, last) == ('{"totalCount":3,"studies":[', "]}")
    assert [json.loads(line.rstrip(",")) for line in lines] == page["studies"]


def test_without_queries_and_filters_every_study_comes(api: TestClient) -> None:
    assert api.get("/studies?countTotal=true&pageSize=1").json()["totalCount"] == len(find_ids(api, ""))


def test_walking_by_token_gives_each_study_once(api: TestClient) -> None:
    walked, token, count = [], "", 0
    while True:
        page = api.get(f"/studies?fields=NCTId&pageSize=7&countTotal=true{token}").json()
        count += 1
        assert ("totalCount" in page) == (count == 1)
        walked += [study["protocolSection"]["identificationModule"]["nctId"] for study in page["studies"]]
        if "nextPageToken" not in page:
            break
        token = f"&pageToken={page['nextPageToken']}"
    assert count > 2
    assert len(walked) == len(set(walked))
    assert sorted(walked) == sorted(find_ids(api, ""))


def test_a_token_of_another_query_is_declined(api: TestClient) -> None:
    token = api.get("/studies?pageSize=1").json()["nextPageToken"]
    answer = api.get(f"/studies?pageSize=1&query.cond=Diabetes&pageToken={token}")
    assert answer.status_code == 400
    assert answer.headers["content-type"].startswith("text/plain")


@pytest.mark.parametrize("token", ["x", "%00", "a" * 2_000, "ÿ", "AAAA", "-1", "1"])
def test_a_token_that_is_none_is_declined(api: TestClient, token: str) -> None:
    assert api.get(f"/studies?pageToken={token}").status_code == 400


@pytest.mark.parametrize(
    ("written", "size"), [("", 10), ("pageSize=0", 10), ("pageSize=3", 3), ("pageSize=0003", 3)]
)
def test_page_sizes(api: TestClient, written: str, size: int) -> None:
    assert len(api.get(f"/studies?{written}").json()["studies"]) == size


@pytest.mark.parametrize("written", ["1001", "5000", "99999999999999999999"[:18]])
def test_a_page_size_that_is_too_large_is_coerced(api: TestClient, written: str) -> None:
    assert api.get(f"/studies?pageSize={written}").status_code == 200


@pytest.mark.parametrize(
    "query",
    [
        f"{OURS}&filter.advanced=AREA[StudyType]OBSERVATIONAL",
        f"{OURS}&filter.advanced=AREA[StudyType]OBSERVATIONAL%2BAND%2BAREA[StartDate]RANGE[2020,MAX]",
        f"{OURS}&postFilter.advanced=AREA[StudyType]OBSERVATIONAL",
        f"{OURS}&aggFilters=studyType:obs",
        f"{OURS}&aggFilters=studyType:obs exp|results:without",
        "filter.ids=nct98000002",
        "filter.ids=NCT00000002",
        "query.id=NCT98000002",
        "query.term=nct98000002 &filter.overallStatus=COMPLETED",
    ],
)
def test_filters_that_leave_one_study(api: TestClient, query: str) -> None:
    assert find_ids(api, query) == ["NCT98000002"]


def test_several_queries_must_all_match(api: TestClient) -> None:
    both = "query.titles=sugar heart&query.intr=glucose&query.spons=A Hospital"
    assert sorted(find_ids(api, both)) == ["NCT98000001", "NCT98000002", "NCT98000003"]
    assert find_ids(api, both + "&query.cond=Zoster") == []


def test_ids_alone_make_filters_void_whatever_separates_them(api: TestClient) -> None:
    for ids in ("NCT98000001,NCT98000003", "NCT98000001 nct98000003", "NCT98000001%2BNCT98000003"):
        found = find_ids(api, f"query.cond={ids}&filter.overallStatus=COMPLETED&filter.geo=distance(0,0,1km)")
        assert sorted(found) == ["NCT98000001", "NCT98000003"]


def test_a_place_filters_by_distance(api: TestClient) -> None:
    near = "distance(25.8,-80.2,10mi)"
    assert sorted(find_ids(api, f"{OURS}&filter.geo={near}")) == ["NCT98000001", "NCT98000002"]
    assert find_ids(api, f"{OURS}&filter.geo=distance(52.5,13.4,10km)") == []
    decay = "func:linear,scale:100km,offset:10km,decay:0.1"
    assert len(find_ids(api, f"{OURS}&filter.geo={near}&geoDecay={decay}")) == 2


def test_missing_values_come_last_in_either_direction(api: TestClient) -> None:
    for direction in ("asc", "desc"):
        found = find_ids(api, f"{OURS}&sort=EnrollmentCount:{direction}")
        assert found[0] == "NCT98000001"


def test_dates_sort_newest_first_and_numbers_smallest_first(api: TestClient) -> None:
    studies = api.get("/studies?sort=StartDate&fields=StartDate&pageSize=1000").json()["studies"]
    dates = [
        study["protocolSection"].get("statusModule", {}).get("startDateStruct", {}).get("date", "")
        for study in studies
    ]
    assert dates == sorted(dates, reverse=True)
    studies = api.get("/studies?sort=EnrollmentCount&fields=EnrollmentCount&pageSize=1000").json()["studies"]
    counts = [
        count
        for study in studies
        if (count := study["protocolSection"].get("designModule", {}).get("enrollmentInfo", {}).get("count"))
        is not None
    ]
    assert counts == sorted(counts)


def test_query_stands_for_what_the_queries_search(api: TestClient) -> None:
    found = api.get(f"/studies?{OURS}&query.titles=sugar&fields=@query").json()["studies"][0]
    assert found == {
        "protocolSection": {
            "identificationModule": {"briefTitle": "Sugar, and the heart", "acronym": "SWEET"}
        }
    }


def test_a_table_has_its_header_once_and_its_numbers_in_the_head(api: TestClient) -> None:
    ask = f"/studies?{OURS}&format=csv&fields=NCT Number|Phases&pageSize=2&countTotal=true"
    first = api.get(ask)
    assert first.headers["content-type"] == "text/csv; charset=utf-8"
    assert first.headers["x-total-count"] == "3"
    second = api.get(f"{ask}&pageToken={first.headers['x-next-page-token']}")
    assert "x-total-count" not in second.headers
    assert "x-next-page-token" not in second.headers
    rows = list(csv.reader(io.StringIO(first.text + second.text)))
    assert rows[0] == ["NCT Number", "Phases"]
    assert sorted(rows[1:]) == [["NCT98000001", "PHASE1|PHASE2"], ["NCT98000002", ""], ["NCT98000003", ""]]


@pytest.mark.parametrize("query", ["", "query.cond=Diabetes", "format=csv", "sort=StartDate&pageSize=1000"])
def test_a_client_that_has_a_page_is_not_sent_it_again(api: TestClient, query: str) -> None:
    first = api.get(f"/studies?{query}")
    again = api.get(f"/studies?{query}", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert api.get(f"/studies?{query}", headers={"if-none-match": '"other"'}).content == first.content


def test_a_page_has_another_tag_once_an_import_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The store knows of an import before the search does: a page from in between must not stay a client's."""

    def keep(title: str) -> None:
        record = make_record("NCT98000001")
        record["protocolSection"]["identificationModule"]["briefTitle"] = title
        record["protocolSection"]["statusModule"]["lastUpdateSubmitDate"] = f"2025-01-0{len(title)}"
        (tmp_path / "record.json").write_text(json.dumps(record), encoding="utf-8")
        import_paths(tmp_path / "library", [tmp_path / "record.json"])

    keep("One")
    changing = TestClient(make_app(tmp_path / "library"), base_url="http://localhost/api/v2")
    query = "/studies?query.titles=three&fields=BriefTitle"
    assert changing.get(query).json() == {"studies": []}
    monkeypatch.setattr("trialbook.search.index.disk.RELOAD_SECONDS", math.inf)
    keep("Three")
    before = changing.get(query)
    assert before.json() == {"studies": []}
    assert "the index lacks the last 1 changes of the records" in before.headers["warning"]
    monkeypatch.setattr("trialbook.search.index.disk.RELOAD_SECONDS", -1.0)
    after = changing.get(query, headers={"if-none-match": before.headers["etag"]})
    assert after.status_code == 200
    assert "warning" not in after.headers
    (found,) = after.json()["studies"]
    assert found == {"protocolSection": {"identificationModule": {"briefTitle": "Three"}}}


def test_legacy_texts_in_a_page(api: TestClient) -> None:
    found = api.get(f"/studies?{OURS}&markupFormat=legacy&fields=BriefSummary").json()["studies"][0]
    assert found["protocolSection"]["descriptionModule"]["briefSummary"].startswith("Does it > help?")


def test_an_alias_leads_to_its_record(api: TestClient) -> None:
    answer = api.get("/studies/NCT00000002?fields=NCTId")
    assert (answer.status_code, answer.headers["location"]) == (301, "NCT98000002?fields=NCTId")
    followed = api.get("/studies/nct2?fields=NCTId", follow_redirects=True)
    assert followed.json()["protocolSection"]["identificationModule"]["nctId"] == "NCT98000002"


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("bogusParam=1", "`bogusParam` is unknown parameter"),
        ("filter.phase=PHASE3", "`filter.phase` is unknown parameter"),
        ("filter.overallStatus=NOT_A_STATUS", "Invalid value in parameter `overallStatus`: `NOT_A_STATUS`"),
        ("filter.ids=NCT98000001|ABC123", "Item 2 in parameter `filter.ids` has incorrect format"),
        ("filter.geo=distance(1,2)", "Parameter `filter.geo` has incorrect format"),
        ("geoDecay=func:cubic", "Parameter `geoDecay` has incorrect format"),
        ("sort=BriefTitle", "Unsupported sort field type: text"),
        ("sort=Foo", "Unknown sort field"),
        ("sort=StartDate:up", "Item 1 in parameter `sort` has incorrect format"),
        ("sort=StartDate,EnrollmentCount,NumArmGroups", "Parameter `sort` must contain no more than 2 items"),
        ("pageSize=-1", "Parameter `pageSize` has incorrect format"),
        ("pageSize=ten", "Parameter `pageSize` has incorrect format"),
        ("countTotal=2", "Invalid value in parameter `countTotal`: `2`"),
        ("format=ris", "Invalid value in parameter `format`: `ris`"),
        ("fields=NCTId|Foo", "Parameter 'fields' contains invalid field name: 'Foo'"),
        ("format=csv&fields=@query", "Item 1 in parameter `fields` has incorrect format"),
        ("aggFilters=color:red", "Invalid value in parameter `aggFilters`: `color:red`"),
        ("aggFilters=results", "Item 1 in parameter `aggFilters` has incorrect format"),
        ("query.term=AREA[X]y", "Error parsing query in Other terms: Unknown area name: `X`"),
        (
            "filter.advanced=AREA[Phase]PHASE9",
            "Error parsing query in advanced filter: Allowed values for enum field "
            "`protocolSection.designModule.phases` are `NA`, `EARLY_PHASE1`, `PHASE1`, `PHASE2`, `PHASE3`, `PHASE4`",
        ),
        ("query.cond=(a", "Error parsing query in Conditions or disease: missing ')' at '<EOF>'"),
    ],
)
def test_what_is_declined_says_why_in_plain_text(api: TestClient, query: str, text: str) -> None:
    answer = api.get(f"/studies?{query}")
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.text.split("\n")[0] == text


@pytest.mark.parametrize(
    "query",
    [
        "query.term=" + "a" * 60_000,
        "query.term=" + "(" * 40_000,
        "filter.ids=" + ",".join(["NCT00000001"] * 2_500),
        "fields=" + "a," * 20_000,
        "query.term=%00%ff%fe&pageSize=1",
        "filter.geo=distance(" + "1" * 400 + ",2,3mi)",
        "sort=" + "@" * 5_000,
        "aggFilters=" + "phase:1|" * 4_000,
        "&" * 40_000 + "x=1",
    ],
)
def test_absurd_requests_never_break_the_server(api: TestClient, query: str) -> None:
    answer = api.get(f"/studies?{query}")
    assert answer.status_code in (200, 400)
    assert "Traceback" not in answer.text


def test_pages_that_nobody_reads_share_the_memory_of_a_few() -> None:
    bodies = {str(number): bytes([number]) * 1_000 for number in range(10)}
    room = Room(15_000)
    pages = [PageBodies(bodies, bodies.get, room) for _ in range(4)]
    assert room.take(1) is False
    assert all(list(page) == list(bodies.values()) for page in pages)
    del pages
    gc.collect()
    assert room.take(15_000)


def test_a_page_that_breaks_off_gives_its_memory_back() -> None:
    def read_hit(nct_id: str) -> bytes:
        if nct_id == "2":
            raise StoreError("gone")
        return b"1234"

    room = Room(8)
    with pytest.raises(StoreError):
        PageBodies(["1", "2"], read_hit, room)
    gc.collect()
    assert room.take(8)


@pytest.mark.parametrize(
    "query",
    [
        "query.locn=Germny",
        "filter.advanced=AREA[LocationCountry]Germny",
        'query.term=AREA[LocationCountry]"Germny" AND heart',
        "query.cond=heart&query.locn=Germny&pageSize=1",
    ],
)
def test_a_place_that_no_site_is_in_is_answered_with_what_may_be_meant(api: TestClient, query: str) -> None:
    answer = api.get(f"/studies?countTotal=true&{query}")
    assert answer.json() == {"totalCount": 0, "studies": [], "didYouMean": {"Germny": ["Germany"]}}
    assert "no site here is in Germny: did you mean Germany?" in answer.headers["warning"]


def test_a_place_like_none_is_told_in_the_head_alone_and_no_study_of_another_kind_tells_nothing(
    api: TestClient,
) -> None:
    answer = api.get("/studies?query.locn=Xyzzyville")
    assert answer.json() == {"studies": []}
    assert "no site here is in Xyzzyville, by any name of it that is known" in answer.headers["warning"]
    for query in (
        "query.term=xyzzyville",
        "filter.advanced=heart AND NOT heart AND NOT AREA[LocationCity]Xyz",
    ):
        silent = api.get(f"/studies?{query}")
        assert silent.json() == {"studies": []}
        assert "warning" not in silent.headers
