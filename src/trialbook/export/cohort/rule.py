"""What does each criterion of a study ask of a database?"""

from __future__ import annotations

import msgspec

from trialbook.export.cohort.predicates import Predicate


class Rule(msgspec.Struct, frozen=True):
    """A criterion, or the criteria of cohorts of which one is enough, as a predicate.

    Attributes
    ----------
    name
        `inclusion_1`, `minimum_age`, as the screening log names it.
    text
        The criterion's words.
    """

    name: str
    text: str
    predicate: Predicate
