"""What does a note say after a person has put right what was read from it? What the person says holds."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import msgspec

from trialbook.errors import QueryError
from trialbook.patient.ages import OLDEST
from trialbook.patient.kinship import Sex
from trialbook.patient.mentions import MOST_MENTIONS, NoteNames, list_names
from trialbook.patient.note import AFFIRMED, NoteConcept, PatientNote
from trialbook.patient.standing import Standing
from trialbook.terms.text import cut_words

LONGEST_NAME = 100
_AGES = re.compile(r"(?P<low>\d{1,3}(?:\.\d{1,3})?)(?:\s*(?:-|–|to)\s*(?P<high>\d{1,3}(?:\.\d{1,3})?))?")


class Corrections(msgspec.Struct, frozen=True):
    """What a person says instead of what was read.

    Attributes
    ----------
    ages, sex
        As in `PatientNote`; None where nothing is to be asked.
    standings
        How conditions and treatments stand, by their names; None to leave one out. Those of the note that are
        not named stay as they were read, and those that the note does not name are added.
    """

    ages: tuple[float, float] | None = None
    sex: Sex | None = None
    standings: Mapping[str, Standing | None] = {}


def parse_ages(text: str) -> tuple[float, float] | None:
    """Ages in years as a person writes them in a field, "63" or "60 to 69"; None for an empty one.

    Raises
    ------
    QueryError
        It is no age from 0 to 120, or the second lies before the first.

    Examples
    --------
    >>> parse_ages("63"), parse_ages("60–69"), parse_ages(" ")
    ((63.0, 63.0), (60.0, 69.0), None)
    """
    if not text.strip():
        return None
    found = _AGES.fullmatch(text.strip())
    low, high = (float(found["low"]), float(found["high"] or found["low"])) if found else (1.0, 0.0)
    if not low <= high <= OLDEST:
        raise QueryError(
            f"the age is no number of years from 0 to {OLDEST}: {text.strip()[:40]!r}",
            hint="63, or 60 to 69, or 0.5 for six months",
        )
    return low, high


def split_names(text: str) -> tuple[str, ...]:
    """Conditions as a person writes them in a field, with commas, semicolons or lines between them.

    >>> split_names("asthma, type 2  diabetes;; ")
    ('asthma', 'type 2 diabetes')
    """
    return tuple(dict.fromkeys(" ".join(each.split()) for each in re.split(r"[,;\n]", text) if each.strip()))


def correct_note(note: PatientNote, corrections: Corrections, names: NoteNames | None) -> PatientNote:
    """The note as if it had said what the person says.

    `names` as in `read_note`: what is added is asked under its other names too.

    Raises
    ------
    QueryError
        More is added than a note may name, or a name has more than 100 characters.
    """
    read = {concept.text for concept in note.concepts}
    added = {name: standing for name, standing in corrections.standings.items() if name not in read}
    _check_added(added)
    concepts = [
        restated
        for concept in note.concepts
        if (restated := _restate(concept, corrections.standings.get(concept.text, concept.standing)))
    ]
    concepts += [_add(name, standing, names) for name, standing in added.items() if standing]
    affirmed = [each for each in concepts if each.affirmed]
    if affirmed and not any(each.is_main for each in concepts):
        concepts = [msgspec.structs.replace(each, is_main=each is affirmed[0]) for each in concepts]
    as_read = {each.text for each in note.concepts if each in concepts}
    # A word of what is gone is asked no more, unless something else is called so too.
    lost = _list_words(each for each in note.concepts if each.text not in as_read) - _list_words(affirmed)
    words = {word: count for word, count in note.words if word not in lost}
    for word in sorted(_list_words(each for each in affirmed if each.text not in as_read)):
        words.setdefault(word, 1)
    return msgspec.structs.replace(
        note,
        ages=corrections.ages,
        sex=corrections.sex,
        concepts=tuple(concepts),
        words=tuple(words.items()),
        pairs=tuple((pair, count) for pair, count in note.pairs if lost.isdisjoint(pair)),
        age_words=note.age_words if corrections.ages == note.ages else "",
        sex_words=note.sex_words if corrections.sex == note.sex else "",
    )


def _check_added(added: Mapping[str, Standing | None]) -> None:
    if len(added) > MOST_MENTIONS or any(len(name) > LONGEST_NAME for name in added):
        raise QueryError(
            f"at most {MOST_MENTIONS} conditions can be added, each of {LONGEST_NAME} characters",
            hint="put commas between them",
        )


def _restate(concept: NoteConcept, standing: Standing | None) -> NoteConcept | None:
    if standing is None or standing == concept.standing:
        return concept if standing else None
    affirmed = max(1, concept.affirmed) if standing in AFFIRMED else 0
    is_main = concept.is_main and bool(affirmed)
    return msgspec.structs.replace(concept, standing=standing, affirmed=affirmed, cue="", is_main=is_main)


def _add(name: str, standing: Standing, names: NoteNames | None) -> NoteConcept:
    forms = list_names((name,), names) if names else (tuple(cut_words(name)),)
    return NoteConcept(name, forms, 1 if standing in AFFIRMED else 0, standing)


def _list_words(concepts: Iterable[NoteConcept]) -> set[str]:
    return {word for concept in concepts for word in cut_words(concept.text)}
