"""Ages as the registry writes them: a number and a unit."""

from __future__ import annotations

import re

# Nine digits of years are more minutes than the universe has seen, and fewer than an index can hold.
AGE = re.compile(r"(\d{1,9}(?:\.\d{1,9})?) (Year|Month|Week|Day|Hour|Minute)s?")
DAYS = {
    "Year": 365.25,
    "Month": 365.25 / 12,
    "Week": 7.0,
    "Day": 1.0,
    "Hour": 1 / 24,
    "Minute": 1 / 1440,
}


class Age(str):
    """An age limit in the registry's own text, `18 Years` or `6 Months`, that knows its length.

    Data elements: MinimumAge, MaximumAge (API v2 2.0.5). A text that is no age is kept; its `days`
    is None.

    Examples
    --------
    >>> Age("2 Weeks").days
    14.0
    >>> Age("6 Months").days < Age("1 Year").days
    True
    """

    __slots__ = ()

    @property
    def days(self) -> float | None:
        """The age in days (a year is 365.25 of them), or None for a text that is no age."""
        match = AGE.fullmatch(self)
        return float(match[1]) * DAYS[match[2]] if match else None

    @property
    def years(self) -> float | None:
        """The age in years, or None for a text that is no age."""
        return None if self.days is None else self.days / DAYS["Year"]
