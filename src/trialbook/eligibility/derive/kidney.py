"""How well do the kidneys filter? Estimates from creatinine, age and sex.

Creatinine is in mg/dL, age in completed years at the day of the sample; results are in mL/min/1.73 m², but
Cockcroft and Gault's in mL/min. The race term of the older formulas is applied only where the caller says so.
"""

from __future__ import annotations

from trialbook.errors import UsageError

# For creatinine measured traceably to isotope dilution, and as first published.
MDRD_CONSTANTS = (175, 186)


def compute_mdrd(
    creatinine_mg_per_dl: float, age_years: float, *, is_female: bool, constant: int, race_term: bool
) -> float:
    """Estimate GFR by the four-variable MDRD formula, in mL/min/1.73 m².

    Parameters
    ----------
    constant
        175 for creatinine that is traceable to isotope dilution, 186 for older methods.
    race_term
        Whether the factor 1.212 for Black persons is applied.

    Raises
    ------
    UsageError
        A value is not above 0, or the constant is another.

    References
    ----------
    Levey et al. (2006), Ann Intern Med 145:247-254 (175); Levey et al. (2000), J Am Soc Nephrol 11:A0828 (186).

    Examples
    --------
    >>> round(compute_mdrd(1.0, 50, is_female=False, constant=175, race_term=False), 3)
    79.095
    """
    check_positive(creatinine=creatinine_mg_per_dl, age=age_years)
    if constant not in MDRD_CONSTANTS:
        raise UsageError(f"MDRD has no constant {constant}: it is 175 (IDMS-traceable creatinine) or 186")
    found = constant * creatinine_mg_per_dl**-1.154 * age_years**-0.203
    return float(found * (0.742 if is_female else 1.0) * (1.212 if race_term else 1.0))


def compute_ckd_epi_2009(
    creatinine_mg_per_dl: float, age_years: float, *, is_female: bool, race_term: bool
) -> float:
    """Estimate GFR by the CKD-EPI creatinine equation of 2009, in mL/min/1.73 m².

    `race_term`: whether the factor 1.159 for Black persons is applied. Raises UsageError for values not above 0.

    References
    ----------
    Levey et al. (2009), Ann Intern Med 150:604-612.
    """
    check_positive(creatinine=creatinine_mg_per_dl, age=age_years)
    kappa, alpha = (0.7, -0.329) if is_female else (0.9, -0.411)
    ratio = creatinine_mg_per_dl / kappa
    found = 141 * min(ratio, 1) ** alpha * max(ratio, 1) ** -1.209 * 0.993**age_years
    return float(found * (1.018 if is_female else 1.0) * (1.159 if race_term else 1.0))


def compute_ckd_epi_2021(creatinine_mg_per_dl: float, age_years: float, *, is_female: bool) -> float:
    """Estimate GFR by the CKD-EPI creatinine equation of 2021, which has no race term, in mL/min/1.73 m².

    Raises UsageError for values not above 0.

    References
    ----------
    Inker et al. (2021), N Engl J Med 385:1737-1749.
    """
    check_positive(creatinine=creatinine_mg_per_dl, age=age_years)
    kappa, alpha = (0.7, -0.241) if is_female else (0.9, -0.302)
    ratio = creatinine_mg_per_dl / kappa
    found = 142 * min(ratio, 1) ** alpha * max(ratio, 1) ** -1.200 * 0.9938**age_years
    return float(found * (1.012 if is_female else 1.0))


def compute_cockcroft_gault(
    creatinine_mg_per_dl: float, age_years: float, weight_kg: float, *, is_female: bool
) -> float:
    """Estimate creatinine clearance, in mL/min, not scaled to a body surface.

    Raises UsageError for values not above 0. Nobody of 140 years or more has any.

    References
    ----------
    Cockcroft and Gault (1976), Nephron 16:31-41.

    Examples
    --------
    >>> compute_cockcroft_gault(1.0, 50, 72, is_female=False)
    90.0
    """
    check_positive(creatinine=creatinine_mg_per_dl, age=age_years, weight=weight_kg)
    found = (140 - age_years) * weight_kg / (72 * creatinine_mg_per_dl)
    return max(0.0, found) * (0.85 if is_female else 1.0)


def check_positive(**given: float) -> None:
    """Raise UsageError, which names the value, unless all are above 0."""
    for name, value in given.items():
        if not value > 0:
            raise UsageError(f"a formula has no use for a {name.replace('_', ' ')} of {value}: it is above 0")
