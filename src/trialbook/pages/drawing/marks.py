"""How is a number with its interval drawn on an axis? Points of several shapes, bars, arrows, grids."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from trialbook.pages.drawing.scales import Scale, write_tick
from trialbook.pages.drawing.svg import element, text_element

SHAPES = 6
SIZE = 4.5
ARROW = 5.0
CORNERS = {
    1: ((-4.5, -4.5), (4.5, -4.5), (4.5, 4.5), (-4.5, 4.5)),
    2: ((0.0, -5.5), (5.5, 4.5), (-5.5, 4.5)),
    3: ((0.0, -6.0), (6.0, 0.0), (0.0, 6.0), (-6.0, 0.0)),
    4: ((-5.5, -4.5), (5.5, -4.5), (0.0, 5.5)),
}


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """A number, its interval, and what a program reads of it.

    Attributes
    ----------
    value, lower, upper
        Numbers on the panel's axis. A limit that is None is not drawn.
    is_open_below, is_open_above
        Whether the interval has no end on that side: an arrow leads to the axis' end.
    series
        Its colour and shape, from 0.
    is_bar
        Whether a bar from the axis' beginning shows the value, in place of a point.
    data
        Written into the drawing as `data-…`, in the record's own words.
    """

    value: float | None = None
    lower: float | None = None
    upper: float | None = None
    is_open_below: bool = False
    is_open_above: bool = False
    series: int = 0
    is_bar: bool = False
    data: tuple[tuple[str, str], ...] = ()

    @property
    def numbers(self) -> tuple[float, ...]:
        """All numbers that the axis must hold."""
        return tuple(each for each in (self.lower, self.value, self.upper) if each is not None)


def draw_mark(mark: Mark, scale: Scale, *, x: float, width: float, y: float, is_told: bool = True) -> str:
    """A mark with its middle at `y`, on an axis that begins at `x`; without its data unless it `is_told`."""
    if mark.is_bar and mark.value is not None:
        end = scale.place(mark.value, x, width)
        parts = f'<rect x="{x:.1f}" y="{y - 6:.1f}" width="{max(end - x, 0.8):.1f}" height="12" class="bar"/>'
    else:
        parts = _draw_interval(mark, scale, x, width, y)
        if mark.value is not None:
            parts += draw_shape(mark.series, scale.place(mark.value, x, width), y)
    kind = f"mark s{mark.series % SHAPES}"
    if not is_told:
        return f'<g class="{kind}">{parts}</g>'
    data = {f"data_{name}": value for name, value in mark.data}
    return element("g", parts, class_=kind, **data)


def _draw_interval(mark: Mark, scale: Scale, x: float, width: float, y: float) -> str:
    low = None if mark.lower is None else scale.place(mark.lower, x, width)
    high = None if mark.upper is None else scale.place(mark.upper, x, width)
    if mark.is_open_below:
        low = x
    if mark.is_open_above:
        high = x + width
    if low is None or high is None:
        return ""
    path = f"M{low:.1f} {y:.1f}H{high:.1f}"
    for at, is_open, side in ((low, mark.is_open_below, 1), (high, mark.is_open_above, -1)):
        if is_open:
            path += f"M{at + side * ARROW:.1f} {y - ARROW:.1f}L{at:.1f} {y:.1f}L{at + side * ARROW:.1f} {y + ARROW:.1f}"
        else:
            path += f"M{at:.1f} {y - 4:.1f}V{y + 4:.1f}"
    return f'<path d="{path}" class="interval"/>'


def draw_shape(series: int, x: float, y: float) -> str:
    """A point: circle, square, triangle, diamond, triangle downwards, ring."""
    kind, r = series % SHAPES, SIZE
    if kind in (0, 5):
        ring = "" if kind == 0 else " ring"
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{r}" class="point{ring}"/>'
    points = " ".join([f"{x + across:.1f},{y + down:.1f}" for across, down in CORNERS[kind]])
    return f'<polygon points="{points}" class="point"/>'


def draw_axis(
    scale: Scale, *, x: float, width: float, strips: Sequence[tuple[float, float]], suffix: str = ""
) -> str:
    """Grid lines over strips (top, bottom), with their numbers below the last one.

    Each label says its number and stands where the number does.
    """
    lines, labels, last = [], [], float("-inf")
    for tick in scale.ticks:
        at = scale.place(tick, x, width)
        lines += [f"M{at:.1f} {top:.1f}V{bottom:.1f}" for top, bottom in strips]
        label = write_tick(tick) + suffix
        if at - last >= 7.0 * len(label) + 6:
            labels.append(
                text_element(
                    "text",
                    label,
                    x=at,
                    y=strips[-1][1] + 15,
                    text_anchor="middle",
                    class_="tick",
                    data_tick=repr(tick),
                )
            )
            last = at
    return element("path", d="".join(lines), class_="grid") + "".join(labels)
