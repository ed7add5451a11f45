"""When in the week and in the year: day by hour, peak windows beyond chance, and season.

Only rows whose time is known enter the hours; where files carry months alone, only the season can be told.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import special, stats

from hotspots.stats.usual import ALPHA

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
HOURS_OF_WEEK = 168

LEAST_TIMED = 20
"""A peak is looked for among so many timed incidents or more."""
LEAST_SHARE = 1 / 3
"""A peak holds at least this share of the incidents."""
MOST_OF_WEEK = 1 / 4
"""A peak is at most this share of the week."""
SIMULATIONS = 999

SEASON_MONTHS = 24
"""A season needs so many months or more."""
LEAST_EXPECTED = 5
"""The chi-square test needs so many expected incidents in each calendar month (Cochran 1954)."""

_STEP_US = 15 * 60 * 1_000_000
"""A quarter of an hour in microseconds: every clock in use differs from UTC by whole quarters."""
_SMALLEST_P = float(np.finfo(np.float64).tiny)
_EQUAL = 1e-9
_ROUNDS = 15
"""Of the iterated fit, which needs five or six."""
_LOG_RATES = (-20.0, 20.0)


@dataclass(frozen=True)
class Week:
    """Incidents by day and hour of the local clock."""

    matrix: pd.DataFrame
    """Weights: index ``day``, Mon to Sun; columns ``hour``, 0 to 23, each from the full hour to the next."""
    n_timed: int
    """Incidents in the matrix, which is the sum of its weights."""
    n_ranges: int
    """Those of them that are spread over a range."""
    n_reversed: int
    """Left out: known to end before they begin."""
    n_unknown: int
    """Left out: no known time."""


def hours_of_week(occurred_at: pd.Series, occurred_until: pd.Series, time_known: pd.Series) -> Week:
    """Count incidents by day and hour, those known as a range by aoristic weights (Ratcliffe 2000).

    An incident without an end, or whose end is its beginning, counts 1 in its hour. One that lies
    somewhere between two times spreads 1 over the hours between in proportion to the time it has in
    each, to the microsecond; a range of more than a week goes round it. Where the end comes before the
    beginning one of the two is wrong and none knows which: the row has no time, and is counted.

    Hours are those of the local clock. An incident in the hour that an autumn night has twice counts
    once, as any other; a range is divided by the time that passed, so that hour takes twice the weight.

    Parameters
    ----------
    occurred_at, occurred_until
        Begin and end, with a time zone, which is the local one; empty where not known.
    time_known
        False where the time is made up or only the month or the day is known. All three have one index.

    Returns
    -------
    Week
        Matrix and counts: rows = ``n_timed`` + ``n_reversed`` + ``n_unknown``. The order of rows changes
        no bit of it.

    Raises
    ------
    ValueError
        The three differ in index, or the times have no time zone.
    """
    if not (occurred_at.index.equals(occurred_until.index) and occurred_at.index.equals(time_known.index)):
        raise ValueError("begin, end and whether the time is known must have one index")
    zone = occurred_at.dtype
    zoned = isinstance(occurred_until.dtype, pd.DatetimeTZDtype)
    if not isinstance(zone, pd.DatetimeTZDtype) or not zoned:
        raise ValueError("times of the day need a time zone, for example Europe/London")
    known = (time_known.fillna(value=False).astype(bool) & occurred_at.notna()).to_numpy()
    ends = occurred_until.notna().to_numpy()
    begin, end = _microseconds(occurred_at), _microseconds(occurred_until)
    backwards = known & ends & (end < begin)
    ranges = known & ends & (end > begin)
    points = known & ~backwards & ~ranges
    weights = _hour_numbers(begin[points], zone, np.ones(int(points.sum())))
    steps, shares = _spread(begin[ranges], end[ranges])
    weights += _hour_numbers(steps, zone, shares)
    matrix = pd.DataFrame(
        weights.reshape(len(DAYS), -1),
        index=pd.Index(DAYS, name="day"),
        columns=pd.RangeIndex(HOURS_OF_WEEK // len(DAYS), name="hour"),
    )
    return Week(
        matrix=matrix,
        n_timed=int(points.sum() + ranges.sum()),
        n_ranges=int(ranges.sum()),
        n_reversed=int(backwards.sum()),
        n_unknown=int((~known).sum()),
    )


def _microseconds(moments: pd.Series) -> npt.NDArray[np.int64]:
    """Return microseconds since 1970 in UTC; what stands for an empty one is not to be read."""
    utc = moments.dt.tz_convert("UTC").dt.tz_localize(None)
    return np.asarray(utc.to_numpy(dtype="datetime64[us]").astype(np.int64))


def _hour_numbers(
    moments: npt.NDArray[np.int64],
    zone: pd.DatetimeTZDtype,
    weights: npt.NDArray[np.float64],
) -> npt.NDArray[np.float64]:
    """Add up weights by the hour of the week, shape (168,), at moments in microseconds since 1970 in UTC."""
    local = pd.DatetimeIndex(moments.astype("datetime64[us]")).tz_localize("UTC").tz_convert(zone.tz)
    hour = local.day_of_week.to_numpy() * 24 + local.hour.to_numpy()
    return np.asarray(np.bincount(hour, weights, HOURS_OF_WEEK), dtype=np.float64)


def _spread(
    begin: npt.NDArray[np.int64],
    end: npt.NDArray[np.int64],
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Spread 1 evenly over each range, and return the quarter hours reached and their sums.

    Only the first and the last quarter of a range are taken in part. What each full one adds is written
    where the range enters and, negative, where it leaves, and summed along time: as quick for a year as
    for an hour.
    """
    if not len(begin):
        return begin, np.zeros(0)
    # In one order whatever the rows', because a sum of floats depends on it.
    order = np.lexsort((end, begin))
    begin, end = begin[order], end[order]
    share = 1.0 / (end - begin)
    first, last = begin // _STEP_US, (end - 1) // _STEP_US
    origin = int(first.min())
    size = int(last.max()) - origin + 2
    into, out_of = first - origin, last - origin
    within = first == last
    head = np.where(within, 1.0, ((first + 1) * _STEP_US - begin) * share)
    tail = np.where(within, 0.0, (end - last * _STEP_US) * share)
    whole = np.where(within, 0.0, _STEP_US * share)
    entering, leaving = np.where(within, into, into + 1), np.where(within, into, out_of)
    # Where no range is under way the running sum is 0, and not what rounding left of it.
    under_way = np.cumsum(np.bincount(entering, minlength=size) - np.bincount(leaving, minlength=size)) > 0
    running = np.cumsum(np.bincount(entering, whole, size) - np.bincount(leaving, whole, size))
    total = np.bincount(into, head, size) + np.bincount(out_of, tail, size) + np.where(under_way, running, 0.0)
    reached = np.flatnonzero(total)
    return (reached + origin) * _STEP_US, np.asarray(total[reached], dtype=np.float64)


@dataclass(frozen=True)
class Window:
    """The same hours on days in a row."""

    day: int
    """First day, Monday is 0."""
    days: int
    """1 to 7."""
    hour: int
    """First hour, 0 to 23."""
    hours: int
    """1 to 24 on each day; hours after midnight belong to the day on which they began."""
    n: float
    """Weight of the incidents inside."""
    share_of_n: float
    """Of all timed incidents."""
    share_of_week: float
    p: float
    """Chance of as marked a window in a week without any peak."""


def peak_windows(
    matrix: pd.DataFrame,
    most: int = 1,
    alpha: float = ALPHA,
    simulations: int = SIMULATIONS,
    seed: int = 0,
) -> tuple[Window, ...]:
    """Find the hours of the week in which incidents pile up beyond chance.

    Looked at are all windows of the same hours (of midnight, too) on days in a row that make up at most a
    quarter of the week and hold at least a third of the incidents. The peak has the largest likelihood
    ratio of a rate inside and one outside (Kulldorff 1997), so that "the whole evening" beats its single
    busiest hour. It is given only when beyond chance: weeks of as many incidents at one rate are drawn
    and searched alike, p = (1 + as marked) / (1 + drawn). What is spread over a range is drawn as a
    single hour, which errs on the side of no peak. Further windows are sought alike in the hours and
    incidents that earlier ones leave, until one is not beyond chance (Zhang, Assunção and Kulldorff 2010).

    Parameters
    ----------
    matrix
        Weights by day and hour from ``hours_of_week``, shape (7, 24), Monday first.
    most
        How many windows are sought.
    alpha
        Level of the test of each.
    simulations
        How many random weeks are drawn.
    seed
        Of the random weeks: the same seed gives the same p.

    Returns
    -------
    tuple of Window
        Most marked first, none overlapping; empty with fewer than ``LEAST_TIMED`` incidents or no peak.

    Raises
    ------
    ValueError
        The matrix is not 7 days by 24 hours, or a weight is negative or missing.
    """
    if matrix.shape != (len(DAYS), HOURS_OF_WEEK // len(DAYS)):
        raise ValueError("a week has 7 days of 24 hours")
    week = matrix.to_numpy(dtype=np.float64).reshape(1, -1)
    if not (week >= 0).all():
        raise ValueError("the weight of an hour is not below 0, nor missing")
    everything, free = float(week.sum()), np.ones(HOURS_OF_WEEK, dtype=bool)
    random, found = np.random.default_rng(seed), list[Window]()
    while len(found) < most and round((left := week * free).sum()) >= LEAST_TIMED:
        score, shape = _best(left, free)
        drawn = random.multinomial(round(left.sum()), free / free.sum(), size=simulations)
        chance = _best(drawn.astype(np.float64), free)[0]
        p = float((1 + (chance >= score[0] - _EQUAL).sum()) / (1 + simulations))
        if score[0] <= 0 or p > alpha:
            break
        start, days, hours = (int(one[0]) for one in shape)
        inside = _window_hours(start, days, hours)
        n, of_week = float(week[0, inside].sum()), len(inside) / HOURS_OF_WEEK
        found.append(Window(start // 24, days, start % 24, hours, n, n / everything, of_week, p))
        free[inside] = False
    return tuple(found)


def _window_hours(start: int, days: int, hours: int) -> npt.NDArray[np.int64]:
    return np.asarray((start + np.add.outer(24 * np.arange(days), np.arange(hours))).ravel() % HOURS_OF_WEEK)


def _sums(weeks: npt.NDArray[np.float64], largest: int) -> Iterator[tuple[int, int, npt.NDArray[np.float64]]]:
    """Yield days, hours and the weight of the window that starts at each hour, shape (w, 168)."""
    upto = np.cumsum(np.concatenate([np.zeros((len(weeks), 1)), weeks, weeks], axis=1), axis=1)
    for hours in range(1, 25):
        block = upto[:, hours : hours + HOURS_OF_WEEK] - upto[:, :HOURS_OF_WEEK]
        total = np.zeros_like(block)
        for days in range(1, min(len(DAYS), largest // hours) + 1):
            total = total + np.roll(block, -24 * (days - 1), axis=1)
            yield days, hours, total


def _best(
    weeks: npt.NDArray[np.float64],
    free: npt.NDArray[np.bool_],
) -> tuple[npt.NDArray[np.float64], tuple[npt.NDArray[np.int64], ...]]:
    """Return the largest log likelihood ratio of each week, and the start, days and hours of its window.

    Of equals the one of fewer hours, then fewer days, then the first of the week. Among windows of one
    size the ratio rises with the incidents inside, since a third of them in a quarter of the hours is
    more than expected: only the fullest is weighed. The ratio is 0 where no window holds enough.
    """
    n, hours_free = weeks.sum(axis=1), int(free.sum())
    largest = int(hours_free * MOST_OF_WEEK)
    best = np.zeros(len(weeks))
    shape = tuple(np.zeros(len(weeks), dtype=np.int64) for _ in range(3))
    taken = _sums((~free).astype(np.float64).reshape(1, -1), largest)
    for (days, hours, inside), (_, _, closed) in zip(_sums(weeks, largest), taken, strict=True):
        inside[:, closed[0] > 0] = 0.0
        start = inside.argmax(axis=1)
        count = inside[np.arange(len(weeks)), start]
        expected = n * days * hours / hours_free
        outside = np.maximum(n - count, 0.0)
        ratio = special.rel_entr(count, expected) + special.rel_entr(outside, n - expected)
        better = (count >= n * LEAST_SHARE - _EQUAL) & (ratio > best + _EQUAL)
        best = np.where(better, ratio, best)
        for kept, new in zip(shape, (start, days, hours), strict=True):
            kept[better] = np.broadcast_to(new, better.shape)[better]
    return best, shape


def window_words(window: Window) -> str:
    """Return for example ``Fri–Sat 20:00–01:00, 46 % of incidents in 6 % of the week``."""
    last = (window.day + window.days - 1) % len(DAYS)
    days = DAYS[window.day] if window.days == 1 else f"{DAYS[window.day]}–{DAYS[last]}"
    if window.days == len(DAYS):
        days = "every day"
    end = (window.hour + window.hours - 1) % 24 + 1
    hours = f"{window.hour:02d}:00–{end:02d}:00"
    if window.hours == 24:  # noqa: PLR2004 - a day
        hours = "all day" if window.hour == 0 else f"{hours} the next day"
    inside, length = round(100 * window.share_of_n), round(100 * window.share_of_week)
    return f"{days} {hours}, {inside} % of incidents in {length} % of the week"


@dataclass(frozen=True)
class Season:
    """Incidents by calendar month."""

    table: pd.DataFrame
    """Index ``calendar_month``, 1 to 12, those that the data hold; columns ``times`` (in the data), ``days``,
    ``n``, ``expected`` (at one rate per day), ``rate_per_day`` and ``ratio`` (``n`` to ``expected``)."""
    chi_square: float
    """Likelihood ratio of a rate for each calendar month against one, whatever the years' levels and slope."""
    freedom: int
    """Degrees of freedom of the chi-square: calendar months less 1, and less 1 for the slope."""
    p: float
    """In (0, 1]."""


def season(counts: pd.Series) -> Season | None:
    """Compare the calendar months, corrected for how often each is in the data and for its days.

    The test is a chi-square of the calendar months against one rate per day, where each twelve months back
    from the last may have a level of their own and all one slope, so that neither a jump nor a steady rise
    is a season. Months also swing for no reason that returns: p is the larger of the chi-square's and that
    of an F test against the spread which the calendar months leave (quasi-Poisson; McCullagh and Nelder
    1989).

    Parameters
    ----------
    counts
        Incidents by month (a unique period index, monthly); months that no file holds are left out.

    Returns
    -------
    Season or None
        None with fewer than ``SEASON_MONTHS`` months, or where a calendar month expects fewer than
        ``LEAST_EXPECTED`` incidents: too little to tell.

    Raises
    ------
    ValueError
        The index is not of months, or repeats one, or a count is negative or missing.
    """
    months = counts.index
    if not (isinstance(months, pd.PeriodIndex) and months.freqstr == "M" and months.is_unique):
        raise ValueError("a season is told from one count for each month")
    if not (counts >= 0).all():
        raise ValueError("the count of a month is not below 0, nor missing; leave out the months without data")
    if len(counts) < SEASON_MONTHS:
        return None
    rows = pd.DataFrame({"times": 1, "days": months.days_in_month, "n": counts.to_numpy(dtype=np.int64)}, index=months)
    table = rows.groupby(months.month).sum().rename_axis("calendar_month")
    expected = table["days"] * (table["n"].sum() / table["days"].sum())
    if (expected < LEAST_EXPECTED).any():
        return None
    ago = months.asi8.max() - months.asi8
    level = np.column_stack([ago[:, None] // 12 == np.unique(ago // 12), ago / 12.0]).astype(np.float64)
    calendar = (months.month.to_numpy()[:, None] == table.index.to_numpy()[1:]).astype(np.float64)
    n, days = (rows[name].to_numpy(dtype=np.float64) for name in ("n", "days"))
    flat, rank = _misfit(n, days, level)
    own, own_rank = _misfit(n, days, np.hstack([level, calendar]))
    freedom, left = own_rank - rank, len(rows) - own_rank
    if freedom < 1 or left < 1:
        return None
    chi_square, spread = max(flat - own, 0.0), max(own / left, _SMALLEST_P)
    p = max(stats.chi2.sf(chi_square, freedom), stats.f.sf(chi_square / freedom / spread, freedom, left), _SMALLEST_P)
    table = table.assign(expected=expected, rate_per_day=table["n"] / table["days"], ratio=table["n"] / expected)
    return Season(table, chi_square, freedom, float(p))


def _misfit(
    n: npt.NDArray[np.float64],
    days: npt.NDArray[np.float64],
    columns: npt.NDArray[np.float64],
) -> tuple[float, int]:
    """Return the deviance of a log-linear Poisson model of the rate per day, and the rank of its columns."""
    log_rate = np.log((n + 0.5) / days)
    for _ in range(_ROUNDS):
        mean = days * np.exp(log_rate)
        root = np.sqrt(mean)
        wanted = log_rate + (n - mean) / mean
        slopes, _, rank, _ = np.linalg.lstsq(columns * root[:, None], wanted * root)
        # A calendar month without any incident would run away to a rate of 0.
        log_rate = np.clip(columns @ slopes, *_LOG_RATES)
    mean = days * np.exp(log_rate)
    return 2.0 * float((special.rel_entr(n, mean) + mean - n).sum()), int(rank)
