"""The chosen area, the ring around it, and the boroughs that make the ground of the map."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from hotspots.errors import InputError, SettingsError
from hotspots.places.forces import force_of
from hotspots.tables import AREAS, check

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from shapely.geometry.base import BaseGeometry


def choose_area(areas: gpd.GeoDataFrame, names: Sequence[str], *, context_m: float) -> gpd.GeoDataFrame:
    """Mark each LSOA as in the area, in the ring around it, or beyond.

    Parameters
    ----------
    areas
        AREAS in a metric CRS: the whole layer.
    names
        Boroughs (of the layer's LSOA names) or district codes; none: the whole layer is the area.
    context_m
        Width of the ring in metres.

    Returns
    -------
    GeoDataFrame
        AREAS on the same index, with ``zone`` filled: an LSOA any part of which lies within the ring's
        width of the area is ``ring``.

    Raises
    ------
    SettingsError
        A name is no borough or district code of the layer; near spellings are offered.
    """
    if not names:
        return areas.assign(zone=pd.Series("area", index=areas.index, dtype="str"))
    chosen = pd.Series(False, index=areas.index)  # noqa: FBT003
    for name in names:
        wanted = name.strip().casefold()
        hit = (areas["borough"].str.casefold() == wanted) | (areas["district_code"].str.casefold() == wanted)
        if not hit.any():
            raise SettingsError(_unknown_area(areas, name))
        chosen |= hit
    outline = outline_of(areas[chosen])
    near = areas.index[shapely.dwithin(areas.geometry.array, outline, context_m)]
    zone = pd.Series("beyond", index=areas.index, dtype="str")
    zone[near] = "ring"
    zone[chosen] = "area"
    return check(AREAS, areas.assign(zone=zone))


def _unknown_area(areas: gpd.GeoDataFrame, name: str) -> str:
    boroughs = sorted(set(areas["borough"]))
    folded = {borough.casefold(): borough for borough in boroughs}
    close = [folded[match] for match in difflib.get_close_matches(name.strip().casefold(), folded, n=3)]
    if close:
        hint = f"did you mean {' or '.join(close)}?"
    elif len(boroughs) <= 40:  # noqa: PLR2004 - as many names as a terminal shows without scrolling
        hint = f"it has: {', '.join(boroughs)}."
    else:
        hint = f"it has {len(boroughs)} boroughs, from {boroughs[0]} to {boroughs[-1]}."
    return f"--area {name!r} is no borough of the boundary layer; {hint}"


def outline_of(areas: gpd.GeoDataFrame) -> BaseGeometry:
    """Return the outline of some LSOAs as one polygon, in their CRS; a millimetre closes hairline gaps."""
    return shapely.union_all(areas.geometry.array, grid_size=0.001)


def neighbours_of(areas: gpd.GeoDataFrame, *, reach_m: float, tolerance_m: float) -> gpd.GeoDataFrame:
    """Return the boroughs around the area, simplified, as the ground of a map.

    Parameters
    ----------
    areas
        AREAS with ``zone``, in a metric CRS.
    reach_m
        How far around the bounds of the area the ground is drawn, in metres.
    tolerance_m
        Simplification tolerance in metres.

    Returns
    -------
    GeoDataFrame
        ``borough`` and geometry in the same CRS, by name, the area's own boroughs left out.
    """
    own = areas["zone"] == "area"
    west, south, east, north = areas[own].total_bounds
    window = shapely.box(west - reach_m, south - reach_m, east + reach_m, north + reach_m)
    others = areas[~areas["borough"].isin(set(areas.loc[own, "borough"])) & areas.intersects(window)]
    names = sorted(set(others["borough"]))
    shapes = [outline_of(others[others["borough"] == name]) for name in names]
    simple = shapely.intersection(shapely.simplify(np.array(shapes, dtype=object), tolerance_m), window)
    flat = [_polygons(shape) for shape in simple]
    ground = gpd.GeoDataFrame({"borough": pd.Series(names, dtype="str")}, geometry=flat, crs=areas.crs)
    return ground[~ground.is_empty].reset_index(drop=True)


def _polygons(shape: BaseGeometry) -> BaseGeometry:
    """Return only the polygons of a shape; one that the window's edge merely touches leaves a line or a point."""
    parts = shapely.get_parts(shape)
    return shapely.union_all(parts[shapely.get_dimensions(parts) == 2])  # noqa: PLR2004 - a surface


def with_forces(
    areas: gpd.GeoDataFrame,
    coverage: pd.DataFrame,
    overrides: Mapping[str, str],
    reported: pd.DataFrame,
) -> gpd.GeoDataFrame:
    """Name the police force of every LSOA.

    Parameters
    ----------
    areas
        AREAS.
    coverage
        COVERAGE: the forces that are in the files, as the files spell them.
    overrides
        District name → force, from the settings.
    reported
        Columns ``borough``, ``force`` and ``rows``: how many located rows each force has in each borough;
        decides for a district that neither the settings nor the built-in table know.

    Returns
    -------
    GeoDataFrame
        AREAS with ``force``; empty where nothing tells.

    Raises
    ------
    InputError
        The files name no force at all, so that no area could be told from one without data.
    """
    present = sorted({force for force in coverage["force"] if force})
    if not present:
        raise InputError(
            "The incidents name no police force, so an area without incidents cannot be told from one without data; "
            "set force in the [[sources]] entry, or use street-level files as downloaded.",
        )
    named = reported[reported["force"] != ""]
    by_rows = named.sort_values(["rows", "force"], ascending=[False, True]).drop_duplicates("borough")
    busiest = dict(zip(by_rows["borough"], by_rows["force"], strict=True))
    folded = {name.casefold(): force for name, force in overrides.items()}
    force = {
        borough: folded.get(borough.casefold()) or force_of(borough) or busiest.get(borough)
        for borough in set(areas["borough"])
    }
    return areas.assign(force=areas["borough"].map(force).astype("str"))
