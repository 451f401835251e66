"""The tool `get_criteria`: what does a study ask of those who take part, as far as it can be read?"""

from __future__ import annotations

from typing import Any

import msgspec

from trialbook.eligibility.describe import describe_tree
from trialbook.eligibility.tree import ParsedCriterion
from trialbook.library import Library
from trialbook.library.criteria import find_criteria, find_faults, find_text
from trialbook.mcp.arguments import CriteriaArguments
from trialbook.mcp.shown import keep_what_fits, shorten


def get_criteria(library: Library, asked: CriteriaArguments) -> dict[str, Any]:
    """The criteria of a study, each with its words, what it asks in plain words, and its tree."""
    study = library.get_known_study(asked.nct_id, as_of=asked.as_of or None)
    text, criteria = find_text(study), find_criteria(study)
    told = keep_what_fits(_tell(each, text) for each in criteria)
    answer: dict[str, Any] = {"nct_id": study.nct_id, "criteria": told}
    if study.criteria_note:
        answer["note"] = study.criteria_note
    if left_out := len(criteria) - len(told):
        answer["criteria_left_out"] = left_out
    if faults := find_faults(study):
        answer["faults"] = [
            {"message": each.message, "words": [shorten(one) for one in each.words]} for each in faults
        ]
    return answer


def _tell(criterion: ParsedCriterion, text: str) -> dict[str, Any]:
    facts: dict[str, Any] = msgspec.to_builtins(criterion)
    return {**facts, "asks": list(describe_tree(criterion.tree, text))}
