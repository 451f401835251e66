"""How do the studies of an answer divide by the values of a piece?"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from functools import cache
from itertools import pairwise
from typing import Any, NamedTuple

import tantivy
from tantivy import Occur, Query

from trialbook.record.pieces import DATED, find_piece
from trialbook.search.engine.compile import is_so
from trialbook.search.engine.order import count_matches
from trialbook.search.engine.targets import all_of
from trialbook.search.index.document import EPOCH
from trialbook.search.index.packed import ODD, find_columns, get_slots
from trialbook.search.index.schema import get_schema, is_exact, order_field

FACET_SIZE = 20
MOST_FACET_VALUES = 1_000
# The numbers of a packed column are counted whole; they can be no more than this.
MOST_NUMBERS = 65_000
THREADS = 2
# From so many studies on, a thread costs less than it saves.
LONG_ANSWER = 10_000
# What is counted by the years of a date, and the years that are counted: others are slips.
YEARS = {"StartYear": "StartDate"}
# Counted by whoever knows what criteria ask, and not in the index.
REFUSED = "Refuses"
FIRST_YEAR, LAST_YEAR = 1950, 2060
# There are fewer countries, so that those without one are always among the values.
MOST_COUNTRIES, NO_VALUE = 1_000, "\0"

Counts = dict[str, dict[str, int]]


def is_countable(name: str) -> bool:
    """Whether studies can be counted by the values of a piece, by `StartYear`, or by what criteria refuse."""
    piece = find_piece(name)
    return name in YEARS or name == REFUSED or (piece is not None and is_exact(piece))


class Counted(NamedTuple):
    """How many studies have each value of each piece, the most frequent first, how many have none, and all there are."""

    values: Counts
    missing: dict[str, int]
    total: int


class FacetCounter:
    """Counts studies by values.

    In a long answer, what is not packed is counted in another thread: the index works without Python's
    lock, so this takes a second core where there is one.
    """

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="facets")

    def count(
        self,
        searcher: tantivy.Searcher,
        query: Query,
        pieces: Sequence[str],
        size: int,
        *,
        day: date,
        total: int | None = None,
        about: int = 0,
    ) -> Counted:
        """Studies by value of each piece.

        `total` is how many match, where that is known already, `about` how many about do where it is not; `day`
        that of asking, on which what time makes true is so or not.
        """
        size = max(1, min(size, MOST_FACET_VALUES))
        packed = [name for name in pieces if name in get_slots()]
        others = [name for name in pieces if name not in get_slots() and name not in DATED]
        if not others or not packed or (about if total is None else total) < LONG_ANSWER:
            found, missing, seen = _aggregate(searcher, query, packed, others, size=size)
        else:
            begun = self._threads.submit(_aggregate, searcher, query, [], others, size=size)
            found, missing, seen = _aggregate(searcher, query, packed, [], size=size)
            more, more_missing, _ = begun.result()
            found, missing = found | more, missing | more_missing
        if total is None:
            total = count_matches(searcher, query) if seen is None else seen
        for name in YEARS:
            if name in found:
                # The index adds what lies before and after all spans: who is in none has no date.
                missing[name] = total - sum(found[name].values())
                found[name] = {year: studies for year, studies in found[name].items() if year.isdigit()}
        found |= {name: _count_dated(searcher, query, name, total, day) for name in pieces if name in DATED}
        return Counted(
            {name: keep_most(found[name], size) for name in pieces},
            {name: missing.get(name, 0) for name in pieces},
            total,
        )


def _count_dated(
    searcher: tantivy.Searcher, query: Query, name: str, total: int, day: date
) -> dict[str, int]:
    held = count_matches(searcher, all_of([query, is_so(name, True, day)])) if total else 0
    return {value: count for value, count in (("true", held), ("false", total - held)) if count}


def _aggregate(
    searcher: tantivy.Searcher, query: Query, packed: Sequence[str], others: Sequence[str], *, size: int
) -> tuple[Counts, dict[str, int], int | None]:
    """Count in one walk over the matches: by value, those without one, and all, where something is packed."""
    if not packed and not others:
        return {}, {}, None
    asked = {name: _ask_values(name, size) for name in others}
    columns = find_columns(packed)
    asked |= {name: {"terms": {"field": name, "size": MOST_NUMBERS}} for name in columns}
    answer = searcher.aggregate(query, asked)
    counts = {name: _read_buckets(answer, name) for name in others}
    missing: dict[str, int] = {}
    for name in others:
        if name == "LocationCountry":
            missing[name] = counts[name].pop(NO_VALUE, 0)
        elif name not in YEARS:
            missing[name] = _count_without(searcher, query, name)
    if not packed:
        return counts, missing, None
    numbers = {
        name: {
            int(bucket["key"]): int(bucket["doc_count"]) for bucket in answer.get(name, {}).get("buckets", ())
        }
        for name in columns
    }
    total = sum(numbers[columns[0]].values())
    for name in packed:
        slot = get_slots()[name]
        counts[name], missing[name] = slot.count(numbers[slot.column])
    if searcher.doc_freq("exact.State", ODD):
        total += _add_odd(searcher, query, packed, counts, missing)
    return counts, missing, total


def _add_odd(
    searcher: tantivy.Searcher,
    query: Query,
    packed: Sequence[str],
    counts: Counts,
    missing: dict[str, int],
) -> int:
    """Count the studies that have no packed columns too; how many there are."""
    odd = Query.term_query(get_schema(), "exact.State", ODD, "basic")
    both = Query.boolean_query([(Occur.Must, query), (Occur.Must, odd)])
    asked = {
        name: {"terms": {"field": f"exact.{name}", "size": MOST_FACET_VALUES, "missing": NO_VALUE}}
        for name in packed
    }
    answer = searcher.aggregate(both, asked)
    for name in packed:
        values = _read_buckets(answer, name)
        missing[name] += values.pop(NO_VALUE, 0)
        for value, studies in values.items():
            counts[name][value] = counts[name].get(value, 0) + studies
    return count_matches(searcher, both)


def _ask_values(name: str, size: int) -> dict[str, Any]:
    if name in YEARS:
        return {"range": {"field": order_field(YEARS[name]), "ranges": _get_spans()}}
    if name == "LocationCountry":
        return {"terms": {"field": "country", "size": max(size, MOST_COUNTRIES), "missing": NO_VALUE}}
    return {"terms": {"field": f"exact.{name}", "size": size}}


@cache
def _get_spans() -> list[dict[str, Any]]:
    first_days = [date(year, 1, 1).toordinal() - EPOCH for year in range(FIRST_YEAR, LAST_YEAR + 1)]
    return [
        {"key": str(FIRST_YEAR + at), "from": low, "to": high}
        for at, (low, high) in enumerate(pairwise(first_days))
    ]


def _count_without(searcher: tantivy.Searcher, query: Query, name: str) -> int:
    """How many of the matches have no value of a piece."""
    present = Query.term_query(get_schema(), "present", name, "basic")
    return count_matches(searcher, Query.boolean_query([(Occur.Must, query), (Occur.MustNot, present)]))


def _read_buckets(answer: dict[str, Any], name: str) -> dict[str, int]:
    buckets = answer.get(name, {}).get("buckets", ())
    return {
        str(bucket.get("key_as_string", bucket["key"])): int(bucket["doc_count"])
        for bucket in buckets
        if bucket["doc_count"]
    }


def keep_most(counts: dict[str, int], size: int) -> dict[str, int]:
    """The most frequent values, the most frequent first."""
    return dict(sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))[:size])
