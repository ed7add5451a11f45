"""DBSCAN on distinct coordinates, cut by density until a hotspot is of a size people can walk.

One fixed radius and minimum cannot serve a dense centre and a quiet suburb alike: what is right for the
suburb puts the whole centre into one cluster. So the minimum rises, level by level, and a cluster is kept
at the lowest level at which its ground is no wider than asked: every hotspot is a plain DBSCAN cluster
(Ester et al. 1996) of the radius and of its own minimum, and the largest of its line that fits.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely
from scipy import sparse
from scipy.spatial.distance import pdist

from hotspots.analysis.budget import affordable, budget_of
from hotspots.analysis.dbscan import dbscan, incidents_near, nearest_core, neighbour_graph, within

if TYPE_CHECKING:
    import numpy.typing as npt
    from shapely.geometry.base import BaseGeometry

    from hotspots.geo.points import DistinctPoints
    from hotspots.settings import Hotspots

RADII_M = (50.0, 75.0, 100.0, 125.0, 150.0)
"""Radii tried when none is set: from neighbouring map points to half the widest hotspot."""

_LEVEL_STEP = 1.1
_FIRST_LEVEL = 2
_SMOOTH_M = 30.0
_QUAD_SEGS = 16
_GRACE_M = 1e-6
"""What rounding may add to a width."""


@dataclass(frozen=True)
class Cluster:
    """One place: its member coordinates and its ground."""

    members: npt.NDArray[np.int64]
    """Positions in the distinct points."""
    n: int
    """Incidents at the members."""
    min_incidents: int
    """The DBSCAN minimum at which this cluster was kept."""
    ground: BaseGeometry
    """Polygon in the CRS of the points."""


@dataclass(frozen=True)
class Clustering:
    """Clusters by size, and the parameters behind them."""

    clusters: tuple[Cluster, ...]
    radius_m: float
    chosen: bool
    """The radius was chosen among ``RADII_M``; else it was set."""
    tried: tuple[tuple[float, int, int], ...]
    """For every radius tried: radius, clusters listed, incidents in them."""


class _Place(NamedTuple):
    """The fields of a cluster whose ground is not drawn yet."""

    members: npt.NDArray[np.int64]
    n: int
    min_incidents: int


def fewest(settings: Hotspots, months: int) -> int:
    """Return the fewest incidents that make a hotspot in a window of so many months."""
    return max(settings.min_in_window, math.ceil(settings.min_per_month * months - 1e-9))


def ground_of(xy: npt.NDArray[np.float64], min_width_m: float) -> BaseGeometry:
    """Draw the ground of a cluster: discs around its points, merged and smoothed.

    Parameters
    ----------
    xy
        Coordinates in metres, shape (m, 2).
    min_width_m
        Diameter of each disc, and so the least width of the ground.

    Returns
    -------
    Polygon or MultiPolygon
        The merged ground.
    """
    discs = shapely.union_all(shapely.buffer(shapely.points(xy), min_width_m / 2, quad_segs=_QUAD_SEGS))
    grown = shapely.buffer(discs, _SMOOTH_M, quad_segs=_QUAD_SEGS)
    # Drawn arcs cut corners: shrinking takes a few centimetres off the discs, which are put back.
    return shapely.union(shapely.buffer(grown, -_SMOOTH_M, quad_segs=_QUAD_SEGS), discs)


def width_m(ground: BaseGeometry) -> float:
    """Return the greatest distance between two points of a ground, in metres."""
    hull = shapely.get_coordinates(shapely.convex_hull(ground))
    return float(pdist(hull).max()) if len(hull) > 1 else 0.0


def find_clusters(
    points: DistinctPoints,
    own: npt.NDArray[np.int64],
    settings: Hotspots,
    months: int,
    area_m2: float = math.inf,
) -> Clustering:
    """Find places of a patrol's or a bus stop's size, the busiest first.

    Parameters
    ----------
    points
        Distinct points in a metric CRS: the area and its ring, one window.
    own
        Shape (p,): how many of the rows at each point lie in the area itself.
    settings
        Sizes, numbers, and the parameters where they are set.
    months
        Months in the window that the data hold.
    area_m2
        Of the searched area, for a budget that is a share of it.

    Returns
    -------
    Clustering
        As many clusters as the budget reaches, ``max_number`` by default. With neither parameter set, the
        radius is the one of ``RADII_M`` whose listed clusters hold most incidents (the smaller of equals),
        and the minimum rises from place to place. With the minimum set, it is the same everywhere and no
        size is enforced.
    """
    least = fewest(settings, months)
    radii = RADII_M if settings.radius_m is None else (settings.radius_m,)
    best: tuple[int, float, list[_Place]] | None = None
    tried = []
    widest = neighbour_graph(points, max(radii)) if len(points.xy) else None
    for radius in radii:
        found = [] if widest is None else _places(points, within(widest, radius), radius, settings, least)
        listed = sorted(
            (place for place in found if _belongs(place, own, least)),
            key=lambda place: (-place.n, tuple(points.xy[place.members[0]])),
        )
        listed = listed[: _reach(listed, points, own, settings, area_m2)]
        held = sum(place.n for place in listed)
        tried.append((radius, len(listed), held))
        if best is None or held > best[0]:
            best = held, radius, listed
    _, radius, listed = best or (0, radii[0], [])
    clusters = tuple(Cluster(*place, ground_of(points.xy[place.members], settings.min_width_m)) for place in listed)
    return Clustering(clusters, radius, settings.radius_m is None, tuple(tried))


def _reach(
    places: list[_Place],
    points: DistinctPoints,
    own: npt.NDArray[np.int64],
    settings: Hotspots,
    area_m2: float,
) -> int:
    """Return how many of the first places the budget of the settings reaches."""
    budget = budget_of(settings)
    if budget.number is not None:
        return budget.number
    ground = [ground_of(points.xy[place.members], settings.min_width_m).area for place in places]
    held = [int(own[place.members].sum()) for place in places]
    return affordable(budget, np.array(ground), np.array(held, dtype=np.int64), area_m2, int(own.sum()))


def _belongs(place: _Place, own: npt.NDArray[np.int64], least: int) -> bool:
    """Tell whether a cluster is the area's own: half of it lies there, or enough to be one by itself."""
    inside = int(own[place.members].sum())
    return place.n >= least and (2 * inside >= place.n or inside >= least)


def _places(
    points: DistinctPoints,
    graph: sparse.csr_matrix,
    radius_m: float,
    settings: Hotspots,
    least: int,
) -> list[_Place]:
    """Return the clusters of one radius: cut to size, or with a set minimum those of one DBSCAN as they are."""
    minimum = settings.min_incidents
    if minimum is None:
        return _cut(points, graph, settings, least)
    labels, _ = dbscan(points, radius_m, minimum, graph)
    return [_Place(members, int(points.weight[members].sum()), minimum) for members in _groups(labels)]


def _cut(points: DistinctPoints, graph: sparse.csr_matrix, settings: Hotspots, least: int) -> list[_Place]:
    """Raise the minimum until every cluster is narrow enough, and keep each at its lowest level.

    The core points of a cluster are core points of one cluster at every lower level, so that each level
    need look only at those whose cluster was still too wide.
    """
    near = incidents_near(graph, points.weight)
    # The ground of some points is one disc wider than they are.
    most = settings.max_width_m - settings.min_width_m + _GRACE_M
    taken = np.zeros(len(points.xy), dtype=bool)
    wide = np.arange(len(points.xy))
    level = _FIRST_LEVEL
    kept: list[_Place] = []
    while len(wide := wide[near[wide] >= level]):
        order, starts = _grouped(_level(graph, near >= level, wide, taken))
        n = np.add.reduceat(points.weight[order], starts)
        enough = n >= least
        fits = enough & _narrow(points.xy[order], starts, enough, most)
        ends = np.append(starts[1:], len(order))
        kept += [_Place(order[starts[one] : ends[one]], int(n[one]), level) for one in np.flatnonzero(fits)]
        of_point = np.repeat(np.arange(len(starts)), ends - starts)
        taken[order[fits[of_point]]] = True
        still = np.zeros(len(points.xy), dtype=bool)
        still[order[(enough & ~fits)[of_point]]] = True
        wide = wide[still[wide]]
        level = max(level + 1, math.ceil(level * _LEVEL_STEP))
    return kept


def _level(
    graph: sparse.csr_matrix,
    core: npt.NDArray[np.bool_],
    wide: npt.NDArray[np.int64],
    taken: npt.NDArray[np.bool_],
) -> npt.NDArray[np.int64]:
    """Return the DBSCAN clusters of the core points ``wide``, -1 elsewhere; what is taken stays where it is."""
    labels = np.full(len(core), -1, dtype=np.int64)
    rows = graph[wide]
    labels[wide] = sparse.csgraph.connected_components(rows[:, wide], directed=False)[1]
    touched = np.zeros(len(core), dtype=bool)
    touched[rows.indices] = True
    border = np.flatnonzero(touched & ~core & ~taken)
    labels[border] = labels[nearest_core(graph, border, core)]
    return labels


def _grouped(labels: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the positions of labels from 0 up, by label and rising, and where each label begins."""
    order = np.flatnonzero(labels >= 0)
    order = order[np.argsort(labels[order], kind="stable")]
    return order, np.flatnonzero(np.diff(labels[order], prepend=-1))


def _groups(labels: npt.NDArray[np.int64]) -> list[npt.NDArray[np.int64]]:
    """Return the positions of each label from 0 up, rising."""
    order, starts = _grouped(labels)
    return np.split(order, starts)[1:]


def _narrow(
    xy: npt.NDArray[np.float64],
    starts: npt.NDArray[np.int64],
    asked: npt.NDArray[np.bool_],
    most: float,
) -> npt.NDArray[np.bool_]:
    """Tell which of the groups asked for are no wider than ``most``; the bounding box decides nearly all of them."""
    span = np.maximum.reduceat(xy, starts) - np.minimum.reduceat(xy, starts)
    narrow: npt.NDArray[np.bool_] = np.hypot(*span.T) <= most  # no two points are further apart than the box is wide
    ends = np.append(starts[1:], len(xy))
    for one in np.flatnonzero(asked & ~narrow & (span <= most).all(axis=1)):
        narrow[one] = width_m(shapely.MultiPoint(xy[starts[one] : ends[one]])) <= most
    return narrow


def part_grounds(clusters: tuple[Cluster, ...], points: DistinctPoints) -> list[BaseGeometry]:
    """Return one ground per cluster such that none overlap.

    Where two grounds overlap, each keeps what is nearer to its own members.

    Parameters
    ----------
    clusters
        Clusters of the same points.
    points
        Distinct points in a metric CRS.

    Returns
    -------
    list of Polygon or MultiPolygon
        In the order of ``clusters``.
    """
    grounds = [cluster.ground for cluster in clusters]
    for first, second in zip(*np.triu_indices(len(clusters), 1), strict=True):
        shared = shapely.intersection(grounds[first], grounds[second])
        if shared.area <= 0:
            continue
        sites = np.concatenate([clusters[first].members, clusters[second].members])
        cells = shapely.voronoi_polygons(
            shapely.multipoints(points.xy[sites]),
            extend_to=shapely.union(grounds[first], grounds[second]),
            ordered=True,
        )
        parts = np.asarray(shapely.get_parts(cells), dtype=object)
        own = shapely.union_all(parts[: len(clusters[first].members)])
        grounds[second] = _polygonal(shapely.difference(grounds[second], shapely.intersection(shared, own)))
        grounds[first] = _polygonal(shapely.difference(grounds[first], shapely.difference(shared, own)))
    return grounds


def _polygonal(shape: BaseGeometry) -> BaseGeometry:
    """Return only the polygons of a shape; cutting leaves a stray line now and then."""
    parts = shapely.get_parts(shape)
    return shapely.union_all(parts[shapely.get_dimensions(parts) == 2])  # noqa: PLR2004 - a surface
