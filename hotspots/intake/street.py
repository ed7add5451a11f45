"""Street-level crime files in the shape of data.police.uk become INCIDENTS and REJECTS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from hotspots.errors import InputError
from hotspots.intake.files import InputFile, Packed, find_street_files, labels, read_columns, sha256, sha256_on_disk
from hotspots.settings import BRITISH_NATIONAL_GRID_EPSG
from hotspots.tables import COVERAGE, INCIDENTS, REJECTS, check

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

COLUMNS = {
    "id": ("Crime ID",),
    "month": ("Month",),
    "reported_by": ("Reported by",),
    "force": ("Falls within",),
    "longitude": ("Longitude",),
    "latitude": ("Latitude",),
    "street": ("Location",),
    "lsoa": ("LSOA code",),
    "category": ("Crime type",),
    "outcome": ("Last outcome category",),
}
REQUIRED = ("id", "month", "longitude", "latitude", "street", "lsoa", "category")

INSTITUTIONAL = frozenset(
    {
        "airport/airfield",
        "bus/coach station",
        "conference/exhibition centre",
        "ferry terminal",
        "further/higher educational building",
        "hospital",
        "motorway service area",
        "nightclub",
        "park/open space",
        "parking area",
        "pedestrian subway",
        "petrol station",
        "police station",
        "prison",
        "race track",
        "shopping area",
        "sports/recreation area",
        "supermarket",
        "theatre/concert hall",
    },
)
"""Map points that police.uk names by kind instead of by street: they attract recording."""

GREAT_BRITAIN = (-9.5, 49.5, 2.5, 61.5)
"""West, south, east, north in degrees, generously."""

_MONTH = r"(?:19|20)[0-9][0-9]-(?:0[1-9]|1[0-2])"
_CONTENT = ["month", "force", "longitude", "latitude", "street", "lsoa", "category", "outcome"]


@dataclass(frozen=True)
class Intake:
    """What the incident files held; ``accounts`` has one row per file and balances in each."""

    incidents: gpd.GeoDataFrame
    """INCIDENTS in EPSG:4326."""
    rejects: pd.DataFrame
    """REJECTS."""
    accounts: pd.DataFrame
    """Index ``source_file``; columns ``read``, ``accepted``, ``rejected``."""
    coverage: pd.DataFrame
    """COVERAGE: rows per force and month, rejected ones included."""
    force: pd.Series
    """Force that reported each accepted row, by ``incident_id``."""
    files: tuple[InputFile, ...]
    differ_in_place: int
    """Rejected repeats whose place is not that of the kept row; a missing place differs from a given one."""
    notes: tuple[str, ...]
    """What a reader must know of the files, in sentences."""


def read_street(
    paths: Sequence[Path],
    *,
    analysis_epsg: int = BRITISH_NATIONAL_GRID_EPSG,
    progress: Callable[[str], None] | None = None,
) -> Intake:
    """Read street-level files and account for each of their rows.

    Of rows with the same non-empty Crime ID one is kept: located before unlocated, then the smallest
    longitude, latitude, street and outcome, so that the order of rows and files does not matter; a place
    outside Great Britain counts as none. Rows without an ID (anti-social behaviour) are all kept, under
    keys made from their content and their count among equals.

    Parameters
    ----------
    paths
        CSV files, gzipped CSV files, folders or zips.
    analysis_epsg
        CRS of the analysis; with the British National Grid a point outside Great Britain is rejected.
    progress
        Called with the name of each file before it is read.

    Returns
    -------
    Intake
        Accepted and rejected rows, accounts, coverage and notes.

    Raises
    ------
    InputError
        A path is missing, a file is not a street-level CSV, or no row is usable.
    """
    raw, names, files, notes = _read_all(paths, progress)
    reject, differ = _judge(raw, analysis_epsg)
    rejects = reject.table()
    accepted = raw[reject.open]
    if accepted.empty:
        raise InputError(_nothing_usable(rejects, files))
    keys = _keys(accepted)
    force = pd.Series(accepted["force"].to_numpy(), index=pd.Index(keys, name="incident_id"), name="force")
    return Intake(
        incidents=_incidents(accepted, keys),
        rejects=rejects,
        accounts=_accounts(raw, reject.open, names),
        coverage=_coverage(raw, reject),
        force=force.sort_index(),
        files=files,
        differ_in_place=differ,
        notes=notes,
    )


def _nothing_usable(rejects: pd.DataFrame, files: Sequence[InputFile]) -> str:
    """Say what was wrong with the first of the rows, none of which can be used."""
    shown = files[0].name + (f" and {len(files) - 1} more files" if len(files) > 1 else "")
    if rejects.empty:
        return f"{shown} holds no rows under its header; download it again."
    first = rejects.iloc[0]
    value = f" ({first['column']} {first['value']!r})" if isinstance(first["column"], str) else ""
    return (
        f"None of the {len(rejects):,} rows of {shown} has a usable month (YYYY-MM) and location; the first was "
        f"rejected as {first['reason']}{value}."
    )


def _judge(raw: pd.DataFrame, analysis_epsg: int) -> tuple[_Rejections, int]:
    """Find the faults of all rows, and how many repeats lie elsewhere than the row kept; add ``x`` and ``y``."""
    reject = _Rejections(raw)
    reject.where(raw["repeated_file"], "repeated_file", None, raw["same_as"])
    reject.where(raw["surplus"] != "", "too_many_cells", None, raw["surplus"])
    reject.where(~raw["month"].str.fullmatch(_MONTH), "bad_month", "Month", raw["month"])
    reject.where(raw["category"] == "", "no_category", "Crime type", raw["category"])
    raw["x"] = pd.to_numeric(raw["longitude"], errors="coerce").astype(float)
    raw["y"] = pd.to_numeric(raw["latitude"], errors="coerce").astype(float)
    good_x = raw["x"].between(-180, 180)
    usable = good_x & raw["y"].between(-90, 90) & ~((raw["x"] == 0) & (raw["y"] == 0))
    at_home = _in_great_britain(raw) | (analysis_epsg != BRITISH_NATIONAL_GRID_EPSG)
    abroad = usable & ~at_home
    kept = _kept_of_repeats(raw[reject.open & (raw["id"] != "")], usable & at_home)
    repeats = kept.index[kept != kept.index]
    reject.where(raw.index.isin(repeats), "repeated_id", "Crime ID", _row_names(raw, kept, repeats))
    column = pd.Series(np.where(good_x, "Latitude", "Longitude"), index=raw.index)
    reject.where(~usable, "no_location", column, raw["latitude"].where(good_x, raw["longitude"]))
    swapped = _in_great_britain(raw.assign(x=raw["y"], y=raw["x"]))
    place = raw["longitude"] + ", " + raw["latitude"] + np.where(swapped, " (longitude and latitude look swapped)", "")
    reject.where(abroad, "outside_great_britain", "Longitude, Latitude", place)
    return reject, _differ_in_place(raw, kept, repeats)


def _in_great_britain(raw: pd.DataFrame) -> pd.Series:
    west, south, east, north = GREAT_BRITAIN
    return raw["x"].between(west, east) & raw["y"].between(south, north)


def _read_all(
    paths: Sequence[Path],
    progress: Callable[[str], None] | None,
) -> tuple[pd.DataFrame, list[str], tuple[InputFile, ...], tuple[str, ...]]:
    """Return the wanted columns of all files as text, their names, the files on disk, and notes on them."""
    found = find_street_files(paths)
    names = labels(found)
    frames: list[pd.DataFrame] = []
    first_with: dict[str, str] = {}
    notes: list[str] = []
    for packed, name in zip(found, names, strict=True):
        if progress is not None:
            progress(name)
        data = packed.read()
        content = sha256(data)
        columns, numbers, surplus = read_columns(data, name, COLUMNS, REQUIRED)
        columns["surplus"] = [surplus.get(position, "") for position in range(len(numbers))]
        texts = (*COLUMNS, "surplus")
        frame = pd.DataFrame({ours: columns.get(ours, [""] * len(numbers)) for ours in texts}, dtype="str")
        frame["force"] = frame["force"].where(frame["force"] != "", frame.pop("reported_by"))
        frame["source_file"] = pd.Series(name, index=frame.index, dtype="str")
        frame["source_row"] = np.asarray(numbers, dtype=np.int64)
        original = first_with.setdefault(content, name)
        frame["repeated_file"] = np.full(len(frame), original != name)
        frame["same_as"] = pd.Series(original, index=frame.index, dtype="str")
        frames.append(frame)
        if original != name:
            notes.append(f"{name} is byte for byte the file {original}: its rows are not counted again.")
    raw = pd.concat(frames, ignore_index=True)
    notes += _editions(raw)
    return raw, names, _as_given(found, names), tuple(dict.fromkeys(notes))


def _editions(raw: pd.DataFrame) -> list[str]:
    """Name the months of a force of which several files hold rows without an ID: those rows may count twice."""
    bare = raw[(raw["id"] == "") & ~raw["repeated_file"]]
    notes = []
    for (force, month), rows in bare.groupby(["force", "month"]):
        names = rows["source_file"].unique()
        if len(names) > 1:
            notes.append(
                f"{month} of {force or 'an unnamed force'} is in {len(names)} different files "
                f"({', '.join(sorted(names))}): rows without an ID, such as anti-social behaviour, count once for "
                "each; keep only the newest download.",
            )
    return notes


def _as_given(found: Sequence[Packed], names: Sequence[str]) -> tuple[InputFile, ...]:
    """Return the files as they lie on disk, whose hashes a reader can check: a zip once, not its members."""
    on_disk = {
        packed.path: packed.path.name if packed.member else name for packed, name in zip(found, names, strict=True)
    }
    return tuple(InputFile("incidents", name, sha256_on_disk(path)) for path, name in on_disk.items())


class _Rejections:
    """Collect faults in order; the first fault of a row is the one it is rejected for."""

    def __init__(self, raw: pd.DataFrame) -> None:
        self._raw = raw
        self._parts: list[pd.DataFrame] = []
        self.open = pd.Series(True, index=raw.index)  # noqa: FBT003
        """True for rows without a fault so far."""
        self.undated = pd.Series(False, index=raw.index)  # noqa: FBT003
        """True for rows whose month tells nothing of what the files cover."""

    def where(
        self,
        fault: pd.Series | np.ndarray,
        reason: str,
        column: str | pd.Series | None,
        value: pd.Series,
    ) -> None:
        """Reject the still open rows with a fault."""
        hit = self.open & fault
        if reason in {"bad_month", "repeated_file", "too_many_cells"}:
            self.undated |= hit
        if not hit.any():
            return
        rows = self._raw[hit]
        part = pd.DataFrame(
            {
                "source_file": rows["source_file"],
                "source_row": rows["source_row"],
                "incident_id": rows["id"].where(rows["id"] != "", None),
                "category": rows["category"].where(rows["category"] != "", None),
                "reason": pd.Series(reason, index=rows.index, dtype="str"),
                "column": column[hit] if isinstance(column, pd.Series) else column,
                "value": value[hit],
            },
        )
        self._parts.append(part.astype({"column": "str", "value": "str"}))
        self.open &= ~hit

    def table(self) -> pd.DataFrame:
        """Return REJECTS, by file and row."""
        rejects = pd.concat(self._parts).sort_index() if self._parts else empty_rejects()
        return check(REJECTS, number_rejects(rejects))


def number_rejects(rejects: pd.DataFrame) -> pd.DataFrame:
    """Return the rejects with a running number from 1 as their key."""
    return rejects.set_index(pd.RangeIndex(1, len(rejects) + 1, name="reject_no"))


def empty_rejects() -> pd.DataFrame:
    """Return a REJECTS frame without rows."""
    columns = dict.fromkeys(
        ("source_file", "source_row", "incident_id", "category", "reason", "column", "value"), "str"
    )
    return number_rejects(pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in columns.items()})).astype(
        {"source_row": np.int64},
    )


def _kept_of_repeats(rows: pd.DataFrame, usable: pd.Series) -> pd.Series:
    """Return, for every row with an ID, the index of the row that is kept for this ID."""
    order = [
        "id",
        "unlocated",
        "x",
        "y",
        "street",
        "outcome",
        "month",
        "category",
        "lsoa",
        "force",
        "source_file",
        "source_row",
    ]
    repeated = rows[rows["id"].duplicated(keep=False)]
    ordered = repeated.assign(unlocated=~usable.loc[repeated.index]).sort_values(order, kind="stable")
    position = pd.Series(ordered.index, index=ordered.index)
    return position.groupby(ordered["id"]).transform("first")


def _row_names(raw: pd.DataFrame, kept: pd.Series, repeats: pd.Index) -> pd.Series:
    """Return the value of a repeat's reject: where the kept row stands."""
    rows = raw.loc[kept.loc[repeats], ["source_file", "source_row"]]
    said = "kept: " + rows["source_file"] + " row " + rows["source_row"].astype("str")
    return pd.Series(said.to_numpy(), index=repeats, dtype="str").reindex(raw.index)


def _differ_in_place(raw: pd.DataFrame, kept: pd.Series, repeats: pd.Index) -> int:
    here, there = raw.loc[repeats, ["x", "y"]].to_numpy(), raw.loc[kept.loc[repeats], ["x", "y"]].to_numpy()
    same = (here == there) | (np.isnan(here) & np.isnan(there))
    return int((~same.all(axis=1)).sum())


def _keys(rows: pd.DataFrame) -> pd.Series:
    """Return the Crime ID, or for rows without one a key made from content and count among equals."""
    keys = rows["id"].copy()
    bare = rows.loc[rows["id"] == "", _CONTENT]
    if bare.empty:
        return keys
    # Equal rows have equal hashes, so counting within a hash also parts two rows that collide.
    hashes = pd.Series(pd.util.hash_pandas_object(bare, index=False), index=bare.index)
    count = hashes.groupby(hashes).cumcount().astype("str")
    keys.loc[bare.index] = "no-id-" + hashes.map("{:016x}".format).astype("str") + "-" + count
    return keys


def street_name(location: pd.Series) -> pd.Series:
    """Return the street without the publisher's ``On or near``; empty where none is named."""
    name = location.str.replace(r"^on or near\b\s*", "", case=False, regex=True).str.strip()
    return name.where((name != "") & (name.str.casefold() != "no location"), None)


def _incidents(rows: pd.DataFrame, keys: pd.Series) -> gpd.GeoDataFrame:
    street = street_name(rows["street"])
    incidents = gpd.GeoDataFrame(
        {
            "incident_id": keys,
            "month": pd.PeriodIndex(rows["month"].astype("category").cat.rename_categories(_period), freq="M"),
            "category": rows["category"],
            "lsoa_published": rows["lsoa"].where(rows["lsoa"] != "", None),
            "street": street,
            "institutional": street.str.casefold().isin(INSTITUTIONAL),
            "time_known": False,
            "source_file": rows["source_file"],
            "source_row": rows["source_row"],
        },
        geometry=gpd.points_from_xy(rows["x"], rows["y"]),
        crs="EPSG:4326",
    ).set_index("incident_id")
    return check(INCIDENTS, incidents.sort_index(), epsg=4326)


def _period(text: str) -> pd.Period:
    return pd.Period(text, freq="M")


def _accounts(raw: pd.DataFrame, accepted: pd.Series, names: list[str]) -> pd.DataFrame:
    read = raw.groupby("source_file").size().reindex(names, fill_value=0)
    kept = accepted.groupby(raw["source_file"]).sum().reindex(names, fill_value=0)
    accounts = pd.DataFrame({"read": read, "accepted": kept, "rejected": read - kept}).astype(np.int64)
    return accounts.rename_axis("source_file")


def _coverage(raw: pd.DataFrame, reject: _Rejections) -> pd.DataFrame:
    dated = raw[~reject.undated]
    sizes = dated.groupby([dated["force"].rename("force"), dated["month"]]).size()
    coverage = sizes.rename("rows").reset_index()
    coverage["month"] = pd.PeriodIndex(coverage["month"], freq="M")
    coverage.index = pd.RangeIndex(1, len(coverage) + 1, name="coverage_no")
    return check(COVERAGE, coverage.astype({"rows": np.int64}))
