"""Names a person recognises: the main streets of a hotspot, and its main ward or LSOA."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    import geopandas as gpd

_SECOND_STREET_SHARE = 0.6
"""A second street is named too where it has this share of the first one's incidents."""
_INSTITUTIONAL_SHARE = 0.5


def name_hotspots(incidents: gpd.GeoDataFrame, members: pd.DataFrame, areas: gpd.GeoDataFrame) -> pd.Series:
    """Name each hotspot after its streets and its ward or LSOA.

    Parameters
    ----------
    incidents
        LOCATED: at least the rows of ``members``.
    members
        MEMBERS.
    areas
        AREAS: names and wards of the LSOAs.

    Returns
    -------
    Series
        Name by ``hotspot_id``, for example ``Broadway / Albion Road, Christchurch``: streets, and the ward, or
        the LSOA where no ward is known. Where more than half of the incidents lie on points that police.uk
        names by their kind, the name says so: ``Granville Road, Sidcup (hospital site)``.
    """
    inside = members["hotspot_id"].dropna()
    rows = incidents.loc[inside.index, ["street", "institutional", "lsoa_code"]].assign(hotspot_id=inside)
    names = {hotspot: _name(group, areas) for hotspot, group in rows.groupby("hotspot_id")}
    return pd.Series(names, dtype="str").rename_axis("hotspot_id").rename("name")


def _name(rows: pd.DataFrame, areas: gpd.GeoDataFrame) -> str:
    streets = _by_count(rows.loc[~rows["institutional"], "street"])
    chosen = [str(name) for name in streets.index[:2]]
    if len(chosen) == 2 and streets.iloc[1] < _SECOND_STREET_SHARE * streets.iloc[0]:  # noqa: PLR2004
        chosen = chosen[:1]
    lsoas = _by_count(rows["lsoa_code"])
    known = areas["ward"].fillna(areas["lsoa_name"])
    where = [str(_by_count(rows["lsoa_code"].map(known)).index[0])] if len(lsoas) else []
    # A ward is often called after its main street.
    where = [name for name in where if name not in chosen]
    said = ", ".join(filter(None, [" / ".join(chosen), *where])) or "Unnamed place"
    return f"{said} ({_site(rows)})" if rows["institutional"].mean() > _INSTITUTIONAL_SHARE else said


def _site(rows: pd.DataFrame) -> str:
    """Return what kind of place most of the institutional incidents lie on, such as ``hospital site``."""
    kinds = _by_count(rows.loc[rows["institutional"], "street"])
    if kinds.empty:
        return "institution"
    kind = str(kinds.index[0]).lower()
    return kind if " " in kind else f"{kind} site"


def _by_count(column: pd.Series) -> pd.Series:
    """Return how often each value occurs, most first, equals by name."""
    counts = column.dropna().value_counts().rename_axis("value").reset_index(name="count")
    return counts.sort_values(["count", "value"], ascending=[False, True]).set_index("value")["count"]
