"""The statistical analyses of an outcome measure, each as a list of facts."""

from __future__ import annotations

from trialbook.model.results import MeasureAnalysis, OutcomeMeasure
from trialbook.pages.labels import label_of, term_of, yes_no
from trialbook.pages.tree import Block, Card, Fact, Facts, Inline, Prose


def analysis_blocks(measure: OutcomeMeasure) -> list[Block]:
    """One card for each analysis, in the record's order."""
    titles = {group.id: group.title or "Unnamed" for group in measure.groups}
    total = len(measure.analyses)
    return [
        _card(item, titles, f"Analysis {index} of {total}") for index, item in enumerate(measure.analyses, 1)
    ]


def _card(item: MeasureAnalysis, titles: dict[str | None, str], title: str) -> Card:
    rows: list[Fact] = []
    if item.group_ids:
        rows.append(
            Fact("Groups compared", tuple(titles.get(group_id, group_id) for group_id in item.group_ids))
        )
    if item.statistical_method:
        rows.append(Fact("Method", (item.statistical_method,)))
    if item.p_value:
        rows.append(Fact("P value", (item.p_value,)))
    rows += _estimate(item)
    rows += _hypothesis(item)
    prose = (
        ("About the comparison", item.group_description),
        ("About the method", item.statistical_comment),
        ("About the P value", item.p_value_comment),
        ("About the estimate", item.estimate_comment),
        ("About the lower limit", item.ci_lower_limit_comment),
        ("About the upper limit", item.ci_upper_limit_comment),
        ("About non-inferiority", item.non_inferiority_comment),
        ("Other analysis", item.other_analysis_description),
    )
    rows += [Fact(label, (Prose(text),)) for label, text in prose if text]
    return Card(title, (), (Facts(tuple(rows)),))


def _estimate(item: MeasureAnalysis) -> list[Fact]:
    rows: list[Fact] = []
    if item.param_type or item.param_value:
        rows.append(Fact(item.param_type or "Estimate", (item.param_value or "Not given",)))
    if item.ci_pct_value or item.ci_lower_limit or item.ci_upper_limit or item.ci_num_sides:
        level = f"{item.ci_pct_value}% " if item.ci_pct_value else ""
        limits = f"{item.ci_lower_limit or '…'} to {item.ci_upper_limit or '…'}"
        sides: tuple[Inline, ...] = (label_of(item.ci_num_sides).lower(),) if item.ci_num_sides else ()
        rows.append(Fact(f"{level}confidence interval", (limits, *sides)))
    if item.dispersion_type or item.dispersion_value:
        label = label_of(item.dispersion_type) if item.dispersion_type else "Spread"
        rows.append(Fact(label, (item.dispersion_value or "Not given",)))
    return rows


def _hypothesis(item: MeasureAnalysis) -> list[Fact]:
    rows: list[Fact] = []
    if item.non_inferiority_type:
        rows.append(Fact("Hypothesis", (term_of(item.non_inferiority_type),)))
    if item.tested_non_inferiority is not None:
        rows.append(Fact("Tested for non-inferiority", (yes_no(item.tested_non_inferiority),)))
    return rows
