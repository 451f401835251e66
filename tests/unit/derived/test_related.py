"""Are profiles kept in step with the records, swapped in whole, and made anew when words have to be counted anew?"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from tests.unit.related.conftest import make_records, make_trial, write_records

from trialbook.derived import counting, related
from trialbook.derived.related import FOLDER, RelatedProfiles
from trialbook.library import Library
from trialbook.library.rebuild import bring_into_step, rebuild
from trialbook.related.disk import STATE_FILE, RelatedState
from trialbook.store import Store

PARENT = "NCT10000001"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A library of the records made for related studies."""
    with Library.create(tmp_path / "library") as library:
        library.import_files(write_records(tmp_path / "records.jsonl", make_records()))
    return tmp_path / "library"


def read_state(home: Path) -> RelatedState:
    return msgspec.json.decode((home / FOLDER / STATE_FILE).read_bytes(), type=RelatedState)


def tell(home: Path, asked: str = PARENT) -> list[tuple[str, float]]:
    with Library(home) as library:
        return [(each.nct_id, round(each.score, 9)) for each in library.find_related(asked).studies]


def list_folders(home: Path) -> list[str]:
    return [place.name for place in (home / FOLDER).iterdir() if place.is_dir()]


def test_an_import_makes_them_and_says_what_they_were_learnt_from(home: Path) -> None:
    state = read_state(home)
    assert (state.count, state.learnt_from, state.is_dirty, state.is_due) == (11, 11, False, False)
    assert state.learnt_at.startswith("20")
    with Library(home) as library:
        found = library.find_related(PARENT)
        assert (found.learnt_from, found.learnt_at, found.seq) == (11, state.learnt_at, library.store.seq)


def test_a_changed_study_is_replaced_without_the_others_being_made_anew(home: Path, tmp_path: Path) -> None:
    before = read_state(home)
    changed = make_trial(
        "NCT20000001",
        "macitentan",
        "Pulmonary Arterial Hypertension",
        statusModule={"lastUpdateSubmitDate": "2024-06-01", "overallStatus": "COMPLETED"},
    )
    with Library(home) as library:
        assert "NCT20000001" not in dict(tell(home)[:2])
        library.import_files(write_records(tmp_path / "changed.jsonl", [changed]))
        assert "NCT20000001" in {each.nct_id for each in library.find_related(PARENT, limit=3).studies}
    after = read_state(home)
    assert (after.folder, after.learnt_at) == (before.folder, before.learnt_at)
    assert after.seq > before.seq
    # Made anew, the words are counted anew; whoever is in the list is the same.
    ids = [nct_id for nct_id, _ in tell(home)]
    assert len(ids) == len(set(ids))
    rebuild(home, ["related"])
    assert {nct_id for nct_id, _ in tell(home)[:3]} == set(ids[:3])


@pytest.mark.parametrize("program", [sys.executable, "/bin/false", "/no/such/program"])
def test_counted_in_other_processes_they_are_the_same(
    home: Path, monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    told = tell(home)
    monkeypatch.setattr(related, "WORTHWHILE", 1)
    monkeypatch.setattr(counting, "AT_ONCE", 3)
    monkeypatch.setattr(sys, "executable", program)
    assert rebuild(home, ["related"]) == {"related": 11}
    assert tell(home) == told


def test_other_processes_count_and_end_with_whoever_asked(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = []
    start = counting._start

    def remember(place: Path) -> subprocess.Popen[bytes] | None:
        started.append(start(place))
        return started[-1]

    monkeypatch.setattr(counting, "_start", remember)
    with Store(home) as store:
        ids = [nct_id for _, nct_id in store.iter_changed_ids(0)]
        counted = dict(counting.count_beside(home, [*ids, "NCT19999999"]))
        assert counted == {nct_id: counting.count_study(store, nct_id) for nct_id in counted}
        assert None not in [counted[nct_id] for nct_id in ids]
    assert started
    assert all(process is not None and process.returncode is not None for process in started)


def test_a_process_that_nobody_asks_any_more_ends(home: Path) -> None:
    process = counting._start(home)
    assert process is not None
    assert process.stdin is not None
    process.stdin.close()
    assert process.wait(timeout=60) == 0


def test_made_anew_they_are_the_same(home: Path) -> None:
    before, told = read_state(home), tell(home)
    assert rebuild(home, ["related"]) == {"related": 11}
    assert read_state(home).folder != before.folder
    assert list_folders(home) == [read_state(home).folder]
    assert tell(home) == told


def test_the_old_ones_serve_until_the_new_ones_are_whole(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = tell(home)
    monkeypatch.setattr(related, "_take_up", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        rebuild(home, ["related"])
    assert len(list_folders(home)) == 2
    assert tell(home) == told
    monkeypatch.undo()
    assert bring_into_step(home) == {"related": 11}
    assert list_folders(home) == [read_state(home).folder]
    assert tell(home) == told


def test_an_update_that_was_broken_off_is_completed(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(related, "_take_up", lambda *_: (_ for _ in ()).throw(RuntimeError("broken off")))
    new = make_trial("NCT30000001", "macitentan", "Pulmonary Arterial Hypertension")
    with Library(home) as library:
        counts = library.import_files(write_records(tmp_path / "new.jsonl", [new]))
        assert "the related could not be brought into step" in counts.problems[0]
    assert read_state(home).is_dirty
    monkeypatch.undo()
    assert bring_into_step(home) == {"related": 1}
    assert "NCT30000001" in dict(tell(home))
    assert not read_state(home).is_dirty


def test_a_library_that_outgrew_its_words_has_them_counted_anew(home: Path, tmp_path: Path) -> None:
    more = [make_trial(f"NCT4000{number:04}", f"drug{number}", "Asthma") for number in range(10)]
    with Library(home) as library:
        library.import_files(write_records(tmp_path / "more.jsonl", more))
    assert read_state(home).learnt_from == 21


def test_those_of_another_library_are_none(home: Path, tmp_path: Path) -> None:
    with Library.create(tmp_path / "other") as other:
        (tmp_path / "other" / FOLDER).rename(tmp_path / "away")
        (home / FOLDER).rename(tmp_path / "other" / FOLDER)
        assert RelatedProfiles(other.home).find_state(other.store) is None


@pytest.mark.parametrize("written", [b"", b"{", b'{"library_id":"x","folder":"../../etc"}'])
def test_a_damaged_state_is_none(home: Path, written: bytes) -> None:
    (home / FOLDER / STATE_FILE).write_bytes(written)
    with Store(home) as store:
        assert RelatedProfiles(home).find_state(store) is None
    assert bring_into_step(home) == {"related": 11}


def test_those_of_a_large_library_wait_until_they_are_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(related, "SMALL_LIBRARY_BYTES", 0)
    with Library.create(tmp_path / "library") as library:
        library.import_files(write_records(tmp_path / "records.jsonl", make_records()))
        assert not (library.home / FOLDER).exists()
        library.rebuild("related")
        assert library.find_related(PARENT).studies
        new = make_trial("NCT30000001", "macitentan", "Pulmonary Arterial Hypertension")
        library.import_files(write_records(tmp_path / "new.jsonl", [new]))
    assert "NCT30000001" in dict(tell(tmp_path / "library"))
