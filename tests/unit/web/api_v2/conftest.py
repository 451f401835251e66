"""A library of three small records and the samples, served."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from trialbook.library.build import import_paths
from trialbook.samples import sample_paths
from trialbook.web.app import make_app


def make_record(nct_id: str, **changes: Any) -> dict[str, Any]:
    """A record with what the API's formats need; `changes` replace or add modules of its protocol."""
    protocol: dict[str, Any] = {
        "identificationModule": {
            "nctId": nct_id,
            "nctIdAliases": [f"NCT00{nct_id[5:]}"],
            "orgStudyIdInfo": {"id": "ORG-1"},
            "secondaryIdInfos": [{"id": "2020-000001-10", "type": "EUDRACT_NUMBER"}],
            "briefTitle": "Sugar, and the heart",
            "acronym": "SWEET",
        },
        "statusModule": {
            "overallStatus": "RECRUITING",
            "startDateStruct": {"date": "2021-08"},
            "lastUpdatePostDateStruct": {"date": "2025-09-02"},
        },
        "sponsorCollaboratorsModule": {
            "leadSponsor": {"name": "A Hospital", "class": "OTHER"},
            "collaborators": [{"name": "A Maker", "class": "INDUSTRY"}, {"name": "A Fund"}],
        },
        "descriptionModule": {"briefSummary": "Does it \\> help?\u2028Or not?\r\nWe see."},
        "conditionsModule": {"conditions": ["Diabetes", "Heart Failure"]},
        "designModule": {
            "studyType": "INTERVENTIONAL",
            "phases": ["PHASE1", "PHASE2"],
            "designInfo": {
                "allocation": "RANDOMIZED",
                "interventionModel": "PARALLEL",
                "primaryPurpose": "TREATMENT",
                "maskingInfo": {"masking": "DOUBLE", "whoMasked": ["PARTICIPANT", "INVESTIGATOR"]},
            },
            "enrollmentInfo": {"count": 26, "type": "ACTUAL"},
        },
        "armsInterventionsModule": {
            "armGroups": [{"label": "Sugar", "type": "EXPERIMENTAL"}],
            "interventions": [{"type": "DRUG", "name": "Glucose"}, {"type": "DEVICE", "name": "Spoon"}],
        },
        "outcomesModule": {
            "primaryOutcomes": [
                {"measure": "Weight", "description": "in kg", "timeFrame": "a year"},
                {"measure": "Joy", "timeFrame": "a week"},
            ]
        },
        "eligibilityModule": {"sex": "ALL", "minimumAge": "18 Years", "stdAges": ["ADULT", "OLDER_ADULT"]},
        "contactsLocationsModule": {
            "locations": [
                {
                    "facility": "Clinic",
                    "city": "Miami",
                    "state": "Florida",
                    "zip": "33136",
                    "country": "United States",
                    "geoPoint": {"lat": 25.77, "lon": -80.19},
                },
                {"city": "Paris", "country": "France"},
            ]
        },
        **changes,
    }
    return {
        "protocolSection": {key: value for key, value in protocol.items() if value is not None},
        "documentSection": {
            "largeDocumentModule": {
                "largeDocs": [{"label": "Study Protocol", "hasProtocol": True, "filename": "Prot_000.pdf"}]
            }
        },
        "hasResults": False,
    }


RECORDS = [
    make_record("NCT98000001"),
    make_record(
        "NCT98000002",
        designModule={
            "studyType": "OBSERVATIONAL",
            "designInfo": {"observationalModel": "COHORT", "timePerspective": "PROSPECTIVE"},
        },
    ),
    make_record("NCT98000003", designModule=None, contactsLocationsModule=None),
]


@pytest.fixture(scope="session")
def api_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The library's folder."""
    home: Path = tmp_path_factory.mktemp("api")
    lines = "\n".join(json.dumps(record) for record in RECORDS)
    (home / "records.jsonl").write_text(lines, encoding="utf-8")
    import_paths(home / "library", [home / "records.jsonl", *sample_paths()])
    return home / "library"


@pytest.fixture(scope="session")
def api(api_home: Path) -> TestClient:
    """The site over that library."""
    return TestClient(make_app(api_home), base_url="http://localhost/api/v2", follow_redirects=False)
