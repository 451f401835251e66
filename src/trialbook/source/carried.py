"""What can a copy of a record say? What it cannot is not "removed" in it, and not known to be absent.

The one place where that is decided: a format carries some elements of API v2 (`Format.carries`), and of a
record that was cut (by `fields=`, by hand) nothing is known but what it holds.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from trialbook.source.formats import get_format

PROTOCOL = "protocolSection"
# Every record of the registry has these; one without was cut.
_NEEDED = (
    ("identificationModule", "nctId"),
    ("identificationModule", "briefTitle"),
    ("statusModule", "overallStatus"),
    ("sponsorCollaboratorsModule", "leadSponsor"),
)
_NEEDED_IN_FULL = (
    *_NEEDED,
    ("statusModule", "lastUpdateSubmitDate"),
    ("descriptionModule", "briefSummary"),
    ("conditionsModule", "conditions"),
    ("designModule", "studyType"),
)
# Of these nearly every record has most; the registry demands those of the second line.
_USUAL = ("armsInterventionsModule", "contactsLocationsModule", "outcomesModule", "eligibilityModule")
_DEMANDED = ("outcomesModule", "eligibilityModule")
_MODULES = [
    "identificationModule",
    "statusModule",
    "sponsorCollaboratorsModule",
    "oversightModule",
    "descriptionModule",
    "conditionsModule",
    "designModule",
    "armsInterventionsModule",
    "outcomesModule",
    "eligibilityModule",
    "contactsLocationsModule",
    "referencesModule",
    "ipdSharingStatementModule",
]
_SECTIONS = ("resultsSection", "annotationSection", "documentSection", "derivedSection")
# A copy that was cut stands behind all whole ones, beside a saved page.
CUT_FIDELITY = 1


def find_carried(format_name: str, record: dict[str, Any]) -> frozenset[str] | None:
    """The paths of API v2 (each with all below it) of which this copy says something; None for all.

    Examples
    --------
    >>> sorted(find_carried("api_v2", {"protocolSection": {"statusModule": {"overallStatus": "COMPLETED"}}}))
    ['protocolSection.statusModule.overallStatus']
    """
    form = get_format(format_name)
    # Whether a page or a row left an element out, or the record has none, neither tells.
    if form.fidelity <= CUT_FIDELITY or not is_whole(format_name, record):
        return frozenset(_list_held(record, ""))
    if form.carries is not None:
        return form.carries
    protocol = record[PROTOCOL]
    missing = [name for name in _find_demanded(protocol) if not protocol.get(name)]
    has_all = "hasResults" in record
    if has_all and not missing:
        return None
    modules = [name for name in _MODULES if name not in missing]
    others = (*_SECTIONS, "hasResults") if has_all else _list_held(record, "")
    return frozenset((*(f"{PROTOCOL}.{name}" for name in modules), *others))


def find_fidelity(format_name: str, record: dict[str, Any]) -> int:
    """How faithfully a copy gives its record: its format's number, less where the copy was cut."""
    fidelity = get_format(format_name).fidelity
    return fidelity if is_whole(format_name, record) else min(fidelity, CUT_FIDELITY)


def is_unlike(format_name: str, other: str) -> bool:
    """Whether two copies came in formats of which one retells a record in words and lists of its own.

    What then stands in one alone may stand in the other under another name.
    """
    return (
        format_name != other
        and min(get_format(format_name).fidelity, get_format(other).fidelity) <= CUT_FIDELITY
    )


def is_whole(format_name: str, record: dict[str, Any]) -> bool:
    """Whether a copy has all that its format always has, so that what it lacks is lacking in the record."""
    protocol = record.get(PROTOCOL)
    if not isinstance(protocol, dict):
        return False
    form = get_format(format_name)
    needed = _NEEDED_IN_FULL if form.fidelity > CUT_FIDELITY else _NEEDED
    if not all(_has(protocol, module, name) for module, name in needed):
        return False
    return form.fidelity <= CUT_FIDELITY or sum(bool(protocol.get(name)) for name in _USUAL) > 1


def _find_demanded(protocol: dict[str, Any]) -> tuple[str, ...]:
    """The modules that the registry demands of a record; nothing is measured in an expanded access."""
    design = protocol.get("designModule")
    is_access = isinstance(design, dict) and design.get("studyType") == "EXPANDED_ACCESS"
    return tuple(name for name in _DEMANDED if not (is_access and name == "outcomesModule"))


def _has(protocol: dict[str, Any], module: str, name: str) -> bool:
    held = protocol.get(module)
    return isinstance(held, dict) and bool(held.get(name))


def _list_held(value: Any, path: str) -> Iterator[str]:
    """The paths of all leaves, without the places in lists."""
    if isinstance(value, list):
        for item in value:
            yield from _list_held(item, path)
    elif isinstance(value, dict):
        for name, part in value.items():
            yield from _list_held(part, f"{path}.{name}" if path else name)
    elif path:
        yield path
