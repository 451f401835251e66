"""Who may take part: the criteria, ages, sex and the rest of the eligibility module."""

from __future__ import annotations

from itertools import groupby

from trialbook.model import Study
from trialbook.model.protocol import EligibilityModule
from trialbook.pages.labels import meaning_of, term_of, yes_no
from trialbook.pages.record.criteria import ListedCriterion
from trialbook.pages.record.shorten import MOST_CHARACTERS, WHERE
from trialbook.pages.tree import (
    Absent,
    Block,
    Criteria,
    Entry,
    Fact,
    Facts,
    Link,
    Note,
    Plain,
    Prose,
    Section,
    Sub,
    Wording,
)
from trialbook.record.links import study_url

PURPOSE = "Who can take part and who cannot. A doctor of the study makes the final check."
MODULE = "eligibilityModule"
NO_LIMIT = "No limit stated"


def eligibility_section(study: Study, criteria: tuple[ListedCriterion, ...]) -> Section:
    """Criteria (`list_criteria`) as lists in their own order, then the structured limits."""
    module = study.protocol.eligibility_module or (EligibilityModule() if study.unlimited else None)
    if module is None:
        return Section(
            "eligibility",
            "Eligibility criteria",
            PURPOSE,
            (
                Absent(
                    "The record gives no eligibility criteria.", ("eligibilityModule.eligibilityCriteria",)
                ),
            ),
        )
    blocks: list[Block] = [*_criteria_blocks(study, module, criteria), Facts(_limits(study, module))]
    if module.study_population:
        blocks.append(Sub("Study population", (Prose(module.study_population),)))
    return Section("eligibility", "Eligibility criteria", PURPOSE, tuple(blocks))


def _criteria_blocks(
    study: Study, module: EligibilityModule, criteria: tuple[ListedCriterion, ...]
) -> list[Block]:
    text = module.eligibility_criteria
    if not text:
        return [
            Absent("The record gives no eligibility criteria.", ("eligibilityModule.eligibilityCriteria",))
        ]
    blocks: list[Block] = [
        Criteria(heading, kind, tuple(Entry(each.anchor, each.mark, each.level, each.text) for each in run))
        for (kind, heading), run in groupby(criteria, key=lambda each: (each.kind, each.heading))
    ]
    kinds = {block.kind for block in blocks if isinstance(block, Criteria)}
    if study.nct_id:
        own = study_url(study.nct_id)
        listed = Link("As a checklist, with what was understood marked", f"{own}/criteria")
        form = Link("Would somebody fit? A form", f"{own}/screen")
        blocks.insert(0, Plain((listed, " · ", form)))
    absent = [
        f"The record lists no {kind} criteria of their own."
        for kind in ("inclusion", "exclusion")
        if kind not in kinds
    ]
    if len(text) > MOST_CHARACTERS:
        left_out = f"Not shown here: {len(text) - MOST_CHARACTERS:,} of the text's {len(text):,} characters."
        return [*blocks, Note((left_out, f" All of it is {WHERE}."), "warn")]
    return [*blocks, *(Absent(words) for words in absent)]


def _limit(study: Study, name: str, age: str | None, path: str) -> Fact:
    """An age limit; that there is none is said by the record, or by its register in its own words."""
    if age is None and (words := study.unlimited.get(name)):
        return Fact(name, ("No limit",), f"In its register's words: {words}", paths=(path,))
    return Fact(name, (age or NO_LIMIT,), paths=(path,))


def _limits(study: Study, module: EligibilityModule) -> tuple[Fact, ...]:
    ages = tuple(term_of(value) for value in module.std_ages)
    rows = [
        _limit(study, "Minimum age", module.minimum_age, f"{MODULE}.minimumAge"),
        _limit(study, "Maximum age", module.maximum_age, f"{MODULE}.maximumAge"),
        Fact("Age groups", ages, paths=(f"{MODULE}.stdAges",)),
        Fact("Eligible sex", (term_of(module.sex),) if module.sex else (), paths=(f"{MODULE}.sex",)),
        Fact(
            "Accepts healthy volunteers",
            () if module.healthy_volunteers is None else (yes_no(module.healthy_volunteers),),
            paths=(f"{MODULE}.healthyVolunteers",),
        ),
    ]
    if module.gender_based is not None:
        rows.append(Fact("Eligibility by gender identity", (yes_no(module.gender_based),)))
    if module.gender_description:
        rows.append(Fact("Gender criteria", (Prose(module.gender_description),)))
    if module.sampling_method:
        method: Wording = term_of(module.sampling_method)
        rows.append(Fact("Sampling method", (method,), meaning_of(module.sampling_method)))
    return tuple(rows)
