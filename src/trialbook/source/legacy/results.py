"""What does a study's old XML say about its results? The `resultsSection` of API v2."""

from __future__ import annotations

import re
from typing import Any
from xml.etree.ElementTree import Element

from trialbook.source.legacy.measures import as_group_id, map_baseline, map_groups, map_outcome
from trialbook.source.legacy.text import enum, flag, keep, markdown, number, words

_EXTENSION = re.compile(r"\s*,?\s+ext\b[.:]?\s*", re.IGNORECASE)
_TOTALS = {
    "total, all-cause mortality": "deaths",
    "total, serious adverse events": "serious",
    "total, other adverse events": "other",
}
_EMBARGO = (
    "The only disclosure restriction on the PI is that the sponsor can review results communications prior"
    " to public release and can embargo communications regarding trial results for a period that is {}."
    " The sponsor cannot require changes to the communication and cannot extend the embargo."
)
_AGREEMENT = (
    "There {} an agreement between Principal Investigators and the Sponsor (or its agents) that restricts"
    " the PI's rights to discuss or publish trial results after the trial is completed."
)
_OTHER_AGREEMENT = (
    "Other disclosure agreement that restricts the right of the PI to discuss or publish trial results"
    " after the trial is completed."
)
_STANDARD_AGREEMENTS: dict[str, dict[str, Any]] = {
    _AGREEMENT.format("is NOT"): {"restrictiveAgreement": False},
    _AGREEMENT.format("IS"): {"restrictiveAgreement": True},
    _EMBARGO.format("less than or equal to 60 days"): {
        "restrictionType": "LTE60",
        "restrictiveAgreement": True,
    },
    _EMBARGO.format("more than 60 days but less than or equal to 180 days"): {
        "restrictionType": "GT60",
        "restrictiveAgreement": True,
    },
    _OTHER_AGREEMENT: {"restrictionType": "OTHER", "restrictiveAgreement": True},
}


def map_results(root: Element) -> dict[str, Any]:
    """Map `clinical_results` to `resultsSection`; empty where the study has none posted."""
    node = root.find("clinical_results")
    if node is None:
        return {}
    return keep(
        {
            "participantFlowModule": _map_flow(node.find("participant_flow")),
            "baselineCharacteristicsModule": map_baseline(node.find("baseline")),
            "outcomeMeasuresModule": keep(
                {"outcomeMeasures": [map_outcome(found) for found in node.findall("outcome_list/outcome")]}
            ),
            "adverseEventsModule": _map_adverse_events(node.find("reported_events")),
            "moreInfoModule": _map_more_info(node),
        }
    )


def _map_flow(node: Element | None) -> dict[str, Any]:
    if node is None:
        return {}

    def steps(period: Element, path: str, counts: str) -> list[dict[str, Any]]:
        return [
            keep(
                {
                    "type": words(step, "title"),
                    counts: [
                        keep(
                            {
                                "groupId": as_group_id(count.get("group_id")),
                                "comment": markdown(count),
                                "numSubjects": count.get("count"),
                            }
                        )
                        for count in step.findall("participants_list/participants")
                    ],
                }
            )
            for step in period.findall(path)
        ]

    reasons = "drop_withdraw_reason_list/drop_withdraw_reason"
    periods = [
        keep(
            {
                "title": words(period, "title"),
                "milestones": steps(period, "milestone_list/milestone", "achievements"),
                "dropWithdraws": steps(period, reasons, "reasons"),
            }
        )
        for period in node.findall("period_list/period")
    ]
    return keep(
        {
            "preAssignmentDetails": markdown(node, "pre_assignment_details"),
            "recruitmentDetails": markdown(node, "recruitment_details"),
            "groups": map_groups(node),
            "periods": periods,
        }
    )


def _map_adverse_events(node: Element | None) -> dict[str, Any]:
    if node is None:
        return {}
    groups = {group["id"]: group for group in map_groups(node) if "id" in group}
    found: dict[str, list[dict[str, Any]]] = {}
    for name in ("serious", "other"):
        events = node.find(f"{name}_events")
        found[name] = [] if events is None else _map_events(events, groups)
    threshold = words(node, "other_events/frequency_threshold") or words(
        node, "serious_events/frequency_threshold"
    )
    return keep(
        {
            "frequencyThreshold": threshold,
            "timeFrame": words(node, "time_frame"),
            "description": markdown(node, "desc"),
            "eventGroups": list(groups.values()),
            "seriousEvents": found["serious"],
            "otherEvents": found["other"],
        }
    )


def _map_events(node: Element, groups: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """Map one table of events; its rows of totals go to `groups`, where API v2 has them."""
    vocabulary, assessment = words(node, "default_vocab"), words(node, "default_assessment")
    mapped: list[dict[str, Any]] = []
    for category in node.findall("category_list/category"):
        organ_system = words(category, "title")
        for event in category.findall("event_list/event"):
            total = _TOTALS.get(words(event, "sub_title").lower()) if organ_system == "Total" else None
            if total:
                _add_totals(event, total, groups)
                continue
            sub_title = event.find("sub_title")
            own = "" if sub_title is None else sub_title.get("vocab", "")
            mapped.append(
                keep(
                    {
                        "term": words(sub_title),
                        "organSystem": organ_system,
                        "sourceVocabulary": own or vocabulary,
                        "assessmentType": enum("EventAssessment", words(event, "assessment") or assessment),
                        "notes": markdown(event, "description"),
                        "stats": [_map_event_counts(counts) for counts in event.findall("counts")],
                    }
                )
            )
    return mapped


def _map_event_counts(counts: Element) -> dict[str, Any]:
    return keep(
        {
            "groupId": as_group_id(counts.get("group_id")),
            "numEvents": number(counts.get("events")),
            "numAffected": number(counts.get("subjects_affected")),
            "numAtRisk": number(counts.get("subjects_at_risk")),
        }
    )


def _add_totals(event: Element, total: str, groups: dict[str, dict[str, Any]]) -> None:
    for counts in event.findall("counts"):
        group_id = as_group_id(counts.get("group_id")) or ""
        group = groups.setdefault(group_id, {"id": group_id})
        group |= keep(
            {
                f"{total}NumAffected": number(counts.get("subjects_affected")),
                f"{total}NumAtRisk": number(counts.get("subjects_at_risk")),
            }
        )


def _map_more_info(node: Element) -> dict[str, Any]:
    contact = node.find("point_of_contact")
    phone, _, extension = _EXTENSION.sub("\0", words(contact, "phone"), count=1).partition("\0")
    return keep(
        {
            "limitationsAndCaveats": keep({"description": markdown(node, "limitations_and_caveats")}),
            "certainAgreement": _map_agreement(node.find("certain_agreements")),
            "pointOfContact": keep(
                {
                    "title": words(contact, "name_or_title"),
                    "organization": words(contact, "organization"),
                    "email": words(contact, "email"),
                    "phone": phone,
                    "phoneExt": extension,
                }
            ),
        }
    )


def _map_agreement(node: Element | None) -> dict[str, Any]:
    if node is None:
        return {}
    employee = words(node, "pi_employee")
    is_employee = {"all": True, "pri": False}.get(employee[:3].lower(), flag(employee))
    return keep({"piSponsorEmployee": is_employee} | _map_restriction(node))


def _map_restriction(node: Element) -> dict[str, Any]:
    said = words(node, "restrictive_agreement")
    if not said:
        return {}
    if said.lower() in ("yes", "no"):
        return {"restrictiveAgreement": said.lower() == "yes"}
    # Sponsors write variants of the standard sentences as their own; only the exact ones are standard.
    own = {"restrictionType": "OTHER", "restrictiveAgreement": True}
    return _STANDARD_AGREEMENTS.get(said, own | {"otherDetails": markdown(node, "restrictive_agreement")})
