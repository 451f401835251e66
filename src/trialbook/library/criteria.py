"""What does a study ask of those who take part? Its eligibility text, parsed; the last few are kept, for pages ask twice."""

from __future__ import annotations

from functools import lru_cache

from trialbook.eligibility.lint import Finding, lint_study
from trialbook.eligibility.parse import parse_criteria
from trialbook.eligibility.tree import ParsedCriterion
from trialbook.model.study import Study

# One takes some 100 kB with its text, of which the longest of real records have 32,000 characters.
_MOST_KEPT = 200
_LONGEST_KEPT = 100_000


def find_criteria(study: Study) -> tuple[ParsedCriterion, ...]:
    """The criteria of a study, each with its tree; none where the record has no eligibility text."""
    text = find_text(study)
    if len(text) > _LONGEST_KEPT:
        return parse_criteria(text)
    return _parse(text) if text else ()


def find_text(study: Study) -> str:
    """The eligibility text of a study, in which the criteria have their places; "" for none."""
    protocol = study.protocol_section
    module = protocol.eligibility_module if protocol else None
    return (module.eligibility_criteria if module else None) or ""


def find_faults(study: Study) -> tuple[Finding, ...]:
    """What in the eligibility and the arms of a study contradicts itself."""
    return lint_study(study, find_criteria(study))


@lru_cache(maxsize=_MOST_KEPT)
def _parse(text: str) -> tuple[ParsedCriterion, ...]:
    return parse_criteria(text)
