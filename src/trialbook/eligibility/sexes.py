"""Of which sex does a criterion ask? And whom does what is asked of one sex, or of some, keep out?

What is asked of a part of those who may take part keeps nobody else out: "women of childbearing potential must use
contraception" is no criterion for a man, whichever way its words are joined. "Women" alone is one, unless the record
takes all sexes.
"""

from __future__ import annotations

import re
from typing import Literal, TypeAlias

import msgspec

from trialbook.eligibility.facts import Fact, Sex
from trialbook.eligibility.having import is_sex
from trialbook.eligibility.reading import Reading, leave_open
from trialbook.eligibility.tree import All, Atom, ParsedCriterion, Span, Tree
from trialbook.eligibility.verdicts import Finding

# Of the other sex only; of those who may become pregnant; of all; or nobody can say.
AskedOf: TypeAlias = Literal["the other", "bearing", "all", "open"]
_SEXES = {
    "female": frozenset(["female", "females", "woman", "women", "girl", "girls"]),
    "male": frozenset(["male", "males", "man", "men", "boy", "boys"]),
}
_SEX_OF = {word: sex for sex, words in _SEXES.items() for word in words}
# What is asked of those who may become pregnant, and of men in the same breath.
_OF_BEARING = re.compile(
    r"contracepti|birth control|child-?\s?bearing|negative [^.;]{0,30}pregnancy test|non-?pregnant|not (?:be )?pregnant"
    r"|not (?:currently )?(?:nursing|breast-?\s?feeding)",
    re.IGNORECASE,
)
_MUST = re.compile(
    r"(?<!who )(?<!that )\b(?:must|should|need(?:s)? to|ha(?:ve|s) to|(?:is|are|will be) required|will (?:need|agree)"
    r"|agrees? to|if)\b",
    re.IGNORECASE,
)
_LEADS = re.compile(r"(?:\s|\b(?:also|have|has|had|be|been|on|receiving|taking|a|an|the)\b)*", re.IGNORECASE)
_BEARING = re.compile(r"child-?\s?bearing", re.IGNORECASE)
_BOTH = r"sexes|genders|fathers?"
_NAMES = {
    "male": re.compile(rf"\b(?:men|males?|man|boys?|partners?|{_BOTH})\b", re.IGNORECASE),
    "female": re.compile(rf"\b(?:wom[ae]n|females?|girls?|partners?|{_BOTH})\b", re.IGNORECASE),
}
_PARTNER = re.compile(
    r"\b(?:(?:fe)?male|sexual|sex|(?:fe)?male sexual) partners?\b|\bpartners?\b(?= who| is| are| has| have)",
    re.IGNORECASE,
)


def unite_sexes(parts: tuple[Tree, ...]) -> tuple[Tree, ...]:
    """The parts of an `All` in which "men and women" are those who are either."""
    asked = [each for each in parts if isinstance(each, Atom) and each.interval is None and list_sexes(each)]
    if {sex for each in asked for sex in list_sexes(each)} != set(_SEXES):
        return parts
    either = msgspec.structs.replace(asked[0], concepts=tuple(one for each in asked for one in each.concepts))
    return (*(each for each in parts if each not in asked), either)


def list_sexes(atom: Atom) -> set[str]:
    """The sexes that an atom names, where it names nothing else."""
    found = set()
    for each in atom.concepts:
        sex = _SEX_OF.get(each.words.lower())
        if sex is None:
            return set()
        found.add(sex)
    return found


def ask_subgroup(criterion: ParsedCriterion, found: Finding, reading: Reading) -> Finding:
    """What an inclusion that is not met means for one of whom it may not be asked."""
    if criterion.kind != "inclusion" or found.verdict != "not_met":
        return found
    facts = [each.fact for each in found.evidence]
    if is_of_other(criterion.tree, reading.person.sex) or (facts and all(is_sex(each) for each in facts)):
        return _ask_other_sex(criterion, found, reading)
    if facts and _OF_BEARING.search(criterion.text) and _MUST.search(criterion.text):
        bearing = [each for each in facts if _BEARING.search(each.concept.words)]
        if bearing and all(each in bearing or is_sex(each) for each in facts):
            if all(each.denied for each in bearing):
                return _let_in(found, "asked of those who may become pregnant")
            return _leave_bearing(criterion, *bearing)
    must = _MUST.search(criterion.text)
    if must and facts and all(_stands_before(each.span, must, criterion) for each in found.evidence):
        told = ", ".join(dict.fromkeys(each.describe() for each in facts))
        what = f"whether it is asked of those alone of whom it speaks: {told}"
        return leave_open(criterion.tree.span, what, *((each, "") for each in facts))
    return found


def _stands_before(span: Span, must: re.Match[str], criterion: ParsedCriterion) -> bool:
    """Whether words say of whom it is asked: "patients with diabetes must have …"."""
    start, end = span.start - criterion.start, span.end - criterion.start
    return start < must.start() and bool(_LEADS.fullmatch(criterion.text[must.end() : max(end, must.end())]))


def _ask_other_sex(criterion: ParsedCriterion, found: Finding, reading: Reading) -> Finding:
    facts = [each.fact for each in found.evidence]
    asked = find_asked_of(criterion, reading.person.sex or "female", takes_all=reading.takes_all_sexes)
    if asked == "the other":
        return _let_in(found, "asked of the other sex only")
    if asked == "bearing":
        return _leave_bearing(criterion, *facts)
    if asked == "open":
        what = "of whom it is asked: it names one sex, in a study that takes all"
        return leave_open(criterion.tree.span, what, *((each, "") for each in facts))
    return found


def find_asked_of(criterion: ParsedCriterion, sex: Sex, *, takes_all: bool) -> AskedOf:
    """Of whom an inclusion is asked that names the other sex than `sex`, in a study that takes all sexes or one."""
    text, is_of_bearing = criterion.text, _OF_BEARING.search(criterion.text) is not None
    if (is_of_bearing or _MUST.search(text)) and not (is_of_bearing and sex == "female"):
        if _NAMES[sex].search(_PARTNER.sub("", text)) is None:
            return "the other"
        return "bearing" if is_of_bearing else "all"
    if is_of_bearing:
        return "bearing"
    return "open" if takes_all else "all"


def is_of_other(tree: Tree, sex: Sex | None) -> bool:
    """Whether all that is asked is asked of the other sex: "women, with …"."""
    parts = unite_sexes(tree.parts) if isinstance(tree, All) else (tree,)
    asked = [list_sexes(each) for each in parts if isinstance(each, Atom) and each.interval is None]
    return sex is not None and any(sexes and sex not in sexes for sexes in asked)


def _let_in(found: Finding, note: str) -> Finding:
    evidence = tuple(msgspec.structs.replace(each, says="met", note=note) for each in found.evidence)
    return msgspec.structs.replace(found, verdict="met", evidence=evidence)


def _leave_bearing(criterion: ParsedCriterion, *facts: Fact) -> Finding:
    what = "contraception, and whether a pregnancy is possible"
    return leave_open(criterion.tree.span, what, *((each, "") for each in facts))
