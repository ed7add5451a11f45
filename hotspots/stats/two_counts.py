"""Compare two counts: exact tests of two places or times, displacement, and did it work."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy import special, stats

from hotspots.stats.usual import ALPHA

if TYPE_CHECKING:
    import numpy.typing as npt

Alternative = Literal["two-sided", "less", "greater"]

_SMALLEST_P = float(np.finfo(np.float64).tiny)
_REACHES = ((9.0, 12.0), (38.0, 150.0))
"""Standard deviations and counts from the mean beyond which a Poisson count is as good as impossible: less than
1e-16, and less than a float can hold."""
_SURE = 1e-9
"""A p above this is not touched by what lies beyond the first reach."""
_EQUAL = 1e-9
"""Counts nearer than this share of themselves are equal but for rounding."""


def conditional_p(
    first: npt.ArrayLike,
    second: npt.ArrayLike,
    first_exposure: npt.ArrayLike = 1.0,
    second_exposure: npt.ArrayLike = 1.0,
    alternative: Alternative = "two-sided",
) -> npt.NDArray[np.float64]:
    """Test whether two Poisson counts have the same rate, exactly (Przyborowski and Wilenski 1940).

    Given their total, the first count is binomial with the first one's share of the exposure. The
    two-sided p is twice the smaller tail, at most 1.

    Parameters
    ----------
    first, second
        Counts, shape (k,) or one for all.
    first_exposure, second_exposure
        What each was counted over (months, km², residents), in one unit, above 0; shape (k,) or one for all.
    alternative
        What would be found: that the first rate is ``less`` or ``greater`` than the second, or either.

    Returns
    -------
    ndarray
        p-values in (0, 1], shape (k,).

    Raises
    ------
    ValueError
        A count is negative or not whole, an exposure is not above 0, or the alternative is none of these.
    """
    here, there, over, other = _pairs(first, second, first_exposure, second_exposure)
    total, share = here + there, over / (over + other)
    lower = stats.binom.cdf(here, total, share)
    upper = stats.binom.sf(here - 1, total, share)
    sides = {"two-sided": 2.0 * np.minimum(lower, upper), "less": lower, "greater": upper}
    if alternative not in sides:
        raise ValueError(f"no test is called {alternative!r}; try one of {', '.join(sides)}")
    return np.asarray(np.clip(sides[alternative], _SMALLEST_P, 1.0), dtype=np.float64)


def _pairs(*given: npt.ArrayLike) -> tuple[npt.NDArray[np.float64], ...]:
    """Return two counts and two exposures as rows of one shape (k,)."""
    first, second, over, other = (
        np.atleast_1d(part) for part in np.broadcast_arrays(*(np.asarray(one, dtype=np.float64) for one in given))
    )
    counts = np.concatenate([first, second])
    if not (np.isfinite(counts).all() and (counts >= 0).all() and (counts == np.floor(counts)).all()):
        raise ValueError("a count is a whole number, not below 0")
    exposures = np.concatenate([over, other])
    if not (np.isfinite(exposures).all() and (exposures > 0).all()):
        raise ValueError("an exposure lies above 0")
    return first, second, over, other


def e_test_p(
    first: npt.ArrayLike,
    second: npt.ArrayLike,
    first_exposure: npt.ArrayLike = 1.0,
    second_exposure: npt.ArrayLike = 1.0,
) -> npt.NDArray[np.float64]:
    """Test whether two Poisson counts have the same rate by the two-sided E-test (Krishnamoorthy and Thomson 2004).

    More powerful than ``conditional_p``, at the price that its level is only nearly kept. The chance is
    summed over all counts, not cut off, so that equal rates give exactly 1.

    Parameters
    ----------
    first, second
        Counts, shape (k,) or one for all.
    first_exposure, second_exposure
        What each was counted over, in one unit, above 0; shape (k,) or one for all.

    Returns
    -------
    ndarray
        p-values in (0, 1], shape (k,). Each distinct pair is worked out once.

    Raises
    ------
    ValueError
        A count is negative or not whole, or an exposure is not above 0.
    """
    table = np.column_stack(_pairs(first, second, first_exposure, second_exposure))
    distinct, back = np.unique(table, axis=0, return_inverse=True)
    p = np.array([_e_test(*row) for row in distinct.tolist()], dtype=np.float64)
    return np.asarray(np.clip(p, _SMALLEST_P, 1.0)[back.reshape(-1)], dtype=np.float64)


def _e_test(first: float, second: float, over: float, other: float) -> float:
    """Return the chance, at the pooled rate, of a difference as many standard errors from 0.

    For a count x of the first, the counts of the second that differ as much are those up to one bound and
    from another on: the roots, in b = second / other, of (a - b)² = t² (a / over + b / other) with
    a = x / over and t² the squared statistic. So a sum over x suffices. No incident at all is no
    difference.
    """
    if math.isclose(first / over, second / other, rel_tol=_EQUAL):
        return 1.0
    t2 = (first / over - second / other) ** 2 / (first / over**2 + second / other**2)
    rate = (first + second) / (over + other)
    mean, other_mean = over * rate, other * rate
    p = 0.0
    for sd, counts in _REACHES:
        reach = counts + sd * math.sqrt(mean)
        x = np.arange(max(0.0, math.floor(mean - reach)), math.ceil(mean + reach))
        a = x / over
        middle = a + t2 / (2.0 * other)
        half = np.sqrt(t2 * a * (1.0 / over + 1.0 / other) + (t2 / (2.0 * other)) ** 2)
        low, high = other * (middle - half), other * (middle + half)
        up_to = np.floor(low + _EQUAL * (1.0 + np.abs(low)))
        onward = np.maximum(np.ceil(high - _EQUAL * (1.0 + high)), 1.0)
        below = np.where((up_to >= 0) & (x > 0), special.pdtr(np.maximum(up_to, 0.0), other_mean), 0.0)
        chance = np.exp(special.xlogy(x, mean) - mean - special.gammaln(x + 1.0))
        p = float(chance @ (below + special.pdtrc(onward - 1.0, other_mean)))
        if p > _SURE:
            break
    return p


@dataclass(frozen=True)
class Displacement:
    """Whether crime moved from places to their rings, each field of shape (k,)."""

    p: npt.NDArray[np.float64]
    """p-values in (0, 1]."""
    hint: npt.NDArray[np.bool_]
    """True where the places fell and their rings rose, both beyond chance."""


def displacement(
    inside: tuple[npt.ArrayLike, npt.ArrayLike],
    ring: tuple[npt.ArrayLike, npt.ArrayLike],
    exposure: tuple[float, float] = (1.0, 1.0),
    alpha: float = ALPHA,
) -> Displacement:
    """Look for a fall inside places together with a rise in the ring around each.

    Both are tested one-sided by ``conditional_p``. Only both together hint at displacement, so p is the
    larger of the two (intersection-union test, Berger 1982): at most ``alpha`` are found by chance,
    without any further correction for the two tests. A hint is no proof: no control is looked at, for
    which see ``weighted_displacement_difference``.

    Parameters
    ----------
    inside
        Counts inside the places, before and after, each of shape (k,).
    ring
        Counts in the ring around each, before and after, each of shape (k,).
    exposure
        Length of the time before and after, in one unit.
    alpha
        Level of the test of one place; adjust ``p`` by ``false_discovery`` for a list of places.

    Returns
    -------
    Displacement
        p and hint by place.

    Raises
    ------
    ValueError
        A count is negative or not whole, or a length is not above 0.
    """
    before, after = exposure
    fall = conditional_p(inside[1], inside[0], after, before, "less")
    rise = conditional_p(ring[1], ring[0], after, before, "greater")
    p = np.maximum(fall, rise)
    return Displacement(p, p <= alpha)


@dataclass(frozen=True)
class WeightedDisplacementDifference:
    """What changed at a treated place and its ring beyond what changed at the control."""

    estimate: float
    """Incidents; below 0 is fewer than without the measure."""
    standard_error: float
    z: float
    p: float
    """Two-sided, in (0, 1]."""
    low: float
    """Lower bound of the interval."""
    high: float
    """Upper bound of the interval."""


def weighted_displacement_difference(
    treated: tuple[int, int],
    control: tuple[int, int],
    treated_ring: tuple[int, int] = (0, 0),
    control_ring: tuple[int, int] = (0, 0),
    exposure: tuple[float, float] = (1.0, 1.0),
    areas: tuple[float, float, float, float] = (1.0, 1.0, 1.0, 1.0),
    spread: float = 1.0,
    alpha: float = ALPHA,
) -> WeightedDisplacementDifference:
    """Estimate what a measure prevented, less what it moved next door (Wheeler and Ratcliffe 2018).

    (treated after - before) - (control after - before), plus the same of the two rings, each count divided
    by its time and its area (Wheeler's ``ptools``). The counts are taken as Poisson, so that without other
    lengths and areas the standard error is the root of the sum of all eight. The normal approximation wants
    counts of about 5 and more.

    Parameters
    ----------
    treated, control
        Counts before and after.
    treated_ring, control_ring
        Counts before and after of the ring into which crime may move; 0 where none is looked at.
    exposure
        Length of the time before and after; the estimate is incidents per unit of it.
    areas
        Size of the treated place, the control, the ring of the one and of the other, each in the unit that
        the estimate is for. The counts of k control places, added up, have an area of k: their mean stands
        against the treated place, and the more they are, the narrower is the interval.
    spread
        How many times the variance of Poisson counts the counts have.
    alpha
        1 minus the coverage of the interval.

    Returns
    -------
    WeightedDisplacementDifference
        Estimate, standard error, z, p and interval; without any incident an estimate of 0 with p of 1.

    Raises
    ------
    ValueError
        A count is negative or not whole, a length, an area or the spread is not above 0, or the level is
        not between 0 and 1.
    """
    if not 0 < alpha < 1:
        raise ValueError("the level of a test lies between 0 and 1")
    size = np.array([*areas, spread], dtype=np.float64)
    if not (np.isfinite(size).all() and (size > 0).all()):
        raise ValueError("an area and the spread lie above 0")
    counts = [treated, control, treated_ring, control_ring]
    before, after, lasted, lasted_after = _pairs([pair[0] for pair in counts], [pair[1] for pair in counts], *exposure)
    lasted, lasted_after = lasted * size[:4], lasted_after * size[:4]
    sign = np.array([1.0, -1.0, 1.0, -1.0])
    estimate = float(sign @ (after / lasted_after - before / lasted))
    error = math.sqrt(spread * float((after / lasted_after**2 + before / lasted**2).sum()))
    z = estimate / error if error else 0.0
    half = float(stats.norm.ppf(1 - alpha / 2)) * error
    p = max(2.0 * float(stats.norm.sf(abs(z))), _SMALLEST_P)
    return WeightedDisplacementDifference(estimate, error, z, p, estimate - half, estimate + half)
