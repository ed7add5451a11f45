"""Incidents of many months at the places they share, so that any stretch of months is one product."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import sparse

from hotspots.errors import InputError
from hotspots.geo.points import distinct_points

if TYPE_CHECKING:
    import geopandas as gpd
    import numpy.typing as npt

OTHERS = 10
"""A coordinate that a row shares with so many others was given to it, not measured."""


@dataclass(frozen=True)
class Spots:
    """Each pair of a coordinate and an LSOA once, with its incidents by month.

    A snapped coordinate can lie on the line between two LSOAs, and then its rows belong to either.
    """

    months: pd.PeriodIndex
    """Months that the data hold, rising."""
    xy: npt.NDArray[np.float64]
    """Distinct coordinates by x and y, shape (p, 2)."""
    point: npt.NDArray[np.int64]
    """Shape (s,): position in ``xy``."""
    lsoa: npt.NDArray[np.int64]
    """Shape (s,): position among the LSOAs searched; -1: the spot is not the area's own."""
    counts: sparse.csr_matrix
    """Incidents, shape (s, m): column j is the month j months before the last one held, so that a sum over
    a row runs from the latest month back, as in ``cells.decayed_counts``."""

    @property
    def own(self) -> npt.NDArray[np.bool_]:
        """Shape (s,): true where the spot's incidents are the area's own."""
        return self.lsoa >= 0

    @property
    def held(self) -> npt.NDArray[np.bool_]:
        """Shape (m,): true for the columns of months that the data hold."""
        held = np.zeros(self.counts.shape[1], dtype=bool)
        held[self._columns(self.months)] = True
        return held

    def _columns(self, months: pd.PeriodIndex) -> npt.NDArray[np.int64]:
        return np.asarray(self.months[-1].ordinal - months.astype("int64"), dtype=np.int64)

    def weights(self, origin: pd.Period, months: int, half_life_months: float | None = None) -> npt.NDArray[np.float64]:
        """Return what each month counts in training up to an origin: 0 after it, whatever is held.

        Parameters
        ----------
        origin
            Last month of training.
        months
            Months up to and including it.
        half_life_months
            After so many months an incident counts half; none: all months count one.

        Returns
        -------
        ndarray
            Shape (m,), 0 for months that are not held.
        """
        back = np.arange(self.counts.shape[1]) - (self.months[-1].ordinal - origin.ordinal)
        decay = np.ones(len(back)) if half_life_months is None else 0.5 ** (np.maximum(back, 0) / half_life_months)
        return np.where((back >= 0) & (back < months) & self.held, decay, 0.0)

    def after(self, origin: pd.Period, months: int) -> npt.NDArray[np.int64]:
        """Return the area's own incidents of the months after an origin, shape (s,), 0 at other spots."""
        ahead = (self.months[-1].ordinal - origin.ordinal) - np.arange(self.counts.shape[1])
        n = self.counts @ ((ahead >= 1) & (ahead <= months)).astype(np.int64)
        return np.where(self.own, n, 0)


def find_spots(focus: gpd.GeoDataFrame, areas: gpd.GeoDataFrame, months: pd.PeriodIndex) -> Spots:
    """Count the incidents of each place and month.

    Parameters
    ----------
    focus
        LOCATED rows in focus, in the area or its ring, of any months, in a metric CRS.
    areas
        AREAS; those of the zone ``area`` are searched.
    months
        Months that the data hold, in any order; rows of others are left out.

    Returns
    -------
    Spots
        The same whatever the order of rows. A row is the area's own when it was joined to an LSOA searched.

    Raises
    ------
    InputError
        No month is held.
    """
    if not len(months):
        raise InputError("The backtest needs months, and the data hold none; add downloads of earlier months.")
    held = pd.PeriodIndex(months, freq="M").unique().sort_values()
    rows = focus[focus["month"].isin(held)]
    codes = areas.index[areas["zone"] == "area"].sort_values()
    points = distinct_points(rows.geometry)
    lsoa = codes.get_indexer(rows["lsoa_code"])
    pairs, spot = np.unique(points.row_point * (len(codes) + 1) + lsoa + 1, return_inverse=True)
    point, code = np.divmod(pairs, len(codes) + 1)
    back = held[-1].ordinal - rows["month"].astype("int64").to_numpy()
    shape = (len(pairs), held[-1].ordinal - held[0].ordinal + 1)
    counts = sparse.csr_matrix((np.ones(len(rows), dtype=np.int64), (spot.reshape(-1), back)), shape=shape)
    counts.sum_duplicates()
    return Spots(held, points.xy, point.astype(np.int64), code.astype(np.int64) - 1, counts)


def repeated_share(points: gpd.GeoSeries, others: int = OTHERS) -> float:
    """Return the share of rows on a coordinate that many others share: a sign of snapped points.

    Snapped points flatter counts on small cells, since the same coordinate returns month after month; then the
    scores of the largest cells, 250 m, are the fair ones to go by.

    Parameters
    ----------
    points
        Point geometries, none empty.
    others
        So many other rows, at least, on the same coordinate.

    Returns
    -------
    float
        0 to 1; 0 without rows.
    """
    weight = distinct_points(points).weight
    return float(weight[weight > others].sum() / max(int(weight.sum()), 1))
