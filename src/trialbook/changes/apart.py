"""Which names did a page run together in one line? Another version tells, or else the vocabularies; or nobody."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from functools import lru_cache
from typing import Any

import msgspec

from trialbook.record.walk import walk_values
from trialbook.terms import get_thesaurus

MOST_WORDS = 60
LONGEST_NAME = 9
# Headings such as "Recurrence" say how, not which disease: beside a disease they are rather a part of its name.
_DISEASES = ("C", "F03")
_PROCESSES = "C23"
# What says of the name before it what it is, and what says of the name behind it whose or which it is.
_GENERAL = frozenset(
    {
        "cancer",
        "cancers",
        "complication",
        "complications",
        "disease",
        "diseases",
        "disorder",
        "disorders",
        "infection",
        "infections",
        "injuries",
        "injury",
        "neoplasm",
        "neoplasms",
        "pneumonia",
        "syndrome",
        "syndromes",
        "toxicity",
        "tumor",
        "tumors",
        "tumour",
        "tumours",
        "wound",
        "wounds",
    }
)
_ATTRIBUTES = frozenset(
    {
        "burn",
        "burns",
        "cancer",
        "coronavirus",
        "covid",
        "covid-19",
        "covid19",
        "hiv",
        "influenza",
        "sars-cov-2",
        "trauma",
    }
)
# A name without a comma does not end with what belongs before the next one.
_QUALIFIERS = frozenset(
    {
        "acute",
        "adult",
        "advanced",
        "chronic",
        "congestive",
        "decompensated",
        "diastolic",
        "metastatic",
        "pediatric",
        "primary",
        "recurrent",
        "refractory",
        "secondary",
        "severe",
        "systolic",
    }
)
_KINDS = {
    "protocolSection.conditionsModule.conditions": ("condition",),
    "protocolSection.conditionsModule.keywords": ("condition", "drug", "other"),
    "protocolSection.armsInterventionsModule.interventions.otherNames": ("drug", "other"),
    "pageSection.interventionOtherNames": ("drug", "other"),
}
_ELSEWHERE = {
    "pageSection.interventionOtherNames": "protocolSection.armsInterventionsModule.interventions.otherNames"
}


class TakenApart(msgspec.Struct, frozen=True):
    """A list that stood in one line, with the names in it.

    `path` is where it stands in the record, `words` the line as it stood, `by` who told: "version" (another
    one of the record) or "vocabulary".
    """

    path: str
    words: str
    names: tuple[str, ...]
    by: str


def find_joined(record: dict[str, Any]) -> list[str]:
    """The paths of the lists that a page printed in one line, as its reader noted them."""
    return [path for path in walk_values(record, ("pageSection", "joinedLists")) if isinstance(path, str)]


def take_apart(record: dict[str, Any], others: Sequence[dict[str, Any]]) -> tuple[TakenApart, ...]:
    """The lists of a record that can be taken apart.

    Parameters
    ----------
    others
        Other copies of the record, the nearest first.
    """
    found = []
    for path in find_joined(record):
        words = [value for value in walk_values(record, path.split(".")) if isinstance(value, str)]
        if len(words) == 1:
            there = _ELSEWHERE.get(path, path)
            lists = [
                [name for name in walk_values(other, there.split(".")) if isinstance(name, str)]
                for other in others
            ]
            apart = _take_apart(words[0], lists, _KINDS.get(path, ()))
            if apart is not None:
                found.append(TakenApart(path, words[0], *apart))
    return tuple(found)


def _take_apart(
    line: str, lists: Sequence[Sequence[str]], kinds: Collection[str]
) -> tuple[tuple[str, ...], str] | None:
    words = line.split()
    if not 1 < len(words) <= MOST_WORDS:
        return None
    for names in lists:
        if len(names) > 1 and _fold(" ".join(names)) == _fold(line):
            return tuple(names), "version"
    known = {_fold(name): name for names in lists for name in names}
    if known:
        cut = _cut(words, lambda text: _fold(text) in known or _is_name(text, kinds))
        if cut and any(_fold(name) in known for name in cut):
            return tuple(known.get(_fold(name), name) for name in cut), "version"
    if not kinds or _is_name(line, kinds):
        return None
    cut = _cut(words, lambda text: _is_name(text, kinds))
    return (tuple(name.rstrip(",;") for name in cut), "vocabulary") if cut and _is_clear(cut) else None


def _is_clear(names: Sequence[str]) -> bool:
    """Whether no other reading of a line lies as near: "COVID-19 Pneumonia" may be one name or two."""
    closed = {name.endswith((",", ";")) for name in names[:-1]}
    return (
        len(closed) == 1
        and not any("," not in name and _fold(name).split()[-1] in _QUALIFIERS for name in names)
        and not any(_fold(name).strip(",;") in _GENERAL for name in names[1:])
        and not any(_is_attribute(_fold(name)) for name in names[:-1])
    )


def _is_attribute(name: str) -> bool:
    return name in _ATTRIBUTES or (name.endswith("ic") and " " not in name)


def _cut(words: Sequence[str], is_name: Callable[[str], bool]) -> tuple[str, ...] | None:
    """The one way to cut words into the fewest names; None where there is none, several, or only the whole."""
    # For each place: how few names lead there, in how many ways, and where the last of them begins.
    best: list[tuple[int, int, int]] = [(0, 1, 0)]
    for end in range(1, len(words) + 1):
        reached = (len(words) + 1, 0, 0)
        for start in range(max(0, end - LONGEST_NAME), end):
            count, ways, _ = best[start]
            if ways and count + 1 <= reached[0] and is_name(" ".join(words[start:end])):
                more = reached[1] if count + 1 == reached[0] else 0
                reached = (count + 1, more + ways, start)
        best.append(reached)
    count, ways, _ = best[-1]
    if ways != 1 or count < 2:
        return None
    return tuple(reversed([*_walk_back(words, best)]))


def _walk_back(words: Sequence[str], best: Sequence[tuple[int, int, int]]) -> Iterator[str]:
    end = len(words)
    while end:
        start = best[end][2]
        yield " ".join(words[start:end])
        end = start


@lru_cache(maxsize=10_000)
def _is_known(text: str, kinds: tuple[str, ...]) -> bool:
    for concept in get_thesaurus().find_concepts(text):
        is_disease = any(
            tree.startswith(_DISEASES) and not tree.startswith(_PROCESSES) for tree in concept.tree_numbers
        )
        if concept.kind in kinds and (concept.kind != "condition" or is_disease or not concept.tree_numbers):
            return True
    return False


def _is_name(text: str, kinds: Collection[str]) -> bool:
    return _is_known(text.strip(",;"), tuple(kinds))


def _fold(text: str) -> str:
    return " ".join(text.split()).casefold()
