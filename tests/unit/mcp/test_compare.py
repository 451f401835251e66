"""Does the tool tell what all records say, what only some say, and what is not in them?"""

from __future__ import annotations

from tests.unit.mcp.conftest import Call

from trialbook.library import Library

FIRST, SECOND = "NCT04776239", "NCT99000001"


def test_rows_tell_what_is_common_and_what_is_not(call: Call, library: Library) -> None:
    facts = call("compare", nct_ids=[FIRST.lower(), SECOND]).facts
    assert list(facts["studies"]) == [FIRST, SECOND]
    rows = {row["row"]: row for row in facts["rows"]}
    table = {row.label: row for row in library.set_side_by_side(FIRST, SECOND).rows}
    assert list(rows) == list(table)
    assert rows["Kind of study"] == {"row": "Kind of study", "sameness": "same", "in_all": ["Interventional"]}
    assert rows["Observational model"] == {"row": "Observational model", "sameness": "missing"}
    for label, row in rows.items():
        told = {*row.get("only_some", {}), *row.get("not_in_record", ())}
        if row["sameness"] == "different":
            assert told == {FIRST, SECOND}, label


def test_what_cannot_be_compared_is_said(call: Call) -> None:
    assert "2" in call("compare", nct_ids=[FIRST]).error
    assert "different studies" in call("compare", nct_ids=[FIRST, FIRST]).error
    assert "NCT77777777 is not in this library" in call("compare", nct_ids=[FIRST, "NCT77777777"]).error
