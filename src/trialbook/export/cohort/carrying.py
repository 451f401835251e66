"""Which parts of a study's criteria can be asked of an OMOP database? The others are left out, and named.

A part that cannot be asked is taken to speak for the person: whoever could take part is among those who are found,
and the list says what is still to be looked at. Which way it speaks depends on what is wanted of it, that it be so
or that it not be so, which each `Not` turns.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import NamedTuple

import msgspec

from trialbook.eligibility.days import TIME_UNITS, Days
from trialbook.eligibility.derive.deriver import Formulas
from trialbook.eligibility.derive.naming import find_formula, names_other_formula
from trialbook.eligibility.derive.plans import find_quantity
from trialbook.eligibility.facts import Fact, Person, Source
from trialbook.eligibility.having import find_window
from trialbook.eligibility.matching import IS, Matcher
from trialbook.eligibility.measures import ClinicalMeasures
from trialbook.eligibility.measuring import is_age, list_asked
from trialbook.eligibility.reading import Reading, make_reading
from trialbook.eligibility.sexes import list_sexes
from trialbook.eligibility.tree import (
    All,
    Any,
    AtLeast,
    Atom,
    Concept,
    Domain,
    Except,
    IfThen,
    Not,
    Opaque,
    ParsedCriterion,
    Reason,
    Tree,
    iter_nodes,
)
from trialbook.export.cohort.carried import Cause, NotCarried, shorten
from trialbook.export.cohort.predicates import Range
from trialbook.export.cohort.thresholds import make_ranges
from trialbook.export.cohort.vocabulary import Found, Vocabulary
from trialbook.model.protocol import EligibilityModule

# What an OMOP CDM has tables of: there, what is not told is taken not to be so.
COMPLETE: frozenset[Domain] = frozenset(
    {"condition", "drug", "procedure", "device", "observation", "measurement"}
)
_OPAQUE: dict[Reason, str] = {
    "judgement": "an investigator judges it",
    "elsewhere": "the registry does not give the threshold",
    "unparsed": "nothing here understands it",
    "empty": "there are no words",
}


class Looked(NamedTuple):
    """What an atom is asked with.

    Attributes
    ----------
    sure, wider
        The concepts that stand for it, and those that leave it open.
    ranges
        Of a measurement.
    """

    sure: tuple[Found, ...] = ()
    wider: tuple[Found, ...] = ()
    ranges: tuple[Range, ...] = ()


class Carrier:
    """Looks up what the criteria of one study are asked with, and keeps the list of what cannot be asked.

    Parameters
    ----------
    module
        The eligibility of the record.
    day
        The day on which it is asked.
    is_lenient
        Whether all are wanted whom nothing excludes, whatever else is unknown.
    """

    def __init__(
        self,
        vocabulary: Vocabulary,
        matcher: Matcher,
        *,
        module: EligibilityModule | None,
        day: date,
        is_lenient: bool = False,
    ) -> None:
        self.vocabulary, self.day, self._is_lenient = vocabulary, day, is_lenient
        self.measures = ClinicalMeasures()
        text = (module.eligibility_criteria if module else None) or ""
        nobody = make_reading(Person(), day, matcher, self.measures, Formulas())
        self.reading: Reading = nobody.of_study(module, text)
        self.not_carried: list[NotCarried] = []

    def carry(self, criterion: ParsedCriterion) -> ParsedCriterion | None:
        """The criterion without the parts that cannot be asked; None where nothing is left."""
        if criterion.kind == "other":
            self._note(
                "opaque", criterion.tree, "not asked: the text does not say whether it includes or excludes"
            )
            return None
        tree = self._carry(criterion.tree, criterion.kind == "inclusion")
        return None if tree is None else msgspec.structs.replace(criterion, tree=tree)

    def note(self, cause: Cause, what: str, words: str = "", start: int = 0, end: int = 0) -> None:
        """Put something on the list, once."""
        made = NotCarried(cause, what, shorten(words), start, end)
        if made not in self.not_carried:
            self.not_carried.append(made)

    def look_up(self, atom: Atom) -> Looked:
        """What an atom is asked with."""
        found: dict[int, Found] = {}
        asked = list_asked(atom) if atom.interval is not None else atom.concepts
        for concept in asked:
            for each in self.vocabulary.found.get(concept, ()):
                known = found.get(each.concept_id)
                if known is None or (known.relation not in IS and each.relation in IS):
                    found[each.concept_id] = each
        if atom.interval is not None:
            said = " ".join((self.quote(atom), *atom.qualifiers, *(each.words for each in atom.concepts)))
            formula = find_formula(said)
            sure = tuple(
                each
                for each in found.values()
                if each.relation in IS
                and each.table in ("measurement", "observation")
                and not names_other_formula(
                    Fact(msgspec.structs.replace(each.told, domain="measurement"), Source("omop")), formula
                )
            )
            ranges = make_ranges(atom, self.vocabulary.units, self.measures) if sure else ()
            return Looked(sure, (), ranges)
        sure = tuple(each for each in found.values() if each.relation in IS)
        return Looked(sure, tuple(each for each in found.values() if each.relation not in IS))

    def find_window(self, atom: Atom) -> tuple[Days, Days] | None:
        """The first and last day that an atom asks of."""
        return find_window(atom, self.reading)

    def quote(self, tree: Tree) -> str:
        """The words of a part."""
        return self.reading.quote(tree.span)

    def _note(self, cause: Cause, tree: Tree, what: str) -> None:
        self.note(cause, what, self.quote(tree), tree.span.start, tree.span.end)

    def _carry(self, tree: Tree, wanted: bool) -> Tree | None:
        if isinstance(tree, All):
            return self._carry_parts(tree, tree.parts, len(tree.parts), wanted)
        if isinstance(tree, Any):
            return self._carry_parts(tree, tree.parts, 1, wanted)
        if isinstance(tree, AtLeast):
            return self._carry_parts(tree, tree.parts, tree.count, wanted)
        if isinstance(tree, Not):
            part = self._carry(tree.part, not wanted)
            return None if part is None else Not(tree.span, part)
        if isinstance(tree, IfThen):
            unless = self._carry(Not(tree.condition.span, tree.condition), wanted)
            then = self._carry(tree.then, wanted)
            return self._join(tree, [unless, then], 1, wanted)
        if isinstance(tree, Except):
            return self._carry_except(tree, wanted)
        if isinstance(tree, Opaque):
            more = f": {tree.note}" if tree.note else ""
            self._note("opaque", tree, f"not asked: {_OPAQUE[tree.reason]}{more}")
            return None
        return self._carry_atom(tree, wanted)

    def _carry_parts(self, tree: Tree, parts: tuple[Tree, ...], least: int, wanted: bool) -> Tree | None:
        return self._join(tree, [self._carry(each, wanted) for each in parts], least, wanted)

    def _join(self, tree: Tree, parts: list[Tree | None], least: int, wanted: bool) -> Tree | None:
        """At least so many of the parts, of which those that are left out speak for the person."""
        kept = tuple(each for each in parts if each is not None)
        left = len(parts) - len(kept)
        if wanted:
            least = max(0, least - left)
        if not kept or least == 0 or least > len(kept):
            for each in kept:
                self._note("target", each, "not asked: what stands beside it cannot be asked, and may do")
            return None
        if len(kept) == 1 and least == 1:
            return kept[0]
        if least == len(kept):
            return All(tree.span, kept)
        return Any(tree.span, kept) if least == 1 else AtLeast(tree.span, least, kept)

    def _carry_except(self, tree: Except, wanted: bool) -> Tree | None:
        base, carved = self._carry(tree.base, wanted), self._carry(tree.carve_out, not wanted)
        if base is not None and carved is not None:
            return Except(tree.span, base, carved)
        if carved is None and base is not None and wanted:
            return base
        if base is not None:
            self._note("target", base, "not asked: what it excepts cannot be asked")
        elif carved is not None and wanted:
            return Not(tree.span, carved)
        return None

    def _carry_atom(self, atom: Atom, wanted: bool) -> Tree | None:
        refused = self._refuse(atom)
        if refused is not None:
            self._note(refused[0], atom, f"not asked: {refused[1]}")
            return None
        if is_age(atom) or (atom.interval is None and list_sexes(atom)):
            return atom
        looked = self.look_up(atom)
        if not looked.sure:
            names = ", ".join(each.words for each in atom.concepts)
            self._note("concept", atom, f"not asked: the vocabulary has no concept for {names}")
            return None
        for each in atom.concepts:
            if not any(one.relation in IS for one in self.vocabulary.found.get(each, ())):
                self._note("concept", atom, f"the vocabulary has no concept for {each.words}")
        beyond = sum(each.is_by_vocabulary for each in looked.sure)
        if beyond:
            self._note(
                "approximate",
                atom,
                f"{beyond} concepts are there by the vocabulary's own maps and hierarchy alone, which screening"
                " does not look at",
            )
        return (
            self._carry_measure(atom, looked)
            if atom.interval is not None
            else self._carry_having(atom, wanted)
        )

    def _refuse(self, atom: Atom) -> tuple[Cause, str] | None:
        """Why an atom cannot be asked whatever the vocabulary has."""
        if not atom.concepts:
            return "opaque", "nothing is named"
        window = atom.window
        if window is not None and window.unit not in TIME_UNITS:
            return "target", f"no calendar counts in {window.unit!r}"
        if atom.lasting is not None and (atom.lasting.unit or "d") not in TIME_UNITS:
            return "target", f"no calendar counts in {atom.lasting.unit!r}"
        if window is not None and window.anchor == "event":
            return (
                "target",
                f"nobody knows the day of {window.event or 'the event'}, from which it is counted",
            )
        if window is not None and window.anchor == "birth":
            return "target", "it is counted from the birth"
        if is_age(atom) or (atom.interval is None and list_sexes(atom)):
            return None
        if atom.assertion not in ("present", "history"):
            return "target", f"no table says of anyone what is {atom.assertion.replace('_', ' ')}"
        if atom.interval is None and not {each.domain for each in atom.concepts} <= COMPLETE:
            domains = " or ".join(sorted({each.domain for each in atom.concepts} - COMPLETE))
            return "target", f"no table tells all of this kind ({domains})"
        return None

    def _carry_measure(self, atom: Atom, looked: Looked) -> Atom | None:
        assert atom.interval is not None
        if not looked.ranges:
            unit = atom.interval.unit or "a number without unit"
            self._note("unit", atom, f"not asked: the vocabulary has no unit that turns into {unit}")
            return None
        if not self._is_lenient:
            self._note("absence", atom, "who has no value of it is left out, as nothing is known")
        if find_quantity(atom.concepts) is not None:
            self._note("approximate", atom, "only measured values count: it is not computed from others")
        return atom

    def _carry_having(self, atom: Atom, wanted: bool) -> Atom:
        if wanted:
            self._note("absence", atom, "who has no entry of it counts as not having it, and is left out")
        elif not self._is_lenient:
            self._note("absence", atom, "who has no entry of it counts as not having it, and passes")
        if atom.lasting is not None:
            self._note("approximate", atom, "how long it lasted is asked only of what goes on")
        if not all(self.reading.matcher.is_known(each) for each in atom.concepts):
            names = ", ".join(each.words for each in atom.concepts)
            self._note(
                "approximate",
                atom,
                f"screening leaves it open who has no entry: {names} may be told by another name",
            )
        if not atom.qualifiers:
            return atom
        told = ", ".join(atom.qualifiers)
        if wanted:
            self._note("qualifier", atom, f"asked without: {told}")
            return msgspec.structs.replace(atom, qualifiers=())
        self._note("qualifier", atom, f"whoever has it is left out, though it may not be: {told}")
        return atom


def list_concepts(criteria: Iterable[ParsedCriterion]) -> Iterator[Concept]:
    """All that criteria name, as a vocabulary is asked for it."""
    for criterion in criteria:
        for node in iter_nodes(criterion.tree):
            if isinstance(node, Atom):
                yield from list_asked(node) if node.interval is not None else node.concepts
