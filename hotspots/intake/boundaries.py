"""LSOA polygons from any vector format GDAL reads become AREAS."""

from __future__ import annotations

import re
import warnings
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
from pyproj import CRS
from shapely.errors import GEOSException

from hotspots.errors import InputError
from hotspots.intake.files import ZIP_FAULTS, InputFile, exists, sha256_on_disk, shown_name
from hotspots.settings import BRITISH_NATIONAL_GRID_EPSG
from hotspots.tables import AREAS, check

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

WHERE_TO_GET = (
    "Get 'Lower layer Super Output Areas (December 2021) Boundaries EW BGC' (generalised, clipped) "
    "from the ONS Open Geography Portal."
)

_CODE = re.compile(r"lsoa(\d\d)cd", re.IGNORECASE)
_NAME = re.compile(r"lsoa(\d\d)nm", re.IGNORECASE)
_DISTRICT = re.compile(r"lad\d\dcd", re.IGNORECASE)
_VINTAGES = {"11": 2011, "21": 2021}
_NAMED_AT_MOST = 10
_MOST_DEGREES = 360.0
_AROUND_GREAT_BRITAIN = (-500_000.0, -500_000.0, 1_200_000.0, 1_800_000.0)
"""West, south, east, north on the British National Grid, so wide that only a wrong CRS leaves it."""
_FAR = 1e9
"""Metres that no projected coordinate reaches, infinity among them."""
_POLYGONS = ("Polygon", "MultiPolygon")
_IN_ZIPS = (".shp", ".gpkg", ".geojson", ".json", ".fgb", ".gml", ".kml", ".tab", ".mif")
# pyogrio's and pyproj's errors are RuntimeErrors; GDAL's text may be no text, its geometry none.
_FAULTS = (RuntimeError, ValueError, OSError, GEOSException)


@dataclass(frozen=True)
class Boundaries:
    """A layer as read: every LSOA given, before any choice of area."""

    areas: gpd.GeoDataFrame
    """AREAS in the analysis CRS; ``zone`` is ``beyond`` and ``force`` empty until the area is chosen."""
    repaired: tuple[str, ...]
    """Codes of the polygons that were invalid and were repaired."""
    repeated: tuple[str, ...]
    """Codes given in several rows, whose polygons were joined."""
    source_crs: str
    files: tuple[InputFile, ...]


def read_boundaries(paths: Sequence[Path], *, epsg: int) -> Boundaries:
    """Read one or more LSOA layers of one vintage.

    Parameters
    ----------
    paths
        Vector files in any format and CRS; a zipped shapefile is one, also in a folder of the zip. A GeoJSON
        without a CRS member is EPSG:4326 by its standard.
    epsg
        Projected, metric CRS to bring the polygons to.

    Returns
    -------
    Boundaries
        AREAS, and what had to be repaired.

    Raises
    ------
    InputError
        No file is given, one is missing or unreadable, holds no polygons, has no ONS code and name
        columns, lacks a CRS or contradicts it, mixes vintages, or holds a polygon that cannot be repaired.
    """
    if not paths:
        raise InputError(f"No --boundaries are given. {WHERE_TO_GET}")
    layers = [_read_layer(path, epsg) for path in paths]
    vintages = {layer["vintage"].iloc[0] for layer, _ in layers}
    if len(vintages) > 1:
        raise InputError(
            f"The --boundaries mix LSOA vintages ({', '.join(map(str, sorted(vintages)))}); give one vintage only.",
        )
    areas = gpd.GeoDataFrame(pd.concat([layer for layer, _ in layers], ignore_index=True), crs=f"EPSG:{epsg}")
    repeated = tuple(sorted(set(areas.loc[areas["lsoa_code"].duplicated(), "lsoa_code"])))
    repaired = _repair(areas)
    areas = _one_per_code(areas)
    areas["area_km2"] = areas.area / 1e6
    order = list(AREAS.columns)
    return Boundaries(
        areas=check(AREAS, areas[order], epsg=epsg),
        repaired=repaired,
        repeated=repeated,
        source_crs=", ".join(dict.fromkeys(crs for _, crs in layers)),
        files=tuple(InputFile("boundaries", shown_name(path), sha256_on_disk(path)) for path in paths),
    )


class _Columns(NamedTuple):
    code: str
    name: str
    district: str | None
    vintage: int


def _read_layer(path: Path, epsg: int) -> tuple[gpd.GeoDataFrame, str]:
    """Return one layer's LSOAs with our column names in the analysis CRS, and the CRS it came in."""
    if not exists(path):
        raise InputError(f"--boundaries {path} does not exist; check the path. {WHERE_TO_GET}")
    frame, columns = _read_vector(path)
    if not isinstance(frame, gpd.GeoDataFrame):
        raise InputError(f"{path.name} is a table without geometry, not a layer of polygons. {WHERE_TO_GET}")
    polygons = frame.geom_type.isin([*_POLYGONS, "GeometryCollection"]) & ~frame.is_empty
    if not polygons.any():
        kinds = ", ".join(sorted(set(frame.geom_type[~frame.is_empty].dropna()))) or "no geometry at all"
        raise InputError(f"{path.name} holds no polygons but {kinds}. {WHERE_TO_GET}")
    codes, names = (frame[column].astype("str").str.strip().fillna("") for column in (columns.code, columns.name))
    whole = polygons & (codes != "") & (names != "")
    if not whole.all():
        bad = [code or f"row {position}" for position, code in enumerate(codes, 1) if not whole.iloc[position - 1]]
        raise InputError(
            f"{path.name} has {len(bad)} rows without a code, a name or a polygon "
            f"({', '.join(bad[:_NAMED_AT_MOST])}); mend the layer.",
        )
    frame, source = _to_analysis(frame, path, epsg)
    district = columns.district
    return gpd.GeoDataFrame(
        {
            "lsoa_code": codes,
            "lsoa_name": names,
            "borough": names.str.rpartition(" ")[0].where(names.str.contains(" "), names),
            "ward": pd.Series(None, frame.index, dtype="str"),
            "district_code": frame[district].astype("str") if district else pd.Series(None, frame.index, dtype="str"),
            "force": pd.Series(None, frame.index, dtype="str"),
            "vintage": columns.vintage,
            "population": np.nan,
            "zone": "beyond",
        },
        geometry=gpd.GeoSeries(shapely.force_2d(frame.geometry.array), index=frame.index, crs=frame.crs),
    ), source


def _read_vector(path: Path) -> tuple[pd.DataFrame, _Columns]:
    """Return the first layer that has the columns of an LSOA layer, and these columns."""
    seen: list[str] = []
    fault: Exception | None = None
    for source in (str(path), *_inside_zip(path)):
        try:
            with warnings.catch_warnings():  # GDAL's remarks on a file are no sentences for the user
                warnings.simplefilter("ignore")
                for layer, _ in pyogrio.list_layers(source):
                    fields = [str(name) for name in pyogrio.read_info(source, layer=layer)["fields"]]
                    columns = _columns(fields)
                    if columns is not None:
                        wanted = [name for name in columns[:3] if name is not None]
                        return gpd.read_file(source, layer=layer, columns=wanted), columns
                    seen += [name for name in fields if name not in seen]
        except Exception as error:  # noqa: BLE001 - pyogrio meets damage with errors not meant as such, too
            fault = fault or error
    if fault is not None and not seen:
        raise InputError(f"{path.name} cannot be read as a vector layer ({fault}). {WHERE_TO_GET}") from fault
    raise InputError(
        f"{path.name} has no LSOA code and name columns (LSOA21CD and LSOA21NM, or LSOA11CD and LSOA11NM); "
        f"it has: {', '.join(seen[:30]) or 'no columns'}. {WHERE_TO_GET}",
    )


def _inside_zip(path: Path) -> list[str]:
    """Return GDAL's names of the vector files in a zip: it finds none by itself where they lie in a folder."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = [name for name in archive.namelist() if name.casefold().endswith(_IN_ZIPS)]
    except ZIP_FAULTS:
        return []
    whole = path.resolve().as_posix()
    return [f"/vsizip/{whole}/{name}" for name in sorted(members)]


def _columns(fields: list[str]) -> _Columns | None:
    """Return code, name and district column and the vintage; the newest vintage where a layer has both."""
    codes = {match[1]: field for field in fields if (match := _CODE.fullmatch(field))}
    names = {match[1]: field for field in fields if (match := _NAME.fullmatch(field))}
    district = next((field for field in fields if _DISTRICT.fullmatch(field)), None)
    for short in sorted(_VINTAGES, reverse=True):
        if short in codes and short in names:
            return _Columns(codes[short], names[short], district, _VINTAGES[short])
    return None


def _to_analysis(frame: gpd.GeoDataFrame, path: Path, epsg: int) -> tuple[gpd.GeoDataFrame, str]:
    """Return a layer in the analysis CRS and the name of its own; refuse one whose place no LSOA can have."""
    try:
        source = _source_crs(frame, path)
        moved = frame.set_crs(source, allow_override=True).to_crs(epsg)
        west, south, east, north = (float(bound) for bound in moved.total_bounds)
    except _FAULTS as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"The CRS of {path.name} cannot be used ({error}); export it again.") from error
    w, s, e, n = _AROUND_GREAT_BRITAIN if epsg == BRITISH_NATIONAL_GRID_EPSG else (-_FAR, -_FAR, _FAR, _FAR)
    if not (w <= west <= east <= e and s <= south <= north <= n):
        raise InputError(
            f"{path.name} in {source.to_string()} reaches from {west:,.0f}, {south:,.0f} to {east:,.0f}, {north:,.0f} "
            f"in EPSG:{epsg}, outside Great Britain; is its CRS the true one, and longitude before latitude?",
        )
    return moved, source.to_string()


def _source_crs(frame: gpd.GeoDataFrame, path: Path) -> CRS:
    """Return the CRS of a layer, and refuse one that its coordinates contradict."""
    is_geojson = path.suffix.lower() in {".geojson", ".json"}
    crs: CRS | None = CRS.from_epsg(4326) if frame.crs is None and is_geojson else frame.crs
    if crs is None:
        raise InputError(f"{path.name} does not say its CRS (a shapefile needs its .prj); export it again with one.")
    west, south, east, north = (float(bound) for bound in frame.total_bounds)
    in_degrees = max(abs(west), abs(east)) <= _MOST_DEGREES and max(abs(south), abs(north)) <= _MOST_DEGREES
    if crs.is_geographic and not in_degrees:
        raise InputError(
            f"{path.name} is said to be in degrees ({crs.to_string()}), yet its coordinates reach "
            f"{east:,.0f}, {north:,.0f}; export it again with its true CRS, probably EPSG:27700.",
        )
    if crs.is_projected and in_degrees:
        raise InputError(
            f"{path.name} is said to be projected ({crs.to_string()}), yet its coordinates, up to "
            f"{east:,.2f}, {north:,.2f}, look like degrees; export it again with its true CRS, probably EPSG:4326.",
        )
    return crs


def _repair(areas: gpd.GeoDataFrame) -> tuple[str, ...]:
    """Repair invalid polygons in place of this module's own frame; return their codes."""
    unsound = areas.index[~(areas.is_valid & areas.geom_type.isin(_POLYGONS))]
    codes = areas.loc[unsound, "lsoa_code"]
    for row, code in codes.items():
        try:
            parts = shapely.get_parts(shapely.make_valid(areas.geometry[row]))
            flat = [piece for part in parts for piece in shapely.get_parts(part)]
            mended = shapely.union_all([piece for piece in flat if piece.geom_type == "Polygon"])
            whole = mended.geom_type in _POLYGONS and mended.is_valid
        except GEOSException:
            whole = False
        if not whole:
            raise InputError(f"The polygon of {code} is broken beyond repair; get the layer again. {WHERE_TO_GET}")
        areas.loc[[row], "geometry"] = gpd.GeoSeries([mended], index=[row], crs=areas.crs)
    return tuple(sorted(set(codes)))


def _one_per_code(areas: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return one row per LSOA: a layer may hold its parts in several rows, or a borough may be given twice."""
    single = areas.drop_duplicates("lsoa_code").set_index("lsoa_code").sort_index()
    several = areas[areas["lsoa_code"].duplicated(keep=False)]
    joined = {code: shapely.union_all(rows.geometry.array) for code, rows in several.groupby("lsoa_code")}
    single.loc[list(joined), "geometry"] = gpd.GeoSeries(joined, crs=areas.crs)
    return single
