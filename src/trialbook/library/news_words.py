"""How is a piece of news told in words?"""

from __future__ import annotations

from trialbook.changes.compare import summarise_changes
from trialbook.library.news import News

LONGEST_TITLE = 300
MOST_CHANGES = 100


def find_tags(news: News) -> tuple[str, ...]:
    """`New`, or the groups of what changed."""
    return ("New",) if news.is_new else tuple(dict.fromkeys(change.group for change in news.changes))


def write_title(news: News) -> str:
    """An entry's title: the id, what happened, the study's title."""
    told = (
        "new"
        if news.is_new
        else f"changed ({', '.join(tag[0].lower() + tag[1:] for tag in find_tags(news))})"
    )
    return cut_text(f"{news.nct_id} {told}: {news.title}", LONGEST_TITLE)


def write_lines(news: News) -> list[str]:
    """What happened, in lines of plain text."""
    day = f"The record's version of {news.version_date}" if news.version_date else "A version without a date"
    if news.is_new:
        return [f"{day}, new in this library."]
    lines = [f"{group}: {text}" for group, text in summarise_changes(news.changes)[:MOST_CHANGES]]
    return [f"{day} took the place of an older one.", *news.warnings, *lines]


def cut_text(text: str, longest: int) -> str:
    """A text of at most so many characters.

    >>> cut_text("hospital", 5)
    'hosp…'
    """
    return text if len(text) <= longest else text[: longest - 1] + "…"
