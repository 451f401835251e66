"""Records made for these tests, and a library of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from trialbook.library import Library


def make_record(nct_id: str, **modules: Any) -> dict[str, Any]:
    """A record; each further argument is a module, merged into a plain one."""
    protocol: dict[str, Any] = {
        "identificationModule": {"nctId": nct_id, "briefTitle": "A study"},
        "statusModule": {"overallStatus": "COMPLETED", "lastUpdateSubmitDate": "2024-01-01"},
        "designModule": {"studyType": "INTERVENTIONAL"},
    }
    for name, module in modules.items():
        protocol[name] = {**protocol.get(name, {}), **module}
    return {"protocolSection": protocol, "hasResults": False}


def make_trial(
    nct_id: str,
    drug: str,
    condition: str,
    *,
    title: str = "",
    sponsor: str = "",
    study_id: str = "",
    **more: Any,
) -> dict[str, Any]:
    """An interventional trial of one drug in one condition."""
    return make_record(
        nct_id,
        identificationModule={
            "nctId": nct_id,
            "briefTitle": title or f"{drug} for {condition}",
            "orgStudyIdInfo": {"id": study_id},
        },
        sponsorCollaboratorsModule={"leadSponsor": {"name": sponsor or f"Sponsor of {nct_id}"}},
        conditionsModule={"conditions": [condition]},
        armsInterventionsModule={
            "interventions": [{"type": "DRUG", "name": drug}, {"type": "DRUG", "name": "Placebo"}]
        },
        eligibilityModule={"sex": "ALL", "minimumAge": "18 Years"},
        **more,
    )


FILLING = [
    ("aspirin", "Stroke"),
    ("metformin", "Diabetes Mellitus, Type 2"),
    ("paclitaxel", "Breast Cancer"),
    ("salbutamol", "Asthma"),
    ("sertraline", "Depression"),
    ("ivermectin", "Malaria"),
    ("warfarin", "Atrial Fibrillation"),
    ("insulin glargine", "Diabetes Mellitus, Type 1"),
]


def make_records() -> list[dict[str, Any]]:
    """A parent with its extension and a stranger to both in the same field, and others of other fields."""
    parent = make_trial(
        "NCT10000001",
        "macitentan",
        "Pulmonary Arterial Hypertension",
        title="Macitentan in Pulmonary Arterial Hypertension",
        sponsor="Maker of it",
        study_id="MK-055A301",
    )
    extension = make_trial(
        "NCT10000002",
        "macitentan",
        "Pulmonary Arterial Hypertension",
        title="Long-term Open-label Extension of a Study of Macitentan",
        sponsor="Maker of it",
        study_id="MK-055A302",
        descriptionModule={"briefSummary": "Those who completed NCT10000001 go on with the drug."},
    )
    stranger = make_trial(
        "NCT10000003",
        "bosentan",
        "Pulmonary Arterial Hypertension",
        title="Bosentan in Pulmonary Arterial Hypertension",
        statusModule={"overallStatus": "RECRUITING", "lastUpdateSubmitDate": "2024-01-01"},
    )
    others = [
        make_trial(f"NCT2000{number:04}", drug, condition) for number, (drug, condition) in enumerate(FILLING)
    ]
    return [parent, extension, stranger, *others]


def write_records(path: Path, records: list[dict[str, Any]]) -> Path:
    path.write_bytes(b"\n".join(map(msgspec.json.encode, records)))
    return path


@pytest.fixture(scope="session")
def related_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of those records; for reading."""
    folder = tmp_path_factory.mktemp("related")
    with Library.create(folder / "library") as library:
        library.import_files(write_records(folder / "records.jsonl", make_records()))
    return folder / "library"
