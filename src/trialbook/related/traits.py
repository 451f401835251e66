"""What of a record is compared? Its traits: texts, what its words mean, its design, whom it takes, its kin.

Read from the raw record, whatever shape it has: what is missing or odd reads as nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import msgspec

from trialbook.model.ages import Age
from trialbook.model.dates import PartialDate
from trialbook.record.texts import find_structures, find_text, find_texts
from trialbook.related.headings import Headings, find_condition_headings, find_intervention_headings
from trialbook.related.kin import Kin, read_kin, read_people
from trialbook.terms import Thesaurus

PROTOCOL = "protocolSection."
LONGEST_TEXT = 60_000
MOST_NAMES = 100

# The parts of a text that are compared apart, in the order of their bits, and where they stand.
FIELDS: dict[str, tuple[str, ...]] = {
    "title": (
        "identificationModule.briefTitle",
        "identificationModule.officialTitle",
        "identificationModule.acronym",
    ),
    "condition": ("conditionsModule.conditions", "conditionsModule.keywords"),
    "intervention": (
        "armsInterventionsModule.interventions.name",
        "armsInterventionsModule.interventions.otherNames",
    ),
    "outcome": ("outcomesModule.primaryOutcomes.measure", "outcomesModule.secondaryOutcomes.measure"),
    "criteria": ("eligibilityModule.eligibilityCriteria", "eligibilityModule.studyPopulation"),
    "summary": ("descriptionModule.briefSummary",),
    "detail": (
        "descriptionModule.detailedDescription",
        "armsInterventionsModule.armGroups.label",
        "armsInterventionsModule.armGroups.description",
        "armsInterventionsModule.interventions.description",
        "outcomesModule.primaryOutcomes.description",
        "designModule.designInfo.interventionModelDescription",
    ),
}
DESIGN: dict[str, str] = {
    "study type": "designModule.studyType",
    "phase": "designModule.phases",
    "purpose": "designModule.designInfo.primaryPurpose",
    "allocation": "designModule.designInfo.allocation",
    "model": "designModule.designInfo.interventionModel",
    "masking": "designModule.designInfo.maskingInfo.masking",
    "observational model": "designModule.designInfo.observationalModel",
    "time perspective": "designModule.designInfo.timePerspective",
}
RECRUITING = frozenset({"RECRUITING", "NOT_YET_RECRUITING", "ENROLLING_BY_INVITATION"})
# What is given to compare with tells nothing of what is studied.
_COMPARATORS = re.compile(
    r"\b(?:placebos?|sham|saline|standard(?: of)? care|usual care|control(?: group)?|no (?:treatment|intervention)"
    r"|questionnaires?|standard (?:therapy|treatment))\b",
    re.IGNORECASE,
)


class Population(msgspec.Struct, frozen=True):
    """Whom a study takes: "ALL", "FEMALE", "MALE" or "" for not said; ages in days, None for no limit said."""

    sex: str = ""
    least_days: float | None = None
    most_days: float | None = None
    healthy: str = ""


class Traits(msgspec.Struct, frozen=True):
    """What of one study is compared.

    Attributes
    ----------
    nct_id
        "" for a text that is no record yet.
    texts
        By the names of `FIELDS`.
    conditions, interventions
        Headings of MeSH and drug lists, with how near each is: 1 for itself, less for a broader one.
    design
        By the names of `DESIGN`; those that the record has.
    kin
        By what it may belong together with others: ids, sponsor, acronym, people, publications.
    people
        The names of `kin.people` as the record writes them, by those.
    started
        The day or month on which it began or will, as the record writes it.
    """

    nct_id: str
    texts: dict[str, str]
    conditions: Headings
    interventions: Headings
    design: dict[str, tuple[str, ...]]
    population: Population
    kin: Kin
    people: dict[str, str]
    sponsor_name: str
    status: str
    has_results: bool
    started: PartialDate = PartialDate("")


def read_traits(record: dict[str, Any], thesaurus: Thesaurus, *, names_others: bool = True) -> Traits:
    """Read the traits of a raw API v2 record; `names_others`: whether to look in its texts for ids of others."""
    names = [name for name in _find_intervention_names(record) if not _COMPARATORS.search(name)]
    texts = {
        field: _shorten(names) if field == "intervention" else _join(record, paths)
        for field, paths in FIELDS.items()
    }
    population, people = _read_population(record), read_people(record)
    return Traits(
        nct_id=find_text(record, PROTOCOL + "identificationModule.nctId"),
        texts=texts,
        conditions=find_condition_headings(record, thesaurus, least_days=population.least_days or 0.0),
        interventions=find_intervention_headings(record, names[:MOST_NAMES], thesaurus),
        design={
            name: tuple(sorted(found))
            for name, path in DESIGN.items()
            if (found := [each for each in find_texts(record, PROTOCOL + path) if each != "NA"])
        },
        population=population,
        kin=read_kin(record, texts if names_others else {}, people),
        people=people,
        sponsor_name=find_text(record, PROTOCOL + "sponsorCollaboratorsModule.leadSponsor.name"),
        status=find_text(record, PROTOCOL + "statusModule.overallStatus"),
        has_results=find_text(record, "hasResults") == "true" or record.get("resultsSection") is not None,
        started=PartialDate(find_text(record, PROTOCOL + "statusModule.startDateStruct.date")),
    )


def _join(record: dict[str, Any], paths: Iterable[str]) -> str:
    return _shorten(text for path in paths for text in find_texts(record, PROTOCOL + path))


def _shorten(texts: Iterable[str]) -> str:
    return "\n".join(texts)[:LONGEST_TEXT]


def _find_intervention_names(record: dict[str, Any]) -> list[str]:
    names: list[str] = []
    for each in find_structures(record, PROTOCOL + "armsInterventionsModule.interventions"):
        names += find_texts(each, "name") + find_texts(each, "otherNames")
    return names


def _read_population(record: dict[str, Any]) -> Population:
    def read(name: str) -> str:
        return find_text(record, f"{PROTOCOL}eligibilityModule.{name}")

    return Population(
        read("sex"), Age(read("minimumAge")).days, Age(read("maximumAge")).days, read("healthyVolunteers")
    )
