"""Walks along streets: against a plain search with the points put into the streets, and the laws of distances."""

from __future__ import annotations

import heapq
import math
from functools import partial
from itertools import pairwise
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from hotspots.errors import InputError
from hotspots.outreach import network
from hotspots.outreach.network import LEAST_M, MEET_M, SNAP_M, StreetNetwork
from tests.reach_fixtures import EAST, NORTH, points

CORNER = st.tuples(st.integers(0, 4), st.integers(0, 4)).map(lambda at: (120.0 * at[0], 120.0 * at[1]))
LINES = st.lists(
    st.lists(CORNER, min_size=2, max_size=4).filter(lambda line: len(set(line)) > 1), min_size=1, max_size=8
)
PLACE = st.one_of(st.tuples(st.floats(-130, 600), st.floats(-130, 600)), CORNER)
PLACES = st.lists(PLACE, max_size=6)


def lines_of(lines, crs=27700):
    return gpd.GeoSeries([shapely.LineString(np.array(line) + np.array([EAST, NORTH])) for line in lines], crs=crs)


def streets(*lines):
    return StreetNetwork.of(lines_of(lines))


def at(*places):
    return points(places, "P", "place")


def walks(net, origins, targets, limit=1e6):
    """Distances as rows of numbers, inf where there is no walk."""
    found = net.distances(at(*origins), at(*targets), limit)
    assert isinstance(found, sparse.csr_array)
    assert found.shape == (len(origins), len(targets))
    assert found.has_canonical_format
    assert (found.data > 0).all()
    dense = np.full(found.shape, np.inf)
    place = found.tocoo()
    dense[place.row, place.col] = place.data
    return dense


def foot_on(place, start, end):
    """The nearest place on a piece of street, and how far it is."""
    wide, high = end[0] - start[0], end[1] - start[1]
    part = ((place[0] - start[0]) * wide + (place[1] - start[1]) * high) / (wide**2 + high**2)
    part = min(max(part, 0.0), 1.0)
    foot = (start[0] + part * wide, start[1] + part * high)
    return math.dist(place, foot), foot


def pieces_of(lines):
    return sorted({(min(pair), max(pair)) for line in lines for pair in pairwise(line) if len(set(pair)) > 1})


def joins_of(pieces, places):
    """How far each place is from the nearest piece, its foot there, and the piece; none: too far."""
    nearest = [min((*foot_on(place, *piece), piece) for piece in pieces) for place in places]
    return [join if join[0] <= 100 else None for join in nearest]


def named(foot, piece):
    return (foot, () if foot in piece else piece)


def cut_roads(pieces, joins):
    """Each corner and foot with its neighbours along the pieces, and how far they are.

    A foot is named with its piece: on another that crosses it there it is not.
    """
    roads: dict[Any, list[Any]] = {}
    for piece in pieces:
        cuts = {*piece, *(join[1] for join in joins if join and join[2] == piece)}
        for pair in pairwise(sorted(cuts, key=partial(math.dist, piece[0]))):
            one, other = (named(corner, piece) for corner in pair)
            roads.setdefault(one, []).append((other, math.dist(*pair)))
            roads.setdefault(other, []).append((one, math.dist(*pair)))
    return roads


def searched(roads, start):
    """How far every corner is from one, with nothing but a heap (Dijkstra)."""
    done: dict[Any, float] = {}
    heap = [(0.0, start)]
    while heap:
        far, corner = heapq.heappop(heap)
        if corner not in done:
            done[corner] = far
            for other, length in roads.get(corner, []):
                heapq.heappush(heap, (far + length, other))
    return done


def by_hand(lines, origins, targets):
    """Cut the streets where points join them, and search from each."""
    pieces = pieces_of(lines)
    joins = joins_of(pieces, [*origins, *targets])
    roads = cut_roads(pieces, joins)
    result = np.full((len(origins), len(targets)), np.inf)
    for row, origin in enumerate(joins[: len(origins)]):
        done = searched(roads, named(*origin[1:])) if origin else {}
        for column, target in enumerate(joins[len(origins) :]):
            if origin and target and named(*target[1:]) in done:
                result[row, column] = origin[0] + done[named(*target[1:])] + target[0]
    return result


def ties(lines, places):
    """Whether a place is as near to one street as to another, but for a corner of both: then either is right."""
    for place in places:
        feet = sorted((*foot_on(place, *piece), piece) for piece in pieces_of(lines))
        near = [(foot, piece) for far, foot, piece in feet if far - feet[0][0] < 1e-6]
        if len(near) > 1 and any(min(math.dist(near[0][0], end) for end in piece) > 1e-6 for _, piece in near):
            return True
    return False


# ------------------------------------------------------------------------------------------------ walks


@settings(max_examples=80)
@given(LINES, PLACES, PLACES)
def test_walks_are_those_of_a_search_by_hand(lines, origins, targets):
    found = walks(streets(*lines), origins, targets)
    straight = np.array([[math.dist(one, other) for other in targets] for one in origins]).reshape(found.shape)
    assert (found >= straight - 1e-6).all()
    if not ties(lines, [*origins, *targets]):
        expected = by_hand(lines, origins, targets)
        assert (np.isinf(found) == np.isinf(expected)).all()
        np.testing.assert_allclose(found[np.isfinite(found)], expected[np.isfinite(expected)], atol=1e-5)
    back = walks(streets(*lines), targets, origins)
    assert (np.isinf(back.T) == np.isinf(found)).all()
    np.testing.assert_allclose(back.T[np.isfinite(found)], found[np.isfinite(found)], atol=1e-5)


@settings(max_examples=20)
@given(LINES, PLACES, PLACES, st.sampled_from([0.0, 120.0, 240.0, 300.0]))
def test_a_limit_leaves_out_what_is_farther_and_changes_nothing_else(lines, origins, targets, limit):
    net = streets(*lines)
    everything, near = walks(net, origins, targets), walks(net, origins, targets, limit)
    # A way of just the limit may be a rounding longer.
    sure = np.abs(everything - limit) > 1e-5
    np.testing.assert_array_equal(np.isfinite(near)[sure], (everything <= limit)[sure])
    both = np.isfinite(near)
    np.testing.assert_allclose(near[both], everything[both], atol=1e-9)


@settings(max_examples=20)
@given(LINES, PLACES, PLACES, st.randoms())
def test_neither_the_order_of_lines_nor_their_direction_matters(lines, origins, targets, random):
    other = [line[::-1] if random.random() < 0.5 else line for line in lines]
    random.shuffle(other)
    pieces = [
        line[start : start + 2] for line in other for start in range(len(line) - 1) if line[start] != line[start + 1]
    ]
    before = streets(*lines)
    for again in (streets(*other), streets(*pieces), streets(*lines, *other)):
        for name in ("xy", "edges", "length_m"):
            np.testing.assert_array_equal(getattr(again, name), getattr(before, name))
        np.testing.assert_array_equal(walks(again, origins, targets), walks(before, origins, targets))


def test_one_street():
    net = streets([(0, 0), (100, 0)])
    # From 10 m north of 20 m to 5 m south of 80 m, and to a place beyond its end.
    assert walks(net, [(20, 10)], [(80, -5), (20, 10), (103, 4)]).tolist() == [pytest.approx([75, 20, 95])]
    assert net.xy.tolist() == [[EAST, NORTH], [EAST + 100, NORTH]]
    assert net.edges.tolist() == [[0, 1]]
    assert net.length_m.tolist() == [100]


def test_a_walk_of_0_is_stored():
    net = streets([(0, 0), (100, 0)], [(100, 0), (100, 100)])
    for place in ((0, 0), (50, 0), (100, 0)):
        found = walks(net, [place], [place], 0.0)
        assert 0 < found[0, 0] <= LEAST_M + 1e-9


def test_a_walk_of_just_the_limit_is_found():
    net = streets([(0, 0), (100, 0)], [(100, 0), (100, 100)])
    assert walks(net, [(0, 0)], [(100, 100)], 200.0).tolist() == [pytest.approx([200])]
    assert walks(net, [(0, 0)], [(100, 100)], 199.99).tolist() == [[math.inf]]
    assert walks(net, [(0, 0)], [(70, 0)], 70.0).tolist() == [pytest.approx([70])]
    assert walks(net, [(0, 0)], [(70, 0)], 69.99).tolist() == [[math.inf]]


def test_the_short_way_round_is_taken_where_one_street_is_the_long_one():
    # Both ends of a street of three sides, and a path across.
    net = streets([(0, 0), (0, 300), (40, 300), (40, 0)], [(0, 0), (40, 0)])
    assert walks(net, [(0, 20)], [(40, 10)])[0, 0] == pytest.approx(70)
    assert walks(net, [(0, 290)], [(40, 290)])[0, 0] == pytest.approx(60)


def test_a_bridge_is_no_crossing_and_a_junction_is_one():
    over = walks(streets([(0, 50), (100, 50)], [(50, 0), (50, 100)]), [(0, 50)], [(50, 0)])
    assert over.tolist() == [[math.inf]]
    across = walks(streets([(0, 50), (50, 50), (100, 50)], [(50, 0), (50, 50), (50, 100)]), [(0, 50)], [(50, 0)])
    assert across.tolist() == [pytest.approx([100])]


@pytest.mark.parametrize(("gap", "meet"), [(0.0, True), (0.9 * MEET_M, True), (1.1 * MEET_M, False)])
def test_ends_a_hair_apart_are_one(gap, meet):
    net = streets([(0, 0), (50, 0)], [(50 + gap, 0), (100, 0)], [(100, 0), (100, 0.5 * MEET_M)])
    assert len(net.xy) == (3 if meet else 4)
    found = walks(net, [(0, 0)], [(100, 0)])
    assert found.tolist() == ([pytest.approx([100], abs=0.02)] if meet else [[math.inf]])
    # The place of a node is the first of those it stands for.
    assert net.xy[1].tolist() == [EAST + 50, NORTH]


@pytest.mark.parametrize(("aside", "joined"), [(SNAP_M, True), (SNAP_M + 0.01, False)])
def test_a_point_far_from_every_street_joins_none(aside, joined):
    net = streets([(0, 0), (100, 0)])
    assert net.joined(at((50, aside), (50, 0), (50, 300))).tolist() == [joined, True, False]
    way = 50 + aside if joined else math.inf
    assert walks(net, [(50, aside), (0, 0)], [(100, 0), (50, 500)]).tolist() == [
        [pytest.approx(way), math.inf],
        [pytest.approx(100), math.inf],
    ]
    assert walks(net, [(0, 0)], [(50, 500), (50, aside)]).tolist() == [[math.inf, pytest.approx(way)]]


def test_of_streets_just_as_near_the_first_by_its_ends_is_joined():
    lines = [[(0, 40), (100, 40)], [(0, 0), (100, 0)], [(0, 0), (0, -100)]]
    for some in (lines, lines[::-1]):
        assert walks(streets(*some), [(50, 20)], [(0, 0)]).tolist() == [pytest.approx([70])]


def test_many_points_at_once_and_few_together_walk_alike(monkeypatch):
    net = streets([(0, 0), (100, 0), (100, 300)], [(100, 0), (250, 0)])
    places = [(float(20 * step), 3.0 * (step % 5)) for step in range(13)] + [(100.0, 290.0), (100.0, 900.0)]
    before = walks(net, places, places, 250.0)
    assert np.isinf(before).any()
    for together in (1, 4 * len(places), 2_000):
        monkeypatch.setattr(network, "_TOGETHER", together)
        np.testing.assert_array_equal(walks(net, places, places, 250.0), before)


def test_without_points_there_are_no_walks():
    net = streets([(0, 0), (100, 0)])
    assert walks(net, [], [(0, 0)]).shape == (0, 1)
    assert walks(net, [(0, 0)], []).shape == (1, 0)
    assert net.joined(at()).tolist() == []


# ------------------------------------------------------------------------------------------------ layers


def test_a_layer_may_hold_many_parts_and_other_shapes():
    parts = shapely.MultiLineString([[(EAST, NORTH), (EAST + 100, NORTH)], [(EAST, NORTH + 200), (EAST, NORTH)]])
    ring = shapely.LinearRing([(EAST, NORTH), (EAST + 50, NORTH), (EAST + 50, NORTH + 50)])
    deep = shapely.LineString([(EAST + 100, NORTH, 5), (EAST + 100, NORTH + 30, 9)])
    others = [shapely.Point(0, 0), shapely.box(0, 0, 1, 1), None, shapely.LineString()]
    layer = gpd.GeoDataFrame({"name": "x"}, geometry=[parts, ring, *others, deep], index=range(7), crs=27700)
    net = StreetNetwork.of(layer)
    assert len(net.xy) == 6
    assert net.length_m.sum() == pytest.approx(100 + 200 + 50 + 50 + math.hypot(50, 50) + 30)
    assert walks(net, [(100, 30)], [(0, 200)])[0, 0] == pytest.approx(330)
    assert layer.geometry.iloc[0].equals(parts)


def test_a_vertex_twice_in_a_row_is_no_piece_of_street():
    net = streets([(0, 0), (50, 0), (50, 0), (100, 0)], [(7, 7), (7, 7)])
    assert net.xy.tolist() == [[EAST + x, NORTH + y] for x, y in ((0, 0), (7, 7), (50, 0), (100, 0))]
    assert net.edges.tolist() == [[0, 2], [2, 3]]
    assert walks(net, [(0, 0)], [(100, 0)])[0, 0] == pytest.approx(100)


def test_how_much_hangs_together_is_told():
    assert streets([(0, 0), (100, 0)], [(100, 0), (100, 100)]).connected_share == 1
    assert streets([(0, 0), (100, 0)], [(0, 10), (300, 10)]).connected_share == pytest.approx(0.75)


def test_a_layer_without_lines_is_refused():
    for shapes in ([], [shapely.Point(0, 0)], [shapely.LineString([(1, 1), (1, 1)])]):
        with pytest.raises(InputError, match=r"The layer of streets holds no line; .* leave the network empty"):
            StreetNetwork.of(gpd.GeoSeries(shapes, crs=27700))


@pytest.mark.parametrize(("crs", "named"), [(4326, "WGS 84"), (2263, "New York Long Island"), (None, "none")])
def test_streets_are_measured_in_metres(crs, named):
    with pytest.raises(
        InputError, match=rf"in a CRS projected in metres, not in .*{named}.*bring the layer of streets"
    ):
        StreetNetwork.of(lines_of([[(0, 0), (1, 1)]]).set_crs(crs, allow_override=True))


def test_points_in_another_crs_are_refused():
    net, there = streets([(0, 0), (100, 0)]), points([(0, 0)], "P", "place", crs=32630)
    for ask in (
        lambda: net.joined(there),
        lambda: net.distances(at(), there, 1),
        lambda: net.distances(there, at(), 1),
    ):
        with pytest.raises(
            InputError, match=r"The streets are in EPSG:27700, the points .* are in EPSG:32630: bring both"
        ):
            ask()
