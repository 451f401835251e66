"""The page of studies that are like one, several, or a text: the list, the drawing, who and what."""

from __future__ import annotations

from markupsafe import Markup

from trialbook.pages.contents import Content, Option, RelatedGroup
from trialbook.pages.drawing.layers import Box, Column, Joint, draw_layers, order_by_neighbours
from trialbook.pages.environment import render
from trialbook.pages.write_html import render_related

MOST_SHARED_DRAWN = 7
MOST_STUDIES_DRAWN = 12


class FacetField(Content, frozen=True):
    """A field for how much a facet counts."""

    name: str
    meaning: str
    options: tuple[Option, ...]


class StudyLink(Content, frozen=True):
    """A study by its id, with its page and its title."""

    nct_id: str
    url: str
    title: str = ""


class NamedLine(Content, frozen=True):
    """One who works on the studies; `url` finds all of theirs, `is_own`: the study asked for names it too."""

    name: str
    url: str
    studies: tuple[StudyLink, ...]
    place: str = ""
    is_own: bool = False


class NamedTable(Content, frozen=True):
    """Those of one kind; `left_out` counts the ones further down that are not shown."""

    title: str
    lines: tuple[NamedLine, ...]
    left_out: int = 0


class OutcomeTime(Content, frozen=True):
    """When an outcome is measured, and by which studies; `time_frames` in the records' words."""

    when: str
    studies: tuple[StudyLink, ...]
    time_frames: tuple[str, ...] = ()


class OutcomeLine(Content, frozen=True):
    """What is measured; `primary` counts the studies of which it is a primary outcome."""

    measure: str
    count: int
    primary: int
    times: tuple[OutcomeTime, ...]
    wordings: tuple[str, ...] = ()
    is_own: bool = False


class SharedLine(Content, frozen=True):
    """What studies share; `kind` is "condition" or "intervention".

    `nct_ids` are those of the list that have it, `own` those asked for.
    """

    kind: str
    name: str
    url: str
    nct_ids: tuple[str, ...]
    own: tuple[str, ...] = ()


class RelatedPage(Content, frozen=True):
    """Everything on the page.

    Attributes
    ----------
    action
        Where the form is sent, "" for the page of one study, whose form stays there.
    asked
        The studies that were asked for.
    ids, text
        What stands in the fields of the form for several studies and for a text.
    is_form_open, is_weighed
        Whether the form asks for studies and a text, and whether facets were chosen in it.
    groups
        The list; its own family and near duplicates apart.
    """

    title: str
    action: str
    asked: tuple[StudyLink, ...] = ()
    ids: str = ""
    text: str = ""
    is_form_open: bool = False
    is_weighed: bool = False
    fields: tuple[FacetField, ...] = ()
    demands: tuple[Option, ...] = ()
    limits: tuple[Option, ...] = ()
    alone: tuple[tuple[str, str], ...] = ()
    groups: tuple[RelatedGroup, ...] = ()
    reasons: tuple[tuple[StudyLink, tuple[tuple[str, str, str, str], ...]], ...] = ()
    notes: tuple[str, ...] = ()
    learnt: str = ""
    error: str = ""
    counted: int = 0
    shared: tuple[SharedLine, ...] = ()
    people: tuple[NamedTable, ...] = ()
    outcomes: tuple[OutcomeLine, ...] = ()
    outcomes_left_out: int = 0
    json_url: str = ""
    page_url: str = ""

    @property
    def studies(self) -> tuple[StudyLink, ...]:
        """All of the list, in its order."""
        return tuple(
            StudyLink(nct_id=each.nct_id, url=each.url, title=each.title)
            for group in self.groups
            for each in group.studies
        )


def render_related_page(page: RelatedPage) -> str:
    """Render the page; it needs no script, and its table says all that its drawing shows."""
    lists = [(group.title, Markup("").join(map(render_related, group.studies))) for group in page.groups]
    shared = choose_shared(page)
    return render(
        "related.html",
        page=page,
        query="",
        lists=lists,
        drawing=draw_related(page, shared) if shared else "",
        shared_by=_list_shared(page, shared),
    )


def choose_shared(page: RelatedPage) -> tuple[SharedLine, ...]:
    """What the drawing shows: of each kind what most share, first what the study asked for has."""
    drawn = {each.nct_id for each in page.studies[:MOST_STUDIES_DRAWN]}
    chosen: list[SharedLine] = []
    for kind in ("condition", "intervention"):
        told = [
            each
            for each in page.shared
            if each.kind == kind and len(drawn.intersection(each.nct_ids)) + len(each.own) > 1
        ]
        chosen += told[:MOST_SHARED_DRAWN]
    return tuple(chosen)


def draw_related(page: RelatedPage, shared: tuple[SharedLine, ...]) -> Markup:
    """The studies asked for, those like them, and what they share: conditions left, interventions right."""
    studies = page.studies[:MOST_STUDIES_DRAWN]
    asked = [
        Box(
            key=_key_own(each.nct_id),
            label=each.title or each.nct_id,
            url=each.url,
            small=f"{each.nct_id}, asked for" if each.title else "asked for",
            kind="main",
        )
        for each in page.asked
    ]
    boxes = [Box(key=each.nct_id, label=each.title, url=each.url, small=each.nct_id) for each in studies]
    middle = [box.key for box in (*asked, *boxes)]
    drawn = {each.nct_id for each in studies}
    joined = [(_key(each), nct_id) for each in shared for nct_id in each.nct_ids if nct_id in drawn]
    joined += [(_key(each), _key_own(name)) for each in shared for name in each.own]
    sides: dict[str, tuple[Box, ...]] = {}
    for kind in ("condition", "intervention"):
        by_key = {_key(each): each for each in shared if each.kind == kind}
        sides[kind] = tuple(
            Box(key=key, label=by_key[key].name, url=by_key[key].url, kind=kind)
            for key in order_by_neighbours(list(by_key), middle, joined)
        )
    conditions = {box.key for box in sides["condition"]}
    joints = [
        Joint(key, other, other.startswith("own "))
        if key in conditions
        else Joint(other, key, other.startswith("own "))
        for key, other in joined
    ]
    return draw_layers(
        "shared",
        (
            Column("Shared conditions", 1.0, sides["condition"]),
            Column("Studies", 1.7, (*asked, *boxes)),
            Column("Shared interventions", 1.0, sides["intervention"]),
        ),
        joints,
        title="What the studies share",
        meaning="Each study in the middle is joined by lines with its conditions on the left and with its"
        " interventions on the right. The table below says the same.",
    )


def _key_own(name: str) -> str:
    return f"own {name}"


def _key(line: SharedLine) -> str:
    return f"{line.kind} {line.name}"


def _list_shared(
    page: RelatedPage, shared: tuple[SharedLine, ...]
) -> tuple[tuple[StudyLink, str, tuple[SharedLine, ...], tuple[SharedLine, ...]], ...]:
    """A row for each study: itself, what it is, its shared conditions and interventions."""

    def find(kind: str, name: str) -> tuple[SharedLine, ...]:
        return tuple(each for each in shared if each.kind == kind and name in (*each.nct_ids, *each.own))

    rows = [
        (each, "asked for", find("condition", each.nct_id), find("intervention", each.nct_id))
        for each in page.asked
    ]
    for group in page.groups:
        for each in group.studies:
            study = StudyLink(nct_id=each.nct_id, url=each.url, title=each.title)
            rows.append(
                (
                    study,
                    each.relation or group.title,
                    find("condition", each.nct_id),
                    find("intervention", each.nct_id),
                )
            )
    return tuple(rows)
