"""Do words ask for consent, or that somebody keeps to the protocol, and for nothing else?

Either is told in one word, and texts ask for it in many sentences. Of those that say more ("an illness that makes
consent impossible", "infarction in the month prior to consent", "able to comply with weekly scans") the one word
decides nothing.
"""

from __future__ import annotations

import re
from typing import Literal

from trialbook.eligibility.tree import All, Atom, Concept, Span, Tree

_WORD = re.compile(r"[a-z]+", re.IGNORECASE)
_CONSENT = re.compile(r"\b(?:consent|assent|ICF\b)", re.IGNORECASE)
_VOLUNTARY = re.compile(r"\bvoluntar(?:y|ily)\b|\bvolunteers? to\b", re.IGNORECASE)
_COMPLY = re.compile(
    r"\b(?:compl(?:y|ies|ying|iant|iance)|adher(?:e|es|ing|ent|ence)|cooperat\w+|commit(?:ment|ted)?|attend\w*|return(?:s|ing)?"
    r" (?:for|to)|availab(?:le|ility) (?:for|to|during|throughout)|follow(?:ing)? (?:(?:the|all|study|trial) )*(?:protocol"
    r"|procedures?|instructions?|requirements?|schedule)|(?:willing|agree\w*) to (?:provide|give) (?:[a-z]+ ){0,3}(?:samples?"
    r"|specimens?))\b",
    re.IGNORECASE,
)
_JOINT = re.compile(r"\s*(?:[,;]\s*)?(?:\band\b|&|[,;])\s*", re.IGNORECASE)
_SIGNS = " \t\n.,;:()[]-*"
_REFUSAL_WORDS = (
    "unable inability incapable incapability unwilling unwillingness refuse refuses refused refusal "
    "refusing cannot not no failure fail fails lack lacks lacking without decline declines declined "
)
_REFUSES = frozenset(_REFUSAL_WORDS.split())
# These say no more than that somebody consents, in writing, before a study.
_PLAIN_WORDS = (
    "a an the to of and or in for on by as at from with has have had having be is are been was will must "
    "should can could may who that which his her their own he she they it patient patients subject "
    "subjects participant participants person people individual individuals volunteer volunteers men "
    "women adult adults s informed consent consents consented consenting assent form forms document "
    "documents icf written writing signed sign signs signing signature dated give gives given giving gave "
    "provide provides provided providing provision obtain obtained obtaining available able ability "
    "willing willingness capable capability competent capacity understand understands read voluntary "
    "voluntarily free freely full fully appropriately proper properly legally authorized authorised "
    "acceptable legal representative representatives guardian guardians parent parents lar irb iec "
    "approved ethics committee study studies trial clinical research this participate participation prior "
    "before any all protocol specific procedure procedures start entering entry enrolment enrollment "
    "inclusion included effective valid personally agree agrees agreement inform parental caregiver caregivers "
    "relative relatives family surrogate proxy next kin required requirement needed necessary date completed "
    "complete accept accepts acceptance willingly duly documented verbal oral its participates participating volunteer "
    "volunteering ready "
)
_PLAIN = frozenset(_PLAIN_WORDS.split())
# And these no more than that somebody does what a study asks of everybody.
_COMPLY_WORDS = (
    "comply complies complying compliant compliance adhere adheres adhering adherent adherence cooperate cooperates "
    "cooperation cooperative commit commitment committed attend attends attending attendance return returns returning available "
    "availability follow follows following followed up followup visit visits appointment appointments schedule schedules "
    "scheduled requirements protocols assessments assessment evaluations evaluation instructions instruction duration period "
    "entire course length whole throughout during end completion plan regimen planned related investigator investigators "
    "blood urine stool saliva sample samples specimen specimens "
    "site center centre clinic hospital guarantee guarantees sufficient reliable reliably long term remain stay "
)
_COMPLIES = _PLAIN | frozenset(_COMPLY_WORDS.split())


def find_consents(words: str) -> tuple[str, ...]:
    """What words that ask for consent alone ask for: "consent", "assent" or both; () where they say more.

    "Inability to consent" names the same; that it is turned stands in the tree.
    """
    return () if set(_list(words)) - _PLAIN - _REFUSES else _name(words)


def asks_to_comply(words: str) -> bool:
    """Whether words ask that somebody keeps to the protocol, and for no more.

    >>> asks_to_comply("able to attend all study visits"), asks_to_comply("able to comply with weekly scans")
    (True, False)
    """
    return bool(_COMPLY.search(words)) and set(_list(words)) <= _COMPLIES and not re.search(r"\d", words)


def read_pledge(text: str, start: int, end: int) -> Tree | None:
    """The tree of words that ask for consent, for keeping to the protocol, or for both; None where they say more.

    Refusals are not read here.
    """
    words = text[start:end]
    if asks_to_comply(words) and not _CONSENT.search(words):
        return Atom(Span(start, end), (Concept(words.strip(_SIGNS), "observation"),), assertion="able")
    if _VOLUNTARY.search(words) and set(_list(words)) <= _PLAIN:
        return Atom(Span(start, end), (Concept(words.strip(_SIGNS), "consent"),))
    if not _CONSENT.search(words) or not asks_to_comply(words):
        return None
    for joint in _JOINT.finditer(text, start, end):
        parts = [(start, joint.start()), (joint.end(), end)]
        consents = [bool(find_consents(text[low:high])) for low, high in parts]
        complies = [asks_to_comply(text[low:high]) for low, high in parts]
        if consents == [not each for each in complies]:
            trees: list[Tree] = [
                Atom(Span(low, high), (Concept(text[low:high].strip(_SIGNS), "consent"),))
                if is_consent
                else Atom(
                    Span(low, high), (Concept(text[low:high].strip(_SIGNS), "observation"),), assertion="able"
                )
                for (low, high), is_consent in zip(parts, consents, strict=True)
            ]
            return All(Span(start, end), tuple(trees))
    return None


def _list(words: str) -> list[str]:
    return [each.lower() for each in _WORD.findall(words)]


def _name(words: str) -> tuple[str, ...]:
    named: tuple[Literal["consent", "assent"], ...] = ("consent", "assent")
    said = {each.lower() for each in _CONSENT.findall(words)}
    if "icf" in said or (not said and _VOLUNTARY.search(words)):
        said.add("consent")
    return tuple(each for each in named if each in said)
