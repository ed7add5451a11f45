"""A saved month read back: the layers of ``month.gpkg`` as tables again."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
from pyogrio.errors import DataLayerError, DataSourceError

from hotspots.errors import InputError, TableError
from hotspots.pack.previous import LAYERS, read_previous
from hotspots.tables import AREA_STATS, EVENTS, HOTSPOTS, KEPT, check

if TYPE_CHECKING:
    from pathlib import Path

    import pandera.pandas as pa

_LONDON = pd.DatetimeTZDtype("us", "Europe/London")
_MONTH = re.compile(r"(?:19|20)\d\d-(?:0[1-9]|1[0-2])")


@dataclass(frozen=True)
class SavedMonth:
    """A month as its pack holds it, in one CRS."""

    month: pd.Period
    document: dict[str, Any]
    """The manifest."""
    incidents: gpd.GeoDataFrame
    """KEPT: all crime types of the window, in the area and its ring."""
    areas: gpd.GeoDataFrame
    """AREA_STATS."""
    hotspots: gpd.GeoDataFrame
    """HOTSPOTS."""
    events: gpd.GeoDataFrame
    """EVENTS of the month and the one after it."""


def read_saved(pack: Path, *, epsg: int) -> SavedMonth:
    """Read a month's pack.

    Parameters
    ----------
    pack
        Folder of the pack, such as ``packs/2024-04``.
    epsg
        The CRS its layers are brought to.

    Returns
    -------
    SavedMonth
        Types that a GeoPackage cannot hold (months, zones of time, whole numbers that may be empty) are restored.

    Raises
    ------
    InputError
        The folder is no pack, or a layer is missing, damaged or of another version.
    """
    document = read_previous(pack)
    if _MONTH.fullmatch(document["month"]) is None:
        raise InputError(f"The manifest of {pack} names no month ({document['month']!r}); make that pack again.")
    path = pack / LAYERS
    try:
        layers = {
            name: pyogrio.read_dataframe(path, layer=name).to_crs(epsg)
            for name in ("incidents", "areas", "hotspots", "events")
        }
        return SavedMonth(
            month=pd.Period(document["month"], freq="M"),
            document=document,
            incidents=_incidents(layers["incidents"]),
            areas=_restored(AREA_STATS, layers["areas"]),
            hotspots=_restored(HOTSPOTS, layers["hotspots"]),
            events=_restored(EVENTS, layers["events"]),
        )
    except (DataSourceError, DataLayerError, TableError, KeyError, ValueError, TypeError) as error:
        raise InputError(f"{path} cannot be read as the layers of a pack ({error}); make that pack again.") from error


def _incidents(layer: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the incidents by their id, with what the planning of a bus needs of them."""
    frame = layer.set_index("incident_id").sort_index()
    times = {name: _moments(frame[name]) for name in ("occurred_at", "occurred_until")}
    kept = gpd.GeoDataFrame(
        {
            "month": pd.PeriodIndex(frame["month"].astype("str"), freq="M"),
            **times,
            "time_known": times["occurred_at"].notna(),
            **{name: frame[name].fillna("").astype("str") for name in ("category", "themes")},
            "lsoa_code": frame["lsoa_code"].astype("str"),
            "zone": frame["zone"].astype("str"),
        },
        geometry=frame.geometry,
        index=frame.index.astype("str"),
        crs=layer.crs,
    )
    return check(KEPT, kept)


def _restored(contract: pa.DataFrameSchema, layer: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return a layer as the contract has it."""
    frame = layer.set_index(str(contract.index.name))
    columns = {name: _typed(frame[name], str(column.dtype or "")) for name, column in _columns(contract)}
    moments = [name for name, column in _columns(contract) if column.dtype is None]
    columns |= {name: frame[name].astype("str").astype("datetime64[us]") for name in moments}
    made = gpd.GeoDataFrame(columns, geometry=frame.geometry, index=frame.index.astype("str"), crs=layer.crs)
    return check(contract, made[list(contract.columns)].sort_index())


def _columns(contract: pa.DataFrameSchema) -> list[tuple[str, pa.Column]]:
    return [(name, column) for name, column in contract.columns.items() if name != "geometry"]


def _typed(column: pd.Series, dtype: str) -> pd.Series:
    """Return a column in the type that the contract names."""
    if dtype.startswith("datetime64[us, "):
        return _moments(column)
    if dtype == "Int64":
        return column.astype("float64").astype("Int64")
    if dtype == "int64":
        return column.astype(np.int64)
    if dtype.startswith("float"):
        return column.astype("float64")
    if dtype == "bool":
        return column.astype(bool)
    return column.astype("str")


def _moments(texts: pd.Series) -> pd.Series:
    """Return times written with their offset."""
    return pd.to_datetime(texts.astype("str"), utc=True, format="ISO8601").astype("datetime64[us, UTC]").astype(_LONDON)
