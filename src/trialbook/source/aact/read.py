"""What do the studies of an AACT export say?

AACT (Aggregate Analysis of ClinicalTrials.gov, ctti-clinicaltrials.org) publishes the registry as a
zip of pipe-delimited tables. Each study's rows are folded back into the shape of API v2. What the
tables do not hold (`CARRIES` lists what they do) stays absent; what API v2 has no place for, such as
AACT's own calculated values, is in `original`, the study's rows whole.

Source of table and column names: AACT's published schema `ctgov` of 2024, with the columns that older
exports have in their place.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from functools import partial
from typing import Any

from trialbook.errors import SourceReadError
from trialbook.source.aact.cells import as_bool, as_day, keep
from trialbook.source.aact.lines import restore_all_lines
from trialbook.source.aact.protocol import read_protocol
from trialbook.source.aact.results import read_results
from trialbook.source.aact.tables import ENTRIES_TO_ASK, Row, StudyRows, get_table_name, iter_studies
from trialbook.source.containers.folder import Archive
from trialbook.source.incoming import ArchiveForm, Format, Incoming, Rejected, map_one
from trialbook.source.limits import DEFAULT, Limits
from trialbook.source.spellings import as_enum

_TELLING_TABLES = frozenset(
    {"brief_summaries", "calculated_values", "conditions", "design_groups", "designs", "eligibilities"}
    | {"facilities", "id_information", "interventions", "outcomes", "responsible_parties", "sponsors"}
)

_CARRIED: dict[str, str] = {
    "protocolSection": (
        "identificationModule statusModule sponsorCollaboratorsModule oversightModule descriptionModule "
        "conditionsModule designModule armsInterventionsModule outcomesModule eligibilityModule "
        "contactsLocationsModule referencesModule ipdSharingStatementModule"
    ),
    "resultsSection": (
        "participantFlowModule.preAssignmentDetails participantFlowModule.recruitmentDetails "
        "participantFlowModule.typeUnitsAnalyzed participantFlowModule.groups participantFlowModule.periods "
        "baselineCharacteristicsModule.populationDescription baselineCharacteristicsModule.typeUnitsAnalyzed "
        "baselineCharacteristicsModule.groups baselineCharacteristicsModule.denoms "
        "moreInfoModule.limitationsAndCaveats moreInfoModule.certainAgreement moreInfoModule.pointOfContact"
    ),
    "resultsSection.baselineCharacteristicsModule.measures": (
        "title description populationDescription paramType dispersionType unitOfMeasure calculatePct "
        "denomUnitsSelected classes.title classes.categories"
    ),
    "resultsSection.outcomeMeasuresModule.outcomeMeasures": (
        "type title description populationDescription anticipatedPostingDate paramType dispersionType "
        "unitOfMeasure timeFrame typeUnitsAnalyzed groups denoms classes.title classes.categories "
        "analyses.groupIds analyses.groupDescription analyses.paramType analyses.paramValue "
        "analyses.dispersionType analyses.dispersionValue analyses.statisticalMethod "
        "analyses.statisticalComment analyses.pValue analyses.pValueComment analyses.ciNumSides "
        "analyses.ciPctValue analyses.ciLowerLimit analyses.ciUpperLimit analyses.ciUpperLimitComment "
        "analyses.estimateComment analyses.nonInferiorityType analyses.nonInferiorityComment "
        "analyses.otherAnalysisDescription"
    ),
    "resultsSection.adverseEventsModule": (
        "frequencyThreshold timeFrame description eventGroups seriousEvents.term seriousEvents.organSystem "
        "seriousEvents.sourceVocabulary seriousEvents.assessmentType seriousEvents.stats otherEvents.term "
        "otherEvents.organSystem otherEvents.sourceVocabulary otherEvents.assessmentType otherEvents.stats"
    ),
    "annotationSection.annotationModule.unpostedAnnotation": "unpostedEvents",
    "documentSection.largeDocumentModule.largeDocs": "hasProtocol hasSap hasIcf label date filename",
    "derivedSection": (
        "miscInfoModule.removedCountries "
        "conditionBrowseModule.meshes.term conditionBrowseModule.ancestors.term "
        "interventionBrowseModule.meshes.term interventionBrowseModule.ancestors.term"
    ),
}
CARRIES = frozenset(f"{prefix}.{name}" for prefix, names in _CARRIED.items() for name in names.split()) | {
    "hasResults"
}
"""API v2 paths (and all below them) that the tables can express."""


def is_aact_archive(archive: Archive) -> bool:
    """Tell from the names of its first entries whether an open archive is an AACT export."""
    try:
        names = {get_table_name(entry.name) for entry in itertools.islice(archive, ENTRIES_TO_ASK)}
    except SourceReadError:
        return False
    return "studies" in names and len(names & _TELLING_TABLES) >= 3


def read_aact_archive(archive: Archive, limits: Limits = DEFAULT) -> Iterator[Incoming | Rejected]:
    """Read every study of an export.

    Parameters
    ----------
    archive
        The zip, or the folder that it was unpacked to. Beside it, a temporary folder (TMPDIR) takes about
        twice what the tables unpack to.
    limits
        What the input may cost; see `Limits`.

    Yields
    ------
    Rejected
        Each row that does not fit its table (place `export.zip!studies.txt:12`), each study whose rows
        are there without its row in `studies` (beyond a hundred of these, all further ones as one).
    Incoming
        The studies in the order of their ids, each with `original`: its rows as JSON.

    Raises
    ------
    SourceReadError
        The zip cannot be read to its end, so that no study is known to be whole; none was yielded.
    """
    for rows in iter_studies(archive, limits):
        if isinstance(rows, Rejected):
            yield rows
            continue
        place = f"{archive.place}!{rows.nct_id}"
        problem = _find_problem(rows)
        if problem:
            yield Rejected(problem, place, rows.original[: limits.kept_bytes])
            continue
        yield map_one(
            partial(parse_study_rows, rows.nct_id, rows.tables),
            rows.original,
            place,
            format_name=FORMAT.name,
        )


def _find_problem(rows: StudyRows) -> str:
    count = len(rows.tables.get("studies", []))
    if count == 1:
        return ""
    if count:
        return f"{rows.nct_id} has {count} rows in studies, expected one"
    names = sorted(rows.tables)
    return f"{rows.nct_id} has rows in {', '.join(names[:5])} but none in studies"


def parse_study_rows(nct_id: str, tables: dict[str, list[Row]]) -> dict[str, Any]:
    """Map one study's rows to the shape of API v2.

    Parameters
    ----------
    nct_id
        The study.
    tables
        Table name -> rows; `studies` has one.

    Examples
    --------
    >>> parse_study_rows("NCT00000001", {"studies": [{"brief_title": "Rest", "phase": "PHASE1/PHASE2"}]})
    ... # doctest: +NORMALIZE_WHITESPACE
    {'protocolSection': {'identificationModule': {'nctId': 'NCT00000001', 'briefTitle': 'Rest'},
     'designModule': {'phases': ['PHASE1', 'PHASE2']}}, 'hasResults': False}
    """
    results = read_results(tables)
    calculated = (tables.get("calculated_values") or [{}])[0]
    reported = as_bool(calculated.get("were_results_reported", ""))
    return restore_all_lines(
        keep(
            protocolSection=read_protocol(nct_id, tables),
            resultsSection=results,
            annotationSection=_read_annotations(tables),
            documentSection=_read_documents(tables),
            derivedSection=_read_derived(tables),
            hasResults=bool(results) or bool(reported),
        )
    )


# What older exports call the events of a submission.
_EVENTS = {"submitted": "RELEASE", "returned": "RESET", "submission_canceled": "UNRELEASE"}


def _read_annotations(tables: dict[str, list[Row]]) -> dict[str, Any]:
    events = []
    for row in tables.get("pending_results", []):
        kind = row.get("event", "").strip()
        said = row.get("event_date_description", "")
        events.append(
            keep(
                type=_EVENTS.get(kind) or (as_enum("UnpostedEventType", kind) if kind else None),
                date=as_day(row.get("event_date", "")) or as_day(said),
                dateUnknown=True if "unknown" in said.casefold() else None,
            )
        )
    if not events:
        return {}
    return {"annotationModule": {"unpostedAnnotation": {"unpostedEvents": events}}}


def _read_documents(tables: dict[str, list[Row]]) -> dict[str, Any]:
    documents = [
        keep(
            hasProtocol=as_bool(row.get("has_protocol", "")),
            hasSap=as_bool(row.get("has_sap", "")),
            hasIcf=as_bool(row.get("has_icf", "")),
            label=row.get("document_type"),
            date=as_day(row.get("document_date", "")),
            filename=row.get("url", "").rpartition("/")[2],
        )
        for row in tables.get("provided_documents", [])
    ]
    return {"largeDocumentModule": {"largeDocs": documents}} if documents else {}


def _read_derived(tables: dict[str, list[Row]]) -> dict[str, Any]:
    removed = [row.get("name", "") for row in tables.get("countries", []) if as_bool(row.get("removed", ""))]
    return keep(
        miscInfoModule=keep(removedCountries=removed),
        conditionBrowseModule=_read_terms(tables.get("browse_conditions", [])),
        interventionBrowseModule=_read_terms(tables.get("browse_interventions", [])),
    )


def _read_terms(rows: list[Row]) -> dict[str, Any]:
    """Read MeSH terms; the tables leave out their ids, and old exports what kind they are."""
    terms: dict[str, list[dict[str, str]]] = {"meshes": [], "ancestors": []}
    for row in rows:
        kind = "ancestors" if "ancestor" in row.get("mesh_type", "") else "meshes"
        if "mesh_term" in row:
            terms[kind].append({"term": row["mesh_term"]})
    return keep(**terms)


FORMAT = Format(
    name="aact",
    says="AACT exports (zip, or unpacked to a folder)",
    fidelity=3,
    carries=CARRIES,
    forms=(ArchiveForm(is_aact_archive, read_aact_archive),),
)
