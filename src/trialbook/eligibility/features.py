"""What does the recogniser see of a word? The same features when it is trained and when it reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from trialbook.eligibility.words import Token

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
Marks = Sequence[str]


@lru_cache(maxsize=50_000)
def describe_word(word: str) -> tuple[str, str, str, tuple[str, ...]]:
    """A word in small letters, its class, its shape, and the features of its own form."""
    low = word.lower()
    kind = SIGNS.get(word) or CLASS_OF.get(low) or ("digits" if word[0].isdigit() else "")
    full = "".join(
        "9" if c.isdigit() else "A" if c.isupper() else "a" if c.isalpha() else c for c in word[:20]
    )
    short = "".join(c for at, c in enumerate(full) if at == 0 or full[at - 1] != c)
    if kind == "digits":
        low = full
    own = [f"sh={full[:6]}", f"ss={short}"]
    if low.isalpha() or len(low) > 3:
        own += [f"p{size}={low[:size]}" for size in (2, 3, 4, 5) if len(low) > size]
        own += [f"s{size}={low[-size:]}" for size in (2, 3, 4, 5) if len(low) > size]
    return low, kind, short, tuple(own)


def make_features(
    tokens: Sequence[Token], marks: Marks, lexed: Marks, groups: Mapping[str, str], said: Sequence[Marks] = ()
) -> list[list[str]]:
    """The features of each token of a criterion.

    Parameters
    ----------
    tokens
        The tokens of one criterion.
    marks
        For each token what the thesaurus says of it: "B-C14" and "I-C14" for a name, "" for none.
    lexed
        For each token what part it has in a comparison or the name of a measurement: "B-window", "" for none.
    groups
        The group of words of like use that a word belongs to, learnt from unlabelled criteria:
        "12.345", a coarse and a fine one.
    said
        For each token what each of other models called it.
    """
    told = [describe_word(token.text) for token in tokens]
    low = ["<s>", "<s>", *(each[0] for each in told), "</s>", "</s>"]
    kind = ["", "", *(each[1] for each in told), "", ""]
    mark = ["", "", *marks, "", ""]
    lex = ["", "", *lexed, "", ""]
    others = [["", "", *told_so, "", ""] for told_so in said]
    group = ["", "", *(groups.get(each[0], "") for each in told), "", ""]
    made = []
    for at, (_, _, short, own) in enumerate(told):
        here = at + 2
        word, before, after = low[here], low[here - 1], low[here + 1]
        one = [
            "b",
            f"w={word}",
            f"w-={before}",
            f"w+={after}",
            f"w--={low[here - 2]}",
            f"w++={low[here + 2]}",
            f"w-w={before}|{word}",
            f"ww+={word}|{after}",
            f"k={kind[here]}|{kind[here - 1]}|{kind[here + 1]}",
            f"m={mark[here]}",
            f"m-={mark[here - 1]}",
            f"m+={mark[here + 1]}",
            f"mw={mark[here][:4]}|{word}",
            *own,
        ]
        if lex[here] or lex[here - 1] or lex[here + 1]:
            one += [
                f"x={lex[here - 1]}|{lex[here]}|{lex[here + 1]}",
                f"xw={lex[here]}|{word}",
                f"x={lex[here]}",
            ]
        for layer, other in enumerate(others):
            o = f"o{layer}="
            here_too = other[here]
            one += [
                f"{o}{here_too}",
                f"{o}{other[here - 1]}|{here_too}|{other[here + 1]}",
                f"{o}{here_too}|{word}",
            ]
        if kind[here]:
            one.append(f"k={kind[here]}")
        for offset in (-2, -1, 1, 2):
            if kind[here + offset]:
                one.append(f"k{offset}={kind[here + offset]}")
        for offset in (-2, -1, 0, 1, 2):
            if group[here + offset]:
                one += [
                    f"g{offset}={group[here + offset]}",
                    f"h{offset}={group[here + offset].split('.')[0]}",
                ]
        if group[here]:
            one += [f"gg-={group[here - 1]}|{group[here]}", f"gg+={group[here]}|{group[here + 1]}"]
        if at < 2:
            one.append(f"at{at}")
            one.append(f"at{at}s={short}")
        made.append(one)
    return made
