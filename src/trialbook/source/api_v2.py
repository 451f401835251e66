"""What does a file of API v2 records say, and is one of them whole?

Reading cuts records out without decoding them: those that are already stored are recognised by their
bytes. `check_incoming` decodes what is new, of whatever format: all are mapped to API v2.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import chain, compress
from typing import Any, BinaryIO

import msgspec

from trialbook.errors import SourceFormatError
from trialbook.model.study import find_nct_id, read_typed
from trialbook.model.version_days import find_days
from trialbook.record.ids import LONGEST_ID, find_fault
from trialbook.source.containers.json_slices import slice_records
from trialbook.source.incoming import Form, Format, Incoming, Rejected, reject_unforeseen
from trialbook.source.limits import DEFAULT, MIB, TEXT, Limits, describe_bytes, is_above_memory

# In a longer record than this the place of a doubled key is not looked for.
LONGEST_SEARCHED = 4 * MIB
_CONTAINERS = frozenset({dict, list})
ID_PATH = "protocolSection.identificationModule.nctId"

_JSON_START = re.compile(rb'(?:\xef\xbb\xbf)?\s*(?:\{\s*["}]|\[\s*[\[\]{"\d\-tfn]|[\[{]\s*$)')


def is_api_v2(head: bytes) -> bool:
    """Tell from a file's first bytes whether it is JSON, of whatever content.

    Examples
    --------
    >>> is_api_v2(b' {"protocolSection": {'), is_api_v2(b"[section]"), is_api_v2(b"<html>")
    (True, False, False)
    """
    return bool(_JSON_START.match(head))


def read_api_v2(stream: BinaryIO, place: str, limits: Limits = DEFAULT) -> Iterator[Incoming | Rejected]:
    """Read one study, studies one after another or one a line, a list of studies, or result pages.

    Parameters
    ----------
    stream
        UTF-8, already decompressed, of any length.
    place
        The file's name; a record's own place is `place:LINE` or `place#NUMBER`, where it has several.

    Yields
    ------
    Incoming
        The record's exact bytes. They are cut out, not checked: see `check_incoming`.
    Rejected
        What is no JSON object, or longer than a record may be.

    Raises
    ------
    SourceReadError
        The stream breaks off; all before that has been yielded.
    """
    for body, number, is_line, problem in slice_records(stream, limits):
        at = f"{place}:{number}" if is_line else f"{place}#{number}" if number else place
        yield Rejected(problem, at, body[: limits.kept_bytes]) if problem else Incoming(body, at, FORMAT.name)


class CheckedRecord(msgspec.Struct, frozen=True):
    """A record that was looked into.

    Attributes
    ----------
    record
        Its JSON values.
    nct_id, version_date
        As it gives them; `version_date` is the best of its `VersionDays`, None where it gives none.
    """

    record: dict[str, Any]
    nct_id: str
    version_date: str | None


def check_incoming(item: Incoming, limits: Limits = DEFAULT) -> CheckedRecord | Rejected:
    """Look into a record that was cut out; one that is none comes back with its reason.

    So does one at which the look itself fails as nobody foresaw: those behind it are still read.
    """
    try:
        record = check_record(item.body, limits)
        study, _ = read_typed(record)
    except SourceFormatError as error:
        return Rejected(str(error), item.place, item.received[: limits.kept_bytes])
    except MemoryError:
        raise
    except Exception as error:
        return reject_unforeseen(error, item.place, item.received[: limits.kept_bytes])
    return CheckedRecord(record, study.nct_id, find_days(record).first)


def check_record(body: bytes, limits: Limits = DEFAULT) -> dict[str, Any]:
    """Decode one record and make sure that it is one.

    Parameters
    ----------
    body
        One JSON object in UTF-8.

    Returns
    -------
    dict
        The record's JSON values; nothing of `body` is lost in them but space and spelling.

    Raises
    ------
    SourceFormatError
        Larger than `limits` allow, not UTF-8, not JSON, no object, without a usable `nctId`, nested too
        deep, or with a key that occurs twice in one object; `path` says where.

    Examples
    --------
    >>> check_record(b'{"protocolSection": {"identificationModule": {"nctId": "NCT00000001"}}}')
    {'protocolSection': {'identificationModule': {'nctId': 'NCT00000001'}}}
    >>> check_record(b'{"title": "A note"}')
    Traceback (most recent call last):
    trialbook.errors.SourceFormatError: not a registry record: it has no id, at protocolSection...
    """
    _check_size(body, limits)
    record = _decode(body)
    nct_id = find_nct_id(record)
    if any(level >= limits.max_depth for level, _ in enumerate(_iter_levels(record))):
        reason = f"objects or lists nest more than {limits.max_depth} deep"
        raise SourceFormatError(reason, nct_id=nct_id)
    # Equal bytes prove that no key was dropped; in other spellings of the same values they are counted.
    if msgspec.json.encode(record) != body and _count_keys(record) != TEXT.sub(b"", body).count(b":"):
        _find_doubled(body, nct_id)
    _check_id(record)
    return record


def _check_size(body: bytes, limits: Limits) -> None:
    try:
        # Only of a whole value the size is told in bounded time; this looks at it and makes nothing of it.
        is_large = len(body) > limits.kept_bytes and bool(msgspec.json.decode(body, type=msgspec.Raw))
    except (msgspec.DecodeError, RecursionError, ValueError) as error:
        raise _refuse_json(error) from None
    if is_large and is_above_memory(body, limits.max_record_memory):
        raise SourceFormatError(
            f"a record of {describe_bytes(len(body))} that would take more than"
            f" {describe_bytes(limits.max_record_memory)} of memory to read, which none of the registry's does"
        )


def _iter_levels(record: dict[str, Any]) -> Iterator[list[Any]]:
    """The objects and lists of a record: itself, those in it, those in these, and so on."""
    level: list[Any] = [record]
    while level:
        yield level
        kinds = map(type, _iter_inside(level))
        level = list(compress(_iter_inside(level), map(_CONTAINERS.__contains__, kinds)))


def _iter_inside(level: list[Any]) -> Iterator[Any]:
    return chain.from_iterable(each.values() if type(each) is dict else each for each in level)


def _count_keys(record: dict[str, Any]) -> int:
    """How many keys all objects of a record have together."""
    return sum(len(each) for level in _iter_levels(record) for each in level if type(each) is dict)


def _decode(body: bytes) -> dict[str, Any]:
    try:
        record = msgspec.json.decode(body)
    except UnicodeDecodeError:
        raise SourceFormatError(_name_bad_utf8(body), expected="UTF-8") from None
    except (msgspec.DecodeError, RecursionError, ValueError) as error:
        raise _refuse_json(error) from None
    if not isinstance(record, dict):
        raise SourceFormatError("not a record", found=type(record).__name__, expected="a JSON object")
    return record


def _refuse_json(error: Exception) -> SourceFormatError:
    return SourceFormatError(f"not valid JSON: {error}", expected="one JSON object in UTF-8")


def _name_bad_utf8(body: bytes) -> str:
    try:
        body.decode()
    except UnicodeDecodeError as error:
        return f"not valid UTF-8 at byte {error.start} of the record (0x{body[error.start]:02x})"
    return "not valid UTF-8"


def _check_id(record: dict[str, Any]) -> None:
    value: Any = record
    for step in ID_PATH.split("."):
        value = value.get(step) if isinstance(value, dict) else None
    if value is None:
        raise SourceFormatError("not a registry record: it has no id", path=ID_PATH, expected="a text")
    if not isinstance(value, str):
        found = msgspec.json.encode(value)[:100].decode(errors="replace")
        raise SourceFormatError("the id is no text", path=ID_PATH, found=found, expected="a text")
    if fault := find_fault(value):
        expected = f"1 to {LONGEST_ID} printable characters that no address of ours has"
        raise SourceFormatError(
            f"the id cannot be used: {fault}", path=ID_PATH, found=value, expected=expected
        )


class _Doubled(dict[str, Any]):
    """An object of which a key occurs twice: `key` is the first such."""

    key: str


def _find_doubled(body: bytes, nct_id: str) -> None:
    """Raise SourceFormatError that says which key occurs twice, and where; of a giant only that one does."""
    if len(body) > LONGEST_SEARCHED:
        raise SourceFormatError("a key occurs twice in one object", nct_id=nct_id)
    doubled: list[_Doubled] = []

    def collect(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) == len(pairs):
            return found
        names = [name for name, _ in pairs]
        marked = _Doubled(found)
        marked.key = next(name for name in names if names.count(name) > 1)
        doubled.append(marked)
        return marked

    record = json.loads(body, object_pairs_hook=collect, parse_int=len, parse_float=len)
    if doubled:
        path = _find_path(record, doubled[0])
        where = f"in {path}" if path else "at the top of the record"
        raise SourceFormatError(f"duplicate key {doubled[0].key[:80]!r} {where}", path=path, nct_id=nct_id)


def _find_path(record: Any, target: _Doubled) -> str:
    """Find where an object stands, as `a.b[2].c`; "" for the whole record or a dropped value."""
    open_values: list[tuple[Any, str]] = [(record, "")]
    while open_values:
        value, path = open_values.pop()
        if value is target:
            return path
        if isinstance(value, dict):
            open_values += [(child, f"{path}.{key}" if path else key) for key, child in value.items()]
        elif isinstance(value, list):
            open_values += [(child, f"{path}[{index}]") for index, child in enumerate(value)]
    return ""


FORMAT = Format(
    name="api_v2",
    says="API v2 JSON (one study, a list, pages, JSON lines, the registry's bulk download)",
    fidelity=4,
    carries=None,
    forms=(Form(is_api_v2, read_api_v2),),
)
