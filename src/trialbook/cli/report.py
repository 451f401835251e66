"""The command that reports a search for a systematic review."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from trialbook.ask.form import BOXES
from trialbook.cli.options import as_of_option, box_options, filter_options, json_option, warn_of_lag
from trialbook.library import Library


@click.command()
@click.argument("text", default="")
@box_options
@filter_options
@as_of_option
@json_option
@click.pass_obj
def report(home: Path, /, text: str, as_of: str | None, as_json: bool, **asked: Any) -> None:
    """Report a search for a systematic review: the query as typed and as it ran, when, on what, how many (PRISMA-S).

    It takes what `search` takes.
    """
    boxes = {name: words for name in BOXES if (words := asked.pop(name))}
    with Library(home) as library:
        told = library.report_search(text, as_of=as_of, areas=boxes, **asked)
        warn_of_lag(library)
    click.echo(told.to_json() if as_json else told.write(), nl=as_json)
