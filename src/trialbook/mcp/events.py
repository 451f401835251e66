"""The tool `get_adverse_events`: which events does a study report, and between which groups do they differ most?"""

from __future__ import annotations

from typing import Any

from trialbook.errors import UsageError
from trialbook.library import Library
from trialbook.mcp.arguments import EventsArguments
from trialbook.mcp.shown import keep_what_fits, shorten
from trialbook.model.results import AdverseEventsModule
from trialbook.results.adverse_events import (
    KINDS,
    SORTINGS,
    Chosen,
    Counted,
    EventLine,
    choose_groups,
    find_difference,
    list_events,
    list_totals,
    select_events,
    sort_events,
)

MOST_GROUPS = 40
NONE_HERE = (
    "The copy in force holds no adverse events: none are posted, or it cannot carry them (see `history`)."
)
METHOD = (
    "A difference is the first group's share minus the second's, in percentage points, with its 95 % interval by"
    " Newcombe's hybrid score method (1998), not adjusted for the number of events looked at."
)


def find_adverse_events(library: Library, asked: EventsArguments) -> dict[str, Any]:
    """The events of a record, chosen, in an order, each with its counts in every group.

    Raises NotFoundError for an unknown study, UsageError for a kind, an order or a group that there is not.
    """
    _check("kind", asked.kind, ("", *KINDS))
    _check("sort", asked.sort, SORTINGS)
    study = library.get_study(asked.nct_id, as_of=asked.as_of or None)
    results = study.results_section
    module = (results and results.adverse_events_module) or AdverseEventsModule()
    ids = _name_groups(module)
    for name in ("first", "second"):
        if given := getattr(asked, name):
            _check(name, given, ids)
    chosen = choose_groups(module.event_groups, asked.first, asked.second)
    lines = list_events(module)
    found = select_events(lines, kind=asked.kind, organ=asked.organ, words=asked.words)
    ordered = sort_events(found, chosen, asked.sort)  # type: ignore[arg-type]  # checked above
    window = ordered[asked.offset : asked.offset + asked.limit]
    events = keep_what_fits(_show(line, ids, chosen) for line in window)
    end = asked.offset + len(events)
    answer: dict[str, Any] = {
        "nct_id": study.nct_id,
        "groups": [
            {"id": name, "title": shorten(group.title or "")}
            for name, group in zip(ids, module.event_groups, strict=False)
        ],
        "compared": [ids[place] for place in chosen.places if place < len(ids)] if chosen else [],
        "totals": [_show(line, ids, chosen) for line in list_totals(module)] if ids else [],
        "in_all": len(lines),
        "found": len(found),
        "events": events,
    }
    if module.time_frame:
        answer["time_frame"] = shorten(module.time_frame)
    if module.frequency_threshold:
        answer["frequency_threshold"] = shorten(str(module.frequency_threshold))
    if (more := len(module.event_groups) - len(ids)) > 0:
        answer["groups_left_out"] = more
    if end < len(found):
        answer["next_offset"] = end
    return answer | {"note": METHOD if lines else NONE_HERE}


def _check(name: str, given: str, known: Any) -> None:
    if given not in known:
        listed = ", ".join(each for each in known if each) or "there are none"
        raise UsageError(f"{name} is {given[:40]!r}, which is none of: {listed}")


def _name_groups(module: AdverseEventsModule) -> list[str]:
    return [group.id or str(place) for place, group in enumerate(module.event_groups[:MOST_GROUPS])]


def _show(line: EventLine, ids: list[str], chosen: Chosen | None) -> dict[str, Any]:
    difference = find_difference(line, chosen)
    shown: dict[str, Any] = {"kind": line.kind, "term": shorten(line.term)}
    if line.organ:
        shown["organ_system"] = shorten(line.organ)
    shown["counts"] = {
        name: counts for place, name in enumerate(ids) if (counts := _show_counts(line.find(place)))
    }
    if difference:
        shown["difference_points"] = {
            "value": round(100 * difference.value, 2),
            "lower": round(100 * difference.lower, 2),
            "upper": round(100 * difference.upper, 2),
        }
    return shown


def _show_counts(counted: Counted) -> dict[str, int]:
    named = (("affected", counted.affected), ("at_risk", counted.at_risk), ("events", counted.events))
    return {name: number for name, number in named if number is not None}
