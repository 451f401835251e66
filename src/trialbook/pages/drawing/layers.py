"""A graph in columns: boxes one below the other, and lines from a column to its neighbours.

The same graph is always drawn the same; how many boxes and lines there may be is bounded.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from markupsafe import Markup

from trialbook.pages.drawing.svg import LINE, cut_lines, drawing, element, link, text_element

MOST_BOXES, MOST_LINES = 60, 600
WIDTH = 960.0
MARGIN, PAD = 2.0, 10.0
BETWEEN, HEAD = 12.0, 34.0
# So many letters of a main box, whose text is bold, stand where one of others has one.
BOLD = 0.92


class Box(msgspec.Struct, frozen=True, kw_only=True):
    """A box: its key in the graph, what stands in it, where it leads to.

    `kind` is a class of the style ("main", "plain"); `lines` is how many lines the label may take before it is
    cut, `small` stands above it.
    """

    key: str
    label: str
    url: str = ""
    small: str = ""
    kind: str = "plain"
    lines: int = 2


class Column(msgspec.Struct, frozen=True):
    """A column: its title, its share of the width that columns have, its boxes."""

    title: str
    share: float
    boxes: tuple[Box, ...]


class Joint(msgspec.Struct, frozen=True):
    """A line between two boxes of neighbouring columns; a strong one is drawn so."""

    left: str
    right: str
    is_strong: bool = False


class _Placed(msgspec.Struct, frozen=True):
    box: Box
    x: float
    y: float
    width: float
    height: float
    lines: tuple[str, ...]

    @property
    def middle(self) -> float:
        return self.y + self.height / 2


def draw_layers(
    name: str, columns: Sequence[Column], joints: Sequence[Joint], *, title: str, meaning: str
) -> Markup:
    """Draw a graph; raises ValueError for more than 60 boxes or 600 lines.

    Parameters
    ----------
    name
        Begins the ids on the page.
    columns
        From left to right. Those without a box keep their room.
    joints
        Between boxes by their keys; others are passed over.
    title, meaning
        What the drawing shows, in a sentence each.
    """
    if sum(len(column.boxes) for column in columns) > MOST_BOXES or len(joints) > MOST_LINES:
        raise ValueError(f"a drawing has at most {MOST_BOXES} boxes and {MOST_LINES} lines")
    placed, height = _place(columns)
    lines = "".join(
        _draw_line(placed[joint.left], placed[joint.right], is_strong=joint.is_strong)
        for joint in joints
        if joint.left in placed and joint.right in placed
    )
    boxes = "".join(map(_draw_box, placed.values()))
    heads = "".join(
        text_element("text", column.title, x=x + PAD, y=HEAD - 14, class_="head")
        for column, (x, _) in zip(columns, _find_rooms(columns), strict=True)
        if column.boxes
    )
    return drawing(
        name,
        heads,
        element("g", lines, aria_hidden="true"),
        boxes,
        width=WIDTH,
        height=height,
        title=title,
        meaning=meaning,
        class_="drawing layers",
    )


def order_by_neighbours(
    keys: Sequence[str], neighbours: Sequence[str], joined: Sequence[tuple[str, str]]
) -> list[str]:
    """Keys of a column in the order of the middle of what they are joined with, so that few lines cross.

    >>> order_by_neighbours(["a", "b"], ["x", "y"], [("a", "y"), ("b", "x")])
    ['b', 'a']
    """
    at = {key: place for place, key in enumerate(neighbours)}
    places = {key: [at[other] for one, other in joined if one == key and other in at] for key in keys}
    return sorted(keys, key=lambda key: sum(places[key]) / len(places[key]) if places[key] else 0.0)


def _find_rooms(columns: Sequence[Column]) -> list[tuple[float, float]]:
    """Where each column begins, and how wide it is."""
    gap = WIDTH * 0.09
    room = WIDTH - 2 * MARGIN - gap * (len(columns) - 1)
    whole = sum(column.share for column in columns)
    rooms, x = [], MARGIN
    for column in columns:
        width = room * column.share / whole
        rooms.append((x, width))
        x += width + gap
    return rooms


def _place(columns: Sequence[Column]) -> tuple[dict[str, _Placed], float]:
    stacks = []
    for column, (x, width) in zip(columns, _find_rooms(columns), strict=True):
        stack, y = [], HEAD
        for box in column.boxes:
            room = (width - 2 * PAD) * (BOLD if box.kind == "main" else 1.0)
            lines = tuple(cut_lines(box.label, room, most=box.lines))
            height = LINE * (len(lines) + bool(box.small)) + 2 * PAD - 4
            stack.append(_Placed(box, x, y, width, height, lines))
            y += height + BETWEEN
        stacks.append((stack, y - BETWEEN if stack else HEAD))
    bottom = max((end for _, end in stacks), default=HEAD)
    placed = {
        each.box.key: msgspec.structs.replace(each, y=each.y + (bottom - end) / 2)
        for stack, end in stacks
        for each in stack
    }
    return placed, bottom + MARGIN


def _draw_line(left: _Placed, right: _Placed, *, is_strong: bool) -> str:
    x1, x2 = left.x + left.width, right.x
    bend = (x2 - x1) / 2
    path = (
        f"M{x1:.1f} {left.middle:.1f}C{x1 + bend:.1f} {left.middle:.1f}"
        f" {x2 - bend:.1f} {right.middle:.1f} {x2:.1f} {right.middle:.1f}"
    )
    return element("path", d=path, class_="line strong" if is_strong else "line")


def _draw_box(placed: _Placed) -> str:
    box, y = placed.box, placed.y + PAD + 11
    texts = []
    if box.small:
        small = cut_lines(box.small, placed.width - 2 * PAD, most=1)[0]
        texts.append(text_element("text", small, x=placed.x + PAD, y=y, class_="small"))
        y += LINE
    for number, line in enumerate(placed.lines):
        texts.append(text_element("text", line, x=placed.x + PAD, y=y + number * LINE))
    return link(
        box.url,
        text_element("title", f"{box.label} ({box.small})" if box.small else box.label),
        element("rect", x=placed.x, y=placed.y, width=placed.width, height=placed.height, rx=7.0),
        *texts,
        class_=f"box {box.kind}",
    )
