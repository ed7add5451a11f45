"""How the exact plan compares with one stop after another, on the same data in one run.

Nothing here is timed against a limit, since machines differ: figures are printed (``pytest -s tests/benchmarks``).
What is asserted is that the plan is proven best and never behind.
"""

from __future__ import annotations

import itertools
import time

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from scipy.spatial import KDTree

from hotspots.intake.boundaries import read_boundaries
from hotspots.outreach.curve import curve
from hotspots.outreach.model import Problem, greedy, next_best, solve

LIMIT_S = 120.0


def timed(call):
    started = time.perf_counter()
    result = call()
    return result, time.perf_counter() - started


def within(sites, points, reach_m):
    """Sites × points, 1.0 within reach."""
    near = KDTree(points).query_ball_point(sites, reach_m, return_sorted=True)
    ends = np.cumsum([0, *map(len, near)])
    columns = np.concatenate([np.asarray(row, dtype=np.int64) for row in near])
    return sparse.csr_array((np.ones(len(columns)), columns, ends), shape=(len(sites), len(points)))


def clustered(random, number, middles, spread):
    """Points in 8 × 10 km, half around middles."""
    around = middles[random.integers(0, len(middles), number // 2)] + random.normal(0, spread, (number // 2, 2))
    return np.concatenate([np.clip(around, 0, [8000, 10_000]), random.uniform(0, [8000, 10_000], (number // 2, 2))])


def compare(name, asked):
    """Plan both ways, print, and hand back the best."""
    best, exact = timed(lambda: solve(asked, time_limit_s=LIMIT_S))
    taken, one_by_one = timed(lambda: greedy(asked))
    assert best is not None
    assert taken is not None
    assert best.optimal
    assert taken.reach <= best.reach * (1 + 1e-9)
    print(  # noqa: T201
        f"\n{name}, {asked.shares.shape[0]:,} sites, {asked.shares.shape[1]:,} points, {asked.stops} stops: "
        f"{best.reach / asked.weights.sum():.1%} of the need in {exact:.2f} s, proven best; one stop after another "
        f"{1 - taken.reach / best.reach:.2%} less in {one_by_one:.2f} s, ratio {exact / one_by_one:.1f}"
    )
    return best


def borough(reach_m):
    """500 places to stop at, 5,000 points in need."""
    random = np.random.default_rng(0)
    middles = random.uniform(0, [8000, 10_000], (60, 2))
    points, sites = clustered(random, 5000, middles, 350), clustered(random, 500, middles, 500)
    return Problem(within(sites, points, reach_m), np.asarray(random.gamma(0.5, 1, len(points)), dtype=np.float64), 10)


@pytest.mark.parametrize("reach_m", [400.0, 800.0])
def test_a_borough_against_one_stop_after_another(reach_m):
    compare(f"Outreach, {reach_m:g} m", borough(reach_m))


def test_alternatives_and_curve_of_a_borough():
    asked = borough(400.0)
    plans, seconds = timed(lambda: next_best(asked, 3, 1, time_limit_s=LIMIT_S))
    assert all(plan.optimal for plan in plans)
    assert all(later.reach <= earlier.reach for earlier, later in itertools.pairwise(plans))
    parts = ", ".join(f"{plan.reach / plans[0].reach:.3%}" for plan in plans[1:])
    print(f"\nThe best plan and three next ({parts}): {seconds:.2f} s")  # noqa: T201
    rows, seconds = timed(lambda: curve(asked, 12, time_limit_s=LIMIT_S))
    assert all(later[1].reach >= earlier[1].reach for earlier, later in itertools.pairwise(rows))
    short = max(1 - taken.reach / best.reach for _, best, taken in rows)
    print(f"Curve of 1 to 12 stops: {seconds:.2f} s, one stop after another up to {short:.2%} less")  # noqa: T201


@pytest.mark.real
def test_bus_stops_of_a_borough(real):
    layer = read_boundaries([real / "boundaries/lsoa2021/london-2021-lsoa-gen20.zip"], epsg=27700).areas
    west, south, east, north = layer.loc[layer["borough"] == "Greenwich"].total_bounds
    rows = pd.read_csv(next((real / "police/api-ward-json").glob("*.csv.gz")))
    stops = pd.read_csv(real / "overlays/tfl-bus-stops.csv")[["Location_Easting", "Location_Northing"]].to_numpy()
    stops = np.unique(stops[((stops > [west, south]) & (stops < [east, north])).all(axis=1)], axis=0)
    places = pd.Series(1.0, index=pd.MultiIndex.from_frame(rows[["lon", "lat"]])).groupby(level=[0, 1]).sum()
    degrees = np.array(places.index.to_list())
    # Near enough metres for a comparison of two ways on one set of points.
    middle = layer.loc[layer["borough"] == "Greenwich"].union_all().centroid
    metres = (degrees - degrees.mean(axis=0)) * [69_500, 111_250] + [middle.x, middle.y]
    asked = Problem(within(stops, metres, 400.0), np.asarray(places.to_numpy(), dtype=np.float64), 10)
    compare("Greenwich, 400 m", asked)
