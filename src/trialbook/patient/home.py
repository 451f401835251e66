"""Where does the person of a note live? Only where the note says so: "lives in Miami", "from Lyon", "ZIP 33136"."""

from __future__ import annotations

import re
from typing import NamedTuple

from trialbook.patient.persons import Persons

_NAME = r"(?:(?:St|Ste|Mt|Ft)\.|[A-ZÀ-ÖØ-Þ][\w'’-]*)"
# "Winston-Salem, NC" and "San Juan, Puerto Rico": words that begin large, and what follows a comma if that does too.
_PLACE = rf"(?P<place>{_NAME}(?:\s(?:de|la|le|les|am|an|der|upon|of)\s(?={_NAME})|\s?{_NAME}|,\s(?={_NAME})){{0,5}})"
_LIVING = r"\b(?:liv(?:e|es|ing)|resid(?:e|es|ing)|stay(?:s|ing)?|based|located|home\s+is|moved)\s+(?:now\s+|here\s+)?"
_AT = r"(?:in|near|at|to|around|by|outside|close\s+to|not\s+far\s+from)\s+(?:the\s+)?"
_FORMS = (
    re.compile(rf"(?i:{_LIVING}{_AT}){_PLACE}"),
    re.compile(r"(?i:\b(?:zip|postal|post)(?:\s*code)?\s*(?:is|:)?\s*)(?P<place>[0-9]{5}(?:-[0-9]{4})?)\b"),
    re.compile(rf"(?i:\b(?:close\s+to|near)\s+){_PLACE}"),
    # "My uncle from Lyon"; not "from Monday", which no library knows as a place.
    re.compile(
        rf"(?i:\b(?:comes|is|am|we['’]re|I['’]m|are|man|woman|girl|boy|patient|who\s+is)\s+from\s+){_PLACE}"
    ),
)
_LAST_MARKS = " .,'’-"
LONGEST = 100


class Home(NamedTuple):
    """A place in a note's words, and where the note says so."""

    place: str
    start: int
    end: int


def find_home(text: str, persons: Persons) -> Home | None:
    """The first place that the note calls the person's, or the writer's who asks for him; None for none.

    Whether there is such a place, a gazetteer says.
    """
    for form in _FORMS:
        for found in form.finditer(text):
            if persons.find(found.start()).person.key != "family" and len(found["place"]) <= LONGEST:
                return Home(found["place"].strip(_LAST_MARKS), found.start(), found.end("place"))
    return None
