"""Is a graph drawn the same each time, within its bounds, and readable by those who do not see it?"""

from __future__ import annotations

import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from trialbook.pages.drawing.layers import Box, Column, Joint, draw_layers
from trialbook.pages.drawing.svg import cut_lines, link

HOSTILE = '<script>alert(1)</script> & "tails" \'\u0000\u202e]]>'
SVG = "{http://www.w3.org/2000/svg}"


def draw(label: str = "Asthma", url: str = "/study/NCT1", boxes: int = 2) -> str:
    columns = (
        Column("Conditions", 1.0, (Box(key="a", label=label, kind="condition"),)),
        Column(
            "Studies",
            2.0,
            tuple(Box(key=f"s{n}", label=label, url=url, small="NCT1") for n in range(boxes)),
        ),
        Column("Nothing", 1.0, ()),
    )
    joints = [Joint("a", "s0", is_strong=True), Joint("a", "s1"), Joint("a", "not there")]
    return str(draw_layers("shared", columns, joints, title="What is shared", meaning="Lines join them."))


def test_a_drawing_is_well_formed_whatever_the_records_say() -> None:
    tree = ElementTree.fromstring(draw(HOSTILE, url='javascript:alert("1")').replace("\u0000", ""))
    assert not [each for each in tree.iter() if "script" in each.tag]
    assert not [each for each in tree.iter() if each.tag == "a"]
    assert "style" not in {name for each in tree.iter() for name in each.attrib}


def test_it_says_what_it_shows_and_every_box_its_whole_text() -> None:
    long = "Long-term follow-up of those who were treated with cells of others for their failing hearts"
    tree = ElementTree.fromstring(draw(long))
    names = {each.get("id"): each.text for each in tree}
    assert names["shared-title"] == "What is shared"
    assert names["shared-desc"] == "Lines join them."
    assert tree.get("aria-labelledby") == "shared-title"
    links = [each for each in tree if each.tag == "a"]
    assert [each.get("href") for each in links] == ["/study/NCT1"] * 2
    assert links[0][0].text == f"{long} (NCT1)"


def test_lines_join_what_is_there_alone_and_are_hidden_from_those_who_listen() -> None:
    tree = ElementTree.fromstring(draw())
    (group,) = [each for each in tree if each.get("aria-hidden") == "true"]
    assert [each.get("class") for each in group] == ["line strong", "line"]


def test_boxes_stand_inside_and_never_over_one_another() -> None:
    tree = ElementTree.fromstring(draw("Some words that take two lines of the box, or more of them", boxes=9))
    _, _, width, height = map(float, (tree.get("viewBox") or "").split())
    places = sorted(
        tuple(float(each.get(name) or "nan") for name in ("x", "y", "width", "height"))
        for each in tree.iter()
        if each.tag == "rect"
    )
    assert len(places) == 10
    for x, y, wide, high in places:
        assert 0 <= x <= x + wide <= width
        assert 0 <= y <= y + high <= height
    for (x, y, _, high), (next_x, next_y, _, _) in pairwise(places):
        assert next_x > x or next_y >= y + high


def test_the_same_graph_is_drawn_the_same_and_too_large_a_one_not_at_all() -> None:
    assert draw() == draw()
    with pytest.raises(ValueError, match="at most 60 boxes"):
        draw(boxes=60)


def test_texts_are_cut_where_they_do_not_fit() -> None:
    assert all(len(line) <= 20 for line in cut_lines("word " * 50, 150, most=3))
    assert cut_lines("", 100, most=2) == [""]
    assert not re.search(r"[\u0000\u202e]", cut_lines(HOSTILE, 1_000, most=1)[0])


def test_a_link_leads_to_our_own_pages_alone() -> None:
    assert link("/study/x", "y") == '<a href="/study/x">y</a>'
    assert link("//evil.example", "y") == "<g>y</g>"
