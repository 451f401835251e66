"""Does a single record leave in each format as the registry gives it?"""

from __future__ import annotations

import csv
import io
import json
import zipfile

import pytest
from starlette.testclient import TestClient
from tests.unit.web.api_v2.conftest import make_record

from trialbook.export.fhir import make_bundle
from trialbook.model.present import decode_shortened
from trialbook.record.extent import MOST_ENTRIES
from trialbook.store import Store

STUDY = "/studies/NCT98000001"


def read_row(api: TestClient, query: str = "", nct_id: str = "NCT98000001") -> dict[str, str]:
    answer = api.get(f"/studies/{nct_id}?format=csv{query}")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    (row,) = csv.DictReader(io.StringIO(answer.text, newline=""))
    return row


def test_json_is_the_bytes_that_were_received(api: TestClient, api_home) -> None:
    answer = api.get(STUDY)
    with Store(api_home) as store:
        assert answer.content == store.get_body("NCT98000001")
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize("written", ["nct98000001", "NcT0098000001"])
def test_an_id_may_be_written_in_other_ways(api: TestClient, written: str) -> None:
    assert api.get(f"/studies/{written}").content == api.get(STUDY).content


@pytest.mark.parametrize(
    ("address", "status", "text"),
    [
        ("/studies/NCT99999998", 404, "NCT number NCT99999998 not found"),
        ("/studies/ABC123", 400, "Parameter `nctId` has incorrect format"),
        ("/studies/NCT00000000", 400, "Parameter `nctId` has incorrect format"),
        ("/studies/NCT" + "0" * 5_000 + "7", 404, "NCT number NCT00000007 not found"),
        (f"{STUDY}?bogus=1", 400, "`bogus` is unknown parameter"),
        (f"{STUDY}?format=xml", 400, "Invalid value in parameter `format`: `xml`"),
        (f"{STUDY}?markupFormat=html", 400, "Invalid value in parameter `markupFormat`: `html`"),
        (f"{STUDY}?fields=StudyDesign", 400, "Parameter 'fields' contains invalid field name: 'StudyDesign'"),
        (f"{STUDY}?fields=NCTId|7", 400, "Item 2 in parameter `fields` has incorrect format"),
        (f"{STUDY}?fields=@query", 400, "Item 1 in parameter `fields` has incorrect format"),
        (
            f"{STUDY}?format=csv&fields=NCTId",
            400,
            "Parameter 'fields' contains invalid CSV column name: 'NCTId'",
        ),
        (f"{STUDY}?format=ris&fields=XX", 400, "Parameter 'fields' contains invalid RIS tag: 'XX'"),
        (f"{STUDY}?format=json&format=csv", 400, "Parameter `format` is given more than once"),
        (
            f"{STUDY}?format=fhir.json&fields=NCTId",
            400,
            "Parameter `fields` must not be given for format `fhir.json`",
        ),
        ("/nothing", 404, "There is nothing at /api/v2/nothing"),
    ],
)
def test_what_is_declined_says_why_in_plain_text(
    api: TestClient, address: str, status: int, text: str
) -> None:
    answer = api.get(address)
    assert (answer.status_code, answer.text) == (status, text)
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"


@pytest.mark.parametrize(
    "fields",
    ["NCTId|Phase", "NCTId,Phase", "NCTId%7CPhase", "Phase|protocolSection.identificationModule.nctId"],
)
def test_fields_cut_out_what_they_name(api: TestClient, fields: str) -> None:
    assert api.get(f"{STUDY}?fields={fields}").json() == {
        "protocolSection": {
            "identificationModule": {"nctId": "NCT98000001"},
            "designModule": {"phases": ["PHASE1", "PHASE2"]},
        }
    }


def test_what_is_given_empty_is_not_given(api: TestClient) -> None:
    assert api.get(f"{STUDY}?fields=&format=&markupFormat=").content == api.get(STUDY).content


def test_a_structure_comes_with_all_that_is_in_it(api: TestClient) -> None:
    cut = api.get(f"{STUDY}?fields=Location|LeadSponsor").json()["protocolSection"]
    assert cut["contactsLocationsModule"]["locations"][0]["geoPoint"] == {"lat": 25.77, "lon": -80.19}
    assert cut["sponsorCollaboratorsModule"] == {"leadSponsor": {"name": "A Hospital", "class": "OTHER"}}


def test_an_area_stands_for_its_pieces(api: TestClient) -> None:
    cut = api.get(f"{STUDY}?fields=TitleSearch").json()
    assert cut == {
        "protocolSection": {
            "identificationModule": {"briefTitle": "Sugar, and the heart", "acronym": "SWEET"}
        }
    }


def test_what_a_record_lacks_leaves_its_structure_empty(api: TestClient) -> None:
    cut = api.get("/studies/NCT98000002?fields=Phase|LocationZip").json()["protocolSection"]
    assert cut["designModule"] == {}
    assert cut["contactsLocationsModule"]["locations"] == [{"zip": "33136"}, {}]


def test_legacy_texts_have_no_escapes_and_lines_that_end_in_cr_lf(api: TestClient) -> None:
    legacy = api.get(f"{STUDY}?markupFormat=legacy").json()
    plain = api.get(STUDY).json()
    assert legacy["protocolSection"]["descriptionModule"]["briefSummary"] == (
        "Does it > help?\u2028Or not?\r\nWe see."
    )
    legacy["protocolSection"].pop("descriptionModule")
    plain["protocolSection"].pop("descriptionModule")
    assert legacy == plain


def test_a_row_of_the_table_is_written_as_the_registry_writes_it(api: TestClient) -> None:
    assert read_row(api) == {
        "NCT Number": "NCT98000001",
        "Study Title": "Sugar, and the heart",
        "Study URL": "https://clinicaltrials.gov/study/NCT98000001",
        "Acronym": "SWEET",
        "Study Status": "RECRUITING",
        "Brief Summary": "Does it \\> help? Or not? We see.",
        "Study Results": "NO",
        "Conditions": "Diabetes|Heart Failure",
        "Interventions": "DRUG: Glucose|DEVICE: Spoon",
        "Primary Outcome Measures": "Weight, in kg, a year|Joy, a week",
        "Secondary Outcome Measures": "",
        "Other Outcome Measures": "",
        "Sponsor": "A Hospital",
        "Collaborators": "A Maker|A Fund",
        "Sex": "ALL",
        "Age": "ADULT, OLDER_ADULT",
        "Phases": "PHASE1|PHASE2",
        "Enrollment": "26",
        "Funder Type": "OTHER",
        "Study Type": "INTERVENTIONAL",
        "Study Design": "Allocation: RANDOMIZED|Intervention Model: PARALLEL"
        "|Masking: DOUBLE (PARTICIPANT, INVESTIGATOR)|Primary Purpose: TREATMENT",
        "Other IDs": "ORG-1|2020-000001-10",
        "Start Date": "2021-08",
        "Primary Completion Date": "",
        "Completion Date": "",
        "First Posted": "",
        "Results First Posted": "",
        "Last Update Posted": "2025-09-02",
        "Locations": "Clinic, Miami, Florida, 33136, United States|Paris, France",
        "Study Documents": "Study Protocol, "
        "https://cdn.clinicaltrials.gov/large-docs/01/NCT98000001/Prot_000.pdf",
    }


def test_an_observational_design_keeps_its_model(api: TestClient) -> None:
    row = read_row(api, nct_id="NCT98000002")
    assert row["Study Design"] == "Observational Model: COHORT|Time Perspective: PROSPECTIVE"


def test_columns_can_be_chosen(api: TestClient) -> None:
    assert read_row(api, "&fields=Phases|NCT Number") == {
        "NCT Number": "NCT98000001",
        "Phases": "PHASE1|PHASE2",
    }


def test_a_table_that_is_split_at_every_line_end_still_parses(api: TestClient) -> None:
    lines = api.get(f"{STUDY}?format=csv").content.decode().splitlines()
    rows = list(csv.reader(lines))
    assert [len(row) for row in rows] == [30, 30]


def test_a_zip_holds_the_record(api: TestClient) -> None:
    answer = api.get(f"{STUDY}?format=json.zip")
    assert answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.namelist() == ["NCT98000001.json"]
        assert archive.read("NCT98000001.json") == api.get(STUDY).content


def test_a_reference_has_a_type_its_values_and_an_end(api: TestClient) -> None:
    answer = api.get(f"{STUDY}?format=ris")
    assert answer.headers["content-type"].startswith("application/x-research-info-systems")
    lines = answer.text.split("\r\n")
    assert lines[0] == "TY  - DBASE"
    assert lines[-2:] == ["ER  - ", ""]
    assert "AN  - NCT98000001" in lines
    assert "A2  - A Maker" in lines
    assert "AB  - Does it > help? Or not? We see." in lines
    assert "C7  - Study Protocol" in lines


def test_tags_of_a_reference_can_be_chosen(api: TestClient) -> None:
    assert api.get(f"{STUDY}?format=ris&fields=AN").text == "TY  - DBASE\r\nAN  - NCT98000001\r\nER  - \r\n"


def test_fhir_leaves_out_a_count_that_is_no_number() -> None:
    for count in ("9" * 6_000, "many", -1, 1e999, None):
        record = make_record("NCT98000009", designModule={"enrollmentInfo": {"count": count}})
        study = make_bundle(record)["entry"][0]["resource"]
        assert set(study["recruitment"]) == {"eligibility"}


def test_fhir_holds_the_study_and_its_group(api: TestClient) -> None:
    answer = api.get(f"{STUDY}?format=fhir.json")
    assert answer.headers["content-type"] == "application/fhir+json"
    bundle = answer.json()
    study, group = (entry["resource"] for entry in bundle["entry"])
    assert (bundle["resourceType"], bundle["type"]) == ("Bundle", "collection")
    assert study["resourceType"] == "ResearchStudy"
    assert study["phase"]["coding"][0]["code"] == "phase-1-phase-2"
    assert study["progressStatus"][0]["state"]["coding"][0]["code"] == "recruiting"
    assert study["recruitment"] == {
        "actualNumber": 26,
        "eligibility": {"reference": "Group/NCT98000001-eligibility"},
    }
    assert [party["name"] for party in study["associatedParty"]] == ["A Hospital", "A Maker", "A Fund"]
    assert group["characteristic"][0]["valueRange"] == {
        "low": {"value": 18.0, "unit": "Years", "system": "http://unitsofmeasure.org", "code": "a"}
    }
    assert group["id"] == "NCT98000001-eligibility"
    assert '""' not in json.dumps(bundle)


def test_a_client_learns_that_nothing_changed(api: TestClient) -> None:
    tag = api.get(STUDY).headers["etag"]
    for known in (tag, f'"other", W/{tag}', "*"):
        answer = api.get(STUDY, headers={"If-None-Match": known})
        assert (answer.status_code, answer.content) == (304, b"")
    assert api.get(STUDY, headers={"If-None-Match": '"other"'}).status_code == 200


def test_fhir_of_a_giant_has_the_first_of_its_sites_and_a_note_on_the_others() -> None:
    sites = [{"city": f"T{number}"} for number in range(MOST_ENTRIES + 5)]
    record = make_record("NCT98000001") | {
        "protocolSection": {"contactsLocationsModule": {"locations": sites}}
    }
    study = make_bundle(*decode_shortened(json.dumps(record).encode()))["entry"][0]["resource"]
    assert len(study["contained"]) == MOST_ENTRIES
    assert study["note"] == [
        {
            "text": "The record is too long for this form. Left out:"
            " 5 of 100,005 entries of contactsLocationsModule.locations."
        }
    ]
