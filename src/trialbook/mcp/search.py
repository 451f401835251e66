"""The tools `search` and `facets`: which studies answer this, why, and how do they divide?"""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec

from trialbook.ask.agent import Parts, read_parts, read_sort
from trialbook.ask.filters import find_own_filters
from trialbook.errors import QueryError, RecordDamagedError, UsageError
from trialbook.library import Library
from trialbook.library.evidence import find_evidence
from trialbook.library.hits import find_hit_facts
from trialbook.library.nearby import PlaceTold, tell_place
from trialbook.library.nothing import explain_nothing
from trialbook.mcp.arguments import FacetArguments, SearchArguments
from trialbook.mcp.shown import find_shown, keep_what_fits, shorten, show_values
from trialbook.model.dates import find_asked_day
from trialbook.model.nearest import NearSite
from trialbook.model.present import decode_present
from trialbook.record.pieces import Piece
from trialbook.search.engine.engine import SearchRequest
from trialbook.search.engine.facets import YEARS, is_countable
from trialbook.search.engine.order import Origin
from trialbook.search.engine.snippets import find_passages
from trialbook.search.language.render import render_together

MOST_WORDS_SHOWN = 40
MOST_COUNTS = 1_000
# A hit in short is an entry of an index: enough to choose by, not to answer from.
INDEXED = (
    "NCTId",
    "BriefTitle",
    "OverallStatus",
    "StudyType",
    "Phase",
    "Condition",
    "InterventionName",
    "LeadSponsorName",
    "EnrollmentCount",
    "StartDate",
    "CompletionDate",
    "LastUpdatePostDate",
    "HasResults",
)
MOST_LISTED, LONGEST_LISTED = 4, 120
MOST_PASSAGES, LONGEST_PASSAGE = 3, 200
LONGEST_ECHO = 2_000
LAST_PAGE = "this is the last page: no studies are left"


def search_studies(library: Library, asked: SearchArguments) -> dict[str, Any]:
    """A page of studies in short, with the passages that they were found by."""
    parts = read_parts(asked.which(), library.find_place)
    shown = find_shown(asked.fields)
    origin = parts.near.origin if parts.near else None
    request = SearchRequest(
        queries=parts.join_queries(),
        filters=parts.join_filters(),
        sort=read_sort(asked.sort),
        origin=origin,
        as_of=parts.as_of,
    )
    page = library.engine.search_page(
        request,
        page_size=asked.limit,
        page_token=asked.page_token or None,
        count_total=not asked.page_token,
    )
    answer: dict[str, Any] = {} if page.total is None else {"total": page.total}
    answer["query"] = echo(parts)
    if lag := library.index_lag:
        answer["changes_not_searched_yet"] = lag
    if page.added:
        answer["words_added"] = list(page.added[:MOST_WORDS_SHOWN])
    areas, today = parts.find_areas(), find_asked_day(parts.as_of)
    bodies = {nct_id: library.read_known(nct_id, parts.as_of) for nct_id in page.nct_ids}
    damaged = [str(body) for body in bodies.values() if isinstance(body, RecordDamagedError)]
    if damaged:
        answer["damaged"] = damaged
    whole = {nct_id: body for nct_id, body in bodies.items() if isinstance(body, bytes)}
    hits = (
        _show_hit(body, nct_id, (today, origin), shown, page.words, areas)
        | _show_evidence(library, nct_id, request)
        for nct_id, body in whole.items()
    )
    answer["studies"] = keep_what_fits(hits)
    left_out = [*whole][len(answer["studies"]) :]
    if left_out:
        answer["shown_by_id_alone"] = list(left_out)
    answer["has_more"] = page.next_page_token is not None
    if page.next_page_token:
        answer["next_page_token"] = page.next_page_token
    elif asked.page_token:
        answer["note"] = LAST_PAGE
    if parts.near:
        answer["near"] = _show_place(
            tell_place(library, parts.near, request, 1 if page.total is None else page.total)
        )
    if page.total == 0:
        answer |= _explain_nothing(library, asked, parts)
    return answer


def _show_site(site: NearSite) -> dict[str, Any]:
    values = msgspec.structs.asdict(site).items()
    return {
        name: shorten(value, LONGEST_LISTED) if isinstance(value, str) else value
        for name, value in values
        if value != ""
    }


def _show_place(told: PlaceTold) -> dict[str, Any]:
    shown = {
        name: value for name, value in msgspec.structs.asdict(told).items() if value and name != "next_site"
    }
    if told.next_site:
        shown["next_site"] = _show_site(told.next_site)
        shown["note"] = shorten(told.next_words)
    return shown


def echo(parts: Parts) -> str:
    """The query that ran, as one expression of the query language; "ALL" where all studies were asked for."""
    written = render_together((*parts.join_queries(), *parts.join_filters())) or "ALL"
    return shorten(written, LONGEST_ECHO)


def _show_hit(
    body: bytes,
    nct_id: str,
    asked_from: tuple[date, Origin | None],
    shown: tuple[Piece, ...],
    words: tuple[str, ...],
    areas: tuple[str, ...],
) -> dict[str, Any]:
    record = decode_present(body)
    hit = show_values(record, find_shown(INDEXED), most=MOST_LISTED, longest=LONGEST_LISTED)
    facts = find_hit_facts(record, nct_id, *asked_from)
    if facts.status_age:
        hit["status_age"] = facts.status_age
    if facts.countries:
        hit["countries"] = [shorten(each, LONGEST_LISTED) for each in facts.countries[:MOST_LISTED]]
        if more := len(facts.countries) - MOST_LISTED:
            hit["countries"] += [f"… (+{more} countries)"] if more > 0 else []
    if facts.sites:
        hit["sites"] = facts.sites
    if facts.nearest_site:
        hit["nearest_site"] = _show_site(facts.nearest_site)
    hit |= show_values(record, shown)
    passages = find_passages(record, words, areas=areas, shown=frozenset({"NCTId"}))[:MOST_PASSAGES]
    if passages:
        hit["matched"] = {passage.piece: shorten(passage.text, LONGEST_PASSAGE) for passage in passages}
    return hit


def _show_evidence(library: Library, nct_id: str, request: SearchRequest) -> dict[str, Any]:
    """What the findings that were asked for rest on in a study."""
    found = find_evidence(library, nct_id, request)
    told = [
        {"finding": each.finding, "words": shorten(each.words, LONGEST_ECHO), "page": each.url}
        for each in found
    ]
    return {"evidence": told} if told else {}


def _explain_nothing(library: Library, asked: SearchArguments, parts: Parts) -> dict[str, Any]:
    """What each part finds alone, and how its words may have been meant."""
    asked_parts = {name: (query,) for name, query in parts.queries.items()} | parts.filters
    found = explain_nothing(library.engine, asked_parts, as_of=parts.as_of)
    counts = {part.name: part.alone for part in found}
    without = {part.name: part.without for part in found if part.without}
    engine = library.engine
    meant = {
        name: list(better)
        for name in parts.queries
        if counts.get(name) == 0
        and (better := (engine.suggest_places if name == "locn" else engine.suggest)(getattr(asked, name)))
    }
    if counts.get("country") == 0:
        countries = [better for name in asked.which()["country"] for better in engine.suggest_places(name)]
        meant |= {"country": countries} if countries else {}
    answer: dict[str, Any] = {"found_by_each_part_alone": counts}
    answer |= {"found_without_this_part": without} if without else {}
    return answer | ({"did_you_mean": meant} if meant else {})


def count_studies(library: Library, asked: FacetArguments) -> dict[str, Any]:
    """How many studies match, and how many of them have each value of some fields."""
    if len(asked.fields) * asked.size > MOST_COUNTS:
        raise UsageError(
            f"fields x size is more than {MOST_COUNTS:,}: ask for fewer fields or a smaller size"
        )
    parts = read_parts(asked.which(), library.find_place)
    fields = tuple(
        name for each in asked.fields for name in ((each,) if each in YEARS else _name_pieces(each))
    )
    for name in fields:
        if not is_countable(name):
            raise QueryError(
                f"studies cannot be counted by `{name}`",
                hint="fields with a list of values can, and conditions, interventions, keywords, sponsors and"
                " places; for dates and numbers count ranges: advanced=AREA[StartDate]RANGE[2024, MAX]",
            )
    result = library.engine.search(
        SearchRequest(
            queries=parts.join_queries(),
            filters=parts.join_filters(),
            as_of=parts.as_of,
            facets=fields,
            facet_size=asked.size,
            own_filters=find_own_filters(parts.filters),
            limit=0,
        )
    )
    counts = {
        name: [{"value": shorten(value), "studies": studies} for value, studies in values.items()]
        for name, values in result.facets.items()
    }
    added = {"words_added": list(result.added[:MOST_WORDS_SHOWN])} if result.added else {}
    missing = {name: studies for name, studies in result.missing.items() if studies}
    answer = {"total": result.total, "query": echo(parts), **added, "facets": counts}
    return answer | ({"not_stated": missing} if missing else {})


def _name_pieces(asked: str) -> tuple[str, ...]:
    return tuple(piece.name for piece in find_shown((asked,)))
