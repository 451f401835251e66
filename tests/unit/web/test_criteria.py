"""The criteria of a record have a page and a table of their own, and one section can be had alone, at every door."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from starlette.testclient import TestClient
from tests.library import make_library
from tests.unit.web.api_v2.conftest import make_record

from trialbook.cli import main
from trialbook.web.app import make_app

STUDY = "NCT97000001"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    record = make_record(STUDY)
    record["protocolSection"]["eligibilityModule"] = {
        "eligibilityCriteria": "Inclusion Criteria:\n\n* <b>Adult</b>\n\nExclusion Criteria:\n\n* @cmd",
    }
    return make_library(tmp_path_factory.mktemp("criteria") / "library", [record])


@pytest.fixture(scope="module")
def site(home: Path) -> Iterator[TestClient]:
    with TestClient(make_app(home), base_url="http://localhost") as client:
        yield client


def test_the_checklist_is_linked_from_the_record_and_escapes(site: TestClient) -> None:
    assert f'href="/study/{STUDY}/criteria"' in site.get(f"/study/{STUDY}").text
    page = site.get(f"/study/{STUDY}/criteria")
    assert page.status_code == 200
    assert 'name="criterion-exclusion-1"' in page.text
    assert "&lt;b&gt;Adult" in page.text
    assert site.get(f"/study/{STUDY}/criteria?version=0").status_code == 200
    assert site.get("/study/NCT00000000/criteria").status_code == 404


def test_what_was_understood_is_marked_over_the_words_and_said_below(tmp_path: Path) -> None:
    record = make_record(STUDY)
    record["protocolSection"]["eligibilityModule"] = {
        "eligibilityCriteria": "Inclusion Criteria:\n\n* Age 18 years or older\n* HbA1c \\> 7%\n* Adequate organ"
        " function\n\nExclusion Criteria:\n\n* Younger than 18 years\n* Blorgs the wibble <script>zzz quite zoggily",
    }
    with TestClient(
        make_app(make_library(tmp_path / "library", [record])), base_url="http://localhost"
    ) as site:
        page = site.get(f"/study/{STUDY}/criteria").text
        parsed = site.get(f"/api/trialbook/studies/{STUDY}/criteria").json()
    assert '<mark class="as-thing" title="HbA1c &gt; 7 %">HbA1c</mark>' in page
    assert '<mark class="as-value" title="HbA1c &gt; 7 %">&gt; 7%</mark>' in page
    assert "age ≥ 18 years" in page
    assert "it is one rule, told twice" in page
    # Not understood: no mark, and said so; its threshold is not in the registry: said why.
    assert "<p>Blorgs the wibble &lt;script&gt;zzz quite zoggily</p>" in page
    assert "not understood: &#34;Blorgs" in page
    assert 'class="as-elsewhere"' in page
    assert 'style="' not in page
    assert [each["kind"] for each in parsed] == ["inclusion"] * 3 + ["exclusion"] * 2
    assert parsed[1]["tree"]["interval"] == {"low": 7.0, "low_included": False, "unit": "%"}
    text = record["protocolSection"]["eligibilityModule"]["eligibilityCriteria"]
    assert all(text[each["start"] : each["end"]] == each["text"] for each in parsed)


def test_the_table_is_a_file_without_formulas(site: TestClient) -> None:
    answer = site.get(f"/study/{STUDY}/criteria.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == f'attachment; filename="{STUDY}-criteria.csv"'
    lines = answer.content.decode("utf-8-sig").splitlines()
    assert lines[0] == "number,kind,level,text,answer"
    assert lines[-1] == "1,exclusion,0,'@cmd,"


def test_only_what_was_chosen_is_on_the_page_to_print(site: TestClient) -> None:
    page = site.get(f"/study/{STUDY}?print=eligibility").text
    assert page.count("<section ") == 1
    assert '<section id="eligibility"' in page


def test_the_command_line_shows_one_section(home: Path) -> None:
    shown = CliRunner().invoke(main, ["--home", str(home), "show", STUDY, "--section", "eligibility"])
    assert shown.exit_code == 0
    assert shown.stdout.startswith("ELIGIBILITY CRITERIA")
    assert "@cmd" in shown.stdout
    assert "KEY FACTS" not in shown.stdout
    refused = CliRunner().invoke(main, ["--home", str(home), "show", STUDY, "--section", "tea"])
    assert refused.exit_code != 0
    mixed = ["--home", str(home), "show", STUDY, "--section", "sites", "--json"]
    assert CliRunner().invoke(main, mixed).exit_code != 0
