"""However words lie in records: as typed before another name, that before words apart, in every request."""

from __future__ import annotations

import random
from itertools import combinations_with_replacement
from pathlib import Path

import pytest
from tests.library import make_library, open_engine
from tests.naive.records import make_record

from trialbook.search.engine.engine import SearchEngine, SearchRequest
from trialbook.search.engine.targets import APART as APART_SCORE
from trialbook.search.engine.targets import EXACT, SYNONYM, compute_lift
from trialbook.search.language.parse import parse_query

TYPED, OTHER_NAME, APART = range(3)
HEART = ("heart attack", "myocardial infarction", "an attack, of the heart")
PRESSURE = ("high blood pressure", "hypertension", "blood that is high in pressure")
# From the heaviest piece of BasicSearch to one of the lightest that synonyms widen.
PIECES = (
    "identificationModule.briefTitle",
    "identificationModule.officialTitle",
    "conditionsModule.conditions",
    "conditionsModule.keywords",
    "descriptionModule.briefSummary",
)
LISTS = ("conditionsModule.conditions", "conditionsModule.keywords")


class Corpus:
    """Records whose texts were put together by chance, and how each says the two conditions."""

    def __init__(self, home: Path, seed: int) -> None:
        chance = random.Random(seed)
        self.said: dict[str, tuple[int, int]] = {}
        records = []
        pairs = [*combinations_with_replacement(range(3), 2)] * 12
        for number, pair in enumerate(pairs, 1):
            heart, pressure = pair if chance.random() < 0.5 else pair[::-1]
            texts: dict[str, list[str]] = {}
            # Words apart stand in many pieces, so that they would win if their sum could.
            for how, forms in ((heart, HEART), (pressure, PRESSURE)):
                for piece in chance.sample(PIECES, len(PIECES) if how == APART else chance.randint(1, 2)):
                    texts.setdefault(piece, []).append(forms[how])
            values = {piece: said if piece in LISTS else ". ".join(said) for piece, said in texts.items()}
            nct_id = f"NCT{number:08}"
            self.said[nct_id] = (heart, pressure)
            records.append(make_record(nct_id, values))
        self.engine: SearchEngine = open_engine(make_library(home, records))

    def rank(self, *texts: str) -> list[tuple[int, int]]:
        """How the found records say the conditions, in the order of the answer."""
        request = SearchRequest(queries=tuple(map(parse_query, texts)), limit=1000)
        return [self.said[nct_id] for nct_id in self.engine.search(request).nct_ids]


@pytest.fixture(scope="module", params=[1, 2, 3])
def corpus(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return Corpus(tmp_path_factory.mktemp("tiers"), request.param)


@pytest.mark.parametrize(("text", "which"), [("heart attack", 0), ("high blood pressure", 1)])
def test_no_weight_of_a_piece_lifts_a_worse_kind_of_match(corpus: Corpus, text: str, which: int) -> None:
    kinds = [said[which] for said in corpus.rank(text)]
    assert kinds == sorted(kinds)
    assert set(kinds) == {TYPED, OTHER_NAME, APART}


@pytest.mark.parametrize(
    "texts",
    [
        ("heart attack high blood pressure",),
        ("heart attack AND high blood pressure",),
        ("heart attack", "high blood pressure"),
        ("EXPANSION[Lossy]heart attack high blood pressure",),
        ("TILT[StudyFirstPostDate]heart attack high blood pressure",),
    ],
)
def test_a_study_on_both_conditions_comes_before_any_that_names_only_one(
    corpus: Corpus, texts: tuple[str, ...]
) -> None:
    apart = [said.count(APART) for said in corpus.rank(*texts)]
    assert apart == sorted(apart)
    assert set(apart) == {0, 1, 2}


CONDITIONS = (
    *(HEART, PRESSURE),
    ("hay fever", "seasonal allergic rhinitis", "fever after making hay"),
    ("lung cancer", "lung neoplasms", "cancer that began beside a lung"),
)


@pytest.mark.parametrize("many", [2, 3, 4])
@pytest.mark.parametrize("is_joined", [True, False])
def test_names_in_the_lightest_place_outrank_a_condition_apart_however_well_the_rest_match(
    tmp_path: Path, many: int, is_joined: bool
) -> None:
    """At its bound: each under another name in one light text, against all but one as typed everywhere."""
    asked = CONDITIONS[:many]
    named = ". ".join(condition[OTHER_NAME] for condition in asked)
    typed = [condition[TYPED] for condition in asked[:-1]] + [asked[-1][APART]]
    everywhere: dict[str, object] = {piece: typed if piece in LISTS else ". ".join(typed) for piece in PIECES}
    records = [
        make_record("NCT00000002", {"descriptionModule.briefSummary": named}),
        make_record("NCT00000001", everywhere),
    ]
    engine = open_engine(make_library(tmp_path, records))
    texts = [condition[TYPED] for condition in asked]
    queries = tuple(map(parse_query, [" AND ".join(texts)] if is_joined else texts))
    found = engine.search(SearchRequest(queries=queries))
    assert found.nct_ids == ("NCT00000002", "NCT00000001")
    assert set(map(str.lower, found.added)) >= {condition[OTHER_NAME] for condition in asked}


def test_no_score_of_words_apart_reaches_those_of_names_whatever_is_asked_and_one_is_left_for_tilt() -> None:
    for groups in range(1, 65):
        lift = compute_lift(groups)
        all_named = groups * (SYNONYM + lift)
        one_apart = (groups - 1) * (EXACT + 1 + lift) + APART_SCORE + 1
        assert all_named - one_apart >= 1, groups


def test_what_was_added_is_told(corpus: Corpus) -> None:
    request = SearchRequest(queries=(parse_query("heart attack"),))
    assert "myocardial infarction" in {name.lower() for name in corpus.engine.search(request).added}
