"""In what order answers come: by rank, by values, by distance, and page after page."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any, Literal

import msgspec
import pytest
from tests.library import make_library, open_engine
from tests.naive.evaluate import evaluate
from tests.naive.records import make_located, make_record, make_titled

from trialbook.errors import QueryError
from trialbook.record.pieces import get_areas
from trialbook.search.engine import engine as engine_module
from trialbook.search.engine import order
from trialbook.search.engine.engine import SearchEngine, SearchRequest
from trialbook.search.engine.order import GeoDecay, SortKey
from trialbook.search.engine.paging import PageTokenError
from trialbook.search.language.parse import parse_query

Record = dict[str, Any]
RELEVANCE = SortKey("@relevance", descending=True)


def make_engine(home: Path, *records: Record) -> SearchEngine:
    return open_engine(make_library(home, records))


def rank(engine: SearchEngine, text: str, **asked: Any) -> list[str]:
    request = SearchRequest(queries=(parse_query(text),), **asked)
    return [nct_id[-1] for nct_id in engine.search(request).nct_ids]


def test_the_words_as_typed_come_before_variants_synonyms_and_words_apart(tmp_path: Path) -> None:
    engine = make_engine(
        tmp_path,
        make_titled("NCT00000004", "Attack on the heart"),
        make_titled("NCT00000003", "Myocardial infarction"),
        make_titled("NCT00000002", "Heart attacks"),
        make_titled("NCT00000001", "Heart attack"),
    )
    assert rank(engine, "heart attack") == ["1", "2", "3", "4"]
    assert rank(engine, "EXPANSION[Concept]heart attack") == ["1", "2", "3"]
    added = engine.search(SearchRequest(queries=(parse_query("heart attack"),))).added
    assert "Myocardial Infarction" in {name.title() for name in added}


QUESTIONS = (
    "heart attack",
    "heart",
    "attack heart",
    "stent heart attack",
    "heart attack AND stent",
    "infarct",
)


@pytest.mark.parametrize("text", QUESTIONS)
def test_a_window_is_the_same_part_of_the_answer_however_it_was_found(tmp_path: Path, text: str) -> None:
    titles = (
        *(
            "Heart attack",
            "Heart attacks",
            "Myocardial infarction",
            "Attack on the heart",
            "Stent; heart attack",
        ),
        *(
            "Stents in myocardial infarction",
            "Attack, stent, heart",
            "Cardiac infarction",
            "Heart",
            "Infarcts",
        ),
    )
    records = [make_titled(f"NCT0000{n:02}{k}0", title) for n, title in enumerate(titles) for k in range(4)]
    engine = make_engine(tmp_path, *records)
    whole = engine.search(SearchRequest(queries=(parse_query(text),), limit=100))
    assert len(whole.nct_ids) == whole.total > 4
    for offset in range(0, whole.total, 3):
        part = engine.search(SearchRequest(queries=(parse_query(text),), offset=offset, limit=3))
        assert part.nct_ids == whole.nct_ids[offset : offset + 3]
        assert part.scores == whole.scores[offset : offset + 3]
        assert (part.total, part.added, part.words) == (whole.total, whole.added, whole.words)


def test_a_study_on_the_condition_outranks_all_that_only_relaxation_finds(tmp_path: Path) -> None:
    relaxed = {
        "identificationModule.briefTitle": "Attack rates and the heart",
        "identificationModule.officialTitle": "Attack of the heart",
        "conditionsModule.conditions": ["Panic attack", "Heart"],
        "conditionsModule.keywords": ["heart", "attack"],
        "descriptionModule.briefSummary": "An attack; the heart. The attack.",
    }
    aside = {"sponsorCollaboratorsModule.collaborators": [{"name": "The Heart Attack Foundation"}]}
    engine = make_engine(tmp_path, make_record("NCT00000001", relaxed), make_record("NCT00000002", aside))
    assert rank(engine, "heart attack") == ["2", "1"]


def test_the_weights_of_the_pieces_decide_among_equals(tmp_path: Path) -> None:
    weights = {part.piece.name: part.weight for part in get_areas()["BasicSearch"].parts}
    assert weights["BriefTitle"] > weights["BriefSummary"] > weights["CollaboratorName"]
    engine = make_engine(
        tmp_path,
        make_record("NCT00000001", {"sponsorCollaboratorsModule.collaborators": [{"name": "Asthma UK"}]}),
        make_record("NCT00000002", {"descriptionModule.briefSummary": "asthma"}),
        make_titled("NCT00000003", "Asthma"),
    )
    assert rank(engine, "asthma") == ["3", "2", "1"]


def dated(number: int, day: str, count: int | None = None) -> Record:
    values: dict[str, Any] = {"identificationModule.briefTitle": "Asthma"}
    if day:
        values["statusModule.startDateStruct.date"] = day
    if count is not None:
        values["designModule.enrollmentInfo.count"] = count
    return make_record(f"NCT0000000{number}", values)


@pytest.mark.parametrize(
    ("keys", "order"),
    [
        ([("StartDate", False)], "31425"),
        ([("StartDate", True)], "42135"),
        ([("StartDate", True), ("EnrollmentCount", False)], "42135"),
        ([("EnrollmentCount", True), ("StartDate", False)], "23145"),
        ([("@relevance", True), ("StartDate", False)], "31425"),
        ([("@relevance", True), ("StartDate", True)], "42135"),
    ],
)
def test_sorting_puts_what_has_no_value_last(
    tmp_path: Path, keys: list[tuple[str, bool]], order: str
) -> None:
    engine = make_engine(
        tmp_path,
        dated(1, "2020-05", 10),
        dated(2, "2021", 30),
        dated(3, "2019-12-31", 10),
        dated(4, "2021", 10),
        dated(5, ""),
    )
    sort = tuple(SortKey(field, descending) for field, descending in keys)
    assert "".join(rank(engine, "asthma", sort=sort)) == order
    pages = ["".join(rank(engine, "asthma", sort=sort, offset=at, limit=2)) for at in (0, 2, 4)]
    assert "".join(pages) == order


def test_the_least_relevant_come_first_when_asked(tmp_path: Path) -> None:
    engine = make_engine(
        tmp_path,
        make_record("NCT00000001", {"descriptionModule.briefSummary": "asthma"}),
        make_titled("NCT00000002", "Asthma"),
        make_record("NCT00000003", {"sponsorCollaboratorsModule.collaborators": [{"name": "Asthma UK"}]}),
    )
    sort = (SortKey("@relevance", descending=False),)
    assert rank(engine, "asthma", sort=sort) == ["3", "1", "2"]
    assert [rank(engine, "asthma", sort=sort, offset=at, limit=1) for at in range(4)] == [
        ["3"],
        ["1"],
        ["2"],
        [],
    ]


@pytest.mark.parametrize(
    ("function", "factors"),
    [
        ("linear", {0: 1, 50: 1, 100: 0.75, 150: 0.5, 250: 0, 400: 0}),
        ("exp", {0: 1, 50: 1, 150: 0.5, 250: 0.25, 350: 0.125}),
        ("gauss", {0: 1, 50: 1, 150: 0.5, 250: 0.0625}),
    ],
)
def test_a_score_falls_with_distance_as_its_function_says(
    function: Literal["linear", "exp", "gauss"], factors: dict[int, float]
) -> None:
    decay = GeoDecay(
        latitude=0, longitude=0, radius_km=500, function=function, scale_km=100, offset_km=50, decay=0.5
    )
    assert {distance: decay.compute_factor(distance) for distance in factors} == pytest.approx(factors)


def test_a_field_of_fractions_sorts_before_another(tmp_path: Path) -> None:
    def pointed(number: int, count: float, day: str) -> Record:
        values = {"designModule.nPtrsToThisExpAccNctId": count, "statusModule.startDateStruct.date": day}
        return make_record(f"NCT0000000{number}", values)

    engine = make_engine(
        tmp_path, pointed(1, 1.5, "2022"), pointed(2, 1.5, "2020"), pointed(3, 1.25, "2021"), dated(4, "2001")
    )
    sort = (SortKey("NPtrsToThisExpAccNCTId", descending=True), SortKey("StartDate", descending=False))
    assert rank(engine, "ALL", sort=sort) == ["2", "1", "3", "4"]
    assert [rank(engine, "ALL", sort=sort, offset=at, limit=1) for at in range(3)] == [["2"], ["1"], ["3"]]


def test_nearer_sites_come_first_when_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def site(lat: float, lon: float) -> dict[str, Any]:
        return {"city": "X", "geoPoint": {"lat": lat, "lon": lon}}

    engine = make_engine(
        tmp_path,
        make_located("NCT00000001", site(50.0, 10.0), title="Asthma"),
        make_located("NCT00000002", site(48.9, 2.4), site(-30, 10), title="Asthma"),
        make_located("NCT00000003", site(49.5, 3.0), title="Asthma"),
        make_titled("NCT00000004", "Asthma"),
    )
    decay = GeoDecay(latitude=48.85, longitude=2.35, radius_km=700)
    assert rank(engine, "asthma", geo_decay=decay) == ["2", "3", "1", "4"]
    far = GeoDecay(latitude=-30, longitude=10.1, radius_km=100)
    assert rank(engine, "asthma", geo_decay=far)[0] == "2"
    for first, stop in product((1, 2, 3), (1, 2, 3, 4)):
        monkeypatch.setattr(order, "FIRST_DECAYED", first)
        assert rank(engine, "asthma", geo_decay=decay, limit=stop) == ["2", "3", "1", "4"][:stop]
    monkeypatch.setattr(engine_module, "MOST_DECAYED", 3)
    assert rank(engine, "asthma", geo_decay=decay) == ["4", "3", "2", "1"]


@pytest.mark.parametrize("keys", [("@distance",), ("@distance", "@relevance")])
@pytest.mark.parametrize("alike", [0, 1, 200])
def test_of_studies_as_near_the_most_relevant_comes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keys: tuple[str, ...], alike: int
) -> None:
    pieces = {
        "title": "identificationModule.briefTitle",
        "summary": "descriptionModule.briefSummary",
        "outcome": "outcomesModule.primaryOutcomes",
    }

    def study(number: int, lat: float, **said: Any) -> Record:
        site = {"city": "X", "geoPoint": {"lat": lat, "lon": 10.0}}
        values: Record = {pieces[name]: text for name, text in said.items()}
        return make_record(f"NCT0000000{number}", values | {"contactsLocationsModule.locations": [site]})

    engine = make_engine(
        tmp_path,
        study(1, 50.0, title="Asthma"),
        study(2, 50.0, summary="asthma"),
        study(3, 50.0, title="Asthma"),
        study(4, 50.0, title="Eczema", outcome=[{"measure": "asthma"}]),
        study(5, 49.0, title="Asthma"),
        study(6, 50.0, title="Eczema"),
        make_titled("NCT00000007", "Asthma"),
    )
    monkeypatch.setattr(order, "MOST_ALIKE", alike)
    monkeypatch.setattr(order, "MOST_AMONG", max(1, alike))
    asked: dict[str, Any] = {
        "sort": tuple(SortKey(key, descending=key == "@relevance") for key in keys),
        "origin": order.Origin(50.0, 10.0),
    }
    assert rank(engine, "asthma", **asked) == ["3", "1", "4", "2", "5", "7"]
    assert [rank(engine, "asthma", **asked, offset=at, limit=1) for at in range(3)] == [["3"], ["1"], ["4"]]
    assert engine.search(SearchRequest(queries=(parse_query("asthma"),), **asked)).words == ("asthma",)


def test_tilt_prefers_the_later_and_finds_no_others(tmp_path: Path) -> None:
    engine = make_engine(
        tmp_path,
        *(dated(n, day) for n, day in enumerate(("2001", "2020", "2010", ""), 1)),
        make_titled("NCT00000005", "Eczema"),
    )
    assert rank(engine, "TILT[StartDate]asthma") == ["2", "3", "1", "4"]


def walk(engine: SearchEngine, request: SearchRequest, size: int) -> list[str]:
    found: list[str] = []
    token = None
    while True:
        page = engine.search_page(request, page_size=size, page_token=token, count_total=True)
        found += page.nct_ids
        token = page.next_page_token
        if token is None:
            return found
        assert len(token) <= 20


SORTED = SearchRequest(queries=(parse_query("asthma"),), sort=(SortKey("StartDate", descending=True),))


@pytest.mark.parametrize(
    "request_", [SORTED, SearchRequest(), SearchRequest(queries=(parse_query("asthma"),))]
)
def test_walking_by_token_meets_each_study_once_while_others_come_in(
    tmp_path: Path, request_: SearchRequest
) -> None:
    home = make_library(tmp_path / "home", [dated(n, f"20{n + 10}") for n in range(1, 8)])
    engine = open_engine(home)
    first = engine.search_page(request_, page_size=2, count_total=True)
    assert first.total == 7
    (tmp_path / "more.jsonl").write_bytes(b"")
    make_library(home, [dated(0, "2022"), dated(9, "2001")])
    engine._index._checked_at = 0.0
    assert engine.search(SearchRequest()).total == 9
    rest, token = [], first.next_page_token
    while token:
        page = engine.search_page(request_, page_size=2, page_token=token, count_total=True)
        assert page.total is None
        rest += page.nct_ids
        token = page.next_page_token
    found = [*first.nct_ids, *rest]
    assert len(found) == len(set(found))
    assert {f"NCT0000000{n}" for n in range(1, 8)} <= set(found)


def test_a_token_serves_its_own_request_alone(tmp_path: Path) -> None:
    engine = make_engine(tmp_path, *(dated(n, f"20{n + 10}") for n in range(1, 5)))
    token = engine.search_page(SORTED, page_size=2).next_page_token
    assert token is not None
    assert engine.search_page(SORTED, page_size=1, page_token=token).nct_ids == ("NCT00000002",)
    other = SearchRequest(queries=(parse_query("eczema"),))
    for request, text in (
        (other, token),
        (SORTED, "x"),
        (SORTED, token + "A"),
        (SORTED, "é"),
        (SORTED, "=" * 20),
    ):
        with pytest.raises(PageTokenError, match="pageToken"):
            engine.search_page(request, page_size=2, page_token=text)


def test_a_token_of_a_state_that_is_gone_says_so(tmp_path: Path) -> None:
    engine = make_engine(tmp_path, *(dated(n, f"20{n + 10}") for n in range(1, 5)))
    token = engine.search_page(SORTED, page_size=2).next_page_token
    assert token is not None
    later = open_engine(tmp_path)
    with pytest.raises(PageTokenError, match="lapsed"):
        later.search_page(SORTED, page_size=2, page_token=token)


def test_a_misspelt_word_is_put_right_from_what_the_studies_say(tmp_path: Path) -> None:
    engine = make_engine(
        tmp_path, *(make_titled(f"NCT0000000{n}", "Asthma of children") for n in range(1, 4))
    )
    assert engine.suggest("asthna in chidlren") == ("asthma in children",)
    assert engine.suggest("asthma") == ()
    assert engine.suggest("") == ()


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("asthm", "asthma"),  # one letter dropped, inserted, replaced, swapped
        ("asthhma", "asthma"),
        ("asxhma", "asthma"),
        ("atshma", "asthma"),
        ("asxxma", ""),  # two, in a word of fewer than eight letters
        ("lekemias", "leukemia"),  # two, from eight letters on
        ("luekemai", "leukemia"),
        ("elukemia", ""),  # another first letter
        ("lxxxemia", ""),
    ],
)
def test_how_far_a_word_may_be_from_what_was_typed(tmp_path: Path, typed: str, meant: str) -> None:
    titles = [make_titled(f"NCT0000000{n}", "Asthma or leukemia") for n in range(1, 4)]
    assert make_engine(tmp_path, *titles).suggest(typed) == ((meant,) if meant else ())


def test_a_part_that_would_need_too_many_records_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = make_engine(tmp_path, *(dated(n, "2020") for n in range(1, 5)))
    asked = SearchRequest(queries=(parse_query("EXPANSION[None]Asthma"),))
    monkeypatch.setattr("trialbook.search.engine.reader.MOST_CHECKED", 3)
    with pytest.raises(QueryError, match="looked up in 4 records"):
        engine.search(asked)
    monkeypatch.undo()
    assert engine.search(asked).total == 4


CITIES: dict[int, list[Any]] = {
    1: ["Lyon"],
    2: ["Rome"],
    3: ["Rome", "New Rome"],
    4: ["Rome", "Lyon"],
    5: [None],
    6: [["Rome", "Lyon"]],
    7: ["---"],
    8: ["Rome", "---"],
    9: [{"name": "Lyon"}, "Rome"],
}


@pytest.mark.parametrize(
    ("asked", "found", "most_looked_up"),
    [
        ("NOT AREA[LocationCity]Rome", "145789", 3),
        ("NOT AREA[LocationCity]COVERAGE[FullMatch]Rome", "1345789", 3),
        ("NOT AREA[LocationCity](Rome OR Lyon)", "5789", 4),
        ('NOT AREA[LocationCity]"New Rome"', "123456789", 0),
        ("AREA[LocationStatus]RECRUITING AND NOT AREA[LocationCity]Rome", "145789", 6),
        ("AREA[LocationCity]Rome AND NOT AREA[LocationCity]New", "234689", 9),
        ("NOT AREA[LocationCity]Rome AND NOT AREA[LocationCity]Lyon", "5789", 9),
        ("NOT Rome", "145789", 4),
    ],
)
def test_what_a_site_must_not_be_is_looked_up_only_where_the_index_leaves_doubt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: str, found: str, most_looked_up: int
) -> None:
    records = [dated(number, "2020") for number in CITIES]
    for record, cities in zip(records, CITIES.values(), strict=True):
        sites = [{"city": city, "status": "RECRUITING"} for city in cities]
        record["protocolSection"]["contactsLocationsModule"] = {"locations": sites}
    query = parse_query(f"SEARCH[Location]({asked})")
    told = [nct_id[-1] for nct_id in evaluate(query, records)]
    assert "".join(told) == found
    engine = make_engine(tmp_path, *records)
    monkeypatch.setattr("trialbook.search.engine.reader.MOST_CHECKED", most_looked_up)
    answer = engine.search(SearchRequest(queries=(query,)))
    assert "".join(sorted(nct_id[-1] for nct_id in answer.nct_ids)) == found


def test_all_parts_of_a_query_share_what_may_be_looked_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = make_engine(tmp_path, *(dated(n, "2020") for n in range(1, 5)))
    written = ("Asthma", "asthma", "ASTHMA")
    several = SearchRequest(queries=(parse_query(" OR ".join(f"EXPANSION[None]{each}" for each in written)),))
    monkeypatch.setattr("trialbook.search.engine.reader.MOST_CHECKED", 8)
    with pytest.raises(QueryError, match="looked up in 12 records"):
        engine.search(several)
    monkeypatch.setattr("trialbook.search.engine.reader.MOST_CHECKED", 12)
    assert engine.search(several).total == 4


def test_what_is_looked_up_is_counted_in_bytes_and_parts_not_in_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = [dated(n, "2020") for n in range(1, 5)]
    for record in records:
        record["protocolSection"]["contactsLocationsModule"] = {"locations": [{"city": "Lyon"}]}
    engine = make_engine(tmp_path, *records)
    most = "trialbook.search.engine.reader.MOST_CHECKED_BYTES"
    size = sum(len(msgspec.json.encode(record)) for record in records)
    one = SearchRequest(queries=(parse_query("EXPANSION[None]Asthma"),))
    monkeypatch.setattr(most, size - 1)
    with pytest.raises(QueryError, match="records one by one"):
        engine.search(one)
    monkeypatch.setattr(most, size)
    assert engine.search(one).total == 4
    of_two_parts = "SEARCH[Location](NOT AREA[LocationContactName]Rome NOT AREA[LocationContactName]Bonn)"
    sites = SearchRequest(queries=(parse_query(of_two_parts),))
    monkeypatch.setattr(most, 2 * size - 1)
    with pytest.raises(QueryError, match="records one by one"):
        engine.search(sites)
    monkeypatch.setattr(most, 2 * size)
    assert engine.search(sites).total == 4


def test_a_reviews_long_list_of_names_is_answered_and_ranks_by_how_many_are_there(tmp_path: Path) -> None:
    engine = make_engine(
        tmp_path,
        make_titled("NCT00000001", "Asthma"),
        make_titled("NCT00000002", "Asthma with eczema"),
        make_titled("NCT00000003", "Rickets"),
    )
    names = ["asthma", "eczema", *(f"rare disease {number}" for number in range(1_000))]
    assert rank(engine, " OR ".join(f'"{name}"' for name in names)) == ["2", "1"]
