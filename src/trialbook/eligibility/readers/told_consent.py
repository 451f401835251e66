"""Does a note say that the patient consents, or will keep to a protocol?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from trialbook.eligibility.days import Days
from trialbook.eligibility.facts import Fact, Source, Status
from trialbook.eligibility.tree import Concept

_CONSENTS = re.compile(
    r"\b(?:informed\s+consent|(?:gives?|given|gave|provides?|provided|signs?|signed|written)\s+consent|consent(?:s|ed)?\s+to)\b",
    re.IGNORECASE,
)
_COMPLIES = re.compile(
    r"\b(?:comply|complies|adheres?|keeps?)\s+(?:with|to)\s+(?:the\s+|all\s+|a\s+|its\s+)?(?:\w+\s+)?(?:trial|study|protocol)\b",
    re.IGNORECASE,
)
_GIVES = re.compile(r"\b(?:giv\w+|gave|provid\w+|sign\w*|obtain\w*|agree\w*)\b", re.IGNORECASE)
_GIVEN = re.compile(
    r"\s+(?:form\s+)?(?:was|is|has\s+been)\s+(?:obtained|given|signed|provided)\b", re.IGNORECASE
)
_REFUSES = re.compile(
    r"\b(?:refus\w+|declin\w+|unwilling|unable|cannot|not|never|without|lacks?|no|fail\w*|\w+n['’]t)\b",
    re.IGNORECASE,
)
_REACH = 80


def find_consent(text: str, day: date) -> Iterator[Fact]:
    """What a note says of consenting and of keeping to the protocol, refusals as denied; the first of each."""
    sought: tuple[tuple[re.Pattern[str], Concept, Status], ...] = (
        (_CONSENTS, Concept("informed consent", "consent"), "present"),
        (_COMPLIES, Concept("comply with the protocol", "observation"), "able"),
    )
    for pattern, concept, status in sought:
        found = pattern.search(text)
        if found is None:
            continue
        lead = re.split(r"[.;\n]", text[max(0, found.start() - _REACH) : found.start()])[-1]
        if refuses := _REFUSES.search(lead):
            yield _make(
                text,
                found.start() - len(lead) + refuses.start(),
                found.end(),
                concept,
                status,
                day,
                is_denied=True,
            )
        elif (
            not found[0].lower().startswith("informed")
            or _GIVES.search(lead)
            or _GIVEN.match(text, found.end())
        ):
            yield _make(text, found.start(), found.end(), concept, status, day, is_denied=False)


def _make(
    text: str, start: int, end: int, concept: Concept, status: Status, day: date, *, is_denied: bool
) -> Fact:
    source = Source("note", f"characters {start} to {end}", " ".join(text[start:end].split()))
    if is_denied:
        return Fact(concept, source, status, denied=True, start=Days(day, day), end=Days(day, day))
    return Fact(concept, source, status, start=Days(None, day), is_ongoing=True)
