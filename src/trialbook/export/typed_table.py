"""How does a record become a row of values with types: days, numbers, yes or no, lists, lists of structures?

The columns are those of the registry's table. A date that lacks its day stands as the first day that it can
mean; beside it, in a column of its own (`Start Date Given`), stands what the record says.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any, Literal

import msgspec

from trialbook.export.csv_table import COLUMNS, ID, Record
from trialbook.export.excel import read_whole_day
from trialbook.model import PartialDate
from trialbook.record.links import document_url
from trialbook.record.texts import find_structures, find_text, find_texts

Kind = Literal["text", "number", "day", "yes_no", "texts", "structures"]

_STATUS = "protocolSection.statusModule."
_DESIGN = "protocolSection.designModule."
_SPONSORS = "protocolSection.sponsorCollaboratorsModule."
_IDS = "protocolSection.identificationModule."
_OUTCOMES = "protocolSection.outcomesModule."
_LARGEST = 1 << 63


class TypedColumn(msgspec.Struct, frozen=True):
    """A column: what kind its values are, what reads one, and the members of its structures, if it has any."""

    kind: Kind
    read: Callable[[Record], Any]
    members: tuple[str, ...] = ()


def _take(name: str) -> TypedColumn:
    return TypedColumn("text", lambda record: COLUMNS[name](record) or None)


def _list(*paths: str) -> TypedColumn:
    return TypedColumn("texts", lambda record: [text for path in paths for text in find_texts(record, path)])


def _describe(path: str, **members: str) -> TypedColumn:
    """Each structure at a path, with some of its members under names of their own."""

    def read(record: Record) -> list[dict[str, str | None]]:
        return [
            {ours: find_text(each, name) or None for ours, name in members.items()}
            for each in find_structures(record, path)
        ]

    return TypedColumn("structures", read, tuple(members))


def _read_documents(record: Record) -> list[dict[str, str | None]]:
    nct_id = find_text(record, ID)
    found = find_structures(record, "documentSection.largeDocumentModule.largeDocs")
    return [
        {"label": find_text(each, "label") or None, "url": document_url(nct_id, name) or None}
        for each in found
        if (name := find_text(each, "filename"))
    ]


def _read_number(record: Record) -> int | None:
    found = find_text(record, _DESIGN + "enrollmentInfo.count")
    is_whole = found.isascii() and found.isdigit() and len(found) <= 19
    return int(found) if is_whole and int(found) < _LARGEST else None


def _read_results(record: Record) -> bool | None:
    told = record.get("hasResults")
    return told if isinstance(told, bool) else None


def _take_day(path: str) -> TypedColumn:
    return TypedColumn("day", lambda record: read_whole_day(find_text(record, path)))


def _take_first_day(path: str) -> TypedColumn:
    def read(record: Record) -> date | None:
        return PartialDate(find_text(record, path)).earliest

    return TypedColumn("day", read)


_OUTCOME = {"measure": "measure", "description": "description", "time_frame": "timeFrame"}
_OTHER: dict[str, TypedColumn] = {
    "Study Results": TypedColumn("yes_no", _read_results),
    "Conditions": _list("protocolSection.conditionsModule.conditions"),
    "Interventions": _describe(
        "protocolSection.armsInterventionsModule.interventions", type="type", name="name"
    ),
    "Primary Outcome Measures": _describe(_OUTCOMES + "primaryOutcomes", **_OUTCOME),
    "Secondary Outcome Measures": _describe(_OUTCOMES + "secondaryOutcomes", **_OUTCOME),
    "Other Outcome Measures": _describe(_OUTCOMES + "otherOutcomes", **_OUTCOME),
    "Collaborators": _list(_SPONSORS + "collaborators.name"),
    "Age": _list("protocolSection.eligibilityModule.stdAges"),
    "Phases": _list(_DESIGN + "phases"),
    "Enrollment": TypedColumn("number", _read_number),
    "Other IDs": _list(_IDS + "orgStudyIdInfo.id", _IDS + "secondaryIdInfos.id"),
    "First Posted": _take_day(_STATUS + "studyFirstPostDateStruct.date"),
    "Results First Posted": _take_day(_STATUS + "resultsFirstPostDateStruct.date"),
    "Last Update Posted": _take_day(_STATUS + "lastUpdatePostDateStruct.date"),
    "Locations": _describe(
        "protocolSection.contactsLocationsModule.locations",
        facility="facility",
        city="city",
        state="state",
        zip="zip",
        country="country",
    ),
    "Study Documents": TypedColumn("structures", _read_documents, ("label", "url")),
}
# Those that may lack a day, with their places in a record.
_PARTIAL = {
    "Start Date": _STATUS + "startDateStruct.date",
    "Primary Completion Date": _STATUS + "primaryCompletionDateStruct.date",
    "Completion Date": _STATUS + "completionDateStruct.date",
}


def _make_columns() -> dict[str, TypedColumn]:
    made: dict[str, TypedColumn] = {}
    for name in COLUMNS:
        if name in _PARTIAL:
            made[name] = _take_first_day(_PARTIAL[name])
            made[f"{name} Given"] = _take(name)
        else:
            made[name] = _OTHER.get(name) or _take(name)
    return made


TYPED = _make_columns()
