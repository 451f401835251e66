"""What was asked on the search page? The fields of its form, as they stand in its address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import msgspec

from trialbook.ask.filters import FILTERS, list_facets, make_filters, make_request, read_parts
from trialbook.ask.kinds import Filter, read_value
from trialbook.errors import QueryError
from trialbook.search.engine.engine import SearchRequest
from trialbook.search.engine.gazetteer import FindPlace, find_known_place
from trialbook.search.language.syntax import Query

# Each field with its values, in the order in which they were given.
Fields: TypeAlias = Mapping[str, Sequence[str]]

PAGE_SIZE = 20
MAX_PAGE = 1_000
# Boxes beside the one for everything: the search areas that they look in, and what people call them.
BOXES = {
    "cond": "Condition",
    "intr": "Treatment",
    "spons": "Sponsor",
    "locn": "Place",
}
# So many values of a facet are counted for a page, which shows fewer.
COUNTED_VALUES = 200


def get_text(fields: Fields, name: str) -> str:
    """The value of a field that has one, the last where it has several; "" where it is not given."""
    return fields[name][-1].strip() if fields.get(name) else ""


def read_form(fields: Fields, find_place: FindPlace = find_known_place) -> SearchRequest:
    """The request of a form, with the counts that its filters show; fields of other names mean nothing.

    `find_place` as in `ask.filters.make_request`. Raises QueryError, which calls each filter as the form does.
    """
    request = make_request(
        get_text(fields, "q"),
        read_fields(fields),
        areas=get_boxes(fields),
        sort=get_text(fields, "sort") or "relevance",
        as_of=get_text(fields, "as_of"),
        offset=(_read_page(get_text(fields, "page")) - 1) * PAGE_SIZE,
        limit=PAGE_SIZE,
        facets=list_facets(is_quick=True),
        find_place=find_place,
    )
    return msgspec.structs.replace(request, facet_size=COUNTED_VALUES)


def get_boxes(fields: Fields) -> dict[str, str]:
    """What stands in the boxes beside the one for everything, those that are filled."""
    return {name: text for name in BOXES if (text := get_text(fields, name))}


def name_parts(fields: Fields, find_place: FindPlace = find_known_place) -> dict[str, tuple[Query, ...]]:
    """What a form asks, part by part, by the names of its fields; raises QueryError as `read_form`."""
    asked = {
        name or "q": (query,) for name, query in read_parts(get_text(fields, "q"), get_boxes(fields)).items()
    }
    return asked | make_filters(read_fields(fields), find_place)


def read_fields(fields: Fields) -> dict[str, object]:
    """The values of the everyday filters in a form, by their names; raises QueryError."""
    return {each.name: _read_field(each, fields.get(each.field, ())) for each in FILTERS}


def _read_field(asked: Filter, values: Sequence[str]) -> object:
    if asked.takes_several:
        return read_value(asked, values, called=asked.field)
    if asked.kind == "yes_no" and len(set(values)) > 1:
        # Both boxes ticked: either will do.
        return None
    if asked.kind == "person":
        # What is chosen on the page of all values comes one by one.
        return read_value(asked, ", ".join(filter(str.strip, values)), called=asked.field)
    return read_value(asked, values[-1] if values else None, called=asked.field)


def _read_page(text: str) -> int:
    if not text:
        return 1
    if not (text.isascii() and text.isdigit() and 0 < int(text[:9]) <= MAX_PAGE):
        raise QueryError(f"page is no number from 1 to {MAX_PAGE}: {text[:20]!r}")
    return int(text)
