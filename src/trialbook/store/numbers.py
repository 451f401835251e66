"""Which number has a version? The registry's own, from 0, where that is known, else ours, from 0."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from trialbook.store.copies import HeldVersion, is_posted_soon
from trialbook.store.versions import AnnouncedVersion


def number_versions(
    held: Sequence[HeldVersion], announced: Sequence[AnnouncedVersion], told: Mapping[int, int]
) -> tuple[list[list[int]], frozenset[int]]:
    """The numbers of versions (oldest first), and which of all these are the registry's own.

    Parameters
    ----------
    announced
        The registry's list.
    told
        The numbers with which single versions came, and the copies that these are.

    Returns
    -------
    numbers, own
        Of each version its numbers, ascending: one, but for a text that the registry lists several times.
        Where not each can be found in the list, or the list is not whole, all are counted from 0.
    """
    listed = list(announced)
    is_whole = bool(listed) and [each.number for each in listed] == list(range(len(listed)))
    numbers: list[list[int]] = []
    own: set[int] = set()
    for version in held:
        found = sorted(number for number, version_id in told.items() if _holds(version, version_id))
        own.update(found)
        if not found and is_whole:
            # One before it may stand in no place of the list.
            after = max((number for each in numbers for number in each), default=-1)
            found, is_own = _find_in_list(version, listed, after=after)
            own.update(found if is_own else ())
        numbers.append(found)
    flat = [number for found in numbers for number in found]
    if all(numbers) and flat == sorted(set(flat)):
        return numbers, frozenset(own)
    return [[number] for number in range(len(held))], frozenset()


def _holds(version: HeldVersion, version_id: int) -> bool:
    return any(copy.version_id == version_id for copy in version.copies)


def _find_in_list(
    version: HeldVersion, listed: list[AnnouncedVersion], *, after: int
) -> tuple[list[int], bool]:
    """The place in a list, and whether it is sure; one that is newer than the list follows behind it."""
    day = version.day or ""
    if version.meaning == "submitted":
        same = [each.number for each in listed if each.version_date == day]
        if same:
            return [same[-1]], True
    elif day:
        # It was posted, or given out, after it was submitted and before the next one was.
        before = [each for each in listed if each.version_date <= day]
        is_late = before[-1:] == listed[-1:] and version.meaning != "served"
        if (
            before
            and before[-1].number > after
            and not (is_late and not is_posted_soon(before[-1].version_date, day))
        ):
            return [before[-1].number], False
    if day > listed[-1].version_date:
        return [max(after + 1, len(listed))], False
    return [], False
