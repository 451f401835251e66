"""How does our own API tell what a study asks of those who take part, and whether a person fits?"""

from __future__ import annotations

from typing import Any

import msgspec

from trialbook.ask.parameters import Parameters
from trialbook.eligibility.tree import ParsedCriterion
from trialbook.eligibility.worksheet import make_answer
from trialbook.errors import ApiError
from trialbook.library import Library
from trialbook.library.criteria import find_criteria, find_text
from trialbook.library.screening import make_told, read_day
from trialbook.web.own_api.answers import CohortAnswer, ScreenRequest

# One person's bundle.
MOST_BYTES = 16_000_000


def answer_criteria(library: Library, nct_id: str, parameters: Parameters) -> tuple[ParsedCriterion, ...]:
    """The criteria of a study with their trees; raises NotFoundError."""
    return find_criteria(library.get_study(nct_id, as_of=parameters.text("as_of") or None))


def answer_cohort(library: Library, nct_id: str, parameters: Parameters) -> CohortAnswer:
    """The criteria of a study as a FHIR Group; raises NotFoundError."""
    made = library.make_cohort(nct_id, "fhir", as_of=parameters.text("as_of") or None)
    return CohortAnswer(msgspec.json.decode(made.definition), made.not_carried)


def answer_screen(library: Library, nct_id: str, body: bytes) -> dict[str, Any]:
    """The verdicts on a person; raises NotFoundError, ApiError, and as `Library.screen`."""
    try:
        asked = msgspec.json.decode(body, type=ScreenRequest)
    except (msgspec.DecodeError, RecursionError) as error:
        raise ApiError(f"What was sent cannot be used: {_name(error)}") from error
    study = library.get_study(nct_id)
    day = read_day(asked.day, "day")
    patient = asked.patient if not isinstance(asked.patient, list) else msgspec.json.encode(asked.patient)
    verdict = library.screen(
        nct_id,
        patient,
        day=day,
        told=make_told(asked.complete, asked.answers, asked.visits),
        contests=[each.make(day) for each in asked.contests],
    )
    return make_answer(verdict, text=find_text(study))


def _name(error: Exception) -> str:
    return str(error) if isinstance(error, msgspec.DecodeError) else "it is nested too deeply"
