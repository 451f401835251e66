"""Is the box of a form beside a mention ticked? "[x] atrial fibrillation [ ] stroke", "Diabetes: [x] yes [ ] no"."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

_BOX = r"(?:\[\s*(?P<square>[xX✓✔]?|_+)\s*\]|\((?P<round>[xX✓✔]|\s+)\)|(?P<sign>[☐☑☒✓✔]))"
_BOXES = re.compile(_BOX)
_ANSWERED = re.compile(r"\s*(yes|no|y|n)\b", re.IGNORECASE)
_TICKS = frozenset("xX✓✔☑☒")


class Box(NamedTuple):
    """What a box says of a mention, and where it stands; a box that nobody ticked says nothing."""

    says: Literal["ticked", "empty", "yes", "no"]
    start: int
    end: int


def read_box(text: str, start: int, end: int) -> Box | None:
    """The box of a mention at `text[start:end]`: before it, or behind it where the boxes of its line end the line."""
    line = text.rfind("\n", 0, start) + 1
    stop = text.find("\n", end)
    stop = len(text) if stop < 0 else stop
    boxes = list(_BOXES.finditer(text, line, stop))
    if not boxes:
        return None
    before = [each for each in boxes if each.end() <= start]
    behind = [each for each in boxes if each.start() >= end]
    if behind and (answers := _read_answers(text, end, behind)):
        return answers
    is_behind = not re.search(r"\w", text[boxes[-1].end() : stop])
    if is_behind:
        is_next = behind and not re.search(r"[\w;,]", text[end : behind[0].start()])
        return _make(behind[0]) if is_next else None
    return _make(before[-1]) if before else None


def _read_answers(text: str, end: int, behind: list[re.Match[str]]) -> Box | None:
    """What "[x] yes [ ] no" right behind a mention says; where both or neither is ticked, nothing."""
    if re.search(r"\w", text[end : behind[0].start()]):
        return None
    ticked: list[tuple[str, re.Match[str]]] = []
    at = behind[0].start()
    last = None
    for each in behind[:2]:
        answer = _ANSWERED.match(text, each.end())
        if text[at : each.start()].strip(" ,/") or answer is None:
            break
        at, last = answer.end(), each
        if _is_ticked(each):
            ticked.append((answer[1].lower(), each))
    if last is None:
        return None
    if len(ticked) != 1:
        return Box("empty", *last.span())
    return Box("yes" if ticked[0][0].startswith("y") else "no", *ticked[0][1].span())


def _make(found: re.Match[str]) -> Box:
    return Box("ticked" if _is_ticked(found) else "empty", *found.span())


def _is_ticked(found: re.Match[str]) -> bool:
    return bool(_TICKS & set(found[0]))
