"""Which criteria does a record give, each with its number and the address of its place on the page?"""

from __future__ import annotations

from collections import Counter

import msgspec

from trialbook.model import Study
from trialbook.model.criteria import Kind, split_criteria
from trialbook.pages.record.shorten import MOST_CHARACTERS

TITLES: dict[Kind, str] = {
    "inclusion": "Inclusion criteria",
    "exclusion": "Exclusion criteria",
    "other": "Other words on eligibility",
}


class ListedCriterion(msgspec.Struct, frozen=True):
    """A criterion: its number among those of its kind, from 1, and the `mark`, level and words of the sponsor.

    `heading` is the one over it, in the sponsor's words or else ours; `start` its place in the eligibility text.
    """

    number: int
    kind: Kind
    level: int
    mark: str
    text: str
    heading: str
    start: int = 0

    @property
    def anchor(self) -> str:
        """Where it stands on the record's page: `criterion-inclusion-3`."""
        return f"criterion-{self.kind}-{self.number}"


def list_criteria(study: Study) -> tuple[ListedCriterion, ...]:
    """The criteria in their own order; of a text that is longer than any real one its first 100,000 characters."""
    module = study.protocol.eligibility_module
    text = module.eligibility_criteria if module else None
    counted: Counter[Kind] = Counter()
    listed = []
    for each in split_criteria((text or "")[:MOST_CHARACTERS]):
        counted[each.kind] += 1
        heading = each.heading or TITLES[each.kind]
        listed.append(
            ListedCriterion(
                counted[each.kind], each.kind, each.level, each.number, each.text, heading, each.start
            )
        )
    return tuple(listed)
