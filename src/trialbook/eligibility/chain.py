"""A linear-chain model: which labels are likeliest for the tokens of many criteria at once?

All weights are whole numbers, so that sums are the same in whatever order they are taken.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from threading import Lock
from typing import NamedTuple, TypeAlias

import msgspec
import numpy as np
import numpy.typing as npt

from trialbook.eligibility.features import (
    AFTER,
    BEFORE,
    OF_WORDS,
    REACH,
    SEPARATOR,
    TEMPLATES,
    Columns,
    Template,
    describe_group,
    describe_word,
    tell_places,
)

Numbers: TypeAlias = npt.NDArray[np.int32]
Small: TypeAlias = npt.NDArray[np.int16]

MOST_WORDS = 20_000
MOST_SIDE_BY_SIDE = 256
# Below this many combinations a table has a place for each.
MOST_DENSE = 300_000
_PADS = 2 * REACH


class Layout(msgspec.Struct, array_like=True):
    """One model as it lies in the file; weights are bytes, in multiples of `scale`."""

    labels: list[str]
    features: list[str]
    counts: bytes
    label_numbers: bytes
    weights: bytes
    transitions: bytes
    scale: float


class Chain:
    """One model: scores of labels for features, and of labels that follow one another; for any number of threads."""

    def __init__(self, layout: Layout, groups: Mapping[str, str]) -> None:
        self.labels = layout.labels
        size = len(layout.labels)
        counts = np.frombuffer(layout.counts, dtype=np.uint8)
        rows = np.repeat(np.arange(len(counts)), counts)
        # The last row is of no feature at all.
        self.scores: Small = np.zeros((len(counts) + 1, size), dtype=np.int16)
        numbers = np.frombuffer(layout.label_numbers, dtype=np.uint8)
        self.scores[rows, numbers] = np.frombuffer(layout.weights, dtype=np.int8)
        moves = np.frombuffer(layout.transitions, dtype=np.int8).reshape(size, size)
        self.moves: Numbers = moves.astype(np.int32)
        by_template: dict[str, dict[tuple[str, ...], int]] = {}
        for row, feature in enumerate(layout.features):
            name, *values = feature.split(SEPARATOR)
            by_template.setdefault(name, {})[tuple(values)] = row
        known = [(each, by_template[each.name]) for each in TEMPLATES if each.name in by_template]
        of_words = [each for each in known if _is_of_word(each[0])]
        joined = [each for each in known if each[0].parts and not _is_of_word(each[0])]
        self._numbers = _number_values(joined)
        self._tables = [_Table(one, rows_of, self._numbers, len(counts)) for one, rows_of in joined]
        self._words = _Words(self.scores, of_words, self._numbers, groups)
        self._base = self.scores[by_template["b"][()]].astype(np.int32)

    def label(self, sequences: Sequence[Columns]) -> list[list[str]]:
        """The likeliest labels of the tokens of each sequence.

        Parameters
        ----------
        sequences
            Of each "t", its tokens as they are written, and what `features.fill_columns` is told of them.
        """
        told: list[list[str]] = [[] for _ in sequences]
        order = sorted(
            (at for at, each in enumerate(sequences) if each["t"]), key=lambda at: -len(sequences[at]["t"])
        )
        for low in range(0, len(order), MOST_SIDE_BY_SIDE):
            batch = order[low : low + MOST_SIDE_BY_SIDE]
            sizes = [len(sequences[at]["t"]) for at in batch]
            scores = self.score([sequences[at] for at in batch])
            paths = find_paths(scores, sizes, self.moves)
            names = [self.labels[one] for one in paths.tolist()]
            start = 0
            for at, size in zip(batch, sizes, strict=True):
                told[at] = names[start : start + size]
                start += size
        return told

    def score(self, sequences: Sequence[Columns]) -> Numbers:
        """For each token of all sequences, one after the other, the score of each label without its neighbours."""
        sizes = np.array([len(each["t"]) for each in sequences])
        places = np.arange(int(sizes.sum())) + np.repeat(REACH + _PADS * np.arange(len(sizes)), sizes)
        told = [tell_places(each, len(each["t"])) for each in sequences]
        words = [*_pad([each["t"] for each in sequences], BEFORE, AFTER)]
        seen, vectors, own = self._words.find(words)
        made = np.repeat(self._base[None], len(places), axis=0)
        for at, place in enumerate(self._words.places):
            made += vectors[seen[places + place], at]
        numbers = {name: own[seen, column] for column, name in enumerate(self._words.attributes)}
        for name, values in self._numbers.items():
            if name not in OF_WORDS:
                column = _pad([each[name] for each in told], "", "")
                numbers[name] = np.fromiter(map(values.__getitem__, column), np.int64, len(column))
        for table in self._tables:
            table.add(made, numbers, places, self.scores)
        return made


def _is_of_word(template: Template) -> bool:
    return len(template.parts) == 1 and template.parts[0][0] in OF_WORDS


def _pad(sequences: Sequence[Sequence[str]], before: str, after: str) -> list[str]:
    made: list[str] = []
    low, high = [before] * REACH, [after] * REACH
    for each in sequences:
        made += low
        made += each
        made += high
    return made


Rows: TypeAlias = Mapping[tuple[str, ...], int]


class _Values(dict[str, int]):
    """The number of each value of an attribute that stands in features, from 1; 0 of all others."""

    def __missing__(self, value: str) -> int:
        return 0


def _number_values(templates: Sequence[tuple[Template, Rows]]) -> dict[str, _Values]:
    values: dict[str, _Values] = {}
    for template, rows in templates:
        for column, (name, _) in enumerate(template.parts):
            known = values.setdefault(name, _Values())
            for each in rows:
                known.setdefault(each[column], len(known) + 1)
    return values


class _Table:
    """The features of one template: from the numbers of their values to the row of their weights."""

    def __init__(
        self, template: Template, rows: Rows, numbers: Mapping[str, Mapping[str, int]], none: int
    ) -> None:
        self._parts = template.parts
        self._bases = [len(numbers[name]) + 1 for name, _ in template.parts]
        self._none = none
        names = [name for name, _ in template.parts]
        keys = {}
        for values, row in rows.items():
            key = 0
            for base, name, value in zip(self._bases, names, values, strict=True):
                key = key * base + numbers[name][value]
            keys[key] = row
        self._dense = prod(self._bases) <= MOST_DENSE
        if self._dense:
            self._rows = np.full(prod(self._bases), none, dtype=np.int32)
            self._rows[list(keys)] = list(keys.values())
        else:
            ordered = sorted(keys)
            self._keys = np.array(ordered, dtype=np.int64)
            self._rows = np.array([*(keys[key] for key in ordered), none], dtype=np.int32)

    def add(
        self,
        made: Numbers,
        numbers: Mapping[str, npt.NDArray[np.int64]],
        places: npt.NDArray[np.int64],
        scores: Small,
    ) -> None:
        """Add the weights of the features that tokens have."""
        key = np.zeros(len(places), dtype=np.int64)
        for base, (name, place) in zip(self._bases, self._parts, strict=True):
            key *= base
            key += numbers[name][places + place]
        if self._dense:
            rows = self._rows[key]
            hit = np.flatnonzero(rows != self._none)
            rows = rows[hit]
        else:
            at = np.searchsorted(self._keys, key)
            at[at == len(self._keys)] = 0
            hit = np.flatnonzero(self._keys[at] == key)
            rows = self._rows[at[hit]]
        if len(hit):
            made[hit] += scores[rows]


class _Seen(NamedTuple):
    """Of each word its weights at each place beside a token, and the numbers of its attributes."""

    vectors: Small
    numbers: npt.NDArray[np.int64]


class _Words:
    """Sums of the weights of all features that hang on one word alone, made when a word is first seen."""

    def __init__(
        self,
        scores: Small,
        templates: Sequence[tuple[Template, Rows]],
        numbers: Mapping[str, Mapping[str, int]],
        groups: Mapping[str, str],
    ) -> None:
        self._scores = scores
        self._groups = groups
        self.places = sorted({one.parts[0][1] for one, _ in templates})
        self._rows = [(self.places.index(one.parts[0][1]), one.parts[0][0], rows) for one, rows in templates]
        self.attributes = [name for name in numbers if name in OF_WORDS]
        self._values = [(name, numbers[name]) for name in self.attributes]
        self._lock = Lock()
        self._forget()

    def _forget(self) -> None:
        self._ids: dict[str, int] = {}
        self._seen = self._make(1000)

    def _make(self, size: int) -> _Seen:
        return _Seen(
            np.zeros((size, len(self.places), self._scores.shape[1]), dtype=np.int16),
            np.zeros((size, len(self.attributes)), dtype=np.int64),
        )

    def find(self, words: Sequence[str]) -> tuple[npt.NDArray[np.int64], Small, npt.NDArray[np.int64]]:
        """The number of each word, and by number the weights and the numbers of the attributes."""
        with self._lock:
            if len(self._ids) > MOST_WORDS:
                self._forget()
            ids = self._ids
            for word in words:
                if word not in ids:
                    self._learn(word)
            numbers = np.fromiter(map(ids.__getitem__, words), np.int64, len(words))
            return numbers, self._seen.vectors, self._seen.numbers

    def _learn(self, word: str) -> None:
        at = len(self._ids)
        if at == len(self._seen.vectors):
            # A copy: who reads the old ones goes on with them.
            grown = self._make(2 * at)
            grown.vectors[:at], grown.numbers[:at] = self._seen
            self._seen = grown
        form = {"w": word}
        if word not in (BEFORE, AFTER):
            form = {**describe_word(word)}
            form |= describe_group(form["w"], self._groups)
        for place, name, rows in self._rows:
            row = rows.get((form.get(name, ""),))
            if row is not None:
                self._seen.vectors[at, place] += self._scores[row]
        for column, (name, values) in enumerate(self._values):
            self._seen.numbers[at, column] = values.get(form.get(name, ""), 0)
        self._ids[word] = at


def find_paths(scores: Numbers, sizes: Sequence[int], moves: Numbers) -> npt.NDArray[np.int64]:
    """The likeliest path through each of some sequences, by Viterbi, side by side.

    Parameters
    ----------
    scores
        Of all tokens of all sequences, one after the other; the longest sequence first.
    sizes
        How long each sequence is.
    """
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    lengths = np.array(sizes)
    longest = int(lengths[0])
    # How many sequences have a token at each step.
    running = [int(count) for count in (lengths[None] > np.arange(longest)[:, None]).sum(axis=1)]
    best = [scores[starts]]
    for step in range(1, longest):
        count = running[step]
        ways = best[-1][:count].T[:, :, None] + moves[:, None, :]
        best.append(ways.max(axis=0) + scores[starts[:count] + step])
    back = np.ascontiguousarray(moves.T)
    paths = np.zeros(len(scores), dtype=np.int64)
    here = np.zeros(0, dtype=np.int64)
    for step in range(longest - 1, -1, -1):
        count = running[step]
        ending = best[step][len(here) : count].argmax(axis=1)
        if len(here):
            here = (best[step][: len(here)] + back[here]).argmax(axis=1)
        here = np.concatenate([here, ending])
        paths[starts[:count] + step] = here
    return paths
