"""Whom does a note speak of, and where? The one who looks for a trial, and everybody else.

A note is about one person: the writer, the patient of a letter, or a relative for whom the writer asks.
What it tells of others (a family history, the writer beside the mother for whom he asks) is told apart.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from typing import NamedTuple

from trialbook.patient.clauses import Clauses, is_family_label
from trialbook.patient.kinship import NAMES, Relative, Sex, find_relatives
from trialbook.patient.subject import PATIENT, WRITER, Person, choose_subject, is_own_health

_PRONOUN = re.compile(r"\b(?:(?P<she>she|her|hers|herself)|he|his|him|himself)(?!\w)", re.IGNORECASE)
_ONESELF = re.compile(r"\b(?:myself|mine)\b", re.IGNORECASE)
# "lupus (mother)", "lupus in her mother"
_IN_KIN = re.compile(
    rf"\s*(?:\((?:in\s+)?(?:\w+\s+)?|\bin\s+(?:my|his|her|their|the|a|both)\s+(?:\w+\s+)?)(?:{NAMES})s?\b",
    re.IGNORECASE,
)
_WHOSE = re.compile(r"\bwhose\s+$", re.IGNORECASE)
# Where a sentence speaks again of the one whose family it told of.
_AGAIN = re.compile(
    r"\b(?:presents?|presented|presenting|p/w|admitted|complain(?:s|ed|ing)|referred)\b|(?<=,)\s*(?:is|was|has|comes|came)\b",
    re.IGNORECASE,
)
_BACK = re.compile(r"\b(?:but|however|whereas|while)\b\s*,?\s*$", re.IGNORECASE)
_NEAR = 8


class Turn(NamedTuple):
    """From here on, to the next turn, the note speaks of somebody."""

    start: int
    end: int
    person: Person
    is_subject: bool


class Kin(NamedTuple):
    """Where a note names a relative, and whether that is its subject."""

    start: int
    end: int
    is_subject: bool


class Persons:
    """Of whom each place of a note speaks.

    `subject` is who looks for a trial, `kin` the places where relatives are named, `turns` who follows whom.
    """

    def __init__(self, text: str, clauses: Clauses) -> None:
        self._text, self._clauses = text, clauses
        self._relatives = find_relatives(text)
        self.subject = choose_subject(text, clauses, self._relatives)
        self.kin = [Kin(each.start, each.end, self._is_subject(each)) for each in self._relatives]
        self._sex = self.subject.sex or self._guess_sex()
        self._last: Person | None = None
        self.turns: list[Turn] = []
        for turn in self._follow():
            self.turns.append(turn)
        self._starts = [turn.start for turn in self.turns]
        self._kin_starts = {each.start for each in self.kin}

    def find(self, at: int) -> Turn:
        """Of whom a place of the text speaks."""
        return self.turns[max(0, bisect_right(self._starts, at) - 1)]

    def find_named_by(self, at: int) -> Turn:
        """Of whom a pronoun at a place speaks: in "his mother" not of the mother."""
        if at not in self._kin_starts:
            return self.find(at)
        before = self.find(at - 1)
        return before if before.start >= self._clauses.find(at).start else self.turns[0]

    def find_owner(self, start: int, end: int) -> Turn:
        """Of whom a concept at `text[start:end]` is told: also "lupus (mother)", "lupus in her mother"."""
        behind = _IN_KIN.match(self._text, end)
        kin = behind and next((each for each in self.kin if each.start <= behind.end() <= each.end), None)
        if behind and kin and not kin.is_subject:
            return Turn(kin.start, kin.end, Person("family", None, behind[0]), is_subject=False)
        return self.find(start)

    def _follow(self) -> Iterator[Turn]:
        """The turns of the note, in its order; each knows those before it."""
        text = self._text
        events: list[tuple[int, int, Relative | re.Match[str] | None]] = [
            (clause.start, clause.start, None) for clause in self._clauses.all
        ]
        events += [(each.start, each.end, each) for each in self._relatives]
        for pattern in (WRITER, PATIENT, _AGAIN, _PRONOUN):
            events += [(*found.span(), found) for found in pattern.finditer(text)]
        reached = -1
        for start, end, event in sorted(events, key=lambda each: (each[0], each[2] is not None, -each[1])):
            if start < reached:
                continue
            if isinstance(event, Relative):
                reached = end
            person = self._place(start, event)
            if person is not None:
                is_subject = person.key == self.subject.key
                yield Turn(start, end, self.subject if is_subject else person, is_subject)

    def _place(self, start: int, event: Relative | re.Match[str] | None) -> Person | None:
        """Of whom the note speaks from an event on; None where it changes nothing."""
        if event is None:
            label = self._clauses.find(start).label
            words = self._text[slice(*label)] if label else ""
            return Person("family", None, words) if is_family_label(words) else self.subject
        if isinstance(event, Relative):
            return self._place_relative(event)
        if event.re is PATIENT:
            return self.subject if event["definite"] else None
        if event.re is WRITER:
            return self._place_writer(event)
        return self._place_again(event) if event.re is _AGAIN else self._place_pronoun(event)

    def _place_relative(self, relative: Relative) -> Person | None:
        if self._is_subject(relative):
            return self.subject
        if relative.is_beside and relative.key != "family":
            return self.subject if relative.tells else None
        key = relative.key if relative.key == "family" else f"other {relative.key}"
        self._last = Person(key, relative.sex, relative.words)
        return self._last

    def _place_writer(self, found: re.Match[str]) -> Person | None:
        """The writer; a doctor who writes of a patient tells nothing of himself."""
        if self.subject.key == "patient":
            return None
        if self.subject.key == "writer":
            return self.subject
        is_told = is_own_health(self._text, found) or _ONESELF.match(found[0])
        return Person("writer", None, found[0]) if is_told else None

    def _place_again(self, found: re.Match[str]) -> Person | None:
        now = self.turns[-1]
        is_aside = now.person.key == "family" or _WHOSE.search(
            self._text, max(0, now.start - _NEAR), now.start
        )
        return self.subject if is_aside else None

    def _place_pronoun(self, found: re.Match[str]) -> Person | None:
        own: Sex = "FEMALE" if found["she"] else "MALE"
        last = self._last if self._last and self._last.sex in (own, None) else None
        if self.subject.key == "writer":
            return last
        now = self.turns[-1]
        is_other = not now.is_subject and now.person.key not in ("writer", "family")
        if is_other and now.person.sex in (own, None):
            return self.subject if _BACK.search(self._text[now.end : found.start()]) else None
        return self.subject if self._sex in (own, None) else last

    def _is_subject(self, relative: Relative) -> bool:
        is_near = relative.is_mine or relative.owner in ("", "the") or relative.words == self.subject.words
        return relative.key == self.subject.key and is_near

    def _guess_sex(self) -> Sex | None:
        """The sex of a subject by the pronouns, where all say the same."""
        found = {bool(match["she"]) for match in _PRONOUN.finditer(self._text)}
        if len(found) != 1:
            return None
        return "FEMALE" if found.pop() else "MALE"
