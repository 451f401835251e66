"""Which rows do a record's results make? What the record says once for a measure stands on each measurement."""

from __future__ import annotations

import re
from typing import Any

from trialbook.export.aact.rows import (
    Row,
    Rows,
    find_last_day,
    take,
    take_decimal,
    take_number,
)
from trialbook.record.texts import find_structures, find_text, find_texts

Record = dict[str, Any]

_FLOW = "resultsSection.participantFlowModule"
_BASELINE = "resultsSection.baselineCharacteristicsModule"
_MEASURES = "resultsSection.outcomeMeasuresModule.outcomeMeasures"
_EVENTS = "resultsSection.adverseEventsModule"
_MORE = "resultsSection.moreInfoModule"
_TOTALS = {
    "deaths": "Total, all-cause mortality",
    "serious": "Total, serious adverse events",
    "other": "Total, other adverse events",
}
_P_VALUE = re.compile(r"\s*([<>=≤≥]*)\s*([0-9.]+)")


class Groups:
    """The groups of one part of the results: the number of each one's row, by its code."""

    def __init__(self, rows: Rows, kind: str, groups: list[Record]) -> None:
        self._numbers: dict[str, int] = {}
        for each in groups:
            code = find_text(each, "id")
            self._numbers[code] = rows.add(
                "result_groups",
                ctgov_group_code=code or None,
                result_type=kind,
                title=take(each, "title"),
                description=take(each, "description"),
            )

    def refer(self, holder: Record, key: str = "groupId") -> Row:
        """The columns that lead to the group which a structure names."""
        code = find_text(holder, key)
        return {"result_group_id": self._numbers.get(code), "ctgov_group_code": code or None}


def add_results(rows: Rows, record: Record) -> None:
    """Add all results of a record; nothing where it has none."""
    _add_flow(rows, record)
    _add_baseline(rows, record)
    for measure in find_structures(record, _MEASURES):
        _add_outcome(rows, measure)
    _add_events(rows, record)
    for each in find_structures(record, f"{_MORE}.certainAgreement"):
        rows.add(
            "result_agreements",
            pi_employee=take(each, "piSponsorEmployee"),
            restriction_type=take(each, "restrictionType"),
            restrictive_agreement=take(each, "restrictiveAgreement"),
            other_details=take(each, "otherDetails"),
        )
    for each in find_structures(record, f"{_MORE}.pointOfContact"):
        rows.add(
            "result_contacts",
            name=take(each, "title"),
            organization=take(each, "organization"),
            phone=take(each, "phone"),
            extension=take(each, "phoneExt"),
            email=take(each, "email"),
        )


def _add_flow(rows: Rows, record: Record) -> None:
    flow = next(iter(find_structures(record, _FLOW)), None)
    if flow is None:
        return
    rows.add(
        "participant_flows",
        recruitment_details=take(flow, "recruitmentDetails"),
        pre_assignment_details=take(flow, "preAssignmentDetails"),
        units_analyzed=take(flow, "typeUnitsAnalyzed"),
    )
    groups = Groups(rows, "Participant Flow", find_structures(flow, "groups"))
    for period in find_structures(flow, "periods"):
        title = take(period, "title")
        for milestone in find_structures(period, "milestones"):
            for each in find_structures(milestone, "achievements"):
                rows.add(
                    "milestones",
                    period=title,
                    title=take(milestone, "type"),
                    milestone_description=take(milestone, "comment"),
                    description=take(each, "comment"),
                    count=take_number(each, "numSubjects"),
                    count_units=take(each, "numUnits"),
                    **groups.refer(each),
                )
        for withdrawal in find_structures(period, "dropWithdraws"):
            for each in find_structures(withdrawal, "reasons"):
                rows.add(
                    "drop_withdrawals",
                    period=title,
                    reason=take(withdrawal, "type"),
                    drop_withdraw_comment=take(withdrawal, "comment"),
                    reason_comment=take(each, "comment"),
                    count=take_number(each, "numSubjects"),
                    count_units=take(each, "numUnits"),
                    **groups.refer(each),
                )


def _list_counts(holder: Record, groups: Groups) -> list[Row]:
    return [
        {
            "scope": "overall",
            "units": take(denom, "units"),
            "count": take_number(each, "value"),
            **groups.refer(each),
        }
        for denom in find_structures(holder, "denoms")
        for each in find_structures(denom, "counts")
    ]


def _list_measurements(measure: Record, groups: Groups) -> list[Row]:
    """Each measurement of a measure, with the names of its class and category."""
    found: list[Row] = []
    for group_class in find_structures(measure, "classes"):
        for category in find_structures(group_class, "categories"):
            for each in find_structures(category, "measurements"):
                row: Row = {
                    "classification": take(group_class, "title"),
                    "category": take(category, "title"),
                    "param_value": take(each, "value"),
                    "param_value_num": take_decimal(each, "value"),
                    "dispersion_value": take(each, "spread"),
                    "dispersion_value_num": take_decimal(each, "spread"),
                    "dispersion_lower_limit": take_decimal(each, "lowerLimit"),
                    "dispersion_upper_limit": take_decimal(each, "upperLimit"),
                    "dispersion_lower_limit_raw": take(each, "lowerLimit"),
                    "dispersion_upper_limit_raw": take(each, "upperLimit"),
                    "explanation_of_na": take(each, "comment"),
                }
                found.append(row | groups.refer(each))
    return found


def _add_baseline(rows: Rows, record: Record) -> None:
    baseline = next(iter(find_structures(record, _BASELINE)), None)
    if baseline is None:
        return
    groups = Groups(rows, "Baseline", find_structures(baseline, "groups"))
    for count in _list_counts(baseline, groups):
        rows.add("baseline_counts", **count)
    for measure in find_structures(baseline, "measures"):
        head: Row = {
            "title": take(measure, "title"),
            "description": take(measure, "description"),
            "population_description": take(measure, "populationDescription"),
            "units": take(measure, "unitOfMeasure"),
            "param_type": take(measure, "paramType"),
            "dispersion_type": take(measure, "dispersionType"),
            "calculate_percentage": take(measure, "calculatePct"),
            "number_analyzed_units": take(measure, "denomUnitsSelected"),
        }
        for each in _list_measurements(measure, groups):
            rows.add("baseline_measurements", **head, **each)


def _add_outcome(rows: Rows, measure: Record) -> None:
    posting = find_text(measure, "anticipatedPostingDate")
    number = rows.add(
        "outcomes",
        outcome_type=take(measure, "type"),
        title=take(measure, "title"),
        description=take(measure, "description"),
        time_frame=take(measure, "timeFrame"),
        population=take(measure, "populationDescription"),
        anticipated_posting_date=find_last_day(posting),
        anticipated_posting_month_year=posting or None,
        units=take(measure, "unitOfMeasure"),
        units_analyzed=take(measure, "typeUnitsAnalyzed"),
        dispersion_type=take(measure, "dispersionType"),
        param_type=take(measure, "paramType"),
    )
    groups = Groups(rows, "Outcome", find_structures(measure, "groups"))
    for count in _list_counts(measure, groups):
        rows.add("outcome_counts", outcome_id=number, **count)
    head: Row = {
        "outcome_id": number,
        "title": take(measure, "title"),
        "description": take(measure, "description"),
        "units": take(measure, "unitOfMeasure"),
        "param_type": take(measure, "paramType"),
        "dispersion_type": take(measure, "dispersionType"),
    }
    for each in _list_measurements(measure, groups):
        rows.add("outcome_measurements", **head, **each)
    for analysis in find_structures(measure, "analyses"):
        analysed = rows.add("outcome_analyses", outcome_id=number, **_take_analysis(analysis))
        for code in find_texts(analysis, "groupIds"):
            rows.add(
                "outcome_analysis_groups",
                outcome_analysis_id=analysed,
                **groups.refer({"groupId": code}),
            )


def _take_analysis(analysis: Record) -> Row:
    texts = {
        "non_inferiority_type": "nonInferiorityType",
        "non_inferiority_description": "nonInferiorityComment",
        "param_type": "paramType",
        "dispersion_type": "dispersionType",
        "ci_n_sides": "ciNumSides",
        "ci_lower_limit_na_comment": "ciLowerLimitComment",
        "ci_upper_limit_na_comment": "ciUpperLimitComment",
        "ci_lower_limit_raw": "ciLowerLimit",
        "ci_upper_limit_raw": "ciUpperLimit",
        "p_value_raw": "pValue",
        "p_value_description": "pValueComment",
        "method": "statisticalMethod",
        "method_description": "statisticalComment",
        "estimate_description": "estimateComment",
        "groups_description": "groupDescription",
        "other_analysis_description": "otherAnalysisDescription",
    }
    decimals = {
        "param_value": "paramValue",
        "dispersion_value": "dispersionValue",
        "ci_percent": "ciPctValue",
        "ci_lower_limit": "ciLowerLimit",
        "ci_upper_limit": "ciUpperLimit",
    }
    row: Row = {column: take(analysis, key) for column, key in texts.items()}
    row |= {column: take_decimal(analysis, key) for column, key in decimals.items()}
    found = _P_VALUE.fullmatch(find_text(analysis, "pValue"))
    if found:
        row["p_value_modifier"] = found[1] or None
        row["p_value"] = take_decimal({"p": found[2]}, "p")
    return row


def _add_events(rows: Rows, record: Record) -> None:
    events = next(iter(find_structures(record, _EVENTS)), None)
    if events is None:
        return
    found = find_structures(events, "eventGroups")
    groups = Groups(rows, "Reported Event", found)
    about: Row = {
        "time_frame": take(events, "timeFrame"),
        "description": take(events, "description"),
        "frequency_threshold": take(events, "frequencyThreshold"),
    }
    for each in found:
        for kind, label in _TOTALS.items():
            affected, at_risk = (take_number(each, f"{kind}Num{name}") for name in ("Affected", "AtRisk"))
            if affected is not None or at_risk is not None:
                rows.add(
                    "reported_event_totals",
                    ctgov_group_code=take(each, "id"),
                    event_type=kind,
                    classification=label,
                    subjects_affected=affected,
                    subjects_at_risk=at_risk,
                )
    for kind in ("serious", "other"):
        for event in find_structures(events, f"{kind}Events"):
            for each in find_structures(event, "stats"):
                rows.add(
                    "reported_events",
                    **about,
                    event_type=kind,
                    adverse_event_term=take(event, "term"),
                    organ_system=take(event, "organSystem"),
                    vocab=take(event, "sourceVocabulary"),
                    assessment=take(event, "assessmentType"),
                    event_count=take_number(each, "numEvents"),
                    subjects_affected=take_number(each, "numAffected"),
                    subjects_at_risk=take_number(each, "numAtRisk"),
                    **groups.refer(each),
                )
