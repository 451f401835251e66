"""The tool `get_cohort`: a study's criteria as a FHIR Group, for a system that holds patients against it."""

from __future__ import annotations

from typing import Any

import msgspec

from trialbook.library import Library
from trialbook.mcp.arguments import CriteriaArguments
from trialbook.mcp.shown import keep_what_fits

# The list of what it does not carry has the rest of an answer.
MOST_CHARS_OF_GROUP = 45_000
MOST_CHARS_OF_LIST = 15_000


def get_cohort(library: Library, asked: CriteriaArguments) -> dict[str, Any]:
    """The group, without the whole eligibility text, and what it does not carry."""
    made = library.make_cohort(asked.nct_id, "fhir", as_of=asked.as_of or None)
    group: dict[str, Any] = msgspec.json.decode(made.definition)
    group.pop("description", None)
    whole = {f"#{each['id']}": each for each in group.pop("contained", [])}
    criteria = group.get("characteristic", [])
    kept = keep_what_fits(((each, _list_parts(each, whole)) for each in criteria), MOST_CHARS_OF_GROUP)
    if kept:
        group["characteristic"] = [each for each, _ in kept]
    parts = {part["id"]: part for _, below in kept for part in below}
    if parts:
        group["contained"] = list(parts.values())
    not_carried = keep_what_fits(map(msgspec.to_builtins, made.not_carried), MOST_CHARS_OF_LIST)
    answer: dict[str, Any] = {"nct_id": made.nct_id, "group": group, "not_carried": not_carried}
    if left_out := len(criteria) - len(kept):
        answer["criteria_left_out"] = left_out
    if left_out := len(made.not_carried) - len(not_carried):
        answer["not_carried_left_out"] = left_out
    return answer


def _list_parts(characteristic: dict[str, Any], whole: dict[str, Any]) -> list[dict[str, Any]]:
    """The groups that a characteristic refers to, and those that they do."""
    part = whole.get(characteristic.get("valueReference", {}).get("reference", ""))
    if part is None:
        return []
    return [part, *(one for each in part["characteristic"] for one in _list_parts(each, whole))]
