"""Arms and interventions, as one matrix and one by one."""

from __future__ import annotations

from trialbook.model import Study
from trialbook.model.enums import ArmGroupType
from trialbook.model.protocol import ArmGroup, Intervention
from trialbook.pages.labels import label_of, meaning_of, term_of
from trialbook.pages.record.flow_pictures import picture_arms
from trialbook.pages.record.told import WHOLE, Told, read_page, read_texts, show_apart
from trialbook.pages.tree import (
    Absent,
    Block,
    Card,
    Fact,
    Facts,
    Inline,
    Item,
    Items,
    Prose,
    Row,
    Section,
    Table,
)

GIVEN = "●"
NOT_GIVEN = "–"
NOT_STATED = "?"


def arms_section(study: Study) -> Section:
    """The arms × interventions matrix, then each arm."""
    picture = picture_arms(study)
    blocks: list[Block] = [picture] if picture else []
    if study.arm_groups and study.interventions:
        blocks.append(build_matrix(study))
    if study.arm_groups:
        blocks += [_arm_card(arm) for arm in study.arm_groups]
    else:
        blocks.append(Absent("The record gives no arms or groups.", ("armsInterventionsModule.armGroups",)))
    return Section(
        "arms",
        "Study groups",
        "Who gets what: each group of participants and what it is given or does.",
        tuple(blocks),
    )


def interventions_section(study: Study) -> Section:
    """Each intervention."""
    blocks: list[Block] = [_intervention_card(item) for item in study.interventions]
    blocks = blocks or [
        Absent("The record gives no interventions.", ("armsInterventionsModule.interventions",))
    ]
    return Section(
        "interventions",
        "Interventions",
        "The drugs, devices, procedures or habits that are studied, and how they are given.",
        tuple(blocks),
    )


def other_names_section(study: Study, told: Told = WHOLE) -> Section:
    """Brand names, codes and synonyms of the interventions."""
    known = told.get_study(study)
    rows = [
        Fact(item.name or "Unnamed", item.other_names) for item in known.interventions if item.other_names
    ]
    printed = read_texts(read_page(study), "interventionOtherNames")
    apart = told.find_apart("pageSection.interventionOtherNames")
    given = {name for item in known.interventions for name in item.other_names}
    if rest := tuple(name for name in (apart.names if apart else printed) if name not in given):
        rows.append(Fact("Named by the page for none of them in particular", rest))
    block: Block = (
        Facts(tuple(rows))
        if rows
        else Absent("The record gives no other names.", ("armsInterventionsModule.interventions.otherNames",))
    )
    return Section(
        "other-names",
        "Other intervention names",
        "Brand names, codes and older names under which the same thing may be known.",
        (block, *_fold_apart(told)),
    )


def _fold_apart(told: Told) -> tuple[Block, ...]:
    found = (
        told.find_apart(path)
        for path in (
            "pageSection.interventionOtherNames",
            "protocolSection.armsInterventionsModule.interventions.otherNames",
        )
    )
    return tuple(show_apart(apart)[1] for apart in found if apart)


def build_matrix(study: Study) -> Table:
    """Arms in columns, interventions in rows, a mark where an arm is given an intervention.

    A cell is marked when the arm names the intervention ("Type: Name") or the intervention names the arm.
    Where nothing links an arm to any intervention, its cells say that the record does not tell.
    """
    arms = study.arm_groups
    unlinked = [_is_unlinked(arm, study.interventions) for arm in arms]
    rows = []
    for item in study.interventions:
        cells = tuple(
            NOT_STATED if is_unlinked else GIVEN if names_intervention(arm, item) else NOT_GIVEN
            for arm, is_unlinked in zip(arms, unlinked, strict=True)
        )
        rows.append(Row(item.name or "Unnamed", cells, remark=label_of(item.type) if item.type else ""))
    rows += _unlisted_rows(study)
    labels = tuple(arm.label or "Unnamed" for arm in arms)
    notes = (
        (f"{NOT_STATED} means that the record does not say what this group gets.",) if any(unlinked) else ()
    )
    caption = "Which group gets which intervention"
    return Table(caption, "Intervention", labels, tuple(rows), notes, is_matrix=True)


def _unlisted_rows(study: Study) -> list[Row]:
    """What an arm names although no intervention of the record is called so."""
    arms = study.arm_groups
    named = dict.fromkeys(name for arm in arms for name in arm.intervention_names)
    rows = []
    for name in named:
        if not any(_same_name(name, item) for item in study.interventions):
            cells = tuple(GIVEN if name in arm.intervention_names else NOT_GIVEN for arm in arms)
            rows.append(Row(name, cells, remark="named by a group only"))
    return rows


def _is_unlinked(arm: ArmGroup, interventions: tuple[Intervention, ...]) -> bool:
    is_named = bool(arm.intervention_names) or any(
        arm.label in item.arm_group_labels for item in interventions
    )
    return not is_named and arm.type != ArmGroupType.NO_INTERVENTION


def names_intervention(arm: ArmGroup, item: Intervention) -> bool:
    """Whether an arm is given an intervention, by either side's word."""
    return bool(arm.label and arm.label in item.arm_group_labels) or any(
        _same_name(name, item) for name in arm.intervention_names
    )


def _same_name(name: str, item: Intervention) -> bool:
    kind, separator, rest = name.partition(": ")
    if separator and item.type and kind.replace(" ", "_").upper() == str(item.type):
        name = rest
    return name == item.name


def _arm_card(arm: ArmGroup) -> Card:
    tags: tuple[Inline, ...] = (term_of(arm.type),) if arm.type else ()
    meaning = meaning_of(arm.type)
    blocks: list[Block] = [Prose(arm.description)] if arm.description else []
    if arm.intervention_names:
        blocks.append(Items(tuple(Item((name,)) for name in arm.intervention_names), style="tags"))
    return Card(arm.label or "Unnamed group", (*tags, meaning) if meaning else tags, tuple(blocks))


def _intervention_card(item: Intervention) -> Card:
    tags: tuple[Inline, ...] = (term_of(item.type),) if item.type else ()
    blocks: list[Block] = [Prose(item.description)] if item.description else []
    if item.arm_group_labels:
        blocks.append(Facts((Fact("Given in", item.arm_group_labels),)))
    return Card(item.name or "Unnamed intervention", tags, tuple(blocks))
