"""Which parts of a criterion were not understood, and what does a model propose for them?

A proposal stands beside the criterion, never in its place: nothing evaluates it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from trialbook.eligibility.leaves import FILLER
from trialbook.eligibility.parse import MOST_IN_ONE, get_parser, make_plain
from trialbook.eligibility.proposed.answer import Refused, read_answer
from trialbook.eligibility.proposed.check import Checked, check_answer
from trialbook.eligibility.tree import (
    Opaque,
    ParsedCriterion,
    Span,
    Tree,
    change_below,
    list_below,
    move,
)
from trialbook.eligibility.words import cut_tokens


class Proposal(msgspec.Struct, frozen=True):
    """What a language model proposes for what was not understood of a criterion; no person has checked it.

    Attributes
    ----------
    model
        Its name, as it is set.
    tree
        The criterion's tree with the proposed parts in their places; None where no proposal could be used.
    places
        The spans of the proposed parts: all else of the tree is what was understood without a model.
    refused
        Why a proposal was not used; None where each was.
    left_out
        Words of the proposed parts that the proposal does not say.
    """

    model: str
    tree: Tree | None
    places: tuple[Span, ...]
    refused: str | None
    left_out: tuple[str, ...]


class ProposedCriterion(ParsedCriterion, frozen=True, omit_defaults=True):
    """A criterion with what is proposed for it; None where nothing of it was asked of a model."""

    proposed: Proposal | None = None


class OpenPart(msgspec.Struct, frozen=True):
    """A part of a criterion that was not understood, at `span` of the eligibility text."""

    criterion: ParsedCriterion
    span: Span

    def write_question(self) -> str:
        """What a model is asked: words of the record, and nothing else."""
        low, high = self._place()
        plain = make_plain(self.criterion.text)
        question = {
            "kind": self.criterion.kind,
            "heading": self.criterion.heading,
            "criterion": plain,
            "words": plain[low:high],
            "start": self.span.start,
        }
        return msgspec.json.encode(question).decode()

    @property
    def names_something(self) -> bool:
        """Whether it has a word of which something could be asked: "1.5 mg/dL" alone has none."""
        low, high = self._place()
        return any(
            each.text.isalpha() and len(each.text) > 2 and each.text.lower() not in FILLER
            for each in cut_tokens(self.criterion.text[low:high])
        )

    def check(self, content: str) -> Checked:
        """What an answer proposes, its places those of the eligibility text. Raises Refused, with the reason."""
        low, high = self._place()
        found = check_answer(
            read_answer(content),
            make_plain(self.criterion.text),
            Span(low, high),
            self.criterion.kind,
            get_parser().name,
            start=self.criterion.start,
        )
        # The whole part is what it was read from, whatever the model took for the words of the whole.
        tree = msgspec.structs.replace(move(found.tree, self.criterion.start), span=self.span)
        return found._replace(tree=tree)

    def _place(self) -> tuple[int, int]:
        return self.span.start - self.criterion.start, self.span.end - self.criterion.start


def find_open_parts(criterion: ParsedCriterion) -> tuple[OpenPart, ...]:
    """The parts of a criterion that were not understood and name something; none of one that is too long to be read.

    A threshold that the registry does not give, and what an investigator decides, are understood: no model is
    asked for them.

    Examples
    --------
    >>> from trialbook.eligibility.parse import parse_criteria
    >>> first, second = parse_criteria("Inclusion Criteria:\\n\\n* Unfit for the gantry\\n* Age 18 years or older")
    >>> len(find_open_parts(first)), find_open_parts(second)
    (1, ())
    """
    if len(criterion.text) > MOST_IN_ONE:
        return ()
    parts = (OpenPart(criterion, each) for each in dict.fromkeys(_list_open(criterion.tree)))
    return tuple(each for each in parts if each.names_something)


def _list_open(tree: Tree) -> list[Span]:
    below = list_below(tree)
    if _is_open(tree) or any(_is_open(each) and each.span == tree.span for each in below):
        return [tree.span]
    return [span for each in below for span in _list_open(each)]


def _is_open(tree: Tree) -> bool:
    return isinstance(tree, Opaque) and tree.reason == "unparsed"


def put_beside(
    criterion: ParsedCriterion, model: str, found: Mapping[Span, Checked | Refused]
) -> ProposedCriterion:
    """A criterion with what a model proposes for its open parts."""
    taken = {span: each for span, each in found.items() if isinstance(each, Checked)}
    refused = [(span, each) for span, each in found.items() if isinstance(each, Refused)]
    proposal = Proposal(
        model,
        _replace(criterion.tree, taken) if taken else None,
        tuple(taken),
        _write_reasons(criterion, refused, is_only=len(found) == 1) if refused else None,
        tuple(words for each in taken.values() for words in each.left_out),
    )
    fields = {name: getattr(criterion, name) for name in ParsedCriterion.__struct_fields__}
    return ProposedCriterion(**fields, proposed=proposal if found else None)


def _replace(tree: Tree, taken: Mapping[Span, Checked]) -> Tree:
    if tree.span in taken:
        return taken[tree.span].tree
    return change_below(tree, lambda each: _replace(each, taken))


def _write_reasons(
    criterion: ParsedCriterion, refused: Sequence[tuple[Span, Refused]], *, is_only: bool
) -> str:
    if is_only:
        return refused[0][1].reason
    told = []
    for span, each in refused:
        words = " ".join(criterion.text[span.start - criterion.start : span.end - criterion.start].split())
        told.append(f"of “{words[:60]}”: {each.reason}")
    return "; ".join(told)
