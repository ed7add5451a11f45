"""Read ``hotspots.toml``: names, types and ranges are checked before any work."""

from __future__ import annotations

import dataclasses
import tomllib
import typing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hotspots.errors import InputError, SettingsError
from hotspots.settings.entries import DEFAULT_THEMES, Source, Theme
from hotspots.settings.lists import read_sources, read_themes
from hotspots.settings.sections import (
    Areas,
    Bus,
    Evaluate,
    Events,
    Focus,
    Harm,
    Hotspots,
    Map,
    Report,
    Services,
    Tensions,
)
from hotspots.settings.values import check_range, section, unknown

if TYPE_CHECKING:
    from pathlib import Path


_LISTS = {"sources": read_sources, "themes": read_themes}


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings of a run; the defaults suit a data.police.uk download and a London borough."""

    report: Report = field(default_factory=Report)
    areas: Areas = field(default_factory=Areas)
    focus: Focus = field(default_factory=Focus)
    harm: Harm = field(default_factory=Harm)
    hotspots: Hotspots = field(default_factory=Hotspots)
    map: Map = field(default_factory=Map)
    evaluate: Evaluate = field(default_factory=Evaluate)
    events: Events = field(default_factory=Events)
    tensions: Tensions = field(default_factory=Tensions)
    bus: Bus = field(default_factory=Bus)
    services: Services = field(default_factory=Services)
    sources: tuple[Source, ...] = ()
    """``[[sources]]``, read beside what ``--incidents`` names."""
    themes: tuple[Theme, ...] = DEFAULT_THEMES
    """``[[themes]]``; those of the file replace their namesakes."""


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
    return _beside(path.parent, settings_from(document, where=path.name))


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
            raise SettingsError(f"{where}: {unknown('section', name, sections)}")
        if name in _LISTS:
            built[name] = _LISTS[name](table, where)
            continue
        if not isinstance(table, dict):
            raise SettingsError(f"{where}: [{name}] must be a section, not {table!r}.")
        built[name] = section(sections[name], f"[{name}]", table, where)
    settings = Settings(**built)
    _check_widths(settings.hotspots, f"{where}: [hotspots] ")
    _check_budget(settings.hotspots, f"{where}: [hotspots] ")
    _check_harm(settings.harm, where)
    _check_risks(settings.events, where)
    return settings


def _beside(folder: Path, settings: Settings) -> Settings:
    """Return the settings with their files looked for beside the settings file, wherever the command is run."""

    def beside(path: str) -> str:
        return str(folder / path) if path else ""

    sources = tuple(
        dataclasses.replace(source, path=beside(source.path), postcodes=beside(source.postcodes))
        for source in settings.sources
    )
    harm = dataclasses.replace(settings.harm, table=beside(settings.harm.table))
    areas = dataclasses.replace(settings.areas, wards=beside(settings.areas.wards))
    page = dataclasses.replace(settings.map, backdrop=beside(settings.map.backdrop))
    events = dataclasses.replace(settings.events, dispersal_stops=beside(settings.events.dispersal_stops))
    files: dict[str, Any] = {
        name: beside(getattr(settings.bus, name)) for name in ("provision", "exclude", "demand", "network")
    }
    bus = dataclasses.replace(settings.bus, **files)
    return dataclasses.replace(settings, sources=sources, harm=harm, areas=areas, map=page, events=events, bus=bus)


def _check_harm(harm: Harm, where: str) -> None:
    if harm.table and not (harm.published_by.strip() and harm.release.strip()):
        raise SettingsError(
            f"{where}: [harm] needs published_by and release: the weights of one offence differ between releases.",
        )


def _check_risks(events: Events, where: str) -> None:
    if events.risk_medium_from > events.risk_high_from:
        raise SettingsError(
            f"{where}: [events] risk_medium_from ({events.risk_medium_from}) is above risk_high_from "
            f"({events.risk_high_from}); lower the one or raise the other.",
        )


def _check_widths(chosen: Hotspots, where: str) -> None:
    if chosen.min_width_m > chosen.max_width_m:
        raise SettingsError(
            f"{where}min_width_m ({chosen.min_width_m:g}) is above max_width_m ({chosen.max_width_m:g}); "
            "lower the one or raise the other.",
        )


def _check_budget(chosen: Hotspots, where: str) -> None:
    if chosen.budget_share_of_area and chosen.budget_share_of_n:
        raise SettingsError(f"{where}budget_share_of_area and budget_share_of_n are both set; leave one of them at 0.")


def with_hotspots(settings: Settings, **changes: Any) -> Settings:  # noqa: ANN401
    """Return a copy with some ``[hotspots]`` settings replaced; those that are none stay as they are.

    Raises
    ------
    SettingsError
        A value is out of its range, or the smallest width is above the largest.
    """
    given = {name: value for name, value in changes.items() if value is not None}
    for name, value in given.items():
        check_range(name, value, f"--{name.replace('_', '-')}")
    chosen = dataclasses.replace(settings.hotspots, **given)
    _check_widths(chosen, "")
    return dataclasses.replace(settings, hotspots=chosen)


def with_bus(settings: Settings, **changes: Any) -> Settings:  # noqa: ANN401
    """Return a copy with some ``[bus]`` settings replaced; those that are none or empty stay as they are.

    Raises
    ------
    SettingsError
        A value is out of its range.
    """
    lists = {name: tuple(value) if isinstance(value, list) else value for name, value in changes.items()}
    given: dict[str, Any] = {name: value for name, value in lists.items() if value is not None and value != ()}
    for name, value in given.items():
        check_range(name, value, "--reach-m" if name == "walk_m" else f"--{name}")
    return dataclasses.replace(settings, bus=dataclasses.replace(settings.bus, **given))
