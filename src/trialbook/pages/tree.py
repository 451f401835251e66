"""What a record page is made of, before it becomes HTML or plain text.

A page is a list of `Part`s, each of `Section`s, each of blocks. Both writers (`write_html`, `write_text`)
walk the same tree, so the page on the screen and the page in the terminal say the same in the same order.
A `str` is plain text to be escaped; only `Prose` is read as the registry's markdown.
"""

from __future__ import annotations

from typing import TypeAlias

import msgspec
from markupsafe import Markup

from trialbook.model import PartialDate
from trialbook.pages.contents import PlaceForm, RelatedStudy, VersionLine


class Node(msgspec.Struct, frozen=True, gc=False):
    """Base of everything in the tree."""


class Wording(Node, frozen=True):
    """Words for a reader, with the registry's own value beside them."""

    words: str
    registry: str = ""


class Day(Node, frozen=True):
    """A date with the precision it was given, and whether it is actual or estimated."""

    value: PartialDate
    type: str = ""


class Link(Node, frozen=True):
    """A link. The writers show the bare text where the address is not http(s), a call, a letter or one of our own."""

    text: str
    url: str


class Run(Node, frozen=True):
    """Pieces of one sentence."""

    pieces: tuple[Inline, ...]


Inline: TypeAlias = str | Wording | Day | Link | Run


class Prose(Node, frozen=True):
    """Text in the registry's markdown dialect."""

    text: str


class Plain(Node, frozen=True):
    """One paragraph of plain pieces."""

    pieces: tuple[Inline, ...]


class Absent(Node, frozen=True):
    """A sentence that says that the record lacks something.

    `paths` are where that would stand in the record (API v2, without `protocolSection`), `link` leads to the
    version that has it. `known` is "none" where the record has none, "elsewhere" where this copy cannot carry it
    and another could, "unknown" where no other can.
    """

    text: str
    paths: tuple[str, ...] = ()
    link: Link | None = None
    known: str = "none"


class Note(Node, frozen=True):
    """Our own remark, set apart from the record's words. Tone is "info", "good" or "warn"."""

    pieces: tuple[Inline, ...]
    tone: str = "info"


class Fact(Node, frozen=True):
    """A label with one or several values, and what the value means in plain words.

    `paths` are where it stands in the record, as in `Absent`; `missing` is said where it has no value. The values
    of one that `is_running` are the pieces of one sentence.
    """

    label: str
    values: tuple[Inline | Prose, ...]
    meaning: str = ""
    paths: tuple[str, ...] = ()
    missing: str = "Not given"
    is_running: bool = False


class Facts(Node, frozen=True):
    """A list of facts; `style` is "list", "tiles" or "glance"."""

    rows: tuple[Fact, ...]
    style: str = "list"


class Item(Node, frozen=True):
    """One entry of a list, with entries below it."""

    pieces: tuple[Inline | Prose, ...]
    below: tuple[Block, ...] = ()


class Items(Node, frozen=True):
    """A list; `style` is "bullets" or "tags"."""

    items: tuple[Item, ...]
    style: str = "bullets"


class Row(Node, frozen=True):
    """A table row. `is_group` makes it a heading over the rows that follow."""

    header: str
    cells: tuple[str, ...] = ()
    remark: str = ""
    level: int = 0
    is_group: bool = False


class Table(Node, frozen=True):
    """A table with one header column; `corner` names that column. Notes stand below it.

    `is_matrix` has signs in its cells, `is_numeric` numbers.
    """

    caption: str
    corner: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()
    is_matrix: bool = False
    is_numeric: bool = False


class Picture(Node, frozen=True):
    """A drawing of `trialbook.pages.drawing`, what it shows in a sentence, and a table of the same numbers.

    Plain text has the sentence and the table, HTML all three, with the table folded.
    """

    drawing: Markup
    meaning: str
    table: Table | None = None


class Card(Node, frozen=True):
    """A titled box: an arm, an intervention, an outcome."""

    title: str
    tags: tuple[Inline, ...] = ()
    blocks: tuple[Block, ...] = ()


class Fold(Node, frozen=True):
    """Blocks that stay folded until asked for (never in print or in plain text)."""

    summary: str
    blocks: tuple[Block, ...]
    tags: tuple[str, ...] = ()
    is_open: bool = False


class Sub(Node, frozen=True):
    """A heading below the section's own."""

    title: str
    blocks: tuple[Block, ...]


class Entry(Node, frozen=True):
    """A criterion: where it stands on the page, the sponsor's mark of it, its level in nested lists, its words."""

    anchor: str
    mark: str
    level: int
    text: str


class Criteria(Node, frozen=True):
    """Eligibility criteria under one heading; `kind` is the model's."""

    title: str
    kind: str
    entries: tuple[Entry, ...]


class Site(Node, frozen=True):
    """One place of the study. `distance` is ready to read ("12 km"), "" where no place was given."""

    name: str
    place: str
    status: Wording | None = None
    tone: str = ""
    distance: str = ""
    map_url: str = ""
    contacts: tuple[tuple[Inline, ...], ...] = ()


class Sites(Node, frozen=True):
    """A list of sites."""

    items: tuple[Site, ...]


class SiteTable(Node, frozen=True):
    """The sites of a country by state ("" where it is not given)."""

    caption: str
    states: tuple[tuple[str, tuple[Site, ...]], ...]


class AskPlace(Node, frozen=True):
    """A field to ask for a place; plain text leaves it out."""

    form: PlaceForm


class Versions(Node, frozen=True):
    """The versions of a record as a timeline."""

    lines: tuple[VersionLine, ...]


class Missing(Node, frozen=True):
    """One section that has nothing to show: its anchor, its title, and the version that has it."""

    anchor: str
    title: str
    link: Link | None = None


class NotHere(Node, frozen=True):
    """Sections that have nothing to show, after words that say why."""

    lead: str
    entries: tuple[Missing, ...]


class Related(Node, frozen=True):
    """Studies that resemble this one, each with the reasons."""

    studies: tuple[RelatedStudy, ...]


Block: TypeAlias = (
    Prose
    | Plain
    | Absent
    | Note
    | Facts
    | Items
    | Table
    | Picture
    | Card
    | Fold
    | Sub
    | Criteria
    | Sites
    | SiteTable
    | AskPlace
    | Versions
    | NotHere
    | Related
)


class Section(Node, frozen=True):
    """One section: its anchor, its heading, one sentence on what it is for, and its blocks."""

    anchor: str
    title: str
    purpose: str
    blocks: tuple[Block, ...]


class Part(Node, frozen=True):
    """Sections that belong together in the contents list."""

    title: str
    sections: tuple[Section, ...]
