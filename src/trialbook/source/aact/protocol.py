"""What do a study's rows in an AACT export say of its protocol, in the shape of API v2?"""

from __future__ import annotations

from typing import Any

from trialbook.source.aact.cells import (
    Convert,
    as_bool,
    as_day,
    as_int,
    enum,
    keep,
    pick,
    read_dated,
    read_partial_date,
    read_posted,
)
from trialbook.source.aact.tables import Row
from trialbook.source.spellings import as_enum, as_intervention_label, as_phases

Tables = dict[str, list[Row]]

_REGISTRY_TAG = " [Patient Registry]"


def read_protocol(nct_id: str, tables: Tables) -> dict[str, Any]:
    """Map the protocol tables to `protocolSection`; what they do not hold is absent."""
    study = tables["studies"][0]
    return keep(
        identificationModule=_read_identification(nct_id, study, tables),
        statusModule=_read_status(study),
        sponsorCollaboratorsModule=_read_sponsors(tables),
        oversightModule=_read_oversight(study),
        descriptionModule=keep(
            briefSummary=_first(tables, "brief_summaries").get("description"),
            detailedDescription=_first(tables, "detailed_descriptions").get("description"),
        ),
        conditionsModule=keep(conditions=_names(tables, "conditions"), keywords=_names(tables, "keywords")),
        designModule=_read_design(study, _first(tables, "designs")),
        armsInterventionsModule=_read_arms(tables),
        outcomesModule=_read_outcomes(tables),
        eligibilityModule=_read_eligibility(_first(tables, "eligibilities")),
        contactsLocationsModule=_read_contacts(tables),
        referencesModule=_read_references(tables),
        ipdSharingStatementModule=_read_ipd(study, tables),
    )


def _first(tables: Tables, name: str) -> Row:
    rows = tables.get(name)
    return rows[0] if rows else {}


def _names(tables: Tables, name: str) -> list[str]:
    return [row["name"] for row in tables.get(name, []) if "name" in row]


def _read_identification(nct_id: str, study: Row, tables: Tables) -> dict[str, Any]:
    aliases: list[str] = []
    secondary: list[dict[str, Any]] = []
    own: dict[str, Any] = {}
    for row in tables.get("id_information", []):
        # Exports before 2022 name the source in `id_type` and have no types.
        source = row.get("id_source") or row.get("id_type", "")
        kind = row.get("id_type", "") if "id_source" in row else ""
        info = pick(row, {"id": "id_value", "domain": "id_type_description", "link": "id_link"})
        if kind:
            info["type"] = as_enum("SecondaryIdType", kind)
        if source == "nct_alias":
            aliases.append(row.get("id_value", ""))
        elif source == "org_study_id":
            own = {key: info[key] for key in ("id", "type", "link") if key in info}
        else:
            secondary.append({key: info[key] for key in ("id", "type", "domain", "link") if key in info})
    organization: dict[str, str | tuple[str, Convert]] = {
        "fullName": "source",
        "class": ("source_class", enum("AgencyClass")),
    }
    return keep(
        nctId=nct_id,
        nctIdAliases=aliases,
        orgStudyIdInfo=own,
        secondaryIdInfos=secondary,
        organization=pick(study, organization),
        **pick(study, {"briefTitle": "brief_title", "officialTitle": "official_title", "acronym": "acronym"}),
    )


def _read_status(study: Row) -> dict[str, Any]:
    expanded: dict[str, str | tuple[str, Convert]] = {
        "hasExpandedAccess": ("has_expanded_access", as_bool),
        "nctId": "expanded_access_nctid",
        "statusForNctId": ("expanded_access_status_for_nctid", enum("ExpandedAccessStatus")),
    }
    return keep(
        statusVerifiedDate=_read_verified(study),
        **pick(
            study,
            {
                "overallStatus": ("overall_status", enum("Status")),
                "lastKnownStatus": ("last_known_status", enum("Status")),
                "delayedPosting": ("delayed_posting", as_bool),
                "whyStopped": "why_stopped",
            },
        ),
        expandedAccessInfo=pick(study, expanded),
        startDateStruct=read_dated(study, "start"),
        primaryCompletionDateStruct=read_dated(study, "primary_completion"),
        completionDateStruct=read_dated(study, "completion"),
        **pick(study, _submitted("studyFirst", "study_first")),
        studyFirstPostDateStruct=read_posted(study, "study_first_posted"),
        **pick(study, _submitted("resultsFirst", "results_first")),
        resultsFirstPostDateStruct=read_posted(study, "results_first_posted"),
        **pick(study, _submitted("dispFirst", "disposition_first")),
        dispFirstPostDateStruct=read_posted(study, "disposition_first_posted"),
        **pick(study, {"lastUpdateSubmitDate": ("last_update_submitted_date", as_day)}),
        lastUpdatePostDateStruct=read_posted(study, "last_update_posted"),
    )


def _read_verified(study: Row) -> str | None:
    """Read the month of verification: the registry never has the day that the table pads it to."""
    date = read_partial_date(study, "verification")
    return date[:7] if date and not study.get("verification_month_year") else date


def _submitted(key: str, column: str) -> dict[str, str | tuple[str, Convert]]:
    return {
        f"{key}SubmitDate": (f"{column}_submitted_date", as_day),
        f"{key}SubmitQcDate": (f"{column}_submitted_qc_date", as_day),
    }


def _read_sponsors(tables: Tables) -> dict[str, Any]:
    rows = tables.get("sponsors", [])
    wanted: dict[str, str | tuple[str, Convert]] = {
        "name": "name",
        "class": ("agency_class", enum("AgencyClass")),
    }
    lead = [pick(row, wanted) for row in rows if row.get("lead_or_collaborator", "").casefold() == "lead"]
    others = [pick(row, wanted) for row in rows if row.get("lead_or_collaborator", "").casefold() != "lead"]
    party = pick(
        _first(tables, "responsible_parties"),
        {
            "type": ("responsible_party_type", enum("ResponsiblePartyType")),
            "investigatorFullName": "name",
            "investigatorTitle": "title",
            "investigatorAffiliation": "affiliation",
            "oldNameTitle": "old_name_title",
            "oldOrganization": "organization",
        },
    )
    return keep(responsibleParty=party, leadSponsor=lead[0] if lead else None, collaborators=others)


def _read_oversight(study: Row) -> dict[str, Any]:
    return pick(
        study,
        {
            "oversightHasDmc": ("has_dmc", as_bool),
            "isFdaRegulatedDrug": ("is_fda_regulated_drug", as_bool),
            "isFdaRegulatedDevice": ("is_fda_regulated_device", as_bool),
            "isUnapprovedDevice": ("is_unapproved_device", as_bool),
            "isPpsd": ("is_ppsd", as_bool),
            "isUsExport": ("is_us_export", as_bool),
            "fdaaa801Violation": ("fdaaa801_violation", as_bool),
        },
    )


def _read_design(study: Row, design: Row) -> dict[str, Any]:
    study_type = study.get("study_type", "")
    is_registry = study_type.casefold().endswith(_REGISTRY_TAG.casefold())
    if is_registry:
        study_type = study_type[: -len(_REGISTRY_TAG)]
    access: dict[str, str | tuple[str, Convert]] = {
        kind: (f"expanded_access_type_{kind}", as_bool)
        for kind in ("individual", "intermediate", "treatment")
    }
    return keep(
        studyType=as_enum("StudyType", study_type) if study_type else None,
        expandedAccessTypes=pick(study, access),
        patientRegistry=True if is_registry else as_bool(study.get("patient_registry", "")),
        targetDuration=study.get("target_duration"),
        phases=as_phases(study.get("phase", "")),
        designInfo=_read_design_info(design),
        bioSpec=pick(
            study,
            {
                "retention": ("biospec_retention", enum("BioSpecRetention")),
                "description": "biospec_description",
            },
        ),
        enrollmentInfo=pick(
            study, {"count": ("enrollment", as_int), "type": ("enrollment_type", enum("EnrollmentType"))}
        ),
    )


def _read_design_info(design: Row) -> dict[str, Any]:
    roles = {
        "subject_masked": "PARTICIPANT",
        "caregiver_masked": "CARE_PROVIDER",
        "investigator_masked": "INVESTIGATOR",
        "outcomes_assessor_masked": "OUTCOMES_ASSESSOR",
    }
    masking = keep(
        **pick(
            design,
            {"masking": ("masking", enum("DesignMasking")), "maskingDescription": "masking_description"},
        ),
        whoMasked=[role for column, role in roles.items() if as_bool(design.get(column, ""))],
    )
    wanted: dict[str, str | tuple[str, Convert]] = {
        "allocation": ("allocation", enum("DesignAllocation")),
        "interventionModel": ("intervention_model", enum("InterventionalAssignment")),
        "interventionModelDescription": "intervention_model_description",
        "primaryPurpose": ("primary_purpose", enum("PrimaryPurpose")),
        "observationalModel": ("observational_model", enum("ObservationalModel")),
        "timePerspective": ("time_perspective", enum("DesignTimePerspective")),
    }
    return keep(**pick(design, wanted), maskingInfo=masking)


def _read_arms(tables: Tables) -> dict[str, Any]:
    """Map arms and interventions, which a table of pairs of their row ids joins."""
    arms = {
        row.get("id", ""): pick(
            row,
            {"label": "title", "type": ("group_type", enum("ArmGroupType")), "description": "description"},
        )
        for row in tables.get("design_groups", [])
    }
    wanted: dict[str, str | tuple[str, Convert]] = {
        "type": ("intervention_type", enum("InterventionType")),
        "name": "name",
        "description": "description",
    }
    interventions = {row.get("id", ""): pick(row, wanted) for row in tables.get("interventions", [])}
    for row in tables.get("design_group_interventions", []):
        arm = arms.get(row.get("design_group_id", ""))
        intervention = interventions.get(row.get("intervention_id", ""))
        if arm is not None and intervention is not None:
            kind = intervention.get("type")
            prefix = f"{as_intervention_label(kind)}: " if kind else ""
            arm.setdefault("interventionNames", []).append(f"{prefix}{intervention.get('name', '')}")
            intervention.setdefault("armGroupLabels", []).append(arm.get("label", ""))
    for row in tables.get("intervention_other_names", []):
        intervention = interventions.get(row.get("intervention_id", ""))
        if intervention is not None and "name" in row:
            intervention.setdefault("otherNames", []).append(row["name"])
    return keep(armGroups=list(arms.values()), interventions=list(interventions.values()))


def _read_outcomes(tables: Tables) -> dict[str, Any]:
    kinds: dict[str, list[dict[str, Any]]] = {"primary": [], "secondary": [], "other": []}
    for row in tables.get("design_outcomes", []):
        outcome = pick(row, {"measure": "measure", "description": "description", "timeFrame": "time_frame"})
        kinds.get(row.get("outcome_type", "").casefold(), kinds["other"]).append(outcome)
    return keep(**{f"{kind}Outcomes": outcomes for kind, outcomes in kinds.items()})


def _read_eligibility(row: Row) -> dict[str, Any]:
    ages = {"child": "CHILD", "adult": "ADULT", "older_adult": "OLDER_ADULT"}
    return keep(
        **pick(
            row,
            {
                "eligibilityCriteria": "criteria",
                "healthyVolunteers": ("healthy_volunteers", as_bool),
                "sex": ("gender", enum("Sex")),
                "genderBased": ("gender_based", as_bool),
                "genderDescription": "gender_description",
                "minimumAge": ("minimum_age", _as_age),
                "maximumAge": ("maximum_age", _as_age),
            },
        ),
        stdAges=[age for column, age in ages.items() if as_bool(row.get(column, ""))],
        **pick(
            row,
            {"studyPopulation": "population", "samplingMethod": ("sampling_method", enum("SamplingMethod"))},
        ),
    )


def _as_age(cell: str) -> str | None:
    """Read an age; the table says `N/A` where the registry has none."""
    return None if cell.upper() in ("N/A", "NA") else cell


def _read_contacts(tables: Tables) -> dict[str, Any]:
    central: dict[str, str | tuple[str, Convert]] = {
        "name": "name",
        "role": ("role", enum("ContactRole")),
        "phone": "phone",
        "phoneExt": "phone_extension",
        "email": "email",
    }
    official: dict[str, str | tuple[str, Convert]] = {
        "name": "name",
        "affiliation": "affiliation",
        "role": ("role", enum("OfficialRole")),
    }
    return keep(
        centralContacts=[pick(row, central) for row in tables.get("central_contacts", [])],
        overallOfficials=[pick(row, official) for row in tables.get("overall_officials", [])],
        locations=_read_locations(tables),
    )


def _read_locations(tables: Tables) -> list[dict[str, Any]]:
    people: dict[str, list[dict[str, Any]]] = {}
    for row in tables.get("facility_contacts", []):
        # The table holds those whose role is Contact and therefore has no column for it.
        contact = {"name": "name", "phone": "phone", "phoneExt": "phone_extension", "email": "email"}
        person = pick(row, {**contact})
        people.setdefault(row.get("facility_id", ""), []).append(
            keep(name=person.pop("name", None), role="CONTACT", **person)
        )
    for row in tables.get("facility_investigators", []):
        person = pick(row, {"name": "name", "role": ("role", enum("ContactRole"))})
        people.setdefault(row.get("facility_id", ""), []).append(person)
    locations = []
    for row in tables.get("facilities", []):
        place = pick(
            row,
            {
                "facility": "name",
                "status": ("status", enum("RecruitmentStatus")),
                "city": "city",
                "state": "state",
                "zip": "zip",
                "country": "country",
            },
        )
        locations.append(keep(**place, contacts=people.get(row.get("id", "")), geoPoint=_read_point(row)))
    return locations


def _read_point(row: Row) -> dict[str, float] | None:
    """Read the coordinates that exports since 2024 have."""
    try:
        point = {"lat": float(row["latitude"]), "lon": float(row["longitude"])}
    except (KeyError, ValueError):
        return None
    return point if abs(point["lat"]) <= 90 and abs(point["lon"]) <= 180 else None


def _read_references(tables: Tables) -> dict[str, Any]:
    retractions: dict[str, list[dict[str, Any]]] = {}
    for row in tables.get("retractions", []):
        found = pick(row, {"pmid": "pmid", "source": "source"})
        retractions.setdefault(row.get("reference_id", ""), []).append(found)
    reference: dict[str, str | tuple[str, Convert]] = {
        "pmid": "pmid",
        "type": ("reference_type", enum("ReferenceType")),
        "citation": "citation",
    }
    available: dict[str, str | tuple[str, Convert]] = {
        "id": "document_id",
        "type": "document_type",
        "url": "url",
        "comment": "comment",
    }
    return keep(
        references=[
            keep(**pick(row, reference), retractions=retractions.get(row.get("id", "")))
            for row in tables.get("study_references", [])
        ],
        seeAlsoLinks=[pick(row, {"label": "description", "url": "url"}) for row in tables.get("links", [])],
        availIpds=[pick(row, available) for row in tables.get("documents", [])],
    )


def _read_ipd(study: Row, tables: Tables) -> dict[str, Any]:
    types = [as_enum("IpdSharingInfoType", name) for name in _names(tables, "ipd_information_types")]
    return keep(
        **pick(
            study,
            {
                "ipdSharing": ("plan_to_share_ipd", enum("IpdSharing")),
                "description": "plan_to_share_ipd_description",
            },
        ),
        infoTypes=types,
        **pick(
            study,
            {"timeFrame": "ipd_time_frame", "accessCriteria": "ipd_access_criteria", "url": "ipd_url"},
        ),
    )
