"""The plan and the flow of participants drawn: arms as boxes, and after the results who started, left, completed."""

from __future__ import annotations

from trialbook.model import Study
from trialbook.model.protocol import ArmGroup, DesignInfo, DesignModule
from trialbook.model.results import FlowGroup, FlowPeriod, FlowStats, ParticipantFlowModule
from trialbook.model.sentences import join_words
from trialbook.pages.drawing.lanes import MOST_LANES, Line, Station, draw_lanes
from trialbook.pages.labels import WHO_MASKED, label_of
from trialbook.pages.numbers import group_digits
from trialbook.pages.tree import Picture, Table

MOST_PERIODS, MOST_REASONS, MOST_NAMES = 6, 8, 5
STARTED, COMPLETED, NOT_COMPLETED = "STARTED", "COMPLETED", "NOT COMPLETED"


def picture_arms(study: Study) -> Picture | None:
    """The groups of a study as boxes below how it is built; None where the record gives no groups."""
    arms = study.arm_groups
    if not arms:
        return None
    started = _find_started(study)
    lanes = [[_arm(arm, started)] for arm in arms]
    first = _plan(study)
    meaning = (
        f"How the study is built: {'; '.join(line.words for line in first.lines if line.words)}."
        if (first)
        else "The groups of the study."
    )
    if len(arms) > MOST_LANES:
        meaning += f" The first {MOST_LANES} of {len(arms):,} groups are drawn."
    if any(_fold(arm.label or "") in started for arm in arms[:MOST_LANES]):
        meaning += (
            " “Started” is the number of participants that the results count for a group of the same name."
        )
    return Picture(
        draw_lanes("arms", first, lanes, title="How the study is built", meaning=meaning), meaning, None
    )


def _plan(study: Study) -> Station | None:
    module = study.protocol.design_module or DesignModule()
    info = module.design_info or DesignInfo()
    lines = []
    enrollment = module.enrollment_info
    count = study.enrollment_count
    if count is not None:
        kind = str(enrollment.type or "") if enrollment else ""
        which = {"ACTUAL": "enrolled", "ESTIMATED": "planned"}.get(kind, "by the record")
        lines.append(Line(words=f"{count:,} participant{'' if count == 1 else 's'} {which}", style="strong"))
    model = info.intervention_model or info.observational_model
    built = [
        label_of(value)
        for value in (info.allocation, model, info.time_perspective)
        if value and str(value) != "NA"
    ]
    if built:
        lines.append(Line(words=" · ".join(built), most=2))
    masking = info.masking_info
    if masking and masking.masking:
        who = [WHO_MASKED.get(str(value), str(value)).lower() for value in masking.who_masked]
        words = f"Masking: {label_of(masking.masking).lower()}"
        lines.append(Line(words=f"{words} ({join_words(who)})" if who else words, most=2))
    data = () if count is None else (("enrolled", str(count)),)
    return Station(lines=tuple(lines), kind="top", data=data) if lines else None


def _arm(arm: ArmGroup, started: dict[str, str]) -> Station:
    label = arm.label or "Unnamed group"
    lines = [Line(words=label, style="strong", most=3)]
    if arm.type:
        lines.append(Line(words=label_of(arm.type), style="small"))
    count = started.get(_fold(label))
    if count is not None:
        lines.append(Line(words=f"Started: {group_digits(count)}", style="count"))
    names = arm.intervention_names
    lines += [Line(words=name, style="small", most=2) for name in names[:MOST_NAMES]]
    if len(names) > MOST_NAMES:
        lines.append(Line(words=f"and {len(names) - MOST_NAMES} more", style="small"))
    data = (("arm", label), *((("started", count),) if count is not None else ()))
    return Station(lines=tuple(lines), kind="arm", data=data)


def _fold(label: str) -> str:
    return " ".join(label.split()).casefold()


def _find_started(study: Study) -> dict[str, str]:
    """How many started the first period, by the name of the group; none where a name stands twice."""
    module = study.results_section.participant_flow_module if study.results_section else None
    if module is None or not module.periods:
        return {}
    stats = _find_milestone(module.periods[0], STARTED)
    names = [_fold(group.title or "") for group in module.groups]
    return {
        name: found.num_subjects
        for group, name in zip(module.groups, names, strict=True)
        if name and names.count(name) == 1
        if (found := stats.get(group.id)) is not None and found.num_subjects
    }


def _find_milestone(period: FlowPeriod, kind: str) -> dict[str | None, FlowStats]:
    return {
        stat.group_id: stat
        for milestone in period.milestones
        if milestone.type == kind
        for stat in milestone.achievements
    }


def picture_flow(
    module: ParticipantFlowModule, place: int, table: Table, *, enrolled: int | None = None
) -> Picture | None:
    """A period as the flow diagram of CONSORT 2025: for each group who started, left and why, and completed.

    None for a period without numbers, and beyond the sixth. `enrolled` stands above the first period.
    """
    period = module.periods[place]
    if place >= MOST_PERIODS:
        return None
    units = module.type_units_analyzed or "units"
    lanes = [
        lane
        for group in module.groups[: 2 * MOST_LANES]
        if (lane := _lane(period, group, place, units)) is not None
    ]
    if not lanes:
        return None
    title = period.title or "Period"
    words = f"{title}: for each group how many participants started, did not complete and why, and completed."
    if len(module.groups) > MOST_LANES:
        words += f" At most {MOST_LANES} groups are drawn; the table has all {len(module.groups):,}."
    first = None
    if place == 0 and enrolled is not None:
        line = Line(words=f"Enrolled: {enrolled:,}", style="strong")
        first = Station(lines=(line,), kind="top", data=(("enrolled", str(enrolled)),))
    return Picture(draw_lanes(f"flow-{place}", first, lanes, title=title, meaning=words), words, table)


def _lane(period: FlowPeriod, group: FlowGroup, place: int, units: str) -> list[Station] | None:
    found = [
        (milestone.type or "Unnamed", stat)
        for milestone in period.milestones
        for stat in milestone.achievements
        if stat.group_id == group.id and stat.num_subjects
    ]
    if not found:
        return None
    where = (("period", str(place)), ("group", group.id or ""))
    lane = []
    head = Line(words=group.title or "Unnamed", style="strong", most=3)
    between = [(kind, stat) for kind, stat in found if kind not in (STARTED, COMPLETED, NOT_COMPLETED)]
    by_kind = dict(reversed(found))
    lines = [head]
    if stat := by_kind.get(STARTED):
        lines.append(Line(words=_count("Started", stat, units), style="count"))
    lines += [Line(words=_count(kind, stat, units), style="small", most=2) for kind, stat in between]
    data = tuple((_name(kind), stat.num_subjects or "") for kind, stat in found if kind == STARTED)
    lane.append(Station(lines=tuple(lines), kind="arm", data=(*where, *data)))
    if stat := by_kind.get(NOT_COMPLETED):
        reasons = _list_reasons(period, group)
        lines = [Line(words=_count("Not completed", stat, units), style="count")]
        lines += [
            Line(words=f"{words}: {group_digits(count)}", style="small", most=2) for words, count in reasons
        ]
        told = tuple(
            ("reasons", "|".join(f"{count} {words}" for words, count in reasons)) for _ in reasons[:1]
        )
        data = (("not_completed", stat.num_subjects or ""), *told)
        lane.append(Station(lines=tuple(lines), kind="left", data=(*where, *data)))
    if stat := by_kind.get(COMPLETED):
        line = Line(words=_count("Completed", stat, units), style="count")
        data = (("completed", stat.num_subjects or ""),)
        lane.append(Station(lines=(line,), kind="done", data=(*where, *data)))
    return lane


def _name(kind: str) -> str:
    return kind.lower().replace(" ", "_")


def _count(words: str, stat: FlowStats, units: str) -> str:
    text = f"{words}: {group_digits(stat.num_subjects or '')}"
    return f"{text} ({group_digits(stat.num_units)} {units})" if stat.num_units else text


def _list_reasons(period: FlowPeriod, group: FlowGroup) -> list[tuple[str, str]]:
    """Why participants of a group left, as (reason, number): the most frequent first, then one line of the rest."""
    found: list[tuple[str, str]] = [
        (reason.type or "Reason not given", stat.num_subjects)
        for reason in period.drop_withdraws
        for stat in reason.reasons
        if stat.group_id == group.id and stat.num_subjects and stat.num_subjects != "0"
    ]
    found.sort(key=lambda each: -int(each[1]) if _is_count(each[1]) else 0)
    if len(found) <= MOST_REASONS:
        return found
    kept, rest = found[: MOST_REASONS - 1], found[MOST_REASONS - 1 :]
    if not all(_is_count(count) for _, count in rest):
        return [*kept, (f"{len(rest)} more reasons", "see the table")]
    return [*kept, (f"{len(rest)} more reasons", str(sum(int(count) for _, count in rest)))]


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 12
