"""Which words mean the same thing?"""

from __future__ import annotations

import os
import re
from bisect import bisect_left
from functools import cache, cached_property, lru_cache
from pathlib import Path

import msgspec

from trialbook.settings import read_folder, read_text
from trialbook.terms.compact import Tables, decode_entry, load_tables
from trialbook.terms.entries import Concept, Mention, NamedMention, Synonym, SynonymKind
from trialbook.terms.gather import BRAND, INPUT_ONLY, OURS, PLAIN, Entry
from trialbook.terms.known_names import KnownNames
from trialbook.terms.phrase_key import CONNECTIVES, fold_words, iterate_words, make_key, turn_round

MAX_PHRASE_CHARACTERS = 300
MAX_TEXT_CHARACTERS = 200_000
MAX_QUERY_CHARACTERS = 10_000
MOST_REMEMBERED = 20_000
_MAX_WORDS = 9
_NEVER_AT_AN_END = CONNECTIVES | {"and"}
_IN_BRACKETS = re.compile(r"\s*[(\[][^()\[\]]{1,80}[)\]]\s*")
_CHEMICAL = re.compile(r"\d[,'-]|[\[\]{}]|\(\d|-\d")
_BREAK = re.compile(r"[.;:,!?()\[\]{}\n\r|•]")


Word = tuple[str, int, int]
"""A folded word and its span."""

# Made here: that several threads work out a type at once can end the process.
_IDS = msgspec.msgpack.Decoder(dict[str, int])
_TREES = msgspec.msgpack.Decoder(list[tuple[str, int]])


class Thesaurus:
    """Synonyms, brands, narrower concepts and mentions, from one set of tables.

    Reading only, so one instance serves all threads.
    """

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._capitals = frozenset(tables.capitals)
        self._unspotted = frozenset(tables.unspotted)
        # The same names are asked for again and again, and each costs up to a millisecond.
        self._synonyms = lru_cache(maxsize=MOST_REMEMBERED)(self._collect_synonyms)

    @property
    def version(self) -> str:
        """Tag of the vocabularies, our own tables and the builder; stamp it on all that is derived."""
        return self._tables.version

    @property
    def concept_count(self) -> int:
        """Number of concepts known."""
        return len(self._tables.offsets) - 1

    @cached_property
    def known_names(self) -> KnownNames:
        """All names of several words, to be found in texts."""
        return KnownNames(self._tables.names, self.version)

    def find_concepts(self, phrase: str) -> tuple[Concept, ...]:
        """Find what a whole phrase means, most likely first; () when nothing is known by that name.

        Case, accents, hyphens, plurals, British spelling and word order do not matter; remarks in
        brackets are ignored when the phrase is unknown with them. One to three letters ("MI") are
        read as an abbreviation and only in capitals.
        """
        return tuple(_show(self._entry(number)) for number in self._find_numbers(phrase))

    def find_synonyms(self, phrase: str, *, limit: int = 40) -> tuple[Synonym, ...]:
        """Find other ways to say `phrase`, most useful first.

        A form that contains the phrase or a better form finds nothing more and is left out, as are
        abbreviations of up to three letters other than those that our own table calls unambiguous.
        """
        return self._synonyms(phrase[:MAX_PHRASE_CHARACTERS])[:limit]

    def _collect_synonyms(self, phrase: str) -> tuple[Synonym, ...]:
        asked = fold_words(phrase)
        found: list[tuple[tuple[str, ...], Synonym]] = []
        for number in self._find_numbers(phrase):
            for synonym in self._rank_forms(self._entry(number)):
                words = fold_words(synonym.text)
                if words and not any(_contains(words, other) for other in (asked, *(w for w, _ in found))):
                    found.append((words, synonym))
        return tuple(
            synonym
            for words, synonym in found
            if _is_heading(synonym)
            or not any(other != words and _contains(words, other) for other, _ in found)
        )

    def find_narrower(self, concept_id: str, *, limit: int = 40) -> tuple[Synonym, ...]:
        """Find the concepts under this one in the MeSH tree, nearest first, then by name."""
        number = self._ids.get(concept_id)
        if number is None:
            return ()
        below: dict[int, int] = {}
        for tree in self._entry(number).tree_numbers:
            for other, depth in self._descend(tree):
                below[other] = min(depth, below.get(other, depth))
        below.pop(number, None)
        entries = sorted((depth, self._entry(other).name, other) for other, depth in below.items())
        return tuple(
            Synonym(turn_round(name), self._entry(other).concept_id, name, SynonymKind.NARROWER)
            for _, name, other in entries[:limit]
        )

    def find_broader(self, concept_id: str) -> tuple[tuple[str, int], ...]:
        """Find the headings above a concept in the MeSH tree, each with the steps up to it, nearest first."""
        number = self._ids.get(concept_id)
        above: dict[str, int] = {}
        for tree in () if number is None else self._entry(number).tree_numbers:
            parts = tree.split(".")
            for steps in range(1, len(parts)):
                upper = ".".join(parts[:-steps])
                at = bisect_left(self._trees, (upper, -1))
                if at < len(self._trees) and self._trees[at][0] == upper:
                    name = self._entry(self._trees[at][1]).name
                    above[name] = min(steps, above.get(name, steps))
        return tuple(sorted(above.items(), key=lambda each: (each[1], each[0])))

    def get_concept(self, concept_id: str) -> Concept | None:
        """Get a concept by its id; None when these vocabularies have no such concept."""
        number = self._ids.get(concept_id)
        return None if number is None else _show(self._entry(number))

    def find_concepts_in(self, text: str, *, limit: int = 100) -> tuple[Mention, ...]:
        """Find the concepts that a text mentions: longest match first from the left, no overlaps.

        A match never crosses punctuation other than hyphens, slashes and apostrophes, and never
        begins or ends with a connective. `limit` bounds the mentions returned; the first 200,000
        characters are read.
        """
        mentions: list[Mention] = []
        shouted = _is_shouted(text)
        longest = self._longest
        for run in _split_runs(text[:MAX_TEXT_CHARACTERS]):
            at = 0
            while at < len(run) and len(mentions) < limit:
                if run[at][0] not in longest:
                    at += 1
                    continue
                length, numbers = self._match(text, run, at, shouted=shouted)
                if length:
                    start, end = run[at][1], run[at + length - 1][2]
                    concepts = tuple(_show(self._entry(number)) for number in numbers)
                    mentions.append(Mention(start, end, text[start:end], concepts))
                at += max(length, 1)
        return tuple(mentions)

    def expand(self, query: str, *, limit: int = 20, limit_each: int = 12) -> tuple[NamedMention, ...]:
        """Expand a query: each mention with the words to add. `NamedMention.explain()` says why.

        A query that is one phrase as a whole is read as such ("PD"); otherwise as its mentions.
        """
        query = query[:MAX_QUERY_CHARACTERS]
        found: dict[str, tuple[Synonym, ...]] = {}
        expansions = []
        for mention in self._read_whole(query) or self.find_concepts_in(query, limit=limit):
            if mention.text not in found:
                found[mention.text] = self.find_synonyms(mention.text, limit=limit_each)
            if found[mention.text]:
                expansions.append(NamedMention(mention, found[mention.text]))
        return tuple(expansions)

    def _read_whole(self, query: str) -> tuple[Mention, ...]:
        phrase = query.strip()
        concepts = self.find_concepts(phrase)
        start = query.find(phrase)
        return (Mention(start, start + len(phrase), phrase, concepts),) if concepts else ()

    def _entry(self, number: int) -> Entry:
        return decode_entry(self._tables, number)

    @cached_property
    def _ids(self) -> dict[str, int]:
        return _IDS.decode(self._tables.ids)

    @cached_property
    def _trees(self) -> list[tuple[str, int]]:
        return _TREES.decode(self._tables.trees)

    def _descend(self, tree: str) -> list[tuple[int, int]]:
        found = []
        at = bisect_left(self._trees, (tree + ".", -1))
        while at < len(self._trees) and self._trees[at][0].startswith(tree + "."):
            found.append((self._trees[at][1], self._trees[at][0].count(".") - tree.count(".")))
            at += 1
        return found

    def _look_up(self, key: str) -> tuple[int, ...]:
        found = self._tables.keys.get(key)
        if found is None:
            return ()
        return (found,) if found >= 0 else self._tables.shared[-1 - found]

    def _find_numbers(self, phrase: str) -> tuple[int, ...]:
        if len(phrase) > MAX_PHRASE_CHARACTERS:
            return ()
        for attempt in (phrase, _IN_BRACKETS.sub(" ", phrase)):
            key = make_key(fold_words(attempt))
            if key and self._may_read(attempt.strip(), key):
                numbers = self._look_up(key)
                if numbers:
                    return numbers
        return ()

    def _may_read(self, written: str, key: str) -> bool:
        """Say whether a short form is written as the abbreviation that it is ("MI", "PsA", not "mi")."""
        if key not in self._capitals:
            return True
        letters = sum(letter.isalpha() for letter in written)
        return sum(letter.isupper() for letter in written) >= min(2, letters)

    def _match(self, text: str, run: list[Word], at: int, *, shouted: bool) -> tuple[int, tuple[int, ...]]:
        if run[at][0] in _NEVER_AT_AN_END or _is_inside_word(text, run[at][1]):
            return 0, ()
        words = self._take_words(run, at)
        for length in range(len(words), 0, -1):
            if words[length - 1] in _NEVER_AT_AN_END:
                continue
            key = make_key(words[:length])
            numbers = self._look_up(key)
            if not numbers or key in self._unspotted or (shouted and key in self._capitals):
                continue
            start, end = run[at][1], run[at + length - 1][2]
            if not _is_inside_word(text, end) and self._may_read(text[start:end], key):
                return length, numbers
        return 0, ()

    def _take_words(self, run: list[Word], at: int) -> list[str]:
        """The words from a place on that one name may have together: no name is longer than its words' longest."""
        words: list[str] = []
        room, count = _MAX_WORDS, 0
        for word, _, _ in run[at : at + _MAX_WORDS]:
            if word not in CONNECTIVES:
                room = min(room, self._longest.get(word, 0))
                count += 1
                if count > room:
                    break
            words.append(word)
        return words

    @cached_property
    def _longest(self) -> dict[str, int]:
        """For each word how many words the longest name has that it stands in, connectives aside."""
        longest: dict[str, int] = {}
        for key in self._tables.keys:
            words = key.replace("~", " ").split(" ")
            for word in words:
                if longest.get(word, 0) < len(words):
                    longest[word] = len(words)
        return longest

    def _rank_forms(self, entry: Entry) -> list[Synonym]:
        """Rank what may be added: the heading, our rows, brands and plain names, odd spellings last."""
        ranked = []
        for place, (form, fact) in enumerate(entry.forms):
            if fact == INPUT_ONLY or (fact == PLAIN and make_key(fold_words(form)) in self._capitals):
                continue
            text = turn_round(form)
            kind = SynonymKind.BRAND if fact == BRAND else SynonymKind.SYNONYM
            words = 0 if entry.kind == "drug" else len(text.split())
            odd = _is_odd(text, entry.name)
            order = (place != 0, fact != OURS, odd, fact != BRAND, words, text.endswith("s"), place)
            ranked.append((order, Synonym(text, entry.concept_id, entry.name, kind)))
        ranked.sort(key=lambda row: row[0])
        return [synonym for _, synonym in ranked]


def load_thesaurus(cache_folder: Path | None = None) -> Thesaurus:
    """Load the thesaurus; the first call on a machine builds its tables (some four seconds).

    Parameters
    ----------
    cache_folder
        Where the tables lie; by default `terms` in the folder of the setting `cache`, or `trialbook/terms`
        in the user's cache folder (`XDG_CACHE_HOME` or `~/.cache`). A folder that cannot be written costs the build each time.
    """
    return Thesaurus(load_tables(cache_folder or _default_folder()))


@cache
def get_thesaurus() -> Thesaurus:
    """The thesaurus of this machine, read once in a process and held for all that search in it."""
    return load_thesaurus()


def _default_folder() -> Path | None:
    base = os.environ.get("XDG_CACHE_HOME", "")
    try:
        if read_text("cache"):
            return read_folder("cache") / "terms"
        return (Path(base) if base else Path.home() / ".cache") / "trialbook" / "terms"
    except RuntimeError:
        return None


def _show(entry: Entry) -> Concept:
    return Concept(entry.concept_id, entry.name, entry.vocabulary, entry.kind, entry.tree_numbers)


def _is_odd(text: str, name: str) -> bool:
    """Say whether few people write a name like this: chemical formulas, the name in other languages."""
    if not text.isascii() or _CHEMICAL.search(text) or "," in text:
        return True
    stem = name.casefold()[:-1]
    return " " not in text and len(stem) > 4 and text.startswith(stem) and len(text) <= len(stem) + 4


def _is_shouted(text: str) -> bool:
    """Say whether a text is in capitals throughout, where capitals no longer mark abbreviations."""
    letters = sum(map(str.isalpha, text[:2000]))
    return letters > 16 and sum(map(str.isupper, text[:2000])) > 0.6 * letters


def _is_heading(synonym: Synonym) -> bool:
    return synonym.text == turn_round(synonym.concept_name).casefold()


def _contains(words: tuple[str, ...], part: tuple[str, ...]) -> bool:
    """Say whether `part` is a run inside `words`, or the same words in any order."""
    size = len(part)
    if size == len(words):
        return sorted(words) == sorted(part)
    return any(words[at : at + size] == part for at in range(len(words) - size + 1))


def _is_inside_word(text: str, at: int) -> bool:
    """Say whether a boundary lies inside a written word, as the end of "HbA1" does in "HbA1c"."""
    return text[at - 1 : at].isalnum() and text[at : at + 1].isalnum()


def _split_runs(text: str) -> list[list[Word]]:
    """Split a text into runs of words that no punctuation parts."""
    runs: list[list[Word]] = [[]]
    end = 0
    for word in iterate_words(text):
        if runs[-1] and text[end : word[1]] != " " and _BREAK.search(text, end, word[1]):
            runs.append([])
        runs[-1].append(word)
        end = word[2]
    return runs
