"""The models read as they were trained: the same features, the likeliest path, in whatever company."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from trialbook.eligibility.chain import Chain, find_paths
from trialbook.eligibility.features import Columns, fill_columns, list_features
from trialbook.eligibility.recognise import STACKED, Layer, Recogniser, describe, load_stored, stack
from trialbook.terms import get_thesaurus

TEXTS = (
    "HbA1c > 8.5 % within the previous 3 months",
    "History of type 2 diabetes mellitus or any malignancy, except basal cell carcinoma",
    "ALT | AST above 3 x ULN (bilirubin <= 1.5 mg/dL)",
    "Pregnant",
    "İzmir\t≥ x",
)


@pytest.fixture(scope="module")
def chains() -> dict[Layer, Chain]:
    stored = load_stored()
    return {layer: Chain(stored.layers[layer], stored.groups) for layer in (*STACKED, "chia")}


@pytest.fixture(scope="module")
def told(chains: dict[Layer, Chain]) -> list[Columns]:
    thesaurus = get_thesaurus()
    said = [describe(text, thesaurus.find_concepts_in(text)).tell() for text in TEXTS]
    return stack(said, [chains[one] for one in STACKED])


def test_scores_are_sums_of_the_weights_of_the_features_that_it_was_trained_with(
    chains: dict[Layer, Chain], told: list[Columns]
) -> None:
    layout, groups = load_stored().layers["chia"], load_stored().groups
    chain = chains["chia"]
    rows = {feature: row for row, feature in enumerate(layout.features)}
    expected, known = [], 0
    for each in told:
        for features in list_features(fill_columns(each["t"], each, groups)):
            weights = [chain.scores[rows[one]].astype(int) for one in features if one in rows]
            known += len(weights)
            expected.append(sum(weights))
    assert known > 10 * len(expected)
    assert chain.score(told).tolist() == [each.tolist() for each in expected]


def test_a_path_is_the_likeliest_of_all() -> None:
    rng = np.random.default_rng(3)
    moves = rng.integers(-9, 9, (3, 3)).astype(np.int32)
    scores = rng.integers(-9, 9, (9, 3)).astype(np.int32)
    found = find_paths(scores, [5, 3, 1], moves).tolist()
    start = 0
    for size in (5, 3, 1):
        ways = np.indices((3,) * size).reshape(size, -1).T
        sums = [
            sum(int(scores[start + at, one]) for at, one in enumerate(way))
            + sum(int(moves[one, two]) for one, two in itertools.pairwise(way))
            for way in ways
        ]
        taken = found[start : start + size]
        assert sums[ways.tolist().index(taken)] == max(sums)
        start += size


def test_what_else_is_read_changes_nothing(chains: dict[Layer, Chain], told: list[Columns]) -> None:
    alone = [chains["chia"].label([each])[0] for each in told]
    assert chains["chia"].label([*told, *told[::-1]]) == [*alone, *alone[::-1]]
    assert chains["chia"].label([]) == []


def test_a_text_of_no_words_and_one_of_very_many() -> None:
    recogniser = Recogniser(load_stored(), get_thesaurus())
    none, many = recogniser.find(["", "asthma, " * 700])
    assert none == []
    assert {each.kind for each in many} == {"Condition"}
    assert len(many) > 600
