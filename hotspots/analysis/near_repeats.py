"""Near repeats of a set of incidents: which day each is of, and the table of pairs by distance and time."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from hotspots.geo.points import distinct_points
from hotspots.stats.knox import PERMUTATIONS, Metric, knox
from hotspots.stats.usual import ALPHA, false_discovery
from hotspots.tables import check
from hotspots.tables.near_repeats import NEAR_REPEATS

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd

_EPOCH = pd.Timestamp("1970-01-01")
_DAY = pd.Timedelta(days=1)


@dataclass(frozen=True)
class Dated:
    """Incidents with the day each is of; rows = dated + undated + long."""

    days: pd.Series
    """Days since 1970 on the local calendar, by ``incident_id``, of the rows that have one."""
    n_ranges: int
    """Those of them that are the middle of a range."""
    n_undated: int
    """Left out: no date is known, or they end before they begin."""
    n_long: int
    """Left out: their range is longer than a time band."""


def dated_incidents(rows: pd.DataFrame, longest_days: float) -> Dated:
    """Find the local date of each incident.

    A date needs no time of day. An incident known to lie between two times is of the date in the middle: it is
    then at most half its range away from its date. Where the range is longer than a time band, no band could be
    told. An end without a time of day is taken whole: from the start of its date, to the end of it.

    Parameters
    ----------
    rows
        INCIDENTS or LOCATED.
    longest_days
        Longest range that is still used, in days of 24 hours; 1 to 3 May is a range of three days.

    Returns
    -------
    Dated
        Days, and how many rows have none.
    """
    begin, end, day, last = (rows[f"occurred_{name}"] for name in ("at", "until", "on", "until_on"))
    none, exact = pd.Timedelta(0), end - begin
    # Where a time of day is missing the clock on the wall is enough: its days have 24 hours on every date.
    wall = begin.dt.tz_localize(None).fillna(day)
    whole = (end.dt.tz_localize(None).fillna(last + _DAY) - wall).mask(last == day, none)
    length = exact.fillna(whole)
    undated = wall.isna() | (last < day) | (length < none)
    long = length > pd.Timedelta(days=longest_days)
    ranges = (length > none) & ~long
    half = length.where(ranges, none) / 2
    middle = (begin + half).dt.tz_localize(None).where(exact.notna(), wall + half)
    dates = middle[~(undated | long)].dt.normalize()
    return Dated(
        days=((dates - _EPOCH) // _DAY).astype("int64").rename("day"),
        n_ranges=int(ranges.sum()),
        n_undated=int(undated.sum()),
        n_long=int(long.sum()),
    )


def shared_places(points: gpd.GeoSeries) -> float:
    """Return the share of incidents that lie on exactly the coordinates of another one."""
    places = distinct_points(points)
    return float(places.weight[places.weight > 1].sum() / max(len(points), 1))


def near_repeat_table(
    points: gpd.GeoSeries,
    days: pd.Series,
    distances: Sequence[float],
    times: Sequence[int],
    metric: Metric = "euclidean",
    permutations: int = PERMUTATIONS,
) -> pd.DataFrame:
    """Tabulate pairs of incidents by distance and time, each band tested, all corrected together.

    Parameters
    ----------
    points
        Incidents in a CRS in metres.
    days
        Their days, on the same index.
    distances, times
        Last metre and last whole day of each band, rising; see ``knox``.
    metric
        Straight line, or the sum of the two legs.
    permutations
        How many; no p is below 1 / (1 + permutations).

    Returns
    -------
    DataFrame
        NEAR_REPEATS: the test looks for more pairs only; ``p_adjusted`` is after Benjamini and Hochberg over
        all bands, ``beyond_chance`` where it is at most 5 %.

    Raises
    ------
    ValueError
        The two indexes differ, or ``knox`` cannot use what it is given.
    """
    if not points.index.equals(days.index):
        raise ValueError("points and days must have one index")
    xy = np.column_stack([points.x.to_numpy(), points.y.to_numpy()])
    found = knox(xy, days.to_numpy(), distances, times, metric, permutations)
    table = _bands(distances, times)
    same_day = np.outer(found.same_day, table["days_from"].to_numpy()[: len(times)] == 0)
    adjusted, _ = false_discovery(found.p.ravel())
    expected = found.expected.ravel()
    table = table.assign(
        n_pairs=found.observed.ravel(),
        n_same_day=same_day.ravel(),
        expected=expected,
        permuted_mean=found.permuted_mean.ravel(),
        ratio=found.observed.ravel() / np.where(expected > 0, expected, np.nan),
        p_value=found.p.ravel(),
        p_adjusted=adjusted,
        beyond_chance=adjusted <= ALPHA,
    )
    return check(NEAR_REPEATS, table)


def _bands(distances: Sequence[float], times: Sequence[int]) -> pd.DataFrame:
    """Return each distance band with each time band: as intervals, and their ends."""
    metres = [f"[0, {distances[0]:g}]", *(f"({low:g}, {high:g}]" for low, high in pairwise(distances))]
    first_days = [0, *(end + 1 for end in times[:-1])]
    days = [f"[{low}, {high}]" for low, high in zip(first_days, times, strict=True)]
    return pd.DataFrame(
        {
            "distance_m": pd.Series(np.repeat(metres, len(times)), dtype="str"),
            "days": pd.Series(np.tile(days, len(distances)), dtype="str"),
            "distance_from_m": np.repeat([0.0, *distances[:-1]], len(times)),
            "distance_to_m": np.repeat(np.asarray(distances, dtype=np.float64), len(times)),
            "days_from": np.tile(np.asarray(first_days, dtype=np.int64), len(distances)),
            "days_to": np.tile(np.asarray(times, dtype=np.int64), len(distances)),
        }
    ).set_axis(pd.RangeIndex(1, len(distances) * len(times) + 1, name="band_no"))
