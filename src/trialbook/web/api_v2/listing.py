"""How does a page of studies leave: as lines of JSON or of a table, in bounded memory?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import msgspec

from trialbook.ask.address import REGISTRY_WHICH, Asked, read_asked
from trialbook.ask.parameters import Parameters
from trialbook.export.csv_table import choose_columns, write_table
from trialbook.export.forms import cut, write_line
from trialbook.export.projection import Selection, select_fields
from trialbook.model.study import decode_record
from trialbook.web.api_v2.one_study import MARKUPS

FORMATS = ("json", "csv")
KNOWN = frozenset(
    {
        "format",
        "markupFormat",
        *REGISTRY_WHICH,
        "geoDecay",
        "fields",
        "sort",
        "countTotal",
        "pageSize",
        "pageToken",
    }
)
DEFAULT_PAGE_SIZE, LARGEST_PAGE_SIZE = 10, 1_000


class ListRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What `/studies` is asked for.

    Attributes
    ----------
    asked
        Which studies, in what order.
    columns
        The columns of the CSV table; None for JSON.
    selection, is_legacy
        Which part of each record, and whether its texts go without markup (JSON only).
    page_size
        1 to 1,000.
    page_token
        Where the last page ended; None for the first page.
    is_total_due
        Whether the first page says how many studies there are.
    """

    asked: Asked
    columns: list[str] | None
    selection: Selection | None
    is_legacy: bool
    page_size: int
    page_token: str | None
    is_total_due: bool


def read_list_request(parameters: Parameters) -> ListRequest:
    """Read the parameters of `/studies`; raises ApiError and QueryError."""
    is_table = parameters.choice("format", FORMATS) == "csv"
    is_legacy = parameters.choice("markupFormat", MARKUPS) == "legacy"
    found = read_asked(parameters)
    names = parameters.field_names(is_query_known=not is_table)
    token = parameters.text("pageToken") or None
    return ListRequest(
        asked=found,
        columns=choose_columns(names) if is_table else None,
        selection=select_fields(names, queried=found.queried) if names and not is_table else None,
        is_legacy=is_legacy,
        page_size=min(parameters.whole("pageSize") or DEFAULT_PAGE_SIZE, LARGEST_PAGE_SIZE),
        page_token=token,
        is_total_due=parameters.flag("countTotal") and token is None,
    )


def write_json(
    request: ListRequest, bodies: Iterable[bytes], *, total: int | None, next_token: str | None
) -> Iterator[bytes]:
    """A page as JSON, in blocks: each study in a line of its own, as it was received where all of it is asked."""
    yield b"{" + (b"" if total is None else b'"totalCount":%d,' % total) + b'"studies":['
    separator = b"\n"
    for body in bodies:
        yield separator + write_line(cut(body, request.selection, is_legacy=request.is_legacy))
        separator = b",\n"
    end = b"" if next_token is None else b',"nextPageToken":' + msgspec.json.encode(next_token)
    yield b"\n]" + end + b"}"


def write_csv(request: ListRequest, bodies: Iterable[bytes]) -> Iterator[bytes]:
    """A page as CSV, in blocks; only the first page has a header."""
    columns = request.columns or []
    if request.page_token is None:
        yield write_table([], columns, is_header_due=True).encode()
    for body in bodies:
        yield write_table([decode_record(body)], columns, is_header_due=False).encode()


def read_bodies(nct_ids: Iterable[str], find_body: Callable[[str], bytes | None]) -> Iterator[bytes]:
    """The records of a page, one at a time; one that has gone since it was found is left out."""
    for nct_id in nct_ids:
        body = find_body(nct_id)
        if body is not None:
            yield body
