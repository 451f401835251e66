"""What does the index hold of a study, and under which field?

nct_id    the id, stored
order     a number that sorts studies by id, for walking all results; `find_id` gives most ids back
piece     every text, by piece name, in words with their positions; compounds ("UC-MSC") also as one
          word, which is a value of its own
basic     the texts of BasicSearch again, so that a search asks 2 fields, not 57: those that synonyms
          widen; `basic_plain` the others
name      each name of several words that stands in BasicSearch (`trialbook.terms.known_names`): by its
          key, by `key#k` with its level as in `strength`, and as it is written; see `name_term`
strength  how much each word of BasicSearch counts in this study: `word#k`, see `compute_level`
exact     values as they stand (enumerations, countries, names): equality and facet counts
country   the countries of its sites again, each under one name, which most answers are counted by
packed_*  what most answers are counted by beside it, in few numbers: see `packed`
site      what is said of each site, at the site's number as position: see `sites`
point     each place of the study once; `point_status` each place with a site's status there; `point_open` each
          place with an open site: maps are counted by the first and the last
place     each place by its names: see `trialbook.terms.place_names`
present   names of the pieces and structures that have a value; `Name#3` gives a list's length
from_day, to_day   when this version was in force, in days since 1970-01-01
n_<Piece> dates in days, ages in minutes, numbers as they are
"""

from __future__ import annotations

import math
from bisect import bisect_left
from functools import cache

import tantivy

from trialbook.record.pieces import Piece, get_areas, get_indexed_pieces
from trialbook.search.index.packed import COLUMNS

# Bump whenever a document would come out differently: libraries then rebuild their index.
INDEX_VERSION = 14

# The word that stands before, between and after the values of a piece, so that a query can ask for a
# value's beginning or end, and no phrase reaches from one value into the next.
EDGE = "qqedgeqq"

# Where one level of a word ends and the next begins: between the weights that BasicSearch gives to single
# pieces, then in growing steps for words that stand in several. Each level's documents are one list.
LEVEL_ENDS = (0.09, 0.15, 0.26, 0.36, 0.5, 0.7, 0.87, 1.1, 1.5, 2.0, 2.6, 3.3)
LEVELS = len(LEVEL_ENDS) + 1

# Pieces whose values can be counted by value, beside every enumeration and boolean.
FACET_TEXTS = frozenset(
    {
        "Condition",
        "ConditionMeshTerm",
        "Keyword",
        "InterventionName",
        "InterventionMeshTerm",
        "LeadSponsorName",
        "CollaboratorName",
        "OrgFullName",
        "LocationCountry",
        "LocationState",
        "LocationCity",
        "LocationCountryCode",
        "SecondaryIdDomain",
    }
)
FOREVER = 4_000_000


@cache
def get_basic_weights() -> dict[str, tuple[bool, float]]:
    """Each piece of BasicSearch: whether synonyms widen it, and what a word in it adds to the word's sum."""
    parts = get_areas()["BasicSearch"].parts
    return {part.piece.name: (part.synonyms, -math.log(1 - 0.7 * part.weight)) for part in parts}


def compute_level(total: float) -> int:
    """Which level (0 to LEVELS - 1) a word has, from the sum of `get_basic_weights` over its pieces."""
    return bisect_left(LEVEL_ENDS, total)


def level_score(level: int) -> float:
    """What a word of a level counts, in (0, 1): one less the chance that none of its pieces is meant."""
    low = LEVEL_ENDS[level - 1] if level else 0.05
    high = LEVEL_ENDS[level] if level < LEVELS - 1 else 4.3
    return 1 - math.exp(-(low + high) / 2)


def name_term(key: str, *, is_widened: bool, level: int | None = None) -> str:
    """The term of a name: whether a piece has it that synonyms widen, and its level, or None for any.

    >>> name_term("heart_failure", is_widened=True, level=3), name_term("heart_failure", is_widened=False)
    ('heart_failure#3', 'heart_failure-')
    """
    return f"{key}{'' if is_widened else '-'}{'' if level is None else f'#{level}'}"


def written_term(written: str) -> str:
    """The term of a name in the very words in which it stands.

    >>> written_term("heart_failures")
    '=heart_failures'
    """
    return f"={written}"


@cache
def get_ordered_pieces() -> dict[str, Piece]:
    """Every piece with an order, which therefore has a numeric field."""
    return {name: piece for name, piece in get_indexed_pieces().items() if piece.is_ordered}


def is_exact(piece: Piece) -> bool:
    """Whether a piece's values are kept as they stand."""
    return piece.kind in ("enum", "boolean") or piece.name in FACET_TEXTS


@cache
def get_exact_names() -> frozenset[str]:
    """The pieces for which `is_exact` holds."""
    return frozenset(name for name, piece in get_indexed_pieces().items() if is_exact(piece))


def order_field(piece_name: str) -> str:
    """The numeric field of an ordered piece."""
    return f"n_{piece_name}"


@cache
def get_schema() -> tantivy.Schema:
    """The index's fields."""
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("nct_id", stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_unsigned_field("order", indexed=True, fast=True)
    builder.add_json_field("piece", tokenizer_name="words", index_option="position")
    for name in ("basic", "basic_plain"):
        builder.add_text_field(name, tokenizer_name="words", index_option="position")
    builder.add_text_field("name", tokenizer_name="whitespace", index_option="basic")
    builder.add_text_field("strength", tokenizer_name="whitespace", index_option="basic")
    builder.add_json_field("exact", fast=True, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("country", fast=True, tokenizer_name="raw", index_option="basic")
    for name in COLUMNS:
        builder.add_unsigned_field(name, indexed=False, fast=True)
    builder.add_text_field("site", tokenizer_name="raw", index_option="position")
    for name in ("point", "point_open"):
        builder.add_text_field(name, fast=True, tokenizer_name="raw", index_option="basic")
    for name in ("point_status", "place"):
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("present", tokenizer_name="whitespace", index_option="basic")
    for name in ("from_day", "to_day"):
        builder.add_unsigned_field(name, indexed=False, fast=True)
    for name, piece in get_ordered_pieces().items():
        if piece.type.startswith("number"):
            builder.add_float_field(order_field(name), fast=True)
        else:
            builder.add_integer_field(order_field(name), fast=True)
    return builder.build()
