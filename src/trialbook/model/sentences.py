"""How are a day and a count written in a sentence?"""

from __future__ import annotations

from collections.abc import Sequence

from trialbook.model.dates import PartialDate

MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


def write_day(value: PartialDate) -> str:
    """A date for a reader, at its own precision; a text that is no date stands as it is.

    >>> [write_day(PartialDate(text)) for text in ("2021-08-16", "2021-08", "soon")]
    ['16 August 2021', 'August 2021', 'soon']
    """
    first = value.earliest
    if first is None:
        return str(value)
    return {4: str(first.year), 7: f"{MONTHS[first.month - 1]} {first.year}"}.get(
        len(value), f"{first.day} {MONTHS[first.month - 1]} {first.year}"
    )


def write_on(value: PartialDate) -> str:
    """When something was, within a sentence.

    >>> write_on(PartialDate("2021-08-16")), write_on(PartialDate("2021-08"))
    ('on 16 August 2021', 'in August 2021')
    """
    return f"{'in' if len(value) < 10 and value.earliest else 'on'} {write_day(value)}"


def count_of(number: int, singular: str, plural: str = "") -> str:
    """A number with its noun: `1 site`, `1,204 sites`."""
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"


def join_words(words: Sequence[str]) -> str:
    """Words as a reader would list them.

    >>> join_words(["a", "b", "c"]), join_words(["a"]), join_words([])
    ('a, b and c', 'a', '')
    """
    *first, last = words or [""]
    return f"{', '.join(first)} and {last}" if first else last
