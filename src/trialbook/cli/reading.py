"""The commands that read: find records, show them, look back."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click
import msgspec

from trialbook.ask.dates import read_as_of
from trialbook.ask.filters import (
    FILTERS,
    SORTS,
    find_near,
    list_facets,
    make_filters,
    make_request,
    read_parts,
)
from trialbook.ask.form import BOXES
from trialbook.changes.history import describe_history
from trialbook.cli.options import (
    DamageNotes,
    as_of_option,
    box_options,
    filter_options,
    json_option,
    warn_of_lag,
    write_out,
)
from trialbook.derived.statistics import compute_statistics
from trialbook.errors import UsageError
from trialbook.library import Library
from trialbook.library.evidence import find_evidence
from trialbook.library.hits import HitFacts, find_hit_facts
from trialbook.library.nearby import PlaceTold, tell_place
from trialbook.library.nothing import explain_nothing, split_query
from trialbook.library.page import render_library_study
from trialbook.library.patient import count_fitting, read_patient_note
from trialbook.library.related import keep_profiles, list_notes, read_records
from trialbook.model.dates import find_asked_day
from trialbook.model.present import decode_present, parse_shown
from trialbook.model.sentences import count_of
from trialbook.pages import render_study_text
from trialbook.record.pieces import find_enum_label
from trialbook.record.texts import join_filled
from trialbook.related.engine import MOST_LISTED
from trialbook.related.facets import DEMANDS, FACETS
from trialbook.related.pasted import LONGEST_PASTED
from trialbook.samples import sample_paths
from trialbook.search.engine.engine import SearchEngine, SearchRequest, SearchResult
from trialbook.search.engine.snippets import find_passages
from trialbook.search.language.syntax import Query
from trialbook.terms.countries import find_country

if TYPE_CHECKING:
    from trialbook.patient.note import PatientNote

LISTED = 4
REASONS_SHOWN = 4
WORDS_SHOWN = 5


@click.command()
@click.argument("text", default="")
@box_options
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
    note = _read_note(patient, asked["as_of"] or "") if patient else None
    filters = {each.name: asked.pop(each.name) for each in FILTERS}
    boxes = {name: asked.pop(name) for name in BOXES}
    facets = list_facets() if as_json else ()
    with Library(home) as library:
        engine = library.engine
        find_place = library.find_place
        request = make_request(
            text, filters, areas=boxes, note=note, facets=facets, find_place=find_place, **asked
        )
        near = find_near(filters, find_place)
        result = engine.search(request)
        warn_of_lag(library)
        damage = DamageNotes()
        if as_json:
            studies = [_tell_hit(library, each, request, damage) for each in result.nct_ids]
            place = {"near": tell_place(library, near, request, result.total)} if near else {}
            click.echo(msgspec.json.encode({**msgspec.structs.asdict(result), **place, "studies": studies}))
            damage.end()
            return
        click.echo(_count_found(library, request, result))
        if note:
            click.echo(f"read from the note: {note.explain()}")
        if near:
            _write_place(tell_place(library, near, request, result.total))
        if result.added:
            click.echo("also searched for: " + ", ".join(result.added))
        if not result.total and (better := engine.suggest(text)):
            click.echo(f"did you mean: {better[0]}")
        if not result.total and (better := engine.suggest_places(boxes["locn"] or "")):
            click.echo(f"did you mean: --locn {' or '.join(map(repr, better))}")
        elif not result.total and boxes["locn"] and len(read_parts(text, boxes)) == 1:
            click.echo(f"no site here is in {boxes['locn']!r}, by any name of it that is known")
        for country in (filters["country"] or ()) if not result.total else ():
            if better := engine.suggest_places(country):
                click.echo(f"did you mean: --country {' or '.join(map(repr, better))}")
            elif find_country(country) is None:
                click.echo(
                    f"no country is called {country!r}: `trialbook search --json` counts those there are"
                )
        if not result.total and not note:
            parts = {name or "text": (query,) for name, query in read_parts(text, boxes).items()}
            for line in _write_nothing(engine, parts | make_filters(filters, find_place), request.as_of):
                click.echo(line)
        reasons = engine.explain_note(note, result.nct_ids, as_of=request.as_of) if note else {}
        for nct_id in result.nct_ids:
            for line in _write_study(library, nct_id, request, result.words, damage):
                click.echo(line)
            if reasons.get(nct_id):
                click.echo(f"    both say: {', '.join(reasons[nct_id])}")
    damage.end()


def _read_note(file: IO[str], as_of: str) -> PatientNote:
    from trialbook.patient.note import LONGEST_NOTE

    return read_patient_note(file.read(LONGEST_NOTE + 1), read_as_of(as_of))


def _write_study(
    library: Library, nct_id: str, request: SearchRequest, words: tuple[str, ...], damage: DamageNotes
) -> Iterator[str]:
    """The lines of a study that was found, with the evidence for what was asked and the first passage."""
    body = library.read_known(nct_id, request.as_of)
    if not isinstance(body, bytes):
        if body is not None:
            damage.add(body)
        yield f"{nct_id}  {'damaged' if body else 'no longer here'}"
        return
    record = decode_present(body)
    yield from _write_hit(find_hit_facts(record, nct_id, find_asked_day(request.as_of), request.origin))
    for proof in find_evidence(library, nct_id, request):
        yield f"    {proof.words} ({proof.url})"
    for passage in find_passages(record, words, most=1):
        yield f"    {passage.label}: {' '.join(passage.text.split())}"


def _count_found(library: Library, request: SearchRequest, result: SearchResult) -> str:
    """How many studies were found; that they share some word with a note says nothing, so its limits alone count."""
    if request.note is None:
        return f"{count_of(result.total, 'study', 'studies')} ({result.milliseconds:.1f} ms)"
    fitting = count_of(count_fitting(library, request), "study", "studies")
    return f"{fitting} within these limits, what shares the most with the note first"


def _write_nothing(
    engine: SearchEngine, parts: Mapping[str, tuple[Query, ...]], as_of: str | None
) -> Iterator[str]:
    """What each part of a search that finds nothing finds alone, and what the others find without it."""
    if list(parts) == ["text"]:
        parts = {name: (query,) for name, query in split_query(parts["text"][0]).items()}
    if len(parts) > 1:
        yield "what each part finds alone, and all others without it:"
        for part in explain_nothing(engine, parts, as_of=as_of):
            yield f"    {part.name}: {part.alone:,} alone, {part.without:,} without it"


def _write_place(told: PlaceTold) -> None:
    click.echo(told.words)
    if told.others:
        click.echo(f"it may also mean: {'; '.join(told.others)}")
    if told.next_words:
        click.echo(told.next_words)


def _tell_hit(library: Library, nct_id: str, request: SearchRequest, damage: DamageNotes) -> HitFacts:
    body = library.read_known(nct_id, request.as_of)
    if isinstance(body, bytes):
        day = find_asked_day(request.as_of)
        facts = find_hit_facts(decode_present(body), nct_id, day, request.origin)
        return msgspec.structs.replace(facts, evidence=find_evidence(library, nct_id, request))
    if body is None:
        return HitFacts(nct_id=nct_id, problem="it is no longer here")
    damage.add(body)
    return HitFacts(nct_id=nct_id, problem=str(body))


def _write_hit(facts: HitFacts) -> Iterator[str]:
    """The lines of a study in a list: what it is, its title, what it is about, and who does it when and where."""
    status = find_enum_label("Status", facts.status) or facts.status or "status not given"
    status += f" ({facts.status_age})" if facts.status and facts.status_age else ""
    phases = "/".join(find_enum_label("Phase", phase) or phase for phase in facts.phases)
    yield f"{facts.nct_id}  {join_filled((status, phases), ', ')}"
    yield f"    {facts.title}"
    about = [*facts.conditions[:LISTED], *(["…"] if len(facts.conditions) > LISTED else [])]
    span = f"{facts.start_date or '?'} – {facts.completion_date or '?'}"
    sites = f"{facts.sites:,} site{'' if facts.sites == 1 else 's'}" if facts.sites else ""
    where = [*facts.countries[:LISTED], *(["…"] if len(facts.countries) > LISTED else [])]
    place = join_filled((", ".join(where), f"({sites})" if where and sites else sites), " ")
    when = span if facts.start_date or facts.completion_date else ""
    lines = ["; ".join(about), join_filled((facts.sponsor, when, place), " | ")]
    if site := facts.nearest_site:
        status = (
            find_enum_label("RecruitmentStatus", site.status)
            or find_enum_label("Status", site.status)
            or "status not given"
        )
        whom = join_filled((site.facility, site.distance, site.phone or site.email), " | ")
        further = f" | open: {site.next_open}" if site.next_open else ""
        lines.append(f"nearest {'open site' if site.is_open else f'site ({status})'}: {whom}{further}")
    for line in lines:
        if line:
            yield f"    {' '.join(line.split())}"


@click.command()
@click.argument("nct_id")
@click.option("--width", default=0, help="Columns; the terminal's width unless told.")
@click.option(
    "--version",
    type=click.IntRange(0),
    help="Number of a version, as `history` has it; the one in force unless told.",
)
@click.option("--copy", type=click.IntRange(1), help="Which copy of the version; the fullest unless told.")
@click.option(
    "--taken-out", type=click.IntRange(1), help="A version that was taken out, by its number in `history`."
)
@click.option(
    "--near",
    default="",
    metavar="PLACE",
    help="List the sites by their distance from a place, as `search` takes it.",
)
@click.option(
    "--section",
    default="",
    help="One section of the page by its name: eligibility, sites, outcomes, adverse-events…",
)
@click.option("--original", is_flag=True, help="Print the bytes as received, in the form of their source.")
@as_of_option
@json_option
@click.pass_obj
def show(  # noqa: PLR0913 - one for each option that is looked at here
    home: Path,
    /,
    nct_id: str,
    *,
    width: int,
    taken_out: int | None,
    near: str,
    section: str,
    original: bool,
    as_json: bool,
    **which: Any,
) -> None:
    """Print a record as a page of text, as JSON, or as it was received."""
    if taken_out is not None and any(value is not None for value in which.values()):
        raise UsageError("--taken-out names a version: leave --version, --copy and --as-of out")
    if section and (original or as_json):
        raise UsageError("--section is of the page of text: leave --original and --json out")
    columns = width or min(shutil.get_terminal_size((80, 24)).columns, 100)
    with Library(home) as library:
        if taken_out is not None:
            body = library.get_taken_out(nct_id, taken_out, is_original=original)
        elif original:
            body = library.get_original(nct_id, **which)
        else:
            body = library.get_body(nct_id, **which)
        if original:
            write_out([body])
        elif as_json:
            click.echo(msgspec.json.format(body, indent=2))
        elif taken_out is not None:
            click.echo(render_study_text(parse_shown(body), width=columns, section=section))
        else:
            click.echo(
                render_library_study(library, nct_id, width=columns, near=near, section=section, **which)
            )


@click.command()
@click.argument("nct_id")
@as_of_option
@json_option
@click.pass_obj
def history(home: Path, nct_id: str, as_of: str | None, as_json: bool) -> None:
    """List the versions of a record: the registry's date, when and from where they came, what changed.

    What was taken out of the library is named below, with the reason.
    """
    with Library(home) as library:
        log = library.find_taken_out(nct_id)
        if log and log[-1].nct_id not in library:
            click.echo(describe_history(log[-1].nct_id, (), (), log, as_json=as_json))
            return
        found = library.find_id(nct_id)
        lines = library.find_history(found, as_of=as_of)
        announced = library.find_announced(found, as_of=as_of)
        log = library.find_taken_out(found)
    click.echo(describe_history(found, lines, announced, log, as_json=as_json))


@click.command()
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


@click.command()
@click.argument("nct_ids", nargs=-1, metavar="[NCT_ID]...")
@click.option(
    "--text",
    type=click.File(encoding="utf-8", errors="replace"),
    help="A synopsis or draft in English (a file, or - for standard input): what is related to it.",
)
@click.option(
    "--record",
    type=click.Path(path_type=Path, exists=True, allow_dash=True, dir_okay=False),
    help="A file with a record in any format that import reads (or - for standard input); nothing is imported.",
)
@click.option(
    "--facet",
    "facets",
    multiple=True,
    help=f"Weigh a facet (drug=2; 0 leaves it out), take it alone (drug), or demand: {', '.join(DEMANDS)}."
    f" Facets: {', '.join(FACETS)}.",
)
@click.option("--limit", default=10, show_default=True, type=click.IntRange(1, MOST_LISTED))
@json_option
@click.pass_obj
def related(
    home: Path,
    /,
    nct_ids: tuple[str, ...],
    text: IO[str] | None,
    record: Path | None,
    facets: tuple[str, ...],
    limit: int,
    as_json: bool,
) -> None:
    """List the studies most like one, several, a text or a record, with the reasons and their shares in the score."""
    written = text.read(LONGEST_PASTED + 1) if text else ""
    records = read_records(record) if record else ()
    keep_profiles(home, lambda: click.echo("Making the profiles of related studies, once …", err=True))
    with Library(home) as library:
        found = library.find_related(*nct_ids, text=written, records=records, facets=facets, limit=limit)
        notes = list_notes(found, library.store.seq)
    for note in notes:
        click.echo(note, err=as_json)
    if as_json:
        click.echo(msgspec.json.encode(found.studies))
        return
    for study in found.studies:
        label = study.relation or (study.group if study.group != "related" else "")
        click.echo(f"{study.nct_id}  {study.score:.2f}{f'  {label}' if label else ''}\n    {study.title}")
        for reason in study.reasons[:REASONS_SHOWN]:
            words = "; ".join(reason.theirs[:WORDS_SHOWN])
            click.echo(f"    {reason.share:.2f} {reason.kind}: {words}")


@click.command()
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 10_000))
@click.pass_obj
def rejections(home: Path, limit: int) -> None:
    """List input that could not be understood, the newest first."""
    with Library(home) as library:
        for place, reason, original in library.store.find_rejections(limit):
            click.echo(f"{place}: {reason} ({len(original):,} bytes kept)")


@click.command()
@json_option
@click.pass_obj
def statistics(home: Path, as_json: bool) -> None:
    """Count sizes, values and lengths of lists over all records, for the API."""
    damage = DamageNotes()
    found = compute_statistics(home, on_damage=damage.add)
    if as_json:
        click.echo(msgspec.json.encode(found))
        damage.end()
        return
    sizes = found.sizes
    click.echo(f"{sizes.total_studies:,} studies, {sizes.average_size_bytes:,} bytes of JSON on average")
    for span, count in sizes.ranges:
        click.echo(f"{count:>12,}  {span}")
    damage.end()


@click.command()
def samples() -> None:
    """Print where the sample records are that come with Trialbook, one path a line."""
    for path in sample_paths():
        click.echo(path)
