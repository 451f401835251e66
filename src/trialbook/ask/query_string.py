"""How is a search written so that it can be kept, told apart and named? As the parameters of an address."""

from __future__ import annotations

from urllib.parse import urlencode

from trialbook.ask.address import WHICH, read_asked
from trialbook.ask.filters import FILTERS
from trialbook.ask.parameters import Parameters
from trialbook.errors import QueryError
from trialbook.search.engine.gazetteer import FindPlace, find_known_place
from trialbook.search.language.render import render_together


def normalise_query(query: str, find_place: FindPlace = find_known_place) -> str:
    """The parameters of a search in a form that is the same for the same; checks that they can be asked.

    `find_place` as in `ask.filters.make_request`. Raises ApiError and QueryError.

    >>> normalise_query("query.term=stroke&query.cond=heart%20failure&filter.ids=")
    'query.cond=heart+failure&query.term=stroke'
    """
    parameters = Parameters(encode_text(query), WHICH)
    read_asked(parameters, find_place)
    return urlencode([(name, value.strip()) for name, value in parameters.items() if value.strip()])


def encode_text(text: str) -> bytes:
    """What stands behind the ? of an address as bytes; raises QueryError for half a character."""
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise QueryError(
            "half a character",
            query=text,
            position=error.start,
            hint="Write whole characters, as Unicode text.",
        ) from error


def write_site_url(query: str, find_place: FindPlace = find_known_place) -> str:
    """The site's own page of what a search finds; of a place that is none here any more, the page says so."""
    parameters = Parameters(encode_text(query), WHICH)
    try:
        asked = read_asked(parameters, find_place).request
    except QueryError:
        return "/?" + urlencode({"near": parameters.text("near")})
    return "/?" + urlencode({"q": render_together((*asked.queries, *asked.filters))})


def describe_query(query: str) -> str:
    """The parameters of a search in short words, for a title.

    >>> describe_query("filter.overallStatus=RECRUITING&query.cond=heart+failure")
    'RECRUITING; heart failure'
    >>> describe_query("age_years=63&has_results=true&status=RECRUITING")
    'Age in years: 63; Results: true; RECRUITING'
    """
    labels = {each.name: f"{each.label}: " for each in FILTERS if not each.takes_several}
    values = [
        (labels.get(name, ""), value.strip()) for name, value in Parameters(encode_text(query), WHICH).items()
    ]
    words = "; ".join(label + " ".join(value.split()) for label, value in values if value)
    return words if len(words) <= 150 else words[:149] + "…"
