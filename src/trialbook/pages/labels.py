"""What the registry's values mean, in plain words. A value that is not listed stands as it is."""

from __future__ import annotations

from trialbook.model.registry_enum import RegistryEnum
from trialbook.pages.tree import Wording

LABELS: dict[str, dict[str, str]] = {
    "Phase": {
        "NA": "Not applicable",
        "EARLY_PHASE1": "Early phase 1",
        "PHASE1": "Phase 1",
        "PHASE2": "Phase 2",
        "PHASE3": "Phase 3",
        "PHASE4": "Phase 4",
    },
    "Status": {
        "ACTIVE_NOT_RECRUITING": "Active, not recruiting",
        "UNKNOWN": "Status unknown",
    },
    "RecruitmentStatus": {"ACTIVE_NOT_RECRUITING": "Active, not recruiting"},
    "Sex": {"ALL": "All", "FEMALE": "Female", "MALE": "Male"},
    "StandardAge": {
        "CHILD": "Child (under 18)",
        "ADULT": "Adult (18–64)",
        "OLDER_ADULT": "Older adult (65 and over)",
    },
    "AgencyClass": {
        "NIH": "US National Institutes of Health",
        "FED": "US federal agency",
        "OTHER_GOV": "Other government body",
        "INDIV": "Individual",
        "INDUSTRY": "Industry",
        "NETWORK": "Research network",
        "AMBIG": "Ambiguous",
        "OTHER": "Other (university, hospital, charity…)",
        "UNKNOWN": "Unknown",
    },
    "DesignAllocation": {
        "NA": "Not applicable",
        "RANDOMIZED": "Randomised",
        "NON_RANDOMIZED": "Not randomised",
    },
    "InterventionalAssignment": {
        "SINGLE_GROUP": "Single group",
        "PARALLEL": "Parallel groups",
        "CROSSOVER": "Crossover",
        "FACTORIAL": "Factorial",
        "SEQUENTIAL": "Sequential",
    },
    "PrimaryPurpose": {"ECT": "Educational, counselling or training"},
    "DesignMasking": {
        "NONE": "None (open label)",
        "SINGLE": "Single blind",
        "DOUBLE": "Double blind",
        "TRIPLE": "Triple blind",
        "QUADRUPLE": "Quadruple blind",
    },
    "ObservationalModel": {
        "CASE_CONTROL": "Case-control",
        "CASE_ONLY": "Case only",
        "FAMILY_BASED": "Family-based",
    },
    "DesignTimePerspective": {"CROSS_SECTIONAL": "Cross-sectional"},
    "BioSpecRetention": {
        "SAMPLES_WITH_DNA": "Samples with DNA",
        "SAMPLES_WITHOUT_DNA": "Samples without DNA",
    },
    "SamplingMethod": {"NON_PROBABILITY_SAMPLE": "Non-probability sample"},
    "IpdSharingInfoType": {
        "SAP": "Statistical analysis plan",
        "ICF": "Informed consent form",
        "CSR": "Clinical study report",
        "STUDY_PROTOCOL": "Study protocol",
        "ANALYTIC_CODE": "Analytic code",
    },
    "SecondaryIdType": {
        "NIH": "NIH grant or contract",
        "FDA": "FDA grant",
        "VA": "Veterans Affairs grant",
        "CDC": "CDC grant",
        "AHRQ": "AHRQ grant",
        "SAMHSA": "SAMHSA grant",
        "EUDRACT_NUMBER": "EudraCT number",
        "CTIS": "EU CTIS number",
        "REGISTRY": "Other registry",
        "OTHER_GRANT": "Other grant",
    },
    "OrgStudyIdType": {
        "NIH": "NIH",
        "FDA": "FDA",
        "VA": "VA",
        "CDC": "CDC",
        "AHRQ": "AHRQ",
        "SAMHSA": "SAMHSA",
    },
    "OutcomeMeasureType": {"OTHER_PRE_SPECIFIED": "Other, pre-specified", "POST_HOC": "Post hoc"},
    "AgreementRestrictionType": {
        "LTE60": "The sponsor may review before release and hold back for up to 60 days",
        "GT60": "The sponsor may review before release and hold back for more than 60 but at most 180 days",
        "OTHER": "Other restriction",
    },
    "UnpostedEventType": {
        "RELEASE": "Submitted",
        "RESET": "Returned with comments",
        "UNRELEASE": "Taken back",
    },
    "NonInferiorityType": {
        "NON_INFERIORITY": "Non-inferiority",
        "NON_INFERIORITY_OR_EQUIVALENCE": "Non-inferiority or equivalence",
    },
    "EventAssessment": {"NON_SYSTEMATIC_ASSESSMENT": "Non-systematic assessment"},
    "MeasureDispersionType": {
        "NA": "Not applicable",
        "INTER_QUARTILE_RANGE": "Inter-quartile range",
        "CONFIDENCE_80": "80% confidence interval",
        "CONFIDENCE_90": "90% confidence interval",
        "CONFIDENCE_95": "95% confidence interval",
        "CONFIDENCE_975": "97.5% confidence interval",
        "CONFIDENCE_99": "99% confidence interval",
        "CONFIDENCE_OTHER": "Confidence interval of another level",
        "GEOMETRIC_COEFFICIENT": "Geometric coefficient of variation",
    },
}

MEANINGS: dict[str, dict[str, str]] = {
    "Status": {
        "ACTIVE_NOT_RECRUITING": "The study is running, but takes no new participants.",
        "COMPLETED": "The study has ended as planned; nobody is treated or examined in it any more.",
        "ENROLLING_BY_INVITATION": "Participants are chosen and invited; others cannot apply.",
        "NOT_YET_RECRUITING": "The study has not begun to take participants.",
        "RECRUITING": "The study is looking for participants now.",
        "SUSPENDED": "The study has paused early and may start again.",
        "TERMINATED": "The study stopped early and will not start again.",
        "WITHDRAWN": "The study stopped before its first participant joined.",
        "UNKNOWN": "The end date has passed and nobody has confirmed the status for two years or more.",
        "AVAILABLE": "The treatment can be had outside a trial through this expanded access.",
        "NO_LONGER_AVAILABLE": "This expanded access has closed.",
        "TEMPORARILY_NOT_AVAILABLE": "This expanded access is on hold and may open again.",
        "APPROVED_FOR_MARKETING": "The treatment has been approved; the expanded access is no longer needed.",
        "WITHHELD": "The registry shows no details yet: a device is studied that the FDA has not approved or cleared.",
    },
    "StudyType": {
        "INTERVENTIONAL": "A clinical trial: its plan sets what participants get or do, to see what it does.",
        "OBSERVATIONAL": "Participants are observed; the study does not decide their treatment.",
        "EXPANDED_ACCESS": "A way to get an unapproved treatment outside a trial when nothing else is left.",
    },
    "Phase": {
        "NA": "No phase is given: phases are of trials of drugs, and the record says that they do not apply to it.",
        "EARLY_PHASE1": "Very small exposure of a few people, with no intent to treat.",
        "PHASE1": "First in people: is it safe, and at what dose?",
        "PHASE2": "Does it seem to work, and is it still safe in more people?",
        "PHASE3": "Large comparison: does it work better than the alternative?",
        "PHASE4": "After approval: how does it do in everyday use?",
    },
    "DesignAllocation": {
        "RANDOMIZED": "Chance decides which group each participant joins.",
        "NON_RANDOMIZED": "Participants come into their groups by choice or by rule, not by chance.",
        "NA": "Nothing is allocated, as where there is one group only.",
    },
    "InterventionalAssignment": {
        "SINGLE_GROUP": "All participants get the same.",
        "PARALLEL": "Each group gets its own treatment, side by side, for the whole study.",
        "CROSSOVER": "Each participant gets several treatments, one after the other.",
        "FACTORIAL": "Groups get different combinations, so each treatment can be judged by itself.",
        "SEQUENTIAL": "Groups are opened one after another, each depending on those before.",
    },
    "PrimaryPurpose": {
        "TREATMENT": "To find out whether something treats a disease.",
        "PREVENTION": "To find out whether something keeps a disease from arising or coming back.",
        "DIAGNOSTIC": "To find out how well something detects a disease.",
        "ECT": "To find out whether teaching or counselling helps.",
        "SUPPORTIVE_CARE": "To make life better for people with a disease, without treating its cause.",
        "SCREENING": "To find a condition in people who have no sign of it yet.",
        "HEALTH_SERVICES_RESEARCH": "To find out how care is best organised, delivered or paid.",
        "BASIC_SCIENCE": "To understand how something works in the body.",
        "DEVICE_FEASIBILITY": "To find out whether a device can be used at all.",
        "OTHER": "None of the registry's listed purposes.",
    },
    "DesignMasking": {
        "NONE": "Everyone knows which treatment each participant gets.",
        "SINGLE": "One side does not know who gets what.",
        "DOUBLE": "Two sides do not know who gets what.",
        "TRIPLE": "Three sides do not know who gets what.",
        "QUADRUPLE": "Participants, carers, investigators and assessors do not know who gets what.",
    },
    "ObservationalModel": {
        "COHORT": "A group of people is followed over time.",
        "CASE_CONTROL": "People with a condition are compared with people without it.",
        "CASE_ONLY": "Only people with the condition are looked at.",
        "CASE_CROSSOVER": "Each person is compared with themself at another time.",
        "ECOLOGIC_OR_COMMUNITY": "Whole communities are compared, not single people.",
        "FAMILY_BASED": "Relatives are compared with one another.",
        "DEFINED_POPULATION": "A whole defined population is studied.",
        "NATURAL_HISTORY": "The course of a disease is followed as it is.",
        "OTHER": "None of the registry's listed models.",
    },
    "DesignTimePerspective": {
        "RETROSPECTIVE": "Looks back at what has already happened.",
        "PROSPECTIVE": "Follows people forward from now on.",
        "CROSS_SECTIONAL": "Looks at one moment in time.",
        "OTHER": "None of the registry's listed perspectives.",
    },
    "BioSpecRetention": {
        "NONE_RETAINED": "No samples are kept.",
        "SAMPLES_WITH_DNA": "Samples are kept from which DNA can be taken.",
        "SAMPLES_WITHOUT_DNA": "Samples are kept from which no DNA can be taken.",
    },
    "SamplingMethod": {
        "PROBABILITY_SAMPLE": "Chance decides who of the population is asked.",
        "NON_PROBABILITY_SAMPLE": "Those at hand or invited take part; chance does not decide.",
    },
    "IpdSharing": {
        "YES": "The data of single participants are to be shared.",
        "NO": "The data of single participants are not to be shared.",
        "UNDECIDED": "It is not decided whether the data of single participants will be shared.",
    },
    "ArmGroupType": {
        "EXPERIMENTAL": "Gets what the study tests.",
        "ACTIVE_COMPARATOR": "Gets something known to work, for comparison.",
        "PLACEBO_COMPARATOR": "Gets a look-alike without an active ingredient.",
        "SHAM_COMPARATOR": "Gets a mock procedure or device.",
        "NO_INTERVENTION": "Gets nothing from the study.",
    },
    "ResponsiblePartyType": {
        "SPONSOR": "The sponsor answers for the record.",
        "PRINCIPAL_INVESTIGATOR": "The principal investigator, named by the sponsor, answers for the record.",
        "SPONSOR_INVESTIGATOR": "One person who both started and conducts the study answers for the record.",
    },
}

WHO_MASKED = {
    "PARTICIPANT": "Participant",
    "CARE_PROVIDER": "Care provider",
    "INVESTIGATOR": "Investigator",
    "OUTCOMES_ASSESSOR": "Outcomes assessor",
}
STATUS_TONES = {
    "RECRUITING": "open",
    "AVAILABLE": "open",
    "ENROLLING_BY_INVITATION": "soon",
    "NOT_YET_RECRUITING": "soon",
    "ACTIVE_NOT_RECRUITING": "running",
    "COMPLETED": "done",
    "APPROVED_FOR_MARKETING": "done",
    "TERMINATED": "stopped",
    "WITHDRAWN": "stopped",
    "SUSPENDED": "stopped",
    "TEMPORARILY_NOT_AVAILABLE": "stopped",
}


def label_of(value: RegistryEnum) -> str:
    """The value in plain words; a value that this Trialbook does not know stands as it is."""
    if not value.is_listed:
        return str(value)
    return LABELS.get(type(value).__name__, {}).get(value.value) or value.words


def meaning_of(value: RegistryEnum | None) -> str:
    """One sentence on what the value means, or "" where we have none."""
    return "" if value is None else MEANINGS.get(type(value).__name__, {}).get(value.value, "")


def term_of(value: RegistryEnum) -> Wording:
    """The value in plain words with the registry's own term beside it."""
    return Wording(words=label_of(value), registry=str(value))


def status_tone(value: str) -> str:
    """The colour family of a recruitment status: open, soon, running, done, stopped or quiet."""
    return STATUS_TONES.get(value, "quiet")


def status_words(value: str) -> str:
    """A recruitment status for a reader; unknown values stand as they are."""
    return LABELS["Status"].get(value) or value.replace("_", " ").capitalize()


def phase_words(values: tuple[str, ...]) -> str:
    """Phases for a reader: `Phase 1 / Phase 2`."""
    return " / ".join(LABELS["Phase"].get(value, value) for value in values)


def yes_no(value: bool) -> str:
    """`Yes` or `No`."""
    return "Yes" if value else "No"
