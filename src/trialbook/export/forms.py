"""In which forms can records leave, and how is each written in bounded memory?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from urllib.parse import quote

import msgspec

from trialbook.ask.refusals import refuse_field
from trialbook.errors import ApiError
from trialbook.export import csv_table, references
from trialbook.export.csv_table import choose_columns, write_table
from trialbook.export.excel import write_excel_csv, write_workbook
from trialbook.export.fhir import make_bundle
from trialbook.export.legacy_xml.record import write_legacy_xml
from trialbook.export.parquet import open_writer, write_parquet
from trialbook.export.projection import Selection, cut_fields, replace_markup, select_fields
from trialbook.export.typed_table import TYPED
from trialbook.export.zip_stream import write_zip
from trialbook.model.present import decode_for_table, decode_present, decode_shortened
from trialbook.model.study import decode_record
from trialbook.record.texts import find_text

JSON = "application/json"
JSON_LINES = "application/x-ndjson"
CSV = "text/csv; charset=utf-8"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PARQUET = "application/vnd.apache.parquet"
FHIR = "application/fhir+json"
FHIR_LINES = "application/fhir+ndjson"
RIS = "application/x-research-info-systems; charset=utf-8"
ZIP = "application/zip"
XML = "application/xml"
# The forms in which any number of records can leave, with their media types.
FORMS = {
    "jsonl": JSON_LINES,
    "json": JSON,
    "csv": CSV,
    "excel.csv": CSV,
    "xlsx": XLSX,
    "parquet": PARQUET,
    "ris": RIS,
    "fhir.ndjson": FHIR_LINES,
    "json.zip": ZIP,
    "xml.zip": ZIP,
}
# How a file in each form may end, the most telling first.
ENDINGS = {
    ".excel.csv": "excel.csv",
    ".fhir.ndjson": "fhir.ndjson",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
    ".csv": "csv",
    ".xlsx": "xlsx",
    ".parquet": "parquet",
    ".ris": "ris",
    ".xml.zip": "xml.zip",
    ".zip": "json.zip",
}
_ZIP_LEVEL = 1


class Wanted(msgspec.Struct, frozen=True):
    """A form, and what of each record it shall hold: a part (None for all), or columns of a table."""

    form: str
    selection: Selection | None = None
    columns: tuple[str, ...] = ()


def make_wanted(form: str, names: Sequence[str] = ()) -> Wanted:
    """A form with the parts or columns that are named, all unless told.

    Raises
    ------
    ApiError
        There is no such part or column, or the form has none to choose from.
    UsageError
        Parquet cannot be written here.
    """
    if form == "parquet":
        open_writer()
        return Wanted(form, columns=tuple(_choose(TYPED, names)))
    if form in ("csv", "excel.csv", "xlsx"):
        return Wanted(form, columns=tuple(choose_columns(names)))
    if form in ("ris", "fhir.ndjson", "xml.zip"):
        if names:
            raise ApiError(f"Parameter `fields` must not be given for format `{form}`")
        return Wanted(form)
    return Wanted(form, select_fields(names) if names else None)


def _choose(known: Iterable[str], names: Sequence[str]) -> list[str]:
    listed = list(known)
    for name in names:
        if name not in listed:
            raise refuse_field("fields", name, "column name", listed)
    return [name for name in listed if name in names] if names else listed


def write_line(body: bytes) -> bytes:
    """A record as one line of JSON, without its end; as it was received where it is one line already."""
    line = body.strip()
    return line if b"\n" not in line and b"\r" not in line else msgspec.json.format(line, indent=-1)


def cut(body: bytes, selection: Selection | None, *, is_legacy: bool = False) -> bytes:
    """A record as it was received, or what is asked of it."""
    part = body if selection is None else cut_fields(body, selection)
    return msgspec.json.encode(replace_markup(decode_record(part))) if is_legacy else part


def write_records(bodies: Iterable[bytes], wanted: Wanted) -> Iterator[bytes]:
    """Records in one of `FORMS`, in blocks."""
    return _WRITERS[wanted.form](bodies, wanted)


def _write_lines(bodies: Iterable[bytes], wanted: Wanted) -> Iterator[bytes]:
    for body in bodies:
        yield write_line(cut(body, wanted.selection)) + b"\n"


def _write_array(bodies: Iterable[bytes], wanted: Wanted) -> Iterator[bytes]:
    """One list; each record in a line of its own."""
    separator = b"[\n"
    for body in bodies:
        yield separator + write_line(cut(body, wanted.selection))
        separator = b",\n"
    yield b"[]" if separator == b"[\n" else b"\n]"


def _write_csv(bodies: Iterable[bytes], wanted: Wanted) -> Iterator[bytes]:
    yield write_table([], wanted.columns, is_header_due=True).encode()
    for body in bodies:
        yield write_table([decode_present(body)], wanted.columns, is_header_due=False).encode()


def _write_references(bodies: Iterable[bytes], _: Wanted) -> Iterator[bytes]:
    for body in bodies:
        yield references.write_reference(decode_present(body)).encode()


def _write_fhir(bodies: Iterable[bytes], _: Wanted) -> Iterator[bytes]:
    """A line for the study and a line for the group that it looks for."""
    for body in bodies:
        for entry in make_bundle(*decode_shortened(body))["entry"]:
            yield msgspec.json.encode(entry["resource"]) + b"\n"


def _write_archive(bodies: Iterable[bytes], wanted: Wanted) -> Iterator[bytes]:
    files = ((name_file(find_record_id(body)), cut(body, wanted.selection)) for body in bodies)
    return write_zip(files, level=_ZIP_LEVEL)


def _write_old_archive(bodies: Iterable[bytes], _: Wanted) -> Iterator[bytes]:
    """A file of old XML for each study, in folders of ten thousand, as the registry had them."""
    records = ((find_record_id(body), *decode_shortened(body)) for body in bodies)
    files = (
        (f"{quote(nct_id[:7], safe='')}xxxx/{quote(nct_id, safe='')}.xml", write_legacy_xml(record, left_out))
        for nct_id, record, left_out in records
    )
    return write_zip(files, level=_ZIP_LEVEL)


def name_file(nct_id: str) -> str:
    """The name of a study's file in an archive; ids of other registries have slashes in them."""
    return quote(nct_id, safe="") + ".json"


def find_record_id(body: bytes) -> str:
    """The id that a record gives itself."""
    return find_text(decode_record(body), csv_table.ID)


_WRITERS: dict[str, Callable[[Iterable[bytes], Wanted], Iterator[bytes]]] = {
    "jsonl": _write_lines,
    "json": _write_array,
    "csv": _write_csv,
    "excel.csv": lambda bodies, wanted: write_excel_csv(map(decode_present, bodies), wanted.columns),
    "xlsx": lambda bodies, wanted: write_workbook(map(decode_present, bodies), wanted.columns),
    "parquet": lambda bodies, wanted: write_parquet(map(decode_for_table, bodies), wanted.columns),
    "ris": _write_references,
    "fhir.ndjson": _write_fhir,
    "json.zip": _write_archive,
    "xml.zip": _write_old_archive,
}
