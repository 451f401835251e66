"""How does a record become a reference in RIS, the format of reference managers?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from trialbook.ask.refusals import refuse_field
from trialbook.record.address import find_study_address
from trialbook.record.links import NCT_ID
from trialbook.record.markup import strip_markup
from trialbook.record.texts import drop_controls, find_structures, find_text, find_texts, join_filled

_ID = "protocolSection.identificationModule."
_STATUS = "protocolSection.statusModule."
_SPONSORS = "protocolSection.sponsorCollaboratorsModule."
DOCUMENTS = (
    ("hasProtocol", "Study Protocol"),
    ("hasSap", "Statistical Analysis Plan"),
    ("hasIcf", "Informed Consent Form"),
)

Record = dict[str, Any]
Tag = Callable[[Record], list[str]]


def _take(path: str) -> Tag:
    return lambda record: find_texts(record, path)


def _write_secondary_ids(record: Record) -> list[str]:
    found = find_structures(record, _ID + "secondaryIdInfos")
    return [
        find_text(each, "id") + (f" [{kind}]" if (kind := find_text(each, "type")) else "")
        for each in found
        if find_text(each, "id")
    ]


def write_short_title(record: Record) -> str:
    """The brief title with the acronym behind it, unless it stands there already."""
    title, acronym = find_text(record, _ID + "briefTitle"), find_text(record, _ID + "acronym")
    return f"{title} ({acronym})" if acronym and f"({acronym})" not in title else title


def _write_documents(record: Record) -> list[str]:
    found = find_structures(record, "documentSection.largeDocumentModule.largeDocs")
    return [label for key, label in DOCUMENTS if any(each.get(key) is True for each in found)]


def _write_contacts(record: Record) -> list[str]:
    lines = []
    for each in find_structures(record, "protocolSection.contactsLocationsModule.centralContacts"):
        phone = join_filled((find_text(each, "phone"), find_text(each, "phoneExt")), " ext. ")
        lines.append(join_filled((find_text(each, "name"), phone, find_text(each, "email")), ", "))
    return lines


def _write_url(record: Record) -> list[str]:
    address = find_study_address(record)
    return [address] if address else []


def is_of_registry(record: Record) -> bool:
    """Whether a record is one of ClinicalTrials.gov, by its id."""
    return bool(NCT_ID.fullmatch(find_text(record, _ID + "nctId")))


def _write_results(record: Record) -> list[str]:
    """Whether results were posted; a copy that does not tell says neither."""
    told = record.get("hasResults")
    return ["Has Results" if told else "No Results"] if isinstance(told, bool) else []


TAGS: dict[str, Tag] = {
    "TY": lambda _: ["DBASE"],
    "DP": lambda record: ["National Library of Medicine (US)"] if is_of_registry(record) else [],
    "PP": lambda record: ["Bethesda (MD)"] if is_of_registry(record) else [],
    "ID": _take(_ID + "nctId"),
    "AN": _take(_ID + "nctId"),
    "U1": _write_secondary_ids,
    "ST": lambda record: [write_short_title(record)],
    "TI": _take(_ID + "officialTitle"),
    "Y1": _take(_STATUS + "studyFirstSubmitDate"),
    "Y2": _take(_STATUS + "startDateStruct.date"),
    "A2": _take(_SPONSORS + "collaborators.name"),
    "C1": _take(_SPONSORS + "leadSponsor.name"),
    "C2": _take(_STATUS + "overallStatus"),
    "C3": _take(_STATUS + "lastUpdatePostDateStruct.date"),
    "C4": _take(_STATUS + "lastUpdateSubmitDate"),
    "C5": _take("protocolSection.designModule.studyType"),
    "C6": _write_results,
    "C7": _write_documents,
    "C8": _write_contacts,
    "KW": _take("protocolSection.conditionsModule.conditions"),
    "AB": _take("protocolSection.descriptionModule.briefSummary"),
    "UR": _write_url,
    "SF": lambda record: ["ClinicalTrials.gov"] if is_of_registry(record) else [],
}


def choose_tags(names: Sequence[str]) -> list[str]:
    """The asked tags in the format's order, all of them where none is asked; the type always; raises ApiError."""
    for name in names:
        if name not in TAGS and name != "ER":
            raise refuse_field("fields", name, "RIS tag", TAGS)
    return [tag for tag in TAGS if tag == "TY" or tag in names] if names else list(TAGS)


def write_reference(record: Record, tags: Sequence[str]) -> str:
    """Write a record as one reference; each value on a line of its own, without the registry's escapes."""
    lines = [
        f"{tag}  - {line}"
        for tag in tags
        for value in TAGS[tag](record)
        if (line := strip_markup(drop_controls(value)))
    ]
    return "\r\n".join([*lines, "ER  - ", ""])
