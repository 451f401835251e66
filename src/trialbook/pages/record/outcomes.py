"""What the study measures: primary, secondary and other outcomes as registered."""

from __future__ import annotations

from trialbook.model import Study
from trialbook.model.protocol import Outcome, OutcomesModule
from trialbook.model.sentences import count_of
from trialbook.pages.tree import Absent, Block, Card, Fact, Facts, Fold, Prose, Section, Sub

PURPOSE = "What is measured to answer the study's question, and when, as it was registered."
OPEN_UP_TO = 12


def outcomes_section(study: Study) -> Section:
    """Registered outcomes by their rank."""
    module = study.protocol.outcomes_module or OutcomesModule()
    blocks: tuple[Block, ...] = (
        _rank("Primary outcomes", module.primary_outcomes),
        _rank("Secondary outcomes", module.secondary_outcomes),
        _rank("Other outcomes", module.other_outcomes),
    )
    return Section("outcomes", "Outcomes", PURPOSE, blocks)


def _rank(title: str, outcomes: tuple[Outcome, ...]) -> Sub:
    if not outcomes:
        path = f"outcomesModule.{title.split(maxsplit=1)[0].lower()}Outcomes"
        return Sub(title, (Absent(f"The record gives no {title.lower()}.", (path,)),))
    cards = tuple(_card(outcome) for outcome in outcomes)
    if len(cards) > OPEN_UP_TO:
        return Sub(title, (Fold(f"All {count_of(len(cards), 'outcome')}", cards),))
    return Sub(title, cards)


def _card(outcome: Outcome) -> Card:
    blocks: list[Block] = [Prose(outcome.description)] if outcome.description else []
    blocks.append(Facts((Fact("Time frame", (outcome.time_frame,) if outcome.time_frame else ()),)))
    return Card(outcome.measure or "Unnamed outcome", (), tuple(blocks))
