"""A record as far as a patient is held against it: results and sites, most of a large one, are not decoded."""

from __future__ import annotations

from typing import Any

import msgspec

from trialbook.model.present import has_entities, make_present, parse_present
from trialbook.model.study import Study, read_typed


def _define(name: str, **members: Any) -> Any:
    return msgspec.defstruct(name, [(member, kind, None) for member, kind in members.items()])


_Protocol = _define("Protocol", conditionsModule=Any, eligibilityModule=Any)
_Derived = _define("Derived", conditionBrowseModule=Any)
_DECODER = msgspec.json.Decoder(
    _define("Record", protocolSection=_Protocol | None, derivedSection=_Derived | None)
)


def parse_partial(body: bytes) -> Study:
    """A record, typed, as the registry would write it today, with its conditions and who may take part alone.

    It is whole where it has not the registry's shape. Raises SourceFormatError for what is no JSON object.

    >>> parse_partial(b'{"protocolSection":{"eligibilityModule":{"sex":"FEMALE"},"statusModule":{}}}').eligibility.sex
    <Sex.FEMALE: 'FEMALE'>
    """
    try:
        found = _DECODER.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return parse_present(body)
    record = {
        "protocolSection": _list_members(found.protocolSection),
        "derivedSection": _list_members(found.derivedSection),
    }
    return read_typed(make_present(record, has_entities=has_entities(body)))[0]


def _list_members(found: Any) -> dict[str, Any]:
    members = {} if found is None else msgspec.structs.asdict(found)
    return {name: value for name, value in members.items() if value is not None}
