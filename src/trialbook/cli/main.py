"""How does a person ask? Each command calls one room and prints what it says."""

from __future__ import annotations

import shutil
import sys
import time
from pathlib import Path
from typing import IO, Any

import click
import msgspec

from trialbook.ask.filters import FILTERS, SORTS, list_facets, make_request
from trialbook.changes.history import describe_history
from trialbook.cli import searches as cli_searches
from trialbook.cli.options import as_of_option, check_day, filter_options, json_option
from trialbook.derived.statistics import compute_statistics
from trialbook.errors import TrialbookError, UsageError
from trialbook.library import Library
from trialbook.library.build import ImportCounts, import_paths
from trialbook.library.pull import pull_histories, pull_records
from trialbook.library.rebuild import Standing
from trialbook.model import PartialDate, parse_study
from trialbook.model.study import decode_record, read_typed
from trialbook.pages import render_study_text
from trialbook.patient.note import LONGEST_NOTE, read_note
from trialbook.samples import sample_paths
from trialbook.search.engine.snippets import find_passages
from trialbook.settings import SETTINGS, VERSION, read_folder
from trialbook.source.files import Progress, measure_path
from trialbook.source.formats import describe_formats
from trialbook.source.live.api import PullRequest
from trialbook.terms import get_thesaurus

SHOWN_REASONS = 10


class Group(click.Group):
    """Says what went wrong in a sentence, and never shows a traceback for bad input."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except TrialbookError as error:
            click.echo(f"trialbook: {error}", err=True)
        ctx.exit(1)


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--home",
    type=click.Path(path_type=Path, file_okay=False),
    envvar=SETTINGS["home"].variable,
    show_default=str(SETTINGS["home"].default),
    help=SETTINGS["home"].meaning,
)
@click.version_option(VERSION)
@click.pass_context
def main(ctx: click.Context, home: Path | None) -> None:
    """Read, find and follow clinical-trial registry records."""
    ctx.obj = read_folder("home", home)


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


@main.command(
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
    narrowed = {name: value for name, value in wanted.items() if value}
    if histories is not None:
        if ids is not None or narrowed:
            raise click.UsageError(
                "--history names the records itself: ask for others in a pull of their own"
            )
        counts = pull_histories(home, _split(histories), registry=registry)
    else:
        if "since" in narrowed:
            narrowed["since"] = PartialDate(narrowed["since"]).earliest
        request = PullRequest(ids=_split(ids or ""), **narrowed)
        counts = pull_records(home, request, registry=registry, page_size=page_size)
    print_counts(counts, as_json=as_json)


def _split(ids: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in ids.split(",") if part.strip())


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
    note = read_note(patient.read(LONGEST_NOTE + 1), get_thesaurus()) if patient else None
    filters = {each.name: asked.pop(each.name) for each in FILTERS}
    facets = list_facets() if as_json else ()
    request = make_request(text, filters, note=note, facets=facets, **asked)
    with Library(home) as library:
        engine = library.engine
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
            record = decode_record(library.get_body(nct_id, as_of=request.as_of))
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
@click.option("--version", type=click.IntRange(1), help="Number of a version; the one in force unless told.")
@click.option("--original", is_flag=True, help="Print the bytes as received, in the form of their source.")
@as_of_option
@json_option
@click.pass_obj
def show(
    home: Path,
    /,
    nct_id: str,
    *,
    width: int,
    version: int | None,
    original: bool,
    as_of: str | None,
    as_json: bool,
) -> None:
    """Print a record as a page of text, as JSON, or as it was received."""
    with Library(home) as library:
        if original:
            sys.stdout.buffer.write(library.get_original(nct_id, version=version, as_of=as_of))
            return
        body = library.get_body(nct_id, version=version, as_of=as_of)
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
    with Library(home) as library:
        found = library.find_id(nct_id)
        lines = library.find_history(found, as_of=as_of)
        announced = library.find_announced(found, as_of=as_of)
    click.echo(describe_history(found, lines, announced, as_json=as_json))


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
    with Library(home) as library:
        comparison = library.compare(nct_id, before, after, as_of=as_of)
    click.echo(comparison.write(as_json=as_json))


@main.command()
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 10_000))
@click.pass_obj
def rejections(home: Path, limit: int) -> None:
    """List input that could not be understood, the newest first."""
    with Library(home) as library:
        for place, reason, original in library.store.find_rejections(limit):
            click.echo(f"{place}: {reason} ({len(original):,} bytes kept)")


@main.command("rebuild")
@click.argument("names", nargs=-1)
@click.option("--behind", is_flag=True, help="Only complete what is behind or missing.")
@click.option("--list", "is_list", is_flag=True, help="List what there is and how far each has come.")
@json_option
@click.pass_obj
def rebuild_(home: Path, /, names: tuple[str, ...], *, behind: bool, is_list: bool, as_json: bool) -> None:
    """Make what is derived from the records anew: all, or what is named (index, summaries, statistics)."""
    with Library(home) as library:
        if is_list:
            standings = library.standings
            text = [f"{each.name}: {each.meaning}; {describe_standing(each)}" for each in standings]
            click.echo(msgspec.json.encode(standings) if as_json else "\n".join(text))
            return
        if behind and names:
            raise UsageError("--behind completes whatever is behind: name nothing")
        counts = library.bring_into_step() if behind else library.rebuild(*names)
    if as_json:
        click.echo(msgspec.json.encode(counts))
        return
    for name, count in counts.items():
        click.echo(f"{name}: {count:,} studies taken up")
    if not counts:
        click.echo("everything is in step")


def describe_standing(standing: Standing) -> str:
    """How far a derived thing has come, in words."""
    if standing.behind is None:
        return "not made yet"
    lacks = f"{standing.behind:,} changes behind" if standing.behind else "in step"
    return lacks if standing.is_whole else f"{lacks}, a run broke off"


@main.command(hidden=True)
@click.pass_obj
def reindex(home: Path) -> None:
    """Make the index anew from the records: `rebuild index`."""
    with Library(home) as library:
        click.echo(f"{library.rebuild('index')['index']:,} studies indexed")


@main.command()
@json_option
@click.pass_obj
def statistics(home: Path, as_json: bool) -> None:
    """Count sizes, values and lengths of lists over all records, for the API."""
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
