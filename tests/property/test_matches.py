"""The ranking of matches is that of the plainest code, and does not depend on the order in which studies come."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tests.naive.matching import rank

from trialbook.eligibility.evaluate import conclude
from trialbook.eligibility.verdicts import VERDICTS, CriterionVerdict, PatientVerdict
from trialbook.library.matching import MatchedStudy, make_matched, rank_studies

KINDS = ("inclusion", "exclusion", "other")
CRITERIA = st.lists(st.tuples(st.sampled_from(KINDS), st.sampled_from(VERDICTS)), max_size=6)
# Few relevances, so that many scores are alike.
STUDIES = st.lists(
    st.tuples(st.integers(1, 99_999_999), st.sampled_from((0.0, 0.25, 0.3, 0.5, 0.75, 1.0)), CRITERIA),
    max_size=12,
    unique_by=lambda each: each[0],
)


def make(nct_id: str, relevance: float, criteria: Any) -> MatchedStudy:
    said = tuple(
        CriterionVerdict(kind, "", place, place, verdict) for place, (kind, verdict) in enumerate(criteria)
    )
    overall, because, cohorts = conclude(said)
    return make_matched(nct_id, relevance, PatientVerdict("", overall, said, because, cohorts))


@given(STUDIES, st.randoms())
def test_the_order_is_the_plainest_codes(studies: list[tuple[int, float, Any]], random: Any) -> None:
    judged = [(f"NCT{number:08}", relevance, criteria) for number, relevance, criteria in studies]
    expected = rank(judged)
    made = [make(*each) for each in judged]
    random.shuffle(made)
    hits, refusals = rank_studies(made)
    assert ([each.facts.nct_id for each in hits], [each.facts.nct_id for each in refusals]) == expected
    assert all(not each.speaks_against for each in hits)
    assert all(each.speaks_against for each in refusals)


def test_studies_of_other_registers_stand_behind_their_equals() -> None:
    made = [make(each, 0.5, ()) for each in ("ISRCTN00000001", "NCT00000001", "NCT00000002")]
    hits, _ = rank_studies(made)
    assert [each.facts.nct_id for each in hits] == ["NCT00000002", "NCT00000001", "ISRCTN00000001"]
    assert [each.score for each in hits] == [0.25] * 3
