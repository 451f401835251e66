"""How is a place called, so that its names can be kept in an index and compared?

A term of the index says that a study has a site there: `town`, the folded name, and the place as it is written,
with its point. All terms of one name stand together, so that they are found by their beginning.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from importlib import resources
from typing import Literal, NamedTuple, TypeAlias

import msgspec

from trialbook.terms.countries import find_country, fold_name

Kind: TypeAlias = Literal["town", "postcode", "region"]
LONGEST_PART = 100
_SEPARATOR = "\t"
# Letters that no decomposition takes apart.
_LETTERS = str.maketrans(
    {"ø": "o", "Ø": "o", "ł": "l", "Ł": "l", "đ": "d", "Đ": "d", "ð": "d", "þ": "th"}
    | {"æ": "ae", "Æ": "ae", "œ": "oe", "Œ": "oe"}
)


class PlaceName(msgspec.Struct, frozen=True):
    """A place under one of its names; degrees are WGS 84.

    `kind` "region" stands for a state, or where `state` is "" for a whole country: `weight` counts there how
    often the town at its point is named. A greater weight is more often meant.
    """

    kind: Kind
    name: str
    state: str
    country: str
    latitude: float
    longitude: float
    weight: int = 0


def fold_place(text: str) -> str:
    """A name without case, accents and signs.

    >>> fold_place("München"), fold_place("St. Louis"), fold_place("København")
    ('munchen', 'st louis', 'kobenhavn')
    """
    return fold_name(text[:LONGEST_PART].translate(_LETTERS))


def fold_postcode(text: str, country: str = "") -> str:
    """A postal code in capitals without signs; of the United States its first five digits.

    >>> fold_postcode("ec1v 2pd"), fold_postcode("33136-1002", "United States")
    ('EC1V2PD', '33136')
    """
    plain = "".join(char for char in text[:LONGEST_PART].upper() if char.isalnum())
    is_extended = country == "United States" and len(plain) == 9 and plain.isdigit()
    return plain[:5] if is_extended else plain


def find_common_name(country: str) -> str:
    """A country as the registry writes it now; what names none stays as it is."""
    found = find_country(country)
    return found.name if found else country


class _Town(NamedTuple):
    name: str
    country: str
    spellings: tuple[str, ...]


@cache
def _get_towns() -> dict[str, tuple[_Town, ...]]:
    table = resources.files("trialbook.terms") / "towns.tsv"
    found: dict[str, tuple[_Town, ...]] = {}
    for line in table.read_text(encoding="utf-8").splitlines():
        name, country, others = line.split("\t")
        town = _Town(name, find_common_name(country), (name, *others.split("|")))
        for key in {fold_place(each) for each in town.spellings}:
            found[key] = (*found.get(key, ()), town)
    return found


def find_town_names(text: str) -> tuple[tuple[str, str], ...]:
    """Towns, with their countries, that go by a name in some language and by another in English.

    Records write both, and the registry, which looks for the point of a town by its name, sometimes finds a hamlet.

    >>> find_town_names("Muenchen")
    (('Munich', 'Germany'),)
    """
    return tuple((town.name, town.country) for town in _get_towns().get(fold_place(text), ()))


def find_town_spellings(text: str) -> tuple[str, ...]:
    """The other names of a town that records write, but those that would find more than the town.

    >>> find_town_spellings("Munich"), find_town_spellings("Frankfurt am Main")
    (('München', 'Muenchen', 'Munchen', 'Monaco di Baviera'), ())
    """
    asked = fold_place(text)
    named = [(each, fold_place(each)) for town in _get_towns().get(asked, ()) for each in town.spellings]
    spaced = f" {asked} "
    # "Frankfurt" finds more than Frankfurt am Main; the small "İ" is two signs, and no word of an index.
    is_odd = any(map(unicodedata.combining, unicodedata.normalize("NFC", text.casefold())))
    return tuple(
        dict.fromkeys(
            each
            for each, key in named
            if (is_odd and key == asked and each.isascii()) or f" {key} " not in spaced
        )
    )


def make_terms(
    *, city: str, state: str, postcode: str, country: str, point: tuple[float, float]
) -> list[str]:
    """The terms of one site.

    >>> terms = make_terms(city="Miami", state="", postcode="", country="USA", point=(25.8, -80.2))
    >>> [read_term(each, 3).name for each in terms], terms[0][:11]
    (['Miami', 'United States'], 'town\\tmiami\\t')
    """
    city, state, postcode, country = (
        " ".join(part[:LONGEST_PART].encode("utf-8", "replace").decode().split())
        for part in (city, state, postcode, country)
    )
    country = find_common_name(country)
    at = f"{point[0] + 0.0!r},{point[1] + 0.0!r}"
    made = []
    if city:
        made.append(("town", fold_place(city), city, state, country, at))
    if state:
        made.append(("region", fold_place(state), state, state, country, at))
    if country:
        made.append(("region", fold_place(country), country, "", country, at))
    if postcode and (code := fold_postcode(postcode, country)):
        made.append(("postcode", code, city, state, country, at))
    return [_SEPARATOR.join(each) for each in made if each[1]]


def make_beginning(kind: Kind, key: str) -> str:
    """How all terms of a folded name begin."""
    return f"{kind}{_SEPARATOR}{key}{_SEPARATOR}"


def read_term(term: str, weight: int) -> PlaceName:
    """The place of a term that `make_terms` made."""
    kind, _, name, state, country, at = term.split(_SEPARATOR)
    latitude, _, longitude = at.partition(",")
    read_kind: Kind = "town" if kind == "town" else "region" if kind == "region" else "postcode"
    return PlaceName(read_kind, name, state, country, float(latitude), float(longitude), weight)
