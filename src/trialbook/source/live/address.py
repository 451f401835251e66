"""Where is the registry, where may it send us, and how do its words reach a screen safely?"""

from __future__ import annotations

import re

import httpx

from trialbook.errors import SourceReadError, UsageError
from trialbook.settings import SETTINGS, read_text

_SHOWN_CHARACTERS = 300
_HOST = re.compile(r"(?=.{1,253}\Z)[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*\.?")


def find_registry(address: str | None = None) -> str:
    """Choose the registry's base address: the one given, else TRIALBOOK_REGISTRY, else the default.

    Raises UsageError unless it is a plain http(s) address without a user name, query or fragment.

    Examples
    --------
    >>> find_registry("http://127.0.0.1:8000/api/v2/")
    'http://127.0.0.1:8000/api/v2'
    """
    chosen = read_text("registry", address)
    try:
        url = httpx.URL(chosen)
        is_address = can_connect(url) and not (url.userinfo or url.query or url.fragment)
    except (httpx.InvalidURL, UnicodeError) as error:
        shown = re.sub(r"//[^/@]*@", "//", chosen)[:100]
        raise UsageError(f"{shown!r} is not an address of a registry: {error}") from error
    if not is_address:
        raise UsageError(
            f"{str(url.copy_with(userinfo=b''))[:100]!r} is not an address of a registry: "
            f"expected something like {SETTINGS['registry'].default}"
        )
    return chosen.rstrip("/")


def can_connect(url: httpx.URL) -> bool:
    """Tell whether a connection to it can be tried at all: http(s), a possible host and port."""
    is_host = ":" in url.host or _HOST.fullmatch(url.raw_host.decode("ascii"))
    return url.scheme in ("http", "https") and bool(is_host) and (url.port is None or 0 < url.port < 65_536)


def check_redirect(url: httpx.URL, location: str) -> httpx.URL:
    """Resolve a redirect; only to the same host and port, and never from https to http."""
    try:
        target = url.join(location)
        is_same = (target.scheme, target.host, target.port) == (url.scheme, url.host, url.port)
    except (httpx.InvalidURL, UnicodeError) as error:
        raise SourceReadError(
            f"redirects to {clean_words(location)!r}: {error}", place=show_address(url)
        ) from error
    is_upgrade = (url.scheme, target.scheme) == ("http", "https") and url.port is None and target.port is None
    if location and not target.userinfo and (is_same or (is_upgrade and target.host == url.host)):
        return target
    raise SourceReadError(
        f"redirects to another address, {clean_words(str(target.copy_with(userinfo=b'')))}: "
        "if that is where the registry lives now, name it with --registry",
        place=show_address(url),
    )


def show_address(url: httpx.URL) -> str:
    """Shorten an address for a message: a page token says nothing to a person."""
    shown = re.sub(r"(pageToken=[^&]{8})[^&]*", r"\1…", str(url))
    return shown if len(shown) <= _SHOWN_CHARACTERS else shown[:_SHOWN_CHARACTERS] + "…"


def clean_words(text: str) -> str:
    """Make a server's words safe to print: the title of an HTML page, no control characters, short."""
    if text.lstrip()[:1] == "<":
        title = re.search(r"<title[^>]*>([^<]*)", text, re.IGNORECASE)
        text = title.group(1) if title else re.sub(r"<[^<>]*>", " ", text)
    printable = "".join(c if c.isprintable() else " " for c in text)
    return " ".join(printable.split())[:_SHOWN_CHARACTERS]
