"""What was learnt from the records: how rare each word, heading and name is, from which records, and when.

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

import msgspec
import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.uint32]
Floats = npt.NDArray[np.float32]

# A table is learnt from so many records at most: rarity needs no more of them to be known well.
MOST_LEARNT_FROM = 40_000
# What stands in one record alone is as rare as what stands in none.
LEAST_COUNTED = 2


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
    """

    count: int
    seq: int
    learnt_at: str
    terms: bytes
    counts: bytes

    def find_rarity(self, numbers: Numbers) -> Floats:
        """How rare terms are: 1 + ln((count + 1) / (records with it + 1)); 1 for what stands in all."""
        terms, rarities = self._table
        if not len(terms):
            return np.ones(len(numbers), np.float32)
        at = np.minimum(np.searchsorted(terms, numbers), len(terms) - 1)
        rarity: Floats = np.where(terms[at] == numbers, rarities[at], np.float32(self.most_rare))
        return rarity

    @cached_property
    def _table(self) -> tuple[Numbers, Floats]:
        counts = np.frombuffer(self.counts, np.uint32)
        rarities = 1 + np.log((self.count + 1) / (counts + 1))
        return np.frombuffer(self.terms, np.uint32), rarities.astype(np.float32).clip(0.05)

    @property
    def most_rare(self) -> float:
        """The rarity of what stands in one record."""
        return 1 + math.log((self.count + 1) / LEAST_COUNTED)


def learn(each: Iterable[Numbers], *, seq: int, learnt_at: str) -> Learnt:
    """Count in how many records each term stands; `each` gives the distinct terms of one record after another."""
    counts: Counter[int] = Counter()
    count = 0
    for numbers in each:
        counts.update(numbers.tolist())
        count += 1
    kept = sorted((term, found) for term, found in counts.items() if found >= LEAST_COUNTED)
    table: Any = np.array(kept, np.uint32).reshape(-1, 2)
    return Learnt(count, seq, learnt_at, table[:, 0].tobytes(), table[:, 1].tobytes())


def save_learnt(path: Path, learnt: Learnt) -> None:
    """Write a table; raises OSError."""
    path.write_bytes(msgspec.msgpack.encode(learnt))


_LEARNT = msgspec.msgpack.Decoder(Learnt)


def load_learnt(path: Path) -> Learnt:
    """Read a table; raises OSError, msgspec.DecodeError."""
    return _LEARNT.decode(path.read_bytes())
