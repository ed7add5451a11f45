"""Layers around the outreach bus: where it may not stop, the streets people walk along, and a need of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from hotspots.errors import InputError
from hotspots.intake.event_cells import Fault
from hotspots.intake.located_rows import fault_said, parse_amount, read_located
from hotspots.intake.vector import LINES, SURFACES, list_layers, read_cut

if TYPE_CHECKING:
    from pathlib import Path

    from shapely import Polygon

_SAID_AT_MOST = 10
_NAMES = ("name", "title", "label")
"""Columns that name a zone, the first that a layer has."""


def read_zones(path: Path, option: str, *, epsg: int, within: Polygon) -> gpd.GeoDataFrame:
    """Read grounds where the bus may not stop.

    Parameters
    ----------
    path
        One layer of polygons in any format and CRS.
    option
        The option or setting that named it, for the error sentences.
    epsg
        Projected, metric CRS to bring them to.
    within
        Ground that is looked at, in that CRS; what reaches beyond it is cut off.

    Returns
    -------
    GeoDataFrame
        ``name`` and (multi)polygons, one row a name, in order of names, numbered from 0. Zones without a column
        ``name``, ``title`` or ``label``, or with an empty one, are one zone named after the file.

    Raises
    ------
    InputError
        The file is missing, cannot be read, holds several layers or a polygon that cannot be used, or no polygon of
        it lies within.
    """
    layer, *others = list_layers(path, option)
    if others:
        names = ", ".join(one.name for one in (layer, *others))
        raise InputError(f"{option} {path.name} holds several layers ({names}); export the one with the zones.")
    title = layer.field(_NAMES)
    cut = read_cut(layer, [] if title is None else [title], within, epsg=epsg, dimensions=(SURFACES,))
    if cut.dropped:
        # A zone passed over would be a stop where none may be.
        raise InputError(f"{option} {path.name}: {cut.dropped:,} of its features cannot be used; mend or remove them.")
    if cut.frame.empty:
        raise InputError(f"{option} {path.name} has no polygon in the area; is it the right file?")
    texts = cut.frame[title] if title is not None else pd.Series("", index=cut.frame.index)
    called = texts.where(texts != "", path.stem).to_numpy()
    shapes = cut.frame.geometry.to_numpy()
    # Set apart by name, then joined: where two zones of a name overlap they are one ground.
    made = {str(name): shapely.union_all(shapes[called == name]) for name in sorted(set(called))}
    return gpd.GeoDataFrame({"name": pd.Series(list(made), dtype="str")}, geometry=list(made.values()), crs=epsg)


def read_streets(path: Path, *, epsg: int, window: Polygon) -> gpd.GeoSeries:
    """Read the streets that people walk along.

    Parameters
    ----------
    path
        A vector file with one or more layers of lines, such as OS Open Roads; every line in it counts as a way to walk.
    epsg
        Projected, metric CRS to bring them to.
    window
        Ground that is looked at, in that CRS; lines are cut at its edge.

    Returns
    -------
    GeoSeries
        Single lines, numbered from 0, in an order that does not hang on the file's.

    Raises
    ------
    InputError
        The file is missing, cannot be read, or no line of it lies in the window.
    """
    layers = [layer for layer in list_layers(path, "[bus] network") if layer.dimension in {LINES, None}]
    cuts = [read_cut(layer, [], window, epsg=epsg, dimensions=(LINES,)) for layer in layers]
    shapes = np.concatenate([[], *[cut.frame.geometry.to_numpy() for cut in cuts]])
    if not len(shapes):
        raise InputError(f"[bus] network {path.name} has no line in the area or around it; is it a layer of streets?")
    order = np.argsort(np.array([shape.wkb_hex for shape in shapes]), kind="stable")
    return gpd.GeoSeries(shapes[order], crs=f"EPSG:{epsg}")


def read_own_demand(path: Path, *, epsg: int) -> gpd.GeoDataFrame:
    """Read a layer of need that stands in the place of incidents.

    Parameters
    ----------
    path
        Table with coordinates or layer of points, as of ``hotspots.intake.located_rows.read_located``, with a column
        ``weight``: a number from 0 on.
    epsg
        Projected, metric CRS to bring the points to.

    Returns
    -------
    GeoDataFrame
        ``weight`` and the points, in order of place and weight, numbered from 0.

    Raises
    ------
    InputError
        The file cannot be read, lacks ``weight``, holds lines or polygons, a row of it cannot be used (each fault is
        named, up to ten), or no weight is above 0. Nothing is passed over: the plan would not reach for it.
    """
    rows = read_located(path, "[bus] demand", epsg=epsg, role="demand")
    title = rows.find({"weight": ("weight",)}).get("weight")
    what = f"[bus] demand {rows.name}"
    if title is None:
        raise InputError(f"{what} lacks the column weight; it has: {', '.join(rows.cells.columns)[:200]}.")
    others = sorted(set(rows.kinds) - {"Point", ""})
    if others:
        raise InputError(
            f"{what} holds {', '.join(others)} where points are wanted; give a point for each, such as its centroid."
        )
    weights = rows.cells[title].map(parse_amount)
    faults = {int(row): Fault("bad_weight", "weight", rows.cells[title][row]) for row in weights.index[weights.isna()]}
    faults |= rows.faults
    if faults:
        said = [fault_said(rows.name, row, fault) for row, fault in sorted(faults.items())]
        more = f"; and {len(said) - _SAID_AT_MOST} more" if len(said) > _SAID_AT_MOST else ""
        raise InputError(f"{'; '.join(said[:_SAID_AT_MOST])}{more}; mend or remove these rows.")
    if not (weights > 0).any():
        raise InputError(f"{what} has no weight above 0; is it the right file?")
    frame = gpd.GeoDataFrame({"weight": weights.astype(float)}, geometry=rows.places)
    order = np.lexsort([frame["weight"], frame.geometry.y, frame.geometry.x])
    return frame.iloc[order].reset_index(drop=True)
