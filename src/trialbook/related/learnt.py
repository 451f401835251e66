"""What was learnt from the records: how rare each word, heading and name is, what it tells, from which records, when.

A table learnt once serves for as long as the library is of about the same size: what comes later is weighed
by it, so a study that changes changes no other.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import Any
from zlib import crc32

import msgspec
import numpy as np
import numpy.typing as npt

from trialbook.store.private import open_private

Numbers = npt.NDArray[np.uint32]
Floats = npt.NDArray[np.float32]

# A table is learnt from so many records at most: rarity needs no more of them to be known well.
MOST_LEARNT_FROM = 40_000
# What stands in one record alone is as rare as what stands in none.
LEAST_COUNTED = 2
# A word of more than a tenth of the records, which hardly ever stands where conditions and interventions are named
# ("consent", "million", "randomized"), tells little of what a study is about. Of fewer records nothing is said.
TOO_COMMON, TOO_SELDOM_TOLD = 0.1, 0.05
LEAST_SURE = 20
# Of a word of few records it is not known where it stands: each counts as if it stood in so many more, without that.
UNSURE = 5

Flags = npt.NDArray[np.bool_]


class Learnt(msgspec.Struct, frozen=True, dict=True):
    """In how many of the records learnt from each term stands.

    Attributes
    ----------
    count
        Of how many records it was learnt.
    seq, learnt_at
        The change of the library up to which it went, and when (UTC, ISO 8601).
    terms, counts
        Numbers of terms in their order (uint32), and the records that each stands in (uint32), as bytes.
    told
        In how many of these it stands among conditions, keywords and interventions (uint32), as bytes.
    """

    count: int
    seq: int
    learnt_at: str
    terms: bytes
    counts: bytes
    told: bytes

    def find_rarity(self, numbers: Numbers) -> Floats:
        """How rare terms are: 1 + ln((count + 1) / (records with it + 1)); 1 for what stands in all."""
        return self._look_up(numbers, self._rarities, self.most_rare if self.terms else 1.0)

    def find_empty(self, numbers: Numbers) -> Flags:
        """Which terms tell little of what a study is about, however much two studies share them."""
        return self._look_up(numbers, self._empty, False)

    def find_telling(self, numbers: Numbers) -> Floats:
        """How much terms tell of what a study is about: how often they stand where that is named; 0 to 1."""
        return self._look_up(numbers, self._telling, 0.5 / (1 + UNSURE))

    def _look_up(self, numbers: Numbers, column: npt.NDArray[Any], other: float) -> npt.NDArray[Any]:
        """What a column has of each term, and `other` for those that stand in one record or none."""
        terms = np.frombuffer(self.terms, np.uint32)
        if not len(terms):
            return np.full(len(numbers), other, column.dtype)
        at = np.minimum(np.searchsorted(terms, numbers), len(terms) - 1)
        return np.where(terms[at] == numbers, column[at], column.dtype.type(other))

    @cached_property
    def _counted(self) -> tuple[Numbers, Numbers]:
        return np.frombuffer(self.counts, np.uint32), np.frombuffer(self.told, np.uint32)

    @cached_property
    def _rarities(self) -> Floats:
        rarities = 1 + np.log((self.count + 1) / (self._counted[0] + 1))
        return rarities.astype(np.float32).clip(0.05)

    @cached_property
    def _empty(self) -> Flags:
        counts, told = self._counted
        is_common = (counts >= LEAST_SURE) & (counts > TOO_COMMON * self.count)
        empty: Flags = is_common & (told < TOO_SELDOM_TOLD * counts)
        return empty

    @cached_property
    def _telling(self) -> Floats:
        counts, told = self._counted
        telling: Floats = ((told + 0.5) / (counts + UNSURE)).astype(np.float32)
        return telling

    @property
    def most_rare(self) -> float:
        """The rarity of what stands in one record."""
        return 1 + math.log((self.count + 1) / LEAST_COUNTED)


def learn(each: Iterable[tuple[Numbers, Numbers]], *, seq: int, learnt_at: str) -> Learnt:
    """Count in how many records each term stands.

    `each` gives the distinct terms of one record after another, and those of them that stand among its conditions,
    keywords and interventions.
    """
    counts: Counter[int] = Counter()
    told: Counter[int] = Counter()
    count = 0
    for numbers, named in each:
        counts.update(numbers.tolist())
        told.update(named.tolist())
        count += 1
    kept = sorted((term, found, told[term]) for term, found in counts.items() if found >= LEAST_COUNTED)
    table: Any = np.array(kept, np.uint32).reshape(-1, 3)
    columns = [table[:, place].tobytes() for place in range(3)]
    return Learnt(count, seq, learnt_at, *columns)


def save_learnt(path: Path, learnt: Learnt) -> int:
    """Write a table; returns the sum of its file. Raises OSError."""
    said = msgspec.msgpack.encode(learnt)
    with open_private(path, "wb") as file:
        file.write(said)
    return crc32(said)


_LEARNT = msgspec.msgpack.Decoder(Learnt)


def load_learnt(path: Path, kept_sum: int = 0) -> Learnt:
    """Read a table whose file has a sum (0 where that is not known).

    Raises OSError, and ValueError (msgspec.DecodeError is one) for what is none.
    """
    said = path.read_bytes()
    learnt = _LEARNT.decode(said)
    lengths = {len(column) for column in (learnt.terms, learnt.counts, learnt.told)}
    if learnt.count < 0 or len(lengths) > 1 or lengths.pop() % 4 or (kept_sum and kept_sum != crc32(said)):
        raise ValueError(f"{path.name} was written over")
    return learnt
