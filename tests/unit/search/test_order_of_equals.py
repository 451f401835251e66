"""What no key tells apart stands newest first, as ids tell, whatever became of the index before."""

from __future__ import annotations

import random
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.library import open_engine
from tests.naive.records import make_record

from trialbook.library.build import import_paths
from trialbook.library.rebuild import bring_into_step, rebuild
from trialbook.patient.note import read_note
from trialbook.search.engine import engine as engine_module
from trialbook.search.engine import order
from trialbook.search.engine.engine import SearchEngine, SearchRequest
from trialbook.search.engine.order import GeoDecay, SortKey
from trialbook.search.index import intake
from trialbook.search.index.document import compute_order
from trialbook.search.index.writable import WritableIndex
from trialbook.search.language.parse import parse_query
from trialbook.store import Store
from trialbook.terms import get_thesaurus

STUDIES = 600
RELEVANCE = SortKey("@relevance", descending=True)
NEWEST_FIRST = SortKey("@newest", descending=True)
LEAST = SortKey("@relevance", descending=False)
STARTED = SortKey("StartDate", descending=True)
ENROLLED = SortKey("EnrollmentCount", descending=False)
OSLO = {"facility": "Hospital", "city": "Oslo", "country": "Norway", "geoPoint": {"lat": 59.9, "lon": 10.7}}

Record = dict[str, Any]


def make_records() -> list[Record]:
    """Many that are alike: three titles, three dates or none, four numbers."""
    chance = random.Random(7)
    records = []
    for number in range(1, STUDIES + 1):
        values: Record = {
            "identificationModule.briefTitle": chance.choice(
                ["Asthma", "Heart attack in asthma", "Lungs and hearts under attack: asthma"]
            ),
            "designModule.enrollmentInfo.count": chance.randrange(4),
            "contactsLocationsModule.locations": [OSLO] if number % 3 else [],
            "descriptionModule.briefSummary": "A study of asthma and the heart. " * chance.randint(1, 3),
        }
        if number % 4:
            values["statusModule.startDateStruct.date"] = chance.choice(["2020-01", "2021-05-03", "2022"])
        # Each tenth is of another register, whose ids tell no age.
        nct_id = f"EUCTR-{number}" if number % 10 == 0 else f"NCT{number:08}"
        records.append(make_record(nct_id, values))
    return records


def bring_in(home: Path, records: Iterable[Record]) -> None:
    home.mkdir(parents=True, exist_ok=True)
    path = home / "records.jsonl"
    path.write_bytes(b"\n".join(map(msgspec.json.encode, records)))
    assert import_paths(home, [path]).problems == []


def replay(home: Path) -> None:
    """What a kill leads to: a part of the studies is taken up again, and the old documents linger."""
    with Store(home) as store:
        index = WritableIndex(home / "index", store.library_id, names=get_thesaurus().known_names)
        seq = index.state.seq // 2
        index.save_state(seq=seq, mark=store.find_mark(seq), is_dirty=True)
    assert bring_into_step(home)["index"] > 0


@pytest.fixture(scope="module")
def engines(tmp_path_factory: pytest.TempPathFactory) -> dict[str, SearchEngine]:
    """The same records with different pasts."""
    folder = tmp_path_factory.mktemp("pasts")
    records = make_records()
    bring_in(folder / "at once", records)
    shuffled = random.Random(8).sample(records, len(records))
    for name in ("in parts", "made anew"):
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(intake, "COMMIT_EVERY", 70)
            for start in range(0, STUDIES, STUDIES // 3):
                bring_in(folder / name, shuffled[start : start + STUDIES // 3])
                replay(folder / name)
    rebuild(folder / "made anew", ["index"])
    engines = {name: open_engine(folder / name) for name in ("at once", "in parts", "made anew")}
    parts, whole = (engines[name]._index.snapshot().searcher for name in ("in parts", "at once"))
    assert parts.num_segments > whole.num_segments
    assert parts.doc_freq("exact.State", "current") > parts.num_docs == STUDIES, "replaced ones linger"
    return engines


REQUESTS: dict[str, SearchRequest] = {
    "one word": SearchRequest(queries=(parse_query("asthma"),)),
    "a name and its words apart": SearchRequest(queries=(parse_query("heart attack"),)),
    "two": SearchRequest(queries=(parse_query("heart attack"), parse_query("AREA[BriefSummary]asthma"))),
    "two, of which the second leaves most out": SearchRequest(
        queries=(parse_query("heart attack"), parse_query("AREA[BriefTitle]lungs"))
    ),
    "tilted": SearchRequest(queries=(parse_query("TILT[StartDate]asthma"),)),
    "the least relevant": SearchRequest(queries=(parse_query("heart attack"),), sort=(LEAST,)),
    "by day": SearchRequest(sort=(STARTED,)),
    "by day, some": SearchRequest(queries=(parse_query("heart"),), sort=(STARTED,)),
    "by number, then day": SearchRequest(sort=(ENROLLED, STARTED)),
    "by day, then rank": SearchRequest(queries=(parse_query("heart attack"),), sort=(STARTED, RELEVANCE)),
    "by rank, then day": SearchRequest(queries=(parse_query("heart attack"),), sort=(RELEVANCE, STARTED)),
    "near Oslo": SearchRequest(
        queries=(parse_query("heart"),), geo_decay=GeoDecay(latitude=60, longitude=10, radius_km=500)
    ),
    "nothing ranks": SearchRequest(
        queries=(parse_query("AREA[Keyword]MISSING AND NOT AREA[BriefTitle]lungs"),)
    ),
    "without a key": SearchRequest(queries=(), sort=()),
    "newest first": SearchRequest(queries=(), sort=(NEWEST_FIRST,)),
}


def walk(engine: SearchEngine, request: SearchRequest, step: int, *, until: int = STUDIES) -> list[str]:
    """The ids of an answer, window by window."""
    found: list[str] = []
    for offset in range(0, until, step):
        asked = msgspec.structs.replace(request, offset=offset, limit=step)
        found += engine.search(asked).nct_ids
    return found


@pytest.mark.parametrize("name", REQUESTS)
@pytest.mark.parametrize("alike", [2, 40, 500])
def test_the_order_is_one_of_the_records_alone(
    engines: dict[str, SearchEngine], name: str, alike: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However few are fetched beyond the window: then a group of equals reaches over its ends."""
    monkeypatch.setattr(order, "MOST_ALIKE", alike)
    monkeypatch.setattr(order, "MOST_FETCHED", alike)
    monkeypatch.setattr(order, "MOST_AMONG", alike)
    monkeypatch.setattr(order, "FIRST_DECAYED", alike)
    monkeypatch.setattr(engine_module, "LEAST_BY_TIERS", 10 * alike)
    whole = engines["at once"].search(msgspec.structs.replace(REQUESTS[name], limit=10_000))
    assert len(set(whole.nct_ids)) == whole.total > 100

    for engine in engines.values():
        assert walk(engine, REQUESTS[name], 90) == list(whole.nct_ids)
        assert walk(engine, REQUESTS[name], 7, until=70) == list(whole.nct_ids[:70])


def test_of_equals_the_highest_number_stands_first(engines: dict[str, SearchEngine]) -> None:
    for engine in engines.values():
        found = engine.search(msgspec.structs.replace(REQUESTS["one word"], limit=STUDIES))
        numbers = [
            -int(nct_id[3:]) if nct_id.startswith("NCT") else compute_order(nct_id)
            for nct_id in found.nct_ids
        ]
        ranked = list(zip([-round(score, 4) for score in found.scores], numbers, strict=True))
        assert ranked == sorted(ranked)
        assert len({score for score, _ in ranked}) < 10, "most are equals"


@pytest.mark.parametrize(
    "text",
    [
        "AREA[Keyword]MISSING",
        "AREA[StartDate]RANGE[2020, MAX]",
        "AREA[EnrollmentCount]RANGE[0, 2] OR NOT heart",
        "SEARCH[Location](AREA[LocationCity]Oslo)",
    ],
)
def test_equals_are_not_ranked_to_find_out_that_they_are(
    engines: dict[str, SearchEngine], text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = SearchRequest(queries=(parse_query(text),), limit=50)
    refuse_to_rank(monkeypatch)
    found = engines["at once"].search(request)
    newest = engines["at once"].search(msgspec.structs.replace(request, sort=(NEWEST_FIRST,)))
    assert found.nct_ids == newest.nct_ids
    assert set(found.scores) == {0.0}
    with pytest.raises(AssertionError, match="ranked"):
        engines["at once"].search(SearchRequest(queries=(parse_query("TILT[StartDate]asthma"),)))


@pytest.mark.parametrize(
    ("text", "scores"),
    [("asthma", 1), ("attack", 1), ("hearts", 3), ("heart attack", 1), ('"heart attack"', 1)],
)
def test_words_whose_levels_are_lists_of_the_index_are_not_ranked(
    engines: dict[str, SearchEngine], text: str, scores: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = SearchRequest(
        queries=(parse_query(text),), filters=(parse_query("AREA[EnrollmentCount]RANGE[1, MAX]"),)
    )
    monkeypatch.setattr(engine_module, "LEAST_BY_TIERS", 1)
    for engine in engines.values():
        ranked = engine.search(msgspec.structs.replace(request, limit=10_000))
        # A name's words apart are no list of the index.
        least = max(ranked.scores) - 1.0
        reach = sum(score > least for score in ranked.scores)
        assert len(set(ranked.scores[:reach])) == scores
        with monkeypatch.context() as patched:
            refuse_to_rank(patched)
            for offset, limit in ((0, 1), (0, 60), (3, 50), (90, 10), (0, reach), (reach - 9, 9)):
                found = engine.search(msgspec.structs.replace(request, offset=offset, limit=limit))
                assert found.nct_ids == ranked.nct_ids[offset : offset + limit]
                assert found.scores == ranked.scores[offset : offset + limit]
                assert found.total == ranked.total
        beyond = engine.search(msgspec.structs.replace(request, offset=reach - 5, limit=10))
        assert beyond.nct_ids == ranked.nct_ids[reach - 5 : reach + 5]


def refuse_to_rank(patched: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("ranked")

    patched.setattr(order, "_by_score", refuse)


def test_a_note_counts_no_document_that_was_replaced(engines: dict[str, SearchEngine]) -> None:
    note = read_note("A woman with asthma after a heart attack", get_thesaurus())
    first = [engine.search(SearchRequest(note=note, limit=50)).nct_ids for engine in engines.values()]
    assert first[0] == first[1] == first[2]
