"""Which criteria are a list below another? "At least two of the following:" and its points are one criterion."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from trialbook.model.criteria import Criterion

LEADS_IN = re.compile(
    r"(?:\b(?:one|two|three|four|any|all|either|each|both|\d)\b[^:]{0,60}\b(?:of|the)\b[^:]{0,40}|\b(?:following|below|these|by|as|with|including|criteria|of|either|if|includes?|and|or))[^:;.]{0,60}:\s*\Z|\bfollowing\b[^.;]{0,40}\Z",
    re.IGNORECASE,
)
MOST_CHARACTERS = 3_000


def join_lists(text: str, criteria: Sequence[Criterion]) -> list[Criterion]:
    """Join each criterion that leads in a list with the deeper ones that follow it."""
    joined: list[Criterion] = []
    at = 0
    while at < len(criteria):
        lead = criteria[at]
        last = at
        if lead.text and LEADS_IN.search(lead.text):
            while (
                last + 1 < len(criteria)
                and criteria[last + 1].level > lead.level
                and criteria[last + 1].heading == lead.heading
                and criteria[last + 1].end - lead.start <= MOST_CHARACTERS
            ):
                last += 1
        if last > at:
            end = criteria[last].end
            lead = msgspec.structs.replace(lead, end=end, text=text[lead.start : end])
        joined.append(lead)
        at = last + 1
    return joined
