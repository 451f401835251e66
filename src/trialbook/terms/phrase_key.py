"""When do two spellings count as the same phrase?

Everything the thesaurus compares goes through here, the vocabularies' own forms and the user's words
alike, so a fold may be rough as long as it is the same on both sides and merges no two meanings.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache

_APOSTROPHES = str.maketrans({"’": "'", "‘": "'", "ʼ": "'", "`": "'", "´": "'"})
_TOKEN = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*|\d+")
_ROMAN = {"i": "1", "ii": "2", "iii": "3", "iv": "4", "v": "5", "vi": "6", "vii": "7", "viii": "8"}
_NUMBERED = frozenset({"type", "class", "stage", "grade", "phase", "factor"})
_BRITISH = (("ae", "e"), ("oe", "e"), ("sulph", "sulf"))
_ENDS_LIKE_PLURAL = ("ss", "us", "is")

CONNECTIVES = frozenset({"of", "the"})
"""Words that carry no meaning of their own in a term ("cancer of the breast").

"and" does ("hypertension and pulmonary embolism" is no pulmonary hypertension), and so does "a".
"""

_MAX_WORD_CHARACTERS = 48


def fold_word(word: str) -> str:
    """Fold one word: case, accents, possessive, British spelling, plain English plural.

    >>> [fold_word(word) for word in ("Anaemia", "Alzheimer's", "viruses", "Sjögren", "biopsies")]
    ['anemia', 'alzheimer', 'virus', 'sjogren', 'biopsy']
    """
    if len(word) > _MAX_WORD_CHARACTERS:
        return word[:_MAX_WORD_CHARACTERS].casefold()
    return _fold_word(word)


@lru_cache(maxsize=16_384)
def _fold_word(word: str) -> str:
    word = word.translate(_APOSTROPHES).casefold()
    if not word.isascii():
        word = "".join(c for c in unicodedata.normalize("NFKD", word) if not unicodedata.combining(c))
    word = word.replace("'", "")
    if len(word) <= 3:
        return word
    for british, american in _BRITISH:
        word = word.replace(british, american)
    if len(word) > 4 and word.endswith(("our", "ours")):
        word = word[: word.rindex("our")] + "or" + word[word.rindex("our") + 3 :]
    return _fold_plural(word)


def _fold_plural(word: str) -> str:
    if len(word) <= 3 or not word.endswith("s") or word.endswith(_ENDS_LIKE_PLURAL):
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "uses")):
        return word[:-2]
    return word[:-1]


def iterate_words(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield each folded word with its span in `text`; letters and digits part ("type2" is two words).

    >>> list(iterate_words("type2 Diabetes"))
    [('type', 0, 4), ('2', 4, 5), ('diabete', 6, 14)]
    """
    before = ""
    for found in _TOKEN.finditer(text.translate(_APOSTROPHES)):
        word = fold_word(found[0])
        if before in _NUMBERED:
            word = _ROMAN.get(word, word)
        if word:
            yield word, found.start(), found.end()
        before = word


def fold_words(text: str) -> tuple[str, ...]:
    """Fold a phrase into its words, in order.

    >>> fold_words("Diabetes Mellitus, Type II")
    ('diabete', 'mellitus', 'type', '2')
    """
    return tuple(word for word, _, _ in iterate_words(text))


def make_key(words: Sequence[str]) -> str:
    """Make the key of folded words: connectives dropped, order ignored, as MeSH inversions demand.

    A number stays with the word before it, or "T1DM" and "T-DM1" would be one.

    >>> make_key(fold_words("Infarction, Myocardial")) == make_key(fold_words("myocardial infarctions"))
    True
    >>> make_key(fold_words("Type 2 Diabetes"))
    'diabete type~2'
    """
    units: list[str] = []
    for word in words:
        if units and word[0].isdigit():
            units[-1] += "~" + word
        elif word not in CONNECTIVES:
            units.append(word)
    units.sort()
    return " ".join(units)


def turn_round(form: str) -> str:
    """Turn a vocabulary's inverted heading into the order in which people write it.

    MeSH puts the head noun first: "Diabetes Mellitus, Type 2" and "Carcinoma, Non-Small-Cell Lung".
    Lists of ingredients ("a, b, and c") and chemical names ("2,4-…") keep their commas.

    >>> turn_round("infarction, myocardial")
    'myocardial infarction'
    >>> turn_round("Leukemia, Myelogenous, Chronic")
    'Chronic Myelogenous Leukemia'
    >>> turn_round("lamivudine, nevirapine, and zidovudine")
    'lamivudine, nevirapine, and zidovudine'
    """
    parts = [part.strip() for part in form.split(", ")]
    if len(parts) == 1 or len(parts) > 4 or any(re.match(r"(and|or)\b", p, re.I) for p in parts):
        return form
    if any(not part or part[0].isdigit() for part in parts):
        return form
    head = parts[0]
    # "Type 2" reads naturally after its noun or before; before keeps the phrase in one piece.
    return " ".join([*reversed(parts[1:]), head])
