"""Which words of a criterion name things? Linear-chain models that were trained on Chia and LCT.

`benchmarks/fit_criteria.py` trains them and writes their weights; here they only read. Of what they
call things, only stretches count; what a stretch means is for the thesaurus and the tables to say.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, cached_property, lru_cache
from importlib.resources import files
from typing import Literal, NamedTuple, TypeAlias

import msgspec
import numpy as np
import numpy.typing as npt
import zstandard

from trialbook.eligibility.analytes import find_analytes
from trialbook.eligibility.features import make_features
from trialbook.eligibility.times import lex_times
from trialbook.eligibility.words import Token, cut_tokens
from trialbook.terms import Mention, Thesaurus

Floats: TypeAlias = npt.NDArray[np.float32]
Layer: TypeAlias = Literal["lct_outer", "lct_inner", "chia"]

WEIGHTS = "recogniser.bin"
# What these say of a word is a feature of the model for Chia.
STACKED: tuple[Layer, ...] = ("lct_outer",)
MOST_TOKENS = 200
BATCH_TOKENS = 3000
MOST_MENTIONS = 10_000
_MOST_BYTES = 64 * 1024 * 1024


class Stretch(NamedTuple):
    """What a model calls `text[start:end]`."""

    start: int
    end: int
    kind: str


class Layout(msgspec.Struct, array_like=True):
    """One model as it lies in the file; weights are eighths of bytes times `scale`."""

    labels: list[str]
    features: list[str]
    counts: bytes
    label_numbers: bytes
    weights: bytes
    transitions: bytes
    scale: float


class Stored(msgspec.Struct, array_like=True):
    """What the file of weights holds; `learnt` are the trials that were learnt from, by corpus."""

    groups: dict[str, str]
    layers: dict[str, Layout]
    learnt: dict[str, list[str]]


class Chain:
    """One model: scores of labels for features, and of labels that follow one another."""

    def __init__(self, layout: Layout) -> None:
        self.labels = layout.labels
        self.rows = {feature: row for row, feature in enumerate(layout.features)}
        size = len(layout.labels)
        counts = np.frombuffer(layout.counts, dtype=np.uint8)
        rows = np.repeat(np.arange(len(counts)), counts)
        self.scores: Floats = np.zeros((len(counts), size), dtype=np.float32)
        numbers = np.frombuffer(layout.label_numbers, dtype=np.uint8)
        self.scores[rows, numbers] = np.frombuffer(layout.weights, dtype=np.int8) * np.float32(layout.scale)
        moves = np.frombuffer(layout.transitions, dtype=np.int8).reshape(size, size)
        self.moves: Floats = moves.astype(np.float32) * np.float32(layout.scale)

    def label(self, sequences: Sequence[Sequence[Sequence[str]]]) -> list[list[str]]:
        """The likeliest labels of each sequence of tokens, each with its features."""
        told: list[list[str]] = [[] for _ in sequences]
        for batch in _batch(sequences):
            for at, labels in zip(batch, self._label_batch([sequences[at] for at in batch]), strict=True):
                told[at] = labels
        return told

    def _label_batch(self, sequences: Sequence[Sequence[Sequence[str]]]) -> list[list[str]]:
        sizes = [len(each) for each in sequences]
        rows: list[int] = []
        starts: list[int] = []
        for sequence in sequences:
            for features in sequence:
                starts.append(len(rows))
                known = [self.rows[one] for one in features if one in self.rows]
                rows += known or [self.rows["b"]]
        flat: Floats = np.add.reduceat(self.scores[rows], starts, axis=0)
        longest, count = max(sizes), len(sizes)
        scores = np.zeros((longest, count, len(self.labels)), dtype=np.float32)
        at = 0
        for number, size in enumerate(sizes):
            scores[:size, number] = flat[at : at + size]
            at += size
        return [[self.labels[one] for one in path] for path in self._find_paths(scores, sizes)]

    def _find_paths(self, scores: Floats, sizes: Sequence[int]) -> Iterator[list[int]]:
        """Viterbi over sequences side by side."""
        longest, count, size = scores.shape
        back = np.zeros((longest, count, size), dtype=np.uint8)
        # The label before lies along the last axis, which is the fast one.
        into = np.ascontiguousarray(self.moves.T)
        best = scores[0].copy()
        ends = np.array(sizes)
        for step in range(1, longest):
            ways = best[:, None, :] + into[None]
            chosen = ways.argmax(axis=2)
            back[step] = chosen
            stepped = np.take_along_axis(ways, chosen[:, :, None], axis=2)[:, :, 0] + scores[step]
            goes_on = (ends > step)[:, None]
            best = np.where(goes_on, stepped, best)
        last = best.argmax(axis=1)
        for number, length in enumerate(sizes):
            path = [int(last[number])]
            for step in range(length - 1, 0, -1):
                path.append(int(back[step, number, path[-1]]))
            yield path[::-1]


def _batch(sequences: Sequence[Sequence[Sequence[str]]]) -> Iterator[list[int]]:
    """Sequences of like length together, so many that a batch stays small."""
    batch: list[int] = []
    for at in sorted((at for at, each in enumerate(sequences) if each), key=lambda one: len(sequences[one])):
        if batch and (len(batch) + 1) * len(sequences[at]) > BATCH_TOKENS:
            yield batch
            batch = []
        batch.append(at)
    if batch:
        yield batch


class Recogniser:
    """The models of one file; each is unpacked when it is first asked for."""

    def __init__(self, stored: Stored, thesaurus: Thesaurus) -> None:
        self._stored = stored
        self._thesaurus = thesaurus
        self._chains: dict[Layer, Chain] = {}
        self.find_mentions = lru_cache(maxsize=512)(self._find_mentions)

    @cached_property
    def groups(self) -> Mapping[str, str]:
        return self._stored.groups

    def _chain(self, layer: Layer) -> Chain:
        if layer not in self._chains:
            self._chains[layer] = Chain(self._stored.layers[layer])
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
        plain = [each.list_features(self.groups) for each in cut]
        if layer == "chia":
            said = [self._chain(one).label(plain) for one in STACKED]
            plain = [each.list_features(self.groups, told) for each, *told in zip(cut, *said, strict=True)]
        labels = self._chain(layer).label(plain)
        found: list[list[Stretch]] = [[] for _ in texts]
        for (at, _), each, told in zip(pieces, cut, labels, strict=True):
            found[at] += join_labels(each.tokens, told)
        return found


class Described(NamedTuple):
    """The tokens of a text with what the thesaurus and the lexer say of each."""

    tokens: list[Token]
    marks: list[str]
    lexed: list[str]

    def cut(self, low: int, high: int) -> Described:
        return Described(self.tokens[low:high], self.marks[low:high], self.lexed[low:high])

    def list_features(self, groups: Mapping[str, str], said: Sequence[Sequence[str]] = ()) -> list[list[str]]:
        return make_features(self.tokens, self.marks, self.lexed, groups, said)


def describe(text: str, mentions: Iterable[Mention]) -> Described:
    """A text as the models see it, with what the thesaurus finds in it."""
    tokens = [*cut_tokens(text)]
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
        at = int(np.searchsorted(starts, start))
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
