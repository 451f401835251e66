"""What is found out of a record beside what stands in it: the values of our own pieces."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from trialbook.model.status_age import OPEN, find_status_age
from trialbook.model.study import read_typed
from trialbook.results.due import find_overdue_from

_MODULES = (
    "statusModule",
    "designModule",
    "oversightModule",
)


def find_own_values(record: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Our own pieces of a record with their values; an element of the wrong type counts as absent."""
    protocol = record.get("protocolSection")
    if not isinstance(protocol, dict):
        return
    status = protocol.get("statusModule")
    if not isinstance(status, dict):
        return
    told = status.get("overallStatus")
    if isinstance(told, str) and told in OPEN:
        misc = record.get("derivedSection")
        shown = {
            "protocolSection": {"statusModule": status},
            "derivedSection": misc if isinstance(misc, dict) else {},
        }
        study, _ = read_typed(shown)
        until = find_status_age(study.status, study.served).current_until
        if until is not None and until < date.max:
            yield "StatusOutdatedFrom", (until + timedelta(days=1)).isoformat()
    if record.get("hasResults") is not True and _may_owe(protocol):
        study, _ = read_typed(_narrow(record, protocol))
        overdue = find_overdue_from(study)
        if overdue is not None:
            yield "ResultsOverdueFrom", overdue.isoformat()


def _may_owe(protocol: dict[str, Any]) -> bool:
    """Whether there is anything to judge, so that few records are read as typed."""
    oversight = protocol.get("oversightModule")
    names = ("isFdaRegulatedDrug", "isFdaRegulatedDevice")
    return isinstance(oversight, dict) and any(oversight.get(name) is True for name in names)


def _narrow(record: dict[str, Any], protocol: dict[str, Any]) -> dict[str, Any]:
    """What the judgement looks at: of the sites each country once."""
    sites = protocol.get("contactsLocationsModule")
    listed = sites.get("locations") if isinstance(sites, dict) else None
    found = (
        [site.get("country") for site in listed if isinstance(site, dict)] if isinstance(listed, list) else []
    )
    countries = dict.fromkeys(name for name in found if isinstance(name, str))
    derived = record.get("derivedSection")
    narrowed: dict[str, Any] = {
        "protocolSection": {name: protocol[name] for name in _MODULES if name in protocol}
        | {"contactsLocationsModule": {"locations": [{"country": name} for name in countries]}}
    }
    if isinstance(derived, dict) and "miscInfoModule" in derived:
        narrowed["derivedSection"] = {"miscInfoModule": derived["miscInfoModule"]}
    if record.get("resultsSection"):
        narrowed["resultsSection"] = {}
    for name in ("annotationSection", "hasResults"):
        if name in record:
            narrowed[name] = record[name]
    return narrowed
