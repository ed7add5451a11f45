"""Bands of the density: as much ground as was asked for, the densest, one inside the other."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from hotspots.analysis.bands import SHARES, density_bands
from hotspots.analysis.density import density_surface
from hotspots.geo.points import distinct_points
from tests.places_fixtures import SOUTH, WEST, located

WITHIN = shapely.box(WEST, SOUTH, WEST + 4000, SOUTH + 4000)
COVERED = WITHIN.buffer(800)


def focus_of(xy):
    return located([tuple(place) for place in xy], months=["2024-05"] * len(xy))


def scattered(seed, n=400):
    random = np.random.default_rng(seed)
    thick = random.uniform(400, 3600, (4, 2))[random.integers(0, 4, n // 2)] + random.normal(0, 120, (n // 2, 2))
    return np.concatenate([thick, random.uniform(0, 4000, (n - n // 2, 2))])


@settings(max_examples=8)
@given(seed=st.integers(0, 10_000))
def test_each_band_takes_its_share_and_lies_inside_the_wider_ones(seed):
    focus = focus_of(scattered(seed))
    found = density_bands(focus, WITHIN, COVERED)
    assert found["share_of_area"].tolist() == list(SHARES)
    assert found.crs == focus.crs
    for row in found.itertuples():
        assert row.geometry.is_valid
        assert row.geometry.area == pytest.approx(row.share_of_area * WITHIN.area, rel=0.1)
        assert row.geometry.difference(WITHIN).area < 1
        assert row.n == shapely.intersects(row.geometry, focus.geometry.to_numpy()).sum()
    for wide, narrow in zip(found.geometry[:-1], found.geometry[1:], strict=True):
        assert narrow.difference(wide).area < 0.02 * narrow.area
    assert found["n"].is_monotonic_decreasing


def test_no_ground_outside_is_denser_than_ground_inside():
    focus = focus_of(scattered(3))
    surface = density_surface(distinct_points(focus.geometry), covered=COVERED)
    band = density_bands(focus, WITHIN, COVERED, [0.05]).geometry.iloc[0]
    random = np.random.default_rng(0)
    places = random.uniform([WEST, SOUTH], [WEST + 4000, SOUTH + 4000], (4000, 2))
    near = shapely.distance(shapely.points(places), band.boundary) < 25
    inside = shapely.contains_xy(band, places)
    density = surface.at(places)
    assert density[inside & ~near].min() > density[~inside & ~near].max()


def test_holes_stay_holes():
    angle = np.linspace(0, 2 * np.pi, 300, endpoint=False)
    ring = np.column_stack([2000 + 900 * np.cos(angle), 2000 + 900 * np.sin(angle)])
    band = density_bands(focus_of(ring), WITHIN, COVERED, [0.04]).geometry.iloc[0]
    assert not band.contains(shapely.Point(WEST + 2000, SOUTH + 2000))
    assert shapely.get_num_interior_rings(shapely.get_parts(band)).sum() == 1


def test_where_little_ground_has_any_density_there_is_no_wider_band():
    found = density_bands(focus_of([(2000, 2000)] * 5), WITHIN, COVERED, [0.5, 0.001])
    assert found["share_of_area"].tolist() == [0.001]
    assert found["n"].tolist() == [5]
    assert density_bands(focus_of([(1, 1)]).iloc[:0], WITHIN, COVERED).empty
