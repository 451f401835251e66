"""The command that holds persons against a study."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from trialbook.cli.options import as_of_option, json_option
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
@click.option("--day", metavar="DATE", help="The day for which it is evaluated; today unless told.")
@click.option(
    "--complete",
    multiple=True,
    metavar="DOMAIN",
    help="All is told of this domain (condition, drug, procedure …): what is not named is not so. Without it,"
    " what is not named is unknown.",
)
@click.option(
    "--answer",
    multiple=True,
    metavar="KEY=VALUE",
    help="An answer to a question that came with a verdict, as mdrd_constant=175.",
)
@click.option(
    "--visit", multiple=True, metavar="NAME=DATE", help="The day of a visit, as screening=2026-11-02."
)
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
    from trialbook.library.screening import make_told, read_day

    on = read_day(day, "--day")
    told = make_told(
        more["complete"], dict(_split(more["answer"], "--answer")), dict(_split(more["visit"], "--visit"))
    )
    with Library(home) as library:
        verdicts = library.screen_all(nct_id, patient, day=on, told=told, as_of=as_of)
        if log is not None:
            _write_log(verdicts, log)
            return
        first = list(islice(verdicts, 2))
        if not first:
            raise UsageError(f"{patient} tells of nobody")
        study = library.get_study(nct_id, as_of=as_of)
        protocol = study.protocol_section
        module = protocol.eligibility_module if protocol else None
        text = (module.eligibility_criteria if module else None) or ""
        title = f"{study.nct_id}: {study.brief_title or ''}".rstrip(": ")
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


def _split(written: tuple[str, ...], option: str) -> Iterator[tuple[str, str]]:
    for each in written:
        name, sign, value = each.partition("=")
        if not sign:
            raise UsageError(f"{option} {each[:60]!r} has no equals sign: NAME=VALUE is wanted")
        yield name.strip(), value.strip()
