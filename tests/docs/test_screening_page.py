"""The page on screening says what the program does: its example runs, its names are those of the code."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import get_args

import trialbook
from trialbook.eligibility.facts import Status
from trialbook.eligibility.readers.fhir import _READERS
from trialbook.eligibility.readers.plain import _FACT_FIELDS, _LISTS
from trialbook.eligibility.verdicts import VERDICTS

PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "screen-a-patient.md").read_text(encoding="utf-8")
(TOLD,) = re.findall(r"^```json\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def test_the_example_is_read_and_screened(sample_library: trialbook.Library, tmp_path: Path) -> None:
    path = tmp_path / "patient.json"
    path.write_text(TOLD)
    found = sample_library.screen("NCT04776239", path)
    assert found.person_id == "p1"
    assert found == sample_library.screen("NCT04776239", json.loads(TOLD))
    told = {each.fact.concept.words for one in found.criteria for each in one.evidence}
    assert {"HbA1c", "platelets", "informed consent", "age"} & told


def test_verdicts_statuses_fields_and_resources_are_all_named() -> None:
    named = set(re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```$", "", PAGE, flags=re.MULTILINE | re.DOTALL)))
    assert set(VERDICTS) <= named
    assert set(get_args(Status)) <= named
    assert _FACT_FIELDS - {"person_id"} <= named
    assert set(_LISTS) - {"conditions", "drugs"} <= named
    assert all(each in PAGE for each in _READERS)
