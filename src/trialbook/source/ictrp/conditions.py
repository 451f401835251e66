"""Which conditions does a register's text name? European registers write MedDRA's terms line by line."""

from __future__ import annotations

import re

from trialbook.source.ictrp.spellings import split_list

# Version, level, code, term and class of one term, each on a line or all on one.
_MEDDRA = re.compile(
    r"(?:MedDRA version:?\s*[\d.]+\s*)?(?:Level:?\s*\w+\s*)?Classification code:?\s*\d+\s*"
    r"Term:?\s*([^\n;]+?)\s*(?:System Organ Class:?\s*(?:\d+\s*-?\s*)?[^\n;]*?(?=$|[\n;]|MedDRA)|$|(?=[\n;]))",
    re.IGNORECASE,
)
# "MedDRA version 27.0: Stroke (10042244, PT)", as the newer European system may write a term.
_VERSIONED = re.compile(r"MedDRA version:?\s*[\d.]+\s*:\s*([^\n;()]+?)\s*\(\d{8}[^()]*\)", re.IGNORECASE)
_TERM = re.compile(r"Term\s*:\s*(.+)", re.IGNORECASE)
_ABOUT_A_TERM = re.compile(
    r"MedDRA(?: version)?\b\s*:?\s*[\d.]*|Level\s*(?::\s*.*|(?:LLT|PT|HLT|HLGT|SOC)\b.*)|"
    r"Classification code\b\s*:?\s*\d.*|(?:System Organ Class|SOC)\b\s*[:\d].*",
    re.IGNORECASE,
)
# "Health Condition 1: G478- Other sleep disorders", as India's register writes them with ICD's code.
_NUMBERED = re.compile(
    r"Health Condition\s*\d*\s*:\s*(?:(?:[A-Z]\d\w{1,5}|null|O)\s*-\s*)?(.+)", re.IGNORECASE | re.DOTALL
)
_AREA = re.compile(r"Therapeutic area\s*:\s*(.+)", re.IGNORECASE)


def as_conditions(text: str) -> tuple[list[str], list[str]]:
    """The conditions of a text, each once, and the therapeutic areas that stand among them.

    Examples
    --------
    >>> as_conditions("Flu\\nMedDRA version: 20.1\\nLevel: PT\\nClassification code 10022000\\nTerm: Influenza\\n")
    (['Flu', 'Influenza'], [])
    >>> as_conditions("Flu; Therapeutic area: Diseases [C] - Virus Diseases [C02]")
    (['Flu'], ['Diseases [C] - Virus Diseases [C02]'])
    """
    found: dict[str, str] = {}
    areas: dict[str, None] = {}
    for part in split_list(_VERSIONED.sub(r"\n\1\n", _MEDDRA.sub(r"\n\1\n", text))):
        if match := _AREA.fullmatch(part):
            areas[match[1]] = None
        elif match := _TERM.fullmatch(part) or _NUMBERED.fullmatch(part):
            found.setdefault(match[1].casefold(), match[1])
        elif not _ABOUT_A_TERM.fullmatch(part):
            found.setdefault(part.casefold(), part)
    return list(found.values()), list(areas)
