"""``[[sources]]`` and ``[[themes]]``: what is refused before any file is opened."""

from __future__ import annotations

import pytest

from hotspots.errors import SettingsError
from hotspots.settings import DEFAULT_THEMES, Flag, Settings, load_settings, settings_from

COLUMNS = {"date": "When", "category": "Offence", "easting": "E", "northing": "N"}
SOURCE = {"name": "Force export", "path": "export.csv", "columns": COLUMNS}


def source(**changes):
    """The one source of a document; a change to none leaves the setting out."""
    table = {name: value for name, value in (SOURCE | changes).items() if value is not None}
    return settings_from({"sources": [table]}).sources[0]


def columns(drop=(), **changes):
    return {name: value for name, value in (COLUMNS | changes).items() if name not in drop}


def test_a_plain_source_is_read_with_its_defaults():
    read = source()
    assert (read.name, read.path, read.columns) == ("Force export", "export.csv", COLUMNS)
    assert (read.header_row, read.time_zone, read.epsg, read.format) == (1, "", None, "")


def test_positions_may_be_numbers():
    read = source(header_row=0, columns={"x": 1, "y": 2, "date": 3}, category="Arson", flags={"night": 4})
    assert read.columns == {"x": "1", "y": "2", "date": "3"}
    assert read.flags["night"].column == "4"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"name": None}, r"a \[\[sources\]\] entry has no name"),
        ({"name": "  "}, r"a \[\[sources\]\] entry has no name"),
        ({"name": 3}, r"a \[\[sources\]\] entry has no name"),
        ({"path": None}, r"source 'Force export' has no path"),
        ({"pat": "x"}, r"source 'Force export': 'pat' is not a known setting .* Did you mean 'path'\?"),
        ({"format": "xml"}, r"format must be one of police\.uk, csv, excel, json, not 'xml'"),
        ({"date_order": "ymd"}, r"date_order must be one of dmy, mdy, not 'ymd'"),
        ({"header_row": -1}, r"header_row must lie between 0 and 10000"),
        ({"epsg": 1}, r"epsg must lie between"),
        ({"columns": columns(nothing="x")}, r"columns\.nothing: .* is not a known column of ours"),
        ({"columns": columns(eastng="x")}, r"Did you mean 'easting'\?"),
        ({"columns": columns(drop=["northing"])}, r"one way to say where: easting and northing; longitude"),
        ({"columns": columns(drop=["easting", "northing"])}, r"one way to say where"),
        ({"columns": columns(longitude="a", latitude="b")}, r"one way to say where"),
        ({"columns": columns(drop=["easting", "northing"], postcode="PC")}, r"postcode column and the postcodes file"),
        ({"postcodes": "onspd.csv"}, r"postcode column and the postcodes file"),
        ({"columns": columns(drop=["category"])}, r"either columns\.category, or category for all rows"),
        ({"category": "Arson"}, r"either columns\.category, or category for all rows"),
        ({"columns": columns(drop=["date"])}, r"give one of columns\.date, columns\.month"),
        ({"month": "2024-05"}, r"give one of columns\.date, columns\.month"),
        ({"columns": columns(drop=["date"]), "month": "2024-5"}, r"month must be written YYYY-MM"),
        ({"columns": columns(month="M")}, r"give one of columns\.date, columns\.month"),
        ({"columns": columns(year="Y")}, r"give one of columns\.date, columns\.month"),
        ({"columns": columns(drop=["date"], year="Y")}, r"columns\.year needs columns\.month beside it"),
        ({"columns": columns(drop=["date"], month="M", time="T")}, r"columns\.time needs columns\.date beside it"),
        ({"columns": columns(minute="M")}, r"columns\.minute needs columns\.hour beside it"),
        ({"columns": columns(until_time="U")}, r"columns\.until_time needs columns\.until beside it"),
        ({"flags": ["knife"]}, r"flags must be a table"),
        ({"flags": {"Knife": "K"}}, r"the flag 'Knife' must be one word of small letters"),
        ({"flags": {"knife": True}}, r"flags\.knife must be a title or a table"),
        ({"flags": {"knife": {"any_of": ["Y"]}}}, r"flags\.knife must be a title or a table"),
        ({"flags": {"knife": {"column": "K", "any_off": ["Y"]}}}, r"Did you mean 'any_of'\?"),
        ({"flags": {"young": {"column": "A", "any_of": ["Y"], "below": 25}}}, r"has both any_of and limits"),
        ({"format": "police.uk"}, r"police\.uk files have their own columns"),
    ],
)
def test_a_source_that_cannot_work_is_refused(changes, expected):
    with pytest.raises(SettingsError, match=expected):
        source(**changes)


@pytest.mark.parametrize("entries", [{}, "export.csv", [1], {"name": "x"}])
def test_lists_are_written_as_lists(entries):
    for name in ("sources", "themes"):
        with pytest.raises(SettingsError, match=rf"{name} must be written as \[\[{name}\]\]"):
            settings_from({name: entries})


def test_two_sources_of_one_name_are_refused():
    with pytest.raises(SettingsError, match=r"two \[\[sources\]\] are named 'Force export'"):
        settings_from({"sources": [SOURCE, SOURCE | {"name": "force EXPORT "}]})


def test_a_police_uk_source_needs_no_columns():
    read = settings_from({"sources": [{"name": "open", "path": "d", "format": "police.uk"}]}).sources[0]
    assert read.columns == {}


def test_flags_are_titles_or_conditions():
    flags = {
        "knife": "Knife flag",
        "gun": {"column": "Weapon", "any_of": ["Gun", "Firearm"]},
        "victim_under_25": {"column": "Age", "below": 25},
    }
    assert source(flags=flags).flags == {
        "knife": Flag("Knife flag"),
        "gun": Flag("Weapon", any_of=("Gun", "Firearm")),
        "victim_under_25": Flag("Age", below=25.0),
    }


def test_files_lie_beside_the_settings(tmp_path):
    text = """
[harm]
table = "weights.csv"
published_by = "ONS"
release = "2019"

[[sources]]
name = "A"
path = "in/*.csv"
category = "Arson"
postcodes = "onspd.csv"
columns = { date = "d", postcode = "p" }
"""
    folder = tmp_path / "deep"
    folder.mkdir()
    (folder / "hotspots.toml").write_text(text, encoding="utf-8")
    settings = load_settings(folder / "hotspots.toml")
    assert settings.sources[0].path == str(folder / "in/*.csv")
    assert settings.sources[0].postcodes == str(folder / "onspd.csv")
    assert settings.harm.table == str(folder / "weights.csv")
    assert settings_from({}).harm.table == ""


@pytest.mark.parametrize("given", [{"published_by": "ONS"}, {"release": "2019"}, {}])
def test_weights_need_their_source_and_release(given):
    with pytest.raises(SettingsError, match=r"\[harm\] needs published_by and release"):
        settings_from({"harm": {"table": "w.csv", **given}})


# ------------------------------------------------------------------------------------------------ themes


def test_the_default_themes_are_those_of_the_strategy():
    assert Settings().themes == DEFAULT_THEMES
    names = [theme.name for theme in DEFAULT_THEMES]
    assert names == [
        "Serious violence",
        "Serious youth violence",
        "Weapon enabled violence",
        "Gangs",
        "Organised crime networks",
    ]


def test_given_themes_replace_their_namesakes_and_may_have_several_entries():
    entries = [{"name": "gangs", "flags": ["osg"]}, {"name": "gangs", "offence_codes": ["8N"]}]
    themes = settings_from({"themes": entries}).themes
    assert [theme.name for theme in themes[-2:]] == ["gangs", "gangs"]
    assert [theme.name for theme in themes[:-2]] == [t.name for t in DEFAULT_THEMES if t.name != "Gangs"]


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ({"flags": ["knife"]}, r"a \[\[themes\]\] entry has no name"),
        ({"name": "Gangs"}, r"theme 'Gangs' has no condition"),
        ({"name": "A|B", "flags": ["x"]}, r"'A\|B' may not hold a \|"),
        ({"name": "Gangs", "flag": ["x"]}, r"Did you mean 'flags'\?"),
        ({"name": "Gangs", "categories": []}, r"must name at least one crime type"),
    ],
)
def test_a_theme_that_cannot_work_is_refused(entry, expected):
    with pytest.raises(SettingsError, match=expected):
        settings_from({"themes": [entry]})
