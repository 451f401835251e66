"""Measure the shape of real records, so that a made-up registry can have it: numbers only, no text.

    python benchmarks/registry_shape.py ../shared/data/ctgov/records.jsonl.gz

writes `registry_shape.json` beside this file: one row of counts and lengths a record, for some hundred
records, each with a weight. The records at hand are no fair sample of the registry (most come from one
"heart failure" query, large trials with results are far too many), so the weights are raked until the
weighted totals are the registry's own: see `TARGETS`.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

SHAPE_FILE = Path(__file__).with_name("registry_shape.json")
# Published totals: /stats/size of March 2026 (577,000 studies, 17.2 KB on average) and the registry's
# trends page (posted results, study types); heart failure from the count of its condition search.
TARGETS = {
    "mean_bytes": 17_200.0,
    "results": 0.12,
    "observational": 0.23,
    "expanded_access": 0.002,
    "heart_failure": 0.016,
}
KEPT_ROWS = 480
KEPT_LARGEST = 60
TYPES = ("INTERVENTIONAL", "OBSERVATIONAL", "EXPANDED_ACCESS")
COLUMN_NAMES = """
    bytes type results title official acronym summary detail conditions keywords arms arm_text
    interventions intervention_text other_names primary secondary other measure_text outcome_text
    criteria sites site_contacts officials central_contacts references links collaborators secondary_ids
    ipd_text documents intervention_terms groups flow_bytes baseline_bytes outcome_bytes event_bytes
    more_bytes
"""
COLUMNS = tuple(COLUMN_NAMES.split())

Record = dict[str, Any]


def count_bytes(value: Any) -> int:
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()) if value else 0


def average(values: list[int]) -> int:
    return round(sum(values) / len(values)) if values else 0


def measure_record(record: Record) -> list[int]:
    """Measure one API v2 record: a number for each of `COLUMNS` (lengths in UTF-8 bytes, counts, flags)."""
    protocol = record["protocolSection"]

    def get(module: str, *names: str) -> Any:
        value: Any = protocol.get(module, {})
        for name in names:
            value = value.get(name, {})
        return value or ""

    def length(module: str, *names: str) -> int:
        return len(str(get(module, *names)).encode())

    def many(module: str, name: str) -> list[Any]:
        return list(protocol.get(module, {}).get(name, ()))

    arms, interventions = (
        many("armsInterventionsModule", "armGroups"),
        many("armsInterventionsModule", "interventions"),
    )
    outcomes = [many("outcomesModule", f"{kind}Outcomes") for kind in ("primary", "secondary", "other")]
    sites = many("contactsLocationsModule", "locations")
    study_type = get("designModule", "studyType")
    row = [
        count_bytes(record),
        next((i for i, name in enumerate(TYPES) if study_type.startswith(name)), 0),
        int(record["hasResults"]),
        length("identificationModule", "briefTitle"),
        length("identificationModule", "officialTitle"),
        int(bool(get("identificationModule", "acronym"))),
        length("descriptionModule", "briefSummary"),
        length("descriptionModule", "detailedDescription"),
        len(many("conditionsModule", "conditions")),
        len(many("conditionsModule", "keywords")),
        len(arms),
        average([len(arm.get("description", "").encode()) for arm in arms]),
        len(interventions),
        average([len(item.get("description", "").encode()) for item in interventions]),
        sum(len(item.get("otherNames", ())) for item in interventions),
        *map(len, outcomes),
        average([len(item.get("measure", "").encode()) for items in outcomes for item in items]),
        average([len(item.get("description", "").encode()) for items in outcomes for item in items]),
        length("eligibilityModule", "eligibilityCriteria"),
        len(sites),
        int(any("contacts" in site for site in sites)),
        len(many("contactsLocationsModule", "overallOfficials")),
        len(many("contactsLocationsModule", "centralContacts")),
        len(many("referencesModule", "references")),
        len(many("referencesModule", "seeAlsoLinks")),
        len(many("sponsorCollaboratorsModule", "collaborators")),
        len(many("identificationModule", "secondaryIdInfos")),
        length("ipdSharingStatementModule", "description"),
        len(record.get("documentSection", {}).get("largeDocumentModule", {}).get("largeDocs", ())),
        len(record.get("derivedSection", {}).get("interventionBrowseModule", {}).get("meshes", ())),
    ]
    return row + measure_results(record.get("resultsSection", {}))


def measure_results(results: Record) -> list[int]:
    names = ["participantFlow", "baselineCharacteristics", "outcomeMeasures", "adverseEvents", "moreInfo"]
    groups = results.get("adverseEventsModule", {}).get("eventGroups", ())
    return [len(groups), *(count_bytes(results.get(f"{name}Module")) for name in names)]


def is_about_heart_failure(record: Record) -> bool:
    return "heart failure" in str(record["protocolSection"].get("conditionsModule", {})).lower()


def rake_weights(rows: list[list[int]], heart: list[bool]) -> list[float]:
    """Weigh the rows so that the weighted totals are those of `TARGETS`.

    Shares by iterative proportional fitting; the mean size by a power of the size, the same for all.
    """
    column = {name: i for i, name in enumerate(COLUMNS)}
    groups = [
        ([bool(row[column["results"]]) for row in rows], TARGETS["results"]),
        ([row[column["type"]] == 1 for row in rows], TARGETS["observational"]),
        ([row[column["type"]] == 2 for row in rows], TARGETS["expanded_access"]),
        (heart, TARGETS["heart_failure"]),
    ]

    def fit(power: float) -> list[float]:
        weights = [float(row[0]) ** power for row in rows]
        for _ in range(60):
            for members, share in groups:
                inside = sum(w for w, member in zip(weights, members, strict=True) if member)
                outside = sum(weights) - inside
                weights = [
                    w * (share / inside if member else (1 - share) / outside)
                    for w, member in zip(weights, members, strict=True)
                ]
        return weights

    low, high = -2.0, 1.0
    for _ in range(30):
        middle = (low + high) / 2
        mean = sum(w * row[0] for w, row in zip(fit(middle), rows, strict=True))
        low, high = (low, middle) if mean > TARGETS["mean_bytes"] else (middle, high)
    return fit((low + high) / 2)


def keep_rows(rows: list[list[int]], weights: list[float]) -> list[list[float]]:
    """Keep the largest records as they are and stand-ins for the rest, so that weighted totals survive."""
    order = sorted(range(len(rows)), key=lambda i: rows[i][0])
    largest, rest = order[-KEPT_LARGEST:], order[:-KEPT_LARGEST]
    kept = [[round(weights[i] * 1e6), *rows[i]] for i in largest]
    total = sum(weights[i] for i in rest)
    step, reached, taken = total / KEPT_ROWS, 0.0, random.Random(1).random()
    for i in rest:
        reached += weights[i] / step
        while taken < reached:
            kept.append([round(step * 1e6), *rows[i]])
            taken += 1
    return sorted(kept, key=lambda row: row[1])


def count_phases(records: list[Record], weights: list[float]) -> dict[str, int]:
    """Count the phases of interventional studies, a million in all, with the raked weights."""
    counts: Counter[str] = Counter()
    for record, weight in zip(records, weights, strict=True):
        design = record["protocolSection"]["designModule"]
        if design["studyType"] == "INTERVENTIONAL":
            counts["/".join(design.get("phases", ())) or "NA"] += round(weight * 1e6)
    return dict(counter for counter in counts.most_common())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("records", type=Path, help="JSON lines of API v2 records, gzipped")
    with gzip.open(parser.parse_args().records, "rb") as file:
        records = [json.loads(line) for line in file]
    rows = [measure_record(record) for record in records]
    weights = rake_weights(rows, [is_about_heart_failure(record) for record in records])
    kept = keep_rows(rows, weights)
    shape = {"targets": TARGETS, "measured": len(rows), "phases": count_phases(records, weights)}
    head = json.dumps(shape | {"columns": ["weight", *COLUMNS]}, indent=1)[:-2]
    body = ",\n".join("  " + json.dumps(row, separators=(",", ":")) for row in kept)
    SHAPE_FILE.write_text(f'{head},\n "rows": [\n{body}\n ]\n}}\n', encoding="utf-8")
    total = sum(row[0] for row in kept)
    mean = sum(row[0] * row[1] for row in kept) / total
    effective = sum(weights) ** 2 / sum(w * w for w in weights)
    print(f"{len(kept)} rows, mean {mean:.0f} bytes, effective records {effective:.0f}")


if __name__ == "__main__":
    main()
