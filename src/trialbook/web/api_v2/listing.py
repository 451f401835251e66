"""How does a page of studies leave: as lines of JSON or of a table, in bounded memory?"""

from __future__ import annotations

import re
import threading
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import msgspec

from trialbook.ask.address import REGISTRY_WHICH, Asked, read_asked
from trialbook.ask.parameters import Parameters
from trialbook.errors import RecordDamagedError
from trialbook.export.csv_table import choose_columns, write_table
from trialbook.export.forms import cut, write_line
from trialbook.export.projection import Selection, select_fields
from trialbook.model.present import decode_present
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
# Of one page, and of all pages that leave at a time.
MOST_HELD_BYTES, MOST_HELD_IN_ALL_BYTES = 8_000_000, 64_000_000
# So many damaged records are named in the head of an answer; the log names all.
MOST_NAMED = 10
MOST_PLACE_CHARACTERS = 100
_ESCAPED = re.compile(r"[^\x20\x21\x23-\x5b\x5d-\x7e]")


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
    request: ListRequest,
    bodies: Iterable[bytes],
    *,
    total: int | None,
    next_token: str | None,
    meant: Mapping[str, Sequence[str]] | None = None,
) -> Iterator[bytes]:
    """A page as JSON, in blocks: each study in a line of its own, as it was received where all of it is asked.

    `meant` are places that no site is in, with those that may be meant: a page without a study tells them.
    """
    yield b"{" + (b"" if total is None else b'"totalCount":%d,' % total) + b'"studies":['
    separator = b"\n"
    for body in bodies:
        yield separator + write_line(cut(body, request.selection, is_legacy=request.is_legacy))
        separator = b",\n"
    end = b"" if next_token is None else b',"nextPageToken":' + msgspec.json.encode(next_token)
    end += b',"didYouMean":' + msgspec.json.encode(meant) if meant else b""
    yield b"\n]" + end + b"}"


def write_csv(request: ListRequest, bodies: Iterable[bytes]) -> Iterator[bytes]:
    """A page as CSV, in blocks; only the first page has a header."""
    columns = request.columns or []
    if request.page_token is None:
        yield write_table([], columns, is_header_due=True).encode()
    for body in bodies:
        yield write_table([decode_present(body)], columns, is_header_due=False).encode()


ReadHit = Callable[[str], bytes | RecordDamagedError | None]


class Room:
    """How much memory the pages that leave at a time may hold together, whoever reads them and how slowly."""

    def __init__(self, most_bytes: int = MOST_HELD_IN_ALL_BYTES) -> None:
        self._left, self._lock = most_bytes, threading.Lock()

    def take(self, size: int) -> bool:
        """Whether there is room for so many bytes; if so, they are taken."""
        with self._lock:
            if size > self._left:
                return False
            self._left -= size
            return True

    def give_back(self, held: list[bytes]) -> None:
        """Give back the bytes of these records."""
        with self._lock:
            self._left += sum(map(len, held))


class PageBodies:
    """The records of a page, one at a time; one that is damaged, or has gone since it was found, is left out.

    All are looked at beforehand, since what is damaged is named in the head of the answer. Up to 8 MB of
    them are held until they are sent, while there is room; the others are read again.

    Attributes
    ----------
    damaged
        What is left out because it is damaged.
    """

    def __init__(self, nct_ids: Iterable[str], read_hit: ReadHit, room: Room) -> None:
        self._read_hit = read_hit
        self._held: list[bytes] = []
        weakref.finalize(self, room.give_back, self._held)
        self._others: list[str] = []
        self.damaged: list[RecordDamagedError] = []
        left = MOST_HELD_BYTES
        for nct_id in nct_ids:
            body = read_hit(nct_id)
            if isinstance(body, RecordDamagedError):
                self.damaged.append(body)
            elif body is not None:
                left -= len(body)
                if left > 0 and not self._others and room.take(len(body)):
                    self._held.append(body)
                else:
                    self._others.append(nct_id)

    def __iter__(self) -> Iterator[bytes]:
        yield from self._held
        for nct_id in self._others:
            body = self._read_hit(nct_id)
            if isinstance(body, bytes):
                yield body

    def make_warning(self, index_lag: int, places: Mapping[str, Sequence[str]]) -> str | None:
        """What the answer leaves out, as the value of a `Warning` header (RFC 7234, 5.5); None where all is there.

        `index_lag` counts the changes that the search did not see yet; `places` are those that no site is in,
        with those that may be meant.
        """
        texts = [str(error) for error in self.damaged[:MOST_NAMED]]
        if len(self.damaged) > MOST_NAMED:
            texts.append(f"{len(self.damaged) - MOST_NAMED:,} more records are damaged")
        if index_lag:
            texts.append(
                f"the index lacks the last {index_lag:,} changes of the records, so studies may be missing here"
            )
        for place, meant in places.items():
            words = f": did you mean {' or '.join(meant)}?" if meant else ", by any name of it that is known"
            texts.append(f"no site here is in {place[:MOST_PLACE_CHARACTERS]}{words}")
        plain = (text.encode("ascii", "replace").decode() for text in texts)
        return ", ".join(f'299 trialbook "{_ESCAPED.sub(" ", text)}"' for text in plain) or None
