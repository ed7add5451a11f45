"""What a plan of the outreach bus must keep to: which sites can be stops, and the wishes they have to meet together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd
from scipy.spatial import cKDTree

from hotspots.errors import InputError, SettingsError
from hotspots.outreach.demand import site_hotspots
from hotspots.outreach.rota import parts_of
from hotspots.outreach.wishes import Problem
from hotspots.pack.words import listed, number_word
from hotspots.settings.hours import Span, hours_text, read_hours, within
from hotspots.tables import SITES, check

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    import numpy.typing as npt
    from scipy.sparse import csr_array

    from hotspots.pipeline.bus_ground import BusGround
    from hotspots.settings import Bus

NEVER, FIXED, CANDIDATE = "never", "fixed", "candidate"

_NAMED_AT_MOST = 5


@dataclass(frozen=True)
class Candidates:
    """The sites as the plan takes them."""

    sites: gpd.GeoDataFrame
    """SITES by ``site_id``, with ``ward``, ``borough`` and ``hotspot_ids``; ``reason`` says why one is never a stop."""
    hotspot_names: Mapping[str, str]
    """Hotspots by id: rank and name."""
    notes: tuple[str, ...]
    """What was left out and why, in sentences."""


def sessions_of(bus: Bus) -> tuple[Span, ...]:
    """Return the evenings of a week.

    Raises
    ------
    SettingsError
        They cannot be read, or there is none.
    """
    try:
        spans = read_hours("; ".join(bus.sessions))
    except ValueError as error:
        raise SettingsError(f"--sessions: {error}.") from error
    if not spans:
        raise SettingsError("--sessions must name at least one evening, such as 'Tue, Thu 16:30-22:30'.")
    return spans


def judge_sites(
    sites: gpd.GeoDataFrame,
    ground: BusGround,
    bus: Bus,
    *,
    name: str,
    chosen: Mapping[str, bool] | None = None,
    zones: gpd.GeoDataFrame | None = None,
) -> Candidates:
    """Tell which sites can be stops.

    Parameters
    ----------
    sites
        SITES in the analysis CRS.
    ground
        The area, its wards and hotspots.
    bus
        Evenings, reach, and how many stops an evening has.
    name
        What the sentences call the list.
    chosen
        Sites that are fixed (true) or not to be used (false) by a choice that was saved.
    zones
        Polygons with a ``name`` where the bus may not stop.

    Returns
    -------
    Candidates
        A site outside the area, in a zone or open at no evening is never a stop.

    Raises
    ------
    InputError
        A fixed site cannot be a stop, or no site can.
    SettingsError
        The evenings cannot be read.
    """
    frame = _as_chosen(sites.sort_index(), chosen or {}, name)
    faults = _faults(frame, ground, bus, zones)
    for site in (site for site in faults if frame["status"][site] == FIXED):
        raise InputError(
            f"{name}: {frame['name'][site]} ({site}) is fixed but {faults[site]}; make it a candidate or change that."
        )
    out = pd.Series(faults, dtype="str").reindex(frame.index)
    shut = out.notna() & (frame["status"] == CANDIDATE)
    frame = frame.assign(
        status=frame["status"].mask(shut, NEVER).astype("str"),
        reason=frame["reason"].mask(shut, out).astype("str"),
    )
    if (frame["status"] == NEVER).all():
        raise InputError(_all_out(frame, shut, name))
    check(SITES, frame)
    notes = _notes(out[shut], frame)
    placed = _places(frame, ground)
    reach_m = bus.walk_m / bus.walk_factor
    hotspots = site_hotspots(frame, ground.hotspots, reach_m)
    placed = placed.assign(hotspot_ids=hotspots.reindex(frame.index).fillna("").astype("str"))
    return Candidates(placed, ground.hotspots["name"].to_dict(), notes)


def _as_chosen(sites: gpd.GeoDataFrame, chosen: Mapping[str, bool], name: str) -> gpd.GeoDataFrame:
    """Return the sites with a saved choice; what the list fixes stays fixed, and what it bars cannot be chosen."""
    for site in (site for site, taken in chosen.items() if taken and sites["status"][site] == NEVER):
        reason = sites["reason"][site]
        why = "" if pd.isna(reason) else f" ({reason})"
        raise InputError(
            f"{name}: {sites['name'][site]} ({site}) is chosen but never to be used{why}; change one of the two lists."
        )
    out = [site for site, taken in chosen.items() if not taken]
    shut = sites.index.isin(out) & (sites["status"] != FIXED)
    status = sites["status"].mask(shut, NEVER)
    status = status.mask(sites.index.isin([site for site, taken in chosen.items() if taken]), FIXED)
    reason = sites["reason"].mask(shut & sites["reason"].isna(), "left out in the saved choice")
    return sites.assign(status=status.astype("str"), reason=reason.astype("str"))


def problem_of(candidates: Candidates, shares: csr_array, weights: npt.NDArray, bus: Bus) -> Problem:  # type: ignore[type-arg]
    """Return the wishes as the model takes them.

    Parameters
    ----------
    candidates
        From ``judge_sites``.
    shares
        Sites × demand, in the order of the candidates.
    weights
        Need of each demand point.
    bus
        Stops, separation, fairness.

    Returns
    -------
    Problem
        Sites are positions in ``candidates.sites``.

    Raises
    ------
    SettingsError
        No site lies in a ward or borough that ``serve`` names.
    """
    sites = candidates.sites
    by_hotspot: dict[str, list[int]] = {}
    for at, held in enumerate(sites["hotspot_ids"]):
        for hotspot in held.split():
            by_hotspot.setdefault(hotspot, []).append(at)
    apart: list[tuple[int, int]] = []
    if bus.min_separation_m > 0:
        tree = cKDTree(sites.geometry.get_coordinates().to_numpy())
        # Exactly the distance that was asked for is far enough.
        apart = sorted(tree.query_pairs(bus.min_separation_m * (1 - 1e-12)))
    return Problem(
        shares=shares,
        weights=weights,
        stops=bus.stops,
        fixed=frozenset(_at(sites, FIXED)),
        barred=frozenset(_at(sites, NEVER)),
        at_most_one=tuple((hotspot, tuple(held)) for hotspot, held in sorted(by_hotspot.items()) if len(held) > 1)
        if bus.one_per_hotspot
        else (),
        at_least_one=tuple((place, _in_place(sites, place)) for place in dict.fromkeys(bus.serve)),
        apart=tuple((int(one), int(other)) for one, other in apart),
        apart_words=f"{bus.min_separation_m:g} m between stops",
    )


def _at(sites: gpd.GeoDataFrame, status: str) -> list[int]:
    return [at for at, held in enumerate(sites["status"]) if held == status]


def _in_place(sites: gpd.GeoDataFrame, place: str) -> tuple[int, ...]:
    """Return the sites of a ward, or else of a borough."""
    wanted = place.strip().casefold()
    for column in ("ward", "borough"):
        held = sites[column].fillna("").str.casefold() == wanted
        if held.any():
            return tuple(int(at) for at in held.to_numpy().nonzero()[0])
    known = sorted({*sites["ward"].dropna(), *sites["borough"].dropna()})
    raise SettingsError(
        f"[bus] serve: no site lies in a ward or borough called {place!r}; the sites lie in {listed(known) or 'none'}."
    )


def _faults(sites: gpd.GeoDataFrame, ground: BusGround, bus: Bus, zones: gpd.GeoDataFrame | None) -> dict[str, str]:
    """Return why sites cannot be stops, in words that go on after their name."""
    faults: dict[str, str] = {}
    sessions = sessions_of(bus)
    parts = [part for span in sessions for part in parts_of(span, bus.stops_per_evening)]
    inside = sites.geometry.intersects(ground.outline)
    in_zone = _zone_of(sites, zones)
    for site, hours, is_inside in zip(sites.index, sites["hours"], inside, strict=True):
        if not is_inside:
            faults[site] = f"lies outside {ground.area}"
        elif site in in_zone:
            faults[site] = f"lies in {in_zone[site]}, where the bus may not stop"
        elif not pd.isna(hours) and not any(within(part, read_hours(hours)) for part in parts):
            faults[site] = f"is open {hours} only, for a whole stop of no evening ({hours_text(sessions)})"
    return faults


def _zone_of(sites: gpd.GeoDataFrame, zones: gpd.GeoDataFrame | None) -> dict[str, str]:
    if zones is None or zones.empty:
        return {}
    site, zone = zones.sindex.query(sites.geometry, predicate="intersects")
    return {str(sites.index[at]): str(zones["name"].iloc[row]) for at, row in zip(site[::-1], zone[::-1], strict=True)}


def _places(sites: gpd.GeoDataFrame, ground: BusGround) -> gpd.GeoDataFrame:
    """Return the sites with the ward and borough they lie in; on a line the one of the smallest code."""
    areas = ground.areas.sort_index()
    site, area = areas.sindex.query(sites.geometry, predicate="intersects", sort=True)
    first = pd.Series(area, index=sites.index[site]).groupby(level=0).min()
    row = areas.iloc[first.to_numpy()].set_axis(first.index)
    return sites.assign(
        ward=row["ward"].reindex(sites.index).astype("str"), borough=row["borough"].reindex(sites.index).astype("str")
    )


def _all_out(frame: gpd.GeoDataFrame, shut: pd.Series, name: str) -> str:
    """Say why no site is left."""
    why = frame.loc[shut, "reason"].str.split(",").str[0].value_counts()
    parts = [f"{reason} ({n} site{'' if n == 1 else 's'})" for reason, n in why.head(_NAMED_AT_MOST).items()]
    given = int((~shut).sum())
    if given:
        parts.append(f"is never to be used ({given})")
    return f"No site of {name} can be a stop: each {'; or '.join(parts)}. Add sites, or change status, hours or place."


def _notes(faults: pd.Series, frame: gpd.GeoDataFrame) -> tuple[str, ...]:
    """Say which candidates were left out, those of one reason together."""
    said = []
    for reason, sites in faults.groupby(faults.to_numpy()).groups.items():
        names = [str(frame["name"][site]) for site in sites]
        shown = listed(names[:_NAMED_AT_MOST])
        if len(names) > _NAMED_AT_MOST:
            shown = f"{', '.join(names[:_NAMED_AT_MOST])} and {number_word(len(names) - _NAMED_AT_MOST)} more"
        said.append(f"Left out: {shown}: {'' if len(names) == 1 else 'each '}{reason}.")
    return tuple(said)
