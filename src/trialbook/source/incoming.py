"""What every format hands over: a record that was understood, or one that was not."""

from __future__ import annotations

import msgspec


class Incoming(msgspec.Struct, frozen=True):
    """One record read from a source.

    Attributes
    ----------
    body
        The record as API v2 JSON: the very bytes received where the source serves API v2,
        otherwise the mapping of the original to that shape.
    place
        Where in the source it stood: `file.zip!NCT00000001.json`, `records.jsonl:12`.
    format
        The module that read it: `api_v2`, `legacy_xml`, `aact`, `ictrp`, `page_text`, `history`.
    original
        The bytes as received where they are not `body`; None for API v2.
    """

    body: bytes
    place: str
    format: str = "api_v2"
    original: bytes | None = None


class Rejected(msgspec.Struct, frozen=True):
    """A piece of input that could not be understood; it is kept, never dropped.

    Attributes
    ----------
    reason
        What is wrong, where, and what was expected.
    place
        Where in the source it stood.
    original
        The bytes as received (the first MiB of them where the piece is larger).
    """

    reason: str
    place: str
    original: bytes
