"""How is all of a library that cannot be made again kept in one file, and brought back from it?

A backup is a zip archive, not compressed, since records are packed already: a manifest, the library's file
as it stood at one moment, and the saved searches. What is derived is left out: it is made anew.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import sqlite3
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

import msgspec

from trialbook.errors import StoreError, UsageError
from trialbook.library import kept
from trialbook.library.rebuild import DERIVED, bring_into_step
from trialbook.store import Store
from trialbook.store.check import find_damaged_bodies
from trialbook.store.file import FILE_NAME, UNFINISHED, find_unfinished, has_library
from trialbook.store.lock import WriterLock
from trialbook.store.private import make_private_file, make_private_folder, open_private
from trialbook.store.replace import finish, put_in_place
from trialbook.store.store import OnDamage, refuse_damage

FORM = "trialbook backup 1"
MANIFEST = "trialbook.json"
BLOCK_BYTES = 1 << 20
MOST_MANIFEST_BYTES = 1 << 20
# What a backup holds besides the library's file. All else in the folder is derived.
BESIDE = (kept.FILE_NAME,)


class Part(msgspec.Struct, frozen=True):
    """A file in a backup: its name, its length in bytes and its SHA-256."""

    name: str
    size: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a backup holds.

    Attributes
    ----------
    made_at
        UTC, ISO 8601.
    library_id, seq
        Which library, at which of its changes.
    studies, versions
        How many it held.
    damaged
        A sentence for each record that was damaged already; it is in the backup as it lay in the library.
    """

    form: str
    made_at: str
    library_id: str
    seq: int
    studies: int
    versions: int
    damaged: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()


# Made here: that several threads work out a type at once can end the process.
_MANIFEST = msgspec.json.Decoder(Manifest)


def write_backup(home: Path, file: Path, *, on_damage: OnDamage = refuse_damage) -> Manifest:
    """Keep all of a library that cannot be made again in one file, as it stands at one moment.

    Readers and a writer go on meanwhile. The file appears, or replaces an earlier backup, when it is
    complete and was read again; its owner alone may read it. While it is made it needs twice its room.

    Parameters
    ----------
    on_damage
        Is told of each damaged record; what it does not raise goes into the backup as it lies there.

    Raises
    ------
    UsageError
        The file cannot be written, lies in the library's folder, or is there and is no backup.
    StoreError
        The library cannot be read; where pages of its file are broken, repair it first.
    """
    try:
        target = file.expanduser().resolve()
    except (RuntimeError, OSError) as error:  # nobody of that name, a circle of links
        raise UsageError(f"there is no place {file}: {error}") from error
    if target.is_relative_to(home.resolve()):
        raise UsageError(f"{file} lies in the library's own folder, where it would be lost with it")
    if target.exists() and not _is_backup(target):
        raise UsageError(f"{file} is there and is no backup of Trialbook: name another file, or remove it")
    try:
        with _make_workplace(target.parent) as workplace:
            manifest = _copy_out(home, workplace, on_damage)
            unfinished = workplace / "backup"
            manifest = _write_archive(unfinished, manifest, workplace)
            check_backup(unfinished)
            unfinished.replace(target)
    except OSError as error:
        raise UsageError(f"cannot write {file}: {error.strerror or error}") from error
    return manifest


@contextlib.contextmanager
def _make_workplace(folder: Path) -> Iterator[Path]:
    """A folder that nobody else may enter, in which files are made before they are put elsewhere."""
    place = Path(tempfile.mkdtemp(prefix=".trialbook-", dir=folder))
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _copy_out(home: Path, workplace: Path, on_damage: OnDamage) -> Manifest:
    """Copy the library's file as it stands now, and what lies beside it; look at each record in the copy."""
    with Store(home) as store:
        _copy_database(store.connection, workplace / FILE_NAME)
    for name in BESIDE:
        if (home / name).exists():
            with contextlib.closing(sqlite3.connect(home / name, timeout=30)) as connection:
                _copy_database(connection, workplace / name)
    damaged: dict[str, None] = {}
    with Store(workplace) as copy:
        for error in find_damaged_bodies(copy):
            on_damage(error)
            damaged[str(error)] = None
        counts = copy.count()
        return Manifest(
            form=FORM,
            made_at=datetime.now(UTC).isoformat(timespec="seconds"),
            library_id=copy.library_id,
            seq=copy.seq,
            studies=counts.studies,
            versions=counts.versions,
            damaged=tuple(damaged),
        )


def _copy_database(connection: sqlite3.Connection, path: Path) -> None:
    """Write a whole file of SQLite as it stands at one moment, whoever writes to it meanwhile."""
    make_private_file(path)
    try:
        connection.execute("VACUUM INTO ?", (str(path),))
    except sqlite3.OperationalError as error:
        raise UsageError(f"cannot write the backup beside {path}: {error}") from error
    except sqlite3.Error as error:
        raise StoreError(
            f"the library cannot be read whole: {error}; `trialbook check --repair` brings out what is"
        ) from error


def _write_archive(path: Path, manifest: Manifest, workplace: Path) -> Manifest:
    """Put the files into one; the manifest comes first, so that it is known what follows."""
    copies = {name: workplace / name for name in (FILE_NAME, *BESIDE) if (workplace / name).exists()}
    parts = tuple(Part(name, copy.stat().st_size, _hash_file(copy)) for name, copy in copies.items())
    manifest = msgspec.structs.replace(manifest, parts=parts)
    with open_private(path, "xb") as raw, zipfile.ZipFile(raw, "w", allowZip64=True) as archive:
        archive.writestr(MANIFEST, msgspec.json.encode(manifest))
        for name, copy in copies.items():
            archive.write(copy, name)
    return manifest


def _hash_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _is_backup(path: Path) -> bool:
    try:
        read_manifest(path)
    except UsageError:
        return False
    return True


def read_manifest(file: Path) -> Manifest:
    """What a backup says that it holds; raises UsageError for another file."""
    _check_file(file)
    try:
        with zipfile.ZipFile(file) as archive:
            return _read_manifest(archive)
    except OSError as error:
        raise UsageError(f"cannot read {file}: {error.strerror or error}") from error
    except (zipfile.BadZipFile, KeyError, ValueError, NotImplementedError, RuntimeError, EOFError) as error:
        raise UsageError(f"{file} is no backup of Trialbook, or is damaged: {error}") from error


def _check_file(file: Path) -> None:
    """Refuse what has no end, such as a device or a pipe; what is not there is said when it is opened."""
    if file.exists() and not file.is_file():
        raise UsageError(f"{file} is no file")


def _read_manifest(archive: zipfile.ZipFile) -> Manifest:
    entry = archive.getinfo(MANIFEST)
    if entry.file_size > MOST_MANIFEST_BYTES or entry.compress_type != zipfile.ZIP_STORED:
        raise ValueError("its manifest is not one that Trialbook wrote")
    manifest = _MANIFEST.decode(archive.read(entry))
    if manifest.form != FORM:
        raise ValueError(f"it has the form {manifest.form[:40]!r}; this Trialbook reads {FORM!r}")
    names = [part.name for part in manifest.parts]
    if FILE_NAME not in names or len(set(names)) != len(names) or not {FILE_NAME, *BESIDE}.issuperset(names):
        raise ValueError("it does not hold what a backup holds")
    return manifest


def check_backup(file: Path) -> Manifest:
    """Read a backup whole and compare it with its manifest; raises UsageError where it differs."""
    return _read_parts(file, lambda name: None)


def _read_parts(file: Path, open_target: Callable[[str], IO[bytes] | None]) -> Manifest:
    """Read each part of a backup, into a file where one is given, and compare it with the manifest."""
    manifest = read_manifest(file)
    try:
        with zipfile.ZipFile(file) as archive:
            for part in manifest.parts:
                with contextlib.ExitStack() as stack:
                    target = open_target(part.name)
                    if target is not None:
                        stack.enter_context(target)
                    _read_part(archive, part, target)
    except (zipfile.BadZipFile, KeyError, ValueError, NotImplementedError, RuntimeError, EOFError) as error:
        raise UsageError(f"{file} is damaged: {error}; nothing was restored from it") from error
    return manifest


def _read_part(archive: zipfile.ZipFile, part: Part, target: IO[bytes] | None) -> None:
    entry = archive.getinfo(part.name)
    if entry.compress_type != zipfile.ZIP_STORED or entry.file_size != part.size:
        raise ValueError(f"{part.name} is not as long as it was")
    digest = hashlib.sha256()
    with archive.open(entry) as source:
        while block := source.read(BLOCK_BYTES):
            digest.update(block)
            if target is not None:
                target.write(block)
    if digest.hexdigest() != part.sha256:
        raise ValueError(f"{part.name} is not what was kept in it")


def restore_backup(file: Path, home: Path, *, is_replaced: bool = False) -> Manifest:
    """Bring a library back from a backup into a folder, and make anew what is derived from it.

    The backup is read and compared whole before anything is changed. Until all is in its place nobody can
    open the library; a restore that broke off is begun again by the same command.

    Parameters
    ----------
    is_replaced
        Whether a library that is there may be replaced; its records and saved searches are gone then.

    Raises
    ------
    UsageError
        The file is no backup or damaged, or there is a library and it is not to be replaced.
    StoreBusyError
        Another process writes to the library that is there, or reads from it without a pause.
    StoreError
        The folder cannot be written.
    """
    read_manifest(file)
    try:
        make_private_folder(home)
        with WriterLock(home), _make_workplace(home) as workplace:
            if not is_replaced and has_library(home) and not find_unfinished(home):
                raise UsageError(
                    f"there is a library in {home}: restore into another --home, or replace it with --replace"
                )
            manifest = _read_parts(file, lambda name: open_private(workplace / name, "xb"))
            _check_copy(file, workplace, manifest)
            _put_all(file, home, workplace)
    except OSError as error:
        raise StoreError(f"cannot restore the library in {home}: {error}") from error
    bring_into_step(home, on_damage=lambda error: None)
    return manifest


def _check_copy(file: Path, workplace: Path, manifest: Manifest) -> None:
    """Whether what was read is the library that the manifest names, and one that this Trialbook reads."""
    with Store(workplace) as store:
        counts = store.count()
        found = (store.library_id, store.seq, counts.studies, counts.versions)
    if found != (manifest.library_id, manifest.seq, manifest.studies, manifest.versions):
        raise UsageError(f"{file} does not hold the library that it names; nothing was restored from it")
    finish(sqlite3.connect(workplace / FILE_NAME, isolation_level=None), workplace / FILE_NAME)


def _put_all(file: Path, home: Path, workplace: Path) -> None:
    """Several files cannot change in one step: a note says meanwhile that they do, and keeps all readers out."""
    note = home / UNFINISHED
    with open_private(note, "wb") as out:
        out.write(os.fsencode(file))
    with Store(workplace) as restored:
        for derived in (each(home) for each in DERIVED):
            derived.clear(restored)
    put_in_place(workplace / FILE_NAME, home)
    for name in BESIDE:
        # What a writer that was killed left there belongs to the file that goes.
        (home / f"{name}-journal").unlink(missing_ok=True)
        if (workplace / name).exists():
            (workplace / name).replace(home / name)
        else:
            (home / name).unlink(missing_ok=True)
    note.unlink()
