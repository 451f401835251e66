"""A page's tree as HTML. Every text goes through `escape`; nothing else makes markup."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from markupsafe import Markup, escape

from trialbook.web.pages.context import VersionLine
from trialbook.web.pages.document import (
    Absent,
    Block,
    Card,
    Criteria,
    Day,
    Fact,
    Facts,
    Fold,
    Inline,
    Item,
    Items,
    Link,
    Note,
    Part,
    Plain,
    Prose,
    Related,
    Row,
    Section,
    Site,
    Sites,
    Sub,
    Table,
    Term,
    Versions,
    write_day,
)
from trialbook.web.pages.markup import render_inline, render_link, render_markup
from trialbook.web.pages.words import status_tone

TIMES = {"ACTUAL": "actual", "ESTIMATED": "estimated"}


def render_parts(parts: tuple[Part, ...]) -> Markup:
    """All sections of a page; headings start at level 2."""
    return Markup("".join(_section(section) for part in parts for section in part.sections))


def _section(section: Section) -> str:
    anchor = escape(section.anchor)
    return (
        f'<section id="{anchor}" aria-labelledby="h-{anchor}"><h2 id="h-{anchor}">{escape(section.title)}</h2>'
        f'<p class="purpose">{escape(section.purpose)}</p>{_blocks(section.blocks, 3)}</section>\n'
    )


def _blocks(blocks: tuple[Block, ...], level: int) -> str:
    return "".join([WRITERS[type(block)](block, level) for block in blocks])


def render_piece(piece: Inline | Prose) -> str:
    """A piece of running text."""
    if isinstance(piece, str):
        return str(escape(piece))
    if isinstance(piece, Term):
        if not piece.registry or piece.registry == piece.words:
            return f'<span class="words">{escape(piece.words)}</span>'
        return f'<span class="words">{escape(piece.words)}</span> <code class="term">{escape(piece.registry)}</code>'
    if isinstance(piece, Day):
        return _day(piece)
    if isinstance(piece, Link):
        return str(render_link(piece.text, piece.url))
    return str(render_markup(piece.text))


def _day(day: Day) -> str:
    kind = f' <span class="kind">({escape(TIMES.get(day.type, day.type))})</span>' if day.type else ""
    return f'<time datetime="{escape(day.value)}">{escape(write_day(day.value))}</time>{kind}'


def _prose(block: Prose, level: int) -> str:
    return f'<div class="prose">{render_markup(block.text)}</div>'


def _plain(block: Plain, level: int) -> str:
    return f"<p>{''.join(map(render_piece, block.pieces))}</p>"


def _absent(block: Absent, level: int) -> str:
    return f'<p class="absent">{escape(block.text)}</p>'


def _note(block: Note, level: int) -> str:
    return f'<p class="note {escape(block.tone)}">{"".join(map(render_piece, block.pieces))}</p>'


def _facts(block: Facts, level: int) -> str:
    return f'<dl class="facts {escape(block.style)}">{"".join(map(_fact, block.rows))}</dl>'


def _fact(fact: Fact) -> str:
    if not fact.values:
        value = '<dd class="absent">Not given</dd>'
    elif len(fact.values) == 1:
        value = f"<dd>{render_piece(fact.values[0])}</dd>"
    else:
        value = "".join(f"<dd>{render_piece(piece)}</dd>" for piece in fact.values)
    meaning = f'<dd class="meaning">{escape(fact.meaning)}</dd>' if fact.meaning else ""
    return f"<div><dt>{escape(fact.label)}</dt>{value}{meaning}</div>"


def _items(block: Items, level: int) -> str:
    return f'<ul class="{escape(block.style)}">{"".join(_item(item, level) for item in block.items)}</ul>'


def _item(item: Item, level: int) -> str:
    return f"<li>{' '.join(map(render_piece, item.pieces))}{_blocks(item.below, level)}</li>"


def _card(block: Card, level: int) -> str:
    tags = "".join(f'<span class="tag">{render_piece(tag)}</span>' for tag in block.tags)
    tags = f'<p class="tagline">{tags}</p>' if tags else ""
    title = f"<h{level}>{escape(block.title)}</h{level}>" if block.title else ""
    return f'<div class="card">{title}{tags}{_blocks(block.blocks, level + 1)}</div>'


def _fold(block: Fold, level: int) -> str:
    is_open = " open" if block.is_open else ""
    tags = "".join(f'<span class="tag">{escape(tag)}</span>' for tag in block.tags)
    heading = f'<h{level} class="fold-title">{escape(block.summary)}</h{level}>'
    return (
        f"<details{is_open}><summary>{heading}{tags}</summary>"
        f'<div class="fold">{_blocks(block.blocks, level + 1)}</div></details>'
    )


def _sub(block: Sub, level: int) -> str:
    return (
        f'<div class="sub"><h{level}>{escape(block.title)}</h{level}>{_blocks(block.blocks, level + 1)}</div>'
    )


def _criteria(block: Criteria, level: int) -> str:
    entries = "".join(
        f"<li{f' data-level={min(depth, 4)}' if depth else ''}>"
        f'<span class="mark" aria-hidden="true">{escape(_mark(mark))}</span> <span>{render_inline(words)}</span></li>'
        for mark, depth, words in block.entries
    )
    kind = escape(block.kind)
    return (
        f'<div class="sub criteria {kind}"><h{level}>{escape(block.title)}</h{level}><ol>{entries}</ol></div>'
    )


def _mark(mark: str) -> str:
    return mark if mark and mark[-1] in ".):" else "•"


def _sites(block: Sites, level: int) -> str:
    return f'<ul class="sites">{"".join(map(_site, block.items))}</ul>'


def _site(site: Site) -> str:
    distance = f'<span class="distance">{escape(site.distance)}</span>' if site.distance else ""
    status = ""
    if site.status:
        term = f'data-term="{escape(site.status.registry)}"'
        status = f'<span class="badge {escape(site.tone)}" {term}>{escape(site.status.words)}</span>'
    link = f' <a class="map" href="{escape(site.map_url)}" rel="noopener nofollow" aria-label="Map of {escape(site.name)}">map</a>'
    contacts = "".join(f'<span class="contact">{escape(contact)}</span>' for contact in site.contacts)
    return (
        f"<li><strong>{escape(site.name)}</strong>{status}{distance}"
        f'<span class="place">{escape(site.place)}{link if site.map_url else ""}</span>{contacts}</li>'
    )


def _table(block: Table, level: int) -> str:
    caption = escape(block.caption)
    width = len(block.columns) + 1
    head = "".join(f'<th scope="col">{escape(column)}</th>' for column in block.columns)
    write = _matrix_row if block.is_matrix else _row
    rows = "".join([write(row, width) for row in block.rows])
    notes = (
        f'<ul class="table-notes">{"".join(f"<li>{escape(note)}</li>" for note in block.notes)}</ul>'
        if block.notes
        else ""
    )
    return (
        f'<div class="scroll" role="region" aria-label="{caption}" tabindex="0">'
        f"<table{' class=matrix' if block.is_matrix else ''}><caption>{caption}</caption>"
        f'<thead><tr><th scope="col">{escape(block.corner)}</th>{head}</tr></thead><tbody>{rows}</tbody></table></div>{notes}'
    )


def _row(row: Row, width: int) -> str:
    remark = f" <small>{escape(row.remark)}</small>" if row.remark else ""
    if row.is_group:
        return (
            f'<tr class="group"><th scope="rowgroup" colspan="{width}">{escape(row.header)}{remark}</th></tr>'
        )
    cells = "".join([f"<td>{escape(cell)}</td>" for cell in row.cells])
    level = f' class="l{row.level}"' if row.level else ""
    return f'<tr><th scope="row"{level}>{escape(row.header)}{remark}</th>{cells}</tr>'


def _matrix_row(row: Row, width: int) -> str:
    remark = f" <small>{escape(row.remark)}</small>" if row.remark else ""
    cells = "".join(
        f'<td class="yes"><span aria-hidden="true">{escape(cell)}</span><span class="hidden">given</span></td>'
        if cell == "●"
        else f'<td class="no"><span aria-hidden="true">{escape(cell)}</span><span class="hidden">not given</span></td>'
        for cell in row.cells
    )
    return f'<tr><th scope="row">{escape(row.header)}{remark}</th>{cells}</tr>'


def _versions(block: Versions, level: int) -> str:
    return f'<ol class="versions" reversed>{"".join(map(render_version, block.lines))}</ol>'


def render_version(line: VersionLine) -> Markup:
    """One version in a timeline."""
    day = _day(Day(line.version_date)) if line.version_date else "date not given"
    name = escape(f"Version {line.number}")
    title = Markup('<a href="{}">{}</a>').format(line.url, name) if line.url and not line.is_shown else name
    shown = ' <span class="badge running">shown here</span>' if line.is_shown else ""
    about = ", ".join(filter(None, (f"learnt {line.learnt_at[:10]}" if line.learnt_at else "", line.source)))
    notes = "".join(f"<li><b>{escape(note.group)}</b> {escape(note.text)}</li>" for note in line.changes)
    notes = f"<ul>{notes}</ul>" if notes else ""
    diff = Markup('<a class="diff" href="{}">What changed</a>').format(line.diff_url) if line.diff_url else ""
    return Markup(
        f'<li value="{line.number}"><p><strong>{title}</strong> {day}{shown} <small>{escape(about)}</small> {diff}</p>{notes}</li>'
    )


def _related(block: Related, level: int) -> str:
    entries = []
    for study in block.studies:
        words = study.status.replace("_", " ").capitalize()
        badge = f'<span class="badge {status_tone(study.status)}">{escape(words)}</span>' if words else ""
        title = render_link(study.title or study.nct_id, study.url)
        reasons = f'<p class="reasons">{escape("; ".join(study.reasons))}</p>' if study.reasons else ""
        entries.append(
            f"<li>{title}<p>{badge} {escape(study.nct_id)} {escape(study.phase)}</p>{reasons}</li>"
        )
    return f'<ul class="related">{"".join(entries)}</ul>'


WRITERS: dict[type, Callable[[Any, int], str]] = {
    Prose: _prose,
    Plain: _plain,
    Absent: _absent,
    Note: _note,
    Facts: _facts,
    Items: _items,
    Card: _card,
    Fold: _fold,
    Sub: _sub,
    Criteria: _criteria,
    Sites: _sites,
    Table: _table,
    Versions: _versions,
    Related: _related,
}
