"""What a run is about: themes the data can and cannot show, points left out, parts of the day, and thin months."""

from __future__ import annotations

import dataclasses

import geopandas as gpd
import pandas as pd
import pytest

from hotspots.errors import InputError, SettingsError
from hotspots.intake.accept import Intake
from hotspots.pipeline.focus import choose_focus
from hotspots.settings import settings_from
from tests import conftest as kit

KNIVES = {"name": "Knives", "flags": ["knife", "blade"]}
ROWS = [
    # id, source, category, code, themes, institutional
    ("F1", "Force", kit.ROBBERY, "34B", "Serious violence|Knives", False),
    ("F2", "Force", kit.VIOLENCE, "8N", "Serious violence", True),
    ("F3", "Force", kit.BURGLARY, "28E", "Knives", True),
    ("P1", "Partner", kit.VIOLENCE, None, "Serious violence", False),
    ("P2", "Partner", kit.VIOLENCE, None, "Serious violence", False),
]


def intake(rows=ROWS, **flags_of):
    """The parts of an intake that a focus is chosen from."""
    columns = ["incident_id", "source", "category", "offence_code", "themes", "institutional"]
    frame = pd.DataFrame(rows, columns=columns).set_index("incident_id")
    incidents = gpd.GeoDataFrame(frame, geometry=gpd.points_from_xy([0.1] * len(frame), [51.5] * len(frame)), crs=4326)
    empty = pd.DataFrame()
    return Intake(
        incidents=incidents,
        rejects=empty,
        accounts=empty,
        coverage=empty,
        by_month=empty,
        force=pd.Series(dtype=str),
        files=(),
        differ_in_place=0,
        notes=(),
        flags_of={"Force": ("knife",), "Partner": ()} | flags_of,
        unmapped={},
    )


def focus(theme="", typed=(), given=None, *, themes=(KNIVES,), leave_out=False):
    document = {"themes": list(themes), "focus": {"leave_out_institutional": leave_out}}
    return choose_focus(theme, typed, settings_from(document), given or intake())


def ids(chosen):
    return list(chosen.rows.index[chosen.rows])


# ------------------------------------------------------------------------------------------------ themes


def test_a_theme_is_found_however_it_is_typed_and_named_as_the_settings_spell_it():
    chosen = focus(" kNIVES ", given=intake(Partner=("blade",)))
    assert (chosen.theme, chosen.name) == ("Knives", "knives")
    assert ids(chosen) == ["F1", "F3"]
    assert chosen.categories == (kit.BURGLARY, kit.ROBBERY)
    assert (chosen.absent, chosen.left_out, chosen.warnings) == ((), 0, ())


def test_a_theme_is_no_part_of_the_name_of_another():
    rows = [("F1", "Force", kit.ROBBERY, "34B", "Knives at night", False)]
    with pytest.raises(InputError, match="No incident carries the theme 'Knives', although the data could tell"):
        focus("Knives", given=intake(rows))


def test_entries_of_one_theme_may_be_spelled_in_two_ways():
    rows = [
        ("F1", "Force", kit.ROBBERY, "34B", "Knives", False),
        ("F2", "Force", kit.ROBBERY, "10D", "KNIVES", False),
        ("F3", "Force", kit.ROBBERY, "9", "", False),
    ]
    chosen = focus("knives", given=intake(rows), themes=(KNIVES, {"name": "KNIVES", "offence_codes": ["10D"]}))
    assert ids(chosen) == ["F1", "F2"]


def test_an_unknown_theme_is_named_with_the_nearest_and_all_others():
    with pytest.raises(
        SettingsError, match=r"--theme 'Knifes' is not known\. Did you mean 'Knives'\? There are: .*Gangs"
    ):
        focus("Knifes")
    with pytest.raises(SettingsError, match=r"--theme 'Ducks' is not known\. There are: Serious violence, "):
        focus("Ducks")


def test_a_theme_that_no_source_can_tell_names_what_it_needs():
    with pytest.raises(
        InputError, match=r"cannot show the theme 'Knives': Force has no flag \(knife or blade\)\. Give a"
    ):
        focus("Knives", given=intake(Force=("gun",)))
    coded = {"name": "Codes", "offence_codes": ["34*"]}
    with pytest.raises(InputError, match=r"'Codes': Partner has no offence codes\. "):
        focus("Codes", given=intake(ROWS[3:]), themes=(coded,))


def test_a_source_that_cannot_tell_is_a_warning_with_its_rows():
    chosen = focus("Knives")
    assert ids(chosen) == ["F1", "F3"]
    assert chosen.warnings == (
        "Knives: the 2 rows of Partner cannot tell, for want of a flag (knife or blade); none of them is shown.",
    )


def test_a_theme_of_crime_types_asks_for_nothing_else():
    chosen = focus("serious violence")
    assert ids(chosen) == ["F1", "F2", "P1", "P2"]
    assert chosen.warnings == ()


def test_a_theme_that_nobody_carries_is_an_error_of_its_own():
    rows = [(*row[:4], "", row[5]) for row in ROWS]
    with pytest.raises(
        InputError, match="No incident carries the theme 'Knives', although the data could tell: nothing"
    ):
        focus("Knives", given=intake(rows))


def test_crime_types_narrow_a_theme():
    chosen = focus("Knives", [kit.ROBBERY.upper()])
    assert ids(chosen) == ["F1"]
    assert chosen.categories == (kit.ROBBERY,)
    with pytest.raises(InputError, match="No incident is in focus: none of 5 is Knives"):
        focus("Knives", [kit.VIOLENCE])


# ------------------------------------------------------------------------------------------------ points left out


@pytest.mark.parametrize(("theme", "kept"), [("", ["F1", "P1", "P2"]), ("Knives", ["F1"])])
def test_institutional_points_are_left_out_and_counted(theme, kept):
    chosen = focus(theme, leave_out=True)
    assert ids(chosen) == kept
    assert chosen.left_out == 1
    assert focus(theme).left_out == 0


def test_where_all_is_left_out_the_setting_is_named():
    rows = [(*row[:5], True) for row in ROWS]
    expected = r"all 4 lie at institutional map points.*leave_out_institutional = false under \[focus\]"
    with pytest.raises(InputError, match=expected):
        focus(given=intake(rows), leave_out=True)


def test_points_left_out_are_in_no_count_and_named_in_the_quality(town, pack, tmp_path):
    rows = [
        dict(row, Location="On or near Hospital") if "Station Road" in row["Location"] else row for row in town.rows
    ]
    settings = tmp_path / "s.toml"
    settings.write_text("[focus]\nleave_out_institutional = true\n", encoding="utf-8")
    read = town.run(tmp_path / "out", incidents=kit.write_street(tmp_path / "in", rows), settings=settings)
    incidents = read.layer("incidents").set_index("incident_id")
    hospital = incidents["street"] == "Hospital"
    assert hospital.sum() >= 36
    assert not incidents.loc[hospital, "in_focus"].any()
    assert read.csv("areas")["n"].sum() == pack.csv("areas")["n"].sum() - hospital.sum()
    left_out = read.csv("quality").query("measure == 'left_out'")
    every = sum("Station Road" in row["Location"] for row in town.rows)
    assert left_out["value"].tolist() == [every]
    said = f"{every} incidents at such points are out of focus, as the settings ask."
    assert left_out["said"].tolist() == [said]
    assert read.manifest["counts"] == pack.manifest["counts"]


# ------------------------------------------------------------------------------------------------ parts of the day


def at(*times, months=None):
    """An intake of incidents at local times: begin, or begin and end, or none."""
    rows = [(f"N{number:03d}", "Force", kit.ROBBERY, None, "", False) for number in range(len(times))]
    given = intake(rows)
    index = given.incidents.index
    pairs = [(time, None) if isinstance(time, str) else time or (None, None) for time in times]
    zone = pd.DatetimeTZDtype("us", "Europe/London")
    begin, end = (
        pd.Series([pd.Timestamp(one, tz="Europe/London") if one else pd.NaT for one in side], index=index, dtype=zone)
        for side in zip(*pairs, strict=True)
    )
    month = pd.Series(pd.PeriodIndex(months or ["2024-05"] * len(times), freq="M"), index=index)
    timed = given.incidents.assign(month=month, occurred_at=begin, occurred_until=end, time_known=begin.notna())
    return dataclasses.replace(given, incidents=timed)


def by(part, given, *, theme="", typed=(kit.ROBBERY,), **limits):
    return choose_focus(theme, typed, settings_from({"focus": {"part_of_day": part} | limits}), given)


TIMES = ["2024-05-01 18:59", "2024-05-01 19:00", "2024-05-02 06:59", "2024-05-02 07:00", "2024-05-02 23:30"]


def test_day_and_night_part_the_incidents_and_are_in_the_name():
    given = at(*TIMES)
    night, day = by("night", given), by("day", given)
    assert ids(night) == ["N001", "N002", "N004"]
    assert ids(day) == ["N000", "N003"]
    assert night.rows.index.equals(given.incidents.index)
    assert night.rows.dtype == bool
    assert (night.name, day.name) == ("robbery at night (19:00–07:00)", "robbery by day (07:00–19:00)")
    assert (night.warnings, night.untimed, night.uneven) == ((), 0, ())
    whole = by("", given)
    assert (ids(whole), whole.name) == ([f"N{number:03d}" for number in range(5)], "robbery")
    late = by("night", given, night_from="23:30", night_to="00:15")
    assert (ids(late), late.name) == (["N004"], "robbery at night (23:30–00:15)")
    early = by("day", given, night_from="23:45", night_to="18:59")
    assert (ids(early), early.name) == (["N000", "N001", "N004"], "robbery by day (18:59–23:45)")


def test_a_range_is_where_more_than_half_of_it_lies():
    given = at(
        ("2024-05-01 18:00", "2024-05-01 20:01"),
        ("2024-05-01 18:00", "2024-05-01 19:59"),
        ("2024-05-01 18:00", "2024-05-01 20:00"),
        ("2024-05-01 12:00", "2024-05-02 12:00"),
    )
    night, day = by("night", given), by("day", given)
    assert (ids(night), ids(day)) == (["N000"], ["N001"])
    said = "2 known as a range lie half by day and half at night and are in neither."
    assert night.warnings == day.warnings == (said,)
    assert night.untimed == 0
    one = by("night", at(("2024-05-01 18:00", "2024-05-01 20:00"), "2024-05-01 21:00"))
    assert one.warnings == ("1 known as a range lies half by day and half at night and is in neither.",)


def test_incidents_without_a_time_are_in_neither_and_counted_aloud():
    given = at(*TIMES, *[None] * 1200, ("2024-05-02 10:00", "2024-05-02 09:00"))
    night = by("night", given)
    assert ids(night) == ["N001", "N002", "N004"]
    assert night.untimed == 1201
    said = "1,201 of the 1,206 incidents of robbery in the files have no time and are in neither day nor night: none of them is shown."
    assert night.warnings == (said,)
    assert by("day", given).warnings == (said,)
    one = by("night", at(*TIMES, None)).warnings
    assert one[0].startswith("1 of the 6 incidents of robbery in the files has no time and is in neither")


def test_where_no_incident_has_a_time_the_setting_is_named():
    expected = (
        r"^No incident of robbery has a time, so that none can be told to be at night \(19:00–07:00\): leave part_of_day "
        r"empty under \[focus\], or give a source with times; street-level files know months only\.$"
    )
    with pytest.raises(InputError, match=expected):
        by("night", at(None, None))
    with pytest.raises(InputError, match=r"told to be by day \(07:00–19:00\): leave"):
        by("day", at(None))


def test_where_none_is_in_the_part_of_the_day_the_others_are_counted():
    with pytest.raises(InputError, match=r"of 2 of robbery with a time none was at night \(19:00–07:00\)\.$"):
        by("night", at("2024-05-01 12:00", "2024-05-01 13:00", None))


def test_a_theme_and_points_left_out_come_before_the_part_of_the_day():
    given = at(*TIMES, None)
    incidents = given.incidents.assign(
        themes=pd.Series(["Knives"] * 4 + [""] * 2, index=given.incidents.index, dtype="str"),
        institutional=[False, True, *[False] * 4],
    )
    document = {"themes": [KNIVES], "focus": {"part_of_day": "night", "leave_out_institutional": True}}
    chosen = choose_focus("knives", (), settings_from(document), dataclasses.replace(given, incidents=incidents))
    assert ids(chosen) == ["N002"]
    assert (chosen.theme, chosen.name, chosen.left_out) == ("Knives", "knives at night (19:00–07:00)", 1)
    assert chosen.untimed == 0


def by_month(*of_months):
    """An intake of evenings: for each month from 2024-01 how many have a time, and how many have none."""
    times, months = [], []
    for month, (timed, untimed) in zip(
        pd.period_range("2024-01", periods=len(of_months), freq="M"), of_months, strict=True
    ):
        times += ["2024-05-01 21:00"] * timed + [None] * untimed
        months += [str(month)] * (timed + untimed)
    return at(*times, months=months)


@pytest.mark.parametrize(
    ("of_months", "uneven"),
    [
        ([(20, 0), (20, 0), (9, 11)], ["2024-03"]),
        ([(20, 0), (20, 0), (10, 10)], []),
        ([(20, 0), (20, 0), (0, 20)], ["2024-03"]),
        # Fewer than twenty may have none by chance.
        ([(20, 0), (20, 0), (0, 19)], []),
        # Most of those with a time are of the month in which all have one, though it is one of four.
        ([(10, 90), (10, 90), (10, 90), (100, 0)], ["2024-01", "2024-02", "2024-03"]),
        ([(40, 60), (40, 60), (40, 60), (81, 19)], ["2024-04"]),
        ([(40, 60), (40, 60), (40, 60), (80, 20)], []),
        ([(5, 15), (5, 15)], []),
    ],
)
def test_months_in_which_far_fewer_or_far_more_have_a_time_are_told(of_months, uneven):
    night = by("night", by_month(*of_months))
    assert [str(month) for month in night.uneven] == uneven
    assert ("times were written down" in night.warnings[-1] if night.warnings else False) == bool(uneven)


def test_uneven_months_are_named():
    assert by("night", by_month((0, 30), (0, 30), (60, 0), (60, 0))).warnings == (
        "60 of the 180 incidents of robbery in the files have no time and are in neither day nor night: none of them is "
        "shown.",
        "The share of incidents with a time is under half or over twice the usual in 2024-01 to 2024-02: a change there "
        "may be one of how times were written down.",
    )


@pytest.mark.parametrize(
    ("focus_settings", "sentence"),
    [
        ({"part_of_day": "evening"}, r"\[focus\] part_of_day must be one of \"\", day, night, not 'evening'\."),
        ({"part_of_day": True}, r"\[focus\] part_of_day must be text in quotes"),
        (
            {"night_from": "7:00"},
            r"\[focus\] night_from must be a time of the day written HH:MM, such as 19:00, not '7:00'",
        ),
        ({"night_to": "24:00"}, r"\[focus\] night_to must be a time of the day written HH:MM"),
        ({"night_to": "07:60"}, "written HH:MM"),
        ({"night_to": "07:00\n"}, "written HH:MM"),
        ({"night_to": ""}, "written HH:MM"),
        (
            {"night_from": "07:00"},
            r"^settings: \[focus\] night_from and night_to are both 07:00; a night ends at another time\.$",
        ),
    ],
)
def test_parts_of_the_day_that_cannot_be_are_refused(focus_settings, sentence):
    with pytest.raises(SettingsError, match=sentence):
        settings_from({"focus": focus_settings})


def test_the_clock_may_be_set_to_every_minute():
    read = settings_from({"focus": {"night_from": "00:00", "night_to": "23:59"}}).focus
    assert (read.part_of_day, read.night_from, read.night_to) == ("", "00:00", "23:59")
    assert settings_from({}).focus.night_from == "19:00"
    assert settings_from({}).focus.night_to == "07:00"


def timed_source(folder, rows):
    """Rows of the town as an export with a time, violence at High Street at night and at Station Road by day."""
    hours = {"High Street": "22:30", "Station Road": "11:15"}
    table = [
        {
            "When": f"{row['Month']}-10 {hours[street]}"
            if (street := row["Location"][11:]) in hours
            else f"{row['Month']}-10",
            "What": row["Crime type"],
            "Lon": row["Longitude"],
            "Lat": row["Latitude"],
        }
        for row in rows
        if row["Longitude"]
    ]
    kit.write_table(folder / "export.csv", table, ["When", "What", "Lon", "Lat"])
    path = folder / "night.toml"
    path.write_text(
        '[focus]\npart_of_day = "night"\n[[sources]]\nname = "Export"\npath = "export.csv"\n'
        f'force = "{kit.MET}"\n'
        'columns = { date = "When", category = "What", longitude = "Lon", latitude = "Lat" }\n',
        encoding="utf-8",
    )
    return path


def test_a_night_is_in_every_title_and_only_its_incidents_are_counted(town, tmp_path):
    settings = timed_source(tmp_path, town.rows)
    read = town.run(tmp_path / "out", incidents=None, settings=settings)
    incidents = read.layer("incidents")
    assert incidents["in_focus"].any()
    local = pd.to_datetime(incidents.loc[incidents["in_focus"], "occurred_at"].astype("str").str[:19])
    assert set(local.dt.hour) == {22}
    assert (incidents["occurred_on"] == incidents["month"] + "-10").all(), "with a time of day and without"
    assert incidents["occurred_at"].isna().any()
    assert incidents["occurred_until_on"].isna().all()
    assert read.csv("areas")["n"].sum() == incidents["in_focus"].sum()
    assert "Serious violence at night (19:00–07:00) hotspots · Bexley · May 2024" in read.page
    (said,) = [notice for notice in read.manifest["notices"] if "neither day nor night" in notice]
    assert said in read.page


# ------------------------------------------------------------------------------------------------ thin months


def with_others(town, thin):
    """The town with forty burglaries a month more, but for one month that lost most of its rows."""
    rows = [row for row in town.rows if row["Month"] != thin or "High Street" not in row["Location"]]
    for month in kit.MONTHS:
        number = 2 if month == thin else 40
        rows += [kit.row(month, "Garage Row", kit.BURGLARY, **{"Crime ID": f"{month}-{at}"}) for at in range(number)]
    return rows


def test_a_thin_month_of_the_run_is_untested_and_said_everywhere(town, tmp_path):
    rows = with_others(town, kit.MONTH)
    read = town.run(tmp_path / "out", incidents=kit.write_street(tmp_path / "in", rows))
    count = sum(row["Month"] == kit.MONTH for row in rows)
    quality = read.csv("quality")
    thin = quality[quality["measure"] == "thin"]
    assert thin[["topic", "source", "month", "value", "status"]].to_numpy().tolist() == [
        ["coverage", kit.MET, kit.MONTH, float(count), "warning"],
    ]
    start = f"{kit.MET} has {count} rows in {kit.MONTH}, "
    assert thin["said"].iloc[0].startswith(start)
    assert thin["said"].iloc[0].endswith("the file looks incomplete.")
    hotspots = read.csv("hotspots")
    assert len(hotspots) > 0
    assert set(hotspots["change"]) == {"untested"}
    assert hotspots[["change_p", "change_p_adjusted"]].isna().all(axis=None)
    sentence = next(notice for notice in read.manifest["notices"] if notice.startswith(start))
    assert sentence.endswith("the file looks incomplete, and no change over that month is reported.")
    assert sentence in read.page
    assert thin["said"].iloc[0] in (read.folder / "quality.html").read_text(encoding="utf-8")
    said = " ".join(read.said.out.split())
    for claim in (
        "changed by more than chance",
        "Beyond chance against",
        "month beyond chance",
        "change beyond chance",
    ):
        assert claim not in said
    assert " above " not in read.said.out


def test_a_thin_month_before_is_no_part_of_what_is_usual(town, tmp_path):
    thin = kit.MONTHS[-4]
    whole = with_others(town, "")
    rows = with_others(town, thin)
    read = town.run(tmp_path / "out", incidents=kit.write_street(tmp_path / "in", rows))
    # The same files without the month: what is usual must be what the other months say.
    gone = [row for row in whole if row["Month"] != thin]
    without = town.run(tmp_path / "gone", incidents=kit.write_street(tmp_path / "without", gone))
    quality = read.csv("quality")
    assert quality.loc[quality["measure"] == "thin", "month"].tolist() == [thin]
    columns = ["usual_low", "usual_high", "change", "change_p"]
    ours, theirs = (pack.csv("hotspots").set_index("grid_ref")[columns] for pack in (read, without))
    both = ours.index.intersection(theirs.index)
    assert len(both) >= 1
    pd.testing.assert_frame_equal(ours.loc[both], theirs.loc[both])
    assert set(ours["change"]) != {"untested"}
