"""How the sites of a study changed, in few lines however many sites there are."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

from trialbook.changes.groups import Change, ChangeKind, get_group, normalise, write_value
from trialbook.changes.items import Item, drop_identical, get_key, match_items

_LISTED_ONE_BY_ONE = 10
_NAMED = 3
_ADDRESS = ("facility", "city", "state", "country")


def compare_sites(before: list[Item], after: list[Item], path: str) -> Iterator[Change]:
    """Yield sites added and removed, changes of status by kind, and one line for all other details.

    Sites are the same by facility and city. A format that names only countries is compared by those.
    """
    if not any(get_key("locations", item) for item in (*before, *after)):
        before, after = _countries(before), _countries(after)
    before, after = drop_identical(before, after)
    matched = match_items("locations", _drop_derived(before), _drop_derived(after))
    for kind, items in (("removed", matched.removed), ("added", matched.added)):
        yield from _write_whole(list(items), kind, path)  # type: ignore[arg-type]
    for old, new in matched.reworded:
        yield _make(path, "Site", "reworded", _write_address(old), _write_address(new))
    yield from _compare_status([*matched.pairs, *matched.reworded], path)
    yield from _compare_details(list(matched.pairs), path)


def _countries(sites: list[Item]) -> list[Item]:
    names = dict.fromkeys(str(site["country"]) for site in sites if site.get("country"))
    return [{"country": name} for name in names]


def _drop_derived(sites: list[Item]) -> list[Item]:
    return [{name: part for name, part in site.items() if name != "geoPoint"} for site in sites]


def _write_address(site: Item) -> str:
    return ", ".join(normalise(str(site[name])) for name in _ADDRESS if site.get(name))


def _write_whole(sites: list[Item], kind: ChangeKind, path: str) -> Iterator[Change]:
    if len(sites) > _LISTED_ONE_BY_ONE:
        countries = Counter(str(site.get("country") or "country not given") for site in sites)
        text = ", ".join(f"{count} in {country}" for country, count in countries.most_common())
        text = f"{len(sites)} sites: {text}"
        yield _make(path, "Sites", kind, *(("", text) if kind == "added" else (text, "")))
        return
    for site in sites:
        text = _write_address(site)
        yield _make(path, "Site", kind, *(("", text) if kind == "added" else (text, "")))


def _compare_status(pairs: list[tuple[Item, Item]], path: str) -> Iterator[Change]:
    moves: dict[tuple[str, str], list[Item]] = defaultdict(list)
    for old, new in pairs:
        if old.get("status") != new.get("status"):
            texts = [write_value(side.get("status"), "status") for side in (old, new)]
            moves[texts[0], texts[1]].append(new)
    for (old_status, new_status), sites in moves.items():
        kind: ChangeKind = "changed" if old_status and new_status else "added" if new_status else "removed"
        yield _make(f"{path}.status", "Site status", kind, old_status, new_status, note=_name_sites(sites))


def _compare_details(pairs: list[tuple[Item, Item]], path: str) -> Iterator[Change]:
    changed: dict[str, list[Item]] = defaultdict(list)
    for old, new in pairs:
        for name in dict.fromkeys((*old, *new)):
            if name not in ("status", "facility", "city") and old.get(name) != new.get(name):
                changed["contacts" if name == "contacts" else "address"].append(new)
    for part, sites in changed.items():
        distinct = list({id(site): site for site in sites}.values())
        yield _make(f"{path}.{part}", f"Site {part}", "changed", "", "", note=_name_sites(distinct))


def _name_sites(sites: list[Item]) -> str:
    named = "; ".join(_write_address(site) for site in sites[:_NAMED])
    more = f" and {len(sites) - _NAMED} more" if len(sites) > _NAMED else ""
    return f"At {len(sites)} site{'' if len(sites) == 1 else 's'}: {named}{more}"


def _make(path: str, label: str, kind: ChangeKind, before: str, after: str, *, note: str = "") -> Change:
    return Change(
        group=get_group(path), path=path, label=label, kind=kind, before=before, after=after, note=note
    )
