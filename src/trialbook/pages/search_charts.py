"""How do the studies of an answer divide? A drawing for each of a few questions, with the table behind it."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from trialbook.pages.answer import ChartView, Counted
from trialbook.pages.drawing.bars import MOST_BARS, Bar, draw_columns, draw_rows

SHOWN_ROWS = 15
SEVERAL = "A study with several counts in each."


class Division(msgspec.Struct, frozen=True, kw_only=True):
    """The studies of an answer by the values of something.

    Attributes
    ----------
    name, heading
        Begins the ids on the page, and what the studies are divided by.
    bars
        All values in their order; what states none comes last.
    is_years
        Whether the values are years: they stand beside one another, gaps between them.
    may_have_several
        Whether a study may have several values.
    own_filter
        The label of the filter that chooses among the values, where it is used: the counts are without it.
    more_url
        The page that lists all values, where they are more than these.
    """

    name: str
    heading: str
    bars: tuple[Bar, ...]
    is_years: bool = False
    may_have_several: bool = False
    own_filter: str = ""
    more_url: str = ""


def draw_division(asked: Division) -> ChartView:
    """Draw how studies divide."""
    words = ["How many of the studies found have which. Each bar narrows the answer to its studies."]
    drawn = list(asked.bars)
    if asked.is_years:
        drawn, before = _fill_years(asked.bars)
        words += [f"{before:,} of earlier years are in the table."] if before else []
    else:
        kept = [each for each in drawn if not each.is_none]
        chosen = [each for each in kept[SHOWN_ROWS:] if each.is_chosen]
        drawn = [*kept[:SHOWN_ROWS], *chosen[:SHOWN_ROWS], *(each for each in drawn if each.is_none)]
        if hidden := len(kept) - len(drawn) + sum(each.is_none for each in drawn):
            words.append(f"{hidden:,} more with fewer studies are in the table.")
    if asked.may_have_several:
        words.append(SEVERAL)
    if asked.own_filter:
        words.append(
            f"Counted without the filter on it ({asked.own_filter}), so that other values can be compared."
        )
    meaning = " ".join(words)
    draw = draw_columns if asked.is_years else draw_rows
    return ChartView(
        heading=asked.heading,
        drawing=draw(f"chart-{asked.name}", drawn, title=asked.heading, meaning=meaning),
        meaning=meaning,
        unit=asked.heading,
        rows=tuple(
            Counted(label=each.label, count=each.count, url=each.url, is_chosen=each.is_chosen)
            for each in asked.bars
        ),
        more="All values" if asked.more_url else "",
        more_url=asked.more_url,
    )


def _fill_years(bars: Sequence[Bar]) -> tuple[list[Bar], int]:
    """The last years with those between them that no study has, and how many studies are of earlier ones."""
    none = [each for each in bars if each.is_none]
    years = {int(each.value): each for each in bars if not each.is_none}
    if not years:
        return none, 0
    first = max(min(years), max(years) - (MOST_BARS - len(none)) + 1)
    empty = (Bar(label=str(year), value=str(year), count=0) for year in range(first, max(years) + 1))
    filled = [years.get(int(each.value), each) for each in empty]
    return [*filled, *none], sum(each.count for year, each in years.items() if year < first)
