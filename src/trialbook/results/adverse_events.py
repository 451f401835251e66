"""Which adverse events differ most between two groups? Lines of a record's events, chosen, sorted, compared."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec

from trialbook.model.results import AdverseEvent, AdverseEventsModule, EventGroup
from trialbook.results.risk import Risk, compute_difference, compute_share

Kind = Literal["serious", "other"]
Sorting = Literal["difference", "share", "first", "second", "term", "organ"]
KINDS: tuple[Kind, ...] = ("serious", "other")
SORTINGS: dict[Sorting, str] = {
    "difference": "largest difference",
    "share": "most frequent in either group",
    "first": "most frequent in the first group",
    "second": "most frequent in the second group",
    "term": "name of the event",
    "organ": "organ system",
}
TOTAL = ("total", "overall", "all participants", "all patients", "all subjects", "all groups", "pooled")


class Counted(msgspec.Struct, frozen=True):
    """What a record gives for one group: participants affected and at risk, and events; None where it does not."""

    affected: int | None = None
    at_risk: int | None = None
    events: int | None = None

    @property
    def share(self) -> Risk | None:
        """The share of those affected, or None where the counts give none."""
        pair = self.pair
        return compute_share(*pair) if pair else None

    @property
    def pair(self) -> tuple[int, int] | None:
        """Both counts, where they make a share."""
        if self.affected is None or not self.at_risk or not 0 <= self.affected <= self.at_risk:
            return None
        return self.affected, self.at_risk


NOTHING = Counted()


class EventLine(msgspec.Struct, frozen=True):
    """One event with what the record gives for groups, by a group's place among them."""

    kind: str
    term: str
    organ: str
    counts: dict[int, Counted]
    event: AdverseEvent | None = None

    def find(self, place: int) -> Counted:
        """What the record gives for a group; without numbers where it gives nothing."""
        return self.counts.get(place, NOTHING)


class Chosen(msgspec.Struct, frozen=True):
    """The places of the two groups that are compared; `second` is None where there is one group."""

    first: int
    second: int | None = None

    @property
    def places(self) -> tuple[int, ...]:
        """Both, or the one."""
        return (self.first,) if self.second is None else (self.first, self.second)


def choose_groups(groups: Sequence[EventGroup], first: str = "", second: str = "") -> Chosen | None:
    """The two groups to compare: those asked for by their ids, else the first two that are no totals of others."""
    if not groups:
        return None
    ids = {group_id: places[0] for group_id, places in _find_places(groups).items() if group_id}
    usual = [place for place, group in enumerate(groups) if not _is_total(group)] or [0]
    one = ids.get(first, usual[0])
    rest = [place for place in (*usual, *range(len(groups))) if place != one]
    other = ids.get(second)
    return Chosen(one, other if other not in (None, one) else (rest[0] if rest else None))


def _is_total(group: EventGroup) -> bool:
    title = (group.title or "").strip().lower()
    return any(title == word or title.startswith((f"{word} ", f"{word}:", f"{word} (")) for word in TOTAL)


def list_events(module: AdverseEventsModule) -> list[EventLine]:
    """All events of a record in its order, serious ones first."""
    places = _find_places(module.event_groups)
    lines = []
    for kind, events in (("serious", module.serious_events), ("other", module.other_events)):
        for event in events:
            counts = {
                place: Counted(stat.num_affected, stat.num_at_risk, stat.num_events)
                for stat in event.stats
                for place in places.get(stat.group_id, ())
            }
            lines.append(EventLine(kind, event.term or "", event.organ_system or "", counts, event))
    return lines


def _find_places(groups: Sequence[EventGroup]) -> dict[str | None, list[int]]:
    """Where a group's id stands; one that stands twice means both."""
    places: dict[str | None, list[int]] = {}
    for place, group in enumerate(groups):
        places.setdefault(group.id, []).append(place)
    return places


def list_totals(module: AdverseEventsModule) -> list[EventLine]:
    """Deaths from any cause, participants with any serious and with any other event, as the record sums them."""
    named = (
        ("deaths", "Deaths from any cause"),
        ("serious", "Any serious event"),
        ("other", "Any other event"),
    )
    lines = []
    for kind, words in named:
        counts = {
            place: Counted(getattr(group, f"{kind}_num_affected"), getattr(group, f"{kind}_num_at_risk"))
            for place, group in enumerate(module.event_groups)
        }
        lines.append(EventLine(kind, words, "", counts))
    return lines


def find_difference(line: EventLine, chosen: Chosen | None) -> Risk | None:
    """The first group's share minus the second's; None where either is not known, or one group alone is chosen."""
    if chosen is None or chosen.second is None:
        return None
    one, other = line.find(chosen.first).pair, line.find(chosen.second).pair
    return compute_difference(one, other) if one and other else None


def select_events(
    lines: Iterable[EventLine], *, kind: str = "", organ: str = "", words: str = ""
) -> list[EventLine]:
    """Lines of a kind, of an organ system, and with all words in the names of event and organ system."""
    sought = words.casefold().split()
    return [
        line
        for line in lines
        if kind in ("", line.kind)
        and organ in ("", line.organ)
        and (not sought or all(word in f"{line.term} {line.organ}".casefold() for word in sought))
    ]


def sort_events(lines: Iterable[EventLine], chosen: Chosen | None, by: Sorting) -> list[EventLine]:
    """Lines in an order; those without the number that counts come last, equals stay as they were."""
    if by == "term":
        return sorted(lines, key=lambda line: line.term.casefold())
    if by == "organ":
        return sorted(lines, key=lambda line: (line.organ == "", line.organ.casefold()))
    return sorted(lines, key=lambda line: -_find_weight(line, chosen, by))


def _find_weight(line: EventLine, chosen: Chosen | None, by: Sorting) -> float:
    if chosen is None:
        return -1.0
    places = {"first": chosen.places[:1], "second": chosen.places[-1:]}.get(by, chosen.places)
    shares = [pair[0] / pair[1] for place in places if (pair := line.find(place).pair)]
    if by == "difference" and chosen.second is not None:
        return abs(shares[0] - shares[1]) if len(shares) == 2 else -1.0
    return max(shares, default=-1.0)
