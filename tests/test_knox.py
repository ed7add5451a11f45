"""Near repeats against a count of every pair, laws, and what the Near Repeat Calculator counts."""

from __future__ import annotations

import dataclasses
from itertools import permutations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from geopandas.testing import assert_geoseries_equal
from hypothesis import given, settings
from hypothesis import strategies as st

from hotspots.analysis.near_repeats import dated_incidents, near_repeat_table, shared_places
from hotspots.stats import knox as module
from hotspots.stats.knox import TOLERANCE_M, knox
from hotspots.stats.usual import false_discovery
from hotspots.tables import check
from hotspots.tables.near_repeats import NEAR_REPEATS

METRICS = ("euclidean", "manhattan")
FIELDS = [field.name for field in dataclasses.fields(module.Knox)]
INCIDENTS = st.lists(
    st.tuples(st.integers(-60, 60), st.integers(-60, 60), st.integers(0, 12)),
    min_size=2,
    max_size=25,
)
DISTANCES = st.sampled_from([(0.0, 5.0, 25.0), (13.0,), (10.0, 20.0, 30.0, 100.0)])
TIMES = st.sampled_from([(0, 1, 2), (7,), (1, 4, 9, 30)])


def bands(values, ends, slack=0.0):
    """Number of the first end that is as far, by reading the ends one after the other."""
    return np.array([next((at for at, end in enumerate(ends) if value <= end + slack), len(ends)) for value in values])


def every_pair(rows):
    rows = np.asarray(rows, dtype=float)
    first, second = np.triu_indices(len(rows), k=1)
    return rows[first], rows[second]


def brute(rows, distances, times, metric="euclidean"):
    """The whole table, bands beyond the last one too, from every pair."""
    one, other = every_pair(rows)
    legs = np.abs(one[:, :2] - other[:, :2])
    apart = legs.sum(axis=1) if metric == "manhattan" else np.sqrt((legs**2).sum(axis=1))
    lag = np.abs(one[:, 2] - other[:, 2])
    table = np.zeros((len(distances) + 1, len(times) + 1), dtype=int)
    np.add.at(table, (bands(apart, distances, TOLERANCE_M), bands(lag, times)), 1)
    near = bands(apart, distances, TOLERANCE_M)
    same = [int(((near == band) & (lag == 0)).sum()) for band in range(len(distances))]
    return table, same


def run(rows, *given, **how):
    rows = np.asarray(rows)
    return knox(rows[:, :2], rows[:, 2], *given, **{"permutations": 19, **how})


def same(one, other, fields=FIELDS):
    for name in fields:
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)


# ------------------------------------------------------------------------------------------------ counts


@settings(max_examples=60, deadline=None)
@given(INCIDENTS, DISTANCES, TIMES, st.sampled_from(METRICS))
def test_the_counts_are_those_of_every_pair(rows, distances, times, metric):
    found = run(rows, distances, times, metric)
    table, same_day = brute(rows, distances, times, metric)
    assert found.observed.tolist() == table[:-1, :-1].tolist()
    assert found.near.tolist() == table.sum(axis=1)[:-1].tolist()
    assert found.soon.tolist() == table.sum(axis=0)[:-1].tolist()
    assert found.same_day.tolist() == same_day
    assert found.pairs == table.sum() == len(rows) * (len(rows) - 1) // 2
    np.testing.assert_allclose(
        found.expected, table.sum(axis=1)[:-1, None] * table.sum(axis=0)[None, :-1] / found.pairs, rtol=1e-12
    )


def test_many_incidents_are_counted_in_parts_and_counted_right(monkeypatch):
    rng = np.random.default_rng(5)
    rows = np.column_stack([rng.normal(0, 80, (300, 2)).round(1), rng.integers(0, 40, 300)])
    whole = run(rows, (0.0, 40.0, 90.0), (0, 3, 9))
    assert whole.near.max() > 20 * module._ROWS
    assert whole.observed.tolist() == brute(rows, (0.0, 40.0, 90.0), (0, 3, 9))[0][:-1, :-1].tolist()
    monkeypatch.setattr(module, "_NEIGHBOURS", 100)
    monkeypatch.setattr(module, "_CELLS", 300 * 4)
    monkeypatch.setattr(module, "_ROWS", 7)
    same(run(rows, (0.0, 40.0, 90.0), (0, 3, 9)), whole)


def test_memory_is_bounded_by_parts(monkeypatch):
    rows = np.column_stack([np.random.default_rng(0).uniform(0, 100, (200, 2)), np.arange(200)])
    monkeypatch.setattr(module, "_NEIGHBOURS", 500)
    monkeypatch.setattr(module, "_CELLS", 200 * 4)
    xy, ends = rows[:, :2], np.array([30.0])
    parts = [len(first) for _, first, _ in module._near_pairs(xy, ends, 2.0)]
    assert len(parts) > 5
    assert max(parts) <= 500
    columns = [part.shape for part in module._assignments(np.arange(200), np.arange(200), 9, 0)]
    assert columns == [(200, 5), (200, 5), (200, 2)], "column 0 of each is how it was"
    monkeypatch.setattr(module, "_CELLS", 1)
    assert [part.shape for part in module._assignments(np.arange(9), np.arange(9), 3, 0)] == [(9, 2)] * 3


def test_pairs_that_all_count_are_all_counted():
    found = run([(0, 0, 3)] * 60, (0.0, 5.0), (0, 2))
    assert found.observed.tolist() == [[1770, 0], [0, 0]]
    assert found.permuted_mean.tolist() == [[1770, 0], [0, 0]]
    assert found.p.tolist() == [[1, 1], [1, 1]]


def test_how_the_incidents_lie_in_memory_draws_no_other_permutation():
    dates, rows = np.array([0, 0, 4, 7, 9]), np.arange(5)
    (plain,), (turned,) = (module._assignments(dates, leaves, 6, 3) for leaves in (rows, rows[::-1]))
    assert plain[:, 0].tolist() == dates.tolist()
    assert plain.dtype == np.int16, "80 MB and not 320"
    assert turned.tolist() == plain[::-1].tolist()


@pytest.mark.parametrize("metric", METRICS)
def test_a_band_holds_its_end(metric):
    places = [(0, 0), (100, 0), (100.01, 500), (0, 500), (0, 1000), (0, 1000.0005 + 100), (0, 1500), (0, 1600.002)]
    rows = [(x, y, 0) for x, y in places]
    assert run(rows, (100.0,), (0,), metric).near.tolist() == [2], "100 and 100.0005, not 100.002 and 100.01"
    steps = [(0, 0, day) for day in (0, 7, 15)]
    assert run(steps, (1.0,), (6, 7, 8), metric).observed.tolist() == [[0, 1, 1]]


def test_a_first_end_of_0_is_the_same_place_and_the_same_day():
    rows = [(0, 0, 0), (0, 0, 0), (0, 0, 1), (0, 0.5, 0)]
    assert run(rows, (0.0, 1.0), (0, 1)).observed.tolist() == [[1, 2], [2, 1]]
    assert run(rows, (1.0,), (1,)).observed.tolist() == [[6]]


def test_the_two_distances_differ():
    rows = [(0, 0, 0), (3, 4, 0)]
    assert run(rows, (5.0,), (0,)).near.tolist() == [1]
    assert run(rows, (6.9,), (0,), "manhattan").near.tolist() == [0]
    assert run(rows, (7.0,), (0,), "manhattan").near.tolist() == [1]


def test_days_a_century_apart_are_far_apart():
    far = np.iinfo(np.int16).max + 1
    rows = [(0, 0, 0), (0, 0, far), (0, 0, far + 1), (0, 0, 2 * far + 5)]
    assert run(rows, (1.0,), (1, far, far + 1)).observed.tolist() == [[1, 1, 1]]
    assert run(rows[:2], (1.0,), (far - 1,)).observed.tolist() == [[0]]
    assert run([(0, 0, -3 * far), (0, 0, -far)], (1.0,), (7, 2 * far)).observed.tolist() == [[0, 1]]
    assert run([(0, 0, 0), (0, 0, far - 1)], (1.0,), (1, far - 2, far + 9)).observed.tolist() == [[0, 0, 1]]


# ------------------------------------------------------------------------------------------------ laws


@settings(max_examples=30, deadline=None)
@given(INCIDENTS, st.randoms(use_true_random=False), st.integers(-5, 5), st.integers(-400, 400))
def test_neither_the_order_of_rows_nor_a_shift_changes_anything(rows, random, dx, start):
    shuffled = list(rows)
    random.shuffle(shuffled)
    moved = [(x + 100 * dx, y - 300 * dx, day + start) for x, y, day in shuffled]
    same(run(rows, (5.0, 25.0), (1, 4)), run(moved, (5.0, 25.0), (1, 4)))


def test_the_order_of_rows_at_one_place_changes_nothing():
    rows = [(50 * (n % 3), 0, n * n % 23) for n in range(40)]
    plain = run(rows, (0.0, 60.0), (0, 3))
    assert 0.1 < plain.p[0, 1] < 0.9
    same(run(rows[::-1], (0.0, 60.0), (0, 3)), plain)


@settings(max_examples=30, deadline=None)
@given(INCIDENTS, st.floats(0, 6.3))
def test_a_turn_changes_no_straight_distance(rows, angle):
    rows = np.asarray(rows, dtype=float)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    turned = np.column_stack([rows[:, :2] @ turn, rows[:, 2]])
    fields = ["observed", "expected", "near", "soon", "same_day", "pairs"]
    same(run(rows, (5.0, 25.0), (1, 4)), run(turned, (5.0, 25.0), (1, 4)), fields)


@settings(max_examples=30, deadline=None)
@given(INCIDENTS, st.integers(0, 3))
def test_p_lies_above_0_and_the_same_seed_gives_the_same(rows, seed):
    found = run(rows, (5.0, 25.0), (1, 4), permutations=9, seed=seed)
    assert ((found.p >= 1 / 10) & (found.p <= 1)).all()
    assert np.isin(np.round(found.p * 10, 9), np.arange(1, 11)).all()
    assert (found.p[found.observed == 0] == 1).all()
    same(found, run(rows, (5.0, 25.0), (1, 4), permutations=9, seed=seed))


def test_one_permutation_is_enough_for_a_p():
    assert run([(0, 0, 1), (0, 0, 1)], (1.0,), (1,), permutations=1).p.tolist() == [[1.0]]


def test_another_seed_draws_others():
    rows = np.column_stack([np.random.default_rng(0).uniform(0, 100, (60, 2)), np.arange(60) % 30])
    one, other = (run(rows, (30.0,), (5,), seed=seed) for seed in (0, 1))
    assert one.permuted_mean != other.permuted_mean


# ------------------------------------------------------------------------------------------------ the test


@settings(max_examples=5, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 4)), min_size=5, max_size=5))
def test_p_and_the_mean_come_near_those_of_all_permutations(rows):
    rows = np.asarray(rows)
    ends = (1.0, 2.0), (0, 2)
    each = np.array([brute(np.column_stack([rows[:, :2], days]), *ends)[0] for days in permutations(rows[:, 2])])
    found = run(rows, *ends, permutations=1999)
    np.testing.assert_allclose(found.expected, each.mean(axis=0)[:-1, :-1], atol=1e-12)
    np.testing.assert_allclose(found.permuted_mean, found.expected, atol=0.25)
    reached = (each[:, :-1, :-1] >= found.observed).mean(axis=0)
    np.testing.assert_allclose(found.p, reached, atol=0.05)


def test_a_planted_near_repeat_is_found_and_only_there():
    rng = np.random.default_rng(1)
    first = np.column_stack([rng.uniform(0, 6000, (250, 2)), rng.integers(0, 300, 250)])
    angle, far = rng.uniform(0, 2 * np.pi, 50), rng.uniform(10, 90, 50)
    step = np.column_stack([far * np.cos(angle), far * np.sin(angle), rng.integers(1, 8, 50)])
    found = run(np.vstack([first, first[:50] + step]), (100.0, 200.0), (7, 14), permutations=199)
    assert found.p[0, 0] == 1 / 200
    assert (found.p.ravel()[1:] > 0.05).all()
    assert found.observed[0, 0] > 10 * found.expected[0, 0]


def test_busy_places_and_busy_days_alone_are_no_near_repeat():
    rng = np.random.default_rng(2)
    places = rng.choice(rng.uniform(0, 3000, (40, 2)), 400, p=rng.dirichlet(np.full(40, 0.3)))
    days = rng.choice(365, 400, p=rng.dirichlet(np.full(365, 0.5)))
    found = knox(places, days, (0.0, 100.0, 200.0), (7, 14), permutations=199)
    assert found.near[0] > 1000
    assert found.p.min() > 0.01


def test_chance_is_called_a_near_repeat_as_often_as_promised():
    rng = np.random.default_rng(3)
    smallest = []
    for _ in range(100):
        found = knox(rng.uniform(0, 900, (60, 2)), rng.integers(0, 60, 60), (100.0,), (7,), permutations=39)
        smallest.append(found.p[0, 0])
    assert 0 <= np.mean(np.array(smallest) <= 0.1) <= 0.18
    assert 0.4 < np.mean(smallest) < 0.65


# ------------------------------------------------------------------------------------------------ published


def arson(real):
    path = real / "timestamped" / "chicago_arson.csv"
    if not path.is_file():
        pytest.skip(f"there is no {path}")
    rows = pd.read_csv(path, header=None, names=["x", "y", "date"], parse_dates=["date"])
    return rows[["x", "y"]], (rows["date"] - pd.Timestamp("2016-01-01")).dt.days


def test_the_counts_are_those_of_the_near_repeat_calculator(real):
    """Arson in Chicago in 2016, output of its version 1.3 of 23 September 2019 (Steenbeek, R package NearRepeat).

    Its columns "0 to 1", "2 to 2" and "3 to 3" days hold the same day, one and two days, as that package shows.
    """
    xy, days = arson(real)
    found = knox(xy, days, (0.0, 200.0, 400.0, 600.0), (0, 1, 2), "manhattan")
    assert found.observed.tolist() == [[0, 2, 0], [9, 1, 1], [4, 0, 0], [6, 0, 0]]
    assert found.soon.tolist() == [0 + 9 + 4 + 6 + 393, 2 + 1 + 710, 1 + 770]
    assert found.pairs == 522 * 521 // 2
    assert found.near[:2].tolist() == [2 + 8, 9 + 1 + 1 + 45]
    assert found.near[2:].sum() == 4 + 140 + 6 + 234
    means = [[0.0101, 0.0707, 0.0909], [0.1212, 0.2727, 0.2525], [0.3434, 0.7677, 0.8384], [0.7778, 1.1616, 1.3535]]
    # Of 99 draws; these counts are about Poisson, so that four standard errors are 0.4 times the root.
    assert (np.abs(found.expected - means) < 0.4 * np.sqrt(found.expected)).all()
    assert (np.abs(found.permuted_mean - found.expected) < 0.13 * np.sqrt(found.expected)).all()
    beyond = np.array([[0, 1, 0], [1, 0, 0], [1, 0, 0], [1, 0, 0]], dtype=bool)
    assert ((found.p <= 0.01) == beyond).all()
    np.testing.assert_allclose(found.p[1, 1:], [0.27, 0.23], atol=0.1)


def test_within_a_day_of_it_means_the_same_day(real):
    xy, days = arson(real)
    found = knox(xy, days, (200.0, 400.0, 600.0), (1, 2, 3), "manhattan")
    assert found.observed[:, 0].tolist() == [12, 4, 6]
    assert found.same_day.tolist() == [9, 4, 6]


# ------------------------------------------------------------------------------------------------ what it refuses


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"xy": [(0, 0)], "days": [0]}, "a pair needs two incidents"),
        ({"xy": [(0, 0), (np.inf, 0)]}, "a coordinate is not finite"),
        ({"xy": [(0, 0, 0), (1, 1, 1)]}, r"coordinates of shape \(n, 2\) and as many days"),
        ({"xy": [0, 1]}, r"coordinates of shape \(n, 2\) and as many days"),
        ({"days": [0, 1, 2]}, r"coordinates of shape \(n, 2\) and as many days"),
        ({"days": [0, 0.5]}, "days are whole numbers"),
        ({"days": [0, np.nan]}, "days are whole numbers"),
        ({"distances": (2.0, 1.0)}, "rise from 0 or more"),
        ({"distances": (1.0, 1.0)}, "rise from 0 or more"),
        ({"distances": (-1.0, 1.0)}, "rise from 0 or more"),
        ({"distances": (1.0, np.inf)}, "rise from 0 or more"),
        ({"distances": ()}, "rise from 0 or more"),
        ({"times": (-1, 1)}, "rise from 0 or more"),
        ({"times": (1.5,)}, "whole days"),
        ({"metric": "chebyshev"}, "no distance is called 'chebyshev'; try one of euclidean, manhattan"),
        ({"permutations": 0}, "the number of permutations is 1 or more, not 0"),
    ],
)
def test_what_cannot_be_counted_is_refused(change, message):
    given_ = {"xy": [(0, 0), (1, 1)], "days": [0, 1], "distances": (1.0,), "times": (1,)} | change
    with pytest.raises(ValueError, match=message):
        knox(**given_)


# ------------------------------------------------------------------------------------------------ dates of incidents


def rows_of(*times):
    """Rows by their begin and end; a date without a clock has no time of day."""
    index = pd.Index([f"i{number}" for number in range(len(times))], name="incident_id")
    zone = pd.DatetimeTZDtype("us", "Europe/London")
    begin = pd.Series([pd.Timestamp(begin) if begin else pd.NaT for begin, _ in times], index)
    end = pd.Series([pd.Timestamp(end) if end else pd.NaT for _, end in times], index)
    timed = [pd.Series([":" in time for time in column], index) for column in zip(*times, strict=True)]
    return pd.DataFrame(
        {
            "occurred_at": begin.dt.tz_localize("Europe/London").astype(zone).where(timed[0]),
            "occurred_until": end.dt.tz_localize("Europe/London").astype(zone).where(timed[1]),
            "occurred_on": begin.dt.normalize().astype("datetime64[us]"),
            "occurred_until_on": end.dt.normalize().astype("datetime64[us]"),
        }
    )


def dates(found):
    return {key: str(np.datetime64(int(day), "D")) for key, day in found.days.items()}


def test_a_range_is_of_the_date_in_its_middle():
    found = dated_incidents(
        rows_of(
            ("2024-05-01T23:59", ""),
            ("2024-07-01T00:30", ""),  # half past eleven of the day before in UTC
            ("2024-05-03T22:00", "2024-05-04T07:00"),
            ("2024-05-03T10:00", "2024-05-05T09:59"),
            ("2024-05-03T10:00", "2024-05-10T10:00"),
            ("2024-05-03T10:00", "2024-05-03T10:00"),
        ),
        longest_days=7,
    )
    assert list(dates(found).values()) == [
        *("2024-05-01", "2024-07-01", "2024-05-04", "2024-05-04", "2024-05-06", "2024-05-03"),
    ]
    assert (found.n_ranges, found.n_undated, found.n_long) == (3, 0, 0)
    assert found.days.dtype == "int64"


def test_rows_without_a_day_are_left_out_and_counted():
    rows = rows_of(
        ("", ""),
        ("", "2024-05-04"),
        ("2024-05-03T10:00", "2024-05-10T10:01"),
        ("2024-05-03T10:00", "2024-05-03T09:59"),
        ("2024-05-03", ""),
    )
    before = rows.copy()
    found = dated_incidents(rows, longest_days=7)
    assert dates(found) == {"i4": "2024-05-03"}
    assert (found.n_ranges, found.n_undated, found.n_long) == (0, 3, 1)
    assert dated_incidents(rows, longest_days=8).n_long == 0
    pd.testing.assert_frame_equal(rows, before)


def test_a_date_needs_no_time_of_day():
    found = dated_incidents(
        rows_of(
            ("2024-05-01", ""),
            ("2024-05-01", "2024-05-01"),
            ("2024-05-01T23:00", "2024-05-01"),
            ("2024-05-01", "2024-05-01T23:00"),
        ),
        longest_days=0.5,
    )
    assert list(dates(found).values()) == ["2024-05-01"] * 4
    assert (found.n_ranges, found.n_undated, found.n_long) == (0, 0, 0)


def test_a_range_of_dates_is_of_the_date_in_its_middle_and_each_of_its_dates_is_a_day_of_it():
    rows = rows_of(
        ("2024-05-01", "2024-05-02"),  # midnight between them
        ("2024-05-01", "2024-05-03"),
        ("2024-05-01", "2024-05-07"),
        ("2024-03-28", "2024-04-03"),  # seven dates, an hour of which the clocks skip
        ("2024-10-24", "2024-10-30"),  # and one that comes twice
        ("2024-05-01T18:00", "2024-05-04"),
        ("2024-05-01", "2024-05-04T12:00"),
    )
    found = dated_incidents(rows, longest_days=7)
    assert list(dates(found).values()) == [
        *("2024-05-02", "2024-05-02", "2024-05-04", "2024-03-31", "2024-10-27", "2024-05-03", "2024-05-02"),
    ]
    assert (found.n_ranges, found.n_undated, found.n_long) == (7, 0, 0)
    assert [dated_incidents(rows, longest).n_long for longest in (1.9, 2, 2.9, 3, 3.3, 3.5, 6.9)] == [
        7,
        6,
        6,
        5,
        4,
        3,
        3,
    ]


def test_dates_that_end_before_they_begin_are_no_date():
    rows = rows_of(("2024-05-02", "2024-05-01"), ("2024-05-02T00:00", "2024-05-01"), ("", "2024-05-01"))
    found = dated_incidents(rows, longest_days=7)
    assert (len(found.days), found.n_undated, found.n_long) == (0, 3, 0)


SPANS = st.tuples(st.integers(0, 400), st.integers(0, 40), st.booleans(), st.booleans())


@settings(max_examples=60, deadline=None)
@given(st.lists(SPANS, min_size=1, max_size=20), st.integers(1, 21))
def test_no_incident_is_put_further_from_its_true_date_than_half_a_band(spans, longest):
    written = []
    for start, length, timed, ends_timed in spans:
        first, last = (pd.Timestamp("2024-01-01") + pd.Timedelta(days=day) for day in (start, start + length))
        written.append((f"{first:%F}" + "T09:30" * timed, f"{last:%F}" + "T17:45" * ends_timed))
    rows = rows_of(*written)
    found = dated_incidents(rows, longest)
    assert len(found.days) + found.n_undated + found.n_long == len(rows)
    assert found.n_undated == 0
    kept = rows.loc[found.days.index]
    day = pd.to_datetime(found.days, unit="D")
    for end in (kept["occurred_on"], kept["occurred_until_on"]):
        assert ((day - end).abs() <= pd.Timedelta(days=longest / 2)).all()
    apart = (rows["occurred_until_on"] - rows["occurred_on"]).dt.days
    assert set(rows.index[apart < longest]) <= set(kept.index)
    assert not set(rows.index[apart > longest]) & set(kept.index)


def test_no_row_has_a_day():
    found = dated_incidents(rows_of(("", ""), ("", "")), longest_days=7)
    assert (len(found.days), found.n_undated) == (0, 2)


def test_incidents_that_share_their_coordinates_are_counted():
    points = gpd.GeoSeries(gpd.points_from_xy([0, 0, 1, 0, 2], [0, 0, 0, 1, 0]), crs=27700)
    assert shared_places(points) == 2 / 5
    assert shared_places(points.iloc[:0]) == 0


# ------------------------------------------------------------------------------------------------ the table


def incidents(rows):
    index = pd.Index([f"i{number}" for number in range(len(rows))], name="incident_id")
    points = gpd.GeoSeries(gpd.points_from_xy([x for x, _, _ in rows], [y for _, y, _ in rows]), index, crs=27700)
    return points, pd.Series([day for _, _, day in rows], index)


ROWS = [(549_000 + 37 * (n % 17), 175_000 + 91 * (n % 11), 19_800 + n * n % 31) for n in range(40)]


@pytest.mark.parametrize("metric", METRICS)
def test_the_table_is_the_test_band_by_band(metric):
    points, days = incidents(ROWS)
    kept = points.copy(), days.copy()
    table = near_repeat_table(points, days, (0, 100.5, 200), (0, 7, 14), metric, 99)
    found = knox(np.array(ROWS)[:, :2], days, (0, 100.5, 200), (0, 7, 14), metric, 99)
    assert check(NEAR_REPEATS, table) is table
    for name, cells in {"n_pairs": found.observed, "expected": found.expected, "p_value": found.p}.items():
        assert table[name].to_numpy().reshape(3, 3).tolist() == cells.tolist(), name
    assert table["permuted_mean"].tolist() == found.permuted_mean.ravel().tolist()
    assert table["n_same_day"].tolist() == [value for n in found.same_day for value in (n, 0, 0)]
    assert table["distance_m"].unique().tolist() == ["[0, 0]", "(0, 100.5]", "(100.5, 200]"]
    assert table["days"].tolist() == ["[0, 0]", "[1, 7]", "[8, 14]"] * 3
    assert table["distance_from_m"].tolist() == [0] * 6 + [100.5] * 3
    assert table["distance_to_m"].tolist() == [0] * 3 + [100.5] * 3 + [200] * 3
    assert table["days_from"].tolist() == [0, 1, 8] * 3
    assert table["days_to"].tolist() == [0, 7, 14] * 3
    assert table["p_adjusted"].tolist() == false_discovery(found.p.ravel())[0].tolist()
    assert_geoseries_equal(points, kept[0])
    pd.testing.assert_series_equal(days, kept[1])


def test_the_first_band_holds_0_and_a_later_one_does_not():
    points, days = incidents(ROWS)
    table = near_repeat_table(points, days, (100, 200), (7, 14))
    assert table["distance_m"].unique().tolist() == ["[0, 100]", "(100, 200]"]
    assert table["days"].unique().tolist() == ["[0, 7]", "[8, 14]"]
    assert table["n_same_day"].tolist()[1::2] == [0, 0]
    assert table["n_same_day"].iloc[0] > 0


def test_what_is_beyond_chance_is_so_after_the_correction():
    rows = [(1000 * (n // 2), 0, 11 * (n // 2) % 97) for n in range(60)]
    points, days = incidents(rows)
    table = near_repeat_table(points, days, (0, 500), (0, 5))
    assert table["beyond_chance"].tolist() == [True, False, False, False]
    assert (table["beyond_chance"] == (table["p_adjusted"] <= 0.05)).all()
    assert table["ratio"].iloc[0] == 30 / table["expected"].iloc[0]
    assert table["expected"].iloc[2] == 0, "no pair is so near"
    assert np.isnan(table["ratio"].iloc[2])


def test_what_only_the_correction_takes_is_not_beyond_chance():
    points, days = incidents([(37 * (n % 17), 91 * (n % 11), n * n % 3) for n in range(40)])
    table = near_repeat_table(points, days, (0, 100, 200), (0, 7, 14))
    assert table["p_value"].min() <= 0.05 < table["p_adjusted"].min()
    assert not table["beyond_chance"].any()


def test_points_and_days_must_belong_together():
    points, days = incidents(ROWS)
    with pytest.raises(ValueError, match="one index"):
        near_repeat_table(points, days.iloc[::-1], (100,), (7,))
