"""Adverse events: deaths, serious and other events, for each group."""

from __future__ import annotations

from collections import Counter
from itertools import groupby

from trialbook.model import Study
from trialbook.model.results import AdverseEvent, AdverseEventsModule, EventGroup
from trialbook.model.sentences import count_of
from trialbook.pages.labels import label_of
from trialbook.pages.tree import Absent, Block, Fact, Facts, Fold, Prose, Row, Section, Table
from trialbook.record.markup import strip_markup

PURPOSE = "What harm was seen during the study, whether or not the treatment caused it."
OPEN_UP_TO = 15


def events_section(study: Study) -> Section:
    """Deaths and totals first, then serious and other events by organ system."""
    module = study.results_section.adverse_events_module if study.results_section else None
    if module is None:
        return Section(
            "adverse-events",
            "Adverse events",
            PURPOSE,
            (Absent("The record gives no adverse events.", ("resultsSection.adverseEventsModule",)),),
        )
    facts = []
    if module.time_frame:
        facts.append(Fact("Time frame", (Prose(module.time_frame),)))
    if module.frequency_threshold:
        words = "Other events are listed when they reach this share of participants in a group."
        facts.append(Fact("Threshold for other events", (f"{module.frequency_threshold}%",), words))
    if module.all_cause_mortality_comment:
        facts.append(Fact("About deaths", (Prose(module.all_cause_mortality_comment),)))
    blocks: list[Block] = [Facts(tuple(facts))] if facts else []
    if module.description:
        blocks.append(Prose(module.description))
    if any(group.description for group in module.event_groups):
        rows = tuple(
            Fact(group.title or "Unnamed", (Prose(group.description or "Not described"),))
            for group in module.event_groups
        )
        blocks.append(Facts(rows, style="groups"))
    blocks.append(_totals_table(module))
    blocks.append(_events_block("Serious adverse events", module.serious_events, module.event_groups))
    blocks.append(_events_block("Other adverse events", module.other_events, module.event_groups))
    return Section("adverse-events", "Adverse events", PURPOSE, tuple(blocks))


def _totals_table(module: AdverseEventsModule) -> Table:
    groups = module.event_groups
    kinds = (
        ("Deaths from any cause", "deaths"),
        ("Serious adverse events", "serious"),
        ("Other adverse events", "other"),
    )
    rows = []
    for label, kind in kinds:
        cells = tuple(
            share(getattr(group, f"{kind}_num_affected"), getattr(group, f"{kind}_num_at_risk"))
            for group in groups
        )
        rows.append(Row(label, cells))
    notes = ("Participants affected out of participants at risk.",)
    return Table(
        "Participants with any event",
        "Kind of event",
        tuple(group.title or "Unnamed" for group in groups),
        tuple(rows),
        notes,
    )


def share(affected: int | None, at_risk: int | None) -> str:
    """Affected out of at risk, with the percentage.

    >>> share(3, 120), share(None, 120), share(0, 0)
    ('3/120 (2.5%)', '?/120', '0/0')
    """
    if affected is None and at_risk is None:
        return ""
    words = f"{'?' if affected is None else affected}/{'?' if at_risk is None else at_risk}"
    return f"{words} ({100 * affected / at_risk:.1f}%)" if affected is not None and at_risk else words


def _events_block(title: str, events: tuple[AdverseEvent, ...], groups: tuple[EventGroup, ...]) -> Block:
    if not events:
        return Absent(f"The record lists no {title.lower()}.")
    usual = _usual(events)
    ids = tuple(group.id for group in groups)
    rows: list[Row] = []
    by_system = sorted(events, key=lambda event: event.organ_system or "")
    for system, members in groupby(
        by_system, key=lambda event: event.organ_system or "Organ system not given"
    ):
        rows.append(Row(system, is_group=True))
        rows += [_event_row(event, ids, usual) for event in members]
    notes = ["Participants affected out of participants at risk; the number of events where it is given."]
    if any(usual):
        notes.append(f"Unless a row says otherwise: {', '.join(words for words in usual if words)}.")
    table = Table(
        title, "Event", tuple(group.title or "Unnamed" for group in groups), tuple(rows), tuple(notes)
    )
    if len(events) <= OPEN_UP_TO:
        return table
    return Fold(f"{title}: {count_of(len(events), 'kind')} of event", (table,))


def _usual(events: tuple[AdverseEvent, ...]) -> tuple[str, str]:
    vocabularies = Counter(event.source_vocabulary or "" for event in events)
    assessments = Counter(
        label_of(event.assessment_type) if event.assessment_type else "" for event in events
    )
    return vocabularies.most_common(1)[0][0], assessments.most_common(1)[0][0]


def _event_row(event: AdverseEvent, ids: tuple[str | None, ...], usual: tuple[str, str]) -> Row:
    stats = {stat.group_id: stat for stat in event.stats}
    cells = []
    for group_id in ids:
        stat = stats.get(group_id)
        if stat is None:
            cells.append("")
            continue
        words = share(stat.num_affected, stat.num_at_risk)
        if stat.num_events is not None:
            words += f", {stat.num_events} ev."
        cells.append(words)
    own = (event.source_vocabulary or "", label_of(event.assessment_type) if event.assessment_type else "")
    differs = [word or "not stated" for word, common in zip(own, usual, strict=True) if word != common]
    remark = "; ".join(filter(None, (*differs, strip_markup(event.notes or ""))))
    return Row(event.term or "Unnamed", tuple(cells), remark=remark, level=1)
