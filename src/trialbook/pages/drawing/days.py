"""Days as places on an axis with the years below: beside a column of labels, or below them on a phone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

import msgspec
from markupsafe import Markup

from trialbook.pages.drawing.svg import drawing, element, text_element

MOST_TICKS = 8


class Frame(msgspec.Struct, frozen=True):
    """How wide a drawing is, and where its axis begins and ends: in units of the drawing."""

    name: str
    width: float
    left: float
    right: float

    @property
    def is_narrow(self) -> bool:
        return self.name == "narrow"


WIDE = Frame("wide", 760.0, 176.0, 746.0)
NARROW = Frame("narrow", 380.0, 16.0, 364.0)


class DayAxis:
    """Days as places between the two ends of a frame."""

    def __init__(self, frame: Frame, days: Sequence[date], today: date) -> None:
        self.frame = frame
        first, last = min(*days, today).toordinal(), max(*days, today).toordinal()
        room = max(60, (last - first) // 20)
        self.first, self.last = max(1, first - room), min(date.max.toordinal(), last + room)

    def place(self, day: date, *, is_end: bool = False) -> float:
        """Where a day begins, or where it ends."""
        share = (day.toordinal() + is_end - self.first) / (self.last - self.first)
        return self.frame.left + share * (self.frame.right - self.frame.left)

    def list_years(self) -> list[int]:
        """The years to write below it, eight or nine at most."""
        first, last = date.fromordinal(self.first).year + 1, date.fromordinal(self.last).year
        step = next(step for step in (1, 2, 5, 10, 20, 50) if (last - first) / step < MOST_TICKS)
        return [year for year in range(first, last + 1) if year % step == 0]


def draw_days(
    name: str, lay: Callable[[Frame], tuple[list[str], float]], *, title: str, meaning: str, class_: str
) -> Markup:
    """Draw it twice, wide and narrow; the style shows the one that fits.

    Parameters
    ----------
    name
        Begins the ids on the page.
    lay
        Lays the pieces out in a frame; gives them and the height.
    title, meaning
        What the drawing shows, in a sentence each.
    class_
        The classes of the drawing.
    """
    drawn = Markup("")
    for frame in (WIDE, NARROW):
        pieces, height = lay(frame)
        drawn += drawing(
            f"{name}-{frame.name}",
            *pieces,
            width=frame.width,
            height=height,
            title=title,
            meaning=meaning,
            class_=f"{class_} {frame.name}",
        )
    return drawn


def draw_years(axis: DayAxis, bottom: float) -> list[str]:
    """The axis with its years, at a height."""
    frame = axis.frame
    pieces = [element("path", class_="axis", d=f"M{frame.left:.0f} {bottom:.1f}H{frame.right:.0f}")]
    for year in axis.list_years():
        x = axis.place(date(year, 1, 1))
        pieces.append(element("path", class_="axis", d=f"M{x:.1f} {bottom:.1f}v5"))
        pieces.append(
            text_element("text", str(year), class_="small", x=x, y=bottom + 18, text_anchor="middle")
        )
    return pieces
