"""Which rows does a record's protocol make?"""

from __future__ import annotations

from typing import Any

from trialbook.export.aact.rows import (
    Row,
    Rows,
    find_last_day,
    take,
    take_decimal,
    take_number,
    take_yes_no,
)
from trialbook.model import Age
from trialbook.record.links import document_url
from trialbook.record.texts import find_structures, find_text, find_texts

Record = dict[str, Any]

_ID = "protocolSection.identificationModule."
_STATUS = "protocolSection.statusModule."
_DESIGN = "protocolSection.designModule."
_SPONSORS = "protocolSection.sponsorCollaboratorsModule."
_OVERSIGHT = "protocolSection.oversightModule."
_ARMS = "protocolSection.armsInterventionsModule."
_OUTCOMES = "protocolSection.outcomesModule."
_ELIGIBILITY = "protocolSection.eligibilityModule."
_PLACES = "protocolSection.contactsLocationsModule."
_REFERENCES = "protocolSection.referencesModule."
_IPD = "protocolSection.ipdSharingStatementModule."
_BASELINE = "resultsSection.baselineCharacteristicsModule."

_STUDY_TEXTS = {
    "brief_title": _ID + "briefTitle",
    "official_title": _ID + "officialTitle",
    "acronym": _ID + "acronym",
    "source": _ID + "organization.fullName",
    "source_class": _ID + "organization.class",
    "overall_status": _STATUS + "overallStatus",
    "last_known_status": _STATUS + "lastKnownStatus",
    "why_stopped": _STATUS + "whyStopped",
    "expanded_access_nctid": _STATUS + "expandedAccessInfo.nctId",
    "expanded_access_status_for_nctid": _STATUS + "expandedAccessInfo.statusForNctId",
    "target_duration": _DESIGN + "targetDuration",
    "study_type": _DESIGN + "studyType",
    "enrollment_type": _DESIGN + "enrollmentInfo.type",
    "biospec_retention": _DESIGN + "bioSpec.retention",
    "biospec_description": _DESIGN + "bioSpec.description",
    "plan_to_share_ipd": _IPD + "ipdSharing",
    "plan_to_share_ipd_description": _IPD + "description",
    "ipd_time_frame": _IPD + "timeFrame",
    "ipd_access_criteria": _IPD + "accessCriteria",
    "ipd_url": _IPD + "url",
    "baseline_population": _BASELINE + "populationDescription",
    "baseline_type_units_analyzed": _BASELINE + "typeUnitsAnalyzed",
    "limitations_and_caveats": "resultsSection.moreInfoModule.limitationsAndCaveats.description",
}
_STUDY_FLAGS = {
    "has_expanded_access": _STATUS + "expandedAccessInfo.hasExpandedAccess",
    "delayed_posting": _STATUS + "delayedPosting",
    "expanded_access_type_individual": _DESIGN + "expandedAccessTypes.individual",
    "expanded_access_type_intermediate": _DESIGN + "expandedAccessTypes.intermediate",
    "expanded_access_type_treatment": _DESIGN + "expandedAccessTypes.treatment",
    "patient_registry": _DESIGN + "patientRegistry",
    "has_dmc": _OVERSIGHT + "oversightHasDmc",
    "is_fda_regulated_drug": _OVERSIGHT + "isFdaRegulatedDrug",
    "is_fda_regulated_device": _OVERSIGHT + "isFdaRegulatedDevice",
    "is_unapproved_device": _OVERSIGHT + "isUnapprovedDevice",
    "is_ppsd": _OVERSIGHT + "isPpsd",
    "is_us_export": _OVERSIGHT + "isUsExport",
    "fdaaa801_violation": _OVERSIGHT + "fdaaa801Violation",
}
_SUBMITTED = {
    "studyFirst": "study_first",
    "resultsFirst": "results_first",
    "dispFirst": "disposition_first",
} | {"lastUpdate": "last_update"}
_DATED = {"start": "startDate", "primary_completion": "primaryCompletionDate", "completion": "completionDate"}


def add_protocol(rows: Rows, record: Record) -> None:
    """Add all that a record says of a study but its results."""
    _add_study(rows, record)
    _add_texts(rows, record)
    _add_arms(rows, record)
    _add_design(rows, record)
    _add_people(rows, record)
    _add_places(rows, record)
    _add_references(rows, record)
    _add_calculated(rows, record)


def _add_study(rows: Rows, record: Record) -> None:
    study: Row = {column: take(record, path) for column, path in _STUDY_TEXTS.items()}
    study |= {column: take_yes_no(record, path) for column, path in _STUDY_FLAGS.items()}
    study["phase"] = "/".join(find_texts(record, _DESIGN + "phases")) or None
    study["enrollment"] = take_number(record, _DESIGN + "enrollmentInfo.count")
    arms = len(find_structures(record, _ARMS + "armGroups"))
    is_observational = study["study_type"] == "OBSERVATIONAL"
    study["number_of_groups" if is_observational else "number_of_arms"] = arms or None
    for key, column in _SUBMITTED.items():
        study[f"{column}_submitted_date"] = find_last_day(find_text(record, f"{_STATUS}{key}SubmitDate"))
        posted = f"{_STATUS}{key}PostDateStruct."
        study[f"{column}_posted_date"] = find_last_day(find_text(record, posted + "date"))
        study[f"{column}_posted_date_type"] = take(record, posted + "type")
        if key != "lastUpdate":
            checked = find_text(record, f"{_STATUS}{key}SubmitQcDate")
            study[f"{column}_submitted_qc_date"] = find_last_day(checked)
    for column, key in _DATED.items():
        given = find_text(record, f"{_STATUS}{key}Struct.date")
        study[f"{column}_month_year"] = given or None
        study[f"{column}_date"] = find_last_day(given)
        study[f"{column}_date_type"] = take(record, f"{_STATUS}{key}Struct.type")
    verified = find_text(record, _STATUS + "statusVerifiedDate")
    study["verification_month_year"], study["verification_date"] = verified or None, find_last_day(verified)
    rows.add("studies", **study)


def _add_texts(rows: Rows, record: Record) -> None:
    for table, name in (
        ("brief_summaries", "briefSummary"),
        ("detailed_descriptions", "detailedDescription"),
    ):
        if text := find_text(record, f"protocolSection.descriptionModule.{name}"):
            rows.add(table, description=text)
    for table in ("conditions", "keywords"):
        for name in find_texts(record, f"protocolSection.conditionsModule.{table}"):
            rows.add(table, name=name, downcase_name=name.lower())
    for table in ("conditions", "interventions"):
        module = f"derivedSection.{table[:-1]}BrowseModule."
        for kind, label in (("meshes", "mesh-list"), ("ancestors", "mesh-ancestor")):
            for term in find_texts(record, f"{module}{kind}.term"):
                rows.add(f"browse_{table}", mesh_term=term, downcase_mesh_term=term.lower(), mesh_type=label)
    _add_ids(rows, record)


def _add_ids(rows: Rows, record: Record) -> None:
    for each in find_structures(record, _ID + "orgStudyIdInfo"):
        rows.add("id_information", id_source="org_study_id", **_take_id(each))
    for each in find_structures(record, _ID + "secondaryIdInfos"):
        rows.add("id_information", id_source="secondary_id", **_take_id(each))
    for alias in find_texts(record, _ID + "nctIdAliases"):
        rows.add("id_information", id_source="nct_alias", id_value=alias)


def _take_id(info: Record) -> Row:
    return {
        "id_value": take(info, "id"),
        "id_type": take(info, "type"),
        "id_type_description": take(info, "domain"),
        "id_link": take(info, "link"),
    }


def _add_arms(rows: Rows, record: Record) -> None:
    """Arms and interventions, and which belong together: by the names that arms list."""
    groups = [
        (
            each,
            rows.add(
                "design_groups",
                group_type=take(each, "type"),
                title=take(each, "label"),
                description=take(each, "description"),
            ),
        )
        for each in find_structures(record, _ARMS + "armGroups")
    ]
    pairs: dict[tuple[int, int], None] = {}
    for each in find_structures(record, _ARMS + "interventions"):
        kind, name = find_text(each, "type"), find_text(each, "name")
        number = rows.add(
            "interventions",
            intervention_type=kind or None,
            name=name or None,
            description=take(each, "description"),
        )
        for other in find_texts(each, "otherNames"):
            rows.add("intervention_other_names", intervention_id=number, name=other)
        labels, full = set(find_texts(each, "armGroupLabels")), f"{kind.replace('_', ' ').title()}: {name}"
        for group, group_number in groups:
            if find_text(group, "label") in labels or full in find_texts(group, "interventionNames"):
                pairs[group_number, number] = None
    for group_number, number in sorted(pairs):
        rows.add("design_group_interventions", design_group_id=group_number, intervention_id=number)
    for kind in ("primary", "secondary", "other"):
        for each in find_structures(record, f"{_OUTCOMES}{kind}Outcomes"):
            rows.add(
                "design_outcomes",
                outcome_type=kind,
                measure=take(each, "measure"),
                time_frame=take(each, "timeFrame"),
                description=take(each, "description"),
            )


def _add_design(rows: Rows, record: Record) -> None:
    info = _DESIGN + "designInfo."
    masked = set(find_texts(record, info + "maskingInfo.whoMasked"))
    design: Row = {
        "allocation": take(record, info + "allocation"),
        "intervention_model": take(record, info + "interventionModel"),
        "intervention_model_description": take(record, info + "interventionModelDescription"),
        "observational_model": take(record, info + "observationalModel"),
        "primary_purpose": take(record, info + "primaryPurpose"),
        "time_perspective": take(record, info + "timePerspective"),
        "masking": take(record, info + "maskingInfo.masking"),
        "masking_description": take(record, info + "maskingInfo.maskingDescription"),
    }
    roles = {"subject_masked": "PARTICIPANT", "caregiver_masked": "CARE_PROVIDER"} | {
        "investigator_masked": "INVESTIGATOR",
        "outcomes_assessor_masked": "OUTCOMES_ASSESSOR",
    }
    design |= {column: True if role in masked else None for column, role in roles.items()}
    if any(value is not None for value in design.values()):
        rows.add("designs", **design)
    ages = set(find_texts(record, _ELIGIBILITY + "stdAges"))
    if find_structures(record, _ELIGIBILITY.removesuffix(".")):
        rows.add(
            "eligibilities",
            sampling_method=take(record, _ELIGIBILITY + "samplingMethod"),
            gender=take(record, _ELIGIBILITY + "sex"),
            minimum_age=find_text(record, _ELIGIBILITY + "minimumAge") or "N/A",
            maximum_age=find_text(record, _ELIGIBILITY + "maximumAge") or "N/A",
            healthy_volunteers=take_yes_no(record, _ELIGIBILITY + "healthyVolunteers"),
            population=take(record, _ELIGIBILITY + "studyPopulation"),
            criteria=take(record, _ELIGIBILITY + "eligibilityCriteria"),
            gender_description=take(record, _ELIGIBILITY + "genderDescription"),
            gender_based=take_yes_no(record, _ELIGIBILITY + "genderBased"),
            **{kind.lower(): kind in ages if ages else None for kind in ("ADULT", "CHILD", "OLDER_ADULT")},
        )


def _add_people(rows: Rows, record: Record) -> None:
    for role, name in (("lead", "leadSponsor"), ("collaborator", "collaborators")):
        for each in find_structures(record, _SPONSORS + name):
            rows.add(
                "sponsors",
                agency_class=take(each, "class"),
                lead_or_collaborator=role,
                name=take(each, "name"),
            )
    for each in find_structures(record, _SPONSORS + "responsibleParty"):
        rows.add(
            "responsible_parties",
            responsible_party_type=take(each, "type"),
            name=take(each, "investigatorFullName"),
            title=take(each, "investigatorTitle"),
            affiliation=take(each, "investigatorAffiliation"),
            old_name_title=take(each, "oldNameTitle"),
            organization=take(each, "oldOrganization"),
        )
    for place, each in enumerate(find_structures(record, _PLACES + "centralContacts")):
        rows.add(
            "central_contacts",
            contact_type="backup" if place else "primary",
            role=take(each, "role"),
            **_take_contact(each),
        )
    for each in find_structures(record, _PLACES + "overallOfficials"):
        rows.add(
            "overall_officials",
            role=take(each, "role"),
            name=take(each, "name"),
            affiliation=take(each, "affiliation"),
        )


def _take_contact(contact: Record) -> Row:
    return {
        "name": take(contact, "name"),
        "phone": take(contact, "phone"),
        "phone_extension": take(contact, "phoneExt"),
        "email": take(contact, "email"),
    }


def _add_places(rows: Rows, record: Record) -> None:
    for each in find_structures(record, _PLACES + "locations"):
        number = rows.add(
            "facilities",
            name=take(each, "facility"),
            latitude=take_decimal(each, "geoPoint.lat"),
            longitude=take_decimal(each, "geoPoint.lon"),
            **{column: take(each, column) for column in ("status", "city", "state", "zip", "country")},
        )
        contacts = 0
        for person in find_structures(each, "contacts"):
            role = find_text(person, "role")
            if role not in ("", "CONTACT"):
                rows.add("facility_investigators", facility_id=number, role=role, name=take(person, "name"))
                continue
            kind = "backup" if contacts else "primary"
            contacts += 1
            rows.add("facility_contacts", facility_id=number, contact_type=kind, **_take_contact(person))
    for removed, path in (
        (False, _PLACES + "locations.country"),
        (True, "derivedSection.miscInfoModule.removedCountries"),
    ):
        for name in dict.fromkeys(find_texts(record, path)):
            rows.add("countries", name=name, removed=removed)


def _add_references(rows: Rows, record: Record) -> None:
    for each in find_structures(record, _REFERENCES + "references"):
        number = rows.add(
            "study_references",
            pmid=take(each, "pmid"),
            reference_type=take(each, "type"),
            citation=take(each, "citation"),
        )
        for found in find_structures(each, "retractions"):
            rows.add(
                "retractions", reference_id=number, pmid=take(found, "pmid"), source=take(found, "source")
            )
    for each in find_structures(record, _REFERENCES + "seeAlsoLinks"):
        rows.add("links", url=take(each, "url"), description=take(each, "label"))
    for each in find_structures(record, _REFERENCES + "availIpds"):
        rows.add(
            "documents",
            document_id=take(each, "id"),
            document_type=take(each, "type"),
            url=take(each, "url"),
            comment=take(each, "comment"),
        )
    for name in find_texts(record, _IPD + "infoTypes"):
        rows.add("ipd_information_types", name=name)
    nct_id = find_text(record, _ID + "nctId")
    for each in find_structures(record, "documentSection.largeDocumentModule.largeDocs"):
        rows.add(
            "provided_documents",
            document_type=take(each, "label"),
            has_protocol=take_yes_no(each, "hasProtocol"),
            has_icf=take_yes_no(each, "hasIcf"),
            has_sap=take_yes_no(each, "hasSap"),
            document_date=find_last_day(find_text(each, "date")),
            url=document_url(nct_id, find_text(each, "filename")) or take(each, "filename"),
        )
    for each in find_structures(
        record, "annotationSection.annotationModule.unpostedAnnotation.unpostedEvents"
    ):
        given = find_text(each, "date")
        unknown = "Unknown" if take_yes_no(each, "dateUnknown") else None
        rows.add(
            "pending_results",
            event=take(each, "type"),
            event_date_description=given or unknown,
            event_date=find_last_day(given),
        )


def _add_calculated(rows: Rows, record: Record) -> None:
    """What AACT works out itself, as far as it follows from the record alone."""
    sites = find_structures(record, _PLACES + "locations")
    countries = find_texts(record, _PLACES + "locations.country")
    ages = {bound: Age(find_text(record, f"{_ELIGIBILITY}{bound}Age")) for bound in ("minimum", "maximum")}
    submitted = find_text(record, _STATUS + "studyFirstSubmitDate")
    found: Row = {
        "number_of_facilities": len(sites) or None,
        "has_single_facility": len(sites) == 1,
        "has_us_facility": "United States" in countries if countries else None,
        "were_results_reported": take_yes_no(record, "hasResults"),
        "registered_in_calendar_year": int(submitted[:4]) if submitted[:4].isdecimal() else None,
    }
    for bound, age in ages.items():
        amount, _, unit = str(age).partition(" ")
        found[f"{bound}_age_num"] = int(amount) if age.days is not None and amount.isdecimal() else None
        found[f"{bound}_age_unit"] = unit if found[f"{bound}_age_num"] is not None else None
    for kind in ("primary", "secondary", "other"):
        count = len(find_structures(record, f"{_OUTCOMES}{kind}Outcomes"))
        found[f"number_of_{kind}_outcomes_to_measure"] = count or None
    rows.add("calculated_values", **found)
