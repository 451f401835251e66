"""How is an index opened where nothing may be written beside it: on a read-only disk, or another user's?

tantivy holds a lock file in the folder while it opens an index. Where none can be made it is opened in a
folder of links to its files, which goes with the process.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


class OpenedFolder:
    """The folder of an index as tantivy can open it: itself, or one of links where it may not be written.

    Attributes
    ----------
    path
        The folder to open.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._links: tempfile.TemporaryDirectory[str] | None = None
        if not os.access(folder, os.W_OK) and folder.is_dir():
            # tantivy may lay a lock file into it while it goes: that is nothing to tell a person of.
            self._links = tempfile.TemporaryDirectory(prefix="trialbook-index-", ignore_cleanup_errors=True)
        self.path = folder if self._links is None else Path(self._links.name)
        self.refresh()

    def refresh(self) -> None:
        """Take up the files that were added since, and let go of those that went."""
        if self._links is None:
            return
        there = {path.name for path in self._folder.iterdir() if not path.name.endswith(".lock")}
        here = {path.name for path in self.path.iterdir() if path.is_symlink()}
        for name in there - here:
            (self.path / name).symlink_to(self._folder.absolute() / name)
        for name in here - there:
            (self.path / name).unlink()
