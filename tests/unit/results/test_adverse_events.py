"""Which groups are compared, which events are found, in what order?"""

from __future__ import annotations

import pytest

from trialbook.model.results import AdverseEvent, AdverseEventsModule, EventGroup, EventStats
from trialbook.results.adverse_events import (
    Chosen,
    choose_groups,
    find_difference,
    list_events,
    list_totals,
    select_events,
    sort_events,
)


def make_event(term: str, *counts: tuple[int | None, int | None], organ: str = "Heart") -> AdverseEvent:
    stats = tuple(
        EventStats(group_id=f"EG{at}", num_affected=affected, num_at_risk=at_risk)
        for at, (affected, at_risk) in enumerate(counts)
    )
    return AdverseEvent(term=term, organ_system=organ, stats=stats)


def make_groups(*titles: str) -> tuple[EventGroup, ...]:
    return tuple(EventGroup(id=f"EG{at}", title=title) for at, title in enumerate(titles))


MODULE = AdverseEventsModule(
    event_groups=make_groups("Drug", "Placebo"),
    serious_events=(make_event("Stroke", (3, 100), (1, 100)),),
    other_events=(
        make_event("Nausea", (10, 100), (40, 100), organ="Gut"),
        make_event("Rash", (None, 100), (2, 100), organ="Skin"),
        make_event("Cough", (7, 100), (7, 50), organ=""),
        make_event("Odd", (9, 5), (0, 0)),
    ),
)


def name(lines: list) -> list[str]:  # type: ignore[type-arg]
    return [line.term for line in lines]


@pytest.mark.parametrize(
    ("titles", "asked", "expected"),
    [
        (("Drug", "Placebo"), ("", ""), Chosen(0, 1)),
        (("Total", "Drug", "Placebo"), ("", ""), Chosen(1, 2)),
        (("All Participants (N=9)", "Drug"), ("", ""), Chosen(1, 0)),
        (("Total", "Overall"), ("", ""), Chosen(0, 1)),
        (("Drug",), ("", ""), Chosen(0)),
        (("A", "B", "C"), ("EG2", "EG0"), Chosen(2, 0)),
        (("A", "B", "C"), ("EG1", ""), Chosen(1, 0)),
        (("A", "B", "C"), ("EG1", "EG1"), Chosen(1, 0)),
        (("A", "B"), ("EG9", "<script>"), Chosen(0, 1)),
        ((), ("", ""), None),
    ],
)
def test_two_groups_are_compared(
    titles: tuple[str, ...], asked: tuple[str, str], expected: Chosen | None
) -> None:
    assert choose_groups(make_groups(*titles), *asked) == expected


def test_events_are_sorted_by_what_was_asked_for() -> None:
    lines, chosen = list_events(MODULE), Chosen(0, 1)
    assert name(sort_events(lines, chosen, "difference")) == ["Nausea", "Cough", "Stroke", "Rash", "Odd"]
    assert name(sort_events(lines, chosen, "first")) == ["Nausea", "Cough", "Stroke", "Rash", "Odd"]
    assert name(sort_events(lines, chosen, "second")) == ["Nausea", "Cough", "Rash", "Stroke", "Odd"]
    assert name(sort_events(lines, chosen, "term")) == ["Cough", "Nausea", "Odd", "Rash", "Stroke"]
    assert name(sort_events(lines, chosen, "organ"))[-1] == "Cough"
    assert name(sort_events(lines, Chosen(1), "difference"))[0] == "Nausea"


def test_events_are_found_by_kind_organ_and_words() -> None:
    lines = list_events(MODULE)
    assert name(select_events(lines, kind="serious")) == ["Stroke"]
    assert name(select_events(lines, organ="Gut")) == ["Nausea"]
    assert name(select_events(lines, words="  NAU gut ")) == ["Nausea"]
    assert name(select_events(lines, kind="serious", words="nausea")) == []


def test_a_difference_needs_both_shares() -> None:
    by_term = {line.term: line for line in list_events(MODULE)}
    found = find_difference(by_term["Nausea"], Chosen(0, 1))
    assert found is not None
    assert found.value == pytest.approx(-0.3)
    for term in ("Rash", "Odd"):
        assert find_difference(by_term[term], Chosen(0, 1)) is None
    assert find_difference(by_term["Nausea"], Chosen(0)) is None


def test_totals_are_those_of_the_record() -> None:
    group = EventGroup(
        id="EG0", deaths_num_affected=1, deaths_num_at_risk=9, serious_num_affected=2, serious_num_at_risk=8
    )
    deaths, serious, other = list_totals(AdverseEventsModule(event_groups=(group,)))
    assert (deaths.find(0).pair, serious.find(0).pair, other.find(0).pair) == ((1, 9), (2, 8), None)
