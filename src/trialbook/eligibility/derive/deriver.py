"""What follows from a person's facts where nothing was measured itself?

Every input is an interval, and every formula here moves one way in each input, so its ends lie at the inputs'
ends. What has to be decided and is not, is a question, and the value an interval over all its answers: never
a silent choice.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import date

from trialbook.eligibility.days import count_completed
from trialbook.eligibility.derive.inputs import Value, find_value_at, list_values
from trialbook.eligibility.derive.naming import find_formula
from trialbook.eligibility.derive.plans import Plan, find_quantity, make_plan
from trialbook.eligibility.facts import Fact, Person, Source
from trialbook.eligibility.reading import Derived, Reading
from trialbook.eligibility.tree import Concept, Interval
from trialbook.errors import UsageError

# So many values of one input are computed with: a window asks for the last few.
_MOST_VALUES = 200


class Formulas:
    """Computes by the formulas of this room."""

    def derive(self, concepts: Sequence[Concept], said: str, reading: Reading) -> Derived:
        """What follows from a person's facts; `said` are the criterion's words, which may name a formula."""
        person = reading.person
        quantity = find_quantity(concepts)
        if quantity is None:
            return Derived()
        plan = make_plan(quantity, find_formula(said), person.answers)
        known = {name: list_values(name, reading) for name in plan.inputs}
        lacking = [name for name, values in known.items() if not values]
        if "age" in plan.needs and (
            person.birth is None or person.birth.first is None or person.birth.last is None
        ):
            lacking.append("date of birth")
        if lacking:
            return Derived((), plan.questions, tuple(lacking))
        facts = []
        for main in known[plan.inputs[0]][:_MOST_VALUES]:
            fact = _compute(plan, main, known, person, concepts[0])
            if fact is not None:
                facts.append(fact)
        return Derived(tuple(facts), plan.questions)


def _compute(
    plan: Plan, main: Value, known: dict[str, list[Value]], person: Person, concept: Concept
) -> Fact | None:
    used: dict[str, Value] = {plan.inputs[0]: main}
    for name in plan.inputs[1:]:
        found = find_value_at(known[name], main.when)
        if found is None:
            return None
        used[name] = found
    ranges: dict[str, tuple[float, ...]] = {name: tuple({each.low, each.high}) for name, each in used.items()}
    told = [f"{each.fact.describe()}" for each in used.values()]
    if "age" in plan.needs:
        ages = _find_ages(person, main)
        ranges["age"] = tuple(set(ages))
        told.append("age " + " to ".join(f"{each:.0f}" for each in sorted(ranges["age"])))
    if "sex" in plan.needs:
        ranges["sex"] = {"female": (1.0,), "male": (0.0,)}.get(person.sex or "", (0.0, 1.0))
        told.append(person.sex or "sex not known: for both")
    results = []
    for corner in itertools.product(*ranges.values()):
        values = dict(zip(ranges, corner, strict=True))
        for choice in plan.choices:
            try:
                results.append(choice.compute(values))
            except UsageError:
                return None
    names = " or ".join(dict.fromkeys(each.name for each in plan.choices))
    return Fact(
        concept,
        Source("derived", ", ".join(each.fact.source.where for each in used.values()), "; ".join(told)),
        value=Interval(low=min(results), high=max(results), unit=plan.unit),
        start=main.when,
        end=main.when,
        detail=f"{names}, from {'; '.join(told)}",
    )


def _find_ages(person: Person, main: Value) -> tuple[float, float]:
    assert person.birth is not None
    assert person.birth.first is not None
    assert person.birth.last is not None
    low = count_completed(person.birth.last, main.when.first or person.birth.last)
    high = count_completed(person.birth.first, main.when.last or date.max)
    return float(max(low, 0)), float(max(high, 0))
