"""Ranked cells and the grounds joined of them: partitions, orders, budgets, and what no shuffling changes."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from hotspots.analysis.budget import Budget
from hotspots.analysis.cells import (
    MAX_WIDTH_M,
    Memory,
    decayed_counts,
    merge_cells,
    rank_cells,
)
from hotspots.analysis.clusters import width_m
from hotspots.errors import SettingsError
from hotspots.geo.grid import Grid

HEXAGON, SQUARE = Grid("hexagon", 150.0), Grid("square", 150.0)
GRIDS = st.sampled_from([HEXAGON, SQUARE, Grid("hexagon", 100.0)])
YEAR = Memory(12, 12)
ALL = Budget(share_of_area=1.0)

CELLS = st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), min_size=1, max_size=80)
HALF_LIVES = st.sampled_from([None, 1.0, 6.0, 24.0])
AREA = shapely.box(100, 120, 1150, 900)


def ranking(grid, cells, months_back=None, own=None, memory=YEAR, area=AREA):
    """Rank incidents given by their cells."""
    cells = np.array(cells, dtype=np.int64).reshape(-1, 2)
    back = np.zeros(len(cells), dtype=np.int64) if months_back is None else np.array(months_back, dtype=np.int64)
    inside = np.ones(len(cells), dtype=bool) if own is None else np.array(own, dtype=bool)
    return rank_cells(grid, grid.cells_within(area), cells, back, inside, memory)


def counted(grid, counts, own=None, area=AREA):
    """Rank cells of given counts of one month; ``own``: how many of each lie in the area."""
    cells = [cell for cell, n in counts.items() for _ in range(n)]
    inside = [i < n if own is None else i < own.get(cell, n) for cell, n in counts.items() for i in range(n)]
    return ranking(grid, cells, own=inside, area=area)


def listed(found, grid):
    """The cells of each hotspot, in order."""
    groups: list[set[tuple[int, int]]] = [set() for _ in found.grounds]
    for name, hotspot in found.cells.items():
        row = found.ranked.loc[name]
        assert grid.names([(row["column"], row["row"])]) == [name]
        groups[hotspot].add((int(row["column"]), int(row["row"])))
    return groups


# Counts


def direct(cells, back, half_life, months):
    total: dict[tuple[int, int], float] = {}
    for cell, age in zip(map(tuple, np.asarray(cells).tolist()), back, strict=True):
        if age < months:
            total[cell] = total.get(cell, 0.0) + (1.0 if half_life is None else 0.5 ** (age / half_life))
    return total


@given(CELLS, HALF_LIVES, st.integers(1, 40), st.data())
def test_counts_are_the_sum_of_the_weights(cells, half_life, months, data):
    back = data.draw(st.lists(st.integers(0, 50), min_size=len(cells), max_size=len(cells)))
    moved = np.array(cells) - 4
    ids, counts = decayed_counts(moved, np.array(back), half_life, months)
    wanted = direct(moved, back, half_life, months)
    assert list(map(tuple, ids.tolist())) == sorted(wanted)
    assert counts == pytest.approx([wanted[cell] for cell in sorted(wanted)], rel=1e-12)
    assert counts.dtype == np.float64


@pytest.mark.parametrize(
    ("age", "weight"), [(0, 1.0), (12, 0.5), (24, 0.25), (6, math.sqrt(0.5)), (35, 0.5 ** (35 / 12))]
)
def test_an_incident_counts_half_after_a_half_life(age, weight):
    _, counts = decayed_counts(np.array([(3, 4)]), np.array([age]), 12.0, 36)
    assert counts == pytest.approx([weight], rel=1e-14)


def test_the_oldest_month_counts_and_the_one_before_it_does_not():
    ids, counts = decayed_counts(np.array([(1, 1), (2, 2)]), np.array([11, 12]), None, 12)
    assert (ids.tolist(), counts.tolist()) == ([[1, 1]], [1.0])


@settings(deadline=None)
@given(CELLS, HALF_LIVES, st.randoms(use_true_random=False))
def test_no_bit_of_a_count_depends_on_the_order_of_rows(cells, half_life, random):
    rows = [(cell, random.randrange(60)) for cell in cells * 5]
    shuffled = rows.copy()
    random.shuffle(shuffled)
    one, other = (
        decayed_counts(np.array([c for c, _ in some]), np.array([a for _, a in some]), half_life, 60)
        for some in (rows, shuffled)
    )
    np.testing.assert_array_equal(one[0], other[0])
    np.testing.assert_array_equal(one[1], other[1])


def test_counts_know_no_future():
    with pytest.raises(ValueError, match="after its latest month"):
        decayed_counts(np.array([(0, 0)]), np.array([-1]), None, 12)


def test_no_incidents_have_no_counts():
    ids, counts = decayed_counts(np.zeros((0, 2), dtype=np.int64), np.zeros(0, dtype=np.int64), 12.0, 12)
    assert (ids.shape, counts.shape) == ((0, 2), (0,))


# Ranks


@settings(deadline=None)
@given(GRIDS, CELLS, HALF_LIVES, st.data())
def test_every_incident_and_all_of_the_area_are_counted_once(grid, cells, half_life, data):
    n = len(cells)
    back = np.array(data.draw(st.lists(st.integers(0, 70), min_size=n, max_size=n)))
    own = np.array(data.draw(st.lists(st.booleans(), min_size=n, max_size=n)))
    memory = Memory(12, 60, half_life)
    ranked = ranking(grid, cells, back, own, memory)
    assert ranked["n_window"].sum() == (back < 12).sum()
    assert ranked["n_history"].sum() == (back < 60).sum()
    assert ranked["n_own"].sum() == ((back < 12) & own).sum()
    assert (ranked["n_own"] <= ranked["n_window"]).all()
    assert ranked["score"].sum() == pytest.approx(sum(direct(cells, back, half_life, 60 if half_life else 12).values()))
    assert ranked["area_m2"].sum() == pytest.approx(AREA.area, rel=1e-9)
    assert ranked.index.is_unique
    assert ranked["rank"].tolist() == list(range(1, len(ranked) + 1))
    order = list(zip(-ranked["score"], -ranked["n_history"], ranked["column"], ranked["row"], strict=True))
    assert order == sorted(order)


def test_a_ranking_read_in_full():
    area = shapely.box(0, 0, 450, 150)
    cells = [(0, 0)] * 2 + [(2, 0)] * 2 + [(1, 0)] * 3 + [(5, 5)]
    back = [0, 5, 1, 2, 13, 14, 40, 0]
    own = [True, False, True, True, True, True, True, False]
    ranked = ranking(SQUARE, cells, back, own, Memory(12, 24), area)
    assert ranked.index.tolist() == ["x0_y0", "x2_y0", "x5_y5", "x1_y0"]
    assert ranked.index.name == "cell_id"
    assert list(ranked.columns) == ["column", "row", "score", "n_window", "n_history", "n_own", "area_m2", "rank"]
    assert ranked["score"].tolist() == [2.0, 2.0, 1.0, 0.0]
    assert ranked["n_window"].tolist() == [2, 2, 1, 0]
    assert ranked["n_history"].tolist() == [2, 2, 1, 2], "of two years"
    assert ranked["n_own"].tolist() == [1, 2, 0, 0]
    assert ranked["area_m2"].tolist() == [22500.0, 22500.0, 0.0, 22500.0], "a cell outside has no area"
    whole = {name: kind for name, kind in ranked.dtypes.items() if name not in {"score", "area_m2"}}
    assert set(whole.values()) == {np.dtype("int64")}


def test_of_equal_scores_the_longer_history_comes_first_then_west_then_south():
    area = shapely.box(0, 0, 600, 300)
    cells = [(3, 1), (2, 0), (2, 1), (1, 1), (1, 1)]
    ranked = ranking(SQUARE, cells, [0, 0, 0, 0, 12], memory=Memory(12, 24), area=area)
    assert ranked.index.tolist() == [
        "x1_y1", "x2_y0", "x2_y1", "x3_y1", "x0_y0", "x0_y1", "x1_y0", "x3_y0",
    ]  # fmt: skip
    assert ranked["score"].tolist() == [1.0] * 4 + [0.0] * 4


def test_with_a_half_life_the_whole_history_makes_the_score():
    cells, back = [(2, 2)] * 3 + [(3, 3)] * 2, [20, 20, 20, 0, 5]
    plain = ranking(SQUARE, cells, back, memory=Memory(12, 24))
    assert plain.loc[["x3_y3", "x2_y2"], "score"].tolist() == [2.0, 0.0]
    decayed = ranking(SQUARE, cells, back, memory=Memory(12, 24, 10.0))
    assert decayed.loc[["x3_y3", "x2_y2"], "score"].tolist() == pytest.approx([1 + 0.5**0.5, 0.75])
    slow = ranking(SQUARE, cells, back, memory=Memory(12, 24, 1e6))
    assert slow.index[:2].tolist() == ["x2_y2", "x3_y3"]


@settings(deadline=None, max_examples=50)
@given(GRIDS, CELLS, HALF_LIVES, st.data())
def test_doubling_all_weights_changes_no_rank(grid, cells, half_life, data):
    back = data.draw(st.lists(st.integers(0, 30), min_size=len(cells), max_size=len(cells)))
    memory = Memory(12, 24, half_life)
    one, two = ranking(grid, cells, back, memory=memory), ranking(grid, cells * 2, back * 2, memory=memory)
    assert one.index.tolist() == two.index.tolist()
    np.testing.assert_array_equal(2 * one["score"], two["score"])


def test_nothing_to_count_ranks_the_cells_all_the_same():
    ranked = ranking(SQUARE, [], area=shapely.box(0, 0, 300, 150))
    assert ranked.index.tolist() == ["x0_y0", "x1_y0"]
    assert ranked["score"].tolist() == [0.0, 0.0]
    nothing = ranking(SQUARE, [], area=shapely.Polygon())
    assert len(nothing) == 0
    assert merge_cells(SQUARE, nothing, ALL, 1).grounds == []


# Laws of the grounds


def check_grounds(found, grid, least, widest):
    groups = listed(found, grid)
    ranked = found.ranked.set_index(["column", "row"])
    for group, ground in zip(groups, found.grounds, strict=True):
        assert group, "every ground has cells"
        wanted = shapely.union_all(grid.polygons(sorted(group)))
        assert shapely.symmetric_difference(ground, wanted).area < 1e-6
        assert ground.is_valid
        assert ground.geom_type in {"Polygon", "MultiPolygon"}
        assert len(group) == 1 or width_m(ground) <= widest + 1e-6
        assert ranked.loc[sorted(group), "n_window"].sum() >= least
        # Connected by steps to a neighbour.
        reached, pending = set(), [min(group)]
        while pending:
            one = pending.pop()
            reached.add(one)
            pending += [t for t in map(tuple, grid.neighbours([one])[0].tolist()) if t in group - reached]
        assert reached == group
    for i, one in enumerate(found.grounds):
        for other in found.grounds[:i]:
            assert shapely.intersection(one, other).area == 0
    score = [ranked.loc[sorted(group), "score"].sum() for group in groups]
    assert score == sorted(score, reverse=True)
    return groups


BUDGETS = st.one_of(
    st.builds(lambda share: Budget(share_of_area=share), st.sampled_from([0.01, 0.1, 0.3, 1.0])),
    st.builds(lambda share: Budget(share_of_n=share), st.sampled_from([0.1, 0.5, 1.0])),
    st.builds(lambda number: Budget(number=number), st.integers(1, 12)),
)
WIDTHS = st.sampled_from([150.0, 320.0, 460.0, 500.0, 800.0, 5000.0])


@settings(deadline=None)
@given(GRIDS, CELLS, BUDGETS, st.integers(1, 6), WIDTHS)
def test_grounds_are_connected_apart_and_of_the_size_asked_for(grid, cells, budget, least, widest):
    ranked = ranking(grid, cells)
    found = merge_cells(grid, ranked, budget, least, widest)
    groups = check_grounds(found, grid, least, widest)
    # No two that adjoin would fit together: nothing is cut without need.
    for i, one in enumerate(groups):
        around = set(map(tuple, grid.neighbours(sorted(one)).reshape(-1, 2).tolist()))
        for j in range(i):
            if around & groups[j]:
                assert width_m(shapely.union(found.grounds[i], found.grounds[j])) > widest
    assert found.ranked is ranked
    assert found.n_selected >= len(found.cells)
    rows = ranked.loc[found.cells.index]
    assert found.share_of_n == pytest.approx(rows["n_own"].sum() / ranked["n_own"].sum())
    assert found.share_of_area == pytest.approx(rows["area_m2"].sum() / ranked["area_m2"].sum())
    assert found.selected_share_of_n >= found.share_of_n
    assert found.selected_share_of_area >= found.share_of_area
    assert rows["rank"].is_monotonic_increasing
    assert found.cells.dtype == np.int64
    assert found.cells.name == "hotspot"


@settings(deadline=None, max_examples=40)
@given(GRIDS, CELLS, st.integers(1, 6), WIDTHS, st.data())
def test_a_greater_budget_lists_every_cell_of_a_smaller_one_and_parts_none(grid, cells, least, widest, data):
    n = len(cells)
    own = data.draw(st.lists(st.booleans(), min_size=n, max_size=n))
    ranked = ranking(grid, cells, own=own)
    ladders = [
        [Budget(share_of_area=share) for share in (0.02, 0.05, 0.1, 0.2, 0.5, 1.0)],
        [Budget(share_of_n=share) for share in (0.05, 0.2, 0.4, 0.8, 1.0)],
        [Budget(number=number) for number in (1, 2, 3, 5, 20)],
    ]
    for ladder in ladders:
        before: list[set[tuple[int, int]]] = []
        for budget in ladder:
            found = merge_cells(grid, ranked, budget, least, widest)
            groups = listed(found, grid)
            assert all(any(small <= group for group in groups) for small in before)
            before = groups


@settings(deadline=None, max_examples=50)
@given(GRIDS, CELLS, BUDGETS, st.integers(1, 6), st.randoms(use_true_random=False))
def test_nothing_depends_on_the_order_of_rows(grid, cells, budget, least, random):
    rows = [(cell, random.randrange(24), random.random() < 0.7) for cell in cells]
    shuffled = rows.copy()
    random.shuffle(shuffled)
    memory = Memory(12, 24, 6.0)
    one, other = (
        ranking(grid, [c for c, _, _ in some], [a for _, a, _ in some], [o for _, _, o in some], memory)
        for some in (rows, shuffled)
    )
    pd.testing.assert_frame_equal(one, other)
    mixed = other.sample(frac=1, random_state=random.randrange(1000))
    first, second = merge_cells(grid, one, budget, least), merge_cells(grid, mixed, budget, least)
    pd.testing.assert_series_equal(first.cells, second.cells)
    assert all(a.equals_exact(b) for a, b in zip(first.grounds, second.grounds, strict=True))
    for name in ("n_selected", "selected_share_of_area", "selected_share_of_n", "share_of_area", "share_of_n"):
        assert getattr(first, name) == getattr(second, name)


@settings(deadline=None, max_examples=50)
@given(GRIDS, CELLS, BUDGETS, st.integers(-3000, 3000), st.integers(-3000, 3000))
def test_a_shift_by_whole_cells_shifts_the_grounds_only(grid, cells, budget, column, row):
    by = np.subtract(grid.centres([(column, row)]), grid.centres([(0, 0)]))[0]
    step = np.array([(column, row)])
    moved = np.array(cells) + step
    one = ranking(grid, cells)
    other = ranking(grid, moved, area=shapely.transform(AREA, lambda xy: xy + by))
    assert other.index.tolist() == grid.names(one[["column", "row"]].to_numpy() + step)
    for name in ("score", "n_window", "n_history", "n_own", "rank"):
        assert one[name].tolist() == other[name].tolist()
    np.testing.assert_allclose(one["area_m2"], other["area_m2"], atol=1e-3)
    first, second = merge_cells(grid, one, budget, 2), merge_cells(grid, other, budget, 2)
    assert first.cells.tolist() == second.cells.tolist()
    for here, there in zip(first.grounds, second.grounds, strict=True):
        shifted = shapely.transform(here, lambda xy: xy + by)
        assert shapely.symmetric_difference(shifted, there).area < 1e-3


def test_what_is_lent_stays_as_it_was():
    cells, back, own = np.array([(3, 3), (4, 3), (3, 3)]), np.array([0, 1, 2]), np.array([True, True, False])
    copies = cells.copy(), back.copy(), own.copy()
    ranked = rank_cells(SQUARE, SQUARE.cells_within(AREA), cells, back, own, YEAR)
    for one, copy in zip((cells, back, own), copies, strict=True):
        np.testing.assert_array_equal(one, copy)
    mixed = ranked.iloc[::-1]
    before = mixed.copy()
    merge_cells(SQUARE, mixed, ALL, 1)
    pd.testing.assert_frame_equal(mixed, before)


# Examples of grounds


def street(n, count=20):
    return {(column, 3): count for column in range(n)}


def test_a_street_of_hot_cells_becomes_grounds_of_a_patrols_size():
    found = merge_cells(HEXAGON, counted(HEXAGON, street(9)), ALL, 12)
    assert listed(found, HEXAGON) == [{(c, 3) for c in range(first, first + 3)} for first in (0, 3, 6)]
    assert MAX_WIDTH_M == 500.0
    assert all(width_m(ground) == pytest.approx(math.hypot(450, 150 / math.sqrt(3))) for ground in found.grounds)
    wide = merge_cells(HEXAGON, counted(HEXAGON, street(9)), ALL, 12, max_width_m=5000)
    assert [len(group) for group in listed(wide, HEXAGON)] == [9]
    narrow = merge_cells(HEXAGON, counted(HEXAGON, street(9)), ALL, 12, max_width_m=150)
    assert [len(group) for group in listed(narrow, HEXAGON)] == [1] * 9


@pytest.mark.parametrize(("widest", "cells"), [(458.2, 3), (458.3, 3), (458.2 - 0.01, 2)])
def test_a_ground_may_be_exactly_as_wide_as_asked(widest, cells):
    exact = math.hypot(450, 150 / math.sqrt(3))
    found = merge_cells(HEXAGON, counted(HEXAGON, street(3)), ALL, 12, exact + widest - 458.2)
    assert max(len(group) for group in listed(found, HEXAGON)) == cells


def test_the_hottest_cells_come_first_and_take_their_neighbours():
    counts = {(0, 3): 10, (1, 3): 11, (2, 3): 30, (3, 3): 12, (4, 3): 29}
    found = merge_cells(HEXAGON, counted(HEXAGON, counts), ALL, 5)
    assert listed(found, HEXAGON) == [{(2, 3), (3, 3), (4, 3)}, {(0, 3), (1, 3)}]


def test_a_cell_between_two_grounds_joins_the_one_with_the_best_cell():
    # (2, 3) could go west or east, and with both the ground would be too wide.
    west = {(0, 3): 30, (1, 3): 20, (2, 3): 5, (3, 3): 21, (4, 3): 29}
    assert listed(merge_cells(HEXAGON, counted(HEXAGON, west), ALL, 5), HEXAGON) == [
        {(0, 3), (1, 3), (2, 3)},
        {(3, 3), (4, 3)},
    ]
    east = {(0, 3): 29, (1, 3): 20, (2, 3): 5, (3, 3): 19, (4, 3): 30}
    assert listed(merge_cells(HEXAGON, counted(HEXAGON, east), ALL, 5), HEXAGON) == [
        {(2, 3), (3, 3), (4, 3)},
        {(0, 3), (1, 3)},
    ]


def test_a_cell_between_joins_two_grounds_that_fit_together():
    counts = {(0, 3): 30, (2, 3): 29, (1, 3): 5}
    ranked = counted(HEXAGON, counts)
    assert len(merge_cells(HEXAGON, ranked, Budget(share_of_n=0.9), 5).grounds) == 2
    assert listed(merge_cells(HEXAGON, ranked, ALL, 5), HEXAGON) == [set(counts)]


def test_squares_join_at_their_corners():
    found = merge_cells(SQUARE, counted(SQUARE, {(2, 2): 9, (3, 3): 9}), ALL, 12)
    assert listed(found, SQUARE) == [{(2, 2), (3, 3)}]
    assert found.grounds[0].geom_type == "MultiPolygon"
    assert found.grounds[0].is_valid


def test_hotspots_come_by_the_sum_of_their_scores_then_by_their_best_cell():
    counts = {(0, 0): 20, (3, 0): 12, (4, 0): 12, (7, 0): 10, (7, 1): 10}
    found = merge_cells(SQUARE, counted(SQUARE, counts, area=shapely.box(0, 0, 1200, 300)), ALL, 12)
    assert listed(found, SQUARE) == [{(3, 0), (4, 0)}, {(0, 0)}, {(7, 0), (7, 1)}]


# The minimum, and whose a hotspot is


def test_the_minimum_is_asked_of_the_joined_ground():
    corner = {(2, 2): 3, (3, 2): 3, (2, 3): 3, (3, 3): 3}
    assert listed(merge_cells(SQUARE, counted(SQUARE, corner), ALL, 12), SQUARE) == [set(corner)]
    fewer = merge_cells(SQUARE, counted(SQUARE, corner), ALL, 13)
    assert fewer.grounds == []
    assert len(fewer.cells) == 0
    assert (fewer.n_selected, fewer.n_unlisted, fewer.share_of_n) == (4, 1, 0.0)
    assert fewer.selected_share_of_n == 1.0


@pytest.mark.parametrize(
    ("least", "widest", "fewest"), [(12, 500.0, 2), (12, 300.0, 4), (100, 500.0, 12), (1, 500.0, 1)]
)
def test_a_cell_takes_part_where_a_ground_of_its_like_could_hold_enough(least, widest, fewest):
    assert math.ceil(least * min(1.0, SQUARE.area_m2 / (math.pi * (widest / 2) ** 2))) == fewest
    for edge, joined in [(fewest, 2), (fewest - 1, 1)]:
        if edge:
            found = merge_cells(SQUARE, counted(SQUARE, {(2, 2): least, (3, 2): edge}), ALL, least, widest)
            assert found.n_selected == joined


def test_the_smallest_cell_of_all_needs_no_more_than_the_minimum():
    for widest in (0.0, 20.0, 150.0):
        found = merge_cells(SQUARE, counted(SQUARE, {(2, 2): 12, (3, 2): 11}), ALL, 12, widest)
        assert listed(found, SQUARE) == [{(2, 2)}]
        assert found.n_selected == 1


@pytest.mark.parametrize(("inside", "is_own"), [(0, 0), (9, 0), (10, 1), (20, 1)])
def test_a_hotspot_is_the_areas_own_by_half_of_its_incidents(inside, is_own):
    found = merge_cells(SQUARE, counted(SQUARE, {(2, 2): 20}, own={(2, 2): inside}), ALL, 15)
    assert (len(found.grounds), found.n_unlisted) == (is_own, 1 - is_own)


@pytest.mark.parametrize(("inside", "is_own"), [(14, 0), (15, 1)])
def test_a_hotspot_is_the_areas_own_too_by_the_minimum(inside, is_own):
    found = merge_cells(SQUARE, counted(SQUARE, {(2, 2): 200}, own={(2, 2): inside}), ALL, 15)
    assert len(found.grounds) == is_own


def test_a_hotspot_grows_across_the_border_only_while_it_stays_the_areas_own():
    own = {(3, 2): 0}
    kept = merge_cells(SQUARE, counted(SQUARE, {(2, 2): 20, (3, 2): 20}, own), ALL, 25)
    assert listed(kept, SQUARE) == [{(2, 2), (3, 2)}], "half of 40"
    apart = merge_cells(SQUARE, counted(SQUARE, {(2, 2): 20, (3, 2): 21}, own), ALL, 20)
    assert listed(apart, SQUARE) == [{(2, 2), (3, 2)}], "20 of its own are enough for one"
    border = {(2, 2): 20, (3, 2): 30}
    found = merge_cells(SQUARE, counted(SQUARE, border, own={(2, 2): 10, (3, 2): 0}), ALL, 20)
    assert listed(found, SQUARE) == [{(2, 2)}], "10 of 50 would be neither"
    assert found.n_unlisted == 1


def test_grounds_reach_across_the_border_and_cost_only_what_lies_inside():
    area = shapely.box(0, 0, 390, 150)  # 2.6 cells
    ranked = counted(SQUARE, {(2, 0): 20, (3, 0): 10, (1, 0): 6}, own={(3, 0): 0}, area=area)
    found = merge_cells(SQUARE, ranked, Budget(share_of_area=0.25), 12)
    assert listed(found, SQUARE) == [{(2, 0), (3, 0)}], "0.6 of 2.6 cells is 23 %"
    assert found.grounds[0].area == pytest.approx(2 * 150**2)
    assert found.share_of_area == found.selected_share_of_area == pytest.approx(0.6 / 2.6)
    assert found.share_of_n == pytest.approx(20 / 26)


# Budgets


def ladder(*counts, area=None):
    """Cells in a row, two cells apart, in an area of ten whole cells."""
    return counted(SQUARE, {(2 * i, 0): n for i, n in enumerate(counts)}, area=area or shapely.box(0, 0, 1500, 150))


@pytest.mark.parametrize(("share", "cells"), [(0.05, 1), (0.1, 1), (0.19, 1), (0.2, 2), (0.3, 3), (0.999, 4), (1.0, 4)])
def test_a_share_of_area_is_never_exceeded_but_for_the_first_cell(share, cells):
    found = merge_cells(SQUARE, ladder(9, 8, 7, 6), Budget(share_of_area=share), 1)
    assert (found.n_selected, len(found.grounds)) == (cells, cells)
    assert found.selected_share_of_area == pytest.approx(cells / 10)


@pytest.mark.parametrize(
    ("share", "cells"), [(0.01, 1), (0.4, 1), (0.41, 2), (0.7, 2), (0.71, 3), (0.9, 3), (0.91, 4), (1.0, 4)]
)
def test_a_share_of_incidents_is_reached(share, cells):
    found = merge_cells(SQUARE, ladder(8, 6, 4, 2), Budget(share_of_n=share), 1)
    assert found.n_selected == cells
    assert found.selected_share_of_n == pytest.approx([0.4, 0.7, 0.9, 1.0][cells - 1])
    assert found.selected_share_of_n >= share - 1e-9


@pytest.mark.parametrize("number", [1, 2, 3, 4, 9])
def test_a_number_of_hotspots_is_reached_and_the_walk_ends(number):
    found = merge_cells(SQUARE, ladder(9, 8, 7, 6), Budget(number=number), 1)
    assert len(found.grounds) == found.n_selected == min(number, 4)


def test_grounds_below_the_minimum_are_no_part_of_the_number():
    ranked = counted(
        SQUARE, {(0, 0): 20, (3, 0): 11, (6, 0): 10, (6, 1): 9, (8, 1): 8}, area=shapely.box(0, 0, 1500, 300)
    )
    found = merge_cells(SQUARE, ranked, Budget(number=2), 12)
    assert listed(found, SQUARE) == [{(0, 0)}, {(6, 0), (6, 1)}]
    assert (found.n_selected, found.n_unlisted) == (4, 1)


def test_hotspots_that_join_on_the_way_make_room_for_another():
    counts = {(0, 0): 20, (2, 0): 19, (1, 0): 18, (6, 0): 17, (8, 0): 16}
    area = shapely.box(0, 0, 1500, 150)
    assert len(merge_cells(SQUARE, counted(SQUARE, counts, area=area), Budget(number=2), 5).cells) == 2
    found = merge_cells(SQUARE, counted(SQUARE, counts, area=area), Budget(number=3), 5)
    assert listed(found, SQUARE) == [{(0, 0), (1, 0), (2, 0)}, {(6, 0)}, {(8, 0)}]


@pytest.mark.parametrize(("top", "cells"), [(0.0, 2), (0.05, 2), (0.15, 6), (1.0, 8)])
def test_with_a_number_the_top_ground_is_joined_before_the_best_are_listed(top, cells):
    counts = {(1, 0): 30, (7, 0): 29, (0, 0): 9, (2, 0): 8, (6, 0): 7, (8, 0): 6, (12, 0): 5, (1, 1): 4}
    ranked = counted(SQUARE, counts, area=shapely.box(0, 0, 3000, 300))
    found = merge_cells(SQUARE, ranked, Budget(number=2), 5, 600, top)
    walked = set(list(counts)[:cells])
    first = {cell for cell in walked if cell[0] <= 2}
    assert listed(found, SQUARE) == [first, walked - first - {(12, 0)}]
    assert (found.n_selected, found.n_unlisted) == (cells, int((12, 0) in walked))
    assert found.share_of_area == pytest.approx(len(walked - {(12, 0)}) / 40)


@pytest.mark.parametrize("budget", [Budget(share_of_area=0.02), Budget(number=10), Budget(share_of_n=0.5)])
@pytest.mark.parametrize("grid", [HEXAGON, SQUARE])
def test_all_points_on_one_place_make_one_hotspot(grid, budget):
    for n in (1, 12, 5000):
        cells = grid.cells_of(np.tile([(548_000.0, 176_000.0)], (n, 1)))
        area = shapely.Point(548_000, 176_000).buffer(900)
        ranked = ranking(grid, cells, area=area)
        found = merge_cells(grid, ranked, budget, min(n, 12))
        assert found.cells.to_dict() == {grid.names(cells)[0]: 0}
        assert found.share_of_n == 1.0
        assert found.grounds[0].area == pytest.approx(grid.area_m2)
        assert (ranked["score"].iloc[1:] == 0).all()
        assert not merge_cells(grid, ranked, budget, n + 1).grounds


@pytest.mark.parametrize("budget", [Budget(share_of_area=0.5), Budget(number=3), Budget(share_of_n=0.5)])
def test_cells_without_incidents_are_never_taken(budget):
    found = merge_cells(SQUARE, counted(SQUARE, {}), budget, 0)
    assert found.grounds == []
    assert (found.n_selected, found.n_unlisted, len(found.cells)) == (0, 0, 0)
    assert (found.share_of_n, found.selected_share_of_n, found.share_of_area) == (0.0, 0.0, 0.0)


# What cannot be asked for


@pytest.mark.parametrize(
    ("given_", "named"),
    [
        ({}, "none"),
        ({"number": 3, "share_of_n": 0.5}, "number and share_of_n"),
        ({"share_of_area": 0.1, "number": 1, "share_of_n": 0.5}, "share_of_area and number and share_of_n"),
    ],
)
def test_a_budget_is_exactly_one(given_, named):
    with pytest.raises(SettingsError, match=f"one of share_of_area, number and share_of_n, not {named}"):
        Budget(**given_)


@pytest.mark.parametrize("name", ["share_of_area", "share_of_n"])
@pytest.mark.parametrize("share", [0.0, -0.1, 1.01, math.nan])
def test_a_share_out_of_range_is_named(name, share):
    with pytest.raises(SettingsError, match=f"budget {name} must be above 0 and at most 1, not {share}"):
        Budget(**{name: share})


def test_no_hotspots_are_no_budget():
    with pytest.raises(SettingsError, match="at least 1, not 0"):
        Budget(number=0)


@pytest.mark.parametrize(("window", "history"), [(0, 12), (13, 12)])
def test_a_window_must_fit_in_the_history(window, history):
    with pytest.raises(SettingsError, match=f"window of {window} months .* history of {history}"):
        Memory(window, history)


def test_one_month_is_a_window():
    assert ranking(SQUARE, [(2, 2), (2, 2), (3, 3)], [0, 1, 0], memory=Memory(1, 1))["n_history"].sum() == 2


@pytest.mark.parametrize("half_life", [0.0, -1.0, math.inf, math.nan])
def test_a_half_life_out_of_range_is_named(half_life):
    with pytest.raises(SettingsError, match=f"half-life must be above 0 months, not {half_life}"):
        Memory(12, 24, half_life)


def test_choices_and_results_are_frozen():
    for value, name in [(ALL, "number"), (YEAR, "window_months"), (merge_cells(SQUARE, ladder(3), ALL, 1), "cells")]:
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(value, name, None)
