"""What does a value in blood mean? Calcium corrected for albumin, and the two scales of HbA1c."""

from __future__ import annotations

from trialbook.eligibility.derive.kidney import check_positive


def compute_corrected_calcium(calcium_mg_per_dl: float, albumin_g_per_dl: float) -> float:
    """Total calcium as it would be at an albumin of 4 g/dL, in mg/dL. Raises UsageError for values not above 0.

    References
    ----------
    Payne et al. (1973), Br Med J 4:643-646, as rounded in use: 0.8 mg/dL for each g/dL of albumin.

    Examples
    --------
    >>> compute_corrected_calcium(8.0, 2.0)
    9.6
    """
    check_positive(calcium=calcium_mg_per_dl, albumin=albumin_g_per_dl)
    return calcium_mg_per_dl + 0.8 * (4.0 - albumin_g_per_dl)


def convert_hba1c_to_ngsp(ifcc_mmol_per_mol: float) -> float:
    """HbA1c in % (NGSP) of one in mmol/mol (IFCC).

    References
    ----------
    Master equation of the IFCC network: Weykamp et al. (2008), Clin Chem 54:240-248; NGSP, 2010 form.

    Examples
    --------
    >>> round(convert_hba1c_to_ngsp(53), 1)
    7.0
    """
    return 0.09148 * ifcc_mmol_per_mol + 2.152


def convert_hba1c_to_ifcc(ngsp_percent: float) -> float:
    """HbA1c in mmol/mol (IFCC) of one in % (NGSP), by the same equation.

    >>> round(convert_hba1c_to_ifcc(8.5), 1)
    69.4
    """
    return (ngsp_percent - 2.152) / 0.09148
