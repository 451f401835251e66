"""How does a page that takes long to make arrive? Its head at once, so that there is something to see and to use.

What can be wrong with the question is found out before; what goes wrong while the rest is made is said in its place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from starlette.requests import Request
from starlette.responses import StreamingResponse

from trialbook.errors import TrialbookError
from trialbook.pages.begun import leave_out_beginning, render_beginning
from trialbook.web.large_records import hold_to_the_end
from trialbook.web.problems import render_problem

BLOCK = 1 << 17


def send_begun(request: Request, title: str, make: Callable[[], str]) -> StreamingResponse:
    """A page under a title, whose head is sent before `make` gives the whole of it."""
    hold_to_the_end(request.scope)

    def pieces() -> Iterator[str]:
        yield render_beginning(title)
        try:
            page = make()
        except TrialbookError as error:
            page = render_problem(error)
        rest = leave_out_beginning(page)
        for start in range(0, len(rest), BLOCK):
            yield rest[start : start + BLOCK]

    return StreamingResponse(pieces(), media_type="text/html")
