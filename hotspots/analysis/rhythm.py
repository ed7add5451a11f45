"""The rhythm of places: their week hour by hour, their busy hours, the calendar months, and day or night."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from scipy import special, stats

from hotspots.analysis.when import (
    DAYS,
    HOURS_OF_WEEK,
    LEAST_SHARE,
    MOST_OF_WEEK,
    Week,
    Window,
    hours_of_week,
    peak_windows,
    season,
)
from hotspots.stats.usual import ALPHA, false_discovery
from hotspots.tables import check
from hotspots.tables.rhythm import AREA, SEASON, TIMED, WHEN

if TYPE_CHECKING:
    import numpy.typing as npt

MOST_PEAKS = 3
MEAN_MONTH_DAYS = 365.25 / 12
DAY_MINUTES = 24 * 60

_PARTS_OF_ONE = 2**30
"""Weights are whole multiples of 1 / this, so that they add up exactly, in any order, to eight million incidents."""
_DENSITY = LEAST_SHARE / MOST_OF_WEEK
_SMALLEST_P = float(np.finfo(np.float64).tiny)
_ROUNDS = 25
"""Of the iterated fit, which needs five or six; more where a calendar month has no incident at all."""
_LOG_RATES = (-20.0, 20.0)


def week_table(rows: pd.DataFrame, by: str, key: pd.Index) -> pd.DataFrame:
    """Count the incidents of each hotspot and of the whole area by day and hour.

    Parameters
    ----------
    rows
        LOCATED rows in focus of the window, and their hotspot.
    by
        Column of the hotspot, empty outside of all.
    key
        Ids of the hotspots.

    Returns
    -------
    DataFrame
        WHEN: of the hotspots every row on their ground, and under ``area`` every row of the area, in a
        hotspot or not; only places with a known time. Ranges are spread by aoristic weights (Ratcliffe
        2000), and the weights of a place add up exactly to its ``n_timed``.
    """
    parts = [_long(place, week) for place, week in _weeks(rows, by, key).items() if week.n_timed]
    frame = pd.concat(parts) if parts else _long(AREA, _week(rows.iloc[:0])).iloc[:0]
    return check(WHEN, frame.set_axis(pd.RangeIndex(1, len(frame) + 1, name="hour_no")))


def timed_table(rows: pd.DataFrame, by: str, key: pd.Index) -> pd.DataFrame:
    """Count how many incidents of each hotspot and of the whole area have a time.

    Parameters
    ----------
    rows, by, key
        As for ``week_table``.

    Returns
    -------
    DataFrame
        TIMED, with every place, also those without a time.
    """
    weeks = _weeks(rows, by, key)
    counts = ["n_timed", "n_ranges", "n_reversed", "n_unknown"]
    frame = pd.DataFrame(
        [[getattr(week, name) for name in counts] for week in weeks.values()],
        columns=counts,
        index=pd.Index(weeks, dtype="str", name="place_id"),
        dtype=np.int64,
    )
    frame.insert(0, "n", frame[["n_timed", "n_reversed", "n_unknown"]].sum(axis=1))
    return check(TIMED, frame)


def _weeks(rows: pd.DataFrame, by: str, key: pd.Index) -> dict[str, Week]:
    """Return the week of each place, sorted by its id."""
    groups = dict(list(rows.groupby(by)))
    weeks = {str(place): _week(groups.get(place, rows.iloc[:0])) for place in key}
    weeks[AREA] = _week(rows[rows["zone"] == "area"])
    return dict(sorted(weeks.items()))


def _week(rows: pd.DataFrame) -> Week:
    return hours_of_week(rows["occurred_at"], rows["occurred_until"], rows["time_known"])


def _long(place: str, week: Week) -> pd.DataFrame:
    """Return a week as rows; what rounding takes from the sum or adds to it goes to the fullest hour."""
    parts = np.rint(week.matrix.to_numpy().ravel() * _PARTS_OF_ONE).astype(np.int64)
    parts[parts.argmax()] += week.n_timed * _PARTS_OF_ONE - parts.sum()
    hour = np.arange(HOURS_OF_WEEK)
    a_day = HOURS_OF_WEEK // len(DAYS)
    n = parts / _PARTS_OF_ONE
    frame = pd.DataFrame({"place_id": place, "weekday": hour // a_day + 1, "hour": hour % a_day, "n": n})
    return frame.astype({"place_id": "str"})


def area_peaks(rows: pd.DataFrame, most: int = MOST_PEAKS) -> tuple[Window, ...]:
    """Find the busy hours of the whole area, the most marked first.

    Parameters
    ----------
    rows
        LOCATED rows in focus of the window; those of the ring are not counted.
    most
        Most windows.

    Returns
    -------
    tuple of Window
        Windows beyond chance that do not overlap. Each further one is sought in what the others leave, and
        is one where it is as dense against the whole week as a first must be at least: a third of the
        incidents in a quarter of the week. None with fewer than 20 known times.
    """
    windows = peak_windows(_week(rows[rows["zone"] == "area"]).matrix, most=most)
    return tuple(one for one in windows if one.share_of_n >= _DENSITY * one.share_of_week)


def share_in_hours(
    occurred_at: pd.Series,
    occurred_until: pd.Series,
    time_known: pd.Series,
    start: int,
    end: int,
) -> pd.Series:
    """Return how much of each incident's time lies in the same hours of every day.

    Parameters
    ----------
    occurred_at, occurred_until, time_known
        As for ``hours_of_week``: begin and end with the local time zone, and whether the time is known.
    start, end
        First minute of the part of the day, and the first after it, 0 to 1439 from midnight of the local
        clock; the part runs over midnight where the end is not after the start.

    Returns
    -------
    Series
        On the index given: 1 or 0 for a point in time, for a range the share of the time that passed (at
        one rate, as aoristic weights have it), empty where there is no known time or the end is before the
        beginning. Where a limit falls into the hour that an autumn night has twice, a range takes its first
        occurrence.

    Raises
    ------
    ValueError
        The times have no time zone, or start and end are equal or no minutes of a day.
    """
    if start == end or not (0 <= start < DAY_MINUTES and 0 <= end < DAY_MINUTES):
        raise ValueError("a part of the day begins and ends at two minutes from 0 to 1439")
    if not all(isinstance(column.dtype, pd.DatetimeTZDtype) for column in (occurred_at, occurred_until)):
        raise ValueError("times of the day need a time zone, for example Europe/London")
    known = time_known.fillna(value=False).astype(bool) & occurred_at.notna()
    known &= ~(occurred_until < occurred_at)
    ranges = known & (occurred_until > occurred_at)
    minute = occurred_at.dt.hour * 60 + occurred_at.dt.minute
    inside = (minute >= start) & (minute < end) if start < end else (minute >= start) | (minute < end)
    share: pd.Series = inside.astype(np.float64).where(known)
    if ranges.any():
        share[ranges] = _range_shares(occurred_at[ranges], occurred_until[ranges], start, end)
    return share


def _range_shares(begin: pd.Series, until: pd.Series, start: int, end: int) -> npt.NDArray[np.float64]:
    """Divide the time in the part by the time that passed, both whole microseconds, so that half is half."""
    first, last = begin.min().tz_localize(None).normalize(), until.dt.tz_convert(begin.dt.tz).max().tz_localize(None)
    days = pd.date_range(first - pd.Timedelta(days=1), last.normalize() + pd.Timedelta(days=2), freq="D")
    limits = sorted((start, end))
    local = (days.to_numpy()[:, None] + np.array(limits, dtype="timedelta64[m]")).ravel()
    # Limits keep their order as local times: where the clock skips both, they fall on one moment.
    zoned = pd.DatetimeIndex(local).tz_localize(
        begin.dt.tz, ambiguous=np.ones(len(local), dtype=bool), nonexistent="shift_forward"
    )
    at = _microseconds(zoned)
    inside = np.tile(np.array([limit == start for limit in limits], dtype=np.int64), len(days))
    so_far = np.concatenate([[0], np.cumsum(np.diff(at) * inside[:-1])])

    def until_then(moments: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        position = np.searchsorted(at, moments, side="right") - 1
        return np.asarray(so_far[position] + (moments - at[position]) * inside[position])

    since, to = _microseconds(pd.DatetimeIndex(begin)), _microseconds(pd.DatetimeIndex(until))
    return np.asarray((until_then(to) - until_then(since)) / (to - since), dtype=np.float64)


def _microseconds(moments: pd.DatetimeIndex) -> npt.NDArray[np.int64]:
    """Return microseconds since 1970 in UTC."""
    return np.asarray(moments.tz_convert("UTC").tz_localize(None).to_numpy(dtype="datetime64[us]").astype(np.int64))


def season_table(counts: pd.Series) -> pd.DataFrame:
    """Compare the calendar months of the whole area, over all history that the files hold.

    The test of all together is that of ``season``; each calendar month is then tested against the rate of
    the others along the trend: the larger p of a likelihood ratio of two Poisson counts and of an F test
    against the spread that the calendar months leave (quasi-Poisson; McCullagh and Nelder 1989), corrected
    for their number (Benjamini and Hochberg 1995). No month is high or low where the months together are no more
    than chance. Hotspots have no season of their own: their counts by calendar month are too small.

    Parameters
    ----------
    counts
        Incidents by month (a unique period index, monthly); months that no file holds whole are left out.

    Returns
    -------
    DataFrame
        SEASON, with the calendar months held: ``per_month`` incidents in a month of mean length (30.4
        days), and ``expected_per_month`` from the other months, which with the p-values is empty, and
        ``level`` is ``untested``, where ``season`` has too little to tell.

    Raises
    ------
    ValueError
        The index is not of months, or repeats one, or a count is negative or missing.
    """
    found = season(counts)
    months = pd.PeriodIndex(counts.index)
    rows = pd.DataFrame({"times": 1, "days": months.days_in_month, "n": counts.to_numpy()}, index=months)
    table = rows.astype(np.int64).groupby(months.month).sum().rename_axis("month_no")
    table.index = table.index.astype(np.int64)
    length = table["days"] / MEAN_MONTH_DAYS
    table["per_month"] = table["n"] / length
    table[["expected_per_month", "season_p", "p", "p_adjusted"]] = np.nan
    table["level"] = "untested"
    if found is not None:
        expected, p = _one_by_one(counts)
        adjusted, _ = false_discovery(p)
        beyond = (adjusted <= ALPHA) & (found.p <= ALPHA)
        level = np.where(beyond, np.where(table["n"] > expected, "high", "low"), "usual")
        table = table.assign(
            expected_per_month=expected / length, season_p=found.p, p=p, p_adjusted=adjusted, level=level
        )
    return check(SEASON, table.astype({"level": "str"}))


def _one_by_one(counts: pd.Series) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return what each calendar month would hold at the rate of the others, and the p of its difference.

    The trend is a line that may bend after each twelve months back from the last. A level and a slope for
    each twelve, as the test of all together has them, would take a rise from spring to autumn for a trend.
    """
    months = pd.PeriodIndex(counts.index)
    n, days = counts.to_numpy(dtype=np.float64), months.days_in_month.to_numpy(dtype=np.float64)
    ago = (months.asi8.max() - months.asi8)[:, None]
    bends = np.maximum(ago - 12 * np.unique(ago // 12)[1:], 0)
    trend = np.hstack([np.ones_like(ago), ago, bends]) / 12.0
    calendar = (months.month.to_numpy()[:, None] == np.unique(months.month)).astype(np.float64)
    # Fitted with the calendar months beside it, so that a season does not bend the trend.
    fit = _fit(n, days, np.hstack([trend, calendar[:, 1:]]))
    size = days * np.exp(np.clip(trend @ fit.slopes[: trend.shape[1]], *_LOG_RATES))
    own, own_size = n @ calendar, size @ calendar
    others, other_size = n.sum() - own, size.sum() - own_size
    left, p = len(n) - fit.rank, np.ones(len(own))
    # A trend may have a bend too many, but none that a calendar month could take the place of.
    if left > 0 and fit.rank == np.linalg.matrix_rank(trend) + calendar.shape[1] - 1:
        rate = n.sum() / size.sum()
        ratio = 2.0 * (special.rel_entr(own, own_size * rate) + special.rel_entr(others, other_size * rate))
        spread = max(fit.deviance / left, _SMALLEST_P)
        p = np.maximum(stats.chi2.sf(ratio, 1), stats.f.sf(ratio / spread, 1, left))
    return own_size * others / other_size, np.clip(p, _SMALLEST_P, 1.0)


class _Fit(NamedTuple):
    """A log-linear Poisson model of a rate per day."""

    slopes: npt.NDArray[np.float64]
    deviance: float
    rank: int


def _fit(n: npt.NDArray[np.float64], days: npt.NDArray[np.float64], columns: npt.NDArray[np.float64]) -> _Fit:
    """Fit it by iterated least squares."""
    log_rate = np.log((n + 0.5) / days)
    for _ in range(_ROUNDS):
        mean = days * np.exp(log_rate)
        root = np.sqrt(mean)
        wanted = log_rate + (n - mean) / mean
        slopes, _, rank, _ = np.linalg.lstsq(columns * root[:, None], wanted * root)
        # A calendar month without any incident would run away to a rate of 0.
        log_rate = np.clip(columns @ slopes, *_LOG_RATES)
    mean = days * np.exp(log_rate)
    deviance = 2.0 * float((special.rel_entr(n, mean) + mean - n).sum())
    return _Fit(np.asarray(slopes, dtype=np.float64), deviance, int(rank))
