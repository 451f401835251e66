"""What a reader did not foresee at one record costs that record alone, kept with its bytes and place."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from trialbook.source.files import read_path
from trialbook.source.incoming import Incoming, Rejected

OLD = "<clinical_study><id_info><nct_id>{}</nct_id></id_info></clinical_study>"
TRIAL = "<Trial><TrialID>{}</TrialID></Trial>"
IDS = ("NCT00000001", "NCT00000002", "NCT00000003")
FILES = {
    "legacy": "<all>" + "".join(OLD.format(each) for each in IDS) + "</all>",
    "ictrp": "<Trials_downloaded_from_ICTRP>"
    + "".join(TRIAL.format(each) for each in IDS)
    + "</Trials_downloaded_from_ICTRP>",
    "ictrp_csv": "TrialID,public_title\n" + "".join(f"{each},A title\n" for each in IDS),
}
MAPS = {
    "legacy": "legacy.read._map_study",
    "ictrp": "ictrp.read.map_trial",
    "ictrp_csv": "ictrp.read.map_trial",
}


def fail_at_second(map_record: Callable[[Any], Any]) -> Callable[[Any], Any]:
    calls = []

    def fail(given: Any) -> Any:
        calls.append(given)
        if len(calls) == 2:
            raise ZeroDivisionError("nobody foresaw this")
        return map_record(given)

    return fail


@pytest.mark.parametrize("form", FILES)
def test_a_failure_at_one_record_costs_that_record_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    module_name, _, function = MAPS[form].rpartition(".")
    module = importlib.import_module(f"trialbook.source.{module_name}")
    monkeypatch.setattr(module, function, fail_at_second(getattr(module, function)))
    path = tmp_path / "file"
    path.write_text(FILES[form])
    found = list(read_path(path))
    assert [type(piece) for piece in found] == [Incoming, Rejected, Incoming]
    rejected = found[1]
    assert isinstance(rejected, Rejected)
    assert "a reader failed: ZeroDivisionError: nobody foresaw this" in rejected.reason
    assert b"NCT00000002" in rejected.original
    assert b"NCT00000001" not in rejected.original
