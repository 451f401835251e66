"""What other clients of the registry send and how they read the answers, in stand-ins written for this test."""

from __future__ import annotations

import http.client
import json
import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlsplit

import pytest

Record = dict[str, Any]
Records = list[Record]

TAIL = 40  # bytes of a page in which the R client looks for the next token


def get(address: str, **headers: str) -> http.client.HTTPResponse:
    """An answer by its address as it stands, with nothing escaped that is not escaped already."""
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.netloc, timeout=60)
    connection.putrequest("GET", parts.path + ("?" + parts.query if parts.query else ""))
    for name, value in headers.items():
        connection.putheader(name.replace("_", "-"), value)
    connection.endheaders()
    return connection.getresponse()


def read_json(address: str) -> Any:
    answer = get(address)
    body = answer.read()
    assert answer.status == 200, body
    assert answer.headers["content-type"] == "application/json"
    return json.loads(body)


def protocol(record: Record) -> Any:
    return record["protocolSection"]


def find_id(record: Record) -> str:
    return str(protocol(record)["identificationModule"]["nctId"])


def find_locations(record: Record) -> Records:
    found: Records = protocol(record).get("contactsLocationsModule", {}).get("locations", [])
    return found


class TestReadingTheEndOfAPage:
    """An R client asks for the total, then takes each page's token from its last 40 bytes, unescaped."""

    @pytest.fixture
    def walk(self, registry: str) -> Any:
        def walk(query: str, size: int = 100) -> Iterator[str]:
            first = get(f"{registry}/studies?format=json&countTotal=true&pageSize=1&{query}").read()
            total = re.search(rb'"totalCount":([0-9]+)', first)
            assert total is not None, first
            seen, token = 0, ""
            while True:
                page = get(f"{registry}/studies?format=json&pageSize={size}&{query}{token}").read()
                for study in json.loads(page)["studies"]:
                    seen += 1
                    yield find_id(study)
                following = re.search(rb'"nextPageToken":"(.+?)"', page[-TAIL:])
                if following is None:
                    break
                token = "&pageToken=" + following[1].decode()
            assert seen == int(total[1])

        return walk

    @pytest.mark.parametrize(
        ("query", "size"),
        [
            ("", 40),
            ("query.cond=heart%20failure", 3),
            ("sort=LastUpdatePostDate", 40),
            ("query.term=heart&sort=@relevance,StartDate:desc", 3),
            ("filter.geo=distance(42.36,-71.06,400mi)", 3),
            ("aggFilters=phase:2%203,status:com", 3),
        ],
    )
    def test_every_page_is_found_and_every_study_met_once(self, walk: Any, query: str, size: int) -> None:
        found = list(walk(query, size))
        assert len(found) > size
        assert len(found) == len(set(found))

    def test_places_joined_by_a_comma(self, walk: Any, registry_records: Records) -> None:
        query = "query.locn=AREA[LocationCountry]Germany,AREA[LocationCity]Berlin"
        expected = {
            find_id(record)
            for record in registry_records
            if {"Germany"} <= {site.get("country") for site in find_locations(record)}
            and any("Berlin" in re.findall(r"\w+", site.get("city", "")) for site in find_locations(record))
        }
        assert set(walk(query)) == expected != set()

    @pytest.mark.parametrize(
        ("query", "field", "low", "high"),
        [
            ("AREA[StartDate]RANGE[2018-01-01,MAX]", "startDateStruct", "2018", "9999"),
            ("AREA[LastUpdatePostDate]RANGE[MIN,2019-12-31]", "lastUpdatePostDateStruct", "0", "2019-12-31"),
        ],
    )
    def test_dates_from_and_to(
        self, walk: Any, registry_records: Records, query: str, field: str, low: str, high: str
    ) -> None:
        days = {
            find_id(record): protocol(record).get("statusModule", {}).get(field, {}).get("date", "")
            for record in registry_records
        }
        found = set(walk("filter.advanced=" + query))
        assert found == {nct_id for nct_id, day in days.items() if day and low <= day <= high}
        assert found

    def test_ages_in_short_units(self, walk: Any, registry_records: Records) -> None:
        ages = [
            (find_id(record), protocol(record).get("eligibilityModule", {}).get("minimumAge", ""))
            for record in registry_records
        ]
        expected = {
            nct_id
            for nct_id, age in ages
            if (found := re.fullmatch(r"(\d+) Years?", age)) and int(found[1]) >= 18
        }
        assert set(walk("filter.advanced=AREA[MinimumAge]RANGE[18y,%20MAX]")) == expected != set()

    def test_versions_are_read_beside_the_api(self, registry: str, registry_records: Records) -> None:
        address = registry.removesuffix("v2") + f"int/studies/{find_id(registry_records[0])}"
        changes = read_json(f"{address}/history")["changes"]
        assert [change["version"] for change in changes] == [0]
        version = read_json(f"{address}/history/0")
        assert (version["studyVersion"], version["study"]) == (0, registry_records[0])


class TestBarsBetweenItems:
    """A server for agents joins all lists by bars, counts on JSON, and knows errors by their words."""

    GUARD = "AREA[EnrollmentCount]RANGE[0,%2099999998]"

    def test_lists(self, registry: str, registry_records: Records) -> None:
        ids = [find_id(record) for record in registry_records[::40]]
        page = read_json(
            f"{registry}/studies?filter.ids={'|'.join(ids)}&fields=NCTId|BriefTitle|OverallStatus&pageSize=100"
        )
        shown = {find_id(study): study for study in page["studies"]}
        assert set(shown) == set(ids)
        for record in registry_records[::40]:
            study = protocol(shown[find_id(record)])
            assert set(study) == {"identificationModule", "statusModule"}
            status = protocol(record)["statusModule"].get("overallStatus")
            assert study["statusModule"].get("overallStatus") == status

    def test_a_guard_joined_to_every_filter(self, registry: str, registry_records: Records) -> None:
        counts = {
            find_id(record): protocol(record).get("designModule", {}).get("enrollmentInfo", {}).get("count")
            for record in registry_records
        }
        known = {nct_id for nct_id, count in counts.items() if count is not None and count <= 99_999_998}
        done = {
            find_id(record)
            for record in registry_records
            if protocol(record)["statusModule"].get("overallStatus") == "COMPLETED"
        }
        for query, expected in (
            (self.GUARD, known),
            (f"(AREA[OverallStatus]COMPLETED)%20AND%20({self.GUARD})", known & done),
        ):
            page = read_json(f"{registry}/studies?filter.advanced={query}&fields=NCTId&pageSize=1000")
            assert {find_id(study) for study in page["studies"]} == expected != set()

    def test_the_tree_of_fields_by_piece(self, registry: str) -> None:
        waiting, pieces = read_json(f"{registry}/studies/metadata?includeIndexedOnly=true"), set()
        while waiting:
            node = waiting.pop()
            pieces.add(node["piece"])
            waiting += node.get("children", [])
        assert {"NCTId", "Phase", "LocationGeoPoint", "NumArmGroups"} <= pieces

    def test_values_of_two_fields(self, registry: str, registry_records: Records) -> None:
        phases, ages = read_json(f"{registry}/stats/field/values?fields=Phase|StdAge")
        assert (phases["piece"], ages["piece"]) == ("Phase", "StdAge")
        for value in phases["topValues"]:
            assert value["studiesCount"] == sum(
                value["value"] in protocol(record).get("designModule", {}).get("phases", [])
                for record in registry_records
            )

    @pytest.mark.parametrize(
        ("path", "status", "words"),
        [
            ("studies/NCT00000001", 404, "NCT number NCT00000001 not found"),
            ("studies/XYZ", 400, "incorrect format"),
            (
                "studies?filter.overallStatus=BOGUS",
                400,
                "Invalid value in parameter `overallStatus`: `BOGUS`",
            ),
            ("studies?fields=Bogus", 400, "contains invalid field name"),
            ("studies?sort=StartDate:up", 400, "incorrect format"),
            (
                "studies?query.term=AREA[X]y",
                400,
                "Error parsing query in Other terms: Unknown area name: `X`",
            ),
            (
                "studies?filter.advanced=AREA[Phase]9",
                400,
                "Error parsing query in advanced filter: Allowed values",
            ),
            ("studies?query.cond=(a", 400, "Error parsing query in Conditions or disease: missing ')' at"),
            ("studies?query.intr=a%20OR", 400, "Intervention / treatment: no viable alternative at input"),
            ("stats/field/values?fields=Bogus", 404, "Unknown piece name of field path: Bogus"),
            ("stats/size?cond=x", 400, "`cond` is unknown parameter"),
            ("nothing/here", 404, ""),
        ],
    )
    def test_errors_are_words_and_never_a_page(
        self, registry: str, path: str, status: int, words: str
    ) -> None:
        answer = get(f"{registry}/{path}")
        assert answer.status == status
        assert answer.headers["content-type"].startswith("text/plain")
        assert words in answer.read().decode()


class TestScripts:
    """What people write by hand."""

    def test_parameters_without_a_value_are_as_good_as_none(self, registry: str) -> None:
        empty = "query.cond=&query.term=&filter.overallStatus=&filter.ids=&sort=&fields=&pageToken=&format="
        assert read_json(f"{registry}/studies?{empty}&pageSize=") == read_json(f"{registry}/studies")

    def test_older_addresses_of_the_statistics(self, registry: str) -> None:
        for old, new in (
            ("stats/fieldValues", "stats/field/values"),
            ("stats/fieldSizes", "stats/field/sizes"),
        ):
            assert read_json(f"{registry}/{old}?fields=Phase") == read_json(f"{registry}/{new}?fields=Phase")

    def test_brackets_bars_and_quotes_need_no_escapes(self, registry: str) -> None:
        raw = 'query.term=AREA[Phase](PHASE2+OR+PHASE3)+AND+"heart+failure"&fields=NCTId|Phase'
        escaped = "&".join(
            f"{name}={quote(value.replace('+', ' '))}"
            for name, value in (item.split("=") for item in raw.split("&"))
        )
        assert read_json(f"{registry}/studies?{raw}") == read_json(f"{registry}/studies?{escaped}")

    def test_whole_sections_and_modules(self, registry: str, registry_records: Records) -> None:
        paths = "protocolSection.identificationModule.nctId,hasResults,resultsSection.adverseEventsModule"
        page = read_json(f"{registry}/studies?fields={paths}&pageSize=1000")
        shown = {find_id(study): study for study in page["studies"]}
        for record in registry_records:
            study = shown[find_id(record)]
            assert study.get("hasResults") == record.get("hasResults")
            events = record.get("resultsSection", {}).get("adverseEventsModule", {})
            assert study.get("resultsSection", {}).get("adverseEventsModule", {}) == events

    def test_a_thousand_ids_in_one_address(self, registry: str, registry_records: Records) -> None:
        ids = {find_id(record) for record in registry_records}
        asked = [*ids, *(f"NCT8{number:07d}" for number in range(1_000 - len(ids)))]
        page = read_json(f"{registry}/studies?filter.ids={','.join(asked)}&fields=NCTId&pageSize=1000")
        assert {find_id(study) for study in page["studies"]} == ids

    def test_a_record_is_asked_for_again_only_when_it_changed(self, registry: str) -> None:
        address = f"{registry}/studies/NCT90000001"
        first = get(address)
        assert first.read()
        again = get(address, If_None_Match=first.headers["etag"])
        assert (again.status, again.read()) == (304, b"")
        assert get(address, If_None_Match='"another"').status == 200

    def test_a_redirect_is_followed_and_a_refusal_raised(self, registry: str) -> None:
        with urllib.request.urlopen(f"{registry}/studies/nct090000001", timeout=60) as answer:
            assert find_id(json.load(answer)) == "NCT90000001"
        with pytest.raises(urllib.error.HTTPError, match="400"):
            urllib.request.urlopen(f"{registry}/studies?nonsense=1", timeout=60)
