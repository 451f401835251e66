"""A library is read where nothing can be written beside it: on a read-only disk, another user's, a full one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from trialbook.library import Library
from trialbook.library.build import import_paths
from trialbook.samples import sample_paths
from trialbook.store import Store, Writer

NOBODY = 65_534
READING = {
    "search": ["search", "heart", "--limit", "1"],
    "export": ["export", "--query", "heart"],
    "show": ["show", "NCT04776239"],
    "history": ["history", "NCT04776239"],
    "saved": ["saved", "list"],
    "list": ["list", "show", "mine"],
    "news": ["news"],
    "check": ["check"],
}
WRITING = {
    "import": ["import", *map(str, sample_paths())],
    "rebuild": ["rebuild", "index"],
    "statistics": ["statistics"],
    "saved": ["saved", "add", "theirs", "--query", "heart"],
    "list": ["list", "add", "theirs", "NCT04776239"],
    "seen": ["news", "mine", "--seen"],
    "take-out": ["take-out", "NCT04776239", "1", "--reason", "none"],
}

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to mount and to be another user")


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    """A folder that every user may enter, which those of pytest are not."""
    folder = Path(tempfile.mkdtemp(prefix="trialbook-test-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def home(place: Path) -> Path:
    """A library whose owner lets others read it."""
    home = place / "library"
    import_paths(home, sample_paths())
    with Library(home) as library:
        library.save_search("mine", "query.cond=heart")
        library.add_to_list("mine", "NCT04776239", note="Ask about Miami")
    for path in (home, *home.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return home


def mount(*arguments: str) -> None:
    done = subprocess.run(["mount", *arguments], check=False, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"needs to mount: {done.stderr.strip()}")


@pytest.fixture
def read_only(home: Path, place: Path) -> Iterator[Path]:
    target = place / "read-only"
    target.mkdir(exist_ok=True)
    mount("--bind", str(home), str(target))
    try:
        mount("-o", "remount,bind,ro", str(target))
        yield target
    finally:
        subprocess.run(["umount", "-l", str(target)], check=True)


# Becomes another user once all modules are loaded: that user may not be able to enter Python's own folder.
AS_ANOTHER = """
import contextlib, io, os, sys
import trialbook.web.app
from trialbook.__main__ import main
user, home, *arguments = sys.argv[1:]
for command in (["search", "heart"], ["export", "--query", "heart"], ["show", "NCT04776239"], ["history", "NCT04776239"]):
    with contextlib.redirect_stdout(io.TextIOWrapper(io.BytesIO())), contextlib.suppress(SystemExit):
        main(["--home", home, *command])
os.setgroups([])
os.setgid(int(user))
os.setuid(int(user))
main(["--home", home, *arguments])
"""

Run = Callable[..., subprocess.CompletedProcess[str]]


def make_run(place: Path, user: int | None = None) -> Run:
    cache = place / f"cache-{user}"
    cache.mkdir(exist_ok=True)
    if user is not None:
        os.chown(cache, user, user)
    environment = {
        **os.environ,
        "TRIALBOOK_CACHE": str(cache),
        "TMPDIR": str(cache),
        "PYTHONDONTWRITEBYTECODE": "1",
    }

    def run(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        program = ["-m", "trialbook", "--home"] if user is None else ["-c", AS_ANOTHER, str(user)]
        return subprocess.run(
            [sys.executable, *program, str(home), *arguments],
            check=False,
            capture_output=True,
            text=True,
            env=environment,
            cwd=place,
        )

    return run


def fill(path: Path) -> None:
    with path.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4_096))


def check_that_it_reads(run: Run, there: Path, home: Path) -> None:
    for name, command in READING.items():
        right, found = run(home, *command), run(there, *command)
        assert found.returncode == 0, (name, found.stderr)
        # The first line of a search says how long it took.
        assert (
            found.stdout.splitlines()[name == "search" :] == right.stdout.splitlines()[name == "search" :]
        ), name


def check_that_it_refuses_to_write(run: Run, there: Path) -> None:
    for name, command in WRITING.items():
        refused = run(there, *command)
        assert refused.returncode == 1, name
        assert "Traceback" not in refused.stderr
        assert refused.stderr.startswith("trialbook: cannot "), (name, refused.stderr)


@needs_root
def test_on_a_read_only_disk(read_only: Path, home: Path, place: Path) -> None:
    run = make_run(place)
    check_that_it_reads(run, read_only, home)
    check_that_it_refuses_to_write(run, read_only)


@needs_root
def test_the_library_of_another_user(home: Path, place: Path) -> None:
    run = make_run(place, NOBODY)
    check_that_it_reads(run, home, home)
    check_that_it_refuses_to_write(run, home)

    private = place / "private"
    shutil.copytree(home, private)
    private.chmod(0o700)
    refused = run(private, "search", "heart")
    assert refused.returncode in (1, 2)
    assert "not readable" in refused.stderr or "Permission denied" in refused.stderr
    assert "Traceback" not in refused.stderr


@needs_root
def test_a_server_on_a_read_only_disk(read_only: Path, place: Path) -> None:
    command = [sys.executable, "-m", "trialbook", "--home", str(read_only), "serve", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=place) as server:
        try:
            assert server.stdout is not None
            address = server.stdout.readline().rsplit(" ", 1)[1].strip()
            for path in ("?q=heart", "study/NCT04776239", "api/v2/studies?query.cond=heart", "saved"):
                assert httpx.get(address + path).status_code == 200, path
        finally:
            server.terminate()


@needs_root
def test_changes_that_lie_in_the_log_are_not_passed_over(home: Path, place: Path) -> None:
    """A writer that was killed leaves its last changes in a file beside: without it the library is an older one."""
    other = place / "killed"
    with Store.create(home) as store, Writer(store, "test") as writer:
        writer.save_sync_state("killed", "{}")
        shutil.copytree(home, other, ignore=shutil.ignore_patterns("*-shm"))
    assert (other / "library.sqlite-wal").stat().st_size
    target = place / "killed-read-only"
    target.mkdir()
    mount("--bind", str(other), str(target))
    try:
        mount("-o", "remount,bind,ro", str(target))
        refused = make_run(place)(target, "show", "NCT04776239")
    finally:
        subprocess.run(["umount", "-l", str(target)], check=True)
    assert refused.returncode == 1
    assert "its last changes lie in library.sqlite-wal" in refused.stderr
    assert make_run(place)(other, "check").returncode == 0
    assert not (other / "library.sqlite-wal").exists()


@needs_root
def test_what_is_written_while_it_is_read_without_a_lock_is_noticed(read_only: Path, home: Path) -> None:
    with Library(read_only) as library:
        assert library.store.is_watched
        before = library.get_body("NCT04776239")
        with Store.create(home) as store, Writer(store, "test") as writer:
            writer.save_sync_state("later", "{}")
        assert library.get_body("NCT04776239") == before
        assert library.store.find_sync_state("later") == "{}"


@needs_root
def test_on_a_full_disk(home: Path, place: Path) -> None:
    disk = place / "disk"
    disk.mkdir()
    mount("-t", "tmpfs", "-o", "size=24m", "tmpfs", str(disk))
    try:
        full = disk / "library"
        shutil.copytree(home, full)
        with pytest.raises(OSError, match="No space left"):
            fill(disk / "filler")
        run = make_run(place)
        check_that_it_reads(run, full, home)
        for command in WRITING.values():
            done = run(full, *command)
            assert "Traceback" not in done.stderr
            assert done.returncode == 0 or done.stderr.startswith("trialbook: "), done.stderr
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)
