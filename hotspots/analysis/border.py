"""Across the border: the neighbours' hotspots near the area, and which of its own reach over the line.

The neighbours' places are drawn by the same method and from the same incidents, with the zones swapped.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from hotspots.analysis.area_tests import month_changes
from hotspots.analysis.clusters import fewest
from hotspots.analysis.hotspots import Found, find_hotspots
from hotspots.analysis.methods import Surroundings
from hotspots.geo.gridref import grid_reference
from hotspots.settings import BRITISH_NATIONAL_GRID_EPSG
from hotspots.tables import AREAS, LOCATED, MEMBERS, check
from hotspots.tables.neighbours import NEIGHBOURS

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt
    from shapely.geometry.base import BaseGeometry

    from hotspots.settings import Hotspots

_GRACE_M = 1.0
"""A ground drawn along the outline does not cross it."""
_QUAD_SEGS = 32
"""Of the line that the reach from the area is drawn with: 30 cm short at 1 km."""


def neighbour_hotspots(
    focus: gpd.GeoDataFrame,
    around: Surroundings,
    own: Found,
    ring_outline: BaseGeometry,
    settings: Hotspots,
    *,
    outline: BaseGeometry,
    context_m: float,
) -> Found:
    """Find the neighbours' hotspots near the area, by the method that drew the area's own.

    Of a neighbour's hotspot, half of the incidents or enough to be one lie outside the area, at most
    ``context_m`` from it. What lies on a hotspot of the area is counted there and nowhere else: its ground is
    cut away, and a place that then holds too little is not listed.

    Parameters
    ----------
    focus, around
        What ``find_hotspots`` was given.
    own
        What it returned: the radius or bandwidth chosen for the area's hotspots draws the neighbours' too.
    ring_outline
        Outline of the LSOAs of the ring with data.
    settings
        ``[hotspots]``.
    outline
        Outline of the area.
    context_m
        How far from the area is near, in metres.

    Returns
    -------
    Found
        At most ``max_number`` places; their ids begin with N in place of H.
    """
    check(LOCATED, focus)
    reach = shapely.buffer(outline, context_m, quad_segs=_QUAD_SEGS)
    searched = shapely.intersection(ring_outline, reach)
    if searched.area <= 0:
        return _nothing(focus, settings)
    near = _near(focus, reach)
    swapped = Surroundings(
        history=_zones(around.history, _near(around.history, reach)),
        window=around.window,
        areas=_zones(around.areas, (around.areas["zone"] == "ring").to_numpy()),
        outline=searched,
        covered=around.covered,
    )
    chosen = own.parameters if len(own.grounds) else {}
    wanted = dataclasses.replace(
        settings,
        radius_m=chosen.get("radius_m", settings.radius_m),
        bandwidth_m=chosen.get("bandwidth_m", settings.bandwidth_m),
        max_number=settings.max_number + len(own.grounds),  # those of the area would take the places of others
    )
    drawn = find_hotspots(_zones(focus, near), swapped, wanted)
    of_row = drawn.members["hotspot_id"].where(own.members["hotspot_id"].isna())
    listed = _listed(focus, of_row, near, settings, around.window)
    return _cut(focus, drawn, own, of_row.where(of_row.isin(listed)), listed)


def _near(rows: gpd.GeoDataFrame, reach: BaseGeometry) -> npt.NDArray[np.bool_]:
    """Return which rows lie in an LSOA of the ring and within reach of the area."""
    shapely.prepare(reach)
    inside = shapely.intersects_xy(reach, rows.geometry.x.to_numpy(), rows.geometry.y.to_numpy())
    in_ring = ((rows["zone"] == "ring") & rows["lsoa_code"].notna()).to_numpy()
    return np.asarray(inside & in_ring, dtype=bool)


def _zones(rows: gpd.GeoDataFrame, own: npt.NDArray[np.bool_]) -> gpd.GeoDataFrame:
    """Return the rows as those see them whose own rows these are."""
    return rows.assign(zone=pd.Series(np.where(own, "area", "ring"), index=rows.index, dtype="str"))


def _nothing(focus: gpd.GeoDataFrame, settings: Hotspots) -> Found:
    key = pd.Index([], dtype="str", name="hotspot_id")
    none = pd.DataFrame({"hotspot_id": pd.Series(None, index=focus.index, dtype="str")})
    return Found(
        members=check(MEMBERS, none),
        grounds=gpd.GeoSeries([], index=key, crs=focus.crs),
        centres=pd.DataFrame(index=key, columns=["easting", "northing"], dtype=float),
        minima=pd.Series(index=key, dtype=np.int64),
        parameters={"method": settings.method, "min_incidents": []},
    )


def _listed(
    focus: gpd.GeoDataFrame,
    of_row: pd.Series,
    near: npt.NDArray[np.bool_],
    settings: Hotspots,
    window: pd.PeriodIndex,
) -> list[str]:
    """Return the ids of the places that hold enough without what the area's hotspots hold, most incidents first."""
    least = fewest(settings, len(window))
    counts = pd.DataFrame({"n": 1, "near": near, "n_month": focus["month"] == window[-1]}).groupby(of_row).sum()
    enough = counts[(counts["n"] >= least) & ((2 * counts["near"] >= counts["n"]) | (counts["near"] >= least))]
    order = enough.sort_values(["n", "n_month"], ascending=False, kind="stable").index
    return [str(name) for name in order[: settings.max_number]]


def _cut(focus: gpd.GeoDataFrame, drawn: Found, own: Found, of_row: pd.Series, chosen: list[str]) -> Found:
    """Return the chosen places without the ground of the area's hotspots, each centre a member that is left."""
    key = pd.Index([f"N{name[1:]}" for name in chosen], dtype="str", name="hotspot_id")
    taken = shapely.union_all(own.grounds.to_numpy())
    grounds = [_polygonal(shapely.difference(drawn.grounds[name], taken)) for name in chosen]
    centres = []
    for name in chosen:
        xy = np.unique(shapely.get_coordinates(focus.geometry[of_row == name].array), axis=0)
        centres.append(xy[np.hypot(*(xy - drawn.centres.loc[name].to_numpy()).T).argmin()])
    members = of_row.map(dict(zip(chosen, key, strict=True))).astype("str").to_frame("hotspot_id")
    return Found(
        members=check(MEMBERS, members),
        grounds=gpd.GeoSeries(grounds, index=key, crs=drawn.grounds.crs),
        centres=pd.DataFrame(centres, index=key, columns=["easting", "northing"], dtype=float),
        minima=drawn.minima[chosen].set_axis(key),
        parameters={**drawn.parameters, "min_incidents": sorted(set(drawn.minima[chosen].tolist()))},
    )


def _polygonal(shape: BaseGeometry) -> BaseGeometry:
    """Return only the polygons of a shape; cutting leaves a stray line now and then."""
    parts = shapely.get_parts(shape)
    return shapely.union_all(parts[shapely.get_dimensions(parts) == 2])  # noqa: PLR2004 - a surface


def neighbour_table(
    focus: gpd.GeoDataFrame,
    found: Found,
    names: pd.Series,
    own: Found,
    areas: gpd.GeoDataFrame,
    outline: BaseGeometry,
    window: pd.PeriodIndex,
    *,
    untested: Sequence[pd.Period] = (),
) -> gpd.GeoDataFrame:
    """Rank the neighbours' hotspots, and say of each what is usual there and how near it lies.

    Parameters
    ----------
    focus, found
        The rows given to ``neighbour_hotspots``, and what it returned.
    names
        Name by id.
    own
        The area's own hotspots.
    areas
        AREAS: boroughs of the LSOAs.
    outline
        Outline of the area, in the same CRS.
    window
        Months of the window that the data hold; the last one is the month of the run.
    untested
        Those of them that are counted but not compared, because the files look incomplete.

    Returns
    -------
    GeoDataFrame
        NEIGHBOURS. ``change`` is tested as for the area's hotspots, with Benjamini and Hochberg over the
        neighbours' hotspots alone.
    """
    key = found.grounds.index
    rows = focus.join(found.members).dropna(subset="hotspot_id")
    by_month = pd.crosstab(rows["hotspot_id"], rows["month"])
    by_month = by_month.reindex(index=key, columns=window, fill_value=0).astype(np.int64)
    inside = rows.loc[rows["zone"] == "area", "hotspot_id"].value_counts().reindex(key, fill_value=0)
    table = pd.DataFrame(
        {
            "name": names.reindex(key).astype("str"),
            "borough": _boroughs(rows, areas).reindex(key).astype("str"),
            "n": by_month.sum(axis=1).astype(np.int64),
            "n_month": by_month[window[-1]],
            **month_changes(by_month, untested),
            "n_in_area": inside.astype(np.int64),
            **_where(found, own.grounds.sort_index(), outline),
        },
        index=key,
    ).sort_index()
    order = table.sort_values(["n", "n_month"], ascending=False, kind="stable").index
    table["rank"] = pd.Series(np.arange(1, len(order) + 1), index=order, dtype=np.int64)
    frame = gpd.GeoDataFrame(table, geometry=found.grounds.reindex(table.index)).rename_axis("neighbour_id")
    return check(NEIGHBOURS, frame[list(NEIGHBOURS.columns)])


def _boroughs(rows: gpd.GeoDataFrame, areas: gpd.GeoDataFrame) -> pd.Series:
    """Return the borough that holds most of each place outside the area, the alphabetically first of equals."""
    outside = rows[rows["zone"] != "area"]
    borough = outside["lsoa_code"].map(areas["borough"]).rename("borough")
    counts = outside.groupby(["hotspot_id", borough]).size().rename("count").reset_index()
    ordered = counts.sort_values(["count", "borough"], ascending=[False, True])
    most: pd.Series = ordered.drop_duplicates("hotspot_id").set_index("hotspot_id")["borough"]
    return most


def _where(found: Found, own: gpd.GeoSeries, outline: BaseGeometry) -> dict[str, pd.Series]:
    """Return where the places lie, and which of the area's grounds is the nearest to each, the first of equals."""
    grounds, key = found.grounds.to_numpy(), found.grounds.index
    british = found.grounds.crs.to_epsg() == BRITISH_NATIONAL_GRID_EPSG
    references = [grid_reference(x, y) if british else None for x, y in found.centres.to_numpy()]
    names, apart = [None] * len(key), np.full(len(key), np.nan)
    if len(own):
        all_apart = shapely.distance(grounds[:, None], own.to_numpy()[None, :])
        names, apart = own.index.to_numpy()[all_apart.argmin(axis=1)], all_apart.min(axis=1)
    return {
        "grid_ref": pd.Series(references, index=key, dtype="str"),
        "easting": found.centres["easting"],
        "northing": found.centres["northing"],
        "distance_m": pd.Series(shapely.distance(grounds, outline), index=key, dtype=float),
        "hotspot_id": pd.Series(names, index=key, dtype="str"),
        "hotspot_distance_m": pd.Series(apart, index=key, dtype=float),
    }


def border_crossings(grounds: gpd.GeoSeries, areas: gpd.GeoDataFrame, outline: BaseGeometry) -> pd.DataFrame:
    """Tell into which boroughs the area's hotspots reach.

    Parameters
    ----------
    grounds
        Ground by ``hotspot_id``.
    areas
        AREAS with zones, the whole layer, in the same CRS.
    outline
        Outline of the area.

    Returns
    -------
    DataFrame
        ``hotspot_id``, ``borough`` and ``overlap_m2``, by hotspot, the most ground first. A ground of which
        nothing lies more than a metre over the line but which comes as near to the borough touches it:
        an overlap of 0. Ground over the line in no LSOA, on water or where the layer ends, has an empty
        ``borough``.
    """
    check(AREAS, areas)
    others = areas[areas["zone"] != "area"]
    shapes, boroughs = others.geometry.to_numpy(), others["borough"].to_numpy(dtype=object)
    tree, own = shapely.STRtree(shapes), shapely.buffer(outline, _GRACE_M)
    found = []
    for name, ground in grounds.items():
        near = tree.query(ground, predicate="dwithin", distance=_GRACE_M)
        over = shapely.difference(ground, own)
        lying = shapely.area(shapely.intersection(shapes[near], over))
        found += [(name, borough, m2) for borough, m2 in zip(boroughs[near], lying, strict=True)]
        found += [(name, "", max(over.area - lying.sum(), 0.0))]
    frame = pd.DataFrame(found, columns=["hotspot_id", "borough", "overlap_m2"])
    frame = frame.astype({"hotspot_id": "str", "borough": "str", "overlap_m2": float})
    summed = frame.groupby(["hotspot_id", "borough"], as_index=False)["overlap_m2"].sum()
    # What is less than a square metre is left over where edges of the layer do not quite meet.
    summed["overlap_m2"] = summed["overlap_m2"].where(summed["overlap_m2"] >= _GRACE_M, 0.0)
    kept: pd.DataFrame = summed[(summed["borough"] != "") | (summed["overlap_m2"] > 0)]
    return kept.sort_values(["hotspot_id", "overlap_m2", "borough"], ascending=[True, False, True], ignore_index=True)
