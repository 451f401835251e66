"""What stands on the search page? The answer to its form, the filters with their counts, the ways on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from urllib.parse import urlencode

from trialbook.ask.filters import FILTERS, SORTS
from trialbook.ask.form import BOXES, MAX_PAGE, PAGE_SIZE, Fields, get_text, name_parts, read_form
from trialbook.ask.kinds import Filter
from trialbook.errors import QueryError
from trialbook.library import Library
from trialbook.library.facets import FacetValues, arrange, count_facet
from trialbook.library.nothing import Part, explain_nothing, split_query
from trialbook.pages.answer import AnswerView
from trialbook.pages.contents import (
    FacetView,
    NothingPart,
    Option,
    PageLink,
    PlaceView,
    SearchView,
)
from trialbook.search.engine.engine import SearchEngine, SearchRequest, SearchResult
from trialbook.search.engine.facets import LONG_ANSWER
from trialbook.search.language.render import render_together
from trialbook.web.search_filters import (
    KNOWN,
    REFUSED_TITLE,
    SHOWN_VALUES,
    list_items,
    view_active,
    view_boxes,
    view_choices,
    view_options,
    view_texts,
    write_url,
    write_words,
)
from trialbook.web.search_hits import view_hits
from trialbook.web.search_place import read_typed_place, view_place
from trialbook.web.search_report import write_report_url
from trialbook.web.search_views import (
    COLUMN,
    DRAWN,
    VIEW,
    find_view,
    keep_fields,
    narrow_request,
    view_answer,
)

EXAMPLES = (
    ("heart failure", "/?q=heart+failure"),
    ("type 2 diabetes, recruiting", "/?q=type+2+diabetes&status=RECRUITING"),
    (
        "heart failure, a primary outcome changed or results overdue",
        "/?q=heart+failure+AND+%28AREA%5BPrimaryOutcomeChanged%5Dtrue+OR+AREA%5BResultsOverdue%5Dtrue%29",
    ),
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
PAGES_AROUND = 2
REFUSED_PURPOSE = (
    "How many of the studies found keep out whoever has this now, by it alone; what keeps people out of most studies"
    " stands first. Choose what a person has, and only studies that do not keep that person out are shown."
)
# So many values of a filter are listed on a page of their own, and so many letters looked for in them.
LISTED_VALUES, LONGEST_WORDS = 500, 100
FIELDS = {each.name: each.field for each in FILTERS}
# With fewer hits than this, a misspelt word is likely.
FEW = 5


def compose_search(library: Library, fields: Fields) -> SearchView:
    """The search page for the fields of its form; an error is shown in place of results."""
    engine = library.engine
    if not fields:
        empty = engine.search(SearchRequest(limit=0))
        return SearchView(
            library_size=empty.total,
            examples=EXAMPLES,
            boxes=view_boxes(fields),
            index_lag=library.index_lag,
        )
    given, fields = fields, read_typed_place(library, fields)
    try:
        request = narrow_request(read_form(fields, library.find_place), find_view(fields))
        result = engine.search(request)
        place = view_place(library, given, fields, request, result.total)
    except QueryError as error:
        return _view_error(library, given, error)
    hits = tuple(view_hits(library, result.nct_ids, request, result.words))
    pages = 0 if find_view(fields) in DRAWN else -(-result.total // PAGE_SIZE)
    number = request.offset // PAGE_SIZE + 1
    last = min(MAX_PAGE, max(1, pages))
    return SearchView(
        query=get_text(fields, "q"),
        total=result.total,
        milliseconds=result.milliseconds,
        hits=hits,
        answer=view_answer(library, fields, request, result, hits),
        first_rank=request.offset + 1,
        boxes=view_boxes(fields),
        choices=view_choices(fields, _make_counter(engine, request, result)),
        texts=view_texts(fields),
        place=place,
        active=view_active(fields),
        sorts=_view_sorts(fields) if find_view(fields) not in DRAWN else (),
        clear_url=_write_clear(fields),
        previous_url=_page_url(fields, number - 1) if number > 1 else "",
        next_url=_page_url(fields, number + 1) if number < last else "",
        pages=tuple(_view_pages(fields, number, last)) if last > 1 else (),
        page_count=last,
        as_of=request.as_of or "",
        feed_url="" if request.as_of else _write_feed_url(request),
        save_url="" if request.as_of else _write_save_url(request),
        downloads=tuple((label, _write_export_url(request, form)) for label, form in DOWNLOADS),
        report_url=write_report_url(given),
        also_searched=result.added,
        index_lag=library.index_lag,
        suggestion=_view_suggestion(library, fields) if result.total < FEW else None,
        nothing=_view_nothing(library, fields, request) if not result.total else (),
    )


def _write_clear(fields: Fields) -> str:
    """The address without any filter, in the same view."""
    return write_url(
        [("q", get_text(fields, "q")), *(item for item in list_items(fields) if item[0] in (VIEW, COLUMN))]
    )


def find_asked_study(library: Library, fields: Fields) -> str | None:
    """The study whose id is all that was asked for, in any form of it; None where there is none, or more is asked."""
    if {name for name, _ in list_items(fields, without=("sort", VIEW, COLUMN))} != {"q"}:
        return None
    return library.find_by_id(get_text(fields, "q"))


def _make_counter(
    engine: SearchEngine, request: SearchRequest, result: SearchResult
) -> Callable[[Filter], FacetValues]:
    """What counts the values of a filter: most have come with the answer; the longest lists only of short answers."""

    def count(asked: Filter) -> FacetValues:
        if asked.facet in result.facets:
            values = arrange(asked, result.facets[asked.facet])
            most = len(values) if asked.kind == "choices" else SHOWN_VALUES
            return FacetValues(values[:most], result.missing[asked.facet], max(0, len(values) - most))
        if result.total > LONG_ANSWER:
            return FacetValues(is_counted=False)
        return count_facet(engine, request, asked, most=SHOWN_VALUES)

    return count


def _view_sorts(fields: Fields) -> tuple[Option, ...]:
    asked = get_text(fields, "sort")
    chosen = asked if asked in SORTS else "relevance"
    return tuple(
        Option(value=name, label=each.label, is_selected=name == chosen)
        for name, each in SORTS.items()
        if name != "distance" or get_text(fields, "near")
    )


def _view_pages(fields: Fields, number: int, last: int) -> Iterator[PageLink]:
    """The first, the last and those around the one shown; gaps between them."""
    near = {1, last, *range(max(1, number - PAGES_AROUND), min(last, number + PAGES_AROUND) + 1)}
    before = 0
    for each in sorted(near):
        if each > before + 1:
            yield PageLink()
        yield PageLink(number=each, url="" if each == number else _page_url(fields, each))
        before = each


def _view_nothing(library: Library, fields: Fields, request: SearchRequest) -> tuple[NothingPart, ...]:
    """What the parts of a search that finds nothing find, that first whose absence would leave the most."""
    engine, parts = library.engine, name_parts(fields, library.find_place)
    words = split_query(parts["q"][0]) if list(parts) == ["q"] else {}
    if words:
        found = explain_nothing(
            engine, {name: (query,) for name, query in words.items()}, as_of=request.as_of
        )
    elif len(parts) > 1:
        found = explain_nothing(engine, parts, as_of=request.as_of)
    else:
        return ()
    return tuple(
        _view_part(fields, part, tuple(words))
        for part in sorted(found, key=lambda each: (-each.without, each.alone))
    )


def _view_part(fields: Fields, part: Part, words: tuple[str, ...]) -> NothingPart:
    if words:
        rest = " ".join(word for word in words if word != part.name)
        others = list_items(fields, without=("q", "page"))
        alone_url, without_url = write_url([("q", part.name), *others]), write_url([("q", rest), *others])
        label = f"“{part.name}”"
    else:
        names = [FIELDS.get(name, name) for name in part.name.split(", ")]
        own = [item for item in list_items(fields) if item[0] in names]
        label = " or ".join(write_words(*item) for item in own)
        alone_url, without_url = write_url(own), write_url(list_items(fields, without=(*names, "page")))
    return NothingPart(
        label=label, alone=part.alone, alone_url=alone_url, without=part.without, without_url=without_url
    )


def _write_feed_url(request: SearchRequest) -> str:
    """The feed of what is new or changed among the studies of a request."""
    asked = render_together((*request.queries, *request.filters))
    return "/api/trialbook/feed" + ("?" + urlencode({"query.term": asked}) if asked else "")


def _write_save_url(request: SearchRequest) -> str:
    """The form that saves a request; "" where it asks for nothing."""
    asked = render_together((*request.queries, *request.filters))
    return "/saved/new?" + urlencode({"asked": urlencode({"query.term": asked})}) if asked else ""


def _write_export_url(request: SearchRequest, form: str) -> str:
    """Where all studies of a request leave as one file in a form."""
    asked = render_together((*request.queries, *request.filters))
    given = {"query.term": asked, "as_of": request.as_of or "", "format": form}
    return "/api/trialbook/export?" + urlencode({name: value for name, value in given.items() if value})


def _view_suggestion(library: Library, fields: Fields) -> tuple[str, str, int] | None:
    """The words of a box, or a country, put right: as words, as an address, and how many studies that finds."""
    engine = library.engine
    for name in ("q", *BOXES):
        suggest = engine.suggest_places if name == "locn" else engine.suggest
        text = get_text(fields, name)
        for better in suggest(text) if text else ():
            return _count_better(library, fields, name, better)
    for text in fields.get("country", ()):
        for better in engine.suggest_places(text):
            return _count_better(library, fields, "country", better)
    return None


def _suggest_place(library: Library, fields: Fields) -> tuple[str, str, int] | None:
    """What a place that is none may have been meant for."""
    text = get_text(fields, "near")
    for better in library.engine.suggest_places(text) if text else ():
        return _count_better(library, fields, "near", better)
    return None


def _count_better(library: Library, fields: Fields, name: str, better: str) -> tuple[str, str, int] | None:
    changed = {**fields, name: [better]}
    try:
        total = library.engine.search(read_form(changed, library.find_place).for_counting()).total
    except QueryError:
        return None
    return better, write_url(list_items(changed)), total


def _view_error(library: Library, fields: Fields, error: QueryError) -> SearchView:
    """The page without an answer: what was asked stays in its fields, to be put right there."""
    return SearchView(
        query=get_text(fields, "q"),
        error=str(error),
        boxes=view_boxes(fields),
        choices=view_choices(fields, None),
        texts=view_texts(fields),
        place=PlaceView(near=get_text(fields, "near"), within=get_text(fields, "within")),
        suggestion=_suggest_place(library, fields),
        active=view_active(fields),
        sorts=_view_sorts(fields),
        clear_url=_write_clear(fields),
        answer=AnswerView(name=find_view(fields), kept=keep_fields(fields, "")),
    )


def _page_url(fields: Fields, number: int) -> str:
    return write_url([*list_items(fields), ("page", str(number))])


def compose_values(library: Library, fields: Fields) -> FacetView:
    """All values of a filter, of those with words that begin as `facet_q` says; raises QueryError."""
    asked = KNOWN.get(get_text(fields, "facet"))
    if asked is None or not ((asked.facet and asked.takes_several) or asked.counted_apart):
        raise QueryError(f"there are no values to choose of {get_text(fields, 'facet')[:40]!r}")
    text = get_text(fields, "facet_q")[:LONGEST_WORDS]
    rest = {name: values for name, values in fields.items() if name not in ("facet", "facet_q", "page")}
    counted = count_facet(
        library.engine, read_form(rest, library.find_place), asked, text=text, most=LISTED_VALUES
    )
    chosen = [value.strip() for value in rest.get(asked.field, ()) if value.strip()]
    return FacetView(
        label=asked.label,
        title=f"{REFUSED_TITLE} studies" if asked.counted_apart else "",
        purpose=REFUSED_PURPOSE if asked.counted_apart else "",
        name=asked.field,
        text=text,
        options=view_options(asked, chosen, counted),
        left=counted.left,
        hidden=tuple(item for item in list_items(rest) if item[0] != asked.field),
        back_url=write_url(list_items(rest)),
    )
