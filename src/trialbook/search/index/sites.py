"""What does the index hold of a study's sites, so that a query can ask for several facts about one site?

Every token of a site stands at the position that is the site's number in the record's list. A phrase
whose words all stand at position 0 is thus met only where all of them are said of one site:
`Query.phrase_query(schema, "site", [(0, "ci=boston"), (0, "st==RECRUITING")])`.

*           any site
ci=portland      a word of a value; `ci=new york` two words side by side
ci==new york     all words of a value
ci!              the site has no such value
st==RECRUITING   the status as it stands
pt=40.7,-74.0    the place, as `point_key` writes it

`ci` is one of `TEXT_PREFIXES`. Values are cut by `cut_words`, as a query's have to be.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from itertools import islice, pairwise
from typing import Any

import tantivy

from trialbook.model.nearest import is_site_open
from trialbook.record.pieces import get_pieces
from trialbook.record.walk import derive_from, walk_values
from trialbook.terms.place_names import make_terms
from trialbook.terms.text import cut_words

ANY_SITE = "*"
TEXT_PREFIXES = {
    "LocationFacility": "fa",
    "LocationCity": "ci",
    "LocationState": "sa",
    "LocationZip": "zi",
    "LocationCountry": "co",
    "LocationCountryCode": "cc",
}
STATUS_PREFIX, POINT_PREFIX = "st", "pt"
# Longer terms than this the index does not take.
MAX_TOKEN_BYTES = 65_000
LONGEST_CACHED = 300
# So many of a record's sites can be found by several facts about one site; the registry's largest has some 3,000.
MOST_SITES = 10_000


@lru_cache(maxsize=50_000)
def point_key(latitude: float, longitude: float) -> str:
    """How the index names a place.

    >>> point_key(40.7, -74)
    '40.7,-74.0'
    """
    # Adding nothing makes minus zero zero, which equals it and must not be another place.
    return f"{float(latitude) + 0.0!r},{float(longitude) + 0.0!r}"


def find_point(location: dict[str, Any]) -> tuple[float, float] | None:
    """A site's latitude and longitude in degrees; None where it has none that lies on the globe."""
    point = location.get("geoPoint")
    if not isinstance(point, dict):
        return None
    latitude, longitude = _as_degrees(point.get("lat"), 90), _as_degrees(point.get("lon"), 180)
    return None if latitude is None or longitude is None else (latitude, longitude)


def _as_degrees(value: Any, most: int) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or abs(value) > most:
        return None
    return float(value)


def site_tokens(location: dict[str, Any]) -> list[str]:
    """Everything that the index says of one site, each once.

    >>> site_tokens({"city": "New York", "status": "RECRUITING", "geoPoint": {"lat": 40.7, "lon": -74}})
    ... # doctest: +NORMALIZE_WHITESPACE
    ['*', 'fa!', 'ci=new', 'ci=york', 'ci=new york', 'ci==new york', 'sa!', 'zi!', 'co!', 'cc!',
     'st==RECRUITING', 'pt=40.7,-74.0']
    """
    tokens = [ANY_SITE]
    for prefix, key, rule in _TEXTS:
        value = derive_from(location, rule, stored=location.get(key)) if rule else location.get(key)
        if type(value) is str:
            tokens += value_tokens(prefix, value)
        else:
            tokens += _odd_tokens(prefix, value)
    status = location.get("status")
    if status is None:
        tokens.append(f"{STATUS_PREFIX}!")
    elif isinstance(status, str):
        tokens.append(f"{STATUS_PREFIX}=={status}")
    if location.get("geoPoint") is None:
        tokens.append(f"{POINT_PREFIX}!")
    elif point := find_point(location):
        tokens.append(f"{POINT_PREFIX}={point_key(*point)}")
    return list(dict.fromkeys(tokens))


def value_tokens(prefix: str, value: str) -> tuple[str, ...]:
    """The tokens of one value: its words, its pairs of words, all its words.

    >>> value_tokens("ci", "Rio de Janeiro")
    ('ci=rio', 'ci=de', 'ci=janeiro', 'ci=rio de', 'ci=de janeiro', 'ci==rio de janeiro')
    """
    return _kept_tokens(prefix, value) if len(value) <= LONGEST_CACHED else _cut_tokens(prefix, value)


def _cut_tokens(prefix: str, value: str) -> tuple[str, ...]:
    words = cut_words(value)
    if not words:
        return ()
    whole = f"{prefix}=={' '.join(words)}"
    tokens = [f"{prefix}={word}" for word in words]
    tokens += [f"{prefix}={first} {second}" for first, second in pairwise(words)]
    return (*tokens, whole) if len(whole.encode()) <= MAX_TOKEN_BYTES else tuple(tokens)


_kept_tokens = lru_cache(maxsize=100_000)(_cut_tokens)


def _odd_tokens(prefix: str, value: Any) -> Iterable[str]:
    """The tokens of what is no text: nothing, a number, a list where one value was expected."""
    found = walk_values({"": value}, ("",))
    if not found:
        return (f"{prefix}!",)
    texts = [
        str(item).lower() if isinstance(item, bool) else str(item) for item in found if type(item) is not dict
    ]
    return [token for text in texts for token in value_tokens(prefix, text)]


def add_sites(document: tantivy.Document, record: dict[str, Any]) -> None:
    """Put what the index says of a record's sites into its document."""
    sites = record
    for step in _LOCATION_KEYS:
        sites = sites.get(step, {}) if isinstance(sites, dict) else {}
    if not isinstance(sites, list):
        return
    tokens: list[tantivy.Token] = []
    points: dict[str, None] = {}
    statuses: dict[str, None] = {}
    open_points: dict[str, None] = {}
    overall = _find_overall(record)
    places: dict[str, None] = {}
    for number, location in enumerate(islice(sites, MOST_SITES)):
        if not isinstance(location, dict):
            continue
        tokens += [
            (_kept_token if len(text) <= LONGEST_CACHED else _make_token)(text, number)
            for text in site_tokens(location)
        ]
        point = find_point(location)
        if point:
            key, status = point_key(*point), location.get("status")
            points[key] = None
            own = status if isinstance(status, str) else ""
            statuses[f"{key}|{own}"] = None
            if is_site_open(own, overall):
                open_points[key] = None
            places |= dict.fromkeys(_name_place(*map(_as_text, map(location.get, _PLACE_KEYS)), point))
    if tokens:
        document.add_pre_tokenized_text("site", tantivy.PreTokenizedString("", tokens))
    for key in points:
        document.add_text("point", key)
    for status in statuses:
        document.add_text("point_status", status)
    for key in open_points:
        document.add_text("point_open", key)
    for place in places:
        document.add_text("place", place)


def _find_overall(record: dict[str, Any]) -> str:
    status: Any = record
    for step in _STATUS_KEYS:
        status = status.get(step) if isinstance(status, dict) else None
    return _as_text(status)


_PLACE_KEYS = ("city", "state", "zip", "country")


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else ""


@lru_cache(maxsize=50_000)
def _name_place(
    city: str, state: str, postcode: str, country: str, point: tuple[float, float]
) -> tuple[str, ...]:
    return tuple(make_terms(city=city, state=state, postcode=postcode, country=country, point=point))


def _make_token(text: str, position: int) -> tantivy.Token:
    return tantivy.Token(text, position, 0, 0)


_kept_token = lru_cache(maxsize=50_000)(_make_token)


def _list_texts() -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    pieces = get_pieces()
    return tuple(
        (prefix, pieces[name].keys[-1], pieces[name].derive) for name, prefix in TEXT_PREFIXES.items()
    )


_TEXTS = _list_texts()
_LOCATION_KEYS = get_pieces()["Location"].keys
_STATUS_KEYS = get_pieces()["OverallStatus"].keys
