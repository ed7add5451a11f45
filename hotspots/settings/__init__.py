"""``hotspots.toml`` becomes frozen, validated settings."""

from hotspots.settings.entries import DATE_ORDERS, DEFAULT_THEMES, PLACES, SOURCE_COLUMNS, Flag, Source, Theme
from hotspots.settings.reading import Settings, load_settings, settings_from, with_bus, with_hotspots
from hotspots.settings.sections import (
    BRITISH_NATIONAL_GRID_EPSG,
    SERIOUS_VIOLENCE,
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
from hotspots.settings.values import CLASS_BREAKS

__all__ = [
    "BRITISH_NATIONAL_GRID_EPSG",
    "CLASS_BREAKS",
    "DATE_ORDERS",
    "DEFAULT_THEMES",
    "PLACES",
    "SERIOUS_VIOLENCE",
    "SOURCE_COLUMNS",
    "Areas",
    "Bus",
    "Evaluate",
    "Events",
    "Flag",
    "Focus",
    "Harm",
    "Hotspots",
    "Map",
    "Report",
    "Services",
    "Settings",
    "Source",
    "Tensions",
    "Theme",
    "load_settings",
    "settings_from",
    "with_bus",
    "with_hotspots",
]
