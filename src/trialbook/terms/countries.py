"""Which country, or which state of one, does a name mean?

The names are in `countries.tsv` (code, three-letter code, other names) beside those that the registry has
used (`trialbook.record`): formal and short ones, the countries' own, and those of 21 languages (Unicode CLDR 47).
`states.tsv` has the states and provinces that people write as codes.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache
from importlib import resources

import msgspec
from rapidfuzz.distance import OSA

from trialbook.record.walk import get_country_names

# Names that say what kind of state it is; what is left is the country's own name.
_FORMAL = re.compile(
    r"\b(?:the|of|federal|democratic|socialist|plurinational|bolivarian|islamic|arab|united|hashemite|kingdom|"
    r"republic|rep|republik|republique|republica|repubblica|"
    r"state|states|federated|people s|peoples|principality|sultanate|commonwealth|grand|duchy|"
    r"oriental|co operative|federation)\b"
)
_SIGNS = re.compile(r"[\W_]+")
_TWICE = re.compile(r"([^()]+?)\s*\(([^()]+)\)")
_DOTTED = re.compile(r"\b(?:[a-z]\.){2,}(?:[a-z]\b)?")
# Parts of a country whose names are parts of other places' names too: "New England".
_PARTS = frozenset(
    ("england", "scotland", "wales", "northern ireland", "britain", "island", "german", "swiss", "chinese")
)
# Codes that are people's usual name for a country, also within a text.
_SPOKEN = frozenset(("us", "usa", "uk", "uae", "drc", "prc", "ksa", "rsa", "rok", "dprk"))
_LEAST_LETTERS = 4
_MOST_SUGGESTIONS = 3


class Country(msgspec.Struct, frozen=True):
    """A country or territory.

    Attributes
    ----------
    code
        ISO 3166-1 alpha-2; XK for Kosovo.
    name
        As the registry writes it now.
    spellings
        Every way in which the registry has written it, `name` first.
    """

    code: str
    name: str
    spellings: tuple[str, ...]


class State(msgspec.Struct, frozen=True):
    """A state or province that goes by a code."""

    country: str
    code: str
    name: str


def fold_name(text: str) -> str:
    """A name without case, accents, signs and the article.

    >>> fold_name("Côte d'Ivoire"), fold_name("The U.S.A."), fold_name("Bosnia & Herzegovina")
    ('cote d ivoire', 'usa', 'bosnia and herzegovina')
    """
    plain = unicodedata.normalize("NFKD", text.replace("ı", "i").replace("ß", "ss")).casefold()
    plain = "".join(char for char in plain if not unicodedata.combining(char)).replace("&", " and ")
    plain = _DOTTED.sub(lambda found: found[0].replace(".", ""), plain)
    return _SIGNS.sub(" ", plain).strip().removeprefix("the ")


@lru_cache(maxsize=20_000)
def find_country(text: str) -> Country | None:
    """The country that a name or code means; None where none is certain.

    Examples
    --------
    >>> [each and each.name for each in map(find_country, ("Türkiye", "USA", "Deutschland", "DEU", "Asia"))]
    ['Turkey (Türkiye)', 'United States', 'Germany', 'Germany', None]
    >>> find_country("Venezuela (Bolivarian Republic of)").code, find_country("Republic of Korea").code
    ('VE', 'KR')
    """
    folded = fold_name(text[:200])
    names = _get_names()
    code = names.get(folded) or _get_iso_codes().get(folded) or _get_cores().get(_find_core(folded))
    if code is None and (twice := _TWICE.fullmatch(text[:200].strip())):
        # "Österreich (Austria)": both mean the same.
        first, second = find_country(twice[1]), find_country(twice[2])
        return first if first and first == second else None
    return _get_countries()[code] if code else None


def find_spoken_country(text: str) -> Country | None:
    """The country that is named within a longer text: by a name, not by a code, nor by that of a part of it."""
    folded = fold_name(text[:200])
    if folded in _PARTS or (len(folded) < _LEAST_LETTERS and folded not in _SPOKEN):
        return None
    code = _get_names().get(folded) or (_get_iso_codes().get(folded) if folded in _SPOKEN else None)
    return _get_countries()[code] if code else None


@lru_cache(maxsize=5_000)
def find_states(text: str) -> tuple[State, ...]:
    """The states that a name or a code means; several where a code is used in two countries.

    >>> [each.name for each in find_states("FL")], [each.code for each in find_states("new york")]
    (['Florida'], ['NY'])
    """
    return _get_states().get(fold_name(text[:100]), ())


def suggest_countries(text: str) -> tuple[str, ...]:
    """Up to three countries whose names are close to a text that is none, as the registry writes them.

    >>> suggest_countries("Germny"), suggest_countries("Untied States")
    (('Germany',), ('United States',))
    """
    wanted = fold_name(text[:200])
    most = 1 if len(wanted) < 6 else 2
    near: dict[str, int] = {}
    for name, code in _get_names().items():
        if len(wanted) >= _LEAST_LETTERS and abs(len(name) - len(wanted)) <= most:
            distance = OSA.distance(wanted, name, score_cutoff=most)
            if distance <= most:
                near[code] = min(distance, near.get(code, most))
    found = sorted(near, key=lambda code: (near[code], _get_countries()[code].name))
    return tuple(_get_countries()[code].name for code in found[:_MOST_SUGGESTIONS])


def _find_core(folded: str) -> str:
    """A formal name's own part: "moldova republic of" and "republic of moldova" are "moldova"."""
    return " ".join(_FORMAL.sub(" ", folded).split())


def _iter_rows(name: str) -> Iterator[list[str]]:
    table = resources.files("trialbook.terms") / name
    for line in table.read_text(encoding="utf-8").splitlines():
        yield line.split("\t")


@cache
def _get_countries() -> dict[str, Country]:
    return {code: Country(code, names[0], names) for code, names in get_country_names().items()}


@cache
def _get_names() -> dict[str, str]:
    """Codes by folded name."""
    names = {fold_name(name): each.code for each in _get_countries().values() for name in each.spellings}
    for code, _, others in _iter_rows("countries.tsv"):
        for name in filter(None, others.split("|")):
            names.setdefault(fold_name(name), code)
    return names


@cache
def _get_iso_codes() -> dict[str, str]:
    """Countries by their codes of two and three letters."""
    codes = {code.lower(): code for code in _get_countries()}
    return codes | {three.lower(): code for code, three, _ in _iter_rows("countries.tsv")}


@cache
def _get_cores() -> dict[str, str]:
    """Countries by what is left of their names without formal words; what is left of several is none."""
    cores: dict[str, set[str]] = {}
    for name, code in _get_names().items():
        if core := _find_core(name):
            cores.setdefault(core, set()).add(code)
    return {core: codes.pop() for core, codes in cores.items() if len(codes) == 1}


@cache
def _get_states() -> dict[str, tuple[State, ...]]:
    states: dict[str, tuple[State, ...]] = {}
    for country, code, name in _iter_rows("states.tsv"):
        for key in (fold_name(code), fold_name(name)):
            states[key] = (*states.get(key, ()), State(country, code, name))
    return states
