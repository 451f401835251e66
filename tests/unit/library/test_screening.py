"""Screening through the library: every form of patient data, verdicts that are overruled, a record as of a day."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import trialbook
from trialbook.eligibility.facts import Person
from trialbook.eligibility.verdicts import Contest
from trialbook.errors import NotFoundError, UsageError
from trialbook.library.screening import Told

DAY = date(2026, 11, 29)
PLAIN = {"birth_date": "2020-05-20", "sex": "male"}
BUNDLE = {
    "resourceType": "Bundle",
    "entry": [
        {"resource": {"resourceType": "Patient", "id": "p", "birthDate": "2020-05-20", "gender": "male"}}
    ],
}


@pytest.mark.parametrize(
    "patient",
    [PLAIN, BUNDLE, json.dumps(BUNDLE), json.dumps(PLAIN).encode(), "A 6-year-old boy with asthma."],
)
def test_each_form_of_patient_data_is_taken(patient: Any, sample_library: trialbook.Library) -> None:
    found = sample_library.screen("NCT04776239", patient, day=DAY)
    assert found.overall == "ineligible"
    assert found.because[0].text == "Minimum age: 18 Years"
    assert found.day == DAY


def test_one_person_is_wanted(sample_library: trialbook.Library) -> None:
    with pytest.raises(UsageError, match="several persons"):
        sample_library.screen("NCT04776239", json.dumps([PLAIN, PLAIN]), day=DAY)
    with pytest.raises(UsageError, match="nobody"):
        sample_library.screen("NCT04776239", "[]", day=DAY)
    assert len(list(sample_library.screen_all("NCT04776239", json.dumps([PLAIN, PLAIN]), day=DAY))) == 2


def test_a_verdict_is_overruled_and_stays(sample_library: trialbook.Library) -> None:
    before = sample_library.screen("NCT04776239", PLAIN, day=DAY)
    wrong = [
        Contest(each.start, "met" if each.kind == "inclusion" else "not_met", "born in 2000")
        for each in before.because
    ]
    after = sample_library.screen("NCT04776239", PLAIN, day=DAY, contests=wrong)
    assert (before.overall, after.overall) == ("ineligible", "open")
    assert [each.verdict for each in after.criteria] == [each.verdict for each in before.criteria]


def test_what_is_told_beside_the_data_does_not_undo_them(sample_library: trialbook.Library) -> None:
    person = Person("p", answers={"mdrd_constant": "186"})
    told = Told(frozenset({"condition"}), {"mdrd_constant": "175", "race_term": "no"})
    assert told.add_to(person).answers == {"mdrd_constant": "186", "race_term": "no"}
    assert sample_library.screen("NCT04776239", person, day=DAY, told=told).person_id == "p"


def test_nothing_of_a_patient_is_kept(sample_library: trialbook.Library, tmp_path: Path) -> None:
    path = tmp_path / "note.txt"
    path.write_text("A 58-year-old woman with xylophagia-7731.")
    sample_library.screen("NCT04776239", path, day=DAY)
    assert not any(b"7731" in each.read_bytes() for each in sample_library.home.rglob("*") if each.is_file())


def test_a_study_that_is_not_there_is_said_so(sample_library: trialbook.Library) -> None:
    with pytest.raises(NotFoundError):
        sample_library.screen("NCT00000001", PLAIN, day=DAY)
