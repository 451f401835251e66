"""The page of all adverse events of a study: asked by a form, sorted, a hundred at a time, and as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from markupsafe import Markup

from trialbook.model import Study
from trialbook.model.results import AdverseEventsModule
from trialbook.pages.contents import Content, Option
from trialbook.pages.environment import render
from trialbook.pages.numbers import write_percent, write_signed
from trialbook.pages.record.event_pictures import METHOD, picture_largest, title_of, totals_table
from trialbook.pages.record.events import describe_apart, find_usual
from trialbook.pages.write_html import render_blocks
from trialbook.record.links import study_url
from trialbook.results.adverse_events import (
    KINDS,
    NOTHING,
    SORTINGS,
    Chosen,
    Counted,
    EventLine,
    Sorting,
    choose_groups,
    find_difference,
    list_events,
    select_events,
    sort_events,
)

PAGE = 100
MOST_WORDS, LONGEST_FIELD = 200, 1_000
# Records have up to 40 groups.
MOST_COLUMNS, MOST_CELLS = 40, 2_000_000
# What an address may say: which version, which events, in what order.
VERSION_FIELDS = ("version", "as_of", "copy")
FIELDS = ("kind", "organ", "q", "sort", "first", "second")


class ShownCell(Content, frozen=True):
    """A cell: what stands in it in large, and below it in small."""

    large: str
    small: str


class ShownEvent(Content, frozen=True):
    """A row of the table; cells as the columns stand."""

    kind: str
    term: str
    organ: str
    remark: str
    cells: tuple[ShownCell, ...]


class EventsPage(Content, frozen=True):
    """Everything on the page.

    `kept` are the fields that say which version is shown. `columns` are heads with the address that sorts by the
    column, "" where none does. `found` counts all that were asked for, `rows` are those of this page, from number `first_row` on.
    """

    nct_id: str
    title: str
    url: str
    action: str
    kept: tuple[tuple[str, str], ...] = ()
    words: str = ""
    kinds: tuple[Option, ...] = ()
    organs: tuple[Option, ...] = ()
    orders: tuple[Option, ...] = ()
    firsts: tuple[Option, ...] = ()
    seconds: tuple[Option, ...] = ()
    columns: tuple[tuple[str, str], ...] = ()
    rows: tuple[ShownEvent, ...] = ()
    found: int = 0
    in_all: int = 0
    first_row: int = 1
    previous_url: str = ""
    next_url: str = ""
    csv_url: str = ""
    term_url: str = ""
    clear_url: str = ""
    drawing: Markup = Markup("")
    totals: Markup = Markup("")
    note: str = ""


class _Asked:
    """What an address asks of a study's adverse events; what it does not understand counts as not said."""

    def __init__(self, study: Study, asked: Mapping[str, str]) -> None:
        self.study = study
        results = study.results_section
        self.module = (results and results.adverse_events_module) or AdverseEventsModule()
        self.kind = asked.get("kind", "") if asked.get("kind") in KINDS else ""
        self.words = asked.get("q", "").strip()[:MOST_WORDS]
        self.chosen = choose_groups(self.module.event_groups, asked.get("first", ""), asked.get("second", ""))
        sort = asked.get("sort", "")
        self.sort: Sorting = sort if sort in SORTINGS else "difference"
        self.all = list_events(self.module)
        self.organs = sorted({line.organ for line in self.all if line.organ})
        self.organ = asked.get("organ", "") if asked.get("organ") in self.organs else ""
        found = select_events(self.all, kind=self.kind, organ=self.organ, words=self.words)
        self.found = sort_events(found, self.chosen, self.sort)
        page = asked.get("page", "")
        last = max(1, -(-len(self.found) // PAGE))
        self.page = min(int(page), last) if page.isascii() and page.isdigit() and 0 < len(page) < 7 else 1
        self.page = max(self.page, 1)
        self.kept = tuple((name, asked[name]) for name in VERSION_FIELDS if asked.get(name))
        self._fields = {name: asked[name][:LONGEST_FIELD] for name in FIELDS if asked.get(name)}

    def write_address(self, end: str = "", **changed: str) -> str:
        """The address of this page with some fields changed; "" takes a field away."""
        fields = {**dict(self.kept), **self._fields, **changed}
        query = urlencode({name: value for name, value in fields.items() if value})
        path = f"{study_url(self.study.nct_id)}/events{end}"
        return f"{path}?{query}" if query else path


def compose_events_page(study: Study, asked: Mapping[str, str]) -> EventsPage:
    """The page of a record's adverse events.

    Parameters
    ----------
    study
        The record.
    asked
        The address's fields: `kind` ("serious", "other"), `organ` (an organ system as the record writes it), `q`
        (words of an event's name), `sort` (one of `SORTINGS`), `first` and `second` (ids of the groups that are
        compared), `page` from 1, and which version is meant. One that is not understood counts as not given.
    """
    told = _Asked(study, asked)
    module, chosen = told.module, told.chosen
    begin = (told.page - 1) * PAGE
    shown = told.found[begin : begin + PAGE]
    picture = (
        picture_largest(module, chosen, told.found, name="found", of=told.kind or "listed")
        if chosen and len(told.found) > 1
        else None
    )
    places = chosen.places if chosen else ()
    others = [place for place in range(len(module.event_groups)) if place not in places]
    note = METHOD if len(places) > 1 else ""
    if len(others) > MOST_COLUMNS:
        note += f" {len(others) - MOST_COLUMNS:,} more groups are in the record's JSON."
    others = others[:MOST_COLUMNS]
    usual = find_usual([line.event for line in told.all if line.event]) if told.all else ("", "")
    if any(usual):
        note += f" Unless a row says otherwise: {', '.join(filter(None, usual))}."
    kinds = (("", "Serious and other"), ("serious", "Serious"), ("other", "Other"))
    return EventsPage(
        nct_id=study.nct_id,
        title=study.brief_title or study.nct_id,
        url=_find_record_address(study, told.kept),
        action=f"{study_url(study.nct_id)}/events",
        kept=told.kept,
        words=told.words,
        kinds=tuple(
            Option(
                value=value,
                label=label,
                count=sum(value in ("", line.kind) for line in told.all),
                is_selected=value == told.kind,
            )
            for value, label in kinds
        ),
        organs=tuple(
            Option(value=organ, label=organ, is_selected=organ == told.organ) for organ in told.organs
        ),
        orders=tuple(
            Option(value=value, label=label, is_selected=value == told.sort)
            for value, label in SORTINGS.items()
            if value not in ("difference", "second") or (chosen and chosen.second is not None)
        ),
        firsts=_list_group_options(module, chosen.first if chosen else None),
        seconds=_list_group_options(module, chosen.second if chosen else None),
        columns=_list_columns(told, others),
        rows=tuple(_show(line, chosen, others, usual) for line in shown),
        found=len(told.found),
        in_all=len(told.all),
        first_row=begin + 1,
        previous_url=told.write_address(page=str(told.page - 1)) if told.page > 1 else "",
        next_url=told.write_address(page=str(told.page + 1)) if begin + PAGE < len(told.found) else "",
        csv_url=told.write_address(".csv"),
        term_url=told.write_address(sort="term", page=""),
        clear_url=told.write_address(kind="", organ="", q="", sort="", first="", second=""),
        drawing=Markup(render_blocks((picture,))) if picture else Markup(""),  # noqa: S704 - written by us
        totals=Markup(render_blocks((totals_table(module),))) if module.event_groups else Markup(""),  # noqa: S704
        note=note.strip(),
    )


def render_events_page(study: Study, asked: Mapping[str, str]) -> str:
    """Render the page; it needs no script."""
    return render("events.html", page=compose_events_page(study, asked), query="")


def write_events_csv(study: Study, asked: Mapping[str, str]) -> str:
    r"""What was asked for as CSV with all groups, a line each that ends in "\r\n".

    Cells that a spreadsheet would take for a formula have an apostrophe before them. The difference is in
    percentage points with its 95 % interval.
    """
    told = _Asked(study, asked)
    titles = [title_of(group) for group in told.module.event_groups]
    shown = min(len(titles), max(2, MOST_CELLS // (3 * max(1, len(told.found)))))
    chosen = told.chosen
    head = ["nct_id", "kind", "term", "organ_system", "source_vocabulary", "assessment_type", "notes"]
    for title in titles[:shown]:
        head += [f"{title}: affected", f"{title}: at risk", f"{title}: events"]
    pair = chosen if chosen and chosen.second is not None else None
    if pair is not None and pair.second is not None:
        head += [
            f"difference in percentage points: {titles[pair.first]} minus {titles[pair.second]}",
            "difference: lower limit",
            "difference: upper limit",
        ]
    if shown < len(titles):
        head.append(f"{len(titles) - shown:,} more groups are in the record's JSON")
    table = io.StringIO()
    writer = csv.writer(table)
    writer.writerow(map(_defuse, head))
    for line in told.found:
        writer.writerow(_list_cells(study.nct_id, line, pair, shown))
    return table.getvalue()


def _list_cells(nct_id: str, line: EventLine, pair: Chosen | None, groups: int) -> list[str]:
    event = line.event
    words = [nct_id, line.kind, line.term, line.organ]
    words += [
        (event.source_vocabulary or "") if event else "",
        str(event.assessment_type or "") if event else "",
        (event.notes or "") if event else "",
    ]
    cells = list(map(_defuse, words))
    for place in range(groups):
        count = line.find(place)
        cells += [
            "" if number is None else str(number) for number in (count.affected, count.at_risk, count.events)
        ]
    if pair is not None:
        found = find_difference(line, pair)
        cells += (
            [f"{100 * each:.4f}" for each in (found.value, found.lower, found.upper)] if found else [""] * 3
        )
    return cells


def _defuse(cell: str) -> str:
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell


def _find_record_address(study: Study, kept: tuple[tuple[str, str], ...]) -> str:
    query = urlencode(kept)
    return f"{study_url(study.nct_id)}{f'?{query}' if query else ''}#adverse-events"


def _list_columns(told: _Asked, others: Sequence[int]) -> tuple[tuple[str, str], ...]:
    groups = told.module.event_groups
    places = told.chosen.places if told.chosen else ()
    columns = [
        (title_of(groups[place]), told.write_address(sort=by, page=""))
        for place, by in zip(places, ("first", "second"), strict=False)
    ]
    if len(places) > 1:
        columns.append(("Difference, points", told.write_address(sort="difference", page="")))
    return (*columns, *((title_of(groups[place]), "") for place in others))


def _list_group_options(module: AdverseEventsModule, place: int | None) -> tuple[Option, ...]:
    return tuple(
        Option(value=group.id or "", label=title_of(group), is_selected=at == place)
        for at, group in enumerate(module.event_groups)
    )


def _show(
    line: EventLine, chosen: Chosen | None, others: Sequence[int], usual: tuple[str, str]
) -> ShownEvent:
    cells = [_show_count(line.find(place)) for place in (chosen.places if chosen else ())]
    if len(cells) > 1:
        difference = find_difference(line, chosen)
        value, lower, upper = (
            (write_signed(100 * each) for each in (difference.value, difference.lower, difference.upper))
            if difference
            else ("", "", "")
        )
        cells.append(ShownCell(large=value, small=f"{lower} to {upper}" if difference else "not known"))
    cells += [_show_count(line.find(place)) for place in others]
    return ShownEvent(
        kind=line.kind,
        term=line.term or "Unnamed",
        organ=line.organ or "Organ system not given",
        remark=describe_apart(line.event, usual) if line.event else "",
        cells=tuple(cells),
    )


def _show_count(count: Counted) -> ShownCell:
    if count == NOTHING:
        return ShownCell(large="", small="not given")
    counts = f"{'?' if count.affected is None else f'{count.affected:,}'} of "
    counts += "?" if count.at_risk is None else f"{count.at_risk:,}"
    if count.events is not None:
        counts += f"; {count.events:,} ev."
    pair = count.pair
    return ShownCell(large=write_percent(*pair) if pair else "?", small=counts)
