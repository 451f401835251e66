"""A page's tree as HTML. Every text goes through `quote_text`; nothing else makes markup."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from markupsafe import Markup

from trialbook.model import PartialDate
from trialbook.model.sentences import write_day
from trialbook.pages.contents import RelatedStudy, VersionLine
from trialbook.pages.labels import status_tone, status_words
from trialbook.pages.printing import HOW, UNPRINTED, count_printed, find_unprinted
from trialbook.pages.tree import (
    Absent,
    AskPlace,
    Block,
    Card,
    Criteria,
    Day,
    Entry,
    Fact,
    Facts,
    Fold,
    Inline,
    Item,
    Items,
    Link,
    Missing,
    Note,
    NotHere,
    Part,
    Picture,
    Plain,
    Prose,
    Related,
    Row,
    Run,
    Section,
    Site,
    Sites,
    SiteTable,
    Sub,
    Table,
    Versions,
    Wording,
)
from trialbook.record.links import is_contact_address
from trialbook.record.markup import quote_text, render_inline, render_link, render_markup

MATRIX_CELLS = {
    sign: f'<td class="{name}"><span aria-hidden="true">{sign}</span><span class="hidden">{words}</span></td>'
    for sign, name, words in (("●", "yes", "given"), ("–", "no", "not given"), ("?", "no", "not stated"))
}
BULLET = '<span aria-hidden="true">•</span><span class="hidden">link to this</span>'
# Raw values that are longer are folded.
LONGEST_RAW = 1_000
TIMES = {"ACTUAL": "actual", "ESTIMATED": "estimated"}


def render_parts(parts: tuple[Part, ...]) -> Markup:
    """All sections of a page; headings start at level 2."""
    return Markup("".join(_section(section) for part in parts for section in part.sections))  # noqa: S704


def render_blocks(blocks: tuple[Block, ...], level: int = 2) -> str:
    """Blocks of a tree alone; headings start at a level."""
    return _blocks(blocks, level)


def render_block(block: Block, level: int) -> Markup:
    """One block of a page; headings in it start at a level."""
    return Markup(WRITERS[type(block)](block, level))  # noqa: S704 - quoted where it is written


def _section(section: Section) -> str:
    anchor = quote_text(section.anchor)
    blocks = _blocks(section.blocks, 3)
    if section.anchor in UNPRINTED:
        told = f'<p class="in-print">Not printed here. {HOW}</p>'
        blocks = f'<div class="unprinted">{blocks}</div>{told}'
    return (
        f'<section id="{anchor}" aria-labelledby="h-{anchor}">'
        f'<h2 id="h-{anchor}">{quote_text(section.title)}'
        f'<a class="anchor" href="#{anchor}" aria-label="Link to {quote_text(section.title)}">#</a></h2>'
        f'<p class="purpose">{quote_text(section.purpose)}</p>{blocks}</section>\n'
    )


def _blocks(blocks: tuple[Block, ...], level: int) -> str:
    written = [WRITERS[type(block)](block, level) for block in blocks]
    left_out = find_unprinted(blocks)
    if left_out is None:
        return "".join(written)
    first, count, total = left_out
    rest = "".join(written[first:])
    return f'{"".join(written[:first])}<div class="unprinted">{rest}</div>{_tell_unprinted(count, total)}'


def _find_long(total: int) -> tuple[str, str]:
    """The class of a list whose end is left out of print, and the line in print that says so."""
    left_out = total - count_printed(total)
    return (" long", _tell_unprinted(left_out, total)) if left_out else ("", "")


def _tell_unprinted(count: int, total: int) -> str:
    return f'<p class="in-print">{count:,} of {total:,} are not printed here. {HOW}</p>'


def render_piece(piece: Inline | Prose) -> str:
    """A piece of running text."""
    if isinstance(piece, str):
        return quote_text(piece)
    if isinstance(piece, Wording):
        words = f'<span class="words">{quote_text(piece.words)}</span>'
        if not piece.registry or piece.registry == piece.words:
            return words
        return f'{words} <code class="term">{quote_text(piece.registry)}</code>'
    if isinstance(piece, Day):
        return _day(piece)
    if isinstance(piece, Link):
        if is_contact_address(piece.url):
            return f'<a href="{quote_text(piece.url)}">{quote_text(piece.text)}</a>'
        return str(render_link(piece.text, piece.url))
    if isinstance(piece, Run):
        return "".join(map(render_piece, piece.pieces))
    return str(render_markup(piece.text))


def _day(day: Day) -> str:
    kind = f' <span class="kind">({quote_text(TIMES.get(day.type, day.type))})</span>' if day.type else ""
    return f'<time datetime="{quote_text(day.value)}">{quote_text(write_day(day.value))}</time>{kind}'


def _prose(block: Prose, level: int) -> str:
    return f'<div class="prose">{render_markup(block.text)}</div>'


def _plain(block: Plain, level: int) -> str:
    return f"<p>{''.join(map(render_piece, block.pieces))}</p>"


def _absent(block: Absent, level: int) -> str:
    link = f" {render_piece(block.link)}." if block.link else ""
    return f'<p class="absent">{quote_text(block.text)}{link}</p>'


def _note(block: Note, level: int) -> str:
    return f'<p class="note {quote_text(block.tone)}">{"".join(map(render_piece, block.pieces))}</p>'


def _facts(block: Facts, level: int) -> str:
    if block.style == "raw":
        return f'<dl class="facts raw">{"".join(map(_raw_fact, block.rows))}</dl>'
    return f'<dl class="facts {quote_text(block.style)}">{"".join(map(_fact, block.rows))}</dl>'


def _raw_fact(fact: Fact) -> str:
    """A value as it stands in the record, folded where it is long."""
    text = "".join(map(render_piece, fact.values))
    if len(text) <= LONGEST_RAW:
        return _fact(fact)
    summary = f"<summary>{len(text):,} characters</summary>"
    return f"<div><dt>{quote_text(fact.label)}</dt><dd><details>{summary}{text}</details></dd></div>"


def _fact(fact: Fact) -> str:
    if not fact.values:
        value = f'<dd class="absent">{quote_text(fact.missing)}</dd>'
    elif fact.is_running:
        value = f'<dd class="absent">{"".join(map(render_piece, fact.values))}</dd>'
    elif len(fact.values) == 1:
        value = f"<dd>{render_piece(fact.values[0])}</dd>"
    else:
        value = "".join(f"<dd>{render_piece(piece)}</dd>" for piece in fact.values)
    meaning = f'<dd class="meaning">{quote_text(fact.meaning)}</dd>' if fact.meaning else ""
    return f"<div><dt>{quote_text(fact.label)}</dt>{value}{meaning}</div>"


def _items(block: Items, level: int) -> str:
    long, told = _find_long(len(block.items)) if block.style == "bullets" else ("", "")
    items = "".join(_item(item, level) for item in block.items)
    return f'<ul class="{quote_text(block.style)}{long}">{items}</ul>{told}'


def _item(item: Item, level: int) -> str:
    return f"<li>{' '.join(map(render_piece, item.pieces))}{_blocks(item.below, level)}</li>"


def _picture(block: Picture, level: int) -> str:
    table = _blocks((Fold("The same as a table", (block.table,)),), level) if block.table else ""
    return (
        f'<figure class="picture"><div class="scroll canvas" role="group" tabindex="0"'
        f' aria-label="{quote_text(block.meaning)}">{block.drawing}</div>'
        f"<figcaption>{quote_text(block.meaning)}</figcaption>{table}</figure>"
    )


def _card(block: Card, level: int) -> str:
    tags = "".join(f'<span class="tag">{render_piece(tag)}</span>' for tag in block.tags)
    tags = f'<p class="tagline">{tags}</p>' if tags else ""
    title = _heading(block.title, level) if block.title else ""
    return f'<div class="card">{title}{tags}{_blocks(block.blocks, level + 1)}</div>'


def _fold(block: Fold, level: int) -> str:
    is_open = " open" if block.is_open else ""
    tags = "".join(f'<span class="tag">{quote_text(tag)}</span>' for tag in block.tags)
    heading = f'<h{level} class="fold-title">{quote_text(block.summary)}</h{level}>'
    return (
        f"<details{is_open}><summary>{heading}{tags}</summary>"
        f'<div class="fold">{_blocks(block.blocks, level + 1)}</div></details>'
    )


def _sub(block: Sub, level: int) -> str:
    return f'<div class="sub">{_heading(block.title, level)}{_blocks(block.blocks, level + 1)}</div>'


def _heading(title: str, level: int) -> str:
    return f"<h{level}>{quote_text(title)}</h{level}>"


def _criteria(block: Criteria, level: int) -> str:
    entries = "".join(map(_criterion, block.entries))
    kind = quote_text(block.kind)
    return f'<div class="sub criteria {kind}">{_heading(block.title, level)}<ol>{entries}</ol></div>'


def _criterion(entry: Entry) -> str:
    level = f' data-level="{min(entry.level, 4)}"' if entry.level else ""
    is_number = bool(entry.mark) and entry.mark[-1] in ".):"
    mark = quote_text(entry.mark) if is_number else BULLET
    anchor = quote_text(entry.anchor)
    return (
        f'<li id="{anchor}"{level}><a class="mark" href="#{anchor}">{mark}</a>'
        f" <span>{render_inline(entry.text)}</span></li>"
    )


def _sites(block: Sites, level: int) -> str:
    long, told = _find_long(len(block.items))
    return f'<ul class="sites{long}">{"".join(map(_site, block.items))}</ul>{told}'


def _ask_place(block: AskPlace, level: int) -> str:
    form = block.form
    problem = (
        f'<p class="note warn message" role="alert">{quote_text(form.problem)}</p>' if form.problem else ""
    )
    links = ", ".join(str(render_link(label, url)) for label, url in form.others)
    others = f'<p class="hint">Or did you mean {links}?</p>' if links else ""
    return (
        f'<form class="place-form" action="{quote_text(form.action)}" method="get">'
        '<label for="near">Nearest to</label> '
        f'<input id="near" name="near" value="{quote_text(form.value)}" maxlength="200"'
        ' placeholder="Town, postal code or region" autocomplete="address-level2"> '
        f'<button type="submit">Sort the sites</button></form>{problem}{others}'
    )


def _site(site: Site) -> str:
    distance = f'<span class="distance">{quote_text(site.distance)}</span>' if site.distance else ""
    contacts = "".join(f'<span class="contact">{each}</span>' for each in _contacts(site))
    return (
        f"<li><strong>{quote_text(site.name)}</strong>{_site_status(site)}{distance}"
        f'<span class="place">{quote_text(site.place)}{_site_map(site)}</span>{contacts}</li>'
    )


def _contacts(site: Site) -> list[str]:
    return ["".join(map(render_piece, contact)) for contact in site.contacts]


def _site_status(site: Site) -> str:
    if not site.status:
        return ""
    term = f'data-term="{quote_text(site.status.registry)}"'
    return f'<span class="badge {quote_text(site.tone)}" {term}>{quote_text(site.status.words)}</span>'


def _site_map(site: Site) -> str:
    if not site.map_url:
        return ""
    label = f'aria-label="Map of {quote_text(site.name)}"'
    return f' <a class="map" href="{quote_text(site.map_url)}" rel="noopener nofollow" {label}>map</a>'


def _site_table(block: SiteTable, level: int) -> str:
    caption = quote_text(block.caption)
    rows = []
    for state, sites in block.states:
        if state or len(block.states) > 1:
            name = quote_text(state or "State not given")
            rows.append(f'<tr class="group"><th scope="rowgroup" colspan="3">{name}</th></tr>')
        rows += map(_site_row, sites)
    long, told = _find_long(len(rows))
    return (
        f'<div class="scroll" role="group" aria-label="{caption}" tabindex="0"><table class="sites{long}">'
        f'<caption class="hidden">{caption}</caption><thead><tr><th scope="col">Site</th><th scope="col">Status</th>'
        f'<th scope="col">Contact</th></tr></thead><tbody>{"".join(rows)}</tbody></table></div>{told}'
    )


def _site_row(site: Site) -> str:
    contacts = "".join(f'<span class="contact">{each}</span>' for each in _contacts(site))
    place = f'<span class="place">{quote_text(site.place)}{_site_map(site)}</span>'
    return (
        f'<tr><th scope="row">{quote_text(site.name)}{place}</th>'
        f"<td>{_site_status(site)}</td><td>{contacts}</td></tr>"
    )


def _table(block: Table, level: int) -> str:
    caption = quote_text(block.caption)
    width = len(block.columns) + 1
    head = "".join(f'<th scope="col">{quote_text(column)}</th>' for column in block.columns)
    write = _matrix_row if block.is_matrix else _row
    kind = "matrix" if block.is_matrix else "numbers" if block.is_numeric else ""
    long, told = _find_long(len(block.rows)) if not block.is_matrix else ("", "")
    kind = f' class="{(kind + long).strip()}"' if kind or long else ""
    rows = "".join([write(row, width) for row in block.rows])
    notes = (
        f'<ul class="table-notes">{"".join(f"<li>{quote_text(note)}</li>" for note in block.notes)}</ul>'
        if block.notes
        else ""
    )
    return (
        f'<div class="scroll" role="group" aria-label="{caption}" tabindex="0">'
        f"<table{kind}><caption>{caption}</caption>"
        f'<thead><tr><th scope="col">{quote_text(block.corner)}</th>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>{told}{notes}"
    )


def _row(row: Row, width: int) -> str:
    remark = f" <small>{quote_text(row.remark)}</small>" if row.remark else ""
    if row.is_group:
        span = f'scope="rowgroup" colspan="{width}"'
        return f'<tr class="group"><th {span}>{quote_text(row.header)}{remark}</th></tr>'
    cells = "".join([f"<td>{quote_text(cell)}</td>" for cell in row.cells])
    level = f' class="l{row.level}"' if row.level else ""
    return f'<tr><th scope="row"{level}>{quote_text(row.header)}{remark}</th>{cells}</tr>'


def _matrix_row(row: Row, width: int) -> str:
    remark = f" <small>{quote_text(row.remark)}</small>" if row.remark else ""
    cells = "".join(MATRIX_CELLS.get(cell) or f"<td>{quote_text(cell)}</td>" for cell in row.cells)
    return f'<tr><th scope="row">{quote_text(row.header)}{remark}</th>{cells}</tr>'


def _versions(block: Versions, level: int) -> str:
    long, told = _find_long(len(block.lines))
    return f'<ol class="versions{long}" reversed>{"".join(map(render_version, block.lines))}</ol>{told}'


def render_version(line: VersionLine) -> Markup:
    """One version in a timeline."""
    day = _day(Day(line.version_date)) if line.version_date else "date not given"
    name = quote_text(f"Version {line.number}")
    title = f'<a href="{quote_text(line.url)}">{name}</a>' if line.url and not line.is_shown else name
    shown = ' <span class="badge running">shown here</span>' if line.is_shown else ""
    if not line.is_held:
        return _write_listed(line, day, name)
    about = f"learnt {write_day(PartialDate(line.learnt_at[:10]))}" if line.learnt_at else ""
    notes = "".join(
        f"<li><b>{quote_text(note.group)}</b> {quote_text(note.text)}</li>" for note in line.changes
    )
    notes = f"<ul>{notes}</ul>" if notes else ""
    diff = f'<a class="diff" href="{quote_text(line.diff_url)}">What changed</a>' if line.diff_url else ""
    about += f"; {line.doubt}" if line.doubt else ""
    source = f' <code class="term">{quote_text(line.source)}</code>' if line.source else ""
    day = f"{quote_text(line.meaning)} {day}" if line.meaning else day
    words = f"<strong>{title}</strong> {day}{shown} <small>{quote_text(about)}</small>{source} {diff}"
    if line.copies:
        links = ", ".join(f'<a href="{quote_text(url)}">{quote_text(text)}</a>' for text, url in line.copies)
        words += f" <small>Fuller than {links}</small>"
    return Markup(f'<li value="{line.number}"><p>{words}</p>{notes}</li>')  # noqa: S704 - quoted above


def _write_listed(line: VersionLine, day: str, name: str) -> Markup:
    """A version that the registry lists and that is not held here."""
    told = "; ".join(filter(None, (line.status, ", ".join(line.labels))))
    words = (
        f"<strong>{name}</strong> {day} <small>not held here{quote_text(f'; {told}' if told else '')}</small>"
    )
    return Markup(f'<li value="{line.number}" class="listed"><p>{words}</p></li>')  # noqa: S704 - quoted above


def _not_here(block: NotHere, level: int) -> str:
    entries = ", ".join(map(_missing, block.entries))
    return f'<p class="absent">{quote_text(block.lead)}: {entries}.</p>'


def _missing(entry: Missing) -> str:
    link = f" ({render_piece(entry.link)})" if entry.link else ""
    return f'<span id="{quote_text(entry.anchor)}">{quote_text(entry.title)}</span>{link}'


def _related(block: Related, level: int) -> str:
    return f'<ul class="related">{"".join(map(render_related, block.studies))}</ul>'


def render_related(study: RelatedStudy) -> Markup:
    """One related study, with what it is and why it is there."""
    badge = ""
    if study.status:
        words = quote_text(status_words(study.status))
        tone = "quiet" if study.is_outdated else status_tone(study.status)
        badge = f'<span class="badge {tone}">{words}</span>'
        badge += f"<span>{quote_text(study.status_age)}</span>" if study.status_age else ""
    relation = f'<span class="relation">{quote_text(study.relation)}</span>' if study.relation else ""
    about = "".join(
        f"<span>{part}</span>"
        for part in (
            f'<b class="nct">{quote_text(study.nct_id)}</b>',
            quote_text(study.phase),
            _age(study.version_date, study.learnt_at),
        )
        if part
    )
    reasons = "".join(f"<li>{quote_text(reason)}</li>" for reason in study.reasons)
    reasons = f'<ul class="tags reasons" aria-label="Why it is here">{reasons}</ul>' if reasons else ""
    title = render_link(study.title or study.nct_id, study.url)
    return Markup(  # noqa: S704 - quoted above
        f'<li>{title}<p class="about-it">{badge}{relation}{about}</p>{reasons}</li>'
    )


def _age(version_date: PartialDate | None, learnt_at: str) -> str:
    dated = f"record of {_day(Day(version_date))}" if version_date else "record without a date"
    learnt = f", learnt {_day(Day(PartialDate(learnt_at[:10])))}" if learnt_at else ""
    return dated + learnt


WRITERS: dict[type, Callable[[Any, int], str]] = {
    Prose: _prose,
    Plain: _plain,
    Absent: _absent,
    Note: _note,
    Facts: _facts,
    Items: _items,
    Picture: _picture,
    Card: _card,
    Fold: _fold,
    Sub: _sub,
    Criteria: _criteria,
    Sites: _sites,
    SiteTable: _site_table,
    AskPlace: _ask_place,
    Table: _table,
    Versions: _versions,
    NotHere: _not_here,
    Related: _related,
}
