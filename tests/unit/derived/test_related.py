"""Are profiles kept in step with the records, swapped in whole, and made anew when words have to be counted anew?"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner
from tests.unit.related.conftest import make_records, make_trial, write_records

from trialbook.cli.main import main as commands
from trialbook.derived import beside, counting, related
from trialbook.derived.related import FOLDER, RelatedProfiles
from trialbook.errors import StoreError
from trialbook.library import Library
from trialbook.library.rebuild import bring_into_step, rebuild
from trialbook.related.disk import STATE_FILE, RelatedState
from trialbook.store import Store, Writer

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


@pytest.mark.parametrize("program", [sys.executable, "/bin/false", "/no/such/program", "breaks off"])
def test_counted_in_other_processes_they_are_the_same(
    home: Path, monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    told = tell(home)
    if program == "breaks off":
        script = home.parent / "breaks-off"
        script.write_text("#!/bin/sh\nprintf '\\144\\0\\0\\0half'\n")
        script.chmod(0o755)
        program = str(script)
    monkeypatch.setattr(related, "WORTHWHILE", 1)
    monkeypatch.setattr(counting, "AT_ONCE", 3)
    monkeypatch.setattr(sys, "executable", program)
    assert rebuild(home, ["related"]) == {"related": 11}
    assert tell(home) == told


def test_other_processes_count_and_end_with_whoever_asked(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = []
    start = beside.start

    def remember(place: Path, work: beside.Work) -> subprocess.Popen[bytes] | None:
        started.append(start(place, work))
        return started[-1]

    monkeypatch.setattr(beside, "start", remember)
    with Store(home) as store:
        ids = [nct_id for _, nct_id in store.iter_changed_ids(0)]
        counted = dict(counting.count_beside(home, [*ids, "NCT19999999"]))
        assert counted == {nct_id: counting.count_study(store, nct_id) for nct_id in counted}
        assert None not in [counted[nct_id] for nct_id in ids]
    assert started
    assert all(process is not None and process.returncode is not None for process in started)


def test_a_process_that_nobody_asks_any_more_ends(home: Path) -> None:
    process = beside.start(home, counting.count_packed)
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


@pytest.mark.parametrize("suffix", [".store", ".term", ".idx", ".pos", ".fast", ".fieldnorm", ".msgpack"])
@pytest.mark.parametrize("how", ["gone", "cut", "written over"])
def test_damage_is_said_wherever_it_is_met(home: Path, suffix: str, how: str) -> None:
    whole = dict(tell(home))
    for path in (home / FOLDER).rglob(f"*{suffix}"):
        body = path.read_bytes()
        if how == "gone":
            path.unlink()
        else:
            # What stands at the end (tantivy looks at it when it opens) is kept in the one.
            half = len(body) // 2
            path.write_bytes(
                body[:half] if how == "cut" else bytes(each ^ 0x5A for each in body[:half]) + body[half:]
            )
    with Library(home) as library:
        assert find_or_say(library) <= whole.keys() | {"trialbook rebuild related"}
        library.rebuild("related")
    assert dict(tell(home)) == whole


def find_or_say(library: Library) -> set[str]:
    """The ids of a list; or, where there is none, the command that its error names."""
    try:
        return {each.nct_id for each in library.find_related(PARENT).studies}
    except StoreError as error:
        return set(re.findall("trialbook rebuild related", str(error))) or {str(error)}


def test_a_table_of_words_that_was_written_over_is_none(home: Path) -> None:
    (path,) = (home / FOLDER).rglob("learnt.msgpack")
    learnt = msgspec.msgpack.decode(path.read_bytes())
    for name, value in (("counts", b"abc"), ("told", b"abcd"), ("count", -5)):
        path.write_bytes(msgspec.msgpack.encode({**learnt, name: value}))
        with Library(home) as library, pytest.raises(StoreError, match="rebuild related"):
            library.find_related(PARENT)


def test_those_of_a_large_library_wait_until_they_are_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(related, "MADE_BY_IMPORT_BYTES", 0)
    monkeypatch.setattr(related, "MADE_IN_MEMORY_BYTES", 0)
    with Library.create(tmp_path / "library") as library:
        library.import_files(write_records(tmp_path / "records.jsonl", make_records()))
        assert not (library.home / FOLDER).exists()
        with pytest.raises(StoreError, match="trialbook rebuild related"):
            library.find_related(PARENT)
        library.rebuild("related")
        assert library.find_related(PARENT).studies
        new = make_trial("NCT30000001", "macitentan", "Pulmonary Arterial Hypertension")
        library.import_files(write_records(tmp_path / "new.jsonl", [new]))
    assert "NCT30000001" in dict(tell(tmp_path / "library"))


def test_who_asks_first_has_them_in_memory_and_nothing_is_written(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_disk = tell(home)
    monkeypatch.setattr(related, "MADE_BY_IMPORT_BYTES", 0)
    with Library.create(tmp_path / "other") as other:
        other.import_files(write_records(tmp_path / "records.jsonl", make_records()))
        assert [(each.nct_id, round(each.score, 9)) for each in other.find_related(PARENT).studies] == on_disk
        # Kept in step, one study for another; then counted anew, as the library outgrew its words.
        for more in (1, 10):
            new = [
                make_trial(f"NCT3000{n:04}", "macitentan", "Pulmonary Arterial Hypertension")
                for n in range(more)
            ]
            other.import_files(write_records(tmp_path / "new.jsonl", new))
            found = other.find_related("NCT30000000", limit=30)
            listed = [each.nct_id for each in found.studies]
            assert len(listed) == len(set(listed))
            assert PARENT in listed
            assert found.learnt_from == (11 if more == 1 else 21)
            assert other.related_lag == 0
        assert not (other.home / FOLDER).exists()


def test_one_makes_them_in_memory_for_all_who_ask_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(related, "MADE_BY_IMPORT_BYTES", 0)
    learnt: list[str] = []
    learn = related._learn
    monkeypatch.setattr(related, "_learn", lambda store: learnt.append("once") or learn(store))
    with Library.create(tmp_path / "library") as library:
        library.import_files(write_records(tmp_path / "records.jsonl", make_records()))
        with ThreadPoolExecutor(4) as threads:
            lists = [each.studies for each in threads.map(library.find_related, [PARENT] * 4)]
    assert learnt == ["once"]
    assert lists[0]
    assert lists == [lists[0]] * 4


def test_the_command_that_first_asks_for_them_keeps_them(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = tell(home)
    (home / FOLDER / STATE_FILE).unlink()
    first = CliRunner().invoke(commands, ["--home", str(home), "related", PARENT, "--json"])
    assert "once" in first.stderr
    assert [each["nct_id"] for each in json.loads(first.stdout)] == [nct_id for nct_id, _ in told]
    assert read_state(home).count == 11
    again = CliRunner().invoke(commands, ["--home", str(home), "related", PARENT, "--json"])
    assert (again.stderr, again.stdout) == ("", first.stdout)


def test_where_another_writes_the_command_has_them_in_memory(home: Path) -> None:
    (home / FOLDER / STATE_FILE).unlink()
    with Store(home) as store, Writer(store, "test"):
        asked = CliRunner().invoke(commands, ["--home", str(home), "related", PARENT, "--json"])
    assert asked.exit_code == 0
    assert json.loads(asked.stdout)
    assert not (home / FOLDER / STATE_FILE).exists()


def flip(path: Path) -> None:
    """A bit in the middle of a file."""
    changed = bytearray(path.read_bytes())
    changed[len(changed) // 3] ^= 4
    path.write_bytes(changed)


@pytest.mark.parametrize("name", ["learnt.msgpack", "*.idx", "*.store", "*.fast"])
def test_a_bit_that_flipped_in_the_profiles_is_named_and_never_shown(home: Path, name: str) -> None:
    before = tell(home)
    (path,) = (home / FOLDER / read_state(home).folder).glob(name)
    flip(path)

    with pytest.raises(StoreError, match="try `trialbook rebuild related`"):
        tell(home)
    with Library(home) as library:
        (problem,) = library.check()
    assert path.name in problem
    rebuild(home, ["related"])
    assert tell(home) == before


def test_a_bit_that_flipped_in_their_state_makes_it_none(home: Path) -> None:
    before = tell(home)
    flip(home / FOLDER / STATE_FILE)
    assert tell(home) == before
    with Library(home) as library:
        assert [each for each in library.check() if each.startswith("related: it is not made yet")]
