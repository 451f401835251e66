"""What does a record page that somebody saved as text say?

A trial explorer's page as plain text: the title, `NCT ID:`, `Last Updated:`, then sections under
fixed headings, each followed by a sentence that explains the section to the visitor. The page shows
less than the record holds: `CARRIES` lists what it can express. What it joins beyond safe splitting
stays joined (and is named in `pageSection.joinedLists`), and what the record has no place for is
kept under `pageSection`, so that nothing on the page is lost and nothing is added to it.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, BinaryIO

from trialbook.errors import SourceFormatError, SourceReadError
from trialbook.source.incoming import Form, Format, Incoming, Rejected, map_one
from trialbook.source.page import arms as page_arms
from trialbook.source.page import people as page_people
from trialbook.source.page import sections as page_sections
from trialbook.source.page.draft import Draft, is_absent
from trialbook.source.spellings import as_date

MAX_PAGE_BYTES = 4 * 2**20
# A page has some hundred lines; a file of several pages, some thousands.
MAX_PAGE_LINES = 200_000

_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_NCT_LINE = re.compile(r"^\W*NCT ID\W{1,5}(NCT\d{8})\W*$", re.IGNORECASE)
_UPDATED_LINE = re.compile(r"^\W*Last Updated\W{1,5}(.*)$", re.IGNORECASE)
# The registry's acronyms have 14 characters at most; people write a few more.
_IN_LAST_BRACKETS = re.compile(r"\(([A-Za-z0-9][A-Za-z0-9 +/.&-]{1,19})\)\s*$")
_HEADING_MARKS = re.compile(r"^#{1,6}\s+|\*\*|[:#\s]+$")

# Heading -> the words with which its explaining sentence opens. The sentence is no content.
HEADINGS: dict[str, str] = {
    "Study Results": "",
    "Basic Information": "Get a concise snapshot",
    "Brief Summary": "Review the sponsor-provided synopsis",
    "Detailed Description": "Dive into the extended narrative",
    "Conditions": "See the medical conditions",
    "Keywords": "",
    "Study Design": "Understand how the trial is structured",
    "Study Groups": "Review each arm or cohort",
    "Interventions": "Learn about the drugs",
    "Other Intervention Names": "Discover alternative or legacy names",
    "Eligibility Criteria": "Check the participation requirements",
    "Sponsors": "Meet the organizations",
    "Responsible Party": "Identify the individual or organization",
    "Principal Investigators": "Learn about the lead researchers",
    "Locations": "Explore where the study",
    "Countries": "Review the countries",
    "Related Links": "Access external resources",
    "Other Identifiers": "Review additional registry numbers",
    "More Related Trials": "Additional clinical trials",
}
_BY_FOLDED = {heading.casefold(): heading for heading in HEADINGS}
_FREE_TEXT = frozenset({"Brief Summary", "Detailed Description", "Study Results"})
_VERBS = (
    "Access|Browse|Check|Compare|Consult|Dive|Discover|Examine|Explore|Find|Get|Identify|Learn|Look|Meet"
    "|Read|Review|See|Track|Understand|View"
)
_HELPER = re.compile(rf"^(?:{_VERBS})\b.{{15,300}}\b(?:study|trial|research|investigat)\w*\b.*\.$")
_TITLE_CASE = re.compile(
    r"^(?:[A-Z][\w-]*|and|of|the|for|in|to|&)(?: (?:[A-Z][\w-]*|and|of|the|for|in|to|&)){0,5}$"
)

# In the order of reading, not of the page: arms need the interventions, sites need the countries.
_READERS: dict[str, Callable[[list[str], Draft], None]] = {
    "Study Results": page_sections.read_results,
    "Basic Information": page_sections.read_basics,
    "Brief Summary": page_sections.read_free_text("briefSummary"),
    "Detailed Description": page_sections.read_free_text("detailedDescription"),
    "Conditions": page_sections.read_names("conditions"),
    "Keywords": page_sections.read_names("keywords"),
    "Study Design": page_sections.read_design,
    "Interventions": page_arms.read_interventions,
    "Study Groups": page_arms.read_groups,
    "Other Intervention Names": page_arms.read_other_names,
    "Eligibility Criteria": page_sections.read_eligibility,
    "Sponsors": page_people.read_sponsors,
    "Responsible Party": page_people.read_responsible_party,
    "Principal Investigators": page_people.read_officials,
    "Countries": page_people.read_countries,
    "Locations": page_people.read_locations,
    "Related Links": page_people.read_links,
    "Other Identifiers": page_people.read_identifiers,
    "More Related Trials": page_sections.read_related,
}

CARRIES: frozenset[str] = frozenset(
    f"protocolSection.{path}"
    for path in (
        "identificationModule.nctId",
        "identificationModule.nctIdAliases",
        "identificationModule.briefTitle",
        "identificationModule.orgStudyIdInfo.id",
        "identificationModule.orgStudyIdInfo.type",
        "identificationModule.secondaryIdInfos.id",
        "identificationModule.secondaryIdInfos.type",
        "statusModule.overallStatus",
        "statusModule.startDateStruct.date",
        "statusModule.completionDateStruct.date",
        "statusModule.lastUpdatePostDateStruct.date",
        "sponsorCollaboratorsModule.responsibleParty.type",
        "sponsorCollaboratorsModule.responsibleParty.investigatorFullName",
        "sponsorCollaboratorsModule.responsibleParty.investigatorTitle",
        "sponsorCollaboratorsModule.leadSponsor",
        "sponsorCollaboratorsModule.collaborators",
        "descriptionModule",
        "conditionsModule.conditions",
        "designModule.studyType",
        "designModule.phases",
        "designModule.designInfo.allocation",
        "designModule.designInfo.interventionModel",
        "designModule.designInfo.primaryPurpose",
        "designModule.designInfo.observationalModel",
        "designModule.designInfo.timePerspective",
        "designModule.designInfo.maskingInfo.masking",
        "designModule.designInfo.maskingInfo.whoMasked",
        "designModule.enrollmentInfo.count",
        "armsInterventionsModule",
        "eligibilityModule.eligibilityCriteria",
        "eligibilityModule.healthyVolunteers",
        "eligibilityModule.sex",
        "eligibilityModule.minimumAge",
        "eligibilityModule.maximumAge",
        "contactsLocationsModule.overallOfficials",
        "contactsLocationsModule.locations.facility",
        "contactsLocationsModule.locations.city",
        "contactsLocationsModule.locations.state",
        "contactsLocationsModule.locations.country",
        "referencesModule.seeAlsoLinks",
    )
) | {"hasResults"}
"""API v2 paths (and all below them) that such a page can express; any other is absent because the
page has no place for it, not because the study lacks it."""

_MODULES = (
    "identificationModule",
    "statusModule",
    "sponsorCollaboratorsModule",
    "descriptionModule",
    "conditionsModule",
    "designModule",
    "armsInterventionsModule",
    "eligibilityModule",
    "contactsLocationsModule",
    "referencesModule",
)


def is_page_text(head: bytes) -> bool:
    """Tell from the first bytes of a file whether it is a record page as text.

    Examples
    --------
    >>> is_page_text(b"A Study of Rest\\n\\nNCT ID: NCT00000001\\n\\nLast Updated: 2025-01-01\\n")
    True
    >>> is_page_text(b'{"protocolSection": {}}')
    False
    """
    text = _decode(head[:65536], errors="ignore")
    if text is None or text.lstrip()[:1] in ("{", "[", "<"):
        return False
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    starts = _find_starts(lines)
    if starts:
        return True
    has_id = any(_NCT_LINE.match(line) for line in lines)
    return has_id and any(_as_heading(line) for line in lines)


def read_page_text(stream: BinaryIO, place: str) -> Iterator[Incoming | Rejected]:
    """Read the page, or the several pages one after another, that a stream holds.

    Parameters
    ----------
    stream
        Bytes of at most 4 MiB; a page is a few KB.
    place
        Where the stream comes from; further pages get `:LINE` after it.

    Raises
    ------
    SourceReadError
        The stream breaks off; carries `place`.
    """
    try:
        data = stream.read(MAX_PAGE_BYTES + 1)
    except (OSError, EOFError) as error:
        raise SourceReadError(f"cannot be read to its end ({error})", place=place) from error
    if len(data) > MAX_PAGE_BYTES:
        yield Rejected(f"larger than {MAX_PAGE_BYTES} bytes, which no record page is", place, data[: 2**20])
        return
    if data.count(b"\n") > MAX_PAGE_LINES:
        reason = f"more than {MAX_PAGE_LINES:,} lines, which no record page has"
        yield Rejected(reason, place, data[: 2**20])
        return
    for part, part_place in _split_pages(data, place):
        yield map_one(partial(parse_page_text, part), part, part_place, format_name=FORMAT.name)


def parse_page_text(data: bytes) -> dict[str, Any]:
    """Read one page into the API v2 shape.

    Parameters
    ----------
    data
        One page as UTF-8 (or UTF-16 with its mark), any line ends.

    Returns
    -------
    dict
        `protocolSection`, `hasResults` where the page tells, and `pageSection` for what API v2 has
        no place for: `relatedTrials`, `results` (texts under Study Results), `countries` that no
        site names, `interventionOtherNames` that belong to one of several interventions,
        `joinedLists` (paths whose items the page prints in one line, kept as one text),
        `otherSections` (headings that we do not know) and `unread` (text in a known section that
        does not fit its form).

    Raises
    ------
    SourceFormatError
        The bytes are no text, or no line says `NCT ID: NCT…`.
    """
    text = _decode(data)
    if text is None:
        raise SourceFormatError("the page is not UTF-8 text", expected="UTF-8")
    lines = [_ESCAPED.sub(r"\1", line.replace("\xa0", " ").rstrip()) for line in text.splitlines()]
    draft = Draft()
    first = _read_front(lines, draft)
    sections = _cut_sections(lines[first:], draft)
    for heading, reader in _READERS.items():
        if heading in sections:
            reader(sections.pop(heading), draft)
    return _as_record(draft)


def _as_record(draft: Draft) -> dict[str, Any]:
    protocol = {name: draft.modules[name] for name in _MODULES if draft.modules.get(name)}
    record: dict[str, Any] = {"protocolSection": protocol}
    if draft.has_results is not None:
        record["hasResults"] = draft.has_results
    if draft.page:
        record["pageSection"] = draft.page
    return record


def _read_front(lines: list[str], draft: Draft) -> int:
    """Read the title, id and date above the first section; return the first line after them."""
    at = next((i for i, line in enumerate(lines) if _NCT_LINE.match(line)), None)
    if at is None:
        raise SourceFormatError("no line says which study the page is about", expected="NCT ID: NCT01234567")
    match = _NCT_LINE.match(lines[at])
    draft.put("identificationModule", "nctId", match[1].upper() if match else "")
    title = " ".join(line.strip("#* ") for line in lines[:at] if line.strip())
    draft.put("identificationModule", "briefTitle", title)
    draft.put("identificationModule", "acronym", find_acronym(title))
    for i in range(at + 1, min(at + 6, len(lines))):
        updated = _UPDATED_LINE.match(lines[i])
        if updated:
            _read_updated(updated[1].strip(" *"), draft)
            return i + 1
    return at + 1


def find_acronym(title: str) -> str:
    """The study's acronym, which a page prints in brackets behind the title; "" where there is none.

    What abbreviates the words before it is a part of the title, not the study's name.

    >>> find_acronym("Cells for Endothelial DySfunctiOn (ACESO-IHD)"), find_acronym("Adults With Heart Failure (HF)")
    ('ACESO-IHD', '')
    """
    match = _IN_LAST_BRACKETS.search(title)
    if match is None or sum(letter.isupper() for letter in match[1]) < 2:
        return ""
    letters = re.sub(r"[^A-Z0-9]", "", match[1].upper())
    words = re.findall(r"[A-Za-z0-9]+", title[: match.start()])
    initials = "".join(word[0] for word in words).upper()
    return (
        ""
        if initials.endswith(letters.removesuffix("S") if match[1].endswith("s") else letters)
        else match[1]
    )


def _read_updated(text: str, draft: Draft) -> None:
    date = as_date(text)
    if date:
        draft.put("statusModule", "lastUpdatePostDateStruct", {"date": date})
    elif not is_absent(text):
        draft.leave("Last Updated", [text])


def _cut_sections(lines: list[str], draft: Draft) -> dict[str, list[str]]:
    """Cut the page at its headings, drop the explaining sentences, and put unknown sections aside."""
    starts = _find_headings(lines)
    sections: dict[str, list[str]] = {}
    draft.leave("", lines[: starts[0][0]] if starts else lines)
    for n, (at, heading, body_at) in enumerate(starts):
        end = starts[n + 1][0] if n + 1 < len(starts) else len(lines)
        body = lines[body_at:end]
        if heading in HEADINGS:
            sentence = "\n".join(lines[at + 1 : body_at]).strip()
            if HEADINGS[heading] == "" or not sentence.startswith(HEADINGS[heading]):
                # It looks like an explanation, but it is none that we know.
                draft.leave(heading, [sentence])
            sections.setdefault(heading, []).extend(["", *body])
        else:
            kept = {"heading": heading, "text": "\n".join(lines[at + 1 : end]).strip()}
            draft.page.setdefault("otherSections", []).append(kept)
    return sections


def _find_headings(lines: list[str]) -> list[tuple[int, str, int]]:
    """List (line, heading, first line of the body).

    A heading proves itself by the explaining sentence after it: a line that says `Conditions` may
    also be an arm's label or stand in a summary. On a page that explains its headings, one without
    its sentence counts only if it carries a heading's mark (`##`) or is known to have no sentence.
    """
    filled = [i for i, line in enumerate(lines) if line.strip()]
    proven: list[tuple[int, str, int]] = []
    doubtful: list[tuple[int, str, int]] = []
    # A page may end right below its date: then there is no line at all.
    for at, following in itertools.pairwise([*filled, len(lines)]):
        sentence = lines[following].strip() if following < len(lines) else ""
        heading = _as_heading(lines[at])
        explained = len(sentence) <= 400 and _HELPER.match(sentence)
        if heading and _is_explained(heading, sentence, is_helper=bool(explained)):
            proven.append((at, heading, following + 1))
        elif heading:
            doubtful.append((at, heading, at + 1))
        elif explained and len(lines[at]) <= 80 and _TITLE_CASE.match(lines[at].strip("#* ")):
            proven.append((at, lines[at].strip("#* "), following + 1))
    taken = {heading for _, heading, _ in proven}
    explains = bool(taken)
    for entry in doubtful:
        bare = explains and HEADINGS[entry[1]] and not lines[entry[0]].startswith("#")
        if entry[1] not in taken and not bare:
            taken.add(entry[1])
            proven.append(entry)
    return sorted(proven)


def _is_explained(heading: str, sentence: str, *, is_helper: bool) -> bool:
    """Tell whether the sentence below a heading is the one that explains it to the visitor."""
    opening = HEADINGS[heading]
    return (opening != "" and sentence.startswith(opening)) or (is_helper and heading not in _FREE_TEXT)


def _as_heading(line: str) -> str | None:
    if len(line) > 80:
        return None
    return _BY_FOLDED.get(_HEADING_MARKS.sub("", line).strip().casefold())


def _decode(data: bytes, errors: str = "strict") -> str | None:
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = data.decode(encoding, errors)
    except UnicodeDecodeError:
        return None
    return None if "\x00" in text else text


def _find_starts(lines: list[str]) -> list[int]:
    """List the lines that say `NCT ID:` with `Last Updated:` right below: one for each page."""
    filled = [i for i, line in enumerate(lines) if line.strip()]
    return [
        at
        for at, following in itertools.pairwise(filled)
        if _NCT_LINE.match(lines[at]) and _UPDATED_LINE.match(lines[following])
    ]


def _split_pages(data: bytes, place: str) -> Iterator[tuple[bytes, str]]:
    """Cut a file of several pages above the title of each further one."""
    text = _decode(data)
    lines = text.splitlines(keepends=True) if text is not None else []
    starts = _find_starts(lines)
    if len(starts) < 2:
        yield data, place
        return
    cuts = [0]
    for start in starts[1:]:
        title = next(i for i in range(start - 1, -1, -1) if lines[i].strip())
        cuts.append(title)
    for cut, end in zip(cuts, [*cuts[1:], len(lines)], strict=True):
        yield "".join(lines[cut:end]).encode(), f"{place}:{cut + 1}" if cut else place


FORMAT = Format(
    name="page_text",
    says="record pages saved as text",
    fidelity=1,
    carries=CARRIES,
    forms=(Form(is_page_text, lambda stream, place, limits: read_page_text(stream, place)),),
)
