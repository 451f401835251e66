"""Which studies do an agent's arguments ask for? Named parts, each with its queries, and the order to show them in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import msgspec

from trialbook.ask.dates import read_as_of
from trialbook.ask.filters import admits_age, any_text, any_value, is_true, keep, starts_between
from trialbook.errors import QueryError
from trialbook.mcp.arguments import StudyQuery
from trialbook.record.pieces import find_piece
from trialbook.search.engine.order import RELEVANCE, SortKey
from trialbook.search.language.parse import parse_query
from trialbook.search.language.syntax import Area, AreaSize, Expression, Query

AREAS = {
    "cond": "ConditionSearch",
    "intr": "InterventionSearch",
    "term": "BasicSearch",
    "titles": "TitleSearch",
    "outc": "OutcomeSearch",
    "spons": "SponsorSearch",
    "lead": "LeadSponsorName",
    "id": "IdSearch",
    "locn": "LocationSearch",
    "patient": "PatientSearch",
}
_NUMBER = r"[0-9]{1,9}(?:\.[0-9]{1,15})?"
_GEO = re.compile(rf"distance\((-?{_NUMBER}),(-?{_NUMBER}),({_NUMBER}(?:km|mi))\)")
_NCT_ID = re.compile(r"NCT[0-9]{8}")
_SORT = re.compile(r"([@A-Za-z][A-Za-z0-9.\- ]*?)(?::(asc|desc))?")


class Parts(msgspec.Struct, frozen=True):
    """What was asked, by the names of the arguments: `queries` rank, `filters` do not; `as_of` is an ISO day."""

    queries: dict[str, Query]
    filters: dict[str, tuple[Query, ...]]
    as_of: str | None

    def join_queries(self) -> tuple[Query, ...]:
        """All that rank."""
        return tuple(self.queries.values())

    def join_filters(self) -> tuple[Query, ...]:
        """All that do not."""
        return tuple(query for group in self.filters.values() for query in group)

    def find_areas(self) -> tuple[str, ...]:
        """The search areas and pieces in which the queries look for words."""
        names: dict[str, None] = {}
        for query in self.queries.values():
            names |= dict.fromkeys((query.default_area, *_find_names(query.expression)))
        return tuple(names)


def read_parts(asked: StudyQuery) -> Parts:
    """Read the arguments that say which studies; raises QueryError for what cannot be understood."""
    queries = {
        name: parse_query(text, where=name, default_area=area)
        for name, area in AREAS.items()
        if (text := getattr(asked, name)).strip()
    }
    filters = {
        "status": keep(any_value("OverallStatus", asked.status)),
        "phase": keep(any_value("Phase", asked.phase)),
        "study_type": keep(any_value("StudyType", asked.study_type)),
        "sex": keep(any_value("Sex", asked.sex)),
        "age_years": admits_age(asked.age_years),
        "country": keep(any_text("LocationCountry", asked.country)),
        "geo": _read_geo(asked.geo),
        "has_results": keep(is_true("HasResults", asked.has_results)),
        "start_from, start_to": keep(starts_between(asked.start_from, asked.start_to)),
        "ids": _read_ids(asked.ids),
        "advanced": (parse_query(asked.advanced, where="advanced"),) if asked.advanced.strip() else (),
    }
    return Parts(queries, {name: group for name, group in filters.items() if group}, read_as_of(asked.as_of))


def _find_names(expression: Expression) -> Iterator[str]:
    waiting = [expression]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Area | AreaSize):
            yield node.name
        child = getattr(node, "child", None)
        waiting.extend(getattr(node, "children", () if child is None else (child,)))


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
    return (parse_query(f"AREA[LocationGeoPoint]DISTANCE[{', '.join(found.groups())}]", where="geo"),)


def _read_ids(ids: Sequence[str]) -> tuple[Query, ...]:
    if not ids:
        return ()
    for nct_id in ids:
        if not _NCT_ID.fullmatch(nct_id.upper()):
            raise QueryError(
                f"ids holds no NCT id: {nct_id[:40]!r}",
                hint="an NCT id is NCT and 8 digits; `id` looks for any other id",
            )
    alternatives = " OR ".join(dict.fromkeys(nct_id.upper() for nct_id in ids))
    return (parse_query(f"AREA[NCTIdSearch]EXPANSION[Term]({alternatives})", where="ids"),)


def read_sort(items: Sequence[str]) -> tuple[SortKey, ...]:
    """Read `field:asc`, `field:desc`, `field` (dates newest first, the others smallest first) or "@relevance".

    Raises QueryError for a field that does not exist or has no order.
    """
    return tuple(map(_read_key, items))


def _read_key(item: str) -> SortKey:
    found = _SORT.fullmatch(item.strip())
    name, direction = (found[1], found[2]) if found else (item, None)
    if name == RELEVANCE:
        return SortKey(RELEVANCE, descending=direction != "asc")
    piece = find_piece(name)
    if piece is None or not piece.is_ordered:
        raise QueryError(
            f"studies cannot be sorted by {name[:60]!r}",
            hint="dates, numbers and ages can be: StartDate, LastUpdatePostDate:desc, EnrollmentCount; or @relevance",
        )
    return SortKey(piece.name, descending=direction == "desc" if direction else piece.kind == "date")
