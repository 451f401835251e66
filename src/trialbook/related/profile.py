"""A study's traits as numbers: small enough to keep hundreds of thousands, quick to compare by the hundred."""

from __future__ import annotations

from collections import Counter
from itertools import repeat

import msgspec
import numpy as np

from trialbook.related.headings import Headings
from trialbook.related.kin import Kin
from trialbook.related.learnt import Learnt, Numbers
from trialbook.related.relations import find_title_marks
from trialbook.related.stems import NO_STEM, cut_text, number_term, number_word
from trialbook.related.traits import DESIGN, RECRUITING, Traits

# The fields of a text that have a bit of their own, in its order; "text" is all of it.
MARKED = ("title", "condition", "intervention", "outcome", "criteria")
# So many terms of a study are kept: those of its first three fields, then the heaviest. At 160, every tenth right
# answer at the head of a list fell behind; nearly all studies have fewer than 400.
MOST_TERMS = 400
ALWAYS_KEPT = 0b111
# A term's weight 1 + ln(times) is kept in steps of 1/32.
STEPS = 32
PHASES = ("EARLY_PHASE1", "PHASE1", "PHASE2", "PHASE3", "PHASE4")
DESIGN_PLACES = {name: place for place, name in enumerate(DESIGN)}
SEXES = ("", "ALL", "FEMALE", "MALE")
HEALTHY = ("", "false", "true")
NO_LIMIT = float("nan")


class Profile(msgspec.Struct, frozen=True, array_like=True):
    """The numbers of one study; arrays as bytes, so that many are joined without being unpacked.

    Attributes
    ----------
    terms, weights, marks
        Stems in the order of their numbers (uint32), 1 + ln(times) in steps of 1/32 (uint8), fields (uint8).
    norms
        Lengths of the vectors of the whole text and of each field of `MARKED` (float32); whole, whatever was
        left out.
    headings, nears, heading_norms, condition_count
        Headings (uint32), how near (float32), lengths of the vectors of conditions and of interventions; the
        first so many headings are of conditions.
    design
        Number of each value of `DESIGN` (uint32), 0 where there is none; the phases are bits.
    ages
        Least and most, in days (float32); not a number where no limit is said.
    people
        Place in `SEXES`, and in `HEALTHY`.
    kin
        Keys of what may be shared with kin (uint32).
    title_marks
        What the title says it is: see `find_title_marks`.
    """

    terms: bytes
    weights: bytes
    marks: bytes
    norms: bytes
    headings: bytes
    nears: bytes
    heading_norms: bytes
    condition_count: int
    design: bytes
    ages: bytes
    people: tuple[int, int]
    kin: bytes
    title_marks: int
    is_recruiting: bool
    has_results: bool


DECODER = msgspec.msgpack.Decoder(Profile)


class Counted(msgspec.Struct, frozen=True):
    """A study's terms before they are weighed: stem number → times, and → fields as bits.

    `words`: by field, each word that it has.
    """

    times: dict[int, int]
    marks: dict[int, int]
    words: dict[str, Counter[str]]


def count_terms(traits: Traits) -> Counted:
    """Count the stems of a study's texts."""
    words = {field: Counter(cut_text(text)) for field, text in traits.texts.items()}
    times: Counter[int] = Counter()
    marks: dict[int, int] = {}
    for field, found in words.items():
        bit = 1 << MARKED.index(field) if field in MARKED else 0
        for word, count in found.items():
            number = number_word(word)
            if number != NO_STEM:
                times[number] += count
                if bit:
                    marks[number] = marks.get(number, 0) | bit
    return Counted(times, marks, words)


def number_heading(kind: str, heading: str) -> int:
    """The number of a heading; conditions and interventions have their own."""
    return number_term(f"{kind}:{heading.casefold()}")


def list_learnable(traits: Traits, counted: Counted) -> Numbers:
    """All terms of a study whose rarity is to be learnt: stems, headings, keys of its kin."""
    headings = [
        number_heading(kind, heading)
        for kind, found in (("condition", traits.conditions), ("intervention", traits.interventions))
        for heading in found
    ]
    return np.array(sorted({*counted.times, *headings, *number_kin(traits.kin)}), np.uint32)


def number_kin(kin: Kin) -> list[int]:
    """The keys of what a study has to share with its kin."""
    return [number_term(key) for key in list_kin_keys(kin)]


def list_kin_keys(kin: Kin) -> list[str]:
    """The same in words; an id stem counts within one sponsor."""
    keys = [f"own:{each}" for each in kin.own]
    keys += [f"named:{each}" for each in kin.named]
    keys += [f"person:{each}" for each in kin.people]
    keys += [f"result:{each}" for each in kin.results]
    keys += [f"background:{each}" for each in kin.background]
    keys += [f"sponsor:{kin.sponsor}"] if kin.sponsor else []
    keys += [f"stem:{kin.sponsor}|{kin.study_stem}"] if kin.study_stem and kin.sponsor else []
    keys += [f"acronym:{kin.acronym}"] if kin.acronym else []
    return keys


def make_profile(traits: Traits, counted: Counted, learnt: Learnt) -> Profile:
    """Turn a study into numbers, its terms weighed by what was learnt."""
    size = len(counted.times)
    terms = np.fromiter(counted.times.keys(), np.uint32, size)
    times = np.fromiter(counted.times.values(), np.float64, size)
    marks = np.fromiter(map(counted.marks.get, counted.times, repeat(0)), np.uint8, size)
    order = np.argsort(terms)
    terms, marks = terms[order], marks[order]
    weights = np.rint(STEPS * (1 + np.log(times[order]))).clip(0, 255).astype(np.uint8)
    rarity = learnt.find_rarity(terms)
    heavy = weights / STEPS * rarity
    norms = [_measure(heavy)] + [_measure(rarity[marks & (1 << bit) > 0]) for bit in range(len(MARKED))]
    if len(terms) > MOST_TERMS:
        rank = heavy + np.where(marks & ALWAYS_KEPT, 1000.0, 0.0)
        kept = np.sort(np.argsort(-rank, kind="stable")[:MOST_TERMS])
        terms, weights, marks = terms[kept], weights[kept], marks[kept]
    headings, nears, heading_norms = _number_headings(traits, learnt)
    population = traits.population
    ages = [NO_LIMIT if age is None else age for age in (population.least_days, population.most_days)]
    return Profile(
        terms=terms.tobytes(),
        weights=weights.tobytes(),
        marks=marks.tobytes(),
        norms=np.array(norms, np.float32).tobytes(),
        headings=headings,
        nears=nears,
        heading_norms=heading_norms,
        condition_count=len(traits.conditions),
        design=np.array([_number_design(traits, name) for name in DESIGN], np.uint32).tobytes(),
        ages=np.array(ages, np.float32).tobytes(),
        people=(_place(SEXES, population.sex), _place(HEALTHY, population.healthy)),
        kin=np.array(number_kin(traits.kin), np.uint32).tobytes(),
        title_marks=find_title_marks(traits),
        is_recruiting=traits.status in RECRUITING,
        has_results=traits.has_results,
    )


def _measure(vector: np.ndarray[tuple[int], np.dtype[np.float32]]) -> float:
    return float(np.sqrt(np.square(vector, dtype=np.float64).sum()))


def _number_headings(traits: Traits, learnt: Learnt) -> tuple[bytes, bytes, bytes]:
    numbers: list[int] = []
    nears: list[float] = []
    norms: list[float] = []
    kinds: tuple[tuple[str, Headings], ...] = (
        ("condition", traits.conditions),
        ("intervention", traits.interventions),
    )
    for kind, found in kinds:
        own = [number_heading(kind, heading) for heading in found]
        near = np.array(list(found.values()), np.float32)
        norms.append(_measure(near * learnt.find_rarity(np.array(own, np.uint32))))
        numbers += own
        nears += found.values()
    return (
        np.array(numbers, np.uint32).tobytes(),
        np.array(nears, np.float32).tobytes(),
        np.array(norms, np.float32).tobytes(),
    )


def _number_design(traits: Traits, name: str) -> int:
    found = traits.design.get(name, ())
    if name == "phase":
        return sum(1 << PHASES.index(phase) for phase in found if phase in PHASES)
    return number_term("|".join(found)) if found else 0


def _place(known: tuple[str, ...], value: str) -> int:
    return known.index(value) if value in known else 0
