"""What do the record's own fields ask? Ages, sex and healthy volunteers, as criteria beside those of the text.

They stand before the text: their `start` is -1 to -4, and they have no characters in it.
"""

from __future__ import annotations

import itertools

from trialbook.eligibility.evaluate import evaluate
from trialbook.eligibility.facts import Fact
from trialbook.eligibility.matching import IS
from trialbook.eligibility.reading import Reading, leave_open, settle
from trialbook.eligibility.tree import Atom, Concept, Interval, Span
from trialbook.eligibility.verdicts import CriterionVerdict, Finding
from trialbook.model.ages import AGE, Age
from trialbook.model.criteria import Kind
from trialbook.model.protocol import EligibilityModule

MINIMUM_AGE, MAXIMUM_AGE, SEX, HEALTHY = -1, -2, -3, -4
FIELD_NAMES = {
    MINIMUM_AGE: "minimum_age",
    MAXIMUM_AGE: "maximum_age",
    SEX: "sex",
    HEALTHY: "healthy_volunteers",
}
_HERE = Span(0, 0)
AGE_CONCEPT = Concept("age", "person", ("loinc:30525-0",))
AGE_UNITS = {"Year": "a", "Month": "mo", "Week": "wk", "Day": "d", "Hour": "h", "Minute": "min"}
_HEALTHY = Concept("healthy volunteer", "person")


def evaluate_fields(module: EligibilityModule | None, reading: Reading) -> list[CriterionVerdict]:
    """The verdicts on what the fields of a record ask; none for a field that it lacks, or that asks nothing."""
    if module is None:
        return []
    reading = reading._replace(text="")
    found = []
    if module.minimum_age:
        found.append(_evaluate_age("Minimum age", module.minimum_age, MINIMUM_AGE, reading))
    if module.maximum_age:
        found.append(_evaluate_age("Maximum age", module.maximum_age, MAXIMUM_AGE, reading))
    if module.sex in ("FEMALE", "MALE"):
        told = f" ({module.gender_description})" if module.gender_description else ""
        atom = Atom(_HERE, (Concept(module.sex.lower(), "person"),))
        found.append(_make("inclusion", f"Sex: {module.sex}{told}", SEX, evaluate(atom, reading)))
    if module.healthy_volunteers is False:
        text = "Healthy volunteers are not accepted"
        found.append(_make("exclusion", text, HEALTHY, _evaluate_healthy(reading)))
    return found


def _evaluate_age(name: str, limit: Age, start: int, reading: Reading) -> CriterionVerdict:
    """An age limit in completed units: who is 75 may take part to the day before the 76th birthday."""
    text = f"{name}: {limit}"
    read = AGE.fullmatch(limit)
    if read is None:
        return _make("inclusion", text, start, leave_open(_HERE, f"what age {str(limit)!r} is"))
    value, unit = float(read[1]), AGE_UNITS[read[2]]
    interval = Interval(low=value, unit=unit) if start == MINIMUM_AGE else Interval(high=value, unit=unit)
    return _make("inclusion", text, start, evaluate(Atom(_HERE, (AGE_CONCEPT,), interval=interval), reading))


def _evaluate_healthy(reading: Reading) -> Finding:
    """Whether someone is a healthy volunteer: not who has a condition."""
    for fact, relation in reading.known.find((_HEALTHY,)):
        if relation in IS and fact.status == "present":
            return settle("not_met" if fact.denied else "met", _HERE, (fact, ""))
    ill = (each for each in reading.person.facts if _is_illness(each))
    told = [(each, "") for each in itertools.islice(ill, 3)]
    if told:
        return settle("not_met", _HERE, *told)
    return leave_open(_HERE, "whether it is a healthy volunteer")


def _is_illness(fact: Fact) -> bool:
    return (
        fact.concept.domain == "condition"
        and fact.status == "present"
        and fact.is_certain
        and not fact.denied
    )


def _make(kind: Kind, text: str, start: int, found: Finding) -> CriterionVerdict:
    return CriterionVerdict(
        kind, text, start, start, found.verdict, found.evidence, found.missing, found.questions
    )
