"""How did the registry's old XML lay out its words, and how does API v2 write the same ones?

The old XML breaks long text at a hundred columns, indents it and marks lists with `  -  ` and `  1. `.
API v2 serves the same text as Markdown: a paragraph on one line, `* ` and `1. ` for lists, and a
backslash before each character that Markdown would take for its own.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from typing import Any, NamedTuple
from xml.etree.ElementTree import Element

from trialbook.source.spellings import as_enum

_MONTHS = {name.lower(): number for number, name in enumerate(calendar.month_name) if name}
_LONG_DATE = re.compile(r"([A-Za-z]+)\s+(?:(\d{1,2}),\s+)?(\d{4})")
_NUMERIC_DATE = re.compile(r"(?:(\d{2})/)?(\d{4})")

_MARKDOWN_CHARACTER = re.compile(r"[\\<>\[\]*^~_&|]")
_LIST_LOOKALIKE = re.compile(r"^(\d+(?=[.)](?:\s|$))|(?=[-+](?:\s|$)))")
_BLANK_LINE = re.compile(r"\n[ \t]*(?:\n[ \t]*)*\n")
_LIST_ITEM = re.compile(r"(-(?=  )|\d+\.(?= ))\s+")


def keep(values: dict[str, Any]) -> dict[str, Any]:
    """Leave out what the source does not say: None, empty texts, lists and structures."""
    return {key: value for key, value in values.items() if value is not None and value not in ("", [], {})}


def words(node: Element | None, path: str = ".") -> str:
    """The text of the first element at `path`, on one line; "" where there is none."""
    found = None if node is None else node if path == "." else node.find(path)
    return " ".join(_text_of(found).split()) if found is not None else ""


def _text_of(node: Element) -> str:
    return "".join(node.itertext()) if len(node) else node.text or ""


def all_words(node: Element, path: str) -> list[str]:
    """The texts of all elements at `path` that have one, each on one line."""
    return [text for found in node.findall(path) if (text := words(found))]


def flag(text: str) -> bool | str | None:
    """`Yes` and `No` as booleans; any other text as it stands, None for none."""
    return {"yes": True, "no": False, "": None}.get(text.lower(), text)


def number(text: str | None) -> int | str | None:
    """A whole number; any other text as it stands, None for none."""
    if not text:
        return None
    return int(text) if re.fullmatch(r"-?[0-9]{1,15}", text) else text


def as_iso_date(text: str) -> str | None:
    """Write one of the old XML's dates as a partial date.

    The old XML says `Unknown` where API v2 leaves a date out. A text that is no date is kept.

    Examples
    --------
    >>> as_iso_date("February 8, 2019"), as_iso_date("February 2019"), as_iso_date("12/2020")
    ('2019-02-08', '2019-02', '2020-12')
    """
    text = " ".join(text.split())
    if match := _LONG_DATE.fullmatch(text):
        month = _MONTHS.get(match[1].lower())
        if month:
            return f"{match[3]}-{month:02}" + (f"-{int(match[2]):02}" if match[2] else "")
    if match := _NUMERIC_DATE.fullmatch(text):
        return f"{match[2]}-{match[1]}" if match[1] else match[2]
    return text if text and text.lower() != "unknown" else None


def enum(kind: str, label: str) -> str | None:
    """The v2 value of a label; None for no label."""
    if label == "Estimate":
        label = "Estimated"
    return as_enum(kind, label) if label else None


def map_dated(root: Element, path: str) -> dict[str, Any]:
    """A date with its type, as API v2's date structures have it."""
    node = root.find(path)
    if node is None:
        return {}
    return keep({"date": as_iso_date(words(node)), "type": enum("DateType", node.get("type", ""))})


def escape_markdown(text: str) -> str:
    r"""Write one paragraph's words as API v2 does.

    Examples
    --------
    >>> print(escape_markdown("1) LVEF < 40% [echo]"))
    1\) LVEF \< 40% \[echo\]
    """
    escaped = _MARKDOWN_CHARACTER.sub(lambda match: "\\" + match[0], text)
    return _LIST_LOOKALIKE.sub(lambda match: match[0] + "\\", escaped)


def as_markdown(text: str) -> str:
    """Write a short text (a description, a comment) as API v2 does: each of its lines is a paragraph.

    A line that starts with blanks goes on from the line before.
    """
    unwrapped = re.sub(r"\n[ \t]+(?=\S)", " ", text.replace("\r\n", "\n"))
    paragraphs = (" ".join(line.split()) for line in unwrapped.split("\n"))
    return "\n\n".join(escape_markdown(line) for line in paragraphs if line)


def markdown(node: Element | None, path: str = ".") -> str:
    """The short text of the first element at `path`, as API v2 writes it; "" where there is none."""
    found = None if node is None else node if path == "." else node.find(path)
    return as_markdown(_text_of(found)) if found is not None else ""


def block_markdown(node: Element | None, path: str) -> str:
    """The indented block of the first element at `path`, as API v2 writes it; "" where there is none."""
    found = None if node is None else node.find(path)
    return unwrap_block(_text_of(found)) if found is not None else ""


def unwrap_block(block: str) -> str:
    """Turn an indented, wrapped block into the Markdown that API v2 serves for it.

    Parameters
    ----------
    block
        The content of a `textblock`, its line breaks and indentation as they stand.

    Examples
    --------
    >>> print(unwrap_block('''
    ...       Inclusion Criteria:
    ...
    ...         -  LVEF <
    ...            40%
    ...
    ...              1. by echo
    ...     '''))
    Inclusion Criteria:
    <BLANKLINE>
    * LVEF \\< 40%
    <BLANKLINE>
      1. by echo
    """
    written: list[str] = []
    items: list[tuple[int, int]] = []  # the open list items: column of their text in the block, in Markdown
    before, before_indent = _Block(0, "", ""), 0
    for part in _split_block(block):
        while items and items[-1][0] >= part.column + (0 if part.marker else 1):
            items.pop()
        indent = items[-1][1] if items else 0
        if written:
            written.append("\n\n" if _is_loose(before, before_indent, part, indent) else "\n")
        start = " " * indent + (f"{part.marker} " if part.marker else "")
        written.append(start + escape_markdown(part.text))
        if part.marker:
            items.append((part.column, len(start)))
        before, before_indent = part, indent
    return "".join(written)


class _Block(NamedTuple):
    """A paragraph (no marker) or a list item, with the column at which its words start."""

    column: int
    marker: str
    text: str


def _split_block(block: str) -> Iterator[_Block]:
    block = block.replace("\r\n", "\n").replace("\t", " ")
    closing = block.rpartition("\n")[2]
    # The closing tag stands two columns left of the text; the writer's own list items start five,
    # ten… columns right of it. A number elsewhere is the sponsor's and opens a paragraph.
    base = len(closing) + 2 if block.count("\n") and not closing.strip() else None
    for paragraph in _BLANK_LINE.split(block.strip("\n")):
        column = len(paragraph) - len(paragraph.lstrip())
        item = _LIST_ITEM.match(paragraph, column)
        if item and (item[1] == "-" or base is None or (item.end() - base) % 5 == 0):
            marker = "*" if item[1] == "-" else item[1]
            yield _Block(item.end(), marker, " ".join(paragraph[item.end() :].split()))
        elif paragraph.strip():
            yield _Block(column, "", " ".join(paragraph.split()))


def _is_loose(before: _Block, before_indent: int, part: _Block, indent: int) -> bool:
    """Whether API v2 leaves a blank line between these two."""
    if not part.marker:
        return True
    if not before.marker:
        return before_indent == 0
    changed = indent == before_indent and (part.marker == "*") != (before.marker == "*")
    return indent > before_indent or changed
