"""DBSCAN on distinct points against scikit-learn on all rows, and the size of what is made of it."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist, pdist
from sklearn.cluster import DBSCAN

from hotspots.analysis.clusters import (
    RADII_M,
    Cluster,
    Clustering,
    find_clusters,
    ground_of,
    part_grounds,
    width_m,
)
from hotspots.analysis.dbscan import dbscan, incidents_near, neighbour_graph, within
from hotspots.geo.points import DistinctPoints
from hotspots.settings import Hotspots

MONTHS = 12
SLACK_M = 1e-5

ROWS = st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), min_size=1, max_size=60)
RADII = st.sampled_from([1.0, 2.0, math.sqrt(2), 5.0, 2.5])


def collapse(rows):
    xy, back, weight = np.unique(np.asarray(rows, dtype=float), axis=0, return_inverse=True, return_counts=True)
    return DistinctPoints(xy, weight.astype(np.int64), back.reshape(-1).astype(np.int64))


def weighted(xy, weight):
    xy = np.asarray(xy, dtype=float)
    order = np.lexsort((xy[:, 1], xy[:, 0]))
    weight = np.asarray(weight, dtype=np.int64)[order]
    return DistinctPoints(xy[order], weight, np.repeat(np.arange(len(xy)), weight).astype(np.int64))


def town(seed, n=300, side=3000.0, centres=8):
    """Scattered places with a few thick ones, whole metres."""
    random = np.random.default_rng(seed)
    middle = random.uniform(0, side, (centres, 2))[random.integers(0, centres, n // 2)]
    near = middle + random.normal(0, 90, (n // 2, 2))
    scattered = random.uniform(0, side, (n - n // 2, 2))
    xy = np.unique(np.round(np.concatenate([near, scattered])), axis=0) + np.array([548000, 176000])
    return weighted(xy, random.geometric(0.25, len(xy)))


def carpet():
    """500 map points on a lattice of 70 m, weights without order: a dense centre such as the City."""
    x, y = np.meshgrid(np.arange(25) * 70.0, np.arange(20) * 70.0)
    random = np.random.default_rng(7)
    return weighted(np.column_stack([x.ravel() + 532000, y.ravel() + 181000]), random.geometric(0.08, 500))


def clusters_of(points, months=MONTHS, **changes):
    return find_clusters(points, points.weight, Hotspots(**changes), months)


def groups(labels):
    return {frozenset(np.flatnonzero(labels == label)) for label in np.unique(labels[labels >= 0])}


def shown(points, clustering):
    return [(c.n, c.min_incidents, sorted(map(tuple, np.round(points.xy[c.members], 6)))) for c in clustering.clusters]


# DBSCAN


@settings(max_examples=80, deadline=None)
@given(ROWS, RADII, st.integers(1, 8))
def test_dbscan_is_scikit_learn_on_all_rows(rows, radius, minimum):
    points = collapse(rows)
    labels, core = dbscan(points, radius, minimum)
    model = DBSCAN(eps=radius, min_samples=minimum).fit(np.asarray(rows, dtype=float))
    theirs = np.full(len(points.xy), -1)
    theirs[points.row_point] = model.labels_
    their_core = np.zeros(len(points.xy), dtype=bool)
    their_core[points.row_point[model.core_sample_indices_]] = True
    np.testing.assert_array_equal(core, their_core)
    np.testing.assert_array_equal(labels == -1, theirs == -1)
    assert groups(np.where(core, labels, -1)) == groups(np.where(core, theirs, -1))
    apart = cdist(points.xy, points.xy[core]) if core.any() else np.zeros((len(core), 0))
    for border in np.flatnonzero((labels >= 0) & ~core):
        nearest = apart[border].min()
        assert nearest <= radius
        # Of cores equally near it is the first by x and y.
        assert labels[border] == labels[core][np.flatnonzero(apart[border] <= nearest)[0]]


@settings(deadline=None)
@given(ROWS, RADII, st.integers(1, 8), st.randoms())
def test_dbscan_does_not_see_the_order_of_rows(rows, radius, minimum, random):
    shuffled = rows.copy()
    random.shuffle(shuffled)
    for one, other in zip(
        dbscan(collapse(rows), radius, minimum), dbscan(collapse(shuffled), radius, minimum), strict=True
    ):
        np.testing.assert_array_equal(one, other)


@settings(deadline=None)
@given(ROWS, RADII, st.integers(1, 8), st.integers(2, 5))
def test_all_weights_and_the_minimum_times_k_change_no_cluster(rows, radius, minimum, times):
    points = collapse(rows)
    more = dataclasses.replace(points, weight=points.weight * times)
    for one, other in zip(dbscan(points, radius, minimum), dbscan(more, radius, minimum * times), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_border_point_goes_to_its_nearest_core_point():
    # Two dense places; the single row between them is nearer to the eastern one.
    points = weighted([(0, 0), (5, 0), (10, 0), (21, 0), (30, 0), (35, 0), (40, 0)], [6, 6, 6, 1, 6, 6, 6])
    labels, core = dbscan(points, 12, 15)
    assert core.tolist() == [True, True, True, False, True, True, True]
    assert labels.tolist() == [0, 0, 0, 1, 1, 1, 1]


def test_labels_count_from_the_first_core_point():
    labels, core = dbscan(weighted([(0, 0), (100, 0), (300, 0)], [9, 1, 9]), 20, 5)
    assert labels.tolist() == [0, -1, 1]
    assert core.tolist() == [True, False, True]


def test_dbscan_of_nothing_is_nothing():
    labels, core = dbscan(weighted(np.zeros((0, 2)), []), 50, 5)
    assert len(labels) == len(core) == 0


@settings(deadline=None)
@given(ROWS, RADII, RADII)
def test_a_smaller_radius_is_part_of_a_larger_graph(rows, one, other):
    points = collapse(rows)
    near, far = min(one, other), max(one, other)
    cut, direct = within(neighbour_graph(points, far), near), neighbour_graph(points, near)
    assert cut.nnz == direct.nnz == int((cdist(points.xy, points.xy) ** 2 <= near**2 + 1e-9).sum())
    np.testing.assert_array_equal(cut.toarray(), direct.toarray())
    rows_near = cdist(np.asarray(rows, float), points.xy) ** 2 <= near**2 + 1e-9
    np.testing.assert_array_equal(incidents_near(cut, points.weight), rows_near.sum(axis=0))


# Cut to size


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(
    "changes", [{}, {"radius_m": 75.0}, {"max_width_m": 450.0, "min_width_m": 100.0}, {"min_width_m": 300.0}]
)
def test_every_cluster_is_of_the_size_asked_for(seed, changes):
    points, chosen = town(seed), Hotspots(**changes)
    found = find_clusters(points, points.weight, chosen, MONTHS)
    assert 0 < len(found.clusters) <= chosen.max_number
    for cluster in found.clusters:
        assert chosen.min_width_m - SLACK_M <= width_m(cluster.ground) <= chosen.max_width_m + SLACK_M
        assert cluster.n >= chosen.min_per_month * MONTHS
        assert cluster.n == points.weight[cluster.members].sum()
        assert shapely.intersects_xy(cluster.ground, points.xy[cluster.members]).all()
    assert [c.n for c in found.clusters] == sorted((c.n for c in found.clusters), reverse=True)
    members = np.concatenate([c.members for c in found.clusters])
    assert len(members) == len(set(members)), "a coordinate belongs to one cluster"


@pytest.mark.parametrize("points", [*(town(seed) for seed in range(8)), carpet()])
def test_every_cluster_is_a_dbscan_cluster_of_its_own_minimum(points):
    found = clusters_of(points, max_number=500)
    for cluster in found.clusters:
        labels, core = dbscan(points, found.radius_m, cluster.min_incidents)
        label = {labels[i] for i in cluster.members if core[i]}
        assert len(label) == 1
        whole = set(np.flatnonzero(labels == label.pop()))
        # What a place of a lower minimum holds already, stays there: only border points can be missing.
        lower = [set(c.members) for c in found.clusters if c.min_incidents < cluster.min_incidents]
        missing = whole - set(cluster.members)
        assert set(cluster.members) <= whole
        assert not core[list(missing)].any()
        assert all(any(point in other for other in lower) for point in missing)


CONTESTED = (128.0, 0.0)


def contested():
    """A place that fits at a low minimum, one that fits at a higher, and between them a row that both could have."""
    west = [(0, 0, 10), (60, 0, 3)]
    between = [(*CONTESTED, 1)]
    east = [(200, 0, 3), (200, 74, 20), (260, 0, 20), (320, 0, 4), (380, 0, 6), (440, 0, 6)]
    x, y, weight = np.array(west + between + east, dtype=float).T
    return weighted(np.column_stack([x, y]), weight)


def test_no_coordinate_belongs_to_two_clusters():
    points = contested()
    found = clusters_of(points, radius_m=75.0, min_width_m=100.0)
    assert [(c.n, c.min_incidents) for c in found.clusters] == [(53, 17), (14, 8)]
    between = int(np.flatnonzero((points.xy == CONTESTED).all(axis=1))[0])
    # At the higher minimum a plain DBSCAN would give it to the east, which the west has had already.
    labels, core = dbscan(points, 75.0, 17)
    east, west = found.clusters
    assert labels[between] == labels[east.members[core[east.members]][0]]
    assert between in west.members
    assert between not in east.members
    check_parted(found.clusters, points)


@pytest.mark.parametrize("seed", range(4))
def test_each_cluster_is_kept_at_the_lowest_minimum_that_fits(seed):
    points = town(seed)
    found = clusters_of(points)
    levels = [2]
    while levels[-1] < 2000:
        levels.append(max(levels[-1] + 1, math.ceil(levels[-1] * 1.1)))
    raised = [c for c in found.clusters if c.min_incidents > 2]
    assert raised, "this town must have a place that had to be cut"
    for cluster in raised:
        before = levels[levels.index(cluster.min_incidents) - 1]
        labels, core = dbscan(points, found.radius_m, before)
        wider = points.xy[labels == labels[next(i for i in cluster.members if core[i])]]
        assert pdist(wider).max() + 150 > 300


@pytest.mark.parametrize("seed", range(4))
def test_the_radius_chosen_holds_most_incidents(seed):
    points = town(seed)
    found = clusters_of(points)
    assert [radius for radius, _, _ in found.tried] == list(RADII_M)
    assert found.chosen
    most = max(held for _, _, held in found.tried)
    assert found.radius_m == min(radius for radius, _, held in found.tried if held == most)
    assert sum(c.n for c in found.clusters) == most
    for radius, listed, held in found.tried:
        alone = clusters_of(points, radius_m=radius)
        assert not alone.chosen
        assert (len(alone.clusters), sum(c.n for c in alone.clusters)) == (listed, held)


@pytest.mark.parametrize("minimum", [3, 15, 40])
def test_with_the_minimum_set_it_is_one_plain_dbscan(minimum):
    points = town(3)
    found = clusters_of(points, radius_m=100.0, min_incidents=minimum, max_number=500)
    labels, _ = dbscan(points, 100, minimum)
    wanted = {group for group in groups(labels) if points.weight[list(group)].sum() >= MONTHS}
    assert {frozenset(c.members) for c in found.clusters} == wanted
    assert {c.min_incidents for c in found.clusters} == {minimum}


def test_a_set_minimum_enforces_no_size():
    found = clusters_of(carpet(), radius_m=75.0, min_incidents=20)
    assert max(width_m(c.ground) for c in found.clusters) > 1000


def test_with_minimum_set_doubling_both_doubles_the_counts_only():
    points = town(2)
    double = dataclasses.replace(points, weight=points.weight * 2)
    one = clusters_of(points, min_incidents=12, max_number=500)
    two = find_clusters(double, double.weight, Hotspots(min_incidents=24, min_per_month=2.0, max_number=500), MONTHS)
    assert [(2 * n, members) for n, _, members in shown(points, one)] == [
        (n, members) for n, _, members in shown(double, two)
    ]
    assert one.radius_m == two.radius_m


@pytest.mark.parametrize("seed", range(3))
def test_a_shift_shifts_the_result_only(seed):
    points = town(seed)
    by = np.array([-4200.0, 12700.0])
    moved = dataclasses.replace(points, xy=points.xy + by)
    one, other = clusters_of(points), clusters_of(moved)
    assert one.tried == other.tried
    for here, there in zip(one.clusters, other.clusters, strict=True):
        np.testing.assert_array_equal(here.members, there.members)
        assert here.min_incidents == there.min_incidents
        shifted = shapely.transform(here.ground, lambda xy: xy + by)
        assert shapely.symmetric_difference(shifted, there.ground).area < 1e-3


def test_a_dense_carpet_gives_several_walkable_places_and_not_one():
    points = carpet()
    found = clusters_of(points)
    assert 5 <= len(found.clusters) <= 10
    assert all(150 - SLACK_M <= width_m(c.ground) <= 300 + SLACK_M for c in found.clusters)
    fixed, _ = dbscan(points, 75, 40)
    assert points.weight[fixed >= 0].sum() > 0.6 * points.weight.sum(), "fixed parameters swallow the carpet"
    assert sum(c.n for c in found.clusters) < 0.4 * points.weight.sum()


def test_nothing_gives_nothing():
    points = weighted(np.zeros((0, 2)), [])
    found = clusters_of(points)
    assert found == Clustering((), RADII_M[0], chosen=True, tried=tuple((radius, 0, 0) for radius in RADII_M))
    assert clusters_of(points, radius_m=80.0, min_incidents=5).clusters == ()


@pytest.mark.parametrize(("weight", "expected"), [(11, 0), (12, 1), (5000, 1)])
@pytest.mark.parametrize("widths", [{}, {"min_width_m": 300.0}, {"min_width_m": 20.0, "max_width_m": 20.0}])
def test_one_coordinate_is_a_place_when_it_holds_enough(weight, expected, widths):
    found = clusters_of(weighted([(548000, 176000)], [weight]), **widths)
    assert len(found.clusters) == expected
    for cluster in found.clusters:
        assert (cluster.n, cluster.members.tolist()) == (weight, [0])
        assert width_m(cluster.ground) == pytest.approx(Hotspots(**widths).min_width_m, abs=0.01)


@pytest.mark.parametrize(
    ("per_month", "months", "least"), [(1.0, 12, 12), (0.1, 30, 5), (0.5, 5, 5), (0.5, 12, 6), (0, 9, 5)]
)
def test_the_least_count_is_per_month_of_the_window_and_never_a_handful(per_month, months, least):
    for weight in {max(least - 1, 1), least}:
        points = weighted([(0, 0)], [weight])
        found = find_clusters(points, points.weight, Hotspots(min_per_month=per_month, min_incidents=1), months)
        assert len(found.clusters) == int(weight >= least)


@pytest.mark.parametrize(("inside", "listed"), [(19, False), (20, True), (40, True), (12, False)])
def test_a_place_counts_as_the_areas_own_when_half_of_it_lies_there(inside, listed):
    points = weighted([(0, 0)], [40])
    found = find_clusters(points, np.array([inside]), Hotspots(min_per_month=30 / MONTHS), MONTHS)
    assert bool(found.clusters) == listed


def test_a_place_counts_as_own_too_when_enough_of_it_for_one_lies_in_the_area():
    points = weighted([(0, 0)], [100])
    for inside, listed in [(11, 0), (12, 1)]:
        assert len(find_clusters(points, np.array([inside]), Hotspots(), MONTHS).clusters) == listed


def test_at_most_max_number_and_the_busiest_of_them():
    points = weighted([(1000.0 * i, 0.0) for i in range(9)], [20 + i for i in range(9)])
    assert [c.n for c in clusters_of(points, max_number=3).clusters] == [28, 27, 26]


def test_of_equal_places_the_western_comes_first():
    points = weighted([(5000, 0), (0, 0), (9000, 0)], [20, 20, 20])
    assert [points.xy[c.members[0], 0] for c in clusters_of(points).clusters] == [0, 5000, 9000]


# Grounds


def test_the_ground_of_one_point_is_a_disc_and_of_two_near_ones_one_piece():
    disc = ground_of(np.array([[0.0, 0.0]]), 150)
    assert disc.area == pytest.approx(np.pi * 75**2, rel=0.005)
    two = ground_of(np.array([[0.0, 0.0], [160.0, 0.0]]), 150)
    assert two.geom_type == "Polygon"
    assert two.area > 2 * disc.area
    assert width_m(two) == pytest.approx(310, abs=0.1)
    assert ground_of(np.array([[0.0, 0.0], [900.0, 0.0]]), 150).geom_type == "MultiPolygon"


@settings(deadline=None, max_examples=50)
@given(ROWS)
def test_the_ground_is_one_disc_wider_than_its_points(rows):
    xy = collapse(rows).xy * 30
    reach = pdist(xy).max() if len(xy) > 1 else 0.0
    # Between two of its 64 corners a drawn disc is 18 cm narrower than at them.
    assert max(150 - SLACK_M, reach + 150 - 0.2) <= width_m(ground_of(xy, 150)) <= reach + 150 + SLACK_M


def as_clusters(points, parts):
    return tuple(Cluster(np.array(part), 1, 1, ground_of(points.xy[part], 150)) for part in parts)


def check_parted(clusters, points):
    grounds = part_grounds(clusters, points)
    for first in range(len(grounds)):
        assert grounds[first].geom_type in {"Polygon", "MultiPolygon"}
        assert grounds[first].is_valid
        assert shapely.intersects_xy(grounds[first], points.xy[clusters[first].members]).all()
        for second in range(first):
            assert shapely.intersection(grounds[first], grounds[second]).area < 1e-6
    before = shapely.union_all([c.ground for c in clusters])
    assert sum(ground.area for ground in grounds) == pytest.approx(before.area, rel=1e-9)
    return grounds


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=2, max_size=20, unique=True), st.data())
def test_parted_grounds_do_not_overlap_lose_nothing_and_hold_their_members(places, data):
    points = weighted(np.array(places) * 41.0, [1] * len(places))
    number = data.draw(st.integers(2, min(4, len(places))))
    owner = np.concatenate(
        [
            np.arange(number),
            data.draw(
                st.lists(st.integers(0, number - 1), min_size=len(places) - number, max_size=len(places) - number)
            ),
        ]
    ).astype(int)
    clusters = as_clusters(points, [np.flatnonzero(owner == part) for part in range(number)])
    check_parted(clusters, points)


def test_the_cut_between_two_grounds_lies_half_way():
    points = weighted([(0, 0), (100, 0)], [1, 1])
    clusters = as_clusters(points, [[0], [1]])
    west, east = check_parted(clusters, points)
    both = shapely.intersection(clusters[0].ground, clusters[1].ground)
    assert both.area > 1000
    for share, side in [(west, shapely.box(-99, -99, 50, 99)), (east, shapely.box(50, -99, 199, 99))]:
        wanted = shapely.intersection(both, side)
        assert shapely.symmetric_difference(shapely.intersection(share, both), wanted).area < 1e-6


def test_grounds_apart_stay_as_drawn():
    points = weighted([(0, 0), (1000, 0)], [1, 1])
    clusters = as_clusters(points, [[0], [1]])
    assert part_grounds(clusters, points) == [c.ground for c in clusters]


def test_found_grounds_part_cleanly():
    for points in (carpet(), contested(), town(1)):
        check_parted(clusters_of(points).clusters, points)


def test_clusters_leave_what_they_were_lent_alone():
    points = town(0)
    copies = [points.xy.copy(), points.weight.copy()]
    found = clusters_of(points)
    part_grounds(found.clusters, points)
    np.testing.assert_array_equal(points.xy, copies[0])
    np.testing.assert_array_equal(points.weight, copies[1])
