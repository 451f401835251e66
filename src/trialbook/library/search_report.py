"""What must a systematic review say of a search, so that a reader can judge and repeat it? After PRISMA-S.

Source: Rethlefsen et al. (2021), PRISMA-S: an extension to the PRISMA statement for reporting literature searches in
systematic reviews, Systematic Reviews 10:39. Of its 16 items the report answers those that a search can answer, and
names those that only its author can.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import PurePath
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import msgspec

from trialbook.ask.told import QUERY
from trialbook.errors import RecordDamagedError
from trialbook.library.hits import find_hit_facts
from trialbook.model import PartialDate
from trialbook.model.present import decode_present
from trialbook.model.sentences import count_of, write_day
from trialbook.search.engine.engine import SearchEngine, SearchRequest
from trialbook.search.engine.order import SortKey
from trialbook.search.index.schema import INDEX_VERSION
from trialbook.search.language.render import render_together
from trialbook.settings import VERSION
from trialbook.store import Store

if TYPE_CHECKING:
    from trialbook.library.library import Library

REGISTRY = "ClinicalTrials.gov and what else was imported"
MOST_SOURCES = 50
# So many studies are looked at for the newest record, as those that are damaged cannot be read.
MOST_NEWEST = 20
LEFT_TO_AUTHOR = "To be said by the author of the review."


class SourceRun(msgspec.Struct, frozen=True):
    """A run that brought records: when it began (UTC), and the names of its files, or the address it asked."""

    started_at: str
    names: tuple[str, ...]
    note: str = ""


class LibraryState(msgspec.Struct, frozen=True, kw_only=True):
    """What was searched.

    Attributes
    ----------
    studies, versions
        How many studies the library holds, and versions of them.
    newest_update
        The last date on which the registry posted an update of a study that is held, "" where none says.
    last_arrival
        When the last version came (UTC).
    runs, run_count
        The last runs of import and pull, the newest first, and how many there were.
    index_lag
        How many changes of the records the search did not see yet.
    """

    library_id: str
    studies: int
    versions: int
    newest_update: str
    last_arrival: str
    runs: tuple[SourceRun, ...]
    run_count: int
    index_lag: int


class Item(msgspec.Struct, frozen=True):
    """An item of PRISMA-S: its number, its name, what the report says to it; or it `is_left` to the author."""

    number: int
    name: str
    words: str
    is_left: bool = False


class SearchReport(msgspec.Struct, frozen=True, kw_only=True):
    """A search and what it was run on.

    Attributes
    ----------
    asked
        What was typed and chosen, part by part, in its own words: (what, value).
    query
        All of it as one query of the registry's language, as it ran.
    also_searched
        Other names that were searched for too.
    as_of
        The day at whose end the records were asked, "" for now.
    total
        How many studies were found.
    searched_at
        When (UTC, ISO 8601).
    site_url, api_url, command
        How to run it again: addresses on a site of the same library, and a command line.
    items
        The items of PRISMA-S.
    """

    asked: tuple[tuple[str, str], ...]
    query: str
    also_searched: tuple[str, ...]
    as_of: str
    total: int
    searched_at: str
    library: LibraryState
    trialbook: str
    index_form: int
    site_url: str
    api_url: str
    command: str
    items: tuple[Item, ...]

    @property
    def facts(self) -> tuple[tuple[str, str], ...]:
        """All of it but the items, as (label, words), for a reader."""
        return tuple(_list_facts(self))

    def write(self) -> str:
        """The report as plain text, for an appendix."""
        width = max(len(label) for label, _ in self.facts)
        lines = ["Search report", "", *(f"{label:<{width}}  {words}" for label, words in self.facts)]
        lines += ["", "PRISMA-S (Rethlefsen et al. 2021)", ""]
        lines += [f"{each.number:>2}  {each.name}: {each.words}" for each in self.items]
        return "\n".join(lines) + "\n"

    def to_json(self) -> bytes:
        """The report as JSON."""
        return msgspec.json.encode(self)


def make_search_report(
    library: Library,
    request: SearchRequest,
    *,
    asked: Sequence[tuple[str, str]],
    site_url: str = "",
    now: datetime | None = None,
) -> SearchReport:
    """Run a search and report it.

    Parameters
    ----------
    asked
        What was typed and chosen, part by part: (what, value).
    site_url
        The address of the page that was asked, from its path on; made from the query unless told.
    now
        The time of the search; the clock's unless told.

    Raises
    ------
    QueryError
        As `SearchEngine.search`.
    """
    plain = msgspec.structs.replace(request, facets=(), own_filters=(), offset=0, limit=0)
    result = library.engine.search(plain)
    query = render_together((*request.queries, *request.filters))
    again = {"query.term": query, "as_of": request.as_of or ""}
    words = ["trialbook", "search", query, *(["--as-of", request.as_of] if request.as_of else [])]
    when = (now or datetime.now(UTC)).astimezone(UTC).isoformat(timespec="seconds")
    state = _find_state(library)
    report = SearchReport(
        asked=tuple(asked),
        query=query,
        also_searched=result.added,
        as_of=request.as_of or "",
        total=result.total,
        searched_at=when,
        library=state,
        trialbook=VERSION,
        index_form=INDEX_VERSION,
        site_url=site_url or _write_address("/", {"q": query, "as_of": request.as_of or ""}),
        api_url=_write_address("/api/trialbook/search", again),
        command=shlex.join(words),
        items=(),
    )
    return msgspec.structs.replace(report, items=_list_items(report))


def _write_address(path: str, given: dict[str, str]) -> str:
    filled = {name: value for name, value in given.items() if value}
    return path + "?" + urlencode(filled or {next(iter(given)): ""})


def _find_state(library: Library) -> LibraryState:
    store = library.store
    counts = store.count()
    (run_count,) = store.fetch_one("SELECT count(*) FROM source")
    return LibraryState(
        library_id=library.library_id,
        studies=counts.studies,
        versions=counts.versions,
        newest_update=_find_newest(library, library.engine),
        last_arrival=store.find_last_learnt() or "",
        runs=tuple(_find_runs(store)),
        run_count=int(run_count),
        index_lag=library.index_lag,
    )


def _find_newest(library: Library, engine: SearchEngine) -> str:
    newest = SearchRequest(sort=(SortKey("LastUpdatePostDate", descending=True),), limit=MOST_NEWEST)
    for nct_id in engine.search(newest).nct_ids:
        body = library.read_known(nct_id, None)
        if body is not None and not isinstance(body, RecordDamagedError):
            today = datetime.now(UTC).date()
            return find_hit_facts(decode_present(body), nct_id, today).last_update_posted
    return ""


def _find_runs(store: Store) -> list[SourceRun]:
    rows = store.fetch_all(
        "SELECT started_at, location, note FROM source ORDER BY source_id DESC LIMIT ?", (MOST_SOURCES,)
    )
    return [SourceRun(str(at), tuple(_name_files(str(where))), str(note)) for at, where, note in rows]


def _name_files(location: str) -> list[str]:
    """The files of a run without the folders in which they lay; an address stays whole."""
    if "://" in location:
        return [location]
    return [PurePath(part).name or part for part in location.split(", ")]


def _list_facts(report: SearchReport) -> list[tuple[str, str]]:
    state = report.library
    runs = [
        f"{_write_time(run.started_at)}: {', '.join(run.names)}{f' ({run.note})' if run.note else ''}"
        for run in state.runs
    ]
    if state.run_count > len(runs):
        runs.append(f"and {count_of(state.run_count - len(runs), 'earlier run')}")
    newest = write_day(PartialDate(state.newest_update)) if state.newest_update else "not known"
    facts = [
        ("Found", count_of(report.total, "study", "studies")),
        ("Searched at", _write_time(report.searched_at)),
        *((f"Asked: {what}", value) for what, value in report.asked),
        ("Query as it ran", report.query or "(all studies)"),
        ("Also searched for", ", ".join(report.also_searched) or "no other names"),
        ("Records as of", report.as_of or "the time of the search"),
        ("Library", f"{count_of(state.studies, 'study', 'studies')}, {count_of(state.versions, 'version')}"),
        ("Newest update in it", newest),
        ("Last import or pull", _write_time(state.last_arrival) if state.last_arrival else "none"),
        *(("Source", run) for run in runs),
        *((("Not yet searched", count_of(state.index_lag, "change")),) if state.index_lag else ()),
        ("Program", f"Trialbook {report.trialbook}, index form {report.index_form}"),
        ("Library's identity", state.library_id),
        ("To run it again", report.site_url),
        ("… from a program", report.api_url),
        ("… in a terminal", report.command),
    ]
    return facts


def _write_time(text: str) -> str:
    """A time in UTC as the report writes it.

    >>> _write_time("2026-03-04T05:06:07+00:00")
    '2026-03-04 05:06:07 UTC'
    """
    return text.replace("T", " ").removesuffix("+00:00") + " UTC"


def _list_items(report: SearchReport) -> tuple[Item, ...]:
    state = report.library
    limits = [f"{what}: {value}" for what, value in report.asked if what != QUERY]
    day = report.searched_at[:10]
    later = (
        f"A library that has grown since can be asked as of {report.as_of or day}: add as_of="
        f"{report.as_of or day}. New and changed studies can be followed as a feed of the same query."
    )
    answered = {
        1: f"{REGISTRY}, in a library of {count_of(state.studies, 'study', 'studies')}, searched with Trialbook "
        f"{report.trialbook}.",
        3: f"Trial registry records; newest update {state.newest_update or 'not known'}, last import or pull "
        f"{_write_time(state.last_arrival) if state.last_arrival else 'none'}.",
        8: f"{report.query or '(all studies)'}"
        + (f" — with the other names {', '.join(report.also_searched)}" if report.also_searched else ""),
        9: "; ".join(limits) or "None: no filter and no past day was chosen.",
        12: later,
        13: f"{_write_time(report.searched_at)}.",
        15: f"{count_of(report.total, 'study', 'studies')}.",
        16: "Each study is one record of the library, whichever sources brought it; between registries, studies are "
        "not matched.",
    }
    return tuple(
        Item(number, name, answered.get(number, LEFT_TO_AUTHOR), is_left=number not in answered)
        for number, name in enumerate(PRISMA_S, 1)
    )


PRISMA_S = (
    "Database name",
    "Multi-database searching",
    "Study registries",
    "Online resources and browsing",
    "Citation searching",
    "Contacts",
    "Other methods",
    "Full search strategies",
    "Limits and restrictions",
    "Search filters",
    "Prior work",
    "Updates",
    "Dates of searches",
    "Peer review",
    "Total records",
    "Deduplication",
)
