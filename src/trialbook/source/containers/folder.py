"""Which files of a folder are input, and how is a folder read that holds one export as an archive would?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, Protocol, cast

from trialbook.errors import SourceReadError
from trialbook.source.containers.byte_stream import iter_file


class Entry(Protocol):
    """One file of an archive."""

    @property
    def name(self) -> str:
        """Its name in the archive."""

    @property
    def is_hidden(self) -> bool:
        """Whether its system hides it."""


class Archive(Protocol):
    """Files that make one whole: a zip, or the folder that it was unpacked to."""

    place: str

    def __iter__(self) -> Iterator[Any]:
        """Its entries."""

    def iter_entry(self, entry: Any) -> Iterator[bytes]:
        """The bytes of an entry, in chunks; raises SourceReadError."""


class FileEntry(NamedTuple):
    """One file of a folder."""

    name: str
    path: Path

    @property
    def is_hidden(self) -> bool:
        """Whether its system hides it."""
        return self.name.startswith(".")


class FolderArchive:
    """The files that lie directly in a folder, as an archive; `on_bytes` is told of what is read."""

    def __init__(self, folder: Path, *, place: str, on_bytes: Callable[[int], None]) -> None:
        self.place, self._on_bytes = place, on_bytes
        files = (path for path in sorted(folder.iterdir()) if path.is_file() and not path.is_symlink())
        self._entries = [FileEntry(path.name, path) for path in files]

    def __iter__(self) -> Iterator[FileEntry]:
        return iter(self._entries)

    def iter_entry(self, entry: FileEntry) -> Iterator[bytes]:
        """The bytes of a file, in chunks; raises SourceReadError."""
        place = f"{self.place}!{entry.name}"
        try:
            with entry.path.open("rb", buffering=0) as file:
                yield from iter_file(cast(BinaryIO, file), place=place, on_bytes=self._on_bytes)
        except OSError as error:
            raise SourceReadError(f"cannot be read: {error.strerror}", place=place) from error


def find_files(
    folder: Path, *, on_skip: Callable[[Path, str], None], on_error: Callable[[OSError], None]
) -> Iterator[Path]:
    """Find a folder's files and those below it, in the order of their names.

    Parameters
    ----------
    folder
        Where to look. Links to folders are not followed, links to files only inside the folder.
    on_skip
        Is called for each entry passed over, with why: a hidden one, a link that is not followed, a device.
    on_error
        Is called for each folder below that cannot be listed.

    Raises
    ------
    OSError
        The folder itself cannot be listed.
    """
    root = folder.resolve()
    waiting = [sorted(folder.iterdir(), reverse=True)]
    while waiting:
        if not waiting[-1]:
            waiting.pop()
            continue
        path = waiting[-1].pop()
        if path.name.startswith("."):
            on_skip(path, "hidden")
        elif path.is_symlink() and not _is_inner_file(path, root):
            on_skip(path, "a link that leads to a folder, out of the folder or nowhere")
        elif path.is_dir():
            try:
                waiting.append(sorted(path.iterdir(), reverse=True))
            except OSError as error:
                on_error(error)
        elif path.is_file():
            yield path
        else:
            on_skip(path, "neither a file nor a folder")


def _is_inner_file(link: Path, root: Path) -> bool:
    target = link.resolve()
    return target.is_file() and target.is_relative_to(root)
