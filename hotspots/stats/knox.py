"""Near repeats: whether incidents that lie close together also follow each other soon, beyond chance.

Time is the difference of the dates in whole days, the convention of the Near Repeat Calculator (Ratcliffe 2009). Its
labels do not say what it counts (Steenbeek 2019), so here every band holds its last metre and its last day: ends of 100
and 200 m are [0, 100] and (100, 200], ends of 7 and 14 days are 0 to 7 and 8 to 14. A first end of 0 is a band of its
own, the same place or the same day.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy.spatial import KDTree

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt

    _Ints = npt.NDArray[np.int64]
    _Floats = npt.NDArray[np.float64]

Metric = Literal["euclidean", "manhattan"]

PERMUTATIONS = 999
TOLERANCE_M = 1e-3
"""A millimetre, which projecting coordinates there and back may move a distance by, still belongs to a band."""

_POWERS = {"euclidean": 2.0, "manhattan": 1.0}
_CELLS = 40_000_000
"""Days held at once, permutations times incidents: 80 MB."""
_NEIGHBOURS = 2_000_000
"""Pairs held at once, each twice: some 100 MB."""
_ROWS = 255
"""Pairs counted at once: a byte holds their number."""


@dataclass(frozen=True)
class Knox:
    """Pairs of incidents by distance band (s of them) and time band (t of them); a pair counts once."""

    observed: npt.NDArray[np.int64]
    """Shape (s, t): pairs in both bands."""
    expected: npt.NDArray[np.float64]
    """Shape (s, t): the mean over all permutations there are, ``near`` x ``soon`` / ``pairs`` (Knox 1964)."""
    permuted_mean: npt.NDArray[np.float64]
    """Shape (s, t): the mean over those drawn, which comes near ``expected``."""
    p: npt.NDArray[np.float64]
    """Shape (s, t): chance of as many pairs or more, in (0, 1]."""
    near: npt.NDArray[np.int64]
    """Shape (s,): pairs in the distance band, however far apart in time."""
    soon: npt.NDArray[np.int64]
    """Shape (t,): pairs in the time band, however far apart in space."""
    same_day: npt.NDArray[np.int64]
    """Shape (s,): pairs in the distance band on one day."""
    pairs: int
    """All pairs, n (n - 1) / 2."""


def knox(
    xy: npt.ArrayLike,
    days: npt.ArrayLike,
    distances: Sequence[float],
    times: Sequence[int],
    metric: Metric = "euclidean",
    permutations: int = PERMUTATIONS,
    seed: int = 0,
) -> Knox:
    """Count pairs of incidents by distance and time, and test each count by permutation (Knox 1964, Mantel 1967).

    Places stay where they are while the days change places among all incidents, so that neither busy places
    nor busy days make a near repeat, only both together. Places that are busy in different parts of the period
    look like near repeats too: a year is well, ten are not.

    Parameters
    ----------
    xy
        Coordinates in metres, shape (n, 2).
    days
        Days as whole numbers from any day, shape (n,).
    distances
        Last distance of each band in metres, rising, 0 or more; each holds a millimetre more.
    times
        Last difference of each band in whole days, rising, 0 or more.
    metric
        Straight line, or the sum of the two legs.
    permutations
        How many, B: p is (1 + #) / (1 + B), where # of them have as many pairs or more.
    seed
        Not negative. The permutations start from the incidents in order of place and day, whatever that of rows.

    Returns
    -------
    Knox
        Counts and p-values by band. Time grows with the pairs of the distance bands times B, memory does not.

    Raises
    ------
    ValueError
        There are fewer than two incidents, a coordinate is not finite, a day is not whole, the ends of bands do
        not rise from 0 or more, the metric is none of these, or there is not one permutation.
    """
    places, dates = _incidents(xy, days)
    ends, lags = _ends(distances), _ends(times)
    if not _whole(lags):
        raise ValueError("time bands end with whole days")
    if metric not in _POWERS:
        raise ValueError(f"no distance is called {metric!r}; try one of {', '.join(_POWERS)}")
    if permutations < 1:
        raise ValueError(f"the number of permutations is 1 or more, not {permutations}")
    order = np.lexsort((dates, places[:, 1], places[:, 0]))
    places, dates = places[order], dates[order]
    # In the order of a tree's leaves, places that are near are near in memory too.
    leaves = np.asarray(KDTree(places).indices, dtype=np.int64)
    batches = []
    for assigned in _assignments(dates, leaves, permutations, seed):
        pairs = _near_pairs(places[leaves], ends, _POWERS[metric])
        batches.append(_count(pairs, assigned, len(ends), lags))
    return _result(batches, dates, lags)


def _result(batches: Sequence[_Counts], dates: _Ints, lags: _Floats) -> Knox:
    """Compare the pairs as they were with those of all permutations."""
    within = np.concatenate([batches[0].within[:, :, :1], *(batch.within[:, :, 1:] for batch in batches)], axis=2)
    counts = np.diff(within, axis=1, prepend=0)
    observed, permuted = counts[:, :, 0], counts[:, :, 1:]
    soon, pairs_in_all = _pairs_by_lag(dates, lags), len(dates) * (len(dates) - 1) // 2
    return Knox(
        observed=observed,
        expected=batches[0].near[:, None] * (soon / pairs_in_all),
        permuted_mean=permuted.mean(axis=2),
        p=(1 + (permuted >= observed[:, :, None]).sum(axis=2)) / counts.shape[2],
        near=batches[0].near,
        soon=soon,
        same_day=batches[0].same_day,
        pairs=pairs_in_all,
    )


def _incidents(xy: npt.ArrayLike, days: npt.ArrayLike) -> tuple[_Floats, _Ints]:
    """Return coordinates of shape (n, 2), and days counted from the first."""
    places, given = np.asarray(xy, dtype=np.float64), np.asarray(days, dtype=np.float64)
    if places.ndim != 2 or places.shape[1] != 2 or given.shape != places.shape[:1]:  # noqa: PLR2004
        raise ValueError("incidents are coordinates of shape (n, 2) and as many days")
    if len(places) < 2:  # noqa: PLR2004
        raise ValueError("a pair needs two incidents")
    if not np.isfinite(places).all():
        raise ValueError("a coordinate is not finite")
    if not _whole(given):
        raise ValueError("days are whole numbers")
    return places, (given - given.min()).astype(np.int64)


def _whole(values: _Floats) -> bool:
    return bool(np.isfinite(values).all() and (values == np.floor(values)).all())


def _ends(given: Sequence[float]) -> _Floats:
    ends = np.asarray(given, dtype=np.float64)
    if not (len(ends) and np.isfinite(ends).all() and ends[0] >= 0 and (np.diff(ends) > 0).all()):
        raise ValueError("the ends of bands rise from 0 or more")
    return ends


def _pairs_by_lag(dates: _Ints, lags: _Floats) -> _Ints:
    """Return the pairs of each time band, shape (t,), wherever they lie."""
    ordered = np.sort(dates)
    before = np.arange(1, len(ordered) + 1)
    within = [int((np.searchsorted(ordered, ordered + lag, side="right") - before).sum()) for lag in lags]
    return np.asarray(np.diff(within, prepend=0), dtype=np.int64)


def _assignments(dates: _Ints, leaves: _Ints, permutations: int, seed: int) -> Iterator[npt.NDArray[np.signedinteger]]:
    """Yield days by incident in the order of the leaves: as they were in column 0, then permuted, at most so many."""
    kind = np.int16 if dates.max() <= np.iinfo(np.int16).max else np.int64
    drawn = np.random.default_rng(seed)
    most = max(1, _CELLS // len(dates))
    for start in range(0, permutations, most):
        assigned = np.empty((len(dates), 1 + min(most, permutations - start)), dtype=kind)
        assigned[:, 0] = dates[leaves]
        for column in range(1, assigned.shape[1]):
            assigned[:, column] = drawn.permutation(dates)[leaves]
        yield assigned


def _near_pairs(places: _Floats, ends: _Floats, power: float) -> Iterator[tuple[int, _Ints, _Ints]]:
    """Yield distance bands with positions of their pairs, each pair once, a part at a time."""
    tree, last = KDTree(places), ends + TOLERANCE_M
    # A little further than the last end, which then alone decides.
    reach = float(last[-1] + TOLERANCE_M)
    held = np.cumsum(tree.query_ball_point(places, reach, p=power, return_length=True))
    cuts = np.flatnonzero(np.diff(held // _NEIGHBOURS)) + 1
    for block in np.split(np.arange(len(places)), cuts):
        some = KDTree(places[block])
        found = some.sparse_distance_matrix(tree, reach, p=power, output_type="ndarray")
        first, second = block[found["i"]], found["j"]
        band = np.searchsorted(last, found["v"])
        band[second <= first] = len(ends)
        for number in range(len(ends)):
            inside = np.flatnonzero(band == number)
            yield number, first[inside], second[inside]


@dataclass(frozen=True)
class _Counts:
    """Pairs of one batch of assignments."""

    within: _Ints
    """Shape (s, t, columns): pairs of the distance band up to the end of the time band."""
    near: _Ints
    same_day: _Ints


def _count(
    pairs: Iterator[tuple[int, _Ints, _Ints]],
    assigned: npt.NDArray[np.signedinteger],
    bands: int,
    lags: _Floats,
) -> _Counts:
    """Count pairs by distance band and time under every assignment at once."""
    columns = assigned.shape[1]
    within = np.zeros((bands, len(lags), columns), dtype=np.int64)
    near, same_day = np.zeros(bands, dtype=np.int64), np.zeros(bands, dtype=np.int64)
    ends = np.minimum(lags, np.iinfo(assigned.dtype).max).astype(assigned.dtype)
    apart, other = np.empty((2, _ROWS, columns), dtype=assigned.dtype)
    close = np.empty((_ROWS, columns), dtype=np.bool_)
    for band, first, second in pairs:
        near[band] += len(first)
        for start in range(0, len(first), _ROWS):
            i, j = first[start : start + _ROWS], second[start : start + _ROWS]
            lag, there, flag = apart[: len(i)], other[: len(i)], close[: len(i)]
            # The buffers are written without a copy only where no index is checked.
            np.take(assigned, i, axis=0, out=lag, mode="clip")
            np.take(assigned, j, axis=0, out=there, mode="clip")
            np.abs(np.subtract(lag, there, out=lag), out=lag)
            same_day[band] += np.count_nonzero(lag[:, 0] == 0)
            for position, end in enumerate(ends):
                np.less_equal(lag, end, out=flag)
                within[band, position] += np.add.reduce(flag.view(np.uint8), axis=0, dtype=np.uint8)
    return _Counts(within, near, same_day)
