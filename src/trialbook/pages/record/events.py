"""Adverse events: deaths, serious and other events, for each group."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import groupby

from trialbook.model import Study
from trialbook.model.results import AdverseEvent, AdverseEventsModule, EventGroup
from trialbook.model.sentences import count_of
from trialbook.pages.labels import label_of
from trialbook.pages.numbers import write_share
from trialbook.pages.record.event_pictures import picture_largest, picture_totals, title_of, totals_table
from trialbook.pages.record.flow import group_descriptions
from trialbook.pages.tree import (
    Absent,
    Block,
    Fact,
    Facts,
    Fold,
    Link,
    Plain,
    Prose,
    Row,
    Section,
    Sub,
    Table,
)
from trialbook.record.markup import strip_markup
from trialbook.results.adverse_events import Chosen, choose_groups, list_events

PURPOSE = "What harm was seen during the study, whether or not the treatment caused it."
OPEN_UP_TO = 15
# A longer table has a page of its own, where it can be sorted and searched.
MOST_HERE = 80
DRAWN_FROM = 2


def events_section(study: Study, events_url: str = "") -> Section:
    """Deaths and totals first, then serious and other events: the largest differences drawn, all as tables.

    `events_url` is the page that has all events; a table of more than 80 is then left to it.
    """
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
    blocks += group_descriptions(module.event_groups)
    chosen = choose_groups(module.event_groups)
    blocks.append((chosen and picture_totals(module, chosen)) or totals_table(module))
    if chosen and len(module.event_groups) > len(chosen.places) and events_url:
        words = f"Two of {len(module.event_groups):,} groups are drawn; "
        blocks.append(Plain((words, Link("choose others", events_url), ".")))
    for kind, title in (("serious", "Serious adverse events"), ("other", "Other adverse events")):
        blocks.append(Sub(title, _kind_blocks(module, chosen, kind, title, events_url)))
    if events_url and (module.serious_events or module.other_events):
        blocks.append(Plain((Link("All adverse events to sort, search and take away", events_url),)))
    return Section("adverse-events", "Adverse events", PURPOSE, tuple(blocks))


def _kind_blocks(
    module: AdverseEventsModule, chosen: Chosen | None, kind: str, title: str, events_url: str
) -> tuple[Block, ...]:
    events = module.serious_events if kind == "serious" else module.other_events
    if not events:
        return (Absent(f"The record lists no {title.lower()}."),)
    lines = [line for line in list_events(module) if line.kind == kind]
    picture = (
        picture_largest(module, chosen, lines, name=kind, of=kind)
        if chosen and len(lines) >= DRAWN_FROM
        else None
    )
    blocks: list[Block] = [picture] if picture else []
    if events_url and len(events) > MOST_HERE:
        separator = "&" if "?" in events_url else "?"
        words = f"All {len(events):,} kinds of {kind} event"
        blocks.append(
            Plain((Link(words, f"{events_url}{separator}kind={kind}"), " stand on a page of their own."))
        )
    else:
        blocks.append(_events_block(title, events, module.event_groups))
    return tuple(blocks)


def _events_block(title: str, events: tuple[AdverseEvent, ...], groups: tuple[EventGroup, ...]) -> Block:
    usual = find_usual(events)
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
    table = Table(title, "Event", tuple(map(title_of, groups)), tuple(rows), tuple(notes), is_numeric=True)
    if len(events) <= OPEN_UP_TO:
        return table
    return Fold(f"{title}: {count_of(len(events), 'kind')} of event", (table,))


def find_usual(events: Sequence[AdverseEvent]) -> tuple[str, str]:
    """The vocabulary and the way of assessment that most events have; "" where most say none."""
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
        words = write_share(stat.num_affected, stat.num_at_risk)
        if stat.num_events is not None:
            words += f", {count_of(stat.num_events, 'event')}"
        cells.append(words)
    remark = describe_apart(event, usual)
    return Row(event.term or "Unnamed", tuple(cells), remark=remark, level=1)


def describe_apart(event: AdverseEvent, usual: tuple[str, str]) -> str:
    """What an event says of itself beyond what most say."""
    own = (event.source_vocabulary or "", label_of(event.assessment_type) if event.assessment_type else "")
    differs = [word or "not stated" for word, common in zip(own, usual, strict=True) if word != common]
    return "; ".join(filter(None, (*differs, strip_markup(event.notes or ""))))
