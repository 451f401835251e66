"""What is known of a study, whichever copy says it? The fullest known state of each of its versions.

A copy that cannot carry an element does not say that the study lacks it: the last copy that can is asked,
and is named beside what rests on it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

from trialbook.changes.apart import TakenApart, find_joined, take_apart
from trialbook.changes.compare import build_trie
from trialbook.changes.history import Record, compare_records
from trialbook.changes.outcomes import OutcomeSwitching, note_outcome_switching
from trialbook.errors import RecordDamagedError
from trialbook.model.present import decode_present
from trialbook.record.walk import walk_values
from trialbook.source.carried import find_carried, is_unlike
from trialbook.store import Store, Version
from trialbook.store.store import OnDamage, refuse_damage

# What a copy says of itself, not of the study.
_OWN = frozenset(
    {
        "protocolSection.identificationModule.nctId",
        "protocolSection.statusModule.statusVerifiedDate",
        "protocolSection.statusModule.lastUpdateSubmitDate",
        "protocolSection.statusModule.lastUpdatePostDateStruct",
        "derivedSection.miscInfoModule",
        # A register's words beside values that stand in this copy.
        "derivedSection.registerWords",
        "pageSection",
    }
)
PLANNED_END = "protocolSection.statusModule.primaryCompletionDateStruct"
MOST_SUPPLIERS = 20


class Resting(msgspec.Struct, frozen=True):
    """An element (by its path in API v2) that rests on another copy than the one that is shown.

    `is_more` tells of a list that the shown copy has too, and that is told with more details there; what is not
    `is_used` stands there, and the shown copy proves that it holds no longer.
    """

    path: str
    version: Version
    is_more: bool = False
    is_used: bool = True


class KnownState(msgspec.Struct, frozen=True):
    """What is known of a study in one version of it.

    Attributes
    ----------
    version
        The copy that is in front.
    record
        Its JSON values as the registry would write them today, with what it cannot carry from other copies and
        with lists taken apart.
    resting
        What was taken from which other copy.
    apart
        The lists that were taken apart.
    carried
        Of what the copy itself says something, see `find_carried`.
    asked
        The other copies that were asked, each with what it says something of.
    findings
        What was found out by comparing versions, as the names of our own pieces and their values.
    """

    version: Version
    record: Record
    resting: tuple[Resting, ...] = ()
    apart: tuple[TakenApart, ...] = ()
    carried: frozenset[str] | None = None
    asked: tuple[tuple[Version, frozenset[str] | None], ...] = ()
    findings: tuple[tuple[str, str], ...] = ()

    @property
    def day(self) -> str:
        """The day from which the version counts."""
        return self.version.known_from

    @property
    def title(self) -> str:
        """The brief title, else the official one, else the id."""
        names = ("briefTitle", "officialTitle")
        titles = [
            walk_values(self.record, ("protocolSection", "identificationModule", each)) for each in names
        ]
        said = [each for found in titles for each in found if isinstance(each, str) and each]
        return said[0] if said else self.version.nct_id

    def find_resting(self, path: str, *, is_used: bool = False) -> Version | None:
        """The copy that has an element, or a part of it, which the one in front cannot carry; None where none has.

        `is_used` leaves out what stands there and is known not to hold any longer.
        """
        for each in self.resting:
            is_part = _is_within(each.path, path) or (_is_within(path, each.path) and self.has_value(path))
            if is_part and not each.is_more and (each.is_used or not is_used):
                return each.version
        return None

    def has_value(self, path: str) -> bool:
        """Whether any copy has something at a path."""
        return any(value not in ("", [], {}) for value in walk_values(self.record, path.split(".")))

    def find_silent(self, path: str) -> Version | None:
        """The first of the other copies that could say something of an element; None where none can."""
        return next((version for version, carried in self.asked if _can_carry(carried, path)), None)

    def can_carry(self, path: str) -> bool:
        """Whether the copy in front says something of an element, if only that there is none."""
        return _can_carry(self.carried, path)


def is_complete(format_name: str, record: Record) -> bool:
    """Whether a copy alone says all that can be known of its version."""
    return find_carried(format_name, record) is None and "pageSection" not in record


def read_state(
    store: Store, copies: Sequence[Sequence[Version]], place: int, *, on_damage: OnDamage = refuse_damage
) -> KnownState | None:
    """The state of the version at a place among all (`Store.find_copies`); None where its text is damaged."""
    front, *others = copies[place]
    record = _decode(store, front, on_damage)
    if record is None:
        return None
    state = KnownState(front, record, carried=find_carried(front.format, record))
    if state.carried is None and not find_joined(record):
        return state
    suppliers = [*others]
    for older in reversed(copies[:place]):
        suppliers += older
    return complete(state, _decode_all(store, suppliers[:MOST_SUPPLIERS], on_damage))


def read_known_body(store: Store, nct_id: str) -> bytes | None:
    """What is known of the version in force, whichever copy says it, as JSON; None for an unknown study.

    Raises RecordDamagedError.
    """
    copies = () if store.is_of_one_copy(nct_id) else store.find_copies(nct_id)
    state = read_state(store, copies, len(copies) - 1) if copies else None
    return msgspec.json.encode(state.record) if state else store.find_body(nct_id)


def read_states(store: Store, nct_id: str, *, on_damage: OnDamage = refuse_damage) -> tuple[KnownState, ...]:
    """The state of each version of a study that is held, oldest first; empty for an unknown one."""
    try:
        copies = store.find_copies(nct_id)
    except RecordDamagedError as error:
        on_damage(error)
        return ()
    states: list[KnownState] = []
    has_changed = False
    for place in range(len(copies)):
        state = read_state(store, copies, place, on_damage=on_damage)
        if state is None:
            continue
        if states and not has_changed:
            switching = find_switching(states[-1], state)
            has_changed = switching is not None and switching.is_after_start
        found = (("PrimaryOutcomeChanged", "true"),) if has_changed else ()
        states.append(msgspec.structs.replace(state, findings=found))
    return tuple(states)


def complete(state: KnownState, suppliers: Iterable[tuple[Version, Record]]) -> KnownState:
    """Add to a state what its copy cannot carry, from the first of other copies that can; take lists apart."""
    record, carried = state.record, state.carried
    resting: list[Resting] = []
    others: list[Record] = []
    asked: list[tuple[Version, frozenset[str] | None]] = []
    joined = find_joined(record)
    for version, other in suppliers:
        others.append(other)
        if carried is not None:
            if _is_outlived(state.record, other) and not state.can_carry(PLANNED_END):
                resting.append(Resting(PLANNED_END, version, is_used=False))
                held = _leave_out(other, PLANNED_END)
            else:
                held = other
            taken: list[tuple[str, bool]] = []
            record = _add(record, held, build_trie(carried), "", taken)
            resting += [Resting(path, version, is_more) for path, is_more in taken]
            own = find_carried(version.format, other)
            asked.append((version, own))
            carried = None if own is None else carried | own
        if carried is None and not joined:
            break
    apart = take_apart(state.record, others) if joined else ()
    for each in apart:
        record = _lay_apart(record, each, others)
    return msgspec.structs.replace(
        state, record=record, resting=tuple(resting), apart=apart, asked=tuple(asked)
    )


def _is_outlived(record: Record, other: Record) -> bool:
    """Whether another copy only planned its dates of completion, and these have moved since."""
    mine, theirs = (
        _get(each, "protocolSection.statusModule.completionDateStruct") for each in (record, other)
    )
    planned = _get(other, PLANNED_END)
    return (
        isinstance(planned, dict)
        and planned.get("type") != "ACTUAL"
        and isinstance(mine, dict)
        and isinstance(theirs, dict)
        and mine.get("date") != theirs.get("date")
    )


def _get(record: Record, path: str) -> Any:
    return next(iter(walk_values(record, path.split("."))), None)


def _leave_out(record: Record, path: str) -> Record:
    name, _, rest = path.partition(".")
    if not rest:
        return {key: value for key, value in record.items() if key != name}
    return {**record, name: _leave_out(record[name], rest)}


def _can_carry(carried: frozenset[str] | None, path: str) -> bool:
    return carried is None or any(_is_within(path, each) or _is_within(each, path) for each in carried)


def _strip_own(value: Any, path: str) -> Any:
    """What another copy says, without what it says of itself."""
    if not isinstance(value, dict):
        return value
    return {
        name: _strip_own(part, f"{path}.{name}")
        for name, part in value.items()
        if f"{path}.{name}" not in _OWN
    }


def _add(
    base: Record, other: Record, trie: dict[str, Any], path: str, taken: list[tuple[str, bool]]
) -> Record:
    """`base` with what it cannot carry and `other` holds; the paths of that go into `taken`, see `Resting`."""
    added = dict(base)
    for name, value in other.items():
        at = f"{path}.{name}" if path else name
        below = trie.get(name)
        if at in _OWN:
            continue
        if name not in base:
            if below is None and (held := _strip_own(value, at)) not in ({}, [], ""):
                added[name] = held
                taken.append((at, False))
            elif below and isinstance(value, dict) and (found := _add({}, value, below, at, taken)):
                added[name] = found
        elif below != {}:
            mine = base[name]
            if isinstance(mine, dict) and isinstance(value, dict):
                if _is_another_value(mine, value):
                    continue
                added[name] = _add(mine, value, below or {}, at, taken)
            elif isinstance(mine, list) and mine != value and _says_within(mine, value):
                added[name] = value
                taken.append((at, True))
    return added


def _is_another_value(mine: dict[str, Any], theirs: dict[str, Any]) -> bool:
    """Whether two small structs say different things, so that the type of the one is not that of the other."""
    if any(isinstance(part, dict | list) for part in (*mine.values(), *theirs.values())):
        return False
    return any(mine[name] != theirs[name] for name in mine.keys() & theirs.keys())


def _says_within(poor: Any, rich: Any) -> bool:
    """Whether all that one value says stands in the other."""
    if isinstance(poor, dict):
        return isinstance(rich, dict) and all(
            name in rich and _says_within(part, rich[name]) for name, part in poor.items()
        )
    if isinstance(poor, list):
        return (
            isinstance(rich, list)
            and len(poor) == len(rich)
            and all(_says_within(*pair) for pair in zip(poor, rich, strict=True))
        )
    if isinstance(poor, str) and isinstance(rich, str):
        return poor.split() == rich.split()
    return bool(poor == rich)


def _lay_apart(record: Record, apart: TakenApart, others: Sequence[Record]) -> Record:
    """A record in which a list has the names that were told apart."""
    if apart.path == "pageSection.interventionOtherNames":
        return _give_names(record, apart.names, others)
    *steps, last = apart.path.split(".")
    laid: Record = _replace(record, steps, last, list(apart.names))
    return laid


def _replace(holder: Any, steps: Sequence[str], last: str, value: Any) -> Any:
    if isinstance(holder, list):
        return [_replace(each, steps, last, value) for each in holder]
    if not isinstance(holder, dict):
        return holder
    if not steps:
        return {**holder, last: value} if last in holder else holder
    if steps[0] not in holder:
        return holder
    return {**holder, steps[0]: _replace(holder[steps[0]], steps[1:], last, value)}


def _give_names(record: Record, names: Sequence[str], others: Sequence[Record]) -> Record:
    """The other names of a page, each to the intervention to which another copy gives it."""
    owners = {
        (str(item.get("name")), name)
        for other in others
        for item in _list_interventions(other)
        for name in item.get("otherNames") or ()
    }
    given = []
    for item in _list_interventions(record):
        own = [name for name in names if (str(item.get("name")), name) in owners]
        given.append({**item, "otherNames": own} if own and "otherNames" not in item else item)
    if given == _list_interventions(record):
        return record
    module = {**record["protocolSection"]["armsInterventionsModule"], "interventions": given}
    return {**record, "protocolSection": {**record["protocolSection"], "armsInterventionsModule": module}}


def _list_interventions(record: Record) -> list[Record]:
    protocol = record.get("protocolSection")
    module = protocol.get("armsInterventionsModule") if isinstance(protocol, dict) else None
    listed = module.get("interventions") if isinstance(module, dict) else None
    return [item for item in listed if isinstance(item, dict)] if isinstance(listed, list) else []


def find_switching(before: KnownState, after: KnownState) -> OutcomeSwitching | None:
    """How primary outcomes changed between two versions; None where none can have, or the two cannot be compared."""
    if _get_outcomes(before.record) == _get_outcomes(after.record):
        return None
    if is_unlike(before.version.format, after.version.format):
        return None
    old, new = ({"protocolSection": _keep(state.record)} for state in (before, after))
    changes = compare_records(
        old, new, before_format=before.version.format, after_format=after.version.format
    )
    return note_outcome_switching(changes, old, new, is_next=after.version.is_next_of(before.version))


def _get_outcomes(record: Record) -> Any:
    protocol = record.get("protocolSection")
    return protocol.get("outcomesModule") if isinstance(protocol, dict) else None


def _keep(record: Record) -> Record:
    protocol = record.get("protocolSection")
    protocol = protocol if isinstance(protocol, dict) else {}
    return {name: protocol[name] for name in ("statusModule", "outcomesModule") if name in protocol}


def _decode_all(
    store: Store, versions: Iterable[Version], on_damage: OnDamage
) -> Iterator[tuple[Version, Record]]:
    for version in versions:
        record = _decode(store, version, on_damage)
        if record is not None:
            yield version, record


def _decode(store: Store, version: Version, on_damage: OnDamage) -> Record | None:
    try:
        return decode_present(store.get_version_body(version.version_id))
    except RecordDamagedError as error:
        on_damage(error)
        return None


def _is_within(path: str, other: str) -> bool:
    return path == other or path.startswith(f"{other}.")
