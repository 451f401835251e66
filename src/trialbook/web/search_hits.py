"""What does the search page show of each study: in short, with the passages and the evidence for what was asked?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlencode

import msgspec

from trialbook.library import Library
from trialbook.library.evidence import find_evidence
from trialbook.library.hits import find_hit_facts
from trialbook.model.dates import find_asked_day
from trialbook.model.present import decode_present
from trialbook.model.sentences import count_of
from trialbook.pages.contents import Fragment, Hit, Proof, Snippet
from trialbook.record.links import study_url
from trialbook.search.engine.engine import SearchRequest
from trialbook.search.engine.snippets import Passage, find_passages
from trialbook.web.search_place import view_site

SHOWN_LIST = 4
SHOWN_COUNTRIES = 2


def view_hits(
    library: Library, nct_ids: Sequence[str], request: SearchRequest, words: tuple[str, ...]
) -> Iterator[Hit]:
    """The studies of a page; a damaged one is named among them, one that has gone meanwhile is left out."""
    for nct_id in nct_ids:
        body = library.read_known(nct_id, request.as_of)
        if isinstance(body, bytes):
            proofs = tuple(
                Proof(words=each.words, url=each.url, link=each.link)
                for each in find_evidence(library, nct_id, request)
            )
            yield msgspec.structs.replace(
                _view_hit(decode_present(body), nct_id, request, words), evidence=proofs
            )
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
        primary_completion_date=facts.primary_completion_date,
        completion_date=facts.completion_date,
        last_update_posted=facts.last_update_posted,
        countries=facts.countries,
        sites=facts.sites,
        place=_write_place(facts.countries, facts.sites),
        has_results=facts.has_results,
        site=view_site(facts.nearest_site),
        snippets=tuple(map(_view_passage, find_passages(record, words))),
    )


def _write_place(countries: Sequence[str], sites: int) -> str:
    """Where a study is done, in a few words: "Norway, 3 sites"."""
    named = ", ".join(countries[:SHOWN_COUNTRIES])
    if more := len(countries[SHOWN_COUNTRIES:]):
        named += f" and {more} more {'country' if more == 1 else 'countries'}"
    return ", ".join(filter(None, (named, count_of(sites, "site") if sites else "")))


def _view_passage(passage: Passage) -> Snippet:
    fragments, at = [], 0
    for start, end in passage.spans:
        if start > at:
            fragments.append(Fragment(text=passage.text[at:start]))
        fragments.append(Fragment(text=passage.text[start:end], is_hit=True))
        at = end
    fragments.append(Fragment(text=passage.text[at:]))
    return Snippet(label=passage.label, fragments=tuple(fragments))
