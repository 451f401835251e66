"""Which studies are most like these? Candidates from all roads, each compared in full, the best explained."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol
from zlib import crc32

import msgspec
import numpy as np
import numpy.typing as npt
import tantivy
from tantivy import Query

from trialbook.errors import NotFoundError, RecordDamagedError
from trialbook.model.dates import PartialDate
from trialbook.related.decode import decode_compared
from trialbook.related.disk import Snapshot, explain_damage
from trialbook.related.facets import Facets, Weights, get_weights
from trialbook.related.learnt import Learnt
from trialbook.related.likeness import PLACE, Asked, compare, prepare, temper
from trialbook.related.pasted import read_pasted
from trialbook.related.profile import DECODER, Profile, count_terms, make_profile
from trialbook.related.reasons import Reason, Side, explain, merge_reasons
from trialbook.related.relations import Relation, name_relation
from trialbook.related.roads import (
    FROM_EACH_ROAD,
    Clause,
    demand_any,
    list_design_tokens,
    make_query,
    plan_roads,
)
from trialbook.related.traits import Traits, read_traits
from trialbook.terms import Thesaurus

ReadBody = Callable[[str], bytes | None]
Features = npt.NDArray[np.float64]

MOST_LISTED = 100
NO_FACETS = Facets()
MOST_ASKED = 10
THREADS = 2
# So many damaged records are named.
MOST_NAMED = 3
NOTHING = "No study of this library is like it."
NOTHING_AS_ASKED = "No study of this library is like it in the way that is asked."
# Two records whose texts and titles are so alike describe one trial, or twins.
NEAR_DUPLICATE = {"text": 0.8, "title": 0.8}
# So alike are the studies that only titles make a family.
FAMILY_BY_TITLE = 0.5
# Fewer terms than these say too little to compare by.
LEAST_TERMS = 4


class RelatedStudy(msgspec.Struct, frozen=True):
    """One study of a list.

    Attributes
    ----------
    nct_id, title
        Which.
    score
        How like it is: the sum of the shares of its reasons. 1 would be alike in all that is compared; what
        makes a family (ids, publications, a programme) adds to that.
    group
        "family", "near duplicate" or "related".
    relation
        What it is to the study asked for, where they are of one family: "extension", "predecessor"…
    reasons
        Why, the largest share first.
    """

    nct_id: str
    title: str
    score: float
    group: str
    relation: str
    reasons: tuple[Reason, ...]


class RelatedList(msgspec.Struct, frozen=True):
    """The studies most like what was asked for, best first.

    `note` says where there is too little to compare or nothing is found, or "". `learnt_from`, `learnt_at`: the records by which
    words were weighed, and when; `seq` the change of the library up to which studies are in.
    """

    studies: tuple[RelatedStudy, ...]
    note: str
    learnt_from: int
    learnt_at: str
    seq: int


class _Own(msgspec.Struct, frozen=True):
    """A study that was asked for."""

    side: Side
    asked: Asked


class _Found(msgspec.Struct, frozen=True):
    """A candidate as the index holds it, and its features beside each study asked for."""

    nct_id: str
    profile: Profile
    features: tuple[Features, ...]


class Profiles(Protocol):
    """The profiles of one library, wherever they lie."""

    def snapshot(self) -> Snapshot:
        """The newest state of them."""


class RelatedEngine:
    """Finds related studies in one library's profiles; serves any number of threads.

    Parameters
    ----------
    data
        The profiles.
    read_body
        Gives the bytes of a record in force by its id, None for one that is not here.
    """

    def __init__(self, data: Profiles, thesaurus: Thesaurus, read_body: ReadBody) -> None:
        self._data, self._thesaurus, self._read_body = data, thesaurus, read_body
        # The index works without Python's lock: roads that are looked for at once take both cores.
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="related")

    @property
    def position(self) -> int:
        """The change of the library up to which studies are in."""
        return self._data.snapshot().state.seq

    def read_traits(self, nct_id: str) -> Traits:
        """The traits of a study of the library; raises NotFoundError."""
        body = self._read_body(nct_id)
        if body is None:
            raise NotFoundError(f"{nct_id} is not in this library")
        return read_traits(decode_compared(body), self._thesaurus)

    def read_text(self, text: str) -> Traits:
        """The traits of a text that is no record yet; raises UsageError for one that is too long."""
        return read_pasted(text, self._thesaurus)

    def find(self, asked: Sequence[Traits], *, facets: Facets = NO_FACETS, limit: int = 10) -> RelatedList:
        """The studies most like those asked for, themselves left out, with reasons.

        Of several, the likeness to each counts the same: scores and shares are means over them.
        """
        snapshot = self._data.snapshot()
        weights = get_weights(facets.weights)
        owns = [_prepare(traits, snapshot) for traits in asked[:MOST_ASKED]]
        scored = self._score(owns, snapshot, weights, facets.demands)
        listed, damaged = self._explain(scored, owns, snapshot, weights, limit=min(limit, MOST_LISTED))
        listed.sort(key=lambda study: (-study.score, study.nct_id))
        state = snapshot.state
        note = _note(owns) or (
            "" if listed or damaged else NOTHING_AS_ASKED if facets != NO_FACETS else NOTHING
        )
        note = " ".join(filter(None, (note, _tell_damage(damaged))))
        return RelatedList(tuple(listed), note, state.learnt_from, state.learnt_at, state.seq)

    def rank(self, asked: Traits, weights: Weights, *, limit: int = 10) -> list[str]:
        """The ids of the studies most like one, best first, without reasons."""
        snapshot = self._data.snapshot()
        scored = self._score([_prepare(asked, snapshot)], snapshot, weights, ())
        return [each.nct_id for each in scored[:limit]]

    def find_features(self, asked: Traits, weights: Weights) -> dict[str, Features]:
        """All that is compared with a study, best first, each with its features as in `FEATURES`."""
        snapshot = self._data.snapshot()
        scored = self._score([_prepare(asked, snapshot)], snapshot, weights, ())
        return {each.nct_id: each.features[0] for each in scored}

    def _score(
        self, owns: Sequence[_Own], snapshot: Snapshot, weights: Weights, demands: Sequence[str]
    ) -> list[_Found]:
        with explain_damage():
            ids, profiles = self._read_candidates(owns, snapshot.searcher, demands)
            if not ids:
                return []
            tables = [_compare(own, profiles, weights) for own in owns]
        scores = np.mean([table @ weights for table in tables], axis=0)
        left_out = {own.side.traits.nct_id for own in owns}
        order = sorted(range(len(ids)), key=lambda at: (-scores[at], ids[at]))
        return [
            _Found(ids[at], profiles[at], tuple(table[at] for table in tables))
            for at in order
            if scores[at] > 0 and ids[at] not in left_out
        ]

    def _read_candidates(
        self, owns: Sequence[_Own], searcher: tantivy.Searcher, demands: Sequence[str]
    ) -> tuple[list[str], list[Profile]]:
        """What comes by any road, each once: the ids, and the profiles."""
        candidates: dict[tuple[int, int], tantivy.DocAddress] = {}
        for own in owns:
            for address in self._find_candidates(own, searcher, demands):
                candidates[address.segment_ord, address.doc] = address
        documents = [searcher.doc(address) for address in candidates.values()]
        profiles = [DECODER.decode(document.get_first("profile") or b"") for document in documents]
        return [str(document.get_first("nct_id")) for document in documents], profiles

    def _find_candidates(
        self, own: _Own, searcher: tantivy.Searcher, demands: Sequence[str]
    ) -> list[tantivy.DocAddress]:
        demanded = [query for demand in demands for query in _demand(demand, own)]

        def go(road: str, clauses: Sequence[Clause]) -> list[tantivy.DocAddress]:
            found = searcher.search(make_query(clauses, demanded), FROM_EACH_ROAD[road], count=False)
            return [address for _, address in found.hits]

        roads = plan_roads(own.asked)
        return [address for found in self._threads.map(go, roads, roads.values()) for address in found]

    def _explain(
        self,
        found: Sequence[_Found],
        owns: Sequence[_Own],
        snapshot: Snapshot,
        weights: Weights,
        *,
        limit: int,
    ) -> tuple[list[RelatedStudy], list[str]]:
        """The first so many that have something in common, each explained; and those whose records are damaged."""
        listed: list[RelatedStudy] = []
        damaged: list[str] = []
        for each in found:
            if len(listed) == limit:
                break
            # A record that is not here any more, or damaged, leaves its place to the next.
            try:
                study = self._explain_one(each, owns, snapshot, weights)
            except NotFoundError:
                continue
            except RecordDamagedError:
                damaged.append(each.nct_id)
                continue
            listed += [study] if study.score > 0 else []
        return listed, damaged

    def _explain_one(
        self, found: _Found, owns: Sequence[_Own], snapshot: Snapshot, weights: Weights
    ) -> RelatedStudy:
        body = self._read_body(found.nct_id)
        if body is None:
            raise NotFoundError(f"{found.nct_id} is not in this library")
        record, profile, features = decode_compared(body), found.profile, found.features
        if crc32(body) == profile.made_from:
            # To look in all its texts for ids costs most of what reading it does.
            names_others = any(each[PLACE["named"]] > 0 for each in features)
            side = Side(read_traits(record, self._thesaurus, names_others=names_others), profile)
        else:
            # It changed since the index was made, and nothing but what it says now may be said of it.
            side = _make_side(read_traits(record, self._thesaurus), snapshot.learnt)
            features = tuple(_compare(own, [side.profile], weights)[0] for own in owns)
        return _describe(owns, side, features, weights)


def _tell_damage(nct_ids: Sequence[str]) -> str:
    if not nct_ids:
        return ""
    named = ", ".join(nct_ids[:MOST_NAMED]) + (" and others" if len(nct_ids) > MOST_NAMED else "")
    return f"Left out, as nothing can be said of a damaged record: {named}; `trialbook check` says more."


def _make_side(traits: Traits, learnt: Learnt) -> Side:
    return Side(traits, make_profile(count_terms(traits), learnt))


def _prepare(traits: Traits, snapshot: Snapshot) -> _Own:
    side = _make_side(traits, snapshot.learnt)
    return _Own(side, prepare(side.profile, traits.kin, snapshot.learnt))


def _compare(own: _Own, others: Sequence[Profile], weights: Weights) -> Features:
    return temper(compare(own.asked, others), own.asked, others, weights)


def _describe(owns: Sequence[_Own], other: Side, each: Sequence[Features], weights: Weights) -> RelatedStudy:
    reasons = merge_reasons(
        [
            explain(
                own.side,
                other,
                own.asked,
                {name: float(features[place] * weights[place]) for name, place in PLACE.items()},
            )
            for own, features in zip(owns, each, strict=True)
        ]
    )
    best = np.max(each, axis=0)
    relation = _find_relation(owns, other, best)
    is_twin = all(best[PLACE[name]] >= least for name, least in NEAR_DUPLICATE.items())
    return RelatedStudy(
        nct_id=other.traits.nct_id,
        title=other.traits.texts["title"].partition("\n")[0],
        score=sum(reason.share for reason in reasons),
        group="family" if relation else "near duplicate" if is_twin else "related",
        relation=relation,
        reasons=reasons,
    )


def _demand(demand: str, own: _Own) -> list[Query]:
    """What the index is to be asked in any case; what nothing can meet finds nothing."""
    if demand in ("recruiting", "results"):
        return [demand_any([("flag", demand)])]
    profile = own.side.profile
    if demand == "same-design":
        phases = [("flag", token) for token in list_design_tokens(profile) if token.startswith("phase")]
        others = [("flag", token) for token in list_design_tokens(profile) if not token.startswith("phase")]
        return [demand_any([each]) for each in others] + ([demand_any(phases)] if phases else [])
    field = "intervention" if demand == "same-drug" else "condition"
    headings = np.frombuffer(profile.headings, np.uint32)
    nears = np.frombuffer(profile.nears, np.float32)
    places = range(profile.condition_count)
    if field == "intervention":
        places = range(profile.condition_count, len(headings))
    return [demand_any([(field, f"{headings[at]:x}") for at in places if nears[at] == 1.0])]


def _find_relation(owns: Sequence[_Own], other: Side, features: Features) -> str:
    named, by_run, by_acronym, by_title = (
        features[PLACE[name]] for name in ("named", "study id", "acronym", "said by title")
    )
    is_linked = bool(named) or by_run >= 1 or by_acronym >= 1
    if not (is_linked or by_title >= FAMILY_BY_TITLE) or len(owns) != 1:
        return ""
    # One drug has many trials in a disease: whose extension a study is, its drug alone does not say.
    if not is_linked and max(features[PLACE["text"]], features[PLACE["title"]]) < FAMILY_BY_TITLE:
        return Relation.SISTER
    own = owns[0].side.profile
    return name_relation(
        own.title_marks,
        other.profile.title_marks,
        is_named=bool(named),
        is_later=_is_later(other.traits.started, owns[0].side.traits.started),
    )


def _is_later(started: PartialDate, own: PartialDate) -> bool:
    """Whether one date is surely after another."""
    return bool(started.earliest and own.latest and started.earliest > own.latest)


def _note(owns: Sequence[_Own]) -> str:
    for own in owns:
        if len(own.side.profile.terms) // 4 < LEAST_TERMS and not own.side.profile.headings:
            name = own.side.traits.nct_id or "What was given"
            return (
                f"{name} says too little to compare: fewer than {LEAST_TERMS} words that tell it from others."
            )
    return ""
