"""The edge-aware join: to which LSOA a point belongs.

Street-level points are snapped to the middle of streets, and LSOA edges run along streets, so that a
plain point-in-polygon join contradicts the publisher's own LSOA code in about one row of twenty. Here a
published code wins where the point lies within the layer's generalisation tolerance of that polygon.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from hotspots.tables import LOCATED, check

if TYPE_CHECKING:
    import geopandas as gpd

_ON_EDGE_M = 0.001
"""A point this near to two polygons lies on their shared edge; projecting moves points by less."""


def locate(
    incidents: gpd.GeoDataFrame,
    areas: gpd.GeoDataFrame,
    *,
    focus: pd.Series,
    tolerance_m: float,
    context_m: float,
    lookup: pd.DataFrame | None = None,
) -> gpd.GeoDataFrame:
    """Give every incident its LSOA, the rule that decided, its zone, and whether it is in focus.

    Parameters
    ----------
    incidents
        INCIDENTS in the CRS of ``areas``.
    areas
        AREAS with ``zone``: the whole layer, before any clipping, in a metric CRS.
    focus
        True for the incidents in focus, on the index of ``incidents``.
    tolerance_m
        How far in metres a point may lie from the LSOA its publisher named.
    context_m
        Width of the ring in metres: a point in no polygon but this near to the area is ``ring``.
    lookup
        Exact-fit lookup with ``lsoa11``, ``lsoa21``, ``rule``; brings a code of the other vintage to the
        layer's. Without it such a code counts only where it exists in the layer.

    Returns
    -------
    GeoDataFrame
        LOCATED on the same index. ``located_by``: ``inside`` one polygon only; ``edge_published``, where
        the published code decided; ``shared_edge``, where the smallest code of several was taken;
        ``outside`` every polygon. ``distance_m`` is the distance to the polygon of the published code.

    Raises
    ------
    TableError
        The incidents are not in the CRS of the areas.
    """
    check(LOCATED, _empty(incidents), epsg=areas.crs.to_epsg())
    place = pd.DataFrame(
        {
            "x": incidents.geometry.x,
            "y": incidents.geometry.y,
            "code": incidents["lsoa_published"].fillna(""),
        },
    )
    # Street-level rows share few coordinates: decide once per distinct place and code.
    group = place.groupby(["x", "y", "code"], sort=False).ngroup().to_numpy()
    distinct = place.iloc[np.unique(group, return_index=True)[1]].reset_index(drop=True)
    decided = _decide(distinct, areas, tolerance_m, lookup)
    rows = decided.iloc[group].set_index(incidents.index)
    located = incidents.join(rows)
    located["zone"] = _zones(located, areas, context_m)
    located["in_focus"] = focus
    return check(LOCATED, located[list(LOCATED.columns)])


def _empty(incidents: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    columns = {
        "lsoa_code": pd.Series(dtype="str"),
        "located_by": pd.Series(dtype="str"),
        "vintage_rule": pd.Series(dtype="str"),
        "distance_m": pd.Series(dtype=float),
        "zone": pd.Series(dtype="str"),
        "in_focus": pd.Series(dtype=bool),
    }
    return incidents.iloc[:0].assign(**columns)[list(LOCATED.columns)]


def _decide(
    distinct: pd.DataFrame,
    areas: gpd.GeoDataFrame,
    tolerance_m: float,
    lookup: pd.DataFrame | None,
) -> pd.DataFrame:
    """Return ``lsoa_code``, ``located_by``, ``vintage_rule`` and ``distance_m`` per distinct place and code."""
    polygons = areas.geometry.array
    codes = areas.index.to_numpy(dtype=object)
    points = np.asarray(shapely.points(distinct["x"], distinct["y"]), dtype=object)
    which, inside = shapely.STRtree(polygons).query(points, predicate="dwithin", distance=_ON_EDGE_M)
    hits = pd.DataFrame({"point": which, "area": inside}).sort_values(["point", "area"])
    count = hits.groupby("point").size().reindex(distinct.index, fill_value=0).to_numpy()
    # The index of AREAS is sorted, so the first polygon hit has the smallest code.
    first = hits.groupby("point")["area"].first().reindex(distinct.index, fill_value=-1).to_numpy()
    named = _named_areas(distinct["code"], areas, lookup)
    named["distance"] = shapely.distance(points[named["point"]], polygons[named["area"]])
    own = set(zip(hits["point"], hits["area"], strict=True))
    named["inside"] = [pair in own for pair in zip(named["point"], named["area"], strict=True)]
    nearest = named.sort_values(["point", "distance", "area"]).drop_duplicates("point").set_index("point")
    wins = nearest[(nearest["distance"] <= tolerance_m) | nearest["inside"]]
    chosen = pd.Series(first, index=distinct.index)
    chosen.loc[wins.index] = wins["area"]
    located_by = pd.Series(
        np.select([count == 0, count == 1], ["outside", "inside"], "shared_edge"), index=distinct.index
    )
    plain = wins["inside"] & (count[wins.index] == 1)
    located_by.loc[wins.index[~plain]] = "edge_published"
    rule = pd.Series(None, index=distinct.index, dtype="str")
    rule.loc[wins.index] = wins["rule"]
    distance = pd.Series(np.nan, index=distinct.index)
    distance.loc[nearest.index] = nearest["distance"]
    return pd.DataFrame(
        {
            "lsoa_code": pd.Series(np.where(chosen >= 0, codes[chosen], None), dtype="str"),
            "located_by": located_by.astype("str"),
            "vintage_rule": rule,
            "distance_m": distance,
        },
    )


def _named_areas(published: pd.Series, areas: gpd.GeoDataFrame, lookup: pd.DataFrame | None) -> pd.DataFrame:
    """Return the polygons that each published code may mean: columns ``point``, ``area``, ``rule``.

    A code of the layer means its own polygon. A code of the other vintage means what the lookup says: the
    same area (U), the area it was merged into (M), any of the parts it was split into (S). Irregular
    changes (X) name nothing: there the point decides.
    """
    position = pd.Series(np.arange(len(areas)), index=areas.index)
    direct = published[published.isin(position.index)]
    parts = [pd.DataFrame({"point": direct.index, "area": position[direct].to_numpy(), "rule": None})]
    if lookup is not None and len(areas):
        ours, theirs = ("lsoa21", "lsoa11") if areas["vintage"].iloc[0] == 2021 else ("lsoa11", "lsoa21")  # noqa: PLR2004
        known = lookup[(lookup["rule"] != "X") & lookup[ours].isin(position.index)]
        foreign = published[~published.isin(position.index)].rename("code").rename_axis("point").reset_index()
        pairs = foreign.merge(known, left_on="code", right_on=theirs)
        parts.append(
            pd.DataFrame({"point": pairs["point"], "area": position[pairs[ours]].to_numpy(), "rule": pairs["rule"]})
        )
    named = pd.concat(parts, ignore_index=True)
    return named.astype({"point": np.int64, "area": np.int64, "rule": "str"})


def _zones(located: gpd.GeoDataFrame, areas: gpd.GeoDataFrame, context_m: float) -> pd.Series:
    """Return the zone of each row: that of its LSOA, or for a point in none, ``ring`` near the area."""
    zone: pd.Series = located["lsoa_code"].map(areas["zone"])
    nowhere = zone.isna()
    if nowhere.any():
        own = shapely.STRtree(areas.geometry.array[areas["zone"] == "area"])
        near = np.zeros(int(nowhere.sum()), dtype=bool)
        near[own.query(located.geometry.array[nowhere], predicate="dwithin", distance=context_m)[0]] = True
        zone[nowhere] = np.where(near, "ring", "beyond")
    return zone.astype("str")


def agreement(located: gpd.GeoDataFrame) -> tuple[int, int]:
    """Return how many located rows keep the LSOA their publisher named, and how many name one.

    A code brought over from the other vintage counts as kept where the row got the area the lookup
    names; a code that the layer and the lookup do not know counts as named and not kept.
    """
    named = located[located["lsoa_published"].notna() & located["lsoa_code"].notna()]
    kept = (named["lsoa_published"] == named["lsoa_code"]) | named["vintage_rule"].notna()
    return int(kept.sum()), len(named)
