"""The command that writes a study's criteria so that they find patients."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from trialbook.cli.options import as_of_option, json_option
from trialbook.cli.told import read_day
from trialbook.library import Library

if TYPE_CHECKING:
    from trialbook.export.cohort.cohort import Cohort


@click.command()
@click.argument("nct_id")
@click.option(
    "--as",
    "form",
    type=click.Choice(["circe", "fhir", "sql"]),
    required=True,
    help="circe: OHDSI's cohort definition, for ATLAS. fhir: a Group, after HL7's guide on evidence-based medicine."
    " sql: for an OMOP CDM in DuckDB or SQLite.",
)
@click.option(
    "--vocabulary",
    type=click.Path(exists=True, path_type=Path),
    help="Where your OMOP vocabulary lies, a folder, an archive or a database with the table CONCEPT; circe and sql"
    " need it.",
)
@click.option("--day", metavar="DATE", help="The day as of which patients are found; today unless told.")
@click.option(
    "--persons",
    type=click.Choice(["eligible", "possible"]),
    default="eligible",
    show_default=True,
    help="eligible: who is so by all that could be carried over; possible: whom nothing of it excludes.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the definition into this file.",
)
@as_of_option
@json_option
@click.pass_obj
def cohort(
    home: Path, /, nct_id: str, *, day: str | None, output: Path | None, as_json: bool, **asked: Any
) -> None:
    """Write a study's criteria as a cohort definition, and name what could not be carried over.

    The definition goes to the output, the list to the error output; with -o the list alone is printed.
    """
    with Library(home) as library:
        made = library.make_cohort(nct_id, day=read_day(day), **asked)
    if output is not None:
        output.write_text(made.definition, encoding="utf-8")
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(_tell(made)), indent=2))
        return
    if output is None:
        click.echo(made.definition, nl=False)
    click.echo(_list_not_carried(made), err=output is None)


def _tell(made: Cohort) -> dict[str, object]:
    return {
        "nct_id": made.nct_id,
        "form": made.form,
        "day": made.day,
        "persons": made.persons,
        "definition": made.definition,
        "criteria": made.criteria,
        "not_carried": made.not_carried,
    }


def _list_not_carried(made: Cohort) -> str:
    if not made.not_carried:
        return "All of it was carried over."
    lines = [f"Not carried over as the record has it ({len(made.not_carried)}):"]
    return "\n".join([*lines, *(f"- {each.describe()}" for each in made.not_carried)])
