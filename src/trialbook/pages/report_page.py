"""The report of a search as a page to read, print and keep."""

from __future__ import annotations

import msgspec

from trialbook.pages.environment import render


class ReportItem(msgspec.Struct, frozen=True):
    """An item of PRISMA-S with what is said to it; or it `is_left` to the author."""

    number: int
    name: str
    words: str
    is_left: bool


class ReportView(msgspec.Struct, frozen=True, kw_only=True):
    """Everything on the page: `facts` as (label, words), and the addresses of the answer and of the other forms."""

    total: int
    query: str
    facts: tuple[tuple[str, str], ...]
    items: tuple[ReportItem, ...]
    answer_url: str
    text_url: str
    json_url: str


def render_report_page(view: ReportView) -> str:
    """Render a report; everything in it is plain text."""
    return render("report.html", view=view, query="")
