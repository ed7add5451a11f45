"""Where an event is: coordinates, a shape from a GeoJSON file, or a named venue."""

from __future__ import annotations

import json
import re
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, NamedTuple

import shapely
from shapely.errors import ShapelyError
from shapely.geometry import shape

from hotspots.errors import InputError
from hotspots.intake.coordinates import GREAT_BRITAIN
from hotspots.intake.event_cells import REASONS, Fault
from hotspots.intake.files import decode, exists, unpack
from hotspots.intake.sheets import cell_words, find_columns, read_sheet
from hotspots.settings import BRITISH_NATIONAL_GRID_EPSG

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shapely.geometry.base import BaseGeometry

VENUES = "venues.csv"
"""Named venues, beside the register."""

COORDINATES = (
    ("longitude", "latitude", 4326, (-180.0, -90.0, 180.0, 90.0)),
    ("easting", "northing", BRITISH_NATIONAL_GRID_EPSG, (0.0, 0.0, 700_000.0, 1_300_000.0)),
)
"""Columns of x and y, their CRS, and west, south, east and north of what they can hold."""

_VENUE_COLUMNS = {
    "name": ("name", "venue", "title"),
    "longitude": ("longitude", "lon", "lng", "long"),
    "latitude": ("latitude", "lat"),
    "easting": ("easting", "eastings"),
    "northing": ("northing", "northings"),
}
_NAMES = ("name", "title", "id")
"""Properties by which a shape is called."""
_EPSG = re.compile(r"EPSG:{1,2}(\d{4,6})\b")
_DEGREES = 4326
_DRAWN = ("Point", "LineString", "Polygon")


class Located(NamedTuple):
    """A shape, and the EPSG code of its CRS."""

    epsg: int
    shape: BaseGeometry | tuple[float, float]
    """A point may be x and y alone: thousands of them are made at once, later."""


class Places:
    """Finds the places of events; files beside the register are read when an event asks for them, once each."""

    def __init__(self, folder: Path, *, epsg: int) -> None:
        self._folder = folder
        self._epsg = epsg
        self._venues: dict[str, Located] | None = None
        self._shapes: dict[str, tuple[int, dict[str, list[BaseGeometry]]]] = {}
        self.notes: list[str] = []
        """What is wrong with the files of venues and shapes: sentences."""

    def find(self, row: Mapping[str, str]) -> tuple[Located | None, Fault | None]:
        """Return where an event is, and what is wrong with what it says of that.

        Coordinates count before a shape, and a shape before the venue's point.
        """
        found = by_coordinates(row, epsg=self._epsg)
        if found is not None:
            return (None, found) if isinstance(found, Fault) else (found, None)
        if row.get("place"):
            there = self._shape(row["place"])
            return there, None if there is not None else Fault("bad_place", "place", row["place"])
        name = row.get("venue", "")
        venues = self._read_venues() if name else None
        if venues is None:
            return None, None
        known = venues.get(_folded(name))
        return known, None if known is not None else Fault("unknown_venue", "venue", name)

    def _read_venues(self) -> dict[str, Located] | None:
        """Return the venues by name; none where there is no file of them."""
        if self._venues is None and exists(self._folder / VENUES):
            self._venues = {}
            sheet = read_sheet(self._folder / VENUES)
            titles = find_columns(sheet, _VENUE_COLUMNS)
            if "name" not in titles:
                raise InputError(f"{sheet.name} lacks the column name; it has: {', '.join(sheet.columns)[:200]}.")
            for number, cells in zip(sheet.numbers, sheet.rows, strict=True):
                row = {ours: cell_words(cells[title]) for ours, title in titles.items()}
                found = by_coordinates(row, epsg=self._epsg)
                where = f"{sheet.name}, row {number}"
                if not isinstance(found, Located):
                    fault = found or Fault("bad_location", None, "")
                    self.notes.append(
                        f"{where}: {row['name'] or 'no name'} has no usable place: {REASONS[fault.reason]}."
                    )
                elif _folded(row["name"]) in self._venues:
                    self.notes.append(f"{where}: {row['name']} is there before; the first row counts.")
                elif row["name"]:
                    self._venues[_folded(row["name"])] = found
        return self._venues

    def _shape(self, told: str) -> Located | None:
        """Return the shape ``file.geojson#name``; none where there is none."""
        file, _, name = told.partition("#")
        path = PurePosixPath(file.strip().replace("\\", "/"))
        # A register of somebody else's must not send this program to a folder or a server of their choice.
        if not file.strip() or path.is_absolute() or ".." in path.parts or ":" in str(path):
            return None
        if str(path) not in self._shapes:
            self._shapes[str(path)] = self._read_shapes(self._folder / Path(*path.parts))
        epsg, shapes = self._shapes[str(path)]
        wanted = _folded(name)
        if not wanted and len(shapes) == 1:
            (wanted,) = shapes
        found = shapes.get(wanted, [])
        joined = shapely.union_all(found)
        return Located(epsg, joined) if joined.geom_type.removeprefix("Multi") in _DRAWN else None

    def _read_shapes(self, path: Path) -> tuple[int, dict[str, list[BaseGeometry]]]:
        """Return the EPSG code of a GeoJSON file, and its shapes by name."""
        try:
            document = json.loads(decode(unpack(path)))
            features = document["features"] if document.get("type") == "FeatureCollection" else [document]
            epsg = _crs(document)
        except (InputError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            said = (
                f"{error}".rstrip(".")
                if isinstance(error, InputError)
                else "it is no GeoJSON in degrees or on the British National Grid"
            )
            self.notes.append(f"{path.name} cannot be read: {said}.")
            return _DEGREES, {}
        shapes: dict[str, list[BaseGeometry]] = {}
        for number, feature in enumerate(features if isinstance(features, list) else [], 1):
            found = _geometry(feature)
            name = _name(feature)
            if found is None:
                self.notes.append(f"{path.name}: the shape {name or number} cannot be used.")
            elif not _within(found, self._limits(epsg)):
                self.notes.append(f"{path.name}: the shape {name or number} lies outside Great Britain.")
            else:
                shapes.setdefault(_folded(name), []).append(found)
        return epsg, shapes

    def _limits(self, epsg: int) -> tuple[float, float, float, float]:
        """Return west, south, east and north of what coordinates in a CRS can hold here."""
        if epsg == _DEGREES:
            return GREAT_BRITAIN if self._epsg == BRITISH_NATIONAL_GRID_EPSG else COORDINATES[0][3]
        return COORDINATES[1][3]


def by_coordinates(row: Mapping[str, str], *, epsg: int) -> Located | Fault | None:
    """Return a point, a fault where coordinates are no place, and none where no coordinates are given.

    Parameters
    ----------
    row
        Our column → text; of degrees and of metres on the British National Grid those count that are given first.
    epsg
        Analysis CRS: with the British National Grid degrees outside Great Britain are a fault.
    """
    for x_name, y_name, code, limits in COORDINATES:
        texts = row.get(x_name, ""), row.get(y_name, "")
        if not any(texts):
            continue
        columns, value = f"{x_name}, {y_name}", ", ".join(texts)
        try:
            x, y = (float(text) for text in texts)
        except ValueError:
            return Fault("bad_location", columns, value)
        if not _inside((x, y, x, y), limits) or x == y == 0:
            return Fault("bad_location", columns, value)
        if code != epsg == BRITISH_NATIONAL_GRID_EPSG and not _inside((x, y, x, y), GREAT_BRITAIN):
            return Fault("outside_great_britain", columns, value)
        return Located(code, (x, y))
    return None


def _within(found: BaseGeometry, limits: tuple[float, float, float, float]) -> bool:
    return _inside(found.bounds, limits)


def _inside(bounds: tuple[float, ...], limits: tuple[float, float, float, float]) -> bool:
    west, south, east, north = limits
    return west <= bounds[0] and bounds[2] <= east and south <= bounds[1] and bounds[3] <= north


def _crs(document: Any) -> int:  # noqa: ANN401
    """Return the EPSG code of a GeoJSON document: degrees (RFC 7946), unless it names another as older ones do."""
    named = _EPSG.search(json.dumps(document.get("crs") or ""))
    code = int(named[1]) if named is not None else _DEGREES
    if code not in {_DEGREES, BRITISH_NATIONAL_GRID_EPSG}:
        raise ValueError(code)
    return code


def _geometry(feature: Any) -> BaseGeometry | None:  # noqa: ANN401
    """Return the shape of a feature, flat and valid; none where it has none that can be drawn."""
    try:
        found = shapely.force_2d(shape(feature.get("geometry") or feature))
        valid = found if shapely.is_valid(found) else shapely.make_valid(found)
        numbers = shapely.get_coordinates(found)
    except (ShapelyError, AttributeError, KeyError, TypeError, ValueError, IndexError):
        return None
    usable = valid.geom_type.removeprefix("Multi") in _DRAWN and len(numbers)
    same = shapely.get_dimensions(valid) == shapely.get_dimensions(found)
    return valid if usable and same and bool((abs(numbers) < float("inf")).all()) else None


def _name(feature: Any) -> str:  # noqa: ANN401
    properties = feature.get("properties") if isinstance(feature, dict) else None
    for holder in (properties, feature):
        if isinstance(holder, dict):
            for key in _NAMES:
                if isinstance(holder.get(key), str | int) and str(holder[key]).strip():
                    return str(holder[key]).strip()
    return ""


def _folded(name: str) -> str:
    return " ".join(name.casefold().split())
