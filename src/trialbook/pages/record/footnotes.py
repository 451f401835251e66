"""Notes below a table, each with the letter that marks it in a cell."""

from __future__ import annotations

from string import ascii_lowercase

from trialbook.record.markup import strip_markup


class Footnotes:
    """Collects comments and hands out their marks; the same comment gets the same mark.

    >>> notes = Footnotes()
    >>> notes.mark("Not estimable"), notes.mark(None), notes.mark("Not estimable")
    (' [a]', '', ' [a]')
    >>> notes.lines()
    ('[a] Not estimable',)
    """

    def __init__(self) -> None:
        self._marks: dict[str, str] = {}

    def mark(self, comment: str | None) -> str:
        """The mark of a comment, "" for none."""
        if not comment:
            return ""
        words = strip_markup(comment)
        if words not in self._marks:
            index = len(self._marks)
            letter = ascii_lowercase[index % 26]
            self._marks[words] = f" [{letter}{index // 26 or ''}]"
        return self._marks[words]

    def lines(self) -> tuple[str, ...]:
        """The notes in order of appearance, each with its mark."""
        return tuple(f"{mark.strip()} {words}" for words, mark in self._marks.items())
