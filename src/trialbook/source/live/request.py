"""Which records does a pull ask for, and how far has it come?

Every walk goes by `LastUpdatePostDate` from the oldest to the newest: a record that changes while the
walk is under way moves to its end, and the date reached is a safe place to start again from.
"""

from __future__ import annotations

import hashlib
import re
from datetime import date, timedelta

import msgspec

from trialbook.errors import SourceFormatError, UsageError

# Dates are those of the registry's own office; a day covers every time zone and a late posting.
OVERLAP = timedelta(days=1)

_NCT_ID = re.compile(r"[Nn][Cc][Tt]0*([1-9][0-9]{0,7})")
_NORMAL_ID = re.compile(r"NCT[0-9]{8}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class PullRequest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What to pull. The parts narrow one another; `everything` stands alone or with `since`.

    Attributes
    ----------
    ids
        NCT numbers; those that the registry does not know come back as `Rejected`.
    condition, term, location, intervention, sponsor
        In the registry's query language (`query.cond`, `.term`, `.locn`, `.intr`, `.spons`).
    everything
        The whole registry; has to be said, so that nobody downloads 10 GB by leaving a word out.
    since
        Only records whose last update was posted on this day or later (a day of overlap is added).
    """

    ids: tuple[str, ...] = ()
    condition: str = ""
    term: str = ""
    location: str = ""
    intervention: str = ""
    sponsor: str = ""
    everything: bool = False
    since: date | None = None

    @property
    def has_only_ids(self) -> bool:
        """Whether each id must come back: nothing else narrows the request."""
        return bool(self.ids) and not self.since and not self._find_queries()

    def _find_queries(self) -> dict[str, str]:
        texts = {
            "query.cond": self.condition,
            "query.term": self.term,
            "query.locn": self.location,
            "query.intr": self.intervention,
            "query.spons": self.sponsor,
        }
        return {name: text.strip() for name, text in texts.items() if text.strip()}

    def compute_fingerprint(self, registry: str) -> str:
        """Name this request to this registry: 64 hexadecimal digits, the key of its saved state."""
        return hashlib.sha256(msgspec.json.encode([registry, check_request(self)])).hexdigest()


class PullState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How far a pull has come: save it in one transaction with the page that it came with.

    Attributes
    ----------
    fingerprint
        `PullRequest.compute_fingerprint` of the request that it belongs to.
    ids_done, token
        How many of the request's ids have been dealt with; the token of the next page ("" for the first).
    walk_from, restart_from
        Lower bounds of LastUpdatePostDate (`YYYY-MM-DD`, "" for none) of this walk, and of this walk
        since its token expired.
    mark
        The newest last update date that this walk has handed over, never later than the data.
    high_water
        The same of the last walk that was completed: the next one starts there, less a day.
    data_timestamps
        The registry's own data timestamp at the start, and each other one seen since: more than one
        means that the data changed during the walk.
    api_version
        As the registry states it.
    total, received
        Records that the registry announced (None: not said) and those received since then.
    restarts
        How often this walk had to start again because its token had expired.
    is_sorted
        Whether the records have come in order of date, as asked.
    is_complete
        Whether the walk has ended.
    """

    fingerprint: str
    ids_done: int = 0
    token: str = ""
    walk_from: str = ""
    restart_from: str = ""
    mark: str = ""
    high_water: str = ""
    data_timestamps: tuple[str, ...] = ()
    api_version: str = ""
    total: int | None = None
    received: int = 0
    restarts: int = 0
    is_sorted: bool = True
    is_complete: bool = False

    @property
    def shortfall(self) -> int:
        """How many records the registry announced and did not hand over (0 while under way)."""
        return max(0, (self.total or 0) - self.received) if self.is_complete else 0


def check_request(request: PullRequest) -> PullRequest:
    """Return the request with its ids in normal form.

    Raises UsageError where an id is none, nothing was asked for, or `everything` meets a narrower part.

    Examples
    --------
    >>> check_request(PullRequest(ids=("nct4776239",))).ids
    ('NCT04776239',)
    """
    ids = []
    for text in request.ids:
        match = _NCT_ID.fullmatch(text.strip())
        if not match:
            raise UsageError(f"{text[:40]!r} is no NCT number: expected NCT and up to 8 digits")
        ids.append(f"NCT{match[1]:0>8}")
    for name, text in request._find_queries().items():
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise UsageError(
                f"{name} has half a character at {error.start}: write whole characters, as Unicode text"
            ) from error
    request = msgspec.structs.replace(request, ids=tuple(sorted(set(ids))))
    is_narrow = bool(request.ids or request._find_queries())
    if request.everything and is_narrow:
        raise UsageError("everything, or ids, a condition, a term, a place…: not both")
    if not (request.everything or is_narrow or request.since):
        raise UsageError("say what to pull: ids, a condition, a term, a place, a date, or everything")
    return request


def encode_state(state: PullState) -> bytes:
    """Write a state as JSON, for the library's `sync_state`."""
    return msgspec.json.encode(state)


def decode_state(body: bytes) -> PullState:
    """Read a state that `encode_state` wrote; raises SourceFormatError where it is damaged."""
    try:
        state = msgspec.json.decode(body, type=PullState)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise SourceFormatError(f"a saved pull cannot be read: {error}") from error
    for name in ("walk_from", "restart_from", "mark", "high_water"):
        if (value := getattr(state, name)) and not is_day(value):
            raise SourceFormatError("a saved pull is damaged", path=name, found=value, expected="YYYY-MM-DD")
    return state


def start_state(
    request: PullRequest, fingerprint: str, checkpoint: PullState | None, *, is_from_scratch: bool
) -> PullState:
    """Decide where a pull begins: in the middle of an unfinished walk, after a finished one, or anew.

    A request by ids alone is always asked whole; any other one, once complete, asks from then on only
    for what was updated since (less a day).
    """
    if checkpoint is not None and checkpoint.fingerprint != fingerprint:
        raise UsageError("this saved state belongs to another pull")
    first = request.since.isoformat() if request.since else ""
    if checkpoint is None or is_from_scratch:
        high_water = checkpoint.high_water if checkpoint else ""
        return PullState(fingerprint=fingerprint, walk_from=less_overlap(first), high_water=high_water)
    if not checkpoint.is_complete:
        # A chunk of ids is asked again from its start: who is missing shows only when all have come.
        if not request.ids:
            return checkpoint
        return msgspec.structs.replace(checkpoint, token="", received=0, total=None)
    bound = "" if request.has_only_ids else checkpoint.high_water or first
    return PullState(fingerprint=fingerprint, walk_from=less_overlap(bound), high_water=checkpoint.high_water)


def build_query(
    request: PullRequest, state: PullState, ids: tuple[str, ...], *, page_size: int
) -> dict[str, str]:
    """Write the parameters of `/studies` for the page that the state stands before."""
    query = {**request._find_queries(), "sort": "LastUpdatePostDate:asc", "pageSize": str(page_size)}
    if ids:
        query["filter.ids"] = "|".join(ids)
    bound = state.restart_from or state.walk_from
    if bound:
        updated = f"AREA[LastUpdatePostDate]RANGE[{bound},MAX]"
        # A record without that date comes last in the order and matches no range.
        is_whole = not state.walk_from
        query["filter.advanced"] = f"{updated} OR AREA[LastUpdatePostDate]MISSING" if is_whole else updated
    if state.token:
        query["pageToken"] = state.token
    else:
        query["countTotal"] = "true"
    return query


def is_nct_id(text: str) -> bool:
    """Tell whether a text is an NCT number in its normal form.

    >>> is_nct_id("NCT04776239"), is_nct_id("nct1")
    (True, False)
    """
    return _NORMAL_ID.fullmatch(text) is not None


def is_day(text: str) -> bool:
    """Tell whether a text is a whole, real date `YYYY-MM-DD`."""
    if not _DAY.fullmatch(text):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def less_overlap(day: str) -> str:
    """Step back by the overlap ("" stays "").

    >>> less_overlap("2026-03-01")
    '2026-02-28'
    """
    if not day or day <= "0001-01-02":
        return day
    return (date.fromisoformat(day) - OVERLAP).isoformat()
