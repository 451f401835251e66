"""The command that holds persons against a study."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from trialbook.cli.options import as_of_option, json_option
from trialbook.cli.told import read_day, read_told, told_options
from trialbook.errors import UsageError
from trialbook.library import Library

if TYPE_CHECKING:
    from trialbook.eligibility.verdicts import PatientVerdict


@click.command()
@click.argument("nct_id")
@click.option(
    "--patient",
    type=click.Path(exists=True, path_type=Path),
    required=True,
    help="What is told of one person, or of many: a FHIR bundle, an OMOP database, plain values as JSON or CSV, a"
    " note; an archive or a folder of these.",
)
@told_options
@click.option(
    "--log",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write a row a person into this file, which you alone may read: Parquet where it ends in .parquet, else CSV.",
)
@as_of_option
@json_option
@click.pass_obj
def screen(
    home: Path,
    /,
    nct_id: str,
    *,
    patient: Path,
    day: str | None,
    log: Path | None,
    as_of: str | None,
    as_json: bool,
    **more: tuple[str, ...],
) -> None:
    """Say of each criterion of a study whether a person meets it, from what, and what is missing.

    One person makes a sheet to print and sign; several make counts. Nothing of the patient data is kept or sent.
    """
    on = read_day(day)
    told = read_told(**more)
    with Library(home) as library:
        verdicts = library.screen_all(nct_id, patient, day=on, told=told, as_of=as_of)
        if log is not None:
            _write_log(verdicts, log)
            return
        first = list(islice(verdicts, 2))
        if not first:
            raise UsageError(f"{patient} tells of nobody")
        study = library.get_known_study(nct_id, as_of=as_of)
        protocol = study.protocol_section
        module = protocol.eligibility_module if protocol else None
        text = (module.eligibility_criteria if module else None) or ""
        title = f"{study.nct_id}: {study.brief_title or ''}".rstrip(": ")
        title = "\n".join(filter(None, (title, study.criteria_note)))
        if as_json:
            _print_json(chain(first, verdicts), text, is_one=len(first) == 1)
        elif len(first) == 1:
            from trialbook.eligibility.worksheet import render_worksheet

            click.echo(render_worksheet(first[0], title=title, text=text), nl=False)
        else:
            click.echo(title)
            _print_counts(chain(first, verdicts))


def _print_json(verdicts: Iterable[PatientVerdict], text: str, *, is_one: bool) -> None:
    """One person as an object over several lines, many as an object a line."""
    from trialbook.eligibility.worksheet import make_answer

    for each in verdicts:
        body = msgspec.json.encode(make_answer(each, text=text))
        click.echo(msgspec.json.format(body, indent=2) if is_one else body)


def _print_counts(verdicts: Iterable[PatientVerdict]) -> None:
    from trialbook.eligibility.screening import Tally

    tally = Tally()
    for each in verdicts:
        tally.add(each)
        click.echo(f"{each.person_id or '—'}  {each.explain()}")
    click.echo(tally.count().explain())


def _write_log(verdicts: Iterator[PatientVerdict], path: Path) -> None:
    from trialbook.eligibility.screening import write_log_csv, write_log_parquet

    write = write_log_parquet if path.suffix.lower() == ".parquet" else write_log_csv
    click.echo(write(verdicts, path).explain())
