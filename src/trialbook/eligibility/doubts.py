"""Does a fact decide what words ask, where they say more than their tree does?

A tree holds what was understood. Words that were left over can turn it: a number without the sign that stood before
it, a "loss" beside a weight, a permission that asks for nothing. Where they might, it stays open: a wrong verdict
harms, and one that is open does not.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from trialbook.eligibility.reading import leave_open
from trialbook.eligibility.tree import (
    All,
    Any,
    AtLeast,
    Atom,
    Except,
    IfThen,
    Interval,
    Not,
    Opaque,
    ParsedCriterion,
    Tree,
)
from trialbook.eligibility.verdicts import Finding

_COMPARES = re.compile(
    r"[<>≤≥≦≧]|\b(?:greater|less|more|fewer|lower|higher|larger|smaller|least|most|minimum|maximum|min|max|within|above"
    r"|below|over|under|up to|exceed\w*|beyond|between|to|through|thru|than|not|limit|or (?:more|less|above|below|over"
    r"|older|younger|better|worse|equal))\b",
    re.IGNORECASE,
)
_EQUALS = re.compile(r"(?<![<>≤≥])=(?![<>])|\b(?:exactly|equals?|equal to|is|of exactly)\b", re.IGNORECASE)
# A value beside it that was not taken up: "0/1", "I or II".
_ANOTHER_VALUE = re.compile(r"^\W{0,3}(?:or|and|to|thru|through|/|-|–|,)\W{0,2}(?:\d|[IV]+\b)", re.IGNORECASE)
_LEFT_OVER = re.compile(
    r"[<>≤≥]|\d|\b(?:I{1,3}|IV|V)\b|^(?:greater|less|above|below|minimum|maximum|at least)\b"
)
# What turns a measurement into another one.
_CHANGES = re.compile(
    r"\b(?:loss|lost|losing|gain(?:ed)?|chang(?:e|es|ed|ing)|fall|falls|fell|drop(?:s|ped)?|declin\w+|increas\w+|decreas\w+"
    r"|ris(?:e|es|en|ing)|reduc\w+|improv\w+|worsen\w+|elevation from|differen(?:ce|t)|variation|variability|delta"
    r"|from baseline|birth|donor|fet(?:al|us)|maternal|mother)\b",
    re.IGNORECASE,
)
_ELSEWHERE = re.compile(
    r"\b(?:urin(?:e|ary)|csf|cerebrospinal|pleural|ascit(?:es|ic)|saliva\w*|synovial|sweat|stool|f(?:a)?ecal"
    r"|pulmonary|intra-?ocular|intra-?cranial|portal|venous|wedge|cord|amniotic|tissue|tumou?r)\b",
    re.IGNORECASE,
)
_AT_ANOTHER_TIME = re.compile(
    r"\b(?:onset|diagnos\w+|birth|menarche|menopaus\w+|gestation\w*|conception|transplant\w*|first|at death|donor"
    r"|mother|maternal|father|partner|sibling|parents?)\b",
    re.IGNORECASE,
)
_ALLOWS = re.compile(
    r"\b(?:is|are|will be|may be|was|were)\s+(?:also\s+|still\s+)?(?:allowed|permitted|acceptable|permissible|eligible"
    r"|not\s+(?:excluded|exclusionary|an?\s+exclusion\w*))\b",
    re.IGNORECASE,
)
_MUST = re.compile(
    r"(?<!who )(?<!that )(?<!which )\b(?:must|should|(?:is|are|will be) required to)\b(?! not\b)",
    re.IGNORECASE,
)
_IN_BRACKETS = re.compile(r"\([^()]*\)")
_LEAD = 60
_SENTENCE = re.compile(r"[^.;()\n]+")


def is_exact(asked: Interval | None) -> bool:
    """Whether one value alone is asked for."""
    return asked is not None and asked.low is not None and asked.low == asked.high


def has_several_values(parts: Sequence[Tree]) -> bool:
    """Whether all of the parts ask for one value each, of one thing: they cannot be meant together."""
    asked = [each for each in parts if isinstance(each, Atom) and is_exact(each.interval)]
    alike = len({tuple(one.words for one in each.concepts) for each in asked}) == 1
    return (
        len(parts) > 1 and len(asked) == len(parts) and alike and len({each.interval for each in asked}) > 1
    )


def find_doubt(atom: Atom, text: str) -> str:
    """Why a value does not decide what an atom over the text asks, in words; "" where it does."""
    if atom.interval is atom.lasting is atom.count is None:
        return ""
    said = _quote(atom, text)
    for asked in (atom.interval, atom.lasting, atom.count):
        if asked is not None and said and is_exact(asked) and not _is_said_to_equal(atom, asked, text):
            return f"which values are meant, the words give no sign for the number: {said}"
    if atom.interval is None:
        return ""
    narrowed = " ".join((*atom.qualifiers, *(each.words for each in atom.concepts)))
    if any(_LEFT_OVER.search(each) for each in atom.qualifiers) and not atom.interval.limit:
        return f"which values are meant, not all of the words are understood: {said or narrowed}"
    is_age = any(each.domain == "person" for each in atom.concepts)
    if is_age and _AT_ANOTHER_TIME.search(f"{narrowed} {said}"):
        return f"the age at the time that is meant: {said or narrowed}"
    found = _CHANGES.search(f"{narrowed} {said}") or _ELSEWHERE.search(" ".join(atom.qualifiers))
    found = found or _ELSEWHERE.search(narrowed) if "pressure" in narrowed.lower() else found
    if found and not is_age:
        return f"whether a plain value is what is meant by {said or narrowed}: it says {found[0].lower()!r}"
    return ""


def _quote(atom: Atom, text: str) -> str:
    return " ".join(text[atom.span.start : atom.span.end].split())


def _is_said_to_equal(atom: Atom, asked: Interval, text: str) -> bool:
    said = _quote(atom, text)
    words = " ".join((said, *atom.qualifiers))
    if _COMPARES.search(words):
        return False
    if _EQUALS.search(words):
        return True
    if asked is not atom.interval or asked.unit or asked.limit:
        return False
    # "ECOG 1": a score has few values, and one is named.
    after = text[atom.span.end : atom.span.end + 12]
    return not any(_LEFT_OVER.search(each) for each in atom.qualifiers) and not _ANOTHER_VALUE.match(after)


def doubt_criterion(criterion: ParsedCriterion, found: Finding) -> Finding:
    """The finding, left open where the criterion's own words do not let it keep anybody out."""
    if criterion.kind == "other" or found.verdict not in ("met", "not_met"):
        return found
    is_against = found.verdict == ("met" if criterion.kind == "exclusion" else "not_met")
    facts = tuple((each.fact, "") for each in found.evidence)
    # Who consents is not kept out by it, nor let in by refusing.
    if facts and all(fact.concept.domain == "consent" and fact.denied != is_against for fact, _ in facts):
        return leave_open(criterion.tree.span, "what else is asked beside consent", *facts)
    if not is_against:
        return found
    for start, end, what in list_permissions(criterion):
        if all(start <= each.span.start and each.span.end <= end for each in found.evidence):
            return leave_open(criterion.tree.span, what, *facts)
    duty = find_duty(criterion)
    return leave_open(criterion.tree.span, duty, *facts) if duty else found


def list_permissions(criterion: ParsedCriterion) -> list[tuple[int, int, str]]:
    """Where sentences of a criterion allow something, and why what is allowed keeps nobody out."""
    return [
        (
            criterion.start + each.start(),
            criterion.start + each.end(),
            f"whether anything is asked: what is allowed is not required ({each[0].strip()})",
        )
        for each in _SENTENCE.finditer(criterion.text)
        if _ALLOWS.search(each[0])
    ]


def find_duty(criterion: ParsedCriterion) -> str:
    """Why an exclusion that says what must be keeps nobody out; "" for any other."""
    if criterion.kind != "exclusion" or not _MUST.search(_IN_BRACKETS.sub("", criterion.text)[:_LEAD]):
        return ""
    return "whether who does this is kept out, or who does not: it stands among the exclusions, and says what must be"


def without_doubts(criterion: ParsedCriterion, text: str) -> ParsedCriterion:
    """The criterion with what stays open as opaque parts, for those who cannot leave a verdict open."""
    permissions = [what for _, _, what in list_permissions(criterion)]
    doubt = next(filter(None, (find_duty(criterion), *permissions)), "")
    tree = criterion.tree
    tree = Opaque(tree.span, "unparsed", doubt) if doubt else _without_doubts(tree, text)
    return msgspec.structs.replace(criterion, tree=tree)


def _without_doubts(tree: Tree, text: str) -> Tree:
    if isinstance(tree, Atom):
        doubt = find_doubt(tree, text)
        return Opaque(tree.span, "unparsed", doubt) if doubt else tree
    if isinstance(tree, All) and has_several_values(tree.parts):
        tree = Any(tree.span, tree.parts)
    if isinstance(tree, All | Any | AtLeast):
        return msgspec.structs.replace(tree, parts=tuple(_without_doubts(each, text) for each in tree.parts))
    below = {Not: ("part",), Except: ("base", "carve_out"), IfThen: ("condition", "then")}
    names = below.get(type(tree), ())
    return msgspec.structs.replace(
        tree, **{each: _without_doubts(getattr(tree, each), text) for each in names}
    )
