"""The tool `compare`: what is the same in these studies, what differs, what do their records not say?"""

from __future__ import annotations

from typing import Any

from trialbook.library import Library
from trialbook.mcp.arguments import CompareArguments
from trialbook.mcp.shown import keep_what_fits, shorten
from trialbook.pages.side_by_side import ComparedRow

MOST_ITEMS, LONGEST_ITEM, LONGEST_TITLE = 40, 300, 200


def compare_studies(library: Library, asked: CompareArguments) -> dict[str, Any]:
    """Two to six studies, row by row."""
    table = library.set_side_by_side(*asked.nct_ids, as_of=asked.as_of or None)
    ids = [each.nct_id for each in table.studies]
    rows = keep_what_fits(_tell(row, ids) for row in table.rows)
    answer: dict[str, Any] = {
        "studies": {each.nct_id: shorten(each.title, LONGEST_TITLE) for each in table.studies},
        "rows": rows,
    }
    if left_out := table.rows[len(rows) :]:
        answer["rows_left_out"] = [row.label for row in left_out]
    return answer


def _tell(row: ComparedRow, ids: list[str]) -> dict[str, Any]:
    told: dict[str, Any] = {"row": row.label, "sameness": row.sameness}
    if row.sameness == "missing":
        return told
    in_all = [item.text for item in row.cells[0].items if item.said_by == len(ids)]
    if in_all:
        told["in_all"] = _cut(in_all)
    some: dict[str, list[str]] = {}
    for nct_id, cell in zip(ids, row.cells, strict=True):
        texts = [item.text for item in cell.items if item.said_by < len(ids)]
        if texts:
            some[nct_id] = _cut(texts, cell.left_out)
    if some:
        told["only_some"] = some
    cells = dict(zip(ids, row.cells, strict=True))
    for name, is_known in (("not_in_record", True), ("not_known", False)):
        lacking = [each for each, cell in cells.items() if cell.is_missing and cell.is_known == is_known]
        if lacking:
            told[name] = lacking
    if resting := {nct_id: cell.rests_on for nct_id, cell in cells.items() if cell.rests_on}:
        told["rests_on"] = resting
    return told


def _cut(texts: list[str], left_out: int = 0) -> list[str]:
    shown = [shorten(each, LONGEST_ITEM) for each in texts[:MOST_ITEMS]]
    left_out += max(0, len(texts) - MOST_ITEMS)
    return [*shown, f"… (+{left_out:,} more)"] if left_out else shown
