"""The tool `report_search`: what must a systematic review say of a search, so that it can be judged and repeated?"""

from __future__ import annotations

from typing import Any

import msgspec

from trialbook.ask.agent import read_parts
from trialbook.ask.filters import FILTERS
from trialbook.ask.queries import QUERIES
from trialbook.ask.told import tell_asked
from trialbook.library import Library
from trialbook.library.search_report import make_search_report
from trialbook.mcp.arguments import ReportArguments
from trialbook.mcp.shown import keep_what_fits, shorten
from trialbook.search.engine.engine import SearchRequest

LONGEST_TOLD, LONGEST_REPORT = 2_000, 30_000


def report_search(library: Library, asked: ReportArguments) -> dict[str, Any]:
    """Run a search and report it after PRISMA-S."""
    given = asked.which()
    parts = read_parts(given, library.find_place)
    request = SearchRequest(queries=parts.join_queries(), filters=parts.join_filters(), as_of=parts.as_of)
    report = make_search_report(library, request, asked=_tell(given, parts.as_of))
    state = report.library
    return {
        "total": report.total,
        "query": shorten(report.query or "ALL", LONGEST_TOLD),
        "asked": {what: shorten(value, LONGEST_TOLD) for what, value in report.asked},
        "words_added": list(report.also_searched),
        "searched_at": report.searched_at,
        "library": {
            "studies": state.studies,
            "versions": state.versions,
            "newest_update": state.newest_update,
            "last_arrival": state.last_arrival,
            "changes_not_searched_yet": state.index_lag,
        },
        "to_run_it_again": {"site": report.site_url, "api": report.api_url, "command": report.command},
        "prisma_s": keep_what_fits(msgspec.to_builtins(each) for each in report.items),
        "text": shorten(report.write(), LONGEST_REPORT),
    }


def _tell(given: dict[str, Any], as_of: str | None) -> tuple[tuple[str, str], ...]:
    """What was asked, part by part: queries and filters in the words of the search page, the rest by its name."""
    areas = {each.name: given[each.name] for each in QUERIES if given[each.name].strip()}
    everyday = {each.name: given[each.name] for each in FILTERS if given[each.name] not in ("", (), None)}
    others = ((name, given[name]) for name in ("geo", "ids", "advanced") if given[name])
    named = tuple((name, value if isinstance(value, str) else ", ".join(value)) for name, value in others)
    return tell_asked(areas.pop("term", ""), areas, everyday, as_of=as_of) + named
