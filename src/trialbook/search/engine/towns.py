"""Where are the sites of all studies of an answer? Counted by the places of the index, not read from records."""

from __future__ import annotations

from typing import Any

import msgspec
import tantivy
from tantivy import Query

from trialbook.terms.place_names import read_term

# So many places are counted; where there are more, those of the fewest studies are left out.
MOST_COUNTED = 20_000
NOWHERE = "\0"
_TOWNS = "town\t"


class Town(msgspec.Struct, frozen=True):
    """A place with sites of an answer, in degrees, and how many studies have a site, or an open one, there."""

    latitude: float
    longitude: float
    studies: int
    open: int
    name: str = ""
    state: str = ""
    country: str = ""

    @property
    def label(self) -> str:
        """The place in full, as a search near it takes it; its degrees where no record names it."""
        named = ", ".join(dict.fromkeys(part for part in (self.name, self.state, self.country) if part))
        return named or f"{self.latitude:g}, {self.longitude:g}"


class TownCounts(msgspec.Struct, frozen=True):
    """The places of an answer, those of the most studies first.

    `unplaced` studies have no site with a place; `left` is how many places more than `MOST_COUNTED` there are at
    least.
    """

    towns: tuple[Town, ...]
    unplaced: int = 0
    left: int = 0


class TownNames:
    """What the places of an index are called: of several names the one that the most studies write."""

    def __init__(self, searcher: tantivy.Searcher) -> None:
        best: dict[str, tuple[int, str]] = {}
        for term, count in searcher.terms_with_prefix("place", _TOWNS):
            key = term.rpartition("\t")[2]
            if key not in best or (count, term) > best[key]:
                best[key] = (count, term)
        self._terms = {key: term for key, (_, term) in best.items()}

    def name(self, key: str) -> tuple[str, str, str]:
        """The name, state and country of a place, by its key in the index; "" for what no record says."""
        term = self._terms.get(key)
        if term is None:
            return "", "", ""
        found = read_term(term, 0)
        return found.name, found.state, found.country


def count_towns(searcher: tantivy.Searcher, query: Query, names: TownNames) -> TownCounts:
    """Count the studies of a query by place."""
    everywhere, left = _count(searcher, query, "point", missing=NOWHERE)
    unplaced = everywhere.pop(NOWHERE, 0)
    is_open, _ = _count(searcher, query, "point_open")
    towns = []
    for key, studies in everywhere.items():
        latitude, _, longitude = key.partition(",")
        towns.append(Town(float(latitude), float(longitude), studies, is_open.get(key, 0), *names.name(key)))
    towns.sort(key=lambda town: (-town.studies, town.label))
    return TownCounts(tuple(towns), unplaced, left)


def _count(searcher: tantivy.Searcher, query: Query, field: str, **more: str) -> tuple[dict[str, int], int]:
    """Studies by the values of a field, and at least how many values are left out."""
    asked: dict[str, Any] = {field: {"terms": {"field": field, "size": MOST_COUNTED, **more}}}
    buckets = searcher.aggregate(query, asked).get(field, {})
    found = {str(each["key"]): int(each["doc_count"]) for each in buckets.get("buckets", ())}
    others = int(buckets.get("sum_other_doc_count") or 0)
    least = min(found.values(), default=1)
    return found, -(-others // max(1, least))
