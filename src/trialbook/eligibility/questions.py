"""What has to be asked of a person, and what first? Drawn from the trees of a study's criteria.

A question decides the more, the more criteria its answer may settle, and twice as much where an answer would
keep the person out: then nothing else has to be asked.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from typing import Literal, TypeAlias

import msgspec

from trialbook.eligibility.analytes import get_analyte
from trialbook.eligibility.derive.inputs import INPUTS
from trialbook.eligibility.derive.naming import find_formula
from trialbook.eligibility.derive.plans import find_quantity, make_plan
from trialbook.eligibility.facts import Status
from trialbook.eligibility.fields import HEALTHY, MAXIMUM_AGE, MINIMUM_AGE, SEX
from trialbook.eligibility.having import is_event, is_of_women
from trialbook.eligibility.measures import ClinicalMeasures
from trialbook.eligibility.measuring import is_age
from trialbook.eligibility.sexes import list_sexes
from trialbook.eligibility.tree import (
    All,
    Anchor,
    Any,
    AtLeast,
    Atom,
    Concept,
    Except,
    IfThen,
    Not,
    Opaque,
    ParsedCriterion,
    Span,
    Tree,
    iter_nodes,
)
from trialbook.eligibility.units import list_units
from trialbook.eligibility.verdicts import CriterionVerdict
from trialbook.model.protocol import EligibilityModule
from trialbook.terms.phrase_key import fold_words, make_key

# An age, a sex, a value with its unit, whether a thing is so, how a record is meant, the day of a visit.
AskedKind: TypeAlias = Literal["age", "sex", "value", "thing", "choice", "day"]
# How whether-questions are answered: only now counts; it happens on a day; it may be over.
Form: TypeAlias = Literal["now", "event", "ever"]
MOST_QUESTIONS = 200
_EASE: tuple[AskedKind, ...] = ("age", "sex", "thing", "value", "choice", "day")
# What an answer decides that settles nothing by itself.
_TOGETHER = 0.1
_MEASURES = ClinicalMeasures()
_VISITS: dict[Anchor, str] = {
    "screening": "Day of screening",
    "enrollment": "Day of enrollment",
    "randomization": "Day of randomization",
    "treatment": "First day of the treatment",
}


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """Something to ask of a person.

    Attributes
    ----------
    key
        Its name in a form, made of what is asked: the same in every version of the record that asks it.
    words
        What is asked, in short; `context` are the criterion's own words where it first stands.
    concept, status
        What a fact that answers it is about.
    form
        Of a thing: which answers there are.
    qualifiers
        Words that narrow the thing: an answer says whether they are so, too.
    units
        UCUM units that convert, that of the criterion first; none for a number without unit.
    limits
        Which limits of normal of the laboratory are needed beside the value.
    is_dated
        Whether the criteria ask for days of it.
    answers
        Of a choice: what may be answered.
    criteria
        The `start` of each criterion that it bears on.
    helps
        What may be computed from it instead of being told.
    decides
        How much its answer may decide; 0 for what is settled without it.
    """

    key: str
    kind: AskedKind
    words: str
    context: str = ""
    concept: Concept | None = None
    status: Status = "present"
    form: Form = "now"
    qualifiers: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()
    is_dated: bool = False
    answers: tuple[str, ...] = ()
    anchor: Anchor = "now"
    criteria: tuple[int, ...] = ()
    helps: str = ""
    decides: float = 0.0


def make_questions(
    criteria: Sequence[ParsedCriterion],
    module: EligibilityModule | None = None,
    verdicts: Iterable[CriterionVerdict] = (),
) -> tuple[Asked, ...]:
    """What a study's criteria and fields need to know, the most deciding first.

    Parameters
    ----------
    module
        The record's eligibility module, for its fields and its text.
    verdicts
        What is known already: a question that bears on nothing open decides 0 and stands last.

    Examples
    --------
    >>> from trialbook.eligibility.parse import parse_criteria
    >>> text = "Inclusion Criteria:\\n\\n* HbA1c > 7 %\\n\\nExclusion Criteria:\\n\\n* Stroke\\n* HbA1c > 10 %"
    >>> [(each.words, each.kind, each.decides) for each in make_questions(parse_criteria(text))]
    [('HbA1c', 'value', 4.2), ('Stroke', 'thing', 2.1)]
    """
    text = (module.eligibility_criteria or "") if module else ""
    collector = _Collector(text)
    for each in criteria:
        for node in iter_nodes(each.tree):
            if isinstance(node, Atom):
                collector.take(node, each.start)
    if module is not None:
        collector.take_fields(module)
    settled = {each.start for each in verdicts if each.counted in ("met", "not_met")}
    asked = [
        msgspec.structs.replace(found, decides=_weigh(found, collector.atoms[found.key], criteria, settled))
        for found in collector.found.values()
    ]
    places = {each.key: place for place, each in enumerate(asked)}
    asked.sort(key=lambda each: (-each.decides, _EASE.index(each.kind), places[each.key]))
    return tuple(asked[:MOST_QUESTIONS])


class _Collector:
    """Gathers questions; those that ask for one thing are one."""

    def __init__(self, text: str) -> None:
        self._text = text
        self.found: dict[str, Asked] = {}
        self.atoms: dict[str, set[int]] = {}

    def take(self, atom: Atom, start: int) -> None:
        """What an atom of the criterion at a place asks."""
        if not atom.concepts:
            return
        if atom.window is not None and atom.window.anchor in _VISITS:
            anchor = atom.window.anchor
            self._add(
                Asked(key=f"day-{anchor}", kind="day", words=_VISITS[anchor], anchor=anchor), atom, start
            )
        if is_age(atom):
            self._add(Asked(key="age", kind="age", words="Age"), atom, start)
        elif atom.interval is not None:
            self._take_value(atom, start)
        elif list_sexes(atom):
            self._add(Asked(key="sex", kind="sex", words="Sex"), atom, start)
        else:
            self._take_thing(atom, start)

    def take_fields(self, module: EligibilityModule) -> None:
        """What the record's fields ask."""
        if module.minimum_age:
            self._add(Asked(key="age", kind="age", words="Age"), None, MINIMUM_AGE)
        if module.maximum_age:
            self._add(Asked(key="age", kind="age", words="Age"), None, MAXIMUM_AGE)
        if module.sex in ("FEMALE", "MALE"):
            self._add(Asked(key="sex", kind="sex", words="Sex"), None, SEX)
        if module.healthy_volunteers is False:
            healthy = Concept("healthy volunteer", "person")
            key = _make_key("thing", "healthy volunteer")
            self._add(Asked(key=key, kind="thing", words="Healthy volunteer", concept=healthy), None, HEALTHY)

    def _take_value(self, atom: Atom, start: int) -> None:
        assert atom.interval is not None
        concept = atom.concepts[0]
        asked = Asked(
            key=_make_key("value", _identify(concept)),
            kind="value",
            words=_begin(concept.words),
            concept=concept,
            units=_list_units(concept, atom.interval.unit),
            limits=(atom.interval.limit,) if atom.interval.limit else (),
            is_dated=atom.window is not None,
        )
        self._add(asked, atom, start)
        quantity = find_quantity(atom.concepts)
        if quantity is None:
            return
        said = " ".join((self._quote(atom.span), *atom.qualifiers, concept.words))
        plan = make_plan(quantity, find_formula(said), {})
        for name in plan.inputs:
            given = INPUTS[name]
            one = given.concepts[0]
            key = _make_key("value", _identify(one))
            units = _list_units(one, given.unit)
            helps = concept.words
            self._add(
                Asked(key=key, kind="value", words=_begin(name), concept=one, units=units, helps=helps),
                None,
                start,
            )
        for need in sorted(plan.needs):
            self._add(
                Asked(key=need, kind="age" if need == "age" else "sex", words=_begin(need)), None, start
            )
        for question in plan.questions:
            self._add(
                Asked(
                    key=question.key,
                    kind="choice",
                    words=question.text,
                    answers=question.answers,
                    helps=concept.words,
                ),
                None,
                start,
            )

    def _take_thing(self, atom: Atom, start: int) -> None:
        status: Status = "present" if atom.assertion == "history" else atom.assertion
        concept = atom.concepts[0]
        ids = tuple(dict.fromkeys(one for each in atom.concepts for one in each.ids))
        # One name says all that its codes do, and no more: "drug abuse" is coded as what has alcohol's in it.
        told = msgspec.structs.replace(concept, ids=ids if len(atom.concepts) > 1 else ())
        timed = atom.window is not None or atom.lasting is not None or atom.assertion == "history"
        form: Form = "now"
        if status == "present" and concept.domain != "consent":
            form = "event" if is_event(atom) else "ever" if timed else "now"
        asked = Asked(
            key=_make_key(f"thing {status}", f"{_identify(concept)} {sorted(atom.qualifiers)}"),
            kind="thing",
            words=_begin(concept.words),
            concept=told,
            status=status,
            form=form,
            qualifiers=atom.qualifiers,
            is_dated=timed or form == "event",
        )
        self._add(asked, atom, start)
        if is_of_women(atom) and status in ("present", "able"):
            self._add(Asked(key="sex", kind="sex", words="Sex"), None, start)

    def _quote(self, span: Span) -> str:
        return " ".join(self._text[span.start : span.end].split())

    def _add(self, asked: Asked, atom: Atom | None, start: int) -> None:
        known = self.found.get(asked.key)
        if atom is not None:
            self.atoms.setdefault(asked.key, set()).add(id(atom))
        else:
            self.atoms.setdefault(asked.key, set())
        context = self._quote(atom.span) if atom is not None and asked.kind in ("value", "thing") else ""
        if known is None:
            self.found[asked.key] = msgspec.structs.replace(asked, context=context, criteria=(start,))
            return
        forms: tuple[Form, ...] = ("now", "event", "ever")
        self.found[asked.key] = msgspec.structs.replace(
            known,
            criteria=tuple(dict.fromkeys((*known.criteria, start))),
            units=tuple(dict.fromkeys((*known.units, *asked.units))),
            limits=tuple(dict.fromkeys((*known.limits, *asked.limits))),
            is_dated=known.is_dated or asked.is_dated,
            form=max(known.form, asked.form, key=forms.index),
            context=known.context or context,
            helps=known.helps if asked.helps else "",
        )


def _weigh(asked: Asked, atoms: set[int], criteria: Sequence[ParsedCriterion], settled: set[int]) -> float:
    """How many criteria an answer settles, on average over yes and no, and how often one keeps the person out."""
    weight = 0.0
    own = set(asked.criteria) - settled
    for each in criteria:
        if each.start not in own:
            continue
        if not any(id(node) in atoms for node in iter_nodes(each.tree)):
            # It bears on it by what is computed from it, or by what no man has.
            weight += 0.5
            continue
        weight += _TOGETHER
        for answer in (True, False):
            found = _hold(each.tree, lambda atom, answer=answer: answer if id(atom) in atoms else None)  # type: ignore[misc]
            if found is not None:
                weight += 0.5
                weight += 0.5 if each.kind == "other" else 1.0 if found == (each.kind == "exclusion") else 0.0
    # A field of the record settles for certain, one way or the other.
    weight += sum(2.0 if each != HEALTHY else 0.5 for each in own if each < 0)
    return weight if asked.kind != "day" else min(weight, 0.25)


def _hold(tree: Tree, known: Callable[[Atom], bool | None]) -> bool | None:
    """Whether a tree holds where only some of its atoms are known; None where that does not settle it."""
    if isinstance(tree, Atom):
        return known(tree)
    if isinstance(tree, Opaque):
        return None
    if isinstance(tree, Not):
        return _turn(_hold(tree.part, known))
    if isinstance(tree, Except):
        return _join((_hold(tree.base, known), _turn(_hold(tree.carve_out, known))), 2)
    if isinstance(tree, IfThen):
        return _join((_turn(_hold(tree.condition, known)), _hold(tree.then, known)), 1)
    least = tree.count if isinstance(tree, AtLeast) else len(tree.parts) if isinstance(tree, All) else 1
    assert isinstance(tree, All | Any | AtLeast)
    return _join(tuple(_hold(each, known) for each in tree.parts), least)


def _turn(found: bool | None) -> bool | None:
    return None if found is None else not found


def _join(parts: Sequence[bool | None], least: int) -> bool | None:
    if sum(each is True for each in parts) >= least:
        return True
    return False if len(parts) - sum(each is False for each in parts) < least else None


def _identify(concept: Concept) -> str:
    """One name for all that is the same thing."""
    if concept.domain == "measurement":
        names = sorted(_MEASURES.identify(concept))
        if names:
            return names[0]
    return concept.ids[0] if concept.ids else make_key(fold_words(concept.words)) or concept.words


def _make_key(kind: str, name: str) -> str:
    return "q" + hashlib.blake2b(f"{kind}|{name}".encode(), digest_size=6).hexdigest()


def _list_units(concept: Concept, unit: str) -> tuple[str, ...]:
    """The units in which a value may be told, the criterion's own first; all of them convert into it."""
    analyte = get_analyte(concept.words)
    wanted = unit or (analyte.unit if analyte else "")
    if not wanted:
        return ()
    others = [each for each in list_units() if _MEASURES.convert(1.0, each, wanted, concept) is not None]
    usual = [analyte.unit] if analyte and analyte.unit in others else []
    return tuple(dict.fromkeys((wanted, *usual, *others)))


def _begin(words: str) -> str:
    words = " ".join(words.split())
    return words[:1].upper() + words[1:]
