"""Which columns may a table of studies have, and what stands in each?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import msgspec

from trialbook.pages.answer import Cell, ColumnChoice, Head, TableView
from trialbook.pages.contents import Hit
from trialbook.pages.labels import phase_words, status_tone, status_words


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """A column: its name in addresses, its label, the order that sorts by it ("" for none), and what it shows."""

    name: str
    label: str
    write: Callable[[Hit], Cell]
    sort: str = ""
    is_number: bool = False


def _write_title(hit: Hit) -> Cell:
    return Cell(text=hit.problem or hit.title or hit.nct_id, url=hit.url)


def _write_status(hit: Hit) -> Cell:
    tone = "quiet" if hit.is_outdated else status_tone(hit.status)
    return Cell(text=status_words(hit.status), tone=tone) if hit.status else Cell(text="")


def _write_number(number: int | None) -> Cell:
    return Cell(text="" if number is None else f"{number:,}", kind="number")


def _write_list(values: Sequence[str]) -> Cell:
    return Cell(text="; ".join(values))


def _write_evidence(hit: Hit) -> Cell:
    """The first proof, and that there are more: the list has all of them."""
    if not hit.evidence:
        return Cell(text="")
    more = f" (and {len(hit.evidence) - 1} more)" if len(hit.evidence) > 1 else ""
    return Cell(text=hit.evidence[0].words + more, url=hit.evidence[0].url)


def _write_results(hit: Hit) -> Cell:
    return Cell(text="Posted" if hit.has_results else "" if hit.problem else "Not posted")


COLUMNS: tuple[Column, ...] = (
    Column(
        name="id", label="Id", sort="id", write=lambda hit: Cell(text=hit.nct_id, url=hit.url, kind="day")
    ),
    Column(name="title", label="Title", write=_write_title),
    Column(name="status", label="Status", write=_write_status),
    Column(name="status_age", label="Status as of", write=lambda hit: Cell(text=hit.status_age)),
    Column(
        name="phase",
        label="Phase",
        write=lambda hit: Cell(text=phase_words(hit.phases) if hit.phases else ""),
    ),
    Column(
        name="type",
        label="Type",
        write=lambda hit: Cell(text=status_words(hit.study_type) if hit.study_type else ""),
    ),
    Column(name="conditions", label="Conditions", write=lambda hit: _write_list(hit.conditions)),
    Column(name="interventions", label="Interventions", write=lambda hit: _write_list(hit.interventions)),
    Column(name="sponsor", label="Sponsor", write=lambda hit: Cell(text=hit.sponsor)),
    Column(
        name="start", label="Start", sort="started", write=lambda hit: Cell(text=hit.start_date, kind="day")
    ),
    Column(
        name="primary_completion",
        label="Primary completion",
        sort="primary_completed",
        write=lambda hit: Cell(text=hit.primary_completion_date, kind="day"),
    ),
    Column(
        name="completion",
        label="Completion",
        sort="completed",
        write=lambda hit: Cell(text=hit.completion_date, kind="day"),
    ),
    Column(
        name="participants",
        label="Participants",
        sort="enrollment",
        is_number=True,
        write=lambda hit: _write_number(hit.enrollment_count),
    ),
    Column(name="results", label="Results", write=_write_results),
    Column(name="evidence", label="Evidence", write=_write_evidence),
    Column(name="countries", label="Countries", write=lambda hit: _write_list(hit.countries)),
    Column(name="sites", label="Sites", is_number=True, write=lambda hit: _write_number(hit.sites or None)),
    Column(
        name="updated",
        label="Last update",
        sort="updated",
        write=lambda hit: Cell(text=hit.last_update_posted, kind="day"),
    ),
)
EVIDENCE = "evidence"
USUAL = ("id", "title", "status", "phase", "conditions", "start", "primary_completion", "participants")


def choose_columns(names: Iterable[str], *, has_evidence: bool = False) -> tuple[Column, ...]:
    """The columns of these names in the order of the table; the usual ones where none of the names is known.

    What a finding rests on is among the usual ones where it `has_evidence`.
    """
    asked = set(names) & {each.name for each in COLUMNS}
    chosen = asked or {*USUAL, *([EVIDENCE] if has_evidence else [])}
    return tuple(each for each in COLUMNS if each.name in chosen)


def make_table(
    hits: Iterable[Hit], columns: Sequence[Column], *, sort: str, write_url: Callable[[str], str]
) -> TableView:
    """Studies as a table; `write_url` gives the address with an order, `sort` is the one that holds."""
    shown = {each.name for each in columns}
    return TableView(
        choices=tuple(ColumnChoice(each.name, each.label, each.name in shown) for each in COLUMNS),
        heads=tuple(
            Head(
                label=each.label,
                url=write_url(each.sort) if each.sort else "",
                is_sorted=bool(each.sort) and each.sort == sort,
                is_number=each.is_number,
            )
            for each in columns
        ),
        rows=tuple(tuple(each.write(hit) for each in columns) for hit in hits),
    )
