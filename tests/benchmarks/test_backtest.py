"""How the backtest compares with the obvious way, on the same data in one run.

Nothing here is timed against a limit, since machines differ: the ratios are printed (``pytest -s tests/benchmarks``).
What is asserted is that both ways answer the same question.
"""

from __future__ import annotations

import time
from collections import Counter

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from hotspots.analysis.backtest import Plan, backtest
from hotspots.analysis.orders import Cells, candidates
from hotspots.analysis.spots import find_spots
from hotspots.analysis.units import Searched, Terrain
from hotspots.geo.grid import cell_keys
from hotspots.settings import Hotspots
from tests.places_fixtures import SOUTH, WEST, located

ROWS, MONTHS = 200_000, pd.period_range("2019-01", "2023-12", freq="M")
SIDE, LSOAS = 8_000.0, 16
"""A borough of 64 km² in 256 squares of 500 m."""


def timed(call):
    started = time.perf_counter()
    result = call()
    return result, time.perf_counter() - started


def borough():
    west, south = 548_000.0, 172_000.0
    steps = [(column, row) for column in range(LSOAS) for row in range(LSOAS)]
    step = SIDE / LSOAS
    shapes = [
        shapely.box(west + c * step, south + r * step, west + (c + 1) * step, south + (r + 1) * step) for c, r in steps
    ]
    codes = pd.Index([f"E01{c:03d}{r:03d}" for c, r in steps], name="lsoa_code")
    areas = gpd.GeoDataFrame({"zone": "area", "area_km2": step**2 / 1e6}, geometry=shapes, index=codes, crs=27700)
    return areas, shapely.box(west, south, west + SIDE, south + SIDE)


def incidents(areas, outline, *, snapped):
    """Incidents on 5,000 map points, some busy and most not; unless snapped, some tens of metres around them."""
    random = np.random.default_rng(0)
    west, south, east, north = outline.bounds
    points = np.round(random.uniform((west, south), (east, north), (5_000, 2)))
    weight = random.lognormal(0, 1.3, len(points))
    xy = points[random.choice(len(points), ROWS, p=weight / weight.sum())]
    if not snapped:
        xy = xy + random.normal(0, 40, xy.shape)
    xy = np.clip(xy, (west, south), (east - 1, north - 1))
    cell = np.minimum((xy - (west, south)) // (SIDE / LSOAS), LSOAS - 1).astype(int)
    codes = areas.index.to_numpy()[cell[:, 0] * LSOAS + cell[:, 1]]
    months = MONTHS[random.integers(0, len(MONTHS), ROWS)].astype(str)
    return located(xy - (WEST, SOUTH), zones="area", lsoa=codes, months=months)


def obvious(frame, candidate, origin):
    """Filter, weigh and group the rows anew."""
    back = origin.ordinal - frame["month"].astype("int64").to_numpy()
    rows = frame[(back >= 0) & (back < candidate.months)]
    age = back[(back >= 0) & (back < candidate.months)]
    weight = np.ones(len(age)) if candidate.half_life_months is None else 0.5 ** (age / candidate.half_life_months)
    cells = candidate.grid.cells_of(np.column_stack([rows.geometry.x, rows.geometry.y]))
    return pd.Series(weight).groupby(cell_keys(cells)).sum()


@pytest.mark.parametrize("snapped", [True, False], ids=["snapped", "exact"])
def test_cells_at_24_origins_against_grouping_the_rows_each_time(snapped):
    areas, outline = borough()
    frame = incidents(areas, outline, snapped=snapped)
    methods = [one for one in candidates(Hotspots()) if isinstance(one, Cells)]
    origins = MONTHS[-27:-3]

    def ours():
        terrain = Terrain(find_spots(frame, areas, MONTHS), Searched(MONTHS, areas, outline))
        return terrain, [[one.order(terrain, origin).score for origin in origins] for one in methods]

    (terrain, scores), seconds = timed(ours)
    took = 0.0
    for one, found in zip(methods, scores, strict=True):
        keys = cell_keys(terrain.cells(one.grid).ids)
        for origin, score in list(zip(origins, found, strict=True))[::12]:
            wanted, spent = timed(lambda one=one, origin=origin: obvious(frame, one, origin))
            took += 12 * spent
            np.testing.assert_allclose(score, wanted.reindex(keys, fill_value=0.0), rtol=1e-9)
    print(  # noqa: T201
        f"\nCells, {ROWS:,} incidents, {len(origins)} origins, {len(methods)} methods: {seconds:.2f} s "
        f"against {took:.1f} s (from every 12th origin), ratio {took / seconds:.0f}"
    )


def test_the_whole_backtest():
    areas, outline = borough()
    frame = incidents(areas, outline, snapped=True)
    plan, spent = Plan(horizon_months=3, origins=24), Counter[str]()

    class Watched:
        """A candidate with a stop-watch."""

        def __init__(self, candidate):
            self.candidate, self.name, self.baseline = candidate, candidate.name, candidate.baseline

        def order(self, terrain, origin):
            order, seconds = timed(lambda: self.candidate.order(terrain, origin))
            spent[type(self.candidate).__name__] += seconds
            return order

    methods = [Watched(one) for one in candidates(Hotspots())]
    result, seconds = timed(lambda: backtest(frame, Searched(MONTHS, areas, outline), Hotspots(), plan, methods))
    assert len(result.table) == 24 * len(methods) * len(plan.shares)
    table = result.table[result.table["method"] == "random"]
    np.testing.assert_allclose(table["pai"], 1.0)
    told = ", ".join(f"{name} {took:.1f} s" for name, took in spent.most_common())
    print(f"\nBacktest, {ROWS:,} incidents, 24 origins, {len(methods)} methods: {seconds:.1f} s, orders of {told}")  # noqa: T201
