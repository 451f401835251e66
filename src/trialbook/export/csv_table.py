"""How does a record become a row of the registry's CSV table?"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from trialbook.ask.refusals import refuse_field
from trialbook.record.address import find_study_address
from trialbook.record.links import document_url
from trialbook.record.texts import drop_controls, find_structures, find_text, find_texts, join_filled

# Clients split the table at every line end that Unicode knows: each study stands in one line.
LINE_ENDS = re.compile("\r\n|[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")

Record = dict[str, Any]
Column = Callable[[Record], str]

_ID = "protocolSection.identificationModule."
ID = _ID + "nctId"
_STATUS = "protocolSection.statusModule."
_DESIGN = "protocolSection.designModule."
_SPONSORS = "protocolSection.sponsorCollaboratorsModule."
_OUTCOMES = "protocolSection.outcomesModule."


def _take(path: str) -> Column:
    return lambda record: find_text(record, path)


def _join(path: str, separator: str = "|") -> Column:
    return lambda record: separator.join(find_texts(record, path))


def _write_results(record: Record) -> str:
    told = record.get("hasResults")
    # A copy that does not tell says neither.
    return ("YES" if told else "NO") if isinstance(told, bool) else ""


def _write_interventions(record: Record) -> str:
    found = find_structures(record, "protocolSection.armsInterventionsModule.interventions")
    return "|".join(f"{find_text(each, 'type')}: {find_text(each, 'name')}" for each in found)


def _join_parts(path: str, *names: str) -> Column:
    """Each structure as its members between commas, absent ones left out; the structures between bars."""

    def write(record: Record) -> str:
        rows = find_structures(record, path)
        return "|".join(join_filled((find_text(row, name) for name in names), ", ") for row in rows)

    return write


def _write_design(record: Record) -> str:
    info = f"{_DESIGN}designInfo."
    study_type = find_text(record, _DESIGN + "studyType")
    if study_type == "OBSERVATIONAL":
        model, perspective = (
            find_text(record, info + name) for name in ("observationalModel", "timePerspective")
        )
        return f"Observational Model: {model}|Time Perspective: {perspective}"
    if study_type != "INTERVENTIONAL":
        return ""
    masking = find_text(record, info + "maskingInfo.masking")
    masked = find_texts(record, info + "maskingInfo.whoMasked")
    who = f" ({', '.join(masked)})" if masked else ""
    return (
        f"Allocation: {find_text(record, info + 'allocation')}"
        f"|Intervention Model: {find_text(record, info + 'interventionModel')}"
        f"|Masking: {masking}{who}"
        f"|Primary Purpose: {find_text(record, info + 'primaryPurpose')}"
    )


def _write_other_ids(record: Record) -> str:
    return "|".join(
        [*find_texts(record, _ID + "orgStudyIdInfo.id"), *find_texts(record, _ID + "secondaryIdInfos.id")]
    )


def _write_documents(record: Record) -> str:
    nct_id = find_text(record, _ID + "nctId")
    found = find_structures(record, "documentSection.largeDocumentModule.largeDocs")
    return "|".join(
        f"{find_text(each, 'label')}, {document_url(nct_id, filename)}"
        for each in found
        if (filename := find_text(each, "filename"))
    )


_OUTCOME = ("measure", "description", "timeFrame")
COLUMNS: dict[str, Column] = {
    "NCT Number": _take(_ID + "nctId"),
    "Study Title": _take(_ID + "briefTitle"),
    "Study URL": find_study_address,
    "Acronym": _take(_ID + "acronym"),
    "Study Status": _take(_STATUS + "overallStatus"),
    "Brief Summary": _take("protocolSection.descriptionModule.briefSummary"),
    "Study Results": _write_results,
    "Conditions": _join("protocolSection.conditionsModule.conditions"),
    "Interventions": _write_interventions,
    "Primary Outcome Measures": _join_parts(_OUTCOMES + "primaryOutcomes", *_OUTCOME),
    "Secondary Outcome Measures": _join_parts(_OUTCOMES + "secondaryOutcomes", *_OUTCOME),
    "Other Outcome Measures": _join_parts(_OUTCOMES + "otherOutcomes", *_OUTCOME),
    "Sponsor": _take(_SPONSORS + "leadSponsor.name"),
    "Collaborators": _join(_SPONSORS + "collaborators.name"),
    "Sex": _take("protocolSection.eligibilityModule.sex"),
    "Age": _join("protocolSection.eligibilityModule.stdAges", ", "),
    "Phases": _join(_DESIGN + "phases"),
    "Enrollment": _take(_DESIGN + "enrollmentInfo.count"),
    "Funder Type": _take(_SPONSORS + "leadSponsor.class"),
    "Study Type": _take(_DESIGN + "studyType"),
    "Study Design": _write_design,
    "Other IDs": _write_other_ids,
    "Start Date": _take(_STATUS + "startDateStruct.date"),
    "Primary Completion Date": _take(_STATUS + "primaryCompletionDateStruct.date"),
    "Completion Date": _take(_STATUS + "completionDateStruct.date"),
    "First Posted": _take(_STATUS + "studyFirstPostDateStruct.date"),
    "Results First Posted": _take(_STATUS + "resultsFirstPostDateStruct.date"),
    "Last Update Posted": _take(_STATUS + "lastUpdatePostDateStruct.date"),
    "Locations": _join_parts(
        "protocolSection.contactsLocationsModule.locations", "facility", "city", "state", "zip", "country"
    ),
    "Study Documents": _write_documents,
}


def choose_columns(names: Sequence[str]) -> list[str]:
    """The asked columns in the table's order, all of them where none is asked; raises ApiError."""
    for name in names:
        if name not in COLUMNS:
            raise refuse_field("fields", name, "CSV column name", COLUMNS)
    return [name for name in COLUMNS if name in names] if names else list(COLUMNS)


def write_table(records: Iterable[Record], columns: Sequence[str], *, is_header_due: bool) -> str:
    r"""Write records as CSV, each in one line that ends in "\n"; line ends within a cell become spaces."""
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    if is_header_due:
        writer.writerow(columns)
    for record in records:
        writer.writerow([clean_cell(COLUMNS[name](record)) for name in columns])
    return table.getvalue()


def clean_cell(cell: str) -> str:
    """A cell without line ends and control characters."""
    return drop_controls(LINE_ENDS.sub(" ", cell))
