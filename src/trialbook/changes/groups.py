"""How a change between two versions is called: its group, its label in the registry's words, its text."""

from __future__ import annotations

import re
from typing import Any, Literal

import msgspec

ChangeKind = Literal["added", "removed", "changed", "reworded"]

GROUPS = (
    "Status",
    "Dates",
    "Enrolment",
    "Outcomes",
    "Arms and interventions",
    "Eligibility",
    "Design",
    "Sites",
    "Sponsor",
    "Titles and description",
    "Conditions",
    "Results",
    "Identifiers",
    "References",
    "Other",
)
"""Every group, in the order in which a reader wants them."""


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One difference of two versions.

    `path` is the field in API v2 names. `before` is "" for what was added, `after` for what was removed.
    """

    group: str
    path: str
    label: str
    kind: ChangeKind
    before: str = ""
    after: str = ""
    note: str = ""


# The longest prefix that fits decides; paths without their section.
_GROUP_OF = {
    "identificationModule": "Identifiers",
    "identificationModule.organization": "Sponsor",
    "identificationModule.briefTitle": "Titles and description",
    "identificationModule.officialTitle": "Titles and description",
    "identificationModule.acronym": "Titles and description",
    "statusModule": "Dates",
    "statusModule.overallStatus": "Status",
    "statusModule.lastKnownStatus": "Status",
    "statusModule.whyStopped": "Status",
    "statusModule.delayedPosting": "Status",
    "statusModule.expandedAccessInfo": "Status",
    "sponsorCollaboratorsModule": "Sponsor",
    "descriptionModule": "Titles and description",
    "conditionsModule": "Conditions",
    "designModule": "Design",
    "designModule.enrollmentInfo": "Enrolment",
    "armsInterventionsModule": "Arms and interventions",
    "outcomesModule": "Outcomes",
    "eligibilityModule": "Eligibility",
    "contactsLocationsModule": "Sites",
    "contactsLocationsModule.overallOfficials": "Sponsor",
    "referencesModule": "References",
    "referencesModule.availIpds": "Other",
    "miscInfoModule.removedCountries": "Sites",
    "annotationModule": "Results",
    "hasResults": "Results",
}

_LABELS = {
    "orgStudyIdInfo": "Organization's study id",
    "secondaryIdInfos": "Secondary id",
    "nctIdAliases": "Former NCT number",
    "organization": "Organization",
    "overallStatus": "Overall status",
    "whyStopped": "Why the study stopped",
    "startDateStruct": "Study start",
    "primaryCompletionDateStruct": "Primary completion",
    "completionDateStruct": "Study completion",
    "statusVerifiedDate": "Record verified",
    "lastUpdateSubmitDate": "Last update submitted",
    "lastUpdatePostDateStruct": "Last update posted",
    "studyFirstSubmitDate": "Study first submitted",
    "studyFirstPostDateStruct": "Study first posted",
    "resultsFirstSubmitDate": "Results first submitted",
    "resultsFirstPostDateStruct": "Results first posted",
    "dispFirstSubmitDate": "Certification of delay first submitted",
    "dispFirstSubmitQcDate": "Certification of delay first submitted that met quality control",
    "dispFirstPostDateStruct": "Certification of delay first posted",
    "studyFirstSubmitQcDate": "Study first submitted that met quality control",
    "resultsFirstSubmitQcDate": "Results first submitted that met quality control",
    "oversightHasDmc": "Data monitoring committee",
    "isFdaRegulatedDrug": "FDA-regulated drug",
    "isFdaRegulatedDevice": "FDA-regulated device",
    "isUsExport": "Exported from the US",
    "isPpsd": "Pediatric postmarket surveillance of a device",
    "fdaaa801Violation": "FDAAA 801 violation",
    "enrollmentInfo": "Participants",
    "collaborators": "Collaborator",
    "conditions": "Condition",
    "keywords": "Keyword",
    "phases": "Phase",
    "armGroups": "Arm",
    "interventions": "Intervention",
    "primaryOutcomes": "Primary outcome",
    "secondaryOutcomes": "Secondary outcome",
    "otherOutcomes": "Other outcome",
    "stdAges": "Age groups",
    "sex": "Sex",
    "locations": "Site",
    "overallOfficials": "Overall official",
    "centralContacts": "Central contact",
    "references": "Reference",
    "seeAlsoLinks": "Link",
    "availIpds": "Available data or document",
    "largeDocs": "Document",
    "removedCountries": "Removed country",
    "hasResults": "Results posted",
    "moreInfoModule": "Results: more information",
    "unpostedEvents": "Results submission",
    "violationEvents": "FDAAA 801 violation",
}

_ENUM_FIELDS = {
    *("type", "class", "overallStatus", "lastKnownStatus", "status", "studyType", "phases", "allocation"),
    *("interventionModel", "primaryPurpose", "observationalModel", "timePerspective", "masking"),
    *("whoMasked", "sex", "stdAges", "samplingMethod", "role", "ipdSharing", "infoTypes", "retention"),
}
_ENUM_WORDS = {
    "NA": "Not applicable",
    "EARLY_PHASE1": "Early phase 1",
    "PHASE1": "Phase 1",
    "PHASE2": "Phase 2",
    "PHASE3": "Phase 3",
    "PHASE4": "Phase 4",
    "ACTIVE_NOT_RECRUITING": "Active, not recruiting",
    "UNKNOWN": "Unknown",
}
_ACRONYMS = frozenset(["NIH", "FDA", "VA", "CDC", "AHRQ", "SAMHSA", "CTIS", "SAP", "ICF", "CSR", "ECT"])
_ESCAPED = re.compile(r"\\([<>\[\]*~^_&#\\])")
_BULLET = re.compile(r"^[ \t]*(?:[*•·–-]|\d{1,2}[.)])[ \t]+", re.MULTILINE)
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def get_group(path: str) -> str:
    """Name the group that the field at an API v2 path belongs to; "Other" where none fits."""
    section, _, rest = path.partition(".")
    if section == "resultsSection":
        return "Results"
    rest = rest if section.endswith("Section") else path
    while rest:
        if rest in _GROUP_OF:
            return _GROUP_OF[rest]
        rest = rest.rpartition(".")[0]
    return "Other"


def get_label(path: str) -> str:
    """Name the field at an API v2 path in words.

    Examples
    --------
    >>> get_label("protocolSection.statusModule.completionDateStruct")
    'Study completion'
    >>> get_label("protocolSection.descriptionModule.briefSummary")
    'Brief summary'
    """
    name = path.rpartition(".")[2]
    if name in _LABELS:
        return _LABELS[name]
    name = re.sub(r"(Struct|Module|Info)$", "", name)
    return _HUMP.sub(" ", name).lower().capitalize()


def normalise(text: str) -> str:
    """Take away what carries no meaning: white space, bullets and numbers of list items, the backslashes of escaped markup."""
    return " ".join(_BULLET.sub("", _ESCAPED.sub(r"\1", text)).split())


def write_value(value: Any, path: str) -> str:
    """Write a scalar, a list or a small struct as one text; "" for what is absent."""
    name = path.rpartition(".")[2]
    if value is None:
        return ""
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if value == "UNKNOWN" and name in ("overallStatus", "lastKnownStatus"):
        return "Unknown status"
    if isinstance(value, str):
        return _write_enum(value) if name in _ENUM_FIELDS and value.isupper() else value.strip()
    if isinstance(value, list):
        return ", ".join(filter(None, (write_value(item, path) for item in value)))
    if isinstance(value, dict):
        return _write_struct(value, path)
    return str(value)


def _write_enum(value: str) -> str:
    if value in _ENUM_WORDS or value in _ACRONYMS:
        return _ENUM_WORDS.get(value, value)
    return value.replace("_", " ").capitalize()


def _write_struct(value: dict[str, Any], path: str) -> str:
    """`{"date": "2024-07", "type": "ESTIMATED"}` becomes `2024-07 (estimated)`."""
    parts = [write_value(part, f"{path}.{name}") for name, part in value.items() if name not in _QUALIFIERS]
    qualifiers = [write_value(value.get(name), f"{path}.{name}") for name in _QUALIFIERS]
    shown = ", ".join(filter(None, parts))
    aside = ", ".join(word if word.isupper() else word.lower() for word in qualifiers if word)
    return f"{shown} ({aside})" if shown and aside else shown or aside


_QUALIFIERS = ("type", "class")
