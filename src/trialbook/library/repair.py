"""What is wrong with a library is put right as far as it can be: its file, its saved searches and lists, what is derived."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from trialbook.errors import NoLibraryError, StoreBusyError, StoreError, StoreVersionError
from trialbook.library.check import find_problems, find_problems_beside
from trialbook.library.kept import check_kept, repair_kept
from trialbook.library.rebuild import bring_into_step, list_wanted, rebuild
from trialbook.store import Store
from trialbook.store.check import find_damage
from trialbook.store.file import has_library
from trialbook.store.repair import repair_file


class Repair(msgspec.Struct, frozen=True, kw_only=True):
    """What a repair found and did.

    Attributes
    ----------
    problems
        A sentence for each thing that was wrong.
    lost
        A sentence for each thing that could not be brought out.
    kept
        Where damaged files lie now, under other names.
    left
        What is wrong still.
    """

    problems: tuple[str, ...]
    lost: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    left: tuple[str, ...] = ()


def repair_library(home: Path) -> Repair:
    """Bring out all that is whole in a library, and make anew what is derived from it.

    A library in which nothing is wrong stays as it is. Raises NoLibraryError, StoreBusyError,
    StoreVersionError, and StoreError where the folder cannot be written.
    """
    if not has_library(home):
        raise NoLibraryError(home)
    damaged = list(_look(home, find_damage))
    problems = [*damaged, *_look(home, find_problems_beside)]
    lost: list[str] = []
    kept: list[str] = []
    if damaged:
        repaired = repair_file(home)
        lost += repaired.lost
        kept.append(str(repaired.kept_as))
    try:
        check_kept(home)
    except StoreError:
        kept_lost, old = repair_kept(home)
        lost += kept_lost
        kept.append(str(old))
    if damaged:
        rebuild(home, list_wanted(home), on_damage=lambda error: lost.append(str(error)))
    elif problems:
        bring_into_step(home, on_damage=lambda error: lost.append(str(error)))
    left = tuple(_look(home, find_problems)) if problems else ()
    return Repair(problems=tuple(problems), lost=tuple(lost), kept=tuple(kept), left=left)


def _look(home: Path, find: Callable[[Store], Iterator[str]]) -> Iterator[str]:
    """What is wrong with a library, also with one that cannot be opened."""
    try:
        with Store(home) as store:
            yield from find(store)
    except (StoreBusyError, StoreVersionError):
        raise
    except StoreError as error:
        yield str(error)
