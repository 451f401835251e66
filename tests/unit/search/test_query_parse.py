"""A query becomes the tree that its words and brackets say, or an error that says where and what instead."""

from __future__ import annotations

import time

import pytest

from trialbook.errors import QueryError
from trialbook.search.language.parse import parse_query
from trialbook.search.language.render import render_query
from trialbook.search.language.scanner import MAX_DEPTH, MAX_LENGTH, MAX_SOURCES, MAX_WORDS
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
    Range,
    Search,
    Term,
    Tilt,
    walk,
)

A, B, C = Term("a"), Term("b"), Term("c")


def parse(text: str) -> Expression:
    return parse_query(text).expression


def refuse(text: str, where: str = "advanced filter") -> QueryError:
    with pytest.raises(QueryError) as caught:
        parse_query(text, where=where)
    assert caught.value.query == text
    return caught.value


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("heart attack", Term("heart attack")),
        ("a OR b AND c", Or((A, And((B, C))))),
        ("(a OR b) AND c", And((Or((A, B)), C))),
        ("a AND b AND c", And((A, B, C))),
        ("a AND (b AND c)", And((A, B, C))),
        ("(a OR b) OR c", Or((A, B, C))),
        ("a NOT b", And((A, Not(B)))),
        ("NOT a b", Not(Term("a b"))),
        ("NOT NOT a", Not(Not(A))),
        ('a "b c" c', And((A, Phrase("b c"), C))),
        ("(a)(b)", And((A, B))),
        ("((a))", A),
        ("AREA[Condition]a OR b", Or((Area("Condition", A), B))),
        ("AREA[Condition] a b", Area("Condition", Term("a b"))),
        ("AREA[ Condition ]a", Area("Condition", A)),
        ("AREA[CONDITIONS]a", Area("Condition", A)),
        ("AREA[protocolSection.conditionsModule.conditions]a", Area("Condition", A)),
        ("AREA[ConditionSearch]NOT a", Area("ConditionSearch", Not(A))),
        ("EXPANSION[Term]COVERAGE[StartsWith]a", Expansion("Term", Coverage("StartsWith", A))),
        ("TILT[StudyFirstPostDate]a", Tilt("StudyFirstPostDate", A)),
        ("SEARCH[Study]a", Search("Study", A)),
        ("MISSING", Missing()),
        ("ALL", All()),
        ("", All()),
        (" \t\n", All()),
        ("and or not all missing", Term("and or not all missing")),
        ("ALLERGY ANDROID", Term("ALLERGY ANDROID")),
        (r"area\[x\]", Term("area[x]")),
        (r"\[18F\]FDG PET", Term("[18F]FDG PET")),
        ('"[18F]FDG" PET', And((Phrase("[18F]FDG"), Term("PET")))),
        (r"\AND \OR", Term("AND OR")),
        (r"\AREA[x]", Term("AREA[x]")),
        (r"\(a\)", Term("(a)")),
        (r"5\"", Term('5"')),
        (r"a\\b \ c", Term("a\\b \\ c")),
        (r'"say \"AND\" \\"', Phrase('say "AND" \\')),
        ('"  back \n pain "', Phrase("back pain")),
        ("Sjögren 肝癌", Term("Sjögren 肝癌")),
        ("SURFACE AREA", Term("SURFACE AREA")),
        ("a,b , c", Term("a,b , c")),
        ("a,AREA[Condition]b", And((A, Area("Condition", B)))),
        ("(a) ,  AREA[Condition]b, c", And((A, Area("Condition", Term("b, c"))))),
        (r"a,\AREA[x]", Term("a,AREA[x]")),
        (r"a\,\AREA[x], \AREA[x]", Term("a,AREA[x], AREA[x]")),
        (
            "AREA[LocationCountry]Germany,AREA[LocationCity]Bad Nauheim",
            And((Area("LocationCountry", Term("Germany")), Area("LocationCity", Term("Bad Nauheim")))),
        ),
        (
            "AREA[StartDate]RANGE[2020,2021],SEARCH[Study]a,RANGE",
            And((Area("StartDate", Range("2020", "2021", "date")), Search("Study", Term("a,RANGE")))),
        ),
    ],
)
def test_text_becomes_tree(text: str, tree: Expression) -> None:
    assert parse(text) == tree


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("AREA[Phase]PHASE3", Area("Phase", Term("PHASE3"))),
        ('AREA[Phase]"Phase 3"', Area("Phase", Term("PHASE3"))),
        ("AREA[Phase]Phase 2/Phase 3", Area("Phase", And((Term("PHASE2"), Term("PHASE3"))))),
        ("AREA[OverallStatus]Active, not recruiting", Area("OverallStatus", Term("ACTIVE_NOT_RECRUITING"))),
        ("AREA[FunderTypeSearch]Industry", Area("FunderTypeSearch", Term("INDUSTRY"))),
        ("AREA[Sex]ALL", Area("Sex", Term("ALL"))),
        ("AREA[Phase]ALL", Area("Phase", All())),
        ("AREA[HasResults]Yes", Area("HasResults", Term("true"))),
        ("AREA[HealthyVolunteers]Accepts Healthy Volunteers", Area("HealthyVolunteers", Term("true"))),
        ("AREA[StartDate]2022", Area("StartDate", Range("2022", "2022", "date"))),
        ("AREA[StartDate]May 5, 2022", Area("StartDate", Range("2022-05-05", "2022-05-05", "date"))),
        ("AREA[StartDate]RANGE[min,5/2022]", Area("StartDate", Range("MIN", "2022-05", "date"))),
        ("AREA[StartDate]RANGE[MIN, MAX]", Area("StartDate", Range("MIN", "MAX", "any"))),
        ("AREA[EnrollmentCount]RANGE[1, 2.5]", Area("EnrollmentCount", Range("1", "2.5", "number"))),
        ("AREA[MinimumAge]18 years", Area("MinimumAge", Range("18 Years", "18 Years", "age"))),
        ("AREA[MinimumAge]RANGE[1y, 18 mos]", Area("MinimumAge", Range("1 Year", "18 Months", "age"))),
        ("AREA[NumLocations]3", Area("NumLocations", Range("3", "3", "number"))),
        ("AREA[Phase:size]RANGE[1, MAX]", AreaSize("Phase", Range("1", "MAX", "number"))),
        (
            "AREA[LocationGeoPoint]DISTANCE[ -1.5,2 , 5 KM]",
            Area("LocationGeoPoint", Distance(-1.5, 2.0, 5.0, "5km")),
        ),
        (
            "AREA[LocationGeoPoint]DISTANCE[39.00357070000001, -77.1013, 50.500000000000001km]",
            Area("LocationGeoPoint", Distance(39.00357070000001, -77.1013, 50.5, "50.500000000000001km")),
        ),
        (
            "AREA[LocationGeoPoint]DISTANCE[-90,180,1km]",
            Area("LocationGeoPoint", Distance(-90.0, 180.0, 1.0, "1km")),
        ),
        (
            "AREA[LocationStatus]SEARCH[Location]recruiting",
            Area("LocationStatus", Search("Location", Term("RECRUITING"))),
        ),
        ("COVERAGE[Contains]EXPANSION[Relaxation]a", Coverage("Contains", Expansion("Relaxation", A))),
        (
            "AREA[LocationGeoPoint]DISTANCE[0,0,500mi]",
            Area("LocationGeoPoint", Distance(0.0, 0.0, 804.672, "500mi")),
        ),
    ],
)
def test_values_are_put_into_the_form_of_the_record(text: str, tree: Expression) -> None:
    assert parse(text) == tree


def test_every_node_points_at_its_words() -> None:
    text = 'x AND AREA[Phase] (Phase 2 OR "Phase 3") NOT y'
    found = [(type(node).__name__, text[node.span[0] : node.span[1]]) for node in walk(parse(text))]
    assert found == [
        ("And", text),
        ("Term", "x"),
        ("Area", 'AREA[Phase] (Phase 2 OR "Phase 3")'),
        ("Or", '(Phase 2 OR "Phase 3")'),
        ("Term", "Phase 2"),
        ("Term", '"Phase 3"'),
        ("Not", "NOT y"),
        ("Term", "y"),
    ]


def test_normal_form_spells_everything_out() -> None:
    text = r'a b  "c"NOT (AREA[CONDITIONS] x OR (y OR \ALL)) SURFACE AREA'
    assert render_query(parse_query(text)) == (
        r'a b AND "c" AND NOT (AREA[Condition]x OR y OR \ALL) AND SURFACE \AREA'
    )


@pytest.mark.parametrize(
    ("text", "message", "position"),
    [
        ("AREA[X]a", "Unknown area name: `X`", 5),
        ("AREA[phase]a", "Unknown area name: `phase`", 5),
        ("AREA[]a", "Unknown area name: ``", 5),
        ("AREA[ConditionSearch:size]2", "Unknown area name: `ConditionSearch`", 5),
        ("TILT[X]a", "Unknown area name: `X`", 5),
        ("SEARCH[Location]AREA[Condition]x", "Unknown area name: `Condition`", 21),
        (
            "a AND AREA[Phase]foo",
            "Allowed values for enum field `protocolSection.designModule.phases` are "
            "`NA`, `EARLY_PHASE1`, `PHASE1`, `PHASE2`, `PHASE3`, `PHASE4`",
            17,
        ),
        ("a AND", "no viable alternative at input '<EOF>'", 5),
        ("NOT", "no viable alternative at input '<EOF>'", 3),
        ("AREA[Phase]", "no viable alternative at input '<EOF>'", 11),
        ("AND a", "no viable alternative at input 'AND'", 0),
        ("a OR OR b", "no viable alternative at input 'OR'", 5),
        ("a AND ()", "no viable alternative at input ')'", 7),
        ('a ""', "no viable alternative at input '\"\"'", 2),
        ("a) b", "mismatched input ')' expecting <EOF>", 1),
        ("a (b", "missing ')' at '<EOF>'", 4),
        ('a "b', "missing '\"' at '<EOF>'", 2),
        ("AREA[Phase", "missing ']' at '<EOF>'", 10),
        ("AREA[a[b]c", "missing ']' at '['", 6),
        ("AREA [Phase]a", "mismatched input 'AREA'", 0),
        ("diabetes [type 2]", "mismatched input '['", 9),
        ("tolvaptan [diag:0]", "mismatched input '['", 10),
        ("heart failure]", "mismatched input ']'", 13),
        ("[18F]FDG PET", "mismatched input '['", 0),
        ("xAREA[Phase]a", "mismatched input '['", 5),
        (r"\AREA[x]]", "mismatched input ']'", 8),
        ("rosuvastatin BCRP [ ", "no viable alternative at input '['", 18),
        ("SEARCH[Arm]a", "mismatched input 'Arm' expecting {'Study', 'Location'}", 7),
        (
            "COVERAGE[Some]a",
            "mismatched input 'Some' expecting {'Contains', 'FullMatch', 'StartsWith', 'EndsWith'}",
            9,
        ),
        (
            "EXPANSION[none]a",
            "mismatched input 'none' expecting {'None', 'Term', 'Concept', 'Relaxation', 'Lossy'}",
            10,
        ),
        ("AREA[StartDate]RANGE[1]", "mismatched input '1' expecting two values", 21),
        ("AREA[StartDate]RANGE[,2020]", "mismatched input ',2020' expecting two values", 21),
        ("AREA[StartDate]RANGE[MAX,2020]", "mismatched input 'MAX'", 21),
        (
            "AREA[StartDate]RANGE[2022-13, MAX]",
            "Invalid value `2022-13` for date field `protocolSection.statusModule.startDateStruct.date`",
            21,
        ),
        (
            "AREA[MinimumAge]16",
            "Invalid value `16` for age field `protocolSection.eligibilityModule.minimumAge`",
            16,
        ),
        ("AREA[Phase:size]two", "Invalid value `two` for number field `Phase:size`", 16),
        ("AREA[BriefTitle]RANGE[1, 2]", "RANGE cannot be used with `BriefTitle`", 22),
        ("RANGE[a, b]", "Invalid values `a, b` for `BasicSearch`", 6),
        ("TILT[BriefTitle]a", "TILT cannot be used with `BriefTitle`", 5),
        ("AREA[HasResults]maybe", "Allowed values for boolean field `hasResults` are `true`, `false`", 16),
        ("DISTANCE[1, 2, 3km]", "DISTANCE cannot be used with `BasicSearch`", 0),
        ("AREA[LocationGeoPoint]a", "`LocationGeoPoint` cannot be searched for words", 22),
        (
            "AREA[LocationGeoPoint]DISTANCE[1, 2, 3]",
            "mismatched input '1, 2, 3' expecting latitude, longitude, radius",
            31,
        ),
        ("AREA[LocationGeoPoint]DISTANCE[91, 2, 3km]", "no such place: 91.0, 2.0", 31),
        ("AREA[LocationGeoPoint]DISTANCE[1, -180.1, 3km]", "no such place: 1.0, -180.1", 31),
        ("AREA[LocationGeoPoint]DISTANCE[1, 180.1, 3km]", "no such place: 1.0, 180.1", 31),
        ("AREA[LocationGeoPoint]DISTANCE[1, 2, 0.9mi]", "radius 0.9mi is out of range", 31),
        ("AREA[LocationGeoPoint]DISTANCE[1, 2, 500.1mi]", "radius 500.1mi is out of range", 31),
        ("AREA[LocationGeoPoint]DISTANCE[1, 2, 806km]", "radius 806km is out of range", 31),
        (
            "EXPANSION[Relaxation]COVERAGE[FullMatch]a",
            "COVERAGE[FullMatch] cannot be used with EXPANSION[Relaxation]",
            21,
        ),
        (
            "COVERAGE[Contains](a OR EXPANSION[Lossy]b)",
            "EXPANSION[Lossy] cannot be used with COVERAGE[Contains]",
            24,
        ),
    ],
)
def test_error_names_what_is_wrong_and_where(text: str, message: str, position: int) -> None:
    error = refuse(text)
    assert (error.message, error.position) == (f"Error parsing query in advanced filter: {message}", position)
    assert str(error).splitlines()[2] == "  " + " " * position + "^"


def test_error_names_the_parameter_and_a_near_name() -> None:
    error = refuse("AREA[Conditoin]a", where="query.cond")
    assert error.message == "Error parsing query in query.cond: Unknown area name: `Conditoin`"
    assert "Condition" in error.hint
    assert "Did you mean Phase?" in refuse("AREA[PHASES]a").hint or "Phase" in refuse("AREA[phase]a").hint


@pytest.mark.parametrize("expansion", ["None", "Term", "Concept"])
@pytest.mark.parametrize("coverage", ["FullMatch", "StartsWith", "EndsWith", "Contains"])
def test_narrow_expansions_go_with_every_coverage(expansion: str, coverage: str) -> None:
    parse(f"EXPANSION[{expansion}]COVERAGE[{coverage}]a")
    parse(f"COVERAGE[{coverage}]EXPANSION[{expansion}]a")


def test_default_area_decides_how_bare_words_are_read() -> None:
    query = parse_query("Phase 2", default_area="Phase")
    assert (query.expression, query.default_area) == (Term("PHASE2"), "Phase")
    with pytest.raises(ValueError, match="Nonsense"):
        parse_query("a", default_area="Nonsense")


HOSTILE = {
    "a megabyte": "a " * 500_000,
    "100,000 parentheses": "(" * 100_000,
    "as many parentheses as are read": "(" * MAX_LENGTH,
    "closed parentheses": "(" * 20_000 + "a" + ")" * 20_000,
    "closing only": ")" * MAX_LENGTH,
    "NOT without end": "NOT " * (MAX_LENGTH // 4),
    "brackets without end": "AREA[" * (MAX_LENGTH // 5),
    "prefixes without end": "AREA[Phase]" * (MAX_LENGTH // 11),
    "a long unknown name": "AREA[" + "Q" * 40_000 + "]a",
    "quotes": '"' * MAX_LENGTH,
    "open quote with backslashes": '"' + "\\" * (MAX_LENGTH - 2),
    "too many terms": "a OR " * (MAX_SOURCES + 1) + "a",
    "too many words": "a " * (MAX_WORDS + 1),
    "too many words in phrases": f'"{"a " * (MAX_WORDS // 2)}" ' * 3,
    "too many phrases": '"a"' * (MAX_SOURCES + 1),
    "commas before nothing": ", " * 20_000 + "AREA[",
    "operators apart": "AREA" + " " * (MAX_LENGTH - 10) + "[",
    "long bounds": "AREA[StartDate]RANGE[" + "9" * 20_000 + "," + "9" * 20_000 + "]",
    "many bounds": "AREA[StartDate]RANGE[" + "," * 40_000 + "]",
    "control characters": "AREA[\x00\x01]\x02",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_query_is_refused_at_once(name: str) -> None:
    parse("warm up")
    began = time.perf_counter()
    error = refuse(HOSTILE[name])
    assert time.perf_counter() - began < 5  # a query that hangs, not one that is slow
    assert len(error.message) < 1_000
    assert len(str(error)) < 2_000


@pytest.mark.parametrize(
    "text",
    [
        " OR ".join(["heart attack"] * MAX_SOURCES),
        "(" * MAX_DEPTH + "a" + ")" * MAX_DEPTH,
        "NOT " * MAX_DEPTH + "a",
        "(a OR b AND NOT " * (MAX_DEPTH // 2) + "c" + ")" * (MAX_DEPTH // 2),
        "a " * MAX_WORDS,
        "\\" * MAX_LENGTH,
        "a" * MAX_LENGTH,
    ],
)
def test_what_the_limits_allow_is_read_and_written(text: str) -> None:
    query = parse_query(text)
    written = render_query(query)
    assert len(written) > MAX_LENGTH or parse_query(written) == query


def test_limits_are_named_in_the_message() -> None:
    assert "50,000" in refuse("a" * (MAX_LENGTH + 1)).hint
    assert "50" in refuse("(" * 60).hint
    assert "2,000" in refuse('"a"' * 2_001).hint


def test_an_ordinary_query_is_read_in_two_milliseconds() -> None:
    text = (
        "(heart failure OR cardiomyopathy) AND AREA[Phase](PHASE2 OR PHASE3) AND "
        "AREA[StartDate]RANGE[2020-01-01, MAX] AND SEARCH[Location](AREA[LocationCountry]France "
        "AND AREA[LocationStatus]Recruiting) NOT placebo"
    )
    parse(text)
    best = min(_time(text) for _ in range(20))
    assert best < 0.002


def _time(text: str) -> float:
    began = time.perf_counter()
    parse(text)
    return time.perf_counter() - began


def test_half_a_character_is_refused_where_it_stands() -> None:
    with pytest.raises(QueryError, match="half a character") as caught:
        parse_query("heart \ud83d attack")
    assert caught.value.position == 6
    str(caught.value).encode()
