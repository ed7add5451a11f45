"""How the reach grows with the number of stops, and where one more adds little."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from hotspots.outreach.model import Problem, Solution, greedy, solve

if TYPE_CHECKING:
    from collections.abc import Sequence

_FEWEST = 3
"""Points of a curve that can bend."""

_DIGITS = 9
"""Heights that agree to so many digits are equal but for rounding."""


def curve(problem: Problem, most: int, *, time_limit_s: float) -> list[tuple[int, Solution, Solution]]:
    """Plan for each number of stops by itself.

    A best plan need not hold the stops of the best plan with one stop less: each number is solved anew. Where nothing
    but the number of stops, fixed sites and barred ones are asked, the reach never falls.

    Parameters
    ----------
    problem
        What is asked; its own number of stops plays no part.
    most
        Largest number of stops.
    time_limit_s
        Longest search in seconds, for each number.

    Returns
    -------
    list of (int, Solution, Solution)
        Stops, the best plan, and that of one stop after another. From the first number with which all wishes can be
        kept, no less than the fixed sites, to ``most`` or the last number before one with which they cannot.

    Raises
    ------
    SettingsError
        As for ``solve``.
    """
    found: list[tuple[int, Solution, Solution]] = []
    for stops in range(max(1, len(problem.fixed)), most + 1):
        asked = replace(problem, stops=stops)
        best, taken = solve(asked, time_limit_s=time_limit_s), greedy(asked)
        if best is None or taken is None:
            if found:
                break
            continue
        if found and not best.optimal:
            # A search cut short may miss even the plan before with one stop more.
            longer = greedy(replace(asked, fixed=frozenset(found[-1][1].chosen)))
            if longer is not None and longer.reach > best.reach:
                best = replace(best, chosen=longer.chosen, reach=longer.reach, bound=max(best.bound, longer.reach))
        found.append((stops, best, taken))
    return found


def knee(reaches: Sequence[float]) -> int | None:
    """Find where a curve of rising reach bends most.

    Both axes are brought to 0 to 1; the knee is the point highest above the straight line from the first to the last
    (Satopää, Albrecht, Irwin and Raghavan 2011, without their smoothing: the curve is short and exact).

    Parameters
    ----------
    reaches
        Reach for one number of stops after another.

    Returns
    -------
    int or None
        Position in ``reaches``, the first of several; None: fewer than three, no rise, or no point above the line.
    """
    if len(reaches) < _FEWEST or not reaches[-1] > reaches[0]:
        return None
    risen = (np.asarray(reaches, dtype=np.float64) - reaches[0]) / (reaches[-1] - reaches[0])
    above = np.round(risen - np.linspace(0, 1, len(reaches)), _DIGITS)
    at = int(np.argmax(above))
    return at if above[at] > 0 else None
