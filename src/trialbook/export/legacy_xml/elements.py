"""How are words, dates and values written in the old XML?"""

from __future__ import annotations

import re
from calendar import month_name
from typing import Any
from xml.etree.ElementTree import Element, SubElement

from trialbook.model import PartialDate
from trialbook.record.markup import parse_entries, unescape
from trialbook.record.pieces import find_enum_label, get_enums
from trialbook.record.texts import find_text

# What XML 1.0 cannot hold, escaped or not.
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_BLANK_LINES = re.compile(r"\n\s*\n")
_CLOSING, _INDENT, _STEP = "    ", "      ", "     "


def clean(text: str) -> str:
    """A text without the characters that XML cannot hold."""
    return _NO_XML.sub("", text)


def add(parent: Element, tag: str, text: str = "", **attributes: str) -> Element | None:
    """Add an element with a text or attributes, those that are not empty; none where all are."""
    kept = {name: clean(value) for name, value in attributes.items() if value}
    if not text and not kept:
        return None
    element = SubElement(parent, tag, kept)
    element.text = clean(text) or None
    return element


def add_words(parent: Element, tag: str, holder: Any, path: str) -> None:
    """Add a text of a record in its own words, without the registry's escapes."""
    add(parent, tag, _BLANK_LINES.sub("\n", unescape(find_text(holder, path))))


def add_block(parent: Element, tag: str, holder: Any, path: str) -> None:
    """Add a long text as an indented block, each paragraph and list item apart."""
    text = find_text(holder, path)
    if not text:
        return
    parts = []
    for entry in parse_entries(text):
        mark = "- " if entry.mark in ("*", "+", "•", "-") else entry.mark
        lead = f"{_INDENT}{_STEP * entry.depth}  {mark} " if entry.mark else _INDENT
        parts.append(lead + " ".join(unescape(entry.text).split()))
    add(SubElement(parent, tag), "textblock", "\n" + "\n\n".join(parts) + f"\n{_CLOSING}")


def add_flag(parent: Element, tag: str, holder: Any, path: str) -> None:
    """Add a yes or no; any other value as it stands."""
    found = find_text(holder, path)
    add(parent, tag, {"true": "Yes", "false": "No"}.get(found, found))


def add_label(parent: Element, tag: str, kind: str, holder: Any, path: str) -> None:
    """Add a value of an enumeration in its older wording."""
    add(parent, tag, find_label(kind, find_text(holder, path)))


def find_label(kind: str, value: str) -> str:
    """The older wording of a value; of one that is not known, its words.

    >>> find_label("Status", "ACTIVE_NOT_RECRUITING"), find_label("Status", "ON_HOLD")
    ('Active, not recruiting', 'On Hold')
    """
    known = find_enum_label(kind, value) if kind in get_enums() else None
    return known or value.replace("_", " ").title()


def add_date(parent: Element, tag: str, text: str, kind: str = "") -> None:
    """Add a date in words, with its type where it has one."""
    if text:
        add(parent, tag, write_date(text), **({"type": find_label("DateType", kind)} if kind else {}))


def add_dated(parent: Element, tag: str, holder: Any, path: str) -> None:
    """Add a date structure."""
    add_date(parent, tag, find_text(holder, f"{path}.date"), find_text(holder, f"{path}.type"))


def write_date(text: str) -> str:
    """A date as the old XML has it; what is none stays as it is.

    >>> write_date("2019-02-08"), write_date("2019-02"), write_date("soon")
    ('February 8, 2019', 'February 2019', 'soon')
    """
    if PartialDate(text).earliest is None or len(text) not in (7, 10):
        return text
    year, month, *day = text.split("-")
    return f"{month_name[int(month)]} {int(day[0])}, {year}" if day else f"{month_name[int(month)]} {year}"
