"""What did a record say before? The histories that the registry's own site serves, as received.

`history.read_history` reads each body: the list of versions gives notices and the current study, and
a version gives that version's study.
"""

from __future__ import annotations

from collections.abc import Container, Iterator

import msgspec

from trialbook.errors import UsageError
from trialbook.source.live.client import RegistryClient
from trialbook.source.live.request import PullRequest, check_request


class HistoryBody(msgspec.Struct, frozen=True):
    """One answer about a record's past, as received.

    Attributes
    ----------
    nct_id
        The record.
    version
        The registry's number of the version, from 0; None for the list of versions.
    date
        The version's own date (`YYYY-MM-DD`), "" for the list of versions.
    body
        The whole answer: `{"study": …, "history": {"changes": […]}}` for the list, otherwise
        `{"studyVersion": n, "study": …}`.
    place
        The address that it came from.
    """

    nct_id: str
    version: int | None
    date: str
    body: bytes
    place: str


class _Change(msgspec.Struct):
    version: int
    date: str = ""


class _History(msgspec.Struct):
    changes: list[_Change]


class _HistoryAnswer(msgspec.Struct):
    history: _History


class _VersionStudy(msgspec.Struct, rename="camel"):
    protocol_section: dict[str, msgspec.Raw]


class _VersionAnswer(msgspec.Struct):
    study: _VersionStudy


def pull_history(client: RegistryClient, nct_id: str, *, known: Container[str] = ()) -> Iterator[HistoryBody]:
    """Fetch what a record said before: the list of its versions, then each whose address is not `known`.

    These addresses belong to the registry's own site (`/api/int`, beside `/api/v2`); they are not
    documented, and a registry without them answers 404. Texts come as HTML there, not as Markdown.

    Raises UsageError for an id that is none or a registry whose address does not end in `/api/v2`;
    RegistryRefusal and SourceReadError as `pull_studies` does.
    """
    (nct_id,) = check_request(PullRequest(ids=(nct_id,))).ids
    if not client.registry.endswith("/api/v2"):
        raise UsageError(f"{client.registry}: histories need an address that ends in /api/v2")
    address = f"{client.registry.removesuffix('/v2')}/int/studies/{nct_id}"
    body, changes = client.get(address, {"history": "true"}, decode=_decode_history)
    yield HistoryBody(nct_id, None, "", body, f"{address}?history=true")
    for change in changes:
        place = f"{address}/history/{change.version}"
        if place not in known:
            body = client.get(place, decode=_decode_version)
            yield HistoryBody(nct_id, change.version, change.date, body, place)


def _decode_history(body: bytes) -> tuple[bytes, list[_Change]]:
    changes = msgspec.json.decode(body, type=_HistoryAnswer).history.changes
    return body, [change for change in changes if change.version >= 0]


def _decode_version(body: bytes) -> bytes:
    msgspec.json.decode(body, type=_VersionAnswer)
    return body
