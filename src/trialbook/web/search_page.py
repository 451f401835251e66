"""What stands on the search page? The answer to its form, the filters with their counts, the ways on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlencode

from trialbook.ask.filters import FILTERS, SORTS
from trialbook.ask.form import MAX_PAGE, PAGE_SIZE, Fields, get_text, read_form
from trialbook.ask.kinds import Filter
from trialbook.errors import QueryError
from trialbook.library import Library
from trialbook.library.hits import find_hit_facts
from trialbook.model.dates import find_asked_day
from trialbook.model.present import decode_present
from trialbook.pages.contents import (
    ActiveFilter,
    ChoiceFilter,
    Fragment,
    Hit,
    Option,
    PlaceView,
    SearchView,
    Snippet,
    TextFilter,
)
from trialbook.record.links import study_url
from trialbook.record.pieces import find_enum_label
from trialbook.search.engine.engine import SearchEngine, SearchRequest
from trialbook.search.engine.facets import Counts
from trialbook.search.engine.snippets import Passage, find_passages
from trialbook.search.language.render import render_together
from trialbook.web.search_place import read_typed_place, suggest_place, view_place, view_site

EXAMPLES = (
    ("heart failure", "/?q=heart+failure"),
    ("type 2 diabetes, recruiting", "/?q=type+2+diabetes&status=RECRUITING"),
)
# The forms that people take away, as they are called beside the answer.
DOWNLOADS = (
    ("CSV", "csv"),
    ("CSV for Excel", "excel.csv"),
    ("Excel", "xlsx"),
    ("RIS (references)", "ris"),
    ("JSON", "json"),
    ("zip", "json.zip"),
)
AS_OF_LABEL, AS_OF_HINT = "As of", "the records as they stood on that day"
SHOWN_LIST = 4
# With fewer hits than this, a misspelt word is likely.
FEW = 5


def compose_search(library: Library, fields: Fields) -> SearchView:
    """The search page for the fields of its form; an error is shown in place of results."""
    engine = library.engine
    if not fields:
        empty = engine.search(SearchRequest(limit=0))
        return SearchView(library_size=empty.total, examples=EXAMPLES, index_lag=library.index_lag)
    given, fields = fields, read_typed_place(library, fields)
    try:
        request = read_form(fields, library.find_place)
        result = engine.search(request)
        place = view_place(library, given, fields, request, result.total)
    except QueryError as error:
        return _view_error(engine, given, error)
    number = request.offset // PAGE_SIZE + 1
    has_more = request.offset + PAGE_SIZE < result.total
    sort = get_text(fields, "sort") or "relevance"
    return SearchView(
        query=get_text(fields, "q"),
        total=result.total,
        milliseconds=result.milliseconds,
        hits=tuple(_view_hits(library, result.nct_ids, request, result.words)),
        first_rank=request.offset + 1,
        choices=_view_choices(fields, result.facets),
        texts=_view_texts(fields, result.facets),
        place=place,
        active=_view_active(fields),
        sorts=tuple(
            Option(value=name, label=each.label, is_selected=name == sort)
            for name, each in SORTS.items()
            if name != "distance" or place.near
        ),
        clear_url=_write_url([("q", get_text(fields, "q"))]),
        previous_url=_page_url(fields, number - 1) if number > 1 else "",
        next_url=_page_url(fields, number + 1) if has_more and number < MAX_PAGE else "",
        as_of=request.as_of or "",
        feed_url="" if request.as_of else _write_feed_url(request),
        downloads=tuple((label, _write_export_url(request, form)) for label, form in DOWNLOADS),
        also_searched=result.added,
        index_lag=library.index_lag,
        suggestion=_view_suggestion(engine, fields) if result.total < FEW else None,
    )


def _list_items(fields: Fields, *, without: Sequence[str] = ("page",)) -> list[tuple[str, str]]:
    """The fields that have a value, one by one."""
    return [
        (name, value)
        for name, values in fields.items()
        if name not in without
        for value in values
        if value.strip()
    ]


def _write_url(items: Sequence[tuple[str, str]]) -> str:
    return "/?" + urlencode(items)


def _write_feed_url(request: SearchRequest) -> str:
    """The feed of what is new or changed among the studies of a request."""
    asked = render_together((*request.queries, *request.filters))
    return "/api/trialbook/feed" + ("?" + urlencode({"query.term": asked}) if asked else "")


def _write_export_url(request: SearchRequest, form: str) -> str:
    """Where all studies of a request leave as one file in a form."""
    asked = render_together((*request.queries, *request.filters))
    given = {"query.term": asked, "as_of": request.as_of or "", "format": form}
    return "/api/trialbook/export?" + urlencode({name: value for name, value in given.items() if value})


def _view_suggestion(engine: SearchEngine, fields: Fields) -> tuple[str, str] | None:
    """The query with its unknown words, or a country, put right, and the address that asks for it."""
    for text in engine.suggest(get_text(fields, "q")):
        return text, _write_url([("q", text), *_list_items(fields, without=("q", "page"))])
    for name in fields.get("country", ()):
        for better in engine.suggest_places(name):
            others = _list_items(fields, without=("country", "page"))
            return better, _write_url([*others, ("country", better)])
    return None


def _view_error(engine: SearchEngine, fields: Fields, error: QueryError) -> SearchView:
    """The page without an answer: what was asked stays in its fields, to be put right there."""
    return SearchView(
        query=get_text(fields, "q"),
        error=str(error),
        choices=tuple(filter_ for filter_ in _view_choices(fields, None) if filter_.options),
        texts=_view_texts(fields, {}),
        place=PlaceView(near=get_text(fields, "near"), within=get_text(fields, "within")),
        suggestion=suggest_place(engine, fields),
        active=_view_active(fields),
        clear_url=_write_url([("q", get_text(fields, "q"))]),
    )


def _page_url(fields: Fields, number: int) -> str:
    return _write_url([*_list_items(fields), ("page", str(number))])


def _view_texts(fields: Fields, facets: Counts) -> tuple[TextFilter, ...]:
    """The filters that are typed; the values that the answers have are offered."""
    filters = [
        TextFilter(
            name=each.field,
            label=each.label,
            kind="number" if each.kind == "age" else "text",
            value=get_text(fields, each.field),
            hint=each.hint,
            suggestions=tuple(facets.get(each.facet, ())) if each.kind == "texts" else (),
        )
        for each in FILTERS
        if each.kind not in ("choices", "yes_no", "place", "radius")
    ]
    as_of = TextFilter(name="as_of", label=AS_OF_LABEL, value=get_text(fields, "as_of"), hint=AS_OF_HINT)
    return (*filters, as_of)


def _view_choices(fields: Fields, facets: Counts | None) -> tuple[ChoiceFilter, ...]:
    """The filters with boxes to tick, with counts; without an answer those that were ticked."""
    filters = []
    for each in FILTERS:
        if each.kind in ("choices", "yes_no"):
            chosen = fields.get(each.field, ())
            # Without a facet nothing is counted, and every value is offered.
            counts = (facets or {}).get(each.facet, {}) if each.facet else dict.fromkeys(each.choices)
            labels = _list_labels(each)
            options = tuple(
                Option(
                    value=value,
                    label=labels.get(value, value),
                    count=(counts.get(value) or 0) if facets is not None and each.facet else None,
                    is_selected=value in chosen,
                )
                for value in dict.fromkeys((*labels, *counts, *chosen))
                if value in counts or value in chosen or each.kind == "yes_no"
            )
            filters.append(ChoiceFilter(name=each.field, label=each.label, options=options))
    return tuple(filters)


def _list_labels(asked: Filter) -> dict[str, str]:
    """The values that a filter's boxes may have, with the words beside them."""
    if asked.kind == "yes_no":
        return dict(zip(("true", "false"), asked.answers, strict=True))
    return {value: find_enum_label(asked.enum, value) or value for value in asked.choices}


def _view_active(fields: Fields) -> tuple[ActiveFilter, ...]:
    """The filters in force, each with the address without it."""
    known = {each.field: each for each in FILTERS}
    items, active = _list_items(fields), []
    for position, (name, value) in enumerate(items):
        if name in known or name == "as_of":
            label = known[name].label if name in known else AS_OF_LABEL
            rest = [item for at, item in enumerate(items) if at != position]
            words = _write_words(known.get(name), value)
            active.append(ActiveFilter(label=f"{label}: {words}", remove_url=_write_url(rest or [("q", "")])))
    return tuple(active)


def _write_words(asked: Filter | None, value: str) -> str:
    if asked is not None and asked.kind == "yes_no":
        return _list_labels(asked).get(value, value)
    return value.replace("_", " ").lower() if value.isupper() else value


def _view_hits(
    library: Library, nct_ids: Sequence[str], request: SearchRequest, words: tuple[str, ...]
) -> Iterator[Hit]:
    """The studies of a page; a damaged one is named among them, one that has gone meanwhile is left out."""
    for nct_id in nct_ids:
        body = library.read_known(nct_id, request.as_of)
        if isinstance(body, bytes):
            yield _view_hit(decode_present(body), nct_id, request, words)
        elif body is not None:
            yield Hit(nct_id=nct_id, title="", url=study_url(nct_id), problem=str(body))


def _view_hit(record: dict[str, Any], nct_id: str, request: SearchRequest, words: tuple[str, ...]) -> Hit:
    facts = find_hit_facts(record, nct_id, find_asked_day(request.as_of), request.origin)
    as_of = request.as_of
    return Hit(
        nct_id=nct_id,
        title=facts.title,
        url=study_url(nct_id) + ("?" + urlencode({"as_of": as_of}) if as_of else ""),
        status=facts.status,
        status_age=facts.status_age,
        is_outdated=facts.is_outdated,
        study_type=facts.study_type,
        phases=facts.phases,
        conditions=facts.conditions[:SHOWN_LIST],
        interventions=facts.interventions[:SHOWN_LIST],
        sponsor=facts.sponsor,
        enrollment_count=facts.enrollment_count,
        start_date=facts.start_date,
        completion_date=facts.completion_date,
        has_results=facts.has_results,
        site=view_site(facts.nearest_site),
        snippets=tuple(map(_view_passage, find_passages(record, words))),
    )


def _view_passage(passage: Passage) -> Snippet:
    fragments, at = [], 0
    for start, end in passage.spans:
        if start > at:
            fragments.append(Fragment(text=passage.text[at:start]))
        fragments.append(Fragment(text=passage.text[start:end], is_hit=True))
        at = end
    fragments.append(Fragment(text=passage.text[at:]))
    return Snippet(label=passage.label, fragments=tuple(fragments))
