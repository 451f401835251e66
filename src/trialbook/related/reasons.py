"""Why is a study in the list? Each reason names the words on both sides, and its share in the score.

Worked out from the traits of both records, not from what is kept of them: the words are those that stand
there, and the shares add up to the score.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec
import numpy as np

from trialbook.related.likeness import Asked
from trialbook.related.population import describe_shared_ages, describe_shared_limits
from trialbook.related.profile import MARKED, Profile, number_heading
from trialbook.related.stems import NO_STEM, cut_text, number_word
from trialbook.related.traits import Population, Traits

MOST_WORDS = 8
# With fewer words that tell something, a reason names those too that tell little.
LEAST_WORDS = 3
LEAST_SHARE = 1e-9
LONGEST_MEASURE = 300

Key = tuple[int | str, ...]
"""An outcome measure by the numbers of its stems, and its numbers."""


class Reason(msgspec.Struct, frozen=True):
    """One reason why two studies are alike.

    Attributes
    ----------
    kind
        What is alike, in a short label: "same drug", "broader condition"…
    share
        How much of the score it makes; those of all reasons add up to the score.
    ours, theirs
        The words or terms of the study that was asked for, and of the one found, in the same order where
        they go in pairs.
    """

    kind: str
    share: float
    ours: tuple[str, ...] = ()
    theirs: tuple[str, ...] = ()


class Kinds(msgspec.Struct, frozen=True):
    """What reasons are called: for one thing by the same name, for a broader one, for words in common."""

    same: str
    broader: str
    words: str


OF_INTERVENTIONS = Kinds("same intervention", "same class", "words of interventions")
OF_CONDITIONS = Kinds("same condition", "broader condition", "words of conditions and keywords")


class Side:
    """A study with what is needed to explain: its traits, its numbers, and its words as it writes them."""

    def __init__(self, traits: Traits, profile: Profile) -> None:
        self.traits, self.profile = traits, profile
        self._words: dict[str, frozenset[str]] = {}
        self._written: dict[str, dict[int, str]] = {}
        self._measures: dict[Key, str] | None = None

    def find_written(
        self, fields: Sequence[str], numbers: Iterable[int], forms: Mapping[int, str] = {}
    ) -> dict[int, str]:
        """Each of some stems as the record writes it; as another study does (`forms`), where it does so too."""
        found: dict[int, str] = {}
        for field in fields if forms else ():
            if len(found) < len(forms):
                same = self._list_words(field)
                found |= {each: form for each, form in forms.items() if each not in found and form in same}
        left = [each for each in numbers if each not in found]
        for field in fields:
            if left:
                written = self._read_stems(field)
                found |= {each: written[each] for each in left if each in written}
                left = [each for each in left if each not in found]
        return found

    def _list_words(self, field: str) -> frozenset[str]:
        """The words of a field, cut when they are first asked for."""
        if field not in self._words:
            self._words[field] = frozenset(cut_text(self.traits.texts[field]))
        return self._words[field]

    def list_measures(self) -> dict[Key, str]:
        """Its outcome measures, each by the stems and numbers in it, whatever their order."""
        if self._measures is None:
            lines = self.traits.texts["outcome"].splitlines()
            keyed = ((_key_measure(line), line) for line in lines)
            self._measures = {key: line for key, line in keyed if any(isinstance(each, int) for each in key)}
        return self._measures

    def _read_stems(self, field: str) -> dict[int, str]:
        """A word of a field for each of its stems."""
        if field not in self._written:
            words = sorted(self._list_words(field), reverse=True)
            self._written[field] = dict(zip(map(number_word, words), words, strict=True))
        return self._written[field]


def _key_measure(line: str) -> Key:
    # Each as often as it stands there: "serious and non-serious events" are not "non-serious events".
    words = (word if word.isdigit() else number_word(word) for word in cut_text(line))
    return tuple(sorted((each for each in words if each != NO_STEM), key=str))


class Shared:
    """The stems that two studies have in common, and how much each counts."""

    def __init__(self, asked: Asked, own: Profile, other: Profile) -> None:
        ours, theirs = np.frombuffer(own.terms, np.uint32), np.frombuffer(other.terms, np.uint32)
        self._numbers, here, there = np.intersect1d(ours, theirs, assume_unique=True, return_indices=True)
        self._squares = np.square(asked.term_rarity[here])
        self._telling, self._is_empty = asked.telling[here], asked.is_empty[here]
        self._marks = np.frombuffer(own.marks, np.uint8)[here] & np.frombuffer(other.marks, np.uint8)[there]
        self._times = (
            np.frombuffer(own.weights, np.uint8)[here] * 1.0 * np.frombuffer(other.weights, np.uint8)[there]
        )

    def list_heaviest(self, fields: tuple[str, ...]) -> list[int]:
        """Those that count most, in one field or in the whole text; those that tell little last, if at all."""
        if len(fields) == 1:
            pulls = np.where(self._marks & (1 << MARKED.index(fields[0])), self._squares, 0.0)
        else:
            # Of all texts together, words of what studies are about are named before those of how they are written.
            pulls = self._squares * self._times * self._telling
        order = np.argsort(-pulls, kind="stable")
        order = order[pulls[order] > 0]
        telling, others = order[~self._is_empty[order]][:MOST_WORDS], order[self._is_empty[order]]
        chosen = np.concatenate([telling, others[: max(0, LEAST_WORDS - len(telling))]])
        heaviest: list[int] = self._numbers[chosen].tolist()
        return heaviest

    def find_part(self, field: str, stems: Iterable[int | str]) -> float:
        """How much of what is shared in a field some stems make, 0 to 1."""
        pulls = np.where(self._marks & (1 << MARKED.index(field)), self._squares, 0.0)
        numbers = np.array([each for each in stems if isinstance(each, int)], np.uint32)
        whole = float(pulls.sum())
        return float(pulls[np.isin(self._numbers, numbers)].sum()) / whole if whole else 0.0


def explain(own: Side, other: Side, asked: Asked, parts: Mapping[str, float]) -> tuple[Reason, ...]:
    """Why the other study is like ours, the largest share first; `parts`: what each feature adds to the score."""
    shared = Shared(asked, own.profile, other.profile)
    reasons = [
        *_explain_things("intervention", OF_INTERVENTIONS, parts, own, other, asked, shared),
        *_explain_things("condition", OF_CONDITIONS, parts, own, other, asked, shared),
        *(
            _explain_words(kind, fields, parts[feature], own, other, shared)
            for kind, fields, feature in (
                ("title", ("title",), "title"),
                ("words of criteria", ("criteria",), "criteria words"),
                ("text", tuple(own.traits.texts), "text"),
            )
        ),
        *_explain_outcomes(parts["outcome words"], own, other, shared),
        _explain_design(parts["design"], own.traits, other.traits),
        *_explain_population(parts, own.traits.population, other.traits.population),
        *_explain_kin(parts, own.traits, other.traits),
    ]
    return tuple(sorted((each for each in reasons if each.share > LEAST_SHARE), key=lambda each: -each.share))


def merge_reasons(each: Sequence[tuple[Reason, ...]]) -> tuple[Reason, ...]:
    """One list of reasons for several studies asked for: shares are means, words those of any."""
    if len(each) == 1:
        return each[0]
    merged: dict[str, Reason] = {}
    for reasons in each:
        for reason in reasons:
            held = merged.get(reason.kind, Reason(reason.kind, 0.0))
            merged[reason.kind] = Reason(
                reason.kind,
                held.share + reason.share / len(each),
                tuple(dict.fromkeys((*held.ours, *reason.ours))),
                tuple(dict.fromkeys((*held.theirs, *reason.theirs))),
            )
    return tuple(sorted(merged.values(), key=lambda reason: -reason.share))


def _explain_things(
    field: str,
    kinds: Kinds,
    parts: Mapping[str, float],
    own: Side,
    other: Side,
    asked: Asked,
    shared: Shared,
) -> Iterable[Reason]:
    """Headings and words of conditions or interventions: those that both name, and what only one side names."""
    ours: dict[str, float] = getattr(own.traits, f"{field}s")
    theirs: dict[str, float] = getattr(other.traits, f"{field}s")
    spelled = {number_heading(field, heading): heading for heading in theirs}
    first = 0 if field == "condition" else own.profile.condition_count
    numbers = np.frombuffer(own.profile.headings, np.uint32)[first:].tolist()
    rarities = asked.heading_rarity[first:].tolist()
    pulls: dict[bool, dict[tuple[str, str], float]] = {True: {}, False: {}}
    for (heading, near), number, rarity in zip(ours.items(), numbers, rarities, strict=False):
        if number in spelled:
            there = spelled[number]
            is_same = near == 1.0 and theirs[there] == 1.0
            pulls[is_same][heading, there] = near * theirs[there] * rarity**2
    whole = sum(sum(each.values()) for each in pulls.values())
    share = parts[f"{field}s"]
    for kind, is_same in ((kinds.same, True), (kinds.broader, False)):
        found = sorted(pulls[is_same], key=lambda pair: -pulls[is_same][pair])[:MOST_WORDS]
        part = share * sum(pulls[is_same].values()) / whole if whole else 0.0
        yield Reason(kind, part, tuple(each for each, _ in found), tuple(each for _, each in found))
    # To share a word ("cell", "capsule") is not to be the same.
    yield _explain_words(kinds.words, (field,), parts[f"{field} words"], own, other, shared)


def _explain_words(
    kind: str, fields: tuple[str, ...], share: float, own: Side, other: Side, shared: Shared
) -> Reason:
    """The words that count most of those that both have in some fields."""
    if share <= LEAST_SHARE:
        return Reason(kind, 0.0)
    chosen = shared.list_heaviest(fields)
    ours = own.find_written(fields, chosen)
    theirs = other.find_written(fields, chosen, ours)
    both = [number for number in chosen if number in ours and number in theirs]
    return Reason(kind, share, tuple(ours[each] for each in both), tuple(theirs[each] for each in both))


def _explain_outcomes(share: float, own: Side, other: Side, shared: Shared) -> Iterable[Reason]:
    """Measures that both have in the same words; and, of the others, the words that they share."""
    if share <= LEAST_SHARE:
        return
    ours, theirs = own.list_measures(), other.list_measures()
    same = [key for key in ours if key in theirs]
    part = share * shared.find_part("outcome", (each for key in same for each in key))
    listed = same[:MOST_WORDS]
    yield Reason(
        "same outcome",
        part,
        tuple(ours[key][:LONGEST_MEASURE] for key in listed),
        tuple(theirs[key][:LONGEST_MEASURE] for key in listed),
    )
    yield _explain_words("words of outcomes", ("outcome",), share - part, own, other, shared)


def _explain_design(share: float, own: Traits, other: Traits) -> Reason:
    same = [
        name
        for name, values in own.design.items()
        if set(values) & set(other.design.get(name, ()))
        and (name == "phase" or values == other.design.get(name))
    ]
    return Reason(
        "same design",
        share,
        tuple(f"{name}: {', '.join(own.design[name])}" for name in same),
        tuple(f"{name}: {', '.join(other.design[name])}" for name in same),
    )


def _explain_population(parts: Mapping[str, float], own: Population, other: Population) -> Iterable[Reason]:
    for feature, describe in (("ages", describe_shared_ages), ("population", describe_shared_limits)):
        kind, ours, theirs = describe(own, other)
        yield Reason(kind, parts[feature], ours, theirs)


def _explain_kin(parts: Mapping[str, float], own: Traits, other: Traits) -> Iterable[Reason]:
    mine, their = own.kin, other.kin
    yield Reason("same sponsor", parts["sponsor"], (own.sponsor_name,), (other.sponsor_name,))
    people = tuple(each for each in mine.people if each in their.people)
    names = (tuple(side.people[each] for each in people) for side in (own, other))
    yield Reason("same investigator", parts["people"], *names)
    published = tuple(
        f"PMID {each}"
        for each in (*mine.results, *mine.background)
        if each in their.results or (each in mine.results and each in their.background)
    )
    yield Reason("shared publication of results", parts["result publication"], published, published)
    read = tuple(f"PMID {each}" for each in mine.background if each in their.background)
    yield Reason("shared background publication", parts["background publication"], read, read)
    ids = tuple(
        each
        for each in dict.fromkeys((*mine.own, *mine.named))
        if (each in mine.own and each in their.named) or (each in mine.named and each in their.own)
    )
    yield Reason("named by id", parts["named"], ids, ids)
    shared = tuple(each for each in mine.own if each in their.own)
    runs = (shared, shared) if shared else (mine.own[1:2] or mine.own, their.own[1:2] or their.own)
    kind = "shared id" if shared else "same run of study ids"
    yield Reason(kind, parts["study id"], *runs)
    yield Reason("same acronym", parts["acronym"], (mine.acronym,), (their.acronym,))
    yield Reason("said by the title", parts["said by title"], (_get_title(own),), (_get_title(other),))


def _get_title(traits: Traits) -> str:
    return traits.texts["title"].partition("\n")[0]
