"""The measures of ranking are right on lists small enough to work out by hand, and ranking meets its aims."""

from __future__ import annotations

import importlib
import json
import math
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from trialbook.terms import load_thesaurus

BENCHMARKS = Path(__file__).parents[3] / "benchmarks"


def load(name: str) -> ModuleType:
    sys.path.insert(0, str(BENCHMARKS))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(BENCHMARKS))


measures, pools = load("eval_measures"), load("eval_pools")


def test_discounted_gain_compares_with_the_best_order() -> None:
    gains = {"a": 2, "b": 1, "c": 0}
    assert measures.compute_ndcg(["a", "b", "c"], gains) == 1
    best = 2 + 1 / math.log2(3)
    assert measures.compute_ndcg(["x", "a", "b"], gains) == pytest.approx((2 / math.log2(3) + 0.5) / best)
    assert measures.compute_ndcg(["x"], gains) == 0
    assert measures.compute_ndcg(["a"], {}) == 0


def test_precision_recall_and_reciprocal_rank() -> None:
    ranked, relevant = ["x", "a", "b"], {"a", "b", "c", "d"}
    assert measures.compute_precision(ranked, relevant) == 0.2
    assert measures.compute_precision(ranked, relevant, depth=2) == 0.5
    assert measures.compute_recall(ranked, relevant) == 0.5
    assert measures.compute_recall(ranked, relevant, depth=2) == 0.25
    assert measures.compute_reciprocal_rank(ranked, relevant) == 0.5
    assert measures.compute_reciprocal_rank(["x"], relevant) == 0
    assert measures.compute_overlap(["a", "b", "c"], ["c", "b", "x"], depth=2) == 0.5


def test_rank_correlation_takes_ties_at_their_mean() -> None:
    assert measures.compute_spearman([1, 2, 3, 4], [10, 20, 30, 40]) == pytest.approx(1)
    assert measures.compute_spearman([1, 2, 3, 4], [4, 3, 2, 1]) == pytest.approx(-1)
    assert measures.compute_spearman([1, 2, 3], [1, 1, 2]) == pytest.approx(math.sqrt(3) / 2)
    assert measures.compute_spearman([1, 2, 3], [1, 1, 1]) is None
    assert measures.compute_spearman([1, 2], [1, 2]) is None


def test_an_interval_holds_its_mean_and_narrows_with_agreement() -> None:
    mean, low, high = measures.compute_interval([0.0, 1.0] * 50)
    assert (mean, low < 0.5 < high, high - low < 0.25) == (0.5, True, True)
    assert measures.compute_interval([0.7] * 9) == pytest.approx((0.7, 0.7, 0.7))
    gain, low, high = measures.compute_gain_interval([0.4] * 9, [0.2] * 9)
    assert (gain, low, high) == pytest.approx((1, 1, 1))


def test_nothing_that_describes_a_judgement_reaches_a_record() -> None:
    text = {"label": "2", "reasoning": "the patient is eligible", "title": "A trial", "min_age": "18"}
    record = pools.shape_record("NCT00000001", text)
    assert "eligible" not in json.dumps(record)
    assert record["protocolSection"]["eligibilityModule"]["minimumAge"] == "18 Years"


def test_a_topic_becomes_a_form_of_the_disorder_that_its_relevant_trials_have() -> None:
    def trial(condition: str) -> dict[str, Any]:
        return {"protocolSection": {"conditionsModule": {"conditions": [condition]}}}

    pool = pools.Pool(
        "made up",
        records={"A": trial("Asthma"), "B": trial("Chronic gout"), "C": trial("Eczema")},
        topics={
            "1": "A man with asthma and gout. He takes allopurinol and denies fever.",
            "2": "A woman with scurvy.",
        },
        judgements={"1": {"A": 0, "B": 2, "C": 1}, "2": {"A": 1}},
    )
    assert load("eval_forms").make_forms(pool, load_thesaurus()) == {
        "1": "gout\ndefinitive diagnosis: gout\nassociated conditions: asthma\nprior treatment: allopurinol\n"
        "fever: no\nsmoker: no"
    }


def test_the_registrys_own_lists_are_reproduced(shared_data: Path, tmp_path: Path) -> None:
    scores = load("eval").compare_lists(shared_data, tmp_path / "lists", with_baselines=False)["trialbook"]
    means = {name: sum(values) / len(values) for name, values in scores.items()}
    assert means["precision"] >= 0.9
    assert means["recall"] >= 0.95
    assert means["spearman"] >= 0.6


@pytest.mark.slow
def test_patients_find_their_trials_better_than_with_plain_bm25(shared_data: Path, tmp_path: Path) -> None:
    evaluation = load("eval")
    for title, methods in evaluation.compare_pools(shared_data, tmp_path).items():
        ours, plain = (sum(methods[name]["nDCG@10"]) for name in ("trialbook", "plain BM25"))
        assert ours >= (1.05 if title.endswith(evaluation.FORMS) else 1.15) * plain
