"""``hotspots.toml``: defaults, ranges, names, types, files."""

from __future__ import annotations

import dataclasses
import pickle
from datetime import date

import pytest

from hotspots.errors import HotspotsError, InputError, SettingsError
from hotspots.settings import Settings, load_settings, settings_from, with_bus, with_hotspots
from hotspots.settings.values import RANGES as ALL_RANGES

SECTION_OF = {
    setting.name: section.name
    for section in dataclasses.fields(Settings)
    if dataclasses.is_dataclass(getattr(Settings(), section.name))
    for setting in dataclasses.fields(getattr(Settings(), section.name))
}
RANGES = {name: limits for name, limits in ALL_RANGES.items() if name in SECTION_OF}
WHOLE = {
    *("analysis_epsg", "window_months", "min_incidents", "min_in_window", "max_number", "retries", "history_months"),
    *("life_months", "controls", "months_before"),
    *("stops", "stops_per_evening", "cycle_weeks", "alternatives", "differ_by"),
    *(
        "risk_medium_from",
        "risk_high_from",
        "review_high_days",
        "review_medium_days",
        "review_low_days",
        "review_after_days",
    ),
}
BREAKS = ["class_breaks_per_km2", "class_breaks_per_1000"]


def one(name, value):
    """A document with one setting; the other width is opened so that only the range is tried."""
    section = SECTION_OF[name]
    other = {
        "min_width_m": {"max_width_m": 20_000},
        "max_width_m": {"min_width_m": 20},
        "risk_medium_from": {"risk_high_from": 25},
        "risk_high_from": {"risk_medium_from": 1},
    }.get(name, {})
    return {section: {**other, name: value}}


def read(name, value):
    return getattr(getattr(settings_from(one(name, value)), SECTION_OF[name]), name)


def write(folder, text, *, encoding="utf-8"):
    path = folder / "hotspots.toml"
    path.write_bytes(text.encode(encoding))
    return path


# ------------------------------------------------------------------------------------------------ defaults


def test_no_file_and_an_empty_file_give_the_defaults(tmp_path):
    assert load_settings(None) == Settings() == settings_from({}) == load_settings(write(tmp_path, ""))


def test_defaults_are_those_the_documentation_promises():
    settings = Settings()
    assert settings.areas.analysis_epsg == 27700
    assert settings.areas.context_m == 1000
    assert settings.areas.edge_tolerance_m == 20
    assert settings.focus.categories == ("Violence and sexual offences", "Robbery", "Possession of weapons")
    assert settings.hotspots.window_months == 12
    assert (settings.hotspots.radius_m, settings.hotspots.min_incidents) == (None, None)
    assert (settings.hotspots.min_width_m, settings.hotspots.max_width_m) == (150, 300)


def test_defaults_lie_within_their_own_ranges():
    defaults = {name: getattr(getattr(Settings(), section), name) for name, section in SECTION_OF.items()}
    for name, (low, high) in RANGES.items():
        assert defaults[name] is None or low <= defaults[name] <= high


def test_every_range_belongs_to_a_setting_and_every_number_has_a_range():
    numbers = {name for name, section in SECTION_OF.items() if _is_number(_default(section, name))}
    assert set(RANGES) == numbers


def _is_number(value):
    return isinstance(value, int | float | None) and not isinstance(value, bool)


def _default(section, name):
    return getattr(getattr(Settings(), section), name)


def test_setting_names_are_unique_so_that_a_range_can_not_be_mistaken():
    names = [
        setting.name
        for section in dataclasses.fields(Settings)
        if dataclasses.is_dataclass(getattr(Settings(), section.name))
        for setting in dataclasses.fields(getattr(Settings(), section.name))
    ]
    assert len(names) == len(set(names))


def test_a_full_file_is_read(tmp_path):
    path = write(
        tmp_path,
        """
        [report]
        title = "Violence in Bexley"
        marking = "OFFICIAL"
        [areas]
        context_m = 500
        forces = { Dartford = "Kent Police" }
        [focus]
        name = "Robbery"
        categories = ["Robbery"]
        [hotspots]
        window_months = 24
        radius_m = 75
        min_incidents = 40
        [map]
        class_breaks_per_km2 = [1, 2.5, 5, 10]
        """,
    )
    settings = load_settings(path)
    assert settings.report.marking == "OFFICIAL"
    assert settings.areas.forces == {"Dartford": "Kent Police"}
    assert settings.focus.categories == ("Robbery",)
    assert settings.hotspots.radius_m == 75.0
    assert isinstance(settings.hotspots.radius_m, float)
    assert settings.map.class_breaks_per_km2 == (1.0, 2.5, 5.0, 10.0)
    assert settings.hotspots.max_number == Settings().hotspots.max_number


# ------------------------------------------------------------------------------------------------ ranges


@pytest.mark.parametrize("name", RANGES)
def test_both_ends_of_every_range_are_allowed(name):
    for end in RANGES[name]:
        assert read(name, end) == end


@pytest.mark.parametrize("name", RANGES)
def test_beyond_either_end_of_every_range_is_refused(name):
    low, high = RANGES[name]
    step = 1 if name in WHOLE else 0.001
    for value in (low - step, high + step):
        with pytest.raises(SettingsError, match=rf"\[{SECTION_OF[name]}\] {name} must lie between"):
            read(name, value)


@pytest.mark.parametrize("name", sorted(set(RANGES) - WHOLE))
@pytest.mark.parametrize(
    "value",
    [float("nan"), float("inf"), float("-inf"), 10**400, -(10**400)],
    ids=["nan", "inf", "-inf", "long", "-long"],
)
def test_no_number_without_end_passes(name, value):
    with pytest.raises(SettingsError, match="must lie between"):
        read(name, value)


@pytest.mark.parametrize("name", sorted(WHOLE))
def test_a_whole_number_too_long_for_a_float_is_refused_in_a_sentence(name):
    with pytest.raises(SettingsError, match="must lie between"):
        read(name, 10**400)


@pytest.mark.parametrize("name", BREAKS)
@pytest.mark.parametrize(
    "value",
    [
        [1, 2, 3],
        [1, 2, 3, 4, 5],
        [1, 2, 2, 3],
        [4, 3, 2, 1],
        [0, 1, 2, 3],
        [-1, 1, 2, 3],
        [1, 2, 3, float("inf")],
        [float("nan"), 1, 2, 3],
        [1, 2, 3, 10**400],
    ],
)
def test_class_breaks_are_four_rising_finite_numbers_above_zero(name, value):
    with pytest.raises(SettingsError, match=rf"\[map\] {name} must be 4 rising numbers above 0"):
        read(name, value)


@pytest.mark.parametrize("name", BREAKS)
def test_class_breaks_may_be_left_to_the_program(name):
    assert read(name, []) == ()
    assert read(name, [0.5, 1, 2, 4]) == (0.5, 1.0, 2.0, 4.0)


@pytest.mark.parametrize("value", [[], [""], ["Robbery", "  "]])
def test_categories_are_names(value):
    with pytest.raises(SettingsError, match=r"\[focus\] categories must name at least one crime type"):
        read("categories", value)


def test_the_smallest_width_is_not_above_the_largest():
    with pytest.raises(SettingsError, match=r"min_width_m \(400\) is above max_width_m \(300\)"):
        settings_from({"hotspots": {"min_width_m": 400}})
    assert settings_from({"hotspots": {"min_width_m": 300}}).hotspots.min_width_m == 300


# ------------------------------------------------------------------------------------------------ names


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        ({"hotspot": {}}, r"'hotspot' is not a known section\. Did you mean 'hotspots'\?"),
        ({"maps": {}}, r"'maps' is not a known section\. Did you mean 'map'\?"),
        (
            {"xyz": {}},
            r"'xyz' is not a known section\. Known: areas, bus, evaluate, events, focus, harm, hotspots, map, report, services, sources, tensions, themes\.",
        ),
        (
            {"hotspots": {"radius": 5}},
            r"'radius' is not a known setting of \[hotspots\]\. Did you mean 'radius_m'\?",
        ),
        (
            {"report": {"zzz": 5}},
            r"'zzz' is not a known setting of \[report\]\. Known: marking, notice, source, title\.",
        ),
        ({"map": {"radius_m": 5}}, r"'radius_m' is not a known setting of \[map\]"),
    ],
)
def test_an_unknown_name_is_refused_with_a_suggestion(document, sentence):
    with pytest.raises(SettingsError, match=sentence):
        settings_from(document)


def test_the_sentence_names_the_file(tmp_path):
    with pytest.raises(SettingsError, match=r"^hotspots\.toml: 'hotspot' is not"):
        load_settings(write(tmp_path, "[hotspot]\n"))


# ------------------------------------------------------------------------------------------------ types


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("title", 5, "must be text in quotes, not 5"),
        ("marking", ["OFFICIAL"], "must be text in quotes"),
        ("name", date(2021, 12, 1), "must be text in quotes"),
        ("window_months", 12.0, "must be a whole number, not 12.0"),
        ("window_months", "12", "must be a whole number, not '12'"),
        ("window_months", True, "must be a whole number, not True"),
        ("min_incidents", 2.5, "must be a whole number"),
        ("radius_m", "75", "must be a number, not '75'"),
        ("radius_m", False, "must be a number, not False"),
        ("context_m", [1], "must be a number"),
        ("categories", "Robbery", "must be a list, not 'Robbery'"),
        ("categories", [1], "must be text in quotes, not 1"),
        ("categories", {"a": "b"}, "must be a list"),
        ("class_breaks_per_km2", ["1", "2", "3", "4"], "must be a number, not '1'"),
        ("class_breaks_per_km2", [True, 2, 3, 4], "must be a number, not True"),
        ("forces", ["Kent Police"], "must be a table of names"),
        ("forces", {"Dartford": 1}, "must be a table of names"),
        ("leave_out_institutional", "yes", "must be true or false, not 'yes'"),
        ("leave_out_institutional", 1, "must be true or false, not 1"),
        ("method", "kde", "must be one of cells, clusters, density, lsoa, auto, not 'kde'"),
        ("cell_shape", "circle", "must be one of hexagon, square"),
        ("time_zone", "Europe/Lodnon", "must be a time zone such as 'Europe/London'"),
        ("time_zone", "Europe", "must be a time zone"),
        ("time_zone", "../../etc", "must be a time zone"),
    ],
)
def test_a_wrong_type_is_refused(name, value, expected):
    with pytest.raises(SettingsError) as caught:
        read(name, value)
    assert f"[{SECTION_OF[name]}] {name} {expected}" in str(caught.value)


@pytest.mark.parametrize("value", [1, "text", [1], True])
def test_a_section_is_a_table(value):
    with pytest.raises(SettingsError, match=r"\[map\] must be a section"):
        settings_from({"map": value})


# ------------------------------------------------------------------------------------------------ files


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"none\.toml cannot be read .*No such file.*check --settings"):
        load_settings(tmp_path / "none.toml")


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        load_settings(tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        "[map",
        "title = ",
        "[map]\n[map]\n",
        "a = 1\na = 2\n",
        "[hotspots]\nwindow_months = " + "9" * 5000,
        "a = " + "[" * 20_000,
    ],
    ids=["bracket", "no value", "section twice", "key twice", "5000 digits", "20000 brackets"],
)
def test_what_is_not_toml_is_refused_in_a_sentence(tmp_path, text):
    with pytest.raises(InputError, match=r"The settings file hotspots\.toml is not valid TOML"):
        load_settings(write(tmp_path, text))


@pytest.mark.parametrize("encoding", ["utf-16", "latin-1"])
def test_another_encoding_is_refused_in_a_sentence(tmp_path, encoding):
    with pytest.raises(InputError, match="is not valid TOML"):
        load_settings(write(tmp_path, '[report]\ntitle = "Café"\n', encoding=encoding))


def test_a_windows_editor_may_leave_a_mark_and_its_line_ends(tmp_path):
    path = write(tmp_path, '[report]\r\ntitle = "Café"\r\n', encoding="utf-8-sig")
    assert load_settings(path).report.title == "Café"


def test_errors_are_of_the_family():
    for error in (InputError, SettingsError):
        assert issubclass(error, HotspotsError)
        assert issubclass(error, ValueError)


# ------------------------------------------------------------------------------------------------ immutability


@pytest.mark.parametrize("name", SECTION_OF)
def test_no_setting_can_be_set_again(name):
    section = getattr(Settings(), SECTION_OF[name])
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(section, name, None)


def test_no_section_can_be_set_again():
    settings = Settings()
    with pytest.raises(dataclasses.FrozenInstanceError):
        settings.map = None  # type: ignore[misc,assignment]


def test_settings_share_nothing_with_the_document_or_with_each_other():
    forces, categories = {"Dartford": "Kent Police"}, ["Robbery"]
    settings = settings_from({"areas": {"forces": forces}, "focus": {"categories": categories}})
    forces["Dartford"] = "another"
    categories.append("Drugs")
    assert settings.areas.forces == {"Dartford": "Kent Police"}
    assert settings.focus.categories == ("Robbery",)
    assert Settings().areas.forces is not Settings().areas.forces


def test_reading_leaves_the_document_as_it_was():
    document = {"map": {"class_breaks_per_km2": [1, 2, 3, 4]}, "hotspots": {"radius_m": 75}}
    settings_from(document)
    assert document == {"map": {"class_breaks_per_km2": [1, 2, 3, 4]}, "hotspots": {"radius_m": 75}}


def test_settings_survive_a_round_trip():
    settings = settings_from({"hotspots": {"radius_m": 75}, "areas": {"forces": {"Dartford": "Kent Police"}}})
    assert pickle.loads(pickle.dumps(settings)) == settings  # noqa: S301
    assert settings_from(_without_none(dataclasses.asdict(settings))) == settings


def _without_none(value):
    """A document as TOML could hold it: no empty settings, lists instead of tuples."""
    if isinstance(value, dict):
        return {key: _without_none(item) for key, item in value.items() if item is not None and item != ()}
    return [_without_none(item) for item in value] if isinstance(value, tuple) else value


# ------------------------------------------------------------------------------------------------ options


def test_options_replace_settings_and_none_leaves_them():
    settings = settings_from({"hotspots": {"radius_m": 75, "max_number": 5}})
    changed = with_hotspots(settings, radius_m=100.0, min_incidents=None, window_months=6)
    assert (changed.hotspots.radius_m, changed.hotspots.min_incidents, changed.hotspots.window_months) == (
        100,
        None,
        6,
    )
    assert changed.hotspots.max_number == 5
    assert settings.hotspots.radius_m == 75
    assert with_hotspots(settings) == settings


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"radius_m": 1.0}, r"^--radius-m must lie between 5 and 5000, not 1\.0\.$"),
        ({"window_months": 1}, r"^--window-months must lie between 2 and 120, not 1\.$"),
        ({"min_incidents": 0}, r"^--min-incidents must lie between 1 and 1e\+06, not 0\.$"),
        ({"min_width_m": 500.0}, r"^min_width_m \(500\) is above max_width_m \(300\)"),
    ],
)
def test_an_option_out_of_its_range_is_named_as_an_option(changes, sentence):
    with pytest.raises(SettingsError, match=sentence):
        with_hotspots(Settings(), **changes)


def test_the_options_of_the_bus_replace_its_settings():
    changed = with_bus(Settings(), stops=3, walk_m=None, sessions=["Mon 16:00-18:00"])
    assert (changed.bus.stops, changed.bus.walk_m, changed.bus.sessions) == (3, 400, ("Mon 16:00-18:00",))
    assert with_bus(Settings(), stops=None, sessions=None) == Settings()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"stops": 0}, r"^--stops must lie between 1 and 50, not 0\.$"),
        ({"walk_m": 1.0}, r"^--reach-m must lie between 10 and 5000, not 1\.0\.$"),
        ({"sessions": ["Mon 25-26"]}, r"^--sessions: '25-26' is no span of hours"),
    ],
)
def test_an_option_of_the_bus_out_of_its_range_is_named_as_an_option(changes, sentence):
    with pytest.raises(SettingsError, match=sentence):
        with_bus(Settings(), **changes)


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        ({"sessions": []}, r"\[bus\] sessions must name at least one evening"),
        ({"sessions": ["Foo"]}, r"\[bus\] sessions: 'foo' is no day of the week"),
        ({"closed_on": ["25/12/2024"]}, r"\[bus\] closed_on must be days written YYYY-MM-DD"),
        ({"closed_on": ["2024-02-30"]}, r"\[bus\] closed_on must be days written YYYY-MM-DD"),
    ],
)
def test_evenings_and_days_of_the_bus_are_read_before_any_work(table, sentence):
    with pytest.raises(SettingsError, match=sentence):
        settings_from({"bus": table})


def test_files_of_the_bus_and_of_events_lie_beside_the_settings(tmp_path):
    path = tmp_path / "hotspots.toml"
    path.write_text(
        '[bus]\nprovision = "clubs.csv"\nexclude = "zones.gpkg"\ndemand = ""\nnetwork = "roads.gpkg"\n'
        '[events]\ndispersal_stops = "stops.csv"\n',
        encoding="utf-8",
    )
    read_back = load_settings(path)
    assert read_back.bus.provision == str(tmp_path / "clubs.csv")
    assert read_back.bus.exclude == str(tmp_path / "zones.gpkg")
    assert read_back.bus.network == str(tmp_path / "roads.gpkg")
    assert read_back.bus.demand == ""
    assert read_back.events.dispersal_stops == str(tmp_path / "stops.csv")
