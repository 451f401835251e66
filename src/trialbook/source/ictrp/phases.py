"""Which phases does a register mean? In words, digits and Roman numerals, with letters, sums and spans."""

from __future__ import annotations

import re
import unicodedata

from trialbook.source.ictrp.spellings import is_given

_ROMAN = {"i": 1, "ii": 2, "iii": 3, "iv": 4}
_SPELT = {"zero": 0, "one": 1, "two": 2, "three": 3, "four": 4}
_NUMBER = r"(iv|i{1,3}|[0-4]|zero|one|two|three|four)"
_STEP = rf"{_NUMBER}[ -]?(?:\(?[abc]\)?)?(?![a-z0-9])"
_PHASE_WORD = r"(?:early )?(?:phase|fase|phases|fases|ph|pahse|phse|faza)"
# "phase 2", "phase-ii a"; what follows may go on with "/3", "+ phase iii", "to 4".
_NAMED = re.compile(rf"(?<![a-z])(early )?{_PHASE_WORD}[ .:-]*{_STEP}")
_NEXT = re.compile(rf"\s*([/|&+,;-]|and|or|to|y|et|und)\s*\(?(?:{_PHASE_WORD})?[ .:-]*{_STEP}")
_BARE = re.compile(rf"(early )?{_STEP}")
_EUROPEAN = re.compile(r"\(phase (i{1,3}|iv)\)\s*:\s*(yes|no)?")
_NONE = re.compile(
    r"not (?:selected|specified|given|stated|reported|provided|available|known)|unspecified|unknown|none|null|nan|nd"
)
_NOT_APPLICABLE = re.compile(
    r"n ?/? ?a|not? applicable|not apply|no aplica|nao se aplica|non applicable|nicht zutreffend"
)
_DENIED = re.compile(r"\b(?:not|no|non) (?:a )?(?:phase|ph)\b")
# "0 (exploratory trials)": a number, and what it means.
_REMARK = re.compile(r"(?<=[0-4iv])\s*\([^()\d]{4,}\)$")
_NOISE = re.compile(r"\b(?:clinical|trial|study|studies|human|期|相|第)\b|[期相第]")


def as_phases(text: str) -> tuple[list[str], bool]:
    """The phases of a study as API v2 has them, and whether the text was understood.

    Examples
    --------
    >>> as_phases("Phase II/III"), as_phases("1-2"), as_phases("Not Applicable"), as_phases("Ib/IIa")
    ((['PHASE2', 'PHASE3'], True), (['PHASE1', 'PHASE2'], True), (['NA'], True), (['PHASE1', 'PHASE2'], True))
    >>> as_phases("Retrospective study")
    ([], False)
    """
    folded = _fold(text)
    if not folded or folded == "-" or _NONE.fullmatch(folded):
        return [], True
    if _NOT_APPLICABLE.fullmatch(folded) or not is_given(text.strip()):
        return ["NA"], True
    if european := _EUROPEAN.findall(folded):
        return [f"PHASE{_ROMAN[numeral]}" for numeral, answer in european if answer == "yes"], True
    if re.fullmatch(r"phases?\W+n ?/? ?a\W*", folded):
        return ["NA"], True
    numbers = [] if _DENIED.search(folded) else _find_numbers(folded)
    return _write(numbers), bool(numbers)


def is_phase_zero(text: str) -> bool:
    """Whether a text says phase 0 and no more, which registers also use for studies of no phase."""
    return _find_numbers(_fold(text)) == [0] and "early" not in text.lower()


def _fold(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text)
    # A numeral of its own sign, Ⅱ, is two letters then.
    return " ".join(plain.casefold().replace("_", " ").replace("–", "-").replace("—", "-").split())


def _find_numbers(folded: str) -> list[int]:
    """The numbers of the phases: where one is called so, else where the whole text is numbers."""
    found: list[int] = []
    for match in _NAMED.finditer(folded):
        found += _read_chain(folded, match)
    if found:
        return sorted(set(found))
    bare = _NOISE.sub(" ", _REMARK.sub(" ", folded)).strip(" ().")
    first = _BARE.match(bare)
    if first is None:
        return []
    numbers, end = _follow(bare, first)
    return sorted(set(numbers)) if not bare[end:].strip(" ().") else []


def _read_chain(text: str, first: re.Match[str]) -> list[int]:
    return _follow(text, first)[0]


def _follow(text: str, first: re.Match[str]) -> tuple[list[int], int]:
    """The numbers from one on, as far as signs join others to it; -1 marks an early phase 1."""
    numbers = [_read(first[2], is_early=bool(first[1]) or first[0].startswith("early"))]
    end = first.end()
    while following := _NEXT.match(text, end):
        number = _read(following[2], is_early=False)
        if following[1] in ("-", "to") and 0 < numbers[-1] < number:
            numbers += range(numbers[-1] + 1, number)
        numbers.append(number)
        end = following.end()
    return numbers, end


def _read(word: str, *, is_early: bool) -> int:
    number = _ROMAN.get(word, _SPELT.get(word, -1))
    number = int(word) if number < 0 else number
    return 0 if is_early and number == 1 else number


def _write(numbers: list[int]) -> list[str]:
    return ["EARLY_PHASE1" if number == 0 else f"PHASE{number}" for number in numbers]
