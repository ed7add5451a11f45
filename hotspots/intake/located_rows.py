"""Tables with coordinates, and layers of points, lines or polygons, as rows of text that each have one place."""

from __future__ import annotations

import hashlib
import math
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pyproj
import shapely
from shapely.errors import GEOSException

from hotspots.errors import InputError
from hotspots.intake.accept import empty_rejects, number_rejects
from hotspots.intake.coordinates import place
from hotspots.intake.event_cells import Fault
from hotspots.intake.files import InputFile, sha256_on_disk, shown_name
from hotspots.intake.sheets import cell_words, find_columns, new_sheet, read_sheet
from hotspots.intake.vector import POINTS, list_layers, read_cut
from hotspots.settings import BRITISH_NATIONAL_GRID_EPSG
from hotspots.tables import REJECTS, check

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import numpy.typing as npt
    from shapely import Point
    from shapely.geometry.base import BaseGeometry

    _Points = npt.NDArray[np.object_]

REASONS = {
    "too_many_cells": "the row has more cells than there are titles; text with a comma needs quotes",
    "no_location": "there is no place",
    "bad_coordinates": "these are no coordinates",
    "zero_coordinates": "these coordinates are empty",
    "wrong_unit": "these coordinates are in another unit",
    "swapped_axes": "these coordinates are swapped",
    "outside_great_britain": "this lies outside Great Britain",
    "two_places": "the coordinates in degrees and those in metres are different places; keep one pair",
    "bad_hours": "these are no hours; write for example Mon-Fri 16:00-22:00; Sat 10:00-14:00",
    "bad_distance": "this is no distance in metres; write for example 400",
    "bad_weight": "this is no number from 0 on",
    "repeated_id": "another row has this id",
}
"""What is wrong with a row that says where something is, in words."""

LAYERS = (".geojson", ".json", ".gpkg", ".zip", ".shp", ".fgb", ".gml", ".kml", ".tab", ".mif")
"""Endings of names that mean a layer; any other is a table."""

PLACE_COLUMNS = {
    "easting": ("easting", "eastings"),
    "northing": ("northing", "northings"),
    "longitude": ("longitude", "lon", "lng", "long"),
    "latitude": ("latitude", "lat"),
    "x": ("x",),
    "y": ("y",),
}
"""Our column → titles; where none of them is there, one title that ends in ``easting``, ``_lon`` and so on counts."""

_ENDINGS = {
    "easting": ("easting", "eastings"),
    "northing": ("northing", "northings"),
    "longitude": ("longitude", "_lon", "_lng", "_long"),
    "latitude": ("latitude", "_lat"),
}
_NOWHERE = Path()
_DEGREES = 4326
_SAME_PLACE_M = 100.0
"""Pairs of coordinates that were rounded, or came by way of another transformation, differ by less."""


@dataclass(frozen=True)
class LocatedRows:
    """Rows of a table or features of a layer."""

    name: str
    """The file's name without its folder."""
    cells: pd.DataFrame
    """Titles as the file writes them, of text, empty for nothing; the index is the number of the row as a spreadsheet
    shows it, of a layer the number of the feature, from 1."""
    places: gpd.GeoSeries
    """A point for each row in the CRS asked for; none where ``faults`` has the row."""
    faults: Mapping[int, Fault]
    """Row → why it has no place, or why its cells cannot be told apart."""
    kinds: pd.Series
    """What the place was: ``Point``, of a layer also other types of geometry, whose place is a point on them."""
    place_columns: tuple[str, ...]
    """Titles that hold the place."""
    file: InputFile

    def find(self, spellings: Mapping[str, Sequence[str]]) -> dict[str, str]:
        """Return which titles stand for columns of ours, as ``hotspots.intake.sheets.find_columns`` does."""
        return titles_of(self.cells.columns, spellings)

    def column(self, title: str | None) -> pd.Series:
        """Return the texts of a column, inner blanks single; of none empty texts."""
        texts = self.cells[title] if title is not None else pd.Series("", index=self.cells.index)
        return texts.map(lambda text: " ".join(text.split()))


def read_located(path: Path, option: str, *, epsg: int, role: str) -> LocatedRows:
    """Read a table with coordinates or a layer.

    Parameters
    ----------
    path
        CSV (also ``.csv.gz``) or workbook with ``easting`` and ``northing`` (British National Grid), ``longitude`` and
        ``latitude``, or ``x`` and ``y`` in the CRS ``epsg``; or a vector file of one layer, also zipped.
    option
        The option that named it, for the error sentences.
    epsg
        Projected, metric CRS to bring the places to. With the British National Grid a place must lie in Great Britain.
    role
        What the file is to the manifest.

    Returns
    -------
    LocatedRows
        Every row of the file. The place of a line or polygon is a point on it.

    Raises
    ------
    InputError
        The file is missing or cannot be read, has no columns of coordinates or several, holds several layers, or its
        CRS is not said or contradicted.
    """
    if path.name.casefold().endswith(LAYERS):
        return _of_layer(path, option, epsg=epsg, role=role)
    sheet = read_sheet(path)
    texts = {title: [cell_words(row[title]) for row in sheet.rows] for title in sheet.columns}
    cells = pd.DataFrame(texts, index=pd.Index(sheet.numbers, dtype=np.int64), dtype="str")
    pairs = _pairs(sheet.name, cells.columns, epsg)
    points, faults = _of_texts(cells, pairs, epsg=epsg, name=sheet.name)
    faults |= {row: Fault("too_many_cells", None, said) for row, said in sheet.faults.items()}
    points[cells.index.isin(list(faults))] = None
    return LocatedRows(
        sheet.name,
        cells,
        gpd.GeoSeries(points, index=cells.index, crs=f"EPSG:{epsg}"),
        faults,
        pd.Series("Point", index=cells.index, dtype="str"),
        tuple(title for pair in pairs for title in pair[:2]),
        InputFile(role, sheet.name, sheet.stamp),
    )


def titles_of(columns: Iterable[str], spellings: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Return which of some titles stand for columns of ours; one that is absent is not in it."""
    return find_columns(new_sheet(_NOWHERE, columns), spellings)


def made_id(prefix: str, name: str, point: Point) -> str:
    """Return an id made of a name and a place to the metre: the same for both in whichever row they stand."""
    content = f"{name.casefold()}\n{point.x:.0f}\n{point.y:.0f}"
    return prefix + hashlib.sha256(content.encode("utf-8", errors="replace")).hexdigest()[:8]


def parse_amount(text: str) -> float | None:
    """Return a finite number from 0 on; none where the text is none."""
    try:
        found = float(text)
    except ValueError:
        return None
    return found if math.isfinite(found) and found >= 0 else None


def fault_said(name: str, row: int, fault: Fault, reasons: Mapping[str, str] = REASONS) -> str:
    """Return what is wrong with a row of a file as a clause without a full stop."""
    where = f"{name}, row {row}" + (f", column {fault.column}" if fault.column else "")
    return f"{where}: {reasons[fault.reason]}" + (f" ({fault.value[:100]!r})" if fault.value else "")


def reject_faults(faults: Mapping[int, Fault], name: str) -> pd.DataFrame:
    """Return REJECTS of a file's faults, in the order of its rows."""
    rejects = empty_rejects()
    rows = [
        {"source_file": name, "source_row": row, **fault._asdict(), "column": fault.column or None}
        for row, fault in sorted(faults.items())
    ]
    if rows:
        made = number_rejects(pd.DataFrame(rows).reindex(columns=rejects.columns))
        rejects = made.astype(rejects.dtypes.to_dict())
    return check(REJECTS, rejects)


# --- tables -----------------------------------------------------------------------------------------------------------


def _pairs(name: str, titles: Iterable[str], epsg: int) -> list[tuple[str, str, int]]:
    """Return the titles of x and y and their CRS, those in the CRS of the analysis first."""
    titles = list(titles)
    found = titles_of(titles, PLACE_COLUMNS)
    for ours, endings in _ENDINGS.items():
        if ours not in found:
            ending = [title for title in titles if "_".join(title.casefold().split()).endswith(endings)]
            if len(ending) > 1:
                raise InputError(f"{name} has several columns of {ours}s ({', '.join(ending)}); leave one.")
            if ending:
                found[ours] = ending[0]
    pairs: list[tuple[str, str, int]] = []
    codes = {("easting", "northing"): BRITISH_NATIONAL_GRID_EPSG, ("longitude", "latitude"): _DEGREES, ("x", "y"): epsg}
    for (x, y), code in codes.items():
        if x in found and y in found and (x != "x" or not pairs):
            pairs.append((found[x], found[y], code))
    if not pairs:
        raise InputError(
            f"{name} does not say where things are: it needs the columns easting and northing, or latitude and "
            f"longitude; it has: {', '.join(titles)[:200]}."
        )
    return sorted(pairs, key=lambda pair: pair[2] != epsg)


def _of_texts(
    cells: pd.DataFrame, pairs: Sequence[tuple[str, str, int]], *, epsg: int, name: str
) -> tuple[_Points, dict[int, Fault]]:
    """Return a point or none for each row, and why there is none; of two pairs the first that a row fills counts."""
    xy = np.full((len(cells), 2), np.nan)
    reasons, columns, values, texts = (np.full(len(cells), word, dtype=object) for word in ("no_location", "", "", ""))
    open_ = np.ones(len(cells), dtype=bool)
    for x, y, code in pairs:
        found = place(cells[x], cells[y], epsg=code, analysis_epsg=epsg, where=name)
        here = _in_metres(cells[x], cells[y], found.lon, found.lat, code=code, epsg=epsg)
        given = ((cells[x] != "") | (cells[y] != "")).to_numpy()
        with np.errstate(invalid="ignore"):
            other = ~open_ & (reasons == "") & (np.hypot(*(here - xy).T) > _SAME_PLACE_M)
        reasons[other], xy[other] = "two_places", np.nan
        said = (cells[x] + ", " + cells[y]).to_numpy(dtype=object)
        values[other] = texts[other] + "; " + said[other]
        columns[other] += f", {x}, {y}"
        first = open_ & given
        reasons[first], values[first], xy[first] = found.reason[first], found.value[first], here[first]
        columns[first], texts[first] = f"{x}, {y}", said[first]
        open_ &= ~given
    points = np.array(shapely.points(xy), dtype=object)
    points[reasons != ""] = None
    faults = {
        int(row): Fault(reason, column or ", ".join(pairs[0][:2]), value)
        for row, reason, column, value in zip(cells.index, reasons, columns, values, strict=True)
        if reason
    }
    return points, faults


def _in_metres(
    x: pd.Series, y: pd.Series, lon: pd.Series, lat: pd.Series, *, code: int, epsg: int
) -> npt.NDArray[np.float64]:
    """Return x and y in the CRS asked for, NaN where there is no place."""
    usable = lon.notna().to_numpy()
    moved = np.full((len(x), 2), np.nan)
    to_metres = pyproj.Transformer.from_crs(_DEGREES, epsg, always_xy=True)
    moved[usable] = np.column_stack(to_metres.transform(lon[usable].to_numpy(), lat[usable].to_numpy()))
    if code == epsg:  # as they are written: the way through degrees and back would add a fraction of a millimetre
        written = np.column_stack([pd.to_numeric(texts, errors="coerce").to_numpy(dtype=float) for texts in (x, y)])
        moved[usable] = np.where(np.isfinite(written), written, moved)[usable]
    return moved


# --- layers -----------------------------------------------------------------------------------------------------------


def _of_layer(path: Path, option: str, *, epsg: int, role: str) -> LocatedRows:
    layer, *others = list_layers(path, option)
    name = shown_name(path)
    if others:
        names = ", ".join(one.name for one in (layer, *others))
        raise InputError(f"{option} {name} holds several layers ({names}); export the one that is meant.")
    # Judges the CRS of the layer; a window of a metre brings next to no rows.
    read_cut(layer, (), _somewhere(epsg), epsg=epsg, dimensions=(POINTS,))
    try:
        with warnings.catch_warnings():  # GDAL's remarks on a file are no sentences for the user
            warnings.simplefilter("ignore")
            found = pyogrio.read_dataframe(layer.source, layer=layer.name, force_2d=True, on_invalid="ignore")
            shapes = gpd.GeoDataFrame(found).geometry.to_crs(epsg)
            points = gpd.GeoSeries([_point_on(shape) for shape in shapes], crs=shapes.crs)
            degrees = points.to_crs(_DEGREES)
    except Exception as error:  # pyogrio meets damage with errors not meant as such, too
        raise InputError(f"{name} cannot be read ({error}); export it again, or get it again.") from error
    rows = pd.RangeIndex(1, len(found) + 1)
    texts = {
        str(title): [_text(value) for value in found[title].tolist()]
        for title in found.columns
        if title != found.geometry.name
    }
    lon, lat = (
        pd.Series(["" if one is None else repr(float(getattr(one, axis))) for one in degrees], index=rows, dtype="str")
        for axis in "xy"
    )
    judged = place(lon, lat, epsg=_DEGREES, analysis_epsg=epsg, where=name)
    faulty = (judged.reason != "").to_numpy()
    faults = {int(row): Fault(judged.reason[row], None, judged.value[row]) for row in rows[faulty]}
    return LocatedRows(
        name,
        pd.DataFrame(texts, index=rows, dtype="str"),
        gpd.GeoSeries(np.where(faulty, None, points.to_numpy()), index=rows, crs=f"EPSG:{epsg}"),
        faults,
        pd.Series(shapes.geom_type.to_numpy(), index=rows, dtype="str").fillna(""),
        (),
        InputFile(role, name, sha256_on_disk(path)),
    )


def _somewhere(epsg: int) -> shapely.Polygon:
    """Return a square metre in the middle of the ground that a CRS is made for."""
    ground = pyproj.CRS.from_epsg(epsg).area_of_use
    west, south, east, north = ground.bounds if ground is not None else (-1.0, -1.0, 1.0, 1.0)
    middle = pyproj.Transformer.from_crs(_DEGREES, epsg, always_xy=True).transform(
        (west + east) / 2, (south + north) / 2
    )
    return shapely.Point(middle).buffer(0.5)


def _point_on(shape: BaseGeometry | None) -> BaseGeometry | None:
    """Return a point on a shape, a point as it is; none where there is nothing to point at."""
    if shape is None or shape.is_empty or not np.isfinite(shapely.get_coordinates(shape)).all():
        return None
    try:
        point = shapely.point_on_surface(shape if shape.is_valid else shapely.make_valid(shape))
    except GEOSException:
        return None
    return None if point.is_empty else point


def _text(value: Any) -> str:  # noqa: ANN401
    """Return the cell of a layer as a table would hold it."""
    if isinstance(value, list | tuple | dict | np.ndarray):
        return str(value)
    return "" if pd.isna(value) else cell_words(value)
