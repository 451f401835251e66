"""A page that says what went wrong and what to do next."""

from __future__ import annotations

from trialbook.pages.environment import render


def render_message_page(title: str, message: str, what_to_do: str = "", status: int = 400) -> str:
    """Render a short page for an error or a notice.

    Parameters
    ----------
    title, message, what_to_do
        What happened, the details (line breaks are kept), and the next step; plain text.
    status
        The HTTP status that goes with it; shown small.
    """
    return render(
        "message.html", title=title, message=message, what_to_do=what_to_do, status=status, query=""
    )
