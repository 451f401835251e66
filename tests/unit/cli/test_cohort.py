"""`trialbook cohort`: a definition, the list of what it does not carry, and refusals in a sentence."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

from click.testing import CliRunner, Result

import trialbook
from trialbook.__main__ import main


def run(library: trialbook.Library, *more: str) -> Result:
    return CliRunner().invoke(main, ["--home", str(library.home), "cohort", "NCT04776239", *more])


def make_vocabulary(path: Path) -> Path:
    concepts = [
        (1, "Heart disease", "Condition", "SNOMED", "S", "1"),
        (2, "Myocardial ischemia", "Condition", "SNOMED", "S", "2"),
        (3, "Diabetes mellitus type 2", "Condition", "SNOMED", "S", "3"),
        (4, "Hemoglobin A1c/Hemoglobin.total in Blood", "Measurement", "LOINC", "S", "4548-4"),
        (5, "percent", "Unit", "UCUM", "S", "%"),
    ]
    with sqlite3.connect(path) as database:
        database.execute(
            "CREATE TABLE concept (concept_id, concept_name, domain_id, vocabulary_id, standard_concept, concept_code)"
        )
        database.executemany("INSERT INTO concept VALUES (?, ?, ?, ?, ?, ?)", concepts)
    database.close()
    return path


def test_a_group_goes_to_the_output_and_the_list_to_the_error_output(
    sample_library: trialbook.Library,
) -> None:
    done = run(sample_library, "--as", "fhir")
    assert done.exit_code == 0
    assert json.loads(done.stdout)["resourceType"] == "Group"
    assert "Not carried over as the record has it" in done.stderr
    assert "[opaque]" in done.stderr


def test_a_file_takes_the_definition(sample_library: trialbook.Library, tmp_path: Path) -> None:
    vocabulary = make_vocabulary(tmp_path / "vocabulary.sqlite")
    file = tmp_path / "cohort.sql"
    done = run(
        sample_library, "--as", "sql", "--vocabulary", str(vocabulary), "--day", "2026-11-29", "-o", str(file)
    )
    assert done.exit_code == 0
    written = file.read_text()
    assert "-- minimum_age: Minimum age: 18 Years" in written
    assert "-- inclusion_4: " in written
    assert "-- As of 2026-11-29." in written
    listed = [line[2:] for line in done.stdout.splitlines() if line.startswith("- ")]
    assert listed
    assert all(f"-- * {each}" in written for each in listed if len(each) < 300)


def test_json_has_both(sample_library: trialbook.Library, tmp_path: Path) -> None:
    vocabulary = make_vocabulary(tmp_path / "vocabulary.sqlite")
    told = json.loads(run(sample_library, "--as", "circe", "--vocabulary", str(vocabulary), "--json").stdout)
    assert (told["form"], told["persons"]) == ("circe", "eligible")
    rules = [each["name"] for each in json.loads(told["definition"])["InclusionRules"]]
    assert "minimum_age" in rules
    assert "inclusion_4" in rules
    assert {each["cause"] for each in told["not_carried"]} >= {"concept", "opaque", "absence", "approximate"}


def test_without_a_vocabulary_it_says_what_is_needed(
    sample_library: trialbook.Library, tmp_path: Path
) -> None:
    done = run(sample_library, "--as", "sql")
    assert done.exit_code == 1
    assert "name a folder, an archive or a database with the table CONCEPT" in done.output
    empty = tmp_path / "empty.sqlite"
    with sqlite3.connect(empty) as database:
        database.execute("CREATE TABLE other (a)")
    database.close()
    done = run(sample_library, "--as", "sql", "--vocabulary", str(empty))
    assert done.exit_code == 1
    assert "no table CONCEPT" in done.output
