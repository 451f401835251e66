"""Does the tool list related studies as the library does, with reasons, within the bounds of an answer?"""

from __future__ import annotations

import msgspec
from tests.unit.mcp.conftest import HOSTILE_ID, Call

from trialbook.library import Library
from trialbook.mcp.shown import MOST_CHARS_OF_FACTS

ACESO = "NCT04776239"


def test_a_list_is_the_librarys_in_short(call: Call, library: Library) -> None:
    found = library.find_related(ACESO, limit=5).studies
    told = call("related", nct_ids=[ACESO.lower()], limit=5).facts["studies"]
    assert [each["NCTId"] for each in told] == [each.nct_id for each in found]
    for each, study in zip(told, found, strict=True):
        assert each["score"] == round(study.score, 3)
        assert each["group"] == study.group
        assert [reason["kind"] for reason in each["reasons"]] == [reason.kind for reason in study.reasons[:6]]
        assert "OverallStatus" in each


def test_a_draft_facets_and_further_fields_are_taken(call: Call) -> None:
    facts = call(
        "related",
        text="Stem cells for heart failure\n\nA randomised trial of mesenchymal stem cells in heart failure.",
        facets=["disease"],
        fields=["Acronym"],
    ).facts
    kinds = {reason["kind"] for each in facts["studies"] for reason in each["reasons"]}
    assert kinds
    assert kinds <= {"same condition", "broader condition", "words of conditions and keywords"}


def test_the_landscape_names_who_works_on_them_and_what_they_measure(call: Call, library: Library) -> None:
    told = call("related", nct_ids=[ACESO], landscape=True, limit=30).facts["landscape"]
    found = library.find_landscape(
        (each.nct_id for each in library.find_related(ACESO, limit=30).studies), ACESO
    )
    assert told["counted"] == len(found.nct_ids)
    assert told["sponsors"][0]["name"] == found.sponsors[0].name
    assert told["outcomes"][0]["measure"] == found.outcomes[0].measure
    assert told.get("sponsors_left_out", 0) == len(found.sponsors) - len(told["sponsors"])


def test_an_answer_stays_within_its_bounds_whatever_a_record_holds(call: Call) -> None:
    for asked in (HOSTILE_ID, ACESO):
        facts = call("related", nct_ids=[asked], landscape=True, limit=50, fields=["LocationFacility"]).facts
        assert len(msgspec.json.encode(facts)) <= MOST_CHARS_OF_FACTS


def test_nonsense_is_declined_with_what_would_be_right(call: Call) -> None:
    assert "name a study by its id" in call("related").error
    assert "there is no facet 'colour'" in call("related", nct_ids=[ACESO], facets=["colour"]).error
    assert "NCT77777777 is not in this library" in call("related", nct_ids=["NCT77777777"]).error
    assert "<= 50" in call("related", nct_ids=[ACESO], limit=51).error
