"""How do a study's criteria leave, to find patients with? Each form with the list of what it does not carry.

The definition finds those who are eligible as of a day by all that could be carried over: the same persons whom
screening finds by these criteria where what the database does not tell is not so. Whoever it finds has still to be
held against the list.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Literal, TypeAlias

import msgspec

from trialbook.eligibility.cohorts import name_cohort, sort_by_cohort
from trialbook.eligibility.doubts import without_doubts
from trialbook.eligibility.fields import FIELD_NAMES
from trialbook.eligibility.matching import Matcher, Names
from trialbook.eligibility.measures import ClinicalMeasures
from trialbook.eligibility.tree import ParsedCriterion
from trialbook.errors import UsageError
from trialbook.export.cohort.carried import NotCarried
from trialbook.export.cohort.carrying import Carrier, list_concepts
from trialbook.export.cohort.circe import make_circe
from trialbook.export.cohort.fhir_group import make_group_resource
from trialbook.export.cohort.fields import FieldCriterion, list_fields
from trialbook.export.cohort.predicates import ALWAYS, Predicate, all_of, any_of, not_so
from trialbook.export.cohort.rule import Rule
from trialbook.export.cohort.sql import render_sql
from trialbook.export.cohort.translate import ask_healthy, translate
from trialbook.export.cohort.vocabulary import EMPTY, read_vocabulary
from trialbook.model.criteria import Kind
from trialbook.model.study import Study

Form: TypeAlias = Literal["circe", "fhir", "sql"]
Persons: TypeAlias = Literal["eligible", "possible"]
FORMS: dict[Form, str] = {
    "circe": "a cohort definition of OHDSI's Circe and ATLAS, as JSON",
    "fhir": "a FHIR Group in the form of HL7's guide on evidence-based medicine, as JSON",
    "sql": "SQL over an OMOP CDM, for DuckDB and SQLite",
}


class Cohort(msgspec.Struct, frozen=True):
    """A study's criteria in a form that finds patients.

    Attributes
    ----------
    definition
        The text of the form: JSON or SQL.
    persons
        "eligible": who is so by all that is asked; "possible": who is not excluded by any of it.
    criteria
        The criteria as they are asked, without the parts that could not be carried over.
    not_carried
        What is asked otherwise than the record has it, or not at all.
    """

    nct_id: str
    form: Form
    day: date
    persons: Persons
    definition: str
    criteria: tuple[ParsedCriterion, ...]
    not_carried: tuple[NotCarried, ...]


def make_cohort(
    study: Study,
    criteria: Sequence[ParsedCriterion],
    *,
    form: Form,
    day: date,
    names: Names,
    vocabulary: Path | None = None,
    persons: Persons = "eligible",
) -> Cohort:
    """A study's criteria in one of `FORMS`, as of a day.

    Parameters
    ----------
    names
        Where conditions and drugs are known by name.
    vocabulary
        Where the tables CONCEPT, CONCEPT_ANCESTOR and CONCEPT_RELATIONSHIP of the user's OMOP vocabulary lie: a
        folder, an archive or a database. FHIR does without.

    Raises
    ------
    UsageError
        There is no such form, or the form needs a vocabulary.
    SourceReadError
        The vocabulary cannot be read.
    """
    if form not in FORMS:
        raise UsageError(f"no cohort is written as {str(form)[:40]!r}: one of {', '.join(FORMS)}")
    if persons not in ("eligible", "possible"):
        raise UsageError(f"no persons are {str(persons)[:40]!r}: eligible or possible")
    if vocabulary is None and form != "fhir":
        raise UsageError(
            f"{form} needs the concepts of an OMOP vocabulary: name a folder, an archive or a database with the"
            " table CONCEPT"
        )
    protocol = study.protocol_section
    module = protocol.eligibility_module if protocol else None
    text = (module.eligibility_criteria if module else None) or ""
    title = f"{study.nct_id}: {study.brief_title or ''}".rstrip(": ")
    decided = (without_doubts(each, text) for each in criteria)
    found = [*list_fields(module), *map(FieldCriterion, decided)]
    matcher = Matcher(names, ClinicalMeasures())
    asked = [] if vocabulary is None else list_concepts(each.criterion for each in found)
    known = EMPTY if vocabulary is None else read_vocabulary(vocabulary, asked, matcher)
    if form == "fhir":
        group, left = make_group_resource(
            [each.criterion for each in found],
            known,
            nct_id=study.nct_id or "",
            title=title,
            text=text,
        )
        return Cohort(
            study.nct_id or "",
            form,
            day,
            persons,
            _write_json(group),
            tuple(each.criterion for each in found),
            left,
        )
    carrier = Carrier(known, matcher, module=module, day=day, is_lenient=persons == "possible")
    kept, rules = _make_rules(found, carrier, persons)
    if form == "circe":
        made, inexact = make_circe(rules, known, title=title, day=day, upper=persons == "possible")
        for each in inexact:
            carrier.note("approximate", each)
        definition = _write_json(made)
    else:
        definition = render_sql(rules, known, title=title, day=day, not_carried=carrier.not_carried)
    return Cohort(study.nct_id or "", form, day, persons, definition, kept, tuple(carrier.not_carried))


def _write_json(made: object) -> str:
    return msgspec.json.format(msgspec.json.encode(made), indent=2).decode() + "\n"


def _make_rules(
    found: Sequence[FieldCriterion], carrier: Carrier, persons: Persons
) -> tuple[tuple[ParsedCriterion, ...], list[Rule]]:
    """What is asked: a rule for each criterion, and one for all cohorts, of which one is enough."""
    kept: list[ParsedCriterion] = []
    asked: list[tuple[Rule, str, Kind]] = []
    for name, each in zip(_name_all(found), found, strict=True):
        carried = each.criterion if each.is_healthy else carrier.carry(each.criterion)
        predicate: Predicate = ALWAYS
        if carried is not None:
            kept.append(carried)
            predicate = _ask(each, carried, carrier, persons)
        rule = Rule(name, each.criterion.text, predicate)
        asked.append((rule, name_cohort(each.criterion), each.criterion.kind))
    common, own, apart = sort_by_cohort(asked)
    rules = common
    if persons == "eligible":
        # What is asked of a part that nobody knows has to speak for a person, and keeps nobody out.
        rules += apart
    if own:
        either = any_of(*(all_of(*(each.predicate for each in those)) for those in own.values()))
        rules.append(Rule("cohorts", "one of: " + "; ".join(own), either))
    return tuple(kept), rules


def _ask(each: FieldCriterion, carried: ParsedCriterion, carrier: Carrier, persons: Persons) -> Predicate:
    """When the criterion speaks for a person, or at least not against."""
    speaks = carried.kind != "exclusion"
    wanted = speaks if persons == "eligible" else not speaks
    if each.is_healthy:
        predicate = ask_healthy(wanted)
    else:
        predicate = translate(carried, carrier, wanted=wanted)
    return predicate if persons == "eligible" else not_so(predicate)


def _name_all(found: Sequence[FieldCriterion]) -> list[str]:
    """The names that the screening log has."""
    counted: Counter[str] = Counter()
    names = []
    for each in found:
        start, kind = each.criterion.start, each.criterion.kind
        if start in FIELD_NAMES:
            names.append(FIELD_NAMES[start])
        else:
            counted[kind] += 1
            names.append(f"{kind}_{counted[kind]}")
    return names
