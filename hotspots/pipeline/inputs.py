"""What every job starts from: incidents at their places, in the chosen area, over one window."""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pyproj

from hotspots.errors import InputError, SettingsError
from hotspots.intake.boundaries import Boundaries, read_boundaries
from hotspots.intake.incidents import read_incidents
from hotspots.intake.lookups import read_lookup, read_population, read_wards
from hotspots.pipeline.focus import Focus, choose_focus
from hotspots.pipeline.window import Window, coverage_notes, find_window, thin_months
from hotspots.places.areas import choose_area, with_forces
from hotspots.places.locate import locate

if TYPE_CHECKING:
    from collections.abc import Callable

    import geopandas as gpd
    from shapely import Point

    from hotspots.intake.accept import Intake
    from hotspots.intake.files import InputFile
    from hotspots.settings import Settings


@dataclass(frozen=True, slots=True)
class Inputs:
    """The input options that every command shares."""

    month: str
    """Month of the job, YYYY-MM."""
    incidents: tuple[Path, ...]
    """Street-level CSVs, gzipped or not, folders or zips of them."""
    boundaries: tuple[Path, ...]
    """LSOA layers of one vintage."""
    areas: tuple[str, ...] = ()
    """Boroughs or district codes; none: the whole layer."""
    categories: tuple[str, ...] = ()
    """Crime types in focus as typed; none: those of the settings."""
    theme: str = ""
    """Theme in focus; empty: the crime types."""
    lookup: Path | None = None
    """ONS exact-fit lookup from LSOA 2011 to LSOA 2021."""
    population: Path | None = None
    """Residents per LSOA."""


@dataclass(frozen=True)
class Loaded:
    """Checked tables, located and counted; nothing of it is changed by the stages."""

    intake: Intake
    boundaries: Boundaries
    areas: gpd.GeoDataFrame
    """AREAS: the whole layer with zones, forces and residents."""
    located: gpd.GeoDataFrame
    """LOCATED: every accepted row of every month."""
    month: pd.Period
    window: Window
    """Months of the window that the files hold, and who covers what."""
    focus: Focus
    """What the job is about."""
    warnings: tuple[str, ...]
    """What a reader must see first: parts of the area that are no data."""
    notes: tuple[str, ...]
    """What a reader must know of the input, in sentences."""
    files: tuple[InputFile, ...]
    transformation: str
    """How degrees became metres."""


def load(inputs: Inputs, settings: Settings, progress: Callable[[str], None] | None = None) -> Loaded:
    """Read, account for and locate everything a job needs.

    Parameters
    ----------
    inputs, settings
        Files and choices; the window is ``settings.hotspots.window_months``.
    progress
        Called with a few words before each step.

    Returns
    -------
    Loaded
        Tables in the CRS ``settings.areas.analysis_epsg``.

    Raises
    ------
    InputError
        A file is missing or not what it was given as, the month is not in the files, or no crime type
        in focus is.
    SettingsError
        The month is no month, an area or a typed crime type does not exist, or the CRS is not metric.
    """
    say = progress or (lambda _: None)
    month = parse_month(inputs.month)
    epsg = metric_crs(settings.areas.analysis_epsg)
    say("Reading boundaries")
    boundaries = read_boundaries(inputs.boundaries, epsg=epsg)
    areas = choose_area(boundaries.areas, inputs.areas, context_m=settings.areas.context_m)
    intake = read_incidents(inputs.incidents, settings, progress=lambda name: say(f"Reading {name}"))
    focus = choose_focus(inputs.theme, inputs.categories, settings, intake)
    lookup, lookup_files = read_lookup(inputs.lookup) if inputs.lookup is not None else (None, ())
    areas, residents_files, residents_notes = _with_residents(areas, inputs.population)
    areas, ward_files = _with_wards(areas, settings.areas.wards)
    say("Joining incidents to LSOAs")
    tolerance_m, context_m = settings.areas.edge_tolerance_m, settings.areas.context_m
    points = intake.incidents.to_crs(epsg)
    located = locate(points, areas, focus=focus.rows, tolerance_m=tolerance_m, context_m=context_m, lookup=lookup)
    areas = with_forces(areas, intake.coverage, settings.areas.forces, _reported(located, intake, areas))
    window = find_window(areas, intake.coverage, month, settings.hotspots.window_months).without(focus.uneven)
    loaded = Loaded(
        intake=intake,
        boundaries=boundaries,
        areas=areas,
        located=located,
        month=month,
        window=window,
        focus=focus,
        warnings=focus.warnings,
        notes=(*intake.notes, *residents_notes, *_focus_notes(focus, settings, intake)),
        files=(*intake.files, *boundaries.files, *lookup_files, *residents_files, *ward_files),
        transformation=_transformation(epsg, intake.incidents.geometry.iloc[0]),
    )
    said = _coverage_notes(loaded)
    around = said["ring"]
    if inputs.areas and not (areas["zone"] == "ring").any():
        around.append("The boundary layer ends at the area's own line: no LSOAs around it to compare with.")
    return dataclasses.replace(loaded, warnings=(*loaded.warnings, *said["area"]), notes=(*loaded.notes, *around))


def in_tests(context: gpd.GeoDataFrame, loaded: Loaded) -> gpd.GeoDataFrame:
    """Return the rows in focus without those of LSOAs whose force lacks a month: they are no data.

    Parameters
    ----------
    context
        LOCATED rows of the window in the area or its ring.
    loaded
        The tables the job started from.

    Returns
    -------
    GeoDataFrame
        LOCATED rows; a row in no LSOA stays.
    """
    counted = context["lsoa_code"].map(loaded.window.known).fillna(value=True).astype(bool)
    return context[context["in_focus"] & counted]


def parse_month(text: str) -> pd.Period:
    """Return a month from ``YYYY-MM``.

    Raises
    ------
    SettingsError
        The text is no such month.
    """
    if re.fullmatch(r"(?:19|20)\d\d-(?:0[1-9]|1[0-2])", text) is None:
        raise SettingsError(f"--month must be written YYYY-MM, such as 2024-05, not {text!r}.")
    return pd.Period(text, freq="M")


def metric_crs(epsg: int) -> int:
    """Return the code of a projected CRS in metres.

    Raises
    ------
    SettingsError
        The code is unknown, or its CRS is in degrees or feet.
    """
    try:
        crs = pyproj.CRS.from_epsg(epsg)
    except pyproj.exceptions.CRSError as error:
        raise SettingsError(f"[areas] analysis_epsg {epsg} is no known CRS; for Great Britain use 27700.") from error
    if not crs.is_projected or any(axis.unit_conversion_factor != 1.0 for axis in crs.axis_info[:2]):
        raise SettingsError(
            f"[areas] analysis_epsg {epsg} ({crs.name}) is not projected in metres; for Great Britain use 27700."
        )
    return epsg


def _transformation(epsg: int, point: Point) -> str:
    """Return how PROJ brings degrees to the analysis CRS here: the best of what is installed."""
    transformer = pyproj.Transformer.from_crs(4326, epsg, always_xy=True)
    transformer.transform(point.x, point.y)
    return str(transformer.get_last_used_operation().description)


def _reported(located: gpd.GeoDataFrame, intake: Intake, areas: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return how many located rows each force has in each borough, for districts nobody knows."""
    force = intake.force.reindex(located.index)
    borough = located["lsoa_code"].map(areas["borough"])
    rows = pd.DataFrame({"borough": borough, "force": force}).dropna()
    return rows.groupby(["borough", "force"]).size().rename("rows").reset_index()


def _with_residents(
    areas: gpd.GeoDataFrame,
    path: Path | None,
) -> tuple[gpd.GeoDataFrame, tuple[InputFile, ...], list[str]]:
    """Return the areas with their residents, the file, and what it lacks."""
    if path is None:
        return areas, (), []
    residents, files = read_population(path)
    areas = areas.assign(population=residents.reindex(areas.index))
    return areas, files, _residents_notes(areas, path.name)


def _with_wards(areas: gpd.GeoDataFrame, path: str) -> tuple[gpd.GeoDataFrame, tuple[InputFile, ...]]:
    """Return the areas with their wards, and the file."""
    if not path:
        return areas, ()
    wards, files = read_wards(Path(path))
    areas = areas.assign(ward=wards.reindex(areas.index).astype("str"))
    if areas.loc[areas["zone"] == "area", "ward"].isna().all():
        vintage = areas["vintage"].iloc[0]
        raise InputError(f"{Path(path).name} gives a ward for no LSOA of the area; the layer has {vintage} codes.")
    return areas, files


def _residents_notes(areas: gpd.GeoDataFrame, name: str) -> list[str]:
    own = areas[areas["zone"] == "area"]
    known = int(own["population"].notna().sum())
    if known == 0:
        vintage = areas["vintage"].iloc[0]
        raise InputError(f"{name} gives residents for none of the {len(own)} LSOAs; the layer has {vintage} codes.")
    if known < len(own):
        return [f"{name} gives no residents for {len(own) - known} of {len(own)} LSOAs: their rate per 1,000 is empty."]
    return []


def _focus_notes(focus: Focus, settings: Settings, intake: Intake) -> list[str]:
    """Say what the settings left out, and how far harm weights reach."""
    notes = []
    if settings.focus.leave_out_institutional:
        notes.append(
            f"{focus.left_out:,} incidents at institutional map points, such as hospitals and police stations, are out "
            "of focus, as the settings say.",
        )
    if settings.harm.table:
        weights = intake.incidents.loc[focus.rows, "harm_weight"]
        notes.append(
            f"Harm by {settings.harm.published_by}, release {settings.harm.release}: {int(weights.notna().sum()):,} of "
            f"{len(weights):,} incidents in focus have an offence code with a weight; the others add nothing to harm.",
        )
    return notes


def _coverage_notes(loaded: Loaded) -> dict[str, list[str]]:
    """Say what the files do not cover, of the area itself and of the ring around it."""
    rows = loaded.located[loaded.located["month"].isin(loaded.window.months)]
    busy = set(loaded.areas["borough"].reindex(rows["lsoa_code"].dropna().unique()))
    return coverage_notes(loaded.areas, loaded.window, busy, thin_months(loaded.intake.coverage))
