"""What does an OMOP CDM (5.3, 5.4) say of its persons? Each with conditions, drugs, procedures and measurements.

A condition without an end is taken to go on, as the CDM keeps those of a problem list; a drug is taken until the
end of its exposure. The tables of visits, notes, costs and eras are not read.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

from trialbook.eligibility.days import Days, read_days
from trialbook.eligibility.facts import Fact, Person, Sex, Source
from trialbook.eligibility.readers.answers import read_answer
from trialbook.eligibility.readers.numbers import bound
from trialbook.eligibility.readers.omop_tables import TABLES, Database, open_tables
from trialbook.eligibility.tree import Concept, Domain

Row = dict[str, str]

_SEXES: dict[str, Sex] = {"8507": "male", "8532": "female"}
SIGNS = {"4171756": "<", "4171754": "<=", "4171755": ">=", "4172704": ">"}
SYSTEMS = {"snomed": "snomed", "loinc": "loinc", "rxnorm": "rxnorm", "rxnorm extension": "rxnorm_extension",
            "icd10cm": "icd10cm", "icd10": "icd10", "icd9cm": "icd9cm", "atc": "atc", "cvx": "cvx"}  # fmt: skip
HISTORY_OF = "history of "
_UNKNOWN = ("", "0")


class Known(NamedTuple):
    """A concept of the vocabulary."""

    name: str
    vocabulary: str
    code: str


class Occurrence(NamedTuple):
    """Where a table keeps what happened: its columns."""

    domain: Domain
    concept: str
    start: str
    end: str
    source: str
    row_id: str


_OCCURRENCES = {
    "condition_occurrence": Occurrence(
        "condition",
        "condition_concept_id",
        "condition_start_date",
        "condition_end_date",
        "condition_source_value",
        "condition_occurrence_id",
    ),
    "drug_exposure": Occurrence(
        "drug",
        "drug_concept_id",
        "drug_exposure_start_date",
        "drug_exposure_end_date",
        "drug_source_value",
        "drug_exposure_id",
    ),
    "procedure_occurrence": Occurrence(
        "procedure",
        "procedure_concept_id",
        "procedure_date",
        "procedure_end_date",
        "procedure_source_value",
        "procedure_occurrence_id",
    ),
    "device_exposure": Occurrence(
        "device",
        "device_concept_id",
        "device_exposure_start_date",
        "device_exposure_end_date",
        "device_source_value",
        "device_exposure_id",
    ),
}


def read_omop(path: Path, day: date) -> Iterator[Person]:
    """The persons of an OMOP CDM in the order of their ids, one held at a time.

    `day` is that of the reading. Raises SourceReadError.
    """
    with open_tables(path) as (database, columns):
        find = _Vocabulary(database)
        streams = {
            name: _Groups(_iter_rows(database, name, columns[name]))
            for name in (*_OCCURRENCES, "measurement", "observation", "death")
            if len(columns[name]) > 1
        }
        for row in _iter_rows(database, "person", columns["person"]):
            facts: list[Fact] = []
            sex = _SEXES.get(row.get("gender_concept_id", ""))
            person_id = row["person_id"]
            if sex is not None:
                facts.append(Fact(Concept(sex, "person"), Source("omop", f"PERSON {person_id}")))
            for name, stream in streams.items():
                for each in stream.take(person_id):
                    facts += _read_row(name, each, find, day)
            yield Person(person_id, tuple(facts), _read_birth(row), sex)


class _Vocabulary:
    """Looks concepts up by their ids."""

    def __init__(self, database: Database) -> None:
        # One question for all: a vocabulary download has millions, of which a database names thousands.
        self._known: dict[str, Known] = {}
        named = {each for table, columns in TABLES.items() if table != "concept" for each in columns}
        used = " UNION ".join(
            f"SELECT DISTINCT {column} AS id FROM {table}"  # noqa: S608
            for table, columns in TABLES.items()
            for column in columns
            if column.endswith("_concept_id") and column in named and _has(database, table, column)
        )
        sql = f"SELECT concept_id, concept_name, vocabulary_id, concept_code FROM concept WHERE concept_id IN ({used})"  # noqa: S608
        for concept_id, name, vocabulary, code in _fetch(database, sql):
            self._known[_text(concept_id)] = Known(_text(name), _text(vocabulary).lower(), _text(code))

    def find(self, concept_id: str) -> Known | None:
        return None if concept_id in _UNKNOWN else self._known.get(concept_id)

    def make(self, concept_id: str, source: str, domain: Domain) -> Concept | None:
        """A concept of a fact; of a row without a standard concept only the source's own code."""
        known = self.find(concept_id)
        if known is None:
            return Concept(source, domain, (f"source:{source}",)) if source else None
        system = SYSTEMS.get(known.vocabulary, known.vocabulary)
        return Concept(known.name, domain, (f"omop:{concept_id}", f"{system}:{known.code}"))


class _Groups:
    """Rows in the order of persons, taken a person at a time."""

    def __init__(self, rows: Iterator[Row]) -> None:
        self._groups = groupby(rows, key=lambda row: row["person_id"])
        self._next: tuple[str, list[Row]] | None = None
        self._advance()

    def _advance(self) -> None:
        found = next(self._groups, None)
        self._next = None if found is None else (found[0], list(found[1]))

    def take(self, person_id: str) -> list[Row]:
        """The rows of a person; those of persons before it, who have no row of their own, are passed over."""
        while self._next is not None and _order(self._next[0]) < _order(person_id):
            self._advance()
        if self._next is None or self._next[0] != person_id:
            return []
        rows = self._next[1]
        self._advance()
        return rows


def _order(person_id: str) -> tuple[int, str]:
    return (int(person_id), "") if person_id.isascii() and person_id.isdigit() else (-1, person_id)


def _read_birth(row: Row) -> Days | None:
    parts = [row.get(name, "") for name in ("year_of_birth", "month_of_birth", "day_of_birth")]
    whole = read_days(row.get("birth_datetime", ""))
    if all(part.isdigit() for part in parts):
        return read_days("-".join((parts[0].zfill(4), parts[1].zfill(2), parts[2].zfill(2))))
    if whole is not None:
        return whole
    known = [part for part in parts if part.isdigit()]
    return (
        read_days("-".join(part.zfill(4 if not at else 2) for at, part in enumerate(known)))
        if parts[0] in known[:1]
        else None
    )


def _read_row(table: str, row: Row, find: _Vocabulary, day: date) -> Iterator[Fact]:
    if table == "measurement":
        return _read_measured(row, find, day, "measurement")
    if table == "observation":
        return _read_measured(row, find, day, "observation")
    if table == "death":
        on = read_days(row.get("death_date", ""))
        source = Source("omop", "DEATH")
        return iter([Fact(Concept("death", "observation"), source, start=on, end=on)])
    return _read_occurrence(table, row, find, day)


def _read_occurrence(table: str, row: Row, find: _Vocabulary, day: date) -> Iterator[Fact]:
    columns = _OCCURRENCES[table]
    concept = find.make(row.get(columns.concept, ""), row.get(columns.source, ""), columns.domain)
    if concept is None:
        return
    start = read_days(row.get(columns.start, "")) or Days(None, day)
    end = read_days(row.get(columns.end, ""))
    if columns.domain == "procedure":
        end = end or start
    history = concept.words.lower().startswith(HISTORY_OF)
    if history:
        concept = Concept(concept.words[len(HISTORY_OF) :], concept.domain, concept.ids)
        start, end = Days(None, start.last), Days(None, day)
    yield Fact(
        concept,
        Source(
            "omop", f"{table.upper()} {row.get(columns.row_id, '')}".rstrip(), row.get(columns.source, "")
        ),
        start=start,
        end=end,
        is_ongoing=end is None and columns.domain in ("condition", "device"),
    )


def _read_measured(row: Row, find: _Vocabulary, day: date, table: Domain) -> Iterator[Fact]:
    source = row.get(f"{table}_source_value", "")
    concept = find.make(row.get(f"{table}_concept_id", ""), source, table)
    if concept is None:
        return
    when = read_days(row.get(f"{table}_date", "")) or Days(None, day)
    place = Source("omop", f"{table.upper()} {row.get(f'{table}_id', '')}".rstrip(), source)
    number = _number(row.get("value_as_number", ""))
    if number is not None:
        unit = find.find(row.get("unit_concept_id", ""))
        written = (
            unit.code if unit is not None and unit.vocabulary == "ucum" else row.get("unit_source_value", "")
        )
        yield Fact(
            Concept(concept.words, "measurement", concept.ids),
            place,
            value=bound(number, SIGNS.get(row.get("operator_concept_id", ""), ""), written),
            start=when,
            end=when,
            lower_normal=_number(row.get("range_low", "")),
            upper_normal=_number(row.get("range_high", "")),
        )
        return
    said = find.find(row.get("value_as_concept_id", ""))
    words = said.name if said else row.get("value_as_string", "") or row.get("value_source_value", "")
    answer = read_answer(words) if words else ""
    if not words and any(each.startswith("loinc:") for each in concept.ids):
        # A question of LOINC without its answer says nothing.
        return
    if words and answer not in ("yes", "no"):
        yield Fact(Concept(words, "observation"), place, start=when, end=when, detail=concept.words)
    else:
        yield Fact(concept, place, denied=answer == "no", start=when, end=when, detail=words)


def _iter_rows(database: Database, name: str, columns: tuple[str, ...]) -> Iterator[Row]:
    """The rows of a table by person, as texts."""
    order = "CAST(person_id AS BIGINT)" if name != "concept" else "concept_id"
    for row in _fetch(database, f"SELECT {', '.join(columns)} FROM {name} ORDER BY {order}"):  # noqa: S608
        yield {column: _text(value) for column, value in zip(columns, row, strict=True)}


def _fetch(database: Database, sql: str) -> Iterator[tuple[Any, ...]]:
    # DuckDB's connection holds one answer at a time: each question has a cursor of its own.
    make = getattr(database, "cursor", None)
    cursor: Any = make() if make else database
    found = cursor.execute(sql)
    while True:
        rows = found.fetchmany(2_000)
        if not rows:
            return
        yield from rows


def _has(database: Database, table: str, column: str) -> bool:
    try:
        database.execute(f"SELECT {column} FROM {table} LIMIT 0")  # noqa: S608
    except Exception:
        return False
    return True


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def _number(text: str) -> float | None:
    try:
        found = float(text) if text else None
    except ValueError:
        return None
    return found if found is not None and math.isfinite(found) else None
