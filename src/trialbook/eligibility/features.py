"""What does the recogniser see of a word? The same features when it is trained and when it reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Literal, NamedTuple, TypeAlias

CLASSES = {
    "time": "second seconds minute minutes min hour hours hr hrs h day days d week weeks wk wks month months mo year years"
    " yr yrs yo decade trimester gestation",
    "unit": "mg g kg ug mcg µg μg ng pg l dl ml ul µl μl mm mm3 mmhg cm m2 mmol umol µmol μmol nmol pmol mol iu u meq"
    " bpm kpa percent cells copies units unit kcal ms msec kilograms pounds lbs watts",
    "less": "less fewer below under younger lower smaller maximum exceed most within",
    "more": "more greater above over older higher larger exceeding exceeds minimum least exceed beyond",
    "bound": "than equal between to or up until through range ranging inclusive",
    "limit": "uln lln upper lower limit limits normal",
    "number": "one two three four five six seven eight nine ten twelve once twice half single double",
    "before": "before prior preceding previous last past since ago previously recent recently former",
    "after": "after following post next subsequent future upcoming",
    "now": "current currently ongoing present active presently baseline concurrent concomitant",
    "visit": "screening enrollment enrolment randomization randomisation study inclusion baseline visit entry treatment"
    " dose dosing consent admission registration surgery",
    "no": "no not without non absence absent negative except unless none never neither nor free exclude excluding lack",
    "have": "history diagnosis diagnosed known suspected evidence presence documented confirmed",
    "who": "patients patient subjects subject participants participant women men woman man male female males females"
    " children adults adult child infants individuals volunteers people persons boys girls",
    "take": "treatment therapy treated taking receiving received use using used medication medications drug drugs",
    "able": "able unable willing unwilling ability inability plan planned planning scheduled likely intend intending",
    "judge": "investigator investigators opinion judgment judgement discretion physician clinically significant",
}
CLASS_OF = {word: name for name, words in CLASSES.items() for word in words.split()}
SIGNS = {
    "<": "less",
    "≤": "less",
    "⩽": "less",
    "≦": "less",
    ">": "more",
    "≥": "more",
    "⩾": "more",
    "≧": "more",
    "=": "equal",
    "%": "unit",
    "°": "unit",
}
# For each attribute what it is of each token of a criterion; "" where there is nothing to say.
Columns: TypeAlias = Mapping[str, Sequence[str]]
# What stands in for the words beyond both ends of a criterion.
BEFORE, AFTER = "<s>", "</s>"
REACH = 3
# No token holds it.
SEPARATOR = "\t"


class Template(NamedTuple):
    """One kind of feature: which attributes at which places beside the token make it.

    `parts` are names of attributes, each with its place; `needs` says when a token has the feature: "any"
    where one of the parts is told, "first" where the first one is, "always" in any case.
    """

    name: str
    parts: tuple[tuple[str, int], ...]
    needs: Literal["any", "first", "always"] = "any"


def _beside(attribute: str, *places: int) -> list[Template]:
    return [Template(f"{attribute}{place}", ((attribute, place),)) for place in places]


# Attributes of a word by itself, whatever stands around it.
_OWN = ("sh", "ss", "p2", "p3", "p4", "p5", "s2", "s3", "s4", "s5")
OF_WORDS = frozenset(["w", "k", "g", "h", *_OWN])
TEMPLATES: tuple[Template, ...] = (
    Template("b", (), "always"),
    *_beside("w", -3, -2, -1, 0, 1, 2, 3),
    *(Template(name, ((name, 0),)) for name in _OWN),
    *_beside("s3", -1, 1),
    *_beside("ss", -1, 1),
    *_beside("k", -3, -2, -1, 0, 1, 2, 3),
    *_beside("g", -2, -1, 0, 1, 2),
    *_beside("h", -3, -2, -1, 0, 1, 2, 3),
    Template("w-w", (("w", 0), ("w", -1)), "always"),
    Template("ww+", (("w", 0), ("w", 1)), "always"),
    Template("gg-", (("g", 0), ("g", -1)), "first"),
    Template("gg+", (("g", 0), ("g", 1)), "first"),
    Template("hhh", (("h", 0), ("h", -1), ("h", 1))),
    Template("kkk", (("k", 0), ("k", -1), ("k", 1)), "always"),
    *_beside("m", -1, 0, 1),
    Template("mw", (("m4", 0), ("w", 0)), "first"),
    Template("x", (("x", 0),)),
    Template("xxx", (("x", 0), ("x", -1), ("x", 1))),
    Template("xw", (("x", 0), ("w", 0)), "first"),
    *(
        Template(f"{name}o{layer}", parts)
        for layer in ("0", "1")
        for name, parts in (
            ("", ((f"o{layer}", 0),)),
            ("3", ((f"o{layer}", 0), (f"o{layer}", -1), (f"o{layer}", 1))),
            ("w", ((f"o{layer}", 0), ("w", 0))),
        )
    ),
    # Where in the criterion: only its first words have it.
    Template("at", (("at", 0),)),
    Template("ats", (("at", 0), ("ss", 0)), "first"),
)


@lru_cache(maxsize=50_000)
def describe_word(word: str) -> Mapping[str, str]:
    """The attributes of a word by itself, but for its groups: in small letters, its class, shape, ends."""
    low = word.lower()
    kind = SIGNS.get(word) or CLASS_OF.get(low) or ("digits" if word[0].isdigit() else "")
    full = "".join(
        "9" if c.isdigit() else "A" if c.isupper() else "a" if c.isalpha() else c for c in word[:20]
    )
    short = "".join(c for at, c in enumerate(full) if at == 0 or full[at - 1] != c)
    if kind == "digits":
        low = full
    own = {"w": low, "k": kind, "sh": full[:6], "ss": short}
    if low.isalpha() or len(low) > 3:
        for size in (2, 3, 4, 5):
            if len(low) > size:
                own[f"p{size}"], own[f"s{size}"] = low[:size], low[-size:]
    return own


def describe_group(word: str, groups: Mapping[str, str]) -> Mapping[str, str]:
    """The groups of words of like use that a word in small letters belongs to: "12.345", a coarse and a fine one."""
    group = groups.get(word, "")
    return {"g": group, "h": group.split(".")[0]}


def fill_columns(words: Sequence[str], told: Columns, groups: Mapping[str, str]) -> dict[str, list[str]]:
    """All attributes of the tokens of a criterion.

    Parameters
    ----------
    words
        The tokens as they are written.
    told
        What others say of each: "m" the thesaurus ("B-C14" and "I-C14" for a name), "x" the lexer
        ("B-window": its part in a comparison), "o0" and "o1" other models.
    groups
        Groups of words, learnt from unlabelled criteria.
    """
    columns = {name: [*values] for name, values in tell_places(told, len(words)).items()}
    forms = [describe_word(word) for word in words]
    forms = [{**each, **describe_group(each["w"], groups)} for each in forms]
    return columns | {name: [each.get(name, "") for each in forms] for name in OF_WORDS}


def tell_places(told: Columns, size: int) -> dict[str, Sequence[str]]:
    """What is told of tokens, with what follows from it: the short mark, and which are a criterion's first."""
    return {
        **told,
        "m4": [mark[:4] for mark in told["m"]],
        "at": [*("0", "1")[:size], *[""] * (size - 2)],
    }


def list_features(columns: Columns) -> list[list[str]]:
    """The features of each token: names of templates with the values of their parts."""
    size = len(columns["w"])
    padded = {
        name: [BEFORE if name == "w" else ""] * REACH + [*values] + [AFTER if name == "w" else ""] * REACH
        for name, values in columns.items()
    }
    templates = [each for each in TEMPLATES if all(name in columns for name, _ in each.parts)]
    made: list[list[str]] = []
    for at in range(REACH, REACH + size):
        here = []
        for template in templates:
            values = [padded[name][at + place] for name, place in template.parts]
            if template.needs == "always" or (values[0] if template.needs == "first" else any(values)):
                here.append(SEPARATOR.join((template.name, *values)))
        made.append(here)
    return made
