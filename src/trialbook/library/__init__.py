"""The library: open it, find, look back, follow, import, export."""

from trialbook.library.found import Found
from trialbook.library.library import Library
from trialbook.library.study import LibraryStudy

__all__ = ["Found", "Library", "LibraryStudy"]
