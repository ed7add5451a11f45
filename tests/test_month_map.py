"""The map as a figure: the page's classes, colours and counts, nothing over anything else, any text, the same bytes."""

from __future__ import annotations

import dataclasses
import itertools
import math
import re
import struct
import xml.etree.ElementTree as ET
from functools import cache
from importlib import resources
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import PathCollection
from matplotlib.colors import to_hex, to_rgba
from matplotlib.text import Text
from shapely.geometry import MultiPolygon, Point, Polygon, box

from hotspots.maps.agenda import of_span, opening
from hotspots.maps.figures import month_map_frame as ground_of
from hotspots.maps.figures import month_map_page as paper
from hotspots.maps.figures import style
from hotspots.maps.figures.month_map import month_map, not_drawn
from hotspots.maps.figures.month_map_marks import MOST
from hotspots.maps.figures.month_map_seats import RADIUS, Mark, label_seat, seats
from hotspots.maps.figures.render import png_bytes, svg_bytes
from hotspots.maps.figures.sheet import Drawing, house
from hotspots.maps.panel import legends
from hotspots.maps.style import EVENT, INK, class_colours, stylesheet
from hotspots.pipeline import figures
from tests import agenda_fixtures as agenda
from tests import page_fixtures as fixtures

FRAME = (24.0, 80.0, 534.0, 500.0)


@cache
def drawing(case: str = "plain") -> Drawing:
    return month_map(CASES[case]())


def collections(made: Drawing, name: str = "") -> list[Any]:
    parts = [part for part in made.figure.get_children() if isinstance(part, PathCollection)]
    return [part for part in parts if part.get_gid() == name] if name else parts


def paths(made: Drawing, name: str) -> list[Any]:
    return [path for part in collections(made, name) for path in part.get_paths()]


def texts(made: Drawing) -> list[Any]:
    return [part for part in made.figure.get_children() if isinstance(part, Text)]


def said(made: Drawing) -> list[str]:
    return [text.get_text() for text in texts(made)]


def spans(made: Drawing) -> list[tuple[Any, list[float]]]:
    """Every text with its box in points from the lower left corner."""
    figure = made.figure
    with house():
        renderer = FigureCanvasAgg(figure).get_renderer()
        found = [(text, text.get_window_extent(renderer).extents * 72 / figure.dpi) for text in texts(made)]
    return [(text, [float(end) for end in span]) for text, span in found]


def frame_of(made: Drawing) -> tuple[float, float, float, float]:
    """The frame of the map, read from the sea it is filled with."""
    sea: Any
    (sea,) = [part for part in made.figure.get_children() if part.get_gid() is None and is_filled(part, paper.SEA)]
    x, y = sea.get_xy()
    return x, y, x + sea.get_width(), y + sea.get_height()


def is_filled(part: Any, colour: str) -> bool:
    return hasattr(part, "get_facecolor") and hasattr(part, "get_xy") and to_hex(part.get_facecolor()) == colour


def within(path: Any, frame: tuple[float, float, float, float], slack: float = 0.1) -> bool:
    x, y = path.vertices.T
    left, top, right, bottom = frame
    return bool(
        x.min() >= left - slack and x.max() <= right + slack and y.min() >= top - slack and y.max() <= bottom + slack
    )


def many(count: int, name: str = "A street with quite a long name / Another long street") -> gpd.GeoDataFrame:
    """So many hotspots in a block, each beside the next."""
    one = fixtures.hotspots().iloc[[0]]
    made = gpd.GeoDataFrame(pd.concat([one] * count), crs=one.crs)
    at = [Point(550_000 + 150 * (i % 8), 176_000 + 150 * (i // 8 % 8)) for i in range(count)]
    return made.assign(
        rank=np.arange(1, count + 1),
        name=[f"{name} {i}" for i in range(count)],
        geometry=[point.buffer(60, quad_segs=2) for point in at],
    ).set_index(pd.Index([f"H-{i:03d}" for i in range(count)], name="hotspot_id"))


def busy(count: int, **changes: Any) -> gpd.GeoDataFrame:
    """So many events on one place."""
    one = fixtures.events().iloc[[0]]
    made = gpd.GeoDataFrame(pd.concat([one] * count), crs=one.crs).assign(**changes)
    return made.set_index(pd.Index([f"V{i:03d}" for i in range(count)], name="event_id"))


def stretched(content: Any, wide: float, tall: float) -> Any:
    """The same page on ground so many times as wide and as tall."""

    def pull(shapes: Any) -> Any:
        origin = np.array([fixtures.EAST, fixtures.NORTH])
        return shapely.transform(shapes, lambda at: origin + (at - origin) * [wide, tall])

    frames = {}
    for name in ("areas", "neighbours", "hotspots", "locations", "events", "beside"):
        frame = getattr(content, name)
        frames[name] = frame.set_geometry(gpd.GeoSeries(pull(frame.geometry.to_numpy()), frame.index, crs=frame.crs))
    return dataclasses.replace(content, outline=pull(content.outline), **frames)


LONG = "A very long word after another, " * 30
CASES = {
    "plain": fixtures.content,
    "hostile": lambda: fixtures.content(bad=" $\\frac{1}{2$ " + fixtures.BAD),
    "no hotspots": lambda: fixtures.content(hotspots=fixtures.without(fixtures.hotspots()), counts=None),
    "no events": lambda: fixtures.content(events=fixtures.without(fixtures.events())),
    "nothing beside": lambda: fixtures.content(beside=None, neighbours=fixtures.without(fixtures.neighbours())),
    "nowhere": lambda: fixtures.content(locations=fixtures.without(fixtures.locations())),
    "20 hotspots": lambda: fixtures.content(hotspots=many(20), counts=None),
    "100 hotspots": lambda: fixtures.content(hotspots=many(100), counts=None, events=busy(90)),
    "many words": lambda: fixtures.content(
        words=dataclasses.replace(
            fixtures.words(LONG), notices=(LONG,) * 9, headline=(LONG,) * 4, sources=(LONG,) * 3, locations=LONG
        ),
        hotspots=many(20, LONG),
        counts=None,
        events=busy(8, kind=LONG),
    ),
    "wide": lambda: stretched(fixtures.content(), 9.0, 1.0),
    "tall": lambda: stretched(fixtures.content(), 1.0, 9.0),
    "tiny": lambda: stretched(fixtures.content(), 0.02, 0.02),
    "huge": lambda: stretched(fixtures.content(), 60.0, 60.0),
}


# ------------------------------------------------------------------------------- the same as the page


@pytest.mark.parametrize("turned", [False, True], ids=["five classes", "four classes"])
def test_every_class_has_the_colour_and_the_count_of_the_page(turned):
    content = fixtures.content()
    if turned:
        content = dataclasses.replace(content, measures=content.measures[::-1])
    made, legend = month_map(content), legends(content)[0]
    colours = class_colours(len(legend.classes))
    rules = stylesheet((len(legend.classes),))
    for item, colour in zip(legend.classes, colours, strict=True):
        assert f".m0.class-{item.number}{{fill:{colour}}}" in rules
        (own,) = collections(made, f"class-{item.number}")
        assert [to_hex(face) for face in own.get_facecolor()] == [colour]
        assert len(own.get_paths()) == item.areas
        (ring,) = collections(made, f"ring-class-{item.number}")
        assert [to_hex(face) for face in ring.get_facecolor()] == [colour]
    assert len(paths(made, "no-data")) + len(paths(made, "ring-no-data")) == legend.no_data == 1
    ring = sum(len(paths(made, f"ring-class-{item.number}")) for item in legend.classes)
    assert ring == (content.areas["zone"] == "ring").sum()
    assert sum(item.areas for item in legend.classes) + ring + legend.no_data == len(content.areas)


def test_the_legend_says_what_the_legend_of_the_page_says():
    legend, words = legends(fixtures.content())[0], said(drawing())
    first, *rest = legend.classes
    assert legend.title in words
    assert f"{first.words} · {first.areas} LSOAs" in words
    assert [f"{item.words} · {item.areas}" for item in rest] == [
        w for w in words if re.search(r"(under|more) \d* ?· \d+$", w)
    ]
    assert "no data · 1" in words


def test_an_area_alone_in_the_first_class_is_one_lsoa():
    content = fixtures.content()
    first = content.areas["map_class"].eq(1).fillna(value=False) & (content.areas["zone"] == "area")
    dropped = content.areas.index[first][1:]
    made = month_map(dataclasses.replace(content, areas=content.areas.drop(dropped)))
    assert "under 20 · 1 LSOA" in said(made)


@pytest.mark.parametrize(
    ("name", "colour"),
    [
        ("sea", paper.SEA),
        ("land", paper.LAND),
        ("land-line", paper.LAND_LINE),
        ("veil", paper.VEIL),
        ("border", paper.BORDER),
        ("hatch", paper.HATCH),
        ("label", paper.LABEL),
        ("chosen", paper.NOTICE),
        ("quiet", style.QUIET),
        ("text", style.TEXT),
    ],
)
def test_the_ground_is_the_ground_of_the_page(name, colour):
    sheet = resources.files("hotspots.maps").joinpath("assets", "page.css").read_text(encoding="utf-8")
    found = re.search(rf"--{name}: (#[0-9a-f]+);", sheet)
    assert found is not None
    assert to_hex(found[1]) == colour


def test_hotspots_are_in_ink_with_a_halo_and_a_line_as_their_status_asks():
    first, second, third = collections(drawing(), "hotspot")  # new, persistent, without a status
    assert len(paths(drawing(), "halo")) == 3
    assert [to_hex(part.get_edgecolor()[0]) for part in (first, second, third)] == [INK] * 3
    assert first.get_facecolor()[0] == pytest.approx(to_rgba(f"{INK}21"))
    dashes = [part.get_linestyle()[0][1] for part in (first, second, third)]
    assert dashes[0] == pytest.approx([6 * 0.45, 4 * 0.45])
    assert dashes[1:] == [None, None]


def test_the_layers_lie_in_the_order_of_the_page():
    wanted = ["neighbours", "class-1", "class-5", "no-data", "veil", "outline", "beside", "halo", "hotspot", "disc"]
    rise = [collections(drawing(), name)[0].get_zorder() for name in wanted]
    assert rise == sorted(rise)
    discs = [part for part in collections(drawing()) if len(part.get_offsets()) > 1]
    assert rise[4] < min(part.get_zorder() for part in discs)
    assert max(part.get_zorder() for part in discs) < rise[5]


@pytest.mark.parametrize(
    ("risk", "width", "corners"), [("low", 1.5, None), ("medium", 2.5, 4), ("high", 4.0, 3), (None, 1.0, None)]
)
def test_an_event_has_the_shape_of_its_risk_and_the_letter_of_its_kind(risk, width, corners):
    made = month_map(fixtures.content(events=fixtures.events().assign(risk=pd.array([risk, "low"], dtype="str"))))
    sign, key = collections(made, "event")  # on the map, and in the legend
    for part in (sign, key):
        assert to_hex(part.get_edgecolor()[0]) == EVENT
        assert part.get_linewidth()[0] == pytest.approx(width * 0.66)
        assert (part.get_linestyle()[0][1] is not None) == (risk is None)
        (path,) = part.get_paths()
        assert corners is None or len(path.vertices) == corners + 1
        assert corners is not None or len(path.vertices) > 40
    x, y = sign.get_paths()[0].vertices[:-1].T
    middle, (left, right) = (x.min() + x.max()) / 2, (x.min(), x.max())
    assert right - left == pytest.approx(2 * RADIUS - width * 0.66, abs=0.02)
    (letter,) = [text for text in texts(made) if text.get_text() == "F"]
    at = letter.get_position()
    assert at[0] == pytest.approx(middle, abs=0.02)
    assert y.min() < at[1] < y.max()
    assert any("1 not on this map" in line.replace("\u00a0", " ") for line in whole(made))
    assert f"{risk or 'not graded'}\u00a01" in said(made)


def test_the_legend_counts_the_events_on_the_map_by_risk_and_kind():
    content = agenda.content()
    made = month_map(content)
    events = of_span(content, opening(content))
    assert any(
        f"events of January 2022 by risk; {int(events.geometry.isna().sum())} not on this map" in line
        for line in whole(made)
    )
    events = events[events.geometry.notna()]
    assert len(events) < content.events.geometry.notna().sum()
    words = said(made)
    for risk, n in events["risk"].fillna("not graded").value_counts().items():
        assert f"{risk}\u00a0{n}" in words
    joined = " ".join(words)
    for kind, n in events["kind"].value_counts().items():
        assert f"{kind[0].upper()}\u00a0{kind}\u00a0{n}" in joined
    made = month_map(agenda.content(periods=()))
    assert "ground or route of an event" in said(made)
    ground, route = sorted(collections(made, "event-ground"), key=lambda part: -part.get_facecolor().size)[1:]
    assert len(collections(made, "event-ground")) == 3
    for part in (ground, route):
        assert to_hex(part.get_edgecolor()[0]) == EVENT
        assert part.get_linestyle()[0][1] is not None
    assert "ground or route of an event" not in said(drawing())


def test_cancelled_events_and_those_of_other_days_are_not_on_the_paper():
    content = agenda.content(events=agenda.some_cancelled())
    made = month_map(content)
    events = of_span(content, opening(content))
    signs = [path for path in paths(made, "event") if on_map(path, frame_of(made))]
    assert len(signs) == events.geometry.notna().sum()
    assert collections(made, "event-ground") == []
    assert made.alt.count("Events of January 2022: ") == 1
    assert content.events.loc["V030", "title"] not in made.alt
    all_days = month_map(agenda.content(periods=()))
    assert any("events by risk; 5 not on this map" in line for line in whole(all_days))
    assert len([path for path in paths(all_days, "event") if on_map(path, frame_of(all_days))]) == 55


def test_where_not_all_events_fit_the_highest_risk_is_drawn():
    risks = pd.array(["low"] * 40 + [None] * 20 + ["medium"] * 10 + ["high"] * 20, dtype="str")
    made = month_map(fixtures.content(events=busy(90, risk=risks)))
    words = said(made)
    for line in ("high\u00a020", "medium\u00a010", "low\u00a030"):
        assert line in words
    assert not any(word.startswith("not graded") for word in words)
    assert any("30 not on this map" in line for line in whole(made))


def whole(made: Drawing) -> list[str]:
    """The words of the figure, lines that follow each other joined."""
    words = said(made)
    return [" ".join(words[at : at + 5]) for at in range(len(words))]


def test_an_event_outside_the_map_is_said_and_not_drawn():
    away = busy(2, geometry=[Point(550_300, 176_300), Point(600_000, 176_300)])
    made = month_map(fixtures.content(events=away))
    assert said(made).count("F") == 1
    assert any("1 not on this map" in line for line in whole(made))


def test_more_marks_than_the_map_can_hold_are_said():
    made = drawing("100 hotspots")
    assert len(collections(made, "hotspot")) == 100
    assert len([text for text in texts(made) if text.get_text() == "F"]) == MOST
    assert any("40 without a disc" in line for line in whole(made))
    assert any("30 not on this map" in line for line in whole(made))


# ------------------------------------------------------------------------------- where things are


@pytest.mark.parametrize("case", CASES)
def test_no_word_lies_over_another_or_outside(case):
    made = drawing(case)
    left, top, right, bottom = frame_of(made)
    assert right - left > 450
    assert bottom - top > 200
    beside = []
    for text, span in spans(made):
        low, high = paper.TALL - span[3], paper.TALL - span[1]
        assert span[0] >= -0.5, text
        assert span[2] <= paper.WIDE + 0.5, text
        assert low >= -0.5, text
        assert high <= paper.TALL + 0.5, text
        inside = span[0] >= left and span[2] <= right and low >= top and high <= bottom
        if not inside:
            beside.append((text.get_text(), (span[0], low, span[2], high)))
    slack = 1.2
    for (one, a), (other, b) in itertools.combinations(beside, 2):
        apart = a[2] <= b[0] + slack or b[2] <= a[0] + slack or a[3] <= b[1] + slack or b[3] <= a[1] + slack
        assert apart, (one, a, other, b)


@pytest.mark.parametrize("case", CASES)
def test_the_map_is_in_its_frame(case):
    content = CASES[case]()
    made = drawing(case)
    frame = frame_of(made)
    for name in ("outline", "hotspot", "disc", "badge", "event", "class-1", "class-5"):
        for part in collections(made, name):
            drawn = [path for path in part.get_paths() if name not in {"disc", "badge", "event"} or on_map(path, frame)]
            assert all(within(path, frame) for path in drawn), name
    boxes = [
        path.get_extents().extents for name in ("disc", "event") for path in paths(made, name) if on_map(path, frame)
    ]
    wanted = min(len(content.hotspots), MOST) + min(
        int((~content.events.geometry.is_empty & content.events.geometry.notna()).sum()), MOST
    )
    assert len(boxes) == wanted
    for a, b in itertools.combinations(boxes, 2):
        assert a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]


def on_map(path: Any, frame: tuple[float, float, float, float]) -> bool:
    """Signs of the legend stand to the right of the map."""
    return bool(path.vertices[:, 0].min() < frame[2])


@given(
    wide=st.floats(0.001, 400), tall=st.floats(0.001, 400), east=st.floats(0, 700_000), north=st.floats(0, 1_300_000)
)
@settings(max_examples=15, deadline=None)
def test_the_whole_area_fills_the_frame_at_one_scale(wide, tall, east, north):
    outline = box(east, north, east + 1000 * wide, north + 1000 * tall)
    content = fixtures.content(outline=outline, hotspots=fixtures.without(fixtures.hotspots()))
    ground = ground_of.fit_ground(content, FRAME)
    corners = ground.points(shapely.get_coordinates(outline))
    (left, top), (right, bottom) = corners.min(axis=0), corners.max(axis=0)
    assert ground.holds(corners).all()
    assert (right - left) == pytest.approx(1000 * wide * ground.scale, rel=1e-4, abs=1e-3)
    assert (bottom - top) == pytest.approx(1000 * tall * ground.scale, rel=1e-4, abs=1e-3)
    shares = (right - left) / (FRAME[2] - FRAME[0]), (bottom - top) / (FRAME[3] - FRAME[1])
    assert max(shares) == pytest.approx(0.93, abs=0.001)
    assert (left + right) / 2 == pytest.approx((FRAME[0] + FRAME[2]) / 2, abs=0.01)
    assert (top + bottom) / 2 == pytest.approx((FRAME[1] + FRAME[3]) / 2, abs=0.01)
    (up,) = ground.points(np.array([[east, north + 1000 * tall]]))
    assert up[1] == pytest.approx(top, abs=0.01)  # north is up
    assert up[0] == pytest.approx(left, abs=0.01)


def test_a_hotspot_beyond_the_line_is_shown_whole():
    far = fixtures.hotspots().set_geometry(
        gpd.GeoSeries([Point(547_000, 176_000).buffer(90)] * 3, crs=fixtures.CRS).values
    )
    made = month_map(fixtures.content(hotspots=far))
    assert all(within(path, frame_of(made)) for path in paths(made, "hotspot"))


def test_what_is_outside_a_frame_is_not_held():
    ground = ground_of.fit_ground(fixtures.content(), FRAME)
    left, top, right, bottom = FRAME
    edge = np.array(
        [[left, top], [right, bottom], [left - 1, top], [right + 1, top], [left, top - 1], [left, bottom + 1]]
    )
    assert list(ground.holds(edge)) == [True, True, False, False, False, False]


@given(scale=st.floats(1e-4, 10))
@settings(max_examples=60, deadline=None)
def test_the_scale_bar_is_the_longest_round_length_that_has_room(scale):
    metres = ground_of.bar_length(scale)
    digits = f"{metres:.0e}"
    assert digits[0] in "125"
    assert float(digits) == pytest.approx(metres)
    assert metres * scale <= 120.0 * (1 + 1e-9)
    assert metres * scale * (2.5 if digits[0] == "2" else 2) > 120.0


@pytest.mark.parametrize(("factor", "words"), [(1.0, "500 m"), (2.0, "1 km"), (60.0, "20 km"), (0.02, "10 m")])
def test_the_scale_bar_is_as_long_as_it_says(factor, words):
    made = month_map(stretched(fixtures.content(), factor, factor))
    assert words in said(made)
    assert "Grid north · British National Grid" in said(made)
    frame = frame_of(made)
    halves: list[Any] = [
        part for part in made.figure.get_children() if hasattr(part, "get_height") and part.get_height() == 4.0
    ]
    value, unit = words.split()
    metres = float(value) * {"m": 1, "km": 1000}[unit]
    tall = fixtures.ROWS * fixtures.SIDE * factor
    (outline,) = paths(made, "outline")
    drawn = np.ptp(outline.vertices[:, 1])
    assert sum(half.get_width() for half in halves) == pytest.approx(metres * drawn / tall, rel=0.002)
    assert all(half.get_y() > frame[3] for half in halves)


# ------------------------------------------------------------------------------- seats


def mark(x: float, y: float, half: float, *, on_point: bool = False) -> Mark:
    points = np.array([[x, y]]) if on_point else shapely.get_coordinates(box(x - half, y - half, x + half, y + half))
    return Mark(points, (RADIUS, 12.0, 11.0, RADIUS), on_point)


PLACES = st.tuples(st.floats(FRAME[0], FRAME[2]), st.floats(FRAME[1], FRAME[3]), st.floats(0.5, 40), st.booleans())


@given(places=st.lists(PLACES, max_size=16), same=st.booleans())
@settings(max_examples=25, deadline=None)
def test_every_mark_has_a_seat_of_its_own_inside_the_frame(places, same):
    at = [places[0] if same else place for place in places]
    marks = [mark(x, y, place[2], on_point=place[3]) for (x, y, _, _), place in zip(at, places, strict=True)]
    given_seats = seats(marks, FRAME)
    assert given_seats == seats(marks, FRAME)
    boxes = []
    for wanted, seat in zip(marks, given_seats, strict=True):
        assert seat is not None
        left, top, right, bottom = wanted.at(seat.x, seat.y)
        assert left >= FRAME[0] + 2
        assert top >= FRAME[1] + 2
        assert right <= FRAME[2] - 2
        assert bottom <= FRAME[3] - 2
        boxes.append((left, top, right, bottom))
    for a, b in itertools.combinations(boxes, 2):
        assert a[2] + 1.5 <= b[0] or b[2] + 1.5 <= a[0] or a[3] + 1.5 <= b[1] or b[3] + 1.5 <= a[1]


def test_a_disc_alone_sits_to_the_upper_right_without_a_line():
    (seat,) = seats([mark(200, 200, 10)], FRAME)
    assert seat is not None
    assert not seat.led
    assert seat.x - 200 == pytest.approx(200 - seat.y)
    far = math.hypot(seat.x - 200, seat.y - 200)
    assert far == pytest.approx(10 * math.sqrt(2) + RADIUS + 3.0)


def test_an_event_sits_on_its_point_unless_it_would_hide_a_small_hotspot():
    event = mark(200, 200, 0, on_point=True)
    for half, on_it in ((5, False), (8.6, True), (40, True)):
        seat, _ = seats([event, mark(200, 200, half)], FRAME)
        assert seat is not None
        assert ((seat.x, seat.y) == (200, 200)) == on_it
        assert seat.led == (not on_it)


def test_a_disc_keeps_away_from_other_hotspots_where_it_can():
    wanted, other = mark(200, 200, 8), mark(218, 182, 8)
    first, _ = seats([wanted, other], FRAME)
    assert first is not None
    left, top, right, bottom = wanted.at(first.x, first.y)
    assert right <= 210 or bottom <= 174 or left >= 226 or top >= 190


def test_what_no_longer_has_room_gets_no_seat():
    small = (0.0, 0.0, 60.0, 30.0)
    given_seats = seats([mark(30, 15, 2)] * 5, small)
    assert given_seats[0] is not None
    assert given_seats[-1] is None


def test_a_crowd_is_led_to_the_nearest_free_seat():
    given_seats = seats([mark(250, 250, 1)] * 120, FRAME)
    assert None not in given_seats
    assert given_seats[-1] is not None
    assert given_seats[-1].led


def test_a_name_stands_where_its_ground_has_most_room():
    room = box(0, 0, 20, 20).union(box(0, 20, 100, 80))
    seat = label_seat(room, 30, 10)
    assert seat is not None
    assert room.contains(box(seat[0] - 15, seat[1] - 5, seat[0] + 15, seat[1] + 5))
    assert seat == pytest.approx((50, 50), abs=8)
    assert label_seat(room, 101, 10) is None
    assert label_seat(Polygon(), 1, 1) is None


def test_names_of_neighbours_stand_on_their_own_ground_and_on_nothing_else():
    content = stretched(fixtures.content(), 0.8, 1.0)
    wide = dataclasses.replace(content, outline=content.outline, neighbours=fixtures.neighbours())
    made = month_map(stretched(dataclasses.replace(wide, events=fixtures.without(fixtures.events())), 1.0, 0.4))
    frame = frame_of(made)
    labels = [(text, span) for text, span in spans(made) if text.get_color() == paper.LABEL]
    assert {text.get_text() for text, _ in labels} <= {"Nextham", "Northam"}
    assert labels
    (outline,) = paths(made, "outline")
    ground = Polygon(outline.vertices)
    signs = [Polygon(path.vertices) for name in ("disc", "badge", "hotspot") for path in paths(made, name)]
    for _, (left, low, right, high) in labels:
        name = box(left, paper.TALL - high, right, paper.TALL - low)
        assert not name.intersects(ground)
        assert not any(name.intersects(sign) for sign in signs)
        assert box(*frame).contains(name)


# ------------------------------------------------------------------------------- signs of the ground


def test_every_location_in_the_frame_is_a_disc_whose_area_follows_its_count():
    content = fixtures.content()
    made = drawing()
    frame = frame_of(made)
    ground = ground_of.fit_ground(content, frame)
    at = ground.points(shapely.get_coordinates(content.locations.geometry.to_numpy()))
    n = content.locations["n"].to_numpy()
    seen = ground.holds(at) & (n > 0)
    parts = [
        part
        for part in collections(made)
        if part.get_offset_transform() != part.get_transform() and part.get_gid() is None and on_map_discs(part, frame)
    ]
    assert sum(len(part.get_offsets()) for part in parts) == seen.sum()
    radii = [np.ptp(part.get_paths()[0].vertices[:, 0]) / 2 * 72 for part in parts]
    counts = np.unique(n[seen])[::-1]
    assert radii == pytest.approx(list(ground_of.radius_of(counts, ground.scale)))
    for part, count in zip(parts, counts, strict=True):
        assert {tuple(point) for point in part.get_offsets()} == {
            tuple(point) for point in at[seen & (n == count)].round(2)
        }


def on_map_discs(part: Any, frame: tuple[float, float, float, float]) -> bool:
    offsets = np.asarray(part.get_offsets())
    return bool(len(offsets) and offsets.any() and offsets[:, 0].max() <= frame[2])


@given(n=st.integers(1, 10_000), scale=st.floats(0.001, 5))
def test_the_area_of_a_disc_follows_the_count_between_the_least_and_the_most(n, scale):
    one, four = ground_of.radius_of([n, 4 * n], scale)
    assert 0.6 <= one <= four <= 11.0
    if one > 0.6 and four < 11.0:
        assert four == pytest.approx(2 * one)
    larger = ground_of.radius_of(n, 8 * scale)
    if one > 0.6 and larger < 11.0:
        assert larger == pytest.approx(2 * one)


def test_the_more_discs_the_fainter():
    assert [ground_of.location_fill(seen)[-2:] for seen in (1, 2000, 10**6)] == ["61", "61", "21"]
    assert ground_of.location_fill(5000) == f"{paper.LOCATION}{round(255 * 17 / 5000**0.5):02x}"


@pytest.mark.parametrize(
    ("most", "sizes"), [(0, (1,)), (1, (1,)), (3, (1, 2)), (12, (1, 2, 10)), (99, (1, 10, 50)), (100, (1, 20, 100))]
)
def test_the_legend_shows_round_counts_that_occur(most, sizes):
    assert ground_of.example_sizes(fixtures.locations().assign(n=most)) == sizes


def test_thousands_of_discs_or_areas_are_an_image_in_the_svg(monkeypatch):
    def images(made: Drawing) -> set[str]:
        return {part.get_gid() or "discs" for part in collections(made) if part.get_rasterized()}

    assert images(drawing()) == set()
    monkeypatch.setattr(ground_of, "_IMAGE_FROM", 10)
    made = month_map(fixtures.content())
    assert images(made) == {"discs"}
    assert svg_bytes(made).count(b"<image") == 1
    monkeypatch.setattr(ground_of, "_MANY", len(fixtures.areas()))
    assert images(month_map(fixtures.content())) >= {"discs", "class-1", "class-5", "ring-class-2", "no-data"}


def test_the_line_around_small_areas_is_thin():
    thick = [part.get_linewidth()[0] for part in collections(drawing(), "class-1")]
    assert thick == [0.4]
    small = month_map(fixtures.content(areas=fixtures.areas().assign(area_km2=1e-4)))
    (line,) = collections(small, "class-1")
    ground = ground_of.fit_ground(fixtures.content(), frame_of(small))
    assert line.get_linewidth()[0] == pytest.approx(0.03 * 10 * ground.scale)


@given(
    left=st.floats(0, 500), top=st.floats(0, 500), wide=st.floats(5, 100), tall=st.floats(5, 100), turn=st.floats(0, 90)
)
@settings(max_examples=40, deadline=None)
def test_hatching_covers_a_shape_and_nothing_else(left, top, wide, tall, turn):
    shape = shapely.affinity.rotate(box(left, top, left + wide, top + tall), turn)
    path: Any
    (path,) = ground_of.hatch(shape)
    assert shape.buffer(0.2).contains(shapely.MultiPoint(path.vertices))
    lines = path.vertices[path.codes == path.MOVETO]
    # Slanted lines x + y = const at equal steps, anchored to the paper.
    sums = lines.sum(axis=1) / 4.2
    assert np.abs(sums - sums.round()).max() < 0.1
    corners = shapely.get_coordinates(shape).sum(axis=1) / 4.2
    low, high = corners.min(), corners.max()
    assert len(set(sums.round())) >= math.floor(high) - math.ceil(low) - 1


def test_holes_stay_open():
    ring: Any = box(0, 0, 30, 30).difference(box(10, 10, 20, 20))
    path: Any
    for shape in (ring, MultiPolygon([ring, box(40, 0, 50, 10)]), ring.reverse()):
        path = paper.path_of(shape)
        pieces: list[Any] = path.to_polygons()
        turns = [shapely.LinearRing(piece).is_ccw for piece in pieces]
        assert turns.count(False) == 1 or turns.count(True) == 1
        assert len(turns) == (2 if shape.geom_type == "Polygon" else 3)
        assert path.codes[-1] == path.CLOSEPOLY


def test_a_fine_sign_keeps_a_hundredth_of_a_point_and_the_ground_a_tenth():
    shape = box(0.123, 0.456, 10.128, 10)
    assert np.max(paper.path_of(shape).vertices) == 10.1
    assert np.max(paper.path_of(shape, fine=True).vertices) == 10.13


# ------------------------------------------------------------------------------- words


def test_the_table_holds_every_hotspot_by_rank_with_its_signs():
    words = said(drawing())
    at = [words.index(name) for name in ("Station Road", "Broadway", "Pier Road")]
    assert at == sorted(at)
    assert words[at[0] - 1 : at[0] + 6] == ["1", "Station Road", "14", "5–11", "N▲", words[at[0] + 4], "above"]
    assert words[at[1] : at[1] + 4] == ["Broadway", "3", "1–6", "="]
    assert words[at[2] : at[2] + 3] == ["Pier Road", "1", "–"]
    assert "not tested" in words
    for words_of in ("Dec", "usual", "3 hotspots hold 24\u202f% of the violence.", "One is above what is usual there."):
        assert words_of in words


def test_the_words_of_the_page_are_on_the_paper():
    words = said(drawing())
    content = fixtures.content()
    assert words.count("OFFICIAL") == 2
    for line in (content.words.title, content.words.subtitle, *content.words.notices, *content.words.sources):
        assert line in words


def test_without_a_marking_or_notices_nothing_stands_there():
    content = fixtures.content(words=dataclasses.replace(fixtures.words(), marking="", notices=()))
    made = month_map(content)
    assert "OFFICIAL" not in said(made)
    assert not any(is_filled(part, paper.NOTICE) for part in made.figure.get_children())


@pytest.mark.parametrize("count", [14, 20])
def test_rows_that_have_no_room_are_counted(count):
    words = said(month_map(fixtures.content(hotspots=many(count), counts=None)))
    left = [re.fullmatch(r"(\d+) more, by rank in hotspots.csv and on map.html", line) for line in words]
    missing = sum(int(found[1]) for found in left if found)
    rows = sum(line.startswith("A street with") for line in words)
    assert rows + missing == count
    assert rows >= min(count, 20)


def test_a_long_name_goes_on_in_a_second_line_where_there_is_room():
    words = said(month_map(fixtures.content(hotspots=many(3), counts=None)))
    assert [line for line in words if "…" in line] == []
    assert sum("Another long street" in line for line in words) >= 3


def test_more_notices_than_fit_are_counted():
    words = dataclasses.replace(fixtures.words(), notices=tuple(f"Notice {i}" for i in range(8)))
    found = said(month_map(fixtures.content(words=words)))
    assert [line for line in found if line.startswith("Notice")] == [f"Notice {i}" for i in range(4)]
    assert "4 more notices stand on the page, map.html" in found
    words = dataclasses.replace(words, notices=words.notices[:5])
    assert [line for line in said(month_map(fixtures.content(words=words))) if "otice" in line] == list(words.notices)


def test_no_hotspots_are_said_to_be_none():
    made = drawing("no hotspots")
    assert "No place stands out." in said(made)
    assert "No place stands out." in made.alt
    assert collections(made, "disc") == []


def test_the_legend_names_only_what_is_on_the_map():
    plain = " ".join(said(drawing()))
    assert "hotspot of a neighbour" in plain
    assert "faded: outside the line" in plain
    content = fixtures.content(
        beside=None, events=fixtures.without(fixtures.events()), locations=fixtures.without(fixtures.locations())
    )
    own = content.areas[content.areas["zone"] == "area"]
    bare = " ".join(said(month_map(dataclasses.replace(content, areas=own))))
    for words in ("hotspot of a neighbour", "faded", "event", "incident locations"):
        assert words not in bare


def test_any_text_is_drawn_as_text():
    content = fixtures.content(
        words=dataclasses.replace(fixtures.words(), title="$\\frac{1}{2$ {0} <b>&", headline=("$x^2$ \\alpha",))
    )
    made = month_map(content)
    assert "$\\frac{1}{2$ {0} <b>&" in said(made)
    assert "$x^2$ \\alpha" in said(made)
    assert not any(text.get_parse_math() for text in texts(made))
    root = ET.fromstring(svg_bytes(made))  # noqa: S314 - our own bytes
    title = root.find("{http://www.w3.org/2000/svg}title")
    assert title is not None
    assert title.text == "$\\frac{1}{2$ {0} <b>&"
    assert png_bytes(made, 50)


def test_the_text_alternative_says_the_numbers():
    alt = drawing().alt
    assert alt.startswith("OFFICIAL. Violence hotspots · Gridham · December 2021. 412 incidents")
    for item in legends(fixtures.content())[0].classes:
        assert f"{item.words}: {item.areas}" in alt
    assert "no data: 1." in alt
    assert "Hotspots by rank: 1 Station Road, 14 in Dec, usual 5–11, above usual; 2 Broadway" in alt
    assert "3 Pier Road, 1 in Dec." in alt
    assert "Events: Football, home match, Sat 18 Dec 2021, 15:00–17:00; Night market" in alt
    assert alt.endswith("Contains public sector information, OGL3.")
    assert "20 A street" in drawing("100 hotspots").alt.replace(" with quite a long name", "")
    assert "; and 80 more." in drawing("100 hotspots").alt


# ------------------------------------------------------------------------------- bytes


def test_the_same_month_gives_the_same_bytes():
    # In another process too: the pack's own test says so of all its files.
    made = month_map(fixtures.content())
    assert png_bytes(made, 50) == png_bytes(made, 50) == png_bytes(drawing(), 50)
    assert svg_bytes(made) == svg_bytes(drawing())


def test_the_png_is_a4_at_200_dots_and_the_svg_asks_for_nothing():
    data = png_bytes(drawing())
    assert struct.unpack(">II", data[16:24]) == (2338, 1652)
    assert len(data) < 1_500_000
    svg = svg_bytes(drawing())
    assert len(svg) < 2_000_000
    text = svg.decode()
    assert 'role="img"' in text
    assert f"<title>{drawing().title}</title>" in text
    assert f"<desc>{drawing().alt}" in text
    assert not re.search(r'(?:href|src)="(?!#|data:)', text)
    assert not re.search(r"url\((?!#)", text)


def test_nothing_lent_is_changed():
    content = fixtures.content()
    frames = ("areas", "neighbours", "hotspots", "locations", "events", "beside")
    before = {name: getattr(content, name).copy(deep=True) for name in frames}
    month_map(content)
    for name, frame in before.items():
        pd.testing.assert_frame_equal(getattr(content, name), frame)


def test_a_picture_that_cannot_be_drawn_says_so_and_warns():
    def broken() -> Drawing:
        raise ZeroDivisionError("by nothing")

    with pytest.warns(
        RuntimeWarning, match=r"map.png and map.svg could not be drawn \(ZeroDivisionError\).* by nothing"
    ):
        made = figures._files("map", broken, "OFFICIAL")
    assert set(made) == {"map.png", "map.svg"}
    assert made["map.png"].startswith(b"\x89PNG")
    assert "could not be drawn (ZeroDivisionError); the rest of the pack is whole." in made["map.svg"].decode()
    assert "OFFICIAL" in made["map.svg"].decode()
    assert "by nothing" not in made["map.svg"].decode()
    assert "The map is gone." in said(not_drawn("The map is gone.", ""))
