"""What a page says of older versions is what they prove, and what the index says too."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from trialbook.changes.past import PastDate
from trialbook.library import Library
from trialbook.library.build import import_paths
from trialbook.library.page import find_page
from trialbook.model import PartialDate

STUDY = "NCT99000099"


def write(day: str, outcome: str, ends: str, *, start: str = "2024-01-10") -> str:
    status = {
        "overallStatus": "RECRUITING",
        "startDateStruct": {"date": start, "type": "ACTUAL"},
        "primaryCompletionDateStruct": {"date": ends, "type": "ESTIMATED"},
        "lastUpdateSubmitDate": day,
        "lastUpdatePostDateStruct": {"date": day, "type": "ACTUAL"},
    }
    protocol: dict[str, Any] = {
        "identificationModule": {"nctId": STUDY, "briefTitle": "Tea"},
        "statusModule": status,
        "sponsorCollaboratorsModule": {"leadSponsor": {"name": "Kettle", "class": "OTHER"}},
        "descriptionModule": {"briefSummary": "Tea."},
        "conditionsModule": {"conditions": ["Cough"]},
        "designModule": {"studyType": "INTERVENTIONAL"},
        "outcomesModule": {"primaryOutcomes": [{"measure": outcome, "timeFrame": "1 week"}]},
        "eligibilityModule": {"sex": "ALL"},
    }
    return json.dumps({"protocolSection": protocol, "hasResults": False})


def bring(folder: Path, *texts: str) -> Library:
    for number, text in enumerate(texts):
        path = folder / f"{number}.json"
        path.write_text(text, encoding="utf-8")
        import_paths(folder / "library", [path])
    return Library(folder / "library")


def test_a_switch_after_the_start_is_told_with_its_versions_as_the_index_finds_it(tmp_path: Path) -> None:
    texts = (
        write("2024-02-01", "Nights without cough", "2025-01"),
        write("2024-05-01", "Nights without cough", "2025-09"),
        write("2024-09-01", "Quality of life, as told", "2026-03-01"),
    )
    with bring(tmp_path, *texts) as library:
        past = find_page(library, STUDY).past
        assert past.held == 3
        assert past.is_whole
        assert [(each.before, each.after) for each in past.switches] == [(1, 2)]
        assert past.switches[0].told == ("Primary outcome removed", "Primary outcome added")
        assert "between 1 May 2024 and 1 September 2024" in past.switches[0].when
        assert past.dates[:1] == (PastDate("startDateStruct", PartialDate("2024-01-10"), "ACTUAL", 0),)
        ends = [
            (each.value, each.number) for each in past.dates if each.name == "primaryCompletionDateStruct"
        ]
        assert ends == [("2025-01", 0), ("2025-09", 1)]
        assert library.search("tea", outcome_changed=True).total == 1
        older = find_page(library, STUDY, version=1).past
        assert (older.held, older.switches) == (2, ())


def test_a_change_before_the_start_is_no_switch(tmp_path: Path) -> None:
    texts = (
        write("2023-02-01", "Nights without cough", "2025-01", start="2024-01"),
        write("2023-05-01", "Quality of life, as told", "2025-01", start="2024-01"),
    )
    with bring(tmp_path, *texts) as library:
        assert find_page(library, STUDY).past.switches == ()
        assert library.search("tea", outcome_changed=True).total == 0


def test_one_version_proves_nothing(tmp_path: Path) -> None:
    with bring(tmp_path, write("2024-02-01", "Nights", "2025-01")) as library:
        past = find_page(library, STUDY).past
    assert (past.held, past.switches, past.dates) == (1, (), ())
