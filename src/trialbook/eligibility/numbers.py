"""Which number is written here? Digits with their separators, words, roman numerals."""

from __future__ import annotations

import re

_TO_TWENTY = """
zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
eighteen nineteen twenty
"""
WORDS = {
    **{word: float(value) for value, word in enumerate(_TO_TWENTY.split())},
    "thirty": 30.0,
    "forty": 40.0,
    "fifty": 50.0,
    "sixty": 60.0,
    "seventy": 70.0,
    "eighty": 80.0,
    "ninety": 90.0,
    "hundred": 100.0,
    "once": 1.0,
    "twice": 2.0,
    "a single": 1.0,
}
ROMAN = {"I": 1.0, "II": 2.0, "III": 3.0, "IV": 4.0, "V": 5.0}

DIGITS = r"[1-9]\d{0,2}(?:(?:[,  ]|, (?=000))\d{3})+(?![\d])(?:\.\d+)?|\d+(?:[.,·]\d+)?"
# Hyphened tens ("twenty-one") come before the tens alone.
SPELLED = (
    r"(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)[ -](?:one|two|three|four|five|six"
    r"|seven|eight|nine)"
    rf"|{'|'.join(sorted(WORDS, key=len, reverse=True))}"
)
NUMBER = re.compile(
    rf"(?:(?<![^\W_])|(?<=\b(?i:age))|(?<=\b(?i:aged|than))|(?<=\b(?i:between)))(?<!\.)(?<!\d,)(?P<digits>{DIGITS})(?P<mega>\s*million\b)?|\b(?i:(?P<word>{SPELLED}))\b(?!-)"
)
THOUSANDS = re.compile(r"\d{1,3}(?:(?:[,  ]|, (?=000))\d{3})+(?:\.\d+)?")


def read_digits(written: str) -> float:
    """The value of digits: a comma before three digits parts thousands, else it is a decimal comma.

    Examples
    --------
    >>> read_digits("100,000"), read_digits("1,5"), read_digits("0.75")
    (100000.0, 1.5, 0.75)
    """
    if THOUSANDS.fullmatch(written) and not written.startswith("0"):
        return float(re.sub(r"[,  ]", "", written))
    return float(written.replace(",", ".").replace("·", "."))


def read_word(written: str) -> float:
    """The value of a number in words; 0.0 to 99.0.

    Examples
    --------
    >>> read_word("Eighteen"), read_word("twenty-one")
    (18.0, 21.0)
    """
    low = written.lower()
    if low in WORDS:
        return WORDS[low]
    tens, ones = re.split(r"[ -]", low)
    return WORDS[tens] + WORDS[ones]


def read_number(found: re.Match[str]) -> float:
    """The value that `NUMBER` found."""
    if found["word"]:
        return read_word(found["word"])
    return read_digits(found["digits"]) * (1e6 if found["mega"] else 1.0)
