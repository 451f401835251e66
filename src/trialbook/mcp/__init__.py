"""How does an agent ask? Tools over one library, offered by the Model Context Protocol on standard input and output.

`tools` lists them; each reads its arguments (`arguments`), asks one room and gives a bounded answer.
Only `server` needs the protocol's SDK, which is an optional part of the installation.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from trialbook.errors import UsageError

__all__ = ["run_server"]


def run_server(home: Path) -> None:
    """Serve a library to the program that started this process, until that closes its end.

    Raises UsageError where the SDK is not installed.
    """
    if find_spec("mcp") is None:
        raise UsageError("serving agents needs the package mcp: `pip install 'mcp>=2.3,<3'`")
    from trialbook.mcp.server import serve

    serve(home)
