"""How does a client walk through a long answer so that it meets each study once, whatever is imported meanwhile?

A token is at most 20 characters (some clients look for it in the last bytes of a page) and opaque. It
holds a fingerprint of the request and a place. An answer by id goes on after the last id, whatever the
index has become. Any other goes on in the state of the index in which it began, which is kept for as
long as tokens for it are in use and at most `MOST_KEPT` newer ones have been given out.
"""

from __future__ import annotations

import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import blake2b

import msgspec

from trialbook.errors import QueryError

MOST_KEPT = 32
LONGEST_TOKEN = 20
_BY_ID, _BY_STATE = 1, 2
_LAYOUT = struct.Struct(">4sBQ")


class PageTokenError(QueryError):
    """A page token that is none, belongs to another request or has lapsed."""


class Bookmark(msgspec.Struct, frozen=True):
    """Where the next page begins: after an order number, or at an offset in a kept state of the index."""

    after: int | None = None
    state: int = 0
    offset: int = 0


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """A page of an answer; `total` where it was asked for, `next_page_token` None on the last page."""

    nct_ids: tuple[str, ...]
    total: int | None
    next_page_token: str | None
    words: tuple[str, ...] = ()
    added: tuple[str, ...] = ()


def compute_fingerprint(parts: tuple[object, ...]) -> bytes:
    """What tells one request from another, in four bytes."""
    return blake2b(repr(parts).encode("utf-8", "surrogatepass"), digest_size=4).digest()


def write_token(fingerprint: bytes, place: Bookmark) -> str:
    """A token for a place.

    >>> read_token(write_token(b"1234", Bookmark(after=7)), b"1234").after
    7
    """
    if place.after is not None:
        packed = _LAYOUT.pack(fingerprint, _BY_ID, place.after)
    else:
        packed = _LAYOUT.pack(fingerprint, _BY_STATE, place.state << 32 | place.offset)
    return urlsafe_b64encode(packed).decode().rstrip("=")


def read_token(token: str, fingerprint: bytes) -> Bookmark:
    """The place of a token of this request; raises PageTokenError."""
    try:
        if len(token) > LONGEST_TOKEN:
            raise ValueError
        packed = urlsafe_b64decode(token.encode("ascii") + b"=" * (-len(token) % 4))
        own, kind, number = _LAYOUT.unpack(packed)
    except (ValueError, struct.error):
        raise PageTokenError("pageToken has incorrect format", hint="use a token as it was given") from None
    if own != fingerprint:
        raise PageTokenError(
            "pageToken belongs to another request",
            hint="all parameters but pageToken, pageSize and countTotal must stay the same",
        )
    if kind == _BY_ID:
        return Bookmark(after=number)
    if kind == _BY_STATE:
        return Bookmark(state=number >> 32, offset=number & 0xFFFFFFFF)
    raise PageTokenError("pageToken has incorrect format", hint="use a token as it was given")
