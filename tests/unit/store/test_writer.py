"""One process writes, others read; what a batch could not keep whole it does not keep at all."""

from __future__ import annotations

import multiprocessing
import os
import random
import resource
import signal
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from trialbook.errors import StoreBusyError, StoreError
from trialbook.store import Counts, NewVersion, Store, Writer
from trialbook.store.lock import LOCK_NAME

MakeVersion = Callable[..., NewVersion]
FORK = multiprocessing.get_context("fork")


def make_noise(rng: random.Random, size: int) -> str:
    """Text that does not compress."""
    return rng.randbytes(size // 2).hex()


def check_whole(store: Store) -> None:
    """Every version can be read, names its source, and each study has one in force."""
    assert store.connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    ids = store.connection.execute(
        "SELECT version_id, nct_id FROM version JOIN study USING (study_id)"
    ).fetchall()
    for version_id, nct_id in ids:
        assert nct_id.encode() in store.get_version_body(version_id)
    assert len(ids) == store.count().versions
    assert sum(len(store.find_versions(nct_id)) for nct_id in {nct_id for _, nct_id in ids}) == len(ids)
    assert len(dict(store.iter_current())) == store.count().studies
    assert sum(1 for _ in store.iter_changed_ids(0)) == store.count().studies


def test_a_batch_tells_what_it_changed_and_nothing_of_what_was_here(
    empty_store: Store, make_version: MakeVersion
) -> None:
    with Writer(empty_store, "test") as writer:
        first = writer.save([make_version(1), make_version(2), make_version(1)])
        again = writer.save([make_version(1), make_version(2, day="2025-01-01"), make_version(3)])

        assert [(change.version.nct_id, change.is_first) for change in first + again] == [
            ("NCT00000001", True),
            ("NCT00000002", True),
            ("NCT00000002", False),
            ("NCT00000003", True),
        ]
        assert [change.seq for change in first + again] == [1, 2, 3, 4]
        assert writer.save([]) == []
    assert empty_store.count() == Counts(studies=3, versions=4, rejections=0)


def test_a_copy_that_was_served_on_another_day_is_unchanged(
    empty_store: Store, make_version: MakeVersion
) -> None:
    monday, friday = make_version(served="2025-01-06"), make_version(served="2025-01-10")
    with Writer(empty_store, "test") as writer:
        writer.save([monday])
        seq = empty_store.seq

        assert writer.knows(friday.wire_hash)
        assert not writer.knows(make_version(2).wire_hash)
        assert writer.save([friday]) == []
    assert empty_store.seq == seq
    assert empty_store.get_body("NCT00000001") == monday.body


def test_each_run_is_a_source_of_its_own_and_a_run_without_news_is_none(
    empty_store: Store, make_version: MakeVersion
) -> None:
    for location, version in [("one", make_version()), ("two", make_version()), ("three", make_version(2))]:
        with Writer(empty_store, location) as writer:
            writer.save([version])

    assert [v.location for n in (1, 2) for v in empty_store.find_versions(f"NCT{n:08d}")] == ["one", "three"]


def test_a_run_is_one_source_however_much_it_brings(empty_store: Store, make_version: MakeVersion) -> None:
    with Writer(empty_store, "test") as writer:
        writer.save([make_version(1), make_version(2)])
        writer.save([make_version(3)])
        writer.reject([("a.json:1", "not JSON", b"{")])

    assert empty_store.connection.execute("SELECT location FROM source").fetchall() == [("test",)]


def test_a_version_without_a_date_counts_from_the_day_of_its_coming(
    empty_store: Store, make_version: MakeVersion
) -> None:
    with Writer(empty_store, "test") as writer:
        undated, dated = writer.save([make_version(1, day=None), make_version(2, day="2020-05")])

    assert (undated.day, dated.day) == (empty_store.find_versions("NCT00000001")[0].known_from, "2020-05")
    assert len(undated.day) == len("2024-01-01")


def hold_lock(home: str, ready: Any, done: Any) -> None:
    with Store.create(Path(home)) as store, Writer(store, "holder"):
        ready.set()
        done.wait(30)


@contextmanager
def run_beside(target: Callable[..., None], *args: Any) -> Iterator[Any]:
    process = FORK.Process(target=target, args=args)
    process.start()
    try:
        yield process
    finally:
        process.kill()
        process.join()


def test_a_second_writer_is_told_who_writes_and_what_to_do(
    empty_store: Store, make_version: MakeVersion
) -> None:
    ready, done = FORK.Event(), FORK.Event()
    with run_beside(hold_lock, str(empty_store.home), ready, done) as holder:
        assert ready.wait(20)
        with pytest.raises(StoreBusyError) as caught, Writer(empty_store, "second"):
            pass
        assert str(caught.value) == (
            f"the library in {empty_store.home} is being written by process {holder.pid}: "
            "wait until it is done, or use another --home"
        )
        os.kill(holder.pid, signal.SIGKILL)
        holder.join()

        with Writer(empty_store, "second") as writer:
            assert len(writer.save([make_version()])) == 1


def test_a_second_writer_of_the_same_process_is_refused_too(empty_store: Store) -> None:
    busy = pytest.raises(StoreBusyError, match=f"written by process {os.getpid()}:")
    with Writer(empty_store, "first"), busy, Writer(empty_store, "second"):
        pass


def write_batches(home: str, batches: list[list[NewVersion]], done: Any) -> None:
    with Store.create(Path(home)) as store, Writer(store, "writer") as writer:
        for batch in batches:
            writer.save(batch)
    done.set()


def test_readers_see_whole_batches_while_another_process_writes(
    empty_store: Store, make_version: MakeVersion
) -> None:
    size, batches = 20, 40
    plan = [
        [make_version(n * size + i, title="x " * 400) for i in range(1, size + 1)] for n in range(batches)
    ]
    done = FORK.Event()
    seen = []
    with run_beside(write_batches, str(empty_store.home), plan, done):
        while not done.is_set():
            bodies = dict(empty_store.iter_current())
            seen.append(len(bodies))
            assert all(nct_id.encode() in body for nct_id, body in bodies.items())

    assert all(count % size == 0 for count in seen)
    assert seen == sorted(seen)
    assert len(set(seen)) > 2, "the reader never read between two batches"
    assert empty_store.count().studies == size * batches


def test_a_full_library_keeps_what_it_had_and_takes_more_once_there_is_room(
    empty_store: Store, make_version: MakeVersion
) -> None:
    rng = random.Random(5)
    big = [make_version(n, title=make_noise(rng, 4000)) for n in range(1000, 1300)]
    (pages,) = empty_store.connection.execute("PRAGMA page_count").fetchone()
    empty_store.connection.execute(f"PRAGMA max_page_count = {pages + 20}")
    with Writer(empty_store, "test") as writer:
        with pytest.raises(
            StoreError, match="full; nothing of this batch was kept, everything before it was"
        ):
            writer.save(big)
        assert empty_store.count() == Counts(0, 0, 0)
        assert len(writer.save([make_version(1)])) == 1
        with pytest.raises(StoreError, match="make room and run the same command again"):
            writer.save(big)
        assert empty_store.seq == 1

        empty_store.connection.execute("PRAGMA max_page_count = 1000000")
        assert len(writer.save(big)) == 300

    with Store(empty_store.home) as again:
        check_whole(again)
        assert again.count() == Counts(studies=301, versions=301, rejections=0)


def fill_disk(home: str, versions: list[NewVersion], answers: Any) -> None:
    """Write with files limited to 400 kB; the kernel then refuses as on a full disk."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))
    kept = 0
    try:
        with Store.create(Path(home)) as store, Writer(store, "small disk") as writer:
            for start in range(0, len(versions), 20):
                kept += len(writer.save(versions[start : start + 20]))
        answers.put((kept, ""))
    except StoreError as error:
        answers.put((kept, str(error)))


def test_a_disk_that_fills_up_tears_nothing_and_the_same_run_goes_on_later(
    tmp_path: Path, make_version: MakeVersion
) -> None:
    rng = random.Random(6)
    versions = [make_version(n, title=make_noise(rng, 4000)) for n in range(1, 401)]
    answers = FORK.SimpleQueue()
    with run_beside(fill_disk, str(tmp_path), versions, answers):
        kept, message = answers.get()

    assert "cannot write to the library" in message
    assert "make room and run the same command again" in message
    assert 0 < kept < 400
    with Store.create(tmp_path) as store:
        check_whole(store)
        assert store.count().studies == kept
        with Writer(store, "again") as writer:
            assert [change.is_first for change in writer.save(versions)] == [True] * (400 - kept)
        check_whole(store)


def test_a_commit_that_fails_leaves_the_library_ready_for_the_next(
    empty_store: Store, make_version: MakeVersion
) -> None:
    connection = empty_store.connection
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("CREATE TABLE late (study_id INTEGER REFERENCES study DEFERRABLE INITIALLY DEFERRED)")
    connection.execute(
        "CREATE TRIGGER break AFTER INSERT ON announced_version BEGIN INSERT INTO late VALUES (77); END"
    )
    with Writer(empty_store, "test") as writer:
        with pytest.raises(StoreError, match="nothing of this batch was kept"):
            writer.announce([("NCT00000001", 0, "2020-01-01", "RECRUITING", ())])

        assert writer.save_sync_state("all", "{}") is None
    assert empty_store.find_announced("NCT00000001") == ()


def test_an_error_of_the_caller_undoes_the_batch_and_is_passed_on(
    empty_store: Store, make_version: MakeVersion
) -> None:
    def break_off() -> Iterator[tuple[str, str, bytes]]:
        yield "file:1", "not a record", b"x"
        raise KeyboardInterrupt

    with Writer(empty_store, "test") as writer:
        with pytest.raises(KeyboardInterrupt):
            writer.reject(break_off())
        assert empty_store.count().rejections == 0
        writer.save([make_version()])
    check_whole(empty_store)


def write_as_nobody(home: str) -> str:
    if os.getuid() == 0:
        os.setuid(65534)
    try:
        with Store.create(Path(home)) as store, Writer(store, "test"):
            return ""
    except StoreError as error:
        return str(error)


def test_a_library_that_may_not_be_written_says_so(
    empty_store: Store, make_version: MakeVersion, tmp_path: Path
) -> None:
    with Writer(empty_store, "test") as writer:
        writer.save([make_version()])
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)
    for file in (*empty_store.home.iterdir(), empty_store.home):
        file.chmod(0o555)

    with FORK.Pool(1) as pool:
        (message,) = pool.map(write_as_nobody, [str(empty_store.home)])

    assert message.startswith(f"cannot write to the library in {empty_store.home}: ") or message.startswith(
        f"cannot open the library in {empty_store.home}: "
    )
    check_whole(empty_store)


def test_the_lock_names_nobody_where_its_holder_left_no_number(empty_store: Store) -> None:
    with Writer(empty_store, "first"):
        (empty_store.home / LOCK_NAME).write_text("")
        with pytest.raises(StoreBusyError, match=r"written by process \?:"), Writer(empty_store, "second"):
            pass


def test_rejected_input_is_kept_once_with_its_reason(empty_store: Store) -> None:
    with Writer(empty_store, "test") as writer:
        writer.reject([("a.json:1", "not JSON", b"{"), ("b.json:1", "not JSON", b"{")])
        writer.reject([("a.json:1", "not JSON", b"{"), ("c.json:1", "too large", b"\x00\xff")])

    assert empty_store.find_rejections() == [
        ("c.json:1", "too large", b"\x00\xff"),
        ("a.json:1", "not JSON", b"{"),
    ]
    assert empty_store.count().rejections == 2


def test_announced_versions_are_replaced_by_their_number(empty_store: Store) -> None:
    with Writer(empty_store, "test") as writer:
        writer.announce([("NCT00000001", 1, "2021-01-01", "RECRUITING", ("Status", "Design"))])
        writer.announce(
            [("NCT00000001", 1, "2021-01-02", "COMPLETED", ()), ("NCT00000001", 0, "2020-01-01", "", ())]
        )

    found = empty_store.find_announced("NCT00000001")
    assert [(v.number, v.version_date, v.overall_status, v.module_labels) for v in found] == [
        (0, "2020-01-01", "", ()),
        (1, "2021-01-02", "COMPLETED", ()),
    ]


def test_how_far_a_synchronisation_came_is_remembered(empty_store: Store) -> None:
    assert empty_store.find_sync_state("all") is None
    with Writer(empty_store, "test") as writer:
        writer.save_sync_state("all", '{"page":1}')
        writer.save_sync_state("all", '{"page":2}')

    with Store(empty_store.home) as again:
        assert again.find_sync_state("all") == '{"page":2}'


def kill_self_in_batch(home: str, versions: list[NewVersion], after: int) -> None:
    with Store.create(Path(home)) as store, Writer(store, "killed") as writer:
        writer.save(versions[:50])
        insert = writer._save_one
        left = iter(range(after))

        def insert_and_die(*args: Any) -> int:
            if next(left, None) is None:
                os.kill(os.getpid(), signal.SIGKILL)
            return insert(*args)

        writer._save_one = insert_and_die  # type: ignore[method-assign]
        writer.save(versions[50:])


@pytest.mark.parametrize("after", [0, 1, 150, 249])
def test_a_kill_inside_a_batch_leaves_what_came_before_and_nothing_else(
    tmp_path: Path, make_version: MakeVersion, after: int
) -> None:
    rng = random.Random(7)
    versions = [make_version(n, title=make_noise(rng, 8000)) for n in range(1, 301)]
    with run_beside(kill_self_in_batch, str(tmp_path), versions, after) as process:
        process.join(30)
        assert process.exitcode == -signal.SIGKILL

    with Store.create(tmp_path) as store:
        check_whole(store)
        assert store.count().studies == 50
        with Writer(store, "again") as writer:
            assert [change.is_first for change in writer.save(versions)] == [True] * 250
        check_whole(store)


def test_sqlite_is_new_enough_for_one_writer_beside_many_readers(empty_store: Store) -> None:
    assert empty_store.connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert sqlite3.sqlite_version_info >= (3, 35)
