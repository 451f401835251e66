"""What may a form send? Little, soon, and from a page of this site; what changes something comes from this very site."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from urllib.parse import unquote_to_bytes, urlsplit

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request

from trialbook.errors import ApiError
from trialbook.web.hosts import normalise_host

MOST_BYTES = 2_000_000
MOST_FIELDS = 200
LONGEST_S = 30.0
UNQUOTED_AT_ONCE = 65_536
FORM = "application/x-www-form-urlencoded"
# As browsers send a form with a file in it.
FORM_WITH_FILE = "multipart/form-data"
JSON = "application/json"
MOST_FILES = 1
# How files begin that are no text: PDF; Word, Excel and zip; Word before 2007; gzip.
NO_TEXTS = (b"%PDF", b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"\x1f\x8b")
# What a browser says of a request that a page of this site, or a person, began.
_OWN_SITES = frozenset({"", "same-origin", "none"})


async def read_form(
    request: Request, *, most_bytes: int = MOST_BYTES, most_fields: int = MOST_FIELDS
) -> Mapping[str, Sequence[str]]:
    """The fields of a form that was sent; of a file in it the text. Nothing of it touches a disk.

    Raises ApiError: 403 from another site's page, 408 where it does not come in, 413 and 415 where it is too
    large, no form, or a file no text, 400 where it has too many fields.
    """
    check_origin(request)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in (FORM, FORM_WITH_FILE):
        raise ApiError(f"This address takes a form ({FORM} or {FORM_WITH_FILE})", 415)
    read = _read_fields if kind == FORM else _read_parts
    try:
        return await asyncio.wait_for(read(request, most_bytes, most_fields), LONGEST_S)
    except (TimeoutError, ClientDisconnect) as error:
        raise ApiError("The form did not come in", 408) from error


async def _read_fields(request: Request, most_bytes: int, most_fields: int) -> Mapping[str, Sequence[str]]:
    body = b"".join([part async for part in _stream(request, most_bytes)])
    if body.count(b"&") >= most_fields:
        raise ApiError(f"The form has more than {most_fields} fields")
    fields: dict[str, list[str]] = {}
    for pair in filter(None, body.split(b"&")):
        name, _, value = pair.partition(b"=")
        fields.setdefault(_unquote(name), []).append(_unquote(value))
    return fields


def _unquote(data: bytes) -> str:
    """What a form's letters stand for; part by part, for in one go each `%41` takes some hundred bytes.

    >>> _unquote(b"caf%C3%A9+au+lait%")
    'café au lait%'
    """
    parts, at = [], 0
    while at < len(data):
        end = at + UNQUOTED_AT_ONCE
        cut = data.rfind(b"%", end - 2, end)
        end = cut if cut > at else end
        parts.append(unquote_to_bytes(data[at:end].replace(b"+", b" ")))
        at = end
    return b"".join(parts).decode(errors="replace")


async def _read_parts(request: Request, most_bytes: int, most_fields: int) -> Mapping[str, Sequence[str]]:
    parser = MultiPartParser(
        request.headers,
        _stream(request, most_bytes),
        max_files=MOST_FILES,
        max_fields=most_fields,
        max_part_size=most_bytes,
    )
    # A file may be a patient's data: it stays in memory, however long it is.
    parser.spool_max_size = most_bytes
    try:
        form = await parser.parse()
    except (MultiPartException, KeyError, UnicodeDecodeError) as error:
        raise ApiError(
            f"The form cannot be read: {getattr(error, 'message', 'its parts are not told apart')}"
        ) from error
    fields: dict[str, list[str]] = {}
    try:
        for name, value in form.multi_items():
            text = _read_text(await value.read(), value.filename) if isinstance(value, UploadFile) else value
            fields.setdefault(name, []).append(text)
    finally:
        await form.close()
    return fields


def _read_text(body: bytes, name: str | None) -> str:
    """The text of a file; one of a word processor holds none that could be read here."""
    if body.startswith(NO_TEXTS) or b"\0" in body:
        raise ApiError(
            f"The file {(name or '')[:80]!r} is no text: save it as plain text, or paste its words", 415
        )
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return body.decode("cp1252", "replace")


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


def check_own_page(request: Request) -> None:
    """Refuse what does not come from a page of this very site, for what it sends changes something; raises ApiError.

    Stricter than `check_origin`: a request that does not say where it comes from is refused too.
    """
    site = request.headers.get("sec-fetch-site", "").strip().lower()
    origin = request.headers.get("origin", "").strip()
    if site:
        is_own = site == "same-origin"
    else:
        is_own = (
            bool(origin) and _find_host(origin).lower() == request.headers.get("host", "").strip().lower()
        )
    if not is_own:
        raise ApiError(
            "Only a page of this site may change what is saved here, and this request does not say that it comes"
            " from one: use a browser of today, at http://localhost or over https",
            403,
        )


def _find_host(origin: str) -> str:
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return ""


async def read_body(request: Request, *, most_bytes: int) -> bytes:
    """What a program sends as JSON. Raises ApiError: 403, 408, 413 and 415 as `read_form`."""
    check_origin(request)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != JSON:
        raise ApiError(f"This address takes {JSON}", 415)
    try:
        return await asyncio.wait_for(_join(_stream(request, most_bytes)), LONGEST_S)
    except (TimeoutError, ClientDisconnect) as error:
        raise ApiError("What was sent did not come in", 408) from error


async def _join(parts: AsyncGenerator[bytes, None]) -> bytes:
    return b"".join([part async for part in parts])


async def _stream(request: Request, most_bytes: int) -> AsyncGenerator[bytes, None]:
    """What is sent, as far as it may go."""
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > most_bytes:
            raise ApiError(f"What was sent has more than {most_bytes:,} bytes", 413)
        yield part
