"""What does the live registry hold? Pages of records over API v2, each with the state to save beside it.

    with RegistryClient(ClientSettings(registry=find_registry())) as client:
        for page in pull_studies(client, PullRequest(everything=True), checkpoint=saved):
            ...  # store page.records and page.state in one transaction

Stop it anywhere and start it again with the last saved state: nothing is lost, and what comes twice is
the same record. The version histories of the registry's own site come by `pull_history`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import msgspec

from trialbook.errors import SourceReadError, UsageError
from trialbook.source.api_v2 import FORMAT as API_V2
from trialbook.source.incoming import Incoming, Rejected
from trialbook.source.live.address import find_registry
from trialbook.source.live.client import ClientSettings, RegistryClient, RegistryRefusal, Wait
from trialbook.source.live.past_versions import HistoryBody, pull_history
from trialbook.source.live.request import (
    PullRequest,
    PullState,
    build_query,
    check_request,
    decode_state,
    encode_state,
    is_day,
    is_nct_id,
    start_state,
)

__all__ = [
    "ClientSettings",
    "HistoryBody",
    "Page",
    "PullRequest",
    "PullState",
    "RegistryClient",
    "RegistryRefusal",
    "Wait",
    "check_request",
    "decode_state",
    "encode_state",
    "find_registry",
    "pull_history",
    "pull_studies",
]

LARGEST_PAGE = 1000  # the registry's own limit
_SMALLEST_PAGE = 10
_IDS_A_REQUEST = 200  # keeps the address under 4,000 characters
_PAGES_BEFORE_GROWING = 4
_MOST_RESTARTS_IN_PLACE = 5
_MOST_EMPTY_PAGES = 100
_TOKEN_REFUSALS = (400, 404, 410)
_KEPT_BYTES = 1 << 20


class Page(msgspec.Struct, frozen=True):
    """One page of a pull.

    Attributes
    ----------
    records
        In the order of the answer, each `Incoming.body` the very bytes of that record in the answer.
    state
        What to save together with them.
    """

    records: tuple[Incoming | Rejected, ...]
    state: PullState


class _Answer(msgspec.Struct, rename="camel"):
    studies: list[msgspec.Raw]
    next_page_token: str | None = None
    total_count: int | None = None


class _Version(msgspec.Struct, rename="camel"):
    api_version: str = ""
    data_timestamp: str = ""


class _Glance(msgspec.Struct):
    """What a walk needs to know about a record, and no more."""

    nct_id: str
    aliases: tuple[str, ...] = ()
    last_update: str = ""


class _Identification(msgspec.Struct, rename="camel"):
    nct_id: str
    nct_id_aliases: tuple[str, ...] = ()


class _Day(msgspec.Struct):
    date: str = ""


class _Status(msgspec.Struct, rename="camel"):
    last_update_post_date_struct: _Day = msgspec.field(default_factory=_Day)


class _Protocol(msgspec.Struct, rename="camel"):
    identification_module: _Identification
    status_module: _Status = msgspec.field(default_factory=_Status)


class _Record(msgspec.Struct, rename="camel"):
    protocol_section: _Protocol


_QUICK_LOOK = msgspec.json.Decoder(_Record)


def pull_studies(
    client: RegistryClient,
    request: PullRequest,
    *,
    checkpoint: PullState | None = None,
    page_size: int = LARGEST_PAGE,
    is_from_scratch: bool = False,
) -> Iterator[Page]:
    """Pull the records that a request asks for, page by page, oldest update first.

    Parameters
    ----------
    checkpoint
        The state saved last under `request.compute_fingerprint(client.registry)`. An unfinished pull
        goes on where it stood; a finished one asks for what was updated since.
    page_size
        Records a page, 1 to 1000; halved for a while where answers are too slow or too large.
    is_from_scratch
        Ask for everything again: to see corrections that the registry made without a new date.

    Raises
    ------
    UsageError
        The request, the page size or the checkpoint makes no sense.
    RegistryRefusal, SourceReadError
        The registry declines the request, or cannot be read for now; what was handed over stands, and
        a later call with its last state goes on.

    Notes
    -----
    A token that expires half-way starts the walk again at the date reached. Records taken off the
    registry altogether are not noticed.
    """
    request = check_request(request)
    if not 1 <= page_size <= LARGEST_PAGE:
        raise UsageError(f"page size {page_size}: expected 1 to {LARGEST_PAGE}")
    fingerprint = request.compute_fingerprint(client.registry)
    state = start_state(request, fingerprint, checkpoint, is_from_scratch=is_from_scratch)
    return _Walk(client, request, state, page_size).walk()


class _Walk:
    """One walk through the records of a request; `state` is always what to save next."""

    def __init__(
        self, client: RegistryClient, request: PullRequest, state: PullState, page_size: int
    ) -> None:
        self.client, self.request, self.state, self.page_size = client, request, state, page_size
        self.wished_size, self.good_pages, self.grow_after = page_size, 0, _PAGES_BEFORE_GROWING
        self.found: set[str] = set()
        self.used_tokens: set[str] = set()
        self.empty_pages = 0
        self.restarts_in_place = 0
        self.reached = state.mark if state.token else ""

    def walk(self) -> Iterator[Page]:
        self._note_version()
        while not self.state.is_complete:
            answer = self._ask()
            records = self._read(answer)
            self._advance(answer)
            yield Page(records, self.state)

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids asked for at present."""
        return self.request.ids[self.state.ids_done : self.state.ids_done + _IDS_A_REQUEST]

    def _note_version(self) -> None:
        """Write down which data the registry shows now; one that does not say is asked no further."""
        try:
            version = self.client.get("/version", decode=msgspec.json.Decoder(_Version).decode)
        except RegistryRefusal as refusal:
            if refusal.status != 404:
                raise
            return
        seen = self.state.data_timestamps
        if version.data_timestamp and version.data_timestamp not in seen[-1:]:
            seen = (*seen, version.data_timestamp)
        self._update(data_timestamps=seen, api_version=version.api_version)

    def _update(self, **changes: Any) -> None:
        self.state = msgspec.structs.replace(self.state, **changes)

    def _ask(self) -> _Answer:
        """Ask for the next page; where its token has expired, start the walk again."""
        decode = msgspec.json.Decoder(_Answer).decode
        while True:
            try:
                answer = self.client.get("/studies", self._query(), decode=decode, lighten=self._lighten)
            except RegistryRefusal as refusal:
                if not self.state.token or refusal.status not in _TOKEN_REFUSALS:
                    raise
                self._restart(refusal)
            else:
                self._grow()
                return answer

    def _query(self) -> dict[str, str]:
        return build_query(self.request, self.state, self.ids, page_size=self.page_size)

    def _lighten(self) -> dict[str, str] | None:
        """Halve the pages for a while; the page size is no part of what a token is bound to."""
        if self.page_size <= _SMALLEST_PAGE:
            return None
        self.page_size = max(_SMALLEST_PAGE, self.page_size // 2)
        self.good_pages, self.grow_after = 0, self.grow_after * 2
        return self._query()

    def _grow(self) -> None:
        """Come back to larger pages after a bad spell, later each time that it was too early."""
        self.good_pages += 1
        if self.page_size < self.wished_size and self.good_pages >= self.grow_after:
            self.page_size, self.good_pages = min(self.wished_size, self.page_size * 2), 0

    def _restart(self, refusal: RegistryRefusal) -> None:
        """Go back to the date reached (to the beginning where the order cannot be trusted)."""
        state = self.state
        is_by_date = state.is_sorted and not self.request.ids
        bound = (state.mark if is_by_date else "") or state.walk_from
        is_in_place = state.restarts > 0 and bound == (state.restart_from or state.walk_from)
        self.restarts_in_place = self.restarts_in_place + 1 if is_in_place else 1
        if self.restarts_in_place > _MOST_RESTARTS_IN_PLACE:
            raise SourceReadError(
                f"its page tokens expire faster than the records of one day come ({refusal.text}): ask for "
                "larger pages, or take the bulk download and `trialbook import` it",
                place=refusal.place,
            ) from refusal
        self.found.clear()
        self.used_tokens.clear()
        self.reached = ""
        self._update(token="", restart_from=bound, restarts=state.restarts + 1, received=0, total=None)
        self._note_version()

    def _read(self, answer: _Answer) -> tuple[Incoming | Rejected, ...]:
        """Turn an answer into records, and note how far in time they reach."""
        records: list[Incoming | Rejected] = []
        days: list[str] = []
        for index, raw in enumerate(answer.studies):
            body = bytes(raw)
            try:
                glance = _look_at(body)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, _NoRecord) as error:
                place = f"{self.client.registry}/studies#{self.state.received + index + 1}"
                reason = f"no record of a study: {error}"
                records.append(Rejected(reason=reason, place=place, original=body[:_KEPT_BYTES]))
                continue
            self.found.update((glance.nct_id, *glance.aliases))
            if is_day(glance.last_update):
                days.append(glance.last_update)
            place = f"{self.client.registry}/studies/{glance.nct_id}"
            records.append(Incoming(body, place, API_V2.name))
        if self.request.has_only_ids and not answer.next_page_token:
            records += [self._reject_unknown(nct_id) for nct_id in self.ids if nct_id not in self.found]
        self._note_days(days)
        return tuple(records)

    def _reject_unknown(self, nct_id: str) -> Rejected:
        return Rejected(
            reason="the registry has no study with this number",
            place=f"{self.client.registry}/studies/{nct_id}",
            original=nct_id.encode(),
        )

    def _note_days(self, days: list[str]) -> None:
        if not days:
            return
        stamp = self.state.data_timestamps[:1]
        # A date after the data's own would make the next pull start too late.
        latest = stamp[0][:10] if stamp and is_day(stamp[0][:10]) else self.client.now().date().isoformat()
        is_sorted = self.state.is_sorted
        if not self.request.ids:
            in_order = [min(day, latest) for day in days]
            is_sorted = is_sorted and in_order == sorted(in_order) and in_order[0] >= self.reached
            self.reached = in_order[-1]
        mark = max(self.state.mark, min(max(days), latest))
        self._update(mark=mark, is_sorted=is_sorted)

    def _advance(self, answer: _Answer) -> None:
        """Move the state behind an answer."""
        if not self.state.token and answer.total_count is not None:
            self._update(total=(self.state.total or 0) + answer.total_count)
        self._update(received=self.state.received + len(answer.studies))
        self.empty_pages = 0 if answer.studies else self.empty_pages + 1
        token = answer.next_page_token or ""
        if token in self.used_tokens or self.empty_pages > _MOST_EMPTY_PAGES:
            raise SourceReadError("its pages go round in a circle", place=f"{self.client.registry}/studies")
        if token:
            self.used_tokens.add(token)
            self._update(token=token)
            return
        self.found.clear()
        self._update(token="", ids_done=self.state.ids_done + len(self.ids))
        if self.state.ids_done >= len(self.request.ids):
            self._close()

    def _close(self) -> None:
        # The records are all here: whether the data changed meanwhile is only a note.
        with contextlib.suppress(SourceReadError):
            self._note_version()
        self._update(
            is_complete=True, restart_from="", high_water=max(self.state.high_water, self.state.mark)
        )


class _NoRecord(ValueError):
    """A JSON value without the number of a study."""


def _look_at(body: bytes) -> _Glance:
    """Find a record's number, its aliases and its last update date; other shapes are the reader's matter."""
    body.decode("utf-8")
    try:
        # Skips what it does not need: a fifth of the time of a whole decoding.
        protocol = _QUICK_LOOK.decode(body).protocol_section
    except msgspec.ValidationError:
        glance = _look_slowly(msgspec.json.decode(body))
    else:
        named = protocol.identification_module
        day = protocol.status_module.last_update_post_date_struct.date
        glance = _Glance(named.nct_id, named.nct_id_aliases, day)
    if not is_nct_id(glance.nct_id):
        raise _NoRecord("no protocolSection.identificationModule.nctId in it")
    return glance


def _look_slowly(record: Any) -> _Glance:
    """Look at a record with a value of a wrong type somewhere on the way."""
    identification = _dig(record, "protocolSection", "identificationModule")
    nct_id, aliases = _dig(identification, "nctId"), _dig(identification, "nctIdAliases")
    day = _dig(record, "protocolSection", "statusModule", "lastUpdatePostDateStruct", "date")
    return _Glance(
        nct_id if isinstance(nct_id, str) else "",
        tuple(alias for alias in aliases if isinstance(alias, str)) if isinstance(aliases, list) else (),
        day if isinstance(day, str) else "",
    )


def _dig(value: Any, *keys: str) -> Any:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value
