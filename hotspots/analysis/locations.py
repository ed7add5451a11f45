"""Where incidents lie, and when: distinct coordinates, and the incidents of each by month, crime type and hour."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd

from hotspots.geo.points import distinct_points
from hotspots.tables import check
from hotspots.tables.selections import SELECTIONS

NO_HOUR = -1
_HOURS = 24


def locations(focus: gpd.GeoDataFrame, month: pd.Period) -> gpd.GeoDataFrame:
    """Count the rows in focus at each distinct coordinate.

    Parameters
    ----------
    focus
        LOCATED rows in focus, of one window.
    month
        The month counted apart.

    Returns
    -------
    GeoDataFrame
        Index ``location_no`` from 1 by x and y; ``street`` and ``lsoa_code`` (the most frequent),
        ``zone``, ``n`` and ``n_month``, points in the CRS given.
    """
    points = distinct_points(focus.geometry)
    number = pd.Series(points.row_point, index=focus.index, name="location_no")
    key = pd.RangeIndex(len(points.xy), name="location_no")
    this_month = (focus["month"] == month).groupby(number).sum().reindex(key, fill_value=0)

    def top(column: str) -> pd.Series:
        known = focus[column].dropna()
        return most_frequent(known, number[known.index]).reindex(key).astype("str")

    frame = gpd.GeoDataFrame(
        {
            "street": top("street"),
            "lsoa_code": top("lsoa_code"),
            "zone": top("zone"),
            "n": points.weight,
            "n_month": this_month.astype(np.int64),
        },
        geometry=gpd.points_from_xy(points.xy[:, 0], points.xy[:, 1]),
        index=key,
        crs=focus.crs,
    )
    return frame.set_index(key + 1)


def selections(focus: gpd.GeoDataFrame, members: pd.DataFrame) -> pd.DataFrame:
    """Count the rows in focus by all that a reader of the map can choose.

    Parameters
    ----------
    focus
        LOCATED rows in focus, of one window.
    members
        MEMBERS of them.

    Returns
    -------
    DataFrame
        SELECTIONS: the sum of ``n`` is the number of rows; ``location_no`` is that of ``locations``. A row has
        an hour where it has one moment with a time of day: one known as a range has none.
    """
    single = focus["time_known"] & (focus["occurred_until"].isna() | (focus["occurred_until"] == focus["occurred_at"]))
    at = focus["occurred_at"].where(single)
    rows = pd.DataFrame(
        {
            "location_no": distinct_points(focus.geometry).row_point + 1,
            "lsoa_code": focus["lsoa_code"],
            "hotspot_id": members["hotspot_id"].reindex(focus.index),
            "month": focus["month"],
            "category": focus["category"],
            "themes": focus["themes"],
            "hour_of_week": (at.dt.day_of_week * _HOURS + at.dt.hour).fillna(NO_HOUR).astype(np.int64),
        },
        index=focus.index,
    )
    columns = list(rows.columns)
    counts = rows.groupby(columns, dropna=False, observed=True, sort=True).size().rename("n").reset_index()
    typed = counts.astype(dict.fromkeys(("lsoa_code", "hotspot_id", "category", "themes"), "str"))
    return check(SELECTIONS, typed.set_index(pd.RangeIndex(1, len(typed) + 1, name="selection_no")))


def most_frequent(values: pd.Series, by: pd.Series) -> pd.Series:
    """Return the most frequent value of each group, the alphabetically first of equals.

    Parameters
    ----------
    values
        Texts, none empty.
    by
        Group of each, on the same index.

    Returns
    -------
    Series
        By group.
    """
    counts = values.groupby([by, values]).size().rename("count").reset_index(name="count")
    ordered = counts.sort_values(["count", str(values.name)], ascending=[False, True])
    return ordered.drop_duplicates(str(by.name)).set_index(str(by.name))[str(values.name)]
