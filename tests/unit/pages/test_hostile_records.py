"""A record can hold anything that JSON can: none breaks the import, an answer in any format, or a page."""

from __future__ import annotations

import copy
import json
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from trialbook.library.build import import_paths
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


def make_records_at_the_ends_of_the_calendar() -> list[dict[str, Any]]:
    """A sample without results all of whose dates are the last that there is, and the first."""
    lines = sample_paths()[0].read_text(encoding="utf-8").splitlines()
    base = next(line for line in lines if '"resultsSection"' not in line and "primaryCompletionDate" in line)
    records = []
    for number, day in enumerate(("9999-12-31", "0001-01-01"), 1):
        record = json.loads(re.sub(r'"\d{4}-\d\d(-\d\d)?"', f'"{day}"', base))
        record["hasResults"] = False
        record["protocolSection"]["identificationModule"]["nctId"] = f"NCT95{number:06d}"
        records.append(record)
    return records


def make_mutated_records(count: int, rng: random.Random) -> list[dict[str, Any]]:
    """The samples with odd values anywhere in them, up to twenty in one record."""
    samples = [json.loads(line) for line in sample_paths()[0].read_text(encoding="utf-8").splitlines()]
    records = []
    for number in range(count):
        record = copy.deepcopy(rng.choice(samples))
        for _ in range(rng.choice([1, 1, 2, 5, 20])):
            holder, key = rng.choice(list(find_places(record["protocolSection"])))
            holder[key] = copy.deepcopy(rng.choice(ODD))
        identification = record["protocolSection"].get("identificationModule")
        kept = identification if isinstance(identification, dict) else {}
        record["protocolSection"]["identificationModule"] = {**kept, "nctId": f"NCT96{number:06d}"}
        records.append(record)
    return records


def find_places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every place within a value: what holds it, and its key or index there."""
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield value, key
        yield from find_places(value[key])


def make_site(folder: Path, records: list[dict[str, Any]]) -> TestClient:
    """The site over a library of some records alone."""
    (folder / "records.jsonl").write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
    counts = import_paths(folder / "library", [folder / "records.jsonl"])
    assert counts.stored > len(records) * 0.7
    return TestClient(make_app(folder / "library"), base_url="http://localhost")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    """The site over a library of some hostile records; each odd value and each place is among them."""
    some = make_hostile_records()[::5] + make_mutated_records(50, random.Random(20211126))
    some += make_records_at_the_ends_of_the_calendar()
    return make_site(tmp_path_factory.mktemp("hostile"), some)


@pytest.fixture(scope="module")
def ids(site: TestClient) -> list[str]:
    """The records that were kept."""
    return find_ids(site)


def find_ids(site: TestClient) -> list[str]:
    page = site.get("/api/v2/studies?fields=NCTId&pageSize=1000").json()
    return [study["protocolSection"]["identificationModule"]["nctId"] for study in page["studies"]]


@pytest.mark.parametrize("form", FORMATS)
def test_every_record_leaves_in_every_format(site: TestClient, ids: list[str], form: str) -> None:
    for nct_id in ids:
        answer = site.get(f"/api/v2/studies/{nct_id}?{form}")
        assert answer.status_code == 200, nct_id
        if "json" in answer.headers["content-type"]:
            json.loads(answer.content)


PAGES = ("", ".json", ".txt", "/history")


@pytest.mark.parametrize("page", PAGES)
def test_every_record_has_its_pages(site: TestClient, ids: list[str], page: str) -> None:
    for nct_id in ids:
        answer = site.get(f"/study/{nct_id}{page}")
        assert answer.status_code == 200, nct_id
        if answer.headers["content-type"].startswith("text/html"):
            assert "<script>alert" not in answer.text


QUERIES = (
    "format=csv",
    "markupFormat=legacy",
    "fields=BriefTitle|EnrollmentCount|Location|MinimumAge",
    "sort=StartDate,EnrollmentCount:desc",
    "sort=MinimumAge",
    "filter.geo=distance(1,2,500mi)",
    "filter.advanced=AREA[MinimumAge]RANGE[1 day, MAX]",
    "query.term=alert OR heart",
)


@pytest.mark.parametrize("query", QUERIES)
def test_all_of_them_leave_in_a_page(site: TestClient, query: str) -> None:
    answer = site.get(f"/api/v2/studies?pageSize=1000&{query}")
    assert answer.status_code == 200
    if query == "format=csv":
        assert len(answer.text.splitlines()) == len(answer.text.split("\n")) - 1


@pytest.mark.parametrize("path", ["stats/size", "stats/field/values", "stats/field/sizes"])
def test_they_are_counted(site: TestClient, path: str) -> None:
    assert site.get(f"/api/v2/{path}").status_code == 200


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
def test_all_of_them_and_mutated_records_at_length(tmp_path: Path, seed: int) -> None:
    mutated = make_mutated_records(500, random.Random(seed))
    site = make_site(tmp_path, mutated if seed else make_hostile_records() + mutated)
    ids = find_ids(site)
    for form in FORMATS:
        test_every_record_leaves_in_every_format(site, ids, form)
    for page in PAGES:
        test_every_record_has_its_pages(site, ids, page)
    for query in QUERIES:
        test_all_of_them_leave_in_a_page(site, query)
