"""Which records come with Trialbook? Invented studies that use every field, and one real trial, retold."""

from __future__ import annotations

from pathlib import Path

__all__ = ["sample_paths"]

FOLDER = Path(__file__).parent


def sample_paths() -> list[Path]:
    """List the files to import for the demo, an older version of a record before its newer one.

    `tools/samples` makes the first; the other two are kept by hand.
    """
    return [FOLDER / "records.jsonl", FOLDER / "NCT04776239.2022.json", FOLDER / "NCT04776239.json"]
