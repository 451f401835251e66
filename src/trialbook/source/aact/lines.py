r"""Where do the lines of an AACT text end?

The tables write a line break as `~`. Exports of the old registry's time hold its text blocks so: indented,
and wrapped at eighty or a hundred columns. What is no line break is a tilde of the text: `~ 5 mg`, `20~30`,
`\~`, `/~name`.
"""

from __future__ import annotations

import itertools
import re
from typing import Any

from trialbook.record.pieces import get_pieces
from trialbook.source.legacy.text import unwrap_block

_TILDE = re.compile(r"(?<!\\)~")
# Tildes that are the text's own: about a number, between blanks, a span of numbers (with a unit or without)
# or of grades, a folder in an address.
_NUMBERED = r"(?!\s*\(?\d{1,3}[.)]\s)"
_OWN = re.compile(
    rf"(?:(?<=[\s(\[=<>≤≥])|(?<=^)){_NUMBERED}~{_NUMBERED}\s?[<>≤≥=]?\s?[$€£]?\d"
    r"|(?<=\s)~(?=\s[^\W_]\S*\s?[^.)])(?!\s[\da-z]{1,3}[.)]\s)"
    rf"|(?<![^\W\d_])(?P<low>\d[\d.,]*\s?(?P<unit>[a-zA-Z%°µμ]{{0,5}}))~{_NUMBERED}"
    r"(?=\d[\d.,]*(?:\s?(?P=unit)(?![^\W\d_])|[a-zA-Z%]{1,5}(?![^\W\d_])))"
    r"|(?<![^\W_])(?P<grade>[IVX]{1,4}|[\u2160-\u2169])~(?=(?:[IVX]{1,4}|[\u2160-\u2169])(?![^\W_]))"
    r"|(?<=[\w])/~(?=[a-z][\w.-]*/)"
)
_ITEM = re.compile(r"\s*(?:[-*+•]|\(?\d{1,3}[.)]|\(?[a-zA-Z][.)])\s")
_INDENTED = re.compile(r" {4,}\S")
_WIDTHS = (80, 100)
_LONGEST_WORD = 16
# So few lines may each be as long as that by chance.
_FEW = 3
# The longest of real records' texts have 32,000 characters; in a longer one only the signs of a break are read.
_LONGEST_TEXT = 200_000
# Elements of one line: what breaks there is a space.
_ONE_LINE = frozenset(("measure", "timeFrame"))


def restore_lines(text: str) -> str:
    r"""A text with its line breaks, whole paragraphs on one line each.

    Examples
    --------
    >>> restore_lines("Inclusion:~~* Adult~* about ~ 5 mg for 20~30 days")
    'Inclusion:\n\n* Adult\n* about ~ 5 mg for 20~30 days'
    >>> restore_lines("~      Adults who smoke.~~      Second paragraph.~    ")
    'Adults who smoke.\n\nSecond paragraph.'
    """
    if len(text) > _LONGEST_TEXT:
        return text.replace("~", "\n")
    if "~" in text and "\n" not in text:
        text = _break_lines(text)
    if "\n" not in text:
        return text
    lines = text.split("\n")
    filled = [line for line in lines if line.strip()]
    indented = [bool(_INDENTED.match(line)) for line in filled]
    if filled and indented[0] and sum(indented) * 2 > len(filled):
        return unwrap_block(text)
    return _join_wrapped(lines).strip("\n")


def restore_all_lines(record: dict[str, Any]) -> dict[str, Any]:
    """A record in the shape of API v2 with the line breaks of its texts; it is changed in place."""
    _restore(record)
    return record


def _restore(holder: dict[str, Any]) -> None:
    for key, value in holder.items():
        if isinstance(value, str):
            if key in _MARKUP:
                holder[key] = restore_lines(value)
            elif key in _ONE_LINE and "~" in value:
                holder[key] = " ".join(restore_lines(value).split())
        elif isinstance(value, dict):
            _restore(value)
        elif isinstance(value, list):
            for item in value:
                if isinstance(item, dict):
                    _restore(item)


def _break_lines(text: str) -> str:
    own = {
        found.end(0) - 1 if found[0].endswith("~") else found.start() + found[0].index("~")
        for found in _OWN.finditer(text)
    }
    return _TILDE.sub(lambda found: "~" if found.start() in own else "\n", text)


def _join_wrapped(lines: list[str]) -> str:
    """Join the lines that were broken only because the next word did not fit.

    That they were shows where no line within a paragraph is shorter than it had to be.
    """
    longest = max(map(len, lines))
    width = next((each for each in _WIDTHS if each - _LONGEST_WORD <= longest <= each), 0)
    goes_on = [
        bool(before.strip() and line.strip()) and not _ITEM.match(line)
        for before, line in itertools.pairwise(lines)
    ]
    wrapped = [line for line, is_inner in zip(lines[1:], goes_on, strict=True) if is_inner]
    if (
        not width
        or not wrapped
        or not all(
            len(before) + 1 + len(line.split()[0]) > width
            for (before, line), is_inner in zip(itertools.pairwise(lines), goes_on, strict=True)
            if is_inner
        )
    ):
        return "\n".join(lines)
    lower = sum(line.lstrip()[0].islower() for line in wrapped)
    if lower * 3 < len(wrapped) or (len(wrapped) < _FEW and lower < len(wrapped)):
        return "\n".join(lines)
    joined = [lines[0]]
    for line, is_inner in zip(lines[1:], goes_on, strict=True):
        if is_inner:
            joined[-1] = f"{joined[-1].rstrip()} {line.lstrip()}"
        else:
            joined.append(line)
    return "\n".join(joined)


# The label of an arm has the name of a link's, which may have lines.
_MARKUP = frozenset(piece.keys[-1] for piece in get_pieces().values() if piece.type.startswith("markup")) - {
    "label",
    *_ONE_LINE,
}
