"""What was measured, in whom, and what was found? The baseline and outcomes of a study's old XML."""

from __future__ import annotations

import re
from typing import Any
from xml.etree.ElementTree import Element

from trialbook.source.legacy.text import as_iso_date, enum, keep, markdown, words

_GROUP_ID = re.compile(r"([PBOE])([1-9]\d{0,4})")
_GROUP_PREFIX = {"P": "FG", "B": "BG", "O": "OG", "E": "EG"}
_PARTICIPANT_COUNTS = ("number of participants", "number of participants analyzed")


def as_group_id(text: str | None) -> str | None:
    """Write a reporting group's id as API v2 does; an id of another shape is kept.

    Examples
    --------
    >>> as_group_id("P1"), as_group_id("O12")
    ('FG000', 'OG011')
    """
    match = _GROUP_ID.fullmatch(text or "")
    return f"{_GROUP_PREFIX[match[1]]}{int(match[2]) - 1:03}" if match else text


def map_groups(node: Element) -> list[dict[str, Any]]:
    return [
        keep(
            {
                "id": as_group_id(group.get("group_id")),
                "title": words(group, "title"),
                "description": markdown(group, "description"),
            }
        )
        for group in node.findall("group_list/group")
    ]


def _map_denoms(node: Element) -> list[dict[str, Any]]:
    return [
        keep(
            {
                "units": words(analyzed, "units"),
                "counts": [
                    keep({"groupId": as_group_id(count.get("group_id")), "value": count.get("value")})
                    for count in analyzed.findall("count_list/count")
                ],
            }
        )
        for analyzed in node.findall("analyzed_list/analyzed")
    ]


def _map_categories(node: Element) -> list[dict[str, Any]]:
    return [
        keep(
            {
                "title": words(category, "title") or words(category, "sub_title"),
                "measurements": [
                    keep(
                        {
                            "groupId": as_group_id(found.get("group_id")),
                            "value": found.get("value"),
                            "spread": found.get("spread"),
                            "lowerLimit": found.get("lower_limit"),
                            "upperLimit": found.get("upper_limit"),
                            "comment": markdown(found),
                        }
                    )
                    for found in category.findall("measurement_list/measurement")
                ],
            }
        )
        for category in node.findall("category_list/category")
    ]


def _map_classes(measure: Element) -> list[dict[str, Any]]:
    classes = [
        keep(
            {
                "title": words(found, "title"),
                "denoms": _map_denoms(found),
                "categories": _map_categories(found),
            }
        )
        for found in measure.findall("class_list/class")
    ]
    # Until December 2016 a measure held its categories itself.
    return classes or [{"categories": found} for found in [_map_categories(measure)] if found]


def _take_old_counts(measures: list[Element]) -> tuple[list[dict[str, Any]], list[Element]]:
    """Part the measures that only count participants, as written until December 2016, from the rest."""
    counts = [node for node in measures if words(node, "title").lower() in _PARTICIPANT_COUNTS]
    denoms = [
        keep(
            {
                "units": words(node, "units").capitalize(),
                "counts": [
                    keep({"groupId": as_group_id(found.get("group_id")), "value": found.get("value")})
                    for found in node.iter("measurement")
                ],
            }
        )
        for node in counts
        if node.find("class_list") is None
    ]
    if not denoms:
        return [], measures
    return denoms, [node for node in measures if node not in counts]


def map_baseline(node: Element | None) -> dict[str, Any]:
    if node is None:
        return {}
    denoms = _map_denoms(node)
    old_denoms, measures = _take_old_counts(node.findall("measure_list/measure"))
    denoms += old_denoms
    return keep(
        {
            "populationDescription": markdown(node, "population"),
            "typeUnitsAnalyzed": _name_units(denoms),
            "groups": map_groups(node),
            "denoms": denoms,
            "measures": [
                keep(
                    {
                        "title": words(measure, "title"),
                        "description": markdown(measure, "description"),
                        "populationDescription": markdown(measure, "population"),
                        "paramType": enum("MeasureParam", words(measure, "param")),
                        "dispersionType": enum("MeasureDispersionType", words(measure, "dispersion")),
                        "unitOfMeasure": words(measure, "units"),
                        "denomUnitsSelected": words(measure, "units_analyzed"),
                        "denoms": _map_denoms(measure),
                        "classes": _map_classes(measure),
                    }
                )
                for measure in measures
            ],
        }
    )


def _name_units(denoms: list[dict[str, Any]]) -> str:
    """What is counted beside participants (`eyes`); "" for nothing."""
    return next(
        (found["units"] for found in denoms if found.get("units", "Participants") != "Participants"), ""
    )


def map_outcome(node: Element) -> dict[str, Any]:
    old_denoms, old_measures = _take_old_counts(node.findall("measure_list/measure"))
    measure = next(iter([*node.findall("measure"), *old_measures]), None)
    denoms = old_denoms + ([] if measure is None else _map_denoms(measure))
    posted = measure is not None or node.find("group_list") is not None
    return keep(
        {
            "type": enum("OutcomeMeasureType", words(node, "type")),
            "title": words(node, "title"),
            "description": markdown(node, "description") or markdown(measure, "description"),
            "populationDescription": markdown(node, "population") or markdown(measure, "population"),
            "reportingStatus": "POSTED" if posted else "NOT_POSTED",
            "anticipatedPostingDate": as_iso_date(words(node, "posting_date")),
            "paramType": enum("MeasureParam", words(measure, "param")),
            "dispersionType": words(measure, "dispersion"),
            "unitOfMeasure": words(measure, "units"),
            "timeFrame": words(node, "time_frame"),
            "typeUnitsAnalyzed": _name_units(denoms),
            "denomUnitsSelected": words(measure, "units_analyzed"),
            "groups": map_groups(node),
            "denoms": denoms,
            "classes": [] if measure is None else _map_classes(measure),
            "analyses": [_map_analysis(found) for found in node.findall("analysis_list/analysis")],
        }
    )


def _map_analysis(node: Element) -> dict[str, Any]:
    kind = words(node, "non_inferiority_type") or words(node, "non_inferiority")
    # Until 2017 the registry asked only whether non-inferiority or equivalence was tested.
    tested = {"Yes": True, "No": False}.get(kind)
    if tested is not None:
        kind = "Non-Inferiority or Equivalence" if tested else "Superiority or Other"
    return keep(
        {
            "paramType": words(node, "param_type"),
            "paramValue": words(node, "param_value"),
            "dispersionType": enum("AnalysisDispersionType", words(node, "dispersion_type")),
            "dispersionValue": words(node, "dispersion_value"),
            "statisticalMethod": words(node, "method"),
            "statisticalComment": markdown(node, "method_desc"),
            "pValue": words(node, "p_value"),
            "pValueComment": markdown(node, "p_value_desc"),
            "ciNumSides": enum("ConfidenceIntervalNumSides", words(node, "ci_n_sides")),
            "ciPctValue": words(node, "ci_percent"),
            "ciLowerLimit": words(node, "ci_lower_limit"),
            "ciUpperLimit": words(node, "ci_upper_limit"),
            "ciLowerLimitComment": markdown(node, "ci_lower_limit_na_comment"),
            "ciUpperLimitComment": markdown(node, "ci_upper_limit_na_comment"),
            "estimateComment": markdown(node, "estimate_desc"),
            "testedNonInferiority": tested,
            "nonInferiorityType": enum("NonInferiorityType", kind),
            "nonInferiorityComment": markdown(node, "non_inferiority_desc"),
            "otherAnalysisDescription": markdown(node, "other_analysis_desc"),
            "groupDescription": markdown(node, "groups_desc"),
            "groupIds": [as_group_id(words(found)) for found in node.findall("group_id_list/group_id")],
        }
    )
