"""A plan of the outreach bus is written: pages, tables, calendar and document, all of them or none."""

from __future__ import annotations

import dataclasses
import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from hotspots.files import new_folder, write_bytes, write_csv, write_json, write_text
from hotspots.pack.folder import versions
from hotspots.pipeline.bus_exchange import rota_ics
from hotspots.pipeline.bus_given import file_of
from hotspots.tables import SITES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import geopandas as gpd

    from hotspots.pipeline.bus_given import BusRequest, Given
    from hotspots.pipeline.bus_ground import BusGround
    from hotspots.pipeline.bus_plan import BusPlan
    from hotspots.settings import Settings

BUS_FILES = (
    *("bus.html", "note.html", "plan.csv", "sites.csv", "curve.csv", "rota.csv", "rota.ics", "rejects.csv"),
    "bus.json",
)
"""What the folder holds."""


@dataclass(frozen=True)
class BusResult:
    """What was written, and what its summary needs."""

    folder: Path
    ground: BusGround
    found: BusPlan
    sentences: tuple[str, ...]
    notes: tuple[str, ...]
    """What was left out or could not be kept, in sentences."""


@dataclass(frozen=True)
class Written:
    """What is written beside the tables of the plan."""

    page: str
    """The HTML of ``bus.html``."""
    note: str
    """The HTML of ``note.html``."""
    why: Mapping[str, tuple[str, ...]]
    """Sentences by ``site_id``."""
    first: dt.date
    """First day of the rota."""


def write_plan(result: BusResult, written: Written, given: Given, request: BusRequest, settings: Settings) -> None:
    """Write the folder of a plan.

    Parameters
    ----------
    result, written
        The plan, its pages and sentences.
    given, request, settings
        What it was made of.

    Raises
    ------
    OutputError
        The folder exists and may not be replaced, a file is held open, or it cannot be written.
    """
    found = result.found
    with new_folder(result.folder, replace=request.force) as folder:
        write_text(folder / "bus.html", written.page)
        write_text(folder / "note.html", written.note)
        write_csv(folder / "plan.csv", _flat(found.plan))
        write_csv(folder / "sites.csv", _site_table(found, written.why))
        write_csv(folder / "curve.csv", found.curve)
        write_csv(folder / "rota.csv", _clocks(found.rota.visits))
        write_bytes(folder / "rota.ics", _calendar(found, result.ground, written.first))
        write_csv(folder / "rejects.csv", given.intake.rejects)
        write_json(folder / "bus.json", _document(request, settings, given, result))


def _flat(frame: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return a table of places with easting and northing instead of a geometry, and local times as text."""
    points = frame.geometry
    plain = pd.DataFrame(frame.drop(columns="geometry"))
    plain = plain.assign(easting=points.x.round(1).to_numpy(), northing=points.y.round(1).to_numpy())
    return _clocks(plain)


def _clocks(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table with its moments as local ISO times with their offset."""
    times = [name for name in ("starts_at", "ends_at") if name in frame]
    return frame.assign(
        **{name: frame[name].map(lambda at: at.isoformat(), na_action="ignore").astype("str") for name in times}
    )


def _site_table(found: BusPlan, reasons: Mapping[str, tuple[str, ...]]) -> pd.DataFrame:
    """Return every site with what it reaches by itself, and why."""
    sites = found.candidates.sites
    best = {found.candidates.sites.index[at] for at in found.solutions[0].chosen}
    return _flat(sites).assign(
        chosen=[("yes" if site in best else "no") for site in sites.index],
        covered=found.alone,
        n_month=found.counted,
        why=[" ".join(reasons[str(site)]) for site in sites.index],
    )


def _calendar(found: BusPlan, ground: BusGround, first: dt.date) -> bytes:
    stamp = dt.datetime.combine(first, dt.time(), dt.UTC)
    sites = found.candidates.sites[list(SITES.columns)]
    return rota_ics(found.rota.visits, sites, title=f"Outreach bus {ground.area}", stamp=stamp)


def _document(request: BusRequest, settings: Settings, given: Given, result: BusResult) -> dict[str, Any]:
    """Return what a reader needs to make the plan again."""
    found = result.found
    best = found.solutions[0]
    files = [*result.ground.files, *given.files]
    if request.settings_file is not None:
        files.append(file_of("settings", request.settings_file))
    if request.events is not None:
        files.append(file_of("events", request.events))
    return {
        "month": str(result.ground.month),
        "made_of": result.ground.made_of,
        "sentences": list(result.sentences),
        "notes": list(result.notes),
        "total_need": found.total,
        "plans": [
            {
                "alternative": number,
                "site_ids": [str(found.candidates.sites.index[at]) for at in solution.chosen],
                "reach": solution.reach,
                "share": solution.reach / found.total,
                "bound": solution.bound,
                "optimal": solution.optimal,
            }
            for number, solution in [
                *([(0, found.current)] if found.current is not None else []),
                *enumerate(found.solutions, start=1),
            ]
        ],
        "best_reach": best.reach,
        "parameters": {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in dataclasses.asdict(settings.bus).items()
            if name not in {"provision", "exclude", "demand", "network"}
        },
        "inputs": [dataclasses.asdict(file) for file in files],
        "versions": versions(),
    }
