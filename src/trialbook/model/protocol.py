"""What was planned and registered: every element of `protocolSection` (OpenAPI 2.0.5).

Made by `python -m tools.registry_model`; absent elements are None, absent lists ().
"""

from __future__ import annotations

import msgspec

from trialbook.model.ages import Age
from trialbook.model.dates import PartialDate
from trialbook.model.element import Element
from trialbook.model.eligibility import WithCriteria
from trialbook.model.enums import (
    AgencyClass,
    ArmGroupType,
    BioSpecRetention,
    ContactRole,
    DateType,
    DesignAllocation,
    DesignMasking,
    DesignTimePerspective,
    EnrollmentType,
    ExpandedAccessStatus,
    InterventionalAssignment,
    InterventionType,
    IpdSharing,
    IpdSharingInfoType,
    ObservationalModel,
    OfficialRole,
    OrgStudyIdType,
    Phase,
    PrimaryPurpose,
    RecruitmentStatus,
    ReferenceType,
    ResponsiblePartyType,
    SamplingMethod,
    SecondaryIdType,
    Sex,
    StandardAge,
    Status,
    StudyType,
    WhoMasked,
)


class OrgStudyIdInfo(Element, frozen=True):
    """Org Study Id Info (`protocolSection.identificationModule.orgStudyIdInfo`)."""

    id: str | None = None
    type: OrgStudyIdType | None = None
    link: str | None = None


class SecondaryIdInfo(Element, frozen=True):
    """Secondary Id Info (`protocolSection.identificationModule.secondaryIdInfos`)."""

    id: str | None = None
    type: SecondaryIdType | None = None
    domain: str | None = None
    link: str | None = None


class Organization(Element, frozen=True):
    """Organization (`protocolSection.identificationModule.organization`)."""

    full_name: str | None = None
    class_: AgencyClass | None = msgspec.field(default=None, name="class")


class IdentificationModule(Element, frozen=True):
    """Identification Module (`protocolSection.identificationModule`)."""

    nct_id: str | None = None
    nct_id_aliases: tuple[str, ...] = ()
    org_study_id_info: OrgStudyIdInfo | None = None
    secondary_id_infos: tuple[SecondaryIdInfo, ...] = ()
    brief_title: str | None = None
    official_title: str | None = None
    acronym: str | None = None
    organization: Organization | None = None


class ExpandedAccessInfo(Element, frozen=True):
    """Expanded Access Info (`protocolSection.statusModule.expandedAccessInfo`)."""

    has_expanded_access: bool | None = None
    nct_id: str | None = None
    status_for_nct_id: ExpandedAccessStatus | None = None


class PartialDateStruct(Element, frozen=True):
    """Partial Date Struct (`protocolSection.statusModule.startDateStruct`)."""

    date: PartialDate | None = None
    type: DateType | None = None


class DateStruct(Element, frozen=True):
    """Date Struct (`protocolSection.statusModule.studyFirstPostDateStruct`)."""

    date: PartialDate | None = None
    type: DateType | None = None


class StatusModule(Element, frozen=True):
    """Status Module (`protocolSection.statusModule`)."""

    status_verified_date: PartialDate | None = None
    overall_status: Status | None = None
    last_known_status: Status | None = None
    delayed_posting: bool | None = None
    why_stopped: str | None = None
    expanded_access_info: ExpandedAccessInfo | None = None
    start_date_struct: PartialDateStruct | None = None
    primary_completion_date_struct: PartialDateStruct | None = None
    completion_date_struct: PartialDateStruct | None = None
    study_first_submit_date: PartialDate | None = None
    study_first_submit_qc_date: PartialDate | None = None
    study_first_post_date_struct: DateStruct | None = None
    results_waived: bool | None = None
    results_first_submit_date: PartialDate | None = None
    results_first_submit_qc_date: PartialDate | None = None
    results_first_post_date_struct: DateStruct | None = None
    disp_first_submit_date: PartialDate | None = None
    disp_first_submit_qc_date: PartialDate | None = None
    disp_first_post_date_struct: DateStruct | None = None
    last_update_submit_date: PartialDate | None = None
    last_update_post_date_struct: DateStruct | None = None


class ResponsibleParty(Element, frozen=True):
    """Responsible Party (`protocolSection.sponsorCollaboratorsModule.responsibleParty`)."""

    type: ResponsiblePartyType | None = None
    investigator_full_name: str | None = None
    investigator_title: str | None = None
    investigator_affiliation: str | None = None
    old_name_title: str | None = None
    old_organization: str | None = None


class Sponsor(Element, frozen=True):
    """Sponsor (`protocolSection.sponsorCollaboratorsModule.leadSponsor`)."""

    name: str | None = None
    class_: AgencyClass | None = msgspec.field(default=None, name="class")


class SponsorCollaboratorsModule(Element, frozen=True):
    """Sponsor Collaborators Module (`protocolSection.sponsorCollaboratorsModule`)."""

    responsible_party: ResponsibleParty | None = None
    lead_sponsor: Sponsor | None = None
    collaborators: tuple[Sponsor, ...] = ()


class OversightModule(Element, frozen=True):
    """Oversight Module (`protocolSection.oversightModule`)."""

    oversight_has_dmc: bool | None = None
    is_fda_regulated_drug: bool | None = None
    is_fda_regulated_device: bool | None = None
    is_unapproved_device: bool | None = None
    is_ppsd: bool | None = None
    is_us_export: bool | None = None
    fdaaa801_violation: bool | None = None


class DescriptionModule(Element, frozen=True):
    """Description Module (`protocolSection.descriptionModule`)."""

    brief_summary: str | None = None
    detailed_description: str | None = None


class ConditionsModule(Element, frozen=True):
    """Conditions Module (`protocolSection.conditionsModule`)."""

    conditions: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()


class ExpandedAccessTypes(Element, frozen=True):
    """Expanded Access Types (`protocolSection.designModule.expandedAccessTypes`)."""

    individual: bool | None = None
    intermediate: bool | None = None
    treatment: bool | None = None


class MaskingBlock(Element, frozen=True):
    """Masking Block (`protocolSection.designModule.designInfo.maskingInfo`)."""

    masking: DesignMasking | None = None
    masking_description: str | None = None
    who_masked: tuple[WhoMasked, ...] = ()


class DesignInfo(Element, frozen=True):
    """Design Info (`protocolSection.designModule.designInfo`)."""

    allocation: DesignAllocation | None = None
    intervention_model: InterventionalAssignment | None = None
    intervention_model_description: str | None = None
    primary_purpose: PrimaryPurpose | None = None
    observational_model: ObservationalModel | None = None
    time_perspective: DesignTimePerspective | None = None
    masking_info: MaskingBlock | None = None


class BioSpec(Element, frozen=True):
    """Bio Spec (`protocolSection.designModule.bioSpec`)."""

    retention: BioSpecRetention | None = None
    description: str | None = None


class EnrollmentInfo(Element, frozen=True):
    """Enrollment Info (`protocolSection.designModule.enrollmentInfo`)."""

    count: int | None = None
    type: EnrollmentType | None = None


class DesignModule(Element, frozen=True):
    """Design Module (`protocolSection.designModule`)."""

    study_type: StudyType | None = None
    n_ptrs_to_this_exp_acc_nct_id: int | None = None
    expanded_access_types: ExpandedAccessTypes | None = None
    patient_registry: bool | None = None
    target_duration: str | None = None
    phases: tuple[Phase, ...] = ()
    design_info: DesignInfo | None = None
    bio_spec: BioSpec | None = None
    enrollment_info: EnrollmentInfo | None = None


class ArmGroup(Element, frozen=True):
    """Arm Group (`protocolSection.armsInterventionsModule.armGroups`)."""

    label: str | None = None
    type: ArmGroupType | None = None
    description: str | None = None
    intervention_names: tuple[str, ...] = ()


class Intervention(Element, frozen=True):
    """Intervention (`protocolSection.armsInterventionsModule.interventions`)."""

    type: InterventionType | None = None
    name: str | None = None
    description: str | None = None
    arm_group_labels: tuple[str, ...] = ()
    other_names: tuple[str, ...] = ()


class ArmsInterventionsModule(Element, frozen=True):
    """Arms Interventions Module (`protocolSection.armsInterventionsModule`)."""

    arm_groups: tuple[ArmGroup, ...] = ()
    interventions: tuple[Intervention, ...] = ()


class Outcome(Element, frozen=True):
    """Outcome (`protocolSection.outcomesModule.primaryOutcomes`)."""

    measure: str | None = None
    description: str | None = None
    time_frame: str | None = None


class OutcomesModule(Element, frozen=True):
    """Outcomes Module (`protocolSection.outcomesModule`)."""

    primary_outcomes: tuple[Outcome, ...] = ()
    secondary_outcomes: tuple[Outcome, ...] = ()
    other_outcomes: tuple[Outcome, ...] = ()


class EligibilityModule(WithCriteria, frozen=True):
    """Eligibility Module (`protocolSection.eligibilityModule`)."""

    eligibility_criteria: str | None = None
    healthy_volunteers: bool | None = None
    sex: Sex | None = None
    gender_based: bool | None = None
    gender_description: str | None = None
    minimum_age: Age | None = None
    maximum_age: Age | None = None
    std_ages: tuple[StandardAge, ...] = ()
    study_population: str | None = None
    sampling_method: SamplingMethod | None = None


class Contact(Element, frozen=True):
    """Contact (`protocolSection.contactsLocationsModule.centralContacts`)."""

    name: str | None = None
    role: ContactRole | None = None
    phone: str | None = None
    phone_ext: str | None = None
    email: str | None = None


class Official(Element, frozen=True):
    """Official (`protocolSection.contactsLocationsModule.overallOfficials`)."""

    name: str | None = None
    affiliation: str | None = None
    role: OfficialRole | None = None


class GeoPoint(Element, frozen=True):
    """Geo Point (`protocolSection.contactsLocationsModule.locations.geoPoint`)."""

    lat: float | None = None
    lon: float | None = None


class Location(Element, frozen=True):
    """Location (`protocolSection.contactsLocationsModule.locations`)."""

    facility: str | None = None
    status: RecruitmentStatus | None = None
    city: str | None = None
    state: str | None = None
    zip: str | None = None
    country: str | None = None
    contacts: tuple[Contact, ...] = ()
    geo_point: GeoPoint | None = None


class ContactsLocationsModule(Element, frozen=True):
    """Contacts Locations Module (`protocolSection.contactsLocationsModule`)."""

    central_contacts: tuple[Contact, ...] = ()
    overall_officials: tuple[Official, ...] = ()
    locations: tuple[Location, ...] = ()


class Retraction(Element, frozen=True):
    """Retraction (`protocolSection.referencesModule.references.retractions`)."""

    pmid: str | None = None
    source: str | None = None


class Reference(Element, frozen=True):
    """Reference (`protocolSection.referencesModule.references`)."""

    pmid: str | None = None
    type: ReferenceType | None = None
    citation: str | None = None
    retractions: tuple[Retraction, ...] = ()


class SeeAlsoLink(Element, frozen=True):
    """See Also Link (`protocolSection.referencesModule.seeAlsoLinks`)."""

    label: str | None = None
    url: str | None = None


class AvailIpd(Element, frozen=True):
    """Avail IPD (`protocolSection.referencesModule.availIpds`)."""

    id: str | None = None
    type: str | None = None
    url: str | None = None
    comment: str | None = None


class ReferencesModule(Element, frozen=True):
    """References Module (`protocolSection.referencesModule`)."""

    references: tuple[Reference, ...] = ()
    see_also_links: tuple[SeeAlsoLink, ...] = ()
    avail_ipds: tuple[AvailIpd, ...] = ()


class IpdSharingStatementModule(Element, frozen=True):
    """IPD Sharing Statement Module (`protocolSection.ipdSharingStatementModule`)."""

    ipd_sharing: IpdSharing | None = None
    description: str | None = None
    info_types: tuple[IpdSharingInfoType, ...] = ()
    time_frame: str | None = None
    access_criteria: str | None = None
    url: str | None = None


class ProtocolSection(Element, frozen=True):
    """Protocol Section (`protocolSection`)."""

    identification_module: IdentificationModule | None = None
    status_module: StatusModule | None = None
    sponsor_collaborators_module: SponsorCollaboratorsModule | None = None
    oversight_module: OversightModule | None = None
    description_module: DescriptionModule | None = None
    conditions_module: ConditionsModule | None = None
    design_module: DesignModule | None = None
    arms_interventions_module: ArmsInterventionsModule | None = None
    outcomes_module: OutcomesModule | None = None
    eligibility_module: EligibilityModule | None = None
    contacts_locations_module: ContactsLocationsModule | None = None
    references_module: ReferencesModule | None = None
    ipd_sharing_statement_module: IpdSharingStatementModule | None = None
