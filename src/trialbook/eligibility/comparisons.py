"""Which values does a criterion ask for? Numbers with their operators, units and limits of normal.

Read from the words alone: what is compared is for the grammar to say.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

import msgspec

from trialbook.eligibility.amounts import find_codes, find_scales, read_amount
from trialbook.eligibility.numbers import NUMBER, ROMAN
from trialbook.eligibility.tree import Interval, Limit
from trialbook.eligibility.units import TIME_UNITS, find_unit
from trialbook.eligibility.words import compile_small, make_small

Operator = Literal["ge", "gt", "le", "lt", "eq", ""]

BEFORE: tuple[tuple[Operator, str], ...] = (
    (
        "ge",
        r"≥\s*=?|⩾|≧|>\s*=|=\s*(?:or\s*)?>|>\s*/\s*=|>\s*or\s*=|>\s*or equal(?:s)?(?: to)?|(?:great(?:er)?|more|higher"
        r"|older|larger|longer)"
        r"(?: than)?(?: to)?(?: or|/) ?equal(?:s)?(?: to| than)?|(?:at|al) least|at a minimum(?: of)?|(?:no"
        r"|not)(?: be)? (?:less|fewer"
        r"|lower|younger|shorter|smaller) than|not\s*<(?!\s*=)|not below|not under|(?:a )?minimum(?: of| is)?|min\.|as low as|at"
        r" or above|equal(?: to)? or"
        r" (?:greater|more|higher|older|above|over)(?: than| to)?|above or equal(?: to)?|starting (?:at"
        r"|from)|>\s*than or equal to",
    ),
    (
        "le",
        r"≤\s*=?|⩽|≦|<\s*=|=\s*(?:or\s*)?<|<\s*/\s*=|<\s*or\s*=|<\s*or equal(?:s)?(?: to)?|(?:less|lower|fewer"
        r"|younger|smaller|shorter)"
        r"(?: than)?(?: or|/) ?equal(?:s)?(?: to| than)?|(?:no|not)(?: be)? (?:more|greater|higher"
        r"|older|longer|larger|bigger)"
        r" than|not\s*>(?!\s*=)|not (?:to )?exceed(?:ing)?|not above|not over|at most|(?:a )?maximum(?: of| is)?|max\."
        r"|up to|as high as|equal(?: to)? or"
        r" (?:less|lower|younger|below|under|fewer)(?: than| to)?|below or equal(?: to)?|at or below|until",
    ),
    (
        "gt",
        r">\s*(?:than)?|(?:great(?:er)?|more|higher|older|larger|longer|bigger|over)[ -]th(?:[ae]n|at)|over|above"
        r"|exceed(?:s|ing|ed)?"
        r"|in excess of|beyond|upwards of|superior to|older|＞",
    ),
    (
        "lt",
        r"<\s*(?:than)?|(?:less(?:er)?|fewer|lower|younger|smaller|shorter)[ -]th(?:[ae]n|at)|below|under|inferior to"
        r"|younger|＜",
    ),
    ("eq", r"=|equal(?:s)? to|exactly"),
)
BETWEEN_WORDS = r"(?: (?:a|an|the|of|total|value|age|ages|score|or equal to|than|about|approximately))*"
# What a number grades may stand between it and its sign: "≥ grade 3", "greater than CTCAE v4.0 grade 1".
BETWEEN_GRADES = (
    r"(?:\s*(?:(?:nci|ctcae|ctc|nyha|asa|who|ecog|child[- ]pugh|toxicity|functional)[\s-]*(?:v(?:ersion)?\.?\s*\d(?:\.\d)?\s*)?)*"
    r"(?:grades?|stages?|class(?:es)?)(?: of)?)?"
)
OPERATOR = compile_small(
    "(?:"
    + "|".join(
        f"(?P<{name}>(?<![\\w]){form})" if form[0].isalpha() else f"(?P<{name}>{form})"
        for name, form in BEFORE
    )
    + rf"){BETWEEN_WORDS}{BETWEEN_GRADES}[\s:)±+]*\Z"
)
AFTER = re.compile(
    r"[\s,(]*(?:(?:of age|old|in age|years)[\s,]*)*(?:(?P<ge>(?:or|and|&|/)(?: equal)?(?:"
    r" to)?\s*(?:\w+ )?(?:older|more|greater|above"
    r"|over|higher|longer|up(?:wards?)?|later|beyond|elder|worse)\b(?!\s+than\b)|\+(?!\s*/)(?!\s*\d))"
    r"|(?P<le>(?:or|and|&|/)\s*(?:\w+ )?(?:less"
    r"|younger|lower|below|under|fewer|smaller|shorter|earlier)\b(?!\s+than\b)))",
    re.IGNORECASE,
)
LIMIT = re.compile(
    r"\s*(?:(?:x|×|✕|\*|times|fold|-fold|- fold)\s*(?:(?:higher|greater|more|larger) (?=than ))?)?"
    r"(?:of |above |than |over )?(?:the |its |their"
    r" )?(?:institutional |institution'?s? |laboratory |local |lab |age[- ]adjusted |site |central"
    r" )*"
    r"(?:(?P<uln>ULN\b|UNL\b|ULRR\b|upper reference (?:range|limits?)"
    r"|upper (?:normal )?limits?(?: of)?(?: the)?(?: institutional|"
    r" laboratory)?(?: normal(?: range)?| reference range)?|upper normal(?: limits?)?|upper"
    r" (?:bound|range|end) of (?:the )?normal"
    r"|normal upper limits?|upper level of normal)|(?P<lln>LLN\b|lower (?:normal )?limits?(?:"
    r" of)?(?: the)?(?: institutional| laboratory)?(?: normal(?: range)?)?|lower normal limits?"
    r"|normal lower limits?)"
    r"|(?P<nor>normal(?: range| limits?| values?)?\b))(?:\s*\((?:ULN|UNL|LLN)\))?",
    re.IGNORECASE,
)
TIMES = re.compile(r"\s*(?:x|×|✕|\*|times|fold|-fold|- fold)(?![a-z])", re.IGNORECASE)
LIMIT_ALONE = re.compile(
    r"(?:the )?(?:institutional |laboratory |local |age[- ]adjusted )*(?:(?P<uln>ULN\b|UNL\b|upper"
    r" limits? of (?:the )?(?:institutional )?normal(?: range)?|upper normal limits?)"
    r"|(?P<lln>LLN\b|lower limits? of (?:the )?(?:institutional )?normal(?: range)?|lower normal"
    r" limits?))(?:\s*\((?:ULN|LLN)\))?(?P<mult>\s*(?:x|×|\*)\s*\d+(?:\.\d+)?)?",
    re.IGNORECASE,
)
RANGE = re.compile(
    r"\s*(?:-{1,2}|–|—|−|~|_|to|till|until|through|up to|/(?=\s*\d+\s*(?:years|y)))\s*(?:and\s+)?(?:≤"
    r"|<=|<|≥|less than|under|below)?\s*(?:[-−–](?=\d))?(?=\d|(?:two|three|four|five|six|eight|ten|twelve)\b)",
    re.IGNORECASE,
)
RANGE_AND = re.compile(
    r"\s*(?:and|up to|to|-|–|&|or)\s*(?:(?:≤|<=|<|less than|under|up to)\s*)?(?:[-−–](?=\d))?(?=\d|[a-z])",
    re.IGNORECASE,
)
OPENS_RANGE = re.compile(
    r"\b(?:between|from|range[sd]?(?: of)?|ranging(?: from)?|among)(?: the)?(?: ages?)?(?: of| from"
    r"| between)?[\s:(]*\Z",
    re.IGNORECASE,
)
IS_NAME = re.compile(
    r"(?:[A-Za-z]-|[A-Za-z]/|\b(?:types?|phases?|hpv|factor|visits?|days?|parts?|cohorts?|arms?|groups?|tables?"
    r"|appendix|section|version|step|week|cycle"
    r"|her|dsm|icd|chapter|item|figure|covid|sars-cov|interleukin|vitamin|omega|no\.|number|#"
    r"|criteri(?:on|a)|protocol|mutation|exon"
    r"|chromosome|trisomy|nct|www\.|v)\s*|\b(?:types?|visits?)\s+(?:\d|I{1,3})\s*(?:,|/|&|or|and)\s*)\Z",
    re.IGNORECASE,
)
GRADED = re.compile(
    r"\b(?:class(?:es|ification)?|grades?|stages?|asa|nyha|ccs|category|levels?|status|degree"
    r"|killip|fitzpatrick|phototypes?|gmfcs|rutherford|fontaine"
    r"|types?|pasi|(?-i:WHO)|score)\b[^.;,\d]{0,25}\Z",
    re.IGNORECASE,
)
ROMAN_RANGE = re.compile(
    r"(?<![\w-])(?P<low>I{1,3}|IV|V)(?:[abcABC])?(?:(?P<joint>\s*(?:-|–|to|or|and|,"
    r"|/)\s*)(?P<high>I{1,3}|IV|V)(?:[abcABC])?)?(?!\w)"
)
# How many of the first unit make up one of the second, where that holds on every calendar.
EXACT = {("mo", "a"): 12.0, ("d", "wk"): 7.0, ("h", "d"): 24.0, ("min", "h"): 60.0}
BELOW = re.compile(r"<(?!\s*=)|\bless than|\bunder")
BETWEEN_UNIT = re.compile(
    r"(?:\)|\s*-?\s*(?:consecutive|full|completed?|continuous|calendar|whole|additional|or more))\s",
    re.IGNORECASE,
)
# Ordinals, marks of a list within a line, parts of names ("25-OH vitamin D", "6MWT"), times of day, years.
NO_VALUE = re.compile(
    r"\d+(?:st|nd|rd|th)\b|\d{1,2}[).](?=[A-Za-z])|\d+-(?=\s)|\d+-?[A-Za-z]{2}|\d+[A-Za-z]\d|\d+\s?[ap]\.?m\b|\d+:\d\d|(?:19|20)\d\d(?![\d.,])"
)
# A number within the name of a test or a scale: "6-minute walk", "24 hour urine", "11-point numeric scale".
IN_A_NAME = re.compile(
    r"(?:6|six)[ -]?min(?:ute)?s?[ -]?(?:walk|step)|(?:12|twelve)[ -]lead|(?:24|48|twenty[ -]four)[ -]?h(?:(?:ou)?rs?)?[ -]"
    r"(?:urin|ambulatory|holter|blood pressure|protein|creatinine|collection|pH\b)|(?:\d+|five|ten|eleven)[ -]"
    r"points? (?:[a-z]+ ){0,3}(?:scale|likert)|(?:30|60|thirty)[ -]?s(?:ec(?:ond)?s?)?[ -](?:chair|sit)"
    r"|(?:\d+|ten|four|six)[ -]?(?:m|met(?:er|re)s?|foot|feet)[ -]walk|(?:1|one)[ -]second\b"
    r"|(?:5|10|30|five|ten)[ -]years? (?:[\w-]+ ){0,2}(?:risk|probability|survival)\b"
    r"|\d+-(?:week|month|day|year) (?:[\w-]+,? ){0,4}?(?:program(?:me)?|intervention|study|trial|protocol)\b"
    r"|(?:2|two)[ -]?h(?:our)?s?[ -](?:post|oral glucose|plasma glucose|OGTT)"
    r"|(?:\d|two|three) (?:[\w-]+ ){0,2}(?:co-?)?(?:investigators|physicians|readers|radiologists|pathologists|reviewers"
    r"|clinicians|observers|examiners)\b",
    re.IGNORECASE,
)
# What a value is out of: "40 over 100 mm", "7 out of 10". "140 over 90" is two pressures.
OUT_OF = re.compile(
    r"\d\s*(?:points?\s*)?(?:out of|over)(?: a| the)?(?: (?:total|maximum)(?: of)?)?\s*\Z", re.IGNORECASE
)
# "7/8 HLA matched"
PART_OF = re.compile(r"\d{1,2}/\d")
# Visual acuity as a fraction, and how many take part: asked of nobody as numbers.
NO_AMOUNT = re.compile(r"\b(?:20/\d{2,4}|6/(?:\d{2,3}|[4-9]))\b|\bn\s*=\s*\d+", re.IGNORECASE)
LIST_MARK = re.compile(r"[\s*•\-(]*\((?=\Z)")
POWER_ALONE = re.compile(r"\s*(?:\^|\*|\*\*)\s*\d")
# In place of the number stands what cannot be one: a date, a dose of two parts, a list mark.
DATE = re.compile(
    r"\d{1,2}[/.]\d{1,2}[/.]\d{2,4}|\d{4}-\d{2}-\d{2}|(?:19|20)\d{2}(?=\s*(?:criteria|guideline"
    r"|classification|revis|consensus|[;)\]]|ACR|WHO|McDonald))"
)


# No cell count is told to a thousandth of a cell: "100.000/mm3" has a point between its thousands.
COUNTED = frozenset(["/uL", "/mm3"])
# "Minimum life expectancy of 3 months", "within 1.5 x ULN".
EXTREME = re.compile(
    r"\b(?:(?P<least>min(?:imum|imal))|max(?:imum|imal))\s+(?:[^\W\d_]+\s+){1,3}(?:of|is|:)\s*\Z",
    re.IGNORECASE,
)
# "Toxicities not resolved to grade ≤ 1" are those above it.
UNRESOLVED = re.compile(
    r"\b(?:not|never|fail(?:ed|ure) to)\b[^.;]{0,40}\b(?:resolv|recover|return|improv|subsid)\w*\b[^.;]{0,80}\Z"
    r"|\bunresolved\b[^.;]{0,80}\Z",
    re.IGNORECASE,
)
TURNED_ROUND: dict[Operator, Operator] = {"le": "gt", "lt": "ge", "eq": "gt", "": "gt"}
WITHIN = re.compile(r"\b(?:with)?in\s*\Z", re.IGNORECASE)
# A bound that stands before what it bounds: "25% ≤ LVEF".
TURNED = re.compile(
    r"\s*(?:(?P<ge>[≤≦⩽]|<\s*=)|(?P<le>[≥≧⩾]|>\s*=)|(?P<gt>[<＜])|(?P<lt>[>＞]))(?=\s*[^\W\d_])"
)
APART = re.compile(
    r"\s*(?:years?|yrs?)?(?: of age| old)?\s*(?:,\s*)?(?:or|and)(?:\s*/?\s*or)?\s*(?:is |are )?",
    re.IGNORECASE,
)
# What joins the values of a list of grades: "0, 1 or 2", "class III or class IV", "II thru IV".
GRADES_JOINT = re.compile(
    r"[\s,]*(?:\b(?:and|or|to|thru|through)\b|/|,|&|-|–)?[\s,]*(?:(?:class|grade|stage)\s+)?", re.IGNORECASE
)
ECOG = re.compile(r"\b(?:ECOG|Zubrod|performance (?:status|score))\b[^.;,\d]{0,30}\Z", re.IGNORECASE)
GRADES_SPAN = re.compile(r"\s*(?:\b(?:to|thru|through)\b|-|–)\s*", re.IGNORECASE)
PRESSURE = re.compile(r"\bpressure|\bBP\b|hypertens", re.IGNORECASE)
POINT_FOR_THOUSANDS = re.compile(r"[1-9]\d{0,2}\.\d{3}")
# Giga per litre, of cells; of anything else "G/L" is grams.
GIGA = re.compile(r"\s*G\s*/\s*[lL]\b")
# "Platelets < 100,000 µL": of cells, in so much.
VOLUMES = frozenset(["uL", "mm3"])
# Units of one letter that only what is measured tells: dioptres, degrees.
LETTER = re.compile(r"\s*([DCF])(?![\w'/-])")
LETTERS = {
    "D": ("[diop]", re.compile(r"refract|myop|hyperop|spher|cylind|astigm|metrop", re.IGNORECASE)),
    "C": ("Cel", re.compile(r"temp|fever|febrile", re.IGNORECASE)),
    "F": ("[degF]", re.compile(r"temp|fever|febrile", re.IGNORECASE)),
}
CELLS = re.compile(r"platelet|thrombocyt|neutro|leu[ck]o|lympho|white|\b(?:WBC|ANC|PLT|ALC)\b", re.IGNORECASE)
MOST_IN_ONE = 80


class Comparison(NamedTuple):
    """A stretch of text that asks for values.

    Attributes
    ----------
    start, end
        Its place, operator and unit included.
    interval
        The values; of time where its unit is one of time.
    is_bare
        A number with neither operator nor range.
    number_start
        Where its first number stands.
    """

    start: int
    end: int
    interval: Interval
    is_bare: bool
    number_start: int

    @property
    def is_time(self) -> bool:
        return self.interval.unit in TIME_UNITS


def read_comparisons(text: str) -> list[Comparison]:
    """All comparisons of a criterion from left to right; none overlap.

    Examples
    --------
    >>> [(each.interval.low, each.interval.high, each.interval.unit) for each in read_comparisons("platelets < 100,000/uL")]
    [(None, 100000.0, '/uL')]
    >>> [(each.interval.low, each.interval.limit) for each in read_comparisons("ALT > 3 times the upper limit of normal")]
    [(3.0, 'ULN')]
    """
    found: list[Comparison] = []
    at = 0
    skipped = [each.span() for form in (DATE, NO_AMOUNT) for each in form.finditer(text)]
    skipped += [*find_scales(text), *find_codes(text)]
    for number in NUMBER.finditer(text):
        if number.start() < at or any(start <= number.start() < end for start, end in skipped):
            continue
        if len(found) >= MOST_IN_ONE:
            break
        comparison = _read_at(text, number, at)
        if comparison is not None:
            found.append(comparison)
            at = comparison.end
    found += _read_limits_alone(text, found)
    found += _read_graded(text, found)
    return _share_units(text, sorted(found))


def _read_at(text: str, number: re.Match[str], floor: int) -> Comparison | None:
    before = text[max(floor, number.start() - 60) : number.start()]
    if OUT_OF.search(text, max(0, number.start() - 60), number.start()) and not PRESSURE.search(text):
        return None
    amount = read_amount(text, number, before)
    before = before[: len(before) - number.start() + amount.start]
    operator, start = _operator_before(before, amount.start)
    if operator in ("", "eq") and IN_A_NAME.match(text, number.start()):
        return None
    if not operator and (extreme := EXTREME.search(before)):
        operator = "ge" if extreme["least"] else "le"
    opened = OPENS_RANGE.search(before)
    if not operator and not opened and IS_NAME.search(before) and not _is_graded(before):
        return None
    if not operator and POWER_ALONE.match(text, number.end()):
        return None
    low, (unit, limit, end) = amount.value, _unit_at(text, amount.end, bool(number["word"]))
    unit = unit or amount.unit
    if unit in COUNTED and POINT_FOR_THOUSANDS.fullmatch(number[0]):
        low = float(number[0].replace(".", ""))
    if operator in ("", "eq", "ge") or opened:
        high, unit, limit, range_end = _range_at(text, end, unit, limit, is_open=bool(opened))
        if high is not None:
            is_below = bool(BELOW.search(text, end, range_end))
            start = opened.start() + amount.start - len(before) if opened else start
            interval = Interval(
                min(low, high), max(low, high), high_included=not is_below, unit=unit, limit=limit
            )
            return Comparison(start, range_end, interval, False, number.start())
    if not operator and not unit and not limit and not AFTER.match(text, end):
        if number["word"] and low < 2:
            return None
        goes_on = floor > 0 and GRADES_JOINT.fullmatch(text, floor, number.start())
        is_score = _is_graded(before) or ECOG.search(before) or PRESSURE.search(text) or goes_on
        if PART_OF.match(text, number.start()) and not is_score:
            return None
        if NO_VALUE.match(text, number.start()) or (not is_score and _is_list_mark(text, number)):
            return None
    if not operator and limit and WITHIN.search(before):
        operator = "le"
    if not operator and not limit and (turned := TURNED.match(text, end)):
        operator = next(name for name in ("ge", "gt", "le", "lt") if turned[name])
    if not operator or operator == "eq":
        after = AFTER.match(text, end)
        if after:
            operator, end = ("ge" if after["ge"] else "le"), after.end()
            if not unit and not limit:
                unit, limit, end = _unit_at(text, end, False)
    if not unit and not limit and _is_unresolved(text, start, number.start()):
        operator = TURNED_ROUND.get(operator, operator)
    interval = _make(low, operator, unit, limit)
    return Comparison(start, end, interval, operator == "", number.start())


def _is_unresolved(text: str, start: int, number_start: int) -> bool:
    """Whether a grade is that to which something did not come back."""
    near = text[max(0, number_start - 160) : number_start]
    return bool(
        re.search(r"\bgrades?\W*\Z", near, re.IGNORECASE)
        or re.search("grade", text[start:number_start], re.IGNORECASE)
    ) and bool(UNRESOLVED.search(near))


def _is_list_mark(text: str, number: re.Match[str]) -> bool:
    """Whether a number only counts what follows: "2) diabetes", "(3) gout"; no "(NYHA 3)"."""
    before = text[: number.start()]
    is_inside = before.rfind("(") > before.rfind(")")
    closes = r"\d+\.(?=\s|\Z)" if is_inside else r"\d+[).](?=\s|\Z)"
    is_alone = before.endswith("(") and text[number.end() : number.end() + 1] == ")"
    return is_alone or bool(re.compile(closes).match(text, number.start()) or LIST_MARK.fullmatch(before))


def _make(value: float, operator: Operator, unit: str, limit: Limit) -> Interval:
    if operator in ("ge", "gt"):
        return Interval(value, None, low_included=operator == "ge", unit=unit, limit=limit)
    if operator in ("le", "lt"):
        return Interval(None, value, high_included=operator == "le", unit=unit, limit=limit)
    return Interval(value, value, unit=unit, limit=limit)


def _operator_before(before: str, end: int) -> tuple[Operator, int]:
    found = OPERATOR.search(make_small(before))
    if found is None:
        return "", end
    name = next(name for name, _ in BEFORE if found[name])
    return name, end - len(before) + found.start()


def _unit_at(text: str, end: int, is_word: bool) -> tuple[str, Limit, int]:
    """The unit or limit of normal that follows a number, and where it ends."""
    giga = GIGA.match(text, end)
    if giga and CELLS.search(text, max(0, end - 60), end):
        return "10*9/L", "", giga.end()
    letter = LETTER.match(text, end)
    if letter and LETTERS[letter[1]][1].search(text, max(0, end - 80), end + 80):
        return LETTERS[letter[1]][0], "", letter.end()
    found = LIMIT.match(text, end)
    if found and (found["uln"] or found["lln"] or (found["nor"] and TIMES.match(text, end))):
        return "", "LLN" if found["lln"] else "ULN", found.end()
    between = BETWEEN_UNIT.match(text, end)
    unit = find_unit(text, between.end() - 1) if between else find_unit(text, end)
    if between and (unit is None or unit[0].ucum not in TIME_UNITS):
        unit = find_unit(text, end)
    if unit is None or (is_word and unit[0].ucum not in TIME_UNITS and len(unit[0].ucum) < 3):
        return "", "", end
    ucum, end = unit[0].ucum, unit[1]
    if ucum in VOLUMES and CELLS.search(text, max(0, end - 60), end):
        return "/uL", "", end
    # "U" and "m" alone are letters more often than units.
    return ucum, "", end


def _range_at(
    text: str, end: int, unit: str, limit: Limit, *, is_open: bool
) -> tuple[float | None, str, Limit, int]:
    joint = (RANGE_AND if is_open or _is_graded(text[max(0, end - 45) : end - 1]) else RANGE).match(text, end)
    if joint is None and not is_open:
        return None, unit, limit, end
    if joint is None:
        joint = re.compile(r"\s*(?:years?|yrs?)?(?: of age| old)?\s*(?:and|to|-|–)\s*").match(text, end)
    number = NUMBER.match(text, joint.end()) if joint else None
    if number is None:
        return None, unit, limit, end
    amount = read_amount(text, number, text[end : number.start()])
    high = amount.value
    second_unit, second_limit, second_end = _unit_at(text, amount.end, bool(number["word"]))
    second_unit = second_unit or amount.unit
    if unit and second_unit and unit != second_unit:
        if (unit, second_unit) not in EXACT:
            return None, unit, limit, end
        return high * EXACT[unit, second_unit], unit, limit, second_end
    return high, second_unit or unit, second_limit or limit, second_end


def _read_limits_alone(text: str, found: list[Comparison]) -> list[Comparison]:
    """Limits of normal without a number: "above the upper limit of normal", "> ULN"."""
    alone = []
    for match in LIMIT_ALONE.finditer(text):
        if any(each.start < match.end() and match.start() < each.end for each in found):
            continue
        before = text[max(0, match.start() - 40) : match.start()]
        operator, start = _operator_before(before, match.start())
        if operator:
            factor = float(re.sub(r"[^\d.]", "", match["mult"])) if match["mult"] else 1.0
            interval = _make(factor, operator, "", "ULN" if match["uln"] else "LLN")
            alone.append(Comparison(start, match.end(), interval, False, match.start()))
    return alone


def _is_graded(before: str) -> bool:
    return bool(GRADED.search(before)) and not re.search(r"\btypes?\s*\Z", before, re.IGNORECASE)


def _read_graded(text: str, found: list[Comparison]) -> list[Comparison]:
    """Classes and grades in roman numerals: "NYHA class III-IV"."""
    graded: list[Comparison] = []
    for match in ROMAN_RANGE.finditer(text):
        before = text[max(0, match.start() - 45) : match.start()]
        if any(each.start < match.end() and match.start() < each.end for each in found):
            continue
        goes_on = bool(graded) and bool(GRADES_JOINT.fullmatch(text, graded[-1].end, match.start()))
        if not goes_on and not _is_graded(before):
            continue
        operator, start = _operator_before(before, match.start())
        low = ROMAN[match["low"]]
        high = ROMAN[match["high"]] if match["high"] else None
        if high is not None and high > low:
            graded.append(Comparison(start, match.end(), Interval(low, high), False, match.start()))
            continue
        after = AFTER.match(text, match.end())
        end = match.end()
        if not operator and after:
            operator, end = ("ge" if after["ge"] else "le"), after.end()
        graded.append(Comparison(start, end, _make(low, operator, "", ""), operator == "", match.start()))
    return graded


def _share_units(text: str, found: list[Comparison]) -> list[Comparison]:
    """Give the first of two bounds the unit that only the second has: "≥ 3 and ≤ 18 years"; join the two."""
    shared: list[Comparison] = []
    for each in found:
        last = shared[-1] if shared else None
        if last is not None and (grades := _join_grades(text, last, each)) is not None:
            shared[-1] = grades
            continue
        if each.is_bare and text[each.start - 1 : each.start] == "/":
            # "140/90 mmHg" is two pressures; after other numbers what follows the stroke is no value.
            if last is not None and last.end == each.start - 1 and _are_pressures(text, last, each):
                shared[-1] = last._replace(interval=msgspec.structs.replace(last.interval, unit="mm[Hg]"))
                like = last.interval
                value = each.interval.low
                two = Interval(
                    None if like.low is None else value,
                    None if like.high is None else value,
                    like.low_included,
                    like.high_included,
                    "mm[Hg]",
                )
                shared.append(each._replace(interval=two, is_bare=last.is_bare))
            continue
        if last is not None and _are_one(text, last, each):
            low, high = (
                (last.interval, each.interval)
                if each.interval.low is None
                else (each.interval, last.interval)
            )
            joined = Interval(
                low.low,
                high.high,
                low_included=low.low_included,
                high_included=high.high_included,
                unit=each.interval.unit or last.interval.unit,
                limit=each.interval.limit or last.interval.limit,
            )
            shared[-1] = Comparison(last.start, each.end, joined, False, last.number_start)
            continue
        if last is not None and _are_apart(text, last, each):
            # Either side of a range: "below 18 or over 65 years".
            one, two = last.interval, each.interval
            shared[-1] = last._replace(interval=_like(one, two))
            each = each._replace(interval=_like(two, one))  # noqa: PLW2901 - what is kept of it
        shared.append(each)
    return shared


def _like(interval: Interval, other: Interval) -> Interval:
    """An interval that has the unit and limit of another where it has none."""
    if interval.unit or interval.limit:
        return interval
    return msgspec.structs.replace(interval, unit=other.unit, limit=other.limit)


def _are_apart(text: str, first: Comparison, second: Comparison) -> bool:
    """Whether two comparisons leave out what lies between them, and only one says in which unit."""
    one, two = first.interval, second.interval
    return (
        bool(one.unit or one.limit) != bool(two.unit or two.limit)
        and (one.low is None) != (two.low is None)
        and (one.high is None) != (two.high is None)
        and bool(APART.fullmatch(text, first.end, second.start))
    )


def _join_grades(text: str, first: Comparison, second: Comparison) -> Comparison | None:
    """The grades of a list as one interval, where each is the next: "0, 1 or 2"; None for anything else."""
    one, two = first.interval, second.interval
    if one.unit or two.unit or one.limit or two.limit or one.low is None or one.high is None:
        return None
    before = text[max(0, first.start - 45) : first.start]
    if not second.is_bare or two.low is None or not (_is_graded(before) or ECOG.search(before)):
        return None
    between = text[first.end : second.start]
    is_next = two.low == one.high + 1 and GRADES_JOINT.fullmatch(between)
    if not is_next and not (GRADES_SPAN.fullmatch(between) and two.low > one.high):
        return None
    return Comparison(first.start, second.end, Interval(one.low, two.low), False, first.number_start)


def _are_pressures(text: str, first: Comparison, second: Comparison) -> bool:
    near = text[max(0, first.start - 60) : first.start]
    return second.interval.unit == "mm[Hg]" or bool(PRESSURE.search(near))


def _are_one(text: str, first: Comparison, second: Comparison) -> bool:
    one, two = first.interval, second.interval
    if (
        first.is_bare
        or second.is_bare
        or not re.fullmatch(
            r"[\s,(]*(?:years|yrs)?(?: of age| old)?[\s,]*(?:and|but|to|-|–|&)?[\s,(]*(?:is |are )?",
            text[first.end : second.start],
            re.IGNORECASE,
        )
    ):
        return False
    if one.unit and two.unit and one.unit != two.unit:
        return False
    if one.low is not None and one.high is None and two.high is not None and two.low is None:
        return one.low <= two.high
    return (
        one.high is not None
        and one.low is None
        and two.low is not None
        and two.high is None
        and two.low <= one.high
    )
