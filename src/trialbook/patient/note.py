"""What does a free description of a patient say that a search can use? Age, sex, conditions, words.

`read_note` is the path of a note on one screen; what each step knows stands in the modules that it asks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date
from itertools import pairwise

import msgspec

from trialbook.errors import QueryError
from trialbook.patient.ages import Age, find_age
from trialbook.patient.allergies import read_allergy
from trialbook.patient.clauses import Clauses, Span
from trialbook.patient.forms import find_labelled, find_main, list_idle
from trialbook.patient.home import Home, find_home
from trialbook.patient.kinship import Sex
from trialbook.patient.mentions import Found, NoteNames, Words, find_mentions, list_names
from trialbook.patient.persons import Persons
from trialbook.patient.sexes import ReadSex, find_sex
from trialbook.patient.standing import STANDINGS, Standing, Told, find_standing
from trialbook.patient.stop_words import STOP_WORDS
from trialbook.terms.text import cut_words

LONGEST_NOTE = 20_000
# Of what has one of these standings the patient has something, or had it.
AFFIRMED: frozenset[Standing] = frozenset({"present", "past", "possible"})
# What has one of these is no reason to show a trial.
LACKED: frozenset[Standing] = frozenset({"denied", "unknown"})
_TITLES: dict[Standing, str] = {
    "past": "in the past",
    "possible": "possible",
    "denied": "not",
    "other": "of others",
}
_LONGEST_CUE = 40
_ALLERGY = " (allergy)"


class NoteConcept(msgspec.Struct, frozen=True):
    """A condition, drug or finding of a note: its names in words, and what the note says of it.

    Attributes
    ----------
    text
        As the note names it first.
    affirmed
        How often the note says that the patient has it, had it or may have it; 0 where each mention is
        denied ("denies chest pain") or of somebody else.
    standing
        The strongest of "present", "past", "possible", "denied" and "other" (of somebody else).
    cue
        The note's words that say so; "" where it only names it.
    is_main
        Whether it is what the note is about: its diagnosis, or the first condition that it affirms.
    span
        Where the note names it so; (0, 0) for what it does not name.
    is_allergy
        Whether it is named because the patient does not bear it; it is then "denied", as what is not taken.
    is_aside
        Whether it is only asked about, tested for, prevented or met; it is then "possible", and no fact.
    """

    text: str
    names: tuple[Words, ...]
    affirmed: int
    standing: Standing = "present"
    cue: str = ""
    is_main: bool = False
    span: Span = (0, 0)
    is_allergy: bool = False
    is_aside: bool = False


class PatientNote(msgspec.Struct, frozen=True):
    """What a note says of the person who looks for a trial; None, "" and () where it says nothing.

    Attributes
    ----------
    ages
        From how many to how many years; both alike where the note says it exactly.
    words, pairs
        The words that may name something, and those of them that follow one another outside the names of
        `concepts`, each with how often; without what is denied, a form's own labels, and what a family tells of
        others.
    subject
        How the note names that person: "my mother"; "" for a note that only describes one.
    age_words, sex_words
        The note's words that were read so.
    place, place_words
        Where that person lives, as the note names it, and its words that say so; no gazetteer was asked.
    """

    ages: tuple[float, float] | None
    sex: Sex | None
    concepts: tuple[NoteConcept, ...]
    words: tuple[tuple[str, int], ...]
    pairs: tuple[tuple[Words, int], ...] = ()
    subject: str = ""
    age_words: str = ""
    sex_words: str = ""
    place: str = ""
    place_words: str = ""

    @property
    def age_years(self) -> float | None:
        """The age in years where it is known exactly."""
        return self.ages[0] if self.ages and self.ages[0] == self.ages[1] else None

    def explain(self) -> str:
        """What was read, and from which words, in one line."""
        parts = [f'about "{self.subject}"'] if self.subject else []
        parts.append(_tell(_say_age(self.ages), self.age_words))
        parts.append(_tell((self.sex or "sex not found").lower(), self.sex_words))
        present = [concept.text for concept in self.concepts if concept.standing == "present"]
        is_affirmed = any(concept.affirmed for concept in self.concepts)
        parts += [", ".join(present)] if present else [] if is_affirmed else ["no condition found"]
        for standing, title in _TITLES.items():
            told = [_tell(each.text, each.cue) for each in self.concepts if each.standing == standing]
            if told:
                parts.append(f"{title}: " + ", ".join(told))
        return "; ".join(parts)


def read_note(text: str, names: NoteNames | None, *, day: date | None = None) -> PatientNote:
    """Read a description of a patient in English, or of a relative of its writer.

    Parameters
    ----------
    names
        Where conditions and drugs are recognised; None for age, sex and words alone.
    day
        The day on which the note is read, for a year of birth; without it such a year says no age.

    Raises
    ------
    QueryError
        The note is empty or has more than 20,000 characters.
    """
    if len(text) > LONGEST_NOTE:
        raise QueryError(f"a note of {len(text):,} characters is too long", hint=f"at most {LONGEST_NOTE:,}")
    # Half a character, as broken programs send it, stands for nothing.
    text = text.encode("utf-8", "replace").decode()
    clauses = Clauses(text)
    persons = Persons(text, clauses)
    age, sex, home = find_age(text, persons, day), find_sex(text, persons), find_home(text, persons)
    found = find_mentions(text, names) if names else []
    found = sorted([*found, *find_labelled(text, clauses, found)])
    found = [_mark_allergy(text, each, clauses) for each in found]
    told = [_judge(text, each, clauses, persons) for each in found]
    concepts = _gather(text, found, told, clauses, names)
    words = cut_words(
        _leave_out(text, [*list_idle(text, clauses, found), *_list_lacked(found, told, persons)])
    )
    note = PatientNote(
        (age.low, age.high) if age else None,
        sex.sex if sex else None,
        concepts,
        tuple(Counter(filter(is_telling, words)).items()),
        _pair(words, concepts),
        "" if persons.subject.key in ("patient", "writer") else " ".join(persons.subject.words.split()),
        _quote(text, age),
        _quote(text, sex),
        home.place if home else "",
        _quote(text, home),
    )
    if not note.words and not note.concepts and note.ages is None and note.sex is None:
        raise QueryError(
            "the note says nothing", hint="describe the patient: age, sex, conditions, treatment"
        )
    return note


def _mark_allergy(text: str, found: Found, clauses: Clauses) -> Found:
    """A mention of what is not borne is another thing than one of what is taken."""
    allergy = read_allergy(text, found.start, found.end, clauses.find(found.start))
    is_other = allergy is not None and allergy.what == text[found.start : found.end]
    return found._replace(key=found.key + _ALLERGY, is_condition=False) if is_other else found


def _judge(text: str, found: Found, clauses: Clauses, persons: Persons) -> Told:
    """How a mention stands: what is of somebody else is not the patient's, whatever is said of it."""
    turn = persons.find_owner(found.start, found.end)
    if not turn.is_subject:
        return Told("other", turn.start, turn.end)
    if found.key.endswith(_ALLERGY) and (
        allergy := read_allergy(text, found.start, found.end, clauses.find(found.start))
    ):
        return Told("denied", allergy.start, allergy.end)
    return find_standing(text, found.start, found.end, clauses.find(found.start))


def _gather(
    text: str, found: list[Found], told: list[Told], clauses: Clauses, names: NoteNames | None
) -> tuple[NoteConcept, ...]:
    """Mentions of one concept as one: the strongest of what the note says holds."""
    by_key: dict[str, list[int]] = {}
    for number, each in enumerate(found):
        if told[number].standing != "unknown":
            by_key.setdefault(each.key, []).append(number)
    main = find_main(
        text, clauses, [each for each, said in zip(found, told, strict=True) if said.standing in AFFIRMED]
    )
    concepts = []
    for key, numbers in by_key.items():
        decides = min(numbers, key=lambda number: _rank(told[number]))
        best = told[decides]
        forms = list_names((found[number].phrase for number in numbers), names) if names else ()
        if forms:
            affirmed = sum(told[number].standing in AFFIRMED for number in numbers)
            cue = _shorten(text[best.start : best.end])
            concepts.append(
                NoteConcept(
                    found[numbers[0]].text,
                    forms,
                    affirmed,
                    best.standing,
                    cue,
                    bool(affirmed) and key in main,
                    (found[decides].start, found[decides].end),
                    key.endswith(_ALLERGY),
                    best.is_aside,
                )
            )
    return tuple(concepts)


def _rank(told: Told) -> int:
    """The strongest first; an aside says less than that something is not so: "HIV negative, on PrEP for HIV"."""
    return STANDINGS.index("denied" if told.is_aside else told.standing) * 2 + told.is_aside


def _list_lacked(found: list[Found], told: list[Told], persons: Persons) -> list[Span]:
    """What names nothing of the patient; a doctor tells of a family because it bears on the patient."""
    idle = LACKED if persons.subject.key == "patient" else LACKED | {"other"}
    return [(each.start, each.end) for each, said in zip(found, told, strict=True) if said.standing in idle]


def _leave_out(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """A note without some of its parts."""
    parts, end = [], 0
    for start, stop in sorted(spans):
        parts.append(text[end : max(end, start)])
        end = max(end, stop)
    # A mark that no word crosses, and no pair: it is asked as a number is, which is never.
    return " 0 ".join([*parts, text[end:]])


def _pair(words: list[str], concepts: tuple[NoteConcept, ...]) -> tuple[tuple[Words, int], ...]:
    """Words that follow one another; not within a concept's name, which is asked as such."""
    named = {pair for concept in concepts for name in concept.names for pair in pairwise(name)}
    found = Counter(pair for pair in pairwise(words) if all(map(is_telling, pair)) and pair not in named)
    return tuple(found.items())


def is_telling(word: str) -> bool:
    """Whether a word may name something: a number alone does not."""
    return len(word) > 1 and not word.isdigit() and word not in STOP_WORDS


def _say_age(ages: tuple[float, float] | None) -> str:
    if ages is None:
        return "age not found"
    low, high = ages
    return f"age {low:.3g} years" if low == high else f"age {low:.3g} to {high:.3g} years"


def _quote(text: str, read: Age | ReadSex | Home | None) -> str:
    return _shorten(text[read.start : read.end]) if read else ""


def _shorten(words: str) -> str:
    words = " ".join(words.split())
    return words if len(words) <= _LONGEST_CUE else words[:_LONGEST_CUE] + "…"


def _tell(what: str, words: str) -> str:
    return f'{what} ("{words}")' if words else what
