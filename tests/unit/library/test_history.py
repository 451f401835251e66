"""The history of a record, asked now and as of a day."""

from __future__ import annotations

from pathlib import Path

import pytest

from trialbook.errors import NotFoundError
from trialbook.library.build import import_paths
from trialbook.library.history import compare_versions, describe_history, find_history
from trialbook.samples import sample_paths
from trialbook.store import Store


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    import_paths(home, sample_paths()[1:])
    return home


def test_the_two_states_of_aceso_ihd_differ_in_what_really_happened(home: Path) -> None:
    with Store(home) as store:
        changes = compare_versions(store, "NCT04776239", None, None).changes
    told = {(change.label, change.before, change.after) for change in changes}
    assert ("Overall status", "Recruiting", "Completed") in told
    assert any(label == "Enrollment" and "30" in before and "26" in after for label, before, after in told)


def test_a_history_as_of_a_day_ends_on_that_day(home: Path) -> None:
    with Store(home) as store:
        assert len(find_history(store, "NCT04776239")) == 2
        text = describe_history(store, "NCT04776239", as_of="2023-01-01")
        assert "version 1" in text
        assert "version 2" not in text
        with pytest.raises(NotFoundError, match="as of 1999"):
            compare_versions(store, "NCT04776239", None, None, as_of="1999-12-31")
        with pytest.raises(NotFoundError, match="no version 7"):
            compare_versions(store, "NCT04776239", 1, 7)
