"""The criteria of a study as a table for a spreadsheet, with a column for the answers."""

from __future__ import annotations

import csv
import io

from trialbook.export.excel import MARK, cut_cell, defuse
from trialbook.model import Study
from trialbook.pages.record.criteria import list_criteria
from trialbook.record.markup import strip_markup

COLUMNS = ("number", "kind", "level", "text", "answer")


def write_criteria_csv(study: Study) -> bytes:
    """The criteria, one a row, as CSV in UTF-8: number among those of its kind, kind, level, text, an empty answer.

    No cell is one that a spreadsheet takes for a formula.
    """
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for each in list_criteria(study):
        text = defuse(cut_cell(strip_markup(each.text)))
        writer.writerow((each.number, each.kind, each.level, text, ""))
    return (MARK + table.getvalue()).encode()
