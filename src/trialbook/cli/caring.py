"""The commands that care for a library: is it whole, keep a copy of it, bring it back."""

from __future__ import annotations

import sys
from pathlib import Path

import click
import msgspec

from trialbook.cli.options import DamageNotes, json_option
from trialbook.library import Library
from trialbook.library.backup import Manifest, restore_backup
from trialbook.library.repair import repair_library
from trialbook.store import Counts


@click.command()
@click.option(
    "--repair",
    is_flag=True,
    help="Put right what can be: all that is whole is brought out and kept, what is lost is named. The damaged"
    " file stays under another name.",
)
@json_option
@click.pass_obj
def check(home: Path, *, repair: bool, as_json: bool) -> None:
    """Read the whole library and name all that is not as it was kept; ends with 1 where anything is wrong."""
    if repair:
        _repair(home, as_json=as_json)
        return
    with Library(home) as library:
        problems = library.check()
        counts = None if problems else library.store.count()
    if as_json:
        click.echo(msgspec.json.encode({"problems": problems}))
    elif counts is not None:
        click.echo(describe_whole(counts))
    else:
        click.echo("\n".join(problems))
    if problems:
        sys.exit(1)


def describe_whole(counts: Counts) -> str:
    """What a library in which nothing is wrong holds, in words."""
    return f"as it was kept: {counts.studies:,} studies in {counts.versions:,} versions"


def _repair(home: Path, *, as_json: bool) -> None:
    """Repair a library and say what became of it; ends with 1 where anything is lost or still wrong."""
    done = repair_library(home)
    if as_json:
        click.echo(msgspec.json.encode(done))
    else:
        lines = [
            *done.problems,
            *done.lost,
            *(f"the damaged file is kept as {click.format_filename(path)}" for path in done.kept),
        ]
        lines += [f"still wrong: {each}" for each in done.left]
        if not done.left:
            with Library(home) as library:
                lines.append(
                    ("mended; now " if done.problems else "") + describe_whole(library.store.count())
                )
        click.echo("\n".join(lines))
    if done.lost or done.left:
        sys.exit(1)


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@json_option
@click.pass_obj
def backup(home: Path, /, file: Path, *, as_json: bool) -> None:
    """Keep the whole library in one FILE: every version of every record, and the saved searches.

    Others may read and write meanwhile: it holds the state of one moment. What is derived from the records is
    left out. An earlier backup of that name is replaced once the new one is complete and was read again.
    """
    damage = DamageNotes()
    with Library(home) as library:
        made = library.backup(file, on_damage=damage.add)
    _print_manifest(made, f"{click.format_filename(file)} holds", as_json=as_json)
    damage.end()


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--replace", "is_replaced", is_flag=True, help="Replace the library that is there.")
@json_option
@click.pass_obj
def restore(home: Path, /, file: Path, *, is_replaced: bool, as_json: bool) -> None:
    """Bring a library back from the backup FILE, and make the index anew.

    The whole FILE is compared with what was kept before anything is changed.
    """
    manifest = restore_backup(file, home, is_replaced=is_replaced)
    _print_manifest(manifest, f"restored in {click.format_filename(home)}:", as_json=as_json)


def _print_manifest(manifest: Manifest, lead: str, *, as_json: bool) -> None:
    if as_json:
        click.echo(msgspec.json.encode(manifest))
        return
    counts = f"{manifest.studies:,} studies in {manifest.versions:,} versions"
    click.echo(f"{lead} {counts}, as of {manifest.made_at}")
    for problem in manifest.damaged:
        click.echo(f"damaged when it was kept: {problem}")


@click.command("take-out")
@click.argument("nct_id")
@click.argument("version", type=click.IntRange(0))
@click.option("--copy", type=click.IntRange(1), help="Only one copy of it, 1 for the fullest.")
@click.option("--reason", required=True, help="Why; it is kept, and `trialbook history` shows it.")
@click.pass_obj
def take_out(home: Path, /, nct_id: str, version: int, *, copy: int | None, reason: str) -> None:
    """Let a VERSION of a record count no longer, by its number in `trialbook history`.

    Searches, pages and exports show the record without it; its bytes stay in the library.
    """
    with Library(home) as library:
        known = len(library.find_taken_out(nct_id))
        library.take_out(nct_id, version, reason, copy=copy)
        for entry in library.find_taken_out(nct_id)[known:]:
            click.echo(f"{entry}")


@click.command("put-back")
@click.argument("nct_id")
@click.argument("number", type=click.IntRange(1))
@click.option("--reason", default="", help="Why; it is kept.")
@click.pass_obj
def put_back(home: Path, /, nct_id: str, number: int, *, reason: str) -> None:
    """Let a version count again that was taken out, by the NUMBER that `trialbook history` names."""
    with Library(home) as library:
        library.put_back(nct_id, number, reason)
        click.echo(f"{library.find_taken_out(nct_id)[-1]}")
