"""Which path is meant? A base address that ends in a slash makes `/api/v2//studies` of it."""

from __future__ import annotations

import re

from starlette.types import ASGIApp, Receive, Scope, Send

_SLASHES = re.compile("/{2,}")
_RAW_SLASHES = re.compile(b"/{2,}")


class FoldedPaths:
    """Reads repeated slashes in a path as one; no id of any register has two side by side."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and "//" in scope["path"]:
            raw = scope.get("raw_path") or b""
            scope = {
                **scope,
                "path": _SLASHES.sub("/", scope["path"]),
                "raw_path": _RAW_SLASHES.sub(b"/", raw),
            }
        await self.app(scope, receive, send)
