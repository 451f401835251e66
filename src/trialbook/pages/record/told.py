"""What does it mean that something is missing? The record has none, this copy cannot carry it, or nobody knows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from trialbook.changes.apart import TakenApart
from trialbook.changes.state import KnownState
from trialbook.model import PartialDate, Study
from trialbook.model.sentences import write_day
from trialbook.model.study import parse_record
from trialbook.pages.record.eligibility import NO_LIMIT
from trialbook.pages.tree import (
    Absent,
    Block,
    Card,
    Fact,
    Facts,
    Fold,
    Item,
    Items,
    Link,
    Part,
    Plain,
    Section,
    Sub,
)
from trialbook.record.links import study_url
from trialbook.store import Version

PROTOCOL = "protocolSection."
GIVES_NO = "The record gives no "
_LACKING = re.compile(r"\b([Tt]he) record(?= (?:gives no|does not)\b)")
# What has blocks or facts inside, and the names by which it has them.
_HOLDERS = (Section, Sub, Card, Fold, Facts, Items, Item)
_INSIDE = ("blocks", "rows", "items", "below")
_SECTIONS = ("resultsSection", "derivedSection", "documentSection", "annotationSection", "hasResults")
MEANINGS = {
    "submitted": "of",
    "posted": "posted",
    "verified": "verified",
    "served": "taken over",
}


class Told:
    """What is known of a record beside the copy that is shown; without a state, the copy counts as whole."""

    def __init__(self, state: KnownState | None = None) -> None:
        self._state = state

    def get_study(self, shown: Study) -> Study:
        """The study with what other copies say where the shown one cannot."""
        if self._state is None or not (self._state.resting or self._state.apart):
            return shown
        return parse_record(self._state.record)

    def tell(self, absent: Absent) -> Absent:
        """A sentence on what is missing, as it is known."""
        return absent if self._state is None or self._state.carried is None else self._tell_absent(absent)

    def say_none(self, path: str) -> str:
        """In two words, that something is not there: in the record, or as far as is known."""
        return "None given" if self._is_carried((path,)) else "Not known"

    def is_known(self, path: str) -> bool:
        """Whether it is known of an element that is not there that the record lacks it: a copy could say so."""
        return self._is_carried((path,)) or self._find_telling((path,))[1]

    def name_resting(self, path: str) -> str:
        """The version that says an element which the copy in front cannot carry; "" where that says it itself."""
        found = self._state.find_resting(_complete_path(path), is_used=True) if self._state else None
        return "" if found is None else name_version(found, is_start=False)

    def tell_parts(self, parts: tuple[Part, ...]) -> tuple[Part, ...]:
        """A page on which each missing part says which of the three it is; of a whole copy it is as it was."""
        if self._state is None or self._state.carried is None:
            return parts
        return tuple(
            Part(part.title, tuple(self._tell(section) for section in part.sections)) for part in parts
        )

    def _tell(self, node: Any) -> Any:
        if type(node) is tuple:
            return tuple([self._tell(each) for each in node])
        if isinstance(node, Absent):
            return self._tell_absent(node)
        if isinstance(node, Fact):
            return self._tell_fact(node)
        if not isinstance(node, _HOLDERS):
            return node
        changed = {
            name: self._tell(held)
            for name in _INSIDE
            if (held := getattr(node, name, None)) and type(held) is tuple
        }
        return msgspec.structs.replace(node, **changed)

    def _tell_absent(self, absent: Absent) -> Absent:
        if not absent.paths or self._is_carried(absent.paths):
            return absent
        what = _name_lacking(absent.text)
        them = "them" if what.endswith(("s", "criteria")) else "it"
        version, is_silent = self._find_telling(absent.paths)
        if version is None:
            name = what[:1].upper() + what[1:]
            told = f"{name} not known: this copy cannot carry {them}, and no other copy in this library has {them}."
            return Absent(told, absent.paths, known="unknown")
        has = "gives none" if is_silent else f"has {them}"
        link = Link(f"{name_version(version)} {has}", version_url(version))
        return Absent(f"This copy cannot carry {what}.", absent.paths, link, known="elsewhere")

    def _tell_fact(self, fact: Fact) -> Fact:
        if fact.values not in ((), (NO_LIMIT,)) or not fact.paths or self._is_carried(fact.paths):
            return fact
        version, is_silent = self._find_telling(fact.paths)
        if version is None:
            return msgspec.structs.replace(fact, values=(), missing="Not known: this copy cannot carry it")
        link = Link(name_version(version, is_start=False), version_url(version))
        if is_silent:
            given = ("Not in this copy; ", link, " gives none")
            return msgspec.structs.replace(fact, values=given, is_running=True)
        return msgspec.structs.replace(fact, values=("Not in this copy, but in ", link), is_running=True)

    def _is_carried(self, paths: Iterable[str]) -> bool:
        """Whether the copy says something of an element: all that is missing is lacking in the record."""
        state = self._state
        return state is None or any(
            state.can_carry(path)
            or (path.startswith("resultsSection") and state.record.get("hasResults") is False)
            for path in map(_complete_path, paths)
        )

    def _find_telling(self, paths: Iterable[str]) -> tuple[Version | None, bool]:
        """The copy that has an element, or else (and true) the first one that could and gives none."""
        if self._state is None:
            return None, False
        places = [*map(_complete_path, paths)]
        for find, is_silent in ((self._state.find_resting, False), (self._state.find_silent, True)):
            version = next(filter(None, map(find, places)), None)
            if version is not None:
                return version, is_silent
        return None, False

    def find_apart(self, path: str) -> TakenApart | None:
        """How a list was taken apart that a page had run together; None where it was not."""
        apart = self._state.apart if self._state else ()
        return next((each for each in apart if each.path == path), None)

    def note_resting(self, named: Iterable[tuple[str, str]]) -> Iterator[Plain]:
        """What of some elements, as (words, path), rests on other copies than the one that is shown."""
        by_version: dict[Version, dict[str, None]] = {}
        for words, path in named:
            version = self._state.find_resting(_complete_path(path), is_used=True) if self._state else None
            if version is not None:
                by_version.setdefault(version, {})[words] = None
        for version, named_there in by_version.items():
            yield Plain(
                (
                    f"This copy does not carry {_join(list(named_there))}: taken from ",
                    Link(name_version(version, is_start=False), version_url(version)),
                    ".",
                )
            )

    def tell_sentence(self, sentence: str) -> str:
        """A sentence on what a record lacks; of a copy that cannot carry all, it is the copy that lacks it."""
        if self._state is None or self._state.carried is None:
            return sentence
        return _LACKING.sub(
            lambda found: f"{'This' if found[1] == 'The' else 'this'} copy of the record", sentence
        )


WHOLE = Told()


def name_version(version: Version, *, is_start: bool = True) -> str:
    """A version in words: "Version 0 of 7 July 2022"."""
    name = f"{'Version' if is_start else 'version'} {version.number}"
    if version.copy > 1:
        name += f", copy {version.copy},"
    if version.version_date is None:
        return f"{name} without a date"
    return f"{name} {MEANINGS.get(version.meaning, 'of')} {write_day(PartialDate(version.version_date))}"


def version_url(version: Version) -> str:
    """The page of a copy."""
    copy = f"&copy={version.copy}" if version.copy > 1 else ""
    return f"{study_url(version.nct_id)}?version={version.number}{copy}"


def show_apart(apart: TakenApart) -> tuple[Block, Block]:
    """The names of a list that was taken apart, and the line as it stood, one click away."""
    by = "as another version of the record has them" if apart.by == "version" else "by the vocabularies"
    return show_tags(apart.names), Fold(
        f"Taken apart here, {by}; the page has them in one line", (Plain((apart.words,)),)
    )


def show_tags(words: Iterable[str]) -> Items:
    """Names as tags."""
    return Items(tuple(Item((word,)) for word in words), style="tags")


def read_page(study: Study) -> dict[str, Any]:
    """What the page that a copy came from says beyond the record, by `pageSection`'s own names; {} for others."""
    page = study.unmodelled.get("/pageSection")
    return page if isinstance(page, dict) else {}


def read_texts(page: dict[str, Any], name: str) -> tuple[str, ...]:
    """A list of texts of such a page."""
    listed = page.get(name)
    return tuple(text for text in listed if isinstance(text, str)) if isinstance(listed, list) else ()


def read_entries(page: dict[str, Any], name: str) -> tuple[dict[str, Any], ...]:
    """A list of structures of such a page."""
    listed = page.get(name)
    return tuple(entry for entry in listed if isinstance(entry, dict)) if isinstance(listed, list) else ()


def _name_lacking(sentence: str) -> str:
    """What a sentence says that the record lacks.

    >>> _name_lacking("The record gives no primary outcomes.")
    'primary outcomes'
    """
    for start in (GIVES_NO, "The registry has added no "):
        if sentence.startswith(start):
            return sentence.removeprefix(start).rstrip(".")
    return sentence.rstrip(".")


def _complete_path(path: str) -> str:
    return path if path.startswith(_SECTIONS) else PROTOCOL + path


def _join(words: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))
