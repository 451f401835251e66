"""Score verdicts against those of experts: patient notes, each held against single criteria.

`criterion_labels.json` is a list of objects with `patient_id`, `note`, `criterion_type` ("inclusion", "exclusion"),
`criterion_text` and `expert_eligibility`. The experts say of an inclusion "included" or "not included", of an
exclusion "excluded" or "not excluded", of either "not applicable" or "not enough information".

What we say is turned into their words twice. *As told*: met, not met, and whatever is open "not enough information".
*As experts read silence*: of an exclusion that a note does not speak of, they mostly say "not excluded", for an illness
or a treatment would be told; of a measurement or a score that lacks, "not enough information". `read_silence` does so:
an exclusion that is open counts as "not excluded" unless it asks for nothing but values. It is the reading of a
benchmark: `trialbook screen` leaves open what is open. What is about pregnancy or contraception is "not applicable" to
a man, as is an exclusion that asks for the other sex.

Two patients in five, by a hash of their id, were set aside before the notes were looked at.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np

from trialbook.eligibility.facts import Person
from trialbook.eligibility.having import is_sex
from trialbook.eligibility.parse import parse_criteria
from trialbook.eligibility.readers.described import describe_patient
from trialbook.eligibility.screening import Screener
from trialbook.eligibility.tree import Atom, Opaque, ParsedCriterion, iter_nodes
from trialbook.eligibility.verdicts import CriterionVerdict, Verdict
from trialbook.errors import QueryError
from trialbook.model.protocol import EligibilityModule
from trialbook.terms import Thesaurus, get_thesaurus

# Notes have no day of their own; none of the criteria names a year.
DAY = date(2026, 1, 1)
BASELINE = "not excluded"
OPEN = "not enough information"
NOT_APPLICABLE = "not applicable"
DRAWS = 1000
SEED = 12
_SAME = {"no relevant information": OPEN, "unknown": OPEN}
_SAYS = {
    ("inclusion", "met"): "included",
    ("inclusion", "not_met"): "not included",
    ("exclusion", "met"): "excluded",
    ("exclusion", "not_met"): "not excluded",
}
_OF_WOMEN = re.compile(
    r"\b(?:pregnan\w+|lactat\w+|breast-?\s?feeding|nursing|child-?\s?bearing|contracepti\w+|birth control)",
    re.IGNORECASE,
)


class Pair(msgspec.Struct, frozen=True):
    """A patient's note and a criterion, with what an expert says of them."""

    patient_id: str
    note: str
    criterion_type: str
    criterion_text: str
    expert_eligibility: str


class Judged(NamedTuple):
    """What an expert and what we say of a pair: as told, and with silence read as experts do.

    `unread` is what would be said of a criterion of that kind without reading anything.
    """

    patient_id: str
    expert: str
    as_told: str
    ours: str
    unread: str = BASELINE


class Score(NamedTuple):
    accuracy: float
    macro_f1: float


def read_pairs(path: Path) -> list[Pair]:
    return msgspec.json.decode(path.read_bytes(), type=list[Pair])


def is_set_aside(patient_id: str) -> bool:
    """Whether a patient's notes were not looked at while readers and rules were written: some two in five."""
    return hashlib.sha256(patient_id.encode()).digest()[0] % 5 < 2


def judge(pairs: Iterable[Pair]) -> list[Judged]:
    """Our verdict on each pair, in the experts' words."""
    thesaurus = get_thesaurus()
    persons: dict[str, Person] = {}
    judged = []
    for pair in pairs:
        if pair.note not in persons:
            persons[pair.note] = _describe(pair.note, thesaurus)
        person = persons[pair.note]
        text = f"{pair.criterion_type.title()} Criteria:\n\n{pair.criterion_text}"
        parsed = parse_criteria(text)
        found = (
            Screener(parsed, EligibilityModule(eligibility_criteria=text), thesaurus)
            .screen(person, DAY)
            .criteria
        )
        verdict = _combine(found, pair.criterion_type)
        is_moot = _is_moot(pair, person, found, verdict)
        as_told = _SAYS.get((pair.criterion_type, verdict), OPEN)
        ours = as_told if as_told != OPEN else read_silence(pair.criterion_type, parsed)
        if is_moot:
            as_told = ours = NOT_APPLICABLE
        expert = _SAME.get(pair.expert_eligibility, pair.expert_eligibility)
        unread = BASELINE if pair.criterion_type == "exclusion" else OPEN
        judged.append(Judged(pair.patient_id, expert, as_told, ours, unread))
    return judged


def _is_moot(pair: Pair, person: Person, found: Sequence[CriterionVerdict], verdict: Verdict) -> bool:
    """Whether a criterion is about the other sex alone: a man's pregnancy, or an exclusion of women."""
    if pair.criterion_type == "exclusion":
        told = [one.fact for each in found for one in each.evidence]
        is_by_sex = verdict == "not_met" and bool(told) and all(is_sex(each) for each in told)
        return is_by_sex or (
            verdict != "met" and person.sex == "male" and bool(_OF_WOMEN.search(pair.criterion_text))
        )
    return verdict != "not_met" and person.sex == "male" and bool(_OF_WOMEN.search(pair.criterion_text))


def _describe(note: str, thesaurus: Thesaurus) -> Person:
    try:
        return describe_patient(note, thesaurus, DAY)
    except QueryError:
        return Person()


def _combine(found: Sequence[CriterionVerdict], kind: str) -> Verdict:
    """The verdict on a text that falls into several criteria: any of an exclusion, all of an inclusion."""
    said = {each.verdict for each in found}
    decides: Verdict = "met" if kind == "exclusion" else "not_met"
    if decides in said:
        return decides
    return said.pop() if len(said) == 1 else "unknown"


def read_silence(kind: str, parsed: Sequence[ParsedCriterion]) -> str:
    """What experts say of a criterion that a note leaves open: of values that lack something else than of illness."""
    if kind != "exclusion":
        return OPEN
    leaves = [each for one in parsed for each in iter_nodes(one.tree) if isinstance(each, Atom | Opaque)]
    atoms = [each for each in leaves if isinstance(each, Atom)]
    is_of_values = (
        bool(atoms) and len(atoms) == len(leaves) and all(each.interval is not None for each in atoms)
    )
    return OPEN if is_of_values else BASELINE


def score_verdicts(path: Path) -> dict[str, float | int | list[float] | str]:
    """Accuracy and macro-F1 of all pairs of a file and of those set aside, with what the baseline gives."""
    judged = judge(read_pairs(path))
    numbers: dict[str, float | int | list[float] | str] = {}
    for suffix, part in (
        ("", judged),
        ("_set_aside", [each for each in judged if is_set_aside(each.patient_id)]),
    ):
        if part:
            numbers |= {f"verdict_{name}{suffix}": value for name, value in _describe_part(part).items()}
    return numbers


def _describe_part(judged: Sequence[Judged]) -> dict[str, float | int | list[float]]:
    ours = [(each.expert, each.ours) for each in judged]
    as_told = [(each.expert, each.as_told) for each in judged]
    baseline = [(each.expert, BASELINE) for each in judged]
    unread = [(each.expert, each.unread) for each in judged]
    accuracy, macro = _draw(judged)
    decided = [each for each in as_told if each[1] != OPEN]
    return {
        "accuracy": measure(ours).accuracy,
        "accuracy_interval": accuracy,
        "macro_f1": measure(ours).macro_f1,
        "macro_f1_interval": macro,
        "accuracy_as_told": measure(as_told).accuracy,
        "macro_f1_as_told": measure(as_told).macro_f1,
        "open_as_told": round(1 - len(decided) / len(as_told), 4),
        "accuracy_where_decided": measure(decided).accuracy,
        "decided": len(decided),
        "baseline_accuracy": measure(baseline).accuracy,
        "baseline_macro_f1": measure(baseline).macro_f1,
        "baseline_by_kind_accuracy": measure(unread).accuracy,
        "baseline_by_kind_macro_f1": measure(unread).macro_f1,
        "pairs": len(judged),
        "patients": len({each.patient_id for each in judged}),
    }


def measure(pairs: Sequence[tuple[str, str]]) -> Score:
    """Accuracy and the mean F1 over the experts' labels, of pairs of what the expert says and what we say.

    >>> measure([("included", "included"), ("included", "excluded")])
    Score(accuracy=0.5, macro_f1=0.6667)
    """
    if not pairs:
        return Score(0.0, 0.0)
    right = sum(one == two for one, two in pairs)
    f1 = []
    for label in sorted({expert for expert, _ in pairs}):
        hits = sum(one == two == label for one, two in pairs)
        told = sum(one == label for one, _ in pairs) + sum(two == label for _, two in pairs)
        f1.append(2 * hits / told)
    return Score(round(right / len(pairs), 4), round(sum(f1) / len(f1), 4))


def _draw(judged: Sequence[Judged]) -> tuple[list[float], list[float]]:
    """95 % intervals, patients drawn anew."""
    by_patient: dict[str, list[tuple[str, str]]] = {}
    for each in judged:
        by_patient.setdefault(each.patient_id, []).append((each.expert, each.ours))
    groups = list(by_patient.values())
    rng = np.random.default_rng(SEED)
    scores = []
    for _ in range(DRAWS):
        picks = rng.integers(0, len(groups), size=len(groups))
        scores.append(measure([pair for pick in picks for pair in groups[pick]]))
    low, high = np.percentile(np.array(scores), [2.5, 97.5], axis=0)
    return [round(float(low[0]), 4), round(float(high[0]), 4)], [
        round(float(low[1]), 4),
        round(float(high[1]), 4),
    ]
