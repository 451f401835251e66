"""In which forms can records leave, and how is each written in bounded memory?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from trialbook.export.csv_table import write_table
from trialbook.export.parquet import write_parquet
from trialbook.export.projection import Selection, cut_fields, replace_markup
from trialbook.model.study import decode_record

JSON = "application/json"
JSON_LINES = "application/x-ndjson"
CSV = "text/csv; charset=utf-8"
PARQUET = "application/vnd.apache.parquet"
FHIR = "application/fhir+json"
RIS = "application/x-research-info-systems; charset=utf-8"
ZIP = "application/zip"
# The forms in which any number of records can leave, with their media types.
FORMS = {"jsonl": JSON_LINES, "csv": CSV, "parquet": PARQUET}


def write_line(body: bytes) -> bytes:
    """A record as one line of JSON, without its end; as it was received where it is one line already."""
    line = body.strip()
    return line if b"\n" not in line and b"\r" not in line else msgspec.json.format(line, indent=-1)


def cut(body: bytes, selection: Selection | None, *, is_legacy: bool = False) -> bytes:
    """A record as it was received, or what is asked of it."""
    part = body if selection is None else cut_fields(body, selection)
    return msgspec.json.encode(replace_markup(decode_record(part))) if is_legacy else part


def write_records(
    bodies: Iterable[bytes], form: str, *, selection: Selection | None = None, columns: list[str]
) -> Iterator[bytes]:
    """Records in one of `FORMS`, in blocks.

    Parameters
    ----------
    selection
        The part of each record that JSON lines hold; None for the record as received.
    columns
        The columns of the tables.
    """
    if form == "jsonl":
        for body in bodies:
            yield write_line(cut(body, selection)) + b"\n"
    elif form == "csv":
        yield write_table([], columns, is_header_due=True).encode()
        for body in bodies:
            yield write_table([decode_record(body)], columns, is_header_due=False).encode()
    else:
        yield from write_parquet(map(decode_record, bodies), columns)
