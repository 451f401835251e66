"""Does the search page help to narrow, to widen and to find one's way, without any script?"""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from tests.library import make_library
from tests.naive.records import make_record

from trialbook.library.rebuild import rebuild
from trialbook.web.app import make_app
from trialbook.web.search_filters import write_words

STATUS, PHASES, TITLE = "statusModule.overallStatus", "designModule.phases", "identificationModule.briefTitle"
CONDITIONS, NAMES = "conditionsModule.conditions", "armsInterventionsModule.interventions"
SITES, SECOND = "contactsLocationsModule.locations", "identificationModule.secondaryIdInfos"


def at(country: str) -> dict[str, Any]:
    return {"facility": "Hospital", "city": "Capital", "country": country}


RECORDS: tuple[dict[str, Any], ...] = (
    {TITLE: "Heart failure one", STATUS: "RECRUITING", PHASES: ["PHASE1"], CONDITIONS: ["Heart Failure"]},
    {TITLE: "Heart failure two", STATUS: "COMPLETED", PHASES: ["PHASE2"], CONDITIONS: ["heart failure"]},
    {TITLE: "Heart failure three", STATUS: "COMPLETED", CONDITIONS: ["Heart failure", "Obesity"]},
    {
        TITLE: "Heart rhythm",
        STATUS: "TERMINATED",
        PHASES: ["PHASE2"],
        SITES: [at("Norway"), at("Norway"), at("Sweden"), at("Chad")],
        SECOND: [{"id": "ISRCTN12345678"}],
    },
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    records = [make_record(f"NCT{number:08d}", parts) for number, parts in enumerate(RECORDS, 1)]
    # One word that hardly any study has, and many that have another like it.
    records += [make_record(f"NCT{number:08d}", {TITLE: "Kidney failure"}) for number in range(100, 170)]
    records += [make_record("NCT00000099", {TITLE: "Kidnay failure"})]
    home: Path = make_library(tmp_path_factory.mktemp("page") / "library", records)
    rebuild(home, ["criteria"])
    return TestClient(make_app(home), base_url="http://localhost")


def read_choices(html: str, name: str) -> dict[str, tuple[str, bool, str]]:
    """Of a filter's boxes: value -> (words, whether ticked, count)."""
    found = re.findall(
        rf'<input type="checkbox" name="{name}" value="([^"]*)"( checked)?><span>([^<]*)</span>'
        r'(?:<span class="count">([^<]*)</span>)?',
        html,
    )
    return {value: (words, bool(ticked), count) for value, ticked, words, count in found}


def read_chips(html: str) -> dict[str, str]:
    return {
        unescape(label): unescape(url)
        for url, label in re.findall(r'<a href="([^"]*)" aria-label="Remove ([^"]*)">', html)
    }


def test_a_chosen_value_keeps_its_alternatives_in_a_useful_order_and_counts_add_up(site: TestClient) -> None:
    html = site.get("/?q=heart&status=COMPLETED").text
    assert read_choices(html, "status") == {
        "RECRUITING": ("Recruiting", False, "1"),
        "COMPLETED": ("Completed", True, "2"),
        "TERMINATED": ("Terminated", False, "1"),
    }
    assert list(read_choices(html, "status")) == ["RECRUITING", "COMPLETED", "TERMINATED"]
    assert read_choices(html, "phase") == {
        "PHASE2": ("Phase 2", False, "1"),
        "NOT_STATED": ("Not stated", False, "1"),
    }
    both = site.get("/?q=heart&status=COMPLETED&status=RECRUITING&phase=PHASE1&phase=NOT_STATED").text
    assert "<strong>2 studies</strong>" in both


def test_values_that_differ_by_case_alone_are_one_and_counted_as_their_filter_finds(site: TestClient) -> None:
    html = site.get("/?q=heart").text
    (value, (_, _, count)), *others = read_choices(html, "condition_name").items()
    assert (value.lower(), count, [other for other, _ in others]) == (
        "heart failure",
        "3",
        ["Obesity", "NOT_STATED"],
    )
    assert "<strong>3 studies</strong>" in site.get(f"/?q=heart&condition_name={value}").text


def test_all_values_of_a_filter_stand_on_a_page_where_they_are_looked_for_by_words(site: TestClient) -> None:
    html = site.get("/values?facet=condition_name&q=heart&status=COMPLETED&facet_q=obe").text
    assert read_choices(html, "condition_name") == {"Obesity": ("Obesity", False, "1")}
    assert '<input type="hidden" name="status" value="COMPLETED">' in html
    assert "No value has words that begin so" in site.get("/values?facet=city&q=heart&facet_q=zzz").text
    refused = site.get("/values?facet=age")
    assert (refused.status_code, "no values to choose" in refused.text) == (400, True)


def test_all_that_is_asked_stands_in_readers_words_and_can_be_taken_away(site: TestClient) -> None:
    html = site.get("/?q=heart&cond=failure&phase=PHASE2&phase=NOT_STATED&overdue=false&page=1").text
    chips = read_chips(html)
    assert list(chips) == [
        "“heart”",
        "Condition: failure",
        "Phase 2",
        "Phase not stated",
        "Results overdue: Not known to be",
    ]
    assert chips["Phase 2"] == "/?q=heart&cond=failure&phase=NOT_STATED&overdue=false"
    assert chips["“heart”"] == "/?cond=failure&phase=PHASE2&phase=NOT_STATED&overdue=false"
    assert "<strong>2 studies</strong>" in html


def test_what_keeps_people_out_is_chosen_on_a_page_of_its_own(tmp_path: Path) -> None:
    texts = ["HIV infection", "HIV infection\n* Pregnancy", "Pregnancy", "Asthma"]
    criteria = "eligibilityModule.eligibilityCriteria"
    records = [
        make_record(f"NCT{number:08d}", {TITLE: "Heart", criteria: f"Exclusion Criteria:\n\n* {text}"})
        for number, text in enumerate(texts, 1)
    ]
    home = make_library(tmp_path / "library", [*records, make_record("NCT00000009", {TITLE: "Heart"})])
    rebuild(home, ["criteria"])
    site = TestClient(make_app(home), base_url="http://localhost")

    def count(*accepts: str) -> int:
        html = site.get("/", params={"q": "heart", "accepts": accepts}).text
        assert all(f"Takes a person with: {each}" in html for each in accepts)
        return int(re.findall(r"<strong>(\d+) stud", html)[0])

    link = re.search(r'href="([^"]+)">What keeps people out', site.get("/?q=heart").text)
    assert link is not None
    page = site.get(unescape(link[1])).text
    assert "<h1>What keeps people out of these studies</h1>" in page
    offered = read_choices(page, "accepts")
    assert {value: found[2] for value, found in offered.items()} == {
        "HIV infection": "2",
        "Pregnancy": "2",
        "Asthma": "1",
    }
    assert count("HIV infection") == 2
    assert count("HIV infection", "Pregnancy") == 1
    chosen = site.get("/values", params={"facet": "accepts", "q": "heart", "accepts": "HIV infection"}).text
    left = read_choices(chosen, "accepts")
    assert left["HIV infection"][1:] == (True, "")
    assert {value: found[2] for value, found in left.items() if found[2]} == {"Pregnancy": "1", "Asthma": "1"}


def test_words_of_other_values() -> None:
    assert write_words("status", "recruiting") == "Recruiting"
    assert write_words("sex", "FEMALE") == "Sex: Female"
    assert write_words("country", "Norway") == "Country: Norway"
    assert write_words("status", "<b>") == "<b>"


@pytest.mark.parametrize(
    ("asked", "where"),
    [
        ("nct4", "/study/NCT00000004"),
        (" NCT00000004 ", "/study/NCT00000004"),
        ("https://clinicaltrials.gov/study/NCT00000004?tab=table", "/study/NCT00000004"),
        ("isrctn12345678", "/study/NCT00000004"),
    ],
)
def test_an_id_and_nothing_else_opens_its_record(site: TestClient, asked: str, where: str) -> None:
    found = site.get("/", params={"q": asked}, follow_redirects=False)
    assert (found.status_code, found.headers["location"]) == (303, where)


@pytest.mark.parametrize(
    "fields", [{"q": "nct4", "phase": "PHASE2"}, {"q": "NCT77777777"}, {"q": "nct4 heart"}, {"cond": "nct4"}]
)
def test_anything_beside_an_id_is_a_search(site: TestClient, fields: dict[str, str]) -> None:
    assert site.get("/", params=fields, follow_redirects=False).status_code == 200


def test_no_hits_say_what_each_part_finds_and_which_costs_most(site: TestClient) -> None:
    html = site.get("/?q=heart&status=RECRUITING&phase=PHASE2").text
    rows = re.findall(r'<tr><th scope="row">(.*?)</th><td>(.*?)</td><td>(.*?)</td></tr>', html)
    told = {label: tuple(re.sub("<.*?>", "", cell) for cell in cells) for label, *cells in rows}
    assert told == {
        "Recruiting": ("1 study", "2 studies"),
        "Phase 2": ("2 studies", "1 study"),
        "“heart”": ("4 studies", "none"),
    }
    assert 'Without Recruiting there would be <a href="/?q=heart&amp;phase=PHASE2">2 studies</a>' in html
    words = site.get("/?q=heart+zzzqq").text
    assert 'Without “zzzqq” there would be <a href="/?q=heart">4 studies</a>' in words


def test_a_rare_word_is_offered_as_the_common_one_with_what_that_finds(site: TestClient) -> None:
    html = site.get("/?q=kidnay+failure").text
    assert "<strong>1 study</strong>" in html
    assert 'Did you mean <a href="/?q=kidney+failure">kidney failure</a>? <small>70 studies</small>' in html


def test_pages_are_numbered(site: TestClient) -> None:
    html = site.get("/?q=kidney&page=2").text
    assert "page 2 of 4" in html
    assert re.findall(r'aria-label="Page (\d)"', html) == ["1", "3", "4"]
    assert '<span aria-current="page">2</span>' in html


def test_a_hit_says_where_it_is_done(site: TestClient) -> None:
    assert "Norway, Sweden and 1 more country, 4 sites" in site.get("/?q=rhythm").text


def test_a_refused_query_keeps_order_and_filters_and_offers_all_values(site: TestClient) -> None:
    refused = site.get("/?q=AREA[Phase]PHASEX&sort=started&phase=PHASE2")
    assert refused.status_code == 400
    assert '<option value="started" selected>' in refused.text
    choices = read_choices(refused.text, "phase")
    assert choices["PHASE2"] == ("Phase 2", True, "")
    assert list(choices)[:2] == ["EARLY_PHASE1", "PHASE1"]
    assert 'href="/docs/query-language"' in refused.text
    assert "No answer yet" in refused.text


def test_every_example_of_the_query_language_is_understood(site: TestClient) -> None:
    page = site.get("/docs/query-language")
    links = [unescape(link) for link in re.findall(r'href="(/\?q=[^"]+)"', page.text)]
    assert len(links) > 15
    assert {site.get(link).status_code for link in links} == {200}


def test_what_does_not_exist_is_told_in_prose_with_a_way_on(site: TestClient) -> None:
    page = site.get("/nope")
    assert page.status_code == 404
    assert "<p>There is nothing at /nope.</p>" in page.text
    assert '<a href="/">Search the studies</a>' in page.text
