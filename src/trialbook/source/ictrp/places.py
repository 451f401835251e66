"""Which countries does a register's text name? Lists by any sign, formal names, regions that are none."""

from __future__ import annotations

import re

from rapidfuzz.distance import OSA

from trialbook.source.ictrp.spellings import is_given, split_list
from trialbook.terms.countries import find_country, fold_name, suggest_countries

_IN_BRACKETS = re.compile(r"\s*[(\[（]([^()\[\]（）]*)[)\]）]\s*")
_BEHIND = re.compile(r"\s+[-–:]\s+|:\s+")
_ONLY = re.compile(r"\b(?:only|solely|exclusively)\b", re.IGNORECASE)
_SEPARATES = re.compile(r"\s*(?:[,，、/&+|]|and\b)", re.IGNORECASE)
_JOINTS = re.compile(r"\s*(?:/|\band\b|&|\+|\|)\s*", re.IGNORECASE)
# "Kenya, Uganda, and Zambia".
_AND = re.compile(r"^(?:and\b|&|y\b|et\b|und\b)\s*", re.IGNORECASE)
_EUCTR = re.compile(r"EUCTR\d{4}-\d{6}-\d{2}-([A-Z]{2})", re.IGNORECASE)
# The European Union's own codes beside those of ISO.
_EU_CODES = {"EL": "GR", "UK": "GB"}
_LEAST_LETTERS = 5
_MOST_PARTS = 4


def as_countries(text: str) -> tuple[list[str], list[str]]:
    """The countries of a text as the registry writes them, each once, and what in it is no country.

    Examples
    --------
    >>> as_countries("Japan,Asia(except Japan),North America")
    (['Japan'], ['Asia(except Japan)', 'North America'])
    >>> as_countries("none (Japan only)"), as_countries("Korea, Republic of;Iran, Islamic Republic of;Chian")
    ((['Japan'], []), (['South Korea', 'Iran', 'China'], []))
    """
    found: dict[str, None] = {}
    others: dict[str, None] = {}
    for part in split_list(text):
        for name, is_country in _read_part(part):
            (found if is_country else others)[name] = None
    return list(found), list(others)


def find_member_state(trial_id: str) -> str:
    """The country whose authority an id of the EU Clinical Trials Register ends with; "" for none.

    >>> find_member_state("EUCTR2013-009999-36-SK"), find_member_state("EUCTR2013-009999-36-3RD")
    ('Slovakia', '')
    """
    match = _EUCTR.fullmatch(trial_id)
    state = match[1].upper() if match else ""
    country = find_country(_EU_CODES.get(state, state)) if state else None
    return country.name if country else ""


def _read_part(part: str) -> list[tuple[str, bool]]:
    """A part between semicolons: one name, or several between commas, some of whose names have commas."""
    if name := _find_name(part):
        return [(name, True)]
    pieces = [_AND.sub("", piece.strip()) for piece in _split_commas(part)]
    read: list[tuple[str, bool]] = []
    at = 0
    while at < len(pieces):
        for count in range(min(_MOST_PARTS, len(pieces) - at), 0, -1):
            joined = ", ".join(pieces[at : at + count])
            if name := _find_name(joined):
                read.append((name, True))
                break
        else:
            count = 1
            read += _read_joined(pieces[at])
        at += count
    return read


def _split_commas(text: str) -> list[str]:
    """At commas outside of brackets."""
    pieces, depth, start = [], 0, 0
    for at, sign in enumerate(text):
        depth = max(0, depth + (sign in "([（") - (sign in ")]）"))
        if sign in ",，、" and not depth:
            pieces.append(text[start:at])
            start = at + 1
    return [*pieces, text[start:]]


def _read_joined(text: str) -> list[tuple[str, bool]]:
    """Names joined by a word or a slash; a text of which one is no country is none as a whole."""
    names = [_find_name(each) for each in _JOINTS.split(text) if each]
    if len(names) > 1 and all(names):
        return [(name, True) for name in names]
    return [(text, False)] if is_given(text) and text.strip("?. ") else []


def _find_name(text: str) -> str:
    """One country: by its name, by what stands before or in brackets, or by a name with one slip in it."""
    country = find_country(text)
    if country is None and _ONLY.search(text):
        country = find_country(_ONLY.sub("", text).strip())
    if country is None and (match := _IN_BRACKETS.search(text)) and not _SEPARATES.match(text[match.end() :]):
        before = text[: match.start()].strip()
        inside = _ONLY.sub("", match[1]).strip()
        if is_given(before):
            country = find_country(before)
        else:
            country = find_country(inside)
    if country is None and (parts := _BEHIND.split(text, 1))[1:]:
        country = find_country(parts[0])
    if country is None and len(text) >= _LEAST_LETTERS:
        near = suggest_countries(text)
        country = find_country(near[0]) if len(near) == 1 and _differs_by_one(text, near[0]) else None
    return country.name if country else ""


def _differs_by_one(text: str, name: str) -> bool:
    return OSA.distance(fold_name(text), fold_name(name)) <= 1
