"""Why does a search find nothing? What each part finds alone, and what it would find without each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from trialbook.search.engine.engine import SearchEngine, SearchRequest
from trialbook.search.language.render import render_query
from trialbook.search.language.syntax import And, Area, Expression, Not, Phrase, Query, Term, get_children
from trialbook.terms.text import cut_words

# Of longer questions the first parts are looked at.
MOST_PARTS = 24
PLACE_AREAS = frozenset(("LocationSearch", "LocationCity", "LocationState", "LocationCountry"))
MOST_PLACES = 8


class Part(msgspec.Struct, frozen=True):
    """A part of a question that finds nothing: how many studies it finds `alone`, and all others `without` it."""

    name: str
    alone: int
    without: int


def explain_nothing(
    engine: SearchEngine, parts: Mapping[str, Sequence[Query]], *, as_of: str | None = None
) -> tuple[Part, ...]:
    """For each part of a question, by its name, what it finds alone and what the others find together."""
    named = list(parts.items())[:MOST_PARTS]

    def count(kept: Sequence[str]) -> int:
        filters = tuple(query for name in kept for query in parts[name])
        return engine.search(SearchRequest(filters=filters, as_of=as_of, limit=0)).total

    names = list(parts)
    return tuple(
        Part(
            name,
            count([name]),
            count([other for other in names if other != name]) if len(names) > 1 else 0,
        )
        for name, _ in named
    )


def suggest_places(engine: SearchEngine, queries: Iterable[Query]) -> dict[str, tuple[str, ...]]:
    """The places that queries ask for and that no site is in, with those that may be meant; often none."""
    asked: dict[str, Query] = {}
    for query in queries:
        asked |= {
            node.text: Query(Area(area, node))
            for area, node in _list_places(query.expression, query.default_area)
        }
    return {
        text: engine.suggest_places(text)
        for text, place in list(asked.items())[:MOST_PLACES]
        if not engine.search(SearchRequest(filters=(place,), limit=0)).total
    }


def _list_places(node: Expression, area: str) -> Iterator[tuple[str, Term | Phrase]]:
    """Areas and the words that are looked for in them, where these are places; not those that must not be there."""
    if isinstance(node, Not):
        return
    if isinstance(node, Term | Phrase) and area in PLACE_AREAS:
        yield area, node
    below = node.name if isinstance(node, Area) else area
    for child in get_children(node):
        yield from _list_places(child, below)


def split_query(query: Query) -> dict[str, Query]:
    """The parts of a query that all must hold, as they are written: words, or what stands between ANDs.

    >>> from trialbook.search.language.parse import parse_query
    >>> list(split_query(parse_query("heart AND AREA[Phase]PHASE2")))
    ['heart', 'AREA[Phase]PHASE2']
    >>> list(split_query(parse_query("hart failure")))
    ['hart', 'failure']
    """
    expression = query.expression
    children = expression.children if isinstance(expression, And) else (expression,)
    if len(children) == 1 and isinstance(children[0], Term):
        words = children[0].text.split()
        children = tuple(Term(word) for word in words if cut_words(word))
    made = (Query(child, default_area=query.default_area) for child in children)
    return {render_query(each): each for each in made}
