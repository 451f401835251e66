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
        told = {*row.get("only_some", {}), *row.get("not_in_record", ()), *row.get("not_known", ())}
        if row["sameness"] == "different":
            assert told == {FIRST, SECOND}, label


def test_a_poorer_copy_says_what_rests_on_another(call: Call, library: Library) -> None:
    rows = {row["row"]: row for row in call("compare", nct_ids=[FIRST, SECOND]).facts["rows"]}
    cells = {row.label: row.cells[0] for row in library.set_side_by_side(FIRST, SECOND).rows}
    for label, cell in cells.items():
        assert rows[label].get("rests_on", {}).get(FIRST, "") == cell.rests_on
        assert (FIRST in rows[label].get("not_known", ())) == (cell.is_missing and not cell.is_known)


def test_what_cannot_be_compared_is_said(call: Call) -> None:
    assert "2" in call("compare", nct_ids=[FIRST]).error
    assert "different studies" in call("compare", nct_ids=[FIRST, FIRST]).error
    assert "NCT77777777 is not in this library" in call("compare", nct_ids=[FIRST, "NCT77777777"]).error
