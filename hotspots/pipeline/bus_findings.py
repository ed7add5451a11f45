"""What a plan of the outreach bus says, in sentences a planner can read out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from hotspots.outreach.coverage import reach_of
from hotspots.pack.words import listed, number_word, percent
from hotspots.pipeline.bus_wishes import FIXED, NEVER

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd

    from hotspots.outreach.model import Solution
    from hotspots.pipeline.bus_plan import BusPlan
    from hotspots.settings import Bus

_LEAST = 0.05
_SAME = 1e-9
_LITTLE = 0.02
"""A next best plan that loses less than this share is as good for all anybody can tell."""
_NOT_PERIODS = ("holiday", "term")
"""Kinds that are days in a calendar, not something that takes place somewhere."""


def headline(found: BusPlan, bus: Bus, area: str) -> tuple[str, ...]:
    """Return what must be read first: what the plan reaches, whether that is the most, and what one more stop adds.

    Parameters
    ----------
    found
        The plan.
    bus
        The wishes.
    area
        For example ``Bexley``.

    Returns
    -------
    tuple of str
        Finished sentences. Incidents are as counted, need is in parts of all need.
    """
    best = found.solutions[0]
    n_sites = int((found.candidates.sites["status"] != NEVER).sum())
    return (
        _reached(found, bus, area),
        proof(best, bus, n_sites),
        *_wishes_cost(found, best),
        *_not_visited(found, best),
        *([] if found.current is None else [_against(found, found.current)]),
        *_one_more(found, bus),
    )


def _reached(found: BusPlan, bus: Bus, area: str) -> str:
    best = found.solutions[0]
    stops = f"{number_word(bus.stops, capital=True)} stop{'' if bus.stops == 1 else 's'}"
    if bus.demand:
        return f"{stops} meet{'s' if bus.stops == 1 else ''} {share(best.reach)} of the need in {area}."
    total = float(found.n_month.sum())
    counted = within_reach(found, best.chosen)
    return (
        f"{stops} {'has' if bus.stops == 1 else 'have'} {amount(counted)} of the {amount(total)} incidents a month in "
        f"{area} within a walk of {bus.walk_m:g} m ({percent(counted / total)}), and {share(best.reach)} of the need: "
        f"{_what_need_is(found, bus)}."
    )


def _what_need_is(found: BusPlan, bus: Bus) -> str:
    """Return in a few words how need differs from incidents."""
    words = "incidents"
    if bus.persistence:
        words += " weighted by how lasting they are"
    if found.need.timed:
        words += ", in the evenings of the bus"
    if float(found.need.met.sum()) > _LEAST:
        words += ", less what services meet"
    return words


def within_reach(found: BusPlan, chosen: Sequence[int]) -> float:
    """Return the incidents a month within reach of any of some stops, as counted, near or far alike."""
    near = found.coverage.shares[list(chosen)].astype(bool).sum(axis=0) > 0
    return float(found.n_month[np.asarray(near).ravel()].sum())


def share(need: float) -> str:
    """Return need as a share of all need, such as ``20.2 %``: a decimal more than ``percent``, to tell plans apart."""
    return f"{need:.1f} %" if need >= _LEAST or not need else f"under {_LEAST * 2:.1f} %"


def amount(value: float) -> str:
    """Return incidents a month for reading: one decimal below 100, and never a false zero."""
    if 0 < value < _LEAST:
        return "under 0.1"
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"  # noqa: PLR2004


def proof(best: Solution, bus: Bus, n_sites: int) -> str:
    """Say whether a plan is proven best of so many sites, and if not how far off it can be."""
    those = f"any {number_word(bus.stops)} of the {n_sites:,} sites"
    if best.optimal:
        return f"That is the most that {those} can reach with these wishes; it is proven."
    return (
        f"The search was stopped after {bus.time_limit_s:g} s: {those} may reach up to {share(best.bound)}, not more."
    )


def _wishes_cost(found: BusPlan, best: Solution) -> list[str]:
    """Say what fixed sites, wards to be served and distances cost."""
    less = found.free_reach - best.reach
    if less <= _LEAST:
        return []
    return [
        f"The wishes cost {share(less)} of the need: without them as many stops would reach {share(found.free_reach)}."
    ]


def _not_visited(found: BusPlan, best: Solution) -> list[str]:
    """Say where the rota leaves stops of the plan out: what nobody visits reaches nobody."""
    visited = set(found.rota.visits["site_id"])
    sites = found.candidates.sites
    kept = [at for at in best.chosen if sites.index[at] in visited]
    if len(kept) == len(best.chosen):
        return []
    out = [str(sites["name"].iloc[at]) for at in best.chosen if at not in kept]
    left = reach_of(found.coverage, found.weights, kept)
    return [f"The rota has no visit to {listed(out)}: the stops that are visited reach {share(left)} of the need."]


def _against(found: BusPlan, current: Solution) -> str:
    best, sites = found.solutions[0], found.candidates.sites
    now = f"The plan in force, with {number_word(len(current.chosen))} stop{'' if len(current.chosen) == 1 else 's'},"
    more = best.reach - current.reach
    if abs(more) <= _LEAST:
        said = f"{now} reaches as much, for all that can be told"
    elif more > 0:
        said = f"{now} reaches {share(current.reach)} of the need, this one {share(more)} more"
    else:
        said = f"{now} reaches {share(current.reach)} of the need, {share(-more)} more than this one"
    barred = [f"{sites['name'].iloc[at]} {reason}" for at, reason in _barred(sites, current.chosen)]
    return f"{said}; {'; '.join(barred)}." if barred else f"{said}."


def _barred(sites: gpd.GeoDataFrame, chosen: Sequence[int]) -> list[tuple[int, str]]:
    """Return the stops of a plan that can be none, and why."""
    frame = sites.iloc[list(chosen)]
    return [
        (at, "is never to be used" if pd.isna(reason) else str(reason))
        for at, status, reason in zip(chosen, frame["status"], frame["reason"], strict=True)
        if status == NEVER
    ]


def _one_more(found: BusPlan, bus: Bus) -> list[str]:
    said = []
    if bus.stops + 1 in found.curve.index:
        said.append(f"One stop more would add {share(float(found.curve['gain'][bus.stops + 1]))} of the need.")
    bend = found.curve.index[found.curve["knee"]]
    if len(bend):
        said.append(
            f"The curve bends at {number_word(int(bend[0]))} stop{'' if bend[0] == 1 else 's'}: beyond it each adds "
            "clearly less."
        )
    return said


def alternative_notes(found: BusPlan) -> tuple[str, ...]:
    """Say of each plan what it gives up and gains against the best.

    Parameters
    ----------
    found
        The plan.

    Returns
    -------
    tuple of str
        As many sentences as ``solutions``.
    """
    best, names = found.solutions[0], found.candidates.sites["name"].tolist()
    said = ["The best plan."]
    for other in found.solutions[1:]:
        out = [names[at] for at in best.chosen if at not in other.chosen]
        new = [names[at] for at in other.chosen if at not in best.chosen]
        less = best.reach - other.reach
        part = less / best.reach if best.reach else 0.0
        how = f"{share(less)} of the need less" if less > _LEAST else "as much"
        level = "; level for all that can be told" if less > _LEAST and part < _LITTLE else ""
        said.append(f"{listed(new)} instead of {listed(out)}: {how}{level}.")
    return tuple(said)


def level_notes(found: BusPlan) -> tuple[str, ...]:
    """Say which next best plans nobody can tell from the best: as many texts as ``solutions``, empty for the others."""
    best = found.solutions[0].reach
    said = "Level with the best for all that can be told."
    return ("", *(said if best - plan.reach < _LITTLE * best else "" for plan in found.solutions[1:]))


def why(found: BusPlan, events: gpd.GeoDataFrame, near_m: float, since: pd.Timestamp) -> dict[str, tuple[str, ...]]:
    """Say of each site why it would be a stop: hotspots, incidents in reach, and the next event nearby.

    Parameters
    ----------
    found
        The plan.
    events
        OCCURRENCES or EVENTS of the time ahead, in the CRS of the sites.
    near_m
        How near an event must be.
    since
        Events before it are past.

    Returns
    -------
    dict
        ``site_id`` → sentences.
    """
    sites, coverage = found.candidates.sites, found.coverage
    counted, alone = found.counted, found.alone
    served = coverage.shares @ np.asarray(found.need.met, dtype=float)
    shared = found.plan[found.plan["alternative"] == 1].set_index("site_id")["share"].to_dict()
    coming = _next_events(sites, events, near_m, since)
    said: dict[str, tuple[str, ...]] = {}
    for at, (site, row) in enumerate(zip(sites.index, sites.to_dict("records"), strict=True)):
        lines = [f"{amount(counted[at])} incidents a month lie within reach, {share(alone[at])} of the need."]
        if served[at] > _LEAST:
            lines.append(
                f"Services that are there already meet {percent(served[at] / (served[at] + alone[at]))} of the need "
                "within reach, which is taken off."
            )
        if shared.get(site, 0.0) > _LITTLE:
            lines.append(f"Another stop of the plan reaches {percent(shared[site])} of it too.")
        lines += _near_hotspots(str(row["hotspot_ids"]).split(), found)
        lines += coming.get(str(site), [])
        if row["status"] in (NEVER, FIXED):
            reason = row["reason"]
            told = "" if pd.isna(reason) else f": {str(reason).rstrip('.')}"
            lines.append(f"{'Never a stop' if row['status'] == NEVER else 'Fixed'}{told}.")
        if not pd.isna(row["notes"]):
            lines.append(f"Kerb and access: {str(row['notes']).rstrip('.')}.")
        said[str(site)] = tuple(lines)
    return said


def _near_hotspots(ids: Sequence[str], found: BusPlan) -> list[str]:
    names = found.candidates.hotspot_names
    known = [names[hotspot] for hotspot in ids if hotspot in names]
    return [f"Within reach of {listed(known)}."] if known else ["No hotspot lies within its reach."]


def _next_events(
    sites: gpd.GeoDataFrame, events: gpd.GeoDataFrame, near_m: float, since: pd.Timestamp
) -> dict[str, list[str]]:
    """Return the next event near each site."""
    placed = events[events.geometry.notna() & ~events.geometry.is_empty & (events["starts_at"] >= since)]
    days = placed["kind"].str.casefold().str.contains("|".join(_NOT_PERIODS), regex=True).astype(bool)
    placed = placed[~days]
    ordered = placed.sort_values("starts_at", kind="stable")
    if ordered.empty:
        return {}
    site, event = ordered.sindex.query(sites.geometry, predicate="dwithin", distance=near_m, sort=True)
    first = pd.Series(event, index=sites.index[site]).groupby(level=0).min()
    return {
        str(identity): [f"Next event within {near_m:g} m: {_told(ordered.iloc[at])}."] for identity, at in first.items()
    }


def _told(event: pd.Series) -> str:
    when = event["starts_at"]
    return f"{event['title']}, {when:%a} {when.day} {when:%b %Y}, {when:%H:%M}"


def method(found: BusPlan, bus: Bus, *, network: bool, own: bool) -> tuple[tuple[str, str], ...]:
    """Return how the plan came about: heading and paragraph.

    Parameters
    ----------
    found
        The plan.
    bus
        The wishes.
    network
        Walks follow streets.
    own
        The need is a layer of the partnership's own.

    Returns
    -------
    tuple
        In reading order.
    """
    return (
        ("What is reached for", _need(found, bus, own=own)),
        ("What a stop reaches", _reach(bus, network=network)),
        (
            "How the stops were found",
            "Of all sets of sites that keep to the wishes the one with the greatest reach, each point counted once "
            "however many stops reach it: maximal covering (Church and ReVelle 1974), solved exactly as a mixed "
            "integer programme (HiGHS). The reach is then counted again from the list of what each site covers. "
            f"Taking one stop after another would reach {_greedy(found, bus)}.",
        ),
        ("The wishes", _wishes(found, bus)),
        (
            "The rota",
            "Every stop is visited at least once in the cycle if its hours allow, and none on two evenings in a row "
            "where that can be helped; with twice as many stops as an evening has, each then goes out every second "
            "evening. Where that leaves a choice, visits follow need by D'Hondt's rule. "
            + (
                "Need by evening and hour comes from incidents with a time; it decides too which stop of an evening "
                "comes first."
                if found.need.timed
                else "The incidents do not tell evenings apart: need is taken as equal over them."
            ),
        ),
        (
            "What it does not say",
            "Past incidents are not young people: a stop where few are recorded may still be where they are. Sites "
            "that differ by a few incidents a month are level. Points of street-level data are approximate by up to "
            "a street.",
        ),
    )


def _need(found: BusPlan, bus: Bus, *, own: bool) -> str:
    if own:
        return "A layer of the partnership's own points in the area, each by its weight; all of it is 100 %."
    kinds = listed([name.lower() for name in (*bus.themes, *bus.crime_types)])
    where = "on the ground of its hotspots" if bus.only_hotspots else "in the area"
    said = [f"Incidents of {kinds} {where} over the window; all need is 100 %."]
    if bus.persistence:
        said.append(
            "A place counts in proportion to the months in which something happened around it, so that a bad week is "
            "no lasting need; the whole stays what it was."
        )
    said.append(
        "Where times are known, only what falls in the evenings of the bus counts."
        if found.need.timed
        else "Hours are not known of enough incidents: all hours count."
    )
    met = float(found.need.met.sum())
    if met > _LEAST:
        said.append(
            f"What services meet that are there already is taken off, {percent(met / (found.total + met))} of it."
        )
    return " ".join(said)


def _reach(bus: Bus, *, network: bool) -> str:
    way = (
        "along the streets given"
        if network
        else f"taken as {bus.walk_factor:g} times the straight line, which is {bus.walk_m / bus.walk_factor:.0f} m"
    )
    decay = (
        " What is farther away counts less: whole within a quarter of the walk, then three, two and one quarter."
        if bus.distance_decay
        else " Within it everything counts whole, beyond it nothing."
    )
    return f"Everything within a walk of {bus.walk_m:g} m, {way}.{decay}"


def _greedy(found: BusPlan, bus: Bus) -> str:
    if bus.stops not in found.curve.index:
        return "no plan that keeps to the wishes"
    reach, greedy = (float(found.curve[name][bus.stops]) for name in ("reach", "greedy"))
    less = reach - greedy
    return f"{percent(less / reach)} less" if less > _SAME * max(reach, 1.0) else "as much here"


def _wishes(found: BusPlan, bus: Bus) -> str:
    sites = found.candidates.sites
    counts = sites["status"].value_counts()
    parts = [f"{bus.stops} stops"]
    if counts.get(FIXED, 0):
        parts.append(f"{counts[FIXED]} of them fixed")
    if counts.get(NEVER, 0):
        parts.append(f"{counts[NEVER]} sites never")
    if bus.min_separation_m:
        parts.append(f"at least {bus.min_separation_m:g} m between two")
    if bus.one_per_hotspot:
        parts.append("at most one within reach of a hotspot")
    if bus.serve:
        parts.append(f"at least one in {listed(bus.serve)}")
    if bus.exclude:
        parts.append("none where the bus may not stop")
    return f"{listed(parts)}."
