"""What a run is about: themes the data can and cannot show, points left out, and months too thin to compare."""

from __future__ import annotations

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
    assert "chance" not in read.said.out
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
