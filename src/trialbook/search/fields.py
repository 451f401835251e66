"""What does the index hold of a study, and under which field?

nct_id    the id, stored
order     a number that sorts studies by id, for walking all results; `find_id` gives most ids back
piece     every text, by piece name, in words with their positions
tier      the texts of BasicSearch again, grouped by weight, so that a search asks 7 fields, not 57
exact     values as they stand (enumerations, countries, names): equality and facet counts
site      what is said of each site, at the site's number as position: see `sites`
point     each place of the study once; `point_status` each place with a site's status there
present   names of the pieces and structures that have a value; `Name#3` gives a list's length
from_day, to_day   when this version was in force, in days since 1970-01-01
n_<Piece> dates in days, ages in minutes, numbers as they are
"""

from __future__ import annotations

import re
from functools import cache

import tantivy

from trialbook.search.areas import Piece, get_areas, get_pieces

# Bump whenever a document would come out differently: libraries then rebuild their index.
INDEX_VERSION = 3

# Words that stand before and after each value, so that a query can ask for its beginning or end.
BEGIN, END = "qqbeginqq", "qqendqq"

# Lower bounds of the weights of BasicSearch that share a tier, and the weight that the tier stands for.
TIERS = ((0.95, 1.0), (0.82, 0.87), (0.7, 0.8), (0.55, 0.61), (0.38, 0.45), (0.28, 0.32), (0.0, 0.15))

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

_POSSESSIVE = re.compile(r"(?<=\w)['’][sS]\b")


def tier_of(weight: float) -> int:
    """The tier (0 is the heaviest) that a weight of BasicSearch belongs to."""
    return next(number for number, (bound, _) in enumerate(TIERS) if weight >= bound)


@cache
def get_basic_tiers() -> dict[str, str]:
    """The tier's field for each piece of BasicSearch."""
    return {part.piece.name: f"tier.{tier_of(part.weight)}" for part in get_areas()["BasicSearch"].parts}


@cache
def get_ordered_pieces() -> dict[str, Piece]:
    """Every piece with an order, which therefore has a numeric field."""
    return {name: piece for name, piece in get_pieces().items() if piece.is_ordered}


def is_exact(piece: Piece) -> bool:
    """Whether a piece's values are kept as they stand."""
    return piece.kind in ("enum", "boolean") or piece.name in FACET_TEXTS


def order_field(piece_name: str) -> str:
    """The numeric field of an ordered piece."""
    return f"n_{piece_name}"


@cache
def get_schema() -> tantivy.Schema:
    """The index's fields."""
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("nct_id", stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_unsigned_field("order", indexed=True, fast=True)
    for name in ("piece", "tier"):
        builder.add_json_field(name, tokenizer_name="words", index_option="position")
    builder.add_json_field("exact", fast=True, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("site", tokenizer_name="raw", index_option="position")
    for name in ("point", "point_status"):
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("present", tokenizer_name="raw", index_option="basic")
    for name in ("from_day", "to_day"):
        builder.add_unsigned_field(name, indexed=False, fast=True)
    for name, piece in get_ordered_pieces().items():
        if piece.type.startswith("number"):
            builder.add_float_field(order_field(name), fast=True)
        else:
            builder.add_integer_field(order_field(name), fast=True)
    return builder.build()


@cache
def get_analyzer() -> tantivy.TextAnalyzer:
    """Cuts text into words: runs of letters and digits, in lower case, without accents."""
    builder = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
    for step in (tantivy.Filter.remove_long(100), tantivy.Filter.lowercase(), tantivy.Filter.ascii_fold()):
        builder = builder.filter(step)
    return builder.build()


def drop_possessives(text: str) -> str:
    """A text without the endings that say whose something is; index and queries both drop them.

    >>> drop_possessives("Crohn's disease, O'Brien’s 5'S")
    "Crohn disease, O'Brien 5"
    """
    return _POSSESSIVE.sub("", text) if "'" in text or "’" in text else text


def cut_words(text: str) -> list[str]:
    """Cut a text into words as the index does.

    >>> cut_words("Crohn's (Ménière) CT-1")
    ['crohn', 'meniere', 'ct', '1']
    """
    return list(get_analyzer().analyze(drop_possessives(text)))
