"""What does the page of a giant record show? The first part of each list and text, and how much is left out."""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec

from trialbook.model import Study
from trialbook.pages.tree import Node, Note, Part, Section

# The longest lists of real records have some 2,000 entries, the longest texts 32,000 characters.
MOST_ENTRIES, MOST_CHARACTERS = 5_000, 100_000
# On one page: the longest real record, near 20 MiB, is shown whole or nearly.
MOST_ENTRIES_OF_ALL, MOST_CHARACTERS_OF_ALL = 100_000, 8_000_000
# What is as short as a label is, is shown whole.
ALWAYS_SHOWN = 100
LONGEST_TITLE = 5_000
MOST_TOLD = 5
# A record of fewer bytes of JSON has nothing to be cut.
SHORT_BYTES = 1_000_000
WHERE = "in the record's JSON"


def is_giant(study: Study) -> bool:
    """Whether a record is so large that its page may have to leave something out."""
    return len(msgspec.json.encode(study, enc_hook=str)) > SHORT_BYTES


def shorten_title(title: str) -> str:
    """A title for the head of a page: the registry's have 600 characters at most."""
    return title if len(title) <= LONGEST_TITLE else f"{title[:LONGEST_TITLE]} …"


def shorten_parts(parts: tuple[Part, ...]) -> tuple[Part, ...]:
    """The parts of a page with lists and texts cut where they are longer than any real record's.

    Whatever is cut is followed by a sentence that says how much is left out, and where it is.
    """
    budget = _Budget()
    return tuple(
        Part(part.title, tuple(budget.shorten_section(section) for section in part.sections))
        for part in parts
    )


class _Budget:
    """What a page may still show."""

    def __init__(self) -> None:
        self._entries, self._characters = MOST_ENTRIES_OF_ALL, MOST_CHARACTERS_OF_ALL

    def shorten_section(self, section: Section) -> Section:
        left_out: list[str] = []
        blocks = list(self._shorten_all(section.blocks, "blocks", left_out))
        if left_out:
            further = len(left_out) - MOST_TOLD
            told = "; ".join(left_out[:MOST_TOLD]) + (
                f"; and parts of {further:,} more" if further > 0 else ""
            )
            blocks.append(
                Note((f"Not shown on this page, which would be too long: {told}. All is {WHERE}.",), "warn")
            )
        return msgspec.structs.replace(section, blocks=tuple(blocks))

    def _shorten_all(self, entries: tuple[Any, ...], name: str, left_out: list[str]) -> tuple[Any, ...]:
        most = min(MOST_ENTRIES, self._entries)
        if len(entries) > most:
            left_out.append(f"{len(entries) - most:,} of {len(entries):,} {_NAMES.get(name, 'entries')}")
            entries = entries[:most]
        self._entries -= len(entries)
        return tuple([self._shorten(entry, left_out) for entry in entries])

    def _shorten(self, value: Any, left_out: list[str]) -> Any:
        if type(value) is str:
            return self._shorten_text(value, left_out)
        if type(value) is tuple:
            return self._shorten_all(value, "", left_out)
        if not isinstance(value, Node):
            return value
        changed: dict[str, Any] = {}
        for name in _find_open_fields(type(value)):
            held = getattr(value, name)
            kept = (
                self._shorten_all(held, name, left_out)
                if type(held) is tuple
                else self._shorten(held, left_out)
            )
            if kept is not held:
                changed[name] = kept
        return msgspec.structs.replace(value, **changed) if changed else value

    def _shorten_text(self, text: str, left_out: list[str]) -> str:
        most = min(MOST_CHARACTERS, self._characters)
        if len(text) > max(most, ALWAYS_SHOWN):
            left_out.append(f"{len(text) - most:,} of a text's {len(text):,} characters")
            text = f"{text[: max(most, ALWAYS_SHOWN)]} …"
        self._characters -= len(text)
        return text


_NAMES = {
    "items": "entries",
    "rows": "rows",
    "entries": "criteria",
    "columns": "columns",
    "lines": "versions",
}


@cache
def _find_open_fields(kind: type[Node]) -> tuple[str, ...]:
    """The fields of a node that may hold texts or lists of any length."""
    return tuple(field.name for field in msgspec.structs.fields(kind))
