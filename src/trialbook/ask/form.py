"""What was asked on the search page? The fields of its form, as they stand in its address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from trialbook.ask.filters import FILTERS, list_facets, make_request
from trialbook.ask.kinds import Filter, read_value
from trialbook.errors import QueryError
from trialbook.search.engine.engine import SearchRequest
from trialbook.search.engine.gazetteer import FindPlace, find_known_place

# Each field with its values, in the order in which they were given.
Fields: TypeAlias = Mapping[str, Sequence[str]]

PAGE_SIZE = 20
MAX_PAGE = 1_000


def get_text(fields: Fields, name: str) -> str:
    """The value of a field that has one, the last where it has several; "" where it is not given."""
    return fields[name][-1].strip() if fields.get(name) else ""


def read_form(fields: Fields, find_place: FindPlace = find_known_place) -> SearchRequest:
    """The request of a form, with the counts that its filters show; fields of other names mean nothing.

    `find_place` as in `ask.filters.make_request`. Raises QueryError, which calls each filter as the form does.
    """
    return make_request(
        get_text(fields, "q"),
        read_fields(fields),
        sort=get_text(fields, "sort") or "relevance",
        as_of=get_text(fields, "as_of"),
        offset=(_read_page(get_text(fields, "page")) - 1) * PAGE_SIZE,
        limit=PAGE_SIZE,
        facets=list_facets(),
        find_place=find_place,
    )


def read_fields(fields: Fields) -> dict[str, object]:
    """The values of the everyday filters in a form, by their names; raises QueryError."""
    return {each.name: _read_field(each, fields.get(each.field, ())) for each in FILTERS}


def _read_field(asked: Filter, values: Sequence[str]) -> object:
    if asked.takes_several:
        return read_value(asked, values, called=asked.field)
    if asked.kind == "yes_no" and len(set(values)) > 1:
        # Both boxes ticked: either will do.
        return None
    return read_value(asked, values[-1] if values else None, called=asked.field)


def _read_page(text: str) -> int:
    if not text:
        return 1
    if not (text.isascii() and text.isdigit() and 0 < int(text[:9]) <= MAX_PAGE):
        raise QueryError(f"page is no number from 1 to {MAX_PAGE}: {text[:20]!r}")
    return int(text)
