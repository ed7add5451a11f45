"""Where the bus reaches most: the maximal covering location problem, solved exactly.

Church and ReVelle (1974) choose a number of sites so that the weight of the points within reach of any of them is
largest. Berman and Krass (2002) let a site meet a share of a point's need that falls with the distance; the best share
among the chosen sites counts. Shares that fall in steps are the plain problem again: each step is a layer of its own,
worth what it adds to the step below, and covered by the sites that reach it.
"""

from __future__ import annotations

import math
import time
from bisect import bisect_left
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from hotspots.errors import SettingsError
from hotspots.outreach.wishes import INFEASIBLE, Problem, Rules, contradiction, rules_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

__all__ = ["Problem", "Solution", "contradiction", "greedy", "next_best", "solve"]

_SIZE = 20
"""HiGHS gets all need together as about 2 to this power: it takes two plans that differ by 1e-6 for equal."""

_DIGITS = 12
"""Parts of all need that agree to so many digits are equal but for rounding."""

_GRACE = 10.0**-_DIGITS

_PROVEN = 1e-9
"""A plan is the best when no more than this part of all need lies between it and the solver's bound."""


@dataclass(frozen=True)
class Solution:
    """A plan, and what is known of its worth."""

    chosen: tuple[int, ...]
    """Positions of its sites, sorted."""
    reach: float
    """The need it meets: the best share of each demand point among its sites, times the point's weight."""
    bound: float
    """No plan that keeps the wishes reaches more."""
    optimal: bool
    """Whether it is proven that none reaches more than this one."""
    seconds: float = field(compare=False)
    """How long it took: the one figure here that differs from run to run."""

    @property
    def gap(self) -> float:
        """Part of the bound that the plan may fall short of the best one by, 0 to 1; 0 where it is proven best."""
        return 0.0 if self.optimal or self.bound <= 0 else max(0.0, 1 - self.reach / self.bound)


@dataclass(frozen=True, eq=False)
class _Layers:
    """The need that sites beside the fixed ones can still meet, put together where the same sites reach it."""

    sites: sparse.csr_array
    """Shape (sites, layers), 1.0 where a site reaches a layer."""
    weight: NDArray[np.float64]
    """Shape (layers,): what each is worth once, by however many sites it is reached."""
    base: float
    """What the fixed sites meet already."""

    @property
    def total(self) -> float:
        """All that any plan could meet."""
        return math.fsum((self.base, *self.weight))

    def met(self, chosen: Iterable[int]) -> NDArray[np.bool_]:
        """Shape (layers,): whether a chosen site reaches it."""
        plan = np.zeros(self.sites.shape[0])
        plan[list(chosen)] = 1
        return np.asarray(self.sites.T @ plan) > 0

    def gains(self, chosen: Iterable[int]) -> NDArray[np.float64]:
        """Shape (sites,): what each adds to the chosen ones, as a part of the total and but for rounding."""
        gain = np.asarray(self.sites @ np.where(self.met(chosen), 0, self.weight))
        return np.round(gain / (self.total or 1.0), _DIGITS)


def solve(problem: Problem, *, time_limit_s: float) -> Solution | None:
    """Find the plan that reaches most.

    Demand points that the same sites reach are put together, those that no allowed site reaches are left out, and
    what the fixed sites reach is a constant. HiGHS then solves the integer programme, with no gap allowed. What it
    answers is checked: the plan against every wish, its reach by the shares themselves.

    Among equally good plans, stops are exchanged one by one for sites of earlier position as long as neither reach
    nor wishes suffer. So the same sites in the same order give the same plan, whatever the order of the demand.

    Parameters
    ----------
    problem
        What is asked.
    time_limit_s
        Longest search in seconds. When it is over, the best plan known is returned with ``optimal`` False: that of
        the search, or one stop after another if that reaches more.

    Returns
    -------
    Solution or None
        None: no plan keeps all wishes; ``contradiction`` names them.

    Raises
    ------
    SettingsError
        In the time given no plan was found, nor shown that there is none.
    """
    started = time.perf_counter()
    rules, layers = _reduced(problem)
    if not rules.matrix.shape[1]:
        return None
    if problem.stops - len(problem.fixed) > 1:
        plan, claimed = _search(rules, layers, problem.stops, time_limit_s)
    else:
        # The stop that adds most is the best plan, and HiGHS is slow at choosing one of many.
        plan = _one_by_one(problem, rules, layers)
        claimed = -math.inf if plan is None else _reach(problem, plan)
    if claimed == -math.inf:
        return None
    known = [] if plan is None or not rules.kept_by(plan) else [plan]
    optimal = bool(known) and _reach(problem, known[0]) >= claimed - _PROVEN * layers.total
    if not optimal and (other := _one_by_one(problem, rules, layers)) is not None:
        known.append(other)
        claimed = min(claimed, _ceiling(problem, layers, other))
    if not known:
        if not rules.possible():
            return None
        raise SettingsError(
            f"In {time_limit_s:g} s no plan of {problem.stops} stops was found, nor that there is none: "
            "allow more with time_limit_s in [bus], or ask for less."
        )
    chosen = _earliest(max(known, key=lambda plan: _reach(problem, plan)), rules, layers)
    reach = _reach(problem, chosen)
    bound = reach if optimal else max(reach, claimed)
    return Solution(chosen, reach, bound, optimal, time.perf_counter() - started)


def greedy(problem: Problem) -> Solution | None:
    """Take one stop after another, each time the one that adds most.

    A stop is taken only if the rest of the plan can still keep every wish; the first of several that add the same.

    Parameters
    ----------
    problem
        What is asked.

    Returns
    -------
    Solution or None
        ``bound`` is what it reaches and as many stops could add at most, each taken by itself (Nemhauser, Wolsey and
        Fisher 1978). None: no plan keeps all wishes.
    """
    started = time.perf_counter()
    rules, layers = _reduced(problem)
    chosen = _one_by_one(problem, rules, layers)
    if chosen is None:
        return None
    reach = _reach(problem, chosen)
    bound = max(reach, _ceiling(problem, layers, chosen))
    return Solution(chosen, reach, bound, optimal=False, seconds=time.perf_counter() - started)


def next_best(
    problem: Problem, k: int, differ_by: int, *, time_limit_s: float, alike: Sequence[frozenset[int]] = ()
) -> list[Solution]:
    """Find the best plan, and plans that reach most among those that differ from it and from each other.

    Parameters
    ----------
    problem
        What is asked.
    k
        How many plans beside the best.
    differ_by
        Least number of stops of a plan that are in none of the plans before it, taken plan by plan.
    time_limit_s
        Longest search in seconds, for each plan.
    alike
        For each site the sites that are the same stop for all that a reader cares, itself included: two sides of a
        road are no alternative. None: every site is a stop of its own.

    Returns
    -------
    list of Solution
        The best first; ``1 + k``, or as many as there are. ``optimal`` and ``bound`` are of the plans that differ
        from those found before.

    Raises
    ------
    SettingsError
        As for ``solve``.
    """
    found: list[Solution] = []
    while len(found) <= k:
        plans = (frozenset(plan.chosen).union(*(alike[site] for site in plan.chosen if alike)) for plan in found)
        earlier = tuple((plan, differ_by) for plan in plans)
        solution = solve(replace(problem, forbidden=(*problem.forbidden, *earlier)), time_limit_s=time_limit_s)
        if solution is None:
            break
        found.append(solution)
    if all(solution.optimal for solution in found):
        return found
    return sorted(found, key=lambda solution: -solution.reach)


def _reach(problem: Problem, chosen: Sequence[int]) -> float:
    """Sum the need that a plan meets, by nothing but shares and weights. The order of the demand plays no part."""
    best = problem.shares[list(chosen)].max(axis=0).toarray().ravel()
    return math.fsum(best * problem.weights)


def _reduced(problem: Problem) -> tuple[Rules, _Layers]:
    """Write a problem as rules and layers."""
    rules = rules_of(problem)
    fixed = sorted(problem.fixed)
    sites = problem.shares.shape[0]
    usable = rules.open_to(fixed)
    usable[fixed] = False
    base = np.zeros(problem.shares.shape[1])
    if fixed:
        base = problem.shares[fixed].max(axis=0).toarray().ravel()
    columns = problem.shares.tocsc()
    worth: dict[tuple[int, ...], list[float]] = {}
    for point in np.flatnonzero(problem.weights > 0):
        own = slice(columns.indptr[point], columns.indptr[point + 1])
        reaching, shares = columns.indices[own], columns.data[own]
        more = usable[reaching] & (shares > base[point])
        reaching, shares = reaching[more], shares[more]
        below = base[point]
        for step in np.unique(shares):
            layer = tuple(reaching[shares >= step].tolist())
            worth.setdefault(layer, []).append(problem.weights[point] * (step - below))
            below = step
    # Sorted, and summed without rounding: the order of the demand points must not show.
    layers = sorted(worth)
    ends = np.cumsum([0, *map(len, layers)])
    members = np.array([site for layer in layers for site in layer], dtype=np.int64)
    by_layer = sparse.csr_array((np.ones(len(members)), members, ends), shape=(len(layers), sites))
    weight = np.array([math.fsum(worth[layer]) for layer in layers])
    return rules, _Layers(by_layer.T.tocsr(), weight, math.fsum(base * problem.weights))


def _search(rules: Rules, layers: _Layers, stops: int, time_limit_s: float) -> tuple[tuple[int, ...] | None, float]:
    """Let HiGHS solve the programme: its plan, and what no plan reaches more than; minus infinity: there is none."""
    sites, number = layers.sites.shape
    # A power of two moves no digit, so whole weights stay whole multiples of each other.
    size = _SIZE - math.frexp(math.fsum(layers.weight))[1]
    # A layer counts as reached (at most once) as far as chosen sites reach it. Nothing asks these to be whole: with
    # whole sites they are at their best.
    reached = sparse.hstack([layers.sites.T, -sparse.eye_array(number)], format="csr")
    rows = sparse.hstack([rules.matrix, sparse.csr_array((len(rules.least), number))], format="csr")
    programme = sparse.vstack([reached, rows], format="csc")
    upper = np.ones(sites + number)
    upper[:sites] = _wanted(programme[:, :sites], stops)
    found = milp(
        np.concatenate([np.zeros(sites), -np.ldexp(layers.weight, size)]),
        integrality=np.repeat([1, 0], [sites, number]),
        bounds=Bounds(0, upper),
        constraints=LinearConstraint(
            programme,
            np.concatenate([np.zeros(number), rules.least]),
            np.concatenate([np.full(number, np.inf), rules.most]),
        ),
        options={"time_limit": time_limit_s, "mip_rel_gap": 0.0},
    )
    if found.status == INFEASIBLE:
        return None, -math.inf
    plan = None if found.x is None else tuple(np.flatnonzero(np.rint(found.x[:sites])).tolist())
    bound = found.mip_dual_bound
    if bound is None or not math.isfinite(bound):
        return plan, layers.total
    return plan, min(layers.total, layers.base + math.ldexp(-bound, -size))


def _wanted(columns: sparse.csc_array, stops: int) -> NDArray[np.bool_]:
    """Shape (sites,): False where as many sites before it as a plan has stops are the same in layers and rules."""
    alike: dict[bytes, int] = {}
    wanted = np.ones(columns.shape[1], dtype=np.bool_)
    for site in range(len(wanted)):
        key = columns.indices[columns.indptr[site] : columns.indptr[site + 1]].tobytes()
        alike[key] = alike.get(key, 0) + 1
        wanted[site] = alike[key] <= stops
    return wanted


def _one_by_one(problem: Problem, rules: Rules, layers: _Layers) -> tuple[int, ...] | None:
    """Take one stop after another; looking ahead only where going straight on ends in a broken wish."""
    for look_ahead in (False, True):
        chosen = sorted(problem.fixed)
        while len(chosen) < problem.stops:
            choice = rules.open_to(chosen)
            choice[chosen] = False
            order = np.argsort(-layers.gains(chosen), kind="stable")
            order = order[choice[order]]
            if not len(order):
                break
            at = 0
            if look_ahead and not rules.possible(chosen, order[:1].tolist()):
                # Whether a whole plan can be made with one of the first so many sites: the first such number.
                at = bisect_left(
                    range(len(order)), 1, lo=1, key=lambda last: rules.possible(chosen, order[: last + 1].tolist())
                )
            if at == len(order):
                break
            chosen.append(int(order[at]))
        if rules.kept_by(chosen):
            return tuple(sorted(chosen))
    return None


def _ceiling(problem: Problem, layers: _Layers, chosen: Sequence[int]) -> float:
    """No plan reaches more than any one plan and the stops that add most to it, since each adds less after others."""
    gains = np.sort(layers.gains(chosen))[::-1][: problem.stops - len(problem.fixed)]
    return _reach(problem, chosen) + (math.fsum(gains) + _GRACE * problem.stops) * layers.total


def _earliest(chosen: tuple[int, ...], rules: Rules, layers: _Layers) -> tuple[int, ...]:
    """Exchange stops for sites of earlier position, one at a time, while reach and wishes stay."""
    plan = list(chosen)
    moved = True
    while moved:
        moved = False
        for stop in sorted(plan, reverse=True):
            rest = [site for site in plan if site != stop]
            gains = layers.gains(rest)
            instead = rules.finishing(rest) & (gains >= gains[stop])
            instead[rest] = False
            first = int(np.argmax(instead))
            if first < stop:
                plan, moved = [*rest, first], True
    return tuple(sorted(plan))
