"""The hotspots of a pack, by the names that people call them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hotspots.pack.previous import read_grounds

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd

_RANK = re.compile(r"H?0*([1-9][0-9]{0,3})", re.IGNORECASE)
_RANKED_NAME = re.compile(r"H[0-9]+ (?P<name>.+)", re.IGNORECASE)


def read_named_places(pack: Path, *, epsg: int) -> gpd.GeoDataFrame:
    """Read the hotspots of a pack, and those it knew from before, with their names.

    Parameters
    ----------
    pack
        Folder of the pack.
    epsg
        The CRS they are brought to.

    Returns
    -------
    GeoDataFrame
        Grounds by ``hotspot_id`` with ``name``, as the pack has it, and ``rank``, 0 for those from before.

    Raises
    ------
    InputError
        The pack holds no layer of hotspots, or it cannot be read.
    """
    return read_grounds(pack, epsg, _places)


def _places(layer: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    ranked = layer.set_index("hotspot_id").reindex(columns=["name", "rank", "geometry"])
    return ranked.assign(rank=ranked["rank"].fillna(0).astype("int64"), name=ranked["name"].fillna("").astype("str"))


def find_place(places: gpd.GeoDataFrame, called: str) -> str | None:
    """Find a hotspot by what people call it.

    Parameters
    ----------
    places
        From ``read_named_places``.
    called
        Its ``hotspot_id``, its rank (``H03``, ``3``), or its name with the rank or without, in any letters' case.

    Returns
    -------
    str or None
        Its ``hotspot_id``; none where the pack has no such hotspot, or several.
    """
    said = called.strip()
    if said in places.index:
        return said
    rank = _RANK.fullmatch(said)
    if rank is not None:
        found = places.index[places["rank"] == int(rank[1])]
    else:
        bare = places["name"].str.replace(_RANKED_NAME, r"\g<name>", regex=True)
        found = places.index[
            (places["name"].str.casefold() == said.casefold()) | (bare.str.casefold() == said.casefold())
        ]
    return str(found[0]) if len(found) == 1 else None
