"""Which words of a criterion name things? Linear-chain models that were trained on Chia and LCT.

`benchmarks/fit_criteria.py` trains them and writes their weights; here they only read. Of what they
call things, only stretches count; what a stretch means is for the thesaurus and the tables to say.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from importlib.resources import files
from typing import Literal, NamedTuple, TypeAlias

import msgspec
import zstandard

from trialbook.eligibility.analytes import find_analytes
from trialbook.eligibility.chain import Chain, Layout
from trialbook.eligibility.features import Columns
from trialbook.eligibility.times import lex_times
from trialbook.eligibility.words import Token, cut_tokens
from trialbook.terms import Mention, Thesaurus

Layer: TypeAlias = Literal["lct_outer", "lct_inner", "chia"]

WEIGHTS = "recogniser.bin"
# What these say of a word is a feature of the model for Chia.
STACKED: tuple[Layer, ...] = ("lct_outer", "lct_inner")
MOST_TOKENS = 200
MOST_MENTIONS = 10_000
_MOST_BYTES = 64 * 1024 * 1024


class Stretch(NamedTuple):
    """What a model calls `text[start:end]`."""

    start: int
    end: int
    kind: str


class Stored(msgspec.Struct, array_like=True):
    """What the file of weights holds; `learnt` are the trials that were learnt from, by corpus."""

    groups: dict[str, str]
    layers: dict[str, Layout]
    learnt: dict[str, list[str]]


class Recogniser:
    """The models of one file; each is unpacked when it is first asked for."""

    def __init__(self, stored: Stored, thesaurus: Thesaurus) -> None:
        self._stored = stored
        self._thesaurus = thesaurus
        self._chains: dict[Layer, Chain] = {}
        self.find_mentions = lru_cache(maxsize=1_024)(self._find_mentions)

    def _chain(self, layer: Layer) -> Chain:
        if layer not in self._chains:
            self._chains[layer] = Chain(self._stored.layers[layer], self._stored.groups)
        return self._chains[layer]

    def _find_mentions(self, text: str) -> tuple[Mention, ...]:
        return self._thesaurus.find_concepts_in(text, limit=MOST_MENTIONS)

    def find(self, texts: Sequence[str], layer: Layer = "chia") -> list[list[Stretch]]:
        """What a model calls things in each of the texts."""
        seen = [describe(text, self.find_mentions(text)) for text in texts]
        # Long texts are read in pieces; what a name is does not hang on words so far away.
        pieces = [
            (at, low) for at, each in enumerate(seen) for low in range(0, len(each.tokens), MOST_TOKENS)
        ]
        cut = [seen[at].cut(low, low + MOST_TOKENS) for at, low in pieces]
        said = [each.tell() for each in cut]
        if layer == "chia":
            said = stack(said, [self._chain(one) for one in STACKED])
        labels = self._chain(layer).label(said)
        found: list[list[Stretch]] = [[] for _ in texts]
        for (at, _), each, told in zip(pieces, cut, labels, strict=True):
            found[at] += join_labels(each.tokens, told)
        return found


class Described(NamedTuple):
    """The tokens of a text with what the thesaurus and the lexer say of each."""

    tokens: Sequence[Token]
    marks: list[str]
    lexed: list[str]

    def cut(self, low: int, high: int) -> Described:
        return Described(self.tokens[low:high], self.marks[low:high], self.lexed[low:high])

    def tell(self) -> Columns:
        """The columns that a model is told."""
        return {"t": [each.text for each in self.tokens], "m": self.marks, "x": self.lexed}


def stack(said: Sequence[Columns], chains: Sequence[Chain]) -> list[Columns]:
    """What models are told, with what others say of it."""
    labels = [each.label(said) for each in chains]
    return [
        {**each, **{f"o{layer}": told[at] for layer, told in enumerate(labels)}}
        for at, each in enumerate(said)
    ]


def describe(text: str, mentions: Iterable[Mention]) -> Described:
    """A text as the models see it, with what the thesaurus finds in it."""
    tokens = cut_tokens(text)
    named = []
    for mention in mentions:
        concept = mention.concepts[0]
        place = concept.tree_numbers[0].split(".")[0] if concept.tree_numbers else "-"
        named.append((mention.start, mention.end, concept.kind[0] + place))
    lexed = [(each.start, each.end, "an") for each in find_analytes(text)]
    lexed += [(each.start, each.end, each.role) for each in lex_times(text)]
    return Described(tokens, _spread(tokens, named), _spread(tokens, lexed))


def _spread(tokens: Sequence[Token], stretches: Iterable[tuple[int, int, str]]) -> list[str]:
    """For each token the name of the stretch that it lies in, "B-" for its first, "" for none."""
    told = [""] * len(tokens)
    starts = [token.start for token in tokens]
    for start, end, name in stretches:
        at = bisect_left(starts, start)
        first = True
        while at < len(tokens) and tokens[at].end <= end:
            told[at] = ("B-" if first else "I-") + name
            first = False
            at += 1
    return told


def join_labels(tokens: Sequence[Token], labels: Sequence[str]) -> list[Stretch]:
    """The stretches that labels "B-…", "I-…" and "O" say."""
    found: list[Stretch] = []
    inside = ""
    for token, label in zip(tokens, labels, strict=True):
        name = label[2:]
        if label[0] == "I" and name == inside:
            found[-1] = found[-1]._replace(end=token.end)
        elif name:
            found.append(Stretch(token.start, token.end, name))
        inside = name
    return found


_STORED = msgspec.msgpack.Decoder(Stored)


@cache
def load_stored() -> Stored:
    """The file of weights that comes with the program."""
    body = files(__package__).joinpath(WEIGHTS).read_bytes()
    unpacked = zstandard.ZstdDecompressor().decompress(body, max_output_size=_MOST_BYTES)
    return _STORED.decode(unpacked)
