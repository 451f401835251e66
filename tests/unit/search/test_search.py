"""The index answers for what the store holds, in the asked order, and mends itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.library import open_engine

from trialbook.ask.filters import make_request
from trialbook.errors import QueryError
from trialbook.library.build import import_paths
from trialbook.search.engine import engine
from trialbook.search.engine.engine import FACETS, SearchResult
from trialbook.search.engine.snippets import find_passages


def make_record(nct_id: str, title: str, *, day: str = "2024-01-02", **status: Any) -> dict[str, Any]:
    return {
        "protocolSection": {
            "identificationModule": {"nctId": nct_id, "briefTitle": title},
            "statusModule": {"lastUpdateSubmitDate": day, **status},
        },
        "hasResults": False,
    }


HEART = make_record("NCT00000001", "Heart attack in tumour patients", overallStatus="RECRUITING")
HEART["protocolSection"]["eligibilityModule"] = {
    "minimumAge": "18 Years",
    "maximumAge": "6 Decades",
    "sex": "ALL",
}
CHILD = make_record("NCT00000002", "Asthma of children", startDateStruct={"date": "2021-08"})
CHILD["protocolSection"]["eligibilityModule"] = {
    "minimumAge": "6 Months",
    "maximumAge": "17 Years",
    "sex": "FEMALE",
}
CHILD["protocolSection"]["designModule"] = {"phases": ["PHASE2"], "enrollmentInfo": {"count": 30}}
INFARCT = make_record("NCT00000003", "Myocardial infarction registry", startDateStruct={"date": "2019-05-04"})
INFARCT["protocolSection"]["descriptionModule"] = {
    "briefSummary": "Attack rates. The heart rests. Tumors do not."
}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return fill(tmp_path / "home", HEART, CHILD, INFARCT)


def fill(home: Path, *records: dict[str, Any]) -> Path:
    source = home.parent / f"{len(list(home.parent.iterdir()))}.jsonl"
    source.write_text("\n".join(json.dumps(record) for record in records))
    counts = import_paths(home, [source])
    assert (counts.rejected, counts.problems) == (0, [])
    return home


def ask(home: Path, text: str = "", given: dict[str, Any] | None = None, **asked: Any) -> SearchResult:
    return open_engine(home).search(make_request(text, given, facets=FACETS, **asked))


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"text": "heart attack"}, {"NCT00000001", "NCT00000003"}),
        ({"text": '"heart attack"'}, {"NCT00000001", "NCT00000003"}),
        ({"text": "EXPANSION[Term]heart attack"}, {"NCT00000001"}),
        ({"text": "heart NOT tumor"}, set()),
        ({"text": "tumors"}, {"NCT00000001", "NCT00000003"}),
        ({"text": "TUMOURS"}, {"NCT00000001", "NCT00000003"}),
        ({"text": "child"}, {"NCT00000002"}),
        ({"text": "nct00000002"}, {"NCT00000002"}),
        ({"given": {"phase": "PHASE2"}}, {"NCT00000002"}),
        ({"given": {"status": ["RECRUITING", "COMPLETED"]}}, {"NCT00000001"}),
        ({"given": {"age_years": 10}}, {"NCT00000002", "NCT00000003"}),
        ({"given": {"age_years": 17.5}}, {"NCT00000003"}),
        ({"given": {"age_years": 30}}, {"NCT00000001", "NCT00000003"}),
        ({"given": {"start_from": "2020"}}, {"NCT00000002"}),
        ({"given": {"start_to": "2019-05"}}, {"NCT00000003"}),
        ({"given": {"has_results": True}}, set()),
        ({"given": {"sex": "FEMALE"}}, {"NCT00000002"}),
        ({"text": "  "}, {"NCT00000001", "NCT00000002", "NCT00000003"}),
    ],
)
def test_a_request_finds_the_studies_that_it_describes(
    home: Path, asked: dict[str, Any], found: set[str]
) -> None:
    result = ask(home, **asked)
    assert (set(result.nct_ids), result.total) == (found, len(found))
    assert 0 <= result.milliseconds < 60_000


def test_a_list_in_the_place_of_a_value_hides_none_of_the_others(home: Path) -> None:
    odd = make_record("NCT00000004", "Gout")
    odd["protocolSection"]["conditionsModule"] = {"conditions": [["Gouty arthritis"], "Podagra", [[]]]}
    fill(home, odd)
    assert ask(home, text="AREA[Condition]podagra").nct_ids == ("NCT00000004",)


def test_a_title_counts_more_than_a_summary(home: Path) -> None:
    assert ask(home, text="heart attack").nct_ids[0] == "NCT00000001"


def test_studies_without_the_sorted_value_come_last_on_every_page(home: Path) -> None:
    in_order = ("NCT00000002", "NCT00000003", "NCT00000001")
    assert ask(home, sort="started").nct_ids == in_order
    assert tuple(ask(home, sort="started", offset=at, limit=1).nct_ids[0] for at in range(3)) == in_order
    assert ask(home, sort="started", offset=2, limit=5).nct_ids == in_order[2:]


def test_counts_by_value_are_those_of_the_matching_studies(home: Path) -> None:
    assert ask(home).facets["Phase"] == {"PHASE2": 1}
    assert ask(home, text="heart").facets["Phase"] == {}


def test_a_past_state_is_found_by_its_own_words_and_days(home: Path) -> None:
    fill(home, make_record("NCT00000002", "Wheezing", day="2025-03-01"))
    assert ask(home, text="asthma").total == 0
    assert ask(home, text="asthma", as_of="2024-06-30").nct_ids == ("NCT00000002",)
    assert ask(home, text="wheezing", as_of="2024-06-30").total == 0
    assert ask(home, as_of="2024-01-01").total == 0
    assert ask(home, as_of="2025-03-01").total == 3


def test_what_is_answered_by_levels_is_of_the_day_asked_for(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "LEAST_BY_TIERS", 1)
    fill(home, make_record("NCT00000002", "Wheezing", day="2025-03-01"))
    for as_of, past, now in (("2024-06-30", ("NCT00000002",), ()), (None, (), ("NCT00000002",))):
        assert ask(home, text="asthma", as_of=as_of, limit=1).nct_ids == past
        assert ask(home, text="wheezing", as_of=as_of, limit=1).nct_ids == now


def test_a_record_learnt_late_takes_its_place_in_the_past(home: Path) -> None:
    fill(home, make_record("NCT00000002", "Hay fever", day="2020-01-01"))
    assert ask(home, text="hay").total == 0
    assert ask(home, text="hay", as_of="2022").nct_ids == ("NCT00000002",)


@pytest.mark.parametrize(
    "asked",
    [
        {"text": "a" * 100_001},
        {"text": " OR ".join(["a"] * 2_001)},
        {"given": {"start_from": "yesterday"}},
        {"as_of": "2021-13"},
        {"offset": 100_000, "limit": 20},
    ],
)
def test_a_request_out_of_bounds_is_refused_with_its_reason(home: Path, asked: dict[str, Any]) -> None:
    with pytest.raises(QueryError, match=r"too long|too many|no date|up to number"):
        ask(home, **asked)


def test_passages_show_the_found_words_in_their_place() -> None:
    (passage,) = find_passages(INFARCT, ("tumor",))
    assert (passage.piece, [passage.text[a:b] for a, b in passage.spans]) == ("BriefSummary", ["Tumors"])
    assert passage.text == "Attack rates. The heart rests. Tumors do not."


@pytest.mark.parametrize(
    ("words", "pieces"),
    [
        (("myocardial", "heart", "tumor"), ["BriefSummary", "BriefTitle"]),
        (("myocardial", "tumor"), ["BriefTitle", "BriefSummary"]),
    ],
)
def test_the_passage_with_most_of_the_words_comes_first(words: tuple[str, ...], pieces: list[str]) -> None:
    assert [passage.piece for passage in find_passages(INFARCT, words, shown=())] == pieces
