"""How does a person ask? Each command calls one room and prints what it says."""

from __future__ import annotations

import shutil
import sqlite3
import sys
import time
from pathlib import Path
from typing import IO, Any

import click
import msgspec
import zstandard

from trialbook import __version__
from trialbook.ask.filters import FILTERS, SORTS, list_facets, make_request
from trialbook.cli import searches as cli_searches
from trialbook.cli.options import as_of_option, check_day, filter_options, json_option, opened
from trialbook.derived.statistics import compute_statistics
from trialbook.errors import TrialbookError
from trialbook.library.build import (
    ImportCounts,
    import_paths,
    mend_index,
    open_engine,
    open_thesaurus,
    pull_records,
    rebuild_index,
)
from trialbook.library.history import compare_versions, describe_history
from trialbook.model import PartialDate, parse_study
from trialbook.model.study import decode_record, read_typed
from trialbook.pages import render_study_text
from trialbook.patient.note import LONGEST_NOTE, read_note
from trialbook.samples import sample_paths
from trialbook.search.engine.snippets import find_passages
from trialbook.source.files import Progress, measure_path
from trialbook.source.live.api import PullRequest

DEFAULT_HOME = Path.home() / ".trialbook"
SHOWN_REASONS = 10


class Group(click.Group):
    """Says what went wrong in a sentence, and never shows a traceback for bad input."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except TrialbookError as error:
            click.echo(f"trialbook: {error}", err=True)
        except (sqlite3.Error, zstandard.ZstdError) as error:
            click.echo(f"trialbook: the library is damaged: {error}; restore it from a copy", err=True)
        ctx.exit(1)


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--home",
    type=click.Path(path_type=Path, file_okay=False),
    default=DEFAULT_HOME,
    envvar="TRIALBOOK_HOME",
    show_default="~/.trialbook",
    help="The folder that holds the library.",
)
@click.version_option(__version__)
@click.pass_context
def main(ctx: click.Context, home: Path) -> None:
    """Read, find and follow clinical-trial registry records."""
    ctx.obj = home


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


@main.command("import")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@json_option
@click.pass_obj
def import_(home: Path, paths: tuple[Path, ...], as_json: bool) -> None:
    """Read files, archives or folders of registry records into the library.

    The form is found by looking: API v2 JSON (one record, a list, pages, JSON lines), the registry's
    zip, its old XML, AACT and WHO ICTRP exports, record pages as text, version histories; each also
    packed with gzip, zstd or zip.
    """
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
    names = ("read", "stored", "new_versions", "unchanged", "rejected", "announced")
    if as_json:
        shown: dict[str, Any] = {name: getattr(counts, name) for name in names}
        click.echo(msgspec.json.encode({**shown, "problems": counts.problems}))
    else:
        announced = f"; {counts.announced:,} versions announced" if counts.announced else ""
        click.echo(
            f"{counts.read:,} read = {counts.stored:,} stored ({counts.new_versions:,} of them new versions)"
            f" + {counts.unchanged:,} unchanged + {counts.rejected:,} rejected{announced}"
        )
    if counts.rejected or counts.problems:
        sys.exit(1)


@main.command()
@click.option("--ids", help="NCT ids, separated by commas.")
@click.option("--condition", default="", help="Studies of a condition.")
@click.option("--term", default="", help="Studies that match words anywhere.")
@click.option("--location", default="", help="Studies with a site there.")
@click.option("--all", "everything", is_flag=True, help="The whole registry.")
@click.option(
    "--since", callback=check_day, metavar="DATE", help="Only records updated on or after that day."
)
@click.option("--page-size", default=1000, show_default=True, type=click.IntRange(1, 1000))
@click.option("--registry", metavar="URL", help="Another address than the registry's own.")
@json_option
@click.pass_obj
def pull(
    home: Path, /, ids: str | None, page_size: int, registry: str | None, as_json: bool, **wanted: Any
) -> None:
    """Fetch records from the live registry; run it again to go on, or to fetch what changed since."""
    since = wanted.pop("since")
    asked = tuple(part.strip() for part in (ids or "").split(",") if part.strip())
    if since:
        wanted["since"] = PartialDate(since).earliest
    request = PullRequest(ids=asked, **{name: value for name, value in wanted.items() if value})
    counts = pull_records(home, request, registry=registry, page_size=page_size)
    print_counts(counts, as_json=as_json)


@main.command()
@click.argument("text", default="")
@filter_options
@click.option(
    "--patient",
    type=click.File(encoding="utf-8", errors="replace"),
    help="A description of a patient in English (a file, or - for standard input): trials by what it says.",
)
@click.option("--sort", type=click.Choice(list(SORTS)), default="relevance", show_default=True)
@click.option("--offset", default=0, type=click.IntRange(0))
@click.option("--limit", default=20, show_default=True, type=click.IntRange(0, 1000))
@as_of_option
@json_option
@click.pass_obj
def search(home: Path, /, text: str, as_json: bool, patient: IO[str] | None, **asked: Any) -> None:
    """Find studies by a query: words (all must occur), "phrases", AND, OR, NOT, AREA[Phase]PHASE2…"""
    with opened(home) as store:
        mend_index(home)
        note = read_note(patient.read(LONGEST_NOTE + 1), open_thesaurus()) if patient else None
        filters = {each.name: asked.pop(each.name) for each in FILTERS}
        facets = list_facets() if as_json else ()
        request = make_request(text, filters, note=note, facets=facets, **asked)
        engine = open_engine(home)
        result = engine.search(request)
        if as_json:
            click.echo(msgspec.json.encode(result))
            return
        noun = "study" if result.total == 1 else "studies"
        click.echo(f"{result.total:,} {noun} ({result.milliseconds:.1f} ms)")
        if note:
            click.echo(f"read from the note: {note.explain()}")
        if result.added:
            click.echo("also searched for: " + ", ".join(result.added))
        if not result.total and (better := engine.suggest(text)):
            click.echo(f"did you mean: {better[0]}")
        reasons = engine.explain_note(note, result.nct_ids, as_of=request.as_of) if note else {}
        for nct_id in result.nct_ids:
            record = decode_record(store.get_body(nct_id, as_of=request.as_of))
            study, _ = read_typed(record)
            phases = "/".join(phase.words for phase in study.phases)
            status = study.overall_status.words if study.overall_status else "status not given"
            click.echo(f"{nct_id}  {status}{', ' + phases if phases else ''}\n    {study.brief_title}")
            if reasons.get(nct_id):
                click.echo(f"    both say: {', '.join(reasons[nct_id])}")
            for passage in find_passages(record, result.words)[: 1 if note else 0]:
                click.echo(f"    {passage.piece}: {' '.join(passage.text.split())}")


@main.command()
@click.argument("nct_id")
@click.option("--width", default=0, help="Columns; the terminal's width unless told.")
@as_of_option
@json_option
@click.pass_obj
def show(home: Path, nct_id: str, width: int, as_of: str | None, as_json: bool) -> None:
    """Print a record as a page of text, or as JSON."""
    with opened(home) as store:
        body = store.get_body(nct_id.upper() if nct_id.upper().startswith("NCT") else nct_id, as_of=as_of)
    if as_json:
        click.echo(msgspec.json.format(body, indent=2))
        return
    columns = width or min(shutil.get_terminal_size((80, 24)).columns, 100)
    click.echo(render_study_text(parse_study(body), width=columns))


@main.command()
@click.argument("nct_id")
@as_of_option
@json_option
@click.pass_obj
def history(home: Path, nct_id: str, as_of: str | None, as_json: bool) -> None:
    """List the versions of a record: the registry's date, when and from where they came, what changed."""
    with opened(home) as store:
        click.echo(describe_history(store, nct_id.upper(), as_of=as_of, as_json=as_json))


@main.command()
@click.argument("nct_id")
@click.option("--from", "before", type=int, help="Number of the older version; the last but one unless told.")
@click.option("--to", "after", type=int, help="Number of the newer version; the one in force unless told.")
@as_of_option
@json_option
@click.pass_obj
def diff(
    home: Path, nct_id: str, before: int | None, after: int | None, as_of: str | None, as_json: bool
) -> None:
    """Say what changed between two versions of a record, field by field."""
    with opened(home) as store:
        comparison = compare_versions(store, nct_id.upper(), before, after, as_of=as_of)
        click.echo(comparison.write(as_json=as_json))


@main.command()
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 10_000))
@click.pass_obj
def rejections(home: Path, limit: int) -> None:
    """List input that could not be understood, the newest first."""
    with opened(home) as store:
        for place, reason, original in store.find_rejections(limit):
            click.echo(f"{place}: {reason} ({len(original):,} bytes kept)")


@main.command()
@click.pass_obj
def reindex(home: Path) -> None:
    """Make the index anew from the records."""
    with opened(home):
        click.echo(f"{rebuild_index(home):,} studies indexed")


@main.command()
@json_option
@click.pass_obj
def statistics(home: Path, as_json: bool) -> None:
    """Count sizes, values and lengths of lists over all records, for the API."""
    with opened(home):
        found = compute_statistics(home)
    if as_json:
        click.echo(msgspec.json.encode(found))
        return
    sizes = found.sizes
    click.echo(f"{sizes.total_studies:,} studies, {sizes.average_size_bytes:,} bytes of JSON on average")
    for span, count in sizes.ranges:
        click.echo(f"{count:>12,}  {span}")


@main.command()
def samples() -> None:
    """Print where the sample records are that come with Trialbook, one path a line."""
    for path in sample_paths():
        click.echo(path)


main.add_command(cli_searches.export)
main.add_command(cli_searches.saved)
