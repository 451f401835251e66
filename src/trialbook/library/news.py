"""What is new or changed among the studies that a query finds?"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from itertools import islice

import msgspec

from trialbook.changes.compare import Change
from trialbook.changes.history import compare
from trialbook.errors import StoreDamagedError
from trialbook.library.kept import Look
from trialbook.model.present import decode_present
from trialbook.record.walk import walk_values
from trialbook.search.engine.engine import SearchEngine, SearchRequest
from trialbook.store import Store
from trialbook.store.arrivals import (
    Arrival,
    Receipt,
    find_arrivals,
    find_last_before,
    find_last_receipts,
    find_receipts,
)

MOST_NEWS = 200
# Up to so many studies, each is asked when it last changed; of more, the last changes are asked whom they met.
MOST_ASKED = 5_000
MOST_WALKED = 20_000
WALKED_AT_ONCE = 500
# What is no news (see `find_arrivals`) is passed over; so many are looked at for each one that is wanted.
LOOKED_AT_FOR_EACH = 10

_TITLES = ("briefTitle", "officialTitle")


class News(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to tell: a study is new in the library, or its record is another than before.

    Attributes
    ----------
    entry_id
        The same for the same version in the same library, whatever the query; an URN.
    number
        Grows from one thing to the next: the number of the last version of the study that the run brought.
    is_new
        Whether the library did not have the study before.
    changes, warnings
        What differs from the version before; see `trialbook.changes.history`.
    """

    entry_id: str
    number: int
    nct_id: str
    title: str
    learnt_at: str
    version_date: str | None
    is_new: bool
    changes: tuple[Change, ...] = ()
    warnings: tuple[str, ...] = ()


def find_news(
    store: Store, engine: SearchEngine, request: SearchRequest, *, after: int = 0, limit: int = 50
) -> tuple[News, ...]:
    """The last things to tell of the studies that a request finds now, the last one first.

    Parameters
    ----------
    request
        Which studies; its order, window and facets do not count.
    after
        Only versions that came after the one with this number.
    limit
        How many, up to 200.

    Notes
    -----
    What a study was before does not count: one that the query finds only since its last change is among
    the answers as changed, one that it no longer finds is not. Of a request with more than 5,000 studies,
    the last 20,000 versions that the library received are looked at. The search for news ends when ten
    times as many things as are wanted were looked at.
    """
    return _find_told(store, _iter_met(store, engine, request, after), limit)


def find_news_of(store: Store, after: Mapping[str, int], *, limit: int = 50) -> tuple[News, ...]:
    """The last things to tell of some studies, the last one first.

    Parameters
    ----------
    after
        Id -> the number of a version; only versions of the study that came after it count.
    limit
        How many, up to 200.
    """
    first = min(after.values(), default=0)
    receipts = find_receipts(store, tuple(after), after=first, most=MOST_NEWS * LOOKED_AT_FOR_EACH)
    return _find_told(store, (each for each in receipts if each.number > after[each.nct_id]), limit)


def find_look(store: Store, look: Look) -> int:
    """The number after which all is news since a look.

    A library that was set back to an earlier state counts on from there: what came since the moment of the
    look is news then, whatever its number.
    """
    moment = datetime.fromisoformat(look.at) + timedelta(seconds=1)
    return min(look.number, find_last_before(store, moment.isoformat()))


def _find_told(store: Store, receipts: Iterable[Receipt], limit: int) -> tuple[News, ...]:
    wanted = max(0, min(limit, MOST_NEWS))
    found: list[News] = []
    known: dict[str, dict[int, Arrival]] = {}
    for receipt in islice(receipts, wanted * LOOKED_AT_FOR_EACH):
        if len(found) >= wanted:
            break
        if receipt.nct_id not in known:
            known[receipt.nct_id] = {each.run: each for each in find_arrivals(store, receipt.nct_id)}
        arrival = known[receipt.nct_id].get(receipt.run)
        news = None if arrival is None else _tell_if_whole(store, arrival, receipt.number)
        if news is not None:
            found.append(news)
    return tuple(found)


def _iter_met(store: Store, engine: SearchEngine, request: SearchRequest, after: int) -> Iterator[Receipt]:
    """What was received of the studies that a request finds, the last thing first."""
    plain = SearchRequest(filters=(*request.queries, *request.filters), limit=MOST_ASKED)
    found = engine.search(plain)
    if found.total <= MOST_ASKED:
        yield from find_receipts(store, found.nct_ids, after=after, most=MOST_NEWS * LOOKED_AT_FOR_EACH)
        return
    walked = find_last_receipts(store, after=after, most=MOST_WALKED)
    for start in range(0, len(walked), WALKED_AT_ONCE):
        part = walked[start : start + WALKED_AT_ONCE]
        among = tuple({receipt.nct_id for receipt in part})
        met = set(engine.search(msgspec.structs.replace(plain, among=among, limit=len(among))).nct_ids)
        yield from (receipt for receipt in part if receipt.nct_id in met)


def _tell_if_whole(store: Store, arrival: Arrival, number: int) -> News | None:
    """As `_tell`; of a damaged record it is told that it is damaged."""
    try:
        return _tell(store, arrival, number)
    except StoreDamagedError as error:
        version = arrival.version
        return News(
            entry_id=make_urn(store, f"version {version.version_id}"),
            number=number,
            nct_id=version.nct_id,
            title="its record is damaged",
            learnt_at=version.learnt_at,
            version_date=version.version_date,
            is_new=arrival.before is None,
            warnings=(str(error),),
        )


def _tell(store: Store, arrival: Arrival, number: int) -> News | None:
    """What is to be told of an arrival; None where nothing that both versions can say differs."""
    version, before = arrival.version, arrival.before
    comparison = None if before is None else compare(store, version.nct_id, before, version)
    if comparison is not None and not comparison.changes:
        return None
    return News(
        entry_id=make_urn(store, f"version {version.version_id}"),
        number=number,
        nct_id=version.nct_id,
        title=_find_title(store.get_version_body(version.version_id)) or version.nct_id,
        learnt_at=version.learnt_at,
        version_date=version.version_date,
        is_new=before is None,
        changes=comparison.changes if comparison else (),
        warnings=comparison.warnings if comparison else (),
    )


def _find_title(body: bytes) -> str:
    record = decode_present(body)
    for name in _TITLES:
        for value in walk_values(record, ("protocolSection", "identificationModule", name)):
            if isinstance(value, str) and value.strip():
                return value.strip()
    return ""


def make_urn(store: Store, name: str) -> str:
    """An id that is the same for the same thing of the same library, everywhere and forever."""
    return uuid.uuid5(uuid.UUID(store.library_id), name).urn
