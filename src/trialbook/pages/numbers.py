"""How are the numbers of results written? Digits in groups of three, counts with their shares, signs."""

from __future__ import annotations

import re

DIGITS = re.compile(r"(-?)(\d{4,15})(\.\d+)?")


def group_digits(text: str) -> str:
    """A number of four digits or more with commas; any other text as it is.

    >>> group_digits("10796"), group_digits("-1234.56"), group_digits("999"), group_digits("0012"), group_digits("NA")
    ('10,796', '-1,234.56', '999', '0012', 'NA')
    """
    found = DIGITS.fullmatch(text)
    if not found or found[2].startswith("0"):
        return text
    return f"{found[1]}{int(found[2]):,}{found[3] or ''}"


def write_percent(affected: float, whole: float) -> str:
    """A share in per cent, never rounded to none or all where it is neither.

    >>> write_percent(1, 2841), write_percent(0, 9), write_percent(3, 120), write_percent(2840, 2841)
    ('<0.1%', '0%', '2.5%', '>99.9%')
    """
    if affected == 0:
        return "0%"
    if affected == whole:
        return "100%"
    percent = 100 * affected / whole
    if 0 < percent < 0.05:
        return "<0.1%"
    if 99.95 <= percent < 100:
        return ">99.9%"
    return f"{percent:,.1f}%"


def write_share(affected: int | None, at_risk: int | None) -> str:
    """Affected of those at risk, with the share.

    >>> write_share(3, 1200), write_share(None, 120), write_share(0, 0), write_share(None, None)
    ('3 of 1,200 (0.2%)', '? of 120', '0 of 0', '')
    """
    if affected is None and at_risk is None:
        return ""
    words = f"{'?' if affected is None else f'{affected:,}'} of {'?' if at_risk is None else f'{at_risk:,}'}"
    if affected is None or not at_risk:
        return words
    return f"{words} ({write_percent(affected, at_risk)})"


def write_signed(value: float, places: int = 1) -> str:
    """A difference with its sign, by a true minus.

    >>> write_signed(7.84), write_signed(-3.0), write_signed(-0.04)
    ('+7.8', '−3.0', '0.0')
    """
    text = f"{value:+,.{places}f}"
    if not text.strip("+-0.,"):
        return text[1:]
    return text.replace("-", "\u2212")
