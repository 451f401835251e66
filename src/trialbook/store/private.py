"""Who may read what a library keeps? Its owner alone, unless the owner says otherwise."""

from __future__ import annotations

import os
from pathlib import Path
from typing import IO

FOLDER_MODE = 0o700
FILE_MODE = 0o600


def make_private_folder(folder: Path) -> None:
    """Make a folder that its owner alone may enter; one that is there stays as it is."""
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=FOLDER_MODE, exist_ok=True)


def make_private_file(path: Path) -> None:
    """Make an empty file that its owner alone may read; one that is there stays as it is."""
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, FILE_MODE))


def open_private(path: Path, mode: str) -> IO[bytes]:
    """Open a file in a binary mode; where it is made, its owner alone may read it."""
    return open(path, mode, opener=lambda name, flags: os.open(name, flags, FILE_MODE))


def list_older(folder: Path, name: str, version: int) -> list[Path]:
    """The files of earlier forms of what is derived (NAME-VERSION.sqlite, and those beside it); a newer one stays."""
    found = []
    for path in folder.glob(f"{name}-*.sqlite*"):
        number = path.name.removeprefix(f"{name}-").partition(".")[0]
        if number.isdecimal() and int(number) < version:
            found.append(path)
    return found
