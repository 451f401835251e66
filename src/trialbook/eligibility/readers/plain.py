"""What do plain values say? A form's answers as JSON or CSV.

A JSON object is one person, a list several. Its fields, all optional:

`person_id`, `birth_date` (a partial date) or `age` (completed years, also "54", "about 60", "6 months"), `sex`,
`conditions` (or `diagnoses`, `problems`), `medications`, `procedures`, `allergies`, `family_history`, `facts` (or
`measurements`, `observations`, `labs`, `vitals`: a list of facts, or an object of names and values), `complete`
(domains of which all is told), `anchors` (`{"screening": "2026-11-02"}`), `answers` (to the questions of `derive`).
Each further field is a fact of its name: `"HbA1c": "8.2 %"`, `"pregnant": false`.

A fact has a `name` or `code`, and any of `value`, `unit`, `date`, `since`, `until`, `status`, `domain`, `codes`,
`upper_normal`, `lower_normal`, `detail`. A CSV has a fact a row with these columns and `person_id`, or, without
a column `name`, a person a row.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any, cast, get_args

import msgspec

from trialbook.eligibility.days import Days, find_birth, move, one_day, read_days
from trialbook.eligibility.derive.questions import check_answers
from trialbook.eligibility.facts import Fact, Person, Sex, Source, Status
from trialbook.eligibility.matching import Names
from trialbook.eligibility.readers.answers import Answer, read_answer
from trialbook.eligibility.readers.bounded import MOST_FACTS
from trialbook.eligibility.readers.numbers import read_value
from trialbook.eligibility.tree import Anchor, Concept, Domain, Interval
from trialbook.errors import SourceFormatError

_LISTS: dict[str, tuple[Domain, Status]] = {
    "conditions": ("condition", "present"),
    "diagnoses": ("condition", "present"),
    "problems": ("condition", "present"),
    "medications": ("drug", "present"),
    "drugs": ("drug", "present"),
    "procedures": ("procedure", "present"),
    "allergies": ("drug", "allergy"),
    "family_history": ("condition", "family"),
}
# Facts of any kind, as a list, or as an object of names and values.
_GROUPS = ("facts", "measurements", "observations", "labs", "vitals")
_BIRTHS = ("birth_date", "birthDate", "date_of_birth", "dob")
_OF_FACTS = (
    "name code codes value unit date since until status domain upper_normal lower_normal detail person_id"
)
_FACT_FIELDS = frozenset(_OF_FACTS.split())
_OF_PERSONS = "person_id age sex gender complete anchors answers"
_PERSON_FIELDS = frozenset((*_OF_PERSONS.split(), *_BIRTHS, *_GROUPS, *_LISTS))
_DOMAINS: frozenset[str] = frozenset(get_args(Domain))
_ANCHORS: frozenset[str] = frozenset(get_args(Anchor))
_STATUSES: frozenset[str] = frozenset(get_args(Status))
_SEXES: dict[str, Sex] = {
    "female": "female",
    "f": "female",
    "woman": "female",
    "male": "male",
    "m": "male",
    "man": "male",
}
_AGE_UNITS = {"": "a", "y": "a", "m": "mo", "w": "wk", "d": "d"}
_LONGEST = 2_000
_MOST_COLUMNS = 10_000
# Marks what is told as unknown, which is no fact.
_UNKNOWN = "\0unknown"


def _check_extent(told: Mapping[str, Any], where: str) -> None:
    """Raise SourceFormatError for more than is told of any person, before any of it is read."""
    groups = (each for each in told.values() if isinstance(each, list | dict))
    if len(told) + sum(map(len, groups)) > MOST_FACTS:
        raise SourceFormatError(f"more than {MOST_FACTS:,} facts of one person", path=where)


def _iter_lines(text: str) -> Iterator[str]:
    """Lines with their ends, one at a time: a buffer of characters takes four bytes for each."""
    start = 0
    while start < len(text):
        end = text.find("\n", start) + 1 or len(text)
        yield text[start:end]
        start = end


class PlainReader:
    """Reads plain values.

    Parameters
    ----------
    day
        The day on which they were told: what has no day of its own holds on it.
    names
        Where drugs are told from conditions; None for none.
    """

    def __init__(self, day: date, names: Names | None = None) -> None:
        self._day = day
        self._names = names

    def read_json(self, told: object) -> Iterator[Person]:
        """The persons of a decoded JSON value. Raises SourceFormatError."""
        if isinstance(told, list):
            yield from self.read_all(told)
        else:
            yield self._read_one(told, "")

    def read_all(self, told: Iterable[object]) -> Iterator[Person]:
        """The persons of several decoded JSON values. Raises SourceFormatError."""
        for number, each in enumerate(told):
            yield self._read_one(each, f"[{number}]")

    def _read_one(self, told: object, where: str) -> Person:
        if not isinstance(told, dict):
            raise SourceFormatError(
                "plain values are an object a person", path=where, found=str(told)[:200], expected="{…}"
            )
        return self.read_person(told, where)

    def read_csv(self, text: str) -> Iterator[Person]:
        """The persons of a CSV, in the order in which they first stand there. Raises SourceFormatError."""
        try:
            yield from self._read_table(csv.DictReader(_iter_lines(text)))
        except csv.Error as error:
            raise SourceFormatError(f"no CSV that can be read: {error}") from error

    def _read_table(self, rows: csv.DictReader[str]) -> Iterator[Person]:
        fields = [(each or "").strip() for each in rows.fieldnames or ()]
        rows.fieldnames = fields
        if len(fields) > _MOST_COLUMNS:
            raise SourceFormatError(f"a CSV of more than {_MOST_COLUMNS:,} columns")
        if not any(fields) or len(set(fields)) < len(fields):
            raise SourceFormatError(
                "a CSV of plain values has one line of different column names first", found=str(fields)
            )
        if "name" not in fields:
            for number, row in enumerate(rows, 2):
                yield self.read_person(_drop_empty(row), f"line {number}")
            return
        # Packed, for a row as values takes six times as much.
        persons: dict[str, list[tuple[int, bytes]]] = {}
        for number, row in enumerate(rows, 2):
            given = _drop_empty(row)
            person_id = str(given.pop("person_id", ""))
            persons.setdefault(person_id, []).append((number, msgspec.msgpack.encode(given)))
        for person_id, found in persons.items():
            if len(found) > MOST_FACTS:
                raise SourceFormatError(
                    f"more than {MOST_FACTS:,} facts of one person", path=f"person {person_id}".strip()
                )
            yield self._read_rows(
                person_id, [(number, msgspec.msgpack.decode(packed)) for number, packed in found]
            )

    def read_person(self, told: Mapping[str, Any], where: str = "") -> Person:
        """The person of one object. Raises SourceFormatError, which names the field."""
        _check_extent(told, where)
        place = f"{where}." if where else ""
        facts: list[Fact] = []
        sex = self._read_sex(told, place)
        if sex is not None:
            facts.append(
                Fact(Concept(sex, "person"), Source("values", f"{place}sex", str(told.get("sex", ""))))
            )
        for key in _GROUPS:
            facts += self._read_group(told.get(key), f"{place}{key}")
        for key, (domain, status) in _LISTS.items():
            for number, each in enumerate(_as_list(told.get(key), f"{place}{key}")):
                given = {"name": each} if isinstance(each, str) else each
                at = f"{place}{key}[{number}]"
                facts.append(self._read_fact(given, at, domain=domain, status=status))
        for key, value in told.items():
            if key not in _PERSON_FIELDS and value is not None:
                facts.append(self._read_field(key, value, f"{place}{key}"))
        unknown = tuple(each.source.where for each in facts if each.detail == _UNKNOWN)
        facts = [each for each in facts if each.detail != _UNKNOWN]
        return Person(
            str(told.get("person_id", "")),
            tuple(facts),
            self._read_birth(told, place),
            sex,
            frozenset(cast(Iterable[Domain], _check_all(told.get("complete"), _DOMAINS, f"{place}complete"))),
            self._read_anchors(told.get("anchors"), f"{place}anchors"),
            _read_answers(told.get("answers"), f"{place}answers"),
            tuple(f"{each}: told as unknown" for each in unknown),
        )

    def _read_rows(self, person_id: str, rows: list[tuple[int, dict[str, Any]]]) -> Person:
        told: dict[str, Any] = {"person_id": person_id}
        facts = []
        for number, row in rows:
            name = str(row.get("name", "")).strip()
            if name in ("age", "sex", "gender", *_BIRTHS):
                told[name] = row.get("value", "")
            else:
                facts.append(self._read_fact(row, f"line {number}"))
        person = self.read_person(told, f"person {person_id}" if person_id else "")
        return person.with_facts(*facts)

    def _read_field(self, key: str, value: Any, where: str) -> Fact:
        name = key.replace("_", " ").strip()
        if isinstance(value, dict):
            return self._read_fact({"name": name, **value}, where)
        return self._read_fact({"name": name, "value": value}, where)

    def _read_fact(
        self, told: Any, where: str, *, domain: Domain | None = None, status: Status | None = None
    ) -> Fact:
        if not isinstance(told, dict):
            raise SourceFormatError(
                "a fact is an object", path=where, found=str(told), expected='{"name": …}'
            )
        stray = sorted(set(map(str, told)) - _FACT_FIELDS)
        if stray:
            raise SourceFormatError(
                f"a fact has no field {stray[0]!r}", path=where, expected=", ".join(sorted(_FACT_FIELDS))
            )
        codes = tuple(str(each) for each in _as_list(told.get("codes"), where)) + tuple(
            str(each) for each in (told.get("code"),) if each
        )
        name = str(told.get("name") or "").strip() or (codes[0] if codes else "")
        if not name or len(name) > _LONGEST:
            raise SourceFormatError("a fact needs a name or a code", path=where, found=name)
        value, answer = _read_told(told, where)
        said = str(told.get("status") or "").strip().lower().replace(" ", "_")
        answer = answer or ("" if said in _STATUSES or not said else read_answer(said))
        if said and said not in _STATUSES and not answer:
            raise SourceFormatError(
                "no such status",
                path=f"{where}.status",
                found=said,
                expected=", ".join(sorted(_STATUSES | {"absent", "suspected", "resolved"})),
            )
        given = str(told.get("domain") or "")
        if given and given not in _DOMAINS:
            raise SourceFormatError(
                "no such domain", path=f"{where}.domain", found=given, expected=", ".join(sorted(_DOMAINS))
            )
        concept = Concept(name, cast(Domain, given) or domain or self._find_domain(name, value), codes)
        start, end, is_ongoing = self._read_days(told, where, answer, is_value=value is not None)
        return Fact(
            concept,
            Source("values", where, str(told.get("value", ""))),
            status=cast(Status, said)
            if said in _STATUSES
            else "planned"
            if answer == "planned"
            else status or "present",
            denied=answer == "no",
            is_certain=answer != "suspected",
            value=value,
            start=start,
            end=end,
            is_ongoing=is_ongoing,
            lower_normal=_read_number(told.get("lower_normal"), f"{where}.lower_normal"),
            upper_normal=_read_number(told.get("upper_normal"), f"{where}.upper_normal"),
            detail=_UNKNOWN if answer == "unknown" else str(told.get("detail") or ""),
        )

    def _find_domain(self, name: str, value: Interval | None) -> Domain:
        if value is not None:
            return "measurement"
        if "consent" in name.lower():
            return "consent"
        known = self._names.find_concepts(name) if self._names else ()
        return "drug" if known and known[0].kind == "drug" else "condition"

    def _read_days(
        self, told: Mapping[str, Any], where: str, answer: str, *, is_value: bool
    ) -> tuple[Days | None, Days | None, bool]:
        since, until = _read_date(told, "since", where), _read_date(told, "until", where)
        on = _read_date(told, "date", where)
        if is_value:
            when = on or since or one_day(self._day)
            return when, when, False
        if answer == "no":
            return since, until or on or one_day(self._day), False
        if answer == "resolved":
            return since or on, until or Days(None, self._day), False
        return since or on, until, until is None

    def _read_group(self, told: Any, where: str) -> Iterator[Fact]:
        if isinstance(told, dict) and not {"name", "code"} & set(told):
            for name, value in told.items():
                if value is not None:
                    yield self._read_field(name, value, f"{where}.{name}")
            return
        for number, each in enumerate([told] if isinstance(told, dict) else _as_list(told, where)):
            yield self._read_fact(each, f"{where}[{number}]")

    def _read_sex(self, told: Mapping[str, Any], place: str) -> Sex | None:
        given = str(told.get("sex") or told.get("gender") or "").strip().lower()
        if not given or given in ("unknown", "other"):
            return None
        if given not in _SEXES:
            raise SourceFormatError("no such sex", path=f"{place}sex", found=given, expected="female or male")
        return _SEXES[given]

    def _read_birth(self, told: Mapping[str, Any], place: str) -> Days | None:
        field, born = next(((each, told[each]) for each in _BIRTHS if told.get(each)), ("", None))
        age = told.get("age")
        if born is not None:
            days = read_days(str(born))
            if days is None or days.lowest > self._day:
                raise SourceFormatError(
                    "no date of birth",
                    path=f"{place}{field}",
                    found=str(born),
                    expected="YYYY[-MM[-DD]], not later than today",
                )
            return days
        if age in (None, ""):
            return None
        value = read_value(str(age["value"] if isinstance(age, dict) and "value" in age else age))
        unit = _AGE_UNITS.get(value.unit[:1].lower()) if value else None
        if (
            value is None
            or unit is None
            or value.low is None
            or value.high is None
            or not 0 <= value.high <= 150 * 366
        ):
            raise SourceFormatError("no age", path=f"{place}age", found=str(age), expected="years, as 54")
        if unit == "a":
            return find_birth(value.low, value.high, self._day)
        return Days(
            move(self._day, -value.high - 1, unit) + timedelta(days=1), move(self._day, -value.low, unit)
        )

    def _read_anchors(self, told: Any, where: str) -> dict[Anchor, Days]:
        if told in (None, ""):
            return {}
        if not isinstance(told, dict):
            raise SourceFormatError(
                "anchors are an object", path=where, found=str(told), expected='{"screening": …}'
            )
        _check_all(list(told), _ANCHORS, where)
        anchors: dict[Anchor, Days] = {}
        for key, value in told.items():
            days = read_days(str(value))
            if days is None:
                raise SourceFormatError(
                    "no date", path=f"{where}.{key}", found=str(value), expected="YYYY[-MM[-DD]]"
                )
            anchors[cast(Anchor, key)] = days
        return anchors


def _read_told(told: Mapping[str, Any], where: str) -> tuple[Interval | None, Answer]:
    """A fact's value: a number with its unit, or an answer."""
    given, unit = told.get("value"), str(told.get("unit") or "").strip()
    if given is None or given == "":
        return None, ""
    if isinstance(given, bool):
        return None, "yes" if given else "no"
    if isinstance(given, list) and len(given) == 2 and all(isinstance(each, int | float) for each in given):
        given = f"{given[0]} to {given[1]}"
    if not isinstance(given, str | int | float):
        raise SourceFormatError("no value", path=f"{where}.value", found=str(given), expected="8.2, yes, no")
    answer = read_answer(str(given))
    if answer:
        return None, answer
    value = read_value(str(given), unit)
    if value is None:
        raise SourceFormatError(
            "no value that is understood",
            path=f"{where}.value",
            found=str(given),
            expected="a number (8.2, < 0.5, 7 to 8, around 8, 3.1 x ULN) with its unit, yes or no",
        )
    return value, ""


def _read_date(told: Mapping[str, Any], key: str, where: str) -> Days | None:
    given = told.get(key)
    if given is None or given == "":
        return None
    days = read_days(str(given))
    if days is None:
        raise SourceFormatError("no date", path=f"{where}.{key}", found=str(given), expected="YYYY[-MM[-DD]]")
    return days


def _read_number(given: Any, where: str) -> float | None:
    if given is None or given == "":
        return None
    value = read_value(str(given))
    if value is None or value.low is None or value.low != value.high or value.unit:
        raise SourceFormatError("no number", path=where, found=str(given), expected="as 40")
    return value.low


def _read_answers(told: Any, where: str) -> dict[str, str]:
    if told is None or told == "":
        return {}
    if not isinstance(told, dict):
        raise SourceFormatError("answers are an object", path=where, found=str(told), expected="{…}")
    return check_answers({str(key): str(value) for key, value in told.items()}, where)


def _check_all(told: Any, allowed: frozenset[str], where: str) -> list[str]:
    given = [str(each) for each in _as_list(told, where)]
    for each in given:
        if each not in allowed:
            raise SourceFormatError(
                "no such name", path=where, found=each, expected=", ".join(sorted(allowed))
            )
    return given


def _as_list(told: Any, where: str) -> list[Any]:
    if told is None or told == "":
        return []
    if isinstance(told, str):
        return [each.strip() for each in told.split(";") if each.strip()]
    if not isinstance(told, list):
        raise SourceFormatError("a list is wanted", path=where, found=str(told), expected="[…]")
    return told


def _drop_empty(row: Mapping[str | None, Any]) -> dict[str, Any]:
    return {
        key: value.strip() for key, value in row.items() if key and isinstance(value, str) and value.strip()
    }
