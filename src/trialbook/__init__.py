"""Trialbook makes a clinical-trial registry record work.

>>> import trialbook
>>> library = trialbook.open(getfixture("sample_library").home)
>>> library["NCT04776239"].enrollment_count
26

`open` gives the library of a folder; `parse_study` reads a record without one. All errors are
`TrialbookError`s, drawn as one tree in `trialbook.errors`.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from trialbook.settings import VERSION as __version__

# Each public name and the module that it comes from. They are loaded when they are asked for: reading a
# record needs no index, and a command no more than it uses.
_NAMES = {
    "Found": "trialbook.library.found",
    "Library": "trialbook.library.library",
    "LibraryStudy": "trialbook.library.study",
    "NotFoundError": "trialbook.errors",
    "PartialDate": "trialbook.model.dates",
    "QueryError": "trialbook.errors",
    "SearchRequest": "trialbook.search.engine.engine",
    "StoreError": "trialbook.errors",
    "Study": "trialbook.model.study",
    "TrialbookError": "trialbook.errors",
    "open": "trialbook.library.opening",
    "parse_query": "trialbook.search.language.parse",
    "parse_study": "trialbook.model.study",
}

__all__ = [
    "Found",
    "Library",
    "LibraryStudy",
    "NotFoundError",
    "PartialDate",
    "QueryError",
    "SearchRequest",
    "StoreError",
    "Study",
    "TrialbookError",
    "__version__",
    "open",
    "parse_query",
    "parse_study",
]

if TYPE_CHECKING:
    from trialbook.errors import NotFoundError, QueryError, StoreError, TrialbookError
    from trialbook.library.found import Found
    from trialbook.library.library import Library
    from trialbook.library.opening import open
    from trialbook.library.study import LibraryStudy
    from trialbook.model.dates import PartialDate
    from trialbook.model.study import Study, parse_study
    from trialbook.search.engine.engine import SearchRequest
    from trialbook.search.language.parse import parse_query


def __getattr__(name: str) -> Any:
    module = _NAMES.get(name)
    if module is None:
        raise AttributeError(f"module 'trialbook' has no attribute {name!r}")
    return getattr(importlib.import_module(module), name)


def __dir__() -> list[str]:
    return sorted(__all__)
