"""Arms and interventions, as one matrix and one by one."""

from __future__ import annotations

from trialbook.model import Study
from trialbook.model.protocol import ArmGroup, Intervention
from trialbook.web.pages.document import (
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
from trialbook.web.pages.words import label_of, meaning_of, term_of

GIVEN = "●"
NOT_GIVEN = "–"


def arms_section(study: Study) -> Section:
    """The arms × interventions matrix, then each arm."""
    blocks: list[Block] = []
    if study.arm_groups and study.interventions:
        blocks.append(build_matrix(study))
    if study.arm_groups:
        blocks += [_arm_card(arm) for arm in study.arm_groups]
    else:
        blocks.append(Absent("The record gives no arms or groups."))
    return Section(
        "arms",
        "Study groups",
        "Who gets what: each group of participants and what it is given or does.",
        tuple(blocks),
    )


def interventions_section(study: Study) -> Section:
    """Each intervention."""
    blocks: list[Block] = [_intervention_card(item) for item in study.interventions]
    blocks = blocks or [Absent("The record gives no interventions.")]
    return Section(
        "interventions",
        "Interventions",
        "The drugs, devices, procedures or habits that are studied, and how they are given.",
        tuple(blocks),
    )


def other_names_section(study: Study) -> Section:
    """Brand names, codes and synonyms of the interventions."""
    rows = tuple(
        Fact(item.name or "Unnamed", item.other_names) for item in study.interventions if item.other_names
    )
    block: Block = Facts(rows) if rows else Absent("The record gives no other names.")
    return Section(
        "other-names",
        "Other intervention names",
        "Brand names, codes and older names under which the same thing may be known.",
        (block,),
    )


def build_matrix(study: Study) -> Table:
    """Arms in columns, interventions in rows, a mark where an arm is given an intervention.

    A cell is marked when the arm names the intervention ("Type: Name") or the intervention names the arm.
    """
    arms, used = study.arm_groups, set()
    rows = []
    for item in study.interventions:
        cells = []
        for arm in arms:
            is_given = names_intervention(arm, item)
            cells.append(GIVEN if is_given else NOT_GIVEN)
            used.update(name for name in arm.intervention_names if _same_name(name, item))
        rows.append(
            Row(item.name or "Unnamed", tuple(cells), remark=label_of(item.type) if item.type else "")
        )
    for name in dict.fromkeys(name for arm in arms for name in arm.intervention_names if name not in used):
        cells = [GIVEN if name in arm.intervention_names else NOT_GIVEN for arm in arms]
        rows.append(Row(name, tuple(cells), remark="named by a group only"))
    labels = tuple(arm.label or "Unnamed" for arm in arms)
    return Table("Which group gets which intervention", "Intervention", labels, tuple(rows), is_matrix=True)


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
    blocks: list[Block] = []
    if arm.description:
        blocks.append(Prose(arm.description))
    meaning = meaning_of(arm.type)
    if meaning:
        blocks.append(Facts((Fact("Kind of group", (meaning,)),)))
    if arm.intervention_names:
        blocks.append(Items(tuple(Item((name,)) for name in arm.intervention_names), style="tags"))
    return Card(arm.label or "Unnamed group", tags, tuple(blocks))


def _intervention_card(item: Intervention) -> Card:
    tags: tuple[Inline, ...] = (term_of(item.type),) if item.type else ()
    blocks: list[Block] = [Prose(item.description)] if item.description else []
    if item.arm_group_labels:
        blocks.append(Facts((Fact("Given in", item.arm_group_labels),)))
    return Card(item.name or "Unnamed intervention", tags, tuple(blocks))
