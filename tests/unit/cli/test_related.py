"""Does the command list related studies with their reasons, as text and as JSON?"""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests.unit.related.conftest import make_trial
from tests.unit.related.conftest import related_home as home  # noqa: F401

from trialbook.__main__ import main


def run(home: Path, *arguments: str, given: str = "") -> Result:  # noqa: F811
    return CliRunner().invoke(main, ["--home", str(home), "related", *arguments], input=given)


def test_the_list_says_what_a_study_is_and_why_it_is_there(home: Path) -> None:  # noqa: F811
    result = run(home, "nct10000001", "--limit", "2")
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert lines[0].startswith("NCT10000002")
    assert lines[0].endswith("extension")
    assert any("named by id: NCT10000001" in line for line in lines)


def test_json_is_a_list_of_studies_with_score_and_reasons(home: Path) -> None:  # noqa: F811
    found = json.loads(run(home, "NCT10000001", "--json").stdout)
    assert found[0]["nct_id"] == "NCT10000002"
    assert sum(reason["share"] for reason in found[0]["reasons"]) == pytest.approx(found[0]["score"])


def test_facets_and_a_text_are_taken(home: Path) -> None:  # noqa: F811
    found = json.loads(run(home, "NCT10000001", "--facet", "recruiting", "--json").stdout)
    assert [each["nct_id"] for each in found] == ["NCT10000003"]
    text = "Bosentan for pulmonary arterial hypertension"
    found = json.loads(run(home, "--text", "-", "--json", given=text).stdout)
    assert found[0]["nct_id"] == "NCT10000003"


def test_nonsense_is_declined_in_a_sentence(home: Path) -> None:  # noqa: F811
    for arguments, message in (
        (("NCT10000001", "--facet", "colour"), "there is no facet 'colour'"),
        (("NCT77777777",), "NCT77777777 is not in this library"),
        ((), "name a study by its id"),
    ):
        result = run(home, *arguments)
        assert result.exit_code == 1
        assert message in result.stderr


def test_a_record_in_a_file_of_any_format_is_compared_and_not_kept(home: Path, tmp_path: Path) -> None:  # noqa: F811
    record = make_trial("NCT19999999", "macitentan", "Pulmonary Arterial Hypertension")
    path = tmp_path / "draft.gz"
    path.write_bytes(gzip.compress(json.dumps({"studies": [record]}).encode()))
    found = json.loads(run(home, "--record", str(path), "--json").stdout)
    assert found[0]["nct_id"] == "NCT10000001"
    assert {"same intervention", "same condition"} <= {each["kind"] for each in found[0]["reasons"]}
    assert run(home, "NCT19999999").exit_code == 1


def test_a_file_that_holds_no_record_or_too_many_is_declined(home: Path, tmp_path: Path) -> None:  # noqa: F811
    for text, message in (
        ("just words", "no registry record"),
        ('{"protocolSection": 3}', "draft"),
        (
            "\n".join(json.dumps(make_trial(f"NCT1900{n:04}", "aspirin", "Stroke")) for n in range(11)),
            "more than the 10",
        ),
    ):
        (tmp_path / "draft").write_text(text)
        result = run(home, "--record", str(tmp_path / "draft"))
        assert result.exit_code == 1
        assert message in result.stderr


@pytest.mark.parametrize(
    "body",
    [
        b"%PDF-1.7 heart",
        b"PK\x03\x04 heart failure",
        b"{\\rtf1 heart failure}",
        gzip.compress(b"heart failure", mtime=0),
        "Bosentan for pulmonary arterial hypertension".encode("utf-16"),
    ],
)
def test_a_file_that_is_no_text_is_declined(home: Path, tmp_path: Path, body: bytes) -> None:  # noqa: F811
    (tmp_path / "draft").write_bytes(body)
    result = run(home, "--text", str(tmp_path / "draft"))
    assert result.exit_code == 1
    assert "no plain text" in result.stderr
