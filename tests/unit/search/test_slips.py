"""Is a slip put right that one record has too, and a rare word left alone?"""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.library import make_library, open_engine
from tests.unit.web.api_v2.conftest import make_record

from trialbook.search.engine.engine import SearchEngine


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> SearchEngine:
    """Thirty studies of diabetes, one of which writes it wrongly once, and one of a rare thing."""
    records = [make_record(f"NCT9{number:07}") for number in range(1, 31)]
    records[0]["protocolSection"]["conditionsModule"]["conditions"] = ["Diabtes", "Glucosa"]
    home: Path = make_library(tmp_path_factory.mktemp("slips") / "library", records)
    return open_engine(home)


def test_a_slip_that_one_record_has_too_is_put_right(engine: SearchEngine) -> None:
    assert engine.suggest("diabtes") == ("diabetes",)
    assert engine.suggest("diabets") == ("diabetes",)


def test_what_many_have_is_left_alone(engine: SearchEngine) -> None:
    assert engine.suggest("diabetes") == ()
    assert engine.suggest("glucose") == ()
