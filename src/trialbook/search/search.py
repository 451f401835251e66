"""Which studies answer a request, in what order, and how do they divide?"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from typing import Any, Literal

import msgspec
import tantivy
from tantivy import Occur, Query

from trialbook.errors import QueryError
from trialbook.search.document import MINUTES_A_DAY
from trialbook.search.fields import TIERS, cut_words, get_schema, order_field
from trialbook.search.index import StudyIndex, to_day_number
from trialbook.search.variants import find_variants
from trialbook.terms import Thesaurus

Sort = Literal["relevance", "updated", "started", "enrollment", "id"]
SORT_FIELDS: dict[str, tuple[str, str]] = {
    "updated": ("LastUpdatePostDate", "desc"),
    "started": ("StartDate", "desc"),
    "enrollment": ("EnrollmentCount", "desc"),
}
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
FACET_SIZE = 20
MAX_QUERY_CHARS = 2_000
MAX_QUERY_WORDS = 64
MAX_WINDOW = 100_000
MAX_ADDED = 8
ADDED_WEIGHT = 0.4
UNIT = re.compile(r'(?P<not>(?<!\S)-(?=\S))?(?:"(?P<phrase>[^"]*)"?|(?P<word>[^\s"]+))')


class SearchRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked. Filters are ANDed; the values of one filter are ORed.

    Attributes
    ----------
    text
        Words (all must occur), "phrases" and -excluded words; empty for every study.
    overall_status, phase, study_type, country, sex
        The registry's values.
    age_years
        An age that the study must admit; limits that a record does not give admit every age.
    start_from, start_to
        Partial dates, both included.
    has_results
        True, False, or None for either.
    as_of
        The day (ISO) at whose end the records are asked; None for now.
    sort, offset, limit
        Studies without the sorted value come last; `offset` + `limit` is at most 100,000.
    """

    text: str = ""
    overall_status: tuple[str, ...] = ()
    phase: tuple[str, ...] = ()
    study_type: tuple[str, ...] = ()
    country: tuple[str, ...] = ()
    sex: tuple[str, ...] = ()
    age_years: float | None = None
    start_from: str = ""
    start_to: str = ""
    has_results: bool | None = None
    as_of: str | None = None
    sort: Sort = "relevance"
    offset: int = 0
    limit: int = 20


class SearchResult(msgspec.Struct, frozen=True, kw_only=True):
    """The answer: how many studies match, the ids of the asked window, and counts by value.

    `words` are those to look for in the answers, `added` the other names that were searched for.
    """

    total: int
    nct_ids: tuple[str, ...]
    words: tuple[str, ...]
    added: tuple[str, ...]
    facets: dict[str, dict[str, int]]
    milliseconds: float


def search_studies(
    index: StudyIndex, request: SearchRequest, *, facets: bool = False, thesaurus: Thesaurus | None = None
) -> SearchResult:
    """Answer a request from the index; with a thesaurus, concepts are met under their other names too.

    Raises
    ------
    QueryError
        The text is too long or has too many words, a date is none, or the window lies too deep.
    """
    started = time.perf_counter()
    check_request(request)
    searcher = index.searcher()
    text = build_text_query(searcher, request.text, thesaurus)
    query = build_query(index, request, text.query)
    hits, total = _collect(searcher, query, request)
    nct_ids = tuple(str(searcher.doc(address).get_first("nct_id")) for address in hits)
    counts = count_facets(searcher, query) if facets else {}
    return SearchResult(
        total=total,
        nct_ids=nct_ids,
        words=text.words,
        added=text.added,
        facets=counts,
        milliseconds=(time.perf_counter() - started) * 1000,
    )


def check_request(request: SearchRequest) -> None:
    """Raise QueryError where a request is out of bounds."""
    if len(request.text) > MAX_QUERY_CHARS:
        raise QueryError(
            f"the query has {len(request.text):,} characters, at most {MAX_QUERY_CHARS:,} are allowed",
            hint="search for fewer words",
        )
    for name in ("start_from", "start_to", "as_of"):
        value = getattr(request, name)
        if value and not to_day_number(value, is_end=False):
            raise QueryError(
                f"{name} is no date: {value[:40]!r}", hint="write a date as 2021-08-16, 2021-08 or 2021"
            )
    if request.offset < 0 or request.limit < 0 or request.offset + request.limit > MAX_WINDOW:
        raise QueryError(f"results can be read up to number {MAX_WINDOW:,}", hint="narrow the search")


def build_query(index: StudyIndex, request: SearchRequest, text: Query) -> Query:
    """The index's query of a request: its text narrowed by its filters, which do not touch the order."""
    parts: list[tuple[Occur, Query]] = [(Occur.Must, text)]
    filters = [
        _any_exact("OverallStatus", request.overall_status),
        _any_exact("Phase", request.phase),
        _any_exact("StudyType", request.study_type),
        _any_exact("LocationCountry", request.country),
        _any_exact("Sex", request.sex),
        _age_query(request.age_years),
        _start_query(request.start_from, request.start_to),
        None if request.has_results is None else _exact("HasResults", str(request.has_results).lower()),
        _force_query(index, request.as_of),
    ]
    parts += [(Occur.Must, Query.const_score_query(query, 0.0)) for query in filters if query is not None]
    return Query.boolean_query(parts)


class Unit(msgspec.Struct, frozen=True):
    """One word or "phrase" of a query, with its place in the text."""

    words: tuple[str, ...]
    start: int
    end: int
    is_quoted: bool
    is_excluded: bool


def read_units(text: str) -> list[Unit]:
    """Cut a query into words and phrases; raises QueryError where there are too many."""
    units = []
    for found in UNIT.finditer(text):
        is_quoted = found["word"] is None
        words = cut_words(found["phrase"] if is_quoted else found["word"])
        if words:
            units.append(Unit(tuple(words), found.start(), found.end(), is_quoted, bool(found["not"])))
    if sum(len(unit.words) for unit in units) > MAX_QUERY_WORDS:
        raise QueryError(f"the query has more than {MAX_QUERY_WORDS} words", hint="search for fewer words")
    return units


class TextQuery(msgspec.Struct, frozen=True):
    """The index's query of a text, the words to look for in its answers, and the words that were added."""

    query: Query
    words: tuple[str, ...]
    added: tuple[str, ...]


def build_text_query(searcher: tantivy.Searcher, text: str, thesaurus: Thesaurus | None) -> TextQuery:
    """The query of free text over the fields of BasicSearch, by their weights.

    A concept that the thesaurus finds in the text may also be met under its other names, for less.
    """
    units = read_units(text)
    wanted = [unit for unit in units if not unit.is_excluded]
    parts = [(Occur.MustNot, _unit_query(searcher, unit)) for unit in units if unit.is_excluded]
    added: list[str] = []
    if not wanted:
        parts.append((Occur.Must, Query.const_score_query(Query.all_query(), 1.0)))
    for group, names in _group_by_concept(text, wanted, thesaurus):
        own = Query.boolean_query([(Occur.Must, _unit_query(searcher, unit)) for unit in group])
        others = [_name_query(searcher, name) for name in names]
        added += names
        parts.append((Occur.Must, Query.boolean_query([(Occur.Should, query) for query in (own, *others)])))
    plain = [word for unit in wanted if not unit.is_quoted for word in unit.words]
    if len(plain) > 1:
        parts.append((Occur.Should, _over_tiers(lambda field: _phrase(field, plain), boost=3.0)))
    words = [word for unit in wanted for word in unit.words]
    words += [word for name in added for word in cut_words(name)]
    return TextQuery(Query.boolean_query(parts), tuple(dict.fromkeys(words)), tuple(dict.fromkeys(added)))


def _group_by_concept(
    text: str, units: list[Unit], thesaurus: Thesaurus | None
) -> Iterator[tuple[list[Unit], list[str]]]:
    """The units of each concept together with its other names; all other units alone."""
    left = list(units)
    for expansion in thesaurus.expand(text) if thesaurus else ():
        mention = expansion.mention
        inside = [
            unit
            for unit in left
            if mention.start <= unit.start and unit.end <= mention.end and not unit.is_quoted
        ]
        if inside:
            left = [unit for unit in left if unit not in inside]
            yield inside, [synonym.text for synonym in expansion.added][:MAX_ADDED]
    for unit in left:
        yield [unit], []


def _name_query(searcher: tantivy.Searcher, name: str) -> Query:
    """Another name of a concept: as a phrase, and for less than the words that were asked for."""
    words = tuple(cut_words(name))
    unit = Unit(words, 0, 0, is_quoted=True, is_excluded=False)
    return Query.boost_query(_unit_query(searcher, unit), ADDED_WEIGHT)


def _unit_query(searcher: tantivy.Searcher, unit: Unit) -> Query:
    words = unit.words
    if len(words) > 1:
        return _over_tiers(lambda field: _phrase(field, words))
    forms = find_variants(searcher, words[0])
    return _over_tiers(
        lambda field: Query.boolean_query(
            [(Occur.Should, Query.term_query(get_schema(), field, form)) for form in forms]
        )
    )


def _over_tiers(query_of: Any, *, boost: float = 1.0) -> Query:
    """The same query on every tier, each counting by its weight."""
    return Query.boolean_query(
        [
            (Occur.Should, Query.boost_query(query_of(f"tier.{number}"), weight * boost))
            for number, (_, weight) in enumerate(TIERS)
        ]
    )


def _phrase(field: str, words: Sequence[str]) -> Query:
    return Query.phrase_query(get_schema(), field, list(words))


def _exact(piece: str, value: str) -> Query:
    return Query.term_query(get_schema(), f"exact.{piece}", value)


def _any_exact(piece: str, values: Sequence[str]) -> Query | None:
    if not values:
        return None
    return Query.boolean_query([(Occur.Should, _exact(piece, value)) for value in values])


def _age_query(years: float | None) -> Query | None:
    if years is None:
        return None
    minutes = round(years * 365.25 * MINUTES_A_DAY)
    return Query.boolean_query(
        [
            (Occur.Must, Query.all_query()),
            (Occur.MustNot, _range("MinimumAge", minutes + 1, None)),
            (Occur.MustNot, _range("MaximumAge", None, minutes - 1)),
        ]
    )


def _start_query(start_from: str, start_to: str) -> Query | None:
    if not start_from and not start_to:
        return None
    low = to_day_number(start_from, is_end=False) if start_from else None
    high = to_day_number(start_to, is_end=True) if start_to else None
    return _range("StartDate", low, high)


def _range(piece: str, low: int | None, high: int | None) -> Query:
    return Query.range_query(get_schema(), order_field(piece), tantivy.FieldType.Integer, low, high)


def _force_query(index: StudyIndex, as_of: str | None) -> Query | None:
    if as_of is None:
        return _exact("State", "current") if index.state.holds_past else None
    day = to_day_number(as_of, is_end=True)
    unsigned = tantivy.FieldType.Unsigned
    return Query.boolean_query(
        [
            (Occur.Must, Query.range_query(get_schema(), "from_day", unsigned, None, day)),
            (Occur.Must, Query.range_query(get_schema(), "to_day", unsigned, day + 1, None)),
        ]
    )


def _collect(
    searcher: tantivy.Searcher, query: Query, request: SearchRequest
) -> tuple[list[tantivy.DocAddress], int]:
    """The addresses of the asked window and the number of all matches."""
    window = max(request.limit, 1)
    if request.sort == "relevance":
        found = searcher.search(query, window, offset=request.offset)
        return _addresses(found)[: request.limit], _total(found)
    if request.sort == "id":
        found = searcher.search(
            query, window, offset=request.offset, order_by_field="order", order=tantivy.Order.Asc
        )
        return _addresses(found)[: request.limit], _total(found)
    piece, order = SORT_FIELDS[request.sort]
    has_value = Query.exists_query(order_field(piece))
    direction = tantivy.Order.Desc if order == "desc" else tantivy.Order.Asc
    with_value = Query.boolean_query([(Occur.Must, query), (Occur.Must, has_value)])
    found = searcher.search(
        with_value, window, offset=request.offset, order_by_field=order_field(piece), order=direction
    )
    addresses, count = _addresses(found), _total(found)
    without = Query.boolean_query([(Occur.Must, query), (Occur.MustNot, has_value)])
    missing = request.limit - len(addresses)
    rest = searcher.search(without, max(missing, 1), offset=max(0, request.offset - count))
    if missing > 0:
        addresses += _addresses(rest)[:missing]
    return addresses[: request.limit], count + _total(rest)


def _total(found: Any) -> int:
    return int(found.count or 0)


def _addresses(found: tantivy.SearchResult) -> list[tantivy.DocAddress]:
    return [address for _, address in found.hits]


def count_facets(
    searcher: tantivy.Searcher, query: Query, pieces: Sequence[str] = FACETS
) -> dict[str, dict[str, int]]:
    """Studies by value of each piece, the most frequent values first."""
    asked = {name: {"terms": {"field": f"exact.{name}", "size": FACET_SIZE}} for name in pieces}
    answer = searcher.aggregate(query, asked)
    return {
        name: {
            str(bucket.get("key_as_string", bucket["key"])): int(bucket["doc_count"])
            for bucket in answer.get(name, {}).get("buckets", ())
        }
        for name in pieces
    }
