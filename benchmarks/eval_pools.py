"""What do the pools of patient topics hold? Topics, judgements, and trials as registry records."""

from __future__ import annotations

import ast
import csv
import gzip
import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

# Where each part of a record stands in the shapes that the judged trials come in, best first.
# Whatever describes a judgement or a patient (label, reasoning, note, …) is never read.
TITLES = ("brief_title", "title", "trial_title", "metadata.brief_title")
SUMMARIES = ("brief_summary", "summary", "description", "metadata.brief_summary", "text")
CONDITIONS = ("diseases", "disease", "conditions", "metadata.diseases")
DRUGS = ("drugs", "intervention_name", "intervention_names", "metadata.drugs")
KEYWORDS = ("keyword", "metadata.keywords")
# By the heading that a registry record has above them.
CRITERIA = (
    ("", ("eligibility_criteria", "criteria", "criteriaText")),
    ("Inclusion Criteria", ("inclusion_criteria", "inclusion", "metadata.inclusion_criteria")),
    ("Exclusion Criteria", ("exclusion_criteria", "exclusion", "metadata.exclusion_criteria")),
    ("", ("criterion_text",)),
)
OUTCOMES = ("outcome_measure", "primary_outcome_measures")
AGES = {
    "minimumAge": ("minimum_age", "min_age", "minimumAge"),
    "maximumAge": ("maximum_age", "max_age", "maximumAge"),
}
SEXES = {"f": "FEMALE", "female": "FEMALE", "m": "MALE", "male": "MALE"}


@dataclass
class Pool:
    """One collection: its records (API v2 JSON), its topics, and who was judged how for whom.

    `judgements` gives for each topic the grade of each judged trial: 2 eligible, 1 excluded or
    perhaps, 0 not relevant.
    """

    name: str
    records: dict[str, dict[str, Any]] = field(default_factory=dict)
    topics: dict[str, str] = field(default_factory=dict)
    judgements: dict[str, dict[str, int]] = field(default_factory=dict)


def read_pool(folder: Path, name: str) -> Pool:
    """Read one collection; only topics with a relevant trial in the pool are kept."""
    pool = Pool(name)
    with gzip.open(folder / f"{name}_trials.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            trial = json.loads(line)
            pool.records[trial["nct_id"]] = trial.get("record") or shape_record(
                trial["nct_id"], trial["text"]
            )
    with (folder / f"{name}_pairs.tsv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            if row["nct_id"] in pool.records:
                pool.judgements.setdefault(row["query"], {})[row["nct_id"]] = int(row["label"])
    pool.judgements = {topic: judged for topic, judged in pool.judgements.items() if any(judged.values())}
    for line in (folder / f"{name}_queries.jsonl").read_text(encoding="utf-8").splitlines():
        topic = json.loads(line)
        if topic["_id"] in pool.judgements:
            pool.topics[topic["_id"]] = topic["text"]
    return pool


def shape_record(nct_id: str, text: dict[str, str]) -> dict[str, Any]:
    """Put the known parts of a trial's text where a registry record has them."""
    criteria = [_head(heading, part) for heading, keys in CRITERIA if (part := _first(text, keys))]
    protocol: dict[str, Any] = {
        "identificationModule": {"nctId": nct_id, "briefTitle": _first(text, TITLES)},
        "descriptionModule": {"briefSummary": _first(text, SUMMARIES)},
        "conditionsModule": {
            "conditions": _list(_first(text, CONDITIONS)),
            "keywords": _list(_first(text, KEYWORDS)),
        },
        "armsInterventionsModule": {"interventions": [{"name": name} for name in _list(_first(text, DRUGS))]},
        "eligibilityModule": {"eligibilityCriteria": "\n\n".join(criteria)},
    }
    if outcome := _first(text, OUTCOMES):
        protocol["outcomesModule"] = {"primaryOutcomes": [{"measure": outcome}]}
    eligibility = protocol["eligibilityModule"]
    eligibility["sex"] = SEXES.get(_first(text, ("gender", "sex", "eligibility_sex")).lower(), "ALL")
    for piece, keys in AGES.items():
        if age := _age(_first(text, keys)):
            eligibility[piece] = age
    return {"protocolSection": protocol}


def _first(text: dict[str, str], keys: tuple[str, ...]) -> str:
    return next((value.strip() for key in keys if (value := text.get(key) or "").strip()), "")


def _head(heading: str, part: str) -> str:
    """A part of the criteria under its heading, where it does not begin with it."""
    is_headed = not heading or part.lower().startswith(heading.lower())
    return part if is_headed else f"{heading}:\n\n{part}"


def _list(value: str) -> list[str]:
    """A list that was written as one in Python, or with commas or semicolons."""
    if value.startswith("["):
        try:
            return [str(item) for item in ast.literal_eval(value)]
        except (SyntaxError, ValueError):
            value = value.strip("[]")
    return [item.strip(" '\"") for item in re.split(r"[;,|]", value) if item.strip(" '\"")]


def _age(value: str) -> str:
    """An age as the registry writes it; a bare number counts years."""
    if not value or value == "N/A":
        return ""
    try:
        days = float(value) * 365.25
    except ValueError:
        return value
    return f"{round(days / 365.25)} Years" if days >= 730 else f"{max(1, round(days))} Days"
