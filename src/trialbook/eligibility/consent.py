"""Do words ask for consent, and for nothing else?

Consent is told in one word, and texts ask for it in many sentences. Of those that say more ("an illness that makes
consent impossible", "infarction in the month prior to consent") the one word decides nothing.
"""

from __future__ import annotations

import re
from typing import Literal

_WORD = re.compile(r"[a-z]+", re.IGNORECASE)
_CONSENT = re.compile(r"\b(?:consent|assent)", re.IGNORECASE)
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
    "inclusion included effective valid personally agree agrees "
)
_PLAIN = frozenset(_PLAIN_WORDS.split())


def find_consents(words: str) -> tuple[str, ...]:
    """What words that ask for consent alone ask for: "consent", "assent" or both; () where they say more.

    "Inability to consent" names the same; that it is turned stands in the tree.
    """
    return () if set(_list(words)) - _PLAIN - _REFUSES else _name(words)


def _list(words: str) -> list[str]:
    return [each.lower() for each in _WORD.findall(words)]


def _name(words: str) -> tuple[str, ...]:
    named: tuple[Literal["consent", "assent"], ...] = ("consent", "assent")
    said = {each.lower() for each in _CONSENT.findall(words)}
    return tuple(each for each in named if each in said)
