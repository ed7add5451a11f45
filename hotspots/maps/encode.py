"""Geometry and words as compact whole numbers, and JSON that is safe inside a page."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray
    from shapely import Polygon
    from shapely.geometry.base import BaseGeometry

PER_DEGREE = 100_000
"""Coordinates are whole numbers of 1e-5 degrees: about a metre, far finer than a street-level point."""

Shape: TypeAlias = list[list[list[int]]]
"""Polygons → rings → ``x, y, dx, dy, dx, dy, …``; the first pair is the step from the page's origin."""

_MIN_RING = 3
_ESCAPES = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&\u2028\u2029"}


def origin_of(bounds: Sequence[float]) -> tuple[int, int]:
    """Return the whole-number lower left corner of bounds in degrees (longitude, latitude)."""
    return int(np.floor(bounds[0] * PER_DEGREE)), int(np.floor(bounds[1] * PER_DEGREE))


def encode_shape(geometry: BaseGeometry, origin: tuple[int, int]) -> Shape:
    """Turn a polygon into delta-coded whole numbers.

    Parameters
    ----------
    geometry
        Polygon or MultiPolygon in EPSG:4326.
    origin
        The page's origin, from ``origin_of``.

    Returns
    -------
    list
        One list per polygon, of one list of numbers per ring, outer ring first. A ring's last point, which
        repeats its first, and points that fall on the one before are left out; every point kept is within
        1e-5 degrees of where it was. A hole too small to show is left out, an outer ring never.
    """
    polygons = cast("list[Polygon]", list(shapely.get_parts(geometry)))
    coded = []
    for polygon in polygons:
        outer = _encode_ring(shapely.get_coordinates(polygon.exterior), origin)
        holes = (_encode_ring(shapely.get_coordinates(ring), origin) for ring in polygon.interiors)
        coded.append([outer, *(hole for hole in holes if len(hole) >= 2 * _MIN_RING)])
    return coded


def _encode_ring(coordinates: NDArray[np.float64], origin: tuple[int, int]) -> list[int]:
    whole = np.rint(coordinates * PER_DEGREE).astype(np.int64)
    moved = np.any(np.diff(whole, axis=0) != 0, axis=1)
    # The closing point equals the first one, so dropping the last distinct point closes nothing twice.
    kept = whole[np.concatenate([[True], moved])][:-1] if moved.any() else whole[:1]
    steps = np.diff(kept, axis=0, prepend=np.array([origin]))
    return [int(step) for step in steps.ravel()]


def encode_points(points: NDArray[np.float64], origin: tuple[int, int]) -> list[int]:
    """Return points (longitude, latitude) as one run of steps ``dx, dy``, the first from the origin."""
    if not len(points):
        return []
    steps = np.diff(np.rint(points * PER_DEGREE).astype(np.int64), axis=0, prepend=np.array([origin]))
    return [int(step) for step in steps.ravel()]


def encode_words(words: Iterable[str | None]) -> dict[str, Any]:
    """Return a text column as its distinct words and one index per row; -1 stands for no word."""
    index: dict[str, int] = {}
    rows = [-1 if word is None else index.setdefault(word, len(index)) for word in words]
    return {"words": list(index), "rows": rows}


def safe_json(data: Any) -> str:  # noqa: ANN401 - any JSON value
    """Return JSON that cannot end, or be mistaken for, the markup around it.

    Raises
    ------
    ValueError
        A number is not finite: JSON has no word for it.
    """
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.translate(_ESCAPES)
