"""Why does a search find nothing? What each part finds alone, and what it would find without each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from trialbook.search.engine.engine import SearchEngine, SearchRequest
from trialbook.search.language.render import render_query
from trialbook.search.language.syntax import And, Query, Term
from trialbook.terms.text import cut_words

# Of longer questions the first parts are looked at.
MOST_PARTS = 24


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
