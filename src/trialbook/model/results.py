"""What was found: every element of `resultsSection` (OpenAPI 2.0.5).

Made by `python -m tools.registry_model`; absent elements are None, absent lists ().
"""

from __future__ import annotations

from trialbook.model.dates import PartialDate
from trialbook.model.element import Element
from trialbook.model.enums import (
    AgreementRestrictionType,
    AnalysisDispersionType,
    ConfidenceIntervalNumSides,
    EventAssessment,
    MeasureDispersionType,
    MeasureParam,
    NonInferiorityType,
    OutcomeMeasureType,
    ReportingStatus,
)


class FlowGroup(Element, frozen=True):
    """Flow Group (`resultsSection.participantFlowModule.groups`)."""

    id: str | None = None
    title: str | None = None
    description: str | None = None


class FlowStats(Element, frozen=True):
    """Flow Stats (`resultsSection.participantFlowModule.periods.milestones.achievements`)."""

    group_id: str | None = None
    comment: str | None = None
    num_subjects: str | None = None
    num_units: str | None = None


class FlowMilestone(Element, frozen=True):
    """Flow Milestone (`resultsSection.participantFlowModule.periods.milestones`)."""

    type: str | None = None
    comment: str | None = None
    achievements: tuple[FlowStats, ...] = ()


class DropWithdraw(Element, frozen=True):
    """Drop Withdraw (`resultsSection.participantFlowModule.periods.dropWithdraws`)."""

    type: str | None = None
    comment: str | None = None
    reasons: tuple[FlowStats, ...] = ()


class FlowPeriod(Element, frozen=True):
    """Flow Period (`resultsSection.participantFlowModule.periods`)."""

    title: str | None = None
    milestones: tuple[FlowMilestone, ...] = ()
    drop_withdraws: tuple[DropWithdraw, ...] = ()


class ParticipantFlowModule(Element, frozen=True):
    """Participant Flow Module (`resultsSection.participantFlowModule`)."""

    pre_assignment_details: str | None = None
    recruitment_details: str | None = None
    type_units_analyzed: str | None = None
    groups: tuple[FlowGroup, ...] = ()
    periods: tuple[FlowPeriod, ...] = ()


class MeasureGroup(Element, frozen=True):
    """Measure Group (`resultsSection.baselineCharacteristicsModule.groups`)."""

    id: str | None = None
    title: str | None = None
    description: str | None = None


class DenomCount(Element, frozen=True):
    """Denom Count (`resultsSection.baselineCharacteristicsModule.denoms.counts`)."""

    group_id: str | None = None
    value: str | None = None


class Denom(Element, frozen=True):
    """Denom (`resultsSection.baselineCharacteristicsModule.denoms`)."""

    units: str | None = None
    counts: tuple[DenomCount, ...] = ()


class Measurement(Element, frozen=True):
    """One cell of a table (`resultsSection.….classes.categories.measurements`)."""

    group_id: str | None = None
    value: str | None = None
    spread: str | None = None
    lower_limit: str | None = None
    upper_limit: str | None = None
    comment: str | None = None


class MeasureCategory(Element, frozen=True):
    """Measure Category (`resultsSection.baselineCharacteristicsModule.measures.classes.categories`)."""

    title: str | None = None
    measurements: tuple[Measurement, ...] = ()


class MeasureClass(Element, frozen=True):
    """Measure Class (`resultsSection.baselineCharacteristicsModule.measures.classes`)."""

    title: str | None = None
    denoms: tuple[Denom, ...] = ()
    categories: tuple[MeasureCategory, ...] = ()


class BaselineMeasure(Element, frozen=True):
    """Baseline Measure (`resultsSection.baselineCharacteristicsModule.measures`)."""

    title: str | None = None
    description: str | None = None
    population_description: str | None = None
    param_type: MeasureParam | None = None
    dispersion_type: MeasureDispersionType | None = None
    unit_of_measure: str | None = None
    calculate_pct: bool | None = None
    denom_units_selected: str | None = None
    denoms: tuple[Denom, ...] = ()
    classes: tuple[MeasureClass, ...] = ()


class BaselineCharacteristicsModule(Element, frozen=True):
    """Baseline Characteristics Module (`resultsSection.baselineCharacteristicsModule`)."""

    population_description: str | None = None
    type_units_analyzed: str | None = None
    groups: tuple[MeasureGroup, ...] = ()
    denoms: tuple[Denom, ...] = ()
    measures: tuple[BaselineMeasure, ...] = ()


class MeasureAnalysis(Element, frozen=True):
    """Measure Analysis (`resultsSection.outcomeMeasuresModule.outcomeMeasures.analyses`)."""

    param_type: str | None = None
    param_value: str | None = None
    dispersion_type: AnalysisDispersionType | None = None
    dispersion_value: str | None = None
    statistical_method: str | None = None
    statistical_comment: str | None = None
    p_value: str | None = None
    p_value_comment: str | None = None
    ci_num_sides: ConfidenceIntervalNumSides | None = None
    ci_pct_value: str | None = None
    ci_lower_limit: str | None = None
    ci_upper_limit: str | None = None
    ci_lower_limit_comment: str | None = None
    ci_upper_limit_comment: str | None = None
    estimate_comment: str | None = None
    tested_non_inferiority: bool | None = None
    non_inferiority_type: NonInferiorityType | None = None
    non_inferiority_comment: str | None = None
    other_analysis_description: str | None = None
    group_description: str | None = None
    group_ids: tuple[str, ...] = ()


class OutcomeMeasure(Element, frozen=True):
    """Outcome Measure (`resultsSection.outcomeMeasuresModule.outcomeMeasures`)."""

    type: OutcomeMeasureType | None = None
    title: str | None = None
    description: str | None = None
    population_description: str | None = None
    reporting_status: ReportingStatus | None = None
    anticipated_posting_date: PartialDate | None = None
    param_type: MeasureParam | None = None
    dispersion_type: str | None = None
    unit_of_measure: str | None = None
    calculate_pct: bool | None = None
    time_frame: str | None = None
    type_units_analyzed: str | None = None
    denom_units_selected: str | None = None
    groups: tuple[MeasureGroup, ...] = ()
    denoms: tuple[Denom, ...] = ()
    classes: tuple[MeasureClass, ...] = ()
    analyses: tuple[MeasureAnalysis, ...] = ()


class OutcomeMeasuresModule(Element, frozen=True):
    """Outcome Measures Module (`resultsSection.outcomeMeasuresModule`)."""

    outcome_measures: tuple[OutcomeMeasure, ...] = ()


class EventGroup(Element, frozen=True):
    """Event Group (`resultsSection.adverseEventsModule.eventGroups`)."""

    id: str | None = None
    title: str | None = None
    description: str | None = None
    deaths_num_affected: int | None = None
    deaths_num_at_risk: int | None = None
    serious_num_affected: int | None = None
    serious_num_at_risk: int | None = None
    other_num_affected: int | None = None
    other_num_at_risk: int | None = None


class EventStats(Element, frozen=True):
    """Event Stats (`resultsSection.adverseEventsModule.seriousEvents.stats`)."""

    group_id: str | None = None
    num_events: int | None = None
    num_affected: int | None = None
    num_at_risk: int | None = None


class AdverseEvent(Element, frozen=True):
    """Adverse Event (`resultsSection.adverseEventsModule.seriousEvents`)."""

    term: str | None = None
    organ_system: str | None = None
    source_vocabulary: str | None = None
    assessment_type: EventAssessment | None = None
    notes: str | None = None
    stats: tuple[EventStats, ...] = ()


class AdverseEventsModule(Element, frozen=True):
    """Adverse Events Module (`resultsSection.adverseEventsModule`)."""

    frequency_threshold: str | None = None
    time_frame: str | None = None
    description: str | None = None
    all_cause_mortality_comment: str | None = None
    event_groups: tuple[EventGroup, ...] = ()
    serious_events: tuple[AdverseEvent, ...] = ()
    other_events: tuple[AdverseEvent, ...] = ()


class LimitationsAndCaveats(Element, frozen=True):
    """Limitations And Caveats (`resultsSection.moreInfoModule.limitationsAndCaveats`)."""

    description: str | None = None


class CertainAgreement(Element, frozen=True):
    """Certain Agreement (`resultsSection.moreInfoModule.certainAgreement`)."""

    pi_sponsor_employee: bool | None = None
    restriction_type: AgreementRestrictionType | None = None
    restrictive_agreement: bool | None = None
    other_details: str | None = None


class PointOfContact(Element, frozen=True):
    """Point Of Contact (`resultsSection.moreInfoModule.pointOfContact`)."""

    title: str | None = None
    organization: str | None = None
    email: str | None = None
    phone: str | None = None
    phone_ext: str | None = None


class MoreInfoModule(Element, frozen=True):
    """More Info Module (`resultsSection.moreInfoModule`)."""

    limitations_and_caveats: LimitationsAndCaveats | None = None
    certain_agreement: CertainAgreement | None = None
    point_of_contact: PointOfContact | None = None


class ResultsSection(Element, frozen=True):
    """Study Results (`resultsSection`)."""

    participant_flow_module: ParticipantFlowModule | None = None
    baseline_characteristics_module: BaselineCharacteristicsModule | None = None
    outcome_measures_module: OutcomeMeasuresModule | None = None
    adverse_events_module: AdverseEventsModule | None = None
    more_info_module: MoreInfoModule | None = None
