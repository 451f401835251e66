"""How does the text of a query become a tree?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, cast

from lark import Lark, Token, Transformer, UnexpectedToken
from lark.lexer import Lexer

from trialbook.errors import QueryError
from trialbook.search.language.check import check
from trialbook.search.language.scanner import Problem, check_length, scan
from trialbook.search.language.syntax import (
    All,
    And,
    Area,
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
    Span,
    Term,
    Tilt,
)

# A longer query is parsed each time.
LONGEST_KEPT = 500
# The state's code behind a city, "Portland, OR", where nothing follows that could be the other choice.
_OREGON = re.compile(r"(?<=[\w,])[ \t]+OR(?=\s*(?:,|$))")
_PREFIX_NODES: dict[str, Any] = {
    "AREA": Area,
    "SEARCH": Search,
    "COVERAGE": Coverage,
    "EXPANSION": Expansion,
    "TILT": Tilt,
}


def _parse(text: str, area: str) -> Query:
    check_length(text)
    if not text.strip():
        return Query(All(span=(0, len(text))), text, area)
    tree = cast(Expression, _make_parser().parse(text))
    return Query(check(tree, default_area=area), text, area)


# Pages, facets and lists ask the same again.
_parse_kept = lru_cache(maxsize=1_000)(_parse)


def parse_query(text: str, *, where: str = "query", default_area: str | None = None) -> Query:
    """Parse and check a query.

    Parameters
    ----------
    text
        The query; nothing but white space asks for every record.
    where
        What to call the query in messages: "advanced filter", "query.cond".
    default_area
        The search area or piece for terms outside any AREA; BasicSearch unless told.

    Raises
    ------
    QueryError
        The query cannot be parsed, names what does not exist, or is too long, too deep or has too
        many terms; carries message, query, position and hint.

    Examples
    --------
    >>> parse_query("AREA[Phase]Phase 2").expression
    Area(name='Phase', child=Term(text='PHASE2'))
    >>> parse_query("heart attack NOT stroke").expression
    And(children=(Term(text='heart attack'), Not(child=Term(text='stroke'))))
    """
    area = default_area or "BasicSearch"
    if area == "LocationSearch":
        text = _OREGON.sub(r" \\OR", text)
    try:
        return _parse_kept(text, area) if len(text) <= LONGEST_KEPT else _parse(text, area)
    except UnexpectedToken as error:
        problem = _explain(error, text)
    except Problem as error:
        problem = error
    raise QueryError(
        f"Error parsing query in {where}: {problem.message}",
        query=text,
        position=problem.position,
        hint=problem.hint,
    )


class _ScannerForLark(Lexer):
    """Hands the scanner's tokens to the parser."""

    def __init__(self, lexer_conf: Any) -> None:
        pass

    def lex(self, data: Any) -> Iterator[Token]:  # type: ignore[override]
        return scan(str(data))


class _TreeBuilder(Transformer[Token, Expression]):
    """Makes nodes while the parser runs, which keeps deep queries off Python's call stack."""

    def start(self, children: list[Expression]) -> Expression:
        return children[0]

    def or_expr(self, children: list[Any]) -> Expression:
        nodes: list[Expression] = []
        for child in children:
            if not isinstance(child, Token):
                nodes.extend(child.children if isinstance(child, Or) else (child,))
        return Or(tuple(nodes), span=_span(children))

    def and_expr(self, children: list[Any]) -> Expression:
        nodes: list[Expression] = []
        for child in children:
            if not isinstance(child, Token):
                nodes.extend(child.children if isinstance(child, And) else (child,))
        return And(tuple(nodes), span=_span(children))

    def group(self, children: list[Any]) -> Expression:
        _, node, _ = children
        return replace(node, span=_span(children)) if isinstance(node, Or | And) else node

    def prefixed(self, children: list[Any]) -> Expression:
        token, child = children
        if token.type == "NOT":
            return Not(child, span=_span(children))
        return cast(Expression, _PREFIX_NODES[token.type](str(token).strip(), child, span=_span(children)))

    def term(self, children: list[Token]) -> Expression:
        return Term(str(children[0]), span=_span(children))

    def phrase(self, children: list[Token]) -> Expression:
        return Phrase(str(children[0]), span=_span(children))

    def range(self, children: list[Token]) -> Expression:
        return Range(str(children[0]), "", "any", span=_span(children))

    def distance(self, children: list[Token]) -> Expression:
        return Distance(0.0, 0.0, 0.0, str(children[0]), span=_span(children))

    def missing(self, children: list[Token]) -> Expression:
        return Missing(span=_span(children))

    def everything(self, children: list[Token]) -> Expression:
        return All(span=_span(children))


def _span(children: list[Any]) -> Span:
    first, last = children[0], children[-1]
    start = first.start_pos or 0 if isinstance(first, Token) else first.span[0]
    end = last.end_pos or 0 if isinstance(last, Token) else last.span[1]
    return (start, end)


@cache
def _make_parser() -> Lark:
    return Lark(
        Path(__file__).with_name("grammar.lark").read_text(encoding="utf-8"),
        parser="lalr",
        lexer=_ScannerForLark,
        transformer=_TreeBuilder(),
    )


def _explain(error: UnexpectedToken, text: str) -> Problem:
    """Say in the words of the registry's own parser what it stumbled over, and what to do."""
    token = error.token
    is_end = token.type == "$END"
    position = len(text) if is_end else token.start_pos or 0
    shown = "<EOF>" if is_end else str(token) or token.type
    if "TERM" not in error.expected:
        if is_end:
            return Problem("missing ')' at '<EOF>'", position, "A parenthesis is opened and never closed.")
        return Problem(
            f"mismatched input '{shown}' expecting <EOF>",
            position,
            "No parenthesis is open here; to search for the character itself, write \\).",
        )
    message = f"no viable alternative at input '{shown}'"
    if is_end:
        return Problem(message, position, "The query ends where something to search for must follow.")
    if token.type == "RPAREN":
        return Problem(message, position, "Something to search for must stand before this parenthesis.")
    return Problem(
        message,
        position,
        f"Something to search for must stand before {shown}; to search for the word, write \\{shown}.",
    )
