"""Which files follow from the registry's documents, and how do they differ from those that are there?"""

from __future__ import annotations

import difflib
import subprocess
import sys
from pathlib import Path

from tools.registry_model.additions import check_additions
from tools.registry_model.documents import Documents
from tools.registry_model.model import write_model
from tools.registry_model.tables import (
    write_areas,
    write_enums,
    write_leaf_paths,
    write_metadata,
    write_pieces,
)

ROOT = Path(__file__).parents[2]
MODEL = "src/trialbook/model"
TABLES = {
    "src/trialbook/record/data/pieces.json": write_pieces,
    "src/trialbook/record/data/areas.json": write_areas,
    "src/trialbook/record/data/enums.json": write_enums,
    "src/trialbook/web/api_v2/data/metadata.json": write_metadata,
    "tests/unit/samples/leaf_paths.txt": write_leaf_paths,
}


def make_files(documents: Documents) -> dict[str, str]:
    """Make the text of every file by its path in the repository; the same documents give the same text.

    Raises
    ------
    DocumentError
        The documents say what cannot be expressed, or no longer say what the additions speak of.
    """
    check_additions(documents)
    files = {f"{MODEL}/{name}.py": text for name, text in write_model(documents).items()}
    files = {path: _format(path, text) for path, text in files.items()}
    return files | {path: write(documents) for path, write in TABLES.items()}


def _format(path: str, text: str) -> str:
    """Order the imports and lay the text out as the repository does."""
    for step in (("check", "--select", "I", "--fix", "--quiet"), ("format", "--quiet")):
        command = [sys.executable, "-m", "ruff", *step, "--stdin-filename", path, "-"]
        # The command is made of constants.
        text = subprocess.run(  # noqa: S603
            command, input=text, stdout=subprocess.PIPE, encoding="utf-8", check=True, cwd=ROOT
        ).stdout
    return text


def compare_files(files: dict[str, str], root: Path = ROOT) -> str:
    """Compare with the files under `root`: a unified diff from these to the new texts, "" for none."""
    lines: list[str] = []
    for path, text in files.items():
        old = (root / path).read_text(encoding="utf-8") if (root / path).is_file() else ""
        lines += difflib.unified_diff(
            old.splitlines(keepends=True), text.splitlines(keepends=True), f"a/{path}", f"b/{path}"
        )
    return "".join(lines)


def save_files(files: dict[str, str], root: Path = ROOT) -> list[str]:
    """Save the texts that differ under `root`; return their paths."""
    changed = []
    for path, text in files.items():
        file = root / path
        if not file.is_file() or file.read_text(encoding="utf-8") != text:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8", newline="\n")
            changed.append(path)
    return changed
