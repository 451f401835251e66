"""Does a comparison tell what is the same, what differs, and what is missing, and nothing else?"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import msgspec
import pytest
from tests.unit.web.api_v2.conftest import make_record

from trialbook.errors import UsageError
from trialbook.model.present import parse_present
from trialbook.pages.side_by_side import (
    MOST_ITEMS,
    ComparedRow,
    check_asked,
    render_side_by_side_text,
    set_side_by_side,
)


def make(nct_id: str, **modules: dict[str, Any]) -> Any:
    """A typed record whose modules are these beside its id."""
    identification = {"nctId": nct_id, "briefTitle": f"Title of {nct_id}"}
    protocol = {"identificationModule": identification, **modules}
    return parse_present(msgspec.json.encode({"protocolSection": protocol}))


def get_row(name: str, *studies: Any) -> ComparedRow:
    return next(row for row in set_side_by_side(studies).rows if row.name == name)


def name_conditions(*names: str) -> dict[str, Any]:
    return {"conditionsModule": {"conditions": list(names)}}


def test_words_are_the_same_whatever_their_case_and_spacing() -> None:
    row = get_row(
        "conditions",
        make("NCT1", **name_conditions("Heart  failure.")),
        make("NCT2", **name_conditions("heart Failure")),
    )
    assert row.sameness == "same"
    assert [item.text for item in row.cells[0].items] == ["Heart failure."]


def test_some_in_all_is_partly_and_counts_say_which() -> None:
    row = get_row(
        "conditions",
        make("NCT1", **name_conditions("A", "B", "C")),
        make("NCT2", **name_conditions("B", "C")),
        make("NCT3", **name_conditions("B")),
    )
    assert row.sameness == "partly"
    assert [(item.text, item.said_by) for item in row.cells[0].items] == [("A", 1), ("B", 3), ("C", 2)]


def test_what_one_record_lacks_is_missing_and_different() -> None:
    row = get_row("conditions", make("NCT1", **name_conditions("A")), make("NCT2"))
    assert row.sameness == "different"
    assert [cell.is_missing for cell in row.cells] == [False, True]
    assert get_row("conditions", make("NCT1"), make("NCT2")).sameness == "missing"


def test_planned_and_actual_are_not_the_same() -> None:
    one = make("NCT1", designModule={"enrollmentInfo": {"count": 40, "type": "ESTIMATED"}})
    two = make("NCT2", designModule={"enrollmentInfo": {"count": 40, "type": "ACTUAL"}})
    row = get_row("enrollment_count", one, two)
    assert row.sameness == "different"
    assert [cell.items[0].text for cell in row.cells] == ["40 (estimated)", "40 (actual)"]


def test_criteria_are_compared_one_by_one() -> None:
    text = "Inclusion Criteria:\n\n* Aged 18 or older\n* {}\n\nExclusion Criteria:\n\n* Pregnancy"
    one, two = (
        make(nct_id, eligibilityModule={"eligibilityCriteria": text.format(own)})
        for nct_id, own in (("NCT1", "LVEF of 40 % or less"), ("NCT2", "LVEF of 35 % or less"))
    )
    inclusion = get_row("inclusion_criteria", one, two)
    assert inclusion.sameness == "partly"
    assert [item.said_by for item in inclusion.cells[0].items] == [2, 1]
    assert get_row("exclusion_criteria", one, two).sameness == "same"


def test_long_lists_are_bounded_and_say_what_is_left_out() -> None:
    many = make("NCT1", **name_conditions(*(f"C{number}" for number in range(MOST_ITEMS + 5))))
    cell = get_row("conditions", many, make("NCT2")).cells[0]
    assert (len(cell.items), cell.left_out) == (MOST_ITEMS, 5)
    assert "and 5 more" in render_side_by_side_text(set_side_by_side([many, make("NCT2")]))


def test_two_to_six_different_studies_stand_side_by_side() -> None:
    assert check_asked(["b", "a", "b"]) == ("b", "a")
    for ids in (["a"], ["a", "a"], list("abcdefg")):
        with pytest.raises(UsageError, match="2 to 6"):
            check_asked(ids)


def test_a_record_whose_values_have_other_types_is_compared_all_the_same() -> None:
    record = deepcopy(make_record("NCT98000001"))
    record["protocolSection"]["designModule"] = "none"
    record["protocolSection"]["statusModule"]["startDateStruct"] = {"date": 7}
    odd = parse_present(msgspec.json.encode(record))
    table = set_side_by_side([odd, make("NCT2")])
    assert "NCT98000001" in render_side_by_side_text(table)


def test_the_text_is_short_where_that_is_asked() -> None:
    studies = (
        make("NCT1", **name_conditions("A"), designModule={"studyType": "INTERVENTIONAL"}),
        make("NCT2", **name_conditions("B"), designModule={"studyType": "INTERVENTIONAL"}),
    )
    whole = render_side_by_side_text(set_side_by_side(studies))
    short = render_side_by_side_text(set_side_by_side(studies), is_short=True)
    assert "Kind of study: the same in all\n  = Interventional\n" in whole
    assert "Kind of study" not in short
    assert "Conditions: different\n  NCT1  - A\n  NCT2  - B\n" in short


@pytest.mark.parametrize(("overall", "counted"), [("RECRUITING", ["1"]), ("COMPLETED", ["0"]), (None, ["1"])])
def test_no_site_is_open_whose_study_has_ended(overall: str | None, counted: list[str]) -> None:
    sites = [{"city": "Oslo", "status": "RECRUITING"}, {"city": "Bergen", "status": "COMPLETED"}]
    study = make(
        "NCT1",
        contactsLocationsModule={"locations": sites},
        **({"statusModule": {"overallStatus": overall}} if overall else {}),
    )
    row = get_row("open_sites", study, make("NCT2"))
    assert [item.text for item in row.cells[0].items] == counted
    assert not row.cells[1].items
