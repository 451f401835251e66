"""The head of a page by itself, for pages whose rest takes long to make."""

from __future__ import annotations

from trialbook.pages.environment import render
from trialbook.pages.record.shorten import shorten_title

# What ends the head of every page: the bar with the name and the search.
_END = "</header>\n"


def render_beginning(title: str) -> str:
    """All that stands before a page's own content, as `base.html` has it."""
    page = render("begun.html", title=shorten_title(title), query="")
    return page[: page.index(_END) + len(_END)]


def leave_out_beginning(page: str) -> str:
    """The rest of a page of whose head another was sent."""
    return page[page.index(_END) + len(_END) :]
