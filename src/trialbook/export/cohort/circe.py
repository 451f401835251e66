"""How does a study become a Circe cohort definition? Everybody as of one day, narrowed by a rule for each criterion.

The definition is that of OHDSI's ATLAS and `circe-be`. The index event is the day itself, of those whose observation
period holds it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from trialbook.export.cohort.circe_rows import Json, RowWriter, make_concept, make_either, make_group
from trialbook.export.cohort.predicates import (
    AllOf,
    AtLeastOf,
    Born,
    Happened,
    HasCondition,
    IsSex,
    Measured,
    NotSo,
    Predicate,
)
from trialbook.export.cohort.rule import Rule
from trialbook.export.cohort.vocabulary import Found, Vocabulary

_SEXES = {"male": 8507, "female": 8532}
_DOMAINS = {
    "condition": "Condition",
    "drug": "Drug",
    "procedure": "Procedure",
    "device": "Device",
    "measurement": "Measurement",
    "observation": "Observation",
}


def make_circe(
    rules: Sequence[Rule], vocabulary: Vocabulary, *, title: str, day: date, upper: bool
) -> tuple[Json, tuple[str, ...]]:
    """The definition, and what Circe asks less exactly, in sentences.

    `upper`: whether rather for too many persons than for too few, where Circe cannot ask exactly.
    """
    writer = _Writer(vocabulary, day)
    made = [
        {
            "name": each.name,
            "description": each.text,
            "expression": _as_group(writer.ask(each.predicate, upper)),
        }
        for each in rules
        if each.predicate != AllOf(())
    ]
    period = {"StartDate": day.isoformat(), "EndDate": day.isoformat()}
    definition = {
        "cdmVersionRange": ">=5.0.0",
        "Title": title,
        "PrimaryCriteria": {
            "CriteriaList": [{"ObservationPeriod": {"UserDefinedPeriod": period}}],
            "ObservationWindow": {"PriorDays": 0, "PostDays": 0},
            "PrimaryCriteriaLimit": {"Type": "First"},
        },
        "ConceptSets": writer.list_sets(),
        "QualifiedLimit": {"Type": "First"},
        "ExpressionLimit": {"Type": "First"},
        "InclusionRules": made,
        "EndStrategy": {"DateOffset": {"DateField": "StartDate", "Offset": 0}},
        "CensoringCriteria": [],
        "CollapseSettings": {"CollapseType": "ERA", "EraPad": 0},
        "CensorWindow": {},
    }
    return definition, writer.list_inexact()


def _as_group(asked: Json) -> Json:
    return asked if "Type" in asked else make_group("ALL", groups=[asked])


class _Writer:
    def __init__(self, vocabulary: Vocabulary, day: date) -> None:
        self._day = day
        self._known: dict[int, Found] = {
            each.concept_id: each for found in vocabulary.found.values() for each in found
        }
        self._sets: dict[tuple[int, ...], int] = {}
        self._rows = RowWriter(day, self._name_set, vocabulary.yes, vocabulary.no)
        self._said: dict[str, None] = {}

    def ask(self, asked: Predicate, upper: bool) -> Json:
        """A predicate as a group; `upper`: rather true too often."""
        if isinstance(asked, AllOf):
            return make_group("ALL", groups=[self.ask(each, upper) for each in asked.parts])
        if isinstance(asked, AtLeastOf):
            parts = [self.ask(each, upper) for each in asked.parts]
            if asked.count == 1:
                return make_either(groups=parts)
            return make_group("AT_LEAST", groups=parts, count=asked.count)
        if isinstance(asked, NotSo):
            return make_group("AT_MOST", groups=[self.ask(asked.part, not upper)], count=0)
        if isinstance(asked, Born):
            return self._ask_born(asked, upper)
        if isinstance(asked, IsSex):
            return make_group("ALL", demographic=[{"Gender": [make_concept(_SEXES[asked.sex])]}])
        if isinstance(asked, HasCondition):
            ever = self._rows.ask_any_condition()
            return make_either(criteria=[ever])
        if isinstance(asked, Measured):
            self._say_measured(asked)
            return self._rows.ask_measured(asked)
        self._say_happened(asked)
        return self._rows.ask_happened(asked, upper=upper)

    def _ask_born(self, asked: Born, upper: bool) -> Json:
        """Circe counts an age by the year of birth alone."""
        demographic = []
        first, last = asked.first, asked.last
        if first is not None:
            is_whole = (first.month, first.day) == (1, 1)
            year = first.year if is_whole or upper else first.year + 1
            demographic.append({"Age": {"Value": self._day.year - year, "Op": "lte"}})
            self._say_age(first.year, is_whole, upper)
        if last is not None:
            is_whole = (last.month, last.day) == (12, 31)
            year = last.year if is_whole or upper else last.year - 1
            demographic.append({"Age": {"Value": self._day.year - year, "Op": "gte"}})
            self._say_age(last.year, is_whole, upper)
        return make_group("ALL", demographic=demographic)

    def _say_age(self, year: int, is_whole: bool, upper: bool) -> None:
        if not is_whole:
            what = "all in" if upper else "left out"
            self._say(
                f"an age is counted by the year of birth alone: who was born in {year} is {what}, whatever the"
                " birthday; as of 31 December it is exact"
            )

    def _say_measured(self, asked: Measured) -> None:
        self._say("values of a measurement count only within an observation period, and to four decimals")
        self._say('a value told as "below" or "above" a number counts as that number')
        if asked.observed:
            self._say("values that stand in OBSERVATION are not looked at")
        if asked.limit:
            self._say("a value of the last day that has no limit of normal beside it is passed over")
        elif any(each.unit for each in asked.ranges):
            self._say("a unit counts that is a concept; one that only the source's words name does not")

    def _say_happened(self, asked: Happened) -> None:
        tables = {each.table for each in asked.rows if each.end_from is not None}
        if tables & {"condition", "device"}:
            self._say(
                "an entry that ended on the day after it began counts as one that goes on: the target does not"
                " tell them apart"
            )
        if any(each.shape == "event" and each.table == "condition" and each.end_from for each in asked.rows):
            self._say(
                "an event that began on the day before a stretch of time and went into it may be missed"
            )
        if asked.unless:
            self._say("whoever is once said not to have something is taken not to have it")
        if "drug" in tables:
            self._say("an exposure without an end ends with its days of supply, or on the next day")
        if "procedure" in tables:
            self._say("a procedure is over on its day")
        if {each.table for each in asked.rows} & {"measurement", "observation"}:
            self._say("an answer that is only text is not read")
        if asked.least > 1 and len(asked.rows) > 1:
            self._say("entries of several tables are not added up")

    def _say(self, what: str) -> None:
        self._said[what] = None

    def list_inexact(self) -> tuple[str, ...]:
        """What Circe asks less exactly."""
        always = f"only those are looked at whose observation period holds {self._day}"
        return (always, *self._said)

    def _name_set(self, ids: Sequence[int]) -> int:
        return self._sets.setdefault(tuple(sorted(ids)), len(self._sets))

    def list_sets(self) -> list[Json]:
        """The sets of concepts, each written out: what lies below one was looked up already."""
        return [
            {
                "id": number,
                "name": self._name(ids),
                "expression": {
                    "items": [
                        {
                            "concept": self._describe(each),
                            "isExcluded": False,
                            "includeDescendants": False,
                            "includeMapped": False,
                        }
                        for each in ids
                    ]
                },
            }
            for ids, number in self._sets.items()
        ]

    def _name(self, ids: tuple[int, ...]) -> str:
        named = [self._known[each].name for each in ids if each in self._known]
        told = min(named, key=len, default="answers or units")
        return told if len(ids) == 1 else f"{told} and {len(ids) - 1} more"

    def _describe(self, concept_id: int) -> Json:
        known = self._known.get(concept_id)
        if known is None:
            return make_concept(concept_id)
        return {
            "CONCEPT_ID": concept_id,
            "CONCEPT_NAME": known.name,
            "DOMAIN_ID": _DOMAINS[known.table],
            "VOCABULARY_ID": known.vocabulary,
            "CONCEPT_CODE": known.code,
            "STANDARD_CONCEPT": "S",
        }
