"""What do a record's own fields ask, as criteria beside those of the text?"""

from __future__ import annotations

from typing import NamedTuple

from trialbook.eligibility.fields import AGE_CONCEPT, AGE_UNITS, HEALTHY, MAXIMUM_AGE, MINIMUM_AGE, SEX
from trialbook.eligibility.tree import Atom, Concept, Interval, Opaque, ParsedCriterion, Span
from trialbook.model.ages import AGE, Age
from trialbook.model.criteria import Kind
from trialbook.model.protocol import EligibilityModule

_HERE = Span(0, 0)


class FieldCriterion(NamedTuple):
    """A field as a criterion; `is_healthy` for that on healthy volunteers, which no tree can say."""

    criterion: ParsedCriterion
    is_healthy: bool = False


def list_fields(module: EligibilityModule | None) -> list[FieldCriterion]:
    """The criteria of the fields that ask something, worded as screening words them."""
    if module is None:
        return []
    found = []
    if module.minimum_age:
        found.append(FieldCriterion(_make_age("Minimum age", module.minimum_age, MINIMUM_AGE)))
    if module.maximum_age:
        found.append(FieldCriterion(_make_age("Maximum age", module.maximum_age, MAXIMUM_AGE)))
    if module.sex in ("FEMALE", "MALE"):
        told = f" ({module.gender_description})" if module.gender_description else ""
        atom = Atom(_HERE, (Concept(module.sex.lower(), "person"),))
        found.append(FieldCriterion(_make("inclusion", f"Sex: {module.sex}{told}", SEX, atom)))
    if module.healthy_volunteers is False:
        text = "Healthy volunteers are not accepted"
        atom = Atom(_HERE, (Concept("healthy volunteer", "person"),))
        found.append(FieldCriterion(_make("exclusion", text, HEALTHY, atom), is_healthy=True))
    return found


def _make_age(name: str, limit: Age, start: int) -> ParsedCriterion:
    read = AGE.fullmatch(limit)
    text = f"{name}: {limit}"
    if read is None:
        return _make("inclusion", text, start, Opaque(_HERE, "unparsed"))
    value, unit = float(read[1]), AGE_UNITS[read[2]]
    interval = Interval(low=value, unit=unit) if start == MINIMUM_AGE else Interval(high=value, unit=unit)
    return _make("inclusion", text, start, Atom(_HERE, (AGE_CONCEPT,), interval=interval))


def _make(kind: Kind, text: str, start: int, tree: Atom | Opaque) -> ParsedCriterion:
    return ParsedCriterion(kind, text, start, start, tree)
