"""Which tables are there, with which columns of which type? As AACT's published schema `ctgov` of 2024 has them.

`id` numbers the rows of a table, `nct_id` leads to `studies`, and a column `…_id` to the `id` of the table
that its name says (`outcome_id` to `outcomes`).
"""

from __future__ import annotations

from typing import Literal, TypeAlias

Type: TypeAlias = Literal["text", "number", "decimal", "day", "yes_no"]
Value: TypeAlias = str | int | float | bool | None

_GROUP = "result_group_id:number ctgov_group_code"
_MEASURED = (
    f"{_GROUP} classification category title description units param_type param_value "
    "param_value_num:decimal dispersion_type dispersion_value dispersion_value_num:decimal "
    "dispersion_lower_limit:decimal dispersion_upper_limit:decimal explanation_of_na "
)

# Columns without a type are text.
_COLUMNS: dict[str, str] = {
    "studies": (
        "study_first_submitted_date:day results_first_submitted_date:day disposition_first_submitted_date:day "
        "last_update_submitted_date:day study_first_submitted_qc_date:day study_first_posted_date:day "
        "study_first_posted_date_type results_first_submitted_qc_date:day results_first_posted_date:day "
        "results_first_posted_date_type disposition_first_submitted_qc_date:day "
        "disposition_first_posted_date:day disposition_first_posted_date_type last_update_posted_date:day "
        "last_update_posted_date_type start_month_year start_date_type start_date:day "
        "verification_month_year verification_date:day completion_month_year completion_date_type "
        "completion_date:day primary_completion_month_year primary_completion_date_type "
        "primary_completion_date:day target_duration study_type acronym baseline_population brief_title "
        "official_title overall_status last_known_status phase enrollment:number enrollment_type source "
        "limitations_and_caveats number_of_arms:number number_of_groups:number why_stopped "
        "has_expanded_access:yes_no expanded_access_type_individual:yes_no "
        "expanded_access_type_intermediate:yes_no expanded_access_type_treatment:yes_no has_dmc:yes_no "
        "is_fda_regulated_drug:yes_no is_fda_regulated_device:yes_no is_unapproved_device:yes_no "
        "is_ppsd:yes_no is_us_export:yes_no biospec_retention biospec_description ipd_time_frame "
        "ipd_access_criteria ipd_url plan_to_share_ipd plan_to_share_ipd_description source_class "
        "delayed_posting:yes_no expanded_access_nctid expanded_access_status_for_nctid "
        "fdaaa801_violation:yes_no baseline_type_units_analyzed patient_registry:yes_no"
    ),
    "brief_summaries": "description",
    "detailed_descriptions": "description",
    "conditions": "name downcase_name",
    "keywords": "name downcase_name",
    "browse_conditions": "mesh_term downcase_mesh_term mesh_type",
    "browse_interventions": "mesh_term downcase_mesh_term mesh_type",
    "interventions": "intervention_type name description",
    "intervention_other_names": "intervention_id:number name",
    "design_groups": "group_type title description",
    "design_group_interventions": "design_group_id:number intervention_id:number",
    "design_outcomes": "outcome_type measure time_frame population description",
    "designs": (
        "allocation intervention_model observational_model primary_purpose time_perspective masking "
        "masking_description intervention_model_description subject_masked:yes_no caregiver_masked:yes_no "
        "investigator_masked:yes_no outcomes_assessor_masked:yes_no"
    ),
    "eligibilities": (
        "sampling_method gender minimum_age maximum_age healthy_volunteers:yes_no population criteria "
        "gender_description gender_based:yes_no adult:yes_no child:yes_no older_adult:yes_no"
    ),
    "facilities": "status name city state zip country latitude:decimal longitude:decimal",
    "facility_contacts": "facility_id:number contact_type name email phone phone_extension",
    "facility_investigators": "facility_id:number role name",
    "countries": "name removed:yes_no",
    "central_contacts": "contact_type name phone email phone_extension role",
    "overall_officials": "role name affiliation",
    "responsible_parties": "responsible_party_type name title organization affiliation old_name_title",
    "sponsors": "agency_class lead_or_collaborator name",
    "id_information": "id_source id_value id_type id_type_description id_link",
    "links": "url description",
    "documents": "document_id document_type url comment",
    "provided_documents": (
        "document_type has_protocol:yes_no has_icf:yes_no has_sap:yes_no document_date:day url"
    ),
    "study_references": "pmid reference_type citation",
    "retractions": "reference_id:number pmid source",
    "ipd_information_types": "name",
    "pending_results": "event event_date_description event_date:day",
    "participant_flows": "recruitment_details pre_assignment_details units_analyzed",
    "result_groups": "ctgov_group_code result_type title description",
    "milestones": f"{_GROUP} title period description count:number milestone_description count_units",
    "drop_withdrawals": f"{_GROUP} period reason count:number drop_withdraw_comment reason_comment count_units",
    "baseline_counts": f"{_GROUP} units scope count:number",
    "baseline_measurements": (
        _MEASURED + "dispersion_lower_limit_raw dispersion_upper_limit_raw number_analyzed:number "
        "number_analyzed_units population_description calculate_percentage"
    ),
    "outcomes": (
        "outcome_type title description time_frame population anticipated_posting_date:day "
        "anticipated_posting_month_year units units_analyzed dispersion_type param_type"
    ),
    "outcome_counts": f"outcome_id:number {_GROUP} scope units count:number",
    "outcome_measurements": (
        f"outcome_id:number {_MEASURED}dispersion_lower_limit_raw dispersion_upper_limit_raw"
    ),
    "outcome_analyses": (
        "outcome_id:number non_inferiority_type non_inferiority_description param_type param_value:decimal "
        "dispersion_type dispersion_value:decimal p_value_modifier p_value:decimal ci_n_sides ci_percent:decimal "
        "ci_lower_limit:decimal ci_upper_limit:decimal ci_lower_limit_na_comment ci_upper_limit_na_comment "
        "p_value_description method method_description estimate_description groups_description "
        "other_analysis_description ci_lower_limit_raw ci_upper_limit_raw p_value_raw"
    ),
    "outcome_analysis_groups": f"outcome_analysis_id:number {_GROUP}",
    "reported_events": (
        f"{_GROUP} time_frame event_type default_vocab default_assessment subjects_affected:number "
        "subjects_at_risk:number description event_count:number organ_system adverse_event_term "
        "frequency_threshold vocab assessment"
    ),
    "reported_event_totals": (
        "ctgov_group_code event_type classification subjects_affected:number subjects_at_risk:number"
    ),
    "result_agreements": "pi_employee restriction_type restrictive_agreement other_details",
    "result_contacts": "organization name phone email extension",
    "calculated_values": (
        "number_of_facilities:number were_results_reported:yes_no has_us_facility:yes_no "
        "has_single_facility:yes_no registered_in_calendar_year:number minimum_age_num:number "
        "maximum_age_num:number minimum_age_unit maximum_age_unit "
        "number_of_primary_outcomes_to_measure:number number_of_secondary_outcomes_to_measure:number "
        "number_of_other_outcomes_to_measure:number"
    ),
}


def _read_columns(name: str, written: str) -> dict[str, Type]:
    columns: dict[str, Type] = {} if name == "studies" else {"id": "number"}
    columns["nct_id"] = "text"
    for each in written.split():
        column, _, kind = each.partition(":")
        columns[column] = kind or "text"  # type: ignore[assignment]
    return columns


TABLES: dict[str, dict[str, Type]] = {
    name: _read_columns(name, written) for name, written in _COLUMNS.items()
}
# The tables whose name is not that of the column that leads to them, made plural.
_REFERRED = {"facility_id": "facilities", "outcome_analysis_id": "outcome_analyses"} | {
    "reference_id": "study_references"
}


def find_referred(column: str) -> str:
    """The table that a column leads to, "" where it leads to none.

    >>> find_referred("outcome_id"), find_referred("facility_id"), find_referred("nct_id"), find_referred("title")
    ('outcomes', 'facilities', 'studies', '')
    """
    if column == "nct_id":
        return "studies"
    named = _REFERRED.get(column, column.removesuffix("_id") + "s")
    return named if column.endswith("_id") and named in TABLES and column != "document_id" else ""
