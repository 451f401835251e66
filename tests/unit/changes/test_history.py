"""The history of a record, asked now and as of a day."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from tests.naive.records import make_record

from trialbook.changes.history import (
    Pair,
    Summary,
    compare_versions,
    describe_history,
    find_history,
    summarise_pair,
)
from trialbook.errors import NotFoundError
from trialbook.library import Library
from trialbook.library.build import import_paths
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
    assert any(label == "Participants" and "30" in before and "26" in after for label, before, after in told)


def test_a_history_as_of_a_day_ends_on_that_day(home: Path) -> None:
    with Library(home) as library:
        lines = library.find_history("nct4776239", as_of="2023")
    text = describe_history("NCT04776239", lines, ())
    assert "version 0" in text
    assert "version 1" not in text
    with Store(home) as store:
        assert len(find_history(store, "NCT04776239")) == 2
        with pytest.raises(NotFoundError, match="as of 1999"):
            compare_versions(store, "NCT04776239", None, None, as_of="1999-12-31")
        with pytest.raises(NotFoundError, match="no version 7"):
            compare_versions(store, "NCT04776239", 0, 7)


LONG = "NCT00000063"


@pytest.fixture(scope="module")
def long_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One record in 63 versions; version n plans for n participants."""
    home = tmp_path_factory.mktemp("long")
    versions = [
        make_record(
            LONG,
            {
                "statusModule.lastUpdateSubmitDate": f"{2010 + n // 12}-{n % 12 + 1:02}-05",
                "designModule.enrollmentInfo.count": n,
            },
        )
        for n in range(1, 64)
    ]
    (home / "records.jsonl").write_text("\n".join(map(json.dumps, versions)), encoding="utf-8")
    import_paths(home, [home / "records.jsonl"])
    return home


class CountingStore(Store):
    """A library that notes which versions are unpacked."""

    def __init__(self, home: Path) -> None:
        super().__init__(home)
        self.unpacked: list[int] = []

    def get_version_body(self, version_id: int) -> bytes:
        self.unpacked.append(version_id)
        return super().get_version_body(version_id)


def test_the_last_sixty_versions_are_compared_and_each_is_unpacked_once(long_home: Path) -> None:
    with CountingStore(long_home) as store:
        lines = find_history(store, LONG)
        assert [line.version.number for line in lines] == list(range(63))
        assert [line.changes for line in lines[:3]] == [()] * 3
        assert [line.changes for line in lines[3:]] == [
            (("Enrolment", f"Participants: {n - 1} → {n}"),) for n in range(4, 64)
        ]
        assert store.unpacked == [line.version.version_id for line in lines[2:]]


def test_only_what_is_not_known_already_is_unpacked(long_home: Path) -> None:
    with CountingStore(long_home) as store:
        versions = store.find_versions(LONG)
        unknown = {(versions[n], versions[n + 1]) for n in (9, 10, 61)}

        def summaries(_: Store, pairs: Sequence[Pair]) -> dict[Pair, Summary]:
            assert list(pairs) == list(pairwise(versions[2:]))
            return {pair: (("Kept", f"{pair[1].number}"),) for pair in pairs if pair not in unknown}

        lines = find_history(store, LONG, summaries=summaries)
        ids = [version.version_id for version in versions]
        assert store.unpacked == [ids[9], ids[10], ids[11], ids[61], ids[62]]
        assert lines[3].changes == (("Kept", "3"),)
        assert [lines[n].changes for n in (10, 11, 62)] == [
            (("Enrolment", f"Participants: {n} → {n + 1}"),) for n in (10, 11, 62)
        ]
        assert find_history(store, LONG, summaries=lambda store, pairs: {}) == find_history(store, LONG)


def test_a_record_of_one_version_asks_for_no_summary(tmp_path: Path) -> None:
    (tmp_path / "record.json").write_text(json.dumps(make_record(LONG, {})), encoding="utf-8")
    import_paths(tmp_path, [tmp_path / "record.json"])
    with CountingStore(tmp_path) as store:
        (line,) = find_history(store, LONG, summaries=lambda _, pairs: pytest.fail(f"asked for {pairs}"))
        assert (line.changes, store.unpacked) == ((), [])


def make_whole(values: dict[str, Any]) -> dict[str, Any]:
    """A record with all that the registry's have."""
    usual = {
        "identificationModule.briefTitle": "Rest for cough",
        "statusModule.overallStatus": "COMPLETED",
        "statusModule.lastUpdateSubmitDate": "2024-01-10",
        "sponsorCollaboratorsModule.leadSponsor.name": "A University",
        "descriptionModule.briefSummary": "Rest or none.",
        "conditionsModule.conditions": ["Cough"],
        "designModule.studyType": "INTERVENTIONAL",
        "outcomesModule.primaryOutcomes": [{"measure": "Cough"}],
        "eligibilityModule.eligibilityCriteria": "Adults",
    }
    return {**make_record(LONG, usual | values), "hasResults": False}


def test_a_summary_says_nothing_of_what_the_poorer_format_cannot_carry() -> None:
    older = make_whole({"oversightModule.oversightHasDmc": True, "designModule.enrollmentInfo.count": 30})
    newer = make_whole({"designModule.enrollmentInfo.count": 26})
    enrolment = ("Enrolment", "Participants: 30 → 26")
    told = summarise_pair(older, newer, before_format="api_v2", after_format="api_v2")
    assert set(told) == {enrolment, ("Other", "Data monitoring committee removed: Yes")}
    assert summarise_pair(older, newer, before_format="api_v2", after_format="ictrp") == (enrolment,)
    assert summarise_pair(newer, older, before_format="ictrp", after_format="api_v2") == (
        ("Enrolment", "Participants: 26 → 30"),
    )
