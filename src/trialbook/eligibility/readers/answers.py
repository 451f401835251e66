"""Does an answer say yes or no? As forms, laboratories and people write it."""

from __future__ import annotations

import re
from typing import Literal

Answer = Literal["yes", "no", "planned", "suspected", "resolved", "unknown", ""]

_ANSWERS: tuple[tuple[Answer, re.Pattern[str]], ...] = (
    (
        "no",
        re.compile(
            r"no|n|false|absent|negative|neg|not detected|undetected|undetectable|non-?reactive|denied|denies|none|"
            r"never|not present|not pregnant.*",
            re.I,
        ),
    ),
    (
        "yes",
        re.compile(
            r"yes|y|true|present|positive|pos|detected|reactive|active|ongoing|current|confirmed|pregnant.*|\+{1,4}",
            re.I,
        ),
    ),
    ("planned", re.compile(r"planned|scheduled|intended", re.I)),
    ("suspected", re.compile(r"suspected|possible|probable|provisional|equivocal|indeterminate", re.I)),
    ("resolved", re.compile(r"resolved|past|former|inactive|ended|completed|stopped|history", re.I)),
    ("unknown", re.compile(r"unknown|n/?a|not known|not done|\?", re.I)),
)


def read_answer(text: str) -> Answer:
    """What an answer says; "" where it says something else.

    >>> read_answer("Negative"), read_answer("Not detected"), read_answer("8.2")
    ('no', 'no', '')
    """
    return next((name for name, form in _ANSWERS if form.fullmatch(text.strip())), "")
