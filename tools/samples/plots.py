"""Read the tables from which sample records are made."""

from __future__ import annotations

import json
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
TABLES = FOLDER / "tables"
STUDY_FILES = ("heart", "metabolic", "cancer", "breath_mind", "infection_rare")
# The registry gave out ids up to NCT07… so far; these stay clear of them for decades.
FIRST_ID = 99_000_001

Plot = dict[str, Any]
Record = dict[str, Any]


@cache
def load_table(name: str) -> dict[str, Any]:
    """Load one table by file name, without its folder; raises FileNotFoundError for an unknown one."""
    path = TABLES / name
    text = path.read_text(encoding="utf-8")
    table: dict[str, Any] = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    return table


@cache
def load_plots() -> tuple[Plot, ...]:
    """Load every sample study's plot, in the order in which their ids are given."""
    return tuple(plot for name in STUDY_FILES for plot in load_table(f"studies/{name}.toml")["study"])


@cache
def assign_ids() -> dict[str, str]:
    """Give each plot its NCT id: `{"hf-tessarglin": "NCT99000001", …}`."""
    return {plot["key"]: f"NCT{FIRST_ID + i}" for i, plot in enumerate(load_plots())}


def get_sponsor(key: str) -> Record:
    """Look up a sponsor by its key, in the shape of the registry's `Sponsor`."""
    name, sponsor_class = load_table("sponsors.toml")["sponsors"][key]
    return {"name": name, "class": sponsor_class}


def merge_into(record: Record, patch: Record) -> None:
    """Lay `patch` over `record`, key by key, in place; `@key` names another sample study."""
    for key, value in patch.items():
        if isinstance(value, dict):
            merge_into(record.setdefault(key, {}), value)
        elif isinstance(value, str) and value.startswith("@"):
            record[key] = assign_ids()[value[1:]]
        else:
            record[key] = value
