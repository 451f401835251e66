"""A chart of rows: a label, marks on one or several axes, texts. Wide for a screen or a sheet, narrow for a phone."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from markupsafe import Markup

from trialbook.pages.drawing.marks import Mark, draw_axis, draw_mark, draw_shape
from trialbook.pages.drawing.scales import Scale
from trialbook.pages.drawing.svg import LETTER, cut_lines, drawing, element, text_element

MOST_ROWS = 60
WIDE, NARROW = 900.0, 380.0
EDGE, GAP, LINE = 6.0, 38.0, 16.0
AXIS_ROOM = 24.0
STRIP = 20.0
# What a letter of a text takes, and how many letters a text of a column has at most.
TEXT_LETTER, LONGEST_TEXT = 7.0, 40
# A small letter's share of a letter.
SMALL = 0.86
# A bold one's, with room for capitals and digits.
BOLD = 1.13


class Panel(msgspec.Struct, frozen=True, kw_only=True):
    """One axis. `reference` is where a line stands that means something (no effect); `suffix` follows numbers.

    A narrow drawing has the last panel alone.
    """

    scale: Scale
    title: str = ""
    reference: float | None = None
    suffix: str = ""
    share: float = 1.0


class ChartRow(msgspec.Struct, frozen=True, kw_only=True):
    """One row: a list of marks for each panel, a text for each column. A heading has neither.

    `series` puts that series' sign before the label.
    """

    label: str
    small: str = ""
    marks: tuple[tuple[Mark, ...], ...] = ()
    texts: tuple[str, ...] = ()
    series: int | None = None
    is_heading: bool = False


class Chart(msgspec.Struct, frozen=True, kw_only=True):
    """A whole chart. `columns` are titles of the texts; `keys` name the series; `name` begins the ids."""

    name: str
    title: str
    meaning: str
    rows: tuple[ChartRow, ...]
    panels: tuple[Panel, ...]
    columns: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    label_share: float = 0.3


def draw_chart(chart: Chart) -> Markup:
    """Draw a chart twice, wide and narrow: the style shows the one that fits. At most 60 rows.

    The wide one carries the data of the marks.
    """
    rows = chart.rows[:MOST_ROWS]
    return _draw_wide(chart, rows) + _draw_narrow(chart, rows)


def _draw_wide(chart: Chart, rows: Sequence[ChartRow]) -> Markup:
    label_width = WIDE * chart.label_share
    text_widths = [
        TEXT_LETTER * min(LONGEST_TEXT, max([len(title), *(len(row.texts[at]) for row in rows if row.texts)]))
        for at, title in enumerate(chart.columns)
    ]
    room = WIDE - 2 * EDGE - label_width - sum(text_widths) - GAP * (len(chart.panels) + len(text_widths))
    whole = sum(panel.share for panel in chart.panels)
    parts, y = _draw_keys(chart, WIDE)
    top = y + LINE + 8
    panel_x, x = [], EDGE + label_width + GAP
    for panel in chart.panels:
        width = room * panel.share / whole
        panel_x.append((x, width))
        head = cut_lines(panel.title, width + GAP, most=1)[0]
        parts.append(text_element("text", head, x=x, y=top - 8, class_="head"))
        x += width + GAP
    for title, width in zip(chart.columns, text_widths, strict=True):
        head = cut_lines(title, LETTER * (LONGEST_TEXT + 0.5), most=1)[0]
        parts.append(text_element("text", head, x=x + width, y=top - 8, text_anchor="end", class_="head"))
        x += width + GAP
    drawn, y = [], top
    for row in rows:
        sign = 16.0 if row.series is not None else 0.0
        lines = cut_lines(row.label, label_width - sign, most=2)
        small = cut_lines(row.small, label_width / SMALL, most=1) if row.small else []
        height = LINE * (len(lines) + len(small)) + (12 if row.is_heading else 8)
        drawn.append(_draw_label(row, lines, small, EDGE, y, height))
        middle = y + height / 2
        for (start, width), panel, marks in zip(panel_x, chart.panels, row.marks, strict=False):
            drawn += [draw_mark(mark, panel.scale, x=start, width=width, y=middle) for mark in marks]
        at = panel_x[-1][0] + panel_x[-1][1] + GAP
        for text, width in zip(row.texts, text_widths, strict=False):
            cut = cut_lines(text, LETTER * (LONGEST_TEXT + 0.5), most=1)[0]
            drawn.append(text_element("text", cut, x=at + width, y=middle + 4.5, text_anchor="end"))
            at += width + GAP
        y += height
    axes = _draw_axes(chart.panels, panel_x, [(top, y)])
    return _finish(chart, [*parts, *axes, *drawn], WIDE, y + AXIS_ROOM, "wide")


def _draw_narrow(chart: Chart, rows: Sequence[ChartRow]) -> Markup:
    panel = chart.panels[-1]
    x, width = EDGE + 8, NARROW - 2 * EDGE - 16
    parts, y = _draw_keys(chart, NARROW)
    if panel.title:
        lines = cut_lines(panel.title, NARROW - 2 * EDGE, most=2)
        parts += [
            text_element("text", line, x=EDGE, y=y + 14 + at * LINE, class_="head")
            for at, line in enumerate(lines)
        ]
        y += LINE * len(lines) + 4
    drawn: list[str] = []
    strips: list[tuple[float, float]] = []
    for row in rows:
        sign = 16.0 if row.series is not None else 0.0
        texts = [text for text in row.texts if text]
        lines = cut_lines(row.label, NARROW - 2 * EDGE - sign, most=2)
        small = cut_lines(row.small, (NARROW - 2 * EDGE) / SMALL, most=1) if row.small else []
        height = LINE * (len(lines) + len(small)) + 6
        drawn.append(_draw_label(row, lines, small, EDGE, y, height))
        y += height
        if texts:
            cut = cut_lines(" · ".join(texts), NARROW * 1.1, most=2)
            drawn += [
                text_element("text", line, x=EDGE, y=y + 9 + at * LINE, class_="small")
                for at, line in enumerate(cut)
            ]
            y += LINE * len(cut)
        if row.marks and row.marks[-1]:
            middle = y + STRIP / 2
            drawn += [
                draw_mark(mark, panel.scale, x=x, width=width, y=middle, is_told=False)
                for mark in row.marks[-1]
            ]
            strips.append((y, y + STRIP))
            y += STRIP
        y += 4
    y -= 4
    axes = _draw_axes([panel], [(x, width)], strips or [(y, y)])
    return _finish(chart, [*parts, *axes, *drawn], NARROW, y + AXIS_ROOM, "narrow")


def _draw_label(
    row: ChartRow, lines: Sequence[str], small: Sequence[str], x: float, y: float, height: float
) -> str:
    at = y + (height - LINE * (len(lines) + len(small))) / 2 + 12
    inside = ""
    if row.series is not None:
        inside = element("g", draw_shape(row.series, x + 6, at - 4.5), class_=f"mark-key s{row.series % 6}")
        x += 16
    kind = "label heading" if row.is_heading else "label"
    for line in lines:
        inside += text_element("text", line, x=x, y=at, class_=kind)
        at += LINE
    for line in small:
        inside += text_element("text", line, x=x, y=at - 1, class_="small")
        at += LINE
    whole = f"{row.label} ({row.small})" if row.small else row.label
    is_cut = [*lines, *small] and any(line.endswith("…") for line in (*lines, *small))
    return element("g", text_element("title", whole), inside) if is_cut else inside


def _draw_axes(
    panels: Sequence[Panel], places: Sequence[tuple[float, float]], strips: Sequence[tuple[float, float]]
) -> list[str]:
    drawn = []
    for panel, (x, width) in zip(panels, places, strict=True):
        drawn.append(
            element(
                "g",
                draw_axis(panel.scale, x=x, width=width, strips=strips, suffix=panel.suffix),
                class_="axis",
            )
        )
        if panel.reference is not None and panel.scale.low <= panel.reference <= panel.scale.high:
            at = panel.scale.place(panel.reference, x, width)
            path = "".join(f"M{at:.1f} {top:.1f}V{bottom:.1f}" for top, bottom in strips)
            drawn.append(element("path", d=path, class_="reference"))
    return drawn


def _draw_keys(chart: Chart, width: float) -> tuple[list[str], float]:
    """The names of the series, each beside its sign, in lines above the chart; and where they end."""
    parts: list[str] = []
    x, y = EDGE, EDGE
    for series, name in enumerate(chart.keys):
        label = cut_lines(name, (width - 2 * EDGE - 20) / BOLD, most=1)[0]
        needed = 20 + LETTER * BOLD * len(label)
        if x > EDGE and x + needed > width - EDGE:
            x, y = EDGE, y + LINE + 4
        parts.append(element("g", draw_shape(series, x + 6, y + 8), class_=f"mark-key s{series % 6}"))
        parts.append(text_element("text", label, x=x + 16, y=y + 12.5, class_="key"))
        x += needed + GAP
    return parts, y + LINE + 6 if chart.keys else EDGE


def _finish(chart: Chart, parts: Sequence[str], width: float, height: float, kind: str) -> Markup:
    return drawing(
        f"{chart.name}-{kind}",
        *parts,
        width=width,
        height=height,
        title=chart.title,
        meaning=chart.meaning,
        class_=f"chart {kind}",
    )
