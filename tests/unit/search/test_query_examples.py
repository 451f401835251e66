"""Every example of the registry's page on its query language parses, finds what it must and nothing else."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from tests.library import find, make_library, open_engine, with_proper_ids
from tests.naive.evaluate import evaluate
from tests.naive.records import make_located, make_record, make_titled

from trialbook.search.language.parse import parse_query
from trialbook.search.language.render import render_query

Record = dict[str, Any]


def site(city: str = "", state: str = "", country: str = "", status: str = "", **more: Any) -> Record:
    named = {"city": city, "state": state, "country": country, "status": status, **more}
    return {name: value for name, value in named.items() if value}


def posted(nct_id: str, day: str) -> Record:
    return make_record(nct_id, {"statusModule.resultsFirstPostDateStruct.date": day})


def at(nct_id: str, lat: float, lon: float) -> Record:
    return make_located(nct_id, site("Somewhere", geoPoint={"lat": lat, "lon": lon}))


def aged(nct_id: str, minimum: str) -> Record:
    return make_record(nct_id, {"eligibilityModule.minimumAge": minimum})


def enrolled(nct_id: str, count: int, city: str, *, title: str = "") -> Record:
    record = make_located(nct_id, site(city), title=title)
    record["protocolSection"]["designModule"] = {"enrollmentInfo": {"count": count}}
    return record


BETHESDA, ROCKVILLE, BALTIMORE = (39.00, -77.10), (39.02, -77.15), (39.29, -76.61)

EXAMPLES: dict[str, tuple[list[Record], list[Record]]] = {
    "youth OR teen": (
        [make_titled("Y1", "Sport for youth"), make_titled("Y2", "A teen clinic")],
        [make_titled("N1", "Sport for adults")],
    ),
    "heart AND attack": (
        [make_titled("Y1", "Heart attack"), make_titled("Y2", "Attack on the heart")],
        [make_titled("N1", "Heart failure")],
    ),
    "bethesda NOT maryland": (
        [make_titled("Y1", "Bethesda system for cytology")],
        [make_titled("N1", "Bethesda, Maryland"), make_titled("N2", "Cytology")],
    ),
    '"back pain"': (
        [make_titled("Y1", "Low back pain")],
        [make_titled("N1", "Pain in the back"), make_titled("N2", "Back to work")],
    ),
    "(acetaminophen OR aspirin) AND NOT (heart failure OR heart attack)": (
        [make_titled("Y1", "Aspirin for headache"), make_titled("Y2", "Acetaminophen and fever")],
        [make_titled("N1", "Aspirin after a heart attack"), make_titled("N2", "Headache")],
    ),
    "COVERAGE[FullMatch]pain": (
        [make_record("Y1", {"conditionsModule.conditions": ["Fever", "Pain"]})],
        [make_record("N1", {"conditionsModule.conditions": ["Back Pain"]})],
    ),
    "EXPANSION[None]SLE": (
        [make_titled("Y1", "Patients with SLE.")],
        [make_titled("N1", "A sle of wood"), make_titled("N2", "SLEDAI scores")],
    ),
    "AREA[InterventionName]aspirin": (
        [make_record("Y1", {"armsInterventionsModule.interventions": [{"name": "Aspirin 100 mg"}]})],
        [make_titled("N1", "Aspirin in the title alone")],
    ),
    "heart attack AND SEARCH[Location](AREA[LocationCity]Portland AND AREA[LocationState]Maine)": (
        [make_located("Y1", site("Portland", "Maine"), title="Heart attack")],
        [
            make_located("N1", site("Portland", "Oregon"), site("Augusta", "Maine"), title="Heart attack"),
            make_located("N2", site("Portland", "Maine"), title="Stroke"),
        ],
    ),
    "heart attack AND SEARCH[Location](AREA[LocationCountry]United States AND AREA[LocationStatus]Recruiting)": (
        [make_located("Y1", site(country="United States", status="RECRUITING"), title="Attack of the heart")],
        [
            make_located(
                "N1",
                site(country="United States", status="COMPLETED"),
                site(country="France", status="RECRUITING"),
                title="Heart attack",
            )
        ],
    ),
    "heart attack AND AREA[LocationCountry]United States AND AREA[LocationStatus]Recruiting": (
        [
            make_located(
                "Y1",
                site(country="United States", status="COMPLETED"),
                site(country="France", status="RECRUITING"),
                title="Heart attack",
            )
        ],
        [make_located("N1", site(country="United States", status="COMPLETED"), title="Heart attack")],
    ),
    "AREA[ResultsFirstPostDate]MISSING": (
        [make_titled("Y1", "No results")],
        [posted("N1", "2020-01-01")],
    ),
    "AREA[ResultsFirstPostDate]RANGE[01/01/2015, MAX]": (
        [posted("Y1", "2015-01-01"), posted("Y2", "2023-07-31")],
        [posted("N1", "2014-12-31"), make_titled("N2", "No results")],
    ),
    "AREA[LocationGeoPoint] DISTANCE[39.0019296, -77.1044561, 25mi]": (
        [at("Y1", *BETHESDA), at("Y2", *ROCKVILLE)],
        [at("N1", *BALTIMORE), make_titled("N2", "Nowhere")],
    ),
    "AREA[LocationGeoPoint] DISTANCE[39.0019296, -77.1044561, 3.098km]": (
        [at("Y1", *BETHESDA)],
        [at("N1", *ROCKVILLE), at("N2", *BALTIMORE)],
    ),
    "ALL": ([make_titled("Y1", "Anything"), make_record("Y2")], []),
    'TILT[StudyFirstPostDate]"heart attack"': (
        [make_titled("Y1", "After a heart attack")],
        [make_titled("N1", "An attack on the heart")],
    ),
    r"\MISSING": ([make_titled("Y1", "Data missing at random")], [make_titled("N1", "Data")]),
    # As the page prints it: the second backslash follows its quotation mark.
    '\\"sleep deprivation"\\': (
        [make_titled("Y1", "Deprivation of sleep")],
        [make_titled("N1", "Sleep")],
    ),
    "exhaustion": ([make_titled("Y1", "Heat exhaustion")], [make_titled("N1", "Heat")]),
    "RANGE[21 years,MAX]": ([], [aged("N1", "21 Years"), make_titled("N2", "21 years")]),
    "RANGE[2025-03-20, 2025-03-31]": ([], [posted("N1", "2025-03-25"), make_titled("N2", "2025")]),
    "(exhaustion OR sleep deprivation)": (
        [make_titled("Y1", "Exhaustion"), make_titled("Y2", "Sleep deprivation")],
        [make_titled("N1", "Sleep")],
    ),
    "MISSING": ([], [make_titled("N1", "Has an id at least")]),
    "NOT exhaustion": ([make_titled("Y1", "Rest")], [make_titled("N1", "Exhaustion")]),
    "EXPANSION[Concept] NOT (exhaustion OR sleep deprivation)": (
        [make_titled("Y1", "Deprived of food, lack of sleep"), make_titled("Y2", "Deprivation of sleep")],
        [make_titled("N1", "Exhaustion"), make_titled("N2", "Sleep deprivation in nurses")],
    ),
    "heart attack AND SEARCH[Location](AREA[LocationCity] Bethesda AND AREA[LocationState] Maryland)": (
        [make_located("Y1", site("Bethesda", "Maryland"), title="Heart attack")],
        [make_located("N1", site("Bethesda", "Ohio"), site("Towson", "Maryland"), title="Heart attack")],
    ),
    "dizziness AND NOT exhaustion": (
        [make_titled("Y1", "Dizziness")],
        [make_titled("N1", "Dizziness and exhaustion")],
    ),
    "dizziness AND NOT exhaustio AND stroke": (
        [make_titled("Y1", "Dizziness after stroke")],
        [make_titled("N1", "Dizziness"), make_titled("N2", "Stroke, dizziness, exhaustio")],
    ),
    "heart attack OR stroke": (
        [make_titled("Y1", "Heart attack"), make_titled("Y2", "Stroke")],
        [make_titled("N1", "Heart")],
    ),
    "heart attack OR stroke OR dizziness AND shortness of breath": (
        [make_titled("Y1", "Stroke"), make_titled("Y2", "Shortness of breath with dizziness")],
        [make_titled("N1", "Dizziness"), make_titled("N2", "Shortness of breath")],
    ),
}

OF_THE_API: dict[str, tuple[list[Record], list[Record]]] = {
    "AREA[StartDate]2022": (
        [make_record("Y1", {"statusModule.startDateStruct.date": "2022-05"})],
        [make_record("N1", {"statusModule.startDateStruct.date": "2021-12-31"})],
    ),
    "AREA[MinimumAge]RANGE[MIN, 16 years] AND AREA[MaximumAge]RANGE[16 years, MAX]": (
        [make_record("Y1", {"eligibilityModule": {"minimumAge": "6 Months", "maximumAge": "16 Years"}})],
        [
            make_record("N1", {"eligibilityModule": {"minimumAge": "18 Years", "maximumAge": "60 Years"}}),
            aged("N2", "6 Months"),
        ],
    ),
    "AREA[Phase:size] 2": (
        [make_record("Y1", {"designModule.phases": ["PHASE1", "PHASE2"]})],
        [make_record("N1", {"designModule.phases": ["PHASE2"]}), make_record("N2")],
    ),
    "AREA[Sex]female": (
        [make_record("Y1", {"eligibilityModule.sex": "FEMALE"})],
        [make_record("N1", {"eligibilityModule.sex": "ALL"}), make_record("N2")],
    ),
    # Any value does, also of a field without an order; a search area has none with one.
    "AREA[Acronym]RANGE[MIN, MAX]": (
        [make_record("Y1", {"identificationModule.acronym": "SWEET"})],
        [make_titled("N1", "SWEET")],
    ),
    "RANGE[MIN, MAX]": ([], [make_titled("N1", "SWEET")]),
    # What is said of the study beside one of its sites is looked up in the record: both ends are in.
    "SEARCH[Location](lyon AND SEARCH[Study](AREA[EnrollmentCount]RANGE[10, 20]))": (
        [enrolled("Y1", 10, "Lyon"), enrolled("Y2", 20, "Lyon")],
        [
            enrolled("N1", 9, "Lyon"),
            enrolled("N2", 21, "Lyon"),
            enrolled("N3", 15, "Paris"),
            enrolled("N4", 15, "Paris", title="From Paris to Lyon"),
        ],
    ),
}


@pytest.mark.parametrize("text", [*EXAMPLES, *OF_THE_API])
def test_documented_example_finds_what_it_must_and_nothing_else(text: str) -> None:
    must, must_not = (EXAMPLES | OF_THE_API)[text]
    found = evaluate(parse_query(text), [*must, *must_not])
    assert found == [record["protocolSection"]["identificationModule"]["nctId"] for record in must]


@pytest.mark.parametrize("text", [*EXAMPLES, *OF_THE_API])
def test_the_index_finds_what_a_documented_example_must_find_and_nothing_else(
    text: str, tmp_path: Path
) -> None:
    must, must_not = (EXAMPLES | OF_THE_API)[text]
    records = with_proper_ids([*must, *must_not])
    engine = open_engine(make_library(tmp_path, records))
    expected = {f"NCT{number:08}" for number in range(len(must))}
    assert set(find(engine, parse_query(text))) == expected
    assert set(find(engine, parse_query(text), is_ranked=False)) == expected


@pytest.mark.parametrize("text", [*EXAMPLES, *OF_THE_API])
def test_documented_example_survives_its_normal_form(text: str) -> None:
    query = parse_query(text)
    assert parse_query(render_query(query)) == query


def test_no_example_of_the_registry_is_forgotten(shared_spec: Path) -> None:
    page = (shared_spec / "ctgov" / "query_language.md").read_text(encoding="utf-8")
    plain = re.sub(r"\s+", " ", page.replace("**", ""))
    assert [text for text in EXAMPLES if text not in plain] == []
    brackets = {"".join(found.split()) for found in re.findall(r"(?:AREA|RANGE|TILT)\[[^\]]*\]", plain)}
    ours = {"".join(found.split()) for text in EXAMPLES for found in re.findall(r"[A-Z]+\[[^\]]*\]", text)}
    assert brackets - ours == set()
