"""``hotspots.toml`` becomes frozen, validated settings; every number carries its unit in its name."""

from __future__ import annotations

import dataclasses
import difflib
import math
import re
import sys
import tomllib
import types
import typing
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from hotspots.errors import InputError, SettingsError

if TYPE_CHECKING:
    from pathlib import Path

BRITISH_NATIONAL_GRID_EPSG = 27700

SERIOUS_VIOLENCE = ("Violence and sexual offences", "Robbery", "Possession of weapons")


@dataclass(frozen=True, slots=True)
class Report:
    """``[report]``: the words on the page that only the partnership can choose."""

    title: str = ""
    """Title of the page; empty: made from the focus and the area."""
    marking: str = ""
    """Marking line at the top of every page, for example ``OFFICIAL``; empty: none."""
    notice: str = ""
    """A warning that the page must carry, for example that its data are synthetic; empty: none."""
    source: str = ""
    """Where the incidents come from; empty: the forces that the files name."""


@dataclass(frozen=True, slots=True)
class Areas:
    """``[areas]``: how points meet LSOA polygons."""

    analysis_epsg: int = BRITISH_NATIONAL_GRID_EPSG
    """Projected, metric CRS of every calculation."""
    context_m: float = 1000.0
    """Width of the ring around the area that stays in the analysis as context."""
    edge_tolerance_m: float = 20.0
    """Generalisation tolerance of the layer: how far a point may lie from the LSOA its publisher named."""
    forces: dict[str, str] = field(default_factory=dict)
    """District name → police force, where the built-in table does not know the district."""


@dataclass(frozen=True, slots=True)
class Focus:
    """``[focus]``: the crime types that form the hotspots."""

    name: str = "Serious violence"
    """How the page calls the focus while the default categories are in use."""
    categories: tuple[str, ...] = SERIOUS_VIOLENCE
    """Names as police.uk writes them. One that is absent from the data is named in the summary."""


@dataclass(frozen=True, slots=True)
class Hotspots:
    """``[hotspots]``: what counts as a hotspot."""

    window_months: int = 12
    """Months up to and including the month asked for."""
    radius_m: float | None = None
    """DBSCAN radius; none: chosen and reported."""
    min_incidents: int | None = None
    """DBSCAN minimum of incidents within the radius, the same everywhere; none: chosen and reported."""
    min_width_m: float = 150.0
    """A hotspot is drawn no smaller than this across."""
    max_width_m: float = 300.0
    """While the parameters are chosen, a denser place is cut until it is no wider than this."""
    min_per_month: float = 1.0
    """Fewest incidents a month, on average over the window."""
    min_in_window: int = 5
    """Fewest incidents in the whole window, however short it is: fewer are no place to send anyone for."""
    max_number: int = 10
    """Most hotspots on the list."""


@dataclass(frozen=True, slots=True)
class Map:
    """``[map]``: choices of the page."""

    class_breaks_per_km2: tuple[float, ...] = ()
    """Four rising lower bounds of classes 2 to 5; empty: round numbers chosen from the data."""
    class_breaks_per_1000: tuple[float, ...] = ()
    """The same for the rate per 1,000 residents."""


@dataclass(frozen=True, slots=True)
class Services:
    """``[services]``: where ``hotspots fetch`` asks; a service that has moved is a change of one line."""

    police_url: str = "https://data.police.uk/api"
    """The data.police.uk API, without a method."""
    arcgis_url: str = "https://services1.arcgis.com/ESMARspQHYMw9BZ9/arcgis/rest/services"
    """The ArcGIS REST services of the ONS Open Geography Portal."""
    lsoa_2021_layer: str = "Lower_layer_Super_Output_Areas_December_2021_Boundaries_EW_BGC_V5"
    """Name of the service with the polygons of LSOA 2021: BGC is generalised to 20 m and clipped to the coast."""
    lsoa_2011_layer: str = "LSOA_Dec_2011_Boundaries_Generalised_Clipped_BGC_EW_V3"
    """The same of LSOA 2011."""
    lookup_layer: str = "LSOA11_LSOA21_LAD22_EW_LU_v5"
    """Name of the service with the exact-fit lookup (V3) from LSOA 2011 to LSOA 2021."""
    residents_url: str = "https://www.nomisweb.co.uk/api/v01/dataset/NM_2021_1.data.csv"
    """Census 2021, table TS001 (usual residents), as CSV from Nomis."""
    requests_per_second: float = 5.0
    """Most requests a second; the police API allows 15."""
    timeout_s: float = 60.0
    """How long a silent service is waited for; a whole answer may take ten times as long."""
    retries: int = 5
    """How often a request that failed for a passing reason is sent again."""


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings of a run; the defaults suit a data.police.uk download and a London borough."""

    report: Report = field(default_factory=Report)
    areas: Areas = field(default_factory=Areas)
    focus: Focus = field(default_factory=Focus)
    hotspots: Hotspots = field(default_factory=Hotspots)
    map: Map = field(default_factory=Map)
    services: Services = field(default_factory=Services)


_RANGES: dict[str, tuple[float, float]] = {
    "analysis_epsg": (1024, 998999),
    "context_m": (0, 20_000),
    "edge_tolerance_m": (0, 500),
    "window_months": (2, 120),
    "radius_m": (5, 5_000),
    "min_incidents": (1, 1_000_000),
    "min_width_m": (20, 5_000),
    "max_width_m": (20, 20_000),
    "min_per_month": (0, 1_000_000),
    "min_in_window": (1, 1_000_000),
    "max_number": (1, 500),
    "requests_per_second": (0.01, 14),
    "timeout_s": (0.1, 600),
    "retries": (0, 10),
}

_ADDRESS = re.compile(r"https?://[A-Za-z0-9.-]+(?::[0-9]{1,5})?(?:/[A-Za-z0-9._~/-]*)?")
_LAYER = re.compile(r"[A-Za-z0-9_]+")

CLASS_BREAKS = 4


def load_settings(path: Path | None) -> Settings:
    """Read a ``hotspots.toml``.

    Parameters
    ----------
    path
        The file, or none for the defaults.

    Returns
    -------
    Settings
        Defaults, with what the file says in their place.

    Raises
    ------
    InputError
        The file is missing or is not TOML.
    SettingsError
        A section or setting is unknown, of the wrong type or out of its range.
    """
    if path is None:
        return Settings()
    try:
        # utf-8-sig: some Windows editors put a byte order mark in front, which tomllib refuses
        document = tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        problem = error.strerror or error
        raise InputError(f"The settings file {path} cannot be read ({problem}); check --settings.") from error
    except (ValueError, RecursionError) as error:  # TOML, encoding, or a whole number of 5,000 digits
        raise InputError(f"The settings file {path.name} is not valid TOML: {error}.") from error
    return settings_from(document, where=path.name)


def settings_from(document: dict[str, Any], *, where: str = "settings") -> Settings:
    """Turn a parsed TOML document into settings.

    Parameters
    ----------
    document
        Section name → table of that section.
    where
        What the error sentences call the source.

    Returns
    -------
    Settings
        Validated settings.

    Raises
    ------
    SettingsError
        A section or setting is unknown, of the wrong type or out of its range.
    """
    sections = typing.get_type_hints(Settings)
    built: dict[str, Any] = {}
    for name, table in document.items():
        if name not in sections:
            raise SettingsError(f"{where}: {_unknown('section', name, sections)}")
        if not isinstance(table, dict):
            raise SettingsError(f"{where}: [{name}] must be a section, not {table!r}.")
        built[name] = _section(sections[name], name, table, where)
    settings = Settings(**built)
    _check_widths(settings.hotspots, f"{where}: [hotspots] ")
    return settings


def _section(kind: type[Any], section: str, table: dict[str, Any], where: str) -> Any:  # noqa: ANN401
    hints = typing.get_type_hints(kind)
    values: dict[str, Any] = {}
    for name, value in table.items():
        if name not in hints:
            raise SettingsError(f"{where}: {_unknown(f'setting of [{section}]', name, hints)}")
        values[name] = _value(hints[name], value, f"{where}: [{section}] {name}")
        _check_range(name, values[name], f"{where}: [{section}] {name}")
    return kind(**values)


def _value(hint: Any, value: Any, where: str) -> Any:  # noqa: ANN401
    """Return ``value`` as the type the dataclass declares, or say in one sentence what it should be."""
    if isinstance(hint, types.UnionType):
        hint = next(option for option in typing.get_args(hint) if option is not type(None))
    origin = typing.get_origin(hint)
    if origin is tuple:
        if not isinstance(value, list):
            raise SettingsError(f"{where} must be a list, not {value!r}.")
        return tuple(_value(typing.get_args(hint)[0], item, where) for item in value)
    if origin is dict:
        if not isinstance(value, dict) or not all(isinstance(item, str) for item in value.values()):
            raise SettingsError(f'{where} must be a table of names, such as {{ Dartford = "Kent Police" }}.')
        return dict(value)
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        if abs(value) > sys.maxsize:  # float() itself would fail on the longest; no range reaches so far
            return math.inf if value > 0 else -math.inf
        return float(value)
    if not isinstance(value, hint) or isinstance(value, bool):
        expected = {str: "text in quotes", int: "a whole number", float: "a number"}[hint]
        raise SettingsError(f"{where} must be {expected}, not {value!r}.")
    return value


def _check_range(name: str, value: Any, where: str) -> None:  # noqa: ANN401
    if name in _RANGES:
        low, high = _RANGES[name]
        if not low <= value <= high:
            raise SettingsError(f"{where} must lie between {low:g} and {high:g}, not {value!r}.")
    if name.startswith("class_breaks"):
        rising = all(a < b for a, b in pairwise(value))
        if value and (len(value) != CLASS_BREAKS or not rising or not 0 < value[0] <= value[-1] < math.inf):
            raise SettingsError(f"{where} must be {CLASS_BREAKS} rising numbers above 0, not {list(value)}.")
    if name.endswith("_url") and _ADDRESS.fullmatch(value) is None:
        raise SettingsError(f"{where} must be an address that begins with https:// or http://, not {value!r}.")
    if name.endswith("_layer") and _LAYER.fullmatch(value) is None:
        raise SettingsError(f"{where} must be the name of a service, of letters, digits and _, not {value!r}.")
    if name == "categories" and not (value and all(item.strip() for item in value)):
        raise SettingsError(f"{where} must name at least one crime type.")


def _check_widths(chosen: Hotspots, where: str) -> None:
    if chosen.min_width_m > chosen.max_width_m:
        raise SettingsError(
            f"{where}min_width_m ({chosen.min_width_m:g}) is above max_width_m ({chosen.max_width_m:g}); "
            "lower the one or raise the other.",
        )


def _unknown(what: str, name: str, known: dict[str, Any]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    hint = f" Did you mean {close[0]!r}?" if close else f" Known: {', '.join(sorted(known))}."
    return f"{name!r} is not a known {what}.{hint}"


def with_hotspots(settings: Settings, **changes: Any) -> Settings:  # noqa: ANN401
    """Return a copy with some ``[hotspots]`` settings replaced; those that are none stay as they are.

    Raises
    ------
    SettingsError
        A value is out of its range, or the smallest width is above the largest.
    """
    given = {name: value for name, value in changes.items() if value is not None}
    for name, value in given.items():
        _check_range(name, value, f"--{name.replace('_', '-')}")
    chosen = dataclasses.replace(settings.hotspots, **given)
    _check_widths(chosen, "")
    return dataclasses.replace(settings, hotspots=chosen)
