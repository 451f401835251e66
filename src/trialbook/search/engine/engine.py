"""Which studies answer a request, in what order, and how do they divide?"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

import msgspec
import tantivy
from tantivy import Query as IndexQuery

from trialbook.errors import QueryError
from trialbook.model.dates import find_asked_day
from trialbook.record.pieces import DATED
from trialbook.search.engine import completion, spelling
from trialbook.search.engine.facets import (
    FACET_SIZE,
    REFUSED,
    YEARS,
    Counted,
    Counts,
    FacetCounter,
    is_countable,
    keep_most,
)
from trialbook.search.engine.gazetteer import Place, make_finder
from trialbook.search.engine.names import Names
from trialbook.search.engine.note_query import FIELDS, WEIGHTS, NoteWeights
from trialbook.search.engine.order import (
    DISTANCE,
    MOST_DECAYED,
    NEWEST,
    RELEVANCE,
    Found,
    GeoDecay,
    Hit,
    Origin,
    SortKey,
    collect,
    collect_near,
    collect_tiers,
    count_matches,
    find_ids,
    score_by_distance,
)
from trialbook.search.engine.paging import (
    MOST_KEPT,
    Bookmark,
    Page,
    PageTokenError,
    compute_fingerprint,
    read_token,
    write_token,
)
from trialbook.search.engine.reader import Compiled, FindRefusing, Reader, ReadRecord
from trialbook.search.engine.towns import TownCounts, count_towns
from trialbook.search.index.disk import StudyIndex
from trialbook.search.index.document import compute_order
from trialbook.search.index.schema import get_schema
from trialbook.search.language.render import render_query
from trialbook.search.language.syntax import Query

if TYPE_CHECKING:
    from trialbook.patient.note import PatientNote

FACETS = (
    "OverallStatus",
    "Phase",
    "StudyType",
    "Sex",
    "StdAge",
    "LocationCountry",
    "LeadSponsorClass",
    "HasResults",
)
BEST_FIRST = SortKey(RELEVANCE, descending=True)
NEWEST_FIRST = SortKey(NEWEST, descending=True)
MOST_FACETS = 50
MAX_WINDOW = 100_000

# Of fewer, to score all costs less than to go through the lists of each score.
LEAST_BY_TIERS = 2_000
# No place on the earth is further away.
HALF_ROUND_KM = 20_040.0
MAX_DEPTH = 5_000_000
MAX_PAGE = 1_000
# What criteria refuse is counted for so many studies at most.
MOST_REFUSING = 5_000

# Gives, for ids of studies and a day, how many refuse a person who has one thing, by that thing, and how many none.
CountRefused = Callable[[Sequence[str], date], tuple[dict[str, int], int]]


class SearchRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked.

    Attributes
    ----------
    queries
        Parsed queries, all of which must match; they rank.
    filters
        Parsed queries, all of which must match; they never touch the order.
    sort
        At most two keys; () stands for relevance where a query ranks, else for the order of ids. Where
        "@distance" is the only one, relevance is the second.
    origin
        The point from which "@distance" counts.
    geo_decay
        Lets scores fall with distance; without effect beside `sort` and on more than 10,000 studies.
    facets, facet_size
        Pieces to count by value (`is_countable`), and how many values of each.
    own_filters
        Those of `filters` that choose among the values of a facet, each with it. A facet is counted without
        its own filters, so that the values beside those chosen stay in sight.
    note, note_weights
        What a note says of a patient; it ranks, and finds whatever has one of its concepts or words.
    among
        Ids of the only studies to look at; None for all.
    as_of
        The day (ISO) at whose end the records are asked; None for now.
    offset, limit
        The window; `offset` + `limit` is at most 100,000.
    """

    queries: tuple[Query, ...] = ()
    filters: tuple[Query, ...] = ()
    sort: tuple[SortKey, ...] = ()
    origin: Origin | None = None
    geo_decay: GeoDecay | None = None
    facets: tuple[str, ...] = ()
    facet_size: int = FACET_SIZE
    own_filters: tuple[tuple[str, Query], ...] = ()
    note: PatientNote | None = None
    note_weights: NoteWeights = WEIGHTS
    among: tuple[str, ...] | None = None
    as_of: str | None = None
    offset: int = 0
    limit: int = 10

    @property
    def is_ranked(self) -> bool:
        """Whether anything tells one answer from another."""
        return bool(self.queries) or self.note is not None

    def without_own(self, facet: str) -> SearchRequest:
        """The request without the filters that choose among the values of a facet."""
        own = {query for name, query in self.own_filters if name == facet}
        return msgspec.structs.replace(
            self,
            filters=tuple(query for query in self.filters if query not in own),
            own_filters=tuple(each for each in self.own_filters if each[0] != facet),
        )

    def for_counting(self, facets: Sequence[str] = (), facet_size: int = FACET_SIZE) -> SearchRequest:
        """The request that finds the same studies and only counts them, those that are found alone."""
        return msgspec.structs.replace(
            self,
            queries=(),
            filters=(*self.queries, *self.filters),
            sort=(),
            geo_decay=None,
            facets=tuple(facets),
            facet_size=facet_size,
            own_filters=(),
            offset=0,
            limit=0,
        )


class SearchResult(msgspec.Struct, frozen=True, kw_only=True):
    """The answer: how many studies match, the ids of the asked window, and counts by value.

    `words` are those to look for in the answers, `added` the other names that were searched for, `missing` how
    many of the studies that are counted by a facet have no value of it.
    """

    total: int
    nct_ids: tuple[str, ...]
    scores: tuple[float, ...]
    words: tuple[str, ...]
    added: tuple[str, ...]
    facets: Counts
    missing: dict[str, int]
    milliseconds: float


class Window(msgspec.Struct, frozen=True):
    """A part of an answer, as it comes from one state of the index."""

    nct_ids: tuple[str, ...]
    scores: tuple[float, ...]
    total: int
    words: tuple[str, ...]
    added: tuple[str, ...]
    facets: Counts
    missing: dict[str, int]


class Collected(NamedTuple):
    """A window, how many match in all where that was counted, and else about how many do."""

    hits: list[Hit]
    total: int | None
    about: int = 0


class SearchEngine:
    """Answers requests over one index; serves all threads of a process.

    Parameters
    ----------
    index
        The library's index.
    thesaurus
        Where other names for the same come from; None for none.
    read_record
        Gives a record's JSON by id and day, for the few query parts that the index cannot decide.
    find_refusing, count_refused
        Give the studies that refuse a person, and what studies refuse; None where nothing knows them.
    """

    def __init__(
        self,
        index: StudyIndex,
        *,
        thesaurus: Names | None,
        read_record: ReadRecord,
        find_refusing: FindRefusing | None = None,
        count_refused: CountRefused | None = None,
    ) -> None:
        self._index, self._names, self._read_record = index, thesaurus, read_record
        self._find_refusing, self._count_refused = find_refusing, count_refused
        self._kept: OrderedDict[int, Reader] = OrderedDict()
        self._newest: Reader | None = None
        self._lock = threading.Lock()
        self._counter = FacetCounter()

    @property
    def state(self) -> int:
        """The number of the state of the index that answers now; no other state has it, in any process."""
        return self._open_reader().number

    @property
    def reached(self) -> tuple[int, str]:
        """The number of the last change of the records that the index certainly holds, and the store's mark of it."""
        snapshot = self._index.snapshot()
        return snapshot.seq, snapshot.mark

    def search(self, request: SearchRequest) -> SearchResult:
        """Answer a request.

        Raises
        ------
        QueryError
            A query asks for too much, a facet cannot be counted, or the window lies too deep.
        """
        started = time.perf_counter()
        _check_request(request)
        if request.offset < 0 or request.limit < 0 or request.offset + request.limit > MAX_WINDOW:
            raise QueryError(f"results can be read up to number {MAX_WINDOW:,}", hint="narrow the search")
        window = self._answer(self._open_reader(), request, offset=request.offset, limit=request.limit)
        milliseconds = (time.perf_counter() - started) * 1000
        return SearchResult(**msgspec.structs.asdict(window), milliseconds=milliseconds)

    def count_towns(self, request: SearchRequest) -> TownCounts:
        """Where the studies of a request, all of them, have sites, and open ones; raises QueryError."""
        reader = self._open_reader()
        plain = request.for_counting()
        filters = [reader.compile(query, plain.as_of).query for query in plain.filters]
        return count_towns(reader.searcher, reader.join([], filters, plain.as_of), reader.town_names)

    def search_page(
        self,
        request: SearchRequest,
        *,
        page_size: int,
        page_token: str | None = None,
        count_total: bool = False,
    ) -> Page:
        """A page of an answer; each study is met once by whoever follows the tokens.

        Raises
        ------
        PageTokenError
            The token is none, belongs to another request, or has lapsed.
        QueryError
            As `search`.
        """
        _check_request(request)
        fingerprint = _fingerprint(request)
        size = max(1, min(page_size, MAX_PAGE))
        place = read_token(page_token, fingerprint) if page_token else None
        if not request.is_ranked and not request.sort and request.geo_decay is None:
            window, token = self._walk_by_id(request, place, size, fingerprint)
        else:
            window, token = self._walk_by_state(request, place, size, fingerprint)
        return Page(
            nct_ids=window.nct_ids,
            total=window.total if count_total and place is None else None,
            next_page_token=token,
            words=window.words,
            added=window.added,
        )

    def explain_note(
        self,
        note: PatientNote,
        nct_ids: Sequence[str],
        *,
        as_of: str | None = None,
        fields: tuple[str, ...] = FIELDS,
    ) -> dict[str, tuple[str, ...]]:
        """Why studies came up for a patient's note: what both say, in the note's words, conditions first.

        `fields` are those of the index that are looked into.

        Raises
        ------
        QueryError
            More than 1,000 studies are asked for, or `as_of` is no date.
        """
        if len(nct_ids) > MAX_PAGE:
            raise QueryError(f"at most {MAX_PAGE:,} studies can be explained at once")
        return self._open_reader().find_reasons(note, nct_ids, as_of, fields)

    def suggest(self, text: str) -> tuple[str, ...]:
        """The text with words that no study has put right, the likeliest first."""
        return spelling.suggest(self._open_reader().searcher, text)

    def find_words(self, beginning: str) -> list[str]:
        """Words that some version of a study has and that begin so, the most frequent first."""
        return completion.find_words(self._open_reader().searcher, beginning)

    def suggest_places(self, text: str) -> tuple[str, ...]:
        """Places that may be meant by a text that names none, the likeliest first."""
        return spelling.suggest_places(self._open_reader().searcher, text)

    def find_place(self, text: str) -> Place:
        """The place that a text means, those where studies have sites first; raises QueryError for none."""
        return make_finder(self._open_reader().searcher)(text)

    def _walk_by_id(
        self, request: SearchRequest, place: Bookmark | None, size: int, fingerprint: bytes
    ) -> tuple[Window, str | None]:
        after = None if place is None else place.after
        if place is not None and after is None:
            raise PageTokenError("pageToken belongs to another request")
        window = self._answer(self._open_reader(), request, offset=0, limit=size, after=after)
        token = None
        if window.total > len(window.nct_ids):
            token = write_token(fingerprint, Bookmark(after=compute_order(window.nct_ids[-1])))
        return window, token

    def _walk_by_state(
        self, request: SearchRequest, place: Bookmark | None, size: int, fingerprint: bytes
    ) -> tuple[Window, str | None]:
        reader, offset = self._open_reader(), 0
        if place is not None:
            reader, offset = self._find_kept(place), place.offset
        window = self._answer(reader, request, offset=offset, limit=size)
        following = offset + len(window.nct_ids)
        if not window.nct_ids or following >= window.total:
            return window, None
        self._keep(reader)
        return window, write_token(fingerprint, Bookmark(state=reader.number, offset=following))

    def _open_reader(self) -> Reader:
        snapshot = self._index.snapshot()
        with self._lock:
            if self._newest is None or self._newest.number != snapshot.number:
                self._newest = Reader(snapshot, self._names, self._read_record, self._find_refusing)
            return self._newest

    def _keep(self, reader: Reader) -> None:
        with self._lock:
            self._kept[reader.number] = reader
            self._kept.move_to_end(reader.number)
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)

    def _find_kept(self, place: Bookmark) -> Reader:
        with self._lock:
            reader = self._kept.get(place.state) if place.after is None else None
            if reader is None or place.offset > MAX_DEPTH:
                raise PageTokenError("pageToken has lapsed", hint="begin again with the first page")
            self._kept.move_to_end(place.state)
            return reader

    def _answer(
        self, reader: Reader, request: SearchRequest, *, offset: int, limit: int, after: int | None = None
    ) -> Window:
        """The window of an answer in one state of the index."""
        plain = [reader.compile(query, request.as_of) for query in request.queries]
        filters = [reader.compile(query, request.as_of).query for query in request.filters]
        noted = [reader.compile_note(request.note, request.note_weights)] if request.note else []
        if request.among is not None:
            filters.append(IndexQuery.term_set_query(get_schema(), "nct_id", list(request.among)))
        if after is not None:
            filters.append(_after(after))

        def join(compiled: Sequence[Compiled]) -> IndexQuery:
            return reader.join([each.query for each in (*compiled, *noted)], filters, request.as_of)

        def leave_out(facet: str) -> IndexQuery:
            own = {query for name, query in request.own_filters if name == facet}
            kept = [each for query, each in zip(request.filters, filters, strict=False) if query not in own]
            return reader.join(
                [each.query for each in (*plain, *noted)],
                [*kept, *filters[len(request.filters) :]],
                request.as_of,
            )

        counted = join(plain)
        has_decay = request.geo_decay is not None and not request.sort
        if has_decay and count_matches(reader.searcher, counted) > MOST_DECAYED:
            request = msgspec.structs.replace(request, geo_decay=None)
        found: Collected | None = None
        if _ranks_by_words_alone(request):
            found = _collect_tiers(reader, request, filters, offset=offset, limit=limit)
        if found is None and _ranks_by_words_alone(request) and reader.outline(request.queries).has_tail:
            best = reader.compile_ranked(request.queries, request.as_of, is_best=True)
            found = _collect_best(reader, join(best), offset=offset, limit=limit)
        if found is None:
            sort = _find_sort(request)
            is_scored = request.is_ranked and any(key.field == RELEVANCE for key in sort)
            compiled = reader.compile_ranked(request.queries, request.as_of) if is_scored else []
            ranked = join(compiled) if is_scored else counted
            if is_scored and _ranks_by_words_alone(request) and not any(each.ranks for each in compiled):
                # To find out that all are equals costs more than to count them.
                ranked, sort = counted, (NEWEST_FIRST,)
            found = Collected(*self._collect(reader, request, ranked, sort, offset=offset, limit=limit))
        facets, missing, total = self._count_facets(reader, request, counted, found, leave_out)
        return Window(
            tuple(find_ids(reader.searcher, [address for _, address in found.hits])),
            tuple(float(score) for score, _ in found.hits),
            total,
            tuple(dict.fromkeys(word for each in (*plain, *noted) for word in each.words)),
            tuple(dict.fromkeys(name for each in plain for name in each.added)),
            facets,
            missing,
        )

    def _count_facets(
        self,
        reader: Reader,
        request: SearchRequest,
        counted: IndexQuery,
        found: Collected,
        leave_out: Callable[[str], IndexQuery],
    ) -> Counted:
        """The counts of all facets, each without its own filters, and of all matches."""
        chosen = {name for name, _ in request.own_filters}
        day = find_asked_day(request.as_of)
        plain = [name for name in request.facets if name not in chosen and name != REFUSED]
        size = request.facet_size
        values, missing, total = self._counter.count(
            reader.searcher, counted, plain, size, day=day, total=found.total, about=found.about
        )
        for name in dict.fromkeys(request.facets):
            if name in chosen:
                # Of all matches without the filter only what time makes true and years have need.
                among = None if name in DATED or name in YEARS else total
                more = self._counter.count(
                    reader.searcher, leave_out(name), [name], size, day=day, total=among
                )
                values |= more.values
                missing |= more.missing
        if REFUSED in request.facets:
            counts, none = self._find_refused(reader, request, counted, total, day)
            values[REFUSED], missing[REFUSED] = keep_most(counts, size), none
        return Counted(
            {name: values[name] for name in request.facets},
            {name: missing[name] for name in request.facets},
            total,
        )

    def _find_refused(
        self, reader: Reader, request: SearchRequest, counted: IndexQuery, total: int, day: date
    ) -> tuple[dict[str, int], int]:
        if self._count_refused is None:
            raise QueryError("what criteria refuse is not known here")
        if request.as_of is not None:
            raise QueryError(
                "what criteria refuse is known of today's versions alone", hint="ask without a day"
            )
        if total > MOST_REFUSING:
            raise QueryError(
                f"what criteria refuse is counted for at most {MOST_REFUSING:,} studies, and {total:,} match",
                hint="narrow the search",
            )
        hits, _ = collect(reader.searcher, counted, (), offset=0, limit=total)
        return self._count_refused(find_ids(reader.searcher, [address for _, address in hits]), day)

    def _collect(
        self,
        reader: Reader,
        request: SearchRequest,
        query: IndexQuery,
        sort: Sequence[SortKey],
        *,
        offset: int,
        limit: int,
    ) -> Found:
        if sort and sort[0].field == DISTANCE:
            return collect(
                reader.searcher,
                _rank_by_distance(reader, request, query),
                (BEST_FIRST, *sort[1:]),
                offset=offset,
                limit=limit,
                relevance=query,
            )
        decay = request.geo_decay
        if decay is not None and not request.sort:
            near = reader.places.find_within(decay.latitude, decay.longitude, decay.radius_km)
            return collect_near(
                reader.searcher,
                query,
                decay,
                near,
                offset=offset,
                limit=limit,
                is_ranked=request.is_ranked,
            )
        return collect(reader.searcher, query, sort, offset=offset, limit=limit)


def _find_sort(request: SearchRequest) -> tuple[SortKey, ...]:
    """The keys of the order: the most relevant come first where nothing else is asked, and among those as near."""
    is_by_distance_alone = [key.field for key in request.sort] == [DISTANCE]
    best = (BEST_FIRST,) if request.is_ranked and (is_by_distance_alone or not request.sort) else ()
    return (*request.sort, *best)


def _rank_by_distance(reader: Reader, request: SearchRequest, query: IndexQuery) -> IndexQuery:
    if request.origin is None:
        raise QueryError("there is no place to sort by distance from")
    origin = request.origin
    places = reader.places.find_within(origin.latitude, origin.longitude, HALF_ROUND_KM)
    return score_by_distance(query, places, origin.reach_km)


def _ranks_by_words_alone(request: SearchRequest) -> bool:
    return request.note is None and request.geo_decay is None and request.sort in ((), (BEST_FIRST,))


def _collect_tiers(
    reader: Reader,
    request: SearchRequest,
    filters: Sequence[IndexQuery],
    *,
    offset: int,
    limit: int,
) -> Collected | None:
    """The window, where the best matches are known by their scores and it lies within them; None elsewhere."""
    stop = offset + limit
    tiers = reader.find_tiers(request.queries) if stop <= MAX_PAGE else None
    about = sum(each.most for each in tiers or ())
    if not tiers or about < LEAST_BY_TIERS:
        return None
    asked = (each._replace(query=reader.join([each.query], filters, request.as_of)) for each in tiers)
    hits = collect_tiers(reader.searcher, asked, limit=stop)
    return Collected(hits[offset:], None, about) if len(hits) == stop else None


def _collect_best(reader: Reader, best: IndexQuery, *, offset: int, limit: int) -> Collected | None:
    """The window, where it lies wholly within the best matches; None where it does not."""
    hits, count = collect(reader.searcher, best, (BEST_FIRST,), offset=offset, limit=limit)
    return Collected(hits, None, count) if count >= offset + limit else None


def _after(order: int) -> IndexQuery:
    return IndexQuery.range_query(
        get_schema(), "order", tantivy.FieldType.Unsigned, order, None, include_lower=False
    )


def _fingerprint(request: SearchRequest) -> bytes:
    return compute_fingerprint(
        (
            [(query.default_area, render_query(query)) for query in request.queries],
            [(query.default_area, render_query(query)) for query in request.filters],
            request.sort,
            request.origin,
            request.geo_decay,
            request.note,
            request.note_weights,
            request.among,
            request.as_of,
        )
    )


def _check_request(request: SearchRequest) -> None:
    if len(request.facets) > MOST_FACETS:
        raise QueryError(f"at most {MOST_FACETS} fields can be counted at once")
    for name in request.facets:
        if not is_countable(name):
            raise QueryError(
                f"studies cannot be counted by `{name[:60]}`",
                hint="fields with a list of values can, and "
                "conditions, interventions, keywords, sponsors and places",
            )


__all__ = [
    "FACETS",
    "GeoDecay",
    "Page",
    "PageTokenError",
    "SearchEngine",
    "SearchRequest",
    "SearchResult",
    "SortKey",
]
