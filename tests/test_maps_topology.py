"""Borders stored once: put together again, every area is what ``encode_shape`` makes of it, however the layer lies."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import LineString, MultiPolygon, Point, Polygon, box

from hotspots.errors import TableError
from hotspots.maps import offline
from hotspots.maps.encode import PER_DEGREE, encode_shape, origin_of
from hotspots.maps.topology import simplified, topology
from tests.columns_fixtures import read_arcs, read_column, read_topology

STEP = 1 / PER_DEGREE
ORIGIN = (-20, -10)


def turned(ring):
    """Return a ring from its least point on; of equal beginnings the least ring."""
    points = [tuple(int(value) for value in point) for point in ring]
    least = min(points)
    return min(points[at:] + points[:at] for at, point in enumerate(points) if point == least)


def plain(shapes, origin):
    """Return what ``encode_shape`` makes of the shapes, as polygons → rings → points from the origin."""
    coded = [[] if shape is None or shape.is_empty else encode_shape(shape, origin) for shape in shapes]
    return [
        [[turned(np.cumsum(np.array(ring).reshape(-1, 2), axis=0)) for ring in polygon] for polygon in shape]
        for shape in coded
    ]


def edges(rings):
    """Return the steps of all rings, whichever way they are gone."""
    found = set()
    for ring in rings:
        found |= {tuple(sorted(pair)) for pair in zip(ring, [*ring[1:], ring[0]], strict=True)}
    return found


def check(shapes, origin=ORIGIN):
    """Compare with ``encode_shape``; return the arcs."""
    coded = topology(shapes, origin)
    back = [[[turned(ring) for ring in polygon] for polygon in shape] for shape in read_topology(coded)]
    assert back == plain(shapes, origin)
    return read_arcs(coded)


def stored_once(shapes, origin=ORIGIN):
    """Compare with ``encode_shape``, and count that no step of a border is stored twice."""
    arcs = check(shapes, origin)
    rings = [ring for shape in plain(shapes, origin) for polygon in shape for ring in polygon]
    assert sum(len(arc) - 1 for arc in arcs) == len(edges(rings))
    return arcs


def cells(labels, size=3):
    """Return the union of the unit squares of each label, of so many steps: holes, islands and touching corners."""
    found: dict[int, list[Polygon]] = {}
    for (row, column), label in np.ndenumerate(labels):
        found.setdefault(int(label), []).append(box(column, row, column + 1, row + 1))
    found.pop(0, None)
    return [shapely.transform(shapely.union_all(some), lambda at: at * size * STEP) for some in found.values()]


grids = st.integers(1, 6).flatmap(
    lambda width: st.lists(st.lists(st.integers(0, 4), min_size=width, max_size=width), min_size=1, max_size=6)
)


@given(grids)
def test_a_matched_coverage_is_stored_once(grid):
    shapes = cells(np.array(grid))
    matched = list(shapely.segmentize(np.array(shapes, dtype=object), STEP * 1.5))
    stored_once(matched)


@given(grids, grids)
def test_borders_that_do_not_match_and_overlaps_come_out_right(grid, over):
    # A union leaves no point where a neighbour's corner meets a straight border; the second layer lies across the first.
    shapes = cells(np.array(grid))
    stored_once(shapes)
    stored_once(shapes + cells(np.array(over), 2))


points = st.tuples(st.floats(-4, 6), st.floats(-4, 6))
rings = st.lists(points, min_size=3, max_size=7)


@st.composite
def anything(draw):
    """Return areas that need be neither valid nor larger than a step, some of several parts, some with holes."""
    shapes: list[Any] = []
    for _ in range(draw(st.integers(0, 4))):
        parts = [
            Polygon(np.array(draw(rings)) * STEP, [np.array(hole) * STEP for hole in draw(st.lists(rings, max_size=2))])
            for _ in range(draw(st.integers(1, 2)))
        ]
        shapes.append(MultiPolygon(parts) if len(parts) > 1 else parts[0])
    shapes += draw(st.lists(st.sampled_from([None, Polygon(), MultiPolygon(), *shapes]), max_size=2))
    return shapes


@given(anything())
def test_any_shapes_come_out_as_encode_shape_has_them(shapes):
    check(shapes)


def squares(*at):
    return [box(x * STEP, y * STEP, (x + 10) * STEP, (y + 10) * STEP) for x, y in at]


def test_two_neighbours_share_one_arc_of_three():
    arcs = stored_once(squares((0, 0), (10, 0)), (0, 0))
    assert [len(arc) for arc in arcs] == [2, 4, 4]
    assert sorted(arcs[0]) == [(10, 0), (10, 10)]


def test_arcs_are_numbered_as_they_are_met_and_the_shared_one_runs_back():
    shapes = topology(squares((0, 0), (10, 0)), (0, 0))["shapes"]
    two_of_one = {"n": 2, "from": 1, "steps": 0, "bytes": 0, "b64": ""}
    assert shapes["polygons"] == two_of_one
    assert shapes["rings"] == two_of_one
    assert shapes["arcs"] == two_of_one | {"from": 2}
    # Two new ones; the first of them, one before the last met, backwards: 2 · 1 + 1, and 1; a new one.
    assert read_column(shapes["at"]) == [0, 0, 4, 0]


@pytest.mark.parametrize("copies", [2, 3])
def test_the_same_area_twice_is_stored_once(copies):
    [arc] = stored_once(squares((5, 5)) * copies)
    assert arc[0] == arc[-1]
    assert len(arc) == 5


def test_an_area_in_the_hole_of_another_shares_its_whole_border():
    outer = Polygon(box(0, 0, 30 * STEP, 30 * STEP).exterior.coords, [squares((10, 10))[0].exterior.coords])
    arcs = stored_once([outer, *squares((10, 10))])
    assert [len(arc) for arc in arcs] == [5, 5]


def test_areas_that_touch_at_a_point_share_nothing():
    arcs = stored_once(squares((0, 0), (10, 10)))
    assert [len(arc) for arc in arcs] == [5, 5]


def test_an_arc_of_three_areas_is_stored_once():
    left, right = squares((0, 0), (10, 0))
    over = box(10 * STEP, 0, 15 * STEP, 10 * STEP)
    arcs = stored_once([left, right, over])
    assert sum(sorted(arc) == [(30, 10), (30, 20)] for arc in arcs) == 1


def test_a_border_without_the_neighbours_corner_is_not_shared():
    tall = box(0, 0, 10 * STEP, 20 * STEP)
    arcs = stored_once([tall, *squares((10, 0), (10, 10))])
    assert sum(len(arc) - 1 for arc in arcs) == 4 + 7


def test_areas_smaller_than_a_step_keep_a_point():
    tiny = box(0.1, 51.4, 0.1 + 1e-9, 51.4 + 1e-9)
    coded = topology([tiny, tiny, box(0.1, 51.4, 0.1 + 1e-9, 51.4 + STEP)], (10_000, 5_140_000))
    assert read_topology(coded) == [[[[(0, 0)]]], [[[(0, 0)]]], [[[(0, 0), (0, 1)]]]]


def test_nothing_is_a_topology_too():
    assert read_topology(topology([], ORIGIN)) == []
    assert read_topology(topology([None, Polygon()], ORIGIN)) == [[], []]


def test_a_column_of_a_frame_is_taken_and_not_changed():
    frame = gpd.GeoSeries(squares((0, 0), (10, 0)), crs=4326)
    before = frame.copy()
    assert topology(frame, ORIGIN) == topology(list(before), ORIGIN)
    assert frame.equals(before)


@pytest.mark.parametrize(
    "strange", [Point(0, 0), LineString([(0, 0), (1, 1)]), shapely.GeometryCollection([box(0, 0, 1, 1)])]
)
def test_what_is_no_area_is_refused(strange):
    with pytest.raises(TableError, match=f"Shape 1 of the page is a {strange.geom_type}; only areas can be drawn"):
        topology([box(0, 0, 1, 1), strange], ORIGIN)


def wavy(side=400.0, number=4):
    """Return squares in metres whose borders, drawn with a point every 10 m, swing by 15 m; matched."""
    made = [box(x * side, y * side, (x + 1) * side, (y + 1) * side) for x in range(number) for y in range(number)]
    fine = shapely.segmentize(np.array(made), 10)
    return shapely.transform(fine, lambda at: at + 15 * np.sin(at[:, ::-1] / 60) + [530_000, 180_000])


def test_simplified_borders_stay_shared_and_nothing_vanishes():
    shapes = wavy()
    assert shapely.coverage_is_valid(shapes)
    for tolerance in (5, 30, 10_000):
        fewer = simplified(shapes, tolerance)
        assert shapely.coverage_is_valid(fewer)
        assert shapely.is_valid(fewer).all()
        assert shapely.get_num_coordinates(fewer).min() >= 4
        assert shapely.area(fewer).min() > 0
        degrees = gpd.GeoSeries(fewer, crs=27700).to_crs(4326)
        stored_once(list(degrees), origin_of(degrees.total_bounds))
    assert shapely.get_num_coordinates(simplified(shapes, 5)).sum() < shapely.get_num_coordinates(shapes).sum() / 2
    assert shapely.hausdorff_distance(shapes, simplified(shapes, 5)).max() < 15


def test_simplifying_keeps_holes_islands_missing_shapes_and_what_it_was_lent():
    outer = Polygon(box(0, 0, 300, 300).exterior.coords, [box(100, 100, 101, 101).exterior.coords])
    shapes = np.array([outer, None, box(100, 100, 101, 101), Polygon(), MultiPolygon([box(400, 0, 401, 1)])], object)
    before = shapes.copy()
    fewer = simplified(shapes, 1000)
    assert all(one is other for one, other in zip(shapes, before, strict=True))
    assert fewer[1] is None
    assert fewer[3].is_empty
    assert len(fewer[0].interiors) == 1
    assert shapely.area(fewer[[0, 2, 4]]).min() > 0
    assert simplified(shapes[[1, 3]], 1)[0] is None


@pytest.fixture(scope="module")
def scripted(browser):
    """A blank page with Leaflet and the decoder in it."""
    context = browser.new_context()
    context.set_offline(True)
    page = context.new_page()
    page.add_script_tag(content=offline.leaflet()[0])
    page.add_script_tag(content=offline.inline_script(offline.asset("decode.js")))
    yield page
    context.close()


READ = """([t, origin]) => {
    const read = hotspotsDecode.topology(t, origin);
    const all = Array.from({ length: read.n }, (_, i) => i);
    return {
        rings: all.map((i) => read.rings(i).map((p) => p.map((flat) => Array.from(flat)))),
        latlngs: all.map((i) => read.latlngs(i).map((p) => p.map((ring) => ring.map((at) => [at.lat, at.lng])))),
        bounds: all.map((i) => read.bounds(i)),
        arcs: Array.from({ length: read.arcs }, (_, k) => Array.from(read.arc(k))),
        of: all.map((i) => Array.from(read.arcsOf(i))),
    };
}"""


def layers():
    random = np.random.default_rng(3)
    for number in range(12):
        shapes = cells(random.integers(0, 5, (6, 6)))
        yield list(shapely.segmentize(np.array(shapes, dtype=object), STEP * 1.5)) if number % 2 else [*shapes, None]
    yield []
    yield list(squares((0, 0), (10, 0)))


def pairs(flat):
    return list(zip(flat[::2], flat[1::2], strict=True))


@pytest.mark.browser
def test_the_browser_reads_what_python_reads(scripted):
    origin = (-20, 5_140_000)
    for shapes in layers():
        moved = [shape and shapely.transform(shape, lambda at: at + np.array([0, 51.4])) for shape in shapes]
        coded = topology(moved, origin)
        expected = [
            [[[((x + origin[0]) / PER_DEGREE, (y + origin[1]) / PER_DEGREE) for x, y in ring] for ring in polygon]
             for polygon in shape]
            for shape in read_topology(coded)
        ]  # fmt: skip
        read = scripted.evaluate(READ, [coded, list(origin)])
        assert [[[pairs(r) for r in p] for p in s] for s in read["rings"]] == expected
        assert [[[[(lon, lat) for lat, lon in r] for r in p] for p in s] for s in read["latlngs"]] == expected
        corners = [[point for polygon in shape for ring in polygon for point in ring] for shape in expected]
        assert read["bounds"] == [[*np.min(c, axis=0), *np.max(c, axis=0)] if c else None for c in corners]
        for number, points in enumerate(corners):
            along = {at for k in read["of"][number] for at in pairs(read["arcs"][k])}
            assert along == set(points)
        assert sorted({k for some in read["of"] for k in some}) == list(range(len(read["arcs"])))


@pytest.mark.real
def test_london_is_stored_once(real):
    frame = gpd.read_file(real / "boundaries/lsoa2011/london-2011-lsoa-gen20.zip").to_crs(4326)
    shapes = list(frame.geometry)
    stored_once(shapes, origin_of(frame.total_bounds))
