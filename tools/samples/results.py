"""Posted results of a sample record: participant flow, baseline, outcomes, adverse events."""

from __future__ import annotations

import math
import random
from typing import Any

from tools.samples.people import make_person
from tools.samples.plots import Plot, Record, get_sponsor, load_table

REASONS = (
    "Withdrawal by Subject",
    "Lost to Follow-up",
    "Adverse Event",
    "Physician Decision",
    "Protocol Violation",
)
OUTCOME_TYPES = {"primary": "PRIMARY", "secondary": "SECONDARY", "other": "OTHER_PRE_SPECIFIED"}
RESTRICTIONS = ("LTE60", "GT60", "OTHER")


def make_results(plot: Plot, regions: list[list[tuple[str, int]]], rng: random.Random) -> Record:
    """Make the results section.

    `regions` gives, for each group, how many participants came from each country.
    """
    from tools.samples.baseline import make_baseline

    return {
        "participantFlowModule": make_flow(plot, rng),
        "baselineCharacteristicsModule": make_baseline(plot, regions, rng),
        "outcomeMeasuresModule": {"outcomeMeasures": make_outcome_measures(plot)},
        "adverseEventsModule": make_adverse_events(plot, rng),
        "moreInfoModule": make_more_info(plot, rng),
    }


def make_groups(prefix: str, plot: Plot) -> list[Record]:
    return [
        {"id": f"{prefix}{i:03d}", "title": arm[0], "description": arm[2]}
        for i, arm in enumerate(plot["arms"])
    ]


def make_flow(plot: Plot, rng: random.Random) -> Record:
    phrases = load_table("phrases.toml")["flow"]
    results = plot["results"]
    module: Record = {
        "preAssignmentDetails": results.get("flow_pre", phrases["pre"]),
        "recruitmentDetails": results.get("flow_rec", phrases["rec"]),
    }
    if "units" in results:
        module["typeUnitsAnalyzed"] = results["units"][0]
    module["groups"] = make_groups("FG", plot)
    titles = results.get("periods", ["Overall Study"])
    losses = [split_losses(started - completed, len(titles), rng) for started, completed in results["flow"]]
    entered = [started for started, _ in results["flow"]]
    module["periods"] = []
    for i, title in enumerate(titles):
        lost = [loss[i] for loss in losses]
        deaths = plot.get("deaths", [0] * len(lost)) if i == len(titles) - 1 else [0] * len(lost)
        module["periods"].append(make_period(title, entered, lost, deaths, results.get("units"), rng))
        entered = [number - gone for number, gone in zip(entered, lost, strict=True)]
    return module


def split_losses(total: int, parts: int, rng: random.Random) -> list[int]:
    """Cut a number into `parts` non-negative whole numbers that add up to it."""
    cuts = sorted(rng.randrange(total + 1) for _ in range(parts - 1))
    return [b - a for a, b in zip([0, *cuts], [*cuts, total], strict=True)]


def make_period(
    title: str, entered: list[int], lost: list[int], deaths: list[int], units: Any, rng: random.Random
) -> Record:
    stayed = [number - gone for number, gone in zip(entered, lost, strict=True)]

    def achievements(numbers: list[int], comment: str = "") -> list[Record]:
        rows: list[Record] = []
        for i, number in enumerate(numbers):
            row: Record = {"groupId": f"FG{i:03d}"} | ({"comment": comment} if comment else {})
            row["numSubjects"] = str(number)
            if units:
                row["numUnits"] = str(units[1][i])
            rows.append(row)
        return rows

    milestones: list[Record] = [{"type": "STARTED", "achievements": achievements(entered)}]
    if rng.random() < 0.4:
        text = "Received at least one dose or session of what was assigned."
        milestones.append(
            {"type": "Began as Assigned", "comment": text, "achievements": achievements(entered, "All did.")}
        )
    milestones += [
        {"type": "COMPLETED", "achievements": achievements(stayed)},
        {"type": "NOT COMPLETED", "achievements": achievements(lost)},
    ]
    period: Record = {"title": title, "milestones": milestones}
    if any(lost):
        period["dropWithdraws"] = make_drop_outs(lost, deaths, units, rng)
    return period


def make_drop_outs(lost: list[int], deaths: list[int], units: Any, rng: random.Random) -> list[Record]:
    """Give each person who left a reason; the reasons of a group add up to its losses."""
    counts = {reason: [0] * len(lost) for reason in ("Death", *REASONS)}
    for i, number in enumerate(lost):
        died = min(number, deaths[i])
        counts["Death"][i] = died
        for _ in range(number - died):
            counts[rng.choices(REASONS, weights=(5, 4, 3, 1, 1))[0]][i] += 1
    rows: list[Record] = []
    for reason, numbers in counts.items():
        if not any(numbers):
            continue
        row: Record = {"type": reason}
        if reason == "Physician Decision":
            row["comment"] = "Mostly a change of residence."
        row["reasons"] = [make_reason(i, number, reason, bool(units)) for i, number in enumerate(numbers)]
        rows.append(row)
    return rows


def make_reason(group: int, number: int, reason: str, units: bool) -> Record:
    row: Record = {"groupId": f"FG{group:03d}"}
    if reason == "Adverse Event" and number:
        row["comment"] = "Listed under adverse events."
    row["numSubjects"] = str(number)
    if units:
        row["numUnits"] = "0"
    return row


def make_outcome_measures(plot: Plot) -> list[Record]:
    measures: list[Record] = []
    for kind, outcome_type in OUTCOME_TYPES.items():
        for row in plot.get(kind, ()):
            if len(row) > 3:
                measures.append(make_outcome_measure(plot, row, outcome_type))
    return measures


def make_outcome_measure(plot: Plot, row: list[Any], outcome_type: str) -> Record:
    """Make one outcome measure from a plot's row: measure, description, time frame and its figures.

    The figures: `p` parameter, `d` dispersion, `u` unit, `v` one list of value and limits a group (or such
    lists by class or category), `n` group sizes, `units`/`uv` units other than participants, `a` analyses.
    """
    title, text, time_frame, figures = row
    measure: Record = {"type": figures.get("type", outcome_type), "title": title, "description": text}
    if "np" in figures:
        measure |= {"reportingStatus": "NOT_POSTED", "anticipatedPostingDate": figures["np"]}
        return measure | {"timeFrame": time_frame, "groups": make_groups("OG", plot)}
    names = figures.get("groups")
    groups = make_groups("OG", plot)
    if names:
        groups = [{"id": f"OG{i:03d}", "title": name, "description": text} for i, name in enumerate(names)]
    sizes = figures.get("n") or [completed for _, completed in plot["results"]["flow"]]
    measure["populationDescription"] = load_table("phrases.toml")["results"]["population"]
    measure |= {"reportingStatus": "POSTED", "paramType": figures["p"]}
    if "d" in figures:
        measure["dispersionType"] = figures["d"]
    measure |= {"unitOfMeasure": figures["u"], "timeFrame": time_frame}
    if "units" in figures:
        measure["typeUnitsAnalyzed"] = figures["units"]
    measure |= figures.get("x", {})
    measure |= {"groups": groups, "denoms": make_denoms("OG", sizes, figures)}
    measure["classes"] = make_classes("OG", figures, sizes)
    if "a" in figures:
        ids = [group["id"] for group in groups]
        measure["analyses"] = [analysis | {"groupIds": ids} for analysis in figures["a"]]
    return measure


def make_denoms(prefix: str, sizes: list[int], figures: Record) -> list[Record]:
    rows = [("Participants", sizes)]
    if "units" in figures:
        rows.append((figures["units"], figures["uv"]))
    return [
        {
            "units": name,
            "counts": [
                {"groupId": f"{prefix}{i:03d}", "value": str(number)} for i, number in enumerate(numbers)
            ],
        }
        for name, numbers in rows
    ]


def make_classes(prefix: str, figures: Record, sizes: list[int]) -> list[Record]:
    if "classes" in figures:
        return [
            {
                "title": title,
                "denoms": make_denoms(prefix, sizes, {}),
                "categories": [{"measurements": make_measurements(prefix, figures.get("d", ""), values)}],
            }
            for title, values in zip(figures["classes"], figures["v"], strict=True)
        ]
    if "cats" in figures:
        columns = list(zip(*figures["v"], strict=True))
        categories = [
            {"title": title, "measurements": make_measurements(prefix, "", [[number] for number in column])}
            for title, column in zip(figures["cats"], columns, strict=True)
        ]
        return [{"categories": categories}]
    return [{"categories": [{"measurements": make_measurements(prefix, figures.get("d", ""), figures["v"])}]}]


def make_measurements(prefix: str, dispersion: str, values: list[list[Any]]) -> list[Record]:
    """Write numbers as the registry does: as text; a last text in a row is its comment."""
    rows: list[Record] = []
    for i, (value, *rest) in enumerate(values):
        row: Record = {"groupId": f"{prefix}{i:03d}", "value": str(value)}
        comment = rest.pop() if rest and isinstance(rest[-1], str) else ""
        if len(rest) == 1:
            row["spread"] = str(rest[0])
        elif len(rest) == 2:
            row |= {"lowerLimit": str(rest[0]), "upperLimit": str(rest[1])}
        if comment:
            row["comment"] = comment
        rows.append(row)
    return rows


def make_adverse_events(plot: Plot, rng: random.Random) -> Record:
    phrases = load_table("phrases.toml")["results"]
    at_risk = [started for started, _ in plot["results"]["flow"]]
    serious = [make_event(term, at_risk, 0.02, rng) for term in plot.get("serious", ())]
    other = [make_event(term, at_risk, 0.14, rng) for term in plot.get("ae", ())]
    module: Record = {
        "frequencyThreshold": rng.choice(("0", "2", "5")),
        "timeFrame": f"From the first day until the end of follow-up: {plot['primary'][0][2].lower()}.",
        "description": phrases["events"],
    }
    deaths = plot.get("deaths", [0] * len(at_risk))
    if any(deaths):
        module["allCauseMortalityComment"] = phrases["deaths"]
    module["eventGroups"] = [
        {
            "id": f"EG{i:03d}",
            "title": arm[0],
            "description": arm[2],
            "deathsNumAffected": deaths[i],
            "deathsNumAtRisk": at_risk[i],
            "seriousNumAffected": count_people(serious, i, at_risk[i], rng),
            "seriousNumAtRisk": at_risk[i],
            "otherNumAffected": count_people(other, i, at_risk[i], rng),
            "otherNumAtRisk": at_risk[i],
        }
        for i, arm in enumerate(plot["arms"])
    ]
    if serious:
        module["seriousEvents"] = serious
    if other:
        module["otherEvents"] = other
    return module


def make_event(term: str, at_risk: list[int], rate: float, rng: random.Random) -> Record:
    organs = load_table("events.toml")["organ"]
    organ = next(name for name, terms in organs.items() if term in terms)
    event: Record = {"term": term, "organSystem": organ, "sourceVocabulary": "MedDRA (26.0)"}
    event["assessmentType"] = rng.choice(("SYSTEMATIC_ASSESSMENT", "NON_SYSTEMATIC_ASSESSMENT"))
    if rng.random() < 0.15:
        event["notes"] = "Counted once for each participant and visit."
    own_rate = rate * rng.uniform(0.5, 1.8)
    event["stats"] = []
    for i, number in enumerate(at_risk):
        affected = min(number, math.floor(number * own_rate * rng.uniform(0.7, 1.3) + rng.random()))
        events = affected + (rng.randrange(affected // 3 + 1) if affected else 0)
        row = {"groupId": f"EG{i:03d}", "numEvents": events, "numAffected": affected, "numAtRisk": number}
        event["stats"].append(row)
    return event


def count_people(events: list[Record], group: int, at_risk: int, rng: random.Random) -> int:
    """Count people with any event: at least the commonest term's, at most the sum of all terms'."""
    affected = [event["stats"][group]["numAffected"] for event in events]
    low, high = max(affected, default=0), min(at_risk, sum(affected))
    return rng.randrange(low, high + 1)


def make_more_info(plot: Plot, rng: random.Random) -> Record:
    phrases = load_table("phrases.toml")["results"]
    sponsor = get_sponsor(plot["sponsor"])
    employee = sponsor["class"] == "INDIV"
    agreement: Record = {"piSponsorEmployee": employee}
    if not employee:
        agreement["restrictiveAgreement"] = sponsor["class"] == "INDUSTRY"
        if agreement["restrictiveAgreement"]:
            agreement["restrictionType"] = rng.choice(RESTRICTIONS)
            agreement["otherDetails"] = phrases["agreement"]
    contact: Record = {"title": make_person(plot["countries"][0], rng), "organization": sponsor["name"]}
    contact |= {"email": "results@example.org", "phone": f"555-01{rng.randrange(100):02d}"}
    if rng.random() < 0.3:
        contact["phoneExt"] = str(rng.randrange(10, 99))
    module: Record = {}
    if "limits" in plot["results"] or rng.random() < 0.5:
        text = plot["results"].get("limits", phrases["limits"])
        module["limitationsAndCaveats"] = {"description": text}
    return module | {"certainAgreement": agreement, "pointOfContact": contact}
