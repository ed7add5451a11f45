"""Columns and topologies read back in Python, by the letter of their descriptions: a second opinion beside ``decode.js``."""

from __future__ import annotations

import base64

import numpy as np


def read_column(coded):
    """Return the values of a column."""
    data = iter(base64.b64decode(coded["b64"], validate=True))
    numbers = [_number(data, coded["bytes"]) for _ in range(coded["n"])]
    assert next(data, None) is None
    if not coded["steps"]:
        return [coded["from"] + number for number in numbers]
    steps = [-(number + 1) // 2 if number % 2 else number // 2 for number in numbers]
    return [coded["from"] + int(so_far) for so_far in np.cumsum(steps)]


def _number(data, width):
    if width is not None:
        return sum(next(data) << (8 * place) for place in range(width))
    number, place = 0, 0
    while True:
        byte = next(data)
        number += (byte % 128) << (7 * place)
        place += 1
        if byte < 128:
            return number


def read_arcs(coded):
    """Return the points of each arc, in steps from the origin."""
    arcs = coded["arcs"]
    points = list(zip(read_column(arcs["x"]), read_column(arcs["y"]), strict=True))
    return _grouped(points, read_column(arcs["points"]))


def read_topology(coded):
    """Return shapes → polygons → rings → points, in steps from the origin."""
    arcs, met = read_arcs(coded), 0
    parts = []
    for code in read_column(coded["shapes"]["at"]):
        if code == 0:
            parts.append(arcs[met][:-1])
            met += 1
            continue
        arc = arcs[met - 1 - (code - 1) // 2]
        parts.append(arc[:0:-1] if (code - 1) % 2 else arc[:-1])
    assert met == len(arcs)
    shapes = coded["shapes"]
    rings = [[point for part in some for point in part] for some in _grouped(parts, read_column(shapes["arcs"]))]
    polygons = _grouped(rings, read_column(shapes["rings"]))
    return _grouped(polygons, read_column(shapes["polygons"]))


def _grouped(items, counts):
    ends = np.cumsum(counts, dtype=int)
    assert len(items) == (ends[-1] if len(ends) else 0)
    return [items[end - count : end] for end, count in zip(ends, counts, strict=True)]
