"""What do trials of other registers say, as the WHO's ICTRP portal exports them (CSV and XML)?

The portal offers its search results as `Trials_downloaded_from_ICTRP` XML, and lists as CSV with the
same fields. What an export lacks stays absent.
"""

from __future__ import annotations

import csv
import io
import re
from collections import deque
from collections.abc import Iterator
from functools import partial
from typing import Any, BinaryIO

import msgspec

from trialbook.errors import SourceReadError
from trialbook.source.containers.xml_elements import KEPT_BYTES, parse_element, split_elements
from trialbook.source.ictrp.ids import is_trial_id
from trialbook.source.ictrp.record import fold_name, map_trial
from trialbook.source.incoming import Form, Format, Incoming, Rejected, map_one

__all__ = ["CARRIES", "FORMAT", "is_ictrp", "read_ictrp"]

MAX_ROW_BYTES = 4 << 20
_HEAD_BYTES = 1 << 16
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")

# The first cell of a row, where a quote that was never closed has swallowed what follows.
_ROW_START = re.compile(rb'"?[A-Za-z]{2,8}[\w./-]{0,40}\d[\w./-]{0,40}"?[,;\t]')

# What stands in the second cell of an export without a header.
_IS_DATED = re.compile(r"\d{1,4}[-/. ]\w{1,9}[-/. ]\d{1,4}(?: .*)?|")

_CARRIED = {
    "protocolSection.identificationModule": "nctId secondaryIdInfos.id briefTitle officialTitle acronym",
    "protocolSection.statusModule": (
        "overallStatus startDateStruct.date completionDateStruct.date studyFirstSubmitDate"
        " resultsFirstPostDateStruct.date"
    ),
    "protocolSection.sponsorCollaboratorsModule": "leadSponsor.name collaborators.name",
    "protocolSection.conditionsModule": "conditions",
    "protocolSection.designModule": "studyType phases enrollmentInfo.count",
    "protocolSection.armsInterventionsModule": "interventions.name",
    "protocolSection.outcomesModule": "primaryOutcomes.measure secondaryOutcomes.measure",
    "protocolSection.eligibilityModule": "eligibilityCriteria sex minimumAge maximumAge stdAges",
    "protocolSection.contactsLocationsModule": "locations.country",
    "derivedSection.miscInfoModule": "versionHolder",
}

CARRIES = frozenset(f"{prefix}.{name}" for prefix, names in _CARRIED.items() for name in names.split())
"""Paths of API v2 that an export has a field for; in most others (sites, arms) it says nothing."""


# The columns of WHO's weekly and full exports, which have no header; the second, unnamed one is the day of
# the last refresh.
_FULL_EXPORT = (
    "TrialID last_update SecondaryIDs public_title Scientific_title url Public_Contact_Firstname "
    "Public_Contact_Lastname Public_Contact_Address Public_Contact_Email Public_Contact_Tel "
    "Public_Contact_Affiliation Scientific_Contact_Firstname Scientific_Contact_Lastname "
    "Scientific_Contact_Address Scientific_Contact_Email Scientific_Contact_Tel Scientific_Contact_Affiliation "
    "study_type study_design phase Date_registration Date_enrollement Target_size Recruitment_status "
    "Primary_sponsor Secondary_sponsors Source_Support Countries Conditions Interventions Agemin Agemax Gender "
    "Inclusion_Criteria Exclusion_Criteria Primary_Outcome Secondary_Outcomes Bridging_flag Bridged_type Childs "
    "type_enrolment Retrospective_flag results_actual_enrollment results_url_link results_summary "
    "results_date_posted results_date_first_publication results_baseline_char results_participant_flow "
    "results_adverse_events results_outcome_measures results_url_protocol results_IPD_plan "
    "results_IPD_description results_date_completed results_yes_no Ethics_Status Ethics_Approval_Date "
    "Ethics_Contact_Name Ethics_Contact_Address Ethics_Contact_Phone Ethics_Contact_Email"
)


def is_ictrp(head: bytes) -> bool:
    """Whether a file that starts with these bytes is an ICTRP export (a few KiB are enough)."""
    head = head.removeprefix(_BYTE_ORDER_MARK).lstrip()
    if head[:1] == b"<":
        return b"<Trials_downloaded_from_ICTRP" in head or (b"<Trial>" in head and b"<TrialID>" in head)
    names = _split_header(head.split(b"\n", 1)[0])[0]
    if "trialid" in names:
        return bool({"publictitle", "sourceregister"} & set(names))
    return bool(_find_separator(head))


def _find_separator(head: bytes) -> str:
    """The sign between the cells of an export without a header; "" where the file begins with no row of one."""
    text = head.removeprefix(_BYTE_ORDER_MARK).lstrip().decode("utf-8", "replace")
    for separator in ",;\t":
        try:
            first = next(csv.reader(io.StringIO(text, newline=""), delimiter=separator), [])
        except csv.Error:
            continue
        if (
            len(first) == _FULL_EXPORT.count(" ") + 1
            and is_trial_id(first[0])
            and _IS_DATED.fullmatch(first[1].strip())
        ):
            return separator
    return ""


def read_ictrp(stream: BinaryIO, place: str) -> Iterator[Incoming | Rejected]:
    """Read an ICTRP export, CSV or XML, one trial at a time.

    Parameters
    ----------
    stream
        Read once, from where it stands. CSV may be separated by commas, semicolons or tabs, in
        UTF-8 or (row by row) Windows-1252, with a header or (the weekly and full exports) without;
        memory is bounded by the largest row (4 MiB) or element (32 MiB).
    place
        The file's name; a trial is at `place:line` in CSV, at `place:number` in XML.

    Yields
    ------
    Incoming | Rejected
        A row whose cells do not match the header is rejected with its own bytes, and reading goes
        on at the next row.

    Raises
    ------
    SourceReadError
        The stream cannot be read any further.
    """
    source = io.BufferedReader(_Source(stream, place), _HEAD_BYTES)
    head = source.peek(_HEAD_BYTES)
    if head.removeprefix(_BYTE_ORDER_MARK).lstrip()[:1] == b"<":
        yield from _read_xml(source, place)
    elif head[:2] in _UTF16_MARKS:
        reason = "the file is in UTF-16; save it as UTF-8 and import it again"
        yield Rejected(reason=reason, place=place, original=head[:KEPT_BYTES])
    else:
        yield from _read_csv(_Rows(source), place, _find_separator(head))


def _read_xml(stream: BinaryIO, place: str) -> Iterator[Incoming | Rejected]:
    count = 0
    for piece in split_elements(stream, "Trial", place=place):
        count += 1
        at = f"{place}:{piece.number}"
        if piece.problem:
            yield Rejected(reason=piece.problem, place=at, original=piece.raw)
            continue
        yield map_one(
            partial(_map_element, piece.raw, piece.encoding), piece.raw, at, format_name=FORMAT.name
        )
    if not count:
        yield Rejected(reason="there is no <Trial> in the file", place=place, original=b"")


def _map_element(raw: bytes, encoding: str) -> dict[str, Any]:
    root = parse_element(raw, encoding=encoding)
    return map_trial({fold_name(node.tag): "".join(node.itertext()) for node in root})


def _read_csv(rows: _Rows, place: str, separator: str) -> Iterator[Incoming | Rejected]:
    """Read the rows; a `separator` is known of a file without a header."""
    header = rows.take_header()
    if separator:
        names = [fold_name(name) for name in _FULL_EXPORT.split()]
        rows.give_back(header.removeprefix(_BYTE_ORDER_MARK))
    else:
        names, separator = _split_header(header)
    if "trialid" not in names:
        reason = "the first row does not name a column TrialID; this is no ICTRP export"
        yield Rejected(reason=reason, place=place, original=header[:KEPT_BYTES])
        return
    while (row := rows.take_row()).raw:
        at = f"{place}:{row.line}"
        if row.problem:
            yield Rejected(reason=row.problem, place=at, original=row.raw[:KEPT_BYTES])
            continue
        if not row.raw.strip():
            continue
        cells = _split_row(row.raw, separator)
        if isinstance(cells, list) and len(cells) != len(names):
            row = rows.give_back_swallowed(row)
            cells = _split_row(row.raw, separator)
        yield _read_cells(cells, names, row.raw, at)


def _read_cells(cells: list[str] | str, names: list[str], raw: bytes, place: str) -> Incoming | Rejected:
    if isinstance(cells, str):
        return Rejected(reason=cells, place=place, original=raw[:KEPT_BYTES])
    if len(cells) != len(names):
        reason = f"the row has {len(cells)} cells, the header {len(names)}; a quote or comma is out of place"
        return Rejected(reason=reason, place=place, original=raw[:KEPT_BYTES])
    return map_one(
        lambda: map_trial(dict(zip(names, cells, strict=True))), raw, place, format_name=FORMAT.name
    )


def _split_header(raw: bytes) -> tuple[list[str], str]:
    text = raw.removeprefix(_BYTE_ORDER_MARK).decode("utf-8", "replace").strip("\r\n")
    separator = max(",;\t", key=text.count)
    cells = _split_row(text.encode(), separator)
    return ([fold_name(cell) for cell in cells] if isinstance(cells, list) else []), separator


def _split_row(raw: bytes, separator: str) -> list[str] | str:
    """The cells of one row, or why there are none."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        try:
            text = raw.decode("cp1252")
        except UnicodeDecodeError:
            return "the row is neither in UTF-8 nor in Windows-1252"
    try:
        rows = list(csv.reader(io.StringIO(text.strip("\r\n"), newline=""), delimiter=separator))
    except csv.Error as error:
        return f"the row is no CSV: {error}"
    return [cell for row in rows for cell in row]


class _Row(msgspec.Struct, frozen=True):
    """One row as it stands, of one line or (inside quotes) of several."""

    raw: bytes
    line: int
    parts: tuple[bytes, ...] = ()
    problem: str = ""


class _Rows:
    """The rows of a CSV file, with room to put lines back."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._waiting: deque[bytes] = deque()
        self._line = 0

    def _take_line(self) -> bytes:
        line = self._waiting.popleft() if self._waiting else self._stream.readline(MAX_ROW_BYTES)
        self._line += bool(line)
        return line

    def take_header(self) -> bytes:
        """The first line that is not blank; names of columns have no line breaks."""
        while (line := self._take_line()) and not line.strip():
            pass
        return line

    def give_back(self, line: bytes) -> None:
        """Put the line that was taken last back."""
        self._waiting.appendleft(line)
        self._line -= 1

    def take_row(self) -> _Row:
        """The next row, up to a line at which no quote is open; empty at the end of the file."""
        first, parts, size, quotes = self._line + 1, [], 0, 0
        while size < MAX_ROW_BYTES and (line := self._take_line()):
            parts.append(line)
            size += len(line)
            quotes += line.count(b'"')
            if quotes % 2 == 0 and line.endswith(b"\n"):
                break
        raw = b"".join(parts)
        if len(parts) == 1 and size == MAX_ROW_BYTES and not raw.endswith(b"\n"):
            while (line := self._stream.readline(MAX_ROW_BYTES)) and not line.endswith(b"\n"):
                pass
            problem = f"the line is longer than {MAX_ROW_BYTES >> 20} MiB"
            return _Row(raw=raw[:KEPT_BYTES], line=first, problem=problem)
        return _Row(raw=raw, line=first, parts=tuple(parts))

    def give_back_swallowed(self, row: _Row) -> _Row:
        """Undo a quote that was never closed: keep the row up to the next line that starts a trial."""
        for index, part in enumerate(row.parts):
            if index and _ROW_START.match(part):
                self._waiting.extendleft(reversed(row.parts[index:]))
                self._line -= len(row.parts) - index
                return _Row(raw=b"".join(row.parts[:index]), line=row.line, parts=row.parts[:index])
        return row


class _Source(io.RawIOBase):
    """A stream of any kind as what `BufferedReader` reads from; failures become `SourceReadError`."""

    def __init__(self, stream: BinaryIO, place: str) -> None:
        super().__init__()
        self._stream, self._place = stream, place

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            chunk = self._stream.read(len(buffer))
        except (OSError, EOFError, ValueError) as error:
            reason = f"reading stopped ({error}); the file may be damaged"
            raise SourceReadError(reason, place=self._place) from error
        buffer[: len(chunk)] = chunk
        return len(chunk)


FORMAT = Format(
    name="ictrp",
    says="WHO ICTRP exports (CSV or XML)",
    fidelity=0,
    carries=CARRIES,
    forms=(Form(is_ictrp, lambda stream, place, limits: read_ictrp(stream, place)),),
)
