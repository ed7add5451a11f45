"""LSOA polygons from any vector format GDAL reads become AREAS."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError
from pyproj import CRS

from hotspots.errors import InputError
from hotspots.intake.files import InputFile, sha256
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


@dataclass(frozen=True)
class Boundaries:
    """A layer as read: every LSOA given, before any choice of area."""

    areas: gpd.GeoDataFrame
    """AREAS in the analysis CRS; ``zone`` is ``beyond`` and ``force`` empty until the area is chosen."""
    repaired: tuple[str, ...]
    """Codes of the polygons that were invalid and were repaired."""
    repeated: tuple[str, ...]
    """Codes given more than once, of which the first was used."""
    source_crs: str
    files: tuple[InputFile, ...]


def read_boundaries(paths: Sequence[Path], *, epsg: int) -> Boundaries:
    """Read one or more LSOA layers of one vintage.

    Parameters
    ----------
    paths
        Vector files in any format and CRS; a zipped shapefile is one. A GeoJSON without a CRS member
        is EPSG:4326 by its standard.
    epsg
        Projected, metric CRS to bring the polygons to.

    Returns
    -------
    Boundaries
        AREAS, and what had to be repaired.

    Raises
    ------
    InputError
        A file is missing or unreadable, holds no polygons, has no ONS code and name columns, lacks a
        CRS, mixes vintages, or holds a polygon that cannot be repaired.
    """
    layers = [_read_layer(path, epsg) for path in paths]
    vintages = {layer["vintage"].iloc[0] for layer, _ in layers}
    if len(vintages) > 1:
        raise InputError(
            f"The --boundaries mix LSOA vintages ({', '.join(map(str, sorted(vintages)))}); give one vintage only.",
        )
    areas = gpd.GeoDataFrame(pd.concat([layer for layer, _ in layers]), crs=f"EPSG:{epsg}")
    repeated = tuple(sorted(set(areas.loc[areas["lsoa_code"].duplicated(), "lsoa_code"])))
    areas = areas.drop_duplicates("lsoa_code").set_index("lsoa_code").sort_index()
    repaired = _repair(areas)
    areas["area_km2"] = areas.area / 1e6
    order = list(AREAS.columns)
    return Boundaries(
        areas=check(AREAS, areas[order], epsg=epsg),
        repaired=repaired,
        repeated=repeated,
        source_crs=", ".join(dict.fromkeys(crs for _, crs in layers)),
        files=tuple(InputFile("boundaries", path.name, sha256(path.read_bytes())) for path in paths),
    )


def _read_layer(path: Path, epsg: int) -> tuple[gpd.GeoDataFrame, str]:
    """Return one layer's LSOAs with our column names in the analysis CRS, and the CRS it came in."""
    if not path.exists():
        raise InputError(f"--boundaries {path} does not exist; check the path. {WHERE_TO_GET}")
    layer, columns = _find_layer(path)
    code, name, district, vintage = columns
    try:
        frame = gpd.read_file(path, layer=layer, columns=[code, name, *([district] if district else [])])
    except (DataSourceError, DataLayerError, ValueError, UnicodeDecodeError) as error:
        raise InputError(f"{path.name} cannot be read as a vector layer ({error}). {WHERE_TO_GET}") from error
    polygons = frame.geom_type.isin(["Polygon", "MultiPolygon", "GeometryCollection"])
    if not polygons.any():
        kinds = ", ".join(sorted(set(frame.geom_type.dropna()))) or "no geometry at all"
        raise InputError(f"{path.name} holds no polygons but {kinds}. {WHERE_TO_GET}")
    codes = frame[code].astype("str").str.strip()
    if frame[code].isna().any() or not polygons.all():
        bad = list(codes[~polygons | frame[code].isna()])[:_NAMED_AT_MOST]
        raise InputError(
            f"{path.name} has rows without a code or polygon ({', '.join(map(str, bad))}); mend the layer."
        )
    source = _source_crs(frame, path)
    frame = frame.set_crs(source, allow_override=True).to_crs(epsg)
    names = frame[name].astype("str").str.strip()
    return gpd.GeoDataFrame(
        {
            "lsoa_code": codes,
            "lsoa_name": names,
            "borough": names.str.rpartition(" ")[0].where(names.str.contains(" "), names),
            "district_code": frame[district].astype("str") if district else pd.Series(None, frame.index, dtype="str"),
            "force": pd.Series(None, frame.index, dtype="str"),
            "vintage": vintage,
            "population": np.nan,
            "zone": "beyond",
        },
        geometry=gpd.GeoSeries(shapely.force_2d(frame.geometry.array), index=frame.index, crs=frame.crs),
    ), source.to_string()


def _find_layer(path: Path) -> tuple[str, tuple[str, str, str | None, int]]:
    """Return the first layer that has the columns of an LSOA layer, and these columns."""
    seen: list[str] = []
    try:
        for layer, _ in pyogrio.list_layers(path):
            fields = [str(name) for name in pyogrio.read_info(path, layer=layer)["fields"]]
            columns = _columns(fields)
            if columns is not None:
                return layer, columns
            seen += [name for name in fields if name not in seen]
    except (DataSourceError, DataLayerError) as error:
        raise InputError(f"{path.name} is not a vector layer that can be read ({error}). {WHERE_TO_GET}") from error
    raise InputError(
        f"{path.name} has no LSOA code and name columns (LSOA21CD and LSOA21NM, or LSOA11CD and LSOA11NM); "
        f"it has: {', '.join(seen[:30]) or 'no columns'}. {WHERE_TO_GET}",
    )


def _columns(fields: list[str]) -> tuple[str, str, str | None, int] | None:
    """Return code, name and district column and the vintage; the newest vintage where a layer has both."""
    codes = {match[1]: field for field in fields if (match := _CODE.fullmatch(field))}
    names = {match[1]: field for field in fields if (match := _NAME.fullmatch(field))}
    district = next((field for field in fields if _DISTRICT.fullmatch(field)), None)
    for short in sorted(_VINTAGES, reverse=True):
        if short in codes and short in names:
            return codes[short], names[short], district, _VINTAGES[short]
    return None


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
    return crs


def _repair(areas: gpd.GeoDataFrame) -> tuple[str, ...]:
    """Repair invalid polygons in place of this module's own frame; return their codes."""
    invalid = areas.index[~areas.is_valid]
    for code in invalid:
        parts = shapely.get_parts(shapely.make_valid(areas.geometry[code]))
        flat = [piece for part in parts for piece in shapely.get_parts(part)]
        mended = shapely.union_all([piece for piece in flat if piece.geom_type == "Polygon"])
        if mended.is_empty or not mended.is_valid:
            raise InputError(f"The polygon of {code} is broken beyond repair; get the layer again. {WHERE_TO_GET}")
        areas.loc[[code], "geometry"] = gpd.GeoSeries([mended], index=[code], crs=areas.crs)
    return tuple(invalid)
