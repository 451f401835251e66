"""What the views of an answer show: a table, a map, charts. Made by whoever asks, shown by the templates."""

from __future__ import annotations

import msgspec
from markupsafe import Markup


class ViewLink(msgspec.Struct, frozen=True):
    """A view of the answer, and the address that shows it; or it `is_shown`."""

    label: str
    url: str
    is_shown: bool


class ColumnChoice(msgspec.Struct, frozen=True):
    """A column that may be shown."""

    name: str
    label: str
    is_shown: bool


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """The head of a column; `url` sorts by it where it has an order, `is_sorted` says that it is so."""

    label: str
    url: str = ""
    is_sorted: bool = False
    is_number: bool = False


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """A value of a study; `tone` is that of a status, `kind` how it is set: "text", "number", "day"."""

    text: str
    url: str = ""
    tone: str = ""
    kind: str = "text"


class TableView(msgspec.Struct, frozen=True, kw_only=True):
    """The studies of a page as a table; a row has a cell for each head."""

    choices: tuple[ColumnChoice, ...]
    heads: tuple[Head, ...]
    rows: tuple[tuple[Cell, ...], ...]


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """A value with how many studies have it, and the address that narrows the answer to it."""

    label: str
    count: int
    url: str = ""
    note: str = ""
    is_chosen: bool = False


class ChartView(msgspec.Struct, frozen=True, kw_only=True):
    """A drawing of counts, what it shows in words, and all of its numbers as a table headed `unit`."""

    heading: str
    drawing: Markup
    meaning: str
    unit: str
    rows: tuple[Counted, ...]
    more: str = ""
    more_url: str = ""


class AnswerView(msgspec.Struct, frozen=True, kw_only=True):
    """How an answer is shown: `name` is list, table, map or charts; `kept` fields are sent on by the form."""

    name: str = "list"
    views: tuple[ViewLink, ...] = ()
    kept: tuple[tuple[str, str], ...] = ()
    table: TableView | None = None
    map: ChartView | None = None
    charts: tuple[ChartView, ...] = ()
    nothing_to_draw: str = ""
