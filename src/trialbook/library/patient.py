"""Which trials fit what a note says of a patient, and why each?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from trialbook.ask.filters import find_near, make_request
from trialbook.errors import QueryError
from trialbook.library.hits import HitFacts, find_hit_facts
from trialbook.library.nearby import PlaceTold, tell_place
from trialbook.model.dates import find_asked_day
from trialbook.model.eligibility import SEXES, tell_ages
from trialbook.model.present import decode_present
from trialbook.model.study import read_typed
from trialbook.search.engine.engine import SearchRequest
from trialbook.terms import get_thesaurus

if TYPE_CHECKING:
    from trialbook.library.library import Library
    from trialbook.patient.note import PatientNote

# Studies that take people now, as a filter of the everyday kind says it.
TAKING = ("RECRUITING", "AVAILABLE")


class NoteHit(msgspec.Struct, frozen=True, kw_only=True):
    """A study that fits a note.

    Attributes
    ----------
    facts
        The study in short.
    ages, sex
        Whom it takes: "18 to 75 years", "no limit of age stated", "women only"; "" where the record does not say.
    conditions
        What the note says of the patient and the study names too, in the note's words.
    words
        Other words that both have.
    """

    facts: HitFacts
    ages: str = ""
    sex: str = ""
    conditions: tuple[str, ...] = ()
    words: tuple[str, ...] = ()


class NoteMatch(msgspec.Struct, frozen=True, kw_only=True):
    """Trials for a note, the best first.

    Attributes
    ----------
    note
        What was asked by.
    fitting
        How many studies exclude nobody of that age and sex, and pass the filters. All of them stand in one
        order, by how much each shares with the note; a total of those that share a word would say nothing.
    sharing
        How many of these share anything with the note, be it one word; the others are not listed.
    hits
        The best of them.
    place
        What is told of the place, where one was asked for.
    """

    note: PatientNote
    fitting: int
    sharing: int
    hits: tuple[NoteHit, ...]
    place: PlaceTold | None = None


def read_patient_note(text: str, as_of: str | None) -> PatientNote:
    """What a note says of a patient, as of a day; raises QueryError where it is too long or says nothing."""
    # Its rules take a tenth of a second to make, which most commands need not wait for.
    from trialbook.patient.note import read_note

    return read_note(text, get_thesaurus(), day=find_asked_day(as_of))


def match_note(
    library: Library, note: PatientNote, filters: dict[str, Any], *, limit: int, as_of: str | None = None
) -> NoteMatch:
    """Find the trials for a note, as `Library.match_note`; `filters` are everyday filters by name."""
    request = make_request("", filters, note=note, limit=limit, as_of=as_of, find_place=library.find_place)
    fitting = count_fitting(library, request)
    near = find_near(filters, library.find_place)
    result = library.engine.search(request)
    reasons = library.engine.explain_note(note, result.nct_ids, as_of=request.as_of)
    named = {concept.text for concept in note.concepts}
    hits = (_make_hit(library, nct_id, request, reasons[nct_id], named) for nct_id in result.nct_ids)
    return NoteMatch(
        note=note,
        fitting=fitting,
        sharing=result.total,
        hits=tuple(hit for hit in hits if hit),
        place=tell_place(library, near, request, fitting) if near else None,
    )


def count_fitting(library: Library, request: SearchRequest) -> int:
    """How many studies pass the filters of a request with a note, age and sex among them, whatever they share with it."""
    return library.engine.search(msgspec.structs.replace(request.for_counting(), note=None)).total


def find_home_place(library: Library, note: PatientNote) -> str:
    """The place of a note as it can be asked for: all of it that a gazetteer knows; "" for none.

    What follows a name may belong to the next thought: "in Boston, Massachusetts General".
    """
    words = note.place
    while words:
        try:
            library.find_place(words)
        except QueryError:
            words = words.rpartition(",")[0] if "," in words else words.rpartition(" ")[0]
            words = words.strip(" ,")
        else:
            return words
    return ""


def _make_hit(
    library: Library, nct_id: str, request: SearchRequest, reasons: tuple[str, ...], named: set[str]
) -> NoteHit | None:
    body = library.read_known(nct_id, request.as_of)
    if body is None:
        return None
    if not isinstance(body, bytes):
        return NoteHit(facts=HitFacts(nct_id=nct_id, problem=str(body)))
    record = decode_present(body)
    takes = read_typed(record)[0].eligibility
    sex = str.__str__(takes.sex or "")
    return NoteHit(
        facts=find_hit_facts(record, nct_id, find_asked_day(request.as_of), request.origin),
        ages=tell_ages(takes.minimum_age, takes.maximum_age),
        sex=SEXES.get(sex, sex),
        conditions=tuple(each for each in reasons if each in named),
        words=tuple(each for each in reasons if each not in named),
    )
