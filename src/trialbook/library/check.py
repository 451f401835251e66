"""Is a library whole? What lies in it, what is derived from it, and the searches and lists kept beside it."""

from __future__ import annotations

from collections.abc import Iterator

from trialbook.derived.criteria import CriteriaTrees
from trialbook.derived.index import SearchIndex
from trialbook.derived.related import RelatedProfiles
from trialbook.errors import StoreError
from trialbook.library.kept import check_kept
from trialbook.library.rebuild import Standing, find_standings
from trialbook.store import Store
from trialbook.store.check import find_damage


def find_problems(store: Store) -> Iterator[str]:
    """A sentence for each thing that is wrong with a library; nothing where all is well. Changes nothing."""
    yield from find_damage(store)
    yield from find_problems_beside(store)


def find_problems_beside(store: Store) -> Iterator[str]:
    """As `find_problems`, of all but the library's own file."""
    try:
        damaged = set()
        for derived in (SearchIndex, RelatedProfiles, CriteriaTrees):
            for problem in derived(store.home).find_damage(store):
                damaged.add(derived.name)
                yield problem
        for each in find_standings(store):
            if each.is_due and each.name not in damaged:
                yield f"{each.name}: {_describe(each)}; `trialbook rebuild --behind` completes it"
    except StoreError as error:
        yield str(error)
    try:
        check_kept(store.home)
    except StoreError as error:
        yield str(error)


def _describe(standing: Standing) -> str:
    if standing.behind is None:
        return "it is not made yet"
    if not standing.is_of_this_past:
        return "it is of another past: the library's file was set back or replaced since it was made"
    if standing.behind:
        return f"it is {standing.behind:,} changes behind"
    return "a run broke off before it was whole"
