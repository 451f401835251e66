"""Small multiples: one little chart for each thing that was measured, a line for each group, side by side."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from markupsafe import Markup

from trialbook.pages.drawing import svg
from trialbook.pages.drawing.marks import Mark, draw_axis, draw_mark, draw_shape
from trialbook.pages.drawing.row_chart import Panel
from trialbook.pages.drawing.svg import cut_lines, drawing, element, text_element
from trialbook.record.markup import quote_text

WIDTH, EDGE, LINE, HEAD = 360.0, 4.0, 18.0, 17.0
SIGN, LETTER, LONGEST = 20.0, 6.7, 30


class SmallLine(msgspec.Struct, frozen=True):
    """A mark with its words; its series is the group."""

    mark: Mark
    words: str


class SmallChart(msgspec.Struct, frozen=True, kw_only=True):
    """One little chart: lines below headings; `small` says unit and kind of number."""

    name: str
    title: str
    small: str
    panel: Panel
    blocks: tuple[tuple[str, tuple[SmallLine, ...]], ...]


def draw_multiples(charts: Sequence[SmallChart], keys: Sequence[str]) -> Markup:
    """All little charts, below the names of the groups with their signs."""
    names = "".join(
        f'<li><svg viewBox="0 0 12 12" class="chart sign" aria-hidden="true"><g class="s{series % 6}">'
        f"{draw_shape(series, 6, 6)}</g></svg>{quote_text(key)}</li>"
        for series, key in enumerate(keys)
    )
    drawn = "".join(_draw(chart, keys) for chart in charts)
    legend = f'<ul class="legend" aria-label="Groups">{names}</ul>' if keys else ""
    return Markup(f'{legend}<div class="multiples">{drawn}</div>')  # noqa: S704 - quoted where it is written


def _draw(chart: SmallChart, keys: Sequence[str]) -> Markup:
    longest = max((len(line.words) for _, lines in chart.blocks for line in lines), default=0)
    words_width = LETTER * min(longest, LONGEST)
    x, width = EDGE + SIGN, WIDTH - 2 * EDGE - SIGN - words_width - 14
    parts, y = [], 2.0
    for line in cut_lines(chart.title, WIDTH * 0.95, most=2):
        parts.append(text_element("text", line, x=EDGE, y=y + 13, class_="heading"))
        y += HEAD
    if chart.small:
        small = cut_lines(chart.small, WIDTH * 1.1, most=1)[0]
        parts.append(text_element("text", small, x=EDGE, y=y + 12, class_="small"))
        y += HEAD
    strips, drawn = [], []
    for head, lines in chart.blocks:
        if head:
            drawn.append(
                text_element(
                    "text", cut_lines(head, WIDTH - 2 * EDGE, most=1)[0], x=EDGE, y=y + 14, class_="label"
                )
            )
            y += HEAD
        strips.append((y, y + LINE * len(lines)))
        for each in lines:
            middle = y + LINE / 2
            words = cut_lines(each.words, svg.LETTER * (LONGEST + 0.5), most=1)[0]
            series = each.mark.series
            drawn += [
                element("g", draw_shape(series, EDGE + 6, middle), class_=f"mark-key s{series % 6}"),
                draw_mark(each.mark, chart.panel.scale, x=x, width=width, y=middle),
                text_element("text", words, x=WIDTH - EDGE, y=middle + 4.5, text_anchor="end"),
            ]
            y += LINE
        y += 3
    axis = draw_axis(
        chart.panel.scale, x=x, width=width, strips=strips or [(y, y)], suffix=chart.panel.suffix
    )
    told = ", ".join(keys)
    return drawing(
        chart.name,
        *parts,
        element("g", axis, class_="axis"),
        *drawn,
        width=WIDTH,
        height=y + 20,
        title=chart.title,
        meaning=f"{chart.title}, {chart.small}: a line for each of {told}." if told else chart.title,
        class_="chart multiple",
    )
