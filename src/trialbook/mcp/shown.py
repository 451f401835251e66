"""How are a record's values shown to an agent: by field name, in short, and never more than fits?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

import msgspec

from trialbook.errors import QueryError
from trialbook.record.pieces import Piece, find_close_names, find_piece, get_areas, get_pieces, get_values

T = TypeVar("T")
LONGEST_TEXT = 300
MOST_CHARS_OF_FACTS = 60_000
MOST_ITEMS = 10


def shorten(text: str, longest: int = LONGEST_TEXT) -> str:
    """A text that says how much of it was left out.

    >>> shorten("abcdefgh", 3)
    'abc… (+5 characters)'
    """
    left_out = len(text) - longest
    return text if left_out <= 0 else f"{text[:longest]}… (+{left_out:,} characters)"


def keep_what_fits(items: Iterable[T], most_chars: int = MOST_CHARS_OF_FACTS) -> list[T]:
    """The first items whose JSON has no more characters than may stand in one answer.

    >>> keep_what_fits(["abcd", "efgh", "i"], most_chars=12)
    ['abcd', 'efgh']
    """
    kept: list[T] = []
    for item in items:
        most_chars -= len(msgspec.json.encode(item))
        if most_chars < 0:
            break
        kept.append(item)
    return kept


def find_shown(names: Sequence[str]) -> tuple[Piece, ...]:
    """The pieces of fields that have values to show; raises QueryError for any other name."""
    pieces = []
    for name in names:
        piece = find_piece(name)
        if piece is None:
            raise refuse_name(name)
        if piece.kind == "struct":
            inside = [each.name for each in get_pieces().values() if each.path.startswith(piece.path + ".")]
            raise QueryError(
                f"`{name[:60]}` is a section, not a field with values",
                hint=f"name fields in it: {', '.join(inside[:8])}…; `read` shows whole sections",
            )
        pieces.append(piece)
    return tuple(pieces)


def refuse_name(name: str) -> QueryError:
    """There is no field of that name; says which are close."""
    close = find_close_names(name, [*get_pieces(), *get_areas()], most=4)
    hint = "field names are ClinicalTrials.gov's and case-sensitive: BriefTitle, Phase, EligibilityModule…"
    return QueryError(
        f"there is no field {name[:60]!r}", hint=f"did you mean {', '.join(close)}?" if close else hint
    )


def show_values(
    record: dict[str, Any], pieces: Sequence[Piece], *, most: int = MOST_ITEMS, longest: int = LONGEST_TEXT
) -> dict[str, Any]:
    """The values of pieces by name: one value, or a list where the record has several; absent ones are left out.

    Of a list the first `most` are shown, of a text the first `longest` characters.
    """
    shown: dict[str, Any] = {}
    for piece in pieces:
        values = [value for value in get_values(record, piece) if value not in ("", {})]
        if not values:
            continue
        items = [shorten(value, longest) if isinstance(value, str) else value for value in values[:most]]
        if len(values) > most:
            items.append(f"… (+{len(values) - most:,} values)")
        shown[piece.name] = items[0] if len(items) == 1 else items
    return shown
