"""How the density and its contours compare with the obvious way, on the same data in one run.

Nothing here is timed against a limit, since machines differ: the ratios are printed (``pytest -s tests/benchmarks``).
What is asserted is that both ways answer the same question.
"""

from __future__ import annotations

import time

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from hotspots.analysis.budget import Budget
from hotspots.analysis.contours import find_contours
from hotspots.analysis.density import density_surface
from hotspots.geo.points import DistinctPoints, distinct_points
from hotspots.intake.boundaries import read_boundaries
from hotspots.settings import SERIOUS_VIOLENCE, Hotspots

SOME = 300
"""Centres of cells at which the sum over all points is taken the obvious way."""


def timed(call):
    started = time.perf_counter()
    result = call()
    return result, time.perf_counter() - started


def obvious(points, xy, bandwidth, kernel):
    """Sum all kernels at every place, in incidents per km²."""
    total = np.zeros(len(xy))
    for part in np.array_split(np.arange(len(xy)), max(1, len(xy) // 20)):
        d2 = ((xy[part, None] - points.xy) ** 2).sum(axis=-1) / bandwidth**2
        heights = 3 * np.maximum(1 - d2, 0) ** 2 if kernel == "quartic" else np.exp(-d2 / 2) / 2
        total[part] = (heights * points.weight).sum(axis=1)
    return total / np.pi / bandwidth**2 * 1e6


@pytest.mark.parametrize(
    ("kernel", "bandwidth"),
    [("quartic", 150.0), ("quartic", 400.0), ("gaussian", 60.0), ("gaussian", 150.0)],
)
def test_a_borough_of_100_000_points_against_the_sum_over_all(kernel, bandwidth):
    random = np.random.default_rng(0)
    middle = random.uniform(0, 10_000, (300, 2))[random.integers(0, 300, 50_000)]
    xy = np.concatenate([random.uniform(0, 10_000, (50_000, 2)), middle + random.normal(0, 100, (50_000, 2))])
    points = DistinctPoints(np.unique(xy, axis=0), np.ones(len(xy), np.int64), np.arange(len(xy)))
    surface, ours = timed(lambda: density_surface(points, bandwidth, kernel=kernel))
    some = random.choice(surface.density.size, SOME, replace=False)
    row, column = np.divmod(some, surface.density.shape[1])
    centres = (np.column_stack([column, row]) + surface.origin + 0.5) * surface.cell_m
    expected, seconds = timed(lambda: obvious(points, centres, bandwidth, kernel))
    dense = expected >= 0.01 * surface.density.max()
    found = surface.density.ravel()[some][dense]
    np.testing.assert_allclose(found, expected[dense], rtol=0.01)
    seconds *= surface.density.size / SOME
    worst = np.abs(found / expected[dense] - 1).max()
    print(  # noqa: T201
        f"\nDensity, {kernel} {bandwidth:g} m, {len(xy):,} points on {surface.density.size:,} cells: {ours:.2f} s "
        f"against {seconds:.0f} s (from {SOME:,} cells), ratio {seconds / ours:,.0f}, worst difference {worst:.1e}"
    )


def city(real):
    """Serious violence of the City of London, 24 months."""
    files = sorted((real / "police/city-of-london").glob("*.csv"))
    rows = pd.concat([pd.read_csv(file) for file in files])
    rows = rows[rows["Crime type"].isin(SERIOUS_VIOLENCE)].dropna(subset="Longitude")
    return "City of London", rows["Longitude"], rows["Latitude"], len(files)


def greenwich(real):
    """All crime of three boroughs, 27 months."""
    rows = pd.read_csv(next((real / "police/api-ward-json").glob("*.csv.gz")))
    return "Greenwich", rows["lon"], rows["lat"], rows["month"].nunique()


@pytest.mark.real
@pytest.mark.parametrize("read", [city, greenwich])
def test_contours_of_real_months(real, read):
    name, longitude, latitude, months = read(real)
    layer = read_boundaries([real / "boundaries/lsoa2021/london-2021-lsoa-gen20.zip"], epsg=27700).areas
    outline = layer.loc[layer["borough"] == name].union_all()
    rows = gpd.GeoSeries(gpd.points_from_xy(longitude, latitude), crs=4326).to_crs(27700)
    apart = rows.distance(outline).to_numpy()
    points = distinct_points(rows[apart <= 1000])
    own = np.bincount(points.row_point, weights=apart[apart <= 1000] == 0, minlength=len(points.xy)).astype(np.int64)
    surface, seconds = timed(lambda: density_surface(points))
    print(  # noqa: T201
        f"\n{name}, {months} months: {points.weight.sum():,} rows on {len(points.xy):,} points, "
        f"bandwidth {surface.bandwidth_m:.0f} m, {surface.density.size:,} cells, {seconds:.2f} s"
    )
    for budget in (Budget(share_of_area=0.02), Budget(share_of_area=0.05), Budget(number=10), Budget(share_of_n=0.25)):
        asked = f"{budget.share_of_area=} {budget.number=} {budget.share_of_n=}".replace("budget.", "")
        found, seconds = timed(
            lambda budget=budget: find_contours(
                points, own, surface, Hotspots(), months, budget=budget, area_m2=outline.area
            )
        )
        grounds = [contour.ground for contour in found.contours]
        print(  # noqa: T201
            f"  {asked}: {len(grounds)} hotspots, {found.share_of_area:.2%} of the area, "
            f"{found.share_of_n:.1%} of the incidents, {seconds:.2f} s"
        )
        assert all(ground.is_valid for ground in grounds)
        assert shapely.union_all(grounds).area == pytest.approx(sum(ground.area for ground in grounds), rel=1e-9)
        assert found.share_of_n > 3 * found.share_of_area
