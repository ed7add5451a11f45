"""Does a place rise or fall over the months: Mann-Kendall, Theil-Sen, and the life of a hotspot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

from hotspots.stats.usual import ALPHA, false_discovery

if TYPE_CHECKING:
    import numpy.typing as npt

EXACT_MONTHS = 60
"""Up to so many months p is exact; beyond them the normal approximation serves."""

LIFE_MONTHS = 12
"""With fewer months only "new" and "seen before" can be told."""

LIVES = ("new", "intensifying", "persistent", "diminishing", "sporadic", "historical")

_SMALLEST_P = float(np.finfo(np.float64).tiny)
_ROWS_AT_ONCE = 1024


@dataclass(frozen=True)
class MannKendall:
    """The Mann-Kendall test of k series, each field of shape (k,)."""

    s: npt.NDArray[np.int64]
    """Pairs of months that rise minus pairs that fall."""
    variance: npt.NDArray[np.float64]
    """Variance of ``s`` without a trend, corrected for ties."""
    z: npt.NDArray[np.float64]
    """``s`` brought 1 nearer to 0, over its standard deviation; 0 where all values are equal."""
    p: npt.NDArray[np.float64]
    """Two-sided p-values in (0, 1]."""


def mann_kendall(values: npt.ArrayLike) -> MannKendall:
    """Test each series for a monotonic trend (Mann 1945; Kendall 1975), ties and continuity corrected.

    Up to ``EXACT_MONTHS`` months p is exact: the chance, over all orders of the series' own values, that
    |S| is at least as large. Counts tie heavily (0, 0, 1, 0, …), where the normal approximation finds
    too little; it is used for longer series only. ``z`` is always the approximation's.

    The months are taken as independent: a season in a window of one year, or months that lean on the
    month before, look like a trend.

    Parameters
    ----------
    values
        One row per place, one column per month, oldest first, shape (k, m).

    Returns
    -------
    MannKendall
        S, its variance, z and p, each of shape (k,).

    Raises
    ------
    ValueError
        The values are not a matrix, or one of them is missing or infinite.
    """
    table = _matrix(values)
    months = table.shape[1]
    s = np.zeros(len(table), dtype=np.int64)
    ties = np.ones(table.shape, dtype=np.int64)
    for month in range(months):
        s += np.sign(table[:, month + 1 :] - table[:, [month]]).sum(axis=1, dtype=np.int64)
        ties[:, month] = (table == table[:, [month]]).sum(axis=1)
    # A value in a group of t adds (t - 1)(2t + 5), so that the group adds the textbook's t(t - 1)(2t + 5).
    tied = ((ties - 1) * (2 * ties + 5)).sum(axis=1)
    variance = (months * (months - 1) * (2 * months + 5) - tied) / 18.0
    towards_0 = np.sign(s) * np.maximum(np.abs(s) - 1, 0)
    z = towards_0 / np.sqrt(np.where(variance > 0, variance, 1.0))
    p = _exact_p(s, ties) if months <= EXACT_MONTHS else 2.0 * stats.norm.sf(np.abs(z))
    return MannKendall(s, variance, z, np.clip(p, _SMALLEST_P, 1.0))


def _matrix(values: npt.ArrayLike) -> npt.NDArray[np.float64]:
    table = np.asarray(values, dtype=np.float64)
    if table.ndim != 2:  # noqa: PLR2004 - places and months
        raise ValueError("a trend is sought in a matrix of places and months")
    if not np.isfinite(table).all():
        raise ValueError("a series holds a missing or infinite value; leave out the months without data")
    return table


def _exact_p(s: npt.NDArray[np.int64], ties: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Return the share of all orders of each row's values whose S is as far from 0, above 1 where S is 0.

    It depends on the sizes of the groups of equal values alone, which many places share.
    """
    p = np.ones(len(s))
    if not ties.size:
        return p
    sizes, kind = np.unique(np.sort(ties, axis=1), axis=0, return_inverse=True)
    parts = _two_groups(ties.shape[1])
    for number, of_value in enumerate(sizes):
        group_sizes, values = np.unique(of_value, return_counts=True)
        chance = _no_trend(np.repeat(group_sizes, values // group_sizes).tolist(), parts)
        rows = kind.reshape(-1) == number
        # Falling pairs i of n give s = n - 2i; both tails are alike.
        falling = (len(chance) - 1 - np.abs(s[rows])) // 2
        p[rows] = 2.0 * np.cumsum(chance)[falling]
    return p


def _two_groups(months: int) -> dict[tuple[int, int], npt.NDArray[np.float64]]:
    """Return, for all sizes (a, b) with a + b <= months, the chance of each number of falling pairs.

    The pairs lie between a lower and b higher values in random order: the last value is a higher one with
    chance b / (a + b), or a lower one, which falls below all b (Mann and Whitney 1947).
    """
    table: dict[tuple[int, int], npt.NDArray[np.float64]] = {}
    for together in range(months + 1):
        for a in range(together + 1):
            b = together - a
            chance = np.zeros(a * b + 1)
            if a * b == 0:
                chance[0] = 1.0
            else:
                chance[: a * (b - 1) + 1] += table[a, b - 1] * (b / together)
                chance[b:] += table[a - 1, b] * (a / together)
            table[a, b] = chance
    return table


def _no_trend(
    sizes: list[int],
    parts: dict[tuple[int, int], npt.NDArray[np.float64]],
) -> npt.NDArray[np.float64]:
    """Return the chance of each number of falling pairs, for groups of equal values of these sizes."""
    chance, before = np.ones(1), 0
    for size in sizes:
        chance = np.convolve(chance, parts[before, size])
        before += size
    return chance


def theil_sen(values: npt.ArrayLike, at: npt.ArrayLike | None = None) -> npt.NDArray[np.float64]:
    """Return the median of the slopes between all pairs of months (Theil 1950; Sen 1968).

    Parameters
    ----------
    values
        One row per place, one column per month, oldest first, shape (k, m), m at least 2.
    at
        Number of each month, rising, shape (m,), where months are missing between; by default 0, 1, 2, ….

    Returns
    -------
    ndarray
        Change per month in the unit of the values, shape (k,).

    Raises
    ------
    ValueError
        There are fewer than two months, their numbers do not rise, or a value is missing or infinite.
    """
    table = _matrix(values)
    months = np.arange(table.shape[1]) if at is None else np.asarray(at)
    if months.shape != (table.shape[1],) or len(months) < 2 or (np.diff(months) <= 0).any():  # noqa: PLR2004 - a slope
        raise ValueError("a slope needs at least two months, and a number for each that rises")
    early, late = np.triu_indices(len(months), 1)
    slope = np.zeros(len(table))
    for first in range(0, len(table), _ROWS_AT_ONCE):
        some = table[first : first + _ROWS_AT_ONCE]
        slope[first : first + _ROWS_AT_ONCE] = np.median(
            (some[:, late] - some[:, early]) / (months[late] - months[early]), axis=1
        )
    return slope


def life_status(in_top: npt.ArrayLike, counts: npt.ArrayLike, alpha: float = ALPHA) -> npt.NDArray[np.str_]:
    """Say of each place how it has been among the top places, after Esri's emerging hot spots.

    With at least ``LIFE_MONTHS`` months, the first that holds:

    - ``none``: in the top in no month of the window;
    - ``historical``: in the top earlier, not in the latest month;
    - ``intensifying``, ``diminishing``, ``persistent``: in the top in the latest month and in at least
      90 % of all months; the counts rise, fall, or show no trend beyond chance (``mann_kendall``,
      Benjamini and Hochberg over these places);
    - ``new``: in the top in the latest month and the months right before it, never earlier;
    - ``sporadic``: in the top in the latest month, on and off before.

    With fewer months: ``none``; ``new``, in the latest month for the first time; else ``seen before``.
    Esri's "consecutive" counts as new; its "oscillating" needs cold spots; its "historical" asks for 90 %
    of the months, so that a lesser place that has gone would have no label.

    Parameters
    ----------
    in_top
        Was the place in the top that month, shape (k, m), oldest month first, m at least 1.
    counts
        Its incidents, shape (k, m).
    alpha
        False discovery rate of the trends.

    Returns
    -------
    ndarray
        Labels, shape (k,).

    Raises
    ------
    ValueError
        The two matrices differ in shape, there is no month, or a count is missing.
    """
    top, table = np.asarray(in_top, dtype=bool), _matrix(counts)
    if top.shape != table.shape or not top.shape[1]:
        raise ValueError("the life of a place needs a count and a place in the top or not for each month")
    months = top.shape[1]
    seen, latest = top.any(axis=1), top[:, -1]
    if months < LIFE_MONTHS:
        first_time = latest & ~top[:, :-1].any(axis=1)
        return np.select([~seen, first_time], ["none", "new"], "seen before")
    steady = latest & (10 * top.sum(axis=1) >= 9 * months)
    rising = np.zeros(len(top))
    trend = mann_kendall(table[steady])
    rising[steady] = np.sign(trend.s) * (false_discovery(trend.p, alpha)[0] <= alpha)
    entered = (top[:, 1:] & ~top[:, :-1]).sum(axis=1) + top[:, 0]
    return np.select(
        [~seen, ~latest, steady & (rising > 0), steady & (rising < 0), steady, entered == 1],
        ["none", "historical", "intensifying", "diminishing", "persistent", "new"],
        "sporadic",
    )
