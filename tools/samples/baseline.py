"""Baseline characteristics of a sample record; counts add up over categories and over groups."""

from __future__ import annotations

import math
import random
from statistics import NormalDist
from typing import Any

from tools.samples.plots import Plot, Record, load_table

RACES = {
    "American Indian or Alaska Native": 0.01,
    "Asian": 0.06,
    "Native Hawaiian or Other Pacific Islander": 0.004,
    "Black or African American": 0.14,
    "White": 0.72,
    "More than one race": 0.02,
    "Unknown or Not Reported": 0.046,
}
ETHNICITIES = {"Hispanic or Latino": 0.13, "Not Hispanic or Latino": 0.83, "Unknown or Not Reported": 0.04}
# Dispersions that the registry writes as one number; the others have two limits.
ONE_NUMBER = {"STANDARD_DEVIATION", "STANDARD_ERROR", "GEOMETRIC_COEFFICIENT", "NA"}


def make_baseline(plot: Plot, regions: list[list[tuple[str, int]]], rng: random.Random) -> Record:
    """Make the module: one group for each arm and one for all together."""
    phrases = load_table("phrases.toml")["results"]
    results = plot["results"]
    sizes = [started for started, _ in results["flow"]]
    module: Record = {"populationDescription": phrases["baseline"]}
    denoms = [make_denom("Participants", sizes)]
    if "units" in results:
        module["typeUnitsAnalyzed"] = results["units"][0]
        denoms.append(make_denom(*results["units"]))
    groups = [{"title": arm[0], "description": arm[2]} for arm in plot["arms"]]
    groups.append({"title": "Total", "description": "Total of all reporting groups"})
    module["groups"] = [{"id": f"BG{i:03d}"} | group for i, group in enumerate(groups)]
    module["denoms"] = denoms
    measures = [make_age(plot, sizes, phrases), *make_people_counts(plot, sizes, phrases, rng)]
    measures.append(make_regions(regions))
    measures += [make_extra(row, sizes, results) for row in results.get("baseline", ())]
    module["measures"] = measures
    return module


def make_denom(units: str, sizes: list[int]) -> Record:
    numbers = [*sizes, sum(sizes)]
    return {
        "units": units,
        "counts": [{"groupId": f"BG{i:03d}", "value": str(n)} for i, n in enumerate(numbers)],
    }


def make_cells(values: list[Any], dispersion: str = "NA") -> list[Record]:
    cells: list[Record] = []
    for i, value in enumerate(values):
        first, *rest = value if isinstance(value, list) else [value]
        cell: Record = {"groupId": f"BG{i:03d}", "value": str(first)}
        comment = rest.pop() if rest and isinstance(rest[-1], str) else ""
        if rest and dispersion in ONE_NUMBER:
            cell["spread"] = str(rest[0])
        elif rest:
            cell |= {"lowerLimit": str(rest[0]), "upperLimit": str(rest[1])}
        cells.append(cell | ({"comment": comment} if comment else {}))
    return cells


def make_counts(title: str, categories: dict[str, list[int]]) -> Record:
    """Make a measure of counts; each category's total is the sum of the groups."""
    return {
        "title": title,
        "paramType": "COUNT_OF_PARTICIPANTS",
        "unitOfMeasure": "Participants",
        "classes": [
            {
                "categories": [
                    {"title": name, "measurements": make_cells([*numbers, sum(numbers)])}
                    for name, numbers in categories.items()
                ]
            }
        ],
    }


def make_age(plot: Plot, sizes: list[int], phrases: Record) -> Record:
    results = plot["results"]
    mean, deviation = results["age"]
    dispersion = results.get("age_d", "STANDARD_DEVIATION")
    spread = [
        round(deviation / math.sqrt(n), 2) if dispersion == "STANDARD_ERROR" else deviation for n in sizes
    ]
    steps = [round(mean + 0.3 * (-1) ** i * (deviation / 10), 1) for i in range(len(sizes))]
    total = round(sum(a * n for a, n in zip(steps, sizes, strict=True)) / sum(sizes), 1)
    whole = round(deviation / math.sqrt(sum(sizes)), 2) if dispersion == "STANDARD_ERROR" else deviation
    values = [[value, error] for value, error in zip(steps, spread, strict=True)]
    return {
        "title": "Age, Continuous",
        "description": phrases["age_text"],
        "paramType": "MEAN",
        "dispersionType": dispersion,
        "unitOfMeasure": results.get("age_unit", "years"),
        "classes": [{"categories": [{"measurements": make_cells([*values, [total, whole]], dispersion)}]}],
    }


def make_people_counts(plot: Plot, sizes: list[int], phrases: Record, rng: random.Random) -> list[Record]:
    results = plot["results"]
    if results.get("age_unit") == "days":
        older = [0] * len(sizes)
        children = list(sizes)
    else:
        ages = NormalDist(*results["age"])
        older = [round(n * (1 - ages.cdf(65))) for n in sizes]
        young = (
            0.0
            if plot.get("min", "0 Days").endswith("Years") and int(plot["min"].split()[0]) >= 18
            else ages.cdf(18)
        )
        children = [min(n - old, round(n * young)) for n, old in zip(sizes, older, strict=True)]
    adults = [n - old - child for n, old, child in zip(sizes, older, children, strict=True)]
    bands = {"<=18 years": children, "Between 18 and 65 years": adults, ">=65 years": older}
    share = results["female"]
    women = [min(n, max(0, round(n * share) + (rng.randrange(-2, 3) if 0 < share < 1 else 0))) for n in sizes]
    men = [n - number for n, number in zip(sizes, women, strict=True)]
    sex = make_counts("Sex: Female, Male", {"Female": women, "Male": men})
    sex["description"] = phrases["sex_text"]
    measures = [make_counts("Age, Categorical", bands), sex]
    if "United States" in plot["countries"] or results.get("race"):
        race = make_counts("Race (NIH/OMB)", share_out(RACES, sizes, rng))
        race |= {"populationDescription": phrases["race_text"], "calculatePct": True}
        measures += [make_counts("Ethnicity (NIH/OMB)", share_out(ETHNICITIES, sizes, rng)), race]
    return measures


def share_out(weights: dict[str, float], sizes: list[int], rng: random.Random) -> dict[str, list[int]]:
    counts = {name: [0] * len(sizes) for name in weights}
    for i, number in enumerate(sizes):
        for name in rng.choices(list(weights), weights=list(weights.values()), k=number):
            counts[name][i] += 1
    return counts


def make_regions(regions: list[list[tuple[str, int]]]) -> Record:
    """Make "Region of Enrollment": one class a country."""
    classes: list[Record] = []
    for row, (country, _) in enumerate(regions[0]):
        numbers = [group[row][1] for group in regions]
        cells = make_cells([*numbers, sum(numbers)])
        classes.append({"title": country, "categories": [{"measurements": cells}]})
    return {
        "title": "Region of Enrollment",
        "paramType": "NUMBER",
        "unitOfMeasure": "participants",
        "classes": classes,
    }


def make_extra(row: list[Any], sizes: list[int], results: Record) -> Record:
    """Make a measure from a plot's row: title, unit, parameter, dispersion, a list for each group."""
    title, unit, param, dispersion, values = row
    measured = [value for value in values if value[0] != "NA"]
    columns = [[value[k] for value in measured] for k in range(len(measured[0]))]
    if param == "COUNT_OF_UNITS":
        total: list[Any] = [sum(columns[0])]
    else:
        total = [round(sum(columns[0]) / len(measured), 2)]
    if len(columns) == 2:
        total.append(max(columns[1]))
    elif len(columns) == 3:
        total += [min(columns[1]), max(columns[2])]
    measure: Record = {
        "title": title,
        "paramType": param,
        "dispersionType": dispersion,
        "unitOfMeasure": unit,
    }
    item: Record = {"categories": [{"measurements": make_cells([*values, total], dispersion)}]}
    if param == "COUNT_OF_UNITS":
        measure |= {"denomUnitsSelected": unit, "denoms": [make_denom(unit, [value[0] for value in values])]}
    elif len(measured) == len(values):
        item = {"denoms": [make_denom("Participants", sizes)]} | item
    return measure | {"classes": [item]}
