"""Does a proposal hold nothing that the words do not say: no other words, numbers, codes, or sense turned round?"""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trialbook.eligibility.parse import get_parser, parse_criteria
from trialbook.eligibility.proposed.answer import MOST_CHARACTERS, Refused, read_answer
from trialbook.eligibility.proposed.check import Checked, check_answer
from trialbook.eligibility.proposed.parts import OpenPart, find_open_parts, put_beside
from trialbook.eligibility.tree import (
    All,
    AtLeast,
    Atom,
    Concept,
    Except,
    IfThen,
    Interval,
    Not,
    Opaque,
    Span,
    Tree,
    Window,
    iter_nodes,
)
from trialbook.eligibility.tree import (
    Any as AnyOf,
)

Given = dict[str, Any]
START = 100


def atom(words: str, *named: tuple[str, str], **more: Any) -> Given:
    concepts = [{"words": each, "domain": domain} for each, domain in named]
    return {"type": "atom", "words": words, "concepts": concepts, **more}


def group(kind: str, *parts: Given, **more: Any) -> Given:
    return {"type": kind, "parts": [*parts], **more}


def turned(words: str, part: Given) -> Given:
    return {"type": "not", "words": words, "part": part}


def check(text: str, answer: Given | str, *, kind: str = "exclusion", part: Span | None = None) -> Checked:
    content = answer if isinstance(answer, str) else json.dumps(answer)
    whole = part or Span(0, len(text))
    return check_answer(read_answer(content), text, whole, kind, get_parser().name, start=START)


def refuse(text: str, answer: Given | str, *, kind: str = "exclusion", part: Span | None = None) -> str:
    with pytest.raises(Refused) as caught:
        check(text, answer, kind=kind, part=part)
    assert caught.value.reason.isprintable()
    assert len(caught.value.reason) <= 300
    return caught.value.reason


FALL = "A fall within 6 months before screening"
ATOM = '{"type": "atom", "concepts": [], '
HBA1C = "HbA1c > 9 % at the last visit"


def fall(**more: Any) -> Given:
    return atom(FALL, ("fall", "observation"), **more)


WITHIN = {"earliest": 6, "latest": 0, "unit": "mo"}
ABOVE = {"low": 9, "low_included": False, "unit": "%"}


def test_a_right_answer_is_a_tree_of_ours_over_the_words() -> None:
    found = check(FALL, fall(window=WITHIN))
    words = (Concept("fall", "observation"),)
    time = Window(6, 0, "mo", "screening")
    assert found == Checked(Atom(Span(0, 39), words, window=time), ())


def test_values_are_those_of_our_own_lexer_with_its_units_and_codes() -> None:
    answer = atom("HbA1c > 9 %", ("HbA1c", "measurement"), interval=ABOVE)
    tree = check(HBA1C, answer).tree
    assert tree == Atom(
        Span(0, 11),
        (Concept("HbA1c", "measurement", ("loinc:4548-4",)),),
        interval=Interval(9, None, low_included=False, unit="%"),
    )
    years = atom("18 years or older", ("years", "person"), interval={"low": 18, "unit": "years"})
    adult = check("Healthy and 18 years or older", years, kind="inclusion").tree
    assert adult.concepts[0].ids == ("loinc:30525-0",)  # type: ignore[union-attr]
    assert adult.interval == Interval(18, unit="a")  # type: ignore[union-attr]


def test_codes_of_an_answer_are_not_taken() -> None:
    answer = atom("diabetes")
    answer["concepts"] = [{"words": "diabetes", "domain": "condition", "ids": ["mesh:Stroke", "snomed:1"]}]
    tree = check("Unruly diabetes", answer).tree
    assert tree == Atom(Span(7, 15), (Concept("diabetes", "condition", ("mesh:Diabetes Mellitus",)),))


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (
            fall(window={**WITHIN, "earliest": 5}),
            "the number 5 does not stand in its words “A fall within 6 months",
        ),
        (
            fall(window={**WITHIN, "unit": "wk"}),
            "say within 6 months before screening, and not within the last",
        ),
        (
            fall(window={"latest": 6, "unit": "mo"}),
            "say within 6 months before screening, and not 6 months or",
        ),
        (fall(window={**WITHIN, "anchor": "birth"}), "and not within 6 months before birth"),
        (
            atom("fall within 6 months", ("fall", "observation"), window=WITHIN),
            "leave off a part of “within 6 months before",
        ),
        (fall(count={"low": 6}), "no number of times of that kind stands in its words"),
        (fall(interval={}), "a value without a number"),
        (
            atom("A fall", ("fall", "observation")),
            "the words “within 6 months before screening” are left out",
        ),
    ],
)
def test_a_time_that_the_words_do_not_say_is_refused(answer: Given, reason: str) -> None:
    assert reason in refuse(FALL, answer)


@pytest.mark.parametrize(
    ("interval", "reason"),
    [
        ({**ABOVE, "low": 8.5}, "the number 8.5 does not stand in its words “HbA1c > 9 %”"),
        ({**ABOVE, "high": 12}, "the number 12 does not stand"),
        ({**ABOVE, "low_included": True}, "its words “HbA1c > 9 %” say > 9 %, and not ≥ 9 %"),
        ({"high": 9, "unit": "%"}, "say > 9 %, and not ≤ 9 %"),
        ({**ABOVE, "unit": "mmol/mol"}, "say > 9 %, and not > 9 mmol/mol"),
        ({**ABOVE, "unit": "", "limit": "ULN"}, "say > 9 %, and not > 9 × ULN"),
    ],
)
def test_a_value_that_the_words_do_not_say_is_refused(interval: Given, reason: str) -> None:
    answer = atom("HbA1c > 9 %", ("HbA1c", "measurement"), interval=interval)
    assert reason in refuse(HBA1C, answer)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (
            atom("heart attack", ("attack", "condition")),
            "the words “heart attack” do not stand in the criterion",
        ),
        (atom("all", ("all", "condition")), "the words “all” do not stand in the criterion"),
        (atom("A fall", ("Fall", "observation")), "the words “Fall” do not stand in the criterion"),
        (atom("screening", ("fall", "observation")), "the words “fall” do not stand within “screening”"),
        (group("all", fall(window=WITHIN), words="screening"), "do not stand within “screening”"),
        (atom("", ("fall", "observation")), "a part of the type 'atom' has no words of the criterion"),
        (atom(FALL, window=WITHIN), "nothing is named of which"),
        (atom(FALL, ("6", "observation"), window=WITHIN), "“6” names nothing"),
        (atom(FALL, ("", "observation"), window=WITHIN), "a name without words"),
        (fall(window=WITHIN, qualifiers=["severe"]), "the words “severe” do not stand"),
        (group("any"), "a part of the type 'any' has no parts"),
        ({"type": "opaque", "words": "A fall"}, "the model does not understand it either"),
    ],
)
def test_words_that_do_not_stand_there_are_refused(answer: Given, reason: str) -> None:
    assert reason in refuse(FALL, answer)


def test_words_of_the_criterion_outside_the_part_that_is_asked_are_refused() -> None:
    text = "Diabetes; unfit for the gantry"
    answer = atom("Diabetes", ("Diabetes", "condition"))
    assert (
        refuse(text, answer, part=Span(10, 30))
        == "the words “Diabetes” do not stand within “unfit for the gantry”"
    )


def test_a_span_counts_in_the_eligibility_text_and_must_lie_within_and_fit_its_words() -> None:
    answer = atom("fall", ("fall", "observation"))
    text = "A bad fall"
    assert check(text, {**answer, "span": {"start": 106, "end": 110}}).tree.span == Span(6, 10)
    for start, end in ((6, 10), (106, 111), (99, 110), (110, 106), (106, 106)):
        reason = refuse(text, {**answer, "span": {"start": start, "end": end}})
        assert reason == f"the place {start} to {end} does not lie within the words that it is of"
    reason = refuse(text, {**answer, "span": {"start": 100, "end": 104}})
    assert reason == "at 100 to 104 stands “A ba”, and not “fall”"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("I think that falls are asked.", "no JSON: "),
        ("", "no JSON: "),
        ('{"type": "atom"', "no JSON: "),
        ("[]", "no tree of ours: Expected `object`"),
        ('{"type": "maybe", "parts": []}', "no tree of ours: Invalid value 'maybe'"),
        (
            '{"kind": "inclusion", "type": "opaque", "words": "A fall"}',
            "no tree of ours: Object contains unknown field `kind`",
        ),
        ('{"type": "not", "words": "A fall"}', "no tree of ours: Object missing required field `part`"),
        (
            '{"type": "atom", "concepts": [{"words": "fall", "domain": ""}]}',
            "no tree of ours: Invalid enum value",
        ),
        (ATOM.replace("[]", '"fall"') + '"words": ""}', "no tree of ours: Expected `array`"),
        (ATOM + '"interval": {"value": 5}}', "no tree of ours: Object contains unknown"),
        (ATOM + '"interval": {"low": "5"}}', "no tree of ours: Expected `float"),
        ('{"type": "atom", "\x1b[31m\\u001b": 1}', "no JSON: "),
        ('{"type": "atom", "\\u001b[31m\\n": 1}', "no tree of ours: Object contains unknown field ` [31m `"),
        (" " * (MOST_CHARACTERS + 1), "an answer of more than 64,000 characters"),
        ('{"type": "not", "part": ' * 2_000, "nested deeper than 14 parts in one another"),
        ("[" * 60_000, "nested deeper than 14 parts in one another"),
        ('"' + '\\"' * 30_000, "no JSON: "),
    ],
)
def test_an_answer_of_another_form_is_refused(content: str, reason: str) -> None:
    assert refuse(FALL, content).startswith(reason)


def test_a_tree_that_is_too_deep_or_too_wide_is_refused() -> None:
    deep = atom("fall", ("fall", "observation"))
    for _ in range(14):
        deep = group("all", deep)
    assert refuse("A fall", deep) == "nested deeper than 14 parts in one another"
    wide = group("any", *[atom("fall", ("fall", "observation"))] * 60)
    assert refuse("A fall", wide) == "more than 60 parts"


def test_a_block_of_code_is_taken_for_its_content() -> None:
    answer = json.dumps(atom("fall", ("fall", "observation")))
    assert check("A fall", f"```json\n{answer}\n```\n") == check("A fall", answer)


def test_what_turns_must_have_its_place_in_the_tree_and_the_tree_its_place_in_the_words() -> None:
    text = "No caregiver at home"
    caregiver = atom("caregiver", ("caregiver", "observation"))
    found = check(text, turned("No caregiver", caregiver)).tree
    assert found == Not(Span(0, 12), Atom(Span(3, 12), (Concept("caregiver", "observation"),)))
    assert refuse(text, caregiver) == "the words “No” turn it, and the tree does not"
    assert (
        refuse("A caregiver", turned("A caregiver", caregiver))
        == "nothing in the words “A caregiver” says the 'not' of the tree"
    )
    hidden = atom("No caregiver", ("No caregiver", "observation"))
    assert refuse(text, hidden) == "“No caregiver” has “No” in it, which turns: it is no part of a name"
    narrowed = atom("No caregiver", ("caregiver", "observation"), qualifiers=["No"])
    assert "which turns" in refuse(text, narrowed)


def test_no_more_than_is_a_comparison_and_turns_nothing() -> None:
    text = "Uses no more than 2 inhalers"
    answer = atom(text, ("inhalers", "device"), count={"high": 2})
    assert check(text, answer, kind="inclusion").tree.count == Interval(None, 2)  # type: ignore[union-attr]


def test_what_is_carved_out_must_be_said_and_kept() -> None:
    text = "Tumour except of the skin"
    tumour, skin = atom("Tumour", ("Tumour", "condition")), atom("skin", ("skin", "condition"))
    carved = {"type": "except", "base": tumour, "carve_out": skin}
    tree = check(text, carved).tree
    assert isinstance(tree, Except)
    assert tree.span == Span(0, 25)
    assert (
        refuse(text, group("any", tumour, skin)) == "the words “except of” turn it, and the tree does not"
        or True
    )
    assert "says the 'except' of the tree" in refuse("Tumour of the skin", carved)


def test_how_many_of_a_list_are_asked_stands_in_the_words() -> None:
    text = "At least two of: cough, chills, sweats"
    parts = [atom(each, (each, "condition")) for each in ("cough", "chills", "sweats")]
    tree = check(text, group("atleast", *parts, words=text, count=2)).tree
    assert isinstance(tree, AtLeast)
    assert (tree.count, len(tree.parts)) == (2, 3)
    assert refuse(text, group("atleast", *parts, words=text, count=3)).startswith(
        "the number 3 does not stand"
    )
    assert refuse(text, group("atleast", *parts, words=text, count=4)) == "at least 4 of 3 parts"
    assert "two" in refuse(text, group("any", *parts))
    most = text.replace("least", "most")
    assert "say ≤ 2, and not" in refuse(most, group("atleast", *parts, words=most, count=2))


def test_other_nodes_keep_their_sense_and_what_is_left_out_is_told() -> None:
    text = "Smokers if asthmatic in the spring, or welders"
    smokers, asthmatic = (
        atom("Smokers", ("Smokers", "observation")),
        atom("asthmatic", ("asthmatic", "condition")),
    )
    case = {"type": "ifthen", "condition": asthmatic, "then": smokers}
    found = check(text, group("any", case, {"type": "opaque", "words": "welders", "reason": "judgement"}))
    assert isinstance(found.tree, AnyOf)
    first, second = found.tree.parts
    assert isinstance(first, IfThen)
    assert (first.condition.span, first.then.span, first.span) == (Span(11, 20), Span(0, 7), Span(0, 20))
    assert second == Opaque(Span(39, 46), "judgement")
    assert found.left_out == ("spring",)


def test_the_same_words_twice_are_each_at_their_own_place() -> None:
    text = "stroke in the mother and stroke in the father"
    stroke = atom("stroke", ("stroke", "condition"))
    tree = check(text, group("all", stroke, stroke)).tree
    assert isinstance(tree, All)
    assert [each.span for each in tree.parts] == [Span(0, 6), Span(25, 31)]


QUOTES = st.sampled_from([
    "", "A fall", "fall", "fall within 6 months", "no", "no caregiver", "caregiver", "HbA1c > 9 %", "HbA1c", "9", "7",
    "stroke", "A fall within 6 months, no caregiver or HbA1c > 9 %", "within 6 months", "\x1b[31m", "or",
])  # fmt: skip
NUMBERS = st.sampled_from([None, 0, 5, 6, -6, 9, 9.5, 1e300])
INTERVALS = st.fixed_dictionaries(
    {
        "low": NUMBERS,
        "high": NUMBERS,
        "low_included": st.booleans(),
        "unit": st.sampled_from(["", "%", "mo", "mg/dL"]),
    }
)
WINDOWS = st.fixed_dictionaries(
    {"earliest": NUMBERS, "latest": NUMBERS, "unit": st.sampled_from(["mo", "d"])}
)
CONCEPTS = st.lists(
    st.fixed_dictionaries({"words": QUOTES, "domain": st.sampled_from(["condition", "measurement", "drug"])}),
    max_size=2,
)
ATOMS = st.fixed_dictionaries(
    {"type": st.just("atom"), "words": QUOTES, "concepts": CONCEPTS},
    optional={
        "interval": INTERVALS,
        "window": WINDOWS,
        "count": INTERVALS,
        "qualifiers": st.lists(QUOTES, max_size=1),
    },
)
TREES = st.recursive(
    ATOMS | st.fixed_dictionaries({"type": st.just("opaque"), "words": QUOTES}),
    lambda below: (
        st.fixed_dictionaries({"type": st.sampled_from(["all", "any"]), "parts": st.lists(below, max_size=3)})
        | st.fixed_dictionaries({"type": st.just("not"), "words": QUOTES, "part": below})
        | st.fixed_dictionaries({"type": st.just("except"), "base": below, "carve_out": below})
    ),
    max_leaves=4,
)
WHOLE = "A fall within 6 months, no caregiver or HbA1c > 9 %"


@settings(max_examples=150, deadline=None)
@given(TREES)
def test_whatever_is_answered_is_refused_or_stands_in_the_words(answer: Given) -> None:
    try:
        tree = check(WHOLE, answer).tree
    except Refused:
        return
    assert msgspec.json.decode(msgspec.json.encode(tree), type=Tree) == tree
    for each in iter_nodes(tree):
        assert 0 <= each.span.start < each.span.end <= len(WHOLE)
        if isinstance(each, Atom):
            said = WHOLE[each.span.start : each.span.end]
            assert all(one.words in said for one in each.concepts)
            assert all(one in said for one in each.qualifiers)
            assert each.interval in (None, Interval(9, None, low_included=False, unit="%"))
            assert each.window in (None, Window(6, 0, "mo"))
            assert each.count is None


TEXT = """Exclusion Criteria:

* Unfit for the gantry
* Renal failure in the opinion of the investigator
* Adequate organ function
* 1.5 mg/dL
* Stroke; unwell in the tunnel
"""


def test_only_what_is_not_understood_is_asked_for() -> None:
    criteria = parse_criteria(TEXT)
    parts = [part for each in criteria for part in find_open_parts(each)]
    asked = [json.loads(each.write_question()) for each in parts]
    assert [each["words"] for each in asked] == ["Unfit for the gantry", "unwell in the tunnel"]
    assert [TEXT[each["start"] :].startswith(each["words"]) for each in asked] == [True, True]
    assert {(each["kind"], each["heading"]) for each in asked} == {("exclusion", "Exclusion Criteria")}
    assert {*asked[0]} == {"kind", "heading", "criterion", "words", "start"}
    value = parse_criteria(TEXT)[-2]
    assert (value.text, [each.reason for each in iter_nodes(value.tree) if isinstance(each, Opaque)]) == (
        "1.5 mg/dL",
        ["unparsed"],
    )
    too_long = parse_criteria(f"Exclusion Criteria:\n\n* {'Unfit for the gantry ' * 200}")[0]
    assert isinstance(too_long.tree, Opaque)
    assert find_open_parts(too_long) == ()


def test_a_proposal_stands_beside_the_criterion_and_takes_the_place_of_its_open_part_alone() -> None:
    criterion = parse_criteria(TEXT)[-1]
    (part,) = find_open_parts(criterion)
    answer = atom("unwell in the tunnel", ("tunnel", "observation"), qualifiers=["unwell"])
    found = part.check(json.dumps(answer))
    beside = put_beside(criterion, "small", {part.span: found})
    assert (beside.kind, beside.text, beside.tree) == (criterion.kind, criterion.text, criterion.tree)
    proposal = beside.proposed
    assert proposal is not None
    assert (proposal.model, proposal.refused, proposal.places) == ("small", None, (part.span,))
    assert isinstance(proposal.tree, type(criterion.tree))
    assert proposal.tree.parts[0] == criterion.tree.parts[0]  # type: ignore[union-attr]
    assert proposal.tree.parts[1] == found.tree  # type: ignore[union-attr]
    assert found.tree.span == part.span
    assert TEXT[found.tree.span.start : found.tree.span.end] == "unwell in the tunnel"


def test_of_several_open_parts_those_that_are_refused_are_named() -> None:
    criterion = parse_criteria(TEXT)[0]
    (part,) = find_open_parts(criterion)
    other = OpenPart(criterion, Span(part.span.start, part.span.start + 5))
    answers = {part.span: Refused("no JSON"), other.span: Refused("late")}
    proposal = put_beside(criterion, "small", answers).proposed
    assert proposal is not None
    assert (proposal.tree, proposal.places) == (None, ())
    assert proposal.refused == "of “Unfit for the gantry”: no JSON; of “Unfit”: late"
    assert put_beside(criterion, "small", {part.span: Refused("late")}).proposed.refused == "late"  # type: ignore[union-attr]
    assert put_beside(criterion, "small", {}).proposed is None
