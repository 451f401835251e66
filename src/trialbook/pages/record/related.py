"""Which studies are like this one, and why?"""

from __future__ import annotations

from trialbook.pages.contents import RelatedView
from trialbook.pages.tree import Absent, Block, Link, Note, Plain, Related, Section, Sub


def related_section(view: RelatedView) -> Section:
    """Studies that resemble this one, with the reasons; its own family and near duplicates apart."""
    blocks: list[Block] = [Note((note,)) for note in view.notes]
    for group in view.groups:
        listed = Related(group.studies)
        blocks.append(Sub(group.title, (listed,)) if group.title else listed)
    if not view.groups and not view.notes:
        blocks.append(Absent("Nothing in this library is like it."))
    if view.url:
        blocks.append(Plain((Link("More of them, why, and who works on them", view.url),)))
    return Section(
        "related",
        "More related trials",
        "Other studies in this library that are like this one by their words, and in what.",
        tuple(blocks),
    )
