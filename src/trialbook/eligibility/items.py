"""What stands in a criterion, from left to right: things, values, times, and the words that join them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

from trialbook.eligibility.analytes import find_analytes, get_analyte
from trialbook.eligibility.joints import ABBREVIATED, ASSERTIONS, COLON, JOINT, STOP, TYPE_OF, UNABLE, Type
from trialbook.eligibility.times import Timed, lex_times
from trialbook.eligibility.tree import Assertion, Concept, Domain, Window
from trialbook.eligibility.words import cut_tokens, make_small


class Entity(NamedTuple):
    """A thing that the recogniser or the thesaurus sees at `text[start:end]`."""

    start: int
    end: int
    domain: Domain


class Item(NamedTuple):
    """One piece of a criterion."""

    start: int
    end: int
    type: Type
    concept: Concept | None = None
    timed: Timed | None = None
    assertion: Assertion | None = None


# What leads to a name and is no part of it.
LEADS = re.compile(
    r"(?:(?:be|is|are|have|has|had|known|a|an|the|any|all|other|of|with|for|to|serum|positive|positivity|seropositive"
    r"|available|diagnosis|diagnosed|documented|confirmed|clinical|evidence|presence|current|currently|patients|patient|subjects"
    r"|subject|participants|on|in|taking|receiving|from|as|by|and|or|that|who|use|treatment)\s+)+",
    re.IGNORECASE,
)
# Words that describe another: "renal, hepatic or cardiac disease".
DESCRIBES = re.compile(
    r"(?:al|ic|ar|ous|ive|ary|ed|ing|ent|ant|ly|ible|able|other|severe|acute|etc|such|also|both)\Z",
    re.IGNORECASE,
)
# How a value is worked out is no thing that is asked for.
FORMULA = re.compile(
    r"\b(?:formula|equation|criteria|guidelines?)\b|\d\s*(?:-|–|to)\s*\d+[\s-]*(?:point )?(?:\w+ )?scale",
    re.IGNORECASE,
)
# What a thing is measured in, or that it is over, names nothing by itself: "serum positive for HIV".
SPECIMEN = re.compile(
    r"serum|plasma|blood|urine|saliva|sputum|csf|(?:not )?(?:fully |yet )?(?:recovered|resolved|unresolved)(?: from| to)?",
    re.IGNORECASE,
)
BEARING = re.compile(
    r"\bpregnant\b|\bchild[- ]?bearing (?:potential|age|capacity)\b|\bWOCBP\b|\b(?:can|could|may|might) (?:become|get) pregnant\b"
    r"|\bnursing\b(?!\s+(?:home|staff|care|facilit|school|student|unit|home|assess|service|intervention))"
    r"|\b(?:lactating|breast[- ]?feeding)\b",
    re.IGNORECASE,
)
CONTRACEPTION = re.compile(
    r"\b(?:contraception|contraceptive (?:methods?|measures?)|birth control)\b", re.IGNORECASE
)
MEASURED = re.compile(
    r"\bpregnancy tests?\b|\b(?:disease|illness|symptom|diabetes|treatment) duration\b"
    r"|\bduration of (?:the )?(?:disease|illness|symptoms?|diabetes|treatment)\b",
    re.IGNORECASE,
)
OF = re.compile(r"(?P<head>[^\W\d_]+ of) [^\W\d_]+", re.IGNORECASE)
TRIAL = re.compile(
    r"\b(?:another |other |an? )?(?:investigational|clinical|interventional|experimental|research|therapeutic|drug|device)"
    r"(?:(?: (?:and|or)|/)?[ /][\w-]+){0,4}? (?:trials?|stud(?:y|ies)|protocols?)\b"
    r"(?! (?:visit|drug|entry|treatment|medication))"
    r"|\b(?:trial|study) (?:of|with|on) (?:an? )?(?:other )?(?:investigational|experimental) [\w ]{3,40}",
    re.IGNORECASE,
)
# "(IHD)" after the name that it stands for.
ABBREVIATION = re.compile(r"\s*\((?=[^()]*[A-Z][^()]*[A-Z])[\w-]{2,12}\)\Z")
RECOVERED = re.compile(
    r"\s+(?:(?:yet|been|fully|completely|adequately|sufficiently|to have)\s+)*(?:recovered|resolved|returned|subsided|healed)\b",
    re.IGNORECASE,
)
# What names nothing before a time that stands alone.
NOBODY = re.compile(
    r"\W*(?:(?:patients?|subjects?|participants?|adults?|who|that|are|is|be|being|must|should|have|has|had|the|a|an)\W+)*",
    re.IGNORECASE,
)
OPERATION = re.compile(r"surg|operat|procedure|transplant|implant|biops|ectomy|plasty|tomy\b", re.IGNORECASE)
NOR = re.compile(r"\s+nor\s+", re.IGNORECASE)
FREE = re.compile(rb"\0+")
MARKS: dict[str, Type] = {",": "comma", ";": "semi", "(": "open", ")": "close", "[": "open", "]": "close"}


def cut_items(text: str, entities: Iterable[Entity], known: Callable[[str, Domain], Concept]) -> list[Item]:
    """The items of a criterion; none overlap and none of its words but white space lies outside them.

    Parameters
    ----------
    entities
        What the recogniser sees.
    known
        Gives a name its codes.
    """
    named = [
        each
        for each in entities
        if not FORMULA.search(text, each.start, each.end)
        and not SPECIMEN.fullmatch(text, each.start, each.end)
    ]
    fixed = _find_fixed(text)
    named = [each for each in named if not any(_is_wider(one, each) for one in fixed)]
    things = [*(part for each in named for part in _part_at_nor(text, each)), *fixed]
    things.sort(key=lambda each: (each.start, -each.end))
    timed = list(lex_times(text))
    if len(timed) == 1 and _is_past_event(timed[0]) and NOBODY.fullmatch(text, 0, timed[0].start):
        things = things or [_name_event(text, timed[0])]
        timed = [_free_event(text, timed[0], things)]
    things = _join_analytes(text, things, has_values=any(each.role in ("value", "bare") for each in timed))
    taken = _Taken(len(text), [Item(each.start, each.end, "timed", timed=each) for each in timed])
    joints = _read_joints(text)
    for joint in joints:
        if joint.type in ("and", "or", "both", "either") and text[joint.start : joint.end].lower() != "nor":
            continue
        if any(_holds(each, joint) for each in things):
            continue
        taken.add_if_free(joint)
    for thing in things:
        place = taken.find_room(text, thing)
        if place is not None:
            start, end = place
            taken.add(Item(start, end, "concept", concept=known(text[start:end], thing.domain)))
    for joint in joints:
        taken.add_if_free(joint)
    for token in cut_tokens(text):
        if taken.is_free(token.start, token.end):
            taken.add(Item(token.start, token.end, MARKS.get(token.text, "word")))
    return _promote_listed(
        text, _spread_heads(text, _part_at_strokes(text, sorted(taken.items)), known), known
    )


def _is_past_event(each: Timed) -> bool:
    """Whether a time counts on from an event: "more than 6 months after a stroke"."""
    window = each.window
    is_on = (
        window is not None and (window.latest is None or window.latest < 0) and (window.earliest or 0.0) <= 0
    )
    return window is not None and bool(window.event) and is_on


def _name_event(text: str, each: Timed) -> Entity:
    assert each.window is not None
    start = text.rfind(each.window.event, each.start, each.end)
    domain: Domain = "procedure" if OPERATION.search(each.window.event) else "observation"
    return Entity(start, each.end, domain)


def _free_event(text: str, each: Timed, things: Sequence[Entity]) -> Timed:
    """A time after the only thing that is named as a time ago: a stroke, more than 6 months ago."""
    window = each.window
    assert window is not None
    start = text.rfind(window.event, each.start, each.end)
    if any(one.start < start or one.start >= each.end for one in things):
        return each
    ago = Window(
        None if window.latest is None else -window.latest,
        abs(window.earliest or 0.0),
        window.unit,
        earliest_included=window.latest_included,
        latest_included=window.earliest_included,
    )
    return each._replace(end=start, window=ago)


def _holds(thing: Entity, joint: Item) -> bool:
    """Whether a word that would turn or join is part of a name: "expected to survive"."""
    is_within = thing.start <= joint.start and joint.end <= thing.end
    if joint.type == "assertion":
        return is_within and thing.domain == "measurement"
    # "HIV negative" is HIV, and not.
    is_turned = joint.type == "not" and joint.end == thing.end
    return joint.type in ("not", "example") and is_within and thing.start < joint.start and not is_turned


class _Taken:
    """Items that do not overlap: who comes first has its place."""

    def __init__(self, size: int, items: list[Item]) -> None:
        self.items: list[Item] = []
        # For each character 1 where it is taken.
        self.places = bytearray(size)
        for item in items:
            self.add(item)

    def add(self, item: Item) -> None:
        self.items.append(item)
        self.places[item.start : item.end] = b"\1" * (item.end - item.start)

    def add_if_free(self, item: Item) -> None:
        if self.is_free(item.start, item.end):
            self.add(item)

    def is_free(self, start: int, end: int) -> bool:
        return self.places.find(1, start, end) < 0

    def find_room(self, text: str, thing: Entity) -> tuple[int, int] | None:
        """The longest free stretch of a thing, without the words that only lead to it; None where none is."""
        free = [
            (thing.start + each.start(), thing.start + each.end())
            for each in FREE.finditer(self.places[thing.start : thing.end])
        ]
        if not free:
            return None
        start, end = max(free, key=lambda each: each[1] - each[0])
        leads = LEADS.match(text, start, end)
        start = leads.end() if leads else start
        short = ABBREVIATION.search(text, start, end)
        end = short.start() if short and short.start() > start else end
        opened = text.rfind("(", start, end)
        if opened >= 0 and ")" not in text[opened:end]:
            end = opened
        while start < end and text[start] in " \t\n-,;/)]":
            start += 1
        while end > start and (text[end - 1] in " \t\n-,;/.[(" or _closes_nothing(text, start, end)):
            end -= 1
        return (start, end) if re.search(r"\w\w|\w", text[start:end]) else None


def _part_at_strokes(text: str, items: list[Item]) -> list[Item]:
    """Strokes that part as commas do: "ALT/AST > 2 x ULN", "≥ 4 in men / ≥ 5 in women"."""
    made = list(items)
    for at in range(1, len(made) - 1):
        before, here, after = made[at - 1 : at + 2]
        if before.type == "close" and at > 3 and made[at - 3].type == "open":
            # "Alanine aminotransferase (ALT)/aspartate aminotransferase".
            before = made[at - 4]
        if here.type != "word" or text[here.start : here.end] != "/":
            continue
        is_value = after.timed is not None and after.timed.number_start > after.start and before.timed is None
        if is_value or (_is_enzyme(before) and _is_enzyme(after)):
            made[at] = here._replace(type="comma")
    return made


def _is_enzyme(item: Item) -> bool:
    analyte = get_analyte(item.concept.words) if item.concept is not None else None
    return analyte is not None and analyte.unit == "U/L"


def _closes_nothing(text: str, start: int, end: int) -> bool:
    """Whether a stretch ends with a bracket that opens before it."""
    return text[end - 1] in ")]" and text.count("(["[text[end - 1] == "]"], start, end) < text.count(
        text[end - 1], start, end
    )


def _is_wider(one: Entity, two: Entity) -> bool:
    return one.start < two.end and two.start < one.end and one.end - one.start > two.end - two.start


def _part_at_nor(text: str, thing: Entity) -> list[Entity]:
    """What the recogniser took for one, in two where "nor" parts it."""
    starts = [thing.start, *(each.end() for each in NOR.finditer(text, thing.start, thing.end))]
    ends = [*(each.start() for each in NOR.finditer(text, thing.start, thing.end)), thing.end]
    return [thing._replace(start=low, end=high) for low, high in zip(starts, ends, strict=True) if low < high]


def _find_fixed(text: str) -> list[Entity]:
    """Things with fixed names that the recogniser does not look for: other trials, bearing children and its tests."""
    found = [Entity(each.start(), each.end(), "observation") for each in TRIAL.finditer(text)]
    found += [Entity(each.start(), each.end(), "observation") for each in CONTRACEPTION.finditer(text)]
    found += [Entity(each.start(), each.end(), "measurement") for each in MEASURED.finditer(text)]
    return found + [Entity(each.start(), each.end(), "condition") for each in BEARING.finditer(text)]


def _spread_heads(text: str, items: list[Item], known: Callable[[str, Domain], Concept]) -> list[Item]:
    """Give the first words of "drug or alcohol abuse" the head of the last, where that has a name of its own."""
    made = list(items)
    for at in range(len(items) - 2, 0, -1):
        if made[at].type not in ("or", "and", "comma"):
            continue
        last = made[at + 1].concept
        words = last.words.split() if last is not None else []
        for size in (2, 1):
            first = made[max(0, at - size) : at]
            if len(words) < 2 or len(first) < size or any(each.type != "word" for each in first):
                continue
            said = text[first[0].start : first[-1].end]
            named = known(f"{said} {words[-1]}", "condition")
            if named.ids and re.fullmatch(r"[^\W\d_]+(?: [^\W\d_]+)?", said):
                whole = Item(first[0].start, first[-1].end, "concept", concept=named)
                made[at - size : at] = [whole]
                break
    return _spread_first_heads(text, made, known)


def _spread_first_heads(text: str, items: list[Item], known: Callable[[str, Domain], Concept]) -> list[Item]:
    """Give the last words of "abuse of alcohol or drugs" the head of the first, where that has a name of its own."""
    made = list(items)
    for at in range(1, len(made) - 1):
        first, last = made[at - 1].concept, made[at + 1]
        found = OF.fullmatch(first.words) if first is not None else None
        words = text[last.start : last.end]
        has_name = last.type != "word" and (last.concept is None or bool(last.concept.ids))
        if found is None or made[at].type not in ("or", "and", "comma") or has_name or not words.isalpha():
            continue
        named = known(f"{found['head']} {words}", "condition")
        if named.ids:
            made[at + 1] = Item(last.start, last.end, "concept", concept=named)
    return made


def _promote_listed(text: str, items: list[Item], known: Callable[[str, Domain], Concept]) -> list[Item]:
    """Take words that stand alone in a list of things for things: "cobalt, tungsten or nickel"."""
    made = list(items)
    cuts = [-1, *(at for at, each in enumerate(made) if each.type in ("comma", "or", "and")), len(made)]
    pieces = [(low + 1, high) for low, high in pairwise(cuts) if high > low + 1]
    for order in (pieces, pieces[::-1]):
        for (low, high), (near_low, near_high) in zip(order[1:], order, strict=False):
            near = [each for each in made[near_low:near_high] if each.type == "concept"]
            if len(near) != 1 or high - low != 1 or made[low].type != "word" or near[0].concept is None:
                continue
            words = text[made[low].start : made[low].end]
            if len(words) > 3 and words.isalpha() and not DESCRIBES.search(words):
                made[low] = made[low]._replace(type="concept", concept=known(words, near[0].concept.domain))
    return made


def _join_analytes(text: str, entities: list[Entity], *, has_values: bool) -> list[Entity]:
    """Names of measurements win over what the recogniser calls them where a value is asked for."""
    kept = []
    for named in find_analytes(text):
        over = [each for each in entities if each.start < named.end and named.start < each.end]
        is_measured = not over or any(each.domain == "measurement" for each in over)
        wider = any(
            each.end - each.start > named.end - named.start + 1 and each.domain != "measurement"
            for each in over
        )
        if (is_measured or (has_values and not wider)) and (has_values or over):
            kept.append(Entity(named.start, named.end, "measurement"))
    rest = [
        each for each in entities if not any(each.start < one.end and one.start < each.end for one in kept)
    ]
    return sorted([*kept, *rest])


def _read_joints(text: str) -> list[Item]:
    found = []
    small = make_small(text)
    for match in UNABLE.finditer(small):
        found.append(Item(match.start(), match.end(), "not", assertion="able"))
    for match in JOINT.finditer(small):
        name = TYPE_OF[match.lastgroup or ""]
        assertion = (
            next((kind for kind, _ in ASSERTIONS if match[kind] is not None), None)
            if name == "assertion"
            else None
        )
        end = match.start() + len(match[0].rstrip())
        if name == "not" and RECOVERED.match(text, end):
            # Who has "not recovered from surgery" had it.
            continue
        found.append(Item(match.start(), end, name, assertion=assertion))
    for match in COLON.finditer(text):
        found.append(Item(match.start(), match.end(), "defined"))
    for match in STOP.finditer(text):
        if not ABBREVIATED.search(text, max(0, match.start() - 6), match.start()):
            found.append(Item(match.start(), match.end(), "stop"))
    return found
