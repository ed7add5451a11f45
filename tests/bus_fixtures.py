"""A bus page in code: Bexley of the packaged outline, invented need, sites and plans, the same in every run.

``python -m tests.bus_fixtures FILE`` writes the page, to look at.
"""

from __future__ import annotations

import sys
from functools import lru_cache
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry import Point, box

import hotspots
from hotspots.maps.bus_content import BusContent, BusWords, Groups, PlanView, Rules
from hotspots.maps.bus_page import build_bus_page
from tests.page_fixtures import BAD

__all__ = ["BAD", "content"]

CRS = "EPSG:27700"
OUTLINE = Path(hotspots.__file__).parent / "data" / "bexley-and-neighbours-lsoa2011-bsc.geojson"
REACH, WALK = 400.0, 1.3
STOPS, APART = 4, 900.0
FIXED, NEVER = 3, (7, 19)
BREAKS = (2.0, 5.0, 10.0, 20.0)
NAMES = (
    "Erith Library", "Erith Pier Square", "Slade Green Station", "Thamesmead Moorings", "Yarnton Way", "Abbey Wood Road",
    "Belvedere Recreation Ground", "Nuxley Road", "Welling Corner", "Danson Park Gate", "Bexleyheath Clock Tower",
    "Broadway Shopping Centre", "Albion Road Car Park", "Crook Log Leisure Centre", "Barnehurst Station", "Crayford Town Hall",
    "Hall Place Meadow", "Bexley Village", "Albany Park Station", "Sidcup High Street", "Sidcup Station Approach",
    "Blackfen Road", "Lamorbey Park", "Foots Cray Meadows", "Footscray Road", "North Cray Road", "Longlands Road",
    "East Wickham Open Space", "Bostall Hill", "Northumberland Heath", "Parkside", "Lion Road", "Upton Road", "Penhill Road",
    "Hurst Road", "Old Farm Park", "Rectory Lane", "St Paul’s Cray Edge", "Harrow Manor Way", "Lesnes Abbey",
)  # fmt: skip
WARDS = ("Erith", "Thamesmead East", "Belvedere", "Crayford", "Bexleyheath", "Sidcup")


@lru_cache(maxsize=1)
def layer() -> gpd.GeoDataFrame:
    """Return the packaged outline, in metres."""
    frame = gpd.read_file(OUTLINE).to_crs(CRS).rename(columns={"LSOA11CD": "lsoa_code", "LSOA11NM": "lsoa_name"})
    frame["borough"] = frame["lsoa_name"].str.rsplit(" ", n=1).str[0]
    return frame.set_index("lsoa_code").sort_index()


@lru_cache(maxsize=1)
def bexley() -> Any:
    frame = layer()
    return shapely.union_all(frame.geometry[frame["borough"] == "Bexley"].buffer(0.5).to_numpy()).buffer(-0.5)


@lru_cache(maxsize=4)
def demand(rows: int = 600) -> tuple[np.ndarray, np.ndarray]:
    """Return coordinates and need of points: a dozen centres, thinning out around them."""
    maker = np.random.default_rng(11)
    west, south, east, north = bexley().bounds
    centres = maker.uniform((west, south), (east, north), (60, 2))
    centres = centres[shapely.contains_xy(bexley(), centres)][:12]
    held = maker.integers(0, len(centres), rows)
    points = (centres[held] + maker.normal(0, 1, (rows, 2)) * (180 + 60 * held[:, None])).round()
    inside = shapely.contains_xy(bexley(), points)
    weight = np.round(maker.gamma(0.8, 0.6, rows) * (1.6 - held / len(centres)), 6)
    return points[inside], weight[inside]


@lru_cache(maxsize=4)
def site_points(count: int) -> np.ndarray:
    maker = np.random.default_rng(5)
    west, south, east, north = bexley().bounds
    points = maker.uniform((west, south), (east, north), (count * 12, 2)).round(1)
    near = np.array(demand()[0])
    inside = points[shapely.contains_xy(bexley(), points)]
    close = np.hypot(inside[:, None, 0] - near[None, :, 0], inside[:, None, 1] - near[None, :, 1]).min(axis=1) < 500
    chosen = np.concatenate([inside[close], inside[~close]])
    return chosen[:count]


def shares(sites: np.ndarray, points: np.ndarray, *, decay: bool) -> np.ndarray:
    """Return what part of each point's need a stop at each site meets."""
    walk = WALK * np.hypot(sites[:, None, 0] - points[None, :, 0], sites[:, None, 1] - points[None, :, 1])
    step = np.ceil(np.maximum(walk, 1) / (REACH / 4)) if decay else np.ones_like(walk)
    return np.where(walk <= REACH, (5 - step) / 4 if decay else 1.0, 0.0)


def grouped(matrix: np.ndarray, weight: np.ndarray) -> Groups:
    """Put the points together that the same sites reach, and leave out those that none reaches."""
    reached = matrix.any(axis=0)
    columns, of = np.unique(matrix[:, reached], axis=1, return_inverse=True)
    sites, at = np.nonzero(columns)
    order = np.lexsort((sites, at))
    return Groups(
        weight=np.bincount(of, weight[reached], minlength=columns.shape[1]).astype(np.float64),
        n_month=np.bincount(of, 1.5 * weight[reached], minlength=columns.shape[1]).astype(np.float64),
        indptr=np.concatenate([[0], np.cumsum(np.bincount(at, minlength=columns.shape[1]))]).astype(np.intp),
        indices=sites[order],
        data=columns[sites[order], at[order]],
    )


def reach_of(groups: Groups, chosen: Any) -> float:
    """Sum what a set of sites reaches, straight from its definition."""
    held, total = set(chosen), 0.0
    for g, weight in enumerate(groups.weight):
        column = slice(groups.indptr[g], groups.indptr[g + 1])
        met = [share for at, share in zip(groups.indices[column], groups.data[column], strict=True) if at in held]
        total += weight * max(met, default=0.0)
    return float(total)


def dense(groups: Groups, count: int) -> np.ndarray:
    """Return the shares as a table of sites and groups."""
    table = np.zeros((count, len(groups.weight)))
    table[groups.indices, np.repeat(np.arange(len(groups.weight)), np.diff(groups.indptr))] = groups.data
    return table


def planned(groups: Groups, points: np.ndarray, stops: int, left: frozenset[int] = frozenset()) -> list[int]:
    """Return the fixed site and stops taken one after another, far enough from each other."""
    met = dense(groups, len(points))
    chosen = [FIXED]
    for _ in range(stops - 1):
        adds = np.maximum(met - met[chosen].max(axis=0), 0) @ groups.weight
        close = np.min([np.hypot(*(points - points[k]).T) for k in chosen], axis=0) < APART
        adds[[*left, *chosen, *np.flatnonzero(close)]] = -1
        chosen.append(int(np.argmax(adds)))
    return chosen


@lru_cache(maxsize=4)
def areas(bad: str = "") -> gpd.GeoDataFrame:
    frame = layer().copy()
    points, weight = demand()
    own = frame["borough"] == "Bexley"
    near = frame.distance(bexley()) < 900
    frame["zone"] = np.where(own, "area", "ring")
    frame = frame[own | near]
    tree = shapely.STRtree(frame.geometry.to_numpy())
    at, area = tree.query(shapely.points(points), predicate="intersects")
    _, first = np.unique(at, return_index=True)
    need = np.bincount(area[first], weight[at[first]], minlength=len(frame))
    frame["need"] = np.where(frame["zone"] == "area", need, np.arange(len(frame)) % 7 / 4)
    frame.loc[frame.index[frame["zone"] == "ring"][7], "need"] = np.nan
    frame["need_per_km2"] = frame["need"] / (frame.area / 1e6)
    classes = pd.Series(np.searchsorted(BREAKS, frame["need_per_km2"], side="right") + 1, index=frame.index)
    frame["need_class"] = classes.astype("Int64").mask(frame["need"].isna())
    frame["lsoa_name"] = frame["lsoa_name"] + bad
    frame["borough"] = frame["borough"] + bad
    return frame[["lsoa_name", "borough", "zone", "need", "need_per_km2", "need_class", "geometry"]]


@lru_cache(maxsize=4)
def hotspot_places(bad: str = "") -> gpd.GeoDataFrame:
    points, weight = demand()
    order = np.argsort(-weight, kind="stable")
    kept: list[int] = []
    for at in order.tolist():
        if all(np.hypot(*(points[at] - points[k])) > 700 for k in kept):
            kept.append(at)
        if len(kept) == 7:
            break
    names = (
        "Broadway",
        "Yarnton Way",
        "Pier Road",
        "Sidcup High Street",
        "Welling Corner",
        "Slade Green",
        "Blackfen Road",
    )
    return gpd.GeoDataFrame(
        {"rank": np.arange(1, 8), "name": [f"H{rank:02d} {name}{bad}" for rank, name in enumerate(names, start=1)]},
        geometry=[Point(points[at]).buffer(110 + 12 * k, quad_segs=3) for k, at in enumerate(kept)],
        index=pd.Index([f"H-{letter}" for letter in "abcdefg"], name="hotspot_id"),
        crs=CRS,
    )


@lru_cache(maxsize=8)
def sites(count: int, bad: str = "", rows: int = 600, *, decay: bool = False) -> gpd.GeoDataFrame:
    groups, _ = _coverage(count, rows, decay=decay)
    points = site_points(count)
    ground = hotspot_places()
    reach = REACH / WALK
    near = [" ".join(ground.index[ground.distance(Point(point)) <= reach]) for point in points]
    status = ["never" if at in NEVER else "fixed" if at == FIXED else "candidate" for at in range(count)]
    reasons = {7: f"red route{bad}", 3: f"agreed with the housing association{bad}", 19: None}
    names = [NAMES[at] if at < len(NAMES) else f"Site {at + 1}" for at in range(count)]
    return gpd.GeoDataFrame(
        {
            "name": [f"{name}{bad}" for name in names],
            "status": status,
            "hours": pd.array(
                [f"Mon-Sun 08:00-22:00{bad}" if at % 5 == 0 else None for at in range(count)], dtype="str"
            ),
            "capacity": pd.array([at % 4 if at % 3 else pd.NA for at in range(count)], dtype="Int64"),
            "reason": pd.array([reasons.get(at) for at in range(count)], dtype="str"),
            "notes": pd.array(
                [f"Kerb 14 m, level access{bad}" if at % 2 else None for at in range(count)], dtype="str"
            ),
            "ward": pd.array([f"{WARDS[at % 6]}{bad}" if at % 11 else None for at in range(count)], dtype="str"),
            "hotspot_ids": pd.array(near, dtype="str"),
            "covered": dense(groups, count) @ groups.weight,
        },
        geometry=shapely.points(points),
        index=pd.Index([f"S{at + 1:03d}{bad}" for at in range(count)], name="site_id", dtype="str"),
        crs=CRS,
    )


def provision(bad: str = "") -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {
            "name": [f"Thamesmead Youth Club{bad}", f"Sidcup Youth Centre{bad}"],
            "reach_m": [800.0, 600.0],
            "hours": pd.array([f"Mon-Fri 16:00-19:00{bad}", None], dtype="str"),
        },
        geometry=[Point(548_050, 179_900), Point(546_300, 172_200)],
        index=pd.Index(["V1", "V2"], name="provision_id", dtype="str"),
        crs=CRS,
    )


def zones(bad: str = "") -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"name": pd.array([f"School street{bad}", None], dtype="str")},
        geometry=[box(548_600, 175_000, 549_300, 175_500), Point(550_800, 177_300).buffer(330)],
        crs=CRS,
    )


@lru_cache(maxsize=4)
def neighbours(bad: str = "") -> gpd.GeoDataFrame:
    around = layer()[lambda frame: frame["borough"] != "Bexley"]
    merged = around.dissolve("borough").simplify(40)
    return gpd.GeoDataFrame({"borough": [f"{name}{bad}" for name in merged.index]}, geometry=merged.to_numpy(), crs=CRS)


def curve_of(groups: Groups, points: np.ndarray, total: float) -> pd.DataFrame:
    reaches = [reach_of(groups, planned(groups, points, stops, frozenset(NEVER))) for stops in range(1, 9)]
    return pd.DataFrame(
        {
            "reach": reaches,
            "share": [reach / total for reach in reaches],
            "gain": np.diff(reaches, prepend=0.0),
            "greedy": [0.98 * reach for reach in reaches],
            "bound": [reach * (1.02 if at == 7 else 1.0) for at, reach in enumerate(reaches)],
            "optimal": [at != 7 for at in range(8)],
            "knee": [at == 4 for at in range(8)],
        },
        index=pd.Index(range(1, 9), name="stops", dtype="int64"),
    )


def rota_of(plan: PlanView, names: dict[str, str], bad: str = "") -> pd.DataFrame:
    rows = []
    days = ("2022-01-04", "2022-01-06", "2022-01-07", "2022-01-08")
    for week in range(4):
        for evening, day in enumerate(days):
            for order in (0, 1):
                start = pd.Timestamp(day) + pd.Timedelta(weeks=week, hours=16.5 + 3.25 * order)
                stop = plan.site_ids[(2 * evening + order + week) % len(plan.site_ids)]
                rows.append(
                    {
                        "week": week + 1,
                        "evening": 4 * week + evening + 1,
                        "order": order + 1,
                        "starts_at": start,
                        "ends_at": start + pd.Timedelta(hours=2.75),
                        "site_id": stop,
                        "name": names[stop],
                        "demand": 3.2 + evening + 0.37 * order,
                        "travel_min": 17.4 * order,
                        "on": f"Christmas holiday{bad}" if week == 0 and evening == 0 else None,
                    }
                )
    frame = pd.DataFrame(rows, index=pd.Index(range(1, len(rows) + 1), name="visit_no", dtype="int64"))
    for column in ("starts_at", "ends_at"):
        frame[column] = frame[column].astype("datetime64[us]").dt.tz_localize("Europe/London")
    return frame.astype({"site_id": "str", "name": "str", "on": "str"})


def words(bad: str = "") -> BusWords:
    return BusWords(
        title=f"Outreach bus · Bexley · December 2021{bad}",
        subtitle=f"4 stops of 40 sites · evenings Tue, Thu, Fri, Sat 16:30–22:30{bad}",
        marking=f"OFFICIAL{bad}",
        notices=(f"Synthetic data: every incident and site on this page is invented{bad}",),
        headline=(
            f"Four stops reach 35 % of the evening need of Bexley.{bad}",
            f"Erith Library reaches most; a fifth stop would add 4 % more.{bad}",
        ),
        method=(
            (f"What need is{bad}", f"Incidents of the evenings, counted less where they do not last.{bad}"),
            (f"What a stop reaches{bad}", f"All within 400 m on foot, taken as 1.3 times the straight line.{bad}"),
        ),
        sources=(f"Contains public sector information, OGL3{bad}",),
        proven=f"Proven: no other four stops reach more.{bad}",
        need_title=f"Need per km², incidents a month{bad}",
        unit=f"incidents a month{bad}",
        findings=((f"What a stop cannot do{bad}", (f"Being near is not being visited.{bad}",)),),
    )


@lru_cache(maxsize=8)
def _coverage(count: int, rows: int, *, decay: bool) -> tuple[Groups, float]:
    points, weight = demand(rows)
    return grouped(shares(site_points(count), points, decay=decay), weight), float(weight.sum())


def content(*, bad: str = "", count: int = 40, rows: int = 600, decay: bool = False, **changes: Any) -> BusContent:
    """Return the page; ``bad`` is added to every text that can come from data or settings."""
    groups, total = _coverage(count, rows, decay=decay)
    frame = sites(count, bad, rows, decay=decay)
    keys = frame.index.tolist()
    best = _planned(count, rows, decay, frozenset(NEVER))
    second = _planned(count, rows, decay, frozenset({*NEVER, best[3]}))
    third = _planned(count, rows, decay, frozenset({*NEVER, best[1], best[2]}))
    held = (
        ("Best plan", best, "", "best"),
        ("Alternative 1", second, "Clear of the market on Fridays.", "alternative"),
        ("Alternative 2", third, "", "alternative"),
        ("Plan in force", (FIXED, 7, 12, 20), "Since March 2020.", "current"),
    )
    plans = tuple(
        PlanView(
            f"{title}{bad}",
            tuple(keys[at] for at in chosen),
            reach_of(groups, chosen),
            reach_of(groups, chosen) / total,
            f"{note}{bad}" if note else "",
            kind,  # type: ignore[arg-type]
        )
        for title, chosen, note, kind in held
    )
    ground = hotspot_places(bad)
    near = {
        str(row.name)[4:]: tuple(at for at, ids in enumerate(frame["hotspot_ids"]) if row.Index in ids.split())
        for row in ground.itertuples()
    }
    frames: dict[str, Any] = {
        "words": words(bad),
        "areas": areas(bad),
        "breaks": BREAKS,
        "outline": bexley(),
        "neighbours": neighbours(bad),
        "hotspots": ground,
        "sites": frame,
        "groups": groups,
        "total": total,
        "plans": plans,
        "rules": Rules(
            stops=STOPS,
            reach_m=REACH,
            walk_factor=WALK,
            min_separation_m=APART,
            one_per_hotspot=tuple((name, held) for name, held in near.items() if len(held) > 1),
            at_least_one=tuple(
                (f"{WARDS[place]}{bad}", tuple(at for at in range(count) if at % 11 and at % 6 == place))
                for place in sorted({at % 6 for at in best if at % 11})[:2]
            ),
            fixed=(keys[FIXED],),
            barred={keys[7]: f"red route{bad}", keys[19]: f"inside a no-stop zone{bad}"},
        ),
        "curve": _curve(count, rows, decay),
        "rota": rota_of(plans[0], frame["name"].to_dict(), bad),
        "why": {
            keys[at]: (f"Within reach of 2 of 7 hotspots.{bad}", f"Next event near: market, Fri 7 Jan, 350 m.{bad}")
            for at in best
        },
        "zones": zones(bad),
        "provision": provision(bad),
    }
    return BusContent(**(frames | changes))


@lru_cache(maxsize=16)
def _planned(count: int, rows: int, decay: bool, left: frozenset[int]) -> tuple[int, ...]:
    groups, _ = _coverage(count, rows, decay=decay)
    return tuple(planned(groups, site_points(count), STOPS, left))


@lru_cache(maxsize=4)
def _curve(count: int, rows: int, decay: bool) -> pd.DataFrame:
    groups, total = _coverage(count, rows, decay=decay)
    return curve_of(groups, site_points(count), total)


if __name__ == "__main__":
    Path(sys.argv[1]).write_bytes(build_bus_page(content()).encode())
