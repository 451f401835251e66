"""How is a saved record page taken apart? Paragraphs, markers and labels, and the draft they fill."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from trialbook.source.spellings import as_enum

# A value of an enumeration as pages print it: a few words, no sentence.
_VALUE = re.compile(r"[A-Za-z][\w/,()&-]*(?: [\w/,()&-]+){0,5}")


class Draft:
    """The record while it is being read off a page."""

    def __init__(self) -> None:
        self.modules: dict[str, dict[str, Any]] = {}
        self.page: dict[str, Any] = {}
        self.has_results: bool | None = None
        self.countries: list[str] = []

    def put(self, module: str, key: str, value: Any) -> None:
        """Set a value of the record unless it is empty."""
        if value not in (None, "", [], {}):
            self.modules.setdefault(module, {})[key] = value

    def leave(self, section: str, lines: list[str]) -> None:
        """Keep text that does not fit, with the heading under which it stood."""
        text = "\n".join(lines).strip()
        if text:
            self.page.setdefault("unread", []).append({"section": section, "text": text})

    def note_joined(self, path: str) -> None:
        """Note that the page prints this list in one line, so that its items cannot be told apart."""
        self.page.setdefault("joinedLists", []).append(path)


def is_absent(text: str) -> bool:
    """Tell whether the page prints this in the place of a missing value."""
    return text.strip() in ("", "-", "–", "—")


def cut_paragraphs(lines: list[str], markers: tuple[str, ...] = ()) -> list[str]:
    """Join lines to paragraphs at blank lines; a line that starts with a marker stands alone.

    A page saved without blank lines has one item a line: then each line is a paragraph.
    """
    body = "\n".join(lines).strip("\n").split("\n")
    if markers and not any(not line.strip() for line in body):
        return [line.strip() for line in body if line.strip()]
    paragraphs: list[list[str]] = [[]]
    for line in body:
        if not line.strip():
            paragraphs.append([])
        elif after_marker(line, markers) is not None:
            paragraphs += [[line.strip()], []]
        else:
            paragraphs[-1].append(line)
    return ["\n".join(paragraph).strip() for paragraph in paragraphs if paragraph]


def after_marker(line: str, markers: tuple[str, ...]) -> str | None:
    """Return what follows the marker at the start of a line ("" for a bare one), None without one."""
    for marker in markers:
        if line.strip().casefold().startswith(marker.casefold()):
            rest = line.strip()[len(marker) :]
            if not rest or rest[0] in ": ":
                return rest.lstrip(": ").strip()
    return None


def cut_at_marker(texts: list[str], marker: str) -> list[tuple[list[str], str | None]]:
    """Group the texts that stand before each marker with what the marker says."""
    groups: list[tuple[list[str], str | None]] = []
    block: list[str] = []
    for text in texts:
        said = after_marker(text, (marker,))
        if said is None:
            block.append(text)
        else:
            groups.append((block, said))
            block = []
    if block:
        groups.append((block, None))
    return groups


def read_labelled(lines: list[str], labels: tuple[str, ...]) -> tuple[list[str], dict[str, list[str]]]:
    """Split lines into those above the first label and the texts under each label."""
    folded = {label.casefold(): label for label in labels}
    above: list[str] = []
    under: dict[str, list[str]] = {}
    current = above
    for line in lines:
        head, colon, rest = line.strip().partition(":")
        label = folded.get(line.strip().casefold()) or (folded.get(head.casefold()) if colon else None)
        if label and label not in under:
            current = under[label] = [rest.strip()] if colon else []
        else:
            current.append(line)
    return above, {label: [line.strip() for line in body if line.strip()] for label, body in under.items()}


def take(
    draft: Draft, section: str, texts: list[str], convert: Callable[[str], Any], keep: int = 1
) -> list[Any]:
    """Convert the first `keep` texts under a label; leave aside the others and those not understood."""
    values = []
    for i, text in enumerate(texts):
        if is_absent(text):
            continue
        value = convert(text) if i < keep else None
        if value is None:
            draft.leave(section, [text])
        else:
            values.append(value)
    return values


def enum_reader(kind: str) -> Callable[[str], str | None]:
    return lambda text: as_enum(kind, text) if _VALUE.fullmatch(text) else None
