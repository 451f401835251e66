"""How many studies have which value? The index counts most fields; the others are read out of the records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import msgspec

from trialbook.errors import ApiError, RecordDamagedError
from trialbook.model.present import decode_present
from trialbook.record.pieces import get_pieces, get_values
from trialbook.search.engine.engine import SearchEngine, SearchRequest
from trialbook.search.engine.facets import is_countable
from trialbook.web.own_api.answers import ValueCount

ReadHit = Callable[[str, str | None], bytes | RecordDamagedError | None]

# Reading that many records takes about a second.
MOST_READ = 2_000
LONGEST_VALUE = 500


def split_facets(request: SearchRequest) -> tuple[SearchRequest, tuple[str, ...]]:
    """The request with the facets that the index can count, and the others."""
    names = tuple(name for name in request.facets if is_countable(name))
    others = tuple(name for name in request.facets if name not in names)
    return msgspec.structs.replace(request, facets=names), others


def count_by_reading(
    engine: SearchEngine, request: SearchRequest, pieces: tuple[str, ...], read_hit: ReadHit
) -> dict[str, tuple[ValueCount, ...]]:
    """Count the studies of a request by the values of pieces, as `SearchRequest.facets` does.

    Raises ApiError where there are more than 2,000 studies, since the index cannot count these pieces, and
    RecordDamagedError where one of them is damaged: a count without it would be wrong.
    """
    plain = SearchRequest(filters=(*request.queries, *request.filters), as_of=request.as_of, limit=MOST_READ)
    found = engine.search(plain)
    if found.total > MOST_READ:
        raise ApiError(
            f"Studies can be counted by `{pieces[0]}` where a search finds at most {MOST_READ}; "
            f"this one finds {found.total}"
        )
    return count_values(_read_all(found.nct_ids, request.as_of, read_hit), pieces, request.facet_size)


def _read_all(nct_ids: Iterable[str], as_of: str | None, read_hit: ReadHit) -> Iterator[bytes]:
    for nct_id in nct_ids:
        body = read_hit(nct_id, as_of)
        if isinstance(body, RecordDamagedError):
            raise body
        if body is not None:
            yield body


def count_values(
    bodies: Iterable[bytes], pieces: tuple[str, ...], size: int
) -> dict[str, tuple[ValueCount, ...]]:
    """Records by value of each piece, the most frequent first; a value counts once in each record.

    Values of more than 500 characters are left out.
    """
    counters: dict[str, Counter[str]] = {name: Counter() for name in pieces}
    for body in bodies:
        record = decode_present(body)
        for name, counter in counters.items():
            written = {_write(value) for value in get_values(record, get_pieces()[name])}
            counter.update(text for text in written if 0 < len(text) <= LONGEST_VALUE)
    return {
        name: tuple(
            ValueCount(value, count)
            for value, count in sorted(counter.items(), key=lambda item: (-item[1], item[0]))[:size]
        )
        for name, counter in counters.items()
    }


def _write(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, str | int | float) else ""
