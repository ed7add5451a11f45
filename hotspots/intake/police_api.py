"""The street-level API of data.police.uk: an outline and a month become the rows of a download's file.

Built to the API's documentation (https://data.police.uk/docs/): a polygon as ``lat,lng:lat,lng:…``, a POST where a GET
would pass 4,094 characters, 503 where the polygon holds more than 10,000 crimes, 429 where it is asked too fast.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyproj
import shapely
from shapely import Polygon

from hotspots.errors import HotspotsError, InputError
from hotspots.files import replace_file
from hotspots.intake.download import Question, parse_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from shapely.geometry.base import BaseGeometry

    from hotspots.intake.download import Client

_FIRST_LINE = (
    "Crime ID,Month,Reported by,Falls within,Longitude,Latitude,Location,LSOA code,LSOA name,"
    "Crime type,Last outcome category,Context"
)
CATEGORIES = {
    "anti-social-behaviour": "Anti-social behaviour",
    "bicycle-theft": "Bicycle theft",
    "burglary": "Burglary",
    "criminal-damage-arson": "Criminal damage and arson",
    "drugs": "Drugs",
    "other-crime": "Other crime",
    "other-theft": "Other theft",
    "possession-of-weapons": "Possession of weapons",
    "public-disorder-weapons": "Public disorder and weapons",
    "public-order": "Public order",
    "robbery": "Robbery",
    "shoplifting": "Shoplifting",
    "theft-from-the-person": "Theft from the person",
    "vehicle-crime": "Vehicle crime",
    "violent-crime": "Violence and sexual offences",
}
"""The API's slug → the download's crime type."""
TRANSPORT_POLICE = "British Transport Police"

LONGEST_GET = 4094 - len("GET  HTTP/1.1\r\n")
"""Characters of an address that the API takes in a GET; the documentation does not say what it counts."""
TOO_MANY = 503
DEEPEST_SPLIT = 8
"""Halvings of one outline: 256 pieces hold 2,560,000 crimes a month, more than the country has."""

_DECIMALS = 6
_OVERLAP_DEGREES = 0.0002
"""Halves overlap by this much (some 20 m), since the documentation does not say to whom a point on an edge belongs."""
_MARGIN_M = 2.0
_STRAIGHT_M = 5000.0
"""A longer edge bends by more than the margin between the projection and degrees."""
_COARSEST_M = 20.0
_WAYS = 6


class Row(NamedTuple):
    """What is kept of one record of the API, as text."""

    api_id: str
    """The API's own key of the record: the same in two answers of one day, not for ever."""
    crime_id: str
    month: str
    longitude: str
    latitude: str
    location: str
    category: str
    outcome: str
    context: str
    location_type: str


@dataclass(frozen=True)
class MonthAnswer:
    """All rows of a month inside an outline."""

    rows: tuple[Row, ...]
    """Each API record once, by its key."""
    pieces: int
    """Polygons that were answered."""
    repeated: int
    """Rows that more than one piece gave."""


def asked_outline(area: BaseGeometry, *, epsg: int, context_m: float) -> tuple[Polygon, ...]:
    """Return polygons in degrees, of few vertices, that cover an area and the ring around it.

    Parameters
    ----------
    area
        Outline of the area in a projected, metric CRS.
    epsg
        That CRS.
    context_m
        Width of the ring in metres.

    Returns
    -------
    tuple
        One per separate part, without holes, EPSG:4326 as longitude and latitude with 6 decimals. Every point
        within ``context_m`` of the area lies in one of them, also where straight edges are drawn in degrees.

    Raises
    ------
    InputError
        No such polygon can be made, as of an outline that is empty.
    """
    goal = shapely.buffer(area, context_m, quad_segs=16)
    tolerance_m = max(_COARSEST_M, context_m / 10)
    for attempt in range(_WAYS):
        spare_m = tolerance_m + _MARGIN_M * 2**attempt
        wide = shapely.simplify(shapely.buffer(area, context_m + spare_m, quad_segs=16), tolerance_m)
        parts = _as_degrees(wide if attempt < _WAYS - 1 else shapely.convex_hull(wide), epsg)
        if parts and covers(parts, goal, epsg=epsg):
            return parts
    raise InputError("The area has no outline that could be asked for; check its polygons in the boundary layer.")


def _as_degrees(shape: BaseGeometry, epsg: int) -> tuple[Polygon, ...]:
    """Return the outer rings of a shape as polygons in degrees, on the grid of the decimals."""
    to_degrees = pyproj.Transformer.from_crs(epsg, 4326, always_xy=True)
    rings = [shapely.segmentize(part.exterior, _STRAIGHT_M) for part in _polygons(shape)]
    filled = shapely.union_all([Polygon(ring) for ring in rings])
    moved = shapely.transform(filled, lambda xy: np.column_stack(to_degrees.transform(xy[:, 0], xy[:, 1])))
    return tuple(Polygon(part.exterior) for part in _polygons(_on_grid(moved)))


def covers(parts: Iterable[Polygon], goal: BaseGeometry, *, epsg: int) -> bool:
    """Return whether polygons in degrees, their edges straight in degrees, cover a shape in another CRS."""
    to_metres = pyproj.Transformer.from_crs(4326, epsg, always_xy=True)
    asked = list(parts)
    if not all(part.is_valid for part in asked):
        return False
    fine = shapely.segmentize(shapely.union_all(asked), 0.001)
    moved = shapely.transform(fine, lambda xy: np.column_stack(to_metres.transform(xy[:, 0], xy[:, 1])))
    return bool(not moved.is_empty and shapely.covers(shapely.buffer(moved, 0), goal))


def halves(piece: Polygon) -> list[Polygon]:
    """Cut a polygon in degrees across its longer axis; the parts overlap a little and together cover it."""
    west, south, east, north = piece.bounds
    wide = (east - west) * math.cos(math.radians((south + north) / 2)) >= north - south
    middle = round((west + east if wide else south + north) / 2, _DECIMALS)
    low, high = middle - _OVERLAP_DEGREES / 2, middle + _OVERLAP_DEGREES / 2
    boxes = (
        (shapely.box(west - 1, south - 1, high, north + 1), shapely.box(low, south - 1, east + 1, north + 1))
        if wide
        else (shapely.box(west - 1, south - 1, east + 1, high), shapely.box(west - 1, low, east + 1, north + 1))
    )
    cut = [part for box in boxes for part in _polygons(_on_grid(shapely.intersection(piece, box)))]
    return [Polygon(part.exterior) for part in cut]


def _on_grid(shape: BaseGeometry) -> BaseGeometry:
    return shapely.set_precision(shape, 10.0**-_DECIMALS)


def _polygons(shape: BaseGeometry) -> list[Polygon]:
    return [part for part in shapely.get_parts(shape) if isinstance(part, Polygon) and not part.is_empty]


def poly_text(piece: Polygon) -> str:
    """Return a polygon as the API takes it: ``lat,lng:lat,lng``, the first corner not repeated."""
    corners = shapely.get_coordinates(piece.exterior)[:-1]
    return ":".join(f"{latitude:.{_DECIMALS}f},{longitude:.{_DECIMALS}f}" for longitude, latitude in corners)


def polygon_of(text: str) -> Polygon:
    """Return the polygon of a text that :func:`poly_text` made; a ``ValueError`` says that it is none."""
    corners = [[float(number) for number in corner.split(",")] for corner in text.split(":")]
    if not all(map(math.isfinite, (number for corner in corners for number in corner))):
        raise ValueError(text)
    return Polygon([(longitude, latitude) for latitude, longitude in corners])


def published_months(client: Client, police_url: str, otherwise: str) -> frozenset[str] | None:
    """Return the months that the API holds, as ``YYYY-MM``; none where it does not tell.

    Raises
    ------
    InputError
        The API cannot be reached or fails as often as it may.
    """
    method = f"{police_url.rstrip('/')}/crimes-street-dates"
    question = Question(method, {}, "the list of published months", otherwise, handed_back=frozenset({404, 410}))
    listed = client.ask(question, parse_json).document
    if not isinstance(listed, list):
        return None
    months = {entry.get("date") for entry in listed if isinstance(entry, dict)}
    return frozenset(month for month in months if isinstance(month, str)) or None


@dataclass(frozen=True)
class StreetApi:
    """The method ``crimes-street/all-crime`` for one outline, with its answers kept until a month is written."""

    client: Client
    police_url: str
    outline: tuple[Polygon, ...]
    """What :func:`asked_outline` returns."""
    cache: Path
    """Folder for answered pieces; one folder per month is made in it."""
    otherwise: str
    """What the user can do when it fails: a sentence."""
    edition: str = ""
    """Newest month the API holds: answers from before and after a monthly update are never put together."""

    def month(self, month: str, say: Callable[[int], None]) -> MonthAnswer:
        """Return a month's rows; pieces that an earlier, interrupted run had answered are not asked again.

        Parameters
        ----------
        month
            ``YYYY-MM``.
        say
            Called with the number of rows after each piece.

        Raises
        ------
        InputError
            The API refuses, fails as often as it may, or answers in another shape or of another month.
        OutputError
            An answer cannot be kept.
        """
        pieces = _Pieces(self.cache / month / self._digest(), month)
        waiting = [(str(number), part, 0) for number, part in enumerate(self.outline)]
        rows: list[Row] = []
        answered = 0
        while waiting:
            name, piece, depth = waiting.pop(0)
            held = pieces.read(name)
            if held is None:
                try:
                    held = self._ask(piece, month, whole=depth == DEEPEST_SPLIT)
                except HotspotsError:
                    pieces.forget_unproven(name)
                    raise
                pieces.write(name, held)
            if held.too_many:
                parts = enumerate(halves(piece))
                waiting[:0] = [(f"{name}-{number}", part, depth + 1) for number, part in parts]
                continue
            rows += held.rows
            answered += 1
            say(len(rows))
        once = {row.api_id: row for row in reversed(rows)}
        ordered = sorted(once.values(), key=lambda row: (len(row.api_id), row.api_id))
        return MonthAnswer(tuple(ordered), answered, len(rows) - len(once))

    def _ask(self, piece: Polygon, month: str, *, whole: bool) -> _Held:
        """Ask for one polygon; ``whole``: a 503 can no longer mean too many crimes."""
        question = Question(
            f"{self.police_url.rstrip('/')}/crimes-street/all-crime",
            {"date": month, "poly": poly_text(piece)},
            f"the incidents of {month}",
            self.otherwise,
            longest_get=LONGEST_GET,
            handed_back=frozenset() if whole else frozenset({TOO_MANY}),
            hints={
                400: "it cannot use the outline or the month",
                404: "it holds no such month, or its address has changed ([services] police_url)",
            },
        )
        answer = self.client.ask(question, lambda body: _rows(parse_json(body), month, self.otherwise))
        return _Held((), too_many=True) if answer.document is None else _Held(answer.document, too_many=False)

    def _digest(self) -> str:
        text = "|".join([self.police_url, self.edition, *(poly_text(part) for part in self.outline)])
        return hashlib.sha256(text.encode()).hexdigest()[:16]


class _Held(NamedTuple):
    rows: tuple[Row, ...]
    too_many: bool


class _Pieces:
    """Answered pieces of an unfinished month, a small file each; a name of a half begins with that of the whole."""

    def __init__(self, folder: Path, month: str) -> None:
        self._folder, self._month = folder, month

    def read(self, name: str) -> _Held | None:
        """Return a piece's answer; none where it is not there, or is damaged."""
        try:
            kept = json.loads((self._folder / f"{name}.json").read_bytes())
            if kept == "too many":
                return _Held((), too_many=True)
            rows = tuple(Row(*(_text(value) for value in record)) for record in kept)
        except (OSError, ValueError, TypeError, RecursionError):
            return None
        return _Held(rows, too_many=False) if {row.month for row in rows} <= {self._month} else None

    def write(self, name: str, held: _Held) -> None:
        """Keep a piece's answer."""
        document = "too many" if held.too_many else held.rows
        replace_file(self._folder / f"{name}.json", json.dumps(document).encode("ascii"))

    def forget_unproven(self, name: str) -> None:
        """Forget that the pieces above one held too many, where no part of them was ever answered.

        The API says 503 for too many crimes and web servers say it when they are down.
        """
        steps = name.split("-")
        for length in range(1, len(steps)):
            above = "-".join(steps[:length])
            below = [path.stem for path in self._folder.glob(f"{above}-*.json")]
            held = [answer for answer in map(self.read, below) if answer is not None]
            if all(answer.too_many for answer in held):
                replace_file(self._folder / f"{above}.json", b"null")


def _rows(document: Any, month: str, otherwise: str) -> tuple[Row, ...]:  # noqa: ANN401
    """Return the records of an answer, or say what is wrong with its shape."""
    if not isinstance(document, list):
        raise InputError(f"The police API answered {month} with {type(document).__name__}, no list. {otherwise}")
    try:
        rows = tuple(_row(record) for record in document)
    except (TypeError, KeyError, AttributeError) as error:
        raise InputError(
            f"The police API answered {month} with records of another shape ({type(error).__name__}: {error}); "
            f"the program needs an update. {otherwise}",
        ) from error
    others = sorted({row.month for row in rows} - {month})
    if others:
        raise InputError(f"The police API was asked for {month} and answered {others[0]!r}. {otherwise}")
    return rows


def _row(record: dict[str, Any]) -> Row:
    location, outcome = record["location"] or {}, record["outcome_status"] or {}
    row = Row(
        api_id=_text(record["id"]),
        crime_id=_text(record["persistent_id"]),
        month=_text(record["month"]),
        longitude=_text(location.get("longitude")),
        latitude=_text(location.get("latitude")),
        location=_text((location.get("street") or {}).get("name")) or "No Location",
        category=_text(record["category"]),
        outcome=_text(outcome.get("category")),
        context=_text(record.get("context")),
        location_type=_text(record.get("location_type")),
    )
    if not (row.api_id and row.category):
        raise KeyError("id" if row.category else "category")
    return row


def _text(value: Any) -> str:  # noqa: ANN401
    """Return text or a number as text that any file can hold."""
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise TypeError(f"{type(value).__name__} where text belongs")
    return str(value).replace("\x00", "\ufffd").encode("utf-8", "replace").decode("utf-8")


def crime_type(slug: str) -> str:
    """Return the download's crime type for a slug of the API; an unknown one is made readable, not dropped."""
    return CATEGORIES.get(slug) or (slug[:1].upper() + slug[1:]).replace("-", " ")


def month_csv(rows: Sequence[Row], forces: Sequence[str]) -> bytes:
    """Return the file of a month in the download's own shape, as UTF-8.

    ``forces`` names for each row the force in whose district it lies, empty where that is not known. It is the one
    that reported the row too, except where the API marks the British Transport Police. The LSOA columns are empty:
    the API names none.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(_FIRST_LINE.split(","))
    for row, force in zip(rows, forces, strict=True):
        reported = TRANSPORT_POLICE if row.location_type == "BTP" else force
        place = (row.longitude, row.latitude, row.location, "", "")
        kind = (crime_type(row.category), row.outcome, row.context)
        writer.writerow((row.crime_id, row.month, reported, force, *place, *kind))
    return buffer.getvalue().encode("utf-8")
