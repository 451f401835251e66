"""A record can hold anything that JSON can: none breaks the import, an answer in any format, or a page."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from starlette.testclient import TestClient

from trialbook.build import import_paths
from trialbook.samples import sample_paths
from trialbook.web.app import make_app

TEXT = "a\x00\x1b[31m\u202e\ufeff\u2028</script><script>alert(1)</script>"
DIGITS = "9" * 6_000
ODD: list[Any] = [
    None,
    True,
    -1,
    2**53,
    1e300,
    "",
    TEXT,
    DIGITS,
    "9" * 400 + " Years",
    [],
    {},
    [None, [["x"]], {}],
]
PLACES = (
    "identificationModule.briefTitle",
    "identificationModule.nctIdAliases",
    "identificationModule.secondaryIdInfos",
    "statusModule",
    "statusModule.startDateStruct",
    "statusModule.startDateStruct.date",
    "statusModule.overallStatus",
    "sponsorCollaboratorsModule.leadSponsor",
    "conditionsModule.conditions",
    "designModule.phases",
    "designModule.enrollmentInfo.count",
    "designModule.designInfo.maskingInfo.whoMasked",
    "armsInterventionsModule.interventions",
    "outcomesModule.primaryOutcomes",
    "eligibilityModule.minimumAge",
    "eligibilityModule.stdAges",
    "contactsLocationsModule.locations",
    "referencesModule.references",
)
SITES: list[Any] = [
    [
        {"geoPoint": {"lat": 1e308, "lon": -1e308}},
        {"geoPoint": [1, 2]},
        {"geoPoint": {"lat": "x", "lon": None}},
    ],
    [{"city": [TEXT], "status": {"a": 1}, "facility": 5}],
]
FORMATS = (
    "format=json",
    "format=csv",
    "format=ris",
    "format=fhir.json",
    "format=json.zip",
    "markupFormat=legacy",
)


def make_hostile_records() -> list[dict[str, Any]]:
    base = json.loads(sample_paths()[0].read_text(encoding="utf-8").splitlines()[0])
    changes = [(place, value) for place in PLACES for value in ODD]
    changes += [("contactsLocationsModule.locations", sites) for sites in SITES]
    records = []
    for number, (place, value) in enumerate(changes, 1):
        record = copy.deepcopy(base)
        holder, (*keys, last) = record["protocolSection"], place.split(".")
        for key in keys:
            holder = holder.setdefault(key, {})
        holder[last] = value
        record["protocolSection"]["identificationModule"]["nctId"] = f"NCT97{number:06d}"
        records.append(record)
    return records


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    """The site over a library of these records alone."""
    folder = tmp_path_factory.mktemp("hostile")
    lines = "\n".join(map(json.dumps, make_hostile_records()))
    (folder / "records.jsonl").write_text(lines, encoding="utf-8")
    counts = import_paths(folder / "library", [folder / "records.jsonl"])
    assert counts.stored > 150
    return TestClient(make_app(folder / "library"))


@pytest.fixture(scope="module")
def ids(site: TestClient) -> list[str]:
    """The records that were kept."""
    page = site.get("/api/v2/studies?fields=NCTId&pageSize=1000").json()
    return [study["protocolSection"]["identificationModule"]["nctId"] for study in page["studies"]]


@pytest.mark.parametrize("form", FORMATS)
def test_every_record_leaves_in_every_format(site: TestClient, ids: list[str], form: str) -> None:
    for nct_id in ids:
        answer = site.get(f"/api/v2/studies/{nct_id}?{form}")
        assert answer.status_code == 200, nct_id
        if "json" in answer.headers["content-type"]:
            json.loads(answer.content)


@pytest.mark.parametrize("page", ["", ".json", ".txt", "/history"])
def test_every_record_has_its_pages(site: TestClient, ids: list[str], page: str) -> None:
    for nct_id in ids:
        answer = site.get(f"/study/{nct_id}{page}")
        assert answer.status_code == 200, nct_id
        if answer.headers["content-type"].startswith("text/html"):
            assert "<script>alert" not in answer.text


@pytest.mark.parametrize(
    "query",
    [
        "format=csv",
        "markupFormat=legacy",
        "fields=BriefTitle|EnrollmentCount|Location|MinimumAge",
        "sort=StartDate,EnrollmentCount:desc",
        "sort=MinimumAge",
        "filter.geo=distance(1,2,500mi)",
        "filter.advanced=AREA[MinimumAge]RANGE[1 day, MAX]",
        "query.term=alert OR heart",
    ],
)
def test_all_of_them_leave_in_a_page(site: TestClient, query: str) -> None:
    answer = site.get(f"/api/v2/studies?pageSize=1000&{query}")
    assert answer.status_code == 200
    if query == "format=csv":
        assert len(answer.text.splitlines()) == len(answer.text.split("\n")) - 1


@pytest.mark.parametrize("path", ["stats/size", "stats/field/values", "stats/field/sizes"])
def test_they_are_counted(site: TestClient, path: str) -> None:
    assert site.get(f"/api/v2/{path}").status_code == 200
