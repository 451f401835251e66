"""Which files of a folder are input?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path


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
