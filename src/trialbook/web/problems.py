"""What does a browser or a program see when something went wrong? A status and a sentence, never a traceback."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from trialbook.ask.refusals import quote
from trialbook.errors import (
    ApiError,
    NotFoundError,
    RecordDamagedError,
    StoreError,
    StoreReadOnlyError,
    TrialbookError,
)
from trialbook.pages import render_message_page

LOG = logging.getLogger("trialbook")
# After so many seconds a client may ask again for what cannot be answered now.
RETRY_AFTER = {"retry-after": "60"}


def find_status(error: TrialbookError) -> int:
    """The status of an error.

    404 for what is not here, 403 for what may not be changed, 503 where the library cannot answer, 400 for a bad
    question.
    """
    if isinstance(error, ApiError):
        return error.status
    if isinstance(error, NotFoundError):
        return 404
    if isinstance(error, StoreReadOnlyError):
        return 403
    return 503 if isinstance(error, StoreError) else 400


def show_problem(_: Request, error: Exception) -> Response:
    """What went wrong, as a page."""
    status = _find_page_status(error)
    headers = RETRY_AFTER if status == 503 else None
    return HTMLResponse(render_problem(error), status_code=status, headers=headers)


def render_problem(error: Exception) -> str:
    """The page that says what went wrong."""
    status = _find_page_status(error)
    hint = getattr(error, "hint", "") or HINTS.get(status, "Go back and try again.")
    message = getattr(error, "message", "") or str(error)
    return render_message_page(TITLES.get(status, "That did not work"), message, hint, status=status)


def _find_page_status(error: Exception) -> int:
    return find_status(error) if isinstance(error, TrialbookError) else 500


TITLES = {403: "Not changed", 404: "Not here", 503: "The library cannot answer"}
HINTS = {
    403: "What is there can be read all the same.",
    404: "Search for it, or import it.",
    503: "Nothing is wrong with your question. Whoever keeps this library can mend it.",
}


def show_missing(request: Request, _: Exception) -> Response:
    """No such page; programs are told in plain text."""
    if request.url.path.startswith("/api/"):
        return PlainTextResponse(f"There is nothing at {quote(request.url.path)}", status_code=404)
    page = render_message_page("No such page", f"There is nothing at {request.url.path}.", status=404)
    return HTMLResponse(page, status_code=404)


@contextmanager
def keep_told_out_of_logs() -> Iterator[None]:
    """Let an error that nobody expects say where it arose, and no more.

    Its message may hold what was told of a person, and the server's log would keep it.
    """
    try:
        yield
    except TrialbookError:
        raise
    except Exception as error:
        frames = traceback.extract_tb(error.__traceback__)
        places = ", ".join(f"{Path(each.filename).name}:{each.lineno}" for each in frames[-4:])
        raise RuntimeError(f"{type(error).__name__} while a person was looked at ({places})") from None


def log_damage(error: RecordDamagedError) -> None:
    """Name a damaged record in the log while an answer that has begun goes past it; as `OnDamage`."""
    LOG.warning("%s", error)
