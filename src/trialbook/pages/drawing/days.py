"""Days as places on an axis, beside a column of labels, with the years below."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from trialbook.pages.drawing.svg import element, text_element

WIDTH, LABELS, RIGHT = 760.0, 176.0, 14.0
MOST_TICKS = 8


class DayAxis:
    """Days as places between the labels and the right edge."""

    def __init__(self, days: Sequence[date], today: date) -> None:
        first, last = min(*days, today).toordinal(), max(*days, today).toordinal()
        room = max(60, (last - first) // 20)
        self.first, self.last = max(1, first - room), min(date.max.toordinal(), last + room)

    def place(self, day: date, *, is_end: bool = False) -> float:
        """Where a day begins, or where it ends."""
        share = (day.toordinal() + is_end - self.first) / (self.last - self.first)
        return LABELS + share * (WIDTH - LABELS - RIGHT)

    def list_years(self) -> list[int]:
        """The years to write below it, eight at most."""
        first, last = date.fromordinal(self.first).year + 1, date.fromordinal(self.last).year
        step = next(step for step in (1, 2, 5, 10, 20, 50) if (last - first) / step < MOST_TICKS)
        return [year for year in range(first, last + 1) if year % step == 0]


def draw_years(axis: DayAxis, bottom: float) -> list[str]:
    """The axis with its years, at a height."""
    pieces = [element("path", class_="axis", d=f"M{LABELS:.0f} {bottom:.1f}H{WIDTH - RIGHT:.0f}")]
    for year in axis.list_years():
        x = axis.place(date(year, 1, 1))
        pieces.append(element("path", class_="axis", d=f"M{x:.1f} {bottom:.1f}v5"))
        pieces.append(
            text_element("text", str(year), class_="small", x=x, y=bottom + 18, text_anchor="middle")
        )
    return pieces
