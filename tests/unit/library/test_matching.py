"""Which studies are found for a person, in what order, with which reasons, and what is said of the others?"""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from tests.library import make_library

from trialbook.errors import QueryError, UsageError
from trialbook.library import Library, matching
from trialbook.library.matching import MatchedStudy, PatientMatch
from trialbook.library.rebuild import rebuild
from trialbook.library.screening import Told

DAY = date(2026, 11, 29)
PATIENT = {
    "person_id": "p1",
    "birth_date": "1970-05-20",
    "sex": "male",
    "conditions": ["type 2 diabetes"],
    "HbA1c": "7.8 %",
    "stroke": False,
}


def make_record(number: int, title: str, text: str = "", **more: Any) -> dict[str, Any]:
    """A study that takes people; `more` are parts of its eligibility module, `conditions` and `status`."""
    conditions = more.pop("conditions", [])
    status = more.pop("status", "RECRUITING")
    eligibility = {**({"eligibilityCriteria": text} if text else {}), **more}
    return {
        "protocolSection": {
            "identificationModule": {"nctId": f"NCT{number:08}", "briefTitle": title},
            "statusModule": {"overallStatus": status, "statusVerifiedDate": "2026-10"},
            "conditionsModule": {"conditions": conditions},
            "eligibilityModule": eligibility,
        }
    }


MET = "Inclusion Criteria:\n\n* HbA1c below 9 %\n\nExclusion Criteria:\n\n* Stroke"
HALF = "Inclusion Criteria:\n\n* HbA1c below 9 %\n\nExclusion Criteria:\n\n* Asthma"
UNMET = "Inclusion Criteria:\n\n* HbA1c above 9 %"
VIOLATED = "Exclusion Criteria:\n\n* Type 2 diabetes"
DIABETES = {"conditions": ["Type 2 Diabetes"]}
RECORDS = [
    make_record(1, "Sugar and time", MET, **DIABETES),
    make_record(2, "Sugar and time", HALF, **DIABETES),
    make_record(3, "Sugar and time", HALF, **DIABETES),
    make_record(4, "Sugar and time", UNMET, **DIABETES),
    make_record(5, "Sugar and time", VIOLATED, **DIABETES),
    # Names it where it leaves it out, and there alone.
    make_record(6, "Painful knees", VIOLATED, conditions=["Osteoarthritis, Knee"]),
    make_record(7, "Sugar in the young", HALF, **DIABETES, maximumAge="17 Years"),
    make_record(8, "Sugar in women", HALF, **DIABETES, sex="FEMALE"),
    make_record(9, "Sugar, once", HALF, **DIABETES, status="COMPLETED"),
    make_record(10, "Sugar and age", HALF, **DIABETES, maximumAge="56 Years"),
    make_record(11, "Sugar and more", "", **DIABETES),
    # About something wider, and a kind of it.
    make_record(12, "Sugars", HALF, conditions=["Diabetes Mellitus"]),
    make_record(13, "An unrelated type of thing", HALF, conditions=["Asthma"]),
    # Names it where it asks for it, and there alone.
    make_record(14, "A basket", "Inclusion Criteria:\n\n* Type 2 diabetes", conditions=["Neoplasms"]),
]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    return Library(make_library(tmp_path_factory.mktemp("match") / "library", RECORDS))


def list_ids(studies: tuple[MatchedStudy, ...]) -> list[int]:
    return [int(each.facts.nct_id[3:]) for each in studies]


def find(match: PatientMatch, number: int) -> MatchedStudy:
    (found,) = (each for each in (*match.hits, *match.refusals) if int(each.facts.nct_id[3:]) == number)
    return found


def test_those_that_fit_come_first_and_those_that_exclude_stand_apart(library: Library) -> None:
    match = library.match(PATIENT, day=DAY)
    hits = list_ids(match.hits)
    # Both criteria met; one open; no criteria at all counts one half; equals newest first.
    assert hits[:4] == [1, 10, 3, 2]
    assert hits.index(11) > hits.index(2)
    assert 12 in hits
    assert sorted(list_ids(match.refusals)) == [4, 5]
    assert match.excluded_by == {"exclusion": 1, "inclusion": 1}
    assert (match.matching, match.excluded) == (7, 2)


def test_words_in_exclusions_alone_make_no_hit(library: Library) -> None:
    match = library.match(PATIENT, day=DAY, limit=100)
    assert {6, 13}.isdisjoint(list_ids(match.hits) + list_ids(match.refusals))
    assert match.aside == 2
    assert match.compared == match.matching + match.excluded + match.aside


def test_words_in_inclusions_that_are_met_do(library: Library) -> None:
    basket = find(library.match(PATIENT, day=DAY), 14)
    assert (basket.shares, basket.conditions, basket.fit) == (("type 2 diabetes",), (), 1.0)
    other = library.match({**PATIENT, "conditions": ["type 1 diabetes"]}, day=DAY, limit=100)
    assert 14 not in list_ids(other.hits)


def test_age_sex_and_status_are_asked_in_the_index(library: Library) -> None:
    match = library.match(PATIENT, day=DAY)
    shown = list_ids(match.hits) + list_ids(match.refusals)
    assert {7, 8, 9}.isdisjoint(shown)
    assert match.fitting == 11
    assert 9 in list_ids(library.match(PATIENT, day=DAY, status="COMPLETED").hits)
    # Who is 56 may take part until the day before the birthday; the day after, the index has no such person.
    assert 10 in list_ids(library.match(PATIENT, day=date(2027, 5, 19)).hits)
    assert 10 not in list_ids(library.match(PATIENT, day=date(2027, 5, 20)).hits)
    woman = library.match({**PATIENT, "sex": "female"}, day=DAY)
    assert 8 in list_ids(woman.hits)


def test_each_hit_says_what_speaks_for_it_and_what_is_open(library: Library) -> None:
    match = library.match(PATIENT, day=DAY)
    best, half = find(match, 1), find(match, 2)
    assert [each.text for each in best.speaks_for] == ["HbA1c below 9 %", "Stroke"]
    assert best.speaks_for[0].evidence[0].fact.describe() == "HbA1c 7.8 %, 2026-11-29"
    # One that is refused says it most often.
    assert (best.fit, find(match, 5).relevance) == (1.0, 1.0)
    assert best.score == round(best.relevance, 4) < 1
    assert [each.text for each in half.open] == ["Asthma"]
    assert (half.fit, half.score) == (0.75, round(half.relevance * 0.75, 4))
    assert best.shares == ("type 2 diabetes",)
    assert best.conditions == ("Type 2 Diabetes",)
    assert find(match, 12).conditions == ("Diabetes Mellitus",)
    assert [each.text for each in find(match, 5).speaks_against] == ["Type 2 diabetes"]
    assert best.facts.title == "Sugar and time"
    assert "7 of 11 studies looked at may take this person, 2 do not" in match.explain()


def test_what_is_told_beside_the_data_counts(library: Library) -> None:
    told = Told(complete=frozenset({"condition"}))
    assert find(library.match(PATIENT, day=DAY, told=told), 2).fit == 1.0


def test_a_note_is_looked_for_by_all_its_words(library: Library) -> None:
    note = "A 56-year-old man with type 2 diabetes. He has never had a stroke."
    match = library.match(note, day=DAY)
    assert match.asked.age_words
    assert 1 in list_ids(match.hits)
    assert 5 in list_ids(match.refusals)
    assert {6, 7, 8, 9}.isdisjoint(list_ids(match.hits))


def test_a_person_without_conditions_is_held_against_all(library: Library) -> None:
    match = library.match({"birth_date": "1970-05-20", "sex": "male"}, day=DAY, limit=100)
    assert sorted(list_ids(match.hits)) == [1, 2, 3, 4, 5, 6, 10, 11, 12, 13, 14]
    assert match.aside == 0
    # All are as near; what is open in each decides, and of equals the newest comes first.
    assert list_ids(match.hits) == [14, 13, 12, 11, 10, 6, 5, 4, 3, 2, 1]


def test_what_is_over_is_not_looked_for(library: Library) -> None:
    over = {"name": "type 2 diabetes", "domain": "condition", "since": "2001", "until": "2003"}
    match = library.match({**PATIENT, "conditions": ["asthma"], "facts": [over]}, day=DAY)
    # Nothing about diabetes; the study on asthma leaves out who has it.
    assert (list_ids(match.hits), list_ids(match.refusals)) == ([], [13])


def test_only_so_much_is_parsed_at_once_and_the_rest_counts_one_half(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(matching, "MOST_PARSED", len(MET) + len(HALF) + 1)
    match = library.match(PATIENT, day=DAY)
    assert match.unevaluated > 0
    left = [each for each in match.hits if not each.is_evaluated]
    assert len(left) == match.unevaluated
    assert all((each.fit, each.verdict.overall) == (0.5, "open") for each in left)
    assert "`trialbook rebuild criteria` makes what is needed" in match.explain()


def test_trees_that_are_kept_need_no_parsing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = make_library(tmp_path / "library", RECORDS)
    expected = Library(home).match(PATIENT, day=DAY)
    rebuild(home, ["criteria"])
    monkeypatch.setattr(matching, "get_parser", lambda *_: pytest.fail("parsed anew"))
    assert Library(home).match(PATIENT, day=DAY) == expected


def test_every_form_of_patient_data_gives_the_same(library: Library, tmp_path: Path) -> None:
    expected = library.match(PATIENT, day=DAY)
    path = tmp_path / "patient.json"
    path.write_text(json.dumps(PATIENT))
    for each in (path, json.dumps(PATIENT), json.dumps(PATIENT).encode()):
        assert library.match(each, day=DAY) == expected
    note = tmp_path / "note.txt"
    note.write_text("A 56-year-old man with type 2 diabetes.")
    assert library.match(note, day=DAY) == library.match(note.read_text(), day=DAY)
    bundle = {
        "resourceType": "Bundle",
        "entry": [
            {
                "resource": {
                    "resourceType": "Patient",
                    "id": "p1",
                    "birthDate": "1970-05-20",
                    "gender": "male",
                }
            },
            {
                "resource": {
                    "resourceType": "Condition",
                    "clinicalStatus": {"coding": [{"code": "active"}]},
                    "code": {"text": "Diabetes mellitus type 2 (disorder)"},
                }
            },
        ],
    }
    match = library.match(bundle, day=DAY)
    assert 1 in list_ids(match.hits)
    assert 5 in list_ids(match.refusals)


def test_a_place_narrows_and_what_is_next_is_told(sample_library: Library) -> None:
    told = {"birth_date": "1962-05-01", "conditions": ["heart failure"]}
    wide = sample_library.match(told, day=DAY)
    near = sample_library.match(told, day=DAY, near="Miami", within="30km")
    assert near.fitting < wide.fitting
    assert near.place is not None
    assert near.place.label.startswith("Miami")


def test_records_are_read_as_of_a_day(sample_library: Library) -> None:
    told = {"birth_date": "1962-05-01", "conditions": ["heart failure"]}
    assert sample_library.match(told, day=DAY, as_of="1999-01-01").fitting == 0


def test_a_day_beyond_all_ages_is_answered(library: Library) -> None:
    assert library.match(PATIENT, day=date(9999, 12, 31)).asked.ages is None
    assert library.match({**PATIENT, "birth_date": "1900"}, day=DAY).fitting > 0


def test_what_makes_no_sense_is_refused_in_a_sentence(library: Library) -> None:
    with pytest.raises(UsageError, match="a match lists from 1 to 100 studies, not 0"):
        library.match(PATIENT, day=DAY, limit=0)
    with pytest.raises(UsageError, match="more than 500 different conditions"):
        library.match({"conditions": [f"heart failure {number}" for number in range(501)]}, day=DAY)
    with pytest.raises(UsageError, match="several persons"):
        library.match(json.dumps([PATIENT, PATIENT]), day=DAY)
    with pytest.raises(QueryError, match="there is no filter called 'colour'"):
        library.match(PATIENT, day=DAY, colour="red")
