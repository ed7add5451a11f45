"""A plan of the outreach bus becomes the content of its page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from hotspots.analysis.area_stats import class_breaks, classify
from hotspots.maps.bus_content import BusContent, BusWords, Groups, PlanView, Rules
from hotspots.outreach.coverage import grouped
from hotspots.pack.words import month_name
from hotspots.pipeline.backdrop import backdrop_of
from hotspots.pipeline.bus_findings import amount, headline, level_notes, method, proof
from hotspots.pipeline.bus_plan import ALL
from hotspots.pipeline.bus_wishes import FIXED, NEVER

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

    from hotspots.outreach.model import Solution
    from hotspots.pipeline.bus_ground import BusGround
    from hotspots.pipeline.bus_plan import BusPlan
    from hotspots.settings import Settings


def bus_content(
    found: BusPlan,
    ground: BusGround,
    settings: Settings,
    *,
    why: Mapping[str, tuple[str, ...]],
    zones: gpd.GeoDataFrame | None,
    provision: gpd.GeoDataFrame | None,
) -> BusContent:
    """Return the content of the planner's page.

    Parameters
    ----------
    found, ground
        The plan, and the month it stands on.
    settings
        The settings in force.
    why
        Sentences by ``site_id``.
    zones, provision
        Grounds where the bus may not stop, and existing services.

    Returns
    -------
    BusContent
        Need by LSOA and coverage by groups of demand; no incident point.

    Raises
    ------
    InputError
        The backdrop that the settings name cannot be used.
    """
    areas, breaks = _areas(found, ground)
    groups = grouped(found.coverage, found.weights, found.n_month)
    backdrop = _backdrop(ground, settings)
    sites = found.candidates.sites
    return BusContent(
        words=_words(found, ground, settings, backdrop[1]),
        areas=areas,
        breaks=breaks,
        outline=ground.outline,
        neighbours=ground.neighbours,
        hotspots=ground.hotspots,
        sites=sites.drop(columns="borough").assign(covered=found.alone),
        groups=Groups(groups.weight, groups.n_month, groups.starts, groups.sites, groups.shares),
        total=ALL,
        plans=_views(found),
        rules=_rules(found, settings),
        curve=found.curve,
        rota=found.rota.visits,
        why=why,
        zones=zones,
        provision=provision,
        backdrop=backdrop[0],
    )


def _areas(found: BusPlan, ground: BusGround) -> tuple[gpd.GeoDataFrame, tuple[float, ...]]:
    """Return the LSOAs of the area with their need in classes; of those around it nothing is counted."""
    need = found.need.demand.groupby("lsoa_code")["weight"].sum()
    own = ground.areas[ground.areas["zone"] == "area"]
    areas = own.assign(need=need.reindex(own.index).fillna(0.0).astype("float64"))
    areas = areas.assign(need_per_km2=areas["need"] / areas["area_km2"])
    breaks = class_breaks(areas["need_per_km2"])
    return areas.assign(need_class=classify(areas["need_per_km2"], breaks)), breaks


def _backdrop(ground: BusGround, settings: Settings) -> tuple[dict | None, tuple[str, ...]]:  # type: ignore[type-arg]
    if not settings.map.backdrop:
        return None, ()
    backdrop, _, _ = backdrop_of(Path(settings.map.backdrop), ground.areas)
    return backdrop.payload, (backdrop.source,)


def _words(found: BusPlan, ground: BusGround, settings: Settings, sources: tuple[str, ...]) -> BusWords:
    bus, own = settings.bus, bool(settings.bus.demand)
    sites = found.candidates.sites
    n_sites = int((sites["status"] != NEVER).sum())
    said = proof(found.solutions[0], bus, n_sites)
    left_out = (("What was left out", found.candidates.notes),) if found.candidates.notes else ()
    rota = (("What the rota could not keep", found.rota.sentences),) if found.rota.sentences else ()
    return BusWords(
        title=f"Outreach bus · {ground.area} · {month_name(ground.month + 1)}",
        subtitle=f"{bus.stops} stops of {n_sites:,} sites"
        + ("" if own else f" · {amount(float(found.n_month.sum()))} incidents a month"),
        marking=ground.marking,
        notices=ground.notices,
        headline=tuple(line for line in headline(found, bus, ground.area) if line != said),
        method=method(found, bus, network=bool(bus.network), own=own),
        sources=(*ground.sources, *filter(None, [bus.sites_source]), *sources),
        proven=said,
        need_title="Need per km², % of all need",
        unit="% of the need",
        findings=(*left_out, *rota),
    )


def _views(found: BusPlan) -> tuple[PlanView, ...]:
    notes = level_notes(found)
    titles = ("Best plan", *(f"Alternative {number}" for number in range(1, len(found.solutions))))
    kinds = ("best", *("alternative" for _ in found.solutions[1:]))
    views = [
        PlanView(title, _stops(found, number), solution.reach, _share(found, solution), note, kind)  # type: ignore[arg-type]
        for number, (title, solution, note, kind) in enumerate(
            zip(titles, found.solutions, notes, kinds, strict=True), start=1
        )
    ]
    if found.current is not None:
        note = "What the bus does now."
        views.append(
            PlanView(
                "Plan in force", _stops(found, 0), found.current.reach, _share(found, found.current), note, "current"
            )
        )
    return tuple(views)


def _stops(found: BusPlan, alternative: int) -> tuple[str, ...]:
    """Return the stops of a plan in the order of their numbers."""
    rows = found.plan[found.plan["alternative"] == alternative].sort_values("stop_no")
    return tuple(str(site) for site in rows["site_id"])


def _share(found: BusPlan, solution: Solution) -> float:
    return min(solution.reach / found.total, 1.0)


def _rules(found: BusPlan, settings: Settings) -> Rules:
    bus, sites, problem = settings.bus, found.candidates.sites, found.problem
    names = found.candidates.hotspot_names
    never = sites[sites["status"] == NEVER]
    return Rules(
        stops=bus.stops,
        reach_m=bus.walk_m,
        walk_factor=None if bus.network else bus.walk_factor,
        min_separation_m=bus.min_separation_m,
        one_per_hotspot=tuple((names.get(hotspot, hotspot), held) for hotspot, held in problem.at_most_one),
        at_least_one=problem.at_least_one,
        fixed=tuple(str(site) for site in sites.index[sites["status"] == FIXED]),
        barred={
            str(site): "never to be used" if pd.isna(reason) else str(reason)
            for site, reason in zip(never.index, never["reason"], strict=True)
        },
    )
