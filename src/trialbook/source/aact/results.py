"""What do a study's rows in an AACT export say of its results, in the shape of API v2?

The tables repeat on each measurement what API v2 says once for a measure, a class and a category;
here the rows, in the order of their ids, are folded back. A group's id is its code (`OG000`): an
outcome's groups are those that its rows name.
"""

from __future__ import annotations

from typing import Any

from trialbook.source.aact.cells import Convert, as_bool, as_day, as_int, enum, keep, pick
from trialbook.source.aact.tables import Row

Tables = dict[str, list[Row]]
Wanted = dict[str, str | tuple[str, Convert]]

_GROUP: Wanted = {"id": "ctgov_group_code", "title": "title", "description": "description"}
_COUNT: Wanted = {"groupId": "ctgov_group_code", "value": "count"}
_MEASUREMENT: Wanted = {
    "groupId": "ctgov_group_code",
    "value": "param_value",
    "spread": "dispersion_value",
    "lowerLimit": "dispersion_lower_limit",
    "upperLimit": "dispersion_upper_limit",
    "comment": "explanation_of_na",
}
# The raw limits are as entered ("1.50", "NA"); the others went through a number.
_RAW_LIMITS: Wanted = {
    "lowerLimit": "dispersion_lower_limit_raw",
    "upperLimit": "dispersion_upper_limit_raw",
}
_MORTALITY, _SERIOUS, _OTHER = "deaths", "serious", "other"


def read_results(tables: Tables) -> dict[str, Any]:
    """Map the result tables to `resultsSection`; empty where the study has no results."""
    study = tables["studies"][0]
    return keep(
        participantFlowModule=_read_flow(tables),
        baselineCharacteristicsModule=_read_baseline(study, tables),
        outcomeMeasuresModule=keep(outcomeMeasures=_read_measures(tables)),
        adverseEventsModule=_read_events(tables),
        moreInfoModule=_read_more(study, tables),
    )


def _groups(tables: Tables, result_type: str) -> list[dict[str, Any]]:
    rows = tables.get("result_groups", [])
    return [pick(row, _GROUP) for row in rows if row.get("result_type", "").casefold() == result_type]


def _read_flow(tables: Tables) -> dict[str, Any]:
    flow = (tables.get("participant_flows") or [{}])[0]
    return keep(
        **pick(
            flow,
            {
                "preAssignmentDetails": "pre_assignment_details",
                "recruitmentDetails": "recruitment_details",
                "typeUnitsAnalyzed": "units_analyzed",
            },
        ),
        groups=_groups(tables, "participant flow"),
        periods=_read_periods(tables),
    )


def _read_periods(tables: Tables) -> list[dict[str, Any]]:
    periods: dict[str, dict[str, Any]] = {}
    milestone: Wanted = {"type": "title", "comment": "milestone_description"}
    achievement: Wanted = {
        "groupId": "ctgov_group_code",
        "comment": "description",
        "numSubjects": "count",
        "numUnits": "count_units",
    }
    for row in tables.get("milestones", []):
        period = periods.setdefault(row.get("period", ""), {})
        stats = pick(row, achievement)
        _add(period.setdefault("milestones", []), pick(row, milestone), "achievements", stats)
    withdrawal: Wanted = {"type": "reason", "comment": "drop_withdraw_comment"}
    reason: Wanted = {
        "groupId": "ctgov_group_code",
        "comment": "reason_comment",
        "numSubjects": "count",
        "numUnits": "count_units",
    }
    for row in tables.get("drop_withdrawals", []):
        period = periods.setdefault(row.get("period", ""), {})
        stats = pick(row, reason)
        _add(period.setdefault("dropWithdraws", []), pick(row, withdrawal), "reasons", stats)
    return [keep(title=title, **period) for title, period in periods.items()]


def _add(entries: list[dict[str, Any]], head: dict[str, Any], key: str, item: dict[str, Any]) -> None:
    """Add an item to the last entry if it has the same head, and no item of that group yet."""
    group = item.get("groupId")
    if entries:
        last = entries[-1]
        same = len(last) == len(head) + 1 and all(last.get(name) == value for name, value in head.items())
        if same and all(other.get("groupId") != group for other in last[key]):
            last[key].append(item)
            return
    entries.append({**head, key: [item]})


def _read_counts(rows: list[Row]) -> list[dict[str, Any]]:
    denoms: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        count = pick(row, _COUNT)
        denoms.setdefault(row.get("units", ""), []).append(count)
    return [keep(units=units, counts=counts) for units, counts in denoms.items()]


def _read_baseline(study: Row, tables: Tables) -> dict[str, Any]:
    head: Wanted = {
        "title": "title",
        "description": "description",
        "populationDescription": "population_description",
        "paramType": ("param_type", enum("MeasureParam")),
        "dispersionType": ("dispersion_type", enum("MeasureDispersionType")),
        "unitOfMeasure": "units",
        "calculatePct": ("calculate_percentage", as_bool),
        "denomUnitsSelected": "number_analyzed_units",
    }
    measures: list[dict[str, Any]] = []
    for row in tables.get("baseline_measurements", []):
        made = pick(row, head)
        if not measures or {k: v for k, v in measures[-1].items() if k != "classes"} != made:
            measures.append({**made, "classes": []})
        _add_measurement(measures[-1]["classes"], row)
    module = keep(
        groups=_groups(tables, "baseline"),
        denoms=_read_counts(tables.get("baseline_counts", [])),
        measures=measures,
    )
    about = {
        "populationDescription": "baseline_population",
        "typeUnitsAnalyzed": "baseline_type_units_analyzed",
    }
    return {**pick(study, {**about}), **module}


def _add_measurement(classes: list[dict[str, Any]], row: Row) -> None:
    """Put a measurement under its class and category, starting new ones where the row names others."""
    title = row.get("classification")
    if not classes or classes[-1].get("title") != title:
        classes.append(keep(title=title))
    measurement = {**pick(row, _MEASUREMENT), **pick(row, _RAW_LIMITS)}
    if measurement:
        category = {"title": row["category"]} if "category" in row else {}
        _add(classes[-1].setdefault("categories", []), category, "measurements", measurement)


def _by_outcome(tables: Tables, name: str) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in tables.get(name, []):
        found.setdefault(row.get("outcome_id", ""), []).append(row)
    return found


def _read_measures(tables: Tables) -> list[dict[str, Any]]:
    head: Wanted = {
        "type": ("outcome_type", enum("OutcomeMeasureType")),
        "title": "title",
        "description": "description",
        "populationDescription": "population",
        "paramType": ("param_type", enum("MeasureParam")),
        "dispersionType": "dispersion_type",
        "unitOfMeasure": "units",
        "timeFrame": "time_frame",
        "typeUnitsAnalyzed": "units_analyzed",
    }
    groups = {row.get("id", ""): row for row in tables.get("result_groups", [])}
    members: dict[str, list[Row]] = {}
    for row in tables.get("outcome_analysis_groups", []):
        members.setdefault(row.get("outcome_analysis_id", ""), []).append(row)
    counts = _by_outcome(tables, "outcome_counts")
    measurements = _by_outcome(tables, "outcome_measurements")
    analyses = _by_outcome(tables, "outcome_analyses")
    measures = []
    for row in tables.get("outcomes", []):
        key = row.get("id", "")
        analysed = [member for a in analyses.get(key, []) for member in members.get(a.get("id", ""), [])]
        named = [*counts.get(key, []), *measurements.get(key, []), *analysed]
        classes: list[dict[str, Any]] = []
        for measurement in measurements.get(key, []):
            _add_measurement(classes, measurement)
        measures.append(
            keep(
                **pick(row, head),
                anticipatedPostingDate=_read_anticipated(row),
                groups=_named_groups(named, groups),
                denoms=_read_counts(counts.get(key, [])),
                classes=classes,
                analyses=[_read_analysis(a, members) for a in analyses.get(key, [])],
            )
        )
    return measures


def _read_anticipated(row: Row) -> str | None:
    said = as_day(row.get("anticipated_posting_month_year", ""))
    return said or as_day(row.get("anticipated_posting_date", ""))


def _named_groups(rows: list[Row], groups: dict[str, Row]) -> list[dict[str, Any]]:
    """Look up the groups that an outcome's rows name, each once, in the order of their codes."""
    named: dict[str, dict[str, Any]] = {}
    for row in rows:
        code = row.get("ctgov_group_code", "")
        if code and code not in named:
            named[code] = {**pick(groups.get(row.get("result_group_id", ""), {}), _GROUP), "id": code}
    return [keep(**{key: named[code].get(key) for key in _GROUP}) for code in sorted(named)]


def _read_analysis(row: Row, members: dict[str, list[Row]]) -> dict[str, Any]:
    head: Wanted = {
        "groupDescription": "groups_description",
        "paramType": "param_type",
        "paramValue": "param_value",
        "dispersionType": ("dispersion_type", enum("AnalysisDispersionType")),
        "dispersionValue": "dispersion_value",
        "statisticalMethod": "method",
        "statisticalComment": "method_description",
        "pValueComment": "p_value_description",
        "ciNumSides": ("ci_n_sides", enum("ConfidenceIntervalNumSides")),
        "ciPctValue": "ci_percent",
        "ciLowerLimit": "ci_lower_limit",
        "ciUpperLimit": "ci_upper_limit",
        "ciLowerLimitComment": "ci_lower_limit_na_comment",
        "ciUpperLimitComment": "ci_upper_limit_na_comment",
        "estimateComment": "estimate_description",
        "nonInferiorityType": ("non_inferiority_type", enum("NonInferiorityType")),
        "nonInferiorityComment": "non_inferiority_description",
        "otherAnalysisDescription": "other_analysis_description",
    }
    group_ids = [member.get("ctgov_group_code", "") for member in members.get(row.get("id", ""), [])]
    analysis = keep(
        groupIds=[code for code in group_ids if code], **pick(row, head), pValue=_read_p_value(row)
    )
    raw = {"ciLowerLimit": "ci_lower_limit_raw", "ciUpperLimit": "ci_upper_limit_raw"}
    return {**analysis, **pick(row, {**raw})}


def _read_p_value(row: Row) -> str | None:
    """Read the p-value as entered (`<0.001`), from its parts where an export has only those."""
    raw = row.get("p_value_raw")
    value = row.get("p_value")
    return raw or (f"{row.get('p_value_modifier', '')}{value}" if value else None)


def _read_events(tables: Tables) -> dict[str, Any]:
    rows = tables.get("reported_events", [])
    groups = _groups(tables, "reported event")
    by_code = {group.get("id", ""): group for group in groups}
    for row in tables.get("reported_event_totals", []):
        _set_total(by_code, row, row.get("event_type", "").casefold())
    serious: list[dict[str, Any]] = []
    other: list[dict[str, Any]] = []
    has_totals = bool(tables.get("reported_event_totals"))
    head: Wanted = {
        "term": "adverse_event_term",
        "organSystem": "organ_system",
        "sourceVocabulary": "vocab",
        "assessmentType": ("assessment", enum("EventAssessment")),
    }
    stats: Wanted = {
        "groupId": "ctgov_group_code",
        "numEvents": ("event_count", as_int),
        "numAffected": ("subjects_affected", as_int),
        "numAtRisk": ("subjects_at_risk", as_int),
    }
    for row in rows:
        kind = row.get("event_type", "").casefold()
        # Exports before 2020 have the totals among the events.
        if not has_totals and row.get("adverse_event_term", "").casefold().startswith("total, "):
            _set_total(by_code, row, kind)
        else:
            _add(serious if kind == _SERIOUS else other, pick(row, head), "stats", pick(row, stats))
    about = {
        "frequencyThreshold": "frequency_threshold",
        "timeFrame": "time_frame",
        "description": "description",
    }
    return keep(
        **pick(rows[0] if rows else {}, {**about}),
        eventGroups=groups,
        seriousEvents=serious,
        otherEvents=other,
    )


def _set_total(groups: dict[str, dict[str, Any]], row: Row, kind: str) -> None:
    group = groups.get(row.get("ctgov_group_code", ""))
    if group is not None and kind in (_MORTALITY, _SERIOUS, _OTHER):
        found: Wanted = {
            f"{kind}NumAffected": ("subjects_affected", as_int),
            f"{kind}NumAtRisk": ("subjects_at_risk", as_int),
        }
        group |= pick(row, found)


def _read_more(study: Row, tables: Tables) -> dict[str, Any]:
    agreement = (tables.get("result_agreements") or [{}])[0]
    contact = (tables.get("result_contacts") or [{}])[0]
    point: Wanted = {
        "title": "name",
        "organization": "organization",
        "email": "email",
        "phone": "phone",
        "phoneExt": "extension",
    }
    certain: Wanted = {
        "piSponsorEmployee": ("pi_employee", as_bool),
        "restrictionType": ("restriction_type", enum("AgreementRestrictionType")),
        "restrictiveAgreement": ("restrictive_agreement", as_bool),
        "otherDetails": "other_details",
    }
    return keep(
        limitationsAndCaveats=pick(study, {"description": "limitations_and_caveats"}),
        certainAgreement=pick(agreement, certain),
        pointOfContact=pick(contact, point),
    )
