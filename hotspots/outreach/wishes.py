"""What is asked of a plan of stops, as rules over sites; and which wishes contradict each other."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from numpy.typing import NDArray

INFEASIBLE = 2
"""Status of ``scipy.optimize.milp`` for a problem that no values solve."""

_NODES = 20_000
"""Most nodes of one search for any plan at all. A limit in seconds would answer by the machine's mood."""


@dataclass(frozen=True, eq=False)
class Problem:
    """Where to stop: what each site reaches, and what is asked of the plan.

    Sites and demand points are known by their positions, from 0. The order of the sites decides between equally good
    plans, so the caller keeps them sorted.
    """

    shares: sparse.csr_array
    """Shape (sites, demand points), 0 to 1: how much of a point's need a stop at the site meets."""
    weights: NDArray[np.float64]
    """Shape (demand points,), 0 or more: the need of each."""
    stops: int
    """How many sites the plan chooses: exactly so many."""
    fixed: frozenset[int] = frozenset()
    """Sites that are in every plan."""
    barred: frozenset[int] = frozenset()
    """Sites that are in none."""
    at_most_one: tuple[tuple[str, tuple[int, ...]], ...] = ()
    """Groups of sites, such as those of one hotspot: a label, and the sites of which at most one is chosen."""
    at_least_one: tuple[tuple[str, tuple[int, ...]], ...] = ()
    """Groups of sites, such as those of one ward: a label, and the sites of which at least one is chosen."""
    apart: tuple[tuple[int, int], ...] = ()
    """Pairs of sites that are too close to each other to be chosen both."""
    forbidden: tuple[tuple[frozenset[int], int], ...] = ()
    """Plans to differ from, each with the least number of stops that it may not hold."""
    apart_words: str = "the least distance between stops"
    """What ``contradiction`` calls the wish behind ``apart``."""

    def __post_init__(self) -> None:
        sites, points = self.shares.shape
        if self.weights.shape != (points,) or not np.all((self.weights >= 0) & (self.weights < np.inf)):
            raise ValueError(f"a problem of {points} demand points has as many weights, none negative or infinite")
        if not np.all((self.shares.data >= 0) & (self.shares.data <= 1)):
            raise ValueError("shares lie between 0 and 1")
        if self.stops < 1:
            raise ValueError(f"a plan has 1 stop or more, not {self.stops}")
        pairs = np.array(self.apart, dtype=np.int64).reshape(-1, 2)
        if np.any(pairs[:, 0] == pairs[:, 1]):
            raise ValueError("a site cannot be too close to itself")
        named = [pairs.ravel().tolist(), self.fixed, self.barred, *(plan for plan, _ in self.forbidden)]
        named += [group for _, group in (*self.at_most_one, *self.at_least_one)]
        if any(not 0 <= site < sites for group in named for site in group):
            raise ValueError(f"positions of {sites} sites are 0 to {sites - 1}")


@dataclass(frozen=True, eq=False)
class Rules:
    """Wishes as rows over sites: how many of a row's sites a plan may choose.

    Every wish is one rule or several. A row holds 1 for each of its sites, so that the product of the matrix with a
    plan counts its stops in each row.
    """

    matrix: sparse.csr_array
    """Shape (rules, sites), 1.0 or empty."""
    least: NDArray[np.float64]
    """Shape (rules,): how many of its sites are chosen at least."""
    most: NDArray[np.float64]
    """The same, at most."""
    wish: NDArray[np.int64]
    """Shape (rules,): position in ``words`` of the wish that the rule belongs to."""
    words: tuple[str, ...]
    """The wishes as a reader knows them."""

    def count(self, chosen: Iterable[int]) -> NDArray[np.float64]:
        """Count the chosen sites in each rule.

        Parameters
        ----------
        chosen
            Positions of sites.

        Returns
        -------
        NDArray
            Shape (rules,).
        """
        plan = np.zeros(self.matrix.shape[1])
        plan[list(chosen)] = 1
        return np.asarray(self.matrix @ plan)

    def kept_by(self, chosen: Iterable[int]) -> bool:
        """Say whether a plan keeps every rule.

        Parameters
        ----------
        chosen
            Positions of sites.

        Returns
        -------
        bool
            Whether it does.
        """
        count = self.count(chosen)
        return bool(np.all((self.least <= count) & (count <= self.most)))

    def open_to(self, chosen: Iterable[int]) -> NDArray[np.bool_]:
        """Find the sites that may be added without passing the most of any rule.

        Parameters
        ----------
        chosen
            Positions of the sites of an unfinished plan.

        Returns
        -------
        NDArray
            Shape (sites,), also of the chosen ones.
        """
        full = self.count(chosen) >= self.most
        return np.asarray(self.matrix.T @ full.astype(float) == 0, dtype=np.bool_)

    def finishing(self, chosen: Iterable[int]) -> NDArray[np.bool_]:
        """Find the sites each of which alone turns an unfinished plan into one that keeps every rule.

        Parameters
        ----------
        chosen
            Positions of the sites of a plan that keeps the most of every rule.

        Returns
        -------
        NDArray
            Shape (sites,), also of the chosen ones.
        """
        lacking = (self.count(chosen) < self.least).astype(float)
        return np.asarray(self.open_to(chosen) & (self.matrix.T @ lacking == lacking.sum()), dtype=np.bool_)

    def possible(self, chosen: Iterable[int] = (), one_of: Collection[int] | None = None) -> bool:
        """Say whether any plan keeps every rule.

        Parameters
        ----------
        chosen
            Sites that the plan is to hold.
        one_of
            Sites of which it is to hold at least one; none: no such thing is asked.

        Returns
        -------
        bool
            False only where it is proven that there is none: an undecided search counts as possible.
        """
        if one_of is not None:
            return self._with(one_of).possible(chosen)
        by_hand = self._by_hand(chosen)
        if by_hand is not None:
            return by_hand
        sites = self.matrix.shape[1]
        lower = np.zeros(sites)
        lower[list(chosen)] = 1
        found = milp(
            np.zeros(sites),
            integrality=np.ones(sites, dtype=np.int64),
            bounds=Bounds(lower, 1),
            constraints=LinearConstraint(self.matrix, self.least, self.most),
            options={"node_limit": _NODES, "presolve": False},
        )
        return int(found.status) != INFEASIBLE

    def _with(self, group: Collection[int]) -> Rules:
        """Add the rule that one site of a group is chosen at least."""
        row = np.zeros((1, self.matrix.shape[1]))
        row[0, list(group)] = 1
        return replace(
            self,
            matrix=sparse.vstack([self.matrix, sparse.csr_array(row)], format="csr"),
            least=np.append(self.least, 1),
            most=np.append(self.most, np.inf),
            wish=np.append(self.wish, -1),
        )

    def _by_hand(self, chosen: Iterable[int]) -> bool | None:
        """Try whether any plan keeps every rule without a solver, which is slow at so simple a question; None: unclear.

        The rule that has least to choose from gets the next stop, of its sites the one that serves most rules and
        then hinders fewest others.
        """
        plan = list(chosen)
        if np.any(self.count(plan) > self.most) or self._too_many(plan):
            return False
        hindered = np.asarray(self.matrix.T @ (self.matrix.sum(axis=1) * (self.most == 1)))
        while True:
            lacking, spare, free = self._lacking(plan)
            if not len(lacking):
                return True
            if spare.min() < 0:
                return None
            sites = self.matrix[[lacking[np.argmin(spare)]]].indices
            sites = sites[free[sites]]
            served = np.asarray(self.matrix[lacking].sum(axis=0))
            plan.append(int(sites[np.lexsort((hindered[sites], -served[sites]))[0]]))

    def _lacking(self, plan: list[int]) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.bool_]]:
        """Find the rules that lack stops, how many more sites each has than it needs, and the sites to choose from."""
        free = self.open_to(plan)
        free[plan] = False
        needed = self.least - self.count(plan)
        lacking = np.flatnonzero(needed > 0)
        return lacking, self.matrix[lacking] @ free.astype(float) - needed[lacking], free

    def _too_many(self, plan: list[int]) -> bool:
        """Say whether rules without a common site need more stops than there may be, or one more than it has sites."""
        lacking, spare, free = self._lacking(plan)
        if np.any(spare < 0):
            return True
        whole = np.diff(self.matrix.indptr) == self.matrix.shape[1]
        count = self.count(plan)
        room = np.min(self.most[whole] - count[whole], initial=np.inf)
        taken = np.zeros_like(free)
        for row in lacking[np.argsort(spare, kind="stable")]:
            sites = self.matrix[[row]].indices
            sites = sites[free[sites]]
            if not whole[row] and not taken[sites].any():
                room -= self.least[row] - count[row]
                taken[sites] = True
        return bool(room < 0)

    def only(self, wishes: Collection[int]) -> Rules:
        """Keep some of the wishes.

        Parameters
        ----------
        wishes
            Positions in ``words``.

        Returns
        -------
        Rules
            Those of the wishes named; ``words`` stay as they are.
        """
        rows = np.isin(self.wish, list(wishes))
        return Rules(self.matrix[rows], self.least[rows], self.most[rows], self.wish[rows], self.words)


def rules_of(problem: Problem) -> Rules:
    """Write down the wishes of a problem as rules over its sites.

    Parameters
    ----------
    problem
        What is asked.

    Returns
    -------
    Rules
        ``words`` in the order in which ``contradiction`` tries to do without them.
    """
    every = range(problem.shares.shape[0])
    rows: list[tuple[str, Collection[int], float, float]] = []
    words = f"{_several(len(problem.forbidden), 'plan')} to differ from"
    rows += [(words, plan, 0, problem.stops - differ) for plan, differ in problem.forbidden]
    rows += [(_several(problem.stops, "stop"), every, problem.stops, problem.stops)]
    if problem.barred:
        rows += [(f"{_several(len(problem.barred), 'site')} marked never", problem.barred, 0, 0)]
    rows += [(_several(len(problem.fixed), "fixed site"), (site,), 1, 1) for site in problem.fixed]
    rows += [("one stop per hotspot", group, 0, 1) for _, group in problem.at_most_one]
    rows += [(problem.apart_words, clique, 0, 1) for clique in cliques(problem.apart, len(every))]
    rows += [(f"a stop in {label}", group, 1, np.inf) for label, group in problem.at_least_one]
    sites = [sorted(set(group)) for _, group, _, _ in rows]
    starts = np.cumsum([0, *map(len, sites)])
    columns = np.array([site for group in sites for site in group], dtype=np.int64)
    wishes = {words: at for at, words in enumerate(dict.fromkeys(row[0] for row in rows))}
    return Rules(
        sparse.csr_array((np.ones(len(columns)), columns, starts), shape=(len(rows), len(every))),
        np.array([row[2] for row in rows], dtype=np.float64),
        np.array([row[3] for row in rows], dtype=np.float64),
        np.array([wishes[row[0]] for row in rows], dtype=np.int64),
        tuple(wishes),
    )


def _several(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


@lru_cache(maxsize=4)
def cliques(pairs: tuple[tuple[int, int], ...], sites: int) -> tuple[tuple[int, ...], ...]:
    """Put pairs of sites that exclude each other together into sets of which any two do.

    One rule for a set of which at most one is chosen says more to a solver than a rule for each pair: half of each
    of three sites keeps the pairs, not the set.

    Parameters
    ----------
    pairs
        Positions of two sites each, different ones, in any order.
    sites
        How many sites there are.

    Returns
    -------
    tuple of tuple of int
        Sorted positions; every pair lies in one set or more, and any two sites of a set are a pair.
    """
    # Whole numbers as sets of bits: the common neighbours of a thousand sites are one operation.
    near = [0] * sites
    for first, second in pairs:
        near[first] |= 1 << second
        near[second] |= 1 << first
    left = near.copy()
    found = []
    for site in range(sites):
        while left[site]:
            clique, common = [site], near[site]
            while common:
                # A pair that no set holds yet goes first, so that each round settles one of this site at least.
                choice = common & left[site] or common
                other = (choice & -choice).bit_length() - 1
                clique.append(other)
                common &= near[other]
            members = sum(1 << other for other in clique)
            for other in clique:
                left[other] &= ~members
            found.append(tuple(sorted(clique)))
    return tuple(found)


def contradiction(problem: Problem) -> tuple[str, ...]:
    """Name wishes that cannot hold together, and none that could be left out of them.

    Each wish in turn is left out for good where what remains is still impossible: the deletion filter of Chinneck
    and Dravnieks (1991).

    Parameters
    ----------
    problem
        What is asked.

    Returns
    -------
    tuple of str
        Such as ``4 stops``, ``2 fixed sites``, ``a stop in Erith``; empty: some plan keeps every wish. Giving up any
        one of them resolves this contradiction; there may be others.
    """
    rules = rules_of(problem)
    if rules.possible():
        return ()
    kept = list(range(len(rules.words)))
    for wish in tuple(kept):
        without = [other for other in kept if other != wish]
        if not rules.only(without).possible():
            kept = without
    return tuple(rules.words[wish] for wish in kept)
