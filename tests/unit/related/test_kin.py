"""Is kinship read from ids, numbers, acronyms, people and publications, and nothing else taken for it?"""

from __future__ import annotations

import pytest
from tests.unit.related.conftest import make_record

from trialbook.related.kin import cut_acronym, cut_study_id, read_kin
from trialbook.related.relations import (
    EXPANDED_ACCESS,
    EXTENSION,
    FOLLOW_UP,
    SUB_STUDY,
    find_title_marks,
    name_relation,
)
from trialbook.related.traits import read_traits
from trialbook.terms import get_thesaurus


@pytest.mark.parametrize(
    ("study_id", "stem"),
    [
        ("AC-055G202", "AC055G"),
        ("I5Q-MC-CGAL", "I5QMC"),
        ("A0081234", "A0081"),
        ("200719", "2007"),
        ("12", ""),
        ("", ""),
        ("N/A", ""),
    ],
)
def test_study_ids_of_one_programme_have_a_stem(study_id: str, stem: str) -> None:
    assert cut_study_id(study_id) == stem


@pytest.mark.parametrize(
    ("acronym", "stem"),
    [("EVEREST II", "EVEREST"), ("SERENADE OL", "SERENADE"), ("ADVANCE-3", "ADVANCE"), ("HF", ""), ("", "")],
)
def test_acronyms_of_one_programme_have_a_stem(acronym: str, stem: str) -> None:
    assert cut_acronym(acronym) == stem


def test_ids_of_others_are_read_from_texts_and_words_are_not() -> None:
    record = make_record(
        "NCT10000009",
        identificationModule={"nctId": "NCT10000009", "orgStudyIdInfo": {"id": "AB-100-02"}},
    )
    texts = {
        "summary": "Follows AB-100-01 (nct10000008), not AB-100-02; COVID-19, HbA1c, 10mg, 2020-2021 and I/II."
    }
    kin = read_kin(record, texts)
    assert kin.named == ("AB10001", "NCT10000008")
    assert kin.own == ("NCT10000009", "AB10002")


def test_grants_are_no_ids_of_a_study() -> None:
    ids = [
        {"id": "R01HL084155", "type": "NIH"},
        {"id": "5P30CA043703-12"},
        {"id": "UL1 RR024150", "type": "OTHER"},
        {"id": "2005-001234-56", "type": "EUDRACT_NUMBER"},
        {"id": "B12345678"},
        "odd",
    ]
    record = make_record(
        "NCT10000009", identificationModule={"nctId": "NCT10000009", "secondaryIdInfos": ids}
    )
    assert read_kin(record, {}).own == ("NCT10000009", "200500123456", "B12345678")


def test_publications_and_people_are_read() -> None:
    record = make_record(
        "NCT10000009",
        contactsLocationsModule={
            "overallOfficials": [{"name": "Ada Lovelace, MD"}, {"name": "Medical Monitor"}]
        },
        referencesModule={
            "references": [
                {"pmid": "11", "type": "RESULT"},
                {"pmid": "12", "type": "DERIVED"},
                {"pmid": "13", "type": "BACKGROUND"},
                {"pmid": "x", "type": "RESULT"},
                "odd",
            ]
        },
    )
    kin = read_kin(record, {})
    assert (kin.results, kin.background) == (("11", "12"), ("13",))
    assert kin.people == ("ada lovelace",)


@pytest.mark.parametrize(
    ("title", "marks"),
    [
        ("A Long-term, Multicenter, Open-label Extension of the SERENADE Study", EXTENSION),
        ("Rollover Study for Patients on Drug X", EXTENSION),
        ("Long-term Follow-up of Drug X", FOLLOW_UP),
        ("Sub-study of Bone Density", SUB_STUDY),
        ("Expanded Access for Drug X", EXPANDED_ACCESS),
        ("Drug X in Extensive Disease", 0),
        ("Randomized 8-week Study and 8-week Open Label Extension to Evaluate Drug X", 0),
        ("A Double-blind Study of Drug X With a Long-Term Open-Label Extension in Headache", 0),
        ("A 36-week Study Including a 2 Year Extension Study of Drug X", 0),
        ("Double-blind, Open-label Extension Multicenter Study of Drug X", 0),
        ("Sleep Extension to Improve Quality of Life", 0),
        ("Continuation vs. Removal of Drug X", 0),
        ("Long-Term Safety and Efficacy Extension Study of Drug X", EXTENSION),
        ("A Single-Arm, Open Label, 16-week Extension Study of Drug X", EXTENSION),
    ],
)
def test_titles_say_what_a_study_is(title: str, marks: int) -> None:
    record = make_record("NCT10000009", identificationModule={"nctId": "NCT10000009", "briefTitle": title})
    assert find_title_marks(read_traits(record, get_thesaurus())) == marks


def test_a_relation_has_a_direction() -> None:
    assert name_relation(0, EXTENSION, is_named=False) == "extension"
    assert name_relation(EXTENSION, 0, is_named=False) == "predecessor"
    assert name_relation(EXTENSION, 0, is_named=False, is_later=True) == "same programme"
    assert name_relation(0, 0, is_named=True) == "named by id"
    assert name_relation(0, 0, is_named=False) == "same programme"
