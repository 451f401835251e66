"""What is a format, and what does each hand over: a record that was cut out, or a piece that was none?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

import msgspec

from trialbook.errors import SourceFormatError, TrialbookError
from trialbook.source.containers.folder import Archive
from trialbook.source.limits import MIB, Limits


class Incoming(msgspec.Struct, frozen=True):
    """One record cut out of a source, and not looked into yet.

    Attributes
    ----------
    body
        The record as API v2 JSON: the very bytes received where the source serves API v2,
        otherwise the mapping of the original to that shape.
    place
        Where in the source it stood: `file.zip!NCT00000001.json`, `records.jsonl:12`.
    format
        The name of the format that it came in, one of `formats.FORMATS`.
    original
        The bytes of this one record as received where they are not `body`; None for API v2. Records of the
        same bytes count as the same record.
    number
        The number that the registry gave this version, from 0; None where it came without.
    """

    body: bytes
    place: str
    format: str
    original: bytes | None = None
    number: int | None = None

    @property
    def received(self) -> bytes:
        """The bytes as received."""
        return self.body if self.original is None else self.original


class Rejected(msgspec.Struct, frozen=True):
    """A piece of input that could not be understood; it is kept, never dropped.

    Attributes
    ----------
    reason
        What is wrong, where, and what was expected.
    place
        Where in the source it stood.
    original
        The bytes as received (the first MiB of them where the piece is larger).
    """

    reason: str
    place: str
    original: bytes


def reject_unforeseen(error: Exception, place: str, original: bytes, *, lost: str = "") -> Rejected:
    """Turn an error that no reader raises on purpose into a rejection of what was being read.

    Parameters
    ----------
    original
        What was being read, the first MiB of it.
    lost
        What was not read because of the error, to follow its words.
    """
    message = str(error)[:200]
    name = type(error).__name__
    reason = f"a reader failed: {name}: {message}" if message else f"a reader failed: {name}"
    return Rejected(f"{reason}{lost}; please report it with this file", place, original)


def map_one(
    make: Callable[[], dict[str, Any]], original: bytes, place: str, *, format_name: str
) -> Incoming | Rejected:
    """One record of a file, as `make` maps it to API v2; where that fails, foreseen or not, only this one is lost."""
    try:
        body = msgspec.json.encode(make())
    except SourceFormatError as error:
        return Rejected(str(error), place, original[:MIB])
    except (TrialbookError, OSError, MemoryError):
        raise
    except Exception as error:
        return reject_unforeseen(error, place, original[:MIB])
    return Incoming(body, place, format_name, original)


def contain(items: Iterator[Item], place: str, original: bytes) -> Iterator[Item]:
    """Hand on what one reader yields; where it fails as nobody foresaw, other files are still read.

    Parameters
    ----------
    original
        The first MiB of what it reads.
    """
    try:
        yield from items
    except (TrialbookError, OSError, MemoryError):
        raise
    except Exception as error:
        yield reject_unforeseen(error, place, original, lost=", and what follows in this file was not read")


class HistoryNotice(msgspec.Struct, frozen=True):
    """A version that the registry has and whose text is not in the file.

    Attributes
    ----------
    version
        The registry's number of the version, from 0.
    date
        When it was submitted to the registry, `YYYY-MM-DD`.
    overall_status, study_type
        As in API v2; "" where the site does not say.
    module_labels
        What changed against the version before, in the site's words (`Study Status`).
    """

    nct_id: str
    version: int
    date: str
    overall_status: str
    study_type: str
    module_labels: tuple[str, ...]


Item = Incoming | Rejected | HistoryNotice


class Form(msgspec.Struct, frozen=True):
    """One way in which a format is written as a file: how its first bytes look, and what reads it.

    `read` takes the stream, the place to name it by, and what the input may cost.
    """

    is_this: Callable[[bytes], bool]
    read: Callable[[BinaryIO, str, Limits], Iterator[Item]]


class ArchiveForm(msgspec.Struct, frozen=True):
    """A form of which no single file is a record: a whole zip, or folder, is looked at, and read as one."""

    is_this: Callable[[Archive], bool]
    read: Callable[[Archive, Limits], Iterator[Item]]


class Format(msgspec.Struct, frozen=True, kw_only=True):
    """A format, all that is known of it. No part has a default: a part forgotten is an error at once.

    Attributes
    ----------
    name
        The module that reads it; kept with each version that came in it.
    says
        What it calls itself to people, in a list of what is accepted.
    fidelity
        How faithfully it gives a record: of two copies with one version date the higher number counts.
    carries
        The paths of API v2 that it can express, each with all below it; None for every path. What it
        cannot express is not "removed" in a version that came in it.
    forms
        How it is known and read, in the order in which to ask.
    """

    name: str
    says: str
    fidelity: int
    carries: frozenset[str] | None
    forms: tuple[Form | ArchiveForm, ...]
