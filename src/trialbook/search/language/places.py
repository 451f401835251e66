"""Which other names of a place does a query mean?

A country or a town goes by many names, and the records themselves have had several for one: who asks for one of them
means all. Where places are searched, a name of a country, a state or a town is asked under every spelling that records
may have, beside the words as they stand.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

from trialbook.search.language.scope import Scope
from trialbook.search.language.syntax import (
    And,
    Area,
    Coverage,
    Expansion,
    Expression,
    Not,
    Or,
    Phrase,
    Prefix,
    Query,
    Term,
    Tilt,
)
from trialbook.terms.countries import (
    Country,
    State,
    find_country,
    find_spoken_country,
    find_states,
)
from trialbook.terms.place_names import find_town_spellings

COUNTRY, STATE, CODE, ANYWHERE = "LocationCountry", "LocationState", "LocationCountryCode", "LocationSearch"
_AREAS = frozenset((COUNTRY, STATE, CODE, ANYWHERE))
MOST_WORDS = 6


@lru_cache(maxsize=2_000)
def widen_places(query: Query) -> Query:
    """A checked query that asks for places under all their names; the same one where it names none.

    >>> from trialbook.search.language.parse import parse_query
    >>> from trialbook.search.language.render import render_query
    >>> render_query(widen_places(parse_query("AREA[LocationCountryCode]Germany")))
    'AREA[LocationCountryCode](Germany OR AREA[LocationCountryCode]DE)'
    """
    widened = _widen(query.expression, Scope(query.default_area))
    return query if widened is query.expression else replace(query, expression=widened)


def _widen(node: Expression, scope: Scope) -> Expression:
    match node:
        case Or(children) | And(children):
            widened = tuple(_widen(child, scope) for child in children)
            return node if all(map(_is_same, widened, children)) else replace(node, children=widened)
        case Not(child) | Tilt(_, child):
            found = _widen(child, scope)
        case Term(text) | Phrase(text):
            return _widen_words(node, text, scope)
        case _ if isinstance(node, Prefix):
            assert not isinstance(node, Not | Tilt)
            child, found = node.child, _widen(node.child, scope.enter(node))
        case _:
            return node
    return node if found is child else replace(node, child=found)


def _is_same(one: Expression, other: Expression) -> bool:
    return one is other


def _widen_words(node: Term | Phrase, text: str, scope: Scope) -> Expression:
    coverage = scope.coverage or "Contains"
    if scope.area not in _AREAS or scope.expansion == "None" or coverage in ("StartsWith", "EndsWith"):
        return node
    if scope.area == ANYWHERE and (country := _find_whole_country(text)):
        return _either([*_ask_everywhere(country)])
    whole = list(_iter_whole(text, scope.area))
    if whole:
        return _either([node, *whole])
    relaxed = isinstance(node, Term) and scope.effective_expansion in ("Relaxation", "Lossy")
    if not relaxed or scope.area != ANYWHERE:
        return node
    words, found = text.split(), list[Expression]()
    while words and (run := _find_run(words, at_end=True) or _find_run(words, at_end=False)):
        count, at_end, others = run
        taken = words[-count:] if at_end else words[:count]
        words = words[:-count] if at_end else words[count:]
        found.append(_either([Term(" ".join(taken)), *others]))
    if not found:
        return node
    parts = ([Term(" ".join(words))] if words else []) + found
    if len(parts) == 1:
        return parts[0]
    return _either(parts) if scope.effective_expansion == "Lossy" else And(tuple(parts))


def _either(parts: list[Expression]) -> Expression:
    flat = [each for part in parts for each in (part.children if isinstance(part, Or) else (part,))]
    return flat[0] if len(flat) == 1 else Or(tuple(dict.fromkeys(flat)))


def _find_run(words: list[str], *, at_end: bool) -> tuple[int, bool, list[Expression]] | None:
    """The longest run of words at an end of a text that names a place."""
    for count in range(min(MOST_WORDS, len(words)), 0, -1):
        run = " ".join(words[-count:] if at_end else words[:count]).strip(",;")
        others = list(_iter_spoken(run))
        if others:
            return count, at_end, others
    return None


def _iter_spoken(run: str) -> Iterator[Expression]:
    """What a run within a longer text is asked under; codes of states in capitals alone."""
    if country := find_spoken_country(run):
        yield from _ask_country(country, run)
    if len(run) > 3 or run.isupper():
        for state in find_states(run):
            yield from _ask_state(state)
    yield from _ask_town(run)


def _find_whole_country(text: str) -> Country | None:
    """The country that a text names as a whole; codes of two letters that a state has too mean the state."""
    country = find_country(text)
    return None if country and len(text.strip()) == 2 and find_states(text) else country


def _ask_everywhere(country: Country) -> Iterator[Expression]:
    """The same for each name of a country, so that all find one set: the registry's own, wherever they stand."""
    for spelling in country.spellings:
        yield Area(ANYWHERE, Expansion("Term", Phrase(spelling)))
    for state in find_states(country.name):
        yield from _ask_state(state)
    for town in (country.name, *country.spellings):
        yield from _ask_town(town)


def _iter_whole(text: str, area: str) -> Iterator[Expression]:
    """What a text that is the name of a place as a whole is asked under."""
    states = find_states(text) if area in (STATE, ANYWHERE) else ()
    country = find_country(text) if area in (COUNTRY, CODE) else None
    if country:
        if area == CODE:
            yield Area(CODE, Term(country.code))
        else:
            yield from _ask_country(country, text)
    for state in states:
        yield from _ask_state(state)
    if area == ANYWHERE:
        yield from _ask_town(text)


def _ask_town(text: str) -> Iterator[Expression]:
    for spelling in find_town_spellings(text):
        yield Area(ANYWHERE, Expansion("Term", Phrase(spelling)))


def _ask_country(country: Country, text: str) -> Iterator[Expression]:
    # "The Ukraine" and "Bosnia & Herzegovina" fold to a name whose words they do not have.
    if len(country.spellings) == 1 and text.strip().casefold() == country.name.casefold():
        return
    for spelling in country.spellings:
        yield _whole(COUNTRY, spelling)


def _ask_state(state: State) -> Iterator[Expression]:
    yield _whole(STATE, state.name)
    yield _whole(STATE, state.code)


def _whole(area: str, text: str) -> Expression:
    return Area(area, Coverage("FullMatch", Expansion("Term", Phrase(text))))
