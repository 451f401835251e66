"""In which view is an answer shown? The list, a table, a map, charts: each a field of the form and a link."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from trialbook.ask.filters import FILTERS
from trialbook.ask.form import COUNTED_VALUES, Fields, get_text
from trialbook.ask.kinds import NOT_STATED, Filter
from trialbook.library import Library
from trialbook.library.facets import arrange
from trialbook.pages.answer import AnswerView, ViewLink
from trialbook.pages.contents import Hit
from trialbook.pages.drawing.bars import Bar
from trialbook.pages.search_charts import Division, draw_division
from trialbook.pages.search_map import draw_towns
from trialbook.pages.search_table import choose_columns, make_table
from trialbook.search.engine.engine import SearchRequest, SearchResult
from trialbook.web.search_filters import list_items, list_labels, write_more, write_url

VIEW, COLUMN = "view", "col"
VIEWS = {"list": "List", "table": "Table", "map": "Map", "charts": "Charts"}
# What has no page of studies.
DRAWN = ("map", "charts")
# The filters by which an answer is drawn; a study may have several values of those that are marked.
CHARTS = {"start_year": False, "phase": True, "status": False, "country": True, "funder": False}
NO_PLACE = "None of the studies found has a site whose place is known."


def find_view(fields: Fields) -> str:
    """The view that is asked for; the list where it is none of `VIEWS`."""
    asked = get_text(fields, VIEW)
    return asked if asked in VIEWS else "list"


def narrow_request(request: SearchRequest, view: str) -> SearchRequest:
    """The request without the studies of a page, where the view shows none."""
    return msgspec.structs.replace(request, offset=0, limit=0) if view in DRAWN else request


def view_answer(
    library: Library,
    fields: Fields,
    request: SearchRequest,
    result: SearchResult,
    hits: Sequence[Hit],
) -> AnswerView:
    """The answer in the view that is asked for, with the ways to the others."""
    view = find_view(fields)
    shown = AnswerView(name=view, views=_view_views(fields, view), kept=keep_fields(fields, view))
    if not result.total:
        return shown
    if view == "table":
        table = make_table(
            hits,
            choose_columns(fields.get(COLUMN, ()), has_evidence=any(hit.evidence for hit in hits)),
            sort=get_text(fields, "sort"),
            write_url=lambda sort: write_url([*list_items(fields, without=("page", "sort")), ("sort", sort)]),
        )
        return msgspec.structs.replace(shown, table=table)
    if view == "map":
        drawn = draw_towns(
            library.engine.count_towns(request),
            result.total,
            write_near=lambda place, km: _write_near(fields, place, km),
            origin=request.origin,
        )
        return msgspec.structs.replace(shown, map=drawn, nothing_to_draw="" if drawn else NO_PLACE)
    if view == "charts":
        filters = {each.name: each for each in FILTERS}
        charts = tuple(draw_division(_divide(filters[name], fields, result)) for name in CHARTS)
        return msgspec.structs.replace(shown, charts=charts)
    return shown


def _view_views(fields: Fields, view: str) -> tuple[ViewLink, ...]:
    rest = list_items(fields, without=("page", VIEW))
    return tuple(
        ViewLink(label, write_url([*rest, *([(VIEW, name)] if name != "list" else [])]), name == view)
        for name, label in VIEWS.items()
    )


def keep_fields(fields: Fields, view: str) -> tuple[tuple[str, str], ...]:
    """What the form sends on that none of its fields in a view shows."""
    kept = [(VIEW, shown)] if (shown := find_view(fields)) != "list" else []
    columns = [] if view == "table" else [(COLUMN, name) for name in fields.get(COLUMN, ()) if name.strip()]
    return (*kept, *columns)


def _write_near(fields: Fields, place: str, km: int) -> str:
    """The studies of the answer with a site around a place, as a list."""
    rest = list_items(fields, without=("page", "near", "within", "sort", VIEW))
    return write_url([*rest, ("near", place), ("within", f"{km}km")])


def _divide(asked: Filter, fields: Fields, result: SearchResult) -> Division:
    counts = dict(arrange(asked, result.facets[asked.facet]))
    if asked.kind == "years":
        counts = dict(sorted(counts.items()))
    missing = result.missing[asked.facet]
    labels = list_labels(asked)
    chosen = {value.strip() for value in fields.get(asked.field, ()) if value.strip()}
    bars = [
        Bar(
            label=labels.get(value, value),
            value=value,
            count=count,
            url=_write_toggle(asked, fields, value),
            is_chosen=value in chosen,
            is_none=value == NOT_STATED,
        )
        for value, count in (*counts.items(), *([(NOT_STATED, missing)] if missing else []))
    ]
    return Division(
        name=asked.name.replace("_", "-"),
        heading=asked.label,
        bars=tuple(bars),
        is_years=asked.kind == "years",
        may_have_several=CHARTS[asked.name],
        own_filter=", ".join(sorted(labels.get(value, value) for value in chosen)),
        more_url=write_more(asked, fields) if len(counts) >= COUNTED_VALUES else "",
    )


def _write_toggle(asked: Filter, fields: Fields, value: str) -> str:
    """The address of the answer narrowed to a value as well, or without it where it is chosen."""
    items = list_items(fields)
    own = [item for item in items if item[0] == asked.field and item[1].strip() == value]
    if own:
        return write_url([item for item in items if item not in own])
    return write_url([*items, (asked.field, value)])
