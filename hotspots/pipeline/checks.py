"""The single checks of the quality gate: each looks at one topic and says in sentences what it sees."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

from hotspots.pack.words import listed, month_spans, months_word, percent
from hotspots.pipeline.inputs import in_tests
from hotspots.pipeline.window import thin_months
from hotspots.places.locate import agreement

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import geopandas as gpd
    import pandas as pd

    from hotspots.pipeline.inputs import Loaded

UNLOCATED = (0.05, 0.20)
"""Share of rows without a location: above the first a note, above the second a warning. 5 to 15 % occur."""

INSTITUTIONAL = (0.10, 0.30)
"""The same for the share of incidents at map points named by their kind; one in eight is common."""

FAULTY = (0.0, 0.05)
"""The same for rows of a source rejected for one fault in what they say."""

REPEATED = (0.05, 0.20)
"""The same for rows that repeat an ID; above a fifth, months probably lie in two downloads."""

UNMAPPED = (0.0, 0.50)
"""The same for rows of a source whose crime types are brought to no standard name."""

NOT_KEPT = (0.01, 0.10)
"""The same for published LSOA codes that the join does not keep."""

UNKNOWN = 0.01
"""Share of published LSOA codes that neither the layer nor the lookup knows, above which it is noted."""

_KINDS = 5
_NAMED_AT_MOST = 8
_JUDGED_ELSEWHERE = ("no_location", "repeated_id", "repeated_file")
_REASONS = {"repeated_id": "repeated ID", "outside_great_britain": "outside Great Britain"}
_RULES = {
    "direct": "name that LSOA itself",
    "U": "name it by the code it had, unchanged, in the other vintage",
    "M": "name an LSOA of the other vintage that was merged into it",
    "S": "name an LSOA of the other vintage of which it is a part",
}


class Check(NamedTuple):
    """One row of QUALITY, without its key."""

    topic: str
    said: str
    measure: str
    status: str = "ok"
    source: str = ""
    month: str = ""
    value: float = math.nan


def judged(share: float, bounds: tuple[float, float]) -> str:
    """Return the status of a share: above the first bound a note, above the second a warning."""
    return "warning" if share > bounds[1] else "note" if share > bounds[0] else "ok"


def asked_months(loaded: Loaded) -> list[pd.Period]:
    """Return the months of the window, those that no file holds included, oldest first."""
    return sorted([*loaded.window.months, *loaded.window.missing])


def rows(loaded: Loaded) -> Iterator[Check]:
    """Say what was read and accepted, by source and month of the window, and what became of it."""
    for source, group in _sources(loaded):
        total = group[["read", "accepted"]].sum()
        read, kept = int(total["read"]), int(total["accepted"])
        said = f"{source}: {read:,} rows read, {kept:,} accepted and {read - kept:,} rejected, in all months."
        for measure, value in (("read", read), ("accepted", kept), ("rejected", read - kept)):
            yield Check("rows", said, measure, source=source, value=value)
        for month, read, kept in _of_window(loaded, group, "accepted"):
            said = f"{source}, {month}: {read:,} rows read, {kept:,} accepted and {read - kept:,} rejected."
            for measure, value in (("read", read), ("accepted", kept), ("rejected", read - kept)):
                yield Check("rows", said, measure, source=source, month=month, value=value)
    yield from _files(loaded)
    outside = int((loaded.located["located_by"] == "outside").sum())
    said = f"{outside:,} of {len(loaded.located):,} accepted rows lie in no LSOA of the layer."
    yield Check("rows", said, "outside", value=outside)
    focus = focus_in_area(loaded)
    n, now = len(focus), int((focus["month"] == loaded.month).sum())
    said = f"{n:,} incidents of the area and window are in focus, {now:,} of them in {loaded.month}."
    yield Check("rows", said, "in_focus", "ok" if now else "note" if n else "warning", value=n)
    for note in loaded.intake.notes:
        yield Check("rows", note, "note", "note")


def _files(loaded: Loaded) -> Iterator[Check]:
    """Name the files of which no row can be used."""
    rejects = loaded.intake.rejects
    again = set(rejects.loc[rejects["reason"] == "repeated_file", "source_file"])
    accounts = loaded.intake.accounts
    for name, facts in accounts[accounts["accepted"] == 0].iterrows():
        if facts["read"] == 0:
            yield Check("rows", f"{name} holds no rows under its header.", "empty_file", "note", facts["source"])
        elif name not in again:
            said = f"None of the {facts['read']:,} rows of {name} can be used; see rejects.csv."
            yield Check("rows", said, "unusable_file", "warning", facts["source"], value=facts["read"])


def focus_in_area(loaded: Loaded) -> gpd.GeoDataFrame:
    """Return the LOCATED rows in focus of the area and the window, as every test sees them."""
    located = loaded.located
    context = located[located["month"].isin(loaded.window.months) & (located["zone"] == "area")]
    return in_tests(context, loaded)


def rejects(loaded: Loaded) -> Iterator[Check]:
    """Count the rejected rows by reason; a fault in what the rows say is judged by its share of the source."""
    table, accounts = loaded.intake.rejects, loaded.intake.accounts
    read = accounts.groupby("source")["read"].sum()
    named = table.assign(source=table["source_file"].map(accounts["source"]))
    for (source, reason), group in named.groupby(["source", "reason"]):
        share, first = len(group) / read[str(source)], group.iloc[0]
        status = "ok" if reason in _JUDGED_ELSEWHERE else judged(share, FAULTY)
        words = _REASONS.get(str(reason), str(reason).replace("_", " "))
        said = (
            f"{source}: {_rows(len(group))} rejected: {words} ({percent(share)}); the first is row "
            f"{first['source_row']} of {first['source_file']}."
        )
        yield Check("rejects", said, str(reason), status, str(source), value=len(group))
    if table.empty:
        yield Check("rejects", "No row was rejected.", "none", value=0)


def _rows(count: int) -> str:
    return f"{count:,} row{'' if count == 1 else 's'}"


def unlocated(loaded: Loaded) -> Iterator[Check]:
    """Judge the share of rows without a location, by source and month of the window; repeated rows are counted."""
    for source, group in _sources(loaded):
        read, lost = int(group["read"].sum()), int(group["no_location"].sum())
        every = ("", read, lost)
        for month, among, without in (every, *_of_window(loaded, group, "no_location")):
            share = without / among
            place = f"{source}, {month}" if month else source
            said = f"{place}: {without:,} of {among:,} rows have no location ({percent(share)})."
            yield Check("unlocated", said, "share", judged(share, UNLOCATED), source, month, share)
            yield Check("unlocated", said, "rows", "ok", source, month, without)


def coverage(loaded: Loaded) -> Iterator[Check]:
    """Judge which months of the window the files hold, by police force of the area and of the ring around it."""
    near = loaded.areas[loaded.areas["zone"] != "beyond"]
    rows: dict[Any, int] = loaded.intake.coverage.set_index(["force", "month"])["rows"].to_dict()
    usual: dict[Any, float] = thin_months(loaded.intake.coverage).set_index(["force", "month"])["usual"].to_dict()
    own = set(near.loc[near["zone"] == "area", "force"].dropna())
    for force, group in sorted(near.groupby("force"), key=lambda item: (item[0] not in own, item[0])):
        status = "warning" if force in own else "note"
        yield from _of_force(str(force), group, status, rows, usual, asked_months(loaded))
    for zone, group in near[near["force"].isna()].groupby("zone"):
        said = f"No police force is known for {_ground(group)}: no data, not zero; name it under [areas] forces."
        yield Check("coverage", said, "force_unknown", _grave(zone), value=len(group))
    yield from _quiet(loaded, near)
    nameless = sum(count for (force, _), count in rows.items() if not force)
    if nameless:
        said = f"{nameless:,} rows name no police force and cover no area; set force in their [[sources]] entry."
        yield Check("coverage", said, "no_force", "note", value=nameless)


def _of_force(
    force: str,
    group: gpd.GeoDataFrame,
    status: str,
    rows: Mapping[Any, int],
    usual: Mapping[Any, float],
    asked: list[pd.Period],
) -> Iterator[Check]:
    """Say what the files hold of one force, in all and month by month."""
    held = [month for month in asked if (force, month) in rows]
    lacking = [month for month in asked if month not in held]
    if not held:
        said = f"No file of the window is from {force}: no data, not zero, in its {_ground(group)}."
        yield Check("coverage", said, "missing", status, force, value=len(lacking))
        return
    total = sum(rows[force, month] for month in held)
    said = f"{force}: {len(held)} of {months_word(len(asked))}, {total:,} rows."
    yield Check("coverage", said, "rows", source=force, value=total)
    if lacking:
        said = f"{force} lacks {month_spans(lacking)}: no data, not zero, in its {_ground(group)}."
        yield Check("coverage", said, "missing", status, force, value=len(lacking))
    for month in asked:
        if month in lacking:
            said = f"{force} has no rows in {month}: no data, not zero."
            yield Check("coverage", said, "missing", status, force, str(month))
            continue
        count = rows[force, month]
        if (force, month) in usual:
            said = (
                f"{force} has {count:,} rows in {month}, {percent(count / usual[force, month])} of its usual "
                f"{usual[force, month]:,.0f}: the file looks incomplete."
            )
            yield Check("coverage", said, "thin", status, force, str(month), count)
        else:
            yield Check("coverage", f"{force}: {count:,} rows in {month}.", "rows", "ok", force, str(month), count)


def _quiet(loaded: Loaded, near: gpd.GeoDataFrame) -> Iterator[Check]:
    """Name the boroughs that the files cover and that have no row at all: the files may be a selection."""
    covered = near[loaded.window.known.loc[near.index]]
    located = loaded.located.loc[loaded.located["month"].isin(loaded.window.months), "lsoa_code"].dropna()
    busy = set(loaded.areas["borough"].reindex(located.unique()))
    for (zone, borough), group in covered[~covered["borough"].isin(busy)].groupby(["zone", "borough"]):
        said = f"No row of any crime type lies in {borough}: are the files a selection?"
        yield Check("coverage", said, "no_rows", _grave(zone), value=len(group))


def _grave(zone: object) -> str:
    """Return the status of what is wrong in a zone: grave in the area itself, worth a note around it."""
    return "warning" if zone == "area" else "note"


def _ground(group: gpd.GeoDataFrame) -> str:
    """Return how many LSOAs these are and of which boroughs."""
    names = sorted(set(group["borough"]))
    where = ", ".join(names) if len(names) <= _NAMED_AT_MOST else f"{len(names)} boroughs"
    return f"{len(group):,} LSOA{'' if len(group) == 1 else 's'} ({where})"


def institutional(loaded: Loaded) -> Iterator[Check]:
    """Judge the share of incidents in focus at map points named by their kind, and list the commonest kinds."""
    focus = focus_in_area(loaded)
    named = focus.loc[focus["institutional"], "street"]
    if loaded.focus.left_out:
        said = f"{loaded.focus.left_out:,} incidents at such points are out of focus, as the settings ask."
        yield Check("institutional", said, "left_out", value=loaded.focus.left_out)
    if focus.empty:
        return
    share = len(named) / len(focus)
    said = (
        f"{len(named):,} of {len(focus):,} incidents in focus lie at map points named by their kind "
        f"({percent(share)}), places that attract recording."
    )
    yield Check("institutional", said, "share", judged(share, INSTITUTIONAL), value=share)
    # Of equal counts the name decides, so that the order of rows does not.
    kinds = named.str.capitalize().value_counts().rename_axis("kind").reset_index()
    for kind, count in kinds.sort_values(["count", "kind"], ascending=[False, True]).head(_KINDS).to_numpy():
        yield Check("institutional", f"{kind}: {count:,} incidents in focus.", str(kind), value=count)


def published_codes(loaded: Loaded) -> Iterator[Check]:
    """Judge how often the join keeps the published LSOA code, and of which vintage those codes are."""
    inside = loaded.located[loaded.located["lsoa_code"].notna()]
    for source, group in inside.groupby("source"):
        named = group[group["lsoa_published"].notna()]
        if len(named):
            yield from _agreement(str(source), named)
            yield from _vintage(str(source), named, loaded)
        else:
            said = f"{source}: no row names an LSOA; the points alone decide."
            yield Check("agreement", said, "not_named", source=str(source))


def _agreement(source: str, named: gpd.GeoDataFrame) -> Iterator[Check]:
    kept, among = agreement(named)
    # Rounded down, so that 100.00 % is said only where every code was kept.
    shown = f"{math.floor(10_000 * kept / among) / 100:.2f} %"
    status = judged((among - kept) / among, NOT_KEPT)
    more = "" if status == "ok" else " Are place and vintage of the layer right, and is --lookup given?"
    said = f"{source}: {kept:,} of {among:,} located rows keep the LSOA that their publisher named ({shown}).{more}"
    yield Check("agreement", said, "share", status, source, value=kept / among)
    direct = (named["lsoa_published"] == named["lsoa_code"]) & named["vintage_rule"].isna()
    tally = {"direct": int(direct.sum()), **named["vintage_rule"].value_counts().to_dict()}
    for rule, words in _RULES.items():
        count = tally.get(rule, 0)
        if count:
            yield Check("agreement", f"{source}: {count:,} of them {words}.", rule, source=source, value=count)


def _vintage(source: str, named: gpd.GeoDataFrame, loaded: Loaded) -> Iterator[Check]:
    """Say which codes the layer has, which the lookup brought over, and which nobody knows."""
    vintage = loaded.areas["vintage"].iloc[0]
    ours = named["lsoa_published"].isin(loaded.areas.index)
    # The join gives a distance wherever it knows which polygons a code means.
    known = named["distance_m"].notna()
    for measure, count, words in (
        ("layer", int(ours.sum()), f"a code of the layer (LSOA {vintage})"),
        ("lookup", int((known & ~ours).sum()), "a code of the other vintage, which the lookup knows"),
    ):
        if count:
            yield Check("vintage", f"{source}: {count:,} rows name {words}.", measure, source=source, value=count)
    unknown = int((~known & ~ours).sum())
    if unknown:
        said = f"{source}: {unknown:,} of {len(named):,} rows name a code that neither the layer nor a lookup knows"
        status = "note" if unknown / len(named) > UNKNOWN else "ok"
        looked = any(file.role == "lookup" for file in loaded.files)
        more = "" if looked or status == "ok" else "; try --lookup"
        yield Check("vintage", f"{said}{more}.", "unknown", status, source, value=unknown)


def repeats(loaded: Loaded) -> Iterator[Check]:
    """Count the rows that repeat another, and those of them that differ in place."""
    table, accounts = loaded.intake.rejects, loaded.intake.accounts
    source = table["source_file"].map(accounts["source"])
    read = accounts.groupby("source")["read"].sum()
    for name, count in sorted(source[table["reason"] == "repeated_id"].value_counts().items()):
        share = count / read[str(name)]
        status = judged(share, REPEATED)
        more = "" if status == "ok" else " Does a month lie in two downloads?"
        said = f"{name}: {_rows(count)} with a repeated ID ({percent(share)}); of each ID one row is kept.{more}"
        yield Check("repeats", said, "repeated_id", status, str(name), value=count)
    again = table["reason"] == "repeated_file"
    for name, count in sorted(source[again].value_counts().items()):
        files = table.loc[again & (source == name), "source_file"].nunique()
        said = f"{name}: {count:,} rows of {files} file{'' if files == 1 else 's'} given twice count once."
        yield Check("repeats", said, "repeated_file", "note", str(name), value=count)
    repeated = int((table["reason"] == "repeated_id").sum())
    differ = loaded.intake.differ_in_place
    if differ:
        said = f"{differ:,} of {repeated:,} rows that repeat an ID lie elsewhere than the row kept."
        yield Check("repeats", said, "differ_in_place", "note", value=differ)
    if not repeated and not again.any():
        yield Check("repeats", "No row repeats another.", "none", value=0)


def categories(loaded: Loaded) -> Iterator[Check]:
    """Name the crime types without a standard name, those in focus that are absent, and what a theme cannot tell."""
    read = loaded.intake.accounts.groupby("source")["read"].sum()
    for source, types in sorted(loaded.intake.unmapped.items()):
        status = judged(sum(types.values()) / read[source], UNMAPPED)
        for name, count in sorted(types.items(), key=lambda item: (-item[1], item[0])):
            said = f"{source}: the crime type {name!r} has no standard name ({_rows(count)})."
            yield Check("categories", said, "unmapped", status, source, value=count)
    if not loaded.intake.unmapped:
        yield Check("categories", "Every crime type has a standard name.", "mapped", value=0)
    if loaded.focus.absent:
        said = f"Not in the data, though in focus by default: {listed(loaded.focus.absent)}."
        yield Check("categories", said, "absent", "note", value=len(loaded.focus.absent))
    for said in loaded.focus.warnings:
        yield Check("categories", said, "theme", "warning")


def _sources(loaded: Loaded) -> Iterator[tuple[str, pd.DataFrame]]:
    """Return the counts of each source by month."""
    for source, group in loaded.intake.by_month.groupby("source"):
        yield str(source), group


def _of_window(loaded: Loaded, group: pd.DataFrame, column: str) -> list[tuple[str, int, int]]:
    """Return month, rows read and another count, for the months of the window that a source holds."""
    wanted = {str(month) for month in asked_months(loaded)}
    held = group[group["month"].isin(wanted)].sort_values("month")
    return [(str(row["month"]), int(row["read"]), int(row[column])) for row in held.to_dict("records")]
