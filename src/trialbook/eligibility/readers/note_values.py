"""Which measured values does a note tell? A measurement's name with its number, unit and day.

Names, numbers and units are those of the criteria. Left out is what is wished for or allowed ("target A1c below 7"),
what has a unit of something else, and what no living person has. A number without its unit gets one where the
numbers of the other customary units lie elsewhere: a creatinine of 1.4 is in mg/dL, a haemoglobin of 12 may be either.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from trialbook.eligibility.analytes import Analyte, find_analytes, get_analyte
from trialbook.eligibility.days import Days, move, one_day
from trialbook.eligibility.facts import about
from trialbook.eligibility.numbers import DIGITS, ROMAN, read_digits
from trialbook.eligibility.readers.note_days import find_when_before, find_when_behind
from trialbook.eligibility.readers.note_units import choose_unit, is_possible
from trialbook.eligibility.readers.numbers import bound
from trialbook.eligibility.tree import Concept, Interval
from trialbook.eligibility.units import find_unit
from trialbook.patient.clauses import Clauses
from trialbook.patient.persons import Persons
from trialbook.patient.standing import find_standing

MOST_VALUES = 200
# Laboratories' short names, which in criteria mean other things or nothing: only right before a number.
_SHORT = {
    "Cr": "creatinine", "K": "potassium", "Na": "sodium", "Temp": "temperature", "temp": "temperature",
    "T": "temperature", "Tmax": "temperature", "Wt": "weight", "wt": "weight", "Ht": "height", "ht": "height",
    "sats": "oxygen saturation", "Sats": "oxygen saturation", "O2 sat": "oxygen saturation", "Hb": "hemoglobin",
    "weighs": "weight", "weigh": "weight", "weighing": "weight", "afebrile at": "temperature", "BPs": "blood pressure",
    "febrile to": "temperature",
    "FBS": "fasting glucose", "Alk P": "alkaline phosphatase", "O2sat": "oxygen saturation",
    "fever of": "temperature", "fever to": "temperature", "pulse ox": "oxygen saturation",
}  # fmt: skip
_SHORT_NAME = re.compile(
    rf"(?<![\w-])(?:{'|'.join(sorted(map(re.escape, _SHORT), key=len, reverse=True))})"
    r"(?=[\s:=]*(?:of\s+|is\s+|was\s+|about\s+|~\s*)?\d)"
)
_GAP = re.compile(
    r"(?:\s*\([^()\d]{0,30}\))?(?:[\s:=,]|\b(?:levels?|values?|counts?|scores?|readings?|results?|of|is|was|were|at|today|now"
    r"|currently|current|last|latest|most|recent(?:ly)?|came|back|measured|measures|measuring|stable|up|down|to|rose|risen|increased"
    r"|fell|fallen|decreased|dropped|improved|remains?|performance|status|class|stage|a|the|elevated|high|low|normal|only|just"
    r"|it|has|been|be|previously|formerly|initially|earlier|found|noted|documented|shows?|showed|estimated)\b(?!-)){0,12}\s*",
    re.IGNORECASE,
)
_CHANGE = re.compile(
    rf"\bfrom\s+(?:{DIGITS})\s*(?:%|[a-zµ/]{{1,8}}(?:/[a-z]{{1,4}})?)?\s+(?:down\s+|up\s+)?to\s+",
    re.IGNORECASE,
)
_SIGNS = {
    "<": "<", "<=": "<=", "≤": "<=", "less than": "<", "below": "<", "under": "<", ">": ">", ">=": ">=", "≥": ">=",
    "more than": ">", "above": ">", "over": ">", "greater than": ">", "at least": ">=", "up to": "",
}  # fmt: skip
_VALUE = re.compile(
    r"(?P<about>(?:about|around|approximately|approx\.?|roughly|circa|ca\.|~|≈|nearly|almost)\s*)?"
    r"(?P<sign>[<>]\s?=?|[≤≥]|less than|below|under|more than|above|over|greater than|at least|up to)?\s*"
    rf"(?:(?P<low>{DIGITS})(?P<percent>\s?%)?(?:\s*(?:-|–|to)\s*(?P<high>{DIGITS}))?|(?P<roman>I{{1,3}}|IV|V)\b(?P<or>\s*(?:-|–|/|to)\s*(?:I|V))?)",
    re.IGNORECASE,
)
_NO_NUMBER_AFTER = re.compile(
    r"\w|[.,·]\d|-\s?(?:year|month|week|day|hour|fold|[a-z])|/\d{1,2}/", re.IGNORECASE
)
_OUT_OF = re.compile(r"\s*(?:/|out of)\s*(?P<most>\d{1,3})(?!\d|[.,]\d)")
_SUM = re.compile(r"\s*\+\s*(?P<two>\d)(?:\s*=\s*\d{1,2})?")
_MULTIPLE = re.compile(
    r"\s*(?:x|×|times)\s*(?:the\s+)?(?:(?P<uln>ULN|UNL|upper\s+limit(?:\s+of\s+normal)?)|(?P<lln>LLN))\b",
    re.IGNORECASE,
)
_MORE = re.compile(
    r"\s*(?:,|;|->|→|=>|then|and|to)\s*(?:then\s+)?(?P<now>now\s+|currently\s+|today\s+)?(?=[<>~≤≥]?\s?\d)",
    re.IGNORECASE,
)
_WISHED = re.compile(
    r"\b(?:goals?|targets?|aim(?:s|ed|ing)?|until|if|unless|should|must|criteri(?:a|on)|requir(?:e|es|ed|ing)|needs?|limits?|cut-?offs?"
    r"|normal\s+range|range|reference|thresholds?|trials?|stud(?:y|ies)|hope|accept\w*|allow\w*|would|want\w*|keep\w*|try(?:ing)?"
    r"|maintain(?:ing)?|to\s+get|risk\s+of|sensitivity|peak(?:ed)?|nadir|max(?:imum|imal)?|min(?:imum)?|ever)\b",
    re.IGNORECASE,
)
_CHANGED = re.compile(
    r"\b(?:lost|los(?:s|ing)|gain\w*|shed|increase|decrease|drop|reduction|changes?)\b", re.IGNORECASE
)
# "Weight loss" is no weight.
_OTHER_THING = re.compile(
    r"[\s-]+(?:loss|gain|changes?|reduction|bearing|lifting|control|management|monitor\w*|strips?)\b",
    re.IGNORECASE,
)
_UNKNOWN_UNIT = re.compile(
    r"\s*[^\W\d_]{0,8}\s?(?:/\s?(?!mm\b|cu)[^\W\d_]{1,6}|per\s+[^\W\d_]{1,6})", re.IGNORECASE
)
# "LDL and HDL were 130 and 50": whose the first number is, is not read.
_JOINED = re.compile(r"(?:[\s,/&]|\band\b|\bor\b|\blevels?\b|\bthe\b|\bserum\b)*", re.IGNORECASE)
_FORMER = re.compile(
    r"\b(?:previous(?:ly)?|prior|before|initial(?:ly)?|baseline|at\s+(?:diagnosis|birth|onset|presentation)|used\s+to\s+be|earlier|once|had\s+been|formerly|old)\b",
    re.IGNORECASE,
)
_NOW = re.compile(r"\b(?:now|today|current(?:ly)?|this\s+(?:morning|week))\b", re.IGNORECASE)
_FEET = re.compile(
    r"(?<![\w.])(?P<feet>[3-7])\s?(?:'|′|’|ft\.?|feet|foot)\s?(?P<inches>\d{1,2})?\s?(?P<mark>\"|″|''|”|in\b\.?|inches)?(?P<tall>\s*tall)?"
)
_PRESSURES = re.compile(
    r"(?P<about>(?:about|around|~)\s*)?(?P<high>\d{2,3})\s?/\s?(?P<low>\d{2,3})(?![\d/]|[.,]\d|\s*%)"
)
_BEFORE = 70


class ReadValue(NamedTuple):
    """A value of a measurement, told at `text[start:end]`; `days` are those on which it was measured."""

    start: int
    end: int
    concept: Concept
    value: Interval
    days: Days


class _Name(NamedTuple):
    start: int
    end: int
    analyte: Analyte


def find_values(text: str, clauses: Clauses, persons: Persons, day: date) -> list[ReadValue]:
    """The measured values that a note tells of its subject, in their order; none of them overlap.

    Without a day of its own a value was measured on some day up to `day`, the day of the note.
    """
    found: list[ReadValue] = []
    names = _list_names(text)
    tried = 0
    for at, name in enumerate(names):
        if tried >= MOST_VALUES:
            break
        clause = clauses.find(name.start)
        stop = names[at + 1].start if at + 1 < len(names) else len(text)
        reader = _Reader(text, clause.start, min(stop, _end_of(text, clause.end)), day)
        if (
            at
            and names[at - 1].end > (found[-1].end if found else 0)
            and _JOINED.fullmatch(text, names[at - 1].end, name.start)
        ):
            continue
        read = reader.read_behind(name) or reader.read_before(name, found[-1].end if found else clause.start)
        # Whether it is told of the patient takes the most time: asked only where there is a value.
        tried += len(read)
        if read and _is_told(text, name, clauses, persons):
            found += read
    found += [each for each in _find_feet(text, persons, day) if not _overlaps(each, found)]
    return sorted(found, key=lambda each: each.start)


def _end_of(text: str, end: int) -> int:
    """A value may stand behind the point that seems to end its clause: "temp. 38.2"."""
    return end if end >= len(text) or text[end] != "." else end + 1


def _list_names(text: str) -> list[_Name]:
    named = [_Name(each.start, each.end, each.analyte) for each in find_analytes(text)]
    for each in _SHORT_NAME.finditer(text):
        analyte = get_analyte(_SHORT[each[0]])
        if analyte and not any(one.start < each.end() and each.start() < one.end for one in named):
            named.append(_Name(each.start(), each.end(), analyte))
    return sorted(named, key=lambda each: each.start)


def _is_told(text: str, name: _Name, clauses: Clauses, persons: Persons) -> bool:
    """Whether it is said of the note's subject, and not denied, possible or wished for."""
    clause = clauses.find(name.start)
    if not persons.find_owner(name.start, name.end).is_subject:
        return False
    before = text[max(clause.start, name.start - _BEFORE) : name.start]
    if _OTHER_THING.match(text, name.end):
        return False
    if _WISHED.search(before.rsplit(",", 1)[-1]) or _WISHED.match(
        text[name.end : name.end + _BEFORE].lstrip(" :")
    ):
        return False
    label = clause.label and clause.label[0] <= name.start < clause.label[1]
    return bool(label) or find_standing(text, name.start, name.end, clause).standing in ("present", "past")


class _Reader:
    """Reads the values of one name within its sentence."""

    def __init__(self, text: str, start: int, stop: int, day: date) -> None:
        self._text, self._start, self._stop, self._day = text, start, stop, day

    def read_behind(self, name: _Name) -> list[ReadValue]:
        """The values behind a name; of "9.1 → 7.5" the last."""
        gap = _GAP.match(self._text, name.end, self._stop)
        at = gap.end() if gap else name.end
        change = _CHANGE.match(self._text, at, self._stop)
        at = change.end() if change else at
        lead = self._text[name.end : at]
        found: list[ReadValue] = []
        while len(found) < 10:
            read = self._read_pressures(name, at) if name.analyte.name == "blood pressure" else None
            read = read or self._read_one(name, at)
            if not read:
                break
            end = read[0].end
            when = find_when_behind(self._text, end, self._stop, self._day)
            days = when.days if when else self._date_by_words(name, lead)
            read = [each._replace(days=days, end=when.end if when else end) for each in read]
            more = _MORE.match(self._text, read[-1].end, self._stop)
            turns = bool(more) and ("→" in more[0] or ">" in more[0] or more[0].split()[:1] == ["to"])  # type: ignore[index]
            if not turns:
                found += read
            if more is None or not (turns or when or more["now"]):
                break
            at, lead = more.end(), more[0]
        return found

    def read_before(self, name: _Name, floor: int) -> list[ReadValue]:
        """A value with its unit right before a name: "35 % ejection fraction"."""
        for number in reversed(list(_VALUE.finditer(self._text, max(floor, name.start - 30), name.start))):
            read = self._read_one(name, number.start())
            lead = self._text[max(self._start, number.start() - 30) : number.start()]
            if (
                not read
                or _CHANGED.search(lead)
                or self._text[read[0].end : name.start].strip(" ,") not in ("", "of")
            ):
                return []
            unit = self._text[number.end() : read[0].end].strip()
            is_sure = bool(unit) or bool(number["percent"])
            return [read[0]._replace(end=name.end, days=self._date_by_words(name, ""))] if is_sure else []
        return []

    def _date_by_words(self, name: _Name, lead: str) -> Days:
        """Of a value that has no day beside it."""
        when = find_when_before(self._text, self._start, name.start, self._day)
        before = self._text[max(self._start, name.start - _BEFORE) : name.start].rsplit(",", 1)[-1]
        if when:
            return when.days
        if _NOW.search(before) or _NOW.search(lead):
            return one_day(self._day)
        if _FORMER.search(before) or _FORMER.search(lead):
            return Days(None, move(self._day, -1, "d"))
        return Days(None, self._day)

    def _read_pressures(self, name: _Name, at: int) -> list[ReadValue]:
        found = _PRESSURES.match(self._text, at, self._stop)
        high, low = (float(found["high"]), float(found["low"])) if found else (0.0, 0.0)
        if found is None or not 300 >= high > low >= 20:
            return []
        unit = find_unit(self._text, found.end())
        end = unit[1] if unit and unit[0].ucum == "mm[Hg]" else found.end()
        read = []
        for kind, number in (("systolic blood pressure", high), ("diastolic blood pressure", low)):
            analyte = get_analyte(kind)
            assert analyte is not None
            value = about(number, "mm[Hg]") if found["about"] else bound(number, "", "mm[Hg]")
            concept = Concept(kind, "measurement", analyte.ids)
            read.append(ReadValue(name.start, end, concept, value, Days(None, self._day)))
        return read

    def _read_one(self, name: _Name, at: int) -> list[ReadValue]:
        found = _VALUE.match(self._text, at, self._stop)
        if found is None or name.analyte.name == "blood pressure":
            return []
        value, end = self._read_value(found, name.analyte)
        if value is None or not is_possible(value, name.analyte):
            return []
        concept = Concept(name.analyte.name, "measurement", name.analyte.ids)
        return [ReadValue(name.start, end, concept, value, Days(None, self._day))]

    def _has_other_unit(self, at: int, analyte: Analyte) -> bool:
        """Whether a unit follows that the table lacks, and that is not the one which is meant: "2 WBCs/hpf"."""
        found = _UNKNOWN_UNIT.match(self._text, at)
        return found is not None and not (analyte.unit and found[0].lower().endswith(analyte.unit.lower()))

    def _read_value(self, found: re.Match[str], analyte: Analyte) -> tuple[Interval | None, int]:
        nothing = (None, found.end())
        if found["roman"]:
            is_graded = analyte.name in ("NYHA", "ASA") and found["roman"].isupper() and not found["or"]
            return (bound(ROMAN[found["roman"]], "", "1"), found.end()) if is_graded else nothing
        low, high = read_digits(found["low"]), read_digits(found["high"]) if found["high"] else None
        end = found.end()
        multiple = _MULTIPLE.match(self._text, end, self._stop)
        if multiple:
            limit: Interval = Interval(
                low, low if high is None else high, limit="ULN" if multiple["uln"] else "LLN"
            )
            return limit, multiple.end()
        added = _SUM.match(self._text, end, self._stop)
        if added:
            is_sum = analyte.name == "Gleason score" and high is None
            return (bound(low + float(added["two"]), "", analyte.unit), added.end()) if is_sum else nothing
        unit, end = ("%", end) if found["percent"] and high is None else _read_unit(self._text, end)
        if not unit and (_NO_NUMBER_AFTER.match(self._text, end) or self._has_other_unit(end, analyte)):
            return nothing
        out_of = None if unit else _OUT_OF.match(self._text, end, self._stop)
        if out_of:
            if analyte.most is None or float(out_of["most"]) != analyte.most:
                return nothing
            end = out_of.end()
        chosen = choose_unit(unit, low, analyte)
        if chosen is None or (high is not None and not low < high):
            return nothing
        sign = " ".join((found["sign"] or "").lower().replace("> =", ">=").replace("< =", "<=").split())
        if high is not None:
            return Interval(low, high, unit=chosen), end
        if found["about"]:
            return about(low, chosen), end
        return bound(low, _SIGNS.get(sign, ""), chosen), end


def _read_unit(text: str, at: int) -> tuple[str, int]:
    found = find_unit(text, at)
    return (found[0].ucum, found[1]) if found else ("", at)


def _find_feet(text: str, persons: Persons, day: date) -> Iterator[ReadValue]:
    """Heights in feet and inches: 5'10", 5 ft 10 in, 6 feet tall."""
    height = get_analyte("height")
    assert height is not None
    for each in _FEET.finditer(text):
        before = text[max(0, each.start() - 12) : each.start()].lower()
        is_height = (
            each["tall"]
            or (each["inches"] and each["mark"])
            or re.search(r"\b(?:height|ht)\W*(?:is |of |was )?$", before)
        )
        inches = float(each["inches"] or 0)
        if is_height and inches < 12 and persons.find(each.start()).is_subject:
            value = bound(12 * float(each["feet"]) + inches, "", "[in_i]")
            yield ReadValue(
                *each.span(), Concept("height", "measurement", height.ids), value, Days(None, day)
            )


def _overlaps(value: ReadValue, others: list[ReadValue]) -> bool:
    return any(each.start < value.end and value.start < each.end for each in others)
