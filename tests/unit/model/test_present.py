"""A record is read as the registry would write it today, and only where that is certain."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import msgspec
import pytest

from trialbook.model.present import decode_entities, decode_present, make_present, parse_present
from trialbook.model.study import decode_record
from trialbook.record.pieces import get_enums


def make(**modules: Any) -> dict[str, Any]:
    return {"protocolSection": modules}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Heart &amp; Vein", "Heart & Vein"),
        ("Research &amp;amp; Care", "Research & Care"),
        ("cells &amp;amp;amp;amp; tissue", "cells & tissue"),
        ("&amp;lt;5 &#x2F; &#39;a&#39; &AMP; &Amp; &quot;b&quot;", "<5 / 'a' & & \"b\""),
        ("Fasting glucose &gt;&#x2F;= 7.0", "Fasting glucose >/= 7.0"),
        ("Registered &#174; and 5&nbsp;mg, 10 &micro;g, Z&uuml;rich", "Registered ® and 5 mg, 10 µg, Zürich"),
        ("below &lt 5", "below < 5"),
        ("AT&T, R&D; b&w, Q&A;", "AT&T, R&D; b&w, Q&A;"),
        ("https://a.example/?x=1&copy=2&lt=3&amp=4", "https://a.example/?x=1&copy=2&lt=3&amp=4"),
        ("&#0; &#xD800; &#1114112; &#7;", "&#0; &#xD800; &#1114112; &#7;"),
    ],
)
def test_entities_are_decoded_and_ampersands_stay(text: str, expected: str) -> None:
    assert decode_entities(text) == expected


def test_all_texts_of_a_record_are_decoded_and_the_rest_is_the_same_object() -> None:
    record = make(
        statusModule={"overallStatus": "COMPLETED"},
        contactsLocationsModule={"locations": [{"facility": "A &amp; B"}, {"facility": "C"}]},
    )
    shown = make_present(record)
    locations = shown["protocolSection"]["contactsLocationsModule"]["locations"]
    assert [each["facility"] for each in locations] == ["A & B", "C"]
    assert shown["protocolSection"]["statusModule"] is record["protocolSection"]["statusModule"]
    assert record["protocolSection"]["contactsLocationsModule"]["locations"][0]["facility"] == "A &amp; B"
    plain = make(statusModule={"overallStatus": "COMPLETED", "whyStopped": "Q & A"})
    assert make_present(plain) is plain


def test_an_entity_written_as_a_json_escape_is_seen() -> None:
    body = (
        b'{"protocolSection":{"identificationModule":{"nctId":"NCT00000001","briefTitle":"A \\u0026amp; B"}}}'
    )
    assert parse_present(body).brief_title == "A & B"
    assert parse_present(body.replace(b"\\u0026amp", b"&\\u0061mp")).brief_title == "A & B"


@pytest.mark.parametrize(
    ("module", "given", "expected"),
    [
        ("statusModule", {"overallStatus": "UNKNOWN_STATUS"}, {"overallStatus": "UNKNOWN"}),
        ("statusModule", {"overallStatus": "Active, not recruiting"}, {"overallStatus": "ACTIVE_NOT_RECRUITING"}),
        ("statusModule", {"overallStatus": "PAUSED"}, {"overallStatus": "PAUSED"}),
        ("eligibilityModule", {"healthyVolunteers": "No"}, {"healthyVolunteers": False}),
        ("eligibilityModule", {"healthyVolunteers": "Accepts Healthy Volunteers"}, {"healthyVolunteers": True}),
        ("eligibilityModule", {"healthyVolunteers": "Maybe"}, {"healthyVolunteers": "Maybe"}),
        ("eligibilityModule", {"sex": "Both"}, {"sex": "ALL"}),
        ("designModule", {"phases": ["Phase 2", "PHASE3", "PHASE5"]}, {"phases": ["PHASE2", "PHASE3", "PHASE5"]}),
        ("designModule", {"studyType": "Interventional"}, {"studyType": "INTERVENTIONAL"}),
        ("designModule", {"enrollmentInfo": {"count": 5, "type": "Anticipated"}},
         {"enrollmentInfo": {"count": 5, "type": "ESTIMATED"}}),
        ("designModule", {"enrollmentInfo": {"count": 99_999_999, "type": "ESTIMATED"}},
         {"enrollmentInfo": {"type": "ESTIMATED"}}),
        ("designModule", {"enrollmentInfo": {"count": 9_999_999}}, {"enrollmentInfo": {}}),
        ("designModule", {"enrollmentInfo": {"count": 188_000_000}}, {"enrollmentInfo": {"count": 188_000_000}}),
        ("eligibilityModule", {"minimumAge": "18 Years", "maximumAge": "999 Years"}, {"minimumAge": "18 Years"}),
        ("eligibilityModule", {"maximumAge": "120 Years"}, {"maximumAge": "120 Years"}),
        ("eligibilityModule", {"minimumAge": "18 years", "maximumAge": "N/A"}, {"minimumAge": "18 Years"}),
        ("eligibilityModule", {"minimumAge": "6  months", "maximumAge": "No limit"}, {"minimumAge": "6 Months"}),
        ("eligibilityModule", {"minimumAge": "old enough"}, {"minimumAge": "old enough"}),
        ("eligibilityModule", {"stdAges": ["Adult", "Older Adult"]}, {"stdAges": ["ADULT", "OLDER_ADULT"]}),
        ("eligibilityModule", {"stdAges": ["Senior"]}, {"stdAges": ["OLDER_ADULT"]}),
        ("eligibilityModule", {"samplingMethod": "Non-Probability Sample"},
         {"samplingMethod": "NON_PROBABILITY_SAMPLE"}),
        ("designModule", {"phases": ["Phase 1/Phase 2"]}, {"phases": ["PHASE1", "PHASE2"]}),
        ("designModule", {"phases": ["PHASE2_PHASE3"]}, {"phases": ["PHASE2", "PHASE3"]}),
        ("designModule", {"phases": "Phase 1|Phase 2"}, {"phases": ["PHASE1", "PHASE2"]}),
        ("designModule", {"phases": ["Phase 1/later"]}, {"phases": ["Phase 1/later"]}),
        ("designModule", {"studyType": "Observational [Patient Registry]"}, {"studyType": "OBSERVATIONAL"}),
        ("designModule", {"designInfo": {"allocation": "Non-Randomized", "maskingInfo": {"masking": "Double Blind"}}},
         {"designInfo": {"allocation": "NON_RANDOMIZED", "maskingInfo": {"masking": "DOUBLE"}}}),
        ("designModule", {"designInfo": {"interventionModel": "Parallel Assignment"}},
         {"designInfo": {"interventionModel": "PARALLEL"}}),
        ("designModule", {"designInfo": {"observationalModel": "Case-Control"}},
         {"designInfo": {"observationalModel": "CASE_CONTROL"}}),
        ("designModule", {"designInfo": {"primaryPurpose": "Supportive Care"}},
         {"designInfo": {"primaryPurpose": "SUPPORTIVE_CARE"}}),
        ("statusModule", {"startDateStruct": {"date": "2020-01", "type": "ANTICIPATED"}},
         {"startDateStruct": {"date": "2020-01", "type": "ESTIMATED"}}),
        ("statusModule", {"expandedAccessInfo": {"hasExpandedAccess": "No"}},
         {"expandedAccessInfo": {"hasExpandedAccess": False}}),
        ("oversightModule", {"oversightHasDmc": "Yes"}, {"oversightHasDmc": True}),
        ("sponsorCollaboratorsModule", {"leadSponsor": {"name": "S", "class": "U.S. Fed"}},
         {"leadSponsor": {"name": "S", "class": "FED"}}),
        ("sponsorCollaboratorsModule", {"responsibleParty": {"type": "Sponsor-Investigator"}},
         {"responsibleParty": {"type": "SPONSOR_INVESTIGATOR"}}),
        ("armsInterventionsModule", {"interventions": [{"type": "Dietary Supplement"}, {"type": "Drug"}]},
         {"interventions": [{"type": "DIETARY_SUPPLEMENT"}, {"type": "DRUG"}]}),
        ("armsInterventionsModule", {"armGroups": [{"type": "Placebo Comparator"}]},
         {"armGroups": [{"type": "PLACEBO_COMPARATOR"}]}),
        ("contactsLocationsModule", {"locations": [{"city": "Oslo", "status": "Recruiting"}]},
         {"locations": [{"city": "Oslo", "status": "RECRUITING"}]}),
        ("contactsLocationsModule", {"overallOfficials": [{"role": "Principal Investigator"}]},
         {"overallOfficials": [{"role": "PRINCIPAL_INVESTIGATOR"}]}),
        ("ipdSharingStatementModule", {"ipdSharing": "Undecided"}, {"ipdSharing": "UNDECIDED"}),
    ],
)  # fmt: skip
def test_values_of_older_forms_are_todays_and_fillers_are_none(
    module: str, given: dict[str, Any], expected: dict[str, Any]
) -> None:
    assert make_present(make(**{module: given})) == make(**{module: expected})


@pytest.mark.parametrize("odd", [None, [], {}, 5, "x", [None], {"statusModule": []}, {"designModule": "x"}])
def test_a_record_of_any_shape_is_passed(odd: Any) -> None:
    assert make_present({"protocolSection": odd}) == {"protocolSection": odd}


def test_every_status_of_the_real_records_is_one_of_the_registry_s(shared_data: Path) -> None:
    """431 of these are `UNKNOWN_STATUS` as received."""
    known = {each.value for each in get_enums()["Status"]}
    received, shown = [], []
    with gzip.open(shared_data / "ctgov" / "records_stem_cells_2022.jsonl.gz") as file:
        for line in file:
            received.append(decode_record(line)["protocolSection"]["statusModule"]["overallStatus"])
            shown.append(decode_present(line)["protocolSection"]["statusModule"]["overallStatus"])
    assert received.count("UNKNOWN_STATUS") == 431
    assert set(shown) <= known
    assert shown.count("UNKNOWN") == 431 + received.count("UNKNOWN")


def test_real_records_differ_only_where_they_hold_an_entity_or_an_older_value(shared_data: Path) -> None:
    changed = 0
    with gzip.open(shared_data / "ctgov" / "records.jsonl.gz") as file:
        for line in file:
            record = msgspec.json.decode(line)
            changed += make_present(record) != record
    assert 43 <= changed <= 50
