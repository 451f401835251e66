"""What stands behind the record: derived terms, its dates, annotations, versions, what we cannot read."""

from __future__ import annotations

from datetime import date

import msgspec

from trialbook.model import PartialDate, Study
from trialbook.model.derived import BrowseLeaf, BrowseModule, Mesh, UnpostedEvent, ViolationEvent
from trialbook.model.protocol import DateStruct
from trialbook.model.sentences import count_of
from trialbook.model.study import REGISTER_WORDS
from trialbook.pages.contents import StudyHistory
from trialbook.pages.labels import label_of, term_of, yes_no
from trialbook.pages.record.told import read_entries, read_page
from trialbook.pages.record.versionline import draw_history
from trialbook.pages.tree import (
    Absent,
    Block,
    Card,
    Day,
    Fact,
    Facts,
    Fold,
    Inline,
    Item,
    Items,
    Link,
    Plain,
    Prose,
    Section,
    Sub,
    Versions,
)
from trialbook.record.links import mesh_url

MAX_UNREAD = 200


def derived_terms_section(study: Study) -> Section:
    """MeSH terms that the registry derived."""
    derived = study.derived_section
    blocks: list[Block] = []
    if derived and derived.condition_browse_module:
        blocks.append(Sub("Conditions", _browse(derived.condition_browse_module)))
    if derived and derived.intervention_browse_module:
        blocks.append(Sub("Interventions", _browse(derived.intervention_browse_module)))
    blocks = blocks or [
        Absent(
            "The record gives no derived terms.",
            ("derivedSection.conditionBrowseModule", "derivedSection.interventionBrowseModule"),
        )
    ]
    purpose = (
        "Medical subject headings (MeSH) that the registry, not the sponsor, has assigned, "
        "so that like studies are found together."
    )
    return Section("derived-terms", "Derived terms", purpose, tuple(blocks))


def _browse(module: BrowseModule) -> tuple[Block, ...]:
    rows: list[Fact] = []
    if module.meshes:
        rows.append(Fact("MeSH terms", tuple(_mesh(term) for term in module.meshes)))
    if module.ancestors:
        rows.append(Fact("Broader terms", tuple(_mesh(term) for term in module.ancestors)))
    if module.browse_branches:
        words = tuple(
            " ".join(filter(None, (branch.name, f"({branch.abbrev})" if branch.abbrev else "")))
            for branch in module.browse_branches
        )
        rows.append(Fact("Branches of the registry's tree", words))
    blocks: list[Block] = [Facts(tuple(rows))] if rows else []
    if module.browse_leaves:
        items = tuple(Item((_leaf(leaf),)) for leaf in module.browse_leaves)
        blocks.append(Fold("How the registry's own tree files it", (Items(items),)))
    return tuple(blocks) or (
        Absent(
            "The record gives no derived terms.",
            ("derivedSection.conditionBrowseModule", "derivedSection.interventionBrowseModule"),
        ),
    )


def _mesh(term: Mesh) -> Inline:
    words = f"{term.term or 'Unnamed'} ({term.id})" if term.id else term.term or "Unnamed"
    url = mesh_url(term.id or "")
    return Link(words, url) if url else words


def _leaf(leaf: BrowseLeaf) -> str:
    found = f"found as “{leaf.as_found}”" if leaf.as_found else ""
    relevance = f"{str(leaf.relevance).lower()} relevance" if leaf.relevance else ""
    about = ", ".join(filter(None, (leaf.id, relevance, found)))
    return f"{leaf.name or 'Unnamed'} ({about})" if about else leaf.name or "Unnamed"


def milestones_section(study: Study) -> Section:
    """The registry's own dates: submitted, checked, posted."""
    status = study.status
    misc = study.derived_section.misc_info_module if study.derived_section else None
    tracking = misc.submission_tracking if misc else None
    mcp = tracking.first_mcp_info.post_date_struct if tracking and tracking.first_mcp_info else None
    dated: tuple[tuple[str, PartialDate | DateStruct | None], ...] = (
        ("Status verified by the sponsor", status.status_verified_date),
        ("First submitted", status.study_first_submit_date),
        ("First submission passed the quality check", status.study_first_submit_qc_date),
        ("First posted", status.study_first_post_date_struct),
        ("Results first submitted", status.results_first_submit_date),
        ("Results passed the quality check", status.results_first_submit_qc_date),
        ("Results first posted", status.results_first_post_date_struct),
        ("Certificate of delay first submitted", status.disp_first_submit_date),
        ("Certificate of delay passed the quality check", status.disp_first_submit_qc_date),
        ("Certificate of delay first posted", status.disp_first_post_date_struct),
        ("Last update submitted", status.last_update_submit_date),
        ("Last update posted", status.last_update_post_date_struct),
        (
            "Results expected to be first submitted",
            tracking.estimated_results_first_submit_date if tracking else None,
        ),
        ("Results first posted before the check was complete", mcp),
        ("Data of the registry as of", misc.version_holder if misc else None),
    )
    rows = []
    for label, value in dated:
        day = _day(value)
        if day:
            rows.append(Fact(label, (day,)))
    if study.has_results is not None:
        rows.append(Fact("The registry counts the record as one with results", (yes_no(study.has_results),)))
    blocks: list[Block] = [
        Facts(tuple(rows))
        if rows
        else Absent("The record gives no dates of its own.", ("statusModule.studyFirstSubmitDate",))
    ]
    infos = tracking.submission_infos if tracking else ()
    for index, info in enumerate(infos, 1):
        steps = (
            ("Submitted", info.release_date),
            ("Withdrawn", info.unrelease_date),
            ("Returned with comments", info.reset_date),
        )
        facts = [Fact(label, (Day(value),)) for label, value in steps if value]
        if info.unrelease_date_unknown is not None:
            facts.append(
                Fact("Date of withdrawal unknown", ("Yes" if info.unrelease_date_unknown else "No",))
            )
        if info.mcp_release_n is not None:
            facts.append(Fact("Release number", (str(info.mcp_release_n),)))
        blocks.append(Card(f"Submission of results {index}", (), (Facts(tuple(facts)),)))
    return Section(
        "record-dates",
        "Dates of the record",
        "When the record itself was submitted, checked and posted.",
        tuple(blocks),
    )


def _day(value: PartialDate | DateStruct | None) -> Day | None:
    if isinstance(value, DateStruct):
        return Day(value.date, type=str(value.type) if value.type else "") if value.date else None
    return Day(value) if value else None


def annotations_section(study: Study) -> Section:
    """What the registry itself added: results withheld, violations."""
    section = study.annotation_section
    module = section.annotation_module if section else None
    blocks: list[Block] = []
    if module and module.unposted_annotation:
        unposted = module.unposted_annotation
        rows = (
            [Fact("Responsible party", (unposted.unposted_responsible_party,))]
            if unposted.unposted_responsible_party
            else []
        )
        rows += [_unposted(event) for event in unposted.unposted_events]
        blocks.append(Sub("Results submitted but not posted", (Facts(tuple(rows)),)))
    if module and module.violation_annotation:
        events = tuple(_violation(event) for event in module.violation_annotation.violation_events)
        blocks.append(
            Sub("Violations found by the FDA (FDAAA 801)", events or (Absent("No event is listed."),))
        )
    blocks = blocks or [Absent("The registry has added no annotations.", ("annotationSection",))]
    return Section(
        "annotations",
        "Annotations by the registry",
        "What the registry or the FDA noted about this record.",
        tuple(blocks),
    )


def _unposted(event: UnpostedEvent) -> Fact:
    when: Inline = (
        Day(event.date) if event.date else "Date unknown" if event.date_unknown else "Date not given"
    )
    return Fact(label_of(event.type) if event.type else "Event", (when,))


def _violation(event: ViolationEvent) -> Card:
    dated = (
        ("Created", event.creation_date),
        ("Issued", event.issued_date),
        ("Released", event.release_date),
        ("Posted", event.posted_date),
    )
    rows = tuple(Fact(label, (Day(value),)) for label, value in dated if value)
    tags: tuple[Inline, ...] = (term_of(event.type),) if event.type else ()
    blocks: list[Block] = [Prose(event.description)] if event.description else []
    return Card("Violation", tags, (*blocks, Facts(rows)) if rows else tuple(blocks))


def versions_section(history: StudyHistory | None, today: date) -> Section:
    """The versions of this record that are known of, on a line of time and one by one."""
    blocks: list[Block] = []
    if history and history.versions:
        if len(history.held) < len(history.versions):
            held = f"{len(history.held):,} of them held here"
            blocks.append(
                Plain((f"The registry lists {count_of(len(history.versions), 'version')}, {held}.",))
            )
        elif len(history.versions) == 1:
            blocks.append(Plain(("This library holds no other version of the record.",)))
        if picture := draw_history(history, today):
            blocks.append(picture)
        blocks.append(Versions(history.versions))
        if history.url:
            leads = "Compare any two versions" if len(history.held) > 1 else "Where it came from"
            blocks.append(Plain((Link(leads, history.url),)))
    else:
        blocks.append(Absent("Which versions of the record there are is not known here.", known=""))
    return Section(
        "versions",
        "Versions and differences",
        "How the record has changed, and when this library learnt of it.",
        tuple(blocks),
    )


def unread_section(study: Study) -> Section:
    """Elements that the typed view cannot hold, shown as they stand."""
    unread = {name: value for name, value in study.unmodelled.items() if not name.startswith("/pageSection")}
    if study.register_words or study.unlimited:
        # Shown among the key facts and the ages.
        unread.pop(REGISTER_WORDS, None)
    printed = _list_printed(study)
    purpose = "What this version of Trialbook does not know how to show; it is kept and exported as it came."
    if printed and not unread:
        return Section("unread", "Not understood", purpose, tuple(printed))
    if not unread:
        return Section(
            "unread",
            "Not understood",
            purpose,
            (Absent("Nothing: every element of the record is shown above.", known="shown"),),
        )
    rows = tuple(
        Fact(pointer, (msgspec.json.encode(value).decode(),))
        for pointer, value in list(unread.items())[:MAX_UNREAD]
    )
    blocks: list[Block] = [Facts(rows, style="raw")]
    if len(unread) > MAX_UNREAD:
        blocks.append(
            Plain((f"And {len(unread) - MAX_UNREAD:,} more; the JSON of the record has them all.",))
        )
    return Section("unread", "Not understood", purpose, (*blocks, *printed))


def _list_printed(study: Study) -> list[Block]:
    """What stands on a saved page and fits none of its sections, in its own words."""
    page = read_page(study)
    cards: list[Block] = []
    for name, title in (("otherSections", "heading"), ("unread", "section")):
        for entry in read_entries(page, name):
            heading = str(entry.get(title) or "Above the first section of the page")
            cards.append(Card(heading, (), (Prose(str(entry.get("text") or "")),)))
    return cards
