"""How is a single record answered in each format?"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from trialbook.model.study import decode_record
from trialbook.web.api import answers
from trialbook.web.api.csv_table import choose_columns, write_table
from trialbook.web.api.errors import ApiError
from trialbook.web.api.fhir import make_bundle
from trialbook.web.api.parameters import Parameters
from trialbook.web.api.projection import Selection, cut_fields, replace_markup, select_fields
from trialbook.web.api.ris import choose_tags, write_reference
from trialbook.web.api.zip_stream import write_zip

KNOWN = frozenset({"format", "markupFormat", "fields"})
FORMATS = ("json", "csv", "json.zip", "fhir.json", "ris")
MARKUPS = ("markdown", "legacy")

Write = Callable[[str, bytes], bytes]


class StudyAnswer(msgspec.Struct, frozen=True):
    """How to answer for one record: a content type, and what makes the answer of its id and bytes."""

    media_type: str
    write: Write
    file_ending: str = ""

    def name(self, nct_id: str) -> dict[str, str]:
        """What tells a client under which name to keep the answer, if it is a file."""
        if not self.file_ending:
            return {}
        return {"content_disposition": f'attachment; filename="{nct_id}{self.file_ending}"'}


def read_study_request(parameters: Parameters) -> StudyAnswer:
    """Find out how a record is asked for; raises ApiError."""
    form = parameters.choice("format", FORMATS)
    markup = parameters.choice("markupFormat", MARKUPS)
    names = parameters.field_names()
    if form == "csv":
        columns = choose_columns(names)
        return StudyAnswer(answers.CSV, lambda _, body: _write_csv(body, columns))
    if form == "ris":
        tags = choose_tags(names)
        return StudyAnswer(answers.RIS, lambda _, body: write_reference(decode_record(body), tags).encode())
    if form == "fhir.json":
        if names:
            raise ApiError("Parameter `fields` must not be given for format `fhir.json`")
        return StudyAnswer(
            answers.FHIR, lambda _, body: msgspec.json.encode(make_bundle(decode_record(body)))
        )
    selection = select_fields(names) if names else None
    is_legacy = markup == "legacy" and form == "json"
    if form == "json.zip":
        return StudyAnswer(answers.ZIP, lambda nct_id, body: _pack(nct_id, cut(body, selection)), ".zip")
    return StudyAnswer(answers.JSON, lambda _, body: cut(body, selection, is_legacy=is_legacy))


def cut(body: bytes, selection: Selection | None, *, is_legacy: bool = False) -> bytes:
    """A record as it was received, or what is asked of it."""
    part = body if selection is None else cut_fields(body, selection)
    return msgspec.json.encode(replace_markup(decode_record(part))) if is_legacy else part


def _write_csv(body: bytes, columns: list[str]) -> bytes:
    return write_table([decode_record(body)], columns, is_header_due=True).encode()


def _pack(nct_id: str, body: bytes) -> bytes:
    return b"".join(write_zip([(f"{nct_id}.json", body)]))
