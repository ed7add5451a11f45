"""The quality gate: every finding appears where the data have it, and not where they have not."""

from __future__ import annotations

import copy
import dataclasses
import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotspots.errors import InputError
from hotspots.intake.files import InputFile
from hotspots.maps.quality_page import QualityContent
from hotspots.pack.previous import read_previous
from hotspots.pipeline import checks
from hotspots.pipeline.inputs import Inputs, load
from hotspots.pipeline.quality import (
    area_of,
    assess,
    findings,
    headline,
    quality_content,
    quality_lines,
    run_check,
)
from hotspots.settings import Report, Settings, with_hotspots
from hotspots.tables import QUALITY, check
from hotspots.tables.quality import STATUSES, TOPICS
from tests import conftest as kit

KENT = "Kent Police"
GONE = {"Longitude": "", "Latitude": "", "Location": "No Location", "LSOA code": "", "LSOA name": ""}
SPAN = pd.period_range("2023-06", "2024-05", freq="M")


@pytest.fixture(scope="module")
def bexley(town):
    """The town as it is."""
    return load(Inputs(kit.MONTH, (town.incidents,), (town.boundaries,), areas=("Bexley",)), Settings())


@pytest.fixture(scope="module")
def quality(bexley):
    return assess(bexley)


@pytest.fixture
def make(town, tmp_path):
    def build(rows=None, layer=None, settings=None, **changes):
        incidents = town.incidents if rows is None else kit.write_street(tmp_path / "in", rows)
        boundaries = town.boundaries
        if layer is not None:
            boundaries = tmp_path / "layer.gpkg"
            layer.to_file(boundaries)
        inputs = Inputs(kit.MONTH, (incidents,), (boundaries,), areas=("Bexley",))
        return load(dataclasses.replace(inputs, **changes), settings or Settings())

    return build


def changed(loaded, **intake):
    """The same tables with other parts of the intake."""
    return dataclasses.replace(loaded, intake=dataclasses.replace(loaded.intake, **intake))


def one(quality, topic, measure, **where):
    rows = quality[(quality["topic"] == topic) & (quality["measure"] == measure)]
    for column, wanted in ({"month": ""} | where).items():
        rows = rows[rows[column] == wanted]
    assert len(rows) == 1, rows
    return rows.iloc[0]


def none(quality, topic, measure):
    return not ((quality["topic"] == topic) & (quality["measure"] == measure)).any()


def rejected(rows, reason, count):
    """REJECTS with a row so many times, for a reason."""
    table = rows.iloc[[0] * count].assign(reason=reason)
    return table.set_axis(pd.RangeIndex(1, count + 1, name="reject_no"))


def with_force(loaded, force, rows):
    """The same tables with the rows of a force by month."""
    kept = loaded.intake.coverage[lambda table: table["force"] != force]
    more = pd.DataFrame({"force": force, "month": pd.PeriodIndex(list(rows), freq="M"), "rows": list(rows.values())})
    return changed(loaded, coverage=pd.concat([kept, more], ignore_index=True))


# ------------------------------------------------------------------------------------------------ the table


def test_the_table_keeps_its_contract_and_its_order(quality):
    check(QUALITY, quality)
    assert list(quality.index) == list(range(1, len(quality) + 1))
    assert list(dict.fromkeys(quality["topic"])) == [topic for topic in TOPICS if topic in set(quality["topic"])]
    assert set(quality["topic"]) == set(TOPICS)
    assert quality["said"].str.endswith((".", "?")).all()
    assert set(quality["status"]) <= set(STATUSES)
    assert set(quality["month"]) == {"", *map(str, SPAN)}, "months outside the window are in the totals only"


def test_nothing_lent_is_changed(bexley):
    frames = {
        "incidents": bexley.intake.incidents,
        "rejects": bexley.intake.rejects,
        "accounts": bexley.intake.accounts,
        "coverage": bexley.intake.coverage,
        "by_month": bexley.intake.by_month,
        "areas": bexley.areas,
        "located": bexley.located,
    }
    before = {name: frame.copy(deep=True) for name, frame in frames.items()}
    earlier = {"month": "2024-04", "by_file": {"x.csv": {"sha256": "0", "read": 1}}}
    kept = copy.deepcopy(earlier)
    first, second = assess(bexley, earlier), assess(bexley, earlier)
    pd.testing.assert_frame_equal(first, second)
    assert earlier == kept
    for name, frame in frames.items():
        pd.testing.assert_frame_equal(frame, before[name])


def test_the_order_of_the_rows_changes_nothing(bexley, quality):
    shuffled = bexley.located.sample(frac=1, random_state=1)
    again = assess(dataclasses.replace(bexley, located=shuffled))
    pd.testing.assert_frame_equal(again, quality)


@given(st.floats(0, 1), st.sampled_from([checks.UNLOCATED, checks.INSTITUTIONAL, checks.NOT_KEPT]))
def test_a_share_is_judged_by_two_bounds(share, bounds):
    expected = "ok" if share <= bounds[0] else "note" if share <= bounds[1] else "warning"
    assert checks.judged(share, bounds) == expected


def test_the_bounds_are_those_that_were_agreed():
    assert checks.UNLOCATED == (0.05, 0.20)
    assert checks.judged(0.05, checks.UNLOCATED) == "ok"
    assert checks.judged(0.20, checks.UNLOCATED) == "note"


# ------------------------------------------------------------------------------------------------ rows


def test_rows_balance_in_total_and_by_month_of_the_window(bexley, quality):
    rows = quality[quality["topic"] == "rows"]
    total = {name: one(quality, "rows", name)["value"] for name in ("read", "accepted", "rejected")}
    accounts = bexley.intake.accounts.sum(numeric_only=True)
    assert total == {name: accounts[name] for name in total}
    assert total["rejected"] == 15
    months = rows[rows["month"] != ""].pivot_table(index="month", columns="measure", values="value")
    assert list(months.index) == [str(month) for month in SPAN]
    assert (months["read"] == months["accepted"] + months["rejected"]).all()
    assert months.loc[kit.MONTH].to_dict() == {"read": 43, "accepted": 41, "rejected": 2}
    assert set(rows.loc[rows["month"] != "", "status"]) == {"ok"}
    said = one(quality, "rows", "read", month=kit.MONTH)["said"]
    assert said == "police.uk, 2024-05: 43 rows read, 41 accepted and 2 rejected."
    assert one(quality, "rows", "read")["source"] == "police.uk"
    assert one(quality, "rows", "read")["said"] == (
        "police.uk: 428 rows read, 413 accepted and 15 rejected, in all months."
    )


def test_rows_outside_and_in_focus_are_counted(quality):
    assert one(quality, "rows", "outside")["said"] == "28 of 413 accepted rows lie in no LSOA of the layer."
    assert one(quality, "rows", "outside")["value"] == 28
    focus = one(quality, "rows", "in_focus")
    assert (focus["value"], focus["status"]) == (137, "ok")
    assert focus["said"] == "137 incidents of the area and window are in focus, 27 of them in 2024-05."


def test_a_month_without_incidents_in_focus_is_noted_and_a_window_without_is_a_warning(bexley):
    located = bexley.located
    quiet = located.assign(in_focus=located["in_focus"] & (located["month"] != bexley.month))
    found = one(assess(dataclasses.replace(bexley, located=quiet)), "rows", "in_focus")
    assert found[["value", "status"]].tolist() == [110, "note"]
    empty = assess(dataclasses.replace(bexley, located=located.assign(in_focus=False)))
    assert one(empty, "rows", "in_focus")[["value", "status"]].tolist() == [0, "warning"]
    assert none(empty, "institutional", "share")


def test_files_without_a_usable_row_are_named(town, make, tmp_path, quality):
    folder = kit.write_street(tmp_path / "in", town.rows)
    kit.write_table(folder / "empty-street.csv", [])
    lost = [kit.row("2024-01", "High Street", kit.VIOLENCE, **{"Crime ID": f"l{n}", **GONE}) for n in range(3)]
    kit.write_table(folder / "lost-street.csv", lost)
    found = assess(make(incidents=(folder,)))
    assert one(found, "rows", "empty_file")[["status", "source"]].tolist() == ["note", "police.uk"]
    assert "empty-street.csv holds no rows" in one(found, "rows", "empty_file")["said"]
    assert one(found, "rows", "unusable_file")[["status", "value"]].tolist() == ["warning", 3]
    assert "None of the 3 rows of lost-street.csv" in one(found, "rows", "unusable_file")["said"]
    assert none(quality, "rows", "empty_file")
    assert none(quality, "rows", "unusable_file")


def test_what_the_intake_noted_is_passed_on(bexley, quality):
    assert none(quality, "rows", "note")
    told = one(assess(changed(bexley, notes=("Two editions of May.",))), "rows", "note")
    assert (told["said"], told["status"]) == ("Two editions of May.", "note")


# ------------------------------------------------------------------------------------------------ rejects


def test_rejects_are_counted_by_reason_and_those_judged_elsewhere_are_in_order(quality):
    lost = one(quality, "rejects", "no_location")
    assert (lost["value"], lost["status"], lost["source"]) == (14, "ok", "police.uk")
    assert lost["said"].startswith("police.uk: 14 rows rejected: no location (3.3 %); the first is row ")
    assert lost["said"].endswith(" of 2023-04-metropolitan-street.csv.")
    twice = one(quality, "rejects", "repeated_id")
    assert (twice["value"], twice["status"]) == (1, "ok")
    assert "rejected: repeated ID (" in twice["said"]
    assert none(quality, "rejects", "none")


@pytest.mark.parametrize(("bad", "status"), [(1, "note"), (21, "note"), (22, "warning")])
def test_a_fault_in_what_rows_say_is_judged_by_its_share(bexley, bad, status):
    first = bexley.intake.rejects.iloc[:1].assign(source_row=7)
    found = one(assess(changed(bexley, rejects=rejected(first, "bad_month", bad))), "rejects", "bad_month")
    assert (found["value"], found["status"]) == (bad, status)
    assert "rejected: bad month (" in found["said"]
    assert found["said"].endswith("; the first is row 7 of 2023-04-metropolitan-street.csv.")


def test_no_reject_is_said_too(bexley):
    found = assess(changed(bexley, rejects=bexley.intake.rejects.iloc[:0]))
    assert one(found, "rejects", "none")["said"] == "No row was rejected."


# ------------------------------------------------------------------------------------------------ unlocated


def test_the_town_has_few_rows_without_a_location(quality):
    total = one(quality, "unlocated", "share")
    assert (total["value"], total["status"]) == (14 / 428, "ok")
    assert total["said"] == "police.uk: 14 of 428 rows have no location (3.3 %)."
    assert one(quality, "unlocated", "rows")["value"] == 14
    month = one(quality, "unlocated", "share", month=kit.MONTH)
    assert (month["value"], month["said"]) == (1 / 43, "police.uk, 2024-05: 1 of 43 rows have no location (2.3 %).")
    assert one(quality, "unlocated", "rows", month=kit.MONTH)["value"] == 1


def test_a_month_and_a_total_without_locations_are_judged_each(bexley):
    by_month = pd.DataFrame(
        {
            "source": "police.uk",
            "month": ["", "2023-05", "2024-03", "2024-04", "2024-05"],
            "read": [100, 100, 100, 100, 100],
            "accepted": [0, 100, 90, 70, 100],
            "no_location": [0, 0, 10, 30, 0],
        },
    )
    found = assess(changed(bexley, by_month=by_month))
    assert one(found, "unlocated", "share")[["value", "status"]].tolist() == [0.08, "note"]
    statuses = {month: one(found, "unlocated", "share", month=month)["status"] for month in by_month["month"][2:]}
    assert statuses == {"2024-03": "note", "2024-04": "warning", "2024-05": "ok"}
    assert not (found["month"] == "2023-05").any()
    assert one(found, "rows", "rejected", month="2024-04")["value"] == 30


def test_sources_are_judged_apart(bexley):
    ours = bexley.intake.by_month
    theirs = pd.DataFrame({"source": "Export", "month": [kit.MONTH], "read": [10], "accepted": [1], "no_location": [9]})
    found = assess(changed(bexley, by_month=pd.concat([ours, theirs], ignore_index=True)))
    assert one(found, "unlocated", "share", source="Export")[["value", "status"]].tolist() == [0.9, "warning"]
    assert one(found, "unlocated", "share", source="police.uk")["status"] == "ok"


# ------------------------------------------------------------------------------------------------ coverage


def test_covered_months_are_in_order_and_a_neighbour_without_files_is_a_note(quality):
    rows = quality[(quality["topic"] == "coverage") & (quality["source"] == kit.MET)]
    assert list(rows["month"]) == ["", *map(str, SPAN)]
    assert set(rows["status"]) == {"ok"}
    assert rows["value"].iloc[0] == rows["value"].iloc[1:].sum()
    assert rows["said"].iloc[0] == f"{kit.MET}: 12 of 12 months, {int(rows['value'].iloc[0])} rows."
    assert rows["said"].iloc[-1] == f"{kit.MET}: 43 rows in 2024-05."
    kent = quality[(quality["topic"] == "coverage") & (quality["source"] == KENT)]
    assert kent[["month", "measure", "value", "status"]].to_numpy().tolist() == [["", "missing", 12.0, "note"]]
    assert kent["said"].iloc[0] == (
        "No file of the window is from Kent Police: no data, not zero, in its 12 LSOAs (Dartford)."
    )
    assert none(quality, "coverage", "thin")


def test_missing_months_of_the_area_are_a_warning(town, make):
    held = [row for row in town.rows if row["Month"] not in {"2023-10", "2023-11", "2024-02"}]
    found = assess(make(held))
    total = one(found, "coverage", "missing", source=kit.MET)
    assert (total["value"], total["status"]) == (3, "warning")
    assert total["said"].startswith(
        f"{kit.MET} lacks 2023-10 to 2023-11 and 2024-02: no data, not zero, in its 24 LSOAs (Bexley, Greenwich)."
    )
    month = one(found, "coverage", "missing", month="2023-10")
    assert (month["status"], np.isnan(month["value"])) == ("warning", True)
    assert month["said"] == f"{kit.MET} has no rows in 2023-10: no data, not zero."
    assert one(found, "coverage", "rows", source=kit.MET)["said"].startswith(f"{kit.MET}: 9 of 12 months")


def test_missing_months_of_the_ring_are_a_note(bexley):
    found = assess(with_force(bexley, KENT, dict.fromkeys(kit.MONTHS[:-1], 1)))
    assert one(found, "coverage", "missing", source=KENT)["status"] == "note"
    assert one(found, "coverage", "missing", source=KENT, month=kit.MONTH)["status"] == "note"
    order = found.loc[found["topic"] == "coverage", "source"].drop_duplicates()
    assert list(order) == [kit.MET, KENT], "the area's force comes first"


def dartford(loaded, **columns):
    """The same tables with other columns in Dartford."""
    areas = loaded.areas.copy()
    for name, value in columns.items():
        areas.loc[areas["borough"] == "Dartford", name] = value
    return dataclasses.replace(loaded, areas=areas)


@pytest.mark.parametrize(("zone", "status"), [("ring", "note"), ("area", "warning")])
def test_a_thin_month_is_told_with_its_numbers(bexley, zone, status):
    rows = dict.fromkeys(kit.MONTHS, 60) | {kit.MONTH: 12}
    found = assess(dartford(with_force(bexley, KENT, rows), zone=zone))
    row = one(found, "coverage", "thin", source=KENT, month=kit.MONTH)
    assert (row["value"], row["status"]) == (12, status)
    assert row["said"] == "Kent Police has 12 rows in 2024-05, 20 % of its usual 60: the file looks incomplete."
    assert one(found, "coverage", "rows", source=KENT)["value"] == 11 * 60 + 12


@pytest.mark.parametrize(("zone", "status"), [("ring", "note"), ("area", "warning")])
def test_ground_whose_force_nobody_knows_is_named(bexley, quality, zone, status):
    found = one(assess(dartford(bexley, force=None, zone=zone)), "coverage", "force_unknown")
    assert found[["value", "status"]].tolist() == [12, status]
    assert found["said"].startswith("No police force is known for 12 LSOAs (Dartford): no data, not zero; name it")
    assert none(quality, "coverage", "force_unknown")


@pytest.mark.parametrize(("zone", "status"), [("ring", "note"), ("area", "warning")])
def test_a_covered_borough_without_any_row_is_named(bexley, quality, zone, status):
    covered = bexley.window.covered.copy()
    covered.loc[:, :] = True
    loaded = dataclasses.replace(bexley, window=dataclasses.replace(bexley.window, covered=covered))
    found = one(assess(dartford(loaded, force=kit.MET, zone=zone)), "coverage", "no_rows")
    assert (found["status"], found["value"]) == (status, 12)
    assert found["said"] == "No row of any crime type lies in Dartford: are the files a selection?"
    assert none(quality, "coverage", "no_rows"), "a borough without files is none that is quiet"
    before = loaded.located[~loaded.located["month"].isin(SPAN)]
    emptied = assess(dataclasses.replace(loaded, located=before))
    quiet = emptied.loc[emptied["measure"] == "no_rows", "said"].str.extract(r"lies in (\w+)")[0]
    assert list(quiet) == ["Bexley", "Dartford", "Greenwich"], "rows before the window do not count"


def test_rows_that_name_no_force_are_counted(bexley, quality):
    found = one(assess(with_force(bexley, "", {"2024-04": 2, "2024-05": 4})), "coverage", "no_force")
    assert (found["value"], found["status"]) == (6, "note")
    assert found["said"].startswith("6 rows name no police force and cover no area;")
    assert none(quality, "coverage", "no_force")


def test_many_boroughs_are_counted_instead_of_named(bexley):
    names = [f"Borough {number}" for number in range(44)]
    areas = bexley.areas.assign(borough=names)
    found = assess(dataclasses.replace(bexley, areas=areas))
    assert "in its 12 LSOAs (12 boroughs)." in one(found, "coverage", "missing", source=KENT)["said"]


# ------------------------------------------------------------------------------------------------ institutional


def kinds_of(loaded, kinds):
    """The same tables with the rows in focus at points of these kinds, the others in streets."""
    own = checks.focus_in_area(loaded).index
    named = pd.Series(kinds, index=own[: len(kinds)])
    located = loaded.located.copy()
    located["street"] = named.reindex(located.index).fillna("High Street")
    located["institutional"] = located.index.isin(named.index)
    return dataclasses.replace(loaded, located=located)


def test_no_institutional_point_is_in_order(quality):
    share = one(quality, "institutional", "share")
    assert (share["value"], share["status"]) == (0, "ok")
    assert len(quality[quality["topic"] == "institutional"]) == 1


@pytest.mark.parametrize(("count", "status"), [(13, "ok"), (14, "note"), (41, "note"), (42, "warning")])
def test_the_share_of_institutional_points_is_judged(bexley, count, status):
    share = one(assess(kinds_of(bexley, ["Hospital"] * count)), "institutional", "share")
    assert (share["value"], share["status"]) == (count / 137, status)
    assert share["said"].startswith(f"{count} of 137 incidents in focus lie at map points named by their kind (")


def test_the_five_commonest_kinds_are_listed_in_order(bexley):
    kinds = ["Prison", *["HOSPITAL"] * 2, "hospital", *["Supermarket"] * 4, *["Airport/Airfield"] * 2]
    kinds += [*["Nightclub"] * 2, *["Race Track"] * 2]
    found = assess(kinds_of(bexley, kinds))
    listed = found[(found["topic"] == "institutional") & (found["measure"] != "share")]
    assert listed[["measure", "value"]].to_numpy().tolist() == [
        ["Supermarket", 4.0],
        ["Hospital", 3.0],
        ["Airport/airfield", 2.0],
        ["Nightclub", 2.0],
        ["Race track", 2.0],
    ]
    assert set(listed["status"]) == {"ok"}
    assert listed["said"].iloc[0] == "Supermarket: 4 incidents in focus."


def test_points_outside_the_window_the_area_or_the_focus_do_not_count(bexley):
    located = bexley.located
    counted = checks.focus_in_area(bexley).index
    elsewhere = dataclasses.replace(
        bexley,
        located=located.assign(institutional=~located.index.isin(counted), street="Hospital"),
    )
    assert one(assess(elsewhere), "institutional", "share")["value"] == 0


def test_ground_without_data_is_out_of_the_counts(bexley):
    located = bexley.located.copy()
    located.loc[checks.focus_in_area(bexley).index[:10], "lsoa_code"] = "E01000033"
    found = assess(dataclasses.replace(bexley, located=located))
    assert bexley.areas.loc["E01000033", "force"] == KENT, "whose files are not given"
    assert one(found, "rows", "in_focus")["value"] == 127
    assert " of 127 incidents" in one(found, "institutional", "share")["said"]


def test_points_left_out_by_the_settings_are_counted(bexley, quality):
    focus = dataclasses.replace(bexley.focus, left_out=43)
    found = one(assess(dataclasses.replace(bexley, focus=focus)), "institutional", "left_out")
    assert (found["value"], found["status"]) == (43, "ok")
    assert found["said"].startswith("43 incidents at such points are out of focus")
    assert none(quality, "institutional", "left_out")


# ------------------------------------------------------------------------------------------------ published codes


def coded(town, codes):
    """The town with these codes on the rows of High Street (violence), in turn."""
    rows, at = [], 0
    for row in town.rows:
        if row["Location"].endswith("High Street") and row["Crime type"] == kit.ASB and at < len(codes):
            rows.append(row | {"LSOA code": codes[at]})
            at += 1
        else:
            rows.append(row)
    return rows


def high_street():
    return kit.lattice_at(*kit.PLACES["High Street"])[0]


def test_codes_that_are_kept_are_in_order(quality):
    share = one(quality, "agreement", "share")
    assert (share["value"], share["status"]) == (1, "ok")
    assert share["said"] == ("police.uk: 385 of 385 located rows keep the LSOA that their publisher named (100.00 %).")
    assert one(quality, "agreement", "direct")["value"] == 385
    assert one(quality, "vintage", "layer")["value"] == 385
    assert "(LSOA 2021)" in one(quality, "vintage", "layer")["said"]
    for rule in "UMS":
        assert none(quality, "agreement", rule)
    assert none(quality, "vintage", "lookup")
    assert none(quality, "vintage", "unknown")


def test_rules_and_vintages_are_tallied(town, make, tmp_path):
    path = tmp_path / "lookup.csv"
    code = high_street()
    pairs = [f"E0199000{number},{code},{rule}" for number, rule in enumerate("UMS", 1)]
    far = next(other for other in kit.lattice()["LSOA21CD"] if other != code)
    path.write_text("\n".join(["LSOA11CD,LSOA21CD,CHGIND", *pairs, f"E01990009,{far},U", ""]), encoding="utf-8")
    codes = ["E01990001", *["E01990002"] * 2, *["E01990003"] * 3, "E01990009", "E01999999"]
    found = assess(make(coded(town, codes), lookup=path))
    tally = {rule: one(found, "agreement", rule)["value"] for rule in ("direct", "U", "M", "S")}
    assert tally == {"direct": 377, "U": 1, "M": 2, "S": 3}
    share = one(found, "agreement", "share")
    assert share["value"] == 383 / 385, "one code lies too far away, one is known to nobody"
    assert "(99.48 %)." in share["said"]
    assert one(found, "vintage", "layer")["value"] == 377
    assert one(found, "vintage", "lookup")["value"] == 7
    unknown = one(found, "vintage", "unknown")
    assert (unknown["value"], unknown["status"]) == (1, "ok")
    assert "--lookup" not in unknown["said"]


def published(loaded, code, count, distance_m=np.nan):
    """The same tables with another code on the first located rows."""
    located = loaded.located.copy()
    first = located.index[located["lsoa_code"].notna() & (located["lsoa_code"] != code)][:count]
    located.loc[first, ["lsoa_published", "distance_m"]] = [code, distance_m]
    return dataclasses.replace(loaded, located=located)


@pytest.mark.parametrize(
    ("count", "agrees", "vintage"), [(3, "ok", "ok"), (4, "note", "note"), (39, "warning", "note")]
)
def test_codes_that_nobody_knows_are_judged(bexley, count, agrees, vintage):
    loaded = published(bexley, "E01999999", count)
    found = assess(loaded)
    share, unknown = one(found, "agreement", "share"), one(found, "vintage", "unknown")
    assert (share["value"], share["status"]) == ((385 - count) / 385, agrees)
    assert (unknown["value"], unknown["status"]) == (count, vintage)
    assert ("is --lookup given?" in share["said"]) == (agrees != "ok")
    assert unknown["said"].endswith("; try --lookup.") == (vintage != "ok")
    looked = dataclasses.replace(loaded, files=(*loaded.files, InputFile("lookup", "l.csv", "0")))
    given = one(assess(looked), "vintage", "unknown")
    assert (given["status"], "--lookup" in given["said"]) == (vintage, False)


def test_a_code_of_the_layer_that_the_join_overrules_is_not_kept(bexley):
    found = assess(published(bexley, bexley.areas.index[0], 5, 900.0))
    assert one(found, "agreement", "direct")["value"] == 380
    assert one(found, "vintage", "layer")["value"] == 385
    assert none(found, "vintage", "unknown")


def test_codes_of_rows_outside_the_layer_are_not_judged(bexley, quality):
    located = bexley.located.copy()
    located.loc[located["lsoa_code"].isna(), "lsoa_published"] = "E01999999"
    found = assess(dataclasses.replace(bexley, located=located))
    pd.testing.assert_frame_equal(found, quality)


def test_a_source_without_codes_says_so(bexley):
    located = bexley.located.assign(lsoa_published=pd.Series(None, index=bexley.located.index, dtype="str"))
    found = assess(dataclasses.replace(bexley, located=located))
    assert one(found, "agreement", "not_named")["said"] == "police.uk: no row names an LSOA; the points alone decide."
    assert none(found, "agreement", "share")
    assert not (found["topic"] == "vintage").any()


# ------------------------------------------------------------------------------------------------ repeats


def test_a_repeat_that_lies_elsewhere_is_a_note(bexley, quality):
    assert one(quality, "repeats", "repeated_id")[["value", "status"]].tolist() == [1, "ok"]
    assert one(quality, "repeats", "differ_in_place")[["value", "status"]].tolist() == [1, "note"]
    assert one(quality, "repeats", "differ_in_place")["said"].startswith("1 of 1 rows that repeat an ID lie elsewhere")
    same = assess(changed(bexley, differ_in_place=0))
    assert none(same, "repeats", "differ_in_place")
    assert none(same, "repeats", "none")


@pytest.mark.parametrize(("copies", "status"), [(21, "ok"), (22, "note"), (85, "note"), (86, "warning")])
def test_many_repeated_ids_are_judged(bexley, copies, status):
    found = assess(changed(bexley, rejects=rejected(bexley.intake.rejects, "repeated_id", copies)))
    found = one(found, "repeats", "repeated_id")
    assert (found["value"], found["status"]) == (copies, status)
    assert found["said"].endswith("Does a month lie in two downloads?") == (status != "ok")


def test_a_file_given_twice_is_a_note(town, make, tmp_path):
    folder = kit.write_street(tmp_path / "in", town.rows)
    source = folder / kit.MONTH / f"{kit.MONTH}-metropolitan-street.csv"
    (folder / "copy-street.csv").write_bytes(source.read_bytes())
    found = assess(make(incidents=(folder,)))
    twice = one(found, "repeats", "repeated_file")
    assert (twice["value"], twice["status"]) == (43, "note")
    assert twice["said"] == "police.uk: 43 rows of 1 file given twice count once."
    assert one(found, "rejects", "repeated_file")["status"] == "ok"
    assert none(found, "rows", "unusable_file")


def test_no_repeat_is_said_too(bexley):
    rejects = bexley.intake.rejects
    found = assess(changed(bexley, rejects=rejects[rejects["reason"] != "repeated_id"], differ_in_place=0))
    assert one(found, "repeats", "none")["said"] == "No row repeats another."
    assert none(found, "repeats", "repeated_id")


# ------------------------------------------------------------------------------------------------ categories


def test_crime_types_without_a_standard_name_are_named_the_commonest_first(bexley, quality):
    assert one(quality, "categories", "mapped")["said"] == "Every crime type has a standard name."
    found = assess(changed(bexley, unmapped={"police.uk": {"AFFRAY": 3, "ASSAULT": 9, "BRAWL": 3}}))
    rows = found[(found["topic"] == "categories") & (found["measure"] == "unmapped")]
    assert rows["value"].tolist() == [9, 3, 3]
    assert rows["said"].tolist()[:2] == [
        "police.uk: the crime type 'ASSAULT' has no standard name (9 rows).",
        "police.uk: the crime type 'AFFRAY' has no standard name (3 rows).",
    ]
    assert set(rows["status"]) == {"note"}
    assert none(found, "categories", "mapped")


@pytest.mark.parametrize(("rows", "status"), [(214, "note"), (215, "warning")])
def test_a_source_of_which_most_has_no_standard_name_is_a_warning(bexley, rows, status):
    found = assess(changed(bexley, unmapped={"police.uk": {"ASSAULT": rows}}))
    assert one(found, "categories", "unmapped")["status"] == status


def test_absent_crime_types_and_blind_themes_are_told(bexley, quality):
    absent = one(quality, "categories", "absent")
    assert (absent["value"], absent["status"]) == (1, "note")
    assert absent["said"] == "Not in the data, though in focus by default: Possession of weapons."
    assert none(quality, "categories", "theme")
    focus = dataclasses.replace(bexley.focus, absent=(), warnings=("Knife: police.uk cannot tell.",))
    found = assess(dataclasses.replace(bexley, focus=focus))
    assert none(found, "categories", "absent")
    told = one(found, "categories", "theme")
    assert (told["said"], told["status"]) == ("Knife: police.uk cannot tell.", "warning")


# ------------------------------------------------------------------------------------------------ revisions


def earlier(loaded, month="2024-04"):
    """The manifest that a pack of these files would have."""
    return {"month": month, "by_file": loaded.intake.accounts.to_dict(orient="index")}


def name_of(month):
    return f"{month}-metropolitan-street.csv"


def test_without_an_earlier_pack_nothing_is_compared(quality):
    rows = quality[quality["topic"] == "revised"]
    assert rows[["measure", "status"]].to_numpy().tolist() == [["not_compared", "ok"]]


def test_the_same_files_are_unchanged(bexley):
    found = assess(bexley, earlier(bexley))
    rows = found[found["topic"] == "revised"]
    assert rows[["measure", "value", "status"]].to_numpy().tolist() == [["unchanged", 14.0, "ok"]]
    assert rows["said"].iloc[0] == "14 of 14 files are those of the pack of 2024-04, 0 are new."


def test_a_file_of_a_later_month_is_new(bexley):
    before = earlier(bexley)
    del before["by_file"][name_of("2024-05")]
    rows = assess(bexley, before)
    assert one(rows, "revised", "unchanged")["said"].startswith("13 of 14 files")
    assert one(rows, "revised", "unchanged")["said"].endswith("1 are new.")
    assert none(rows, "revised", "late")


def test_a_revised_file_is_named_with_its_rows_before_and_now(bexley):
    before = earlier(bexley)
    before["by_file"][name_of("2024-03")] |= {"sha256": "0" * 64, "read": 1_234}
    found = one(assess(bexley, before), "revised", "revised")
    assert (found["status"], found["source"], found["value"]) == ("note", "police.uk", 25)
    assert found["said"] == f"police.uk revises: {name_of('2024-03')}, 1,234 → 25 rows since the pack of 2024-04."


def test_a_file_that_came_late_and_one_that_is_gone_are_noted(bexley):
    before = earlier(bexley)
    before["by_file"]["2024-02-kent-street.csv"] = {"sha256": "k", "read": 9, "source": "police.uk"}
    before["by_file"].pop(name_of("2024-04"))
    found = assess(bexley, before)
    late = one(found, "revised", "late")
    assert (late["status"], late["value"], late["source"]) == ("note", 25, "police.uk")
    assert late["said"].startswith(f"{name_of('2024-04')} (25 rows) is of no later month than the pack of 2024-04")
    gone = one(found, "revised", "gone")
    assert (gone["status"], gone["value"], gone["source"]) == ("note", 9, "police.uk")
    assert gone["said"] == "2024-02-kent-street.csv (9 rows) was in the pack of 2024-04 and is not given now."


def test_a_file_is_known_by_its_content_and_by_its_bare_name(bexley):
    before = earlier(bexley)
    facts = before["by_file"]
    facts["another-name.csv"] = facts.pop(name_of("2024-01"))
    facts[f"2024-02/{name_of('2024-02')}.gz"] = facts.pop(name_of("2024-02")) | {"sha256": "0" * 64}
    found = assess(bexley, before)
    assert one(found, "revised", "revised")["said"].startswith(f"police.uk revises: {name_of('2024-02')}, 25 → 25")
    assert none(found, "revised", "gone")
    assert one(found, "revised", "unchanged")["value"] == 13


def test_files_that_share_a_name_are_told_apart_by_their_folders(bexley):
    accounts = bexley.intake.accounts
    renamed = {name_of("2024-01"): "a/x.csv", name_of("2024-02"): "b/x.csv"}
    loaded = changed(bexley, accounts=accounts.rename(index=renamed))
    before = earlier(loaded)
    before["by_file"]["b/x.csv"] |= {"sha256": "0" * 64}
    found = one(assess(loaded, before), "revised", "revised")
    assert "b/x.csv" in found["said"]


def test_a_file_without_an_accepted_row_can_be_new(bexley):
    accounts = pd.concat([bexley.intake.accounts, bexley.intake.accounts.iloc[:1].set_axis(["empty.csv"])])
    accounts.loc["empty.csv", ["read", "accepted", "rejected", "sha256"]] = [0, 0, 0, "e"]
    found = assess(changed(bexley, accounts=accounts.rename_axis("source_file")), earlier(bexley))
    assert one(found, "revised", "unchanged")["said"].endswith(
        "14 of 15 files are those of the pack of 2024-04, 1 are new."
    )


# ------------------------------------------------------------------------------------------------ an earlier pack


def test_an_earlier_pack_is_read(pack):
    document = read_previous(pack.folder)
    assert document == pack.manifest
    assert document["month"] == kit.MONTH
    assert len(document["by_file"]) == 14


def test_what_is_no_pack_is_an_input_error(tmp_path):
    with pytest.raises(
        InputError, match=r"is no pack: it holds no manifest\.json; give a folder such as packs/2024-04"
    ):
        read_previous(tmp_path / "nothing")
    manifest = tmp_path / "manifest.json"
    for data in (b"{", b"\xff\xfe", b"[" * 100_000):
        manifest.write_bytes(data)
        with pytest.raises(InputError, match=r"manifest\.json cannot be read \(.*\); make that pack again"):
            read_previous(tmp_path)
    good = {"month": "2024-04", "by_file": {"a": {"sha256": "0", "read": 1}}}
    broken: list[object] = [
        [],
        {"by_file": {}},
        {"month": 4, "by_file": {}},
        {"month": "2024-04"},
        {"month": "2024-04", "by_file": []},
        {"month": "2024-04", "by_file": {"a": 1}},
        {"month": "2024-04", "by_file": {"a": {"read": 1}}},
        {"month": "2024-04", "by_file": {"a": {"sha256": "0", "read": "1"}}},
    ]
    for bad in broken:
        manifest.write_text(json.dumps(bad), encoding="utf-8")
        with pytest.raises(InputError, match="does not say what its incident files held"):
            read_previous(tmp_path)
    manifest.write_text(json.dumps(good), encoding="utf-8")
    assert read_previous(tmp_path) == good


# ------------------------------------------------------------------------------------------------ what a person reads


def table(*rows):
    """QUALITY of (topic, source, month, measure, status, said)."""
    columns = ["topic", "source", "month", "measure", "status", "said"]
    frame = pd.DataFrame(rows, columns=columns, index=pd.RangeIndex(1, len(rows) + 1, name="check_no")).astype("str")
    return check(QUALITY, frame.assign(value=1.0)[list(QUALITY.columns)])


def test_the_worst_comes_first_and_of_what_is_in_order_one_row():
    quality = table(
        ("rows", "a", "", "read", "ok", "A."),
        ("rows", "a", "", "accepted", "ok", "B."),
        ("rows", "a", "2024-05", "read", "ok", "C."),
        ("rows", "b", "", "read", "ok", "D."),
        ("unlocated", "a", "", "share", "note", "E."),
        ("coverage", "x", "", "rows", "ok", "F."),
        ("coverage", "x", "", "missing", "warning", "G."),
    )
    told = findings(quality)
    assert told["said"].tolist() == ["G.", "E.", "A.", "D."]
    assert list(told.index) == [7, 5, 1, 4]
    assert list(told.columns) == ["topic", "source", "status", "said"]


def test_months_of_one_finding_become_one_sentence_about_the_latest():
    months = [str(month) for month in pd.period_range("2023-09", "2024-02", freq="M")]
    quality = table(
        *(("unlocated", "a", month, "share", "note", f"{month} lost.") for month in [*months[:3], "2024-05"]),
        ("unlocated", "b", "2024-05", "share", "note", "Alone."),
        *(("unlocated", "c", month, "share", "warning", f"{month} lost.") for month in months),
    )
    assert findings(quality)["said"].tolist() == [
        "2024-02 lost; also 5 other months since 2023-09.",
        "2024-05 lost; also 2023-09 to 2023-11.",
        "Alone.",
    ]


def test_four_other_months_are_still_named():
    months = ["2023-01", "2023-03", "2023-05", "2023-07", "2023-09"]
    quality = table(*(("coverage", "a", month, "thin", "warning", "Thin.") for month in months))
    assert findings(quality)["said"].tolist() == ["Thin; also 2023-01, 2023-03, 2023-05 and 2023-07."]


def test_all_months_together_stand_for_months_of_the_same_status():
    quality = table(
        ("unlocated", "a", "", "share", "note", "All."),
        ("unlocated", "a", "2024-04", "share", "note", "April."),
        ("unlocated", "a", "2024-05", "share", "warning", "May."),
    )
    assert findings(quality)["said"].tolist() == ["May.", "All."]


def test_findings_of_one_kind_are_counted_from_the_fourth():
    quality = table(*(("revised", "a", "", "revised", "note", f"File {number}.") for number in range(5)))
    assert findings(quality)["said"].tolist() == ["File 0.", "File 1.", "File 2; and 2 more like it."]
    assert findings(quality, most=5)["said"].tolist() == [f"File {number}." for number in range(5)]
    assert findings(quality.iloc[:3])["said"].tolist() == ["File 0.", "File 1.", "File 2."]


def test_the_headline_counts():
    fine = ("rows", "a", "", "read", "ok", "A.")
    note = ("unlocated", "a", "", "share", "note", "E.")
    bad = ("coverage", "x", "", "missing", "warning", "G.")
    other = ("coverage", "y", "", "missing", "warning", "H.")
    theme = ("categories", "", "", "theme", "warning", "T.")
    assert headline(table(fine)) == "Nothing stands in the way."
    assert headline(table(fine, note)) == "Nothing stands in the way. One note to read."
    assert headline(table(bad)) == "One warning: forces and months."
    assert headline(table(bad, other, theme, note, note)) == (
        "Three warnings: forces and months and crime types. Two notes to read."
    )


def test_the_lines_of_a_summary_are_six_at_most_with_warnings_first():
    rows = [("revised", f"s{number}", "", "revised", "note", f"Note {number}.") for number in range(5)]
    bad = ("coverage", "x", "", "missing", "warning", "Bad.")
    fine = ("rows", "a", "", "read", "ok", "A.")
    assert quality_lines(table(fine)) == []
    assert quality_lines(table(fine, *rows, bad)) == ["Warning: Bad.", *(f"Note: Note {n}." for n in range(5))]
    many = quality_lines(table(fine, *rows, ("revised", "t", "", "revised", "note", "Last."), bad))
    assert len(many) == 6
    assert many[0] == "Warning: Bad."
    assert many[-1] == "2 more findings: see quality.html."
    assert quality_lines(table(*rows[:1], bad), without=("coverage",)) == ["Note: Note 0."]


def test_the_page_gets_finished_words(bexley, quality):
    settings = Settings(report=Report(marking="OFFICIAL", notice="Synthetic.", source="The exercise"))
    content = quality_content(bexley, quality, "Bexley", settings)
    assert isinstance(content, QualityContent)
    assert content.title == "Quality of the input · Bexley · May 2024"
    assert content.subtitle == "428 rows of 14 files; the window holds 12 months"
    assert (content.marking, content.notices) == ("OFFICIAL", ("Synthetic.",))
    assert content.headline == headline(quality) == "Nothing stands in the way. Three notes to read."
    assert [found[:2] for found in content.findings] == [
        ("note", "coverage"),
        ("note", "repeats"),
        ("note", "categories"),
    ]
    assert content.sources[0] == "Incidents: The exercise."
    plain = quality_content(bexley, quality, "Bexley", Settings())
    assert plain.sources[0] == f"Incidents: {kit.MET}, street-level files."
    assert content.quality is quality


# ------------------------------------------------------------------------------------------------ the whole


def test_a_check_loads_assesses_and_names_the_area(town, pack, quality):
    said: list[str] = []
    inputs = Inputs(kit.MONTH, (town.incidents,), (town.boundaries,), areas=("Bexley",))
    result = run_check(inputs, Settings(), None, said.append)
    pd.testing.assert_frame_equal(result.quality, quality)
    assert (result.area, area_of(inputs, result.loaded)) == ("Bexley", "Bexley")
    assert said[0] == "Reading boundaries"
    compared = run_check(inputs, with_hotspots(Settings(), window_months=2), pack.folder)
    assert one(compared.quality, "revised", "unchanged")["value"] == 14
    assert set(compared.quality["month"]) == {"", "2024-04", "2024-05"}


def test_an_earlier_pack_that_is_none_stops_the_check_before_anything_is_read(town, tmp_path):
    inputs = Inputs(kit.MONTH, (tmp_path / "no.csv",), (town.boundaries,))
    with pytest.raises(InputError, match="is no pack"):
        run_check(inputs, Settings(), tmp_path / "no pack")
