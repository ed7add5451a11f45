"""Hotspots counted on their drawn ground, ranked and tested."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import shapely
from pandas.testing import assert_frame_equal

from hotspots.analysis.hotspots import find_hotspots, hotspot_table
from hotspots.analysis.locations import locations
from hotspots.analysis.methods import Surroundings
from hotspots.geo.gridref import grid_reference
from hotspots.intake.boundaries import read_boundaries
from hotspots.intake.incidents import read_incidents
from hotspots.intake.lookups import read_lookup
from hotspots.places.areas import choose_area, outline_of
from hotspots.places.locate import locate
from hotspots.places.names import name_hotspots
from hotspots.settings import Hotspots
from hotspots.stats.usual import ALPHA, change_p, false_discovery, usual_range
from hotspots.tables import HOTSPOTS, MEMBERS, check
from tests.places_fixtures import SOUTH, WEST, lattice, located

WINDOW = pd.period_range("2023-06", "2024-05", freq="M")
MONTHS = [str(month) for month in WINDOW]
OUTLINE = shapely.box(WEST, SOUTH, WEST + 4000, SOUTH + 4000)
SQUARE = 4000.0 * 4000.0


def piled(*places):
    """Rows (place, how many in each of the twelve months, how many more in the last)."""
    rows = [(place, month) for place, each, _ in places for month in MONTHS for _ in range(each)]
    return [*rows, *((place, MONTHS[-1]) for place, _, more in places for _ in range(more))]


def focus_of(rows, **changes):
    return located([place for place, _ in rows], months=[month for _, month in rows], **changes)


def scattered(seed=1, n=900):
    """Five thick places among scattered rows, street-level: whole ten metres, months at random."""
    random = np.random.default_rng(seed)
    thick = random.uniform(300, 3700, (5, 2))[random.integers(0, 5, n // 2)] + random.normal(0, 60, (n // 2, 2))
    xy = np.round(np.concatenate([thick, random.uniform(0, 4000, (n - n // 2, 2))]), -1)
    months = random.choice(MONTHS, n)
    return [(tuple(place), month) for place, month in zip(xy, months, strict=True)]


def table_of(
    focus, window=WINDOW, outline=OUTLINE, history=None, areas=None, untested=(), method="clusters", **changes
):
    layer = lattice(10, 10).to_crs(focus.crs) if areas is None else areas
    around = Surroundings(focus if history is None else history, window, layer, outline)
    found = find_hotspots(focus, around, Hotspots(method=method, **changes))
    names = pd.Series([f"Place {key}" for key in found.grounds.index], index=found.grounds.index, dtype="str")
    return found, hotspot_table(focus, found, names, outline, window, untested=untested)


@pytest.mark.parametrize("seed", range(4))
def test_what_is_counted_is_what_lies_on_the_drawn_ground(seed):
    zones = np.random.default_rng(seed).choice(["area", "ring"], 900, p=[0.8, 0.2])
    focus = focus_of(scattered(seed), zones=zones, category=np.where(np.arange(900) % 3 == 0, "Robbery", "Burglary"))
    found, table = table_of(focus)
    assert len(table) >= 3
    in_area = focus["zone"] == "area"
    for name, row in table.iterrows():
        on = shapely.intersects(row.geometry, focus.geometry.to_numpy())
        assert row["n"] == on.sum() >= 12
        assert row["n_points"] == len(np.unique(shapely.get_coordinates(focus.geometry[on]), axis=0))
        assert row["n_month"] == (on & (focus["month"] == WINDOW[-1])).sum()
        assert row["n_in_area"] == (on & in_area).sum()
        assert row["share_of_n"] == pytest.approx((on & in_area).sum() / in_area.sum())
        assert row["share_of_area"] == pytest.approx(row.geometry.intersection(OUTLINE).area / SQUARE)
        assert row["area_ha"] == pytest.approx(row.geometry.area / 1e4)
        corners = shapely.get_coordinates(row.geometry)
        apart = np.hypot(*(corners[:, None] - corners[None]).transpose(2, 0, 1))
        assert row["width_m"] == pytest.approx(apart.max())
        assert set(row["lsoa_codes"].split()) == set(focus.loc[on, "lsoa_code"])
        assert row["top_category"] == focus.loc[on, "category"].value_counts().index[0]
        assert set(focus.index[on]) == set(found.members.index[found.members["hotspot_id"] == name])
    assert table["share_of_n"].sum() <= 1
    assert table["share_of_area"].sum() <= 1
    assert shapely.union_all(table.geometry.array).area == pytest.approx(table.area.sum())
    check(MEMBERS, found.members)
    assert found.members.index.equals(focus.index)


@pytest.mark.parametrize("seed", range(3))
def test_ranks_run_from_1_by_falling_count(seed):
    _, table = table_of(focus_of(scattered(seed)))
    ordered = table.sort_values("rank")
    assert ordered["rank"].tolist() == list(range(1, len(table) + 1))
    assert ordered["n"].is_monotonic_decreasing
    assert table.index.is_unique
    assert table.index.is_monotonic_increasing


def test_of_equal_counts_the_busier_month_ranks_first():
    even = piled(((500, 500), 2, 0)) + [((2000, 2000), month) for month in [*MONTHS[:6], *[MONTHS[-1]] * 18]]
    _, table = table_of(focus_of(even))
    assert table["n"].tolist() == [24, 24]
    assert table.sort_values("rank")["n_month"].tolist() == [18, 2]


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_rows_changes_nothing(seed):
    rows = scattered(seed)
    _, table = table_of(focus_of(rows))
    shuffled = [rows[i] for i in np.random.default_rng(9).permutation(len(rows))]
    _, again = table_of(focus_of(shuffled))
    assert_frame_equal(again, table)


def test_a_place_keeps_its_id_whatever_happens_elsewhere():
    here = piled(((520, 540), 3, 0), ((560, 540), 1, 0))
    _, alone = table_of(focus_of(here))
    _, among = table_of(focus_of(here + piled(((2500, 900), 9, 0), ((3100, 3100), 1, 5))))
    assert alone.index.tolist() == ["H5485-1765"]
    assert alone.index[0] in among.index
    same = ["n", "n_month", "area_ha", "grid_ref", "easting", "northing", "lsoa_codes", "width_m", "change_p"]
    pd.testing.assert_series_equal(among.loc[alone.index[0], same], alone.loc[alone.index[0], same])
    # A few incidents more on a neighbouring street do not move its id.
    _, later = table_of(focus_of([*here, ((500, 590), MONTHS[3])]))
    assert later.index.tolist() == alone.index.tolist()


def test_a_row_on_the_border_of_two_grounds_counts_once_for_the_larger_place():
    rows = [*piled(((500, 500), 2, 0), ((600, 500), 3, 0)), ((550, 500), MONTHS[2])]
    found, table = table_of(focus_of(rows), radius_m=20.0, min_incidents=12)
    west, east = table.geometry
    assert west.distance(east) == 0
    assert west.intersection(east).area < 1e-6
    assert table.sort_values("easting")["n"].tolist() == [24, 37]
    assert found.members["hotspot_id"].notna().all()


def test_many_places_in_one_square_all_have_ids_of_their_own():
    places = [((2000 + 19 * x, 2000 + 19 * y), 1, 0) for x in range(5) for y in range(5)]
    _, table = table_of(focus_of(piled(*places)), radius_m=5.0, min_incidents=12, min_width_m=20.0, max_number=500)
    assert len(table) == 25
    assert table.index.is_unique
    assert (table["n"] == 12).all()


def test_the_centre_is_the_member_nearest_to_all_incidents():
    random = np.random.default_rng(4)
    for _ in range(5):
        xy = np.round(random.uniform(900, 1010, (40, 2)))
        focus = focus_of([(tuple(place), MONTHS[i % 12]) for i, place in enumerate(xy[random.integers(0, 40, 150)])])
        _, table = table_of(focus, min_incidents=2)
        rows = shapely.get_coordinates(focus.geometry.array)
        sums = {tuple(place): np.hypot(*(rows - place).T).sum() for place in np.unique(rows, axis=0)}
        centre = table.iloc[0][["easting", "northing"]].astype(float)
        assert tuple(centre) == min(sums, key=lambda place: (round(sums[place], 6), place))
        assert table.iloc[0]["grid_ref"] == grid_reference(*centre)


def test_of_equally_central_members_the_first_by_x_and_y_is_the_centre():
    corners = [(1000, 1000), (1000, 1040), (1040, 1000), (1040, 1040)]
    _, table = table_of(focus_of(piled(*[(corner, 1, 0) for corner in corners])))
    assert table[["easting", "northing"]].to_numpy().tolist() == [[WEST + 1000, SOUTH + 1000]]


def test_a_city_in_one_cluster_has_a_centre_too():
    # With a set minimum nothing is cut: 6,000 places in one cluster, whose distances would fill 290 MB.
    xy = [(float(10 * (i % 80)), float(10 * (i // 80))) for i in range(6000)]
    _, table = table_of(
        focus_of([(place, MONTHS[i % 12]) for i, place in enumerate(xy)]), radius_m=15.0, min_incidents=3
    )
    assert table["n"].tolist() == [6000]
    assert table[["easting", "northing"]].to_numpy()[0] == pytest.approx([WEST + 390, SOUTH + 370], abs=10)


@pytest.mark.parametrize(("x", "crosses"), [(500, False), (3925, False), (3926, False), (3930, True), (3990, True)])
def test_a_ground_over_the_outline_crosses_the_border(x, crosses):
    rows = piled(((x, 2000), 2, 0))
    _, table = table_of(focus_of(rows))
    row = table.iloc[0]
    assert row["cross_border"] == crosses
    inside = row.geometry.intersection(OUTLINE).area / row.geometry.area
    assert (inside < 0.9999) == (x > 3925)
    assert row["share_of_area"] == pytest.approx(inside * row.geometry.area / SQUARE)


def test_a_place_in_the_ring_is_listed_only_when_half_or_enough_of_it_is_the_areas():
    ring = piled(((4300, 2000), 5, 0))
    own = piled(((500, 500), 2, 0))
    zones = ["ring"] * len(ring) + ["area"] * len(own)
    _, table = table_of(focus_of(ring + own, zones=zones))
    assert table["n"].tolist() == [24]
    assert table["share_of_n"].tolist() == [1.0]
    zones[:12] = ["area"] * 12
    _, table = table_of(focus_of(ring + own, zones=zones))
    assert sorted(table["n"]) == [24, 60]
    assert table.sort_values("n")["n_in_area"].tolist() == [24, 12]


def test_change_is_what_the_tests_say():
    focus = focus_of(piled(((500, 500), 2, 14), ((1500, 500), 3, 0), ((2500, 500), 4, 2), ((3500, 500), 5, 0)))
    focus = focus[~((focus["month"] == WINDOW[-1]) & (focus.geometry.x > WEST + 3000))]
    _, table = table_of(focus)
    others = (table["n"] - table["n_month"]).to_numpy()
    p = change_p(table["n_month"].to_numpy(), others, 11)
    adjusted, level = false_discovery(p)
    np.testing.assert_array_equal(table["change_p"], p)
    np.testing.assert_array_equal(table["change_p_adjusted"], adjusted)
    np.testing.assert_array_equal(
        table[["usual_low", "usual_high"]].to_numpy(dtype=int), usual_range(others, 11, level)
    )
    usual = table["n_month"].between(table["usual_low"], table["usual_high"])
    np.testing.assert_array_equal(usual, table["change"] == "usual")
    np.testing.assert_array_equal(usual, adjusted > ALPHA)
    assert table.sort_values("easting")["change"].tolist() == ["above", "usual", "usual", "below"]
    assert table.sort_values("easting")["n_month"].tolist() == [16, 3, 6, 0]


def test_a_window_of_one_month_cannot_be_tested():
    focus = focus_of([((500, 500), MONTHS[-1])] * 9)
    _, table = table_of(focus, window=WINDOW[-1:])
    assert table["change"].tolist() == ["untested"]
    assert table[["usual_low", "usual_high", "change_p", "change_p_adjusted"]].isna().all(axis=None)
    assert table["n"].tolist() == table["n_month"].tolist() == [9]


@pytest.mark.parametrize("window", [WINDOW, WINDOW[-1:]])
@pytest.mark.parametrize("rows", [[], [((500, 500), MONTHS[-1]), ((900, 900), MONTHS[-1])]])
def test_no_hotspots_are_a_valid_empty_table(rows, window):
    found, table = table_of(focus_of(rows), window=window, min_per_month=20.0)
    assert len(table) == 0
    check(HOTSPOTS, table)
    assert table.crs.to_epsg() == 27700
    assert table.geometry.name == "geometry"
    assert found.members["hotspot_id"].isna().all()
    assert len(found.members) == len(rows)
    names = name_hotspots(focus_of(rows), found.members, lattice(10, 10))
    assert len(hotspot_table(focus_of(rows), found, names, OUTLINE, window)) == 0


def test_other_projections_have_no_grid_reference():
    _, table = table_of(focus_of(piled(((500, 500), 2, 0))).set_crs(25832, allow_override=True))
    assert table["grid_ref"].isna().all()
    assert table.crs.to_epsg() == 25832


def test_rows_that_belong_to_no_lsoa_still_count():
    focus = focus_of(piled(((500, 500), 2, 0)), lsoa=[None] * 24)
    _, table = table_of(focus)
    assert table["n"].tolist() == [24]
    assert table["lsoa_codes"].tolist() == [""]


def test_lsoas_and_category_of_a_place_come_most_first_and_equals_by_name():
    rows = [((500, 500), month) for month in MONTHS] + [((510, 500), month) for month in MONTHS[:6]]
    lsoa = ["E2"] * 4 + ["E1"] * 8 + ["E3"] * 4 + ["E0"] * 2
    _, table = table_of(focus_of(rows, lsoa=lsoa, category=["B", "A"] * 9))
    assert table["lsoa_codes"].tolist() == ["E1 E2 E3 E0"]
    assert table["top_category"].tolist() == ["A"]


def test_finding_and_ranking_change_nothing_they_were_lent():
    focus = focus_of(scattered())
    copy = focus.copy(deep=True)
    found, table = table_of(focus)
    names = pd.Series("x", index=found.grounds.index, dtype="str")
    parts = (found.members, found.grounds, found.centres, found.minima, names)
    copies = [part.copy(deep=True) for part in parts]
    hotspot_table(focus, found, names, OUTLINE, WINDOW)
    assert_frame_equal(focus, copy)
    for part, before in zip(parts, copies, strict=True):
        assert part.equals(before)
    assert (table["rank"] >= 1).all()


def test_each_location_counts_its_rows_and_says_most_of_them():
    rows = [((20, 10), MONTHS[-1]), ((10, 10), MONTHS[0]), ((20, 10), MONTHS[0]), ((20, 10), MONTHS[0])]
    focus = focus_of(
        rows,
        street=["B Road", None, "A Road", None],
        zones=["ring", "area", "area", "area"],
        lsoa=["E2", None, "E1", "E2"],
    )
    copy = focus.copy(deep=True)
    found = locations(focus, WINDOW[-1])
    assert found.index.tolist() == [1, 2]
    assert found.geometry.x.tolist() == [WEST + 10, WEST + 20]
    assert found["n"].tolist() == [1, 3]
    assert found["n_month"].tolist() == [0, 1]
    assert [None if pd.isna(street) else street for street in found["street"]] == [None, "A Road"]
    assert found["zone"].tolist() == ["area", "area"]
    assert pd.isna(found["lsoa_code"].iloc[0])
    assert found["lsoa_code"].iloc[1] == "E2"
    assert found.crs == focus.crs
    assert_frame_equal(focus, copy)


@pytest.mark.parametrize("seed", range(2))
def test_locations_together_are_all_rows(seed):
    focus = focus_of(scattered(seed))
    found = locations(focus, WINDOW[-1])
    assert found["n"].sum() == len(focus)
    assert found["n_month"].sum() == (focus["month"] == WINDOW[-1]).sum()
    assert len(locations(focus.iloc[:0], WINDOW[-1])) == 0


# The public data


def monthly(real, files, area, month, categories):
    layer = read_boundaries([real / "boundaries/lsoa2021/london-2021-lsoa-gen20.zip"], epsg=27700).areas
    lookup, _ = read_lookup(real / "lookups/lsoa2011_lsoa2021_exact_fit_lookup_ew_v3.csv.gz")
    areas = choose_area(layer, [area], context_m=1000)
    rows = read_incidents(files).incidents.to_crs(27700)
    window = pd.period_range(end=month, periods=12, freq="M")
    rows = rows[rows["month"].isin(window)]
    focus = rows["category"].isin(categories)
    found = locate(rows, areas, focus=focus, tolerance_m=20, context_m=1000, lookup=lookup)
    focus = found[found["in_focus"] & (found["zone"] != "beyond")]
    return table_of(focus, window=window, outline=outline_of(areas[areas["zone"] == "area"]))


@pytest.mark.real
@pytest.mark.parametrize(
    ("files", "area", "month", "categories"),
    [
        (
            "police/city-of-london",
            "City of London",
            "2025-12",
            ("Violence and sexual offences", "Robbery", "Possession of weapons"),
        ),
        (
            "police/met-burglary/bexley-greenwich-lewisham-bromley-burglary-2010-12_2023-12.csv.gz",
            "Bexley",
            "2023-12",
            ("Burglary",),
        ),
    ],
)
def test_hotspots_of_the_public_data_are_walkable_and_few(real, files, area, month, categories):
    found, table = monthly(real, [real / files], area, month, categories)
    said = table.sort_values("rank")[["n", "n_month", "width_m", "area_ha", "min_incidents", "change"]]
    print(  # noqa: T201
        f"\n{area} {month}: radius {found.parameters['radius_m']:g} m, share {table['share_of_n'].sum():.1%} on {table['share_of_area'].sum():.2%}\n{said}"
    )
    assert 3 <= len(table) <= 10
    assert table["n"].min() >= 12
    assert table["width_m"].max() <= 300 + 1e-5
    assert table["width_m"].min() >= 100, "grounds that share a border are parted, yet stay places"
    assert table["share_of_n"].sum() > 3 * table["share_of_area"].sum()


# Without any change nothing rises


def stationary(random, planted=0):
    """Two years of Poisson months: 30 places of very different levels, each on a few map points, and a scatter."""
    months = pd.period_range(end=MONTHS[-1], periods=24, freq="M").astype(str)
    places = random.uniform(300, 3700, (30, 2))
    level = np.exp(random.normal(0.8, 1.0, 30))
    rows = []
    for month in months:
        if planted and month == MONTHS[-1]:
            rows += [(tuple(np.round(places[level.argmax()], -1)), month)] * planted
        for place, n in zip(places, random.poisson(level), strict=True):
            spots = place + random.integers(0, 3, (n, 2)) * 30
            rows += [(tuple(np.round(spot, -1)), month) for spot in spots]
        rows += [(tuple(xy), month) for xy in random.uniform(0, 4000, (20, 2))]
    return rows


@pytest.mark.parametrize("method", ["cells", "clusters"])
def test_without_any_change_hardly_any_hotspot_rises_and_a_planted_rise_is_found(method):
    random = np.random.default_rng(11)
    listed = lists = alarms = found = 0
    for _ in range(20):
        rows = stationary(random)
        focus = focus_of([row for row in rows if row[1] in set(MONTHS)])
        _, table = table_of(focus, history=focus_of(rows), method=method)
        changed = int((table["change"] != "usual").sum())
        listed, lists, alarms = listed + len(table), lists + 1, alarms + bool(changed)
        assert changed <= 1
        if lists <= 5:
            rows = stationary(random, planted=40)
            focus = focus_of([row for row in rows if row[1] in set(MONTHS)])
            _, table = table_of(focus, history=focus_of(rows), method=method)
            found += bool((table["change"] == "above").any())
    assert listed >= 8 * lists
    assert alarms <= 0.05 * lists + 2, "at 5 % of lists three or more of twenty have a chance of 8 %"
    assert found >= 4, "a place may lie across the edge of a ground"
