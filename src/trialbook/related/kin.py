"""By what do studies belong together? Ids that one names of another, a sponsor's numbering, an acronym,
people, publications."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import msgspec

from trialbook.record.ids import NCT_ID, find_nct_id
from trialbook.record.texts import find_structures, find_text, find_texts

MOST_KEYS = 60
LONGEST_ID = 60
_SPACES = re.compile(r"[\W_]+")
# Between these stands what looks like a study's own number within a text: letters and digits, mixed.
_AROUND_CODES = bytes.maketrans(b"()[],;/", b"       ")
_DIGITS = re.compile(r"\d\D*\d\D*\d")
_CODE_EDGES = "()[],.;:'\"®™*"
_LAST_PART = re.compile(r"(?:[-_/. ]?\d{1,3}|(?<=[-_/.])[A-Za-z]{1,4}\d?|\d{1,3}[A-Za-z])$")
_ACRONYM_END = re.compile(
    r"[\s_-]*(?:\b(?:[IVX]+|\d+[a-z]?|OLE?|EXT(?:ENSION)?|OPEN|LTE?|LTFU|FU|FOLLOW[- ]?UP|PLUS|STUDY|TRIAL|PILOT)|\d+)$",
    re.IGNORECASE,
)
# Who is named for a role, or for a company, is no person that two studies share.
_NO_PERSON = frozenset({
    "medical", "monitor", "director", "manager", "center", "centre", "call", "clinical", "trial", "trials",
    "study", "team", "lead", "head", "chair", "responsible", "department", "inc", "ltd", "gmbh", "pharma",
    "pharmaceuticals", "md", "global", "expert", "scientific", "officer", "contact",
})  # fmt: skip
# Who gives grants, as the type of a secondary id; and how the largest of them numbers its own ("5P30CA043703-12").
_GRANTS = frozenset({"NIH", "FDA", "VA", "CDC", "AHRQ", "SAMHSA", "OTHER_GRANT"})
_GRANT = re.compile(r"\d?[A-Z](?:\d\d|[A-Z]\d)[- ]?[A-Z]{2}[- ]?\d{5,6}(?!\d)")
LEAST_CODE = 5
LONGEST_RUN = 60
LONGEST_CODE = 24
LEAST_STEM = 4
LEAST_DIGITS = 3


class Kin(msgspec.Struct, frozen=True):
    """By what one study may belong together with others.

    Attributes
    ----------
    own
        Its ids, folded: the registry's, the sponsor's, those of other registries; no grants, which pay for
        many studies that have nothing else in common.
    named
        Ids of other studies that its texts name, folded; also what only looks like one.
    sponsor, study_stem, acronym
        Folded; a study id without its last part ("AC-055G2" of "AC-055G202"), an acronym without its number.
    people
        Names of those who lead it, folded.
    results, background
        PubMed ids of its references, by what they are.
    """

    own: tuple[str, ...] = ()
    named: tuple[str, ...] = ()
    sponsor: str = ""
    study_stem: str = ""
    acronym: str = ""
    people: tuple[str, ...] = ()
    results: tuple[str, ...] = ()
    background: tuple[str, ...] = ()


def read_kin(record: dict[str, Any], texts: dict[str, str], people: Iterable[str] | None = None) -> Kin:
    """Read them from a raw record, and from its texts as they are compared.

    `people` as `read_people` gives them, where they were read already.
    """
    module = "protocolSection.identificationModule."
    study_id = find_text(record, module + "orgStudyIdInfo.id")
    others = _read_other_ids(record)
    nct_id = find_text(record, module + "nctId")
    own = _fold_ids([nct_id, study_id, *others])
    results, background = _read_publications(record)
    written = [*texts.values(), find_text(record, "protocolSection.statusModule.whyStopped")]
    return Kin(
        own=own,
        named=tuple(sorted(_find_named(written, others) - set(own)))[:MOST_KEYS],
        sponsor=fold_name(find_text(record, "protocolSection.sponsorCollaboratorsModule.leadSponsor.name")),
        study_stem=cut_study_id(study_id),
        acronym=cut_acronym(find_text(record, module + "acronym")),
        people=tuple(read_people(record) if people is None else people),
        results=results,
        background=background,
    )


def _read_other_ids(record: dict[str, Any]) -> list[str]:
    rows = find_structures(record, "protocolSection.identificationModule.secondaryIdInfos")
    ids = [find_text(row, "id") for row in rows if find_text(row, "type") not in _GRANTS]
    return [each for each in ids if not _GRANT.match(each.strip())]


def fold_name(text: str) -> str:
    """A name in small letters with single spaces, without punctuation."""
    return _SPACES.sub(" ", text).strip().casefold()


def fold_id(text: str) -> str:
    """An id without what people write differently in it.

    >>> fold_id("AC-055G202"), fold_id("nct3153111")
    ('AC055G202', 'NCT03153111')
    """
    text = text.strip()[:LONGEST_ID]
    return find_nct_id(text) or _SPACES.sub("", text).upper()


def _fold_ids(ids: list[str]) -> tuple[str, ...]:
    folded = dict.fromkeys(map(fold_id, ids))
    return tuple(each for each in folded if len(each) >= LEAST_CODE)[:MOST_KEYS]


def _find_named(texts: list[str], others: list[str]) -> set[str]:
    named = {fold_id(found[0]) for text in texts for found in NCT_ID.finditer(text)}
    named |= {fold_id(each) for each in others if find_nct_id(each.strip())}
    runs = set("\n".join(texts).encode(errors="replace").translate(_AROUND_CODES).decode().split())
    # Most runs are words: a quick look leaves them out.
    codes = [
        _fold_code(run)
        for run in runs
        if not run.isalpha() and LEAST_CODE < len(run) <= LONGEST_RUN and _DIGITS.search(run)
    ]
    named |= {code for code in codes if LEAST_CODE < len(code) <= LONGEST_CODE and _is_telling(code)}
    return named


def _fold_code(written: str) -> str:
    # As `fold_id` for what is no id of the registry's: those are found apart, and there are many of these.
    return _SPACES.sub("", written.strip(_CODE_EDGES)).upper()


def _is_telling(code: str) -> bool:
    """Whether what is written looks like a study's own number: letters and several digits."""
    digits = sum(letter.isdigit() for letter in code)
    return LEAST_DIGITS <= digits < len(code)


def cut_study_id(study_id: str) -> str:
    """What a sponsor's study ids of one programme have in common; "" for an id too short to tell.

    >>> [cut_study_id(each) for each in ("AC-055G202", "I5Q-MC-CGAL", "200719", "12")]
    ['AC055G', 'I5QMC', '2007', '']
    """
    text = study_id.strip()[:LONGEST_ID]
    if text.isdigit():
        stem = text[:-2] if len(text) > 5 else ""
    else:
        stem = _SPACES.sub("", _LAST_PART.sub("", text))
    return stem.upper() if len(stem) >= LEAST_STEM else ""


def cut_acronym(acronym: str) -> str:
    """An acronym without its number, or what says that it is an extension.

    >>> [cut_acronym(each) for each in ("EVEREST II", "SERENADE OL", "PARADIGM-HF", "AB")]
    ['EVEREST', 'SERENADE', 'PARADIGMHF', '']
    """
    text = acronym.strip()[:LONGEST_ID]
    for _ in range(3):
        text = _ACRONYM_END.sub("", text)
    stem = _SPACES.sub("", text).upper()
    return stem if LEAST_STEM <= len(stem) <= 24 else ""


def read_people(record: dict[str, Any]) -> dict[str, str]:
    """Who leads a study: each name folded, and as the record writes it without titles."""
    names = find_texts(record, "protocolSection.contactsLocationsModule.overallOfficials.name")
    names += find_texts(
        record, "protocolSection.sponsorCollaboratorsModule.responsibleParty.investigatorFullName"
    )
    people: dict[str, str] = {}
    for written in (name.partition(",")[0].strip() for name in names):
        folded = fold_name(written)
        if " " in folded and _NO_PERSON.isdisjoint(folded.split()) and len(people) < MOST_KEYS:
            people.setdefault(folded, written)
    return people


def _read_publications(record: dict[str, Any]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    results: dict[str, None] = {}
    background: dict[str, None] = {}
    for each in find_structures(record, "protocolSection.referencesModule.references"):
        pmid, kind = find_text(each, "pmid"), find_text(each, "type")
        if pmid.isdecimal():
            (results if kind in ("RESULT", "DERIVED") else background)[pmid] = None
    return tuple(results)[:MOST_KEYS], tuple(background)[:MOST_KEYS]
