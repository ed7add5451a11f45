"""Names a person recognises: the main streets of a hotspot and its main LSOA."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    import geopandas as gpd

_SECOND_STREET_SHARE = 0.6
"""A second street is named too where it has this share of the first one's incidents."""


def name_hotspots(incidents: gpd.GeoDataFrame, members: pd.DataFrame, areas: gpd.GeoDataFrame) -> pd.Series:
    """Name each hotspot after its streets and its LSOA.

    Parameters
    ----------
    incidents
        LOCATED: at least the rows of ``members``.
    members
        MEMBERS.
    areas
        AREAS: names of the LSOAs.

    Returns
    -------
    Series
        Name by ``hotspot_id``, for example ``Broadway / Albion Road, Bexley 014B``. A place that
        police.uk names by kind only (``Supermarket``) gives its name only where there is no street.
    """
    inside = members["hotspot_id"].dropna()
    rows = incidents.loc[inside.index, ["street", "institutional", "lsoa_code"]].assign(hotspot_id=inside)
    names = {hotspot: _name(group, areas) for hotspot, group in rows.groupby("hotspot_id")}
    return pd.Series(names, dtype="str").rename_axis("hotspot_id").rename("name")


def _name(rows: pd.DataFrame, areas: gpd.GeoDataFrame) -> str:
    streets = _by_count(rows.loc[~rows["institutional"], "street"])
    if streets.empty:
        streets = _by_count(rows["street"]).head(1)
    chosen = [str(name) for name in streets.index[:2]]
    if len(chosen) == 2 and streets.iloc[1] < _SECOND_STREET_SHARE * streets.iloc[0]:  # noqa: PLR2004
        chosen = chosen[:1]
    lsoas = _by_count(rows["lsoa_code"])
    where = [str(areas["lsoa_name"][lsoas.index[0]])] if len(lsoas) else []
    return ", ".join([" / ".join(chosen) or "Unnamed place", *where])


def _by_count(column: pd.Series) -> pd.Series:
    """Return how often each value occurs, most first, equals by name."""
    counts = column.dropna().value_counts().rename_axis("value").reset_index(name="count")
    return counts.sort_values(["count", "value"], ascending=[False, True]).set_index("value")["count"]
