"""Python that a page shows runs on the sample records and prints what stands below it; so does the notebook."""

from __future__ import annotations

import ast
import contextlib
import html
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest

import trialbook
from trialbook.samples import sample_paths

ROOT = Path(__file__).parents[2]
NOTEBOOK = ROOT / "docs" / "how-to" / "first-look.ipynb"
# Each page, how many programs it shows, and how many of them with what they print.
PAGES = {"README.md": (1, 1), "docs/how-to/use-it-from-python.md": (10, 10), "docs/ranking.md": (1, 0)}
PROGRAM = re.compile(r"^```python\n(.*?)^```$(?:\n\n^```text\n(.*?)^```$)?", re.MULTILINE | re.DOTALL)
FOLDER = re.compile(r"/path/to/library|build/demo")
OF_A_MACHINE = re.compile(r"/home/|/Users/|/tmp|/root|[A-Z]:\\\\")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A library of the samples, in a folder that the code stands in."""
    monkeypatch.chdir(tmp_path)
    with trialbook.open(tmp_path / "library", create=True) as library:
        library.import_files(*sample_paths())
    return tmp_path / "library"


@pytest.mark.parametrize("name", PAGES)
def test_programs_of_a_page_print_what_stands_below_them(name: str, home: Path) -> None:
    programs = PROGRAM.findall((ROOT / name).read_text(encoding="utf-8"))
    assert (len(programs), sum(bool(shown) for _, shown in programs)) == PAGES[name]
    names: dict[str, Any] = {}
    for program, shown in programs:
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            # The names of a program stay for those below it, as in a session.
            exec(FOLDER.sub(str(home), program), names)
        assert shown in ("", printed.getvalue())


def read_cells() -> list[dict[str, Any]]:
    cells: list[dict[str, Any]] = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    return cells


def run_cell(source: str, names: dict[str, Any]) -> Any:
    """Run a cell and give the value of its last line, where that is an expression: what a notebook shows."""
    tree = ast.parse(source)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "cell", "exec"), names)
    if not isinstance(last, ast.Expr):
        return None
    return eval(compile(ast.Expression(last.value), "cell", "eval"), names)


def show(value: Any) -> str:
    """What a notebook shows of a value: its HTML where it has one."""
    shown = value._repr_html_() if hasattr(value, "_repr_html_") else repr(value)
    assert isinstance(shown, str)
    return shown


def test_every_cell_of_the_notebook_runs(home: Path) -> None:
    sources = ["".join(cell["source"]) for cell in read_cells() if cell["cell_type"] == "code"]
    assert len(sources) >= 10
    names: dict[str, Any] = {}
    shown = {source.splitlines()[-1]: show(run_cell(source, names)) for source in sources}
    assert "NCT99000005" in html.unescape(shown["found"])
    assert "Allogeneic Mesenchymal" in shown["study"]
    assert "('Recruiting', 'Completed')" in shown.values()
    assert "('NCT04776239',)" in shown.values()


def test_the_notebook_carries_no_output_and_nothing_of_a_machine() -> None:
    for cell in read_cells():
        assert not OF_A_MACHINE.search("".join(cell["source"]))
        if cell["cell_type"] == "code":
            assert (cell["outputs"], cell["execution_count"], cell["metadata"]) == ([], None, {})
    assert len({cell["id"] for cell in read_cells()}) == len(read_cells())
