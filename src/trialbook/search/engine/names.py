"""How is a run of words taken apart: into units, and into groups that may go by another name?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import Protocol

import msgspec

from trialbook.terms import NamedMention, Synonym
from trialbook.terms.known_names import KnownNames
from trialbook.terms.text import cut_words, join_compounds

MOST_NAMES = 8
_UNIT = re.compile(r"\S+")

Words = tuple[str, ...]


class Names(Protocol):
    """Where other names for the same come from: `trialbook.terms.Thesaurus`."""

    @property
    def known_names(self) -> KnownNames:
        """All names of several words."""

    def expand(self, query: str) -> tuple[NamedMention, ...]:
        """The mentions in a text, each with its other names."""

    def find_synonyms(self, phrase: str) -> tuple[Synonym, ...]:
        """Other names of a whole phrase."""


class Name(msgspec.Struct, frozen=True):
    """Another name, as people write it and in the words of the index."""

    text: str
    words: Words


class Group(msgspec.Struct, frozen=True):
    """Units that belong together, with the other names of the whole.

    A unit is what stands between spaces: its words (several, where hyphens join them) stay together.
    """

    units: tuple[Words, ...]
    names: tuple[Name, ...] = ()

    @property
    def words(self) -> Words:
        """All words in order."""
        return tuple(word for unit in self.units for word in unit)


def read_whole(text: str, names: Names | None) -> Group:
    """A text that is never taken apart, with the names of the whole."""
    words = tuple(cut_words(text))
    synonyms = names.find_synonyms(text) if names and words else ()
    return Group((words,) if words else (), _keep_names(words, (*_join(text), *_texts(synonyms))))


def read_groups(text: str, names: Names | None) -> list[Group]:
    """A text in groups, in its order: mentions that other names are known for, all other units alone."""
    units = [
        (found.start(), found.end(), tuple(cut_words(found[0])))
        for found in _UNIT.finditer(text)
        if cut_words(found[0])
    ]
    groups: list[tuple[int, Group]] = []
    taken: set[int] = set()
    for mention, synonyms in _find_mentions(text, names):
        inside = [n for n, (start, end, _) in enumerate(units) if mention[0] <= start and end <= mention[1]]
        # "MSC" within "COVI-MSC" is no mention: one covers whole units.
        if not inside or units[inside[0]][0] != mention[0] or units[inside[-1]][1] != mention[1]:
            continue
        if taken.isdisjoint(inside):
            taken.update(inside)
            own = tuple(units[n][2] for n in inside)
            words = tuple(word for unit in own for word in unit)
            whole = text[units[inside[0]][0] : units[inside[-1]][1]]
            groups.append((inside[0], Group(own, _keep_names(words, (*_join(whole), *_texts(synonyms))))))
    for n, (start, end, words) in enumerate(units):
        if n not in taken:
            groups.append((n, Group((words,), _keep_names(words, _join(text[start:end])))))
    return [group for _, group in sorted(groups, key=lambda entry: entry[0])]


def _find_mentions(text: str, names: Names | None) -> Iterator[tuple[tuple[int, int], tuple[Synonym, ...]]]:
    for expansion in names.expand(text) if names else ():
        yield (expansion.mention.start, expansion.mention.end), expansion.added


def _join(text: str) -> tuple[str, ...]:
    """A compound as one word, which searchers write as well; nothing for any other text."""
    return tuple(join_compounds(text)) if " " not in text else ()


def _texts(synonyms: tuple[Synonym, ...]) -> tuple[str, ...]:
    return tuple(synonym.text for synonym in synonyms)


def _keep_names(words: Words, names: tuple[str, ...]) -> tuple[Name, ...]:
    """Those that say more than a part of the words does, each once."""
    kept: dict[Words, str] = {}
    for name in names:
        own = tuple(cut_words(name))
        if own and not any(words[at : at + len(own)] == own for at in range(len(words) - len(own) + 1)):
            kept.setdefault(own, name)
    return tuple(Name(text, own) for own, text in islice(kept.items(), MOST_NAMES))
