"""``hotspots basemap build``: roads, water and place names of an area become one small file for the map."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from hotspots import __version__
from hotspots.errors import OutputError, SettingsError
from hotspots.files import replace_file
from hotspots.geo.generalise import in_order, join_lines, simpler_lines, simpler_surfaces
from hotspots.intake.backdrop import OS, OSM, ROAD_CLASSES, read_places, read_roads, read_water
from hotspots.intake.boundaries import read_boundaries
from hotspots.maps.backdrop import (
    FORMAT,
    VERSION,
    backdrop_bytes,
    encode_lines,
    encode_surfaces,
)
from hotspots.maps.encode import encode_points, origin_of, safe_json
from hotspots.pipeline.inputs import metric_crs
from hotspots.places.areas import choose_area, outline_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

    from numpy.typing import NDArray
    from shapely import Polygon
    from shapely.geometry.base import BaseGeometry

    from hotspots.intake.backdrop import Ground
    from hotspots.intake.files import InputFile
    from hotspots.settings import Settings


@dataclass(frozen=True, slots=True)
class Level:
    """One level of detail."""

    below_zoom: float | None
    """Drawn below this zoom; none: at every closer one."""
    last_class: int
    """Roads up to this class."""
    tolerance_m: float
    """How far a line may be from where it was: about a pixel of a map so far away."""


LEVELS: Final = (Level(12, 2, 40.0), Level(14, 3, 12.0), Level(None, 5, 3.0))
MIN_ZOOMS: Final = {1: 0.0, 2: 10.0, 3: 11.5, 4: 12.5, 5: 13.5}
"""From which zoom on a place of each rank is named."""
BUDGET_BYTES: Final = 1_000_000
"""A page holds its backdrop: what costs more than it says is left out, the smallest roads first."""

_HEADER_BYTES = 10_000
"""More than names, hashes and licences take."""
_FAR_M = 5_000.0
"""How far around the area main roads, water and places go on, so that the map does not end at the line."""
_FAR_CLASS = 2
_SAME_PLACE_M = 1_500.0
_OUTLINE_TOLERANCE_M = 50.0
_LONGEST_SLUG = 60
_LINES = {
    OS: ("OS data", "Contains OS data © Crown copyright and database right {year}"),
    OSM: ("OpenStreetMap", "© OpenStreetMap contributors, Open Database Licence (ODbL) 1.0"),
}
"""Publisher → words that show that a given line says it already, and the line."""


@dataclass(frozen=True, slots=True)
class BasemapRequest:
    """What ``hotspots basemap build`` is asked for."""

    boundaries: tuple[Path, ...]
    areas: tuple[str, ...]
    today: date
    """Its year stands in the attribution of OS data."""
    roads: tuple[Path, ...] = ()
    water: tuple[Path, ...] = ()
    places: tuple[Path, ...] = ()
    sources: tuple[str, ...] = ()
    """Attribution lines, needed where a file's columns do not tell its publisher."""
    out: Path | None = None
    """The file; none: ``boundaries/backdrop-<area>.json``."""
    force: bool = False
    """Replace a file that is there."""


@dataclass(frozen=True)
class BasemapResult:
    """What was written."""

    path: Path
    size: int
    """Bytes."""
    kept: tuple[tuple[str, int, float], ...]
    """What it holds at the closest zoom: name, number, and kilometres (0 for what has no length)."""
    licence: tuple[str, ...]
    notes: tuple[str, ...]
    """What was left out, repaired or not known, in sentences."""


def build_basemap(
    request: BasemapRequest, settings: Settings, progress: Callable[[str], None] | None = None
) -> BasemapResult:
    """Make the backdrop of an area from files, for ``[map] backdrop``.

    Parameters
    ----------
    request, settings
        Files, area and output; the CRS and the width of the ring around the area.
    progress
        Called with a few words before each step.

    Returns
    -------
    BasemapResult
        The file, and what it holds. The same input gives the same bytes.

    Raises
    ------
    InputError
        A file is missing or unreadable, lacks a CRS or contradicts it, or holds nothing of the area.
    SettingsError
        No roads, water or places are given, an area does not exist, the CRS is not metric, or the licence of
        a file is not known and no line is given.
    OutputError
        The file exists and may not be replaced, or cannot be written.
    """
    say = progress or (lambda _: None)
    if not (request.roads or request.water or request.places):
        raise SettingsError("Give at least one of --roads, --water and --places.")
    path = request.out or Path("boundaries") / f"backdrop-{_slug(request.areas)}.json"
    if path.exists() and not request.force:
        raise OutputError(f"{path} already exists and is kept; add --force to replace it, or give another --out.")
    epsg = metric_crs(settings.areas.analysis_epsg)
    say("Reading boundaries")
    boundaries = read_boundaries(request.boundaries, epsg=epsg)
    areas = choose_area(boundaries.areas, request.areas, context_m=settings.areas.context_m)
    outline = outline_of(areas[areas["zone"] == "area"])
    window = shapely.box(*outline.bounds).buffer(_FAR_M, join_style="mitre")
    grounds: dict[str, Ground] = {}
    for role, read in (("roads", read_roads), ("water", read_water), ("places", read_places)):
        paths = getattr(request, role)
        if paths:
            say(f"Reading {role}")
            grounds[role] = read(paths, window, epsg=epsg)
    licence = _licence(grounds, request.sources, request.today.year)
    say("Simplifying")
    near = outline.simplify(_OUTLINE_TOLERANCE_M).buffer(settings.areas.context_m)
    document, kept, left_out = _document(grounds, request.areas, outline, near, epsg)
    document["licence"] = list(licence)
    document["left_out"] = list(left_out)
    document["sources"] = _sources(grounds, boundaries.files)
    data = backdrop_bytes(document)
    replace_file(path, data)
    notes = tuple(note for ground in grounds.values() for note in ground.notes)
    return BasemapResult(path, len(data), kept, licence, (*notes, *left_out))


def _slug(areas: Sequence[str]) -> str:
    """Return the end of the file's name."""
    slug = "-".join(re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") for name in areas)
    return slug[:_LONGEST_SLUG].strip("-") or "area"


def _licence(grounds: dict[str, Ground], given: Sequence[str], year: int) -> tuple[str, ...]:
    """Return the attribution lines: those given, and those of publishers known by their columns."""
    lines = [" ".join(line.split()) for line in given if line.strip()]
    for ground in grounds.values():
        for file, publisher in zip(ground.files, ground.publishers, strict=True):
            if publisher is None and not given:
                raise SettingsError(
                    f"The columns of {file.name} do not tell who published it; give the attribution that its licence "
                    "asks for with --source: it stands on every page drawn with it.",
                )
            words, line = _LINES.get(publisher or "", ("", ""))
            if line and not any(words.casefold() in said.casefold() for said in lines):
                lines.append(line.format(year=year))
    return tuple(dict.fromkeys(lines))


def _sources(grounds: dict[str, Ground], boundaries: Sequence[InputFile]) -> list[dict[str, str]]:
    files = [*boundaries, *(file for ground in grounds.values() for file in ground.files)]
    return [{"role": file.role, "file": file.name, "sha256": file.sha256} for file in files]


def _document(
    grounds: dict[str, Ground], areas: Sequence[str], outline: BaseGeometry, near: Polygon, epsg: int
) -> tuple[dict[str, Any], tuple[tuple[str, int, float], ...], tuple[str, ...]]:
    """Return the file's document, what it holds, and what was left out to keep it small."""
    bounds = gpd.GeoSeries([outline], crs=epsg).to_crs(4326).total_bounds
    origin = origin_of([float(bound) for bound in bounds[:2]])
    roads, classes = _roads(grounds.get("roads"), near)
    surfaces, waterways, rivers = _water(grounds.get("water"))
    levels: list[dict[str, Any]] = []
    for level in LEVELS:
        last = max(level.last_class, int(classes.min())) if len(classes) else 0
        held = [number for number in sorted(set(classes)) if number <= last]
        levels.append(
            {
                "below_zoom": level.below_zoom,
                "roads": {
                    str(number): _encoded(roads[classes == number], level.tolerance_m, epsg, origin) for number in held
                },
                "water": encode_surfaces(_degrees(simpler_surfaces(surfaces, level.tolerance_m), epsg), origin),
                "streams": _encoded(rivers if level.below_zoom else waterways, level.tolerance_m, epsg, origin),
            }
        )
    places = _places(grounds.get("places"), epsg, origin)
    left_out = _fit(levels, BUDGET_BYTES - _HEADER_BYTES - len(safe_json(places)))
    document = {
        "format": FORMAT,
        "version": VERSION,
        "made_by": f"hotspots {__version__}",
        "area": list(areas),
        "bounds": [round(float(bound), 5) for bound in bounds],
        "origin": list(origin),
        "counts": _counts(levels, places),
        "levels": levels,
        "places": places,
    }
    return document, _kept(levels[-1], places, roads, classes, waterways), left_out


def _roads(ground: Ground | None, near: Polygon) -> tuple[NDArray[np.object_], NDArray[np.int64]]:
    """Return joined roads and their classes: the main ones of the whole window, the others near the area."""
    if ground is None:
        return np.array([], dtype=object), np.array([], dtype=np.int64)
    frame = ground.frame
    main = frame["road_class"] <= max(_FAR_CLASS, frame["road_class"].min())
    others = frame[~main].clip(near, keep_geom_type=True).explode(ignore_index=True)
    keys = ["road_class", "name"]
    lines = np.concatenate([frame.geometry[main].to_numpy(), others.geometry.to_numpy()])
    joined, of = join_lines(lines, pd.concat([frame.loc[main, keys], others[keys]]))
    return joined, of["road_class"].to_numpy(dtype=np.int64)


def _water(ground: Ground | None) -> tuple[NDArray[np.object_], NDArray[np.object_], NDArray[np.object_]]:
    """Return surfaces of water, joined lines of water, and of these the ones that are not small."""
    if ground is None:
        none = np.array([], dtype=object)
        return none, none, none
    shapes = ground.frame.geometry.to_numpy()
    lines = shapely.get_dimensions(shapes) == 1
    joined, of = join_lines(shapes[lines], ground.frame.loc[lines, ["small"]])
    return in_order(shapes[~lines]), joined, joined[~of["small"].to_numpy(dtype=bool)]


def _places(ground: Ground | None, epsg: int, origin: tuple[int, int]) -> dict[str, Any]:
    """Return the places by rank; of a name that lies twice close by, the first."""
    if ground is None:
        return {"name": [], "rank": [], "min_zoom": [], "at": []}
    at = shapely.get_coordinates(ground.frame.geometry.to_numpy())
    names, kept = ground.frame["name"].tolist(), []
    seen: dict[str, list[int]] = {}
    for row, name in enumerate(names):
        others = seen.setdefault(name.casefold(), [])
        if all(np.hypot(*(at[row] - at[other])) > _SAME_PLACE_M for other in others):
            others.append(row)
            kept.append(row)
    ranks = [int(ground.frame["rank"].iloc[row]) for row in kept]
    points = _degrees(ground.frame.geometry.to_numpy()[kept], epsg)
    return {
        "name": [names[row] for row in kept],
        "rank": ranks,
        "min_zoom": [MIN_ZOOMS[rank] for rank in ranks],
        "at": encode_points(shapely.get_coordinates(points), origin),
    }


def _degrees(shapes: NDArray[np.object_], epsg: int) -> NDArray[np.object_]:
    return np.asarray(gpd.GeoSeries(shapes, crs=epsg).to_crs(4326).to_numpy(), dtype=object)


def _encoded(lines: NDArray[np.object_], tolerance_m: float, epsg: int, origin: tuple[int, int]) -> list[list[int]]:
    return encode_lines(_degrees(simpler_lines(lines, tolerance_m), epsg), origin)


def _fit(levels: list[dict[str, Any]], budget: int) -> tuple[str, ...]:
    """Take the smallest roads out of this module's own levels until they are within the budget; say which."""
    said = []
    for at, number in ((2, 5), (2, 4), (1, 3), (2, 3)):
        size = len(safe_json(levels))
        lines = levels[at]["roads"].get(str(number))
        if size <= budget or not lines:
            continue
        del levels[at]["roads"][str(number)]
        where = "at every zoom" if at == len(levels) - 1 else f"below zoom {levels[at]['below_zoom']:g}"
        said.append(
            f"Left out to stay within {BUDGET_BYTES / 1e6:g} MB: {ROAD_CLASSES[number]} {where} ({len(lines):,} lines, "
            f"{(size - len(safe_json(levels))) / 1e3:,.0f} kB).",
        )
    return tuple(said)


def _counts(levels: Sequence[dict[str, Any]], places: dict[str, Any]) -> dict[str, Any]:
    """Return how many things each level holds, finest last, and how many places are named."""
    counted = [
        {
            "roads": {number: len(lines) for number, lines in level["roads"].items()},
            "water": len(level["water"]),
            "streams": len(level["streams"]),
        }
        for level in levels
    ]
    return {"levels": counted, "places": len(places["name"])}


def _kept(
    level: dict[str, Any],
    places: dict[str, Any],
    roads: NDArray[np.object_],
    classes: NDArray[np.int64],
    waterways: NDArray[np.object_],
) -> tuple[tuple[str, int, float], ...]:
    """Return the rows of the summary."""
    rows = [
        (ROAD_CLASSES[int(number)], len(lines), float(shapely.length(roads[classes == int(number)]).sum() / 1e3))
        for number, lines in level["roads"].items()
    ]
    rows.append(("water", len(level["water"]), 0.0))
    rows.append(
        ("rivers, canals and streams as lines", len(level["streams"]), float(shapely.length(waterways).sum() / 1e3))
    )
    rows.append(("places", len(places["name"]), 0.0))
    return tuple(row for row in rows if row[1])
