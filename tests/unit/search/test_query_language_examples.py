"""Every operator in every example of the registry's page on its query language matters to what the engine finds.

The records of `test_query_examples` and the near misses below are chosen so that an engine in which one
operator of one example is broken (an AND that acts as OR, a NOT or an AREA that is passed over, a range that
is open at one end, a term that is taken as a phrase) gives another answer. Each such break is made here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.library import find, make_library, open_engine, with_proper_ids
from tests.naive.records import make_located, make_record, make_titled
from tests.unit.search.test_query_examples import EXAMPLES, OF_THE_API, aged, posted, site

from trialbook.errors import QueryError
from trialbook.search.engine.engine import SearchEngine
from trialbook.search.language.parse import parse_query
from trialbook.search.language.render import render_query
from trialbook.search.language.syntax import (
    MAX,
    MIN,
    All,
    And,
    Area,
    Coverage,
    Distance,
    Expansion,
    Expression,
    Missing,
    Not,
    Or,
    Phrase,
    Query,
    Range,
    Search,
    Term,
    get_children,
)

Record = dict[str, Any]
Cases = tuple[list[Record], list[Record]]

US_RECRUITING = {"country": "United States", "status": "RECRUITING"}


def heart(*sites: Record, title: str = "Heart attack") -> Record:
    return make_located("H", *sites, title=title)


def without_the_words(where: Record) -> list[Record]:
    """Right places, wrong words: the heart alone, the attack alone, neither."""
    return [heart(where, title=title) for title in ("Heart failure", "Panic attack", "Stroke")]


NEAR: dict[str, Cases] = {
    "heart AND attack": ([], [make_titled("N", "Panic attack")]),
    "(acetaminophen OR aspirin) AND NOT (heart failure OR heart attack)": (
        [make_titled("Y", "Aspirin and the heart"), make_titled("Y", "Aspirin in kidney failure and attack")],
        [make_titled("N", f"Aspirin: {words}") for words in ("heart failure", "failure of the heart")]
        + [make_titled("N", "Aspirin: attack of the heart")],
    ),
    "heart attack AND SEARCH[Location](AREA[LocationCity]Portland AND AREA[LocationState]Maine)": (
        [heart(site("Portland", "Maine"), title="Attack of the heart")],
        [
            *without_the_words(site("Portland", "Maine")),
            heart(site("Augusta", "Maine", facility="Portland Clinic")),
            heart(site("Portland", "Oregon", facility="Maine Clinic")),
            heart(site("Portland")),
            heart(site("Augusta", "Maine")),
        ],
    ),
    "heart attack AND SEARCH[Location](AREA[LocationCountry]United States AND AREA[LocationStatus]Recruiting)": (
        [heart(site(country="United Mexican States", status="RECRUITING"))],
        [
            *without_the_words(US_RECRUITING),
            heart(site(country="United Kingdom", status="RECRUITING")),
            heart(site(country="France", status="RECRUITING", facility="United States Hospital")),
            heart(site(country="United States", facility="Recruiting")),
        ],
    ),
    "heart attack AND AREA[LocationCountry]United States AND AREA[LocationStatus]Recruiting": (
        [
            heart(US_RECRUITING, title="Attack of the heart"),
            heart({**US_RECRUITING, "country": "United Mexican States"}),
        ],
        [
            *without_the_words(US_RECRUITING),
            heart(site(country="United Kingdom", status="RECRUITING")),
            heart(site(country="France", status="RECRUITING", facility="United States Hospital")),
            heart(site(country="United States", facility="Recruiting")),
        ],
    ),
    "(exhaustion OR sleep deprivation)": ([make_titled("Y", "Deprivation of sleep")], []),
    "heart attack AND SEARCH[Location](AREA[LocationCity] Bethesda AND AREA[LocationState] Maryland)": (
        [heart(site("Bethesda", "Maryland"), title="Attack of the heart")],
        [
            *without_the_words(site("Bethesda", "Maryland")),
            heart(site("Towson", "Maryland", facility="Bethesda Clinic")),
            heart(site("Bethesda", "Ohio", facility="Maryland Clinic")),
            heart(site("Bethesda")),
            heart(site("Towson", "Maryland")),
        ],
    ),
    "dizziness AND NOT exhaustion": ([], [make_titled("N", "Rest")]),
    "dizziness AND NOT exhaustio AND stroke": ([], [make_titled("N", "Stroke")]),
    "heart attack OR stroke": (
        [make_titled("Y", "Attack of the heart")],
        [make_titled("N", "Panic attack")],
    ),
    "heart attack OR stroke OR dizziness AND shortness of breath": (
        [
            make_titled("Y", title)
            for title in ("Heart attack", "Attack of the heart", "Dizziness: of breath, a shortness")
        ],
        [make_titled("N", "Heart"), make_titled("N", "Dizziness and breath")],
    ),
    "AREA[StartDate]2022": ([], [make_record("N", {"statusModule.startDateStruct.date": "2023-01"})]),
    "AREA[MinimumAge]RANGE[MIN, 16 years] AND AREA[MaximumAge]RANGE[16 years, MAX]": (
        [],
        [
            make_record("N", {"eligibilityModule": {"minimumAge": "1 Year", "maximumAge": "15 Years"}}),
            make_record("N", {"eligibilityModule": {"maximumAge": "16 Years"}}),
        ],
    ),
    "AREA[Phase:size] 2": (
        [],
        [make_record("N", {"designModule.phases": ["PHASE1", "PHASE2", "PHASE3"]})],
    ),
}

# The page shows these as parts of a query: each is asked here in an area in which it can find something.
WITHIN: dict[str, tuple[str, list[Record], list[Record]]] = {
    "RANGE[21 years,MAX]": (
        "MinimumAge",
        [aged("Y", "21 Years"), aged("Y", "264 Months")],
        [aged("N", "20 Years"), aged("N", "30 Months"), make_titled("N", "21 years")],
    ),
    "RANGE[2025-03-20, 2025-03-31]": (
        "ResultsFirstPostDate",
        [posted("Y", "2025-03-20"), posted("Y", "2025-03-31")],
        [posted("N", "2025-03-19"), posted("N", "2025-04-01"), make_titled("N", "2025-03-25")],
    ),
    "MISSING": (
        "WhyStopped",
        [make_titled("Y", "Still running")],
        [make_record("N", {"statusModule.whyStopped": "No money"})],
    ),
}

# What the page says of the operators beyond its examples, and its sentences on EXPANSION and COVERAGE.
TITLES = "Heart attack", "Heart attacks in men", "After a heart attack", "A heart attack at home"
PAINS = [make_titled("T", title) for title in TITLES]
PROSE: dict[str, Cases] = {
    "AREA[BriefTitle]COVERAGE[Contains]heart attack": (PAINS, [make_titled("N", "Heart")]),
    "AREA[BriefTitle]COVERAGE[FullMatch]heart attack": ([PAINS[0]], PAINS[1:]),
    "AREA[BriefTitle]COVERAGE[StartsWith]heart attack": (PAINS[:2], PAINS[2:]),
    "AREA[BriefTitle]COVERAGE[EndsWith]heart attack": ([PAINS[0], PAINS[2]], [PAINS[1], PAINS[3]]),
    "EXPANSION[None]Sjögren": (
        [make_titled("Y", "Primary Sjögren  syndrome")],
        [make_titled("N", title) for title in ("Sjogren", "sjögren", "SJÖGREN")],
    ),
    'EXPANSION[None]"dry  eye"': ([make_titled("Y", "A dry   eye")], [make_titled("N", "Dry eye")]),
    "EXPANSION[Term]tumour": (
        [make_titled("Y", title) for title in ("Tumor", "TUMOURS", "A tumour's growth")],
        [make_titled("N", "Neoplasm"), make_titled("N", "Tumorous")],
    ),
    "EXPANSION[Term]follow-up": (
        [make_titled("Y", title) for title in ("A follow up", "Follow-up", "Followup")],
        [make_titled("N", "Up to follow")],
    ),
    "EXPANSION[Term]Meniere": ([make_titled("Y", "Ménière")], [make_titled("N", "Menier")]),
    "EXPANSION[Concept]heart attack": (
        [make_titled("Y", "Heart attack"), make_titled("Y", "Myocardial infarction")],
        [make_titled("N", "Attack of the heart"), make_titled("N", "Heart")],
    ),
    "EXPANSION[Term]heart attack": (
        [make_titled("Y", "Heart attacks")],
        [make_titled("N", "Myocardial infarction"), make_titled("N", "Attack of the heart")],
    ),
    "EXPANSION[Relaxation]heart disease": (
        [make_titled("Y", "Heart disease"), make_titled("Y", "Heart and lung disease")],
        [make_titled("N", "Heart"), make_titled("N", "Lung disease")],
    ),
    "EXPANSION[Lossy]heart disease": (
        [make_titled("Y", title) for title in ("Heart disease", "Heart", "Lung disease")],
        [make_titled("N", "Lung")],
    ),
    'EXPANSION[Relaxation]"heart disease"': (
        [make_titled("Y", "Heart disease")],
        [make_titled("N", "Heart and lung disease"), make_titled("N", "Heart")],
    ),
    'EXPANSION[Lossy]"heart disease"': (
        [make_titled("Y", "Heart disease")],
        [make_titled("N", "Heart and lung disease"), make_titled("N", "Heart")],
    ),
    "AREA[ResultsSection]MISSING": (
        [make_titled("Y", "No results")],
        [make_record("N", resultsSection={"participantFlowModule": {"recruitmentDetails": "Slow"}})],
    ),
    "SEARCH[Location](AREA[LocationCity]Boston AND SEARCH[Study](AREA[BriefTitle]trial))": (
        [make_located("Y", site("Boston"), title="A trial")],
        [
            make_located("N", site("Lima"), title="A trial"),
            make_located("N", site("Boston"), title="A study"),
            make_titled("N", "A trial in Boston"),
        ],
    ),
    "AREA[Keyword]MISSING": (
        [make_record("Y", {"conditionsModule.keywords": empty}) for empty in ([], [""], "", None)],
        [make_record("N", {"conditionsModule.keywords": ["", "heart"]})],
    ),
    "AREA[Phase:size]RANGE[2, MAX]": (
        [make_record("Y", {"designModule.phases": ["PHASE1", "PHASE2"]})],
        [make_record("N", {"designModule.phases": ["PHASE2"]}), make_record("N")],
    ),
    "AREA[MinimumAge]RANGE[1 year, MAX]": (
        [aged("Y", "1 Year"), aged("Y", "13 Months")],
        [aged("N", "6 Months")],
    ),
    "AREA[InterventionName]aspirin": (
        [make_record("Y", {"armsInterventionsModule.interventions": [{"name": "Aspirin"}]})],
        [make_titled("N", "Aspirin"), make_record("N", {"conditionsModule.keywords": ["Aspirin"]})],
    ),
}

# The better match first; the ids stand the other way round, so that no order by id passes.
RANKED: dict[str, list[str]] = {
    "youth OR teen": ["A teen and youth clinic", "A clinic for youth"],
    "EXPANSION[Concept]heart attack": ["Heart attack", "Myocardial infarction"],
    "heart disease": ["Heart disease", "Heart and lung disease"],
    "EXPANSION[Lossy]heart disease": ["Heart and lung disease", "Lung disease"],
}
# In EXPANSION[Concept] a term of several words is a phrase.
ALIKE = {'EXPANSION[Concept]NOT (exhaustion OR "sleep deprivation")'}
REFUSED = (
    "EXPANSION[Relaxation]COVERAGE[FullMatch]pain",
    "COVERAGE[StartsWith]EXPANSION[Lossy]pain",
    "EXPANSION[Lossy]COVERAGE[Contains]pain",
    "AREA[LocationGeoPoint]DISTANCE[39, -77, 0.9mi]",
    "AREA[LocationGeoPoint]DISTANCE[39, -77, 501mi]",
    "AREA[LocationGeoPoint]DISTANCE[39, -77, 806km]",
    "SEARCH[Site](Boston)",
    "AREA [Phase]PHASE2",
)


def break_node(node: Expression) -> Iterator[Expression]:
    """What a node would be to an engine that gets it wrong."""
    match node:
        case Or(children) | And(children):
            yield And(children) if isinstance(node, Or) else Or(children)
            for number in range(len(children)):
                rest = children[:number] + children[number + 1 :]
                yield rest[0] if len(rest) == 1 else replace(node, children=rest)
        case Area(_, Distance()):
            return  # places are the only ones that have a distance
        case Not(child) | Area(_, child) | Coverage(_, child) | Expansion(_, child) | Search(_, child):
            yield child
        case Range(low, high):
            if low != MIN:
                yield replace(node, low=MIN, kind="any" if high == MAX else node.kind)
            if high != MAX:
                yield replace(node, high=MAX, kind="any" if low == MIN else node.kind)
        case Distance():
            yield replace(node, radius_km=805.0)
            yield replace(node, radius_km=0.01)
        case Missing() | All():
            yield Not(node)
        case Phrase(text) if " " in text:
            yield Term(text)
        case Term(text) if " " in text:
            yield Phrase(text)
            yield Expansion("Lossy", node)


def break_tree(node: Expression) -> Iterator[Expression]:
    """The tree with one node of it broken, for every node and way."""
    yield from break_node(node)
    children = get_children(node)
    for number, child in enumerate(children):
        for broken in break_tree(child):
            if isinstance(node, Or | And):
                yield replace(node, children=(*children[:number], broken, *children[number + 1 :]))
            else:
                yield replace(node, child=broken)


def gather(text: str) -> Cases:
    first, near = (EXAMPLES | OF_THE_API)[text], NEAR.get(text, ([], []))
    return [*first[0], *near[0]], [*first[1], *near[1]]


def make_engine(home: Path, records: list[Record]) -> SearchEngine:
    return open_engine(make_library(home, records))


def check(engine: SearchEngine, query: Query, count: int) -> None:
    """The engine finds the first `count` records and no other, ranked or not."""
    expected = [f"NCT{number:08}" for number in range(count)]
    assert sorted(find(engine, query)) == expected
    assert sorted(find(engine, query, is_ranked=False)) == expected


@pytest.mark.parametrize("text", [*EXAMPLES, *OF_THE_API])
def test_every_operator_of_an_example_matters(text: str, tmp_path: Path) -> None:
    must, must_not = gather(text)
    records = with_proper_ids([*must, *must_not])
    engine, query = make_engine(tmp_path, records), parse_query(text)
    check(engine, query, len(must))
    if text in WITHIN:
        return
    expected = sorted(find(engine, query))
    for broken in break_tree(query.expression):
        wrong = replace(query, expression=broken)
        if render_query(wrong) not in ALIKE:
            assert sorted(find(engine, wrong)) != expected, render_query(wrong)


@pytest.mark.parametrize("text", [*WITHIN])
def test_a_part_of_a_query_finds_what_it_must_in_its_area(text: str, tmp_path: Path) -> None:
    area, must, must_not = WITHIN[text]
    records = with_proper_ids([*must, *must_not])
    engine, query = make_engine(tmp_path, records), parse_query(text, default_area=area)
    check(engine, query, len(must))
    expected = sorted(find(engine, query))
    for broken in break_tree(query.expression):
        assert sorted(find(engine, replace(query, expression=broken))) != expected


@pytest.mark.parametrize("text", [*PROSE])
def test_what_the_page_says_of_an_operator_is_so(text: str, tmp_path: Path) -> None:
    must, must_not = PROSE[text]
    records = with_proper_ids([*must, *must_not])
    check(make_engine(tmp_path, records), parse_query(text), len(must))


@pytest.mark.parametrize("text", [*RANKED])
def test_the_better_match_comes_first(text: str, tmp_path: Path) -> None:
    titles = RANKED[text]
    records = with_proper_ids([make_titled("R", title) for title in reversed(titles)])
    found = find(make_engine(tmp_path, records), parse_query(text))
    assert found == [f"NCT{number:08}" for number in reversed(range(len(titles)))]


def test_tilt_puts_later_dates_first_among_equals_and_no_worse_match_before_a_better_one(
    tmp_path: Path,
) -> None:
    years = [*range(2015, 2025), *range(2006, 2015)]
    titled = [("After a heart attack", year) for year in years] + [("Myocardial infarction", 2025)]
    path = "statusModule.studyFirstPostDateStruct.date"
    records = [
        make_record("R", {"identificationModule.briefTitle": title, path: f"{year}-05-01"})
        for title, year in titled
    ]
    engine = make_engine(tmp_path, with_proper_ids(records))

    def find_years(text: str) -> list[int]:
        return [titled[int(nct_id[3:])][1] for nct_id in find(engine, parse_query(text))]

    assert find_years('TILT[StudyFirstPostDate]"heart attack"') == [*sorted(years, reverse=True), 2025]
    assert find_years('"heart attack"') == [*reversed(years), 2025]


@pytest.mark.parametrize("text", REFUSED)
def test_what_the_page_rules_out_is_refused(text: str) -> None:
    with pytest.raises(QueryError):
        parse_query(text)
