"""Which versions of a record does the registry's own site know, and what does the last one say?

The site serves, beside API v2, three shapes of JSON: a study with `history.changes`, that list
alone, and one historic version with `studyVersion`; people keep several in one array. A change says when a version was submitted,
with which status and which modules changed; its text is in the file only for the current version.

The site renders text for the browser: rich-text fields come as HTML (`<p>eGFR &gt;60</p>`), most
plain ones with entities (`People&#x27;s Hospital`), a few (city, state) as they are. The study is
handed over exactly as it stands in the file, for two reasons: undoing entities inside HTML would
make `&lt;` and a tag the same thing, and the same study saved through another road would no longer
be equal to it. `topics` and all else beside the study stay in `original`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

import msgspec

from trialbook.errors import SourceReadError
from trialbook.source.incoming import Form, Format, HistoryNotice, Incoming, Item, Rejected

MAX_DOCUMENT_BYTES = 256 * 2**20

# No record comes near this; a larger number is a slip.
MOST_VERSIONS = 100_000

_START = re.compile(rb'(?:\xef\xbb\xbf)?\s*\[?\s*\{\s*"(?:study|studyVersion|history|changes|topics)"\s*:')
_NCT_ID = re.compile(r"NCT\d{8}")
_DATE = re.compile(r"^\d{4}-\d{2}-\d{2}$")


class _Change(msgspec.Struct, rename="camel"):
    version: int
    date: str
    status: str = ""
    study_type: str = ""
    module_labels: tuple[str, ...] = ()


class _History(msgspec.Struct):
    changes: list[msgspec.Raw]


class _Document(msgspec.Struct, rename="camel"):
    study: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    history: _History | msgspec.UnsetType = msgspec.UNSET
    changes: list[msgspec.Raw] | msgspec.UnsetType = msgspec.UNSET
    study_version: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


class _Status(msgspec.Struct, rename="camel"):
    last_update_submit_date: str = ""


class _Identification(msgspec.Struct, rename="camel"):
    nct_id: str


class _Protocol(msgspec.Struct, rename="camel"):
    identification_module: _Identification
    status_module: _Status = msgspec.field(default_factory=_Status)


class _Study(msgspec.Struct, rename="camel"):
    protocol_section: _Protocol


def is_history(head: bytes) -> bool:
    """Whether a file that starts with these bytes is one of the site's three shapes.

    Examples
    --------
    >>> is_history(b'{"studyVersion": 3, "study": {'), is_history(b'{"protocolSection": {')
    (True, False)
    """
    return bool(_START.match(head))


def read_history(stream: BinaryIO, place: str) -> Iterator[Item]:
    """Read one document of the site, one a line, or an array of them, oldest version first.

    Parameters
    ----------
    stream
        JSON, already decompressed, at most 256 MiB.
    place
        Where it comes from. A bare list of changes names no study: its id is taken from here.

    Yields
    ------
    HistoryNotice
        For each version of a list.
    Incoming
        The study, its bytes cut from the document; `original` is the whole document. Where it came as one
        version, or its list says which it is, with the registry's number.
    Rejected
        A document, a study or a change that does not fit its form.

    Raises
    ------
    SourceReadError
        The stream breaks off; carries `place`.
    """
    try:
        data = stream.read(MAX_DOCUMENT_BYTES + 1)
    except (OSError, EOFError) as error:
        raise SourceReadError(f"cannot be read to its end ({error})", place=place) from error
    if len(data) > MAX_DOCUMENT_BYTES:
        yield Rejected(f"larger than {MAX_DOCUMENT_BYTES} bytes", place, data[: 2**20])
        return
    if data.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"[":
        yield from _read_array(data, place)
        return
    found = _decode(data)
    if isinstance(found, _Document):
        yield from _read_document(found, data, place)
        return
    lines = [line for line in data.split(b"\n") if line.strip()]
    if len(lines) < 2 or not all(line.lstrip().startswith(b"{") for line in lines):
        yield Rejected(found, place, data[: 2**20])
        return
    for number, line in enumerate(data.split(b"\n"), start=1):
        if line.strip():
            entry = _decode(line)
            if isinstance(entry, _Document):
                yield from _read_document(entry, line, f"{place}:{number}")
            else:
                yield Rejected(entry, f"{place}:{number}", line[: 2**20])


def _read_array(data: bytes, place: str) -> Iterator[Item]:
    """Each document of an array, as if it had come in a file of its own."""
    try:
        documents = msgspec.json.decode(data.removeprefix(b"\xef\xbb\xbf"), type=list[msgspec.Raw])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        yield Rejected(f"no array of version histories: {error}", place, data[: 2**20])
        return
    for number, raw in enumerate(documents, start=1):
        entry, own = _decode(bytes(raw)), f"{place}#{number}"
        if isinstance(entry, _Document):
            yield from _read_document(entry, bytes(raw), own)
        else:
            yield Rejected(entry, own, bytes(raw)[: 2**20])


def _decode(data: bytes) -> _Document | str:
    """Decode a document, or say why it is none."""
    try:
        document = msgspec.json.decode(data.removeprefix(b"\xef\xbb\xbf"), type=_Document)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return f"not a version history as the registry's site serves it: {error}"
    except RecursionError:
        return "not a version history: nested too deeply"
    if document.study is msgspec.UNSET and document.history is document.changes is msgspec.UNSET:
        return "not a version history: no study, no history.changes, no changes"
    return document


def _read_document(document: _Document, data: bytes, place: str) -> Iterator[Item]:
    study = _read_study(document)
    nct_id = study.protocol_section.identification_module.nct_id if isinstance(study, _Study) else ""
    if not nct_id:
        named = _NCT_ID.findall(place)
        nct_id = named[-1] if named else ""
    changes = document.history.changes if isinstance(document.history, _History) else document.changes
    notices: list[HistoryNotice] = []
    for change in changes if isinstance(changes, list) else ():
        notice = _read_change(change, nct_id, place)
        if isinstance(notice, Rejected):
            yield notice
        else:
            notices.append(notice)
    notices.sort(key=lambda notice: notice.version)
    number = _read_number(document)
    if isinstance(study, _Study) and notices and number is None:
        last = study.protocol_section.status_module.last_update_submit_date
        # The text is that of the newest version only if both say the same day.
        number = notices[-1].version if notices[-1].date == last else None
    yield from notices
    if isinstance(study, _Study):
        body = bytes(document.study)  # type: ignore[arg-type]
        yield Incoming(body=body, place=place, format=FORMAT.name, original=data, number=number)
    elif study is not None:
        yield Rejected(study, place, data[: 2**20])


def _read_number(document: _Document) -> int | None:
    """The number of the one version that a document holds; None where it gives none that counts from 0."""
    if document.study_version is msgspec.UNSET:
        return None
    try:
        number = msgspec.json.decode(document.study_version, type=int)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return number if 0 <= number <= MOST_VERSIONS else None


def _read_study(document: _Document) -> _Study | str | None:
    if document.study is msgspec.UNSET:
        return None
    try:
        study = msgspec.json.decode(document.study, type=_Study)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return f"the study in it is no API v2 record: {error}"
    if not _NCT_ID.fullmatch(study.protocol_section.identification_module.nct_id):
        return f"the study in it has no NCT id: {study.protocol_section.identification_module.nct_id[:40]!r}"
    return study


def _read_change(change: msgspec.Raw, nct_id: str, place: str) -> HistoryNotice | Rejected:
    if not nct_id:
        return Rejected(
            "a change without the id of its study, in the file or in its name", place, bytes(change)
        )
    try:
        entry = msgspec.json.decode(change, type=_Change)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return Rejected(f"{nct_id}: a change in the history does not fit: {error}", place, bytes(change))
    if not _DATE.match(entry.date) or entry.version < 0:
        reason = f"{nct_id}: version {entry.version} of the history has date {entry.date[:40]!r}"
        return Rejected(f"{reason}, expected a number from 0 and YYYY-MM-DD", place, bytes(change)[: 2**20])
    return HistoryNotice(
        nct_id, entry.version, entry.date, entry.status, entry.study_type, entry.module_labels
    )


FORMAT = Format(
    name="history",
    says="version histories as the registry's site serves them (JSON)",
    # Whole, but its texts are rendered for the browser, so that it must not stand before API v2.
    fidelity=3,
    carries=None,
    forms=(Form(is_history, lambda stream, place, limits: read_history(stream, place)),),
)
