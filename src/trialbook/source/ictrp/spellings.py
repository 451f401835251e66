"""What does a register mean by this word? Dates, ages, phases and statuses as WHO ICTRP exports hold them.

ICTRP passes on what some twenty registers write, in their own words and formats.
"""

from __future__ import annotations

import html
import itertools
import re
from datetime import date

from trialbook.source.legacy.text import as_iso_date, escape_markdown
from trialbook.source.spellings import as_enum, as_phases

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
}

_ISO_DATE = re.compile(r"(\d{4})[-/.](\d{1,2})(?:[-/.](\d{1,2}))?(?:[T ].*)?")
_COMPACT_DATE = re.compile(r"(\d{4})(\d{2})(\d{2})")
_NUMERIC_DATE = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})(?:\s.*)?")
_DAY_FIRST_WORDS = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?[\s-]+([A-Za-z]{3,9})\.?,?[\s-]+(\d{4})(?:\s.*)?")
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]

_AGE = re.compile(
    r"\D{0,40}?(\d+(?:\.\d+)?)\s*(year|yr|y\b|month|mo\b|m\b|week|w\b|day|d\b|hour|minute)?.{0,40}",
    re.IGNORECASE | re.DOTALL,
)
_AGE_UNITS = {"y": "Year", "mo": "Month", "m": "Month", "w": "Week", "d": "Day", "h": "Hour", "mi": "Minute"}

_EU_SEX = re.compile(r"\b(female|male):\s*(yes|no)?")
_EU_PHASE = re.compile(r"\(Phase (I{1,3}|IV)\):\s*(yes|no)?", re.IGNORECASE)
_ROMAN = {"iv": "4", "iii": "3", "ii": "2", "i": "1"}
_PHASE = re.compile(r"(?:(early\s+)?phase|^)\s*[-:]?\s*((?:iv|i{1,3}|[0-4])\b)", re.IGNORECASE)
_NEXT_PHASE = re.compile(
    r"\s*(?:/|-|&|,|and|to)\s*(?:phase)?\s*[-:]?\s*((?:iv|i{1,3}|[0-4])\b)", re.IGNORECASE
)

# Only what means the same: "recruitment completed" does not say whether the trial goes on.
_STATUSES = {
    "pending": "NOT_YET_RECRUITING",
    "recruiting planned": "NOT_YET_RECRUITING",
    "open to recruitment": "RECRUITING",
    "open public recruiting": "RECRUITING",
    "recruiting ongoing": "RECRUITING",
    "temporary halt": "SUSPENDED",
    "temporarily halted": "SUSPENDED",
    "recruiting suspended on temporary hold": "SUSPENDED",
    "complete": "COMPLETED",
    "complete: follow-up complete": "COMPLETED",
    "complete follow-up": "COMPLETED",
    "main results already published": "COMPLETED",
    "recruiting complete, follow-up complete": "COMPLETED",
    "complete: follow-up continuing": "ACTIVE_NOT_RECRUITING",
    "recruiting complete, follow-up continuing": "ACTIVE_NOT_RECRUITING",
    "recruiting complete, study continuing": "ACTIVE_NOT_RECRUITING",
    "stopped early": "TERMINATED",
    "prematurely ended": "TERMINATED",
    "recruiting stopped after recruiting started": "TERMINATED",
    "recruiting withdrawn before recruiting started": "WITHDRAWN",
}

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
    return text.lower().rstrip(".") not in _NOTHING


def as_date(text: str, *, month_first: bool = False) -> str | None:
    """Write a date as a partial date; a text that is none is kept, None for none.

    Parameters
    ----------
    text
        `2021-03-15`, `20210315`, `15/03/2021`, `15 March 2021`, `March 2021`…, a time after it or not.
    month_first
        How to read `03/04/2021`; where only the other way makes a date, that one is taken.

    Examples
    --------
    >>> as_date("03/04/2021"), as_date("03/04/2021", month_first=True), as_date("12/31/2020")
    ('2021-04-03', '2021-03-04', '2020-12-31')
    """
    text = " ".join(text.split())
    if not is_given(text):
        return None
    if match := _ISO_DATE.fullmatch(text) or _COMPACT_DATE.fullmatch(text):
        found = _put_date(match[1], match[2], match[3])
    elif match := _NUMERIC_DATE.fullmatch(text):
        day, month = (match[2], match[1]) if month_first else (match[1], match[2])
        found = _put_date(match[3], month, day) or _put_date(match[3], day, month)
    elif (match := _DAY_FIRST_WORDS.fullmatch(text)) and match[2][:3].lower() in _MONTHS:
        found = _put_date(match[3], str(_MONTHS.index(match[2][:3].lower()) + 1), match[1])
    else:
        found = as_iso_date(text)
    return found or text


def _put_date(year: str, month: str, day: str | None) -> str | None:
    try:
        date(int(year), int(month), int(day or 1))
    except ValueError:
        return None
    return f"{year}-{int(month):02}" + (f"-{int(day):02}" if day else "")


def as_age(text: str) -> str:
    """Write an age limit as the registry does; "" for no limit. A number alone counts years.

    Examples
    --------
    >>> as_age("18"), as_age("6 months"), as_age(">= 20age old"), as_age("No limit"), as_age("65.00 Year(s)")
    ('18 Years', '6 Months', '20 Years', '', '65 Years')
    """
    if not is_given(text) or not any(character.isdigit() for character in text):
        return ""
    match = _AGE.fullmatch(text)
    if match is None:
        return text
    unit_word = (match[2] or "year").lower()
    unit = _AGE_UNITS.get(unit_word[:2]) or _AGE_UNITS[unit_word[0]]
    count = float(match[1])
    shown = str(int(count)) if count.is_integer() else match[1]
    return f"{shown} {unit}" + ("" if count == 1 else "s")


def as_sex(text: str) -> str | None:
    """Which sexes a study takes, as API v2 has it; None for none given, another word as it folds.

    Examples
    --------
    >>> as_sex("Both, male and female"), as_sex("F"), as_sex("Female: yes Male: no")
    ('ALL', 'FEMALE', 'FEMALE')
    """
    said = text.lower()
    if not is_given(said):
        return None
    if answers := dict(_EU_SEX.findall(said)):
        said = " ".join(sex for sex, answer in answers.items() if answer == "yes")
    words = set(re.findall(r"[a-z]+", said))
    female = bool(words & {"female", "females", "women", "f"})
    male = bool(words & {"male", "males", "men", "m"})
    if (female and male) or words & {"all", "both", "b"}:
        return "ALL"
    return "FEMALE" if female else "MALE" if male else as_enum("Sex", text)


def as_status(text: str) -> str | None:
    """A recruitment status as API v2 has it; None for none given.

    ICTRP's `Not Recruiting` and `Authorised` say less than any status of API v2; they are kept.

    Examples
    --------
    >>> as_status("Complete: follow-up continuing"), as_status("Not Recruiting")
    ('ACTIVE_NOT_RECRUITING', 'NOT_RECRUITING')
    """
    if not is_given(text):
        return None
    return _STATUSES.get(text.lower().rstrip("."), as_enum("Status", text))


def as_phase_list(text: str) -> list[str]:
    """The phases of a study as API v2 has them; a text without a phase is kept as one.

    Examples
    --------
    >>> as_phase_list("Phase II/III"), as_phase_list("1-2"), as_phase_list("Not Applicable")
    (['PHASE2', 'PHASE3'], ['PHASE1', 'PHASE2'], ['NA'])
    """
    if not text or text.lower() in ("-", "null", "nan", "not selected", "not specified"):
        return []
    if not is_given(text):
        return ["NA"]
    if european := _EU_PHASE.findall(text):
        return [f"PHASE{_ROMAN[roman.lower()]}" for roman, answer in european if answer.lower() == "yes"]
    match = _PHASE.search(text)
    if match is None:
        return as_phases(text)
    numbers = [match[2]]
    position = match.end()
    while following := _NEXT_PHASE.match(text, position):
        numbers.append(following[1])
        position = following.end()
    digits = [_ROMAN.get(found.lower(), found) for found in numbers]
    return [
        "EARLY_PHASE1" if digit == "0" or (match[1] and digit == "1") else f"PHASE{digit}" for digit in digits
    ]


def as_study_type(text: str) -> tuple[str | None, bool | None]:
    """The type of a study as API v2 has it, and whether an observational one is a patient registry."""
    said = text.lower()
    if not is_given(said):
        return None, None
    if said.startswith("observational"):
        return "OBSERVATIONAL", True if "[patient registry]" in said else None
    if said.startswith(("interventional", "intervention")):
        return "INTERVENTIONAL", None
    return as_enum("StudyType", text), None


def as_count(text: str) -> int | str | None:
    """The number of participants; the sum where it is given by group; another text as it stands.

    Examples
    --------
    >>> as_count("1200"), as_count("test group:49;control group:50;"), as_count("20 to 30")
    (1200, 99, '20 to 30')
    """
    if not is_given(text):
        return None
    if re.fullmatch(r"\d{1,9}(\.0+)?", text):
        return int(text.partition(".")[0])
    groups = [part.rpartition(":")[2].strip() for part in text.split(";") if part.strip()]
    if ":" in text and all(re.fullmatch(r"\d{1,9}", size) for size in groups):
        return sum(map(int, groups))
    return text


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
