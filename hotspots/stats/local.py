"""Local statistics: where high values lie together, tested and corrected for how many places were looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy import sparse, stats

from hotspots.stats.usual import ALPHA, false_discovery

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

PERMUTATIONS = 999
G_STAR_PERMUTATIONS = 99_999
"""With fewer, no p is small enough for Benjamini and Hochberg to find a single area among a thousand."""

_CELLS = 4_000_000
"""Numbers drawn at once: 32 MB."""
_SMALLEST_P = float(np.finfo(np.float64).tiny)
_ROUNDING = 64 * float(np.finfo(np.float64).eps)
"""What rounding may do to a mean, as a share of the largest value: a smaller difference is none."""


@dataclass(frozen=True)
class LocalResult:
    """A local statistic of each area."""

    z: npt.NDArray[np.float64]
    """Shape (n,): standard scores; empty (NaN) where there is no data."""
    p: npt.NDArray[np.float64]
    """Shape (n,): two-sided p-values in (0, 1]; empty (NaN) where there is no data."""


@dataclass(frozen=True)
class LocalMoran(LocalResult):
    """Local Moran of each area; ``z`` and ``p`` are analytic."""

    i: npt.NDArray[np.float64]
    """Shape (n,): Ii; above 0 among its like, below 0 among its opposite."""
    expected: npt.NDArray[np.float64]
    """Shape (n,): mean of Ii when the other areas' values change places."""
    variance: npt.NDArray[np.float64]
    """Shape (n,): its variance."""
    p_permuted: npt.NDArray[np.float64]
    """Shape (n,): two-sided p by permutation, in (0, 1]; empty (NaN) where there is no data or no permutation."""
    quadrant: npt.NDArray[np.object_]
    """Shape (n,): HH, LL, HL or LH: the area itself, then its neighbours' mean; none without either."""


@dataclass(frozen=True)
class Labels:
    """Which areas are hot or cold, and how many would be without the correction."""

    label: npt.NDArray[np.object_]
    """Shape (n,): hot, cold or none; missing (``None``) where there is no data."""
    p_adjusted: npt.NDArray[np.float64]
    """Shape (n,): p after the correction; empty (NaN) where there is no data."""
    hot_before: int
    """Areas hot before the correction."""
    cold_before: int
    """Areas cold before the correction."""
    hot: int
    """Areas hot after the correction."""
    cold: int
    """Areas cold after the correction."""


def g_star(values: npt.ArrayLike, neighbours: sparse.csr_array) -> LocalResult:
    """Compute Gi*, which tells whether an area and its neighbours sum to more or less than chance would have it.

    Ord and Getis (1995), with binary weights and the area itself included; mean and variance are those of
    all areas with data, the p-value is two-sided from the normal distribution. An area without neighbours
    is judged by its own value. Where the values are skewed the normal tail is too thin: among 900 counts from
    one negative binomial (mean 25, variance 338) three maps in ten show a false hot area after Benjamini and
    Hochberg, among Poisson counts of mean 20 or more about the promised one in twenty. ``g_star_permuted``
    keeps the promise for all.

    Parameters
    ----------
    values
        Value of each area, shape (n,); NaN is no data: such an area counts in no mean, variance or sum.
    neighbours
        Shape (n, n): 1 where two areas touch, the diagonal empty.

    Returns
    -------
    LocalResult
        Nothing can be told from fewer than three areas, from equal values, or of an area that touches all
        others: there z is 0 and p is 1.

    Raises
    ------
    ValueError
        A value is infinite, or the matrix is not binary, has a diagonal or does not fit the values.
    """
    known, u, near, _ = _prepare(values, neighbours)
    n, members = len(u), _degree(near) + 1
    z = _ratio(near @ u + u, np.sqrt((n - members) * members / max(n - 1, 1)))
    return LocalResult(_spread(known, z), _spread(known, _two_sided(z)))


def g_star_permuted(
    values: npt.ArrayLike,
    neighbours: sparse.csr_array,
    permutations: int = G_STAR_PERMUTATIONS,
    seed: int = 0,
) -> LocalResult:
    """Compute Gi* with a p-value that holds however skewed the values are.

    The score is that of ``g_star``. For p all values change places, the area's own too: that is the
    randomisation whose mean and variance make the score (Ord and Getis 1995; in R's spdep
    ``fix_i_in_Gstar_permutations=FALSE``), so that score and p never point to different sides. With the own
    value held fixed (Anselin 1995) p would be of the neighbours alone, and fewer areas of a true cluster
    would be found. One extreme value cannot make an area hot after Benjamini and Hochberg: of the random
    sums of m values among n it is in a share of m / n, and in no more than some m areas.

    Parameters
    ----------
    values
        Value of each area, shape (n,); NaN is no data: such an area counts in no mean and no sum.
    neighbours
        Shape (n, n): 1 where two areas touch, the diagonal empty.
    permutations
        How many, B; no p is below 2 / (1 + B), so that long lists need many.
    seed
        Seed of the permutations, not negative. They draw from the values in order of size, so that the order
        of the areas does not matter.

    Returns
    -------
    LocalResult
        p is twice (1 + #) / (1 + B), at most 1, where # random sums reach as far to the side of the score
        (Davison and Hinkley 1997); where z is 0 it is 1.

    Raises
    ------
    ValueError
        A value is infinite, there is not one permutation, or the matrix is not binary, has a diagonal or does
        not fit the values.
    """
    if permutations < 1:
        raise ValueError(f"the number of permutations is 1 or more, not {permutations}")
    known, u, near, rounding = _prepare(values, neighbours)
    members = _degree(near).astype(np.int64) + 1
    tolerance = np.asarray(members * rounding, dtype=np.float64)
    sums = _cleared(near @ u + u, tolerance)
    scores = _ratio(sums, np.sqrt((len(u) - members) * members / max(len(u) - 1, 1)))
    reached = np.zeros(len(u), dtype=np.int64)
    for drawn in _random_sums(np.sort(u), int(members.max(initial=1)), permutations, seed):
        for size in np.unique(members):
            some, ordered = members == size, np.sort(drawn[size - 1])
            as_high = len(ordered) - np.searchsorted(ordered, sums[some] - tolerance[some])
            as_low = np.searchsorted(ordered, sums[some] + tolerance[some], side="right")
            reached[some] += np.where(scores[some] > 0, as_high, as_low)
    p = np.where(scores == 0, 1.0, np.minimum(2.0 * (1 + reached) / (1 + permutations), 1.0))
    return LocalResult(_spread(known, scores), _spread(known, p))


def local_moran(
    values: npt.ArrayLike, neighbours: sparse.csr_array, permutations: int = PERMUTATIONS, seed: int = 0
) -> LocalMoran:
    """Compute local Moran, which tells whether an area is like its neighbours or an exception among them.

    Anselin (1995), with row-standardised weights and the variance over n: Ii is that of R's spdep by default,
    and n / (n - 1) times that of Python's esda. Mean and variance of Ii are conditional: the area keeps its
    value while the others change places (Sokal, Oden and Thomson 1998). Both p-values are two-sided: the
    analytic one from the normal distribution, the permuted one (1 + #) / (1 + B), where # of B permutations
    lie at least as far from the expected value.

    Parameters
    ----------
    values
        Value of each area, shape (n,); NaN is no data: such an area counts in no mean and is no neighbour.
    neighbours
        Shape (n, n): 1 where two areas touch, the diagonal empty.
    permutations
        How many; no permuted p is below 1 / (1 + permutations), so that long lists need many. 0 for none.
    seed
        Seed of the permutations, not negative. They draw from the values in order of size, so that the order
        of the areas does not matter.

    Returns
    -------
    LocalMoran
        Nothing can be told from fewer than three areas, from equal values, or of an area that touches no
        other with data or all of them: there z is 0 and the p-values are 1.

    Raises
    ------
    ValueError
        A value is infinite, the number of permutations is negative, or the matrix is not binary, has a
        diagonal or does not fit the values.
    """
    if permutations < 0:
        raise ValueError(f"the number of permutations is 0 or more, not {permutations}")
    known, u, near, rounding = _prepare(values, neighbours)
    degree = _degree(near)
    lag = _cleared(_ratio(near @ u, degree), rounding)
    i = u * lag + 0.0  # no area shall be given -0
    expected, variance = _moments(u, degree, rounding)
    z = _ratio(i - expected, np.sqrt(variance))
    draws = _draws(len(u), int(degree.max(initial=0.0)), permutations, seed)
    permuted = _permuted(u, degree.astype(np.int64), lag, rounding, draws)
    quadrant = np.full(len(known), None, dtype=object)
    if u.any():
        sides = np.char.add(np.where(u > 0, "H", "L"), np.where(lag > 0, "H", "L")).astype(object)
        sides[degree == 0] = None
        quadrant[known] = sides
    return LocalMoran(
        z=_spread(known, z),
        p=_spread(known, _two_sided(z)),
        i=_spread(known, i),
        expected=_spread(known, expected),
        variance=_spread(known, variance),
        p_permuted=_spread(known, permuted),
        quadrant=quadrant,
    )


def label(z: npt.ArrayLike, p: npt.ArrayLike, alpha: float = ALPHA, correction: Literal["bh", "none"] = "bh") -> Labels:
    """Call areas hot or cold where Gi* is beyond chance.

    Parameters
    ----------
    z
        Standard scores of Gi*, shape (n,).
    p
        Two-sided p-values in (0, 1], shape (n,); NaN is no data.
    alpha
        False discovery rate, or the level of each test where nothing is corrected.
    correction
        ``bh`` for Benjamini and Hochberg (1995) over all areas with data, ``none`` for none.

    Returns
    -------
    Labels
        Hot above and cold below 0, where p is at most ``alpha``; the numbers before and after the correction.

    Raises
    ------
    ValueError
        The level is not between 0 and 1, the correction is unknown, the shapes differ, or a p is not in [0, 1].
    """
    if not 0 < alpha < 1:
        raise ValueError("the level of a test lies between 0 and 1")
    if correction not in ("bh", "none"):
        raise ValueError(f"the correction is 'bh' or 'none', not {correction!r}")
    scores, chances = np.asarray(z, dtype=np.float64), np.asarray(p, dtype=np.float64)
    if scores.shape != chances.shape:
        raise ValueError(f"there are {scores.shape} scores and {chances.shape} p-values")
    known = ~np.isnan(chances)
    adjusted = chances.copy()
    if correction == "bh":
        adjusted[known] = false_discovery(chances[known])[0]
    hot, cold = (scores > 0) & (adjusted <= alpha), (scores < 0) & (adjusted <= alpha)
    labels = np.full(len(known), None, dtype=object)
    labels[known], labels[hot], labels[cold] = "none", "hot", "cold"
    before = chances <= alpha
    return Labels(
        label=labels,
        p_adjusted=adjusted,
        hot_before=int((before & (scores > 0)).sum()),
        cold_before=int((before & (scores < 0)).sum()),
        hot=int(hot.sum()),
        cold=int(cold.sum()),
    )


def _prepare(
    values: npt.ArrayLike, neighbours: sparse.csr_array
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.float64], sparse.csr_array, float]:
    """Return which areas have data and, of these, standardised values, neighbours, and what rounding may do.

    Values are all 0 where they do not differ or are fewer than three.
    """
    x, matrix = np.asarray(values, dtype=np.float64), sparse.csr_array(neighbours).astype(np.float64)
    if x.ndim != 1 or matrix.shape != (len(x), len(x)):
        raise ValueError(f"the neighbours of {x.shape} values are not a matrix of {matrix.shape}")
    matrix.eliminate_zeros()
    if (matrix.data != 1).any() or matrix.diagonal().any():
        raise ValueError("neighbours are 1 or nothing, and no area is its own")
    if np.isinf(x).any():
        raise ValueError("a value is finite, or NaN for no data")
    known = ~np.isnan(x)
    x, near = x[known], matrix[known][:, known]
    rounding = _ROUNDING * float(np.abs(x).max(initial=0.0))
    if len(x) < 3 or np.ptp(x) <= rounding:  # noqa: PLR2004 - two values are always one high and one low
        return known, np.zeros(len(x)), near, 0.0
    deviation = _cleared(x - x.mean(), rounding)
    # Measured in the largest one, so that the squares of very small values do not vanish.
    largest = float(np.abs(deviation).max())
    unit = deviation / largest
    spread = float(np.sqrt((unit**2).mean()))
    return known, unit / spread, near, rounding / largest / spread


def _degree(near: sparse.csr_array) -> npt.NDArray[np.float64]:
    return np.diff(near.indptr).astype(np.float64)


def _moments(
    u: npt.NDArray[np.float64], degree: npt.NDArray[np.float64], rounding: float
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the conditional mean and variance of Ii, 0 where there is no neighbour."""
    n, others = len(u), max(len(u) - 1, 1)
    expected = np.where(degree > 0, -(u**2) / others, 0.0) + 0.0
    # Both factors are 0, but for rounding, where the neighbours' mean cannot vary: all others are
    # neighbours, or all others have the same value.
    drawn = np.where(degree > 0, _ratio(np.ones(n), degree) - 1 / others, 0.0)
    spread = _cleared(1 - u**2 / others, rounding)
    return expected, u**2 * n / max(n - 2, 1) * drawn * spread


def _random_sums(
    ordered: npt.NDArray[np.float64], most: int, permutations: int, seed: int
) -> Iterator[npt.NDArray[np.float64]]:
    """Yield sums of the first 1 to ``most`` of values in random order, a row each, some permutations at a time."""
    random = np.random.default_rng(seed)
    left = permutations if len(ordered) else 0
    while left:
        at_once = min(left, max(_CELLS // most, 1))
        left -= at_once
        picked = np.empty((most, at_once), dtype=np.int64)
        for row in range(most):
            # The k-th of those not yet picked, found by stepping over the picked ones in order.
            fresh = random.integers(len(ordered) - row, size=at_once)
            for taken in np.sort(picked[:row], axis=0):
                fresh += fresh >= taken
            picked[row] = fresh
        yield ordered[picked].cumsum(axis=0)


def _draws(n: int, most: int, permutations: int, seed: int) -> npt.NDArray[np.int64]:
    """Draw as many of n - 1 others as any area has neighbours, without replacement: one row per permutation."""
    random = np.random.default_rng(seed)
    draws = np.empty((permutations, most), dtype=np.int64)
    for row in draws if most else ():
        row[:] = random.choice(n - 1, most, replace=False)
    return draws


def _permuted(
    u: npt.NDArray[np.float64],
    degree: npt.NDArray[np.int64],
    lag: npt.NDArray[np.float64],
    rounding: float,
    draws: npt.NDArray[np.int64],
) -> npt.NDArray[np.float64]:
    """Return the share of permutations whose Ii is as far from its mean as the observed one, this one included."""
    if not len(draws):
        return np.full(len(u), np.nan)
    order = np.argsort(u, kind="stable")
    rank = np.empty(len(u), dtype=np.int64)
    rank[order] = np.arange(len(u))
    ordered, p = u[order], np.ones(len(u))
    for area in np.flatnonzero((degree > 0) & (u != 0)):
        picked = draws[:, : degree[area]]
        means = ordered[picked + (picked >= rank[area])].mean(axis=1)
        centre = u[area] / (len(u) - 1)
        far = np.abs(means + centre) >= abs(lag[area] + centre) - rounding
        p[area] = (1 + far.sum()) / (1 + len(draws))
    return p


def _cleared(values: npt.NDArray[np.float64], rounding: float | npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return values with 0 for what may be rounding: its sign would decide between high and low."""
    return np.where(np.abs(values) <= rounding, 0.0, values)


def _ratio(above: npt.NDArray[np.float64], below: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Divide; 0 where nothing varies."""
    return np.divide(above, below, out=np.zeros(len(above)), where=below > 0)


def _two_sided(z: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.asarray(np.clip(2.0 * stats.norm.sf(np.abs(z)), _SMALLEST_P, 1.0), dtype=np.float64)


def _spread(known: npt.NDArray[np.bool_], values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Put values back to their areas; no data stay empty."""
    result = np.full(len(known), np.nan)
    result[known] = values
    return result
