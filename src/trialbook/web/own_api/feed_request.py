"""Which search is to be followed, and from when on?"""

from __future__ import annotations

import msgspec

from trialbook.ask.address import WHICH, read_asked
from trialbook.ask.dates import read_since
from trialbook.ask.parameters import Parameters
from trialbook.library.saved import SavedSearch
from trialbook.search.engine.engine import SearchRequest
from trialbook.search.engine.gazetteer import FindPlace
from trialbook.web.own_api.parameters import AFTER, ENTRIES, FEED_FORMATS, read_number


class Following(msgspec.Struct, frozen=True, kw_only=True):
    """What a feed holds: which studies, in which form, what came after a version and since a day (ISO), how many entries."""

    request: SearchRequest
    form: str
    after: int
    since: str | None
    limit: int


def read_followed(
    parameters: Parameters, find_place: FindPlace, saved: SavedSearch | None = None
) -> Following:
    """Read what a feed is asked for; what was saved says which studies, and counts from when it was saved."""
    which = parameters if saved is None else Parameters(saved.query.encode(), WHICH)
    after = read_number(parameters, AFTER, default=None if saved is None else saved.after)
    return Following(
        request=read_asked(which, find_place).request,
        form=parameters.choice("format", FEED_FORMATS),
        after=after,
        since=read_since(parameters.text("since")),
        limit=read_number(parameters, ENTRIES),
    )
