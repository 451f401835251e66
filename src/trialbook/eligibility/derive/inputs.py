"""Which facts are what a formula takes? By code or by name, in the unit that it wants."""

from __future__ import annotations

from typing import NamedTuple

from trialbook.eligibility.days import Days
from trialbook.eligibility.facts import Fact
from trialbook.eligibility.quantities import convert_interval
from trialbook.eligibility.reading import Reading
from trialbook.eligibility.tree import Concept


class Input(NamedTuple):
    """A quantity that formulas take: its name, unit, other names and LOINC codes."""

    name: str
    unit: str
    names: tuple[str, ...]
    codes: tuple[str, ...]

    @property
    def concepts(self) -> tuple[Concept, ...]:
        """What a fact of it is about."""
        ids = tuple(f"loinc:{each}" for each in self.codes)
        return tuple(Concept(each, "measurement", ids) for each in (self.name, *self.names))


INPUTS = {
    each.name: each
    for each in (
        Input("weight", "kg", ("body weight",), ("29463-7", "3141-9", "8335-2")),
        Input("height", "cm", ("body height", "length"), ("8302-2", "3137-7", "8308-9")),
        Input(
            "creatinine",
            "mg/dL",
            ("serum creatinine", "plasma creatinine", "blood creatinine"),
            ("2160-0", "38483-4", "14682-9", "59826-8"),
        ),
        Input("albumin", "g/dL", ("serum albumin", "plasma albumin"), ("1751-7", "61151-7", "54347-0")),
        Input("calcium", "mg/dL", ("serum calcium", "total calcium"), ("17861-6", "49765-1", "2000-8")),
        Input("bilirubin", "mg/dL", ("total bilirubin", "serum bilirubin"), ("1975-2", "42719-5", "14631-6")),
        Input("INR", "", ("international normalized ratio", "PT-INR"), ("6301-6", "34714-6", "38875-1")),
        Input("sodium", "mmol/L", ("serum sodium", "plasma sodium"), ("2951-2", "2947-0")),
        Input("QT", "ms", ("QT interval",), ("8634-8",)),
        Input("heart rate", "/min", ("pulse", "pulse rate"), ("8867-4", "8893-0")),
        Input("ascites", "", ("ascites grade",), ()),
        Input("encephalopathy", "", ("encephalopathy grade", "hepatic encephalopathy grade"), ()),
    )
}


class Value(NamedTuple):
    """A value of an input, from `low` to `high` in its unit, and the fact that says it."""

    low: float
    high: float
    when: Days
    fact: Fact


def list_values(name: str, reading: Reading) -> list[Value]:
    """What is known of an input up to the day, the latest first; open intervals and foreign units say nothing."""
    asked = INPUTS[name]
    values = []
    for fact, relation in reading.known.find(asked.concepts):
        if relation != "same" or fact.value is None or fact.value.limit or fact.denied:
            continue
        when = fact.start or Days(None, reading.day)
        if when.lowest > reading.day or not fact.is_certain or fact.status != "present":
            continue
        value = convert_interval(fact.value, asked.unit, asked.concepts[0], reading.measures)
        if value is not None and value.low is not None and value.high is not None:
            values.append(Value(value.low, value.high, when, fact))
    return sorted(values, key=lambda each: (each.when.highest, each.when.lowest), reverse=True)


def find_value_at(values: list[Value], when: Days) -> Value | None:
    """The value that holds on a day: all told of the last day up to it together, else the first told later."""
    before = [each for each in values if each.when.lowest <= when.highest]
    chosen = before[:1] or values[-1:]
    if not chosen:
        return None
    alike = [each for each in values if each.when == chosen[0].when]
    return Value(
        min(each.low for each in alike), max(each.high for each in alike), chosen[0].when, chosen[0].fact
    )
