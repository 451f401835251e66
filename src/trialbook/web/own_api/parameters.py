"""What can our own API be asked? Its parameters, with their meanings, forms and bounds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from trialbook.ask.filters import FILTERS
from trialbook.ask.kinds import LEAST_YEARS, LONGEST_TOLD, MOST_YEARS, NOT_STATED, Filter, Kind
from trialbook.ask.parameters import Parameters
from trialbook.ask.queries import QUERIES
from trialbook.errors import ApiError
from trialbook.pages.side_by_side import LEAST, MOST
from trialbook.related.engine import MOST_ASKED, MOST_LISTED
from trialbook.related.facets import DEMANDS, FACETS
from trialbook.search.engine.gazetteer import LONGEST_PLACE

ATOM = "application/atom+xml"
JSON_FEED = "application/feed+json"

DEFAULT_FIELDS = (
    "NCTId",
    "BriefTitle",
    "OverallStatus",
    "StudyType",
    "Phase",
    "Condition",
    "InterventionName",
    "LeadSponsorName",
    "LastUpdateSubmitDate",
)
FEED_FORMATS = {"atom": ATOM, "json": JSON_FEED}


class Parameter(msgspec.Struct, frozen=True, kw_only=True):
    """A parameter: its name, what it means (plain text), the form of its values, an example."""

    name: str
    meaning: str
    schema: Mapping[str, Any] = msgspec.field(default_factory=lambda: {"type": "string"})
    example: str = ""
    is_in_path: bool = False


def make_number(name: str, meaning: str, **bounds: int) -> Parameter:
    """A whole number: its bounds are those of its schema (`minimum`, `maximum`, `default`)."""
    return Parameter(name=name, meaning=meaning, schema={"type": "integer", "minimum": 0, **bounds})


def read_number(parameters: Parameters, asked: Parameter, *, default: int | None = None) -> int:
    """A whole number within the bounds of its schema, or its default; raises ApiError."""
    schema, number = asked.schema, parameters.whole(asked.name)
    if number is None:
        return schema.get("default", 0) if default is None else default
    if not schema["minimum"] <= number <= schema["maximum"]:
        raise ApiError(
            f"Parameter `{asked.name}` must be between {schema['minimum']} and {schema['maximum']}"
        )
    return number


def find_number(parameters: Parameters, asked: Parameter) -> int | None:
    """As `read_number`; None where none is given."""
    return None if parameters.whole(asked.name) is None else read_number(parameters, asked)


def make_choice(name: str, meaning: str, choices: Mapping[str, str]) -> Parameter:
    """One of a few values, the first unless told."""
    names = list(choices)
    return Parameter(
        name=name, meaning=meaning, schema={"type": "string", "enum": names, "default": names[0]}
    )


_DAY = {"type": "string", "pattern": r"^\d{4}(-\d{2}(-\d{2})?)?$"}
_SCHEMAS: Mapping[Kind, Mapping[str, Any]] = {
    "choices": {"type": "string"},
    "texts": {"type": "string"},
    "years": {"type": "string"},
    "age": {"type": "number", "minimum": LEAST_YEARS, "maximum": MOST_YEARS},
    "first_day": _DAY,
    "last_day": _DAY,
    "yes_no": {"type": "boolean"},
    "place": {"type": "string", "maxLength": LONGEST_PLACE},
    "radius": {"type": "string"},
    "person": {"type": "string", "maxLength": LONGEST_TOLD},
}


def _make_filter(asked: Filter) -> Parameter:
    several = {
        "choices": f" Several are separated by commas or bars: {', '.join(asked.choices)}.",
        "texts": f" Several are separated by bars; {NOT_STATED}: none is given.",
        "years": f" Several are separated by commas or bars; {NOT_STATED}: no date is given.",
    }
    return Parameter(
        name=asked.name,
        meaning=asked.meaning + several.get(asked.kind, ""),
        schema=_SCHEMAS[asked.kind],
        example=asked.example,
    )


_FILTERS = {
    "overallStatus": ("Statuses, separated by commas or bars.", "RECRUITING|NOT_YET_RECRUITING"),
    "geo": ("Within a distance of a point: latitude, longitude, radius.", "distance(25.77,-80.19,50mi)"),
    "ids": ("NCT numbers, separated by commas or bars.", "NCT04776239"),
    "advanced": ("A query in the registry's language.", "AREA[StartDate]RANGE[2020,MAX]"),
    "synonyms": ("Accepted, without effect.", ""),
}
WHICH = (
    *(
        Parameter(
            name=each.parameter,
            meaning=f"Query: {each.label} ({each.area}). Parts that are given must all match.",
            example=each.examples[0] if each.examples else "",
        )
        for each in QUERIES
    ),
    *map(_make_filter, FILTERS),
    *(
        Parameter(name=f"filter.{name}", meaning=meaning, example=example)
        for name, (meaning, example) in _FILTERS.items()
    ),
    *(
        Parameter(name=f"postFilter.{name}", meaning=f"As filter.{name}, once more.", example=example)
        for name, (_, example) in _FILTERS.items()
    ),
    Parameter(
        name="aggFilters",
        meaning="The registry site's own filters, separated by commas.",
        example="results:with,phase:2 3",
    ),
)
AS_OF = Parameter(
    name="as_of",
    schema=_DAY,
    meaning="The records as they stood at the end of that day; of a month or a year, its last day.",
    example="2024-06-30",
)
FIELDS = Parameter(
    name="fields",
    meaning="Parts of each record by name, as in the registry's API: pieces, areas or paths."
    f" Unless told: {', '.join(DEFAULT_FIELDS)}.",
    example="NCTId|BriefTitle|Phase",
)
NCT_ID = Parameter(
    name="nctId",
    meaning="The study's number; ids of other registries as the library holds them.",
    example="NCT04776239",
    is_in_path=True,
)
NAME = Parameter(name="name", meaning="The saved search's name.", example="heart-failure", is_in_path=True)
LIST_NAME = Parameter(name="name", meaning="The list's name.", example="to-read", is_in_path=True)
COMPARED = Parameter(
    name="ids",
    meaning=f"Ids of studies, separated by commas or bars, from {LEAST} to {MOST}.",
    example="NCT04776239|NCT99000001",
)
FACET_SIZE = make_number(
    "facetSize",
    "How many values of each field, the most frequent first.",
    minimum=1,
    maximum=1_000,
    default=20,
)
SNIPPETS = make_number("snippets", "Passages of each study.", maximum=5, default=2)
OFFSET = make_number("offset", "How many studies to skip.", maximum=10_000, default=0)
LIMIT = make_number("limit", "How many studies to give.", maximum=100, default=10)
LISTED = make_number("limit", "How many studies to list.", minimum=1, maximum=MOST_LISTED, default=10)
LIKE_IDS = Parameter(
    name="ids",
    meaning=f"Ids of studies, separated by commas or bars, up to {MOST_ASKED}; the likeness to each counts the same.",
    example="NCT04776239",
)
LIKE_TEXT = Parameter(
    name="text",
    meaning="A synopsis or a draft in English, its title in the first line; or a record as JSON or XML. Beside"
    " `ids`, it counts as one more study.",
    example="Stem cells for heart failure",
)
WEIGHED = Parameter(
    name="facets",
    meaning="What counts how much, separated by commas or bars: `drug=2` twice, `drug=0` not at all, `drug` alone."
    f" Facets: {', '.join(FACETS)}. Demanded of every study in the list: {', '.join(DEMANDS)}.",
    example="drug=2|recruiting",
)
LANDSCAPE = Parameter(
    name="landscape",
    meaning="Whether to tell who works on the listed studies, what they share, which outcomes they measure.",
    schema={"type": "boolean", "default": False},
)
_MOST_NUMBER = 999_999_999_999
VERSION = make_number(
    "version", "Number of the version, from 0; the registry's own where it is known.", maximum=_MOST_NUMBER
)
COPY = make_number("copy", "Which copy of the version, 1 for the fullest.", minimum=1, maximum=_MOST_NUMBER)
FROM = make_number("from", "Number of the older version.", maximum=_MOST_NUMBER)
TO = make_number("to", "Number of the newer version.", maximum=_MOST_NUMBER)
ENTRIES = make_number("limit", "How many entries at most.", minimum=1, maximum=200, default=50)
AFTER = make_number(
    "after",
    "Only what came after the version with this number (`_trialbook.last` of an earlier feed).",
    maximum=_MOST_NUMBER,
)
SINCE = Parameter(
    name="since",
    meaning="Only what came on that day (UTC) or later.",
    schema=_DAY,
    example="2026-11-01",
)
FOLLOWED = (make_choice("format", "Atom (RFC 4287) or JSON Feed 1.1.", FEED_FORMATS), ENTRIES, AFTER, SINCE)
