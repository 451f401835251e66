"""How bad is a liver? Child and Pugh's points, and the models for end-stage liver disease.

Bilirubin and creatinine are in mg/dL, albumin in g/dL, sodium in mmol/L, INR has no unit.
"""

from __future__ import annotations

import math
from typing import Literal

from trialbook.eligibility.derive.kidney import check_positive

Ascites = Literal["none", "slight", "moderate"]


def compute_child_pugh(
    bilirubin_mg_per_dl: float,
    albumin_g_per_dl: float,
    inr: float,
    *,
    ascites: Ascites,
    encephalopathy_grade: int,
) -> int:
    """Child and Pugh's points, 5 to 15: class A up to 6, B up to 9, C from 10.

    `encephalopathy_grade` is 0 (none) to 4; "moderate" ascites is that or more. Bilirubin of cholestatic disease,
    which some count on another scale, is not handled. Raises UsageError for values not above 0.

    References
    ----------
    Pugh et al. (1973), Br J Surg 60:646-649, with INR below 1.7, to 2.3 and above for the prothrombin time.

    Examples
    --------
    >>> compute_child_pugh(2.5, 3.0, 1.8, ascites="slight", encephalopathy_grade=0)
    9
    """
    check_positive(bilirubin=bilirubin_mg_per_dl, albumin=albumin_g_per_dl, inr=inr)
    points = 1 if bilirubin_mg_per_dl < 2 else 2 if bilirubin_mg_per_dl <= 3 else 3
    points += 1 if albumin_g_per_dl > 3.5 else 2 if albumin_g_per_dl >= 2.8 else 3
    points += 1 if inr < 1.7 else 2 if inr <= 2.3 else 3
    points += {"none": 1, "slight": 2, "moderate": 3}[ascites]
    return points + (1 if encephalopathy_grade <= 0 else 2 if encephalopathy_grade <= 2 else 3)


def classify_child_pugh(points: int) -> Literal["A", "B", "C"]:
    """The class of so many points.

    >>> classify_child_pugh(7)
    'B'
    """
    return "A" if points <= 6 else "B" if points <= 9 else "C"


def compute_meld(
    bilirubin_mg_per_dl: float, inr: float, creatinine_mg_per_dl: float, *, on_dialysis: bool = False
) -> int:
    """The model for end-stage liver disease, 6 to 40.

    Values below 1 count as 1, creatinine above 4 as 4, as it does on dialysis twice within a week.
    Raises UsageError for values not above 0.

    References
    ----------
    Kamath et al. (2001), Hepatology 33:464-470; bounds of the United Network for Organ Sharing.

    Examples
    --------
    >>> compute_meld(3.0, 2.0, 1.5)
    22
    """
    return min(40, _round(_find_meld(bilirubin_mg_per_dl, inr, creatinine_mg_per_dl, on_dialysis)))


def compute_meld_na(
    bilirubin_mg_per_dl: float,
    inr: float,
    creatinine_mg_per_dl: float,
    sodium_mmol_per_l: float,
    *,
    on_dialysis: bool = False,
) -> int:
    """MELD with sodium, 6 to 40: sodium counts from 125 to 137, and where MELD itself is above 11.

    Raises UsageError for values not above 0.

    References
    ----------
    OPTN policy 9.1 (2016), after Kim et al. (2008), N Engl J Med 359:1018-1026.
    """
    check_positive(sodium=sodium_mmol_per_l)
    meld = _round(_find_meld(bilirubin_mg_per_dl, inr, creatinine_mg_per_dl, on_dialysis))
    if meld <= 11:
        return meld
    lack = 137 - min(137.0, max(125.0, sodium_mmol_per_l))
    return min(40, _round(meld + 1.32 * lack - 0.033 * meld * lack))


def compute_meld_3(
    bilirubin_mg_per_dl: float,
    inr: float,
    creatinine_mg_per_dl: float,
    sodium_mmol_per_l: float,
    albumin_g_per_dl: float,
    *,
    is_female: bool,
) -> int:
    """MELD 3.0, 6 to 40. Raises UsageError for values not above 0.

    References
    ----------
    Kim et al. (2021), Gastroenterology 161:1887-1895: creatinine counts up to 3, albumin from 1.5 to 3.5.
    """
    check_positive(
        bilirubin=bilirubin_mg_per_dl,
        inr=inr,
        creatinine=creatinine_mg_per_dl,
        sodium=sodium_mmol_per_l,
        albumin=albumin_g_per_dl,
    )
    bilirubin, ratio = math.log(max(1.0, bilirubin_mg_per_dl)), math.log(max(1.0, inr))
    creatinine = math.log(min(3.0, max(1.0, creatinine_mg_per_dl)))
    sodium = 137 - min(137.0, max(125.0, sodium_mmol_per_l))
    albumin = 3.5 - min(3.5, max(1.5, albumin_g_per_dl))
    found = 1.33 * is_female + 4.56 * bilirubin + 0.82 * sodium - 0.24 * sodium * bilirubin + 9.09 * ratio
    found += 11.14 * creatinine + 1.85 * albumin - 1.83 * albumin * creatinine + 6
    return min(40, _round(found))


def _find_meld(bilirubin: float, inr: float, creatinine: float, on_dialysis: bool) -> float:
    check_positive(bilirubin=bilirubin, inr=inr, creatinine=creatinine)
    counted = 4.0 if on_dialysis else min(4.0, max(1.0, creatinine))
    found = 9.57 * math.log(counted) + 3.78 * math.log(max(1.0, bilirubin)) + 11.2 * math.log(max(1.0, inr))
    return found + 6.43


def _round(number: float) -> int:
    """To the next whole number, halves up, as the scores are."""
    return math.floor(number + 0.5)
