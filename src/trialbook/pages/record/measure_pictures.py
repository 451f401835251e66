"""Numbers of an outcome or of the baseline drawn for each group: means, medians, counts, with what spread they have."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import msgspec

from trialbook.model.registry_enum import RegistryEnum
from trialbook.model.results import (
    BaselineCharacteristicsModule,
    BaselineMeasure,
    Denom,
    MeasureCategory,
    MeasureClass,
    MeasureGroup,
    Measurement,
    OutcomeMeasure,
)
from trialbook.pages.drawing.marks import Mark
from trialbook.pages.drawing.multiples import SmallChart, SmallLine, draw_multiples
from trialbook.pages.drawing.row_chart import Chart, ChartRow, Panel, draw_chart
from trialbook.pages.drawing.scales import make_linear_scale, read_number
from trialbook.pages.labels import label_of
from trialbook.pages.numbers import group_digits, write_percent
from trialbook.pages.tree import Picture

Measure = BaselineMeasure | OutcomeMeasure
COUNTS = ("COUNT_OF_PARTICIPANTS", "COUNT_OF_UNITS")
# What is added to and taken from a mean on both sides; other spreads (a coefficient of variation) are no length.
MOST_GROUPS, MOST_NUMBERS, MOST_MEASURES, MOST_BASELINE_NUMBERS = 12, 40, 16, 240
SPREADS = ("standard deviation", "standard error")


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """A number of one group, with where it stands in the measure, and what it is a share of."""

    class_at: int
    category_at: int
    group_at: int
    measurement: Measurement
    mark: Mark
    words: str


class Drawn(msgspec.Struct, frozen=True, kw_only=True):
    """What of a measure can be drawn: cells by heading, the axis, and what a line means."""

    rows: tuple[tuple[str, tuple[Cell, ...]], ...]
    panel: Panel
    spread: str
    is_share: bool


def find_totals(denoms: Sequence[Denom], selected: str | None) -> dict[str, float]:
    """How many were analysed in each group, by the group's id, in the units that were counted."""
    wanted = selected or "Participants"
    chosen = next((denom for denom in denoms if denom.units == wanted), denoms[0] if denoms else None)
    totals = {}
    for count in chosen.counts if chosen else ():
        number = read_number(count.value)
        if count.group_id and number:
            totals[count.group_id] = number
    return totals


def describe_spread(measure: Measure) -> str:
    """The kind of spread in the record's words, "" for none."""
    spread = measure.dispersion_type
    if not spread:
        return ""
    return label_of(spread) if isinstance(spread, RegistryEnum) else spread


def draw_measure(
    measure: Measure,
    groups: Sequence[MeasureGroup],
    denoms: Sequence[Denom],
    *,
    index: int,
    most: int,
    ticks: int = 5,
) -> Drawn | None:
    """A measure's numbers as marks; None where there is none that can be drawn.

    Parameters
    ----------
    groups, denoms
        Its groups, in whose order the marks stand, and how many were analysed.
    index
        The measure's place among the record's, written into the drawing.
    most
        How many numbers are drawn at most.
    ticks
        About how many ticks the axis has.
    """
    is_share = str(measure.param_type or "") in COUNTS and measure.calculate_pct is not False
    rows, drawn = [], 0
    for class_at, item in enumerate(measure.classes):
        totals = find_totals(item.denoms or denoms, measure.denom_units_selected) if is_share else {}
        for category_at, category in enumerate(item.categories):
            cells = tuple(
                _list_cells(measure, groups, category, (index, class_at, category_at), totals, is_share)
            )
            if cells and drawn + len(cells) <= most:
                drawn += len(cells)
                rows.append((_head(measure, item, category), cells))
    if not rows:
        return None
    marks = [cell.mark for _, cells in rows for cell in cells]
    numbers = [number for mark in marks for number in mark.numbers]
    spread = describe_spread(measure) if any(mark.lower is not None for mark in marks) else ""
    if is_share:
        panel = Panel(scale=make_linear_scale([0.0, 100.0], ticks=4), suffix="%")
    else:
        low = min(numbers)
        begin = [0.0] if 0 <= low < 0.6 * max(numbers) else []
        panel = Panel(scale=make_linear_scale([*begin, *numbers], ticks=ticks))
    return Drawn(rows=tuple(rows), panel=panel, spread=spread, is_share=is_share)


def _head(measure: Measure, item: MeasureClass, category: MeasureCategory) -> str:
    parts = [part for part in (item.title, category.title) if part and part != measure.title]
    return ": ".join(dict.fromkeys(parts))


def _list_cells(
    measure: Measure,
    groups: Sequence[MeasureGroup],
    category: MeasureCategory,
    place: tuple[int, int, int],
    totals: dict[str, float],
    is_share: bool,
) -> Iterator[Cell]:
    by_group = {cell.group_id: cell for cell in category.measurements}
    index, class_at, category_at = place
    for group_at, group in enumerate(groups):
        found = by_group.get(group.id)
        value = read_number(found.value) if found else None
        if found is None or value is None:
            continue
        total = totals.get(group.id or "")
        if is_share and (not total or not 0 <= value <= total):
            continue
        lower, upper = (None, None) if is_share else _find_limits(measure, found, value)
        given = (
            ("measure", str(index)),
            ("class", str(class_at)),
            ("category", str(category_at)),
            ("group", group.id or ""),
            ("value", found.value),
            ("spread", found.spread),
            ("lower", found.lower_limit),
            ("upper", found.upper_limit),
            ("of", f"{total:g}" if is_share and total else None),
        )
        mark = Mark(
            value=100 * value / total if is_share and total else value,
            lower=lower,
            upper=upper,
            series=group_at,
            is_bar=is_share,
            data=tuple((name, text) for name, text in given if text is not None),
        )
        yield Cell(
            class_at=class_at,
            category_at=category_at,
            group_at=group_at,
            measurement=found,
            mark=mark,
            words=_write(found, total if is_share else None, value),
        )


def _find_limits(measure: Measure, cell: Measurement, value: float) -> tuple[float | None, float | None]:
    lower, upper = read_number(cell.lower_limit), read_number(cell.upper_limit)
    if lower is not None and upper is not None and lower <= upper:
        return lower, upper
    spread = read_number(cell.spread)
    if spread is not None and spread >= 0 and describe_spread(measure).lower() in SPREADS:
        return value - spread, value + spread
    return None, None


def _write(cell: Measurement, total: float | None, value: float) -> str:
    words = group_digits(cell.value or "")
    if total:
        return f"{words} ({write_percent(value, total)})"
    if cell.spread:
        words += f" ± {group_digits(cell.spread)}"
    if cell.lower_limit or cell.upper_limit:
        limits = (group_digits(limit or "…") for limit in (cell.lower_limit, cell.upper_limit))
        words += f" ({' to '.join(limits)})"
    return words


def list_chart_rows(drawn: Drawn, groups: Sequence[MeasureGroup]) -> tuple[ChartRow, ...]:
    """A heading for each class and category, and a row for each group."""
    rows = []
    for head, cells in drawn.rows:
        if head:
            rows.append(ChartRow(label=head, is_heading=True))
        rows += [
            ChartRow(
                label=groups[cell.group_at].title or "Unnamed",
                marks=((cell.mark,),),
                texts=(cell.words,),
                series=cell.group_at,
            )
            for cell in cells
        ]
    return tuple(rows)


def picture_outcome(measure: OutcomeMeasure, index: int, unit: str) -> Picture | None:
    """An outcome's numbers for each group; None where none can be drawn. `unit` says what the numbers are."""
    groups = measure.groups[:MOST_GROUPS]
    drawn = draw_measure(measure, groups, measure.denoms, index=index, most=MOST_NUMBERS)
    if drawn is None:
        return None
    title = measure.title or "Unnamed outcome"
    meaning = f"{unit or 'The result'} in each group. {_tell(drawn, measure.groups, groups)}".strip()
    rows = list_chart_rows(drawn, groups)
    chart = Chart(
        name=f"outcome-{index}",
        title=title,
        meaning=meaning,
        rows=rows,
        panels=(Panel(scale=drawn.panel.scale, suffix=drawn.panel.suffix, title=unit),),
        columns=("Result",),
        label_share=0.36,
    )
    return Picture(draw_chart(chart), meaning, None)


def picture_baseline(
    module: BaselineCharacteristicsModule, describe: Callable[[BaselineMeasure], str]
) -> Picture | None:
    """The baseline as small multiples, without groups that sum the others; None where nothing can be drawn."""
    whole = [group for group in module.groups if (group.title or "").strip().lower() != "total"] or list(
        module.groups
    )
    groups = whole[:MOST_GROUPS]
    charts, left = [], MOST_BASELINE_NUMBERS
    for index, measure in enumerate(module.measures[:MOST_MEASURES]):
        drawn = draw_measure(
            measure,
            groups,
            measure.denoms or module.denoms,
            index=index,
            most=min(left, MOST_NUMBERS),
            ticks=3,
        )
        if drawn is None:
            continue
        blocks = tuple(
            (head, tuple(SmallLine(cell.mark, cell.words) for cell in cells)) for head, cells in drawn.rows
        )
        left -= sum(len(lines) for _, lines in blocks)
        charts.append(
            SmallChart(
                name=f"baseline-{index}",
                title=measure.title or "Unnamed",
                small=describe(measure),
                panel=drawn.panel,
                blocks=blocks,
            )
        )
    if not charts:
        return None
    meaning = (
        "Who the participants were, group by group. A bar is the share of those analysed; a point is a mean,"
    )
    meaning += " a median or a number, and the line through it the spread that is named above it."
    if len(whole) > len(groups):
        meaning += f" The first {len(groups)} of {len(whole):,} groups are drawn."
    return Picture(draw_multiples(charts, [group.title or "Unnamed" for group in groups]), meaning, None)


def _tell(drawn: Drawn, whole: Sequence[MeasureGroup], groups: Sequence[MeasureGroup]) -> str:
    words = "A bar is the share of those analysed." if drawn.is_share else ""
    if drawn.spread:
        plus = " on both sides" if drawn.spread.lower() in SPREADS else ""
        words = f"A line is the {drawn.spread[:1].lower()}{drawn.spread[1:]}{plus}."
    if len(whole) > len(groups):
        words += f" The first {len(groups)} of {len(whole):,} groups are drawn."
    return words.strip()
