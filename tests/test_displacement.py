"""Hints that crime moved: rings that count no incident twice, exact tests within the window, few false alarms."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal
from scipy import stats

from hotspots.analysis.displacement import RING_M, BorderDisplacement, displacement_hints
from hotspots.analysis.hotspots import Found, find_hotspots
from hotspots.analysis.methods import Surroundings
from hotspots.places.areas import outline_of
from hotspots.settings import Hotspots
from hotspots.stats.two_counts import displacement
from hotspots.stats.usual import ALPHA, false_discovery, usual_total
from hotspots.tables import check
from hotspots.tables.neighbours import DISPLACEMENT
from tests.places_fixtures import SOUTH, WEST, lattice, located

WINDOW = pd.period_range("2023-06", "2024-05", freq="M")
MONTHS = [str(month) for month in WINDOW]
TESTED = [
    "others_mean",
    "ring_others_mean",
    "ring_usual_low",
    "ring_usual_high",
    "displacement_p",
    "displacement_p_adjusted",
]


def spread(before, month, n_others=11):
    """Counts by month: so many before, as evenly as they go, and so many in the last."""
    return [*(before // n_others + (k < before % n_others) for k in range(n_others)), month]


def scene(*places, zones=None, months=MONTHS):
    """Discs of 75 m at places (east, north), with counts by month inside and 100 m beyond the edge of each."""
    rows, inside = [], []
    for number, (east, north, within, around) in enumerate(places):
        for x, counts, of in ((east, within, f"H{number}"), (east + 175, around, None)):
            for month, count in zip(months, counts, strict=True):
                rows += [(x, north, month)] * count
                inside += [of] * count
    focus = located([(x, y) for x, y, _ in rows], zones or "area", months=[month for *_, month in rows])
    return focus, found_of(places, pd.Series(inside, index=focus.index, dtype="str"))


def hinted(made, window=WINDOW, **changes):
    """The hints of rows and the hotspots among them."""
    focus, own = made
    return displacement_hints(focus, own, window, **changes)


def found_of(places, inside):
    key = pd.Index([f"H{number}" for number in range(len(places))], dtype="str", name="hotspot_id")
    discs = [shapely.Point(WEST + place[0], SOUTH + place[1]).buffer(75) for place in places]
    centres = pd.DataFrame({"easting": 0.0, "northing": 0.0}, index=key)
    minima = pd.Series(1, index=key)
    return Found(inside.to_frame("hotspot_id"), gpd.GeoSeries(discs, index=key, crs=27700), centres, minima, {})


def test_inside_and_ring_are_tested_as_two_counts_each():
    places = [
        (500, 500, spread(110, 0), spread(44, 20)),
        (1500, 500, spread(55, 6), spread(33, 3)),
        (2500, 500, spread(88, 4), spread(22, 2)),
        (500, 1500, spread(66, 1), spread(66, 14)),
    ]
    moved = hinted(scene(*places))
    table = check(DISPLACEMENT, moved.hotspots)
    before, month = np.array([110, 55, 88, 66]), np.array([0, 6, 4, 1])
    ring, ring_month = np.array([44, 33, 22, 66]), np.array([20, 3, 2, 14])
    p = displacement((before, month), (ring, ring_month), (11, 1)).p
    adjusted, level = false_discovery(p)
    assert table["n_month"].tolist() == month.tolist()
    assert table["ring_n_month"].tolist() == ring_month.tolist()
    np.testing.assert_allclose(table["others_mean"], before / 11)
    np.testing.assert_allclose(table["ring_others_mean"], ring / 11)
    np.testing.assert_array_equal(table["displacement_p"], p)
    np.testing.assert_array_equal(table["displacement_p_adjusted"], adjusted)
    assert table["displacement"].tolist() == [True, False, False, True]
    for n, row in zip(ring, table.to_dict("records"), strict=True):
        assert stats.binom.sf(row["ring_usual_high"], n + row["ring_usual_high"] + 1, 1 / 12) <= level
        assert stats.binom.sf(row["ring_usual_high"] - 1, n + row["ring_usual_high"], 1 / 12) > level
        assert stats.binom.cdf(row["ring_usual_low"], n + row["ring_usual_low"], 1 / 12) > level
    assert (moved.width_m, moved.n_others, moved.refused) == (RING_M, 11, "")


@pytest.mark.parametrize("width_m", [50.0, 200.0, 450.0])
def test_a_ring_holds_what_is_near_its_ground_and_in_no_hotspot(width_m):
    random = np.random.default_rng(7)
    places = [(700.0, 700.0), (900.0, 760.0), (2000.0, 1500.0)]
    xy = np.round(random.uniform(100, 2500, (1500, 2)))
    focus = located(xy, zones=random.choice(["area", "ring"], 1500), months=random.choice(MONTHS, 1500))
    grounds = found_of(places, pd.Series(dtype="str")).grounds
    on = pd.Series(None, index=focus.index, dtype="str")
    for name, ground in grounds.items():
        on[focus.within(ground) & on.isna()] = name
    own = found_of(places, on)
    table = hinted((focus, own), width_m=width_m).hotspots
    for name, ground in grounds.items():
        ring = on.isna() & (focus.distance(ground) <= width_m)
        assert table.loc[name, "ring_n_month"] == (ring & (focus["month"] == WINDOW[-1])).sum()
        assert table.loc[name, "ring_others_mean"] * 11 == pytest.approx((ring & (focus["month"] < WINDOW[-1])).sum())
        assert table.loc[name, "n_month"] == ((on == name) & (focus["month"] == WINDOW[-1])).sum()


def test_the_rows_order_and_the_grounds_order_change_nothing():
    focus, own = scene((500, 500, spread(90, 1), spread(40, 20)), (1500, 500, spread(60, 6), spread(33, 3)))
    copies = focus.copy(deep=True), own.members.copy(deep=True), own.grounds.copy(deep=True)
    table = hinted((focus, own)).hotspots
    order = np.random.default_rng(3).permutation(len(focus))
    turned = Found(own.members.iloc[order].set_index(focus.index), own.grounds.iloc[::-1], own.centres, own.minima, {})
    again = hinted((focus.iloc[order].set_index(focus.index), turned)).hotspots
    assert_frame_equal(table, again)
    assert_frame_equal(focus, copies[0])
    assert_frame_equal(own.members, copies[1])
    assert own.grounds.equals(copies[2])


COUNT = st.integers(0, 45)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(COUNT, st.integers(0, 9), st.integers(0, 25), st.integers(0, 15)), min_size=1, max_size=3))
def test_a_ring_with_a_hint_lies_above_its_range_and_told_are_those_that_could_be_beyond_chance(counts):
    places = [(500 + 1000 * n, 500, spread(a, b), spread(c, d)) for n, (a, b, c, d) in enumerate(counts)]
    focus, own = scene(*places)
    if focus.empty:
        return
    table = hinted((focus, own)).hotspots
    above = (table["ring_n_month"] > table["ring_usual_high"]).to_numpy()
    assert above[table["displacement"]].all()
    assert (table["displacement"] == (table["displacement_p_adjusted"] <= ALPHA)).all()
    for (a, b, c, d), told in zip(counts, table["displacement_p_adjusted"].notna(), strict=True):
        assert told == (max((11 / 12) ** (a + b), (1 / 12) ** (c + d)) <= ALPHA), (a, b, c, d)
    p, adjusted = table["displacement_p"], table["displacement_p_adjusted"].dropna()
    np.testing.assert_array_equal(adjusted, false_discovery(p[adjusted.index])[0])


@pytest.mark.parametrize(("inside", "ring", "told"), [(34, 10, False), (35, 10, True), (35, 1, False), (35, 2, True)])
def test_a_place_with_too_little_cannot_be_told_and_dilutes_no_other(inside, ring, told):
    little = [(500 + 700 * n, 2500, spread(12, 0), spread(0, 1)) for n in range(5)]
    busy = (500, 500, spread(60, 0), spread(22, 8))
    table = hinted(scene(busy, (2500, 500, spread(inside, 0), spread(ring, 0)), *little)).hotspots
    assert table["displacement_p_adjusted"].notna().tolist() == [True, told, *[False] * 5]
    assert table["displacement_p"].notna().all()
    assert table["displacement_p_adjusted"].iloc[0] == pytest.approx(table["displacement_p"].iloc[0] * (1 + told))
    assert not table["displacement"].iloc[1:].any()


def test_the_month_is_part_of_the_totals_that_tell():
    table = hinted(scene((500, 500, spread(34, 1), spread(1, 1)), (2500, 500, spread(33, 1), spread(1, 1)))).hotspots
    assert table["displacement_p_adjusted"].notna().tolist() == [True, False]


def test_an_incomplete_month_is_left_out_and_an_incomplete_last_month_tests_nothing():
    within, around = spread(110, 2), spread(22, 12)
    within[3], around[3] = 0, 90
    focus, own = scene((500, 500, within, around))
    assert not hinted((focus, own)).hotspots["displacement"].iloc[0]
    moved = hinted((focus, own), untested=[WINDOW[3]])
    assert moved.n_others == 10
    assert moved.hotspots["displacement"].iloc[0]
    assert moved.hotspots["others_mean"].tolist() == [10.0]
    assert moved.hotspots["ring_others_mean"].tolist() == [2.0]
    p = displacement(([100], [2]), ([20], [12]), (10, 1)).p
    assert moved.hotspots["displacement_p"].tolist() == p.tolist()
    moved = hinted((focus, own), untested=[WINDOW[-1], WINDOW[3]])
    assert (moved.refused, moved.n_others, moved.border) == ("the month's files look incomplete", 0, None)
    untold(moved.hotspots)
    # Months outside the window do not matter.
    assert hinted((focus, own), untested=[WINDOW[0] - 1]).n_others == 11


def untold(table):
    check(DISPLACEMENT, table)
    assert table[TESTED].isna().all(axis=None)
    assert not table["displacement"].any()


def test_without_another_month_nothing_is_tested():
    focus, own = scene((500, 500, [9], [4]), months=MONTHS[-1:])
    for window, untested in ((WINDOW[-1:], ()), (WINDOW, tuple(WINDOW[:-1]))):
        moved = hinted((focus, own), window, untested=untested)
        assert (moved.refused, moved.n_others) == ("the window holds no other whole month", 0)
        assert moved.border is None
        untold(moved.hotspots)
        assert moved.hotspots[["n_month", "ring_n_month"]].to_numpy().tolist() == [[9, 4]]


def test_months_outside_the_window_are_not_counted():
    focus, own = scene((500, 500, spread(60, 2), spread(22, 8)))
    whole, shorter = hinted((focus, own)), hinted((focus, own), WINDOW[2:-1])
    assert whole.hotspots[["n_month", "ring_n_month"]].to_numpy().tolist() == [[2, 8]]
    assert shorter.hotspots[["n_month", "ring_n_month"]].to_numpy().tolist() == [[5, 2]]
    assert shorter.hotspots[["others_mean", "ring_others_mean"]].to_numpy().tolist() == [[5.375, 2.0]]


@pytest.mark.parametrize("rows", [0, 30])
def test_no_hotspot_is_a_valid_empty_table(rows):
    focus = located([(500, 500)] * rows, months=[MONTHS[n % 12] for n in range(rows)])
    own = found_of([], pd.Series(None, index=focus.index, dtype="str"))
    for untested in ((), (WINDOW[-1],)):
        moved = hinted((focus, own), untested=untested)
        check(DISPLACEMENT, moved.hotspots)
        assert moved.hotspots.empty
        assert moved.hotspots.index.name == "hotspot_id"


# ------------------------------------------------------------------------------------------------ the whole area


def totals(area, ring):
    """Rows of the two zones with these counts by month, in no hotspot."""
    rows = [
        (zone, month)
        for zone, counts in (("area", area), ("ring", ring))
        for month, count in zip(MONTHS, counts, strict=True)
        for _ in range(count)
    ]
    focus = located([(500, 500)] * len(rows), [zone for zone, _ in rows], months=[month for _, month in rows])
    return focus, found_of([], pd.Series(None, index=focus.index, dtype="str"))


def ranges(*others):
    return [usual_total(counts) for counts in others]


EVEN = [40, 44, 37, 41, 39, 45, 36, 42, 40, 38, 43]
AROUND = [20, 24, 17, 21, 19, 25, 16, 22, 20, 18, 23]


@pytest.mark.parametrize(
    ("month", "ring", "hint"), [(20, 45, True), (40, 45, False), (20, 20, False), (80, 45, False), (20, 2, False)]
)
def test_across_the_line_both_totals_must_leave_their_usual_ranges(month, ring, hint):
    border = hinted(totals([*EVEN, month], [*AROUND, ring])).border
    assert border == BorderDisplacement(
        n_month=month,
        usual=ranges(EVEN)[0],
        ring_n_month=ring,
        ring_usual=ranges(AROUND)[0],
        p=displacement((sum(EVEN), month), (sum(AROUND), ring), (11, 1)).p[0],
        hint=hint,
    )


@pytest.mark.parametrize(("inside", "around"), [(0, 1), (1, 0)])
def test_a_total_at_the_end_of_its_range_is_usual(inside, around):
    (low, _), (_, high) = ranges(EVEN, AROUND)
    border = hinted(totals([*EVEN, low - inside], [*AROUND, high + around])).border
    assert not border.hint
    assert hinted(totals([*EVEN, low - 1], [*AROUND, high + 1])).border.hint


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 30), st.integers(0, 9), st.integers(0, 8), st.integers(5, 40))
def test_the_ranges_ask_for_more_than_the_exact_test(mean, spread_of, month, ring):
    area = [mean + (k % 2) * spread_of for k in range(11)]
    border = hinted(totals([*area, month], [*AROUND, ring])).border
    assert not border.hint or border.p <= ALPHA


def test_incomplete_months_are_no_part_of_the_totals_and_two_others_are_too_few():
    area, ring = [*EVEN, 20], [*AROUND, 45]
    area[2], ring[4] = 1, 1
    focus, own = totals(area, ring)
    border = hinted((focus, own), untested=[WINDOW[2], WINDOW[4]]).border
    kept = [n for n in range(11) if n not in (2, 4)]
    assert border.usual == usual_total([area[n] for n in kept])
    assert border.ring_usual == usual_total([ring[n] for n in kept])
    assert border.hint
    totals_of = (sum(area[n] for n in kept), 20), (sum(ring[n] for n in kept), 45)
    assert border.p == displacement(*totals_of, (9, 1)).p[0]
    assert hinted((focus, own), untested=WINDOW[3:-1]).border is not None
    moved = hinted((focus, own), untested=WINDOW[2:-1])
    assert (moved.border, moved.n_others, moved.refused) == (None, 2, "")


# ------------------------------------------------------------------------------------------------ false alarms, power

LAYER = lattice(30, 30)
OUTLINE = outline_of(LAYER)


def month_of_a_town(seed, moved=0.0):
    """Nine busy places of two to twelve incidents a month among scattered ones; a share of the first moves at last."""
    random = np.random.default_rng(seed)
    rows = []
    for number, rate in enumerate((24, 8, 5, 4, 10, 6, 3, 12, 2)):
        centre = np.array([500 + 1000 * (number % 3), 500 + 1000 * (number // 3)])
        points = np.round(centre + random.normal(0, 25, (8, 2)), -1)
        for month in MONTHS:
            count = random.poisson(rate)
            gone = random.binomial(count, moved) if number == 0 and month == MONTHS[-1] else 0
            turn = random.uniform(0, 2 * np.pi, gone)
            ring = centre + 280 * np.column_stack([np.cos(turn), np.sin(turn)])
            rows += [(*place, month) for place in (*points[random.integers(0, 8, count - gone)], *np.round(ring, -1))]
    rows += [(*np.round(random.uniform(10, 2990, 2), -1), month) for month in MONTHS for _ in range(random.poisson(30))]
    return located([(x, y) for x, y, _ in rows], months=[month for *_, month in rows])


def hints_of(focus):
    found = find_hotspots(
        focus, Surroundings(focus, WINDOW, LAYER, OUTLINE), Hotspots(method="clusters", radius_m=75.0)
    )
    table = hinted((focus, found)).hotspots
    places = found.centres.reindex(table.index)
    first = np.hypot(places["easting"] - WEST - 500, places["northing"] - SOUTH - 500) < 150
    return table["displacement"], first


def test_without_any_change_few_lists_hold_a_hint():
    # None of 480 larger lists did, by clusters and by cells.
    assert np.mean([hints_of(month_of_a_town(seed))[0].any() for seed in range(8)]) <= ALPHA


def test_a_place_that_moves_into_its_ring_is_found_and_no_other():
    for seed in range(3):
        hint, first = hints_of(month_of_a_town(seed, moved=0.8))
        assert hint[first].any()
        assert not hint[~first].any()


def test_where_every_place_falls_rings_left_to_chance_give_few_hints():
    random = np.random.default_rng(11)
    hints = []
    for _ in range(25):
        places = []
        for number in range(4):
            ring = [int(count) for count in random.poisson(4.0, 12)]
            places.append((500 + 800 * number, 500, spread(66, 0), ring))
        hints.append(hinted(scene(*places)).hotspots["displacement"].any())
    assert sum(hints) <= 3, "5 % of 25 lists, and what chance adds"
