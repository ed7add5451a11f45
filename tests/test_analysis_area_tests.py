"""Hot, cold and changed LSOAs: never by chance more often than promised, never without data, never hidden."""

from __future__ import annotations

import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal
from scipy import stats as scipy_stats

from hotspots.analysis.area_stats import area_stats
from hotspots.analysis.area_tests import (
    LOCAL_COLUMNS,
    MIN_AREAS,
    MORAN_PERMUTATIONS,
    area_tests,
    local_columns,
    month_changes,
    quiet_areas,
    untested_columns,
)
from hotspots.errors import TableError
from hotspots.geo.contiguity import queen
from hotspots.stats.local import G_STAR_PERMUTATIONS, LocalMoran, LocalResult, g_star_permuted, label, local_moran
from hotspots.stats.two_counts import e_test_p
from hotspots.stats.usual import ALPHA, change_p, false_discovery
from hotspots.tables import AREA_STATS, check
from tests.places_fixtures import code, lattice, located

WINDOW = pd.period_range("2023-06", "2024-05", freq="M")
LAST = WINDOW[-1]
MONTHS = pd.PeriodIndex([LAST - 12, *WINDOW], freq="M")
LAYER = lattice(6, 4, borough=lambda column, _row: "Alpha" if column < 4 else "Beta")
LAYER["zone"] = pd.Series(np.where(LAYER["borough"] == "Alpha", "area", "ring"), index=LAYER.index, dtype="str")
GI = ["gi_z", "p_value", "p_adjusted", "label", "moran_i", "moran_p", "moran_p_adjusted", "moran_label"]
USUAL = ["usual_low", "usual_high", "change_p", "change_p_adjusted", "change_e_p"]
PREVIOUS = ["previous_p", "previous_p_adjusted", "previous_e_p"]
LAST_YEAR = ["last_year_p", "last_year_p_adjusted", "last_year_e_p"]
WORDS = {"HH": "high-high", "LL": "low-low", "HL": "high-low", "LH": "low-high"}


def counts(rate=1.0, seed=0, areas=LAYER):
    """Poisson counts by LSOA and month, the month a year before the last one first."""
    values = np.random.default_rng(seed).poisson(rate, (len(areas), len(MONTHS)))
    return pd.DataFrame(values, index=areas.index, columns=MONTHS)


def rows_of(table):
    """LOCATED with as many rows as the table counts, in the middle of each square."""
    places, months = [], []
    for (name, month), number in table.stack().items():  # noqa: PD013 - a series by both
        middle = (100 * int(name[3:6]) + 50, 100 * int(name[6:9]) + 50)
        places += [middle] * number
        months += [str(month)] * number
    return located(places, months=months)


def covered(lacking=None, areas=LAYER):
    frame = pd.DataFrame(data=True, index=areas.index, columns=list(MONTHS))
    for name, gone in (lacking or {}).items():
        frame.loc[name, list(gone)] = False
    return frame


def run_on(table, areas=LAYER, lacking=None, window=WINDOW, rows=None, **options):
    rows = rows_of(table) if rows is None else rows
    known = covered(lacking, areas)
    stats = area_stats(rows, areas, known, window)
    return area_tests(stats, rows, known, window, **({"permutations": 499} | options))


# ---------------------------------------------------------------------------------------------- hot and cold


def test_hot_and_cold_are_gi_star_of_the_window_over_area_and_ring():
    table = counts(1.0, 3)
    table.loc[[code(c, r) for c in (4, 5) for r in (2, 3)], WINDOW] += 3
    table.loc[code(0, 0), LAST - 12] = 500  # before the window: neither in n nor in any of these
    found = run_on(table, permutations=4_999, seed=7)
    n, matrix = table[WINDOW].sum(axis=1), queen(LAYER.geometry).matrix
    star = g_star_permuted(n, matrix, 4_999, seed=7)
    labels = label(star.z, star.p)
    for name, expected in (("gi_z", star.z), ("p_value", star.p), ("p_adjusted", labels.p_adjusted)):
        np.testing.assert_array_equal(found.stats[name], expected)
    assert found.stats["label"].tolist() == list(labels.label)
    assert set(found.stats["label"]) == {"hot", "none"}
    assert found.stats.loc[code(5, 3), "label"] == "hot"
    assert (found.permutations, found.islands, found.quiet, found.refused) == (4_999, (), (), "")


def test_like_and_unlike_are_local_moran_of_the_window_over_area_and_ring():
    areas = lattice(12, 9)
    table = counts(1.0, 3, areas)
    table.loc[[code(c, r) for c in (3, 4, 5) for r in (2, 3, 4)], WINDOW] += 4
    table.loc[code(0, 0), LAST - 12] = 500
    found = run_on(table, areas, permutations=4_999, seed=7)
    n, matrix = table[WINDOW].sum(axis=1), queen(areas.geometry).matrix
    moran = local_moran(n, matrix, 4_999, seed=7)
    adjusted = false_discovery(moran.p_permuted)[0]
    for name, expected in (("moran_i", moran.i), ("moran_p", moran.p_permuted), ("moran_p_adjusted", adjusted)):
        np.testing.assert_array_equal(found.stats[name], expected)
    for kind, quadrant, p in zip(found.stats["moran_label"], moran.quadrant, adjusted, strict=True):
        assert kind == (WORDS[quadrant] if p <= ALPHA else "none")
    assert set(found.stats["moran_label"]) == {"high-high", "low-high", "none"}
    assert found.stats.loc[code(4, 3), "moran_label"] == "high-high"
    assert found.moran_permutations == 4_999
    assert tuple(LOCAL_COLUMNS) == tuple(GI)


@pytest.mark.parametrize("correction", ["bh", "none"])
def test_each_kind_of_likeness_has_its_words(correction):
    p = np.array([0.001, 0.002, 0.05, 0.003, 1.0, np.nan, 0.2, 0.051])
    quadrant = np.array(["HH", "LL", "HL", "LH", None, None, "HH", "LL"], dtype=object)
    star = LocalResult(z=np.where(np.isnan(p), p, -1.0), p=np.where(np.isnan(p), p, 0.04))
    moran = LocalMoran(z=p, p=p, i=3 * p, expected=p, variance=p, p_permuted=p, quadrant=quadrant)
    key = pd.Index(list("abcdefgh"))
    found = pd.DataFrame(local_columns(star, moran, key, correction), index=key)
    assert list(found.columns) == list(LOCAL_COLUMNS)
    corrected = correction == "bh"
    unlike = ["none" if corrected else "high-low", "low-high"]
    assert found["moran_label"].drop("f").tolist() == ["high-high", "low-low", *unlike, "none", "none", "none"]
    assert found["label"].drop("f").tolist() == ["cold"] * 7
    assert found.loc["f"].isna().all()
    np.testing.assert_array_equal(found["moran_i"], 3 * p)
    np.testing.assert_array_equal(found["moran_p"], p)
    adjusted = false_discovery(p[~np.isnan(p)])[0] if corrected else p[~np.isnan(p)]
    np.testing.assert_array_equal(found["moran_p_adjusted"].drop("f"), adjusted)


def test_local_moran_takes_no_more_permutations_than_it_has_time_for():
    table = counts(1.0, 3)
    found = run_on(table, permutations=MORAN_PERMUTATIONS + 1)
    assert (found.permutations, found.moran_permutations) == (10_000, MORAN_PERMUTATIONS) == (10_000, 9_999)
    moran = local_moran(table[WINDOW].sum(axis=1), queen(LAYER.geometry).matrix, MORAN_PERMUTATIONS)
    np.testing.assert_array_equal(found.stats["moran_p"], moran.p_permuted)


def test_by_default_permutations_are_many_and_seeded():
    table = counts(1.0, 4)
    rows = rows_of(table)
    default, again = run_on(table, rows=rows, permutations=G_STAR_PERMUTATIONS), run_on(table, rows=rows, seed=0)
    stats = area_stats(rows, LAYER, covered(), WINDOW)
    plain = area_tests(stats, rows, covered(), WINDOW)
    assert plain.permutations == G_STAR_PERMUTATIONS
    assert_frame_equal(plain.stats, default.stats)
    assert again.stats["p_value"].tolist() != default.stats["p_value"].tolist()


def test_an_lsoa_whose_force_lacks_a_month_counts_in_no_sum():
    table = counts(2.0, 5)
    table.loc[code(2, 1)] = 40
    gone = {code(2, 1): [WINDOW[4]], code(5, 3): MONTHS}
    found = run_on(table, lacking=gone).stats
    n = table[WINDOW].sum(axis=1).astype(float)
    n[list(gone)] = np.nan
    star = g_star_permuted(n, queen(LAYER.geometry).matrix, 499)
    np.testing.assert_array_equal(found["gi_z"], star.z)
    np.testing.assert_array_equal(found["p_value"], star.p)
    np.testing.assert_array_equal(found["moran_i"], local_moran(n, queen(LAYER.geometry).matrix, 0).i)
    assert found.loc[list(gone), [*GI, *USUAL]].isna().all().all()
    assert (found.loc[list(gone), "change"] == "untested").all()
    assert found.drop(list(gone))[[*GI, *USUAL]].notna().all().all()
    # It has the two months, and they are compared all the same.
    assert found.loc[code(2, 1), [*PREVIOUS, *LAST_YEAR]].notna().all()
    assert found.loc[code(5, 3), [*PREVIOUS, *LAST_YEAR]].isna().all()


@pytest.mark.parametrize(("columns", "rows"), [(3, 3), (5, 2)])
def test_few_lsoas_are_neither_hot_nor_cold(columns, rows):
    areas = lattice(columns, rows)
    found = run_on(counts(3.0, 1, areas), areas)
    if columns * rows < MIN_AREAS:
        assert found.stats[GI].isna().all().all()
        assert found.refused == (
            "No LSOA of the area and its ring is called hot or cold: only 9 have data, and 10 are needed."
        )
    else:
        assert found.stats[GI].notna().all().all()
        assert found.refused == ""
    assert found.islands == ()
    assert found.stats[USUAL].notna().all().all()


def test_few_with_data_are_few():
    gone = dict.fromkeys(LAYER.index[:15], MONTHS)
    found = run_on(counts(), lacking=gone)
    assert "only 9 have data" in found.refused
    assert found.stats["label"].isna().all()


def apart(names, by=1_000.0):
    """The layer with some squares moved away."""
    moved = LAYER.geometry.translate(xoff=by).where(LAYER.index.isin(names), LAYER.geometry)
    return LAYER.set_geometry(gpd.GeoSeries(moved, crs=LAYER.crs))


def test_an_island_is_judged_alone_and_named():
    table = counts(1.0, 2)
    found = run_on(table, apart([code(5, 3)]))
    assert found.islands == (code(5, 3),)
    n = table[WINDOW].sum(axis=1)
    assert found.stats.loc[code(5, 3), "gi_z"] == pytest.approx((n.iloc[-1] - n.mean()) / n.std(ddof=0))
    assert found.stats.loc[code(5, 3), ["moran_i", "moran_p", "moran_label"]].tolist() == [0, 1, "none"]


def test_an_lsoa_among_others_without_data_is_an_island_too():
    around = [code(4, 3), code(4, 2), code(5, 2)]
    found = run_on(counts(1.0, 2), lacking=dict.fromkeys(around, MONTHS))
    assert found.islands == (code(5, 3),)
    assert found.stats.loc[code(5, 3), "label"] == "none"
    # Those without data are none, whoever is around them.
    beta = LAYER.index[LAYER["borough"] == "Beta"]
    assert run_on(counts(1.0, 2), lacking=dict.fromkeys(beta, MONTHS)).islands == ()


def test_a_layer_whose_edges_do_not_meet_says_so_and_keeps_its_changes():
    found = run_on(counts(1.0, 2), LAYER.set_geometry(LAYER.buffer(-5)))
    assert found.refused.startswith("No LSOA is called hot or cold. 24 of 24 areas touch no other (first: E01000000")
    assert found.islands == ()
    assert found.stats[GI].isna().all().all()
    assert found.stats[USUAL].notna().all().all()


# ---------------------------------------------------------------------------------------------- change


def test_the_month_is_tested_against_the_others_and_never_stands_on_both_sides():
    table = counts(3.0, 8)
    table.loc[code(1, 1), LAST] = 40
    table.loc[code(3, 2), WINDOW[:-1]] = 9
    table.loc[code(3, 2), LAST] = 0
    found = run_on(table).stats
    others = (found["n"] - found["n_month"]).astype(np.int64)
    p = change_p(found["n_month"].astype(np.int64), others, 11)
    np.testing.assert_array_equal(found["change_p"], p)
    np.testing.assert_array_equal(found["change_p_adjusted"], false_discovery(p)[0])
    assert found.loc[code(1, 1), "change"] == "above"
    assert found.loc[code(3, 2), "change"] == "below"
    assert (found["change"] == "usual").sum() == 22


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([0.2, 2.0, 10.0]), st.integers(1, 20))
def test_the_usual_range_holds_a_count_exactly_when_it_is_not_beyond_chance(seed, rate, rows):
    random = np.random.default_rng(seed)
    by_month = pd.DataFrame(random.poisson(rate, (rows, 12)), columns=WINDOW)
    by_month.iloc[0, -1] = random.integers(0, 60)
    found = pd.DataFrame(month_changes(by_month))
    month, mean = by_month[LAST], by_month[WINDOW[:-1]].mean(axis=1)
    usual = (found["usual_low"] <= month) & (month <= found["usual_high"])
    assert (usual == (found["change"] == "usual")).all()
    assert (usual == (found["change_p_adjusted"] > ALPHA)).all()
    assert ((found["change"] == "above") == (~usual & (month > mean))).all()
    # Rows of the same sum have the same range.
    sums = by_month[WINDOW[:-1]].sum(axis=1)
    assert found[["usual_low", "usual_high"]].assign(sums=sums).drop_duplicates()["sums"].is_unique


@pytest.mark.parametrize("rate", [0.3, 3.0])
def test_without_change_at_most_five_runs_in_a_hundred_show_one(rate):
    random, runs = np.random.default_rng(1940), 200
    tables = [pd.DataFrame(random.poisson(rate, (150, 12)), columns=WINDOW) for _ in range(runs)]
    wrong = sum(set(month_changes(table)["change"]) != {"usual"} for table in tables)
    print(f"\nrate {rate}: {wrong} of {runs} runs show a change that is none")  # noqa: T201
    assert wrong <= 0.05 * runs


def test_without_change_few_comparisons_of_two_months_find_one():
    random, runs, wrong = np.random.default_rng(1), 60, {"previous": 0, "last_year": 0}
    nobody, names = located([]), ["n_month", "n_previous", "n_last_year"]
    stats = area_stats(nobody, LAYER, covered(), WINDOW)
    for _ in range(runs):
        given_counts = {name: pd.array(random.poisson(5.0, len(stats)), dtype="Int64") for name in names}
        found = area_tests(stats.assign(**given_counts), nobody, covered(), WINDOW, permutations=1).stats
        for name in wrong:
            wrong[name] += int((found[f"{name}_p_adjusted"] <= ALPHA).any())
    print(f"\nof {runs} runs {wrong} show a change that is none")  # noqa: T201
    assert max(wrong.values()) <= 0.05 * runs


def test_two_months_are_compared_exactly():
    table = counts(4.0, 9)
    table.loc[code(0, 2), [LAST - 12, LAST - 1, LAST]] = [1, 1, 30]
    table.loc[code(0, 3), [LAST - 12, LAST - 1, LAST]] = [25, 3, 2]
    found = run_on(table).stats
    for name, back in (("previous", 1), ("last_year", 12)):
        pairs = zip(table[LAST], table[LAST - back], strict=True)
        exact = [scipy_stats.binomtest(a, a + b).pvalue if a + b else 1.0 for a, b in pairs]
        np.testing.assert_allclose(found[f"{name}_p"], exact)
        np.testing.assert_allclose(found[f"{name}_p_adjusted"], false_discovery(exact)[0])
        assert found.loc[code(0, 2), f"{name}_p_adjusted"] <= ALPHA
    assert found.loc[code(0, 3), "previous_p_adjusted"] > ALPHA >= found.loc[code(0, 3), "last_year_p_adjusted"]


def test_the_e_test_stands_beside_the_exact_one_and_decides_nothing():
    table = counts(2.0, 9)
    table.loc[code(0, 2), [LAST - 12, LAST - 1, LAST]] = [0, 0, 6]
    found = run_on(table, untested=[WINDOW[2]]).stats
    others = table[WINDOW[:-1]].sum(axis=1) - table[WINDOW[2]]
    np.testing.assert_array_equal(found["change_e_p"], e_test_p(table[LAST], others, 1, 10))
    for name, back in (("previous", 1), ("last_year", 12)):
        p = e_test_p(table[LAST], table[LAST - back])
        np.testing.assert_array_equal(found[f"{name}_e_p"], p)
        oracle = scipy_stats.poisson_means_test(6, 1, 0, 1).pvalue
        assert found.loc[code(0, 2), f"{name}_e_p"] == pytest.approx(oracle, rel=1e-6)
        assert found.loc[code(0, 2), f"{name}_p"] == pytest.approx(2 / 64)
    assert (found["change"] == np.where(found["change_p_adjusted"] > ALPHA, "usual", found["change"])).all()


def test_a_month_that_is_not_covered_is_not_compared():
    gone = {code(0, 0): [LAST - 1], code(1, 0): [LAST - 12], code(2, 0): [LAST]}
    found = run_on(counts(3.0, 3), lacking=gone).stats
    without = {"previous": {code(0, 0), code(2, 0)}, "last_year": {code(1, 0), code(2, 0)}}
    without["change"] = {code(0, 0), code(2, 0)}
    for name, codes in without.items():
        for end in ("_p", "_p_adjusted", "_e_p"):
            assert set(found.index[found[name + end].isna()]) == codes
    for name in ("previous", "last_year"):
        held = found[f"{name}_p"].dropna()
        adjusted = found[f"{name}_p_adjusted"].dropna()
        np.testing.assert_array_equal(adjusted, false_discovery(held)[0])


THIN = {
    (LAST,): {"change", "previous", "last_year"},
    (LAST - 1,): {"previous"},
    (LAST - 12,): {"last_year"},
    (LAST - 3,): set(),
}


@pytest.mark.parametrize("thin", THIN, ids=str)
def test_a_month_that_looks_incomplete_is_on_no_side_of_a_comparison(thin):
    table = counts(3.0, 6)
    found, plain = run_on(table, untested=thin).stats, run_on(table).stats
    for name, columns in (("change", USUAL), ("previous", PREVIOUS), ("last_year", LAST_YEAR)):
        if name in THIN[thin]:
            assert found[columns].isna().all().all()
        else:
            assert found[columns].notna().all().all()
    assert set(found["change"]) == ({"untested"} if thin == (LAST,) else {"usual"})
    assert_frame_equal(found[[*GI, "n"]], plain[[*GI, "n"]])
    if thin in ((LAST - 1,), (LAST - 3,)):
        others = (table[WINDOW[:-1]].sum(axis=1) - table[thin[0]]).to_numpy()
        np.testing.assert_array_equal(found["change_p"], change_p(table[LAST], others, 10))


def test_a_window_of_one_month_has_nothing_usual():
    found = run_on(counts(), window=WINDOW[-1:]).stats
    assert found[USUAL].isna().all().all()
    assert set(found["change"]) == {"untested"}
    assert found[[*GI, *PREVIOUS, *LAST_YEAR]].notna().all().all()


def test_no_data_at_all_is_no_test_at_all():
    found = run_on(counts(), lacking=dict.fromkeys(LAYER.index, MONTHS))
    assert found.stats[[*GI, *USUAL, *PREVIOUS, *LAST_YEAR]].isna().all().all()
    assert set(found.stats["change"]) == {"untested"}
    assert "only 0 have data" in found.refused


def test_no_incident_is_no_finding():
    found = run_on(counts(0.0)).stats
    assert (found[["p_value", "moran_p", "change_p", "change_e_p", "previous_e_p", "last_year_p"]] == 1).all().all()
    assert set(found["label"]) == set(found["moran_label"]) == {"none"}
    assert set(found["change"]) == {"usual"}
    assert (found["usual_low"] == 0).all()


# ---------------------------------------------------------------------------------------------- the rows behind


def test_only_rows_in_focus_of_the_window_and_of_a_known_lsoa_are_counted():
    table = counts(2.0, 1)
    rows = rows_of(table)
    more = located([(50, 50)] * 60 + [(9_000, 50)] * 9, months=["2024-05"] * 69, lsoa=[code(0, 0)] * 60 + [None] * 9)
    more = more.assign(in_focus=[False] * 60 + [True] * 9)
    both = pd.concat([rows, more.set_index("z" + more.index)])
    both.index.name = rows.index.name
    assert_frame_equal(run_on(table, rows=both).stats, run_on(table, rows=rows).stats)


def test_the_order_of_rows_changes_nothing_and_nothing_lent_is_changed():
    table = counts(1.0, 11)
    rows, known = rows_of(table), covered()
    stats = area_stats(rows, LAYER, known, WINDOW)
    copies = [frame.copy(deep=True) for frame in (stats, rows, known)]
    one = area_tests(stats, rows, known, WINDOW, permutations=99)
    for frame, copy in zip((stats, rows, known), copies, strict=True):
        assert_frame_equal(frame, copy)
    # Other incidents get the same keys, as a file in another order would give them.
    order = np.random.default_rng(0).permutation(len(rows))
    shuffled = rows.iloc[order].set_index(rows.index)
    assert_frame_equal(run_on(table, rows=shuffled, permutations=99).stats, one.stats)


def test_before_any_test_the_columns_are_empty_and_fit_the_table():
    stats = area_stats(rows_of(counts()), LAYER, covered(), WINDOW)
    columns = untested_columns(stats.index)
    assert set(columns) == {*GI, *USUAL, "change", *PREVIOUS, *LAST_YEAR}
    assert stats[[*GI, *USUAL, *PREVIOUS, *LAST_YEAR]].isna().all().all()
    assert (stats["change"] == "untested").all()
    found = run_on(counts())
    assert list(found.stats.columns) == list(stats.columns) == list(AREA_STATS.columns)
    assert (found.stats.dtypes == stats.dtypes).all()
    check(AREA_STATS, found.stats, epsg=27700)


def test_frames_that_break_their_contract_are_refused():
    rows, known = rows_of(counts()), covered()
    stats = area_stats(rows, LAYER, known, WINDOW)
    with pytest.raises(TableError, match="AREA_STATS"):
        area_tests(stats.drop(columns="harm"), rows, known, WINDOW)
    with pytest.raises(TableError, match="LOCATED"):
        area_tests(stats, rows.drop(columns="street"), known, WINDOW)
    with pytest.raises(TableError, match="LOCATED"):
        quiet_areas(rows.drop(columns="street"), LAYER, WINDOW)
    with pytest.raises(TableError, match="AREAS"):
        quiet_areas(rows, LAYER.drop(columns="vintage"), WINDOW)


# ---------------------------------------------------------------------------------------------- quiet boroughs


def test_a_borough_without_any_row_is_quiet():
    rows = located([(50, 50), (450, 50)], months=["2024-05", "2023-05"], in_focus=False)
    assert list(quiet_areas(rows, LAYER, WINDOW)) == list(LAYER.index[LAYER["borough"] == "Beta"])
    assert list(quiet_areas(rows, LAYER, MONTHS)) == []
    nowhere = located([(9_000, 50)], lsoa=[None])
    assert list(quiet_areas(nowhere, LAYER, WINDOW)) == list(LAYER.index)


def test_a_quiet_borough_is_counted_and_in_no_test():
    table = counts(2.0, 13)
    beta = LAYER.index[LAYER["borough"] == "Beta"]
    table.loc[beta] = 0
    rows = rows_of(table)
    quiet = quiet_areas(rows, LAYER, WINDOW)
    found, alone = run_on(table, rows=rows, quiet=quiet), run_on(table, rows=rows, lacking=dict.fromkeys(beta, MONTHS))
    tests = [*GI, *USUAL, "change", *PREVIOUS, *LAST_YEAR]
    assert_frame_equal(found.stats[tests], alone.stats[tests])
    assert (found.stats.loc[beta, "n"] == 0).all()
    assert found.stats.loc[beta, [*GI, *USUAL, *PREVIOUS, *LAST_YEAR]].isna().all().all()
    assert found.quiet == tuple(beta)
    # As zeros they are cold, and make others hot.
    assert "cold" in set(run_on(table, rows=rows).stats.loc[beta, "label"])
    assert set(found.stats["label"].dropna()) == {"none"}


def test_quiet_lsoas_beyond_the_ring_are_not_named():
    areas = LAYER.assign(
        zone=pd.Series(np.where(LAYER["borough"] == "Alpha", "area", "beyond"), LAYER.index, dtype="str")
    )
    table = counts(2.0, 13)
    table.loc[areas.index[areas["zone"] == "beyond"]] = 0
    rows = rows_of(table)
    assert run_on(table, areas, rows=rows, quiet=quiet_areas(rows, areas, WINDOW)).quiet == ()


# ---------------------------------------------------------------------------------------------- the manifest


def test_what_was_done_and_found_is_ready_for_the_manifest():
    areas = lattice(12, 9, borough=lambda column, _row: ("Alpha", "Beta", "Gamma")[min(column // 6, 1)])
    own = areas["borough"] == "Alpha"
    areas["zone"] = pd.Series(np.where(own, "area", "ring"), index=areas.index, dtype="str")
    table = counts(1.0, 3, areas)
    table.loc[[code(c, r) for c in (3, 4, 5) for r in (2, 3, 4)], WINDOW] += 4
    apart_from_all = areas.geometry.translate(xoff=5_000).where(areas.index == code(11, 8), areas.geometry)
    moved = areas.set_geometry(gpd.GeoSeries(apart_from_all, crs=areas.crs))
    found = run_on(table, moved, quiet=[code(11, 0), code(0, 0), code(11, 1)], permutations=4_999)
    document = found.document()
    assert json.loads(json.dumps(document)) == document
    assert {name: value for name, value in document.items() if name not in {"hot_and_cold", "local_moran"}} == {
        "permutations": 4_999,
        "moran_permutations": 4_999,
        "correction": "Benjamini and Hochberg",
        "islands": [{"lsoa_code": code(11, 8), "lsoa_name": "Beta 011A"}],
        "quiet_boroughs": ["Alpha", "Beta"],
        "quiet_lsoas": 3,
        "refused": None,
    }
    for zone, group in found.stats.groupby("zone"):
        before = group["p_value"] <= ALPHA
        assert document["hot_and_cold"][zone] == {
            "tested": group["label"].notna().sum(),
            "hot_before": (before & (group["gi_z"] > 0)).sum(),
            "hot": (group["label"] == "hot").sum(),
            "cold_before": (before & (group["gi_z"] < 0)).sum(),
            "cold": (group["label"] == "cold").sum(),
        }
        moran = {kind: (group["moran_label"] == kind).sum() for kind in WORDS.values()}
        moran["before"] = (group["moran_p"] <= ALPHA).sum()
        assert document["local_moran"][zone] == {"tested": group["moran_p"].notna().sum(), **moran}
    assert document["hot_and_cold"]["area"]["hot"] > 0
    assert document["local_moran"]["area"]["high-high"] > 0
    assert document["local_moran"]["area"]["tested"] == 53


def test_why_nothing_was_tested_is_in_the_manifest():
    found = run_on(counts(3.0, 1, lattice(3, 3)), lattice(3, 3))
    document = found.document()
    assert document["refused"] == found.refused
    assert document["local_moran"]["area"]["tested"] == document["hot_and_cold"]["area"]["tested"] == 0
