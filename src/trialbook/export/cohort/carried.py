"""What was not carried over, and why? Each with the words that it is about."""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

# Why: "opaque" was not understood here; a "qualifier" is not evaluated; "concept" and "unit" are not in the
# vocabulary; "absence" takes an entry that is missing for a no; "approximate" is asked less exactly; "target" cannot
# be asked there at all.
Cause: TypeAlias = Literal["opaque", "qualifier", "concept", "unit", "absence", "approximate", "target"]


class NotCarried(msgspec.Struct, frozen=True):
    """A part of a study's eligibility that a definition asks otherwise than the record, or not at all.

    Attributes
    ----------
    what
        What becomes of it, in a sentence.
    words
        The words of the record that it is about, "" for the whole.
    start, end
        Their place in the eligibility text; -1 to -4 for the record's fields.
    """

    cause: Cause
    what: str
    words: str = ""
    start: int = 0
    end: int = 0

    def describe(self) -> str:
        """Why, what, and of which words, in a line."""
        told = f"{self.words!r}: {self.what}" if self.words else self.what
        return f"[{self.cause}] {told}"


def shorten(words: str, limit: int = 160) -> str:
    """Words on one line, cut where they are many."""
    words = " ".join(words.split())
    return words if len(words) <= limit else words[: limit - 1] + "…"
