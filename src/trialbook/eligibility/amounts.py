"""How much is written at a number? With its sign, its power of ten, the same once more in brackets, weeks and days.

And which ranges are only how far a scale reaches.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from trialbook.eligibility.numbers import SPELLED, read_digits, read_number, read_word

# "T-score ≤ -2.5", "a sphere of -1.00 to -6.00 D": behind a sign or a word that leads to a number it is no dash.
_MINUS = re.compile(
    r"(?:[<>≤≥=(]|\b(?:than|to|of|below|above|under|over|between|from|and|or|is|least|most))\s*(?P<minus>[-−–])\s?\Z",
    re.IGNORECASE,
)
# "At least six (6) weeks".
_TOLD_AGAIN = re.compile(rf"\s*\(\s*(?P<again>\d{{1,3}}|{SPELLED})\s*\)", re.IGNORECASE)
# "≥ 10^3 CFU/mL"
_TEN = 10.0
_POWER = re.compile(r"\\?(?:\^|\*\*)\s*(\d{1,2})(?!\d)")
# Weeks and days of a pregnancy: "24 0/7", "37+6".
_DAYS = re.compile(
    r"(?:\s*weeks?\s*(?:and\s*|\+\s*)?|\s*\+\s*|\s)(?P<sevenths>[0-6])\s*/\s*7(?!\d)|\s?\+\s?(?P<plus>[0-6])(?![\d.])"
)
_GESTATION = re.compile(r"gestation|pregnan|amenorrh|\bGA\b|preterm|birth", re.IGNORECASE)
# "Pain ≥ 4 on a 0-10 scale", "on a scale from 0 to 10", "(range 0-24)".
_RANGE = r"\d{1,3}(?:\.0)?\s*(?:-|–|to|and|through)\s*\d{1,3}\b(?!\s*\d)"
_SCALE = re.compile(
    rf"\b(?:on|in|of|using|with|by|from|from among) (?:a|an|the) (?:[a-z]+ ){{0,2}}(?P<one>{_RANGE})"
    r"(?=[\s-]*(?:point )?(?:[a-z]+ ){0,3}(?:scale|likert|NRS|VAS)\b)"
    rf"|\bscale (?:(?:of|from|ranging from|between) )?(?P<two>{_RANGE})"
    rf"|\((?:[a-z]+ ){{0,2}}range[^()\d]{{0,12}}(?P<three>{_RANGE})",
    re.IGNORECASE,
)
_CODE = re.compile(r"(?<![\d.,])\b([1-9]\d{1,4})-(\d{1,4})\b(?![.,]?\d|\s*(?:%|[a-zµ]+/))", re.IGNORECASE)


class Amount(NamedTuple):
    """A number with its sign; `start` is that of the sign, `unit` what the way of writing says."""

    start: int
    end: int
    value: float
    unit: str = ""


def read_amount(text: str, number: re.Match[str], before: str) -> Amount:
    """The amount at a number; `before` are the words right before it."""
    value, start, end = read_number(number), number.start(), number.end()
    if minus := _MINUS.search(before):
        start -= len(before) - minus.start("minus")
        value = -value
    if (again := _TOLD_AGAIN.match(text, end)) and _read(again["again"]) == value:
        end = again.end()
    if value == _TEN and (power := _POWER.match(text, end)):
        return Amount(start, power.end(), _TEN ** int(power[1]))
    days = _DAYS.match(text, end) if value.is_integer() else None
    if days and (days["sevenths"] or _GESTATION.search(text)):
        return Amount(start, days.end(), value + int(days["sevenths"] or days["plus"]) / 7, "wk")
    return Amount(start, end, value)


def _read(written: str) -> float:
    return read_digits(written) if written.isdigit() else read_word(written)


def find_codes(text: str) -> list[tuple[int, int]]:
    """Where numbers are those of a law or a protocol: no range goes down, "Article L. 3212-1"."""
    return [found.span() for found in _CODE.finditer(text) if int(found[1]) > int(found[2])]


def find_scales(text: str) -> list[tuple[int, int]]:
    """Where numbers only say how far a scale reaches: nobody is asked for them.

    >>> find_scales("pain of 4 or more on a 0-10 scale")
    [(23, 27)]
    """
    return [found.span(found.lastgroup or 0) for found in _SCALE.finditer(text)]
