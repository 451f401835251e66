"""Counts as bars, each a link: rows for kinds of things, columns for years. Made for the width of a telephone."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from markupsafe import Markup

from trialbook.pages.drawing.scales import make_linear_scale, write_tick
from trialbook.pages.drawing.svg import cut_lines, drawing, element, link, text_element

WIDTH = 400.0
ROW, LABELS, COUNTS = 24.0, 168.0, 56.0
# What the letters of a label take, as a share of what is reckoned for those of any text.
SMALL = 0.86
TALL, LEFT, FOOT, HEAD = 150.0, 42.0, 22.0, 10.0
MOST_BARS = 60
# Labels of columns stand so far apart.
APART = 40.0


class Bar(msgspec.Struct, frozen=True, kw_only=True):
    """A value and how many studies have it. `is_none` counts those that state none, `is_chosen` is asked for now."""

    label: str
    value: str
    count: int
    url: str = ""
    is_chosen: bool = False
    is_none: bool = False

    @property
    def words(self) -> str:
        """What is said of it to those who point at it, or hear it."""
        studies = "study" if self.count == 1 else "studies"
        return f"{self.label}: {self.count:,} {studies}{', chosen' if self.is_chosen else ''}"


def draw_rows(name: str, bars: Sequence[Bar], *, title: str, meaning: str) -> Markup:
    """A bar below the other, with its label before it and its count behind it; at most 60."""
    drawn = bars[:MOST_BARS]
    most = max([each.count for each in drawn], default=0) or 1
    room = WIDTH - LABELS - COUNTS
    pieces = []
    for at, bar in enumerate(drawn):
        y = HEAD + at * ROW
        width = max(1.5, room * bar.count / most) if bar.count else 0.0
        label = cut_lines(f"✓ {bar.label}" if bar.is_chosen else bar.label, (LABELS - 8) / SMALL, most=1)[0]
        pieces.append(
            _wrap(
                bar,
                element("rect", x=0.0, y=y - 1, width=WIDTH, height=ROW, class_="reach"),
                text_element("text", label, x=LABELS - 8, y=y + 15.5, text_anchor="end"),
                element("rect", x=LABELS, y=y + 3, width=width, height=ROW - 8, class_="bar"),
                text_element("text", f"{bar.count:,}", x=LABELS + width + 6, y=y + 15.5, class_="small"),
            )
        )
    return _finish(name, pieces, 2 * HEAD + ROW * len(drawn), title, meaning)


def draw_columns(name: str, bars: Sequence[Bar], *, title: str, meaning: str) -> Markup:
    """A bar beside the other, those that state none apart at the end; of more than 60 the last ones."""
    drawn = bars[-MOST_BARS:]
    scale = make_linear_scale([0.0, float(max([each.count for each in drawn], default=0) or 1)], ticks=3)
    step = (WIDTH - LEFT - HEAD) / max(1, len(drawn) + (1 if any(each.is_none for each in drawn) else 0))
    bottom = HEAD + TALL
    pieces: list[str] = []
    for tick in scale.ticks:
        y = bottom - (scale.place(tick, 0.0, TALL))
        pieces.append(element("path", d=f"M{LEFT:.0f} {y:.1f}H{WIDTH:.0f}", class_="grid"))
        if tick == int(tick):
            pieces.append(
                text_element("text", write_tick(tick), x=LEFT - 6, y=y + 4, text_anchor="end", class_="tick")
            )
    last = -APART
    for at, bar in enumerate(drawn):
        x = LEFT + step * (at + (1 if bar.is_none else 0))
        height = max(1.5, scale.place(float(bar.count), 0.0, TALL)) if bar.count else 0.0
        inside = [
            element("rect", x=x, y=HEAD, width=step, height=TALL, class_="reach"),
            element(
                "rect", x=x + step * 0.1, y=bottom - height, width=step * 0.8, height=height, class_="bar"
            ),
        ]
        if bar.is_chosen:
            mark = text_element("text", "✓", x=x + step / 2, y=bottom - height - 3, text_anchor="middle")
            inside.append(mark)
        if (x - last >= APART and (bar.label.isdigit() and int(bar.label) % 5 == 0)) or bar.is_none:
            place = WIDTH if bar.is_none else x + step / 2
            anchor = "end" if bar.is_none else "middle"
            word = "none" if bar.is_none else bar.label
            inside.append(
                text_element("text", word, x=place, y=bottom + 15, text_anchor=anchor, class_="tick")
            )
            last = x
        pieces.append(_wrap(bar, *inside))
    return _finish(name, pieces, bottom + FOOT, title, meaning)


def _wrap(bar: Bar, *inside: str) -> str:
    state = "".join((" chosen" if bar.is_chosen else "", " none" if bar.is_none else ""))
    parts = (text_element("title", bar.words), *inside)
    attributes = {"class_": f"bar-link{state}", "data_value": bar.value, "data_count": str(bar.count)}
    return link(bar.url, *parts, **attributes) if bar.url else element("g", *parts, **attributes)


def _finish(name: str, pieces: Sequence[str], height: float, title: str, meaning: str) -> Markup:
    return drawing(
        name, *pieces, width=WIDTH, height=height, title=title, meaning=meaning, class_="chart bars s0"
    )
