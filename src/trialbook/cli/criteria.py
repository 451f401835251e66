"""The command that says what the criteria of a record ask."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from trialbook.cli.options import as_of_option, json_option
from trialbook.eligibility.describe import describe_tree
from trialbook.eligibility.tree import ParsedCriterion, iter_nodes
from trialbook.library import Library
from trialbook.library.criteria import find_text

if TYPE_CHECKING:
    from trialbook.eligibility.proposed.parts import Proposal
    from trialbook.source.live.language_model import LanguageModel

_INDENT = "    "


@click.command()
@click.argument("nct_id")
@click.option(
    "--propose",
    is_flag=True,
    help="Ask the language model that is set (TRIALBOOK_MODEL_URL) what the parts may ask that are not understood. Words"
    " of the record are sent to it, nothing else. Its proposals are checked against the words, not by a person, and"
    " never used for a verdict.",
)
@as_of_option
@json_option
@click.pass_obj
def criteria(home: Path, nct_id: str, propose: bool, as_of: str | None, as_json: bool) -> None:
    """Say what each criterion of a record asks: its words, and what of them is understood.

    A criterion that leads in a list is one with it. What is not understood is quoted, with the reason.
    """
    found: Sequence[ParsedCriterion]
    with Library(home) as library:
        study = library.get_known_study(nct_id, as_of=as_of)
        found = study.parsed_criteria
        if propose:
            found = library.propose_criteria(nct_id, as_of=as_of, on_question=_tell_question)
    if as_json:
        click.echo(msgspec.json.encode(found))
        return
    text, note = find_text(study), study.criteria_note
    if note:
        click.echo(note)
    elif not found:
        click.echo("The record has no eligibility criteria.")
    for each in found:
        click.echo(f"{each.kind} {each.number} {' '.join(each.text.split())}".replace("  ", " "))
        for line in describe_tree(each.tree, text):
            click.echo(f"{_INDENT}{line}")
        proposal: Proposal | None = getattr(each, "proposed", None)
        if proposal is not None:
            for line in _describe_proposal(proposal, text):
                click.echo(f"{_INDENT}{line}")


def _tell_question(model: LanguageModel, number: int, of: int) -> None:
    click.echo(f"trialbook: asks {model.name} at {model.host}, {number} of {of}", err=True)


def _describe_proposal(proposal: Proposal, text: str) -> Iterator[str]:
    """The lines of a proposal: its parts alone, marked as what they are."""
    nodes = [*iter_nodes(proposal.tree)] if proposal.tree is not None else []
    for place in proposal.places:
        yield f"proposed by {proposal.model}, not checked by a person, used for nothing:"
        proposed = next(each for each in nodes if each.span == place)
        for line in describe_tree(proposed, text):
            yield f"{_INDENT}{line}"
    if proposal.left_out:
        yield f"{_INDENT}it leaves out: {'; '.join(proposal.left_out)}"
    if proposal.refused:
        yield f"a proposal of {proposal.model} was refused: {proposal.refused}"
