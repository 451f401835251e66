"""Eligibility text as single criteria, each with its place in the original words.

The registry keeps who may take part as one text. Sponsors write it with headings in many forms, with lists,
nested lists or bare lines. `split_criteria` finds the headings and the single criteria and loses nothing:
each character is whitespace, a list mark, part of a heading, or inside exactly one criterion.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

import msgspec

Kind = Literal["inclusion", "exclusion", "other"]

MARK = re.compile(
    r"([ \t]*)"
    r"(\\?[*+•·▪●○–—-](?=[ \t])"
    r"|\\?[•●▪]|\\\*(?=\w)"
    r"|#?\(?\d{1,3}(?:\.\d{1,2}){0,3}\\?[.):](?=[ \t]|[A-Z(])"
    r"|\(?[a-z]\\?[.)](?=[ \t])|\([a-zA-Z]\)"
    r"|[A-Z]\\?\)(?=[ \t])|[A-Z]\\?\.(?=[ \t]+[A-Z(\d])"
    r"|\(?[ivx]{2,5}\\?[.)](?=[ \t])|[IVX]{2,5}\\?[.)](?=[ \t])"
    r"|o(?=[ \t]+[A-Z]))"
    r"[ \t]*"
)
BREAK = re.compile(
    r"\r\n|\r|\n|</?(?:p|ul|ol|li|br)\s*/?>"
    r"|(?<=[\w.;,)\]])(?<!\band)(?<!\bor)[ \t]+"
    r"(?=(?:Key |Main )?(?:In|Ex|IN|EX)(?:clusion|CLUSION) (?:[Cc]riteria|CRITERIA)[ \t]*(?::|$))",
    re.MULTILINE,
)
RUN_ON = re.compile(r"[ \t]+(?=- [A-Z0-9<>≥≤])")

INCLUDES = re.compile(
    r"\binclusions?\b|\b(?:be|are) (?:included|eligible)\b|\beligib(?:le|ility)\b|\bselection criteria\b"
    r"|\Aincluded\b",
    re.IGNORECASE,
)
EXCLUDES = re.compile(
    r"\bexclusions?\b|\b(?:be|are) excluded\b|\bnon[- ]?inclusions?\b|\bineligib"
    r"|\b(?:not|non)[- ](?:be )?(?:eligib|included)|\Aexcluded\b",
    re.IGNORECASE,
)
BOTH = re.compile(r"\b(?:in|ex)clusion\s*(?:criteria\s*)?(?:/|and|&|or)\s*(?:in|ex)clusion\b", re.IGNORECASE)
APPLIES = re.compile(r"inclusion\s*(?:/|and|or)\s*exclusion\s+criteria\b.{0,40}\bappl", re.IGNORECASE)

NAMED = r"(?:non[- ]?)?(?:inclusion|exclusion|eligibility|selection)"
TAIL = r"(?:for|of|related|prior|in|at|determined|to|by|based|include[sd]?|,)"
TITLE = re.compile(
    rf"(?:[\w,'’/&().-]+\s+){{0,5}}?{NAMED}(?:\s*(?:/|and|&)\s*{NAMED})?\s+criteri(?:a|on|ons|as)\b"
    rf"(?P<tail>\s*\([^()]*\)|\s+{TAIL}\b.{{0,90}})?"
    rf"|criteria (?:for|of) (?:inclusion|exclusion)"
    rf"|(?:\w+[ -]|.{{2,40}} [-–—] ){NAMED}|{NAMED}"
    rf"|(?:key |main )?{NAMED} criteria\s+(?:[\w-]+\s+){{0,7}}[\w-]+",
    re.IGNORECASE,
)
INLINE = re.compile(
    rf"(?:[\w'’/-]+\s+){{0,3}}?{NAMED}(?:\s+criteri(?:a|on))?\s*(?:\([^()]*\)\s*)?(?:[:：]|(?<=criteria)\.\s)",
    re.IGNORECASE,
)
CLAUSE = re.compile(
    r"\b(?:may|apply|meets?|met|fulfil\w*|not|no|does|will|is|are|were|was|be|any|who|within|without|than"
    r"|prior to|time)\b",
    re.IGNORECASE,
)
ANNOUNCES = re.compile(
    r"(?:(?:all|any|the|study|key|main|potential|eligible)\s+)*"
    r"(?:patients?|subjects?|participants?|individuals?|candidates?|persons?|people|volunteers?|infants|children"
    r"|men|women|those|to be|for inclusion|included|excluded)\b",
    re.IGNORECASE,
)
# "Subjects must meet all of the following criteria:" opens a list that has no heading yet.
DEMANDS = re.compile(
    r"\bmust (?:meet|satisfy|fulfil\w*) (?:all|each|every|the following)\b"
    r"|\bto (?:participate|take part|be enrolled|enter)\b.{0,60}\bmust\b",
    re.IGNORECASE,
)
MUST_NOT = re.compile(r"\bmust not\b", re.IGNORECASE)
# People of one kind, with criteria of their own: "Healthy controls:", "Patients with bipolar disorder (BD):".
_PERSONS = (
    r"(?:patients?|subjects?|participants?|controls?|volunteers?|donors?|recipients?|cases|children|adults|adolescents"
    r"|infants|parents?|caregivers?|carers?|clinicians?|physicians?|nurses|providers?|workers|siblings?|relatives|bystanders"
    r"|(?:pregnant )?women|men)"
)
PEOPLE = re.compile(
    rf"(?:(?:for|in) )?(?:[\w-]+ ){{0,3}}?{_PERSONS}(?:(?:,| and|/| &) ?(?:[\w-]+ ){{0,2}}?{_PERSONS})*"
    r"(?: (?:only|group|cohort|exclusively))?(?: (?:with|without|of|on|in|undergoing|receiving)"
    r" [^:.;]{3,60})?(?:\s*\([^()]{1,40}\))?",
    re.IGNORECASE,
)
NO_GROUP = re.compile(
    r"\b(?:following|any|one|two|either|must|should|below|above|criteria|if|when|history|evidence|that|who|whose)\b",
    re.IGNORECASE,
)
CHARACTERISTICS = re.compile(r"[A-Z][A-Z /,&-]{3,60}(?:CHARACTERISTICS|THERAPY|REQUIREMENTS)\s*:?")
# Parts of a study, each with criteria of its own: "Cohort A", "Sub-study 2 (expansion):", "High risk arm:".
PART_NAME = (
    r"(?:sub-?stud(?:y|ies)|cohorts?|arms?|parts?|groups?|phases?|strat(?:um|a)|modules?|periods?|steps?)"
)
PART_ID = r"(?:[A-Z]{1,2}|[A-Z]?\d{1,2}[a-zA-Z]?|[IVX]{1,4}[a-c]?)"
PART = re.compile(
    r"(?i:(?:additional |specific |key )?(?:criteria )?(?:for |in |of |all |only )*(?:the )?"
    r"(?:(?:participants?|patients?|subjects?) (?:of|in|for) (?:the )?)?(?:[\w-]+ ){0,3}?)"
    rf"(?i:{PART_NAME})[ ]?#?(?P<id>{PART_ID}(?:(?:\s*(?:,|/|&|-|–)\s*|\s+(?:and|or|to)\s+)(?:(?i:{PART_NAME}) )?{PART_ID})*)"
    r"(?:\s*\([^()]{1,80}\))?(?i:\s+(?:only|cohorts?|portion|part|segment))*"
)
NAMED_PART = re.compile(
    rf"(?:(?:for|in|additional|optional|the|all|criteria) )*(?:participants? (?:of|in) (?:the )?)?(?:[\w/-]+ ){{1,5}}?{PART_NAME}"
    r"(?:\s*\([^()]{1,60}\))?(?:\s+only)?(?:\s*\([^()]{1,60}\))?",
    re.IGNORECASE,
)
BEFORE_TITLE = re.compile(rf"(?:(?i:{PART_NAME}) ?{PART_ID}(?:\s*\([^()]{{1,80}}\))?)\s*[:–—-]\s*")
# The longest of real records' texts have 32,000 characters; what stands behind these is one criterion, unsplit.
MOST_CHARACTERS = 100_000
MAX_PART = 120
MAX_PART_WORDS = 8
MAX_HEADING = 220
MAX_TITLE_WORDS = 14
MAX_PREFIX_WORDS = 4
MAX_LEVEL = 8


class Criterion(msgspec.Struct, frozen=True):
    """One criterion of an eligibility text.

    Attributes
    ----------
    kind
        What must hold ("inclusion"), what must not ("exclusion"), or "other" where the text does not say.
    text
        The criterion's own words, as `source[start:end]`, the registry's escapes included.
    start, end
        Character offsets into the text that was split.
    number
        The list mark as the sponsor wrote it (`3.`, `a)`, `*`), or "".
    level
        Depth in nested lists; 0 is the outermost.
    heading
        The heading it stands under, as written without its colon, or "".
    """

    kind: Kind
    text: str
    start: int
    end: int
    number: str = ""
    level: int = 0
    heading: str = ""


class _Line(msgspec.Struct, frozen=True):
    """One line that is not blank: where its words begin and end, its mark and its indentation."""

    start: int
    end: int
    mark: str
    indent: int
    follows_blank: bool


def split_criteria(text: str) -> tuple[Criterion, ...]:
    """Split an eligibility text into its criteria.

    Words before the first heading are inclusion criteria where only exclusion has a heading, else "other",
    as is everything in a text without headings. The "DISEASE CHARACTERISTICS" sections of older cancer
    records state what must hold and count as inclusion. Sentences inside a paragraph are not separated.

    Parameters
    ----------
    text
        `eligibilityCriteria` as the registry gives it; escapes are left as they are. What stands behind its
        first 100,000 characters is one criterion of kind "other": no real text is so long.

    Examples
    --------
    >>> found = split_criteria("Inclusion Criteria:\\n\\n1. Adult\\n\\nExclusion Criteria:\\n\\n* Pregnant")
    >>> [(item.kind, item.number, item.text) for item in found]
    [('inclusion', '1.', 'Adult'), ('exclusion', '*', 'Pregnant')]
    """
    end = _find_end(text)
    splitter = _Splitter(text[:end])
    lines = [*_lines(text[:end])]
    for line, following in zip(lines, [*lines[1:], None], strict=False):
        splitter.take(line, following)
    found = _settle_opening(splitter.finish())
    rest = text[end:].strip()
    if not rest:
        return found
    start = text.index(rest, end)
    return (*found, Criterion("other", rest, start, start + len(rest)))


def _find_end(text: str) -> int:
    """How much of a text is split: all, or of one that is too long its first lines."""
    if len(text) <= MOST_CHARACTERS:
        return len(text)
    return text.rfind("\n", 0, MOST_CHARACTERS) + 1 or MOST_CHARACTERS


class _Splitter:
    """Walks over the lines of one text and gathers criteria under the heading that is in force."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.found: list[Criterion] = []
        self.kind: Kind = "other"
        self.heading = self.base = ""
        self.empty_heading: tuple[int, int] | None = None
        self.indents: list[int] = []
        self.last_length = 0

    def take(self, line: _Line, following: _Line | None) -> None:
        words = self.text[line.start : line.end]
        title = _find_heading(words, line)
        if title is None and self._names_part(line, following):
            self._open_part(line, following)
        elif title is not None and (title.is_strict or self._may_announce(words)):
            self._open(line, title)
            for rest in _after_heading(self.text, line.start + title.length, line.end):
                self._add(rest)
        elif self.found and self.empty_heading is None and self._continues(line):
            self.found[-1] = msgspec.structs.replace(self.found[-1], end=line.end)
        else:
            self._add(line)
        self.last_length = line.end - line.start

    def _may_announce(self, words: str) -> bool:
        """Whether a clause that ends in a colon may open a list: the first may, later ones name people."""
        if not self.heading or self.empty_heading is not None:
            return True
        return bool(ANNOUNCES.match(words)) and not DEMANDS.search(words)

    def _names_part(self, line: _Line, following: _Line | None) -> bool:
        """Whether a line is the heading of a part of the study, below which its criteria stand."""
        if following is None:
            return False
        if _names_people(self.text, line) and following.mark and not line.mark:
            return True
        if self._stands_before_inclusion(line, following):
            return True
        if not _is_part(self.text, line, following):
            return False
        # Names of parts one below the other are a list of them.
        return not _is_part(self.text, following, None)

    def _stands_before_inclusion(self, line: _Line, following: _Line) -> bool:
        """Whether a short line of its own is followed by the title of inclusion criteria: those are of what it names."""
        words, next_words = (self.text[each.start : each.end] for each in (line, following))
        if line.mark or not line.follows_blank or (self.found and not self.found[-1].number):
            return False
        bare = words.strip("*_ \t[]\\").rstrip(" :：")
        if len(bare.split()) > MAX_PART_WORDS or bare.endswith((".", ";", ",")) or CLAUSE.search(bare):
            return False
        title = _find_heading(next_words, following)
        return (
            title is not None and title.is_strict and title.kind == "inclusion" and not NO_GROUP.search(bare)
        )

    def _open_part(self, line: _Line, following: _Line | None) -> None:
        title = _find_heading(self.text[following.start : following.end], following) if following else None
        # A part with titles of its own does not belong to the list above it.
        base = "" if title and title.is_strict else self.base
        self._open(line, _Title(self.kind, line.end - line.start, True))
        if base and not self.heading.startswith(base):
            self.heading = f"{base}: {self.heading}"
        self.base = base

    def _continues(self, line: _Line) -> bool:
        """Whether an unmarked line goes on with the criterion above it (text that was wrapped)."""
        last = self.found[-1]
        if line.mark or line.follows_blank or self.text[last.end - 1] in ".;:":
            return False
        first = self.text[line.start]
        return (
            first.islower()
            or first in "),;"
            or (line.indent > 0 and bool(last.number) and self.last_length > 55)
        )

    def finish(self) -> list[Criterion]:
        """The criteria with their words; a heading with nothing below it is kept, as kind "other"."""
        if self.empty_heading is not None:
            start, end = self.empty_heading
            self.found.append(Criterion("other", "", start, end))
        return [msgspec.structs.replace(item, text=self.text[item.start : item.end]) for item in self.found]

    def _open(self, line: _Line, title: _Title) -> None:
        name = self.text[line.start : line.start + title.length].strip(" \t:：*[]")
        start = line.start
        if self.empty_heading is not None:
            start = self.empty_heading[0]
            name = f"{self.heading}: {name}" if self.heading else name
        if self.empty_heading is None or title.is_strict or self.kind == "other":
            self.kind = title.kind
        self.heading = self.base = name
        self.empty_heading = (start, line.start + title.length)
        self.indents.clear()

    def _add(self, line: _Line) -> None:
        text = self.text[line.start : line.end]
        kind: Kind = "other" if APPLIES.search(text) else self.kind
        level = _level(line, self.indents)
        self.found.append(Criterion(kind, "", line.start, line.end, line.mark, level, self.heading))
        self.empty_heading = None


class _Title(msgspec.Struct, frozen=True):
    """A heading: the kind that it opens, its length in its line, and whether it is nothing but a title."""

    kind: Kind
    length: int
    is_strict: bool


def _lines(text: str) -> Iterator[_Line]:
    """The lines that are not blank; the registry's site breaks lines by tags, and these count as breaks.

    A line that is only a mark is kept as words, so that nothing is lost.
    """
    position, depth, follows_blank, mark = 0, 0, True, ""
    for found in (*BREAK.finditer(text), None):
        end = found.start() if found else len(text)
        if found and found[0][0] in " \t" and _is_one_heading(text[position:end]):
            continue
        if text[position:end].strip():
            body = text[position:end].rstrip()
            yield _line(
                text, position, position + len(body), follows_blank, mark=mark, indent=max(0, depth - 1) * 2
            )
            follows_blank, mark = False, ""
        else:
            follows_blank = True
        if found is None:
            return
        position, tag = found.end(), found[0].lower()
        if tag[0] == "<":
            follows_blank = True
            depth += {"<u": 1, "<o": 1}.get(tag[:2], 0) - (tag[:3] in ("</u", "</o"))
            mark = "*" if tag[:3] == "<li" else mark if tag[:2] == "<p" else ""


def _is_one_heading(words: str) -> bool:
    """Whether words before "Inclusion Criteria" in one line belong to that heading: few, and no sentence."""
    count = len(words.split())
    return count == 1 or (count <= MAX_PREFIX_WORDS and words.rstrip()[-1:] not in ".;,)]")


def _line(text: str, start: int, end: int, follows_blank: bool, *, mark: str = "", indent: int = 0) -> _Line:
    found = MARK.match(text, start, end)
    body = text[start:end]
    indent += len(body.expandtabs(4)) - len(body.expandtabs(4).lstrip())
    if found and found.end() < end:
        return _Line(found.end(), end, found[2].replace("\\", ""), indent, follows_blank)
    return _Line(start + len(body) - len(body.lstrip()), end, mark, indent, follows_blank)


def _after_heading(text: str, start: int, end: int) -> Iterator[_Line]:
    """What stands in a heading's own line after it; a run of "- one - two" is taken apart."""
    rest = text[start:end]
    is_run = rest.lstrip().startswith("- ")
    position = start
    for cut in (*(match.start() + start for match in RUN_ON.finditer(rest) if is_run), end):
        if text[position:cut].strip():
            yield _line(text, position, cut, True)
            position = cut


def _find_heading(words: str, line: _Line) -> _Title | None:
    """The heading that a line is or begins with, or None for a line that has none."""
    bare = words.strip("*_ []\t")
    if CHARACTERISTICS.fullmatch(bare):
        return _Title("inclusion", len(words), True)
    opening = words[:MAX_HEADING]
    if not (INCLUDES.search(opening) or EXCLUDES.search(opening) or DEMANDS.search(opening)):
        return None
    has_colon = bare.endswith((":", "："))
    if len(bare) <= MAX_HEADING:
        part = BEFORE_TITLE.match(bare)
        title = TITLE.fullmatch(bare[part.end() if part else 0 :].rstrip(" :：."))
        if title and not CLAUSE.search(bare) and (has_colon or _is_title(bare, line.mark and title["tail"])):
            return _Title(_kind_of(bare), len(words), True)
        if has_colon and not line.mark:
            return _Title(_kind_of(bare), len(words), False)
    inline = INLINE.match(words)
    if inline and (not line.mark or "criteri" in inline[0].lower()):
        return _Title(_kind_of(inline[0]), inline.end(), True)
    return None


def _is_part(text: str, line: _Line, following: _Line | None) -> bool:
    """Whether a line is nothing but the name of a part; one that says more is, where a list follows it."""
    words = text[line.start : line.end].strip("*_ \t")
    bare = words.removeprefix("\\").strip("[]\\ ").rstrip(" :：.")
    if len(bare) > MAX_PART:
        return False
    has_colon = words.endswith((":", "："))
    found = PART.match(bare)
    if found and found.end() == len(bare):
        return has_colon or not line.mark or _has_list(line, following)
    lists = following is not None and bool(following.mark) and not line.mark
    if found and lists and re.match(r"\s*[:：–—-]\s", bare[found.end() :]):
        return not CLAUSE.search(bare)
    is_loud = has_colon or bare.isupper() or words.startswith(("[", "\\["))
    return not line.mark and is_loud and bool(NAMED_PART.fullmatch(bare)) and not CLAUSE.search(bare)


def _has_list(line: _Line, following: _Line | None) -> bool:
    """Whether a list stands below a line, one level deeper."""
    return following is not None and bool(following.mark) and following.indent > line.indent


def _names_people(text: str, line: _Line) -> bool:
    """Whether a line ends in a colon and names people of one kind, and does not ask anything of them."""
    words = text[line.start : line.end].strip("*_ \t")
    bare = words.rstrip(" :：")
    is_short = words.endswith((":", "：")) and len(bare) <= MAX_PART
    return is_short and bool(PEOPLE.fullmatch(bare)) and not NO_GROUP.search(bare) and not CLAUSE.search(bare)


def _is_title(bare: str, marked_tail: str | None) -> bool:
    """Whether words without a colon can still be a heading: short, about criteria, no list entry's clause."""
    words = bare.split()
    if marked_tail or len(words) > MAX_TITLE_WORDS:
        return False
    return "criteri" in bare.lower() or len(words) <= 2 or " - " in bare


def _kind_of(words: str) -> Kind:
    if BOTH.search(words):
        return "other"
    return "exclusion" if EXCLUDES.search(words) or MUST_NOT.search(words) else "inclusion"


def _level(line: _Line, indents: list[int]) -> int:
    while indents and indents[-1] > line.indent:
        indents.pop()
    if not indents or indents[-1] < line.indent:
        indents.append(line.indent)
    return min(len(indents) - 1, MAX_LEVEL)


def _settle_opening(found: list[Criterion]) -> tuple[Criterion, ...]:
    """Count what stands before a lone exclusion heading as inclusion: that is what it can only mean."""
    kinds = {item.kind for item in found}
    if "exclusion" not in kinds or "inclusion" in kinds:
        return tuple(found)
    opening = next(index for index, item in enumerate(found) if item.kind == "exclusion")
    lead = [
        msgspec.structs.replace(item, kind="inclusion") if not item.heading else item
        for item in found[:opening]
    ]
    return (*lead, *found[opening:])
