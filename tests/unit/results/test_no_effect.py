"""What means no effect? Names of estimates as real records write them."""

from __future__ import annotations

import pytest

from trialbook.results.no_effect import find_family, find_no_effect

RATIOS = (
    "Odds Ratio (OR)",
    "Posterior Median Ratio",
    "Ratio of Active/Placebo",
    "Hazard Ratio (HR)",
    "Geometric mean ratio (GMR)",
    "test to reference ratio",
    "Treatment Ratios",
    "Cox Proportional Hazard",
    "Ratio of geometric LS means",
    "Rate Ratio",
)
DIFFERENCES = (
    "LS Mean Difference",
    "Mean Difference (Final Values)",
    "LS means difference",
    "Difference in Percent",
    "Risk Difference (RD)",
    "% Diff",
    "Difference in % vs Placebo",
    "LSMean difference",
    "LS Mean Difference(Eleclazine - Placebo)",
    "Log-Scale mean difference",
)
UNKNOWN = (
    "Slope",
    "percentage of participants with success",
    "Spearman Correlation",
    "Probability",
    "FBF ratio difference",
    "Least Squares Mean",
    "Median survival in for months",
)


@pytest.mark.parametrize(
    ("name", "family", "no_effect"),
    [
        *((name, "ratio", 1.0) for name in RATIOS),
        *((name, "difference", 0.0) for name in DIFFERENCES),
        *((name, "other", None) for name in UNKNOWN),
    ],
)
def test_no_effect_is_known_from_the_name_alone(name: str, family: str, no_effect: float | None) -> None:
    assert find_family(name) == family
    assert find_no_effect(name, (0.8, 1.3)) == no_effect


def test_a_ratio_that_may_be_in_per_cent_has_none() -> None:
    assert find_no_effect("Ratio of means (%)", (0.9, 1.1)) is None
    assert find_no_effect("Geometric mean ratio", (91.0, 104.0)) is None
    assert find_no_effect("Geometric mean ratio", (0.5, 104.0)) == 1.0
