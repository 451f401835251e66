"""Versions on a line of time, and below it in which of them what changed: a row for each kind of change.

How many versions are drawn is bounded: the newest stand for all.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import msgspec
from markupsafe import Markup

from trialbook.pages.drawing.days import DayAxis, Frame, draw_days, draw_years
from trialbook.pages.drawing.svg import element, link, text_element

MOST_VERSIONS, MOST_ROWS = 120, 16
ROW, HEAD, FOOT = 24.0, 6.0, 26.0
# On a phone the label stands above its row.
LABEL = 15.0


class Drawn(msgspec.Struct, frozen=True):
    """A version: its first day, what is said of it, where it leads to, and the kinds of what changed in it."""

    day: date
    words: str
    url: str = ""
    is_held: bool = True
    groups: tuple[str, ...] = ()


def draw_versionline(
    name: str, versions: Sequence[Drawn], rows: Sequence[str], *, today: date, title: str, meaning: str
) -> Markup:
    """Draw versions, wide and narrow; raises ValueError where there is none.

    Parameters
    ----------
    name
        Begins the ids on the page.
    versions
        Newest first; of more than 120 the newest are drawn.
    rows
        The kinds of change that have a row, from above.
    title, meaning
        What the drawing shows, in a sentence each.
    """
    drawn = versions[:MOST_VERSIONS]
    if not drawn:
        raise ValueError("there is no version to draw")
    days = [each.day for each in drawn]
    labels = ("Versions", *rows[: MOST_ROWS - 1])

    def lay(frame: Frame) -> tuple[list[str], float]:
        axis = DayAxis(frame, days, today)
        above = LABEL if frame.is_narrow else 0.0
        bottom = HEAD + (ROW + above) * len(labels)
        pieces: list[str] = []
        for at, label in enumerate(labels):
            y = HEAD + (ROW + above) * at + above + ROW / 2
            where = y - LABEL if frame.is_narrow else y + 4.5
            pieces.append(text_element("text", label, x=0.0, y=where))
            pieces.append(element("path", class_="lane", d=f"M{frame.left:.0f} {y:.1f}H{frame.right:.0f}"))
            pieces += [
                _draw_mark(each, axis.place(each.day), y, label, is_version=at == 0)
                for each in reversed(drawn)
                if at == 0 or label in each.groups
            ]
        return [*draw_years(axis, bottom), *pieces], bottom + FOOT

    return draw_days(name, lay, title=title, meaning=meaning, class_="drawing timebar versionline")


def _draw_mark(version: Drawn, x: float, y: float, label: str, *, is_version: bool) -> str:
    told = text_element("title", version.words if is_version else f"{version.words}: {label}")
    if is_version:
        mark = element(
            "circle", told, class_="mark" if version.is_held else "mark planned", cx=x, cy=y, r=5.0
        )
        return link(version.url, mark) if version.url else mark
    return element("rect", told, class_="mark record", x=x - 3.5, y=y - 3.5, width=7.0, height=7.0)
