"""What is told of the place that a search names: where it is, what else it may mean, and how far the next study is."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import msgspec

from trialbook.ask.near import Near
from trialbook.library.hits import find_hit_facts
from trialbook.model.dates import find_asked_day
from trialbook.model.nearest import NearSite
from trialbook.model.present import decode_present
from trialbook.search.engine.engine import SearchRequest
from trialbook.search.engine.order import DISTANCE, SortKey

if TYPE_CHECKING:
    from trialbook.library.library import Library


class PlaceTold(msgspec.Struct, frozen=True, kw_only=True):
    """The place of a search.

    Attributes
    ----------
    label, kind, latitude, longitude
        What the text was taken for; degrees, WGS 84.
    words
        Where studies were looked for: "within 50 mi of Miami, Florida, United States".
    others
        What the text may mean as well, each as it can be asked for.
    next_nct_id, next_site
        Where nothing was found there: the study that is next, and its site.
    """

    label: str
    kind: str
    latitude: float
    longitude: float
    words: str
    others: tuple[str, ...] = ()
    next_nct_id: str = ""
    next_site: NearSite | None = None

    @property
    def next_words(self) -> str:
        """How far the next study is, in a sentence; "" where something was found, or there is none at all."""
        site = self.next_site
        if site is None:
            return ""
        kind = "open site" if site.is_open else "site"
        return (
            f"No study {self.words} answers that. The nearest {kind}: {site.distance}, in {self.next_nct_id}."
        )


def tell_place(library: Library, near: Near, request: SearchRequest, total: int) -> PlaceTold:
    """What is told of a place, beside an answer of `total` studies."""
    place = near.place
    told = PlaceTold(
        label=place.label,
        kind=place.kind,
        latitude=place.latitude,
        longitude=place.longitude,
        words=near.words,
        others=place.others,
    )
    if total:
        return told
    elsewhere = msgspec.structs.replace(
        request,
        queries=(),
        filters=tuple(each for each in (*request.queries, *request.filters) if each != near.query),
        sort=(SortKey(DISTANCE, descending=False),),
        origin=msgspec.structs.replace(near.origin, reach_km=math.inf),
        geo_decay=None,
        facets=(),
        offset=0,
        limit=1,
    )
    for nct_id in library.engine.search(elsewhere).nct_ids:
        body = library.read_known(nct_id, request.as_of)
        if isinstance(body, bytes):
            today = find_asked_day(request.as_of)
            facts = find_hit_facts(decode_present(body), nct_id, today, elsewhere.origin)
            return msgspec.structs.replace(told, next_nct_id=nct_id, next_site=facts.nearest_site)
    return told
