"""How do registers write their texts, dates and lists, as WHO ICTRP exports hold them?

ICTRP passes on what some twenty registers write, in their own words and formats.
"""

from __future__ import annotations

import html
import itertools
import re
from datetime import date

from trialbook.source.legacy.text import as_iso_date, escape_markdown

_BREAK = re.compile(r"<\s*br\s*/?\s*>|</\s*p\s*>|_x000D_|\r\n?", re.IGNORECASE)
_NEEDS_CLEANING = re.compile(r"[&<\r\n]|_x000D_")
_NOTHING = {
    "",
    "-",
    "--",
    "n/a",
    "na",
    "nan",
    "nil",
    "null",
    "none",
    "not applicable",
    "not specified",
    "not available",
    "nd",
    "nil known",
    "none known",
    "not known",
    "unknown",
    "not stated",
    "not provided",
    "not reported",
    "no data",
    "tbd",
    "to be determined",
}

_ISO_DATE = re.compile(r"(\d{4})[-/.](\d{1,2})(?:[-/.](\d{1,2}))?(?:[T ].*)?")
_COMPACT_DATE = re.compile(r"(\d{4})(\d{2})(\d{2})")
_NUMERIC_DATE = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})(?:\s.*)?")
_DAY_FIRST_WORDS = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?[\s-]+([A-Za-z]{3,9})\.?,?[\s-]+(\d{4})(?:\s.*)?")
_MONTH_FIRST_WORDS = re.compile(r"([A-Za-z]{3,9})\.?[\s-]+(\d{1,2})(?:st|nd|rd|th)?,?[\s-]+(\d{4})(?:\s.*)?")
_EAST_ASIAN_DATE = re.compile(r"(\d{4})\s*[年년]\s*(\d{1,2})\s*[月월](?:\s*(\d{1,2})\s*[日일])?")
_MONTH_WORDS = re.compile(r"([A-Za-z]{3,9})\.?,?[\s-]+(\d{4})")
# What systems write for no date: the first or last day that they know, or zeros.
_NO_DATE = re.compile(
    r"1970[-/.]?0?1[-/.]?0?1\b|0?1[-/.]0?1[-/.]1970\b|(?:0001|9999|0000|1900|1753)[-/.]?(?:0?[01]|12)[-/.]?(?:0?[01]|31)\b|(?:0?1|12|31|00|99)[-/.](?:0?1|12|31|00|99)[-/.](?:0001|9999|0000|1900|1753)\b"
    r"|1899[-/.]?12[-/.]?3[01]\b|(?:3[01][-/.]12|12[-/.]3[01])[-/.]1899\b"
)
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]

_LIST_MARK = re.compile(r"[\n;()\[\]]")
_BULLET = re.compile(r"[-*\u2022\u00b7\u25cf]\s+(?=\S)")
_NUMBERED = re.compile(r"\(?(\d{1,3})[.)\u3001\uff0e]\s*(?=[^\d\s])")


def clean(value: str | None) -> str:
    """The text of a field: line breaks that stand as HTML become line breaks, entities their character.

    Examples
    --------
    >>> clean(" Age &gt;= 18<br>Fever  ")
    'Age >= 18\\nFever'
    """
    if not value:
        return ""
    if not _NEEDS_CLEANING.search(value):
        return " ".join(value.split())
    text = _BREAK.sub("\n", html.unescape(value))
    return "\n".join(line for part in text.split("\n") if (line := " ".join(part.split())))


def is_given(text: str) -> bool:
    """Whether a field says anything (`N/A`, `NULL` and the like do not)."""
    return text.lower().strip(" .?/") not in _NOTHING


def as_date(text: str, *, month_first: bool = False) -> str | None:
    """Write a date as a partial date; a text that is none is kept, None for none.

    Parameters
    ----------
    text
        `2021-03-15`, `20210315`, `15/03/2021`, `15 March 2021`, `March 2021`…, a time after it or not; the
        first or last day that a system knows (`1900-01-01`, `00000000`) is none.
    month_first
        How to read `03/04/2021`; where only the other way makes a date, that one is taken.

    Examples
    --------
    >>> as_date("03/04/2021"), as_date("03/04/2021", month_first=True), as_date("12/31/2020")
    ('2021-04-03', '2021-03-04', '2020-12-31')
    """
    text = " ".join(text.split())
    if not is_given(text) or _NO_DATE.match(text):
        return None
    if match := (
        _ISO_DATE.fullmatch(text) or _COMPACT_DATE.fullmatch(text) or _EAST_ASIAN_DATE.fullmatch(text)
    ):
        found = _put_date(match[1], match[2], match[3])
    elif match := _NUMERIC_DATE.fullmatch(text):
        day, month = (match[2], match[1]) if month_first else (match[1], match[2])
        found = _put_date(match[3], month, day) or _put_date(match[3], day, month)
    elif (match := _DAY_FIRST_WORDS.fullmatch(text)) and match[2][:3].lower() in _MONTHS:
        found = _put_date(match[3], str(_MONTHS.index(match[2][:3].lower()) + 1), match[1])
    elif (match := _MONTH_FIRST_WORDS.fullmatch(text)) and match[1][:3].lower() in _MONTHS:
        found = _put_date(match[3], str(_MONTHS.index(match[1][:3].lower()) + 1), match[2])
    elif (match := _MONTH_WORDS.fullmatch(text)) and match[1][:3].lower() in _MONTHS:
        found = _put_date(match[2], str(_MONTHS.index(match[1][:3].lower()) + 1), None)
    else:
        found = as_iso_date(text)
    return found or text


def _put_date(year: str, month: str, day: str | None) -> str | None:
    try:
        date(int(year), int(month), int(day or 1))
    except ValueError:
        return None
    return f"{year}-{int(month):02}" + (f"-{int(day):02}" if day else "")


def split_list(text: str) -> list[str]:
    """Take a field apart at its semicolons and line breaks, but not inside brackets.

    Examples
    --------
    >>> split_list("Pain [NRS; 0-10];Sleep (hours; mean)")
    ['Pain [NRS; 0-10]', 'Sleep (hours; mean)']
    """
    cuts, depth = [-1], 0
    for match in _LIST_MARK.finditer(text):
        mark = match[0]
        depth = max(0, depth + (mark in "([") - (mark in ")]"))
        if mark == "\n" or (mark == ";" and depth == 0):
            cuts.append(match.start())
            depth = 0
    parts = (text[start + 1 : end].strip() for start, end in itertools.pairwise([*cuts, len(text)]))
    return list(dict.fromkeys(part for part in parts if is_given(part)))


def as_paragraphs(text: str) -> str:
    """Each line of a text as a paragraph of Markdown."""
    return "\n\n".join(escape_markdown(line) for line in text.split("\n"))


def as_criteria(inclusion: str, exclusion: str) -> str:
    """Write both lists of criteria as the registry does: two headings, a list item for each criterion.

    A register that puts both into the first field keeps its own headings.
    """
    sections = []
    for title, text in (("Inclusion Criteria:", inclusion), ("Exclusion Criteria:", exclusion)):
        body = re.sub(r"(?i)^(key )?(in|ex)clusion criteria?\s*:\s*", "", text)
        if body and body.lower() not in ("-", "nan"):
            sections.append(f"{title}\n\n{_as_list(body)}")
    return "\n\n".join(sections)


def _as_list(text: str) -> str:
    written: list[str] = []
    before_item = False
    for line in text.split("\n"):
        bullet, numbered = _BULLET.match(line), _NUMBERED.match(line)
        item = bullet or numbered
        marker = f"{numbered[1]}. " if numbered else "* " if bullet else ""
        if written:
            written.append("\n" if item and before_item else "\n\n")
        written.append(marker + escape_markdown(line[item.end() :] if item else line))
        before_item = item is not None
    return "".join(written)
