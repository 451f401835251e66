"""The tool `screen_patient`: may this person take part in this study, from what, and what is missing?"""

from __future__ import annotations

from typing import Any

from trialbook.eligibility.worksheet import make_answer
from trialbook.library import Library
from trialbook.library.criteria import find_text
from trialbook.library.screening import make_told, read_contests, read_day, take_patient
from trialbook.mcp.arguments import ScreenArguments
from trialbook.mcp.shown import keep_what_fits


def screen_patient(library: Library, asked: ScreenArguments) -> dict[str, Any]:
    """The verdict on each criterion of a study; nothing of the person is kept."""
    study = library.get_known_study(asked.nct_id)
    day = read_day(asked.day, "day")
    verdict = library.screen(
        asked.nct_id,
        take_patient(asked.patient),
        day=day,
        told=make_told(asked.complete, asked.answers, asked.visits),
        contests=read_contests(asked.contests, day),
    )
    answer = {"nct_id": study.nct_id, **make_answer(verdict, text=find_text(study))}
    told = keep_what_fits(answer["criteria"])
    left_out = [each["name"] for each in answer["criteria"][len(told) :]]
    if study.criteria_note:
        answer["note"] = study.criteria_note
    return {**answer, "criteria": told, **({"criteria_left_out": left_out} if left_out else {})}
