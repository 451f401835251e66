"""Does a search tell what the registry's API withholds, and does it keep within its bounds?"""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from starlette.testclient import TestClient

from trialbook.record.pieces import get_pieces, get_values
from trialbook.terms.countries import find_country
from trialbook.web.own_api import counting

OURS = "query.cond=Diabetes&filter.ids=NCT98000001|NCT98000002|NCT98000003|NCT98000004"


def ask(own: TestClient, query: str) -> Any:
    answer = own.get(f"/search?{query}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def name_country(value: str) -> str:
    """A country as it is counted: by the name that the registry writes now."""
    country = find_country(value)
    return country.name if country else value


def test_facets_count_the_studies_by_value(own: TestClient) -> None:
    found = ask(
        own, "limit=100&facets=Phase|OverallStatus,LocationCountry&fields=ProtocolSection&facetSize=99"
    )
    assert list(found["facets"]) == ["Phase", "OverallStatus", "LocationCountry"]
    for name, counts in found["facets"].items():
        expected: Counter[str] = Counter()
        for study in found["studies"]:
            values = get_values(study["study"], get_pieces()[name])
            expected.update({name_country(each) if name == "LocationCountry" else each for each in values})
        assert {each["value"]: each["count"] for each in counts} == expected
        assert [each["count"] for each in counts] == sorted(expected.values(), reverse=True)


def test_fields_that_the_index_does_not_count_are_counted_too(own: TestClient) -> None:
    names = (
        "StartDate",
        "EnrollmentCount",
        "Phase",
        "LocationFacility",
        "MinimumAge",
        "NumArmGroups",
        "Acronym",
    )
    found = ask(own, f"limit=100&facets={'|'.join(names)}&fields=ProtocolSection&facetSize=999")
    assert list(found["facets"]) == list(names)
    for name, counts in found["facets"].items():
        expected: Counter[str] = Counter()
        for study in found["studies"]:
            expected.update({str(value) for value in get_values(study["study"], get_pieces()[name])})
        assert {each["value"]: each["count"] for each in counts} == expected, name
        assert [each["count"] for each in counts] == sorted(expected.values(), reverse=True)


def test_fields_that_the_index_does_not_count_are_read_out_of_few_records_only(
    own: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "MOST_READ", 3)
    assert ask(own, "filter.ids=NCT98000001&facets=StartDate")["facets"]["StartDate"] == [
        {"value": "2021-08", "count": 1}
    ]
    answer = own.get(f"/search?{OURS}&facets=StartDate")
    assert answer.status_code == 400
    assert (
        "Studies can be counted by `StartDate` where a search finds at most 3; this one finds 4"
        in answer.text
    )


def test_counts_that_are_read_out_of_records_are_of_their_day(own: TestClient) -> None:
    query = "filter.ids=NCT98000001&facets=EnrollmentCount|OverallStatus"
    now, then = (ask(own, query + day)["facets"] for day in ("", "&as_of=2024-12-31"))
    assert (now["EnrollmentCount"][0]["value"], then["EnrollmentCount"][0]["value"]) == ("30", "26")
    assert (now["OverallStatus"][0]["value"], then["OverallStatus"][0]["value"]) == (
        "COMPLETED",
        "RECRUITING",
    )


def test_long_values_are_not_listed() -> None:
    bodies = [
        b'{"protocolSection":{"identificationModule":{"briefTitle":"%s"}}}' % (b"a" * n) for n in (500, 501)
    ]
    (counted,) = counting.count_values(bodies, ("BriefTitle",), 9)["BriefTitle"]
    assert (len(counted.value), counted.count) == (500, 1)


def test_a_facet_is_counted_without_its_own_filter_and_says_how_many_state_none(own: TestClient) -> None:
    alone = ask(own, "limit=0&facets=Phase,OverallStatus")
    chosen = ask(own, "limit=0&facets=Phase,OverallStatus,StartYear&phase=PHASE2,NOT_STATED")
    assert chosen["facets"]["Phase"] == alone["facets"]["Phase"]
    assert chosen["notStated"]["Phase"] == alone["notStated"]["Phase"] > 0
    statuses = sum(row["count"] for row in chosen["facets"]["OverallStatus"])
    assert statuses + chosen["notStated"]["OverallStatus"] == chosen["total"] < alone["total"]
    years = {row["value"]: row["count"] for row in chosen["facets"]["StartYear"]}
    assert years
    for year, count in years.items():
        assert ask(own, f"limit=0&phase=PHASE2,NOT_STATED&start_year={year}")["total"] == count


def test_facets_may_be_asked_by_older_names_and_without_studies(own: TestClient) -> None:
    found = ask(own, f"{OURS}&facets=OVERALL-STATUS&facetSize=1&limit=0")
    assert found["facets"] == {"OverallStatus": [{"value": "RECRUITING", "count": 3}]}
    assert (found["total"], found["studies"]) == (4, [])


def test_snippets_are_pieces_of_the_element_that_they_name(own: TestClient) -> None:
    found = ask(
        own,
        "query.cond=heart+attack&limit=100&fields=ProtocolSection|DerivedSection|ResultsSection&snippets=5",
    )
    assert found["total"] > 0
    for study in found["studies"]:
        assert study["snippets"]
        for snippet in study["snippets"]:
            texts = get_values(study["study"], get_pieces()[snippet["field"]])
            text = "".join(fragment["text"] for fragment in snippet["fragments"])
            assert any(text in each for each in texts)
            assert any(fragment["hit"] for fragment in snippet["fragments"])
            assert get_pieces()[snippet["field"]].path == snippet["path"]


def test_what_is_no_text_is_no_markup_either(own: TestClient) -> None:
    found = ask(own, "query.term=alert&filter.ids=NCT98000004&snippets=1")
    (snippet,) = found["studies"][0]["snippets"]
    marked = [fragment["text"] for fragment in snippet["fragments"] if fragment["hit"]]
    assert (snippet["field"], marked) == ("BriefTitle", ["alert"])
    assert snippet["fragments"][0]["text"] == "<script>"


def test_no_snippets_where_none_are_asked(own: TestClient) -> None:
    assert ask(own, f"{OURS}&snippets=0")["studies"][0]["snippets"] == []


def test_synonyms_that_were_searched_for_are_told(own: TestClient) -> None:
    assert "myocardial infarction" in ask(own, "query.cond=heart+attack")["synonyms"]


def test_a_spelling_is_suggested_for_words_that_no_study_has(own: TestClient) -> None:
    found = ask(own, "query.cond=hart+failure&query.term=AREA[BriefTitle]hart")
    assert found["suggestions"]["query.cond"][0] == "heart failure"
    assert list(found["suggestions"]) == ["query.cond"]


def test_a_search_as_of_a_day_finds_what_was_then(own: TestClient) -> None:
    query = "filter.ids=NCT98000001&filter.overallStatus=RECRUITING&fields=EnrollmentCount|OverallStatus"
    assert ask(own, query)["total"] == 0
    found = ask(own, f"{query}&as_of=2024-12-31")
    assert (found["total"], found["asOf"]) == (1, "2024-12-31")
    assert found["studies"][0]["study"]["protocolSection"]["statusModule"] == {"overallStatus": "RECRUITING"}
    assert ask(own, f"{query}&as_of=2024")["asOf"] == "2024-12-31"
    assert ask(own, f"{query}&as_of=2019-01-01")["total"] == 0


def test_windows_join_without_a_gap(own: TestClient) -> None:
    whole = [each["nctId"] for each in ask(own, "query.term=heart&limit=20")["studies"]]
    parts = [
        each["nctId"]
        for offset in range(0, 20, 3)
        for each in ask(own, f"query.term=heart&limit=3&offset={offset}")["studies"]
    ]
    assert len(whole) > 6
    assert parts[: len(whole)] == whole


def test_a_score_is_given_where_relevance_decides(own: TestClient) -> None:
    scores = [each["score"] for each in ask(own, "query.term=heart")["studies"]]
    assert all(isinstance(score, float) for score in scores)
    assert scores == sorted(scores, reverse=True)
    assert ask(own, "query.term=heart&sort=StartDate")["studies"][0]["score"] is None
    assert ask(own, "limit=1")["studies"][0]["score"] is None


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("facets=Nothing", "Parameter 'facets' contains invalid field name: 'Nothing'"),
        ("facets=Location", "Unsupported facet field type: Location"),
        ("facets=LocationGeoPoint", "Unsupported facet field type: GeoPoint"),
        ("facets=" + "|".join(["Phase"] * 2_001), "Parameter `facets` has more than 2000 items"),
        ("facets=" + "a" * 101, "Item 1 in parameter `facets` has incorrect format"),
        ("limit=101", "Parameter `limit` must be between 0 and 100"),
        ("limit=-1", "Parameter `limit` has incorrect format"),
        ("offset=10001", "Parameter `offset` must be between 0 and 10000"),
        ("facetSize=0", "Parameter `facetSize` must be between 1 and 1000"),
        ("snippets=6", "Parameter `snippets` must be between 0 and 5"),
        ("as_of=yesterday", "as_of is no date"),
        ("pageToken=x", "`pageToken` is unknown parameter"),
        ("query.term=(heart", "Other terms"),
        ("fields=Nothing", "Parameter 'fields' contains invalid field name: 'Nothing'"),
    ],
)
def test_what_makes_no_sense_is_declined_in_plain_text(own: TestClient, query: str, message: str) -> None:
    answer = own.get(f"/search?{query}")
    assert (answer.status_code, answer.headers["content-type"]) == (400, "text/plain; charset=utf-8")
    assert message in answer.text


def test_facets_of_too_many_fields_are_declined(own: TestClient) -> None:
    names = [piece.name for piece in get_pieces().values() if piece.kind in ("enum", "boolean")][:51]
    assert own.get("/search?facets=" + "|".join(names[:50])).status_code == 200
    assert "`facets` has more than 50 items" in own.get("/search?facets=" + "|".join(names)).text
