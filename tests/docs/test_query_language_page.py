"""What the page on the query language shows is so: its queries find something, its messages and limits are ours."""

from __future__ import annotations

import html
import re
import subprocess
import sys
from pathlib import Path

import pytest

from trialbook.errors import QueryError
from trialbook.library import Library
from trialbook.library.build import import_paths
from trialbook.library.rebuild import rebuild
from trialbook.record.pieces import get_areas
from trialbook.samples import sample_paths
from trialbook.search.engine.engine import SearchEngine, SearchRequest
from trialbook.search.engine.names import MOST_NAMES
from trialbook.search.engine.reader import MOST_CHECKED
from trialbook.search.engine.targets import MOST_ATOMS
from trialbook.search.language.parse import parse_query
from trialbook.search.language.render import render_query
from trialbook.search.language.scanner import MAX_DEPTH, MAX_LENGTH, MAX_SOURCES, MAX_WORDS

PAGE = (Path(__file__).parents[2] / "docs" / "query-language.md").read_text(encoding="utf-8")
QUERIES = [
    line for block in re.findall(r"```query\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()
]
NORMAL = re.findall(r"^\| `([^`]*)` \| `([^`]*)` \|$", PAGE, re.MULTILINE)
REFUSED = re.findall(
    r"^\| `([^`]*)` \| ([^|]*) \|$", PAGE.partition("When a query is refused")[2], re.MULTILINE
)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of the samples, whose criteria were read."""
    folder: Path = tmp_path_factory.mktemp("queries") / "library"
    import_paths(folder, sample_paths())
    rebuild(folder, ["criteria"])
    return folder


@pytest.fixture(scope="module")
def engine(home: Path) -> SearchEngine:
    """Its search."""
    return Library(home).engine


@pytest.mark.parametrize("text", QUERIES)
def test_query_on_the_page_finds_some_samples_and_not_all(engine: SearchEngine, text: str) -> None:
    everything = engine.search(SearchRequest(limit=0)).total
    ranked = engine.search(SearchRequest(queries=(parse_query(text),), limit=0)).total
    assert 0 < ranked < everything
    assert engine.search(SearchRequest(filters=(parse_query(text),), limit=0)).total == ranked


def test_the_page_shows_every_operator() -> None:
    shown = " ".join(QUERIES)
    for name in ("AREA", "RANGE", "SEARCH", "DISTANCE", "COVERAGE", "EXPANSION", "TILT"):
        assert f"{name}[" in shown
    for name in ("AND", "OR", "NOT", "MISSING", "ALL", ":size", "MIN", "MAX", "SEARCH[Study]"):
        assert name in shown
    assert len(QUERIES) > 30


@pytest.mark.parametrize(("text", "normal"), NORMAL)
def test_normal_form_on_the_page_is_so(text: str, normal: str) -> None:
    assert render_query(parse_query(text)) == normal


@pytest.mark.parametrize(("text", "message"), REFUSED)
def test_query_that_the_page_calls_wrong_is_refused_in_these_words(text: str, message: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse_query(text, where="x")
    assert caught.value.message == f"Error parsing query in x: {html.unescape(message)}"


def test_the_tables_are_read() -> None:
    assert len(NORMAL) == 5
    assert len(REFUSED) > 10


def test_message_on_the_page_is_so() -> None:
    with pytest.raises(QueryError) as caught:
        parse_query("AREA[Conditon]asthma", where="advanced filter")
    assert str(caught.value) in PAGE


def test_limits_on_the_page_are_so() -> None:
    limits = re.search(r"have ([\d,]+) characters, ([\d,]+) terms, .*? and (\d+) parentheses", PAGE)
    assert limits is not None
    assert [int(n.replace(",", "")) for n in limits.groups()] == [MAX_LENGTH, MAX_SOURCES, MAX_DEPTH]
    assert f"{MAX_WORDS:,} words in all" in PAGE
    assert f"{MOST_ATOMS:,} look-ups" in PAGE
    assert f"at most {MOST_NAMES} other\nnames" in PAGE
    assert f"at most {MOST_CHECKED:,} studies" in PAGE
    assert f"`BasicSearch` holds {len(get_areas()['BasicSearch'].parts)} pieces" in PAGE


def test_the_program_on_the_page_prints_what_it_shows(home: Path, tmp_path: Path) -> None:
    (program,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / "program.py").write_text(program.replace("/path/to/library", str(home)), encoding="utf-8")
    run = subprocess.run(
        [sys.executable, tmp_path / "program.py"], capture_output=True, text=True, timeout=60, check=False
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout in PAGE
