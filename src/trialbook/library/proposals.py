"""What may the criteria ask that were not understood? A language model is asked, where one is set and somebody wants it.

Only words of the registry's record leave this machine; no patient's data are near. What comes back stands beside the
criteria: no verdict, search, match or cohort reads it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib.resources import files

from trialbook.eligibility.proposed.answer import Refused
from trialbook.eligibility.proposed.check import Checked
from trialbook.eligibility.proposed.parts import OpenPart, ProposedCriterion, find_open_parts, put_beside
from trialbook.eligibility.tree import Span
from trialbook.library.criteria import find_criteria
from trialbook.model.study import Study
from trialbook.source.live.language_model import (
    LanguageModel,
    LanguageModelClient,
    NoAnswerError,
    find_language_model,
)

# Of one study; records with more open parts are few.
MOST_ASKED = 20


def propose_criteria(
    study: Study,
    model: LanguageModel | None = None,
    *,
    on_question: Callable[[LanguageModel, int, int], None] = lambda model, number, of: None,
) -> tuple[ProposedCriterion, ...]:
    """The criteria of a study, each with what a model proposes for what was not understood of it.

    Parameters
    ----------
    model
        Who is asked; the one of the settings unless told.
    on_question
        Hears before each question who is asked, its number, and how many there are.

    Raises
    ------
    UsageError
        No model is set.
    SourceReadError
        It cannot be asked.
    """
    client = LanguageModelClient(model or find_language_model())
    criteria = find_criteria(study)
    open_ = [find_open_parts(each) for each in criteria]
    asked = [part for parts in open_ for part in parts][:MOST_ASKED]
    answers: dict[OpenPart, Checked | Refused] = {}
    for number, part in enumerate(asked, 1):
        on_question(client.model, number, len(asked))
        answers[part] = _ask(client, part)
    over = Refused(f"not asked: of one study no more than {MOST_ASKED} parts are")
    made = []
    for criterion, parts in zip(criteria, open_, strict=True):
        found: dict[Span, Checked | Refused] = {each.span: answers.get(each, over) for each in parts}
        made.append(put_beside(criterion, client.model.name, found))
    return tuple(made)


def _ask(client: LanguageModelClient, part: OpenPart) -> Checked | Refused:
    try:
        return part.check(client.ask(_read_instructions(), part.write_question()))
    except NoAnswerError as error:
        return Refused(error.reason)
    except Refused as refused:
        return refused


@cache
def _read_instructions() -> str:
    return (files("trialbook.eligibility.proposed") / "instructions.md").read_text(encoding="utf-8")
