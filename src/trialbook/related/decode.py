"""The parts of a record that are compared, decoded without the rest: results and sites are most of a large one."""

from __future__ import annotations

from typing import Any

import msgspec

from trialbook.model.present import decode_present, has_entities, make_present
from trialbook.record.extent import may_have_long_lists, shorten_lists

_PROTOCOL = (
    "identificationModule", "statusModule", "sponsorCollaboratorsModule", "descriptionModule", "conditionsModule",
    "designModule", "armsInterventionsModule", "outcomesModule", "eligibilityModule", "referencesModule",
)  # fmt: skip
_BROWSED = ("conditionBrowseModule", "interventionBrowseModule")


def _define(name: str, **members: Any) -> Any:
    return msgspec.defstruct(name, [(member, kind, None) for member, kind in members.items()])


_Contacts = _define("Contacts", overallOfficials=Any)
_Protocol = _define("Protocol", **dict.fromkeys(_PROTOCOL, Any), contactsLocationsModule=_Contacts | None)
_Derived = _define("Derived", **dict.fromkeys(_BROWSED, Any))
# What is there of the results is not looked at.
_Record = _define(
    "Record",
    protocolSection=_Protocol | None,
    derivedSection=_Derived | None,
    hasResults=Any,
    resultsSection=msgspec.Raw,
)
_DECODER = msgspec.json.Decoder(_Record)


def decode_compared(body: bytes) -> dict[str, Any]:
    """A record with the elements that are compared, as the registry would write it today.

    It is whole where it has not the registry's shape. Of a giant only the first part of its lists is compared.

    Raises SourceFormatError for what is no JSON object.
    """
    try:
        found = _DECODER.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return decode_present(body)
    record = _list_members(found)
    protocol = record["protocolSection"] = _list_members(found.protocolSection)
    protocol["contactsLocationsModule"] = _list_members(protocol.get("contactsLocationsModule"))
    record["resultsSection"] = None if found.resultsSection in (None, b"null") else {}
    record["derivedSection"] = _list_members(found.derivedSection)
    if may_have_long_lists(body):
        shorten_lists(record)
    return make_present(record, has_entities=has_entities(body))


def _list_members(found: Any) -> dict[str, Any]:
    return {} if found is None else msgspec.structs.asdict(found)
