"""Which day does a partial date of an option stand for?"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from trialbook.__main__ import main
from trialbook.cli import writing
from trialbook.library import pull as pulling


@pytest.mark.parametrize(
    ("given", "first"),
    [("2021", date(2021, 1, 1)), ("2021-08", date(2021, 8, 1)), ("2021-08-16", date(2021, 8, 16))],
)
def test_a_pull_since_a_year_begins_with_its_first_day(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str, first: date
) -> None:
    asked = []

    def pull(home: Path, request: object, **_: object) -> writing.ImportCounts:
        asked.append(request)
        return writing.ImportCounts()

    monkeypatch.setattr(pulling, "pull_records", pull)
    done = CliRunner().invoke(main, ["--home", str(tmp_path), "pull", "--all", "--since", given])
    assert done.exit_code == 0, done.output
    assert asked[0].since == first


def test_a_pull_since_no_date_is_declined(tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["--home", str(tmp_path), "pull", "--all", "--since", "soon"])
    assert done.exit_code == 2
    assert "'soon' is no date" in done.output
