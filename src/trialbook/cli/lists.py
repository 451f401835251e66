"""The commands for a few studies: keep them in lists, set them side by side, see what is new in what is kept."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import IO

import click
import msgspec

from trialbook.cli.options import DamageNotes, as_of_option, json_option, write_out
from trialbook.export.forms import FORMS, make_wanted
from trialbook.library import Library
from trialbook.library.export import guess_form, write_file
from trialbook.library.keeping import Watched
from trialbook.library.kept import Kind
from trialbook.library.lists import KeptList, write_shared
from trialbook.library.news_words import cut_text, write_lines, write_title
from trialbook.model.present import parse_present
from trialbook.model.sentences import count_of
from trialbook.pages.side_by_side import render_side_by_side_text

# What a terminal cannot show.
BINARY = ("parquet", "xlsx", "json.zip", "xml.zip")
# The form in which another library takes a list.
SHARED = "list"
LINES_SHOWN, LONGEST_LINE = 8, 300
WIDEST = 110
# As many notes of the longest kind as a list may have fit into it.
MOST_BYTES = 20_000_000


@click.group("list")
def list_() -> None:
    """Keep studies in named lists, each with a note."""


@list_.command()
@click.argument("name")
@click.argument("nct_ids", nargs=-1, required=True, metavar="NCT_ID...")
@click.option("--note", default="", help="Words for each of them, which take the place of an earlier note.")
@click.pass_obj
def add(home: Path, /, name: str, nct_ids: tuple[str, ...], note: str) -> None:
    """Put studies on the list NAME (letters a to z, digits, hyphens), which is made where there is none."""
    with Library(home) as library:
        added = library.add_to_list(name, *nct_ids, note=note)
        studies = len(library.get_list(name).entries)
    click.echo(f"{name}: {count_of(len(added), 'study', 'studies')} more, {studies:,} in all")


@list_.command()
@click.argument("name")
@click.argument("nct_ids", nargs=-1, required=True, metavar="NCT_ID...")
@click.pass_obj
def remove(home: Path, /, name: str, nct_ids: tuple[str, ...]) -> None:
    """Take studies off the list NAME, with their notes."""
    with Library(home) as library:
        library.remove_from_list(name, *nct_ids)


@list_.command()
@click.argument("name")
@click.argument("nct_id")
@click.argument("text", default="")
@click.pass_obj
def note(home: Path, /, name: str, nct_id: str, text: str) -> None:
    """Write the note TEXT for a study on the list NAME; without TEXT it has none."""
    with Library(home) as library:
        library.note_in_list(name, nct_id, text)


@list_.command()
@click.argument("name")
@click.argument("new")
@click.pass_obj
def rename(home: Path, /, name: str, new: str) -> None:
    """Call the list NAME from now on NEW."""
    with Library(home) as library:
        library.rename_list(name, new)


@list_.command()
@click.argument("name")
@click.pass_obj
def delete(home: Path, /, name: str) -> None:
    """Forget the list NAME and all its notes."""
    with Library(home) as library:
        library.delete_list(name)


@list_.command()
@click.argument("name", default="")
@json_option
@click.pass_obj
def show(home: Path, /, name: str, *, as_json: bool) -> None:
    """Show the list NAME: its studies, with titles and notes; without NAME all lists, one a line."""
    with Library(home) as library:
        if not name:
            _show_all(library, as_json=as_json)
            return
        kept = library.get_list(name)
        if as_json:
            click.echo(msgspec.json.encode(kept))
            return
        for entry in kept.entries:
            click.echo(f"{entry.nct_id}  {_find_title(library, entry.nct_id)}")
            for line in entry.note.splitlines():
                click.echo(f"    {line}")


def _show_all(library: Library, *, as_json: bool) -> None:
    lines = library.find_lists()
    if as_json:
        click.echo(msgspec.json.encode(lines))
        return
    for line in lines:
        click.echo(f"{line.name}  {line.made_at[:10]}  {count_of(line.studies, 'study', 'studies')}")


def _find_title(library: Library, nct_id: str) -> str:
    body = library.read_known(nct_id)
    if not isinstance(body, bytes):
        return "(not in this library)" if body is None else f"({body})"
    study = parse_present(body)
    return study.brief_title or study.official_title or "Untitled record"


@list_.command()
@click.argument("name")
@click.option(
    "--format",
    "form",
    type=click.Choice([SHARED, *FORMS]),
    help=f"Unless told, what the end of --output says, else {SHARED}.",
)
@click.option("--fields", default="", metavar="NAMES", help="As in `trialbook export`.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A file, which appears when it is complete; standard output unless told.",
)
@click.pass_obj
def export(home: Path, /, name: str, form: str | None, fields: str, output: Path | None) -> None:
    """Write the list NAME: as a `list` that another library takes, with its notes, or its records in any form.

    The other forms are those of `trialbook export`.
    """
    form = form or (guess_form(output) if output and not _is_shared(output) else None) or SHARED
    damage = DamageNotes()
    with Library(home) as library:
        kept = library.get_list(name)
        if form == SHARED:
            blocks = iter((write_shared(kept),))
        else:
            names = [each.strip() for each in fields.replace("|", ",").split(",") if each.strip()]
            blocks = library.iter_list(name, make_wanted(form, names), on_damage=damage.add)
            _warn_of_missing(library, kept)
        if output is not None:
            write_file(blocks, output, apart_from=home)
        else:
            write_out(blocks, is_binary=form in BINARY)
    damage.end()


def _is_shared(path: Path) -> bool:
    return path.name.lower().endswith(".list.json")


def _warn_of_missing(library: Library, kept: KeptList) -> None:
    missing = [each for each in kept.nct_ids if not library.store.has_study(each)]
    if missing:
        click.echo(f"trialbook: not in this library: {', '.join(missing[:20])}", err=True)


@list_.command()
@click.argument("file", type=click.File("rb"))
@click.option("--name", default="", help="Another name than the one in the file.")
@click.pass_obj
def take(home: Path, /, file: IO[bytes], name: str) -> None:
    """Keep the list that another library wrote to FILE with `trialbook list export`."""
    with Library(home) as library:
        kept = library.take_list(file.read(MOST_BYTES), name=name)
    click.echo(f"{kept.name}: {count_of(len(kept.entries), 'study', 'studies')}")


@click.command()
@click.argument("nct_ids", nargs=-1, required=True, metavar="NCT_ID NCT_ID...")
@click.option(
    "--different", "is_short", is_flag=True, help="Leave out what is the same in all, and what none says."
)
@as_of_option
@json_option
@click.pass_obj
def compare(
    home: Path, /, nct_ids: tuple[str, ...], *, is_short: bool, as_of: str | None, as_json: bool
) -> None:
    """Set two to six studies side by side: state, dates, sponsor, design, arms, outcomes, criteria, places."""
    with Library(home) as library:
        table = library.set_side_by_side(*nct_ids, as_of=as_of)
    if as_json:
        click.echo(msgspec.json.encode(table))
        return
    width = min(shutil.get_terminal_size().columns, WIDEST)
    click.echo(render_side_by_side_text(table, width=width, is_short=is_short), nl=False)


@click.command()
@click.argument("name", default="")
@click.option("--list", "kind", flag_value="list", help="Of lists alone.")
@click.option("--search", "kind", flag_value="search", help="Of saved searches alone.")
@click.option(
    "--seen",
    "is_seen",
    is_flag=True,
    help="Remember that this was seen: from now on only what comes later is news.",
)
@click.option(
    "--limit", default=50, show_default=True, type=click.IntRange(1, 199), help="Of each, the last so many."
)
@json_option
@click.pass_obj
def news(home: Path, /, name: str, *, kind: Kind | None, is_seen: bool, limit: int, as_json: bool) -> None:
    """Tell what is new or changed in all lists and saved searches, or in NAME, since the last look.

    A look is remembered with --seen alone, or on the site's page of news.
    """
    with Library(home) as library:
        last = library.last_arrival
        told = library.find_watched(kind=kind, name=name or None, limit=limit)
        if as_json:
            click.echo(msgspec.json.encode(told))
        else:
            for each in told:
                _tell(each)
        if is_seen:
            for each in told:
                if not each.problem:
                    library.mark_seen(each.kind, each.name, number=last)


def _tell(watched: Watched) -> None:
    count = f"{'' if watched.is_all else 'more than '}{len(watched.news):,}"
    what = "list" if watched.kind == "list" else "saved search"
    click.echo(
        f"{what} {watched.name}: {watched.problem or f'{count} new or changed'} since {watched.since[:10]}"
    )
    for each in watched.news:
        click.echo(f"  {write_title(each)}")
        first, *others = write_lines(each)
        for line in [first, *others[:LINES_SHOWN]]:
            click.echo(f"      {cut_text(' '.join(line.split()), LONGEST_LINE)}")
        if len(others) > LINES_SHOWN:
            click.echo(f"      and {len(others) - LINES_SHOWN:,} more: trialbook diff {each.nct_id}")
