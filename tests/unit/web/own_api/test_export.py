"""Does an export hold every study once, in bounded memory, in the form that was asked for?"""

from __future__ import annotations

import builtins
import csv
import io
import json
import re
import sys
import tracemalloc
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from tests.library import open_engine
from tests.unit.web.own_api.conftest import make_version, write_records

from trialbook.errors import UsageError
from trialbook.export import forms
from trialbook.export import parquet as parquet_table
from trialbook.export.csv_table import COLUMNS, LINE_ENDS
from trialbook.export.parquet import write_parquet
from trialbook.library import export as bulk
from trialbook.library.build import import_paths
from trialbook.library.export import Export, write_file
from trialbook.search.engine.engine import SearchRequest
from trialbook.store import Store
from trialbook.web import exports


def _write(export: Export, bodies: Iterator[bytes]) -> Iterator[bytes]:
    return forms.write_records(bodies, export.wanted)


def read_rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_json_lines_hold_every_record_as_it_was_received(own: TestClient, own_home: Path) -> None:
    answer = own.get("/export")
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert answer.headers["content-disposition"] == 'attachment; filename="studies.jsonl"'
    with Store(own_home) as store:
        held = [json.loads(body) for _, body in store.iter_current()]
    assert [json.loads(line) for line in answer.text.splitlines()] == held
    assert len(held) > 70


def test_a_head_does_not_walk(own: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "iter_found", None)
    answer = own.head("/export?format=csv")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert own.head("/export?format=x").status_code == 400


def test_a_walk_in_small_steps_gives_the_same(own: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = own.get("/export?query.cond=heart").content
    monkeypatch.setattr(bulk, "STUDIES_AT_ONCE", 2)
    assert own.get("/export?query.cond=heart").content == whole
    assert whole.count(b"\n") > 5


def test_a_walk_during_an_import_gives_each_study_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "STUDIES_AT_ONCE", 2)
    home = tmp_path / "library"
    first = [make_version(f"NCT9800000{number}", "2024-05-01") for number in range(1, 9)]
    import_paths(home, [write_records(tmp_path / "first.jsonl", first)])
    with Store(home) as store:
        bodies = bulk.iter_found(
            open_engine(home), SearchRequest(), lambda nct_id, _: store.find_body(nct_id)
        )
        seen = [next(bodies) for _ in range(3)]
        changed = [make_version(f"NCT9800000{number}", "2025-05-01", count=7) for number in (1, 4, 8, 9)]
        import_paths(home, [write_records(tmp_path / "second.jsonl", changed)])
        seen += list(bodies)
    ids = [json.loads(body)["protocolSection"]["identificationModule"]["nctId"] for body in seen]
    assert ids[:8] == [f"NCT9800000{number}" for number in range(1, 9)]
    assert ids[8:] in ([], ["NCT98000009"])


def test_an_export_finds_what_a_search_finds(own: TestClient) -> None:
    query = "query.cond=heart&filter.overallStatus=RECRUITING|COMPLETED"
    found = own.get(f"/search?{query}&limit=100").json()
    rows = read_rows(own.get(f"/export?{query}&format=csv").text)
    assert {row["NCT Number"] for row in rows} == {each["nctId"] for each in found["studies"]}
    assert len(rows) == found["total"] > 3


def test_csv_is_the_table_of_the_registrys_api(own: TestClient, site: TestClient) -> None:
    ours = own.get("/export?format=csv").text
    theirs = site.get("/api/v2/studies?format=csv&pageSize=1000").text
    assert ours == theirs


def test_fields_cut_records_and_choose_columns(own: TestClient) -> None:
    line = own.get("/export?fields=NCTId&filter.ids=NCT98000001").json()
    assert line == {"protocolSection": {"identificationModule": {"nctId": "NCT98000001"}}}
    text = own.get("/export?format=csv&fields=Acronym|NCT+Number&filter.ids=NCT98000001").text
    assert text == "NCT Number,Acronym\nNCT98000001,SWEET\n"


def test_an_export_as_of_a_day(own: TestClient) -> None:
    query = "format=csv&fields=NCT+Number|Study+Status|Enrollment&filter.ids=NCT98000001|NCT98000002"
    assert own.get(f"/export?{query}&as_of=2024-12-31").text.splitlines()[1:] == [
        "NCT98000001,RECRUITING,26",
        "NCT98000002,RECRUITING,26",
    ]
    assert own.get(f"/export?{query}&as_of=2021-01-01").text.splitlines()[1:] == ["NCT98000002,RECRUITING,99"]


def test_nothing_found_is_an_empty_table(own: TestClient) -> None:
    nothing = "filter.ids=NCT00000404"
    assert own.get(f"/export?{nothing}").content == b""
    assert own.get(f"/export?{nothing}&format=csv&fields=Age").text == "Age\n"


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("format=xml", "Invalid value in parameter `format`: `xml`"),
        ("format=csv&fields=NCTId", "Parameter 'fields' contains invalid CSV column name: 'NCTId'"),
        ("sort=StartDate", "`sort` is unknown parameter"),
        ("query.cond=(", "Conditions or disease"),
        ("as_of=x", "as_of is no date"),
    ],
)
def test_what_makes_no_sense_is_declined_before_anything_leaves(
    own: TestClient, query: str, message: str
) -> None:
    answer = own.get(f"/export?{query}")
    assert (answer.status_code, answer.headers["content-type"]) == (400, "text/plain; charset=utf-8")
    assert message in answer.text


def test_parquet_holds_the_same_table_with_types(own: TestClient) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="Parquet needs the extra `parquet`")
    answer = own.get("/export?format=parquet")
    assert answer.headers["content-type"] == "application/vnd.apache.parquet"
    table = parquet.read_table(io.BytesIO(answer.content))
    assert [name for name in table.column_names if not name.endswith(" Given")] == list(COLUMNS)
    types = {field.name: str(field.type) for field in table.schema}
    assert types["Enrollment"] == "int64"
    assert types["Start Date"] == types["First Posted"] == "date32[day]"
    assert types["Conditions"] == "list<element: string>"
    assert types["Interventions"] == "list<element: struct<type: string, name: string>>"
    assert types["Study Results"] == "bool"
    rows = read_rows(own.get("/export?format=csv").text)
    assert [_write_as_text(row) for row in table.to_pylist()] == rows
    assert None in table.column("Acronym").to_pylist()


def _write_as_text(row: dict[str, Any]) -> dict[str, str]:
    """A typed row as the CSV table has it."""
    written = {}
    for name in COLUMNS:
        value = row.get(f"{name} Given", row[name])
        if name == "Study Results":
            value = "YES" if value else "NO"
        elif isinstance(value, list):
            between = ", " if name == "Age" else "|"
            within = ": " if name == "Interventions" else ", "
            items = [within.join(filter(None, v.values())) if isinstance(v, dict) else v for v in value]
            value = between.join(items)
        written[name] = LINE_ENDS.sub(" ", "" if value is None else str(value))
    return written


def test_a_date_without_a_day_stands_beside_what_the_record_says() -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="Parquet needs the extra `parquet`")
    dates = ["2021-08", "2021", "2021-08-16", "2021-13", None]
    records = [{"protocolSection": {"statusModule": {"startDateStruct": {"date": each}}}} for each in dates]
    written = b"".join(write_parquet(records, ["Start Date", "Start Date Given"]))
    days, given = (column.to_pylist() for column in parquet.read_table(io.BytesIO(written)).columns)
    assert [None if day is None else day.isoformat() for day in days] == [
        "2021-08-01",
        "2021-01-01",
        "2021-08-16",
        None,
        None,
    ]
    assert given == dates


def test_a_number_that_is_none_becomes_null() -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="Parquet needs the extra `parquet`")
    counts: list[Any] = [5, 10**30, -1, "many", None]
    records = [{"protocolSection": {"designModule": {"enrollmentInfo": {"count": each}}}} for each in counts]
    written = b"".join(write_parquet(records, ["Enrollment"]))
    assert parquet.read_table(io.BytesIO(written)).column(0).to_pylist() == [5, None, None, None, None]


def test_without_its_package_parquet_says_what_to_install(
    own: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = builtins.__import__

    def refuse(name: str, *rest: Any) -> Any:
        if name.startswith("pyarrow"):
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", refuse)
    answer = own.get("/export?format=parquet")
    assert answer.status_code == 501
    assert "pip install pyarrow" in answer.text


def make_bodies(count: int, size: int) -> Iterator[bytes]:
    record = make_version("NCT98000001", "2024-05-01")
    record["protocolSection"]["descriptionModule"]["briefSummary"] = "word " * (size // 5)
    body = json.dumps(record).encode()
    return (body[:-1] + b" }" for _ in range(count))


def test_a_workbook_has_numbers_dates_and_texts_that_are_no_formulas(own: TestClient) -> None:
    answer = own.get("/export?format=xlsx&query.cond=Diabetes")
    assert answer.headers["content-disposition"] == 'attachment; filename="studies.xlsx"'
    with zipfile.ZipFile(io.BytesIO(answer.content)) as book:
        assert book.testzip() is None
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    rows = read_rows(own.get("/export?format=csv&query.cond=Diabetes").text)
    assert sheet.count("<row ") == len(rows) + 1
    assert "<f>" not in sheet
    assert re.findall(r'<c r="R\d+"[^>]*><v>(\d+)</v></c>', sheet) == [
        row["Enrollment"] for row in rows if row["Enrollment"]
    ]
    assert "2021-08<" in sheet
    # 2 September 2025, counted from 30 December 1899.
    assert "<v>45902</v>" in sheet


def test_a_cell_that_a_spreadsheet_cannot_hold_is_cut_and_named() -> None:
    record = make_version("NCT98000001", "2024-05-01")
    record["protocolSection"]["descriptionModule"]["briefSummary"] = "\U0001f9ea" * 30_000
    body = json.dumps(record).encode()
    book = zipfile.ZipFile(io.BytesIO(b"".join(forms.write_records([body], forms.make_wanted("xlsx")))))
    named = book.read("xl/worksheets/sheet2.xml").decode()
    assert "Brief Summary" in named
    assert "<v>30000</v>" in named
    for form in ("xlsx", "excel.csv"):
        text = (
            book.read("xl/worksheets/sheet1.xml")
            if form == "xlsx"
            else b"".join(forms.write_records([body], forms.make_wanted(form)))
        ).decode()
        assert "… [cut here: 30,000 characters]" in text
        assert text.count("\U0001f9ea") * 2 < 32_767


def test_csv_for_spreadsheets_is_known_as_utf_8_and_has_no_formulas(own: TestClient) -> None:
    answer = own.get("/export?format=excel.csv")
    assert answer.content.startswith(b"\xef\xbb\xbfNCT Number,")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))
    plain = read_rows(own.get("/export?format=csv").text)
    assert len(rows) == len(plain)
    for row, same in zip(rows, plain, strict=True):
        assert all(cell in (same[name], "'" + same[name]) for name, cell in row.items())
        assert not any(cell.startswith(("=", "@")) for cell in row.values())


def test_references_have_titles_and_authors(own: TestClient) -> None:
    text = own.get("/export?format=ris").content.decode()
    entries = [each for each in text.split("ER  - ") if each.strip()]
    assert len(entries) == own.get("/search?limit=0").json()["total"]
    assert all(re.search(r"^TI  - \S", each, re.MULTILINE) for each in entries)
    assert all(each.strip().startswith("TY  - RPRT") for each in entries)
    mine = next(each for each in entries if "AN  - NCT98000001" in each)
    assert "AU  - A Hospital" in mine
    assert "ST  - Sugar, and the heart (SWEET)" in mine
    assert "UR  - https://clinicaltrials.gov/study/NCT98000001" in mine
    assert "\nY2  -" not in text
    assert own.get("/export?format=ris&fields=TI").status_code == 400


def test_fhir_leaves_as_a_resource_a_line(own: TestClient) -> None:
    answer = own.get("/export?format=fhir.ndjson&filter.ids=NCT98000001,NCT98000002")
    assert answer.headers["content-type"] == "application/fhir+ndjson"
    kinds = [json.loads(line)["resourceType"] for line in answer.content.splitlines()]
    assert kinds == ["ResearchStudy", "Group"] * 2


def test_a_list_and_an_archive_hold_the_records_as_they_were_received(own: TestClient) -> None:
    lines = own.get("/export?query.cond=heart").content.splitlines()
    listed = own.get("/export?query.cond=heart&format=json")
    assert [json.dumps(each) for each in listed.json()] == [json.dumps(json.loads(line)) for line in lines]
    archive = own.get("/export?query.cond=heart&format=json.zip")
    with zipfile.ZipFile(io.BytesIO(archive.content)) as opened:
        held = {name: json.loads(opened.read(name)) for name in opened.namelist()}
    assert [*held.values()] == listed.json()
    assert "NCT98000001.json" in held


@pytest.mark.parametrize(
    "form",
    ["jsonl", "json", "csv", "excel.csv", "xlsx", "parquet", "ris", "fhir.ndjson", "json.zip", "xml.zip"],
)
def test_memory_does_not_grow_with_the_export(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet_table, "CHARACTERS_IN_A_GROUP", 1_000_000)
    if form == "parquet":
        pytest.importorskip("pyarrow.parquet", reason="Parquet needs the extra `parquet`")
    export = Export(SearchRequest(), forms.make_wanted(form))
    for _ in _write(export, make_bodies(3, 1_000)):
        pass
    tracemalloc.start()
    written = sum(map(len, _write(export, make_bodies(600, 20_000))))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # What is packed is small, since all the records are alike.
    assert written > (500 if form in ("parquet", "xlsx", "json.zip", "xml.zip") else 10_000_000)
    assert peak < 6_000_000


def test_a_file_appears_only_when_it_is_complete(tmp_path: Path) -> None:
    def break_off() -> Iterator[bytes]:
        yield b"half"
        raise UsageError("broken off")

    target = tmp_path / "studies.jsonl"
    with pytest.raises(UsageError, match="broken off"):
        write_file(break_off(), target)
    assert list(tmp_path.iterdir()) == []
    write_file(iter([b"whole"]), target)
    assert target.read_bytes() == b"whole"
    with pytest.raises(UsageError, match="cannot write"):
        write_file(iter([b"x"]), tmp_path / "none" / "studies.jsonl")


def test_the_parquet_package_is_loaded_only_when_it_is_needed() -> None:
    import subprocess

    code = "import sys, trialbook.web.app; print('pyarrow' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"
