"""By what one thing does a text keep people out, and what is told of a person beside it? What `refusals` finds."""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

import msgspec

from trialbook.eligibility.facts import Fact
from trialbook.eligibility.tree import Interval

# How a thing is told of a person: it is so now, it was so once, it is said not to be so, and the other statuses.
Mode: TypeAlias = Literal["now", "past", "denied", "planned", "at_risk", "family", "able", "allergy"]
MODES: tuple[Mode, ...] = ("now", "past", "denied", "planned", "at_risk", "family", "able", "allergy")
# The unit of a stretch of days before the day of asking.
AGO = "days ago"


class Refusal(msgspec.Struct, frozen=True, array_like=True):
    """One thing by which a text keeps a person out.

    Attributes
    ----------
    names
        What it is, as `RefusalFinder.ask` names what is told: any of these.
    modes
        How it must be told, of `MODES`; () for values.
    unit, low, high, low_included, high_included
        Of a value: the refused ones, from `low` to `high`, None for no bound, in a UCUM unit, "×ULN" or "×LLN".
        Of what was so once: how long ago, with the unit `AGO`.
    words
        The thing in the words of the criterion.
    """

    names: tuple[str, ...]
    modes: tuple[Mode, ...] = ()
    unit: str = ""
    low: float | None = None
    high: float | None = None
    low_included: bool = True
    high_included: bool = True
    words: str = ""


class Asked(NamedTuple):
    """What is looked up for one fact: any of the names, in one mode, or a value or a stretch of days."""

    fact: Fact
    names: tuple[str, ...]
    mode: Mode | None
    value: Interval | None
