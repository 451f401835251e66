"""Studies are counted by value alike, whether the values are packed, odd, or taken as they stand."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from tests.library import make_library, open_engine
from tests.naive.records import make_record

from trialbook.ask.filters import make_request
from trialbook.record.pieces import get_enums, get_pieces, get_values
from trialbook.samples import sample_paths
from trialbook.search.engine import engine as engine_module
from trialbook.search.engine import facets
from trialbook.search.engine.engine import FACETS, SearchEngine, SearchRequest
from trialbook.search.index.packed import COLUMNS, get_slots, pack_columns
from trialbook.search.language.parse import parse_query

STATUS, PHASES, SEX = "statusModule.overallStatus", "designModule.phases", "eligibilityModule.sex"
START = "statusModule.startDateStruct.date"
ODD_RECORDS = (
    {STATUS: "RECRUITING", PHASES: ["PHASE1", "PHASE2"], SEX: "ALL"},
    {STATUS: "RECRUITING", PHASES: ["PHASE2", "PHASE2"], SEX: "Any"},
    {STATUS: "Paused", PHASES: ["PHASE9"]},
    {STATUS: "RECRUITING", PHASES: "PHASE3", SEX: "FEMALE"},
    {STATUS: "COMPLETED"},
    {},
)


def count_by_hand(records: list[dict[str, Any]], name: str) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for record in records:
        found = {
            str(value).lower() if isinstance(value, bool) else value
            for value in get_values(record, get_pieces()[name])
        }
        if name == "LocationCountry":
            found = {"Turkey (Türkiye)" if value == "Turkey" else value for value in found}
        counts.update(found)
    return dict(counts)


@pytest.mark.parametrize("is_long", [False, True], ids=["in one walk", "with a thread"])
def test_packed_values_odd_ones_and_others_are_counted_as_by_hand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_long: bool
) -> None:
    monkeypatch.setattr(facets, "LONG_ANSWER", 0 if is_long else 10_000)
    records = [make_record(f"NCT{number:08d}", parts) for number, parts in enumerate(ODD_RECORDS, 1)]
    records += [json.loads(line) for path in sample_paths()[:1] for line in path.read_text().splitlines()]
    asked = (*FACETS, "Condition")
    engine = open_engine(make_library(tmp_path, records))
    found = engine.search(SearchRequest(facets=asked, facet_size=1_000)).facets
    for name in asked:
        assert found[name] == count_by_hand(records, name), name
    missing = engine.search(SearchRequest(facets=asked)).missing
    for name in asked:
        assert missing[name] == sum(not count_by_hand([record], name) for record in records), name


@pytest.mark.parametrize("least", [1, 10_000], ids=["by levels", "ranked"])
@pytest.mark.parametrize("asked", [(), ("Sex", "Phase"), ("Phase", "Condition", "StartYear"), ("StartYear",)])
def test_all_matches_are_counted_whatever_else_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, least: int, asked: tuple[str, ...]
) -> None:
    monkeypatch.setattr(engine_module, "LEAST_BY_TIERS", least)
    monkeypatch.setattr(facets, "LONG_ANSWER", 0)
    title = {"identificationModule.briefTitle": "Asthma"}
    records = [make_record(f"NCT{at:08d}", parts | title) for at, parts in enumerate(ODD_RECORDS, 1)]
    records.append(make_record("NCT00000009", {START: "2020"} | title))
    engine = open_engine(make_library(tmp_path, [*records, make_record("NCT00000010", {})]))
    found = engine.search(SearchRequest(queries=(parse_query("asthma"),), facets=asked, limit=1))
    assert found.total == len(records)
    assert found.missing.get("StartYear", len(records) - 1) == len(records) - 1


def test_the_most_frequent_values_come_first_and_no_more_than_asked_for(tmp_path: Path) -> None:
    records = [make_record(f"NCT{number:08d}", parts) for number, parts in enumerate(ODD_RECORDS, 1)]
    engine = open_engine(make_library(tmp_path, records))
    request = SearchRequest(facets=("OverallStatus",), facet_size=2)
    assert list(engine.search(request).facets["OverallStatus"].items()) == [
        ("RECRUITING", 3),
        ("COMPLETED", 1),
    ]
    none = SearchRequest(queries=(parse_query("nowhere"),), facets=FACETS)
    assert engine.search(none).facets == {name: {} for name in FACETS}


@pytest.mark.parametrize("name", [name for names in COLUMNS.values() for name in names])
def test_every_value_of_a_packed_piece_is_found_again(name: str) -> None:
    piece, slot = get_pieces()[name], get_slots()[name]
    values = [each.value for each in get_enums()[piece.enum]] if piece.enum else ["true", "false"]
    for value in values:
        columns = pack_columns({name: [value]})
        assert columns is not None
        assert slot.count({columns[slot.column]: 7}) == ({value: 7}, 0)
        for other, its in get_slots().items():
            if other != name and its.column == slot.column:
                assert its.count({columns[slot.column]: 7}) == ({}, 7)


def make_studies(tmp_path: Path) -> SearchEngine:
    parts = [
        {STATUS: "RECRUITING", PHASES: ["PHASE1"], START: "2020"},
        {STATUS: "RECRUITING", PHASES: ["PHASE2", "PHASE3"], START: "2020-12-31"},
        {STATUS: "COMPLETED", PHASES: ["PHASE2"], START: "2021-01-01"},
        {STATUS: "COMPLETED", START: "1850-05"},
        {STATUS: "COMPLETED", PHASES: ["PHASE1"]},
    ]
    return open_engine(
        make_library(tmp_path, [make_record(f"NCT{at:08d}", each) for at, each in enumerate(parts, 1)])
    )


def test_a_facet_is_counted_without_its_own_filter_and_with_all_others(tmp_path: Path) -> None:
    engine, facets_ = make_studies(tmp_path), ("OverallStatus", "Phase", "StartYear")
    asked = {"status": "COMPLETED", "phase": ["PHASE2", "NOT_STATED"]}
    found = engine.search(make_request("", asked, facets=facets_))
    assert found.nct_ids == ("NCT00000004", "NCT00000003")
    # Status: of the phase 2 and those without one. Phase: of those completed.
    assert found.facets["OverallStatus"] == {"COMPLETED": 2, "RECRUITING": 1}
    assert found.facets["Phase"] == {"PHASE1": 1, "PHASE2": 1}
    assert found.facets["StartYear"] == {"2021": 1}
    assert found.missing == {"OverallStatus": 0, "Phase": 1, "StartYear": 0}
    alone = engine.search(make_request("", asked).for_counting(facets_))
    assert alone.facets["OverallStatus"] == {"COMPLETED": 2}


def test_years_are_counted_and_asked_for_with_those_that_are_not_stated(tmp_path: Path) -> None:
    engine = make_studies(tmp_path)
    counted = engine.search(SearchRequest(facets=("StartYear",)))
    assert (counted.facets["StartYear"], counted.missing["StartYear"]) == ({"2020": 2, "2021": 1}, 1)
    for year, studies in (("2020", 2), ("2021", 1), ("1850", 1), ("NOT_STATED", 1)):
        assert engine.search(make_request("", {"start_year": year})).total == studies
    assert engine.search(make_request("", {"start_year": ["2021", "NOT_STATED"]})).total == 2


def test_those_due_are_counted_without_their_own_filter(tmp_path: Path) -> None:
    engine = make_studies(tmp_path)
    found = engine.search(make_request("", {"results_overdue": True}, facets=("ResultsOverdue",)))
    assert (found.total, found.facets["ResultsOverdue"]) == (0, {"false": 5})
