"""The registry's markdown dialect: paragraphs, lists, backslash escapes, links. Nothing else becomes markup.

The registry escapes each character that CommonMark would read (`\\>`, `\\[`, `\\*`), so what is left
unescaped at the start of a line is a list mark that the sponsor's text really had. Raw HTML is shown as text,
but for the paragraphs and lists of the registry's older tagged form, which are read as such.
"""

from __future__ import annotations

import html
import re

import msgspec
from markupsafe import Markup, escape

from trialbook.record.links import is_contact_address, is_own_address, is_web_address, study_url

ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")
LIST_MARK = re.compile(r"^([ \t]*)([*+•-]|\d{1,3}[.)])[ \t]+")
HEADING = re.compile(r"^#{1,6}[ \t]+(?=\S)")
INLINE = re.compile(
    r"(?P<escape>\\[!-/:-@\[-`{-~])"
    r"|(?P<titled>(?<!\\)\[[^\[\]\n]{1,300}\]\(https?://[^\s()]{1,1000}\))"
    r"|(?P<url>https?://[^\s<>\"'`|]{1,1000})"
    r"|(?P<nct>\bNCT\d{8}\b)"
    r"|(?P<strong>(?<!\\)\*\*(?=\S)[^*\n]{1,300}(?<=\S)\*\*)",
    re.IGNORECASE,
)
TAGGED = re.compile(r"<(?:p|ul|ol|li|br)\s*/?>", re.IGNORECASE)
TAG = re.compile(r"</?(p|ul|ol|li|br|b|i|em|strong|u|sub|sup|span|div)\s*/?>", re.IGNORECASE)
SPECIAL = re.compile(r"[&<>\"']")
MAX_DEPTH = 8


class Entry(msgspec.Struct, frozen=True):
    """One paragraph (`mark` is "") or list entry, with its depth and its text still escaped."""

    text: str
    mark: str = ""
    depth: int = 0


def unescape(text: str) -> str:
    r"""Undo the registry's backslash escapes.

    >>> unescape(r"HbA1c \> 7% \[NGSP\]")
    'HbA1c > 7% [NGSP]'
    """
    return ESCAPE.sub(r"\1", text) if "\\" in text else text


def parse_entries(text: str) -> list[Entry]:
    """Split a text into paragraphs and list entries; indentation gives the depth."""
    if "<" in text and TAGGED.search(text):
        text = _from_tags(text)
    entries: list[Entry] = []
    lines: list[str] = []
    mark, depth = "", 0
    indents: list[int] = []

    def close() -> None:
        if lines:
            entries.append(Entry(text=" ".join(lines), mark=mark, depth=depth))
            lines.clear()

    for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        found = LIST_MARK.match(line)
        if found:
            close()
            indent = len(found[1].expandtabs(4))
            while indents and indents[-1] > indent:
                indents.pop()
            if not indents or indents[-1] < indent:
                indents.append(indent)
            mark, depth = found[2], min(len(indents) - 1, MAX_DEPTH)
            lines.append(line[found.end() :].strip())
        elif not line.strip():
            close()
            mark, depth = "", 0
        else:
            if not lines:
                mark, depth = "", 0
                if not line[0].isspace():
                    indents.clear()
            lines.append(HEADING.sub("", line.strip()))
    close()
    return entries


def _from_tags(text: str) -> str:
    """The registry's older tagged form as its markdown form; tags that it does not use stay text."""
    parts: list[str] = []
    lists: list[str] = []
    position = 0
    for tag in TAG.finditer(text):
        parts.append(re.sub(r"\s+", " ", html.unescape(text[position : tag.start()])).replace("\\", "\\\\"))
        position = tag.end()
        name, is_end = tag[1].lower(), tag[0].startswith("</")
        if name in ("ul", "ol"):
            if is_end and lists:
                lists.pop()
            elif not is_end:
                lists.append(name)
            parts.append("\n")
        elif name == "li" and not is_end:
            # No deeper than `parse_entries` tells apart: else nested lists would cost their number squared.
            depth = min(max(0, len(lists) - 1), MAX_DEPTH)
            parts.append(f"\n{'  ' * depth}{'1.' if lists[-1:] == ['ol'] else '*'} ")
        elif name == "p" and (
            is_end or not parts or not re.search(r"\n\s*(?:\*|1\.) $", "".join(parts[-2:]))
        ):
            parts.append("\n\n")
        elif name == "br":
            parts.append("\n")
    parts.append(html.unescape(text[position:]))
    return "".join(parts)


def quote_text(text: str) -> str:
    """A text as HTML text or as a quoted attribute's value. Most texts hold nothing to escape: a fast path.

    >>> quote_text('<a href="x">')
    '&lt;a href=&#34;x&#34;&gt;'
    """
    return str(escape(text)) if SPECIAL.search(text) else str(text)


def render_markup(text: str) -> Markup:
    """Turn a text of the registry into HTML: escaped throughout, with paragraphs, lists and links."""
    parts: list[str] = []
    open_lists: list[str] = []
    for entry in parse_entries(text):
        words = render_inline(entry.text)
        if not entry.mark:
            while open_lists:
                parts.append(f"</li></{open_lists.pop()}>")
            parts.append(f"<p>{words}</p>")
            continue
        kind = "ol" if entry.mark[0].isdigit() else "ul"
        while len(open_lists) > entry.depth + 1:
            parts.append(f"</li></{open_lists.pop()}>")
        if len(open_lists) == entry.depth + 1 and open_lists[-1] != kind:
            parts.append(f"</li></{open_lists.pop()}>")
        if len(open_lists) == entry.depth + 1:
            parts.append("</li>")
        else:
            open_lists.append(kind)
            parts.append(f"<{kind}>")
        value = f' value="{int(entry.mark[:-1])}"' if kind == "ol" else ""
        parts.append(f"<li{value}>{words}")
    while open_lists:
        parts.append(f"</li></{open_lists.pop()}>")
    return Markup("".join(parts))  # noqa: S704 - every part was quoted


def render_inline(text: str) -> Markup:
    """One line of registry text as HTML: escaped, its escapes undone, its addresses made links."""
    if "\\" not in text and "http" not in text and "NCT" not in text and "**" not in text:
        return escape(text)
    parts: list[str] = []
    position = 0
    for match in INLINE.finditer(text):
        parts.append(quote_text(text[position : match.start()]))
        parts.append(_render_match(match))
        position = match.end()
    parts.append(quote_text(text[position:]))
    return Markup("".join(parts))  # noqa: S704 - every part was quoted


def _render_match(match: re.Match[str]) -> str:
    found = match[0]
    if match.lastgroup == "escape":
        return quote_text(found[1])
    if match.lastgroup == "nct":
        return str(render_link(found.upper(), study_url(found.upper())))
    if match.lastgroup == "strong":
        return f"<strong>{quote_text(unescape(found[2:-2]))}</strong>"
    if match.lastgroup == "titled":
        words, _, address = found[1:-1].partition("](")
        return str(render_link(unescape(words), unescape(address)))
    address = unescape(found)
    bare = address.rstrip(".,;:!?)]}*_~")
    if bare.count("(") > bare.count(")") and address[len(bare) :].startswith(")"):
        bare += ")"
    return str(render_link(bare, bare)) + quote_text(address[len(bare) :])


def render_link(text: str, url: str) -> Markup:
    """A link, or only its text where the address is neither a web address, a path of ours, nor of a telephone or a mailbox."""
    if is_web_address(url):
        link = f'<a href="{quote_text(url)}" rel="noopener nofollow">{quote_text(text)}</a>'
        return Markup(link)  # noqa: S704 - quoted
    if is_own_address(url) or is_contact_address(url):
        return Markup(f'<a href="{quote_text(url)}">{quote_text(text)}</a>')  # noqa: S704 - quoted
    return escape(text)


def strip_markup(text: str) -> str:
    """A text of the registry as one plain line, for a table cell."""
    return " ".join(unescape(text).split())
