"""Do charts show each number where it stands, stay within bounds, and take any text?"""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from tests.unit.pages.drawing.test_layers import HOSTILE

from trialbook.pages.drawing.lanes import MOST_LANES, Line, Station, draw_lanes
from trialbook.pages.drawing.marks import Mark, draw_mark, draw_shape
from trialbook.pages.drawing.multiples import SmallChart, SmallLine, draw_multiples
from trialbook.pages.drawing.row_chart import MOST_ROWS, Chart, ChartRow, Panel, draw_chart
from trialbook.pages.drawing.scales import make_linear_scale, make_log_scale, read_number

SCALE = make_linear_scale([0.0, 10.0])


def read(markup: str) -> list[ElementTree.Element]:
    return [
        ElementTree.fromstring(svg)
        for svg in re.findall(
            r"<svg class=\"(?:chart (?:wide|narrow|multiple)|lanes).*?</svg>", markup, re.DOTALL
        )
    ]


def make_chart(rows: int = 1, text: str = "Stroke") -> Chart:
    mark = Mark(value=5.0, lower=2.5, upper=10.0, data=(("term", text),))
    row = ChartRow(label=text, small=text, marks=((mark,),), texts=(text,))
    return Chart(
        name="events",
        title=text,
        meaning=text,
        rows=(row,) * rows,
        panels=(Panel(scale=SCALE, title=text, reference=0.0),),
        columns=(text,),
        keys=(text,),
    )


def test_the_name_of_a_group_is_cut_where_its_bold_letters_end_at_the_edge() -> None:
    drawn = draw_chart(
        make_chart(text="SSA: BNT162b2 30 MCG BLINDED AND OPEN LABEL PERIOD, PLACEBO AFTERWARDS, ALL")
    )
    wide, narrow = re.findall(r'class="key"[^>]*>([^<]*)<', str(drawn))
    assert len(wide) == 75
    # Of 380 units the edges and the sign take 28; a bold capital takes 8.2.
    assert 20 < len(narrow) <= (380 - 28) / 8.2


@pytest.mark.parametrize(
    ("text", "number"),
    [("12", 12.0), ("-1.5", -1.5), ("\u22121.5", -1.5), ("1,234", 1234.0), (" 3 ", 3.0), ("2e-3", 0.002)],
)
def test_a_number_is_read(text: str, number: float) -> None:
    assert read_number(text) == number


@pytest.mark.parametrize(
    "text", [None, "", "NA", "<0.001", "1 to 2", "inf", "nan", "1e99", "1,2", "+", ".", "9" * 50]
)
def test_what_is_no_number_is_none(text: str | None) -> None:
    assert read_number(text) is None


@pytest.mark.parametrize(
    "values",
    [[], [0.0], [5.0, 5.0], [-3.0, 1e15], [1e-12, 2e-12], [-1e15, 1e15], [0.1, 0.2, 0.3], [-7.0, -6.99]],
)
def test_a_linear_scale_holds_all_values_and_few_ticks(values: list[float]) -> None:
    scale = make_linear_scale(values)
    # What stands beyond an end by a millionth of the axis is drawn at that end.
    room = (scale.high - scale.low) * 1e-6
    assert all(scale.low - room <= value <= scale.high + room for value in values)
    assert 2 <= len(scale.ticks) <= 12
    assert sorted(scale.ticks) == list(scale.ticks)


@pytest.mark.parametrize(
    "values", [[], [1.0], [0.825, 0.732, 0.928], [1e-9, 1e9], [0.004, 30.0], [7.0, 7.0], [1e15, 1e-15]]
)
def test_a_logarithmic_scale_holds_all_values_and_few_ticks(values: list[float]) -> None:
    scale = make_log_scale(values)
    assert all(scale.low <= max(value, 1e-12) <= scale.high for value in values)
    assert 1 <= len(scale.ticks) <= 8
    assert scale.low < scale.high


def test_a_logarithmic_scale_gives_equal_room_to_equal_ratios() -> None:
    scale = make_log_scale([0.1, 10.0])
    assert scale.place(1.0, 0.0, 100.0) == pytest.approx(50.0)
    assert make_linear_scale([0.0, 10.0]).place(2.5, 20.0, 100.0) == pytest.approx(45.0)


def test_a_mark_stands_where_its_numbers_are() -> None:
    drawn = draw_mark(Mark(value=5.0, lower=2.5, upper=10.0), SCALE, x=100, width=200, y=10)
    assert 'cx="200.0"' in drawn
    assert "M150.0 10.0H300.0" in drawn


def test_an_open_interval_ends_in_an_arrow_at_the_edge() -> None:
    drawn = draw_mark(Mark(value=5.0, lower=2.5, is_open_above=True), SCALE, x=100, width=200, y=10)
    assert "M150.0 10.0H300.0" in drawn
    assert "M295.0 5.0L300.0 10.0L295.0 15.0" in drawn
    drawn = draw_mark(Mark(upper=2.5, is_open_below=True), SCALE, x=100, width=200, y=10)
    assert "M100.0 10.0H150.0" in drawn
    assert "M105.0 5.0L100.0 10.0L105.0 15.0" in drawn


def test_a_mark_without_limits_has_no_line() -> None:
    assert "interval" not in draw_mark(Mark(value=5.0, lower=2.0), SCALE, x=0, width=10, y=1)


def test_six_series_have_six_shapes() -> None:
    assert len({draw_shape(series, 0, 0) for series in range(6)}) == 6


def test_a_chart_is_drawn_wide_and_narrow_and_told_once() -> None:
    wide, narrow = read(draw_chart(make_chart()))
    assert (wide.get("class"), narrow.get("class")) == ("chart wide", "chart narrow")
    assert [len(svg.findall(".//g[@data-term='Stroke']")) for svg in (wide, narrow)] == [1, 0]
    ids = [each.get("id") for svg in (wide, narrow) for each in svg.iter() if each.get("id")]
    assert len(ids) == len(set(ids)) == 4


def test_drawings_are_bounded() -> None:
    wide = read(draw_chart(make_chart(rows=500)))[0]
    assert len(wide.findall(".//g[@data-term]")) == MOST_ROWS
    lanes = [[Station(lines=(Line(words="A"),), data=(("group", str(at)),))] for at in range(500)]
    wide = read(draw_lanes("flow", None, lanes, title="T", meaning="M"))[0]
    assert len(wide.findall(".//g[@data-group]")) == MOST_LANES


@pytest.mark.parametrize("text", [HOSTILE, "x" * 5_000, "\u4e2d\u6587" * 90, ""])
def test_any_text_can_stand_in_a_drawing(text: str) -> None:
    station = Station(lines=(Line(words=text, style="strong", most=3),), data=(("arm", text),))
    small = SmallChart(
        name="baseline-0",
        title=text,
        small=text,
        panel=Panel(scale=SCALE),
        blocks=((text, (SmallLine(Mark(value=5.0), text),)),),
    )
    drawn = (
        str(draw_chart(make_chart(text=text)))
        + str(draw_lanes("flow", station, [[station, station]] * 6, title=text, meaning=text))
        + str(draw_multiples([small], [text]))
    )
    assert "<script" not in drawn
    assert "style=" not in drawn
    assert re.search(r"\son\w+=", drawn) is None
    shown = "".join(re.findall(r"<text[^>]*>([^<]*)</text>", drawn))
    assert "\u202e" not in shown
    assert "\u0000" not in shown
    for svg in read(drawn.replace("\u0000", "")):
        width = float((svg.get("viewBox") or "").split()[2])
        for box in svg.iter("rect"):
            assert (
                0 <= float(box.get("x", "")) <= float(box.get("x", "")) + float(box.get("width", "")) <= width
            )


def test_lanes_stand_side_by_side_four_in_a_row() -> None:
    lanes = [[Station(lines=(Line(words=f"Group {at}"),), data=(("group", str(at)),))] for at in range(6)]
    wide = read(draw_lanes("arms", Station(lines=(Line(words="All"),)), lanes, title="T", meaning="M"))[0]
    tops = [
        float(group.find("rect").get("y", ""))  # type: ignore[union-attr]
        for group in wide.iter("g")
        if group.get("data-group")
    ]
    assert len(set(tops[:4])) == 1
    assert len(set(tops[4:])) == 1
    assert tops[4] > tops[0]
