"""A page's tree as plain text for a terminal, with the same words in the same order as the HTML."""

from __future__ import annotations

import re
import textwrap
import unicodedata
from collections.abc import Callable, Iterator
from typing import Any

from trialbook.model import PartialDate
from trialbook.model.sentences import write_day
from trialbook.pages.labels import status_words
from trialbook.pages.text_table import table_lines
from trialbook.pages.tree import (
    Absent,
    AskPlace,
    Block,
    Card,
    Criteria,
    Day,
    Fact,
    Facts,
    Fold,
    Inline,
    Items,
    Link,
    Note,
    NotHere,
    Part,
    Picture,
    Plain,
    Prose,
    Related,
    Run,
    Section,
    Sites,
    SiteTable,
    Sub,
    Table,
    Versions,
    Wording,
)
from trialbook.record.links import is_web_address
from trialbook.record.markup import parse_entries, unescape

CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
LABEL_WIDTH = 26


def render_text(parts: tuple[Part, ...], width: int) -> str:
    """All sections as text, no line longer than `width` where its words allow."""
    lines: list[str] = []
    for part in parts:
        for section in part.sections:
            lines += _section(section, width)
    return "\n".join(lines)


def clean(text: str) -> str:
    """A text without control and direction-override characters: a record must not steer a terminal."""
    return CONTROL.sub(" ", text)


def wrap(text: str, width: int, *, first: str = "", rest: str | None = None) -> list[str]:
    """Break a line at spaces; `first` and `rest` stand before the first and the following lines."""
    rest = " " * len(first) if rest is None else rest
    lines = textwrap.wrap(
        " ".join(clean(text).split()),
        max(20, width),
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return lines or [first.rstrip()]


def heading(title: str, mark: str, width: int) -> list[str]:
    """A title, underlined as far as it reaches."""
    lines = wrap(title, width)
    return [*lines, mark * max(map(display_width, lines))]


def display_width(text: str) -> int:
    """How many columns a terminal gives to a text."""
    return sum(
        2 if unicodedata.east_asian_width(char) in "WF" else not unicodedata.combining(char) for char in text
    )


def _section(section: Section, width: int) -> Iterator[str]:
    yield ""
    yield ""
    yield from heading(section.title.upper(), "=", width)
    yield from wrap(section.purpose, width)
    yield from _blocks(section.blocks, width, 1)


def _blocks(blocks: tuple[Block, ...], width: int, level: int) -> Iterator[str]:
    for block in blocks:
        lines = list(WRITERS[type(block)](block, width, level))
        if lines:
            yield ""
            yield from lines


def piece_text(piece: Inline | Prose) -> str:
    """A piece of running text in one line."""
    if isinstance(piece, str):
        return piece
    if isinstance(piece, Wording):
        known = piece.registry and piece.registry != piece.words
        return f"{piece.words} [{piece.registry}]" if known else piece.words
    if isinstance(piece, Day):
        kind = f" ({piece.type.lower()})" if piece.type else ""
        words = write_day(piece.value)
        return f"{piece.value}{kind}" if words == piece.value else f"{words} [{piece.value}]{kind}"
    if isinstance(piece, Link):
        return (
            f"{piece.text} <{piece.url}>"
            if is_web_address(piece.url) and piece.url != piece.text
            else piece.text
        )
    if isinstance(piece, Run):
        return "".join(map(piece_text, piece.pieces))
    return " ".join(f"{entry.mark} {unescape(entry.text)}".strip() for entry in parse_entries(piece.text))


def _prose(block: Prose, width: int, level: int) -> Iterator[str]:
    is_first, was_list = True, False
    for entry in parse_entries(block.text):
        if not is_first and not (entry.mark and was_list):
            yield ""
        indent = "  " * entry.depth
        first = f"{indent}{entry.mark} " if entry.mark else ""
        yield from wrap(unescape(entry.text), width, first=first)
        is_first, was_list = False, bool(entry.mark)


def _plain(block: Plain | Note, width: int, level: int) -> Iterator[str]:
    prefix = ">> " if isinstance(block, Note) else ""
    yield from wrap("".join(map(piece_text, block.pieces)), width, first=prefix)


def _absent(block: Absent, width: int, level: int) -> Iterator[str]:
    link = f" {piece_text(block.link)}." if block.link else ""
    yield from wrap(block.text + link, width)


def _facts(block: Facts, width: int, level: int) -> Iterator[str]:
    for fact in block.rows:
        yield from _fact(fact, width)


def _fact(fact: Fact, width: int) -> Iterator[str]:
    label = clean(fact.label)
    is_wide = (
        width < 60
        or display_width(label) > LABEL_WIDTH
        or any(isinstance(piece, Prose) for piece in fact.values)
    )
    if is_wide:
        yield from wrap(f"{label}:", width)
        indent = "    "
    else:
        indent = " " * (LABEL_WIDTH + 2)
    values = [piece_text(piece) for piece in fact.values] or [fact.missing[:1].lower() + fact.missing[1:]]
    values = ["".join(values)] if fact.is_running else values
    first = indent if is_wide else f"{label}:".ljust(LABEL_WIDTH + 2)
    for value in values:
        yield from wrap(value, width, first=first, rest=indent)
        first = indent
    if fact.meaning:
        yield from wrap(f"({fact.meaning})", width, first=indent)


def _items(block: Items, width: int, level: int) -> Iterator[str]:
    if block.style == "tags":
        yield from wrap("; ".join(" ".join(map(piece_text, item.pieces)) for item in block.items), width)
        return
    for item in block.items:
        yield from wrap(" ".join(map(piece_text, item.pieces)), width, first="* ")
        for line in _blocks(item.below, width - 2, level):
            yield f"  {line}"


def _picture(block: Picture, width: int, level: int) -> Iterator[str]:
    yield from wrap(block.meaning, width)
    yield from _blocks((block.table,) if block.table else (), width, level)


def _card(block: Card, width: int, level: int) -> Iterator[str]:
    title = block.title
    tags = "; ".join(map(piece_text, block.tags))
    line = " - ".join(filter(None, (title, tags)))
    if line:
        yield from wrap(line, width, first="# ")
    for body in block.blocks:
        for text in WRITERS[type(body)](body, width - 2, level + 1):
            yield f"  {text}".rstrip()


def _fold(block: Fold, width: int, level: int) -> Iterator[str]:
    tags = f" ({'; '.join(block.tags)})" if block.tags else ""
    yield from heading(block.summary + tags, "-", width)
    yield from _blocks(block.blocks, width, level + 1)


def _sub(block: Sub, width: int, level: int) -> Iterator[str]:
    yield from heading(block.title, "-", width)
    yield from _blocks(block.blocks, width, level + 1)


def _criteria(block: Criteria, width: int, level: int) -> Iterator[str]:
    yield from heading(block.title, "-", width)
    for entry in block.entries:
        first = f"{'   ' * min(entry.level, 4)}{entry.mark or '*'} "
        yield from wrap(unescape(entry.text), width, first=first)


def _sites(block: Sites, width: int, level: int) -> Iterator[str]:
    for site in block.items:
        status = piece_text(site.status) if site.status else ""
        yield from wrap(" - ".join(filter(None, (site.name, status, site.distance))), width, first="* ")
        yield from wrap(site.place, width, first="  ")
        for contact in site.contacts:
            yield from wrap("".join(map(piece_text, contact)), width, first="  ")


def _site_table(block: SiteTable, width: int, level: int) -> Iterator[str]:
    for state, sites in block.states:
        if state:
            yield from wrap(f"{state}:", width)
        yield from _sites(Sites(sites), width, level)


def _table(block: Table, width: int, level: int) -> Iterator[str]:
    yield from wrap(block.caption, width)
    yield from table_lines(block, width)
    for note in block.notes:
        yield from wrap(note, width, first="  ")


def _versions(block: Versions, width: int, level: int) -> Iterator[str]:
    for line in block.lines:
        day = write_day(line.version_date) if line.version_date else "date not given"
        day = f"{line.meaning} {day}" if line.meaning else day
        learnt = f"learnt {write_day(PartialDate(line.learnt_at[:10]))}" if line.learnt_at else ""
        held = "" if line.is_held else "not held here"
        shown = "shown here" if line.is_shown else ""
        told = (day, learnt, shown, held, line.status, "; ".join(line.labels))
        yield from wrap(", ".join(filter(None, told)), width, first=f"{line.number:>3}. ")
        for words, _ in line.copies:
            yield from wrap(f"fuller than {words}", width, first="     ")
        if line.doubt:
            yield from wrap(line.doubt, width, first="     ! ")
        for change in line.changes:
            yield from wrap(f"{change.group}: {change.text}", width, first="     - ")


def _not_here(block: NotHere, width: int, level: int) -> Iterator[str]:
    named = [f"{each.title} ({piece_text(each.link)})" if each.link else each.title for each in block.entries]
    yield from wrap(f"{block.lead}: {', '.join(named)}.", width)


def _related(block: Related, width: int, level: int) -> Iterator[str]:
    for study in block.studies:
        yield from wrap(study.title or study.nct_id, width, first="* ")
        status = " ".join((status_words(study.status), study.status_age)).strip() if study.status else ""
        dated = (
            f"record of {write_day(study.version_date)}" if study.version_date else "record without a date"
        )
        learnt = f"learnt {write_day(PartialDate(study.learnt_at[:10]))}" if study.learnt_at else ""
        about = filter(None, (study.nct_id, study.relation, status, study.phase, dated, learnt))
        yield from wrap(", ".join(about), width, first="  ")
        if study.reasons:
            yield from wrap("; ".join(study.reasons), width, first="  ")


WRITERS: dict[type, Callable[[Any, int, int], Iterator[str]]] = {
    Prose: _prose,
    Plain: _plain,
    Note: _plain,
    Absent: _absent,
    Facts: _facts,
    Items: _items,
    Picture: _picture,
    Card: _card,
    Fold: _fold,
    Sub: _sub,
    Criteria: _criteria,
    Sites: _sites,
    SiteTable: _site_table,
    AskPlace: lambda block, width, level: iter(()),
    Table: _table,
    Versions: _versions,
    NotHere: _not_here,
    Related: _related,
}
