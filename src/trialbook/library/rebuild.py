"""What does a library derive from its records, how far has each come, and how is it made again?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from trialbook.derived.contract import Derived, DerivedState
from trialbook.derived.criteria import CriteriaTrees
from trialbook.derived.index import SearchIndex
from trialbook.derived.related import RelatedProfiles
from trialbook.derived.statistics import DerivedStatistics
from trialbook.derived.summaries import ChangeSummaries
from trialbook.errors import UsageError
from trialbook.store import Store, Writer
from trialbook.store.store import OnDamage, refuse_damage

# Everything that is made from records. A further one is a class with `Derived`'s parts and a row here.
DERIVED: tuple[Callable[[Path], Derived], ...] = (
    SearchIndex,
    ChangeSummaries,
    RelatedProfiles,
    CriteriaTrees,
    DerivedStatistics,
)


class Standing(msgspec.Struct, frozen=True):
    """How far one derived thing has come.

    `behind` counts the changes that it lacks, None where there is none. It is not `is_of_this_past` where
    the library was set back since, and went on otherwise.
    """

    name: str
    meaning: str
    version: int
    behind: int | None
    is_whole: bool
    is_of_this_past: bool
    is_kept_in_step: bool

    @property
    def is_due(self) -> bool:
        """Whether a writer should bring it into step."""
        is_right = self.behind == 0 and self.is_whole and self.is_of_this_past
        return self.is_kept_in_step and not is_right


def find_standings(store: Store) -> tuple[Standing, ...]:
    """The table of everything that is derived, with how far each has come; changes nothing."""
    seq = store.seq
    return tuple(_describe(each(store.home), store, seq) for each in DERIVED)


def _describe(derived: Derived, store: Store, seq: int) -> Standing:
    state: DerivedState | None = derived.find_state(store)
    return Standing(
        derived.name,
        derived.meaning,
        derived.version,
        None if state is None else abs(seq - state.seq),
        state is not None and state.is_whole,
        state is None or state.is_of_this_past,
        derived.is_kept_in_step,
    )


def check_names(names: Sequence[str]) -> None:
    """Raise UsageError for a name that nothing derived has."""
    known = [each(Path()).name for each in DERIVED]
    for name in names:
        if name not in known:
            raise UsageError(f"nothing derived is called {name[:40]!r}: there are {', '.join(known)}")


def list_wanted(home: Path) -> list[str]:
    """What a library is to have again that lost it: all, but criteria only where somebody had them made.

    They take hours for a whole registry.
    """
    made = [each(home) for each in DERIVED]
    return [each.name for each in made if each.name != CriteriaTrees.name or each.is_kept_in_step]


def rebuild(
    home: Path,
    names: Sequence[str] = (),
    *,
    on_study: Callable[[], None] = lambda: None,
    on_damage: OnDamage = refuse_damage,
) -> dict[str, int]:
    """Make derived things anew from the records: those named, or all `list_wanted`; how many studies each took up.

    Damaged versions are left out; of each `on_damage` is told once all is made.

    Raises
    ------
    UsageError
        There is no derived thing of that name.
    StoreBusyError, StoreError
        The library cannot be written.
    """
    made = [each(home) for each in DERIVED]
    check_names(names)
    wanted = names or list_wanted(home)
    counts = {}
    with Store(home) as store, Writer(store, "rebuild"):
        for derived in made:
            if derived.name in wanted:
                derived.clear(store)
                counts[derived.name] = derived.apply(store, on_study)
    _tell(store, on_damage)
    return counts


def _tell(store: Store, on_damage: OnDamage) -> None:
    for error in store.passed:
        on_damage(error)


def bring_into_step(
    home: Path, *, on_study: Callable[[], None] = lambda: None, on_damage: OnDamage = refuse_damage
) -> dict[str, int]:
    """Complete what a killed run left behind or another Trialbook made in another form; what was due.

    `on_damage` as in `rebuild`.

    Asks for the writer's lock only where something is. Raises StoreBusyError, StoreError.
    """
    with Store(home) as store:
        due = [each.name for each in find_standings(store) if each.is_due]
        if not due:
            return {}
        with Writer(store, "bring into step"):
            counts = {
                derived.name: derived.apply(store, on_study)
                for derived in (each(home) for each in DERIVED)
                if derived.name in due
            }
    _tell(store, on_damage)
    return counts
