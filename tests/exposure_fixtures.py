"""Occurrences, hotspots and busy hours made in code, for the tests of exposure."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely.geometry import Point

from tests import page_fixtures
from tests.page_fixtures import london
from tests.places_fixtures import SOUTH, WEST

EVENT = {
    "title": "Fair",
    "kind": "fair",
    "status": "planned",
    "starts": "2024-06-07 18:00",
    "ends": "2024-06-07 22:00",
    "dispersal": None,
    "risk": "medium",
    "at": (0.0, 0.0),
}
FRIDAYS = {"day": 4, "days": 2, "hour": 20, "hours": 5, "said": "Fri–Sat 20:00–01:00"}


def occurrences(*events, crs=27700):
    """OCCURRENCES of dictionaries over EVENT; ``id`` names the event, ``at`` is east and north of the corner."""
    rows = [EVENT | {"id": f"E{number:02d}"} | event for number, event in enumerate(events)]
    frame = gpd.GeoDataFrame(
        {
            "event_id": pd.Series([row["id"] for row in rows], dtype="str"),
            "title": pd.Series([row["title"] for row in rows], dtype="str"),
            "kind": pd.Series([row["kind"] for row in rows], dtype="str"),
            "status": pd.Series([row["status"] for row in rows], dtype="str"),
            "starts_at": london(*[row["starts"] for row in rows]),
            "ends_at": london(*[row["ends"] for row in rows]),
            "dispersal_at": london(*[row["dispersal"] for row in rows]),
            "risk": pd.Series([row["risk"] for row in rows], dtype="str"),
            "expected_attendance": pd.array([pd.NA] * len(rows), dtype="Int64"),
        },
        geometry=gpd.GeoSeries([shape(row["at"]) for row in rows], crs=crs),
        crs=crs,
    )
    moments = frame["starts_at"].dt.strftime("@%Y%m%dT%H%M")
    key = pd.Index(frame["event_id"] + moments, dtype="str", name="occurrence_id")
    return frame.set_index(key).sort_index()


def shape(at):
    """A point of two numbers; a geometry or none as it is."""
    return Point(WEST + at[0], SOUTH + at[1]) if isinstance(at, tuple) else at


def hotspots(*places, radius=75.0):
    """HOTSPOTS: discs around places; ids H-0, H-1 … stand in the reverse order of their ranks H01, H02 …."""
    base = page_fixtures.hotspots()
    ids = [f"H-{number}" for number in range(len(places))]
    frame = base.iloc[[0] * len(places)].set_axis(pd.Index(ids, dtype="str", name="hotspot_id"))
    ranks = np.arange(len(places), 0, -1, dtype=np.int64)
    frame = frame.assign(rank=ranks, name=[f"H{rank:02d} Road {rank}" for rank in ranks])
    frame = frame.set_geometry([shape(place).buffer(radius) if isinstance(place, tuple) else place for place in places])
    return frame.set_crs(27700, allow_override=True).sort_index()


def peaks(**of_hotspot):
    """Busy hours by hotspot; ``H_0`` stands for the id H-0."""
    rows = {name.replace("_", "-"): FRIDAYS | changes for name, changes in of_hotspot.items()}
    return pd.DataFrame(rows.values(), index=pd.Index(rows, dtype="str", name="hotspot_id"), columns=list(FRIDAYS))
