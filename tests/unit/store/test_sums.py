"""What is noted beside records is what was kept, or is named; what has no sum is read, and gains one when it is written."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from trialbook.changes.state import read_states
from trialbook.errors import NotesDamagedError, StoreDamagedError
from trialbook.store import NewVersion, Store, Writer
from trialbook.store.check import find_damage
from trialbook.store.repair import repair_file
from trialbook.store.schema import LATER
from trialbook.store.taking_out import find_log, take_out

MakeVersion = Callable[..., NewVersion]
ONE, TWO = "NCT00000001", "NCT00000002"
LINES = [(ONE, 0, "2024-01-01", "RECRUITING", ("Design",)), (ONE, 1, "2024-02-01", "COMPLETED", ())]


@pytest.fixture
def store(empty_store: Store, make_version: MakeVersion) -> Store:
    """A study of two versions, the first with a number of the registry's, and one of one; all else that is noted."""
    with Writer(empty_store, "records.jsonl") as writer:
        writer.save([msgspec.structs.replace(make_version(), registry_number=0)])
        writer.save([make_version(day="2024-02-01", title="Rest"), make_version(2)])
        writer.announce(LINES)
        writer.reject([("other.json:1", "not a record", b"[]")])
        writer.save_sync_state("all", "{}")
    return empty_store


def alter(store: Store, statement: str) -> None:
    """Change rows as a disk does: the sums beside them stay."""
    kept = store.fetch_all("SELECT * FROM row_sum")
    store.connection.execute(statement)
    store.connection.executemany("INSERT OR REPLACE INTO row_sum VALUES (?, ?, ?)", kept)


def ask_all(store: Store) -> list[object]:
    """What a library says of all that it notes."""
    return [
        *(store.find_copies(each) for each in (ONE, TWO)),
        *(store.get_body(ONE, as_of=day) for day in (None, "2024-01-15")),
        store.find_announced(ONE),
        store.find_rejections(),
        store.find_last_learnt(),
        find_log(store, [ONE, TWO]),
    ]


def test_what_is_whole_is_answered(store: Store) -> None:
    assert [len(copies) for copies in store.find_copies(ONE)] == [1, 1]
    assert len(ask_all(store)) == 8
    assert list(find_damage(store)) == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE version SET learnt_at = '2025-11-30T00:00:00+00:00' WHERE version_id = 2",
        "UPDATE version SET format = 'ictrp' WHERE version_id = 1",
        "UPDATE version SET place = 'other' WHERE version_id = 3",
        "UPDATE version SET version_date = '2024-01-31' WHERE version_id = 1",
        "UPDATE version SET study_id = 3 WHERE version_id = 2",
        "UPDATE study SET current_version_id = 1 WHERE study_id = 1",
        "UPDATE copy_fact SET submitted = '2024-03-01' WHERE version_id = 1",
        "UPDATE registry_number SET version_id = 2",
        "UPDATE source SET location = 'other' WHERE source_id = 1",
        "UPDATE announced_version SET overall_status = 'TERMINATED' WHERE number = 1",
        "DELETE FROM announced_version WHERE number = 1",
        "DELETE FROM registry_number",
        "UPDATE rejection SET reason = 'now a record'",
        "UPDATE study SET nct_id = 'NCT00000009' WHERE study_id = 1",
    ],
)
def test_what_is_altered_is_named_and_never_answered(store: Store, statement: str) -> None:
    alter(store, statement)

    with pytest.raises(StoreDamagedError):
        ask_all(store)
    assert list(find_damage(store))


def test_how_far_a_pull_has_come_is_forgotten_where_it_was_altered(store: Store) -> None:
    alter(store, """UPDATE sync_state SET state = '{"since": "2029"}'""")
    assert store.find_sync_state("all") == ""
    assert [each.split(" (")[0] for each in find_damage(store)] == ["how far a pull has come"]


def test_a_log_of_what_was_taken_out_that_lost_a_line_is_named(store: Store) -> None:
    with Writer(store, "now") as writer:
        take_out(writer, store.find_versions(ONE)[1], "wrong study")
    assert [each.reason for each in find_log(store, [ONE])] == ["wrong study"]

    alter(store, "UPDATE take_out SET reason = 'wrong studz'")
    with pytest.raises(NotesDamagedError, match=ONE):
        find_log(store, [ONE])


def test_what_was_altered_stays_named_when_it_is_written_again(
    store: Store, make_version: MakeVersion
) -> None:
    alter(store, "UPDATE version SET learnt_at = '2025-11-30T00:00:00+00:00' WHERE version_id = 2")
    with Writer(store, "now") as writer:
        writer.save([make_version(day="2024-03-01", title="More rest")])

    with pytest.raises(NotesDamagedError, match=ONE):
        store.find_versions(ONE)
    assert len(store.find_versions(TWO)) == 1
    told: list[str] = []
    assert read_states(store, ONE, on_damage=lambda error: told.append(str(error))) == ()
    assert [each.split(":")[0] for each in told] == [ONE]


def test_a_registrys_list_that_comes_again_whole_is_whole(store: Store) -> None:
    alter(store, "UPDATE announced_version SET overall_status = 'TERMINATED' WHERE number = 1")
    with Writer(store, "now") as writer:
        writer.announce(LINES[:1])
        with pytest.raises(NotesDamagedError):
            store.find_announced(ONE)
        writer.announce(LINES)
    assert [each.overall_status for each in store.find_announced(ONE)] == ["RECRUITING", "COMPLETED"]


def test_another_trialbook_that_knows_no_sums_may_write(store: Store, make_version: MakeVersion) -> None:
    store.connection.execute(
        "INSERT OR REPLACE INTO announced_version VALUES (?, 2, '2024-03-01', '', '')", (ONE,)
    )
    store.connection.execute("UPDATE version SET study_id = -1 WHERE version_id = 2")
    store.connection.execute("UPDATE study SET current_version_id = 1 WHERE study_id = 1")
    assert len(ask_all(store)) == 8

    alter(store, "UPDATE version SET place = 'other' WHERE version_id = 1")
    assert store.find_versions(ONE)[0].place == "other"
    with Writer(store, "now") as writer:
        writer.save([make_version(day="2024-03-01", title="More rest")])
    alter(store, "UPDATE version SET place = 'yet another' WHERE version_id = 1")
    with pytest.raises(NotesDamagedError):
        store.find_versions(ONE)


def test_a_library_without_sums_gains_them_with_the_next_writer(
    store: Store, make_version: MakeVersion
) -> None:
    for (name,) in store.fetch_all("SELECT name FROM sqlite_master WHERE type = 'trigger'"):
        store.connection.execute(f"DROP TRIGGER {name}")
    for table in ("row_sum", *LATER):
        store.connection.execute(f"DROP TABLE {table}")
    with Store(store.home) as old:
        assert len(ask_all(old)) == 8
        assert list(find_damage(old)) == []
        with Writer(old, "now") as writer:
            writer.save([make_version(day="2024-03-01", title="More rest")])
        assert [name for (name,) in old.fetch_all("SELECT owner FROM row_sum WHERE part = 'study'")] == [ONE]
        alter(old, "UPDATE version SET place = 'other' WHERE version_id = 1")
        with pytest.raises(NotesDamagedError):
            old.find_versions(ONE)


def test_a_repair_says_what_it_could_not_prove_and_sums_up_all(store: Store) -> None:
    before = ask_all(store)
    alter(store, "UPDATE version SET learnt_at = '2025-11-30T00:00:00+00:00' WHERE version_id = 2")
    alter(store, "UPDATE announced_version SET overall_status = 'TERMINATED' WHERE number = 1")
    store.close()

    lost = repair_file(store.home).lost

    assert [line.split(":")[0] for line in lost] == [ONE, ONE]
    with Store(store.home) as repaired:
        assert list(find_damage(repaired)) == []
        after = ask_all(repaired)
    assert after[1] == before[1]
    assert after[4] != before[4]


def test_a_repair_puts_right_what_records_say_and_tells_nothing_of_it(store: Store) -> None:
    before = ask_all(store)
    alter(store, "UPDATE version SET version_date = '2024-01-31' WHERE version_id = 1")
    alter(store, "UPDATE study SET current_version_id = 1 WHERE study_id = 1")
    store.close()

    assert repair_file(store.home).lost == ()
    with Store(store.home) as repaired:
        assert ask_all(repaired) == before
