"""Queries keep their meaning when written in normal form, and no text whatever breaks the parser."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, TypeAlias

from hypothesis import given
from hypothesis import strategies as st
from tests.naive.evaluate import evaluate
from tests.naive.records import make_record

from trialbook.errors import QueryError
from trialbook.record.pieces import get_enums, get_pieces
from trialbook.search.language.bounds import KM_PER_MILE
from trialbook.search.language.parse import parse_query
from trialbook.search.language.render import render_query
from trialbook.search.language.syntax import (
    All,
    And,
    Area,
    AreaSize,
    Coverage,
    Distance,
    Expansion,
    Expression,
    Missing,
    Not,
    Or,
    Phrase,
    Query,
    Range,
    Search,
    Term,
    Tilt,
)

Trees: TypeAlias = st.SearchStrategy[Expression]

OPERATORS = ["AND", "OR", "NOT", "ALL", "MISSING", "AREA", "AREA[x]", "RANGE[1,", "SEARCH[", "DISTANCE"]
ODD = ['"', "\\", "(", ")", "[", "]", '"\\', "\\(", "''", "a:b", "a,AREA[x]", ",", "-", "é", "肝"]

words = st.one_of(
    st.sampled_from(["heart", "Attack", "follow-up", "and", *OPERATORS, *ODD]),
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=6).filter(
        lambda text: text.split() == [text]
    ),
)
texts = st.lists(words, min_size=1, max_size=4).map(" ".join)
names = st.sampled_from(["BasicSearch", "ConditionSearch", "Condition", "BriefTitle", "OutcomesModule"])


def joined(kind: type[And] | type[Or], children: list[Expression]) -> Expression:
    flat: list[Expression] = []
    for child in children:
        flat.extend(child.children if isinstance(child, kind) else [child])
    return flat[0] if len(flat) == 1 else kind(tuple(flat))


def combined(leaves: Trees, *prefixes: Any) -> Trees:
    """Trees of AND, OR, NOT and the given one-child nodes over `leaves`."""
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.builds(joined, st.sampled_from([And, Or]), st.lists(inner, min_size=1, max_size=3)),
            st.builds(Not, inner),
            *(prefix(inner) for prefix in prefixes),
        ),
        max_leaves=8,
    )


def enum_areas() -> Trees:
    pieces = [piece for piece in get_pieces().values() if piece.kind == "enum"]

    def area(piece: Any) -> Trees:
        values = [Term(value.value) for value in get_enums()[piece.enum]]
        return st.builds(Area, st.just(piece.name), combined(st.sampled_from([*values, Missing()])))

    return st.sampled_from(pieces).flatmap(area)


def ranges(bounds: st.SearchStrategy[str], kind: Any) -> Trees:
    low, high = st.one_of(st.just("MIN"), bounds), st.one_of(st.just("MAX"), bounds)
    return st.builds(
        lambda low, high: Range(low, high, "any" if (low, high) == ("MIN", "MAX") else kind), low, high
    )


dates = st.one_of(
    st.dates().map(lambda day: day.isoformat()),
    st.dates().map(lambda day: day.isoformat()[:7]),
    st.dates().map(lambda day: day.isoformat()[:4]),
)
numbers = st.one_of(
    st.integers(-(10**9), 10**9).map(str), st.decimals(-1000, 1000, places=3).map(lambda n: f"{n:f}")
)
ages = st.one_of(
    st.sampled_from(["1 Year", "1 Day"]),
    st.builds(
        "{} {}s".format, st.integers(2, 120), st.sampled_from(["Year", "Month", "Week", "Day", "Hour"])
    ),
)
distances = st.builds(
    lambda lat, lon, radius, unit: Distance(
        lat, lon, radius * (KM_PER_MILE if unit == "mi" else 1), f"{radius}{unit}"
    ),
    st.floats(-90, 90, allow_subnormal=False).map(lambda n: round(n, 9)),
    st.floats(-180, 180, allow_subnormal=False).map(lambda n: round(n, 9)),
    st.integers(1, 500).map(float),
    st.sampled_from(["mi", "km"]),
)
said = st.one_of(st.builds(Term, texts), st.builds(Phrase, texts))
sources = st.one_of(
    said,
    st.just(All()),
    st.just(Missing()),
    enum_areas(),
    st.builds(Area, names, said),
    st.builds(Area, st.just("StartDate"), combined(ranges(dates, "date"))),
    st.builds(Area, st.just("EnrollmentCount"), combined(ranges(numbers, "number"))),
    st.builds(Area, st.just("MinimumAge"), combined(ranges(ages, "age"))),
    st.builds(AreaSize, st.just("Phase"), combined(ranges(numbers, "number"))),
    st.builds(Area, st.just("LocationGeoPoint"), combined(distances)),
    st.builds(Search, st.just("Location"), combined(st.builds(Area, st.just("LocationCity"), said))),
    st.builds(Coverage, st.sampled_from(["FullMatch", "StartsWith", "EndsWith", "Contains"]), said),
)
trees = combined(
    sources,
    lambda inner: st.builds(Expansion, st.sampled_from(["None", "Term", "Concept"]), inner),
    lambda inner: st.builds(Tilt, st.just("StudyFirstPostDate"), inner),
    lambda inner: st.builds(Search, st.just("Study"), inner),
)


@given(trees)
def test_every_tree_survives_being_written_and_read(tree: Expression) -> None:
    written = render_query(tree)
    assert parse_query(written).expression == tree
    assert render_query(parse_query(written)) == written


brackets = [
    "AREA[Phase]", "AREA[StartDate]", "AREA[Phase:size]", "AREA[LocationCity]", "SEARCH[Location]",
    "SEARCH[Study]", "COVERAGE[Contains]", "EXPANSION[Lossy]", "TILT[StartDate]", "RANGE[MIN, MAX]",
    "RANGE[2020, 2021]",
]  # fmt: skip
lexemes = st.one_of(
    st.sampled_from([*OPERATORS, *ODD, *brackets, " ", "  ", "\n", "PHASE2", "2022", "x", '"a b"', "\\AND"]),
    st.text(max_size=5),
)


@given(st.one_of(st.text(), st.lists(lexemes, max_size=14).map(" ".join), st.lists(lexemes).map("".join)))
def test_any_text_is_a_query_that_survives_normal_form_or_an_error_with_a_place(text: str) -> None:
    try:
        query = parse_query(text)
    except QueryError as error:
        check_error(error, text)
    else:
        assert parse_query(render_query(query)) == query


def check_error(error: QueryError, text: str) -> None:
    assert error.query == text
    assert 0 <= error.position <= len(text)
    assert error.message.startswith("Error parsing query in query: ")


some_words = st.sampled_from(["heart", "Hearts", "attack", "attacks", "lung", "disease", "Heart attack"])
phrases = st.lists(some_words, min_size=1, max_size=5).map(" ".join)
records = st.lists(
    st.builds(
        lambda title, conditions: make_record(
            "NCT00000001",
            {"identificationModule.briefTitle": title, "conditionsModule.conditions": conditions},
        ),
        phrases,
        st.lists(phrases, max_size=2),
    ),
    min_size=1,
    max_size=3,
).map(lambda found: [numbered(record, number) for number, record in enumerate(found)])


def numbered(record: dict[str, Any], number: int) -> dict[str, Any]:
    record["protocolSection"]["identificationModule"]["nctId"] = f"NCT{number:08}"
    return record


def synonyms(phrase: str) -> list[str]:
    return ["lung disease"] if phrase.lower() == "heart attack" else []


def find(tree: Expression, held: list[dict[str, Any]]) -> set[str]:
    return set(evaluate(Query(tree, default_area="ConditionSearch"), held, synonyms=synonyms))


@given(phrases, records)
def test_each_wider_expansion_finds_all_that_the_narrower_finds(
    text: str, held: list[dict[str, Any]]
) -> None:
    found = [
        find(Expansion(kind, Term(text)), held) for kind in ("None", "Term", "Concept", "Relaxation", "Lossy")
    ]
    assert all(narrow <= wide for narrow, wide in pairwise(found))
    assert find(Term(text), held) == found[3]


@given(phrases, records)
def test_a_full_match_begins_and_ends_and_both_are_contained(text: str, held: list[dict[str, Any]]) -> None:
    full, start, end, inside = (
        find(Coverage(kind, Expansion("Concept", Term(text))), held)
        for kind in ("FullMatch", "StartsWith", "EndsWith", "Contains")
    )
    assert full <= start & end
    assert start | end <= inside
    assert find(Coverage("FullMatch", Term(text)), held) == full


@given(phrases, phrases, records)
def test_not_and_or_obey_de_morgan(one: str, other: str, held: list[dict[str, Any]]) -> None:
    a, b = Term(one), Phrase(other)
    assert find(Not(Or((a, b))), held) == find(And((Not(a), Not(b))), held)
    assert find(Not(And((a, b))), held) == find(Or((Not(a), Not(b))), held)
    assert find(Not(Not(a)), held) == find(a, held)
