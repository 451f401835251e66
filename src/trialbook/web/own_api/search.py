"""What does our own API answer to a search? More than a list: counts, passages, synonyms, suggestions."""

from __future__ import annotations

from typing import Any

import msgspec

from trialbook.ask.address import AREAS, read_asked, read_words
from trialbook.ask.dates import read_as_of
from trialbook.ask.near import Near
from trialbook.ask.parameters import TEXT_SEPARATOR, Parameters
from trialbook.ask.refusals import refuse_field, refuse_format
from trialbook.errors import ApiError, RecordDamagedError
from trialbook.export.projection import Selection, project, select_fields
from trialbook.library import Library
from trialbook.library.evidence import find_evidence
from trialbook.library.hits import find_hit_facts
from trialbook.library.nearby import tell_place
from trialbook.library.nothing import suggest_places
from trialbook.model.dates import find_asked_day
from trialbook.model.nearest import NearSite
from trialbook.model.present import decode_present
from trialbook.model.study import decode_record
from trialbook.record.pieces import find_piece, get_pieces
from trialbook.search.engine.engine import MOST_FACETS, SearchEngine, SearchRequest
from trialbook.search.engine.facets import YEARS
from trialbook.search.engine.gazetteer import FindPlace
from trialbook.search.engine.order import RELEVANCE
from trialbook.search.engine.snippets import Passage, find_passages
from trialbook.web.own_api import parameters as askable
from trialbook.web.own_api.answers import (
    DamagedStudy,
    EvidenceAnswer,
    FoundStudy,
    FragmentAnswer,
    NearAnswer,
    NearSiteAnswer,
    SearchAnswer,
    SnippetAnswer,
    ValueCount,
)
from trialbook.web.own_api.counting import count_by_reading, split_facets
from trialbook.web.own_api.parameters import read_number

BASIC = "BasicSearch"


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """A search and what is to be shown.

    Attributes
    ----------
    selection
        The part of each record.
    areas, snippets
        Where passages are looked for, and how many.
    texts
        The queries whose spelling may be wrong, by parameter.
    countries
        Those that are asked for, whose names may be wrong too.
    near
        The place that is asked for.
    """

    request: SearchRequest
    selection: Selection
    areas: tuple[str, ...]
    snippets: int
    texts: dict[str, str]
    countries: tuple[str, ...] = ()
    near: Near | None = None


def read_finding(parameters: Parameters, find_place: FindPlace) -> Finding:
    """Read a search; raises ApiError and QueryError."""
    found = read_asked(parameters, find_place)
    names = parameters.field_names(is_query_known=True) or askable.DEFAULT_FIELDS
    request = msgspec.structs.replace(
        found.request,
        facets=_read_facets(parameters),
        facet_size=read_number(parameters, askable.FACET_SIZE),
        as_of=read_as_of(parameters.text("as_of")),
        offset=read_number(parameters, askable.OFFSET),
        limit=read_number(parameters, askable.LIMIT),
    )
    return Finding(
        request=request,
        selection=select_fields(names, queried=found.queried),
        areas=found.queried or (BASIC,),
        snippets=read_number(parameters, askable.SNIPPETS),
        texts={name: text for name in AREAS if (text := read_words(parameters.text(name)))},
        countries=tuple(parameters.read_list("country", TEXT_SEPARATOR)),
        near=found.near,
    )


def _read_facets(parameters: Parameters) -> tuple[str, ...]:
    names = []
    for number, name in enumerate(parameters.read_list("facets"), 1):
        if len(name) > 100:
            raise refuse_format("facets", number)
        if name in YEARS:
            names.append(name)
            continue
        piece = find_piece(name)
        if piece is None:
            raise refuse_field("facets", name)
        if piece.kind in ("struct", "geo"):
            raise ApiError(f"Unsupported facet field type: {piece.type.removesuffix('[]')}")
        names.append(piece.name)
    if len(set(names)) > MOST_FACETS:
        raise ApiError(f"Parameter `facets` has more than {MOST_FACETS} items")
    return tuple(dict.fromkeys(names))


def answer_finding(library: Library, finding: Finding) -> SearchAnswer:
    """Search, and read what is to be shown of the studies; raises QueryError."""
    engine, read_hit = library.engine, library.read_known
    request, others = split_facets(finding.request)
    result = engine.search(request)
    facets = {
        name: tuple(ValueCount(value, count) for value, count in counts.items())
        for name, counts in result.facets.items()
    }
    if others:
        facets |= count_by_reading(engine, request, others, read_hit)
    is_by_relevance = bool(request.queries) and (not request.sort or request.sort[0].field == RELEVANCE)
    studies, damaged = [], []
    for nct_id, score in zip(result.nct_ids, result.scores, strict=True):
        body = read_hit(nct_id, request.as_of)
        if isinstance(body, RecordDamagedError):
            damaged.append(DamagedStudy(nct_id, str(body)))
        elif body is not None:
            studies.append(
                FoundStudy(
                    nct_id=nct_id,
                    score=score if is_by_relevance else None,
                    study=project(decode_record(body), finding.selection),
                    snippets=_find_snippets(present := decode_present(body), result.words, finding),
                    nearest_site=_find_nearest(present, nct_id, request) if finding.near else None,
                    evidence=tuple(
                        EvidenceAnswer(each.finding, each.words, each.url)
                        for each in find_evidence(library, nct_id, request)
                    ),
                )
            )
    return SearchAnswer(
        total=result.total,
        index_lag=library.index_lag,
        offset=request.offset,
        as_of=request.as_of,
        synonyms=result.added,
        suggestions=_suggest(engine, finding, is_nothing=not result.total),
        facets={name: facets[name] for name in finding.request.facets},
        not_stated=result.missing,
        studies=tuple(studies),
        damaged=tuple(damaged),
        milliseconds=round(result.milliseconds, 3),
        near=_tell_near(library, finding, result.total),
    )


def _tell_near(library: Library, finding: Finding, total: int) -> NearAnswer | None:
    if finding.near is None:
        return None
    told = tell_place(library, finding.near, finding.request, total)
    return NearAnswer(
        **{name: getattr(told, name) for name in NearAnswer.__struct_fields__ if name != "next_site"},
        next_site=_write_site(told.next_site),
    )


def _find_nearest(record: dict[str, Any], nct_id: str, request: SearchRequest) -> NearSiteAnswer | None:
    facts = find_hit_facts(record, nct_id, find_asked_day(request.as_of), request.origin)
    return _write_site(facts.nearest_site)


def _write_site(site: NearSite | None) -> NearSiteAnswer | None:
    return NearSiteAnswer(**msgspec.structs.asdict(site)) if site else None


def _suggest(engine: SearchEngine, finding: Finding, *, is_nothing: bool) -> dict[str, tuple[str, ...]]:
    """Better spellings of plain texts and places; names between brackets are no words to be put right."""
    found = {
        name: (engine.suggest_places if AREAS[name] == "LocationSearch" else engine.suggest)(text)
        for name, text in finding.texts.items()
        if "[" not in text
    }
    found["country"] = tuple(better for name in finding.countries for better in engine.suggest_places(name))
    found = {name: texts for name, texts in found.items() if texts}
    written = (
        suggest_places(engine, finding.request.queries + finding.request.filters)
        if is_nothing and not found
        else {}
    )
    return found | {name: texts for name, texts in written.items() if texts}


def _find_snippets(
    record: dict[str, Any], words: tuple[str, ...], finding: Finding
) -> tuple[SnippetAnswer, ...]:
    if not finding.snippets:
        return ()
    found = find_passages(record, words, areas=finding.areas, shown=(), most=finding.snippets)
    return tuple(map(_cut, found))


def _cut(passage: Passage) -> SnippetAnswer:
    fragments, at = [], 0
    for start, end in passage.spans:
        fragments += [
            FragmentAnswer(passage.text[at:start], False),
            FragmentAnswer(passage.text[start:end], True),
        ]
        at = end
    fragments.append(FragmentAnswer(passage.text[at:], False))
    return SnippetAnswer(
        field=passage.piece,
        path=get_pieces()[passage.piece].path,
        fragments=tuple(each for each in fragments if each.text),
    )
