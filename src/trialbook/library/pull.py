"""How do records come from a live registry? Page by page, each kept before its place is noted."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from pathlib import Path

from trialbook.errors import SourceFormatError, SourceReadError
from trialbook.library.build import Batch, ImportCounts, check_new, open_batch
from trialbook.source.incoming import contain
from trialbook.source.limits import MIB
from trialbook.source.live.api import (
    ClientSettings,
    PullRequest,
    PullState,
    RegistryClient,
    RegistryRefusal,
    check_request,
    decode_state,
    encode_state,
    find_registry,
    pull_history,
    pull_studies,
)
from trialbook.source.version_history import read_history

# What came is made findable that often while a run goes on.
SHOWN_EVERY_S = 5.0
UNKNOWN_THERE = 404


def _read_checkpoint(saved: str | None, counts: ImportCounts) -> PullState | None:
    """Where the last pull stood; a state that cannot be read costs a new walk, and is told."""
    if saved is None:
        return None
    try:
        return decode_state(saved.encode())
    except SourceFormatError as error:
        counts.problems.append(f"the state of the last pull cannot be read, so it starts anew: {error}")
        return None


def pull_records(
    home: Path,
    request: PullRequest,
    *,
    registry: str | None = None,
    page_size: int = 1000,
    on_page: Callable[[ImportCounts], None] = lambda counts: None,
) -> ImportCounts:
    """Fetch records from a live registry into a library; a run that was stopped goes on where it stood.

    Raises
    ------
    UsageError
        The request makes no sense.
    StoreBusyError, StoreError
        The library cannot be written.

    Notes
    -----
    What came is findable a few seconds later, while the run goes on. A registry that declines or cannot be
    read for now is named in `ImportCounts.problems`; what came is kept, counted and searchable.
    """
    address = find_registry(registry)
    fingerprint = request.compute_fingerprint(address)
    with open_batch(home, address, note=fingerprint) as batch:
        writer, counts = batch.writer, batch.counts
        checkpoint = _read_checkpoint(writer.store.find_sync_state(fingerprint), counts)
        try:
            with _open_client(address, batch) as client:
                for page in pull_studies(client, request, checkpoint=checkpoint, page_size=page_size):
                    for item in check_new(page.records, writer):
                        batch.add(item)
                        del item  # see `check_new`
                    batch.flush()
                    writer.save_sync_state(fingerprint, encode_state(page.state).decode())
                    counts.not_sent = page.state.shortfall
                    batch.show(every_s=SHOWN_EVERY_S)
                    on_page(counts)
        except SourceReadError as error:
            counts.problems.append(str(error))
    return counts


def pull_histories(
    home: Path,
    nct_ids: Iterable[str],
    *,
    registry: str | None = None,
    on_answer: Callable[[ImportCounts], None] = lambda counts: None,
) -> ImportCounts:
    """Fetch the past versions of records from the registry's own site; a run that was stopped goes on.

    Parameters
    ----------
    nct_ids
        NCT numbers. One that the registry does not know is named in `ImportCounts.problems`, and the
        others are still fetched; whatever else goes wrong with the registry ends the run, and is named too.
    registry
        The address of its API, which ends in `/api/v2`; its site is beside it.

    Raises
    ------
    UsageError
        An id or the address makes no sense.
    StoreBusyError, StoreError
        The library cannot be written.
    """
    address = find_registry(registry)
    ids = check_request(PullRequest(ids=tuple(nct_ids))).ids
    with open_batch(home, address) as batch, _open_client(address, batch) as client:
        for nct_id in ids:
            try:
                known = {version.place for version in batch.writer.store.find_versions(nct_id)}
                for answer in pull_history(client, nct_id, known=known):
                    document = read_history(io.BytesIO(answer.body), answer.place)
                    items = contain(document, answer.place, answer.body[:MIB])
                    for item in check_new(items, batch.writer):
                        batch.add(item)
                        del item  # see `check_new`
                    batch.flush()
                    batch.show(every_s=SHOWN_EVERY_S)
                    on_answer(batch.counts)
            except SourceReadError as error:
                batch.counts.problems.append(str(error))
                if not (isinstance(error, RegistryRefusal) and error.status == UNKNOWN_THERE):
                    break
    return batch.counts


def _open_client(address: str, batch: Batch) -> RegistryClient:
    """A client that, before it waits for a registry that stumbles, shows what has come so far."""
    return RegistryClient(ClientSettings(registry=address), on_wait=lambda wait: batch.show())
