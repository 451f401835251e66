"""What does the search page show of each study: in short, with the passages and the evidence for what was asked?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from trialbook.library import Library
from trialbook.library.evidence import find_evidence
from trialbook.library.hits import find_hit_facts
from trialbook.model.dates import find_asked_day
from trialbook.model.present import decode_present
from trialbook.pages.contents import Fragment, Hit, Proof, Snippet
from trialbook.record.links import study_url
from trialbook.search.engine.engine import SearchRequest
from trialbook.search.engine.snippets import Passage, find_passages
from trialbook.web.hits import view_hit


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
    snippets = tuple(map(_view_passage, find_passages(record, words)))
    return view_hit(facts, as_of=request.as_of, snippets=snippets)


def _view_passage(passage: Passage) -> Snippet:
    fragments, at = [], 0
    for start, end in passage.spans:
        if start > at:
            fragments.append(Fragment(text=passage.text[at:start]))
        fragments.append(Fragment(text=passage.text[start:end], is_hit=True))
        at = end
    fragments.append(Fragment(text=passage.text[at:]))
    return Snippet(label=passage.label, fragments=tuple(fragments))
