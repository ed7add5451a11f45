"""What an earlier pack says of itself."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyogrio
from pyogrio.errors import DataLayerError, DataSourceError

from hotspots.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import geopandas as gpd

MANIFEST = "manifest.json"
LAYERS = "month.gpkg"


def read_previous(pack: Path) -> dict[str, Any]:
    """Read the manifest of a pack.

    Parameters
    ----------
    pack
        Folder of the pack, such as ``packs/2024-04``.

    Returns
    -------
    dict
        The manifest; ``month`` is there, and ``read`` and ``sha256`` of every file in ``by_file``.

    Raises
    ------
    InputError
        The folder holds no manifest, it cannot be read, or it does not name the content of its files.
    """
    path = pack / MANIFEST
    if not path.is_file():
        raise InputError(f"{pack} is no pack: it holds no {MANIFEST}; give a folder such as packs/2024-04.")
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path} cannot be read ({error}); make that pack again.") from error
    if not _is_manifest(document):
        raise InputError(
            f"{path} does not say what its incident files held, as packs of this version do; make that pack again.",
        )
    named: dict[str, Any] = document
    return named


def read_places(pack: Path, *, epsg: int) -> gpd.GeoDataFrame:
    """Read the hotspots of a pack, and those it knew from before.

    Parameters
    ----------
    pack
        Folder of the pack.
    epsg
        The CRS they are brought to.

    Returns
    -------
    GeoDataFrame
        Grounds by ``hotspot_id``, ``easting`` and ``northing`` of their middles as the pack has them;
        ``first_seen`` and ``last_seen`` (YYYY-MM) are empty where the pack does not tell.

    Raises
    ------
    InputError
        The pack holds no layer of hotspots, or it cannot be read.
    """
    return read_grounds(pack, epsg, _places)


def read_grounds(pack: Path, epsg: int, chosen: Callable[[gpd.GeoDataFrame], gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
    """Read the hotspots of a pack and the places that were hotspots before.

    Parameters
    ----------
    pack
        Folder of the pack.
    epsg
        The CRS they are brought to.
    chosen
        Called with each layer, for the columns that are wanted.

    Returns
    -------
    GeoDataFrame
        What ``chosen`` returned, hotspots first.

    Raises
    ------
    InputError
        The pack holds no layer of hotspots, or it cannot be read.
    """
    path = pack / LAYERS
    try:
        held = {str(name) for name, _ in pyogrio.list_layers(path)}
        layers = [pyogrio.read_dataframe(path, layer=name) for name in ("hotspots", "past") if name in held]
        places = pd.concat([chosen(layer).to_crs(epsg) for layer in layers])
    except (DataSourceError, DataLayerError, KeyError, ValueError) as error:
        raise InputError(f"The hotspots of {path} cannot be read ({error}); make that pack again.") from error
    return places


def _places(layer: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the layer by ``hotspot_id``, with what it tells of when a place was seen."""
    columns = ["first_seen", "last_seen", "easting", "northing", "geometry"]
    frame = layer.set_index("hotspot_id").reindex(columns=columns)
    return frame.astype({"first_seen": "str", "last_seen": "str"})


def _is_manifest(document: object) -> bool:
    """Tell whether a month and the accounts of every file are there."""
    if not isinstance(document, dict) or not isinstance(document.get("month"), str):
        return False
    files = document.get("by_file")
    return isinstance(files, dict) and all(
        isinstance(facts, dict) and isinstance(facts.get("sha256"), str) and isinstance(facts.get("read"), int)
        for facts in files.values()
    )
