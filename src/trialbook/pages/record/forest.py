"""The statistical analyses of an outcome as a forest: estimate, interval and P value as the record gives them."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from trialbook.model.results import MeasureAnalysis, OutcomeMeasure
from trialbook.pages.drawing.marks import Mark
from trialbook.pages.drawing.row_chart import Chart, ChartRow, Panel, draw_chart
from trialbook.pages.drawing.scales import make_linear_scale, make_log_scale, read_number
from trialbook.pages.tree import Picture, Row, Table
from trialbook.results.no_effect import find_family, find_no_effect

MOST_FORESTS, MOST_ANALYSES = 3, 24


class Estimate(msgspec.Struct, frozen=True, kw_only=True):
    """One analysis as numbers; its place among the outcome's, from 0. None is what is no number."""

    place: int
    analysis: MeasureAnalysis
    value: float | None
    lower: float | None
    upper: float | None
    is_open_below: bool
    is_open_above: bool

    @property
    def numbers(self) -> tuple[float, ...]:
        """All numbers that it has."""
        return tuple(each for each in (self.lower, self.value, self.upper) if each is not None)


def read_estimate(analysis: MeasureAnalysis, place: int = 0) -> Estimate:
    """An analysis as numbers.

    A one-sided interval has one limit and is open on the other side. Of a two-sided one that lacks a limit, or
    whose limits stand the wrong way round, no limit counts.
    """
    value = read_number(analysis.param_value)
    lower, upper = read_number(analysis.ci_lower_limit), read_number(analysis.ci_upper_limit)
    is_one_sided = str(analysis.ci_num_sides or "") == "ONE_SIDED"
    is_open_below = is_one_sided and lower is None and upper is not None and not analysis.ci_lower_limit
    is_open_above = is_one_sided and upper is None and lower is not None and not analysis.ci_upper_limit
    is_broken = lower is not None and upper is not None and lower > upper
    if is_broken or ((lower is None or upper is None) and not (is_open_below or is_open_above)):
        lower = upper = None
    return Estimate(
        place=place,
        analysis=analysis,
        value=value,
        lower=lower,
        upper=upper,
        is_open_below=is_open_below,
        is_open_above=is_open_above,
    )


def picture_forests(measure: OutcomeMeasure, index: int) -> list[Picture]:
    """The analyses of an outcome drawn: one forest for each kind of estimate that has numbers, three at most.

    `index` is the outcome's place among the record's.
    """
    by_kind: dict[str, list[Estimate]] = {}
    for place, analysis in enumerate(measure.analyses):
        by_kind.setdefault(analysis.param_type or "", []).append(read_estimate(analysis, place))
    drawable = {
        kind: estimates
        for kind, estimates in by_kind.items()
        if any(each.value is not None for each in estimates)
    }
    return [
        _picture(measure, index, number, kind, estimates)
        for number, (kind, estimates) in enumerate(list(drawable.items())[:MOST_FORESTS])
    ]


def _picture(
    measure: OutcomeMeasure, index: int, number: int, kind: str, estimates: Sequence[Estimate]
) -> Picture:
    shown = estimates[:MOST_ANALYSES]
    numbers = tuple(value for each in shown for value in each.numbers)
    no_effect = find_no_effect(kind, numbers)
    is_log = find_family(kind) == "ratio" and bool(numbers) and min(numbers) > 0
    if is_log:
        scale = make_log_scale([*numbers, *([no_effect * 0.95, no_effect * 1.05] if no_effect else [])])
    else:
        scale = make_linear_scale([*numbers, *([no_effect] if no_effect is not None else [])])
    what = kind or "Estimate"
    meaning = f"{what}: {_count(shown, estimates)} as the record gives {'it' if len(shown) == 1 else 'them'}"
    meaning += ", a line for the confidence interval." if _has_intervals(shown) else "."
    if no_effect is not None:
        meaning += f" The dashed line at {no_effect:g} is no difference between the groups."
    if is_log:
        meaning += " The axis is logarithmic."
    titles = {group.id: group.title or "Unnamed" for group in measure.groups}
    rows = tuple(_row(each, titles, index) for each in shown)
    has_p = any(each.analysis.p_value for each in shown)
    chart = Chart(
        name=f"forest-{index}-{number}",
        title=f"{what}: {measure.title or 'Unnamed outcome'}",
        meaning=meaning,
        rows=rows,
        panels=(Panel(scale=scale, title=what, reference=no_effect),),
        columns=("Estimate", "P value")[: 1 + has_p],
        label_share=0.34,
    )
    table = Table(
        what,
        "Analysis",
        ("Groups", "Estimate", "P value"),
        tuple(
            Row(f"Analysis {each.place + 1}", (_compared(each.analysis, titles), *row.texts))
            for each, row in zip(shown, rows, strict=True)
        ),
    )
    return Picture(draw_chart(chart), meaning, table)


def _count(shown: Sequence[Estimate], estimates: Sequence[Estimate]) -> str:
    if len(shown) < len(estimates):
        return f"the first {len(shown)} of {len(estimates):,} analyses"
    return "the analysis" if len(shown) == 1 else f"the {len(shown)} analyses"


def _has_intervals(estimates: Sequence[Estimate]) -> bool:
    return any(each.lower is not None or each.upper is not None for each in estimates)


def _row(estimate: Estimate, titles: dict[str | None, str], index: int) -> ChartRow:
    item = estimate.analysis
    given = (
        ("outcome", str(index)),
        ("analysis", str(estimate.place)),
        ("estimate", item.param_value),
        ("lower", item.ci_lower_limit),
        ("upper", item.ci_upper_limit),
        ("p", item.p_value),
    )
    mark = Mark(
        value=estimate.value,
        lower=estimate.lower,
        upper=estimate.upper,
        is_open_below=estimate.is_open_below,
        is_open_above=estimate.is_open_above,
        data=tuple((name, value) for name, value in given if value is not None),
    )
    compared = _compared(item, titles)
    return ChartRow(
        label=compared or f"Analysis {estimate.place + 1}",
        small=item.statistical_method or "",
        marks=((mark,),),
        texts=(write_estimate(item), write_p(item.p_value)),
    )


def _compared(item: MeasureAnalysis, titles: dict[str | None, str]) -> str:
    return ", ".join(titles.get(group_id, group_id) for group_id in item.group_ids[:8])


def write_estimate(item: MeasureAnalysis) -> str:
    """The estimate and its interval in the record's own numbers: `0.93 (0.76 to 1.15)`."""
    words = item.param_value or ""
    if item.ci_lower_limit or item.ci_upper_limit:
        words += f" ({item.ci_lower_limit or '…'} to {item.ci_upper_limit or '…'})"
    return words.strip()


def write_p(value: str | None) -> str:
    """A P value in the record's own words, with a sign before a bare number.

    >>> write_p("0.04"), write_p("<0.001"), write_p("NS"), write_p(None)
    ('p = 0.04', 'p <0.001', 'p: NS', '')
    """
    if not value:
        return ""
    if read_number(value) is not None:
        return f"p = {value}"
    return f"p {value}" if value.lstrip()[:1] in "<>=≤≥" else f"p: {value}"
