"""What does the page for a person answer? What was read from a few sentences, as corrected, and the trials that fit.

Nothing of it stands in an address: the form is sent in the body of a request, and links lead to studies alone.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import msgspec

from trialbook.ask.form import Fields, get_text
from trialbook.ask.near import DEFAULT_RADIUS
from trialbook.errors import QueryError
from trialbook.library import Library
from trialbook.library.patient import TAKING, NoteHit, NoteMatch, find_home_place
from trialbook.pages.contents import Option
from trialbook.pages.patient_page import PatientHit, PatientView, ReadConcept
from trialbook.patient.correct import Corrections, correct_note, parse_ages, split_names
from trialbook.patient.kinship import Sex
from trialbook.patient.note import LONGEST_NOTE, NoteConcept, PatientNote, read_note
from trialbook.patient.standing import STANDINGS, Standing
from trialbook.search.engine.gazetteer import LONGEST_PLACE
from trialbook.terms import get_thesaurus
from trialbook.web.hits import view_hit

SHOWN, MOST_SHOWN = 20, 100
AROUND = 60
STANDING_WORDS: dict[Standing, str] = {
    "present": "yes",
    "past": "in the past",
    "possible": "possibly",
    "denied": "no",
    "other": "somebody else",
}
LEFT_OUT = "leave out"
SEX_WORDS: dict[Sex, str] = {"FEMALE": "female", "MALE": "male"}


def compose_patient(library: Library, fields: Fields) -> PatientView:
    """The page for what its form sent; what cannot be understood is said on it."""
    text = get_text(fields, "note")
    is_put_right = get_text(fields, "do") == "match"
    view = PatientView(
        note=text[: LONGEST_NOTE + 1],
        near=get_text(fields, "near")[:LONGEST_PLACE],
        within=get_text(fields, "within")[:LONGEST_PLACE],
        within_hint=DEFAULT_RADIUS,
        is_taking=bool(get_text(fields, "taking")) or not fields,
    )
    if not fields:
        return view
    try:
        read = read_note(text, get_thesaurus(), day=datetime.now(UTC).date())
    except QueryError as error:
        return msgspec.structs.replace(view, error=str(error))
    view = _view_read(view, read)
    if not is_put_right and not view.near and read.place:
        view = msgspec.structs.replace(view, near=find_home_place(library, read))
    if view.near and view.near in read.place:
        view = msgspec.structs.replace(view, near_words=read.place_words)
    note = read
    try:
        if is_put_right:
            corrections = _read_corrections(fields)
            view = _view_corrected(view, read, fields, corrections)
            note = correct_note(read, corrections, get_thesaurus())
        return _fill(library, view, note, _read_shown(fields))
    except QueryError as error:
        return msgspec.structs.replace(view, error=str(error))


def _read_corrections(fields: Fields) -> Corrections:
    standings: dict[str, Standing | None] = {}
    for value in fields.get("concept", ()):
        words, _, name = value.partition(":")
        standing = next((each for each in STANDING_WORDS if each == words), None)
        if name.strip():
            standings[name.strip()] = standing
    standings |= dict.fromkeys(split_names(get_text(fields, "added")), "present")
    sex = next((each for each in SEX_WORDS if each == get_text(fields, "sex")), None)
    return Corrections(ages=parse_ages(get_text(fields, "age")), sex=sex, standings=standings)


def _read_shown(fields: Fields) -> int:
    asked = get_text(fields, "shown")
    return min(int(asked), MOST_SHOWN) if asked.isascii() and asked.isdigit() and len(asked) < 5 else SHOWN


def _view_read(view: PatientView, read: PatientNote) -> PatientView:
    return msgspec.structs.replace(
        view,
        is_read=True,
        subject=read.subject,
        age=_write_ages(read.ages),
        age_words=read.age_words,
        sexes=_view_sexes(read.sex),
        sex_words=read.sex_words,
        concepts=tuple(_view_concept(view.note, each, each.standing) for each in _order(read.concepts)),
    )


def _view_corrected(
    view: PatientView, read: PatientNote, fields: Fields, corrections: Corrections
) -> PatientView:
    """The form as it was sent: of the note stand only the words that still say the same."""
    standings = corrections.standings
    known = [
        _view_concept(view.note, each, standings.get(each.text, each.standing))
        for each in _order(read.concepts)
    ]
    names = {each.text for each in read.concepts}
    added = [
        ReadConcept(name=name, options=_view_standings(name, standing))
        for name, standing in standings.items()
        if name not in names and standing
    ]
    return msgspec.structs.replace(
        view,
        age=get_text(fields, "age")[:40],
        age_words=read.age_words if corrections.ages == read.ages else "",
        sexes=_view_sexes(corrections.sex),
        sex_words=read.sex_words if corrections.sex == read.sex else "",
        concepts=(*known, *added),
    )


def _order(concepts: tuple[NoteConcept, ...]) -> list[NoteConcept]:
    """What the person has comes first."""
    return sorted(concepts, key=lambda each: STANDINGS.index(each.standing))


def _view_concept(note: str, concept: NoteConcept, standing: Standing | None) -> ReadConcept:
    start, end = concept.span
    before, after = (
        re.sub(r"\s+", " ", note[slice(*part)])
        for part in ((max(0, start - AROUND), start), (end, end + AROUND))
    )
    return ReadConcept(
        name=concept.text,
        options=_view_standings(concept.text, standing),
        words=note[start:end],
        before=f"… {before.partition(' ')[2]}" if start > AROUND else before,
        after=f"{after.rpartition(' ')[0]} …" if end + AROUND < len(note) else after,
        cue=concept.cue if standing == concept.standing else "",
    )


def _view_standings(name: str, chosen: Standing | None) -> tuple[Option, ...]:
    options = [
        Option(value=f"{standing}:{name}", label=words, is_selected=standing == chosen)
        for standing, words in STANDING_WORDS.items()
    ]
    return (*options, Option(value=f":{name}", label=LEFT_OUT, is_selected=chosen is None))


def _view_sexes(chosen: Sex | None) -> tuple[Option, ...]:
    options = [Option(value=sex, label=words, is_selected=sex == chosen) for sex, words in SEX_WORDS.items()]
    return (Option(value="", label="not said", is_selected=chosen is None), *options)


def _write_ages(ages: tuple[float, float] | None) -> str:
    """Ages as `parse_ages` reads them."""
    if ages is None:
        return ""
    low, high = (re.sub(r"\.?0+$", "", f"{age:.2f}") if age % 1 else f"{age:.0f}" for age in ages)
    return low if low == high else f"{low} to {high}"


def _fill(library: Library, view: PatientView, note: PatientNote, shown: int) -> PatientView:
    filters: dict[str, Any] = {"status": TAKING} if view.is_taking else {}
    if view.near:
        try:
            library.find_place(view.near)
        except QueryError as error:
            return msgspec.structs.replace(view, near_problem=str(error))
        filters |= {"near": view.near, "within": view.within or None}
    match = library.match_note(note, limit=shown, **filters)
    return msgspec.structs.replace(
        view,
        limits=tuple(_list_limits(view, note, match)),
        fitting=match.fitting,
        next_words=match.place.next_words if match.place else "",
        others=match.place.others if match.place else (),
        hits=tuple(map(_view_hit, match.hits)),
        more=min(MOST_SHOWN, shown + SHOWN) if shown < min(match.sharing, MOST_SHOWN) else 0,
    )


def _list_limits(view: PatientView, note: PatientNote, match: NoteMatch) -> list[str]:
    limits = (
        "taking people now" if view.is_taking else "",
        f"open to age {_write_ages(note.ages)}" if note.ages else "",
        f"open to {'women' if note.sex == 'FEMALE' else 'men'}" if note.sex else "",
        f"with a site {match.place.words}" if match.place else "",
    )
    return [each for each in limits if each]


def _view_hit(found: NoteHit) -> PatientHit:
    return PatientHit(
        hit=view_hit(found.facts),
        takes=", ".join(filter(None, (found.ages, found.sex))),
        conditions=found.conditions,
        words=found.words,
    )
