"""How does what a search finds become a list of references? As RIS that reference managers import as it is meant.

A record by itself leaves with the registry's own tags (`ris`), which clients know; reference managers read
some of these otherwise (`Y2` is the day of access), and find no author. Here each study is a report with
its title, its investigators or else its sponsor as authors, and the year of its registration.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from trialbook.export.ris import is_of_registry, write_short_title
from trialbook.model import PartialDate
from trialbook.record.address import find_study_address
from trialbook.record.markup import strip_markup
from trialbook.record.texts import drop_controls, find_structures, find_text, find_texts

Record = dict[str, Any]

_ID = "protocolSection.identificationModule."
_STATUS = "protocolSection.statusModule."
_SPONSORS = "protocolSection.sponsorCollaboratorsModule."
_TITLE = re.compile(r"(?:(?:prof|professor|dr|mr|mrs|ms|pd|sir|med)\b\.?\s*)+", re.IGNORECASE)
_DEGREES = frozenset(
    (
        "md",
        "phd",
        "dr",
        "prof",
        "professor",
        "msc",
        "bsc",
        "mph",
        "mba",
        "rn",
        "do",
        "dds",
        "pharmd",
        "jr",
        "sr",
    )
)
_PARTICLES = frozenset(
    (
        "van",
        "von",
        "de",
        "der",
        "den",
        "del",
        "della",
        "di",
        "da",
        "dos",
        "du",
        "la",
        "le",
        "ten",
        "ter",
        "zu",
        "el",
    )
)
_NO_PERSON = re.compile(
    r"(?:stud(?:y|ies)|trials?|director|monitor|clinical|medical|cent(?:er|re)|inc|llc|ltd|gmbh|department|contact|"
    r"university|hospital|institute|group|team|manager|information|pharma\w*|therapeutics|call|company|office)\b",
    re.IGNORECASE,
)


def write_reference(record: Record) -> str:
    """A record as one reference; each value on a line of its own."""
    lines = [
        f"{tag}  - {line}"
        for tag, value in _list_tags(record)
        if (line := strip_markup(drop_controls(value)))
    ]
    return "\r\n".join(["TY  - RPRT", *lines, "ER  - ", "", ""])


def _list_tags(record: Record) -> Iterator[tuple[str, str]]:
    nct_id = find_text(record, _ID + "nctId")
    title = find_text(record, _ID + "officialTitle") or find_text(record, _ID + "briefTitle")
    yield "ID", nct_id
    yield "TI", title
    for author in find_authors(record):
        yield "AU", author
    yield from _list_dates(record)
    yield "ST", write_short_title(record)
    yield "PB", find_text(record, _SPONSORS + "leadSponsor.name")
    yield "M3", "Clinical trial registration"
    yield "SN", nct_id
    yield "AN", nct_id
    if is_of_registry(record):
        yield "DB", "ClinicalTrials.gov"
        yield "DP", "National Library of Medicine (US)"
    yield "AB", find_text(record, "protocolSection.descriptionModule.briefSummary")
    for path in ("conditionsModule.conditions", "conditionsModule.keywords"):
        for word in find_texts(record, f"protocolSection.{path}"):
            yield "KW", word
    for each in find_structures(record, "protocolSection.armsInterventionsModule.interventions"):
        yield "KW", find_text(each, "name")
    for note in _list_notes(record):
        yield "N1", note
    if address := find_study_address(record):
        yield "UR", address


def _list_dates(record: Record) -> Iterator[tuple[str, str]]:
    """The day of registration: the year, and the date as far as it is given."""
    names = ("studyFirstSubmitDate", "studyFirstPostDateStruct.date")
    day = next((text for name in names if (text := find_text(record, _STATUS + name))), "")
    if PartialDate(day).earliest is not None:
        year, month, date = (*day[:10].split("-"), "", "")[:3]
        yield "PY", year
        yield "DA", f"{year}/{month}/{date}/"


def _list_notes(record: Record) -> Iterator[str]:
    facts = {
        "Status": find_text(record, _STATUS + "overallStatus"),
        "Phase": ", ".join(find_texts(record, "protocolSection.designModule.phases")),
        "Study type": find_text(record, "protocolSection.designModule.studyType"),
        "Enrollment": find_text(record, "protocolSection.designModule.enrollmentInfo.count"),
        "Start": find_text(record, _STATUS + "startDateStruct.date"),
        "Last update posted": find_text(record, _STATUS + "lastUpdatePostDateStruct.date"),
    }
    facts["Results"] = "posted" if record.get("hasResults") is True else ""
    yield "; ".join(f"{name}: {value}" for name, value in facts.items() if value)


def find_authors(record: Record) -> list[str]:
    """The investigators whom a record names, family name first; where it names none, its sponsor."""
    for path in (
        "protocolSection.contactsLocationsModule.overallOfficials.name",
        _SPONSORS + "responsibleParty.investigatorFullName",
    ):
        people = [author for name in find_texts(record, path) if (author := write_author(name))]
        if people:
            return list(dict.fromkeys(people))
    sponsor = find_text(record, _SPONSORS + "leadSponsor.name")
    # A comma would make a family name of what stands before it.
    return [" ".join(sponsor.replace(",", " ").split())] if sponsor else []


def write_author(name: str) -> str:
    """A person's name, family name first and without degrees; "" for what is no person's name.

    >>> [write_author(name) for name in ("Joshua M Hare, MD", "Prof. Dr. Ludwig van Beethoven", "Doe, Jane")]
    ['Hare, Joshua M', 'van Beethoven, Ludwig', 'Doe, Jane']
    >>> [write_author(name) for name in ("Clinical Trials", "Bayer Study Director", "Madonna")]
    ['', '', 'Madonna']
    """
    first, *others = [part.strip() for part in name.replace("(", ",").split(",")]
    if _NO_PERSON.search(name):
        return ""
    given = next((part for part in others if part and not is_degree(part)), "")
    bare = _TITLE.sub("", first).strip() if _TITLE.match(first) else first
    if given and " " not in bare:
        return f"{bare}, {given}"
    words = bare.split()
    while len(words) > 2 and words[-1].replace(".", "").lower() in _DEGREES:
        words.pop()
    if len(words) < 2:
        return bare
    at = len(words) - 1
    # Some write family names in capitals.
    while at > 1 and _is_shouted(words[at]) and _is_shouted(words[at - 1]) and not _is_shouted(words[0]):
        at -= 1
    while at > 1 and words[at - 1].lower() in _PARTICLES:
        at -= 1
    return f"{' '.join(words[at:])}, {' '.join(words[:at])}"


def _is_shouted(word: str) -> bool:
    return len(word) > 1 and word.isupper()


def is_degree(text: str) -> bool:
    """Whether what stands behind a name are degrees and the like.

    >>> [is_degree(text) for text in ("MD", "M.D. Ph.D.", "MSc FRCP", "Jane", "Jr.")]
    [True, True, True, False, True]
    """
    words = re.findall(r"[^\W\d_]+", text.replace(".", ""))
    return all(
        word.lower() in _DEGREES or (len(word) <= 6 and sum(map(str.isupper, word)) >= 2) for word in words
    )
