"""How long is the QT interval at a heart rate of 60? By Fridericia and by Bazett."""

from __future__ import annotations

import math

from trialbook.eligibility.derive.kidney import check_positive


def compute_qtcf(qt_ms: float, heart_rate_per_min: float) -> float:
    """QT corrected by the cube root of the RR interval, in ms. Raises UsageError for values not above 0.

    References
    ----------
    Fridericia (1920), Acta Med Scand 53:469-486.

    Examples
    --------
    >>> round(compute_qtcf(400, 75), 1)
    430.9
    """
    check_positive(qt=qt_ms, heart_rate=heart_rate_per_min)
    return qt_ms / math.cbrt(60 / heart_rate_per_min)


def compute_qtcb(qt_ms: float, heart_rate_per_min: float) -> float:
    """QT corrected by the square root of the RR interval, in ms. Raises UsageError for values not above 0.

    References
    ----------
    Bazett (1920), Heart 7:353-370.

    Examples
    --------
    >>> round(compute_qtcb(400, 75), 1)
    447.2
    """
    check_positive(qt=qt_ms, heart_rate=heart_rate_per_min)
    return qt_ms / math.sqrt(60 / heart_rate_per_min)
