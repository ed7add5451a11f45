"""One interface, several methods: what each draws, and the laws that all of them keep."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from hotspots.analysis.clusters import fewest
from hotspots.analysis.hotspots import find_hotspots
from hotspots.analysis.methods import Surroundings
from hotspots.places.areas import outline_of
from hotspots.settings import Hotspots
from hotspots.settings.sections import METHODS
from hotspots.tables import MEMBERS, check
from tests.places_fixtures import SIDE, lattice, located

WINDOW = pd.period_range("2023-06", "2024-05", freq="M")
LAYER = lattice(8, 8)
OUTLINE = outline_of(LAYER)


def rows(*piles, seed=3):
    """Rows of piles (east, north, month → how many), and a thin scatter."""
    random = np.random.default_rng(seed)
    places = [(east, north, month) for east, north, months in piles for month, n in months.items() for _ in range(n)]
    places += [(*random.uniform(5, 8 * SIDE - 5, 2), random.choice(WINDOW.astype(str))) for _ in range(40)]
    return located([(x, y) for x, y, _ in places], months=[month for _, _, month in places])


def every(n):
    return {str(month): n for month in WINDOW}


PILES = ((150, 150, every(6)), (650, 250, every(4)), (400, 700, every(3)))


def found_by(method, frame, history=None, **changes):
    focus = frame[frame["month"].isin(WINDOW)]
    around = Surroundings(frame if history is None else history, WINDOW, LAYER, OUTLINE)
    return find_hotspots(focus, around, Hotspots(method=method, **changes))


@pytest.mark.parametrize("method", METHODS)
def test_every_method_finds_the_piles_and_names_itself(method):
    found = found_by(method, rows(*PILES))
    check(MEMBERS, found.members)
    sizes = found.members["hotspot_id"].value_counts()
    assert len(sizes) >= 3
    assert sizes.iloc[0] >= 72
    assert found.parameters["method"] == method
    assert found.parameters["min_incidents"] == sorted(set(found.minima))
    for east, north, _ in PILES:
        assert any(ground.covers(located([(east, north)]).geometry.iloc[0]) for ground in found.grounds)


@pytest.mark.parametrize("method", METHODS)
def test_the_order_of_rows_changes_nothing(method):
    frame = rows(*PILES)
    order = np.random.default_rng(1).permutation(len(frame))
    one, other = found_by(method, frame), found_by(method, frame.iloc[order].set_index(frame.index))
    assert_frame_equal(one.members.iloc[order].reset_index(drop=True), other.members.reset_index(drop=True))
    assert one.grounds.geom_equals(other.grounds).all()
    assert one.parameters == other.parameters


@pytest.mark.parametrize("method", METHODS)
def test_grounds_do_not_overlap_and_each_holds_enough(method):
    found = found_by(method, rows(*PILES, (180, 160, every(5)), (700, 260, every(2))))
    grounds = found.grounds.to_numpy()
    for number, ground in enumerate(grounds):
        for other in grounds[number + 1 :]:
            assert ground.intersection(other).area == pytest.approx(0, abs=1e-6)
    assert found.members["hotspot_id"].value_counts().min() >= 12


@pytest.mark.parametrize("method", METHODS)
def test_nothing_and_too_little_are_no_hotspot(method):
    nothing = rows().iloc[:0]
    assert len(found_by(method, nothing).grounds) == 0
    assert len(found_by(method, rows((150, 150, every(1))), min_per_month=30.0).grounds) == 0


@pytest.mark.parametrize("method", METHODS)
def test_no_more_are_listed_than_asked_for(method):
    assert len(found_by(method, rows(*PILES), max_number=2).grounds) == 2


def test_cells_remember_and_forget():
    """A place busy long ago outranks none that is busy now, but counts with a long memory."""
    old = {f"2020-{month:02d}": 30 for month in range(1, 13)}
    frame = rows((150, 150, every(2) | old), (650, 250, every(4)))
    assert list(found_by("cells", frame, max_number=1, half_life_months=240.0).minima) == [12]

    def first(**changes):
        found = found_by("cells", frame, max_number=1, **changes)
        return found.grounds.iloc[0].covers(located([(150, 150)]).geometry.iloc[0])

    assert first(half_life_months=240.0)
    assert not first(half_life_months=3.0)
    assert not first(half_life_months=0.0)
    assert not first(half_life_months=240.0, history_months=12)


def test_cells_are_whole_and_of_the_size_and_shape_asked_for():
    square = found_by("cells", rows(*PILES), cell_shape="square", cell_m=100.0)
    areas = square.grounds.area.to_numpy() / 1e4
    np.testing.assert_allclose(areas, np.round(areas))
    hexagon = found_by("cells", rows(*PILES), cell_m=100.0)
    np.testing.assert_allclose(hexagon.grounds.area / (3**0.5 / 2 * 1e4) % 1, 0, atol=1e-9)
    assert hexagon.parameters["months_of_history"] == 12


def test_lsoas_are_ranked_by_incidents_for_their_size():
    halves = LAYER.assign(area_km2=np.where(LAYER.index == LAYER.index[-1], 0.001, LAYER["area_km2"]))
    corner = halves.geometry.iloc[-1].centroid
    west, south = LAYER.total_bounds[:2]
    frame = rows((150, 150, every(6)), (corner.x - west, corner.y - south, every(2)))
    focus = frame.copy()
    around = Surroundings(frame, WINDOW, halves, OUTLINE)
    found = find_hotspots(focus, around, Hotspots(method="lsoa", max_number=1))
    assert found.grounds.iloc[0].equals(halves.geometry.iloc[-1])
    ring = halves.assign(zone=np.where(halves.index == halves.index[-1], "ring", "area"))
    other = find_hotspots(focus, Surroundings(frame, WINDOW, ring, OUTLINE), Hotspots(method="lsoa", max_number=1))
    assert not other.grounds.iloc[0].equals(halves.geometry.iloc[-1])


def test_the_fewest_incidents_follow_the_months():
    chosen = Hotspots(min_per_month=1.5, min_in_window=5)
    assert [fewest(chosen, months) for months in (1, 3, 4, 12)] == [5, 5, 6, 18]


@pytest.mark.parametrize("method", METHODS)
def test_a_share_of_the_area_bounds_the_ground_and_more_lists_more(method):
    frame = rows(*PILES)
    places = []
    for share in (0.03, 0.06, 0.2):
        found = found_by(method, frame, budget_share_of_area=share, max_number=1)
        places.append(len(found.grounds))
        # The first place may be larger than the budget.
        assert places[-1] <= 1 or found.grounds.area.sum() / OUTLINE.area <= share * 1.05
    assert places == sorted(places)
    assert places[0] < places[-1]


@pytest.mark.parametrize("method", METHODS)
def test_a_share_of_the_incidents_is_reached_with_the_fewest_first_places(method):
    frame = rows(*PILES)
    window = frame["month"].isin(WINDOW).sum()
    for share, places in ((0.2, 1), (0.6, 2), (0.75, 3)):
        found = found_by(method, frame, budget_share_of_n=share, max_number=1)
        assert len(found.grounds) == places
        assert found.members["hotspot_id"].notna().sum() >= share * window * 0.98
