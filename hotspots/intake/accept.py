"""Rows of any source, once read, are accepted or rejected here: the one door to the INCIDENTS table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd

from hotspots.errors import InputError
from hotspots.tables import COVERAGE, INCIDENTS, REJECTS, check

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hotspots.intake.files import InputFile

STREET_LEVEL = "police.uk"
"""What the rows of street-level files call their source."""

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

_TEXTS = ("id", "month", "category", "force", "street", "lsoa", "outcome", "offence_code", "flags", "themes")
_FAULTS = ("id_column", "fault", "fault_column", "fault_value", "place_fault", "place_column", "place_value")
_TIMES = ["occurred_at", "occurred_until"]
_DAYS = ["occurred_on", "occurred_until_on"]
_CONTENT = [*_TEXTS[1:], "source", "lon", "lat", *_TIMES]


@dataclass(frozen=True)
class Intake:
    """What the incident files held; ``accounts`` has one row per file and balances in each."""

    incidents: gpd.GeoDataFrame
    """INCIDENTS in EPSG:4326."""
    rejects: pd.DataFrame
    """REJECTS."""
    accounts: pd.DataFrame
    """Index ``source_file``; columns ``source``, ``read``, ``accepted``, ``rejected``, ``sha256`` (unpacked)."""
    coverage: pd.DataFrame
    """COVERAGE: rows per force and month, rejected ones included."""
    by_month: pd.DataFrame
    """Per ``source`` and ``month`` (text, empty where none was told): ``read``, ``accepted``, ``no_location``."""
    force: pd.Series
    """Force that reported each accepted row, by ``incident_id``."""
    files: tuple[InputFile, ...]
    differ_in_place: int
    """Rejected repeats whose place is not that of the kept row; a missing place differs from a given one."""
    notes: tuple[str, ...]
    """What a reader must know of the files, in sentences."""
    flags_of: dict[str, tuple[str, ...]]
    """Source → flags that its rows can carry."""
    unmapped: dict[str, dict[str, int]]
    """Source → crime types that its settings bring to no standard name, with their rows."""


def raw_frame(rows: int, zone: str, **columns: Any) -> pd.DataFrame:  # noqa: ANN401
    """Return rows as read, with every column that ``accept`` looks at.

    Parameters
    ----------
    rows
        How many.
    zone
        Time zone of ``occurred_at`` and ``occurred_until``.
    **columns
        What the source tells. Text: ``id``, ``id_column`` (its title), ``month`` (YYYY-MM), ``category``,
        ``force``, ``street``, ``lsoa``, ``outcome``, ``offence_code``, ``flags`` (parted by blanks),
        ``themes``, ``source``, ``source_file``; the first ``fault`` that reading found, ``fault_column`` and
        ``fault_value``; ``place_fault``, ``place_column`` and ``place_value``. Numbers: ``source_row``,
        ``lon``, ``lat``, ``harm_weight``. Times: ``occurred_at``, ``occurred_until``, ``time_known``. Local
        dates without a zone: ``occurred_on``, ``occurred_until_on``. Text that is not given is empty.

    Returns
    -------
    DataFrame
        On a range index.
    """
    no_time = pd.Series(pd.NaT, index=range(rows), dtype=pd.DatetimeTZDtype("us", zone))
    no_day = pd.Series(pd.NaT, index=range(rows), dtype="datetime64[us]")
    blank = pd.Series("", index=range(rows), dtype="str")
    defaults: dict[str, Any] = dict.fromkeys((*_TEXTS, *_FAULTS), blank)
    defaults |= {"occurred_at": no_time, "occurred_until": no_time, "time_known": np.zeros(rows, dtype=bool)}
    defaults |= {"harm_weight": np.full(rows, np.nan), **dict.fromkeys(_DAYS, no_day)}
    return pd.DataFrame(defaults | columns, index=range(rows))


def first_fault(faults: Mapping[str, tuple[pd.Series, str, pd.Series]], index: pd.Index) -> dict[str, pd.Series]:
    """Return the columns ``fault``, ``fault_column`` and ``fault_value``.

    Parameters
    ----------
    faults
        Reason → which rows have it, the title of the column at fault, and what stands there; the first
        that applies to a row is its fault.
    index
        Index of the rows.

    Returns
    -------
    dict
        Text by row, empty where there is no fault.
    """
    rows = [which.to_numpy(dtype=bool) for which, _, _ in faults.values()]
    told: dict[str, list[Any]] = {
        "fault": list(faults),
        "fault_column": [column for _, column, _ in faults.values()],
        "fault_value": [value.to_numpy(dtype=object) for _, _, value in faults.values()],
    }
    return {name: pd.Series(np.select(rows, choices, ""), index, dtype="str") for name, choices in told.items()}


def accept(raw: pd.DataFrame) -> tuple[dict[str, Any], pd.Series]:
    """Judge all rows of all sources.

    Of rows with the same non-empty id one is kept: located before unlocated, then the smallest longitude,
    latitude, street and outcome, and so on to the dates and times, so that the order of rows and files does
    not matter; a place with a fault counts as none. Rows without an id (anti-social behaviour) are all kept,
    under keys made from their content and their count among equals.

    Parameters
    ----------
    raw
        Rows as ``raw_frame`` makes them, of all files.

    Returns
    -------
    parts
        Fields of ``Intake`` that follow from the rows: ``incidents``, ``rejects``, ``coverage``,
        ``by_month``, ``force``, ``differ_in_place``.
    accepted
        True for accepted rows, on the index of ``raw``.

    Raises
    ------
    InputError
        No row is usable; the first one's fault is named.
    """
    reject = _Rejections(raw)
    for fault in dict.fromkeys(raw["fault"]):
        if fault:
            reject.where(raw["fault"] == fault, fault, raw["fault_column"], raw["fault_value"])
    kept = _kept_of_repeats(raw[reject.open & (raw["id"] != "")], raw["place_fault"] == "")
    repeats = kept.index[kept != kept.index]
    reject.where(raw.index.isin(repeats), "repeated_id", raw["id_column"], _row_names(raw, kept, repeats))
    for fault in sorted(set(raw["place_fault"]) - {""}):
        reject.where(raw["place_fault"] == fault, fault, raw["place_column"], raw["place_value"])
    rejects = reject.table()
    accepted = raw[reject.open]
    if accepted.empty:
        raise InputError(_nothing_usable(rejects, raw["source_file"]))
    keys = _keys(accepted)
    force = pd.Series(accepted["force"].to_numpy(), index=pd.Index(keys, name="incident_id"), name="force")
    parts = {
        "incidents": _incidents(accepted, keys),
        "rejects": rejects,
        "coverage": _coverage(raw),
        "by_month": _by_month(raw, reject.open),
        "force": force.sort_index(),
        "differ_in_place": _differ_in_place(raw, kept, repeats),
    }
    return parts, reject.open


def _nothing_usable(rejects: pd.DataFrame, names: pd.Series) -> str:
    """Say what was wrong with the first of the rows, none of which can be used."""
    files = list(dict.fromkeys(names))
    shown = files[0] + (f" and {len(files) - 1} more files" if len(files) > 1 else "")
    first = rejects.iloc[0]
    value = f" ({first['column']} {first['value']!r})" if isinstance(first["column"], str) else ""
    return (
        f"None of the {len(rejects):,} rows of {shown} has a usable month and location; the first was "
        f"rejected as {first['reason']}{value}."
    )


class _Rejections:
    """Collect faults in order; the first fault of a row is the one it is rejected for."""

    def __init__(self, raw: pd.DataFrame) -> None:
        self._raw = raw
        self._parts: list[pd.DataFrame] = []
        self.open = pd.Series(True, index=raw.index)  # noqa: FBT003
        """True for rows without a fault so far."""

    def where(self, fault: pd.Series | np.ndarray, reason: str, column: pd.Series, value: pd.Series) -> None:
        """Reject the still open rows with a fault."""
        hit = self.open & fault
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
                "column": column[hit].where(column[hit] != "", None),
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
    """Return, for every row with an id, the index of the row that is kept for this id."""
    order = ["id", "unlocated", "lon", "lat", "street", "outcome", "month", "category", "lsoa", "force"]
    order += [*_DAYS, *_TIMES]
    repeated = rows[rows["id"].duplicated(keep=False)]
    ordered = repeated.assign(unlocated=~usable.loc[repeated.index]).sort_values(
        [*order, "source_file", "source_row"],
        kind="stable",
    )
    position = pd.Series(ordered.index, index=ordered.index)
    return position.groupby(ordered["id"]).transform("first")


def _row_names(raw: pd.DataFrame, kept: pd.Series, repeats: pd.Index) -> pd.Series:
    """Return the value of a repeat's reject: where the kept row stands."""
    rows = raw.loc[kept.loc[repeats], ["source_file", "source_row"]]
    said = "kept: " + rows["source_file"] + " row " + rows["source_row"].astype("str")
    return pd.Series(said.to_numpy(), index=repeats, dtype="str").reindex(raw.index)


def _differ_in_place(raw: pd.DataFrame, kept: pd.Series, repeats: pd.Index) -> int:
    here, there = raw.loc[repeats, ["lon", "lat"]].to_numpy(), raw.loc[kept.loc[repeats], ["lon", "lat"]].to_numpy()
    same = (here == there) | (np.isnan(here) & np.isnan(there))
    return int((~same.all(axis=1)).sum())


def _keys(rows: pd.DataFrame) -> pd.Series:
    """Return the id, or for rows without one a key made from content and count among equals."""
    keys = rows["id"].copy()
    bare = rows.loc[rows["id"] == "", [*_CONTENT, *_DAYS]]
    if bare.empty:
        return keys
    # Equal rows have equal hashes, so counting within a hash also parts two rows that collide.
    hashes = pd.util.hash_pandas_object(bare[_CONTENT], index=False)
    # Only a date that stands without a time adds to its row's content; all others keep the key they always had.
    alone = (bare[_DAYS].notna().to_numpy() & bare[_TIMES].isna().to_numpy()).any(axis=1)
    hashes.loc[alone] = pd.util.hash_pandas_object(bare.loc[alone], index=False)
    count = hashes.groupby(hashes).cumcount().astype("str")
    keys.loc[bare.index] = "no-id-" + hashes.map("{:016x}".format).astype("str") + "-" + count
    return keys


def street_name(location: pd.Series) -> pd.Series:
    """Return the street without the publisher's ``On or near``; empty where none is named."""
    spelled = pd.Series(location.unique(), dtype="str")
    name = spelled.str.replace(r"^on or near\b\s*", "", case=False, regex=True).str.strip()
    kept = name.where((name != "") & (name.str.casefold() != "no location"), None)
    return location.map(dict(zip(spelled, kept, strict=True))).astype("str")


def _incidents(rows: pd.DataFrame, keys: pd.Series) -> gpd.GeoDataFrame:
    street = street_name(rows["street"])
    institutional = {name for name in street.dropna().unique() if name.casefold() in INSTITUTIONAL}
    incidents = gpd.GeoDataFrame(
        {
            "incident_id": keys,
            "month": pd.PeriodIndex(rows["month"].astype("category").cat.rename_categories(_period), freq="M"),
            "occurred_at": rows["occurred_at"],
            "occurred_until": rows["occurred_until"],
            "occurred_on": rows["occurred_on"],
            "occurred_until_on": rows["occurred_until_on"],
            "time_known": rows["time_known"],
            "category": rows["category"],
            "offence_code": rows["offence_code"].where(rows["offence_code"] != "", None),
            "flags": rows["flags"],
            "themes": rows["themes"],
            "harm_weight": rows["harm_weight"],
            "lsoa_published": rows["lsoa"].where(rows["lsoa"] != "", None),
            "street": street,
            "institutional": street.isin(institutional),
            "source": rows["source"],
            "source_file": rows["source_file"],
            "source_row": rows["source_row"],
        },
        geometry=gpd.points_from_xy(rows["lon"], rows["lat"]),
        crs="EPSG:4326",
    ).set_index("incident_id")
    return check(INCIDENTS, incidents.sort_index(), epsg=4326)


def _period(text: str) -> pd.Period:
    return pd.Period(text, freq="M")


def _coverage(raw: pd.DataFrame) -> pd.DataFrame:
    dated = raw[(raw["month"] != "") & (raw["fault"] != "repeated_file")]
    sizes = dated.groupby([dated["force"].rename("force"), dated["month"]]).size()
    coverage = sizes.rename("rows").reset_index()
    coverage["month"] = pd.PeriodIndex(coverage["month"], freq="M")
    coverage.index = pd.RangeIndex(1, len(coverage) + 1, name="coverage_no")
    return check(COVERAGE, coverage.astype({"rows": np.int64}))


def _by_month(raw: pd.DataFrame, accepted: pd.Series) -> pd.DataFrame:
    """Count rows read, accepted and without a place per source and month."""
    told = pd.DataFrame({"read": 1, "accepted": accepted, "no_location": raw["place_fault"] == "no_location"})
    counts = told.astype(np.int64).groupby([raw["source"], raw["month"]]).sum()
    return counts.reset_index()


def accounts(raw: pd.DataFrame, accepted: pd.Series, files: Mapping[str, tuple[str, str]]) -> pd.DataFrame:
    """Return the row accounts of every file.

    Parameters
    ----------
    raw, accepted
        As given to and returned by ``accept``.
    files
        Name of the file → its source, and the SHA-256 of its unpacked bytes; a file without rows is named too.

    Returns
    -------
    DataFrame
        Index ``source_file``; ``source``, ``read``, ``accepted``, ``rejected``, ``sha256``.
    """
    names = list(files)
    read = raw.groupby("source_file").size().reindex(names, fill_value=0)
    kept = accepted.groupby(raw["source_file"]).sum().reindex(names, fill_value=0)
    table = pd.DataFrame({"read": read, "accepted": kept, "rejected": read - kept}).astype(np.int64)
    table.insert(0, "source", pd.Series({name: source for name, (source, _) in files.items()}, dtype="str"))
    table["sha256"] = pd.Series({name: content for name, (_, content) in files.items()}, dtype="str")
    return table.rename_axis("source_file")
