"""The commands for what a search finds: take it all away, or keep it to follow what changes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import click
import msgspec

from trialbook.ask.filters import list_facets, make_request, write_values
from trialbook.ask.form import BOXES
from trialbook.ask.parameters import Parameters
from trialbook.ask.query_string import encode_text
from trialbook.cli.options import (
    DamageNotes,
    as_of_option,
    box_options,
    filter_options,
    json_option,
    warn_of_lag,
    write_out,
)
from trialbook.errors import UsageError
from trialbook.export.aact.files import find_kind, write_tables
from trialbook.export.forms import FORMS
from trialbook.library import Library
from trialbook.library.export import KNOWN, guess_form, read_export, write_file
from trialbook.search.engine.facets import MOST_FACET_VALUES, REFUSED

# What a terminal cannot show.
BINARY = ("parquet", "xlsx", "json.zip", "xml.zip")
query_option = click.option(
    "--query", default="", metavar="TEXT", help='Words, "phrases", AND, OR, NOT, AREA[Phase]PHASE2…'
)
ask_option = click.option(
    "--ask",
    default="",
    metavar="PARAMETERS",
    help="What stands behind the ? of the API's addresses: query.cond=stroke&filter.overallStatus=RECRUITING.",
)


def join_asked(query: str, ask: str, filters: Mapping[str, object], **others: str | None) -> str:
    """All ways of asking, and other parameters that are given, as parameters of an address."""
    given = [(name, value) for name, value in {"query.term": query, **others}.items() if value]
    given += write_values(filters)
    for _, value in given:
        encode_text(value)
    return "&".join(filter(None, (ask.strip().removeprefix("?"), urlencode(given))))


@click.command()
@query_option
@ask_option
@filter_options
@click.option(
    "--format",
    "form",
    type=click.Choice(list(FORMS)),
    help="Unless told, what the end of --output says, else jsonl.",
)
@click.option(
    "--fields",
    default="",
    metavar="NAMES",
    help="With jsonl, json and json.zip parts of the records, as in the API; with the tables columns.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A file, which appears when it is complete; standard output unless told.",
)
@click.option(
    "--tables",
    "is_tables",
    is_flag=True,
    help="Write tables for SQL in the shape of AACT's into --output, an SQLite (.sqlite) or DuckDB (.duckdb) file.",
)
@as_of_option
@click.pass_obj
def export(
    home: Path,
    /,
    query: str,
    ask: str,
    form: str | None,
    fields: str,
    output: Path | None,
    is_tables: bool,
    **filters: Any,
) -> None:
    """Write all records in force, or those that a search finds, in any of the forms.

    JSON (lines, one list, a zip of files) holds the values as they were received; csv, excel.csv (for
    spreadsheets) and xlsx the registry's table, parquet the same with types; ris references, fhir.ndjson
    lines of FHIR resources, xml.zip the registry's old XML. A damaged record is left out and named on
    standard error, and the command ends with 1.
    """
    as_of: str | None = filters.pop("as_of")
    if is_tables:
        if form or fields or output is None:
            raise UsageError("--tables needs --output, and takes neither --format nor --fields")
        _export_tables(home, output, join_asked(query, ask, filters, as_of=as_of))
        return
    form = form or (guess_form(output) if output else None) or "jsonl"
    written = join_asked(query, ask, filters, format=form, fields=fields, as_of=as_of)
    asked = Parameters(encode_text(written), KNOWN)
    with Library(home) as library:
        wanted = read_export(asked, library.find_place)
        if wanted.request.filters:
            warn_of_lag(library)
        damage = DamageNotes()
        blocks = library.iter_export(wanted, on_damage=damage.add)
        if output is not None:
            write_file(blocks, output, apart_from=home)
        else:
            write_out(blocks, is_binary=form in BINARY)
    damage.end()


def _export_tables(home: Path, output: Path, written: str) -> None:
    """Write what is asked for as tables, and say how many rows there are."""
    find_kind(output)
    damage = DamageNotes()
    with Library(home) as library:
        asked = read_export(Parameters(encode_text(written), KNOWN), library.find_place)
        if asked.request.filters:
            warn_of_lag(library)
        bodies = library.iter_found(asked, on_damage=damage.add)
        counts = write_tables(bodies, output, apart_from=home)
    studies, rows = counts["studies"], sum(counts.values())
    click.echo(
        f"{studies:,} studies in {rows:,} rows of {len(counts)} tables: {click.format_filename(output)}"
    )
    damage.end()


@click.command()
@click.argument("text", default="")
@box_options
@filter_options
@click.option(
    "--by",
    multiple=True,
    metavar="FIELD",
    help="A field to count by (Phase, Condition, LocationCity, StartYear…), repeatable; the usual ones unless told.",
)
@click.option("--size", default=10, show_default=True, type=click.IntRange(1, MOST_FACET_VALUES))
@as_of_option
@json_option
@click.pass_obj
def facets(
    home: Path,
    /,
    text: str,
    by: tuple[str, ...],
    size: int,
    as_of: str | None,
    as_json: bool,
    **asked: Any,
) -> None:
    """Count the studies of a search by the values of fields.

    A field is counted without the filter that chooses among its values, so that the alternatives are seen.
    """
    boxes = {name: asked.pop(name) for name in BOXES}
    request = make_request(text, asked, areas=boxes, as_of=as_of, limit=0, facets=by or list_facets())
    with Library(home) as library:
        result = library.engine.search(msgspec.structs.replace(request, facet_size=size))
        warn_of_lag(library)
    if as_json:
        told = {"total": result.total, "facets": result.facets, "missing": result.missing}
        click.echo(msgspec.json.encode(told))
        return
    click.echo(f"{result.total:,} {'study' if result.total == 1 else 'studies'}")
    for name, counts in result.facets.items():
        click.echo(name)
        none = "none of these" if name == REFUSED else "not stated"
        missing = {none: result.missing[name]} if result.missing[name] else {}
        for value, studies in {**counts, **missing}.items():
            click.echo(f"{studies:>9,}  {' '.join(value.split())}")


@click.group()
def saved() -> None:
    """Keep searches under names, and follow what is new or changed in their feeds."""


@saved.command()
@click.argument("name")
@query_option
@ask_option
@filter_options
@click.pass_obj
def add(home: Path, /, name: str, query: str, ask: str, **filters: Any) -> None:
    """Save a search under NAME (letters a to z, digits, hyphens); its feed begins now.

    `trialbook serve` gives the feed at /api/trialbook/saved/NAME/feed.
    """
    asked = join_asked(query, ask, filters)
    if not asked:
        raise UsageError("a search needs --query or --ask, or a filter such as --status")
    with Library(home) as library:
        library.save_search(name, asked)
    click.echo(f"{name}: /api/trialbook/saved/{name}/feed")


@saved.command("list")
@json_option
@click.pass_obj
def list_(home: Path, as_json: bool) -> None:
    """List the saved searches, one a line: name, day, what it asks for."""
    with Library(home) as library:
        searches = library.find_saved()
    if as_json:
        click.echo(msgspec.json.encode(searches))
        return
    for each in searches:
        click.echo(f"{each.name}  {each.saved_at[:10]}  {each.query}")


@saved.command()
@click.argument("name")
@click.pass_obj
def remove(home: Path, name: str) -> None:
    """Forget the saved search NAME."""
    with Library(home) as library:
        library.remove_saved(name)


@saved.command()
@click.argument("name")
@click.argument("new")
@click.pass_obj
def rename(home: Path, /, name: str, new: str) -> None:
    """Call the saved search NAME from now on NEW; the address of its feed says so too."""
    with Library(home) as library:
        library.rename_saved(name, new)
