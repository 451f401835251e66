"""Is what `import trialbook` gives small, listed, loaded when it is asked for, and explained?"""

from __future__ import annotations

import subprocess
import sys

import trialbook


def test_the_front_door_has_these_names_and_no_other() -> None:
    assert trialbook.__all__ == [
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
    assert dir(trialbook) == sorted(trialbook.__all__)


def test_every_name_is_there_and_says_what_it_is() -> None:
    for name in trialbook.__all__:
        assert getattr(trialbook, name).__doc__, name
    assert not hasattr(trialbook, "nothing")


def test_an_import_loads_no_index_and_no_server() -> None:
    program = "import sys, trialbook; print([each for each in ('tantivy', 'starlette', 'httpx') if each in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
