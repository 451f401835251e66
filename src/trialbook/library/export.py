"""How does an answer of any size leave the library? Record by record, by id, in bounded memory."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import msgspec

from trialbook.ask.address import WHICH, read_asked
from trialbook.ask.dates import read_as_of
from trialbook.ask.parameters import Parameters
from trialbook.errors import RecordDamagedError, StoreDamagedError, UsageError
from trialbook.export.forms import ENDINGS, FORMS, Wanted, make_wanted
from trialbook.search.engine.engine import SearchEngine, SearchRequest
from trialbook.search.engine.gazetteer import FindPlace, find_known_place
from trialbook.store.store import OnDamage, refuse_damage

FindBody = Callable[[str, str | None], bytes | None]
STUDIES_AT_ONCE = 1_000
KNOWN = frozenset({*WHICH, "as_of", "format", "fields"})


class Export(msgspec.Struct, frozen=True):
    """What is to be exported: which studies (without any query, all), and what of each in which form."""

    request: SearchRequest
    wanted: Wanted


def read_export(parameters: Parameters, find_place: FindPlace = find_known_place) -> Export:
    """Read an export from an address, `find_place` as in `ask.filters.make_request`; raises as `make_export`, and ApiError."""
    request = read_asked(parameters, find_place).request
    return make_export(
        msgspec.structs.replace(request, as_of=read_as_of(parameters.text("as_of"))),
        form=parameters.choice("format", FORMS),
        names=parameters.field_names(),
    )


def make_export(request: SearchRequest, *, form: str, names: Sequence[str] = ()) -> Export:
    """What a request finds, in one of `FORMS`.

    Parameters
    ----------
    names
        Parts of the record for JSON, columns for the tables; all unless told.

    Raises
    ------
    ApiError
        There is no such part or column, or the form has none to choose from.
    UsageError
        Parquet cannot be written here.
    """
    form = form.lower()
    if form not in FORMS:
        raise UsageError(f"there is no form {form[:40]!r}: {', '.join(FORMS)}")
    # As filters the queries find the same, and no order has to be kept for a walk of any length.
    plain = SearchRequest(filters=(*request.queries, *request.filters), as_of=request.as_of)
    return Export(plain, make_wanted(form, names))


def find_form(path: Path) -> str:
    """The form that the end of a file's name stands for; raises UsageError."""
    form = guess_form(path)
    if not form:
        raise UsageError(f"{path.name} does not end as one of {', '.join(ENDINGS)}: name a form")
    return form


def guess_form(path: Path) -> str:
    """The form that the end of a file's name stands for, "" where it stands for none.

    >>> [guess_form(Path(name)) for name in ("a.CSV", "a.excel.csv", "a.fhir.ndjson", "a.doc")]
    ['csv', 'excel.csv', 'fhir.ndjson', '']
    """
    name = path.name.lower()
    return next((form for ending, form in ENDINGS.items() if name.endswith(ending)), "")


def iter_found(
    engine: SearchEngine,
    request: SearchRequest,
    find_body: FindBody,
    *,
    on_damage: OnDamage = refuse_damage,
) -> Iterator[bytes]:
    """The records that a request without an order finds, by id; each once, also while an import runs.

    Each part may be read in another thread: `find_body` must serve all. Of a damaged record `on_damage`
    is told, and may let the walk go on.
    """
    token: str | None = None
    while True:
        page = engine.search_page(request, page_size=STUDIES_AT_ONCE, page_token=token)
        for nct_id in page.nct_ids:
            try:
                body = find_body(nct_id, request.as_of)
            except RecordDamagedError as error:
                on_damage(error)
                continue
            except StoreDamagedError:
                on_damage(RecordDamagedError(nct_id, ""))
                continue
            if body is not None:
                yield body
        token = page.next_page_token
        if token is None:
            return


def iter_bodies_of(
    nct_ids: Iterable[str], find_body: FindBody, *, on_damage: OnDamage = refuse_damage
) -> Iterator[bytes]:
    """The records of some studies, in their order; those that are not here are left out. `on_damage` as in `iter_found`."""
    for nct_id in nct_ids:
        try:
            body = find_body(nct_id, None)
        except RecordDamagedError as error:
            on_damage(error)
            continue
        if body is not None:
            yield body


def write_file(blocks: Iterable[bytes], path: Path, *, apart_from: Path | None = None) -> None:
    """Write blocks to a file, which appears, or is another, when it is complete.

    A link stays a link: what it points to is written. A pipe or a device is written to as it is.
    Raises UsageError where it cannot be written, or lies in the folder `apart_from`: a library's own.
    """
    try:
        target = path.resolve()
        if apart_from is not None and target.is_relative_to(apart_from.resolve()):
            raise UsageError(f"{path} lies in the library's own folder: name a file elsewhere")
        if target.exists() and not target.is_file():
            with target.open("wb") as out:
                out.writelines(blocks)
            return
        _write_beside(blocks, target)
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror or error}") from error


def _write_beside(blocks: Iterable[bytes], target: Path) -> None:
    """Write a file of its own beside the target, and put it in its place when all is written."""
    unfinished = target.with_name(f"{target.name[:200]}.{secrets.token_hex(8)}.part")
    try:
        with unfinished.open("xb") as out:
            out.writelines(blocks)
        if target.exists():
            shutil.copymode(target, unfinished)
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)
