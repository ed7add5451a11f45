"""Write a month's pack: every file of it, or nothing."""

from __future__ import annotations

import importlib.metadata
import platform
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyogrio
import pyproj
import shapely

from hotspots import __version__
from hotspots.files import new_folder, write_bytes, write_csv, write_geopackage, write_json, write_text
from hotspots.tables import (
    AREA_STATS,
    EARLIER,
    EVENTS,
    EXPOSURE,
    HOTSPOTS,
    LOCATED,
    NEIGHBOURS,
    PAST,
    QUALITY,
    REJECTS,
    SEASON,
    TIMED,
    WHEN,
    check,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import geopandas as gpd
    import pandas as pd

PACK_FILES = (
    *("map.html", "map.png", "map.svg"),
    *("hotspots.csv", "hotspot_months.csv", "past.csv", "neighbours.csv", "areas.csv"),
    *("concentration.csv", "concentration.png", "concentration.svg", "when.csv", "timed.csv", "season.csv"),
    *("exposure.csv", "earlier.csv"),
    *("quality.html", "quality.csv", "rejects.csv", "month.gpkg", "manifest.json"),
)
"""What a pack holds."""

INCIDENT_COLUMNS = [
    "month",
    "occurred_at",
    "occurred_until",
    "occurred_on",
    "occurred_until_on",
    "category",
    "themes",
    "in_focus",
    "street",
    "lsoa_published",
    "lsoa_code",
    "located_by",
    "zone",
    "geometry",
]
"""Columns of the incidents layer; the key ``incident_id`` comes first."""

HOTSPOT_COLUMNS = (
    *("rank", "name", "n", "n_month", "usual_low", "usual_high", "change_p", "share_of_n", "share_of_area"),
    *("area_ha", "status", "top_category", "grid_ref", "easting", "northing", "lsoa_codes", "cross_border"),
)
"""Columns of the hotspots that readers of the files count on, in this order; whatever else HOTSPOTS has follows."""

AREA_COLUMNS = (
    *("lsoa_name", "borough", "zone", "n", "n_month", "n_previous", "n_last_year"),
    *("area_km2", "rate_per_km2", "rate_per_1000", "map_class"),
)
"""The same for the areas."""

_CONTRACTS = {
    "past": PAST,
    "neighbours": NEIGHBOURS,
    "when": WHEN,
    "timed": TIMED,
    "season": SEASON,
    "exposure": EXPOSURE,
    "earlier": EARLIER,
}
"""Of the further tables."""

_LIBRARIES = (
    "folium",
    "geopandas",
    "matplotlib",
    "numpy",
    "pandas",
    "pyogrio",
    "scikit-learn",
    "scipy",
    "shapely",
    "XStatic-Leaflet",
)


@dataclass(frozen=True)
class Pack:
    """What a pack is made of; frames in the analysis CRS."""

    page: str
    """The HTML of ``map.html``."""
    hotspots: gpd.GeoDataFrame
    """HOTSPOTS."""
    areas: gpd.GeoDataFrame
    """AREA_STATS of the area and its ring."""
    incidents: gpd.GeoDataFrame
    """LOCATED: accepted rows of the window in the area or its ring, all categories."""
    events: gpd.GeoDataFrame
    """EVENTS of the month and the one after it."""
    rejects: pd.DataFrame
    """REJECTS."""
    quality: pd.DataFrame
    """QUALITY."""
    quality_page: str
    """The HTML of ``quality.html``."""
    manifest: Mapping[str, Any]
    tables: Mapping[str, pd.DataFrame]
    """Further tables, each a CSV of that name."""
    layers: Mapping[str, gpd.GeoDataFrame]
    """Further layers of ``month.gpkg``."""
    figures: Mapping[str, bytes]
    """Pictures, by the name of the file."""


def write_pack(pack: Pack, target: Path, *, replace: bool) -> None:
    """Write the pack folder.

    Parameters
    ----------
    pack
        Page, tables and manifest.
    target
        Folder to make; it appears whole or not at all.
    replace
        Replace an existing pack.

    Raises
    ------
    OutputError
        The folder exists and may not be replaced, a file in it is held open, or it cannot be written.
    TableError
        A frame breaks its contract.
    """
    check(HOTSPOTS, pack.hotspots)
    check(AREA_STATS, pack.areas)
    check(LOCATED, pack.incidents)
    check(EVENTS, pack.events)
    check(REJECTS, pack.rejects)
    check(QUALITY, pack.quality)
    for name, contract in _CONTRACTS.items():
        check(contract, pack.tables[name])
    ranked = _in_order(pack.hotspots.sort_values("rank"), HOTSPOT_COLUMNS)
    areas = _in_order(pack.areas, AREA_COLUMNS)
    events = pack.events.assign(
        **{name: local_iso(pack.events[name]) for name in ("starts_at", "ends_at", "dispersal_at")},
        reviewed_on=date_iso(pack.events["reviewed_on"]),
    )
    incidents = pack.incidents[INCIDENT_COLUMNS].assign(
        **{name: local_iso(pack.incidents[name]) for name in ("occurred_at", "occurred_until")},
        **{name: date_iso(pack.incidents[name]) for name in ("occurred_on", "occurred_until_on")},
    )
    with new_folder(target, replace=replace) as folder:
        write_text(folder / "map.html", pack.page)
        write_csv(folder / "hotspots.csv", ranked)
        write_csv(folder / "areas.csv", areas)
        write_text(folder / "quality.html", pack.quality_page)
        write_csv(folder / "quality.csv", pack.quality)
        write_csv(folder / "rejects.csv", pack.rejects)
        layers = {
            "incidents": incidents,
            "areas": areas,
            "hotspots": ranked,
            "events": events,
            **pack.layers,
        }
        for name, table in pack.tables.items():
            write_csv(folder / f"{name}.csv", table)
        for name, picture in pack.figures.items():
            write_bytes(folder / name, picture)
        write_geopackage(folder / "month.gpkg", layers)
        write_json(folder / "manifest.json", pack.manifest)


def _in_order(frame: gpd.GeoDataFrame, first: Sequence[str]) -> gpd.GeoDataFrame:
    return frame[[*first, *(name for name in frame.columns if name not in first)]]


def local_iso(times: pd.Series) -> pd.Series:
    """Return local times as ISO text with their offset; a GeoPackage would lose the time zone."""
    return times.map(lambda moment: moment.isoformat(), na_action="ignore").astype("str")


def date_iso(days: pd.Series) -> pd.Series:
    """Return dates as ISO text, in the same shape as the times beside them."""
    texts: pd.Series = days.dt.strftime("%Y-%m-%d").astype("str")
    return texts


def versions() -> dict[str, str]:
    """Return the versions that a pack was made with."""
    libraries = {name: importlib.metadata.version(name) for name in _LIBRARIES}
    return {
        "hotspots": __version__,
        "python": platform.python_version(),
        **libraries,
        "GDAL": pyogrio.__gdal_version_string__,
        "GEOS": shapely.geos_version_string,
        "PROJ": str(pyproj.proj_version_str),
    }
