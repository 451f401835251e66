"""How are a piece's values taken out of a raw record, also where the record only implies them?"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import Any

import msgspec

# Made here: that several threads work out a type at once can end the process.
_COUNTRIES = msgspec.json.Decoder(dict[str, tuple[str, ...]])


def walk_values(record: Any, keys: Sequence[str]) -> list[Any]:
    """Follow `keys` down dicts and through lists; give all values found, without None.

    >>> walk_values({"a": [{"b": 1}, {}, {"b": [2, 3]}]}, ["a", "b"])
    [1, 2, 3]
    """
    found = [each for each in record if each is not None] if isinstance(record, list) else [record]
    for key in keys:
        holders, found = found, []
        for holder in holders:
            if isinstance(holder, dict) and (value := holder.get(key)) is not None:
                if isinstance(value, list):
                    found += [each for each in value if each is not None]
                else:
                    found.append(value)
    return found


@cache
def get_country_names() -> dict[str, tuple[str, ...]]:
    """Get the names of countries by ISO 3166-1 alpha-2 code, each in every spelling that the registry has used.

    The one that it writes now comes first.
    """
    table = resources.files("trialbook.record") / "data" / "countries.json"
    return _COUNTRIES.decode(table.read_bytes())


@cache
def get_country_codes() -> dict[str, str]:
    """Get ISO 3166-1 alpha-2 codes by country name, in each spelling that the registry has used."""
    return {name.casefold(): code for code, names in get_country_names().items() for name in names}


def find_present_country(name: str) -> str:
    """A country as the registry writes it now; a name that it never wrote as it stands.

    >>> find_present_country("Korea, Republic of"), find_present_country("Atlantis")
    ('South Korea', 'Atlantis')
    """
    code = get_country_codes().get(name.casefold())
    return get_country_names()[code][0] if code else name


def derive_values(record: dict[str, Any], keys: Sequence[str], rule: Sequence[str]) -> list[Any]:
    """Compute a search-only piece, once for each structure that it belongs to.

    Parameters
    ----------
    keys
        The piece's path; all but the last lead to the structures it belongs to. A structure that
        is absent has no value; one that is there but lacks the counted list has the value 0.
    rule
        What to compute from each: ("count", list names…), ("distinct", list, name of a member),
        ("year", name of a date) or ("country_code", name of a country).
    """
    derived = []
    for holder in walk_values(record, keys[:-1]):
        if isinstance(holder, dict):
            value = derive_from(holder, rule, stored=holder.get(keys[-1]))
            if value is not None:
                derived.append(value)
    return derived


def derive_from(holder: dict[str, Any], rule: Sequence[str], *, stored: Any) -> Any:
    verb, *names = rule
    if verb == "count":
        return sum(len(walk_values(holder, name.split("."))) for name in names)
    if verb == "distinct":
        return len({str(value) for value in walk_values(holder, names)})
    source = holder.get(names[0])
    if not isinstance(source, str):
        return stored
    if verb == "year":
        return int(source[:4]) if source[:4].isascii() and source[:4].isdigit() else None
    return stored or get_country_codes().get(source.casefold())
