"""Long columns of whole numbers as short text: what the page's script ``decode.js`` reads back.

A column becomes ``{"n": …, "from": …, "steps": …, "bytes": …, "b64": …}``. Each of the ``n`` values is first turned
into a whole number of zero or more: its distance from ``from``, the least value, or, with ``steps`` 1, the step from
the value before it, in zigzag (0, -1, 1, -2 become 0, 1, 2, 3), where ``from`` is the first value. These are written
in ``bytes`` bytes each, the lowest byte first; with ``bytes`` 0 all are zero and nothing is written; with ``bytes``
null each takes as many as it needs, seven bits a byte, the eighth saying that more follow (LEB128). The bytes are
written in base64. Of all these ways the shortest is taken.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd

from hotspots.errors import TableError
from hotspots.maps.encode import PER_DEGREE, encode_words

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import ArrayLike, NDArray

NONE = -1
"""Stands for a missing value."""

_LIMIT = 1 << 30
_BITS = 7


def encode_column(values: ArrayLike) -> dict[str, Any]:
    """Return a column of whole numbers as text.

    Parameters
    ----------
    values
        One-dimensional; whole numbers between -2^30 and 2^30, of any type. Missing ones come back as -1. Rows that
        are sorted, or lie near each other, make the shortest text.

    Returns
    -------
    dict
        JSON values, see the module.

    Raises
    ------
    TableError
        A value is no whole number or beyond the limits.
    """
    whole = _whole(values)
    if not len(whole):
        return {"n": 0, "from": 0, "steps": 0, "bytes": 0, "b64": ""}
    steps = np.diff(whole, prepend=whole[:1])
    zigzag = np.where(steps < 0, -2 * steps - 1, 2 * steps)
    ways = [(0, int(whole.min()), whole - whole.min()), (1, int(whole[0]), zigzag)]
    # The first of equals: what a reader can take apart most easily.
    tried = [(stepped, start, *_shortest(found)) for stepped, start, found in ways]
    stepped, start, width, data = min(tried, key=lambda one: len(one[3]))
    text = base64.b64encode(data).decode("ascii")
    return {"n": len(whole), "from": start, "steps": stepped, "bytes": width, "b64": text}


def encode_labels(words: Iterable[str | None]) -> dict[str, Any]:
    """Return a text column as its distinct words, in order of appearance, and a column of their numbers; -1 is none."""
    coded = encode_words(words)
    return {"words": coded["words"], "rows": encode_column(np.array(coded["rows"], dtype=np.int64))}


def encode_places(points: NDArray[np.float64], origin: tuple[int, int]) -> dict[str, Any]:
    """Return points as two columns of whole steps of 1e-5 degrees.

    Parameters
    ----------
    points
        Longitude and latitude (EPSG:4326), of shape (n, 2). Sorted by longitude they make the shortest text.
    origin
        The page's origin, from ``origin_of``.

    Returns
    -------
    dict
        The columns ``x`` and ``y``, counted from the origin.

    Raises
    ------
    TableError
        A coordinate is not finite.
    """
    steps = np.rint(points * PER_DEGREE) - origin
    if not np.isfinite(steps).all():
        raise TableError("A point of the page has a coordinate that is not finite; drop rows without a place before.")
    return {"x": encode_column(steps[:, 0]), "y": encode_column(steps[:, 1])}


def _whole(values: ArrayLike) -> NDArray[np.int64]:
    """Return the values as whole numbers, missing ones as -1.

    Raises
    ------
    TableError
        See ``encode_column``.
    """
    try:
        held = pd.array(cast("Any", values), dtype="Float64")
    except (TypeError, ValueError) as error:
        raise TableError("A column of the page holds something that is no number.") from error
    numbers: NDArray[np.float64] = held.to_numpy(np.float64, na_value=np.nan)
    fault = ~(np.isnan(numbers) | ((numbers == np.rint(numbers)) & (np.abs(numbers) < _LIMIT)))
    if fault.any():
        row = int(np.flatnonzero(fault)[0])
        raise TableError(f"Row {row} of a column of the page is {numbers[row]:g}; it must be whole and below 2^30.")
    return np.where(np.isnan(numbers), NONE, numbers).astype(np.int64)


def _shortest(numbers: NDArray[np.int64]) -> tuple[int | None, bytes]:
    """Return the fewest bytes that hold numbers of zero or more, and the width of each (none: as each needs)."""
    width = (int(numbers.max()).bit_length() + 7) // 8
    lengths = _lengths(numbers)
    if width * len(numbers) <= lengths.sum():
        return width, numbers.astype("<u8").view(np.uint8).reshape(-1, 8)[:, :width].tobytes()
    return None, _varint(numbers, lengths)


def _lengths(numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return how many bytes of seven bits each number takes."""
    limits = np.left_shift(1, np.arange(_BITS, 35, _BITS))
    return np.searchsorted(limits, numbers, side="right").astype(np.int64) + 1


def _varint(numbers: NDArray[np.int64], lengths: NDArray[np.int64]) -> bytes:
    starts = np.cumsum(lengths) - lengths
    out = np.zeros(int(lengths.sum()), dtype=np.uint8)
    for place in range(int(lengths.max())):
        has = lengths > place
        more = np.where(lengths[has] > place + 1, 128, 0)
        out[starts[has] + place] = ((numbers[has] >> (_BITS * place)) & 127) | more
    return out.tobytes()
