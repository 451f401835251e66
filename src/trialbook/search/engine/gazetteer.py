"""Which place does a text mean? Those where studies have sites first, then those of offline packages.

A place that several share is the one with the most sites; the others are told. What names none is refused, with
what may have been meant: a search near nowhere would find nothing and say nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Literal, TypeAlias

import msgspec
import tantivy

from trialbook.errors import QueryError
from trialbook.search.engine.places import compute_distance_km
from trialbook.search.engine.spelling import suggest_places
from trialbook.terms.countries import find_country, find_states, suggest_countries
from trialbook.terms.place_names import (
    Kind,
    PlaceName,
    find_common_name,
    find_town_names,
    fold_place,
    fold_postcode,
    make_beginning,
    read_term,
)
from trialbook.terms.world_places import find_american_towns, find_towns, find_world_towns, find_zip_code

PlaceKind: TypeAlias = Literal["point", "postcode", "town", "region", "country"]
FindNames: TypeAlias = Callable[[Kind, str], list[PlaceName]]
"""The places of a library under a folded name."""

LONGEST_PLACE = 200
MOST_ROWS = 50_000
MOST_OTHERS = 8
# Points of one name in one country that lie so near are one town.
ONE_TOWN_KM = 40.0
# A region of a town's name is meant where so many times as many sites are in it.
FAR_MORE = 8
HINT = (
    "write a town (Miami; Paris, Texas), a postal code (33136), a region (Bavaria), a country, or latitude and"
    " longitude in degrees (25.76, -80.19)"
)
_NUMBER = r"[-+]?[0-9]{1,3}(?:\.[0-9]{1,15})?"
_POINT = re.compile(rf"({_NUMBER})°?\s*(?:,|;|\s)\s*({_NUMBER})°?")
_AHEAD = re.compile(r"^(?:near|in|around)\s+", re.IGNORECASE)
_HERE = frozenset(
    ("me", "here", "my place", "home", "my home", "my location", "current location", "hier", "moi")
)


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """What a text means.

    Attributes
    ----------
    kind
        A point in degrees, a postal code's area, a town, a region (state, province) or a country.
    name, state, country
        As records write them; "" where there is none.
    latitude, longitude
        Degrees, WGS 84: of a town its centre, of a region or country the middle of its sites.
    others
        Other places that the same text may mean, each as it can be asked for, the likeliest first.
    """

    kind: PlaceKind
    name: str
    state: str = ""
    country: str = ""
    latitude: float
    longitude: float
    others: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """The place in full: "Miami, Florida, United States"."""
        return ", ".join(dict.fromkeys(part for part in (self.name, self.state, self.country) if part))

    @property
    def is_area(self) -> bool:
        """Whether a site lies in it, rather than at a distance from it."""
        return self.kind in ("region", "country")


FindPlace: TypeAlias = Callable[[str], Place]


def find_known_place(text: str) -> Place:
    """The place that a text means, without any library; raises as `find_place`.

    >>> find_known_place("25.76,-80.19").label, find_known_place("33136").label
    ('25.76, -80.19', '33136 Miami, Florida, United States')
    """
    return find_place(text, lambda kind, key: [], lambda text: ())


def make_finder(searcher: tantivy.Searcher) -> FindPlace:
    """Finds places among those of an index first."""

    def find_names(kind: Kind, key: str) -> list[PlaceName]:
        found = searcher.terms_with_prefix("place", make_beginning(kind, key), limit=MOST_ROWS)
        return [read_term(term, count) for term, count in found]

    return lambda text: find_place(text, find_names, lambda asked: suggest_places(searcher, asked))


def find_place(text: str, find_names: FindNames, suggest: Callable[[str], Sequence[str]]) -> Place:
    """The place that a text means.

    Parameters
    ----------
    text
        "Miami", "Miami, FL", "33136", "Bavaria", "25.76,-80.19".
    find_names, suggest
        A library's places, and those whose names are close to a text.

    Raises
    ------
    QueryError
        It means none: says what may have been meant.
    """
    words = _AHEAD.sub("", " ".join(text.split()))
    if not words or len(words) > LONGEST_PLACE:
        raise QueryError(f"a place has 1 to {LONGEST_PLACE} characters: {words[:40]!r}", hint=HINT)
    if fold_place(words) in _HERE:
        raise QueryError("where you are is not known here, and is asked of nobody", hint=HINT)
    if found := _POINT.fullmatch(words):
        return _make_point(found[1], found[2])
    ways = list(_read_ways(words))
    for find in (_find_candidates, _find_elsewhere):
        for head, qualifiers in ways:
            candidates = find(head, qualifiers, find_names)
            if candidates:
                return msgspec.structs.replace(candidates[0], others=_name_others(candidates))
    raise _refuse(words, suggest)


def _make_point(latitude: str, longitude: str) -> Place:
    lat, lon = float(latitude), float(longitude)
    if abs(lat) > 90 or abs(lon) > 180:
        raise QueryError(
            f"that point is not on the earth: {latitude}, {longitude}",
            hint="latitude is -90 to 90, longitude -180 to 180, in this order",
        )
    return Place(kind="point", name=f"{lat:g}, {lon:g}", latitude=lat, longitude=lon)


def _read_ways(words: str) -> Iterable[tuple[str, tuple[str, ...]]]:
    """A text as a name and what it lies in: parted at its commas, or before its last words."""
    head, *rest = [part.strip() for part in words.split(",")]
    qualifiers = tuple(each for part in rest for each in _part_code(part) if each)
    if head:
        yield head, qualifiers
    parts = head.split()
    for at in range(len(parts) - 1, 0, -1):
        first, last = " ".join(parts[:at]), " ".join(parts[at:])
        if find_country(last) or find_states(last) or _is_code(last):
            yield first, (last, *qualifiers)
        if at == 1 and _is_code(first):
            yield first, (last, *qualifiers)
    if len(parts) > 1 and _is_code(parts[-1]):
        # As addresses end: "Houston TX 77030", "TX 77030".
        *before, code = parts
        yield from ((name, (*more, code, *qualifiers)) for name, more in _read_ways(" ".join(before)))
        yield code, (" ".join(before), *qualifiers)
    if len(parts) > 1 and _is_code(head):
        yield head, qualifiers


def _part_code(text: str) -> tuple[str, ...]:
    """A state with the postal code behind it as two ("FL 33136"), any other text as it is."""
    before, _, last = text.rpartition(" ")
    return (before, last) if before and _is_code(last) and not _is_code(before) else (text,)


def _is_code(text: str) -> bool:
    return any(char.isdigit() for char in text) and len(text) <= 12


def _find_candidates(head: str, qualifiers: tuple[str, ...], find_names: FindNames) -> list[Place]:
    """The places of a library that go by a name, the likeliest first."""
    if _is_code(head):
        return _find_codes(head, qualifiers, find_names)
    if not fold_place(head):
        return []
    towns = _find_towns(head, qualifiers, find_names)
    regions = _find_regions(head, qualifiers, find_names)
    most = max(towns[0][0] if towns else 0, 1)
    ahead = [each for each in regions if not towns or each[0] > FAR_MORE * most]
    behind = [each for each in regions if each not in ahead]
    return [place for _, place in (*ahead, *towns, *behind)]


def _find_elsewhere(head: str, qualifiers: tuple[str, ...], find_names: FindNames) -> list[Place]:
    """The places of offline packages; the library has none of the name."""
    if _is_code(head) or not fold_place(head):
        return []
    for find in (find_american_towns, find_world_towns) if qualifiers else (find_towns,):
        if found := [each for each in find(head) if _lies_in(each, qualifiers)]:
            return [place for _, place in _merge(found)]
    return []


def _find_towns(head: str, qualifiers: tuple[str, ...], find_names: FindNames) -> list[tuple[int, Place]]:
    """Towns of a name; one that is known to go by it comes first, with the sites under its other names."""
    rows = {_get_key(each): each for each in find_names("town", fold_place(head))}
    known = []
    for name, country in find_town_names(head):
        for row in find_names("town", fold_place(name)):
            if row.country == country:
                rows[_get_key(row)] = row
                known.append(row)
    merged = _merge([each for each in rows.values() if _lies_in(each, qualifiers)])
    if not known:
        return merged
    best = max(known, key=lambda row: row.weight)
    return sorted(merged, key=lambda pair: not _is_near(best, pair[1]))


def _get_key(row: PlaceName) -> tuple[str, str, str, float, float]:
    return row.name, row.state, row.country, row.latitude, row.longitude


def _find_codes(head: str, qualifiers: tuple[str, ...], find_names: FindNames) -> list[Place]:
    code = fold_postcode(head, "United States")
    rows = [each for each in find_names("postcode", code) if _lies_in(each, qualifiers)]
    weighed = [(weight, _find_centre(place, find_names)) for weight, place in _merge(rows)]
    american = find_zip_code(code)
    if american is not None and _lies_in(american, qualifiers):
        weight = sum(each for each, place in weighed if place.country == american.country)
        weighed = [(each, place) for each, place in weighed if place.country != american.country]
        weighed.append((weight, _make_place(american)))
        weighed.sort(key=lambda pair: -pair[0])
    return [
        msgspec.structs.replace(place, kind="postcode", name=f"{code} {place.name}".strip())
        for _, place in weighed
    ]


def _find_centre(place: Place, find_names: FindNames) -> Place:
    """The town of a postal code where most records put it: a single site may lie anywhere."""
    towns = _find_towns(place.name, (place.country,) if place.country else (), find_names)
    if not towns:
        return place
    best = towns[0][1]
    return msgspec.structs.replace(place, latitude=best.latitude, longitude=best.longitude)


def _find_regions(head: str, qualifiers: tuple[str, ...], find_names: FindNames) -> list[tuple[int, Place]]:
    """States and countries of a name or code, the one with the most sites first."""
    keys = {
        fold_place(head),
        *(fold_place(name) for each in find_states(head) for name in (each.name, each.code)),
    }
    country = find_country(head)
    rows = [row for key in keys for row in find_names("region", key)]
    if country and not qualifiers:
        rows += find_names("region", fold_place(country.name)) if fold_place(country.name) not in keys else []
    groups: dict[tuple[str, str], list[PlaceName]] = {}
    for row in rows:
        is_meant = bool(row.state) or (country is not None and row.country == country.name)
        if is_meant and (not qualifiers or (row.state and _lies_in(row, qualifiers))):
            groups.setdefault((_fold_state(row), row.country), []).append(row)
    found = [_join_region(each) for each in groups.values()]
    return sorted(found, key=lambda pair: -pair[0])


def _fold_state(row: PlaceName) -> str:
    states = find_states(row.state) if row.state else ()
    country = find_country(row.country)
    own = next((each for each in states if country and each.country == country.code), None)
    return own.name if own else fold_place(row.state)


def _join_region(rows: list[PlaceName]) -> tuple[int, Place]:
    best = max(rows, key=lambda row: row.weight)
    total = sum(row.weight for row in rows)
    names = {row.state: 0 for row in rows}
    for row in rows:
        names[row.state] += row.weight
    state = max(names, key=lambda name: names[name])
    return total, Place(
        kind="region" if best.state else "country",
        name=state or best.country,
        state=state,
        country=best.country,
        latitude=sum(row.latitude * row.weight for row in rows) / total,
        longitude=sum(row.longitude * row.weight for row in rows) / total,
    )


def _lies_in(row: PlaceName, qualifiers: Iterable[str]) -> bool:
    return all(_is_said_of(row, each) for each in qualifiers)


def _is_said_of(row: PlaceName, qualifier: str) -> bool:
    """Whether a state, a country or a postal code, by any name, is that of a place."""
    key = fold_place(qualifier)
    own = (fold_place(row.state), fold_place(row.country), fold_place(row.name))
    if key in own:
        return True
    country = find_country(row.country)
    states = [each for each in find_states(qualifier) if country and each.country == country.code]
    if any(fold_place(name) == fold_place(row.state) for each in states for name in (each.name, each.code)):
        return True
    if (asked := find_country(qualifier)) and find_common_name(asked.name) == row.country:
        return True
    code = find_zip_code(fold_postcode(qualifier, "United States")) if _is_code(qualifier) else None
    return code is not None and fold_place(code.name) == fold_place(row.name)


def _merge(rows: list[PlaceName]) -> list[tuple[int, Place]]:
    """Rows of one name as towns, the one with the most sites first."""
    groups: list[list[PlaceName]] = []
    for row in sorted(rows, key=lambda row: -row.weight):
        for group in groups:
            first = group[0]
            if first.country == row.country and _is_near(first, row):
                group.append(row)
                break
        else:
            groups.append([row])
    merged = []
    for group in groups:
        best = next((row for row in group if row.state), group[0])
        place = msgspec.structs.replace(_make_place(group[0]), state=best.state)
        merged.append((sum(row.weight for row in group), place))
    return sorted(merged, key=lambda pair: -pair[0])


def _is_near(one: PlaceName, other: PlaceName | Place) -> bool:
    apart = compute_distance_km(one.latitude, one.longitude, other.latitude, other.longitude)
    return apart < ONE_TOWN_KM


def _make_place(row: PlaceName) -> Place:
    return Place(
        kind="postcode" if row.kind == "postcode" else "town",
        name=row.name,
        state=row.state,
        country=row.country,
        latitude=row.latitude,
        longitude=row.longitude,
    )


def _name_others(candidates: Sequence[Place]) -> tuple[str, ...]:
    """How the other candidates can be asked for.

    A town of the first one's country is told from it by its state alone: where a record has none, or the country or a
    street in its place, it is the same town with a point that is wrong.
    """
    first = candidates[0]
    named = (
        place.label
        for place in candidates[1:]
        if place.label != first.label
        and (place.country != first.country or _is_state(place))
        and place.kind != "country"
    )
    return tuple(dict.fromkeys(named))[:MOST_OTHERS]


def _is_state(place: Place) -> bool:
    named = fold_place(place.state)
    return named not in {"", fold_place(place.country)} and not any(map(str.isdigit, named))


def _refuse(words: str, suggest: Callable[[str], Sequence[str]]) -> QueryError:
    close = list(dict.fromkeys([*suggest(words), *suggest_countries(words)]))
    meant = f"did you mean {' or '.join(close)}? Otherwise " if close else ""
    return QueryError(f"no place is called {words[:60]!r}", hint=meant + HINT)
