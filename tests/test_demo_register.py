"""The demonstration's year: sixty events and forty tension entries, plausible, and taken through every command."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import shutil
from pathlib import Path
from typing import Any

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
import shapely
import vobject
from dateutil.rrule import rrulestr
from shapely.geometry import shape
from typer.testing import CliRunner

from hotspots.cli.app import app
from hotspots.data.invented import CENTRES, HOME
from hotspots.data.places import VENUES, grounds_text, venues_text, ward_name, wards_text
from hotspots.data.register import COLUMNS, REGISTER_DAY, register_rows, register_text
from hotspots.data.streets import read_outline
from hotspots.data.tensions import demo_tensions
from hotspots.demo import DEMO_MONTH, outline_text, write_demo_inputs
from hotspots.events.recurrence import check_rule, expand
from hotspots.events.tensions import ward_key
from hotspots.intake.event_cells import COLUMNS as TITLES
from hotspots.intake.events import read_events
from hotspots.intake.lookups import read_wards
from hotspots.intake.personal import personal_data
from hotspots.intake.sheets import read_sheet
from hotspots.intake.tensions import read_tensions
from hotspots.settings import Tensions, load_settings
from tests.intake_fixtures import text_file

FILES = ("events.csv", "venues.csv", "grounds.geojson", "tensions.csv", "wards.csv", "hotspots.toml")
BANK_HOLIDAYS = (
    *("2021-04-02", "2021-04-05", "2021-05-03", "2021-05-31", "2021-08-30"),
    *("2021-12-27", "2021-12-28", "2022-01-03"),
)
"""In England, as published by the government; Christmas, Boxing and New Year's Day fell on a weekend."""
CALENDAR = {"bank holiday", "term", "half term"}
TODAY = ("--today", "2022-01-05")
FIRST, LAST = pd.Timestamp("2021-04-01"), pd.Timestamp("2022-03-31 23:59")


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    return write_demo_inputs(tmp_path_factory.mktemp("demo") / "inputs")


@pytest.fixture(scope="module")
def intake(inputs):
    return read_events(inputs.events, epsg=27700, check_rule=check_rule)


@pytest.fixture(scope="module")
def events(intake):
    return intake.events


@pytest.fixture(scope="module")
def home():
    """Bexley in the analysis CRS."""
    outline = read_outline(outline_text())
    own = gpd.GeoSeries(list(outline.polygons[outline.boroughs == HOME]), crs=4326).to_crs(27700)
    return own.union_all()


@pytest.fixture
def folder(inputs, tmp_path, monkeypatch):
    """A copy of the registers, as the working folder."""
    for name in FILES:
        shutil.copy(inputs.events.with_name(name), tmp_path / name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "220")
    return tmp_path


def said(*words: str) -> str:
    """Run a command that must succeed; its words, parted by one blank."""
    done = CliRunner().invoke(app, list(words), catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return " ".join(done.output.split())


def listed(*words: str) -> dict[str, dict[str, Any]]:
    document = json.loads(
        CliRunner().invoke(app, ["events", "list", "--json", *words, *TODAY], catch_exceptions=False).stdout
    )
    assert (document["rows_left_out"], document["faults"]) == (0, [])
    return {event["event_id"]: event for event in document["events"]}


def id_of(title: str) -> str:
    (found,) = (row["event_id"] for row in register_rows() if row["title"] == title)
    return found


# --- what it is ------------------------------------------------------------------------------------------------------


def test_there_are_sixty_events_of_which_twelve_recur_and_every_cell_can_be_used(inputs, intake):
    assert (len(intake.events), len(intake.rejects), intake.remarks, intake.notes) == (60, 0, (), ())
    recurring = intake.events["rrule"].notna()
    assert recurring.sum() == 12
    assert intake.events.loc[recurring, "except_on"].notna().sum() == 9
    assert tuple(read_sheet(inputs.events).columns) == COLUMNS
    assert set(COLUMNS) == set(TITLES)
    assert [row["event_id"] for row in register_rows()] == [key for key, _ in intake.rows]
    assert list(intake.events["starts_at"]) == sorted(intake.events["starts_at"])


def test_the_files_are_those_of_the_functions(inputs):
    outline = read_outline(outline_text())
    for path, text in (
        (inputs.events, register_text()),
        (inputs.venues, venues_text()),
        (inputs.grounds, grounds_text()),
        (inputs.wards, wards_text(outline)),
    ):
        assert path.read_text(encoding="utf-8") == text
        assert text.isascii()
        assert "\r" not in text
        assert text.endswith("\n")


def test_there_are_forty_entries_of_the_tension_log_in_wards_that_have_a_ground(inputs):
    found = read_tensions(inputs.tensions, Tensions())
    assert (len(found.tensions), len(found.rejects)) == (40, 0)
    assert [dict(row) for row in csv.DictReader(io.StringIO(inputs.tensions.read_text()))] == list(
        demo_tensions(DEMO_MONTH)
    )
    wards, _ = read_wards(inputs.wards)
    assert set(found.tensions["ward"]) == set(wards) == {ward_name(centre.street) for centre in CENTRES}
    assert len(set(map(ward_key, wards))) == len(CENTRES)


def test_the_settings_name_the_wards_and_every_area_of_the_home_borough_has_the_nearest(inputs):
    assert Path(load_settings(inputs.settings).areas.wards) == inputs.wards
    wards, _ = read_wards(inputs.wards)
    areas = gpd.read_file(inputs.boundaries).set_index("LSOA11CD").to_crs(27700)
    own = areas[areas["LSOA11NM"].str.startswith(f"{HOME} ")]
    assert list(wards.index) == list(own.index)
    centres = gpd.GeoSeries(
        gpd.points_from_xy([c.longitude for c in CENTRES], [c.latitude for c in CENTRES], crs=4326),
        index=[ward_name(c.street) for c in CENTRES],
    ).to_crs(27700)
    metres = pd.DataFrame({name: own.centroid.distance(point) for name, point in centres.items()})
    chosen = metres.to_numpy()[range(len(wards)), metres.columns.get_indexer(pd.Index(wards))]
    assert (chosen - metres.min(axis=1)).max() < 20, "the nearest, but for what flat degrees are off"


def test_every_place_lies_in_the_home_borough_and_only_what_is_everywhere_or_not_agreed_has_none(events, home):
    placed = events[events.geometry.notna()]
    assert shapely.within(placed.geometry.to_numpy(), home).all()
    none = events[events.geometry.isna()]
    assert set(none.loc[~none["kind"].isin(CALENDAR), "title"]) == {"March for Youth Services"}
    assert set(events.loc[events["kind"].isin(CALENDAR)].index) <= set(none.index)
    assert set(placed.geometry.geom_type) == {"Point", "LineString", "Polygon"}
    kinds = placed.set_index("title").geometry.geom_type
    assert (kinds["Station Parade Carnival"], kinds["Southbridge Fair"]) == ("LineString", "Polygon")


def test_every_venue_and_shape_is_used_and_each_way_to_write_a_place(events):
    rows = register_rows()
    assert {row["venue"] for row in rows} - {""} == set(VENUES)
    named = {f"grounds.geojson#{feature['properties']['name']}" for feature in json.loads(grounds_text())["features"]}
    assert {row["place"] for row in rows} - {""} == named
    for column in ("longitude", "easting"):
        assert sum(bool(row[column]) for row in rows) >= 3
    walk = events.loc[id_of("Lantern Walk")]
    assert (walk.geometry.x, walk.geometry.y) == (548_050, 176_560)
    for row in rows:
        ways = [bool(row[name]) for name in ("venue", "place", "longitude", "easting")]
        assert sum(ways) == (row["kind"] not in CALENDAR and row["title"] != "March for Youth Services"), row["title"]


def test_bank_holidays_are_the_published_ones_and_whole_days(events):
    held = events[events["kind"] == "bank holiday"]
    days = [
        f"{day:%Y-%m-%d}"
        for start, end in zip(held["starts_at"], held["ends_at"], strict=True)
        for day in pd.date_range(start.date(), end.date())
    ]
    assert tuple(days) == BANK_HOLIDAYS
    whole = events[events["kind"].isin(CALENDAR)]
    assert set(whole["starts_at"].dt.strftime("%H:%M")) == {"00:00"}
    assert set(whole["ends_at"].dt.strftime("%H:%M")) == {"23:59"}
    assert whole[["risk", "likelihood", "expected_attendance"]].isna().all(axis=None)


def test_terms_follow_each_other_and_hold_their_half_terms(events):
    terms, halves = (events[events["kind"] == kind].reset_index() for kind in ("term", "half term"))
    assert (len(terms), len(halves)) == (3, 3)
    assert (terms["ends_at"].iloc[:-1].to_numpy() < terms["starts_at"].iloc[1:].to_numpy()).all()
    assert ((halves["starts_at"] > terms["starts_at"]) & (halves["ends_at"] < terms["ends_at"])).all()
    for table in (terms, halves):
        assert not (set(table["starts_at"].dt.day_of_week) | set(table["ends_at"].dt.day_of_week)) & {5, 6}
        assert not set(table["starts_at"].dt.strftime("%Y-%m-%d")) & (set(BANK_HOLIDAYS) - {"2021-05-31"})


def test_times_are_those_of_the_year_and_lengths_are_plausible(events):
    assert events["starts_at"].min() == pd.Timestamp("2021-04-02", tz="Europe/London")
    assert events["starts_at"].max() < pd.Timestamp("2022-04-01", tz="Europe/London")
    assert set(events["starts_at"].dt.strftime("%Y-%m")) == set(
        pd.period_range("2021-04", "2022-03", freq="M").map(str)
    )
    length = events["ends_at"] - events["starts_at"]
    crowd = ~events["kind"].isin(CALENDAR) & (events["title"] != "Southbridge Fair")
    assert length[crowd].between(pd.Timedelta(hours=1), pd.Timedelta(hours=11)).all()
    leaving = events["dispersal_at"].dropna()
    late = leaving - events.loc[leaving.index, "ends_at"]
    assert len(leaving) > 20
    assert late.between(pd.Timedelta(hours=-2), pd.Timedelta(0)).all()
    assert (
        events.loc[crowd, ["expected_attendance", "profile", "organiser", "owner", "mitigation"]].notna().all(axis=None)
    )


def test_one_night_leads_into_the_new_year_and_one_is_an_hour_longer_than_its_clock(events):
    year = events.loc[id_of("New Year Fireworks")]
    assert [f"{year[name]:%Y-%m-%d %H:%M}" for name in ("starts_at", "dispersal_at", "ends_at")] == [
        *("2021-12-31 21:00", "2022-01-01 00:20", "2022-01-01 00:30")
    ]
    night = events.loc[id_of("Halloween Club Night")]
    assert f"{night['ends_at']:%H:%M}" == "03:00"
    assert night["ends_at"] - night["starts_at"] == pd.Timedelta(hours=6)


def test_statuses_and_reviews_are_those_of_the_last_day_of_the_year(events):
    today = pd.Timestamp(REGISTER_DAY)
    assert (events["status"] == "proposed").sum() == (events["status"] == "cancelled").sum() == 1
    later = expand(events, today, LAST)["event_id"]
    assert set(events.index[events["status"].isin(["planned", "proposed"])]) == set(later)
    assert (events["reviewed_on"].dropna() <= today).all()
    assert (events["reviewed_on"].dt.tz_localize("Europe/London") < events["starts_at"])[events["rrule"].isna()][
        events["reviewed_on"].notna()
    ].all()
    assert list(events.loc[events["reviewed_on"].isna(), "title"]) == ["March for Youth Services"]
    assert (events["reviewed_by"].notna() == events["reviewed_on"].notna()).all()


def test_risks_are_made_of_likelihood_and_impact_but_for_one_that_is_written(events):
    rows = {row["event_id"]: row for row in register_rows()}
    graded = events[events["likelihood"].notna()]
    product = graded["likelihood"] * graded["impact"]
    assert list(graded["risk"]) == ["high" if n >= 12 else "medium" if n >= 6 else "low" for n in product]
    assert [key for key, row in rows.items() if row["risk"]] == [id_of("Midsummer Street Party")]
    assert set(events["risk"].dropna()) == {"low", "medium", "high"}
    refs = [row["licence_ref"] for row in rows.values() if row["licence_ref"]]
    assert len(refs) == len(set(refs)) > 20
    assert {ref.partition("/")[0] for ref in refs} == {"SAG", "PL", "TEN"}


def test_no_cell_names_a_person():
    cells = {text for row in (*register_rows(), *demo_tensions(DEMO_MONTH)) for text in row.values()}
    assert {text for text in cells if personal_data(text)} == set()


@pytest.mark.parametrize("row", [row for row in register_rows() if row["rrule"]], ids=lambda row: row["title"])
def test_a_series_has_the_dates_of_another_library_and_every_exception_is_one_of_them(events, row):
    rule = row["rrule"]
    rule += "T235959" if "UNTIL" in rule else ""
    start = dt.datetime.fromisoformat(row["starts_at"])
    dates = rrulestr(rule, dtstart=start).between(FIRST.to_pydatetime(), LAST.to_pydatetime(), inc=True)
    without = row["except_on"].split()
    assert set(without) <= {f"{date:%Y-%m-%d}" for date in dates}
    assert dates[0] == start
    expected = [date for date in dates if f"{date:%Y-%m-%d}" not in without]
    found = expand(events.loc[[row["event_id"]]], FIRST, LAST)["starts_at"].dt.tz_localize(None)
    assert list(found) == expected


def test_the_youth_club_rests_where_the_schools_do(events):
    club = expand(events.loc[[id_of("Kiln Corner Youth Club")]], FIRST, LAST)["starts_at"]
    terms = [(row["starts_at"], row["ends_at"]) for _, row in events[events["kind"] == "term"].iterrows()]
    halves = [(row["starts_at"], row["ends_at"]) for _, row in events[events["kind"] == "half term"].iterrows()]
    assert all(any(first <= date <= last for first, last in terms) for date in club)
    assert not any(first <= date <= last for first, last in halves for date in club)


def test_the_month_of_the_demonstration_has_enough_and_not_too_much_to_show(events):
    start, stop = pd.Timestamp("2021-12-01"), pd.Timestamp("2022-01-31 23:59")
    dates = expand(events, start, stop)
    assert 6 <= dates["event_id"].nunique() <= 14
    assert dates["starts_at"].dt.normalize().nunique() > 20
    coming = expand(events, pd.Timestamp("2022-01-01"), stop)
    assert set(coming["risk"].dropna()) == {"low", "medium", "high"}
    assert coming["event_id"].nunique() >= 6


# --- hotspots events -------------------------------------------------------------------------------------------------


def test_the_list_holds_all_by_time_and_has_nothing_to_mend(folder):
    text = said("events", "list", *TODAY)
    assert text.endswith("60 of 60 events. Without a location: 14.")
    assert "To mend" not in text
    found = listed()
    assert list(found) == [row["event_id"] for row in register_rows()]
    for row in register_rows():
        event = found[row["event_id"]]
        for name in ("title", "kind", "status", "rrule", "except_on", "venue", "organiser", "owner", "notes"):
            assert (event[name] or "") == row[name]
    assert "2021-12-31 Fri 21:00–00:30 New Year Fireworks display high Westgate Green Events officer E2021-048" in text
    assert "2022-01-15 Sat 15:00–17:00 Rovers v Athletic football high Station Parade Ground Police match" in text
    assert "Station Parade Carnival [done] procession high a route" in text
    assert "Southbridge Fair [done] amusements high an area" in text
    assert "2021-06-10 Thu 16:00 – 2021-06-13 21:00" in text


@pytest.mark.parametrize(
    ("words", "number"),
    [
        (("--month", "2021-12"), 9),
        (("--month", "2022-01"), 10),
        (("--from", "2021-12-25", "--to", "2021-12-26"), 0),
        (("--risk", "high"), 14),
        (("--owner", "licensing"), 9),
    ],
)
def test_the_list_is_narrowed(folder, words, number):
    assert f"{number} of 60 events" in said("events", "list", *words, *TODAY)


def test_the_market_of_december_is_one_line_with_the_days_it_is_held(folder):
    text = said("events", "list", "--month", "2021-12", *TODAY)
    assert "2021-12-04 Sat 09:00–16:00 Market Cross Market (every Tue, Sat, 6 times)" in text


def test_what_is_due_for_review_comes_by_risk_and_is_not_due_when_reviewed(folder):
    due = listed("--due")
    titles = [event["title"] for event in due.values()]
    assert titles.count("March for Youth Services") == 1
    text = said("events", "review", *TODAY)
    assert f"{len(due)} of 60 events are due for review." in text
    high, medium = text.index("Wharf Winter Sessions"), text.index("March for Youth Services")
    assert high < medium
    key = id_of("Wharf Winter Sessions")
    before = read_sheet(folder / "events.csv")
    assert f"Reviewed {key} Wharf Winter Sessions" in said(
        "events", "review", key, "--by", "Safety Advisory Group", *TODAY
    )
    assert set(listed("--due")) == set(due) - {key}
    after = read_sheet(folder / "events.csv")
    for old, new in zip(before.rows, after.rows, strict=True):
        changed = {name: new[name] for name in new if new[name] != old[name]}
        assert changed == ({"reviewed_on": "2022-01-05"} if new["event_id"] == key else {})


def test_an_event_is_added_and_another_changed_and_the_rest_stays(folder):
    before = (folder / "events.csv").read_text(encoding="utf-8").splitlines()
    words = ("--title", "Wharf Quiz Night", "--start", "2022-02-18 19:00", "--end", "2022-02-18 22:00")
    text = said("events", "add", *words, "--place", "wharf hall", "--likelihood", "2", "--impact", "3", *TODAY)
    assert "Wharf Quiz Night (row 62 of events.csv)" in text
    derby = id_of("Rovers v Athletic")
    moved = {"starts_at": "2022-01-16 13:00", "ends_at": "2022-01-16 15:00", "dispersal_at": "15:00"}
    said("events", "edit", derby, *(word for pair in moved.items() for word in ("--set", "=".join(pair))), *TODAY)
    after = (folder / "events.csv").read_text(encoding="utf-8-sig").splitlines()
    assert after[0] == before[0]
    changed = [old for old, new in zip(before, after, strict=False) if old != new]
    assert [row.partition(",")[0] for row in changed] == [derby]
    assert len(after) == 62
    found = listed()
    assert found[derby]["starts_at"] == "2022-01-16T13:00:00+00:00"
    (quiz,) = (event for event in found.values() if event["title"] == "Wharf Quiz Night")
    assert (quiz["risk"], quiz["longitude"], quiz["latitude"]) == ("medium", 0.1913, 51.4602)
    assert (folder / "events.2022-01-05.csv").read_text(encoding="utf-8").splitlines() == before


def test_the_template_holds_the_same_columns(folder):
    said("events", "template", "--out", "empty.csv")
    assert (folder / "empty.csv").read_text(encoding="utf-8-sig").strip().split(",") == list(TITLES)
    assert "Wrote empty.xlsx" in said("events", "template", "--out", "empty.xlsx")
    assert [cell.value for cell in openpyxl.load_workbook(folder / "empty.xlsx").worksheets[0][1]] == list(TITLES)


# --- out and in again ------------------------------------------------------------------------------------------------


def clock(moment: dt.date) -> str:
    """A time of another library on London's clock; a whole day is its midnight."""
    if isinstance(moment, dt.datetime) and moment.tzinfo is not None:
        return f"{pd.Timestamp(moment.astimezone(dt.UTC)).tz_convert('Europe/London'):%Y-%m-%d %H:%M}"
    return f"{moment:%Y-%m-%d %H:%M}"


def test_another_library_reads_the_same_calendar(folder, events):
    assert "60 events," in said("events", "export", "year.ics")
    calendar = vobject.readOne((folder / "year.ics").read_text(encoding="utf-8"))
    found = {event.uid.value.removesuffix("@hotspots"): event for event in calendar.vevent_list}
    assert set(found) == set(events.index)
    dates = expand(events.assign(status="planned"), FIRST, LAST)
    for key, row in events.iterrows():
        event = found[str(key)]
        assert (event.summary.value, event.categories.value) == (row["title"], [row["kind"]])
        ours = [f"{date:%Y-%m-%d %H:%M}" for date in dates.loc[dates["event_id"] == key, "starts_at"]]
        theirs = [event.dtstart.value]
        if isinstance(row["rrule"], str):
            zone = event.dtstart.value.tzinfo
            period = (moment.to_pydatetime().replace(tzinfo=zone) for moment in (FIRST, LAST))
            theirs = event.getrruleset(addRDate=True).between(*period)
        assert list(map(clock, theirs)) == ours, row["title"]
    in_month = expand(events, pd.Timestamp("2021-12-01"), pd.Timestamp("2021-12-31 23:59"))
    text = said("events", "export", "december.ics", "--month", "2021-12")
    assert f"9 events, {len(in_month)} dates in 2021-12" in text
    assert (folder / "december.ics").read_text(encoding="utf-8").count("BEGIN:VEVENT") == 9


def test_our_own_calendar_and_list_add_nothing_to_the_register(folder):
    said("events", "export", "year.ics")
    before = (folder / "events.csv").read_bytes()
    assert "0 added, 60 there already, 0 not usable." in said("events", "import", "year.ics", *TODAY)
    shutil.copy(folder / "events.csv", folder / "copy.csv")
    assert "0 added, 60 there already, 0 not usable." in said("events", "import", "copy.csv", *TODAY)
    assert (folder / "events.csv").read_bytes() == before


def test_the_calendar_makes_the_register_again_and_twice_makes_it_no_longer(folder, events):
    said("events", "export", "year.ics")
    said("events", "template", "--out", "other.csv")
    taken = ("events", "import", "year.ics", "--events", "other.csv", *TODAY)
    assert "60 added, 0 there already, 0 not usable." in said(*taken)
    back = read_events(folder / "other.csv", epsg=27700, check_rule=check_rule).events
    for column in ("title", "kind", "starts_at", "ends_at", "except_on", "venue"):
        assert back[column].equals(events[column]), column
    assert list(back["rrule"].notna()) == list(events["rrule"].notna())
    pd.testing.assert_series_equal(
        expand(back, FIRST, LAST)["starts_at"],
        expand(events.assign(status=back["status"]), FIRST, LAST)["starts_at"],
    )
    assert back.geometry.isna().equals(events.geometry.isna())
    assert "0 added, 60 there already, 0 not usable." in said(*taken)


def test_a_list_of_fixtures_and_one_of_holidays_add_what_is_new_alone(folder):
    held = [row for row in register_rows() if row["kind"] == "football" and not row["rrule"]]
    lines = ["Date,Kick-off,Home,Away,Venue"]
    for row in held:
        home, _, away = row["title"].partition(" v ")
        date, _, time = row["starts_at"].partition(" ")
        if away:
            lines.append(f"{pd.Timestamp(date):%d/%m/%Y},{time},{home},{away},{row['venue']}")
    text_file(folder, "fixtures.csv", "\n".join([*lines, "29/03/2022,19:45,Rovers,City,Station Parade Ground\n"]))
    text = said("events", "import", "fixtures.csv", "--kind", "football", *TODAY)
    assert f"1 added, {len(lines) - 1} there already, 0 not usable." in text
    assert len(lines) > 5
    text_file(folder, "holidays.csv", "Holiday,Date\nGood Friday,02/04/2021\nGood Friday,15/04/2022\n")
    text = said("events", "import", "holidays.csv", "--kind", "bank holiday", *TODAY)
    assert "1 added, 1 there already, 0 not usable." in text
    assert "62 of 62 events" in said("events", "list", *TODAY)


def test_a_workbook_keeps_every_column_type_and_date(folder, events):
    said("events", "export", "year.xlsx")
    sheet = openpyxl.load_workbook(folder / "year.xlsx")["events"]
    titles, *rows = sheet.iter_rows(values_only=True)
    assert set(events.columns) - {"geometry"} | {"event_id", "recurs", "longitude", "latitude"} == set(titles)
    found = {row[0]: dict(zip(titles, row, strict=True)) for row in rows}
    assert set(found) == set(events.index)
    for key, event in events.drop(columns="geometry").iterrows():
        for name, value in event.items():
            cell = found[str(key)][str(name)]
            if pd.isna(value):
                assert cell is None
            elif isinstance(value, pd.Timestamp):
                assert type(cell) is dt.datetime
                assert cell == value.tz_localize(None)
            else:
                assert type(cell) is (int if name in {"likelihood", "impact", "expected_attendance"} else str)
                assert cell == value
    back = read_events(folder / "year.xlsx", epsg=27700, check_rule=check_rule)
    assert (len(back.rejects), back.remarks) == (0, ())
    pd.testing.assert_frame_equal(
        pd.DataFrame(back.events.drop(columns="geometry")), pd.DataFrame(events.drop(columns="geometry"))
    )


def test_a_register_kept_as_a_workbook_keeps_every_other_cell(folder):
    said("events", "export", "kept.xlsx")
    before = [[cell.value for cell in row] for row in openpyxl.load_workbook(folder / "kept.xlsx").worksheets[0]]
    key = id_of("Wharf Winter Sessions")
    said("events", "edit", key, "--set", "status=planned", "--events", "kept.xlsx", *TODAY)
    after = [[cell.value for cell in row] for row in openpyxl.load_workbook(folder / "kept.xlsx").worksheets[0]]
    changed = [
        (before[number][0], before[0][place], new)
        for number, row in enumerate(after)
        for place, new in enumerate(row)
        if (new, type(new)) != (before[number][place], type(before[number][place]))
    ]
    assert changed == [(key, "status", "planned")]


def test_a_layer_holds_every_event_with_its_own_shape(folder, events):
    said("events", "export", "year.geojson")
    features = json.loads((folder / "year.geojson").read_bytes())["features"]
    assert [feature["id"] for feature in features] == list(events.index)
    degrees = events.geometry.to_crs(4326)
    for feature in features:
        there = degrees[feature["id"]]
        assert (feature["geometry"] is None) == (there is None)
        if there is not None:
            assert feature["geometry"]["type"] == there.geom_type
            assert shape(feature["geometry"]).hausdorff_distance(there) < 1e-6
        assert feature["properties"]["title"] == events.loc[feature["id"], "title"]


def test_csv_is_what_the_register_is_already(folder):
    done = CliRunner().invoke(app, ["events", "export", "year.csv"])
    assert done.exit_code == 1
    assert str(done.exception).endswith("year.csv cannot be written; give a name that ends in .ics, .xlsx, .geojson.")
    assert not (folder / "year.csv").exists()


# --- hotspots tension ------------------------------------------------------------------------------------------------


def test_the_tension_log_is_listed_added_to_and_reviewed(folder):
    found = json.loads(CliRunner().invoke(app, ["tension", "list", "--json", *TODAY], catch_exceptions=False).stdout)
    assert (len(found["entries"]), len(found["wards"]), found["refused"]) == (40, 8, [])
    one = json.loads(
        CliRunner().invoke(app, ["tension", "list", "--json", "--ward", "new wharf", "--open", *TODAY]).stdout
    )
    assert {entry["ward"] for entry in one["entries"]} == {"New Wharf"}
    words = ("--ward", "New Wharf", "--level", "4", "--eep", "evidenced", "--theme", "Young people")
    text = said("tension", "add", *words, "--source", "Youth service", "--summary", "Two groups argue again.", *TODAY)
    assert "Entry T2022-001 added to tensions.csv." in text
    due = said("tension", "review", *TODAY)
    first = due.rpartition("hotspots tension review ")[2].split()[0]
    assert first in {entry["tension_id"] for entry in found["entries"] if entry["state"] == "overdue"}
    assert f"Entry {first} reviewed on 2022-01-05: closed." in said(
        "tension", "review", first, "--by", "Tasking group", "--close", *TODAY
    )
    after = json.loads(CliRunner().invoke(app, ["tension", "list", "--json", *TODAY], catch_exceptions=False).stdout)
    assert len(after["entries"]) == 41
    before, now = ({entry["tension_id"]: entry["state"] for entry in one["entries"]} for one in (found, after))
    assert now == before | {"T2022-001": "current", first: "closed"}
    assert (folder / "tensions.2022-01-05.csv").exists()
