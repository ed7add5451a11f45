"""Roads, water and place names for a backdrop, classified by the columns of the sources people have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from hotspots.errors import InputError
from hotspots.intake.files import InputFile, sha256_on_disk, shown_name
from hotspots.intake.vector import LINES, POINTS, SURFACES, list_layers, read_cut

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from shapely import Polygon

    from hotspots.intake.vector import Cut, VectorLayer

ROAD_CLASSES: Final = {
    1: "motorways",
    2: "A and trunk roads",
    3: "B and secondary roads",
    4: "minor roads",
    5: "local roads",
}
"""Number and name of each class of roads."""

OS, OSM = "os", "osm"
"""Publishers whose licence is known from the columns of their files."""

_ROAD_COLUMNS = (
    ("road_function", "roadfunction", "function"),
    ("road_classification", "roadclassification", "classification", "classifica", "class"),
    ("highway",),
    ("fclass",),
)
"""OS Open Roads (GeoPackage, GML, shapefile), OS OpenMap Local, OSM, Geofabrik; the first that knows a row decides."""
_ROAD_NAMES = (
    ("road_classification_number", "roadclassificationnumber", "roadnumber", "road_number", "ref"),
    ("name_1", "name1", "distinctive_name", "distinctivename", "distname", "name"),
)
_ROADS = {
    1: ("motorway",),
    2: ("a road", "a road primary", "primary road", "primary", "trunk"),
    3: ("b road", "b road primary", "secondary"),
    4: ("minor road", "classified unnumbered", "tertiary"),
    5: (
        *("local road", "local street", "local access road", "pedestrianised street"),
        *("unclassified", "not classified", "unknown", "residential", "living_street", "pedestrian", "road"),
    ),
    0: (
        *("restricted local access road", "secondary access road", "private road publicly accessible"),
        *("guided busway carriageway", "shared use carriageway", "service", "track", "footway", "cycleway", "path"),
        *("bridleway", "steps", "corridor", "construction", "proposed", "busway", "bus_guideway", "raceway"),
        *("track_grade1", "track_grade2", "track_grade3", "track_grade4", "track_grade5", "platform", "elevator"),
    ),
}
"""Values of these columns; 0: paths and private ways, which are left out."""
_ROAD_OF = {value: number for number, values in _ROADS.items() for value in values}

_WATER_COLUMNS = ("waterway", "natural", "water", "fclass", "landuse")
_OPEN_WATER = {"water", "bay", "strait", "river", "riverbank", "canal", "dock", "reservoir", "basin", "lake", "pond"}
_SMALL_WATER = {"stream", "drain", "ditch", "brook"}

_PLACE_NAMES = ("name1", "name_1", "name", "distinctive_name", "distinctivename", "distname")
_PLACE_KINDS = ("place", "local_type", "localtype", "fontheight", "font_height", "fclass", "type")
_PLACES = {
    1: ("city", "national_capital", "extra large"),
    2: ("town", "large"),
    3: ("suburb", "suburban area", "borough", "medium"),
    4: ("village", "quarter", "small"),
    5: ("hamlet", "neighbourhood", "other settlement"),
}
"""OSM and Geofabrik, OS Open Names, and the letter sizes of OS OpenMap Local."""
_PLACE_OF = {value: rank for rank, values in _PLACES.items() for value in values}
PLAIN_RANK: Final = 3
"""Rank of a place whose kind no column tells."""
_LONGEST_NAME = 60
_NAMED_AT_MOST = 5

_OSM_COLUMNS = {"highway", "fclass", "osm_id", "osm_way_id", "waterway"}
_OS_COLUMNS = {"road_function", "roadfunction", "formofway", "form_of_way", "classifica", "local_type", "featcode"}
_OS_COLUMNS |= {"localtype", "distinctive_name", "distinctivename", "distname", "feature_code", "featurecode"}


@dataclass(frozen=True)
class Ground:
    """One kind of things on the ground, from one or more files."""

    frame: gpd.GeoDataFrame
    """Single geometries in the CRS asked for, numbered from 0. Roads: ``road_class`` and ``name`` (empty where
    none). Water: ``small``, true for streams and ditches. Places: points with ``name`` and ``rank`` 1 to 5."""
    files: tuple[InputFile, ...]
    publishers: tuple[str | None, ...]
    """Of each file: ``OS``, ``OSM``, or none where its columns do not tell."""
    notes: tuple[str, ...]
    """What a reader must know: unknown columns, rows left out or repaired."""


class _Taken(NamedTuple):
    """What one file gave."""

    frame: gpd.GeoDataFrame
    fields: tuple[str, ...]
    """Columns of the layers that were used."""
    notes: list[str]


def read_roads(paths: Sequence[Path], window: Polygon, *, epsg: int) -> Ground:
    """Read roads and tell motorways from A roads, B roads, minor and local roads.

    Parameters
    ----------
    paths
        Line layers: OS Open Roads, OS OpenMap Local, an OSM extract (``highway``, or ``fclass`` as Geofabrik
        writes it), or any other, whose lines then are all of class 3. Paths and private ways are left out.
    window
        Polygon in the CRS ``epsg``; what lies outside is not read.
    epsg
        Projected, metric CRS of the result.

    Returns
    -------
    Ground
        Lines with ``road_class`` 1 to 5 and ``name``.

    Raises
    ------
    InputError
        A file is missing or unreadable, lacks a CRS or contradicts it, or holds no line in the window.
    """
    return _ground("--roads", paths, lambda layers: _roads(layers, window, epsg))


def read_water(paths: Sequence[Path], window: Polygon, *, epsg: int) -> Ground:
    """Read water as polygons and lines.

    Parameters
    ----------
    paths
        Layers of OS OpenMap Local (surface water, tidal water), OS Open Rivers, OSM (``natural``, ``waterway``,
        or Geofabrik's ``fclass``), or any other, of which everything is water.
    window
        Polygon in the CRS ``epsg``; what lies outside is not read.
    epsg
        Projected, metric CRS of the result.

    Returns
    -------
    Ground
        Polygons and lines with ``small``.

    Raises
    ------
    InputError
        A file is missing or unreadable, lacks a CRS or contradicts it, or holds no water in the window.
    """
    return _ground("--water", paths, lambda layers: _water(layers, window, epsg))


def read_places(paths: Sequence[Path], window: Polygon, *, epsg: int) -> Ground:
    """Read named places.

    Parameters
    ----------
    paths
        Points, or polygons whose middle is taken, with a column of names: OS Open Names, the named places of OS
        OpenMap Local, OSM (``place``, or Geofabrik's ``fclass``), or any other, all of one rank. Of a layer
        that tells kinds, only settlements are taken.
    window
        Polygon in the CRS ``epsg``; what lies outside is not read.
    epsg
        Projected, metric CRS of the result.

    Returns
    -------
    Ground
        Points with ``name`` and ``rank``: 1 city, 2 town, 3 suburb or unknown, 4 village, 5 smaller. In order of
        rank, then name, then place.

    Raises
    ------
    InputError
        A file is missing or unreadable, lacks a CRS or contradicts it, has no column of names, or names no
        settlement in the window.
    """
    ground = _ground("--places", paths, lambda layers: _places(layers, window, epsg))
    at = shapely.get_coordinates(ground.frame.geometry.to_numpy())
    order = np.lexsort((at[:, 1], at[:, 0], ground.frame["name"].to_numpy(dtype=str), ground.frame["rank"]))
    return Ground(ground.frame.iloc[order].reset_index(drop=True), ground.files, ground.publishers, ground.notes)


def _ground(option: str, paths: Sequence[Path], read: Callable[[tuple[VectorLayer, ...]], _Taken]) -> Ground:
    """Read each file, and put their parts one after the other."""
    taken = [(path, read(list_layers(path, option))) for path in paths]
    for path, part in taken:
        if part.frame.empty:
            raise InputError(
                f"{option} {path.name} holds nothing of the area that can be drawn; is it the right layer, of this "
                "part of the country, with longitude before latitude?",
            )
    return Ground(
        frame=pd.concat([part.frame for _, part in taken], ignore_index=True),
        files=tuple(InputFile(option.strip("-"), shown_name(path), sha256_on_disk(path)) for path in paths),
        publishers=tuple(_publisher(part.fields) for _, part in taken),
        notes=tuple(note for _, part in taken for note in part.notes),
    )


def _publisher(fields: Sequence[str]) -> str | None:
    """Return whose columns these are."""
    folded = {field.casefold() for field in fields}
    return OSM if folded & _OSM_COLUMNS else OS if folded & _OS_COLUMNS else None


def _roads(layers: tuple[VectorLayer, ...], window: Polygon, epsg: int) -> _Taken:
    """Return the classified roads of a file; where no layer tells classes, the lines of its first one."""
    lines = [layer for layer in layers if layer.dimension in {LINES, None}]
    found = []
    for layer in lines:
        columns = [name for names in _ROAD_COLUMNS if (name := layer.field(names)) is not None]
        if not columns:
            continue
        titles = [name for names in _ROAD_NAMES if (name := layer.field(names)) is not None]
        cut = read_cut(layer, [*columns, *titles], window, epsg=epsg, dimensions=(LINES,))
        number = _first_known(cut.frame, columns, _ROAD_OF)
        if number.notna().any():
            notes = [*_left_out(layer, cut, number, columns), *_mends(layer, cut)]
            rows = number.fillna(0) > 0
            found.append(_Taken(_road_frame(cut.frame[rows], number[rows], titles), layer.fields, notes))
    if not found and lines:
        layer = lines[0]
        titles = [name for names in _ROAD_NAMES if (name := layer.field(names)) is not None]
        cut = read_cut(layer, titles, window, epsg=epsg, dimensions=(LINES,))
        note = f"{layer.path.name} has no column of road classes that is known: every line is drawn as a B road is."
        plain = pd.Series(PLAIN_RANK, cut.frame.index)
        found.append(_Taken(_road_frame(cut.frame, plain, titles), layer.fields, [note, *_mends(layer, cut)]))
    return _joined(found, ["road_class", "name"], epsg)


def _road_frame(cut: gpd.GeoDataFrame, number: pd.Series, titles: Sequence[str]) -> gpd.GeoDataFrame:
    """Return roads by class, under their number or, where they have none, their name."""
    name = pd.Series("", cut.index, dtype="str")
    for title in titles:
        name = name.where(name != "", cut[title])
    return gpd.GeoDataFrame({"road_class": number.astype("int64"), "name": name}, geometry=cut.geometry)


def _water(layers: tuple[VectorLayer, ...], window: Polygon, epsg: int) -> _Taken:
    """Return the water of a file: of a file of several layers, of those that tell of water."""
    shapes = [layer for layer in layers if layer.dimension in {LINES, SURFACES, None}]
    telling = [layer for layer in shapes if layer.field(_WATER_COLUMNS) or _sounds_wet(layer.name)]
    found = []
    for layer in shapes if len(shapes) == 1 else telling:
        columns = [name for word in _WATER_COLUMNS if (name := layer.field((word,))) is not None]
        cut = read_cut(layer, columns, window, epsg=epsg, dimensions=(LINES, SURFACES))
        values = cut.frame[columns].apply(lambda column: column.str.casefold())
        small = values.isin(_SMALL_WATER).any(axis=1)
        wet = small | values.isin(_OPEN_WATER).any(axis=1) if columns else ~small
        frame = gpd.GeoDataFrame({"small": small[wet]}, geometry=cut.frame.geometry[wet])
        found.append(_Taken(frame, layer.fields, _mends(layer, cut)))
    return _joined(found, ["small"], epsg)


def _sounds_wet(name: str) -> bool:
    return any(word in name.casefold() for word in ("water", "river", "lake"))


def _places(layers: tuple[VectorLayer, ...], window: Polygon, epsg: int) -> _Taken:
    """Return the named places of a file; of one rank where no layer tells kinds."""
    named = [layer for layer in layers if layer.dimension != LINES and layer.field(_PLACE_NAMES)]
    if not named:
        seen = ", ".join(dict.fromkeys(field for layer in layers for field in layer.fields)) or "no columns"
        raise InputError(
            f"--places {layers[0].path.name} has no column of names (name1, name or distname) beside points or "
            f"polygons; it has: {seen}.",
        )
    telling = [layer for layer in named if layer.field(_PLACE_KINDS)]
    found = []
    for layer in telling or named[:1]:
        name = str(layer.field(_PLACE_NAMES))
        columns = [kind for word in _PLACE_KINDS if (kind := layer.field((word,))) is not None]
        cut = read_cut(layer, [name, *columns], window, epsg=epsg, dimensions=(POINTS, SURFACES))
        if columns:
            rank = _first_known(cut.frame, columns, _PLACE_OF)
            notes = _left_out(layer, cut, rank, columns)
        else:
            rank = pd.Series(float(PLAIN_RANK), cut.frame.index)
            notes = [f"{layer.path.name} does not tell towns from villages: its places are all of rank {PLAIN_RANK}."]
        title = cut.frame[name].map(_title)
        rows = rank.notna() & (title != "")
        points = shapely.point_on_surface(cut.frame.geometry[rows].to_numpy())
        columns_of = {"name": title[rows].astype("str"), "rank": rank[rows].astype("int64")}
        frame = gpd.GeoDataFrame(columns_of, geometry=points, crs=cut.frame.crs)
        found.append(_Taken(frame, layer.fields, [*notes, *_mends(layer, cut)]))
    return _joined(found, ["name", "rank"], epsg)


def _title(text: str) -> str:
    """Return a name as one short line of printable text."""
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    return line if len(line) <= _LONGEST_NAME else f"{line[: _LONGEST_NAME - 1].rstrip()}…"


def _first_known(frame: pd.DataFrame, columns: Sequence[str], known: Mapping[str, int]) -> pd.Series:
    """Return what the first column that knows a row says of it; empty where none does."""
    said = pd.Series(np.nan, frame.index)
    for column in columns:
        # "A Road, Collapsed Dual Carriageway" is an A road, "trunk_link" the slip road of a trunk road.
        words = frame[column].str.split(",").str[0].str.strip().str.casefold().str.removesuffix("_link")
        said = said.fillna(words.map(known))
    return said


def _left_out(layer: VectorLayer, cut: Cut, number: pd.Series, columns: Sequence[str]) -> list[str]:
    """Say which rows are not drawn, and why."""
    name, notes = layer.path.name, []
    private, unknown = int((number == 0).sum()), number.isna()
    if private:
        notes.append(f"{name}: {private:,} paths and private ways are left out.")
    if unknown.any():
        kinds = cut.frame.loc[unknown, columns].replace("", np.nan).bfill(axis=1).iloc[:, 0].dropna()
        said = [repr(_title(str(kind))) for kind in kinds.value_counts().sort_index(kind="stable").index]
        more = f" and {len(said) - _NAMED_AT_MOST} more" if len(said) > _NAMED_AT_MOST else ""
        of = f" ({', '.join(said[:_NAMED_AT_MOST])}{more})" if said else ""
        notes.append(f"{name}: {int(unknown.sum()):,} rows of another kind{of} are left out.")
    return notes


def _mends(layer: VectorLayer, cut: Cut) -> list[str]:
    """Say what was repaired and what could not be."""
    name, notes = layer.path.name, []
    if cut.repaired:
        notes.append(f"{name}: {cut.repaired:,} invalid shapes were repaired.")
    if cut.dropped:
        notes.append(f"{name}: {cut.dropped:,} rows without a usable geometry are left out.")
    return notes


def _joined(found: Sequence[_Taken], columns: Sequence[str], epsg: int) -> _Taken:
    """Return the parts of a file's layers as one."""
    none = gpd.GeoDataFrame({name: [] for name in columns}, geometry=[], crs=f"EPSG:{epsg}")
    frames = [part.frame for part in found if len(part.frame)]
    frame = pd.concat(frames, ignore_index=True) if frames else none
    fields = tuple(field for part in found for field in part.fields)
    return _Taken(gpd.GeoDataFrame(frame), fields, [note for part in found for note in part.notes])
