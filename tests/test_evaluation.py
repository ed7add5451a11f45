"""Did it work: each incident in one zone, controls chosen by what was before, and what places do by themselves."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from hotspots.analysis.evaluation import USUAL_SPREAD, USUAL_WEIGHT, ZONES, Sides, evaluate
from hotspots.errors import InputError
from hotspots.stats.two_counts import weighted_displacement_difference
from hotspots.tables import CONTROLS, check
from tests.places_fixtures import SOUTH, WEST, located

BEFORE = pd.period_range("2023-01", "2023-03", freq="M")
AFTER = pd.period_range("2023-04", "2023-06", freq="M")
SIDES = Sides(BEFORE, AFTER)
RING_M = 100.0
HALF = 50.0
STEP = 1000.0


def at(number, east=0.0):
    """A point so far east of the middle of a place; places lie a kilometre apart."""
    return number * STEP + east, 0.0


def ground(number, half=HALF, east=0.0):
    x, y = WEST + at(number, east)[0], SOUTH
    return shapely.box(x - half, y - half, x + half, y + half)


def rows(*counts, rings=None, extra=()):
    """LOCATED rows: by place (before, after), spread over the months of the side, and the same of the rings."""
    points = []
    for east, by_place in ((0.0, counts), (HALF + RING_M / 2, rings or ())):
        for number, (before, after) in enumerate(by_place):
            for months, n in ((BEFORE, before), (AFTER, after)):
                points += [(*at(number, east), str(months[k % len(months)])) for k in range(n)]
    points += list(extra)
    return located([(x, y) for x, y, _ in points], months=[month for *_, month in points])


def places(n, *, named=(), refused=None, first=1, grounds=None):
    key = [f"H{number}" for number in range(first, n)]
    return gpd.GeoDataFrame(
        {
            "name": [f"Street {number}" for number in range(first, n)],
            "named": [one in named for one in key],
            "refused": [(refused or {}).get(one, "") for one in key],
        },
        geometry=grounds or [ground(number) for number in range(first, n)],
        index=pd.Index(key, dtype="str"),
        crs=27700,
    )


def found(frame, candidates, sides=SIDES, target=None, **changes):
    return evaluate(frame, target or ground(0), candidates, sides, **({"ring_m": RING_M, "most": 1} | changes))


def test_the_eight_counts_and_the_difference():
    frame = rows((20, 8), (18, 17), rings=[(6, 9), (5, 4)])
    made = found(frame, places(2))
    assert made.counts.index.tolist() == list(ZONES)
    assert made.counts.to_numpy().tolist() == [[20, 8], [6, 9], [18, 17], [5, 4]]
    plain = weighted_displacement_difference((20, 8), (18, 17), (6, 9), (5, 4))
    assert made.difference.estimate == plain.estimate == -12 + 3 + 1 + 1
    assert made.z == plain.z
    # The one control has no control of its own, so that only the usual spread is known.
    assert made.spread == USUAL_SPREAD
    assert made.difference == weighted_displacement_difference((20, 8), (18, 17), (6, 9), (5, 4), spread=USUAL_SPREAD)
    assert len(made.placebos) == made.n_as_far == made.n_rose_as_far == 0
    assert made.grounds == (ground(1),)
    assert not made.too_small
    assert made.size == (1.0, 1.0)
    months = made.by_month
    assert months.index.tolist() == ["treated", "treated_ring", "control 1", "control 1 ring"]
    assert months.loc["treated"].tolist() == [7, 7, 6, 3, 3, 2]
    assert months[list(BEFORE)].sum(axis=1).tolist() == [20, 6, 18, 5]
    assert list(months.columns) == list(SIDES.months)


def test_months_of_neither_side_count_for_nothing():
    extra = [(*at(0), month) for month in ("2022-12", "2023-07")] * 5
    assert found(rows((9, 9), (9, 9), extra=extra), places(2)).counts.to_numpy().sum() == 36


def test_sides_of_another_length_are_brought_to_the_time_after():
    sides = Sides(BEFORE, AFTER[:1])
    assert sides.exposure == (3.0, 1.0)
    made = found(rows((30, 9), (30, 30)), places(2), sides)
    assert made.counts.loc["treated"].tolist() == [30, 3]
    assert made.difference.estimate == pytest.approx(3 - 10 - (10 - 10))


@settings(max_examples=25)
@given(st.lists(st.tuples(st.floats(-400, 2400), st.sampled_from([*BEFORE, *AFTER])), min_size=1, max_size=40))
def test_an_incident_is_counted_in_one_zone_the_first_that_holds_it(points):
    # Rings of 150 m: those of the second and third place overlap, and the third lies in the ring of the second.
    grounds = [ground(1), ground(1, east=140.0)]
    extra = [(*at(0, east), str(month)) for east, month in points]
    made = found(rows(extra=extra), places(3, grounds=grounds, named=("H1", "H2")), ring_m=150.0)
    want = np.zeros((6, 2), dtype=int)
    for x, y, month in extra:
        point, late = shapely.Point(WEST + x, SOUTH + y), int(pd.Period(month, freq="M") in AFTER)
        tests = [ground(0).intersects(point), ground(0).distance(point) <= 150]
        tests += [one.intersects(point) for one in grounds] + [one.distance(point) <= 150 for one in grounds]
        if any(tests):
            want[tests.index(True), late] += 1
    assert made.counts.to_numpy().tolist() == [
        *want[:2].tolist(),
        (want[2] + want[3]).tolist(),
        (want[4] + want[5]).tolist(),
    ]
    assert made.by_month.sum(axis=1).tolist() == want[[0, 1, 2, 4, 3, 5]].sum(axis=1).tolist()


def test_controls_are_the_nearest_in_count_before_and_of_equals_in_size():
    frame = rows((10, 0), (20, 1), (9, 30), (40, 2), (11, 3), (9, 4))
    wide = [ground(number, half=HALF if number != 5 else 2 * HALF) for number in range(1, 6)]
    made = found(frame, places(6, grounds=wide), most=3)
    table = made.controls
    # log(10.5 / 9.5) is more than log(11.5 / 10.5); of the two with 9 the ground of the same size comes first.
    assert table.loc[table["chosen"], "place"].tolist() == ["H4", "H2", "H5"]
    assert made.grounds == tuple(wide[number - 1] for number in (4, 2, 5))
    assert table["place"].tolist() == ["H4", "H2", "H5", "H1", "H3"]
    assert table["n_before"].tolist() == [11, 9, 9, 20, 40]
    assert table["n_after"].tolist() == [3, 30, 4, 1, 2]
    assert table["similar"].tolist() == [True, True, True, True, False]
    assert table["ratio_before"].tolist() == [1.1, 0.9, 0.9, 2.0, 4.0]
    assert table["distance_m"].tolist() == [3900, 1900, 4850, 900, 2900]
    assert table["area_ha"].tolist() == [1, 1, 4, 1, 1]
    assert table["why"].tolist() == ["most alike before"] * 3 + ["less alike before"] * 2
    assert made.counts.loc["control"].tolist() == [29, 37]
    assert made.size == (3.0, 3.0)
    check(CONTROLS, table)


def test_what_came_after_has_no_part_in_the_choice():
    first = found(rows((10, 3), (12, 0), (9, 50), (30, 1)), places(4), most=2).controls
    other = found(rows((10, 70), (12, 90), (9, 0), (30, 33)), places(4), most=2).controls
    assert first.loc[first["chosen"], "place"].tolist() == other.loc[other["chosen"], "place"].tolist()


@pytest.mark.parametrize(("gap", "touches"), [(2 * RING_M, True), (2 * RING_M + 0.5, False)])
def test_a_place_whose_ring_touches_the_treated_ones_is_no_control(gap, touches):
    near = ground(0, east=2 * HALF + gap)
    candidates = places(3, grounds=[near, ground(2)])
    made = found(rows((10, 10), extra=[(*at(2), "2023-01")]), candidates, most=2)
    table = made.controls.set_index("place")
    assert table.loc["H1", "chosen"] == (not touches)
    assert (table.loc["H1", "why"] == "its ground or ring touches the treated one's") == touches
    with_name = candidates.assign(named=[True, False])
    if touches:
        with pytest.raises(InputError, match="The control Street 1 touches the treated place or its ring"):
            found(rows((10, 10)), with_name)
    else:
        assert found(rows((10, 10)), with_name).controls["chosen"].tolist() == [True, False]


def test_named_controls_are_taken_and_no_others():
    made = found(rows((10, 5), (10, 10), (90, 80), (7, 6)), places(4, named=("H2", "H3")), most=1)
    table = made.controls
    assert table.loc[table["chosen"], "place"].tolist() == ["H2", "H3"]
    assert table["why"].tolist() == ["named", "named", "less alike before"]
    assert made.counts.loc["control"].tolist() == [97, 86]


def test_a_refused_place_says_why():
    candidates = places(3, refused={"H1": "part of it has no data"})
    made = found(rows((10, 5), (10, 10), (30, 30)), candidates)
    assert made.controls["why"].tolist() == ["most alike before", "part of it has no data"]
    with pytest.raises(InputError, match="Street 1 cannot be a control: part of it has no data; name another"):
        found(rows((10, 5)), candidates.assign(named=[True, False]))
    with pytest.raises(InputError, match="No place can be a control: 1 hotspot was found in the months"):
        found(rows((10, 5)), places(2, refused={"H1": "no"}))
    with pytest.raises(InputError, match=r"0 hotspots were found.*ring of 100 m.*name one with --control"):
        found(rows((10, 5)), places(1))


def test_placebos_are_scored_against_controls_of_their_own():
    # Places 1 to 3 are similar to the treated one, 4 is not; each is compared with the one most alike of the others.
    frame = rows((20, 5), (20, 10), (22, 22), (19, 25), (60, 10))
    made = found(frame, places(5))
    z = {
        "H1": weighted_displacement_difference((20, 10), (19, 25)).z,
        "H2": weighted_displacement_difference((22, 22), (20, 10)).z,
        "H3": weighted_displacement_difference((19, 25), (20, 10)).z,
        "H4": weighted_displacement_difference((60, 10), (22, 22)).z,
    }
    assert made.controls.set_index("place")["placebo_z"].to_dict() == pytest.approx(z)
    np.testing.assert_allclose(made.placebos, [z["H1"], z["H2"], z["H3"]])
    squares = sum(value**2 for value in z.values())
    assert made.spread == pytest.approx((USUAL_SPREAD * USUAL_WEIGHT + squares) / (USUAL_WEIGHT + 4))
    assert made.z == weighted_displacement_difference((20, 5), (20, 10)).z
    assert made.n_as_far == sum(value <= made.z for name, value in z.items() if name != "H4") == 1
    assert made.n_rose_as_far == sum(value >= made.z for name, value in z.items() if name != "H4") == 2
    assert made.difference.standard_error == pytest.approx((55 * made.spread) ** 0.5)


def test_steady_places_never_narrow_the_interval():
    assert found(rows(*[(20, 20)] * 30), places(30)).spread == 1.0


def test_a_place_is_no_control_of_one_whose_ring_it_touches():
    grounds = [ground(1), ground(1, east=2 * HALF + RING_M), ground(3)]
    extra = [(*at(1, 2 * HALF + RING_M), "2023-01")] * 20
    made = found(rows((20, 20), (20, 20), (0, 0), (5, 9), extra=extra), places(4, grounds=grounds))
    # H2 has the same count as H1 but touches it, so that H1 is compared with H3.
    alone = weighted_displacement_difference((20, 20), (5, 9)).z
    assert made.controls.set_index("place").loc["H1", "placebo_z"] == pytest.approx(alone)


def test_too_small_is_said_from_under_five_before():
    def small(own, other):
        return found(rows((own, 9), (other, 9)), places(2)).too_small

    assert [small(5, 5), small(4, 5), small(5, 4), small(0, 9)] == [False, True, True, True]


def test_the_smallest_fall_that_would_have_been_told():
    made = found(rows((40, 33), (38, 36), rings=[(5, 5), (4, 6)]), places(2))
    falls = []
    for after in range(80):
        tried = weighted_displacement_difference((40, after), (38, 36), (5, 5), (4, 6), spread=made.spread)
        if tried.high < 0:
            falls.append(-tried.estimate)
    assert made.least_fall == min(falls)
    assert made.least_fall > 10
    assert found(rows((6, 6), (6, 6)), places(2)).least_fall is None


def test_controls_weighed_by_area():
    wide = ground(1, half=2 * HALF)
    made = found(rows((10, 10), (44, 40), rings=[(2, 1), (9, 3)]), places(2, grounds=[wide]), per_area=True)
    rings = [shapely.area(shapely.buffer(one, RING_M)) - shapely.area(one) for one in (ground(0), wide)]
    assert made.size == (pytest.approx(4.0), pytest.approx(rings[1] / rings[0]))
    inside = made.counts.loc["control"].tolist()
    want = weighted_displacement_difference(
        (10, 10), inside, (2, 1), made.counts.loc["control_ring"].tolist(), areas=(1, made.size[0], 1, made.size[1])
    )
    assert made.z == pytest.approx(want.z)
    assert found(rows((10, 10), (44, 40)), places(2, grounds=[wide]), per_area=True, ring_m=0.0).size == (4.0, 1.0)


def test_without_a_ring_only_grounds_count():
    made = found(rows((10, 5), (9, 9), rings=[(7, 7), (7, 7)]), places(2), ring_m=0.0)
    assert made.counts.to_numpy().tolist() == [[10, 5], [0, 0], [9, 9], [0, 0]]


def test_nothing_that_was_lent_is_changed_and_order_does_not_matter():
    frame, candidates = rows((20, 5), (20, 10), (22, 22), (19, 25)), places(4)
    copies = frame.copy(), candidates.copy()
    made = found(frame, candidates, most=2)
    pd.testing.assert_frame_equal(frame, copies[0])
    pd.testing.assert_frame_equal(candidates, copies[1])
    turned = found(frame.sample(frac=1, random_state=1).sort_index(), candidates, most=2)
    assert turned.difference == made.difference
    pd.testing.assert_frame_equal(turned.controls, made.controls)


def test_without_an_effect_five_in_a_hundred_intervals_leave_out_zero_at_most():
    random = np.random.default_rng(3)
    beyond = []
    for _ in range(20):
        n = random.poisson(15, size=(9, 2))
        frame = rows(*[tuple(int(side) for side in pair) for pair in n])
        difference = found(frame, places(9), most=3).difference
        beyond.append(not difference.low <= 0 <= difference.high)
    assert np.mean(beyond) <= 0.1


def test_a_fall_that_is_there_is_told():
    made = found(rows((60, 12), *[(58, 60)] * 8), places(9), most=3)
    assert made.difference.high < 0
    assert made.n_as_far == 0
