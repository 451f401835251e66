"""The tool `get_lists`: which studies does the person keep on lists, and what did they note?"""

from __future__ import annotations

from typing import Any

from trialbook.library import Library
from trialbook.library.hits import find_hit_facts
from trialbook.library.lists import ListEntry
from trialbook.mcp.arguments import ListsArguments
from trialbook.mcp.shown import keep_what_fits, shorten
from trialbook.model.dates import find_asked_day
from trialbook.model.present import decode_present

LONGEST_NOTE = 2_000


def show_lists(library: Library, asked: ListsArguments) -> dict[str, Any]:
    """All lists with their sizes, or one with its studies; raises NotFoundError where there is none of that name."""
    if not asked.name:
        lists = library.find_lists()
        shown = keep_what_fits(
            {"name": each.name, "studies": each.studies, "made_at": each.made_at} for each in lists
        )
        return {"lists": shown}
    kept = library.get_list(asked.name)
    window = kept.entries[asked.offset : asked.offset + asked.limit]
    studies = keep_what_fits(_show(library, each) for each in window)
    end = asked.offset + len(studies)
    answer: dict[str, Any] = {
        "name": kept.name,
        "made_at": kept.made_at,
        "total": len(kept.entries),
        "studies": studies,
    }
    return answer | ({"next_offset": end} if end < len(kept.entries) else {})


def _show(library: Library, entry: ListEntry) -> dict[str, Any]:
    shown: dict[str, Any] = {"nct_id": entry.nct_id, "added_at": entry.added_at}
    if entry.note:
        shown["note"] = shorten(entry.note, LONGEST_NOTE)
    body = library.read_known(entry.nct_id, None)
    if isinstance(body, bytes):
        facts = find_hit_facts(decode_present(body), entry.nct_id, find_asked_day(None))
        named = (("title", facts.title), ("status", facts.status), ("status_age", facts.status_age))
        return shown | {name: shorten(value) for name, value in named if value}
    return shown | {"problem": str(body) if body else "not in this library"}
