"""A study's traits as numbers: small enough to keep hundreds of thousands, quick to compare by the hundred."""

from __future__ import annotations

import msgspec
import numpy as np
import numpy.typing as npt

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
# Where it is named what a study is about.
NAMED = 0b110
# A term's weight 1 + ln(times) is kept in steps of 1/32.
STEPS = 32
MOST_TIMES = 60_000
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
    made_from
        Sum of the record's bytes (CRC-32), by which one that changed since is known.
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
    made_from: int


DECODER = msgspec.msgpack.Decoder(Profile)


class Counted(msgspec.Struct, frozen=True, array_like=True):
    """A study's numbers before its terms are weighed; see `Profile` for what has the same name.

    `terms` (uint32, in their order), `times` (uint16) and `marks` (uint8) are of all its stems.
    """

    terms: bytes
    times: bytes
    marks: bytes
    headings: bytes
    nears: bytes
    condition_count: int
    design: bytes
    ages: bytes
    people: tuple[int, int]
    kin: bytes
    title_marks: int
    is_recruiting: bool
    has_results: bool
    made_from: int


COUNTED_DECODER = msgspec.msgpack.Decoder(Counted)


def count_terms(traits: Traits, made_from: int = 0) -> Counted:
    """Turn a study into numbers; `made_from`: the sum of the record's bytes."""
    terms, times, marks = _count_stems(traits.texts)
    population = traits.population
    ages = [NO_LIMIT if age is None else age for age in (population.least_days, population.most_days)]
    headings = [number_heading("condition", each) for each in traits.conditions]
    headings += [number_heading("intervention", each) for each in traits.interventions]
    return Counted(
        terms=terms.tobytes(),
        times=times.clip(0, MOST_TIMES).astype(np.uint16).tobytes(),
        marks=marks.tobytes(),
        headings=np.array(headings, np.uint32).tobytes(),
        nears=np.array([*traits.conditions.values(), *traits.interventions.values()], np.float32).tobytes(),
        condition_count=len(traits.conditions),
        design=np.array([_number_design(traits, name) for name in DESIGN], np.uint32).tobytes(),
        ages=np.array(ages, np.float32).tobytes(),
        people=(_place(SEXES, population.sex), _place(HEALTHY, population.healthy)),
        kin=np.array(number_kin(traits.kin), np.uint32).tobytes(),
        title_marks=find_title_marks(traits),
        is_recruiting=traits.status in RECRUITING,
        has_results=traits.has_results,
        made_from=made_from,
    )


def _count_stems(texts: dict[str, str]) -> tuple[Numbers, npt.NDArray[np.intp], npt.NDArray[np.uint8]]:
    """The distinct stems of a study's texts, how often each stands there, and in which fields as bits."""
    parts = {field: _number_words(text) for field, text in texts.items()}
    terms, times = np.unique(np.concatenate(list(parts.values())), return_counts=True)
    marks = np.zeros(len(terms), np.uint8)
    for bit, field in enumerate(MARKED):
        # A place may be named many times: its bit is set once.
        marks[np.searchsorted(terms, parts.get(field, terms[:0]))] |= np.uint8(1 << bit)
    first = 1 if len(terms) and terms[0] == NO_STEM else 0
    return terms[first:], times[first:], marks[first:]


def _number_words(text: str) -> Numbers:
    words = cut_text(text)
    return np.fromiter(map(number_word, words), np.uint32, len(words))


def number_heading(kind: str, heading: str) -> int:
    """The number of a heading; conditions and interventions have their own."""
    return number_term(f"{kind}:{heading.casefold()}")


def list_learnable(counted: Counted) -> tuple[Numbers, Numbers]:
    """All terms of a study whose rarity is to be learnt (stems, headings, keys of its kin), and its `NAMED` stems."""
    terms = np.frombuffer(counted.terms, np.uint32)
    marks = np.frombuffer(counted.marks, np.uint8)
    everything = np.frombuffer(counted.terms + counted.headings + counted.kin, np.uint32)
    return np.unique(everything), terms[marks & NAMED > 0]


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


def make_profile(counted: Counted, learnt: Learnt) -> Profile:
    """Weigh a study's terms by what was learnt, and keep those that count."""
    terms = np.frombuffer(counted.terms, np.uint32)
    marks = np.frombuffer(counted.marks, np.uint8)
    times = np.frombuffer(counted.times, np.uint16)
    weights = np.rint(STEPS * (1 + np.log(times))).clip(0, 255).astype(np.uint8)
    rarity = learnt.find_rarity(terms)
    heavy = weights / STEPS * rarity
    squares = np.square(rarity, dtype=np.float64)
    norms = [_measure(heavy)] + [squares[marks & (1 << bit) > 0].sum() ** 0.5 for bit in range(len(MARKED))]
    if len(terms) > MOST_TERMS:
        rank = heavy + np.where(marks & ALWAYS_KEPT, 1000.0, 0.0)
        kept = np.sort(np.argsort(-rank, kind="stable")[:MOST_TERMS])
        terms, weights, marks = terms[kept], weights[kept], marks[kept]
    pulls = np.frombuffer(counted.nears, np.float32) * learnt.find_rarity(
        np.frombuffer(counted.headings, np.uint32)
    )
    first = counted.condition_count
    return Profile(
        terms=terms.tobytes(),
        weights=weights.tobytes(),
        marks=marks.tobytes(),
        norms=np.array(norms, np.float32).tobytes(),
        headings=counted.headings,
        nears=counted.nears,
        heading_norms=np.array([_measure(pulls[:first]), _measure(pulls[first:])], np.float32).tobytes(),
        condition_count=first,
        design=counted.design,
        ages=counted.ages,
        people=counted.people,
        kin=counted.kin,
        title_marks=counted.title_marks,
        is_recruiting=counted.is_recruiting,
        has_results=counted.has_results,
        made_from=counted.made_from,
    )


def _measure(vector: np.ndarray[tuple[int], np.dtype[np.float32]]) -> float:
    return float(np.sqrt(np.square(vector, dtype=np.float64).sum()))


def _number_design(traits: Traits, name: str) -> int:
    found = traits.design.get(name, ())
    if name == "phase":
        return sum(1 << PHASES.index(phase) for phase in found if phase in PHASES)
    return number_term("|".join(found)) if found else 0


def _place(known: tuple[str, ...], value: str) -> int:
    return known.index(value) if value in known else 0
