"""Does each study that is found by a finding of ours say what it rests on, at every door, and link to the proof?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from starlette.testclient import TestClient

from trialbook.cli import main
from trialbook.library.build import import_paths
from trialbook.web.app import make_app

SWITCHED, OWES = "NCT99000071", "NCT99000072"
OF_A_DRUG = {"isFdaRegulatedDrug": True, "isFdaRegulatedDevice": False}


def write(nct_id: str, day: str, outcome: str, **status: Any) -> str:
    protocol: dict[str, Any] = {
        "identificationModule": {"nctId": nct_id, "briefTitle": "Tea"},
        "statusModule": {
            "startDateStruct": {"date": "2018-01-10", "type": "ACTUAL"},
            "lastUpdateSubmitDate": day,
            "lastUpdatePostDateStruct": {"date": day, "type": "ACTUAL"},
            **status,
        },
        "oversightModule": OF_A_DRUG,
        "sponsorCollaboratorsModule": {"leadSponsor": {"name": "Kettle", "class": "OTHER"}},
        "designModule": {"studyType": "INTERVENTIONAL", "phases": ["PHASE3"]},
        "outcomesModule": {"primaryOutcomes": [{"measure": outcome, "timeFrame": "1 week"}]},
        "contactsLocationsModule": {"locations": [{"country": "United States"}]},
    }
    return json.dumps({"protocolSection": protocol, "hasResults": False})


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One study switched its outcome, and one owes results since 6 March 2021."""
    folder = tmp_path_factory.mktemp("evidence")
    ended = {
        "overallStatus": "COMPLETED",
        "primaryCompletionDateStruct": {"date": "2020-03-05", "type": "ACTUAL"},
    }
    texts = (
        write(SWITCHED, "2018-02-01", "Nights without cough", overallStatus="RECRUITING"),
        write(SWITCHED, "2018-09-01", "Quality of life, as told", overallStatus="RECRUITING"),
        write(OWES, "2022-02-01", "Nights", **ended),
    )
    for number, text in enumerate(texts):
        path = folder / f"{number}.json"
        path.write_text(text, encoding="utf-8")
        import_paths(folder / "library", [path])
    return folder / "library"


def search(home: Path, *words: str) -> str:
    done = CliRunner().invoke(main, ["--home", str(home), "search", *words])
    assert done.exit_code == 0, done.output
    return done.stdout


BOTH = "AREA[PrimaryOutcomeChanged]true OR AREA[ResultsOverdue]true"
DUE = "Results seem to have been due by 5 March 2021 under 42 CFR 11.44(a), and the record has none: "
CHANGED = "Primary outcome removed and primary outcome added"


def test_the_command_line_tells_the_rule_the_day_and_the_versions(home: Path) -> None:
    owes = search(home, "--overdue")
    assert DUE in owes
    assert "the FDA regulates" in owes
    assert f"(/study/{OWES}#results)" in owes
    switched = search(home, "--outcome-changed")
    assert CHANGED in switched
    assert f"(/study/{SWITCHED}/diff?from=0&to=1)" in switched
    together = search(home, BOTH)
    assert DUE in together
    assert CHANGED in together
    assert "Results seem" not in search(home, "tea")


def test_programs_get_the_same_words(home: Path) -> None:
    told = {each["nct_id"]: each["evidence"] for each in json.loads(search(home, BOTH, "--json"))["studies"]}
    assert [each["finding"] for each in told[OWES]] == ["results_overdue"]
    assert told[OWES][0]["words"].startswith(DUE)
    assert [each["finding"] for each in told[SWITCHED]] == ["outcome_changed"]
    api = TestClient(make_app(home), base_url="http://localhost")
    studies = api.get("/api/trialbook/search", params={"query.term": BOTH}).json()["studies"]
    answered = {each["nctId"]: each["evidence"] for each in studies}
    assert {name: [each["words"] for each in proofs] for name, proofs in answered.items()} == {
        name: [each["words"] for each in proofs] for name, proofs in told.items()
    }
    plain = api.get("/api/trialbook/search", params={"query.term": "tea"}).json()["studies"]
    assert [each["evidence"] for each in plain] == [[], []]


def test_the_site_links_to_pages_that_show_it(home: Path) -> None:
    site = TestClient(make_app(home), base_url="http://localhost")
    html = site.get("/", params={"q": "tea", "outcome_changed": "true"}).text
    assert CHANGED in html
    address = f"/study/{SWITCHED}/diff?from=0&to=1"
    assert address.replace("&", "&amp;") in html
    assert "Quality of life, as told" in site.get(address).text
    owes = site.get("/", params={"q": "tea", "overdue": "true"}).text
    assert DUE in owes
    assert f'href="/study/{OWES}#results"' in owes
    assert 'id="results"' in site.get(f"/study/{OWES}").text


def test_as_of_a_day_before_they_were_due_results_are_not_called_overdue(home: Path) -> None:
    assert search(home, BOTH, "--as-of", "2021-03-01").startswith("1 study")
