"""In what order do the studies of an answer stand, and which of them are in a window of it?"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from operator import eq
from typing import Any, Literal

import msgspec
import tantivy
from tantivy import FieldType, Occur, Query

from trialbook.model.nearest import OPEN_STATUSES
from trialbook.search.engine.targets import Tier, unscored
from trialbook.search.index.document import FIRST_OTHER_ORDER, compute_order, find_id
from trialbook.search.index.schema import get_ordered_pieces, get_schema, order_field

RELEVANCE, DISTANCE = "@relevance", "@distance"
# The order of equals as a key of its own.
NEWEST = "@newest"
MOST_DECAYED = 10_000
# So many of these are looked at first: mostly no other can come before them, however near.
FIRST_DECAYED = 500
MOST_RINGS = 128
# Distances that differ by less than this part are one: records place a site at the centre of its town.
RING = math.log(1.03)
# So many more than asked are fetched, to see whether those that are alike end there.
MOST_ALIKE = 200
# A window that ends later is not fetched from the first study on.
MOST_FETCHED = 100_000
# Where those that come into question are more, they are counted first and then fetched.
MOST_AMONG = 2_000
# Scores are sums in 32 bits; those that differ by no more than this part are one sum.
SAME = 2.0**-18

Address = tantivy.DocAddress
Hit = tuple[float, Address]
# Documents in order, each with its score, and how many there are in all.
Found = tuple[list[Hit], int]


class SortKey(msgspec.Struct, frozen=True):
    """A piece with an order (dates, numbers, ages), "@relevance", "@newest" or "@distance"; those without a value come last."""

    field: str
    descending: bool


class Origin(msgspec.Struct, frozen=True):
    """A point in degrees from which distances count; sites are near it up to `reach_km`."""

    latitude: float
    longitude: float
    reach_km: float = math.inf


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


def find_ids(searcher: tantivy.Searcher, addresses: list[Address]) -> list[str]:
    """The ids of the studies that documents are of."""
    orders = searcher.fast_field_values("order", addresses)
    return [
        find_id(int(order or 0)) or str(searcher.doc(address).get_first("nct_id"))
        for order, address in zip(orders, addresses, strict=True)
    ]


def count_matches(searcher: tantivy.Searcher, query: Query) -> int:
    """How many documents match."""
    # Without a score of its own for each of them.
    return _total(searcher.search(Query.const_score_query(query, 0.0), 1))


def _total(found: Any) -> int:
    return int(found.count or 0)


def collect(
    searcher: tantivy.Searcher,
    query: Query,
    sort: Sequence[SortKey],
    *,
    offset: int,
    limit: int,
    relevance: Query | None = None,
) -> Found:
    """The documents of a window; what no key tells apart stands newest first, as far as ids tell (`_rank_id`).

    Where the scores of `query` tell something else, `relevance` finds the same with those of "@relevance" as a
    later key.

    So the order is one of the records alone, whatever became of the index before: how it lies in
    parts, and in which order the studies came. Without a key they stand by their ids.
    """
    if not sort:
        return _by_field(searcher, query, "order", offset=offset, limit=limit, descending=False)
    return _collect(searcher, query, sort, offset=offset, limit=limit, relevance=relevance)


def _collect(
    searcher: tantivy.Searcher,
    query: Query,
    sort: Sequence[SortKey],
    *,
    offset: int,
    limit: int,
    relevance: Query | None = None,
) -> Found:
    """As `collect`, where equals stand newest first without a key too."""
    if not sort or sort[0].field == NEWEST:
        return _by_newest(searcher, query, offset=offset, limit=limit)
    key, rest = sort[0], sort[1:]
    if key.field != RELEVANCE:
        return _by_value(searcher, query, key, rest, offset=offset, limit=limit)
    if key.descending:
        return _by_score(searcher, query, rest, offset=offset, limit=limit, relevance=relevance)
    hits = _fetch_all(searcher, query)
    groups = [_sort_alike(searcher, hits[start:end], rest) for start, end in _find_groups(hits, _score_alike)]
    return [hit for group in reversed(groups) for hit in group][offset : offset + limit], len(hits)


def _by_field(
    searcher: tantivy.Searcher, query: Query, field: str, *, offset: int, limit: int, descending: bool
) -> Found:
    order = tantivy.Order.Desc if descending else tantivy.Order.Asc
    found = searcher.search(query, max(limit, 1), offset=offset, order_by_field=field, order=order)
    return found.hits[: max(limit, 0)], _total(found)


def _by_newest(searcher: tantivy.Searcher, query: Query, *, offset: int, limit: int) -> Found:
    """The studies of the registry from the highest number down, then those of other registers; without scores."""
    own = _narrow(query, _with_order(0, FIRST_OTHER_ORDER - 1))
    window, count = _by_field(searcher, own, "order", offset=offset, limit=limit, descending=True)
    others = _narrow(query, _with_order(FIRST_OTHER_ORDER, None))
    after, missing = max(0, offset - count), limit - len(window)
    more, rest = _by_field(searcher, others, "order", offset=after, limit=missing, descending=False)
    return [(0.0, address) for _, address in window + more], count + rest


def collect_tiers(searcher: tantivy.Searcher, tiers: Iterable[Tier], *, limit: int) -> list[Hit]:
    """The first documents of tiers, the highest of which comes first; within one, newest first."""
    hits: dict[tuple[int, int], Hit] = {}
    for tier in tiers:
        found, _ = _by_newest(searcher, tier.query, offset=0, limit=limit)
        for _, address in found:
            hits.setdefault((address.segment_ord, address.doc), (tier.score, address))
        if len(hits) >= limit:
            break
    return list(hits.values())[:limit]


def _rank_id(order: int) -> tuple[bool, int]:
    """Where a study stands among its equals: the registry gives numbers in turn, the highest is the newest.

    The ids of other registers tell no age; they stand behind, in an order of their own.
    """
    return (True, order) if order >= FIRST_OTHER_ORDER else (False, -order)


def rank_by_age(nct_id: str) -> tuple[bool, int]:
    """Where a study stands among its equals, the newest first; as in the answers to a search.

    >>> sorted(["NCT00000002", "ISRCTN01", "NCT00000010"], key=rank_by_age)
    ['NCT00000010', 'NCT00000002', 'ISRCTN01']
    """
    return _rank_id(compute_order(nct_id))


def _fetch_all(searcher: tantivy.Searcher, query: Query) -> list[Hit]:
    count = count_matches(searcher, query)
    return list(searcher.search(query, max(count, 1), count=False).hits)


def _score_alike(one: float, next_one: float) -> bool:
    """Whether two scores are one sum, added up in another order in another part of the index."""
    return one - next_one <= SAME * one


def _find_groups(hits: Sequence[Hit], is_alike: Callable[[float, float], bool]) -> list[tuple[int, int]]:
    """Where those that are alike, and stand together, begin and end."""
    bounds = [at for at in range(1, len(hits)) if not is_alike(hits[at - 1][0], hits[at][0])]
    return list(pairwise([0, *bounds, len(hits)])) if hits else []


def _by_score(
    searcher: tantivy.Searcher,
    query: Query,
    rest: Sequence[SortKey],
    *,
    offset: int,
    limit: int,
    relevance: Query | None = None,
) -> Found:
    stop = offset + limit
    first = 0 if stop <= MOST_FETCHED else max(0, offset - MOST_ALIKE)
    found = searcher.search(query, max(stop - first, 1) + MOST_ALIKE, offset=first)
    hits, total = found.hits, _total(found)
    if offset >= first + len(hits):
        return [], total
    # The groups that the window touches, whole as far as they were fetched.
    low, high = offset - first, min(stop - first, len(hits))
    while low > 0 and _score_alike(hits[low - 1][0], hits[low][0]):
        low -= 1
    while low < high < len(hits) and _score_alike(hits[high - 1][0], hits[high][0]):
        high += 1
    touched, window = hits[low:high], list[Hit]()
    orders = [] if rest else _find_orders(searcher, touched)
    for begin, end in _find_groups(touched, _score_alike):
        start, group = first + low + begin, touched[begin:end]
        if start == first and first:
            start = _find_start(searcher, query, group[0][0], first)
        is_cut = start < first or (low + end == len(hits) and first + low + end < total)
        if is_cut:
            group = _find_alike(
                searcher, query, group, rest, wanted=stop - start, total=total, relevance=relevance
            )
        else:
            group = _sort_alike(searcher, group, rest, orders[begin:end], relevance=relevance)
        window += group[max(0, offset - start) : stop - start]
    return window, total


def _find_start(searcher: tantivy.Searcher, query: Query, score: float, before: int) -> int:
    """At which number the studies of a score begin, of which one stands at `before`."""

    def is_there(at: int) -> bool:
        return _score_alike(searcher.search(query, 1, offset=at, count=False).hits[0][0], score)

    return bisect_left(range(before), True, key=is_there)


def _find_alike(
    searcher: tantivy.Searcher,
    query: Query,
    some: Sequence[Hit],
    rest: Sequence[SortKey],
    *,
    wanted: int,
    total: int,
    relevance: Query | None,
) -> list[Hit]:
    """Of a great many studies of one score, of which `some` are known, at least the first `wanted`.

    The score cannot be asked for, but the id can: of all there are, none of the first `wanted` stands
    behind the last of the first `wanted` among those known.
    """
    score, narrowed = some[0][0], query
    if not rest and len(some) >= wanted:
        orders = searcher.fast_field_values("order", [address for _, address in some])
        last = sorted((int(order or 0) for order in orders), key=_rank_id)[wanted - 1]
        narrowed = _narrow(query, _not_behind(last))
    found = searcher.search(narrowed, min(total, MOST_AMONG))
    hits, among = found.hits, _total(found)
    if among > len(hits) and _score_alike(score, hits[-1][0]):
        # Those of lower scores come behind: only where none was met may there be more of this one.
        hits = searcher.search(narrowed, among, count=False).hits
    alike = [hit for hit in hits if _score_alike(hit[0], score) and _score_alike(score, hit[0])]
    return _sort_alike(searcher, alike, rest, relevance=relevance)


def _not_behind(order: int) -> Query:
    """The studies that stand before one of this number among their equals, and itself."""
    if order >= FIRST_OTHER_ORDER:
        return _with_order(0, order)
    return _with_order(order, FIRST_OTHER_ORDER - 1)


def _with_order(low: int, high: int | None) -> Query:
    return Query.range_query(get_schema(), "order", FieldType.Unsigned, low, high)


def _narrow(query: Query, among: Query) -> Query:
    return Query.boolean_query([(Occur.Must, query), (Occur.Must, unscored(among))])


def _by_value(
    searcher: tantivy.Searcher,
    query: Query,
    key: SortKey,
    rest: Sequence[SortKey],
    *,
    offset: int,
    limit: int,
) -> Found:
    """By the values of a piece; those that have none come last."""
    field, stop = order_field(key.field), offset + limit
    has_value = Query.exists_query(field)
    valued = Query.boolean_query([(Occur.Must, query), (Occur.Must, has_value)])
    hits, count = _by_field(
        searcher, valued, field, offset=offset, limit=limit + MOST_ALIKE, descending=key.descending
    )
    window: list[Hit] = []
    for low, high in _find_groups(hits, eq):
        if offset + low >= stop:
            break
        value, group = hits[low][0], hits[low:high]
        is_cut = (low == 0 and offset > 0) or (high == len(hits) and offset + high < count)
        if is_cut or (rest and rest[0].field == RELEVANCE):
            # Only the first may have begun before the window.
            ahead = offset - _count_before(searcher, query, key, value) if offset and not low else 0
            same = _restrict(query, key.field, value)
            missing = limit - len(window)
            found, _ = _collect(searcher, same, rest, offset=ahead, limit=missing)
            group = [(value, address) for _, address in found]
        else:
            group = _sort_alike(searcher, group, rest)
        window += group[: limit - len(window)]
    without = Query.boolean_query([(Occur.Must, query), (Occur.MustNot, has_value)])
    others, more = _collect(searcher, without, rest, offset=max(0, offset - count), limit=limit - len(window))
    return window + [(math.nan, address) for _, address in others], count + more


def _count_before(searcher: tantivy.Searcher, query: Query, key: SortKey, value: float) -> int:
    """How many studies have a value that stands before one."""
    before = Query.boolean_query(
        [
            (Occur.Must, _in_range(key.field, *((value, None) if key.descending else (None, value)))),
            (Occur.MustNot, _in_range(key.field, value, value)),
        ]
    )
    return count_matches(searcher, Query.boolean_query([(Occur.Must, query), (Occur.Must, before)]))


def _restrict(query: Query, piece: str, value: float) -> Query:
    """The documents that have a value of a piece."""
    same = Query.const_score_query(_in_range(piece, value, value), 0.0)
    return Query.boolean_query([(Occur.Must, query), (Occur.Must, same)])


def _in_range(piece: str, low: float | None, high: float | None) -> Query:
    is_float = get_ordered_pieces()[piece].type.startswith("number")
    kind = FieldType.Float if is_float else FieldType.Integer
    return Query.range_query(get_schema(), order_field(piece), kind, low, high)


def _find_orders(searcher: tantivy.Searcher, hits: Sequence[Hit]) -> list[int]:
    """The numbers that sort studies by id; all at once cost little more than one."""
    found = searcher.fast_field_values("order", [address for _, address in hits])
    return [int(order or 0) for order in found]


def _sort_alike(
    searcher: tantivy.Searcher,
    group: Sequence[Hit],
    rest: Sequence[SortKey],
    orders: Sequence[int] = (),
    *,
    relevance: Query | None = None,
) -> list[Hit]:
    """Sort what one key does not tell apart by the others, then newest first; `orders` as `_find_orders` has them."""
    if len(group) < 2:
        return list(group)
    addresses = [address for _, address in group]
    ranks: list[list[Any]] = []
    for key in rest:
        if key.field == RELEVANCE and relevance is not None:
            ranks.append(_rank_by_score(searcher, group, relevance, is_best_first=key.descending))
        elif key.field not in (RELEVANCE, NEWEST):
            sign = -1 if key.descending else 1
            values = searcher.fast_field_values(order_field(key.field), addresses)
            ranks.append([(value is None, 0 if value is None else sign * value) for value in values])
    ranks.append([_rank_id(order) for order in orders or _find_orders(searcher, group)])
    keys = ranks[0] if len(ranks) == 1 else list(zip(*ranks, strict=True))
    ordered = sorted(range(len(group)), key=keys.__getitem__)
    return [group[at] for at in ordered]


def _rank_by_score(
    searcher: tantivy.Searcher, group: Sequence[Hit], query: Query, *, is_best_first: bool
) -> list[int]:
    """Where each of some documents stands by the scores that a query gives; those of one score stand together."""
    among = unscored(_among(searcher, group))
    asked = Query.boolean_query([(Occur.Must, query), (Occur.Must, among)])
    hits = searcher.search(asked, len(group), count=False).hits
    ranks = {
        (address.segment_ord, address.doc): number
        for number, (start, end) in enumerate(_find_groups(hits, _score_alike))
        for _, address in hits[start:end]
    }
    sign = 1 if is_best_first else -1
    return [sign * ranks.get((address.segment_ord, address.doc), len(hits)) for _, address in group]


def collect_near(
    searcher: tantivy.Searcher,
    query: Query,
    decay: GeoDecay,
    near: Sequence[tuple[float, str]],
    *,
    offset: int,
    limit: int,
    is_ranked: bool,
) -> Found:
    """The window of an answer whose scores fall with distance.

    `near` lists the places within the radius as (km, key), the nearest first. Beyond 128 places, those of
    similar distance count as one.
    """
    found = searcher.search(query, FIRST_DECAYED)
    total, stop = _total(found), offset + limit
    rings = _make_rings(near, decay.compute_factor)
    if not is_ranked:
        by_factor = Query.boolean_query([(Occur.Must, unscored(query)), (Occur.Should, rings)])
        return _by_score(searcher, by_factor, (), offset=offset, limit=limit)
    hits = list(found.hits)
    scored = _decay(searcher, hits, _among(searcher, hits), rings)
    # What scores less and was not looked at can come no further than its score, were it as near as anything is.
    most = hits[-1][0] * decay.compute_factor(near[0][0]) if hits and near else 0.0
    is_settled = len(scored) >= stop and (not stop or scored[stop - 1][0] > most * (1 + SAME))
    if len(hits) < total and not is_settled:
        scored = _decay(searcher, list(searcher.search(query, total, count=False).hits), query, rings)
    ordered = [
        hit
        for start, end in _find_groups(scored, _score_alike)
        for hit in (_sort_alike(searcher, scored[start:end], ()) if start < stop else ())
    ]
    return ordered[offset:stop], total


def _among(searcher: tantivy.Searcher, hits: Sequence[Hit]) -> Query:
    """The studies of some documents."""
    return Query.term_set_query(get_schema(), "nct_id", find_ids(searcher, [address for _, address in hits]))


def _decay(searcher: tantivy.Searcher, hits: Sequence[Hit], among: Query, rings: Query) -> list[Hit]:
    """Documents, of which `among` finds all, by their scores times what their distance leaves of them."""
    asked = Query.boolean_query([(Occur.Must, unscored(among)), (Occur.Must, rings)])
    closest = searcher.search(asked, max(len(hits), 1), count=False)
    factors = {(address.segment_ord, address.doc): factor for factor, address in closest.hits}
    scored = [
        (score * factors.get((address.segment_ord, address.doc), 0.0), address) for score, address in hits
    ]
    return sorted(scored, key=lambda hit: -hit[0])


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


def score_by_distance(query: Query, places: Sequence[tuple[float, str]], reach_km: float) -> Query:
    """The same studies, scored by their nearest open site within reach; below them others, by their nearest of all.

    `places` lists all places as (km, key), the nearest first. A site is open where its study is too, and takes its
    study's status where it has none.
    """
    bands: dict[int, list[str]] = {}
    for km, key in places:
        bands.setdefault(int(math.log1p(km) / RING), []).append(key)
    any_site: list[Query] = []
    open_sites: list[Query] = []
    for band, keys in bands.items():
        nearness = 1.0 / (2.0 + band)
        any_site.append(_ask_terms("point", keys, nearness))
        if math.expm1(band * RING) <= reach_km:
            is_open = [f"{key}|{status}" for key in keys for status in ("", *OPEN_STATUSES)]
            open_sites.append(_ask_terms("point_status", is_open, 1.0 + nearness))
    is_study_open = Query.boolean_query(
        [
            (Occur.Should, Query.term_query(get_schema(), "exact.OverallStatus", each, "basic"))
            for each in OPEN_STATUSES
        ]
    )
    in_open_study = Query.boolean_query(
        [(Occur.Must, unscored(is_study_open)), (Occur.Must, _take_best(open_sites))]
    )
    rings = Query.disjunction_max_query([_take_best(any_site), in_open_study], 0.0)
    return Query.boolean_query([(Occur.Must, unscored(query)), (Occur.Should, rings)])


def _ask_terms(field: str, terms: list[str], score: float) -> Query:
    return Query.const_score_query(Query.term_set_query(get_schema(), field, terms), score)


def _take_best(queries: list[Query]) -> Query:
    return Query.disjunction_max_query(queries, 0.0) if queries else Query.empty_query()
