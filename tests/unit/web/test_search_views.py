"""Do the views of an answer show all of it, with the same numbers, and does each part of them lead on?"""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from tests.library import make_library
from tests.naive.records import make_record

from trialbook.library import Library
from trialbook.pages.drawing.bars import MOST_BARS, Bar, draw_columns, draw_rows
from trialbook.pages.search_charts import Division, draw_division
from trialbook.search.engine.engine import SearchRequest
from trialbook.web.app import make_app

TITLE, STATUS, PHASES = "identificationModule.briefTitle", "statusModule.overallStatus", "designModule.phases"
SITES, START = "contactsLocationsModule.locations", "statusModule.startDateStruct"
COUNT, SPONSOR = "designModule.enrollmentInfo", "sponsorCollaboratorsModule.leadSponsor"
BAD = "<b>Nowhere</b>"


def at(city: str, country: str, point: tuple[float, float] | None, status: str = "") -> dict[str, Any]:
    site: dict[str, Any] = {"facility": "Hospital", "city": city, "country": country}
    if point:
        site["geoPoint"] = {"lat": point[0], "lon": point[1]}
    return site | ({"status": status} if status else {})


OSLO, BERGEN, LIMA = (59.91, 10.75), (60.39, 5.32), (-12.05, -77.04)
RECORDS: tuple[dict[str, Any], ...] = (
    {
        TITLE: "Tea one",
        STATUS: "RECRUITING",
        PHASES: ["PHASE1", "PHASE2"],
        START: {"date": "2019-05"},
        COUNT: {"count": 1200},
        SPONSOR: {"name": "Kettle", "class": "INDUSTRY"},
        SITES: [at("Oslo", "Norway", OSLO, "RECRUITING"), at("Oslo", "Norway", OSLO, "COMPLETED")],
    },
    {
        TITLE: "Tea two",
        STATUS: "COMPLETED",
        PHASES: ["PHASE2"],
        START: {"date": "2022-01-03"},
        COUNT: {"count": 7},
        SPONSOR: {"name": "Kettle", "class": "INDUSTRY"},
        # It has ended, so that its site is not open whatever it says.
        SITES: [at("Oslo", "Norway", OSLO, "RECRUITING"), at("Bergen", "Norway", BERGEN)],
    },
    {
        TITLE: "Tea three",
        STATUS: "RECRUITING",
        START: {"date": "2022-11"},
        SPONSOR: {"name": "Cup", "class": "OTHER"},
        # A site without a status has its study's.
        SITES: [at("Lima", "Peru", LIMA)],
    },
    {TITLE: "Tea four", STATUS: "WITHDRAWN", SITES: [at("Elsewhere", BAD, None)]},
    {TITLE: "Coffee", STATUS: "RECRUITING", SITES: [at("Lima", "Peru", LIMA, "RECRUITING")]},
)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    records = [make_record(f"NCT{number:08d}", parts) for number, parts in enumerate(RECORDS, 1)]
    return make_library(tmp_path_factory.mktemp("views") / "library", records)


@pytest.fixture(scope="module")
def site(home: Path) -> TestClient:
    return TestClient(make_app(home), base_url="http://localhost")


def read_bars(html: str, name: str) -> dict[str, tuple[int, str]]:
    """Of a chart: value -> (count, address)."""
    svg = html[html.index(f'id="chart-{name}-title"') :]
    svg = svg[: svg.index("</svg>")]
    found = re.findall(r'<(a|g)([^>]*data-count="(\d+)"[^>]*)>', svg)
    bars = {}
    for _, attributes, count in found:
        value = re.search(r'data-value="([^"]*)"', attributes)
        url = re.search(r'href="([^"]*)"', attributes)
        assert value is not None
        bars[unescape(value[1])] = (int(count), unescape(url[1]) if url else "")
    return bars


def read_table(html: str, heading: str) -> dict[str, int]:
    part = html[html.index(f"<h2>{heading}</h2>") :]
    part = part[part.index('<table class="counts">') : part.index("</table>")]
    rows = re.findall(r'<th scope="row">(?:<a[^>]*>)?([^<]*)<.*?<td class="number">([\d,]+)</td>', part)
    return {unescape(label): int(count.replace(",", "")) for label, count in rows}


def read_total(html: str) -> int:
    found = re.search(r"<strong>([\d,]+) stud", html)
    assert found is not None
    return int(found[1].replace(",", ""))


def test_one_switch_that_all_ways_on_keep(site: TestClient) -> None:
    html = site.get("/?q=tea&status=RECRUITING&view=table&col=id&col=sites").text
    views = re.findall(r'<nav class="views".*?</nav>', html)[0]
    assert '<strong aria-current="page">Table</strong>' in views
    assert "/?q=tea&amp;status=RECRUITING&amp;col=id&amp;col=sites&amp;view=map" in views
    assert 'href="/?q=tea&amp;status=RECRUITING&amp;col=id&amp;col=sites"' in views
    assert '<input type="hidden" name="view" value="table">' in html
    chips = re.findall(r'<ul class="active".*?</ul>', html)[0]
    assert "/?q=tea&amp;view=table&amp;col=id&amp;col=sites" in chips
    charts = site.get("/?q=tea&view=charts&col=id").text
    assert '<input type="hidden" name="view" value="charts">' in charts
    assert '<input type="hidden" name="col" value="id">' in charts
    assert 'class="hits"' in site.get("/?q=tea&view=nonsense").text
    assert site.get("/?q=NCT00000001&view=table", follow_redirects=False).status_code == 303


def test_the_numbers_of_the_charts_are_those_of_the_facets_and_of_the_tables(site: TestClient) -> None:
    html = site.get("/?q=tea&view=charts").text
    expected = {
        "start-year": {"2019": 1, "2020": 0, "2021": 0, "2022": 2, "NOT_STATED": 1},
        "phase": {"PHASE1": 1, "PHASE2": 2, "NOT_STATED": 2},
        "status": {"RECRUITING": 2, "COMPLETED": 1, "WITHDRAWN": 1},
        "country": {"Norway": 2, "Peru": 1, BAD: 1},
        "funder": {"INDUSTRY": 2, "OTHER": 1, "NOT_STATED": 1},
    }
    facets = {
        "start-year": "StartYear",
        "phase": "Phase",
        "status": "OverallStatus",
        "country": "LocationCountry",
        "funder": "LeadSponsorClass",
    }
    answer = site.get(
        "/api/trialbook/search", params={"query.term": "tea", "facets": "|".join(facets.values())}
    ).json()
    headings = re.findall(r"<h2>([^<]*)</h2>", html)
    for (name, counts), heading in zip(expected.items(), headings, strict=True):
        drawn = {value: count for value, (count, _) in read_bars(html, name).items()}
        assert drawn == counts
        counted = {each["value"]: each["count"] for each in answer["facets"][facets[name]]}
        counted |= {"NOT_STATED": missing} if (missing := answer["notStated"][facets[name]]) else {}
        assert {value: count for value, count in drawn.items() if count} == counted
        assert sorted(read_table(html, heading).values()) == sorted(counted.values())


def test_each_bar_narrows_the_answer_to_its_studies(site: TestClient) -> None:
    html = site.get("/?q=tea&view=charts").text
    for name in ("start-year", "phase", "status", "country", "funder"):
        for value, (count, url) in read_bars(html, name).items():
            if count:
                assert "view=charts" in url
                assert read_total(site.get(url).text) == count, (name, value)


def test_a_chosen_bar_is_marked_in_words_and_leads_back(site: TestClient) -> None:
    html = site.get("/?q=tea&view=charts&phase=PHASE1").text
    bars = read_bars(html, "phase")
    assert bars["PHASE2"][0] == 2, "counted without its own filter"
    assert bars["PHASE1"] == (1, "/?q=tea&view=charts")
    assert "<title>Phase 1: 1 study, chosen</title>" in html
    assert "✓ Phase 1" in html
    assert "Counted without the filter on it (Phase 1)" in html
    assert {value: count for value, (count, _) in read_bars(html, "status").items()} == {"RECRUITING": 1}


def test_values_of_records_are_text_in_drawings_and_tables(site: TestClient) -> None:
    for view in ("charts", "table&col=countries", "map"):
        html = site.get(f"/?q=tea&view={view}").text
        assert BAD not in html
    assert "&lt;b&gt;Nowhere" in site.get("/?q=tea&view=charts").text


def test_drawings_are_bounded_and_say_what_they_leave_out() -> None:
    many = tuple(Bar(label=f"Value {at}", value=str(at), count=1000 - at) for at in range(1000))
    assert draw_rows("x", many, title="t", meaning="m").count("data-count") == MOST_BARS
    assert draw_columns("x", many, title="t", meaning="m").count("data-count") == MOST_BARS
    chart = draw_division(Division(name="x", heading="X", bars=many))
    assert "985 more with fewer studies are in the table." in chart.meaning
    years = tuple(Bar(label=str(year), value=str(year), count=2) for year in range(1950, 2030))
    chart = draw_division(Division(name="x", heading="X", bars=years, is_years=True))
    assert "40 of earlier years are in the table." in chart.meaning
    assert chart.drawing.count("data-count") == MOST_BARS


def test_the_map_has_all_studies_by_town_and_marks_the_open_ones(site: TestClient, home: Path) -> None:
    with Library(home) as library:
        counted = library.engine.count_towns(SearchRequest())
    told = {town.label: (town.studies, town.open) for town in counted.towns}
    assert told == {"Oslo, Norway": (2, 1), "Lima, Peru": (2, 2), "Bergen, Norway": (1, 0)}
    assert counted.unplaced == 1
    html = site.get("/?q=tea&view=map").text
    assert 'class="hits"' not in html
    assert "3 studies with a site in 3 towns" in html
    assert "1 study has no site whose place is known, so the map leaves them out." in html
    assert re.search(r"<title>Lima, Peru: 1 study \(town by town\), 1 open</title><circle", html)
    rows = re.findall(
        r'<tr><th scope="row"><a href="([^"]*)">([^<]*)</a></th><td class="number">(\d+)</td>', html
    )
    assert [(label, int(count)) for _, label, count in rows] == [
        ("Oslo, Norway", 2),
        ("Bergen, Norway", 1),
        ("Lima, Peru", 1),
    ]
    for url, label, count in rows:
        assert read_total(site.get(unescape(url)).text) == int(count), label
    drawn = html[
        html.index('id="answer-map-title"') : html.index("</svg>", html.index('id="answer-map-title"'))
    ]
    marks = re.findall(r'<a href="([^"]*)" class="mark"><title>([^<]*): (\d+) stud', drawn)
    assert marks
    for url, label, _ in marks:
        assert "near=" in url
        assert read_total(site.get(unescape(url)).text) >= 1, label


def test_a_map_of_nowhere_says_so(site: TestClient) -> None:
    assert "None of the studies found has a site whose place is known." in site.get("/?q=four&view=map").text


def test_a_table_has_the_columns_that_are_chosen_and_sorts_where_there_is_an_order(site: TestClient) -> None:
    html = site.get("/?q=tea&view=table&col=participants&col=title&col=nonsense").text
    heads = re.findall(r"<th scope=\"col\"[^>]*>(?:<a href=\"([^\"]*)\">)?([^<]*)<", html)
    assert [label for _, label in heads] == ["Title", "Participants"]
    assert 'name="col" value="participants" checked' in html
    assert 'name="col" value="sponsor">' in html
    by_size = site.get(unescape(heads[1][0])).text
    assert 'aria-sort="descending">Participants' in by_size
    table = by_size[by_size.index('<table class="studies">') :]
    assert re.findall(r"Tea \w+", table)[:2] == ["Tea one", "Tea two"]
    assert "1,200" in table
    usual = site.get("/?q=tea&view=table&sort=started").text
    assert 'aria-sort="descending">Start' in usual
    rows = usual[usual.index('<table class="studies">') :]
    assert re.findall(r"Tea \w+", rows)[:1] == ["Tea three"]
