"""What is said of the LSOAs: the numbers of the table, small ones as numbers, and nothing found said as loudly."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from hotspots.analysis.area_stats import area_stats
from hotspots.analysis.area_tests import LOCAL_COLUMNS, AreaTests, untested_columns
from hotspots.analysis.cell_tests import CellTests
from hotspots.analysis.concentration import area_holding, lorenz
from hotspots.geo.grid import Grid
from hotspots.pipeline.area_findings import (
    COMPARISONS,
    Change,
    HotAndCold,
    area_findings,
    cell_sentences,
    concentration_table,
)
from hotspots.tables import AREA_STATS, check
from hotspots.tables.cells import CELLS
from tests.places_fixtures import code, lattice, located

WINDOW = pd.period_range("2023-06", "2024-05", freq="M")
LAYER = lattice(4, 3, borough=lambda column, _row: "Alpha" if column < 3 else "Beta")
LAYER["zone"] = pd.Series(np.where(LAYER["borough"] == "Alpha", "area", "ring"), index=LAYER.index, dtype="str")
OWN = LAYER.index[:9]
NAMES = LAYER["lsoa_name"]


def table(**columns):
    """AREA_STATS of nine LSOAs and three around them; a column is given as values of the first LSOAs."""
    covered = pd.DataFrame(data=True, index=LAYER.index, columns=[*WINDOW, WINDOW[0] - 1])
    stats = area_stats(located([]), LAYER, covered, WINDOW)
    for name, values in columns.items():
        column = stats[name].copy()
        column.iloc[: len(values)] = values
        stats[name] = column
    stats["rate_per_km2"] = stats["n"].astype("Float64").astype(float) / stats["area_km2"]
    return check(AREA_STATS, stats)


def said(stats, focus="serious violence", **changes):
    given_tests = {"stats": stats, "permutations": 99_999, "moran_permutations": 9_999}
    given_tests |= {"islands": (), "quiet": (), "refused": ""}
    return area_findings(AreaTests(**(given_tests | changes)), focus)


def test_hot_and_cold_are_counted_in_the_area_before_and_after():
    stats = table(
        gi_z=[3.0, 2.5, -2.4, -3.0, 0.0, 1.0, 2.2, -1.0, 2.0, 4.0, -4.0, 0.0],
        p_value=[0.001, 0.05, 0.02, 0.003, 1.0, 0.3, 0.03, 0.4, 0.0501, 0.001, 0.001, 1.0],
        label=["hot", "none", "none", "cold", "none", "none", "hot", "none", "none", "hot", "cold", "none"],
    )
    found = said(stats)
    assert found.hot_and_cold == HotAndCold(tested=9, hot_before=3, hot=2, cold_before=2, cold=1)
    assert found.sentences[0] == (
        "Of 9 LSOAs, 3 would be called hot and 2 cold without a correction; after Benjamini and Hochberg 2 are hot "
        "and 1 is cold (Gi*, binary weights, 99,999 permutations, tested with the 3 LSOAs around)."
    )


def test_nothing_hot_is_said_as_loudly_and_no_data_is_not_counted():
    stats = table(gi_z=[2.5, *[0.0] * 6], p_value=[0.03, *[1.0] * 6], label=["none"] * 7)
    assert said(stats, permutations=999).sentences[0] == (
        "Of 7 LSOAs, 1 would be called hot and none cold without a correction; after Benjamini and Hochberg none is "
        "hot and none is cold (Gi*, binary weights, 999 permutations)."
    )


def test_why_nothing_could_be_tested_takes_the_place_of_the_numbers():
    found = said(table(), refused="No LSOA is called hot or cold. 3 of 12 areas touch no other.")
    assert found.sentences[0] == "No LSOA is called hot or cold. 3 of 12 areas touch no other."
    assert found.hot_and_cold == HotAndCold(0, 0, 0, 0, 0)


@pytest.mark.parametrize(
    ("islands", "sentence"),
    [
        (
            (code(0, 1),),
            "Alpha 000B (E01000001) touches no other LSOA with data: hot or cold is told there from its own count "
            "alone.",
        ),
        (
            (code(0, 1), code(3, 0)),
            "Alpha 000B (E01000001) and Beta 003A (E01003000) touch no other LSOA with data: hot or cold is told there "
            "from their own counts alone.",
        ),
    ],
)
def test_islands_are_named(islands, sentence):
    assert said(table(), islands=islands).sentences[1] == sentence


@pytest.mark.parametrize(
    ("quiet", "sentence"),
    [
        (
            (code(3, 0),),
            "1 LSOA of Beta is out of these tests: no row of any crime type lies in this borough.",
        ),
        (
            (code(3, 1), code(3, 0), code(0, 0)),
            "3 LSOAs of Alpha and Beta are out of these tests: no row of any crime type lies in these boroughs.",
        ),
    ],
)
def test_quiet_boroughs_are_named(quiet, sentence):
    assert said(table(), quiet=quiet).sentences[1] == sentence


def test_without_islands_and_quiet_boroughs_there_are_five_sentences():
    assert len(said(table()).sentences) == 5
    assert len(said(table(), islands=(code(0, 0),), quiet=(code(3, 0),)).sentences) == 7


def test_what_changed_is_named_by_its_side():
    stats = table(
        change=["above", "below", "usual", "above", "untested", "usual", "usual", "usual", "usual", "above"],
        change_p=[0.001, 0.002, 0.04, 0.001, np.nan, 0.05, 0.06, 1.0, 1.0, 0.001],
        change_e_p=[0.001, 0.002, 0.04, 0.001, np.nan, 0.05, 0.06, 1.0, 1.0, 0.001],
        n_month=[9, 0, 5, 8, 3, 4, 4, 4, 4, 9],
        n_previous=[1, 9, 5, 0, 3, 4, 4, 4, 4, 1],
        previous_p=[0.001, 0.001, 1.0, 0.02, 1.0, 1.0, 1.0, 1.0, np.nan, 0.001],
        previous_p_adjusted=[0.05, 0.01, 1.0, 0.051, 1.0, 1.0, 1.0, 1.0, np.nan, 0.01],
        previous_e_p=[0.001, 0.001, 1.0, 0.04, 1.0, 1.0, 1.0, 1.0, np.nan, 0.001],
    )
    found = said(stats)
    assert set(found.changes) == set(COMPARISONS)
    assert found.changes["change"] == Change(
        tested=8, before=5, above=(NAMES.iloc[0], NAMES.iloc[3]), below=(NAMES.iloc[1],), e_before=5, e_after=3
    )
    assert found.changes["previous"] == Change(
        tested=8, before=3, above=(NAMES.iloc[0],), below=(NAMES.iloc[1],), e_before=3, e_after=2
    )
    assert found.changes["last_year"] == Change(tested=0, before=0, above=(), below=(), e_before=0, e_after=0)
    assert found.sentences[1:4] == (
        "Beyond chance against the other months of the window: Alpha 000A and Alpha 001A are above; Alpha 000B is "
        "below (5 of 8 would be called changed without a correction).",
        "Beyond chance against the month before: Alpha 000A is above; Alpha 000B is below (3 of 8 would be called "
        "changed without a correction).",
        "No LSOA is compared with the same month last year: the files do not hold both, or not whole.",
    )


def test_no_change_is_a_sentence_of_its_own():
    stats = table(
        change=["usual"] * 9,
        change_p=[0.04, *[1.0] * 8],
        change_e_p=[0.04, *[1.0] * 8],
        last_year_p=[0.5] * 9,
        last_year_e_p=[0.5] * 9,
        last_year_p_adjusted=[1.0] * 9,
    )
    sentences = said(stats).sentences
    assert sentences[1] == (
        "No LSOA changed by more than chance against the other months of the window (1 of 9 would be called changed "
        "without a correction)."
    )
    assert sentences[3] == (
        "No LSOA changed by more than chance against the same month last year (none of 9 would be called changed "
        "without a correction)."
    )


@pytest.mark.parametrize(
    ("e_p", "said_of_it"),
    [
        ([0.04, 0.001, *[1.0] * 7], ""),
        ([0.04, 0.04, 0.001, *[1.0] * 6], "; by the E-test 3, and 1 after it"),
        ([0.04, 0.04, *[1.0] * 7], "; by the E-test 2, and none after it"),
        ([0.001, 0.001, *[1.0] * 7], "; by the E-test 2, and 2 after it"),
        ([1.0] * 9, "; by the E-test none, and none after it"),
        # Corrected with the ring, as the exact p is, and counted without it.
        ([0.04, 0.012, *[1.0] * 7, 0.001, 0.001, 0.001], ""),
        ([0.04, 0.012, *[1.0] * 7, 1.0, 1.0, 1.0], "; by the E-test 2, and none after it"),
    ],
)
def test_the_e_test_is_told_where_it_differs(e_p, said_of_it):
    stats = table(change=["above", *["usual"] * 8], change_p=[0.001, 0.04, *[1.0] * 7], change_e_p=e_p)
    assert said(stats).sentences[1] == (
        "Beyond chance against the other months of the window: Alpha 000A is above (2 of 9 would be called changed "
        f"without a correction{said_of_it})."
    )


def test_like_and_unlike_are_named_by_kind():
    stats = table(
        label=["none"] * 9,
        moran_p=[0.001, 0.002, 0.05, 0.001, 0.04, np.nan, 0.001, 0.0501, 1.0, 0.001],
        moran_label=[
            "high-high",
            "low-high",
            "none",
            "high-high",
            "high-low",
            None,
            "low-low",
            "none",
            "none",
            "low-low",
        ],
    )
    assert said(stats).sentences[1] == (
        "Beyond chance by local Moran: Alpha 000A and Alpha 001A are high among high; Alpha 002A is low among low; "
        "Alpha 001B is high among low; Alpha 000B is low among high (6 of 8 would be called so without a correction; "
        "9,999 permutations)."
    )


def test_none_like_or_unlike_is_said_as_loudly():
    stats = table(label=["none"] * 9, moran_p=[0.04, *[1.0] * 8], moran_label=["none"] * 9)
    assert said(stats).sentences[1] == (
        "By local Moran no LSOA is like or unlike its neighbours by more than chance (1 of 9 would be called so "
        "without a correction; 9,999 permutations)."
    )


# ---------------------------------------------------------------------------------------------- cells


SQUARE = Grid("square", 150.0)


def cells(area=6, ring=2, **columns):
    """CELLS in a row; a column is given as values of the first ones."""
    ids = np.array([(column, 0) for column in range(area + ring)])
    key = pd.Index(SQUARE.names(ids), dtype="str", name="cell_id")
    frame = gpd.GeoDataFrame(
        {
            "column": ids[:, 0],
            "row": ids[:, 1],
            "zone": pd.Series(["area"] * area + ["ring"] * ring, index=key, dtype="str"),
            "n": np.ones(area + ring, dtype=np.int64),
            "n_month": np.zeros(area + ring, dtype=np.int64),
            **{name: column for name, column in untested_columns(key).items() if name in LOCAL_COLUMNS},
        },
        geometry=SQUARE.polygons(ids),
        index=key,
        crs=27700,
    )
    for name, values in columns.items():
        column = frame[name].copy()
        column.iloc[: len(values)] = values
        frame[name] = column
    return check(CELLS, frame)


def said_of_cells(frame, **changes):
    given_tests = {"cells": frame, "grid": SQUARE, "correction": "bh", "islands": (), "refused": ""}
    return cell_sentences(CellTests(**(given_tests | {"n_partial": 0, "n_outside": 0} | changes)))


TESTED = {
    "gi_z": [3.0, 2.5, -2.4, 0.0, 2.0, 1.0, 4.0, -3.0],
    "p_value": [0.001, 0.05, 0.02, 1.0, 0.0501, 0.3, 0.001, 0.01],
    "label": ["hot", "none", "none", "none", "none", "none", "hot", "cold"],
    "moran_p": [0.001, 0.002, 0.05, 0.04, 0.4, 0.0501, 0.001, 0.001],
    "moran_label": ["high-high", "low-high", "none", "high-high", "none", "none", "low-low", "high-low"],
}


def test_cells_are_counted_in_the_area_before_and_after():
    assert said_of_cells(cells(**TESTED)) == (
        "Of 6 cells of 150 m, 2 would be called hot and 1 cold without a correction; after Benjamini and Hochberg 1 is "
        "hot and none is cold (Gi*, binary weights, all permutations, tested with the 2 cells around).",
        "Beyond chance by local Moran: 2 cells are high among high; 1 cell is low among high (4 of 6 would be called so "
        "without a correction; all permutations).",
    )


def test_cells_without_a_correction_are_said_to_be_so():
    assert said_of_cells(cells(area=8, ring=0, **TESTED), correction="none") == (
        "Of 8 cells of 150 m, 2 are hot and 1 is cold, with no correction for how many were tested (Gi*, binary "
        "weights, all permutations).",
        "Beyond chance by local Moran: 2 cells are high among high; 1 cell is low among low; 1 cell is high among low; "
        "1 cell is low among high (not corrected; all permutations).",
    )


def test_no_cell_like_or_unlike_is_said_as_loudly():
    plain = cells(**(TESTED | {"moran_label": ["none"] * 8}))
    assert said_of_cells(plain)[1] == (
        "By local Moran no cell is like or unlike its neighbours by more than chance (4 of 6 would be called so "
        "without a correction; all permutations)."
    )


@pytest.mark.parametrize(
    ("left", "sentence"),
    [
        ((1, 0), "1 cell has data on less than half of its ground and is left out."),
        ((0, 1), "1 incident lies outside the cells counted."),
        (
            (1_301, 28),
            "1,301 cells have data on less than half of their ground and are left out; 28 incidents lie outside the "
            "cells counted.",
        ),
    ],
)
def test_cells_left_out_are_counted(left, sentence):
    n_partial, n_outside = left
    assert said_of_cells(cells(**TESTED), n_partial=n_partial, n_outside=n_outside)[2:] == (sentence,)
    why = "No cell is called hot or cold: 3 of 150 m have data, and 30 are needed."
    assert said_of_cells(cells(), refused=why, n_partial=n_partial, n_outside=n_outside) == (why, sentence)
    assert said_of_cells(cells(), refused=why) == (why,)


# ---------------------------------------------------------------------------------------------- what changed


@pytest.mark.parametrize(("changed", "shown"), [(5, "Alpha 001B"), (6, "…")])
def test_many_names_are_counted(changed, shown):
    p = [0.001] * 9
    stats = table(change=["below"] * changed + ["usual"] * (9 - changed), change_p=p, change_e_p=p)
    sentence = said(stats).sentences[1]
    assert shown in sentence
    assert ("6 LSOAs (Alpha 000A, Alpha 000B, Alpha 000C, Alpha 001A, Alpha 001B …) are below" in sentence) == (
        changed == 6
    )


# ---------------------------------------------------------------------------------------------- concentration


def test_half_is_in_the_fewest_lsoas_on_their_own_ground():
    stats = table(
        n=[30, 11, 10, 4, 3, 2, 0, 0, 0, 900, 900, 900], area_km2=[1.0, 2.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]
    )
    assert said(stats).sentences[-1] == "Half of the serious violence is in 1 of 9 LSOAs, on 10 % of the area."
    found = said(stats).concentration
    assert found.index.tolist() == [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0]
    assert found.index.name == "share_of_n"
    assert found["lsoas"].tolist() == [1, 1, 1, 1, 1, 2, 3, 3, 4, 6]
    assert found["n"].tolist() == [30, 30, 30, 30, 30, 41, 51, 51, 55, 60]
    np.testing.assert_allclose(found["share_of_lsoas"], found["lsoas"] / 9)
    np.testing.assert_allclose(found["share_of_area"], np.array([1, 1, 1, 1, 1, 3, 4, 4, 5, 7]) / 10)
    # The densest first, the last in part: 30 and 10 on 2 of 10 km² (0.67 of all), then 11 on 2 km².
    assert found["least_share_of_area"].loc[0.5] == pytest.approx(0.1)
    assert found["least_share_of_area"].loc[0.8] == pytest.approx((2 + 2 * 8 / 11) / 10)
    assert_frame_equal(found, concentration_table(stats))


@pytest.mark.parametrize(
    ("n", "sentence"),
    [
        (0, "With no incident of serious violence in the area there is nothing to say of concentration."),
        (1, "With one incident of serious violence in the area there is nothing to say of concentration."),
        (19, "With 19 incidents of serious violence in the area there is nothing to say of concentration."),
        (20, "Half of the serious violence is in 1 of 9 LSOAs, on 11 % of the area."),
    ],
)
def test_few_incidents_are_not_called_concentrated(n, sentence):
    assert said(table(n=[n])).sentences[-1] == sentence


def test_lsoas_without_a_whole_window_are_left_out():
    stats = table(n=[pd.NA, 20, 20, 5])
    assert said(stats).sentences[-1] == (
        "Half of the serious violence is in 2 of 8 LSOAs, on 25 % of the area with data."
    )
    assert concentration_table(stats)["n"].max() == 45


def test_without_an_incident_the_table_has_no_rows():
    found = concentration_table(table())
    assert found.empty
    assert list(found.columns) == ["lsoas", "n", "share_of_lsoas", "share_of_area", "least_share_of_area"]
    assert found.index.name == "share_of_n"


@settings(max_examples=12, deadline=None)
@given(st.lists(st.integers(0, 30), min_size=9, max_size=9), st.lists(st.floats(0.1, 9), min_size=9, max_size=9))
def test_the_table_rises_and_never_beats_the_least_ground(n, sizes):
    stats = table(n=n, area_km2=sizes)
    found = concentration_table(stats)
    if not sum(n):
        assert found.empty
        return
    assert (found["n"] >= found.index * sum(n) - 1e-9).all()
    assert (found["least_share_of_area"] <= found["share_of_area"] + 1e-9).all()
    for name in found.columns:
        assert found[name].is_monotonic_increasing
    assert (found["lsoas"].iloc[-1], found["n"].iloc[-1]) == (np.count_nonzero(n), sum(n))
    curve = lorenz(pd.Series(n), pd.Series(sizes))
    assert found["least_share_of_area"].loc[0.3] == pytest.approx(area_holding(curve, 0.3))
