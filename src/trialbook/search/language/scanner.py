"""Where do the words, operators and brackets of a query begin and end?

The scanner reads a query once, from left to right, in time proportional to its length, and refuses
what is too long, too deep or too much before anything is built from it. A comma right before an
operator with a bracket stands between two parts and means no more than a space there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lark import Token

MAX_LENGTH = 50_000
"""Characters in a query."""
MAX_DEPTH = 50
"""Parentheses and operators that stand within each other."""
MAX_SOURCES = 2_000
"""Terms, phrases, ranges and the like in a query."""
MAX_WORDS = 5_000
"""Words in its terms and phrases; the longest lists that reviews search for have some 4,000."""

BRACKET_OPERATORS = ("AREA", "SEARCH", "COVERAGE", "EXPANSION", "TILT", "RANGE", "DISTANCE")
WORD_OPERATORS = ("AND", "OR", "NOT", "MISSING", "ALL")
_PREFIXES = frozenset({"NOT", "AREA", "SEARCH", "COVERAGE", "EXPANSION", "TILT"})
_SOURCES = frozenset({"TERM", "PHRASE", "RANGE", "DISTANCE", "MISSING", "ALL"})

_OPERATOR = "|".join(BRACKET_OPERATORS)
# Clients join the parts of a place so: AREA[LocationCountry]Germany,AREA[LocationCity]Berlin
_BRACKET_AHEAD = rf"\s*+(?:{_OPERATOR})\["
# \AREA[x] are these characters.
_ESCAPED_BRACKET = rf"\\(?:{_OPERATOR})\[[^\s()\"\\\[\]]*+\]?"
_LEXEME = re.compile(
    rf"""
      (?P<space>\s++|,(?={_BRACKET_AHEAD}))
    | (?P<bracket>(?P<operator>{_OPERATOR})\[)
    | (?P<apart>(?:{_OPERATOR})\s++\[)
    | (?P<left>\()
    | (?P<right>\))
    | (?P<phrase>"(?:[^"\\]|\\.)*+")
    | (?P<quote>")
    | (?P<square>[\[\]])
    | (?P<word>(?:{_ESCAPED_BRACKET}|[^\s()"\\,\[\]]|,(?!{_BRACKET_AHEAD})|\\\S|\\(?=\s|\Z)|(?<!\s)"\\(?=[\s)]|\Z))++)
    """,
    re.VERBOSE | re.DOTALL,
)
# The registry's page closes an escaped quotation the other way round: \"sleep deprivation"\
_ESCAPED = re.compile(r'\\(\S)|(")\\(?=\Z)')


_SURROGATE = re.compile("[\ud800-\udfff]")


class Problem(Exception):
    """What is wrong with a query, at which offset, and what would be right."""

    def __init__(self, message: str, position: int, hint: str = "") -> None:
        self.message, self.position, self.hint = message, position, hint
        super().__init__(message, position, hint)


def remove_escapes(text: str) -> str:
    r"""Give the text that is meant: a backslash stands for the character after it, before a space for itself.

    >>> remove_escapes(r"\AND \"x")
    'AND "x'
    """
    return _ESCAPED.sub(r"\1\2", text) if "\\" in text else text


def check_length(text: str) -> None:
    """Refuse a query that is too long to be read or holds halves of characters; raises Problem."""
    if len(text) > MAX_LENGTH:
        raise Problem(
            f"query of {len(text):,} characters is too long",
            MAX_LENGTH,
            f"At most {MAX_LENGTH:,} characters are read; split the query in parts.",
        )
    half = _SURROGATE.search(text)
    if half:
        raise Problem("half a character", half.start(), "Write whole characters, as Unicode text.")


def scan(text: str) -> Iterator[Token]:
    """Yield the tokens of a query; a run of words between operators is one TERM.

    The value of a bracket operator's token is the text inside its brackets, of a TERM or PHRASE the
    words with escapes resolved and single spaces. Raises Problem.
    """
    limits = _Limits()
    run: list[re.Match[str]] = []
    position = 0
    while position < len(text):
        lexeme = _LEXEME.match(text, position)
        assert lexeme is not None, "every character starts a space, a word or a bracket"
        position = lexeme.end()
        if lexeme.lastgroup == "space":
            continue
        if lexeme.lastgroup == "word" and lexeme[0] not in WORD_OPERATORS:
            run.append(lexeme)
            continue
        if run:
            yield limits.count(_make_term(run))
            run = []
        token = _make_token(text, lexeme)
        position = max(position, token.end_pos or 0)
        yield limits.count(token)
    if run:
        yield limits.count(_make_term(run))


def _make_term(run: list[re.Match[str]]) -> Token:
    words = " ".join(remove_escapes(word[0]) for word in run)
    return _token("TERM", words, run[0].start(), run[-1].end())


def _make_token(text: str, lexeme: re.Match[str]) -> Token:
    kind, start, end = lexeme.lastgroup, lexeme.start(), lexeme.end()
    if kind == "bracket":
        return _make_bracket(text, lexeme["operator"], start, end)
    if kind == "phrase":
        words = " ".join(remove_escapes(text[start + 1 : end - 1]).split())
        if not words:
            raise Problem(
                "no viable alternative at input '\"\"'", start, "Put words between the quotation marks."
            )
        return _token("PHRASE", words, start, end)
    if kind == "quote":
        raise Problem(
            "missing '\"' at '<EOF>'",
            start,
            'This quotation mark is never closed; to search for the character itself, write \\".',
        )
    if kind == "apart":
        operator = lexeme[0].split()[0]
        raise Problem(
            f"mismatched input '{operator}'",
            start,
            f"Write {operator}[ without a space before the bracket; to search for the word, \\{operator}.",
        )
    if kind == "square":
        is_last = lexeme[0] == "[" and not text[end:].strip()
        raise Problem(
            f"{'no viable alternative at' if is_last else 'mismatched'} input '{lexeme[0]}'",
            start,
            "Square brackets stand behind operators such as AREA; to search for the character itself, write"
            f" \\{lexeme[0]} or put the words between quotation marks.",
        )
    names = {"left": "LPAREN", "right": "RPAREN"}
    return _token(names.get(kind or "", lexeme[0]), lexeme[0], start, end)


def _make_bracket(text: str, operator: str, start: int, inside: int) -> Token:
    closing = text.find("]", inside)
    opening = text.find("[", inside, None if closing < 0 else closing)
    if closing < 0 or opening >= 0:
        at = f"'{text[opening]}'" if opening >= 0 else "'<EOF>'"
        raise Problem(
            f"missing ']' at {at}",
            opening if opening >= 0 else len(text),
            f"Close the bracket of {operator}[; to search for these characters, write \\{operator}[.",
        )
    return _token(operator, text[inside:closing], start, closing + 1)


def _token(kind: str, value: str, start: int, end: int) -> Token:
    return Token(kind, value, start_pos=start, end_pos=end)


class _Limits:
    """Counts sources and depth as tokens go by."""

    def __init__(self) -> None:
        self.sources = self.words = self.depth = self.prefixes = 0
        self.opened: list[int] = []

    def count(self, token: Token) -> Token:
        if token.type in _PREFIXES:
            self.prefixes += 1
        elif token.type == "LPAREN":
            self.opened.append(self.prefixes + 1)
            self.depth += self.prefixes + 1
            self.prefixes = 0
        else:
            self.prefixes = 0
            if token.type == "RPAREN" and self.opened:
                self.depth -= self.opened.pop()
            self.sources += token.type in _SOURCES
            self.words += token.count(" ") + 1 if token.type in ("TERM", "PHRASE") else 0
        if self.depth + self.prefixes > MAX_DEPTH:
            raise Problem(
                "query is nested too deeply",
                token.start_pos or 0,
                f"At most {MAX_DEPTH} parentheses and operators may stand within each other.",
            )
        if self.sources > MAX_SOURCES:
            raise Problem(
                "query has too many terms",
                token.start_pos or 0,
                f"At most {MAX_SOURCES:,} terms, phrases and ranges are read; split the query in parts.",
            )
        if self.words > MAX_WORDS:
            raise Problem(
                "query has too many words",
                token.start_pos or 0,
                f"At most {MAX_WORDS:,} words are read; split the query in parts.",
            )
        return token
