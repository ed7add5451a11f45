"""Which stops on which evening, solved exactly: wishes in their order, then need, then an even spread.

Each visit to a stop counts less than the one before: the k-th counts need / k, as in D'Hondt's rule for seats (1878),
so that the numbers of visits become proportional to need. Of choices that count the same, the visits of each stop are
spread over the cycle as Miltenburg (1989) spreads products over an assembly line: after every evening each stop should
have had its share of its visits, and the sum of the differences from that is least.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, OptimizeResult, milp
from scipy.sparse import coo_array, csr_array

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from hotspots.outreach.evenings import Order

Picks = tuple[int, ...]
"""For each evening the position of its order among those it can have; ``NONE``: the bus stays in."""

_Row = tuple[Any, Any, Any]
"""Sparse matrix over all columns, and what its product must lie between."""

NONE: Final = -1
_SPREAD_NODES = 300
_INFEASIBLE = 2
_TRAVEL = 1e-4
"""How much a minute of travel counts beside a visit that is an evening off its even place."""


@dataclass(frozen=True)
class Task:
    """What is to be decided."""

    options: tuple[tuple[Order, ...], ...]
    """For each evening, by time, what it can be."""
    sessions: tuple[int, ...]
    """Position of the session of each evening."""
    need: NDArray[np.float64]
    """Stops × kinds of visit: what a visit reaches."""
    size: int = 0
    """Most stops of an evening, where need differs with the hour; 0: a visit is of one kind all evening."""

    def kinds(self, evening: int, order: Order) -> list[int]:
        """Return the kind of visit of each stop of an order: its session, and where need differs its place in it."""
        session, stops = self.sessions[evening], len(order.stops)
        if not self.size:
            return [session] * stops
        begins = session * kinds_of(self.size) + kinds_of(stops - 1)
        return list(range(begins, begins + stops))


def kinds_of(size: int) -> int:
    """Return how many kinds of visit a session has: a place among one stop, among two, and so on to ``size``."""
    return size * (size + 1) // 2


@dataclass(frozen=True)
class Choice:
    """What was decided."""

    picks: Picks
    optimal: bool
    bound: float
    """No choice that keeps as many of the wishes counts more."""


def counted(needs: Sequence[float]) -> float:
    """Return what visits to one stop count together: the largest need whole, the next a half, then a third."""
    return float(sum(need / k for k, need in enumerate(sorted(needs, reverse=True), start=1)))


def choose(task: Task, time_limit_s: float) -> Choice:
    """Decide which stops are visited on which evening.

    Parameters
    ----------
    task
        Evenings, what they can be, and need.
    time_limit_s
        Longest search of each step, in seconds.

    Returns
    -------
    Choice
        The first of these that is better decides: more of the stops are visited; more visits are made; fewer of them
        are to a stop of the evening before; they count more; they are spread more evenly, with less travel.
    """
    if not any(task.options):
        return Choice((NONE,) * len(task.options), optimal=True, bound=0.0)
    model = _Model(task)
    picks = greedy(task)
    held = [(goal, ideal) for goal, ideal in model.goals]
    answer, found = model.best(model.value, held, time_limit_s)
    proven = answer.status == 0
    if found is None:
        held, proven = [], True
        for goal, _ in model.goals:
            step, better = model.best(goal, held, time_limit_s)
            proven = proven and step.status == 0
            picks = picks if better is None else better
            held.append((goal, float(goal @ model.columns_of(picks))))
        answer, found = model.best(model.value, held, time_limit_s)
        proven = proven and answer.status == 0
    picks = picks if found is None else found
    reached = model.count(picks)
    dual = answer.get("mip_dual_bound")
    bound = min(model.most, -float(dual) * model.scale) if dual is not None and np.isfinite(dual) else model.most
    return Choice(model.spread(picks, time_limit_s), proven, reached if proven else max(reached, bound))


def greedy(task: Task) -> Picks:
    """Choose evening after evening what adds most, of what is not of the evening before where there is something.

    Parameters
    ----------
    task
        Evenings, what they can be, and need.

    Returns
    -------
    tuple of int
        A choice to fall back on; no evening has fewer stops than it could have.
    """
    visits: Counter[int] = Counter()
    before: frozenset[int] = frozenset()
    picks = []
    for evening, options in enumerate(task.options):
        ranked = [
            (
                len(order.stops),
                -len(before.intersection(order.stops)),
                sum(
                    float(task.need[stop, kind]) / (visits[stop] + 1)
                    for stop, kind in zip(order.stops, task.kinds(evening, order), strict=True)
                ),
                -at,
            )
            for at, order in enumerate(options)
        ]
        pick = -max(ranked)[-1] if ranked else NONE
        picks.append(pick)
        before = frozenset(options[pick].stops if ranked else ())
        visits.update(before)
    return tuple(picks)


class _Model:
    """Columns: what each evening is; which stops are seen; which are repeated; the k-th visits by kind."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.columns = [(at, pick) for at, options in enumerate(task.options) for pick in range(len(options))]
        self.evenings, self.stops = len(task.options), len(task.need)
        orders = [task.options[at][pick] for at, pick in self.columns]
        self.size = np.array([len(order.stops) for order in orders], dtype=float)
        self.travel = np.array([sum(order.travel_min) for order in orders], dtype=float)
        pairs = [
            (column, stop, kind)
            for column, order in enumerate(orders)
            for stop, kind in zip(order.stops, task.kinds(self.columns[column][0], order), strict=True)
        ]
        self.column, self.stop, self.kind = (np.array(part, dtype=int) for part in zip(*pairs, strict=True))
        self.evening = np.array([at for at, _ in self.columns])
        # served[evening × stop, column]: the stop is visited on that evening.
        self.served = _matrix(
            self.evening[self.column] * self.stops + self.stop, self.column, (self.evenings * self.stops, len(orders))
        )
        self.scale = float(task.need.max()) or 1.0
        possible = np.asarray(self.served.sum(axis=1)).reshape(self.evenings, self.stops) > 0
        self.possible = possible
        best = np.zeros((self.evenings, self.stops))
        np.maximum.at(best, (self.evening[self.column], self.stop), task.need[self.stop, self.kind])
        self.most = float(sum(counted(best[possible[:, stop], stop].tolist()) for stop in range(self.stops)))
        self._rows()

    def _rows(self) -> None:
        """Lay out all columns, and the rows that hold whatever is asked for."""
        stops, columns = self.stops, len(self.columns)
        self.repeats = max(self.evenings - 1, 0) * stops
        visits = self.possible.sum(axis=0)
        kinds = self.task.need.shape[1]
        ranks = [(s, j, k) for s in range(stops) for j in range(kinds) for k in range(1, int(visits[s]) + 1)]
        self.total = columns + stops + self.repeats + len(ranks)
        stop, kind, rank = (np.array(part, dtype=int) for part in zip(*ranks, strict=True))
        at_rank = np.arange(len(ranks)) + columns + stops + self.repeats
        counted_as = self.task.need[stop, kind] / self.scale / rank
        self.value = self._vector(at_rank, counted_as)
        seen = np.arange(columns, columns + stops)
        again = np.arange(columns + stops, columns + stops + self.repeats)
        full = [max((len(order.stops) for order in options), default=0) for options in self.task.options]
        self.goals = (
            (self._vector(seen, np.ones(stops)), float((visits > 0).sum())),
            (self._vector(np.arange(columns), self.size), float(sum(full))),
            (self._vector(again, -np.ones(self.repeats)), 0.0),
        )
        once = _matrix(self.evening, np.arange(columns), (self.evenings, self.total))
        by_stop = _matrix(self.stop, self.column, (stops, self.total))
        by_kind = _matrix(self.stop * kinds + self.kind, self.column, (stops * kinds, self.total))
        ranked = _matrix(stop * kinds + kind, at_rank, (stops * kinds, self.total))
        _, place = np.unique(np.column_stack([stop, rank]), axis=0, return_inverse=True)
        self.by_kind = by_kind
        self.rows: list[_Row] = [
            (once, -np.inf, 1),
            (by_stop - _matrix(np.arange(stops), seen, (stops, self.total)), 0, np.inf),
            (by_kind - ranked, 0, 0),
            (_matrix(place.ravel(), at_rank, (place.max() + 1, self.total)), -np.inf, 1),
        ]
        if self.repeats:
            served = _wide(self.served, self.total)
            both = served[:-stops] + served[stops:]
            freed = _matrix(np.arange(self.repeats), again, (self.repeats, self.total))
            self.rows.append((both - freed, -np.inf, 1))

    def _vector(self, at: NDArray[np.int_], values: NDArray[np.float64]) -> NDArray[np.float64]:
        vector = np.zeros(self.total)
        vector[at] = values
        return vector

    def best(
        self, goal: NDArray[np.float64], held: Sequence[tuple[NDArray[np.float64], float]], time_limit_s: float
    ) -> tuple[OptimizeResult, Picks | None]:
        """Return the solver's answer for the largest goal with others held, and the picks it means."""
        answer = milp(
            -goal,
            integrality=self._whole(self.total),
            bounds=Bounds(0, 1),
            constraints=_constraints([*self.rows, *((csr_array(row[None, :]), least, np.inf) for row, least in held)]),
            options={"time_limit": time_limit_s, "mip_rel_gap": 0.0},
        )
        return answer, None if answer.x is None else self.picks_of(answer.x)

    def _whole(self, total: int) -> NDArray[np.int_]:
        """Return which columns are 0 or 1 and nothing between."""
        return (np.arange(total) < len(self.columns)).astype(int)

    def picks_of(self, x: NDArray[np.float64]) -> Picks:
        """Return what each evening is."""
        picks = [NONE] * self.evenings
        for column in np.flatnonzero(x[: len(self.columns)] > 0.5).tolist():  # noqa: PLR2004 - 0 or 1
            at, pick = self.columns[column]
            picks[at] = pick
        return tuple(picks)

    def chosen(self, picks: Picks) -> NDArray[np.float64]:
        """Return 1 for each column that is picked."""
        return np.array([float(picks[at] == pick) for at, pick in self.columns])

    def columns_of(self, picks: Picks) -> NDArray[np.float64]:
        """Return picks as the goals read them: what is picked, seen and repeated; no ranks."""
        chosen = self.chosen(picks)
        served = (self.served @ chosen).reshape(self.evenings, self.stops)
        again = np.maximum(served[:-1] + served[1:] - 1, 0)
        parts = [chosen, served.max(axis=0), again.ravel()]
        return np.concatenate([*parts, np.zeros(self.total - sum(map(len, parts)))])

    def count(self, picks: Picks) -> float:
        """Return what the visits count."""
        needs: list[list[float]] = [[] for _ in range(self.stops)]
        for evening, pick in enumerate(picks):
            if pick != NONE:
                order = self.task.options[evening][pick]
                for stop, kind in zip(order.stops, self.task.kinds(evening, order), strict=True):
                    needs[stop].append(float(self.task.need[stop, kind]))
        return float(sum(map(counted, needs)))

    def spread(self, picks: Picks, time_limit_s: float) -> Picks:
        """Return picks with the same visits by stop and kind and no more repeats, but spread more evenly."""
        chosen = self.columns_of(picks)
        columns, cells = len(self.columns), self.evenings * self.stops
        total = self.total + cells
        so_far = csr_array(np.kron(np.tri(self.evenings), np.eye(self.stops))) @ _wide(self.served, total)
        visits = np.asarray(self.served @ chosen[:columns]).reshape(self.evenings, self.stops).sum(axis=0)
        ideal = np.outer(np.arange(1, self.evenings + 1) / self.evenings, visits).ravel()
        off = _matrix(np.arange(cells), np.arange(self.total, total), (cells, total))
        exactly = self.by_kind @ chosen
        repeats, _ = self.goals[-1]
        rows = [
            *((_wide(matrix, total), low, high) for matrix, low, high in self.rows),
            (so_far - off, -np.inf, ideal),
            (so_far + off, ideal, np.inf),
            (_wide(self.by_kind, total), exactly, exactly),
            (_wide(csr_array(repeats[None, :]), total), float(repeats @ chosen), np.inf),
        ]
        cost = np.zeros(total)
        cost[:columns], cost[self.total :] = _TRAVEL * self.travel, 1
        most = np.append(np.ones(self.total), np.full(cells, np.inf))
        answer = milp(
            cost,
            integrality=self._whole(total),
            bounds=Bounds(0, most),
            constraints=_constraints(rows),
            # A number of steps, not of seconds, ends the search: the same input gives the same rota.
            options={"time_limit": time_limit_s, "node_limit": _SPREAD_NODES},
        )
        return picks if answer.x is None else self.picks_of(answer.x)


def _constraints(rows: Sequence[_Row]) -> list[LinearConstraint]:
    return [LinearConstraint(matrix, low, high) for matrix, low, high in rows]


def _matrix(rows: NDArray[np.int_], columns: NDArray[np.int_], shape: tuple[int, int]) -> csr_array:
    """Return a sparse matrix of ones."""
    return csr_array(coo_array((np.ones(len(rows)), (rows, columns)), shape=shape))


def _wide(matrix: Any, columns: int) -> csr_array:  # noqa: ANN401 - sparse, whatever its stubs say
    """Return a matrix with columns of zeros added on the right."""
    return csr_array((matrix.data, matrix.indices, matrix.indptr), shape=(matrix.shape[0], columns))
