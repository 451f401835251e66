"""Which studies are like this one, and why?"""

from __future__ import annotations

from trialbook.model import Study
from trialbook.pages.contents import RelatedView
from trialbook.pages.record.told import read_entries, read_page
from trialbook.pages.tree import Block, Item, Items, Link, Note, Plain, Related, Section, Sub
from trialbook.record.links import study_url


def related_section(view: RelatedView | None, study: Study | None = None) -> Section | None:
    """Studies that resemble this one, with the reasons, and those that the page lists from which a copy came.

    None where there is neither.
    """
    listed = _list_printed(study)
    if view is None:
        return _make(listed) if listed else None
    blocks: list[Block] = [Note((note,)) for note in view.notes]
    for group in view.groups:
        found = Related(group.studies)
        blocks.append(Sub(group.title, (found,)) if group.title else found)
    if view.url:
        blocks.append(Plain((Link("More of them, why, and who works on them", view.url),)))
    return _make([Sub("Found in this library", tuple(blocks)), *listed] if listed else blocks)


def _make(blocks: list[Block]) -> Section:
    return Section(
        "related",
        "More related trials",
        "Other studies in this library that are like this one by their words, and in what.",
        tuple(blocks),
    )


def _list_printed(study: Study | None) -> list[Block]:
    """The trials that a saved page names as similar."""
    items = []
    for trial in read_entries(read_page(study), "relatedTrials") if study else ():
        nct_id, title, status = (
            str(trial.get(name) or "") for name in ("nctId", "briefTitle", "overallStatus")
        )
        phases = trial.get("phases")
        phase = " / ".join(str(each) for each in phases) if isinstance(phases, list) else ""
        about = ", ".join(filter(None, (status, phase)))
        items.append(
            Item((Link(title or nct_id, study_url(nct_id)), f"{nct_id}{f' ({about})' if about else ''}"))
        )
    return [Sub("Listed by the page that this copy came from", (Items(tuple(items)),))] if items else []
