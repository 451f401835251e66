"""What does the eligibility module know beyond its elements?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from trialbook.model.element import Element

if TYPE_CHECKING:
    from trialbook.model.criteria import Criterion


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
