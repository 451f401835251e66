"""How does an enumeration of the registry behave where the registry goes on and Trialbook does not?"""

from __future__ import annotations

import re
from enum import StrEnum

BEFORE_DIGITS = re.compile(r"(?<=[a-z])(?=\d)")


class RegistryEnum(StrEnum):
    """An enumeration that the registry may extend: an unlisted value becomes a member of its own.

    `is_listed` tells whether this version of Trialbook knows the value.
    """

    @classmethod
    def _missing_(cls, value: object) -> RegistryEnum | None:
        if not isinstance(value, str):
            return None
        member = str.__new__(cls, value)
        member._name_ = value
        member._value_ = value
        return member

    @property
    def is_listed(self) -> bool:
        """Whether this Trialbook knows the value."""
        return self._value_ in type(self)._value2member_map_

    @property
    def words(self) -> str:
        """The value as a reader would write it: `EARLY_PHASE1` is `Early phase 1`."""
        if self._value_ == "NA":
            return "Not applicable"
        return BEFORE_DIGITS.sub(" ", self._value_.replace("_", " ").capitalize())
