"""Which studies have words exactly as they are written, as far as the index can tell without their records?

The index folds words, but keeps the values of some pieces as they stand (`is_exact`): conditions, keywords, names
of drugs, sponsors and places, enumerations. The few that studies with the folded words have are compared here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import tantivy

from trialbook.record.pieces import Piece
from trialbook.search.engine.record_check import has_written
from trialbook.search.engine.targets import any_of, unscored
from trialbook.search.index.schema import get_schema, is_exact

# The index counts no more different values at once; where there are more, the records are asked.
MOST_VALUES = 65_000

# The studies that may have the words in some pieces, whatever their capitals, accents and hyphens.
FindWide = Callable[[Sequence[Piece]], tantivy.Query]


def find_written(
    searcher: tantivy.Searcher,
    pieces: Sequence[Piece],
    words: Sequence[str],
    coverage: str,
    find_wide: FindWide,
) -> tuple[tantivy.Query | None, list[Piece]]:
    """The studies that have the words in pieces that the index decides, and the pieces that it does not.

    None where it decides no piece.
    """
    found: list[tantivy.Query] = []
    undecided: list[Piece] = []
    for piece in pieces:
        if piece.kind not in ("text", "enum"):
            continue
        values = _list_values(searcher, piece, find_wide([piece])) if is_exact(piece) else None
        if values is None:
            undecided.append(piece)
            continue
        kept = [value for value in values if has_written(piece, value, words, coverage)]
        found.append(unscored(tantivy.Query.term_set_query(get_schema(), f"exact.{piece.name}", kept)))
    return any_of(found) if found else None, undecided


def _list_values(searcher: tantivy.Searcher, piece: Piece, wide: tantivy.Query) -> list[str] | None:
    """The values of a piece among some studies; None where they are too many."""
    asked = {"values": {"terms": {"field": f"exact.{piece.name}", "size": MOST_VALUES}}}
    answer = searcher.aggregate(wide, asked)["values"]
    if answer.get("sum_other_doc_count"):
        return None
    return [str(bucket["key"]) for bucket in answer["buckets"]]
