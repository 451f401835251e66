"""How does our own API tell what a study asks, whether a person fits, and which studies would take a person?"""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from trialbook.ask.filters import make_filters
from trialbook.ask.parameters import Parameters
from trialbook.eligibility.readers.bounded import check_memory
from trialbook.eligibility.tree import ParsedCriterion
from trialbook.eligibility.worksheet import make_answer
from trialbook.errors import ApiError, SourceFormatError
from trialbook.library import Library
from trialbook.library.criteria import find_criteria, find_text
from trialbook.library.match_answer import MatchAnswer, make_match_answer
from trialbook.library.screening import make_told, read_day, take_patient
from trialbook.web.own_api.answers import CohortAnswer, MatchRequest, ScreenRequest

T = TypeVar("T")
# One person's bundle.
MOST_BYTES = 16_000_000
MOST_MEMORY = 256 << 20
# Made here: that several threads work out a type at once can end the process.
_RAW = msgspec.json.Decoder(msgspec.Raw)
_SCREEN = msgspec.json.Decoder(ScreenRequest)
_MATCH = msgspec.json.Decoder(MatchRequest)


def answer_criteria(library: Library, nct_id: str, parameters: Parameters) -> tuple[ParsedCriterion, ...]:
    """The criteria of a study with their trees; raises NotFoundError."""
    return find_criteria(library.get_known_study(nct_id, as_of=parameters.text("as_of") or None))


def answer_cohort(library: Library, nct_id: str, parameters: Parameters) -> CohortAnswer:
    """The criteria of a study as a FHIR Group; raises NotFoundError."""
    made = library.make_cohort(nct_id, "fhir", as_of=parameters.text("as_of") or None)
    return CohortAnswer(msgspec.json.decode(made.definition), made.not_carried)


def answer_screen(library: Library, nct_id: str, body: bytes) -> dict[str, Any]:
    """The verdicts on a person; raises NotFoundError, ApiError, and as `Library.screen`."""
    asked = _read_sent(body, _SCREEN)
    # The text alone is held on to: a giant study would lie in memory twice.
    text = find_text(library.get_known_study(nct_id))
    day = read_day(asked.day, "day")
    verdict = library.screen(
        nct_id,
        take_patient(asked.patient),
        day=day,
        told=make_told(asked.complete, asked.answers, asked.visits),
        contests=[each.make(day) for each in asked.contests],
    )
    return make_answer(verdict, text=text)


def answer_match(library: Library, body: bytes) -> MatchAnswer:
    """The studies for a person; raises ApiError, QueryError, and as `Library.match`."""
    asked = _read_sent(body, _MATCH)
    make_filters(asked.filters, library.find_place)
    found = library.match(
        take_patient(asked.patient),
        day=read_day(asked.day, "day"),
        told=make_told(asked.complete, asked.answers, asked.visits),
        limit=asked.limit,
        as_of=asked.as_of or None,
        **asked.filters,
    )
    return make_match_answer(found)


def _read_sent(body: bytes, decoder: msgspec.json.Decoder[T]) -> T:
    try:
        _RAW.decode(body)
        check_memory(body, most=MOST_MEMORY)
        return decoder.decode(body)
    except SourceFormatError as error:
        raise ApiError(f"What was sent cannot be used: {error}", 413) from error
    except RecursionError as error:
        raise ApiError("What was sent cannot be used: it is nested too deeply") from error
    except msgspec.DecodeError as error:
        raise ApiError(f"What was sent cannot be used: {error}") from error
