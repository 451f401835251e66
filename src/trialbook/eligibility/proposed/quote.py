"""Where in a criterion stand the words that a model quotes, and what do its numbers say there?

Values are never the model's: they are those that our own lexer reads in the words. What the model says of them must
be the same.
"""

from __future__ import annotations

import math
import re
from typing import Literal

from trialbook.eligibility.describe import describe_values, describe_window
from trialbook.eligibility.numbers import NUMBER, read_number
from trialbook.eligibility.proposed.answer import GivenInterval, GivenWindow, Refused
from trialbook.eligibility.times import Timed
from trialbook.eligibility.tree import Interval, Span, Window
from trialbook.eligibility.units import TIME_UNITS, find_unit, get_unit

Field = Literal["interval", "lasting", "count", "window"]
_SHOWN = 80


def show(words: str) -> str:
    """Words between quotation marks, short."""
    flat = " ".join(words.split())
    return f"“{flat if len(flat) <= _SHOWN else flat[: _SHOWN - 1] + '…'}”"


def find_words(text: str, words: str, within: Span, after: int) -> Span | None:
    """Where whole words stand in a stretch, the first that begins there or after a place, else the first; None if nowhere.

    White space counts as one blank, whatever it is.

    Examples
    --------
    >>> find_words("no heart attack or heart\\nfailure", "heart failure", Span(0, 32), 0)
    Span(start=19, end=32)
    >>> find_words("a heart attack", "art", Span(0, 14), 0) is None
    True
    """
    pieces = words.split()
    if not pieces or len(words) > 2 * len(text) + 100:
        return None
    lead = r"(?<!\w)" if re.match(r"\w", pieces[0]) else ""
    tail = r"(?!\w)" if re.search(r"\w\Z", pieces[-1]) else ""
    pattern = re.compile(lead + r"\s+".join(map(re.escape, pieces)) + tail)
    found = pattern.search(text, max(after, within.start), within.end) or pattern.search(
        text, within.start, within.end
    )
    return Span(found.start(), found.end()) if found else None


def list_numbers(text: str, span: Span, timed: tuple[Timed, ...] = ()) -> set[float]:
    """The numbers that stand in a stretch, those of its comparisons too (roman numerals, thousands, a year for 12 months)."""
    found = {read_number(each) for each in NUMBER.finditer(text, span.start, span.end)}
    for each in timed:
        if span.start <= each.start and each.end <= span.end:
            found |= {one for one in (each.interval.low, each.interval.high) if one is not None}
    return found


def find_missing(numbers: list[float], standing: set[float]) -> float | None:
    """The first number that does not stand there; None if all do."""
    for each in numbers:
        if not any(math.isclose(abs(each), one) for one in standing):
            return each
    return None


def take_timed(
    text: str, timed: tuple[Timed, ...], field: Field, given: GivenInterval | GivenWindow, span: Span
) -> Timed:
    """The comparison within a node's words that says what the model says. Raises Refused."""
    fitting = [each for each in timed if span.start <= each.start and each.end <= span.end]
    for each in fitting:
        if _has_role(each, field) and _says_the_same(each, given):
            return each
    raise Refused(_explain(text, timed, fitting, field, given, span))


def _has_role(timed: Timed, field: Field) -> bool:
    if field == "window":
        return timed.window is not None
    if field == "lasting":
        return timed.role in ("lasting", "value") and timed.interval.unit in TIME_UNITS
    if field == "count":
        return timed.role in ("value", "bare") and not timed.interval.unit and not timed.interval.limit
    return timed.role in ("value", "bare", "age")


def _says_the_same(timed: Timed, given: GivenInterval | GivenWindow) -> bool:
    if isinstance(given, GivenWindow):
        ours = timed.window
        return (
            ours is not None
            and _is_same(given.earliest, ours.earliest)
            and _is_same(given.latest, ours.latest)
            and _is_unit(given.unit, ours.unit)
            # A model that names no anchor leaves it to the words.
            and given.anchor in ("now", ours.anchor)
        )
    asked = timed.interval
    return (
        _is_same(given.low, asked.low)
        and _is_same(given.high, asked.high)
        and (asked.low is None or given.low_included == asked.low_included)
        and (asked.high is None or given.high_included == asked.high_included)
        and given.limit == asked.limit
        and (_is_unit(given.unit, asked.unit) or (timed.role == "age" and _is_unit(given.unit, "a")))
    )


def _is_same(given: float | None, ours: float | None) -> bool:
    if given is None or ours is None:
        return given is ours
    return math.isclose(given, ours)


def _is_unit(given: str, ours: str) -> bool:
    """Whether a unit, by its code or as people write it, is ours; one that is not named is left to the words."""
    if given in ("", ours):
        return True
    if get_unit(given) is not None:
        return given == ours
    found = find_unit(given, 0)
    return found is not None and found[1] == len(given) and found[0].ucum == ours


def _explain(
    text: str,
    timed: tuple[Timed, ...],
    fitting: list[Timed],
    field: Field,
    given: GivenInterval | GivenWindow,
    span: Span,
) -> str:
    words = text[span.start : span.end]
    said = (given.earliest, given.latest) if isinstance(given, GivenWindow) else (given.low, given.high)
    # That a time reaches up to its anchor has no number in the words.
    numbers = [each for each in said if each is not None and not (field == "window" and each == 0)]
    missing = find_missing(numbers, list_numbers(text, span, timed))
    if missing is not None:
        return f"the number {missing:g} does not stand in its words {show(words)}"
    if not numbers:
        return f"a value without a number, of {show(words)}"
    alike = [each for each in fitting if _has_role(each, field)]
    if alike:
        ours = "; ".join(_describe(each, field) for each in alike[:3])
        return f"its words {show(words)} say {ours}, and not {_describe_given(given)}"
    cut = [each for each in timed if each.start < span.end and span.start < each.end]
    if cut and not fitting:
        return f"its words {show(words)} leave off a part of {show(text[cut[0].start : cut[0].end])}"
    names = {"interval": "value", "lasting": "length of time", "count": "number of times", "window": "time"}
    return f"no {names[field]} of that kind stands in its words {show(words)}"


def _describe(timed: Timed, field: Field) -> str:
    if field == "window" and timed.window is not None:
        return describe_window(timed.window)
    return describe_values(timed.interval)


def _describe_given(given: GivenInterval | GivenWindow) -> str:
    if isinstance(given, GivenWindow):
        window = Window(given.earliest, given.latest, given.unit[:20], given.anchor)
        return describe_window(window)
    return describe_values(
        Interval(given.low, given.high, given.low_included, given.high_included, given.unit[:20], given.limit)
    )
