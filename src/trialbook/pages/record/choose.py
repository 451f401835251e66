"""Some sections of a record's page: those that a reader chose to print, or asked for by name."""

from __future__ import annotations

from collections.abc import Collection

import msgspec

from trialbook.pages.record.missing import ANCHOR as NOT_HERE
from trialbook.pages.tree import NotHere, Part


def list_anchors(parts: tuple[Part, ...]) -> tuple[str, ...]:
    """The names of all sections, those that have nothing to show included."""
    return tuple(
        name
        for part in parts
        for section in part.sections
        for name in (section.anchor, *_list_named(section.blocks))
    )


def choose_sections(parts: tuple[Part, ...], chosen: Collection[str]) -> tuple[Part, ...]:
    """The sections of these names, in the page's order; what has nothing to show is told by its line."""
    kept = []
    for part in parts:
        sections = tuple(
            section
            for section in part.sections
            if section.anchor in chosen
            or (section.anchor == NOT_HERE and not set(_list_named(section.blocks)).isdisjoint(chosen))
        )
        if sections:
            kept.append(msgspec.structs.replace(part, sections=sections))
    return tuple(kept)


def _list_named(blocks: tuple[object, ...]) -> list[str]:
    return [entry.anchor for block in blocks if isinstance(block, NotHere) for entry in block.entries]
