"""Figures: no words over others, the same bytes every time, any text is data, and what is drawn is what was given."""

from __future__ import annotations

import itertools
import struct
import xml.etree.ElementTree as ET
from functools import cache
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Polygon, Rectangle
from matplotlib.text import Text

from hotspots.analysis.concentration import area_holding, gini, lorenz
from hotspots.maps.figures import style
from hotspots.maps.figures.concentration import concentration_figure
from hotspots.maps.figures.hit_rate import hit_rate_figure
from hotspots.maps.figures.knox import knox_figure
from hotspots.maps.figures.render import png_bytes, svg_bytes
from hotspots.maps.figures.series import series_figure
from hotspots.maps.figures.sheet import Caption, Drawing, Sheet, house
from hotspots.maps.figures.wdd import wdd_figure
from hotspots.maps.figures.week import week_figure
from hotspots.maps.style import class_colours

if TYPE_CHECKING:
    from collections.abc import Callable

PLAIN = Caption(
    "A message in one sentence", 1412, "incidents", "January to December 2021", "How it was made.", "Whose."
)
LONG = Caption("A very long title " * 40, 10**9, "x" * 300, "y" * 200, "method " * 400, "source " * 300, "MARKED " * 60)
HOSTILE = Caption(
    "$\\frac{1}{2$ <script>alert(1)</script> & ]]> -- -->",
    0,
    "$x^2$\x00\u202e",
    "\ud800 中文 नमस्ते",
    "\n\n\t {0} %s \\n",
    "<!-- ${",
    "<b>$</b>",
)
WORDS = st.text(st.characters(), max_size=40)
NAN = float("nan")
DAYS = pd.Index(["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"], name="day")


# ------------------------------------------------------------------------------------------------- what was drawn


def parts(drawing: Drawing, kind: type) -> list[Any]:
    return [part for part in drawing.figure.get_children() if isinstance(part, kind)]


def said(drawing: Drawing) -> list[str]:
    return [text.get_text() for text in parts(drawing, Text)]


def text_of(drawing: Drawing, words: str) -> Any:
    (found,) = [text for text in parts(drawing, Text) if text.get_text() == words]
    return found


def is_bold(text: Text) -> bool:
    return str(text.get_fontproperties().get_file()).endswith("-Bold.ttf")


def boxes(drawing: Drawing, *, fill: str | None = None, edge: str | None = None) -> list[Any]:
    found = [box for box in parts(drawing, Rectangle) if box is not drawing.figure.patch]
    if fill is not None:
        found = [box for box in found if box.get_facecolor()[3] and to_hex(box.get_facecolor()) == fill]
    if edge is not None:
        found = [box for box in found if box.get_edgecolor()[3] and to_hex(box.get_edgecolor()) == edge]
    return found


def strokes(drawing: Drawing, colour: str, thick: float) -> list[Any]:
    lines = parts(drawing, Line2D)
    return [line for line in lines if line.get_color() == colour and line.get_linewidth() == thick and ways_of(line)]


def ways_of(line: Line2D) -> bool:
    return line.get_linestyle() not in {"none", "None"}


def signs(drawing: Drawing, marker: str | None = None) -> list[Any]:
    return [line for line in parts(drawing, Line2D) if not ways_of(line) and marker in {None, line.get_marker()}]


def extents(drawing: Drawing) -> list[tuple[str, list[float]]]:
    figure = drawing.figure
    with house():
        renderer = FigureCanvasAgg(figure).get_renderer()
        spans = [(text.get_text(), text.get_window_extent(renderer).extents) for text in parts(drawing, Text)]
    return [(words, [float(end) for end in span]) for words, span in spans]


def check_words(drawing: Drawing) -> None:
    """No words over others, none outside."""
    wide, tall = drawing.figure.get_size_inches() * 72
    found = extents(drawing)
    for words, (left, low, right, high) in found:
        assert left >= -0.5, words
        assert low >= -0.5, words
        assert right <= wide + 0.5, words
        assert high <= tall + 0.5, words
    slack = 1.0
    for (one, a), (other, b) in itertools.combinations(found, 2):
        apart = a[2] <= b[0] + slack or b[2] <= a[0] + slack or a[3] <= b[1] + slack or b[3] <= a[1] + slack
        assert apart, (one, a, other, b)


def check_marks(drawing: Drawing) -> None:
    """Lines, signs and fills stay between the margins, but for half the thickness of a line."""
    tall = drawing.figure.get_size_inches()[1] * 72
    part: Any
    for part in drawing.figure.get_children():
        if part is drawing.figure.patch or isinstance(part, Text):
            continue
        corners = part.get_xydata() if isinstance(part, Line2D) else part.get_path().vertices
        if isinstance(part, Rectangle):
            corners = part.get_corners()
            if part.get_width() == style.WIDTH:
                continue
        x, y = np.asarray(corners, dtype=float).T
        assert np.nanmin(x) >= style.MARGIN - 1, part
        assert np.nanmax(x) <= style.WIDTH - style.MARGIN + 1, part
        assert np.nanmin(y) >= style.MARGIN, part
        assert np.nanmax(y) <= tall - style.MARGIN, part


# ------------------------------------------------------------------------------------------------- cases


def curve_of(values, area) -> tuple[pd.DataFrame, float, tuple[float, float]]:
    curve = lorenz(pd.Series(values), pd.Series(area))
    return curve, gini(curve), (area_holding(curve, 0.5), 0.5)


def rates(rows, shares=(0.01, 0.02, 0.05, 0.1)):
    index = pd.MultiIndex.from_product([list(rows), shares], names=["method", "share_of_area"])
    held = np.array([value for values in rows.values() for value in values], dtype=float)
    return pd.DataFrame({"hit_rate": held, "low": held * 0.9, "high": held * 1.1}, index=index)


EIGHT = {
    "decayed count": (0.12, 0.18, 0.36, 0.55),
    "12-month count": (0.115, 0.175, 0.34, 0.53),
    "kernel density, 200 m": (0.09, 0.15, 0.31, 0.5),
    "Gi*": (0.08, 0.13, 0.29, 0.49),
    "DBSCAN clusters": (0.1, 0.16, 0.33, NAN),
    "LSOA count per km²": (0.07, 0.12, 0.25, 0.4),
    "LSOA count": (0.03, 0.055, 0.12, 0.22),
    "all history": (0.11, 0.17, 0.345, 0.535),
}


def bands(rows, columns, row="band {}", column="{} days") -> tuple[pd.DataFrame, pd.DataFrame]:
    random = np.random.default_rng(5)
    index = pd.Index([row.format(number) for number in range(rows)], name="Distance")
    names = pd.Index([column.format(number) for number in range(columns)], name="Time")
    ratio = pd.DataFrame(np.exp(random.normal(0, 1.5, (rows, columns))), index=index, columns=names)
    p = pd.DataFrame(random.uniform(0, 0.2, (rows, columns)), index=index, columns=names)
    return ratio, p


def months(first, values):
    return pd.Series(values, index=pd.period_range(first, periods=len(values), freq="M"), dtype="Float64")


def week(values):
    return pd.DataFrame(values, index=DAYS, columns=pd.RangeIndex(24, name="hour"))


def some_week(most=9):
    return week(np.random.default_rng(3).integers(0, most + 1, (7, 24)))


def places(rows):
    return pd.DataFrame(rows, index=["before", "after"]).T


PUBLISHED = {
    "treated": (207, 110),
    "control": (308, 318),
    "ring of treated": (178, 157),
    "ring of control": (150, 140),
}
PUBLISHED_WDD = (-118.0, -118 - 1.96 * 1568**0.5, -118 + 1.96 * 1568**0.5)

HALF = curve_of([9, 5, 3, 1, 0], [0.2, 0.3, 0.5, 1.0, 2.0])
EVEN = curve_of([1, 1], [1.0, 1.0])
FEW = curve_of([1, *[0] * 999], [1.0] * 1000)

CASES: dict[str, Callable[[Caption], Drawing]] = {
    "concentration": lambda words: concentration_figure(*HALF, words),
    "concentration even": lambda words: concentration_figure(*EVEN, words),
    "concentration in one": lambda words: concentration_figure(FEW[0], FEW[1], (0.0008, 0.8), words),
    "hit rate": lambda words: hit_rate_figure(rates(EIGHT), "decayed count", words, ["LSOA count", "all history"]),
    "hit rate long": lambda words: hit_rate_figure(
        rates({f"{name} " * 9: values for name, values in EIGHT.items()}), "Gi* " * 9, words, ["decayed count " * 9]
    ),
    "hit rate tiny": lambda words: hit_rate_figure(rates(dict.fromkeys(EIGHT, (1e-4, 1e-4, 2e-4, NAN))), "Gi*", words),
    "hit rate one": lambda words: hit_rate_figure(rates({"Gi*": (0.2,)}, (0.01,)), "Gi*", words),
    "hit rate many": lambda words: hit_rate_figure(
        rates({name: np.linspace(0.001, values[0], 30) for name, values in EIGHT.items()}, np.arange(1, 31) / 3000),
        "Gi*",
        words,
    ),
    "knox": lambda words: knox_figure(*bands(6, 5), words),
    "knox long": lambda words: knox_figure(
        *bands(3, 8, "a long name $ of a band {}", "a long name of a band {}"), words
    ),
    "knox huge": lambda words: knox_figure(*bands(3, 45), words),
    "series": lambda words: series_figure(
        months("2021-01", [65, 71, 62, 89, 70, None, 0, 90, 68, 81, 76, 92]), (55, 91), words
    ),
    "series large": lambda words: series_figure(months("2020-05", [12_345_678] * 20), (12_300_000, 12_400_000), words),
    "series long": lambda words: series_figure(months("2008-05", [1, None, None, 0, 2] * 30), (0, 1), words),
    "series one": lambda words: series_figure(months("2021-05", [3]), (0, 0), words),
    "week": lambda words: week_figure(some_week(), words, some_week() > 8),
    "week large": lambda words: week_figure(some_week() * 54_321, words),
    "week tiny": lambda words: week_figure(some_week() * 0.004, words, some_week() > 8),
    "wdd": lambda words: wdd_figure(places(PUBLISHED), "treated", PUBLISHED_WDD, words),
    "wdd long": lambda words: wdd_figure(
        places({f"a long name $ of a street {n} " * 4: (10 ** (n + 2), 3 * 10**n) for n in range(6)}),
        "",
        (123456.7, -2.5, 1e6),
        words,
    ),
    "wdd equal": lambda words: wdd_figure(places({"A": (0, 0), "B": (1, NAN), "C": (2, 2.5)}), "A", (0, 0, 0), words),
}
EMPTY: dict[str, Callable[[Caption], Drawing]] = {
    "concentration": lambda words: concentration_figure(HALF[0].iloc[:0], NAN, (NAN, 0.5), words),
    "hit rate": lambda words: hit_rate_figure(rates(EIGHT).iloc[:0], "Gi*", words),
    "hit rate of another": lambda words: hit_rate_figure(rates(EIGHT), "ours $", words),
    "hit rate unknown": lambda words: hit_rate_figure(rates({"Gi*": (NAN,) * 4}), "Gi*", words),
    "knox": lambda words: knox_figure(bands(2, 2)[0] * NAN, bands(2, 2)[1], words),
    "knox without bands": lambda words: knox_figure(*bands(0, 0), words),
    "series": lambda words: series_figure(months("2021-01", [None, None]), (1, 2), words),
    "series without months": lambda words: series_figure(pd.Series(dtype="Int64"), None, words),
    "week": lambda words: week_figure(some_week() * 0, words),
    "week unknown": lambda words: week_figure(some_week() * NAN, words),
    "wdd": lambda words: wdd_figure(places({"A": (NAN, NAN)}), "A", (NAN, NAN, NAN), words),
}
EACH = ("concentration", "hit rate", "knox", "series", "week", "wdd")


@cache
def drawn(name: str) -> Drawing:
    return CASES[name](PLAIN)


# ------------------------------------------------------------------------------------------------- every figure


@pytest.mark.parametrize("name", CASES)
def test_no_words_stand_over_others_or_outside(name):
    check_words(drawn(name))


@pytest.mark.parametrize("name", CASES)
def test_nothing_is_drawn_beyond_the_margins(name):
    check_marks(drawn(name))


@pytest.mark.parametrize("name", EMPTY)
def test_a_sentence_stands_where_there_is_nothing_to_draw(name):
    drawing = EMPTY[name](PLAIN)
    check_words(drawing)
    title, sentence, *caption = said(drawing)
    assert title == PLAIN.title
    assert sentence.endswith(".")
    assert sentence in drawing.alt
    assert caption == ["n = 1,412 incidents · January to December 2021", "How it was made.", "Whose."]
    assert len(boxes(drawing, fill=style.SOFT)) == 1


@pytest.mark.parametrize("name", EACH)
@pytest.mark.parametrize("words", [LONG, HOSTILE], ids=["long", "hostile"])
def test_any_caption_is_drawn_as_it_is(name, words):
    drawing = CASES[name](words)
    check_words(drawing)
    assert not any(text.get_parse_math() or text.get_usetex() for text in parts(drawing, Text))
    if words is HOSTILE:
        svg = ET.fromstring(svg_bytes(drawing))  # noqa: S314 - our own bytes
        assert "".join(svg.itertext()).count("alert") == 2
        assert len(png_bytes(drawing, 10)) > 100
        assert "$\\frac{1}{2$ <script>alert(1)</script> & ]]> -- -->" in said(drawing)
        assert "n = 0 $x^2$ · �� ������" in said(drawing)
        assert "n = 0 $x^2$ · 中文 नमस्ते" in drawing.alt


@pytest.mark.parametrize("name", EACH)
def test_the_same_figure_has_the_same_bytes_whatever_a_user_set(name):
    drawing = drawn(name)
    png, svg = png_bytes(drawing, 50), svg_bytes(drawing)
    odd: Any = {
        "lines.linewidth": 9,
        "text.color": "red",
        "font.size": 30,
        "text.usetex": True,
        "figure.facecolor": "black",
        "path.sketch": (9, 9, 9),
        "svg.fonttype": "none",
        "savefig.dpi": 10,
        "axes.unicode_minus": False,
        "patch.antialiased": False,
        "lines.dash_capstyle": "round",
    }
    with mpl.rc_context(odd):
        before = dict(mpl.rcParams)
        again = CASES[name](PLAIN)
        assert (svg_bytes(again), png_bytes(again, 50)) == (svg, png)  # also in the other order
        assert dict(mpl.rcParams) == before
    assert png_bytes(drawing, 50) == png


@pytest.mark.parametrize("name", EACH)
def test_files_bear_no_date_and_no_maker(name):
    drawing = drawn(name)
    png, svg = png_bytes(drawing), svg_bytes(drawing).decode()
    kinds, at = [], 8
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        kinds.append(png[at + 4 : at + 8])
        at += 12 + length
    assert set(kinds) == {b"IHDR", b"pHYs", b"IDAT", b"IEND"}
    assert struct.unpack(">I", png[16:20])[0] == 1450
    assert svg.startswith("<svg ")
    assert "atplotlib" not in svg
    assert "<!DOCTYPE" not in svg
    assert "<metadata" not in svg
    assert "<text" not in svg
    assert svg.replace("http://www.w3.org/2000/svg", "").replace("http://www.w3.org/1999/xlink", "").count("://") == 0
    tree = ET.fromstring(svg)  # noqa: S314 - our own bytes
    assert tree.get("role") == "img"
    assert [(child.tag.rpartition("}")[2], child.text) for child in tree[:2]] == [
        ("title", drawing.title),
        ("desc", drawing.alt),
    ]


def test_a_drawing_is_not_changed_by_rendering():
    drawing = drawn("wdd")
    before = (drawing.figure.dpi, drawing.figure.canvas, drawing.figure.get_size_inches().tolist())
    small, large = png_bytes(drawing, 48), png_bytes(drawing, 96)
    svg_bytes(drawing)
    assert (drawing.figure.dpi, drawing.figure.canvas, drawing.figure.get_size_inches().tolist()) == before
    assert struct.unpack(">I", small[16:20])[0] * 2 == struct.unpack(">I", large[16:20])[0] == 696


@pytest.mark.parametrize("name", EACH)
def test_the_alternative_begins_with_the_message_and_ends_with_the_caption(name):
    drawing = drawn(name)
    assert drawing.title == PLAIN.title
    assert drawing.alt.startswith("A message in one sentence. ")
    assert drawing.alt.endswith(" n = 1,412 incidents · January to December 2021. How it was made. Whose.")
    assert said(drawing)[-3:] == ["n = 1,412 incidents · January to December 2021", "How it was made.", "Whose."]
    assert is_bold(text_of(drawing, PLAIN.title))


def test_a_marking_stands_on_top_in_whole():
    marking = "OFFICIAL-SENSITIVE · handling: tasking partners only; ask before it is passed on to anybody else at all, please, and then only in part"
    drawing = CASES["wdd"](Caption("T", 1, "c", "p", "m", marking=marking))
    first, second = said(drawing)[:2]
    assert f"{first} {second}" == marking
    assert drawing.alt.startswith(f"{marking}. T. ")
    assert text_of(drawing, first).get_position()[1] < text_of(drawing, second).get_position()[1]
    (band,) = boxes(drawing, fill=style.TEXT)
    assert (band.get_x(), band.get_y(), band.get_width()) == (0, 0, style.WIDTH)
    assert "Whose" not in drawing.alt
    assert text_of(drawing, first).get_color() == style.PAPER
    plain = CASES["wdd"](Caption("T", 1, "c", "p", "m"))
    assert drawing.figure.get_size_inches()[1] * 72 - plain.figure.get_size_inches()[1] * 72 == pytest.approx(
        band.get_height()
    )


def test_what_is_drawn_later_lies_above():
    sheet = Sheet(PLAIN)
    sheet.line([0, 1], [0, 1])
    sheet.box(0, 0, 1, 1, style.INK)
    sheet.text(0, 0, "x")
    sheet.sign(0, 0, "o", face=style.INK, edge=style.INK)
    sheet.text(0, 0, " \n")
    order = [part.get_zorder() for part in sheet.finish("").figure.get_children()[1:]]
    assert order == sorted(set(order))


def test_nothing_lent_is_changed():
    table, (ratio, p), counts, matrix, zones = (
        rates(EIGHT),
        bands(2, 3),
        months("2021-01", [1, 2]),
        some_week(),
        places(PUBLISHED),
    )
    lent = [HALF[0], table, ratio, p, counts, matrix, zones]
    copies = [frame.copy() for frame in lent]
    concentration_figure(*HALF, PLAIN)
    hit_rate_figure(table, "Gi*", PLAIN)
    knox_figure(ratio, p, PLAIN)
    series_figure(counts, None, PLAIN)
    week_figure(matrix, PLAIN)
    wdd_figure(zones, "treated", PUBLISHED_WDD, PLAIN)
    for frame, copy in zip(lent, copies, strict=True):
        assert frame.equals(copy)


def test_there_is_no_figure_left_over():
    import matplotlib._pylab_helpers as helpers  # noqa: PLC0415

    drawn("week")
    assert not helpers.Gcf.figs


@settings(max_examples=12, deadline=None)
@given(
    st.lists(
        st.tuples(WORDS, st.lists(st.floats(0, 1) | st.just(NAN), min_size=3, max_size=3)), min_size=1, max_size=8
    ),
    st.integers(0, 8),
)
def test_up_to_eight_methods_of_any_name_and_value_can_be_told_apart(methods, baselines):
    rows = dict(methods)
    drawing = hit_rate_figure(
        rates(rows, (0.01, 0.02, 0.1)), methods[0][0], PLAIN, [name for name, _ in methods[1:baselines]]
    )
    check_words(drawing)


@settings(max_examples=12, deadline=None)
@given(
    st.lists(st.none() | st.integers(0, 10**7), min_size=1, max_size=40),
    st.none() | st.tuples(st.integers(0, 500), st.integers(0, 10**6)),
)
def test_any_months_are_drawn(values, usual):
    check_words(series_figure(months("2019-11", values), usual and (usual[0], sum(usual)), PLAIN))


# ------------------------------------------------------------------------------------------------- one by one


def plot_scale(drawing, thick=style.HAIR):
    """Lines of the grid."""
    return [line.get_xydata() for line in strokes(drawing, style.RULE, thick)]


def test_the_lorenz_curve_is_drawn_to_scale():
    curve, coefficient, (area, half) = HALF
    drawing = drawn("concentration")
    (line,) = strokes(drawing, style.INK, style.HEAVY)
    x, y = line.get_xydata().T
    left, right, bottom, top = x[0], x[-1], y[0], y[-1]
    np.testing.assert_allclose((x - left) / (right - left), curve["share_of_area"])
    np.testing.assert_allclose((y - bottom) / (top - bottom), curve["share_of_n"])
    (even,) = strokes(drawing, style.QUIET, style.LINE)
    np.testing.assert_allclose(even.get_xydata(), [[left, bottom], [right, top]])
    (point,) = signs(drawing)
    assert point.get_xydata()[0] == pytest.approx([left + area * (right - left), bottom + half * (top - bottom)])
    words = said(drawing)
    assert "Half of the incidents" in words
    assert f"in {100 * area:.1f}\u202f% of the area" in words
    assert f"Gini {coefficient:.2f}" in words
    assert f"Half of the incidents in {100 * area:.1f}\u202f% of the area. Gini {coefficient:.2f}" in drawing.alt
    assert [word for word in words if word.endswith("%")] == [f"{n}\u202f%" for n in range(0, 101, 20) for _ in "xy"]
    ticks = [line for line in plot_scale(drawing) if line[0][0] == line[1][0]]
    np.testing.assert_allclose([(bottom, bottom + 4)] * 6, [line[:, 1] for line in ticks])
    np.testing.assert_allclose([line[0][0] for line in ticks], np.linspace(left, right, 6))
    (under,) = parts(drawing, Polygon)
    assert to_hex(under.get_facecolor()) == style.SOFT
    np.testing.assert_allclose(under.get_xy()[:-1], line.get_xydata())


@pytest.mark.parametrize(
    ("case", "n", "beyond"),
    [
        (HALF, 0.5, False),
        (EVEN, 0.5, True),
        (EVEN, 0.02, True),
        (EVEN, 0.8, True),
        (HALF, 1.0, False),
        (EVEN, 1.0, True),
    ],
)
def test_the_words_of_the_point_lie_on_one_side_of_the_diagonal(case, n, beyond):
    drawing = concentration_figure(case[0], case[1], (area_holding(case[0], n), n), PLAIN)
    check_words(drawing)
    check_marks(drawing)
    (even,) = strokes(drawing, style.QUIET, style.LINE)
    (left, bottom), (right, top) = even.get_xydata()
    tall = drawing.figure.get_size_inches()[1] * 72
    for words, (x0, y0, x1, y1) in extents(drawing):
        if words.endswith(("of the incidents", "of the area")) and words[0] != "s":
            corners = [(x, tall - y) for x in (x0, x1) for y in (y0, y1)]
            under = [y > bottom + (x - left) / (right - left) * (top - bottom) for x, y in corners]
            assert under == [beyond] * 4


def test_words_beyond_the_diagonal_stand_at_the_height_of_their_point():
    drawing = drawn("concentration even")
    (point,) = signs(drawing)
    x, y = point.get_xydata()[0]
    (leader,) = [line.get_xydata() for line in strokes(drawing, style.INK, style.HAIR) if line.get_xdata()[1] > x]
    np.testing.assert_allclose(leader[:, 1], y)
    upper, lower = (
        text_of(drawing, words).get_position() for words in ("Half of the incidents", "in 50\u202f% of the area")
    )
    assert upper[0] == lower[0] > leader[1][0]
    assert (upper[1] + lower[1]) / 2 - 0.365 * style.SIZE == pytest.approx(y)


def test_another_share_than_half_is_said():
    drawing = drawn("concentration in one")
    assert "80\u202f% of the incidents" in said(drawing)
    assert "in under 0.1\u202f% of the area" in said(drawing)


def test_methods_are_named_at_their_ends_with_hit_rate_and_pai():
    drawing = drawn("hit rate")
    words = said(drawing)
    assert "inside at 10\u202f%" in words
    where = {text.get_text(): text.get_position()[1] for text in parts(drawing, Text)}
    in_order = [
        "decayed count",
        "all history",
        "12-month count",
        "Gi*",
        "DBSCAN clusters",
        "LSOA count",
        "random places",
    ]
    assert sorted(in_order, key=where.__getitem__) == in_order
    assert is_bold(text_of(drawing, "decayed count"))
    colours = {name: text_of(drawing, name).get_color() for name in in_order}
    assert colours["decayed count"] == style.INK
    assert {colours[name] for name in ("12-month count", "Gi*", "DBSCAN clusters")} == {style.LOUD}
    assert {colours[name] for name in ("all history", "LSOA count", "random places")} == {style.QUIET}
    rows = sorted((text.get_position()[1], text.get_position()[0], text.get_text()) for text in parts(drawing, Text))
    beside = [word for y, _, word in rows if y == pytest.approx(where["decayed count"])]
    assert beside == ["decayed count", "55\u202f%", "5.5"]
    assert [word for y, _, word in rows if y == pytest.approx(where["DBSCAN clusters"])][1:] == ["–", "–"]
    assert [word for y, _, word in rows if y == pytest.approx(where["random places"])][1:] == ["10\u202f%", "1.0"]
    below = [text for text in parts(drawing, Text) if is_bold(text) and text.get_text() in {"12", "9.0", "7.2", "5.5"}]
    assert [text.get_text() for text in sorted(below, key=lambda text: text.get_position())][:4] == [
        "12",
        "9.0",
        "7.2",
        "5.5",
    ]
    assert "DBSCAN clusters: 10\u202f% in 1\u202f% of the area (PAI 10), " in drawing.alt
    assert "– in 10\u202f% of the area (PAI –)" in drawing.alt
    assert "random places: 1.0\u202f% in 1\u202f% of the area (PAI 1.0)" in drawing.alt


def test_hit_rates_are_drawn_to_scale_with_the_interval_of_the_method_in_use():
    drawing = drawn("hit rate")
    ours, _ = strokes(drawing, style.INK, style.HEAVY)
    grid = [line for line in plot_scale(drawing) if len(line) == 2 and line[0][1] == line[1][1]][:4]
    zero, sixty = grid[0][0][1], grid[3][0][1]
    assert "60\u202f%" in said(drawing)
    x, y = ours.get_xydata().T
    np.testing.assert_allclose((y - zero) / (sixty - zero) * 0.6, EIGHT["decayed count"])
    np.testing.assert_allclose((x - x[0]) / (x[-1] - x[0]), np.log([1, 2, 5, 10]) / np.log(10))
    (band,) = parts(drawing, Polygon)
    corners = band.get_xy()[:-1]
    np.testing.assert_allclose(corners[:, 0], [*x, *x[::-1]])
    held = (corners[:, 1] - zero) / (sixty - zero) * 0.6
    np.testing.assert_allclose(held[:4], np.array(EIGHT["decayed count"]) * 1.1)
    np.testing.assert_allclose(held[:3:-1], np.array(EIGHT["decayed count"]) * 0.9)
    foot = [line for line in plot_scale(drawing) if line[0][0] == line[1][0]]
    np.testing.assert_allclose([line[:, 1] for line in foot], [(zero, zero + 4)] * 4)
    np.testing.assert_allclose([line[0][0] for line in foot], x)
    below = [
        "1\u202f%",
        "share of the area searched, log scale",
        "12",
        "PAI of the thick line: times what random places hold",
    ]
    heights = [max(t.get_position()[1] for t in parts(drawing, Text) if t.get_text() == words) for words in below]
    assert [zero, *heights] == sorted([zero, *heights])
    # Lines are told apart without colour: no two have thickness, pattern and sign in common.
    long = [line for line in parts(drawing, Line2D) if ways_of(line) and len(line.get_xdata()) >= 4]
    looks = [(line.get_linewidth(), str(line._dash_pattern)) for line in long]
    assert len(long) == len(EIGHT) + 1
    assert len(set(looks)) == len(looks)
    random = next(line for line in long if len(line.get_xdata()) == 40)
    at, chance = random.get_xydata().T
    np.testing.assert_allclose(
        (chance - zero) / (sixty - zero) * 0.6, np.exp(np.log(0.01) + (at - x[0]) / (x[-1] - x[0]) * np.log(10))
    )
    assert long.index(ours) == len(long) - 1


def test_signs_on_lines_return_at_their_labels():
    drawing = drawn("hit rate")
    for marker, values in (("s", 4), ("^", 4), ("D", 4), ("v", 3), ("o", 4)):
        assert len(signs(drawing, marker)) == values + 1
    for name in ("decayed count", "Gi*", "LSOA count"):
        label = text_of(drawing, name)
        x, y = label.get_position()
        short = [line.get_xydata() for line in parts(drawing, Line2D) if ways_of(line) and len(line.get_xdata()) == 2]
        (sample,) = [line for line in short if line[0][1] == pytest.approx(y - 0.365 * style.SMALL)]
        assert x - 20 <= sample[0][0] < sample[1][0] < x


def test_gaps_stay_gaps_and_rows_may_come_in_any_order():
    table = rates({"Gi*": (0.2, NAN, 0.4, 0.5), "count": (0.1, 0.2, 0.3, 0.4)})
    table.loc[("Gi*", 0.05), "low"] = NAN
    drawing = hit_rate_figure(table, "Gi*", PLAIN)
    ours, _ = strokes(drawing, style.INK, style.HEAVY)
    assert np.isnan(np.asarray(ours.get_ydata(), dtype=float)).tolist() == [False, True, False, False]
    assert not parts(drawing, Polygon)
    lonely = strokes(drawing, style.TINT, 9.0)
    assert len(lonely) == 2
    shuffled = table.sample(frac=1, random_state=1).sort_index(level="method", ascending=True, sort_remaining=False)
    assert svg_bytes(hit_rate_figure(shuffled.loc[["Gi*", "count"]], "Gi*", PLAIN)) == svg_bytes(drawing)


def test_a_table_of_rates_that_is_wrong_is_refused():
    table = rates({"Gi*": (0.1, 0.2, 0.3, 0.4)})
    with pytest.raises(ValueError, match="one row for each share"):
        hit_rate_figure(pd.concat([table, table]), "Gi*", PLAIN)
    with pytest.raises(ValueError, match="above 0"):
        hit_rate_figure(rates({"Gi*": (0.1,)}, (0.0,)), "Gi*", PLAIN)


def knox_by_hand(alpha=0.05):
    ratio = pd.DataFrame([[0.5, 1.0, 1.19], [1.2, 1.5, 2.0], [123.4, np.inf, NAN]], index=["near", "far", "over 1 km"])
    p = pd.DataFrame([[0.05, 0.051, NAN], [0.01, 0.2, 0.3], [0.4, 0.5, NAN]], index=ratio.index)
    ratio.columns = p.columns = pd.Index(["0–7 days", "8–14 days", "later"], name="Days apart")
    return knox_figure(ratio, p, PLAIN, alpha)


def test_knox_cells_have_their_number_class_and_mark():
    drawing = knox_by_hand()
    words = said(drawing)
    assert words[1:15] == [
        "Days apart", "0–7 days", "8–14 days", "later", "Distance", "near", "far", "over 1 km",
        "0.50*", "1.00", "1.19", "1.20*", "1.50", "2.00",
    ]  # fmt: skip
    assert words[15:18] == ["123", "∞", "–"]
    cells = [box for box in boxes(drawing, edge=style.PAPER) if box.get_facecolor()[3]]
    ramp = style.RAMP
    found = [to_hex(cell.get_facecolor()) for cell in cells]
    assert found == [ramp[0], ramp[1], ramp[1], ramp[2], ramp[3], ramp[4], ramp[4], ramp[4], style.PAPER]
    framed = [box for box in boxes(drawing, edge=style.INK) if box.get_width() > 20]
    assert len(framed) == 2
    for frame, cell in zip(framed, (cells[0], cells[3]), strict=True):
        assert 0 < cell.get_width() - frame.get_width() < 4
        assert 0 < cell.get_height() - frame.get_height() < 4
        assert cell.get_x() < frame.get_x() < cell.get_x() + 2
        assert cell.get_y() < frame.get_y() < cell.get_y() + 2
    assert [word for word in words if is_bold(text_of(drawing, word))] == [PLAIN.title, "0.50*", "1.20*"]
    assert "under 1 · 1" in words
    assert "1 – under 1.2 · 2" in words
    assert "2 and more · 3" in words
    assert "nothing expected · 1" in words
    assert "framed, *: p ≤ 0.05 · 2" in words
    assert "near: 0–7 days 0.50*, 8–14 days 1.00, later 1.19. far: 0–7 days 1.20*" in drawing.alt
    assert "* where p ≤ 0.05" in drawing.alt
    assert text_of(drawing, "123").get_color() == style.PAPER
    assert text_of(drawing, "1.00").get_color() == style.TEXT
    middle = cells[4].get_x() + cells[4].get_width() / 2
    assert text_of(drawing, "1.50").get_position()[0] == pytest.approx(middle)


def test_knox_marks_follow_the_level():
    assert "framed, *: p ≤ 0.2 · 4" in said(knox_by_hand(0.2))
    assert "framed, *: p ≤ 0.001 · 0" in said(knox_by_hand(0.001))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.004, "0.00"),
        (9.994, "9.99"),
        (9.996, "10.0"),
        (99.94, "99.9"),
        (99.96, "100"),
        (9999, "9999"),
        (12_345, "1e4"),
        (3e12, "3e12"),
    ],
)
def test_ratios_are_said_without_false_precision(value, text):
    ratio = pd.DataFrame([[value]], index=["a"], columns=["b"])
    assert text in said(knox_figure(ratio, ratio * NAN, PLAIN))


def test_knox_numbers_are_left_out_where_no_cell_has_room():
    drawing = drawn("knox huge")
    ratio, p = bands(3, 45)
    marked = int((p <= 0.05).to_numpy().sum())
    assert f"p ≤ 0.05 · {marked}" in said(drawing)
    assert len([box for box in boxes(drawing, edge=style.INK) if box.get_height() > 20]) == marked
    assert not any("*" in words for words in said(drawing))
    assert drawing.alt.count("*") == marked + 1
    assert len(ratio) == 3


def test_knox_sides_may_have_any_name():
    for name in (None, "", "a long name of a side " * 9, "距離"):
        ratio, p = bands(2, 3)
        ratio.index.name = ratio.columns.name = name
        drawing = knox_figure(ratio, p, PLAIN)
        check_words(drawing)
        assert ("Distance" in said(drawing)) == (not name)
        assert ("Time between the two" in said(drawing)) == (not name)


def test_knox_tables_must_agree():
    ratio, p = bands(2, 3)
    for other in (p.iloc[::-1], p.iloc[:, ::-1]):
        with pytest.raises(ValueError, match="the same bands"):
            knox_figure(ratio, other, PLAIN)


def test_months_are_bars_to_scale_and_missing_ones_gaps():
    drawing = drawn("series")
    words = said(drawing)
    bars = boxes(drawing, fill=style.BAR)
    (last,) = boxes(drawing, fill=style.INK)
    heights = (
        [-bar.get_height() for bar in (*bars, last)]
        if last.get_height() < 0
        else [bar.get_height() for bar in (*bars, last)]
    )
    np.testing.assert_allclose(
        np.array(heights) / heights[-1] * 92, [65, 71, 62, 89, 70, 0, 90, 68, 81, 76, 92], atol=1e-9
    )
    assert words.count("?") == 1
    slot = bars[1].get_x() - bars[0].get_x()
    middles = [bar.get_x() + bar.get_width() / 2 for bar in bars]
    assert text_of(drawing, "?").get_position()[0] == pytest.approx(middles[0] + 5 * slot)
    assert text_of(drawing, "Jun").get_position()[0] == pytest.approx(middles[0] + 5 * slot)
    np.testing.assert_allclose(np.diff(middles) / slot, [1, 1, 1, 1, 2, 1, 1, 1, 1])
    assert "92 ▲" in words
    assert is_bold(text_of(drawing, "92 ▲"))
    assert {"65", "71", "62", "89", "70", "0", "90", "68", "81", "76"} <= set(words)
    assert "usual" in words
    assert "55–91" in words
    (band,) = boxes(drawing, fill=style.SOFT)
    low, high = (line.get_ydata()[0] for line in strokes(drawing, style.LOUD, 1.0))
    assert {low, high} == {band.get_y(), band.get_y() + band.get_height()}
    foot = last.get_y() + last.get_height()
    assert (foot - low) / (foot - last.get_y()) * 92 == pytest.approx(55)
    assert (foot - high) / (foot - last.get_y()) * 92 == pytest.approx(91)
    # Numbers keep clear of the dashed lines.
    for number in ("89", "90"):
        assert abs(text_of(drawing, number).get_position()[1] - 0.365 * style.SMALL - high) >= 6.5
    assert "May 2021 70, Jun 2021 missing, Jul 2021 0" in drawing.alt
    assert "Usual for the last month: 55–91." in drawing.alt


def test_months_not_in_the_index_are_missing_too_and_order_does_not_matter():
    counts = months("2020-11", [5, 6, None, 7])
    drawing = series_figure(counts, None, PLAIN)
    assert "Nov 2020 5, Dec 2020 6, Jan 2021 missing, Feb 2021 7." in drawing.alt
    assert svg_bytes(series_figure(counts.dropna().iloc[::-1], None, PLAIN)) == svg_bytes(drawing)
    assert {"2020", "2021"} <= set(said(drawing))
    assert "usual" not in " ".join(said(drawing))
    assert all(bar.get_width() <= 44 for bar in boxes(drawing, fill=style.BAR))


@pytest.mark.parametrize(("last", "text"), [(3, "3 ▼"), (4, "4"), (8, "8"), (9, "9 ▲")])
def test_only_the_last_month_is_compared_with_the_usual_range(last, text):
    drawing = series_figure(months("2021-01", [1, 20, last]), (4, 8), PLAIN)
    assert text in said(drawing)
    assert {"1", "20"} <= set(said(drawing))
    assert sum(word[-1] in "▲▼" for word in said(drawing)) == (len(text) > 1)


def test_the_usual_range_is_named_beside_itself_and_above_the_foot():
    for low, high in ((0, 0), (0, 2), (40, 60), (99, 100)):
        drawing = series_figure(months("2021-01", [100, 50, 100]), (low, high), PLAIN)
        last = boxes(drawing, fill=style.INK)[0].get_corners()[:, 1]
        foot, top = last.max(), last.min()
        middle = foot - (low + high) / 2 / 100 * (foot - top)
        named = [text_of(drawing, words).get_position()[1] - 0.365 * style.SIZE for words in ("usual", f"{low}–{high}")]
        assert named[0] < named[1] <= foot
        if low == 40:
            assert np.mean(named) == pytest.approx(middle)


def test_long_series_name_years_and_the_numbers_that_matter():
    drawing = series_figure(months("2008-05", [1, None, None, 0, 2] * 30), (0, 1), PLAIN)
    words = said(drawing)
    assert {str(year) for year in range(2009, 2020)} <= set(words)
    assert not {"Jan", "J", "M"} & set(words)
    assert words.count("?") == 30
    assert "2 ▲" in words


def test_a_number_is_not_written_over_another_bar():
    wide = [100_001, *[900_000] * 20, *[None] * 20, 100_000]
    drawing = series_figure(months("2018-01", wide), None, PLAIN)
    words = said(drawing)
    assert {"900,000", "100,000"} <= set(words)
    assert "100,001" not in words
    assert text_of(drawing, "100,000").get_position()[1] < boxes(drawing, fill=style.INK)[0].get_corners()[:, 1].min()
    alone = series_figure(months("2018-01", [5_000_000, *[None] * 30, 1, 3_000_000, 1]), None, PLAIN)
    assert {"5,000,000", "1"} <= set(said(alone))
    check_words(alone)
    # The last number stands above the sign of the missing month beside it, and above its neighbour's bar.
    number, sign = (
        dict(extents(series_figure(months("2018-01", values), None, PLAIN)))
        for values in ([*[None] * 24, 800_001, None, 1000], [*[None] * 24, 5_000_000, 4_000_000, 1_000])
    )
    assert number["1,000"][1] >= number["?"][3]
    assert sign["1,000"][1] > sign["2,000,000"][3]


def test_a_series_that_is_wrong_is_refused():
    counts = months("2021-01", [1, 2])
    with pytest.raises(ValueError, match="one count"):
        series_figure(pd.concat([counts, counts]), None, PLAIN)
    with pytest.raises(ValueError, match="below 0"):
        series_figure(-counts, None, PLAIN)


def hours_of(drawing):
    cells = [box for box in boxes(drawing, edge=style.PAPER) if box.get_facecolor()[3]]
    return np.array([to_hex(cell.get_facecolor()) for cell in cells]).reshape(7, 24)


def test_hours_have_their_number_class_and_frame():
    values = np.zeros((7, 24))
    values[0, :6] = [1, 4, 5, 19, 20, 25]
    values[6, 23] = 10
    marked = week(np.zeros((7, 24), dtype=bool))
    marked.loc["Mon", 4:5] = True
    drawing = week_figure(week(values), PLAIN, marked)
    fills, ramp = hours_of(drawing), style.RAMP
    assert fills[0, :7].tolist() == [ramp[0], ramp[0], ramp[1], ramp[3], ramp[4], ramp[4], style.PAPER]
    assert fills[6, 23] == ramp[2]
    assert (fills == style.PAPER).sum() == 168 - 7
    words = said(drawing)
    at = words.index("none · 161")
    assert words[at : at + 7] == [
        "none · 161", "1–4 · 2", "5–9 · 1", "10–14 · 1", "15–19 · 1", "20 and more · 2", "peak, framed · 2",
    ]  # fmt: skip
    assert len([box for box in boxes(drawing, edge=style.INK) if box.get_height() > 15]) == 2
    assert text_of(drawing, "Mon").get_position()[1] < text_of(drawing, "Sun").get_position()[1]
    assert is_bold(text_of(drawing, "25"))
    assert "Mon 0: 1, 1: 4, 2: 5, 3: 19, 4: 20 (peak), 5: 25 (peak). Tue none." in drawing.alt
    assert "Sun 23: 10." in drawing.alt
    assert "Incidents in each hour of the week; beside each class, how many hours." in words


def test_few_whole_numbers_are_classes_of_their_own():
    values = np.zeros((7, 24))
    values[0, :3] = [1, 2, 3]
    drawing = week_figure(week(values), PLAIN)
    words = said(drawing)
    at = words.index("none · 165")
    assert words[at : at + 4] == ["none · 165", "1 · 1", "2 · 1", "3 and more · 1"]
    assert hours_of(drawing)[0, :3].tolist() == list(class_colours(3))
    values[0, :3] = 1
    one = week_figure(week(values), PLAIN)
    assert "1 · 3" in said(one)
    assert hours_of(one)[0, 0] == style.RAMP[-1]


def test_weights_have_one_decimal_and_little_ones_a_sign():
    values = np.zeros((7, 24))
    values[0, :5] = [0.04, 0.05, 2.34, 9.96, NAN]
    drawing = week_figure(week(values), PLAIN)
    words = said(drawing)
    assert {"+", "0.1", "2.3", "10", "?", "not known · 1", "under 2 · 2", "2 – under 4 · 1", "8 and more · 1"} <= set(
        words
    )
    assert any(word.endswith("+ is more than none and under 0.05.") for word in words)
    assert hours_of(drawing)[0, 4] == style.RULE
    assert "Mon 0: +, 1: 0.1, 2: 2.3, 3: 10, 4: ?." in drawing.alt


def test_a_week_that_is_wrong_is_refused():
    for bad in (-1.0, np.inf):
        values = np.zeros((7, 24))
        values[2, 2] = bad
        with pytest.raises(ValueError, match="not below 0"):
            week_figure(week(values), PLAIN)
    with pytest.raises(ValueError, match="the same days and hours"):
        week_figure(some_week(), PLAIN, (some_week() > 1).iloc[::-1])
    with pytest.raises(ValueError, match="the same days and hours"):
        week_figure(some_week(), PLAIN, (some_week() > 1).iloc[:, ::-1])


def test_the_published_example_of_the_displacement_difference():
    drawing = drawn("wdd")
    words = said(drawing)
    assert "Weighted displacement difference \u2212118 (interval \u2212196 to \u221240)" in words
    assert {"\u221297", "+10", "\u221221", "\u221210"} <= set(words)
    assert "treated: 207 before, 110 after. control: 308 before, 318 after." in drawing.alt
    assert [word for word in words if word in PUBLISHED] == list(PUBLISHED)
    assert all(is_bold(text_of(drawing, word)) for word in ("treated", "110", "207", "\u221297"))
    assert not is_bold(text_of(drawing, "control"))
    dots = signs(drawing, "o")[2:-1]
    places_of = [dot.get_xydata()[0] for dot in dots]
    hollow = [dot.get_markerfacecolor() == style.PAPER for dot in dots]
    assert hollow == [True, False] * 4
    values = np.array(list(PUBLISHED.values()), dtype=float).ravel()
    x = np.array([place[0] for place in places_of])
    scale = (x[1] - x[0]) / (values[1] - values[0])
    np.testing.assert_allclose(x, x[0] + scale * (values - values[0]))
    zero = text_of(drawing, "400").get_position()[0] - 400 * scale
    assert x[0] - 207 * scale == pytest.approx(zero)
    before, after = text_of(drawing, "207"), text_of(drawing, "110")
    assert after.get_position()[0] < x[1] < x[0] < before.get_position()[0]
    assert (after.get_ha(), before.get_ha()) == ("right", "left")
    joined = [line.get_xdata() for line in strokes(drawing, style.BAR, style.HEAVY)]
    np.testing.assert_allclose(joined, x[2:].reshape(3, 2))


def test_the_interval_is_drawn_against_no_effect():
    drawing = drawn("wdd")
    _, interval = strokes(drawing, style.INK, style.HEAVY)
    (zero,) = strokes(drawing, style.TEXT, style.LINE)
    low, high = interval.get_xdata()
    point = signs(drawing, "o")[-1].get_xydata()[0][0]
    nothing = zero.get_xdata()[0]
    ends = np.array(PUBLISHED_WDD)
    np.testing.assert_allclose((np.array([point, low, high]) - nothing) / (point - nothing), ends / ends[0])
    assert point < nothing
    assert text_of(drawing, "fewer").get_position()[0] < nothing < text_of(drawing, "more").get_position()[0]
    top = min(zero.get_ydata())
    assert abs(text_of(drawing, "fewer").get_position()[1] - top) < style.SMALL
    assert "\u2212150" in said(drawing)
    assert (text_of(drawing, "\u2212150").get_position()[0] - nothing) / (point - nothing) == pytest.approx(150 / 118)


@pytest.mark.parametrize(
    ("estimate", "text"),
    [
        ((0, 0, 0), "0 (interval 0 to 0)"),
        ((0.2, -0.04, 3.14), "0.2 (interval \u22120.04 to 3.1)"),
        ((1234.5, 12.4, 99999), "1,234 (interval 12 to 99,999)"),
    ],
)
def test_estimates_are_said_without_false_precision(estimate, text):
    drawing = wdd_figure(places({"A": (1, 2)}), "A", estimate, PLAIN)
    assert f"Weighted displacement difference {text}" in said(drawing)
    check_words(drawing)


def test_what_is_not_known_is_not_drawn():
    drawing = wdd_figure(places({"A": (3, NAN), "B": (4, 4)}), "A", (1.0, NAN, 2.0), PLAIN)
    words = said(drawing)
    assert "The difference cannot be estimated." in words
    assert "The difference cannot be estimated." in drawing.alt
    assert "A: 3 before, – after. B: 4 before, 4 after." in drawing.alt
    assert "–" in words
    assert not strokes(drawing, style.TEXT, style.LINE)
    assert len(signs(drawing, "o")) == 2 + 3
    numbers = [text for text in parts(drawing, Text) if text.get_text() == "4" and text.get_color() != style.QUIET]
    assert not numbers


def test_counts_that_are_wrong_are_refused():
    counts = places(PUBLISHED)
    with pytest.raises(ValueError, match="one row"):
        wdd_figure(pd.concat([counts, counts]), "treated", PUBLISHED_WDD, PLAIN)
    with pytest.raises(ValueError, match="below 0"):
        wdd_figure(-counts, "treated", PUBLISHED_WDD, PLAIN)


def test_a_figure_is_one_of_matplotlib():
    figure = drawn("wdd").figure
    assert isinstance(figure, Figure)
    assert figure.get_size_inches()[0] == pytest.approx(7.25)
    assert to_hex(figure.get_facecolor()) == style.PAPER
    assert figure.axes == []
