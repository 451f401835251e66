"""Which studies would take this person? Found in the index, held against their criteria, ranked.

Patient data stay here: nothing of them is logged, kept or sent.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from trialbook.ask.filters import find_near, make_request
from trialbook.derived.criteria import Criteria, CriteriaTrees
from trialbook.eligibility.derive.deriver import Formulas
from trialbook.eligibility.evaluate import evaluate_patient
from trialbook.eligibility.facts import Person
from trialbook.eligibility.fields import FIELD_NAMES, evaluate_fields
from trialbook.eligibility.fit import OPEN_SHARE, PLACES, compute_fit, compute_score
from trialbook.eligibility.matching import Matcher
from trialbook.eligibility.measures import ClinicalMeasures
from trialbook.eligibility.noted import has_condition
from trialbook.eligibility.parse import get_parser
from trialbook.eligibility.reading import Reading, make_reading
from trialbook.eligibility.tree import Concept
from trialbook.eligibility.verdicts import CriterionVerdict, PatientVerdict
from trialbook.errors import UsageError
from trialbook.library.hits import HitFacts, find_hit_facts
from trialbook.library.nearby import PlaceTold, tell_place
from trialbook.library.patient import TAKING, count_fitting
from trialbook.model.dates import find_asked_day
from trialbook.model.partial import parse_partial
from trialbook.model.present import decode_present
from trialbook.model.study import Study
from trialbook.patient.note import PatientNote
from trialbook.search.engine.engine import SearchRequest
from trialbook.search.engine.note_query import OWN_FIELDS
from trialbook.search.engine.order import rank_by_age
from trialbook.terms import get_thesaurus

if TYPE_CHECKING:
    from trialbook.library.library import Library

# So many of the studies that have most in common with a person are held against their criteria, at some 3 ms each.
MOST_COMPARED = 150
MOST_LISTED = 100
# Of texts whose trees are not kept so many characters are parsed, in some two seconds.
MOST_PARSED = 40_000


class MatchedStudy(msgspec.Struct, frozen=True, kw_only=True):
    """A study that was held against a person.

    Attributes
    ----------
    facts
        The study in short.
    score
        What it is ranked by, from 0 to 1: `relevance` times `fit`.
    relevance
        How much it is about what the person has, beside the study that is most.
    fit
        The share of its criteria that speak for the person, those that are open counting one half.
    shares
        What the person has and the study is about, or asks for in an inclusion, in the words of the person's data.
    conditions
        The study's own conditions that are the same as one of the person's, wider, or a kind of it.
    verdict
        On each criterion, and overall: "open" for one whose criteria were not evaluated.
    text
        Its eligibility text, in which the verdicts have their places.
    is_evaluated
        Whether its criteria were: where no trees are kept, only so many texts are parsed at once.
    """

    facts: HitFacts
    score: float
    relevance: float
    fit: float
    verdict: PatientVerdict
    shares: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    text: str = ""
    is_evaluated: bool = True

    @property
    def speaks_for(self) -> tuple[CriterionVerdict, ...]:
        """The criteria that speak for the person."""
        return self._list("for")

    @property
    def speaks_against(self) -> tuple[CriterionVerdict, ...]:
        """Those that speak against."""
        return self._list("against")

    @property
    def open(self) -> tuple[CriterionVerdict, ...]:
        """Those that nothing told settles."""
        return self._list("open")

    def _list(self, said: str) -> tuple[CriterionVerdict, ...]:
        return tuple(each for each in self.verdict.criteria if each.speaks == said)


class PatientMatch(msgspec.Struct, frozen=True, kw_only=True):
    """The studies for a person, the best first.

    Attributes
    ----------
    asked
        By what they were looked for: age, sex, and what the person has.
    fitting
        How many studies pass the filters and exclude nobody of that age and sex.
    sharing
        How many of these share anything with the person, be it a word within their criteria.
    compared
        How many of these, the nearest ones, were looked at: at most 150.
    aside
        Those of them that are about none of the person's conditions, and ask for none; they are not listed.
    unevaluated
        Those of the others whose criteria were not evaluated, as no trees are kept of them.
    matching, excluded
        How many of the others the person may take part in, as far as is known, and how many exclude the person.
    excluded_by
        By what: names of fields, "inclusion" for a criterion that is not met, "exclusion" for one that is; a study
        counts for each.
    hits, refusals
        The first of those that match, and of those that exclude the person.
    place
        What is told of the place, where one was asked for.
    unread
        What the patient data hold and nothing here reads.
    """

    person_id: str
    day: date
    asked: PatientNote
    fitting: int
    sharing: int
    compared: int
    aside: int
    unevaluated: int
    matching: int
    excluded: int
    excluded_by: dict[str, int]
    hits: tuple[MatchedStudy, ...]
    refusals: tuple[MatchedStudy, ...]
    place: PlaceTold | None = None
    unread: tuple[str, ...] = ()

    def explain(self) -> str:
        """What was found, in a sentence."""
        told = (
            f"{self.matching} of {self.compared} studies looked at may take this person, {self.excluded} do not,"
            f" {self.aside} are about something else; {self.sharing:,} share something with what is told, of"
            f" {self.fitting:,} that take people of this age and sex"
        )
        if not self.unevaluated:
            return told
        return (
            f"{told}. Of {self.unevaluated} the criteria were not evaluated: `trialbook rebuild criteria` makes"
            " what is needed"
        )


class _Candidate(msgspec.Struct, frozen=True):
    """A study that comes into question."""

    nct_id: str
    relevance: float
    body: bytes
    study: Study

    @property
    def text(self) -> str:
        """Its eligibility text."""
        return self.study.eligibility.eligibility_criteria or ""


def match_person(
    library: Library,
    person: Person,
    note: PatientNote,
    filters: Mapping[str, Any],
    *,
    day: date,
    limit: int,
    as_of: str | None = None,
) -> PatientMatch:
    """Find the studies for a person, as `Library.match`; `note` is what they are looked for by."""
    if not 1 <= limit <= MOST_LISTED:
        raise UsageError(f"a match lists from 1 to {MOST_LISTED} studies, not {limit}")
    asked = {"status": TAKING} | {name: value for name, value in filters.items() if value not in (None, ())}
    request = make_request(
        "", asked, note=note, limit=MOST_COMPARED, as_of=as_of, find_place=library.find_place
    )
    found = library.engine.search(request)
    best = max(found.scores, default=0.0)
    candidates = [
        _Candidate(nct_id, score / best if best else 1.0, body, parse_partial(body))
        for nct_id, score in zip(found.nct_ids, found.scores, strict=True)
        if isinstance(body := library.read_known(nct_id, request.as_of), bytes)
    ]
    reading = make_reading(person, day, *_get_tools())
    about = _find_about(library, note, candidates, reading, request.as_of)
    # What is surely about it has its text parsed first, where that is to be done.
    nearest = sorted(candidates, key=lambda each: not any(about[each.nct_id])) if about else candidates
    trees = _find_trees(library, nearest)
    compared = [
        _compare(each, about[each.nct_id] if about else _About(), trees, reading) for each in candidates
    ]
    studies = [each for each in compared if about is None or each.shares or each.conditions]
    hits, refusals = rank_studies(studies)
    fitting = count_fitting(library, request)
    near = find_near(asked, library.find_place)
    bodies = {each.nct_id: each.body for each in candidates}

    def show(ranked: Sequence[MatchedStudy]) -> tuple[MatchedStudy, ...]:
        return tuple(_tell(each, bodies[each.facts.nct_id], request) for each in ranked[:limit])

    return PatientMatch(
        person_id=person.person_id,
        day=day,
        asked=_round_ages(note),
        fitting=fitting,
        sharing=found.total,
        compared=len(candidates),
        aside=len(candidates) - len(studies),
        unevaluated=sum(not each.is_evaluated for each in studies),
        matching=len(hits),
        excluded=len(refusals),
        excluded_by=_count_reasons(refusals),
        hits=show(hits),
        refusals=show(refusals),
        place=tell_place(library, near, request, fitting) if near else None,
        unread=person.unread,
    )


def rank_studies(studies: Iterable[MatchedStudy]) -> tuple[list[MatchedStudy], list[MatchedStudy]]:
    """Those that may take the person, by score, and those that exclude the person, the nearest first.

    Equals stand newest first.
    """
    hits: list[MatchedStudy] = []
    refusals: list[MatchedStudy] = []
    for each in studies:
        (refusals if each.verdict.overall == "ineligible" else hits).append(each)
    hits.sort(key=lambda each: (-each.score, rank_by_age(each.facts.nct_id)))
    refusals.sort(key=lambda each: (-round(each.relevance, PLACES), rank_by_age(each.facts.nct_id)))
    return hits, refusals


def make_matched(
    nct_id: str, relevance: float, verdict: PatientVerdict, *, is_evaluated: bool = True, **more: Any
) -> MatchedStudy:
    """A study with its score; one whose criteria were not evaluated is open, and fits one half."""
    if not is_evaluated and verdict.overall == "eligible":
        verdict = msgspec.structs.replace(verdict, overall="open")
    fit = compute_fit(verdict.criteria) if is_evaluated else OPEN_SHARE
    return MatchedStudy(
        facts=HitFacts(nct_id=nct_id),
        score=compute_score(relevance, fit),
        relevance=relevance,
        fit=fit,
        verdict=verdict,
        is_evaluated=is_evaluated,
        **more,
    )


def list_grounds(verdict: PatientVerdict, day: date) -> tuple[str, ...]:
    """The conditions of a person for which a study's inclusion criteria ask."""
    met = (each for each in verdict.criteria if each.kind == "inclusion" and each.speaks == "for")
    facts = (one.fact for each in met for one in each.evidence if one.says == "met")
    return tuple(dict.fromkeys(fact.concept.words for fact in facts if has_condition(fact, day)))


@cache
def _get_tools() -> tuple[Matcher, ClinicalMeasures, Formulas]:
    """How names, units and formulas are understood: what criteria mean is remembered from match to match."""
    measures = ClinicalMeasures()
    return Matcher(get_thesaurus(), measures), measures, Formulas()


class _About(NamedTuple):
    """What a study is about that the person has: in the person's words, and in the study's own."""

    shares: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()


def _find_about(
    library: Library,
    note: PatientNote,
    candidates: Sequence[_Candidate],
    reading: Reading,
    as_of: str | None,
) -> dict[str, _About] | None:
    """What studies say that they are about and the person has; None where nothing of the person is told.

    Their criteria do not count: a word that stands there alone may stand in an exclusion. Where no condition
    is told, any word counts.
    """
    affirmed = {each.text for each in note.concepts if each.affirmed}
    if not affirmed and not note.words:
        return None
    ids = [each.nct_id for each in candidates]
    reasons = library.engine.explain_note(note, ids, as_of=as_of, fields=OWN_FIELDS)
    return {
        each.nct_id: _About(
            tuple(word for word in reasons[each.nct_id] if word in affirmed or not affirmed),
            tuple(_iter_related(each.study.conditions, reading)),
        )
        for each in candidates
    }


def _iter_related(conditions: Iterable[str], reading: Reading) -> Iterator[str]:
    """The conditions of a study that one of the person's is, is a kind of, or is wider than."""
    for name in dict.fromkeys(conditions):
        told = reading.known.find((Concept(name, "condition"),))
        if any(has_condition(fact, reading.day) for fact, _ in told):
            yield name


def _find_trees(library: Library, candidates: Sequence[_Candidate]) -> dict[str, Criteria]:
    """The trees of the candidates' texts: those that are kept, and what can be parsed now, the nearest first."""
    texts = [each.text for each in candidates if each.text]
    trees = CriteriaTrees(library.home).find(texts)
    left, parsed = MOST_PARSED, []
    for text in dict.fromkeys(texts):
        if text not in trees and len(text) <= left:
            left -= len(text)
            parsed.append(text)
    return trees | dict(zip(parsed, get_parser().parse_all(parsed), strict=True)) if parsed else trees


def _compare(
    candidate: _Candidate,
    about: _About,
    trees: Mapping[str, Criteria],
    reading: Reading,
) -> MatchedStudy:
    text = candidate.text
    reading = reading.of_study(candidate.study.eligibility, text)
    before = evaluate_fields(candidate.study.eligibility, reading)
    verdict = evaluate_patient(trees.get(text, ()), reading, before=before)
    is_evaluated = not text or text in trees
    return make_matched(
        candidate.nct_id,
        candidate.relevance,
        verdict,
        is_evaluated=is_evaluated,
        shares=about.shares or list_grounds(verdict, reading.day),
        conditions=about.conditions,
        text=text,
    )


def _tell(study: MatchedStudy, body: bytes, request: SearchRequest) -> MatchedStudy:
    facts = find_hit_facts(
        decode_present(body), study.facts.nct_id, find_asked_day(request.as_of), request.origin
    )
    return msgspec.structs.replace(study, facts=facts)


def _round_ages(note: PatientNote) -> PatientNote:
    """The note with its age in completed years, as ages are told."""
    if note.ages is None or note.age_words or int(note.ages[0]) != int(note.ages[1]):
        return note
    return msgspec.structs.replace(note, ages=(float(int(note.ages[0])),) * 2)


def _count_reasons(refusals: Iterable[MatchedStudy]) -> dict[str, int]:
    counted: Counter[str] = Counter()
    for study in refusals:
        counted.update({FIELD_NAMES.get(each.start, each.kind) for each in study.verdict.because})
    return dict(sorted(counted.items()))
