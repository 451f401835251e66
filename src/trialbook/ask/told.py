"""How is what was asked told, part by part, in the words in which it was asked?"""

from __future__ import annotations

from collections.abc import Mapping

from trialbook.ask.filters import FILTERS
from trialbook.ask.form import BOXES
from trialbook.ask.kinds import read_value

QUERY, AS_OF = "Query", "Records as of"


def tell_asked(
    text: str, areas: Mapping[str, str], given: Mapping[str, object], *, as_of: str | None = None
) -> tuple[tuple[str, str], ...]:
    """What was asked as (what, value); as `make_request` takes it. Raises QueryError.

    >>> tell_asked(" heart ", {"intr": "cells"}, {"phase": ["PHASE2", "phase3"], "has_results": False})
    (('Query', 'heart'), ('Treatment', 'cells'), ('Phase', 'PHASE2 or PHASE3'), ('Results', 'Not posted'))
    """
    told = [(QUERY, text.strip()), *((BOXES.get(name, name), words.strip()) for name, words in areas.items())]
    for each in FILTERS:
        value = read_value(each, given.get(each.name))
        if isinstance(value, bool):
            told.append((each.label, each.answers[0 if value else 1]))
        elif isinstance(value, tuple):
            told.append((each.label, " or ".join(value)))
        elif value is not None:
            told.append((each.label, str(value).removesuffix(".0")))
    return tuple((what, value) for what, value in (*told, (AS_OF, as_of or "")) if value)
