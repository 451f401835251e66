"""The command that finds the studies for a person."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import msgspec

from trialbook.cli.options import as_of_option, filter_options, json_option, warn_of_lag
from trialbook.cli.told import read_day, read_told, told_options
from trialbook.library import Library


@click.command("match")
@click.option(
    "--patient",
    type=click.Path(exists=True, path_type=Path),
    required=True,
    help="What is told of one person: a FHIR bundle, an OMOP database, plain values as JSON or CSV, a note.",
)
@click.option(
    "--limit",
    type=click.IntRange(1, 100),
    default=10,
    show_default=True,
    help="So many of the best studies, and of those that exclude the person.",
)
@told_options
@filter_options
@as_of_option
@json_option
@click.pass_obj
def match_(
    home: Path,
    /,
    *,
    patient: Path,
    limit: int,
    day: str | None,
    as_json: bool,
    **given: Any,
) -> None:
    """Find the studies that would take a person, each with what speaks for it, against it, and what is open.

    Those that take people now unless --status says otherwise. Nothing of the patient data is kept or sent.
    """
    on = read_day(day)
    told = read_told(given.pop("complete"), given.pop("answer"), given.pop("visit"))
    with Library(home) as library:
        from trialbook.library.match_answer import render_match, write_match

        warn_of_lag(library)
        found = library.match(patient, day=on, told=told, limit=limit, **given)
        if as_json:
            click.echo(msgspec.json.format(write_match(found), indent=2))
        else:
            click.echo(render_match(found), nl=False)
