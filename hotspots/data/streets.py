"""The invented map points: fixed places in streets, on which every incident is put."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import shape

from hotspots.data.invented import (
    CENTRES,
    HOME,
    INSTITUTIONS,
    STREET_FIRST,
    STREET_SECOND,
)

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

BACKGROUND = len(CENTRES)
"""Source of the map points that belong to no centre."""

# Metres in a degree at 51.45° N, written down: a cosine may differ in its last bit between platforms.
METRES_PER_DEGREE = np.array([69_516.5, 111_257.0])

_POINTS_PER_AREA_HOME = 12
_POINTS_PER_AREA_ELSEWHERE = 4
_POINTS_PER_CENTRE = 16
_CENTRE_RADIUS_M = 90.0
_EDGE_M = 15.0
_BORDER_M = 3.0
_MISNAMED = 0.35
_INSTITUTIONAL = 0.02
_BATCH = 64


@dataclass(frozen=True, slots=True)
class Outline:
    """The areas of the demonstration, in the order of the layer."""

    codes: tuple[str, ...]
    names: tuple[str, ...]
    boroughs: NDArray[np.str_]
    polygons: NDArray[np.object_]
    """Longitude and latitude in degrees."""

    @property
    def metric(self) -> NDArray[np.object_]:
        """The same polygons in local metres, good for distances of some hundred metres."""
        return np.asarray(shapely.transform(self.polygons, lambda xy: xy * METRES_PER_DEGREE), dtype=object)


@dataclass(frozen=True, slots=True)
class MapPoints:
    """Map points, one value each per point."""

    coordinates: Floats
    """Longitude and latitude in degrees, rounded to 6 decimals; shape (n, 2)."""
    area: Ints
    """Row of the area it lies in."""
    published: Ints
    """Row of the area that the rows of this point name."""
    source: Ints
    """Row of its centre, or ``BACKGROUND``."""
    weight: Floats
    """How much of its source it attracts; positive, no unit."""
    street: tuple[str, ...]


def read_outline(text: str) -> Outline:
    """Read the packaged outline.

    Parameters
    ----------
    text
        GeoJSON in EPSG:4326 with the properties ``LSOA11CD`` and ``LSOA11NM``.

    Returns
    -------
    Outline
        Its areas; the borough is the name without its last word.
    """
    features: list[dict[str, Any]] = json.loads(text)["features"]
    names = tuple(str(feature["properties"]["LSOA11NM"]) for feature in features)
    polygons = np.empty(len(features), dtype=object)
    polygons[:] = [shape(feature["geometry"]) for feature in features]
    return Outline(
        codes=tuple(str(feature["properties"]["LSOA11CD"]) for feature in features),
        names=names,
        boroughs=np.array([name.rsplit(" ", 1)[0] for name in names]),
        polygons=polygons,
    )


def draw(rng: np.random.Generator, weights: Floats, size: int) -> Ints:
    """Draw row numbers with the given weights.

    Only plain uniform numbers are taken from the generator: numpy keeps those, and no other distribution, the
    same from release to release and on every platform.

    Parameters
    ----------
    rng
        Source of uniform numbers.
    weights
        Not negative, at least one positive.
    size
        How many to draw.

    Returns
    -------
    Ints
        ``size`` row numbers of ``weights``.
    """
    total = np.cumsum(weights)
    rows = np.searchsorted(total, rng.random(size) * total[-1], side="right")
    return np.asarray(np.minimum(rows, len(weights) - 1), dtype=np.int64)


def map_points(outline: Outline, rng: np.random.Generator) -> MapPoints:
    """Lay the map points: a dozen in every area of Bexley, fewer elsewhere, and a cluster at every centre.

    Parameters
    ----------
    outline
        The areas.
    rng
        Source of uniform numbers.

    Returns
    -------
    MapPoints
        About 3,900 points. None lies within 3 m of another borough, so that the borough of a row is never in
        doubt; a few, within 15 m of another area of their borough, name that area, as published rows do.
    """
    metric = outline.metric
    borders = {
        name: shapely.union_all(metric[outline.boroughs == name]).boundary
        for name in sorted(set(outline.boroughs.tolist()))
    }
    tree = shapely.STRtree(outline.polygons)
    found = [
        *(_in_centre(outline, tree, borders, number, rng) for number in range(len(CENTRES))),
        *(_in_area(outline, borders, number, rng) for number in range(len(outline.codes))),
    ]
    coordinates = np.concatenate([points for points, _ in found])
    area = np.concatenate([areas for _, areas in found])
    source = np.repeat(
        np.minimum(np.arange(len(found)), BACKGROUND),
        [len(areas) for _, areas in found],
    ).astype(np.int64)
    institution = np.where(rng.random(len(area)) < _INSTITUTIONAL, draw(rng, np.ones(len(INSTITUTIONS)), len(area)), -1)
    return MapPoints(
        coordinates=coordinates,
        area=area,
        published=_published(outline, metric, coordinates, area, source, rng),
        source=source,
        weight=_weights(len(outline.codes), area, source, institution, rng),
        street=_streets(source, institution, rng),
    )


def _clear_of_border(points: Floats, border: Any) -> NDArray[np.bool_]:  # noqa: ANN401
    distance = shapely.distance(shapely.points(points * METRES_PER_DEGREE), border)
    return np.asarray(distance > _BORDER_M)


def _in_area(
    outline: Outline,
    borders: dict[str, Any],
    number: int,
    rng: np.random.Generator,
) -> tuple[Floats, Ints]:
    borough = str(outline.boroughs[number])
    wanted = _POINTS_PER_AREA_HOME if borough == HOME else _POINTS_PER_AREA_ELSEWHERE
    polygon = outline.polygons[number]
    west, south, east, north = polygon.bounds
    kept = np.empty((0, 2))
    while len(kept) < wanted:
        candidates = np.round(rng.random((_BATCH, 2)) * [east - west, north - south] + [west, south], 6)
        candidates = candidates[shapely.contains_xy(polygon, candidates)]
        kept = np.concatenate([kept, candidates[_clear_of_border(candidates, borders[borough])]])
    return kept[:wanted], np.full(wanted, number, dtype=np.int64)


def _in_centre(
    outline: Outline,
    tree: shapely.STRtree,
    borders: dict[str, Any],
    number: int,
    rng: np.random.Generator,
) -> tuple[Floats, Ints]:
    middle = np.array([CENTRES[number].longitude, CENTRES[number].latitude])
    kept: list[tuple[float, float, int]] = []
    while len(kept) < _POINTS_PER_CENTRE:
        offset = (rng.random((1, 2)) * 2 - 1) * _CENTRE_RADIUS_M
        point = np.round(middle + offset / METRES_PER_DEGREE, 6)
        areas = tree.query(shapely.Point(point[0]), predicate="within")
        if float((offset**2).sum()) > _CENTRE_RADIUS_M**2 or len(areas) != 1:
            continue
        borough = str(outline.boroughs[areas[0]])
        if _clear_of_border(point, borders[borough])[0]:
            kept.append((float(point[0, 0]), float(point[0, 1]), int(areas[0])))
    return np.array([(x, y) for x, y, _ in kept]), np.array([area for *_, area in kept], dtype=np.int64)


def _published(
    outline: Outline,
    metric: NDArray[np.object_],
    coordinates: Floats,
    area: Ints,
    source: Ints,
    rng: np.random.Generator,
) -> Ints:
    """Give some background points close to another area of the same borough that area's code."""
    points = shapely.points(coordinates * METRES_PER_DEGREE)
    near_point, near_area = shapely.STRtree(metric).query(points, predicate="dwithin", distance=_EDGE_M)
    other = (near_area != area[near_point]) & (outline.boroughs[near_area] == outline.boroughs[area[near_point]])
    other &= source[near_point] == BACKGROUND
    neighbour = np.full(len(area), len(outline.codes), dtype=np.int64)
    np.minimum.at(neighbour, near_point[other], near_area[other])
    misnamed = (neighbour < len(outline.codes)) & (rng.random(len(area)) < _MISNAMED)
    return np.where(misnamed, neighbour, area)


def _weights(areas: int, area: Ints, source: Ints, institution: Ints, rng: np.random.Generator) -> Floats:
    """Skew the weights: a few areas, a few points of an area and the first points of a centre hold most."""
    by_area = 1.0 / (0.25 + rng.random(areas))
    by_point = 1.0 / (0.15 + rng.random(len(area)))
    background = by_area[area] * by_point * np.where(institution >= 0, 1.8, 1.0)
    rank = np.zeros(len(area))
    for number in range(BACKGROUND):
        rows = np.flatnonzero(source == number)
        rank[rows] = np.arange(len(rows))
    return np.where(source == BACKGROUND, background, 1.0 / (1.0 + rank))


def _streets(source: Ints, institution: Ints, rng: np.random.Generator) -> tuple[str, ...]:
    """Name the points; the first point of a centre carries the centre's name."""
    first = draw(rng, np.ones(len(STREET_FIRST)), len(source))
    second = draw(rng, np.ones(len(STREET_SECOND)), len(source))
    names = [f"{STREET_FIRST[a]} {STREET_SECOND[b]}" for a, b in zip(first, second, strict=True)]
    for row in np.flatnonzero(institution >= 0):
        names[row] = INSTITUTIONS[institution[row]]
    for number, centre in enumerate(CENTRES):
        names[int(np.flatnonzero(source == number)[0])] = centre.street
    return tuple(names)
