"""How is a query written in normal form?

One way to write each tree: every AND spelled out, no parentheses but the needed ones, no space after
an operator's bracket, escapes only where a word would be read as an operator.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from trialbook.search.language.scanner import BRACKET_OPERATORS, WORD_OPERATORS
from trialbook.search.language.syntax import (
    All,
    And,
    Area,
    AreaSize,
    Coverage,
    Distance,
    Expansion,
    Expression,
    Missing,
    Not,
    Or,
    Phrase,
    Query,
    Range,
    Search,
    Term,
    Tilt,
)

BASIC = "BasicSearch"
_SPECIAL = re.compile(r'[\\()"\[\]]')
_READ_AS_OPERATOR = re.compile(rf"(?:{'|'.join((*WORD_OPERATORS, *BRACKET_OPERATORS))})\Z")


def render_together(queries: Sequence[Query]) -> str:
    """Write a query of the area BasicSearch that asks for all of several; "" where there are none.

    >>> from trialbook.search.language.parse import parse_query
    >>> render_together([parse_query("a OR b"), parse_query("c", default_area="ConditionSearch")])
    '(a OR b) AND AREA[ConditionSearch]c'
    """
    parts: list[Expression] = []
    for query in queries:
        expression = query.expression
        if query.default_area != BASIC:
            expression = Area(query.default_area, expression)
        parts += expression.children if isinstance(expression, And) else (expression,)
    return render_query(parts[0] if len(parts) == 1 else And(tuple(parts))) if parts else ""


def render_query(query: Query | Expression) -> str:
    r"""Write a query in normal form; parsing that gives the same tree again (in the same default area).

    >>> from trialbook.search.language.parse import parse_query
    >>> render_query(parse_query('AREA[Phase] (Phase 2 OR PHASE3)  NOT "back  pain" \\AND'))
    'AREA[Phase](PHASE2 OR PHASE3) AND NOT "back pain" AND \\AND'
    """
    return _render(query.expression if isinstance(query, Query) else query)


def _render(node: Expression) -> str:
    match node:
        case Or(children):
            return " OR ".join(_render(child) for child in children)
        case And(children):
            return " AND ".join(
                f"({_render(child)})" if isinstance(child, Or) else _render(child) for child in children
            )
        case Term(text):
            return " ".join(_escape_word(word) for word in text.split(" "))
        case Phrase(text):
            return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
        case Range(low, high, _):
            return f"RANGE[{low}, {high}]"
        case Distance(latitude, longitude, _, radius):
            return f"DISTANCE[{latitude!r}, {longitude!r}, {radius}]"
        case Missing():
            return "MISSING"
        case All():
            return "ALL"
        case _:
            return _render_prefixed(node)


def _render_prefixed(node: Not | Area | AreaSize | Coverage | Expansion | Search | Tilt) -> str:
    child = _render(node.child)
    if isinstance(node.child, Or | And):
        child = f"({child})"
    match node:
        case Not():
            return f"NOT {child}"
        case Area(name):
            return f"AREA[{name}]{child}"
        case AreaSize(name):
            return f"AREA[{name}:size]{child}"
        case Coverage(kind):
            return f"COVERAGE[{kind}]{child}"
        case Expansion(kind):
            return f"EXPANSION[{kind}]{child}"
        case Search(document):
            return f"SEARCH[{document}]{child}"
        case Tilt(name):
            return f"TILT[{name}]{child}"


def _escape_word(word: str) -> str:
    escaped = _SPECIAL.sub(r"\\\g<0>", word)
    return "\\" + escaped if _READ_AS_OPERATOR.match(word) else escaped
