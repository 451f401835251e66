"""What stands on the search page: a request read from an address, its answer made ready to be shown."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from trialbook.ask.dates import read_as_of
from trialbook.ask.filters import Wish, make_request
from trialbook.errors import QueryError
from trialbook.library import Library
from trialbook.model.study import decode_record, read_typed
from trialbook.pages.context import (
    ActiveFilter,
    ChoiceFilter,
    Fragment,
    Hit,
    Option,
    SearchView,
    Snippet,
    TextFilter,
)
from trialbook.record.addresses import study_url
from trialbook.record.pieces import find_enum_label, get_enums
from trialbook.search.engine.engine import FACETS, SearchEngine, SearchRequest, SearchResult
from trialbook.search.engine.snippets import Passage, find_passages
from trialbook.search.language.render import render_together

PAGE_SIZE = 20
MAX_PAGE = 1_000
CHOICES = (
    ("status", "Status", "OverallStatus", "Status"),
    ("phase", "Phase", "Phase", "Phase"),
    ("type", "Study type", "StudyType", "StudyType"),
    ("sex", "Sex", "Sex", "Sex"),
)
TEXTS = (
    ("country", "Country", "text", "as the registry writes it"),
    ("age", "Age in years", "number", "studies that admit this age"),
    ("start_from", "Started from", "text", "2021, 2021-08 or 2021-08-16"),
    ("start_to", "Started until", "text", ""),
    ("as_of", "As of", "text", "the records as they stood on that day"),
)
SORTS = (
    ("relevance", "Relevance"),
    ("updated", "Last update"),
    ("started", "Start date"),
    ("enrollment", "Enrolment"),
    ("id", "NCT number"),
)
RESULTS = (("true", "Posted"), ("false", "Not posted"))
EXAMPLES = (
    ("heart failure", "/?q=heart+failure"),
    ("type 2 diabetes, recruiting", "/?q=type+2+diabetes&status=RECRUITING"),
)
SHOWN_LIST = 4
# With fewer hits than this, a misspelt word is likely.
FEW = 5


def read_search(params: QueryParams) -> Wish | QueryError:
    """The request of an address, or what is wrong with it."""
    try:
        page = _read_page(params.get("page", ""))
        results = params.getlist("results")
        return Wish(
            text=params.get("q", "").strip(),
            overall_status=tuple(params.getlist("status")),
            phase=tuple(params.getlist("phase")),
            study_type=tuple(params.getlist("type")),
            sex=tuple(params.getlist("sex")),
            country=tuple(filter(None, [params.get("country", "").strip()])),
            age_years=_read_age(params.get("age", "").strip()),
            start_from=params.get("start_from", "").strip(),
            start_to=params.get("start_to", "").strip(),
            has_results=results[0] == "true" if len(results) == 1 else None,
            as_of=read_as_of(params.get("as_of", "").strip()),
            sort=_read_sort(params.get("sort", "")),
            offset=(page - 1) * PAGE_SIZE,
            limit=PAGE_SIZE,
        )
    except QueryError as error:
        return error


def _read_page(text: str) -> int:
    if not text:
        return 1
    if not (text.isascii() and text.isdigit() and 0 < int(text[:9]) <= MAX_PAGE):
        raise QueryError(f"page is no number from 1 to {MAX_PAGE}: {text[:20]!r}")
    return int(text)


def _read_age(text: str) -> float | None:
    if not text:
        return None
    try:
        age = float(text)
    except ValueError:
        age = -1.0
    if not 0 <= age <= 150:
        raise QueryError(f"age is no number of years from 0 to 150: {text[:20]!r}")
    return age


def _read_sort(text: str) -> Any:
    if text and text not in dict(SORTS):
        raise QueryError(f"there is no order called {text[:20]!r}", hint="one of " + ", ".join(dict(SORTS)))
    return text or "relevance"


def view_search(
    library: Library,
    asked: Wish | QueryError,
    params: QueryParams,
) -> SearchView:
    """The search page of a request; an error is shown in place of results."""
    if isinstance(asked, QueryError):
        return _view_error(params, asked)
    if not params:
        empty = library.engine.search(SearchRequest(limit=0))
        return SearchView(library_size=empty.total, examples=EXAMPLES)
    try:
        request = make_request(asked, facets=FACETS)
        result = library.engine.search(request)
    except QueryError as error:
        return _view_error(params, error)
    number = asked.offset // PAGE_SIZE + 1
    has_more = asked.offset + PAGE_SIZE < result.total
    return SearchView(
        query=params.get("q", ""),
        total=result.total,
        milliseconds=result.milliseconds,
        hits=tuple(_view_hit(library, nct_id, asked, result) for nct_id in result.nct_ids),
        first_rank=asked.offset + 1,
        choices=_view_choices(params, result),
        texts=_view_texts(params),
        active=_view_active(params),
        sorts=tuple(
            Option(value=value, label=label, is_selected=asked.sort == value) for value, label in SORTS
        ),
        clear_url="/?" + urlencode({"q": params.get("q", "")}),
        previous_url=_page_url(params, number - 1) if number > 1 else "",
        next_url=_page_url(params, number + 1) if has_more and number < MAX_PAGE else "",
        as_of=asked.as_of or "",
        feed_url="" if asked.as_of else _write_feed_url(request),
        also_searched=result.added,
        suggestion=_view_suggestion(library.engine, params) if result.total < FEW else None,
    )


def _write_feed_url(request: SearchRequest) -> str:
    """The feed of what is new or changed among the studies of a request."""
    asked = render_together((*request.queries, *request.filters))
    return "/api/trialbook/feed" + ("?" + urlencode({"query.term": asked}) if asked else "")


def _view_suggestion(engine: SearchEngine, params: QueryParams) -> tuple[str, str] | None:
    """The query with its unknown words put right, and the address that asks for it."""
    for text in engine.suggest(params.get("q", "")):
        kept = [item for item in params.multi_items() if item[0] not in ("q", "page") and item[1]]
        return text, "/?" + urlencode([("q", text), *kept])
    return None


def _view_error(params: QueryParams, error: QueryError) -> SearchView:
    """The page without an answer: what was asked stays in its fields, to be put right there."""
    return SearchView(
        query=params.get("q", ""),
        error=str(error),
        choices=tuple(filter_ for filter_ in _view_choices(params, None) if filter_.options),
        texts=_view_texts(params),
        active=_view_active(params),
        clear_url="/?" + urlencode({"q": params.get("q", "")}),
    )


def _view_texts(params: QueryParams) -> tuple[TextFilter, ...]:
    return tuple(
        TextFilter(name=name, label=label, kind=_kind(kind), value=params.get(name, ""), hint=hint)
        for name, label, kind, hint in TEXTS
    )


def _kind(kind: str) -> Any:
    return kind


def _page_url(params: QueryParams, number: int) -> str:
    kept = [(name, value) for name, value in params.multi_items() if name != "page" and value]
    return "/?" + urlencode([*kept, ("page", number)])


def _view_choices(params: QueryParams, result: SearchResult | None) -> tuple[ChoiceFilter, ...]:
    facets = result.facets if result else {}
    filters = []
    for name, label, piece, enum in CHOICES:
        counts = facets.get(piece, {})
        chosen = params.getlist(name)
        listed = [value.value for value in get_enums()[enum]]
        values = listed + [value for value in (*counts, *chosen) if value not in listed]
        options = tuple(
            Option(
                value=value,
                label=find_enum_label(enum, value) or value,
                count=counts.get(value, 0) if result else None,
                is_selected=value in chosen,
            )
            for value in dict.fromkeys(values)
            if value in counts or value in chosen
        )
        filters.append(ChoiceFilter(name=name, label=label, options=options))
    has_results = facets.get("HasResults", {})
    filters.append(
        ChoiceFilter(
            name="results",
            label="Results",
            options=tuple(
                Option(
                    value=value,
                    label=label,
                    count=has_results.get(value, 0) if result else None,
                    is_selected=value in params.getlist("results"),
                )
                for value, label in RESULTS
            ),
        )
    )
    return tuple(filters)


def _view_active(params: QueryParams) -> tuple[ActiveFilter, ...]:
    labels = {name: label for name, label, *_ in (*CHOICES, *TEXTS, ("results", "Results posted"))}
    items = params.multi_items()
    active = []
    for position, (name, value) in enumerate(items):
        if name in labels and value:
            rest = [item for at, item in enumerate(items) if at != position and item[0] != "page" and item[1]]
            words = value.replace("_", " ").lower() if value.isupper() else value
            active.append(
                ActiveFilter(label=f"{labels[name]}: {words}", remove_url="/?" + urlencode(rest or {"q": ""}))
            )
    return tuple(active)


def _view_hit(library: Library, nct_id: str, asked: Wish, result: SearchResult) -> Hit:
    record = decode_record(library.get_body(nct_id, as_of=asked.as_of))
    study, _ = read_typed(record)
    sponsors = study.protocol.sponsor_collaborators_module
    lead = sponsors.lead_sponsor if sponsors else None
    start, end = study.status.start_date_struct, study.status.completion_date_struct
    url = study_url(nct_id) + ("?" + urlencode({"as_of": asked.as_of}) if asked.as_of else "")
    return Hit(
        nct_id=nct_id,
        title=study.brief_title or study.official_title,
        url=url,
        status=study.overall_status or "",
        study_type=study.study_type or "",
        phases=tuple(study.phases),
        conditions=study.conditions[:SHOWN_LIST],
        interventions=tuple(item.name or "" for item in study.interventions[:SHOWN_LIST]),
        sponsor=(lead.name or "") if lead else "",
        enrollment_count=study.enrollment_count,
        start_date=(start.date or "") if start else "",
        completion_date=(end.date or "") if end else "",
        has_results=bool(study.has_results),
        snippets=tuple(map(_view_passage, find_passages(record, result.words))),
    )


def _view_passage(passage: Passage) -> Snippet:
    fragments, at = [], 0
    for start, end in passage.spans:
        if start > at:
            fragments.append(Fragment(text=passage.text[at:start]))
        fragments.append(Fragment(text=passage.text[start:end], is_hit=True))
        at = end
    fragments.append(Fragment(text=passage.text[at:]))
    return Snippet(label=_label_piece(passage.piece), fragments=tuple(fragments))


def _label_piece(name: str) -> str:
    words = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name).strip()
    return words.capitalize().replace(" mesh ", " MeSH ")
