"""Hours of the week minute by minute, clock changes, peaks against chance, words, and the season."""

from __future__ import annotations

import zoneinfo
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from hotspots.analysis.when import (
    DAYS,
    LEAST_TIMED,
    SIMULATIONS,
    Window,
    hours_of_week,
    peak_windows,
    season,
    window_words,
)

LONDON = zoneinfo.ZoneInfo("Europe/London")
TYPE = pd.DatetimeTZDtype("us", "Europe/London")
# 2024-03-31 01:00 UTC and 2024-10-27 01:00 UTC are when the clocks of London change.
MINUTES = st.integers(0, 60 * 24 * 330)
START = datetime(2024, 1, 1, tzinfo=UTC)


def week_of(rows, known=True, zone=TYPE):
    """Rows of begin and end as UTC datetimes or none."""
    begin, end = (pd.Series(pd.to_datetime([row[at] for row in rows], utc=True)).astype(zone) for at in (0, 1))
    return hours_of_week(begin, end, pd.Series(known, index=begin.index, dtype=bool))


def london(text):
    return pd.Timestamp(text, tz="Europe/London").tz_convert("UTC").to_pydatetime()


def slowly(begin, end, zone=LONDON):
    """The weights of one range, minute by minute."""
    matrix = np.zeros((7, 24))
    minutes = round((end - begin) / timedelta(minutes=1))
    for minute in range(minutes):
        local = (begin + timedelta(minutes=minute)).astimezone(zone)
        matrix[local.weekday(), local.hour] += 1 / minutes
    return matrix


# Points


def test_a_known_minute_counts_in_its_local_hour():
    week = week_of([(london("2024-07-01 00:59:59.999999"), None), (london("2024-01-07 23:00"), None)])
    assert week.matrix.index.tolist() == list(DAYS)
    assert week.matrix.index.name == "day"
    assert week.matrix.columns.tolist() == list(range(24))
    assert week.matrix.columns.name == "hour"
    assert week.matrix.loc["Mon", 0] == 1
    assert week.matrix.loc["Sun", 23] == 1
    assert week.matrix.to_numpy().sum() == 2
    assert (week.n_timed, week.n_ranges, week.n_reversed, week.n_unknown) == (2, 0, 0, 0)


def test_the_hour_an_autumn_night_has_twice_counts_each_event_once():
    utc = datetime(2024, 10, 27, tzinfo=UTC)
    week = week_of([(utc + timedelta(minutes=30), None), (utc + timedelta(minutes=90), None)])
    assert week.matrix.loc["Sun", 1] == 2
    assert week.n_timed == 2


def test_a_begin_that_is_the_end_is_a_point():
    at = london("2024-05-01 10:00")
    week = week_of([(at, at)])
    assert week.matrix.loc["Wed", 10] == 1
    assert week.n_ranges == 0


# Ranges


def test_a_range_by_hand():
    # 22:45 to 01:15 is 150 minutes: 15, 60, 60, 15.
    week = week_of([(london("2024-05-03 22:45"), london("2024-05-04 01:15"))])
    assert week.matrix.loc["Fri", 22] == pytest.approx(0.1)
    assert week.matrix.loc["Fri", 23] == pytest.approx(0.4)
    assert week.matrix.loc["Sat", 0] == pytest.approx(0.4)
    assert week.matrix.loc["Sat", 1] == pytest.approx(0.1)
    assert (week.matrix > 0).to_numpy().sum() == 4
    assert (week.n_timed, week.n_ranges) == (1, 1)


def test_a_range_up_to_the_full_hour_does_not_touch_the_next():
    week = week_of([(london("2024-05-03 20:00"), london("2024-05-03 21:00"))])
    assert week.matrix.loc["Fri", 20] == 1
    assert week.matrix.to_numpy().sum() == 1


def test_microseconds_are_divided_too():
    week = week_of([(london("2024-05-03 20:59:59.999999"), london("2024-05-03 21:00:00.000003"))])
    assert week.matrix.loc["Fri", 20] == pytest.approx(0.25)
    assert week.matrix.loc["Fri", 21] == pytest.approx(0.75)


@settings(max_examples=30, deadline=None)
@given(MINUTES, st.one_of(st.integers(1, 59), st.integers(1, 60 * 24 * 16)))
def test_a_range_is_spread_as_minute_by_minute(begin, minutes):
    begin = START + timedelta(minutes=begin)
    end = begin + timedelta(minutes=minutes)
    found = week_of([(begin, end)]).matrix.to_numpy()
    expected = slowly(begin, end)
    np.testing.assert_allclose(found, expected, atol=1e-9)
    np.testing.assert_array_equal(found > 0, expected > 0)


def test_a_range_over_the_clock_change_has_the_repeated_hour_twice_and_the_lost_hour_never():
    autumn = week_of([(london("2024-10-27 00:00"), london("2024-10-27 04:00"))]).matrix
    np.testing.assert_allclose(autumn.loc["Sun", [0, 1, 2, 3, 4]], [0.2, 0.4, 0.2, 0.2, 0])
    spring = week_of([(london("2024-03-31 00:00"), london("2024-03-31 03:00"))]).matrix
    np.testing.assert_allclose(spring.loc["Sun", [0, 1, 2, 3]], [0.5, 0, 0.5, 0])


def test_a_range_within_the_repeated_hour_that_ends_by_an_earlier_clock_is_not_reversed():
    utc = datetime(2024, 10, 27, tzinfo=UTC)
    week = week_of([(utc + timedelta(minutes=45), utc + timedelta(minutes=75))])
    assert week.n_reversed == 0
    assert week.matrix.loc["Sun", 1] == pytest.approx(1)


def test_whole_weeks_are_even_and_ten_days_count_three_of_them_twice():
    begin = london("2024-05-06 00:00")
    np.testing.assert_allclose(week_of([(begin, begin + timedelta(days=14))]).matrix, 1 / 168)
    ten = week_of([(begin, begin + timedelta(days=10))]).matrix.sum(axis=1)
    np.testing.assert_allclose(ten, [0.2, 0.2, 0.2, 0.1, 0.1, 0.1, 0.1])


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(MINUTES, st.integers(-200, 3000)), max_size=12), st.randoms())
def test_the_total_is_the_number_of_events_and_rows_add_up_in_any_order(rows, random):
    rows = [(START + timedelta(minutes=at), START + timedelta(minutes=at + after)) for at, after in rows]
    week = week_of(rows)
    timed = sum(end >= begin for begin, end in rows)
    assert week.n_timed == timed
    assert week.n_ranges == sum(end > begin for begin, end in rows)
    assert week.n_reversed == len(rows) - timed
    assert week.matrix.to_numpy().sum() == pytest.approx(timed, abs=1e-9)
    assert (week.matrix.to_numpy() >= 0).all()
    alone = sum((week_of([row]).matrix for row in rows), start=week.matrix * 0)
    np.testing.assert_allclose(week.matrix, alone, atol=1e-9)
    random.shuffle(rows)
    pd.testing.assert_frame_equal(week_of(rows).matrix, week.matrix, check_exact=True)


def test_long_after_a_range_nothing_is_left_of_it():
    rows = [(START + timedelta(minutes=7 * n), START + timedelta(minutes=7 * n + 130)) for n in range(50)]
    later = START + timedelta(days=200, hours=3)
    week = week_of([*rows, (later, later + timedelta(minutes=30))])
    assert (week.matrix.to_numpy() > 0).sum() == 9


@pytest.mark.parametrize("zone", ["Asia/Kolkata", "Asia/Kathmandu", "UTC"])
def test_clocks_that_differ_by_quarter_hours_are_kept_exactly(zone):
    begin, end = datetime(2024, 5, 3, 20, 10, tzinfo=UTC), datetime(2024, 5, 4, 1, 50, tzinfo=UTC)
    found = week_of([(begin, end)], zone=pd.DatetimeTZDtype("us", zone)).matrix
    np.testing.assert_allclose(found, slowly(begin, end, zoneinfo.ZoneInfo(zone)), atol=1e-9)


# What has no time


def test_rows_without_a_known_time_never_enter_and_are_counted():
    at, later = london("2024-05-01 10:00"), london("2024-05-01 12:00")
    rows = [(at, None), (at, later), (None, later), (None, None), (at, None), (later, at), (later, at)]
    week = week_of(rows, known=[True, True, True, True, False, True, False])
    assert (week.n_timed, week.n_ranges, week.n_reversed, week.n_unknown) == (2, 1, 1, 4)
    assert week.matrix.loc["Wed", 10] == 1.5
    assert week.matrix.to_numpy().sum() == 2


def test_an_empty_answer_to_whether_the_time_is_known_is_no():
    at = pd.Series(pd.to_datetime(["2024-05-01 10:00"] * 2, utc=True)).astype(TYPE)
    week = hours_of_week(at, at, pd.Series([pd.NA, True], dtype="boolean"))
    assert (week.n_timed, week.n_unknown) == (1, 1)


def test_no_rows_are_a_week_of_zeros():
    week = week_of([])
    assert week.matrix.shape == (7, 24)
    assert (week.matrix == 0).all(axis=None)
    assert week.n_timed == 0


def test_times_need_a_zone_and_one_index():
    zoned = pd.Series(pd.to_datetime(["2024-05-01"], utc=True)).astype(TYPE)
    naive = pd.Series(pd.to_datetime(["2024-05-01"]))
    known = pd.Series([True])
    for begin, end in ((naive, zoned), (zoned, naive)):
        with pytest.raises(ValueError, match="need a time zone, for example Europe/London"):
            hours_of_week(begin, end, known)
    for other in ((zoned, zoned.set_axis([5]), known), (zoned, zoned, known.set_axis([5]))):
        with pytest.raises(ValueError, match="must have one index"):
            hours_of_week(*other)


# Peaks


def flat(each=0.0):
    return pd.DataFrame(np.full((7, 24), each), index=list(DAYS))


def ratio(inside, n, hours, free=168):
    expected = n * hours / free
    return inside * np.log(inside / expected) + (n - inside) * np.log((n - inside) / (n - expected))


def test_a_clear_peak_is_found_with_its_hours_and_shares():
    # Friday and Saturday 20:00 to 01:00 hold 5 x 2 x 6 = 60 of 138.
    matrix = flat(0.5)
    matrix.loc[["Fri", "Sat"], 20:23] += 6 - 0.5
    matrix.loc[["Sat", "Sun"], 0] += 6 - 0.5
    matrix *= 138 / matrix.to_numpy().sum()
    (window,) = peak_windows(matrix)
    assert (window.day, window.days, window.hour, window.hours) == (4, 2, 20, 5)
    assert window.share_of_week == pytest.approx(10 / 168)
    assert window.n == pytest.approx(matrix.loc[["Fri", "Sat"], 20:23].to_numpy().sum() * 10 / 8)
    assert window.share_of_n == pytest.approx(window.n / 138)
    assert window.p == 1 / (SIMULATIONS + 1)


@pytest.mark.parametrize("day", range(7))
@pytest.mark.parametrize(
    ("hour", "hours", "days"), [(0, 3, 1), (22, 5, 2), (23, 2, 3), (9, 8, 5), (18, 6, 7), (6, 24, 1)]
)
def test_every_window_of_the_week_can_be_the_peak(day, days, hour, hours):
    week = np.zeros(168)
    for on in range(days):
        for after in range(hours):
            week[(24 * (day + on) + hour + after) % 168] = 40 / (days * hours)
    (window,) = peak_windows(flat() + week.reshape(7, 24))
    # Every day has no first one, so it is Monday.
    assert (window.day, window.days, window.hour, window.hours) == (0 if days == 7 else day, days, hour, hours)
    assert window.share_of_n == pytest.approx(1)
    assert window.share_of_week == pytest.approx(days * hours / 168)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(0, 167), min_size=20, max_size=40))
def test_the_peak_has_the_largest_ratio_of_all_windows(hours):
    week = np.bincount(hours, minlength=168).astype(float)
    found = peak_windows(flat() + week.reshape(7, 24), alpha=1.0, simulations=1)
    best = 0.0
    for start in range(168):
        for long in range(1, 25):
            inside = 0.0
            for days in range(1, 8):
                inside += sum(week[(start + 24 * (days - 1) + h) % 168] for h in range(long))
                if long * days <= 42 and len(hours) / 3 <= inside < len(hours):
                    best = max(best, ratio(inside, len(hours), long * days))
                elif long * days <= 42 and inside == len(hours):
                    best = max(best, inside * np.log(168 / (long * days)))
    assert bool(found) == (best > 0)
    if found and found[0].n < len(hours):
        assert ratio(found[0].n, len(hours), round(168 * found[0].share_of_week)) == pytest.approx(best)


def test_a_peak_holds_a_third_in_a_quarter_of_the_week_at_most():
    # 25 of 77 on one hour is not a third; 26 of 78 is.
    below, third = flat(), flat()
    for matrix, inside in ((below, 25), (third, 26)):
        matrix.iloc[:, :] = np.where(np.arange(168).reshape(7, 24) % 24 % 12 == 5, 4.0, 0.0)
        matrix.iloc[:, 5:18] *= 52 / matrix.iloc[:, 5:18].to_numpy().sum()
        matrix.iloc[2, 22] = inside
    assert [w.n for w in peak_windows(third)] != []
    assert all(
        w.share_of_n >= 1 / 3 - 1e-9 and w.share_of_week <= 1 / 4 for w in peak_windows(below) + peak_windows(third)
    )
    # Seven hours of every day are more than a quarter of the week: only six of them can be the peak.
    day = flat()
    day.iloc[:, 9:16] = 2.0
    (window,) = peak_windows(day)
    assert (window.days, window.hours) == (7, 6)
    # A peak of a tenth is too little to be one.
    tenth = flat(0.5)
    tenth.iloc[2, 20] += 9.0
    assert peak_windows(tenth) == ()


def test_an_even_week_has_no_peak_and_few_random_ones_have():
    assert peak_windows(flat(1.0)) == ()
    random = np.random.default_rng(12)
    weeks = [flat() + random.multinomial(50, np.full(168, 1 / 168)).reshape(7, 24) for _ in range(60)]
    assert sum(bool(peak_windows(week, simulations=99, seed=number)) for number, week in enumerate(weeks)) <= 7
    p = [
        window.p
        for number, week in enumerate(weeks)
        for window in peak_windows(week, alpha=1.0, simulations=99, seed=number)
    ]
    # Without a peak p is spread evenly; a week in which no window holds a third has none at all.
    assert len(p) > 20
    assert 0.3 < np.mean(p) < 0.65


@pytest.mark.parametrize(("n", "found"), [(LEAST_TIMED, 1), (LEAST_TIMED - 1, 0), (LEAST_TIMED - 0.4, 1), (0, 0)])
def test_a_peak_needs_twenty_timed_incidents(n, found):
    matrix = flat()
    matrix.loc["Tue", 15] = n
    assert len(peak_windows(matrix)) == found


def test_the_same_seed_gives_the_same_p_and_p_is_counted_among_the_drawn():
    week = flat() + np.random.default_rng(3).multinomial(40, np.full(168, 1 / 168)).reshape(7, 24)
    week.iloc[4, 18:22] += 2
    (one,), (again,) = peak_windows(week, alpha=1.0), peak_windows(week, alpha=1.0)
    assert one == again
    others = {peak_windows(week, alpha=1.0, seed=seed)[0].p for seed in range(6)}
    assert len(others) > 1
    assert all(0 < p <= 1 and (p * (SIMULATIONS + 1)) == pytest.approx(round(p * (SIMULATIONS + 1))) for p in others)
    assert max(others) < 0.4
    assert peak_windows(week, alpha=one.p) == (one,)
    assert peak_windows(week, alpha=one.p * 0.99) == ()


def test_a_second_peak_is_sought_in_what_the_first_leaves():
    matrix = flat(0.05)
    matrix.loc[["Fri", "Sat"], 20:23] = 10.0
    matrix.loc[["Mon", "Tue", "Wed"], 15:16] = 6.0
    first, second = peak_windows(matrix, most=2)
    assert (first,) == peak_windows(matrix)
    assert (first.day, first.days, first.hour, first.hours) == (4, 2, 20, 4)
    assert (second.day, second.days, second.hour, second.hours) == (0, 3, 15, 2)
    assert second.n == pytest.approx(36)
    assert second.share_of_n == pytest.approx(36 / matrix.to_numpy().sum())
    assert second.share_of_week == pytest.approx(6 / 168)
    # A third would have to be found in an even rest.
    assert peak_windows(matrix, most=5) == (first, second)
    assert peak_windows(matrix, most=0) == ()


def test_windows_do_not_overlap():
    matrix = flat(0.3)
    matrix.iloc[:, 18:24] = 4.0
    matrix.iloc[:, 12:18] = 2.0
    windows = peak_windows(matrix, most=2)
    assert [(w.hour, w.hours) for w in windows] == [(18, 6), (12, 5)]


@pytest.mark.parametrize(
    ("matrix", "said"),
    [
        (flat().T, "7 days of 24 hours"),
        (flat() - 1, "not below 0, nor missing"),
        (flat() * np.nan, "not below 0, nor missing"),
    ],
)
def test_what_is_no_week_is_refused(matrix, said):
    with pytest.raises(ValueError, match=said):
        peak_windows(matrix)


@pytest.mark.parametrize(
    ("window", "words"),
    [
        ((4, 2, 20, 5), "Fri–Sat 20:00–01:00"),
        ((6, 2, 22, 2), "Sun–Mon 22:00–24:00"),
        ((2, 1, 0, 1), "Wed 00:00–01:00"),
        ((0, 7, 15, 6), "every day 15:00–21:00"),
        ((5, 1, 0, 24), "Sat all day"),
        ((4, 2, 18, 24), "Fri–Sat 18:00–18:00 the next day"),
        ((0, 5, 9, 8), "Mon–Fri 09:00–17:00"),
    ],
)
def test_the_words_of_a_window(window, words):
    day, days, hour, hours = window
    said = window_words(Window(day, days, hour, hours, n=46.0, share_of_n=0.459, share_of_week=0.0595, p=0.001))
    assert said == f"{words}, 46 % of incidents in 6 % of the week"


# Season


def months_of(counts, first="2021-01"):
    return pd.Series(counts, index=pd.period_range(first, periods=len(counts), freq="M"))


def wave(months, size, rate=100.0):
    return rate * (1 + size * np.cos(2 * np.pi * np.arange(months) / 12))


def test_counts_are_corrected_for_days_and_times():
    counts = months_of(
        [10 * month.days_in_month for month in pd.period_range("2023-12", periods=27, freq="M")], "2023-12"
    )
    found = season(counts)
    assert found is not None
    assert found.table.index.tolist() == list(range(1, 13))
    assert found.table.index.name == "calendar_month"
    assert found.table.columns.tolist() == ["times", "days", "n", "expected", "rate_per_day", "ratio"]
    # December 2023 to February 2026: February 2024 has 29 days.
    assert found.table["times"].tolist() == [3, 3, *[2] * 9, 3]
    assert found.table.loc[2, "days"] == 29 + 28 + 28
    assert found.table.loc[2, "n"] == 850
    np.testing.assert_allclose(found.table["expected"], found.table["n"])
    np.testing.assert_allclose(found.table["rate_per_day"], 10)
    np.testing.assert_allclose(found.table["ratio"], 1)
    assert found.chi_square == pytest.approx(0, abs=1e-9)
    assert found.p == 1


def test_a_season_is_found_and_its_months_are_told():
    found = season(months_of(np.random.default_rng(1).poisson(wave(36, 0.4))))
    assert found is not None
    assert found.p < 1e-6
    assert found.table.loc[[1, 12, 2], "ratio"].min() > 1.15
    assert found.table.loc[[6, 7, 8], "ratio"].max() < 0.85
    ratio = found.table["n"] / found.table["days"] / (found.table["n"].sum() / found.table["days"].sum())
    np.testing.assert_allclose(found.table["ratio"], ratio)
    np.testing.assert_allclose(found.table["expected"].sum(), found.table["n"].sum())


def test_the_chi_square_is_that_of_the_two_models_fitted_by_newton():
    counts = months_of(np.random.default_rng(4).poisson(wave(30, 0.2, 40.0)))
    found = season(counts)
    n, days = counts.to_numpy(dtype=float), counts.index.days_in_month.to_numpy(dtype=float)
    ago = np.arange(30)[::-1]
    level = [ago // 12 == 0, ago // 12 == 1, ago // 12 == 2, ago]
    calendar = [counts.index.month == month for month in range(2, 12)]

    def deviance(columns):
        x = np.column_stack(columns).astype(float)
        beta = np.linalg.lstsq(x, np.log(n / days), rcond=None)[0]
        for _ in range(50):
            mean = days * np.exp(x @ beta)
            beta = beta + np.linalg.solve(x.T @ (mean[:, None] * x), x.T @ (n - mean))
        mean = days * np.exp(x @ beta)
        return 2 * (n * np.log(n / mean) - n + mean).sum()

    # One calendar month less than usual: the slope and the years' levels make up for it.
    same, own = deviance(level), deviance(level + calendar)
    assert found is not None
    assert found.freedom == 10
    assert found.chi_square == pytest.approx(same - own, rel=1e-6)
    left = 30 - 14
    p = max(stats.chi2.sf(same - own, 10), stats.f.sf((same - own) / 10 / (own / left), 10, left))
    assert found.p == pytest.approx(p, rel=1e-5)


@pytest.mark.parametrize(
    "mean",
    [
        np.full(24, 60.0),
        np.linspace(60, 180, 24),
        np.repeat([60.0, 120.0], 12),
        np.repeat([120.0, 60.0, 90.0], 12),
    ],
    ids=["even", "rise", "jump", "jumps"],
)
@pytest.mark.parametrize("swing", [0.0, 0.3], ids=["Poisson", "swings"])
def test_neither_a_rise_nor_a_jump_nor_swings_are_a_season(mean, swing):
    random = np.random.default_rng(6)
    found = []
    for _ in range(60):
        rate = mean * (random.gamma(1 / swing**2, swing**2, len(mean)) if swing else 1)
        told = season(months_of(random.poisson(rate)))
        assert told is not None
        found.append(told.p <= 0.05)
    assert np.mean(found) <= 0.15


def test_too_little_tells_no_season():
    assert season(months_of([100] * 23)) is None
    assert season(months_of([100] * 24)) is not None
    # 2.5 a month in two years are 5 a calendar month of mean length, less in a February.
    assert season(months_of([2] * 24)) is None
    assert season(months_of([4] * 24)) is not None
    assert season(months_of([0] * 24)) is None
    # The same calendar month each year, and one month a year: nothing to compare, or nothing left to compare it with.
    januaries = months_of([100] * (12 * 30))
    assert season(januaries[januaries.index.month == 1]) is None
    one_a_year = [
        month for year, month in enumerate(pd.period_range("1990-01", periods=12 * 26, freq="M")) if year % 13 == 0
    ]
    assert season(pd.Series(100, index=pd.PeriodIndex(one_a_year, freq="M"))) is None


def test_expected_five_are_enough():
    days = pd.period_range("2021-01", periods=24, freq="M").days_in_month.to_numpy()
    just = pd.Series(0, index=pd.period_range("2021-01", periods=24, freq="M"))
    just.iloc[3] = -(-5 * days.sum() // 56)
    assert season(just) is not None
    just.iloc[3] -= 1
    assert season(just) is None


def test_a_calendar_month_without_incidents_is_a_season_not_a_crash():
    counts = months_of(np.random.default_rng(2).poisson(50.0, 36))
    counts[counts.index.month == 8] = 0
    found = season(counts)
    assert found is not None
    assert found.p < 1e-6
    assert np.isfinite(found.chi_square)


def test_missing_months_and_the_order_of_rows_are_borne():
    counts = months_of(np.random.default_rng(8).poisson(wave(48, 0.3)))
    held = counts.drop(counts.index[[3, 20, 21, 22]])
    found, shuffled = season(held), season(held.sample(frac=1, random_state=1))
    assert found is not None
    assert shuffled is not None
    assert found.p < 0.001
    assert found.table.loc[4, "times"] == 3
    pd.testing.assert_frame_equal(found.table, shuffled.table)
    assert shuffled.p == pytest.approx(found.p, rel=1e-6)


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        (pd.Series([1, 2]), "one count for each month"),
        (months_of([1, 2]).rename(lambda month: month.asfreq("D", "start")), "one count for each month"),
        (pd.Series([1, 2], index=pd.PeriodIndex(["2024-01"] * 2, freq="M")), "one count for each month"),
        (months_of([1, -2]), "not below 0, nor missing; leave out"),
        (months_of([1, np.nan]), "not below 0, nor missing"),
    ],
)
def test_what_is_no_count_by_month_is_refused(counts, said):
    with pytest.raises(ValueError, match=said):
        season(counts)


def test_nothing_lent_is_changed():
    matrix, counts = flat(0.5), months_of([100] * 24)
    before = matrix.copy(), counts.copy()
    peak_windows(matrix, most=2)
    season(counts)
    pd.testing.assert_frame_equal(matrix, before[0])
    pd.testing.assert_series_equal(counts, before[1])


# Real times


@pytest.mark.real
def test_real_stops_of_bexley_are_on_the_london_clock_and_peak_after_school(real):
    folder = real / "police" / "stop-search"
    files = sorted(folder.glob("bexley-*.csv.gz"))
    if not files:
        pytest.skip(f"no stop and search file of Bexley in {folder}")
    rows = pd.read_csv(files[0], usecols=["Date", "borough"])
    utc = pd.to_datetime(rows.loc[rows["borough"] == "Bexley", "Date"], utc=True)
    at = utc.astype(TYPE)
    never = pd.Series(pd.NaT, index=at.index, dtype=TYPE)
    known = at.notna()
    week = hours_of_week(at, never, known)
    assert week.n_timed == len(at)
    clock = utc.dt.tz_convert("Europe/London").dt
    counts = pd.crosstab(clock.day_of_week, clock.hour).to_numpy()
    np.testing.assert_array_equal(week.matrix.to_numpy(), counts)
    (window,) = peak_windows(week.matrix)
    assert window_words(window) == "every day 15:00–21:00, 47 % of incidents in 25 % of the week"
