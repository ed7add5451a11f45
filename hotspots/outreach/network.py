"""Walks along streets: the shortest way over a network of lines between points beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely
from scipy import sparse
from scipy.sparse import csgraph
from scipy.spatial import cKDTree

from hotspots.errors import InputError

if TYPE_CHECKING:
    import geopandas as gpd
    import pyproj
    from numpy.typing import NDArray

SNAP_M = 100.0
"""A point farther than this from every street is on none."""

MEET_M = 0.01
"""Ends of lines so near to each other are one."""

LEAST_M = 1e-6
"""Stands for a distance of 0, which a sparse matrix would lose."""

_TOGETHER = 4_000_000
"""Distances that are held at once while ways are sought, in numbers."""


class _Joins(NamedTuple):
    """Where points join the network."""

    edge: NDArray[np.int64]
    """Position of the nearest edge, -1 where none is near."""
    ways: NDArray[np.float64]
    """Shape (n, 2): to the edge and along it to its first and its second node."""
    aside: NDArray[np.float64]
    """To the edge alone."""


@dataclass(frozen=True)
class StreetNetwork:
    """Straight pieces of street between nodes; they meet at nodes alone, so that a bridge is no crossing."""

    crs: pyproj.CRS
    xy: NDArray[np.float64]
    """Nodes in metres, shape (n, 2), by x, then y."""
    edges: NDArray[np.int64]
    """Pairs of nodes, shape (e, 2), the smaller first, each once, ascending."""
    length_m: NDArray[np.float64]
    """Straight line between the two, shape (e,)."""
    tree: shapely.STRtree
    """The edges, for the search of the nearest."""

    @classmethod
    def of(cls, lines: gpd.GeoDataFrame | gpd.GeoSeries) -> StreetNetwork:
        """Make a network of lines.

        Two lines meet where both have a vertex, as layers of streets have at junctions; vertices within
        ``MEET_M`` of each other are one. Every line may be walked both ways.

        Parameters
        ----------
        lines
            LineStrings or MultiLineStrings in a projected CRS in metres; anything else is left out.

        Returns
        -------
        StreetNetwork
            The order of the lines and of their vertices does not matter.

        Raises
        ------
        InputError
            The CRS is not projected in metres, or there is no line.
        """
        crs = lines.crs
        if crs is None or not crs.is_projected or any(axis.unit_conversion_factor != 1.0 for axis in crs.axis_info[:2]):
            raise InputError(
                f"Walks along streets are measured in a CRS projected in metres, not in {crs.name if crs else 'none'}: "
                "bring the layer of streets to EPSG:27700 first."
            )
        parts = shapely.get_parts(np.asarray(lines.geometry.array, dtype=object))
        parts = parts[np.isin(shapely.get_type_id(parts), _LINES)]
        corners, line = shapely.get_coordinates(parts, return_index=True)
        xy, node = _nodes(corners)
        pairs = np.column_stack([node[:-1], node[1:]])[line[:-1] == line[1:]]
        pairs = np.sort(pairs[pairs[:, 0] != pairs[:, 1]], axis=1)
        if not len(pairs):
            raise InputError(
                "The layer of streets holds no line; give lines to walk along, such as the centre lines of roads and "
                "paths, or leave the network empty to measure straight lines."
            )
        edges = np.unique(pairs, axis=0)
        ends = xy[edges]
        length = np.hypot(*(ends[:, 1] - ends[:, 0]).T)
        return cls(crs, xy, edges.astype(np.int64), length, shapely.STRtree(shapely.linestrings(ends)))

    @property
    def connected_share(self) -> float:
        """Share of the length that hangs together in its largest piece; little where lines do not meet."""
        _, piece = csgraph.connected_components(self._graph(self.edges[:0], np.zeros((0, 2))), directed=False)
        lengths = np.bincount(piece[self.edges[:, 0]], self.length_m)
        return float(lengths.max() / lengths.sum())

    def joined(self, points: gpd.GeoSeries) -> NDArray[np.bool_]:
        """Tell which points lie within ``SNAP_M`` of a street; there is no way to or from the others.

        Parameters
        ----------
        points
            Points in the CRS of the network, none empty.

        Returns
        -------
        ndarray
            Shape (n,).

        Raises
        ------
        InputError
            The points are in another CRS.
        """
        return np.asarray(self._joins(points).edge >= 0)

    def distances(self, from_points: gpd.GeoSeries, to_points: gpd.GeoSeries, limit_m: float) -> sparse.csr_array:
        """Measure the shortest walks between two sets of points (Dijkstra 1959).

        A point joins the network at the nearest place of the nearest edge, and the way to it counts. Of
        edges just as near it joins the first by the coordinates of its ends.

        Parameters
        ----------
        from_points, to_points
            Points in the CRS of the network, none empty.
        limit_m
            Longest walk in metres; one just so long is found.

        Returns
        -------
        csr_array
            Shape (from, to): metres, at least ``LEAST_M``; nothing is stored where there is no walk so short.

        Raises
        ------
        InputError
            Points are in another CRS than the network.
        """
        origins, targets = self._joins(from_points), self._joins(to_points)
        limit = limit_m + LEAST_M
        rows, columns = np.flatnonzero(origins.edge >= 0), np.flatnonzero(targets.edge >= 0)
        edge_to, ways_to, aside_to = targets.edge[columns], targets.ways[columns], targets.aside[columns]
        graph = self._graph(self.edges[origins.edge[rows]], origins.ways[rows])
        at, walks = [np.zeros((2, 0), dtype=np.int64)], [np.zeros(0)]
        step = max(1, _TOGETHER // max(graph.shape[0], len(columns)))
        for start in range(0, len(rows), step):
            some = rows[start : start + step]
            sources = len(self.xy) + np.arange(start, start + len(some))
            reached = np.asarray(csgraph.dijkstra(graph, indices=sources, limit=limit))
            walk = np.minimum(*(reached[:, self.edges[edge_to, end]] + ways_to[:, end] for end in (0, 1)))
            one, other = np.nonzero(origins.edge[some][:, None] == edge_to)
            along = np.abs(origins.ways[some[one], 0] - origins.aside[some[one]] - ways_to[other, 0] + aside_to[other])
            direct = origins.aside[some[one]] + along + aside_to[other]
            walk[one, other] = np.minimum(walk[one, other], direct)
            found = np.nonzero(walk <= limit)
            at.append(np.stack([some[found[0]], columns[found[1]]]))
            walks.append(np.maximum(walk[found], LEAST_M))
        place = np.concatenate(at, axis=1)
        shape = (len(from_points), len(to_points))
        return sparse.csr_array((np.concatenate(walks), (place[0], place[1])), shape=shape)

    def _graph(self, ends: NDArray[np.int64], ways: NDArray[np.float64]) -> sparse.csr_array:
        """Return the edges both ways, and after the nodes one more for each pair of ends, from which ways lead."""
        size = len(self.xy) + len(ends)
        own = np.repeat(np.arange(len(self.xy), size), 2)
        rows = np.concatenate([self.edges[:, 0], self.edges[:, 1], own])
        columns = np.concatenate([self.edges[:, 1], self.edges[:, 0], ends.ravel()])
        weights = np.concatenate([self.length_m, self.length_m, np.maximum(ways.ravel(), LEAST_M / 4)])
        return sparse.csr_array((weights, (rows, columns)), shape=(size, size))

    def _joins(self, points: gpd.GeoSeries) -> _Joins:
        if points.crs != self.crs:
            raise InputError(
                f"The streets are in {self.crs}, the points to walk from or to are in {points.crs}: "
                "bring both to one CRS."
            )
        shapes = np.asarray(points.array, dtype=object)
        edge = np.full(len(shapes), len(self.edges), dtype=np.int64)
        point, near = self.tree.query_nearest(shapes, max_distance=SNAP_M + LEAST_M)
        np.minimum.at(edge, point, near)
        on = edge < len(self.edges)
        edge[~on] = -1
        xy = shapely.get_coordinates(shapes)
        start, end = self.xy[self.edges[edge, 0]], self.xy[self.edges[edge, 1]]
        length = self.length_m[edge]
        along = np.clip(((xy - start) * (end - start)).sum(axis=1) / length, 0.0, length)
        foot = start + (end - start) * (along / length)[:, None]
        aside = np.hypot(*(xy - foot).T)
        return _Joins(edge, np.column_stack([aside + along, aside + length - along]), aside)


_LINES = [shapely.GeometryType.LINESTRING, shapely.GeometryType.LINEARRING]


def _nodes(corners: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the places that vertices stand for, by x, then y, and the place of each vertex.

    Distances are compared, not coordinates rounded: of two vertices a hair apart, rounding may send each
    to its own side.
    """
    if not len(corners):
        return np.zeros((0, 2)), np.zeros(0, dtype=np.int64)
    places, of = np.unique(corners, axis=0, return_inverse=True)
    pairs = cKDTree(places).query_pairs(MEET_M, output_type="ndarray")
    links = sparse.csr_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(len(places), len(places)))
    _, group = csgraph.connected_components(links, directed=False)
    # The first of each group by its coordinates stands for it: another name of the group would depend on the search.
    _, first, number = np.unique(group, return_index=True, return_inverse=True)
    kept, node = np.unique(first[number], return_inverse=True)
    return places[kept], np.asarray(node[of.reshape(-1)], dtype=np.int64)
