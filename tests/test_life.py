"""The life of a hotspot: who is who through the months, and what is said of each."""

from __future__ import annotations

import itertools
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal, assert_series_equal

from hotspots.analysis import life as life_module
from hotspots.analysis.hotspots import find_hotspots, hotspot_table
from hotspots.analysis.life import COUNTED_MONTHS, EarlierPack, _counts, life_of, renamed
from hotspots.analysis.matching import LEAST_OVERLAP, Registry, match_grounds, overlaps
from hotspots.analysis.methods import Surroundings
from hotspots.places.areas import outline_of
from hotspots.settings import Hotspots
from hotspots.settings.sections import METHODS
from hotspots.stats.trend import mann_kendall
from hotspots.stats.usual import false_discovery
from hotspots.tables import MEMBERS, check
from hotspots.tables.life import PAST
from tests.places_fixtures import SIDE, SOUTH, WEST, lattice, located

MONTHS = pd.period_range("2022-06", "2024-05", freq="M")
WINDOW = MONTHS[-12:]
EARLIER = [MONTHS[first : first + 12] for first in range(12)]
LAYER = lattice(8, 8)
OUTLINE = outline_of(LAYER)
CELLS = Hotspots(method="cells", cell_shape="square", cell_m=100.0, cells_max_width_m=100.0)
"""Every cell is a place of its own."""
JOINED = replace(CELLS, cells_max_width_m=330.0)
"""Three cells in a row are one place."""


def box(west, south, wide=100, high=100):
    return shapely.box(west, south, west + wide, south + high)


def rows(*piles, months=MONTHS):
    """Rows of piles (east, north, how many in each of the months)."""
    places = [
        (east, north, str(month))
        for east, north, counts in piles
        for month, n in zip(months, counts, strict=True)
        for _ in range(n)
    ]
    return located([(x, y) for x, y, _ in places], months=[month for *_, month in places])


@pytest.fixture(autouse=True, scope="module")
def _runs_are_made_once():
    """Many tests look back at the same months of the same rows."""
    made = {}
    plain = life_module._run

    def once(around, window, chosen):
        rows = around.history[around.history["month"] <= window[-1]]
        coordinates, months = shapely.get_coordinates(rows.geometry), rows["month"].astype("int64").to_numpy()
        key = coordinates.tobytes(), months.tobytes(), tuple(window), chosen
        if key not in made:
            made[key] = plain(around, window, chosen)
        return made[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(life_module, "_run", once)
        yield


def lived(frame, chosen=CELLS, earlier=EARLIER, window=WINDOW, **more):
    around = Surroundings(frame[frame["month"] <= window[-1]], window, LAYER, OUTLINE)
    found = find_hotspots(frame[frame["month"].isin(window)], around, chosen)
    return found, life_of(found, around, earlier, chosen, **more)


def id_at(lived_there, spot):
    """The surviving id of the place that holds a spot."""
    found, life = lived_there
    point = shapely.Point(WEST + spot[0], SOUTH + spot[1])
    (name,) = life.ids[found.grounds.covers(point).to_numpy()]
    return name


def runs(*spans):
    """A count for each month: (how many, months)."""
    return [n for n, months in spans for _ in range(months)]


STEADY, RISING, FALLING, GONE, NEW, BACK = (150, 150), (650, 250), (450, 750), (150, 650), (350, 350), (750, 50)
PILES = (
    (*STEADY, [4] * 24),
    (*RISING, range(1, 25)),
    (*FALLING, range(30, 6, -1)),
    (*GONE, runs((5, 12), (0, 12))),
    (*NEW, runs((0, 21), (5, 3))),
    (*BACK, runs((4, 4), (0, 16), (4, 4))),
)
FRAME = rows(*PILES)


@pytest.fixture(scope="module")
def whole():
    return lived(FRAME)


def told_at(whole, spot):
    return whole[1].table.loc[id_at(whole, spot)]


# --- the pairing of grounds ------------------------------------------------------------------------------------


def test_a_ground_is_paired_with_itself_and_with_what_it_has_become():
    known = [box(0, 0), box(500, 0), box(0, 500)]
    grounds = [box(510, 20), box(0, 0), box(900, 900)]
    assert match_grounds(grounds, known).tolist() == [1, 0, -1]
    assert match_grounds([], known).tolist() == []
    assert match_grounds(grounds, []).tolist() == [-1, -1, -1]


def test_half_of_the_smaller_ground_is_enough_and_less_is_not():
    assert LEAST_OVERLAP == 0.5
    assert match_grounds([box(50, 0)], [box(0, 0)]).tolist() == [0]
    assert match_grounds([box(50.01, 0)], [box(0, 0)]).tolist() == [-1]
    assert match_grounds([box(50, 0, 500, 500)], [box(0, 0)]).tolist() == [0], "the smaller one counts"
    assert match_grounds([box(0, 0)], [box(50, 0, 500, 500)]).tolist() == [0], "whichever that is"
    assert match_grounds([box(100, 0)], [box(0, 0)]).tolist() == [-1], "an edge is no ground"


def test_the_most_alike_are_paired_first():
    wide, like = box(-200, -200, 500, 500), box(10, 0)
    assert match_grounds([box(0, 0)], [wide, like]).tolist() == [1], "though it lies in the wide one altogether"
    assert match_grounds([box(0, 0)], [like, wide]).tolist() == [0]
    # The second ground is more alike to the first known one than the first ground is.
    assert match_grounds([box(40, 0), box(0, 10, 100, 100)], [box(0, 0)]).tolist() == [-1, 0]
    # A pairing of all four exists, but would tear the most alike pair apart.
    assert match_grounds([box(0, 0), box(0, 45)], [box(0, 5), box(0, -48)]).tolist() == [0, -1]


def test_of_what_is_equally_alike_the_first_is_taken():
    halves = [box(0, 0, 50), box(50, 0, 50)]
    assert match_grounds([box(0, 0)], halves).tolist() == [0]
    assert match_grounds([box(0, 0)], halves[::-1]).tolist() == [0]
    assert match_grounds(halves, [box(0, 0)]).tolist() == [0, -1]


def test_those_that_come_first_are_paired_before_the_more_alike():
    known = [box(0, 0), box(40, 0)]
    assert match_grounds([box(0, 0)], known).tolist() == [0]
    assert match_grounds([box(0, 0)], known, [False, True]).tolist() == [1]
    assert match_grounds([box(0, 0)], [box(0, 0), box(60, 0)], [False, True]).tolist() == [0], "but must overlap"


def test_likeness_is_shared_over_common_ground():
    here, there, alike = overlaps([box(0, 0), box(300, 0)], [box(200, 0), box(25, 0), box(0, 0, 50)])
    assert sorted(zip(here.tolist(), there.tolist(), alike.tolist(), strict=True)) == [
        (0, 1, pytest.approx(75 / 125)),
        (0, 2, pytest.approx(0.5)),
    ]


boxes = st.lists(
    st.builds(box, st.integers(0, 30), st.integers(0, 30), st.integers(5, 25), st.integers(5, 25)), max_size=8
)


def likeness(one, other):
    shared = one.intersection(other).area
    enough = shared >= 0.5 * min(one.area, other.area)
    return round(shared / one.union(other).area, 9) if enough else 0.0


@settings(max_examples=60, deadline=None)
@given(boxes, boxes)
def test_no_two_would_both_rather_have_each_other(grounds, known):
    paired = match_grounds(grounds, known).tolist()
    of_known = {number: position for position, number in enumerate(paired) if number >= 0}
    assert len(of_known) == sum(number >= 0 for number in paired), "one to one"
    for one, other in itertools.product(range(len(grounds)), range(len(known))):
        score = likeness(grounds[one], known[other])
        mine = likeness(grounds[one], known[paired[one]]) if paired[one] >= 0 else 0.0
        its = likeness(grounds[of_known[other]], known[other]) if other in of_known else 0.0
        assert score <= max(mine, its)
        if paired[one] == other:
            assert score > 0


# --- the registry ----------------------------------------------------------------------------------------------


def shown(registry, run, **grounds):
    """Show grounds by id to a registry; return the numbers of their places."""
    key = [name.replace("_", "-") for name in grounds]
    shapes = gpd.GeoSeries(list(grounds.values()), index=key, crs=27700)
    centres = pd.DataFrame({"northing": 2.0, "easting": shapes.bounds["minx"] + 0.5}, index=key)
    return registry.adopt(shapes, centres) if run is None else registry.see(run, shapes, centres)


def test_a_place_keeps_its_first_id_while_it_moves():
    registry = Registry()
    for run in range(6):
        assert shown(registry, run, **{f"H{run}_0": box(40 * run, 0)}) == [0]
    assert registry.names() == ["H0-0"]
    (place,) = registry.places
    assert place.runs == list(range(6))
    assert place.ground.equals(box(200, 0))
    assert place.centre == (200.5, 2.0)


def test_a_place_returns_under_its_id_and_another_in_its_square_gets_a_number():
    registry = Registry()
    shown(registry, 0, H0_0=box(0, 0), H5_5=box(500, 500))
    shown(registry, 1, H5_5=box(500, 500))
    assert shown(registry, 2, H0_0=box(60, 0), H5_5=box(500, 500), H5_5_2=box(600, 500)) == [2, 1, 3]
    assert shown(registry, 3, H0_0=box(5, 0)) == [0]
    assert shown(registry, 4, H5_5_2=box(500, 600), H_5__5_2=box(-500, -500)) == [4, 5]
    assert registry.names() == ["H0-0", "H5-5", "H0-0-2", "H5-5-2", "H5-5-3", "H-5--5"]
    assert [place.runs for place in registry.places] == [[0, 3], [0, 1, 2], [2], [2], [4], [4]]


def test_what_parts_goes_on_as_its_larger_part_and_what_joins_as_the_more_alike():
    registry = Registry()
    shown(registry, 0, H0_0=box(0, 0, 300))
    assert shown(registry, 1, H2_0=box(0, 0, 100), H0_0=box(100, 0, 200)) == [1, 0]
    assert shown(registry, 2, H1_0=box(0, 0, 300)) == [0]
    assert registry.names() == ["H0-0", "H2-0"]
    assert [place.runs for place in registry.places] == [[0, 1, 2], [1]]


def test_ids_of_a_pack_are_given_kept_and_never_given_again():
    registry = Registry()
    shown(registry, 0, H0_0=box(0, 0), H5_5=box(500, 500), H9_9=box(900, 900))
    assert shown(registry, None, H9_9=box(10, 0), H7_7=box(700, 700)) == [0, 3]
    assert registry.places[0].ground.equals(box(10, 0)), "as the reader of the pack saw it"
    assert registry.names() == ["H9-9", "H5-5", "H9-9-2", "H7-7"]
    assert shown(registry, 1, H3_3=box(710, 700), H7_7=box(300, 300)) == [3, 4]
    assert registry.names() == ["H9-9", "H5-5", "H9-9-2", "H7-7", "H7-7-2"]


def test_a_place_that_a_pack_names_is_recognised_before_the_others():
    registry = Registry()
    shown(registry, 0, H0_0=box(0, 0), H1_0=box(100, 0))
    shown(registry, None, mine=box(100, 0))
    assert shown(registry, 1, H9_9=box(0, 0, 150)) == [1]
    plain = Registry()
    shown(plain, 0, H0_0=box(0, 0), H1_0=box(100, 0))
    assert shown(plain, 1, H9_9=box(0, 0, 150)) == [0]


# --- what is said of each --------------------------------------------------------------------------------------


def test_every_kind_of_life_is_told(whole):
    _, life = whole
    assert told_at(whole, STEADY)["status"] == "persistent"
    assert told_at(whole, RISING)["status"] == "intensifying"
    assert told_at(whole, FALLING)["status"] == "diminishing"
    assert told_at(whole, NEW)["status"] == "new"
    assert told_at(whole, BACK)["status"] == "sporadic"
    assert len(life.table) == 5
    assert life.table["months_in_top"].to_dict() == {
        "H5481-1761": 13,
        "H5484-1767": 13,
        "H5486-1762": 13,
        "H5483-1763": 1,
        "H5487-1760": 4,
    }
    assert told_at(whole, NEW)["first_seen"] == "2024-05"
    assert told_at(whole, BACK)["first_seen"] == told_at(whole, STEADY)["first_seen"] == "2023-05"


def test_a_place_that_went_away_is_past(whole):
    _, life = whole
    (name,) = life.past.index
    past = life.past.loc[name]
    assert name == "H5481-1766"
    assert past["geometry"].covers(shapely.Point(WEST + GONE[0], SOUTH + GONE[1]))
    assert (past["first_seen"], past["last_seen"], past["months_in_top"]) == ("2023-05", "2024-02", 10)
    assert (past["n"], past["n_month"]) == (0, 0)
    assert (past["easting"], past["northing"]) == (WEST + GONE[0], SOUTH + GONE[1])
    assert pd.isna(past["succeeded_by"])
    check(PAST, life.past, epsg=27700)


def test_what_still_happens_at_a_past_place_is_counted():
    still = runs((5, 12), (0, 9), (1, 1), (3, 1), (2, 1))
    _, life = lived(rows((*GONE, still), (*STEADY, [4] * 24)), earlier=EARLIER[8:])
    assert life.past[["n", "n_month", "last_seen"]].to_numpy().tolist() == [[6, 2, "2024-02"]]


def test_the_trend_is_tested_where_it_is_told_of_and_agrees_with_the_counts(whole):
    _, life = whole
    steady = life.table["status"].isin(["persistent", "intensifying", "diminishing"])
    assert life.table["trend_p"].notna().equals(steady)
    p = mann_kendall(life.counts.loc[steady, life.months]).p
    np.testing.assert_allclose(life.table.loc[steady, "trend_p"], p)
    np.testing.assert_allclose(life.table.loc[steady, "trend_p_adjusted"], false_discovery(p)[0])
    assert life.table["trend_p_adjusted"].notna().equals(steady)


def test_counts_are_those_of_the_ground_in_every_month_of_the_data(whole):
    _, life = whole
    assert life.counts.columns.equals(MONTHS)
    assert life.months.equals(MONTHS[11:])
    expected = {"H5481-1761": PILES[0], "H5486-1762": PILES[1], "H5484-1767": PILES[2], "H5483-1763": PILES[4]}
    for name, (_, _, counts) in expected.items():
        assert life.counts.loc[name].tolist() == list(counts)


def test_the_keys_agree_and_are_sorted(whole):
    found, life = whole
    assert life.ids.is_unique
    assert life.ids.index.equals(found.grounds.index)
    for frame in (life.table, life.counts, life.past):
        assert frame.index.is_monotonic_increasing
        assert frame.index.name == "hotspot_id"
    assert set(life.table.index) == set(life.counts.index) == set(life.ids)
    assert not set(life.table.index) & set(life.past.index)
    assert life.table["months_in_top"].between(1, 13).all()
    assert list(life.table.columns) == ["status", "first_seen", "months_in_top", "trend_p", "trend_p_adjusted"]
    assert life.table.dtypes.astype(str).tolist() == ["str", "str", "int64", "float64", "float64"]


def same(one, other):
    assert_series_equal(one.ids, other.ids)
    assert_frame_equal(one.table, other.table)
    assert_frame_equal(pd.DataFrame(one.past), pd.DataFrame(other.past))
    assert_frame_equal(one.counts, other.counts)
    assert one.months.equals(other.months)


def test_the_order_of_rows_changes_nothing_and_nothing_lent_is_changed(whole):
    order = np.random.default_rng(4).permutation(len(FRAME))
    shuffled = FRAME.iloc[order].set_index(FRAME.index)
    before = shuffled.copy(deep=True)
    pack = pack_of("2024-04", zeta=cell(STEADY), alpha=cell(GONE))
    places = pack.places.copy(deep=True)
    found, life = lived(shuffled, earlier=EARLIER[9:], previous=pack)
    same(life, lived(FRAME, earlier=EARLIER[9:], previous=pack)[1])
    assert_frame_equal(pd.DataFrame(shuffled), pd.DataFrame(before))
    assert_frame_equal(pd.DataFrame(pack.places), pd.DataFrame(places))
    assert found.grounds.equals(whole[0].grounds)


@pytest.mark.parametrize("n", [0, 5, 10, 11])
def test_with_fewer_than_twelve_runs_only_new_and_seen_before_are_told(whole, n):
    found, life = lived(FRAME, earlier=EARLIER[12 - n :])
    words = {"new", "seen before"} if n < 11 else {"new", "persistent", "sporadic", "intensifying", "diminishing"}
    assert set(life.table["status"]) <= words
    assert told_at((found, life), NEW)["status"] == "new"
    if n < 11:
        assert told_at((found, life), RISING)["status"] == ("seen before" if n else "new")
        assert life.table["trend_p"].isna().all()
    assert_series_equal(life.ids, whole[1].ids)
    assert life.counts.columns.equals(MONTHS[12 - n :])


def test_an_id_does_not_hang_on_how_far_back_the_data_reach(whole):
    """A download of the last months moves on; the place stays put."""
    _, life = lived(FRAME[FRAME["month"] >= MONTHS[8]], earlier=EARLIER[8:])
    assert_series_equal(life.ids.sort_index(), whole[1].ids.sort_index())
    assert set(life.past.index) == set(whole[1].past.index)


def test_no_later_month_is_known_to_an_earlier_run(whole):
    """What is told of a month is the same once later months are there."""
    short = EARLIER[:8]
    frame = FRAME[FRAME["month"] <= EARLIER[8][-1]]
    _, then = lived(frame, earlier=short, window=EARLIER[8])
    assert set(then.ids) <= {*whole[1].ids, *whole[1].past.index}
    assert then.months.equals(whole[1].months[:9])


def test_months_without_data_are_no_column_and_three_years_are_enough():
    months = pd.period_range("2020-01", "2024-05", freq="M")
    held = months[months != pd.Period("2023-08")]
    frame = rows((*STEADY, [3] * len(held)), months=held)
    windows = [held[(held > month - 12) & (held <= month)] for month in (months[11], months[-2])]
    window = held[held > months[-1] - 12]
    _, life = lived(frame, earlier=windows, window=window)
    assert COUNTED_MONTHS == 36
    # Months that no run looked at are not known to be whole.
    assert life.counts.columns.tolist() == held[held > months[-1] - 13].tolist()
    _, life = lived(frame, earlier=[held[held <= months[-2]]], window=window)
    assert life.counts.columns.tolist() == held[held > months[-1] - 36].tolist()
    assert set(life.counts.to_numpy().ravel()) == {3}


def test_words_are_said_before_each_run():
    said: list[str] = []
    lived(FRAME, earlier=EARLIER[10:], progress=said.append)
    assert said == ["Hotspots of 2024-03", "Hotspots of 2024-04"]


def test_months_must_rise():
    for earlier in (EARLIER[::-1], [*EARLIER, WINDOW], [EARLIER[3], EARLIER[3]]):
        with pytest.raises(ValueError, match="the earlier months must rise, and end before the month of the job"):
            lived(FRAME, earlier=earlier[-2:])


# --- parting, joining, moving ----------------------------------------------------------------------------------


def test_two_that_join_are_one_and_the_other_is_past_but_not_cold():
    west, east = (250, 450, [5] * 24), (450, 450, [3] * 24)
    found, life = lived(rows(west, east, (350, 450, runs((0, 20), (4, 4)))), JOINED, EARLIER[7:])
    assert len(found.grounds) == 1
    assert life.ids.tolist() == ["H5482-1764"], "of equals the one that ranked first"
    assert life.table["status"].tolist() == ["seen before"]
    assert life.table["months_in_top"].tolist() == [6]
    assert life.past.index.tolist() == ["H5484-1764"]
    assert life.past["succeeded_by"].tolist() == ["H5482-1764"]
    assert life.past["n"].tolist() == [36]


def test_a_past_place_goes_to_the_present_one_it_is_most_like():
    piles = rows((250, 450, [5] * 24), (450, 450, [4] * 24))
    pack = pack_of(
        "2024-04",
        west=box(WEST + 200, SOUTH + 400),
        east=box(WEST + 400, SOUTH + 400),
        even=box(WEST + 200, SOUTH + 400, 300),
        tilted=box(WEST + 220, SOUTH + 400, 300),
        small=box(WEST + 445, SOUTH + 445, 10, 10),
        nowhere=box(WEST + 700, SOUTH + 400),
    )
    _, life = lived(piles, earlier=[], previous=pack)
    assert life.ids.tolist() == ["west", "east"]
    heirs = life.past["succeeded_by"]
    assert heirs.dropna().to_dict() == {"even": "west", "small": "east", "tilted": "east"}
    assert heirs.isna().sum() == 1
    assert life.past["n"].to_dict() == {"even": 108, "nowhere": 0, "small": 48, "tilted": 108}


def test_the_order_of_the_places_of_a_pack_changes_nothing():
    x, y = WEST + 100, SOUTH + 100
    pack = pack_of("2024-04", right=box(x + 50, y, 50), left=box(x, y, 50))
    for places in (pack.places, pack.places[::-1]):
        found, life = lived(FRAME, earlier=[], previous=replace(pack, places=places))
        assert id_at((found, life), STEADY) == "left"


def test_what_parts_has_one_new_id_but_its_ground_is_not_new():
    west, east = (250, 450, [5] * 24), (450, 450, [3] * 24)
    found, life = lived(rows(west, east, (350, 450, runs((4, 11), (0, 13)))), JOINED, EARLIER[:5])
    assert len(found.grounds) == 2
    assert life.table["months_in_top"].tolist() == [6, 6]
    assert life.table["status"].tolist() == ["seen before", "seen before"]
    assert set(life.table["first_seen"]) == {"2023-05"}
    assert id_at((found, life), (250, 450)) == "H5483-1764", "the id of all three"
    assert id_at((found, life), (450, 450)) == "H5484-1764"
    assert life.past.empty


def test_a_place_that_wanders_keeps_its_id():
    """Two squares wide, half a year in each, one square further every time."""
    spans = [runs((3, 6), (0, 18)), runs((3, 12), (0, 12)), runs((0, 12), (3, 6), (0, 6)), runs((0, 18), (3, 6))]
    piles = [(250 + 100 * number, 450, counts) for number, counts in enumerate(spans)]
    _, life = lived(rows(*piles), replace(JOINED, cells_max_width_m=230.0), [EARLIER[0], EARLIER[6]])
    assert life.ids.to_dict() == {"H5484-1764": "H5483-1764"}
    assert life.past.empty
    assert life.table["months_in_top"].tolist() == [3], "though nothing of its first ground is left"
    assert life.table["first_seen"].tolist() == ["2023-05"]


# --- an earlier pack -------------------------------------------------------------------------------------------


def pack_of(month, first_seen=None, **grounds):
    places = gpd.GeoDataFrame(
        {"easting": 1.5, "northing": 2.5},
        index=pd.Index([name.replace("_", "-") for name in grounds], name="hotspot_id"),
        geometry=list(grounds.values()),
        crs=27700,
    )
    return EarlierPack(pd.Period(month), places if first_seen is None else places.assign(first_seen=first_seen))


def cell(spot):
    return box(WEST + spot[0] // SIDE * SIDE, SOUTH + spot[1] // SIDE * SIDE)


@pytest.mark.parametrize("month", ["2020-01", "2023-05", "2024-01", "2024-04", "2024-05", "2025-01"])
def test_the_ids_of_an_earlier_pack_win_whenever_it_was_made(whole, month):
    found, life = lived(FRAME, previous=pack_of(month, zeta=cell(STEADY), H5486_1762=cell(FALLING)))
    assert id_at((found, life), STEADY) == "zeta"
    assert id_at((found, life), FALLING) == "H5486-1762"
    assert id_at((found, life), RISING) == "H5486-1762-2", "its own id is another place's now"
    assert id_at((found, life), NEW) == "H5483-1763"
    assert life.table.loc["zeta", "status"] == "persistent"
    assert life.table.loc["zeta", "first_seen"] == ("2020-01" if month == "2020-01" else "2023-05")
    assert life.past.index.tolist() == whole[1].past.index.tolist()


def test_an_id_of_a_pack_does_not_hang_on_how_far_back_the_data_reach():
    """Two places of one square: which of them was first depends on the data, but not with a pack."""
    piles = rows((220, 420, runs((5, 12), (0, 12))), (280, 480, runs((0, 8), (5, 16))))
    fine = replace(CELLS, cell_m=50.0, cells_max_width_m=50.0)
    reach = [EARLIER[0], EARLIER[-1]]
    long, short = (lived(piles, fine, earlier=earlier)[1].ids.tolist() for earlier in (reach, reach[1:]))
    assert (long, short) == (["H5482-1764-2"], ["H5482-1764"])
    pack = pack_of("2024-04", H5482_1764_2=box(WEST + 250, SOUTH + 450, 50, 50))
    for earlier in (reach, reach[1:], []):
        assert lived(piles, fine, earlier=earlier, previous=pack)[1].ids.tolist() == ["H5482-1764-2"]


def test_a_place_known_from_a_pack_is_not_new_and_may_be_older_than_the_data():
    pack = pack_of("2024-04", ["2019-02", None], zeta=cell(NEW), omega=cell(STEADY))
    found, life = lived(FRAME, previous=pack)
    assert life.table.loc["zeta", ["status", "first_seen"]].tolist() == ["sporadic", "2019-02"]
    assert life.table.loc["omega", ["status", "first_seen"]].tolist() == ["persistent", "2023-05"]
    _, life = lived(FRAME, earlier=[], previous=pack)
    assert life.table.loc["zeta", ["status", "first_seen"]].tolist() == ["seen before", "2019-02"]
    assert life.table.loc["omega", ["status", "first_seen"]].tolist() == ["seen before", "2024-04"]
    assert told_at((found, life), RISING)["status"] == "new"
    # A pack of this very month says nothing of an earlier one.
    _, life = lived(FRAME, earlier=[], previous=pack_of("2024-05", zeta=cell(NEW)))
    assert life.table.loc["zeta", ["status", "first_seen"]].tolist() == ["new", "2024-05"]


def test_a_place_of_a_pack_that_no_run_draws_is_past():
    nowhere = pack_of("2024-03", H5481_1761=cell((750, 750)), west=cell(GONE))
    found, life = lived(FRAME, previous=nowhere)
    assert id_at((found, life), STEADY) == "H5481-1761-2"
    assert life.past.index.tolist() == ["H5481-1761", "west"]
    only = life.past.loc["H5481-1761"]
    assert only[["first_seen", "last_seen", "months_in_top", "n"]].tolist() == ["2024-03", "2024-03", 0, 0]
    assert only[["easting", "northing"]].tolist() == [1.5, 2.5]
    west = life.past.loc["west"]
    assert west[["first_seen", "last_seen", "months_in_top"]].tolist() == ["2023-05", "2024-03", 10]
    # One that only a later pack names has not been seen yet, but its id is not free.
    for month in ("2024-05", "2024-06"):
        _, life = lived(FRAME, previous=replace(nowhere, month=pd.Period(month)))
        assert life.past.index.tolist() == ["west"]
        assert life.past["last_seen"].tolist() == ["2024-02"]
        assert "H5481-1761-2" in set(life.ids)


def test_a_past_place_of_a_pack_keeps_its_last_month():
    pack = pack_of("2024-04", west=cell((750, 750)))
    pack = replace(pack, places=pack.places.assign(first_seen="2021-01", last_seen="2022-03"))
    _, life = lived(FRAME, earlier=[], previous=pack)
    assert life.past[["first_seen", "last_seen"]].to_numpy().tolist() == [["2021-01", "2022-03"]]


def test_a_pack_that_cannot_be_compared_is_refused():
    pack = pack_of("2024-04", zeta=cell(NEW))
    with pytest.raises(ValueError, match="the earlier pack is in EPSG:3857, the incidents are in EPSG:27700"):
        lived(FRAME, earlier=[], previous=replace(pack, places=pack.places.set_crs(3857, allow_override=True)))
    with pytest.raises(ValueError, match="the earlier pack names two hotspots alike"):
        lived(FRAME, earlier=[], previous=replace(pack, places=pd.concat([pack.places, pack.places])))


# --- every method ----------------------------------------------------------------------------------------------


def coarse(seed=5):
    """Thick places among scatter, on coordinates of whole 50 m: half of them lie on edges of cells and LSOAs."""
    random = np.random.default_rng(seed)
    thick = np.array([(150, 150), (600, 200), (400, 650)])[random.integers(0, 3, 500)] + random.normal(0, 45, (500, 2))
    xy = np.clip(np.round(np.concatenate([thick, random.uniform(0, 800, (150, 2))]) / 50) * 50, 0, 799)
    frame = located(xy, months=random.choice(MONTHS.astype(str), len(xy)))
    frame.loc[frame.index[::40], "lsoa_code"] = None
    return frame


@pytest.mark.parametrize(("method", "shape"), [("cells", "square"), *((method, "hexagon") for method in METHODS)])
def test_counts_of_the_window_are_those_of_the_table(method, shape):
    frame = coarse()
    chosen = Hotspots(method=method, cell_shape=shape, cell_m=100.0)
    found, life = lived(frame, chosen, earlier=EARLIER[11:])
    assert len(found.grounds) >= 2
    focus = frame[frame["month"].isin(WINDOW)]
    kept = renamed(found, life.ids)
    check(MEMBERS, kept.members)
    names = pd.Series("Place", index=kept.grounds.index)
    table = hotspot_table(focus, kept, names, OUTLINE, WINDOW)
    assert table.index.equals(life.table.index)
    assert table["n"].tolist() == life.counts[WINDOW].sum(axis=1).tolist()
    assert table["n_month"].tolist() == life.counts[WINDOW[-1]].tolist()
    assert kept.centres.index.equals(kept.grounds.index)
    assert kept.minima.index.equals(kept.grounds.index)
    assert kept.members["hotspot_id"].isna().equals(found.members["hotspot_id"].isna())


def test_an_incident_on_the_edge_of_two_grounds_is_the_first_ones():
    grounds = gpd.GeoSeries([box(100, 0), box(0, 0)], index=["one", "other"])
    month = MONTHS[:1]
    sites = gpd.GeoSeries(gpd.points_from_xy([100, 50, 100, 900], [50, 50, 70, 9]), index=month.repeat(4))
    assert _counts(grounds, sites, month, once=True)[month[0]].tolist() == [2, 1]
    assert _counts(grounds, sites, month, once=False)[month[0]].tolist() == [2, 3]
    assert _counts(grounds, sites, MONTHS[1:3], once=True).to_numpy().tolist() == [[0, 0], [0, 0]]


def test_without_any_hotspot_there_is_no_life():
    found, life = lived(rows((*STEADY, [0] * 23 + [1])), earlier=EARLIER[:1])
    assert found.grounds.empty
    assert life.table.empty
    assert life.past.empty
    assert life.counts.shape == (0, 24)
    assert life.table.dtypes.astype(str).tolist() == ["str", "str", "int64", "float64", "float64"]
    _, life = lived(rows((*GONE, runs((5, 12), (0, 12)))), earlier=EARLIER[:1])
    assert life.table.empty
    assert len(life.past) == 1


def test_without_any_change_hardly_a_place_rises_or_falls():
    random = np.random.default_rng(8)
    spots = [(150 + 200 * column, 150 + 200 * row) for column, row in itertools.product(range(3), range(3))]
    levels = np.geomspace(1.2, 6, len(spots))
    _, life = lived(rows(*((*spot, random.poisson(level, 24)) for spot, level in zip(spots, levels, strict=True))))
    assert len(life.table) >= 7
    assert set(life.table["status"]) <= {"persistent", "sporadic", "new"}
