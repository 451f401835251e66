"""How does our own API tell what a study asks of those who take part?"""

from __future__ import annotations

from trialbook.ask.parameters import Parameters
from trialbook.eligibility.tree import ParsedCriterion
from trialbook.library import Library
from trialbook.library.criteria import find_criteria


def answer_criteria(library: Library, nct_id: str, parameters: Parameters) -> tuple[ParsedCriterion, ...]:
    """The criteria of a study with their trees; raises NotFoundError."""
    return find_criteria(library.get_study(nct_id, as_of=parameters.text("as_of") or None))
