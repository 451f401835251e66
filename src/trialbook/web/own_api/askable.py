"""What can our own API be asked? Its parameters, with their meanings, forms and bounds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from trialbook.ask import address

ATOM = "application/atom+xml"
JSON_FEED = "application/feed+json"

MOST_FOUND, DEFAULT_FOUND = 100, 10
MOST_FACET_VALUES = 1_000
DEEPEST_OFFSET = 10_000
MOST_SNIPPETS, DEFAULT_SNIPPETS = 5, 2
DEFAULT_FACET_SIZE = 20
MOST_ENTRIES, DEFAULT_ENTRIES = 200, 50
MOST_NUMBER = 999_999_999_999
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


def make_number(
    name: str, meaning: str, *, most: int, default: int | None = None, least: int = 0
) -> Parameter:
    schema = {"type": "integer", "minimum": least, "maximum": most}
    return Parameter(
        name=name, meaning=meaning, schema=schema if default is None else {**schema, "default": default}
    )


def make_choice(name: str, meaning: str, choices: Mapping[str, str]) -> Parameter:
    names = list(choices)
    return Parameter(
        name=name, meaning=meaning, schema={"type": "string", "enum": names, "default": names[0]}
    )


_EXAMPLES = {"query.cond": "heart failure", "query.locn": "Miami", "query.term": "stroke AND aspirin"}
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
            name=name,
            meaning=f"Query: {address.LABELS[name]} ({area}). Parts that are given must all match.",
            example=_EXAMPLES.get(name, ""),
        )
        for name, area in address.AREAS.items()
    ),
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
_DAY = {"type": "string", "pattern": r"^\d{4}(-\d{2}(-\d{2})?)?$"}
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
FOLLOWED = (
    make_choice("format", "Atom (RFC 4287) or JSON Feed 1.1.", FEED_FORMATS),
    make_number("limit", "How many entries at most.", least=1, most=MOST_ENTRIES, default=DEFAULT_ENTRIES),
    make_number(
        "after",
        "Only what came after the version with this number (`_trialbook.last` of an earlier feed).",
        most=MOST_NUMBER,
    ),
    Parameter(
        name="since",
        meaning="Only what came on that day (UTC) or later.",
        schema=_DAY,
        example="2026-11-01",
    ),
)
