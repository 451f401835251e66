"""Baseline characteristics and outcome measures: the registry's two kinds of measure, as tables."""

from __future__ import annotations

from trialbook.model import Study
from trialbook.model.registry_enum import RegistryEnum
from trialbook.model.results import (
    BaselineCharacteristicsModule,
    BaselineMeasure,
    Denom,
    MeasureClass,
    MeasureGroup,
    Measurement,
    OutcomeMeasure,
)
from trialbook.pages.drawing.scales import read_number
from trialbook.pages.labels import label_of, term_of
from trialbook.pages.numbers import group_digits, write_percent
from trialbook.pages.record.analyses import analysis_blocks
from trialbook.pages.record.flow import group_descriptions
from trialbook.pages.record.footnotes import Footnotes
from trialbook.pages.record.forest import picture_forests
from trialbook.pages.record.measure_pictures import find_totals, picture_baseline, picture_outcome
from trialbook.pages.tree import (
    Absent,
    Block,
    Day,
    Fact,
    Facts,
    Fold,
    Inline,
    Prose,
    Row,
    Section,
    Sub,
    Table,
)

BASELINE_PURPOSE = "Who the participants were when they joined, group by group."
MEASURES_PURPOSE = (
    "What was found: each outcome with its numbers for each group and the statistical analyses."
)
PERCENTED = ("COUNT_OF_PARTICIPANTS", "COUNT_OF_UNITS", "NUMBER")
OPEN_MEASURES = 1
MOST_PRIMARY_DRAWN = 12


def baseline_section(study: Study) -> Section:
    """All baseline measures in one table."""
    module = study.results_section.baseline_characteristics_module if study.results_section else None
    if module is None:
        words = "The record gives no baseline characteristics."
        return Section(
            "baseline",
            "Baseline characteristics",
            BASELINE_PURPOSE,
            (Absent(words, ("resultsSection.baselineCharacteristicsModule",)),),
        )
    blocks: list[Block] = []
    if module.population_description:
        blocks.append(Prose(module.population_description))
    if module.type_units_analyzed:
        blocks.append(Facts((Fact("Units counted beside participants", (module.type_units_analyzed,)),)))
    blocks += group_descriptions(module.groups)
    picture = picture_baseline(module, describe_measure)
    table = _baseline_table(module)
    blocks += [picture, Fold("All baseline characteristics as a table", (table,))] if picture else [table]
    remarks = tuple(
        Fact(
            measure.title or "Unnamed",
            tuple(Prose(text) for text in (measure.description, measure.population_description) if text),
        )
        for measure in module.measures
        if measure.description or measure.population_description
    )
    if remarks:
        blocks.append(Fold("Remarks on single measures", (Facts(remarks),), is_open=len(remarks) < 4))
    return Section("baseline", "Baseline characteristics", BASELINE_PURPOSE, tuple(blocks))


def measures_section(study: Study) -> Section:
    """Each outcome measure with its table and analyses, folded but for the first."""
    module = study.results_section.outcome_measures_module if study.results_section else None
    if module is None or not module.outcome_measures:
        words = "The record gives no outcome measures."
        return Section(
            "outcome-measures",
            "Outcome measures",
            MEASURES_PURPOSE,
            (Absent(words, ("resultsSection.outcomeMeasuresModule",)),),
        )
    drawn = _primary_pictures(module.outcome_measures)
    folds = tuple(
        _measure_fold(measure, is_open=index < OPEN_MEASURES and not drawn)
        for index, measure in enumerate(module.outcome_measures)
    )
    return Section("outcome-measures", "Outcome measures", MEASURES_PURPOSE, (*drawn, *folds))


def _primary_pictures(measures: tuple[OutcomeMeasure, ...]) -> list[Block]:
    """The primary outcomes drawn: their analyses, or the numbers of each group where there are none."""
    drawn: list[Block] = []
    for index, measure in enumerate(measures):
        if str(measure.type or "") != "PRIMARY" or len(drawn) == MOST_PRIMARY_DRAWN:
            continue
        pictures: list[Block] = [*picture_forests(measure, index)]
        if not pictures and (picture := picture_outcome(measure, index, describe_measure(measure))):
            pictures = [picture]
        if pictures:
            drawn.append(Sub(measure.title or "Unnamed outcome", tuple(pictures)))
    return drawn


def _baseline_table(module: BaselineCharacteristicsModule) -> Table:
    notes = Footnotes()
    ids = tuple(group.id or "" for group in module.groups)
    rows = _denom_rows(module.denoms, ids, "Analysed")
    for measure in module.measures:
        rows.append(Row(measure.title or "Unnamed", is_group=True, remark=describe_measure(measure)))
        if measure.denoms and measure.denoms != module.denoms:
            rows += _denom_rows(measure.denoms, ids, "Analysed", level=1)
        rows += _class_rows(measure, measure.classes, ids, measure.denoms or module.denoms, notes)
    return Table(
        "Baseline characteristics",
        "Characteristic",
        _titles(module.groups),
        tuple(rows),
        notes.lines(),
        is_numeric=True,
    )


def _measure_fold(measure: OutcomeMeasure, *, is_open: bool) -> Fold:
    tags = tuple(filter(None, (label_of(measure.type) if measure.type else "", measure.time_frame or "")))
    facts = [Fact("Time frame", (measure.time_frame,))] if measure.time_frame else []
    if measure.type:
        facts.insert(0, Fact("Kind of outcome", (term_of(measure.type),)))
    if measure.reporting_status:
        facts.append(Fact("Reporting", (term_of(measure.reporting_status),)))
    if measure.anticipated_posting_date:
        facts.append(Fact("Expected to be posted", (Day(measure.anticipated_posting_date),)))
    if measure.type_units_analyzed or measure.denom_units_selected:
        units: tuple[Inline, ...] = tuple(
            filter(None, (measure.type_units_analyzed, measure.denom_units_selected))
        )
        facts.append(Fact("Units counted", tuple(dict.fromkeys(units))))
    blocks: list[Block] = [Prose(measure.description)] if measure.description else []
    blocks.append(Facts(tuple(facts)))
    if measure.population_description:
        blocks.append(Facts((Fact("Who was analysed", (Prose(measure.population_description),)),)))
    blocks += group_descriptions(measure.groups)
    blocks.append(
        _outcome_table(measure)
        if measure.classes or measure.denoms
        else Absent("No numbers are posted for this outcome.")
    )
    blocks += analysis_blocks(measure)
    return Fold(measure.title or "Unnamed outcome", tuple(blocks), tags=tags[:1], is_open=is_open)


def _outcome_table(measure: OutcomeMeasure) -> Table:
    notes = Footnotes()
    ids = tuple(group.id or "" for group in measure.groups)
    rows = _denom_rows(measure.denoms, ids, "Analysed")
    rows.append(Row(describe_measure(measure) or "Result", is_group=True))
    rows += _class_rows(measure, measure.classes, ids, measure.denoms, notes)
    return Table(
        measure.title or "Unnamed outcome",
        "Measure",
        _titles(measure.groups),
        tuple(rows),
        notes.lines(),
        is_numeric=True,
    )


def describe_measure(measure: BaselineMeasure | OutcomeMeasure) -> str:
    """Kind of number, spread and unit in one line: `Mean (Standard Deviation), years`."""
    kind = label_of(measure.param_type) if measure.param_type else ""
    spread = measure.dispersion_type
    if spread:
        words = label_of(spread) if isinstance(spread, RegistryEnum) else spread
        kind = f"{kind} ({words})" if kind else words
    unit = measure.unit_of_measure or ""
    if unit.lower() == "participants" and kind == "Count of participants":
        unit = ""
    units = measure.denom_units_selected or "Participants"
    counted = "" if units == "Participants" else f"counted in {units}"
    return ", ".join(filter(None, (kind, unit, counted)))


def _titles(groups: tuple[MeasureGroup, ...]) -> tuple[str, ...]:
    return tuple(group.title or "Unnamed" for group in groups)


def _denom_rows(denoms: tuple[Denom, ...], ids: tuple[str, ...], words: str, level: int = 0) -> list[Row]:
    rows = []
    for denom in denoms:
        values = {count.group_id: group_digits(count.value or "") for count in denom.counts}
        units = (denom.units or "units").lower() if denom.units == "Participants" else denom.units or "units"
        rows.append(
            Row(f"{words}, {units}", tuple(values.get(group_id, "") for group_id in ids), level=level)
        )
    return rows


def _class_rows(
    measure: BaselineMeasure | OutcomeMeasure,
    classes: tuple[MeasureClass, ...],
    ids: tuple[str, ...],
    denoms: tuple[Denom, ...],
    notes: Footnotes,
) -> list[Row]:
    rows: list[Row] = []
    for item in classes:
        own = item.denoms or denoms
        totals = find_totals(own, measure.denom_units_selected) if _has_percent(measure) else {}
        has_many = len(item.categories) > 1 or bool(item.categories and item.categories[0].title)
        if item.title and (has_many or item.denoms):
            rows.append(Row(item.title, ("",) * len(ids), level=1))
        if item.denoms and item.denoms != denoms:
            rows += _denom_rows(item.denoms, ids, "Analysed", level=2)
        for category in item.categories:
            values = {cell.group_id: cell for cell in category.measurements}
            cells = tuple(_cell(values.get(group_id), totals.get(group_id), notes) for group_id in ids)
            header = category.title or item.title or measure.title or "All"
            rows.append(Row(header, cells, level=2 if item.title and has_many else 1))
    return rows


def _has_percent(measure: BaselineMeasure | OutcomeMeasure) -> bool:
    """Whether counts go with percentages: as the record says, else for counts of participants."""
    kind = str(measure.param_type or "")
    if measure.calculate_pct is None:
        return kind == "COUNT_OF_PARTICIPANTS"
    return measure.calculate_pct and kind in PERCENTED


def _cell(cell: Measurement | None, total: float | None, notes: Footnotes) -> str:
    if cell is None:
        return ""
    words = group_digits(cell.value or "")
    number = read_number(cell.value) if total else None
    if number is not None and total:
        words += f" ({write_percent(number, total)})"
    if cell.spread:
        words += f" ± {group_digits(cell.spread)}"
    if cell.lower_limit or cell.upper_limit:
        lower, upper = (group_digits(limit or "…") for limit in (cell.lower_limit, cell.upper_limit))
        words += f" ({lower} to {upper})"
    return words + notes.mark(cell.comment)
