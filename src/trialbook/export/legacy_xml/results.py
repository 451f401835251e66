"""What stands in the old XML of a study's results?"""

from __future__ import annotations

import re
from typing import Any
from xml.etree.ElementTree import Element, SubElement

from trialbook.export.legacy_xml.elements import (
    add,
    add_date,
    add_label,
    add_words,
    clean,
    find_label,
)
from trialbook.record.markup import unescape
from trialbook.record.texts import find_structures, find_text, find_texts

Record = dict[str, Any]

_R = "resultsSection."
_GROUP_ID = re.compile(r"(FG|BG|OG|EG)([0-9]{3,5})")
_LETTERS = {"FG": "P", "BG": "B", "OG": "O", "EG": "E"}
_TOTALS = {
    "serious": (("deaths", "Total, all-cause mortality"), ("serious", "Total, serious adverse events")),
    "other": (("other", "Total, other adverse events"),),
}
_AGREEMENT = (
    "There {} an agreement between Principal Investigators and the Sponsor (or its agents) that restricts"
    " the PI's rights to discuss or publish trial results after the trial is completed."
)
_EMBARGO = (
    "The only disclosure restriction on the PI is that the sponsor can review results communications prior"
    " to public release and can embargo communications regarding trial results for a period that is {}."
    " The sponsor cannot require changes to the communication and cannot extend the embargo."
)
_EMBARGOES = {
    "LTE60": _EMBARGO.format("less than or equal to 60 days"),
    "GT60": _EMBARGO.format("more than 60 days but less than or equal to 180 days"),
}
_OTHER = (
    "Other disclosure agreement that restricts the right of the PI to discuss or publish trial results"
    " after the trial is completed."
)


def add_results(root: Element, record: Record) -> None:
    """Add the results; nothing where a record has none."""
    if not find_structures(record, "resultsSection"):
        return
    node = SubElement(root, "clinical_results")
    for each in find_structures(record, _R + "participantFlowModule"):
        _add_flow(SubElement(node, "participant_flow"), each)
    for each in find_structures(record, _R + "baselineCharacteristicsModule"):
        _add_baseline(SubElement(node, "baseline"), each)
    measures = find_structures(record, _R + "outcomeMeasuresModule.outcomeMeasures")
    if measures:
        outcomes = SubElement(node, "outcome_list")
        for each in measures:
            _add_outcome(SubElement(outcomes, "outcome"), each)
    for each in find_structures(record, _R + "adverseEventsModule"):
        _add_events(SubElement(node, "reported_events"), each)
    for each in find_structures(record, _R + "moreInfoModule.certainAgreement"):
        _add_agreement(SubElement(node, "certain_agreements"), each)
    add_words(
        node, "limitations_and_caveats", record, _R + "moreInfoModule.limitationsAndCaveats.description"
    )
    for each in find_structures(record, _R + "moreInfoModule.pointOfContact"):
        contact = SubElement(node, "point_of_contact")
        add(contact, "name_or_title", find_text(each, "title"))
        add(contact, "organization", find_text(each, "organization"))
        extension = find_text(each, "phoneExt")
        add(contact, "phone", find_text(each, "phone") + (f" ext {extension}" if extension else ""))
        add(contact, "email", find_text(each, "email"))


def write_group_id(code: str) -> str:
    """A reporting group's id as the old XML has it.

    >>> write_group_id("FG000"), write_group_id("OG011")
    ('P1', 'O12')
    """
    found = _GROUP_ID.fullmatch(code)
    return f"{_LETTERS[found[1]]}{int(found[2]) + 1}" if found else code


def _add_groups(node: Element, holder: Record, key: str = "groups") -> None:
    found = find_structures(holder, key)
    if found:
        listed = SubElement(node, "group_list")
        for each in found:
            group = SubElement(listed, "group", {"group_id": clean(write_group_id(find_text(each, "id")))})
            add(group, "title", find_text(each, "title"))
            add_words(group, "description", each, "description")


def _add_flow(node: Element, flow: Record) -> None:
    add_words(node, "recruitment_details", flow, "recruitmentDetails")
    add_words(node, "pre_assignment_details", flow, "preAssignmentDetails")
    _add_groups(node, flow)
    periods = SubElement(node, "period_list")
    for each in find_structures(flow, "periods"):
        period = SubElement(periods, "period")
        add(period, "title", find_text(each, "title"))
        _add_steps(period, each, "milestones", "achievements", "milestone")
        _add_steps(period, each, "dropWithdraws", "reasons", "drop_withdraw_reason")


def _add_steps(period: Element, holder: Record, key: str, counts: str, tag: str) -> None:
    found = find_structures(holder, key)
    if not found:
        return
    listed = SubElement(period, f"{tag}_list")
    for each in found:
        step = SubElement(listed, tag)
        add(step, "title", find_text(each, "type"))
        people = SubElement(step, "participants_list")
        for count in find_structures(each, counts):
            add(
                people,
                "participants",
                unescape(find_text(count, "comment")),
                group_id=write_group_id(find_text(count, "groupId")),
                count=find_text(count, "numSubjects"),
            )


def _add_denoms(node: Element, holder: Record) -> None:
    found = find_structures(holder, "denoms")
    if not found:
        return
    listed = SubElement(node, "analyzed_list")
    for each in found:
        analyzed = SubElement(listed, "analyzed")
        add(analyzed, "units", find_text(each, "units"))
        add(analyzed, "scope", "Overall")
        counts = SubElement(analyzed, "count_list")
        for count in find_structures(each, "counts"):
            group_id = write_group_id(find_text(count, "groupId"))
            add(counts, "count", group_id=group_id, value=find_text(count, "value"))


def _add_classes(node: Element, holder: Record) -> None:
    found = find_structures(holder, "classes")
    if not found:
        return
    listed = SubElement(node, "class_list")
    for each in found:
        group_class = SubElement(listed, "class")
        add(group_class, "title", find_text(each, "title"))
        _add_denoms(group_class, each)
        categories = SubElement(group_class, "category_list")
        for category in find_structures(each, "categories"):
            one = SubElement(categories, "category")
            add(one, "title", find_text(category, "title"))
            measurements = SubElement(one, "measurement_list")
            for measured in find_structures(category, "measurements"):
                add(
                    measurements,
                    "measurement",
                    unescape(find_text(measured, "comment")),
                    group_id=write_group_id(find_text(measured, "groupId")),
                    value=find_text(measured, "value"),
                    spread=find_text(measured, "spread"),
                    lower_limit=find_text(measured, "lowerLimit"),
                    upper_limit=find_text(measured, "upperLimit"),
                )


def _add_measure(node: Element, measure: Record) -> None:
    add(node, "title", find_text(measure, "title"))
    add_words(node, "description", measure, "description")
    add_words(node, "population", measure, "populationDescription")
    add(node, "units", find_text(measure, "unitOfMeasure"))
    add_label(node, "param", "MeasureParam", measure, "paramType")
    dispersion = find_text(measure, "dispersionType")
    add(
        node,
        "dispersion",
        find_label("MeasureDispersionType", dispersion) if dispersion.isupper() else dispersion,
    )
    add(node, "units_analyzed", find_text(measure, "denomUnitsSelected"))
    _add_denoms(node, measure)
    _add_classes(node, measure)


def _add_baseline(node: Element, baseline: Record) -> None:
    add_words(node, "population", baseline, "populationDescription")
    _add_groups(node, baseline)
    _add_denoms(node, baseline)
    measures = SubElement(node, "measure_list")
    for each in find_structures(baseline, "measures"):
        _add_measure(SubElement(measures, "measure"), each)


def _add_outcome(node: Element, outcome: Record) -> None:
    add_label(node, "type", "OutcomeMeasureType", outcome, "type")
    add(node, "title", find_text(outcome, "title"))
    add_words(node, "description", outcome, "description")
    add(node, "time_frame", find_text(outcome, "timeFrame"))
    add_date(node, "posting_date", find_text(outcome, "anticipatedPostingDate"))
    add_words(node, "population", outcome, "populationDescription")
    if find_text(outcome, "reportingStatus") == "NOT_POSTED":
        return
    _add_groups(node, outcome)
    if any(outcome.get(key) for key in ("denoms", "classes", "groups")):
        _add_measure(SubElement(node, "measure"), outcome)
    analyses = find_structures(outcome, "analyses")
    if analyses:
        listed = SubElement(node, "analysis_list")
        for each in analyses:
            _add_analysis(SubElement(listed, "analysis"), each)


def _add_analysis(node: Element, analysis: Record) -> None:
    ids = find_texts(analysis, "groupIds")
    if ids:
        listed = SubElement(node, "group_id_list")
        for code in ids:
            add(listed, "group_id", write_group_id(code))
    add_words(node, "groups_desc", analysis, "groupDescription")
    add_label(node, "non_inferiority_type", "NonInferiorityType", analysis, "nonInferiorityType")
    add_words(node, "non_inferiority_desc", analysis, "nonInferiorityComment")
    add(node, "p_value", find_text(analysis, "pValue"))
    add_words(node, "p_value_desc", analysis, "pValueComment")
    add(node, "method", find_text(analysis, "statisticalMethod"))
    add_words(node, "method_desc", analysis, "statisticalComment")
    add(node, "param_type", find_text(analysis, "paramType"))
    add(node, "param_value", find_text(analysis, "paramValue"))
    add_label(node, "dispersion_type", "AnalysisDispersionType", analysis, "dispersionType")
    add(node, "dispersion_value", find_text(analysis, "dispersionValue"))
    add(node, "ci_percent", find_text(analysis, "ciPctValue"))
    add_label(node, "ci_n_sides", "ConfidenceIntervalNumSides", analysis, "ciNumSides")
    add(node, "ci_lower_limit", find_text(analysis, "ciLowerLimit"))
    add(node, "ci_upper_limit", find_text(analysis, "ciUpperLimit"))
    add_words(node, "ci_upper_limit_na_comment", analysis, "ciUpperLimitComment")
    add_words(node, "estimate_desc", analysis, "estimateComment")
    add_words(node, "other_analysis_desc", analysis, "otherAnalysisDescription")


def _add_events(node: Element, events: Record) -> None:
    add(node, "time_frame", find_text(events, "timeFrame"))
    add_words(node, "desc", events, "description")
    _add_groups(node, events, "eventGroups")
    groups = find_structures(events, "eventGroups")
    for kind in ("serious", "other"):
        found = find_structures(events, f"{kind}Events")
        table = SubElement(node, f"{kind}_events")
        add(table, "frequency_threshold", find_text(events, "frequencyThreshold") if kind == "other" else "")
        categories = SubElement(table, "category_list")
        total = SubElement(categories, "category")
        add(total, "title", "Total")
        listed = SubElement(total, "event_list")
        for key, label in _TOTALS[kind]:
            event = SubElement(listed, "event")
            add(event, "sub_title", label)
            for group in groups:
                _add_counts(event, group, find_text(group, "id"), f"{key}Num")
        _add_systems(categories, found)


def _add_counts(event: Element, holder: Record, code: str, prefix: str) -> None:
    add(
        event,
        "counts",
        group_id=write_group_id(code),
        subjects_affected=find_text(holder, f"{prefix}Affected"),
        subjects_at_risk=find_text(holder, f"{prefix}AtRisk"),
        events=find_text(holder, "numEvents") if prefix == "num" else "",
    )


def _add_systems(categories: Element, events: list[Record]) -> None:
    """The events by organ system, in the order in which these come."""
    system, listed = None, categories
    for each in events:
        if find_text(each, "organSystem") != system:
            system = find_text(each, "organSystem")
            category = SubElement(categories, "category")
            add(category, "title", system)
            listed = SubElement(category, "event_list")
        event = SubElement(listed, "event")
        add(event, "sub_title", find_text(each, "term"), vocab=find_text(each, "sourceVocabulary"))
        add_label(event, "assessment", "EventAssessment", each, "assessmentType")
        add_words(event, "description", each, "notes")
        for count in find_structures(each, "stats"):
            _add_counts(event, count, find_text(count, "groupId"), "num")


def _add_agreement(node: Element, agreement: Record) -> None:
    employee = find_text(agreement, "piSponsorEmployee")
    words = {
        "true": "All Principal Investigators ARE employed by the organization sponsoring the study.",
        "false": "Principal Investigators are NOT employed by the organization sponsoring the study.",
    }
    add(node, "pi_employee", words.get(employee, employee))
    kind, details = find_text(agreement, "restrictionType"), unescape(find_text(agreement, "otherDetails"))
    if kind in _EMBARGOES:
        add(node, "restrictive_agreement", _EMBARGOES[kind])
    elif kind == "OTHER":
        add(node, "restrictive_agreement", details or _OTHER)
    elif restricted := find_text(agreement, "restrictiveAgreement"):
        add(node, "restrictive_agreement", _AGREEMENT.format("IS" if restricted == "true" else "is NOT"))
