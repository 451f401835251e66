"""A version history yields each version once: the one with text as a record, the others as notices."""

from __future__ import annotations

import gzip
import io
from pathlib import Path
from typing import Any

import msgspec
import pytest

from trialbook.source.incoming import HistoryNotice, Incoming, Rejected
from trialbook.source.version_history import is_history, read_history

VERSIONS = {
    "NCT01874431": (19, "2013-06-07", "2021-06-30"),
    "NCT02540993": (60, "2015-09-02", "2023-07-20"),
    "NCT02545049": (70, "2015-09-07", "2022-04-13"),
    "NCT04435626": (54, "2020-06-15", "2025-08-25"),
    "NCT05254002": (38, "2022-02-23", "2025-03-17"),
    "NCT05901831": (26, "2023-06-05", "2025-10-19"),
}
STUDY: dict[str, Any] = {
    "protocolSection": {
        "identificationModule": {"nctId": "NCT90000001"},
        "statusModule": {"lastUpdateSubmitDate": "2024-02-01"},
    }
}
CHANGES = [
    {"version": 1, "date": "2024-02-01", "status": "COMPLETED", "moduleLabels": ["Study Status"]},
    {
        "version": 0,
        "date": "2023-01-01",
        "status": "RECRUITING",
        "studyType": "OBSERVATIONAL",
        "moduleLabels": [],
    },
]
FIRST = HistoryNotice("NCT90000001", 0, "2023-01-01", "RECRUITING", "OBSERVATIONAL", ())
SECOND = HistoryNotice("NCT90000001", 1, "2024-02-01", "COMPLETED", "", ("Study Status",))


def read(document: Any, place: str = "a.json") -> list[Incoming | HistoryNotice | Rejected]:
    data = document if isinstance(document, bytes) else msgspec.json.encode(document)
    return list(read_history(io.BytesIO(data), place))


@pytest.mark.parametrize("nct_id", sorted(VERSIONS))
def test_real_histories_give_the_study_and_a_notice_for_each_older_version(
    shared_data: Path, nct_id: str
) -> None:
    count, first, last = VERSIONS[nct_id]
    data = gzip.decompress((shared_data / "ctgov" / "history" / f"{nct_id}.history.json.gz").read_bytes())
    *notices, study = read(data, f"{nct_id}.history.json.gz")
    assert isinstance(study, Incoming)
    assert study.body in data  # cut from the file byte for byte
    assert study.original == data
    record = msgspec.json.decode(study.body)
    assert record == msgspec.json.decode(data)["study"]
    assert record["protocolSection"]["statusModule"]["lastUpdateSubmitDate"] == last
    assert all(isinstance(notice, HistoryNotice) and notice.nct_id == nct_id for notice in notices)
    assert [notice.version for notice in notices if isinstance(notice, HistoryNotice)] == list(range(count))
    assert study.number == count - 1
    assert isinstance(notices[0], HistoryNotice)
    assert (notices[0].date, notices[0].overall_status) == (first, "NOT_YET_RECRUITING")
    assert is_history(data[:200])


def test_study_in_a_history_equals_the_same_study_served_alone(shared_data: Path) -> None:
    alone = {}
    with gzip.open(shared_data / "ctgov" / "records.jsonl.gz") as lines:
        for line in lines:
            if any(nct_id.encode() in line[:200] for nct_id in VERSIONS):
                record = msgspec.json.decode(line)
                alone[record["protocolSection"]["identificationModule"]["nctId"]] = record
    assert set(alone) == set(VERSIONS)
    for nct_id, record in alone.items():
        data = gzip.decompress((shared_data / "ctgov" / "history" / f"{nct_id}.history.json.gz").read_bytes())
        study = read(data)[-1]
        assert isinstance(study, Incoming)
        assert msgspec.json.decode(study.body) == record


def test_the_three_shapes_of_the_site() -> None:
    body = msgspec.json.encode(STUDY)
    whole = {"study": STUDY, "topics": {}, "history": {"changes": CHANGES}}
    assert read(whole) == [
        FIRST,
        SECOND,
        Incoming(body=body, place="a.json", format="history", original=msgspec.json.encode(whole), number=1),
    ]
    assert read({"changes": CHANGES}, "histories/NCT90000001.json") == [FIRST, SECOND]
    version = {"studyVersion": 0, "study": STUDY}
    assert read(version) == [
        Incoming(body=body, place="a.json", format="history", original=msgspec.json.encode(version), number=0)
    ]
    heads = [msgspec.json.encode(shape)[:200] for shape in (whole, {"changes": CHANGES}, version)]
    assert all(is_history(head) for head in heads)
    assert not is_history(msgspec.json.encode(STUDY)[:200])
    assert not is_history(msgspec.json.encode({"studies": [STUDY], "changes": "none"})[:200])


def test_text_of_another_day_than_the_newest_change_leaves_all_notices() -> None:
    older = {
        "protocolSection": STUDY["protocolSection"] | {"statusModule": {"lastUpdateSubmitDate": "2023-05-05"}}
    }
    found = read({"study": older, "history": {"changes": CHANGES}})
    assert found[:2] == [FIRST, SECOND]
    assert isinstance(found[2], Incoming)
    assert found[2].number is None


def test_an_array_of_documents_is_read_as_files_of_their_own() -> None:
    documents = [{"studyVersion": number, "study": STUDY} for number in (0, 1)]
    found = read([*documents, {"a": 1}, 7])
    assert is_history(msgspec.json.encode(documents)[:200])
    assert [type(entry).__name__ for entry in found] == ["Incoming", "Incoming", "Rejected", "Rejected"]
    assert [entry.place for entry in found if not isinstance(entry, HistoryNotice)] == [
        "a.json#1",
        "a.json#2",
        "a.json#3",
        "a.json#4",
    ]
    assert [entry.number for entry in found if isinstance(entry, Incoming)] == [0, 1]


def test_one_document_a_line() -> None:
    whole = msgspec.json.encode({"study": STUDY, "history": {"changes": CHANGES}})
    found = read(whole + b"\n\n" + whole + b"\n{broken\n")
    assert [type(entry).__name__ for entry in found] == ["HistoryNotice", "HistoryNotice", "Incoming"] * 2 + [
        "Rejected"
    ]
    assert isinstance(found[-1], Rejected)
    assert (found[-1].place, found[-1].original) == ("a.json:4", b"{broken")


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (b"", "not a version history"),
        (b"\xff\xfe", "not a version history"),
        (b"[" * 100_000, "no array of version histories"),
        (b'{"study": ' * 5_000, "not a version history"),
        ({"history": []}, "history"),
        ({"a": 1}, "no study"),
        ({"study": {"protocolSection": {}}}, "no API v2 record"),
        ({"study": {"protocolSection": {"identificationModule": {"nctId": "X"}}}}, "no NCT id"),
        ({"changes": [{"version": 0, "date": "2020-01-01"}]}, "without the id of its study"),
    ],
)
def test_what_does_not_fit_is_rejected_with_its_bytes(document: Any, reason: str) -> None:
    (rejected,) = read(document)
    assert isinstance(rejected, Rejected)
    assert reason in rejected.reason
    data = document if isinstance(document, bytes) else msgspec.json.encode(document)
    assert rejected.original in data


@pytest.mark.parametrize(
    "change",
    [{"version": "0", "date": "2020-01-01"}, {"date": "2020-01-01"}, {"version": 0, "date": "May 2020"}, 7],
)
def test_a_change_that_does_not_fit_leaves_the_others(change: Any) -> None:
    found = read({"study": STUDY, "history": {"changes": [change, *CHANGES]}})
    assert [type(entry).__name__ for entry in found] == [
        "Rejected",
        "HistoryNotice",
        "HistoryNotice",
        "Incoming",
    ]
    assert isinstance(found[0], Rejected)
    assert found[0].original == msgspec.json.encode(change)
    assert "NCT90000001" in found[0].reason
