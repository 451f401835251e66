"""A cohort that is executed finds those whom screening finds by the same criteria: in SQLite, DuckDB and Circe."""

from __future__ import annotations

import gzip
import sqlite3
import tempfile
import zipfile
from collections.abc import Callable, Iterable
from datetime import date
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
import pytest

from trialbook.eligibility.cohorts import name_cohort
from trialbook.eligibility.facts import Person
from trialbook.eligibility.parse import parse_criteria
from trialbook.eligibility.readers.omop import read_omop
from trialbook.eligibility.screening import Screener
from trialbook.export.cohort.carrying import COMPLETE
from trialbook.export.cohort.cohort import Cohort, Form, Persons, make_cohort
from trialbook.model import parse_study
from trialbook.model.study import Study
from trialbook.terms import get_thesaurus

from .made_omop import DAY, make_database, open_duckdb, run_circe, write_sqlite

CRITERIA = (
    "Age 18 to 75 years",
    "Aged under 75 years",
    "Women",
    "Type 2 diabetes",
    "Diabetes for at least 6 months",
    "HbA1c between 7 and 10 %",
    "HbA1c > 11 % within the past 3 months",
    "Diagnosis of myocardial infarction within 3 months",
    "BMI < 40 kg/m2",
    "serum creatinine > 1.5 mg/dL",
    "serum creatinine >= 100 umol/L within 12 months",
    "ALT > 3 x ULN",
    "metformin within 6 months",
    "aspirin",
    "Myocardial infarction within 5 years",
    "History of myocardial infarction",
    "stroke more than 3 months ago",
    "at least 2 strokes",
    "Cancer within 5 years, except basal cell carcinoma",
    "Cancer or heart failure",
    "No history of asthma",
    "heart failure",
    "uncontrolled hypertension",
    "coronary artery bypass graft within 12 months",
    "At least two of the following: asthma, hypertension, diabetes",
    "If diabetes, HbA1c below 9 %",
)
WHOLE = """Inclusion Criteria:

* Age 18 to 79 years
* Diabetes, hypertension, stroke or heart failure

Exclusion Criteria:

* Myocardial infarction within 30 days
* Lung cancer
* HbA1c > 12.5 %
"""
MEMBERS = 250


def make_study(text: str, **fields: Any) -> Study:
    module = {"eligibilityCriteria": text, **fields}
    record = {
        "protocolSection": {
            "identificationModule": {"nctId": "NCT99000001", "briefTitle": "A study"},
            "eligibilityModule": module,
        }
    }
    return parse_study(msgspec.json.encode(record))


def make(
    study: Study, vocabulary: Path, form: Form, *, day: date = DAY, persons: Persons = "eligible"
) -> Cohort:
    text = study.protocol_section.eligibility_module.eligibility_criteria  # type: ignore[union-attr]
    return make_cohort(
        study,
        parse_criteria(text or ""),
        form=form,
        day=day,
        names=get_thesaurus(),
        vocabulary=vocabulary,
        persons=persons,
    )


def screen(study: Study, cohort: Cohort, persons: Iterable[Person], overall: set[str]) -> set[str]:
    """Whom screening finds by the criteria as they are asked, where what is not told is not so."""
    protocol = study.protocol_section
    assert protocol is not None
    asked = tuple(each for each in cohort.criteria if each.start >= 0)
    screener = Screener(asked, protocol.eligibility_module, get_thesaurus())
    verdicts = [
        screener.screen(msgspec.structs.replace(each, complete=COMPLETE), cohort.day) for each in persons
    ]
    if not cohort.criteria:
        return {each.person_id for each in verdicts}
    return {each.person_id for each in verdicts if each.overall in overall}


def run_sqlite(path: Path, sql: str) -> set[str]:
    with sqlite3.connect(path) as database:
        return {str(each) for (each,) in database.execute(sql)}


class Made:
    """A made database, on disk and in DuckDB, with the persons that it tells of."""

    def __init__(self, folder: Path, *, told_answers: bool) -> None:
        tables = make_database(7, MEMBERS, told_answers=told_answers)
        self.path = write_sqlite(tables, folder / f"cdm-{told_answers}.sqlite")
        self.duckdb = open_duckdb(tables)
        self.read: Callable[[date], list[Person]] = cache(lambda day: list(read_omop(self.path, day)))

    def run_duckdb(self, sql: str) -> set[str]:
        return {str(each) for (each,) in self.duckdb.execute(sql).fetchall()}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    pytest.importorskip("duckdb")
    return Made(tmp_path_factory.mktemp("omop"), told_answers=True)


@pytest.fixture(scope="module")
def made_for_circe(tmp_path_factory: pytest.TempPathFactory) -> Made:
    pytest.importorskip("duckcdm", reason="needs duckcdm, which runs Circe's definitions")
    return Made(tmp_path_factory.mktemp("omop"), told_answers=False)


@pytest.mark.parametrize("kind", ["Inclusion", "Exclusion"])
@pytest.mark.parametrize("text", CRITERIA)
def test_sql_finds_whom_screening_finds(made: Made, text: str, kind: str) -> None:
    study = make_study(f"{kind} Criteria:\n\n* {text}\n")
    cohort = make(study, made.path, "sql")
    expected = screen(study, cohort, made.read(DAY), {"eligible"})
    assert cohort.criteria, [each.describe() for each in cohort.not_carried]
    assert 0 < len(expected) < MEMBERS, "the criterion parts nobody from anybody: it tests nothing"
    assert run_sqlite(made.path, cohort.definition) == expected
    assert made.run_duckdb(cohort.definition) == expected


@pytest.mark.parametrize("kind", ["Inclusion", "Exclusion"])
@pytest.mark.parametrize("text", CRITERIA)
def test_circe_finds_whom_screening_finds(made_for_circe: Made, text: str, kind: str) -> None:
    made = made_for_circe
    study = make_study(f"{kind} Criteria:\n\n* {text}\n")
    cohort = make(study, made.path, "circe")
    expected = screen(study, cohort, made.read(DAY), {"eligible"})
    assert cohort.criteria
    assert run_circe(made.duckdb, cohort.definition) == expected


def test_a_whole_study_is_asked_alike_in_all_forms(made_for_circe: Made) -> None:
    made = made_for_circe
    study = make_study(
        WHOLE, minimumAge="18 Years", maximumAge="79 Years", sex="FEMALE", healthyVolunteers=False
    )
    expected = screen(study, make(study, made.path, "sql"), made.read(DAY), {"eligible"})
    assert 0 < len(expected) < MEMBERS
    sql, circe = make(study, made.path, "sql"), make(study, made.path, "circe")
    assert run_sqlite(made.path, sql.definition) == expected
    assert made.run_duckdb(sql.definition) == expected
    assert run_circe(made.duckdb, circe.definition) == expected


@pytest.mark.parametrize("text", CRITERIA)
def test_who_is_possible_is_whom_nothing_excludes(made: Made, text: str) -> None:
    for kind in ("Inclusion", "Exclusion"):
        study = make_study(f"{kind} Criteria:\n\n* {text}\n")
        cohort = make(study, made.path, "sql", persons="possible")
        expected = screen(study, cohort, made.read(DAY), {"eligible", "open"})
        # Values told as below or above a number, and answers, leave more open than screening does.
        assert run_sqlite(made.path, cohort.definition) == expected


@pytest.mark.parametrize("day", [date(2024, 12, 31), date(2024, 6, 14), date(2024, 2, 29)])
def test_circe_errs_on_the_side_that_it_says(made_for_circe: Made, day: date) -> None:
    # As of other days an age hangs on the birthday, which Circe does not look at.
    made = made_for_circe
    study = make_study(WHOLE)
    sure, perhaps = (
        make(study, made.path, "circe", day=day, persons=each) for each in ("eligible", "possible")
    )
    eligible = screen(study, sure, made.read(day), {"eligible"})
    not_excluded = screen(study, perhaps, made.read(day), {"eligible", "open"})
    found, possible = (run_circe(made.duckdb, each.definition) for each in (sure, perhaps))
    assert found
    assert found <= eligible <= not_excluded <= possible
    says = any("year of birth" in each.what for each in sure.not_carried)
    assert says == (day != date(2024, 12, 31))
    assert (found == eligible) or says


def test_what_circe_cannot_ask_at_all_is_nobody_rather_than_everybody(tmp_path: Path) -> None:
    pytest.importorskip("duckcdm", reason="needs duckcdm, which runs Circe's definitions")
    tables = make_database(3, 20, told_answers=False)
    # A question, in a vocabulary that has no concept for its answers.
    tables["concept"] = [each for each in tables["concept"] if each["concept_name"] not in ("Yes", "No")]
    asked = {"concept_id": 9_000, "concept_name": "Psoriasis", "domain_id": "Observation"}
    tables["concept"].append(
        {**asked, "vocabulary_id": "LOINC", "standard_concept": "S", "concept_code": "0-0"}
    )
    path = write_sqlite(tables, tmp_path / "cdm.sqlite")
    excluding, including = (
        make(make_study(f"{each} Criteria:\n\n* Psoriasis"), path, "circe")
        for each in ("Exclusion", "Inclusion")
    )
    assert run_circe(open_duckdb(tables), excluding.definition) == {str(each) for each in range(1, 21)}
    assert run_circe(open_duckdb(tables), including.definition) == set()


def test_cohorts_of_a_study_are_enough_each(made: Made) -> None:
    study = make_study(
        "Inclusion Criteria:\n\n* Age 18 to 79 years\n\nCohort A inclusion criteria:\n\n* Asthma\n\n"
        "Cohort B inclusion criteria:\n\n* Hypertension\n"
    )
    cohort = make(study, made.path, "sql")
    expected = screen(study, cohort, made.read(DAY), {"eligible"})
    assert 0 < len(expected) < MEMBERS
    assert made.run_duckdb(cohort.definition) == expected


def test_criteria_of_one_cohort_stand_together_whatever_their_headings_say(made: Made) -> None:
    study = make_study(
        "Part 3: randomised trial, inclusion criteria:\n\n* Asthma\n\nPart 3 exclusion criteria:\n\n* Hypertension\n"
    )
    cohort = make(study, made.path, "sql")
    expected = screen(study, cohort, made.read(DAY), {"eligible"})
    assert 0 < len(expected) < MEMBERS
    assert run_sqlite(made.path, cohort.definition) == expected


@pytest.mark.parametrize(
    "text",
    [
        # Each is asked of one sex and keeps the other in; together they kept out everybody.
        "* Women of childbearing potential must use contraception\n* Male participants must agree to use a condom",
        "* Men and postmenopausal women",
    ],
)
def test_what_is_asked_of_one_sex_keeps_the_other_in(made: Made, text: str) -> None:
    study = make_study(f"Inclusion Criteria:\n\n* Age 18 to 75 years\n{text}\n", sex="ALL")
    for persons, overall in (("eligible", {"eligible"}), ("possible", {"eligible", "open"})):
        cohort = make(study, made.path, "sql", persons=persons)  # type: ignore[arg-type]
        expected = screen(study, cohort, made.read(DAY), overall)
        assert MEMBERS / 2 < len(expected) < MEMBERS
        assert run_sqlite(made.path, cohort.definition) == expected


def test_real_studies_find_whom_screening_finds_but_as_the_list_says(made: Made, shared_data: Path) -> None:
    with gzip.open(shared_data / "ctgov" / "records.jsonl.gz") as lines:
        studies = [parse_study(line) for line in islice(lines, 0, None, 211)]
    alike = 0
    for study in studies:
        module = study.protocol_section and study.protocol_section.eligibility_module
        criteria = parse_criteria((module and module.eligibility_criteria) or "")
        # A cohort of which nothing is asked is enough for anybody, which screening by what is asked cannot say.
        if any(name_cohort(each) for each in criteria):
            continue
        cohort = make(study, made.path, "sql")
        if not cohort.criteria:
            continue
        found = run_sqlite(made.path, cohort.definition)
        expected = screen(study, cohort, made.read(DAY), {"eligible"})
        whats = " ".join(each.what for each in cohort.not_carried)
        alike += found == expected
        assert found == expected or (found > expected and "by another name" in whats), study.nct_id
    assert alike > 5


def test_a_denial_by_an_answer_leaves_out(made: Made) -> None:
    # Without rows that say no the made database would not test what it seems to.
    denied = made.duckdb.execute(
        "SELECT count(*) FROM observation JOIN concept ON concept_id = value_as_concept_id WHERE concept_name = 'No'"
    ).fetchone()
    assert denied[0] > 0


@pytest.mark.parametrize("form", ["sql", "circe"])
def test_the_real_database_is_asked_as_it_is_screened(shared_data: Path, form: Form) -> None:
    duckdb = pytest.importorskip("duckdb")
    path = shared_data / "patients" / "omop_cdm54_synthea27.zip"
    day = date(2019, 12, 31)
    study = make_study(
        "Inclusion Criteria:\n\n* Age 30 to 90 years\n* Hypertension, diabetes, anemia or stress\n"
        "* BMI < 40 kg/m2\n* Systolic blood pressure below 160 mmHg\n\n"
        "Exclusion Criteria:\n\n* Myocardial infarction within 5 years\n* Cancer\n* HbA1c > 8 % within 3 years\n"
        "* Treatment with clopidogrel within 6 months\n"
    )
    cohort = make(study, path, form, day=day)
    expected = screen(study, cohort, read_omop(path, day), {"eligible"})
    database = load_omop(duckdb, path)
    assert len(expected) > 2
    if form == "sql":
        assert {str(each) for (each,) in database.execute(cohort.definition).fetchall()} == expected
        return
    pytest.importorskip("duckcdm", reason="needs duckcdm, which runs Circe's definitions")
    observed = database.execute(
        "SELECT person_id FROM observation_period WHERE ? BETWEEN observation_period_start_date AND"
        " observation_period_end_date",
        [day],
    ).fetchall()
    assert run_circe(database, cohort.definition) == expected & {str(each) for (each,) in observed}


def load_omop(duckdb: Any, archive: Path) -> Any:
    """The tables of an archive of CSV files in DuckDB, with their days as days."""
    database = duckdb.connect()
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(archive) as files:
        for name in files.namelist():
            if "/" in name or name == "CONCEPT_RELATIONSHIP.csv":
                continue
            files.extract(name, folder)
            table = name.removesuffix(".csv").lower()
            database.execute(f"CREATE TABLE {table} AS SELECT * FROM read_csv_auto('{folder}/{name}')")
    columns = database.execute("SELECT table_name, column_name FROM information_schema.columns").fetchall()
    for table, column in columns:
        kind = "DATE" if column.endswith("_date") else "BIGINT" if column.endswith("_id") else ""
        if (
            kind
            and table != "concept"
            and table.split("_")[0] not in ("vocabulary", "domain", "relationship")
        ):
            database.execute(
                f"ALTER TABLE {table} ALTER COLUMN {column} TYPE {kind} USING TRY_CAST({column} AS {kind})"
            )
    return database
