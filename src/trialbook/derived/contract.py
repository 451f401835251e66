"""What is derived? Whatever can be made again from the records alone, by whom, up to which change.

Each kind names itself, counts the versions of its own form, and knows up to which change number of the
store it has come, and the store's mark of the way to it (`store.marks`). A state lies with what it
describes, so that a kill can never tear the two apart; the table of them all is
`trialbook.library.rebuild.DERIVED`. What is missing or behind never stops a reader.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import msgspec

from trialbook.store import Store

OnStudy = Callable[[], None]


class DerivedState(msgspec.Struct, frozen=True):
    """How far a derived thing has come.

    Attributes
    ----------
    seq
        The number of the last change of the store that is certainly in.
    is_whole
        Whether a run came to its end; where it did not, the next one completes what it left.
    is_of_this_past
        Whether the library came that far on the way that was noted; where it was set back and went on
        otherwise, the next run makes all anew.
    """

    seq: int
    is_whole: bool = True
    is_of_this_past: bool = True


class Derived(Protocol):
    """One derived thing of one library.

    Attributes
    ----------
    name
        As `trialbook rebuild NAME` calls it.
    meaning
        What it is for, in words for people.
    version
        The version of its form: raised when the same records would give something else.
    is_kept_in_step
        Whether each import brings it into step; the others are made when they are asked for.
    """

    name: str
    meaning: str
    version: int
    is_kept_in_step: bool

    def find_state(self, store: Store) -> DerivedState | None:
        """How far it has come; None where there is none of this form and library. Changes nothing."""

    def apply(self, store: Store, on_study: OnStudy) -> int:
        """Bring it into step with the store and return how many studies were taken up; for a writer.

        A damaged version is left out, and noted in the store (`Store.pass_over`). Raises StoreError where
        it cannot be written.
        """

    def clear(self, store: Store) -> None:
        """Have the next `apply` make all of it anew; for a writer. What can answers on until then."""
