"""Types are worked out when modules are imported: threads that do it together can end the process."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[3] / "src" / "trialbook"
ONE_THREAD = ("source",)

WORKED_OUT = """
import sys
from trialbook.mcp.arguments import HistoryArguments, SearchArguments
from trialbook.mcp.understanding import read_arguments
from trialbook.model import parse_study
from trialbook.record.pieces import (get_areas, get_enums, get_pieces)
from trialbook.web.api_v2.metadata import write_metadata
seen = []
sys.setprofile(lambda frame, event, _: seen.append(frame.f_code.co_name) if event == "call" else None)
{}
sys.setprofile(None)
print("get_class_annotations" in seen, len(seen) > 0)
"""


@pytest.mark.parametrize(
    "call",
    [
        "parse_study(b'{}')",
        "get_pieces.__wrapped__(), get_areas.__wrapped__(), get_enums.__wrapped__()",
        "write_metadata(is_indexed_only_due=True)",
        "read_arguments({}, SearchArguments), read_arguments({'nct_id': 'NCT00000001'}, HistoryArguments)",
    ],
)
def test_no_type_is_worked_out_at_the_first_use(call: str) -> None:
    command = [sys.executable, "-c", WORKED_OUT.format(call)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.split() == ["False", "True"]


def test_no_room_that_threads_share_names_a_type_where_it_decodes() -> None:
    """A decoder of the module is made when the module is; only readers of files, in one thread, may do else."""
    places = [
        f"{path.relative_to(SOURCE)}:{node.lineno}"
        for path in SOURCE.rglob("*.py")
        if path.relative_to(SOURCE).parts[0] not in ONE_THREAD
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func).startswith("msgspec.")
        and ast.unparse(node.func).endswith(".decode")
        and any(keyword.arg == "type" for keyword in node.keywords)
    ]
    assert places == []
