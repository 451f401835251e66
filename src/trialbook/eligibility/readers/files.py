"""Whose data is in this file? Looked into, never judged by its name.

A FHIR bundle, resources line by line (NDJSON), an archive or a folder of them; an OMOP CDM; plain values as JSON
or CSV; else a note.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import msgspec

from trialbook.eligibility.facts import Person
from trialbook.eligibility.readers.bounded import decode_held
from trialbook.eligibility.readers.described import DescribedNames, describe_patient
from trialbook.eligibility.readers.fhir import is_fhir, read_fhir
from trialbook.eligibility.readers.omop import read_omop
from trialbook.eligibility.readers.omop_tables import is_omop
from trialbook.eligibility.readers.plain import PlainReader
from trialbook.errors import SourceFormatError, SourceReadError

MOST_BYTES = 256 * 1024 * 1024
_MOST_ENTRIES = 200_000
# Made here: that several threads work out a type at once can end the process.
_ONE, _LIST = msgspec.json.Decoder(msgspec.Raw), msgspec.json.Decoder(list[msgspec.Raw])
_CSV_FIRST = ("person_id", "name", "birth_date", "age", "sex")


def read_patients(path: Path, day: date, names: DescribedNames | None = None) -> Iterator[Person]:
    """The persons that a file, an archive or a folder tells of, one held at a time.

    Parameters
    ----------
    day
        The day on which it is read: what has no day of its own holds on it.
    names
        Where conditions and drugs are known by name.

    Raises
    ------
    SourceReadError, SourceFormatError, QueryError
        The file cannot be read, has not the shape that it seems to have, or is a note that says nothing.
    """
    try:
        if not path.exists():
            raise SourceReadError("there is no such file", place=str(path))
        if not path.is_file() and not path.is_dir():
            raise SourceReadError("is neither a file nor a folder", place=str(path))
        if is_omop(path):
            yield from read_omop(path, day)
        elif path.is_dir():
            yield from _read_folder(path, day, names)
        elif zipfile.is_zipfile(path):
            yield from _read_archive(path, day, names)
        else:
            if path.stat().st_size > MOST_BYTES:
                raise SourceReadError(
                    f"holds more than {MOST_BYTES // 2**20} MB: one file a patient, or NDJSON",
                    place=str(path),
                )
            yield from read_patient_bytes(path.read_bytes(), day, names, place=path.name)
    except OSError as error:
        raise SourceReadError(f"cannot be read: {error.strerror or error}", place=str(path)) from error


def read_patient_bytes(
    data: bytes, day: date, names: DescribedNames | None = None, *, place: str = "the patient data"
) -> Iterator[Person]:
    """The persons that the bytes of one file tell of; as `read_patients`."""
    if len(data) > MOST_BYTES:
        raise SourceReadError(f"holds more than {MOST_BYTES // 2**20} MB", place=place)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SourceFormatError(
            "text is expected as UTF-8", path=place, found=repr(data[error.start : error.start + 8])
        ) from error
    if _is_json(text):
        yield from _read_json(text, day, names, place)
    elif _is_csv(text):
        yield from PlainReader(day, names).read_csv(text)
    else:
        yield describe_patient(text, names, day)


def is_note(data: bytes) -> bool:
    """Whether the bytes of one file, or its first, are a note: text that is neither JSON nor a table."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
    return not _is_json(text) and not _is_csv(text)


def _is_json(text: str) -> bool:
    return text.lstrip()[:1] in ("{", "[")


def _read_json(text: str, day: date, names: DescribedNames | None, place: str) -> Iterator[Person]:
    told = _cut_json(text.encode(), place)
    if is_fhir(told):
        yield from read_fhir(told, day, place)
    elif isinstance(told, list):
        yield from PlainReader(day, names).read_all(decode_held(each, place) for each in told)
    else:
        yield from PlainReader(day, names).read_json(decode_held(told, place))


def _cut_json(data: bytes, place: str) -> list[msgspec.Raw] | msgspec.Raw:
    """One JSON value, or those of a list or of lines, cut out and not decoded yet. Raises SourceFormatError."""
    is_list = data.lstrip()[:1] == b"["
    try:
        return _LIST.decode(data) if is_list else _ONE.decode(data)
    except RecursionError as error:
        raise SourceFormatError("JSON nested too deeply", path=place) from error
    except msgspec.DecodeError as error:
        lines = [line for line in data.split(b"\n") if line.strip()]
        if len(lines) < 2 or not lines[0].rstrip().endswith(b"}"):
            raise SourceFormatError(f"no JSON: {error}", path=place) from error
    try:
        return [_ONE.decode(line.strip()) for line in lines]
    except (msgspec.DecodeError, RecursionError) as error:
        raise SourceFormatError(f"no JSON, and no JSON a line: {error}", path=place) from error


def _is_csv(text: str) -> bool:
    first = [each.strip().strip('"').lower() for each in text.split("\n", 1)[0].split(",")]
    return (
        len(first) > 1
        and any(each in first for each in _CSV_FIRST)
        and all(len(each) <= 60 for each in first)
    )


def _read_folder(path: Path, day: date, names: DescribedNames | None) -> Iterator[Person]:
    files = sorted(each for each in path.iterdir() if each.is_file() and not each.name.startswith("."))
    if not files:
        raise SourceReadError("the folder has no files", place=str(path))
    for each in files:
        if each.stat().st_size > MOST_BYTES:
            raise SourceReadError(f"holds more than {MOST_BYTES // 2**20} MB", place=str(each))
        yield from _skip_empty(each.read_bytes(), day, names, each.name)


def _read_archive(path: Path, day: date, names: DescribedNames | None) -> Iterator[Person]:
    try:
        with zipfile.ZipFile(path) as archive:
            entries = [
                each
                for each in archive.infolist()
                if not each.is_dir() and not Path(each.filename).name.startswith(".")
            ]
            if len(entries) > _MOST_ENTRIES:
                raise SourceReadError(f"holds more than {_MOST_ENTRIES:,} files", place=str(path))
            for each in entries:
                if each.file_size > MOST_BYTES:
                    raise SourceReadError(
                        f"holds more than {MOST_BYTES // 2**20} MB", place=f"{path}: {each.filename}"
                    )
                with archive.open(each) as stream:
                    data = stream.read(MOST_BYTES + 1)
                yield from _skip_empty(data, day, names, each.filename)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise SourceReadError(f"cannot be read as an archive: {error}", place=str(path)) from error


def _skip_empty(data: bytes, day: date, names: DescribedNames | None, place: str) -> Iterator[Person]:
    """The persons of one of several files; of those that go with them, as lists of hospitals, there are none."""
    try:
        yield from read_patient_bytes(data, day, names, place=place)
    except SourceFormatError as error:
        if error.expected != "Patient":
            raise
