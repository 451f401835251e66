"""Does what a person puts right hold, whatever the note says?"""

from __future__ import annotations

import pytest

from trialbook.errors import QueryError
from trialbook.patient.correct import Corrections, correct_note, parse_ages
from trialbook.patient.note import PatientNote, read_note
from trialbook.terms import load_thesaurus

NOTE = "My mother, 64, has asthma and lupus. She had a stroke. No diabetes."


@pytest.fixture(scope="module")
def read() -> PatientNote:
    return read_note(NOTE, load_thesaurus())


def standings(note: PatientNote) -> dict[str, str]:
    return {each.text: each.standing for each in note.concepts}


def test_without_a_correction_a_note_stays_as_it_was_read(read: PatientNote) -> None:
    assert correct_note(read, Corrections(read.ages, read.sex), load_thesaurus()) == read


def test_age_and_sex_are_the_persons_own_also_where_they_are_taken_away(read: PatientNote) -> None:
    corrected = correct_note(read, Corrections((60.0, 69.0), "MALE"), load_thesaurus())
    assert (corrected.ages, corrected.sex) == ((60.0, 69.0), "MALE")
    assert (corrected.age_words, corrected.sex_words) == ("", "")
    emptied = correct_note(read, Corrections(), load_thesaurus())
    assert (emptied.ages, emptied.sex) == (None, None)


def test_what_is_left_out_or_denied_is_asked_no_more(read: PatientNote) -> None:
    corrected = correct_note(
        read, Corrections(standings={"lupus": None, "asthma": "denied"}), load_thesaurus()
    )
    assert standings(corrected) == {"asthma": "denied", "stroke": "past", "diabetes": "denied"}
    words = dict(corrected.words)
    assert "stroke" in words
    assert not {"lupus", "asthma"} & set(words)
    assert {each.text for each in corrected.concepts if each.affirmed} == {"stroke"}
    assert {each.text for each in corrected.concepts if each.is_main} == {"stroke"}


def test_what_is_affirmed_or_added_is_asked_under_its_other_names(read: PatientNote) -> None:
    corrected = correct_note(
        read, Corrections(standings={"diabetes": "present", "heart attack": "past"}), load_thesaurus()
    )
    assert standings(corrected)["heart attack"] == "past"
    (added,) = (each for each in corrected.concepts if each.text == "heart attack")
    assert ("myocardial", "infarction") in added.names
    assert {"diabetes", "heart", "attack"} <= set(dict(corrected.words))


def test_ages_and_names_that_are_none_are_refused(read: PatientNote) -> None:
    for text in ("old", "200", "69 to 60", "-4"):
        with pytest.raises(QueryError, match="the age is no number of years from 0 to 120"):
            parse_ages(text)
    assert parse_ages("0.5") == (0.5, 0.5)
    with pytest.raises(QueryError, match="100 characters"):
        correct_note(read, Corrections(standings={"x" * 101: "present"}), None)
