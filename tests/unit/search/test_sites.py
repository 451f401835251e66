"""What the index says of sites, places, possessives and ids is what a query finds it by."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import tantivy
from tantivy import Query

from trialbook.search.index.disk import StudyIndex
from trialbook.search.index.document import compute_order, find_id
from trialbook.search.index.intake import Dated, IndexIntake
from trialbook.search.index.schema import get_schema
from trialbook.search.index.sites import find_point, point_key, site_tokens
from trialbook.search.index.writable import WritableIndex
from trialbook.terms.text import cut_words

BOSTON = {
    "facility": "Children's Hospital",
    "status": "RECRUITING",
    "city": "Boston",
    "state": "Massachusetts",
    "zip": "02115",
    "country": "United States",
    "geoPoint": {"lat": 42.35843, "lon": -71.05977},
}
LYON = {"city": "Lyon", "country": "France", "status": "COMPLETED", "geoPoint": {"lat": 45.74846, "lon": 4}}


def make_record(nct_id: str, *locations: Any) -> dict[str, Any]:
    return {
        "protocolSection": {
            "identificationModule": {"nctId": nct_id, "briefTitle": "Crohn's disease and Graves’ disease"},
            "contactsLocationsModule": {"locations": list(locations)},
        }
    }


def fill(folder: Path, *records: dict[str, Any]) -> tantivy.Searcher:
    index = WritableIndex(folder, "a library")
    with IndexIntake(index) as feed:
        for seq, record in enumerate(records, 1):
            feed.add(seq, record["protocolSection"]["identificationModule"]["nctId"], [Dated(None, record)])
    index.put_in_place()
    return StudyIndex(folder, "a library").snapshot().searcher


def count_at_one_site(searcher: tantivy.Searcher, *tokens: str) -> int:
    query = Query.phrase_query(get_schema(), "site", [(0, token) for token in tokens])
    return int(searcher.search(query).count or 0)


@pytest.mark.parametrize(
    ("tokens", "count"),
    [
        (("ci=boston", "st==RECRUITING"), 1),
        (("ci=lyon", "st==COMPLETED"), 1),
        (("ci=boston", "st==COMPLETED"), 0),
        (("ci=lyon", "sa!"), 1),
        (("ci=boston", "sa!"), 0),
        (("co=united states", "zi==02115", "fa==children hospital", "cc==us"), 1),
        (("*", "co=states united"), 0),
        (("fa!", "zi!", "pt=45.74846,4.0"), 1),
        (("*", "pt=42.35843,-71.05977"), 1),
    ],
)
def test_what_is_asked_of_one_site_must_all_be_said_of_that_site(
    tmp_path: Path, tokens: tuple[str, ...], count: int
) -> None:
    searcher = fill(tmp_path, make_record("NCT00000001", BOSTON, "no site", LYON), make_record("NCT00000002"))
    assert count_at_one_site(searcher, *tokens) == count


def test_an_empty_site_lacks_everything() -> None:
    assert site_tokens({}) == ["*", "fa!", "ci!", "sa!", "zi!", "co!", "cc!", "st!", "pt!"]


def test_a_site_says_nothing_twice_and_takes_values_of_a_wrong_type_as_they_come() -> None:
    tokens = site_tokens({"city": "Baden Baden", "zip": 123, "state": {"a": 1}, "facility": ["A", None]})
    assert tokens == [
        *("*", "fa=a", "fa==a", "ci=baden", "ci=baden baden", "ci==baden baden"),
        *("zi=123", "zi==123", "co!", "cc!", "st!", "pt!"),
    ]


def test_a_value_too_long_for_the_index_is_still_found_by_its_words() -> None:
    tokens = site_tokens({"facility": "ward " * 20_000})
    assert tokens[1:4] == ["fa=ward", "fa=ward ward", "ci!"]


@pytest.mark.parametrize(
    "point", [None, 7, {"lat": 91, "lon": 0}, {"lat": 1}, {"lat": True, "lon": 1}, {"lat": 1, "lon": -1e300}]
)
def test_what_is_no_place_has_none(point: Any) -> None:
    assert find_point({"geoPoint": point}) is None


def test_each_place_is_listed_once_with_the_studies_that_have_it(tmp_path: Path) -> None:
    unknown = {key: value for key, value in BOSTON.items() if key != "status"}
    searcher = fill(
        tmp_path, make_record("NCT00000001", BOSTON, BOSTON, LYON), make_record("NCT00000002", unknown)
    )
    boston, lyon = point_key(42.35843, -71.05977), point_key(45.74846, 4.0)
    assert searcher.terms_with_prefix("point", "") == [(boston, 2), (lyon, 1)]
    assert searcher.terms_with_prefix("point_status", "") == [
        (f"{boston}|", 1),
        (f"{boston}|RECRUITING", 1),
        (f"{lyon}|COMPLETED", 1),
    ]


@pytest.mark.parametrize("field", ["piece.BriefTitle", "basic"])
def test_a_possessive_ending_does_not_part_the_words_of_a_phrase(tmp_path: Path, field: str) -> None:
    searcher = fill(tmp_path, make_record("NCT00000001"))
    for text in ("Crohn's disease", "crohn disease", "CROHN’S disease and Graves disease"):
        assert searcher.search(Query.phrase_query(get_schema(), field, cut_words(text))).count == 1


def test_an_id_comes_from_its_order_without_the_stored_document(tmp_path: Path) -> None:
    searcher = fill(tmp_path, make_record("NCT00000120"), make_record("NCT120"), make_record("EUCTR2020-1"))
    addresses = [address for _, address in searcher.search(Query.all_query()).hits]
    orders = searcher.fast_field_values("order", addresses)
    assert [find_id(order) for order in orders] == ["NCT00000120", None, None]
    assert len({compute_order(nct_id) for nct_id in ("NCT00000120", "NCT120", "EUCTR2020-1")}) == 3
    assert searcher.doc(addresses[1]).get_first("nct_id") == "NCT120"


def test_minus_zero_names_the_place_that_zero_names() -> None:
    assert point_key(-0.0, 0) == point_key(0, -0.0) == "0.0,0.0"


def test_of_a_giant_record_the_index_holds_the_first_part(tmp_path: Path) -> None:
    sites = [{"city": f"Town{number}"} for number in range(12_000)]
    record = make_record("NCT00000001", *sites)
    section = record["protocolSection"]
    section["descriptionModule"] = {"detailedDescription": "alpha " * 400_000 + "omega"}
    section["conditionsModule"] = {"keywords": [f"key{number}" for number in range(25_000)]}
    searcher = fill(tmp_path, record)

    def holds(field: str, term: str) -> bool:
        return searcher.search(Query.term_query(get_schema(), field, term), 1).count == 1

    assert holds("site", "ci=town9999")
    assert not holds("site", "ci=town10000")
    assert holds("exact.Keyword", "key19999")
    assert not holds("exact.Keyword", "key20000")
    assert holds("piece.DetailedDescription", "alpha")
    assert not holds("piece.DetailedDescription", "omega")
    assert holds("present", "Location#12000")
    assert holds("present", "Keyword#25000")
