"""Participant flow: who started, who completed, who left and why."""

from __future__ import annotations

from trialbook.model import Study
from trialbook.model.results import EventGroup, FlowGroup, FlowPeriod, FlowStats, MeasureGroup
from trialbook.pages.numbers import group_digits
from trialbook.pages.record.flow_pictures import picture_flow
from trialbook.pages.record.footnotes import Footnotes
from trialbook.pages.tree import Absent, Block, Fact, Facts, Fold, Prose, Row, Section, Sub, Table
from trialbook.record.markup import strip_markup

PURPOSE = "How many people started, how many stayed to the end, and why the others left."
OPEN_GROUPS = 6
MILESTONES = {"STARTED": "Started", "COMPLETED": "Completed", "NOT COMPLETED": "Not completed"}


def flow_section(study: Study) -> Section:
    """The participant flow as one table for each period."""
    module = study.results_section.participant_flow_module if study.results_section else None
    if module is None:
        return Section(
            "participant-flow",
            "Participant flow",
            PURPOSE,
            (Absent("The record gives no participant flow.", ("resultsSection.participantFlowModule",)),),
        )
    blocks: list[Block] = []
    for title, text in (
        ("Recruitment", module.recruitment_details),
        ("Before assignment", module.pre_assignment_details),
    ):
        if text:
            blocks.append(Sub(title, (Prose(text),)))
    if module.type_units_analyzed:
        blocks.append(Facts((Fact("Units counted beside participants", (module.type_units_analyzed,)),)))
    blocks += group_descriptions(module.groups)
    design = study.protocol.design_module
    info = design.enrollment_info if design else None
    enrolled = study.enrollment_count if info and str(info.type or "") == "ACTUAL" else None
    for place, period in enumerate(module.periods):
        table = _period_table(period, module.groups, module.type_units_analyzed or "units")
        picture = picture_flow(module, place, table, enrolled=enrolled)
        title = period.title or "Period"
        blocks.append(Sub(title, (picture,)) if picture else table)
    return Section("participant-flow", "Participant flow", PURPOSE, tuple(blocks))


def group_descriptions(
    groups: tuple[FlowGroup, ...] | tuple[MeasureGroup, ...] | tuple[EventGroup, ...],
) -> list[Block]:
    """What each column of a results table stands for, folded where they are many; nothing where none is described."""
    if not any(group.description for group in groups):
        return []
    rows = tuple(
        Fact(
            group.title or "Unnamed", (Prose(group.description),) if group.description else ("Not described",)
        )
        for group in groups
    )
    facts = Facts(rows, style="groups")
    return [facts] if len(rows) <= OPEN_GROUPS else [Fold(f"What the {len(rows):,} groups are", (facts,))]


def _period_table(period: FlowPeriod, groups: tuple[FlowGroup, ...], units: str) -> Table:
    notes = Footnotes()
    ids = [group.id for group in groups]
    rows: list[Row] = []
    for milestone in period.milestones:
        header = MILESTONES.get(milestone.type or "", milestone.type or "Unnamed")
        remark = strip_markup(milestone.comment or "")
        rows.append(Row(header, _cells(milestone.achievements, ids, units, notes), remark=remark))
    if period.drop_withdraws:
        rows.append(Row("Why participants left", is_group=True))
        for reason in period.drop_withdraws:
            cells = _cells(reason.reasons, ids, units, notes)
            rows.append(
                Row(
                    reason.type or "Reason not given",
                    cells,
                    level=1,
                    remark=strip_markup(reason.comment or ""),
                )
            )
    columns = tuple(group.title or "Unnamed" for group in groups)
    return Table(period.title or "Period", "Milestone", columns, tuple(rows), notes.lines(), is_numeric=True)


def _cells(
    stats: tuple[FlowStats, ...], ids: list[str | None], units: str, notes: Footnotes
) -> tuple[str, ...]:
    by_group = {stat.group_id: stat for stat in stats}
    cells = []
    for group_id in ids:
        stat = by_group.get(group_id)
        if stat is None:
            cells.append("")
            continue
        words = group_digits(stat.num_subjects or "")
        if stat.num_units:
            words = f"{words} ({group_digits(stat.num_units)} {units})"
        cells.append(words + notes.mark(stat.comment))
    return tuple(cells)
