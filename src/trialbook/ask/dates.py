"""Which day is meant? A partial date stands for its last day or for its first."""

from __future__ import annotations

from trialbook.errors import QueryError
from trialbook.model import PartialDate


def read_as_of(text: str) -> str | None:
    """The day of an `as_of` (ISO; the last one of a partial date), None for ""; raises QueryError."""
    if not text:
        return None
    latest = PartialDate(text).latest
    if latest is None:
        raise QueryError(
            f"as_of is no date: {text[:40]!r}", hint="write a date as 2021-08-16, 2021-08 or 2021"
        )
    return latest.isoformat()


def read_since(text: str) -> str | None:
    """The first day of a `since` (ISO), None for ""; raises QueryError."""
    earliest = PartialDate(text).earliest if text else None
    if text and earliest is None:
        raise QueryError(
            f"since is no date: {text[:40]!r}", hint="write a date as 2021-08-16, 2021-08 or 2021"
        )
    return None if earliest is None else earliest.isoformat()
