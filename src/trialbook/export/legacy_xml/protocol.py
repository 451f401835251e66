"""What stands in the old XML of a study beside its results? Its elements, in the order of the schema."""

from __future__ import annotations

from typing import Any
from xml.etree.ElementTree import Element, SubElement

from trialbook.export.legacy_xml.elements import (
    add,
    add_block,
    add_date,
    add_dated,
    add_flag,
    add_label,
    add_words,
    find_label,
    write_date,
)
from trialbook.record.address import find_study_address
from trialbook.record.links import document_url
from trialbook.record.texts import find_structures, find_text, find_texts

Record = dict[str, Any]

_P = "protocolSection."
_ID = _P + "identificationModule."
_STATUS = _P + "statusModule."
_SPONSORS = _P + "sponsorCollaboratorsModule."
_DESIGN = _P + "designModule."
_ARMS = _P + "armsInterventionsModule."
_ELIGIBILITY = _P + "eligibilityModule."
_PLACES = _P + "contactsLocationsModule."
_REFERENCES = _P + "referencesModule."
_INVESTIGATORS = ("PRINCIPAL_INVESTIGATOR", "SUB_INVESTIGATOR", "STUDY_CHAIR", "STUDY_DIRECTOR")
_EVENTS = {"RELEASE": "submitted", "RESET": "returned", "UNRELEASE": "submission_canceled"}


def add_protocol(root: Element, record: Record) -> None:
    """Add all but the results."""
    _add_head(root, record)
    _add_oversight(root, record)
    _add_status(root, record)
    _add_design(root, record)
    _add_arms(root, record)
    _add_eligibility(root, record)
    _add_people(root, record)
    _add_references(root, record)
    _add_days(root, record)
    _add_party(root, record)
    _add_terms(root, record)
    _add_ipd(root, record)
    _add_documents(root, record)


def _add_head(root: Element, record: Record) -> None:
    nct_id = find_text(record, _ID + "nctId")
    header = SubElement(root, "required_header")
    day = find_text(record, "derivedSection.miscInfoModule.versionHolder")
    processed = f"ClinicalTrials.gov processed this data on {write_date(day)}" if day else ""
    add(header, "download_date", processed)
    add(header, "link_text", "Link to the current ClinicalTrials.gov record.")
    add(header, "url", find_study_address(record))
    info = SubElement(root, "id_info")
    add(info, "org_study_id", find_text(record, _ID + "orgStudyIdInfo.id"))
    for other in find_texts(record, _ID + "secondaryIdInfos.id"):
        add(info, "secondary_id", other)
    add(info, "nct_id", nct_id)
    for alias in find_texts(record, _ID + "nctIdAliases"):
        add(info, "nct_alias", alias)
    for tag, name in (
        ("brief_title", "briefTitle"),
        ("acronym", "acronym"),
        ("official_title", "officialTitle"),
    ):
        add(root, tag, find_text(record, _ID + name))
    sponsors = SubElement(root, "sponsors")
    for tag, name in (("lead_sponsor", "leadSponsor"), ("collaborator", "collaborators")):
        for each in find_structures(record, _SPONSORS + name):
            sponsor = SubElement(sponsors, tag)
            add(sponsor, "agency", find_text(each, "name"))
            add_label(sponsor, "agency_class", "AgencyClass", each, "class")
    add(root, "source", find_text(record, _ID + "organization.fullName"))


def _add_oversight(root: Element, record: Record) -> None:
    info = SubElement(root, "oversight_info")
    flags = {
        "has_dmc": "oversightHasDmc",
        "is_fda_regulated_drug": "isFdaRegulatedDrug",
        "is_fda_regulated_device": "isFdaRegulatedDevice",
        "is_unapproved_device": "isUnapprovedDevice",
        "is_ppsd": "isPpsd",
        "is_us_export": "isUsExport",
    }
    for tag, name in flags.items():
        add_flag(info, tag, record, f"{_P}oversightModule.{name}")
    add_block(root, "brief_summary", record, _P + "descriptionModule.briefSummary")
    add_block(root, "detailed_description", record, _P + "descriptionModule.detailedDescription")


def _add_status(root: Element, record: Record) -> None:
    add_label(root, "overall_status", "Status", record, _STATUS + "overallStatus")
    add_label(root, "last_known_status", "Status", record, _STATUS + "lastKnownStatus")
    add_words(root, "why_stopped", record, _STATUS + "whyStopped")
    add_dated(root, "start_date", record, _STATUS + "startDateStruct")
    add_dated(root, "completion_date", record, _STATUS + "completionDateStruct")
    add_dated(root, "primary_completion_date", record, _STATUS + "primaryCompletionDateStruct")


def _add_design(root: Element, record: Record) -> None:
    phases = find_texts(record, _DESIGN + "phases")
    add(
        root,
        "phase",
        "/".join("N/A" if each == "NA" else find_label("Phase", each) for each in phases) or "N/A",
    )
    kind = find_label("StudyType", find_text(record, _DESIGN + "studyType"))
    is_registry = find_text(record, _DESIGN + "patientRegistry") == "true"
    add(root, "study_type", kind + (" [Patient Registry]" if is_registry else ""))
    add_flag(root, "has_expanded_access", record, _STATUS + "expandedAccessInfo.hasExpandedAccess")
    if find_structures(record, _DESIGN + "expandedAccessTypes"):
        access = SubElement(root, "expanded_access_info")
        for name in ("individual", "intermediate", "treatment"):
            add_flag(access, f"expanded_access_type_{name}", record, f"{_DESIGN}expandedAccessTypes.{name}")
    info = SubElement(root, "study_design_info")
    path = _DESIGN + "designInfo."
    add_label(info, "allocation", "DesignAllocation", record, path + "allocation")
    add_label(info, "intervention_model", "InterventionalAssignment", record, path + "interventionModel")
    add_words(info, "intervention_model_description", record, path + "interventionModelDescription")
    add_label(info, "primary_purpose", "PrimaryPurpose", record, path + "primaryPurpose")
    add_label(info, "observational_model", "ObservationalModel", record, path + "observationalModel")
    add_label(info, "time_perspective", "DesignTimePerspective", record, path + "timePerspective")
    add(info, "masking", _write_masking(record, path + "maskingInfo."))
    add_words(info, "masking_description", record, path + "maskingInfo.maskingDescription")
    add_words(root, "target_duration", record, _DESIGN + "targetDuration")
    for kind in ("primary", "secondary", "other"):
        for each in find_structures(record, f"{_P}outcomesModule.{kind}Outcomes"):
            outcome = SubElement(root, f"{kind}_outcome")
            add(outcome, "measure", find_text(each, "measure"))
            add(outcome, "time_frame", find_text(each, "timeFrame"))
            add_words(outcome, "description", each, "description")


def _write_masking(record: Record, path: str) -> str:
    level = find_text(record, path + "masking")
    who = [find_label("WhoMasked", each) for each in find_texts(record, path + "whoMasked")]
    if level == "NONE":
        return "None (Open Label)"
    return level.title() + (f" ({', '.join(who)})" if who else "")


def _add_arms(root: Element, record: Record) -> None:
    groups = find_structures(record, _ARMS + "armGroups")
    is_observational = find_text(record, _DESIGN + "studyType") == "OBSERVATIONAL"
    add(root, "number_of_groups" if is_observational else "number_of_arms", str(len(groups) or ""))
    enrollment = find_text(record, _DESIGN + "enrollmentInfo.count")
    kind = find_text(record, _DESIGN + "enrollmentInfo.type")
    if enrollment:
        add(root, "enrollment", enrollment, type=find_label("EnrollmentType", kind) if kind else "")
    for condition in find_texts(record, _P + "conditionsModule.conditions"):
        add(root, "condition", condition)
    for each in groups:
        group = SubElement(root, "arm_group")
        add(group, "arm_group_label", find_text(each, "label"))
        add_label(group, "arm_group_type", "ArmGroupType", each, "type")
        add_words(group, "description", each, "description")
    for each in find_structures(record, _ARMS + "interventions"):
        intervention = SubElement(root, "intervention")
        add_label(intervention, "intervention_type", "InterventionType", each, "type")
        add(intervention, "intervention_name", find_text(each, "name"))
        add_words(intervention, "description", each, "description")
        for tag, name in (("arm_group_label", "armGroupLabels"), ("other_name", "otherNames")):
            for text in find_texts(each, name):
                add(intervention, tag, text)
    add_label(root, "biospec_retention", "BioSpecRetention", record, _DESIGN + "bioSpec.retention")
    add_block(root, "biospec_descr", record, _DESIGN + "bioSpec.description")


def _add_eligibility(root: Element, record: Record) -> None:
    if not find_structures(record, _ELIGIBILITY.removesuffix(".")):
        return
    node = SubElement(root, "eligibility")
    add_block(node, "study_pop", record, _ELIGIBILITY + "studyPopulation")
    add_label(node, "sampling_method", "SamplingMethod", record, _ELIGIBILITY + "samplingMethod")
    add_block(node, "criteria", record, _ELIGIBILITY + "eligibilityCriteria")
    add_label(node, "gender", "Sex", record, _ELIGIBILITY + "sex")
    add_flag(node, "gender_based", record, _ELIGIBILITY + "genderBased")
    add_words(node, "gender_description", record, _ELIGIBILITY + "genderDescription")
    add(node, "minimum_age", find_text(record, _ELIGIBILITY + "minimumAge") or "N/A")
    add(node, "maximum_age", find_text(record, _ELIGIBILITY + "maximumAge") or "N/A")
    volunteers = find_text(record, _ELIGIBILITY + "healthyVolunteers")
    words = {"true": "Accepts Healthy Volunteers", "false": "No"}
    add(node, "healthy_volunteers", words.get(volunteers, volunteers))


def _add_people(root: Element, record: Record) -> None:
    for each in find_structures(record, _PLACES + "overallOfficials"):
        _add_investigator(SubElement(root, "overall_official"), "OfficialRole", each)
    central = find_structures(record, _PLACES + "centralContacts")
    for tag, each in zip(("overall_contact", "overall_contact_backup"), central, strict=False):
        _add_contact(SubElement(root, tag), each)
    locations = find_structures(record, _PLACES + "locations")
    for each in locations:
        _add_location(SubElement(root, "location"), each)
    countries = dict.fromkeys(find_texts(record, _PLACES + "locations.country"))
    removed = find_texts(record, "derivedSection.miscInfoModule.removedCountries")
    for tag, names in (("location_countries", countries), ("removed_countries", removed)):
        if names:
            node = SubElement(root, tag)
            for name in names:
                add(node, "country", name)


def _add_contact(node: Element, contact: Record) -> None:
    add(node, "last_name", find_text(contact, "name"))
    add(node, "phone", find_text(contact, "phone"))
    add(node, "phone_ext", find_text(contact, "phoneExt"))
    add(node, "email", find_text(contact, "email"))


def _add_investigator(node: Element, kind: str, person: Record) -> None:
    add(node, "last_name", find_text(person, "name"))
    add_label(node, "role", kind, person, "role")
    add(node, "affiliation", find_text(person, "affiliation"))


def _add_location(node: Element, location: Record) -> None:
    facility = SubElement(node, "facility")
    add(facility, "name", find_text(location, "facility"))
    address = SubElement(facility, "address")
    for part in ("city", "state", "zip", "country"):
        add(address, part, find_text(location, part))
    add_label(node, "status", "RecruitmentStatus", location, "status")
    people = find_structures(location, "contacts")
    contacts = [each for each in people if find_text(each, "role") not in _INVESTIGATORS]
    for tag, each in zip(("contact", "contact_backup"), contacts, strict=False):
        _add_contact(SubElement(node, tag), each)
    for each in people:
        if find_text(each, "role") in _INVESTIGATORS:
            _add_investigator(SubElement(node, "investigator"), "ContactRole", each)


def _add_references(root: Element, record: Record) -> None:
    for each in find_structures(record, _REFERENCES + "seeAlsoLinks"):
        link = SubElement(root, "link")
        add(link, "url", find_text(each, "url"))
        add_words(link, "description", each, "label")
    found = find_structures(record, _REFERENCES + "references")
    for tag, is_result in (("reference", False), ("results_reference", True)):
        for each in found:
            if (find_text(each, "type") == "RESULT") == is_result:
                reference = SubElement(root, tag)
                add(reference, "citation", find_text(each, "citation"))
                add(reference, "PMID", find_text(each, "pmid"))


def _add_days(root: Element, record: Record) -> None:
    add_date(root, "verification_date", find_text(record, _STATUS + "statusVerifiedDate"))
    for tag, key in (
        ("study_first", "studyFirst"),
        ("results_first", "resultsFirst"),
        ("disposition_first", "dispFirst"),
        ("last_update", "lastUpdate"),
    ):
        add_date(root, f"{tag}_submitted", find_text(record, f"{_STATUS}{key}SubmitDate"))
        add_date(root, f"{tag}_submitted_qc", find_text(record, f"{_STATUS}{key}SubmitQcDate"))
        add_dated(root, f"{tag}_posted", record, f"{_STATUS}{key}PostDateStruct")


def _add_party(root: Element, record: Record) -> None:
    for each in find_structures(record, _SPONSORS + "responsibleParty"):
        party = SubElement(root, "responsible_party")
        add(party, "name_title", find_text(each, "oldNameTitle"))
        add(party, "organization", find_text(each, "oldOrganization"))
        add_label(party, "responsible_party_type", "ResponsiblePartyType", each, "type")
        add(party, "investigator_affiliation", find_text(each, "investigatorAffiliation"))
        add(party, "investigator_full_name", find_text(each, "investigatorFullName"))
        add(party, "investigator_title", find_text(each, "investigatorTitle"))


def _add_terms(root: Element, record: Record) -> None:
    for word in find_texts(record, _P + "conditionsModule.keywords"):
        add(root, "keyword", word)
    for kind in ("condition", "intervention"):
        terms = find_texts(record, f"derivedSection.{kind}BrowseModule.meshes.term")
        if terms:
            node = SubElement(root, f"{kind}_browse")
            for term in terms:
                add(node, "mesh_term", term)


def _add_ipd(root: Element, record: Record) -> None:
    for each in find_structures(record, _P + "ipdSharingStatementModule"):
        node = SubElement(root, "patient_data")
        add_label(node, "sharing_ipd", "IpdSharing", each, "ipdSharing")
        add_words(node, "ipd_description", each, "description")
        for kind in find_texts(each, "infoTypes"):
            add(node, "ipd_info_type", find_label("IpdSharingInfoType", kind))
        add_words(node, "ipd_time_frame", each, "timeFrame")
        add_words(node, "ipd_access_criteria", each, "accessCriteria")
        add(node, "ipd_url", find_text(each, "url"))
    shared = find_structures(record, _REFERENCES + "availIpds")
    if shared:
        documents = SubElement(root, "study_docs")
        for each in shared:
            node = SubElement(documents, "study_doc")
            for tag, name in (("doc_id", "id"), ("doc_type", "type"), ("doc_url", "url")):
                add(node, tag, find_text(each, name))
            add_words(node, "doc_comment", each, "comment")


def _add_documents(root: Element, record: Record) -> None:
    found = find_structures(record, "documentSection.largeDocumentModule.largeDocs")
    nct_id = find_text(record, _ID + "nctId")
    if found:
        section = SubElement(root, "provided_document_section")
        for each in found:
            node = SubElement(section, "provided_document")
            add(node, "document_type", find_text(each, "label"))
            for tag, name in (("protocol", "hasProtocol"), ("icf", "hasIcf"), ("sap", "hasSap")):
                add_flag(node, f"document_has_{tag}", each, name)
            add_date(node, "document_date", find_text(each, "date"))
            name = find_text(each, "filename")
            add(node, "document_url", (document_url(nct_id, name) or name) if name else "")
    path = "annotationSection.annotationModule.unpostedAnnotation.unpostedEvents"
    events = [each for each in find_structures(record, path) if find_text(each, "type") in _EVENTS]
    if events:
        pending = SubElement(root, "pending_results")
        for each in events:
            add(pending, _EVENTS[find_text(each, "type")], write_date(find_text(each, "date")) or "Unknown")
