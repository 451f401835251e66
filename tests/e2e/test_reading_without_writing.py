"""A library is read where nothing can be written beside it: on a read-only disk, another user's, a full one."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
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


# Runs commands one after the other, which costs far less than a process for each; as another user once all modules are
# loaded, for that user may not be able to enter Python's own folder.
RUN_ALL = """
import contextlib, io, json, os, sys
import trialbook.web.app
from trialbook.__main__ import main
def run(home, arguments):
    out, error, code = io.TextIOWrapper(io.BytesIO()), io.TextIOWrapper(io.BytesIO()), 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(error):
        try:
            main(["--home", home, *arguments])
        except SystemExit as ended:
            code = ended.code or 0
    said = []
    for stream in (out, error):
        stream.flush()
        said.append(stream.buffer.getvalue().decode())
    return [code, *said]
user, home, warm = sys.argv[1:]
commands = json.load(sys.stdin)
if user:
    for command in (["search", "heart"], ["export", "--query", "heart"], ["show", "NCT04776239"], ["history", "NCT04776239"]):
        run(warm, command)
    os.setgroups([])
    os.setgid(int(user))
    os.setuid(int(user))
print(json.dumps([run(home, command) for command in commands]))
"""


def make_environment(place: Path) -> dict[str, str]:
    return {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "TMPDIR": str(place)}


@dataclass
class Done:
    """What came of a command."""

    returncode: int
    stdout: str
    stderr: str


def run(place: Path, home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run one command, as people do."""
    return subprocess.run(
        [sys.executable, "-m", "trialbook", "--home", str(home), *arguments],
        check=False, capture_output=True, text=True, env=make_environment(place), cwd=place,
    )  # fmt: skip


def run_all(
    place: Path, home: Path, commands: Mapping[str, list[str]], *, user: int | None = None
) -> dict[str, Done]:
    """Run commands by name, all in one process."""
    done = subprocess.run(
        [sys.executable, "-c", RUN_ALL, "" if user is None else str(user), str(home), str(place / "library")],
        check=True, capture_output=True, text=True, env=make_environment(place), cwd=place,
        input=json.dumps(list(commands.values())),
    )  # fmt: skip
    return {name: Done(*each) for name, each in zip(commands, json.loads(done.stdout), strict=True)}


def fill(path: Path) -> None:
    with path.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4_096))


def check_that_it_reads(found: Mapping[str, Done], right: Mapping[str, Done]) -> None:
    for name in READING:
        assert found[name].returncode == 0, (name, found[name].stderr)
        # The first line of a search says how long it took.
        lines, right_lines = (each[name].stdout.splitlines()[name == "search" :] for each in (found, right))
        assert lines == right_lines, name
        assert lines, name


def check_that_it_refuses_to_write(refused: Mapping[str, Done]) -> None:
    for name in WRITING:
        assert refused[name].returncode == 1, name
        assert "Traceback" not in refused[name].stderr
        assert refused[name].stderr.startswith("trialbook: cannot "), (name, refused[name].stderr)


@needs_root
def test_on_a_read_only_disk(read_only: Path, home: Path, place: Path) -> None:
    check_that_it_reads(run_all(place, read_only, READING), run_all(place, home, READING))
    check_that_it_refuses_to_write(run_all(place, read_only, WRITING))
    found = run(place, read_only, *READING["search"])
    assert (found.returncode, found.stderr) == (0, "")
    refused = run(place, read_only, *WRITING["import"])
    assert refused.returncode == 1
    assert refused.stderr.startswith("trialbook: cannot ")


@needs_root
def test_the_library_of_another_user(home: Path, place: Path) -> None:
    check_that_it_reads(run_all(place, home, READING, user=NOBODY), run_all(place, home, READING))
    check_that_it_refuses_to_write(run_all(place, home, WRITING, user=NOBODY))

    private = place / "private"
    shutil.copytree(home, private)
    private.chmod(0o700)
    refused = run_all(place, private, {"search": READING["search"]}, user=NOBODY)["search"]
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
        refused = run(place, target, "show", "NCT04776239")
    finally:
        subprocess.run(["umount", "-l", str(target)], check=True)
    assert refused.returncode == 1
    assert "its last changes lie in library.sqlite-wal" in refused.stderr
    assert run(place, other, "check").returncode == 0
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
        check_that_it_reads(run_all(place, full, READING), run_all(place, home, READING))
        for done in run_all(place, full, WRITING).values():
            assert "Traceback" not in done.stderr
            assert done.returncode == 0 or done.stderr.startswith("trialbook: "), done.stderr
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)
