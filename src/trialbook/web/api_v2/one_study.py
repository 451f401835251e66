"""How is a single record answered in each format?"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

import msgspec

from trialbook.ask.parameters import Parameters
from trialbook.errors import ApiError
from trialbook.export import forms
from trialbook.export.csv_table import choose_columns, write_table
from trialbook.export.fhir import make_bundle
from trialbook.export.forms import cut
from trialbook.export.projection import select_fields
from trialbook.export.ris import choose_tags, write_reference
from trialbook.export.zip_stream import write_zip
from trialbook.model.present import decode_present, decode_shortened

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
        return {"content_disposition": f'attachment; filename="{quote(nct_id, safe="")}{self.file_ending}"'}


def read_study_request(parameters: Parameters) -> StudyAnswer:
    """Find out how a record is asked for; raises ApiError."""
    form = parameters.choice("format", FORMATS)
    markup = parameters.choice("markupFormat", MARKUPS)
    names = parameters.field_names()
    if form == "csv":
        columns = choose_columns(names)
        return StudyAnswer(forms.CSV, lambda _, body: _write_csv(body, columns), ".csv")
    if form == "ris":
        tags = choose_tags(names)
        return StudyAnswer(
            forms.RIS, lambda _, body: write_reference(decode_present(body), tags).encode(), ".ris"
        )
    if form == "fhir.json":
        if names:
            raise ApiError("Parameter `fields` must not be given for format `fhir.json`")
        return StudyAnswer(
            forms.FHIR,
            lambda _, body: msgspec.json.encode(make_bundle(*decode_shortened(body))),
            ".fhir.json",
        )
    selection = select_fields(names) if names else None
    is_legacy = markup == "legacy" and form == "json"
    if form == "json.zip":
        return StudyAnswer(forms.ZIP, lambda nct_id, body: _pack(nct_id, cut(body, selection)), ".zip")
    return StudyAnswer(forms.JSON, lambda _, body: cut(body, selection, is_legacy=is_legacy))


def _write_csv(body: bytes, columns: list[str]) -> bytes:
    return write_table([decode_present(body)], columns, is_header_due=True).encode()


def _pack(nct_id: str, body: bytes) -> bytes:
    return b"".join(write_zip([(quote(nct_id, safe="") + ".json", body)]))
