"""Three-valued logic holds: De Morgan, the unknown's way through a tree, and knowledge that only adds.

The plainest evaluation (`tests/naive/verdicts.py`) must agree.
"""

from __future__ import annotations

from datetime import date, timedelta

import msgspec
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tests.naive.verdicts import evaluate_kleene, list_outcomes, read_value
from tests.unit.eligibility.aceso import DAY, HERE, MEASURES, atom, make_reading, measure

from trialbook.eligibility.days import Days, one_day
from trialbook.eligibility.evaluate import evaluate
from trialbook.eligibility.facts import Fact, Person, Source, exactly
from trialbook.eligibility.matching import Matcher
from trialbook.eligibility.reading import Reading
from trialbook.eligibility.tree import All, Any, AtLeast, Concept, IfThen, Interval, Not, Tree, Window
from trialbook.eligibility.verdicts import Verdict

NAMES = ("asthma", "gout", "stroke history", "migraine")
FROM_VALUES = Source("values")
TRUTH: dict[Verdict, bool | None] = {
    "met": True,
    "not_met": False,
    "unknown": None,
    "conflict": None,
    "judgement": None,
}
OPPOSITE = {"met": "not_met", "not_met": "met"}


def join(parts: st.SearchStrategy[Tree]) -> st.SearchStrategy[Tree]:
    several = st.lists(parts, min_size=1, max_size=3).map(tuple)
    return st.one_of(
        several.map(lambda each: All(HERE, each)),
        several.map(lambda each: Any(HERE, each)),
        st.builds(lambda count, each: AtLeast(HERE, count, each), st.integers(1, 3), several),
        parts.map(lambda each: Not(HERE, each)),
        st.builds(lambda one, other: IfThen(HERE, one, other), parts, parts),
    )


TREES = st.recursive(st.sampled_from(NAMES).map(atom), join, max_leaves=8)
STATES = st.fixed_dictionaries(
    {name: st.sampled_from(["yes", "no", "unknown", "conflict"]) for name in NAMES}
)


def tell(state: dict[str, str]) -> Person:
    facts = []
    for name, said in state.items():
        concept = Concept(name, "condition")
        if said in ("yes", "conflict"):
            facts.append(Fact(concept, FROM_VALUES, start=one_day(date(2020, 1, 1)), is_ongoing=True))
        if said in ("no", "conflict"):
            facts.append(Fact(concept, FROM_VALUES, denied=True, end=one_day(DAY)))
    return Person(facts=tuple(facts))


def read(person: Person) -> Reading:
    return make_reading(person)._replace(matcher=PLAIN).of(person)


PLAIN = Matcher(None, MEASURES)


@given(TREES, STATES)
def test_verdicts_are_those_of_kleene(tree: Tree, state: dict[str, str]) -> None:
    known = {name: {"yes": True, "no": False}.get(said) for name, said in state.items()}
    assert TRUTH[evaluate(tree, read(tell(state))).verdict] == evaluate_kleene(tree, known)


@given(TREES, STATES)
def test_what_is_decided_holds_for_everyone_who_fits_what_is_known(tree: Tree, state: dict[str, str]) -> None:
    known = {
        name: frozenset({"yes": {True}, "no": {False}}.get(said, {True, False}))
        for name, said in state.items()
    }
    found = TRUTH[evaluate(tree, read(tell(state))).verdict]
    if found is not None:
        assert list_outcomes(tree, known) == {found}


@given(st.lists(TREES, min_size=1, max_size=3).map(tuple), STATES)
def test_de_morgan(parts: tuple[Tree, ...], state: dict[str, str]) -> None:
    reading = read(tell(state))
    turned = tuple(Not(HERE, each) for each in parts)
    assert (
        evaluate(Not(HERE, Any(HERE, parts)), reading).verdict == evaluate(All(HERE, turned), reading).verdict
    )
    assert (
        evaluate(Not(HERE, All(HERE, parts)), reading).verdict == evaluate(Any(HERE, turned), reading).verdict
    )


@given(TREES, STATES)
def test_not_turns_what_is_decided_and_leaves_what_is_not(tree: Tree, state: dict[str, str]) -> None:
    reading = read(tell(state))
    found = evaluate(tree, reading).verdict
    assert evaluate(Not(HERE, tree), reading).verdict == OPPOSITE.get(found, found)


@given(TREES)
def test_of_nothing_known_nothing_is_decided_but_in_complete_domains(tree: Tree) -> None:
    assert TRUTH[evaluate(tree, read(Person())).verdict] == evaluate_kleene(tree, dict.fromkeys(NAMES))
    complete = Person(complete=frozenset({"condition"}))
    assert TRUTH[evaluate(tree, read(complete)).verdict] == evaluate_kleene(tree, dict.fromkeys(NAMES, False))


@given(TREES, STATES, st.sampled_from(NAMES), st.booleans())
def test_more_knowledge_never_turns_a_verdict_round(
    tree: Tree, state: dict[str, str], name: str, denied: bool
) -> None:
    person = tell(state)
    more = tell({name: "no" if denied else "yes"}).facts
    before = evaluate(tree, read(person)).verdict
    after = evaluate(tree, read(person.with_facts(*more))).verdict
    assert {before, after} != {"met", "not_met"}


days = st.integers(-2_000, 0).map(lambda ago: DAY + timedelta(days=ago))
stretches = st.one_of(
    days.map(one_day),
    st.tuples(days, st.integers(0, 400)).map(
        lambda each: Days(each[0], min(DAY, each[0] + timedelta(days=each[1])))
    ),
    days.map(lambda day: Days(None, day)),
)
denials = st.builds(
    lambda start, end: Fact(Concept("asthma", "condition"), FROM_VALUES, denied=True, start=start, end=end),
    st.none() | stretches,
    stretches,
)
havings = st.builds(
    lambda start, end, ongoing: Fact(
        Concept("asthma", "condition"),
        FROM_VALUES,
        start=start,
        end=None if ongoing or end is None or end.lowest < start.lowest else end,
        is_ongoing=ongoing,
    ),
    stretches,
    st.none() | stretches,
    st.booleans(),
)
atoms = st.builds(
    lambda assertion, months, latest: atom(
        "asthma",
        assertion=assertion,
        window=None if months is None else Window(earliest=months, latest=min(latest, months), unit="mo"),
    ),
    st.sampled_from(["present", "history"]),
    st.none() | st.integers(0, 60),
    st.integers(0, 12),
)


@settings(max_examples=400)
@given(atoms, st.lists(denials | havings, max_size=4), denials | havings)
def test_a_dated_fact_more_makes_a_conflict_and_no_other_verdict(asked, facts, more) -> None:  # type: ignore[no-untyped-def]
    before = evaluate(asked, read(Person(facts=tuple(facts)))).verdict
    after = evaluate(asked, read(Person(facts=(*facts, more)))).verdict
    assert {before, after} != {"met", "not_met"}
    assert before != "conflict" or after == "conflict"


@given(
    st.integers(-20, 40),
    st.integers(0, 20),
    st.none() | st.integers(-20, 40),
    st.none() | st.integers(-20, 40),
)
def test_an_interval_is_within_where_all_its_values_are(
    low: int, width: int, least: int | None, most: int | None
) -> None:
    assume(least is None or most is None or least <= most)
    low_value, high_value = low / 4, (low + width) / 4
    asked = Interval(None if least is None else least / 4, None if most is None else most / 4, unit="mg/dL")
    value = Interval(low_value, high_value, unit="mg/dL")
    fact = Fact(
        Concept("glucose", "measurement"), FROM_VALUES, value=value, start=one_day(DAY), end=one_day(DAY)
    )
    found = evaluate(measure("glucose", asked), read(Person(facts=(fact,)))).verdict
    assert TRUTH[found] == read_value(low_value, high_value, asked.low, asked.high)


@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from([7.0, 8.0, 9.0])), max_size=4), st.booleans())
def test_values_of_one_day_that_disagree_are_a_conflict(
    told: list[tuple[int, float]], any_counts: bool
) -> None:
    facts = tuple(
        Fact(
            Concept("glucose", "measurement"),
            FROM_VALUES,
            value=exactly(value, "mg/dL"),
            start=one_day(DAY - timedelta(days=ago)),
            end=one_day(DAY - timedelta(days=ago)),
        )
        for ago, value in told
    )
    asked = measure("glucose", Interval(low=8.0, unit="mg/dL"), window=Window(earliest=3, latest=0))
    reading = read(Person(facts=facts))._replace(any_value_counts=any_counts)
    found = evaluate(asked, reading).verdict
    by_day = {ago: {value >= 8 for day, value in told if day == ago} for ago, _ in told}
    looked_at = list(by_day.values()) if any_counts else [by_day[min(by_day)]] if by_day else []
    if not told:
        assert found == "unknown"
    elif any(len(each) == 2 for each in looked_at):
        assert found == "conflict"
    else:
        assert found == ("met" if any(True in each for each in looked_at) else "not_met")
    assert msgspec.json.encode(evaluate(asked, reading))
