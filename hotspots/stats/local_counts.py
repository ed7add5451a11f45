"""Local statistics of whole counts: every permutation is counted, none is drawn.

Of counts that are whole numbers the sums of m areas out of n have few values, and how many of all choices
give each sum follows from one product of polynomials. So p is exact where sampling would need millions of
permutations: on the cells of a city most counts are 0, ties are the rule, and Benjamini and Hochberg ask
for a p of one in a million.
"""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from hotspots.stats.local import LocalMoran, LocalResult, g_star, local_moran

if TYPE_CHECKING:
    import numpy.typing as npt


def g_star_counts(counts: npt.ArrayLike, neighbours: sparse.csr_array) -> LocalResult:
    """Compute Gi* of counts with the p-value of all permutations.

    What ``g_star_permuted`` estimates: all counts change places, the area's own too (Ord and Getis 1995).
    Equal counts are told apart in no way, and there is neither a seed nor a smallest p but that of the one
    most extreme choice.

    Parameters
    ----------
    counts
        Whole number of each area, 0 or more, shape (n,); NaN is no data: such an area counts in no mean and
        no sum.
    neighbours
        Shape (n, n): 1 where two areas touch, the diagonal empty. The time grows with the square of the most
        neighbours an area has, and with the largest sums.

    Returns
    -------
    LocalResult
        z as from ``g_star``, exactly 0 where the sum is that of the mean; p is twice the share of all choices
        of as many areas that reach as far to the side of the score, at most 1; where z is 0 it is 1.

    Raises
    ------
    ValueError
        A count is negative or not whole, or the matrix is not binary, has a diagonal or does not fit.
    """
    z = g_star(counts, neighbours).z
    known, x, near = _whole(counts, neighbours)
    members = np.diff(near.indptr) + 1
    sums = near @ x + x
    score = np.where(len(x) * sums == members * x.sum(), 0.0, z[known])
    ways = _ways(x, int(members.max(initial=0)))
    p = np.ones(len(x))
    for size in np.unique(members):
        some = (members == size) & (score != 0)
        upper, lower = np.cumsum(ways[size][::-1])[::-1], np.cumsum(ways[size])
        here = sums[some]
        tail = np.where(score[some] > 0, upper[here], lower[here])
        p[some] = np.minimum(2.0 * tail / math.comb(len(x), int(size)), 1.0)
    return LocalResult(_back(known, score), _back(known, p))


def local_moran_counts(counts: npt.ArrayLike, neighbours: sparse.csr_array) -> LocalMoran:
    """Compute local Moran of counts with the p-value of all permutations.

    What ``local_moran`` estimates: the area keeps its count while the others change places (Anselin 1995),
    and p is the share of them all in which Ii lies at least as far from its mean.

    Parameters
    ----------
    counts
        Whole number of each area, 0 or more, shape (n,); NaN is no data: such an area counts in no mean and
        is no neighbour.
    neighbours
        Shape (n, n): 1 where two areas touch, the diagonal empty.

    Returns
    -------
    LocalMoran
        As from ``local_moran``; ``p_permuted`` is exact, but for 1e-12.

    Raises
    ------
    ValueError
        A count is negative or not whole, or the matrix is not binary, has a diagonal or does not fit.
    """
    found = local_moran(counts, neighbours, 0)
    known, x, near = _whole(counts, neighbours)
    degree, sums, total, n = np.diff(near.indptr), near @ x, int(x.sum()), len(x)
    told = (degree > 0) & (n * x != total)
    ways = _ways(x, int(degree.max(initial=0)))
    p = np.ones(n)
    for own in np.unique(x[told]):
        others = _without(ways, int(own))
        for near_by in np.unique(degree[told & (x == own)]):
            some = told & (x == own) & (degree == near_by)
            # In whole numbers, so that an equal distance is equal: n - 1 times the sum, less its mean.
            centre = int(near_by) * (total - int(own))
            far = np.abs((n - 1) * sums[some] - centre)
            p[some] = _both_tails(others[near_by], n - 1, centre, far) / math.comb(n - 1, int(near_by))
    # The areas as they stand are one of all permutations; rounding may lose it.
    least = np.array([1.0 / math.comb(n - 1, int(size)) for size in degree])
    return dataclasses.replace(found, p_permuted=_back(known, np.clip(p, least, 1.0)))


def _whole(
    counts: npt.ArrayLike, neighbours: sparse.csr_array
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.int64], sparse.csr_array]:
    """Return which areas have data and, of these, the counts and the neighbours as whole numbers."""
    values = np.asarray(counts, dtype=np.float64)
    known = ~np.isnan(values)
    if (values[known] < 0).any() or (values[known] != np.floor(values[known])).any():
        raise ValueError("a count is a whole number, 0 or more, or NaN for no data")
    near = sparse.csr_array(neighbours).astype(np.int64)[known][:, known]
    near.eliminate_zeros()
    return known, values[known].astype(np.int64), near


def _ways(counts: npt.NDArray[np.int64], most: int) -> npt.NDArray[np.float64]:
    """Return how many choices of k areas have each sum, shape (most + 1, largest sum + 1).

    The coefficients of the product, over the distinct counts v, of (1 + y t^v) to the power of how many
    areas have it: k is the power of y, the sum that of t. All are positive, so nothing is lost in a tail.
    """
    largest = int(np.sort(counts)[len(counts) - most :].sum())
    ways = np.zeros((most + 1, largest + 1))
    ways[0, 0] = 1.0
    for value, number in zip(*(part.tolist() for part in np.unique(counts, return_counts=True)), strict=True):
        for k in range(most, 0, -1):  # downwards: what is added to is not yet added from
            for taken in range(1, min(number, k) + 1):
                shift = taken * value
                # Nothing chosen so far is larger than this count.
                reach = min((k - taken) * value, largest - shift) + 1
                ways[k, shift : shift + reach] += math.comb(number, taken) * ways[k - taken, :reach]
    return ways


def _without(ways: npt.NDArray[np.float64], own: int) -> npt.NDArray[np.float64]:
    """Return the choices that are left when one area with the count ``own`` may not be chosen."""
    left = ways.copy()
    width = ways.shape[1] - own
    for k in range(1, len(ways)):
        left[k, own:] -= left[k - 1, :width]
    return left


def _both_tails(
    ways: npt.NDArray[np.float64], scale: int, centre: int, far: npt.NDArray[np.int64]
) -> npt.NDArray[np.float64]:
    """Return how many choices have a sum for which ``scale`` times it lies at least ``far`` from ``centre``."""
    low, high = (centre - far) // scale, -((-centre - far) // scale)
    lower = np.concatenate([[0.0], np.cumsum(ways)])
    upper = np.concatenate([np.cumsum(ways[::-1])[::-1], [0.0]])
    return np.asarray(lower[np.maximum(low + 1, 0)] + upper[np.minimum(high, len(ways))], dtype=np.float64)


def _back(known: npt.NDArray[np.bool_], values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Put values back to their areas; no data stay empty."""
    result = np.full(len(known), np.nan)
    result[known] = values
    return result
