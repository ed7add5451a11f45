"""The plan of the outreach bus: need, what sites reach of it, the best stops, the next best, the curve and the rota."""

from __future__ import annotations

import dataclasses
import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from hotspots.errors import InputError, SettingsError
from hotspots.outreach.coverage import Coverage, coverage, covered_alone, reach_of, stop_facts
from hotspots.outreach.curve import curve, knee
from hotspots.outreach.demand import demand_points, less_provision, own_demand, with_places
from hotspots.outreach.model import Solution, next_best, solve
from hotspots.outreach.rota import Rota, parts_of, rota
from hotspots.outreach.sessions import session_labels, timed
from hotspots.outreach.wishes import Problem, contradiction
from hotspots.pack.words import listed
from hotspots.pipeline.bus_wishes import NEVER, Candidates, problem_of, sessions_of
from hotspots.tables import CURVE, DEMAND, PLAN, SITES, check

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy.typing as npt

    from hotspots.outreach.network import StreetNetwork
    from hotspots.pipeline.bus_ground import BusGround
    from hotspots.settings import Bus
    from hotspots.settings.hours import Span

ALL = 100.0
"""All need: what a plan reaches of it is a percentage."""
CURVE_STOPS = 12
"""The curve goes on so far, whatever number is wanted, and one stop further than the number wanted."""
_BEND = 0.1
"""A curve bends where it lies so far above its chord, both axes from 0 to 1; less is a smooth rise."""


@dataclass(frozen=True)
class Need:
    """What the bus is for, and where."""

    demand: gpd.GeoDataFrame
    """DEMAND."""
    by_part: pd.DataFrame
    """Need by ``demand_id`` and part of each evening of the week, services taken off; its rows sum to ``weight``."""
    timed: bool
    """Enough incidents have a time for evenings to be told apart."""
    met: pd.Series
    """Need by ``demand_id`` that existing services meet."""


@dataclass(frozen=True)
class BusPlan:
    """Everything that is known of the best stops."""

    candidates: Candidates
    need: Need
    coverage: Coverage
    problem: Problem
    solutions: tuple[Solution, ...]
    """The best plan, and the next best."""
    current: Solution | None
    """The plan in force, scored the same way."""
    plan: gpd.GeoDataFrame
    """PLAN of all of them."""
    curve: pd.DataFrame
    """CURVE."""
    rota: Rota
    free_reach: float
    """What as many stops could reach without fixed sites, wards to be served and distances."""

    @property
    def total(self) -> float:
        """All need, in reach of a site or not."""
        return float(self.need.demand["weight"].sum())

    @property
    def weights(self) -> npt.NDArray[np.float64]:
        """Need of each demand point, in parts of ``ALL``."""
        return np.asarray(self.need.demand["weight"], dtype=float)

    @property
    def alone(self) -> npt.NDArray[np.float64]:
        """Need that each site reaches by itself, in parts of ``ALL``."""
        return covered_alone(self.coverage, self.weights)

    @property
    def counted(self) -> npt.NDArray[np.float64]:
        """Incidents a month within reach of each site, as counted, near or far alike."""
        return np.asarray(self.coverage.shares.astype(bool).astype(float) @ self.n_month)

    @property
    def n_month(self) -> npt.NDArray[np.float64]:
        """Incidents a month at each demand point, as counted."""
        return np.asarray(self.need.demand["n_month"], dtype=float)


def need_of(
    ground: BusGround,
    incidents: gpd.GeoDataFrame,
    bus: Bus,
    *,
    own: gpd.GeoDataFrame | None = None,
    provision: gpd.GeoDataFrame | None = None,
) -> Need:
    """Return what the bus is to reach.

    Parameters
    ----------
    ground
        Months, wards and hotspots.
    incidents
        Those that the bus is for.
    bus
        Persistence, evenings, and how much existing services meet.
    own
        Points with a ``weight`` to be used instead of incidents.
    provision
        PROVISION.

    Returns
    -------
    Need
        In parts of ``ALL``.

    Raises
    ------
    InputError
        There is no need at all.
    """
    parts = tuple(part for span in sessions_of(bus) for part in parts_of(span, bus.stops_per_evening))
    if own is None:
        points, by_part = demand_points(incidents, ground.months, persistence=bus.persistence, sessions=parts)
    else:
        points = own_demand(own)
        even = np.array([span.minutes for span in parts]) / sum(span.minutes for span in parts)
        spread = np.asarray(points["weight"], dtype=float)[:, None] * even
        by_part = pd.DataFrame(spread, index=points.index, columns=session_labels(parts))
    demand = with_places(points, ground.hotspots, ground.areas)
    before = demand["weight"]
    if provision is not None and len(provision):
        by_part = _less_services(demand, by_part, provision, bus, parts)
        demand = demand.assign(weight=by_part.sum(axis=1))
    if not demand["weight"].sum() > 0:
        raise InputError(
            f"There is nothing for the bus to reach in {ground.area}: no need is left in its evenings beside the "
            "services that are there already; set sessions, crime_types or provision_share under [bus]."
        )
    told = own is None and timed(incidents).told
    # In parts of a hundred: a weighted incident is no incident, and must not be read as one.
    part = ALL / float(demand["weight"].sum())
    met = (before - demand["weight"]).rename("met") * part
    return Need(check(DEMAND, demand.assign(weight=demand["weight"] * part)), by_part * part, told, met)


def _less_services(
    demand: gpd.GeoDataFrame,
    by_part: pd.DataFrame,
    provision: gpd.GeoDataFrame,
    bus: Bus,
    parts: Sequence[Span],
) -> pd.DataFrame:
    """Take off what services meet, part by part: one that opens on Tuesdays meets nothing on Fridays."""
    left = {}
    for span, (label, need) in zip(parts, by_part.items(), strict=True):
        of_evening = demand.assign(weight=need)
        how = {"share": bus.provision_share, "walk_factor": bus.walk_factor}
        left[label] = less_provision(of_evening, provision, **how, sessions=(span,))["weight"]
    return pd.DataFrame(left, index=by_part.index, columns=by_part.columns)


def make_plan(
    candidates: Candidates,
    need: Need,
    bus: Bus,
    *,
    first: dt.date,
    days: Mapping[dt.date, str],
    current: Sequence[str] = (),
    network: StreetNetwork | None = None,
    progress: Callable[[str], None] | None = None,
) -> BusPlan:
    """Find the best stops, the next best, the curve and a rota.

    Parameters
    ----------
    candidates, need
        Sites and what they are to reach.
    bus
        The wishes.
    first, days
        First day of the rota, and the days that fall in holidays or terms.
    current
        ``site_id`` of the plan in force.
    network
        Streets to walk along; none: straight lines.
    progress
        Called with a few words before each step.

    Returns
    -------
    BusPlan
        Every reach in it is computed from the coverage, not taken from the solver.

    Raises
    ------
    SettingsError
        The wishes contradict each other; the sentence says which.
    InputError
        No site reaches any need.
    """
    say = progress or (lambda _: None)
    say("Finding what each site reaches")
    reached = _reached(candidates, need, bus, network)
    weights = np.asarray(need.demand["weight"], dtype=float)
    problem = problem_of(candidates, reached.shares, weights, bus)
    say("Searching the best stops")
    solutions = _solved(candidates, problem, bus)
    say("Drawing the curve")
    in_force = _scored(candidates, reached, weights, current) if current else None
    steps = _curve(problem, weights.sum(), bus)
    say("Making the rota")
    visits = _rota(candidates, reached, need, solutions[0], bus, first=first, days=days)
    plans = (tuple(solutions), in_force, gpd.GeoDataFrame())
    free = _free_reach(problem, solutions[0], bus)
    draft = BusPlan(candidates, need, reached, problem, *plans, curve=steps, rota=visits, free_reach=free)
    return dataclasses.replace(draft, plan=_plan(draft))


def _reached(candidates: Candidates, need: Need, bus: Bus, network: StreetNetwork | None) -> Coverage:
    """Return what each site reaches, and refuse a list of sites that reach nothing."""
    reached = coverage(
        candidates.sites[list(SITES.columns)],
        need.demand,
        reach_m=bus.walk_m,
        walk_factor=bus.walk_factor,
        decay=bus.distance_decay,
        network=network,
    )
    alone = covered_alone(reached, np.asarray(need.demand["weight"], dtype=float))
    if not alone[(candidates.sites["status"] != NEVER).to_numpy()].any():
        raise InputError(
            f"No site has any need within a walk of {bus.walk_m:g} m; give more sites or a longer --reach-m."
        )
    return reached


def _solved(candidates: Candidates, problem: Problem, bus: Bus) -> list[Solution]:
    """Return the best plan and the next best, or say which wishes contradict each other."""
    usable = len(candidates.sites) - len(problem.barred)
    if usable < bus.stops:
        raise SettingsError(
            f"{bus.stops} stops are asked for, but only {usable} of {len(candidates.sites)} sites can be used; ask for "
            "fewer --stops or add sites."
        )
    near = [{at} for at in range(len(candidates.sites))]
    for one, other in cKDTree(candidates.sites.geometry.get_coordinates().to_numpy()).query_pairs(bus.alike_m):
        near[one].add(other)
        near[other].add(one)
    solutions = next_best(
        problem,
        bus.alternatives,
        bus.differ_by,
        time_limit_s=bus.time_limit_s,
        alike=[frozenset(sites) for sites in near],
    )
    if not solutions:
        raise SettingsError(
            f"The wishes contradict each other: {listed(contradiction(problem))} cannot hold together; drop one."
        )
    return solutions


def _rota(
    candidates: Candidates,
    reached: Coverage,
    need: Need,
    best: Solution,
    bus: Bus,
    *,
    first: dt.date,
    days: Mapping[dt.date, str],
) -> Rota:
    """Return the rota of the best plan, by what each stop reaches at each evening of the week."""
    stops = candidates.sites[list(SITES.columns)].iloc[list(best.chosen)]
    of_part = reached.shares[list(best.chosen)] @ need.by_part.to_numpy(dtype=float)
    by_stop = pd.DataFrame(of_part, index=stops.index, columns=need.by_part.columns)
    if not need.timed:  # the same all evening, so that nothing but the way decides which stop comes first
        whole = of_part.reshape(len(stops), -1, bus.stops_per_evening).sum(axis=2)
        by_stop = pd.DataFrame(whole, index=stops.index, columns=session_labels(sessions_of(bus)))
    closed = {dt.date.fromisoformat(day): "the bus does not go out" for day in bus.closed_on}
    return rota(stops, by_stop, sessions_of(bus), first, bus, closed=closed, on=days)


def _scored(
    candidates: Candidates, reached: Coverage, weights: npt.NDArray[np.float64], sites: Sequence[str]
) -> Solution:
    """Return a given plan, whatever wishes it breaks."""
    at = tuple(sorted(int(row) for row in candidates.sites.index.get_indexer(list(sites))))
    reach = reach_of(reached, weights, at)
    return Solution(chosen=at, reach=reach, bound=reach, optimal=False, seconds=0.0)


def _curve(problem: Problem, total: float, bus: Bus) -> pd.DataFrame:
    """Return CURVE; a bend is marked only where there is one."""
    most = max(bus.stops + 1, CURVE_STOPS)
    steps = curve(problem, most, time_limit_s=bus.time_limit_s)
    reaches = [best.reach for _, best, _ in steps]
    bend = knee(reaches)
    if bend is not None and _above_chord(reaches, bend) < _BEND:
        bend = None
    rows = [
        {
            "reach": best.reach,
            "share": min(best.reach / total, 1.0),
            "gain": max(best.reach - (reaches[at - 1] if at else 0.0), 0.0),
            "greedy": np.nan if greedy is None else greedy.reach,
            "bound": max(best.bound, best.reach),
            "optimal": best.optimal,
            "knee": at == bend,
        }
        for at, (_, best, greedy) in enumerate(steps)
    ]
    index = pd.Index([stops for stops, _, _ in steps], dtype=np.int64, name="stops")
    return check(CURVE, pd.DataFrame(rows, index=index, columns=list(CURVE.columns)))


def _free_reach(problem: Problem, best: Solution, bus: Bus) -> float:
    """Return the reach of the best plan that keeps to the number of stops and to the sites that can be used, alone."""
    if not (problem.fixed or problem.at_most_one or problem.at_least_one or problem.apart):
        return best.reach
    bare = dataclasses.replace(problem, fixed=frozenset(), at_most_one=(), at_least_one=(), apart=())
    free = solve(bare, time_limit_s=bus.time_limit_s)
    return best.reach if free is None else max(free.reach, best.reach)


def _above_chord(reaches: Sequence[float], at: int) -> float:
    """Return how far a point of the curve lies above the straight line between its ends, both axes from 0 to 1."""
    first, last = reaches[0], reaches[-1]
    return (reaches[at] - first) / (last - first) - at / (len(reaches) - 1)


def _plan(found: BusPlan) -> gpd.GeoDataFrame:
    """Return PLAN: the plan in force, the best one and the next best, stops in the order of what they reach."""
    given = [(0, found.current)] if found.current is not None else []
    parts = [_stops(found, number, solution) for number, solution in [*given, *enumerate(found.solutions, start=1)]]
    frame = pd.concat(parts, ignore_index=True)
    frame.index = pd.RangeIndex(1, len(frame) + 1, name="row_no")
    rows = gpd.GeoDataFrame(frame, geometry="geometry", crs=found.candidates.sites.crs)
    return check(PLAN, rows[list(PLAN.columns)])


def _stops(found: BusPlan, number: int, solution: Solution) -> gpd.GeoDataFrame:
    sites = found.candidates.sites.iloc[list(solution.chosen)]
    facts = stop_facts(found.coverage, found.weights, found.n_month, solution.chosen)
    columns = ["name", "status", "hotspot_ids", "ward", "geometry"]
    frame = (
        sites[columns]
        .reset_index()
        .assign(
            alternative=number, **{name: facts[name].to_numpy() for name in ("covered", "gain", "share", "n_month")}
        )
    )
    frame = frame.sort_values(["covered", "site_id"], ascending=[False, True]).assign(
        stop_no=np.arange(1, len(frame) + 1)
    )
    visits = found.rota.visits.sort_values("starts_at").drop_duplicates("site_id").set_index("site_id")
    # The rota is that of the best plan.
    keys = frame["site_id"] if number == 1 else [""] * len(frame)
    return frame.assign(**{name: visits[name].reindex(keys).array for name in ("starts_at", "ends_at")})
