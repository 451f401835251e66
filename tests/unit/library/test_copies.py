"""Versions and their copies, at every door: what stands for a version, what is no version, which number it has."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from starlette.testclient import TestClient
from tests.conftest import find_shared

from trialbook.ask.filters import make_request
from trialbook.cli.main import main
from trialbook.library import Library
from trialbook.web.app import make_app

STUDY = "NCT99800020"
PROTOCOL: dict[str, Any] = {
    "identificationModule": {"nctId": STUDY, "briefTitle": "Warm tea in a long cough"},
    "statusModule": {
        "statusVerifiedDate": "2024-01",
        "overallStatus": "COMPLETED",
        "startDateStruct": {"date": "2020-05", "type": "ACTUAL"},
        "lastUpdateSubmitDate": "2024-01-10",
        "lastUpdatePostDateStruct": {"date": "2024-01-12", "type": "ACTUAL"},
    },
    "sponsorCollaboratorsModule": {"leadSponsor": {"name": "A University", "class": "OTHER"}},
    "descriptionModule": {"briefSummary": "Tea or water."},
    "conditionsModule": {"conditions": ["Cough", "Type 2 Diabetes Mellitus"], "keywords": ["tea"]},
    "designModule": {"studyType": "INTERVENTIONAL", "enrollmentInfo": {"count": 52, "type": "ACTUAL"}},
    "armsInterventionsModule": {"interventions": [{"type": "OTHER", "name": "Tea"}]},
    "outcomesModule": {"primaryOutcomes": [{"measure": "Nights without cough", "timeFrame": "12 weeks"}]},
    "eligibilityModule": {"eligibilityCriteria": "Inclusion Criteria:\n\n* Adults", "sex": "ALL"},
}
WHO = f"""<Trials_downloaded_from_ICTRP><Trial><TrialID>{STUDY}</TrialID>
<Last_Refreshed_on>12 July 2024</Last_Refreshed_on><Public_title>Warm tea in a long cough</Public_title>
<Recruitment_Status>Not recruiting</Recruitment_Status><Target_size>52</Target_size></Trial>
</Trials_downloaded_from_ICTRP>"""
PAGE = f"""Warm tea in a long cough (TEA-TIME)

NCT ID: {STUDY}

Last Updated: 2025-03-04

Basic Information

Get a concise snapshot of the trial.

Recruitment Status

COMPLETED

Conditions

See the medical conditions and disease areas that this research is targeting or investigating.

Cough Type 2 Diabetes Mellitus

Other Intervention Names

Discover alternative or legacy names that may be used to describe the listed interventions.

Chai brew

Sponsors

Meet the organizations funding or collaborating on the study and learn about their roles.

A University

OTHER

Sponsor Role lead

More Related Trials

Additional clinical trials that may be relevant based on similarity analysis.

Honey in a long cough
NCT99800021 COMPLETED PHASE1
"""


def write_full(**dated: Any) -> bytes:
    status = {**PROTOCOL["statusModule"], **dated}
    return json.dumps({"protocolSection": {**PROTOCOL, "statusModule": status}, "hasResults": False}).encode()


def bring(home: Path, *files: str | bytes | Path) -> Library:
    library = Library.create(home)
    for number, content in enumerate(files):
        path = content if isinstance(content, Path) else home.parent / f"{home.name}-{number}"
        if not isinstance(content, Path):
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        library.import_files(path)
    return library


@pytest.mark.parametrize("is_who_first", [True, False])
def test_a_copy_that_the_who_took_over_later_is_no_update(tmp_path: Path, is_who_first: bool) -> None:
    files = [WHO, write_full()] if is_who_first else [write_full(), WHO]
    with bring(tmp_path / "library", *files) as library:
        (copies,) = library.store.find_copies(STUDY)
        assert [copy.format for copy in copies] == ["api_v2", "ictrp"]
        study = library[STUDY]
        assert (study.overall_status, study.version.version_date) == ("COMPLETED", "2024-01-10")
        assert [line.changes for line in library.find_history(STUDY)] == [()]
        assert library.search("nights", outcome_changed=True).total == 0
        for query in ('AREA[PrimaryOutcomeMeasure]"nights without cough"', "AREA[OverallStatus]COMPLETED"):
            assert library.search(query).total == 1
        news = library.find_news(library._make_request("", as_of=None))
        assert all(change.kind != "removed" for each in news for change in each.changes)


def test_of_who_copies_alone_the_last_that_was_taken_over_counts(tmp_path: Path) -> None:
    later = WHO.replace("12 July 2024", "3 May 2025").replace(">52<", ">61<")
    with bring(tmp_path / "library", later, WHO) as library:
        assert library[STUDY].enrollment_count == 61
        assert library.get_study(STUDY, as_of="2024-12").enrollment_count == 52
        assert [version.meaning for version in library.store.find_versions(STUDY)] == ["served", "served"]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_a_page_of_the_same_posting_is_a_copy_of_that_version(tmp_path: Path, order: tuple[int, ...]) -> None:
    same = PAGE.replace("2025-03-04", "2024-01-12")
    older = write_full(lastUpdateSubmitDate="2023-02-02", lastUpdatePostDateStruct={"date": "2023-02-06"})
    files = [same, write_full(), older]
    with bring(tmp_path / "library", *(files[at] for at in order)) as library:
        found = library.store.find_copies(STUDY)
        assert [[copy.format for copy in copies] for copies in found] == [["api_v2"], ["api_v2", "page_text"]]
        assert library[STUDY].version.format == "api_v2"


def test_a_newer_page_shows_what_other_copies_have_and_says_so(tmp_path: Path) -> None:
    with bring(tmp_path / "library", write_full(), PAGE) as library:
        shown = (
            CliRunner().invoke(main, ["--home", str(library.home), "show", STUDY, "--width", "300"]).stdout
        )
        assert "This copy cannot carry primary outcomes. Version 0 of 10 January 2024 has them." in shown
        assert "This copy cannot carry other outcomes. Version 0 of 10 January 2024 gives none." in shown
        assert "The record gives no primary outcomes" not in shown
        assert "Cough; Type 2 Diabetes Mellitus" in shown
        assert "Cough Type 2 Diabetes Mellitus" in shown
        assert "Chai brew" in shown
        assert "Honey in a long cough NCT99800021 (COMPLETED, PHASE1)" in shown
        assert "Acronym:      TEA-TIME" in shown
        assert "/pageSection" not in shown
        assert "no other version" not in shown
        assert library.search('AREA[Condition]COVERAGE[FullMatch]"Type 2 Diabetes Mellitus"').total == 1
        assert library.search('AREA[PrimaryOutcomeMeasure]"nights without cough"').total == 1
        assert library.search("nights", outcome_changed=True).total == 0
        removed = [
            text for line in library.find_history(STUDY) for _, text in line.changes if "removed" in text
        ]
        assert removed == []
    with TestClient(make_app(tmp_path / "library"), base_url="http://localhost") as site:
        page = site.get(f"/study/{STUDY}").text
        assert f'<a href="/study/{STUDY}?version=0"' in page
        assert "Listed by the page that this copy came from" in page
        assert site.get(f"/study/{STUDY}?version=0").status_code == 200


def test_side_by_side_a_poorer_copy_says_what_fuller_ones_say(tmp_path: Path) -> None:
    other = write_full().replace(STUDY.encode(), b"NCT99800021")
    cut = b'{"protocolSection":{"identificationModule":{"nctId":"NCT99800022"}}}'
    with bring(tmp_path / "library", write_full(), PAGE, other, cut) as library:
        rows = {row.name: row for row in library.set_side_by_side(STUDY, "NCT99800021", "NCT99800022").rows}
        text = CliRunner().invoke(main, ["--home", str(library.home), "compare", STUDY, "NCT99800022"]).stdout
    with TestClient(make_app(tmp_path / "library"), base_url="http://localhost") as site:
        page = site.get(f"/compare?ids={STUDY},NCT99800022").text
        answer = site.get(f"/api/trialbook/compare?ids={STUDY}|NCT99800022").json()
    outcomes, conditions = rows["primary_outcomes"].cells, rows["conditions"].cells
    assert [each.rests_on for each in outcomes] == ["version 0 of 10 January 2024", "", ""]
    assert outcomes[0].items == outcomes[1].items != ()
    assert [(each.is_missing, each.is_known) for each in outcomes] == [
        (False, True),
        (False, True),
        (True, False),
    ]
    assert [each.text for each in conditions[0].items] == ["Cough", "Type 2 Diabetes Mellitus"]
    assert "(from version 0 of 10 January 2024)" in text
    assert "NCT99800022  (not known)" in text
    assert "<small>from version 0 of 10 January 2024</small>" in page
    assert '<span class="absent">Not known</span>' in page
    (told,) = (row["cells"] for row in answer["rows"] if row["name"] == "primary_outcomes")
    assert (told[0]["restsOn"], told[1]["isKnown"]) == ("version 0 of 10 January 2024", False)


ASKED = "Inclusion Criteria:\n\n* Age 18 years or older\n\nExclusion Criteria:\n\n* Diabetes\n"


@pytest.mark.parametrize("is_poorer_first", [True, False])
def test_criteria_are_those_that_any_copy_has_at_every_door(tmp_path: Path, is_poorer_first: bool) -> None:
    full = json.loads(write_full())
    full["protocolSection"]["eligibilityModule"] = {"eligibilityCriteria": ASKED}
    names = ("identificationModule", "statusModule", "conditionsModule")
    poor = {"protocolSection": {name: PROTOCOL[name] for name in names if name in PROTOCOL}}
    poor["protocolSection"]["statusModule"] = {
        "overallStatus": "RECRUITING",
        "lastUpdateSubmitDate": "2025-03-04",
    }
    files = [json.dumps(poor), json.dumps(full)]
    note = "The criteria are those of version 0 of 10 January 2024: the copy in front cannot carry them."
    with bring(tmp_path / "library", *(files if is_poorer_first else files[::-1])) as library:
        assert library.get_study(STUDY).eligibility.eligibility_criteria is None
        study = library.get_known_study(STUDY)
        assert [each.kind for each in study.parsed_criteria] == ["inclusion", "exclusion"]
        assert (study.criteria_note, study.version.version_date) == (note, "2025-03-04")
        library.rebuild("criteria")
        sick = "A woman of 40 with a cough and diabetes."
        assert library.screen(STUDY, sick).overall == "ineligible"
        matched = library.match(sick)
        assert [each.facts.nct_id for each in matched.refusals] == [STUDY]
        assert library.search("", accepts="diabetes").total == 0
        shown = CliRunner().invoke(main, ["--home", str(library.home), "criteria", STUDY]).stdout
        assert shown.startswith(f"{note}\ninclusion * Age 18 years")
        made = library.make_cohort(STUDY, "fhir").definition
        assert "iabetes" in made
    with TestClient(make_app(tmp_path / "library"), base_url="http://localhost") as site:
        for page in ("criteria", "screen", "worksheet"):
            text = site.get(f"/study/{STUDY}/{page}").text
            assert f'<p class="note">{note}</p>' in text
            assert "no eligibility criteria" not in text
        assert "Diabetes" in site.get(f"/study/{STUDY}/criteria.csv").text
        assert len(site.get(f"/api/trialbook/studies/{STUDY}/criteria").json()) == 2


def test_criteria_that_no_copy_can_carry_are_not_known(tmp_path: Path) -> None:
    cut = {"protocolSection": {name: PROTOCOL[name] for name in ("identificationModule", "conditionsModule")}}
    whole = json.loads(write_full())
    whole["protocolSection"]["eligibilityModule"] = {"sex": "ALL"}
    for record, words in ((cut, "not known"), (whole, "The record has no eligibility criteria.")):
        home = tmp_path / words[:3]
        with bring(home, json.dumps(record)):
            assert words in CliRunner().invoke(main, ["--home", str(home), "criteria", STUDY]).stdout
        with TestClient(make_app(home), base_url="http://localhost") as site:
            text = site.get(f"/study/{STUDY}/criteria").text
        assert ("gives no eligibility criteria" in text) == (record is whole)
        assert ("The criteria are not known" in text) == (record is cut)


def test_of_a_record_that_was_cut_alone_nothing_is_said_to_be_lacking(tmp_path: Path) -> None:
    cut = {"protocolSection": {name: PROTOCOL[name] for name in ("identificationModule", "conditionsModule")}}
    with bring(tmp_path / "library", json.dumps(cut)) as library:
        shown = (
            CliRunner().invoke(main, ["--home", str(library.home), "show", STUDY, "--width", "300"]).stdout
        )
    line = next(
        line for line in shown.splitlines() if line.startswith("Not known, as this copy cannot carry it")
    )
    assert "Outcomes" in line
    assert "Eligibility criteria" in line
    assert "The record gives no" not in shown
    assert "This copy of the record gives no date of completion" in shown
    assert "This library holds no other version of the record." in shown


@pytest.fixture(scope="module")
def listed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """A record whose registry lists four versions, of which the second and the last are held."""
    home = tmp_path_factory.mktemp("listed") / "library"
    days = ("2020-04-01", "2020-08-01", "2021-02-03", "2024-01-10")
    changes = [
        {"version": number, "date": day, "status": "COMPLETED", "moduleLabels": ["Outcome Measures"]}
        for number, day in enumerate(days)
    ]
    last = json.loads(write_full())
    older = json.loads(write_full(lastUpdateSubmitDate="2020-08-01"))
    older["protocolSection"]["outcomesModule"] = {"primaryOutcomes": [{"measure": "Cups of tea"}]}
    history = {"study": last, "history": {"changes": changes}}
    library = bring(home, json.dumps(history), json.dumps([{"studyVersion": 1, "study": older}]))
    with library:
        yield library


def test_the_registrys_list_and_numbers_are_shown_at_every_door(listed: Library) -> None:
    assert [(each.number, each.version is not None) for each in listed.list_versions(STUDY)] == [
        (0, False),
        (1, True),
        (2, False),
        (3, True),
    ]
    assert listed.get_study(STUDY, version=1).version.version_date == "2020-08-01"
    run = CliRunner().invoke(main, ["--home", str(listed.home), "history", STUDY]).stdout
    assert run.startswith(
        "The registry lists 4 versions; 2 held here.\nversion 0 (2020-04-01), not held here:"
    )
    with TestClient(make_app(listed.home), base_url="http://localhost") as site:
        page = site.get(f"/study/{STUDY}/history").text
        assert "The registry lists 4 versions; 2 of them held here." in page
        assert page.rpartition("</figure>")[2].count("not held here") == 2
        answer = site.get(f"/api/int/studies/{STUDY}?history=true").json()["history"]["changes"]
        assert [(each["version"], each["date"]) for each in answer] == [
            (0, "2020-04-01"),
            (1, "2020-08-01"),
            (2, "2021-02-03"),
            (3, "2024-01-10"),
        ]
        assert site.get(f"/api/int/studies/{STUDY}/history/1").json()["studyVersion"] == 1
        assert site.get(f"/api/int/studies/{STUDY}/history/2").status_code == 404
        own = site.get(f"/api/trialbook/studies/{STUDY}/versions").json()
        assert [each["number"] for each in own["versions"]] == [1, 3]
        assert [each["isHeld"] for each in own["announced"]] == [False, True, False, True]


def test_a_change_over_a_gap_was_made_at_some_time_in_it(listed: Library) -> None:
    found = listed.compare(STUDY)
    assert (found.before.number, found.after.number) == (1, 3)
    assert all("between 1 August 2020 and 10 January 2024" in warning for warning in found.warnings)
    assert found.warnings
    assert listed.search(outcome_changed=True).total == 1
    request = make_request("", {}, facets=("PrimaryOutcomeChanged",))
    assert listed.engine.search(request).facets["PrimaryOutcomeChanged"] == {"true": 1}


def test_real_histories_are_listed_whole(tmp_path: Path, shared_data: Path) -> None:
    history = shared_data / "ctgov" / "history" / "NCT02540993.history.json.gz"
    with bring(tmp_path / "library", history) as library:
        versions = library.list_versions("NCT02540993")
        assert [each.number for each in versions] == list(range(60))
        assert [each.number for each in versions if each.version] == [59]


def test_the_cases(tmp_path: Path) -> None:
    cases = find_shared("cases")
    who = cases / "01b_ictrp_copy_refreshed_later.xml"
    with bring(tmp_path / "a", cases / "01a_full_record.json", who) as library:
        study = library["NCT99900020"]
        assert (study.overall_status, study.status.last_update_submit_date) == ("COMPLETED", "2024-01-10")
        assert study.protocol.outcomes_module is not None
        assert [line.changes for line in library.find_history("NCT99900020")] == [()]
    files = ("02a_aact_line_breaks_as_tilde.zip", "02b_same_study_api_v2.json")
    with bring(tmp_path / "b", *(cases / name for name in files)) as library:
        (change,) = library.compare("NCT99900030").changes
        assert change.label == "Last update submitted"
    with bring(tmp_path / "c", cases / "07f_list_of_history_versions.json") as library:
        assert [each.number for each in library.store.find_versions("NCT99900020")] == [0, 1]
        assert library.store.find_rejections() == []


def test_the_reference_page_says_all_that_its_source_says(tmp_path: Path) -> None:
    seed = find_shared("seed") / "NCT04776239.txt"
    record = find_shared("data") / "ctgov" / "NCT04776239.json"
    with bring(tmp_path / "library", record, seed) as library:
        shown = (
            CliRunner()
            .invoke(main, ["--home", str(library.home), "show", "NCT04776239", "--width", "300"])
            .stdout
        )
        full = '"Ischemic Heart Disease"'
        assert library.search(f"AREA[Condition]COVERAGE[FullMatch]{full} AND allogeneic").total == 1
    for said in (
        "allo-human Mesenchymal Stem Cells (hMSCs) stem cells",
        "Stem Cell Injection in Cancer Survivors NCT02509156 (COMPLETED, PHASE1)",
        "Diabetes Mellitus; Ischemic Heart Disease",
        "Acronym:      ACESO-IHD",
        "This copy cannot carry primary outcomes. Version 0 of 7 July 2022 has them.",
        "whether the FDA regulates what is studied: taken from version 0 of 7 July 2022",
    ):
        assert said in shown, said
    for wrong in ("/pageSection", "no other version", "gives no primary outcomes"):
        assert wrong not in shown, wrong


def test_a_retold_older_copy_removes_nothing_and_proves_no_switch(tmp_path: Path) -> None:
    retold = WHO.replace("12 July 2024", "1 March 2023").replace(
        "</Trial>",
        "<Primary_outcome>Cough, as told by the patient</Primary_outcome>"
        "<Intervention>Green tea;Black tea</Intervention></Trial>",
    )
    with bring(tmp_path / "library", write_full(), retold) as library:
        found = library.compare(STUDY, 0, 1)
        assert [change.kind for change in found.changes if change.kind == "removed"] == []
        assert found.warnings == ()
        assert library.search(outcome_changed=True).total == 0
