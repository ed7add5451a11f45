"""Where things go on a figure: labels beside each other, ticks at round numbers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import isotonic_regression

if TYPE_CHECKING:
    from collections.abc import Sequence

_ROUND = (1.0, 2.0, 2.5, 5.0, 10.0)
_WHOLE = (1.0, 2.0, 5.0, 10.0)
_SLACK = 1e-9


def spread(wanted: Sequence[float], tall: Sequence[float], low: float, high: float) -> list[float]:
    """Move labels apart as little as possible (least squares, by isotonic regression).

    Parameters
    ----------
    wanted
        Where the middle of each label would best be.
    tall
        The height of each.
    low
        No label begins below; where they need more room than there is, they run over ``high``.
    high
        No label ends above.

    Returns
    -------
    list of float
        The middle of each label, in the order given; none overlap, and their order stays.
    """
    if not len(wanted):
        return []
    order = np.argsort(np.asarray(wanted, dtype=np.float64), kind="stable")
    sizes = np.asarray(tall, dtype=np.float64)[order]
    # Take from each what the labels before it need: what is left only has to rise.
    before = np.concatenate([[0.0], np.cumsum((sizes[1:] + sizes[:-1]) / 2)])
    free = isotonic_regression(np.asarray(wanted, dtype=np.float64)[order] - before).x
    first, last = low + sizes[0] / 2, high - sizes[-1] / 2 - before[-1]
    placed = np.empty(len(order))
    placed[order] = np.maximum(np.minimum(free, last), first) + before
    return [float(place) for place in placed]


def kept(middles: Sequence[float], wide: Sequence[float], gap: float) -> list[int]:
    """Choose which labels on a line are written: the last one, then each before it that has room.

    Parameters
    ----------
    middles
        Rising places of the labels.
    wide
        The width of each.
    gap
        At least so much is left between two.

    Returns
    -------
    list of int
        Rising positions.
    """
    chosen: list[int] = []
    for at in reversed(range(len(middles))):
        ends = middles[at] + wide[at] / 2
        if not chosen or ends + gap <= middles[chosen[-1]] - wide[chosen[-1]] / 2:
            chosen.append(at)
    return chosen[::-1]


def step(top: float, most: int, *, whole: bool = False) -> float:
    """Return the smallest round step that reaches a number in so many steps.

    Parameters
    ----------
    top
        Above 0.
    most
        Number of steps, at least 1.
    whole
        Whole numbers only.

    Returns
    -------
    float
        1, 2, 2.5 or 5 times a power of ten.
    """
    least = top / most
    if whole:
        least = max(least, 1.0)
    power = 10.0 ** math.floor(math.log10(least))
    sizes = _WHOLE if whole and power < 10 else _ROUND  # noqa: PLR2004 - 25 is whole again
    return next(size * power for size in sizes if size * power >= least * (1 - _SLACK))


def ticks(top: float, most: int, *, whole: bool = False) -> list[float]:
    """Return round numbers from 0 to the first that is not below a number.

    Parameters
    ----------
    top
        Above 0.
    most
        Number of steps, at least 1.
    whole
        Whole numbers only.

    Returns
    -------
    list of float
        0 and at most ``most`` more.
    """
    each = step(top, most, whole=whole)
    return [each * number for number in range(math.ceil(top / each * (1 - _SLACK)) + 1)]
