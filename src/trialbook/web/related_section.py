"""How does a record's page name related studies and stay fast? It waits a moment for them, no longer."""

from __future__ import annotations

import logging
import threading
from concurrent.futures import Future, ThreadPoolExecutor

from trialbook.errors import StoreError, TrialbookError
from trialbook.library import Library
from trialbook.library.related import list_notes
from trialbook.pages.contents import RelatedView
from trialbook.record.links import study_url
from trialbook.web.related_views import NOT_MADE, view_groups

LOG = logging.getLogger("trialbook")
SHOWN = 5
# The first page after a start waits while the thesaurus is read; those after it are ready sooner.
WAIT_S = 0.25
WORKERS, MOST_PENDING, MOST_KEPT = 2, 8, 1_000
NOT_YET = "They are being worked out: load the page again in a moment, or go to the page of related studies."
FAILED = "They could not be worked out for this record."


class RelatedSections:
    """Works out what is like a record beside its page, and keeps it until the library changes.

    Parameters
    ----------
    wait_s
        How long a page waits, in seconds; what comes later is there for the next one.
    """

    def __init__(self, library: Library, *, wait_s: float = WAIT_S) -> None:
        self._library, self._wait_s = library, wait_s
        self._executor = ThreadPoolExecutor(WORKERS, thread_name_prefix="related")
        self._lock = threading.Lock()
        self._kept: dict[tuple[str, int], Future[RelatedView]] = {}

    def close(self) -> None:
        """Begin nothing more."""
        self._executor.shutdown(wait=True, cancel_futures=True)

    def find(self, nct_id: str) -> RelatedView:
        """What the section of a record holds; where it is not there in time, a sentence that says so."""
        key, url = (nct_id, self._library.store.seq), f"{study_url(nct_id)}/related"
        with self._lock:
            found = self._kept.get(key)
            if found is None:
                if sum(not each.done() for each in self._kept.values()) >= MOST_PENDING:
                    return RelatedView(notes=(NOT_YET,), url=url)
                found = self._executor.submit(self._compose, nct_id, url)
                self._keep(key, found)
        try:
            view = found.result(timeout=self._wait_s)
        except TimeoutError:
            return RelatedView(notes=(NOT_YET,), url=url)
        except TrialbookError as error:
            self._forget(key)
            is_missing = isinstance(error, StoreError)
            return RelatedView(notes=(NOT_MADE if is_missing else FAILED,), url="" if is_missing else url)
        except Exception:
            LOG.exception("related studies of %s", nct_id)
            self._forget(key)
            return RelatedView(notes=(FAILED,), url=url)
        if view.notes:
            # What was behind or too short may not be so any more.
            self._forget(key)
        return view

    def _keep(self, key: tuple[str, int], found: Future[RelatedView]) -> None:
        while len(self._kept) >= MOST_KEPT:
            oldest = next((each for each, held in self._kept.items() if held.done()), None)
            if oldest is None:
                break
            del self._kept[oldest]
        self._kept[key] = found

    def _forget(self, key: tuple[str, int]) -> None:
        with self._lock:
            self._kept.pop(key, None)

    def _compose(self, nct_id: str, url: str) -> RelatedView:
        found = self._library.find_related(nct_id, limit=SHOWN)
        return RelatedView(
            groups=view_groups(self._library, found.studies),
            notes=list_notes(found, self._library.store.seq),
            url=url,
        )
