"""How does the registry write its ids?"""

from __future__ import annotations

import re

NCT_ID = re.compile(r"[Nn][Cc][Tt]0*[1-9][0-9]{0,7}")
NCT_IN_ADDRESS = re.compile(r"[/=]([Nn][Cc][Tt][0-9]{1,8})(?![0-9])")
_EUROPEAN = re.compile(
    r"(?:(?:EUCTR|CTIS|EU[ -]?CT|EudraCT)(?:[ -]?(?:number|num|no|nr|code|id)\b)?[ .:#-]{0,3})?"
    r"(\d{4}-\d{6}-\d{2}(?:-\d{2}(?!\d))?)(?:-(?:[A-Z]{2}|3RD|Outside-EU/EEA))?",
    re.IGNORECASE,
)
# The registers of WHO's network; each id has at least five digits.
_OTHER_ID = re.compile(
    r"(?:ISRCTN|ACTRN|ANZCTR|ChiCTR|CTRI|DRKS|IRCT|JPRN|jRCT|UMIN|KCT|LBCTR|NTR|NL|PACTR|PER|REBEC|RBR|RPCEC|SLCTR|"
    r"TCTR|TR|ITMCTR|U1111)[-/A-Z]{0,12}(?=(?:\D*\d){5})[\w./-]{5,50}",
    re.IGNORECASE,
)
# As people write them apart: the letters of a register, and the digits behind.
_APART = re.compile(
    r"(NCT|ISRCTN|ACTRN|ANZCTR|ChiCTR|DRKS|IRCT|jRCT|UMIN|KCT|NTR|TCTR|ITMCTR)(?: ?[-:#.] ?| )([0-9][0-9A-Z]{0,24})",
    re.IGNORECASE,
)
LONGEST_ID = 64
LONGEST_ADDRESS = 200
# What stands behind an id, or in its place, in an address of a page or an API.
RESERVED = frozenset(
    ("history", "diff", "versions", "changes", "metadata", "search-areas", "enums", "download")
)
ENDINGS = (".json", ".txt")


def find_nct_id(text: str) -> str | None:
    """The registry's way of writing an id, or None where it is none.

    >>> find_nct_id("nct1234"), find_nct_id("NCT00000000")
    ('NCT00001234', None)
    """
    return f"NCT{text[3:].lstrip('0'):0>8}" if NCT_ID.fullmatch(text) else None


def cut_address(text: str) -> str:
    """What is an id in the address of a record's page, or written apart; any other text as it is, without white
    space around it.

    >>> cut_address(" https://clinicaltrials.gov/study/NCT04776239?tab=table#x"), cut_address("trial://nct1 ")
    ('NCT04776239', 'nct1')
    >>> cut_address("NCT 04776239"), cut_address("nct-4776239"), cut_address("ISRCTN: 12345678")
    ('NCT04776239', 'nct4776239', 'ISRCTN12345678')
    """
    bare = text.strip()
    if "://" in bare or "clinicaltrials.gov/" in bare.lower():
        found = NCT_IN_ADDRESS.search(bare)
        return found[1] if found else re.split(r"[?#]", bare)[0].rstrip("/").rpartition("/")[2]
    apart = _APART.fullmatch(bare)
    return apart[1] + apart[2] if apart else bare


def looks_like_id(text: str) -> bool:
    """Whether a text, without white space around it, is an id of some register and nothing else, or its address.

    >>> [looks_like_id(each) for each in ("nct4776239", "ISRCTN12345678", "CTRI/2020/03/023944", "jRCTs031180001")]
    [True, True, True, True]
    >>> [looks_like_id(each) for each in ("NCT 4776239", "EudraCT 2011-003156-20", "DRKS 00012345")]
    [True, True, True]
    >>> [looks_like_id(each) for each in ("COVID-19", "heart failure", "2021", "NCT04776239 heart")]
    [False, False, False, False]
    """
    if len(text) > LONGEST_ADDRESS or not text:
        return False
    bare = cut_address(text)
    return bool(find_nct_id(bare) or find_european_number(bare) or _OTHER_ID.fullmatch(bare))


def find_european_number(text: str) -> str:
    """The EudraCT or CTIS number in an id, with or without what WHO or the register writes around it; "" for none.

    >>> find_european_number("EUCTR2013-009999-36-SK"), find_european_number("ctis2024-509999-11-00")
    ('2013-009999-36', '2024-509999-11-00')
    >>> find_european_number("EudraCT Number: 2013-009999-36"), find_european_number("NCT00000001")
    ('2013-009999-36', '')
    """
    found = _EUROPEAN.fullmatch(text.strip())
    return found[1] if found else ""


def find_fault(nct_id: str) -> str:
    """Why a study of that id could not be reached at every door, in words; "" where it can be.

    Ids of all registers are fine, with slashes too. Not so what would be read as another address: as a file,
    a folder above, a web address, or one of the words that stand behind an id.

    >>> [find_fault(each) for each in ("NCT00000001", "CTRI/2020/03/023944", "2004-000123-12")]
    ['', '', '']
    >>> find_fault("NCT1/history")
    'it ends as an address of ours does: history'
    """
    parts = nct_id.split("/")
    if not 1 <= len(nct_id) <= LONGEST_ID or not nct_id.isprintable() or nct_id != nct_id.strip():
        return f"it is not 1 to {LONGEST_ID} printable characters"
    if not nct_id[0].isalnum():
        return "it does not begin with a letter or a digit"
    if any(part in ("", ".", "..") for part in parts):
        return "between its slashes stands nothing, or a name for a folder"
    if parts[-1].lower() in RESERVED:
        return f"it ends as an address of ours does: {parts[-1]}"
    if nct_id.lower().endswith(ENDINGS):
        return f"it ends as the name of a file of ours does: {nct_id.rpartition('.')[2]}"
    if "://" in nct_id or "clinicaltrials.gov/" in nct_id.lower():
        return "it is the address of a page"
    return ""
