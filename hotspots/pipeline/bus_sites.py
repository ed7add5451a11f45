"""``hotspots bus sites``: points of any source become a list of places where the outreach bus may stop."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from hotspots.errors import InputError, OutputError, SettingsError
from hotspots.files import csv_text, replace_file
from hotspots.intake.boundaries import read_boundaries
from hotspots.intake.files import exists
from hotspots.intake.point_layers import join_points, read_point_layer
from hotspots.pipeline.inputs import metric_crs
from hotspots.places.areas import choose_area, outline_of
from hotspots.settings import BRITISH_NATIONAL_GRID_EPSG

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import geopandas as gpd
    from shapely.geometry.base import BaseGeometry

    from hotspots.settings import Settings

COLUMNS = ("name", "status", "hours", "capacity", "reason", "notes")
"""Titles of the list behind ``site_id``, in front of the coordinates."""
APART_M = 100.0
"""Stops of one name on both sides of a road, or at both ends of a junction, are one place to stop at."""

_DEGREES = 4326
_METRE_DIGITS, _DEGREE_DIGITS = 1, 6
"""A stop is known to some decimetres; what lies behind them differs from one library of transformations to another."""


@dataclass(frozen=True, slots=True)
class SitesRequest:
    """What ``hotspots bus sites`` is asked for."""

    source: Path
    """Table or layer with the points."""
    boundaries: tuple[Path, ...]
    within: tuple[str, ...]
    """Boroughs; none: the whole layer of boundaries."""
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Title → values, one of which a point must have."""
    name_column: str = ""
    """Title of the column with names; empty: the usual one."""
    apart_m: float = APART_M
    """Points of one name within this distance of the first are put together."""
    out: Path = Path("sites.csv")
    force: bool = False
    """Replace a file that is there."""


@dataclass(frozen=True)
class SitesResult:
    """What was written: read = inside + skipped, and inside = written + joined."""

    path: Path
    read: int
    """Rows or features of the source."""
    inside: int
    """Points in the area that fit what was asked for."""
    joined: int
    """Points that another of their name stands for."""
    written: int
    """Sites of the list."""
    skipped: Mapping[str, int]
    """Why a row is not inside, in words → how many."""


def make_sites(request: SitesRequest, settings: Settings, progress: Callable[[str], None] | None = None) -> SitesResult:
    """Write a list of candidate sites, to be edited by hand.

    Parameters
    ----------
    request, settings
        Source, area and output; the CRS of the analysis.
    progress
        Called with a few words before each step.

    Returns
    -------
    SitesResult
        The file, and how many rows became what. The same rows give the same bytes in whichever order.

    Raises
    ------
    InputError
        A file cannot be read, or nothing of the source lies in the area.
    SettingsError
        A borough does not exist, the CRS is not metric, or the distance is no number from 0 on.
    OutputError
        The file exists and may not be replaced, is no CSV, or cannot be written.
    """
    say = progress or (lambda _: None)
    if request.out.suffix.casefold() != ".csv":
        raise OutputError(f"{request.out.name} cannot be a site list; give an --out that ends in .csv.")
    if exists(request.out) and not request.force:
        raise OutputError(
            f"{request.out} already exists and is kept; add --force to replace it, or give another --out."
        )
    if not 0 <= request.apart_m < float("inf"):
        raise SettingsError(f"--apart-m {request.apart_m:g} is no distance; give metres from 0 on.")
    epsg = metric_crs(settings.areas.analysis_epsg)
    say("Reading boundaries")
    outline = _outline(request, epsg)
    say("Reading points")
    layer = read_point_layer(
        request.source, "--from", epsg=epsg, within=outline, name_column=request.name_column, where=request.where
    )
    if not layer.inside:
        area = ", ".join(request.within) or "the boundaries"
        told = "; ".join(f"{count:,} {why}" for why, count in layer.skipped.items()) or "the file has no rows"
        raise InputError(
            f"Nothing of --from {request.source.name} is a site in {area} ({told}); is it the right file and area?"
        )
    places = join_points(layer.points, request.apart_m)
    replace_file(request.out, csv_text(_listed(places, request.apart_m, epsg)).encode("utf-8", errors="replace"))
    joined = int(places["joined"].sum())
    return SitesResult(request.out, layer.read, layer.inside, joined, len(places), layer.skipped)


def parse_where(texts: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Read conditions as they are typed.

    Parameters
    ----------
    texts
        Each ``column=value`` or ``column=value,value``.

    Returns
    -------
    dict
        Column → values; values of a column that is given twice are added.

    Raises
    ------
    SettingsError
        A text has no column, or no ``=``.
    """
    found: dict[str, tuple[str, ...]] = {}
    for text in texts:
        column, sign, values = (part.strip() for part in text.partition("="))
        if not column or not sign:
            raise SettingsError(f"--where {text!r} is no condition; write column=value, such as fclass=parking.")
        found[column] = (*found.get(column, ()), *(value.strip() for value in values.split(",")))
    return found


def _outline(request: SitesRequest, epsg: int) -> BaseGeometry:
    areas = read_boundaries(request.boundaries, epsg=epsg).areas
    try:
        chosen = choose_area(areas, request.within, context_m=0)
    except SettingsError as error:
        raise SettingsError(str(error).replace("--area", "--within", 1)) from error
    return outline_of(chosen[chosen["zone"] == "area"])


def _listed(places: gpd.GeoDataFrame, apart_m: float, epsg: int) -> pd.DataFrame:
    """Return the rows of the file."""
    table = pd.DataFrame("", index=places.index.rename("site_id"), columns=list(COLUMNS), dtype="str")
    table["name"], table["status"] = places["name"], "candidate"
    more = places["joined"].map(lambda count: f"{count} more of this name within {apart_m:g} m" if count else "")
    kinds = places["kind"].fillna("").str.replace("_", " ")
    table["notes"] = kinds.str.cat(more, sep="; ").str.strip("; ")
    if epsg == BRITISH_NATIONAL_GRID_EPSG:
        points, titles, digits = places.geometry, ("easting", "northing"), _METRE_DIGITS
    else:
        points, titles, digits = places.geometry.to_crs(_DEGREES), ("longitude", "latitude"), _DEGREE_DIGITS
    table[titles[0]], table[titles[1]] = points.x.round(digits), points.y.round(digits)
    return table
