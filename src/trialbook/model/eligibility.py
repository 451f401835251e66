"""What does the eligibility module know beyond its elements?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from trialbook.model.element import Element

if TYPE_CHECKING:
    from trialbook.model.criteria import Criterion


SEXES = {"ALL": "any sex", "FEMALE": "women only", "MALE": "men only"}


def tell_ages(minimum: str | None, maximum: str | None) -> str:
    """The limits of age of a record in words.

    >>> tell_ages("18 Years", "75 Years"), tell_ages("6 Months", "2 Years"), tell_ages("18 Years", None)
    ('18 to 75 years', '6 months to 2 years', '18 years and older')
    """
    if minimum and maximum:
        first, _, unit = minimum.partition(" ")
        last, _, other = maximum.partition(" ")
        same = unit and unit.casefold().rstrip("s") == other.casefold().rstrip("s")
        return f"{first} to {last} {other.lower()}" if same else f"{minimum.lower()} to {maximum.lower()}"
    if minimum:
        return f"{minimum.lower()} and older"
    return f"up to {maximum.lower()}" if maximum else "no limit of age stated"


class _HasText(Protocol):
    @property
    def eligibility_criteria(self) -> str | None: ...


class WithCriteria(Element, frozen=True):
    """A module whose `eligibility_criteria` are a text of several criteria."""

    @property
    def criteria(self: _HasText) -> tuple[Criterion, ...]:
        """The single criteria with their places in `eligibility_criteria`; () where there is no text."""
        from trialbook.model.criteria import split_criteria

        return split_criteria(self.eligibility_criteria) if self.eligibility_criteria else ()
