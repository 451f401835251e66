"""All versions of a record, and the difference of two of them."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Literal

from markupsafe import Markup, escape

from trialbook.pages.context import DiffView, HistoryView
from trialbook.pages.environment import render
from trialbook.pages.write_html import render_version

MAX_WORDS = 6_000
TOKEN = re.compile(r"\s+|\w+|[^\w\s]")


def render_history_page(view: HistoryView) -> str:
    """Render the timeline of a record's versions, with a form to compare two."""
    lines = Markup("").join(render_version(line) for line in view.history.versions)
    return render("history.html", view=view, lines=lines, query="")


def render_diff_page(view: DiffView) -> str:
    """Render what changed between two versions, grouped, with single words marked in a reworded text."""
    return render("diff.html", view=view, query="", mark_words=mark_words)


def mark_words(before: str, after: str, side: Literal["before", "after"]) -> Markup:
    """One side of a reworded text, with the words that only this side has marked as deleted or inserted.

    Texts beyond 6,000 words and signs are not compared word by word.

    >>> print(mark_words("30 people", "26 people", "after"))
    <ins>26</ins> people
    """
    first, second = _split_words(before), _split_words(after)
    words = first if side == "before" else second
    if max(len(first), len(second)) > MAX_WORDS:
        return escape("".join(words))
    marked = Markup("<del>{}</del>") if side == "before" else Markup("<ins>{}</ins>")
    parts = []
    for kind, first_start, first_end, second_start, second_end in _compare(first, second):
        span = slice(first_start, first_end) if side == "before" else slice(second_start, second_end)
        text = escape("".join(words[span]))
        if text:
            parts.append(text if kind == "equal" else marked.format(text))
    return Markup("").join(parts)


def _split_words(text: str) -> tuple[str, ...]:
    return tuple(TOKEN.findall(text))


@lru_cache(maxsize=2)
def _compare(first: tuple[str, ...], second: tuple[str, ...]) -> list[tuple[str, int, int, int, int]]:
    """The steps from one text to the other; words that a long text repeats all over do not anchor a match."""
    return list(SequenceMatcher(None, first, second).get_opcodes())
