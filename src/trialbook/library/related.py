"""Related studies as a person asks for them: of studies by id, of a text, of several at once."""

from __future__ import annotations

from collections.abc import Sequence

from trialbook.errors import UsageError
from trialbook.related.engine import MOST_ASKED, MOST_LISTED, RelatedEngine, RelatedList
from trialbook.related.facets import parse_facets


def find_related(
    engine: RelatedEngine, nct_ids: Sequence[str], *, text: str, facets: Sequence[str], limit: int
) -> RelatedList:
    """See `Library.find_related`; the ids are as the library writes them."""
    distinct = list(dict.fromkeys(nct_ids))
    if not distinct and not text.strip():
        raise UsageError("name a study by its id, or give a text, to find what is related to it")
    if len(distinct) > MOST_ASKED:
        raise UsageError(f"at most {MOST_ASKED} studies can be asked for at once, not {len(distinct)}")
    if not 1 <= limit <= MOST_LISTED:
        raise UsageError(f"a list has from 1 to {MOST_LISTED} studies, not {limit}")
    asked = [engine.read_traits(nct_id) for nct_id in distinct]
    if text.strip():
        asked.append(engine.read_text(text))
    return engine.find(asked, facets=parse_facets(facets), limit=limit)
