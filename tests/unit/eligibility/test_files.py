"""A file is looked into, never judged by its name; what cannot be read is refused in a sentence."""

from __future__ import annotations

import json
import os
import tracemalloc
import zipfile
from datetime import date
from pathlib import Path

import pytest

from trialbook.eligibility.readers import files
from trialbook.eligibility.readers.files import read_patient_bytes, read_patients
from trialbook.errors import QueryError, SourceFormatError, SourceReadError, TrialbookError
from trialbook.terms import get_thesaurus

DAY = date(2026, 11, 29)
PATIENT = {"resourceType": "Patient", "id": "p", "gender": "female", "birthDate": "1970-05-20"}
GOUT = {"resourceType": "Condition", "code": {"text": "gout"}, "subject": {"reference": "Patient/p"}}
BUNDLE = {"resourceType": "Bundle", "entry": [{"resource": PATIENT}, {"resource": GOUT}]}


def read(data: bytes) -> list[list[str]]:
    persons = read_patient_bytes(data, DAY, get_thesaurus())
    return [[one.describe() for one in each.facts] for each in persons]


@pytest.mark.parametrize(
    "data",
    [
        json.dumps(BUNDLE).encode(),
        b"\xef\xbb\xbf" + json.dumps(BUNDLE).encode(),
        json.dumps([PATIENT, GOUT]).encode(),
        f"{json.dumps(PATIENT)}\n{json.dumps(GOUT)}\n".encode(),
    ],
)
def test_fhir_is_a_bundle_a_list_or_lines(data: bytes) -> None:
    assert read(data) == [["female", "gout, 2026-11-29 or earlier"]] or read(data) == [
        ["female", "gout, since 2026-11-29 or earlier"]
    ]


def test_other_json_is_plain_values_and_a_header_makes_a_csv() -> None:
    assert read(b'{"sex": "F", "gout": true}') == [["female", "gout"]]
    assert read(b"person_id,sex,gout\n1,F,yes\n") == [["female", "gout"]]


def test_the_rest_is_a_note() -> None:
    (person,) = read_patient_bytes(
        b"A 58-year-old woman with type 2 diabetes on metformin. Denies chest pain. No history of stroke. "
        b"Her mother had breast cancer.",
        DAY,
        get_thesaurus(),
    )
    told = {each.concept.words: each for each in person.facts}
    assert person.sex == "female"
    assert (person.birth.first, person.birth.last) == (date(1967, 11, 30), date(1968, 11, 29))  # type: ignore[union-attr]
    assert told["type 2 diabetes"].is_ongoing
    assert told["metformin"].concept.domain == "drug"
    assert (told["chest pain"].denied, told["chest pain"].start is None) == (True, False)
    assert (told["stroke"].denied, told["stroke"].start) == (True, None)
    assert told["breast cancer"].status == "family"
    assert told["metformin"].source.where == "characters 44 to 53"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "says nothing"),
        (b"{", "no JSON"),
        (b'{"a": 1}\n{"b": }\n', "no JSON, and no JSON a line"),
        (b"[" * 100_000, "JSON"),
        (b"\xff\xfe\0", "UTF-8"),
        (b'{"resourceType": "Bundle"}', "without a Patient"),
    ],
)
def test_what_cannot_be_read_is_refused_in_a_sentence(data: bytes, said: str) -> None:
    with pytest.raises(TrialbookError, match=said) as caught:
        read(data)
    assert isinstance(caught.value, SourceFormatError | QueryError)


def test_a_folder_and_an_archive_are_read_file_by_file(tmp_path: Path) -> None:
    folder = tmp_path / "patients"
    folder.mkdir()
    hospital = {"resourceType": "Bundle", "entry": [{"resource": {"resourceType": "Organization"}}]}
    for name, told in (("a", BUNDLE), ("b", {"sex": "M"}), ("hospital", hospital)):
        (folder / f"{name}.json").write_text(json.dumps(told))
    with zipfile.ZipFile(tmp_path / "patients.zip", "w") as archive:
        for each in sorted(folder.iterdir()):
            archive.write(each, each.name)
    assert [each.sex for each in read_patients(folder, DAY)] == ["female", "male"]
    assert [each.sex for each in read_patients(tmp_path / "patients.zip", DAY)] == ["female", "male"]


def test_a_file_that_is_not_there_or_too_large_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(SourceReadError, match="no such file"):
        list(read_patients(tmp_path / "none.json", DAY))
    with pytest.raises(SourceReadError, match="neither a file nor a folder"):
        list(read_patients(Path(os.devnull), DAY))
    with pytest.raises(SourceReadError, match="no files"):
        list(read_patients(tmp_path, DAY))
    monkeypatch.setattr(files, "MOST_BYTES", 1024 * 1024)
    large = tmp_path / "large.json"
    large.write_bytes(b" " * (1024 * 1024 + 1))
    with pytest.raises(SourceReadError, match="more than 1 MB"):
        list(read_patients(large, DAY))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b'{"age": 52, "x": [' + b"[]," * 2_000_000 + b"[]]}", "more than 128.0 MiB of memory"),
        (
            b'{"resourceType": "Bundle", "entry": [{"resource": {"resourceType": "Patient", "x": ['
            + b"{}," * 1_000_000
            + b"{}]}}]}",
            "more than 128.0 MiB of memory",
        ),
        (
            json.dumps(
                {"resourceType": "Bundle", "entry": [{"resource": PATIENT}, *[{"resource": GOUT}] * 100_001]}
            ).encode(),
            "more than 100,000 facts of one person",
        ),
        (b"name,value\n" + b"gout,yes\n" * 100_001, "more than 100,000 facts of one person"),
        (b"sex," + b",".join(b"c%d" % n for n in range(10_000)) + b"\nF\n", "more than 10,000 columns"),
        (json.dumps({f"k{n}": 1 for n in range(100_001)}).encode(), "more than 100,000 facts of one person"),
        (json.dumps({"labs": [{}] * 100_001}).encode(), "more than 100,000 facts of one person"),
        (b'name,value\ngout,"' + b"a\n" * 100_000, "no CSV that can be read"),
    ],
    ids=["values", "resource", "facts", "rows", "columns", "keys", "list", "quote"],
)
def test_what_no_person_s_record_comes_near_is_refused(data: bytes, said: str) -> None:
    with pytest.raises(SourceFormatError, match=said):
        read(data)


def test_a_resource_is_decoded_when_it_is_read_and_not_before() -> None:
    claim = {"resourceType": "Claim", "item": [{"sequence": number} for number in range(1_000)]}
    bundle = {"resourceType": "Bundle", "entry": [{"resource": PATIENT}, *[{"resource": claim}] * 200]}
    data = json.dumps(bundle).encode()
    tracemalloc.start()
    (person,) = read_patient_bytes(data, DAY)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert person.unread == ("Claim: 200",)
    assert peak < 4 * len(data)
