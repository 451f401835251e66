"""Where do the sentences and the fields of a note begin and end?"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from typing import NamedTuple

Span = tuple[int, int]

# A point behind one of these, or behind a single capital, ends no sentence.
_SHORT = (
    r"(?<!\b[A-Z])(?<!\b[MD]r)(?<!\bMrs)(?<!\bMs)(?<!\bSt)(?<!\bvs)(?<!\be\.g)(?<!\bi\.e)(?<!\by\.o)(?<!\bapprox)(?<!\bProf)"
    r"(?<!\bprev)(?<!\bincl)(?<!\besp)(?<![Ff]em)"
)
# A comma ends a field where another begins: "Smoker: no, diabetes: yes".
_NEXT_FIELD = r",(?=\s*[^\W_][\w/()'’-]*(?:\s[\w/()'’-]+){0,4}\s?:\s)"
_END = re.compile(rf"[\n;|•]|{_NEXT_FIELD}|{_SHORT}\.+(?=\s|$)|[!?]+(?=\s|$)")
_FIELD = re.compile(
    r"\s*(?:[-*•–]\s+)?(?P<label>[^\W_][^:=\n]{0,60}?)\s*(?P<sign>[:=]|\s[-–](?=\s))\s*(?P<value>.*)",
    re.DOTALL,
)
_BULLET = re.compile(r"\s*[-*•–]\s")
# With one of these, or a comma, what stands before a colon is no label.
_PROSE = re.compile(
    r",|\b(?:has|have|had|is|was|are|were|been|he|she|i|we|they|it|that|who|which|says?|with|for|but|please|me|us)\b",
    re.IGNORECASE,
)
_MOST_LABEL_WORDS = 6
_FAMILY_LABEL = re.compile(
    r"\b(?:fam(?:ily|ilial|\.)?\s*(?:medical\s+)?h(?:istory|x|ist\.?)|fhx?|fmhx?)\b", re.IGNORECASE
)
_ANSWER = re.compile(
    r"(?:no(?:ne|t|pe)?|never|absent|denie[sd]|negative|neg|nil|yes|present|positive|pos|unknown|normal|\d)\b|[-+](?:\s|$)",
    re.IGNORECASE,
)


class Clause(NamedTuple):
    """A sentence, or a field of a form with the spans of its label and value.

    `label` is also that of the heading above, for the lines of a list; `value` is then the whole line.
    """

    start: int
    end: int
    label: Span | None = None
    value: Span | None = None


class Clauses:
    """The clauses of a text, in order, without gaps."""

    def __init__(self, text: str) -> None:
        self.all = tuple(_cut(text))
        self._starts = [clause.start for clause in self.all]
        self.fields = [clause for clause in self.all if clause.label]

    def find(self, at: int) -> Clause:
        """The clause in which a place of the text lies."""
        return self.all[max(0, bisect_right(self._starts, at) - 1)]


def _cut(text: str) -> Iterator[Clause]:
    start = 0
    heading: Span | None = None
    for end, after in [
        *((found.start(), found.end()) for found in _END.finditer(text)),
        (len(text), len(text)),
    ]:
        clause = _read_field(text, start, end)
        if clause.label and clause.value and not text[slice(*clause.value)].strip():
            heading = clause.label
        elif clause.label or not text[start:end].strip():
            heading = None
        elif heading:
            clause = Clause(start, end, heading, (start, end))
        yield clause
        start = after


def _read_field(text: str, start: int, end: int) -> Clause:
    found = _FIELD.match(text, start, end)
    if found is None:
        return Clause(start, end)
    label, value = found.span("label"), found.span("value")
    words = text[slice(*label)]
    is_prose = len(words.split()) > _MOST_LABEL_WORDS or _PROSE.search(words)
    # A dash parts a label from an answer, or one clause of prose from the next.
    is_dash = found["sign"].strip() not in (":", "=")
    if is_prose or (is_dash and not _ANSWER.match(text, value[0], end) and not _is_named(words)):
        return Clause(start, end)
    return Clause(start, end, label, value)


def _is_named(label: str) -> bool:
    return bool(
        re.fullmatch(
            r"(?:age|sex|gender|dx|(?:\w+ )?diagnosis|disease|disorder|condition)",
            label.strip(),
            re.IGNORECASE,
        )
    )


def is_family_label(label: str) -> bool:
    """Whether a label stands before what relatives have."""
    return bool(_FAMILY_LABEL.search(label))
