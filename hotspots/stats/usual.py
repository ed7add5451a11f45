"""What is usual for a place, and whether a month is beyond chance."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

if TYPE_CHECKING:
    import numpy.typing as npt

ALPHA = 0.05
"""False discovery rate of a list of places; 1 - ALPHA is the coverage of the usual range."""

_SMALLEST_P = float(np.finfo(np.float64).tiny)
"""A p-value is never 0; a chance below this cannot be written as a float."""


def change_p(month: npt.ArrayLike, others: npt.ArrayLike, n_others: int) -> npt.NDArray[np.float64]:
    """Test one month's count against the sum of other months, two-sided and exact.

    Conditional on their total, the month's count of two Poisson counts with the same monthly rate is
    binomial with probability ``1 / (n_others + 1)`` (Przyborowski and Wilenski 1940). The two-sided p is
    twice the smaller tail, at most 1.

    Parameters
    ----------
    month
        Counts of the month, shape (k,).
    others
        Sums over the other months, shape (k,).
    n_others
        How many other months there are, at least 1.

    Returns
    -------
    ndarray
        p-values in (0, 1], shape (k,).

    Raises
    ------
    ValueError
        There is no other month.
    """
    _check_months(n_others)
    here, rest = np.asarray(month, dtype=np.int64), np.asarray(others, dtype=np.int64)
    share = 1.0 / (n_others + 1)
    total = here + rest
    lower = stats.binom.cdf(here, total, share)
    upper = stats.binom.sf(here - 1, total, share)
    p = np.clip(2.0 * np.minimum(lower, upper), _SMALLEST_P, 1.0)
    return np.asarray(p, dtype=np.float64)


def usual_range(others: npt.ArrayLike, n_others: int, alpha: float = ALPHA) -> npt.NDArray[np.int64]:
    """Return the counts of a month that ``change_p`` does not find beyond chance.

    Parameters
    ----------
    others
        Sums over the other months, shape (k,).
    n_others
        How many other months there are, at least 1.
    alpha
        Level of the test.

    Returns
    -------
    ndarray
        Lowest and highest usual count, shape (k, 2).

    Raises
    ------
    ValueError
        There is no other month, or the level is not between 0 and 1.
    """
    _check_months(n_others)
    if not 0 < alpha < 1:
        raise ValueError("the level of a test lies between 0 and 1")
    sums = np.atleast_1d(np.asarray(others, dtype=np.int64))
    result = np.zeros((len(sums), 2), dtype=np.int64)
    for position, total in enumerate(sums):
        # Quiet months need few counts; the range of busy ones or of a strict level may reach further.
        reach, inside = 16 + 2 * math.ceil(total / n_others), np.ones(1, dtype=bool)
        while inside[-1]:
            reach *= 2
            counts = np.arange(reach + 1)
            inside = change_p(counts, np.full_like(counts, total), n_others) > alpha
        usual = np.flatnonzero(inside)
        result[position] = usual[0], usual[-1]
    return result


def _check_months(n_others: int) -> None:
    if n_others < 1:
        raise ValueError("a month can only be compared with at least one other month")


def false_discovery(p: npt.ArrayLike, alpha: float = ALPHA) -> tuple[npt.NDArray[np.float64], float]:
    """Adjust p-values by Benjamini and Hochberg, and return the level of ranges that agree with them.

    Parameters
    ----------
    p
        p-values, shape (k,).
    alpha
        False discovery rate.

    Returns
    -------
    adjusted
        Adjusted p-values, shape (k,); a place is beyond chance where they are at most ``alpha``.
    level
        ``alpha`` times the share of places beyond chance (one place at least): a range at this level
        holds a count exactly when it is not beyond chance (Benjamini and Yekutieli 2005).
    """
    values = np.asarray(p, dtype=np.float64)
    if not len(values):
        return values, alpha
    adjusted = np.asarray(stats.false_discovery_control(values, method="bh"), dtype=np.float64)
    found = adjusted <= alpha
    level = alpha * max(int(found.sum()), 1) / len(values)
    # Equal but for rounding must be equal: a range at this level and the adjusted p may not disagree.
    level = max([level, *values[found]])
    return adjusted, float(min([level, *np.nextafter(values[~found], 0.0)]))


def usual_total(others: npt.ArrayLike, alpha: float = ALPHA) -> tuple[int, int] | None:
    """Return the usual range of a large area's monthly total.

    Totals of many places swing with the season, so they spread wider than a Poisson count. The range is
    a t prediction interval with the variance of the other months, never below their mean (quasi-Poisson).

    Parameters
    ----------
    others
        Totals of the other months, shape (m,).
    alpha
        1 minus the coverage.

    Returns
    -------
    tuple of int, or None
        Lowest and highest usual total; none with fewer than three other months.
    """
    totals = np.asarray(others, dtype=np.float64)
    months = len(totals)
    if months < 3:  # noqa: PLR2004 - a spread needs three values
        return None
    mean = totals.mean()
    spread = max(float(totals.var(ddof=1)), mean, 1.0)
    half = stats.t.ppf(1 - alpha / 2, months - 1) * np.sqrt(spread * (1 + 1 / months))
    return max(0, int(np.ceil(mean - half))), int(np.floor(mean + half))
