"""Which studies does an address of the registry's site ask for? Its names, as parameters of the registry's API.

The site's pages call `query.cond` plain `cond`, have a name for each date (`start=2020-01-01_2021-12-31`), for
places and for ages, and others that only say how the page looks. Scripts copy such addresses.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from urllib.parse import parse_qsl, urlencode

from trialbook.ask.address import REGISTRY_WHICH, WHICH
from trialbook.ask.parameters import Parameters
from trialbook.ask.queries import QUERIES
from trialbook.ask.refusals import refuse_format
from trialbook.search.language.render import render_query
from trialbook.search.language.syntax import Phrase

QUERY_NAMES = {each.name: each.parameter for each in QUERIES if each.name != "locn"}
DATES = {
    "start": "StartDate",
    "primComp": "PrimaryCompletionDate",
    "studyComp": "CompletionDate",
    "firstPost": "StudyFirstPostDate",
    "resFirstPost": "ResultsFirstPostDate",
    "lastUpdPost": "LastUpdatePostDate",
}
PLACES = {"country": "LocationCountry", "state": "LocationState", "city": "LocationCity"} | {
    "locn": "LocationFacility"
}
POINT = ("lat", "lng", "distance")
# What says how the site's page looks; it changes nothing of what is found.
LOOKS = frozenset(
    {"agg.synonyms", "checkSpell", "columns", "highlight", "hl", "viewType", "rank", "page", "tab", "a", "b"}
)
SITE_WHICH = frozenset({*QUERY_NAMES, *DATES, *PLACES, *POINT, *LOOKS, "locStr", "ageRange"})
DEFAULT_MILES = "50"

_SPAN = re.compile(r"([0-9-]{0,10})_([0-9-]{0,10})")
_AGES = re.compile(r"([0-9]{0,3})([a-zA-Z]{0,7})[_ ]([0-9]{0,3})([a-zA-Z]{0,7})")
_UNITS = {"": "years", "y": "years", "m": "months", "w": "weeks", "d": "days", "h": "hours"}
_NUMBER = re.compile(r"-?[0-9]{1,9}(?:\.[0-9]{1,30})?")


def read_site_address(query: bytes, known: Collection[str]) -> Parameters:
    """The parameters of the registry's API that an address of its site means.

    Parameters
    ----------
    query
        The query string as it came.
    known
        What the endpoint knows beside what says which studies.

    Raises
    ------
    ApiError
        An unknown name, or a value that does not have its form.

    Examples
    --------
    >>> asked = read_site_address(b"cond=PTSD&start=2020-01-01_&city=Paris", ())
    >>> asked.text("query.cond"), asked.text("filter.advanced")
    ('PTSD', 'AREA[StartDate]RANGE[2020-01-01, MAX] AND SEARCH[Location](AREA[LocationCity]"Paris")')
    """
    given = Parameters(query, {*REGISTRY_WHICH, *SITE_WHICH, *known})
    passed = [
        (QUERY_NAMES.get(name, name), value)
        for name, value in parse_qsl(query.decode("latin-1"), keep_blank_values=True, encoding="utf-8")
        if name not in SITE_WHICH or name in QUERY_NAMES
    ]
    countries = given.text("country")
    if countries:
        passed.append(("country", countries))
    point = _write_point(given)
    if point:
        passed.append(("filter.geo", point))
    elif given.text("locStr") and not any(given.text(name) for name in PLACES):
        passed.append(("query.locn", given.text("locStr")))
    conditions = [*_list_conditions(given)]
    own = [value for name, value in passed if name == "filter.advanced" and value.strip()]
    rest = [(name, value) for name, value in passed if name != "filter.advanced"]
    joined = " AND ".join([*(f"({each})" if conditions else each for each in own), *conditions])
    if joined:
        rest.append(("filter.advanced", joined))
    return Parameters(urlencode(rest).encode(), {*WHICH, *known})


def _list_conditions(given: Parameters) -> Iterator[str]:
    for name, piece in DATES.items():
        if given.text(name):
            found = _SPAN.fullmatch(given.text(name))
            if found is None:
                raise refuse_format(name)
            yield f"AREA[{piece}]RANGE[{found[1] or 'MIN'}, {found[2] or 'MAX'}]"
    yield from _list_age_conditions(given.text("ageRange"))
    places = [
        f"AREA[{piece}]{render_query(Phrase(text))}"
        for name, piece in PLACES.items()
        if name != "country" and (text := " ".join(given.text(name).split()))
    ]
    if places:
        yield f"SEARCH[Location]({' AND '.join(places)})"


def _list_age_conditions(text: str) -> Iterable[str]:
    if not text:
        return ()
    found = _AGES.fullmatch(text)
    units = [_UNITS.get(found[at].lower()[:1], "") for at in (2, 4)] if found else []
    if found is None or not all(units):
        raise refuse_format("ageRange")
    low, high = found[1], found[3]
    return [
        *([f"AREA[MinimumAge]RANGE[{low} {units[0]}, MAX]"] if low else []),
        *([f"AREA[MaximumAge]RANGE[MIN, {high} {units[1]}]"] if high else []),
    ]


def _write_point(given: Parameters) -> str:
    """The point and radius of an address as `filter.geo` has them; "" where it names no point."""
    latitude, longitude = given.text("lat"), given.text("lng")
    if not latitude and not longitude:
        return ""
    radius = given.text("distance") or DEFAULT_MILES
    for name, value in (("lat", latitude), ("lng", longitude), ("distance", radius.removesuffix("mi"))):
        if not _NUMBER.fullmatch(value):
            raise refuse_format(name)
    return f"distance({latitude},{longitude},{radius.removesuffix('mi')}mi)"
