"""How does an answer of any size leave the library? Record by record, by id, in bounded memory."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import msgspec

from trialbook.ask.address import WHICH, read_asked
from trialbook.ask.dates import read_as_of
from trialbook.ask.parameters import Parameters
from trialbook.errors import UsageError
from trialbook.export.csv_table import choose_columns
from trialbook.export.forms import FORMS
from trialbook.export.parquet import open_writer
from trialbook.export.projection import Selection, select_fields
from trialbook.library.build import mend_index, open_engine
from trialbook.search.engine.engine import SearchEngine, SearchRequest
from trialbook.store import Store

FindBody = Callable[[str, str | None], bytes | None]
STUDIES_AT_ONCE = 1_000
KNOWN = frozenset({*WHICH, "as_of", "format", "fields"})


class Export(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be exported.

    Attributes
    ----------
    request
        Which studies; without any query, all.
    form
        One of `FORMS`.
    selection
        The part of each record that JSON lines hold; None for the record as received.
    columns
        The columns of the tables.
    """

    request: SearchRequest
    form: str
    selection: Selection | None
    columns: list[str]


def read_export(parameters: Parameters) -> Export:
    """Read an export; raises ApiError and QueryError, and UsageError where Parquet cannot be written here."""
    form = parameters.choice("format", FORMS)
    names = parameters.field_names()
    asked = read_asked(parameters).request
    if form == "parquet":
        open_writer()
    return Export(
        # As filters the queries find the same, and no order has to be kept for a walk of any length.
        request=SearchRequest(
            filters=(*asked.queries, *asked.filters), as_of=read_as_of(parameters.text("as_of"))
        ),
        form=form,
        selection=select_fields(names) if names and form == "jsonl" else None,
        columns=[] if form == "jsonl" else choose_columns(names),
    )


def iter_bodies(engine: SearchEngine, request: SearchRequest, find_body: FindBody) -> Iterator[bytes]:
    """The records that a request without an order finds, by id; each once, also while an import runs.

    Each part may be read in another thread: `find_body` must serve all.
    """
    token: str | None = None
    while True:
        page = engine.search_page(request, page_size=STUDIES_AT_ONCE, page_token=token)
        for nct_id in page.nct_ids:
            body = find_body(nct_id, request.as_of)
            if body is not None:
                yield body
        token = page.next_page_token
        if token is None:
            return


def iter_exported(store: Store, export: Export) -> Iterator[bytes]:
    """The records of an export, straight from a library; all of them without a look at the index."""
    request = export.request
    if not request.filters:
        yield from (body for _, body in store.iter_current(as_of=request.as_of))
        return
    mend_index(store.home)

    def find_body(nct_id: str, as_of: str | None) -> bytes | None:
        return store.find_body(nct_id, as_of=as_of)

    yield from iter_bodies(open_engine(store.home), request, find_body)


def save_export(blocks: Iterable[bytes], path: Path) -> None:
    """Write an export to a file, which appears when it is complete; raises UsageError where it cannot."""
    unfinished = path.with_name(path.name + ".part")
    try:
        with unfinished.open("wb") as out:
            for block in blocks:
                out.write(block)
        unfinished.replace(path)
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror or error}") from error
    finally:
        with contextlib.suppress(OSError):
            unfinished.unlink()
