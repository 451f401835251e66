"""The real program as a person starts it: a library filled and served by the command line, and Chromium."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from trialbook.samples import sample_paths

CHROMIUM, DRIVER = Path("/usr/bin/chromium"), Path("/usr/bin/chromedriver")
SHARED = Path(os.environ.get("TRIALBOOK_SHARED", Path(__file__).parents[3] / "shared"))
REAL_VERSIONS = (SHARED / "data/ctgov/NCT04776239.json", SHARED / "seed/NCT04776239.txt")
SAMPLE_COPIES, REAL_RECORDS = 3, 300
HOSTILE_TITLE = "<script>document.title='taken'</script><img src=x onerror=\"document.title='taken'\">Hostile"
HOSTILE_ID = "NCT99999999"
CHROMIUM_ARGUMENTS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--no-first-run",
    "--force-prefers-reduced-motion",
    "--window-size=1280,1600",
)

# The command line as it is, in a process that ends when nobody holds the other end of its input any more.
SERVE_WHILE_WANTED = """
import os, sys, threading
from trialbook.__main__ import main
threading.Thread(target=lambda: (sys.stdin.buffer.read(), os._exit(0)), daemon=True).start()
main()
"""


def run_trialbook(home: Path, *words: str | Path) -> str:
    command = [sys.executable, "-m", "trialbook", "--home", str(home), *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@contextmanager
def serve(home: Path) -> Iterator[str]:
    """The address of a server that ends with the block, or with the tests however they end."""
    command = [sys.executable, "-c", SERVE_WHILE_WANTED, "--home", str(home), "serve", "--port", "0"]
    server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        yield server.stdout.readline().removeprefix("Trialbook is at ").strip()
    finally:
        ended = server.poll()
        server.terminate()
        server.wait(timeout=60)
        assert ended is None, f"the server had ended by itself: {ended}"


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library with the samples, a hostile record and, where present, the real versions of one trial."""
    folder = tmp_path_factory.mktemp("e2e")
    hostile = folder / "hostile.json"
    identification = {"nctId": HOSTILE_ID, "briefTitle": HOSTILE_TITLE}
    endless = {"label": "Q" * 300, "description": "Q" * 300, "interventionNames": [f"Drug: {'Q' * 300}"]}
    arms = {"armGroups": [endless], "interventions": [{"type": "DRUG", "name": "Q" * 300}]}
    record = {"identificationModule": identification, "armsInterventionsModule": arms}
    hostile.write_text(json.dumps({"protocolSection": record}))
    real = [path for path in REAL_VERSIONS if path.is_file()]
    run_trialbook(folder / "library", "import", *real, *sample_paths(), hostile)
    return folder / "library"


@pytest.fixture(scope="session")
def address(library: Path) -> Iterator[str]:
    """Where the library is served."""
    with serve(library) as where:
        yield where


@pytest.fixture(scope="session")
def registry_records() -> list[dict[str, Any]]:
    """What the registry holds that clients ask: the samples, thrice, and where present 300 real records."""
    records = []
    lines = sample_paths()[0].read_text(encoding="utf-8").splitlines()
    for copy in range(SAMPLE_COPIES):
        for number, line in enumerate(lines):
            record = json.loads(line)
            record["protocolSection"]["identificationModule"]["nctId"] = f"NCT9{copy}{number:06d}"
            records.append(record)
    real = SHARED / "data/ctgov/records.jsonl.gz"
    if real.is_file():
        with gzip.open(real, "rt", encoding="utf-8") as file:
            records += [json.loads(line) for line in islice(file, REAL_RECORDS)]
    return records


@pytest.fixture(scope="session")
def registry_home(tmp_path_factory: pytest.TempPathFactory, registry_records: list[dict[str, Any]]) -> Path:
    """The library of these records."""
    folder = tmp_path_factory.mktemp("registry")
    path = folder / "records.jsonl"
    path.write_text("\n".join(map(json.dumps, registry_records)), encoding="utf-8")
    run_trialbook(folder / "library", "import", path)
    return folder / "library"


@pytest.fixture(scope="session")
def registry(registry_home: Path) -> Iterator[str]:
    """The base address of its API, without a slash at its end; clients ask it past any proxy."""
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1"
    with serve(registry_home) as where:
        yield where + "api/v2"


@contextmanager
def start_chromium(*, has_scripts: bool) -> Iterator[Any]:
    from selenium import webdriver
    from selenium.webdriver.chrome.options import Options
    from selenium.webdriver.chrome.service import Service

    os.environ["SE_OFFLINE"] = "true"
    options = Options()
    options.binary_location = str(CHROMIUM)
    for argument in CHROMIUM_ARGUMENTS:
        options.add_argument(argument)
    if not has_scripts:
        preferences = {"profile.managed_default_content_settings.javascript": 2}
        options.add_experimental_option("prefs", preferences)
    driver = webdriver.Chrome(options=options, service=Service(executable_path=str(DRIVER)))
    try:
        yield driver
    finally:
        driver.quit()


def check_browser() -> None:
    pytest.importorskip("selenium", reason="needs the package selenium")
    for program in (CHROMIUM, DRIVER):
        if not program.exists():
            pytest.skip(f"needs {program}: install Debian's packages chromium and chromium-driver")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium without a window."""
    check_browser()
    with start_chromium(has_scripts=True) as driver:
        yield driver


@pytest.fixture(scope="module")
def plain_browser() -> Iterator[Any]:
    """Chromium that runs no script."""
    check_browser()
    with start_chromium(has_scripts=False) as driver:
        yield driver
