"""What a plan of the outreach bus is given: sites, wishes of the map and of the desk, and the calendar ahead."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from hotspots.errors import InputError, SettingsError
from hotspots.events.recurrence import expand
from hotspots.intake.events import read_events
from hotspots.intake.files import InputFile, sha256, shown_name, unpack
from hotspots.intake.sites import check_choice, read_choice, read_provision, read_sites, rejects_said
from hotspots.intake.zones import read_own_demand, read_streets, read_zones
from hotspots.outreach.network import SNAP_M, StreetNetwork
from hotspots.pack.words import percent

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

    from hotspots.intake.sites import SitesIntake
    from hotspots.pipeline.bus_ground import BusGround
    from hotspots.pipeline.inputs import Inputs
    from hotspots.settings import Settings

LONDON = "Europe/London"
_REJECTS_SAID = 5
_CONNECTED = 0.9
"""Of a network of streets that people can walk on more than this hangs together."""
_PERIODS = ("holiday", "term")
"""Words of the kinds of events that are days in the calendar."""


@dataclass(frozen=True, slots=True)
class BusRequest:
    """What ``hotspots bus plan`` is asked for."""

    sites: Path
    pack: Path | None = None
    """Folder of the month's pack; none: ``inputs``."""
    inputs: Inputs | None = None
    fixed: Path | None = None
    """A choice that the page saved, or a list of ``site_id``."""
    current: Path | None = None
    """The plan in force, a list of ``site_id``."""
    events: Path | None = None
    """The events tracker, for terms, holidays and what is on nearby; none: what the pack holds."""
    first: dt.date | None = None
    """First day of the rota; none: the first Monday of the month after."""
    out: Path | None = None
    """Folder of the result; none: ``bus`` in the pack, or ``bus``."""
    force: bool = False
    settings_file: Path | None = None


@dataclass(frozen=True)
class Given:
    """Everything that is read beside the incidents."""

    intake: SitesIntake
    zones: gpd.GeoDataFrame | None
    provision: gpd.GeoDataFrame | None
    own: gpd.GeoDataFrame | None
    network: StreetNetwork | None
    chosen: Mapping[str, bool]
    current: tuple[str, ...]
    files: tuple[InputFile, ...]
    notes: tuple[str, ...]


def read_given(request: BusRequest, settings: Settings, ground: BusGround) -> Given:
    """Read the sites, and whatever else the options and settings name.

    Parameters
    ----------
    request, settings
        Files.
    ground
        Zones and streets are read around its outline alone.

    Returns
    -------
    Given
        In the analysis CRS.

    Raises
    ------
    InputError
        A file is missing or not what it was given as, or a choice names a site that the list does not have.
    """
    epsg, bus = settings.areas.analysis_epsg, settings.bus
    intake = read_sites(request.sites, epsg=epsg)
    files, notes = [intake.file], [*intake.notes, *_rejected(intake)]
    window = ground.outline.buffer(bus.walk_m * 2)
    zones = provision = own = network = None
    if bus.exclude:
        path = Path(bus.exclude)
        zones = read_zones(path, "[bus] exclude", epsg=epsg, within=window)
        files.append(file_of("exclusion zones", path))
    if bus.provision:
        provision, file, said = read_provision(Path(bus.provision), epsg=epsg, reach_m=bus.walk_m)
        files.append(file)
        notes += said
    if bus.demand:
        every = read_own_demand(Path(bus.demand), epsg=epsg)
        own = every[every.geometry.intersects(ground.outline)]
        if own.empty:
            raise InputError(f"No point of {Path(bus.demand).name} lies in {ground.area}; check [bus] demand.")
        if len(own) < len(every):
            notes.append(f"Left out of {Path(bus.demand).name}: {len(every) - len(own):,} outside {ground.area}.")
        files.append(file_of("demand", Path(bus.demand)))
    if bus.network:
        network = StreetNetwork.of(read_streets(Path(bus.network), epsg=epsg, window=window))
        notes += _on_streets(network, intake.sites)
        files.append(file_of("streets", Path(bus.network)))
    chosen: dict[str, bool] = {}
    if request.fixed is not None:
        choice = read_choice(request.fixed)
        check_choice(choice, intake.sites)
        chosen = dict.fromkeys(choice.barred, False) | dict.fromkeys(choice.fixed, True)
        files.append(file_of("choice", request.fixed))
    current: tuple[str, ...] = ()
    if request.current is not None:
        in_force = read_choice(request.current, "--current")
        check_choice(in_force, intake.sites)
        current = tuple(in_force.fixed)
        files.append(file_of("plan in force", request.current))
    return Given(intake, zones, provision, own, network, chosen, current, tuple(files), tuple(notes))


def _rejected(intake: SitesIntake) -> list[str]:
    """Say which rows of the list were not used: the first few in words, all of them in ``rejects.csv``."""
    said = list(rejects_said(intake.rejects))
    left = len(said) - _REJECTS_SAID
    return said if left <= 0 else [*said[:_REJECTS_SAID], f"{left:,} more rows are left out; all are in rejects.csv."]


def _on_streets(network: StreetNetwork, sites: gpd.GeoDataFrame) -> list[str]:
    """Say where streets fall short: a site off them reaches nothing, however good it is."""
    off = int((~network.joined(sites.geometry)).sum())
    said = []
    if off:
        said.append(f"{off:,} of {len(sites):,} sites lie over {SNAP_M:g} m off the streets given and reach nothing.")
    if network.connected_share < _CONNECTED:
        said.append(
            f"Only {percent(network.connected_share)} of the streets given hang together: they may be main roads alone "
            "or not meet at their ends."
        )
    return said


def file_of(kind: str, path: Path) -> InputFile:
    """Return a file as the document of a plan names it: role, name and hash."""
    return InputFile(kind, shown_name(path), sha256(unpack(path)))


def first_monday(month: pd.Period) -> dt.date:
    """Return the first Monday of a month."""
    first = month.start_time.date()
    return first + dt.timedelta(days=-first.weekday() % 7)


def time_ahead(
    request: BusRequest, settings: Settings, ground: BusGround, first: dt.date
) -> tuple[gpd.GeoDataFrame, dict[dt.date, str]]:
    """Return what is on from the first day of the rota to a month after its end, and its holidays and terms.

    Parameters
    ----------
    request, settings
        The events tracker, and how long the rota is.
    ground
        What its pack holds of events, where no tracker is given.
    first
        First day of the rota.

    Returns
    -------
    tuple
        OCCURRENCES, and day → title of its holiday or else its term.

    Raises
    ------
    InputError
        The tracker cannot be read, or a recurrence in it cannot be used.
    """
    events = ground.events
    if request.events is not None:
        events = read_events(request.events, epsg=settings.areas.analysis_epsg).events
    start = pd.Timestamp(first).tz_localize(LONDON).as_unit("us")
    end = pd.Timestamp(first + dt.timedelta(weeks=settings.bus.cycle_weeks + 4)).tz_localize(LONDON).as_unit("us")
    dates = expand(events, start, end)
    days: dict[dt.date, str] = {}
    kinds = dates["kind"].astype("str").str.casefold()
    # A holiday within a term is said before the term.
    for word in _PERIODS:
        for row in dates[kinds.str.contains(word, regex=False)].itertuples():
            last = row.starts_at if pd.isna(row.ends_at) else row.ends_at
            for day in pd.date_range(max(row.starts_at, start).date(), min(last, end).date()):
                days.setdefault(day.date(), str(row.title))
    return dates, days


def first_day(text: str) -> dt.date:
    """Return a day from ``YYYY-MM-DD``.

    Raises
    ------
    SettingsError
        The text is no such day.
    """
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise SettingsError(f"--first must be written YYYY-MM-DD, such as 2024-06-03, not {text!r}.") from error
