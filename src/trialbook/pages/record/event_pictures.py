"""Adverse events drawn: the shares of two groups, and their difference with its interval."""

from __future__ import annotations

from collections.abc import Sequence

from trialbook.model.results import AdverseEventsModule, EventGroup
from trialbook.pages.drawing.marks import Mark
from trialbook.pages.drawing.row_chart import Chart, ChartRow, Panel, draw_chart
from trialbook.pages.drawing.scales import make_linear_scale
from trialbook.pages.numbers import write_percent, write_share, write_signed
from trialbook.pages.tree import Picture, Row, Table
from trialbook.results.adverse_events import (
    Chosen,
    EventLine,
    find_difference,
    list_totals,
    sort_events,
)

MOST_DRAWN = 12
METHOD = (
    "The line through a difference is its 95% interval by Newcombe's hybrid score method (1998),"
    " not adjusted for the number of events looked at."
)
ALONE = "The line through a share is its 95% interval by Wilson's score method (1927)."


def title_of(group: EventGroup) -> str:
    """A group's title."""
    return group.title or "Unnamed"


def picture_totals(module: AdverseEventsModule, chosen: Chosen) -> Picture | None:
    """Deaths, serious and other events as the record sums them, with its table of all groups."""
    lines = list_totals(module)
    drawn = [line for line in lines if _is_drawable(line, chosen)]
    if not drawn:
        return None
    what = "Participants who died or had any event"
    return _picture("totals", what, module.event_groups, chosen, drawn, totals_table(module))


def picture_largest(
    module: AdverseEventsModule, chosen: Chosen, lines: Sequence[EventLine], *, name: str, of: str
) -> Picture | None:
    """The events whose shares differ most between two groups, or the most frequent ones of one group."""
    drawn = [
        line for line in sort_events(lines, chosen, "difference")[:MOST_DRAWN] if _is_drawable(line, chosen)
    ]
    if not drawn:
        return None
    which = "with the largest differences" if chosen.second is not None else "seen most often"
    what = (
        f"The {len(drawn):,} {of} events {which}" if len(drawn) < len(lines) else f"{of} events".capitalize()
    )
    return _picture(name, what, module.event_groups, chosen, drawn, None)


def totals_table(module: AdverseEventsModule) -> Table:
    """Deaths, serious and other events of all groups."""
    rows = tuple(
        Row(line.term, tuple(write_share(count.affected, count.at_risk) for count in line.counts.values()))
        for line in list_totals(module)
    )
    return Table(
        "Participants with any event",
        "Kind of event",
        tuple(map(title_of, module.event_groups)),
        rows,
        ("Participants affected out of participants at risk.",),
        is_numeric=True,
    )


def _is_drawable(line: EventLine, chosen: Chosen) -> bool:
    return all(line.find(place).pair for place in chosen.places)


def _picture(
    name: str,
    what: str,
    groups: Sequence[EventGroup],
    chosen: Chosen,
    lines: Sequence[EventLine],
    table: Table | None,
) -> Picture:
    titles = [title_of(groups[place]) for place in chosen.places]
    if chosen.second is None:
        meaning = f"{what}: the share of participants in “{titles[0]}”. {ALONE}"
    else:
        meaning = (
            f"{what}: the share of participants in “{titles[0]}” and in “{titles[1]}”, and the first minus the"
            f" second in percentage points. {METHOD}"
        )
    chart = Chart(
        name=f"events-{name}",
        title=what,
        meaning=meaning,
        rows=tuple(_row(line, groups, chosen) for line in lines),
        panels=_panels(lines, chosen),
        columns=("Affected", "Difference (95%)") if chosen.second is not None else ("Affected (95%)",),
        keys=tuple(titles),
        label_share=0.27,
    )
    return Picture(draw_chart(chart), meaning, table or _table(what, lines, chosen, titles))


def _panels(lines: Sequence[EventLine], chosen: Chosen) -> tuple[Panel, ...]:
    risks = [share for line in lines for place in chosen.places if (share := line.find(place).share)]
    if chosen.second is None:
        scale = make_linear_scale([0.0, *(100 * risk.upper for risk in risks)])
        return (Panel(scale=scale, title="Share of participants", suffix="%"),)
    shares = make_linear_scale([0.0, *(100 * risk.value for risk in risks)], ticks=3)
    differences = [risk for line in lines if (risk := find_difference(line, chosen))]
    limits = [100 * limit for risk in differences for limit in (risk.lower, risk.upper)]
    return (
        Panel(scale=shares, title="Share", suffix="%", share=0.75),
        Panel(
            scale=make_linear_scale([0.0, *limits], ticks=4),
            title="Difference in points",
            reference=0.0,
        ),
    )


def _row(line: EventLine, groups: Sequence[EventGroup], chosen: Chosen) -> ChartRow:
    shares = [line.find(place).share for place in chosen.places]
    marks = []
    for series, (place, share) in enumerate(zip(chosen.places, shares, strict=True)):
        if share is None:
            continue
        count = line.find(place)
        data = (
            ("kind", line.kind),
            ("term", line.term),
            ("organ", line.organ),
            ("group", groups[place].id or ""),
            ("affected", str(count.affected)),
            ("at_risk", str(count.at_risk)),
        )
        limits = (100 * share.lower, 100 * share.upper) if chosen.second is None else (None, None)
        marks.append(
            Mark(value=100 * share.value, lower=limits[0], upper=limits[1], series=series, data=data)
        )
    texts = tuple(
        write_percent(count.affected or 0, count.at_risk or 1)
        for place in chosen.places
        if (count := line.find(place)).pair
    )
    difference = find_difference(line, chosen)
    if difference is None:
        share = shares[0]
        words = f"{texts[0]} ({100 * share.lower:.1f} to {100 * share.upper:.1f})" if share else ""
        return ChartRow(label=line.term or "Unnamed", small=line.organ, marks=(tuple(marks),), texts=(words,))
    value, lower, upper = (100 * each for each in (difference.value, difference.lower, difference.upper))
    mark = Mark(
        value=value,
        lower=lower,
        upper=upper,
        series=3,
        data=(("difference", f"{value:.4f}"), ("lower", f"{lower:.4f}"), ("upper", f"{upper:.4f}")),
    )
    words = f"{write_signed(value)} ({write_signed(lower)} to {write_signed(upper)})"
    return ChartRow(
        label=line.term or "Unnamed",
        small=line.organ,
        marks=(tuple(marks), (mark,)),
        texts=(" / ".join(texts), words),
    )


def _table(what: str, lines: Sequence[EventLine], chosen: Chosen, titles: Sequence[str]) -> Table:
    rows = []
    for line in lines:
        cells = [write_share(line.find(place).affected, line.find(place).at_risk) for place in chosen.places]
        if difference := find_difference(line, chosen):
            value, lower, upper = (
                write_signed(100 * each) for each in (difference.value, difference.lower, difference.upper)
            )
            cells.append(f"{value} ({lower} to {upper})")
        rows.append(Row(line.term or "Unnamed", tuple(cells), remark=line.organ))
    columns = (*titles, "Difference in percentage points (95% interval)")[: len(titles) + (len(titles) > 1)]
    return Table(what, "Event", columns, tuple(rows), is_numeric=True)
