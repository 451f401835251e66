"""Whatever stands in a command line, it ends with an answer or a sentence and an exit code, never a traceback.

Commands and parameters are found in click's own tree: a new one is asked the same.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from tests.stand_in.registry import StandInRegistry

from trialbook.__main__ import main
from trialbook.cli.searches import export
from trialbook.library import Library, pull
from trialbook.library.backup import write_backup
from trialbook.library.build import import_paths
from trialbook.library.lists import write_shared
from trialbook.library.saved import save_search
from trialbook.samples import sample_paths
from trialbook.settings import SETTINGS
from trialbook.source.live.client import RegistryClient

# What each command needs beside the odd part, so that this part is looked at; each writes at most in its folder.
NEEDED: dict[str, list[str]] = {
    "backup": ["out.backup"],
    "check": [],
    "cohort": ["NCT90000001", "--as", "fhir"],
    "compare": ["NCT04776239", "NCT99000001"],
    "criteria": ["NCT90000001"],
    "diff": ["NCT90000001"],
    "export": [],
    "facets": ["heart"],
    "history": ["NCT90000001"],
    "import": ["record.json"],
    "list add": ["kept", "NCT90000001"],
    "list delete": ["kept"],
    "list export": ["kept"],
    "list note": ["kept", "NCT04776239", "a note"],
    "list remove": ["kept", "NCT04776239"],
    "list rename": ["kept", "other"],
    "list show": ["kept"],
    "list take": ["in.list.json", "--name", "taken"],
    "match": ["--patient", "patient.json"],
    "mcp": [],
    "news": ["kept"],
    "pull": ["--ids", "NCT90000001"],
    "put-back": ["NCT90000001", "1"],
    "rebuild": [],
    "reindex": [],
    "rejections": [],
    "related": ["NCT90000001"],
    "report": ["heart"],
    "restore": ["in.backup"],
    "samples": [],
    "saved add": ["name", "--query", "heart"],
    "saved list": [],
    "saved remove": ["kept"],
    "saved rename": ["kept", "other"],
    "screen": ["NCT90000001", "--patient", "patient.json"],
    "search": ["heart"],
    "serve": [],
    "show": ["NCT90000001"],
    "statistics": [],
    "take-out": ["NCT90000001", "1", "--reason", "a reason"],
}
# Servers run until they are ended: they are asked as processes, below.
SERVERS = ("mcp", "serve")

# In the quick run a parameter gets one of so many values, its neighbour the next ones.
SHARES = 4
ODD = {
    "nothing": "",
    "a space": " ",
    "standard input": "-",
    "the end of options": "--",
    "NUL": "\0",
    "NUL inside": "NCT9\x000",
    "a line end": "a\nb\r\n",
    "a byte that is no UTF-8": "NCT\udcff",
    "a lone surrogate": "\ud800",
    "a control sequence": "\x1b[2J\x9b",
    "letters without end": "x" * 70_000,
    "words without end": "a " * 12_000,
    "parentheses without end": "(" * 10_000,
    "digits without end": "NCT" + "9" * 10_000,
    "a huge number": "9" * 30,
    "more digits than a number may have": "9" * 5_000,
    "a number beyond 64 bits": str(2**63),
    "a number beyond 64 bits, below": str(-(2**63) - 1),
    "a negative number": "-1",
    "zero": "0",
    "one": "1",
    "an exponent": "1e308",
    "no number": "nan",
    "infinity": "-inf",
    "digits of another script": "٣",
    "a raised digit": "²",
    "the last year": "9999",
    "the last day": "9999-12-31",
    "the year 0": "0000",
    "the year 0, with a day": "0000-01-01",
    "the first day": "0001-01-01",
    "a day that is none": "2023-02-30",
    "a month that is none": "2023-13",
    "a year of five digits": "99999-01-01",
    "a day with an hour": "2021-08-16T00:00:00Z",
    "two days": "2021-01-01..2020-01-01",
    "a missing file": "missing/file.json",
    "a folder": "folder",
    "a file": "record.json",
    "a device that is always full": "/dev/full",
    "a device": "/dev/null",
    "a name too long": "n" * 300,
    "a home of no one": "~nobody-of-this-name/x",
    "a form": "xlsx",
    "an upper-case form": "JSONL",
    "a name of a field": "NCTId",
    "a file of another form": "out.xlsx",
    "a file that becomes Parquet": "out.parquet",
    "an open quote": '"heart',
    "an operator alone": "AND",
    "an open area": "AREA[",
    "an area that is none": "AREA[Nothing]x",
    "a range that is none": "AREA[StartDate]RANGE[MAX, 0000-00-00]",
    "SQL": "'; DROP TABLE study; --",
    "a format": "%s%n{0.__class__}",
    "an address": "http://[",
    "a part of an address": "a=%ff&query.term=%00&&=&filter.ids",
    "an unknown parameter": "nothing=1",
    "letters beyond 16 bits": "\U0001f9ea" * 50,
    "words from right to left": "\u202eNCT90000001",
    "an id in other digits": "NCT٩٠٠٠٠٠٠١",
    "a facet and a number": "drug=1e999",
    "two equal signs": "drug==",
    "a wildcard": "*",
}


def find_commands() -> dict[str, click.Command]:
    """Every command by its words, groups looked into."""

    def walk(group: click.Group, lead: str) -> Iterator[tuple[str, click.Command]]:
        for name, command in group.commands.items():
            if isinstance(command, click.Group):
                yield from walk(command, f"{lead}{name} ")
            else:
                yield f"{lead}{name}", command

    return dict(walk(main, ""))


COMMANDS = find_commands()
# The everyday filters are read alike by every command that has them: one of them is asked for all.
FILTERS = {
    str(each.name) for each in export.params if each.name not in ("query", "ask", "form", "fields", "output")
} - {"as_of"}

# So are the queries of a pull; `--term` stands for them.
ALIKE = {("pull", "condition"), ("pull", "location")}


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a library of three studies, a record, a backup and a folder."""
    folder = tmp_path_factory.mktemp("odd")
    body = sample_paths()[2].read_bytes()
    (folder / "record.json").write_bytes(body)
    (folder / "patient.json").write_text('{"birth_date": "1970-05-20", "sex": "female"}')
    (folder / "folder").mkdir()
    import_paths(folder / "library", [folder / "record.json", *sample_paths()[:1]])
    save_search(folder / "library", "kept", "query.term=heart", after=0)
    with Library(folder / "library") as library:
        library.add_to_list("kept", "NCT04776239")
        (folder / "in.list.json").write_bytes(write_shared(library.get_list("kept")))
    write_backup(folder / "library", folder / "in.backup")
    return folder


@pytest.fixture(scope="module")
def registry() -> Iterator[StandInRegistry]:
    """A registry that answers at once."""
    with StandInRegistry([sample_paths()[2].read_bytes()]) as server:
        yield server


@pytest.fixture
def folder(kept: Path, tmp_path: Path, registry: StandInRegistry, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of that folder in which the command runs."""
    copy = tmp_path / "copy"
    shutil.copytree(kept, copy)
    monkeypatch.chdir(copy)
    monkeypatch.setenv(SETTINGS["registry"].variable, registry.address)
    # Where a name is asked for, none is reached; and nobody waits.
    monkeypatch.setattr(pull, "RegistryClient", partial(RegistryClient, sleep=lambda seconds: None))
    return copy


def assert_answered(words: list[str]) -> int:
    """Run a command and return its exit code; an error has its sentence, and no error has a traceback."""
    shown = [word[:80] for word in words]
    done = CliRunner().invoke(main, words)
    assert done.exception is None or isinstance(done.exception, SystemExit), (shown, done.exc_info)
    assert done.exit_code in (0, 1, 2), shown
    assert "Traceback" not in done.output, shown
    assert "please report" not in done.output, (shown, done.output)
    if done.exit_code:
        assert done.output.strip(), shown
    return done.exit_code


def replace_part(name: str, parameter: click.Parameter, odd: str) -> list[str]:
    """The words of a command in which one parameter is odd."""
    needed = [*NEEDED[name]]
    if isinstance(parameter, click.Argument):
        command = COMMANDS[name]
        at = [each for each in command.params if isinstance(each, click.Argument)].index(parameter)
        options = needed[at + 1 :]
        return (
            [*name.split(), *needed[:at], *options, "--", odd] if not at else _insert(name, needed, at, odd)
        )
    option = max(parameter.opts, key=len)
    if option in needed:
        at = needed.index(option)
        del needed[at : at + 2]
    return [*name.split(), *needed, f"{option}={odd}" if option.startswith("--") else f"{option}{odd}"]


def _insert(name: str, needed: list[str], at: int, odd: str) -> list[str]:
    options = needed[at + 1 :]
    return [*name.split(), *options, "--", *needed[:at], odd]


def test_every_command_is_known_here() -> None:
    assert set(NEEDED) == set(COMMANDS)


def test_what_is_needed_is_enough(folder: Path) -> None:
    for name, needed in NEEDED.items():
        if name in SERVERS or name == "put-back":
            continue
        home = [] if name == "restore" else ["library"]
        assert_answered(["--home", *(home or ["other"]), *name.split(), *needed])


def list_cases() -> list[tuple[str, str]]:
    cases = []
    for name, command in COMMANDS.items():
        if name in SERVERS:
            continue
        for each in command.params:
            is_flag = isinstance(each, click.Option) and each.is_flag
            is_alike = each.name in FILTERS and name != "search"
            if not is_flag and not is_alike and (name, each.name) not in ALIKE:
                cases.append((name, str(each.name)))
    return cases


def give_odd_values(name: str, parameter: str, odd_values: Iterable[str]) -> None:
    found = next(each for each in COMMANDS[name].params if each.name == parameter)
    for odd in odd_values:
        assert_answered(["--home=library", *replace_part(name, found, odd)])


@pytest.mark.parametrize(("number", "case"), list(enumerate(list_cases())))
def test_some_odd_values_of_any_parameter_are_answered(
    folder: Path, number: int, case: tuple[str, str]
) -> None:
    give_odd_values(*case, list(ODD.values())[number % SHARES :: SHARES])


@pytest.mark.slow
@pytest.mark.parametrize(("name", "parameter"), list_cases())
def test_an_odd_value_of_any_parameter_is_answered(folder: Path, name: str, parameter: str) -> None:
    give_odd_values(name, parameter, ODD.values())


# All commands get their folder from the same place: one that reads and one that makes it.
@pytest.mark.parametrize(
    "name",
    [
        name if name in ("show", "import") else pytest.param(name, marks=pytest.mark.slow)
        for name in COMMANDS
        if name not in SERVERS
    ],
)
def test_an_odd_home_is_answered(folder: Path, name: str) -> None:
    for odd in ODD.values():
        assert_answered([f"--home={odd}", *name.split(), *NEEDED[name]])


@pytest.mark.parametrize("name", COMMANDS)
def test_unknown_and_missing_parts_are_answered(folder: Path, name: str) -> None:
    for more in (["--nothing"], ["--json=yes"], ["\udcff"] * 9, ["--", "\0", "\n"]):
        assert assert_answered(["--home=folder", *name.split(), *NEEDED[name], *more]) > 0
    if any(each.required for each in COMMANDS[name].params):
        assert assert_answered(name.split()) == 2


@pytest.mark.parametrize("odd", ODD, ids=str)
def test_an_odd_command_is_answered(folder: Path, odd: str) -> None:
    assert_answered(["--home=library", ODD[odd]])
    assert_answered(["--home=library", "saved", ODD[odd]])


def run(folder: Path, *words: bytes) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [os.fsencode(sys.executable), b"-m", b"trialbook", *words],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=300,
        check=False,
    )


@pytest.mark.parametrize(
    "words",
    [
        (b"show", b"NCT\xff"),
        (b"search", b"\xff\xfe"),
        (b"import", b"\xff.json"),
        (b"export", b"--query", b"\xc3"),
        (b"--home", b"\xff\xfe", b"show", b"x"),
        (b"saved", b"add", b"\xff", b"--query", b"x"),
        (b"diff", b"NCT\xed\xa0\x80"),
        (b"\xff",),
        (b"--home", b"record.json", b"mcp"),
        (b"--home", b"folder", b"mcp"),
    ],
    ids=repr,
)
def test_bytes_that_are_no_text_are_answered_by_the_real_program(
    folder: Path, words: tuple[bytes, ...]
) -> None:
    home = () if words[0].startswith(b"-") else (b"--home", b"library")
    done = run(folder, *home, *words)
    for never in (b"Traceback", b"please report"):
        assert never not in done.stdout + done.stderr
    assert done.returncode in (1, 2)
    assert done.stderr.strip()


def test_a_file_whose_name_is_no_text_is_read_and_named(folder: Path) -> None:
    name = os.fsdecode(b"r\xff.json")
    (folder / name).write_bytes(sample_paths()[2].read_bytes())
    (folder / "folder" / name).write_bytes(b"{}\n")
    done = run(folder, b"--home", b"new", b"import", b"--json", b"r\xff.json", b"folder")
    assert done.returncode == 1
    assert b'"stored":1' in done.stdout
    assert b"r\\udcff.json" in run(folder, b"--home", b"new", b"rejections").stdout


def test_an_odd_address_to_serve_at_is_answered_by_the_real_program(folder: Path) -> None:
    # On a port that is taken every start ends, whatever the address.
    with socket.create_server(("", 0)) as taken:
        port = str(taken.getsockname()[1])
        for host in ("", "256.1.1.1", "x" * 300, "[", "\udcff"):
            done = run(
                folder,
                *map(os.fsencode, ["--home", "library", "serve", "--port", port, f"--host={host}"]),
            )
            assert b"Traceback" not in done.stdout + done.stderr, (host, done.stderr)
            assert done.returncode in (1, 2, 3), host
            assert done.stderr.strip(), host


@pytest.mark.parametrize("port", ["65536", "x", "9" * 5000])
def test_an_odd_port_to_serve_at_is_refused(folder: Path, port: str) -> None:
    done = CliRunner().invoke(main, ["--home", str(folder / "library"), "serve", f"--port={port}"])
    assert done.exit_code == 2


@pytest.mark.skipif(os.name == "nt", reason="a shell of POSIX closes the files")
@pytest.mark.parametrize(
    ("command", "closed", "said"),
    [
        ("export", ">&-", "standard output is closed"),
        ("export --format xlsx", ">&-", "standard output is closed"),
        ("show NCT04776239 --original", ">&-", "standard output is closed"),
        ("list export kept", ">&-", "standard output is closed"),
        ("import -", "<&-", "standard input: is closed"),
    ],
)
def test_a_closed_stream_is_said_in_a_sentence(folder: Path, command: str, closed: str, said: str) -> None:
    line = f"'{sys.executable}' -m trialbook --home library {command} {closed}"
    done = subprocess.run(["/bin/sh", "-c", line], cwd=folder, capture_output=True, timeout=300, check=False)
    assert done.returncode == 1
    assert said in done.stderr.decode()
    assert b"a fault of Trialbook" not in done.stderr
