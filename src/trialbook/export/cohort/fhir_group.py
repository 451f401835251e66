"""How do criteria become a FHIR Group? Each a characteristic; what nests, groups that the group contains.

In the form of HL7's guide on evidence-based medicine, whose profile `study-eligibility-criteria` adds times, lengths
and counts to the Group of FHIR R5. Codes are those that the trees have, and the user's own vocabulary's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any as Anything

from trialbook.eligibility.cohorts import name_cohort
from trialbook.eligibility.facts import describe_interval
from trialbook.eligibility.measuring import is_age
from trialbook.eligibility.sexes import list_sexes
from trialbook.eligibility.tree import (
    All,
    Any,
    AtLeast,
    Atom,
    Except,
    IfThen,
    Not,
    Opaque,
    ParsedCriterion,
    Tree,
)
from trialbook.eligibility.worksheet import shorten_words
from trialbook.export.cohort.carried import Cause, NotCarried, shorten
from trialbook.export.cohort.fhir_parts import (
    Resource,
    code_concepts,
    code_kind,
    make_concept,
    make_quantities,
    make_time,
)
from trialbook.export.cohort.vocabulary import Vocabulary

PROFILE = "http://hl7.org/fhir/uv/ebm/StructureDefinition/study-eligibility-criteria"
# Ours: what a machine cannot evaluate of the characteristic that it stands at, and why.
NOT_CARRIED = "urn:trialbook:not-carried"
_REASONS = {
    "judgement": "an investigator judges it",
    "elsewhere": "the registry does not give the threshold",
    "unparsed": "nothing here understands it: only its words are there",
    "empty": "there are no words",
}
_NO_UNKNOWN = "a Group has no unknown: what is not told of somebody is left to whoever evaluates it"
_LONGEST_ID = 64 - len("-eligibility")


def make_group_resource(
    criteria: Sequence[ParsedCriterion], vocabulary: Vocabulary, *, nct_id: str, title: str, text: str
) -> tuple[Resource, tuple[NotCarried, ...]]:
    """The group of those who may take part, and what only its words carry."""
    writer = _Writer(vocabulary, text)
    common: list[Resource] = []
    cohorts: dict[str, list[Resource]] = {}
    for each in criteria:
        cohort = name_cohort(each)
        made = writer.write(each)
        (cohorts.setdefault(cohort, []) if cohort else common).append(made)
    if cohorts:
        groups = [writer.contain("all-of", parts, name) for name, parts in cohorts.items()]
        either = writer.contain("any-of", [writer.refer(each, exclude=False) for each in groups], "cohorts")
        common.append(writer.refer(either, exclude=False))
    group: Resource = {
        "resourceType": "Group",
        "id": f"{nct_id[:_LONGEST_ID]}-eligibility",
        "meta": {"profile": [PROFILE]},
        "identifier": [{"system": "https://clinicaltrials.gov", "value": nct_id}],
        "name": f"{nct_id.replace('-', '_')}_eligibility",
        "title": shorten(f"Who may take part in {title}", 400),
        "status": "active",
        "type": "person",
        "membership": "definitional",
        "combinationMethod": "all-of",
        "characteristic": common,
        "extension": [_tell_not_carried("absence", _NO_UNKNOWN)],
    }
    if writer.contained:
        group["contained"] = writer.contained
    if text:
        group["description"] = shorten_words(text)
    if not common:
        del group["characteristic"], group["combinationMethod"]
    return group, tuple(writer.not_carried)


def _tell_not_carried(cause: Cause, what: str) -> Resource:
    parts = [{"url": "cause", "valueCode": cause}, {"url": "what", "valueString": what}]
    return {"url": NOT_CARRIED, "extension": parts}


class _Writer:
    def __init__(self, vocabulary: Vocabulary, text: str) -> None:
        self._vocabulary, self._text = vocabulary, text
        self.contained: list[Resource] = []
        self.not_carried: list[NotCarried] = []

    def write(self, criterion: ParsedCriterion) -> Resource:
        """A criterion as a characteristic, with its own words."""
        own = shorten_words(criterion.text)
        made = self._make(criterion.tree, exclude=criterion.kind == "exclusion", words=own)
        if criterion.kind == "other":
            made = self._flag(
                made,
                criterion.tree,
                "opaque",
                "the text does not say whether it includes or excludes",
                own,
            )
        return {**made, "description": own}

    def contain(
        self, method: str, characteristics: list[Resource], name: str, count: int | None = None
    ) -> str:
        """Put a group within the group; its id."""
        made: Resource = {
            "resourceType": "Group",
            "id": f"part-{len(self.contained) + 1}",
            "title": shorten(name),
            "status": "active",
            "type": "person",
            "membership": "definitional",
            "combinationMethod": method,
        }
        if count is not None:
            made["combinationThreshold"] = count
        made["characteristic"] = characteristics
        self.contained.append(made)
        return str(made["id"])

    def refer(self, name: str, *, exclude: bool) -> Resource:
        """A characteristic that is a group within the group."""
        title = next(each["title"] for each in self.contained if each["id"] == name)
        return {
            "code": {"text": "Defined by Reference"},
            "valueReference": {"reference": f"#{name}", "type": "Group", "display": title},
            "exclude": exclude,
        }

    def _make(self, tree: Tree, *, exclude: bool, words: str = "") -> Resource:
        words = words or self._quote(tree)
        if isinstance(tree, Not):
            return self._make(tree.part, exclude=not exclude)
        if isinstance(tree, All | Any | AtLeast):
            method = "all-of" if isinstance(tree, All) else "any-of" if isinstance(tree, Any) else "at-least"
            parts = [self._make(each, exclude=False) for each in tree.parts]
            count = tree.count if isinstance(tree, AtLeast) else None
            return self.refer(self.contain(method, parts, words, count), exclude=exclude)
        if isinstance(tree, IfThen):
            either = [self._make(tree.condition, exclude=True), self._make(tree.then, exclude=False)]
            return self.refer(self.contain("any-of", either, words), exclude=exclude)
        if isinstance(tree, Except):
            both = [self._make(tree.base, exclude=False), self._make(tree.carve_out, exclude=True)]
            made = self.refer(self.contain("all-of", both, words), exclude=exclude)
            what = "who has what is excepted counts as excepted, whatever else is there"
            return self._flag(made, tree, "approximate", what, words)
        if isinstance(tree, Opaque):
            made = {
                "code": {"text": "Defined by CodeableConcept"},
                "valueCodeableConcept": {"text": words or tree.note or "no words"},
                "exclude": exclude,
            }
            return self._flag(made, tree, "opaque", _REASONS[tree.reason], words)
        return self._make_atom(tree, exclude, words)

    def _make_atom(self, atom: Atom, exclude: bool, words: str) -> Resource:
        if atom.interval is not None:
            made = self._make_measured(atom, exclude, words)
        else:
            made = {
                "code": code_kind(atom),
                "valueCodeableConcept": make_concept(atom, self._vocabulary),
                "exclude": exclude,
            }
            if list_sexes(atom):
                made["code"] = {
                    "coding": [{"system": "http://loinc.org", "code": "46098-0", "display": "Sex"}],
                    "text": "Sex",
                }
            elif not made["valueCodeableConcept"].get("coding"):
                names = ", ".join(each.words for each in atom.concepts)
                made = self._flag(made, atom, "concept", f"no code is known for {names}", words)
            if atom.assertion not in ("present", "history"):
                what = f"that it is {atom.assertion.replace('_', ' ')} stands in words alone"
                made = self._flag(made, atom, "target", what, words)
            self._say_absence(atom, words, "entry", "counts as not having it")
        if atom.qualifiers and atom.interval is None:
            made = self._flag(made, atom, "qualifier", ", ".join(atom.qualifiers), words)
        if atom.window is not None:
            made["relativeTime"] = [make_time(atom.window)]
            if not (atom.window.earliest_included and atom.window.latest_included):
                made = self._flag(made, atom, "approximate", "the bound of the time itself is in", words)
        if atom.lasting is not None:
            made |= make_quantities("duration", "Duration", atom.lasting)[0]
        if atom.count is not None:
            made |= make_quantities("instances", "Quantity", atom.count)[0]
        return made

    def _make_measured(self, atom: Atom, exclude: bool, words: str) -> Resource:
        assert atom.interval is not None
        code = (
            {"coding": [{"system": "http://loinc.org", "code": "30525-0", "display": "Age"}], "text": "Age"}
            if is_age(atom)
            else code_concepts(atom.concepts, self._vocabulary)
        )
        values = make_quantities("value", "Quantity", atom.interval)
        parts = [{"code": code, **each, "exclude": exclude and len(values) == 1} for each in values]
        made: Resource = parts[0]
        if len(parts) > 1:
            name = f"{' or '.join(each.words for each in atom.concepts)} {describe_interval(atom.interval)}"
            made = self.refer(self.contain("all-of", parts, name), exclude=exclude)
        if not code.get("coding"):
            names = ", ".join(each.words for each in atom.concepts)
            made = self._flag(made, atom, "concept", f"no code is known for {names}", words)
        if not is_age(atom):
            self._say_absence(atom, words, "value", "neither meets it nor fails to")
        if atom.interval.limit:
            what = f"multiples of the laboratory's {atom.interval.limit} have no unit that a machine knows"
            made = self._flag(made, atom, "unit", what, words)
        elif not atom.interval.unit and not is_age(atom):
            made = self._flag(made, atom, "unit", "the text gives no unit", words)
        return made

    def _say_absence(self, atom: Atom, words: str, what: str, then: str) -> None:
        if not list_sexes(atom):
            said = (
                f"a Group has no unknown: that who has no {what} of it {then} is up to whoever evaluates it"
            )
            self.not_carried.append(
                NotCarried("absence", said, shorten(words), atom.span.start, atom.span.end)
            )

    def _flag(self, made: Resource, tree: Tree, cause: Cause, what: str, words: str) -> Resource:
        """The characteristic with an extension that says what it does not carry."""
        self.not_carried.append(NotCarried(cause, what, shorten(words), tree.span.start, tree.span.end))
        said: list[Anything] = made.get("extension", [])
        return {**made, "extension": [*said, _tell_not_carried(cause, what)]}

    def _quote(self, tree: Tree) -> str:
        return " ".join(shorten_words(self._text[tree.span.start : tree.span.end]).split())
