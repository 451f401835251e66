"""Which measurement is named, and by which code is it known?"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from importlib.resources import files
from typing import NamedTuple

TABLE = "analytes.tsv"
# Short names that are everyday words, other things or parts of names when they are not in capitals.
_CAPITALS = """
alt ast alp pt bun ef map ga hr bp rr tg hb alb abi ps cea afp psa acr anc alc got gpt ck na bil pct cdr
asa ahi igg iga ige bdi vas nrs mrs das28 ua gad audit scr ldl hdl ldh crp esr lh fsh amh pth pvr pcv
"""
CAPITALS = frozenset(_CAPITALS.split())


PIECE = re.compile(r"[^\W_]+|[^\w\s]")
# What follows makes another thing of the name: "insulin-dependent".
OTHER = re.compile(
    r"\w|-(?:positive|negative|dependent|induced|resistan|sensitiv)"
    r"|(?<=stolic) (?:dimension|diameter|volume|function|dysfunction|heart|murmur|HF)",
    re.IGNORECASE,
)


class Analyte(NamedTuple):
    """A measurement: its name, its LOINC code or "", its molar mass in g/mol or None.

    `unit` is the usual one in UCUM, `least` and `most` are values of it that no living person lies outside.
    """

    name: str
    loinc: str
    molar_mass: float | None
    unit: str
    least: float | None
    most: float | None

    @property
    def ids(self) -> tuple[str, ...]:
        return (f"loinc:{self.loinc}",) if self.loinc else ()


class Named(NamedTuple):
    """An analyte in a text, at `text[start:end]`."""

    start: int
    end: int
    analyte: Analyte
    form: str


class _Forms(NamedTuple):
    by_form: dict[str, Analyte]
    by_first: dict[str, tuple[tuple[str, ...], ...]]


@cache
def _load() -> _Forms:
    by_form: dict[str, Analyte] = {}
    for line in files(__package__).joinpath(TABLE).read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            continue
        name, loinc, mass, unit, least, most, forms = line.split("\t")
        analyte = Analyte(name, loinc, _number(mass), unit, _number(least), _number(most))
        for form in forms.split("|"):
            by_form.setdefault(" ".join(PIECE.findall(form)), analyte)
    by_first: dict[str, list[tuple[str, ...]]] = {}
    for form in sorted(by_form, key=len, reverse=True):
        pieces = tuple(form.split(" "))
        by_first.setdefault(pieces[0], []).append(pieces)
    return _Forms(by_form, {first: tuple(forms) for first, forms in by_first.items()})


def _number(written: str) -> float | None:
    return float(written) if written else None


@lru_cache(maxsize=512)
def find_analytes(text: str) -> tuple[Named, ...]:
    """The measurements that a text names, from left to right; remembered, since recogniser and grammar both ask.

    Examples
    --------
    >>> [(each.analyte.name, each.analyte.loinc) for each in find_analytes("HbA1C and serum creatinine")]
    [('HbA1c', '4548-4'), ('creatinine', '2160-0')]
    """
    forms = _load()
    pieces = [(each[0].lower(), each.start(), each.end()) for each in PIECE.finditer(text)]
    found: list[Named] = []
    at = 0
    while at < len(pieces):
        if pieces[at][0] not in forms.by_first:
            at += 1
            continue
        named = _match(text, pieces, at, forms)
        if named is None:
            at += 1
            continue
        size, analyte, form = named
        start, end = pieces[at][1], pieces[at + size - 1][2]
        if not (form in CAPITALS and not text[start:end].isupper()):
            found.append(Named(start, end, analyte, form))
        at += size
    return tuple(found)


def _match(
    text: str, pieces: list[tuple[str, int, int]], at: int, forms: _Forms
) -> tuple[int, Analyte, str] | None:
    """The longest name that begins at a piece; a hyphen may stand for the space between its words."""
    start = pieces[at][1]
    if text[start - 1 : start].isalnum() or text[max(0, start - 1) : start] == "-":
        return None
    for form in forms.by_first[pieces[at][0]]:
        here = pieces[at : at + 2 * len(form)]
        size = _count_pieces(form, [piece for piece, _, _ in here])
        if size and not OTHER.match(text, here[size - 1][2]):
            name = " ".join(form)
            return size, forms.by_form[name], name
    return None


def _count_pieces(form: tuple[str, ...], here: list[str]) -> int:
    """How many pieces of a text a form takes, hyphens between its words aside; 0 where it is not there."""
    at = 0
    for piece in form:
        if at < len(here) and here[at] == "-" and piece != "-":
            at += 1
        if at >= len(here) or here[at] != piece:
            if piece == "-":
                continue
            return 0
        at += 1
    return at


def get_analyte(words: str) -> Analyte | None:
    """The analyte of a name; None where the table has none."""
    return _load().by_form.get(" ".join(PIECE.findall(words.lower())))


def list_analytes() -> tuple[Analyte, ...]:
    """All analytes, each once, in the order of the table."""
    return tuple(dict.fromkeys(_load().by_form.values()))
