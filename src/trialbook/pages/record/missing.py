"""Which sections have nothing to show? They leave the page and stand, each by its name, in one line at its end."""

from __future__ import annotations

import msgspec

from trialbook.pages.tree import Absent, Block, Missing, NotHere, Part, Section, Sub

ANCHOR = "not-here"
# The part of the page in which the section stands.
BEHIND = "About this record"
# How a section is missing, in the order and the words in which that is told.
LEADS = {
    "none": "Not in this record",
    "elsewhere": "This copy cannot carry",
    "unknown": "Not known, as this copy cannot carry it and no other copy in this library has it",
    "shown": "Empty, as every element of the record is shown",
}


def fold_missing(parts: tuple[Part, ...]) -> tuple[Part, ...]:
    """The parts of a page without the sections that are empty, and a last section that names these."""
    missing: dict[str, list[Missing]] = {known: [] for known in LEADS}
    kept = []
    for part in parts:
        sections = []
        for section in part.sections:
            known, absent = _find_known(section)
            if absent is None:
                sections.append(section)
            else:
                missing[known].append(Missing(section.anchor, section.title, absent.link))
        if sections:
            kept.append(msgspec.structs.replace(part, sections=tuple(sections)))
    blocks = tuple(NotHere(LEADS[known], tuple(entries)) for known, entries in missing.items() if entries)
    if not blocks:
        return tuple(kept)
    last = Section(ANCHOR, "Not in this record", "What a record may have and this one does not show.", blocks)
    at = next((at for at, part in enumerate(kept) if part.title == BEHIND), len(kept) - 1)
    kept[at] = msgspec.structs.replace(kept[at], sections=(*kept[at].sections, last))
    return tuple(kept)


def _find_known(section: Section) -> tuple[str, Absent | None]:
    """How all of a section is missing, and a sentence of it; ("", None) where it shows or tells more than one thing."""
    found = list(_list_absent(section.blocks))
    absent = [each for each in found if each is not None]
    told = {(each.known, each.link) for each in absent}
    if len(absent) < len(found) or len(told) != 1 or absent[0].known not in LEADS:
        return "", None
    return absent[0].known, absent[0]


def _list_absent(blocks: tuple[Block, ...]) -> list[Absent | None]:
    """Each block as what is missing; None for one that shows something."""
    found: list[Absent | None] = []
    for block in blocks:
        if isinstance(block, Sub):
            found += _list_absent(block.blocks)
        else:
            found.append(block if isinstance(block, Absent) else None)
    return found
