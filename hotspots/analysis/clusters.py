"""DBSCAN on distinct coordinates, cut by density until a hotspot is of a size people can walk.

One fixed radius and minimum cannot serve a dense centre and a quiet suburb alike: what is right for the
suburb puts the whole centre into one cluster. So the minimum rises, level by level, and a cluster is kept
at the lowest level at which its ground is no wider than asked: every hotspot is a plain DBSCAN cluster
(Ester et al. 1996) of the radius and of its own minimum, and the largest of its line that fits.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy.spatial.distance import pdist
from sklearn.cluster import DBSCAN
from sklearn.neighbors import NearestNeighbors

if TYPE_CHECKING:
    import numpy.typing as npt
    from scipy import sparse
    from shapely.geometry.base import BaseGeometry

    from hotspots.geo.points import DistinctPoints
    from hotspots.settings import Hotspots

RADII_M = (50.0, 75.0, 100.0, 125.0, 150.0)
"""Radii tried when none is set: from neighbouring map points to half the widest hotspot."""

_LEVEL_STEP = 1.1
_FIRST_LEVEL = 2
_SMOOTH_M = 30.0


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


def dbscan(
    points: DistinctPoints,
    radius_m: float,
    min_incidents: int,
    graph: sparse.csr_matrix | None = None,
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Run DBSCAN on distinct coordinates weighted by their rows.

    The core points and the noise are those of DBSCAN on all rows; a border point goes to the cluster of
    its nearest core point, so that nothing depends on the order of rows.

    Parameters
    ----------
    points
        Distinct points in a metric CRS, with weights.
    radius_m
        Radius of a neighbourhood in metres.
    min_incidents
        Incidents within the radius, its own coordinate included, that make a core point.
    graph
        Neighbours within the radius from ``neighbour_graph``, to spare finding them again.

    Returns
    -------
    labels
        Shape (p,): cluster number by the first of its points, -1 for noise.
    core
        Shape (p,): true for core points.
    """
    core = np.zeros(len(points.xy), dtype=bool)
    if not len(points.xy):
        return np.zeros(0, dtype=np.int64), core
    graph = neighbour_graph(points, radius_m) if graph is None else graph
    model = DBSCAN(eps=radius_m, min_samples=min_incidents, metric="precomputed")
    model.fit(graph, sample_weight=points.weight)
    core[model.core_sample_indices_] = True
    labels = model.labels_.astype(np.int64)
    border = np.flatnonzero((labels >= 0) & ~core)
    if len(border):
        nearest = NearestNeighbors(n_neighbors=1).fit(points.xy[core])
        found = nearest.kneighbors(points.xy[border], return_distance=False)[:, 0]
        labels[border] = labels[core][found]
    return labels, core


def neighbour_graph(points: DistinctPoints, radius_m: float) -> sparse.csr_matrix:
    """Return the distances between all distinct points within a radius, as a sparse (p, p) matrix."""
    model = NearestNeighbors(radius=radius_m).fit(points.xy)
    graph: sparse.csr_matrix = model.radius_neighbors_graph(points.xy, mode="distance")
    return graph


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
    discs = shapely.buffer(shapely.points(xy), min_width_m / 2)
    return shapely.buffer(shapely.buffer(shapely.union_all(discs), _SMOOTH_M), -_SMOOTH_M)


def width_m(ground: BaseGeometry) -> float:
    """Return the greatest distance between two points of a ground, in metres."""
    hull = shapely.get_coordinates(shapely.convex_hull(ground))
    return float(pdist(hull).max()) if len(hull) > 1 else 0.0


def find_clusters(
    points: DistinctPoints,
    own: npt.NDArray[np.int64],
    settings: Hotspots,
    months: int,
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

    Returns
    -------
    Clustering
        At most ``max_number`` clusters. With neither parameter set, the radius is the one of ``RADII_M``
        whose listed clusters hold most incidents (the smaller of equals), and the minimum rises from
        place to place. With the minimum set, it is the same everywhere and no size is enforced.
    """
    least = max(1, math.ceil(settings.min_per_month * months - 1e-9))
    radii = RADII_M if settings.radius_m is None else (settings.radius_m,)
    best: tuple[int, float, list[Cluster]] | None = None
    tried = []
    for radius in radii:
        found = _cut(points, radius, settings, least)
        listed = sorted(
            (cluster for cluster in found if _belongs(cluster, own, least)),
            key=lambda cluster: (-cluster.n, tuple(points.xy[cluster.members[0]])),
        )[: settings.max_number]
        held = sum(cluster.n for cluster in listed)
        tried.append((radius, len(listed), held))
        if best is None or held > best[0]:
            best = held, radius, listed
    _, radius, listed = best or (0, radii[0], [])
    return Clustering(tuple(listed), radius, settings.radius_m is None, tuple(tried))


def _belongs(cluster: Cluster, own: npt.NDArray[np.int64], least: int) -> bool:
    """Tell whether a cluster is the area's own: half of it lies there, or enough to be one by itself."""
    inside = int(own[cluster.members].sum())
    return cluster.n >= least and (2 * inside >= cluster.n or inside >= least)


def _cut(points: DistinctPoints, radius_m: float, settings: Hotspots, least: int) -> list[Cluster]:
    """Raise the minimum until every cluster is narrow enough, and keep each at its lowest level."""
    if not len(points.xy):
        return []
    graph = neighbour_graph(points, radius_m)
    fixed = settings.min_incidents is not None
    level = settings.min_incidents or _FIRST_LEVEL
    settled = np.zeros(len(points.xy), dtype=bool)
    kept: list[Cluster] = []
    while True:
        labels, core = dbscan(points, radius_m, level, graph)
        open_clusters = False
        for label in np.unique(labels[core & ~settled]):
            members = np.flatnonzero(labels == label)
            n = int(points.weight[members].sum())
            if n < least:
                settled[members] = True
                continue
            ground = _fitting_ground(points.xy[members], settings, fixed=fixed)
            if ground is None:
                open_clusters = True
            else:
                settled[members] = True
                kept.append(Cluster(members, n, level, ground))
        if not open_clusters:
            return kept
        level = max(level + 1, math.ceil(level * _LEVEL_STEP))


def _fitting_ground(xy: npt.NDArray[np.float64], settings: Hotspots, *, fixed: bool) -> BaseGeometry | None:
    """Return the ground of a cluster, or none where it is wider than allowed."""
    if not fixed and float(np.ptp(xy, axis=0).max()) + settings.min_width_m > settings.max_width_m:
        return None  # seen without drawing: most clusters of the first levels end here
    ground = ground_of(xy, settings.min_width_m)
    return ground if fixed or width_m(ground) <= settings.max_width_m else None


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
