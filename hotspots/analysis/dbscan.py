"""DBSCAN on distinct coordinates with weights (Ester et al. 1996), independent of the order of rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse
from scipy.spatial import KDTree
from sklearn.cluster import DBSCAN
from sklearn.neighbors import sort_graph_by_row_values

if TYPE_CHECKING:
    import numpy.typing as npt

    from hotspots.geo.points import DistinctPoints


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
        Radius of a neighbourhood in metres; a point exactly so far away belongs to it.
    min_incidents
        Incidents within the radius, its own coordinate included, that make a core point.
    graph
        Neighbours within the radius from ``neighbour_graph``, to spare finding them again.

    Returns
    -------
    labels
        Shape (p,): cluster number by the first of its core points, -1 for noise.
    core
        Shape (p,): true for core points.
    """
    core = np.zeros(len(points.xy), dtype=bool)
    if not len(points.xy):
        return np.zeros(0, dtype=np.int64), core
    graph = neighbour_graph(points, radius_m) if graph is None else graph
    model = DBSCAN(eps=radius_m, min_samples=min_incidents, metric="precomputed")
    model.fit(sort_graph_by_row_values(graph, copy=True, warn_when_not_sorted=False), sample_weight=points.weight)
    core[model.core_sample_indices_] = True
    labels = np.asarray(model.labels_, dtype=np.int64)
    border = np.flatnonzero((labels >= 0) & ~core)
    labels[border] = labels[nearest_core(graph, border, core)]
    return labels, core


def neighbour_graph(points: DistinctPoints, radius_m: float) -> sparse.csr_matrix:
    """Return the distances in metres between all distinct points within a radius, as a sparse (p, p) matrix.

    Every point is its own neighbour at the distance 0, which is stored.
    """
    tree = KDTree(points.xy)
    pairs = tree.sparse_distance_matrix(tree, radius_m, output_type="coo_matrix")
    return sparse.csr_matrix(pairs)


def within(graph: sparse.csr_matrix, radius_m: float) -> sparse.csr_matrix:
    """Return the part of a neighbour graph that lies within a smaller radius."""
    rows = np.repeat(np.arange(graph.shape[0]), np.diff(graph.indptr))
    near = graph.data <= radius_m
    return sparse.csr_matrix((graph.data[near], (rows[near], graph.indices[near])), shape=graph.shape)


def incidents_near(graph: sparse.csr_matrix, weight: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return the incidents at the neighbours of each point, its own included, shape (p,)."""
    ones = np.ones(graph.nnz, dtype=np.int64)
    near = sparse.csr_matrix((ones, graph.indices, graph.indptr), shape=graph.shape) @ weight
    return np.asarray(near, dtype=np.int64)


def nearest_core(
    graph: sparse.csr_matrix,
    border: npt.NDArray[np.int64],
    core: npt.NDArray[np.bool_],
) -> npt.NDArray[np.int64]:
    """Return the nearest core point of each border point; of equals the first by x and y.

    Parameters
    ----------
    graph
        Neighbours within the radius.
    border
        Positions of points with a core point among their neighbours, shape (b,).
    core
        Shape (p,): true for core points.

    Returns
    -------
    ndarray
        Positions, shape (b,).
    """
    rows = graph[border]
    of = np.repeat(np.arange(len(border)), np.diff(rows.indptr))
    at = core[rows.indices]
    of, there, apart = of[at], rows.indices[at], rows.data[at]
    order = np.lexsort((there, apart, of))
    _, first = np.unique(of[order], return_index=True)
    return np.asarray(there[order][first], dtype=np.int64)
