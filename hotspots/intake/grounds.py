"""Places given as a layer: polygons, or points and lines that stand for the ground around them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely

from hotspots.errors import InputError
from hotspots.intake.vector import LINES, POINTS, SURFACES, list_layers, read_cut

if TYPE_CHECKING:
    from pathlib import Path

    from shapely import Polygon

_NAMES = ("name", "title", "label")
"""Columns that name a feature, the first that a layer has."""


def read_grounds(path: Path, option: str, within: Polygon, *, epsg: int, reach_m: float) -> gpd.GeoSeries:
    """Read places from a vector file.

    Parameters
    ----------
    path
        One layer in any format and CRS.
    option
        The option that named it, for the error sentences.
    within
        Ground that is looked at, in the CRS ``epsg``; what reaches beyond it is cut off.
    epsg
        Projected, metric CRS to bring the places to.
    reach_m
        How far around a point or a line the ground reaches, in metres.

    Returns
    -------
    GeoSeries
        Grounds by name. Features of one name are one place; without a column ``name``, ``title`` or ``label`` all
        are one, named after the file.

    Raises
    ------
    InputError
        The file is missing, cannot be read, holds several layers, or nothing of it lies within.
    """
    layer, *others = list_layers(path, option)
    if others:
        names = ", ".join(one.name for one in (layer, *others))
        raise InputError(f"{option} {path.name} holds several layers ({names}); export the one with the place.")
    column = layer.field(_NAMES)
    columns = [] if column is None else [column]
    frame = read_cut(layer, columns, within, epsg=epsg, dimensions=(POINTS, LINES, SURFACES)).frame
    if frame.empty:
        raise InputError(f"Nothing of {option} {path.name} lies in the area or around it; is it the right file?")
    shapes = frame.geometry.to_numpy()
    wide = shapely.get_dimensions(shapes) == SURFACES
    grounds = np.where(wide, shapes, shapely.buffer(shapes, reach_m))
    names = frame[column].where(frame[column] != "", path.stem) if column else frame.geometry.map(lambda _: path.stem)
    made = {str(name): shapely.union_all(grounds[names == name]) for name in sorted(set(names))}
    return gpd.GeoSeries(made, crs=f"EPSG:{epsg}")
