"""``hotspots fetch incidents``: an area and a span of months become a folder that ``hotspots run`` reads."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from hotspots import __version__
from hotspots.errors import InputError, SettingsError
from hotspots.files import remove_folder, replace_file
from hotspots.intake.boundaries import read_boundaries
from hotspots.intake.download import Client
from hotspots.intake.files import sha256
from hotspots.intake.police_api import (
    CATEGORIES,
    StreetApi,
    asked_outline,
    covers,
    month_csv,
    poly_text,
    polygon_of,
    published_months,
)
from hotspots.pipeline.inputs import metric_crs
from hotspots.places.areas import choose_area, outline_of
from hotspots.places.forces import force_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from shapely import Polygon
    from shapely.geometry.base import BaseGeometry

    from hotspots.intake.police_api import MonthAnswer, Row
    from hotspots.settings import Settings

CACHE = ".fetch"
"""Folder inside the output for what an unfinished run has."""

_MONTHS = re.compile(r"((?:19|20)[0-9]{2}-(?:0[1-9]|1[0-2]))(?::((?:19|20)[0-9]{2}-(?:0[1-9]|1[0-2])))?")
_MOST_MONTHS = 240


@dataclass(frozen=True, slots=True)
class IncidentsRequest:
    """What ``hotspots fetch incidents`` is asked for."""

    boundaries: tuple[Path, ...]
    """LSOA layers of one vintage, to draw the area's outline from."""
    areas: tuple[str, ...]
    """Boroughs or district codes; none: the whole layer."""
    months: str
    """``YYYY-MM`` or ``YYYY-MM:YYYY-MM``, both ends included."""
    out: Path
    """Folder of months."""


@dataclass(frozen=True, slots=True)
class FetchedMonth:
    """One month's file."""

    month: str
    path: Path
    rows: int | None
    """Rows written; none: the file was there already."""
    pieces: int = 0
    """Polygons that the outline was cut into."""


@dataclass(frozen=True)
class IncidentsResult:
    """What is in the folder now."""

    out: Path
    months: tuple[FetchedMonth, ...]
    requests: int
    notes: tuple[str, ...]
    """What a reader must know, in sentences."""


@dataclass(frozen=True)
class _Job:
    """What every month of a run shares."""

    areas: gpd.GeoDataFrame
    forces: Mapping[str, str]
    outline: tuple[Polygon, ...]
    goal: BaseGeometry
    request: IncidentsRequest
    settings: Settings

    @property
    def cache(self) -> Path:
        """Folder of the answers kept."""
        return self.request.out / CACHE

    def path(self, month: str) -> Path:
        """Return the file of a month."""
        return self.request.out / month / f"{month}-api-street.csv"


def fetch_incidents(
    request: IncidentsRequest,
    settings: Settings,
    progress: Callable[[str], None] | None = None,
    client: Client | None = None,
) -> IncidentsResult:
    """Fetch street-level incidents of an area and the ring around it, a file per month; go on where a run stopped.

    Parameters
    ----------
    request, settings
        Area, months and folder; the width of the ring and the service.
    progress
        Called with a few words before each step.
    client
        Who asks; none: one as the settings say.

    Returns
    -------
    IncidentsResult
        Files written and kept. A month's file appears whole or not at all.

    Raises
    ------
    InputError
        A layer cannot be read, the API fails or refuses, no month is published, or a file in the folder holds
        another area. What was answered before is kept.
    SettingsError
        An area or month cannot be used, or nobody knows the area's police force.
    OutputError
        A file cannot be written.
    """
    say = progress or (lambda _: None)
    months = months_between(request.months)
    say("Reading boundaries")
    job = _job(request, settings)
    client = client or Client(settings.services, say=say)
    finished, notes = _finished(job, months)
    missing = [month for month in months if month not in finished]
    otherwise = (
        "What was fetched is kept: run the same command again to go on, or download the months by hand from "
        f"https://data.police.uk/data/ and put the unpacked folders into {request.out}."
    )
    listed = published_months(client, settings.services.police_url, otherwise) if missing else None
    asked = [month for month in missing if listed is None or month in listed]
    lacking = [month for month in missing if month not in asked]
    span = f" (the API holds {min(listed)} to {max(listed)})" if listed else ""
    if lacking and not asked and not finished:
        raise InputError(f"Of {request.months} no month is published{span}; choose others with --months.")
    edition = max(listed) if listed else ""
    api = StreetApi(client, settings.services.police_url, job.outline, job.cache, otherwise, edition)
    done = {month: FetchedMonth(month, job.path(month), None) for month in finished}
    for number, month in enumerate(asked, 1):
        step = partial(_progress, say, f"{month} ({number} of {len(asked)})", client)
        step(0)
        done[month] = _write_month(job, month, api.month(month, step), notes)
    if lacking:
        notes.append(f"Not published, so not fetched: {', '.join(lacking)}{span}.")
    in_order = tuple(done[month] for month in months if month in done)
    return IncidentsResult(request.out, in_order, client.requests, tuple(dict.fromkeys(notes)))


def _progress(say: Callable[[str], None], where: str, client: Client, rows: int) -> None:
    say(f"{where}: {client.requests} requests, {rows:,} rows")


def months_between(text: str) -> list[str]:
    """Return the months of ``YYYY-MM`` or ``YYYY-MM:YYYY-MM``, oldest first.

    Raises
    ------
    SettingsError
        The text is no such span, runs backwards or is longer than 240 months.
    """
    match = _MONTHS.fullmatch(text.strip())
    if match is None:
        raise SettingsError(f"--months must be written 2023-01:2023-12, or 2023-01 for one, not {text!r}.")
    first, last = match[1], match[2] or match[1]
    span = [str(month) for month in pd.period_range(first, last, freq="M")]
    if not 0 < len(span) <= _MOST_MONTHS:
        raise SettingsError(f"--months {text} must run forwards, over at most {_MOST_MONTHS} months.")
    return span


def _job(request: IncidentsRequest, settings: Settings) -> _Job:
    """Choose the area, its outline and the forces of its districts."""
    epsg = metric_crs(settings.areas.analysis_epsg)
    context_m = settings.areas.context_m
    areas = choose_area(read_boundaries(request.boundaries, epsg=epsg).areas, request.areas, context_m=context_m)
    own = areas["zone"] == "area"
    chosen = {name.casefold(): force for name, force in settings.areas.forces.items()}
    known = {name: chosen.get(name.casefold()) or force_of(name) for name in sorted(set(areas["borough"]))}
    nameless = sorted(name for name in set(areas.loc[own, "borough"]) if known[name] is None)
    if nameless:
        raise SettingsError(
            f"The police force of {', '.join(nameless)} is not known, and the API names none; add it to the settings: "
            f'[areas] forces = {{ "{nameless[0]}" = "… Police" }}.',
        )
    area = outline_of(areas[own])
    return _Job(
        areas=areas,
        forces={name: force for name, force in known.items() if force is not None},
        outline=asked_outline(area, epsg=epsg, context_m=context_m),
        goal=shapely.buffer(area, context_m, quad_segs=16),
        request=request,
        settings=settings,
    )


def _finished(job: _Job, months: Iterable[str]) -> tuple[list[str], list[str]]:
    """Return the months whose file is there and holds the area, and what is odd about them."""
    finished, notes = [], []
    trusted = {tuple(poly_text(part) for part in job.outline)}
    for month in months:
        path = job.path(month)
        others = sorted(file.name for file in path.parent.glob("*-street.csv*") if file.name != path.name)
        if others:
            notes.append(f"{path.parent} holds {others[0]} too: incidents without an ID in both count twice; keep one.")
        if not path.exists():
            continue
        remove_folder(job.cache / month)
        finished.append(month)
        try:
            said = json.loads(path.with_suffix(".json").read_bytes())
            texts, digest = tuple(map(str, said["outline"])), said["sha256"]
            parts = [polygon_of(text) for text in texts]
        except (OSError, ValueError, TypeError, KeyError, RecursionError):
            notes.append(f"{path} is kept, though nothing beside it says for which area it was asked.")
            continue
        if texts not in trusted and not covers(parts, job.goal, epsg=job.settings.areas.analysis_epsg):
            raise InputError(
                f"{path} was fetched for {said.get('area')} and does not hold all of the area asked for now; give "
                "another --out, or delete the month's folder to fetch it again.",
            )
        trusted.add(texts)
        if digest != sha256(path.read_bytes()):
            notes.append(f"{path} was changed after it was fetched, and is kept.")
    return finished, notes


def _write_month(job: _Job, month: str, answer: MonthAnswer, notes: list[str]) -> FetchedMonth:
    """Write a month: first the note of what was asked, then the file; only then forget the pieces."""
    path = job.path(month)
    if not answer.rows:
        remove_folder(job.cache / month)
        notes.append(f"{month} holds no incident at all, which is no data rather than zero: no file is written.")
        return FetchedMonth(month, path, 0, answer.pieces)
    forces = _forces_at(answer.rows, job)
    unknown = sorted({row.category for row in answer.rows} - set(CATEGORIES))
    if unknown:
        notes.append(f"Crime types that this program does not know, kept as the API calls them: {', '.join(unknown)}.")
    if "" in forces:
        notes.append(f"{month}: {forces.count('')} rows lie in no district whose police force is known.")
    data = month_csv(answer.rows, forces)
    note = {
        "source": f"{job.settings.services.police_url}/crimes-street/all-crime",
        "licence": "Contains public sector information licensed under the Open Government Licence v3.0.",
        "area": ", ".join(job.request.areas) or "the whole layer",
        "context_m": job.settings.areas.context_m,
        "outline": [poly_text(part) for part in job.outline],
        "rows": len(answer.rows),
        "sha256": sha256(data),
        "program": f"hotspots {__version__}",
    }
    replace_file(path.with_suffix(".json"), (json.dumps(note, indent=2) + "\n").encode())
    replace_file(path, data)
    remove_folder(job.cache / month)
    return FetchedMonth(month, path, len(answer.rows), answer.pieces)


def _forces_at(rows: Sequence[Row], job: _Job) -> list[str]:
    """Return the force of the district in which each row lies, or nearly lies; empty where there is none."""
    x = pd.to_numeric(pd.Series([row.longitude for row in rows]), errors="coerce").astype(float)
    y = pd.to_numeric(pd.Series([row.latitude for row in rows]), errors="coerce").astype(float)
    placed = np.flatnonzero(x.between(-180, 180) & y.between(-90, 90))
    points = gpd.GeoSeries(gpd.points_from_xy(x.iloc[placed], y.iloc[placed]), crs=4326).to_crs(job.areas.crs)
    finite = np.isfinite(points.x.to_numpy()) & np.isfinite(points.y.to_numpy())
    placed, points = placed[finite], points[finite]
    reach_m = max(job.settings.areas.edge_tolerance_m, 0.001)
    tree = shapely.STRtree(job.areas.geometry.array)
    which, area = tree.query_nearest(points.array, max_distance=reach_m, all_matches=True)
    nearest = pd.Series(area).groupby(which).min()
    forces = [""] * len(rows)
    for position, borough in zip(placed[nearest.index], job.areas["borough"].iloc[nearest], strict=True):
        forces[position] = job.forces.get(borough, "")
    return forces
