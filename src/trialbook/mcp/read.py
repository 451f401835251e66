"""The tool `read`: what does this record say, whole or in the parts that are asked for?"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import msgspec

from trialbook.ask.dates import read_as_of
from trialbook.errors import UsageError
from trialbook.export.projection import project, replace_markup, select_fields
from trialbook.library import Library
from trialbook.mcp.arguments import MOST_CHARS, ReadArguments
from trialbook.mcp.outline import render_outline
from trialbook.mcp.shown import refuse_name
from trialbook.model.present import decode_present, parse_shown
from trialbook.model.study import decode_record
from trialbook.pages import render_study_text
from trialbook.record.markup import unescape
from trialbook.record.pieces import find_area, find_piece

WIDTH = 120


def read_study(library: Library, asked: ReadArguments) -> tuple[dict[str, Any], str]:
    """What is shown of which version, and the text itself: at most `max_chars` of it.

    Raises
    ------
    NotFoundError
        There is no such record or version.
    QueryError
        A field that does not exist.
    UsageError
        Values that make no sense together, or JSON that is longer than one answer.
    """
    body, about = _find_body(library, asked)
    text = _write_json(body, asked) if asked.format == "json" else _write_text(body, asked)
    about |= {"format": asked.format, "characters": len(text)}
    if asked.format == "json":
        return about, text
    if asked.offset and asked.offset >= len(text):
        raise UsageError(
            f"offset {asked.offset:,} lies behind the end: the text has {len(text):,} characters"
        )
    end = _find_end(text, asked.offset, asked.max_chars)
    about |= {"offset": asked.offset}
    if end < len(text):
        about |= {"next_offset": end}
    return about, text[asked.offset : end]


def _find_body(library: Library, asked: ReadArguments) -> tuple[bytes, dict[str, Any]]:
    if asked.version is None:
        as_of = read_as_of(asked.as_of)
        day = {"as_of": as_of} if as_of else {}
        nct_id = library.find_id(asked.nct_id)
        return library.get_body(nct_id, as_of=as_of), {"nct_id": nct_id, **day}
    version = library.find_version(asked.nct_id, version=asked.version, as_of=asked.as_of)
    body = library.store.get_version_body(version.version_id)
    return body, {"nct_id": version.nct_id, "version": version.number, "version_date": version.version_date}


def _select(body: bytes, asked: ReadArguments, decode: Callable[[bytes], dict[str, Any]]) -> dict[str, Any]:
    for name in asked.fields:
        if find_piece(name) is None and find_area(name) is None:
            raise refuse_name(name)
    return project(decode(body), select_fields(asked.fields))


def _write_text(body: bytes, asked: ReadArguments) -> str:
    if asked.fields:
        text = render_outline(replace_markup(_select(body, asked, decode_present), unescape))
        return text or "(the record says nothing of these)"
    day = read_as_of(asked.as_of)
    return render_study_text(parse_shown(body), width=WIDTH, today=date.fromisoformat(day) if day else None)


def _write_json(body: bytes, asked: ReadArguments) -> str:
    record = _select(body, asked, decode_record) if asked.fields else decode_record(body)
    text = msgspec.json.encode(record).decode()
    if asked.offset:
        raise UsageError("offset goes with format=text; for JSON choose fields")
    if len(text) > asked.max_chars:
        raise UsageError(
            f"this is {len(text):,} characters of JSON, more than max_chars = {asked.max_chars:,} (at most"
            f" {MOST_CHARS:,}); choose fields, or format=text, which can be read in parts."
            f" The largest sections: {_measure(record)}"
        )
    return text


def _measure(record: dict[str, Any]) -> str:
    sizes = {
        name: len(msgspec.json.encode(module))
        for section in record.values()
        if isinstance(section, dict)
        for name, module in section.items()
    }
    largest = sorted(sizes.items(), key=lambda entry: -entry[1])[:6]
    return ", ".join(f"{name[:1].upper()}{name[1:]} {size:,}" for name, size in largest)


def _find_end(text: str, start: int, most: int) -> int:
    """Where a part ends: after a line, if one ends in its second half."""
    end = min(len(text), start + most)
    line_end = text.rfind("\n", start + most // 2, end)
    return end if end == len(text) or line_end < 0 else line_end + 1
