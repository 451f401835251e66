"""Every number of every drawing, read back out of the SVG, is the record's; and it stands where it says."""

from __future__ import annotations

import gzip
import json
import math
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from trialbook.model import parse_study
from trialbook.pages import render_study_page

TODAY = date(2026, 1, 15)
FILES = ("records.jsonl.gz", "records_stem_cells_2022.jsonl.gz")
DRAWING = re.compile(r'<svg class="(?:chart wide|chart multiple|lanes wide)".*?</svg>', re.DOTALL)
Z = 1.959963984540054
# Places are written with one decimal: half of that, and as much for the middle of a shape.
PLACE = 0.11


def read_bodies(shared_data: Path) -> Iterator[bytes]:
    for name in FILES:
        for line in gzip.decompress((shared_data / "ctgov" / name).read_bytes()).splitlines():
            if b'"resultsSection"' in line:
                yield line


@pytest.fixture(scope="module")
def bodies(shared_data: Path) -> list[bytes]:
    return list(read_bodies(shared_data))


def find_drawings(body: bytes) -> list[tuple[str, ElementTree.Element]]:
    page = render_study_page(parse_study(body), today=TODAY)
    drawn = [ElementTree.fromstring(svg) for svg in DRAWING.findall(page)]
    return [(svg[0].get("id", "").removesuffix("-title"), svg) for svg in drawn]


def find_marks(svg: ElementTree.Element, kind: str = "mark") -> list[ElementTree.Element]:
    return [each for each in svg.iter("g") if each.get("class", "").split()[:1] == [kind]]


def find_place(mark: ElementTree.Element) -> float | None:
    """Where the value of a mark stands: the middle of its point, the end of its bar."""
    for each in mark:
        if each.tag == "circle":
            return float(each.get("cx", ""))
        if each.tag == "polygon":
            across = [float(point.split(",")[0]) for point in each.get("points", "").split()]
            return (min(across) + max(across)) / 2
        if each.tag == "rect":
            return float(each.get("x", "")) + float(each.get("width", ""))
    return None


def check_place(svg: ElementTree.Element, mark: ElementTree.Element, value: float, axis_at: int) -> None:
    axis = [each for each in svg.iter("g") if each.get("class") == "axis"][axis_at]
    ticks = [
        (float(each.get("data-tick", "")), float(each.get("x", "")))
        for each in axis.iter("text")
        if each.get("data-tick")
    ]
    place = find_place(mark)
    assert place is not None
    (low, left), (high, right) = ticks[0], ticks[-1]
    assert left < right
    expected = [left + (right - left) * (value - low) / (high - low)]
    if low > 0 and value > 0:
        expected.append(left + (right - left) * math.log(value / low) / math.log(high / low))
    # The shortest bar is 0.8 wide, so that it is seen.
    slack = 0.9 if mark[0].tag == "rect" and value < 1 else PLACE + 0.1
    assert min(abs(place - each) for each in expected) <= slack, (value, place, ticks)


def number(text: str) -> float:
    return float(text.replace(",", ""))


def wilson(affected: int, at_risk: int) -> tuple[float, float]:
    """The roots of (p - x)^2 n = z^2 x (1 - x)."""
    share = affected / at_risk
    middle, root = 2 * affected + Z * Z, Z * math.sqrt(Z * Z + 4 * affected * (1 - share))
    return (middle - root) / (2 * (at_risk + Z * Z)), (middle + root) / (2 * (at_risk + Z * Z))


def check_events(svg: ElementTree.Element, module: dict[str, Any]) -> int:
    given: dict[tuple[str, ...], set[tuple[str, str]]] = {}
    for kind in ("serious", "other"):
        for event in module.get(f"{kind}Events", []):
            for stat in event.get("stats", []):
                key = (kind, event.get("term", ""), event.get("organSystem", ""), stat.get("groupId"))
                given.setdefault(key, set()).add((str(stat.get("numAffected")), str(stat.get("numAtRisk"))))
    for group in module["eventGroups"]:
        for kind, words in (
            ("deaths", "Deaths from any cause"),
            ("serious", "Any serious event"),
            ("other", "Any other event"),
        ):
            pair = (str(group.get(f"{kind}NumAffected")), str(group.get(f"{kind}NumAtRisk")))
            given.setdefault((kind, words, "", group.get("id")), set()).add(pair)
    marks, pairs = find_marks(svg), []
    for mark in marks:
        if (difference := mark.get("data-difference")) is not None:
            (one, n), (other, m) = pairs[-2:]
            expected = 100 * (one / n - other / m)
            assert number(difference) == pytest.approx(expected, abs=1e-4)
            (low1, high1), (low2, high2) = wilson(one, n), wilson(other, m)
            below = 100 * math.hypot(one / n - low1, high2 - other / m)
            above = 100 * math.hypot(high1 - one / n, other / m - low2)
            assert number(mark.get("data-lower", "")) == pytest.approx(expected - below, abs=2e-4)
            assert number(mark.get("data-upper", "")) == pytest.approx(expected + above, abs=2e-4)
            check_place(svg, mark, expected, -1)
            continue
        key = tuple(mark.get(f"data-{name}") or "" for name in ("kind", "term", "organ", "group"))
        pair = (mark.get("data-affected", ""), mark.get("data-at-risk", ""))
        assert pair in given[key], key
        pairs.append((int(pair[0]), int(pair[1])))
        check_place(svg, mark, 100 * int(pair[0]) / int(pair[1]), 0)
    return len(marks)


def check_forest(svg: ElementTree.Element, outcomes: list[dict[str, Any]]) -> set[tuple[int, int]]:
    seen = set()
    for mark in find_marks(svg):
        at = int(mark.get("data-outcome", "")), int(mark.get("data-analysis", ""))
        given = outcomes[at[0]]["analyses"][at[1]]
        for name, key in (
            ("estimate", "paramValue"),
            ("lower", "ciLowerLimit"),
            ("upper", "ciUpperLimit"),
            ("p", "pValue"),
        ):
            assert mark.get(f"data-{name}") == given.get(key)
        if find_place(mark) is not None:
            check_place(svg, mark, number(given["paramValue"]), 0)
        seen.add(at)
    return seen


def check_measure(svg: ElementTree.Element, measures: list[dict[str, Any]], denoms: list[Any]) -> int:
    marks = find_marks(svg)
    for mark in marks:
        measure = measures[int(mark.get("data-measure", ""))]
        item = measure["classes"][int(mark.get("data-class", ""))]
        category = item["categories"][int(mark.get("data-category", ""))]
        (given,) = (each for each in category["measurements"] if each["groupId"] == mark.get("data-group"))
        for name, key in (
            ("value", "value"),
            ("spread", "spread"),
            ("lower", "lowerLimit"),
            ("upper", "upperLimit"),
        ):
            assert mark.get(f"data-{name}") == given.get(key)
        value = number(given["value"])
        if (whole := mark.get("data-of")) is not None:
            held = item.get("denoms") or measure.get("denoms") or denoms
            units = measure.get("denomUnitsSelected") or "Participants"
            chosen = next((each for each in held if each.get("units") == units), held[0])
            (count,) = (each["value"] for each in chosen["counts"] if each["groupId"] == given["groupId"])
            assert number(whole) == number(count)
            value = 100 * value / number(count)
        check_place(svg, mark, value, 0)
    return len(marks)


def check_flow(svg: ElementTree.Element, record: dict[str, Any]) -> int:
    module = record["resultsSection"]["participantFlowModule"]
    count = 0
    for station in find_marks(svg, "station"):
        if (enrolled := station.get("data-enrolled")) is not None:
            info = record["protocolSection"]["designModule"]["enrollmentInfo"]
            assert (int(enrolled), info["type"]) == (info["count"], "ACTUAL")
            continue
        period = module["periods"][int(station.get("data-period", ""))]
        group = station.get("data-group")
        for name, kind in (
            ("started", "STARTED"),
            ("not-completed", "NOT COMPLETED"),
            ("completed", "COMPLETED"),
        ):
            if (told := station.get(f"data-{name}")) is not None:
                given = [
                    each["numSubjects"]
                    for milestone in period["milestones"]
                    if milestone["type"] == kind
                    for each in milestone["achievements"]
                    if each["groupId"] == group
                ]
                assert given == [told]
                shown = "".join(station.itertext()).replace(",", "")
                assert f"{kind.capitalize()}: {told}" in shown
                count += 1
        if (told := station.get("data-reasons")) is not None:
            left = [
                int(each["numSubjects"])
                for reason in period["dropWithdraws"]
                for each in reason["reasons"]
                if each["groupId"] == group and each.get("numSubjects", "").isdigit()
            ]
            assert sum(int(each.split(" ", 1)[0]) for each in told.split("|")) == sum(left)
    return count


def check_arms(svg: ElementTree.Element, record: dict[str, Any]) -> int:
    count = 0
    for station in find_marks(svg, "station"):
        if (told := station.get("data-started")) is not None:
            module = record["resultsSection"]["participantFlowModule"]
            (group,) = (
                each["id"]
                for each in module["groups"]
                if each["title"].casefold().split() == station.get("data-arm", "").casefold().split()
            )
            starts = [
                each["numSubjects"]
                for milestone in module["periods"][0]["milestones"]
                if milestone["type"] == "STARTED"
                for each in milestone["achievements"]
                if each["groupId"] == group
            ]
            assert starts == [told]
            count += 1
        if (told := station.get("data-enrolled")) is not None:
            assert int(told) == record["protocolSection"]["designModule"]["enrollmentInfo"]["count"]
    return count


def check_record(body: bytes) -> dict[str, int]:
    """How many numbers of each kind were read back."""
    record = json.loads(body)
    results = record["resultsSection"]
    outcomes = results.get("outcomeMeasuresModule", {}).get("outcomeMeasures", [])
    baseline = results.get("baselineCharacteristicsModule", {})
    read = dict.fromkeys(("events", "forest", "outcome", "baseline", "flow", "arms"), 0)
    forests: set[tuple[int, int]] = set()
    for name, svg in find_drawings(body):
        kind = name.split("-")[0]
        if kind == "events":
            read[kind] += check_events(svg, results["adverseEventsModule"])
        elif kind == "forest":
            forests |= check_forest(svg, outcomes)
        elif kind == "outcome":
            at = int(name.split("-")[1])
            read[kind] += check_measure(svg, outcomes, outcomes[at].get("denoms", []))
        elif kind == "baseline":
            read[kind] += check_measure(svg, baseline["measures"], baseline.get("denoms", []))
        elif kind == "flow":
            read[kind] += check_flow(svg, record)
        elif kind == "arms":
            read[kind] += check_arms(svg, record)
    read["forest"] = len(forests)
    due = [
        at
        for at, outcome in enumerate(outcomes)
        if outcome.get("type") == "PRIMARY" and "paramValue" in (outcome.get("analyses") or [{}])[0]
    ]
    if due and due[0] < 12:
        assert due[0] in {at for at, _ in forests}, "the first analysed primary outcome is drawn"
    return read


def test_numbers_of_a_sample_of_drawings_are_the_records(bodies: list[bytes]) -> None:
    sample = [*bodies[::24], *sorted(bodies, key=len)[-2:]]
    read = [check_record(body) for body in sample]
    for kind in ("events", "forest", "outcome", "baseline", "flow", "arms"):
        assert sum(each[kind] for each in read) > 10, kind


@pytest.mark.slow
def test_numbers_of_all_drawings_are_the_records(bodies: list[bytes]) -> None:
    read = [check_record(body) for body in bodies]
    assert len(read) > 400
    assert sum(each["events"] > 0 for each in read) > 300
    assert sum(each["flow"] > 0 for each in read) > 400
    assert sum(each["baseline"] > 0 for each in read) > 400


def test_sums_of_the_largest_record_are_those_of_the_record(bodies: list[bytes]) -> None:
    (body,) = [body for body in bodies if b'"nctId":"NCT02513394"' in body.replace(b'": "', b'":"')][:1]
    page = render_study_page(parse_study(body), today=TODAY)
    for group in json.loads(body)["resultsSection"]["adverseEventsModule"]["eventGroups"]:
        for kind in ("deaths", "serious", "other"):
            affected, at_risk = group[f"{kind}NumAffected"], group[f"{kind}NumAtRisk"]
            assert f"{affected:,} of {at_risk:,} (" in page
    events = page[page.index('<section id="adverse-events"') :].partition("</section>")[0]
    assert events.count("<tr>") < 100, "the long tables stand on a page of their own"
