"""Areas as borders that are stored once: what the page's script ``decode.js`` puts together again.

The idea is that of TopoJSON (Bostock 2012): borders are cut into arcs where areas meet, an arc that two areas share is
written once, and each ring is a list of arcs. Here the cuts are found on the page's whole-number coordinates, exactly
and without any tolerance: a point is a cut where not all rings that pass through it have the same two neighbours there.
Where areas overlap, leave gaps or have borders that do not match, the arcs are simply not shared.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from hotspots.errors import TableError
from hotspots.maps.columns import encode_column
from hotspots.maps.encode import PER_DEGREE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

_POLYGONAL = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)
_MIN_RING = 3
_ROW = 1 << 27
"""More than there are coordinates in one direction: x · _ROW + y is another number for every point of the world."""


def topology(shapes: Sequence[BaseGeometry | None] | NDArray[np.object_], origin: tuple[int, int]) -> dict[str, Any]:
    """Return areas as arcs and rings of arcs.

    Parameters
    ----------
    shapes
        Polygons and MultiPolygons in EPSG:4326; none and empty ones are shapes without a polygon. They need not be
        a clean coverage.
    origin
        The page's origin, from ``origin_of``.

    Returns
    -------
    dict
        JSON values; every column is one of ``columns``. ``arcs``: the number of ``points`` of each arc, and ``x`` and
        ``y`` of all points, in steps of 1e-5 degrees from the origin. ``shapes``: the number of ``polygons`` of each
        shape, of ``rings`` of each polygon, outer ring first, of ``arcs`` of each ring, and the arcs themselves,
        ``at``: 0 is the next arc that was not met before; otherwise, less one, the lowest bit says that the arc is
        run through backwards, and the others how many arcs before the last one met it stands. Joined end to end,
        each without its last point, the arcs give the ring of ``encode.encode_shape``; it may begin at another point.

    Raises
    ------
    TableError
        A shape is neither a Polygon nor a MultiPolygon.
    """
    given = np.asarray(shapes, dtype=object)
    found = shapely.get_type_id(given)
    strange = np.flatnonzero(~np.isin(found, (*_POLYGONAL, shapely.GeometryType.MISSING)))
    if len(strange):
        raise TableError(f"Shape {strange[0]} of the page is a {given[strange[0]].geom_type}; only areas can be drawn.")
    polygons, shape_of = shapely.get_parts(given, return_index=True)
    full = ~shapely.is_empty(polygons)
    polygons, shape_of = polygons[full], shape_of[full]
    rings = _quantised(polygons)
    arcs, at = _share(_cut(rings.points, rings.counts))
    points = rings.points[arcs.index] - origin
    return {
        "arcs": {
            "points": encode_column(arcs.counts),
            "x": encode_column(points[:, 0]),
            "y": encode_column(points[:, 1]),
        },
        "shapes": {
            "polygons": encode_column(np.bincount(shape_of, minlength=len(given))),
            "rings": encode_column(np.bincount(rings.polygon, minlength=len(polygons))),
            "arcs": encode_column(np.bincount(at.ring, minlength=len(rings.counts))),
            "at": encode_column(at.code),
        },
    }


def simplified(shapes: NDArray[np.object_], tolerance_m: float) -> NDArray[np.object_]:
    """Return areas with fewer points, borders that were shared still shared.

    Parameters
    ----------
    shapes
        Polygons and MultiPolygons in a projected CRS in metres. Borders that do not match exactly are simplified
        each for itself and may then overlap or part by about the tolerance.
    tolerance_m
        Corners are left out while the triangle at them is smaller than a square of this side.

    Returns
    -------
    numpy.ndarray
        As many shapes, in the same order; each ring keeps three corners at least. The method is that of Visvalingam
        and Whyatt (1993), on the borders of a coverage.
    """
    fewer = np.array(shapes, dtype=object)
    full = ~(shapely.is_missing(fewer) | shapely.is_empty(fewer))
    if full.any():
        fewer[full] = shapely.coverage_simplify(fewer[full], tolerance_m)
    return fewer


@dataclass(frozen=True, slots=True)
class _Rings:
    points: NDArray[np.int64]
    """All points of all rings, (n, 2), no ring's first point repeated."""
    counts: NDArray[np.int64]
    """How many points each ring has."""
    polygon: NDArray[np.intp]
    """The polygon of each ring."""


@dataclass(frozen=True, slots=True)
class _Uses:
    """The arcs of all rings in their order: an arc that two rings share is here twice."""

    first: NDArray[np.intp]
    """Where each begins among ``order``."""
    counts: NDArray[np.int64]
    """Its points, without the one where the next begins."""
    ring: NDArray[np.intp]
    order: NDArray[np.intp]
    """Positions of all points, each ring turned so that it begins with an arc."""
    after: NDArray[np.intp]
    """The position of the next point of the ring, for each of ``order``."""
    number: NDArray[np.intp]
    """For each position, which of the distinct places it is."""


@dataclass(frozen=True, slots=True)
class _Arcs:
    index: NDArray[np.intp]
    """Positions of the points of all arcs."""
    counts: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Codes:
    code: NDArray[np.int64]
    ring: NDArray[np.intp]


def _quantised(polygons: NDArray[np.object_]) -> _Rings:
    """Return the rings as ``encode_shape`` has them: no repeated point, no hole too small to show."""
    lines, polygon = shapely.get_rings(polygons, return_index=True)
    degrees, ring = shapely.get_coordinates(lines, return_index=True)
    whole = np.rint(degrees * PER_DEGREE).astype(np.int64)
    begins = np.diff(ring, prepend=-1) != 0
    kept = begins | (np.diff(whole, axis=0, prepend=0) != 0).any(axis=1)
    whole, ring = whole[kept], ring[kept]
    counts = np.bincount(ring, minlength=len(lines))
    # The closing point equals the first one; a ring that has shrunk to one point keeps it.
    closing = (np.diff(ring, append=-1) != 0) & (counts[ring] > 1)
    counts = np.where(counts > 1, counts - 1, counts)
    outer = np.diff(polygon, prepend=-1) != 0
    shown = outer | (counts >= _MIN_RING)
    return _Rings(whole[~closing & shown[ring]], counts[shown], polygon[shown])


def _cut(points: NDArray[np.int64], counts: NDArray[np.int64]) -> _Uses:
    """Cut all rings where areas meet; a ring that meets nobody is cut at its first place in space."""
    ring = np.repeat(np.arange(len(counts)), counts)
    ends = np.cumsum(counts)
    begins = ends - counts
    at = np.arange(len(points))
    after = np.where(at + 1 == ends[ring], begins[ring], at + 1)
    before = np.where(at == begins[ring], ends[ring] - 1, at - 1)
    distinct, number = np.unique(points[:, 0] * _ROW + points[:, 1], return_inverse=True)
    beside = np.sort(np.column_stack([number[before], number[after]]), axis=1)
    # One passage, whichever comes last, stands for all through a place: where any differs from it, areas meet.
    one = np.zeros((len(distinct), 2), dtype=np.intp)
    one[number] = beside
    meets = np.zeros(len(distinct), dtype=bool)
    meets[number[(beside != one[number]).any(axis=1)]] = True
    cut = meets[number]
    if len(points):
        alone = ~np.logical_or.reduceat(cut, begins)
        least = np.flatnonzero(alone[ring] & (number == np.minimum.reduceat(number, begins)[ring]))
        cut[least[np.unique(ring[least], return_index=True)[1]]] = True
    firsts = np.flatnonzero(cut)
    turn = firsts[np.unique(ring[firsts], return_index=True)[1]] - begins
    moved = at + turn[ring]
    order = np.where(moved < ends[ring], moved, moved - counts[ring])
    first = np.flatnonzero(cut[order])
    return _Uses(first, np.diff(first, append=len(at)), ring[first], order, after[order], number)


def _share(uses: _Uses) -> tuple[_Arcs, _Codes]:
    """Store each arc once, in the direction and order in which it is first met."""
    many = int(uses.number.max(initial=0)) + 1
    last = uses.first + uses.counts - 1
    start, end = uses.number[uses.order[uses.first]], uses.number[uses.after[last]]
    ahead = start * many + uses.number[uses.after[uses.first]]
    back = end * many + uses.number[uses.order[last]]
    # Between cuts every place has the same two neighbours in all rings, so an arc's first step tells the whole of it;
    # the count tells apart rings that run round the same places once and twice.
    _, step = np.unique(np.minimum(ahead, back), return_inverse=True)
    key = step * (len(uses.order) + 1) + uses.counts
    _, met, same = np.unique(key, return_index=True, return_inverse=True)
    place = np.argsort(np.argsort(met))
    arc = place[same]
    fresh = np.zeros(len(arc), dtype=bool)
    fresh[met] = True
    turned = (back < ahead) != (back < ahead)[met][same]
    known = np.cumsum(fresh)
    code = np.where(fresh, 0, 2 * (known - 1 - arc) + turned + 1)
    return _stored(uses, np.flatnonzero(fresh)), _Codes(code, uses.ring)


def _stored(uses: _Uses, fresh: NDArray[np.intp]) -> _Arcs:
    """Return the points of some arcs, their last ones included."""
    counts = uses.counts[fresh] + 1
    ends = np.cumsum(counts)
    inside = np.ones(int(counts.sum()), dtype=bool)
    inside[ends - 1] = False
    index = np.empty(len(inside), dtype=np.intp)
    within = np.arange(int(counts.sum() - len(fresh))) - np.repeat(ends - counts - np.arange(len(fresh)), counts - 1)
    index[inside] = uses.order[np.repeat(uses.first[fresh], counts - 1) + within]
    index[ends - 1] = uses.after[uses.first[fresh] + counts - 2]
    return _Arcs(index, counts)
