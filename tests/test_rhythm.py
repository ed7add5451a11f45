"""The week of places adds up exactly, parts of the day minute by minute, and calendar months against an oracle."""

from __future__ import annotations

import math
import zoneinfo
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from hotspots.analysis import rhythm
from hotspots.analysis.rhythm import area_peaks, season_table, share_in_hours, timed_table, week_table
from hotspots.analysis.when import hours_of_week, peak_windows, season
from hotspots.errors import TableError
from hotspots.tables import check
from hotspots.tables.rhythm import SEASON, TIMED, WHEN

LONDON = zoneinfo.ZoneInfo("Europe/London")
TYPE = pd.DatetimeTZDtype("us", "Europe/London")
START = datetime(2024, 1, 1, tzinfo=UTC)
KEY = pd.Index(["H2", "H1", "H3"], dtype="str", name="hotspot_id")
# Place, zone, minute of the year, minutes after it (none: a point), whether the time is known.
ROW = st.tuples(
    st.sampled_from(["H1", "H2", None]),
    st.sampled_from(["area", "ring"]),
    st.one_of(st.none(), st.integers(0, 60 * 24 * 330)),
    st.one_of(st.none(), st.integers(-300, 60 * 24 * 9)),
    st.booleans(),
)


def rows_of(rows):
    """The columns of LOCATED that a rhythm is told from."""
    begin: list[Any] = [None if at is None else START + timedelta(minutes=at) for _, _, at, _, _ in rows]
    end: list[Any] = [
        None if at is None or more is None else START + timedelta(minutes=at + more) for _, _, at, more, _ in rows
    ]
    index = pd.Index([f"i{number:05d}" for number in range(len(rows))], dtype="str", name="incident_id")
    moments = [pd.Series(pd.to_datetime(one, utc=True), index=index).astype(TYPE) for one in (begin, end)]
    return pd.DataFrame(
        {
            "occurred_at": moments[0],
            "occurred_until": moments[1],
            "time_known": pd.Series([row[4] for row in rows], index=index, dtype=bool),
            "zone": pd.Series([row[1] for row in rows], index=index, dtype="str"),
            "hotspot_id": pd.Series([row[0] for row in rows], index=index, dtype="str"),
        }
    )


def numbers(timed, place):
    return timed.loc[[place]].to_numpy()[0].tolist()


def moment(text):
    """Minutes of the year of a London time."""
    return round((pd.Timestamp(text, tz="Europe/London") - pd.Timestamp(START)) / pd.Timedelta(minutes=1))


# ------------------------------------------------------------------------------------------------ the week


@settings(max_examples=10, deadline=None)
@given(st.lists(ROW, max_size=20), st.randoms())
def test_the_weeks_add_up_exactly_and_in_any_order_of_rows(rows, random):
    frame = rows_of(rows)
    week, timed = week_table(frame, "hotspot_id", KEY), timed_table(frame, "hotspot_id", KEY)
    assert timed.index.tolist() == ["H1", "H2", "H3", "area"]
    assert set(week["place_id"]) == set(timed.index[timed["n_timed"] > 0])
    for name, its in week.groupby("place_id"):
        place = str(name)
        # Exactly: no approximation, forwards, backwards and as an exact sum.
        assert math.fsum(its["n"]) == sum(its["n"]) == sum(its["n"][::-1]) == timed["n_timed"][place]
        chosen = frame[frame["zone"] == "area"] if place == "area" else frame[frame["hotspot_id"] == place]
        expected = hours_of_week(chosen["occurred_at"], chosen["occurred_until"], chosen["time_known"])
        np.testing.assert_allclose(its["n"], expected.matrix.to_numpy().ravel(), atol=1e-6)
        told = expected.n_timed, expected.n_ranges, expected.n_reversed, expected.n_unknown
        assert numbers(timed, place) == [len(chosen), *told]
    assert (timed["n"] == timed[["n_timed", "n_reversed", "n_unknown"]].sum(axis=1)).all()
    order = list(range(len(rows)))
    random.shuffle(order)
    pd.testing.assert_frame_equal(week_table(frame.iloc[order], "hotspot_id", KEY), week, check_exact=True)
    pd.testing.assert_frame_equal(timed_table(frame.iloc[order], "hotspot_id", KEY), timed)


def test_a_week_is_told_from_monday_hour_by_hour_and_the_ring_is_not_the_area():
    frame = rows_of(
        [
            ("H1", "area", moment("2024-05-06 00:30"), None, True),
            ("H1", "ring", moment("2024-05-12 23:30"), None, True),
            ("H2", "area", moment("2024-05-08 10:00"), None, False),
            (None, "area", moment("2024-05-08 13:30"), 60, True),
        ]
    )
    week = week_table(frame, "hotspot_id", KEY)
    assert week.index.tolist() == list(range(1, 337))
    assert week["place_id"].tolist() == ["H1"] * 168 + ["area"] * 168
    assert week["weekday"].tolist() == [day for _ in range(2) for day in range(1, 8) for _ in range(24)]
    assert week["hour"].tolist() == list(range(24)) * 14
    told = week[week["n"] > 0].to_numpy().tolist()
    assert told == [
        ["H1", 1, 0, 1.0],
        ["H1", 7, 23, 1.0],
        ["area", 1, 0, 1.0],
        ["area", 3, 13, 0.5],
        ["area", 3, 14, 0.5],
    ]
    timed = timed_table(frame, "hotspot_id", KEY)
    assert numbers(timed, "H2") == [1, 0, 0, 0, 1]
    assert numbers(timed, "H3") == [0, 0, 0, 0, 0]
    assert numbers(timed, "area") == [3, 2, 1, 0, 1]


def test_many_uneven_ranges_add_up_exactly():
    random = np.random.default_rng(5)
    rows = [(None, "area", int(at), int(more), True) for at, more in random.integers(1, 10_007, (3_000, 2))]
    week = week_table(rows_of(rows), "hotspot_id", KEY)
    assert sum(week["n"]) == sum(week["n"].sample(frac=1, random_state=1)) == 3_000
    assert (week["n"] > 0).all()


def test_what_rounding_leaves_goes_to_the_fullest_hour():
    # Three hours of seven: no share is a whole number of parts.
    frame = rows_of(
        [
            (None, "area", moment("2024-05-06 10:00"), 7 * 60, True),
            *[(None, "area", moment("2024-05-09 20:00"), None, True)] * 3,
        ]
    )
    n = week_table(frame, "hotspot_id", KEY)["n"].to_numpy()
    assert len(set(n[10:17])) == 1
    assert n[10] == pytest.approx(1 / 7, abs=1e-9)
    assert n[3 * 24 + 20] != 3
    assert n.sum() == 4


def test_without_times_there_is_no_week():
    for rows in ([], [("H1", "area", None, None, False)]):
        week = week_table(rows_of(rows), "hotspot_id", KEY)
        assert week.empty
        assert check(WHEN, week) is week
        assert timed_table(rows_of(rows), "hotspot_id", KEY).loc["area", "n"] == len(rows)


def test_the_tables_are_held_to_their_contracts():
    frame = rows_of([("H1", "area", 0, None, True)])
    week, timed = week_table(frame, "hotspot_id", KEY), timed_table(frame, "hotspot_id", KEY)
    for column, value in (("weekday", 0), ("weekday", 8), ("hour", -1), ("hour", 24), ("n", -0.5)):
        with pytest.raises(TableError, match=f"WHEN breaks its contract: {column}"):
            check(WHEN, week.assign(**{column: value}))
    with pytest.raises(TableError, match="TIMED breaks its contract: n_ranges"):
        check(TIMED, timed.assign(n_ranges=-1))
    table = season_table(months_of([100] * 24))
    others: dict[str, Any] = {"times": 0, "days": 27, "level": "above", "p": 1.5}
    for name, wrong in others.items():
        with pytest.raises(TableError, match=f"SEASON breaks its contract: {name}"):
            check(SEASON, table.assign(**{name: wrong}))


# ------------------------------------------------------------------------------------------------ busy hours


def hourly(*weights, zone="area"):
    """Rows at hours of the week, by first hour, hours and incidents in each."""
    at = [hour for first, hours, each in weights for hour in range(first, first + hours) for _ in range(each)]
    return rows_of([(None, zone, 60 * hour + 30, None, True) for hour in at])


def test_busy_hours_are_those_of_the_area_and_not_of_its_ring():
    # 2024-01-01 is a Monday.
    own, ring = hourly((0, 168, 1), (24 * 4 + 20, 4, 40)), hourly((12, 2, 500), zone="ring")
    frame = pd.concat([own, ring.set_axis("r" + ring.index)])
    (window,) = area_peaks(frame)
    assert (window.day, window.days, window.hour, window.hours) == (4, 1, 20, 4)
    assert window.n == 164
    assert area_peaks(ring) == ()


def test_a_further_window_is_dense_against_the_whole_week():
    # What 20:00 to 24:00 leaves is busy from 12:00 to 15:00: of all incidents 14 % in 12 % of the week, or a third.
    evenings = [(24 * day + 20, 4, 60) for day in range(7)]
    noons = [(24 * day + 12, 3, 1) for day in range(7)]
    thin = hourly(*evenings, *[(first, hours, 13) for first, hours, _ in noons], (0, 168, 1))
    found = area_peaks(thin)
    assert [(one.hour, one.hours) for one in found] == [(20, 4)]
    week = hours_of_week(thin["occurred_at"], thin["occurred_until"], thin["time_known"])
    assert len(peak_windows(week.matrix, most=2)) == 2
    dense = hourly(*evenings, *[(first, hours, 40) for first, hours, _ in noons], (0, 168, 1))
    assert [(one.hour, one.hours) for one in area_peaks(dense)] == [(20, 4), (12, 3)]
    assert [(one.hour, one.hours) for one in area_peaks(dense, most=1)] == [(20, 4)]


# ------------------------------------------------------------------------------------------------ parts of the day


def share(begin, end, start, stop, zone=TYPE, known=True):
    moments = (
        pd.Series(pd.to_datetime([begin], utc=True)).astype(zone),
        pd.Series(pd.to_datetime([end], utc=True)).astype(zone),
    )
    return share_in_hours(*moments, pd.Series([known]), start, stop).iloc[0]


def london(text):
    return pd.Timestamp(text, tz="Europe/London").tz_convert("UTC").to_pydatetime()


@pytest.mark.parametrize(
    ("at", "night"),
    [("18:59:59.999999", 0), ("19:00", 1), ("23:59", 1), ("00:00", 1), ("06:59:59", 1), ("07:00", 0), ("12:00", 0)],
)
@pytest.mark.parametrize("day", ["2024-01-15", "2024-07-15"])
def test_a_point_is_in_the_night_or_in_the_day(day, at, night):
    for until in (None, london(f"{day} {at}")):
        assert share(london(f"{day} {at}"), until, 19 * 60, 7 * 60) == night
        assert share(london(f"{day} {at}"), until, 7 * 60, 19 * 60) == 1 - night


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 60 * 24 * 330),
    st.integers(1, 60 * 24 * 4),
    st.integers(0, 1439),
    st.integers(0, 1439),
    st.sampled_from(["Europe/London", "Asia/Kolkata"]),
)
def test_a_range_is_divided_as_minute_by_minute(at, minutes, start, stop, zone):
    if start == stop:
        return
    begin = START + timedelta(minutes=at)
    local = [(begin + timedelta(minutes=one)).astimezone(zoneinfo.ZoneInfo(zone)) for one in range(minutes)]
    # In the hour that a night has twice a limit is its first occurrence: what follows is beyond it.
    twice = any(60 <= limit < 120 for limit in (start, stop)) and any(one.fold for one in local)
    inside = sum((60 * one.hour + one.minute - start) % 1440 < (stop - start) % 1440 for one in local)
    found = share(begin, begin + timedelta(minutes=minutes), start, stop, pd.DatetimeTZDtype("us", zone))
    assert abs(found - inside / minutes) <= (60 if twice else 1e-9) / minutes
    other = share(begin, begin + timedelta(minutes=minutes), stop, start, pd.DatetimeTZDtype("us", zone))
    assert found + other == pytest.approx(1)


@settings(max_examples=30, deadline=None)
@given(st.lists(ROW, min_size=1, max_size=20), st.integers(0, 23), st.integers(1, 23))
def test_shares_of_whole_hours_are_the_weights_of_the_week(rows, start, hours):
    frame = rows_of(rows)
    columns = frame["occurred_at"], frame["occurred_until"], frame["time_known"]
    found = share_in_hours(*columns, 60 * start, 60 * ((start + hours) % 24))
    week = hours_of_week(*columns)
    assert found.index.equals(frame.index)
    assert found.notna().sum() == week.n_timed
    inside = [(start + one) % 24 for one in range(hours)]
    assert found.sum() == pytest.approx(week.matrix[inside].to_numpy().sum(), abs=1e-9)


def test_half_is_exactly_half():
    begin = london("2024-05-03 13:00")
    assert share(begin, begin + timedelta(hours=12), 1140, 420) == 0.5
    assert share(begin, begin + timedelta(days=77), 1140, 420) == 0.5
    assert share(begin, begin + timedelta(hours=12, microseconds=1), 1140, 420) > 0.5
    assert share(begin - timedelta(microseconds=1), begin + timedelta(hours=12), 1140, 420) < 0.5


def test_the_long_autumn_night_and_the_short_spring_night():
    autumn = share(london("2024-10-26 19:00"), london("2024-10-27 19:00"), 1140, 420)
    spring = share(london("2024-03-30 19:00"), london("2024-03-31 19:00"), 1140, 420)
    assert autumn == pytest.approx(13 / 25)
    assert spring == pytest.approx(11 / 23)


def test_limits_in_the_hours_of_the_clock_change():
    # From 01:10, which there is not, it is 02:00; and 01:30, which there is twice, is its first.
    assert share(london("2024-03-31 00:00"), london("2024-03-31 03:00"), 70, 300) == 0.5
    assert share(london("2024-10-27 00:00"), london("2024-10-27 03:00"), 90, 300) == 2.5 / 4


@pytest.mark.parametrize(("start", "stop"), [(70, 100), (100, 70)])
def test_limits_that_the_clock_skips_do_not_turn_the_night_into_day(start, stop):
    # On 2024-03-31 there is no 01:10 and no 01:40; the nights before and after are as ever.
    inside = (stop - start) % 1440
    whole = share(london("2024-03-29 12:00"), london("2024-04-03 12:00"), start, stop)
    assert whole == pytest.approx((5 * inside - 30) / (5 * 1440 - 60))


def test_what_has_no_time_is_in_no_part_of_the_day():
    at, later = london("2024-05-01 10:00"), london("2024-05-01 12:00")
    assert np.isnan(share(at, later, 0, 720, known=False))
    assert np.isnan(share(None, later, 0, 720))
    assert np.isnan(share(later, at, 0, 720))
    zoned = pd.Series(pd.to_datetime(["2024-05-01"] * 2, utc=True)).astype(TYPE)
    told = share_in_hours(zoned, zoned, pd.Series([pd.NA, True], dtype="boolean"), 0, 720)
    assert told.isna().tolist() == [True, False]
    empty = zoned.iloc[:0]
    assert share_in_hours(empty, empty, pd.Series([], dtype=bool), 0, 720).empty


def test_parts_of_the_day_that_are_none_are_refused():
    zoned = pd.Series(pd.to_datetime(["2024-05-01"], utc=True)).astype(TYPE)
    naive = pd.Series(pd.to_datetime(["2024-05-01"]))
    for limits in ((420, 420), (-1, 5), (5, 1440), (1440, 5)):
        with pytest.raises(ValueError, match="begins and ends at two minutes from 0 to 1439"):
            share_in_hours(zoned, zoned, pd.Series([True]), *limits)
    for pair in ((zoned, naive), (naive, zoned)):
        with pytest.raises(ValueError, match="need a time zone, for example Europe/London"):
            share_in_hours(pair[0], pair[1], pd.Series([True]), 0, 720)


# ------------------------------------------------------------------------------------------------ calendar months


def months_of(counts, first="2021-01"):
    return pd.Series(counts, index=pd.period_range(first, periods=len(counts), freq="M"))


def with_season(factors, months=48, rate=100.0, first="2021-01", growth=0.0, seed=None, jump=1.0):
    """Counts of a rate by calendar month, all growing, with a jump half way; drawn where a seed is given."""
    counts = months_of([0.0] * months, first)
    index = pd.PeriodIndex(counts.index)
    mean = rate / 30 * index.days_in_month.to_numpy() * np.exp(growth * np.arange(months) / 12)
    mean = mean * np.array([factors.get(month, 1.0) for month in index.month])
    mean[months // 2 :] *= jump
    drawn = mean if seed is None else np.random.default_rng(seed).poisson(mean)
    return pd.Series(np.rint(drawn).astype(np.int64), index=index)


def test_the_table_tells_what_is_held_per_month_of_mean_length():
    held = months_of(range(100, 127), "2023-12").drop(pd.Period("2024-05", freq="M"))
    table = season_table(held)
    assert table.index.tolist() == list(range(1, 13))
    assert table["times"].tolist() == [3, 3, 2, 2, 1, *[2] * 6, 3]
    assert table.loc[2, "days"] == 29 + 28 + 28
    assert table.loc[2, "n"] == 102 + 114 + 126
    assert table.loc[2, "per_month"] == pytest.approx((102 + 114 + 126) / 85 * 365.25 / 12)
    found = season(held)
    assert found is not None
    assert set(table["season_p"]) == {found.p}
    assert (table["p_adjusted"] >= table["p"]).all()


def test_months_that_are_not_held_are_not_invented():
    held = with_season({}, 60)
    held = held[held.index.month != 8]
    table = season_table(held)
    assert 8 not in table.index
    assert (table["level"] == "usual").all()
    short = season_table(with_season({}, 5))
    assert short.index.tolist() == [1, 2, 3, 4, 5]
    assert (short["level"] == "untested").all()
    assert short[["expected_per_month", "season_p", "p", "p_adjusted"]].isna().all(axis=None)
    assert season_table(months_of([])).empty
    few = season_table(months_of([2] * 24))
    assert (few["level"] == "untested").all()


def test_high_and_low_months_are_told_with_what_the_others_hold():
    table = season_table(with_season({12: 1.6, 7: 0.6}, seed=9))
    assert table["level"].to_dict() == {month: {12: "high", 7: "low"}.get(month, "usual") for month in range(1, 13)}
    even = season_table(with_season({12: 1.6, 7: 0.6}))["expected_per_month"]
    # The others are ten months of the common rate and one of 0.6 or 1.6 times as much, or nine and both.
    for month, of_others in ((12, 10.6), (7, 11.6), (3, 11.2)):
        assert even[month] == pytest.approx(100 / 30 * of_others / 11 * 365.25 / 12, rel=0.005)


def test_one_month_against_the_others_is_the_test_of_two_counts_along_a_trend_fitted_by_newton():
    counts = with_season({3: 1.15}, 41, 60.0, "2020-11", 0.3, seed=3)
    table = season_table(counts)
    index = pd.PeriodIndex(counts.index)
    n, days = counts.to_numpy(dtype=float), index.days_in_month.to_numpy(dtype=float)
    time = np.arange(41.0)
    # 41 months end at 40: the trend may bend 12, 24 and 36 months before.
    trend = np.column_stack([np.ones(41), time, *(np.minimum(time - (40 - back), 0) for back in (12, 24, 36))])
    x = np.column_stack(
        [trend, *((index.month == month) * 1.0 - (index.month == 5) for month in range(1, 13) if month != 5)]
    )
    beta = np.linalg.lstsq(x, np.log(n / days), rcond=None)[0]
    for _ in range(60):
        mean = days * np.exp(x @ beta)
        beta = beta + np.linalg.solve(x.T @ (mean[:, None] * x), x.T @ (n - mean))
    deviance, left = 2 * (n * np.log(n / mean) - n + mean).sum(), 41 - len(beta)
    size = days * np.exp(trend @ beta[:5])
    for month in (1, 3, 12):
        inside = index.month == month
        own, others = n[inside].sum(), n[~inside].sum()
        share = size[inside].sum() / size.sum()
        ratio = 2 * (own * np.log(own / n.sum() / share) + others * np.log(others / n.sum() / (1 - share)))
        p = max(stats.chi2.sf(ratio, 1), stats.f.sf(ratio / (deviance / left), 1, left))
        assert table.loc[month, "p"] == pytest.approx(p, rel=1e-4)
        expected = others * share / (1 - share)
        assert table["expected_per_month"][month] * table["days"][month] * 12 / 365.25 == pytest.approx(
            expected, rel=1e-6
        )
    np.testing.assert_allclose(table["p_adjusted"], stats.false_discovery_control(table["p"]))


@pytest.mark.parametrize("months", [36, 37, 48, 49, 50, 61])
def test_the_length_of_the_history_does_not_decide(months):
    # A last month of the past alone in its twelve is no reason for a bend.
    counts = with_season({12: 1.8}, months, seed=5)
    table = season_table(counts)
    assert table.index[table["level"] == "high"].tolist() == [12]
    assert table["p"].between(1e-9, 0.999).sum() >= 10


@pytest.mark.parametrize("first", [f"2020-{month:02d}" for month in (1, 4, 7, 10)])
def test_the_month_in_which_the_data_end_does_not_decide(first):
    wave = {month: 1 + 0.4 * math.cos(2 * math.pi * (month - 1) / 12) for month in range(1, 13)}
    levels = season_table(with_season(wave, 60, 100.0, first, growth=0.2, seed=4))["level"]
    assert levels[levels == "high"].index.tolist() == [1, 2, 3, 11, 12]
    assert levels[levels == "low"].index.tolist() == [5, 6, 7, 8, 9]


@pytest.mark.parametrize(("growth", "jump"), [(0.0, 1.0), (0.5, 1.0), (0.0, 1.5)])
def test_without_a_season_hardly_any_month_is_high_or_low(growth, jump):
    named = []
    for seed in range(25):
        counts = with_season({}, 48, 60.0, growth=growth, jump=jump, seed=seed)
        named.append((season_table(counts)["level"] != "usual").any())
    assert np.mean(named) <= 0.15


def test_no_month_is_named_where_all_together_are_chance(monkeypatch):
    counts = with_season({12: 1.6}, 48)
    real = season(counts)
    assert real is not None
    monkeypatch.setattr(rhythm, "season", lambda _: type(real)(real.table, 1.0, 11, 0.051))
    table = season_table(counts)
    assert (table["season_p"] == 0.051).all()
    assert (table["level"] == "usual").all()
    assert table["p_adjusted"][12] < 0.001


def test_months_that_swing_for_no_reason_are_not_named_by_poisson_alone():
    random = np.random.default_rng(11)
    named = []
    for _ in range(25):
        rate = 200 * random.gamma(1 / 0.3**2, 0.3**2, 48)
        named.append((season_table(months_of(random.poisson(rate)))["level"] != "usual").any())
    assert np.mean(named) <= 0.15


def test_a_calendar_month_without_incidents_is_low_and_not_a_crash():
    table = season_table(with_season({8: 0.0}, 48, seed=1))
    assert table.loc[8, "n"] == 0
    assert table.index[table["level"] == "low"].tolist() == [8]
    assert table.loc[8, "expected_per_month"] == pytest.approx(100 * 365.25 / 360, rel=0.05)
    assert np.isfinite(table["expected_per_month"]).all()
    assert ((table["p"] > 0) & (table["p"] <= 1)).all()


def test_where_nothing_is_left_to_compare_with_no_month_is_named():
    # Twenty-four counts, and as many numbers in a trend of twelve years with its calendar months.
    at = [1, 4, 9, 12, 15, 16, 25, 32, 46, 50, 52, 57, 67, 76, 81, 93, 101, 103, 106, 115, 119, 126, 135, 139]
    counts = with_season({5: 3.0}, 144, 1000.0, seed=2).iloc[at]
    assert season(counts) is not None
    table = season_table(counts)
    assert set(table["p"]) == {1.0}
    assert set(table["level"]) == {"usual"}


def test_counts_more_even_than_chance_make_no_month_stand_out():
    table = season_table(with_season({12: 1.05}))
    assert table["p"][12] > 0.1
    assert set(table["level"]) == {"usual"}


def test_what_is_no_count_by_month_is_refused():
    with pytest.raises(ValueError, match="one count for each month"):
        season_table(pd.Series([1, 2]))
    with pytest.raises(ValueError, match="not below 0, nor missing"):
        season_table(months_of([1, -2]))


def test_nothing_lent_is_changed():
    frame, counts = rows_of([("H1", "area", 5, 100, True), (None, "ring", 5, None, True)]), with_season({12: 1.5})
    before = frame.copy(), counts.copy()
    week_table(frame, "hotspot_id", KEY)
    timed_table(frame, "hotspot_id", KEY)
    area_peaks(frame)
    season_table(counts)
    share_in_hours(frame["occurred_at"], frame["occurred_until"], frame["time_known"], 1140, 420)
    pd.testing.assert_frame_equal(frame, before[0])
    pd.testing.assert_series_equal(counts, before[1])
