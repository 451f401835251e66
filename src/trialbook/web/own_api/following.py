"""Which search is to be followed, and from when on?"""

from __future__ import annotations

from urllib.parse import urlencode

import msgspec

from trialbook.errors import QueryError
from trialbook.model import PartialDate
from trialbook.saved import SavedSearch
from trialbook.search.query.render import render_together
from trialbook.search.search import SearchRequest
from trialbook.store import Store
from trialbook.store.arrivals import find_last_before
from trialbook.web.api.asked import read_asked
from trialbook.web.api.parameters import Parameters
from trialbook.web.own_api.askable import DEFAULT_ENTRIES, FEED_FORMATS, MOST_ENTRIES, MOST_NUMBER, WHICH
from trialbook.web.own_api.finding import read_number

ASKABLE = frozenset(each.name for each in WHICH)


class Following(msgspec.Struct, frozen=True, kw_only=True):
    """What a feed holds: which studies, in which form, after which version, how many entries."""

    request: SearchRequest
    form: str
    after: int
    limit: int


def normalise_query(query: str) -> str:
    """The parameters of a search in a form that is the same for the same; checks that they can be asked.

    Raises ApiError and QueryError.

    >>> normalise_query("query.term=stroke&query.cond=heart%20failure&filter.ids=")
    'query.cond=heart+failure&query.term=stroke'
    """
    parameters = Parameters(query.encode(), ASKABLE)
    read_asked(parameters)
    return urlencode([(name, value.strip()) for name, value in parameters.items() if value.strip()])


def write_site_url(query: str) -> str:
    """The site's own page of what a search finds."""
    asked = read_asked(Parameters(query.encode(), ASKABLE)).request
    return "/?" + urlencode({"q": render_together((*asked.queries, *asked.filters))})


def describe_query(query: str) -> str:
    """The parameters of a search in short words, for a title.

    >>> describe_query("filter.overallStatus=RECRUITING&query.cond=heart+failure")
    'RECRUITING; heart failure'
    """
    values = [value.strip() for _, value in Parameters(query.encode(), ASKABLE).items()]
    words = "; ".join(" ".join(value.split()) for value in values if value)
    return words if len(words) <= 150 else words[:149] + "…"


def _read_since(text: str) -> str | None:
    """The first day of a `since` (ISO), None for ""; raises QueryError."""
    earliest = PartialDate(text).earliest if text else None
    if text and earliest is None:
        raise QueryError(
            f"since is no date: {text[:40]!r}", hint="write a date as 2021-08-16, 2021-08 or 2021"
        )
    return None if earliest is None else earliest.isoformat()


def read_followed(store: Store, parameters: Parameters, saved: SavedSearch | None = None) -> Following:
    """Read what a feed is asked for; what was saved says which studies, and counts from when it was saved."""
    which = parameters if saved is None else Parameters(saved.query.encode(), ASKABLE)
    after = read_number(parameters, "after", most=MOST_NUMBER, default=0 if saved is None else saved.after)
    day = _read_since(parameters.text("since"))
    return Following(
        request=read_asked(which).request,
        form=parameters.choice("format", FEED_FORMATS),
        after=max(after, find_last_before(store, day)) if day else after,
        limit=read_number(parameters, "limit", least=1, most=MOST_ENTRIES, default=DEFAULT_ENTRIES),
    )
