"""How do the studies of an answer divide by the values of a piece?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import tantivy
from tantivy import Query

from trialbook.record.pieces import find_piece
from trialbook.search.index.schema import is_exact

FACET_SIZE = 20
MOST_FACET_VALUES = 1_000
THREADS = 2

Counts = dict[str, dict[str, int]]


def is_countable(name: str) -> bool:
    """Whether the index can count studies by the values of a piece."""
    piece = find_piece(name)
    return piece is not None and is_exact(piece)


def count_facets(
    searcher: tantivy.Searcher, query: Query, pieces: Sequence[str], size: int = FACET_SIZE
) -> Counts:
    """Studies by value of each piece, the most frequent values first."""
    size = max(1, min(size, MOST_FACET_VALUES))
    asked = {name: {"terms": {"field": f"exact.{name}", "size": size}} for name in pieces}
    answer = searcher.aggregate(query, asked)
    return {
        name: {
            str(bucket.get("key_as_string", bucket["key"])): int(bucket["doc_count"])
            for bucket in answer.get(name, {}).get("buckets", ())
        }
        for name in pieces
    }


class FacetCounter:
    """Counts half of the pieces in another thread, meanwhile the caller may rank.

    The index works without Python's lock, so this takes a second core where there is one.
    """

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="facets")

    def start(
        self, searcher: tantivy.Searcher, query: Query, pieces: Sequence[str], size: int
    ) -> Callable[[], Counts]:
        """Begin to count; what is returned counts the rest and gives everything, in the order of `pieces`."""
        own = pieces[: len(pieces) // 2]
        others = self._threads.submit(count_facets, searcher, query, pieces[len(own) :], size)

        def finish() -> Counts:
            counts = count_facets(searcher, query, own, size) if own else {}
            return {**counts, **others.result()}

        return finish
