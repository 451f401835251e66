"""Does a person meet what a criterion says? Its tree, from the leaves up, in three-valued logic.

What is undecided has a reason, "unknown", "conflict" or "judgement", and goes through the tree as Kleene's
third value: a part that decides alone decides whatever the others are. Of several reasons the first of
`verdicts.OPEN` is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from trialbook.eligibility.cohorts import conclude, name_cohort
from trialbook.eligibility.days import TIME_UNITS
from trialbook.eligibility.doubts import doubt_criterion, find_doubt, has_several_values
from trialbook.eligibility.facts import Fact
from trialbook.eligibility.having import evaluate_having
from trialbook.eligibility.matching import IS, Matcher
from trialbook.eligibility.measuring import evaluate_age, evaluate_measure, is_age
from trialbook.eligibility.reading import Reading, leave_open, settle
from trialbook.eligibility.sexes import ask_subgroup, list_sexes, unite_sexes
from trialbook.eligibility.tree import (
    All,
    Any,
    AtLeast,
    Atom,
    Except,
    IfThen,
    Not,
    ParsedCriterion,
    Reason,
    Tree,
    iter_nodes,
)
from trialbook.eligibility.verdicts import (
    OPEN,
    Contest,
    CriterionVerdict,
    Evidence,
    Finding,
    Missing,
    PatientVerdict,
    Question,
    Verdict,
)

_OPPOSITE: dict[Verdict, Verdict] = {"met": "not_met", "not_met": "met"}
_SETTLES: dict[Reason, str] = {
    "judgement": "an investigator's judgement",
    "elsewhere": "the threshold, which the registry does not give: it may stand in the protocol",
    "unparsed": "what these words ask, which nothing here understands: a person has to read them",
    "empty": "what is asked: there are no words",
}


def evaluate_patient(
    criteria: Sequence[ParsedCriterion],
    reading: Reading,
    *,
    contests: Iterable[Contest] = (),
    before: Sequence[CriterionVerdict] = (),
) -> PatientVerdict:
    """The verdict on each criterion of a study, and on the person.

    Parameters
    ----------
    contests
        Where a person says otherwise, in the order in which it was said.
    before
        Verdicts on what else the study asks, as the record's fields (`fields`).
    """
    said = list(contests)
    found = [*before, *(evaluate_criterion(each, reading) for each in criteria)]
    found = [
        msgspec.structs.replace(each, contests=tuple(one for one in said if one.start == each.start))
        for each in found
    ]
    overall, because, cohorts = conclude(found)
    return PatientVerdict(
        reading.person.person_id, overall, tuple(found), because, cohorts, reading.day, reading.person.unread
    )


def evaluate_criterion(criterion: ParsedCriterion, reading: Reading) -> CriterionVerdict:
    """The verdict on one criterion: an exclusion that applies is met."""
    reading = reading._replace(any_value_counts=criterion.kind == "exclusion")
    tree = _ask_both(criterion.tree) if criterion.kind == "exclusion" else criterion.tree
    found = ask_subgroup(criterion, evaluate(tree, reading), reading)
    found = doubt_criterion(criterion, found)
    return CriterionVerdict(
        criterion.kind,
        criterion.text,
        criterion.start,
        criterion.end,
        found.verdict,
        found.evidence,
        found.missing,
        found.questions,
        cohort=name_cohort(criterion),
        number=criterion.number,
    )


def _ask_both(tree: Tree) -> Tree:
    """What an exclusion says with "if": "if female, pregnant" keeps out who is both, and no man."""
    if isinstance(tree, IfThen):
        return All(tree.span, (tree.condition, tree.then))
    if isinstance(tree, All | Any | AtLeast) and any(isinstance(each, IfThen) for each in iter_nodes(tree)):
        return msgspec.structs.replace(tree, parts=tuple(_ask_both(each) for each in tree.parts))
    return tree


def evaluate(tree: Tree, reading: Reading) -> Finding:
    """What is found of a tree, with its evidence, what is missing, and the questions that it raises."""
    if isinstance(tree, Atom):
        return _evaluate_atom(tree, reading)
    if isinstance(tree, All):
        parts = unite_sexes(tree.parts)
        if has_several_values(parts):
            # "ECOG 0, 1 or 2": nobody has all of them.
            return _join([evaluate(each, reading) for each in parts], least=1)
        return _join([evaluate(each, reading) for each in parts], least=len(parts))
    if isinstance(tree, Any):
        return _join([evaluate(each, reading) for each in tree.parts], least=1)
    if isinstance(tree, AtLeast):
        return _join([evaluate(each, reading) for each in tree.parts], least=tree.count)
    if isinstance(tree, Not):
        return _turn(evaluate(tree.part, reading.turned()))
    if isinstance(tree, IfThen):
        unless = _turn(evaluate(tree.condition, reading.turned()))
        return _join([unless, evaluate(tree.then, reading)], least=1)
    if isinstance(tree, Except):
        return _evaluate_except(tree, reading)
    verdict: Verdict = "judgement" if tree.reason == "judgement" else "unknown"
    what = _SETTLES[tree.reason] + (f" ({tree.note})" if tree.note else "")
    return leave_open(tree.span, what, verdict=verdict)


def _evaluate_atom(atom: Atom, reading: Reading) -> Finding:
    if not atom.concepts:
        return leave_open(atom.span, "what is asked: nothing is named")
    if atom.window is not None and atom.window.unit not in TIME_UNITS:
        return leave_open(atom.span, f"what time {atom.window.unit!r} is")
    doubt = find_doubt(atom, reading.text)
    if doubt:
        return leave_open(atom.span, doubt)
    if is_age(atom):
        return evaluate_age(atom, reading)
    if atom.interval is not None:
        return evaluate_measure(atom, reading)
    sexes = list_sexes(atom)
    if sexes:
        return _evaluate_sex(atom, sexes, reading)
    return evaluate_having(atom, reading)


def _evaluate_sex(atom: Atom, sexes: set[str], reading: Reading) -> Finding:
    told = [(each, "") for each in reading.person.facts if each.concept.words == reading.person.sex]
    if len(sexes) > 1:
        return settle("met", atom.span, *told)
    if reading.person.sex is None:
        return leave_open(atom.span, "the sex")
    return settle("met" if reading.person.sex in sexes else "not_met", atom.span, *told)


def _evaluate_except(tree: Except, reading: Reading) -> Finding:
    """What holds by something that is not carved out.

    Where the carve-out names kinds of what the base asks for, each fact is looked at by itself: who has both a
    lung and a skin cancer has one that is not carved out. Elsewhere the carve-out is a condition of its own.
    """
    if any(isinstance(each, Not) for each in iter_nodes(tree.carve_out)):
        found = evaluate(tree.base, reading)
        if found.verdict != "met":
            return found
        what = f"whether it is what is excepted ({reading.quote(tree.carve_out.span) or 'carved out'})"
        facts = ((each.fact, "") for each in found.evidence)
        return leave_open(tree.carve_out.span, what, *facts, verdict="judgement")
    carved, unsure = _carve(tree, reading)
    if not carved and not unsure:
        if is_of_kinds(tree, reading.matcher):
            return evaluate(tree.base, reading)
        return _join(
            [evaluate(tree.base, reading), _turn(evaluate(tree.carve_out, reading.turned()))], least=2
        )
    person = reading.person
    without = tuple(each for each in person.facts if each not in carved)
    found = evaluate(tree.base, reading.of(msgspec.structs.replace(person, facts=without)))
    note = "carved out"
    shown = tuple(Evidence(each, "not_met", tree.carve_out.span, note) for each in carved)
    if found.verdict == "met" and unsure:
        surely = tuple(each for each in without if each not in unsure)
        other = evaluate(tree.base, reading.of(msgspec.structs.replace(person, facts=surely)))
        if other.verdict != "met":
            named = ", ".join(each.describe() for each in unsure)
            what = f"whether it is what is excepted ({reading.quote(tree.carve_out.span) or 'carved out'}): {named}"
            found = leave_open(
                tree.carve_out.span, what, *((each, "") for each in unsure), verdict="judgement"
            )
    return msgspec.structs.replace(found, evidence=(*found.evidence, *shown))


def _carve(tree: Except, reading: Reading) -> tuple[list[Fact], list[Fact]]:
    """The facts that are carved out, and those of which that is open."""
    carved, unsure = [], []
    if not is_of_kinds(tree, reading.matcher):
        return [], []
    atoms = [each for each in iter_nodes(tree.carve_out) if isinstance(each, Atom)]
    asked = tuple(one for each in atoms for one in each.concepts)
    for fact, relation in reading.known.find(asked):
        if fact.denied or fact.status != "present":
            continue
        if relation in IS:
            alone = msgspec.structs.replace(reading.person, facts=(fact,), complete=frozenset())
            verdict = evaluate(_make_past(tree.carve_out), reading.of(alone)).verdict
            if verdict == "met":
                carved.append(fact)
            elif verdict != "not_met":
                unsure.append(fact)
        else:
            unsure.append(fact)
    return carved, unsure


def is_of_kinds(tree: Except, matcher: Matcher) -> bool:
    """Whether a carve-out names kinds of what its base asks for."""
    base = [each for each in iter_nodes(tree.base) if isinstance(each, Atom) and each.interval is None]
    carved = [each for each in iter_nodes(tree.carve_out) if isinstance(each, Atom)]
    asked = [one for each in base for one in each.concepts]
    return bool(asked and carved) and all(
        any(matcher.relate(one, asked) in IS for one in each.concepts) for each in carved
    )


def _make_past(tree: Tree) -> Tree:
    """A carve-out whenever it was: the base says when."""
    if isinstance(tree, Atom):
        return msgspec.structs.replace(tree, assertion="history") if tree.assertion == "present" else tree
    if isinstance(tree, All | Any | AtLeast):
        return msgspec.structs.replace(tree, parts=tuple(_make_past(each) for each in tree.parts))
    return tree


def _turn(found: Finding) -> Finding:
    """What is found of what must not be so."""
    return msgspec.structs.replace(found, verdict=_OPPOSITE.get(found.verdict, found.verdict))


def _join(parts: Sequence[Finding], *, least: int) -> Finding:
    """At least so many of the parts hold: all of them, or any one, or `AtLeast`."""
    met = [each for each in parts if each.verdict == "met"]
    lost = [each for each in parts if each.verdict == "not_met"]
    questions = _unique(one for each in parts for one in each.questions)
    if len(met) >= least:
        return Finding("met", _gather(met), (), questions)
    if len(parts) - len(lost) < least:
        return Finding("not_met", _gather(lost), (), questions)
    undecided = [each for each in parts if each.verdict not in ("met", "not_met")]
    verdict = min((each.verdict for each in undecided), key=OPEN.index)
    missing: tuple[Missing, ...] = tuple(dict.fromkeys(one for each in undecided for one in each.missing))
    return Finding(verdict, _gather(parts), missing, questions)


def _gather(parts: Iterable[Finding]) -> tuple[Evidence, ...]:
    return tuple({id(one): one for each in parts for one in each.evidence}.values())


def _unique(questions: Iterable[Question]) -> tuple[Question, ...]:
    return tuple(dict.fromkeys(questions))
