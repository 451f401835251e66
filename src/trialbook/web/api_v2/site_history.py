"""How does a client of the registry's own site read what a record said before? Undocumented addresses, beside
the API, that clients use all the same: a list of versions, and each version's study.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from trialbook.ask.parameters import WHOLE_NUMBER, Parameters
from trialbook.ask.refusals import quote, refuse_format
from trialbook.changes.compare import Change
from trialbook.changes.history import compare_records, decode_pairs, list_versions, pair_versions
from trialbook.errors import ApiError, NotFoundError
from trialbook.export.forms import JSON
from trialbook.library import Library
from trialbook.record.ids import find_nct_id
from trialbook.record.texts import find_text
from trialbook.store import Store, Version
from trialbook.web.api_v2.answers import find_tag, guard, send

BASE = "/api/int/studies/{nct_id}"
# What the registry's history calls the parts of a record; the rest has no name there.
PART_LABELS = {
    "identificationModule": "Study Identification",
    "statusModule": "Study Status",
    "sponsorCollaboratorsModule": "Sponsor/Collaborators",
    "oversightModule": "Oversight",
    "descriptionModule": "Study Description",
    "conditionsModule": "Conditions",
    "designModule": "Study Design",
    "armsInterventionsModule": "Arms and Interventions",
    "outcomesModule": "Outcome Measures",
    "eligibilityModule": "Eligibility",
    "contactsLocationsModule": "Contacts/Locations",
    "ipdSharingStatementModule": "IPDSharing",
    "referencesModule": "References",
    "participantFlowModule": "Participant Flow",
    "baselineCharacteristicsModule": "Baseline Characteristics",
    "outcomeMeasuresModule": "Outcome Measures (Results)",
    "adverseEventsModule": "Adverse Events",
    "moreInfoModule": "More Information",
    "documentSection": "Document Section",
}


def make_routes(library: Library) -> list[Route]:
    """The addresses of a record's past, for the application of one library."""

    def study(request: Request) -> Response:
        parameters = Parameters(request.scope["query_string"], {"history"})
        tag = find_tag(library.store)
        versions = _find_versions(library, request)
        body = library.store.get_body(versions[0].nct_id)
        if not parameters.flag("history"):
            return _send(request, tag, {"study": msgspec.Raw(body)})
        changes = list_changes(library.store, versions)
        return _send(request, tag, {"study": msgspec.Raw(body), "history": {"changes": changes}})

    def changes(request: Request) -> Response:
        Parameters(request.scope["query_string"], ())
        tag = find_tag(library.store)
        versions = _find_versions(library, request)
        return _send(request, tag, {"changes": list_changes(library.store, versions)})

    def version(request: Request) -> Response:
        Parameters(request.scope["query_string"], ())
        tag = find_tag(library.store)
        versions = _find_versions(library, request)
        asked = request.path_params["number"]
        if not WHOLE_NUMBER.fullmatch(asked):
            raise refuse_format("version")
        nct_id, number = versions[0].nct_id, int(asked)
        found = next((each for each in versions if each.number == number), None)
        if found is None:
            is_listed = any(each.number == number for each in library.store.find_announced(nct_id))
            why = ": the registry lists it, and its text is not held here" if is_listed else ""
            raise ApiError(f"Version {quote(asked)} of {nct_id} not found{why}", 404)
        body = library.store.get_version_body(found.version_id)
        return _send(request, tag, {"studyVersion": number, "study": msgspec.Raw(body)})

    endpoints: dict[str, Callable[[Request], Response]] = {
        BASE: study,
        BASE + "/history": changes,
        BASE + "/history/{number}": version,
    }
    return [Route(path, guard(endpoint), methods=["GET"]) for path, endpoint in endpoints.items()]


def list_changes(store: Store, versions: Sequence[Version]) -> list[dict[str, Any]]:
    """The versions of a record as the registry lists them, numbered from 0, oldest first.

    Where its own list was imported, that is the answer, with what is held beyond it. Of others, what changed is
    said of the last 60, as on the page of a record's history.
    """
    listed = list_versions(versions, store.find_announced(versions[0].nct_id))
    held = _describe_held(store, versions)
    return [
        held[each.number]
        if each.version is not None and not each.overall_status
        else {
            "version": each.number,
            "date": each.version_date,
            "status": each.overall_status,
            "studyType": held[versions[-1].number]["studyType"],
            "moduleLabels": list(each.module_labels),
        }
        for each in listed
    ]


def _describe_held(store: Store, ordered: Sequence[Version]) -> dict[int, dict[str, Any]]:
    compared = {newer.number for _, newer in pair_versions(ordered)}
    pairs: list[tuple[Version | None, Version]] = list(zip([None, *ordered], ordered, strict=False))
    described = {}
    for (older, version), (before, record) in zip(pairs, decode_pairs(store, pairs), strict=True):
        labels: list[str] = []
        if older is not None and version.number in compared:
            labels = name_parts(
                compare_records(before, record, before_format=older.format, after_format=version.format)
            )
        described[version.number] = {
            "version": version.number,
            "date": version.known_from,
            "status": find_text(record, "protocolSection.statusModule.overallStatus"),
            "studyType": find_text(record, "protocolSection.designModule.studyType"),
            "moduleLabels": labels,
        }
    return described


def name_parts(changes: Iterable[Change]) -> list[str]:
    """The registry's names of the parts that changes are in, each once, in the order of the record."""
    changed = {key for change in changes for key in change.path.replace("[", ".").split(".")}
    return [label for key, label in PART_LABELS.items() if key in changed]


def _find_versions(library: Library, request: Request) -> tuple[Version, ...]:
    """The versions of the record that a number leads to, an older one of it too."""
    nct_id = find_nct_id(request.path_params["nct_id"])
    if nct_id is None:
        raise refuse_format("nctId")
    try:
        return tuple(library.store.find_versions(library.find_id(nct_id)))
    except NotFoundError:
        raise ApiError(f"NCT number {nct_id} not found", 404) from None


def _send(request: Request, tag: str, document: dict[str, Any]) -> Response:
    return send(request, msgspec.json.encode(document), JSON, tag)
