"""Layers of lines, polygons and points in any format GDAL reads, cut to a window while they are read."""

from __future__ import annotations

import warnings
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pyproj
import shapely
from pyproj import CRS
from shapely.errors import GEOSException

from hotspots.errors import InputError
from hotspots.intake.files import ZIP_FAULTS, exists

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray
    from shapely import Polygon
    from shapely.geometry.base import BaseGeometry

POINTS, LINES, SURFACES = 0, 1, 2
"""Dimensions of geometry, as shapely counts them."""

_IN_ZIPS = (".shp", ".gpkg", ".geojson", ".json", ".fgb", ".gml", ".kml", ".tab", ".mif")
_MOST_DEGREES = 360.0
_EDGE_POINTS = 21
"""A window's edge is bent by another CRS: its corners alone could cut it short."""


@dataclass(frozen=True, slots=True)
class VectorLayer:
    """One layer of a file, as GDAL describes it without reading its rows."""

    path: Path
    source: str
    """GDAL's name of the file, which may lie in a zip."""
    name: str
    fields: tuple[str, ...]
    dimension: int | None
    """Points, lines or surfaces; none: the layer does not say, or mixes them."""

    def field(self, names: Sequence[str]) -> str | None:
        """Return the first of some column names that the layer has, whatever its letters' case."""
        folded = {field.casefold(): field for field in reversed(self.fields)}
        return next((folded[name] for name in names if name in folded), None)


@dataclass(frozen=True)
class Cut:
    """The part of a layer in a window."""

    frame: gpd.GeoDataFrame
    """The columns asked for, as text, empty where a cell was; single geometries in the CRS asked for."""
    repaired: int
    """Invalid polygons that were repaired."""
    dropped: int
    """Features whose geometry could not be used, or not be repaired."""


def list_layers(path: Path, option: str) -> tuple[VectorLayer, ...]:
    """Return the layers of a file that have geometry.

    Parameters
    ----------
    path
        A vector file; a zip of one, also in a folder of the zip.
    option
        The option that named the file, such as ``--roads``, for the error sentences.

    Returns
    -------
    tuple of VectorLayer
        In the file's order; at least one.

    Raises
    ------
    InputError
        The file is missing, cannot be read, or no layer of it has geometry.
    """
    if not exists(path):
        raise InputError(f"{option} {path} does not exist; check the path.")
    found = []
    try:
        for source in _inside_zip(path) or [str(path)]:
            with warnings.catch_warnings():  # GDAL's remarks on a file are no sentences for the user
                warnings.simplefilter("ignore")
                for name, kind in pyogrio.list_layers(source):
                    if kind is not None:
                        fields = tuple(str(field) for field in pyogrio.read_info(source, layer=name)["fields"])
                        found.append(VectorLayer(path, source, str(name), fields, _dimension(str(kind))))
    except Exception as error:  # pyogrio meets damage with errors not meant as such, too
        raise InputError(f"{option} {path.name} cannot be read as a vector layer ({error}); get it again.") from error
    if not found:
        raise InputError(f"{option} {path.name} holds no layer with geometry; give lines, polygons or points.")
    return tuple(found)


def _dimension(kind: str) -> int | None:
    words = {"Point": POINTS, "LineString": LINES, "Curve": LINES, "Polygon": SURFACES, "Surface": SURFACES}
    return next((dimension for word, dimension in words.items() if word in kind), None)


def _inside_zip(path: Path) -> list[str]:
    """Return GDAL's names of the vector files in a zip: it finds none by itself where they lie in a folder."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = [name for name in archive.namelist() if name.casefold().endswith(_IN_ZIPS)]
    except ZIP_FAULTS:
        return []
    whole = path.resolve().as_posix()
    return [f"/vsizip/{whole}/{name}" for name in sorted(members)]


def read_cut(
    layer: VectorLayer, columns: Sequence[str], window: Polygon, *, epsg: int, dimensions: tuple[int, ...]
) -> Cut:
    """Read the part of a layer that lies in a window.

    Parameters
    ----------
    layer
        From ``list_layers``.
    columns
        Columns to read, spelt as the layer spells them; no other enters the program.
    window
        Polygon in the CRS ``epsg``. Rows outside its bounds are passed over while the file is read; geometry
        that reaches beyond it is cut.
    epsg
        Projected, metric CRS to bring the geometry to.
    dimensions
        Which of points, lines and surfaces are wanted; others are passed over.

    Returns
    -------
    Cut
        Single geometries, valid, not empty, within the window; numbered anew from 0.

    Raises
    ------
    InputError
        The layer cannot be read, does not say its CRS, or its coordinates contradict it.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            info = pyogrio.read_info(layer.source, layer=layer.name, force_total_bounds=True)
            crs = _crs(info, layer)
            frame = pyogrio.read_dataframe(
                layer.source,
                layer=layer.name,
                columns=list(columns),
                bbox=_bounds_in(window, epsg, crs),
                force_2d=True,
                on_invalid="ignore",
            )
            frame = gpd.GeoDataFrame(frame).set_crs(crs, allow_override=True).to_crs(epsg)
            shapes, repaired, dropped = _sound(frame.geometry.to_numpy())
            shapes = _clipped(shapes, window)
    except InputError:
        raise
    except Exception as error:  # as in list_layers
        raise InputError(f"{layer.path.name} cannot be read ({error}); export it again, or get it again.") from error
    parts, rows = shapely.get_parts(shapes, return_index=True)
    wanted = np.isin(shapely.get_dimensions(parts), dimensions) & ~shapely.is_empty(parts)
    table = pd.DataFrame({name: frame[name].astype("str").fillna("").str.strip() for name in columns}, frame.index)
    taken = table.iloc[rows[wanted]].reset_index(drop=True)
    return Cut(gpd.GeoDataFrame(taken, geometry=parts[wanted], crs=f"EPSG:{epsg}"), repaired, dropped)


def _crs(info: dict[str, object], layer: VectorLayer) -> CRS:
    """Return the CRS of a layer, and refuse one that its coordinates contradict."""
    name = layer.path.name
    if info["crs"] is None:
        raise InputError(f"{name} does not say its CRS (a shapefile needs its .prj); export it again with one.")
    crs = CRS.from_user_input(info["crs"])
    bounds = np.asarray(info["total_bounds"], dtype=float)
    bounds = bounds[np.isfinite(bounds)]
    in_degrees = bool((np.abs(bounds) <= _MOST_DEGREES).all())
    reach = ", ".join(f"{bound:,.6g}" for bound in bounds[2:])
    if crs.is_geographic and not in_degrees:
        raise InputError(
            f"{name} is said to be in degrees ({crs.to_string()}), yet its coordinates reach {reach}; export it again "
            "with its true CRS, probably EPSG:27700.",
        )
    if crs.is_projected and in_degrees and len(bounds) and bounds.any():
        raise InputError(
            f"{name} is said to be projected ({crs.to_string()}), yet its coordinates, up to {reach}, look like "
            "degrees; export it again with its true CRS, probably EPSG:4326.",
        )
    return crs


def _bounds_in(window: Polygon, epsg: int, crs: CRS) -> tuple[float, float, float, float]:
    """Return the window's bounds in another CRS."""
    transformer = pyproj.Transformer.from_crs(epsg, crs, always_xy=True)
    west, south, east, north = transformer.transform_bounds(*window.bounds, densify_pts=_EDGE_POINTS)
    return west, south, east, north


def _sound(shapes: NDArray[np.object_]) -> tuple[NDArray[np.object_], int, int]:
    """Return valid shapes, how many were repaired, and how many could not be used (empty in their place)."""
    coordinates, rows = shapely.get_coordinates(shapes, return_index=True)
    lost = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    lost[rows[~np.isfinite(coordinates).all(axis=1)]] = True
    sound = shapes.copy()
    sound[lost] = shapely.Point()
    invalid = ~shapely.is_valid(sound)
    sound[invalid] = [_mended(shape) for shape in sound[invalid]]
    beyond = invalid & shapely.is_empty(sound)
    return sound, int((invalid & ~beyond).sum()), int((lost | beyond).sum())


def _mended(shape: BaseGeometry) -> BaseGeometry:
    """Return a shape made valid, its parts of the highest dimension only; empty where nothing is left of that."""
    try:
        flat = shapely.get_parts(shapely.get_parts(shapely.make_valid(shape)))
    except GEOSException:
        return shapely.Point()
    kept = [part for part in flat if shapely.get_dimensions(part) == shapely.get_dimensions(shape)]
    return shapely.union_all(kept) if kept else shapely.Point()


def _clipped(shapes: NDArray[np.object_], window: Polygon) -> NDArray[np.object_]:
    """Return the shapes cut to the window; those inside stay as they are."""
    shapely.prepare(window)
    crossing = ~shapely.covers(window, shapes) & ~shapely.is_empty(shapes)
    cut = shapes.copy()
    cut[crossing] = shapely.intersection(shapes[crossing], window)
    return cut
