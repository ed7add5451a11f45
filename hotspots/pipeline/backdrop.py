"""The backdrop of a month's map: the file that the settings name."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

from hotspots.intake.files import InputFile, sha256, shown_name, unpack
from hotspots.maps.backdrop import read_backdrop

if TYPE_CHECKING:
    import geopandas as gpd

    from hotspots.maps.backdrop import Backdrop
    from hotspots.pipeline.inputs import Loaded
    from hotspots.settings import Settings


def backdrop_of(path: Path, areas: gpd.GeoDataFrame) -> tuple[Backdrop, InputFile, tuple[str, ...]]:
    """Read the backdrop that the settings name, for the map of an area.

    Parameters
    ----------
    path
        A file of ``hotspots basemap build``.
    areas
        AREAS with ``zone``.

    Returns
    -------
    backdrop
        What the page draws, and its line for the sources.
    file
        The input as the manifest names it.
    notes
        A sentence where the backdrop was made for a part of the area only.

    Raises
    ------
    InputError
        The file is missing, is no backdrop, is damaged, of a later version, or of another place.
    """
    data = unpack(path)
    name = shown_name(path)
    bounds = areas[areas["zone"] == "area"].to_crs(4326).total_bounds
    backdrop = read_backdrop(data, name, [float(bound) for bound in bounds])
    notes = () if backdrop.covered > 0.95 else (_in_part(name, backdrop.covered),)  # noqa: PLR2004 - but for its rim
    return backdrop, InputFile("backdrop", name, sha256(data)), notes


def with_backdrop(loaded: Loaded, settings: Settings) -> tuple[Loaded, Backdrop | None]:
    """Read the backdrop that the settings name, if they name one.

    Parameters
    ----------
    loaded
        The tables the job started from.
    settings
        The settings in force.

    Returns
    -------
    tuple
        ``loaded`` with the file among its inputs and what there is to note of it, and the backdrop.

    Raises
    ------
    InputError
        As ``backdrop_of``.
    """
    if not settings.map.backdrop:
        return loaded, None
    backdrop, file, notes = backdrop_of(Path(settings.map.backdrop), loaded.areas)
    return dataclasses.replace(loaded, files=(*loaded.files, file), notes=(*loaded.notes, *notes)), backdrop


def _in_part(name: str, covered: float) -> str:
    return f"The backdrop {name} was made for {max(covered, 0.01):.0%} of the ground that this map shows."
