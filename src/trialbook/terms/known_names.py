"""Which names of several words does a text hold?

A name of one word is found as any word is. One of several would have to be asked for as a phrase, at a
cost that grows with how often its words stand in texts: so texts are searched for names once, when they
are indexed, and each name found becomes a term of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import compress, count, pairwise

from trialbook.terms.folding import fold_cut

MOST_WORDS = 9
# Words are letters and digits, so this parts them for certain.
_JOINT = "_"


def join_name(words: Sequence[str]) -> str:
    """The words of a name as they stand, as one."""
    return _JOINT.join(words)


def make_name_key(words: Sequence[str]) -> str:
    """The key of a name from the words that a text was cut into: plurals and spellings fold together.

    >>> make_name_key(["heart", "failures"])
    'heart_failure'
    """
    return join_name(fold_cut(words))


class KnownNames:
    """Names of two to nine words, to be found in texts.

    Parameters
    ----------
    keys
        What `make_name_key` gives for each name.
    version
        Names what the names were taken from: texts that were searched for others lack some.
    """

    def __init__(self, keys: Iterable[str], version: str) -> None:
        self.version = version
        self._keys = frozenset(keys)

    def __contains__(self, key: str) -> bool:
        """Whether a text that has this name would have been found to have it."""
        return key in self._keys

    @cached_property
    def _by_pair(self) -> dict[tuple[str, str], _Names]:
        """By the first two words: the names that begin with them."""
        by_pair: dict[tuple[str, str], _Names] = {}
        for key in self._keys:
            first, second, *rest = key.split(_JOINT)
            names = by_pair.setdefault((first, second), _Names())
            if rest:
                names.longer.setdefault(rest[0], []).append((rest, key))
            else:
                names.key = key
        return by_pair

    def find_in(self, words: list[str]) -> list[tuple[int, str, str]]:
        """The names in a text, from the words that it was cut into; a name within a name too.

        Each with the number of its first word, its key, and its words as they stand there (`join_name`).

        >>> names = KnownNames(["lung_cancer", "small_cell_lung_cancer"], "1")
        >>> names.find_in(["small", "cell", "lung", "cancers"])
        [(0, 'small_cell_lung_cancer', 'small_cell_lung_cancers'), (2, 'lung_cancer', 'lung_cancers')]
        """
        folded, by_pair = fold_cut(words), self._by_pair
        found = []
        for at in compress(count(), map(by_pair.__contains__, pairwise(folded))):
            names = by_pair[folded[at], folded[at + 1]]
            if names.key:
                found.append((at, names.key, join_name(words[at : at + 2])))
            for rest, key in names.longer.get(folded[at + 2] if at + 2 < len(folded) else "", ()):
                end = at + 2 + len(rest)
                if folded[at + 2 : end] == rest:
                    found.append((at, key, join_name(words[at:end])))
        return found


class _Names:
    """The names that begin with two words: these alone, and longer ones by their third word."""

    def __init__(self) -> None:
        self.key = ""
        self.longer: dict[str, list[tuple[list[str], str]]] = {}


NO_NAMES = KnownNames((), "")
