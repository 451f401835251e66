"""What does a free description of a patient say that a search can use? Age, sex, conditions, words."""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise
from typing import Literal, Protocol

import msgspec

from trialbook.errors import QueryError
from trialbook.terms import Mention, Synonym
from trialbook.terms.text import cut_words

LONGEST_NOTE = 20_000
MOST_MENTIONS = 60
MOST_NAMES = 8
# Who and how old a patient is stands at the beginning; further on, it may be of a relative.
HEAD = 400
# So far before a mention is looked for what denies it.
REACH = 80

# A name in the words of the index, in order.
Words = tuple[str, ...]
Sex = Literal["FEMALE", "MALE"]

_YEARS = re.compile(r"\b(\d{1,3})[\s-]*(?:years?|yrs?|y\.?/?o\b|y\b)|\bage[d:]?\s+(\d{1,3})\b", re.IGNORECASE)
_YOUNGER = re.compile(r"\b(\d{1,3})[\s-]*(month|week|day)s?[\s-]*old\b", re.IGNORECASE)
_AGE_AND_SEX = re.compile(r"\b(\d{1,3})\s?-?([MF])\b")
_SEXES: tuple[tuple[re.Pattern[str], Sex], ...] = (
    (re.compile(r"\b(?:woman|female|girl|lady)\b", re.IGNORECASE), "FEMALE"),
    (re.compile(r"\b(?:man|male|boy|gentleman)\b", re.IGNORECASE), "MALE"),
)
_PRONOUNS: tuple[tuple[re.Pattern[str], Sex], ...] = (
    (re.compile(r"\b(?:she|her|hers)\b", re.IGNORECASE), "FEMALE"),
    (re.compile(r"\b(?:he|his|him)\b", re.IGNORECASE), "MALE"),
)
_YEARS_A_UNIT = {"month": 1 / 12, "week": 7 / 365.25, "day": 1 / 365.25}
_DENIAL = re.compile(
    r"\b(?:no|not|nor|denie[sd]|without|negative\sfor|absence\sof|never|free\sof|ruled?\sout"
    r"|family\shistory|mother|father|brother|sister|grand\w+)\b",
    re.IGNORECASE,
)
_TURN = re.compile(r"\b(?:but|however|who|which|presents?|except)\b", re.IGNORECASE)
_SENTENCE_END = re.compile(r"[.;:\n]")
# Words of English, then words in which any patient's story is told: they name no patient's condition.
STOP_WORDS = frozenset({
    "a", "about", "above", "after", "again", "all", "also", "although", "an", "and", "any", "are", "as",
    "at", "be", "because", "been", "before", "being", "below", "between", "both", "but", "by", "can",
    "could", "did", "do", "does", "due", "during", "each", "few", "for", "from", "further", "had", "has",
    "have", "he", "her", "here", "him", "his", "how", "i", "if", "in", "into", "is", "it", "its", "may",
    "me", "might", "more", "most", "my", "no", "nor", "not", "of", "on", "once", "only", "or", "other",
    "our", "out", "over", "own", "s", "same", "she", "should", "so", "some", "such", "than", "that", "the",
    "their", "them", "then", "there", "these", "they", "this", "those", "through", "to", "too", "under",
    "until", "up", "very", "was", "we", "were", "what", "when", "where", "which", "while", "who", "whom",
    "why", "will", "with", "would", "you", "your",
    "ago", "appears", "becomes", "began", "brought", "came", "clinic", "come", "comes",
    "complain", "complained", "complaining", "complains", "complaint", "continued", "currently", "daily",
    "day", "days", "denied", "denies", "department", "describes", "despite", "developed", "doctor", "ed",
    "emergency", "evaluated", "evaluation", "exam", "examination", "examined", "family", "father",
    "feels", "female", "found", "gave", "gentleman", "girl", "given", "go", "having", "hospital", "hour",
    "hours", "husband", "including", "initially", "just", "kg", "lady", "last", "later", "left", "like",
    "lives", "male", "man", "mg", "ml", "mm", "month", "months", "mother", "mr", "mrs",
    "never", "new", "none", "normal", "noted", "notes", "noticed", "now", "off", "office", "old", "one",
    "past", "patient", "patients", "per", "performed", "physical", "physician", "presented",
    "presenting", "presents", "prior", "pt", "recent", "recently", "referred", "remarkable", "reported",
    "reports", "revealed", "reveals", "right", "said", "saw", "seen", "several", "show", "showed", "shows",
    "significant", "since", "sister", "son", "started", "states", "status", "still", "taking", "three",
    "today", "told", "took", "two", "unremarkable", "visit", "week", "weeks", "well", "went", "wife",
    "within", "without", "woman", "year", "years", "yesterday", "yo", "young", "boy", "brother",
    "daughter", "admitted", "history",
})  # fmt: skip


class NoteNames(Protocol):
    """Where conditions and drugs are recognised: `trialbook.terms.Thesaurus`."""

    def find_concepts_in(self, text: str, *, limit: int = 100) -> tuple[Mention, ...]:
        """The concepts that a text mentions."""

    def find_synonyms(self, phrase: str, *, limit: int = 40) -> tuple[Synonym, ...]:
        """Other names of a whole phrase."""


class NoteConcept(msgspec.Struct, frozen=True):
    """A condition, drug or finding of a note: its names in words, and how often the note affirms it.

    `affirmed` is 0 where each mention is denied ("denies chest pain") or is of a relative.
    """

    text: str
    names: tuple[Words, ...]
    affirmed: int


class PatientNote(msgspec.Struct, frozen=True):
    """What a note says; None and () where it says nothing.

    `words` are those that may name something, `pairs` those of them that follow one another outside the
    names of `concepts`; each with how often.
    """

    age_years: float | None
    sex: Sex | None
    concepts: tuple[NoteConcept, ...]
    words: tuple[tuple[str, int], ...]
    pairs: tuple[tuple[Words, int], ...] = ()

    def explain(self) -> str:
        """What was read, in one line."""
        age = "age not found" if self.age_years is None else f"age {self.age_years:.3g} years"
        affirmed = [concept.text for concept in self.concepts if concept.affirmed]
        denied = [concept.text for concept in self.concepts if not concept.affirmed]
        parts = [age, (self.sex or "sex not found").lower(), ", ".join(affirmed) or "no condition found"]
        return "; ".join([*parts, *(["not: " + ", ".join(denied)] if denied else [])])


def read_note(text: str, names: NoteNames | None) -> PatientNote:
    """Read a description of a patient in English.

    Raises
    ------
    QueryError
        The note is empty or has more than 20,000 characters.
    """
    if len(text) > LONGEST_NOTE:
        raise QueryError(f"a note of {len(text):,} characters is too long", hint=f"at most {LONGEST_NOTE:,}")
    # Half a character, as broken programs send it, stands for nothing.
    text = text.encode("utf-8", "replace").decode()
    words = cut_words(text)
    note = PatientNote(
        _find_age(text[:HEAD]),
        _find_sex(text),
        concepts := _find_concepts(text, names) if names else (),
        tuple(Counter(filter(_is_telling, words)).items()),
        _pair(words, concepts),
    )
    if not note.words and note.age_years is None and note.sex is None:
        raise QueryError(
            "the note says nothing", hint="describe the patient: age, sex, conditions, treatment"
        )
    return note


def _pair(words: list[str], concepts: tuple[NoteConcept, ...]) -> tuple[tuple[Words, int], ...]:
    """Words that follow one another; not within a concept's name, which is asked as such."""
    named = {pair for concept in concepts for name in concept.names for pair in pairwise(name)}
    found = Counter(pair for pair in pairwise(words) if all(map(_is_telling, pair)) and pair not in named)
    return tuple(found.items())


def _is_telling(word: str) -> bool:
    """Whether a word may name something: a number alone does not."""
    return len(word) > 1 and not word.isdigit() and word not in STOP_WORDS


def _find_age(head: str) -> float | None:
    found = [
        (match.start(), float(match[1] or match[2])) for match in [_YEARS.search(head)] if match is not None
    ]
    if younger := _YOUNGER.search(head):
        found.append((younger.start(), float(younger[1]) * _YEARS_A_UNIT[younger[2].lower()]))
    if both := _AGE_AND_SEX.search(head):
        found.append((both.start(), float(both[1])))
    age = min(found)[1] if found else None
    return age if age is None or age <= 120 else None


def _find_sex(text: str) -> Sex | None:
    head = text[:HEAD]
    named = [(match.start(), sex) for pattern, sex in _SEXES if (match := pattern.search(head))]
    if both := _AGE_AND_SEX.search(head):
        named.append((both.start(), "FEMALE" if both[2] == "F" else "MALE"))
    if named:
        return min(named)[1]
    meant = [sex for pattern, sex in _PRONOUNS if pattern.search(text)]
    return meant[0] if len(meant) == 1 else None


def _find_concepts(text: str, names: NoteNames) -> tuple[NoteConcept, ...]:
    mentioned: dict[str, list[Mention]] = {}
    for mention in names.find_concepts_in(text, limit=MOST_MENTIONS):
        mentioned.setdefault(mention.concepts[0].concept_id, []).append(mention)
    found = []
    for mentions in mentioned.values():
        spelt = dict.fromkeys(mention.text for mention in mentions)
        said = [
            *spelt,
            *(synonym.text for each in spelt for synonym in names.find_synonyms(each)[:MOST_NAMES]),
        ]
        forms = dict.fromkeys(words for each in said if (words := tuple(cut_words(each))))
        affirmed = sum(not _is_denied(text, mention.start) for mention in mentions)
        if forms:
            found.append(NoteConcept(mentions[0].text, tuple(forms), affirmed))
    return tuple(found)


def _is_denied(text: str, start: int) -> bool:
    before = _SENTENCE_END.split(text[max(0, start - REACH) : start])[-1]
    denials = list(_DENIAL.finditer(before))
    return bool(denials) and not _TURN.search(before, denials[-1].end())
