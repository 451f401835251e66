"""Which values can a search be narrowed to, and how many studies would each leave?"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from trialbook.ask.conditions import any_text
from trialbook.ask.filters import has_many_values
from trialbook.ask.kinds import Filter
from trialbook.library.found import make_begun
from trialbook.search.engine.engine import SearchEngine, SearchRequest
from trialbook.search.engine.facets import MOST_FACET_VALUES
from trialbook.terms.text import cut_words

# So many values that differ by case or signs alone are put together and counted as one.
MOST_JOINED = 100


class FacetValues(msgspec.Struct, frozen=True):
    """The values of a facet with their studies, in the order to show them; `left` more there are.

    `missing` is how many studies have no value; what is not `is_counted` may have any values.
    """

    values: tuple[tuple[str, int], ...] = ()
    missing: int = 0
    left: int = 0
    is_counted: bool = True


def count_facet(
    engine: SearchEngine, request: SearchRequest, asked: Filter, *, text: str = "", most: int = 10
) -> FacetValues:
    """Count the studies of a request, without the filters of a facet, by its values.

    Parameters
    ----------
    text
        Only values with words that begin so.
    most
        How many values to give; the most frequent first, where the filter has no order of its own.

    Raises
    ------
    QueryError
        As `SearchEngine.search`.
    """
    facet = asked.facet or asked.counted_apart
    wider = request.without_own(facet).for_counting((facet,), MOST_FACET_VALUES)
    among = wider
    if text and has_many_values(asked):
        begun = make_begun(engine, asked.piece, text)
        if begun is None:
            return FacetValues()
        among = msgspec.structs.replace(wider, filters=(*wider.filters, *begun))
    result = engine.search(among)
    counts: Mapping[str, int] = result.facets[facet]
    if text:
        counts = {value: studies for value, studies in counts.items() if _has_words(value, text)}
    missing = 0 if text else result.missing[facet]
    if not has_many_values(asked):
        values = arrange(asked, counts)
        return FacetValues(values[:most], missing, max(0, len(values) - most))
    return _join_spellings(engine, wider, asked, counts, most, missing)


def arrange(asked: Filter, counts: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
    """Values in the order of their filter, then by how many studies have them; years from the last on."""
    if asked.kind == "years":
        return tuple(sorted(counts.items(), reverse=True))
    ranks = {value: at for at, value in enumerate(asked.order)}
    return tuple(sorted(counts.items(), key=lambda each: (ranks.get(each[0], len(ranks)), -each[1], each[0])))


def _join_spellings(
    engine: SearchEngine,
    wider: SearchRequest,
    asked: Filter,
    counts: Mapping[str, int],
    most: int,
    missing: int,
) -> FacetValues:
    """As a filter finds "placebo" and "Placebo" alike, they are one value here, counted as the filter does."""
    groups: dict[str, list[str]] = {}
    for value in counts:
        groups.setdefault(" ".join(cut_words(value)) or value, []).append(value)
    sums = {names[0]: sum(counts[name] for name in names) for names in groups.values()}
    shown = sorted(sums, key=lambda value: (-sums[value], value))[:most]
    joined = [names[0] for names in groups.values() if len(names) > 1 and names[0] in set(shown)]
    for value in joined[:MOST_JOINED]:
        exact = msgspec.structs.replace(
            wider, facets=(), filters=(*wider.filters, any_text(asked.piece, (value,)))
        )
        sums[value] = engine.search(exact).total
    values = tuple(sorted(((value, sums[value]) for value in shown), key=lambda each: (-each[1], each[0])))
    return FacetValues(values, missing, len(sums) - len(shown))


def _has_words(value: str, text: str) -> bool:
    """Whether each word of a text begins one of a value."""
    words = cut_words(value)
    return all(any(word.startswith(begun) for word in words) for begun in cut_words(text))
