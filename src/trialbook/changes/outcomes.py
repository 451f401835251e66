"""How the outcomes of a study changed, and whether a primary one changed after the study had started."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date
from typing import Any

import msgspec

from trialbook.changes.groups import Change, ChangeKind, get_label, normalise
from trialbook.changes.items import Item, drop_equal, get_key, is_rewording, match_alike, pair_by
from trialbook.model import PartialDate
from trialbook.model.sentences import count_of, write_day
from trialbook.model.version_days import MEANINGS, find_days

LISTS = ("primaryOutcomes", "secondaryOutcomes", "otherOutcomes")
PRIMARY = "protocolSection.outcomesModule.primaryOutcomes"

_LIKE_IN_LIST = 0.63
_LIKE_ACROSS = 0.81

Pair = tuple[Item, Item]


class OutcomeSwitching(msgspec.Struct, frozen=True):
    """`changes` with notes at each change of a primary outcome after the start; `warnings` in sentences.

    `is_after_start` says whether it is certain that one changed after the study had started. `told` are the changes
    alone, one for each, and `when` is what is said of their time.
    """

    changes: tuple[Change, ...]
    warnings: tuple[str, ...] = ()
    is_after_start: bool = False
    told: tuple[str, ...] = ()
    when: str = ""


class _When(msgspec.Struct, frozen=True):
    """When something changed against the start of the study, in words; `is_after` where it was after it for sure."""

    words: str = ""
    is_after: bool = False


def compare_outcomes(before: dict[str, Any], after: dict[str, Any], path: str) -> Iterator[Change]:
    """Yield the changes of all three lists of outcomes, and those that moved from one list to another.

    The same measure is looked for first (in its list, then in the others), a similar one only after
    that: otherwise two outcomes that changed places would look like two that were reworded.
    """
    old = {name: _items(before, name) for name in LISTS}
    new = {name: _items(after, name) for name in LISTS}
    same: dict[str, list[Pair]] = {}
    alike: dict[str, list[Pair]] = {}
    for name in LISTS:
        old[name], new[name] = drop_equal(old[name], new[name])
        same[name], old[name], new[name] = pair_by(old[name], new[name], _fold)
    moved = _take_moved(old, new, at_least=1.0)
    for name in LISTS:
        alike[name], old[name], new[name] = match_alike(old[name], new[name], _key, at_least=_LIKE_IN_LIST)
    moved += _take_moved(old, new, at_least=_LIKE_ACROSS)
    for source, target, pair in moved:
        yield _write_move(source, target, pair, path)
    for name in LISTS:
        where = f"{path}.{name}"
        for pair in (*same[name], *alike[name]):
            yield from _write_pair(pair, where)
        for item in old[name]:
            yield Change(
                group="Outcomes", path=where, label=get_label(where), kind="removed", before=_write(item)
            )
        for item in new[name]:
            yield Change(
                group="Outcomes", path=where, label=get_label(where), kind="added", after=_write(item)
            )


def note_outcome_switching(
    changes: Collection[Change], before: Item, after: Item, *, is_next: bool = False
) -> OutcomeSwitching:
    """Call out primary outcomes that were added, removed, reworded, retimed or moved after the start.

    Parameters
    ----------
    before, after
        The two records that `changes` come from. Their days (of one meaning) and the start date (the later
        version's, else the earlier one's) decide; nothing is said where one of them is not known.
    is_next
        Whether it is known that the registry published no version between the two: only then the change was
        made on the later one's day, else at some time between.

    Notes
    -----
    A change of a description alone is no switch.
    """
    changes = tuple(changes)
    when = _tell_time(before, after, is_next=is_next)
    switched = [change for change in changes if _is_switch(change)]
    if not when.words or not switched:
        return OutcomeSwitching(changes)
    noted = tuple(_add_note(change, when.words) if _is_switch(change) else change for change in changes)
    warnings = dict.fromkeys(f"{_say(change)} {when.words}" for change in switched)
    told = tuple(_say(change) for change in switched)
    return OutcomeSwitching(noted, tuple(warnings), when.is_after, told, when.words)


def _is_switch(change: Change) -> bool:
    return change.path in (PRIMARY, f"{PRIMARY}.measure", f"{PRIMARY}.timeFrame")


def _add_note(change: Change, when: str) -> Change:
    said = f"{_say(change)} {when}"
    return msgspec.structs.replace(change, note=f"{said}. {change.note}" if change.note else said)


def _say(change: Change) -> str:
    if "became" in change.label:
        return change.label
    if change.path.endswith(".timeFrame"):
        return "Time frame of a primary outcome changed"
    return f"Primary outcome {change.kind}"


def _tell_time(before: Item, after: Item, *, is_next: bool) -> _When:
    start = _read_start(after) or _read_start(before)
    first, last = _read_days(before, after)
    if not start or not last or not start.earliest or not start.latest or not last.earliest:
        return _When()
    begun = f"({write_day(_to_month(start))})"
    if is_next:
        if last.earliest <= start.latest:
            return _When()
        months = _count_months(start.earliest, last.earliest)
        span = count_of(months, "month") if months else "less than a month"
        return _When(f"{span} after the study started {begun}", True)
    if not first or not first.earliest or last.earliest <= start.latest:
        return _When()
    between = (
        f"between {write_day(first)} and {write_day(last)}, from when no version in between is held here;"
        f" the study started"
    )
    if first.earliest >= start.latest:
        return _When(f"{between} before that {begun}", True)
    return _When(f"{between} in between {begun}, so this may have been before its start")


def _count_months(start: date, end: date) -> int:
    return (end.year - start.year) * 12 + end.month - start.month - (end.day < start.day)


def _read_days(before: Item, after: Item) -> tuple[PartialDate | None, PartialDate | None]:
    """The days of two versions, of the best meaning that both give; of the later one alone where none is common."""
    old, new = find_days(before), find_days(after)
    for meaning in MEANINGS:
        first, last = getattr(old, meaning), getattr(new, meaning)
        if first and last:
            return PartialDate(first), PartialDate(last)
    return None, PartialDate(new.first) if new.first else None


def _read_start(record: Item) -> PartialDate | None:
    section = record.get("protocolSection")
    module = section.get("statusModule") if isinstance(section, dict) else None
    value = module.get("startDateStruct") if isinstance(module, dict) else None
    value = value.get("date") if isinstance(value, dict) else value
    return PartialDate(value) if isinstance(value, str) and PartialDate(value).earliest else None


def _to_month(day: PartialDate) -> PartialDate:
    return PartialDate(day[:7])


def _items(module: dict[str, Any], name: str) -> list[Item]:
    value = module.get(name)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _key(item: Item) -> str:
    return get_key("primaryOutcomes", item)


def _fold(item: Item) -> str:
    return _key(item).casefold()


def _take_moved(
    old: dict[str, list[Item]], new: dict[str, list[Item]], *, at_least: float
) -> list[tuple[str, str, Pair]]:
    """Take the outcomes out of both lists that left one class and came back in another."""
    moved = []
    for source in LISTS:
        for target in LISTS:
            if source == target:
                continue
            if at_least == 1.0:
                pairs, old[source], new[target] = pair_by(old[source], new[target], _fold)
            else:
                pairs, old[source], new[target] = match_alike(
                    old[source], new[target], _key, at_least=at_least
                )
            moved += [(source, target, pair) for pair in pairs]
    return moved


def _write(item: Item) -> str:
    frame = normalise(str(item.get("timeFrame") or ""))
    return f"{_key(item)} [time frame: {frame}]" if frame else _key(item)


def _write_move(source: str, target: str, pair: Pair, path: str) -> Change:
    """A move in or out of the primary outcomes is told under their path, whichever way it went."""
    about = target if target == "primaryOutcomes" else source
    to = get_label(target).removesuffix(" outcome").lower()
    return Change(
        group="Outcomes",
        path=f"{path}.{about}",
        label=f"{get_label(source)} became {to}",
        kind="changed",
        before=_write(pair[0]),
        after=_write(pair[1]),
        note="" if _fold(pair[0]) == _fold(pair[1]) else "Also reworded",
    )


def _write_pair(pair: Pair, path: str) -> Iterator[Change]:
    old, new = pair
    texts = [[normalise(str(side.get(name) or "")) for name in _FIELDS] for side in pair]
    fields = [name for name, mine, theirs in zip(_FIELDS, *texts, strict=True) if mine != theirs]
    if not fields:
        return
    notes, kind = [], "reworded" if "measure" in fields else "changed"
    before, after = _write(old), _write(new)
    if "timeFrame" in fields:
        notes.append(f"Time frame: {texts[0][1] or 'not given'} → {texts[1][1] or 'not given'}")
    if fields == ["description"]:
        kind = "reworded" if is_rewording(texts[0][2], texts[1][2]) else "changed"
        before, after = (
            f"{_key(side)}: {text[2]}".rstrip(": ") for side, text in zip(pair, texts, strict=True)
        )
    if "description" in fields:
        notes.append("Description changed")
    yield Change(
        group="Outcomes",
        path=f"{path}.{fields[0]}",
        label=get_label(path),
        kind=_KINDS[kind],
        before=before,
        after=after,
        note="; ".join(notes),
    )


_FIELDS = ("measure", "timeFrame", "description")
_KINDS: dict[str, ChangeKind] = {"reworded": "reworded", "changed": "changed"}
