"""What does a search near a place ask for? A place by its name, how far from it, and the query that both make."""

from __future__ import annotations

import math
from collections.abc import Mapping

import msgspec

from trialbook.ask.kinds import Value
from trialbook.ask.queries import make_geo_query
from trialbook.errors import QueryError
from trialbook.search.engine.gazetteer import FindPlace, Place
from trialbook.search.engine.order import Origin
from trialbook.search.language.bounds import KM_PER_MILE, find_radius
from trialbook.search.language.parse import parse_query
from trialbook.search.language.render import render_query
from trialbook.search.language.syntax import And, Area, Coverage, Expansion, Phrase, Query, Search

DEFAULT_RADIUS = "50mi"


class Near(msgspec.Struct, frozen=True):
    """Studies with a site near a place.

    Attributes
    ----------
    place
        What the text meant.
    radius
        As the query language writes it ("50mi", "80km"); "" for an area, in which sites lie or not.
    query
        The filter that both make.
    """

    place: Place
    radius: str
    query: Query

    @property
    def radius_km(self) -> float:
        """The radius in km; 0 for an area."""
        found = find_radius(self.radius)
        return found[1] * (KM_PER_MILE if found[2] == "mi" else 1.0) if found else 0.0

    @property
    def origin(self) -> Origin:
        """From where distances count; for an area from the middle of its sites."""
        return Origin(self.place.latitude, self.place.longitude, self.radius_km or math.inf)

    @property
    def words(self) -> str:
        """Where, in words: "within 50 mi of Miami, Florida, United States" or "in Bavaria, Germany"."""
        if self.place.is_area:
            return f"in {self.place.label}"
        found = find_radius(self.radius)
        assert found is not None
        return f"within {found[1]:g} {found[2]} of {self.place.label}"


def read_near(values: Mapping[str, Value], find_place: FindPlace) -> Near | None:
    """The place that the filters `near` and `within` name; None where neither is given.

    Raises QueryError for a place that is none, and for a distance from no place or from an area.
    """
    text, radius = str(values.get("near", "")), str(values.get("within", ""))
    if not text:
        if radius:
            raise QueryError(f"within {radius} of what?", hint="near says of which place: near=Miami")
        return None
    place = find_place(text)
    if place.is_area:
        if radius:
            raise QueryError(
                f"{place.label} is an area: its sites lie in it, not {radius} from it",
                hint="leave within out, or name a town",
            )
        return Near(place, "", _ask_area(place))
    radius = radius or DEFAULT_RADIUS
    query = make_geo_query(f"{place.latitude:.5f}", f"{place.longitude:.5f}", radius, where="near")
    return Near(place, radius, query)


def _ask_area(place: Place) -> Query:
    """Studies with a site whose record names this state or country, under any of its spellings."""
    parts = [("LocationState", place.state), ("LocationCountry", place.country)]
    asked = tuple(
        Area(piece, Coverage("FullMatch", Expansion("Term", Phrase(name)))) for piece, name in parts if name
    )
    inside = asked[0] if len(asked) == 1 else And(asked)
    return parse_query(render_query(Search("Location", inside)), where="near")
