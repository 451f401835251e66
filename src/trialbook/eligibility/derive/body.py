"""How large is someone? Body mass index and body surface area, from height and weight."""

from __future__ import annotations

import math

from trialbook.eligibility.derive.kidney import check_positive


def compute_bmi(weight_kg: float, height_cm: float) -> float:
    """Body mass index, in kg/m². Raises UsageError for values not above 0.

    >>> round(compute_bmi(70, 175), 2)
    22.86
    """
    check_positive(weight=weight_kg, height=height_cm)
    return weight_kg / (height_cm / 100) ** 2


def compute_bsa_mosteller(weight_kg: float, height_cm: float) -> float:
    """Body surface area, in m². Raises UsageError for values not above 0.

    References
    ----------
    Mosteller (1987), N Engl J Med 317:1098.

    Examples
    --------
    >>> compute_bsa_mosteller(80, 180)
    2.0
    """
    check_positive(weight=weight_kg, height=height_cm)
    return math.sqrt(height_cm * weight_kg / 3600)


def compute_bsa_du_bois(weight_kg: float, height_cm: float) -> float:
    """Body surface area, in m². Raises UsageError for values not above 0.

    References
    ----------
    Du Bois and Du Bois (1916), Arch Intern Med 17:863-871.
    """
    check_positive(weight=weight_kg, height=height_cm)
    return float(0.007184 * height_cm**0.725 * weight_kg**0.425)
