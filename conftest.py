"""What the examples in docstrings and the tests share: a library of the sample records."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import trialbook
from trialbook.samples import sample_paths


@pytest.fixture(scope="session")
def sample_library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[trialbook.Library]:
    """The 71 sample studies, NCT04776239 in two versions; for reading."""
    home = tmp_path_factory.mktemp("samples") / "library"
    with trialbook.open(home, create=True) as library:
        library.import_files(*sample_paths())
        yield library
