"""How does TILT favour later dates and higher values?

The values of the field, over all studies, are cut into as many steps as `STEPS`; a study gains a share
for every step that its value reaches. All shares together stay below what separates the words as typed
from another name, so that TILT reorders studies that match alike and no others.
"""

from __future__ import annotations

from collections.abc import Sequence

import tantivy
from tantivy import FieldType, Occur, Query

from trialbook.search.index.schema import get_ordered_pieces, get_schema

STEPS = 20
MOST_VALUES = 65_000
WEIGHT = 0.5


def tilt(field: str, query: Query, steps: Sequence[float]) -> Query:
    """The same matches, scored higher the higher their value of a field is; `steps` as `find_steps`."""
    is_float = get_ordered_pieces()[field[2:]].type.startswith("number")
    kind = FieldType.Float if is_float else FieldType.Integer
    gains = []
    for bound in steps:
        reached = Query.range_query(get_schema(), field, kind, bound, None)
        gains.append((Occur.Should, Query.const_score_query(reached, WEIGHT / STEPS)))
    return Query.boolean_query([(Occur.Must, query), *gains])


def find_steps(searcher: tantivy.Searcher, field: str) -> list[float]:
    """The values that one STEPS-th, two, three… of all studies stay below, each once."""
    asked = {"values": {"terms": {"field": field, "size": MOST_VALUES}}}
    buckets = searcher.aggregate(Query.all_query(), asked)["values"]["buckets"]
    counted = sorted((bucket["key"], bucket["doc_count"]) for bucket in buckets)
    total = sum(count for _, count in counted)
    is_float = get_ordered_pieces()[field[2:]].type.startswith("number")
    steps: list[float] = []
    below, wanted = 0, 0
    for value, count in counted:
        if below * STEPS >= wanted * total:
            steps.append(value if is_float else round(value))
            wanted = below * STEPS // total + 1
        below += count
    return steps
