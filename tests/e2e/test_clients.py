"""Published clients of the registry, as they come, get from a library what its records hold."""

from __future__ import annotations

import hashlib
import json
from base64 import urlsafe_b64encode
from collections import Counter
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import httpx
import pytest

Record = dict[str, Any]
Records = list[Record]

# What the registry's table writes, from the record, for the columns of one value or a list.
CELLS = {
    "NCT Number": "identificationModule.nctId",
    "Study Title": "identificationModule.briefTitle",
    "Acronym": "identificationModule.acronym",
    "Study Status": "statusModule.overallStatus",
    "Conditions": "conditionsModule.conditions",
    "Sponsor": "sponsorCollaboratorsModule.leadSponsor.name",
    "Sex": "eligibilityModule.sex",
    "Phases": "designModule.phases",
    "Enrollment": "designModule.enrollmentInfo.count",
    "Funder Type": "sponsorCollaboratorsModule.leadSponsor.class",
    "Study Type": "designModule.studyType",
    "Start Date": "statusModule.startDateStruct.date",
    "Last Update Posted": "statusModule.lastUpdatePostDateStruct.date",
}


def take(record: Record, path: str) -> Any:
    """A value of a record's protocol; None where there is none."""
    value: Any = record["protocolSection"]
    for key in path.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    return value


def find_id(record: Record) -> str:
    return str(take(record, CELLS["NCT Number"]))


def write_cell(record: Record, path: str) -> str:
    value = take(record, path)
    text = "|".join(value) if isinstance(value, list) else "" if value is None else str(value)
    return " ".join(text.splitlines())


class TestPytrials:
    """pytrials 1.0.0, its base address changed and nothing else."""

    @pytest.fixture
    def client(self, registry: str, monkeypatch: pytest.MonkeyPatch) -> Any:
        from pytrials.client import ClinicalTrials

        monkeypatch.setattr(ClinicalTrials, "_BASE_URL", registry + "/")
        return ClinicalTrials()

    def test_says_which_api_it_speaks_to(self, client: Any) -> None:
        version, time = client.api_info
        assert version == "2.0.5"
        assert len(time) == len("2026-01-31T00:00:00")

    @pytest.mark.parametrize("words", ["heart+failure", "heart failure", "AREA[Phase](NA OR PHASE3)"])
    def test_full_studies_as_json_are_the_records(
        self, client: Any, registry_records: Records, words: str
    ) -> None:
        by_id = {find_id(record): record for record in registry_records}
        answer = client.get_full_studies(search_expr=words, max_studies=9, fmt="json")
        assert len(answer["studies"]) == 9
        for study in answer["studies"]:
            assert plain(study) == plain(by_id[find_id(study)])

    def test_the_table_has_every_column_and_each_study_in_a_row(
        self, client: Any, registry_records: Records
    ) -> None:
        by_id = {find_id(record): record for record in registry_records}
        header, *rows = client.get_full_studies(search_expr="heart failure", max_studies=1000)
        assert header == client.study_fields["csv"]
        assert len(rows) >= 12
        assert len({row[0] for row in rows}) == len(rows)
        for row in rows:
            found = dict(zip(header, row, strict=True))
            record = by_id[found["NCT Number"]]
            assert {name: found[name] for name in CELLS} == {
                name: write_cell(record, path) for name, path in CELLS.items()
            }

    def test_chosen_columns(self, client: Any, registry_records: Records) -> None:
        names = ["NCT Number", "Study Title", "Phases"]
        header, *rows = client.get_study_fields(
            search_expr="AREA[StudyType]INTERVENTIONAL", fields=names, max_studies=1000
        )
        assert header == names
        expected = [
            [write_cell(record, CELLS[name]) for name in names]
            for record in registry_records
            if take(record, CELLS["Study Type"]) == "INTERVENTIONAL"
        ]
        assert sorted(rows) == sorted(expected)

    def test_every_json_field_that_it_knows(self, client: Any) -> None:
        for name in dict.fromkeys(client.study_fields["json"]):
            answer = client.get_study_fields(search_expr="ALL", fields=[name], max_studies=2, fmt="json")
            assert len(answer["studies"]) == 2, name

    def test_chosen_json_fields(self, client: Any, registry_records: Records) -> None:
        names = ["NCTId", "Condition", "BriefTitle"]
        answer = client.get_study_fields(search_expr="ALL", fields=names, max_studies=1000, fmt="json")
        found = {find_id(study): study["protocolSection"] for study in answer["studies"]}
        assert set(found) == {find_id(record) for record in registry_records}
        for record in registry_records:
            shown = found[find_id(record)]
            assert shown["identificationModule"] == plain(
                {
                    key: record["protocolSection"]["identificationModule"][key]
                    for key in ("nctId", "briefTitle")
                }
            )
            assert plain(shown.get("conditionsModule", {}).get("conditions")) == plain(
                take(record, CELLS["Conditions"])
            )


def plain(value: Any) -> Any:
    """A value without what `markupFormat=legacy` changes: escapes and the kind of line ends."""
    text = json.dumps(value, ensure_ascii=False)
    return json.loads(text.replace("\\r\\n", "\\n").replace("\\\\", ""))


class TestCtgforge:
    """ctgforge 0.2.5 over both of its transports."""

    @pytest.fixture(params=["httpx", "requests"])
    def client(self, request: pytest.FixtureRequest, registry: str) -> Iterator[Any]:
        import ctgforge

        if request.param == "httpx":
            from ctgforge.client.httpx_client import CTGHttpxClient as Transport

            transport = Transport(client=httpx.Client(base_url=registry, timeout=60, follow_redirects=True))
        else:
            from ctgforge.client.requests_client import CTGRequestsClient as Transport

            transport = Transport()
            transport.BASE_URL = registry
        client = ctgforge.CTG(client=transport)
        yield client
        transport._client.close()

    def test_counts(self, client: Any, registry_records: Records) -> None:
        from ctgforge.query.fields import F

        def count(path: str, *values: str) -> int:
            return sum(
                any(value in (found if isinstance(found, list) else [found]) for value in values)
                for found in (take(record, CELLS[path]) for record in registry_records)
            )

        assert client.count() == len(registry_records)
        assert client.count(F.phase.eq("PHASE3")) == count("Phases", "PHASE3") > 0
        assert client.count(F.phase.in_(["PHASE2", "NA"])) == count("Phases", "PHASE2", "NA")
        assert client.count(F.status.eq("COMPLETED")) == count("Study Status", "COMPLETED")
        statuses = ["RECRUITING", "NOT_YET_RECRUITING"]
        assert client.count(F.status.in_(statuses)) == count("Study Status", *statuses)

    def test_parts_are_joined_as_they_are_written(self, client: Any, registry_records: Records) -> None:
        from ctgforge.query.fields import F

        everything = {find_id(record) for record in registry_records}

        def ask(expression: Any) -> set[str]:
            return {find_id(study) for study in client.search(expression, fields=["NCTId"], limit=1000)}

        failing = ask(F.condition.eq("heart failure"))
        named = {
            find_id(record)
            for record in registry_records
            if "heart failure" in json.dumps(take(record, CELLS["Conditions"]) or []).lower()
        }
        assert named
        assert named <= failing < everything
        iron = ask(F.condition.eq("iron deficiency"))
        assert ask(F.condition.in_(["heart failure", "iron deficiency"])) == failing | iron
        assert ask(F.condition.eq("heart failure") | F.condition.eq("iron deficiency")) == failing | iron
        assert ask(F.condition.eq("heart failure") & F.condition.eq("iron deficiency")) == failing & iron
        assert ask(~F.condition.eq("heart failure")) == everything - failing
        assert ask(F.condition.contains("heart failure")) >= failing
        third = {
            find_id(record) for record in registry_records if take(record, CELLS["Phases"]) == ["PHASE3"]
        }
        both = F.condition.eq("heart failure") & F.phase.eq("PHASE3")
        assert ask(both) & third == failing & third
        assert ask(F.sponsor.eq("Kestrel Bio")) >= {
            find_id(record) for record in registry_records if take(record, CELLS["Sponsor"]) == "Kestrel Bio"
        }

    def test_all_pages_newest_first(self, client: Any, registry_records: Records) -> None:
        studies = list(client.search(limit=1000))
        assert len(studies) == len(registry_records) > 200
        by_id = {find_id(record): record for record in registry_records}
        assert {find_id(study) for study in studies} == set(by_id)
        assert all(study == by_id[find_id(study)] for study in studies)
        days = [take(study, CELLS["Last Update Posted"]) or "" for study in studies]
        assert days == sorted(days, reverse=True)

    def test_a_window(self, client: Any) -> None:
        ids = [find_id(study) for study in client.search(limit=130)]
        assert [find_id(study) for study in client.search(offset=95, limit=20)] == ids[95:115]

    def test_one_study(self, client: Any, registry_records: Records) -> None:
        for record in registry_records[::50]:
            assert client.get(find_id(record)) == record

    def test_what_it_makes_of_studies(self, client: Any, registry_records: Records) -> None:
        from ctgforge.export import to_dataframe
        from ctgforge.flatten import flatten_core

        studies = [
            study
            for study in client.search(limit=1000)
            if (take(study, "designModule.studyType") and take(study, "descriptionModule.briefSummary"))
        ]
        assert len(studies) > 200
        table = to_dataframe([flatten_core(study) for study in studies])
        kept = {find_id(study) for study in studies}
        expected = Counter(
            take(record, CELLS["Sponsor"]) for record in registry_records if find_id(record) in kept
        )
        assert Counter(table["lead_sponsor"]) == expected

    def test_a_refusal_is_told_in_the_registrys_words(self, client: Any) -> None:
        from ctgforge.client.ctg_client import CTGTransportError
        from ctgforge.query.fields import F

        with pytest.raises(CTGTransportError, match="400") as refused:
            client.count(F.phase.eq("PHASE9"))
        assert "Allowed values for enum field" in str(refused.value)
        with pytest.raises(CTGTransportError, match="404"):
            client.get("NCT00000001")


@pytest.mark.parametrize(("name", "version"), [("pytrials", "1.0.0"), ("ctgforge", "0.2.5")])
def test_the_client_is_the_one_that_was_published(name: str, version: str) -> None:
    assert metadata.version(name) == version
    checked = [file for file in metadata.files(name) or () if file.hash is not None]
    assert checked
    for file in checked:
        found = hashlib.new(file.hash.mode, Path(str(file.locate())).read_bytes()).digest()
        assert urlsafe_b64encode(found).decode().rstrip("=") == file.hash.value, file


def test_csv_is_read_by_pandas_as_it_comes(registry: str, registry_records: Records) -> None:
    import pandas

    ask = "format=csv&pageSize=1000&fields=NCT Number,Enrollment&query.term=AREA[EnrollmentCount]RANGE[100, MAX]"
    table = pandas.read_csv(f"{registry}/studies?{ask}".replace(" ", "%20"))
    expected = {
        find_id(record): count
        for record in registry_records
        if (count := take(record, CELLS["Enrollment"])) is not None and count >= 100
    }
    assert dict(zip(table["NCT Number"], table["Enrollment"], strict=True)) == expected
