"""The backdrop's file: how lines and surfaces become whole numbers, and how such a file is read again."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import shapely

from hotspots.errors import InputError
from hotspots.maps.encode import encode_points, encode_shape, safe_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hotspots.maps.encode import Shape

FORMAT: Final = "hotspots backdrop"
VERSION: Final = 1
"""Files of a later version are refused: a page that guesses what they mean would be wrong in silence."""

_CLASSES = tuple("12345")
_FARTHEST = 36_000_000
"""No coordinate in 1e-5 degrees is larger."""
_MAKE_AGAIN = "make it again with hotspots basemap build"


@dataclass(frozen=True, slots=True)
class Backdrop:
    """A backdrop as a page takes it."""

    payload: dict[str, Any]
    """``origin``, ``levels`` and ``places``: JSON values only, for ``backdrop.js``."""
    source: str
    """The line for the page's sources, with the attribution that the licences ask for."""
    covered: float
    """Share of the map's bounds that the backdrop was made for, above 0 and up to 1."""


def encode_lines(lines: Iterable[Any], origin: tuple[int, int]) -> list[list[int]]:
    """Turn lines into delta-coded whole numbers.

    Parameters
    ----------
    lines
        LineStrings in EPSG:4326.
    origin
        The file's origin, from ``encode.origin_of``.

    Returns
    -------
    list
        ``x, y, dx, dy, dx, dy, …`` of each line in 1e-5 degrees; the first pair is the step from the origin.
        Points that fall on the one before are left out, and so is a line of which one point is left.
    """
    coded = []
    for line in lines:
        steps = encode_points(shapely.get_coordinates(line), origin)
        pairs = list(zip(steps[::2], steps[1::2], strict=True))
        moved = [pair for number, pair in enumerate(pairs) if number == 0 or pair != (0, 0)]
        if len(moved) > 1:
            coded.append([step for pair in moved for step in pair])
    return coded


def encode_surfaces(surfaces: Iterable[Any], origin: tuple[int, int]) -> list[Shape]:
    """Turn polygons in EPSG:4326 into delta-coded whole numbers, as ``encode.encode_shape`` does."""
    return [encode_shape(surface, origin) for surface in surfaces]


def backdrop_bytes(document: dict[str, Any]) -> bytes:
    """Return the bytes of a backdrop's file: compact JSON in the order given, and a line end."""
    return f"{safe_json(document)}\n".encode()


def read_backdrop(data: bytes, name: str, bounds: Sequence[float]) -> Backdrop:
    """Read a backdrop for a map.

    Parameters
    ----------
    data
        The file's bytes, as ``backdrop_bytes`` made them.
    name
        What the error sentences call the file.
    bounds
        West, south, east and north of the map's area in degrees.

    Returns
    -------
    Backdrop
        Only what the page draws; every value of it is checked.

    Raises
    ------
    InputError
        The file is no backdrop, is damaged, was made by a later version, or lies elsewhere than the area.
    """
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{name} is no backdrop ({error}); {_MAKE_AGAIN}.") from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise InputError(f"{name} is no backdrop; {_MAKE_AGAIN}.")
    version = document.get("version")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise InputError(f"{name} does not say the version of its format; {_MAKE_AGAIN}.")
    if version > VERSION:
        raise InputError(
            f"{name} was made by a later version of hotspots (format {version}, this one reads {VERSION}); update "
            f"hotspots, or {_MAKE_AGAIN}.",
        )
    fault = _fault(document)
    if fault:
        raise InputError(f"{name} is damaged ({fault}); {_MAKE_AGAIN}.")
    covered = _share(document["bounds"], bounds)
    if not covered:
        said = ", ".join(str(area) for area in document["area"]) or "another place"
        raise InputError(f"{name} was made for {said} and lies elsewhere than this map; {_MAKE_AGAIN} for its area.")
    payload = {key: document[key] for key in ("origin", "levels", "places")}
    return Backdrop(payload, f"Backdrop: {' · '.join(document['licence'])}", covered)


def _share(made_for: Sequence[float], wanted: Sequence[float]) -> float:
    """Return how much of the wanted bounds the others hold."""
    west, south = max(made_for[0], wanted[0]), max(made_for[1], wanted[1])
    east, north = min(made_for[2], wanted[2]), min(made_for[3], wanted[3])
    if east <= west or north <= south:
        return 0.0
    return float((east - west) * (north - south) / ((wanted[2] - wanted[0]) * (wanted[3] - wanted[1])))


def _texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(text, str) for text in value)


def _numbers(value: object, length: int) -> bool:
    if not isinstance(value, list) or len(value) != length:
        return False
    return all(isinstance(number, int | float) and not isinstance(number, bool) for number in value)


def _run(value: object, least: int) -> bool:
    """Tell whether a value is a run of steps ``dx, dy`` of so many points or more."""
    if not isinstance(value, list) or len(value) % 2 or len(value) < 2 * least:
        return False
    return all(type(step) is int and abs(step) <= _FARTHEST for step in value)


def _surface(value: object) -> bool:
    if not isinstance(value, list) or not all(isinstance(rings, list) for rings in value):
        return False
    return all(_run(ring, 1) for rings in value for ring in rings)


def _fault(document: dict[str, Any]) -> str:
    """Return which part of a document is not what the page draws from; empty where all of it is."""
    levels = document.get("levels")
    checks = {
        "area": _texts(document.get("area")),
        "licence": _texts(document.get("licence")) and bool(document["licence"]),
        "bounds": _numbers(document.get("bounds"), 4),
        "origin": _run(document.get("origin"), 1) and len(document["origin"]) == 2,  # noqa: PLR2004 - x and y
        "levels": isinstance(levels, list) and bool(levels) and all(_level(level) for level in levels),
        "places": _named(document.get("places")),
    }
    return next((part for part, sound in checks.items() if not sound), "")


def _level(level: object) -> bool:
    if not isinstance(level, dict):
        return False
    roads, below = level.get("roads"), level.get("below_zoom")
    water, streams = level.get("water"), level.get("streams")
    return (
        (below is None or _numbers([below], 1))
        and isinstance(roads, dict)
        and all(key in _CLASSES and isinstance(lines, list) for key, lines in roads.items())
        and all(_run(line, 2) for lines in roads.values() for line in lines)
        and isinstance(water, list)
        and all(_surface(shape) for shape in water)
        and isinstance(streams, list)
        and all(_run(line, 2) for line in streams)
    )


def _named(places: object) -> bool:
    if not isinstance(places, dict):
        return False
    names, ranks, zooms = (places.get(key) for key in ("name", "rank", "min_zoom"))
    at = places.get("at")
    if not _texts(names) or not isinstance(names, list) or not isinstance(ranks, list):
        return False
    whole = all(type(rank) is int for rank in ranks) and len(ranks) == len(names)
    return whole and _numbers(zooms, len(names)) and _run(at, 0) and isinstance(at, list) and len(at) == 2 * len(names)
