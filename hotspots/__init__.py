"""hotspots: from raw incident points to the map and pack of the monthly tasking meeting.

The public names load on first use, so that ``import hotspots`` costs nothing.
"""

from __future__ import annotations

import importlib
from typing import Any

__version__ = "0.1.0"

_HOMES = {
    "HotspotsError": "hotspots.errors",
    "InputError": "hotspots.errors",
    "OutputError": "hotspots.errors",
    "SettingsError": "hotspots.errors",
    "TableError": "hotspots.errors",
    "Inputs": "hotspots.pipeline.inputs",
    "Settings": "hotspots.settings",
    "load_settings": "hotspots.settings",
    "run_demo": "hotspots.demo",
    "run_month": "hotspots.pipeline.month",
}

__all__ = ["__version__", *sorted(_HOMES)]  # noqa: PLE0604


def __getattr__(name: str) -> Any:  # noqa: ANN401
    """Load a public name from its home module on first use."""
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'hotspots' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
