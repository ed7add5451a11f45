"""How the project's ways compare with the obvious ones, on the same data in one run.

Nothing here is timed against a limit, since machines differ: the ratios are printed (``pytest -s tests/benchmarks``).
What is asserted is that both ways answer the same question.
"""

from __future__ import annotations

import time

import geopandas as gpd
import numpy as np
import pytest
from sklearn.cluster import DBSCAN

from hotspots.analysis.clusters import find_clusters
from hotspots.analysis.dbscan import dbscan
from hotspots.geo.points import DistinctPoints, distinct_points
from hotspots.intake.boundaries import read_boundaries
from hotspots.intake.incidents import read_incidents
from hotspots.places.locate import locate
from hotspots.settings import Hotspots
from tests.places_fixtures import code, incidents, lattice


def timed(call):
    started = time.perf_counter()
    result = call()
    return result, time.perf_counter() - started


def say(title, ours, obvious):
    print(f"\n{title}: {ours:.2f} s against {obvious:.2f} s, ratio {obvious / ours:.1f}")  # noqa: T201


def compare_dbscan(title, points, radius_m, minimum):
    """Run DBSCAN on the distinct points and on all rows, and say how long each took."""
    rows = np.column_stack([points.x, points.y])

    def distinct():
        found = distinct_points(points)
        return found, dbscan(found, radius_m, minimum)

    (found, (labels, core)), ours = timed(distinct)
    model, obvious = timed(lambda: DBSCAN(eps=radius_m, min_samples=minimum).fit(rows))
    np.testing.assert_array_equal(labels[found.row_point] == -1, model.labels_ == -1)
    np.testing.assert_array_equal(np.flatnonzero(core[found.row_point]), model.core_sample_indices_)
    say(f"DBSCAN, {title}: {len(found.xy):,} distinct points of {len(rows):,} rows", ours, obvious)


def snapped(n=6000, places=300):
    """Rows on few coordinates, as street-level data are."""
    random = np.random.default_rng(0)
    xy = np.round(random.uniform(0, 3000, (places, 2)))
    return xy[random.integers(0, places, n)]


def test_dbscan_on_distinct_points_against_all_rows():
    compare_dbscan("made in code", incidents(snapped()).geometry, 100.0, 40)


@pytest.mark.real
def test_the_city_of_london_both_ways(real):
    rows = read_incidents([real / "police/city-of-london"]).incidents.to_crs(27700)
    compare_dbscan("City of London, 24 months", rows.geometry, 75.0, 40)
    layer = read_boundaries([real / "boundaries/lsoa2021/london-2021-lsoa-gen20.zip"], epsg=27700).areas
    ours, time_of_ours = timed(
        lambda: locate(rows, layer, focus=rows["category"] == "", tolerance_m=20.0, context_m=1000.0)
    )
    plain, time_of_plain = timed(lambda: gpd.sjoin(rows, layer[["geometry"]], predicate="within"))
    inside = ours.index[ours["located_by"] == "inside"]
    assert (plain["lsoa_code"].reindex(inside) == ours.loc[inside, "lsoa_code"]).all()
    say(f"Join, {len(rows):,} rows and {len(layer):,} LSOAs, checked tables included", time_of_ours, time_of_plain)


def test_the_join_against_a_plain_one():
    layer = lattice(30, 30)
    rows = incidents(snapped(20_000, 1500) + 0.25)
    ours, time_of_ours = timed(
        lambda: locate(rows, layer, focus=rows["category"] == "Robbery", tolerance_m=20.0, context_m=1000.0)
    )
    plain, time_of_plain = timed(lambda: gpd.sjoin(rows, layer[["geometry"]], predicate="within"))
    cells = (np.column_stack([rows.geometry.x, rows.geometry.y]) - layer.total_bounds[:2]) // 100
    inside = (cells < 30).all(axis=1)
    expected = [code(*map(int, cell)) for cell in cells[inside]]
    assert ours.loc[inside, "lsoa_code"].tolist() == expected == plain["lsoa_code"].tolist()
    say(f"Join, {len(rows):,} rows and {len(layer)} LSOAs, checked tables included", time_of_ours, time_of_plain)


@pytest.mark.parametrize("n", [2_000, 6_000])
def test_finding_clusters_in_a_large_city(n):
    random = np.random.default_rng(1)
    side = np.sqrt(n) * 70
    middle = random.uniform(0, side, (60, 2))[random.integers(0, 60, n // 2)]
    scattered = random.uniform(0, side, (n - n // 2, 2))
    xy = np.unique(np.round(np.concatenate([middle + random.normal(0, 200, (n // 2, 2)), scattered])), axis=0)
    weight = random.geometric(0.3, len(xy)).astype(np.int64)
    points = DistinctPoints(xy, weight, np.repeat(np.arange(len(xy)), weight))
    found, seconds = timed(lambda: find_clusters(points, weight, Hotspots(), 12))
    print(f"\nfind_clusters, {len(xy):,} distinct points: {seconds:.2f} s")  # noqa: T201
    assert found.clusters
