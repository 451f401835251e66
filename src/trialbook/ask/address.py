"""Which studies does a query string ask for? Queries, filters and order, as a request to the search."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, cast

import msgspec

from trialbook.ask.agg_filters import write_filters
from trialbook.ask.filters import FILTERS, find_near, find_own_filters, make_filters
from trialbook.ask.near import Near
from trialbook.ask.parameters import SEPARATOR, TEXT_SEPARATOR, Parameters
from trialbook.ask.queries import QUERIES, find_areas, find_ids, make_geo_query, make_id_query, make_key
from trialbook.ask.refusals import refuse_format, refuse_value, suggest
from trialbook.errors import ApiError
from trialbook.record.pieces import find_piece, get_enums, get_indexed_pieces
from trialbook.search.engine.engine import GeoDecay, SearchRequest, SortKey
from trialbook.search.engine.gazetteer import FindPlace, find_known_place
from trialbook.search.engine.order import DISTANCE
from trialbook.search.language.bounds import KM_PER_MILE
from trialbook.search.language.parse import parse_query
from trialbook.search.language.syntax import Query

# What each query parameter searches, and what the registry calls it in its answers and its messages.
AREAS = {each.parameter: each.area for each in QUERIES}
LABELS = {each.parameter: each.label for each in QUERIES}
FILTER_KINDS = ("filter", "postFilter")
FILTER_NAMES = ("overallStatus", "geo", "ids", "advanced", "synonyms")
# The parameters that say which studies are asked for: the registry's, and with our own everyday filters.
REGISTRY_WHICH = frozenset(
    {*AREAS, *(f"{kind}.{name}" for kind in FILTER_KINDS for name in FILTER_NAMES), "aggFilters"}
)
WHICH = REGISTRY_WHICH | {each.name for each in FILTERS}
MAX_SORT_KEYS = 2

_NUMBER = r"[0-9]{1,9}(?:\.[0-9]{1,30})?"
GEO = re.compile(rf"distance\((-?{_NUMBER}),(-?{_NUMBER}),({_NUMBER})(km|mi)?\)")
DECAY = re.compile(
    rf"func:(gauss|exp|linear),scale:({_NUMBER})(km|mi),offset:({_NUMBER})(km|mi),decay:({_NUMBER})"
)
DEFAULT_DECAY = "func:exp,scale:300mi,offset:0mi,decay:0.5"
SORT_ITEM = re.compile(r"([a-zA-Z][a-zA-Z0-9\-. ]*|@relevance)(?::(asc|desc))?")


class Asked(msgspec.Struct, frozen=True):
    """A request to the search, the areas that its queries search (what `@query` stands for), the place it names."""

    request: SearchRequest
    queried: tuple[str, ...]
    near: Near | None = None


def read_asked(parameters: Parameters, find_place: FindPlace = find_known_place) -> Asked:
    """Read which studies are asked for and in what order; `find_place` as in `ask.filters.make_request`.

    Raises
    ------
    ApiError
        A value does not have the form that it must have.
    QueryError
        A query cannot be parsed.
    """
    queries: list[Query] = []
    is_by_id = False
    for name, area in AREAS.items():
        text = read_words(parameters.text(name))
        if not text:
            continue
        ids = find_ids(text)
        is_by_id = is_by_id or bool(ids)
        if ids:
            queries.append(make_id_query(ids, area=area))
        else:
            queries.append(parse_query(text, where=LABELS[name], default_area=area))
    filters = tuple(_read_filters(parameters))
    given = _list_everyday(parameters)
    groups = make_filters(given, find_place)
    everyday = tuple(query for group in groups.values() for query in group)
    near = find_near(given, find_place)
    decay = _read_decay(parameters)
    request = SearchRequest(
        queries=tuple(queries),
        # As on the registry, whose own filters do not touch a search by id.
        filters=everyday if is_by_id else (*filters, *everyday),
        own_filters=find_own_filters(groups),
        sort=_read_sort(parameters, has_place=near is not None),
        origin=near.origin if near else None,
        geo_decay=None if is_by_id else decay,
    )
    return Asked(request, find_areas(queries), near)


def read_words(text: str) -> str:
    """A query in which a client wrote "+" for every space has its spaces again.

    >>> read_words("AREA[Phase]PHASE2+AND+heart"), read_words("CD4+ cells")
    ('AREA[Phase]PHASE2 AND heart', 'CD4+ cells')
    """
    if "+" in text and not re.search(r"\s", text):
        return text.replace("+", " ").strip()
    return text


def _list_everyday(parameters: Parameters) -> dict[str, object]:
    """Our own API's filters; texts are separated by bars alone, since names of countries have commas."""
    given: dict[str, object] = {}
    for each in FILTERS:
        if each.takes_several:
            separator = TEXT_SEPARATOR if each.kind == "texts" else SEPARATOR
            given[each.name] = parameters.read_list(each.name, separator)
        else:
            given[each.name] = parameters.text(each.name)
    return given


def _read_filters(parameters: Parameters) -> Iterator[Query]:
    for kind in FILTER_KINDS:
        statuses = parameters.read_list(f"{kind}.overallStatus")
        if statuses:
            yield _make_status_query(statuses)
        ids = parameters.nct_ids(f"{kind}.ids")
        if ids:
            yield make_id_query(ids)
        text = read_words(parameters.text(f"{kind}.advanced"))
        if text:
            yield parse_query(text, where="advanced filter")
        place = _read_place(parameters, f"{kind}.geo")
        if place is not None:
            latitude, longitude, radius, unit = place
            yield make_geo_query(latitude, longitude, radius + unit, where="geo filter")
    for text in write_filters(parameters.text("aggFilters")):
        yield parse_query(text, where="aggregation filters")


def _make_status_query(statuses: list[str]) -> Query:
    known = {value.value for value in get_enums()["Status"]}
    for status in statuses:
        if status not in known:
            raise refuse_value("overallStatus", status)
    return parse_query(f"AREA[OverallStatus]({' OR '.join(dict.fromkeys(statuses))})")


def _read_place(parameters: Parameters, name: str) -> tuple[str, str, str, str] | None:
    """Latitude, longitude and radius as written, and the radius's unit (miles where none is given)."""
    text = "".join(parameters.text(name).split())
    if not text:
        return None
    found = GEO.fullmatch(text)
    if found is None:
        raise refuse_format(name)
    return found[1], found[2], found[3], found[4] or "mi"


def _to_km(number: str, unit: str) -> float:
    return float(number) * (KM_PER_MILE if unit == "mi" else 1.0)


def _read_decay(parameters: Parameters) -> GeoDecay | None:
    """How proximity to the point of `filter.geo` counts; None where there is no such point."""
    text = "".join(parameters.text("geoDecay").split()) or DEFAULT_DECAY
    found = DECAY.fullmatch(text)
    if found is None:
        raise refuse_format("geoDecay")
    function, scale, scale_unit, offset, offset_unit, decay = found.groups()
    scale_km = _to_km(scale, scale_unit)
    if not (scale_km > 0 and 0 < float(decay) < 1):
        raise refuse_format("geoDecay")
    place = _read_place(parameters, "filter.geo")
    if place is None:
        return None
    return GeoDecay(
        latitude=float(place[0]),
        longitude=float(place[1]),
        radius_km=_to_km(place[2], place[3]),
        function=cast(Literal["gauss", "exp", "linear"], function),
        scale_km=scale_km,
        offset_km=_to_km(offset, offset_unit),
        decay=float(decay),
    )


def _read_sort(parameters: Parameters, *, has_place: bool) -> tuple[SortKey, ...]:
    items = parameters.read_list("sort")
    if len(items) > MAX_SORT_KEYS:
        raise ApiError(f"Parameter `sort` must contain no more than {MAX_SORT_KEYS} items")
    if has_place and items and items[0] == DISTANCE:
        rest = (_read_sort_item(number, item) for number, item in enumerate(items[1:], 2))
        return (SortKey(DISTANCE, descending=False), *rest)
    return tuple(_read_sort_item(number, item) for number, item in enumerate(items, 1))


def _read_sort_item(number: int, item: str) -> SortKey:
    found = SORT_ITEM.fullmatch(item)
    if found is None:
        raise refuse_format("sort", number)
    name, direction = found[1].strip(), found[2]
    if name == "@relevance":
        return SortKey(field=name, descending=direction != "asc")
    piece = find_piece(name)
    if piece is None:
        ordered = (each.name for each in get_indexed_pieces().values() if each.is_ordered)
        raise ApiError("Unknown sort field" + suggest(name, ordered))
    if not piece.is_ordered:
        raise ApiError(f"Unsupported sort field type: {piece.type.removesuffix('[]')}")
    return make_key(piece, direction)
