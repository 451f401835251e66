"""`trialbook`, or `python -m trialbook`: the commands, and the two servers that they can start.

The doors stand side by side and know nothing of each other; here they meet.
"""

from __future__ import annotations

import sys

# To load all this takes a second or so, in which a person may end it already.
try:
    from pathlib import Path

    import click

    from trialbook.cli import main
    from trialbook.cli.options import setting_option
except KeyboardInterrupt:
    sys.stderr.write("trialbook: ended by Ctrl-C before it began: nothing was changed\n")
    sys.exit(130)

__all__ = ["main"]


@main.command()
@setting_option("port", type=click.IntRange(0, 65535))
@setting_option("host")
@setting_option("allow_origin", metavar="ORIGIN")
@setting_option("allow_host", metavar="NAMES")
@setting_option("writing", type=click.Choice(["auto", "yes", "no"]))
@click.pass_obj
def serve(home: Path, /, *, port: int, host: str, allow_origin: str, allow_host: str, writing: str) -> None:
    """Serve the search page, the record pages and the registry's API."""
    from trialbook.web import run_server

    run_server(home, host=host, port=port, allow_origin=allow_origin, allow_host=allow_host, writing=writing)


@main.command()
@click.pass_obj
def mcp(home: Path) -> None:
    """Serve the library to an agent: an MCP server on standard input and output.

    Its tools search, read, count and compare; none of them changes anything. Needs the package
    mcp, version 2.3 or later: `pip install '.[mcp]'` in a checkout.
    """
    from trialbook.mcp import run_server

    run_server(home)


if __name__ == "__main__":
    main()
