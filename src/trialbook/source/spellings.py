"""Which of the registry's enumeration values does this label mean?

Records that do not come from API v2 spell its values in other ways: `Parallel Assignment` for
`PARALLEL`, `2-Sided` for `TWO_SIDED`. Sources that map to the v2 shape look labels up here, and read
dates as people print them.
"""

from __future__ import annotations

import re
from datetime import datetime
from functools import lru_cache

_YEAR = re.compile(r"^\d{4}$")
_NOT_A_NAME = re.compile(r"[^A-Z0-9]+")

# Keys are labels as `as_enum` folds them; only those that folding alone does not make right.
_ALIASES: dict[str, dict[str, str]] = {
    "Status": {"UNKNOWN_STATUS": "UNKNOWN"},
    "Phase": {"N_A": "NA", "NOT_APPLICABLE": "NA"}
    | {"EARLY_PHASE_1": "EARLY_PHASE1", "PHASE_0": "EARLY_PHASE1"}
    | {f"PHASE_{n}": f"PHASE{n}" for n in range(1, 5)},
    "Sex": {"BOTH": "ALL"},
    "AgencyClass": {
        "U_S_FED": "FED",
        "INDIVIDUAL": "INDIV",
        "OTHER_GOVERNMENT": "OTHER_GOV",
        "OTHER_GOVT": "OTHER_GOV",
    },
    "DesignAllocation": {"N_A": "NA", "RANDOM_SAMPLE": "RANDOMIZED"},
    "InterventionalAssignment": {
        f"{name}_ASSIGNMENT": name
        for name in ("SINGLE_GROUP", "PARALLEL", "CROSSOVER", "FACTORIAL", "SEQUENTIAL")
    },
    "PrimaryPurpose": {"EDUCATIONAL_COUNSELING_TRAINING": "ECT"},
    "DesignMasking": {"NONE_OPEN_LABEL": "NONE", "OPEN_LABEL": "NONE"}
    | {"SINGLE_BLIND": "SINGLE", "DOUBLE_BLIND": "DOUBLE"},
    "WhoMasked": {
        "PARTICIPANTS": "PARTICIPANT",
        "SUBJECT": "PARTICIPANT",
        "SUBJECTS": "PARTICIPANT",
        "CAREGIVER": "CARE_PROVIDER",
        "CAREGIVERS": "CARE_PROVIDER",
        "CARE_PROVIDERS": "CARE_PROVIDER",
        "INVESTIGATORS": "INVESTIGATOR",
        "OUTCOME_ASSESSOR": "OUTCOMES_ASSESSOR",
        "OUTCOME_ASSESSORS": "OUTCOMES_ASSESSOR",
        "OUTCOMES_ASSESSORS": "OUTCOMES_ASSESSOR",
    },
    "DateType": dict.fromkeys(("ANTICIPATED", "ESTIMATE", "EXPECTED"), "ESTIMATED"),
    "ReferenceType": {"RESULTS_REFERENCE": "RESULT", "REFERENCE": "BACKGROUND"},
    "MeasureDispersionType": {
        "80_CONFIDENCE_INTERVAL": "CONFIDENCE_80",
        "90_CONFIDENCE_INTERVAL": "CONFIDENCE_90",
        "95_CONFIDENCE_INTERVAL": "CONFIDENCE_95",
        "97_5_CONFIDENCE_INTERVAL": "CONFIDENCE_975",
        "99_CONFIDENCE_INTERVAL": "CONFIDENCE_99",
        "OTHER_CONFIDENCE_INTERVAL_LEVEL": "CONFIDENCE_OTHER",
        "GEOMETRIC_COEFFICIENT_OF_VARIATION": "GEOMETRIC_COEFFICIENT",
        "INTERQUARTILE_RANGE": "INTER_QUARTILE_RANGE",
        "N_A": "NA",
    },
    "AnalysisDispersionType": {"STANDARD_ERROR_OF_THE_MEAN": "STANDARD_ERROR_OF_MEAN"},
    "ConfidenceIntervalNumSides": {"1_SIDED": "ONE_SIDED", "2_SIDED": "TWO_SIDED"},
    "IpdSharingInfoType": {
        "STATISTICAL_ANALYSIS_PLAN_SAP": "SAP",
        "STATISTICAL_ANALYSIS_PLAN": "SAP",
        "INFORMED_CONSENT_FORM_ICF": "ICF",
        "INFORMED_CONSENT_FORM": "ICF",
        "CLINICAL_STUDY_REPORT_CSR": "CSR",
        "CLINICAL_STUDY_REPORT": "CSR",
    },
    "SecondaryIdType": {
        f"U_S_{name}_GRANT_CONTRACT": name for name in ("NIH", "FDA", "VA", "CDC", "AHRQ", "SAMHSA")
    }
    | {
        "OTHER_GRANT_FUNDING_NUMBER": "OTHER_GRANT",
        "EUDRACT_NUMBER_CTIS": "EUDRACT_NUMBER",
        "EU_TRIAL_CTIS_NUMBER": "CTIS",
        "CTIS_NUMBER": "CTIS",
        "REGISTRY_IDENTIFIER": "REGISTRY",
        "OTHER_IDENTIFIER": "OTHER",
    },
}
_ALIASES["OrgStudyIdType"] = _ALIASES["SecondaryIdType"]
_ALIASES["EnrollmentType"] = _ALIASES["DateType"]


@lru_cache(maxsize=10_000)
def as_enum(kind: str, label: str) -> str:
    """Fold a label into the value that API v2 uses for it.

    Parameters
    ----------
    kind
        The enumeration's name in the API v2 document (`Status`, `DesignMasking`).
    label
        As the source spells it; never empty.

    Returns
    -------
    str
        The v2 value where the label is a known spelling of one, otherwise the label in upper case
        with underscores: the registry adds values each year, and an unknown one is kept.

    Examples
    --------
    >>> as_enum("InterventionalAssignment", "Parallel Assignment")
    'PARALLEL'
    >>> as_enum("Status", "Active, not recruiting")
    'ACTIVE_NOT_RECRUITING'
    """
    folded = _NOT_A_NAME.sub("_", label.upper()).strip("_")
    return _ALIASES.get(kind, {}).get(folded, folded)


def as_phases(label: str) -> list[str]:
    """Read a phase text as the v2 list of phases.

    Examples
    --------
    >>> as_phases("Phase 1/Phase 2")
    ['PHASE1', 'PHASE2']
    >>> as_phases("PHASE2, PHASE3")
    ['PHASE2', 'PHASE3']
    >>> as_phases("N/A")
    ['NA']
    """
    if as_enum("Phase", label) == "NA":
        return ["NA"]
    return [as_enum("Phase", part) for part in re.split(r"[/|,;]", label) if part.strip()]


def as_intervention_label(intervention_type: str) -> str:
    """Spell an intervention type as it stands before a name in an arm's `interventionNames`.

    Examples
    --------
    >>> as_intervention_label("COMBINATION_PRODUCT")
    'Combination Product'
    """
    return intervention_type.replace("_", " ").title()


def as_date(text: str) -> str | None:
    """Read a date as printed, whole or partial, into `YYYY[-MM[-DD]]`.

    Examples
    --------
    >>> as_date("September 2, 2025")
    '2025-09-02'
    >>> as_date("2021-08")
    '2021-08'
    """
    text = " ".join(text.split())
    for pattern, form in (
        ("%Y-%m-%d", "%Y-%m-%d"),
        ("%Y-%m", "%Y-%m"),
        ("%B %d, %Y", "%Y-%m-%d"),
        ("%b %d, %Y", "%Y-%m-%d"),
        ("%B %Y", "%Y-%m"),
        ("%b %Y", "%Y-%m"),
    ):
        try:
            return datetime.strptime(text, pattern).strftime(form)  # noqa: DTZ007
        except ValueError:
            continue
    return text if _YEAR.match(text) else None
