"""The tool `related`: what is like these studies or this text, why, and who works on it?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from trialbook.library import Library
from trialbook.library.found import COLUMNS
from trialbook.library.landscape import Landscape, Named
from trialbook.library.related import read_pasted_records
from trialbook.mcp.arguments import RelatedArguments
from trialbook.mcp.shown import find_shown, keep_what_fits, shorten, show_values
from trialbook.model.present import decode_present
from trialbook.record.pieces import Piece
from trialbook.related.engine import RelatedStudy

MOST_CHARS_OF_STUDIES, MOST_CHARS_OF_LANDSCAPE = 36_000, 20_000
MOST_REASONS, MOST_REASON_WORDS = 6, 6
MOST_NAMED, MOST_OUTCOMES, MOST_SHARED = 15, 25, 20
LONGEST_NAME = 120


def find_related_studies(library: Library, asked: RelatedArguments) -> dict[str, Any]:
    """The studies most like some, in short, each with its reasons."""
    shown = find_shown((*COLUMNS, *asked.fields))
    records = read_pasted_records(asked.text)
    text = "" if records else asked.text
    found = library.find_related(
        *asked.nct_ids,
        text=text,
        records=records,
        facets=asked.facets,
        limit=asked.limit,
    )
    answer: dict[str, Any] = {"note": found.note} if found.note else {}
    if behind := max(0, library.store.seq - found.seq):
        answer["changes_not_compared_yet"] = behind
    told = (_show(library, each, shown) for each in found.studies)
    answer["studies"] = keep_what_fits(told, MOST_CHARS_OF_STUDIES)
    left_out = found.studies[len(answer["studies"]) :]
    if left_out:
        answer["shown_by_id_alone"] = [each.nct_id for each in left_out]
    if asked.landscape:
        listed = (each.nct_id for each in found.studies)
        landscape = library.find_landscape(listed, *asked.nct_ids, text=text, records=records)
        answer["landscape"] = _tell(landscape)
    return answer


def _show(library: Library, found: RelatedStudy, shown: tuple[Piece, ...]) -> dict[str, Any]:
    body = library.find_body(found.nct_id)
    return {
        **(show_values(decode_present(body), shown) if body else {"NCTId": found.nct_id}),
        "score": round(found.score, 3),
        "group": found.group,
        **({"relation": found.relation} if found.relation else {}),
        "reasons": [
            {
                "kind": reason.kind,
                "share": round(reason.share, 3),
                "of_the_asked": _cut(reason.ours),
                "of_this_one": _cut(reason.theirs),
            }
            for reason in found.reasons[:MOST_REASONS]
        ],
    }


def _cut(words: Sequence[str]) -> list[str]:
    return [shorten(each, LONGEST_NAME) for each in words[:MOST_REASON_WORDS]]


def _tell(landscape: Landscape) -> dict[str, Any]:
    """Each list from its top, all within bounds; how many there are is said."""
    lists: dict[str, list[dict[str, Any]]] = {
        "outcomes": [
            {
                "measure": shorten(each.measure, LONGEST_NAME),
                "studies": len(each.nct_ids),
                "primary_in": list(each.primary_in),
                "times": {time.when: list(time.nct_ids) for time in each.times},
                "also_of_the_asked": each.is_own,
            }
            for each in landscape.outcomes[:MOST_OUTCOMES]
        ],
        "shared": [
            {"kind": each.kind, "name": shorten(each.name, LONGEST_NAME), "nct_ids": list(each.nct_ids)}
            for each in landscape.shared[:MOST_SHARED]
        ],
    }
    for name in ("sponsors", "collaborators", "investigators", "sites"):
        lists[name] = [_name(each) for each in getattr(landscape, name)[:MOST_NAMED]]
    told: dict[str, Any] = {"counted": len(landscape.nct_ids)}
    room = MOST_CHARS_OF_LANDSCAPE // len(lists)
    for name, items in lists.items():
        told[name] = keep_what_fits(items, room)
        if more := len(getattr(landscape, name)) - len(told[name]):
            told[f"{name}_left_out"] = more
    return told


def _name(named: Named) -> dict[str, Any]:
    place = {"place": shorten(named.place, LONGEST_NAME)} if named.place else {}
    return {
        "name": shorten(named.name, LONGEST_NAME),
        **place,
        "nct_ids": list(named.nct_ids),
        "also_of_the_asked": named.is_own,
    }
