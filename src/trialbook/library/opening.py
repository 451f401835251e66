"""Where does a library lie, and how is it opened?"""

from __future__ import annotations

from pathlib import Path

from trialbook.library.library import Library
from trialbook.settings import read_folder


def open(home: str | Path | None = None, *, create: bool = False) -> Library:
    """Open the library in a folder.

    Parameters
    ----------
    home
        The folder; without one, that of the environment variable TRIALBOOK_HOME, or `~/.trialbook`.
    create
        Make an empty library where there is none, to import into.

    Raises
    ------
    NoLibraryError
        There is no library in the folder, and none is to be made.
    StoreError
        It cannot be opened.

    Examples
    --------
    >>> from pathlib import Path
    >>> from trialbook.samples import sample_paths
    >>> library = open(getfixture("tmp_path") / "registry", create=True)
    >>> library.import_files(*sample_paths()).stored
    72
    >>> library
    <Library ...: 71 studies in 72 versions>
    """
    folder = read_folder("home", home)
    return Library.create(folder) if create else Library(folder)
