"""How does our own API tell of related studies?"""

from __future__ import annotations

from typing import Any

import msgspec

from trialbook.ask.parameters import Parameters
from trialbook.errors import ApiError
from trialbook.export.projection import Selection, project, select_fields
from trialbook.library import Library
from trialbook.library.related import read_pasted_records
from trialbook.model.study import decode_record
from trialbook.related.engine import MOST_ASKED, RelatedStudy
from trialbook.web.own_api.answers import LandscapeAnswer, RelatedAnswer, RelatedLine
from trialbook.web.own_api.parameters import (
    DEFAULT_FIELDS,
    LANDSCAPE,
    LIKE_IDS,
    LIKE_TEXT,
    LISTED,
    WEIGHED,
    read_number,
)


def answer_related(library: Library, asked: tuple[str, ...], parameters: Parameters) -> RelatedAnswer:
    """The studies most like some, or like those and the text that the parameters name.

    Raises ApiError, and as `Library.find_related`.
    """
    text = parameters.text(LIKE_TEXT.name)
    records = read_pasted_records(text)
    selection = select_fields(parameters.field_names() or DEFAULT_FIELDS)
    found = library.find_related(
        *asked,
        text="" if records else text,
        records=records,
        facets=parameters.read_list(WEIGHED.name),
        limit=read_number(parameters, LISTED),
    )
    landscape = None
    if parameters.flag(LANDSCAPE.name):
        listed = (each.nct_id for each in found.studies)
        told = library.find_landscape(listed, *asked, text="" if records else text, records=records)
        landscape = msgspec.convert(_rename(msgspec.to_builtins(told)), LandscapeAnswer)
    return RelatedAnswer(
        studies=tuple(line for each in found.studies for line in _tell(library, each, selection)),
        note=found.note,
        learnt_from=found.learnt_from,
        learnt_at=found.learnt_at,
        lag=max(0, library.store.seq - found.seq),
        landscape=landscape,
    )


def read_ids(parameters: Parameters) -> tuple[str, ...]:
    """The ids of several studies; raises ApiError for too many."""
    ids = parameters.read_list(LIKE_IDS.name)
    if len(ids) > MOST_ASKED:
        raise ApiError(f"Parameter `{LIKE_IDS.name}` has more than {MOST_ASKED} items")
    return tuple(ids)


def _tell(library: Library, found: RelatedStudy, selection: Selection) -> tuple[RelatedLine, ...]:
    body = library.find_body(found.nct_id)
    if body is None:
        return ()
    told = msgspec.to_builtins(found)
    study = project(decode_record(body), selection)
    return (msgspec.convert({**_rename(told), "study": study}, RelatedLine),)


def _rename(told: Any) -> Any:
    """Names as JSON has them, in place of Python's."""
    if isinstance(told, dict):
        return {_CAMEL.get(name, name): _rename(value) for name, value in told.items()}
    return [_rename(each) for each in told] if isinstance(told, (list, tuple)) else told


_CAMEL = {
    "nct_id": "nctId",
    "nct_ids": "nctIds",
    "is_own": "isOwn",
    "primary_in": "primaryIn",
    "time_frames": "timeFrames",
}
