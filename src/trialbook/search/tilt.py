"""How does TILT favour later dates and higher values?

The values of the field, over all studies, are cut into as many steps as `STEPS`; a study gains a share
for every step that its value reaches. All shares together stay below what separates the words as typed
from another name, so that TILT reorders studies that match alike and no others.
"""

from __future__ import annotations

import tantivy
from tantivy import FieldType, Occur, Query

from trialbook.search.fields import get_ordered_pieces, get_schema

STEPS = 20
WEIGHT = 0.5


def tilt(searcher: tantivy.Searcher, field: str, query: Query) -> Query:
    """The same matches, scored higher the higher their value of a field is."""
    is_float = get_ordered_pieces()[field[2:]].type.startswith("number")
    kind = FieldType.Float if is_float else FieldType.Integer
    gains = [
        (
            Occur.Should,
            Query.const_score_query(Query.range_query(get_schema(), field, kind, bound), WEIGHT / STEPS),
        )
        for bound in _find_steps(searcher, field, is_float=is_float)
    ]
    return Query.boolean_query([(Occur.Must, query), *gains])


def _find_steps(searcher: tantivy.Searcher, field: str, *, is_float: bool) -> list[float]:
    """The values that a share of 1/STEPS, 2/STEPS… of all studies stay below."""
    percents = [100 * step / STEPS for step in range(STEPS)]
    asked = {"steps": {"percentiles": {"field": field, "percents": percents, "keyed": False}}}
    found = searcher.aggregate(Query.all_query(), asked)["steps"]["values"]
    bounds = {row["value"] for row in found if row["value"] is not None and row["value"] == row["value"]}
    return sorted(bounds if is_float else {round(bound) for bound in bounds})
