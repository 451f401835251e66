"""The commands that write: bring records in, and make anew what is derived from them."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import click
import msgspec

from trialbook.cli.options import DamageNotes, check_first_day, json_option
from trialbook.errors import TrialbookError, UsageError
from trialbook.library import Library
from trialbook.library.build import ImportCounts, import_paths
from trialbook.library.rebuild import Standing, check_names
from trialbook.source.files import Progress, measure_path
from trialbook.source.formats import describe_formats

SHOWN_REASONS = 10


class Meter:
    """Shows how far an import has come: share, rate and time left, on standard error."""

    def __init__(self, total_bytes: int, *, is_shown: bool) -> None:
        self.progress = Progress()
        self._total, self._is_shown = total_bytes, is_shown
        self._started = self._shown_at = time.monotonic()
        self._indexed = 0

    def step(self, counts: ImportCounts) -> None:
        """Note one more record."""
        now = time.monotonic()
        if not self._is_shown or now - self._shown_at < 1:
            return
        self._shown_at = now
        seconds = now - self._started
        share = min(1.0, self.progress.read_bytes / self._total) if self._total else 0.0
        left = f", {seconds / share - seconds:,.0f} s left" if share > 0.01 else ""
        rate = counts.read / seconds
        click.echo(f"\r{counts.read:,} read ({share:.0%}), {rate:,.0f} a second{left}   ", err=True, nl=False)

    def index(self) -> None:
        """Note one more indexed study."""
        self._indexed += 1
        now = time.monotonic()
        if self._is_shown and now - self._shown_at >= 1:
            self._shown_at = now
            click.echo(f"\r{self._indexed:,} indexed                                   ", err=True, nl=False)

    def end(self) -> None:
        """Leave the line."""
        if self._is_shown:
            click.echo("\r" + " " * 60 + "\r", err=True, nl=False)


@click.command(
    "import",
    help=f"""Read files, archives or folders of registry records into the library.

    The format is found by looking: {describe_formats()}.""",
)
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@json_option
@click.pass_obj
def import_(home: Path, paths: tuple[Path, ...], as_json: bool) -> None:
    """Read files, archives or folders of registry records into the library."""
    meter = Meter(_measure(paths), is_shown=sys.stderr.isatty() and not as_json)
    try:
        counts = import_paths(home, paths, progress=meter.progress, on_step=meter.step, on_index=meter.index)
    finally:
        meter.end()
    print_counts(counts, as_json=as_json)


def _measure(paths: tuple[Path, ...]) -> int:
    total = 0
    for path in paths:
        try:
            total += measure_path(path)
        except TrialbookError:
            continue
    return total


def print_counts(counts: ImportCounts, *, as_json: bool) -> None:
    """Print what became of the records; exits with 1 where anything failed."""
    for problem in counts.problems:
        click.echo(f"trialbook: {problem}", err=True)
    for reason in counts.reasons[:SHOWN_REASONS]:
        click.echo(f"rejected: {reason}", err=True)
    if counts.rejected > SHOWN_REASONS:
        click.echo(f"… {counts.rejected - SHOWN_REASONS:,} more: `trialbook rejections`", err=True)
    for sentence in counts.taken_out:
        click.echo(f"trialbook: {sentence}", err=True)
    for skip in counts.skipped:
        click.echo(f"skipped: {skip}", err=True)
    if counts.skipped_files > len(counts.skipped):
        click.echo(f"… {counts.skipped_files - len(counts.skipped):,} more files skipped", err=True)
    if counts.not_sent:
        click.echo(
            f"trialbook: {counts.not_sent:,} records that the registry announced were not sent; a bulk download "
            "has them: `trialbook import` it",
            err=True,
        )
    if as_json:
        shown = msgspec.structs.asdict(counts)
        del shown["reasons"]
        click.echo(msgspec.json.encode(shown))
    else:
        mended = f", {counts.mended:,} mended" if counts.mended else ""
        announced = f"; {counts.announced:,} versions announced" if counts.announced else ""
        click.echo(
            f"{counts.read:,} read = {counts.stored:,} stored ({counts.new_versions:,} of them new versions{mended})"
            f" + {counts.unchanged:,} unchanged + {counts.rejected:,} rejected{announced}"
        )
    if counts.rejected or counts.problems:
        sys.exit(1)


@click.command()
@click.option("--ids", help="NCT ids, separated by commas.")
@click.option("--condition", default="", help="Studies of a condition.")
@click.option("--term", default="", help="Studies that match words anywhere.")
@click.option("--location", default="", help="Studies with a site there.")
@click.option("--all", "everything", is_flag=True, help="The whole registry.")
@click.option(
    "--since", callback=check_first_day, metavar="DATE", help="Only records updated on or after that day."
)
@click.option(
    "--history",
    "histories",
    metavar="IDS",
    help="The past versions of these records, from the registry's own site: NCT ids, separated by commas.",
)
@click.option("--page-size", default=1000, show_default=True, type=click.IntRange(1, 1000))
@click.option("--registry", metavar="URL", help="Another address than the registry's own.")
@json_option
@click.pass_obj
def pull(
    home: Path,
    /,
    ids: str | None,
    histories: str | None,
    page_size: int,
    registry: str | None,
    as_json: bool,
    **wanted: Any,
) -> None:
    """Fetch records from the live registry; run it again to go on, or to fetch what changed since.

    With --history it fetches what records said before: each version that the library does not hold yet.
    """
    # The client of the live registry is what no other command needs.
    from trialbook.library.pull import pull_histories, pull_records
    from trialbook.source.live.request import PullRequest

    narrowed = {name: value for name, value in wanted.items() if value}
    if histories is not None:
        if ids is not None or narrowed:
            raise click.UsageError(
                "--history names the records itself: ask for others in a pull of their own"
            )
        counts = pull_histories(home, _split(histories), registry=registry)
    else:
        request = PullRequest(ids=_split(ids or ""), **narrowed)
        counts = pull_records(home, request, registry=registry, page_size=page_size)
    print_counts(counts, as_json=as_json)


def _split(ids: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in ids.split(",") if part.strip())


@click.command("rebuild")
@click.argument("names", nargs=-1)
@click.option("--behind", is_flag=True, help="Only complete what is behind or missing.")
@click.option(
    "--list", "is_list", is_flag=True, help="List what there is, or what is named, and how far it has come."
)
@json_option
@click.pass_obj
def rebuild_(home: Path, /, names: tuple[str, ...], *, behind: bool, is_list: bool, as_json: bool) -> None:
    """Make what is derived from the records anew: what is named (index, summaries, related, criteria,
    statistics), or all; criteria, which take hours for a whole registry, only where they were made before."""
    with Library(home) as library:
        if is_list:
            check_names(names)
            standings = [each for each in library.standings if not names or each.name in names]
            text = [f"{each.name}: {each.meaning}; {describe_standing(each)}" for each in standings]
            click.echo(msgspec.json.encode(standings) if as_json else "\n".join(text))
            return
        if behind and names:
            raise UsageError("--behind completes whatever is behind: name nothing")
        damage = DamageNotes()
        if behind:
            counts = library.bring_into_step(on_damage=damage.add)
        else:
            counts = library.rebuild(*names, on_damage=damage.add)
    if as_json:
        click.echo(msgspec.json.encode(counts))
    else:
        for name, count in counts.items():
            click.echo(f"{name}: {count:,} studies taken up")
        if not counts:
            click.echo("everything is in step")
    damage.end()


def describe_standing(standing: Standing) -> str:
    """How far a derived thing has come, in words."""
    if standing.behind is None:
        return "not made yet"
    if not standing.is_of_this_past:
        return "of another past: the library's file was set back or replaced since"
    lacks = f"{standing.behind:,} changes behind" if standing.behind else "in step"
    return lacks if standing.is_whole else f"{lacks}, a run broke off"


@click.command(hidden=True)
@click.pass_obj
def reindex(home: Path) -> None:
    """Make the index anew from the records: `rebuild index`."""
    with Library(home) as library:
        damage = DamageNotes()
        counts = library.rebuild("index", on_damage=damage.add)
    click.echo(f"{counts['index']:,} studies indexed")
    damage.end()
