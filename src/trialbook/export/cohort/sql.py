"""How are predicates asked in SQL? One statement over an OMOP CDM, the same for DuckDB and SQLite."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from trialbook.export.cohort.carried import NotCarried, shorten
from trialbook.export.cohort.predicates import (
    AllOf,
    AtLeastOf,
    Born,
    Happened,
    HasCondition,
    IsSex,
    Measured,
    NotSo,
    Predicate,
    Range,
    Rows,
    Table,
)
from trialbook.export.cohort.rule import Rule
from trialbook.export.cohort.vocabulary import Vocabulary

# Table, concept, first and last day.
_EVENTS: dict[Table, tuple[str, str, str, str]] = {
    "condition": (
        "condition_occurrence",
        "condition_concept_id",
        "condition_start_date",
        "condition_end_date",
    ),
    "drug": ("drug_exposure", "drug_concept_id", "drug_exposure_start_date", "drug_exposure_end_date"),
    "procedure": ("procedure_occurrence", "procedure_concept_id", "procedure_date", "procedure_end_date"),
    "device": (
        "device_exposure",
        "device_concept_id",
        "device_exposure_start_date",
        "device_exposure_end_date",
    ),
}
_ANSWERS: dict[Table, tuple[str, str, str, str]] = {
    "measurement": ("measurement", "measurement_concept_id", "measurement_date", "value_source_value"),
    "observation": ("observation", "observation_concept_id", "observation_date", "value_as_string"),
}
_SEXES = {"male": 8507, "female": 8532}
# What the text of an answer says, in small letters.
_YES = ("yes", "y", "true", "present", "positive", "pos", "detected", "reactive", "active", "ongoing", "current",
        "confirmed", "+", "++", "+++", "++++")  # fmt: skip
_NO = ("no", "n", "false", "absent", "negative", "neg", "not detected", "undetected", "undetectable", "nonreactive",
       "non-reactive", "denied", "denies", "none", "never", "not present")  # fmt: skip
# Signs before a value: it lies somewhere below or above.
_SIGNS = "4171754, 4171755, 4171756, 4172704"
_NO_END, _NO_START = "'9999-12-31'", "'0001-01-01'"


def render_sql(
    rules: Sequence[Rule],
    vocabulary: Vocabulary,
    *,
    title: str,
    day: date,
    not_carried: Iterable[NotCarried],
) -> str:
    """The statement, whose answer is the `person_id` of each person; above it what was not carried over."""
    writer = _Writer(vocabulary)
    where = []
    for each in rules:
        asked = writer.ask(each.predicate)
        if asked != "1=1":
            where.append(f"  -- {_say(each.name)}: {_say(each.text)}\n  {asked}")
    lines = [f"-- {_say(title)}", f"-- As of {day}. For OMOP CDM 5.3 and 5.4 in DuckDB or SQLite."]
    lines += ["--", "-- Not carried over as the record has it:"]
    lines += [f"-- * {_say(each.describe(), 400)}" for each in not_carried] or ["-- * (nothing)"]
    lines += ["WITH"]
    lines.append(",\n".join(writer.list_tables()))
    lines.append("SELECT people.person_id FROM people")
    if where:
        lines.append("WHERE\n" + "\n  AND\n".join(where))
    return "\n".join([*lines, "ORDER BY people.person_id;", ""])


def _say(text: str, limit: int = 160) -> str:
    """Text within a comment: on its one line."""
    return shorten("".join(each if each.isprintable() else " " for each in text), limit)


class _Writer:
    """Writes conditions, and gathers the sets of concepts and the tables that they need."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._sets: dict[tuple[int, ...], int] = {}
        self._needed: set[str] = set()

    def ask(self, asked: Predicate) -> str:
        if isinstance(asked, AllOf):
            return "(" + " AND ".join(map(self.ask, asked.parts)) + ")" if asked.parts else "1=1"
        if isinstance(asked, AtLeastOf):
            if asked.count == 1:
                return "(" + " OR ".join(map(self.ask, asked.parts)) + ")"
            counted = " + ".join(f"CASE WHEN {self.ask(each)} THEN 1 ELSE 0 END" for each in asked.parts)
            return f"({counted} >= {asked.count})"
        if isinstance(asked, NotSo):
            return f"NOT ({self.ask(asked.part)})"
        if isinstance(asked, Born):
            return _ask_born(asked)
        if isinstance(asked, IsSex):
            return f"people.gender_concept_id = {_SEXES[asked.sex]}"
        if isinstance(asked, HasCondition):
            self._needed.add("condition")
            return "people.person_id IN (SELECT person_id FROM conditions WHERE concept_id <> 0)"
        return self._ask_measured(asked) if isinstance(asked, Measured) else self._ask_happened(asked)

    def _ask_happened(self, asked: Happened) -> str:
        chosen = [self._choose(each) for each in asked.rows]
        if asked.least == 1:
            found = "(" + " OR ".join(f"people.person_id IN ({each})" for each in chosen) + ")"
            return f"({found} AND {self._ask_undenied(asked)})" if asked.unless else found
        counted = "COUNT(DISTINCT start_day)" if asked.is_by_day else "COUNT(*)"
        rows = " UNION ALL ".join(self._choose(each, "person_id, start_day") for each in asked.rows)
        return (
            f"people.person_id IN (SELECT person_id FROM ({rows}) AS told GROUP BY person_id"
            f" HAVING {counted} >= {asked.least})"
        )

    def _ask_undenied(self, asked: Happened) -> str:
        """Whether no answer denies it on a day on which it is so."""
        so = " UNION ALL ".join(
            self._choose(each, f"person_id, start_day, {_find_end(each)} AS last_day") for each in asked.rows
        )
        denied = " UNION ALL ".join(
            self._choose(each, "person_id, start_day AS day") for each in asked.unless
        )
        return (
            f"people.person_id NOT IN (SELECT so.person_id FROM ({so}) AS so JOIN ({denied}) AS denied"
            " ON denied.person_id = so.person_id AND denied.day BETWEEN so.start_day AND so.last_day)"
        )

    def _choose(self, row: Rows, columns: str = "person_id") -> str:
        self._needed.add(row.table)
        told = row.table in _ANSWERS
        where = [f"concept_id IN ({self._name_set(row.concepts)})"]
        if told:
            where.append(self._ask_answer(row))
        start = "start_day" if row.is_sure else f"COALESCE(start_day, {_NO_START})"
        end = _find_end(row)
        if row.start_from is not None:
            where.append(f"{start} >= '{row.start_from}'")
        if row.start_to is not None:
            where.append(f"{start} <= '{row.start_to}'")
        if row.end_from is not None:
            where.append(f"{end} >= '{row.end_from}'")
        if row.end_to is not None:
            where.append(f"{end} <= '{row.end_to}'")
        return f"SELECT {columns} FROM {row.table}s WHERE {' AND '.join(where)}"

    def _ask_answer(self, row: Rows) -> str:
        """Whether a row without a number says that it is so, or that it is not."""
        if row.denied:
            return "answer = 'no'"
        if not row.answered:
            return "answer IN ('yes', '')"
        if set(row.answered) == set(row.concepts):
            return "answer = 'yes'"
        return f"(answer = 'yes' OR (answer = '' AND concept_id NOT IN ({self._name_set(row.answered)})))"

    def _ask_measured(self, asked: Measured) -> str:
        self._needed.add("measured")
        where = []
        for table, ids in (("measurement", asked.concepts), ("observation", asked.observed)):
            if ids:
                where.append(f"(told_in = '{table}' AND concept_id IN ({self._name_set(ids)}))")
        chosen = "(" + " OR ".join(where) + ")"
        if asked.start_from is not None:
            chosen += f" AND day >= '{asked.start_from}'"
        if asked.start_to is not None:
            chosen += f" AND day <= '{asked.start_to}'"
        fit, unfit = self._ask_fit(asked)
        rows = (
            f"SELECT person_id, day, {fit} AS fit, {unfit} AS unfit, MAX(day) OVER (PARTITION BY person_id) AS last_day"
            f" FROM measured WHERE {chosen}"
        )
        if asked.which == "last":
            having = "MIN(fit) = 1" if asked.wanted else "MIN(unfit) = 1"
            found = f"SELECT person_id FROM ({rows}) AS told WHERE day = last_day GROUP BY person_id HAVING {having}"
        elif asked.wanted:
            # Values of one day that disagree are a conflict.
            by_day = f"SELECT person_id, MAX(fit) AS fit, MAX(unfit) AS unfit FROM ({rows}) AS told GROUP BY person_id, day"
            found = f"SELECT person_id FROM ({by_day}) AS days GROUP BY person_id HAVING MAX(fit) = 1 AND MAX(fit + unfit) < 2"
        else:
            found = f"SELECT person_id FROM ({rows}) AS told GROUP BY person_id HAVING MIN(unfit) = 1"
        return f"people.person_id IN ({found})"

    def _ask_fit(self, asked: Measured) -> tuple[str, str]:
        """Whether a value surely fits, and whether it surely does not, each as 1 or 0."""
        within, outside = [], []
        for each in asked.ranges:
            if asked.limit:
                limit = "range_high" if asked.limit == "ULN" else "range_low"
                unit, value = f"{limit} > 0", f"value / {limit}"
            else:
                unit, value = self._ask_unit(each), "value"
            inside = _ask_range(value, each)
            within.append(f"({unit} AND {inside})")
            outside.append(f"({unit} AND NOT ({inside}))")
        exact = f"sign NOT IN ({_SIGNS})"
        return tuple(  # type: ignore[return-value]
            f"CASE WHEN {exact} AND ({' OR '.join(each)}) THEN 1 ELSE 0 END" for each in (within, outside)
        )

    def _ask_unit(self, each: Range) -> str:
        ids = ", ".join(map(str, each.unit_ids))
        written = f"(unit_id NOT IN (SELECT unit_id FROM units) AND unit_text = '{_quote(each.unit)}')"
        return f"(unit_id IN ({ids}) OR {written})" if ids else written

    def _name_set(self, ids: tuple[int, ...]) -> str:
        number = self._sets.setdefault(ids, len(self._sets) + 1)
        return f"SELECT concept_id FROM concept_sets WHERE set_id = {number}"

    def list_tables(self) -> Iterable[str]:
        """The tables that the conditions ask, each as a name and what it holds."""
        yield (
            "people AS (\n  SELECT person_id, gender_concept_id,\n"
            f"    {_birth('01', '01', '01')} AS born_first,\n    {_birth('12', '31', '31')} AS born_last\n"
            f"  FROM (SELECT person_id, {_whole('gender_concept_id')} AS gender_concept_id, {_whole('year_of_birth')}"
            f" AS y, {_whole('month_of_birth')} AS m, {_whole('day_of_birth')} AS d FROM person) AS told\n)"
        )
        if self._sets:
            rows = ", ".join(f"({number}, {each})" for ids, number in self._sets.items() for each in ids)
            yield f"concept_sets(set_id, concept_id) AS (VALUES\n  {rows}\n)"
        for name, (table, concept, start, end) in _EVENTS.items():
            if name in self._needed:
                yield (
                    f"{name}s AS (\n  SELECT person_id, {_whole(concept)} AS concept_id, {_day(start)} AS start_day,"
                    f" {_day(end)} AS end_day\n  FROM {table}\n)"
                )
        for name, (table, concept, start, text) in _ANSWERS.items():
            if name in self._needed:
                yield (
                    f"{name}s AS (\n  SELECT person_id, {_whole(concept)} AS concept_id, {_day(start)} AS start_day,\n"
                    f"    {self._read_answer(text)} AS answer\n  FROM {table} WHERE {_number('value_as_number')} IS NULL\n)"
                )
        if "measured" in self._needed:
            codes = ", ".join(f"({each})" for ids in self._vocabulary.units.values() for each in ids)
            yield f"units(unit_id) AS (VALUES {codes or '(-1)'})"
            yield "measured AS (\n" + "\n  UNION ALL\n".join(map(_read_values, _ANSWERS)) + "\n)"

    def _read_answer(self, text: str) -> str:
        value = _whole("value_as_concept_id")
        said = f"lower(trim(COALESCE(CAST({text} AS VARCHAR), '')))"
        yes, no = (", ".join(map(str, each)) or "-1" for each in (self._vocabulary.yes, self._vocabulary.no))
        return (
            f"CASE WHEN {value} IN ({yes}) THEN 'yes' WHEN {value} IN ({no}) THEN 'no' WHEN {value} <> 0 THEN 'other'"
            f" WHEN {said} = '' THEN '' WHEN {said} IN ({_texts(_YES)}) OR {said} LIKE 'pregnant%' THEN 'yes'"
            f" WHEN {said} IN ({_texts(_NO)}) OR {said} LIKE 'not pregnant%' THEN 'no' ELSE 'other' END"
        )


def _read_values(table: Table) -> str:
    name, concept, day, _ = _ANSWERS[table]
    is_measured = table == "measurement"
    sign = _whole("operator_concept_id") if is_measured else "0"
    low, high = (
        _number(each) if is_measured else "CAST(NULL AS DOUBLE)" for each in ("range_low", "range_high")
    )
    return (
        f"  SELECT person_id, '{table}' AS told_in, {_whole(concept)} AS concept_id, {_day(day)} AS day,"
        f" {_number('value_as_number')} AS value,\n"
        f"    {sign} AS sign, {_whole('unit_concept_id')} AS unit_id,"
        f" trim(COALESCE(CAST(unit_source_value AS VARCHAR), '')) AS unit_text, {low} AS range_low, {high} AS range_high\n"
        f"  FROM {name} WHERE {_number('value_as_number')} IS NOT NULL AND {_day(day)} IS NOT NULL"
    )


def _ask_born(asked: Born) -> str:
    where = []
    if asked.first is not None:
        where.append(f"people.born_first >= '{asked.first}'")
    if asked.last is not None:
        # Of a month alone the last day is written as the 31st, whatever the month has.
        is_end = _next(asked.last).month != asked.last.month
        last = f"{asked.last.isoformat()[:8]}31" if is_end else asked.last.isoformat()
        where.append(f"people.born_last <= '{last}'")
    return "(" + " AND ".join(where) + ")" if where else "people.born_first IS NOT NULL"


def _next(day: date) -> date:
    return day if day == date.max else date.fromordinal(day.toordinal() + 1)


def _birth(month: str, day: str, lone: str) -> str:
    """The first or last day of birth; of a month alone, or a year alone, the first or last of it."""
    year = "substr('000' || CAST(y AS VARCHAR), -4)"
    two = "substr('0' || CAST({} AS VARCHAR), -2)"
    return (
        f"CASE WHEN y = 0 THEN NULL WHEN m = 0 THEN {year} || '-{month}-{day}'"
        f" WHEN d = 0 THEN {year} || '-' || {two.format('m')} || '-{lone}'"
        f" ELSE {year} || '-' || {two.format('m')} || '-' || {two.format('d')} END"
    )


def _find_end(row: Rows) -> str:
    """The last day of a row."""
    if row.table in _ANSWERS:
        return "start_day"
    if row.shape == "event":
        return "COALESCE(end_day, start_day)"
    if row.shape == "drug" and row.is_sure:
        return "COALESCE(end_day, start_day)"
    return f"COALESCE(end_day, {_NO_END})"


def _ask_range(value: str, each: Range) -> str:
    asked = []
    if each.low is not None:
        asked.append(f"{value} {'>=' if each.low_included else '>'} {each.low!r}")
    if each.high is not None:
        asked.append(f"{value} {'<=' if each.high_included else '<'} {each.high!r}")
    return " AND ".join(asked)


def _whole(column: str) -> str:
    return f"COALESCE(CAST(NULLIF(CAST({column} AS VARCHAR), '') AS BIGINT), 0)"


def _number(column: str) -> str:
    return f"CAST(NULLIF(CAST({column} AS VARCHAR), '') AS DOUBLE)"


def _day(column: str) -> str:
    return f"NULLIF(substr(CAST({column} AS VARCHAR), 1, 10), '')"


def _texts(texts: Iterable[str]) -> str:
    return ", ".join(f"'{_quote(each)}'" for each in texts)


def _quote(text: str) -> str:
    return text.replace("'", "''")
