"""What differs between two versions of a record: field by field, in the registry's words, in groups."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from functools import lru_cache
from typing import Any

from trialbook.changes.groups import GROUPS, Change, ChangeKind, get_group, get_label, normalise, write_value
from trialbook.changes.items import KEYS, Item, get_key, is_rewording, match_items
from trialbook.changes.outcomes import compare_outcomes
from trialbook.changes.sites import compare_sites
from trialbook.model import PartialDate
from trialbook.model.dates import Precision
from trialbook.model.sentences import count_of

__all__ = ["Change", "compute_changes", "summarise_changes"]

# Written as one text each: their parts mean little on their own.
_AS_ONE = frozenset({"enrollmentInfo", "orgStudyIdInfo", "leadSponsor", "organization"})
_EACH_ITEM = frozenset({"conditions", "keywords", "nctIdAliases", "removedCountries"})
_BOOKKEEPING = frozenset(
    {"statusVerifiedDate", "lastUpdateSubmitDate", "lastUpdatePostDateStruct", "studyFirstSubmitQcDate"}
)
_COUNTED = {
    "participantFlowModule": {"groups": "groups", "periods": "periods"},
    "baselineCharacteristicsModule": {"groups": "groups", "measures": "measures"},
    "outcomeMeasuresModule": {"outcomeMeasures": "outcome measures"},
    "adverseEventsModule": {
        "eventGroups": "groups",
        "seriousEvents": "serious adverse events",
        "otherEvents": "other adverse events",
    },
}

Trie = dict[str, Any]


def compute_changes(
    before: Item,
    after: Item,
    *,
    carried: Collection[str] | None = None,
    before_carried: Collection[str] | None = None,
    is_same_version: bool = False,
) -> tuple[Change, ...]:
    """Compare two versions of one record, both in the shape of API v2.

    Parameters
    ----------
    before, after
        The records as decoded from JSON; neither is altered.
    carried, before_carried
        API v2 paths (each with all below it) that the format of `after` and of `before` can express; None
        for everything. What only one version holds and the other's format has no place for is no change.
    is_same_version
        Whether both are copies of one version: what only one of them holds was neither added nor removed.

    Returns
    -------
    tuple of Change
        In the order of `GROUPS`, inside a group in the record's order. What the registry derives
        (`derivedSection`, but for removed countries) is left out, and what a saved page says beyond the
        record (`pageSection`) unless both are pages; posted results are compared module by module, by counts.

    Examples
    --------
    >>> old = {"protocolSection": {"designModule": {"enrollmentInfo": {"count": 30, "type": "ESTIMATED"}}}}
    >>> new = {"protocolSection": {"designModule": {"enrollmentInfo": {"count": 26, "type": "ACTUAL"}}}}
    >>> [(change.label, change.before, change.after) for change in compute_changes(old, new)]
    [('Participants', '30 (estimated)', '26 (actual)')]
    """
    before, after = _keep_compared(before, after), _keep_compared(after, before)
    for paths in (carried, before_carried):
        if paths is not None:
            before, after = _prune_both(before, after, build_trie(frozenset(paths)))
    changes = list(_compare(before, after, ""))
    if is_same_version:
        changes = [change for change in changes if change.kind not in ("added", "removed")]
    order = {group: rank for rank, group in enumerate(GROUPS)}
    return tuple(sorted(changes, key=lambda change: order[change.group]))


def summarise_changes(changes: Collection[Change]) -> tuple[tuple[str, str], ...]:
    """Write changes as short lines for a list of versions: (group, text), like changes counted together.

    The record's own dates of update are left out unless nothing else changed.
    """
    telling = [change for change in changes if change.path.rpartition(".")[2] not in _BOOKKEEPING]
    told = Counter((change.group, change.label, change.kind) for change in telling or changes)
    lines: dict[tuple[str, str], None] = {}
    for change in telling or changes:
        count = told[change.group, change.label, change.kind]
        short = max(len(change.before), len(change.after)) <= 60
        if count > 1:
            text = f"{change.label}: {count} {change.kind}"
        elif change.kind == "changed" and short and change.before and change.after:
            text = f"{change.label}: {change.before} → {change.after}"
        elif short and change.kind in ("added", "removed"):
            text = f"{change.label} {change.kind}: {change.before or change.after}"
        else:
            text = f"{change.label} {change.kind}"
        lines[change.group, text] = None
    return tuple(lines)


def _keep_compared(record: Item, other: Item) -> Item:
    kept = {name: part for name, part in record.items() if name not in ("derivedSection", "pageSection")}
    page = record.get("pageSection")
    if isinstance(page, dict) and "pageSection" in other:
        # What a page prints around a record is compared with another page's alone; how it printed lists, never.
        kept["pageSection"] = {name: part for name, part in page.items() if name != "joinedLists"}
    kept["hasResults"] = bool(record.get("hasResults"))
    kept |= _drop_acronym(record)
    derived = record.get("derivedSection")
    misc = derived.get("miscInfoModule") if isinstance(derived, dict) else None
    removed = misc.get("removedCountries") if isinstance(misc, dict) else None
    if removed:
        kept["derivedSection"] = {"miscInfoModule": {"removedCountries": removed}}
    return kept


def _drop_acronym(record: Item) -> Item:
    """A page prints the acronym behind the title, in brackets: the title is the same without it."""
    protocol = _as_dict(record.get("protocolSection"))
    own = _as_dict(protocol.get("identificationModule"))
    title, acronym = own.get("briefTitle"), own.get("acronym")
    if not (isinstance(title, str) and isinstance(acronym, str) and acronym):
        return {}
    bare = title.removesuffix(f"({acronym})").rstrip()
    return {"protocolSection": {**protocol, "identificationModule": {**own, "briefTitle": bare or title}}}


@lru_cache(maxsize=16)
def build_trie(paths: frozenset[str]) -> Trie:
    """Arrange paths as nested dicts; an empty dict stands for a path with everything below it."""
    root: Trie = {}
    for path in sorted(paths, key=lambda path: path.count(".")):
        node = root
        for name in path.split("."):
            if name in node and not node[name]:
                break
            node = node.setdefault(name, {})
    return root


def _prune_both(before: Item, after: Item, trie: Trie) -> tuple[Item, Item]:
    """Leave out, on both sides, what lies outside the paths and is held by one side only."""
    old, new = {}, {}
    for name in before.keys() | after.keys():
        mine, theirs = before.get(name), after.get(name)
        below = trie.get(name)
        if mine == theirs:
            # Equal parts make no change, pruned or not.
            old[name], new[name] = mine, theirs
        elif below is None:
            if mine is None or theirs is None:
                continue
            # Held by both, so the format has a place for it after all.
            old[name], new[name] = mine, theirs
        elif below and isinstance(mine or {}, dict) and isinstance(theirs or {}, dict):
            old[name], new[name] = _prune_both(mine or {}, theirs or {}, below)
        else:
            old[name], new[name] = _prune(mine, below), _prune(theirs, below)
    in_order = [*before, *(name for name in after if name not in before)]
    return (
        {name: old[name] for name in in_order if old.get(name) is not None},
        {name: new[name] for name in in_order if new.get(name) is not None},
    )


def _prune(value: Any, trie: Trie) -> Any:
    if not trie or value is None:
        return value
    if isinstance(value, list):
        return [_prune(item, trie) for item in value]
    if isinstance(value, dict):
        return {name: _prune(part, trie[name]) for name, part in value.items() if name in trie}
    return value


def _compare(before: Any, after: Any, path: str) -> Iterator[Change]:
    """Walk both versions at once; `before` or `after` is None where it has nothing."""
    name = path.rpartition(".")[2]
    if before == after or (not _has_value(before) and not _has_value(after)):
        return
    if path == "protocolSection.outcomesModule":
        yield from compare_outcomes(_as_dict(before), _as_dict(after), path)
    elif path.startswith("resultsSection."):
        yield from _compare_results(before, after, path)
    elif name == "locations":
        yield from compare_sites(_as_items(before), _as_items(after), path)
    elif name in KEYS and _is_items(before) and _is_items(after):
        yield from _compare_items(_as_items(before), _as_items(after), path)
    elif name in _AS_ONE or name.endswith("DateStruct"):
        yield from _compare_value(before, after, path)
    elif isinstance(before, dict) or isinstance(after, dict):
        old, new = _as_dict(before), _as_dict(after)
        for part in [*old, *(part for part in new if part not in old)]:
            yield from _compare(old.get(part), new.get(part), f"{path}.{part}" if path else part)
    elif name in _EACH_ITEM and all(isinstance(side, list | None) for side in (before, after)):
        yield from _compare_words(before, after, path)
    else:
        yield from _compare_value(before, after, path)


def _compare_value(before: Any, after: Any, path: str) -> Iterator[Change]:
    old, new = write_value(before, path), write_value(after, path)
    if normalise(old) == normalise(new):
        return
    if path.endswith(".hasExpandedAccess") and not before and not after:
        return
    kind: ChangeKind = "changed" if old and new else "added" if new else "removed"
    if kind == "changed" and min(len(old), len(new)) > 40 and is_rewording(old, new):
        kind = "reworded"
    note = _note_value(before, after, path) if kind in ("changed", "reworded") else ""
    yield _make(path, kind, old, new, note=note)


def _note_value(before: Any, after: Any, path: str) -> str:
    """Say how large the change is: people, months or criteria."""
    name = path.rpartition(".")[2]
    if name == "enrollmentInfo":
        old, new = _as_dict(before).get("count"), _as_dict(after).get("count")
        if isinstance(old, int) and isinstance(new, int) and old != new:
            return f"{abs(new - old)} {'more' if new > old else 'fewer'} participants"
    if name.endswith("DateStruct"):
        return _write_shift(_as_dict(before).get("date"), _as_dict(after).get("date"))
    if name == "eligibilityCriteria":
        old_lines = Counter(filter(None, map(normalise, str(before).splitlines())))
        new_lines = Counter(filter(None, map(normalise, str(after).splitlines())))
        gone, come = (old_lines - new_lines).total(), (new_lines - old_lines).total()
        return f"{gone} line{'' if gone == 1 else 's'} gone, {come} new" if gone or come else ""
    return ""


def _write_shift(before: Any, after: Any) -> str:
    """How far a date moved; of partial dates no more than they say."""
    if not isinstance(before, str) or not isinstance(after, str):
        return ""
    old, new = PartialDate(before), PartialDate(after)
    if not (old.earliest and new.earliest and old.latest and new.latest):
        return ""
    if old != new and old.earliest <= new.latest and new.earliest <= old.latest:
        return "Told more exactly" if len(new) > len(old) else "Told less exactly"
    start, end = sorted((old.earliest, new.earliest))
    if old.precision == new.precision == Precision.DAY:
        months = (end.year - start.year) * 12 + end.month - start.month - (end.day < start.day)
        about = ""
    else:
        months = (end.year - start.year) * 12 + end.month - start.month
        about = "about " if old.precision != new.precision else ""
    way = "later" if new.earliest > old.earliest else "earlier"
    if months:
        return (
            f"{about}{count_of(months, 'month')} {way}".capitalize()
            if about
            else f"{count_of(months, 'month')} {way}"
        )
    return f"{count_of((end - start).days, 'day')} {way}" if end > start else ""


def _compare_words(before: Any, after: Any, path: str) -> Iterator[Change]:
    """Compare two lists of words as sets, whatever their order."""
    old, new = ({normalise(str(word)): None for word in side or ()} for side in (before, after))
    if " ".join(old).casefold() == " ".join(new).casefold():
        return  # a page of text runs the items of a list together
    held = {word.casefold() for word in old}, {word.casefold() for word in new}
    for word in old:
        if word.casefold() not in held[1]:
            yield _make(path, "removed", word, "")
    for word in new:
        if word.casefold() not in held[0]:
            yield _make(path, "added", "", word)


def _compare_items(before: list[Item], after: list[Item], path: str) -> Iterator[Change]:
    name = path.rpartition(".")[2]
    matched = match_items(name, before, after)
    for old, new in (*matched.pairs, *matched.reworded):
        fields = [
            field
            for field in [*old, *(field for field in new if field not in old)]
            if next(_compare_value(old.get(field), new.get(field), f"{path}.{field}"), None)
        ]
        if not fields:
            continue
        texts = [_write_item(side, path, fields) for side in (old, new)]
        is_reworded = (old, new) in matched.reworded or is_rewording(*texts)
        note = "Changed: " + ", ".join(get_label(f"{path}.{field}").lower() for field in fields)
        yield _make(path, "reworded" if is_reworded else "changed", *texts, note=note)
    for item in matched.removed:
        yield _make(path, "removed", _write_item(item, path, []), "")
    for item in matched.added:
        yield _make(path, "added", "", _write_item(item, path, []))


def _write_item(item: Item, path: str, fields: list[str]) -> str:
    """Write what an item is known by, and those of its other fields that changed."""
    name = path.rpartition(".")[2]
    shown = normalise(str(item.get("citation") or ""))
    parts = [shown or get_key(name, item) or write_value(item, path)]
    for field in fields:
        if field not in KEYS[name] and item.get(field) is not None:
            text = write_value(item[field], f"{path}.{field}")
            parts.append(f"{get_label(f'{path}.{field}')}: {text}")
    return "; ".join(parts)


def _compare_results(before: Any, after: Any, path: str) -> Iterator[Change]:
    """Compare a module of the results by what it counts: its leaves can be tens of thousands."""
    old, new = _count_parts(before, path), _count_parts(after, path)
    kind: ChangeKind = "added" if not before else "changed" if after else "removed"
    note = "The same counts, other content" if kind == "changed" and old == new else ""
    yield _make(path, kind, old, new, note=note)


def _count_parts(module: Any, path: str) -> str:
    if not module:
        return ""
    counted = _COUNTED.get(path.rpartition(".")[2], {})
    module = _as_dict(module)
    parts = [
        f"{len(module[name])} {words}"
        for name, words in counted.items()
        if isinstance(module.get(name), list)
    ]
    return ", ".join(parts) or "Present"


def _make(path: str, kind: ChangeKind, before: str, after: str, *, note: str = "") -> Change:
    return Change(
        group=get_group(path),
        path=path,
        label=get_label(path),
        kind=kind,
        before=before,
        after=after,
        note=note,
    )


def _has_value(value: Any) -> bool:
    return value is not None and value not in ({}, [], "")


def _as_dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _is_items(value: Any) -> bool:
    return value is None or (isinstance(value, list) and all(isinstance(item, dict) for item in value))


def _as_items(value: Any) -> list[Item]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
