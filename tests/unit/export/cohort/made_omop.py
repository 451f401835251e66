"""A small OMOP database, made here: a vocabulary whose hierarchy is MeSH's, and persons by a seed.

Names are those of MeSH, codes and numbers are invented: nothing of a licensed vocabulary is in it.
"""

from __future__ import annotations

import json
import random
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from trialbook.terms import get_thesaurus

CONDITIONS = (
    "Diabetes Mellitus",
    "Diabetes Mellitus, Type 2",
    "Diabetes Mellitus, Type 1",
    "Heart Failure",
    "Myocardial Infarction",
    "Myocardial Ischemia",
    "Stroke",
    "Neoplasms",
    "Carcinoma, Basal Cell",
    "Lung Neoplasms",
    "Hypertension",
    "Asthma",
)
DRUGS = (
    "Metformin",
    "Aspirin",
    "Insulin glargine",
    "metformin 500 MG Oral Tablet",
    "aspirin 81 MG Oral Tablet",
)
PROCEDURES = ("Coronary artery bypass graft", "Kidney transplantation", "Appendectomy")
# Name, LOINC, units that it comes in, least and most.
MEASUREMENTS = (
    ("Hemoglobin A1c/Hemoglobin.total in Blood", "4548-4", ("%", "mmol/mol"), 4, 13),
    ("Creatinine [Mass/volume] in Serum or Plasma", "2160-0", ("mg/dL", "umol/L", "kg"), 0.4, 4),
    ("Body mass index (BMI) [Ratio]", "39156-5", ("kg/m2",), 16, 48),
    ("Alanine aminotransferase [Enzymatic activity/volume] in Serum or Plasma", "1742-6", ("U/L",), 5, 200),
)
UNITS = ("%", "mmol/mol", "mg/dL", "umol/L", "kg/m2", "U/L", "kg", "g/L")
DAY = date(2024, 12, 31)

Row = dict[str, Any]
COLUMNS: dict[str, str] = {
    "person": "person_id BIGINT, gender_concept_id BIGINT, year_of_birth BIGINT, month_of_birth BIGINT,"
    " day_of_birth BIGINT",
    "observation_period": "observation_period_id BIGINT, person_id BIGINT, observation_period_start_date DATE,"
    " observation_period_end_date DATE, period_type_concept_id BIGINT",
    "condition_occurrence": "condition_occurrence_id BIGINT, person_id BIGINT, condition_concept_id BIGINT,"
    " condition_start_date DATE, condition_end_date DATE, visit_occurrence_id BIGINT",
    "drug_exposure": "drug_exposure_id BIGINT, person_id BIGINT, drug_concept_id BIGINT,"
    " drug_exposure_start_date DATE, drug_exposure_end_date DATE, days_supply BIGINT, quantity DOUBLE,"
    " refills BIGINT, visit_occurrence_id BIGINT",
    "procedure_occurrence": "procedure_occurrence_id BIGINT, person_id BIGINT, procedure_concept_id BIGINT,"
    " procedure_date DATE, procedure_end_date DATE, quantity BIGINT, visit_occurrence_id BIGINT",
    "device_exposure": "device_exposure_id BIGINT, person_id BIGINT, device_concept_id BIGINT,"
    " device_exposure_start_date DATE, device_exposure_end_date DATE, quantity BIGINT, visit_occurrence_id BIGINT",
    "measurement": "measurement_id BIGINT, person_id BIGINT, measurement_concept_id BIGINT, measurement_date DATE,"
    " operator_concept_id BIGINT, value_as_number DOUBLE, value_as_concept_id BIGINT, unit_concept_id BIGINT,"
    " unit_source_value VARCHAR, range_low DOUBLE, range_high DOUBLE, measurement_source_value VARCHAR,"
    " value_source_value VARCHAR, visit_occurrence_id BIGINT",
    "observation": "observation_id BIGINT, person_id BIGINT, observation_concept_id BIGINT, observation_date DATE,"
    " value_as_number DOUBLE, value_as_string VARCHAR, value_as_concept_id BIGINT, unit_concept_id BIGINT,"
    " unit_source_value VARCHAR, observation_source_value VARCHAR, visit_occurrence_id BIGINT",
    "concept": "concept_id BIGINT, concept_name VARCHAR, domain_id VARCHAR, vocabulary_id VARCHAR,"
    " standard_concept VARCHAR, concept_code VARCHAR, invalid_reason VARCHAR",
    "concept_ancestor": "ancestor_concept_id BIGINT, descendant_concept_id BIGINT",
    "concept_relationship": "concept_id_1 BIGINT, concept_id_2 BIGINT, relationship_id VARCHAR, invalid_reason VARCHAR",
}


def make_vocabulary() -> dict[str, list[Row]]:
    """CONCEPT, and CONCEPT_ANCESTOR as MeSH's tree has it."""
    concepts: list[Row] = []

    def add(name: str, domain: str, vocabulary: str, code: str) -> int:
        number = 1_000 + len(concepts)
        concepts.append(
            {
                "concept_id": number,
                "concept_name": name,
                "domain_id": domain,
                "vocabulary_id": vocabulary,
                "standard_concept": "S",
                "concept_code": code,
            }
        )
        return number

    conditions = {name: add(name, "Condition", "SNOMED", f"c{at}") for at, name in enumerate(CONDITIONS)}
    add("History of myocardial infarction", "Condition", "SNOMED", "h1")
    for at, name in enumerate(DRUGS):
        add(name, "Drug", "RxNorm", f"d{at}")
    for at, name in enumerate(PROCEDURES):
        add(name, "Procedure", "SNOMED", f"p{at}")
    for name, code, *_ in MEASUREMENTS:
        add(name, "Measurement", "LOINC", code)
    add("Pregnancy", "Condition", "SNOMED", "pregnant")
    add("Heart failure", "Observation", "SNOMED", "asked")
    add("Yes", "Meas Value", "SNOMED", "yes")
    add("No", "Meas Value", "SNOMED", "no")
    for unit in UNITS:
        add(unit, "Unit", "UCUM", unit)
    thesaurus = get_thesaurus()
    ancestors = [{"ancestor_concept_id": each, "descendant_concept_id": each} for each in conditions.values()]
    for name, number in conditions.items():
        above = {heading for heading, _ in thesaurus.find_broader(f"mesh:{name}")}
        ancestors += [
            {"ancestor_concept_id": other, "descendant_concept_id": number}
            for heading, other in conditions.items()
            if heading in above and heading != name
        ]
    return {"concept": concepts, "concept_ancestor": ancestors, "concept_relationship": []}


def make_database(seed: int, count: int, *, told_answers: bool = True) -> dict[str, list[Row]]:
    """A vocabulary, and so many persons of whom this and that is told.

    `told_answers`: whether OBSERVATION has rows, whose answers not every target reads.
    """
    drawn = random.Random(seed)
    tables = make_vocabulary()
    ids = {(each["domain_id"], each["concept_name"]): each["concept_id"] for each in tables["concept"]}
    by_domain: dict[str, list[int]] = {}
    for (domain, _), number in ids.items():
        by_domain.setdefault(domain, []).append(number)
    units = {
        each["concept_code"]: each["concept_id"] for each in tables["concept"] if each["domain_id"] == "Unit"
    }
    for name in COLUMNS:
        tables.setdefault(name, [])

    def pick_day() -> date:
        # Near the limits of the criteria, and exactly on them.
        whole = drawn.choice([0, 1, 30, 90, 91, 180, 365, 366, 730, 1826, 1827, 3650])
        return DAY - timedelta(days=whole + drawn.choice([-1, 0, 0, 0, 1]))

    def add(table: str, **told: Any) -> None:
        tables[table].append({f"{table}_id": len(tables[table]) + 1, **told})

    for person in range(1, count + 1):
        born = date(
            drawn.choice([1945, 1949, 1950, 1970, 1980, 2006, 2007]),
            *drawn.choice([(1, 1), (12, 31), (6, 15)]),
        )
        tables["person"].append(
            {
                "person_id": person,
                "gender_concept_id": drawn.choice([8507, 8532]),
                "year_of_birth": born.year,
                "month_of_birth": born.month,
                "day_of_birth": born.day,
            }
        )
        add(
            "observation_period",
            person_id=person,
            observation_period_start_date=date(1940, 1, 1),
            observation_period_end_date=date(2030, 1, 1),
        )
        for _ in range(drawn.randint(0, 5)):
            start = pick_day()
            end = drawn.choice([None, None, start + timedelta(days=drawn.choice([0, 10, 400]))])
            concept = drawn.choice([*by_domain["Condition"], *[ids["Condition", "Stroke"]] * 5])
            add(
                "condition_occurrence",
                person_id=person,
                condition_concept_id=concept,
                condition_start_date=start,
                condition_end_date=end,
            )
        for _ in range(drawn.randint(0, 3)):
            start = pick_day()
            add(
                "drug_exposure",
                person_id=person,
                drug_concept_id=drawn.choice(by_domain["Drug"]),
                drug_exposure_start_date=start,
                drug_exposure_end_date=start + timedelta(days=drawn.choice([0, 30, 90, 400])),
            )
        for _ in range(drawn.randint(0, 2)):
            day = pick_day()
            add(
                "procedure_occurrence",
                person_id=person,
                procedure_concept_id=drawn.choice(by_domain["Procedure"]),
                procedure_date=day,
                procedure_end_date=day,
            )
        for _ in range(drawn.randint(0, 8)):
            name, _, told_in, least, most = drawn.choice(MEASUREMENTS)
            unit = drawn.choice(told_in)
            value = round(drawn.uniform(least, most), 1)
            if unit == "mmol/mol":
                value = round((value - 2.15) * 10.929)
            elif unit == "umol/L":
                value = round(value * 88.4)
            add(
                "measurement",
                person_id=person,
                measurement_concept_id=ids["Measurement", name],
                measurement_date=pick_day(),
                value_as_number=value,
                unit_concept_id=units[unit],
                unit_source_value=unit,
                range_high=40 if unit == "U/L" else None,
            )
        if told_answers and drawn.random() < 0.4:
            answer = drawn.choice([None, ids["Meas Value", "Yes"], ids["Meas Value", "No"]])
            add(
                "observation",
                person_id=person,
                observation_concept_id=ids["Observation", "Heart failure"],
                observation_date=pick_day(),
                value_as_concept_id=answer,
                value_as_string=drawn.choice(["", "no", "yes"]) if answer is None else "",
            )
    return tables


def write_sqlite(tables: dict[str, list[Row]], path: Path) -> Path:
    """The database as SQLite keeps it."""
    with sqlite3.connect(path) as database:
        for sql, rows in _list_statements(tables):
            database.execute(sql) if rows is None else database.executemany(sql, rows)
    database.close()
    return path


def open_duckdb(tables: dict[str, list[Row]]) -> Any:
    """The same in DuckDB, with the tables that Circe looks for."""
    import duckdb

    database = duckdb.connect()
    for sql, rows in _list_statements(tables):
        if rows is None:
            database.execute(sql)
        elif rows:
            database.executemany(sql, rows)
    return database


def _list_statements(tables: dict[str, list[Row]]) -> Iterator[tuple[str, Sequence[Sequence[Any]] | None]]:
    for name, columns in COLUMNS.items():
        names = [each.split()[0] for each in columns.split(",")]
        yield f"CREATE TABLE {name} ({columns})", None
        marks = ", ".join("?" * len(names))
        yield f"INSERT INTO {name} VALUES ({marks})", [_as_row(each, names) for each in tables[name]]


def _as_row(told: Row, names: Iterable[str]) -> list[Any]:
    found = (told.get(each) for each in names)
    return [each.isoformat() if isinstance(each, date) else each for each in found]


def run_circe(database: Any, definition: str) -> set[str]:
    """Whom a Circe definition finds: made SQL by OHDSI's own rules (duckcdm), run by DuckDB."""
    from duckcdm.circe import build_cohort_query
    from duckcdm.sqlrender import render, translate

    json.loads(definition)
    sql = build_cohort_query(definition, cdm_schema="main", target_table="main.found", cohort_id=1)
    database.execute(
        "CREATE OR REPLACE TABLE found (cohort_definition_id BIGINT, subject_id BIGINT, cohort_start_date DATE,"
        " cohort_end_date DATE)"
    )
    for statement in translate(render(sql), "duckdb").split(";"):
        if statement.strip():
            database.execute(statement)
    return {str(each) for (each,) in database.execute("SELECT subject_id FROM found").fetchall()}
