"""A full agenda in code: 60 events, twelve of them recurring, a route, two grounds, and eight wards with tensions."""

from __future__ import annotations

import dataclasses
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely.geometry import LineString, Point, box

from hotspots.maps.content import PageContent, Period
from hotspots.tables.events import events_table
from tests import page_fixtures as fixtures

KINDS = ("football", "market", "community", "music", "protest", "school", "faith")
RISKS = ("low", "medium", "high", None, "low", "medium")
EVENTS, RECURRING = 60, 12
FREE = "2021-12-30_2022-01-04"
PERIODS = (
    Period("Dec 2021", "2021-12-01", "2021-12-31"),
    Period("Jan 2022", "2022-01-01", "2022-01-31", opening=True),
    Period("1–7 Jan", "2022-01-01", "2022-01-07"),
    Period("1–28 Jan", "2022-01-01", "2022-01-28"),
)
ROUTE, GROUND = "V058", "V059"


def _moment(day: int, hour: int) -> pd.Timestamp:
    """Return an hour of a day counted from 1 December 2021."""
    return pd.Timestamp("2021-12-01") + pd.Timedelta(days=day, hours=hour)


def events(bad: str = "") -> gpd.GeoDataFrame:
    """Return 60 events: the first twelve weekly, of the others every seventh over several days, every tenth nowhere."""
    maker = np.random.default_rng(11)
    rows: list[dict[str, Any]] = []
    for i in range(EVENTS):
        start = _moment((i * 37) % 62 if i >= RECURRING else i % 7, 9 + i % 12)
        days = i % 5 + 2 if i >= RECURRING and i % 7 == 0 else 0
        east, north = 549_600 + maker.uniform(0, 2_300), 175_600 + maker.uniform(0, 2_300)
        rows.append(
            {
                "event_id": f"V{i:03d}",
                "title": f"{KINDS[i % 7].capitalize()} number {i} on the long green{bad}",
                "kind": f"{KINDS[i % 7]}{bad}",
                "status": "planned",
                "starts_at": start.as_unit("us").tz_localize("Europe/London"),
                "ends_at": (start + pd.Timedelta(days=days, hours=2)).as_unit("us").tz_localize("Europe/London"),
                "rrule": "FREQ=WEEKLY" if i < RECURRING else None,
                "risk": RISKS[i % 6],
                "geometry": None if i % 10 == 9 else Point(round(east), round(north)),
            }
        )
    rows[58]["geometry"] = LineString([(549_900, 175_900), (550_500, 176_100), (550_900, 176_700), (551_500, 176_600)])
    rows[59]["geometry"] = box(550_300, 177_250, 550_750, 177_600)
    rows[58]["title"], rows[59]["title"] = f"March{bad}", f"Fair{bad}"
    return events_table({name: [row[name] for row in rows] for name in rows[0]}, epsg=27700)


def dates() -> pd.DataFrame:
    """Return every date of the events in the two months."""
    table = events()
    rows = []
    for key, row in table.iterrows():
        again = 10 if row["rrule"] is not None and not pd.isna(row["rrule"]) else 1
        for week in range(again):
            by = pd.Timedelta(weeks=week)
            if row["starts_at"] + by < pd.Timestamp("2022-02-01", tz="Europe/London"):
                rows.append((key, row["starts_at"] + by, row["ends_at"] + by))
    return pd.DataFrame(rows, columns=["event_id", "starts_at", "ends_at"])


CANCELLED = ("V000", "V030", "V058", "V059")
"""A recurring event, one in January, the route and the ground."""


def some_cancelled() -> gpd.GeoDataFrame:
    """Return the events with four of them cancelled."""
    table = events()
    return table.assign(status=table["status"].where(~table.index.isin(CANCELLED), "cancelled"))


def tensions(bad: str = "") -> gpd.GeoDataFrame:
    """Return eight wards, one of them without a ground and one without a current entry."""
    names = [
        "Riverside",
        "St Mary's and St James",
        "Abbey Wood",
        "Northend",
        "Erith",
        "Falconwood",
        "Belvedere",
        "Moat",
    ]
    east, north, side = fixtures.EAST, fixtures.NORTH, fixtures.SIDE
    grounds = [
        box(east + side * c, north + side * r, east + side * (c + w), north + side * (r + h))
        for c, r, w, h in (
            (1, 0, 2, 2),
            (3, 0, 3, 1),
            (3, 1, 1, 2),
            (4, 1, 2, 2),
            (1, 2, 2, 1),
            (1, 3, 1, 2),
            (2, 3, 4, 2),
        )
    ]
    return gpd.GeoDataFrame(
        {
            "level": pd.array([5, 4, 4, 3, 2, 1, pd.NA, 1], dtype="Int64"),
            "label": [
                f"{said}{bad}" for said in ("level 5 (high)", "level 4", "level 4", "level 3", "level 2", "level 1")
            ]
            + [f"no current entry{bad}", f"level 1{bad}"],
            "trend": ["risen", "same", "new", "fallen", "same", "risen", "fallen", "same"],
            "n_current": [4, 3, 1, 2, 1, 1, 0, 1],
        },
        geometry=[*grounds, None],
        crs=fixtures.CRS,
        index=pd.Index([f"{name}{bad}" for name in names], name="ward"),
    )


SENTENCES = (
    "On 31 December 2021 thirteen entries of the tension log are current, in seven wards; the most tense is Riverside.",
    "Three wards are above their level of three months ago. These are counts of a few reports; none is tested.",
)


def content(*, bad: str = "", **changes: Any) -> PageContent:
    """Return the small page with the full agenda."""
    said = dataclasses.replace(fixtures.words(bad), tensions=tuple(f"{one}{bad}" for one in SENTENCES))
    given: dict[str, Any] = {"words": said, "events": events(bad), "dates": dates(), "periods": PERIODS, "near": None}
    return fixtures.content(bad=bad, **(given | {"tensions": tensions(bad)} | changes))
