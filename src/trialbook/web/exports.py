"""How does all that a search finds leave over HTTP? As one file, made while it leaves, a few at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from trialbook.errors import ApiError, UsageError
from trialbook.export import forms
from trialbook.library import Library
from trialbook.library.export import iter_found, make_export
from trialbook.search.engine.engine import SearchRequest
from trialbook.web.api_v2.answers import Turns, send_blocks
from trialbook.web.problems import log_damage


def send_export(
    library: Library,
    turns: Turns,
    request: Request,
    asked: SearchRequest,
    *,
    form: str,
    names: Sequence[str] = (),
    stem: str = "ctg-studies",
) -> Response:
    """All studies that a request finds, as a file in one of `FORMS`.

    Parameters
    ----------
    asked
        Which studies; their order is that of ids.
    names
        The parts or columns that are wanted; all unless told.
    stem
        The file's name without its end.

    Raises
    ------
    ApiError
        A part or column does not exist (400), the form cannot be written here (501), or too many exports
        leave already (503).
    """
    try:
        export = make_export(asked, form=form, names=names)
    except UsageError as error:
        raise ApiError(str(error), 501) from error

    def find_bodies() -> Iterator[bytes]:
        # By the index also where all are asked for: whoever reads slowly holds no state of the store.
        return iter_found(library.engine, export.request, library.find_body, on_damage=log_damage)

    return send_records(turns, request, find_bodies, export.wanted, stem=stem)


def send_records(
    turns: Turns,
    request: Request,
    find_bodies: Callable[[], Iterator[bytes]],
    wanted: forms.Wanted,
    *,
    stem: str,
) -> Response:
    """Records as a file in a form, whose name without its end is `stem`; ApiError (503) where too many leave already."""
    form = wanted.form
    headers = {"content-disposition": f'attachment; filename="{stem}.{form}"'}
    media_type = forms.FORMS[form]
    if request.method == "HEAD":
        return StreamingResponse(iter(()), headers=headers, media_type=media_type)
    return send_blocks(turns.take(forms.write_records(find_bodies(), wanted)), media_type, {**headers})
