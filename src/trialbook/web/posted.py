"""What may a form send? Little, soon, and from a page of this site; nothing that is sent changes the library."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from urllib.parse import parse_qs, urlsplit

from starlette.requests import ClientDisconnect, Request

from trialbook.errors import ApiError
from trialbook.web.hosts import normalise_host

MOST_BYTES = 2_000_000
MOST_FIELDS = 200
LONGEST_S = 30.0
FORM = "application/x-www-form-urlencoded"
# What a browser says of a request that a page of this site, or a person, began.
_OWN_SITES = frozenset({"", "same-origin", "none"})


async def read_form(request: Request) -> Mapping[str, Sequence[str]]:
    """The fields of a form that was sent.

    Raises ApiError: 403 from another site's page, 408 where it does not come in, 413 and 415 where it is too
    large or no form, 400 where it has too many fields.
    """
    check_origin(request)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != FORM:
        raise ApiError(f"This address takes a form ({FORM})", 415)
    try:
        body = await asyncio.wait_for(_read_body(request), LONGEST_S)
    except (TimeoutError, ClientDisconnect) as error:
        raise ApiError("The form did not come in", 408) from error
    try:
        return parse_qs(
            body.decode("latin-1"),
            keep_blank_values=True,
            encoding="utf-8",
            errors="replace",
            max_num_fields=MOST_FIELDS,
        )
    except ValueError as error:
        raise ApiError(f"The form has more than {MOST_FIELDS} fields") from error


def check_origin(request: Request) -> None:
    """Refuse what a page of another site sends; raises ApiError.

    Pages here send no referrer, so browsers name no origin with their forms ("null"); these say from which
    kind of site a request comes instead.
    """
    site = request.headers.get("sec-fetch-site", "").strip().lower()
    origin = request.headers.get("origin", "").strip()
    is_foreign = site not in _OWN_SITES
    if not site and origin and origin != "null":
        is_foreign = normalise_host(_find_host(origin)) != normalise_host(request.headers.get("host", ""))
    if is_foreign:
        raise ApiError("A page of another site may not send anything here", 403)


def _find_host(origin: str) -> str:
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return ""


async def _read_body(request: Request) -> bytes:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MOST_BYTES:
            raise ApiError(f"The form has more than {MOST_BYTES:,} bytes", 413)
    return bytes(body)
