"""In what order do the studies of an answer stand, and which of them are in a window of it?"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Any, Literal

import msgspec
import tantivy
from tantivy import FieldType, Occur, Query

from trialbook.search.index.schema import get_ordered_pieces, get_schema, order_field

RELEVANCE = "@relevance"
MOST_DECAYED = 10_000
MOST_RINGS = 128
MOST_ALIKE = 500

Address = tantivy.DocAddress
# Documents in order, each with its score, and how many there are in all.
Found = tuple[list[tuple[float, Address]], int]


class SortKey(msgspec.Struct, frozen=True):
    """A piece with an order (dates, numbers, ages), or "@relevance"; studies without a value come last."""

    field: str
    descending: bool


class GeoDecay(msgspec.Struct, frozen=True, kw_only=True):
    """Lets scores fall with the distance (km) of the closest site within `radius_km` of a point in degrees.

    At `offset_km` + `scale_km` the factor is `decay`; up to `offset_km` it is 1.
    """

    latitude: float
    longitude: float
    radius_km: float
    function: Literal["gauss", "exp", "linear"] = "exp"
    scale_km: float = 482.8032
    offset_km: float = 0.0
    decay: float = 0.5

    def compute_factor(self, distance_km: float) -> float:
        """The factor at a distance.

        >>> GeoDecay(latitude=0, longitude=0, radius_km=500, scale_km=100).compute_factor(100)
        0.5
        """
        beyond = max(0.0, distance_km - self.offset_km)
        if self.function == "linear":
            reach = self.scale_km / (1 - self.decay)
            return max(0.0, (reach - beyond) / reach)
        steepness = math.log(self.decay)
        if self.function == "gauss":
            return math.exp(steepness * (beyond / self.scale_km) ** 2)
        return math.exp(steepness * beyond / self.scale_km)


def count_matches(searcher: tantivy.Searcher, query: Query) -> int:
    """How many documents match."""
    return _total(searcher.search(query, 1))


def _total(found: Any) -> int:
    return int(found.count or 0)


def collect(
    searcher: tantivy.Searcher, query: Query, sort: Sequence[SortKey], *, offset: int, limit: int
) -> Found:
    """The documents of a window; without a key they stand by the studies' ids."""
    if not sort:
        return _by_field(searcher, query, "order", offset=offset, limit=limit, descending=False)
    if len(sort) == 1:
        return _by_key(searcher, query, sort[0], offset=offset, limit=limit)
    return _by_two_keys(searcher, query, *sort[:2], offset=offset, limit=limit)


def _by_key(searcher: tantivy.Searcher, query: Query, key: SortKey, *, offset: int, limit: int) -> Found:
    if key.field == RELEVANCE:
        if key.descending:
            found = searcher.search(query, max(limit, 1), offset=offset)
            return found.hits[:limit], _total(found)
        total = count_matches(searcher, query)
        last = searcher.search(query, max(total - offset, 1), offset=0).hits if total > offset else []
        return last[::-1][:limit], total
    field = order_field(key.field)
    has_value = Query.exists_query(field)
    valued = Query.boolean_query([(Occur.Must, query), (Occur.Must, has_value)])
    hits, count = _by_field(searcher, valued, field, offset=offset, limit=limit, descending=key.descending)
    without = Query.boolean_query([(Occur.Must, query), (Occur.MustNot, has_value)])
    missing = limit - len(hits)
    rest, others = _by_field(
        searcher, without, "order", offset=max(0, offset - count), limit=missing, descending=False
    )
    return hits + [(math.nan, address) for _, address in rest], count + others


def _by_field(
    searcher: tantivy.Searcher, query: Query, field: str, *, offset: int, limit: int, descending: bool
) -> Found:
    order = tantivy.Order.Desc if descending else tantivy.Order.Asc
    found = searcher.search(query, max(limit, 1), offset=offset, order_by_field=field, order=order)
    return found.hits[: max(limit, 0)], _total(found)


def _by_two_keys(
    searcher: tantivy.Searcher, query: Query, first: SortKey, second: SortKey, *, offset: int, limit: int
) -> Found:
    """Sort by the first key; put those that are alike in it, and stand in the window, by the second."""
    spare = MOST_ALIKE if first.field == RELEVANCE else 0
    hits, total = _by_key(searcher, query, first, offset=0, limit=offset + limit + spare)
    window: list[tuple[float, Address]] = []
    start = 0
    for value, alike in groupby(hits, key=lambda hit: None if math.isnan(hit[0]) else hit[0]):
        group = list(alike)
        end = start + len(group)
        if end > offset and start < offset + limit:
            is_cut = end == len(hits) and len(hits) < total
            if first.field != RELEVANCE and (is_cut or second.field == RELEVANCE):
                same = _restrict(query, first.field, value)
                group, _ = _by_key(searcher, same, second, offset=0, limit=offset + limit - start)
            else:
                group = _sort_group(searcher, group, second)
            window += group[max(0, offset - start) : offset + limit - start]
        start = end
    return window, total


def _restrict(query: Query, piece: str, value: float | None) -> Query:
    """The documents that have a value of a piece, or (None) that have none."""
    field = order_field(piece)
    if value is None:
        return Query.boolean_query([(Occur.Must, query), (Occur.MustNot, Query.exists_query(field))])
    is_float = get_ordered_pieces()[piece].type.startswith("number")
    kind = FieldType.Float if is_float else FieldType.Integer
    same = Query.const_score_query(Query.range_query(get_schema(), field, kind, value, value), 0.0)
    return Query.boolean_query([(Occur.Must, query), (Occur.Must, same)])


def _sort_group(
    searcher: tantivy.Searcher, group: list[tuple[float, Address]], key: SortKey
) -> list[tuple[float, Address]]:
    if key.field == RELEVANCE:
        return group
    values = searcher.fast_field_values(order_field(key.field), [address for _, address in group])
    sign = -1 if key.descending else 1
    ranks = [(value is None, 0 if value is None else sign * value) for value in values]
    return [hit for _, hit in sorted(zip(ranks, group, strict=True), key=lambda entry: entry[0])]


def collect_near(
    searcher: tantivy.Searcher,
    query: Query,
    decay: GeoDecay,
    near: Sequence[tuple[float, str]],
    *,
    offset: int,
    limit: int,
    is_ranked: bool,
) -> Found | None:
    """The window of an answer whose scores fall with distance; None for more than 10,000 studies.

    `near` lists the places within the radius as (km, key). Beyond 128 places, those of similar distance
    count as one.
    """
    found = searcher.search(query, MOST_DECAYED)
    if _total(found) > MOST_DECAYED:
        return None
    rings = _make_rings(near, decay.compute_factor)
    closest = searcher.search(
        Query.boolean_query([(Occur.Must, Query.const_score_query(query, 0.0)), (Occur.Must, rings)]),
        MOST_DECAYED,
    )
    factors = {(address.segment_ord, address.doc): factor for factor, address in closest.hits}
    scored = [
        ((score if is_ranked else 1.0) * factors.get((address.segment_ord, address.doc), 0.0), address)
        for score, address in found.hits
    ]
    scored.sort(key=lambda hit: -hit[0])
    return scored[offset : offset + limit], _total(found)


def _make_rings(near: Sequence[tuple[float, str]], factor: Callable[[float], float]) -> Query:
    size = max(1, math.ceil(len(near) / MOST_RINGS))
    rings = [near[at : at + size] for at in range(0, len(near), size)]
    asked: list[Any] = [
        Query.const_score_query(
            Query.term_set_query(get_schema(), "point", [key for _, key in ring]), factor(ring[0][0])
        )
        for ring in rings
    ]
    return Query.disjunction_max_query(asked, 0.0) if asked else Query.empty_query()
