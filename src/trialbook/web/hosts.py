"""For which names is a request answered? A page elsewhere must not reach a private library by renaming itself.

Any web site can let its own name point to 127.0.0.1 and then read what answers there as its own (DNS
rebinding). So a request is answered only where its Host is one that the person who serves the library means.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from trialbook.ask.refusals import quote

ALWAYS = ("localhost", "127.0.0.1", "[::1]")
ANY = "*"
# A request that was sent to a server that will not answer for that name (RFC 9110, 15.5.20).
MISDIRECTED = 421
_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[^\s:\[\]/@]+)(?::[0-9]{1,5})?")


class KnownHosts:
    """Answers requests for this machine and for the names that are allowed; `*` allows any."""

    def __init__(self, app: ASGIApp, names: Iterable[str] = ()) -> None:
        self.app = app
        self._names = {normalise_host(name) for name in (*ALWAYS, *names)} - {""}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and ANY not in self._names:
            host = next((value for name, value in scope["headers"] if name == b"host"), b"").decode("latin-1")
            if normalise_host(host) not in self._names:
                text = (
                    f"This server does not answer for {quote(host)!r}. Whoever serves the library can allow a"
                    " name: trialbook serve --allow-host NAME"
                )
                await PlainTextResponse(text, status_code=MISDIRECTED)(scope, receive, send)
                return
        await self.app(scope, receive, send)


def normalise_host(host: str) -> str:
    """A name as it is compared: without port, in small letters, an address of six in brackets; "" for nonsense.

    >>> [normalise_host(host) for host in ("LocalHost:8080", "[::1]:80", "::1", "example.org.", "[::1", "a b")]
    ['localhost', '[::1]', '[::1]', 'example.org', '', '']
    """
    name = host.strip().lower()
    if name.count(":") > 1 and "[" not in name:
        name = f"[{name}]"
    found = _HOST.fullmatch(name)
    return found[1].removesuffix(".") if found else ""
