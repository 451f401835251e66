"""In what can studies be alike, how much does each count, and what can be demanded?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources

import msgspec
import numpy as np
import numpy.typing as npt

from trialbook.errors import UsageError
from trialbook.related.likeness import FEATURES, PLACE

# What a person weighs, each made of some features; 1 is what was fitted, 0 leaves it out.
FACETS = {
    "drug": "the same drug, device or procedure, or its class",
    "disease": "the same condition, or a broader one",
    "text": "the same words in the title and elsewhere",
    "outcomes": "the same outcomes measured",
    "population": "the same age, sex and criteria",
    "design": "the same phase and design",
    "sponsor": "the same sponsor or investigator",
    "family": "one programme: study ids, acronym, an extension of it",
    "links": "one names the other, or both a publication",
}
# What can be demanded of every study in the list.
DEMANDS = {
    "same-drug": "a drug, device or procedure by the same name",
    "same-disease": "a condition by the same name",
    "same-design": "the same type, phase and purpose, where the record has them",
    "recruiting": "open for participants, or soon",
    "results": "with posted results",
}
MOST_WEIGHT = 10.0
_FACET = re.compile(r"([a-z]+)(?:=(\d{1,2}(?:\.\d{1,3})?))?", re.ASCII)

Weights = npt.NDArray[np.float64]


class Facets(msgspec.Struct, frozen=True):
    """How likeness is to be weighed, and what is demanded; by the names of `FACETS` and `DEMANDS`."""

    weights: dict[str, float] = {}
    demands: tuple[str, ...] = ()


@cache
def _read_table() -> tuple[tuple[str, str, float], ...]:
    text = (resources.files("trialbook.related") / "weights.tsv").read_text()
    rows = [line.split("\t") for line in text.splitlines()[1:]]
    return tuple((feature, facet, float(weight)) for feature, facet, weight in rows)


def get_weights(asked: Mapping[str, float] | None = None) -> Weights:
    """The weight of each of `FEATURES`, those of a facet times what it is asked to count."""
    weights = np.zeros(len(FEATURES))
    for feature, facet, weight in _read_table():
        weights[PLACE[feature]] = weight * (asked or {}).get(facet, 1.0)
    return weights


def parse_facets(asked: Iterable[str]) -> Facets:
    """Read what a person asks: `drug=2` to weigh, `drug` for this facet alone, `same-drug` to demand.

    Raises UsageError for a name that is none, and a weight above 10.

    >>> parse_facets(["drug=2", "recruiting"])
    Facets(weights={'drug': 2.0}, demands=('recruiting',))
    >>> parse_facets(["disease"]).weights["drug"]
    0.0
    """
    weights: dict[str, float] = {}
    alone: list[str] = []
    demands: list[str] = []
    for text in asked:
        match = _FACET.fullmatch(text.strip())
        if text.strip() in DEMANDS:
            demands.append(text.strip())
        elif match is None or match[1] not in FACETS:
            names = ", ".join((*FACETS, *DEMANDS))
            raise UsageError(f"there is no facet {text[:40]!r}: there are {names}; `drug=2` weighs one")
        elif match[2] is None:
            alone.append(match[1])
        elif float(match[2]) > MOST_WEIGHT:
            raise UsageError(f"a facet weighs at most {MOST_WEIGHT:g}: {text[:40]!r}")
        else:
            weights[match[1]] = float(match[2])
    if alone:
        weights = dict.fromkeys(FACETS, 0.0) | weights | {each: weights.get(each, 1.0) for each in alone}
    return Facets(weights, tuple(dict.fromkeys(demands)))
