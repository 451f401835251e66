"""What does a study's old XML say about its protocol? The `protocolSection` of API v2."""

from __future__ import annotations

from typing import Any
from xml.etree.ElementTree import Element

from trialbook.source.legacy.design import map_design, map_eligibility
from trialbook.source.legacy.people import map_contacts, map_ipd, map_references
from trialbook.source.legacy.text import (
    all_words,
    as_iso_date,
    block_markdown,
    enum,
    flag,
    keep,
    map_dated,
    markdown,
    words,
)
from trialbook.source.spellings import as_intervention_label


def map_protocol(root: Element) -> dict[str, Any]:
    """Map a `clinical_study` to `protocolSection`; what the XML does not say is absent."""
    return keep(
        {
            "identificationModule": _map_identification(root),
            "statusModule": _map_status(root),
            "sponsorCollaboratorsModule": _map_sponsors(root),
            "oversightModule": _map_oversight(root),
            "descriptionModule": keep(
                {
                    "briefSummary": block_markdown(root, "brief_summary/textblock"),
                    "detailedDescription": block_markdown(root, "detailed_description/textblock"),
                }
            ),
            "conditionsModule": keep(
                {"conditions": all_words(root, "condition"), "keywords": all_words(root, "keyword")}
            ),
            "designModule": map_design(root),
            "armsInterventionsModule": _map_arms(root),
            "outcomesModule": keep(
                {
                    f"{kind}Outcomes": [_map_outcome(node) for node in root.findall(f"{kind}_outcome")]
                    for kind in ("primary", "secondary", "other")
                }
            ),
            "eligibilityModule": map_eligibility(root),
            "contactsLocationsModule": map_contacts(root),
            "referencesModule": map_references(root),
            "ipdSharingStatementModule": map_ipd(root),
        }
    )


def _map_identification(root: Element) -> dict[str, Any]:
    lead = root.find("sponsors/lead_sponsor")
    source = words(root, "source")
    # The old XML gives a class to sponsors alone; the organisation is nearly always the lead sponsor.
    of_lead = words(lead, "agency_class") if source and words(lead, "agency") == source else ""
    return keep(
        {
            "nctId": words(root, "id_info/nct_id"),
            "nctIdAliases": all_words(root, "id_info/nct_alias"),
            "orgStudyIdInfo": keep({"id": words(root, "id_info/org_study_id")}),
            "secondaryIdInfos": [{"id": text} for text in all_words(root, "id_info/secondary_id")],
            "organization": keep({"fullName": source, "class": enum("AgencyClass", of_lead)}),
            "briefTitle": words(root, "brief_title"),
            "officialTitle": words(root, "official_title"),
            "acronym": words(root, "acronym"),
        }
    )


def _map_status(root: Element) -> dict[str, Any]:
    def day(*paths: str) -> str | None:
        return next((as_iso_date(text) for path in paths if (text := words(root, path))), None)

    return keep(
        {
            "statusVerifiedDate": day("verification_date"),
            "overallStatus": enum("Status", words(root, "overall_status")),
            "lastKnownStatus": enum("Status", words(root, "last_known_status")),
            "whyStopped": markdown(root, "why_stopped"),
            "expandedAccessInfo": keep({"hasExpandedAccess": flag(words(root, "has_expanded_access"))}),
            "startDateStruct": map_dated(root, "start_date"),
            "primaryCompletionDateStruct": map_dated(root, "primary_completion_date"),
            "completionDateStruct": map_dated(root, "completion_date"),
            # The second names were in use until May 2018.
            "studyFirstSubmitDate": day("study_first_submitted", "firstreceived_date"),
            "studyFirstSubmitQcDate": day("study_first_submitted_qc"),
            "studyFirstPostDateStruct": map_dated(root, "study_first_posted"),
            "resultsFirstSubmitDate": day("results_first_submitted", "firstreceived_results_date"),
            "resultsFirstSubmitQcDate": day("results_first_submitted_qc"),
            "resultsFirstPostDateStruct": map_dated(root, "results_first_posted"),
            "dispFirstSubmitDate": day(
                "disposition_first_submitted", "firstreceived_results_disposition_date"
            ),
            "dispFirstSubmitQcDate": day("disposition_first_submitted_qc"),
            "dispFirstPostDateStruct": map_dated(root, "disposition_first_posted"),
            "lastUpdateSubmitDate": day("last_update_submitted", "lastchanged_date"),
            "lastUpdatePostDateStruct": map_dated(root, "last_update_posted"),
        }
    )


def _map_sponsors(root: Element) -> dict[str, Any]:
    def sponsor(node: Element | None) -> dict[str, Any]:
        return keep(
            {"name": words(node, "agency"), "class": enum("AgencyClass", words(node, "agency_class"))}
        )

    party = root.find("responsible_party")
    return keep(
        {
            "responsibleParty": keep(
                {
                    "type": enum("ResponsiblePartyType", words(party, "responsible_party_type")),
                    "investigatorFullName": words(party, "investigator_full_name"),
                    "investigatorTitle": words(party, "investigator_title"),
                    "investigatorAffiliation": words(party, "investigator_affiliation"),
                    "oldNameTitle": words(party, "name_title"),
                    "oldOrganization": words(party, "organization"),
                }
            ),
            "leadSponsor": sponsor(root.find("sponsors/lead_sponsor")),
            "collaborators": [sponsor(node) for node in root.findall("sponsors/collaborator")],
        }
    )


def _map_oversight(root: Element) -> dict[str, Any]:
    names = {
        "oversightHasDmc": "has_dmc",
        "isFdaRegulatedDrug": "is_fda_regulated_drug",
        "isFdaRegulatedDevice": "is_fda_regulated_device",
        "isUnapprovedDevice": "is_unapproved_device",
        "isPpsd": "is_ppsd",
        "isUsExport": "is_us_export",
    }
    return keep({name: flag(words(root, f"oversight_info/{path}")) for name, path in names.items()})


def _map_arms(root: Element) -> dict[str, Any]:
    interventions = [
        keep(
            {
                "type": enum("InterventionType", words(node, "intervention_type")),
                "name": words(node, "intervention_name"),
                "description": markdown(node, "description"),
                "armGroupLabels": all_words(node, "arm_group_label"),
                "otherNames": all_words(node, "other_name"),
            }
        )
        for node in root.findall("intervention")
    ]
    used: dict[str, list[str]] = {}
    for entry in interventions:
        shown = f"{as_intervention_label(entry.get('type', ''))}: {entry.get('name', '')}"
        for label in entry.get("armGroupLabels", ()):
            names = used.setdefault(label, [])
            if shown not in names:
                names.append(shown)
    arms = [
        keep(
            {
                "label": (label := words(node, "arm_group_label")),
                "type": enum("ArmGroupType", words(node, "arm_group_type")),
                "description": markdown(node, "description"),
                "interventionNames": used.get(label),
            }
        )
        for node in root.findall("arm_group")
    ]
    return keep({"armGroups": arms, "interventions": interventions})


def _map_outcome(node: Element) -> dict[str, Any]:
    return keep(
        {
            "measure": words(node, "measure"),
            "description": markdown(node, "description"),
            "timeFrame": words(node, "time_frame"),
        }
    )
