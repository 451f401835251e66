"""How like are a study and each of many others, feature by feature? Each feature is a number from 0 to 1."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec
import numpy as np
import numpy.typing as npt

from trialbook.related.kin import Kin
from trialbook.related.learnt import Learnt
from trialbook.related.profile import MARKED, STEPS, Profile
from trialbook.related.stems import number_term

Matrix = npt.NDArray[np.float64]
Floats = npt.NDArray[np.float64]

FEATURES = (
    "text",
    "title",
    "condition words",
    "intervention words",
    "outcome words",
    "criteria words",
    "conditions",
    "interventions",
    "design",
    "ages",
    "population",
    "sponsor",
    "people",
    "result publication",
    "background publication",
    "named",
    "study id",
    "acronym",
    "said by title",
)
PLACE = {name: place for place, name in enumerate(FEATURES)}
DAYS_A_LIFE = 100 * 365.25
# An id that more studies name than this share of rarity allows is a word ("COVID-19").
LEAST_RARE_ID = 0.7
# From this likeness on (as its inverse) a run of study ids and an acronym count in full.
FULLY_ALIKE = 4.0
PARTS_OF_POPULATION = {"sex": 0.6, "healthy": 0.4}
# Of two studies whose conditions have nothing in common, this part of what describes them counts: one cell line
# tried in a hundred diseases would otherwise fill the list of each.
OTHER_DISEASE = 0.85
# Up to this likeness, conditions share a word like "chronic", or a heading like "Nervous System Diseases".
LEAST_ALIKE = 0.2


class Asked(msgspec.Struct, frozen=True):
    """A study ready to be compared: its profile, the rarity of its terms and headings, keys of its kin.

    `telling`, `is_empty`: how much its terms tell, and which tell little, as `Learnt` says.
    """

    profile: Profile
    term_rarity: npt.NDArray[np.float32]
    telling: npt.NDArray[np.float32]
    is_empty: npt.NDArray[np.bool_]
    heading_rarity: npt.NDArray[np.float32]
    keys: dict[int, str]
    key_shares: dict[int, float]


def prepare(profile: Profile, kin: Kin, learnt: Learnt) -> Asked:
    """Make a profile ready to be compared with others."""
    keys: dict[int, str] = {}
    shares: dict[int, float] = {}
    rows = list(_iter_keys(kin))
    numbers = np.array([number_term(key) for _, key in rows], np.uint32)
    rarity = (learnt.find_rarity(numbers) / learnt.most_rare).tolist()
    for (feature, _), number, rare in zip(rows, numbers.tolist(), rarity, strict=True):
        # A sponsor of thousands of trials says little, one of three says much; what many studies name is no id.
        is_common = feature == "named" and rare < LEAST_RARE_ID
        if not is_common and number not in keys:
            keys[number] = feature
            shares[number] = min(1.0, rare) if feature in ("sponsor", "background publication") else 1.0
    terms = np.frombuffer(profile.terms, np.uint32)
    return Asked(
        profile,
        learnt.find_rarity(terms),
        learnt.find_telling(terms),
        learnt.find_empty(terms),
        learnt.find_rarity(np.frombuffer(profile.headings, np.uint32)),
        keys,
        shares,
    )


def _iter_keys(kin: Kin) -> Iterator[tuple[str, str]]:
    """What is looked for among the keys of others, and which feature it makes."""
    # What is ours by its id is named by others, and the other way round.
    for each in kin.own:
        yield "named", f"named:{each}"
    for each in kin.named:
        yield "named", f"own:{each}"
    for each in kin.own:
        yield "study id", f"own:{each}"
    for each in kin.people:
        yield "people", f"person:{each}"
    for each in kin.results:
        yield "result publication", f"result:{each}"
        yield "result publication", f"background:{each}"
    for each in kin.background:
        yield "result publication", f"result:{each}"
        yield "background publication", f"background:{each}"
    if kin.sponsor:
        yield "sponsor", f"sponsor:{kin.sponsor}"
    if kin.study_stem and kin.sponsor:
        yield "study id", f"stem:{kin.sponsor}|{kin.study_stem}"
    if kin.acronym:
        yield "acronym", f"acronym:{kin.acronym}"


def compare(asked: Asked, others: Sequence[Profile]) -> Matrix:
    """Each feature of each pair: a row for each other study, a column for each of `FEATURES`."""
    found: Matrix = np.zeros((len(others), len(FEATURES)))
    if others:
        _compare_terms(asked, others, found)
        _compare_headings(asked, others, found)
        _compare_design(asked.profile, others, found)
        _compare_population(asked.profile, others, found)
        _compare_kin(asked, others, found)
    return found.clip(0.0, 1.0, out=found)


def temper(found: Matrix, asked: Asked, others: Sequence[Profile], weights: Floats) -> Matrix:
    """The same features, less of those that describe where the conditions are others.

    A study without conditions is not held to be of another disease; nor is any, where `weights` leave diseases out.
    """
    disease = [PLACE["conditions"], PLACE["condition words"]]
    if not (weights[disease].any() and others):
        return found
    kept = found.copy()
    is_other = _find_other_diseases(asked.profile, others, found, least=0.0)
    kept[is_other, : PLACE["sponsor"]] *= OTHER_DISEASE
    return kept


def _find_other_diseases(
    own: Profile, others: Sequence[Profile], found: Matrix, *, least: float
) -> npt.NDArray[np.bool_]:
    """Which name conditions whose headings are alike to ours up to `least` alone; none, where we name none."""
    place = MARKED.index("condition") + 1
    norms = np.frombuffer(b"".join([each.norms for each in others]), np.float32).reshape(len(others), -1)
    is_said = (norms[:, place] > 0) & (np.frombuffer(own.norms, np.float32)[place] > 0)
    is_alike = (found[:, PLACE["conditions"]] > least) | (found[:, PLACE["condition words"]] > LEAST_ALIKE)
    is_other: npt.NDArray[np.bool_] = is_said & ~is_alike
    return is_other


def _match(own: bytes, all_of_others: Sequence[bytes]) -> tuple[npt.NDArray[np.intp], ...]:
    """Where terms of others are among ours: whose each is, its place among all of theirs, and among ours."""
    ours = np.frombuffer(own, np.uint32)
    theirs = np.frombuffer(b"".join(all_of_others), np.uint32)
    owners = np.repeat(np.arange(len(all_of_others)), [len(each) // 4 for each in all_of_others])
    if not len(ours):
        nothing = np.zeros(0, np.intp)
        return nothing, nothing, nothing
    order = np.argsort(ours, kind="stable")
    at = np.minimum(np.searchsorted(ours, theirs, sorter=order), len(ours) - 1)
    hits = np.flatnonzero(ours[order[at]] == theirs)
    return owners[hits], hits, order[at[hits]]


def _compare_terms(asked: Asked, others: Sequence[Profile], found: Matrix) -> None:
    own = asked.profile
    owners, hits, ours = _match(own.terms, [each.terms for each in others])
    weights = np.frombuffer(b"".join([each.weights for each in others]), np.uint8)[hits] / STEPS
    marks = np.frombuffer(b"".join([each.marks for each in others]), np.uint8)[hits]
    norms = np.frombuffer(b"".join([each.norms for each in others]), np.float32).reshape(len(others), -1)
    own_norms = np.frombuffer(own.norms, np.float32)
    squares = np.square(asked.term_rarity[ours], dtype=np.float64)
    products = squares * weights * (np.frombuffer(own.weights, np.uint8)[ours] / STEPS)
    found[:, PLACE["text"]] = _divide(np.bincount(owners, products, len(others)), norms[:, 0] * own_norms[0])
    both = marks & np.frombuffer(own.marks, np.uint8)[ours]
    for bit, field in enumerate(MARKED):
        shared = np.bincount(owners, np.where(both & (1 << bit), squares, 0.0), len(others))
        name = field if field in PLACE else f"{field} words"
        found[:, PLACE[name]] = _divide(shared, norms[:, bit + 1] * own_norms[bit + 1])


def _compare_headings(asked: Asked, others: Sequence[Profile], found: Matrix) -> None:
    own = asked.profile
    owners, hits, ours = _match(own.headings, [each.headings for each in others])
    nears = np.frombuffer(b"".join([each.nears for each in others]), np.float32)[hits]
    products = nears * np.frombuffer(own.nears, np.float32)[ours] * np.square(asked.heading_rarity[ours])
    own_norms = np.frombuffer(own.heading_norms, np.float32)
    norms = np.frombuffer(b"".join([each.heading_norms for each in others]), np.float32).reshape(-1, 2)
    is_intervention = ours >= own.condition_count
    for place, name in enumerate(("conditions", "interventions")):
        shared = np.bincount(owners, np.where(is_intervention == bool(place), products, 0.0), len(others))
        found[:, PLACE[name]] = _divide(shared, norms[:, place] * own_norms[place])


def _compare_design(own: Profile, others: Sequence[Profile], found: Matrix) -> None:
    ours = np.frombuffer(own.design, np.uint32)
    theirs = np.frombuffer(b"".join([each.design for each in others]), np.uint32).reshape(len(others), -1)
    both = (ours > 0) & (theirs > 0)
    same = both & (ours == theirs)
    same[:, 1] = both[:, 1] & (ours[1] & theirs[:, 1] > 0)  # phases are bits
    found[:, PLACE["design"]] = _divide(same.sum(axis=1), np.maximum(both.sum(axis=1), 4))


def _compare_population(own: Profile, others: Sequence[Profile], found: Matrix) -> None:
    ages = np.frombuffer(b"".join([each.ages for each in others]), np.float32).reshape(-1, 2)
    least, most = np.frombuffer(own.ages, np.float32)
    is_said = ~(np.isnan(ages).all(axis=1) | (np.isnan(least) & np.isnan(most)))
    low, high = np.fmax(ages[:, 0], 0.0), np.fmin(ages[:, 1], DAYS_A_LIFE)
    least, most = np.fmax(least, 0.0), np.fmin(most, DAYS_A_LIFE)
    shared = np.minimum(high, most) - np.maximum(low, least)
    age = np.where(is_said, _divide(shared.clip(0), np.maximum(high, most) - np.minimum(low, least)), 0.0)
    people = np.array([each.people for each in others])
    sex = (people[:, 0] == own.people[0]) & (own.people[0] > 0)
    healthy = (people[:, 1] == own.people[1]) & (own.people[1] > 0)
    parts = PARTS_OF_POPULATION
    found[:, PLACE["ages"]] = age
    found[:, PLACE["population"]] = parts["sex"] * sex + parts["healthy"] * healthy


def _compare_kin(asked: Asked, others: Sequence[Profile], found: Matrix) -> None:
    keys = np.array(list(asked.keys), np.uint32)
    owners, _, ours = _match(keys.tobytes(), [each.kin for each in others])
    places = np.array([PLACE[each] for each in asked.keys.values()], np.intp)[ours] if len(keys) else ours
    shares = np.array(list(asked.key_shares.values()))[ours] if len(keys) else ours
    np.maximum.at(found, (owners, places), shares)
    # Words of the title tell what a study is; it is of the family where sponsor and drug are shared too. So are
    # numbers and acronyms: a hospital that numbers its studies by year has no programme in each year.
    alike = found[
        :, [PLACE["text"], PLACE["title"], PLACE["intervention words"], PLACE["interventions"]]
    ].max(axis=1)
    for name in ("study id", "acronym"):
        found[:, PLACE[name]] *= (FULLY_ALIKE * alike).clip(0.0, 1.0)
    own_marks = asked.profile.title_marks
    marks = np.array([each.title_marks for each in others])
    is_ours = (found[:, PLACE["sponsor"]] > 0) | (found[:, PLACE["people"]] > 0)
    # An extension, or whatever a title says, is of the same disease: one drug's trials in others are no family of it.
    is_ours &= ~_find_other_diseases(asked.profile, others, found, least=LEAST_ALIKE)
    found[:, PLACE["said by title"]] = np.where((marks != own_marks) & is_ours, alike, 0.0)


def _divide(shared: npt.ArrayLike, whole: npt.ArrayLike) -> Floats:
    """One by the other; 0 where there is nothing to divide by."""
    above, below = np.asarray(shared, np.float64), np.asarray(whole, np.float64)
    divided: Floats = np.divide(above, below, out=np.zeros(above.shape), where=below > 0)
    return divided
