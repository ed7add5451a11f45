"""Rolling origins against plain loops: the same scores, no leak, gaps told, every candidate on equal ground."""

from __future__ import annotations

import dataclasses
import functools

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from hotspots.analysis.backtest import Plan, backtest, find_origins
from hotspots.analysis.orders import Cells, Clusters, Density, Lsoas, Random, candidates
from hotspots.analysis.units import Searched
from hotspots.errors import InputError, SettingsError, TableError
from hotspots.geo.grid import Grid
from hotspots.places.areas import outline_of
from hotspots.settings import Hotspots
from hotspots.tables.backtest import BACKTEST
from hotspots.tables.contract import check
from tests.places_fixtures import SIDE, code, lattice, located

MONTHS = pd.period_range("2022-01", "2023-08", freq="M")
COLUMNS, ROWS, OWN_COLUMNS = 9, 7, 7
SQUARE = Grid("square", 150.0)
SETTINGS = Hotspots(cell_shape="square", min_in_window=3, min_per_month=0.25)
METHODS = (Cells(SQUARE, 12), Cells(SQUARE, 60, 6.0), Cells(SQUARE, 1), Lsoas(12), Random(SQUARE))
QUICK = (*METHODS, Density(150.0, 12, SQUARE), Clusters(SETTINGS))


def layer():
    areas = lattice(COLUMNS, ROWS).drop(index=[code(0, 0)])
    return areas.assign(zone=np.where(areas.index.str[3:6].astype(int) < OWN_COLUMNS, "area", "ring"))


AREAS = layer()
OUTLINE = outline_of(AREAS[AREAS["zone"] == "area"])


def town(seed, n=500, spots=45):
    random = np.random.default_rng(seed)
    xy = np.round(random.uniform((5, 5), (COLUMNS * SIDE - 5, ROWS * SIDE - 5), (spots, 2)))
    xy = xy[(xy >= 100).any(axis=1)]
    weight = random.geometric(0.15, len(xy))
    places = xy[random.choice(len(xy), n, p=weight / weight.sum())]
    codes = [code(*map(int, place // SIDE)) for place in places]
    months = MONTHS[random.integers(0, len(MONTHS), n)].astype(str)
    return located(places, zones=AREAS.loc[codes, "zone"].tolist(), lsoa=codes, months=months.tolist())


def searched(months=MONTHS):
    return Searched(months, AREAS, OUTLINE)


def run(frame, plan=None, methods=METHODS, months=MONTHS, **changes):
    return backtest(frame, searched(months), dataclasses.replace(SETTINGS, **changes), plan, methods)


# The plain way


@functools.cache
def plain_ground(candidate):
    """Area of every unit."""
    if isinstance(candidate, Lsoas):
        return AREAS[AREAS["zone"] == "area"].area.to_dict()
    west, south, east, north = OUTLINE.bounds
    side = candidate.grid.size_m
    ground = {}
    for column in range(int(west // side), int(east // side) + 1):
        for row in range(int(south // side), int(north // side) + 1):
            box = shapely.box(column * side, row * side, (column + 1) * side, (row + 1) * side)
            if (area := box.intersection(OUTLINE).area) > 0:
                ground[column, row] = area
    return ground


def plain_units(frame, candidate):
    """Unit of every row."""
    if isinstance(candidate, Lsoas):
        return frame["lsoa_code"].tolist()
    return [(int(point.x // candidate.grid.size_m), int(point.y // candidate.grid.size_m)) for point in frame.geometry]


def plain_scores(frame, candidate, origin, horizon, share):
    """Hit rate and PAI of one method at one origin, row by row and unit by unit."""
    unit, ground = plain_units(frame, candidate), plain_ground(candidate)
    score, hits = dict.fromkeys(ground, 0.0), dict.fromkeys(ground, 0)
    expected, weights = dict.fromkeys(ground, 0.0), 0.0
    months, half_life = getattr(candidate, "months", 0), getattr(candidate, "half_life_months", None)
    for age in range(months):
        weights += (0.5 ** (age / half_life) if half_life else 1.0) if origin - age >= MONTHS[0] else 0.0
    for one, month, zone in zip(unit, frame["month"], frame["zone"], strict=True):
        age = origin.ordinal - month.ordinal
        if one in ground and 0 <= age < months:
            weight = 0.5 ** (age / half_life) if half_life else 1.0
            score[one] += weight / (ground[one] if isinstance(candidate, Lsoas) else 1.0)
            expected[one] += weight * (zone == "area")
        if zone == "area" and 1 <= -age <= horizon:
            hits[one] += 1
    left, found, predicted = share * sum(ground.values()), 0.0, 0.0
    for value in sorted({round(value, 9) for value in score.values()}, reverse=True):
        tied = [one for one in ground if round(score[one], 9) == value]
        area = sum(ground[one] for one in tied)
        part = min(1.0, left / area)
        found += part * sum(hits[one] for one in tied)
        predicted += part * sum(expected[one] for one in tied) / max(weights, 1.0) * horizon
        left -= part * area
    n = sum(hits.values())
    rri = predicted / found if found else np.nan
    return {"hits": found, "hit_rate": found / n, "pai": found / n / share, "rri": rri, "n_test": n}


@pytest.mark.parametrize("horizon", [1, 3])
@settings(max_examples=2, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_the_scores_are_those_of_plain_loops(horizon, seed):
    frame = town(seed)
    table = run(frame, Plan(horizon, origins=3, step_months=2)).table
    wanted = [
        {"method": candidate.name, "origin": str(origin), "share_of_area": share, "filled_share": 0.0}
        | plain_scores(frame, candidate, origin, horizon, share)
        for candidate in METHODS
        for origin in (MONTHS[-horizon - 5], MONTHS[-horizon - 3], MONTHS[-horizon - 1])
        for share in (0.01, 0.02, 0.05, 0.10)
    ]
    plain = pd.DataFrame(wanted)
    plain.loc[plain["method"] == "random", "rri"] = np.nan  # chance predicts nothing
    found = table.reset_index(drop=True)[plain.columns]
    assert_frame_equal(found, plain, check_dtype=False, rtol=1e-9, atol=1e-9)


def test_the_table_keeps_its_contract_and_its_order():
    frame = town(1)
    result = run(frame, Plan(2, origins=4, shares=(0.1, 0.03)), QUICK)
    check(BACKTEST, result.table)
    assert result.table.index.tolist() == list(range(1, len(QUICK) * 4 * 2 + 1))
    names = [candidate.name for candidate in QUICK]
    origins = [str(month) for month in MONTHS[-6:-2]]
    wanted = [(name, origin, share) for name in names for origin in origins for share in (0.1, 0.03)]
    assert list(result.table[["method", "origin", "share_of_area"]].itertuples(index=False, name=None)) == wanted
    assert result.methods == QUICK
    assert result.left_out == ()
    assert result.density_cell_m == 25.0


def test_every_method_is_scored_at_equal_area_on_the_same_hits():
    frame = town(2)
    table = run(frame, Plan(1), QUICK).table
    own = frame[(frame["zone"] == "area")]
    counted = own["month"].astype(str).value_counts()
    following = [str(pd.Period(origin, freq="M") + 1) for origin in table["origin"]]
    assert table["n_test"].tolist() == counted.reindex(following).tolist()
    np.testing.assert_allclose(table["pai"], table["hit_rate"] / table["share_of_area"])
    chance = table[table["method"] == "random"]
    np.testing.assert_allclose(chance["pai"], 1.0)


def test_all_units_but_cells_are_held_to_the_best_of_the_cells_that_are_set():
    """PEI is comparable only by the same units: PAI by PEI is the best PAI, of these cells wherever it was not beaten."""
    other = Cells(Grid("square", 300.0), 12)
    table = run(town(3), Plan(3, origins=5), (*QUICK, other)).table.set_index(["origin", "share_of_area"])
    best = (table["pai"] / table["pei"]).groupby(table["method"]).get_group("cells 150 m, 12-month count")
    for name, group in table.groupby("method"):
        possible = group["pai"] / group["pei"]
        unbeaten = group["pai"] < best - 1e-9
        same = np.isclose(possible, best)[unbeaten]
        assert unbeaten.any()
        assert same.all() if name != other.name else not same.any()


def test_what_was_filled_up_is_told():
    frame = town(4)
    few = dataclasses.replace(SETTINGS, max_number=2)
    table = run(frame, Plan(1, origins=3, shares=(0.02, 0.3, 1.0)), (*QUICK[:-1], Clusters(few))).table
    by_method = table.groupby("method")["filled_share"].max()
    assert by_method["clusters"] > 0
    assert (by_method.drop("clusters") == 0).all()
    filled = table[table["method"] == "clusters"].pivot_table("filled_share", "origin", "share_of_area")
    ground = (1 - filled[1.0]) * OUTLINE.area
    assert ground.between(np.pi * 75**2, 2 * 300 * 300).all()
    np.testing.assert_allclose(filled[0.3], np.maximum(0, 1 - ground / OUTLINE.area / 0.3), atol=1e-12)
    assert (filled[0.02] == 0).all()


# No leak, no order of rows


@pytest.mark.parametrize("seed", [11])
def test_only_the_test_months_of_an_origin_decide_its_score_beside_its_past(seed):
    """What comes after the tests of the first origins is deleted, and what is tested is shuffled."""
    frame = town(seed)
    plan = Plan(1)
    methods = QUICK[1:2] + QUICK[3:4] + QUICK[5:]
    whole = run(frame, plan, methods).table
    until = MONTHS[15]
    cut = run(frame[frame["month"] <= until], plan, methods, MONTHS[:16]).table
    early = whole[whole["origin"] < str(until)].reset_index(drop=True)
    assert_frame_equal(cut.reset_index(drop=True), early)
    random = np.random.default_rng(seed)
    later = np.flatnonzero(frame["month"] > MONTHS[14])
    moved = frame.copy()
    places = ["geometry", "lsoa_code", "zone"]
    moved.loc[moved.index[later], places] = frame.iloc[random.permutation(later)][places].to_numpy()
    shuffled = run(moved, plan, methods).table
    columns = ["method", "origin", "share_of_area", "filled_share"]
    known = whole["origin"] <= str(MONTHS[14])
    assert_frame_equal(shuffled.loc[known, columns], whole.loc[known, columns])
    before = whole["origin"] < str(MONTHS[14])
    assert_frame_equal(shuffled[before], whole[before])


def test_the_order_of_rows_and_months_changes_nothing():
    frame = town(5)
    order = np.random.default_rng(1).permutation(len(frame))
    moved = frame.iloc[order].set_index(frame.index)
    one, other = run(frame, Plan(1, 3), QUICK), run(moved, Plan(1, 3), QUICK, MONTHS[::-1])
    assert_frame_equal(one.table, other.table)


def test_nothing_lent_is_changed():
    frame, areas = town(5), AREAS.copy()
    before = frame.copy()
    run(frame, Plan(1, 2), QUICK)
    assert_frame_equal(frame, before)
    assert_frame_equal(AREAS, areas)


# Origins


def origins_of(months, training=12, **plan):
    found, left_out = find_origins(pd.PeriodIndex(months, freq="M"), training, Plan(**plan))
    return [str(origin) for origin in found], dict(left_out)


def test_origins_have_their_training_before_and_their_test_after_them():
    assert origins_of(MONTHS) == ([str(month) for month in MONTHS[11:-1]], {})
    assert origins_of(MONTHS, horizon_months=3) == ([str(month) for month in MONTHS[11:-3]], {})
    assert origins_of(MONTHS, 18) == (["2023-06", "2023-07"], {})
    assert origins_of(MONTHS[:13]) == (["2022-12"], {})
    assert origins_of(MONTHS, horizon_months=3, step_months=3) == (["2023-02", "2023-05"], {})
    assert origins_of(MONTHS, origins=2) == (["2023-06", "2023-07"], {})
    assert origins_of(MONTHS, origins=2, step_months=4) == (["2023-03", "2023-07"], {})
    assert origins_of(MONTHS, origins=99) == origins_of(MONTHS)


def test_a_missing_month_is_no_zero():
    months = pd.period_range("2021-01", "2023-08", freq="M")
    held = months[(months != "2022-05") & (months != "2022-04")]
    used, left_out = origins_of(held)
    assert used == ["2021-12", "2022-01", "2022-02", *map(str, pd.period_range("2023-05", "2023-07", freq="M"))]
    assert list(left_out) == [str(month) for month in pd.period_range("2022-03", "2023-04", freq="M")]
    assert left_out["2022-03"] == "the data lack 2022-04"
    assert left_out["2022-04"] == left_out["2023-03"] == "the data lack 2022-04, 2022-05"
    assert left_out["2023-04"] == "the data lack 2022-05"
    assert origins_of(held, origins=4)[0] == ["2022-02", "2023-05", "2023-06", "2023-07"]
    assert len(origins_of(held, origins=3)[1]) == 0


def test_a_gap_in_the_tests_is_left_out_of_the_table_and_told():
    frame = town(6)
    held = MONTHS[MONTHS != "2023-06"]
    result = run(frame, Plan(1), METHODS[:1], held)
    assert sorted(set(result.table["origin"])) == [
        "2022-12",
        *map(str, pd.period_range("2023-01", "2023-04", freq="M")),
    ]
    assert [origin for origin, _ in result.left_out] == ["2023-05", "2023-06", "2023-07"]


def test_a_longer_window_needs_more_months_and_a_shorter_one_still_a_year():
    frame = town(6)
    assert run(frame, window_months=18).table["origin"].min() == "2023-06"
    assert run(frame, window_months=3).table["origin"].min() == "2022-12"


def test_too_few_months_are_said():
    with pytest.raises(InputError, match="needs 13 months in a row, 12 to train on and 1 to test; the data hold 12"):
        origins_of(MONTHS[:12])
    with pytest.raises(InputError, match="hold 19 months and nowhere so many in a row"):
        origins_of(MONTHS[MONTHS != "2022-11"], 12, horizon_months=3, step_months=1)
    with pytest.raises(InputError, match="the data hold 0 months"):
        origins_of([])


# What is asked


def test_without_methods_all_candidates_are_tried_and_each_origin_is_announced():
    said: list[str] = []
    result = backtest(town(7), searched(), SETTINGS, Plan(1, 2), progress=said.append)
    assert said == ["Testing 2023-06", "Testing 2023-07"]
    assert list(dict.fromkeys(result.table["method"])) == [one.name for one in candidates(SETTINGS)]
    assert result.methods == candidates(SETTINGS)
    default = backtest(town(7), searched(), SETTINGS, methods=METHODS[:1])
    assert default.table["origin"].nunique() == len(MONTHS) - 12
    assert sorted(set(default.table["share_of_area"])) == [0.01, 0.02, 0.05, 0.10]


def test_an_origin_without_an_incident_to_find_has_no_score():
    frame = town(8)
    table = run(frame[(frame["month"] != MONTHS[-1]) | (frame["zone"] == "ring")], Plan(1, 1), QUICK).table
    assert (table["n_test"] == 0).all()
    assert table["pai"].isna().all()


@pytest.mark.parametrize("changes", [{"horizon_months": 0}, {"horizon_months": 4}])
def test_a_horizon_out_of_range_is_refused(changes):
    with pytest.raises(SettingsError, match="next 1, 2 or 3 months, not"):
        Plan(**changes)


@pytest.mark.parametrize("changes", [{"origins": 0}, {"step_months": 0}])
def test_no_origin_is_refused(changes):
    with pytest.raises(SettingsError, match="needs 1 origin at least and 1 month at least"):
        Plan(**changes)


def test_rows_that_break_their_contract_are_refused():
    with pytest.raises(TableError, match="LOCATED breaks its contract"):
        run(town(1).drop(columns="zone"))


def test_two_candidates_of_one_name_are_refused():
    with pytest.raises(ValueError, match="a name of its own"):
        run(town(1), None, (Lsoas(12), Lsoas(6)))
