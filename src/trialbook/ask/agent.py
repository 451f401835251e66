"""Which studies do an agent's arguments ask for? Named parts, each with its queries, and the order to show them in."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from trialbook.ask.dates import read_as_of
from trialbook.ask.filters import FILTERS, find_near, make_filters
from trialbook.ask.near import Near
from trialbook.ask.queries import QUERIES, find_areas, make_geo_query, make_id_query, make_key, read_query
from trialbook.errors import QueryError
from trialbook.record.ids import cut_address, find_nct_id
from trialbook.record.pieces import find_piece
from trialbook.search.engine.gazetteer import FindPlace, find_known_place
from trialbook.search.engine.order import DISTANCE, RELEVANCE, SortKey
from trialbook.search.language.parse import parse_query
from trialbook.search.language.syntax import Query

_NUMBER = r"[0-9]{1,9}(?:\.[0-9]{1,15})?"
_GEO = re.compile(rf"distance\((-?{_NUMBER}),(-?{_NUMBER}),({_NUMBER}(?:km|mi))\)")
_SORT = re.compile(r"([@A-Za-z][A-Za-z0-9.\- ]*?)(?::(asc|desc))?")


class Parts(msgspec.Struct, frozen=True):
    """What was asked, by the names of the arguments: `queries` rank, `filters` do not; `as_of` is an ISO day.

    `near` is the place that a filter names.
    """

    queries: dict[str, Query]
    filters: dict[str, tuple[Query, ...]]
    as_of: str | None
    near: Near | None = None

    def join_queries(self) -> tuple[Query, ...]:
        """All that rank."""
        return tuple(self.queries.values())

    def join_filters(self) -> tuple[Query, ...]:
        """All that do not."""
        return tuple(query for group in self.filters.values() for query in group)

    def find_areas(self) -> tuple[str, ...]:
        """The search areas and pieces in which the queries look for words."""
        return find_areas(self.queries.values())


def read_parts(given: Mapping[str, Any], find_place: FindPlace = find_known_place) -> Parts:
    """Read the arguments that say which studies: those of `QUERIES` and `FILTERS`, geo, ids, advanced, as_of.

    `find_place` as in `ask.filters.make_request`. Raises QueryError for what cannot be understood.
    """
    queries = {
        each.name: read_query(text, where=each.name, area=each.area)
        for each in QUERIES
        if (text := given.get(each.name, "")).strip()
    }
    advanced = given.get("advanced", "")
    everyday = {each.name: given.get(each.name) for each in FILTERS}
    filters = {
        **make_filters(everyday, find_place),
        "geo": _read_geo(given.get("geo", "")),
        "ids": _read_ids(given.get("ids", ())),
        "advanced": (parse_query(advanced, where="advanced"),) if advanced.strip() else (),
    }
    return Parts(
        queries,
        {name: group for name, group in filters.items() if group},
        read_as_of(given.get("as_of", "")),
        find_near(everyday, find_place),
    )


def _read_geo(text: str) -> tuple[Query, ...]:
    compact = "".join(text.split())
    if not compact:
        return ()
    found = _GEO.fullmatch(compact)
    if found is None:
        raise QueryError(
            f"geo cannot be read: {text[:60]!r}",
            hint="write distance(latitude,longitude,radius), for example distance(42.36,-71.06,50mi)",
        )
    return (make_geo_query(*found.groups(), where="geo"),)


def _read_ids(ids: Sequence[str]) -> tuple[Query, ...]:
    found = []
    for asked in ids:
        nct_id = find_nct_id(cut_address(asked))
        if nct_id is None:
            raise QueryError(
                f"ids holds no NCT id: {asked[:40]!r}",
                hint="an NCT id is NCT and 8 digits; `id` looks for any other id",
            )
        found.append(nct_id)
    return (make_id_query(found),) if found else ()


def read_sort(items: Sequence[str]) -> tuple[SortKey, ...]:
    """Read `field:asc`, `field:desc`, `field` (dates newest first, the others smallest first) or "@relevance".

    Raises QueryError for a field that does not exist or has no order.
    """
    return tuple(map(_read_key, items))


def _read_key(item: str) -> SortKey:
    found = _SORT.fullmatch(item.strip())
    name, direction = (found[1], found[2]) if found else (item, None)
    if name == DISTANCE:
        return SortKey(DISTANCE, descending=False)
    if name == RELEVANCE:
        return SortKey(RELEVANCE, descending=direction != "asc")
    piece = find_piece(name)
    if piece is None or not piece.is_ordered:
        raise QueryError(
            f"studies cannot be sorted by {name[:60]!r}",
            hint="dates, numbers and ages can be: StartDate, LastUpdatePostDate:desc, EnrollmentCount; or @relevance",
        )
    return make_key(piece, direction)
