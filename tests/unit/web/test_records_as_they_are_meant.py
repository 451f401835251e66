"""At every door a record is found under all its numbers, and shown as the registry would write it today."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from starlette.testclient import TestClient
from tests.conftest import find_shared

from trialbook.cli.main import main
from trialbook.export.fhir import make_bundle
from trialbook.library import Library
from trialbook.library.build import import_paths
from trialbook.mcp.arguments import ReadArguments, SearchArguments
from trialbook.mcp.read import read_study
from trialbook.mcp.search import search_studies
from trialbook.web.app import make_app

STUDY = "NCT00990401"
ENTITIES: dict[str, Any] = {
    "identificationModule": {
        "nctId": STUDY, "nctIdAliases": ["NCT00990402"], "briefTitle": "Heart &amp; Vein",
        "secondaryIdInfos": [{"id": "2013-009999-36", "type": "EUDRACT_NUMBER"}],
    },
    "statusModule": {"overallStatus": "UNKNOWN_STATUS", "startDateStruct": {"date": "31/02/2021"},
                     "completionDateStruct": {"date": "2022-06"}, "lastUpdateSubmitDate": "2024-01-10"},
    "sponsorCollaboratorsModule": {"leadSponsor": {"name": "Research &amp;amp; Care Ltd"}},
    "designModule": {"studyType": "INTERVENTIONAL", "enrollmentInfo": {"count": 99999999, "type": "ESTIMATED"}},
    "eligibilityModule": {"eligibilityCriteria": "Inclusion Criteria:\n\n* Glucose &gt;&#x2F;= 7.0 mmol&#x2F;L in the chart"},
    "contactsLocationsModule": {"locations": [{"facility": "Heart &amp; Vein Centre", "country": "Turkey"}]},
}  # fmt: skip
REGISTER = {
    "identificationModule": {"nctId": "SLCTR/2020/001", "briefTitle": "Of another register"},
    "statusModule": {"startDateStruct": {"date": "2020"}},
    "referencesModule": {"seeAlsoLinks": [{"label": "Results", "url": "https://r.example/1"},
                                          {"label": "SLCTR", "url": "https://slctr.example/trials/1"}]},
}  # fmt: skip


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("meant")
    source = home / "records.jsonl"
    source.write_text("".join(json.dumps({"protocolSection": each}) + "\n" for each in (ENTITIES, REGISTER)))
    assert import_paths(home, [source]).stored == 2
    return home


@pytest.fixture(scope="module")
def site(home: Path) -> TestClient:
    return TestClient(make_app(home), base_url="http://127.0.0.1")


NUMBERS = ("NCT00990402", "nct00990402", "NCT990401", "NCT000990401", "nct990402", "2013-009999-36")


@pytest.mark.parametrize("number", NUMBERS)
def test_every_number_of_a_study_leads_to_its_record(home: Path, site: TestClient, number: str) -> None:
    paths = ["/study/{}", "/study/{}.txt", "/study/{}.json", "/study/{}/history", "/study/{}/related"]
    paths += ["/api/trialbook/studies/{}", "/api/trialbook/studies/{}/versions"]
    if number.lower().startswith("nct"):
        paths += ["/api/v2/studies/{}", "/api/int/studies/{}"]
        paths += [
            "/api/v2/studies?filter.ids={}",
            "/api/v2/studies?query.id={}",
            "/api/v2/studies?query.term={}",
        ]
        assert len(site.get(f"/api/int/studies/{number}/history").json()["changes"]) == 1
    for path in (*paths, "/?q={}"):
        answer = site.get(path.format(number))
        assert answer.status_code == 200, path
        assert STUDY in answer.text, path
    runner = CliRunner()
    for command, said in (("show", STUDY), ("history", "in force"), ("diff", STUDY)):
        assert said in runner.invoke(main, ["--home", str(home), command, number]).output, command
    with Library(home) as library:
        assert library.find_id(number) == STUDY
        assert STUDY in str(read_study(library, ReadArguments(nct_id=number)))
        assert search_studies(library, SearchArguments(term=number))["total"] == 1


def test_entities_and_older_values_are_shown_and_searched_as_meant_and_kept_in_json(
    home: Path, site: TestClient
) -> None:
    page = site.get(f"/study/{STUDY}").text
    assert "Heart &amp; Vein Centre" in page
    assert "&amp;amp;" not in page
    assert "Glucose &gt;/= 7.0 mmol/L in the chart" in page
    assert "UNKNOWN_STATUS" not in page
    assert "99,999,999" not in page
    found = (
        'AREA[EligibilityCriteria]"mmol/L in the chart"', '"Heart & Vein Centre"', "Research Care Ltd",
        "AREA[OverallStatus]UNKNOWN", "AREA[LocationCountry]Türkiye",
    )  # fmt: skip
    with Library(home) as library:
        for query in found:
            assert library.search(query).nct_ids == (STUDY,), query
        assert library.search(status="UNKNOWN").nct_ids == (STUDY,)
        assert library[STUDY].brief_title == "Heart & Vein"
        assert str(library[STUDY].overall_status) == "UNKNOWN"
        assert library[STUDY].body == library.get_body(STUDY)
        hit = search_studies(library, SearchArguments(id=STUDY))["studies"][0]
        assert "&amp;" not in json.dumps(hit)
    as_received = {"protocolSection": ENTITIES}
    assert site.get(f"/api/v2/studies/{STUDY}").json() == as_received
    assert site.get(f"/study/{STUDY}.json").json() == as_received
    rows = csv.DictReader(io.StringIO(site.get("/api/v2/studies?format=csv").text))
    row = next(each for each in rows if each["NCT Number"] == STUDY)
    assert (row["Study Title"], row["Sponsor"]) == ("Heart & Vein", "Research & Care Ltd")
    assert (row["Study Status"], row["Enrollment"]) == ("UNKNOWN", "")
    assert "Research & Care Ltd" in site.get(f"/api/v2/studies/{STUDY}?format=ris").text


def test_a_study_of_another_register_links_there_and_its_number_is_no_nct_id(site: TestClient) -> None:
    rows = csv.DictReader(io.StringIO(site.get("/api/v2/studies?format=csv").text))
    urls = {row["NCT Number"]: row["Study URL"] for row in rows}
    assert urls == {
        STUDY: f"https://clinicaltrials.gov/study/{STUDY}",
        "SLCTR/2020/001": "https://slctr.example/trials/1",
    }
    page = site.get("/study/SLCTR/2020/001").text
    assert "clinicaltrials.gov/study/SLCTR" not in page
    assert "https://slctr.example/trials/1" in page
    assert "NCT ID" not in page


def test_dates_that_are_none_and_ids_with_slashes_never_reach_fhir() -> None:
    study, group = (each["resource"] for each in make_bundle({"protocolSection": ENTITIES})["entry"])
    assert study["period"] == {"end": "2022-06"}
    assert "31/02" not in json.dumps([study, group])
    bundle = make_bundle({"protocolSection": REGISTER})
    for resource in (bundle, *(each["resource"] for each in bundle["entry"])):
        assert re.fullmatch(r"[A-Za-z0-9.-]{1,64}", resource["id"])
    assert bundle["entry"][0]["fullUrl"] == "https://slctr.example/trials/1"
    assert bundle["entry"][0]["resource"]["identifier"][0]["value"] == "SLCTR/2020/001"


def test_the_shared_cases_of_ids_entities_and_links(tmp_path: Path) -> None:
    cases = find_shared("cases")
    names = ("04_alias_and_short_id.json", "05_html_entities.json", "06g_ictrp_results_posted.xml",
             "06h_ictrp_eudract_number.xml", "06j_ictrp_other_register_links.xml")  # fmt: skip
    assert import_paths(tmp_path, [cases / name for name in names]).stored == 6
    site = TestClient(make_app(tmp_path), base_url="http://127.0.0.1")
    for number in ("NCT00990402", "NCT990401", "NCT000990401"):
        for path in (
            "/study/{}",
            "/api/trialbook/studies/{}",
            "/api/int/studies/{}/history",
            "/api/v2/studies/{}",
        ):
            assert site.get(path.format(number)).status_code == 200, path
    with Library(tmp_path) as library:
        for number in ("2013-009999-36", "EUCTR2013-009999-36"):
            assert library.find_id(number) == "EUCTR2013-009999-36-SK"
            assert library.search(number).nct_ids == ("EUCTR2013-009999-36-SK",)
        for number in ("2024-509999-11-00", "CTIS2024-509999-11-00"):
            assert library.find_id(number) == "CTIS2024-509999-11-00"
            assert library.search(number).nct_ids == ("CTIS2024-509999-11-00",)
        assert library.search('"Heart & Vein Centre"').nct_ids == ("NCT99900501",)
    assert site.get("/study/NCT99900501.json").content in (cases / "05_html_entities.json").read_bytes()
    rows = {
        row["NCT Number"]: row
        for row in csv.DictReader(io.StringIO(site.get("/api/v2/studies?format=csv").text))
    }
    assert rows["DRKS00099777"]["Study URL"] == "https://drks.example/trial/DRKS00099777"
    assert rows["NCT99900110"]["Study Results"] == "YES"
