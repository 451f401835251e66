"""`trialbook`, or `python -m trialbook`: the commands, and the two servers that they can start.

The doors stand side by side and know nothing of each other; here they meet.
"""

from __future__ import annotations

from pathlib import Path

import click

from trialbook.cli import main
from trialbook.cli.options import opened
from trialbook.library.build import mend_index

__all__ = ["main"]


@main.command()
@click.option("--port", default=8080, show_default=True, type=click.IntRange(0, 65535))
@click.option(
    "--host", default="127.0.0.1", show_default=True, help="Keep to this machine unless you mean it."
)
@click.option(
    "--allow-origin",
    default="",
    metavar="ORIGIN",
    help="A web site whose scripts may read the API, or * for any; none unless told.",
)
@click.pass_obj
def serve(home: Path, port: int, host: str, allow_origin: str) -> None:
    """Serve the search page, the record pages and the registry's API."""
    from trialbook.web import run_server

    with opened(home):
        mend_index(home)
    run_server(home, host=host, port=port, allow_origin=allow_origin)


@main.command()
@click.pass_obj
def mcp(home: Path) -> None:
    """Serve the library to an agent: an MCP server on standard input and output.

    Its tools search, read, count and compare; none of them changes anything. Needs the optional part
    `trialbook[mcp]`.
    """
    from trialbook.mcp import run_server

    with opened(home):
        run_server(home)


if __name__ == "__main__":
    main()
