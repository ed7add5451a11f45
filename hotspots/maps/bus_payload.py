"""What the scripts of the bus page draw and count from: areas and totals, never the place of an incident."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from hotspots.maps import words
from hotspots.maps.bus_curve import drawing
from hotspots.maps.columns import encode_column
from hotspots.maps.encode import encode_points, encode_shape, encode_words, origin_of
from hotspots.maps.topology import topology

if TYPE_CHECKING:
    from hotspots.maps.bus_content import BusContent, Groups

_EPSG = 4326


def build_bus_payload(content: BusContent) -> dict[str, Any]:
    """Return the page's data.

    Parameters
    ----------
    content
        The page's content; its frames are read in EPSG:4326 and not changed.

    Returns
    -------
    dict
        JSON values only. Geometry is whole numbers (``encode``, ``topology``); the sites' eastings and northings and
        the groups' weights are unrounded, so that the page counts and measures as the library does.
    """
    areas = content.areas.to_crs(_EPSG)
    outline = gpd.GeoSeries([content.outline], crs=content.areas.crs).to_crs(_EPSG)
    neighbours = degrees(content.neighbours)
    bounds = np.array([areas.total_bounds, outline.total_bounds])
    origin = origin_of(bounds[:, :2].min(axis=0))
    return {
        "origin": list(origin),
        "unit": content.words.unit,
        "title": content.words.need_title,
        "ranges": words.class_ranges(content.breaks),
        "areas": {
            "code": [str(code) for code in areas.index],
            "name": [str(name) for name in areas["lsoa_name"]],
            "borough": encode_words(words.said(name) for name in areas["borough"]),
            "need": [_figure(value) for value in areas["need"]],
            "per_km2": [words.rounded(value) for value in areas["need_per_km2"]],
            "classes": [words.known(number) for number in areas["need_class"]],
            "shape": topology(areas.geometry, origin),
        },
        "outline": encode_shape(outline.iloc[0], origin),
        "neighbours": {
            "name": [words.said(name) for name in neighbours["borough"]],
            "shape": [encode_shape(shape, origin) for shape in neighbours.geometry],
        },
        "hotspots": [
            {
                "rank": int(row.rank),
                "name": words.place(row.name, row.rank),
                "shape": encode_shape(row.geometry, origin),
            }
            for row in degrees(content.hotspots).sort_values("rank", kind="stable").itertuples()
        ],
        "zones": _zones(content, origin),
        "provision": _provision(content, origin),
        "sites": sites(content),
        "at": encode_points(shapely.get_coordinates(degrees(content.sites).geometry.to_numpy()), origin),
        "groups": _groups(content.groups),
        "total": float(content.total),
        "plans": _plans(content),
        "rules": _rules(content),
        "curve": drawing(content).scale,
        "backdrop": content.backdrop,
    }


def degrees(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return a frame in degrees; an empty one, which may have no CRS, as it is."""
    return frame.to_crs(_EPSG) if len(frame) else frame


def _figure(value: Any) -> float | None:  # noqa: ANN401 - one cell of a frame
    """Return a number cell, or none where it is empty."""
    return None if pd.isna(value) else float(value)


def sites(content: BusContent) -> list[dict[str, Any]]:
    """Return the sites in their order: who they are, and what the list says of them."""
    ranks = {str(key): int(rank) for key, rank in content.hotspots["rank"].items()}
    fixed, reasons = set(content.rules.fixed), barred(content)
    return [
        {
            "id": str(row.Index),
            "name": str(row.name),
            "status": "never" if row.Index in reasons else "fixed" if row.Index in fixed else "candidate",
            "reason": reasons.get(str(row.Index), words.said(row.reason) or ""),
            "hours": words.said(row.hours),
            "capacity": words.known(row.capacity),
            "notes": words.said(row.notes),
            "ward": words.said(row.ward),
            "hotspots": sorted(ranks[key] for key in str(row.hotspot_ids).split() if key in ranks),
            "covered": float(row.covered),
            "easting": float(row.geometry.x),
            "northing": float(row.geometry.y),
            "why": list(content.why.get(str(row.Index), ())),
        }
        for row in content.sites.itertuples()
    ]


def barred(content: BusContent) -> dict[str, str]:
    """Return the reason of every site that is never a stop: those of the rules, and those that the list says."""
    listed = content.sites[content.sites["status"] == "never"]["reason"]
    return {str(key): words.said(reason) or "" for key, reason in listed.items()} | dict(content.rules.barred)


def _zones(content: BusContent, origin: tuple[int, int]) -> list[dict[str, Any]]:
    if content.zones is None:
        return []
    return [
        {"name": words.said(row.name), "shape": encode_shape(row.geometry, origin)}
        for row in degrees(content.zones).itertuples(index=False)
    ]


def _provision(content: BusContent, origin: tuple[int, int]) -> list[dict[str, Any]]:
    if content.provision is None:
        return []
    return [
        {
            "name": str(row.name),
            "reach": words.count(round(row.reach_m)),
            "hours": words.said(row.hours),
            "at": encode_points(shapely.get_coordinates(row.geometry), origin),
        }
        for row in degrees(content.provision).itertuples(index=False)
    ]


def _groups(groups: Groups) -> dict[str, Any]:
    """Return the coverage by columns; the shares, of which there are few, as numbers of a list."""
    levels, level = np.unique(groups.data, return_inverse=True)
    return {
        "weight": [float(value) for value in groups.weight],
        "n": [float(value) for value in groups.n_month],
        "counts": encode_column(np.diff(groups.indptr)),
        "sites": encode_column(groups.indices),
        "level": encode_column(level),
        "levels": [float(value) for value in levels],
    }


def _plans(content: BusContent) -> list[dict[str, Any]]:
    place = {str(key): at for at, key in enumerate(content.sites.index)}
    return [
        {
            "title": plan.title,
            "kind": plan.kind,
            "reach": float(plan.reach),
            "sites": [place[key] for key in plan.site_ids],
        }
        for plan in content.plans
    ]


def _rules(content: BusContent) -> dict[str, Any]:
    rules = content.rules
    return {
        "stops": rules.stops,
        "apart": float(rules.min_separation_m),
        "radius": rules.radius_m,
        "hotspots": [[label, [int(at) for at in held]] for label, held in rules.one_per_hotspot],
        "wards": [[label, [int(at) for at in held]] for label, held in rules.at_least_one],
    }
